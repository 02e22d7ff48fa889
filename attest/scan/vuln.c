/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "attest/scan/internal.h"
#include "attest/types.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

/*
 * Predicates of others: cosign's vuln/v1, written and read; in-toto's vulns v0.1 and v0.2, read.
 *
 * Source: cosign's COSIGN_VULN_ATTESTATION_SPEC; in-toto attestation predicates vuln and vulns_02.
 */

/* --- writing vuln/v1 --- */

static const char *project_of(const char *tool)
{
    return strcmp(tool, "grype") == 0 ? "pkg:github/anchore/grype"
                                      : "pkg:github/aquasecurity/trivy";
}

static void put_scanner(struct img_json_out *j, const struct img_scan_input *in,
                        struct img_bytes result, bool redacted)
{
    char hex[IMG_DIGEST_TEXT], uri[300];

    (void)snprintf(uri, sizeof(uri), "%s%s%.200s", project_of(in->tool),
                   in->version[0] != '\0' ? "@" : "", in->version);
    img_json_out_open(j, "scanner", '{');
    img_json_out_str(j, "uri", uri);
    img_json_out_opt(j, "version", in->version);
    if (in->db_version != NULL) {
        img_json_out_open(j, "db", '{');
        img_json_out_str(j, "version", in->db_version);
        img_json_out_close(j, '}');
    }
    img_json_out_raw(j, "result", result);
    /* of the report as the scanner wrote it, before anything was taken out */
    img_digest_hex(&in->sha256, hex);
    img_json_out_open(j, "report", '{');
    img_json_out_str(j, "sha256", hex);
    img_json_out_bool(j, "redacted", redacted);
    img_json_out_close(j, '}');
    img_json_out_close(j, '}');
}

bool scan_vuln_write(struct img_bytes report, const struct img_scan *read, struct img_buf *out,
                     bool *redacted, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf clean = IMG_BUF(IMG_LIMIT_REPORT);
    const struct img_scan_input *in = &read->inputs[0];
    char started[IMG_TIME_TEXT], finished[IMG_TIME_TEXT];
    struct img_json_out j = {.to = out};
    struct img_bytes result;
    bool changed;

    if (!img_report_redact(report, &clean, &changed, err) || !img_buf_bytes(&clean, &result, err))
        return false;
    img_time_text(in->finished, finished);
    img_time_text(in->started != IMG_TIME_NONE ? in->started : in->finished, started);
    img_json_out_open(&j, NULL, '{');
    put_scanner(&j, in, result, changed);
    img_json_out_open(&j, "metadata", '{');
    img_json_out_str(&j, "scanStartedOn", started);
    img_json_out_str(&j, "scanFinishedOn", finished);
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    if (!img_buf_bytes(out, &result, err))
        return img_ctx(err, "vuln predicate");
    *redacted = changed;
    return true;
}

bool img_vuln_predicate(struct img_bytes report, const struct img_scan *read, struct img_buf *out,
                        struct img_err *err)
{
    bool redacted;

    return scan_vuln_write(report, read, out, &redacted, err);
}

/* --- reading --- */

/* A statement whose scanner found nothing that it could look at, or whose result is not there. */
static bool nothing_looked_for(struct scan_owner *o, struct img_err *err)
{
    if (!scan_inputs(o, 1, err))
        return false;
    o->scan.inputs[0].reason = "the statement carries no result of a scanner";
    return true;
}

/* The earlier of two times: whoever wraps a report cannot make it younger. */
static int64_t earlier(int64_t a, int64_t b)
{
    if (a == IMG_TIME_NONE || b == IMG_TIME_NONE)
        return a == IMG_TIME_NONE ? b : a;
    return a < b ? a : b;
}

static bool read_metadata(const struct img_json *root, const char *key, struct img_scan_input *in,
                          struct img_err *err)
{
    int64_t started = IMG_TIME_NONE, finished = IMG_TIME_NONE;
    struct img_json meta;

    if (!img_json_obj(root, key, &meta, err) ||
        !scan_opt_time(&meta, "scanStartedOn", &started, err) ||
        !scan_opt_time(&meta, "scanFinishedOn", &finished, err))
        return false;
    in->started = earlier(in->started, started);
    in->finished = earlier(in->finished, finished);
    return true;
}

