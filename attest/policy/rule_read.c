/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/read.h"
#include "attest/version.h"
#include "base/limits.h"

/* Names of authorities → their numbers; the list is not empty, and no name stands twice. */
static bool read_authority_names(struct img_policy_reader *r, const struct img_yaml *list,
                                 struct img_numbers *out, struct img_err *err)
{
    struct img_numbers found = {.items = NULL};
    struct img_words names = {.items = NULL};

    if (!img_field_words(list, &r->all->pool, &names, err))
        return false;
    found.items = img_pool_alloc(&r->all->pool, names.count, sizeof(*found.items));
    if (found.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; found.count < names.count; found.count++) {
        const char *name = names.items[found.count];
        size_t a = 0;

        while (a < r->policy->authority_count && strcmp(r->authorities[a].name, name) != 0)
            a++;
        if (a == r->policy->authority_count)
            return img_yaml_fail(list->items[found.count], err, IMG_E_USAGE,
                                 "there is no authority named '%.100s'", name);
        for (size_t i = 0; i < found.count; i++)
            if (found.items[i] == a)
                return img_yaml_fail(list->items[found.count], err, IMG_E_USAGE,
                                     "authority '%.100s' is named twice", name);
        found.items[found.count] = a;
    }
    *out = found;
    return true;
}

/* --- signature -------------------------------------------------------------------------------- */

static bool read_threshold(const struct img_yaml *at_least, const struct img_yaml *list,
                           size_t authorities, struct img_signature_rule *s, struct img_err *err)
{
    int64_t n = 0;

    if (at_least == NULL)
        return img_yaml_fail(list, err, IMG_E_USAGE, "'of' needs 'atLeast'");
    if (!img_field_int(at_least, 1, 1000, &n, err))
        return false;
    if (s->authorities && (size_t)n > authorities)
        return img_yaml_fail(at_least, err, IMG_E_USAGE,
                             "atLeast %d of %zu authorities can never be met", (int)n, authorities);
    s->at_least = (size_t)n;
    return true;
}

static bool read_signature(struct img_policy_reader *r, const struct img_yaml *n,
                           struct img_rule *rule, struct img_err *err)
{
    static const char *const distinct_words[] = {"identity", "authority", NULL};
    static const char *const same[] = {"same", NULL};
    const struct img_yaml *all = NULL, *any = NULL, *of = NULL, *at_least = NULL, *distinct = NULL;
    const struct img_yaml *names = NULL, *list;
    const struct img_field fields[] = {{"all", IMG_FIELD_OPTIONAL, &all},
                                       {"any", IMG_FIELD_OPTIONAL, &any},
                                       {"of", IMG_FIELD_OPTIONAL, &of},
                                       {"atLeast", IMG_FIELD_OPTIONAL, &at_least},
                                       {"distinct", IMG_FIELD_OPTIONAL, &distinct},
                                       {"names", IMG_FIELD_OPTIONAL, &names}};
    struct img_signature_rule *s = &rule->signature;
    size_t chosen = 0, ignored = 0;

    if (!IMG_FIELDS(n, "a signature rule", fields, err))
        return false;
    if ((all != NULL) + (any != NULL) + (of != NULL) != 1)
        return img_yaml_fail(n, err, IMG_E_USAGE,
                             "a signature rule needs exactly one of 'all', 'any' and 'of'");
    if (of == NULL && (at_least != NULL || distinct != NULL))
        return img_yaml_fail(at_least == NULL ? distinct : at_least, err, IMG_E_USAGE,
                             "'atLeast' and 'distinct' go with 'of'");
    list = all != NULL ? all : any != NULL ? any : of;
    if (!img_field_choice(distinct, distinct_words, &chosen, err) ||
        !img_field_choice(names, same, &ignored, err) ||
        !read_authority_names(r, list, &rule->by, err))
        return false;
    s->names_same = names != NULL;
    s->all = all != NULL;
    s->authorities = s->all || chosen == 1;
    s->at_least = s->all ? rule->by.count : 1;
    return of == NULL || read_threshold(at_least, of, rule->by.count, s, err);
}

