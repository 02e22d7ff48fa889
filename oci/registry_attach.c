/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "oci/fallback.h"
#include "oci/registry.h"

#define WINDOW_MS 2000 /* at least so long is watched whether a written list stays */
#define REREADS   5    /* and so often is it read in that time, four times at the least */
#define PATIENCE  3    /* times a request for a list is carried out, its retries included */
#define WINDOW_OF 8    /* … or so many times the longest time from reading to having written */

/*
 * A list of referrers under a fallback tag is changed by reading it, changing it and writing it
 * back, and no registry offers more than that: whoever writes in between is overwritten. So each
 * writer makes sure that its own change is there to stay. It reads the list again and again for
 * longer than any writer that was already under way can be expected to take, and starts over when
 * its change is gone. A writer that takes longer than eight times what we needed ourselves, and
 * than two seconds, can still undo it: that window is in the documentation.
 */
struct slot {
    struct img_registry *r;
    char *url;
    const char *tag;
    int64_t longest; /* ms from reading to having written, so far */
    bool put;        /* something was written */
    /* what is wanted of the list: */
    const struct img_descriptor *const *add; /* or */
    size_t add_count;
    const struct img_digest *remove;
    size_t remove_count;
};

/* Adds what is not listed yet, one after the other. */
static bool add_all(const struct slot *s, struct img_bytes list, struct img_buf *out, bool *changed,
                    struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf so_far = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_bytes text = list;
    bool added;

    *changed = false;
    for (size_t i = 0; i < s->add_count; i++) {
        struct img_buf next = IMG_BUF(IMG_LIMIT_MANIFEST);
        if (!img_fallback_add(text, s->add[i], &next, &added, err)) {
            img_buf_done(&next);
            return false;
        }
        if (!added) {
            img_buf_done(&next);
            continue;
        }
        img_buf_done(&so_far);
        so_far = next;
        *changed = true;
        if (!img_buf_bytes(&so_far, &text, err))
            return false;
    }
    if (*changed)
        img_buf_put(out, text.ptr, text.len);
    return img_buf_bytes(out, &text, err);
}

static bool edit(const struct slot *s, struct img_bytes list, struct img_buf *out, bool *changed,
                 struct img_err *err)
{
    return s->add != NULL
               ? add_all(s, list, out, changed, err)
               : img_fallback_remove(list, s->remove, s->remove_count, out, changed, err);
}

/* Registries that keep tags in files answer 500 for one that is just being written, and under many
 * writers do so several times in a row. */
static bool ask_patiently(struct slot *s, struct img_http_request *request,
                          struct img_http_reply *reply, struct img_err *err)
{
    for (int tries = 1;; tries++) {
        if (!img_registry_ask_one(s->r, request, reply, err))
            return false;
        if (reply->status < 500 || tries >= PATIENCE)
            return true;
        img_http_reply_done(reply);
        if (!img_http_wait(s->r->http, img_http_random(500), err))
            return false;
    }
}

/* An absent list is empty; one that cannot be had, or is none, is an error and stays as it is. */
static bool get_list(struct slot *s, struct img_http_reply *reply, struct img_bytes *list,
                     struct img_err *err)
{
    struct img_http_request request = {.method = "GET",
                                       .url = s->url,
                                       .headers = {IMG_ACCEPT_MANIFEST, "Cache-Control: no-cache"},
                                       .limit = IMG_LIMIT_MANIFEST,
                                       .follow = IMG_FOLLOW_ANY,
                                       .plain = true,
                                       .again = true};

    if (!ask_patiently(s, &request, reply, err))
        return false;
    *list = (struct img_bytes){.len = 0};
    if (img_registry_is_absent(reply))
        return true;
    if (reply->status != 200)
        return img_registry_refusal(s->r, reply, err);
    if (!img_buf_bytes(&reply->body, list, err) || !img_registry_check_digest(reply, *list, err))
        return false;
    return list->len > 0 ? true : img_fail(err, IMG_E_MALFORMED, "an empty reply");
}

/* Writes; where the registry knows conditional requests, only over what was read. *lost: somebody
 * else was faster. */
