/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"

bool img_policies_new(struct img_policies **out, struct img_err *err)
{
    struct img_policies *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return img_fail(err, IMG_E_MEMORY, "policies");
    *out = p;
    return true;
}

void img_policies_free(struct img_policies *p)
{
    for (size_t i = 0; i < p->count; i++)
        for (size_t k = 0; k < p->items[i].rule_count; k++)
            img_rule_done(&p->items[i].rules[k]);
    for (size_t i = 0; i < p->key_count; i++)
        img_key_free(p->keys[i]);
    free(p->keys);
    free(p->authorities);
    free(p->items);
    free(p->types.items);
    img_pool_done(&p->pool);
    free(p);
}

bool img_policies_append(struct img_policies *p, const struct img_policy *policy,
                         struct img_err *err)
{
    struct img_policy *items = realloc(p->items, (p->count + 1) * sizeof(*items));

    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "policies");
    p->items = items;
    items[p->count] = *policy;
    items[p->count].first_authority = p->authority_count - policy->authority_count;
    p->count++;
    return true;
}

bool img_policies_append_authority(struct img_policies *p, const struct img_authority *a,
                                   struct img_err *err)
{
    struct img_authority *items =
        realloc(p->authorities, (p->authority_count + 1) * sizeof(*items));

    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "authorities");
    p->authorities = items;
    items[p->authority_count++] = *a;
    return true;
}

bool img_policies_own_key(struct img_policies *p, struct img_key *key, struct img_err *err)
{
    struct img_key **keys = realloc(p->keys, (p->key_count + 1) * sizeof(struct img_key *));

    if (keys == NULL)
        return img_fail(err, IMG_E_MEMORY, "keys");
    p->keys = keys;
    keys[p->key_count++] = key;
    return true;
}

/* --- what --key means ------------------------------------------------------------------------- */

/* The policy's digest: over the keys, so that a record tells which were asked for. */
static bool keys_sha256(struct img_policies *p, const struct img_trusted_key *keys, size_t count,
                        const char **out, struct img_err *err)
{
    char text[IMG_DIGEST_TEXT];
    struct img_digest digest;

    if (!img_trust_digest(keys, count, &digest, err))
        return false;
    img_digest_text(&digest, text);
    *out = img_pool_str(&p->pool, text);
    return img_pool_check(&p->pool, err);
}

static bool add_key_policy(struct img_policies *p, const struct img_authority *a,
                           struct img_err *err)
{
    struct img_policy policy = {.name = "--key",
                                .expires = IMG_TIME_NONE,
                                .from_options = true,
                                .authority_count = 1,
                                .rule_count = 1};
    struct img_rule *rule = img_pool_alloc(&p->pool, 1, sizeof(*rule));
    const char **glob = img_pool_alloc(&p->pool, 1, sizeof(*glob));
    size_t *by = img_pool_alloc(&p->pool, 1, sizeof(*by));

    if (rule == NULL || glob == NULL || by == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    *glob = "**";
    *rule = (struct img_rule){.kind = IMG_RULE_SIGNATURE,
                              .id = "signature",
                              .from = IMG_TIME_NONE,
                              .until = IMG_TIME_NONE,
                              .by = {.items = by, .count = 1},
                              .signature = {.at_least = 1}};
    policy.images = (struct img_words){.items = glob, .count = 1};
    policy.rules = rule;
    return keys_sha256(p, a->keys, a->key_count, &policy.sha256, err) &&
           img_policies_append_authority(p, a, err) && img_policies_append(p, &policy, err);
}

bool img_policies_add_keys(struct img_policies *p, struct img_key **keys, size_t count,
                           struct img_err *err)
{
    struct img_trusted_key *trusted = img_pool_alloc(&p->pool, count, sizeof(*trusted));
    struct img_authority a = {.name = "--key", .keys = trusted};

    if (trusted == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    if (count == 0)
        return img_fail(err, IMG_E_USAGE, "no key");
    for (; a.key_count < count; a.key_count++) {
        if (!img_policies_own_key(p, keys[a.key_count], err))
            return false;
        trusted[a.key_count] = (struct img_trusted_key){.key = keys[a.key_count],
                                                        .from = IMG_TIME_NONE,
                                                        .until = IMG_TIME_NONE};
        keys[a.key_count] = NULL; /* moved */
    }
    return add_key_policy(p, &a, err);
}

bool img_policies_require_type(struct img_policies *p, const char *type, struct img_err *err)
{
    const char **items;

    if (!img_predicate_check_word(type, err))
        return false;
    items = realloc(p->types.items, (p->types.count + 1) * sizeof(*items));
    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "types");
    p->types.items = items;
    items[p->types.count] = img_pool_str(&p->pool, type);
    p->types.count++;
    return img_pool_check(&p->pool, err);
}

bool img_policies_finish(const struct img_policies *p, struct img_err *err)
{
    if (p->count == 0)
        return img_fail(err, IMG_E_USAGE, "there is no ImagePolicy");
    return true;
}

const struct img_authority *img_policies_authorities(const struct img_policies *p, size_t *count)
{
    *count = p->authority_count;
    return p->authorities;
}

static void rule_needs(const struct img_policy *p, const struct img_rule *r,
                       struct img_policy_needs *n)
{
    switch (r->kind) {
    case IMG_RULE_SIGNATURE:
        n->evidence = true;
        break;
    case IMG_RULE_SBOM:
    case IMG_RULE_SCAN:
    case IMG_RULE_CHECKS:
    case IMG_RULE_ATTESTATION:
        n->evidence = true;
        n->platforms = true;
        break;
    case IMG_RULE_CONFIG:
        n->config = true;
        break;
    case IMG_RULE_IMAGE:
        n->config = n->config || r->max_age > 0;
        break;
    case IMG_RULE_NONE:
    default:
        break;
    }
    n->config = n->config || p->platforms != NULL;
}

struct img_policy_needs img_policies_needs(const struct img_policies *p, const char *name)
{
    struct img_policy_needs n = {.evidence = p->types.count > 0, .platforms = p->types.count > 0};

    for (size_t i = 0; i < p->count; i++)
        if (img_policy_applies(&p->items[i], name) == IMG_APPLIES)
            for (size_t k = 0; k < p->items[i].rule_count; k++)
                rule_needs(&p->items[i], &p->items[i].rules[k], &n);
    return n;
}
