/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "crypto/key.h"

/*
 * Signing bytes and checking signatures, with the hash that belongs to the key: P-256/SHA-256,
 * P-384/SHA-384, P-521/SHA-512, RSA PKCS#1 v1.5/SHA-256, Ed25519 pure. ECDSA signatures are DER.
 *
 * Source: FIPS 186-5, RFC 8032, RFC 8017; the choice of hashes is Sigstore's (specs of
 *         sigstore-go's signature algorithm defaults).
 */

/* Appends the signature over message. */
IMG_NODISCARD bool img_sign(const struct img_key *key, struct img_bytes message,
                            struct img_buf *out, struct img_err *err);

/*
 * True when signature is key's over message. Strict DER, 0 < r,s < n, no trailing bytes.
 * Because writers differ, P-384 and P-521 are tried with SHA-256 after their own hash, and Ed25519
 * as Ed25519ph after pure. False: IMG_E_REJECTED, bad-signature.
 */
IMG_NODISCARD bool img_verify(const struct img_key *key, struct img_bytes message,
                              struct img_bytes signature, struct img_err *err);

/*
 * What can sign: a file key here; hardware, KMS and keyless signers implement the same table.
 * `sign` appends a signature over message; `public_key` is borrowed from the signer.
 */
struct img_signer {
    const struct img_signer_ops *ops;
};
struct img_signer_ops {
    bool (*sign)(struct img_signer *s, struct img_bytes message, struct img_buf *out,
                 struct img_err *err);
    const struct img_key *(*public_key)(const struct img_signer *s);
    void (*free)(struct img_signer *s);
};

/* Takes ownership of key on success. IMG_E_USAGE when it is only a public key. */
IMG_NODISCARD bool img_signer_from_key(struct img_key *key, struct img_signer **out,
                                       struct img_err *err);
IMG_NODISCARD bool img_signer_sign(struct img_signer *s, struct img_bytes message,
                                   struct img_buf *out, struct img_err *err);
const struct img_key *img_signer_public_key(const struct img_signer *s);
void img_signer_free(struct img_signer *s);
IMG_DEFINE_FREEP(struct img_signer, img_signer_free);
