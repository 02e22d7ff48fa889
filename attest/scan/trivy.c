/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/scan/internal.h"
#include "base/text.h"

/*
 * Trivy's JSON, SchemaVersion 2. Empty members are left out by its writer, so what is absent is
 * empty; a clean scan has results without vulnerabilities, and a report without results means that
 * nothing supported was found: not that the image is clean.
 */

struct trivy {
    struct scan_owner *o;
    struct img_scan_input *in;
    const char *target;
    bool language; /* the result is of class lang-pkgs */
    bool suppressed;
};

/* The score of the source that the severity comes from, else NVD's, else the first one's; the
 * newest CVSS version of that source. */
static bool read_score(const struct img_json *v, double *out, struct img_err *err)
{
    const char *source = "nvd";
    struct img_json cvss, at;

    if (!img_json_opt_obj(v, "CVSS", &cvss, err) ||
        !img_json_opt_str(v, "SeveritySource", &source, err))
        return false;
    if (!img_json_has(&cvss, source))
        source = img_json_has(&cvss, "nvd") || cvss.node == NULL || json_object_size(cvss.node) == 0
                     ? "nvd"
                     : json_object_iter_key(json_object_iter((json_t *)(uintptr_t)cvss.node));
    return img_json_opt_obj(&cvss, source, &at, err) && scan_opt_number(&at, "V2Score", out, err) &&
           scan_opt_number(&at, "V3Score", out, err) && scan_opt_number(&at, "V40Score", out, err);
}

/* Other names of the same vulnerability. Advisories of distributions (DSA, RHSA, …) are not: one of
 * them stands for several vulnerabilities. */
static bool read_aliases(struct trivy *t, const struct img_json *v, struct img_finding *f,
                         struct img_err *err)
{
    const char *names[16];
    struct img_json ids;
    size_t count, kept = 0;

    if (!img_json_opt_arr(v, "VendorIDs", &ids, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *id;

        if (!img_json_str_item(&ids, i, &id, err))
            return false;
        if (kept < IMG_COUNT(names) && strcmp(id, f->id) != 0 &&
            (scan_is_cve(id) || img_has_prefix(id, "GHSA-")))
            names[kept++] = id;
    }
    f->aliases = scan_list(t->o, names, kept);
    return true;
}

/* Members that findings of every kind share. */
static bool read_common(struct trivy *t, const struct img_json *at, struct img_finding *f,
                        struct img_err *err)
{
    static const char *const sources[] = {"trivy", NULL};
    const char *severity = "unknown";
    struct img_json layer;

