/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/evaluate.h"

#include <stdlib.h>
#include <string.h>

#include "attest/policy/build.h"
#include "attest/policy/glob.h"
#include "base/limits.h"

/* --- does it apply ---------------------------------------------------------------------------- */

static bool any_matches(const struct img_words *globs, const char *name)
{
    for (size_t i = 0; i < globs->count; i++)
        if (img_glob_match(globs->items[i], name))
            return true;
    return false;
}

enum img_applies img_policy_applies(const struct img_policy *p, const char *name)
{
    if (any_matches(&p->exclude, name))
        return IMG_APPLIES_NOT;
    if (any_matches(&p->images, name))
        return IMG_APPLIES;
    return name == NULL ? IMG_APPLIES_UNKNOWN : IMG_APPLIES_NOT;
}

/* --- one policy ------------------------------------------------------------------------------- */

struct evaluation {
    struct img_eval e;
    struct built *built;
    struct img_policy_result *result; /* being filled */
    size_t check_cap;
};

/* A new check of the policy being evaluated: it says "no" until a rule says otherwise. */
static bool add_check(struct evaluation *v, const char *id, struct img_check **out,
                      struct img_err *err)
{
    struct img_policy_result *r = v->result;

    if (r->check_count == v->check_cap) {
        size_t cap = v->check_cap == 0 ? 8 : v->check_cap * 2;
        struct img_check *grown = img_pool_alloc(v->e.pool, cap, sizeof(*grown));

        if (grown == NULL)
            return img_fail(err, IMG_E_MEMORY, "out of memory");
        if (r->check_count > 0)
            memcpy(grown, r->checks, r->check_count * sizeof(*grown));
        r->checks = grown;
        v->check_cap = cap;
    }
    *out = &r->checks[r->check_count++];
    **out = (struct img_check){.id = img_pool_str(v->e.pool, id), .code = IMG_WHY_UNDECIDED};
    return true;
}

static bool reads_platforms(enum img_rule_kind k)
{
    return k == IMG_RULE_SBOM || k == IMG_RULE_SCAN || k == IMG_RULE_CHECKS || k == IMG_RULE_CONFIG;
}

static bool reads_evidence(enum img_rule_kind k)
{
    return k != IMG_RULE_CONFIG && k != IMG_RULE_IMAGE;
}

/* What is the same for every rule once it was judged. */
static void finish_check(struct evaluation *v, const struct img_rule *rule, bool early,
                         struct img_check *c)
{
    const struct img_facts *f = v->e.facts;

    c->warn = rule->warn || early;
    if (c->ok)
        return;
    if (f->incomplete && reads_evidence(rule->kind) && c->code != IMG_WHY_IMAGE_NAME_UNKNOWN) {
        c->undecided = true; /* what could not be had might have satisfied the rule */
        c->found = img_pool_strf(v->e.pool, "%s; but %s", c->found == NULL ? "nothing" : c->found,
                                 f->incomplete_why == NULL ? "some evidence could not be read"
                                                           : f->incomplete_why);
    }
    c->message = rule->message == NULL ? NULL : img_pool_str(v->e.pool, rule->message);
    if (rule->remedy != NULL)
        c->remedy = img_pool_str(v->e.pool, rule->remedy);
}

static img_rule_check *const rule_checks[] = {
    [IMG_RULE_SIGNATURE] = img_rule_signature,
    [IMG_RULE_SBOM] = img_rule_sbom,
    [IMG_RULE_SCAN] = img_rule_scan,
    [IMG_RULE_CHECKS] = img_rule_checks,
    [IMG_RULE_CONFIG] = img_rule_config,
    [IMG_RULE_IMAGE] = img_rule_image,
    [IMG_RULE_ATTESTATION] = img_rule_attestation,
};

static bool check_once(struct evaluation *v, const struct img_rule *rule, bool early,
                       const struct img_subject_facts *s, struct img_err *err)
{
    int64_t ends = v->e.valid_until;
    struct img_check *c = NULL;
    char platform[100];

    if (!add_check(v, rule->id, &c, err))
        return false;
    if (s != NULL && v->e.facts->is_index) {
        img_platform_text(&s->platform, platform);
        c->platform = img_pool_str(v->e.pool, platform);
    }
    v->e.rule = rule;
    if (!rule_checks[rule->kind](&v->e, s, c, err))
        return false;
    if (!c->ok)
        v->e.valid_until = ends; /* nothing it used holds anything up */
    finish_check(v, rule, early, c);
    return true;
}

