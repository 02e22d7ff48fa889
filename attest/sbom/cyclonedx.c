/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/sbom/document.h"
#include "base/limits.h"
#include "base/time.h"

/*
 * CycloneDX 1.6: https://cyclonedx.org/docs/1.6/json/. Property names of Trivy are used where they
 * mean exactly this, so that scanners which re-read an SBOM find the source package and the layer.
 */
#define TRIVY "aquasecurity:trivy:"
#define OURS  "imgtrust:"
#define ROOM  (8 * IMG_KIB + 2 * IMG_LIMIT_PURL) /* bytes of one reference */

struct cdx {
    const struct img_image *image;
    const struct img_inventory *inventory;
    const struct img_sbom_subject *subject;
    struct img_json_out *j;
    struct img_buf root, os; /* references, NUL-terminated; os.len 0: no distribution */
};

static void property(struct img_json_out *j, const char *name, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "name", name);
    img_json_out_str(j, "value", value);
    img_json_out_close(j, '}');
}

/* Unique in the document: the purl, and where one purl stands in two databases, which. */
static bool reference(const struct cdx *c, size_t i, struct img_buf *out, struct img_err *err)
{
    const struct img_inventory *inv = c->inventory;
    const struct img_package *p = &inv->packages[i];
    bool twin = (i > 0 && strcmp(inv->packages[i - 1].purl, p->purl) == 0) ||
                (i + 1 < inv->count && strcmp(inv->packages[i + 1].purl, p->purl) == 0);
    struct img_bytes ignored;
    char id[17];

    img_buf_puts(out, p->purl);
    if (twin) {
        if (!img_document_id(p->purl, p->path, id, err))
            return false;
        img_buf_putf(out, "#%s", id);
    }
    img_buf_put(out, "", 1);
    return img_buf_bytes(out, &ignored, err);
}

static void write_hash(struct img_json_out *j, const struct img_digest *d)
{
    char hex[IMG_DIGEST_TEXT];

    img_digest_hex(d, hex);
    img_json_out_open(j, "hashes", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "alg",
                     d->hash == IMG_SHA512   ? "SHA-512"
                     : d->hash == IMG_SHA384 ? "SHA-384"
                                             : "SHA-256");
    img_json_out_str(j, "content", hex);
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
}

static void write_root(struct cdx *c)
{
    struct img_json_out *j = c->j;
    char text[IMG_DIGEST_TEXT], platform[100];

    img_json_out_open(j, "component", '{');
    img_json_out_str(j, "bom-ref", (const char *)c->root.ptr);
    img_json_out_str(j, "type", "container");
    img_json_out_str(j, "name", c->subject->name);
    img_digest_text(&c->image->manifest.desc.digest, text);
    img_json_out_str(j, "version", text);
    write_hash(j, &c->image->manifest.desc.digest);
    img_json_out_str(j, "purl", (const char *)c->root.ptr);
    img_json_out_open(j, "properties", '[');
    for (size_t i = 0; i < c->image->config.layers; i++) {
        img_digest_text(&c->image->config.diff_ids[i], text);
        property(j, TRIVY "DiffID", text);
    }
    img_digest_text(&c->image->config_digest, text);
    property(j, TRIVY "ImageID", text);
    img_digest_text(&c->image->index, text);
    property(j, OURS "index", text);
    img_platform_text(&c->image->config.platform, platform);
    property(j, OURS "platform", platform);
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
}

static void write_metadata(struct cdx *c)
{
    struct img_json_out *j = c->j;
    char time[IMG_TIME_TEXT];

    img_json_out_open(j, "metadata", '{');
    if (c->subject->date != IMG_TIME_NONE) {
        img_time_text(c->subject->date, time);
        img_json_out_str(j, "timestamp", time);
    }
    img_json_out_open(j, "lifecycles", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "phase", "post-build");
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
    img_json_out_open(j, "tools", '{');
    img_json_out_open(j, "components", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "type", "application");
    img_json_out_str(j, "name", IMG_TOOL);
    img_json_out_str(j, "version", IMG_VERSION);
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    write_root(c);
    img_json_out_open(j, "properties", '[');
    for (size_t i = 0; i < c->inventory->reason_count; i++)
        property(j, OURS "incomplete", c->inventory->reasons[i]);
    property(j, OURS "looked-for", "apk");
    property(j, OURS "looked-for", "dpkg");
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
}

