/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <string.h>

#include "attest/policy/policy.h"

/*
 * Keys, and statements that are really signed and really verified: policy takes nothing else.
 * Everything here aborts when it fails, so that fuzzers can use it too.
 */
static inline struct img_bytes t_bytes(const char *text)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

/* An img_policy_load that knows a.pub, b.pub, c.pub and empty.pub, and no other file. */
img_policy_load t_load_key;
/* The private key of "a.pub" and so on, made at the first call and kept: 'a', 'b' or 'c'. */
const struct img_key *t_key(char which);
void t_keys_free(void);

/* The digest of a text: here the bytes of a "manifest" stand for an image. */
struct img_digest t_digest_of(const char *text);

/* A statement of this type and predicate about the image with these manifest bytes, signed by
 * `key`, as it comes out of the verifier when it is held against all authorities of p at `now`;
 * NULL when it is refused. `name` is the repository name in it, or NULL. */
struct t_statement {
    char key;
    const char *type, *name, *manifest, *predicate;
};
struct img_verified *t_say(const struct img_policies *p, int64_t now, const struct t_statement *say,
                           struct img_err *err);
