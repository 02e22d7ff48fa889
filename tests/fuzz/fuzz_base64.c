/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/enc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: the strict kind reads only what the writer writes; the lenient kind reads that alike.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf strict = IMG_BUF(size + 3), lenient = IMG_BUF(size + 3);
    IMG_AUTO(img_buf_done) struct img_buf again = IMG_BUF(2 * size + 8);
    struct img_bytes in = {.ptr = data, .len = size}, s, l, a;
    struct img_err err = IMG_ERR_INIT;
    bool takes = img_unbase64(in, IMG_B64_PROTOJSON, &lenient, &err);

    if (!img_unbase64(in, IMG_B64_STRICT, &strict, &err))
        return 0;
    if (!takes || !img_buf_bytes(&strict, &s, &err) || !img_buf_bytes(&lenient, &l, &err) ||
        !img_bytes_equal(s, l))
        abort();
    img_base64(s, &again);
    if (!img_buf_bytes(&again, &a, &err) || !img_bytes_equal(a, in))
        abort();
    return 0;
}
