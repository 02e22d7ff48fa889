/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define BUNDLE_PREFIX "application/vnd.dev.sigstore.bundle"

/* One referrer that may be evidence, on its way from the list to its bytes. */
struct candidate {
    const struct img_descriptor *listed; /* borrowed from the referrers */
    struct img_descriptor layer;         /* the bundle, once its manifest was read */
    bool wanted;
};

struct collection {
    struct img_store *store;
    const struct img_digest *subject;
    const struct img_evidence_limits *limits;
    struct candidate *items;
    size_t count;
    struct img_evidence_list list;
};

static void collection_done(struct collection *c)
{
    for (size_t i = 0; i < c->count; i++)
        img_descriptor_done(&c->items[i].layer);
    free(c->items);
    img_evidence_list_done(&c->list);
}

struct fetch {
    struct img_want *wants;
    size_t count;
};

static void fetch_done(struct fetch *f)
{
    for (size_t i = 0; i < f->count; i++)
        img_buf_done(&f->wants[i].bytes);
    free(f->wants);
}

/* Lists a referrer under skipped, with the reason in why. Room was made for all of them. */
static void skip(struct collection *c, const struct img_descriptor *d, const struct img_err *why)
{
    struct img_skipped *s = &c->list.skipped[c->list.skipped_count++];

    s->digest = d->digest;
    memcpy(s->artifact_type, d->artifact_type, sizeof(s->artifact_type));
    s->err = *why;
}

static void skip_limit(struct collection *c, const struct img_descriptor *d, const char *what,
                       uint64_t limit, const char *option)
{
    struct img_err why = IMG_ERR_INIT;

    c->list.cut = true;
    if (!img_refuse(&why, IMG_E_LIMIT, IMG_WHY_EVIDENCE_LIMIT, "%s %llu%s%s", what,
                    (unsigned long long)limit, option[0] != '\0' ? "; more with " : "", option))
        skip(c, d, &why);
}

/* A fallback index need not repeat the artifact type: then only the manifest can tell. */
static bool may_be_evidence(const struct img_descriptor *d)
{
    return img_media_type_is_manifest(d->media_type) &&
           (d->artifact_type[0] == '\0' || img_has_prefix(d->artifact_type, BUNDLE_PREFIX));
}

static bool already_chosen(const struct collection *c, const struct img_digest *d)
{
    for (size_t i = 0; i < c->count; i++)
        if (img_digest_equal(&c->items[i].listed->digest, d))
            return true;
    return false;
}

static bool choose(struct collection *c, const struct img_referrers *referrers, struct img_err *err)
{
    size_t most = referrers->count < c->limits->max_count ? referrers->count : c->limits->max_count;

    c->items = calloc(most + 1, sizeof(*c->items));
    c->list.items = calloc(most + 1, sizeof(*c->list.items));
    c->list.skipped = calloc(referrers->count + 1, sizeof(*c->list.skipped));
    if (c->items == NULL || c->list.items == NULL || c->list.skipped == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    c->list.cut = referrers->cut;
    for (size_t i = 0; i < referrers->count; i++) {
        const struct img_descriptor *d = &referrers->items[i];
        if (!may_be_evidence(d) || already_chosen(c, &d->digest))
            continue;
        if (c->count == c->limits->max_count)
            skip_limit(c, d, "not read: pieces of evidence are limited to", c->limits->max_count,
                       "--max-evidence");
        else
            c->items[c->count++].listed = d;
    }
    return true;
}

/* True when c goes on: the manifest is a bundle's. Not a bundle's at all: false, and no error. */
static bool read_manifest(struct collection *c, struct candidate *at, struct img_bytes text,
                          struct img_manifest *m, struct img_err *err)
{
    if (!img_manifest_read(text, at->listed->media_type, m, err))
        return false;
    if (m->is_index || m->count != 1 || !img_has_prefix(m->items[0].media_type, BUNDLE_PREFIX)) {
        if (at->listed->artifact_type[0] == '\0' &&
            !img_has_prefix(m->artifact_type, BUNDLE_PREFIX))
            return true; /* something else that is attached */
        return img_fail(err, IMG_E_MALFORMED, "not a manifest with one bundle in it");
    }
    if (!m->has_subject || !img_digest_equal(&m->subject.digest, c->subject))
        return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_SUBJECT_MISMATCH,
                          "listed for this image, but its manifest has another subject");
    if (m->items[0].size == 0)
        return img_fail(err, IMG_E_MALFORMED, "an empty bundle");
    img_descriptor_copy(&m->items[0], &at->layer);
    at->wanted = true;
    return true;
}

/* Sorts what a fetch brought: ours fails the run, the world's is noted, the rest is only absent. */
static bool settle(struct collection *c, const struct img_descriptor *d, const struct img_err *why,
                   struct img_err *err)
{
    int status = img_code_exit(why->code);