    if (!img_json_opt_str(at, "Severity", &severity, err) ||
        !scan_opt(t->o, at, "Title", &f->title, err) ||
        !scan_opt(t->o, at, "Status", &f->status, err) ||
        !img_json_opt_obj(at, "Layer", &layer, err) ||
        !scan_opt(t->o, &layer, "DiffID", &f->diff_id, err))
        return false;
    f->severity = scan_severity_of(severity);
    f->sources = sources;
    if (t->suppressed)
        f->status = IMG_STATUS_SUPPRESSED;
    return true;
}

static bool read_vulnerability(struct trivy *t, const struct img_json *at, struct img_err *err)
{
    struct img_finding *f = scan_add(t->o, IMG_FINDING_VULNERABILITY, err);
    struct img_json purl;
    const char *id;

    if (f == NULL || !img_json_str(at, "VulnerabilityID", &id, err))
        return false;
    if (id[0] == '\0')
        return img_json_fail(at, err, "VulnerabilityID is empty");
    f->id = scan_keep(t->o, id);
    if (!read_common(t, at, f, err) || !read_aliases(t, at, f, err) ||
        !read_score(at, &f->score, err) || !scan_opt(t->o, at, "PkgName", &f->package, err) ||
        !scan_opt(t->o, at, "InstalledVersion", &f->version, err) ||
        !scan_opt(t->o, at, "FixedVersion", &f->fixed, err) ||
        !scan_opt(t->o, at, "PkgPath", &f->path, err) ||
        !img_json_opt_obj(at, "PkgIdentifier", &purl, err) ||
        !scan_opt(t->o, &purl, "PURL", &f->purl, err))
        return false;
    /* a Go or Rust binary is its result's target; "Java" and "Node.js" are no paths */
    if (f->path == NULL && t->language && strchr(t->target, '/') != NULL)
        f->path = scan_keep(t->o, t->target);
    return true;
}

/* Match and Code are never looked at: they hold the secret's surroundings. */
static bool read_secret(struct trivy *t, const struct img_json *at, struct img_err *err)
{
    struct img_finding *f = scan_add(t->o, IMG_FINDING_SECRET, err);
    const char *id;

    if (f == NULL || !img_json_str(at, "RuleID", &id, err) || !read_common(t, at, f, err) ||
        !img_json_opt_int(at, "StartLine", 0, INT32_MAX, &f->line, err))
        return false;
    f->id = scan_keep(t->o, id[0] != '\0' ? id : "secret");
    f->path = scan_keep(t->o, t->target);
    return true;
}

static bool read_misconfiguration(struct trivy *t, const struct img_json *at, struct img_err *err)
{
    const char *status = "FAIL", *id, *other = NULL;
    struct img_finding *f;
    struct img_json cause;

    if (!img_json_opt_str(at, "Status", &status, err) || !img_json_str(at, "ID", &id, err))
        return false;
    if (strcmp(status, "FAIL") != 0 && !t->suppressed)
        return true;
    f = scan_add(t->o, IMG_FINDING_MISCONFIGURATION, err);
    if (f == NULL || !read_common(t, at, f, err) || !scan_opt(t->o, at, "AVDID", &other, err) ||
        !img_json_opt_obj(at, "CauseMetadata", &cause, err) ||
        !img_json_opt_int(&cause, "StartLine", 0, INT32_MAX, &f->line, err))
        return false;
    f->id = scan_keep(t->o, id[0] != '\0' ? id : "misconfiguration");
    f->status = t->suppressed ? IMG_STATUS_SUPPRESSED : NULL;
    f->path = scan_keep(t->o, t->target);
    f->aliases = scan_list(t->o, &other, other != NULL && strcmp(other, f->id) != 0);
    return true;
}

static bool read_license(struct trivy *t, const struct img_json *at, struct img_err *err)
{
    struct img_finding *f = scan_add(t->o, IMG_FINDING_LICENSE, err);
    const char *name;

    if (f == NULL || !img_json_str(at, "Name", &name, err) || !read_common(t, at, f, err) ||
        !scan_opt(t->o, at, "Category", &f->title, err) ||
        !scan_opt(t->o, at, "PkgName", &f->package, err) ||
        !scan_opt(t->o, at, "FilePath", &f->path, err))
        return false;
    f->id = scan_keep(t->o, name[0] != '\0' ? name : "unknown");
    return true;
}

typedef bool read_one(struct trivy *t, const struct img_json *at, struct img_err *err);

static bool read_each(struct trivy *t, const struct img_json *result, const char *key,
                      read_one *read, struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_opt_arr(result, key, &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) || !read(t, &item, err))
            return false;
    return true;
}

/* Findings that the scanner was told to leave out: kept, and marked. */
static bool read_modified(struct trivy *t, const struct img_json *at, struct img_err *err)
{
    static const struct {
        const char *type;
        read_one *read;
    } kinds[] = {
        {"vulnerability", read_vulnerability},
        {"misconfiguration", read_misconfiguration},
        {"secret", read_secret},
        {"license", read_license},
    };
    const char *type;
    struct img_json finding;
    bool ok = true;

    if (!img_json_str(at, "Type", &type, err) || !img_json_obj(at, "Finding", &finding, err))
        return false;
    t->suppressed = true;
    for (size_t i = 0; i < IMG_COUNT(kinds); i++)
        if (strcmp(type, kinds[i].type) == 0)
            ok = kinds[i].read(t, &finding, err);
    t->suppressed = false;
    return ok;
}

static bool read_result(struct trivy *t, const struct img_json *at, bool *os_packages,
                        struct img_err *err)
{
    static const struct {
        const char *class, *looks_for;
    } classes[] = {
        {"os-pkgs", IMG_LOOKS_VULNERABILITIES}, {"lang-pkgs", IMG_LOOKS_VULNERABILITIES},
        {"secret", IMG_LOOKS_SECRETS},          {"config", IMG_LOOKS_MISCONFIGURATION},
        {"license", IMG_LOOKS_LICENSES},        {"license-file", IMG_LOOKS_LICENSES},
    };
    const char *class = "";

