/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "attest/sbom/db.h"
#include "attest/sbom/facts.h"
#include "base/limits.h"
#include "base/text.h"

/*
 * The client of the layer walk: notes down, layer by layer, what img_facts need. Each layer's
 * visitor touches only its own layer; databases are handed over under the lock.
 */
struct layer {
    struct img_catalog *catalog;
    size_t index;
    /* the file being read */
    struct img_db_reader *reader;
    struct img_buf text; /* of an os-release */
    struct img_file *file;
};

struct img_catalog {
    struct img_facts *facts;
    struct layer *layers;
    size_t count;
};

void img_catalog_free(struct img_catalog *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->count && c->layers != NULL; i++) {
        img_db_reader_free(c->layers[i].reader);
        img_buf_done(&c->layers[i].text);
    }
    free(c->layers);
    img_facts_free(c->facts);
    free(c);
}

bool img_catalog_new(const struct img_image *image, struct img_catalog **out, struct img_err *err)
{
    IMG_AUTO(img_catalog_freep) struct img_catalog *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    c->count = image->parsed.count;
    c->layers = calloc(c->count + 1, sizeof(*c->layers));
    if (c->layers == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    for (size_t i = 0; i < c->count; i++)
        c->layers[i] =
            (struct layer){.catalog = c, .index = i, .text = IMG_BUF(IMG_LIMIT_OS_RELEASE)};
    if (!img_facts_new(c->count, &c->facts, err))
        return false;
    *out = IMG_STEAL(&c);
    return true;
}

static bool see_entry(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    struct layer *l = ctx;
    struct img_facts *f = l->catalog->facts;
    enum img_file_kind kind;

    if (e->odd)
        return img_facts_odd(f, l->index, e, err);
    if (!img_overlay_cares(e))
        return true;
    kind = e->type == IMG_ENTRY_FILE ? img_file_kind(e->path) : IMG_FILE_NONE;
    if (kind == IMG_FILE_NONE)
        return img_overlay_add(&f->overlay.layers[l->index], e, NULL, err);
    if (!img_facts_file(f, l->index, kind, e->path, &l->file, err) ||
        !img_overlay_add(&f->overlay.layers[l->index], e, l->file, err))
        return false;
    l->text.len = 0;
    l->text.failed = IMG_OK;
    *wants = true;
    return kind == IMG_FILE_OS_RELEASE ||
           img_db_reader_new(kind == IMG_FILE_DPKG          ? IMG_DB_DPKG
                             : kind == IMG_FILE_DPKG_SINGLE ? IMG_DB_DPKG_SINGLE
                                                            : IMG_DB_APK,
                             &l->reader, err);
}

static bool see_data(void *ctx, struct img_bytes chunk, struct img_err *err)
{
    struct layer *l = ctx;

    if (l->file->kind != IMG_FILE_OS_RELEASE)
        return img_db_feed(l->reader, chunk, err);
    img_buf_put(&l->text, chunk.ptr, chunk.len); /* overlong: remembered by the buffer */
    return true;
}

static bool see_end(void *ctx, struct img_err *err)
{
    struct layer *l = ctx;
    IMG_AUTO(img_db_freep) struct img_db *db = NULL;
    bool ok;

    if (l->file->kind == IMG_FILE_OS_RELEASE)
        return img_facts_os_release(l->catalog->facts, l->file, &l->text, err);
    ok = img_db_finish(l->reader, &db, err) && img_facts_db(l->catalog->facts, l->file, &db, err);
    img_db_reader_freep(&l->reader);
    return ok;
}

static bool open_layer(void *ctx, size_t layer, struct img_visitor *out, struct img_err *err)
{
    struct img_catalog *c = ctx;

    if (layer >= c->count)
        return img_fail(err, IMG_E_INTERNAL, "no layer %zu", layer);
    *out = (struct img_visitor){.ctx = &c->layers[layer],
                                .entry = see_entry,
                                .data = see_data,
                                .end = see_end};
    return true;
}

struct img_layer_client img_catalog_client(struct img_catalog *c)
{
    return (struct img_layer_client){.ctx = c, .open = open_layer};
}

bool img_catalog_finish(struct img_catalog *c, struct img_inventory **out, struct img_err *err)
{
    return img_facts_fold(c->facts, out, err);
}
