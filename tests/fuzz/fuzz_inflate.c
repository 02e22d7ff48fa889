/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MOST ((uint64_t)1 << 20)

/* Gives its bytes one by one. */
struct drip {
    struct img_reader base;
    const uint8_t *data;
    size_t left;
};

static bool drip_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                      struct img_err *err)
{
    struct drip *d = (struct drip *)r;

    (void)err;
    *got = cap > 0 && d->left > 0 ? 1 : 0;
    if (*got == 1)
        *to = *d->data++;
    d->left -= *got;
    return true;
}

static bool inflate(struct img_reader *blob, size_t piece, struct img_buf *out, enum img_code *code)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    struct img_err err = IMG_ERR_INIT;
    uint8_t *to = malloc(piece); /* so that a byte too many is seen */
    size_t got = 1;
    bool ok = to != NULL && img_inflate_new(blob, MOST, &r, &err);

    while (ok && got > 0) {
        ok = img_reader_read(r, to, piece, &got, &err);
        if (ok)
            img_buf_put(out, to, got);
    }
    free(to);
    *code = err.code;
    return ok;
}

/* Property: however the bytes come and go, the outcome is the same, and never over the limit. (A
 * stream that is broken at its limit may be refused for either.) */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf a = IMG_BUF(2 * MOST);
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(2 * MOST);
    IMG_AUTO(img_reader_freep) struct img_reader *whole = NULL;
    struct drip drip = {.base.read = drip_read, .data = data, .left = size};
    struct img_err err = IMG_ERR_INIT;
    enum img_code first = IMG_OK, second = IMG_OK;
    bool ok;

    if (!img_reader_of_bytes((struct img_bytes){.ptr = data, .len = size}, &whole, &err))
        abort();
    ok = inflate(whole, 65536, &a, &first);
    if (inflate(&drip.base, 7, &b, &second) != ok || a.len > MOST)
        abort();
    if (first != second && first != IMG_E_LIMIT && second != IMG_E_LIMIT)
        abort();
    if (ok && (a.len != b.len || (a.len > 0 && memcmp(a.ptr, b.ptr, a.len) != 0)))
        abort();
    return 0;
}
