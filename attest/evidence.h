/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/bundle.h"
#include "oci/store.h"

/*
 * Evidence as found: what is attached to an image, fetched and checked against its digests, and
 * not verified. Nothing in here may decide anything; see attest/verify.h.
 *
 * Limits: `max_count` pieces, each at most `max_size` bytes, together IMG_LIMIT_EVIDENCE_TOTAL.
 *         Reached: `cut` is set and what was left out is listed under skipped.
 */
struct img_evidence {
    struct img_descriptor manifest; /* of the referrer */
    struct img_digest blob;         /* digest of the bundle: how evidence is named in records */
    struct img_buf unverified_bytes;
};
struct img_skipped { /* attached, but not usable as evidence, and why */
    struct img_digest digest;
    char artifact_type[IMG_MEDIA_TYPE];
    struct img_err err;
};
struct img_evidence_list {
    struct img_evidence *items;
    size_t count;
    struct img_skipped *skipped;
    size_t skipped_count;
    bool cut;
    bool failed; /* something attached could not be fetched (network, not found): undecided unless
                    the rest suffices */
};
struct img_evidence_limits {
    size_t max_count;  /* IMG_LIMIT_EVIDENCE */
    uint64_t max_size; /* IMG_LIMIT_EVIDENCE_SIZE, bytes */
};

/* Fetches the bundles among `referrers` of `subject`, all manifests side by side, then all blobs:
 * two round trips. Artifacts of other types are not evidence and not errors. */
IMG_NODISCARD bool img_evidence_collect(struct img_store *s, const struct img_digest *subject,
                                        const struct img_referrers *referrers,
                                        const struct img_evidence_limits *limits,
                                        struct img_evidence_list *out, struct img_err *err);
void img_evidence_list_done(struct img_evidence_list *l);
