/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "oci/fallback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lists(struct img_bytes text, const struct img_digest *d, size_t *count)
{
    struct img_err err = IMG_ERR_INIT;
    struct img_collected c = {.cap = 0};
    bool found = false;

    if (!img_collect(text, &c, &err))
        abort();
    for (size_t i = 0; i < c.list.count; i++)
        found = found || img_digest_equal(&c.list.items[i].digest, d);
    *count = c.list.count;
    img_collected_done(&c);
    return found;
}

/* Properties: a list that can be read is still one with an entry added, shows that entry and all
 * that it showed before, and shows it no more once it is removed; what cannot be read cannot be
 * written either. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_bytes in = {.ptr = data, .len = size}, text;
    struct img_descriptor d = {.size = 1, .media_type = IMG_TYPE_OCI_MANIFEST};
    struct img_buf more = IMG_BUF(IMG_LIMIT_MANIFEST), less = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_collected c = {.cap = 0};
    struct img_err err = IMG_ERR_INIT;
    size_t before = 0, after = 0;
    bool readable = img_collect(in, &c, &err), changed;

    img_collected_done(&c);
    d.digest = (struct img_digest){.hash = IMG_SHA256, .len = 32, .bytes = {1, 2, 3}};
    if (size > 0 && size < 100000 && img_fallback_add(in, &d, &more, &changed, &err)) {
        if (!readable)
            abort();
        if (changed) {
            text = (struct img_bytes){.ptr = more.ptr, .len = more.len};
            if (lists(in, &d.digest, &before) || !lists(text, &d.digest, &after) ||
                after != before + 1 ||
                !img_fallback_remove(text, &d.digest, 1, &less, &changed, &err) || !changed ||
                lists((struct img_bytes){.ptr = less.ptr, .len = less.len}, &d.digest, &after) ||
                after != before)
                abort();
        }
    }
    img_buf_done(&more);
    img_buf_done(&less);
    return 0;
}
