/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/scan/secrets.h"

/*
 * What is taken out of text before it is shown or signed. Masking errs on the side of masking: a
 * build's commands are read by people who want to know what a layer is, not what a variable held.
 */
static const char stars[] = "***";

bool secret_mask(struct img_bytes text, struct img_buf *out)
{
    struct secret_hit hit;
    size_t from = 0, done = 0;
    bool any = false;

    while (secret_find(text, from, text.len, SECRET_ALL, &hit, &from)) {
        any = true;
        if (hit.from > done)
            img_buf_put(out, text.ptr + done, hit.from - done);
        img_buf_puts(out, stars);
        done = hit.to;
    }
    if (done < text.len)
        img_buf_put(out, text.ptr + done, text.len - done);
    return any;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_name(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.';
}

static bool contains_folded(struct img_bytes text, const char *word)
{
    size_t len = strlen(word);

    for (size_t i = 0; i + len <= text.len; i++) {
        size_t n = 0;

        while (n < len && (text.ptr[i + n] | 0x20) == word[n])
            n++;
        if (n == len)
            return true;
    }
    return false;
}

bool secret_name(struct img_bytes name)
{
    static const char *const words[] = {"pass", "pwd",  "secret", "token",
                                        "key",  "cred", "auth",   "cookie"};

    for (size_t i = 0; i < IMG_COUNT(words); i++)
        if (contains_folded(name, words[i]))
            return true;
    return false;
}

/* --- commands --- */

struct masker {
    struct img_bytes in;
    size_t at;
    struct img_buf *out;
};

static bool looking_at(const struct masker *m, size_t at, const char *text)
{
    size_t len = strlen(text);

    return at <= m->in.len && len <= m->in.len - at && memcmp(m->in.ptr + at, text, len) == 0;
}

static void copy_to(struct masker *m, size_t to)
{
    if (to > m->at)
        img_buf_put(m->out, m->in.ptr + m->at, to - m->at);
    m->at = to;
}

static size_t skip_class(const struct masker *m, size_t at, const char *class)
{
    while (at < m->in.len && m->in.ptr[at] != 0 && strchr(class, m->in.ptr[at]) != NULL)
        at++;
    return at;
}

/* Passes over a value: to the closing quote when it has one, which stays, else to what ends a shell
 * word. */
static void mask_value(struct masker *m)
{
    size_t i = skip_class(m, m->at, "\\");
    uint8_t quote = 0;

    if (i < m->in.len && (m->in.ptr[i] == '"' || m->in.ptr[i] == '\'')) {
        quote = m->in.ptr[i++];
        copy_to(m, i);
    }
    while (i < m->in.len) {
        uint8_t c = m->in.ptr[i];

        if (quote != 0 ? c == quote : is_blank(c) || strchr("\"';&|<>)", c) != NULL)
            break;
        i++;
    }
    m->at = i;
    img_buf_puts(m->out, stars);
}

/* Passes over a header's value, blanks included: up to a quote or the end of the line. */
static void mask_header(struct masker *m)
{
    while (m->at < m->in.len && strchr("\"'\n", m->in.ptr[m->at]) == NULL)
        m->at++;
    img_buf_puts(m->out, stars);
}

/* A name has just been copied; what follows it decides whether a value is masked. */
static void after_name(struct masker *m, struct img_bytes name)
{
    bool option = name.ptr[0] == '-', announces = secret_name(name);
    bool user = (name.len == 2 && memcmp(name.ptr, "-u", 2) == 0) ||
                (name.len == 6 && memcmp(name.ptr, "--user", 6) == 0);
    size_t sep = skip_class(m, m->at, "\\\"'");
    size_t value = skip_class(m, sep, " \t");

    if (!announces && !user)
        return;
    if (value < m->in.len && (m->in.ptr[value] == '=' || m->in.ptr[value] == ':') &&
        !looking_at(m, value, "://")) {
        bool header = m->in.ptr[value] == ':' && sep == m->at;

        copy_to(m, skip_class(m, value + 1, " \t"));
        if (header)
            mask_header(m);
        else
            mask_value(m);
    } else if (option && sep == m->at && value > sep) {
        copy_to(m, value);
        mask_value(m);
    }
}

/* "://" has just been copied: user:password before an "@" goes. */
static void after_scheme(struct masker *m)
{
    size_t i = m->at;

    while (i < m->in.len && !is_blank(m->in.ptr[i]) && strchr("/\"'@", m->in.ptr[i]) == NULL)
        i++;
    if (i >= m->in.len || m->in.ptr[i] != '@' || i == m->at)
        return;
    img_buf_puts(m->out, stars);
    m->at = i;
}

static void mask_words(struct masker *m)
{
    while (m->at < m->in.len) {
        size_t end = m->at;

        while (end < m->in.len && is_name(m->in.ptr[end]))
            end++;
        if (end > m->at) {
            struct img_bytes name = {m->in.ptr + m->at, end - m->at};

            copy_to(m, end);
            after_name(m, name);
        } else if (looking_at(m, m->at, "://")) {
            copy_to(m, m->at + 3);
            after_scheme(m);
        } else {
            copy_to(m, m->at + 1);
        }
    }
}

/* "|2 A=x B=y /bin/sh -c …": the build arguments of a RUN. Their values may hold blanks, so all
 * goes up to the shell. */
static void mask_build_arguments(struct masker *m)
{
    static const char *const shells[] = {" /bin/sh ", " /bin/bash ", " /bin/ash ", " cmd /S /C "};
    size_t i = skip_class(m, 1, "0123456789"), shell;

    if (m->in.len == 0 || m->in.ptr[0] != '|' || i == 1)
        return;
    copy_to(m, skip_class(m, i, " "));
    for (shell = m->at; shell < m->in.len; shell++)
        for (size_t k = 0; k < IMG_COUNT(shells); k++)
            if (looking_at(m, shell, shells[k])) {
                img_buf_puts(m->out, stars);
                m->at = shell;
                return;
            }
    img_buf_puts(m->out, stars);
    m->at = m->in.len;
}

/* "ENV NAME=value", "ENV NAME value", "ARG NAME=value": the name stays. */
static void mask_assignments(struct masker *m)
{
    static const char nop[] = "/bin/sh -c #(nop)";
    size_t i = looking_at(m, 0, nop) ? sizeof(nop) - 1 : 0;

    i = skip_class(m, i, " \t");
    if (!looking_at(m, i, "ENV ") && !looking_at(m, i, "ARG "))
        return;
    i = skip_class(m, i + 4, " \t");
    while (i < m->in.len && is_name(m->in.ptr[i]))
        i++;
    if (i == m->in.len)
        return;
    copy_to(m, i + 1);
    if (m->at < m->in.len)
        img_buf_puts(m->out, stars);
    m->at = m->in.len;
}

bool secret_mask_command(struct img_bytes text, struct img_buf *out)
{
    IMG_AUTO(img_buf_done) struct img_buf words = IMG_BUF(text.len * 4 + 16);
    struct masker m = {.in = text, .out = &words};
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes masked;
    bool found;

    mask_build_arguments(&m);
    if (m.at == 0)
        mask_assignments(&m);
    mask_words(&m);
    if (!img_buf_bytes(&words, &masked, &err)) {
        out->failed = err.code; /* sticky, as if the text itself had not fitted */
        return true;
    }
    found = secret_mask(masked, out);
    return found || !img_bytes_equal(masked, text);
}