/* --- sbom ------------------------------------------------------------------------------------- */

static bool read_purl(struct img_policy_reader *r, const struct img_yaml *n, const char **text,
                      struct img_purl *out, struct img_err *err)
{
    if (!img_field_text(n, &r->all->pool, text, err))
        return false;
    return img_purl_parse(*text, out, err) || img_field_blame(n, err);
}

static bool read_deny(struct img_policy_reader *r, const struct img_yaml *n, struct img_deny *d,
                      struct img_err *err)
{
    const struct img_yaml *purl = NULL, *versions = NULL;
    const struct img_field fields[] = {{"purl", IMG_FIELD_REQUIRED, &purl},
                                       {"versions", IMG_FIELD_OPTIONAL, &versions}};

    if (!IMG_FIELDS(n, "an entry of deny", fields, err) ||
        !img_field_text(versions, &r->all->pool, &d->versions, err))
        return false;
    if (d->versions != NULL && !img_version_range_check(d->versions, err))
        return img_field_blame(versions, err);
    return read_purl(r, purl, &d->text, &d->purl, err);
}

static bool read_denies(struct img_policy_reader *r, const struct img_yaml *list,
                        struct img_sbom_rule *s, struct img_err *err)
{
    size_t count;

    if (list == NULL)
        return true;
    if (!img_field_list(list, &count, err))
        return img_ctx(err, "deny");
    s->deny = img_pool_alloc(&r->all->pool, count, sizeof(*s->deny));
    if (s->deny == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; s->deny_count < count; s->deny_count++)
        if (!read_deny(r, list->items[s->deny_count], &s->deny[s->deny_count], err))
            return false;
    return true;
}

static bool read_sbom(struct img_policy_reader *r, const struct img_yaml *n, struct img_rule *rule,
                      struct img_err *err)
{
    const struct img_yaml *by = NULL, *present = NULL, *complete = NULL, *deny = NULL;
    const struct img_field fields[] = {{"by", IMG_FIELD_REQUIRED, &by},
                                       {"present", IMG_FIELD_OPTIONAL, &present},
                                       {"complete", IMG_FIELD_OPTIONAL, &complete},
                                       {"deny", IMG_FIELD_OPTIONAL, &deny},
                                       {"licenses", IMG_FIELD_LATER, NULL}};
    bool is_present = true;

    if (!IMG_FIELDS(n, "an sbom rule", fields, err) ||
        !read_authority_names(r, by, &rule->by, err) ||
        !img_field_bool(present, &is_present, err) ||
        !img_field_bool(complete, &rule->sbom.complete, err))
        return false;
    if (!is_present)
        return img_yaml_fail(present, err, IMG_E_USAGE,
                             "an sbom rule asks for one: 'present' can only be true");
    return read_denies(r, deny, &rule->sbom, err);
}

/* --- scan ------------------------------------------------------------------------------------- */

static bool read_limit(struct img_policy_reader *r, const struct img_yaml *n, struct img_limit *l,
                       struct img_err *err)
{
    const struct img_yaml *severity = NULL, *max = NULL, *fixable = NULL;
    const struct img_field fields[] = {{"severity", IMG_FIELD_REQUIRED, &severity},
                                       {"max", IMG_FIELD_REQUIRED, &max},
                                       {"fixable", IMG_FIELD_OPTIONAL, &fixable}};
    const char *word = NULL;
    bool only = false;

    if (!IMG_FIELDS(n, "a limit", fields, err) ||
        !img_field_text(severity, &r->all->pool, &word, err) ||
        !img_field_int(max, 0, INT32_MAX, &l->max, err) || !img_field_bool(fixable, &only, err))
        return false;
    l->fixable = fixable == NULL ? IMG_FIXABLE_ANY : only ? IMG_FIXABLE_ONLY : IMG_FIXABLE_NOT;
    return img_severity_parse(word, &l->severity, err) || img_field_blame(severity, err);
}

static bool read_limits(struct img_policy_reader *r, const struct img_yaml *list,
                        struct img_scan_rule *s, struct img_err *err)
{
    size_t count;