/* Whether a platform is one of those the policy names; all are where it names none. */
static bool in_scope(const struct img_policy *p, const struct img_subject_facts *s)
{
    for (size_t i = 0; i < p->platform_count; i++)
        if (s->has_platform && img_platform_serves(&s->platform, &p->platforms[i]))
            return true;
    return p->platform_count == 0;
}

static bool check_rule(struct evaluation *v, const struct img_rule *rule, bool early,
                       struct img_err *err)
{
    const struct img_facts *f = v->e.facts;

    if (!reads_platforms(rule->kind))
        return check_once(v, rule, early, NULL, err);
    for (size_t i = 0; i < f->platform_count; i++)
        if (in_scope(v->e.policy, &f->platforms[i]) &&
            !check_once(v, rule, early, &f->platforms[i], err))
            return false;
    return true;
}

/* --- platforms -------------------------------------------------------------------------------- */

static bool wants_platforms(const struct img_policy *p)
{
    for (size_t i = 0; i < p->rule_count; i++)
        if (reads_platforms(p->rules[i].kind))
            return true;
    return p->platform_count > 0;
}

static const char *list_platforms(struct img_eval *e, const struct img_platform *wanted,
                                  size_t count)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_TEXT);
    char text[100];

    for (size_t i = 0; i < (wanted == NULL ? e->facts->platform_count : count); i++) {
        if (wanted == NULL && !e->facts->platforms[i].has_platform)
            continue;
        img_platform_text(wanted == NULL ? &e->facts->platforms[i].platform : &wanted[i], text);
        img_buf_putf(&b, "%s%s", b.len == 0 ? "" : ", ", text);
    }
    return b.len == 0 ? "no platform that is known" : img_pool_buf(e->pool, &b);
}

static bool has_platform(const struct img_facts *f, const struct img_platform *want)
{
    for (size_t i = 0; i < f->platform_count; i++)
        if (f->platforms[i].has_platform && img_platform_serves(&f->platforms[i].platform, want))
            return true;
    return false;
}

/*
 * An index must have every platform that the policy names; a single image must be one of them. A
 * platform that is unnamed or listed twice is refused before anything is said about platforms:
 * which of two a runtime takes is not for us to guess.
 */
static bool check_platforms(struct evaluation *v, struct img_err *err)
{
    const struct img_facts *f = v->e.facts;
    const struct img_policy *p = v->e.policy;
    size_t missing = 0, first = 0;
    struct img_check *c = NULL;

    if (!wants_platforms(p))
        return true;
    for (size_t i = p->platform_count; i-- > 0;)
        if (!has_platform(f, &p->platforms[i])) {
            missing++;
            first = i;
        }
    if (f->platforms_code == IMG_WHY_NONE && f->platform_count > 0 &&
        (missing == 0 || (!f->is_index && missing < p->platform_count)))
        return true;
    if (!add_check(v, "platforms", &c, err))
        return false;
    c->undecided = f->incomplete;
    if (f->platforms_code != IMG_WHY_NONE)
        img_check_no(c, f->platforms_code, "platforms that are named, each once",
                     img_pool_str(v->e.pool, f->platforms_why == NULL ? "" : f->platforms_why));
    else
        img_check_no(c, IMG_WHY_PLATFORM_MISSING,
                     p->platform_count == 0 ? "a platform"
                                            : list_platforms(&v->e, &p->platforms[first],
                                                             f->is_index ? 1 : p->platform_count),
                     list_platforms(&v->e, NULL, 0));
    return img_pool_check(v->e.pool, err);
}

/* --- from checks to verdicts ------------------------------------------------------------------ */

static void judge_policy(struct img_policy_result *r)
{
    r->verdict = r->check_count == 0 ? IMG_REJECT : IMG_ACCEPT;
    for (size_t i = 0; i < r->check_count; i++) {
        const struct img_check *c = &r->checks[i];

        if (c->ok || c->warn)
            continue;
        if (!c->undecided)
            r->verdict = IMG_REJECT;
        else if (r->verdict == IMG_ACCEPT)
            r->verdict = IMG_UNDECIDED;
    }
}

