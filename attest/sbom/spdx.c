/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/sbom/document.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

/*
 * SPDX 2.3: https://spdx.github.io/spdx-spec/v2.3/. The format has no word for how complete a
 * document is, so that is said in an annotation of the document.
 */
#define ROOT "SPDXRef-Image"
#define OS   "SPDXRef-OperatingSystem"
#define ROOM (64 * IMG_KIB)

struct spdx {
    const struct img_image *image;
    const struct img_inventory *inventory;
    const struct img_sbom_subject *subject;
    struct img_json_out *j;
    char created[IMG_TIME_TEXT];
};

/* A text that was put together; what it lacked, the document lacks. */
static void write_text(struct img_json_out *j, const char *key, const struct img_buf *text)
{
    if (text->failed != IMG_OK)
        j->to->failed = text->failed;
    img_json_out_bytes(j, key, (struct img_bytes){.ptr = text->ptr, .len = text->len});
}

static void annotate(struct spdx *s, const char *name, const char *value)
{
    struct img_json_out *j = s->j;
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(ROOM);

    img_buf_putf(&text, "%s: %s", name, value);
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "annotationDate", s->created);
    img_json_out_str(j, "annotationType", "OTHER");
    img_json_out_str(j, "annotator", "Tool: " IMG_TOOL "-" IMG_VERSION);
    write_text(j, "comment", &text);
    img_json_out_close(j, '}');
}

static void open_package(struct img_json_out *j, const char *id, const char *name,
                         const char *version, const char *purpose)
{
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "SPDXID", id);
    img_json_out_str(j, "name", name);
    img_json_out_opt(j, "versionInfo", version);
    img_json_out_str(j, "downloadLocation", "NOASSERTION");
    img_json_out_bool(j, "filesAnalyzed", false);
    img_json_out_str(j, "primaryPackagePurpose", purpose);
    img_json_out_str(j, "licenseConcluded", "NOASSERTION");
    img_json_out_str(j, "licenseDeclared", "NOASSERTION");
    img_json_out_str(j, "copyrightText", "NOASSERTION");
}

static void write_purl(struct img_json_out *j, const char *purl)
{
    img_json_out_open(j, "externalRefs", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "referenceCategory", "PACKAGE-MANAGER");
    img_json_out_str(j, "referenceType", "purl");
    img_json_out_str(j, "referenceLocator", purl);
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
}

static bool write_root(struct spdx *s, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf purl = IMG_BUF(ROOM);
    const struct img_digest *digest = &s->image->manifest.desc.digest;
    char text[IMG_DIGEST_TEXT], platform[100];
    struct img_json_out *j = s->j;
    struct img_bytes ignored;

    if (!img_image_purl(s->image, s->subject, &purl, err))
        return false;
    img_buf_put(&purl, "", 1);
    if (!img_buf_bytes(&purl, &ignored, err))
        return false;
    img_digest_text(digest, text);
    open_package(j, ROOT, s->subject->name, text, "CONTAINER");
    img_json_out_str(j, "supplier", "NOASSERTION");
    img_digest_hex(digest, text);
    img_json_out_open(j, "checksums", '[');
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "algorithm",
                     digest->hash == IMG_SHA512   ? "SHA512"
                     : digest->hash == IMG_SHA384 ? "SHA384"
                                                  : "SHA256");
    img_json_out_str(j, "checksumValue", text);
    img_json_out_close(j, '}');
    img_json_out_close(j, ']');
    write_purl(j, (const char *)purl.ptr);
    img_json_out_open(j, "annotations", '[');
    img_digest_text(&s->image->config_digest, text);
    annotate(s, "ImageID", text);
    img_platform_text(&s->image->config.platform, platform);
    annotate(s, "imgtrust:platform", platform);
    for (size_t i = 0; i < s->image->config.layers; i++) {
        img_digest_text(&s->image->config.diff_ids[i], text);
        annotate(s, "DiffID", text);
    }
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    return true;
}

static void write_os(struct spdx *s)
{
    const struct img_distro *d = &s->inventory->distro;

    if (d->id[0] == '\0')
        return;
    open_package(s->j, OS, d->id, d->version_id, "OPERATING_SYSTEM");
    img_json_out_str(s->j, "supplier", "NOASSERTION");
    img_json_out_opt(s->j, "description", d->pretty_name);
    img_json_out_close(s->j, '}');
}

static bool package_id(const struct img_package *p, char out[static 64], struct img_err *err)
{
    char id[17];

    if (!img_document_id(p->purl, p->path, id, err))
        return false;
    (void)snprintf(out, 64, "SPDXRef-Package-%s-%s", p->type, id);
    return true;
}

static void write_supplier(struct img_json_out *j, const char *maintainer)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(ROOM);
    struct img_bytes name, mail;

    if (maintainer == NULL || !img_document_person(maintainer, &name, &mail)) {
        img_json_out_str(j, "supplier", "NOASSERTION");
        return;
    }
    img_buf_puts(&text, "Organization: ");
    img_buf_put(&text, name.ptr, name.len);
    img_buf_puts(&text, " (");
    img_buf_put(&text, mail.ptr, mail.len);
    img_buf_puts(&text, ")");
    write_text(j, "supplier", &text);
}

