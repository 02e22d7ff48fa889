/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "oci/http_rules.h"

/*
 * How oci/http carries a request out: an exchange is one request on its way, over as many hops and
 * tries as it takes; a lane is a set of connections. Private to oci/http*.c, the only files that
 * call libcurl.
 */

/* Connections used by one thread at a time and kept warm between uses. */
struct img_lane {
    CURLM *multi;
    size_t width; /* requests at once */
    struct img_lane *next;
};

struct img_http {
    const struct img_curl *curl;
    struct img_buf ca;
    const char *ca_path; /* hashed directory; NULL: libcurl's own default */
    char **insecure;
    size_t insecure_count;
    int64_t deadline; /* img_http_clock() time */

    pthread_mutex_t lock; /* for what follows */
    struct img_lane *idle;
    char **plain; /* origins that turned out to speak no TLS */
    size_t plain_count;
    struct img_cost *cost; /* NULL: nobody counts */
};

IMG_NODISCARD bool img_lane_take(struct img_http *h, struct img_lane **out, struct img_err *err);
void img_lane_give(struct img_http *h, struct img_lane *lane);
void img_http_spend(struct img_http *h, uint64_t requests, uint64_t round_trips, uint64_t bytes);
/* Named with its port, or without one, which means the usual port. */
bool img_http_is_insecure(const struct img_http *h, const struct img_url *u);
bool img_http_is_plain(struct img_http *h, const char *origin);
IMG_NODISCARD bool img_http_remember_plain(struct img_http *h, const char *origin,
                                           struct img_err *err);

enum img_exchange_state { IMG_WAITING, IMG_RUNNING, IMG_DONE };

struct img_exchange {
    struct img_http *http;
    const struct img_http_request *request;
    struct img_http_reply *reply;
    size_t (*sink)(void *ctx, const char *data, size_t len); /* of a 200's body; NULL: into reply */
    void *sink_ctx;
    CURL *easy;
    struct curl_slist *headers;
    enum img_exchange_state state;
    int64_t due; /* not to be started before */
    unsigned hops, tries;
    uint64_t steps; /* round trips taken */
    size_t sent;    /* bytes of request->upload */
    bool began;     /* the body has begun */
    bool given;     /* the sink has had some of it: what was given out cannot be taken back */
    bool enough;    /* we ended the transfer, and it is a reply all the same */
    bool refused;   /* we ended the transfer; reply->err says why */
    char why[CURL_ERROR_SIZE];
};

/* Ready to be started. */
IMG_NODISCARD bool img_exchange_init(struct img_exchange *x, struct img_http *h,
                                     const struct img_http_request *request,
                                     struct img_http_reply *reply, struct img_err *err);
/* Starts an attempt; when that fails, the exchange is done and its reply says why. */
void img_exchange_begin(struct img_exchange *x, struct img_lane *lane);
/* An attempt has ended: done, or waiting for the next. */
void img_exchange_finish(struct img_exchange *x, struct img_lane *lane, CURLcode code);
/* Lets go of the attempt under way, if any. */
void img_exchange_end(struct img_exchange *x, struct img_lane *lane);
/* One round of transfers; exchanges that ended are finished. */
IMG_NODISCARD bool img_lane_turn(struct img_http *h, struct img_lane *lane, struct img_err *err);
IMG_NODISCARD bool img_lane_poll(struct img_http *h, struct img_lane *lane, int64_t ms,
                                 struct img_err *err);
