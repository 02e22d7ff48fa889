/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int order(enum img_order how, const char *a, const char *b)
{
    struct img_err err = IMG_ERR_INIT;
    int c = 0;

    if (!img_version_compare(how, a, b, &c, &err))
        abort();
    return (c > 0) - (c < 0);
}

/* Input: two versions separated by a NUL. Property: every version equals itself, and which of two
 * is newer does not depend on the one asked about; a range over them reads or is malformed. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_err err = IMG_ERR_INIT;
    char in[400];
    const char *a = in, *b;
    bool within;

    if (size >= sizeof(in))
        return 0;
    memcpy(in, data, size);
    in[size] = '\0';
    b = in + strlen(a) + (strlen(a) < size);
    for (enum img_order how = IMG_ORDER_DEB; how <= IMG_ORDER_MAVEN; how++) {
        if (order(how, a, a) != 0 || order(how, b, b) != 0)
            abort();
        if (order(how, a, b) != -order(how, b, a))
            abort();
        if (img_version_range_check(b, &err) != img_version_in(how, a, b, &within, &err))
            abort();
    }
    return 0;
}
