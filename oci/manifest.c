/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/manifest.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/time.h"

static bool check_type(const char *type, bool is_index, struct img_err *err)
{
    if (img_media_type_is_index(type) || img_media_type_is_manifest(type)) {
        if (img_media_type_is_index(type) != is_index)
            return img_fail(err, IMG_E_MALFORMED, "mediaType %s, but its members are those of %s",
                            type, is_index ? "an index" : "a manifest");
        return true;
    }
    return img_fail(err, IMG_E_UNSUPPORTED, "media type %s", type);
}

/* What servers and files say when they say nothing. */
static bool is_generic(const char *type)
{
    static const char *const words[] = {"application/json", "application/octet-stream",
                                        "text/plain", ""};

    for (size_t i = 0; i < IMG_COUNT(words); i++)
        if (strcmp(type, words[i]) == 0)
            return true;
    return false;
}

/* The kind is told by shape, and everything that was said about it must agree: a document that
 * two readers can take for two different things is refused (CVE-2021-41190). */
static bool read_kind(const struct img_json *at, const char *given, struct img_manifest *m,
                      struct img_err *err)
{
    static const char *const of_manifest[] = {"config", "layers", "fsLayers", "blobs"};
    bool manifest = false;
    int64_t version = 0;

    for (size_t i = 0; i < IMG_COUNT(of_manifest); i++)
        manifest = manifest || img_json_has(at, of_manifest[i]);
    m->is_index = img_json_has(at, "manifests");
    if (m->is_index && manifest)
        return img_fail(err, IMG_E_MALFORMED, "both an index and a manifest");
    if (!img_json_opt_int(at, "schemaVersion", 1, 2, &version, err))
        return false;
    if (version == 1 || img_json_has(at, "fsLayers"))
        return img_fail(err, IMG_E_UNSUPPORTED, "Docker image manifest schema 1");
    if (!m->is_index && !manifest)
        return img_fail(err, IMG_E_MALFORMED, "neither an index nor a manifest");
    if (!img_json_media_type(at, "mediaType", m->media_type, err))
        return false;
    if (given != NULL && is_generic(given))
        given = NULL;
    if (m->media_type[0] == '\0')
        (void)snprintf(m->media_type, sizeof(m->media_type), "%s",
                       given != NULL ? given
                       : m->is_index ? IMG_TYPE_OCI_INDEX
                                     : IMG_TYPE_OCI_MANIFEST);
    if (given != NULL && strcmp(given, m->media_type) != 0)
        return img_fail(err, IMG_E_MALFORMED, "described as %.200s, but its mediaType is %s", given,
                        m->media_type);
    if (!check_type(m->media_type, m->is_index, err))
        return false;
    if (version != 2)
        return img_fail(err, IMG_E_MALFORMED, "schemaVersion is missing");
    return true;
}

static bool read_items(const struct img_json *at, const char *key, size_t limit,
                       struct img_manifest *m, struct img_err *err)
{
    struct img_json items, item;
    size_t count;

    if (!img_json_has(at, key))
        return img_json_fail(at, err, "no %s", key);
    if (!img_json_opt_arr(at, key, &items, &count, err))
        return false;
    if (count > limit)
        return img_fail(err, IMG_E_LIMIT, "%zu %s, more than %zu", count, key, limit);
    m->items = calloc(count + 1, sizeof(*m->items));
    if (m->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "%s", key);
    for (; m->count < count; m->count++)
        if (!img_json_item(&items, m->count, &item, err) ||
            !img_descriptor_read(&item, &m->items[m->count], err))
            return img_ctx(err, "%s %zu", key, m->count);
    return true;
}

static bool read_index_parts(const struct img_json *at, struct img_manifest *m, struct img_err *err)
{
    return read_items(at, "manifests", IMG_LIMIT_PLATFORMS, m, err);
}

static bool read_manifest_parts(const struct img_json *at, struct img_manifest *m,
                                struct img_err *err)
{
    struct img_json config;

