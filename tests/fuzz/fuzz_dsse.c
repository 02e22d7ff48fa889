/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/dsse.h"
#include "base/enc.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void put_base64(struct img_json_out *j, const char *key, const struct img_buf *value)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 24);
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes b;

    img_base64((struct img_bytes){.ptr = value->ptr, .len = value->len}, &text);
    if (!img_buf_bytes(&text, &b, &err))
        abort();
    img_json_out_bytes(j, key, b);
}

static void write(const struct img_dsse *d, struct img_buf *out)
{
    struct img_json_out j = {.to = out};

    img_json_out_open(&j, NULL, '{');
    put_base64(&j, "payload", &d->payload);
    img_json_out_str(&j, "payloadType", d->payload_type);
    img_json_out_open(&j, "signatures", '[');
    for (size_t i = 0; i < d->count; i++) {
        img_json_out_open(&j, NULL, '{');
        put_base64(&j, "sig", &d->signatures[i].sig);
        img_json_out_opt(&j, "keyid", d->signatures[i].keyid);
        img_json_out_close(&j, '}');
    }
    img_json_out_close(&j, ']');
    img_json_out_close(&j, '}');
}

static bool parse(struct img_bytes text, struct img_dsse *out)
{
    json_auto_t *doc = NULL;
    struct img_err err = IMG_ERR_INIT;
    struct img_json root;

    return img_json_parse(text, IMG_MIB, &doc, &err) && img_json_root(doc, &root, &err) &&
           img_dsse_read(&root, out, &err);
}

/* Pre-authentication encoding of an envelope: two that differ must never have the same one. */
static bool same_pae(const struct img_dsse *a, const struct img_dsse *b)
{
    IMG_AUTO(img_buf_done) struct img_buf x = IMG_BUF(1 << 24), y = IMG_BUF(1 << 24);
    bool same;

    img_dsse_pae(a->payload_type, (struct img_bytes){a->payload.ptr, a->payload.len}, &x);
    img_dsse_pae(b->payload_type, (struct img_bytes){b->payload.ptr, b->payload.len}, &y);
    same = x.failed == IMG_OK && y.failed == IMG_OK && x.len == y.len &&
           memcmp(x.ptr, y.ptr, x.len) == 0;
    img_buf_done(&y);
    return same;
}

/* Property: what parses, written canonically, parses to the same envelope and is signed the same.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_dsse_done) struct img_dsse d = {.count = 0}, again = {.count = 0};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(1 << 24);
    struct img_bytes text = {.ptr = data, .len = size};
    struct img_err err = IMG_ERR_INIT;

    if (!parse(text, &d))
        return 0;
    write(&d, &out);
    if (d.count == 0 || d.count > IMG_DSSE_SIGNATURES || !img_buf_bytes(&out, &text, &err) ||
        !parse(text, &again) || again.count != d.count || !same_pae(&d, &again))
        abort();
    for (size_t i = 0; i < d.count; i++)
        if (again.signatures[i].sig.len != d.signatures[i].sig.len ||
            (d.signatures[i].keyid == NULL) != (again.signatures[i].keyid == NULL))
            abort();
    return 0;
}
