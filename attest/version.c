/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/version.h"

#include <stdlib.h>
#include <string.h>

#include "attest/version_order.h"
#include "base/limits.h"

static const struct {
    const char *type;
    enum img_order order;
} purl_orders[] = {
    {"deb", IMG_ORDER_DEB},       {"apk", IMG_ORDER_APK},      {"npm", IMG_ORDER_SEMVER},
    {"golang", IMG_ORDER_SEMVER}, {"cargo", IMG_ORDER_SEMVER}, {"maven", IMG_ORDER_MAVEN},
};

enum img_order img_order_of_purl_type(const char *type)
{
    for (size_t i = 0; i < IMG_COUNT(purl_orders); i++)
        if (strcmp(type, purl_orders[i].type) == 0)
            return purl_orders[i].order;
    return IMG_ORDER_NONE;
}

int img_compare_digits(struct img_bytes a, struct img_bytes b)
{
    int c;

    while (a.len > 0 && *a.ptr == '0')
        a = (struct img_bytes){a.ptr + 1, a.len - 1};
    while (b.len > 0 && *b.ptr == '0')
        b = (struct img_bytes){b.ptr + 1, b.len - 1};
    if (a.len != b.len)
        return a.len < b.len ? -1 : 1;
    c = a.len > 0 ? memcmp(a.ptr, b.ptr, a.len) : 0;
    return (c > 0) - (c < 0);
}

int img_compare_text(struct img_bytes a, struct img_bytes b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int c = shared > 0 ? memcmp(a.ptr, b.ptr, shared) : 0;

    return c != 0 ? (c > 0) - (c < 0) : (a.len > b.len) - (a.len < b.len);
}

/* Cuts the run of digits that text begins with, maybe empty. */
static struct img_bytes cut_digits(struct img_bytes *text)
{
    struct img_bytes run = {text->ptr, 0};

    while (run.len < text->len && img_is_digit(text->ptr[run.len]))
        run.len++;
    *text = (struct img_bytes){text->ptr + run.len, text->len - run.len};
    return run;
}

/* Cuts everything up to the next `stop`, which goes too. */
static struct img_bytes cut_until(struct img_bytes *text, char stop)
{
    const uint8_t *at = text->len > 0 ? memchr(text->ptr, stop, text->len) : NULL;
    struct img_bytes part = {text->ptr, at == NULL ? text->len : (size_t)(at - text->ptr)};
    size_t gone = part.len + (at != NULL);

    *text = (struct img_bytes){text->ptr + gone, text->len - gone};
    return part;
}

/* --- deb: deb-version(7) "Sorting algorithm" --- */

/* "~" sorts before the end of a part, the end before letters, letters before everything else. */
static int deb_rank(struct img_bytes text)
{
    uint8_t c = text.len > 0 ? *text.ptr : '0';

    if (img_is_digit(c))
        return 0;
    if (c == '~')
        return -1;
    return img_is_letter(c) ? c : c + 256;
}

static int deb_part(struct img_bytes a, struct img_bytes b)
{
    while (a.len > 0 || b.len > 0) {
        int ra = deb_rank(a), rb = deb_rank(b), c;

        if (ra != rb)
            return ra < rb ? -1 : 1;
        if (ra != 0) {
            a = (struct img_bytes){a.ptr + 1, a.len - 1};
            b = (struct img_bytes){b.ptr + 1, b.len - 1};
            continue;
        }
        c = img_compare_digits(cut_digits(&a), cut_digits(&b));
        if (c != 0)
            return c;
    }
    return 0;
}

struct deb {
    struct img_bytes epoch, upstream, revision;
};

static struct deb deb_split(struct img_bytes text)
{
    struct deb d = {{text.ptr, 0}, text, {text.ptr, 0}};