    if (!img_json_obj(at, "config", &config, err) || !img_descriptor_read(&config, &m->config, err))
        return img_ctx(err, "config");
    if (!img_json_media_type(at, "artifactType", m->artifact_type, err))
        return false;
    /* manifest.md, "artifactType": falls back to config.mediaType */
    if (m->artifact_type[0] == '\0')
        memcpy(m->artifact_type, m->config.media_type, sizeof(m->artifact_type));
    return read_items(at, "layers", IMG_LIMIT_LAYERS, m, err);
}

/* Only OCI documents have a subject; in Docker's it is an unknown member. */
static bool read_subject(const struct img_json *at, struct img_manifest *m, struct img_err *err)
{
    struct img_json subject;

    if (strcmp(m->media_type, IMG_TYPE_OCI_MANIFEST) != 0 &&
        strcmp(m->media_type, IMG_TYPE_OCI_INDEX) != 0)
        return true;
    if (!img_json_has(at, "subject") || json_is_null(json_object_get(at->node, "subject")))
        return true;
    if (!img_json_obj(at, "subject", &subject, err) ||
        !img_descriptor_read(&subject, &m->subject, err))
        return img_ctx(err, "subject");
    m->has_subject = true;
    return true;
}

bool img_manifest_read(struct img_bytes text, const char *media_type, struct img_manifest *out,
                       struct img_err *err)
{
    static const char *const names[] = {"schemaVersion", "mediaType",  "artifactType", "config",
                                        "layers",        "fsLayers",   "blobs",        "manifests",
                                        "subject",       "annotations"};
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};
    struct img_json at;

    if (!img_json_parse(text, IMG_LIMIT_MANIFEST, &m.doc, err) || !img_json_root(m.doc, &at, err) ||
        !img_json_no_twins(&at, names, IMG_COUNT(names), err) ||
        !read_kind(&at, media_type, &m, err))
        return img_ctx(err, "manifest");
    if (!(m.is_index ? read_index_parts : read_manifest_parts)(&at, &m, err) ||
        !read_subject(&at, &m, err) || !img_json_annotations(&at, &m.annotations, err))
        return img_ctx(err, m.is_index ? "index" : "manifest");
    *out = m;
    m = (struct img_manifest){.is_index = false};
    return true;
}

void img_manifest_done(struct img_manifest *m)
{
    img_descriptor_done(&m->config);
    img_descriptor_done(&m->subject);
    img_descriptors_free(m->items, m->count);
    json_decref(m->annotations);
    json_decref(m->doc);
    *m = (struct img_manifest){.is_index = false};
}

bool img_manifest_is_attestation_entry(const struct img_descriptor *entry)
{
    const char *type = img_descriptor_annotation(entry, "vnd.docker.reference.type");

    /* both: a runnable entry that only wears the annotation must not escape being checked */
    return type != NULL && strcmp(type, "attestation-manifest") == 0 && entry->has_platform &&
           strcmp(entry->platform.os, "unknown") == 0 &&
           strcmp(entry->platform.architecture, "unknown") == 0;
}

static bool read_created(const struct img_json *at, struct img_config *c, struct img_err *err)
{
    const char *text = "";

    c->created = IMG_TIME_NONE;
    if (json_is_null(json_object_get(at->node, "created")))
        return true;
    if (!img_json_opt_str(at, "created", &text, err))
        return false;
    if (text[0] != '\0' && !img_time_parse(text, &c->created, err))
        return img_ctx(err, "created");
    return true;
}

static bool read_user(const struct img_json *at, struct img_config *c, struct img_err *err)
{
    static const char *const names[] = {"User",   "Env",        "Entrypoint", "Cmd",
                                        "Labels", "WorkingDir", "Volumes"};
    struct img_json config;

    c->user = "";
    if (!img_json_has(at, "config") || json_is_null(json_object_get(at->node, "config")))
        return true;
    return img_json_obj(at, "config", &config, err) &&
           img_json_no_twins(&config, names, IMG_COUNT(names), err) &&
           img_json_opt_str(&config, "User", &c->user, err);
}

