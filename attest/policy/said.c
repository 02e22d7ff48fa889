/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "base/limits.h"

void img_said_drop(struct img_said_list *l, size_t i)
{
    if (l->free != NULL && l->items[i].doc != NULL)
        l->free(l->items[i].doc);
    l->items[i] = l->items[--l->count];
}

void img_said_done(struct img_said_list *l)
{
    while (l->count > 0)
        img_said_drop(l, l->count - 1);
    free(l->items);
    *l = (struct img_said_list){.items = NULL};
}

/* Evidence of the right kind by the right speaker that cannot be used: absent, and listed. A report
 * that merely is of another sort is no defect, so it is not listed. */
static bool unusable(struct img_eval *e, const struct img_verified *v, struct img_said_list *l,
                     enum img_reason code, const char *why, struct img_err *err)
{
    l->unusable = code;
    l->unusable_why = img_pool_str(e->pool, why);
    if (code == IMG_WHY_NO_VULNERABILITY_SCAN || code == IMG_WHY_CLOCK_IMPLAUSIBLE)
        return true;
    return img_eval_ignore(e, v, code, why, err);
}

static bool read_one(struct img_eval *e, const struct img_said_kind *kind, struct img_said *s,
                     struct img_said_list *l, bool *usable, struct img_err *err)
{
    struct img_err why = IMG_ERR_INIT;
    char text[300], stamp[IMG_TIME_TEXT];
    enum img_reason code;

    if (kind->read != NULL && img_verified_statement(s->v)->predicate == NULL)
        return unusable(e, s->v, l, IMG_WHY_MALFORMED, "the statement has no predicate", err);
    if (kind->read != NULL && !kind->read(s->v, &s->doc, &s->claimed, &why)) {
        if (why.code == IMG_E_MEMORY || why.code == IMG_E_INTERNAL) {
            *err = why;
            return false;
        }
        img_err_text(&why, text, sizeof(text));
        return unusable(e, s->v, l, why.why == IMG_WHY_NONE ? IMG_WHY_MALFORMED : why.why, text,
                        err);
    }
    code = img_eval_time(e, s->v, s->claimed, &s->at);
    *usable = code == IMG_WHY_NONE;
    if (*usable)
        return true;
    if (kind->free != NULL && s->doc != NULL)
        kind->free(s->doc);
    s->doc = NULL;
    img_time_text(code == IMG_WHY_CLOCK_IMPLAUSIBLE ? img_verified_witnessed(s->v) : s->claimed,
                  stamp);
    (void)snprintf(text, sizeof(text), "%s: %s", img_reason_meaning(code), stamp);
    return unusable(e, s->v, l, code, text, err);
}

bool img_said_collect(struct img_eval *e, const struct img_subject_facts *s,
                      const struct img_said_kind *kind, struct img_said_list *out,
                      struct img_err *err)
{
    IMG_AUTO(img_said_done)
    struct img_said_list l = {.items = calloc(s->verified_count + 1, sizeof(*l.items)),
                              .free = kind->free};

    if (l.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "statements");
    for (size_t i = 0; i < s->verified_count; i++) {
        struct img_said one = {.v = s->verified[i], .claimed = IMG_TIME_NONE, .at = IMG_TIME_NONE};
        bool usable = false;

        if (!img_digest_equal(img_verified_subject(one.v), &s->digest) ||
            !kind->wants(e, img_verified_statement(one.v)->predicate_type) ||
            !img_eval_speaks(e, one.v, &e->rule->by, &one.authority, &one.ends))
            continue;
        if (!read_one(e, kind, &one, &l, &usable, err))
            return false;
        if (usable)
            l.items[l.count++] = one;
    }
    *out = l;
    l = (struct img_said_list){.items = NULL};
    return true;
}

void img_said_latest(struct img_said_list *l)
{
    int64_t latest = IMG_TIME_NONE;

    for (size_t i = 0; i < l->count; i++)
        latest = l->items[i].at > latest ? l->items[i].at : latest;
    for (size_t i = l->count; i-- > 0;)
        if (l->items[i].at != IMG_TIME_NONE && l->items[i].at < latest)
            img_said_drop(l, i);
}

bool img_said_too_old(struct img_eval *e, const struct img_said *s, int64_t max_age,
                      enum img_reason code, struct img_check *c)
{
    char limit[32], age[32], stamp[IMG_TIME_TEXT];
    int64_t now = e->facts->now;
    const char *expected;

    if (max_age == 0)
        return false;
    img_duration_text(max_age, limit);
    expected = img_pool_strf(e->pool, "at most %s old", limit);
    if (s->at == IMG_TIME_NONE) {
        img_check_no(c, IMG_WHY_NO_TIME, expected, "the statement carries no time");
        return true;
    }
    if (s->at >= now || now - s->at <= max_age) {
        img_eval_ends(e, s->at + max_age + 1);
        return false;
    }
    img_duration_text(now - s->at, age);
    img_time_text(s->at, stamp);
    img_check_no(c, code, expected, img_pool_strf(e->pool, "%s (finished %s)", age, stamp));
    return true;
}

