/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/sbom/sbom.h"
#include "base/json_out.h"

/*
 * What both SBOM formats need: names, identifiers and times that follow from the content alone.
 */
#define IMG_TOOL "imgtrust"

/* "sha256:…" of a layer as stored and as unpacked. */
struct img_layer_names {
    char digest[IMG_DIGEST_TEXT], diff_id[IMG_DIGEST_TEXT];
};
void img_layer_names(const struct img_image *image, size_t layer, struct img_layer_names *out);

/* An identifier of UUID form from the SHA-256 of a document's other bytes: version 8, because it is
 * made in no standard way (RFC 9562 section 5.8). 36 digits and NUL. */
IMG_NODISCARD bool img_document_uuid(struct img_bytes content, char out[static 37],
                                     struct img_err *err);
/* The first 16 hex digits of the SHA-256 of two texts, and NUL. */
IMG_NODISCARD bool img_document_id(const char *a, const char *b, char out[static 17],
                                   struct img_err *err);

/* "pkg:oci/app@sha256:…?arch=amd64&repository_url=registry.example.com%2Fapp" */
IMG_NODISCARD bool img_image_purl(const struct img_image *image,
                                  const struct img_sbom_subject *subject, struct img_buf *out,
                                  struct img_err *err);
/* True for http and https URLs of RFC 3986 characters: other text in a URL's place breaks readers.
 */
bool img_document_is_url(const char *text);
/* "Name <mail>" into its parts; false when it is not of that form. */
bool img_document_person(const char *text, struct img_bytes *name, struct img_bytes *mail);