static bool read_diff_ids(const struct img_json *at, struct img_config *c, struct img_err *err)
{
    static const char *const names[] = {"type", "diff_ids"};
    struct img_json rootfs, ids;
    const char *type, *text;
    size_t count;

    if (!img_json_obj(at, "rootfs", &rootfs, err) ||
        !img_json_no_twins(&rootfs, names, IMG_COUNT(names), err) ||
        !img_json_str(&rootfs, "type", &type, err))
        return false;
    if (strcmp(type, "layers") != 0)
        return img_json_fail(&rootfs, err, "type is not 'layers'");
    if (!img_json_opt_arr(&rootfs, "diff_ids", &ids, &count, err))
        return false;
    if (count > IMG_LIMIT_LAYERS)
        return img_fail(err, IMG_E_LIMIT, "%zu diff_ids, more than %d", count, IMG_LIMIT_LAYERS);
    c->diff_ids = calloc(count + 1, sizeof(*c->diff_ids));
    if (c->diff_ids == NULL)
        return img_fail(err, IMG_E_MEMORY, "diff_ids");
    for (; c->layers < count; c->layers++)
        if (!img_json_str_item(&ids, c->layers, &text, err) ||
            !img_digest_parse(text, &c->diff_ids[c->layers], err))
            return img_ctx(err, "diff_id %zu", c->layers);
    return true;
}

static bool read_history(const struct img_json *at, struct img_config *c, struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_opt_arr(at, "history", &list, &count, err))
        return false;
    if (count > IMG_LIMIT_HISTORY)
        return img_fail(err, IMG_E_LIMIT, "%zu history entries, more than %d", count,
                        IMG_LIMIT_HISTORY);
    c->history = calloc(count + 1, sizeof(*c->history));
    if (c->history == NULL)
        return img_fail(err, IMG_E_MEMORY, "history");
    for (; c->history_count < count; c->history_count++) {
        struct img_history *h = &c->history[c->history_count];
        h->created_by = "";
        if (!img_json_item(&list, c->history_count, &item, err) ||
            !img_json_opt_str(&item, "created_by", &h->created_by, err) ||
            !img_json_opt_bool(&item, "empty_layer", &h->empty_layer, err))
            return img_ctx(err, "history");
    }
    return true;
}

bool img_config_read(struct img_bytes text, struct img_config *out, struct img_err *err)
{
    static const char *const names[] = {"os",     "architecture", "variant", "created",
                                        "config", "rootfs",       "history"};
    IMG_AUTO(img_config_done) struct img_config c = {.created = IMG_TIME_NONE};
    struct img_json at;

    if (!img_json_parse(text, IMG_LIMIT_CONFIG, &c.doc, err) || !img_json_root(c.doc, &at, err) ||
        !img_json_no_twins(&at, names, IMG_COUNT(names), err) ||
        !img_platform_read(&at, &c.platform, err) || !read_created(&at, &c, err) ||
        !read_user(&at, &c, err) || !read_diff_ids(&at, &c, err) || !read_history(&at, &c, err))
        return img_ctx(err, "image configuration");
    *out = c;
    c = (struct img_config){.created = IMG_TIME_NONE};
    return true;
}

const char *img_config_layer_command(const struct img_config *c, size_t layer)
{
    const char *command = NULL;
    size_t at = 0;

    for (size_t i = 0; i < c->history_count; i++) {
        if (c->history[i].empty_layer)
            continue;
        if (at++ == layer)
            command = c->history[i].created_by;
    }
    return at == c->layers ? command : NULL; /* squashed or foreign builds: no line is right */
}

void img_config_done(struct img_config *c)
{
    free(c->diff_ids);
    free(c->history);
    json_decref(c->doc);
    *c = (struct img_config){.created = IMG_TIME_NONE};
}
