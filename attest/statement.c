/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/statement.h"

#include <string.h>

#include "attest/protojson.h"
#include "base/limits.h"

/* in-toto spec/v1 statement.md; sigstore-go refuses any other member too. */
static const struct img_proto_member members[] = {{"_type", NULL},
                                                  {"subject", NULL},
                                                  {"predicateType", NULL},
                                                  {"predicate", NULL}};
static const struct img_proto_member subject_name = {"name", NULL};

static bool is_digest_of(enum img_hash hash, const char *hex, struct img_digest *out)
{
    char text[IMG_DIGEST_TEXT];
    struct img_err ignored = IMG_ERR_INIT;
    int n = snprintf(text, sizeof(text), "%s:%s", img_hash_name(hash), hex);

    return n > 0 && (size_t)n < sizeof(text) && img_digest_parse(text, out, &ignored);
}

static enum img_hash hash_named(const char *name)
{
    for (enum img_hash h = IMG_SHA256; h <= IMG_SHA512; h++)
        if (strcmp(img_hash_name(h), name) == 0)
            return h;
    return IMG_HASH_NONE;
}

/* A digest set of at least one entry, all strings; those we can compute are canonical hex. */
static bool check_digests(const struct img_json *at, struct img_err *err)
{
    json_t *node = (json_t *)(uintptr_t)at->node; /* only read; iterators ask for it writable */
    size_t count = json_object_size(node);

    if (count == 0)
        return img_json_fail(at, err, "no digest");
    if (count > IMG_LIMIT_SUBJECT_HASHES)
        return img_fail(err, IMG_E_LIMIT, "a subject with %zu digests; the limit is %d", count,
                        IMG_LIMIT_SUBJECT_HASHES);
    for (void *i = json_object_iter(node); i != NULL; i = json_object_iter_next(node, i)) {
        const char *name = json_object_iter_key(i), *value = NULL;
        struct img_digest d;
        if (!img_json_str(at, name, &value, err))
            return false;
        if (hash_named(name) != IMG_HASH_NONE && !is_digest_of(hash_named(name), value, &d))
            return img_json_fail(at, err, "%s is not the right number of lower-case hex digits",
                                 name);
    }
    return true;
}

static bool check_subjects(const struct img_json *subjects, size_t count, struct img_err *err)
{
    if (count == 0)
        return img_json_fail(subjects, err, "no subject");
    if (count > IMG_LIMIT_SUBJECTS)
        return img_fail(err, IMG_E_LIMIT, "a statement with %zu subjects; the limit is %d", count,
                        IMG_LIMIT_SUBJECTS);
    for (size_t i = 0; i < count; i++) {
        struct img_json subject, digests;
        const char *name = NULL;
        if (!img_json_item(subjects, i, &subject, err) ||
            (img_proto_key(&subject, subject_name) != NULL &&
             !img_json_str(&subject, "name", &name, err)) ||
            !img_json_obj(&subject, "digest", &digests, err) || !check_digests(&digests, err))
            return false;
    }
    return true;
}

/* Absent and null are the same to protobuf; a string is what cosign writes for `--type spdx`. */
static bool read_predicate(const struct img_json *root, const json_t **out, struct img_err *err)
{
    const json_t *node = json_object_get(root->node, "predicate");

    if (node != NULL && !json_is_object(node) && !json_is_string(node) && !json_is_null(node))
        return img_json_fail(root, err, "predicate is neither an object nor a string");
    *out = json_is_null(node) ? NULL : node;
    return true;
}

