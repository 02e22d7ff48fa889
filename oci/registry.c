/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/limits.h"
#include "base/text.h"
#include "oci/headers.h"

static void finish_replies(struct img_http_reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        img_http_reply_done(&replies[i]);
}

/* --- documents -------------------------------------------------------------------------------- */

static struct img_http_request get_request(const char *url, const char *accept, size_t limit)
{
    return (struct img_http_request){.method = "GET",
                                     .url = url,
                                     .headers = {accept},
                                     .limit = limit,
                                     .follow = IMG_FOLLOW_ANY,
                                     .plain = true,
                                     .again = true};
}

/* What the bytes are: hashed first, then read, and only what all parties agree on. */
static bool read_document(struct img_http_reply *reply, const struct img_digest *wanted,
                          struct img_document *out, struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_document d = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    char type[IMG_MEDIA_TYPE];
    struct img_bytes bytes;

    if (!img_buf_bytes(&reply->body, &bytes, err))
        return false;
    if (wanted->hash != IMG_HASH_NONE) {
        if (!img_digest_check(wanted, bytes, err))
            return false;
        d.desc.digest = *wanted;
    } else if (!img_digest_of(IMG_SHA256, bytes, &d.desc.digest, err)) {
        return false;
    }
    if (!img_registry_check_digest(reply, bytes, err))
        return false;
    img_media_type_essence(img_http_header(reply, "Content-Type", 0), type, sizeof(type));
    if (strcmp(type, "text/html") == 0)
        return img_fail(err, IMG_E_MALFORMED,
                        "a web page, where a manifest was expected: is this "
                        "the registry's own address?");
    if (!img_manifest_read(bytes, type, &m, err))
        return false;
    memcpy(d.desc.media_type, m.media_type, sizeof(d.desc.media_type));
    d.desc.size = (int64_t)bytes.len;
    d.bytes = reply->body;
    reply->body = IMG_BUF(IMG_LIMIT_ERROR_BODY);
    *out = d;
    return true;
}

static bool take_document(const struct img_registry *r, struct img_http_reply *reply,
                          const struct img_digest *wanted, struct img_document *out,
                          struct img_err *err)
{
    if (!reply->ok || reply->status != 200)
        return img_registry_refusal(r, reply, err);
    return read_document(reply, wanted, out, err);
}

/* By digest: the manifest and both lists of referrers in one round trip. */
static bool resolve_digest(struct img_registry *r, const char *url, const struct img_digest *digest,
                           struct img_document *out, struct img_referrers *referrers,
                           struct img_err *err)
{
    IMG_AUTO(img_registry_listing_done) struct img_registry_listing listing = {.count = 0};
    struct img_http_request requests[3] = {
        get_request(url, IMG_ACCEPT_MANIFEST, IMG_LIMIT_MANIFEST)};
    struct img_http_reply replies[3] = {{.ok = false}, {.ok = false}, {.ok = false}};
    IMG_AUTO(img_document_done) struct img_document d = {.bytes = IMG_BUF(1)};
    bool ok;

    if (referrers != NULL && !img_registry_listing_init(r, digest, &listing, err))
        return false;
    for (size_t i = 0; i < listing.count; i++)
        requests[i + 1] = listing.requests[i];
    ok = img_registry_ask(r, requests, replies, listing.count + 1, err) &&
         take_document(r, &replies[0], digest, &d, err) &&
         (referrers == NULL || img_registry_listing_read(r, &listing, replies + 1, referrers, err));
    finish_replies(replies, IMG_COUNT(replies));
    if (!ok)
        return false;
    *out = d;
    d = (struct img_document){.bytes = IMG_BUF(1)};
    return true;
}

static bool resolve_tag(struct img_registry *r, const char *url, struct img_document *out,
                        struct img_referrers *referrers, struct img_err *err)
{
    static const struct img_digest none = {.hash = IMG_HASH_NONE};
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_document_done) struct img_document d = {.bytes = IMG_BUF(1)};
    struct img_http_request request = get_request(url, IMG_ACCEPT_MANIFEST, IMG_LIMIT_MANIFEST);

    if (!img_registry_ask(r, &request, &reply, 1, err) ||
        !take_document(r, &reply, &none, &d, err) ||
        (referrers != NULL && !img_registry_referrers(&r->base, &d.desc.digest, referrers, err)))
        return false;
    *out = d;
    d = (struct img_document){.bytes = IMG_BUF(1)};
    return true;
}

