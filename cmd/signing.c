/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/signing.h"

#include <stdlib.h>
#include <string.h>

#include "attest/types.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"

/* --- --digest-file -------------------------------------------------------------------------------
 */

/* docker buildx --metadata-file: an object with "containerimage.digest" among much else. */
static bool digest_of_metadata(struct img_bytes text, struct img_digest *out, struct img_err *err)
{
    json_auto_t *doc = NULL;
    struct img_json root;
    const char *digest = NULL;

    return img_json_parse(text, IMG_LIMIT_DIGEST_FILE, &doc, err) &&
           img_json_root(doc, &root, err) &&
           img_json_str(&root, "containerimage.digest", &digest, err) &&
           img_digest_parse(digest, out, err);
}

/* "sha256:…" as buildah and kaniko write it, or "name@sha256:…". */
static bool digest_of_line(char *line, struct img_digest *out, char **name, struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference ref = {.where = IMG_AT_NONE};
    const char *at = strrchr(line, '@');

    if (at == NULL)
        return img_digest_parse(line, out, err);
    if (!img_reference_parse(line, &ref, err))
        return false;
    if (ref.name != NULL && !img_strdup(ref.name, name, err))
        return false;
    *out = ref.digest;
    return true;
}

bool img_digest_file_parse(struct img_bytes text, struct img_digest *out, char **name,
                           struct img_err *err)
{
    IMG_AUTO(img_str_free) char *line = NULL;
    size_t begin = 0, end = text.len;
    bool good;

    while (begin < end && strchr(" \t\r\n", text.ptr[begin]) != NULL && text.ptr[begin] != '\0')
        begin++;
    while (end > begin && strchr(" \t\r\n", text.ptr[end - 1]) != NULL && text.ptr[end - 1] != '\0')
        end--;
    if (begin == end)
        return img_fail(err, IMG_E_USAGE, "is empty");
    if (text.ptr[begin] == '{') {
        good = digest_of_metadata(text, out, err);
    } else {
        if (!img_strf(&line, err, "%.*s", (int)(end - begin), (const char *)text.ptr + begin))
            return false;
        good = strlen(line) == end - begin && strpbrk(line, " \t\r\n") == NULL
                   ? digest_of_line(line, out, name, err)
                   : img_fail(err, IMG_E_USAGE, "holds more than one word");
    }
    if (!good && err->code != IMG_E_MEMORY && err->code != IMG_E_INTERNAL)
        err->code = IMG_E_USAGE; /* a file that the user named, not something foreign */
    return good;
}

/* Puts the file's digest into the reference; one that the reference has must be the same. */
static bool take_digest_file(const char *path, struct img_reference *ref, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf buf = IMG_BUF(IMG_LIMIT_DIGEST_FILE);
    IMG_AUTO(img_str_free) char *name = NULL;
    char text[IMG_DIGEST_TEXT];
    struct img_digest digest;
    struct img_bytes content;

    if (!img_read_argument(path, &buf, err) || !img_buf_bytes(&buf, &content, err) ||
        !img_digest_file_parse(content, &digest, &name, err))
        return img_ctx(err, "--digest-file '%.200s'", path);
    img_digest_text(&digest, text);
    if (name != NULL && ref->name != NULL && strcmp(name, ref->name) != 0)
        return img_fail(err, IMG_E_USAGE, "--digest-file '%.200s' is about '%.200s', not '%.200s'",
                        path, name, ref->name);
    if (ref->digest.hash != IMG_HASH_NONE && !img_digest_equal(&ref->digest, &digest))
        return img_fail(err, IMG_E_USAGE, "--digest-file '%.200s' says %s; IMAGE says otherwise",
                        path, text);
    ref->digest = digest;
    return true;
}

bool img_signing_check(const struct img_signing *how, struct img_err *err)
{
    struct img_output ignored;

    for (size_t i = 0; i < how->formats.count; i++) {
        const char *f = how->formats.items[i];
        if (strcmp(f, "cosign") == 0 || strcmp(f, "notation") == 0)
            return img_fail(err, IMG_E_USAGE,
                            "--signature-format %s is not supported; bundle is, and cosign 3 "
                            "reads it",
                            f);
        if (strcmp(f, "auto") != 0 && strcmp(f, "bundle") != 0)
            return img_fail(err, IMG_E_USAGE, "--signature-format '%.40s' is not auto or bundle",
                            f);
    }
    for (size_t i = 0; i < how->outputs.count; i++)
        if (!img_output_parse(how->outputs.items[i], "text|json", &ignored, err))
            return false;
    return true;
}

static bool has_tag(const struct img_target *t, const char *tag, bool *out, struct img_err *err)
{
    IMG_AUTO(img_document_done) struct img_document d = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    IMG_AUTO(img_str_free) char *copy = NULL;
    struct img_reference ref = t->ref; /* borrows all but the tag */

    if (!img_strdup(tag, &copy, err))
        return false;
    ref.tag = copy;
    ref.digest = (struct img_digest){.hash = IMG_HASH_NONE};
    *out = img_store_resolve(t->store, &ref, &d, NULL, err);
    return *out || err->code == IMG_E_NOT_FOUND;
}

static bool has_bundle(const struct img_target *t, const struct img_digest *image, bool *out,
                       struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers r = {.count = 0};

    if (!img_store_referrers(t->store, image, &r, err))
        return false;
    *out = false;
    for (size_t i = 0; i < r.count && !*out; i++)
        *out = img_has_prefix(r.items[i].artifact_type, "application/vnd.dev.sigstore.bundle");
    return true;
}