    if (list == NULL)
        return true;
    if (!img_field_list(list, &count, err))
        return img_ctx(err, "limits");
    s->limits = img_pool_alloc(&r->all->pool, count, sizeof(*s->limits));
    if (s->limits == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; s->limit_count < count; s->limit_count++)
        if (!read_limit(r, list->items[s->limit_count], &s->limits[s->limit_count], err))
            return false;
    return true;
}

static bool read_exception(struct img_policy_reader *r, const struct img_yaml *n,
                           struct img_exception *e, struct img_err *err)
{
    const struct img_yaml *id = NULL, *package = NULL, *until = NULL, *reason = NULL, *owner = NULL;
    const struct img_field fields[] = {{"id", IMG_FIELD_REQUIRED, &id},
                                       {"package", IMG_FIELD_OPTIONAL, &package},
                                       {"until", IMG_FIELD_REQUIRED, &until},
                                       {"reason", IMG_FIELD_OPTIONAL, &reason},
                                       {"owner", IMG_FIELD_OPTIONAL, &owner}};
    const char *text = NULL;

    if (!IMG_FIELDS(n, "an exception", fields, err) ||
        !img_field_text(id, &r->all->pool, &e->id, err) || !img_field_time(until, &e->until, err) ||
        !img_field_text(reason, &r->all->pool, &e->reason, err) ||
        !img_field_text(owner, &r->all->pool, &e->owner, err))
        return false;
    e->has_package = package != NULL;
    return package == NULL || read_purl(r, package, &text, &e->package, err);
}

static bool read_exceptions(struct img_policy_reader *r, const struct img_yaml *list,
                            struct img_scan_rule *s, struct img_err *err)
{
    size_t count;

    if (list == NULL)
        return true;
    if (!img_field_list(list, &count, err))
        return img_ctx(err, "accept");
    s->accept = img_pool_alloc(&r->all->pool, count, sizeof(*s->accept));
    if (s->accept == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; s->accept_count < count; s->accept_count++)
        if (!read_exception(r, list->items[s->accept_count], &s->accept[s->accept_count], err))
            return false;
    return true;
}

/* `in: all` is what holds without it; the others need to know which layers are the base's. */
static bool read_in(const struct img_yaml *in, struct img_err *err)
{
    static const char *const words[] = {"all", "app", "base", NULL};
    size_t chosen = 0;

    if (!img_field_choice(in, words, &chosen, err))
        return false;
    if (chosen == 0)
        return true;
    return img_field_later(in, words[chosen], "'in'", err);
}

static bool read_scan(struct img_policy_reader *r, const struct img_yaml *n, struct img_rule *rule,
                      struct img_err *err)
{
    const struct img_yaml *by = NULL, *max_age = NULL, *db = NULL, *limits = NULL, *in = NULL;
    const struct img_yaml *accept = NULL;
    const struct img_field fields[] = {
        {"by", IMG_FIELD_REQUIRED, &by},         {"maxAge", IMG_FIELD_OPTIONAL, &max_age},
        {"dbMaxAge", IMG_FIELD_OPTIONAL, &db},   {"running", IMG_FIELD_LATER, NULL},
        {"limits", IMG_FIELD_OPTIONAL, &limits}, {"in", IMG_FIELD_OPTIONAL, &in},
        {"accept", IMG_FIELD_OPTIONAL, &accept}, {"vex", IMG_FIELD_LATER, NULL}};

    return IMG_FIELDS(n, "a scan rule", fields, err) &&
           read_authority_names(r, by, &rule->by, err) &&
           img_field_duration(max_age, &rule->max_age, err) &&
           img_field_duration(db, &rule->scan.db_max_age, err) &&
           read_limits(r, limits, &rule->scan, err) && read_in(in, err) &&
           read_exceptions(r, accept, &rule->scan, err);
}

/* --- checks ----------------------------------------------------------------------------------- */

/* `setuid: none` or `setuid: {allow: [/usr/bin/su]}`. */
static bool read_setuid(struct img_policy_reader *r, const struct img_yaml *n,
                        struct img_checks_rule *c, struct img_err *err)
{
    static const char *const none[] = {"none", NULL};
    const struct img_yaml *allow = NULL;
    const struct img_field fields[] = {{"allow", IMG_FIELD_REQUIRED, &allow}};
    size_t chosen = 0;

