/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

/*
 * A stream of bytes to be pulled: a blob from a store, or the inflated form of one.
 *
 * `read` fills up to cap bytes and sets *got; *got == 0 is the end. A blob's reader has then
 * compared size and digest with its descriptor: a read that returns false at the end
 * (IMG_E_REJECTED digest-mismatch or size-mismatch) means that nothing read before may be believed.
 * Reading stops as soon as more bytes arrive than the descriptor says.
 *
 * Threads: one reader belongs to one thread at a time.
 */
struct img_reader {
    bool (*read)(struct img_reader *r, uint8_t *to, size_t cap, size_t *got, struct img_err *err);
    void (*free)(struct img_reader *r);
    /* May be NULL. True when what reads to the end has this descriptor's size and digest. */
    bool (*vouches)(const struct img_reader *r, const struct img_descriptor *want);
};
IMG_NODISCARD bool img_reader_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                                   struct img_err *err);
void img_reader_free(struct img_reader *r);
IMG_DEFINE_FREEP(struct img_reader, img_reader_free);

/* Wraps a raw stream so that it is counted and hashed, and refused at the end unless it has the
 * descriptor's size and digest. Takes ownership of raw on success. */
IMG_NODISCARD bool img_reader_verified(struct img_reader *raw, const struct img_descriptor *want,
                                       struct img_reader **out, struct img_err *err);
/* True when r is such a wrapping for this descriptor and has not been read from: whoever reads it
 * to its end need not hash again. */
bool img_reader_is_verified(const struct img_reader *r, const struct img_descriptor *want);
/* Reads bytes at hand (borrowed); for tests and small documents. */
IMG_NODISCARD bool img_reader_of_bytes(struct img_bytes data, struct img_reader **out,
                                       struct img_err *err);
/* Reads an open file; takes ownership of fd on success. */
IMG_NODISCARD bool img_reader_of_fd(int fd, struct img_reader **out, struct img_err *err);
/* Reads everything that is left. */
IMG_NODISCARD bool img_reader_all(struct img_reader *r, struct img_buf *out, struct img_err *err);
