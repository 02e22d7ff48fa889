/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/purl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct img_purl *p, struct img_buf *out)
{
    struct img_err err = IMG_ERR_INIT;

    if (!img_purl_text(p, out, &err))
        abort();
    img_buf_put(out, "", 1);
}

/* Property: what parses prints canonically, and the canonical text parses to what prints the same
 * and matches. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf first = IMG_BUF(1 << 20);
    IMG_AUTO(img_buf_done) struct img_buf second = IMG_BUF(1 << 20);
    IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};
    IMG_AUTO(img_purl_done) struct img_purl again = {.type = NULL};
    struct img_err err = IMG_ERR_INIT;
    char in[2048];

    if (size >= sizeof(in))
        return 0;
    memcpy(in, data, size);
    in[size] = '\0';
    if (!img_purl_parse(in, &p, &err))
        return 0;
    print(&p, &first);
    if (!img_purl_parse((const char *)first.ptr, &again, &err))
        abort();
    print(&again, &second);
    if (first.len != second.len || memcmp(first.ptr, second.ptr, first.len) != 0 ||
        !img_purl_matches(&p, &again) || !img_purl_matches(&again, &p))
        abort();
    return 0;
}
