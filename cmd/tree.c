/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

#define DEPTH 3 /* what is attached to what is attached, … */
#define BATCH ((size_t)16)

#define CREATED "org.opencontainers.image.created"

static void items_done(struct img_tree_items *list)
{
    for (size_t i = 0; i < list->count; i++) {
        struct img_tree_item *item = &list->items[i];
        img_descriptor_done(&item->desc);
        free(item->unverified_type);
        free(item->unverified_signer);
        items_done(&item->attached);
    }
    free(list->items);
    *list = (struct img_tree_items){.count = 0};
}

void img_tree_done(struct img_tree *t)
{
    for (size_t i = 0; i < t->count; i++) {
        img_descriptor_done(&t->platforms[i].desc);
        items_done(&t->platforms[i].attached);
    }
    free(t->platforms);
    items_done(&t->attached);
    img_document_done(&t->doc);
    *t = (struct img_tree){.doc = {.bytes = IMG_BUF(1)}};
}

/* --- bundles -------------------------------------------------------------------------------------
 */

/* A hint is the base64 of SHA-256 of a key: shown as keys are shown everywhere else. */
static bool signer_of(const struct img_bundle *b, char **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf raw = IMG_BUF(256);
    struct img_err ignored = IMG_ERR_INIT;
    char hex[2 * 32 + 1];
    struct img_bytes bytes;

    if (b->key_hint == NULL)
        return img_strdup("certificate", out, err);
    bytes = (struct img_bytes){.ptr = (const uint8_t *)b->key_hint, .len = strlen(b->key_hint)};
    if (!img_unbase64(bytes, IMG_B64_PROTOJSON, &raw, &ignored) ||
        !img_buf_bytes(&raw, &bytes, &ignored) || bytes.len != 32)
        return img_strf(out, err, "key '%.100s'", b->key_hint);
    img_hex(bytes, hex);
    return img_strf(out, err, "key sha256:%s", hex);
}

static bool read_statement(const struct img_evidence *e, struct img_bundle *b,
                           struct img_statement *s, struct img_err *err)
{
    struct img_bytes text, payload;

    return img_buf_bytes(&e->unverified_bytes, &text, err) &&
           img_bundle_read_unverifiable(text, b, err) &&
           img_buf_bytes(&b->envelope.payload, &payload, err) &&
           img_statement_read(payload, s, err);
}

/* Only out of memory ends the listing; what cannot be read is listed with the reason. */
static bool settle(struct img_tree_item *item, const struct img_err *why, struct img_err *err)
{
    item->err = *why;
    if (why->code != IMG_E_MEMORY)
        return true;
    *err = *why;
    return false;
}

static bool describe_bundle(struct img_tree_item *item, const struct img_evidence *e,
                            struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    struct img_err why = IMG_ERR_INIT;

    item->size = e->unverified_bytes.len;
    if (!read_statement(e, &b, &s, &why))
        return settle(item, &why, err);
    return img_strdup(s.predicate_type, &item->unverified_type, err) &&
           signer_of(&b, &item->unverified_signer, err);
}

/* --- what is attached ----------------------------------------------------------------------------
 */

static bool collect(struct img_store *s, const struct img_digest *subject,
                    const struct img_referrers *listed, struct img_evidence_list *out,
                    struct img_err *err)
{
    static const struct img_evidence_limits limits = {.max_count = IMG_LIMIT_EVIDENCE,
                                                      .max_size = IMG_LIMIT_EVIDENCE_SIZE};

    return img_evidence_collect(s, subject, listed, &limits, out, err);
}

static const struct img_evidence *evidence_of(const struct img_evidence_list *list,
                                              const struct img_digest *manifest)
{
    for (size_t i = 0; i < list->count; i++)
        if (img_digest_equal(&list->items[i].manifest.digest, manifest))
            return &list->items[i];
    return NULL;
}

static const struct img_err *skipped_because(const struct img_evidence_list *list,
                                             const struct img_digest *manifest)
{
    for (size_t i = 0; i < list->skipped_count; i++)
        if (img_digest_equal(&list->skipped[i].digest, manifest))
            return &list->skipped[i].err;
    return NULL;
}

/* An artifact that is no bundle: its manifest tells its size. */
static bool describe_other(struct img_tree_item *item, struct img_want *got, struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_bytes text;

    if (!got->ok || !img_buf_bytes(&got->bytes, &text, &got->err) ||
        !img_manifest_read(text, item->desc.media_type, &m, &got->err))
        return settle(item, &got->err, err);
    memcpy(item->desc.artifact_type, m.artifact_type, sizeof(item->desc.artifact_type));
    for (size_t i = 0; i < m.count; i++)
        item->size += (uint64_t)m.items[i].size;
    return true;
}

