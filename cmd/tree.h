/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/evidence.h"
#include "attest/statement.h"

/*
 * An image and what is attached to it, as found. Every manifest has the digest it is listed under;
 * beyond that nothing here was verified, and nothing may be decided by it.
 *
 * Ownership: img_tree_done() frees all.
 */
struct img_tree_items {
    struct img_tree_item *items;
    size_t count;
    bool cut; /* there is more than the limits let be read */
};

struct img_tree_item {
    struct img_descriptor desc;
    char *unverified_type;   /* predicate type of a bundle's statement; NULL for other artifacts */
    char *unverified_signer; /* what the bundle says about its key; NULL where it says nothing */
    uint64_t size;           /* bytes of its content */
    int64_t stored;          /* its creation date annotation, or IMG_TIME_NONE */
    struct img_err err;      /* code IMG_OK unless it could not be read */
    struct img_tree_items attached;
};

struct img_tree_platform {
    struct img_descriptor desc;
    uint64_t size; /* bytes of its layers and configuration, compressed */
    size_t layers;
    struct img_err err; /* code IMG_OK unless its manifest could not be read */
    struct img_tree_items attached;
};

struct img_tree {
    struct img_document doc;
    bool is_index;
    struct img_tree_platform *platforms; /* of an index its entries, else the image itself */
    size_t count;
    struct img_tree_items attached;
};

IMG_NODISCARD bool img_tree_read(struct img_store *s, const struct img_reference *ref,
                                 struct img_tree *out, struct img_err *err);
void img_tree_done(struct img_tree *t);

/* Called with each statement attached to the image or to one of its platforms. */
typedef bool img_tree_statement(void *ctx, const struct img_statement *s, struct img_err *err);
IMG_NODISCARD bool img_tree_statements(struct img_store *s, const struct img_reference *ref,
                                       img_tree_statement *fn, void *ctx, struct img_err *err);

/* Renderings. utf8: box lines; otherwise ASCII. now: for ages. */
void img_tree_text(const struct img_tree *t, const char *name, bool utf8, int64_t now,
                   struct img_buf *out);
void img_tree_json(const struct img_tree *t, const char *name, struct img_buf *out);
