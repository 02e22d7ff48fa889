/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "oci/http_private.h"

/* libcurl hands over at most CURL_MAX_WRITE_SIZE at a time; room for several, because holding the
 * transfer back and letting it go again costs a copy. */
#define SPILL (256 * IMG_KIB)

/* A body being pulled: what libcurl brings goes straight to where the reader wants it, and what
 * does not fit there into `spill`; while that holds something, the transfer is paused. */
struct stream {
    struct img_reader base;
    struct img_http *http;
    struct img_lane *lane;
    struct img_http_request request;
    struct img_http_reply reply; /* while pulling; the caller has its own copy */
    struct img_exchange x;
    uint8_t *to; /* of the read in progress */
    size_t cap, got;
    uint8_t *spill;
    size_t spill_at, spill_len;
    bool paused, flowing; /* flowing: the body of a 200 has begun */
};

static size_t take(void *ctx, const char *data, size_t len)
{
    struct stream *s = ctx;
    size_t room = s->cap - s->got, direct = len < room ? len : room;
    size_t spilled = s->spill_at + s->spill_len;

    s->flowing = true;
    if (s->spill_len > 0)
        direct = 0; /* in order */
    else
        spilled = s->spill_at = 0;
    if (len - direct > SPILL - spilled) {
        s->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    if (direct > 0)
        memcpy(s->to + s->got, data, direct);
    s->got += direct;
    memcpy(s->spill + spilled, data + direct, len - direct);
    s->spill_len += len - direct;
    return len;
}

static void from_spill(struct stream *s)
{
    size_t n = s->spill_len < s->cap ? s->spill_len : s->cap;

    memcpy(s->to, s->spill + s->spill_at, n);
    s->spill_at += n;
    s->spill_len -= n;
    s->got = n;
}

/* Goes on until there is something for the reader, or the end. */
static bool pull(struct stream *s, struct img_err *err)
{
    while (s->got == 0 && s->x.state != IMG_DONE) {
        if (s->x.state == IMG_WAITING && s->x.due <= img_http_clock())
            img_exchange_begin(&s->x, s->lane);
        if (s->paused) {
            s->paused = false;
            if (s->http->curl->easy_pause(s->x.easy, CURLPAUSE_CONT) != CURLE_OK)
                return img_fail(err, IMG_E_NETWORK, "the transfer cannot go on");
        }
        if (!img_lane_turn(s->http, s->lane, err))
            return false;
        if (s->got > 0 || s->x.state == IMG_DONE || (s->to == NULL && s->flowing))
            break;
        if (!img_lane_poll(s->http, s->lane,
                           s->x.state == IMG_WAITING ? s->x.due - img_http_clock() : INT64_MAX,
                           err))
            return false;
    }
    return true;
}

static bool stream_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                        struct img_err *err)
{
    struct stream *s = (struct stream *)r;
    bool ok = true;

    s->to = to;
    s->cap = cap;
    s->got = 0;
    if (s->spill_len > 0)
        from_spill(s);
    else
        ok = pull(s, err);
    s->to = NULL;
    s->cap = 0;
    if (!ok)
        return false;
    if (s->got == 0 && !s->reply.ok) {
        *err = s->reply.err;
        return false;
    }
    *got = s->got;
    s->got = 0;
    return true;
}

static void stream_free(struct img_reader *r)
{
    struct stream *s = (struct stream *)r;

    if (s->lane != NULL) {
        img_exchange_end(&s->x, s->lane);
        img_lane_give(s->http, s->lane);
    }
    img_http_reply_done(&s->reply);
    free(s->spill);
    free(s);
}

static void drop(struct stream **s)
{
    if (*s != NULL)
        stream_free(&(*s)->base);
}

/* Runs until the status is known. */
static bool start(struct stream *s, const struct img_http_request *request, struct img_err *err)
{
    s->base = (struct img_reader){.read = stream_read, .free = stream_free};
    s->request = *request;
    s->spill = malloc(SPILL);
    if (s->spill == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    if (!img_exchange_init(&s->x, s->http, &s->request, &s->reply, err) ||
        !img_lane_take(s->http, &s->lane, err))
        return false;
    s->x.sink = take;
    s->x.sink_ctx = s;
    if (!pull(s, err))
        return false;
    img_http_spend(s->http, 0, s->x.steps + (s->flowing ? 1 : 0), 0);
    if (!s->flowing && !s->reply.ok) {
        *err = s->reply.err;
        return false;
    }
    return true;
}

bool img_http_open(struct img_http *h, const struct img_http_request *request,
                   struct img_http_reply *reply, struct img_reader **out, struct img_err *err)
{
    IMG_AUTO(drop) struct stream *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    s->http = h;
    if (!start(s, request, err))
        return false;
    if (!s->flowing && s->reply.status != 200) {
        *reply = s->reply;
        s->reply = (struct img_http_reply){0};
        *out = NULL;
        return true;
    }
    /* From here on nothing is sent again: what was given out cannot be taken back. The caller's
     * strings are not looked at any more. */
    s->request = (struct img_http_request){.method = "GET"};
    *reply = (struct img_http_reply){.ok = true, .status = 200};
    *out = &s->base;
    s = NULL;
    return true;
}
