/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/bundle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct img_buf *a, const struct img_buf *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->ptr, b->ptr, a->len) == 0);
}

static struct img_key *any_key(void)
{
    static struct img_key *key; /* reachable to the end: made once, for its hint only */
    struct img_err err = IMG_ERR_INIT;

    if (key == NULL && !img_key_generate(IMG_KEY_P256, &key, &err))
        abort();
    return key;
}

/*
 * Properties: what parses has exactly one signature, written as a bundle of ours it parses again
 * and carries the same payload, type and signature; and what is good for verifying is also good for
 * showing.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    IMG_AUTO(img_bundle_done) struct img_bundle shown = {.key_hint = NULL};
    IMG_AUTO(img_bundle_done) struct img_bundle again = {.key_hint = NULL};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(1 << 24);
    struct img_bytes text = {.ptr = data, .len = size}, payload, sig;
    struct img_err err = IMG_ERR_INIT;
    bool good = img_bundle_read(text, &b, &err);

    if (!good && (err.code == IMG_OK || err.code == IMG_E_INTERNAL))
        abort();
    if (img_bundle_read_unverifiable(text, &shown, &err) < good)
        abort();
    if (!good)
        return 0;
    if (b.envelope.count != 1 || b.key_hint == NULL || b.version < 1 || b.version > 3 ||
        !img_buf_bytes(&b.envelope.payload, &payload, &err) ||
        !img_buf_bytes(&b.envelope.signatures[0].sig, &sig, &err) ||
        !img_bundle_write(any_key(), b.envelope.payload_type, payload, sig, &out, &err) ||
        !img_buf_bytes(&out, &text, &err) || !img_bundle_read(text, &again, &err))
        abort();
    if (again.version != 3 || strcmp(again.envelope.payload_type, b.envelope.payload_type) != 0 ||
        !same(&again.envelope.payload, &b.envelope.payload) ||
        !same(&again.envelope.signatures[0].sig, &b.envelope.signatures[0].sig))
        abort();
    return 0;
}
