/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/layer.h"
#include "oci/store.h"

/*
 * One platform's image opened for reading: manifest, configuration, layers, all under the digest
 * that was resolved; and the single pass over its layers that SBOM and checks share.
 *
 * Errors: IMG_E_MALFORMED when layers and diff_ids do not line up; IMG_E_NOT_FOUND for an index
 *         without any image, or without the platform asked for, naming those it has;
 *         IMG_E_UNSUPPORTED config-unknown for an artifact that is no container image.
 */
struct img_image {
    struct img_document manifest; /* of the platform */
    struct img_manifest parsed;
    struct img_config config;
    struct img_digest config_digest;
    struct img_digest index; /* of the index it was found in; hash NONE if none */
};

/* The platform manifests of a resolved document: itself when it is a manifest, the runnable entries
 * of an index (attestation entries passed over). An entry without platform, or one platform twice,
 * is IMG_E_REJECTED platform-ambiguous. *out: array of *count, free each with img_descriptor_done
 * and the array with free. */
IMG_NODISCARD bool img_image_platforms(const struct img_document *doc, struct img_descriptor **out,
                                       size_t *count, struct img_err *err);

/* The one of them that serves this platform. */
IMG_NODISCARD bool img_image_select(const struct img_descriptor *platforms, size_t count,
                                    const struct img_platform *want, size_t *out,
                                    struct img_err *err);
/* What this machine runs: linux and its architecture. */
void img_image_native_platform(struct img_platform *out);

/* Opens what a descriptor from img_image_platforms names. */
IMG_NODISCARD bool img_image_open(struct img_store *s, const struct img_descriptor *manifest,
                                  struct img_image *out, struct img_err *err);
/* The same; where the resolved document is that manifest itself, it is not fetched again. */
IMG_NODISCARD bool img_image_open_from(struct img_store *s, const struct img_document *doc,
                                       const struct img_descriptor *manifest, struct img_image *out,
                                       struct img_err *err);
void img_image_done(struct img_image *i);

/* Something that wants to see layers. open() is called for each layer, in any order and from
 * several threads; it gives that layer's own visitor. */
struct img_layer_client {
    void *ctx;
    bool (*open)(void *ctx, size_t layer, struct img_visitor *out, struct img_err *err);
};
/* Streams every layer once, several at a time and the largest first, each verified to its end.
 * Layers with the same digest are read once per occurrence. What clients were told may be believed
 * only once this has returned true. */
IMG_NODISCARD bool img_image_walk(struct img_store *s, const struct img_image *image,
                                  const struct img_layer_client *clients, size_t count,
                                  struct img_progress *progress, struct img_err *err);
