/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * A content digest such as "sha256:6c3c…": an algorithm, and the bytes content must hash to.
 *
 * Units:     lengths and limits count bytes, never hex digits.
 * Ownership: struct img_digest is a plain value; copy it freely, there is nothing to free.
 * Errors:    IMG_E_MALFORMED    text that is not a digest
 *            IMG_E_UNSUPPORTED  an algorithm we do not implement (the text may still be legal OCI)
 *            IMG_E_REJECTED     content that is not what its digest says (digest-mismatch)
 * Threads:   no shared state.
 * Source:    OCI image-spec v1.1, descriptor.md, "Digests" and "Verification".
 */

/* Zero is no algorithm, so a digest nobody filled in matches nothing. */
enum img_hash { IMG_HASH_NONE, IMG_SHA256, IMG_SHA384, IMG_SHA512 };

#define IMG_DIGEST_MAX ((size_t)64) /* bytes, SHA-512 */
#define IMG_DIGEST_TEXT                                                                            \
    (sizeof("sha512:") + 2 * IMG_DIGEST_MAX) /* bytes of the text and its NUL                      \
                                              */

struct img_digest {
    enum img_hash hash;
    size_t len;
    uint8_t bytes[IMG_DIGEST_MAX];
};

/* Parses "<algorithm>:<hex>". Upper-case hex is malformed, as the specification demands. */
IMG_NODISCARD bool img_digest_parse(const char *text, struct img_digest *out, struct img_err *err);
/* Writes "sha256:…"; "" for a digest that is unset. */
void img_digest_text(const struct img_digest *d, char out[static IMG_DIGEST_TEXT]);
/* Writes only the hex. */
void img_digest_hex(const struct img_digest *d, char out[static IMG_DIGEST_TEXT]);
const char *img_hash_name(enum img_hash hash);

/* True when both are set and the same. */
bool img_digest_equal(const struct img_digest *a, const struct img_digest *b);

/* The digest of bytes at hand. */
IMG_NODISCARD bool img_digest_of(enum img_hash hash, struct img_bytes data, struct img_digest *out,
                                 struct img_err *err);
/* IMG_E_REJECTED digest-mismatch unless data hashes to want. An unset want matches nothing. */
IMG_NODISCARD bool img_digest_check(const struct img_digest *want, struct img_bytes data,
                                    struct img_err *err);

/* The same for a digest that was computed as bytes went by. */
IMG_NODISCARD bool img_digest_require(const struct img_digest *want, const struct img_digest *got,
                                      struct img_err *err);

/* Hashing as bytes go by. Create, update any number of times, finish once. */
struct img_hasher;
IMG_NODISCARD bool img_hasher_new(enum img_hash hash, struct img_hasher **out, struct img_err *err);
IMG_NODISCARD bool img_hasher_update(struct img_hasher *h, struct img_bytes data,
                                     struct img_err *err);
IMG_NODISCARD bool img_hasher_finish(struct img_hasher *h, struct img_digest *out,
                                     struct img_err *err);
void img_hasher_free(struct img_hasher *h);
IMG_DEFINE_FREEP(struct img_hasher, img_hasher_free);
