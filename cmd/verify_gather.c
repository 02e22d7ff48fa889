/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/verify_gather.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* --- evidence --------------------------------------------------------------------------------- */

void heard_done(struct heard *h)
{
    for (size_t i = 0; i < h->count; i++)
        img_verified_free(h->items[i]);
    free(h->items);
    *h = (struct heard){.items = NULL};
}

static bool ignore(struct gather *g, const struct img_digest *evidence, const struct img_err *why,
                   struct img_err *err)
{
    struct img_ignored *items = realloc(g->ignored, (g->ignored_count + 1) * sizeof(*items));

    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "ignored evidence");
    g->ignored = items;
    items += g->ignored_count++;
    *items = (struct img_ignored){.evidence = *evidence, .code = why->why};
    if (items->code == IMG_WHY_NONE)
        items->code = img_code_exit(why->code) == img_code_exit(IMG_E_NETWORK) ? IMG_WHY_UNDECIDED
                      : why->code == IMG_E_UNSUPPORTED                         ? IMG_WHY_UNSUPPORTED
                                                                               : IMG_WHY_MALFORMED;
    img_err_text(why, items->why, sizeof(items->why));
    return true;
}

static void incomplete(struct gather *g, int status, const char *what, const struct img_err *why)
{
    char text[200];

    if (g->incomplete != 0)
        return; /* the first reason is the one to begin with */
    g->incomplete = status;
    if (why == NULL) {
        (void)snprintf(g->why, sizeof(g->why), "%s", what);
        return;
    }
    img_err_text(why, text, sizeof(text));
    (void)snprintf(g->why, sizeof(g->why), "%s: %s", what, text);
}

static void evidence_done(struct img_evidence_list *l)
{
    img_evidence_list_done(l);
}

/* Notes what was attached and could not be read. */
static bool note_skipped(struct gather *g, const struct img_evidence_list *l, struct img_err *err)
{
    const struct img_err *world = NULL;

    for (size_t i = 0; i < l->skipped_count; i++) {
        if (img_code_exit(l->skipped[i].err.code) == img_code_exit(IMG_E_NETWORK) && world == NULL)
            world = &l->skipped[i].err;
        if (!ignore(g, &l->skipped[i].digest, &l->skipped[i].err, err))
            return false;
    }
    if (l->failed)
        incomplete(g, img_code_exit(IMG_E_NETWORK), "some evidence could not be fetched", world);
    if (l->cut)
        incomplete(g, img_code_exit(IMG_E_LIMIT),
                   "there is more evidence than the limits allow to be read (--max-evidence, "
                   "--max-evidence-size)",
                   NULL);
    return true;
}

bool gather_is_ours(const struct img_err *err)
{
    return err->code == IMG_E_MEMORY || err->code == IMG_E_INTERNAL;
}

