/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "crypto/key_box.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: what is taken for a box has one of the three costs and more than a tag sealed in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_err err = IMG_ERR_INIT;
    struct img_key_box box;

    if (!img_key_box_parse((struct img_bytes){.ptr = data, .len = size}, &box, &err))
        return 0;
    if ((box.n != 32768 && box.n != 65536 && box.n != 131072) || box.sealed.len <= IMG_BOX_MAC)
        abort();
    img_key_box_done(&box);
    return 0;
}
