/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/image.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/limits.h"
#include "base/workers.h"

/* At most this many layers at once: each keeps a few MiB resident, and a zstd window beside. */
#define LAYERS_AT_ONCE ((size_t)8)

/* --- platforms -----------------------------------------------------------------------------------
 */

struct list {
    struct img_descriptor *items;
    size_t count;
};

static void list_done(struct list *l)
{
    img_descriptors_free(l->items, l->count);
}

/* Two entries that a runtime could choose between for one platform: which it takes is its affair,
 * so what we say about either would not hold for the image. */
static bool check_entry(const struct list *before, const struct img_descriptor *entry, size_t index,
                        struct img_err *err)
{
    char text[100];

    if (img_media_type_is_index(entry->media_type))
        return img_fail(err, IMG_E_UNSUPPORTED, "entry %zu is an index within an index", index);
    if (!entry->has_platform || entry->platform.os[0] == '\0' ||
        entry->platform.architecture[0] == '\0')
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_PLATFORM_AMBIGUOUS,
                          "entry %zu names no platform", index);
    img_platform_text(&entry->platform, text);
    for (size_t i = 0; i < before->count; i++)
        if (img_platform_serves(&before->items[i].platform, &entry->platform) &&
            img_platform_serves(&entry->platform, &before->items[i].platform))
            return img_refuse(err, IMG_E_REJECTED, IMG_WHY_PLATFORM_AMBIGUOUS, "%s is listed twice",
                              text);
    return true;
}

static bool list_index(const struct img_manifest *m, struct list *l, struct img_err *err)
{
    l->items = calloc(m->count + 1, sizeof(*l->items));
    if (l->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "platforms");
    for (size_t i = 0; i < m->count; i++) {
        if (img_manifest_is_attestation_entry(&m->items[i]))
            continue;
        if (!check_entry(l, &m->items[i], i, err))
            return img_ctx(err, "image index");
        img_descriptor_copy(&m->items[i], &l->items[l->count++]);
    }
    if (l->count == 0)
        return img_fail(err, IMG_E_NOT_FOUND, "image index lists no image");
    return true;
}

bool img_image_platforms(const struct img_document *doc, struct img_descriptor **out, size_t *count,
                         struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {0};
    IMG_AUTO(list_done) struct list l = {0};
    struct img_bytes text;

    if (!img_buf_bytes(&doc->bytes, &text, err) ||
        !img_manifest_read(text, doc->desc.media_type, &m, err))
        return false;
    if (m.is_index) {
        if (!list_index(&m, &l, err))
            return false;
    } else {
        l.items = calloc(1, sizeof(*l.items));
        if (l.items == NULL)
            return img_fail(err, IMG_E_MEMORY, "platforms");
        img_descriptor_copy(&doc->desc, &l.items[l.count++]);
    }
    *count = l.count;
    *out = IMG_STEAL(&l.items);
    l.count = 0;
    return true;
}

bool img_image_select(const struct img_descriptor *platforms, size_t count,
                      const struct img_platform *want, size_t *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf have = IMG_BUF(400);
    char text[100];

    /* a single manifest names its platform only in its configuration */
    if (count == 1 && !platforms[0].has_platform) {
        *out = 0;
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (img_platform_serves(&platforms[i].platform, want)) {
            *out = i;
            return true;
        }
        img_platform_text(&platforms[i].platform, text);
        if (have.len + strlen(text) + 3 < have.limit)
            img_buf_putf(&have, "%s%s", have.len > 0 ? ", " : "", text);
    }
    img_platform_text(want, text);
    return img_refuse(err, IMG_E_NOT_FOUND, IMG_WHY_PLATFORM_MISSING,
                      "no image for %s; there is %.*s", text, (int)have.len,
                      have.ptr != NULL ? (const char *)have.ptr : "");
}