    if (n == NULL)
        return true;
    c->setuid = true;
    if (n->kind == IMG_YAML_SCALAR)
        return img_field_choice(n, none, &chosen, err);
    if (!IMG_FIELDS(n, "setuid", fields, err) ||
        !img_field_words(allow, &r->all->pool, &c->setuid_allow, err))
        return false;
    for (size_t i = 0; i < c->setuid_allow.count; i++)
        if (c->setuid_allow.items[i][0] != '/')
            return img_yaml_fail(allow->items[i], err, IMG_E_USAGE, "a path begins with '/'");
    return true;
}

static bool read_checks(struct img_policy_reader *r, const struct img_yaml *n,
                        struct img_rule *rule, struct img_err *err)
{
    static const char *const none[] = {"none", NULL};
    const struct img_yaml *by = NULL, *max_age = NULL, *secrets = NULL, *malware = NULL;
    const struct img_yaml *setuid = NULL;
    const struct img_field fields[] = {{"by", IMG_FIELD_REQUIRED, &by},
                                       {"maxAge", IMG_FIELD_OPTIONAL, &max_age},
                                       {"secrets", IMG_FIELD_OPTIONAL, &secrets},
                                       {"malware", IMG_FIELD_OPTIONAL, &malware},
                                       {"setuid", IMG_FIELD_OPTIONAL, &setuid}};
    size_t chosen = 0;

    if (!IMG_FIELDS(n, "a checks rule", fields, err) ||
        !read_authority_names(r, by, &rule->by, err) ||
        !img_field_duration(max_age, &rule->max_age, err) ||
        !img_field_choice(secrets, none, &chosen, err) ||
        !img_field_choice(malware, none, &chosen, err) ||
        !read_setuid(r, setuid, &rule->checks, err))
        return false;
    rule->checks.secrets = secrets != NULL;
    rule->checks.malware = malware != NULL;
    if (secrets == NULL && malware == NULL && setuid == NULL)
        return img_yaml_fail(n, err, IMG_E_USAGE,
                             "a checks rule needs 'secrets', 'malware' or 'setuid'");
    return true;
}

/* --- config, image, attestation --------------------------------------------------------------- */

static bool read_config(struct img_policy_reader *r, const struct img_yaml *n,
                        struct img_rule *rule, struct img_err *err)
{
    static const char *const words[] = {"nonroot", NULL};
    const struct img_yaml *user = NULL;
    const struct img_field fields[] = {{"user", IMG_FIELD_REQUIRED, &user}};
    size_t chosen = 0;

    (void)r;
    (void)rule;
    return IMG_FIELDS(n, "a config rule", fields, err) &&
           img_field_choice(user, words, &chosen, err);
}

static bool read_tags(struct img_policy_reader *r, const struct img_yaml *n,
                      struct img_image_rule *i, struct img_err *err)
{
    const struct img_yaml *allow = NULL, *deny = NULL;
    const struct img_field fields[] = {{"allow", IMG_FIELD_OPTIONAL, &allow},
                                       {"deny", IMG_FIELD_OPTIONAL, &deny}};

    if (n == NULL)
        return true;
    if (!IMG_FIELDS(n, "tags", fields, err) ||
        !img_field_words(allow, &r->all->pool, &i->tags_allow, err) ||
        !img_field_words(deny, &r->all->pool, &i->tags_deny, err))
        return false;
    if (allow == NULL && deny == NULL)
        return img_yaml_fail(n, err, IMG_E_USAGE, "tags needs 'allow' or 'deny'");
    return true;
}