/* Fetches what is attached to a digest, and holds each piece against the authorities. */
bool gather_evidence(struct gather *g, const struct img_digest *subject, struct img_bytes manifest,
                     const struct img_referrers *referrers, struct heard *out, struct img_err *err)
{
    IMG_AUTO(evidence_done) struct img_evidence_list l = {.items = NULL};
    IMG_AUTO(heard_done) struct heard h = {.items = NULL};
    const struct img_trust trust = {.authorities = g->authorities,
                                    .count = g->authority_count,
                                    .now = g->o->now};

    if (!img_evidence_collect(g->store, subject, referrers, &g->o->limits, &l, err) ||
        !note_skipped(g, &l, err))
        return false;
    h.items = calloc(l.count + 1, sizeof(struct img_verified *));
    if (h.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    for (size_t i = 0; i < l.count; i++) {
        struct img_err why = IMG_ERR_INIT;

        if (img_verify_evidence(&l.items[i], &trust, subject, manifest, &h.items[h.count], &why)) {
            h.count++;
            continue;
        }
        if (gather_is_ours(&why)) {
            *err = why;
            return false;
        }
        if (!ignore(g, &l.items[i].blob, &why, err))
            return false;
    }
    *out = h;
    h = (struct heard){.items = NULL};
    return true;
}

/* --- platforms -------------------------------------------------------------------------------- */

void platforms_done(struct platforms *p)
{
    for (size_t i = 0; i < p->count; i++) {
        img_descriptor_done(&p->items[i].desc);
        img_buf_done(&p->items[i].manifest);
        if (p->items[i].has_config)
            img_config_done(&p->items[i].config);
        heard_done(&p->items[i].heard);
    }
    free(p->items);
    *p = (struct platforms){.items = NULL};
}

bool platforms_take(struct img_descriptor *descs, size_t count, struct platforms *out,
                    struct img_err *err)
{
    out->items = calloc(count + 1, sizeof(*out->items));
    if (out->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "platforms");
    for (; out->count < count; out->count++) {
        out->items[out->count].desc = descs[out->count];
        out->items[out->count].manifest = IMG_BUF(IMG_LIMIT_MANIFEST);
    }
    return true;
}

struct wants {
    struct img_want *items;
    size_t count;
};

static void wants_done(struct wants *w)
{
    for (size_t i = 0; i < w->count; i++)
        img_buf_done(&w->items[i].bytes);
    free(w->items);
}

static bool wants_new(struct wants *w, size_t count, struct img_err *err)
{
    w->items = calloc(count + 1, sizeof(*w->items));
    if (w->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "requests");
    return true;
}

/* The manifests of an index's platforms, side by side. */
bool gather_manifests(struct gather *g, struct platforms *p, struct img_err *err)
{
    IMG_AUTO(wants_done) struct wants w = {.items = NULL};

    if (!wants_new(&w, p->count, err))
        return false;
    for (; w.count < p->count; w.count++)
        w.items[w.count] =
            (struct img_want){.desc = p->items[w.count].desc, .bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    if (!img_store_fetch(g->store, w.items, w.count, err))
        return false;
    for (size_t i = 0; i < w.count; i++) {
        if (!w.items[i].ok) {
            *err = w.items[i].err;
            return img_ctx(err, "platform manifest");
        }
        p->items[i].manifest = w.items[i].bytes;
        w.items[i].bytes = IMG_BUF(1);
    }
    return true;
}

static bool platform_bytes(const struct platform *p, struct img_bytes document,
                           struct img_bytes *out, struct img_err *err)
{
    if (p->manifest.len == 0) {
        *out = document;
        return true;
    }
    return img_buf_bytes(&p->manifest, out, err);
}

/* The configurations, side by side. One that cannot be read leaves its platform without. */
bool gather_configs(struct gather *g, struct platforms *p, struct img_bytes document,
                    struct img_err *err)
{
    IMG_AUTO(wants_done) struct wants w = {.items = NULL};

    if (!wants_new(&w, p->count, err))
        return false;
    for (; w.count < p->count; w.count++) {
        IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};
        struct img_bytes text;

        if (!platform_bytes(&p->items[w.count], document, &text, err) ||
            !img_manifest_read(text, p->items[w.count].desc.media_type, &m, err))
            return false;
        w.items[w.count] = (struct img_want){.desc = m.config, .bytes = IMG_BUF(IMG_LIMIT_CONFIG)};
        w.items[w.count].desc.annotations = NULL; /* borrowed for the fetch, and m dies first */
    }
    if (!img_store_fetch(g->store, w.items, w.count, err))
        return false;
    for (size_t i = 0; i < w.count; i++) {
        struct img_err why = w.items[i].err;
        struct img_bytes text;

        if (w.items[i].ok && img_buf_bytes(&w.items[i].bytes, &text, &why) &&
            img_config_read(text, &p->items[i].config, &why)) {
            p->items[i].has_config = true;
            continue;
        }
        if (why.code == IMG_E_REJECTED || gather_is_ours(&why)) {
            *err = why;
            return img_ctx(err, "image configuration");
        }
        if (img_code_exit(why.code) == img_code_exit(IMG_E_NETWORK))
            incomplete(g, img_code_exit(why.code), "an image configuration could not be fetched",
                       &why);
    }
    return true;
}

/* Evidence about each platform of an index. */
bool gather_platforms(struct gather *g, struct platforms *p, struct img_err *err)
{
    for (size_t i = 0; i < p->count; i++) {
        struct img_referrers referrers = {.items = NULL};
        struct img_bytes text;
        bool ok;

        if (!platform_bytes(&p->items[i], (struct img_bytes){.ptr = NULL}, &text, err) ||
            !img_store_referrers(g->store, &p->items[i].desc.digest, &referrers, err))
            return false;
        ok =
            gather_evidence(g, &p->items[i].desc.digest, text, &referrers, &p->items[i].heard, err);
        img_referrers_done(&referrers);
        if (!ok)
            return false;
    }
    return true;
}

/* --- blobs ------------------------------------------------------------------------------------ */

/* Reads a blob to its end: its reader then has compared size and digest. */
static bool drain(struct img_store *s, const struct img_descriptor *d, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    uint8_t chunk[65536];
    size_t got = 1;

    if (!img_store_open_blob(s, d, &r, err))
        return false;
    while (got > 0)
        if (!img_reader_read(r, chunk, sizeof(chunk), &got, err))
            return false;
    return true;
}

/* What is no image that runs (an artifact) has blobs all the same. */
static bool drain_all(struct img_store *s, struct img_bytes manifest, const char *media_type,
                      struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};

    if (!img_manifest_read(manifest, media_type, &m, err) || !drain(s, &m.config, err))
        return false;
    for (size_t i = 0; i < m.count; i++)
        if (!drain(s, &m.items[i], err))
            return img_ctx(err, "layer %zu", i);
    return true;
}

