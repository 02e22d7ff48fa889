/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/types.h"
#include "base/json.h"
#include "base/json_out.h"
#include "crypto/digest.h"

/*
 * An in-toto statement: this predicate holds for these subjects.
 *
 * Ownership: owns the document; strings are views into it. img_statement_done().
 * Errors:    IMG_E_MALFORMED with the place: unknown _type, no subject, a subject without digest,
 *            duplicate keys, trailing bytes, unknown top-level members.
 * Source:    in-toto attestation spec v1 (Statement v1 and v0.1).
 */
struct img_statement {
    const char *predicate_type;
    struct img_json subjects; /* array */
    size_t subject_count;
    const json_t *predicate; /* object, or a string (cosign's old spdx), or NULL when left out */
    json_t *doc;
};
IMG_NODISCARD bool img_statement_read(struct img_bytes text, struct img_statement *out,
                                      struct img_err *err);
void img_statement_done(struct img_statement *s);

/* True when one subject is this digest: the algorithm is there with this value, and every other
 * algorithm of that subject that we can compute from `manifest` agrees with it too. `name` gets
 * that subject's name or NULL. False: IMG_E_REJECTED subject-mismatch naming what it is about. */
IMG_NODISCARD bool img_statement_is_about(const struct img_statement *s,
                                          const struct img_digest *digest,
                                          struct img_bytes manifest, const char **name,
                                          struct img_err *err);

/* Writes a v1 statement with one subject. name NULL: left out. predicate: JSON, spliced in. */
IMG_NODISCARD bool img_statement_write(const char *predicate_type, const char *name,
                                       const struct img_digest *subject, struct img_bytes predicate,
                                       struct img_buf *out, struct img_err *err);

/* Appends the predicate's text as it stands in the payload that s was read from: signed bytes are
 * never re-serialised. Appends nothing where there is no predicate. */
IMG_NODISCARD bool img_statement_predicate_text(struct img_bytes payload,
                                                const struct img_statement *s, struct img_buf *out,
                                                struct img_err *err);
