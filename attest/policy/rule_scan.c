/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "base/limits.h"
#include "base/text.h"

/* --- reading ---------------------------------------------------------------------------------- */

static bool is_scan(const struct img_eval *e, const char *predicate_type)
{
    (void)e;
    return strcmp(predicate_type, IMG_PREDICATE_SCAN) == 0 ||
           strcmp(predicate_type, IMG_PREDICATE_VULN) == 0 ||
           strcmp(predicate_type, IMG_PREDICATE_VULNS_01) == 0 ||
           strcmp(predicate_type, IMG_PREDICATE_VULNS_02) == 0;
}

static void free_scan(void *doc)
{
    img_scan_free(doc);
}

static bool looks_for_vulnerabilities(const struct img_scan_input *in)
{
    for (size_t i = 0; i < IMG_COUNT(in->looks_for) && in->looks_for[i] != NULL; i++)
        if (strcmp(in->looks_for[i], "vulnerabilities") == 0)
            return true;
    return false;
}

/* The input that settles the rule: complete before incomplete, then the latest. */
static const struct img_scan_input *best_input(const struct img_scan *scan)
{
    const struct img_scan_input *best = NULL;

    for (size_t i = 0; i < scan->input_count; i++) {
        const struct img_scan_input *in = &scan->inputs[i];

        if (!looks_for_vulnerabilities(in))
            continue;
        if (best == NULL || in->complete > best->complete ||
            (in->complete == best->complete && in->finished > best->finished))
            best = in;
    }
    return best;
}

/* The scan time comes from the scanner's report, never from what was made of it later. */
static bool read_scan(const struct img_verified *v, void **doc, int64_t *claimed,
                      struct img_err *err)
{
    const struct img_statement *statement = img_verified_statement(v);
    IMG_AUTO(img_scan_freep) struct img_scan *scan = NULL;
    const struct img_scan_input *in;
    char subject[IMG_DIGEST_TEXT];

    if (!img_scan_read(statement->predicate_type, statement->predicate, &scan, err))
        return false;
    img_digest_text(img_verified_subject(v), subject);
    if (scan->image_digest != NULL && scan->image_digest[0] != '\0' &&
        strcmp(scan->image_digest, subject) != 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SUBJECT_MISMATCH,
                          "the report is about %.100s", scan->image_digest);
    in = best_input(scan);
    if (in == NULL)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_NO_VULNERABILITY_SCAN,
                          "a report that did not look for vulnerabilities");
    *claimed = in->finished;
    *doc = IMG_STEAL(&scan);
    return true;
}

static const struct img_said_kind scans = {.what = "a vulnerability scan",
                                           .missing = IMG_WHY_NO_VULNERABILITY_SCAN,
                                           .wants = is_scan,
                                           .read = read_scan,
                                           .free = free_scan};

static bool is_merged(const struct img_said *s)
{
    return strcmp(img_verified_statement(s->v)->predicate_type, IMG_PREDICATE_SCAN) == 0;
}

static bool has_merged_by(const struct img_said_list *l, const struct img_digest *signer)
{
    for (size_t i = 0; i < l->count; i++)
        if (is_merged(&l->items[i]) && img_digest_equal(img_verified_signer(l->items[i].v), signer))
            return true;
    return false;
}

/* Where one signer made both the merged report and the scanners' own, the merged one speaks. */
static void prefer_merged(struct img_said_list *l)
{
    for (size_t i = l->count; i-- > 0;)
        if (!is_merged(&l->items[i]) && has_merged_by(l, img_verified_signer(l->items[i].v)))
            img_said_drop(l, i);
}

/* --- exceptions and limits -------------------------------------------------------------------- */

static bool covers(const struct img_eval *e, const struct img_exception *x, const char *id,
                   const struct img_finding *f)
{
    IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};
    struct img_err ignored = IMG_ERR_INIT;

    if (e->facts->now >= x->until || strcmp(x->id, id) != 0)
        return false;
    if (!x->has_package)
        return true;
    return f->purl != NULL && img_purl_parse(f->purl, &p, &ignored) &&
           img_purl_matches(&x->package, &p);
}

/* True when some exception covers this name of the finding; *until is when the last such ends. */
static bool name_covered(const struct img_eval *e, const char *id, const struct img_finding *f,
                         int64_t *until)
{
    const struct img_scan_rule *r = &e->rule->scan;
    int64_t last = IMG_TIME_NONE;

    for (size_t i = 0; i < r->accept_count; i++)
        if (covers(e, &r->accept[i], id, f) && r->accept[i].until > last)
            last = r->accept[i].until;
    if (last == IMG_TIME_NONE)
        return false;
    *until = *until == IMG_TIME_NONE || last < *until ? last : *until;
    return true;
}

/* A finding is covered only when every CVE among its names is: merging aliases must not let one
 * exception hide another flaw. Without any CVE, its own id has to be covered. */
