/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Properties: what a reference resolves to parses, resolves to itself, and stays on the base's
 * origin unless the reference names another; what parses has a host without surprises. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char base[] = "https://registry.example.com/v2/app/blobs/uploads/?state=1";
    struct img_err err = IMG_ERR_INIT;
    char *once = NULL, *twice = NULL, *text = malloc(size + 1);
    struct img_url u;

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (img_url_parse(text, &u, &err)) {
        if (u.host[0] == '\0' || strpbrk(u.host, "@/?#\\% ") != NULL || u.path_len > u.rest_len ||
            u.port == 0 || u.port > 65535)
            abort();
    }
    if (img_url_resolve(base, text, &once, &err)) {
        if (!img_url_parse(once, &u, &err) || !img_url_resolve(base, once, &twice, &err) ||
            strcmp(once, twice) != 0)
            abort();
        if (text[0] == '/' && text[1] != '/' && strncmp(once, base, 29) != 0)
            abort();
    }
    free(text);
    free(once);
    free(twice);
    return 0;
}