void img_image_native_platform(struct img_platform *out)
{
    static const struct {
        const char *machine, *architecture;
    } names[] = {{"x86_64", "amd64"},
                 {"aarch64", "arm64"},
                 {"armv7l", "arm"},
                 {"i686", "386"},
                 {"ppc64le", "ppc64le"}};
    struct utsname u = {0};

    *out = (struct img_platform){.os = "linux"};
    (void)uname(&u);
    (void)snprintf(out->architecture, sizeof(out->architecture), "%.31s", u.machine);
    for (size_t i = 0; i < IMG_COUNT(names); i++)
        if (strcmp(u.machine, names[i].machine) == 0)
            (void)snprintf(out->architecture, sizeof(out->architecture), "%s",
                           names[i].architecture);
}

/* --- opening ---------------------------------------------------------------------------------- */

static void want_done(struct img_want *w)
{
    img_buf_done(&w->bytes);
}

/* One small document by its descriptor, checked against it. */
static bool fetch(struct img_store *s, const struct img_descriptor *desc, size_t limit,
                  struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(want_done) struct img_want w = {.desc = *desc, .bytes = IMG_BUF(limit)};

    w.desc.annotations = NULL; /* borrowed, and not needed */
    if (!img_store_fetch(s, &w, 1, err))
        return false;
    if (!w.ok) {
        *err = w.err;
        return false;
    }
    *out = w.bytes;
    w.bytes = IMG_BUF(limit);
    return true;
}

static bool is_image_config(const char *media_type)
{
    return strcmp(media_type, IMG_TYPE_OCI_CONFIG) == 0 ||
           strcmp(media_type, IMG_TYPE_DOCKER_CONFIG) == 0;
}

static bool read_config(struct img_store *s, struct img_image *image, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf config = IMG_BUF(IMG_LIMIT_CONFIG);
    const struct img_manifest *m = &image->parsed;
    struct img_bytes text;

    if (!is_image_config(m->config.media_type))
        return img_refuse(err, IMG_E_UNSUPPORTED, IMG_WHY_CONFIG_UNKNOWN,
                          "an artifact with configuration %s, not a container image",
                          m->config.media_type);
    if (!fetch(s, &m->config, IMG_LIMIT_CONFIG, &config, err) ||
        !img_buf_bytes(&config, &text, err) || !img_config_read(text, &image->config, err))
        return img_ctx(err, "configuration");
    image->config_digest = m->config.digest;
    if (image->config.layers != m->count)
        return img_fail(err, IMG_E_MALFORMED, "%zu layers, but %zu diff_ids in the configuration",
                        m->count, image->config.layers);
    return true;
}

/* Takes the manifest's bytes. */
static bool open_bytes(struct img_store *s, struct img_image *image, struct img_err *err)
{
    struct img_bytes text;

    if (!img_buf_bytes(&image->manifest.bytes, &text, err) ||
        !img_manifest_read(text, image->manifest.desc.media_type, &image->parsed, err))
        return false;
    if (image->parsed.is_index)
        return img_fail(err, IMG_E_MALFORMED, "an index where a manifest should be");
    return read_config(s, image, err);
}

bool img_image_open(struct img_store *s, const struct img_descriptor *manifest,
                    struct img_image *out, struct img_err *err)
{
    IMG_AUTO(img_image_done)
    struct img_image image = {.manifest.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};

    img_descriptor_copy(manifest, &image.manifest.desc);
    if (!fetch(s, manifest, IMG_LIMIT_MANIFEST, &image.manifest.bytes, err) ||
        !open_bytes(s, &image, err))
        return img_ctx(err, "image");
    *out = image;
    image = (struct img_image){.manifest.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    return true;
}

bool img_image_open_from(struct img_store *s, const struct img_document *doc,
                         const struct img_descriptor *manifest, struct img_image *out,
                         struct img_err *err)
{
    IMG_AUTO(img_image_done)
    struct img_image image = {.manifest.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    struct img_bytes text;

