/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "oci/registry.h"
#include "oci/url.h"

static struct img_http_request send_request(const char *method, const char *url)
{
    return (struct img_http_request){.method = method,
                                     .url = url,
                                     .limit = IMG_LIMIT_ERROR_BODY,
                                     .plain = true};
}

bool img_registry_has_blob(struct img_store *s, const struct img_descriptor *desc, bool *out,
                           struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *url = NULL;
    struct img_http_request request;
    char digest[IMG_DIGEST_TEXT];
    bool document =
        img_media_type_is_index(desc->media_type) || img_media_type_is_manifest(desc->media_type);

    img_digest_text(&desc->digest, digest);
    if (!img_strf(&url, err, "%s/%s/%s", r->api, document ? "manifests" : "blobs", digest))
        return false;
    request = send_request("HEAD", url);
    request.again = true;
    request.follow = IMG_FOLLOW_ANY;
    request.headers[0] = document ? IMG_ACCEPT_MANIFEST : NULL;
    if (!img_registry_ask_one(r, &request, &reply, err))
        return img_ctx(err, "%s", digest);
    if (reply.status != 200 && !img_registry_is_absent(&reply)) {
        if (!img_registry_refusal(r, &reply, err))
            return img_ctx(err, "%s", digest);
    }
    *out = reply.status == 200;
    return true;
}

/* --- uploads ---------------------------------------------------------------------------------- */

/* What a blob is read through while it is sent: counts and hashes, and gives the last bytes away
 * only when all of them are what the descriptor says, so that nothing wrong is ever complete. */
struct guard {
    struct img_reader base;
    struct img_reader *from;
    struct img_hasher *hasher;
    const struct img_descriptor *want;
    uint64_t sent;
};

static bool guard_end(struct guard *g, struct img_err *err)
{
    struct img_digest got;
    uint8_t one;
    size_t more;

    if (!img_reader_read(g->from, &one, 1, &more, err))
        return false;
    if (more > 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "larger than declared");
    return img_hasher_finish(g->hasher, &got, err) &&
           img_digest_require(&g->want->digest, &got, err);
}

static bool guard_read(struct img_reader *reader, uint8_t *to, size_t cap, size_t *got,
                       struct img_err *err)
{
    struct guard *g = (struct guard *)reader;
    uint64_t left = (uint64_t)g->want->size - g->sent;
    size_t n = 0;

    if (left == 0) {
        *got = 0;
        return true;
    }
    cap = cap < left ? cap : (size_t)left;
    if (!img_reader_read(g->from, to, cap, &n, err))
        return false;
    if (n == 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "ends %llu bytes too early",
                          (unsigned long long)left);
    if (!img_hasher_update(g->hasher, (struct img_bytes){.ptr = to, .len = n}, err))
        return false;
    g->sent += n;
    if (g->sent == (uint64_t)g->want->size && !guard_end(g, err))
        return false;
    *got = n;
    return true;
}

/* The URL to send a blob to: Location, and the digest it is to have. */
static bool upload_url(const struct img_http_reply *reply, const struct img_digest *digest,
                       char **out, struct img_err *err)
{
    const char *location = img_http_header(reply, "Location", 0);
    IMG_AUTO(img_str_free) char *to = NULL;
    char text[IMG_DIGEST_TEXT];
    struct img_url here, there;

    if (location == NULL)
        return img_fail(err, IMG_E_MALFORMED, "upload without Location");
    if (!img_url_resolve(reply->url, location, &to, err) ||
        !img_url_parse(reply->url, &here, err) || !img_url_parse(to, &there, err))
        return img_ctx(err, "upload Location");
    if (here.tls && !there.tls)
        return img_fail(err, IMG_E_NETWORK, "upload Location leads from https to http");
    if (img_host_is_local(there.host) && !img_host_is_local(here.host))
        return img_fail(err, IMG_E_NETWORK, "upload Location leads to the local address %s",
                        there.host);
    img_digest_text(digest, text);
    return img_strf(out, err, "%s%cdigest=%s", to, strchr(to, '?') != NULL ? '&' : '?', text);
}

static bool begin_upload(struct img_registry *r, const struct img_digest *digest, char **out,
                         struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *url = NULL;
    struct img_http_request request;

    if (!img_strf(&url, err, "%s/blobs/uploads/", r->api))
        return false;
    request = send_request("POST", url);
    request.again = true;
    request.headers[0] = "Content-Type:";
    if (!img_registry_ask_one(r, &request, &reply, err))
        return false;
    if (reply.status != 202)
        return img_registry_refusal(r, &reply, err);
    return upload_url(&reply, digest, out, err);
}

