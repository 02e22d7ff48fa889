/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/verify.h"

/*
 * Signs a statement and attaches it to an image as a Sigstore bundle: an OCI 1.1 referrer whose
 * manifest is written as cosign 3 writes it.
 *
 * Twice is once: where the same statement bytes by the same key are already attached and verify,
 * nothing is added. With `replace`, earlier statements of this predicate type by this key are taken
 * away once the new one is there.
 */
struct img_attachment {
    const char *predicate_type;
    const char *name;           /* subject name; NULL: left out */
    struct img_bytes predicate; /* JSON; {} for a signature */
    bool replace;
    int64_t now; /* for org.opencontainers.image.created */
};
struct img_attached {
    struct img_digest manifest, bundle;
    bool already; /* it was there before */
    size_t replaced;
};
/* Signs and attaches one statement. True: it is there, and can be found. */
IMG_NODISCARD bool img_attach(struct img_store *s, const struct img_document *image,
                              struct img_signer *signer, const struct img_attachment *what,
                              struct img_attached *out, struct img_err *err);

/* The same for several about one image: what is there is looked at once, and where a list is kept
 * it is changed once, with all of them. `replace` takes away only what was there before the call.
 */
struct img_attach_item {
    struct img_signer *signer; /* borrowed */
    struct img_attachment what;
    struct img_attached done; /* set on success */
};
/* True: all are there. False: none may be counted on; running again adds what is missing. */
IMG_NODISCARD bool img_attach_all(struct img_store *s, const struct img_document *image,
                                  struct img_attach_item *items, size_t count, struct img_err *err);

/* A ready-made file: a bundle is recognised and stored as one after it has been read and found to
 * be about the image; anything else needs an artifact type. */
struct img_file {
    struct img_bytes content;
    const char *artifact_type; /* NULL: it must be a bundle */
    const char *title;         /* NULL: none */
    int64_t now;               /* for org.opencontainers.image.created */
};
/* Attaches it as it is; nothing is signed. Twice is once. */
IMG_NODISCARD bool img_attach_file(struct img_store *s, const struct img_document *image,
                                   const struct img_file *file, struct img_attached *out,
                                   struct img_err *err);
