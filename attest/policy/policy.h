/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/decision.h"
#include "attest/verify.h"
#include "oci/manifest.h"

/*
 * Policies, and the decision they come to. Evaluation is pure: (policies, verified evidence, facts
 * under the digest, now) → decision. It reads no file, asks no network and no clock.
 *
 * A decision starts as "reject"; only evidence that verified turns it.
 *
 * Errors: reading: IMG_E_USAGE with file, line and column for anything wrong in a policy;
 *         IMG_E_UNSUPPORTED (exit 2 in programs) for a word that is known and not built yet.
 * Source: design.md section 4.
 */
struct img_policies;

/* Reads bytes of one policy file (one or more documents). `dir` is where its relative paths start;
 * `load` fetches the files it names (keys), so that this stays free of I/O. Call once per file.
 * After a failure the policies may only be freed. */
typedef bool img_policy_load(void *ctx, const char *dir, const char *path, struct img_buf *out,
                             struct img_err *err);
IMG_NODISCARD bool img_policies_new(struct img_policies **out, struct img_err *err);
IMG_NODISCARD bool img_policies_add(struct img_policies *p, const char *file, const char *dir,
                                    struct img_bytes text, img_policy_load *load, void *ctx,
                                    struct img_err *err);
/* What `--key` alone means: at least one signature by any of these keys. Takes ownership. */
IMG_NODISCARD bool img_policies_add_keys(struct img_policies *p, struct img_key **keys,
                                         size_t count, struct img_err *err);
/* `--type T`: also an attestation of that type, by an authority of a policy that applies. */
IMG_NODISCARD bool img_policies_require_type(struct img_policies *p, const char *type,
                                             struct img_err *err);
/* To be called once all files are read: IMG_E_USAGE when there is no ImagePolicy among them. */
IMG_NODISCARD bool img_policies_finish(const struct img_policies *p, struct img_err *err);
void img_policies_free(struct img_policies *p);
IMG_DEFINE_FREEP(struct img_policies, img_policies_free);

/* Every authority of every policy, in one list: what evidence is verified against. Numbers in
 * img_verified_by() are indexes into it. */
const struct img_authority *img_policies_authorities(const struct img_policies *p, size_t *count);
/* What the rules of the policies that apply to this name read, so that nothing else is fetched:
 * evidence about the image; evidence about each platform of an index; image configurations. */
struct img_policy_needs {
    bool evidence, platforms, config;
};
struct img_policy_needs img_policies_needs(const struct img_policies *p, const char *name);

/* One platform of the image, or the image itself when it is no index. */
struct img_subject_facts {
    struct img_digest digest;
    struct img_platform platform;
    bool has_platform;
    const struct img_config *config; /* NULL: could not be read */
    struct img_verified *const *verified;
    size_t verified_count;
};
/* What reading every blob came to (`--blobs`). */
struct img_blobs_fact {
    bool ok;
    bool undecided;       /* not ok because something could not be fetched */
    enum img_reason code; /* when not ok */
    const char *text;     /* what was read, or what was wrong */
};
struct img_facts {
    const char *name; /* "host/path" for policy globs; NULL when unknown (layout without --as) */
    const char *tag;  /* as given; NULL when none */
    bool by_digest;   /* the reference itself had a digest */
    struct img_digest digest;
    bool is_index;
    struct img_verified *const *verified; /* about `digest` */
    size_t verified_count;
    const struct img_subject_facts *platforms; /* at least one; the image itself if no index */
    size_t platform_count;
    enum img_reason platforms_code; /* the platforms could not be told apart: why, and the words */
    const char *platforms_why;
    const struct img_blobs_fact *blobs; /* NULL: nobody asked for the blobs to be read */
    const struct img_ignored *ignored;  /* evidence that counts as absent, with reasons */
    size_t ignored_count;
    bool incomplete; /* some evidence could not be fetched, or a limit was reached */
    const char *incomplete_why;
    int64_t now;
    bool at_given; /* now came from --at */
};
IMG_NODISCARD bool img_policies_decide(const struct img_policies *p, const struct img_facts *facts,
                                       struct img_decision **out, struct img_err *err);