bool scan_read_vuln(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct img_json scanner, result;
    const json_t *node;

    if (!img_json_obj(root, "scanner", &scanner, err))
        return false;
    node = json_object_get(scanner.node, "result");
    if (node == NULL || json_is_null(node) ||
        (json_is_object(node) && json_object_size(node) == 0)) {
        if (!nothing_looked_for(o, err))
            return false;
    } else if (!img_json_obj(&scanner, "result", &result, err) || !scan_read_any(o, &result, err)) {
        return false;
    }
    return read_metadata(root, "metadata", &o->scan.inputs[0], err);
}

/* A score of v0.2: a CVSS number as text, or a word. */
static enum img_severity severity_of_text(const char *text, double *score)
{
    double value = 0.0, place = 1.0;
    bool point = false;

    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '.' && !point && p != text) {
            point = true;
            continue;
        }
        if (*p < '0' || *p > '9' || p - text > 8)
            return scan_severity_of(text);
        value = value * 10.0 + (*p - '0');
        place *= point ? 10.0 : 1.0;
    }
    value /= place;
    if (text[0] == '\0' || value > 10.0)
        return IMG_SEVERITY_UNKNOWN;
    *score = value > *score ? value : *score;
    return scan_severity_of_score(value);
}

/* [{"method","score"}]: the worst of them. */
static bool read_severities(const struct img_json *at, struct img_finding *f, struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_arr(at, "severity", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        enum img_severity s;
        const char *text;

        if (!img_json_item(&list, i, &item, err) || !img_json_str(&item, "score", &text, err))
            return false;
        s = severity_of_text(text, &f->score);
        f->severity = s > f->severity ? s : f->severity;
    }
    return true;
}

/* The members that we, and others after us, put into annotations: v0.2 has none for packages. */
static bool read_annotations(struct scan_owner *o, const struct img_json *at, struct img_finding *f,
                             struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_opt_arr(at, "annotations", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) || !scan_opt(o, &item, "purl", &f->purl, err) ||
            !scan_opt(o, &item, "installed", &f->version, err) ||
            !scan_opt(o, &item, "fixed", &f->fixed, err) ||
            !scan_opt(o, &item, "layer", &f->diff_id, err))
            return false;
    return true;
}

/* v0.1 as its text has it puts a finding under "vulnerability", as its example has it, flat. */
static bool read_vuln_item(struct scan_owner *o, const struct img_json *item, struct img_err *err)
{
    struct img_finding *f = scan_add(o, IMG_FINDING_VULNERABILITY, err);
    struct img_json inner;
    const struct img_json *at = item;
    const char *id;

    if (f == NULL)
        return false;
    if (img_json_has(item, "vulnerability")) {
        if (!img_json_obj(item, "vulnerability", &inner, err))
            return false;
        at = &inner;
    }
    if (!img_json_str(at, "id", &id, err))
        return false;
    if (id[0] == '\0')
        return img_json_fail(at, err, "id is empty");
    f->id = scan_keep(o, id);
    f->sources = scan_list(o, &o->scan.inputs[0].tool, 1);
    return read_severities(at, f, err) && read_annotations(o, at, f, err);
}

static bool read_vulns_db(struct scan_owner *o, const struct img_json *scanner, const char *key,
                          struct img_err *err)
{
    struct img_scan_input *in = &o->scan.inputs[0];
    struct img_json db;

    return img_json_opt_obj(scanner, key, &db, err) &&
           scan_opt(o, &db, "version", &in->db_version, err) &&
           scan_opt_time(&db, "lastUpdate", &in->db_built, err);
}

bool scan_read_vulns(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct img_json scanner, list, item;
    const char *uri = NULL;
    struct img_scan_input *in;
    size_t count;

    if (!scan_inputs(o, 1, err) || !img_json_obj(root, "scanner", &scanner, err))
        return false;
    in = &o->scan.inputs[0];
    if (!scan_opt(o, &scanner, "uri", &uri, err) ||
        !scan_opt(o, &scanner, "version", &in->version, err) ||
        !img_json_arr(&scanner, "result", &list, &count, err) ||
        !read_vulns_db(o, &scanner, img_json_has(&scanner, "database") ? "database" : "db", err))
        return false;
    in->tool = uri != NULL ? uri : "scanner";
    in->complete = true;
    scan_looks_for(in, IMG_LOOKS_VULNERABILITIES);
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) || !read_vuln_item(o, &item, err))
            return false;
    return read_metadata(root, img_json_has(root, "scan_metadata") ? "scan_metadata" : "metadata",
                         in, err);
}
