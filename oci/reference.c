/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/reference.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"

#define HUB "docker.io"

static bool is_lower(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
    return is_lower(c) || (c >= 'A' && c <= 'Z');
}

/* Runs of [a-z0-9] joined by one separator: ".", "_", "__", or any number of "-". */
static bool is_component(const char *s, size_t len)
{
    size_t i = 0;

    while (i < len) {
        size_t run = i, sep;
        while (i < len && is_lower(s[i]))
            i++;
        if (i == run)
            return false;
        if (i == len)
            return true;
        sep = i;
        while (i < len && s[i] == s[sep] && !is_lower(s[i]))
            i++;
        if (s[sep] != '-' && (i - sep > (s[sep] == '_' ? 2U : 1U) || strchr("._", s[sep]) == NULL))
            return false;
    }
    return false; /* empty, or ends in a separator */
}

static bool check_path(const char *path, struct img_err *err)
{
    const char *at = path;

    if (strlen(path) > IMG_LIMIT_REPOSITORY)
        return img_fail(err, IMG_E_MALFORMED, "repository name is longer than %d characters",
                        IMG_LIMIT_REPOSITORY);
    for (const char *p = path; *p != '\0'; p++)
        if (*p >= 'A' && *p <= 'Z')
            return img_fail(err, IMG_E_MALFORMED, "repository name '%.80s' must be lower case",
                            path);
    for (;;) {
        size_t len = strcspn(at, "/");
        if (!is_component(at, len))
            return img_fail(err, IMG_E_MALFORMED, "'%.80s' is not a repository name", path);
        if (at[len] == '\0')
            return true;
        at += len + 1;
    }
}

static bool is_digits(const char *s)
{
    return *s != '\0' && s[strspn(s, "0123456789")] == '\0';
}

/* Labels of letters, digits and inner hyphens joined by dots. */
static bool is_domain(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        bool starts = i == 0 || s[i - 1] == '.', ends = i + 1 == len || s[i + 1] == '.';
        if (!is_alnum(s[i]) && (starts || ends || (s[i] != '-' && s[i] != '.')))
            return false;
        if (s[i] == '.' && (starts || ends))
            return false;
    }
    return len > 0;
}

static bool check_host(const char *host, struct img_err *err)
{
    const char *port;
    bool good;

    if (host[0] == '[') { /* only hex digits and ':': no zone, no dotted quad */
        size_t len = strspn(host + 1, "0123456789abcdefABCDEF:");
        good = len > 0 && host[1 + len] == ']';
        port = good ? host + 2 + len : host;
    } else {
        port = host + strcspn(host, ":");
        good = is_domain(host, (size_t)(port - host));
    }
    if (!good || (*port != '\0' && (*port != ':' || !is_digits(port + 1))))
        return img_fail(err, IMG_E_MALFORMED, "bad host '%.80s'", host);
    return true;
}

static bool check_tag(const char *tag, struct img_err *err)
{
    size_t len = strlen(tag);
    bool good = len > 0 && len <= IMG_LIMIT_TAG && tag[0] != '.' && tag[0] != '-';

    for (const char *p = tag; *p != '\0'; p++)
        good = good && (is_alnum(*p) || strchr("_.-", *p) != NULL);
    if (!good)
        return img_fail(err, IMG_E_MALFORMED, "'%.140s' is not a tag", tag);
    return true;
}

/* Docker's rule: what stands before the first '/' is a host if it cannot be a Hub user. */
static bool looks_like_host(const char *s, size_t len)
{
    if (len == strlen("localhost") && memcmp(s, "localhost", len) == 0)
        return true;
    for (size_t i = 0; i < len; i++)
        if (s[i] == '.' || s[i] == ':' || (s[i] >= 'A' && s[i] <= 'Z'))
            return true;
    return false;
}

static bool split_name(const char *text, struct img_reference *r, struct img_err *err)
{
    size_t left = strcspn(text, "/");
    const char *path = text;

    if (text[left] == '/' && looks_like_host(text, left)) {
        path = text + left + 1;
        if (!img_strf(&r->host, err, "%.*s", (int)left, text) || !check_host(r->host, err))
            return false;
        if (strcmp(r->host, "index." HUB) == 0)
            memmove(r->host, HUB, sizeof(HUB));
    } else if (!img_strdup(HUB, &r->host, err)) {
        return false;
    }
    return img_strf(&r->path, err, "%s%s",
                    strcmp(r->host, HUB) == 0 && strchr(path, '/') == NULL ? "library/" : "",
                    path) &&
           check_path(r->path, err) && img_strf(&r->name, err, "%s/%s", r->host, r->path);
}

static bool check_text(const char *text, struct img_err *err)
{
    if (text[0] == '\0')
        return img_fail(err, IMG_E_MALFORMED, "empty image reference");
    if (strnlen(text, IMG_LIMIT_REFERENCE + 1) > IMG_LIMIT_REFERENCE)
        return img_fail(err, IMG_E_MALFORMED, "image reference is longer than %d bytes",
                        IMG_LIMIT_REFERENCE);
    if (strstr(text, "://") != NULL)
        return img_fail(err, IMG_E_MALFORMED, "an image reference has no scheme: '%.80s'", text);
    return true;
}

static bool is_image_id(const char *text)
{
    return strlen(text) == 64 && text[strspn(text, "0123456789abcdef")] == '\0';
}

