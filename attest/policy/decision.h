/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"
#include "crypto/digest.h"

/*
 * The answer, with its tree of reasons. All output is rendered from it.
 *
 * Ownership: img_decision_free() frees everything; strings are views into the decision.
 * Source:    design.md section 2.4.
 */
enum img_verdict { IMG_REJECT, IMG_UNDECIDED, IMG_ACCEPT }; /* zero is "no" */

struct img_by {
    const char *authority, *identity; /* identity: "key sha256:…" */
    const char *evidence;             /* digest of the bundle */
    int64_t claimed, witnessed;       /* IMG_TIME_NONE when not there */
};
struct img_check {
    const char *id;       /* the rule's id, or its kind */
    const char *platform; /* the platform it is about; NULL for the whole image */
    bool ok;
    bool warn;      /* severity warn: does not turn the verdict */
    bool undecided; /* not ok because something could not be had */
    enum img_reason code;
    const char *expected, *found, *remedy, *message; /* NULL when there is nothing to say */
    struct img_by *by;
    size_t by_count;
};
struct img_policy_result {
    const char *name, *sha256;
    enum img_verdict verdict;
    bool warn; /* mode: warn */
    struct img_check *checks;
    size_t check_count;
};
/* Evidence that counts as absent. */
struct img_ignored {
    struct img_digest evidence;
    enum img_reason code;
    char why[240];
};
struct img_decision {
    enum img_verdict verdict;
    const char *name; /* NULL when unknown */
    struct img_digest digest;
    const char *const *platforms; /* NULL-terminated */
    bool at_given;                /* "clock": "at" instead of "now" */
    struct img_policy_result *policies;
    size_t policy_count;
    struct img_ignored *ignored;
    size_t ignored_count;
    const char *const *warnings; /* NULL-terminated */
    struct img_digest trust;     /* over the keys and roots used */
    int64_t valid_until;         /* accepts only; IMG_TIME_NONE when nothing expires */
    bool warned;                 /* a warn-mode policy or warn-severity rule failed */
};
const char *img_verdict_name(enum img_verdict v);
/* The canonical "decision" object; its SHA-256 is the decision's id. */
IMG_NODISCARD bool img_decision_json(const struct img_decision *d, struct img_buf *out,
                                     struct img_err *err);
void img_decision_free(struct img_decision *d);
IMG_DEFINE_FREEP(struct img_decision, img_decision_free);