static bool excepted(struct img_eval *e, const struct img_finding *f)
{
    int64_t until = IMG_TIME_NONE;
    bool any = false;

    if (e->rule->scan.accept_count == 0)
        return false;
    if (img_has_prefix(f->id, "CVE-")) {
        any = true;
        if (!name_covered(e, f->id, f, &until))
            return false;
    }
    for (size_t i = 0; f->aliases != NULL && f->aliases[i] != NULL; i++) {
        if (!img_has_prefix(f->aliases[i], "CVE-"))
            continue;
        any = true;
        if (!name_covered(e, f->aliases[i], f, &until))
            return false;
    }
    if (!any && !name_covered(e, f->id, f, &until))
        return false;
    img_eval_ends(e, until);
    return true;
}

struct tally {
    int64_t all[IMG_SEVERITIES], fixable[IMG_SEVERITIES];
    size_t excepted;
};

static void count_findings(struct img_eval *e, const struct img_scan *scan, struct tally *t)
{
    for (size_t i = 0; i < scan->count; i++) {
        const struct img_finding *f = &scan->findings[i];

        /* Whatever status the scanner gave it: what may be passed over is for the policy to say. */
        if (f->kind != IMG_FINDING_VULNERABILITY)
            continue;
        if (excepted(e, f)) {
            t->excepted++;
            continue;
        }
        t->all[f->severity]++;
        t->fixable[f->severity] += f->fixed != NULL && f->fixed[0] != '\0';
    }
}

static int64_t counted(const struct tally *t, enum img_severity s, enum img_fixable f)
{
    return f == IMG_FIXABLE_ONLY  ? t->fixable[s]
           : f == IMG_FIXABLE_NOT ? t->all[s] - t->fixable[s]
                                  : t->all[s];
}

static enum img_reason too_many(enum img_severity s)
{
    static const enum img_reason codes[IMG_SEVERITIES] = {
        [IMG_SEVERITY_UNKNOWN] = IMG_WHY_TOO_MANY_UNKNOWN,
        [IMG_SEVERITY_NEGLIGIBLE] = IMG_WHY_TOO_MANY_NEGLIGIBLE,
        [IMG_SEVERITY_LOW] = IMG_WHY_TOO_MANY_LOW,
        [IMG_SEVERITY_MEDIUM] = IMG_WHY_TOO_MANY_MEDIUM,
        [IMG_SEVERITY_HIGH] = IMG_WHY_TOO_MANY_HIGH,
        [IMG_SEVERITY_CRITICAL] = IMG_WHY_TOO_MANY_CRITICAL};

    return codes[s];
}

/* "2 (CVE-2026-1 in zlib1g 1.2, fixed in 1.3; …)": the first few, so that one knows where to begin.
 */
static const char *name_findings(struct img_eval *e, const struct img_scan *scan,
                                 const struct img_limit *limit, int64_t count)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_TEXT);
    size_t shown = 0;

    img_buf_putf(&b, "%lld (", (long long)count);
    for (size_t i = 0; i < scan->count && shown < 5; i++) {
        const struct img_finding *f = &scan->findings[i];
        bool fixable = f->fixed != NULL && f->fixed[0] != '\0';

        if (f->kind != IMG_FINDING_VULNERABILITY || f->severity != limit->severity ||
            (limit->fixable == IMG_FIXABLE_ONLY && !fixable) ||
            (limit->fixable == IMG_FIXABLE_NOT && fixable) || excepted(e, f))
            continue;
        img_buf_putf(&b, "%s%.80s", shown++ == 0 ? "" : "; ", f->id);
        if (f->package != NULL)
            img_buf_putf(&b, " in %.80s", f->package);
        if (f->package != NULL && f->version != NULL)
            img_buf_putf(&b, " %.80s", f->version);
        if (fixable)
            img_buf_putf(&b, ", fixed in %.80s", f->fixed);
        if (f->status != NULL && strcmp(f->status, IMG_STATUS_SUPPRESSED) == 0)
            img_buf_puts(&b, ", which the scanner was told to leave out");
    }
    img_buf_puts(&b, (int64_t)shown < count ? "; …)" : ")");
    return img_pool_buf(e->pool, &b);
}

/* What holds where a severity is not listed: design.md section 4. */
static bool default_limit(const struct img_scan_rule *r, enum img_severity s, struct img_limit *out)
{
    if (s != IMG_SEVERITY_CRITICAL && s != IMG_SEVERITY_HIGH && s != IMG_SEVERITY_UNKNOWN)
        return false;
    for (size_t i = 0; i < r->limit_count; i++)
        if (r->limits[i].severity == s)
            return false;
    *out = (struct img_limit){.severity = s, .max = 0};
    return true;
}

static bool over(struct img_eval *e, const struct img_scan *scan, const struct tally *t,
                 const struct img_limit *limit, struct img_check *c)
{
    int64_t n = counted(t, limit->severity, limit->fixable);

    if (n <= limit->max)
        return false;
    img_check_no(c, too_many(limit->severity),
                 img_pool_strf(e->pool, "at most %lld %s%s", (long long)limit->max,
                               img_severity_name(limit->severity),
                               limit->fixable == IMG_FIXABLE_ONLY  ? " with a fix"
                               : limit->fixable == IMG_FIXABLE_NOT ? " without a fix"
                                                                   : ""),
                 name_findings(e, scan, limit, n));
    return true;
}