bool img_statement_read(struct img_bytes text, struct img_statement *out, struct img_err *err)
{
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    const char *type = NULL;
    struct img_json root;

    if (!img_json_parse(text, IMG_LIMIT_EVIDENCE_TOTAL, &s.doc, err) ||
        !img_json_root(s.doc, &root, err) ||
        !img_proto_check(&root, members, IMG_COUNT(members), err) ||
        !img_json_str(&root, "_type", &type, err))
        return img_ctx(err, "statement");
    if (strcmp(type, IMG_STATEMENT_V1) != 0 && strcmp(type, IMG_STATEMENT_V01) != 0)
        return img_fail(err, IMG_E_MALFORMED, "statement: unknown _type '%.80s'", type);
    if (!img_json_str(&root, "predicateType", &s.predicate_type, err) ||
        !img_json_arr(&root, "subject", &s.subjects, &s.subject_count, err) ||
        !check_subjects(&s.subjects, s.subject_count, err) ||
        !read_predicate(&root, &s.predicate, err))
        return img_ctx(err, "statement");
    if (s.predicate_type[0] == '\0')
        return img_fail(err, IMG_E_MALFORMED, "statement: /predicateType: empty");
    s.subjects.up = NULL; /* it pointed to this frame */
    *out = s;
    s.doc = NULL;
    return true;
}

void img_statement_done(struct img_statement *s)
{
    json_decref(s->doc);
    *s = (struct img_statement){.doc = NULL};
}

static const char *value_of(const struct img_statement *s, size_t i, const char *algorithm)
{
    const json_t *subject = json_array_get(s->subjects.node, i);

    return json_string_value(json_object_get(json_object_get(subject, "digest"), algorithm));
}

/* Every digest of subject i that can be computed must be the manifest's. */
static bool check_others(const struct img_statement *s, size_t i, struct img_bytes manifest,
                         struct img_err *err)
{
    for (enum img_hash h = IMG_SHA256; h <= IMG_SHA512; h++) {
        const char *value = value_of(s, i, img_hash_name(h));
        char found[IMG_DIGEST_TEXT];
        struct img_digest computed;
        if (value == NULL)
            continue;
        if (!img_digest_of(h, manifest, &computed, err))
            return false;
        img_digest_hex(&computed, found);
        if (strcmp(found, value) != 0)
            return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SUBJECT_MISMATCH,
                              "one subject has two digests that belong to different images: its "
                              "%s is %.128s, the image's is %s",
                              img_hash_name(h), value, found);
    }
    return true;
}

bool img_statement_is_about(const struct img_statement *s, const struct img_digest *digest,
                            struct img_bytes manifest, const char **name, struct img_err *err)
{
    const char *algorithm = img_hash_name(digest->hash), *first = NULL;
    char wanted[IMG_DIGEST_TEXT];
    size_t i = 0;

    img_digest_hex(digest, wanted);
    while (i < s->subject_count) {
        const char *value = digest->hash != IMG_HASH_NONE ? value_of(s, i, algorithm) : NULL;
        if (value != NULL && strcmp(value, wanted) == 0)
            break;
        if (first == NULL)
            first = value;
        i++;
    }
    if (i == s->subject_count)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SUBJECT_MISMATCH,
                          "the statement is about %s:%.128s%s, not about %s:%s", algorithm,
                          first != NULL ? first : "(none)",
                          s->subject_count > 1 ? " and others" : "", algorithm, wanted);
    if (!check_others(s, i, manifest, err))
        return false;
    *name = json_string_value(json_object_get(json_array_get(s->subjects.node, i), "name"));
    return true;
}

bool img_statement_write(const char *predicate_type, const char *name,
                         const struct img_digest *subject, struct img_bytes predicate,
                         struct img_buf *out, struct img_err *err)
{
    struct img_json_out j = {.to = out};
    char hex[IMG_DIGEST_TEXT];
    struct img_bytes written;

    if (subject->hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_INTERNAL, "a statement about no digest");
    img_digest_hex(subject, hex);
    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "_type", IMG_STATEMENT_V1);
    img_json_out_open(&j, "subject", '[');
    img_json_out_open(&j, NULL, '{');
    if (name != NULL)
        img_json_out_str(&j, "name", name);
    img_json_out_open(&j, "digest", '{');
    img_json_out_str(&j, img_hash_name(subject->hash), hex);
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    img_json_out_close(&j, ']');
    img_json_out_str(&j, "predicateType", predicate_type);
    img_json_out_raw(&j, "predicate", predicate);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &written, err);
}
