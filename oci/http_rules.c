/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/http_rules.h"

#include <string.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/text.h"

bool img_http_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool img_http_redirect(const char *from, const char *location, enum img_follow follow, char **out,
                       struct img_err *err)
{
    IMG_AUTO(img_str_free) char *to = NULL;
    struct img_url a, b;

    if (location == NULL)
        return img_fail(err, IMG_E_MALFORMED, "redirect without Location");
    if (!img_url_resolve(from, location, &to, err) || !img_url_parse(from, &a, err) ||
        !img_url_parse(to, &b, err))
        return img_ctx(err, "redirect");
    if (follow != IMG_FOLLOW_ANY && !img_url_same_origin(&a, &b)) {
        *out = NULL;
        return true;
    }
    if (a.tls && !b.tls)
        return img_fail(err, IMG_E_NETWORK, "redirect from https to http refused");
    /* Whoever answers for a public name must not aim us at services of this machine. */
    if (img_host_is_local(b.host) && !img_host_is_local(a.host))
        return img_fail(err, IMG_E_NETWORK, "redirect to the local address %s refused", b.host);
    *out = IMG_STEAL(&to);
    return true;
}

bool img_http_is_passing(CURLcode code, int status)
{
    /* 500 as well: registries answer it for a tag that is just being written. */
    if (code == CURLE_OK)
        return status == 408 || status == 425 || status == 429 || status == 500 ||
               (status >= 502 && status <= 504);
    return code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

int64_t img_http_random(int64_t ms)
{
    uint64_t random = 0;

    if (ms <= 0 || getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return ms;
    return (int64_t)(random % ((uint64_t)ms + 1));
}

int64_t img_http_jitter(int64_t ms)
{
    return ms - ms / 4 + img_http_random(ms / 2);
}

int64_t img_http_delay(unsigned tries, int64_t retry_after)
{
    if (retry_after > 0)
        return (retry_after < IMG_LIMIT_RETRY_WAIT ? retry_after : IMG_LIMIT_RETRY_WAIT) * 1000;
    return img_http_jitter(250 * (INT64_C(1) << (tries < 8 ? tries : 8)));
}

bool img_http_make_plain(const char *url, char **out, struct img_err *err)
{
    return img_strf(out, err, "http://%s", url + strlen("https://"));
}

/* The numbers are X509_V_ERR_* of OpenSSL, fixed by its ABI; libcurl hands them through. */
static const char *certificate_problem(long verify)
{
    switch (verify) {
    case 9:
        return "its certificate is not valid yet (is this machine's clock right?)";
    case 10:
        return "its certificate has expired";
    case 18:
        return "its certificate is self-signed; --ca-file FILE adds it to those trusted";
    case 2:
    case 19:
    case 20:
    case 21:
        return "its certificate is by an authority this machine does not know; --ca-file FILE adds "
               "the authority's certificate to those trusted";
    case 23:
        return "its certificate is revoked";
    case 66:
    case 68:
        return "its certificate's key or signature is too weak";
    default:
        return NULL;
    }
}

static bool explain_tls(const struct img_http_failure *f, struct img_err *err)
{
    const char *why = certificate_problem(f->verify);

    if (f->code == CURLE_SSL_CONNECT_ERROR)
        return img_fail(err, IMG_E_NETWORK, "%s:%u does not speak TLS 1.2 or newer (%.200s)",
                        f->url.host, f->url.port, f->detail);
    if (why != NULL)
        return img_fail(err, IMG_E_NETWORK, "%s is not trusted: %s", f->url.host, why);
    /* The name is compared first; the chain has no result then. */
    if (f->verify <= 1 && strstr(f->detail, "match") != NULL)
        return img_fail(err, IMG_E_NETWORK,
                        "%s is not trusted: its certificate is for another host name", f->url.host);
    return img_fail(err, IMG_E_NETWORK, "%s is not trusted: %.200s", f->url.host, f->detail);
}

static bool explain_timeout(const struct img_http_failure *f, struct img_err *err)
{
    if (f->late)
        return img_fail(err, IMG_E_NETWORK, "the deadline has passed (--timeout)");
    if (!f->connected)
        return img_fail(err, IMG_E_NETWORK, "%s:%u: no connection within 10 s", f->url.host,
                        f->url.port);
    return img_fail(err, IMG_E_NETWORK, "%s has stalled: less than 1 KiB/s for 60 s", f->url.host);
}

bool img_http_explain(const struct img_http_failure *f, struct img_err *err)
{
    /* Most of libcurl's 99 codes cannot come up here; those that can and say nothing more are
     * covered by its own words. */
    if (f->code == CURLE_OPERATION_TIMEDOUT)
        return explain_timeout(f, err);
    if (f->code == CURLE_PEER_FAILED_VERIFICATION || f->code == CURLE_SSL_CONNECT_ERROR)
        return explain_tls(f, err);
    if (f->code == CURLE_COULDNT_RESOLVE_HOST)
        return img_fail(err, IMG_E_NETWORK, "no address is known for %s", f->url.host);
    if (f->code == CURLE_COULDNT_CONNECT)
        return img_fail(err, IMG_E_NETWORK, "%s:%u does not answer: %s", f->url.host, f->url.port,
                        f->os_error > 0 ? strerror((int)f->os_error) : f->detail);
    if (f->code == CURLE_SSL_CACERT_BADFILE)
        return img_fail(err, IMG_E_USAGE, "no certificate could be read from the --ca-file");
    if (f->code == CURLE_GOT_NOTHING || f->code == CURLE_PARTIAL_FILE)
        return img_fail(err, IMG_E_NETWORK, "%s ended the connection too early", f->url.host);
    if (f->code == CURLE_OUT_OF_MEMORY)
        return img_fail(err, IMG_E_MEMORY, "libcurl");
    return img_fail(err, IMG_E_NETWORK, "%s: %.200s", f->url.host, f->detail);
}
