/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/image.h"
#include "cmd/verify.h"

/* What is gathered about one image before it is decided on. Private to imgverify. */
struct gather {
    const struct verify_options *o;
    struct img_store *store;
    const struct img_authority *authorities;
    size_t authority_count;
    struct img_ignored *ignored;
    size_t ignored_count;
    int incomplete; /* exit status of what could not be had; 0: all was */
    char why[300];  /* in words */
};

/* What was verified about one digest. */
struct heard {
    struct img_verified **items;
    size_t count;
};
void heard_done(struct heard *h);

/* One platform while it is being looked at. */
struct platform {
    struct img_descriptor desc;
    struct img_buf manifest; /* empty for a single image: its bytes are the document's */
    struct img_config config;
    bool has_config;
    struct heard heard;
};
struct platforms {
    struct platform *items;
    size_t count;
};
void platforms_done(struct platforms *p);
/* Takes over what the descriptors own on success; the array stays the caller's. */
IMG_NODISCARD bool platforms_take(struct img_descriptor *descs, size_t count, struct platforms *out,
                                  struct img_err *err);

/* Fetches what is attached to a digest, and holds each piece against the authorities. */
IMG_NODISCARD bool gather_evidence(struct gather *g, const struct img_digest *subject,
                                   struct img_bytes manifest, const struct img_referrers *referrers,
                                   struct heard *out, struct img_err *err);
/* The manifests of an index's platforms, side by side; evidence about each of them. */
IMG_NODISCARD bool gather_manifests(struct gather *g, struct platforms *p, struct img_err *err);
IMG_NODISCARD bool gather_platforms(struct gather *g, struct platforms *p, struct img_err *err);
/* The configurations, side by side. One that cannot be read leaves its platform without.
 * document: the bytes of a single image's manifest. */
IMG_NODISCARD bool gather_configs(struct gather *g, struct platforms *p, struct img_bytes document,
                                  struct img_err *err);
/* Reads every blob of every platform. Content that does not match is a fact, not an error. `text`
 * is where the fact's words may stand. */
IMG_NODISCARD bool gather_blobs(struct gather *g, const struct platforms *p,
                                struct img_bytes document, struct img_blobs_fact *fact,
                                char text[static 400], struct img_err *err);
/* True for failures that are neither the input's nor the world's: memory, a bug. */
bool gather_is_ours(const struct img_err *err);
