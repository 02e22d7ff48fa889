/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/url.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"

static bool read_scheme(const char **at, bool *tls, struct img_err *err)
{
    if (strncasecmp(*at, "https://", 8) == 0) {
        *tls = true;
        *at += 8;
        return true;
    }
    if (strncasecmp(*at, "http://", 7) == 0) {
        *tls = false;
        *at += 7;
        return true;
    }
    return img_fail(err, IMG_E_UNSUPPORTED, "not an http or https URL: '%.40s'", *at);
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

/* `len` bytes of host, lower-cased into out. */
static bool read_host(const char *text, size_t len, struct img_url *out, struct img_err *err)
{
    struct in6_addr ignored;

    if (len == 0 || len >= sizeof(out->host))
        return img_fail(err, IMG_E_MALFORMED, "URL without a usable host");
    for (size_t i = 0; i < len; i++)
        out->host[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    out->host[len] = '\0';
    if (out->host[0] == '[') {
        char inner[INET6_ADDRSTRLEN];

        if (len < 4 || len - 2 >= sizeof(inner) || out->host[len - 1] != ']')
            return img_fail(err, IMG_E_MALFORMED, "URL with a bad IPv6 address");
        memcpy(inner, out->host + 1, len - 2);
        inner[len - 2] = '\0';
        if (inet_pton(AF_INET6, inner, &ignored) != 1)
            return img_fail(err, IMG_E_MALFORMED, "URL with a bad IPv6 address");
        return true;
    }
    for (size_t i = 0; i < len; i++)
        if (!is_name_char(out->host[i]))
            return img_fail(err, IMG_E_MALFORMED, "URL with a bad host name");
    return out->host[0] != '.' && out->host[0] != '-'
               ? true
               : img_fail(err, IMG_E_MALFORMED, "URL with a bad host name");
}

static bool read_port(const char *text, size_t len, struct img_url *out, struct img_err *err)
{
    unsigned long port = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || i >= 5)
            return img_fail(err, IMG_E_MALFORMED, "URL with a bad port");
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    if (port == 0 || port > 65535)
        return img_fail(err, IMG_E_MALFORMED, "URL with a bad port");
    out->port = (unsigned)port;
    return true;
}

static bool visible(const char *text, struct img_err *err)
{
    size_t n = 0;

    for (; text[n] != '\0'; n++) {
        if (n >= IMG_LIMIT_URL)
            return img_fail(err, IMG_E_LIMIT, "URL longer than %d bytes", (int)IMG_LIMIT_URL);
        if (text[n] <= ' ' || text[n] > '~')
            return img_fail(err, IMG_E_MALFORMED, "URL with a space, control or non-ASCII byte");
    }
    return true;
}

bool img_url_parse(const char *text, struct img_url *out, struct img_err *err)
{
    struct img_url u = {0};
    const char *at = text, *host, *port;
    size_t authority, host_len;

    if (!visible(text, err) || !read_scheme(&at, &u.tls, err))
        return false;
    host = at;
    authority = strcspn(host, "/?#");
    /* Also where it would be legal: "\" and "@" are what readers disagree about. */
    if (memchr(host, '@', authority) != NULL || memchr(host, '\\', authority) != NULL)
        return img_fail(err, IMG_E_MALFORMED, "URL with user information");
    port = memchr(host, ']', authority);
    port = memchr(port == NULL ? host : port, ':',
                  authority - (size_t)((port == NULL ? host : port) - host));
    host_len = port == NULL ? authority : (size_t)(port - host);
    u.port = u.tls ? 443 : 80;
    if (!read_host(host, host_len, &u, err) ||
        (port != NULL && !read_port(port + 1, authority - host_len - 1, &u, err)))
        return false;
    u.default_port = u.port == (u.tls ? 443 : 80);
    u.path = host + authority;
    u.rest_len = strcspn(u.path, "#");
    u.path_len = strcspn(u.path, "?#");
    *out = u;
    return true;
}

bool img_url_same_origin(const struct img_url *a, const struct img_url *b)
{
    return a->tls == b->tls && a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool img_url_same_host(const struct img_url *a, const struct img_url *b)
{
    return strcmp(a->host, b->host) == 0 &&
           (a->port == b->port || (a->default_port && b->default_port));
}

void img_url_origin(const struct img_url *u, char out[static IMG_ORIGIN_TEXT])
{
    if (u->default_port)
        (void)snprintf(out, IMG_ORIGIN_TEXT, "%s://%s", u->tls ? "https" : "http", u->host);
    else
        (void)snprintf(out, IMG_ORIGIN_TEXT, "%s://%s:%u", u->tls ? "https" : "http", u->host,
                       u->port);
}

/* RFC 3986 section 5.2.4, on `len` bytes of path, appended to out. */
static void put_without_dots(const char *path, size_t len, struct img_buf *out)
{
    size_t start = out->len;

    for (size_t i = 0; i < len && out->failed == IMG_OK;) {
        size_t end = i + 1;

        while (end < len && path[end] != '/')
            end++;
        bool last = end == len;
        size_t seg = end - i - 1; /* path[i] is '/' */
        bool one = seg == 1 && path[i + 1] == '.';
        bool two = seg == 2 && path[i + 1] == '.' && path[i + 2] == '.';

        if (two)
            while (out->len > start && out->ptr[--out->len] != '/')
                continue;
        if (!one && !two)
            img_buf_put(out, path + i, end - i);
        else if (last)
            img_buf_puts(out, "/");
        i = end;
    }
    if (out->len == start)
        img_buf_puts(out, "/");
}

/* The path of `reference`, merged with the base's where it is relative (section 5.2.3). */
static void merge_path(const struct img_url *base, const char *reference, size_t len,
                       struct img_buf *out)
{
    size_t dir = base->path_len;

    if (len > 0 && reference[0] == '/') {
        img_buf_put(out, reference, len);
        return;
    }
    if (len == 0) {
        img_buf_put(out, base->path, base->path_len);
        return;
    }
    while (dir > 0 && base->path[dir - 1] != '/')
        dir--;
    if (dir == 0)
        img_buf_puts(out, "/");
    else
        img_buf_put(out, base->path, dir);
    img_buf_put(out, reference, len);
}

/* Origin, path without dot segments, query: the only form that is ever sent. */
static bool rebuild(const struct img_url *origin, struct img_bytes path, struct img_bytes query,
                    char **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_URL + IMG_ORIGIN_TEXT);
    struct img_bytes text;
    char head[IMG_ORIGIN_TEXT];

    img_url_origin(origin, head);
    img_buf_puts(&b, head);
    put_without_dots((const char *)path.ptr, path.len, &b);
    img_buf_put(&b, query.ptr, query.len);
    if (!img_buf_bytes(&b, &text, err))
        return img_ctx(err, "URL");
    return img_strf(out, err, "%.*s", (int)text.len, (const char *)text.ptr);
}

static struct img_bytes view(const char *text, size_t len)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = len};
}

