/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: each layer has a digest, and a command for one layer means one for every layer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_config_done) struct img_config c = {.layers = 0};
    struct img_err err = IMG_ERR_INIT;
    size_t commands = 0;

    if (!img_config_read((struct img_bytes){.ptr = data, .len = size}, &c, &err))
        return 0;
    if (c.user == NULL || strlen(c.platform.os) >= sizeof(c.platform.os))
        abort();
    for (size_t i = 0; i < c.layers; i++) {
        if (c.diff_ids[i].hash == IMG_HASH_NONE)
            abort();
        commands += img_config_layer_command(&c, i) != NULL;
    }
    if ((commands != 0 && commands != c.layers) || img_config_layer_command(&c, c.layers) != NULL)
        abort();
    return 0;
}
