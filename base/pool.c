/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

struct img_pool_block {
    struct img_pool_block *next;
    size_t used, cap; /* bytes of data */
    max_align_t data[];
};

#define BLOCK ((size_t)8192) /* bytes; larger requests get a block of their own */
#define ALIGN (sizeof(max_align_t))

static struct img_pool_block *grow(struct img_pool *p, size_t need)
{
    size_t cap = need > BLOCK / 4 ? need : BLOCK;
    struct img_pool_block *b = calloc(1, sizeof(*b) + cap);

    if (b == NULL)
        return NULL;
    b->cap = cap;
    if (cap == need && p->blocks != NULL) { /* full at once: keep filling the block in front */
        b->next = p->blocks->next;
        p->blocks->next = b;
        return b;
    }
    b->next = p->blocks;
    p->blocks = b;
    return b;
}

void *img_pool_alloc(struct img_pool *p, size_t count, size_t size)
{
    struct img_pool_block *b = p->blocks;
    size_t need;
    void *out;

    if (p->failed)
        return NULL;
    if (size != 0 && count > SIZE_MAX / 4 / size) {
        p->failed = true;
        return NULL;
    }
    need = count * size == 0 ? ALIGN : (count * size + ALIGN - 1) / ALIGN * ALIGN;
    if (b == NULL || b->cap - b->used < need)
        b = grow(p, need);
    if (b == NULL) {
        p->failed = true;
        return NULL;
    }
    out = (uint8_t *)b->data + b->used;
    b->used += need;
    return out;
}

const char *img_pool_str(struct img_pool *p, const char *text)
{
    size_t len = strlen(text) + 1;
    char *out = img_pool_alloc(p, len, 1);

    return out == NULL ? "" : memcpy(out, text, len);
}

const char *img_pool_strf(struct img_pool *p, const char *fmt, ...)
{
    va_list ap;
    char *out;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    out = n < 0 ? NULL : img_pool_alloc(p, (size_t)n + 1, 1);
    if (out == NULL) {
        p->failed = true;
        return "";
    }
    va_start(ap, fmt);
    (void)vsnprintf(out, (size_t)n + 1, fmt, ap);
    va_end(ap);
    return out;
}

const char *img_pool_buf(struct img_pool *p, const struct img_buf *b)
{
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes text;
    char *out;

    if (!img_buf_bytes(b, &text, &ignored)) {
        p->failed = true;
        return "";
    }
    out = img_pool_alloc(p, text.len + 1, 1);
    if (out == NULL)
        return "";
    if (text.len > 0)
        memcpy(out, text.ptr, text.len);
    return out;
}

bool img_pool_check(const struct img_pool *p, struct img_err *err)
{
    if (p->failed)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    return true;
}

void img_pool_done(struct img_pool *p)
{
    while (p->blocks != NULL) {
        struct img_pool_block *next = p->blocks->next;
        free(p->blocks);
        p->blocks = next;
    }
    *p = (struct img_pool){.blocks = NULL};
}
