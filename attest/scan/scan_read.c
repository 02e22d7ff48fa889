/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/purl.h"
#include "attest/scan/internal.h"
#include "attest/types.h"
#include "base/enc.h"
#include "base/limits.h"
#include "base/time.h"

/*
 * Reads back what scan_write.c writes. Strict, because a policy counts what is read here: a member
 * that is missing, null or of another type makes the whole report malformed, and then no rule
 * holds.
 */

/* Words that are known are returned as our own; others are passed over. */
static const char *known_word(const char *word)
{
    static const char *const words[] = {
        IMG_LOOKS_VULNERABILITIES,  IMG_LOOKS_SECRETS,  IMG_LOOKS_SETUID,
        IMG_LOOKS_MISCONFIGURATION, IMG_LOOKS_LICENSES, IMG_LOOKS_MALWARE,
    };

    for (size_t i = 0; i < IMG_COUNT(words); i++)
        if (strcmp(words[i], word) == 0)
            return words[i];
    return NULL;
}

static bool read_looks_for(const struct img_json *at, struct img_scan_input *in,
                           struct img_err *err)
{
    struct img_json list;
    size_t count;

    if (!img_json_arr(at, "looksFor", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *word;

        if (!img_json_str_item(&list, i, &word, err))
            return false;
        if (known_word(word) != NULL)
            scan_looks_for(in, known_word(word));
    }
    return true;
}

static bool read_sha256(const struct img_json *at, struct img_digest *out, struct img_err *err)
{
    struct img_digest d = {.hash = IMG_SHA256, .len = 32};
    const char *hex = NULL;

    if (!img_json_opt_str(at, "sha256", &hex, err))
        return false;
    if (hex == NULL)
        return true;
    if (!img_unhex(hex, strlen(hex), d.bytes, d.len, err))
        return img_ctx(err, "sha256");
    *out = d;
    return true;
}

static bool read_input(struct scan_owner *o, const struct img_json *at, struct img_scan_input *in,
                       struct img_err *err)
{
    const char *tool;
    struct img_json db;

    if (!img_json_str(at, "tool", &tool, err) || !scan_opt(o, at, "version", &in->version, err) ||
        !read_looks_for(at, in, err) || !img_json_bool(at, "complete", &in->complete, err) ||
        !scan_opt(o, at, "reason", &in->reason, err) || !img_json_opt_obj(at, "db", &db, err) ||
        !scan_opt(o, &db, "version", &in->db_version, err) ||
        !scan_opt_time(&db, "built", &in->db_built, err) || !read_sha256(at, &in->sha256, err) ||
        !scan_opt_time(at, "started", &in->started, err) ||
        !scan_opt_time(at, "finished", &in->finished, err))
        return false;
    if (in->finished == IMG_TIME_NONE)
        return img_json_fail(at, err, "says no time when it finished");
    in->tool = tool[0] != '\0' ? scan_keep(o, tool) : "";
    return true;
}

static bool read_inputs(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_arr(root, "inputs", &list, &count, err))
        return false;
    if (count == 0)
        return img_json_fail(&list, err, "a report without inputs looked for nothing");
    if (!scan_inputs(o, count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) || !read_input(o, &item, &o->scan.inputs[i], err))
            return false;
    return true;
}

static bool read_kind(const struct img_json *at, enum img_finding_kind *out, struct img_err *err)
{
    const char *word;

    if (!img_json_str(at, "kind", &word, err))
        return false;
    for (int k = IMG_FINDING_VULNERABILITY; k <= IMG_FINDING_LICENSE; k++)
        if (strcmp(word, img_finding_kind_name((enum img_finding_kind)k)) == 0) {
            *out = (enum img_finding_kind)k;
            return true;
        }
    return img_json_fail(at, err, "'%.40s' is no kind of finding", word);
}

static bool read_texts(struct scan_owner *o, const struct img_json *at, const char *key,
                       const char *const **out, struct img_err *err)
{
    struct img_json list;
    const char **texts;
    size_t count = 0;

    if (img_json_has(at, key) && !img_json_arr(at, key, &list, &count, err))
        return false;
    if (count == 0)
        return true;
    texts = img_pool_alloc(&o->pool, count + 1, sizeof(*texts));
    if (texts == NULL)
        return img_fail(err, IMG_E_MEMORY, "%s", key);
    for (size_t i = 0; i < count; i++) {
        const char *text;

        if (!img_json_str_item(&list, i, &text, err))
            return false;
        texts[i] = text[0] != '\0' ? scan_keep(o, text) : "";
    }
    *out = texts;
    return true;
}

