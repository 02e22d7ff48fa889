/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/build.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

bool built_new(struct built **out, struct img_err *err)
{
    struct built *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return img_fail(err, IMG_E_MEMORY, "decision");
    b->decision.verdict = IMG_REJECT;
    b->decision.valid_until = IMG_TIME_NONE;
    *out = b;
    return true;
}

void built_free(struct built *b)
{
    img_pool_done(&b->pool);
    free(b);
}

void img_decision_free(struct img_decision *d)
{
    if (d != NULL)
        built_free((struct built *)d);
}

struct img_policy_result *built_result(struct built *b, const char *name, const char *sha256)
{
    struct img_decision *d = &b->decision;

    if (d->policy_count == b->policy_cap) {
        size_t cap = b->policy_cap == 0 ? 4 : b->policy_cap * 2;
        struct img_policy_result *grown = img_pool_alloc(&b->pool, cap, sizeof(*grown));

        if (grown == NULL)
            return NULL;
        if (d->policy_count > 0)
            memcpy(grown, d->policies, d->policy_count * sizeof(*grown));
        d->policies = grown;
        b->policy_cap = cap;
    }
    d->policies[d->policy_count] =
        (struct img_policy_result){.name = img_pool_str(&b->pool, name),
                                   .sha256 = sha256 == NULL ? NULL : img_pool_str(&b->pool, sha256),
                                   .verdict = IMG_REJECT};
    return &d->policies[d->policy_count++];
}

/* --- trust ------------------------------------------------------------------------------------ */

static int by_bytes(const void *a, const void *b)
{
    const struct img_digest *x = a, *y = b;

    return memcmp(x->bytes, y->bytes, sizeof(x->bytes));
}

static bool digest_of_sorted(struct img_digest *keys, size_t count, struct img_digest *out,
                             struct img_err *err)
{
    IMG_AUTO(img_hasher_freep) struct img_hasher *h = NULL;
    char text[IMG_DIGEST_TEXT + 1];

    qsort(keys, count, sizeof(*keys), by_bytes);
    if (!img_hasher_new(IMG_SHA256, &h, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t len;

        if (i > 0 && img_digest_equal(&keys[i - 1], &keys[i]))
            continue;
        img_digest_text(&keys[i], text);
        len = strlen(text);
        text[len] = '\n';
        if (!img_hasher_update(h, (struct img_bytes){(const uint8_t *)text, len + 1}, err))
            return false;
    }
    return img_hasher_finish(h, out, err);
}

static void free_digests(struct img_digest **p)
{
    free(*p);
}

bool img_trust_digest(const struct img_trusted_key *keys, size_t count, struct img_digest *out,
                      struct img_err *err)
{
    IMG_AUTO(free_digests) struct img_digest *all = calloc(count + 1, sizeof(*all));

    if (all == NULL)
        return img_fail(err, IMG_E_MEMORY, "keys");
    for (size_t i = 0; i < count; i++)
        all[i] = *img_key_fingerprint(keys[i].key);
    return digest_of_sorted(all, count, out, err);
}

/* The keys of every policy that applied: the decision cannot depend on another. */
static bool trust_used(const struct img_eval *e, struct img_digest *out, struct img_err *err)
{
    IMG_AUTO(free_digests) struct img_digest *all = calloc(e->all->key_count + 1, sizeof(*all));
    size_t count = 0;

    if (all == NULL)
        return img_fail(err, IMG_E_MEMORY, "keys");
    for (size_t p = 0; p < e->all->count; p++) {
        const struct img_policy *policy = &e->all->items[p];

        if (img_policy_applies(policy, e->facts->name) == IMG_APPLIES_NOT)
            continue;
        for (size_t a = 0; a < policy->authority_count; a++) {
            const struct img_authority *from = &e->all->authorities[policy->first_authority + a];

            for (size_t k = 0; k < from->key_count; k++)
                all[count++] = *img_key_fingerprint(from->keys[k].key);
        }
    }
    return digest_of_sorted(all, count, out, err);
}

/* --- what is not a policy's ------------------------------------------------------------------- */

static bool copy_ignored(struct built *b, const struct img_eval *e, struct img_err *err)
{
    struct img_decision *d = &b->decision;

    d->ignored = img_pool_alloc(&b->pool, e->ignored_count, sizeof(*d->ignored));
    if (d->ignored == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    if (e->ignored_count > 0)
        memcpy(d->ignored, e->ignored, e->ignored_count * sizeof(*d->ignored));
    d->ignored_count = e->ignored_count;
    return true;
}

static bool copy_platforms(struct built *b, const struct img_facts *f, struct img_err *err)
{
    const char **list = img_pool_alloc(&b->pool, f->platform_count + 1, sizeof(*list));
    size_t count = 0;
    char text[100];

    if (list == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < f->platform_count; i++) {
        if (!f->platforms[i].has_platform)
            continue;
        img_platform_text(&f->platforms[i].platform, text);
        list[count++] = img_pool_str(&b->pool, text);
    }
    b->decision.platforms = list;
    return true;
}

static void judge(struct img_decision *d)
{
    bool any = false;

    d->verdict = IMG_ACCEPT;
    for (size_t i = 0; i < d->policy_count; i++) {
        const struct img_policy_result *p = &d->policies[i];

        for (size_t k = 0; k < p->check_count; k++)
            d->warned = d->warned || (!p->checks[k].ok && (p->warn || p->checks[k].warn));
        if (p->warn)
            continue;
        any = true;
        d->verdict = p->verdict < d->verdict ? p->verdict : d->verdict;
    }
    if (!any)
        d->verdict = IMG_REJECT;
}

static bool add_warnings(struct built *b, const struct img_facts *f, struct img_err *err)
{
    struct img_decision *d = &b->decision;
    size_t count = 0, cap = 2;
    const char **list;

    for (size_t i = 0; i < d->policy_count; i++)
        cap += d->policies[i].check_count;
    list = img_pool_alloc(&b->pool, cap, sizeof(*list));
    if (list == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < d->policy_count; i++) {
        const struct img_policy_result *p = &d->policies[i];

        for (size_t k = 0; k < p->check_count; k++) {
            const struct img_check *c = &p->checks[k];

            if (!c->ok && (p->warn || c->warn))
                list[count++] =
                    img_pool_strf(&b->pool, "%s/%s: %s%s%s", p->name, c->id,
                                  img_reason_word(c->code), c->found == NULL ? "" : ": ",
                                  c->found == NULL ? "" : c->found);
        }
    }
    if (f->incomplete && d->verdict == IMG_ACCEPT)
        list[count++] = img_pool_strf(&b->pool, "%s; what could be read suffices",
                                      f->incomplete_why == NULL ? "some evidence could not be read"
                                                                : f->incomplete_why);
    d->warnings = list;
    return true;
}

bool built_finish(struct built *b, const struct img_eval *e, struct img_err *err)
{
    struct img_decision *d = &b->decision;
    const struct img_facts *f = e->facts;

    judge(d);
    d->name = f->name == NULL ? NULL : img_pool_str(&b->pool, f->name);
    d->digest = f->digest;
    d->at_given = f->at_given;
    d->valid_until = d->verdict == IMG_ACCEPT ? e->valid_until : IMG_TIME_NONE;
    return copy_ignored(b, e, err) && copy_platforms(b, f, err) && add_warnings(b, f, err) &&
           trust_used(e, &d->trust, err) && img_pool_check(&b->pool, err);
}