    t->target = "";
    if (!img_json_opt_str(at, "Target", &t->target, err) ||
        !img_json_opt_str(at, "Class", &class, err))
        return false;
    for (size_t i = 0; i < IMG_COUNT(classes); i++)
        if (strcmp(class, classes[i].class) == 0)
            scan_looks_for(t->in, classes[i].looks_for);
    *os_packages = *os_packages || strcmp(class, "os-pkgs") == 0;
    t->language = strcmp(class, "lang-pkgs") == 0;
    return read_each(t, at, "Vulnerabilities", read_vulnerability, err) &&
           read_each(t, at, "Misconfigurations", read_misconfiguration, err) &&
           read_each(t, at, "Secrets", read_secret, err) &&
           read_each(t, at, "Licenses", read_license, err) &&
           read_each(t, at, "ExperimentalModifiedFindings", read_modified, err);
}

/* What the report is about, and what is known of its operating system. */
static bool read_metadata(struct trivy *t, const struct img_json *root, bool *has_os,
                          bool *end_of_life, struct img_err *err)
{
    struct report_subject *about = &t->o->about;
    struct img_json meta, os, ids;
    size_t count;

    if (!scan_opt(t->o, root, "ArtifactName", &about->name, err) ||
        !img_json_opt_obj(root, "Metadata", &meta, err) ||
        !scan_opt(t->o, &meta, "ImageID", &about->config, err) ||
        !img_json_opt_arr(&meta, "DiffIDs", &ids, &count, err) ||
        !img_json_opt_obj(&meta, "OS", &os, err) ||
        !img_json_opt_bool(&os, "EOSL", end_of_life, err))
        return false;
    *has_os = img_json_has(&os, "Family");
    about->layers = img_pool_alloc(&t->o->pool, count, sizeof(*about->layers));
    if (about->layers == NULL)
        return img_fail(err, IMG_E_MEMORY, "diff_ids");
    for (size_t i = 0; i < count; i++) {
        const char *text;

        if (!img_json_str_item(&ids, i, &text, err))
            return false;
        about->layers[i] = scan_keep(t->o, text);
    }
    about->layer_count = count;
    return true;
}

static const char *why_incomplete(const struct scan_owner *o, size_t results, bool os_missing,
                                  bool end_of_life)
{
    if (results == 0)
        return "the report has no results: Trivy found nothing that it supports";
    if (!img_scan_looked_for(&o->scan, IMG_LOOKS_VULNERABILITIES))
        return "Trivy did not look for vulnerabilities";
    if (os_missing)
        return "Trivy did not look at the packages of the operating system";
    if (end_of_life)
        return "the distribution is past its end of life: there is no vulnerability data for it";
    return NULL;
}

bool scan_read_trivy(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct trivy t = {.o = o};
    struct img_json trivy, results, item;
    bool has_os = false, os_packages = false, end_of_life = false;
    int64_t schema;
    size_t count;

    if (!img_json_int(root, "SchemaVersion", INT64_MIN, INT64_MAX, &schema, err))
        return false;
    if (schema != 2)
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "Trivy report of SchemaVersion %lld; 2 is the one that is read",
                        (long long)schema);
    if (!scan_inputs(o, 1, err))
        return false;
    t.in = &o->scan.inputs[0];
    t.in->tool = "trivy";
    if (!img_json_opt_obj(root, "Trivy", &trivy, err) ||
        !scan_opt(o, &trivy, "Version", &t.in->version, err) ||
        !scan_opt_time(root, "CreatedAt", &t.in->finished, err) ||
        !read_metadata(&t, root, &has_os, &end_of_life, err) ||
        !img_json_opt_arr(root, "Results", &results, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&results, i, &item, err) || !read_result(&t, &item, &os_packages, err))
            return false;
    t.in->reason = why_incomplete(o, count, has_os && !os_packages, end_of_life);
    t.in->complete = t.in->reason == NULL;
    return true;
}
