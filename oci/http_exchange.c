/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "oci/http_private.h"

#define CONNECT_MS  10000L /* to connect, TLS included */
#define STALL_BYTES 1024L  /* per second, under which … */
#define STALL_S     60L    /* … a transfer may run this long */

/* --- what libcurl calls ----------------------------------------------------------------------- */

static size_t on_header(char *line, size_t one, size_t len, void *ctx)
{
    struct img_exchange *x = ctx;
    struct img_buf *head = &x->reply->head;
    size_t whole = len * one;

    len = whole;
    while (len > 0 && strchr("\r\n\t ", line[len - 1]) != NULL)
        len--;
    if (x->began || len == 0) /* trailers decide nothing */
        return whole;
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) { /* after 1xx, the reply itself */
        img_buf_done(head);
        return whole;
    }
    if (memchr(line, '\0', len) != NULL) {
        x->refused = !img_fail(&x->reply->err, IMG_E_MALFORMED, "response header with a NUL byte");
        return 0;
    }
    img_buf_put(head, line, len);
    img_buf_put(head, "", 1);
    if (head->failed != IMG_OK) {
        x->refused = !img_fail(&x->reply->err, head->failed,
                               "response headers of more than %zu bytes", head->limit);
        return 0;
    }
    return whole;
}

static int status_of(const struct img_exchange *x)
{
    long status = 0;

    (void)x->http->curl->easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static bool check_head(struct img_exchange *x, struct img_err *err)
{
    const char *coding = img_http_header(x->reply, "Content-Encoding", 0);
    curl_off_t length = -1;

    if (coding != NULL && strcasecmp(coding, "identity") != 0)
        return img_fail(
            err, IMG_E_UNSUPPORTED,
            "the reply is compressed (Content-Encoding '%.40s'), which was not asked for", coding);
    (void)x->http->curl->easy_getinfo(x->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    x->reply->too_long = x->sink == NULL && length > 0 && (uint64_t)length > x->request->limit;
    if (x->reply->too_long)
        return img_fail(err, IMG_E_LIMIT, "a reply of %lld bytes, where at most %zu are taken",
                        (long long)length, x->request->limit);
    return true;
}

static size_t on_body(char *data, size_t one, size_t len, void *ctx)
{
    struct img_exchange *x = ctx;
    struct img_buf *body = &x->reply->body;
    int status = status_of(x);

    len *= one;
    if (!x->began && status < 300 && !check_head(x, &x->reply->err)) {
        x->refused = true;
        return 0;
    }
    x->began = true;
    if (status == 200 && x->sink != NULL) {
        x->given = true;
        return x->sink(x->sink_ctx, data, len);
    }
    if (status < 300) {
        img_buf_put(body, data, len);
        x->reply->too_long = body->failed == IMG_E_LIMIT;
        if (body->failed != IMG_OK)
            x->refused = !img_fail(&x->reply->err, body->failed, "a reply of more than %zu bytes",
                                   body->limit);
        return x->refused ? 0 : len;
    }
    if (len > IMG_LIMIT_ERROR_BODY || body->len > IMG_LIMIT_ERROR_BODY - len) {
        x->enough = true;
        return 0;
    }
    img_buf_put(body, data, len);
    return len;
}

static size_t on_read(char *to, size_t one, size_t cap, void *ctx)
{
    struct img_exchange *x = ctx;
    size_t left = (size_t)x->request->upload_size - x->sent, got = 0;

    cap = cap * one < left ? cap * one : left;
    if (cap == 0)
        return 0;
    if (!img_reader_read(x->request->upload, (uint8_t *)to, cap, &got, &x->reply->err)) {
        x->refused = true;
        return CURL_READFUNC_ABORT;
    }
    if (got == 0) {
        x->refused = !img_refuse(&x->reply->err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                                 "what is to be sent ends after %zu bytes instead of %lld", x->sent,
                                 (long long)x->request->upload_size);
        return CURL_READFUNC_ABORT;
    }
    x->sent += got;
    return got;
}

/* --- one attempt ------------------------------------------------------------------------------ */

static bool add_header(struct img_exchange *x, const char *text, struct img_err *err)
{
    struct curl_slist *more = x->http->curl->slist_append(x->headers, text);

    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    x->headers = more;
    return true;
}

static bool add_authorization(struct img_exchange *x, const struct img_url *at, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf line = IMG_BUF(IMG_LIMIT_HEADERS);
    struct img_url origin;

    if (x->request->authorization == NULL)
        return true;
    if (!img_url_parse(x->request->url, &origin, err))
        return false;
    /* Another scheme at the same host and port happens only where TLS gave way to http. */
    if (!img_url_same_host(&origin, at))
        return true;
    if (!at->tls && !img_host_is_loopback(at->host))
        return img_fail(err, IMG_E_DENIED, "no password is sent to %s over plain http", at->host);
    img_buf_puts(&line, "Authorization: ");
    img_buf_puts(&line, x->request->authorization);
    img_buf_put(&line, "", 1);
    return line.failed == IMG_OK ? add_header(x, (const char *)line.ptr, err)
                                 : img_fail(err, line.failed, "HTTP");
}

static bool set_headers(struct img_exchange *x, const struct img_url *at, struct img_err *err)
{
    /* "Expect" would cost a round trip, and curl's default Content-Type for a body is a form's. */
    if (!add_header(x, "Expect:", err))
        return false;
    for (size_t i = 0; i < IMG_HTTP_HEADERS && x->request->headers[i] != NULL; i++)
        if (!add_header(x, x->request->headers[i], err))
            return false;
    if (!add_authorization(x, at, err))
        return false;
    if (x->http->curl->easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers) != CURLE_OK)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    return true;
}

#define SET(option, value)                                                                         \
    do {                                                                                           \
        if (x->http->curl->easy_setopt(x->easy, option, value) != CURLE_OK)                        \
            return img_fail(err, IMG_E_INTERNAL, "libcurl refuses " #option);                      \
    } while (0)

static bool set_method(struct img_exchange *x, struct img_err *err)
{
    const struct img_http_request *r = x->request;
    bool body = strcmp(r->method, "PUT") == 0 || strcmp(r->method, "POST") == 0;

    if (strcmp(r->method, "HEAD") == 0) {
        SET(CURLOPT_NOBODY, 1L);
        return true;
    }
    if (r->upload != NULL) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->upload_size);
        SET(CURLOPT_READFUNCTION, on_read);
        SET(CURLOPT_READDATA, (void *)x);
        return true;
    }
    if (body) {
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body.len);
        SET(CURLOPT_POSTFIELDS, r->body.len > 0 ? (const char *)r->body.ptr : "");
    }
    SET(CURLOPT_CUSTOMREQUEST, r->method);
    return true;
}

