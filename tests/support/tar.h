/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/* Writes tar archives for tests, well-formed or not: what is asked for is what is written. */
struct t_tar {
    const char *name; /* at most 100 bytes */
    char type; /* '0' file, '5' directory, '2' symlink, '1' hard link, '3' device, 'x' pax, … */
    const char *link; /* NULL: none */
    const char *data; /* NULL: none */
    unsigned mode;    /* 0: 0644 */
};
/* One header and its content, padded. size: what the header says; the content is data either way.
 */
void t_tar_header(struct img_buf *out, const struct t_tar *e, size_t size);
void t_tar_put(struct img_buf *out, const struct t_tar *e);
/* The two zero blocks. */
void t_tar_end(struct img_buf *out);
