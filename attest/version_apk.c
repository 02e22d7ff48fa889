/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/version_order.h"

/*
 * apk: number{.number}{letter}{_suffix{number}}{~hash}{-rN}. Two versions are compared token by
 * token as long as their tokens are of one kind; where the kinds part, the order below decides.
 */

/* Where kinds part, the earlier one is the newer version. */
enum kind { NUMBER, LETTER, SUFFIX, SUFFIX_NUMBER, HASH, REVISION, END, INVALID };

struct token {
    enum kind kind;
    bool first; /* the initial number */
    int rank;   /* of a suffix */
    struct img_bytes text;
};

static const struct {
    const char *name;
    int rank;
} suffixes[] = {
    {"alpha", 1}, {"beta", 2}, {"pre", 3}, {"rc", 4}, /* below 5: older than no suffix at all */
    {"cvs", 6},   {"svn", 7},  {"git", 8}, {"hg", 9}, {"p", 10},
};
#define RANK_NONE 5

static struct img_bytes cut(struct img_bytes *text, size_t len)
{
    struct img_bytes part = {text->ptr, len};

    *text = (struct img_bytes){text->ptr + len, text->len - len};
    return part;
}

static size_t digits(struct img_bytes text)
{
    size_t n = 0;

    while (n < text.len && img_is_digit(text.ptr[n]))
        n++;
    return n;
}

static struct token invalid(struct img_bytes *rest)
{
    return (struct token){.kind = INVALID, .text = cut(rest, rest->len)};
}

static struct token suffix_token(struct img_bytes *rest)
{
    size_t len = 1;

    while (len < rest->len && rest->ptr[len] >= 'a' && rest->ptr[len] <= 'z')
        len++;
    for (size_t i = 0; i < IMG_COUNT(suffixes); i++)
        if (strlen(suffixes[i].name) == len - 1 &&
            memcmp(suffixes[i].name, rest->ptr + 1, len - 1) == 0) {
            (void)cut(rest, len);
            return (struct token){.kind = SUFFIX, .rank = suffixes[i].rank};
        }
    return invalid(rest);
}

/* A number after `skip` bytes of mark ("." or "-r"). */
static struct token number_token(struct img_bytes *rest, size_t skip, enum kind kind)
{
    struct img_bytes after = {rest->ptr + skip, rest->len - skip};
    size_t n = digits(after);

    if (n == 0)
        return invalid(rest);
    (void)cut(rest, skip);
    return (struct token){.kind = kind, .text = cut(rest, n)};
}

static struct token hash_token(struct img_bytes *rest)
{
    size_t n = 1;

    while (n < rest->len &&
           (img_is_digit(rest->ptr[n]) || (rest->ptr[n] >= 'a' && rest->ptr[n] <= 'f')))
        n++;
    if (n == 1)
        return invalid(rest);
    (void)cut(rest, 1);
    return (struct token){.kind = HASH, .text = cut(rest, n - 1)};
}

/* The token after one of kind `last`; each may only be followed by those the grammar allows. */
static struct token next(struct img_bytes *rest, enum kind last)
{
    uint8_t c;

    if (rest->len == 0)
        return (struct token){.kind = END};
    c = *rest->ptr;
    if (c == '.' && last == NUMBER)
        return number_token(rest, 1, NUMBER);
    if (c >= 'a' && c <= 'z' && last == NUMBER)
        return (struct token){.kind = LETTER, .text = cut(rest, 1)};
    if (c == '_' && last <= SUFFIX_NUMBER)
        return suffix_token(rest);
    if (img_is_digit(c) && last == SUFFIX)
        return number_token(rest, 0, SUFFIX_NUMBER);
    if (c == '~' && last < HASH)
        return hash_token(rest);
    if (c == '-' && rest->len > 1 && rest->ptr[1] == 'r' && last < REVISION)
        return number_token(rest, 2, REVISION);
    return invalid(rest);
}

static int compare_token(const struct token *a, const struct token *b)
{
    switch (a->kind) {
    case NUMBER:
        /* A fraction such as the 02 of 1.02 is compared as text. */
        if (!a->first && (*a->text.ptr == '0' || *b->text.ptr == '0'))
            return img_compare_text(a->text, b->text);
        return img_compare_digits(a->text, b->text);
    case SUFFIX:
        return (a->rank > b->rank) - (a->rank < b->rank);
    case SUFFIX_NUMBER:
    case REVISION:
        return img_compare_digits(a->text, b->text);
    case LETTER:
    case HASH:
    case INVALID:
        return img_compare_text(a->text, b->text);
    case END:
        break;
    }
    return 0;
}

static bool is_before_release(const struct token *t)
{
    return t->kind == SUFFIX && t->rank < RANK_NONE;
}

static struct token first_token(struct img_bytes *rest)
{
    struct token t = number_token(rest, 0, NUMBER);

    t.first = true;
    return t;
}

int img_compare_apk(struct img_bytes a, struct img_bytes b)
{
    struct token ta = first_token(&a), tb = first_token(&b);

    while (ta.kind == tb.kind) {
        int c = compare_token(&ta, &tb);

        if (c != 0 || ta.kind == END || ta.kind == INVALID)
            return c;
        ta = next(&a, ta.kind);
        tb = next(&b, tb.kind);
    }
    if (is_before_release(&ta))
        return -1;
    if (is_before_release(&tb))
        return 1;
    return ta.kind < tb.kind ? 1 : -1;
}