static void write_os(struct cdx *c)
{
    const struct img_distro *d = &c->inventory->distro;
    struct img_json_out *j = c->j;

    if (c->os.len == 0)
        return;
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "bom-ref", (const char *)c->os.ptr);
    img_json_out_str(j, "type", "operating-system");
    img_json_out_str(j, "name", d->id);
    img_json_out_opt(j, "version", d->version_id);
    img_json_out_opt(j, "description", d->pretty_name);
    img_json_out_open(j, "properties", '[');
    property(j, TRIVY "Class", "os-pkgs");
    property(j, TRIVY "Type", d->id);
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
}

/* Trivy names the parts of a Debian source version one by one: [epoch:]upstream[-revision] */
static void source_properties(struct img_json_out *j, const struct img_package *p)
{
    const char *version = p->source_version, *colon = strchr(version, ':'), *dash;
    char part[256];

    property(j, TRIVY "SrcName", p->source_name);
    if (strcmp(p->type, "deb") != 0 || strlen(version) >= sizeof(part)) {
        property(j, TRIVY "SrcVersion", version);
        return;
    }
    if (colon != NULL) {
        (void)snprintf(part, sizeof(part), "%.*s", (int)(colon - version), version);
        property(j, TRIVY "SrcEpoch", part);
        version = colon + 1;
    }
    dash = strrchr(version, '-');
    if (dash != NULL)
        property(j, TRIVY "SrcRelease", dash + 1);
    (void)snprintf(part, sizeof(part), "%.*s",
                   dash != NULL ? (int)(dash - version) : (int)strlen(version), version);
    property(j, TRIVY "SrcVersion", part);
}

static void package_properties(struct cdx *c, const struct img_package *p)
{
    struct img_layer_names layer;
    char number[24];

    img_layer_names(c->image, p->layer, &layer);
    (void)snprintf(number, sizeof(number), "%zu", p->layer + 1);
    img_json_out_open(c->j, "properties", '[');
    property(c->j, TRIVY "LayerDiffID", layer.diff_id);
    property(c->j, TRIVY "LayerDigest", layer.digest);
    property(c->j, TRIVY "PkgType", c->inventory->distro.id);
    source_properties(c->j, p);
    property(c->j, OURS "layer", number);
    img_json_out_close(c->j, ']');
}

static void package_links(struct img_json_out *j, const struct img_package *p)
{
    if (p->license != NULL) {
        img_json_out_open(j, "licenses", '[');
        img_json_out_open(j, NULL, '{');
        img_json_out_open(j, "license", '{');
        img_json_out_str(j, "name", p->license); /* as declared: not checked against SPDX's list */
        img_json_out_close(j, '}');
        img_json_out_close(j, '}');
        img_json_out_close(j, ']');
    }
    img_json_out_str(j, "purl", p->purl);
    if (img_document_is_url(p->homepage)) {
        img_json_out_open(j, "externalReferences", '[');
        img_json_out_open(j, NULL, '{');
        img_json_out_str(j, "type", "website");
        img_json_out_str(j, "url", p->homepage);
        img_json_out_close(j, '}');
        img_json_out_close(j, ']');
    }
}

static bool write_package(struct cdx *c, size_t i, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf ref = IMG_BUF(ROOM);
    const struct img_package *p = &c->inventory->packages[i];
    struct img_json_out *j = c->j;

    if (!reference(c, i, &ref, err))
        return false;
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "bom-ref", (const char *)ref.ptr);
    img_json_out_str(j, "type", "library");
    if (p->maintainer != NULL) {
        img_json_out_open(j, "supplier", '{');
        img_json_out_str(j, "name", p->maintainer);
        img_json_out_close(j, '}');
    }
    img_json_out_str(j, "name", p->name);
    img_json_out_str(j, "version", p->version);
    img_json_out_opt(j, "description", p->description);
    package_links(j, p);
    img_json_out_open(j, "evidence", '{');
    img_json_out_open(j, "occurrences", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "location", p->path);
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    package_properties(c, p);
    img_json_out_close(j, '}');
    return true;
}