static bool is_other(const struct img_tree_item *item)
{
    return item->unverified_type == NULL && item->err.code == IMG_OK;
}

static bool describe_others(struct img_store *s, struct img_tree_items *list, struct img_err *err)
{
    struct img_want wants[BATCH];
    struct img_tree_item *items[BATCH];
    bool ok = true;

    for (size_t i = 0; ok && i < list->count;) {
        size_t n = 0;
        for (; i < list->count && n < BATCH; i++) {
            if (!is_other(&list->items[i]))
                continue;
            items[n] = &list->items[i];
            wants[n++] = (struct img_want){.desc = list->items[i].desc,
                                           .bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
        }
        ok = img_store_fetch(s, wants, n, err);
        for (size_t k = 0; k < n; k++) {
            ok = ok && describe_other(items[k], &wants[k], err);
            img_buf_done(&wants[k].bytes);
        }
    }
    return ok;
}

static bool fill(struct img_tree_items *list, const struct img_referrers *listed,
                 const struct img_evidence_list *evidence, struct img_err *err)
{
    list->items = calloc(listed->count + 1, sizeof(*list->items));
    if (list->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "tree");
    list->cut = listed->cut || evidence->cut;
    for (size_t i = 0; i < listed->count; i++) {
        struct img_tree_item *item = &list->items[list->count++];
        const struct img_evidence *e = evidence_of(evidence, &listed->items[i].digest);
        const struct img_err *why = skipped_because(evidence, &listed->items[i].digest);
        const char *created;
        img_descriptor_copy(&listed->items[i], &item->desc);
        created = img_descriptor_annotation(&item->desc, CREATED);
        item->stored = IMG_TIME_NONE;
        if (created != NULL && !img_time_parse(created, &item->stored, err))
            item->stored = IMG_TIME_NONE;
        if (why != NULL)
            item->err = *why;
        if (e != NULL && !describe_bundle(item, e, err))
            return false;
    }
    return true;
}

static bool list_attached(struct img_store *s, const struct img_digest *subject,
                          const struct img_referrers *given, size_t depth,
                          struct img_tree_items *out, struct img_err *err)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list evidence = {.count = 0};
    IMG_AUTO(img_referrers_done) struct img_referrers own = {.count = 0};

    if (given == NULL && !img_store_referrers(s, subject, &own, err))
        return false;
    if (given == NULL)
        given = &own;
    if (!collect(s, subject, given, &evidence, err) || !fill(out, given, &evidence, err) ||
        !describe_others(s, out, err))
        return false;
    for (size_t i = 0; depth < DEPTH && i < out->count; i++)
        if (!list_attached(s, &out->items[i].desc.digest, NULL, depth + 1, &out->items[i].attached,
                           err))
            return false;
    return true;
}

/* --- platforms -----------------------------------------------------------------------------------
 */

static void measure(struct img_tree_platform *p, const struct img_manifest *m)
{
    p->layers = m->count;
    p->size = (uint64_t)m->config.size;
    for (size_t i = 0; i < m->count; i++)
        p->size += (uint64_t)m->items[i].size;
}

/* The platform of an image that is in no index stands in its configuration. */
static void read_config(struct img_store *s, const struct img_manifest *m,
                        struct img_tree_platform *p)
{
    struct img_want want = {.desc = m->config, .bytes = IMG_BUF(IMG_LIMIT_CONFIG)};
    IMG_AUTO(img_config_done) struct img_config c = {.layers = 0};
    struct img_bytes text;

    if (strcmp(m->config.media_type, IMG_TYPE_OCI_CONFIG) != 0 &&
        strcmp(m->config.media_type, IMG_TYPE_DOCKER_CONFIG) != 0)
        return;
    if (!img_store_fetch(s, &want, 1, &p->err))
        return;
    if (!want.ok)
        p->err = want.err;
    else if (img_buf_bytes(&want.bytes, &text, &p->err) && img_config_read(text, &c, &p->err)) {
        p->desc.platform = c.platform;
        p->desc.has_platform = true;
    }
    img_buf_done(&want.bytes);
}

