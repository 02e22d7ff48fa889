/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/fuzz/db_property.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    db_check(IMG_DB_DPKG, data, size);
    db_check(IMG_DB_DPKG_SINGLE, data, size);
    return 0;
}
