/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "base/limits.h"

static bool is_checks(const struct img_eval *e, const char *predicate_type)
{
    (void)e;
    return strcmp(predicate_type, IMG_PREDICATE_CHECKS) == 0 ||
           strcmp(predicate_type, IMG_PREDICATE_SCAN) == 0;
}

static void free_scan(void *doc)
{
    img_scan_free(doc);
}

static bool looks_for(const struct img_scan_input *in, const char *what)
{
    for (size_t i = 0; i < IMG_COUNT(in->looks_for) && in->looks_for[i] != NULL; i++)
        if (strcmp(in->looks_for[i], what) == 0)
            return true;
    return false;
}

/* The latest complete input that looked for this, or NULL. */
static const struct img_scan_input *input_for(const struct img_scan *scan, const char *what)
{
    const struct img_scan_input *best = NULL;

    for (size_t i = 0; i < scan->input_count; i++)
        if (scan->inputs[i].complete && looks_for(&scan->inputs[i], what) &&
            (best == NULL || scan->inputs[i].finished > best->finished))
            best = &scan->inputs[i];
    return best;
}

/* Own checks look for secrets and setuid files; the statement's time is when they finished. */
static bool read_checks(const struct img_verified *v, void **doc, int64_t *claimed,
                        struct img_err *err)
{
    const struct img_statement *statement = img_verified_statement(v);
    IMG_AUTO(img_scan_freep) struct img_scan *scan = NULL;
    char subject[IMG_DIGEST_TEXT];

    if (!img_scan_read(statement->predicate_type, statement->predicate, &scan, err))
        return false;
    img_digest_text(img_verified_subject(v), subject);
    if (scan->image_digest != NULL && scan->image_digest[0] != '\0' &&
        strcmp(scan->image_digest, subject) != 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SUBJECT_MISMATCH,
                          "the report is about %.100s", scan->image_digest);
    for (size_t i = 0; i < scan->input_count; i++)
        if (scan->inputs[i].finished > *claimed)
            *claimed = scan->inputs[i].finished;
    *doc = IMG_STEAL(&scan);
    return true;
}

static const struct img_said_kind reports = {.what = "an image check",
                                             .missing = IMG_WHY_PREDICATE_MISSING,
                                             .wants = is_checks,
                                             .read = read_checks,
                                             .free = free_scan};

/* What one word of the rule asks for. */
struct question {
    const char *looks_for, *asked;
    enum img_reason code;
    enum img_finding_kind kind;
    const char *id; /* NULL: any of the kind */
    const struct img_words *allow;
};

static bool allowed(const struct img_words *allow, const char *path)
{
    for (size_t i = 0; allow != NULL && path != NULL && i < allow->count; i++)
        if (strcmp(allow->items[i], path) == 0)
            return true;
    return false;
}

static const char *list_findings(struct img_eval *e, const struct img_scan *scan,
                                 const struct question *q)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_TEXT);
    size_t found = 0;

    for (size_t i = 0; i < scan->count; i++) {
        const struct img_finding *f = &scan->findings[i];

        if (f->kind != q->kind || (q->id != NULL && strcmp(f->id, q->id) != 0) ||
            allowed(q->allow, f->path))
            continue;
        if (found++ < 5)
            img_buf_putf(&b, "%s%.100s%s%.300s", found == 1 ? "" : "; ", f->id,
                         f->path == NULL ? "" : " ", f->path == NULL ? "" : f->path);
    }
    if (found > 5)
        img_buf_putf(&b, "; and %zu more", found - 5);
    return found == 0 ? NULL : img_pool_buf(e->pool, &b);
}

/* True when this word of the rule fails; the check then says so. */
static bool fails(struct img_eval *e, const struct img_said *said, const struct question *q,
                  struct img_check *c)
{
    const struct img_scan *scan = said->doc;
    const struct img_scan_input *in = input_for(scan, q->looks_for);
    struct img_said of_input = *said;
    const char *found;

    if (in == NULL) {
        img_check_no(c, IMG_WHY_NOT_LOOKED_FOR,
                     img_pool_strf(e->pool, "a complete check for %s", q->looks_for),
                     "the report did not look for it, or not everywhere");
        return true;
    }
    of_input.claimed = in->finished;
    if (img_eval_time(e, said->v, in->finished, &of_input.at) != IMG_WHY_NONE)
        of_input.at = IMG_TIME_NONE; /* the statement's own time was checked; this one is no time */
    if (img_said_too_old(e, &of_input, e->rule->max_age, IMG_WHY_TOO_OLD, c))
        return true;
    found = list_findings(e, scan, q);
    if (found == NULL)
        return false;
    img_check_no(c, q->code, q->asked, found);
    return true;
}

static bool answer(struct img_eval *e, const struct img_said *said, struct img_check *c)
{
    const struct img_checks_rule *r = &e->rule->checks;
    const struct question questions[] = {
        {IMG_LOOKS_SECRETS, "no secrets", IMG_WHY_SECRETS_FOUND, IMG_FINDING_SECRET, NULL, NULL},
        {IMG_LOOKS_MALWARE, "no malware", IMG_WHY_MALWARE_FOUND, IMG_FINDING_MALWARE, NULL, NULL},
        {IMG_LOOKS_SETUID, "no setuid files but those allowed", IMG_WHY_SETUID_FOUND,
         IMG_FINDING_MISCONFIGURATION, IMG_CHECK_SETUID, &r->setuid_allow}};
    const bool asked[] = {r->secrets, r->malware, r->setuid};

    for (size_t i = 0; i < IMG_COUNT(questions); i++)
        if (asked[i] && fails(e, said, &questions[i], c))
            return false;
    return true;
}

bool img_rule_checks(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                     struct img_err *err)
{
    IMG_AUTO(img_said_done) struct img_said_list l = {.items = NULL};

    c->remedy = img_eval_remedy(e, "imgscan", &s->digest, " --attest --key KEY");
    if (!img_said_collect(e, s, &reports, &l, err))
        return false;
    img_said_latest(&l);
    if (l.count == 0)
        return img_said_none(e, s, &reports, &l, c, err);
    for (size_t i = 0; i < l.count; i++) {
        if (!img_check_by(e, c, l.items[i].v, l.items[i].authority, l.items[i].claimed, err))
            return false;
        if (!answer(e, &l.items[i], c)) {
            if (c->code == IMG_WHY_SECRETS_FOUND || c->code == IMG_WHY_SETUID_FOUND ||
                c->code == IMG_WHY_MALWARE_FOUND)
                c->remedy = NULL; /* looking again would find it again */
            return true;
        }
        img_eval_ends(e, l.items[i].ends);
    }
    img_check_yes(c);
    return true;
}
