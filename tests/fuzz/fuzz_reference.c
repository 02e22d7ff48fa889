/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "oci/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print(const struct img_reference *r, char *out, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(4 * IMG_LIMIT_REFERENCE);
    struct img_err err = IMG_ERR_INIT;

    if (!img_reference_text(r, &text, &err) || text.len >= size)
        abort();
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
}

/* Property: what parses has a place, prints, and what it prints parses to the same. A repository
 * name is never longer than its limit, nor has it a component that leads upwards. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char in[2 * IMG_LIMIT_REFERENCE], once[4 * IMG_LIMIT_REFERENCE],
        twice[4 * IMG_LIMIT_REFERENCE];
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    IMG_AUTO(img_reference_done) struct img_reference again = {.where = IMG_AT_NONE};
    struct img_err err = IMG_ERR_INIT;
    char *name = NULL;

    if (size >= sizeof(in))
        return 0;
    memcpy(in, data, size);
    in[size] = '\0';
    if (img_reference_name_parse(in, &name, &err) && strchr(name, '/') == NULL)
        abort();
    free(name);
    if (!img_reference_parse(in, &r, &err))
        return 0;
    if (r.where == IMG_AT_NONE || r.path == NULL || r.path[0] == '\0')
        abort();
    if (r.where == IMG_AT_REGISTRY &&
        (r.name == NULL || strlen(r.path) > IMG_LIMIT_REPOSITORY || strstr(r.path, "..") != NULL ||
         (r.tag == NULL && r.digest.hash == IMG_HASH_NONE)))
        abort();
    print(&r, once, sizeof(once));
    if (!img_reference_parse(once, &again, &err))
        abort();
    print(&again, twice, sizeof(twice));
    if (strcmp(once, twice) != 0 || r.where != again.where || strcmp(r.path, again.path) != 0)
        abort();
    return 0;
}
