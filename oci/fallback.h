/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/store.h"

/*
 * Lists of referrers as registries keep them: what the referrers API answers, and the index under
 * the fallback tag that stands in for it. Pure: bytes in, bytes out.
 *
 * Reading is lenient about single entries, which are untrusted and counted as absent when broken;
 * the list as a whole must be an image index. Writing keeps every entry and every member, also
 * those not understood.
 *
 * Errors:  IMG_E_MALFORMED for what is no image index; IMG_E_LIMIT past IMG_LIMIT_MANIFEST.
 * Source:  OCI distribution-spec v1.1, "Listing Referrers", "Referrers Tag Schema".
 */
#define IMG_FALLBACK_TAG 100 /* bytes of a tag and its NUL: 32 + 1 + 64 */
/* "sha256-<hex>"; the encoded part is cut to 64 characters. */
void img_fallback_tag(const struct img_digest *subject, char out[static IMG_FALLBACK_TAG]);

/* Descriptors collected from several lists, each digest once, in order of appearance. */
struct img_collected {
    struct img_referrers list;
    size_t *order; /* indexes into the list, by digest */
    size_t cap;
    size_t looked; /* entries seen, repeated and broken ones included */
};
IMG_NODISCARD bool img_collect(struct img_bytes index, struct img_collected *io,
                               struct img_err *err);
void img_collected_done(struct img_collected *c);

/* The index with one more entry; `index` of length 0 is a list that does not exist yet. *changed is
 * false, and out empty, when the digest is listed already. */
IMG_NODISCARD bool img_fallback_add(struct img_bytes index, const struct img_descriptor *entry,
                                    struct img_buf *out, bool *changed, struct img_err *err);
/* The index without these; *changed is false, and out empty, when none of them is listed. */
IMG_NODISCARD bool img_fallback_remove(struct img_bytes index, const struct img_digest *digests,
                                       size_t count, struct img_buf *out, bool *changed,
                                       struct img_err *err);
