/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/pool.h"
#include "oci/layer.h"

/*
 * The few paths of an image that decide which packages it has, layer by layer, and how they look
 * once the layers lie on top of each other.
 *
 * Layers are filled side by side, one thread each; after img_overlay_seal() the view from any
 * height can be asked. Whiteouts, opaque directories, replaced directories and symbolic links are
 * followed as a runtime applies them. Nothing else is remembered of a path that img_overlay_cares()
 * not about.
 *
 * Errors:  IMG_E_MEMORY; IMG_E_LIMIT past IMG_LIMIT_NODES paths.
 * Threads: each layer belongs to one thread until it is sealed.
 * Source:  OCI image-spec v1.1 layer.md, "Applying Changesets".
 */
struct img_node {
    const char *path;
    enum img_entry_type type;
    const char *link;    /* of a symbolic or hard link */
    const void *content; /* what the caller keeps of a file; NULL for none */
    size_t order;        /* position within its layer */
};

struct img_overlay_layer {
    struct img_node *nodes; /* sorted by path once sealed; removals come after what is there */
    size_t count, cap;
    struct img_pool pool;
};

struct img_overlay {
    struct img_overlay_layer *layers;
    size_t count;
};

IMG_NODISCARD bool img_overlay_init(struct img_overlay *o, size_t layers, struct img_err *err);
void img_overlay_done(struct img_overlay *o);

/* True for paths that may be, lead to, or remove a package database or os-release. */
bool img_overlay_cares(const struct img_entry *e);
/* Remembers an entry. content is borrowed. */
IMG_NODISCARD bool img_overlay_add(struct img_overlay_layer *l, const struct img_entry *e,
                                   const void *content, struct img_err *err);
/* After the last entry of the last layer: sorts, and puts entries whose parent directory is a
 * symbolic link by then where a runtime would have written them. */
IMG_NODISCARD bool img_overlay_seal(struct img_overlay *o, struct img_err *err);

/* The node at a path without links on its way, seen from layer `top` (0 the lowest) downwards; NULL
 * when nothing that we care about is there. *layer: where it was found. */
const struct img_node *img_overlay_look(const struct img_overlay *o, size_t top, const char *path,
                                        size_t *layer);
/* Follows symbolic links, also the last one, as far as we know them, into out (bytes of room); ""
 * for a loop or a name that is too long. */
void img_overlay_resolve(const struct img_overlay *o, size_t top, const char *path, char *out,
                         size_t room);
