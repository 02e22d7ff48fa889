/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/evaluate.h"

/* A decision being put together, private to attest/policy. `decision` comes first, so that the one
 * pointer is the other. */
struct built {
    struct img_decision decision;
    struct img_pool pool;
    size_t policy_cap;
};
IMG_NODISCARD bool built_new(struct built **out, struct img_err *err);
void built_free(struct built *b);
IMG_DEFINE_FREEP(struct built, built_free);
/* One more policy's result, rejecting until it is judged; NULL without memory. sha256 may be NULL.
 */
struct img_policy_result *built_result(struct built *b, const char *name, const char *sha256);
/* The verdict, and all that is not a policy's: name, platforms, trust, warnings, valid_until. */
IMG_NODISCARD bool built_finish(struct built *b, const struct img_eval *e, struct img_err *err);
