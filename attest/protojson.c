/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/protojson.h"

#include <string.h>

static bool is_member(const struct img_proto_member *m, const char *key)
{
    return strcmp(key, m->camel) == 0 || (m->snake != NULL && strcmp(key, m->snake) == 0);
}

bool img_proto_check(const struct img_json *at, const struct img_proto_member *known, size_t count,
                     struct img_err *err)
{
    json_t *node = (json_t *)(uintptr_t)at->node; /* only read; iterators ask for it writable */
    const char *unknown = NULL;

    for (void *i = json_object_iter(node); i != NULL && unknown == NULL;
         i = json_object_iter_next(node, i)) {
        size_t n = 0;
        while (n < count && !is_member(&known[n], json_object_iter_key(i)))
            n++;
        if (n == count)
            unknown = json_object_iter_key(i);
    }
    if (unknown != NULL)
        return img_json_fail(at, err, "unknown member '%.80s'", unknown);
    for (size_t n = 0; n < count; n++)
        if (known[n].snake != NULL && img_json_has(at, known[n].camel) &&
            img_json_has(at, known[n].snake))
            return img_json_fail(at, err, "'%s' and '%s' are the same member", known[n].camel,
                                 known[n].snake);
    return true;
}

const char *img_proto_key(const struct img_json *at, struct img_proto_member member)
{
    const json_t *node = json_object_get(at->node, member.camel);

    if (node == NULL && member.snake != NULL) {
        node = json_object_get(at->node, member.snake);
        return node == NULL || json_is_null(node) ? NULL : member.snake;
    }
    return node == NULL || json_is_null(node) ? NULL : member.camel;
}