static bool set_tls(struct img_exchange *x, const struct img_url *at, struct img_err *err)
{
    struct curl_blob ca = {.data = x->http->ca.ptr, .len = x->http->ca.len};

    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (x->http->ca_path != NULL) {
        SET(CURLOPT_CAINFO, NULL);
        SET(CURLOPT_CAPATH, x->http->ca_path);
    }
    if (ca.len > 0)
        SET(CURLOPT_CAINFO_BLOB, &ca);
    if (img_http_is_insecure(x->http, at)) {
        SET(CURLOPT_SSL_VERIFYPEER, 0L);
        SET(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    return true;
}

static bool set_bounds(struct img_exchange *x, struct img_err *err)
{
    int64_t left = img_http_left(x->http);

    if (left <= 0)
        return img_fail(err, IMG_E_NETWORK, "the deadline has passed (--timeout)");
    if (left != INT64_MAX)
        SET(CURLOPT_TIMEOUT_MS, (long)(left < INT32_MAX ? left : INT32_MAX));
    SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    SET(CURLOPT_LOW_SPEED_LIMIT, STALL_BYTES);
    SET(CURLOPT_LOW_SPEED_TIME, STALL_S);
    if (x->sink != NULL)
        SET(CURLOPT_BUFFERSIZE, (long)(256 * IMG_KIB));
    return true;
}

static bool set_up(struct img_exchange *x, struct img_err *err)
{
    struct img_url at;

    if (!img_url_parse(x->reply->url, &at, err))
        return false;
    SET(CURLOPT_ERRORBUFFER, x->why);
    SET(CURLOPT_URL, x->reply->url);
    SET(CURLOPT_PATH_AS_IS, 1L);
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_USERAGENT, "imgtrust/" IMG_VERSION);
    SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    SET(CURLOPT_PIPEWAIT, 1L); /* rather share an HTTP/2 connection than open one more */
    SET(CURLOPT_PRIVATE, (void *)x);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, (void *)x);
    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, (void *)x);
    if (img_host_is_loopback(at.host))
        SET(CURLOPT_PROXY, "");
    return set_bounds(x, err) && set_tls(x, &at, err) && set_method(x, err) &&
           set_headers(x, &at, err);
}

