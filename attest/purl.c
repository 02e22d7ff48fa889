/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/purl.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"

void img_purl_done(struct img_purl *p)
{
    free(p->type);
    free(p->ns);
    free(p->name);
    free(p->version);
    free(p->qualifiers);
    free(p->subpath);
    *p = (struct img_purl){.type = NULL};
}

/* --- characters ----------------------------------------------------------------------------------
 */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_alpha(char c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* ECMA-427: what is not encoded, and ':', which never is. */
static bool is_plain(char c)
{
    return is_alpha(c) || is_digit(c) || (c != '\0' && strchr(".-_~:", c) != NULL);
}

static void encode(struct img_bytes text, struct img_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_plain((char)text.ptr[i]))
            img_buf_put(out, &text.ptr[i], 1);
        else
            img_buf_putf(out, "%%%02X", text.ptr[i]);
    }
}

static struct img_bytes as_bytes(const char *text)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

void img_purl_encode(const char *text, struct img_buf *out)
{
    encode(as_bytes(text), out);
}

static int nibble(uint8_t c)
{
    return c >= '0' && c <= '9'                             ? c - '0'
           : lower((char)c) >= 'a' && lower((char)c) <= 'f' ? lower((char)c) - 'a' + 10
                                                            : -1;
}

/* Appends the decoded text; what comes out must be UTF-8 without NUL. */
static bool decode(struct img_bytes text, struct img_buf *out, struct img_err *err)
{
    size_t start = out->len;
    struct img_bytes all;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c == '%') {
            int high = i + 2 < text.len ? nibble(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? nibble(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0)
                return img_fail(err, IMG_E_MALFORMED, "'%%' without two hex digits");
            c = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (c == '\0')
            return img_fail(err, IMG_E_MALFORMED, "NUL byte");
        img_buf_put(out, &c, 1);
    }
    if (!img_buf_bytes(out, &all, err))
        return false;
    if (all.len > start &&
        !img_text_is_utf8((struct img_bytes){.ptr = all.ptr + start, .len = all.len - start}))
        return img_fail(err, IMG_E_MALFORMED, "not UTF-8");
    return true;
}

/* --- types ---------------------------------------------------------------------------------------
 */

enum fold { FOLD_NONE, FOLD_NS, FOLD_BOTH, FOLD_PYPI };

static enum fold fold_of(const char *type)
{
    static const struct {
        const char *type;
        enum fold fold;
    } rules[] = {{"alpm", FOLD_BOTH},    {"apk", FOLD_BOTH}, {"bitbucket", FOLD_BOTH},
                 {"bitnami", FOLD_BOTH}, {"deb", FOLD_BOTH}, {"composer", FOLD_BOTH},
                 {"github", FOLD_BOTH},  {"oci", FOLD_BOTH}, {"pypi", FOLD_PYPI},
                 {"rpm", FOLD_NS}};

    for (size_t i = 0; i < IMG_COUNT(rules); i++)
        if (strcmp(rules[i].type, type) == 0)
            return rules[i].fold;
    return FOLD_NONE;
}

static void fold(struct img_purl *p)
{
    enum fold how = fold_of(p->type);

    for (char *c = p->ns; c != NULL && *c != '\0'; c++)
        *c = how != FOLD_NONE ? lower(*c) : *c;
    for (char *c = p->name; *c != '\0'; c++) {
        *c = how == FOLD_BOTH || how == FOLD_PYPI ? lower(*c) : *c;
        *c = how == FOLD_PYPI && (*c == '_' || *c == '.') ? '-' : *c;
    }
    if (strcmp(p->type, "oci") == 0) /* its version is a digest */
        for (char *c = p->version; c != NULL && *c != '\0'; c++)
            *c = lower(*c);
}

/* --- reading -------------------------------------------------------------------------------------
 */