static bool check_rules(struct evaluation *v, struct img_err *err)
{
    const struct img_policy *p = v->e.policy;
    int64_t now = v->e.facts->now;
    struct img_check *c = NULL;
    size_t in_force = 0;

    for (size_t i = 0; i < p->rule_count; i++) {
        const struct img_rule *rule = &p->rules[i];
        bool early = rule->from != IMG_TIME_NONE && now < rule->from;

        if (rule->until != IMG_TIME_NONE && now >= rule->until)
            continue;
        in_force += !early;
        img_eval_ends(&v->e, early ? rule->from : rule->until);
        if (!check_rule(v, rule, early, err))
            return false;
    }
    if (in_force > 0)
        return true;
    if (!add_check(v, "policy", &c, err))
        return false;
    img_check_no(c, IMG_WHY_NOT_IN_FORCE, "a rule that is in force", "none of this policy's is");
    return true;
}

/* What keeps a policy from being evaluated at all; *stop is then set, and the policy rejects. */
static bool check_policy_itself(struct evaluation *v, enum img_applies applies, bool *stop,
                                struct img_err *err)
{
    const struct img_policy *p = v->e.policy;
    char stamp[IMG_TIME_TEXT];
    struct img_check *c = NULL;

    *stop = true;
    if (applies == IMG_APPLIES_UNKNOWN) {
        if (!add_check(v, "policy", &c, err))
            return false;
        img_check_no(c, IMG_WHY_IMAGE_NAME_UNKNOWN,
                     img_pool_strf(v->e.pool, "a name to match with %s", p->images.items[0]),
                     "the image has no repository name");
        c->remedy = "--as NAME";
        return img_pool_check(v->e.pool, err);
    }
    if (p->expires != IMG_TIME_NONE && v->e.facts->now >= p->expires) {
        if (!add_check(v, "policy", &c, err))
            return false;
        img_time_text(p->expires, stamp);
        img_check_no(c, IMG_WHY_POLICY_EXPIRED, "a policy that has not expired",
                     img_pool_strf(v->e.pool, "it expired %s", stamp));
        return img_pool_check(v->e.pool, err);
    }
    *stop = false;
    return true;
}

static bool evaluate_policy(struct evaluation *v, const struct img_policy *p,
                            enum img_applies applies, struct img_err *err)
{
    int64_t ends = v->e.valid_until;
    bool stop = false;