static bool put_list(struct slot *s, const struct img_http_reply *read, struct img_bytes list,
                     bool *lost, struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *match = NULL;
    const char *etag = img_http_header(read, "ETag", 0);
    struct img_http_request request = {.method = "PUT",
                                       .url = s->url,
                                       .headers = {"Content-Type: " IMG_TYPE_OCI_INDEX},
                                       .body = list,
                                       .limit = IMG_LIMIT_ERROR_BODY,
                                       .plain = true,
                                       .again = true};

    if (etag != NULL && !img_strf(&match, err, "If-Match: %.200s", etag))
        return false;
    request.headers[1] = match;
    if (!ask_patiently(s, &request, &reply, err))
        return false;
    *lost = reply.status == 412;
    if (*lost)
        return true;
    if (reply.status != 201 && reply.status != 200)
        return img_registry_refusal(s->r, &reply, err);
    return img_registry_check_digest(&reply, list, err);
}

/* Reads the list and writes it where it is not as wanted. */
static bool change_once(struct slot *s, bool *changed, bool *lost, struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply read = {.ok = false};
    IMG_AUTO(img_buf_done) struct img_buf next = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_bytes list, wanted;
    int64_t took;

    *lost = false;
    if (!get_list(s, &read, &list, err) || !edit(s, list, &next, changed, err) ||
        !img_buf_bytes(&next, &wanted, err))
        return false;
    if (!*changed)
        return true;
    if (!put_list(s, &read, wanted, lost, err))
        return false;
    s->put = true;
    took = img_http_clock() - read.began;
    s->longest = took > s->longest ? took : s->longest;
    return true;
}

/* *stays: the list was as wanted every time it was read for long enough. Most losses come at once,
 * so the first look is early; the last one is at the end of the window. */
static bool watch(struct slot *s, bool *stays, struct img_err *err)
{
    int64_t window = s->longest * WINDOW_OF > WINDOW_MS ? s->longest * WINDOW_OF : WINDOW_MS;
    int64_t begin = img_http_clock();

    *stays = true;
    for (int i = REREADS - 1; *stays && i >= 0; i--) {
        IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
        IMG_AUTO(img_buf_done) struct img_buf next = IMG_BUF(IMG_LIMIT_MANIFEST);
        int64_t at = begin + (window >> i) + img_http_random(window >> (i + 3));
        struct img_bytes list;
        bool changed;

        if (!img_http_wait(s->r->http, at - img_http_clock(), err) ||
            !get_list(s, &reply, &list, err) || !edit(s, list, &next, &changed, err))
            return false;
        *stays = !changed;
    }
    return true;
}

static bool settle(struct slot *s, struct img_err *err)
{
    bool stays = false, changed, lost;

    for (unsigned round = 0; !stays; round++) {
        /* The more often it was lost, the more others there are. */
        if (round > 0 &&
            !img_http_wait(s->r->http, img_http_random(INT64_C(50) << (round < 6 ? round : 6)),
                           err))
            return false;
        if (!change_once(s, &changed, &lost, err))
            return false;
        if (!changed && !s->put && s->add == NULL)
            return true; /* nothing to take away, and nobody adds what is being taken away */
        if (!lost && !watch(s, &stays, err))
            return false;
    }
    return true;
}

static bool change_list(struct slot *s, const struct img_digest *subject, struct img_err *err)
{
    char tag[IMG_FALLBACK_TAG];
    bool ok;

    img_fallback_tag(subject, tag);
    if (!img_strf(&s->url, err, "%s/manifests/%s", s->r->api, tag))
        return false;
    ok = settle(s, err);
    free(s->url);
    s->url = NULL;
    if (ok)
        return true;
    if (s->put && err->code == IMG_E_NETWORK)
        err->why = IMG_WHY_ATTACH_UNCONFIRMED;
    return img_ctx(err, "list of referrers (tag %s)%s", tag,
                   s->put ? ", written but not confirmed" : "");
}

/* Whether the referrers API shows it. One that said it would gets a moment to do so. */
static bool is_listed(struct img_registry *r, const struct img_digest *subject,
                      const struct img_digest *manifest, bool promised, bool *listed,
                      struct img_err *err)
{
    bool available = false;

