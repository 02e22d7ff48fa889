/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/kube.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: every image found has a text, a place and a pointer that ends where images stand; what
 * is refused says so as foreign input, at a place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_kube_images_done) struct img_kube_images k = {.items = NULL};
    struct img_err err = IMG_ERR_INIT;
    char text[2000];

    if (!img_kube_read("f", (struct img_bytes){data, size}, &k, &err)) {
        img_err_text(&err, text, sizeof(text));
        if (img_code_exit(err.code) != 3 || strncmp(text, "f: ", 3) != 0)
            abort();
        return 0;
    }
    for (size_t i = 0; i < k.count; i++) {
        const struct img_kube_image *m = &k.items[i];
        const char *last = strrchr(m->path, '/');

        if (m->image[0] == '\0' || strstr(m->image, "{{") != NULL || m->line == 0 ||
            m->column == 0 || m->path[0] != '/' || m->object[0] == '\0' ||
            (strcmp(last, "/image") != 0 && strcmp(last, "/reference") != 0))
            abort();
    }
    if (k.not_workloads > k.objects)
        abort();
    return 0;
}
