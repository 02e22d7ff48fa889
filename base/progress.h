/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/*
 * How long work tells a person that it goes on. Libraries call img_progress_add with what they
 * have just done; what is shown, and whether, is the program's business (cmd/meter).
 *
 * Threads: `add` may be called from several threads at once; implementations lock.
 */
struct img_progress {
    /* `what` is a short noun such as "layers"; done and total count bytes, total 0 when unknown. */
    void (*add)(struct img_progress *p, const char *what, uint64_t done, uint64_t total);
};

/* Does nothing when p is NULL. */
static inline void img_progress_add(struct img_progress *p, const char *what, uint64_t done,
                                    uint64_t total)
{
    if (p != (struct img_progress *)0)
        p->add(p, what, done, total);
}
