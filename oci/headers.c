/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/headers.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static size_t token_length(const char *text)
{
    size_t n = 0;

    while (is_token_char(text[n]))
        n++;
    return n;
}

static const char *skip(const char *at, const char *what)
{
    return at + strspn(at, what);
}

/* Reads `token` or a quoted string at *at into out, cutting nothing: false when it does not fit or
 * is not closed. out may be NULL. */
static bool read_value(const char **at, char *out, size_t size)
{
    const char *p = *at;
    size_t n = 0;
    bool quoted = *p == '"';

    if (quoted)
        p++;
    for (; quoted ? *p != '"' : is_token_char(*p) || *p == '/' || *p == ':' || *p == '='; p++) {
        if (quoted && *p == '\\')
            p++;
        if (*p == '\0' || (out != NULL && n + 1 >= size))
            return false;
        if (out != NULL)
            out[n] = *p;
        n++;
    }
    if (quoted)
        p++;
    if (out != NULL)
        out[n] = '\0';
    *at = p;
    return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(text, word, len) == 0;
}

/* One `name=value` of a challenge, kept when it is one of ours. */
static bool read_parameter(const char **at, bool keep, struct img_challenge *c)
{
    const char *name = *at;
    size_t len = token_length(name);
    char *to = NULL;
    size_t size = 0;

    *at = skip(skip(name + len, " \t") + 1, " \t");
    if (keep && is_word(name, len, "realm")) {
        to = c->realm;
        size = sizeof(c->realm);
    } else if (keep && is_word(name, len, "service")) {
        to = c->service;
        size = sizeof(c->service);
    } else if (keep && is_word(name, len, "scope")) {
        to = c->scope;
        size = sizeof(c->scope);
    } else if (keep && is_word(name, len, "error")) {
        to = c->error;
        size = sizeof(c->error);
    }
    return read_value(at, to, size);
}

void img_challenge_read(const char *header, struct img_challenge *io)
{
    struct img_challenge c = *io;
    const char *at = header;
    bool keep = false;

    for (;;) {
        at = skip(at, " \t,");
        size_t len = token_length(at);
        const char *after = skip(at + len, " \t");

        if (len == 0)
            break;
        if (*after == '=' && after[1] != '=') {
            if (!read_parameter(&at, keep, &c))
                return; /* as if this header were not there */
            continue;
        }
        /* a scheme: what follows are its parameters */
        keep = is_word(at, len, "bearer") && !c.bearer;
        c.bearer = c.bearer || is_word(at, len, "bearer");
        c.basic = c.basic || is_word(at, len, "basic");
        at += len;
    }
    *io = c;
}

/* The parameters of one link; *next: rel lists "next". */
static bool read_link_parameters(const char **at, bool *next)
{
    for (;;) {
        char value[256];

        *at = skip(*at, " \t");
        if (**at != ';')
            return true;
        *at = skip(*at + 1, " \t");
        const char *name = *at;
        size_t len = token_length(name);

        *at = skip(name + len, " \t");
        if (**at != '=')
            continue;
        *at = skip(*at + 1, " \t");
        bool rel = is_word(name, len, "rel");

        if (!read_value(at, rel ? value : NULL, sizeof(value)))
            return false;
        for (const char *w = value; rel && *w != '\0'; w = skip(w + strcspn(w, " "), " "))
            *next = *next || is_word(w, strcspn(w, " "), "next");
    }
}

bool img_link_next(const char *header, char *out, size_t size)
{
    const char *at = header;

    for (;;) {
        const char *target, *end;
        bool next = false;

        at = skip(at, " \t,");
        if (*at != '<')
            return false;
        target = at + 1;
        end = strchr(target, '>');
        if (end == NULL)
            return false;
        at = end + 1;
        if (!read_link_parameters(&at, &next))
            return false;
        if (next && (size_t)(end - target) < size) {
            memcpy(out, target, (size_t)(end - target));
            out[end - target] = '\0';
            return true;
        }
        if (*at != ',')
            return false;
    }
}

void img_media_type_essence(const char *header, char *out, size_t size)
{
    size_t n = 0;

    out[0] = '\0';
    if (header == NULL)
        return;
    header = skip(header, " \t");
    while (is_token_char(header[n]) || header[n] == '/')
        n++;
    if (n >= size || memchr(header, '/', n) == NULL)
        return;
    if (header[n] != '\0' && strchr("; \t", header[n]) == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(header[i] >= 'A' && header[i] <= 'Z' ? header[i] + ('a' - 'A') : header[i]);
    out[n] = '\0';
}
