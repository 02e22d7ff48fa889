/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "attest/scan/internal.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

static const char *const severity_names[IMG_SEVERITIES] = {
    [IMG_SEVERITY_UNKNOWN] = "unknown", [IMG_SEVERITY_NEGLIGIBLE] = "negligible",
    [IMG_SEVERITY_LOW] = "low",         [IMG_SEVERITY_MEDIUM] = "medium",
    [IMG_SEVERITY_HIGH] = "high",       [IMG_SEVERITY_CRITICAL] = "critical",
};

const char *img_severity_name(enum img_severity s)
{
    return severity_names[s];
}

bool img_severity_parse(const char *word, enum img_severity *out, struct img_err *err)
{
    for (int s = 0; s < IMG_SEVERITIES; s++)
        if (strcmp(word, severity_names[s]) == 0) {
            *out = (enum img_severity)s;
            return true;
        }
    return img_fail(err, IMG_E_MALFORMED,
                    "'%s' is no severity: critical, high, medium, low, negligible or unknown",
                    word);
}

enum img_severity scan_severity_of(const char *word)
{
    for (int s = 0; s < IMG_SEVERITIES; s++)
        if (strcasecmp(word, severity_names[s]) == 0)
            return (enum img_severity)s;
    return IMG_SEVERITY_UNKNOWN;
}

enum img_severity scan_severity_of_score(double score)
{
    if (score >= 9.0)
        return IMG_SEVERITY_CRITICAL;
    if (score >= 7.0)
        return IMG_SEVERITY_HIGH;
    if (score >= 4.0)
        return IMG_SEVERITY_MEDIUM;
    return score > 0.0 ? IMG_SEVERITY_LOW : IMG_SEVERITY_UNKNOWN;
}

const char *img_finding_kind_name(enum img_finding_kind k)
{
    static const char *const names[] = {
        [IMG_FINDING_NONE] = "",           [IMG_FINDING_VULNERABILITY] = "vulnerability",
        [IMG_FINDING_SECRET] = "secret",   [IMG_FINDING_MISCONFIGURATION] = "misconfiguration",
        [IMG_FINDING_MALWARE] = "malware", [IMG_FINDING_LICENSE] = "license",
    };

    return names[k];
}

bool scan_is_cve(const char *id)
{
    return img_has_prefix(id, "CVE-");
}

bool scan_owner_new(struct scan_owner **out, struct img_err *err)
{
    struct scan_owner *o = calloc(1, sizeof(*o));

    if (o == NULL)
        return img_fail(err, IMG_E_MEMORY, "scan report");
    *out = o;
    return true;
}

void scan_owner_free(struct scan_owner *o)
{
    free(o->scan.findings);
    json_decref(o->doc);
    img_pool_done(&o->pool);
    free(o);
}

struct scan_owner *scan_owner_of(struct img_scan *s)
{
    return (struct scan_owner *)s;
}

const struct scan_owner *scan_owner_of_const(const struct img_scan *s)
{
    return (const struct scan_owner *)s;
}

void img_scan_free(struct img_scan *s)
{
    if (s != NULL)
        scan_owner_free(scan_owner_of(s));
}

const char *scan_keep(struct scan_owner *o, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return NULL;
    return o->doc != NULL ? text : img_pool_str(&o->pool, text);
}

static bool grow(struct scan_owner *o, struct img_err *err)
{
    size_t cap = o->capacity == 0 ? 64 : o->capacity * 2;
    struct img_finding *more;

    if (o->scan.count >= IMG_LIMIT_FINDINGS)
        return img_fail(err, IMG_E_LIMIT, "more than %d findings", IMG_LIMIT_FINDINGS);
    if (o->scan.count < o->capacity)
        return true;
    more = realloc(o->scan.findings, cap * sizeof(*more));
    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "findings");
    o->scan.findings = more;
    o->capacity = cap;
    return true;
}

struct img_finding *scan_add(struct scan_owner *o, enum img_finding_kind kind, struct img_err *err)
{
    static const char *const none[] = {NULL};
    struct img_finding *f;

    if (!grow(o, err))
        return NULL;
    f = &o->scan.findings[o->scan.count++];
    *f = (struct img_finding){
        .kind = kind, .id = "", .aliases = none, .sources = none, .score = -1.0, .layer = -1};
    return f;
}

bool scan_inputs(struct scan_owner *o, size_t count, struct img_err *err)
{
    struct img_scan_input *in = img_pool_alloc(&o->pool, count, sizeof(*in));

    if (in == NULL)
        return img_fail(err, IMG_E_MEMORY, "scan inputs");
    for (size_t i = 0; i < count; i++)
        in[i] = (struct img_scan_input){.tool = "",
                                        .version = "",
                                        .db_built = IMG_TIME_NONE,
                                        .started = IMG_TIME_NONE,
                                        .finished = IMG_TIME_NONE};
    o->scan.inputs = in;
    o->scan.input_count = count;
    return true;
}

void scan_looks_for(struct img_scan_input *in, const char *what)
{
    for (size_t i = 0; i + 1 < IMG_COUNT(in->looks_for); i++) {
        if (in->looks_for[i] == NULL)
            in->looks_for[i] = what;
        if (strcmp(in->looks_for[i], what) == 0)
            return;
    }
}

bool img_scan_looked_for(const struct img_scan *s, const char *what)
{
    for (size_t i = 0; i < s->input_count; i++)
        for (const char *const *w = s->inputs[i].looks_for; *w != NULL; w++)
            if (strcmp(*w, what) == 0)
                return true;
    return false;
}

const char *const *scan_list(struct scan_owner *o, const char *const *texts, size_t count)
{
    static const char *const none[] = {NULL};
    const char **list = count == 0 ? NULL : img_pool_alloc(&o->pool, count + 1, sizeof(*list));

    if (list == NULL)
        return none;
    for (size_t i = 0; i < count; i++)
        list[i] = scan_keep(o, texts[i]);
    return list;
}

bool scan_opt(struct scan_owner *o, const struct img_json *at, const char *key, const char **out,
              struct img_err *err)
{
    const char *text = NULL;

    if (!img_json_opt_str(at, key, &text, err))
        return false;
    if (text != NULL && text[0] != '\0')
        *out = scan_keep(o, text);
    return true;
}

bool scan_opt_number(const struct img_json *at, const char *key, double *out, struct img_err *err)
{
    struct img_json member = {json_object_get(at->node, key), at, key, 0};

    if (member.node == NULL)
        return true;
    if (!json_is_number(member.node))
        return img_json_fail(&member, err, "expected a number");
    *out = json_number_value(member.node);
    return true;
}

bool scan_opt_time(const struct img_json *at, const char *key, int64_t *out, struct img_err *err)
{
    const char *text = NULL;
    int64_t t = IMG_TIME_NONE;

    if (!img_json_opt_str(at, key, &text, err))
        return false;
    if (text == NULL || text[0] == '\0' || img_has_prefix(text, "0001-01-01T"))
        return true;
    if (!img_time_parse(text, &t, err))
        return img_ctx(err, "%s", key);
    *out = t;
    return true;
}
