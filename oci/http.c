/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/http.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "oci/http_private.h"

#define HOST_CONNS 6L /* connections to one host; what browsers use */
#define WIDE       64 /* requests at once over HTTP/2; servers allow 100 streams or more */
#define POLL_MS    1000
#define SYSTEM_CAS "/etc/ssl/certs"

int64_t img_http_clock(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t img_http_left(const struct img_http *h)
{
    int64_t now = img_http_clock();

    if (h->deadline == INT64_MAX)
        return INT64_MAX;
    return now < h->deadline ? h->deadline - now : 0;
}

bool img_http_wait(struct img_http *h, int64_t ms, struct img_err *err)
{
    bool enough = ms < img_http_left(h);
    int64_t wait = ms <= 0 ? 0 : enough ? ms : img_http_left(h);
    struct timespec t = {.tv_sec = wait / 1000, .tv_nsec = (wait % 1000) * 1000000};

    while (nanosleep(&t, &t) != 0)
        continue;
    return enough ? true : img_fail(err, IMG_E_NETWORK, "the deadline has passed (--timeout)");
}

void img_http_spend(struct img_http *h, uint64_t requests, uint64_t round_trips, uint64_t bytes)
{
    if (h->cost == NULL)
        return;
    pthread_mutex_lock(&h->lock);
    h->cost->requests += requests;
    h->cost->round_trips += round_trips;
    h->cost->bytes += bytes;
    pthread_mutex_unlock(&h->lock);
}

/* --- handles ---------------------------------------------------------------------------------- */

/* OpenSSL finds authorities by file name in a hashed directory, which spares reading all of them
 * (35 ms for the usual bundle). Systems without one get libcurl's default. */
static const char *system_authorities(void)
{
    DIR *dir = opendir(SYSTEM_CAS);
    bool hashed = false;

    if (dir == NULL)
        return NULL;
    for (struct dirent *e = readdir(dir); e != NULL && !hashed; e = readdir(dir))
        hashed = strlen(e->d_name) == 10 && strcmp(e->d_name + 8, ".0") == 0;
    closedir(dir);
    return hashed ? SYSTEM_CAS : NULL;
}

static bool read_ca_file(struct img_http *h, const char *path, struct img_err *err)
{
    struct img_bytes text;

    if (!img_read_file(path, &h->ca, err) || !img_buf_bytes(&h->ca, &text, err))
        return img_ctx(err, "--ca-file");
    if (text.len == 0 || memmem(text.ptr, text.len, "-----BEGIN CERTIFICATE-----", 27) == NULL)
        return img_fail(err, IMG_E_USAGE, "--ca-file %s holds no PEM certificate", path);
    return true;
}

bool img_http_new(const struct img_http_options *options, struct img_http **out,
                  struct img_err *err)
{
    IMG_AUTO(img_http_freep) struct img_http *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    h->ca = IMG_BUF(IMG_LIMIT_CA_FILE);
    h->cost = options->cost;
    h->deadline = options->timeout_ms > 0 ? img_http_clock() + options->timeout_ms : INT64_MAX;
    if (pthread_mutex_init(&h->lock, NULL) != 0)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    if (!img_curl_load(&h->curl, err) ||
        (options->ca_file != NULL && !read_ca_file(h, options->ca_file, err)))
        return false;
    h->ca_path = system_authorities();
    if (options->insecure_count > 0)
        h->insecure = calloc(options->insecure_count, sizeof(*h->insecure));
    if (options->insecure_count > 0 && h->insecure == NULL)
        return img_fail(err, IMG_E_MEMORY, "HTTP");
    for (; h->insecure_count < options->insecure_count; h->insecure_count++)
        if (!img_strdup(options->insecure_hosts[h->insecure_count], &h->insecure[h->insecure_count],
                        err))
            return false;
    *out = IMG_STEAL(&h);
    return true;
}

void img_http_free(struct img_http *h)
{
    if (h == NULL)
        return;
    while (h->idle != NULL) {
        struct img_lane *lane = h->idle;

        h->idle = lane->next;
        h->curl->multi_cleanup(lane->multi);
        free(lane);
    }
    for (size_t i = 0; i < h->insecure_count; i++)
        free(h->insecure[i]);
    for (size_t i = 0; i < h->plain_count; i++)
        free(h->plain[i]);
    free(h->insecure);
    free(h->plain);
    img_buf_done(&h->ca);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void img_http_reply_done(struct img_http_reply *r)
{
    free(r->url);
    img_buf_done(&r->head);
    img_buf_done(&r->body);
    *r = (struct img_http_reply){0};
}

const char *img_http_header(const struct img_http_reply *r, const char *name, size_t nth)
{
    size_t len = strlen(name);

    for (size_t at = 0; at < r->head.len;) {
        const char *line = (const char *)r->head.ptr + at;

        if (strncasecmp(line, name, len) == 0 && line[len] == ':' && nth-- == 0)
            return line + len + 1 + strspn(line + len + 1, " \t");
        at += strlen(line) + 1;
    }
    return NULL;
}

bool img_http_is_insecure(const struct img_http *h, const struct img_url *u)
{
    char full[IMG_ORIGIN_TEXT];

    (void)snprintf(full, sizeof(full), "%s:%u", u->host, u->port);
    for (size_t i = 0; i < h->insecure_count; i++)
        if (strcasecmp(h->insecure[i], full) == 0 ||
            (u->default_port && strcasecmp(h->insecure[i], u->host) == 0))
            return true;
    return false;
}

bool img_http_is_plain(struct img_http *h, const char *origin)
{
    bool found = false;

    pthread_mutex_lock(&h->lock);
    for (size_t i = 0; i < h->plain_count; i++)
        found = found || strcmp(h->plain[i], origin) == 0;
    pthread_mutex_unlock(&h->lock);
    return found;
}

bool img_http_remember_plain(struct img_http *h, const char *origin, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *copy = NULL;
    char **fresh;

    if (img_http_is_plain(h, origin))
        return true;
    if (!img_strdup(origin, &copy, err))
        return false;
    pthread_mutex_lock(&h->lock);
    fresh = realloc(h->plain, (h->plain_count + 1) * sizeof(*fresh));
    if (fresh != NULL) {
        h->plain = fresh;
        h->plain[h->plain_count++] = IMG_STEAL(&copy);
    }
    pthread_mutex_unlock(&h->lock);
    return fresh != NULL ? true : img_fail(err, IMG_E_MEMORY, "HTTP");
}

bool img_lane_take(struct img_http *h, struct img_lane **out, struct img_err *err)
{
    struct img_lane *lane;

    pthread_mutex_lock(&h->lock);
    lane = h->idle;
    if (lane != NULL)
        h->idle = lane->next;
    pthread_mutex_unlock(&h->lock);
    if (lane == NULL) {
        lane = calloc(1, sizeof(*lane));
        if (lane == NULL)
            return img_fail(err, IMG_E_MEMORY, "HTTP");
        lane->width = HOST_CONNS;
        lane->multi = h->curl->multi_init();
        if (lane->multi == NULL) {
            free(lane);
            return img_fail(err, IMG_E_MEMORY, "HTTP");
        }
        h->curl->multi_setopt(lane->multi, CURLMOPT_MAX_HOST_CONNECTIONS, HOST_CONNS);
    }
    *out = lane;
    return true;
}

void img_lane_give(struct img_http *h, struct img_lane *lane)
{
    pthread_mutex_lock(&h->lock);
    lane->next = h->idle;
    h->idle = lane;
    pthread_mutex_unlock(&h->lock);
}

/* --- transfers -------------------------------------------------------------------------------- */

bool img_lane_turn(struct img_http *h, struct img_lane *lane, struct img_err *err)
{
    int running, left;

    if (h->curl->multi_perform(lane->multi, &running) != CURLM_OK)
        return img_fail(err, IMG_E_INTERNAL, "libcurl's transfers");
    for (CURLMsg *m = h->curl->multi_info_read(lane->multi, &left); m != NULL;
         m = h->curl->multi_info_read(lane->multi, &left)) {
        CURLcode code = m->data.result; /* m is gone once its handle is */
        struct img_exchange *x = NULL;
        long version = 0;

        if (m->msg != CURLMSG_DONE ||
            h->curl->easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, (char **)&x) != CURLE_OK)
            continue;
        (void)h->curl->easy_getinfo(m->easy_handle, CURLINFO_HTTP_VERSION, &version);
        if (version == CURL_HTTP_VERSION_2_0)
            lane->width = WIDE;
        img_exchange_finish(x, lane, code);
    }
    return true;
}

bool img_lane_poll(struct img_http *h, struct img_lane *lane, int64_t ms, struct img_err *err)
{
    int64_t left = img_http_left(h);

    ms = ms < left ? ms : left;
    ms = ms < 0 ? 0 : ms < POLL_MS ? ms : POLL_MS;
    if (h->curl->multi_poll(lane->multi, NULL, 0, (int)ms, NULL) != CURLM_OK)
        return img_fail(err, IMG_E_INTERNAL, "libcurl's transfers");
    return true;
}

struct batch {
    struct img_exchange *x;
    size_t count;
    size_t open, running; /* not done; under way */
    int64_t next;         /* when the next waiting one is due */
};

static void look(struct batch *b)
{
    b->open = b->running = 0;
    b->next = INT64_MAX;
    for (size_t i = 0; i < b->count; i++) {
        const struct img_exchange *x = &b->x[i];

        b->open += x->state != IMG_DONE;
        b->running += x->state == IMG_RUNNING;
        if (x->state == IMG_WAITING && x->due < b->next)
            b->next = x->due;
    }
}

static bool run_batch(struct img_http *h, struct img_lane *lane, struct batch *b,
                      struct img_err *err)
{
    for (look(b); b->open > 0; look(b)) {
        int64_t now = img_http_clock(), wait = POLL_MS;

        for (size_t i = 0; i < b->count && b->running < lane->width; i++)
            if (b->x[i].state == IMG_WAITING && b->x[i].due <= now) {
                img_exchange_begin(&b->x[i], lane);
                b->running++;
            }
        if (!img_lane_turn(h, lane, err))
            return false;
        look(b);
        if (b->open == 0)
            break;
        now = img_http_clock();
        if (b->running < lane->width && b->next - now < wait)
            wait = b->next - now;
        if (!img_lane_poll(h, lane, wait, err))
            return false;
    }
    return true;
}

bool img_http_run(struct img_http *h, const struct img_http_request *requests,
                  struct img_http_reply *replies, size_t count, struct img_err *err)
{
    struct batch b = {.x = calloc(count + 1, sizeof(*b.x))};
    struct img_lane *lane = NULL;
    uint64_t steps = 0;
    bool ok = b.x != NULL || img_fail(err, IMG_E_MEMORY, "HTTP");

    for (; ok && b.count < count; b.count++)
        ok = img_exchange_init(&b.x[b.count], h, &requests[b.count], &replies[b.count], err);
    ok = ok && img_lane_take(h, &lane, err) && run_batch(h, lane, &b, err);
    for (size_t i = 0; i < b.count && lane != NULL; i++) {
        img_exchange_end(&b.x[i], lane);
        steps = b.x[i].steps > steps ? b.x[i].steps : steps;
    }
    if (lane != NULL)
        img_lane_give(h, lane);
    img_http_spend(h, 0, steps, 0);
    free(b.x);
    return ok;
}
