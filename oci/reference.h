/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "crypto/digest.h"

/*
 * Where an image is.
 *
 *   registry.example.com/app:1.2, …@sha256:…, both     a registry; Docker's rules for short names
 *   oci:DIR, oci:DIR:TAG, oci:DIR@sha256:…             an OCI image layout directory
 *   oci-archive:FILE.tar[:TAG], docker-archive:…       recognised; not readable yet
 *
 * In the last two forms the path ends at the first ':', once a trailing digest is taken off.
 *
 * Ownership: owns its strings; img_reference_done(). Absent parts are NULL, digest.hash NONE.
 * Errors:    IMG_E_MALFORMED for text outside the grammar, IMG_E_UNSUPPORTED for a digest
 * algorithm. Nothing is asked of network or disk before a reference has parsed completely. Source:
 * distribution/reference grammar and normalisation; for layouts, containers-transports.
 */
enum img_where {
    IMG_AT_NONE,
    IMG_AT_REGISTRY,
    IMG_AT_LAYOUT,
    IMG_AT_ARCHIVE, /* oci-archive: */
    IMG_AT_DOCKER_ARCHIVE
};

struct img_reference {
    enum img_where where;
    char *host; /* registry: "docker.io", "localhost:5000"; as typed */
    char *path; /* registry: repository below the host, "library/ubuntu"; else file or directory */
    char *tag;  /* registry: "latest" unless a digest was given; layout: its ref.name, or NULL */
    struct img_digest digest;
    char *name; /* registry: "host/path", what policies match; NULL for layouts and archives */
};

IMG_NODISCARD bool img_reference_parse(const char *text, struct img_reference *out,
                                       struct img_err *err);
/* "name:tag@digest" with whatever of them there is; layouts with their "oci:" in front. */
IMG_NODISCARD bool img_reference_text(const struct img_reference *r, struct img_buf *out,
                                      struct img_err *err);
/* A bare "host/path", as `--as NAME` takes it: no tag, no digest; normalised. */
IMG_NODISCARD bool img_reference_name_parse(const char *text, char **out, struct img_err *err);
bool img_reference_is_loopback(const struct img_reference *r);
void img_reference_done(struct img_reference *r);
