/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * cosign's sealed box around a private key: JSON that says how a password becomes a key (scrypt)
 * and how that key was used (NaCl secretbox).
 *
 * Errors: IMG_E_MALFORMED for JSON that is not such a box, IMG_E_UNSUPPORTED for other algorithms
 * or scrypt costs than the three that were ever written, IMG_E_DENIED for a wrong password. Source:
 * go-securesystemslib encrypted/encrypted.go; RFC 7914 (scrypt); NaCl, "crypto_secretbox".
 */
#define IMG_BOX_SALT  32 /* bytes */
#define IMG_BOX_NONCE 24
#define IMG_BOX_MAC   16

struct img_key_box {
    uint64_t n; /* scrypt's cost; r is 8 and p is 1 */
    uint8_t salt[IMG_BOX_SALT], nonce[IMG_BOX_NONCE];
    struct img_buf sealed;
};

IMG_NODISCARD bool img_key_box_parse(struct img_bytes json, struct img_key_box *out,
                                     struct img_err *err);
/* Appends what was sealed. Takes 64 to 128 MiB and about a fifth of a second. */
IMG_NODISCARD bool img_key_box_open(const struct img_key_box *box, struct img_bytes password,
                                    struct img_buf *out, struct img_err *err);
/* Appends the JSON of a new box around secret, with a fresh salt and nonce. */
IMG_NODISCARD bool img_key_box_seal(struct img_bytes secret, struct img_bytes password,
                                    struct img_buf *out, struct img_err *err);
void img_key_box_done(struct img_key_box *box);
