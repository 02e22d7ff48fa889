/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"

#include <inttypes.h>

#include "base/text.h"

/* One character that cannot stand in a string as it is. RFC 8259 section 7. */
static void put_escaped(struct img_buf *to, uint8_t c)
{
    static const char letters[] = "btnvfr"; /* of 0x08 to 0x0d; JSON has no \v */

    if (c == '"' || c == '\\')
        img_buf_putf(to, "\\%c", c);
    else if (c == '\0' || c >= 0x80)
        img_buf_puts(to, "\xef\xbf\xbd"); /* U+FFFD */
    else if (c >= 0x08 && c <= 0x0d && c != 0x0b)
        img_buf_putf(to, "\\%c", letters[c - 0x08]);
    else
        img_buf_putf(to, "\\u%04x", c);
}

static void put_string(struct img_buf *to, struct img_bytes text)
{
    size_t plain = 0; /* bytes at the start of text that need no escape and are not yet written */

    img_buf_puts(to, "\"");
    while (plain < text.len) {
        uint8_t c = text.ptr[plain];
        size_t n = c >= 0x20 && c < 0x7f && c != '"' && c != '\\' ? 1 : 0;

        if (n == 0 && c >= 0x7f)
            n = img_text_utf8((struct img_bytes){.ptr = text.ptr + plain, .len = text.len - plain});
        plain += n;
        if (n > 0)
            continue;
        img_buf_put(to, text.ptr, plain);
        put_escaped(to, c);
        text = (struct img_bytes){.ptr = text.ptr + plain + 1, .len = text.len - plain - 1};
        plain = 0;
    }
    img_buf_put(to, text.ptr, plain);
    img_buf_puts(to, "\"");
}

/* What stands before a value: the comma that is due, and the member's name. */
static void start(struct img_json_out *j, const char *key)
{
    if (j->inside)
        img_buf_puts(j->to, ",");
    j->inside = true;
    if (key == NULL)
        return;
    put_string(j->to, img_bytes_of(key));
    img_buf_puts(j->to, ":");
}

void img_json_out_open(struct img_json_out *j, const char *key, char bracket)
{
    start(j, key);
    img_buf_put(j->to, &bracket, 1);
    j->inside = false;
}

void img_json_out_close(struct img_json_out *j, char bracket)
{
    img_buf_put(j->to, &bracket, 1);
    j->inside = true;
}

void img_json_out_bytes(struct img_json_out *j, const char *key, struct img_bytes text)
{
    start(j, key);
    put_string(j->to, text);
}

void img_json_out_str(struct img_json_out *j, const char *key, const char *text)
{
    if (text == NULL)
        img_json_out_null(j, key);
    else
        img_json_out_bytes(j, key, img_bytes_of(text));
}

void img_json_out_opt(struct img_json_out *j, const char *key, const char *text)
{
    if (text != NULL && text[0] != '\0')
        img_json_out_str(j, key, text);
}

void img_json_out_int(struct img_json_out *j, const char *key, int64_t value)
{
    start(j, key);
    img_buf_putf(j->to, "%" PRId64, value);
}

void img_json_out_bool(struct img_json_out *j, const char *key, bool value)
{
    start(j, key);
    img_buf_puts(j->to, value ? "true" : "false");
}

void img_json_out_null(struct img_json_out *j, const char *key)
{
    start(j, key);
    img_buf_puts(j->to, "null");
}

void img_json_out_raw(struct img_json_out *j, const char *key, struct img_bytes json)
{
    start(j, key);
    img_buf_put(j->to, json.ptr, json.len);
}
