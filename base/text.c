/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* The length of the well-formed UTF-8 sequence at the start of text, and its code point; 0 when
 * there is none. RFC 3629 section 4: no overlong forms, no surrogates, nothing past U+10FFFF. */
static size_t utf8_at(struct img_bytes text, uint32_t *code)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    uint8_t first = text.len > 0 ? text.ptr[0] : 0xff;
    size_t n = first < 0x80             ? 1
               : (first & 0xe0) == 0xc0 ? 2
               : (first & 0xf0) == 0xe0 ? 3
               : (first & 0xf8) == 0xf0 ? 4
                                        : 0;
    uint32_t c = n == 1 ? first : first & (0x7fU >> n);

    if (n == 0 || n > text.len)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((text.ptr[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (text.ptr[i] & 0x3fU);
    }
    if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code = c;
    return n;
}

size_t img_text_utf8(struct img_bytes text)
{
    uint32_t code;

    return utf8_at(text, &code);
}

bool img_text_is_utf8(struct img_bytes text)
{
    uint32_t code;
    size_t n;

    for (; text.len > 0; text.ptr += n, text.len -= n)
        if ((n = utf8_at(text, &code)) == 0)
            return false;
    return true;
}

/* Code points that steer a terminal or a reader's eye, or cannot be seen: Unicode categories Cc,
 * Zl, Zp and Cf, and the default-ignorable characters of other categories. */
static bool is_unsafe(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } ranges[] = {{0x00, 0x1f},       {0x7f, 0x9f},       {0xad, 0xad},       {0x34f, 0x34f},
                  {0x600, 0x605},     {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},
                  {0x890, 0x891},     {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},
                  {0x180b, 0x180f},   {0x200b, 0x200f},   {0x2028, 0x202e},   {0x2060, 0x206f},
                  {0x3164, 0x3164},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},   {0xffa0, 0xffa0},
                  {0xfff0, 0xfffb},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd}, {0x13430, 0x1345f},
                  {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0xe0fff}};

    for (size_t i = 0; i < IMG_COUNT(ranges) && c >= ranges[i].from; i++)
        if (c <= ranges[i].to)
            return true;
    return false;
}

void img_text_safe(const char *text, struct img_buf *out)
{
    struct img_bytes rest = img_bytes_of(text);
    uint32_t code = 0;
    size_t n;

    for (; rest.len > 0; rest.ptr += n, rest.len -= n) {
        bool show;

        n = utf8_at(rest, &code);
        show = n > 0 && !is_unsafe(code);
        n = n > 0 ? n : 1;
        /* a backslash that would look like one of our own escapes is itself escaped */
        if (code == '\\' && show && rest.len > 1 && rest.ptr[1] == 'x')
            show = false;
        if (show)
            img_buf_put(out, rest.ptr, n);
        for (size_t i = 0; i < n && !show; i++)
            img_buf_putf(out, "\\x%02x", rest.ptr[i]);
    }
}

void img_text_print(FILE *to, const char *text)
{
    IMG_AUTO(img_buf_done) struct img_buf safe = IMG_BUF(4 * strlen(text) + 8);
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes bytes = {0};

    img_text_safe(text, &safe);
    if (!img_buf_bytes(&safe, &bytes, &ignored))
        (void)fputs("(not shown: out of memory)", to);
    else if (bytes.len > 0)
        (void)fwrite(bytes.ptr, 1, bytes.len, to);
}

void img_text_shell(const char *word, struct img_buf *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_@%+=:,./-";

    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        img_buf_puts(out, word);
        return;
    }
    img_buf_puts(out, "'");
    for (const char *p = word; *p != '\0'; p++) {
        if (*p == '\'')
            img_buf_puts(out, "'\\''");
        else
            img_buf_put(out, p, 1);
    }
    img_buf_puts(out, "'");
}

bool img_strdup(const char *text, char **out, struct img_err *err)
{
    size_t size = strlen(text) + 1;
    char *copy = malloc(size);

    if (copy == NULL)
        return img_fail(err, IMG_E_MEMORY, "copy of a string");
    memcpy(copy, text, size);
    *out = copy;
    return true;
}

bool img_strf(char **out, struct img_err *err, const char *fmt, ...)
{
    va_list ap;
    char *text;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n < 0)
        return img_fail(err, IMG_E_INTERNAL, "format of a string");
    text = malloc((size_t)n + 1);
    if (text == NULL)
        return img_fail(err, IMG_E_MEMORY, "string of %d bytes", n);
    va_start(ap, fmt);
    (void)vsnprintf(text, (size_t)n + 1, fmt, ap);
    va_end(ap);
    *out = text;
    return true;
}

bool img_has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool img_has_suffix(const char *text, const char *suffix)
{
    size_t n = strlen(text), m = strlen(suffix);

    return n >= m && memcmp(text + n - m, suffix, m) == 0;
}

void img_str_free(char **p)
{
    free(*p);
    *p = NULL;
}
