/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "base/json_out.h"
#include "crypto/sign.h"

/*
 * A DSSE envelope: payload, its type, and signatures over both.
 *
 * Ownership: owns its buffers; img_dsse_done().
 * Errors:    IMG_E_MALFORMED with the place.
 * Source:    DSSE v1.0 envelope.md and protocol.md; base64 in either alphabet.
 */
#define IMG_DSSE_SIGNATURES 32 /* read at most; a Sigstore bundle has exactly one */

struct img_dsse_signature {
    char *keyid; /* unauthenticated hint; NULL when absent or empty */
    struct img_buf sig;
};
struct img_dsse {
    char *payload_type;
    struct img_buf payload;
    struct img_dsse_signature signatures[IMG_DSSE_SIGNATURES];
    size_t count;
};
/* Reads the envelope object at a cursor: {"payload","payloadType","signatures":[{"sig","keyid"}]}.
 */
IMG_NODISCARD bool img_dsse_read(const struct img_json *at, struct img_dsse *out,
                                 struct img_err *err);
void img_dsse_done(struct img_dsse *d);

/* Pre-authentication encoding: what is signed. Appended to out. */
void img_dsse_pae(const char *payload_type, struct img_bytes payload, struct img_buf *out);

/* Signs payload and appends the signature. */
IMG_NODISCARD bool img_dsse_sign(struct img_signer *signer, const char *payload_type,
                                 struct img_bytes payload, struct img_buf *sig,
                                 struct img_err *err);