/* The image has the distribution, and that has the packages. What packages need of each other is
 * not said: an absent entry is "unknown", an empty one would be "nothing". */
static bool write_dependencies(struct cdx *c, struct img_err *err)
{
    struct img_json_out *j = c->j;

    img_json_out_open(j, "dependencies", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "ref", (const char *)c->root.ptr);
    img_json_out_open(j, "dependsOn", '[');
    if (c->os.len > 0) {
        img_json_out_str(j, NULL, (const char *)c->os.ptr);
        img_json_out_close(j, ']');
        img_json_out_close(j, '}');
        img_json_out_open(j, NULL, '{');
        img_json_out_str(j, "ref", (const char *)c->os.ptr);
        img_json_out_open(j, "dependsOn", '[');
    }
    for (size_t i = 0; i < c->inventory->count; i++) {
        IMG_AUTO(img_buf_done) struct img_buf ref = IMG_BUF(ROOM);

        if (!reference(c, i, &ref, err))
            return false;
        img_json_out_str(j, NULL, (const char *)ref.ptr);
    }
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
    return true;
}

static void write_compositions(struct cdx *c)
{
    struct img_json_out *j = c->j;

    img_json_out_open(j, "compositions", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "aggregate", c->inventory->complete ? "complete" : "incomplete");
    img_json_out_open(j, "assemblies", '[');
    img_json_out_str(j, NULL, (const char *)c->root.ptr);
    if (c->os.len > 0)
        img_json_out_str(j, NULL, (const char *)c->os.ptr);
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
}

/* Everything behind the serial number, which is made from it. */
static bool write_body(struct cdx *c, struct img_err *err)
{
    img_json_out_int(c->j, "version", 1);
    write_metadata(c);
    img_json_out_open(c->j, "components", '[');
    write_os(c);
    for (size_t i = 0; i < c->inventory->count; i++)
        if (!write_package(c, i, err))
            return false;
    img_json_out_close(c->j, ']');
    if (!write_dependencies(c, err))
        return false;
    write_compositions(c);
    return true;
}

static void cdx_done(struct cdx *c)
{
    img_buf_done(&c->root);
    img_buf_done(&c->os);
}

bool img_sbom_cyclonedx(const struct img_image *image, const struct img_inventory *inventory,
                        const struct img_sbom_subject *subject, struct img_buf *out,
                        struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf body = IMG_BUF(out->limit);
    struct img_json_out members = {.to = &body}, j = {.to = out};
    IMG_AUTO(cdx_done)
    struct cdx c = {.image = image,
                    .inventory = inventory,
                    .subject = subject,
                    .j = &members,
                    .root = IMG_BUF(ROOM),
                    .os = IMG_BUF(ROOM)};
    struct img_bytes text;
    char uuid[37], serial[46];

    if (!img_image_purl(image, subject, &c.root, err))
        return false;
    img_buf_put(&c.root, "", 1);
    if (inventory->distro.id[0] != '\0')
        img_buf_putf(&c.os, "os:%s@%s", inventory->distro.id, inventory->distro.version_id);
    if (c.os.len > 0)
        img_buf_put(&c.os, "", 1);
    if (!img_buf_bytes(&c.root, &text, err) || !img_buf_bytes(&c.os, &text, err) ||
        !write_body(&c, err) || !img_buf_bytes(&body, &text, err) ||
        !img_document_uuid(text, uuid, err))
        return img_ctx(err, "CycloneDX");
    (void)snprintf(serial, sizeof(serial), "urn:uuid:%s", uuid);
    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
    img_json_out_str(&j, "bomFormat", "CycloneDX");
    img_json_out_str(&j, "specVersion", "1.6");
    img_json_out_str(&j, "serialNumber", serial);
    img_buf_puts(out, ",");
    img_buf_put(out, text.ptr, text.len);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &text, err);
}