/* Sends a small blob from memory, or a large one as it is read. */
static bool send_blob(struct img_registry *r, const struct img_descriptor *desc,
                      struct img_bytes small, struct img_reader *from, struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *url = NULL;
    struct img_http_request request;

    if (!begin_upload(r, &desc->digest, &url, err))
        return false;
    request = send_request("PUT", url);
    request.headers[0] = "Content-Type: application/octet-stream";
    request.body = small;
    request.upload = from;
    request.upload_size = desc->size;
    if (!img_registry_ask_one(r, &request, &reply, err))
        return false;
    if (reply.status != 201 && reply.status != 204)
        return img_registry_refusal(r, &reply, err);
    return true;
}

/* Small enough to be held and sent a second time. */
#define HELD IMG_MIB

static bool put_small(struct img_registry *r, const struct img_descriptor *desc,
                      struct img_reader *from, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf held = IMG_BUF(HELD);
    struct img_bytes bytes;
    bool there = false;

    if (!img_reader_all(from, &held, err) || !img_buf_bytes(&held, &bytes, err))
        return false;
    if (bytes.len != (uint64_t)desc->size)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                          "%zu bytes, but declared as %lld", bytes.len, (long long)desc->size);
    if (!img_digest_check(&desc->digest, bytes, err))
        return false;
    for (unsigned tries = 1; !send_blob(r, desc, bytes, NULL, err); tries++) {
        /* An upload that failed half-way has to begin anew; one whose answer was lost is there. */
        if (err->code != IMG_E_NETWORK || tries >= IMG_LIMIT_TRIES)
            return false;
        if (!img_http_wait(r->http, img_http_jitter(250 << tries), err) ||
            !img_registry_has_blob(&r->base, desc, &there, err))
            return false;
        if (there)
            break;
    }
    return true;
}

static bool put_large(struct img_registry *r, const struct img_descriptor *desc,
                      struct img_reader *from, struct img_err *err)
{
    IMG_AUTO(img_hasher_freep) struct img_hasher *hasher = NULL;
    struct guard g = {.base = {.read = guard_read}, .from = from, .want = desc};

    if (!img_hasher_new(desc->digest.hash, &hasher, err))
        return false;
    g.hasher = hasher;
    return send_blob(r, desc, (struct img_bytes){.len = 0}, &g.base, err);
}

bool img_registry_put_blob(struct img_store *s, const struct img_descriptor *desc,
                           struct img_reader *from, struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    char digest[IMG_DIGEST_TEXT];
    bool there = false;

    img_digest_text(&desc->digest, digest);
    if (desc->size < 0)
        return img_fail(err, IMG_E_INTERNAL, "a blob without size");
    if (!img_registry_has_blob(s, desc, &there, err))
        return false;
    if (there)
        return true;
    if (!((uint64_t)desc->size <= HELD ? put_small : put_large)(r, desc, from, err))
        return img_ctx(err, "upload %s", digest);
    return true;
}

/* --- manifests -------------------------------------------------------------------------------- */

bool img_registry_send_manifest(struct img_registry *r, const char *name, const char *media_type,
                                struct img_bytes bytes, const struct img_digest *subject,
                                bool *indexed, struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *url = NULL;
    IMG_AUTO(img_str_free) char *type = NULL;
    struct img_http_request request;
    struct img_err ignored = IMG_ERR_INIT;
    struct img_digest said;
    const char *header;

    if (!img_strf(&url, err, "%s/manifests/%s", r->api, name) ||
        !img_strf(&type, err, "Content-Type: %s", media_type))
        return false;
    request = send_request("PUT", url);
    request.headers[0] = type;
    request.body = bytes;
    request.again = true;
    if (!img_registry_ask_one(r, &request, &reply, err))
        return false;
    if (reply.status != 201 && reply.status != 200)
        return img_registry_refusal(r, &reply, err);
    if (!img_registry_check_digest(&reply, bytes, err))
        return false;
    header = img_http_header(&reply, "OCI-Subject", 0);
    *indexed = subject != NULL && header != NULL && img_digest_parse(header, &said, &ignored) &&
               img_digest_equal(&said, subject);
    return true;
}

bool img_registry_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                               struct img_bytes bytes, const char *tag, bool entry,
                               struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    char digest[IMG_DIGEST_TEXT];
    bool indexed;

    (void)entry; /* in a registry every manifest can be found by its digest */
    img_digest_text(&desc->digest, digest);
    if (!img_registry_send_manifest(r, tag != NULL ? tag : digest, desc->media_type, bytes, NULL,
                                    &indexed, err))
        return img_ctx(err, "push %s", tag != NULL ? tag : digest);
    return true;
}