/* A scheme (section 3.1) in front, before any "/", "?" or "#". */
static bool is_absolute(const char *text)
{
    return text[strcspn(text, ":/?#")] == ':';
}

bool img_url_resolve(const char *base, const char *reference, char **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf path = IMG_BUF(2 * IMG_LIMIT_URL);
    IMG_AUTO(img_str_free) char *whole = NULL;
    struct img_url b, u;
    struct img_bytes merged;
    size_t path_len, end;

    if (!img_url_parse(base, &b, err) || !visible(reference, err))
        return false;
    if (reference[0] == '/' && reference[1] == '/' &&
        !img_strf(&whole, err, "%s:%s", b.tls ? "https" : "http", reference))
        return false;
    if (whole != NULL || is_absolute(reference)) {
        if (!img_url_parse(whole != NULL ? whole : reference, &u, err))
            return false;
        return rebuild(&u, view(u.path, u.path_len),
                       view(u.path + u.path_len, u.rest_len - u.path_len), out, err);
    }
    path_len = strcspn(reference, "?#");
    end = strcspn(reference, "#");
    merge_path(&b, reference, path_len, &path);
    if (!img_buf_bytes(&path, &merged, err))
        return img_ctx(err, "URL");
    if (path_len == 0 && end == 0) /* the same document */
        return rebuild(&b, merged, view(b.path + b.path_len, b.rest_len - b.path_len), out, err);
    return rebuild(&b, merged, view(reference + path_len, end - path_len), out, err);
}

static bool ipv4(const char *host, uint32_t *out)
{
    struct in_addr a;

    if (inet_pton(AF_INET, host, &a) != 1)
        return false;
    *out = ntohl(a.s_addr);
    return true;
}

static bool ipv6(const char *host, struct in6_addr *out)
{
    char inner[INET6_ADDRSTRLEN];
    size_t len = strlen(host);

    if (len < 4 || host[0] != '[' || len - 2 >= sizeof(inner))
        return false;
    memcpy(inner, host + 1, len - 2);
    inner[len - 2] = '\0';
    return inet_pton(AF_INET6, inner, out) == 1;
}

bool img_host_is_loopback(const char *host)
{
    struct in6_addr six;
    uint32_t four;

    if (ipv4(host, &four))
        return four >> 24 == 127;
    if (ipv6(host, &six))
        return IN6_IS_ADDR_LOOPBACK(&six);
    return strcasecmp(host, "localhost") == 0 ||
           (strlen(host) > 10 && strcasecmp(host + strlen(host) - 10, ".localhost") == 0);
}

bool img_host_is_local(const char *host)
{
    struct in6_addr six;
    uint32_t four;

    if (img_host_is_loopback(host))
        return true;
    if (ipv4(host, &four))
        return four >> 24 == 0 || four >> 16 == 0xa9fe; /* this network; 169.254/16 */
    if (!ipv6(host, &six))
        /* 0x7f000001, 2130706433, 127.1: resolvers read these as addresses, people do not */
        return host[strspn(host, "0123456789.")] == '\0' || strncasecmp(host, "0x", 2) == 0;
    return IN6_IS_ADDR_UNSPECIFIED(&six) || IN6_IS_ADDR_LINKLOCAL(&six) ||
           IN6_IS_ADDR_V4MAPPED(&six) || IN6_IS_ADDR_V4COMPAT(&six);
}
