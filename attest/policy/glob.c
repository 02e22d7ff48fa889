/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/glob.h"

#include <string.h>

#include "base/limits.h"
#include "base/text.h"

/* A run of text inside the glob or the name: one component, without its slashes. */
struct part {
    const char *ptr;
    size_t len;
};

static struct part part_at(const char *text)
{
    return (struct part){.ptr = text, .len = strcspn(text, "/")};
}

/* The start of the next component, or the terminating NUL. */
static const char *after(struct part p)
{
    return p.ptr[p.len] == '/' ? p.ptr + p.len + 1 : p.ptr + p.len;
}

static bool is_deep(struct part p)
{
    return p.len == 2 && memcmp(p.ptr, "**", 2) == 0;
}

static bool is_last(struct part p)
{
    return p.ptr[p.len] == '\0';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Length of the wildcard at p ("*" or "{x}"), 0 if there is none; *least is what it must eat. */
static size_t wildcard(const char *p, const char *end, size_t *least)
{
    const char *close;

    if (*p == '*') {
        *least = 0;
        return 1;
    }
    close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;
    *least = 1;
    return close == NULL ? 0 : (size_t)(close - p) + 1;
}

/* Greedy with one point to go back to: linear in practice, quadratic at worst, no recursion. */
static bool match_part(struct part glob, struct part text, bool fold)
{
    const char *g = glob.ptr, *g_end = glob.ptr + glob.len, *t = text.ptr,
               *t_end = text.ptr + text.len;
    const char *back_g = NULL, *back_t = NULL;

    for (;;) {
        size_t least = 0, wild = g < g_end ? wildcard(g, g_end, &least) : 0;

        if (wild > 0 && (size_t)(t_end - t) >= least) {
            g += wild;
            t += least;
            back_g = g;
            back_t = t;
        } else if (wild == 0 && g < g_end && t < t_end &&
                   (fold ? lower(*g) == lower(*t) : *g == *t)) {
            g++;
            t++;
        } else if (g == g_end && t == t_end) {
            return true;
        } else if (back_g != NULL && back_t < t_end) {
            g = back_g;
            t = ++back_t;
        } else {
            return false;
        }
    }
}

bool img_glob_word(const char *glob, const char *word)
{
    return match_part((struct part){.ptr = glob, .len = strlen(glob)},
                      (struct part){.ptr = word, .len = strlen(word)}, false);
}

bool img_glob_match(const char *glob, const char *name)
{
    const char *g = glob, *n = name, *back_g = NULL, *back_n = NULL;

    if (strcmp(glob, "**") == 0)
        return true;
    if (name == NULL || *name == '\0')
        return false;
    for (;;) {
        struct part gp = part_at(g), np = part_at(n);

        if (*g != '\0' && is_deep(gp)) {
            if (is_last(gp))
                return *n != '\0'; /* everything below, not the thing itself */
            g = after(gp);
            back_g = g;
            back_n = n;
        } else if (*g != '\0' && *n != '\0' && match_part(gp, np, n == name)) {
            g = after(gp);
            n = after(np);
        } else if (*g == '\0' && *n == '\0') {
            return true;
        } else if (back_g != NULL && *back_n != '\0') {
            back_n = after(part_at(back_n));
            g = back_g;
            n = back_n;
        } else {
            return false;
        }
    }
}

size_t img_glob_common(const char *glob, const char *name)
{
    const char *g = glob, *n = name;
    size_t count = 0;

    while (*g != '\0' && *n != '\0') {
        struct part gp = part_at(g), np = part_at(n);

        if (is_deep(gp) || !match_part(gp, np, n == name))
            break;
        g = after(gp);
        n = after(np);
        count++;
    }
    return count;
}

/* --- at load ---------------------------------------------------------------------------------- */

static bool check_braces(struct part p, const char *glob, struct img_err *err)
{
    for (size_t i = 0; i < p.len; i++) {
        size_t start = i + 1;

        if (p.ptr[i] == '}')
            return img_fail(err, IMG_E_USAGE, "glob '%.200s': '}' without '{'", glob);
        if (p.ptr[i] != '{')
            continue;
        for (i++; i < p.len && p.ptr[i] != '}'; i++)
            if (strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
                       p.ptr[i]) == NULL)
                return img_fail(err, IMG_E_USAGE,
                                "glob '%.200s': a name in braces is letters, "
                                "digits and '_'",
                                glob);
        if (i == p.len || i == start)
            return img_fail(err, IMG_E_USAGE,
                            "glob '%.200s': '{' needs a name and '}' in the same "
                            "component",
                            glob);
    }
    return true;
}