    if (text.len > 0 && memchr(text.ptr, ':', text.len) != NULL)
        d.epoch = cut_until(&d.upstream, ':');
    for (size_t i = d.upstream.len; i > 0; i--)
        if (d.upstream.ptr[i - 1] == '-') {
            d.revision = (struct img_bytes){d.upstream.ptr + i, d.upstream.len - i};
            d.upstream.len = i - 1;
            break;
        }
    return d;
}

static int deb_compare(struct img_bytes a, struct img_bytes b)
{
    struct deb da = deb_split(a), db = deb_split(b);
    int c = deb_part(da.epoch, db.epoch);

    c = c != 0 ? c : deb_part(da.upstream, db.upstream);
    return c != 0 ? c : deb_part(da.revision, db.revision);
}

/* --- semver: semver.org 2.0, clause 11 --- */

static bool all_digits(struct img_bytes text)
{
    return cut_digits(&text).ptr != NULL && text.len == 0;
}

/* Numbers by value and before words, words by their bytes. */
static int semver_identifier(struct img_bytes a, struct img_bytes b)
{
    bool na = a.len > 0 && all_digits(a), nb = b.len > 0 && all_digits(b);

    if (na != nb)
        return na ? -1 : 1;
    return na ? img_compare_digits(a, b) : img_compare_text(a, b);
}

/* Identifier by identifier. What is missing counts as "0" among numbers, and as least of all among
 * the words of a prerelease. */
static int semver_dotted(struct img_bytes a, struct img_bytes b, bool numbers)
{
    static const struct img_bytes zero = {(const uint8_t *)"0", 1};
    int c = 0;

    while (c == 0 && (a.len > 0 || b.len > 0)) {
        bool has_a = a.len > 0, has_b = b.len > 0;
        struct img_bytes ia = cut_until(&a, '.'), ib = cut_until(&b, '.');

        if (!numbers && has_a != has_b)
            return has_a ? 1 : -1;
        c = semver_identifier(has_a ? ia : zero, has_b ? ib : zero);
    }
    return c;
}

static int semver_compare(struct img_bytes a, struct img_bytes b)
{
    struct img_bytes core_a, core_b;
    bool pre_a, pre_b;
    int c;

    if (a.len > 0 && *a.ptr == 'v')
        a = (struct img_bytes){a.ptr + 1, a.len - 1};
    if (b.len > 0 && *b.ptr == 'v')
        b = (struct img_bytes){b.ptr + 1, b.len - 1};
    a = cut_until(&a, '+'); /* clause 10: build metadata is ignored */
    b = cut_until(&b, '+');
    core_a = cut_until(&a, '-');
    core_b = cut_until(&b, '-');
    c = semver_dotted(core_a, core_b, true);
    if (c != 0)
        return c;
    pre_a = a.len > 0;
    pre_b = b.len > 0;
    if (pre_a != pre_b)
        return pre_a ? -1 : 1;
    return semver_dotted(a, b, false);
}

/* --- all --- */

static bool checked(const char *text, struct img_bytes *out, struct img_err *err)
{
    struct img_bytes bytes = {(const uint8_t *)text, strlen(text)};

    if (bytes.len > IMG_LIMIT_VERSION)
        return img_fail(err, IMG_E_LIMIT, "version longer than %d bytes", IMG_LIMIT_VERSION);
    *out = bytes;
    return true;
}

bool img_version_compare(enum img_order order, const char *a, const char *b, int *out,
                         struct img_err *err)
{
    struct img_bytes ta, tb;

    if (!checked(a, &ta, err) || !checked(b, &tb, err))
        return false;
    switch (order) {
    case IMG_ORDER_NONE:
        return img_refuse(err, IMG_E_UNSUPPORTED, IMG_WHY_VERSION_ORDER_UNKNOWN,
                          "cannot tell whether '%s' is older than '%s'", a, b);
    case IMG_ORDER_DEB:
        *out = deb_compare(ta, tb);
        break;
    case IMG_ORDER_APK:
        *out = img_compare_apk(ta, tb);
        break;
    case IMG_ORDER_SEMVER:
        *out = semver_compare(ta, tb);
        break;
    case IMG_ORDER_MAVEN:
        return img_compare_maven(ta, tb, out, err);
    }
    return true;
}