static bool registry_resolve(struct img_store *s, const struct img_reference *ref,
                             struct img_document *out, struct img_referrers *referrers,
                             struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    IMG_AUTO(img_str_free) char *url = NULL;
    char digest[IMG_DIGEST_TEXT];
    bool by_digest = ref->digest.hash != IMG_HASH_NONE;
    const char *name = by_digest ? digest : ref->tag;

    img_digest_text(&ref->digest, digest);
    if (!img_strf(&url, err, "%s/manifests/%s", r->api, name))
        return false;
    if (!(by_digest ? resolve_digest(r, url, &ref->digest, out, referrers, err)
                    : resolve_tag(r, url, out, referrers, err)))
        return img_ctx(err, "%s%s%s", ref->name, by_digest ? "@" : ":", name);
    return true;
}

/* --- small things, side by side --------------------------------------------------------------- */

static bool is_document(const struct img_descriptor *d)
{
    return img_media_type_is_index(d->media_type) || img_media_type_is_manifest(d->media_type);
}

/* The empty configuration of every artifact is known without asking (image-spec, "empty"). */
static bool is_known(struct img_want *w)
{
    static const struct img_bytes empty = {.ptr = (const uint8_t *)"{}", .len = 2};
    struct img_err ignored = IMG_ERR_INIT;

    if (w->desc.size != 2 || !img_digest_check(&w->desc.digest, empty, &ignored))
        return false;
    img_buf_put(&w->bytes, empty.ptr, empty.len);
    w->ok = img_buf_bytes(&w->bytes, &(struct img_bytes){.len = 0}, &w->err);
    return true;
}

static bool want_url(const struct img_registry *r, const struct img_descriptor *d, char **out,
                     struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&d->digest, digest);
    if (d->digest.hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_INTERNAL, "a descriptor without digest");
    return img_strf(out, err, "%s/%s/%s", r->api, is_document(d) ? "manifests" : "blobs", digest);
}

/* Moves what came into the want, once size and digest are right. */
static bool take_want(const struct img_registry *r, struct img_want *w,
                      struct img_http_reply *reply, struct img_err *err)
{
    struct img_bytes bytes;

    if (reply->too_long)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                          "more than the %lld bytes that were declared", (long long)w->desc.size);
    if (!reply->ok || reply->status != 200)
        return img_registry_refusal(r, reply, err);
    if (!img_buf_bytes(&reply->body, &bytes, err))
        return false;
    if (bytes.len != (uint64_t)w->desc.size)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                          "%zu bytes, but declared as %lld", bytes.len, (long long)w->desc.size);
    if (!img_digest_check(&w->desc.digest, bytes, err))
        return false;
    reply->body.limit = w->bytes.limit;
    img_buf_done(&w->bytes);
    w->bytes = reply->body;
    reply->body = IMG_BUF(1);
    return true;
}

struct fetching {
    struct img_http_request *requests;
    struct img_http_reply *replies;
    struct img_want **wants;
    char **urls;
    size_t count;
};

static void fetching_done(struct fetching *f)
{
    for (size_t i = 0; i < f->count; i++) {
        free(f->urls[i]);
        img_http_reply_done(&f->replies[i]);
    }
    free(f->requests);
    free(f->replies);
    free(f->wants);
    free(f->urls);
}

/* The requests that have to be made; what needs none is answered here. */
static bool plan(const struct img_registry *r, struct img_want *wants, size_t count,
                 struct fetching *f, struct img_err *err)
{
    f->requests = calloc(count, sizeof(*f->requests));
    f->replies = calloc(count, sizeof(*f->replies));
    f->wants = calloc(count, sizeof(struct img_want *));
    f->urls = calloc(count, sizeof(char *));
    if (f->requests == NULL || f->replies == NULL || f->wants == NULL || f->urls == NULL)
        return img_fail(err, IMG_E_MEMORY, "registry");
    for (size_t i = 0; i < count; i++) {
        struct img_want *w = &wants[i];
        size_t limit;

        w->ok = false;
        if (is_known(w))
            continue;
        if (w->desc.size < 0 || (uint64_t)w->desc.size > w->bytes.limit) {
            w->ok = img_fail(&w->err, IMG_E_LIMIT, "%lld bytes, where at most %zu are taken",
                             (long long)w->desc.size, w->bytes.limit);
            continue;
        }
        if (!want_url(r, &w->desc, &f->urls[f->count], err))
            return false;
        limit = w->desc.size > 0 ? (size_t)w->desc.size : 1;
        f->requests[f->count] =
            get_request(f->urls[f->count], is_document(&w->desc) ? IMG_ACCEPT_MANIFEST : NULL,
                        limit);
        f->wants[f->count++] = w;
    }
    return true;
}

