/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/descriptor.h"

/*
 * An image manifest, an image index, and an image configuration, read from bytes whose digest has
 * already been checked.
 *
 * Ownership: a document owns everything it points to; _done() frees it.
 * Errors:    IMG_E_MALFORMED with the place; IMG_E_LIMIT; IMG_E_UNSUPPORTED for schema 1.
 *            A document that is both index and manifest, or whose mediaType is not the one it was
 *            served or described as, is malformed (CVE-2021-41190).
 * Source:    OCI image-spec v1.1 manifest.md, image-index.md, config.md; Docker schema 2.
 */
struct img_manifest {
    bool is_index;
    char media_type[IMG_MEDIA_TYPE];
    char artifact_type[IMG_MEDIA_TYPE]; /* artifactType, else config.mediaType; "" for indexes */
    struct img_descriptor config;       /* manifests only */
    struct img_descriptor *items;       /* layers, or manifests of an index */
    size_t count;
    bool has_subject;
    struct img_descriptor subject;
    json_t *annotations; /* object, or NULL */
    json_t *doc;
};

/* media_type: what the descriptor or the server called it; NULL where nobody said. */
IMG_NODISCARD bool img_manifest_read(struct img_bytes text, const char *media_type,
                                     struct img_manifest *out, struct img_err *err);
void img_manifest_done(struct img_manifest *m);

/* An index entry that is BuildKit's attestation manifest: annotated so AND unknown/unknown. */
bool img_manifest_is_attestation_entry(const struct img_descriptor *entry);

struct img_history {
    const char *created_by; /* "" where not given */
    bool empty_layer;
};

struct img_config {
    struct img_platform platform;
    int64_t created;  /* seconds, or IMG_TIME_NONE */
    const char *user; /* "" where not given */
    struct img_digest *diff_ids;
    size_t layers;
    struct img_history *history;
    size_t history_count;
    json_t *doc; /* the whole document, for labels, environment, entry point */
};
IMG_NODISCARD bool img_config_read(struct img_bytes text, struct img_config *out,
                                   struct img_err *err);
/* The command that made this layer, or NULL when history and layers do not line up. */
const char *img_config_layer_command(const struct img_config *c, size_t layer);
void img_config_done(struct img_config *c);
