/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "oci/fallback.h"
#include "oci/headers.h"
#include "oci/registry.h"
#include "oci/url.h"

void img_registry_listing_done(struct img_registry_listing *l)
{
    img_str_free(&l->urls[0]);
    img_str_free(&l->urls[1]);
}

/* A redirect to another host is no referrers API: some registries send everything they do not know
 * to a web page. */
static struct img_http_request list_request(const char *url, const char *accept)
{
    return (struct img_http_request){.method = "GET",
                                     .url = url,
                                     .headers = {accept},
                                     .limit = IMG_LIMIT_MANIFEST,
                                     .follow = IMG_FOLLOW_ORIGIN,
                                     .plain = true,
                                     .again = true};
}

bool img_registry_listing_init(const struct img_registry *r, const struct img_digest *subject,
                               struct img_registry_listing *out, struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT], tag[IMG_FALLBACK_TAG];
    IMG_AUTO(img_registry_listing_done) struct img_registry_listing l = {.count = 0};

    img_digest_text(subject, digest);
    img_fallback_tag(subject, tag);
    if (!img_strf(&l.urls[1], err, "%s/manifests/%s", r->api, tag))
        return false;
    l.requests[l.count++] = list_request(l.urls[1], IMG_ACCEPT_MANIFEST);
    l.requests[0].follow = IMG_FOLLOW_ANY; /* a manifest as any other */
    if (!r->no_referrers_api) {
        if (!img_strf(&l.urls[0], err, "%s/referrers/%s", r->api, digest))
            return false;
        l.requests[l.count++] = list_request(l.urls[0], IMG_ACCEPT_INDEX);
    }
    *out = l;
    l = (struct img_registry_listing){.count = 0};
    return true;
}

static bool is_type(const struct img_http_reply *reply, const char *type)
{
    char essence[IMG_MEDIA_TYPE];

    img_media_type_essence(img_http_header(reply, "Content-Type", 0), essence, sizeof(essence));
    return strcmp(essence, type) == 0;
}

/* distribution-spec asks for 404 where there is no referrers API; registries that do not know the
 * path also answer with web pages, redirects to them, or a complaint about the method or request.
 * Refusals (401, 403, 429) and failures (5xx) say nothing about it and are errors. */
static bool is_no_api(const struct img_http_reply *reply)
{
    char code[64];

    if (reply->status == 200)
        return !is_type(reply, IMG_TYPE_OCI_INDEX);
    if (reply->status >= 300 && reply->status < 400)
        return true;
    img_registry_error_code(reply, code, sizeof(code));
    if (reply->status == 404)
        return strcmp(code, "NAME_UNKNOWN") != 0;
    if (reply->status == 400 || reply->status == 406)
        return code[0] == '\0' || strcmp(code, "UNSUPPORTED") == 0;
    return reply->status == 405;
}

/* The next page's URL, or NULL: within the same host, and another than this one. */
static bool next_page(const struct img_http_reply *reply, char **out, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *next = NULL;
    char target[4096];
    struct img_url here, there;
    const char *link = NULL;
    bool found = false;

    for (size_t i = 0; !found && (link = img_http_header(reply, "Link", i)) != NULL; i++)
        found = img_link_next(link, target, sizeof(target));
    if (!found) {
        *out = NULL;
        return true;
    }
    if (!img_url_resolve(reply->url, target, &next, err) ||
        !img_url_parse(reply->url, &here, err) || !img_url_parse(next, &there, err))
        return img_ctx(err, "Link");
    if (!img_url_same_origin(&here, &there))
        return img_fail(err, IMG_E_MALFORMED, "Link: the next page is on another host, %s",
                        there.host);
    if (strcmp(next, reply->url) == 0)
        return img_fail(err, IMG_E_MALFORMED, "Link: the next page is the same page");
    *out = IMG_STEAL(&next);
    return true;
}

static bool collect(const struct img_http_reply *reply, struct img_collected *to,
                    struct img_err *err)
{
    struct img_bytes text;

    return img_buf_bytes(&reply->body, &text, err) && img_collect(text, to, err);
}

