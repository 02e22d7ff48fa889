/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/sbom/db.h"

/* apk-package(5): "X:value", case matters. Files (F, R, a, Z, M) and relations are not kept. */
void img_apk_line(struct img_db_reader *r, struct img_bytes line)
{
    static const struct {
        char letter;
        enum img_db_field field;
    } known[] = {
        {'P', IMG_FIELD_NAME},    {'V', IMG_FIELD_VERSION},     {'A', IMG_FIELD_ARCH},
        {'o', IMG_FIELD_SOURCE},  {'m', IMG_FIELD_MAINTAINER},  {'U', IMG_FIELD_HOMEPAGE},
        {'L', IMG_FIELD_LICENSE}, {'T', IMG_FIELD_DESCRIPTION},
    };

    if (line.len < 2 || line.ptr[1] != ':') {
        img_db_problem(r, "a line is no \"X:value\"");
        return;
    }
    for (size_t i = 0; i < IMG_COUNT(known); i++)
        if (line.ptr[0] == (uint8_t)known[i].letter)
            img_db_set(r, known[i].field,
                       (struct img_bytes){.ptr = line.ptr + 2, .len = line.len - 2});
}

bool img_apk_package(struct img_db_reader *r, struct img_db_package *p)
{
    const char *origin = img_db_get(r, IMG_FIELD_SOURCE);

    if (p->name[0] == '.') /* a virtual package: a name for a set, nothing of its own */
        return false;
    if (origin != NULL && origin[0] != '\0')
        p->source_name = img_db_text(r, origin, strlen(origin));
    return true;
}
