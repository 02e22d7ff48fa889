/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/scan/scan.h"

/*
 * From an image, scanners' reports and our own checks to the predicates that are signed: what
 * `imgscan --attest` and `imgsign --scan` share.
 *
 *     img_reports_new(&reports, err)
 *     img_reports_add(reports, "trivy.json", &text, finished, err)      for each --report
 *     img_reports_bind(reports, images, n, err)                         before any layer is read
 *     img_checks_new, img_image_walk, img_checks_finish(…, &checks)     for each image
 *     img_scan_assemble(reports, &image, checks, &scanned, err)         for each image
 *     sign and attach scanned.predicates[0 … count)
 *     img_scanned_done(&scanned)
 *
 * Ownership: img_reports_free() and img_scanned_done() free everything.
 */
struct img_reports;
IMG_NODISCARD bool img_reports_new(struct img_reports **out, struct img_err *err);
/* Reads one report. Takes text's content on success. `name` is for messages. `finished` is
 * --scan-finished, or IMG_TIME_NONE: see img_report_read(). */
IMG_NODISCARD bool img_reports_add(struct img_reports *r, const char *name, struct img_buf *text,
                                   int64_t finished, struct img_err *err);
/* True when every report is about one of these images, and, where there are reports at all, every
 * image has one: IMG_E_MALFORMED names the report and what it is about, IMG_E_USAGE the platform
 * that no report is about. */
IMG_NODISCARD bool img_reports_bind(const struct img_reports *r, const struct img_image *images,
                                    size_t count, struct img_err *err);
void img_reports_free(struct img_reports *r);
IMG_DEFINE_FREEP(struct img_reports, img_reports_free);

struct img_predicate {
    const char *type; /* static */
    struct img_buf json;
};
struct img_scanned {
    struct img_scan *scan; /* merged */
    struct img_predicate *predicates;
    size_t count;
    bool redacted; /* some embedded report had parts taken out */
};
/* Merges the reports that are about this image with the checks, and writes the predicates: one
 * vuln/v1 for each report that looked for vulnerabilities, then the merged report, scan-report:v1,
 * or image-checks:v1 when nothing looked for vulnerabilities. Takes nothing: reports and checks
 * stay the caller's and must outlive *out. reports may be NULL. */
IMG_NODISCARD bool img_scan_assemble(const struct img_reports *reports,
                                     const struct img_image *image, struct img_scan *checks,
                                     struct img_scanned *out, struct img_err *err);
void img_scanned_done(struct img_scanned *s);
