/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/reader.h"

/*
 * Reads ahead: one thread pulls from a reader while another works on what it gave, a few large
 * blocks apart. On a machine with one core, or where no thread is to be had, the same without one.
 *
 * Units:     IMG_AHEAD_BLOCK bytes a block, IMG_AHEAD_BLOCKS of them: what one stream keeps
 * resident. Ownership: the source is borrowed, and belongs to the reading thread from new to free.
 * Errors:    the source's own, given once everything read before has been taken.
 * Threads:   next and free belong to one thread; starts at most one of its own and joins it.
 */
#define IMG_AHEAD_BLOCK  ((size_t)512 * 1024)
#define IMG_AHEAD_BLOCKS ((size_t)4)

struct img_ahead;
IMG_NODISCARD bool img_ahead_new(struct img_reader *source, struct img_ahead **out,
                                 struct img_err *err);
/* The next block; valid until the next call. len 0 is the end. */
IMG_NODISCARD bool img_ahead_next(struct img_ahead *a, struct img_bytes *out, struct img_err *err);
/* Waits for the read under way, if any, and stops. The source may be used again. */
void img_ahead_free(struct img_ahead *a);
IMG_DEFINE_FREEP(struct img_ahead, img_ahead_free);

/* The same as a reader, for a stage that pulls bytes and not blocks. The source is borrowed. */
IMG_NODISCARD bool img_ahead_reader(struct img_reader *source, struct img_reader **out,
                                    struct img_err *err);