static bool more_pages(struct img_registry *r, const struct img_http_reply *first,
                       struct img_collected *to, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *url = NULL;
    size_t idle = 0;

    if (!next_page(first, &url, err))
        return false;
    for (size_t page = 1; url != NULL && !to->list.cut; page++) {
        IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
        struct img_http_request request = list_request(url, IMG_ACCEPT_INDEX);
        size_t before = to->list.count;
        char *next = NULL;

        if (page >= IMG_LIMIT_PAGES)
            return img_fail(err, IMG_E_LIMIT, "more than %d pages", IMG_LIMIT_PAGES);
        if (!img_registry_ask_one(r, &request, &reply, err))
            return false;
        if (reply.status != 200 || !is_type(&reply, IMG_TYPE_OCI_INDEX))
            return reply.status != 200
                       ? img_registry_refusal(r, &reply, err)
                       : img_fail(err, IMG_E_MALFORMED, "a later page is no image index");
        if (!collect(&reply, to, err) || !next_page(&reply, &next, err))
            return false;
        free(url);
        url = next;
        idle = to->list.count > before ? 0 : idle + 1;
        if (idle >= IMG_LIMIT_IDLE_PAGES)
            return img_fail(err, IMG_E_LIMIT, "%d pages in a row list nothing new",
                            IMG_LIMIT_IDLE_PAGES);
    }
    return true;
}

static bool read_api(struct img_registry *r, const struct img_http_reply *reply,
                     struct img_collected *to, bool *available, struct img_err *err)
{
    *available = false;
    if (!reply->ok)
        return img_registry_refusal(r, reply, err);
    if (is_no_api(reply)) {
        r->no_referrers_api = true;
        return true;
    }
    if (reply->status == 404) /* no such repository */
        return true;
    if (reply->status != 200)
        return img_registry_refusal(r, reply, err);
    if (!collect(reply, to, err) || !more_pages(r, reply, to, err))
        return false;
    *available = true;
    return true;
}

static bool read_tag(const struct img_registry *r, const struct img_http_reply *reply,
                     struct img_collected *to, struct img_err *err)
{
    if (reply->ok && img_registry_is_absent(reply))
        return true;
    if (!reply->ok || reply->status != 200)
        return img_registry_refusal(r, reply, err);
    return collect(reply, to, err);
}

/* Both places are read, whichever this registry uses: one that was upgraded has old entries in the
 * tag. More evidence can do no harm, it is all verified. */
bool img_registry_listing_read(struct img_registry *r, const struct img_registry_listing *listing,
                               const struct img_http_reply *replies, struct img_referrers *out,
                               struct img_err *err)
{
    IMG_AUTO(img_collected_done) struct img_collected c = {.cap = 0};
    bool available;

    if (listing->count > 1 && !read_api(r, &replies[1], &c, &available, err))
        return img_ctx(err, "referrers");
    if (!read_tag(r, &replies[0], &c, err))
        return img_ctx(err, "referrers, fallback tag");
    *out = c.list;
    c.list = (struct img_referrers){.count = 0};
    return true;
}

bool img_registry_referrers(struct img_store *s, const struct img_digest *subject,
                            struct img_referrers *out, struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)s;
    IMG_AUTO(img_registry_listing_done) struct img_registry_listing listing = {.count = 0};
    struct img_http_reply replies[2] = {{.ok = false}, {.ok = false}};
    bool ok;

    if (!img_registry_listing_init(r, subject, &listing, err))
        return false;
    ok = img_registry_ask(r, listing.requests, replies, listing.count, err) &&
         img_registry_listing_read(r, &listing, replies, out, err);
    img_http_reply_done(&replies[0]);
    img_http_reply_done(&replies[1]);
    return ok;
}

bool img_registry_api_lists(struct img_registry *r, const struct img_digest *subject,
                            const struct img_digest *wanted, bool *available, bool *listed,
                            struct img_err *err)
{
    IMG_AUTO(img_registry_listing_done) struct img_registry_listing listing = {.count = 0};
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_collected_done) struct img_collected c = {.cap = 0};

    *available = *listed = false;
    if (!img_registry_listing_init(r, subject, &listing, err))
        return false;
    if (listing.count < 2)
        return true;
    if (!img_registry_ask_one(r, &listing.requests[1], &reply, err) ||
        !read_api(r, &reply, &c, available, err))
        return img_ctx(err, "referrers");
    for (size_t i = 0; i < c.list.count; i++)
        *listed = *listed || img_digest_equal(&c.list.items[i].digest, wanted);
    return true;
}
