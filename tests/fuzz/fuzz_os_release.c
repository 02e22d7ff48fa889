/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/sbom/os_release.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: written back in single quotes, what was read is read again. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_pool_done) struct img_pool pool = {0};
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 22);
    struct img_os_release a, b;

    img_os_release_read((struct img_bytes){.ptr = data, .len = size}, &pool, &a);
    if (strchr(a.id, '\'') != NULL || strchr(a.version_id, '\'') != NULL)
        return 0;
    img_buf_putf(&text, "ID='%s'\nVERSION_ID='%s'\n", a.id, a.version_id);
    img_os_release_read((struct img_bytes){.ptr = text.ptr, .len = text.len}, &pool, &b);
    if (b.odd || strcmp(a.id, b.id) != 0 || strcmp(a.version_id, b.version_id) != 0)
        abort();
    return 0;
}
