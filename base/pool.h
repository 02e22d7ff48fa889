/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Memory that lives and dies together: what belongs to one document or one answer.
 *
 * Failure is sticky: the first allocation that fails makes the pool remember it, later ones fail
 * too, and img_pool_check() at the end tells. Text functions then give "", so that building an
 * answer needs no check at every word; nothing may be believed before the final check.
 *
 * Ownership: everything handed out is freed by img_pool_done(). Declare as `struct img_pool p =
 * {0}`.
 */
struct img_pool_block;
struct img_pool {
    struct img_pool_block *blocks;
    bool failed;
};

/* Zeroed memory for count items, aligned for any type; NULL on failure. count 0 is one byte. */
void *img_pool_alloc(struct img_pool *p, size_t count, size_t size);
const char *img_pool_str(struct img_pool *p, const char *text);
const char *img_pool_strf(struct img_pool *p, const char *fmt, ...) IMG_PRINTF(2, 3);
/* A buffer's content as text; NULs inside end it. */
const char *img_pool_buf(struct img_pool *p, const struct img_buf *b);
/* IMG_E_MEMORY when any allocation failed. */
IMG_NODISCARD bool img_pool_check(const struct img_pool *p, struct img_err *err);
void img_pool_done(struct img_pool *p);
