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
