/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * http and https URLs, read strictly: what this accepts is read the same way by every other reader,
 * so a host that was checked is the host that is contacted.
 *
 * Refused: other schemes, user information, bytes outside visible ASCII, percent escapes or
 * anything but letters, digits, "-", "_" and "." in a host name, port 0, and URLs longer than
 * IMG_LIMIT_URL. Fragments are dropped.
 *
 * Errors:  IMG_E_MALFORMED; IMG_E_UNSUPPORTED for another scheme.
 * Threads: no shared state.
 * Source:  RFC 3986, sections 3 and 5.
 */
struct img_url {
    bool tls;
    char host[256]; /* lower case; IPv6 in brackets */
    unsigned port;  /* the scheme's own where none was given */
    bool default_port;
    const char *path; /* into the text that was parsed: "/v2/…?query", "?query" or "" */
    size_t path_len;  /* without query */
    size_t rest_len;  /* path and query, without fragment */
};

IMG_NODISCARD bool img_url_parse(const char *text, struct img_url *out, struct img_err *err);

/* Resolves a reference as found in Location or Link against the URL of the request. The result is
 * rebuilt from what was parsed; *out is the caller's to free. */
IMG_NODISCARD bool img_url_resolve(const char *base, const char *reference, char **out,
                                   struct img_err *err);

/* Same scheme, host and port. */
bool img_url_same_origin(const struct img_url *a, const struct img_url *b);
/* Same host and port; https and http, each on its own port, are one host. */
bool img_url_same_host(const struct img_url *a, const struct img_url *b);

/* Writes "https://host:port", the port only where it is not the scheme's own. */
#define IMG_ORIGIN_TEXT 300
void img_url_origin(const struct img_url *u, char out[static IMG_ORIGIN_TEXT]);

/* This machine, by name or by literal address: "localhost", "x.localhost", 127.0.0.0/8, [::1]. */
bool img_host_is_loopback(const char *host);
/* Loopback, link-local or unspecified: where nobody outside may send us. */
bool img_host_is_local(const char *host);
