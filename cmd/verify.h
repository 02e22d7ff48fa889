/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/kube.h"
#include "attest/policy/policy.h"
#include "cmd/common.h"

/*
 * The parts of imgverify: what to verify (verify_files), one image from reference to decision
 * (verify_image), and the renderings (verify_text, verify_json).
 */

/* --- what to verify --------------------------------------------------------------------------- */

/* One image to verify, and where manifests name it. */
struct verify_subject {
    const char *given;
    const struct img_kube_image *const *where;
    size_t where_count;
};

/* The files of `path`: itself, or the .yaml, .yml and .json files of a directory, by name. Free
 * each with free(), and the array. */
IMG_NODISCARD bool verify_list_files(const char *path, char ***out, size_t *count,
                                     struct img_err *err);
void verify_free_files(char **files, size_t count);

/* Reads --policy FILE|DIR. */
IMG_NODISCARD bool verify_read_policies(const char *path, struct img_policies *into,
                                        struct img_err *err);
/* Reads -f FILE|DIR|-. */
IMG_NODISCARD bool verify_read_manifests(const char *path, struct img_kube_images *into,
                                         struct img_err *err);

/* --- one image -------------------------------------------------------------------------------- */

struct verify_options {
    struct img_common *common;
    const struct img_policies *policies;
    const char *platform; /* NULL, "all", or one */
    const char *print;    /* --print TYPE, or NULL */
    bool blobs;
    struct img_evidence_limits limits;
    int64_t now;
    bool at_given;
};

/* What came of one image: a decision, or the error that stood in its way. */
struct verify_result {
    const struct verify_subject *subject;
    struct img_decision *decision; /* NULL: see err */
    struct img_buf record;         /* the canonical decision */
    char id[IMG_DIGEST_TEXT];      /* of the record */
    struct img_err err;
    int status;
    int64_t resolved, ms;
    struct img_cost cost;
    struct img_buf predicates; /* --print: one a line */
};
struct verify_results {
    struct verify_result *items;
    size_t count;
};

/* Stores that are open, each for one repository or layout, kept for the whole run. */
struct verify_stores;
IMG_NODISCARD bool verify_stores_new(struct verify_stores **out, struct img_err *err);
void verify_stores_free(struct verify_stores *s);
IMG_DEFINE_FREEP(struct verify_stores, verify_stores_free);

/* Verifies one subject and appends its result, or with --platform all one for each platform. False
 * only for what is ours: memory, a bug. */
IMG_NODISCARD bool verify_one(struct verify_stores *stores, const struct verify_options *o,
                              const struct verify_subject *subject, struct verify_results *out,
                              struct img_err *err);
void verify_results_done(struct verify_results *r);

/* --- renderings ------------------------------------------------------------------------------- */

struct verify_look {
    bool colour, utf8, verbose;
};
/* The text for people: one block per image. */
void verify_text(const struct verify_results *r, const struct verify_look *look,
                 struct img_buf *out);
/* The record for programs: design.md section 2.4. */
IMG_NODISCARD bool verify_json(const struct verify_results *r, struct img_buf *out,
                               struct img_err *err);
