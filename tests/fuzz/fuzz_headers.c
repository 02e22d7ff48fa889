/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "oci/headers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ends(const char *text, size_t room)
{
    if (memchr(text, '\0', room) == NULL)
        abort();
}

/* Properties: everything that comes out ends within its room; a link's target is a part of the
 * header; a media type's essence has a slash and no parameter. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_challenge c = {.basic = false};
    char *text = malloc(size + 1);
    char out[128];

    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    img_challenge_read(text, &c);
    ends(c.realm, sizeof(c.realm));
    ends(c.service, sizeof(c.service));
    ends(c.scope, sizeof(c.scope));
    ends(c.error, sizeof(c.error));
    if (!c.bearer && (c.realm[0] != '\0' || c.scope[0] != '\0'))
        abort();
    if (img_link_next(text, out, sizeof(out)) && strstr(text, out) == NULL)
        abort();
    img_media_type_essence(text, out, sizeof(out));
    if (out[0] != '\0' && (strchr(out, '/') == NULL || strpbrk(out, "; \t,") != NULL))
        abort();
    free(text);
    return 0;
}
