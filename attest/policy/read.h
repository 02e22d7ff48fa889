/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/fields.h"

/* What reading one policy document carries along. Private to attest/policy. */
struct img_policy_reader {
    struct img_policies *all;
    struct img_policy *policy;         /* being read */
    struct img_authority *authorities; /* of it, in order */
    const char *dir;                   /* where its relative paths start */
    img_policy_load *load;
    void *ctx;
};

/* The list under `require`. */
IMG_NODISCARD bool img_rules_read(struct img_policy_reader *r, const struct img_yaml *list,
                                  struct img_err *err);
/* The list under `authorities`. */
IMG_NODISCARD bool img_authorities_read(struct img_policy_reader *r, const struct img_yaml *list,
                                        struct img_err *err);
/* Globs over repository names, each checked. */
IMG_NODISCARD bool img_globs_read(struct img_policy_reader *r, const struct img_yaml *list,
                                  struct img_words *out, struct img_err *err);