static bool take(struct img_buf *b, char **out, struct img_err *err)
{
    struct img_bytes all;

    img_buf_put(b, "", 1);
    return img_buf_bytes(b, &all, err) && img_strdup((const char *)all.ptr, out, err);
}

static bool read_text(struct img_bytes text, char **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_PURL);

    return decode(text, &b, err) && take(&b, out, err);
}

/* Segments between slashes: empty ones go, and in a subpath "." and ".." too. */
static bool read_segments(struct img_bytes text, bool subpath, char **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(2 * IMG_LIMIT_PURL);

    for (size_t at = 0; at <= text.len;) {
        IMG_AUTO(img_str_free) char *one = NULL;
        const uint8_t *slash = memchr(text.ptr + at, '/', text.len - at);
        size_t len = slash != NULL ? (size_t)(slash - (text.ptr + at)) : text.len - at;

        if (!read_text((struct img_bytes){.ptr = text.ptr + at, .len = len}, &one, err))
            return false;
        if (strchr(one, '/') != NULL)
            return img_fail(err, IMG_E_MALFORMED, "'/' within a segment");
        at += len + 1;
        if (one[0] == '\0' || (subpath && (strcmp(one, ".") == 0 || strcmp(one, "..") == 0)))
            continue;
        img_buf_putf(&b, "%s%s", b.len > 0 ? "/" : "", one);
    }
    return (b.len == 0 && b.failed == IMG_OK) || take(&b, out, err);
}

static bool read_type(struct img_bytes text, char **out, struct img_err *err)
{
    if (text.len == 0 || !is_alpha((char)text.ptr[0]))
        return img_fail(err, IMG_E_MALFORMED, "type does not begin with a letter");
    for (size_t i = 0; i < text.len; i++)
        if (!is_alpha((char)text.ptr[i]) && !is_digit((char)text.ptr[i]) && text.ptr[i] != '.' &&
            text.ptr[i] != '-')
            return img_fail(err, IMG_E_MALFORMED, "type has other characters than a-z 0-9 . -");
    if (!read_text(text, out, err))
        return false;
    for (char *c = *out; *c != '\0'; c++)
        *c = lower(*c);
    return true;
}

struct qualifier {
    char *key, *value;
};

struct qualifiers {
    struct qualifier *items;
    size_t count;
};

static void qualifiers_done(struct qualifiers *q)
{
    for (size_t i = 0; i < q->count; i++) {
        free(q->items[i].key);
        free(q->items[i].value);
    }
    free(q->items);
}

static bool read_key(struct img_bytes text, char **out, struct img_err *err)
{
    bool ok = text.len > 0 && is_alpha((char)text.ptr[0]);

    for (size_t i = 0; i < text.len; i++)
        ok = ok && (is_alpha((char)text.ptr[i]) || is_digit((char)text.ptr[i]) ||
                    strchr("._-", text.ptr[i]) != NULL);
    if (!ok)
        return img_fail(err, IMG_E_MALFORMED, "qualifier without a proper key");
    if (!read_text(text, out, err))
        return false;
    for (char *c = *out; *c != '\0'; c++)
        *c = lower(*c);
    return true;
}

/* "key=value" into the sorted list; one with an empty value is as good as none. */
static bool read_qualifier(struct img_bytes text, struct qualifiers *q, struct img_err *err)
{
    const uint8_t *equals = text.len > 0 ? memchr(text.ptr, '=', text.len) : NULL;
    IMG_AUTO(img_str_free) char *key = NULL;
    IMG_AUTO(img_str_free) char *value = NULL;
    size_t at = q->count, key_len;

    if (equals == NULL)
        return img_fail(err, IMG_E_MALFORMED, "qualifier without '='");
    key_len = (size_t)(equals - text.ptr);
    if (!read_key((struct img_bytes){.ptr = text.ptr, .len = key_len}, &key, err) ||
        !read_text((struct img_bytes){.ptr = equals + 1, .len = text.len - key_len - 1}, &value,
                   err))
        return false;
    if (value[0] == '\0')
        return true;
    for (size_t i = 0; i < q->count; i++)
        if (strcmp(q->items[i].key, key) == 0)
            return img_fail(err, IMG_E_MALFORMED, "qualifier '%.40s' twice", key);
    for (; at > 0 && strcmp(q->items[at - 1].key, key) > 0; at--)
        q->items[at] = q->items[at - 1];
    q->items[at] = (struct qualifier){.key = IMG_STEAL(&key), .value = IMG_STEAL(&value)};
    q->count++;
    return true;
}