static bool write_package(struct spdx *s, const struct img_package *p, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *source = NULL;
    IMG_AUTO(img_str_free) char *license = NULL;
    struct img_json_out *j = s->j;
    struct img_layer_names layer;
    char id[64], number[24];

    if (!package_id(p, id, err) ||
        !img_strf(&source, err, "built package from: %s %s", p->source_name, p->source_version) ||
        !img_strf(&license, err, "declared as: %s", p->license != NULL ? p->license : ""))
        return false;
    img_layer_names(s->image, p->layer, &layer);
    (void)snprintf(number, sizeof(number), "%zu", p->layer + 1);
    open_package(j, id, p->name, p->version, "LIBRARY");
    write_supplier(j, p->maintainer);
    img_json_out_str(j, "sourceInfo", source);
    if (p->license != NULL)
        img_json_out_str(j, "licenseComments", license);
    img_json_out_opt(j, "description", p->description);
    if (img_document_is_url(p->homepage))
        img_json_out_str(j, "homepage", p->homepage);
    write_purl(j, p->purl);
    img_json_out_open(j, "annotations", '[');
    annotate(s, "FilePath", p->path);
    annotate(s, "LayerDiffID", layer.diff_id);
    annotate(s, "LayerDigest", layer.digest);
    annotate(s, "imgtrust:layer", number);
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    return true;
}

static void relate(struct img_json_out *j, const char *from, const char *how, const char *to)
{
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "spdxElementId", from);
    img_json_out_str(j, "relationshipType", how);
    img_json_out_str(j, "relatedSpdxElement", to);
    img_json_out_close(j, '}');
}

static bool write_relationships(struct spdx *s, struct img_err *err)
{
    const char *holder = s->inventory->distro.id[0] != '\0' ? OS : ROOT;
    char id[64];

    img_json_out_open(s->j, "relationships", '[');
    relate(s->j, "SPDXRef-DOCUMENT", "DESCRIBES", ROOT);
    if (strcmp(holder, OS) == 0)
        relate(s->j, ROOT, "CONTAINS", OS);
    for (size_t i = 0; i < s->inventory->count; i++) {
        if (!package_id(&s->inventory->packages[i], id, err))
            return false;
        relate(s->j, holder, "CONTAINS", id);
    }
    img_json_out_close(s->j, ']');
    return true;
}

/* Everything but the namespace, which is made from it. */
static bool write_body(struct spdx *s, struct img_err *err)
{
    struct img_json_out *j = s->j;

    img_json_out_open(j, "creationInfo", '{');
    img_json_out_str(j, "created", s->created);
    img_json_out_open(j, "creators", '[');
    img_json_out_str(j, NULL, "Tool: " IMG_TOOL "-" IMG_VERSION);
    img_json_out_close(j, ']');
    img_json_out_close(j, '}');
    img_json_out_open(j, "annotations", '[');
    annotate(s, "imgtrust:inventory", s->inventory->complete ? "complete" : "incomplete");
    for (size_t i = 0; i < s->inventory->reason_count; i++)
        annotate(s, "imgtrust:incomplete", s->inventory->reasons[i]);
    img_json_out_close(j, ']');
    img_json_out_open(j, "packages", '[');
    if (!write_root(s, err))
        return false;
    write_os(s);
    for (size_t i = 0; i < s->inventory->count; i++)
        if (!write_package(s, &s->inventory->packages[i], err))
            return false;
    img_json_out_close(j, ']');
    return write_relationships(s, err);
}

bool img_sbom_spdx(const struct img_image *image, const struct img_inventory *inventory,
                   const struct img_sbom_subject *subject, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf body = IMG_BUF(out->limit);
    struct img_json_out members = {.to = &body}, j = {.to = out};
    struct spdx s = {.image = image, .inventory = inventory, .subject = subject, .j = &members};
    struct img_bytes text;
    char uuid[37], namespace[64];

    /* `created` is mandatory: where nobody knows a date, the epoch says so */
    img_time_text(subject->date != IMG_TIME_NONE ? subject->date : 0, s.created);
    if (!write_body(&s, err) || !img_buf_bytes(&body, &text, err) ||
        !img_document_uuid(text, uuid, err))
        return img_ctx(err, "SPDX");
    (void)snprintf(namespace, sizeof(namespace), "urn:uuid:%s", uuid);
    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "spdxVersion", "SPDX-2.3");
    img_json_out_str(&j, "dataLicense", "CC0-1.0");
    img_json_out_str(&j, "SPDXID", "SPDXRef-DOCUMENT");
    img_json_out_str(&j, "name", subject->name);
    img_json_out_str(&j, "documentNamespace", namespace);
    img_buf_puts(out, ",");
    img_buf_put(out, text.ptr, text.len);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &text, err);
}
