/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WRITTEN_MAX ((size_t)1 << 20) /* bytes; alias bombs are not written out */

/* Double-quoted, everything but letters and digits escaped; text is UTF-8 by libyaml's own word. */
static void put_scalar(struct img_buf *b, const char *text)
{
    const uint8_t *p = (const uint8_t *)text;

    img_buf_puts(b, "\"");
    while (*p != '\0') {
        unsigned n = *p < 0x80 ? 1 : *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
        uint32_t c = n == 1 ? *p : *p & (0x7fU >> n);

        for (unsigned i = 1; i < n; i++)
            c = c << 6 | (p[i] & 0x3fU);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
            img_buf_putf(b, "%c", (char)c);
        else
            img_buf_putf(b, "\\U%08x", c);
        p += n;
    }
    img_buf_puts(b, "\"");
}

static void put_tree(struct img_buf *b, const struct img_yaml *node)
{
    bool map = node->kind == IMG_YAML_MAP;

    if (b->failed != IMG_OK)
        return;
    if (node->kind == IMG_YAML_SCALAR) {
        put_scalar(b, node->text);
        return;
    }
    img_buf_puts(b, map ? "{" : "[");
    for (size_t i = 0; i < node->count; i++) {
        if (map) {
            img_buf_puts(b, "? ");
            put_scalar(b, node->keys[i]->text);
            img_buf_puts(b, " : ");
        }
        put_tree(b, node->items[i]);
        img_buf_puts(b, ", ");
    }
    img_buf_puts(b, map ? "}" : "]");
}

static bool write_stream(const struct img_yaml_stream *s, struct img_buf *out,
                         struct img_bytes *bytes)
{
    struct img_err err = IMG_ERR_INIT;

    for (size_t i = 0; i < img_yaml_documents(s); i++) {
        img_buf_puts(out, "--- ");
        if (img_yaml_document(s, i) != NULL)
            put_tree(out, img_yaml_document(s, i));
        img_buf_puts(out, "\n");
    }
    return img_buf_bytes(out, bytes, &err);
}

/* Property: a stream that parses can be written out, and what was written parses to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf one = IMG_BUF(WRITTEN_MAX), two = IMG_BUF(WRITTEN_MAX);
    struct img_yaml_stream *first = NULL, *second = NULL;
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes written, again;

    if (!img_yaml_parse((struct img_bytes){.ptr = data, .len = size}, true, &first, &err))
        return 0;
    if (write_stream(first, &one, &written)) {
        if (!img_yaml_parse(written, false, &second, &err) || !write_stream(second, &two, &again) ||
            !img_bytes_equal(written, again) ||
            img_yaml_documents(first) != img_yaml_documents(second))
            abort();
    }
    img_yaml_free(first);
    img_yaml_free(second);
    return 0;
}