static bool read_entries(struct img_store *s, struct img_tree *t, struct img_err *err)
{
    struct img_want wants[BATCH];
    bool ok = true;

    for (size_t i = 0; ok && i < t->count; i += BATCH) {
        size_t n = t->count - i < BATCH ? t->count - i : BATCH;
        for (size_t k = 0; k < n; k++)
            wants[k] = (struct img_want){.desc = t->platforms[i + k].desc,
                                         .bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
        ok = img_store_fetch(s, wants, n, err);
        for (size_t k = 0; k < n; k++) {
            IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
            struct img_tree_platform *p = &t->platforms[i + k];
            struct img_bytes text;
            if (ok && !wants[k].ok)
                p->err = wants[k].err;
            else if (ok && img_buf_bytes(&wants[k].bytes, &text, &p->err) &&
                     img_manifest_read(text, p->desc.media_type, &m, &p->err))
                measure(p, &m);
            img_buf_done(&wants[k].bytes);
        }
    }
    return ok;
}

static bool list_platforms(struct img_store *s, const struct img_manifest *m, struct img_tree *t,
                           struct img_err *err)
{
    t->is_index = m->is_index;
    t->platforms = calloc((m->is_index ? m->count : 1) + 1, sizeof(*t->platforms));
    if (t->platforms == NULL)
        return img_fail(err, IMG_E_MEMORY, "tree");
    if (!m->is_index) {
        t->count = 1;
        img_descriptor_copy(&t->doc.desc, &t->platforms[0].desc);
        measure(&t->platforms[0], m);
        read_config(s, m, &t->platforms[0]);
        return true;
    }
    for (size_t i = 0; i < m->count; i++)
        img_descriptor_copy(&m->items[i], &t->platforms[t->count++].desc);
    return read_entries(s, t, err);
}

static bool read_tree(struct img_store *s, const struct img_reference *ref, struct img_tree *t,
                      struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers listed = {.count = 0};
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_bytes text;

    if (!img_store_resolve(s, ref, &t->doc, &listed, err) ||
        !img_buf_bytes(&t->doc.bytes, &text, err) ||
        !img_manifest_read(text, t->doc.desc.media_type, &m, err) ||
        !list_platforms(s, &m, t, err) ||
        !list_attached(s, &t->doc.desc.digest, &listed, 0, &t->attached, err))
        return false;
    for (size_t i = 0; m.is_index && i < t->count; i++)
        if (!img_manifest_is_attestation_entry(&t->platforms[i].desc) &&
            !list_attached(s, &t->platforms[i].desc.digest, NULL, 0, &t->platforms[i].attached,
                           err))
            return false;
    return true;
}

bool img_tree_read(struct img_store *s, const struct img_reference *ref, struct img_tree *out,
                   struct img_err *err)
{
    IMG_AUTO(img_tree_done) struct img_tree t = {.doc = {.bytes = IMG_BUF(1)}};

    if (!read_tree(s, ref, &t, err))
        return false;
    *out = t;
    t = (struct img_tree){.doc = {.bytes = IMG_BUF(1)}};
    return true;
}

/* --- statements ----------------------------------------------------------------------------------
 */

static bool visit_statements(struct img_store *s, const struct img_digest *subject,
                             const struct img_referrers *given, img_tree_statement *fn, void *ctx,
                             struct img_err *err)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list evidence = {.count = 0};
    IMG_AUTO(img_referrers_done) struct img_referrers own = {.count = 0};

    if (given == NULL && !img_store_referrers(s, subject, &own, err))
        return false;
    if (!collect(s, subject, given != NULL ? given : &own, &evidence, err))
        return false;
    for (size_t i = 0; i < evidence.count; i++) {
        IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
        IMG_AUTO(img_statement_done) struct img_statement st = {.doc = NULL};
        if (read_statement(&evidence.items[i], &b, &st, err) ? !fn(ctx, &st, err)
                                                             : err->code == IMG_E_MEMORY)
            return false;
    }
    return true;
}

bool img_tree_statements(struct img_store *s, const struct img_reference *ref,
                         img_tree_statement *fn, void *ctx, struct img_err *err)
{
    IMG_AUTO(img_document_done) struct img_document doc = {.bytes = IMG_BUF(1)};
    IMG_AUTO(img_referrers_done) struct img_referrers listed = {.count = 0};
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_bytes text;

    if (!img_store_resolve(s, ref, &doc, &listed, err) || !img_buf_bytes(&doc.bytes, &text, err) ||
        !img_manifest_read(text, doc.desc.media_type, &m, err) ||
        !visit_statements(s, &doc.desc.digest, &listed, fn, ctx, err))
        return false;
    for (size_t i = 0; m.is_index && i < m.count; i++)
        if (!img_manifest_is_attestation_entry(&m.items[i]) &&
            !visit_statements(s, &m.items[i].digest, NULL, fn, ctx, err))
            return false;
    return true;
}
