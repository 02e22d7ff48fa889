/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/dsse.h"

/*
 * A Sigstore bundle around one DSSE envelope, signed with a key that the verifier already has.
 *
 * Read: versions 0.1 to 0.3 with verificationMaterial.publicKey. Certificates and message
 * signatures are recognised and IMG_E_UNSUPPORTED (unsupported-evidence), so that such evidence
 * counts as absent. Log entries and timestamps beside a key are allowed, bounded and not used: the
 * signature is as good without them, and no time is ever taken from what was not verified.
 * Unknown members are malformed, as sigstore-go has it.
 *
 * Errors: IMG_E_MALFORMED with the place (signature-count unless there is exactly one signature),
 *         IMG_E_LIMIT, IMG_E_UNSUPPORTED.
 * Source: sigstore protobuf-specs, bundle v0.3; protobuf JSON mapping (camelCase and snake_case
 *         names, base64 in both alphabets).
 */
struct img_bundle {
    int version;    /* 1, 2 or 3, after "0." */
    char *key_hint; /* base64 of SHA-256 of the SPKI, as cosign writes it; a hint, no proof */
    struct img_dsse envelope;
};
IMG_NODISCARD bool img_bundle_read(struct img_bytes text, struct img_bundle *out,
                                   struct img_err *err);
/* The same, whatever vouches for the signature: certificates are let pass, with key_hint NULL. For
 * storing and showing bundles; nothing may be believed because of it. */
IMG_NODISCARD bool img_bundle_read_unverifiable(struct img_bytes text, struct img_bundle *out,
                                                struct img_err *err);
void img_bundle_done(struct img_bundle *b);

/* Writes a v0.3 bundle: publicKey hint, DSSE envelope with one signature. */
IMG_NODISCARD bool img_bundle_write(const struct img_key *key, const char *payload_type,
                                    struct img_bytes payload, struct img_bytes sig,
                                    struct img_buf *out, struct img_err *err);
/* The hint for a key: base64 of its fingerprint. */
IMG_NODISCARD bool img_bundle_hint(const struct img_key *key, struct img_buf *out,
                                   struct img_err *err);