/* Where this origin is known to speak no TLS, goes there directly. */
static bool prefer_plain(struct img_exchange *x, struct img_err *err)
{
    char origin[IMG_ORIGIN_TEXT];
    char *plain = NULL;
    struct img_url at;

    if (!img_url_parse(x->reply->url, &at, err))
        return false;
    img_url_origin(&at, origin);
    if (!x->request->plain || !at.tls || x->hops > 0 || !img_http_is_plain(x->http, origin))
        return true;
    if (!img_http_make_plain(x->reply->url, &plain, err))
        return false;
    free(x->reply->url);
    x->reply->url = plain;
    return true;
}

static void count_cost(struct img_exchange *x)
{
    const struct img_curl *curl = x->http->curl;
    curl_off_t body = 0;
    long head = 0, asked = 0;

    (void)curl->easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &asked);
    (void)curl->easy_getinfo(x->easy, CURLINFO_SIZE_DOWNLOAD_T, &body);
    (void)curl->easy_getinfo(x->easy, CURLINFO_HEADER_SIZE, &head);
    if (asked <= 0)
        return; /* there was no connection */
    x->steps++;
    img_http_spend(x->http, 1, 0, (uint64_t)body + (uint64_t)head);
}

void img_exchange_end(struct img_exchange *x, struct img_lane *lane)
{
    if (x->easy != NULL) {
        if (x->state == IMG_RUNNING) { /* given up half-way */
            count_cost(x);
            x->http->curl->multi_remove_handle(lane->multi, x->easy);
        }
        x->http->curl->easy_cleanup(x->easy);
    }
    x->http->curl->slist_free_all(x->headers);
    x->headers = NULL;
    x->easy = NULL;
}

