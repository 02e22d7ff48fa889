/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/store.h"

/*
 * Copies an image from one store to another: an index with all its platforms, the evidence attached
 * to it and to each platform manifest, and what is attached to that in turn. Blobs the target has
 * are skipped; the rest is streamed, never whole in memory. Contents first, index and tag last, so
 * that what is interrupted leaves nothing half-visible and can be run again.
 */
struct img_copied {
    uint64_t blobs, skipped, bytes, manifests, referrers;
    uint64_t missing;         /* listed as attached, but not there or about something else */
    struct img_digest digest; /* of the image, the same on both sides */
};
/* Without a tag in `target`, a layout keeps the source's tag; a source named by digest has none. */
IMG_NODISCARD bool img_copy(struct img_store *from, const struct img_reference *source,
                            struct img_store *to, const struct img_reference *target,
                            struct img_progress *progress, struct img_copied *out,
                            struct img_err *err);
