/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/scan/scan.h"
#include "base/json.h"
#include "base/pool.h"

/*
 * Private to attest/scan: a report being filled, and what the readers share.
 */

/* What a scanner says its report is about. Absent parts are NULL or 0. */
struct report_subject {
    const char *name, *config, *manifest;
    const char **layers; /* digests: diff_ids, or for Grype maybe of the layers as stored */
    size_t layer_count;
};

/* The whole of a report. `scan` comes first, so that the one pointer is the other. */
struct scan_owner {
    struct img_scan scan;
    size_t capacity; /* of scan.findings */
    struct img_pool pool;
    json_t *doc; /* when we parsed it; NULL when it is the caller's, and strings are copied */
    struct report_subject about;
};
IMG_NODISCARD bool scan_owner_new(struct scan_owner **out, struct img_err *err);
void scan_owner_free(struct scan_owner *o);
IMG_DEFINE_FREEP(struct scan_owner, scan_owner_free);
struct scan_owner *scan_owner_of(struct img_scan *s);
const struct scan_owner *scan_owner_of_const(const struct img_scan *s);

/* text for as long as the owner lives; NULL and "" give NULL. */
const char *scan_keep(struct scan_owner *o, const char *text);

/* Room for one more finding, with every field "not given". NULL past IMG_LIMIT_FINDINGS or without
 * memory, and *err says which. */
struct img_finding *scan_add(struct scan_owner *o, enum img_finding_kind kind, struct img_err *err);
/* The inputs: an array of count, all "not given". */
IMG_NODISCARD bool scan_inputs(struct scan_owner *o, size_t count, struct img_err *err);
/* Notes that the input looked for something; a word noted before is not noted again. */
void scan_looks_for(struct img_scan_input *in, const char *what);
/* A NULL-terminated list of `count` texts, kept. */
const char *const *scan_list(struct scan_owner *o, const char *const *texts, size_t count);

/* A scanner's own word for a severity; what is not known is IMG_SEVERITY_UNKNOWN. */
enum img_severity scan_severity_of(const char *word);
/* The band of a CVSS score (CVSS v3.1 section 5). */
enum img_severity scan_severity_of_score(double score);
bool scan_is_cve(const char *id);

/* Optional member as kept text; absent, NULL and "" leave *out alone. */
IMG_NODISCARD bool scan_opt(struct scan_owner *o, const struct img_json *at, const char *key,
                            const char **out, struct img_err *err);
/* Optional number, integer or real. */
IMG_NODISCARD bool scan_opt_number(const struct img_json *at, const char *key, double *out,
                                   struct img_err *err);
/* Optional RFC 3339 time; year 1, Go's "no time", is none. */
IMG_NODISCARD bool scan_opt_time(const struct img_json *at, const char *key, int64_t *out,
                                 struct img_err *err);

/* The two scanners' reports, from a cursor at the root. Fill one input, the findings and `about`.
 */
IMG_NODISCARD bool scan_read_trivy(struct scan_owner *o, const struct img_json *root,
                                   struct img_err *err);
IMG_NODISCARD bool scan_read_grype(struct scan_owner *o, const struct img_json *root,
                                   struct img_err *err);
/* Either, told by content. */
IMG_NODISCARD bool scan_read_any(struct scan_owner *o, const struct img_json *root,
                                 struct img_err *err);

/* A report's bytes without asking what image they are about. */
IMG_NODISCARD bool scan_report_parse(struct img_bytes text, int64_t finished, struct img_scan **out,
                                     struct img_err *err);
/* IMG_E_MALFORMED subject-mismatch, naming both, unless the report is about this image. */
IMG_NODISCARD bool scan_report_is_about(const struct img_scan *s, const struct img_image *image,
                                        struct img_err *err);

/* Predicates of others, from a cursor at the predicate. */
IMG_NODISCARD bool scan_read_vuln(struct scan_owner *o, const struct img_json *root,
                                  struct img_err *err);
IMG_NODISCARD bool scan_read_vulns(struct scan_owner *o, const struct img_json *root,
                                   struct img_err *err);
/* vuln/v1 around one report; *redacted says whether the report in it had parts taken out. */
IMG_NODISCARD bool scan_vuln_write(struct img_bytes report, const struct img_scan *read,
                                   struct img_buf *out, bool *redacted, struct img_err *err);