/* --- ranges --- */

enum relation { REL_EQUAL, REL_LESS, REL_LESS_EQUAL, REL_MORE, REL_MORE_EQUAL };

struct term {
    enum relation relation;
    char version[IMG_LIMIT_VERSION + 1];
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == ',';
}

static const char *skip_blanks(const char *p)
{
    while (is_blank(*p))
        p++;
    return p;
}

static const char *read_relation(const char *p, enum relation *out)
{
    static const struct {
        const char *text;
        enum relation relation;
    } table[] = {
        {"<=", REL_LESS_EQUAL}, {">=", REL_MORE_EQUAL}, {"<", REL_LESS},
        {">", REL_MORE},        {"==", REL_EQUAL},      {"=", REL_EQUAL},
    };

    for (size_t i = 0; i < IMG_COUNT(table); i++)
        if (strncmp(p, table[i].text, strlen(table[i].text)) == 0) {
            *out = table[i].relation;
            return p + strlen(table[i].text);
        }
    *out = REL_EQUAL;
    return p;
}

/* Reads the term at *p and moves behind it and the blanks that follow. */
static bool read_term(const char **p, struct term *out, struct img_err *err)
{
    const char *at = skip_blanks(read_relation(*p, &out->relation));
    size_t len = strcspn(at, " \t,|<>=");

    if (len == 0)
        return img_fail(err, IMG_E_MALFORMED, "version range: a version is missing at '%s'", *p);
    if (len > IMG_LIMIT_VERSION)
        return img_fail(err, IMG_E_LIMIT, "version longer than %d bytes", IMG_LIMIT_VERSION);
    memcpy(out->version, at, len);
    out->version[len] = '\0';
    /* Other tools' relations; taken as part of a version they would silently match nothing. */
    if (out->version[0] == '~' || strpbrk(out->version, "*^!?[]()") != NULL)
        return img_fail(err, IMG_E_MALFORMED,
                        "version range: '%.80s' is neither a version nor one of < <= > >= =",
                        out->version);
    *p = skip_blanks(at + len);
    return true;
}

static bool holds(enum relation relation, int c)
{
    switch (relation) {
    case REL_EQUAL:
        return c == 0;
    case REL_LESS:
        return c < 0;
    case REL_LESS_EQUAL:
        return c <= 0;
    case REL_MORE:
        return c > 0;
    case REL_MORE_EQUAL:
        return c >= 0;
    }
    return false;
}

/* Goes through the whole range whatever holds, so that its grammar is always checked to the end.
 * version NULL: the grammar only. */
static bool evaluate(enum img_order order, const char *version, const char *range, bool *out,
                     struct img_err *err)
{
    const char *p = skip_blanks(range);
    bool any = false, all = true;
    struct term t;
    int c = 0;

    for (;;) {
        if (!read_term(&p, &t, err))
            return false;
        if (version != NULL && !img_version_compare(order, version, t.version, &c, err))
            return false;
        all = all && holds(t.relation, c);
        if (*p != '\0' && *p != '|')
            continue;
        any = any || all;
        all = true;
        if (*p == '\0')
            break;
        if (p[1] != '|')
            return img_fail(err, IMG_E_MALFORMED, "version range: '|' alone; \"||\" separates");
        p = skip_blanks(p + 2);
    }
    *out = any;
    return true;
}

bool img_version_range_check(const char *range, struct img_err *err)
{
    bool ignored;

    return evaluate(IMG_ORDER_NONE, NULL, range, &ignored, err);
}

bool img_version_in(enum img_order order, const char *version, const char *range, bool *out,
                    struct img_err *err)
{
    return evaluate(order, version, range, out, err);
}
