/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/cost.h"
#include "oci/reader.h"

/*
 * HTTP requests with a bound on everything: headers, body, redirects, tries, waiting.
 *
 * Redirects are followed by our own rule: at most IMG_LIMIT_REDIRECTS, http and https only, never
 * from https to http, never from outside to an address of this machine or its link; authorization
 * goes to the origin (scheme, host and port) it was given for and to no other, and over plain http
 * only to loopback. Bodies are taken as they are sent: compression is not asked for, and a reply
 * that has a Content-Encoding is refused. TLS 1.2 or newer, verified against the system's
 * authorities and `ca_file`.
 *
 * Errors:  IMG_E_NETWORK for connections, TLS, stalls (under 1 KiB/s for 60 s) and the deadline;
 *          IMG_E_LIMIT for bodies and headers over their limit; IMG_E_UNSUPPORTED for content
 *          codings; IMG_E_REJECTED is never raised here. Messages hold no header, no credential and
 *          no query.
 * Threads: img_http_open() may be called from several threads at once, and each stream belongs to
 *          one thread at a time; img_http_run() is for one caller at a time.
 */
struct img_http;

struct img_http_options {
    const char *ca_file;               /* PEM, in addition to the system's; NULL: none */
    const char *const *insecure_hosts; /* "host" or "host:port": TLS unchecked, then http */
    size_t insecure_count;
    int64_t timeout_ms;    /* for everything done with this handle, from now; 0: none */
    struct img_cost *cost; /* what is spent is added here; NULL: not counted */
};

IMG_NODISCARD bool img_http_new(const struct img_http_options *options, struct img_http **out,
                                struct img_err *err);
void img_http_free(struct img_http *h);
IMG_DEFINE_FREEP(struct img_http, img_http_free);

enum img_follow {
    IMG_FOLLOW_NONE,   /* a redirect is the reply */
    IMG_FOLLOW_ORIGIN, /* within scheme, host and port; one that leads elsewhere is the reply */
    IMG_FOLLOW_ANY
};

#define IMG_HTTP_HEADERS 6
struct img_http_request {
    const char *method; /* "GET", "HEAD", "POST", "PUT", "DELETE" */
    const char *url;
    const char *headers[IMG_HTTP_HEADERS]; /* "Name: value"; sent to every host of a redirect */
    const char *authorization;             /* header value, or NULL */
    struct img_bytes body;                 /* of POST and PUT */
    struct img_reader *upload; /* instead of body: pulled as it is sent, so it is sent once */
    int64_t upload_size;
    size_t limit; /* bytes of the reply's body */
    enum img_follow follow;
    bool plain; /* where loopback or an insecure host does not speak TLS, http will do */
    bool again; /* may be sent again: retried on 429, passing 5xx and lost connections */
};

struct img_http_reply {
    bool ok;            /* there was a reply; any status */
    struct img_err err; /* why not */
    bool too_long;      /* not ok, because the body has more bytes than `limit` */
    int64_t began;      /* img_http_clock() when the attempt was sent that got this answer */
    int status;
    char *url;           /* that answered, after redirects */
    struct img_buf head; /* "name: value" lines, each NUL-terminated */
    struct img_buf body; /* of an error, what fits into IMG_LIMIT_ERROR_BODY */
};
void img_http_reply_done(struct img_http_reply *r);
/* The nth value of a header, or NULL. */
const char *img_http_header(const struct img_http_reply *r, const char *name, size_t nth);

/* Carries requests out side by side: one connection where the server speaks HTTP/2, else at most
 * six. True when all were carried out, whatever each brought: look at replies[i].ok. `replies` come
 * zeroed, and are the caller's to finish with img_http_reply_done() in either case. */
IMG_NODISCARD bool img_http_run(struct img_http *h, const struct img_http_request *requests,
                                struct img_http_reply *replies, size_t count, struct img_err *err);

/* Starts a GET whose body is pulled. Returns when the status is known: for 200, *out reads the body
 * as it arrives and must be freed before the handle, and *reply holds no more than the status; for
 * others *out is NULL and the reply complete. False where no status was got.
 * The request's strings are needed only until this returns. */
IMG_NODISCARD bool img_http_open(struct img_http *h, const struct img_http_request *request,
                                 struct img_http_reply *reply, struct img_reader **out,
                                 struct img_err *err);

/* Milliseconds of a clock that only goes forward. */
int64_t img_http_clock(void);
/* What is left until the deadline; INT64_MAX without one. */
int64_t img_http_left(const struct img_http *h);
/* Waits; false (IMG_E_NETWORK) when the deadline comes first. */
IMG_NODISCARD bool img_http_wait(struct img_http *h, int64_t ms, struct img_err *err);
/* About ms, a quarter more or less, so that what collided once does not collide again. */
int64_t img_http_jitter(int64_t ms);
/* Anything from 0 to ms. */
int64_t img_http_random(int64_t ms);
