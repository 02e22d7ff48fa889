/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/store.h"

/*
 * What the parts of the layout back end share: oci/layout.c opens and reads, oci/layout_index.c
 * looks things up in index.json, oci/layout_write.c creates layouts and stores blobs,
 * oci/layout_change.c changes index.json.
 *
 * The directory is opened once and everything is reached from that descriptor, so that a directory
 * renamed or replaced in the meantime changes nothing. File names are only ever made from digests
 * that have been parsed.
 *
 * Source: OCI image-spec v1.1, image-layout.md.
 */
struct img_layout {
    struct img_store base;
    char *path;                /* as given, for messages */
    int dir;                   /* -1 until a layout to be written has been created */
    int blobs[IMG_SHA512 + 1]; /* blobs/ALGORITHM, by img_hash; -1 where there is none */
    bool write;
    bool renamed;       /* blobs got names that have not been synced yet */
    int64_t timeout_ms; /* for the lock */
};

/* Opens blobs/ALGORITHM where it exists and has not been opened yet. */
IMG_NODISCARD bool img_layout_open_blobs(struct img_layout *l, enum img_hash hash,
                                         struct img_err *err);
/* IMG_E_UNSUPPORTED, IMG_E_MALFORMED unless oci-layout is there and of a version we know. */
IMG_NODISCARD bool img_layout_check_version(int dir, struct img_err *err);

/* Opens a blob: a regular file, no link. *size is its size. */
IMG_NODISCARD bool img_layout_open_file(const struct img_layout *l, const struct img_digest *digest,
                                        int *fd, int64_t *size, struct img_err *err);
/* Reads and checks a whole blob; size -1: whatever it has, within out's limit. */
IMG_NODISCARD bool img_layout_read_blob(struct img_layout *l, const struct img_digest *digest,
                                        int64_t size, struct img_buf *out, struct img_err *err);

/* Stores a document as a blob; the layout is created if need be. */
IMG_NODISCARD bool img_layout_put_document(struct img_layout *l, const struct img_descriptor *desc,
                                           struct img_bytes bytes, struct img_err *err);

/* index.json, parsed. */
struct img_layout_index {
    json_t *doc;
    json_t *entries; /* array, part of doc */
};
/* One that does not parse is read again for a second: other tools write it in place. */
IMG_NODISCARD bool img_layout_index_read(const struct img_layout *l, struct img_layout_index *out,
                                         struct img_err *err);
void img_layout_index_done(struct img_layout_index *index);
/* Entry i. *usable is false, and *out empty, for one whose digest algorithm we do not implement. */
IMG_NODISCARD bool img_layout_entry(const struct img_layout_index *index, size_t i,
                                    struct img_descriptor *out, bool *usable, struct img_err *err);

#define IMG_REF_NAME        "org.opencontainers.image.ref.name"
#define IMG_CONTAINERD_NAME "io.containerd.image.name"

/* True when a manifest is about this subject; what it says of itself goes into *entry. */
IMG_NODISCARD bool img_layout_refers(struct img_layout *l, const struct img_digest *subject,
                                     struct img_descriptor *entry, bool *refers,
                                     struct img_err *err);

/* distribution-spec, "Referrers Tag Schema": an entry named ALGORITHM-HEX lists the referrers. */
bool img_layout_is_fallback(const struct img_descriptor *entry, const struct img_digest *subject);

/* The operations. */
bool img_layout_resolve(struct img_store *s, const struct img_reference *ref,
                        struct img_document *out, struct img_referrers *referrers,
                        struct img_err *err);
bool img_layout_referrers(struct img_store *s, const struct img_digest *subject,
                          struct img_referrers *out, struct img_err *err);
bool img_layout_put_blob(struct img_store *s, const struct img_descriptor *desc,
                         struct img_reader *from, struct img_err *err);
bool img_layout_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                             struct img_bytes bytes, const char *tag, bool entry,
                             struct img_err *err);
bool img_layout_attach(struct img_store *s, const struct img_descriptor *desc,
                       const struct img_digest *subject, struct img_bytes bytes,
                       struct img_err *err);
bool img_layout_attach_all(struct img_store *s, const struct img_digest *subject,
                           const struct img_attached_manifest *items, size_t count,
                           struct img_err *err);
bool img_layout_detach(struct img_store *s, const struct img_digest *subject,
                       const struct img_digest *digests, size_t count, struct img_err *err);