/* Worst first, so that the code names the worst that is wrong. */
static bool over_some_limit(struct img_eval *e, const struct img_scan *scan, struct tally *t,
                            struct img_check *c)
{
    const struct img_scan_rule *r = &e->rule->scan;
    struct img_limit implied;

    count_findings(e, scan, t);
    for (int s = IMG_SEVERITIES - 1; s >= 0; s--) {
        for (size_t i = 0; i < r->limit_count; i++)
            if (r->limits[i].severity == (enum img_severity)s && over(e, scan, t, &r->limits[i], c))
                return true;
        if (default_limit(r, (enum img_severity)s, &implied) && over(e, scan, t, &implied, c))
            return true;
    }
    return false;
}

/* --- the rule --------------------------------------------------------------------------------- */

static bool db_too_old(struct img_eval *e, const struct img_scan_input *in, struct img_check *c)
{
    char limit[32], age[32], stamp[IMG_TIME_TEXT];
    int64_t max = e->rule->scan.db_max_age, now = e->facts->now;
    const char *expected;

    if (max == 0)
        return false;
    img_duration_text(max, limit);
    expected = img_pool_strf(e->pool, "a vulnerability database at most %s old", limit);
    if (in->db_built == IMG_TIME_NONE) {
        img_check_no(c, IMG_WHY_NO_TIME, expected, "the report does not say when it was built");
        return true;
    }
    img_time_text(in->db_built, stamp);
    if (in->db_built > now + IMG_CLOCK_SKEW) {
        img_check_no(c, IMG_WHY_TIME_IN_FUTURE, expected,
                     img_pool_strf(e->pool, "built %s", stamp));
        return true;
    }
    if (in->db_built >= now || now - in->db_built <= max) {
        img_eval_ends(e, in->db_built + max + 1);
        return false;
    }
    img_duration_text(now - in->db_built, age);
    img_check_no(c, IMG_WHY_DB_TOO_OLD, expected,
                 img_pool_strf(e->pool, "%s (built %s)", age, stamp));
    return true;
}

static bool scan_fails(struct img_eval *e, const struct img_said *said, struct tally *t,
                       struct img_check *c)
{
    const struct img_scan *scan = said->doc;
    const struct img_scan_input *in = best_input(scan);

    if (in == NULL || !in->complete) {
        img_check_no(c, IMG_WHY_SCAN_INCOMPLETE, "a scan that looked at everything",
                     in == NULL ? "nothing"
                                : img_pool_strf(e->pool, "%.100s: %.400s",
                                                in->tool == NULL ? "?" : in->tool,
                                                in->reason == NULL ? "incomplete" : in->reason));
        return true;
    }
    return img_said_too_old(e, said, e->rule->max_age, IMG_WHY_SCAN_TOO_OLD, c) ||
           db_too_old(e, in, c) || over_some_limit(e, scan, t, c);
}

static bool is_about_findings(enum img_reason code)
{
    for (int i = 0; i < IMG_SEVERITIES; i++)
        if (code == too_many((enum img_severity)i))
            return true;
    return false;
}

static const char *summary(struct img_eval *e, const struct tally *t)
{
    return img_pool_strf(e->pool,
                         "%lld critical, %lld high, %lld medium, %lld low, %lld negligible, "
                         "%lld unknown; %zu excepted",
                         (long long)t->all[IMG_SEVERITY_CRITICAL],
                         (long long)t->all[IMG_SEVERITY_HIGH],
                         (long long)t->all[IMG_SEVERITY_MEDIUM],
                         (long long)t->all[IMG_SEVERITY_LOW],
                         (long long)t->all[IMG_SEVERITY_NEGLIGIBLE],
                         (long long)t->all[IMG_SEVERITY_UNKNOWN], t->excepted);
}

bool img_rule_scan(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                   struct img_err *err)
{
    IMG_AUTO(img_said_done) struct img_said_list l = {.items = NULL};
    const char *remedy =
        img_eval_remedy(e, "imgscan", &s->digest, " --report REPORT --attest --key KEY");
    struct tally t = {.excepted = 0};

    if (!img_said_collect(e, s, &scans, &l, err))
        return false;
    img_said_latest(&l);
    prefer_merged(&l);
    c->remedy = remedy;
    if (l.count == 0)
        return img_said_none(e, s, &scans, &l, c, err);
    for (size_t i = 0; i < l.count; i++) {
        t = (struct tally){.excepted = 0};
        if (!img_check_by(e, c, l.items[i].v, l.items[i].authority, l.items[i].claimed, err))
            return false;
        if (scan_fails(e, &l.items[i], &t, c)) {
            if (is_about_findings(c->code))
                c->remedy = NULL; /* scanning again would find them again */
            return true;
        }
        img_eval_ends(e, l.items[i].ends);
    }
    img_check_yes(c);
    c->found = summary(e, &t);
    return true;
}
