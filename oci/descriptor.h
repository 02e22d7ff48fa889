/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"
#include "base/json_out.h"
#include "crypto/digest.h"

/*
 * A descriptor: what a blob or manifest is, how large, and its digest.
 *
 * Units:     size in bytes, 0 … 2^53.
 * Ownership: a value; `annotations` is a counted reference that img_descriptor_done() drops.
 *            Copy with img_descriptor_copy().
 * Errors:    IMG_E_MALFORMED, with the place.
 * Source:    OCI image-spec v1.1, descriptor.md; media types: RFC 6838 section 4.2.
 */
#define IMG_MEDIA_TYPE 256 /* bytes and NUL; RFC 6838: 127 + "/" + 127 */

#define IMG_TYPE_OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define IMG_TYPE_OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define IMG_TYPE_OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define IMG_TYPE_OCI_EMPTY       "application/vnd.oci.empty.v1+json"
#define IMG_TYPE_OCI_LAYER       "application/vnd.oci.image.layer.v1.tar"
#define IMG_TYPE_DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define IMG_TYPE_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define IMG_TYPE_DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define IMG_TYPE_BUNDLE          "application/vnd.dev.sigstore.bundle.v0.3+json"

struct img_platform {
    char os[32], architecture[32], variant[32]; /* "" where not given */
};

struct img_descriptor {
    char media_type[IMG_MEDIA_TYPE];
    char artifact_type[IMG_MEDIA_TYPE]; /* "" where not given */
    struct img_digest digest;
    int64_t size;
    struct img_platform platform;
    bool has_platform;
    json_t *annotations; /* object of strings, or NULL */
};

IMG_NODISCARD bool img_descriptor_read(const struct img_json *at, struct img_descriptor *out,
                                       struct img_err *err);
void img_descriptor_write(struct img_json_out *j, const char *key, const struct img_descriptor *d);
void img_descriptor_copy(const struct img_descriptor *from, struct img_descriptor *to);
void img_descriptor_done(struct img_descriptor *d);
/* Frees an array of them. */
void img_descriptors_free(struct img_descriptor *items, size_t count);
/* The annotation's text, or NULL. */
const char *img_descriptor_annotation(const struct img_descriptor *d, const char *name);
/* RFC 6838, with parameters where they need no quotes; fits IMG_MEDIA_TYPE. */
bool img_media_type_is_valid(const char *text);
bool img_media_type_is_index(const char *media_type);
bool img_media_type_is_manifest(const char *media_type);

/* "linux/arm64/v8"; IMG_E_USAGE otherwise. */
IMG_NODISCARD bool img_platform_parse(const char *text, struct img_platform *out,
                                      struct img_err *err);
void img_platform_text(const struct img_platform *p, char out[static 100]);
/* True when `have` serves `want`: os and architecture equal; variant equal, or not asked for;
 * arm64 without a variant is v8. */
bool img_platform_serves(const struct img_platform *have, const struct img_platform *want);

/* For readers of OCI documents. */

/* IMG_E_MALFORMED when a member's name differs from one of these in case only: the tools that run
 * images take "Layers" for "layers", and would see another document than we do. */
IMG_NODISCARD bool img_json_no_twins(const struct img_json *at, const char *const *names,
                                     size_t count, struct img_err *err);
/* A media type, or "" where the member is absent or empty. */
IMG_NODISCARD bool img_json_media_type(const struct img_json *at, const char *key,
                                       char out[static IMG_MEDIA_TYPE], struct img_err *err);
/* The member "annotations": a counted reference, or NULL where absent or null. */
IMG_NODISCARD bool img_json_annotations(const struct img_json *at, json_t **out,
                                        struct img_err *err);
/* The members os, architecture and variant of `at`. */
IMG_NODISCARD bool img_platform_read(const struct img_json *at, struct img_platform *out,
                                     struct img_err *err);