/* The report leaves the name out where a purl has it; people want to read it. */
static void name_package(struct scan_owner *o, struct img_finding *f)
{
    IMG_AUTO(img_purl_done) struct img_purl purl = {.name = NULL};
    struct img_err ignored = IMG_ERR_INIT;

    if (f->package == NULL && f->purl != NULL && img_purl_parse(f->purl, &purl, &ignored))
        f->package = scan_keep(o, purl.name);
}

static bool read_place(struct scan_owner *o, const struct img_json *at, struct img_finding *f,
                       struct img_err *err)
{
    struct img_json package, layer;

    if (!img_json_opt_obj(at, "package", &package, err) ||
        !scan_opt(o, &package, "purl", &f->purl, err) ||
        !scan_opt(o, &package, "name", &f->package, err) ||
        !scan_opt(o, &package, "version", &f->version, err) ||
        !scan_opt(o, &package, "fixed", &f->fixed, err))
        return false;
    name_package(o, f);
    return scan_opt(o, at, "path", &f->path, err) &&
           img_json_opt_int(at, "line", 0, INT64_MAX, &f->line, err) &&
           img_json_opt_obj(at, "layer", &layer, err) &&
           img_json_opt_int(&layer, "index", 0, IMG_LIMIT_LAYERS, &f->layer, err) &&
           scan_opt(o, &layer, "diffID", &f->diff_id, err) &&
           scan_opt(o, &layer, "command", &f->command, err) &&
           img_json_opt_bool(&layer, "base", &f->base, err);
}

static bool read_finding(struct scan_owner *o, const struct img_json *at, struct img_err *err)
{
    enum img_finding_kind kind;
    struct img_finding *f;
    const char *id, *severity;

    if (!read_kind(at, &kind, err) || !img_json_str(at, "id", &id, err) ||
        !img_json_str(at, "severity", &severity, err))
        return false;
    if (id[0] == '\0')
        return img_json_fail(at, err, "id is empty");
    f = scan_add(o, kind, err);
    if (f == NULL || !img_severity_parse(severity, &f->severity, err))
        return false;
    f->id = scan_keep(o, id);
    return scan_opt_number(at, "score", &f->score, err) &&
           scan_opt(o, at, "title", &f->title, err) && scan_opt(o, at, "status", &f->status, err) &&
           read_texts(o, at, "aliases", &f->aliases, err) &&
           read_texts(o, at, "sources", &f->sources, err) && read_place(o, at, f, err);
}

static bool read_image(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct img_json image;
    const char *digest;
    struct img_digest parsed;

    if (!img_json_obj(root, "image", &image, err) ||
        !img_json_str(&image, "digest", &digest, err) || !img_digest_parse(digest, &parsed, err))
        return false;
    o->scan.image_digest = scan_keep(o, digest);
    return scan_opt(o, &image, "platform", &o->scan.platform, err);
}

static bool read_own(struct scan_owner *o, const struct img_json *root, const char *type,
                     struct img_err *err)
{
    struct img_json list, item;
    const char *schema;
    size_t count;

    if (!img_json_str(root, "schema", &schema, err))
        return false;
    if (strcmp(schema, type) != 0)
        return img_json_fail(root, err, "schema is '%.80s', not %s", schema, type);
    if (!read_image(o, root, err) || !read_inputs(o, root, err) ||
        !img_json_arr(root, "findings", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) || !read_finding(o, &item, err))
            return false;
    return true;
}

static bool read_predicate(struct scan_owner *o, const char *type, const struct img_json *root,
                           struct img_err *err)
{
    if (strcmp(type, IMG_PREDICATE_SCAN) == 0 || strcmp(type, IMG_PREDICATE_CHECKS) == 0)
        return read_own(o, root, type, err);
    if (strcmp(type, IMG_PREDICATE_VULN) == 0)
        return scan_read_vuln(o, root, err);
    if (strcmp(type, IMG_PREDICATE_VULNS_01) == 0 || strcmp(type, IMG_PREDICATE_VULNS_02) == 0)
        return scan_read_vulns(o, root, err);
    return img_fail(err, IMG_E_UNSUPPORTED, "predicate type '%s' is no scan", type);
}

bool img_scan_read(const char *predicate_type, const json_t *predicate, struct img_scan **out,
                   struct img_err *err)
{
    IMG_AUTO(scan_owner_freep) struct scan_owner *o = NULL;
    struct img_json root;

    if (!scan_owner_new(&o, err) || !img_json_root(predicate, &root, err) ||
        !read_predicate(o, predicate_type, &root, err))
        return img_ctx(err, "scan");
    if (!img_pool_check(&o->pool, err))
        return false;
    *out = &((struct scan_owner *)IMG_STEAL(&o))->scan;
    return true;
}
