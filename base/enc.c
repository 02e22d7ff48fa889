/* SPDX-License-Identifier: Apache-2.0 */
#include "base/enc.h"

#include <string.h>

void img_hex(struct img_bytes in, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < in.len; i++) {
        out[2 * i] = digits[in.ptr[i] >> 4];
        out[2 * i + 1] = digits[in.ptr[i] & 15];
    }
    out[2 * in.len] = '\0';
}

static int nibble(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool img_unhex(const char *text, size_t text_len, uint8_t *out, size_t size, struct img_err *err)
{
    if (text_len != 2 * size)
        return img_fail(err, IMG_E_MALFORMED, "expected %zu hex digits, found %zu", 2 * size,
                        text_len);
    for (size_t i = 0; i < size; i++)
        if (nibble(text[2 * i]) < 0 || nibble(text[2 * i + 1]) < 0)
            return img_fail(err, IMG_E_MALFORMED, "byte %zu is not lower-case hex", i);
    for (size_t i = 0; i < size; i++)
        out[i] = (uint8_t)(nibble(text[2 * i]) << 4 | nibble(text[2 * i + 1]));
    return true;
}

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void img_base64(struct img_bytes in, struct img_buf *out)
{
    size_t groups = in.len / 3, left = in.len % 3, size = (groups + (left > 0)) * 4;
    uint8_t *to = size > 0 ? img_buf_room(out, size) : NULL;
    const uint8_t *p = in.ptr;

    if (to == NULL)
        return;
    for (size_t i = 0; i < groups; i++, p += 3, to += 4) {
        to[0] = (uint8_t)standard[p[0] >> 2];
        to[1] = (uint8_t)standard[(p[0] & 3) << 4 | p[1] >> 4];
        to[2] = (uint8_t)standard[(p[1] & 15) << 2 | p[2] >> 6];
        to[3] = (uint8_t)standard[p[2] & 63];
    }
    if (left > 0) {
        to[0] = (uint8_t)standard[p[0] >> 2];
        to[1] = (uint8_t)standard[(p[0] & 3) << 4 | (left > 1 ? p[1] >> 4 : 0)];
        to[2] = (uint8_t)(left > 1 ? standard[(p[1] & 15) << 2] : '=');
        to[3] = (uint8_t)'=';
    }
    out->len += size;
}

/* What a character stands for. The two alphabets differ in 62 and 63; VALUE_URL marks the second.
 */
enum { VALUE_NONE = -1, VALUE_SKIP = -2, VALUE_PAD = -3, VALUE_URL = 64 };

static int value_of(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    switch (c) {
    case '+':
        return 62;
    case '/':
        return 63;
    case '-':
        return VALUE_URL | 62;
    case '_':
        return VALUE_URL | 63;
    case '=':
        return VALUE_PAD;
    case '\r':
    case '\n':
        return VALUE_SKIP;
    default:
        return VALUE_NONE;
    }
}

struct decoder {
    uint8_t *to;
    size_t size;              /* bytes written */
    size_t digits, pads;      /* characters seen of each kind */
    uint32_t bits;            /* of the group being read */
    bool standard, url, skip; /* '+' or '/', '-' or '_', a line break was seen */
};

/* Takes one character; false when it cannot stand here. */
static bool feed(struct decoder *d, uint8_t c)
{
    int v = value_of(c);

    if (v == VALUE_SKIP)
        d->skip = true;
    else if (v == VALUE_PAD)
        d->pads++;
    if (v == VALUE_SKIP || v == VALUE_PAD)
        return true;
    if (v == VALUE_NONE || d->pads > 0)
        return false;
    d->url = d->url || v >= VALUE_URL;
    d->standard = d->standard || v == 62 || v == 63;
    d->bits = d->bits << 6 | (uint32_t)(v & 63);
    if (++d->digits % 4 > 0)
        return true;
    d->to[d->size++] = (uint8_t)(d->bits >> 16);
    d->to[d->size++] = (uint8_t)(d->bits >> 8);
    d->to[d->size++] = (uint8_t)d->bits;
    d->bits = 0;
    return true;
}

/* Writes the bytes of a last, short group; false when its length or padding is impossible, or,
 * where the form must be canonical, when a bit beyond the last byte is set (RFC 4648 section 3.5).
 */
static bool finish(struct decoder *d, enum img_b64 kind)
{
    size_t left = d->digits % 4, pads = left > 0 ? 4 - left : 0;
    uint32_t unused = left == 2 ? 15 : left == 3 ? 3 : 0;

    if (left == 1 || (d->pads > 0 || kind == IMG_B64_STRICT ? d->pads != pads : false))
        return false;
    if (d->standard && d->url)
        return false;
    if (kind == IMG_B64_STRICT && (d->url || d->skip || (d->bits & unused) != 0))
        return false;
    if (left == 2)
        d->to[d->size++] = (uint8_t)(d->bits >> 4);
    if (left == 3) {
        d->to[d->size++] = (uint8_t)(d->bits >> 10);
        d->to[d->size++] = (uint8_t)(d->bits >> 2);
    }
    return true;
}

bool img_unbase64(struct img_bytes text, enum img_b64 kind, struct img_buf *out,
                  struct img_err *err)
{
    size_t most = text.len / 4 * 3 + 3; /* before line breaks and padding are taken off */
    bool direct = most <= out->limit - out->len;
    IMG_AUTO(img_buf_done) struct img_buf spare = IMG_BUF(most);
    struct decoder d = {.to = img_buf_room(direct ? out : &spare, most)};

    if (d.to == NULL)
        return img_fail(err, out->failed != IMG_OK ? out->failed : IMG_E_MEMORY, "base64");
    for (size_t i = 0; i < text.len; i++)
        if (!feed(&d, text.ptr[i]))
            return img_fail(err, IMG_E_MALFORMED, "base64: character %zu does not belong", i);
    if (!finish(&d, kind))
        return img_fail(err, IMG_E_MALFORMED, "base64: wrong length, padding or last bits");
    if (direct)
        out->len += d.size;
    else
        img_buf_put(out, spare.ptr, d.size);
    if (out->failed != IMG_OK)
        return img_fail(err, out->failed, "base64: more than %zu bytes", out->limit);
    return true;
}
