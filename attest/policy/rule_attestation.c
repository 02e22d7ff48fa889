/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/policy/evaluate.h"
#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/text.h"

static bool is_asked_type(const struct img_eval *e, const char *predicate_type)
{
    return img_predicate_matches(e->rule->type, predicate_type);
}

static bool opt_time(const struct img_json *at, const char *key, int64_t *out, struct img_err *err)
{
    const char *text = NULL;

    if (at->node == NULL || !img_json_has(at, key))
        return true;
    return img_json_str(at, key, &text, err) && img_time_parse(text, out, err);
}

/* SLSA says when the build finished; cosign's custom predicate when it was attested. */
static bool generic_time(const json_t *predicate, const char *type, int64_t *out,
                         struct img_err *err)
{
    struct img_json root, details, metadata;

    if (!json_is_object(predicate))
        return true;
    if (!img_json_root(predicate, &root, err))
        return false;
    if (strcmp(type, IMG_PREDICATE_SLSA_1) == 0)
        return img_json_opt_obj(&root, "runDetails", &details, err) &&
               img_json_opt_obj(&details, "metadata", &metadata, err) &&
               opt_time(&metadata, "finishedOn", out, err);
    if (strcmp(type, IMG_PREDICATE_SLSA_02) == 0)
        return img_json_opt_obj(&root, "metadata", &metadata, err) &&
               opt_time(&metadata, "buildFinishedOn", out, err);
    if (strcmp(type, IMG_PREDICATE_CUSTOM) == 0)
        return opt_time(&root, "Timestamp", out, err);
    return true;
}

static bool sbom_time(const json_t *predicate, int64_t *out, struct img_err *err)
{
    struct img_sbom_facts facts = {.purls = NULL};

    if (!img_sbom_read(predicate, &facts, err))
        return false;
    *out = facts.date;
    img_sbom_facts_done(&facts);
    return true;
}

static bool scan_time(const struct img_statement *s, int64_t *out, struct img_err *err)
{
    IMG_AUTO(img_scan_freep) struct img_scan *scan = NULL;

    if (!img_scan_read(s->predicate_type, s->predicate, &scan, err))
        return false;
    for (size_t i = 0; i < scan->input_count; i++)
        *out = scan->inputs[i].finished > *out ? scan->inputs[i].finished : *out;
    return true;
}

/* The time a statement claims, where its type is one whose times are known. */
static bool read_time(const struct img_verified *v, void **doc, int64_t *claimed,
                      struct img_err *err)
{
    const struct img_statement *s = img_verified_statement(v);

    (void)doc;
    if (img_predicate_matches("sbom", s->predicate_type))
        return sbom_time(s->predicate, claimed, err);
    if (img_predicate_matches("scan", s->predicate_type) ||
        img_predicate_matches("checks", s->predicate_type) ||
        strcmp(s->predicate_type, IMG_PREDICATE_VULN) == 0)
        return scan_time(s, claimed, err);
    return generic_time(s->predicate, s->predicate_type, claimed, err);
}

static struct img_subject_facts whole_image(const struct img_eval *e)
{
    return (struct img_subject_facts){.digest = e->facts->digest,
                                      .verified = e->facts->verified,
                                      .verified_count = e->facts->verified_count};
}

/* `latest`: the newest counts; `any`: one young enough will do; `all`: every one has to be. */
static bool judge_age(struct img_eval *e, struct img_said_list *l, struct img_check *c)
{
    if (e->rule->pick == IMG_PICK_LATEST)
        img_said_latest(l);
    for (size_t i = l->count; i-- > 0;) {
        if (!img_said_too_old(e, &l->items[i], e->rule->max_age, IMG_WHY_TOO_OLD, c))
            continue;
        if (e->rule->pick != IMG_PICK_ANY)
            return false;
        img_said_drop(l, i);
    }
    return l->count > 0;
}

/* About one subject: the image as a whole, or one of its platforms. */
static bool check_subject(struct img_eval *e, const struct img_subject_facts *s,
                          struct img_check *c, struct img_err *err)
{
    struct img_said_kind kind = {.what = img_pool_strf(e->pool, "an attestation of type %.200s",
                                                       e->rule->type),
                                 .missing = IMG_WHY_PREDICATE_MISSING,
                                 .wants = is_asked_type,
                                 .read = e->rule->max_age > 0 ? read_time : NULL};
    IMG_AUTO(img_said_done) struct img_said_list l = {.items = NULL};

    if (!img_said_collect(e, s, &kind, &l, err))
        return false;
    if (l.count == 0)
        return img_said_none(e, s, &kind, &l, c, err);
    if (!judge_age(e, &l, c))
        return true;
    for (size_t i = 0; i < l.count; i++) {
        if (!img_check_by(e, c, l.items[i].v, l.items[i].authority, l.items[i].claimed, err))
            return false;
        img_eval_ends(e, l.items[i].ends);
    }
    img_check_yes(c);
    return true;
}

/* An index is spoken about as a whole, or all its platforms are, one by one. */
bool img_rule_attestation(struct img_eval *e, const struct img_subject_facts *s,
                          struct img_check *c, struct img_err *err)
{
    struct img_subject_facts image = whole_image(e);
    struct img_check each;

    (void)s;
    if (!check_subject(e, &image, c, err))
        return false;
    each = *c;
    for (size_t i = 0; !c->ok && e->facts->is_index && i < e->facts->platform_count; i++) {
        if (!check_subject(e, &e->facts->platforms[i], &each, err))
            return false;
        if (!each.ok)
            break;
        if (i + 1 == e->facts->platform_count)
            *c = each;
        each.ok = false;
    }
    if (!c->ok)
        c->remedy = img_eval_remedy(e, "imgattest", &e->facts->digest,
                                    " --type TYPE --predicate FILE --key KEY");
    return img_pool_check(e->pool, err);
}

bool img_rule_type(struct img_eval *e, const char *type, struct img_check *c, struct img_err *err)
{
    const struct img_policies *all = e->all;
    size_t *every = img_pool_alloc(e->pool, all->authority_count + 1, sizeof(*every));
    struct img_policy policy = {.name = "--type", .authority_count = all->authority_count};
    struct img_rule rule = {.type = type, .pick = IMG_PICK_ANY, .by = {.items = every}};

    if (every == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    /* Only authorities of policies that apply: what speaks for one team's images need not for
     * another's. A policy with an unknown name applies (and rejects by itself). */
    for (size_t p = 0; p < all->count; p++)
        if (img_policy_applies(&all->items[p], e->facts->name) != IMG_APPLIES_NOT)
            for (size_t a = 0; a < all->items[p].authority_count; a++)
                every[rule.by.count++] = all->items[p].first_authority + a;
    e->policy = &policy;
    e->rule = &rule;
    return img_rule_attestation(e, NULL, c, err);
}