static bool forced(const struct img_signing *how)
{
    bool bundle = false;

    for (size_t i = 0; i < how->formats.count; i++)
        bundle = bundle || strcmp(how->formats.items[i], "bundle") == 0;
    return bundle && how->yes;
}

bool img_signing_keeps_older(const struct img_target *t, const struct img_digest *image,
                             const struct img_signing *how, struct img_err *err)
{
    static const char *const kinds[] = {"sig", "att"};
    char hex[IMG_DIGEST_TEXT], tag[IMG_DIGEST_TEXT + 16];

    if (forced(how))
        return true;
    img_digest_hex(image, hex);
    for (size_t i = 0; i < IMG_COUNT(kinds); i++) {
        bool there = false, bundle = false;
        (void)snprintf(tag, sizeof(tag), "%s-%s.%s", img_hash_name(image->hash), hex, kinds[i]);
        if (!has_tag(t, tag, &there, err) || (there && !has_bundle(t, image, &bundle, err)))
            return img_ctx(err, "look for signatures in cosign's older form");
        if (there && !bundle)
            return img_fail(err, IMG_E_USAGE,
                            "the image is signed in cosign's older form, in the tag %s; once a "
                            "bundle is attached, cosign 3 and Flux no longer read that. To go over "
                            "to bundles: --signature-format bundle --yes",
                            tag);
    }
    return true;
}

/* NOLINTNEXTLINE(readability-function-size): two outputs that belong together */
bool img_signing_open(const char *image, const struct img_signing *how, struct img_common *common,
                      struct img_target *target, struct img_document *doc, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target t = {.store = NULL};
    IMG_AUTO(img_document_done) struct img_document d = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};

    if (!img_target_open(image, common, true, how->timeout_s, &t, err) ||
        (how->digest_file != NULL && !take_digest_file(how->digest_file, &t.ref, err)))
        return false;
    if (!img_store_resolve(t.store, &t.ref, &d, NULL, err))
        return img_ctx(err, "'%.200s'", image);
    if (!img_target_require_digest(&t, &d, how->allow_tag, how->command, err))
        return false;
    *target = t;
    *doc = d;
    t = (struct img_target){.store = NULL};
    d = (struct img_document){.bytes = {.limit = 1}};
    return true;
}

/* --- what was attached ---------------------------------------------------------------------------
 */

bool img_outcomes_add(struct img_outcomes *o, const struct img_outcome *item, struct img_err *err)
{
    struct img_outcome *more = realloc(o->items, (o->count + 1) * sizeof(*more));

    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "results");
    o->items = more;
    o->items[o->count++] = *item;
    return true;
}

static void put_text(const struct img_outcomes *o, const char *name, struct img_buf *out)
{
    for (size_t i = 0; i < o->count; i++) {
        const struct img_outcome *at = &o->items[i];
        char image[IMG_DIGEST_TEXT], evidence[IMG_DIGEST_TEXT];
        img_digest_text(&at->image, image);
        img_digest_text(&at->attached.manifest, evidence);
        img_text_safe(img_predicate_word(at->predicate_type), out);
        img_buf_puts(out, " ");
        if (name != NULL)
            img_text_safe(name, out);
        img_buf_putf(out, "%s%s", name != NULL ? "@" : "", image);
        if (at->platform[0] != '\0') {
            img_buf_puts(out, " ");
            img_text_safe(at->platform, out);
        }
        img_buf_putf(out, " %s %s", at->attached.already ? "already in" : "attached as", evidence);
        if (at->attached.replaced > 0)
            img_buf_putf(out, ", %zu replaced", at->attached.replaced);
        img_buf_puts(out, "\n");
    }
}

static void put_digest(struct img_json_out *j, const char *key, const struct img_digest *d)
{
    char text[IMG_DIGEST_TEXT];

    img_digest_text(d, text);
    img_json_out_str(j, key, text);
}

static void put_json(const struct img_outcomes *o, const char *name, struct img_buf *out)
{
    struct img_json_out j = {.to = out};

    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "version", 1);
    img_json_out_str(&j, "name", name);
    img_json_out_open(&j, "attached", '[');
    for (size_t i = 0; i < o->count; i++) {
        const struct img_outcome *at = &o->items[i];
        img_json_out_open(&j, NULL, '{');
        img_json_out_str(&j, "predicateType", at->predicate_type);
        put_digest(&j, "digest", &at->image);
        img_json_out_opt(&j, "platform", at->platform);
        put_digest(&j, "manifest", &at->attached.manifest);
        put_digest(&j, "bundle", &at->attached.bundle);
        img_json_out_bool(&j, "already", at->attached.already);
        img_json_out_int(&j, "replaced", (int64_t)at->attached.replaced);
        img_json_out_close(&j, '}');
    }
    img_json_out_close(&j, ']');
    img_json_out_close(&j, '}');
    img_buf_puts(out, "\n");
}

static bool write_one(const struct img_outcomes *o, const char *name, const char *output,
                      struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_output to;
    struct img_bytes text;

    if (!img_output_parse(output, "text|json", &to, err))
        return false;
    if (strcmp(to.format, "json") == 0)
        put_json(o, name, &out);
    else
        put_text(o, name, &out);
    return img_buf_bytes(&out, &text, err) && img_output_write(&to, text, err);
}

bool img_outcomes_write(const struct img_outcomes *o, const char *name,
                        const struct img_list *outputs, struct img_err *err)
{
    for (size_t i = 0; i < outputs->count; i++)
        if (!write_one(o, name, outputs->items[i], err))
            return false;
    return outputs->count > 0 || write_one(o, name, "text", err);
}

void img_outcomes_done(struct img_outcomes *o)
{
    free(o->items);
    *o = (struct img_outcomes){.count = 0};
}
