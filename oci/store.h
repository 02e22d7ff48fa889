/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "oci/cost.h"
#include "oci/manifest.h"
#include "oci/reader.h"
#include "oci/reference.h"

/*
 * Where images and what is attached to them are kept: a registry's repository, or a layout
 * directory. Everything above is written once, for all back ends.
 *
 * What comes out of a store by digest has been checked against that digest before the caller sees
 * it (documents), or is checked at its end (blobs, see oci/reader.h).
 *
 * Errors:  IMG_E_NOT_FOUND, IMG_E_DENIED, IMG_E_NETWORK, IMG_E_IO; IMG_E_REJECTED digest-mismatch,
 *          size-mismatch; IMG_E_UNSUPPORTED for what a back end cannot do.
 * Threads: img_store_open_blob() may be called from several threads at once, and the readers it
 *          gives are independent; everything else is one caller at a time.
 */
struct img_store;

struct img_store_options {
    bool write;                        /* may be created and changed */
    const char *ca_file;               /* PEM, in addition to the system's */
    const char *const *insecure_hosts; /* "host:port"; TLS unchecked, then http */
    size_t insecure_count;
    const char *user; /* Basic credentials for the hosts named on the command line */
    struct img_bytes password;
    int64_t timeout_ms;            /* for the whole run; 0: none (stalls still end it) */
    struct img_progress *progress; /* may be NULL */
};

/* A document as resolved: its descriptor, and its bytes as they hash. */
struct img_document {
    struct img_descriptor desc;
    struct img_buf bytes;
};
void img_document_done(struct img_document *d);

/* What refers to an image: descriptors as listed. The list is untrusted input. */
struct img_referrers {
    struct img_descriptor *items;
    size_t count;
    bool cut; /* IMG_LIMIT_REFERRERS was reached: there is more */
};
void img_referrers_done(struct img_referrers *r);

/* One of several things to get at once. */
struct img_want {
    struct img_descriptor desc; /* digest and size are checked; a manifest or index media type is
                                   asked of the manifests endpoint, all else of blobs. Borrowed:
                                   annotations are not used */
    struct img_buf bytes;       /* with its limit; filled on success */
    bool ok;
    struct img_err err; /* why not */
};

/* Opens the store that a reference lies in. A layout that does not exist is IMG_E_NOT_FOUND unless
 * options->write, which creates it on the first write. */
IMG_NODISCARD bool img_store_open(const struct img_reference *ref,
                                  const struct img_store_options *options, struct img_store **out,
                                  struct img_err *err);
void img_store_close(struct img_store *s);
IMG_DEFINE_FREEP(struct img_store, img_store_close);

/* Resolves a reference's tag or digest, once, to the bytes it names. With `referrers` not NULL also
 * lists what refers to it, in the same round trip where the digest is already known. */
IMG_NODISCARD bool img_store_resolve(struct img_store *s, const struct img_reference *ref,
                                     struct img_document *out, struct img_referrers *referrers,
                                     struct img_err *err);
IMG_NODISCARD bool img_store_referrers(struct img_store *s, const struct img_digest *subject,
                                       struct img_referrers *out, struct img_err *err);

/* Gets small things, side by side where the back end can. True when every request was carried out,
 * whatever each brought: look at ok. False only for what spoils all (deadline, memory). */
IMG_NODISCARD bool img_store_fetch(struct img_store *s, struct img_want *wants, size_t count,
                                   struct img_err *err);

IMG_NODISCARD bool img_store_open_blob(struct img_store *s, const struct img_descriptor *desc,
                                       struct img_reader **out, struct img_err *err);
IMG_NODISCARD bool img_store_has_blob(struct img_store *s, const struct img_descriptor *desc,
                                      bool *out, struct img_err *err);

/* Stores a blob. The bytes must have the descriptor's size and digest, else nothing is kept. */
IMG_NODISCARD bool img_store_put_blob(struct img_store *s, const struct img_descriptor *desc,
                                      struct img_reader *from, struct img_err *err);
/* Stores a manifest or index whose blobs and children are already there; tag may be NULL. In a
 * layout, `desc` becomes an index.json entry (its artifact type, platform and annotations
 * included) when it has a tag or `entry` is true; nested manifests of an index are not entries. */
IMG_NODISCARD bool img_store_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                                          struct img_bytes bytes, const char *tag, bool entry,
                                          struct img_err *err);

/* Stores a manifest that has a subject so that img_store_referrers() on the subject finds it from
 * now on: referrers API, fallback tag, or index.json. Concurrent writers lose nothing; unconfirmed
 * at the deadline is IMG_E_NETWORK attach-unconfirmed. */
IMG_NODISCARD bool img_store_attach(struct img_store *s, const struct img_descriptor *desc,
                                    const struct img_digest *subject, struct img_bytes bytes,
                                    struct img_err *err);
/* The same for several with one subject: where a list is kept, it is changed once for all. */
struct img_attached_manifest {
    struct img_descriptor desc;
    struct img_bytes bytes; /* borrowed, as the descriptor's annotations are */
};
IMG_NODISCARD bool img_store_attach_all(struct img_store *s, const struct img_digest *subject,
                                        const struct img_attached_manifest *items, size_t count,
                                        struct img_err *err);
/* Takes listed referrers of a subject away (`--replace`); those not there are passed over. */
IMG_NODISCARD bool img_store_detach(struct img_store *s, const struct img_digest *subject,
                                    const struct img_digest *digests, size_t count,
                                    struct img_err *err);
struct img_cost img_store_cost(const struct img_store *s);

/* For back ends only. */
struct img_store_ops {
    bool (*resolve)(struct img_store *, const struct img_reference *, struct img_document *,
                    struct img_referrers *, struct img_err *);
    bool (*referrers)(struct img_store *, const struct img_digest *, struct img_referrers *,
                      struct img_err *);
    bool (*fetch)(struct img_store *, struct img_want *, size_t, struct img_err *);
    bool (*open_blob)(struct img_store *, const struct img_descriptor *, struct img_reader **,
                      struct img_err *);
    bool (*has_blob)(struct img_store *, const struct img_descriptor *, bool *, struct img_err *);
    bool (*put_blob)(struct img_store *, const struct img_descriptor *, struct img_reader *,
                     struct img_err *);
    bool (*put_manifest)(struct img_store *, const struct img_descriptor *, struct img_bytes,
                         const char *, bool, struct img_err *);
    bool (*attach)(struct img_store *, const struct img_descriptor *, const struct img_digest *,
                   struct img_bytes, struct img_err *);
    bool (*detach)(struct img_store *, const struct img_digest *, const struct img_digest *, size_t,
                   struct img_err *);
    bool (*attach_all)(struct img_store *, const struct img_digest *,
                       const struct img_attached_manifest *, size_t,
                       struct img_err *); /* NULL: one by one */
    void (*close)(struct img_store *);
};
struct img_store {
    const struct img_store_ops *ops;
    struct img_cost cost;
};
/* oci/layout.c, oci/registry.c */
IMG_NODISCARD bool img_layout_open(const struct img_reference *ref,
                                   const struct img_store_options *options, struct img_store **out,
                                   struct img_err *err);
IMG_NODISCARD bool img_registry_open(const struct img_reference *ref,
                                     const struct img_store_options *options,
                                     struct img_store **out, struct img_err *err);