static bool begin(struct img_exchange *x, struct img_lane *lane, struct img_err *err)
{
    img_buf_done(&x->reply->head);
    img_buf_done(&x->reply->body);
    x->began = x->enough = x->refused = false;
    x->reply->began = img_http_clock();
    x->why[0] = '\0';
    if (!prefer_plain(x, err))
        return false;
    x->easy = x->http->curl->easy_init();
    if (x->easy == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    if (!set_up(x, err))
        return false;
    if (x->http->curl->multi_add_handle(lane->multi, x->easy) != CURLM_OK)
        return img_fail(err, IMG_E_INTERNAL, "libcurl takes no request");
    x->state = IMG_RUNNING;
    return true;
}

/* Frames an error with what was asked, query left out: signed URLs carry secrets there. */
static bool asked(const struct img_exchange *x, struct img_err *err)
{
    char origin[IMG_ORIGIN_TEXT];
    struct img_err ignored = IMG_ERR_INIT;
    struct img_url u;

    if (x->reply->url == NULL || !img_url_parse(x->reply->url, &u, &ignored))
        return img_ctx(err, "%s", x->request->method);
    img_url_origin(&u, origin);
    return img_ctx(err, "%s %s%.*s", x->request->method, origin, x->hops == 0 ? (int)u.path_len : 0,
                   u.path);
}

static void fail_exchange(struct img_exchange *x)
{
    x->reply->ok = asked(x, &x->reply->err);
    x->state = IMG_DONE;
}

/* A failed connection where http will do: this machine, or a host named --insecure-registry. */
static bool falls_to_plain(const struct img_exchange *x, CURLcode code, const struct img_url *at)
{
    if (!x->request->plain || !at->tls || x->hops > 0 ||
        !(img_host_is_loopback(at->host) || img_http_is_insecure(x->http, at)))
        return false;
    if (code == CURLE_COULDNT_CONNECT)
        return at->default_port; /* port 443 is closed; http has a port of its own */
    return code == CURLE_SSL_CONNECT_ERROR && strstr(x->why, "alert") == NULL;
}

static bool explain(struct img_exchange *x, CURLcode code, const struct img_url *at,
                    struct img_err *err)
{
    const struct img_curl *curl = x->http->curl;
    struct img_http_failure f = {.code = code, .url = *at};
    long sent = 0;

    (void)curl->easy_getinfo(x->easy, CURLINFO_SSL_VERIFYRESULT, &f.verify);
    (void)curl->easy_getinfo(x->easy, CURLINFO_OS_ERRNO, &f.os_error);
    (void)curl->easy_getinfo(x->easy, CURLINFO_REQUEST_SIZE, &sent);
    f.connected = sent > 0;
    f.late = img_http_left(x->http) <= 0;
    f.detail = x->why[0] != '\0' ? x->why : curl->easy_strerror(code);
    return img_http_explain(&f, err);
}

static void wait_until(struct img_exchange *x, int64_t delay)
{
    x->state = IMG_WAITING;
    x->due = img_http_clock() + delay;
}

/* Another try, where there is one left and time for it. */
static bool tries_again(struct img_exchange *x, CURLcode code, int status)
{
    curl_off_t after = 0;
    int64_t delay;

    if (!x->request->again || x->given || !img_http_is_passing(code, status) ||
        x->tries + 1 >= IMG_LIMIT_TRIES)
        return false;
    (void)x->http->curl->easy_getinfo(x->easy, CURLINFO_RETRY_AFTER, &after);
    delay = img_http_delay(x->tries, status >= 300 ? after : 0);
    if (delay >= img_http_left(x->http))
        return false;
    x->tries++;
    wait_until(x, delay);
    return true;
}

static bool settle_failure(struct img_exchange *x, CURLcode code, struct img_err *err)
{
    char origin[IMG_ORIGIN_TEXT];
    char *plain = NULL;
    struct img_url at;

    if (x->refused) /* a callback has said why */
        return false;
    if (!img_url_parse(x->reply->url, &at, err))
        return false;
    if (falls_to_plain(x, code, &at)) {
        img_url_origin(&at, origin);
        if (!img_http_remember_plain(x->http, origin, err) ||
            !img_http_make_plain(x->reply->url, &plain, err))
            return false;
        free(x->reply->url);
        x->reply->url = plain;
        wait_until(x, 0);
        return true;
    }
    return tries_again(x, code, 0) || explain(x, code, &at, err);
}

static bool settle_reply(struct img_exchange *x, struct img_err *err)
{
    struct img_http_reply *r = x->reply;
    char *next = NULL;

    r->status = status_of(x);
    if (tries_again(x, CURLE_OK, r->status))
        return true;
    if (!img_http_is_redirect(r->status) || x->request->follow == IMG_FOLLOW_NONE) {
        x->state = IMG_DONE;
        r->ok = true;
        return true;
    }
    if (!img_http_redirect(r->url, img_http_header(r, "Location", 0), x->request->follow, &next,
                           err))
        return false;
    if (next == NULL) {
        x->state = IMG_DONE;
        r->ok = true;
        return true;
    }
    free(r->url);
    r->url = next;
    if (++x->hops > IMG_LIMIT_REDIRECTS)
        return img_fail(err, IMG_E_NETWORK, "more than %d redirects", IMG_LIMIT_REDIRECTS);
    wait_until(x, 0);
    return true;
}

void img_exchange_finish(struct img_exchange *x, struct img_lane *lane, CURLcode code)
{
    bool fine;

    count_cost(x);
    if (x->enough)
        code = CURLE_OK;
    x->http->curl->multi_remove_handle(lane->multi, x->easy);
    x->state = IMG_WAITING;
    fine = code == CURLE_OK ? settle_reply(x, &x->reply->err)
                            : settle_failure(x, code, &x->reply->err);
    if (!fine)
        fail_exchange(x);
    img_exchange_end(x, lane);
}

void img_exchange_begin(struct img_exchange *x, struct img_lane *lane)
{
    if (begin(x, lane, &x->reply->err))
        return;
    fail_exchange(x);
    img_exchange_end(x, lane);
}

bool img_exchange_init(struct img_exchange *x, struct img_http *h,
                       const struct img_http_request *request, struct img_http_reply *reply,
                       struct img_err *err)
{
    char *url = NULL;

    if (!img_strdup(request->url, &url, err))
        return false;
    *x = (struct img_exchange){.http = h, .request = request, .reply = reply};
    *reply = (struct img_http_reply){
        .url = url,
        .head = IMG_BUF(IMG_LIMIT_HEADERS),
        .body =
            IMG_BUF(request->limit > IMG_LIMIT_ERROR_BODY ? request->limit : IMG_LIMIT_ERROR_BODY),
    };
    return true;
}
