/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: a time that parses reads back as itself; a duration, as itself but for what lies below
 * its two largest units. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_err err = IMG_ERR_INIT;
    char in[128], out[32];
    int64_t first, second;

    if (size >= sizeof(in))
        return 0;
    memcpy(in, data, size);
    in[size] = '\0';
    if (img_time_parse(in, &first, &err)) {
        img_time_text(first, out);
        if (!img_time_parse(out, &second, &err) || first != second)
            abort();
    }
    if (img_duration_parse(in, &first, &err)) {
        img_duration_text(first, out);
        if (!img_duration_parse(out, &second, &err) || second > first || first - second >= 3600)
            abort();
    }
    return 0;
}
