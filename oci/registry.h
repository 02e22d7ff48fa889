/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "oci/http.h"
#include "oci/store.h"

/*
 * What the parts of the registry back end share: oci/registry.c opens and reads documents and
 * blobs, oci/registry_ask.c sends requests and reads refusals, oci/registry_list.c lists referrers,
 * oci/registry_push.c uploads, oci/registry_attach.c keeps lists of referrers.
 *
 * A repository's requests go to one host. Its credentials go there and nowhere else: only after
 * that host has asked for them, and only over TLS or to loopback.
 *
 * Source: OCI distribution-spec v1.1.
 */
struct img_registry {
    struct img_store base;
    struct img_http *http;
    char *host;              /* as in the reference, for messages */
    char *api;               /* "https://host/v2/repository" */
    char *authorization;     /* "Basic …", or NULL: no credentials */
    pthread_mutex_t lock;    /* for send_authorization */
    bool send_authorization; /* the host has asked for Basic credentials */
    bool no_referrers_api;   /* it has been seen that there is none */
};

#define IMG_ACCEPT_MANIFEST                                                                        \
    "Accept: " IMG_TYPE_OCI_MANIFEST ", " IMG_TYPE_OCI_INDEX ", " IMG_TYPE_DOCKER_MANIFEST         \
    ", " IMG_TYPE_DOCKER_LIST ", application/vnd.docker.distribution.manifest.v1+prettyjws"        \
    ", application/vnd.docker.distribution.manifest.v1+json"                                       \
    ", application/vnd.oci.artifact.manifest.v1+json"
#define IMG_ACCEPT_INDEX "Accept: " IMG_TYPE_OCI_INDEX

/* Sends requests side by side, again with credentials where the host asks for them. */
IMG_NODISCARD bool img_registry_ask(struct img_registry *r, struct img_http_request *requests,
                                    struct img_http_reply *replies, size_t count,
                                    struct img_err *err);
IMG_NODISCARD bool img_registry_ask_one(struct img_registry *r, struct img_http_request *request,
                                        struct img_http_reply *reply, struct img_err *err);
/* The same for a body that is pulled. */
IMG_NODISCARD bool img_registry_open_body(struct img_registry *r, struct img_http_request *request,
                                          struct img_http_reply *reply, struct img_reader **out,
                                          struct img_err *err);

/* Raises what a reply that is not what was hoped for means. Always false. */
IMG_NODISCARD bool img_registry_refusal(const struct img_registry *r,
                                        const struct img_http_reply *reply, struct img_err *err);
/* 404, or what some registries say instead. */
bool img_registry_is_absent(const struct img_http_reply *reply);
/* errors[0].code of an error body, or "". */
void img_registry_error_code(const struct img_http_reply *reply, char *out, size_t size);
/* The digest the registry says a reply or an upload has must be the one it has. */
IMG_NODISCARD bool img_registry_check_digest(const struct img_http_reply *reply,
                                             struct img_bytes bytes, struct img_err *err);

/* Lists of referrers: two requests to be sent with others, and the reading of their replies. */
struct img_registry_listing {
    char *urls[2]; /* referrers API (NULL: known not to be there), fallback tag */
    struct img_http_request requests[2];
    size_t count;
};
IMG_NODISCARD bool img_registry_listing_init(const struct img_registry *r,
                                             const struct img_digest *subject,
                                             struct img_registry_listing *out, struct img_err *err);
IMG_NODISCARD bool img_registry_listing_read(struct img_registry *r,
                                             const struct img_registry_listing *listing,
                                             const struct img_http_reply *replies,
                                             struct img_referrers *out, struct img_err *err);
void img_registry_listing_done(struct img_registry_listing *l);
/* Whether there is a referrers API, and whether it lists this. */
IMG_NODISCARD bool img_registry_api_lists(struct img_registry *r, const struct img_digest *subject,
                                          const struct img_digest *wanted, bool *available,
                                          bool *listed, struct img_err *err);

/* The operations. */
bool img_registry_referrers(struct img_store *s, const struct img_digest *subject,
                            struct img_referrers *out, struct img_err *err);
bool img_registry_has_blob(struct img_store *s, const struct img_descriptor *desc, bool *out,
                           struct img_err *err);
bool img_registry_put_blob(struct img_store *s, const struct img_descriptor *desc,
                           struct img_reader *from, struct img_err *err);
bool img_registry_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                               struct img_bytes bytes, const char *tag, bool entry,
                               struct img_err *err);
bool img_registry_attach(struct img_store *s, const struct img_descriptor *desc,
                         const struct img_digest *subject, struct img_bytes bytes,
                         struct img_err *err);
bool img_registry_attach_all(struct img_store *store, const struct img_digest *subject,
                             const struct img_attached_manifest *items, size_t count,
                             struct img_err *err);
bool img_registry_detach(struct img_store *s, const struct img_digest *subject,
                         const struct img_digest *digests, size_t count, struct img_err *err);
/* Stores a manifest; *indexed: the registry says that it lists it as a referrer of subject (which
 * may be NULL). */
IMG_NODISCARD bool img_registry_send_manifest(struct img_registry *r, const char *name,
                                              const char *media_type, struct img_bytes bytes,
                                              const struct img_digest *subject, bool *indexed,
                                              struct img_err *err);
