/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/image.h"
#include "attest/sbom/sbom.h"

/*
 * Findings about an image: from scanners' reports, and from our own checks; merged into one scan
 * report, written as `urn:imgtrust:scan-report:v1`, read back by policy.
 *
 * Nothing that comes from a secret's value is kept anywhere.
 *
 * Ownership: img_scan_free() frees a report and everything in it; strings are views into it.
 * Source:    design.md section 5; Trivy JSON schema 2; Grype JSON; cosign's vuln predicate.
 */
enum img_severity {
    IMG_SEVERITY_UNKNOWN,
    IMG_SEVERITY_NEGLIGIBLE,
    IMG_SEVERITY_LOW,
    IMG_SEVERITY_MEDIUM,
    IMG_SEVERITY_HIGH,
    IMG_SEVERITY_CRITICAL
};
#define IMG_SEVERITIES 6
const char *img_severity_name(enum img_severity s);
IMG_NODISCARD bool img_severity_parse(const char *word, enum img_severity *out,
                                      struct img_err *err);

enum img_finding_kind {
    IMG_FINDING_NONE,
    IMG_FINDING_VULNERABILITY,
    IMG_FINDING_SECRET,
    IMG_FINDING_MISCONFIGURATION,
    IMG_FINDING_MALWARE,
    IMG_FINDING_LICENSE
};
const char *img_finding_kind_name(enum img_finding_kind k);

/* What an input can have looked for. */
#define IMG_LOOKS_VULNERABILITIES  "vulnerabilities"
#define IMG_LOOKS_SECRETS          "secrets"
#define IMG_LOOKS_SETUID           "setuid"
#define IMG_LOOKS_MISCONFIGURATION "misconfiguration"
#define IMG_LOOKS_LICENSES         "licenses"
#define IMG_LOOKS_MALWARE          "malware"

/* Ids of our own findings of kind misconfiguration; setuid and setgid ones have a path from "/". */
#define IMG_CHECK_ROOT   "runs-as-root"
#define IMG_CHECK_SETUID "setuid-file"
#define IMG_CHECK_SETGID "setgid-file"

/* The status of a finding that the scanner was told to leave out. All other statuses count: "fixed"
 * means that a fixed version exists, not that it is installed. */
#define IMG_STATUS_SUPPRESSED "suppressed"

struct img_finding {
    enum img_finding_kind kind;
    const char *id;             /* CVE where there is one */
    const char *const *aliases; /* other names of the same thing, NULL-terminated */
    enum img_severity severity;
    double score;                                 /* CVSS; < 0 when not given */
    const char *title;                            /* NULL when not given; likewise below */
    const char *purl, *package, *version, *fixed; /* fixed NULL: no fix known */
    const char *path;
    int64_t line;               /* 0 when not given */
    int64_t layer;              /* index; -1 when not known */
    const char *diff_id;        /* of the layer, as the report gave it or as we found it */
    const char *command;        /* of that layer, masked */
    bool base;                  /* the layer belongs to the base image */
    const char *status;         /* "affected", IMG_STATUS_SUPPRESSED, …; NULL when not given */
    const char *const *sources; /* tools that reported it, NULL-terminated */
};

struct img_scan_input {
    const char *tool, *version;
    const char
        *looks_for[6]; /* "vulnerabilities", "secrets", "misconfiguration", …; NULL-terminated */
    bool complete;
    const char *reason;        /* why not complete, else NULL */
    const char *db_version;    /* NULL when not given */
    int64_t db_built;          /* IMG_TIME_NONE when not given */
    struct img_digest sha256;  /* of the report file; unset for own checks */
    int64_t started, finished; /* IMG_TIME_NONE when not given */
};

struct img_scan {
    struct img_scan_input *inputs;
    size_t input_count;
    struct img_finding *findings;
    size_t count;
    /* of the image, as stated in a report read back; empty when made here */
    const char *image_digest, *platform;
};
void img_scan_free(struct img_scan *s);
IMG_DEFINE_FREEP(struct img_scan, img_scan_free);

/* A scanner's report, Trivy or Grype told by its content. Bound to the image by config digest,
 * manifest digest or diff_ids; IMG_E_UNSUPPORTED for an unknown tool or schema version,
 * IMG_E_MALFORMED for one that is of another image (exit 3, naming both). `finished`: when the
 * report carries no time; IMG_TIME_NONE makes that IMG_E_USAGE naming --scan-finished. */
IMG_NODISCARD bool img_report_read(struct img_bytes text, const struct img_image *image,
                                   int64_t finished, struct img_scan **out, struct img_err *err);
/* The report with secret-bearing parts masked, for embedding; *redacted says whether that changed
 * anything. Untouched text is passed through byte for byte. */
IMG_NODISCARD bool img_report_redact(struct img_bytes text, struct img_buf *out, bool *redacted,
                                     struct img_err *err);
/* cosign's vuln/v1 predicate around one report. */
IMG_NODISCARD bool img_vuln_predicate(struct img_bytes report, const struct img_scan *read,
                                      struct img_buf *out, struct img_err *err);

/* Own checks: runs as root, setuid files, secrets. A client for img_image_walk(). */
struct img_checks;
IMG_NODISCARD bool img_checks_new(const struct img_image *image, struct img_checks **out,
                                  struct img_err *err);
struct img_layer_client img_checks_client(struct img_checks *c);
/* started, finished: when the checks ran. */
IMG_NODISCARD bool img_checks_finish(struct img_checks *c, int64_t started, int64_t finished,
                                     struct img_scan **out, struct img_err *err);
void img_checks_free(struct img_checks *c);
IMG_DEFINE_FREEP(struct img_checks, img_checks_free);

/* Several into one: same id, package and version is one finding with all its sources. */
IMG_NODISCARD bool img_scan_merge(struct img_scan *const *scans, size_t count,
                                  const struct img_image *image, struct img_scan **out,
                                  struct img_err *err);
/* True when some input looked for this (IMG_LOOKS_…). */
bool img_scan_looked_for(const struct img_scan *s, const char *what);

/* The predicate: scan-report:v1, or image-checks:v1 when nothing looked for vulnerabilities. */
const char *img_scan_predicate_type(const struct img_scan *s);
IMG_NODISCARD bool img_scan_write(const struct img_scan *s, const struct img_image *image,
                                  struct img_buf *out, struct img_err *err);
/* Reads a verified predicate back: scan-report:v1, image-checks:v1, cosign vuln/v1 (its
 * scanner.result by Trivy's or Grype's own reader), in-toto vulns v0.1 and v0.2. */
IMG_NODISCARD bool img_scan_read(const char *predicate_type, const json_t *predicate,
                                 struct img_scan **out, struct img_err *err);