static bool read_qualifiers(struct img_bytes text, char **out, struct img_err *err)
{
    IMG_AUTO(qualifiers_done) struct qualifiers q = {.items = NULL};
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(4 * IMG_LIMIT_PURL);
    size_t most = 1;

    for (size_t i = 0; i < text.len; i++)
        most += text.ptr[i] == '&';
    q.items = calloc(most, sizeof(*q.items));
    if (q.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "qualifiers");
    for (size_t at = 0; at < text.len;) {
        const uint8_t *amp = memchr(text.ptr + at, '&', text.len - at);
        size_t len = amp != NULL ? (size_t)(amp - (text.ptr + at)) : text.len - at;

        if (!read_qualifier((struct img_bytes){.ptr = text.ptr + at, .len = len}, &q, err))
            return false;
        at += len + 1;
    }
    for (size_t i = 0; i < q.count; i++) {
        img_buf_putf(&b, "%s%s=", i > 0 ? "&" : "", q.items[i].key);
        img_purl_encode(q.items[i].value, &b);
    }
    return (b.len == 0 && b.failed == IMG_OK) || take(&b, out, err);
}

/* Takes what follows the last `mark` off *text; false when there is no mark. */
static bool split_right(struct img_bytes *text, char mark, struct img_bytes *right)
{
    for (size_t i = text->len; i > 0; i--)
        if (text->ptr[i - 1] == (uint8_t)mark) {
            *right = (struct img_bytes){.ptr = text->ptr + i, .len = text->len - i};
            text->len = i - 1;
            return true;
        }
    return false;
}

/* "ns/ns/name@version". An '@' that begins a segment with others behind it is npm's scope. */
static bool read_path(struct img_bytes path, struct img_purl *p, struct img_err *err)
{
    struct img_bytes version = {0}, name = {0}, left = path;

    if (split_right(&left, '@', &version) && ((left.len > 0 && left.ptr[left.len - 1] != '/') ||
                                              memchr(version.ptr, '/', version.len) == NULL)) {
        if (version.len > 0 && !read_text(version, &p->version, err))
            return img_ctx(err, "version");
        path = left;
    }
    while (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    left = path;
    if (!split_right(&left, '/', &name)) {
        name = path;
        left.len = 0;
    }
    if (name.len == 0)
        return img_fail(err, IMG_E_MALFORMED, "no name");
    return read_text(name, &p->name, err) &&
           (left.len == 0 || read_segments(left, false, &p->ns, err));
}

static bool read_all(struct img_bytes text, struct img_purl *p, struct img_err *err)
{
    struct img_bytes part = {0};
    const uint8_t *slash;

    if (split_right(&text, '#', &part) && part.len > 0 &&
        !read_segments(part, true, &p->subpath, err))
        return img_ctx(err, "subpath");
    if (split_right(&text, '?', &part) && !read_qualifiers(part, &p->qualifiers, err))
        return false;
    if (text.len < 4 || strncasecmp((const char *)text.ptr, "pkg:", 4) != 0)
        return img_fail(err, IMG_E_MALFORMED, "does not begin with 'pkg:'");
    text = (struct img_bytes){.ptr = text.ptr + 4, .len = text.len - 4};
    for (; text.len > 0 && text.ptr[0] == '/'; text.len--)
        text.ptr++;
    slash = text.len > 0 ? memchr(text.ptr, '/', text.len) : NULL;
    if (slash == NULL)
        return img_fail(err, IMG_E_MALFORMED, "no '/' after the type");
    part = (struct img_bytes){.ptr = text.ptr, .len = (size_t)(slash - text.ptr)};
    if (!read_type(part, &p->type, err))
        return false;
    for (text.len -= part.len, text.ptr += part.len; text.len > 0 && text.ptr[0] == '/'; text.len--)
        text.ptr++;
    if (!read_path(text, p, err))
        return false;
    fold(p);
    return true;
}

bool img_purl_parse(const char *text, struct img_purl *out, struct img_err *err)
{
    IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};

    if (strlen(text) > IMG_LIMIT_PURL)
        return img_fail(err, IMG_E_LIMIT, "package URL longer than %llu bytes",
                        (unsigned long long)IMG_LIMIT_PURL);
    if (!read_all(as_bytes(text), &p, err))
        return img_ctx(err, "package URL '%.100s'", text);
    *out = p;
    p = (struct img_purl){.type = NULL};
    return true;
}

