/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tar.h"

#include <string.h>

#define BLOCK 512

static void field(uint8_t *at, const char *text, size_t max)
{
    size_t len = strlen(text);

    memcpy(at, text, len < max ? len : max);
}

static void octal(uint8_t *at, size_t width, size_t value)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%0*zo", (int)width - 1, value);
    memcpy(at, text, width);
}

/* POSIX.1 pax, "ustar Interchange Format" */
void t_tar_header(struct img_buf *out, const struct t_tar *e, size_t size)
{
    uint8_t h[BLOCK] = {0};
    size_t sum = 0;

    field(h, e->name, 100);
    octal(h + 100, 8, e->mode != 0 ? e->mode : 0644);
    octal(h + 108, 8, 0);
    octal(h + 116, 8, 0);
    octal(h + 124, 12, size);
    octal(h + 136, 12, 0);
    memset(h + 148, ' ', 8);
    h[156] = (uint8_t)e->type;
    if (e->link != NULL)
        field(h + 157, e->link, 100);
    memcpy(h + 257,
           "ustar\0"
           "00",
           8);
    for (size_t i = 0; i < BLOCK; i++)
        sum += h[i];
    octal(h + 148, 7, sum);
    img_buf_put(out, h, BLOCK);
}

void t_tar_put(struct img_buf *out, const struct t_tar *e)
{
    static const uint8_t zeros[BLOCK];
    size_t len = e->data != NULL ? strlen(e->data) : 0;

    t_tar_header(out, e, len);
    if (len > 0)
        img_buf_put(out, e->data, len);
    if (len % BLOCK != 0)
        img_buf_put(out, zeros, BLOCK - len % BLOCK);
}

void t_tar_end(struct img_buf *out)
{
    static const uint8_t zeros[2 * BLOCK];

    img_buf_put(out, zeros, sizeof(zeros));
}
