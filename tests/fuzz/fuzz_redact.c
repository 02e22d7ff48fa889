/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/secrets.h"
#include "base/json.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
    if (!held)
        abort();
}

static void json_done(json_t **p)
{
    json_decref(*p);
}

/* No string of the document holds what a rule matches. */
static void no_secret(const json_t *node)
{
    struct img_bytes text = {(const uint8_t *)json_string_value(node), json_string_length(node)};
    struct secret_hit hit;
    size_t next, i;
    const char *key;
    json_t *item;

    if (json_is_string(node))
        must(!secret_find(text, 0, text.len, SECRET_ALL, &hit, &next));
    json_array_foreach(node, i, item) no_secret(item);
    json_object_foreach((json_t *)(uintptr_t)node, key, item) no_secret(item);
}

/* Property: JSON stays JSON; no string of it holds a secret any more; nothing is dropped where
 * nothing had to be; and once redacted, it stays as it is. Bytes that are no JSON only must not
 * crash. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf once = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(img_buf_done) struct img_buf twice = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(json_done) json_t *before = NULL;
    IMG_AUTO(json_done) json_t *after = NULL;
    struct img_bytes in = {data, size}, a = {0}, b = {0};
    struct img_err err = IMG_ERR_INIT;
    bool valid = img_json_parse(in, IMG_LIMIT_REPORT, &before, &err), redacted = false;

    if (!img_report_redact(in, &once, &redacted, &err)) {
        must(!valid || err.code == IMG_E_LIMIT);
        return 0;
    }
    must(img_buf_bytes(&once, &a, &err));
    must(redacted || img_bytes_equal(in, a));
    if (!valid)
        return 0;
    must(img_json_parse(a, IMG_LIMIT_REPORT, &after, &err));
    no_secret(after);
    must(img_report_redact(a, &twice, &redacted, &err));
    must(img_buf_bytes(&twice, &b, &err));
    must(!redacted && img_bytes_equal(a, b));
    return 0;
}
