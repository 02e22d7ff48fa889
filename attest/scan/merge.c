/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/internal.h"
#include "attest/scan/secrets.h"
#include "base/limits.h"

/*
 * Several reports into one. Where scanners disagree about one finding, the worse counts: the higher
 * severity, and "suppressed" only where all of them suppress it. Nothing is merged across names: a
 * CVE and a GHSA number that only one scanner connects stay two findings, so that no alias can make
 * another vulnerability disappear.
 */

static int compare_text(const char *a, const char *b)
{
    if (a == NULL || b == NULL)
        return (a != NULL) - (b != NULL);
    return strcmp(a, b);
}

/* A purl without version and qualifiers; an "@" in a namespace is always encoded. */
static struct img_bytes package_of(const struct img_finding *f)
{
    const char *text = f->purl != NULL ? f->purl : f->package != NULL ? f->package : "";

    return (struct img_bytes){(const uint8_t *)text,
                              f->purl != NULL ? strcspn(text, "@?#") : strlen(text)};
}

static int compare_package(const struct img_finding *a, const struct img_finding *b)
{
    struct img_bytes x = package_of(a), y = package_of(b);
    size_t shared = x.len < y.len ? x.len : y.len;
    int c = shared > 0 ? memcmp(x.ptr, y.ptr, shared) : 0;

    return c != 0 ? c : (x.len > y.len) - (x.len < y.len);
}

static int compare_place(const struct img_finding *a, const struct img_finding *b)
{
    int c = compare_text(a->path, b->path);

    c = c != 0 ? c : (a->line > b->line) - (a->line < b->line);
    return c != 0 ? c : compare_text(a->diff_id, b->diff_id);
}

/* 0 when two findings are one and the same. */
static int compare_identity(const struct img_finding *a, const struct img_finding *b)
{
    int c = ((int)a->kind > (int)b->kind) - ((int)a->kind < (int)b->kind);

    c = c != 0 ? c : compare_text(a->id, b->id);
    c = c != 0 ? c : compare_package(a, b);
    c = c != 0 ? c : compare_text(a->version, b->version);
    if (c == 0 && a->kind != IMG_FINDING_VULNERABILITY)
        c = compare_place(a, b);
    return c;
}

/* A total order, so that the same input in another order gives the same output. */
static int by_identity(const void *pa, const void *pb)
{
    const struct img_finding *a = pa, *b = pb;
    int c = compare_identity(a, b);

    c = c != 0 ? c : compare_text(a->sources[0], b->sources[0]);
    c = c != 0 ? c : compare_place(a, b);
    c = c != 0 ? c : compare_text(a->purl, b->purl);
    return c != 0 ? c : compare_text(a->status, b->status);
}

static int by_importance(const void *pa, const void *pb)
{
    const struct img_finding *a = pa, *b = pb;
    int c = ((int)a->kind > (int)b->kind) - ((int)a->kind < (int)b->kind);

    c = c != 0 ? c : ((int)a->severity < (int)b->severity) - ((int)a->severity > (int)b->severity);
    c = c != 0 ? c : compare_identity(a, b);
    return c != 0 ? c : by_identity(a, b);
}

/* The union of two lists, without `except`. */
static const char *const *join(struct scan_owner *o, const char *const *a, const char *const *b,
                               const char *except)
{
    size_t na = 0, nb = 0, n = 0;
    const char **list;

    while (a[na] != NULL)
        na++;
    while (b[nb] != NULL)
        nb++;
    if (nb == 0 && except == NULL)
        return a;
    list = img_pool_alloc(&o->pool, na + nb + 1, sizeof(*list));
    if (list == NULL)
        return a; /* the pool remembers */
    for (size_t i = 0; i < na + nb; i++) {
        const char *text = i < na ? a[i] : b[i - na];
        bool known = except != NULL && strcmp(text, except) == 0;

        for (size_t k = 0; k < n && !known; k++)
            known = strcmp(list[k], text) == 0;
        if (!known)
            list[n++] = text;
    }
    return list;
}

static bool is_suppressed(const struct img_finding *f)
{
    return f->status != NULL && strcmp(f->status, IMG_STATUS_SUPPRESSED) == 0;
}

static const char *first_of(const char *a, const char *b)
{
    return a != NULL ? a : b;
}

static void absorb(struct scan_owner *o, struct img_finding *a, const struct img_finding *b)
{
    /* the lower layer is the one that brought the package; a higher one rewrote the database */
    if (b->layer >= 0 && (a->layer < 0 || b->layer < a->layer)) {
        a->layer = b->layer;
        a->diff_id = b->diff_id;
        a->command = b->command;
    }
    if (is_suppressed(a))
        a->status = b->status;
    a->severity = b->severity > a->severity ? b->severity : a->severity;
    a->score = b->score > a->score ? b->score : a->score;
    a->title = first_of(a->title, b->title);
    a->purl = first_of(a->purl, b->purl);
    a->package = first_of(a->package, b->package);
    a->fixed = first_of(a->fixed, b->fixed);
    a->path = first_of(a->path, b->path);
    a->aliases = join(o, a->aliases, b->aliases, a->id);
    a->sources = join(o, a->sources, b->sources, NULL);
}

