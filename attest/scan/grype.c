/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/scan/internal.h"
#include "base/text.h"

/*
 * Grype's JSON. It carries no schema number of its own; what is read here is the same from database
 * schema 5 to 6, whose reports differ in where they say how old the database is.
 */
#define NAMES_MAX 32 /* names of one vulnerability; more are not seen in practice */

struct names {
    const char *items[NAMES_MAX];
    size_t count;
};

static void add_name(struct names *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i], name) == 0)
            return;
    if (n->count < NAMES_MAX)
        n->items[n->count++] = name;
}

/* A vulnerability often goes by its GHSA number, with the CVE among the related ones: the CVE
 * becomes the id, every other name an alias. */
static bool read_names(struct scan_owner *o, const struct img_json *match, const char *id,
                       struct img_finding *f, struct img_err *err)
{
    struct names n = {.items = {id}, .count = 1};
    struct img_json related, item;
    size_t count, first = 0;

    if (!img_json_opt_arr(match, "relatedVulnerabilities", &related, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *name;

        if (!img_json_item(&related, i, &item, err) || !img_json_str(&item, "id", &name, err))
            return false;
        add_name(&n, name);
    }
    for (size_t i = 0; i < n.count && !scan_is_cve(n.items[first]); i++)
        first = scan_is_cve(n.items[i]) ? i : first;
    f->id = scan_keep(o, n.items[first]);
    memmove(&n.items[first], &n.items[first + 1], (n.count - first - 1) * sizeof(n.items[0]));
    f->aliases = scan_list(o, n.items, n.count - 1);
    return true;
}

/* The best of the primary scores, else of all. */
static bool read_score(const struct img_json *v, double *out, struct img_err *err)
{
    struct img_json list, item, metrics;
    double primary = -1.0, any = -1.0;
    size_t count;

    if (!img_json_opt_arr(v, "cvss", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *type = "";
        double score = -1.0;

        if (!img_json_item(&list, i, &item, err) || !img_json_opt_str(&item, "type", &type, err) ||
            !img_json_opt_obj(&item, "metrics", &metrics, err) ||
            !scan_opt_number(&metrics, "baseScore", &score, err))
            return false;
        any = score > any ? score : any;
        if (strcmp(type, "Primary") == 0 && score > primary)
            primary = score;
    }
    *out = primary >= 0.0 ? primary : any;
    return true;
}

static bool read_fix(struct scan_owner *o, const struct img_json *v, struct img_finding *f,
                     struct img_err *err)
{
    static const struct {
        const char *state, *status;
    } table[] = {{"fixed", "fixed"}, {"not-fixed", "affected"}, {"wont-fix", "will_not_fix"}};
    struct img_json fix, versions;
    const char *state = "";
    size_t count;

    if (!img_json_opt_obj(v, "fix", &fix, err) || !img_json_opt_str(&fix, "state", &state, err) ||
        !img_json_opt_arr(&fix, "versions", &versions, &count, err))
        return false;
    f->status = "unknown";
    for (size_t i = 0; i < IMG_COUNT(table); i++)
        if (strcmp(state, table[i].state) == 0)
            f->status = table[i].status;
    for (size_t i = 0; i < count; i++) {
        const char *text;

        if (!img_json_str_item(&versions, i, &text, err))
            return false;
        f->fixed = f->fixed == NULL ? scan_keep(o, text)
                                    : img_pool_strf(&o->pool, "%s, %s", f->fixed, text);
    }
    return true;
}

static bool read_artifact(struct scan_owner *o, const struct img_json *match, struct img_finding *f,
                          struct img_err *err)
{
    struct img_json artifact, places, place;
    size_t count;

    if (!img_json_obj(match, "artifact", &artifact, err) ||
        !scan_opt(o, &artifact, "name", &f->package, err) ||
        !scan_opt(o, &artifact, "version", &f->version, err) ||
        !scan_opt(o, &artifact, "purl", &f->purl, err) ||
        !img_json_opt_arr(&artifact, "locations", &places, &count, err))
        return false;
    if (count == 0)
        return true;
    return img_json_item(&places, 0, &place, err) && scan_opt(o, &place, "path", &f->path, err) &&
           scan_opt(o, &place, "layerID", &f->diff_id, err);
}

static bool read_match(struct scan_owner *o, const struct img_json *match, bool suppressed,
                       struct img_err *err)
{
    static const char *const sources[] = {"grype", NULL};
    struct img_finding *f = scan_add(o, IMG_FINDING_VULNERABILITY, err);
    const char *severity = "unknown", *id;
    struct img_json v;

    if (f == NULL || !img_json_obj(match, "vulnerability", &v, err) ||
        !img_json_str(&v, "id", &id, err))
        return false;
    if (id[0] == '\0')
        return img_json_fail(&v, err, "id is empty");
    if (!img_json_opt_str(&v, "severity", &severity, err) || !read_names(o, match, id, f, err) ||
        !read_score(&v, &f->score, err) || !read_fix(o, &v, f, err) ||
        !read_artifact(o, match, f, err))
        return false;
    f->severity = scan_severity_of(severity);
    f->sources = sources;
    if (suppressed)
        f->status = IMG_STATUS_SUPPRESSED;
    return true;
}

static bool read_matches(struct scan_owner *o, const struct img_json *list, size_t count,
                         bool suppressed, struct img_err *err)
{
    struct img_json item;

    for (size_t i = 0; i < count; i++)
        if (!img_json_item(list, i, &item, err) || !read_match(o, &item, suppressed, err))
            return false;
    return true;
}

static bool read_layers(struct scan_owner *o, const struct img_json *target, struct img_err *err)
{
    struct report_subject *about = &o->about;
    struct img_json layers, item;
    size_t count;

    if (!img_json_opt_arr(target, "layers", &layers, &count, err))
        return false;
    about->layers = img_pool_alloc(&o->pool, count, sizeof(*about->layers));
    if (about->layers == NULL)
        return img_fail(err, IMG_E_MEMORY, "layers");
    for (size_t i = 0; i < count; i++) {
        const char *text;

        if (!img_json_item(&layers, i, &item, err) || !img_json_str(&item, "digest", &text, err))
            return false;
        about->layers[i] = scan_keep(o, text);
    }
    about->layer_count = count;
    return true;
}

/* source.target is an object for images, a path for everything else. */
static bool read_source(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct report_subject *about = &o->about;
    struct img_json source, target;

    if (!img_json_opt_obj(root, "source", &source, err))
        return false;
    if (!img_json_has(&source, "target") || json_is_string(json_object_get(source.node, "target")))
        return true;
    return img_json_obj(&source, "target", &target, err) &&
           scan_opt(o, &target, "userInput", &about->name, err) &&
           scan_opt(o, &target, "imageID", &about->config, err) &&
           scan_opt(o, &target, "manifestDigest", &about->manifest, err) &&
           read_layers(o, &target, err);
}

/* A number in schema 5, text since. */
static bool read_db_version(struct scan_owner *o, const struct img_json *at,
                            struct img_scan_input *in, struct img_err *err)
{
    int64_t number;

    if (!json_is_integer(json_object_get(at->node, "schemaVersion")))
        return scan_opt(o, at, "schemaVersion", &in->db_version, err);
    if (!img_json_int(at, "schemaVersion", 0, INT32_MAX, &number, err))
        return false;
    in->db_version = img_pool_strf(&o->pool, "%lld", (long long)number);
    return true;
}

static bool read_descriptor(struct scan_owner *o, const struct img_json *root,
                            struct img_scan_input *in, struct img_err *err)
{
    struct img_json descriptor, db, status, *at = &db;
    const char *name, *problem = NULL;
    bool valid = true;

    if (!img_json_obj(root, "descriptor", &descriptor, err) ||
        !img_json_str(&descriptor, "name", &name, err))
        return false;
    if (strcmp(name, "grype") != 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "report of '%s', which is not read", name);
    if (!scan_opt(o, &descriptor, "version", &in->version, err) ||
        !scan_opt_time(&descriptor, "timestamp", &in->finished, err) ||
        !img_json_opt_obj(&descriptor, "db", &db, err) ||
        !img_json_opt_obj(&db, "status", &status, err))
        return false;
    if (status.node != NULL)
        at = &status;
    if (!scan_opt_time(at, "built", &in->db_built, err) || !read_db_version(o, at, in, err) ||
        !img_json_opt_bool(at, "valid", &valid, err) || !scan_opt(o, at, "error", &problem, err))
        return false;
    if (problem != NULL || !valid)
        in->reason = "Grype says that its database is not valid";
    return true;
}

bool scan_read_grype(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    struct img_json matches, ignored;
    struct img_scan_input *in;
    size_t count, ignored_count;

    if (!scan_inputs(o, 1, err))
        return false;
    in = &o->scan.inputs[0];
    in->tool = "grype";
    /* Grype writes the list even when it is empty: a report without one is not a clean report. */
    if (!read_descriptor(o, root, in, err) || !read_source(o, root, err) ||
        !img_json_arr(root, "matches", &matches, &count, err) ||
        !img_json_opt_arr(root, "ignoredMatches", &ignored, &ignored_count, err))
        return false;
    scan_looks_for(in, IMG_LOOKS_VULNERABILITIES);
    in->complete = in->reason == NULL;
    return read_matches(o, &matches, count, false, err) &&
           read_matches(o, &ignored, ignored_count, true, err);
}