static bool parse_registry(char *text, struct img_reference *r, struct img_err *err)
{
    char *at = strchr(text, '@'), *slash, *colon;

    if (is_image_id(text))
        return img_fail(err, IMG_E_MALFORMED, "looks like an image ID, not a reference");
    if (at != NULL) {
        *at = '\0';
        if (!img_digest_parse(at + 1, &r->digest, err))
            return false;
    }
    slash = strrchr(text, '/');
    colon = strrchr(slash != NULL ? slash : text, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (!check_tag(colon + 1, err) || !img_strdup(colon + 1, &r->tag, err))
            return false;
    }
    r->where = IMG_AT_REGISTRY;
    if (colon == NULL && at == NULL && !img_strdup("latest", &r->tag, err))
        return false;
    return split_name(text, r, err);
}

/* Where "@sha256:…" or the like begins. Only words that name a digest algorithm count, because a
 * directory may have an '@' in its name; an algorithm that we do not know is then an error. */
static char *find_digest(char *text)
{
    static const char *const words[] = {"sha1", "sha2", "sha3", "sha5", "md5", "blake"};

    for (char *at = strchr(text, '@'); at != NULL; at = strchr(at + 1, '@'))
        for (size_t i = 0; i < IMG_COUNT(words); i++) {
            size_t len = strcspn(at + 1, ":/@");
            if (strncasecmp(at + 1, words[i], strlen(words[i])) == 0 && at[1 + len] == ':')
                return at;
        }
    return NULL;
}

/* A ref.name may be a tag or a whole reference (image-spec, annotations.md). */
static bool check_layout_tag(const char *tag, struct img_err *err)
{
    bool good = tag[0] != '\0' && strlen(tag) <= IMG_LIMIT_REF_NAME;

    for (const char *p = tag; *p != '\0'; p++)
        good = good && (is_alnum(*p) || strchr("_.-:@/+", *p) != NULL);
    if (!good)
        return img_fail(err, IMG_E_MALFORMED, "'%.140s' is not a tag", tag);
    return true;
}

static bool parse_directory(char *text, enum img_where where, struct img_reference *r,
                            struct img_err *err)
{
    char *at = find_digest(text), *colon;

    if (at != NULL) {
        *at = '\0';
        if (!img_digest_parse(at + 1, &r->digest, err))
            return false;
    }
    colon = strchr(text, ':');
    if (colon != NULL) {
        *colon = '\0';
        if (!check_layout_tag(colon + 1, err) || !img_strdup(colon + 1, &r->tag, err))
            return false;
    }
    if (text[0] == '\0')
        return img_fail(err, IMG_E_MALFORMED, "%s is missing",
                        where == IMG_AT_LAYOUT ? "the layout's directory" : "the archive's file");
    r->where = where;
    return img_strdup(text, &r->path, err);
}

static const struct {
    const char *prefix;
    enum img_where where;
} transports[] = {
    {"oci:", IMG_AT_LAYOUT},
    {"oci-archive:", IMG_AT_ARCHIVE},
    {"docker-archive:", IMG_AT_DOCKER_ARCHIVE},
};

static bool parse(char *text, struct img_reference *r, struct img_err *err)
{
    for (size_t i = 0; i < IMG_COUNT(transports); i++)
        if (img_has_prefix(text, transports[i].prefix))
            return parse_directory(text + strlen(transports[i].prefix), transports[i].where, r,
                                   err);
    return parse_registry(text, r, err);
}

bool img_reference_parse(const char *text, struct img_reference *out, struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    IMG_AUTO(img_str_free) char *copy = NULL;

    if (!check_text(text, err))
        return false;
    if (!img_strdup(text, &copy, err))
        return false;
    if (!parse(copy, &r, err))
        return img_ctx(err, "%.200s", text);
    *out = r;
    r = (struct img_reference){.where = IMG_AT_NONE};
    return true;
}

bool img_reference_name_parse(const char *text, char **out, struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};

    if (!check_text(text, err))
        return false;
    if (is_image_id(text))
        return img_fail(err, IMG_E_MALFORMED, "looks like an image ID, not a name");
    if (strchr(text, '@') != NULL || !split_name(text, &r, err))
        return img_fail(err, IMG_E_MALFORMED,
                        "'%.200s' is not a repository name (host/path, without tag and digest)",
                        text);
    *out = IMG_STEAL(&r.name);
    return true;
}

bool img_reference_text(const struct img_reference *r, struct img_buf *out, struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT];
    struct img_bytes ignored;

    for (size_t i = 0; i < IMG_COUNT(transports); i++)
        if (transports[i].where == r->where)
            img_buf_puts(out, transports[i].prefix);
    if (r->where == IMG_AT_REGISTRY)
        img_buf_putf(out, "%s/%s", r->host, r->path);
    else if (r->path != NULL)
        img_buf_puts(out, r->path);
    if (r->tag != NULL)
        img_buf_putf(out, ":%s", r->tag);
    img_digest_text(&r->digest, digest);
    if (digest[0] != '\0')
        img_buf_putf(out, "@%s", digest);
    return img_buf_bytes(out, &ignored, err);
}

bool img_reference_is_loopback(const struct img_reference *r)
{
    char host[64];
    struct in_addr v4;
    struct in6_addr v6;
    size_t len;

    if (r->where != IMG_AT_REGISTRY)
        return false;
    len = r->host[0] == '[' ? strcspn(r->host, "]") : strcspn(r->host, ":");
    if (len >= sizeof(host))
        return false;
    memcpy(host, r->host, len);
    host[len] = '\0';
    if (host[0] == '[')
        return inet_pton(AF_INET6, host + 1, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    return strcasecmp(host, "localhost") == 0 ||
           (inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127);
}

void img_reference_done(struct img_reference *r)
{
    free(r->host);
    free(r->path);
    free(r->tag);
    free(r->name);
    *r = (struct img_reference){.where = IMG_AT_NONE};
}
