/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/pool.h"

/*
 * os-release: which distribution this is.
 *
 * Source: os-release(5): shell-like assignments, quotes and backslash escapes, no expansion.
 */
struct img_os_release {
    const char *id, *id_like, *version_id, *codename, *pretty_name; /* "" when not given */
    bool odd; /* had lines that are no assignment, or values no shell would take */
};
/* Strings live in pool; img_pool_check() it. */
void img_os_release_read(struct img_bytes text, struct img_pool *pool, struct img_os_release *out);