static bool read_blobs(struct gather *g, const struct platform *p, struct img_bytes document,
                       struct img_err *err)
{
    struct img_image image = {.config_digest = {.hash = IMG_HASH_NONE}};
    struct img_bytes text;
    bool ok;

    if (!img_image_open(g->store, &p->desc, &image, err)) {
        if (err->code != IMG_E_MALFORMED && err->code != IMG_E_UNSUPPORTED)
            return false;
        return platform_bytes(p, document, &text, err) &&
               drain_all(g->store, text, p->desc.media_type, err);
    }
    ok = img_image_walk(g->store, &image, NULL, 0, g->o->common->progress, err);
    img_image_done(&image);
    return ok;
}

/* Turns what reading came to into a fact: content that does not match is a "no", not an error. */
bool gather_blobs(struct gather *g, const struct platforms *p, struct img_bytes document,
                  struct img_blobs_fact *fact, char text[static 400], struct img_err *err)
{
    struct img_err why = IMG_ERR_INIT;
    char words[290], platform[100];

    *fact = (struct img_blobs_fact){.ok = true, .text = "every blob was read and has its digest"};
    for (size_t i = 0; i < p->count; i++) {
        if (read_blobs(g, &p->items[i], document, &why))
            continue;
        if (gather_is_ours(&why)) {
            *err = why;
            return false;
        }
        img_err_text(&why, words, sizeof(words));
        img_platform_text(&p->items[i].desc.platform, platform);
        (void)snprintf(text, 400, "%s%s%s", p->items[i].desc.has_platform ? platform : "",
                       p->items[i].desc.has_platform ? ": " : "", words);
        fact->ok = false;
        fact->text = text;
        fact->undecided = img_code_exit(why.code) == img_code_exit(IMG_E_NETWORK);
        fact->code = fact->undecided           ? IMG_WHY_UNDECIDED
                     : why.why != IMG_WHY_NONE ? why.why
                                               : IMG_WHY_LAYER_MALFORMED;
        if (fact->undecided)
            incomplete(g, img_code_exit(why.code), "a blob could not be fetched", &why);
        return true;
    }
    return true;
}