static void unite(struct scan_owner *o)
{
    struct img_finding *f = o->scan.findings;
    size_t kept = 0;

    if (o->scan.count == 0)
        return;
    qsort(f, o->scan.count, sizeof(*f), by_identity);
    for (size_t i = 1; i < o->scan.count; i++)
        if (compare_identity(&f[kept], &f[i]) == 0)
            absorb(o, &f[kept], &f[i]);
        else
            f[++kept] = f[i];
    o->scan.count = kept + 1;
    qsort(f, o->scan.count, sizeof(*f), by_importance);
}

/* --- layers --- */

struct layers {
    char (*diff_ids)[IMG_DIGEST_TEXT];
    char (*stored)[IMG_DIGEST_TEXT];
    const char **commands; /* masked */
    size_t count, last;
};

static bool prepare_layers(struct scan_owner *o, const struct img_image *image, struct layers *out,
                           struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf masked = IMG_BUF(4 * IMG_LIMIT_CONFIG);
    struct layers l = {.count = image->config.layers};

    l.diff_ids = img_pool_alloc(&o->pool, l.count, sizeof(*l.diff_ids));
    l.stored = img_pool_alloc(&o->pool, l.count, sizeof(*l.stored));
    l.commands = img_pool_alloc(&o->pool, l.count, sizeof(*l.commands));
    if (l.diff_ids == NULL || l.stored == NULL || l.commands == NULL)
        return img_fail(err, IMG_E_MEMORY, "layers");
    for (size_t i = 0; i < l.count; i++) {
        const char *command = img_config_layer_command(&image->config, i);

        img_digest_text(&image->config.diff_ids[i], l.diff_ids[i]);
        if (i < image->parsed.count)
            img_digest_text(&image->parsed.items[i].digest, l.stored[i]);
        if (command == NULL)
            continue;
        img_buf_done(&masked);
        (void)secret_mask_command(img_bytes_of(command), &masked);
        l.commands[i] = img_pool_buf(&o->pool, &masked);
    }
    *out = l;
    return true;
}

static bool is_layer(const struct layers *l, size_t i, const char *digest)
{
    return i < l->count &&
           (strcmp(l->diff_ids[i], digest) == 0 || strcmp(l->stored[i], digest) == 0);
}

static void attribute(struct layers *l, struct img_finding *f)
{
    size_t i = 0;

    if (f->layer < 0 && f->diff_id != NULL) {
        /* findings come layer by layer, mostly */
        for (i = is_layer(l, l->last, f->diff_id) ? l->last : 0; i < l->count; i++)
            if (is_layer(l, i, f->diff_id))
                break;
        f->layer = i < l->count ? (int64_t)i : -1;
    }
    if (f->layer < 0 || (size_t)f->layer >= l->count)
        return;
    l->last = (size_t)f->layer;
    f->diff_id = l->diff_ids[f->layer];
    f->command = l->commands[f->layer];
}

/* A text that may stay as it is, or a copy without the secret that somebody let slip into it. */
static const char *clean(struct scan_owner *o, const char *text)
{
    struct secret_hit hit;
    size_t next, len = text != NULL ? strlen(text) : 0;

    if (len == 0 || !secret_find(img_bytes_of(text), 0, len, SECRET_ALL, &hit, &next))
        return text;
    IMG_AUTO(img_buf_done) struct img_buf masked = IMG_BUF(4 * len + 16);
    (void)secret_mask(img_bytes_of(text), &masked);
    return img_pool_buf(&o->pool, &masked);
}

static void clean_texts(struct scan_owner *o, struct img_finding *f)
{
    const char **texts[] = {&f->id,      &f->title, &f->purl, &f->package,
                            &f->version, &f->fixed, &f->path, &f->status};

    for (size_t i = 0; i < IMG_COUNT(texts); i++)
        *texts[i] = clean(o, *texts[i]);
}

static bool take(struct scan_owner *o, const struct img_scan *from, struct layers *l, size_t *input,
                 struct img_err *err)
{
    for (size_t i = 0; i < from->input_count; i++)
        o->scan.inputs[(*input)++] = from->inputs[i];
    for (size_t i = 0; i < from->count; i++) {
        struct img_finding *f = scan_add(o, from->findings[i].kind, err);

        if (f == NULL)
            return false;
        *f = from->findings[i];
        clean_texts(o, f);
        attribute(l, f);
    }
    return true;
}

bool img_scan_merge(struct img_scan *const *scans, size_t count, const struct img_image *image,
                    struct img_scan **out, struct img_err *err)
{
    IMG_AUTO(scan_owner_freep) struct scan_owner *o = NULL;
    size_t inputs = 0, input = 0;
    struct layers l = {0};

    for (size_t i = 0; i < count; i++)
        inputs += scans[i]->input_count;
    if (!scan_owner_new(&o, err) || !scan_inputs(o, inputs, err) ||
        !prepare_layers(o, image, &l, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!take(o, scans[i], &l, &input, err))
            return false;
    unite(o);
    if (!img_pool_check(&o->pool, err))
        return false;
    *out = &((struct scan_owner *)IMG_STEAL(&o))->scan;
    return true;
}