static bool read_image(struct img_policy_reader *r, const struct img_yaml *n, struct img_rule *rule,
                       struct img_err *err)
{
    static const char *const required[] = {"required", NULL};
    const struct img_yaml *registries = NULL, *tags = NULL, *digest = NULL, *max_age = NULL;
    const struct img_field fields[] = {{"registries", IMG_FIELD_OPTIONAL, &registries},
                                       {"tags", IMG_FIELD_OPTIONAL, &tags},
                                       {"digest", IMG_FIELD_OPTIONAL, &digest},
                                       {"maxAge", IMG_FIELD_OPTIONAL, &max_age},
                                       {"maxSize", IMG_FIELD_LATER, NULL}};
    size_t chosen = 0;

    if (!IMG_FIELDS(n, "an image rule", fields, err))
        return false;
    if (n->count == 0)
        return img_yaml_fail(n, err, IMG_E_USAGE, "an image rule asks for nothing");
    rule->image.digest = digest != NULL;
    return img_globs_read(r, registries, &rule->image.registries, err) &&
           read_tags(r, tags, &rule->image, err) &&
           img_field_choice(digest, required, &chosen, err) &&
           img_field_duration(max_age, &rule->max_age, err);
}

static bool read_attestation(struct img_policy_reader *r, const struct img_yaml *n,
                             struct img_rule *rule, struct img_err *err)
{
    static const char *const words[] = {"latest", "any", "all", NULL};
    const struct img_yaml *type = NULL, *by = NULL, *pick = NULL, *max_age = NULL;
    const struct img_field fields[] = {{"type", IMG_FIELD_REQUIRED, &type},
                                       {"by", IMG_FIELD_REQUIRED, &by},
                                       {"pick", IMG_FIELD_OPTIONAL, &pick},
                                       {"maxAge", IMG_FIELD_OPTIONAL, &max_age},
                                       {"rules", IMG_FIELD_LATER, NULL}};
    size_t chosen = 0;

    if (!IMG_FIELDS(n, "an attestation rule", fields, err) ||
        !img_field_text(type, &r->all->pool, &rule->type, err) ||
        !read_authority_names(r, by, &rule->by, err) ||
        !img_field_choice(pick, words, &chosen, err) ||
        !img_field_duration(max_age, &rule->max_age, err))
        return false;
    if (!img_predicate_check_word(rule->type, err))
        return img_field_blame(type, err);
    if (pick != NULL && chosen == 0 && max_age == NULL)
        return img_yaml_fail(pick, err, IMG_E_USAGE, "'pick: latest' needs 'maxAge'");
    rule->pick = pick == NULL && max_age == NULL ? IMG_PICK_ANY : (enum img_pick)(chosen + 1);
    return true;
}

/* --- one rule --------------------------------------------------------------------------------- */

static const struct {
    const char *word;
    enum img_rule_kind kind;
    bool (*read)(struct img_policy_reader *, const struct img_yaml *, struct img_rule *,
                 struct img_err *);
} kinds[] = {{"signature", IMG_RULE_SIGNATURE, read_signature},
             {"sbom", IMG_RULE_SBOM, read_sbom},
             {"scan", IMG_RULE_SCAN, read_scan},
             {"checks", IMG_RULE_CHECKS, read_checks},
             {"config", IMG_RULE_CONFIG, read_config},
             {"image", IMG_RULE_IMAGE, read_image},
             {"attestation", IMG_RULE_ATTESTATION, read_attestation}};

static bool read_effective(const struct img_yaml *n, struct img_rule *rule, struct img_err *err)
{
    const struct img_yaml *from = NULL, *until = NULL;
    const struct img_field fields[] = {{"from", IMG_FIELD_OPTIONAL, &from},
                                       {"until", IMG_FIELD_OPTIONAL, &until}};

    if (n == NULL)
        return true;
    if (!IMG_FIELDS(n, "effective", fields, err) || !img_field_time(from, &rule->from, err) ||
        !img_field_time(until, &rule->until, err))
        return false;
    if (from == NULL && until == NULL)
        return img_yaml_fail(n, err, IMG_E_USAGE, "effective needs 'from' or 'until'");
    if (from != NULL && until != NULL && rule->from >= rule->until)
        return img_yaml_fail(until, err, IMG_E_USAGE, "'until' is not after 'from'");
    return true;
}