/* --- saying why there is none ----------------------------------------------------------------- */

const char *img_said_types(struct img_eval *e, const struct img_subject_facts *s)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_TEXT);

    for (size_t i = 0; i < s->verified_count; i++) {
        const char *type = img_verified_statement(s->verified[i])->predicate_type;
        size_t count = 0, before = 0;

        for (size_t k = 0; k < s->verified_count; k++) {
            if (strcmp(img_verified_statement(s->verified[k])->predicate_type, type) != 0)
                continue;
            count++;
            before += k < i;
        }
        if (before == 0)
            img_buf_putf(&b, "%s%zu of type %.200s", b.len == 0 ? "" : ", ", count, type);
    }
    return b.len == 0 ? "nothing" : img_pool_buf(e->pool, &b);
}

/* Nearest first: what was the right thing but for one property comes before what was noise. */
enum img_reason img_said_near_miss(const struct img_eval *e, const char **why)
{
    static const enum img_reason order[] = {IMG_WHY_KEY_REVOKED,      IMG_WHY_KEY_RETIRED,
                                            IMG_WHY_SUBJECT_MISMATCH, IMG_WHY_BAD_SIGNATURE,
                                            IMG_WHY_UNTRUSTED_KEY,    IMG_WHY_PAYLOAD_TYPE,
                                            IMG_WHY_SIGNATURE_COUNT,  IMG_WHY_MALFORMED,
                                            IMG_WHY_UNSUPPORTED,      IMG_WHY_EVIDENCE_LIMIT};

    for (size_t o = 0; o < IMG_COUNT(order); o++)
        for (size_t i = 0; i < e->ignored_count; i++)
            if (e->ignored[i].code == order[o]) {
                *why = e->ignored[i].why;
                return order[o];
            }
    return IMG_WHY_NONE;
}

static bool is_about_the_signer(enum img_reason code)
{
    return code == IMG_WHY_KEY_REVOKED || code == IMG_WHY_KEY_RETIRED ||
           code == IMG_WHY_SUBJECT_MISMATCH || code == IMG_WHY_BAD_SIGNATURE ||
           code == IMG_WHY_UNTRUSTED_KEY;
}

/* The name of some authority this key belongs to; this policy's first. */
static const char *authority_of(const struct img_eval *e, const struct img_verified *v)
{
    for (size_t i = 0; i < e->policy->authority_count; i++)
        if (img_verified_by(v, e->policy->first_authority + i))
            return e->all->authorities[e->policy->first_authority + i].name;
    return "no authority of this policy";
}

/* The right kind of statement by someone else: identity-mismatch. */
static bool said_by_others(struct img_eval *e, const struct img_subject_facts *s,
                           const struct img_said_kind *kind, struct img_check *c)
{
    char text[IMG_DIGEST_TEXT];

    for (size_t i = 0; i < s->verified_count; i++) {
        const struct img_verified *v = s->verified[i];

        if (!kind->wants(e, img_verified_statement(v)->predicate_type))
            continue;
        img_digest_text(img_verified_signer(v), text);
        img_check_no(c, IMG_WHY_IDENTITY_MISMATCH, c->expected,
                     img_pool_strf(e->pool, "%s by key %s (%s)", kind->what, text,
                                   authority_of(e, v)));
        return true;
    }
    return false;
}

bool img_said_none(struct img_eval *e, const struct img_subject_facts *s,
                   const struct img_said_kind *kind, const struct img_said_list *l,
                   struct img_check *c, struct img_err *err)
{
    const char *why = NULL;
    enum img_reason near = img_said_near_miss(e, &why);
    bool signature = kind->missing == IMG_WHY_NO_SIGNATURE;

    c->expected = img_pool_strf(e->pool, "%s by %s", kind->what, img_eval_names(e, &e->rule->by));
    if (l->unusable != IMG_WHY_NONE) {
        img_check_no(c, l->unusable, c->expected, l->unusable_why);
        c->undecided = l->unusable == IMG_WHY_CLOCK_IMPLAUSIBLE;
    } else if (said_by_others(e, s, kind, c)) {
        return img_pool_check(e->pool, err);
    } else if (near != IMG_WHY_NONE &&
               (s->verified_count == 0 || (signature && is_about_the_signer(near)))) {
        img_check_no(c, near, c->expected, img_pool_str(e->pool, why));
    } else {
        img_check_no(c, kind->missing, c->expected,
                     img_pool_strf(e->pool, "no such statement; verified: %s%s%s",
                                   img_said_types(e, s), near == IMG_WHY_NONE ? "" : "; ignored: ",
                                   near == IMG_WHY_NONE ? "" : img_reason_word(near)));
    }
    return img_pool_check(e->pool, err);
}