static bool registry_fetch(struct img_store *s, struct img_want *wants, size_t count,
                           struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    IMG_AUTO(fetching_done) struct fetching f = {.count = 0};

    if (!plan(r, wants, count, &f, err))
        return false;
    if (f.count > 0 && !img_registry_ask(r, f.requests, f.replies, f.count, err))
        return false;
    for (size_t i = 0; i < f.count; i++) {
        struct img_want *w = f.wants[i];
        char digest[IMG_DIGEST_TEXT];

        w->ok = take_want(r, w, &f.replies[i], &w->err);
        img_digest_text(&w->desc.digest, digest);
        if (!w->ok)
            w->ok = img_ctx(&w->err, "%s", digest);
    }
    if (f.count > 0 && !f.wants[0]->ok && img_http_left(r->http) <= 0)
        return img_fail(err, IMG_E_NETWORK, "%s: the deadline has passed (--timeout)", r->host);
    return true;
}

/* --- blobs ------------------------------------------------------------------------------------ */

static bool registry_open_blob(struct img_store *s, const struct img_descriptor *desc,
                               struct img_reader **out, struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    IMG_AUTO(img_str_free) char *url = NULL;
    struct img_http_request request;
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&desc->digest, digest);
    if (!want_url(r, desc, &url, err))
        return false;
    request = get_request(url, is_document(desc) ? IMG_ACCEPT_MANIFEST : NULL, 0);
    if (!img_registry_open_body(r, &request, &reply, &raw, err))
        return img_ctx(err, "%s", digest);
    if (raw == NULL) {
        (void)!img_registry_refusal(r, &reply, err);
        return img_ctx(err, "%s", digest);
    }
    if (!img_reader_verified(raw, desc, out, err))
        return false;
    raw = NULL;
    return true;
}

static void registry_close(struct img_store *s)
{
    struct img_registry *r = (struct img_registry *)s;

    img_http_free(r->http);
    free(r->host);
    free(r->api);
    if (r->authorization != NULL)
        explicit_bzero(r->authorization, strlen(r->authorization));
    free(r->authorization);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool make_authorization(struct img_registry *r, const struct img_store_options *options,
                               struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pair = IMG_BUF(2 * IMG_LIMIT_PASSWORD);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(4 * IMG_LIMIT_PASSWORD);
    struct img_bytes bytes;

    if (options->user == NULL)
        return true;
    /* RFC 7617 section 2: the first colon ends the user name */
    if (strchr(options->user, ':') != NULL)
        return img_fail(err, IMG_E_USAGE, "a registry user name cannot contain ':'");
    img_buf_puts(&pair, options->user);
    img_buf_puts(&pair, ":");
    img_buf_put(&pair, options->password.ptr, options->password.len);
    if (!img_buf_bytes(&pair, &bytes, err))
        return img_ctx(err, "registry credentials");
    img_buf_puts(&text, "Basic ");
    img_base64(bytes, &text);
    img_buf_put(&text, "", 1);
    if (!img_buf_bytes(&text, &bytes, err))
        return img_ctx(err, "registry credentials");
    return img_strdup((const char *)bytes.ptr, &r->authorization, err);
}

/* docker.io is a name, not a host. */
static const char *api_host(const char *host)
{
    return strcmp(host, "docker.io") == 0 ? "registry-1.docker.io" : host;
}

static bool set_up(struct img_registry *r, const struct img_reference *ref,
                   const struct img_store_options *options, struct img_err *err)
{
    const struct img_http_options http = {
        .ca_file = options->ca_file,
        .insecure_hosts = options->insecure_hosts,
        .insecure_count = options->insecure_count,
        .timeout_ms = options->timeout_ms,
        .cost = &r->base.cost,
    };

    return img_strdup(ref->host, &r->host, err) &&
           img_strf(&r->api, err, "https://%s/v2/%s", api_host(ref->host), ref->path) &&
           make_authorization(r, options, err) && img_http_new(&http, &r->http, err);
}

bool img_registry_open(const struct img_reference *ref, const struct img_store_options *options,
                       struct img_store **out, struct img_err *err)
{
    static const struct img_store_ops ops = {
        .resolve = registry_resolve,
        .referrers = img_registry_referrers,
        .fetch = registry_fetch,
        .open_blob = registry_open_blob,
        .has_blob = img_registry_has_blob,
        .put_blob = img_registry_put_blob,
        .put_manifest = img_registry_put_manifest,
        .attach = img_registry_attach,
        .detach = img_registry_detach,
        .attach_all = img_registry_attach_all,
        .close = registry_close,
    };
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    struct img_registry *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return img_fail(err, IMG_E_MEMORY, "registry");
    s = &r->base;
    s->ops = &ops;
    if (pthread_mutex_init(&r->lock, NULL) != 0)
        return img_fail(err, IMG_E_MEMORY, "registry");
    if (!set_up(r, ref, options, err))
        return img_ctx(err, "%s", ref->host);
    *out = IMG_STEAL(&s);
    return true;
}