    if (!img_digest_equal(&doc->desc.digest, &manifest->digest)) {
        if (!img_image_open(s, manifest, &image, err))
            return false;
        image.index = doc->desc.digest;
    } else {
        if (!img_buf_bytes(&doc->bytes, &text, err))
            return false;
        img_descriptor_copy(manifest, &image.manifest.desc);
        img_buf_put(&image.manifest.bytes, text.ptr, text.len);
        if (!open_bytes(s, &image, err))
            return img_ctx(err, "image");
    }
    *out = image;
    image = (struct img_image){.manifest.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    return true;
}

void img_image_done(struct img_image *i)
{
    img_document_done(&i->manifest);
    img_manifest_done(&i->parsed);
    img_config_done(&i->config);
}

/* --- walking ---------------------------------------------------------------------------------- */

struct walk {
    struct img_store *store;
    const struct img_image *image;
    const struct img_layer_client *clients;
    size_t count;
    struct img_progress *progress;
    uint64_t total;  /* compressed bytes of all layers */
    size_t *largest; /* layers by falling size: the longest piece of work must not begin last */
};

/* Counts compressed bytes for the progress line. */
struct counted {
    struct img_reader base;
    struct img_reader *blob;
    const struct walk *walk;
};

static bool counted_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                         struct img_err *err)
{
    struct counted *c = (struct counted *)r;

    if (!img_reader_read(c->blob, to, cap, got, err))
        return false;
    img_progress_add(c->walk->progress, "layers", *got, c->walk->total);
    return true;
}

static bool walk_layer(void *ctx, size_t piece, struct img_err *err)
{
    const struct walk *w = ctx;
    size_t layer = w->largest[piece];
    const struct img_descriptor *desc = &w->image->parsed.items[layer];
    IMG_AUTO(img_reader_freep) struct img_reader *blob = NULL;
    struct counted counted = {.base.read = counted_read, .walk = w};
    struct img_visitor visitors[IMG_VISITORS];
    struct img_layer_seen seen;

    for (size_t i = 0; i < w->count; i++)
        if (!w->clients[i].open(w->clients[i].ctx, layer, &visitors[i], err))
            return img_ctx(err, "layer %zu", layer + 1);
    if (!img_store_open_blob(w->store, desc, &blob, err))
        return img_ctx(err, "layer %zu", layer + 1);
    counted.blob = blob;
    if (!img_layer_walk(&counted.base, desc, &w->image->config.diff_ids[layer], visitors, w->count,
                        &seen, err))
        return img_ctx(err, "layer %zu", layer + 1);
    return true;
}

static void order_by_size(struct walk *w)
{
    const struct img_descriptor *layers = w->image->parsed.items;

    for (size_t i = 0; i < w->image->parsed.count; i++) {
        size_t at = i;

        w->total += (uint64_t)layers[i].size;
        for (; at > 0 && layers[w->largest[at - 1]].size < layers[i].size; at--)
            w->largest[at] = w->largest[at - 1];
        w->largest[at] = i;
    }
}

static void free_sizes(size_t **p)
{
    free(*p);
}

bool img_image_walk(struct img_store *s, const struct img_image *image,
                    const struct img_layer_client *clients, size_t count,
                    struct img_progress *progress, struct img_err *err)
{
    size_t cores = img_cpu_count();
    IMG_AUTO(free_sizes) size_t *largest = calloc(image->parsed.count + 1, sizeof(*largest));
    struct walk w = {.store = s,
                     .image = image,
                     .clients = clients,
                     .count = count,
                     .progress = progress,
                     .largest = largest};

    if (largest == NULL)
        return img_fail(err, IMG_E_MEMORY, "layers");
    if (count > IMG_VISITORS)
        return img_fail(err, IMG_E_INTERNAL, "more than %d clients", IMG_VISITORS);
    order_by_size(&w);
    return img_workers_run(image->parsed.count, cores < LAYERS_AT_ONCE ? cores : LAYERS_AT_ONCE,
                           walk_layer, &w, err);
}
