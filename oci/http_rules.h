/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/curl_api.h"
#include "oci/http.h"
#include "oci/url.h"

/* What oci/http decides by, apart from the transfers themselves. Private to oci/http*.c. */

/* Where a redirect leads. *out NULL: it is not to be followed, and is the reply. False: it breaks a
 * rule. */
IMG_NODISCARD bool img_http_redirect(const char *from, const char *location, enum img_follow follow,
                                     char **out, struct img_err *err);

/* A 3xx that names another place for the same request. */
bool img_http_is_redirect(int status);

/* Whether the same request may succeed when it is sent again. */
bool img_http_is_passing(CURLcode code, int status);

/* Milliseconds to wait before try number `tries`: Retry-After (seconds; 0: none) or back-off. */
int64_t img_http_delay(unsigned tries, int64_t retry_after);

/* What is known of a transfer that failed. */
struct img_http_failure {
    CURLcode code;
    long verify;        /* OpenSSL's verification result */
    long os_error;      /* errno of the connection */
    bool connected;     /* a request could be sent */
    bool late;          /* the deadline has passed */
    const char *detail; /* libcurl's words */
    struct img_url url;
};
IMG_NODISCARD bool img_http_explain(const struct img_http_failure *f, struct img_err *err);

/* "https://h:1/x" → "http://h:1/x", without a port "https://h/x" → "http://h/x". */
IMG_NODISCARD bool img_http_make_plain(const char *url, char **out, struct img_err *err);