/* The rule's id: as given, unique in its policy; else its kind, numbered from the second on. */
static bool read_id(struct img_policy_reader *r, const struct img_yaml *n, const char *word,
                    struct img_rule *rule, struct img_err *err)
{
    const struct img_policy *p = r->policy;

    rule->id = word;
    if (!img_field_text(n, &r->all->pool, &rule->id, err))
        return false;
    for (size_t next = 2, i = 0; i < p->rule_count; i++) {
        if (strcmp(p->rules[i].id, rule->id) != 0)
            continue;
        if (n != NULL)
            return img_yaml_fail(n, err, IMG_E_USAGE, "there are two rules with the id '%.100s'",
                                 rule->id);
        rule->id = img_pool_strf(&r->all->pool, "%s-%zu", word, next++);
        i = SIZE_MAX; /* look again from the first */
    }
    return img_pool_check(&r->all->pool, err);
}

static bool read_rule(struct img_policy_reader *r, const struct img_yaml *n, struct img_rule *rule,
                      struct img_err *err)
{
    static const char *const severities[] = {"error", "warn", NULL};
    const struct img_yaml *id = NULL, *severity = NULL, *message = NULL, *remedy = NULL;
    const struct img_yaml *effective = NULL, *body[IMG_COUNT(kinds)] = {NULL};
    struct img_field fields[IMG_COUNT(kinds) + 9] = {{"id", IMG_FIELD_OPTIONAL, &id},
                                                     {"severity", IMG_FIELD_OPTIONAL, &severity},
                                                     {"message", IMG_FIELD_OPTIONAL, &message},
                                                     {"remedy", IMG_FIELD_OPTIONAL, &remedy},
                                                     {"effective", IMG_FIELD_OPTIONAL, &effective},
                                                     {"base", IMG_FIELD_LATER, NULL},
                                                     {"provenance", IMG_FIELD_LATER, NULL},
                                                     {"approval", IMG_FIELD_LATER, NULL},
                                                     {"opa", IMG_FIELD_LATER, NULL}};
    size_t found = 0, which = 0, chosen = 0;

    for (size_t i = 0; i < IMG_COUNT(kinds); i++)
        fields[9 + i] = (struct img_field){kinds[i].word, IMG_FIELD_OPTIONAL, &body[i]};
    if (!IMG_FIELDS(n, "a rule", fields, err))
        return false;
    for (size_t i = 0; i < IMG_COUNT(kinds); i++) {
        found += body[i] != NULL;
        which = body[i] != NULL ? i : which;
    }
    if (found != 1)
        return img_yaml_fail(n, err, IMG_E_USAGE,
                             "a rule asks for exactly one thing, such as "
                             "'signature' or 'scan'; this one for %zu",
                             found);
    rule->kind = kinds[which].kind;
    if (!read_id(r, id, kinds[which].word, rule, err) ||
        !img_field_choice(severity, severities, &chosen, err) ||
        !img_field_text(message, &r->all->pool, &rule->message, err) ||
        !img_field_text(remedy, &r->all->pool, &rule->remedy, err) ||
        !read_effective(effective, rule, err))
        return false;
    rule->warn = chosen == 1;
    return kinds[which].read(r, body[which], rule, err);
}

bool img_rules_read(struct img_policy_reader *r, const struct img_yaml *list, struct img_err *err)
{
    struct img_policy *p = r->policy;
    size_t count;

    if (!img_field_list(list, &count, err))
        return img_ctx(err, "require");
    p->rules = img_pool_alloc(&r->all->pool, count, sizeof(*p->rules));
    if (p->rules == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        struct img_rule rule = {.from = IMG_TIME_NONE, .until = IMG_TIME_NONE};

        if (!read_rule(r, list->items[i], &rule, err)) {
            img_rule_done(&rule);
            return false;
        }
        p->rules[p->rule_count++] = rule;
    }
    return true;
}

void img_rule_done(struct img_rule *r)
{
    for (size_t i = 0; i < r->sbom.deny_count; i++)
        img_purl_done(&r->sbom.deny[i].purl);
    for (size_t i = 0; i < r->scan.accept_count; i++)
        img_purl_done(&r->scan.accept[i].package);
}
