/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Globs over repository names, "host[:port]/path" as references are normalised; never over a tag or
 * a digest.
 *
 *   *      any run of characters within one component
 *   {x}    the same, but at least one character; x is a name
 *   **     as the last component: everything below what stands before it, but not that itself; in
 *          the middle: any number of components
 *          alone: everything, also an image without a name
 *
 * The host compares without case, as DNS does, so that no spelling of it escapes a policy; all
 * else compares by bytes.
 *
 * Source: design.md section 4, "Globs".
 */

/* IMG_E_USAGE for a glob that is malformed or could never match, saying what was meant. */
IMG_NODISCARD bool img_glob_check(const char *glob, struct img_err *err);

/* True when the whole name matches. name NULL is an image without a name: only "**" matches it. */
bool img_glob_match(const char *glob, const char *name);

/* How much of the name the glob covers before they part, in whole components: for near misses. */
size_t img_glob_common(const char *glob, const char *name);

/* One component or word: '*' and {x} as above, all else by bytes. For tags and namespaces. */
bool img_glob_word(const char *glob, const char *word);