static bool check_part(struct part p, bool host, const char *glob, struct img_err *err)
{
    if (p.len == 0)
        return img_fail(err, IMG_E_USAGE, "glob '%.200s' has an empty component", glob);
    if (is_deep(p))
        return true;
    for (size_t i = 0; i < p.len; i++) {
        char c = p.ptr[i];

        if (c == '*' && i + 1 < p.len && p.ptr[i + 1] == '*')
            return img_fail(err, IMG_E_USAGE, "glob '%.200s': '**' must be a whole component",
                            glob);
        if (c == '@')
            return img_fail(err, IMG_E_USAGE, "glob '%.200s': globs match names, never a digest",
                            glob);
        if (c == ':' && !host)
            return img_fail(err, IMG_E_USAGE, "glob '%.200s': globs match names, never a tag",
                            glob);
        if (strchr("abcdefghijklmnopqrstuvwxyz0123456789._-*{}", lower(c)) == NULL && c != ':')
            return img_fail(err, IMG_E_USAGE, "glob '%.200s': this character cannot be in it: '%c'",
                            glob, c);
        if (c != lower(c) && !host && memchr(p.ptr, '{', p.len) == NULL)
            return img_fail(err, IMG_E_USAGE,
                            "glob '%.200s' can never match: repository paths are "
                            "lower case",
                            glob);
    }
    return check_braces(p, glob, err);
}

/* A name always begins with a host: short names were completed before they got here. */
static bool check_host(struct part p, const char *glob, struct img_err *err)
{
    bool wild = memchr(p.ptr, '*', p.len) != NULL || memchr(p.ptr, '{', p.len) != NULL;

    if (wild || memchr(p.ptr, '.', p.len) != NULL || memchr(p.ptr, ':', p.len) != NULL ||
        (p.len == strlen("localhost") && memcmp(p.ptr, "localhost", p.len) == 0)) {
        if (p.len == strlen("index.docker.io") && memcmp(p.ptr, "index.docker.io", p.len) == 0)
            return img_fail(err, IMG_E_USAGE,
                            "glob '%.200s' can never match: the host is written "
                            "docker.io",
                            glob);
        return true;
    }
    return img_fail(err, IMG_E_USAGE,
                    "glob '%.200s' can never match: it must begin with a host, "
                    "such as docker.io/%s%.200s",
                    glob, is_last(p) ? "library/" : "", glob);
}

bool img_glob_check(const char *glob, struct img_err *err)
{
    struct part p;
    bool host = true;

    if (*glob == '\0')
        return img_fail(err, IMG_E_USAGE, "an empty glob matches nothing; '**' matches everything");
    if (strlen(glob) > IMG_LIMIT_GLOB)
        return img_fail(err, IMG_E_USAGE, "a glob of more than %d bytes", IMG_LIMIT_GLOB);
    for (const char *at = glob;; at = p.ptr + p.len + 1) {
        p = part_at(at);
        if (!check_part(p, host, glob, err) || (host && !is_deep(p) && !check_host(p, glob, err)))
            return false;
        if (host && is_last(p) && !is_deep(p))
            return img_fail(err, IMG_E_USAGE,
                            "glob '%.200s' can never match: a name is a host and "
                            "a path%s",
                            glob, strcmp(glob, "*") == 0 ? "; '**' matches all" : "");
        host = false;
        if (is_last(p))
            break;
    }
    return true;
}
