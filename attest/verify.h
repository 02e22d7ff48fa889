/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/evidence.h"
#include "attest/statement.h"

/*
 * Who may speak, and what was established about evidence. The only door from bytes to belief.
 *
 * An img_verified exists only when: the envelope parsed, it carries an in-toto statement, exactly
 * one signature verified with a key of at least one authority, that key is trusted at `now`, and
 * the statement is about the digest asked for. It is opaque, so nothing else can make one, and
 * policy rules accept nothing else.
 *
 * Order of checks: size → format → envelope → payload type → key → signature → statement → subject.
 * Source: sigstore-go's verification order, for keys; design.md section 4 for authorities.
 */

/* One key of an authority. Trusted from `from` up to, not including, `until` (IMG_TIME_NONE: open).
 * Without a witnessed time the moment that counts is `now`. */
struct img_trusted_key {
    const struct img_key *key;
    int64_t from, until;
    bool revoked;
};
struct img_authority {
    const char *name;
    const struct img_trusted_key *keys;
    size_t key_count;
};

/* What evidence is held against. */
struct img_trust {
    const struct img_authority *authorities;
    size_t count;
    int64_t now;
};

struct img_verified;

/* True: *out is what was established. False, for evidence that counts as absent: IMG_E_REJECTED
 * (untrusted-key, bad-signature, key-retired, key-revoked, subject-mismatch), IMG_E_MALFORMED
 * (malformed-evidence, wrong-payload-type, signature-count), IMG_E_UNSUPPORTED
 * (unsupported-evidence); IMG_E_MEMORY and IMG_E_INTERNAL are ours. `manifest` is the bytes that
 * hash to `subject`. untrusted-key names the fingerprints trusted and, as a hint, the one found. */
IMG_NODISCARD bool img_verify_evidence(const struct img_evidence *e, const struct img_trust *trust,
                                       const struct img_digest *subject, struct img_bytes manifest,
                                       struct img_verified **out, struct img_err *err);
void img_verified_free(struct img_verified *v);
IMG_DEFINE_FREEP(struct img_verified, img_verified_free);

const struct img_statement *img_verified_statement(const struct img_verified *v);
/* The signed bytes, exactly. */
struct img_bytes img_verified_payload(const struct img_verified *v);
/* The repository name that was signed, or NULL. */
const char *img_verified_name(const struct img_verified *v);
const struct img_digest *img_verified_subject(const struct img_verified *v);
/* SHA-256 of the signing key's SPKI: the identity that `distinct` counts. */
const struct img_digest *img_verified_signer(const struct img_verified *v);
/* True when authority number i of the trust is one that this key belongs to. */
bool img_verified_by(const struct img_verified *v, size_t authority);
/* Digest of the bundle, as records name it, and of the referrer manifest. */
const struct img_digest *img_verified_evidence(const struct img_verified *v);
const struct img_digest *img_verified_manifest(const struct img_verified *v);
/* Attested by a timestamp authority or log; IMG_TIME_NONE until those are read. */
int64_t img_verified_witnessed(const struct img_verified *v);
