/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sbom/os_release.h"

#include <string.h>

/* Appends the value without its quotes and escapes; false when it is not one word to a shell. */
static bool unquote(struct img_bytes v, struct img_buf *out)
{
    char quote = '\0';

    for (size_t i = 0; i < v.len; i++) {
        char c = (char)v.ptr[i];

        if (c == '\0')
            return false;
        if (c == '\\' && quote != '\'') {
            if (++i == v.len)
                return false;
            /* within double quotes a backslash only escapes these */
            if (quote == '"' && strchr("$`\"\\", v.ptr[i]) == NULL)
                img_buf_put(out, "\\", 1);
            img_buf_put(out, &v.ptr[i], 1);
        } else if (c == quote) {
            quote = '\0';
        } else if (quote == '\0' && (c == '"' || c == '\'')) {
            quote = c;
        } else if (quote == '\0' && (c == ' ' || c == '\t')) {
            return false;
        } else {
            img_buf_put(out, &v.ptr[i], 1);
        }
    }
    return quote == '\0';
}

static struct img_bytes trim(struct img_bytes b)
{
    while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t'))
        b = (struct img_bytes){.ptr = b.ptr + 1, .len = b.len - 1};
    while (b.len > 0 && strchr(" \t\r", b.ptr[b.len - 1]) != NULL && b.ptr[b.len - 1] != '\0')
        b.len--;
    return b;
}

static void read_line(struct img_bytes line, struct img_pool *pool, struct img_os_release *o)
{
    const struct {
        const char *key;
        const char **to;
    } known[] = {
        {"ID", &o->id},
        {"ID_LIKE", &o->id_like},
        {"VERSION_ID", &o->version_id},
        {"VERSION_CODENAME", &o->codename},
        {"PRETTY_NAME", &o->pretty_name},
    };
    const uint8_t *equals;
    size_t key;

    line = trim(line);
    if (line.len == 0 || line.ptr[0] == '#')
        return;
    equals = memchr(line.ptr, '=', line.len);
    if (equals == NULL) {
        o->odd = true;
        return;
    }
    key = (size_t)(equals - line.ptr);
    for (size_t i = 0; i < IMG_COUNT(known); i++) {
        IMG_AUTO(img_buf_done) struct img_buf value = IMG_BUF(line.len + 1);

        if (strlen(known[i].key) != key || memcmp(known[i].key, line.ptr, key) != 0)
            continue;
        if (unquote((struct img_bytes){.ptr = equals + 1, .len = line.len - key - 1}, &value))
            *known[i].to = img_pool_buf(pool, &value); /* as in a shell, the last one holds */
        else
            o->odd = true;
    }
}

void img_os_release_read(struct img_bytes text, struct img_pool *pool, struct img_os_release *out)
{
    struct img_os_release o = {
        .id = "", .id_like = "", .version_id = "", .codename = "", .pretty_name = ""};

    while (text.len > 0) {
        const uint8_t *end = memchr(text.ptr, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.ptr) : text.len;

        read_line((struct img_bytes){.ptr = text.ptr, .len = len}, pool, &o);
        text.ptr += len + (end != NULL);
        text.len -= len + (end != NULL);
    }
    *out = o;
}