    v->result = built_result(v->built, p->name, p->sha256);
    if (v->result == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    v->check_cap = 0;
    v->result->warn = p->warn;
    v->e.policy = p;
    if (!check_policy_itself(v, applies, &stop, err))
        return false;
    if (!stop) {
        img_eval_ends(&v->e, p->expires);
        if (!check_platforms(v, err) || !check_rules(v, err))
            return false;
    }
    if (p->warn)
        v->e.valid_until = ends;
    judge_policy(v->result);
    return true;
}

/* --- beside the policies ---------------------------------------------------------------------- */

/* A result with one check that no document asked for; *c is that check. */
static bool begin_extra(struct evaluation *v, const char *name, const char *sha256,
                        struct img_check **c, struct img_err *err)
{
    v->result = built_result(v->built, name, sha256);
    if (v->result == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    v->check_cap = 0;
    return add_check(v, name, c, err);
}

/* The glob that parts from the name last. */
static const char *nearest_glob(struct evaluation *v)
{
    const char *name = v->e.facts->name, *glob = NULL, *policy = NULL;
    size_t best = 0;

    for (size_t i = 0; name != NULL && i < v->e.all->count; i++) {
        const struct img_policy *p = &v->e.all->items[i];

        if (p->warn)
            continue;
        for (size_t k = 0; k < p->images.count; k++) {
            size_t common = img_glob_common(p->images.items[k], name);

            if (any_matches(&p->exclude, name) || (glob != NULL && common <= best))
                continue;
            best = common;
            glob = p->images.items[k];
            policy = p->name;
        }
    }
    if (glob == NULL)
        return "";
    return img_pool_strf(v->e.pool, "; nearest is %s of policy %s", glob, policy);
}

static bool add_unmatched(struct evaluation *v, struct img_err *err)
{
    const struct img_policies *all = v->e.all;
    struct img_check *c = NULL;

    if (!begin_extra(v, "unmatched", all->config_sha256, &c, err))
        return false;
    img_check_no(c, IMG_WHY_UNMATCHED, "an enforcing policy that applies to the image",
                 img_pool_strf(v->e.pool, "%s%s",
                               v->e.facts->name == NULL ? "an image without a name"
                                                        : v->e.facts->name,
                               nearest_glob(v)));
    c->warn = all->unmatched == IMG_UNMATCHED_WARN;
    if (all->unmatched == IMG_UNMATCHED_ACCEPT)
        img_check_yes(c);
    judge_policy(v->result);
    return img_pool_check(v->e.pool, err);
}

static bool add_types(struct evaluation *v, struct img_err *err)
{
    static const struct img_rule rule = {.kind = IMG_RULE_ATTESTATION};
    struct img_check *c = NULL;

    for (size_t i = 0; i < v->e.all->types.count; i++) {
        if (!begin_extra(v, "--type", NULL, &c, err))
            return false;
        if (!img_rule_type(&v->e, v->e.all->types.items[i], c, err))
            return false;
        finish_check(v, &rule, false, c);
        judge_policy(v->result);
    }
    return true;
}

static bool add_blobs(struct evaluation *v, struct img_err *err)
{
    const struct img_blobs_fact *b = v->e.facts->blobs;
    struct img_check *c = NULL;

    if (b == NULL)
        return true;
    if (!begin_extra(v, "--blobs", NULL, &c, err))
        return false;
    if (b->ok)
        img_check_yes(c);
    else
        img_check_no(c, b->code, "blobs that have the digests they should", NULL);
    c->found = b->text == NULL ? NULL : img_pool_str(v->e.pool, b->text);
    c->undecided = !b->ok && b->undecided;
    judge_policy(v->result);
    return img_pool_check(v->e.pool, err);
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Only an enforcing policy makes an image "matched": not one that warns, not one it is excluded
 * from, and, where there are documents, not what --key adds to them. */
static bool evaluate_policies(struct evaluation *v, struct img_err *err)
{
    const struct img_policies *all = v->e.all;
    bool matched = false, documents = all->has_config;

    for (size_t i = 0; i < all->count; i++)
        documents = documents || !all->items[i].from_options;
    for (size_t i = 0; i < all->count; i++) {
        const struct img_policy *p = &all->items[i];
        enum img_applies applies = img_policy_applies(p, v->e.facts->name);

        if (applies == IMG_APPLIES_NOT)
            continue;
        matched = matched || (!p->warn && (!p->from_options || !documents));
        if (!evaluate_policy(v, p, applies, err))
            return false;
    }
    return (matched || add_unmatched(v, err)) && add_types(v, err) && add_blobs(v, err);
}

bool img_policies_decide(const struct img_policies *p, const struct img_facts *facts,
                         struct img_decision **out, struct img_err *err)
{
    IMG_AUTO(built_freep) struct built *built = NULL;
    struct evaluation v = {.e = {.all = p, .facts = facts, .valid_until = IMG_TIME_NONE}};
    bool ok;

    if (!built_new(&built, err))
        return false;
    v.built = built;
    v.e.pool = &built->pool;
    v.e.ignored = calloc(facts->ignored_count + 8, sizeof(*v.e.ignored));
    if (v.e.ignored == NULL)
        return img_fail(err, IMG_E_MEMORY, "ignored evidence");
    v.e.ignored_cap = facts->ignored_count + 8;
    v.e.ignored_count = facts->ignored_count;
    if (facts->ignored_count > 0)
        memcpy(v.e.ignored, facts->ignored, facts->ignored_count * sizeof(*v.e.ignored));
    ok = evaluate_policies(&v, err) && built_finish(built, &v.e, err);
    free(v.e.ignored);
    if (!ok)
        return false;
    *out = &built->decision;
    built = NULL; /* img_decision_free() frees it */
    return true;
}
