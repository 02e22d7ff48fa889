/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/pem.h"

#include "base/enc.h"

#define LINE ((size_t)64) /* characters; RFC 7468 section 2 */

static struct img_bytes from(struct img_bytes text, size_t at)
{
    return (struct img_bytes){.ptr = text.ptr + at, .len = text.len - at};
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* Takes one line, without its end, off the front of *text. */
static bool take_line(struct img_bytes *text, struct img_bytes *line)
{
    const uint8_t *end;

    if (text->len == 0)
        return false;
    end = memchr(text->ptr, '\n', text->len);
    line->ptr = text->ptr;
    line->len = end != NULL ? (size_t)(end - text->ptr) : text->len;
    *text = from(*text, end != NULL ? line->len + 1 : line->len);
    while (line->len > 0 && is_blank(line->ptr[line->len - 1]))
        line->len--;
    return true;
}

/* True for "-----<verb> <label>-----"; label gets what stands there. */
static bool is_boundary(struct img_bytes line, const char *verb, char label[static IMG_PEM_LABEL])
{
    size_t before = strlen("-----") + strlen(verb) + 1, after = strlen("-----");
    char start[24];
    size_t n;

    (void)snprintf(start, sizeof(start), "-----%s ", verb);
    if (line.len <= before + after || memcmp(line.ptr, start, before) != 0 ||
        memcmp(line.ptr + line.len - after, "-----", after) != 0)
        return false;
    n = line.len - before - after;
    if (n >= IMG_PEM_LABEL)
        return false;
    memcpy(label, line.ptr + before, n);
    label[n] = '\0';
    return true;
}

static bool take_body(struct img_bytes *text, const char *label, struct img_buf *base64,
                      struct img_err *err)
{
    char end[IMG_PEM_LABEL];
    struct img_bytes line;

    while (take_line(text, &line)) {
        if (is_boundary(line, "END", end)) {
            if (strcmp(end, label) != 0)
                return img_fail(err, IMG_E_MALFORMED, "PEM block %.60s ends as another", label);
            return true;
        }
        if (line.len > 0 && memchr(line.ptr, ':', line.len) != NULL)
            return img_fail(err, IMG_E_UNSUPPORTED, "PEM block %.60s has headers", label);
        for (size_t i = 0; i < line.len; i++)
            if (!is_blank(line.ptr[i]))
                img_buf_put(base64, line.ptr + i, 1);
    }
    return img_fail(err, IMG_E_MALFORMED, "PEM block %.60s does not end", label);
}

bool img_pem_next(struct img_bytes *text, bool *found, char label[static IMG_PEM_LABEL],
                  struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf base64 = IMG_BUF(text->len + 1);
    struct img_bytes rest = *text, line, body;
    char name[IMG_PEM_LABEL];
    bool begun = false;

    while (!begun && take_line(&rest, &line))
        begun = is_boundary(line, "BEGIN", name);
    if (begun) {
        if (!take_body(&rest, name, &base64, err) || !img_buf_bytes(&base64, &body, err))
            return false;
        if (!img_unbase64(body, IMG_B64_STRICT, out, err))
            return img_ctx(err, "PEM block %.60s", name);
        (void)snprintf(label, IMG_PEM_LABEL, "%s", name);
    }
    *text = rest;
    *found = begun;
    return true;
}

bool img_pem_write(const char *label, struct img_bytes data, struct img_buf *out,
                   struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf base64 = IMG_BUF(data.len / 3 * 4 + 8);
    struct img_bytes body, all;

    img_base64(data, &base64);
    if (!img_buf_bytes(&base64, &body, err))
        return false;
    img_buf_putf(out, "-----BEGIN %s-----\n", label);
    for (size_t at = 0; at < body.len; at += LINE) {
        img_buf_put(out, body.ptr + at, body.len - at < LINE ? body.len - at : LINE);
        img_buf_puts(out, "\n");
    }
    img_buf_putf(out, "-----END %s-----\n", label);
    return img_buf_bytes(out, &all, err);
}
