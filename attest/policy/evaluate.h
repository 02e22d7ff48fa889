/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/model.h"

/*
 * Evaluation, private to attest/policy. A check starts as "no"; a rule's function turns it only
 * when everything the rule asks for was established. What a function returns false for is ours
 * (memory, a bug), never the evidence's fault: then there is no decision at all.
 */
struct img_eval {
    const struct img_policies *all;
    const struct img_facts *facts;
    const struct img_policy *policy; /* being evaluated, likewise */
    const struct img_rule *rule;
    struct img_pool *pool;       /* of the decision */
    int64_t valid_until;         /* earliest end of a fact used so far; IMG_TIME_NONE: none ends */
    struct img_ignored *ignored; /* facts->ignored, then what evaluation found unusable */
    size_t ignored_count, ignored_cap;
};

enum img_applies { IMG_APPLIES_NOT, IMG_APPLIES, IMG_APPLIES_UNKNOWN };
/* UNKNOWN: the name is not known, and some glob of the policy needs one. */
enum img_applies img_policy_applies(const struct img_policy *p, const char *name);

/* SHA-256 over the sorted fingerprints, one a line. */
IMG_NODISCARD bool img_trust_digest(const struct img_trusted_key *keys, size_t count,
                                    struct img_digest *out, struct img_err *err);

/* One rule. `s` is the platform it is about, or NULL where it is about the image itself. */
typedef bool img_rule_check(struct img_eval *e, const struct img_subject_facts *s,
                            struct img_check *c, struct img_err *err);
img_rule_check img_rule_signature, img_rule_sbom, img_rule_scan, img_rule_checks, img_rule_config,
    img_rule_image, img_rule_attestation;
/* --type: an attestation of this type by an authority of a policy that applies. */
IMG_NODISCARD bool img_rule_type(struct img_eval *e, const char *type, struct img_check *c,
                                 struct img_err *err);

/* --- making checks ---------------------------------------------------------------------------- */

/* Turns a check to "no", with a reason; and to "yes". Texts are the pool's. */
void img_check_no(struct img_check *c, enum img_reason code, const char *expected,
                  const char *found);
void img_check_yes(struct img_check *c);
/* Notes who spoke. claimed: IMG_TIME_NONE when the statement carries none. */
IMG_NODISCARD bool img_check_by(struct img_eval *e, struct img_check *c,
                                const struct img_verified *v, size_t authority, int64_t claimed,
                                struct img_err *err);
/* A fact that was used ends then. IMG_TIME_NONE: it does not. */
void img_eval_ends(struct img_eval *e, int64_t when);
/* Evidence that turned out unusable while it was read. Listed once. */
IMG_NODISCARD bool img_eval_ignore(struct img_eval *e, const struct img_verified *v,
                                   enum img_reason code, const char *why, struct img_err *err);

/* "imgsign reg/app@sha256:… --key KEY": command, image (shell-quoted), and the rest as it is. */
const char *img_eval_remedy(struct img_eval *e, const char *command,
                            const struct img_digest *digest, const char *rest);
/* The names of authorities, "a, b". */
const char *img_eval_names(struct img_eval *e, const struct img_numbers *by);

/* --- who speaks, and when --------------------------------------------------------------------- */

/* True when the statement was signed by a key of one of these authorities of e->policy that is
 * trusted now; *authority is its number in `by`'s terms, *ends when the key's trust does. */
bool img_eval_speaks(const struct img_eval *e, const struct img_verified *v,
                     const struct img_numbers *by, size_t *authority, int64_t *ends);
bool img_eval_speaks_for(const struct img_eval *e, const struct img_verified *v, size_t authority,
                         int64_t *ends);

/* The moment a statement counts from: the earlier of claimed and witnessed, IMG_TIME_NONE without
 * either. IMG_WHY_TIME_IN_FUTURE and IMG_WHY_CLOCK_IMPLAUSIBLE as design.md section 4.1 has them.
 */
enum img_reason img_eval_time(const struct img_eval *e, const struct img_verified *v,
                              int64_t claimed, int64_t *out);
#define IMG_CLOCK_SKEW 300 /* seconds two honest clocks may differ */

/* --- statements about a subject --------------------------------------------------------------- */

/* One statement that counts: verified, of the right kind, by someone who may speak. */
struct img_said {
    const struct img_verified *v;
    size_t authority;
    int64_t claimed, at, ends;
    void *doc; /* what the kind's reader made of it */
};
struct img_said_kind {
    const char *what;        /* "an SBOM" */
    enum img_reason missing; /* the code when there is none */
    bool (*wants)(const struct img_eval *e, const char *predicate_type);
    /* Reads the predicate. IMG_E_MEMORY and IMG_E_INTERNAL are ours, all else makes the evidence
     * count as absent, err->why saying how. *claimed stays IMG_TIME_NONE without a time. NULL: the
     * predicate is not looked into. */
    bool (*read)(const struct img_verified *v, void **doc, int64_t *claimed, struct img_err *err);
    void (*free)(void *doc);
};
struct img_said_list {
    struct img_said *items;
    size_t count;
    void (*free)(void *doc);
    enum img_reason unusable; /* why the last one that was unusable was */
    const char *unusable_why;
};
IMG_NODISCARD bool img_said_collect(struct img_eval *e, const struct img_subject_facts *s,
                                    const struct img_said_kind *kind, struct img_said_list *out,
                                    struct img_err *err);
/* Keeps the latest, what is as late, and what has no time and so cannot be ordered. */
void img_said_latest(struct img_said_list *l);
void img_said_drop(struct img_said_list *l, size_t i);
void img_said_done(struct img_said_list *l);
/* Makes the check say why there is no such statement: unusable ones, other speakers, other types.
 */
IMG_NODISCARD bool img_said_none(struct img_eval *e, const struct img_subject_facts *s,
                                 const struct img_said_kind *kind, const struct img_said_list *l,
                                 struct img_check *c, struct img_err *err);
/* What was verified about a subject, by type: "2 of https://… , 1 of …"; "nothing" without any. */
const char *img_said_types(struct img_eval *e, const struct img_subject_facts *s);
/* The most telling reason among ignored evidence, and its words; IMG_WHY_NONE without any. */
enum img_reason img_said_near_miss(const struct img_eval *e, const char **why);
/* True when the statement is older than max_age seconds; the check then says so. */
bool img_said_too_old(struct img_eval *e, const struct img_said *s, int64_t max_age,
                      enum img_reason code, struct img_check *c);