/* --- writing -------------------------------------------------------------------------------------
 */

/* As encode, with '/' between segments kept. */
static void encode_segments(const char *text, struct img_buf *out)
{
    while (*text != '\0') {
        size_t len = strcspn(text, "/");

        encode((struct img_bytes){.ptr = (const uint8_t *)text, .len = len}, out);
        text += len;
        if (*text == '/')
            img_buf_put(out, text++, 1);
    }
}

static bool copy(const char *from, char **to, struct img_err *err)
{
    return from == NULL || img_strdup(from, to, err);
}

bool img_purl_text(const struct img_purl *p, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_purl_done) struct img_purl c = {.type = NULL};
    struct img_bytes ignored;

    if (!copy(p->type, &c.type, err) || !copy(p->ns, &c.ns, err) || !copy(p->name, &c.name, err) ||
        !copy(p->version, &c.version, err))
        return false;
    if (c.type == NULL || c.name == NULL || c.name[0] == '\0')
        return img_fail(err, IMG_E_INTERNAL, "package URL without type or name");
    fold(&c);
    img_buf_putf(out, "pkg:%s/", c.type);
    if (c.ns != NULL && c.ns[0] != '\0') {
        encode_segments(c.ns, out);
        img_buf_puts(out, "/");
    }
    img_purl_encode(c.name, out);
    if (c.version != NULL && c.version[0] != '\0') {
        img_buf_puts(out, "@");
        img_purl_encode(c.version, out);
    }
    if (p->qualifiers != NULL && p->qualifiers[0] != '\0')
        img_buf_putf(out, "?%s", p->qualifiers);
    if (p->subpath != NULL && p->subpath[0] != '\0') {
        img_buf_puts(out, "#");
        encode_segments(p->subpath, out);
    }
    return img_buf_bytes(out, &ignored, err);
}

/* --- matching ------------------------------------------------------------------------------------
 */

static bool same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* True when one of the list's "key=value" is this one. Both are canonical. */
static bool has_qualifier(const char *list, const char *one, size_t len)
{
    while (list != NULL && *list != '\0') {
        size_t n = strcspn(list, "&");

        if (n == len && memcmp(list, one, len) == 0)
            return true;
        list += n + (list[n] == '&');
    }
    return false;
}

bool img_purl_matches(const struct img_purl *pattern, const struct img_purl *p)
{
    const char *q = pattern->qualifiers;

    if (!same(pattern->type, p->type) || !same(pattern->ns, p->ns) || !same(pattern->name, p->name))
        return false;
    if (pattern->version != NULL && !same(pattern->version, p->version))
        return false;
    if (pattern->subpath != NULL && !same(pattern->subpath, p->subpath))
        return false;
    while (q != NULL && *q != '\0') {
        size_t n = strcspn(q, "&");

        if (!has_qualifier(p->qualifiers, q, n))
            return false;
        q += n + (q[n] == '&');
    }
    return true;
}