    if (!img_registry_api_lists(r, subject, manifest, &available, listed, err))
        return false;
    for (int i = 0; i < REREADS && promised && available && !*listed; i++)
        if (!img_http_wait(r->http, img_http_jitter(WINDOW_MS / REREADS), err) ||
            !img_registry_api_lists(r, subject, manifest, &available, listed, err))
            return false;
    return true;
}

/* Sends a manifest. *listed: the referrers API shows it now. */
static bool send(struct img_registry *r, const struct img_digest *subject,
                 const struct img_descriptor *desc, struct img_bytes bytes, bool *listed,
                 struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT];
    bool promised = false;

    *listed = false;
    img_digest_text(&desc->digest, digest);
    if (!img_registry_send_manifest(r, digest, desc->media_type, bytes, subject, &promised, err) ||
        !is_listed(r, subject, &desc->digest, promised, listed, err))
        return img_ctx(err, "attach %s", digest);
    return true;
}

bool img_registry_attach_all(struct img_store *store, const struct img_digest *subject,
                             const struct img_attached_manifest *items, size_t count,
                             struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)store;
    const struct img_descriptor **left = calloc(count + 1, sizeof(struct img_descriptor *));
    struct slot s = {.r = r, .add = left};
    bool ok = left != NULL || img_fail(err, IMG_E_MEMORY, "attach"), listed;

    for (size_t i = 0; ok && i < count; i++) {
        ok = send(r, subject, &items[i].desc, items[i].bytes, &listed, err);
        /* Also where the registry promised to list it and does not: some do. */
        if (ok && !listed)
            left[s.add_count++] = &items[i].desc;
    }
    if (ok && s.add_count > 0 && !change_list(&s, subject, err))
        ok = img_ctx(err, "attach");
    free((void *)left);
    return ok;
}

bool img_registry_attach(struct img_store *store, const struct img_descriptor *desc,
                         const struct img_digest *subject, struct img_bytes bytes,
                         struct img_err *err)
{
    struct img_attached_manifest one = {.desc = *desc, .bytes = bytes};

    return img_registry_attach_all(store, subject, &one, 1, err);
}

static bool delete_manifest(struct img_registry *r, const struct img_digest *digest, bool *gone,
                            struct img_err *err)
{
    IMG_AUTO(img_http_reply_done) struct img_http_reply reply = {.ok = false};
    IMG_AUTO(img_str_free) char *url = NULL;
    struct img_http_request request = {.method = "DELETE",
                                       .limit = IMG_LIMIT_ERROR_BODY,
                                       .plain = true,
                                       .again = true};
    char text[IMG_DIGEST_TEXT];

    img_digest_text(digest, text);
    if (!img_strf(&url, err, "%s/manifests/%s", r->api, text))
        return false;
    request.url = url;
    if (!img_registry_ask_one(r, &request, &reply, err))
        return false;
    *gone = (reply.status >= 200 && reply.status < 300) || img_registry_is_absent(&reply);
    /* Many registries do not let anyone delete, or not us; then the list has to do. */
    if (!*gone && reply.status != 400 && reply.status != 401 && reply.status != 403 &&
        reply.status != 405)
        return img_registry_refusal(r, &reply, err);
    return true;
}

/* The list first, so that it never names what is not there. */
bool img_registry_detach(struct img_store *store, const struct img_digest *subject,
                         const struct img_digest *digests, size_t count, struct img_err *err)
{
    struct img_registry *r = (struct img_registry *)store;
    struct slot s = {.r = r, .remove = digests, .remove_count = count};

    if (!change_list(&s, subject, err))
        return img_ctx(err, "detach");
    for (size_t i = 0; i < count; i++) {
        bool gone = false, available = false, listed = false;
        char digest[IMG_DIGEST_TEXT];

        img_digest_text(&digests[i], digest);
        if (!delete_manifest(r, &digests[i], &gone, err) ||
            (!gone && !img_registry_api_lists(r, subject, &digests[i], &available, &listed, err)))
            return img_ctx(err, "detach %s", digest);
        if (listed)
            return img_fail(err, IMG_E_DENIED, "detach %s: %s does not allow deleting it", digest,
                            r->host);
    }
    return true;
}
