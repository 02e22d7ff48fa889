/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/json.h"
#include "base/json_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put(struct img_json_out *j, const char *key, json_t *node)
{
    const char *name;
    json_t *item;
    size_t i;

    switch (json_typeof(node)) {
    case JSON_OBJECT:
        img_json_out_open(j, key, '{');
        json_object_foreach(node, name, item) put(j, name, item);
        img_json_out_close(j, '}');
        break;
    case JSON_ARRAY:
        img_json_out_open(j, key, '[');
        json_array_foreach(node, i, item) put(j, NULL, item);
        img_json_out_close(j, ']');
        break;
    case JSON_STRING:
        img_json_out_str(j, key, json_string_value(node));
        break;
    case JSON_INTEGER:
        img_json_out_int(j, key, json_integer_value(node));
        break;
    case JSON_REAL: /* written by nobody */
    case JSON_NULL:
        img_json_out_null(j, key);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        img_json_out_bool(j, key, json_is_true(node));
        break;
    }
}

/* Property: what parses, written out, parses again and is written out the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done)
    struct img_buf one = IMG_BUF((size_t)1 << 20), two = IMG_BUF((size_t)1 << 20);
    IMG_AUTO(json_decrefp) json_t *first = NULL, *second = NULL;
    struct img_json_out j = {.to = &one}, k = {.to = &two};
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes a, b;

    if (!img_json_parse((struct img_bytes){.ptr = data, .len = size}, (size_t)1 << 16, &first,
                        &err))
        return 0;
    put(&j, NULL, first);
    if (!img_buf_bytes(&one, &a, &err))
        return 0;
    if (!img_json_parse(a, (size_t)1 << 20, &second, &err))
        abort();
    put(&k, NULL, second);
    if (!img_buf_bytes(&two, &b, &err) || a.len != b.len)
        abort();
    return 0;
}