    if (why->code == IMG_E_MEMORY || why->code == IMG_E_INTERNAL) {
        *err = *why;
        return img_ctx(err, "evidence");
    }
    if (status == img_code_exit(IMG_E_NETWORK))
        c->list.failed = true;
    skip(c, d, why);
    return true;
}

static bool fetch_manifests(struct collection *c, struct img_err *err)
{
    IMG_AUTO(fetch_done) struct fetch f = {.wants = calloc(c->count + 1, sizeof(*f.wants))};

    if (f.wants == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    for (; f.count < c->count; f.count++) {
        f.wants[f.count].desc = *c->items[f.count].listed;
        f.wants[f.count].bytes = IMG_BUF(IMG_LIMIT_EVIDENCE_MANIFEST);
    }
    if (!img_store_fetch(c->store, f.wants, f.count, err))
        return img_ctx(err, "evidence");
    for (size_t i = 0; i < c->count; i++) {
        IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};
        struct img_want *w = &f.wants[i];
        struct img_bytes text;
        if (w->ok && img_buf_bytes(&w->bytes, &text, &w->err) &&
            read_manifest(c, &c->items[i], text, &m, &w->err))
            continue;
        if (!settle(c, c->items[i].listed, &w->err, err))
            return false;
    }
    return true;
}

static int by_size(const void *a, const void *b)
{
    const struct candidate *const *x = a, *const *y = b;

    return ((*x)->layer.size > (*y)->layer.size) - ((*x)->layer.size < (*y)->layer.size);
}

/*
 * Takes out what is too large. The smallest come first, so that large junk cannot use up the total
 * and keep a signature from being read.
 */
static bool budget(struct collection *c, struct img_err *err)
{
    const struct candidate **order = calloc(c->count + 1, sizeof(*order));
    uint64_t total = 0;
    size_t n = 0;

    if (order == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].wanted)
            order[n++] = &c->items[i];
    qsort((void *)order, n, sizeof(*order), by_size);
    for (size_t i = 0; i < n; i++) {
        struct candidate *at = &c->items[order[i] - c->items];
        uint64_t size = (uint64_t)at->layer.size;
        at->wanted = size <= c->limits->max_size && total + size <= IMG_LIMIT_EVIDENCE_TOTAL;
        if (at->wanted)
            total += size;
        else if (size > c->limits->max_size)
            skip_limit(c, at->listed, "not read: bytes of one piece of evidence are limited to",
                       c->limits->max_size, "--max-evidence-size");
        else
            skip_limit(c, at->listed, "not read: bytes of all evidence together are limited to",
                       IMG_LIMIT_EVIDENCE_TOTAL, "");
    }
    free((void *)order);
    return true;
}

static void keep(struct collection *c, const struct candidate *at, struct img_buf *bytes)
{
    struct img_evidence *e = &c->list.items[c->list.count++];

    img_descriptor_copy(at->listed, &e->manifest);
    e->blob = at->layer.digest;
    e->unverified_bytes = *bytes;
    *bytes = (struct img_buf){.limit = 1};
}

static bool fetch_bundles(struct collection *c, struct img_err *err)
{
    IMG_AUTO(fetch_done) struct fetch f = {.wants = calloc(c->count + 1, sizeof(*f.wants))};
    size_t n = 0;

    if (f.wants == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].wanted) {
            f.wants[f.count].desc = c->items[i].layer;
            f.wants[f.count++].bytes = IMG_BUF((uint64_t)c->items[i].layer.size);
        }
    if (!img_store_fetch(c->store, f.wants, f.count, err))
        return img_ctx(err, "evidence");
    for (size_t i = 0; i < c->count; i++) {
        struct img_want *w = &f.wants[n];
        struct img_bytes text;
        if (!c->items[i].wanted)
            continue;
        n++;
        if (w->ok && img_buf_bytes(&w->bytes, &text, &w->err))
            keep(c, &c->items[i], &w->bytes);
        else if (!settle(c, c->items[i].listed, &w->err, err))
            return false;
    }
    return true;
}

bool img_evidence_collect(struct img_store *s, const struct img_digest *subject,
                          const struct img_referrers *referrers,
                          const struct img_evidence_limits *limits, struct img_evidence_list *out,
                          struct img_err *err)
{
    IMG_AUTO(collection_done)
    struct collection c = {.store = s, .subject = subject, .limits = limits};

    if (!choose(&c, referrers, err) || !fetch_manifests(&c, err) || !budget(&c, err) ||
        !fetch_bundles(&c, err))
        return false;
    *out = c.list;
    c.list = (struct img_evidence_list){.count = 0};
    return true;
}

void img_evidence_list_done(struct img_evidence_list *l)
{
    for (size_t i = 0; i < l->count; i++) {
        img_descriptor_done(&l->items[i].manifest);
        img_buf_done(&l->items[i].unverified_bytes);
    }
    free(l->items);
    free(l->skipped);
    *l = (struct img_evidence_list){.count = 0};
}
