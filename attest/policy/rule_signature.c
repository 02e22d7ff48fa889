/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "base/limits.h"

/*
 * A signature is a statement of the sign/v1 type and nothing else (design.md section 3): an SBOM
 * or a scan report, however well signed, is no promise to run the image.
 */
static bool is_signature(const struct img_eval *e, const char *predicate_type)
{
    (void)e;
    return strcmp(predicate_type, IMG_PREDICATE_SIGN) == 0;
}

static const struct img_said_kind signatures = {.what = "a signature",
                                                .missing = IMG_WHY_NO_SIGNATURE,
                                                .wants = is_signature};

/*
 * Who signed, as a graph: identities (distinct keys) on one side, authorities on the other. One key
 * listed twice, in one authority or under two, is one identity; so where authorities are counted,
 * each needs an identity of its own (threats: one key satisfying two authorities).
 */
struct signers {
    const struct img_verified **v; /* one statement per identity */
    size_t count;
    bool *may;    /* [identity * authorities + authority] */
    size_t *pair; /* [authority] → identity + 1, 0 for none */
    bool *seen;   /* [authority], of one search */
    size_t authorities;
};

static void signers_done(struct signers *s)
{
    free(s->v);
    free(s->may);
    free(s->pair);
    free(s->seen);
}

static void add_signer(struct img_eval *e, struct signers *s, const struct img_verified *v)
{
    bool speaks = false;
    int64_t ends;

    for (size_t i = 0; i < s->count; i++)
        if (img_digest_equal(img_verified_signer(s->v[i]), img_verified_signer(v)))
            return;
    for (size_t a = 0; a < s->authorities; a++) {
        bool yes = img_eval_speaks_for(e, v, e->rule->by.items[a], &ends);

        s->may[s->count * s->authorities + a] = yes;
        speaks = speaks || yes;
    }
    if (speaks)
        s->v[s->count++] = v;
}

/* Finds an authority for this identity, moving others aside if need be (augmenting path). */
static bool assign(struct signers *s, size_t identity)
{
    for (size_t a = 0; a < s->authorities; a++) {
        if (!s->may[identity * s->authorities + a] || s->seen[a])
            continue;
        s->seen[a] = true;
        if (s->pair[a] == 0 || assign(s, s->pair[a] - 1)) {
            s->pair[a] = identity + 1;
            return true;
        }
    }
    return false;
}

static size_t count_signers(struct signers *s, bool per_authority)
{
    size_t found = 0;

    if (!per_authority)
        return s->count;
    for (size_t i = 0; i < s->count; i++) {
        memset(s->seen, 0, s->authorities * sizeof(*s->seen));
        found += assign(s, i);
    }
    return found;
}

static bool note_signers(struct img_eval *e, const struct signers *s, struct img_check *c,
                         struct img_err *err)
{
    for (size_t i = 0; i < s->count; i++) {
        for (size_t a = 0; a < s->authorities; a++) {
            int64_t ends = IMG_TIME_NONE;

            if (!s->may[i * s->authorities + a] ||
                !img_eval_speaks_for(e, s->v[i], e->rule->by.items[a], &ends))
                continue;
            if (!img_check_by(e, c, s->v[i], e->rule->by.items[a], IMG_TIME_NONE, err))
                return false;
            img_eval_ends(e, ends);
        }
    }
    return true;
}

/* Drops signatures made for another repository name; *dropped says what name the last one had. */
static void keep_same_name(const struct img_eval *e, struct img_said_list *l, const char **dropped)
{
    for (size_t i = l->count; i-- > 0;) {
        const char *name = img_verified_name(l->items[i].v);

        if (name != NULL && e->facts->name != NULL && strcmp(name, e->facts->name) == 0)
            continue;
        *dropped = name == NULL ? "no name" : name;
        img_said_drop(l, i);
    }
}

static const char *expected_signers(struct img_eval *e)
{
    const struct img_signature_rule *r = &e->rule->signature;
    const char *names = img_eval_names(e, &e->rule->by);

    if (r->all)
        return img_pool_strf(e->pool, "a signature by each of %s, each by a key of its own", names);
    if (r->at_least == 1)
        return img_pool_strf(e->pool, "a signature by %s", names);
    return img_pool_strf(e->pool, "signatures by at least %zu different %s of %s", r->at_least,
                         r->authorities ? "authorities" : "keys", names);
}

static bool signers_new(struct signers *s, size_t identities, size_t authorities,
                        struct img_err *err)
{
    s->authorities = authorities;
    s->v = calloc(identities + 1, sizeof(struct img_verified *));
    s->may = calloc((identities + 1) * authorities, sizeof(*s->may));
    s->pair = calloc(authorities, sizeof(*s->pair));
    s->seen = calloc(authorities, sizeof(*s->seen));
    if (s->v == NULL || s->may == NULL || s->pair == NULL || s->seen == NULL)
        return img_fail(err, IMG_E_MEMORY, "signers");
    return true;
}

static bool judge(struct img_eval *e, const struct img_said_list *l, struct img_check *c,
                  struct img_err *err)
{
    IMG_AUTO(signers_done) struct signers s = {.v = NULL};
    const struct img_signature_rule *r = &e->rule->signature;
    size_t found;

    if (!signers_new(&s, l->count, e->rule->by.count, err))
        return false;
    for (size_t i = 0; i < l->count; i++)
        add_signer(e, &s, l->items[i].v);
    found = count_signers(&s, r->authorities);
    if (!note_signers(e, &s, c, err))
        return false;
    if (found >= r->at_least)
        img_check_yes(c);
    else
        img_check_no(c, IMG_WHY_TOO_FEW_SIGNERS, expected_signers(e),
                     img_pool_strf(e->pool, "%zu by %zu different key%s", found, s.count,
                                   s.count == 1 ? "" : "s"));
    return true;
}

bool img_rule_signature(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                        struct img_err *err)
{
    struct img_subject_facts image = {.digest = e->facts->digest,
                                      .verified = e->facts->verified,
                                      .verified_count = e->facts->verified_count};
    IMG_AUTO(img_said_done) struct img_said_list l = {.items = NULL};
    const char *other_name = NULL;

    (void)s;
    c->remedy = img_eval_remedy(e, "imgsign", &e->facts->digest, " --key KEY");
    if (e->rule->signature.names_same && e->facts->name == NULL) {
        img_check_no(c, IMG_WHY_IMAGE_NAME_UNKNOWN, "a name to compare with the one signed",
                     "the image has no repository name");
        c->remedy = "--as NAME";
        return true;
    }
    if (!img_said_collect(e, &image, &signatures, &l, err))
        return false;
    if (l.count == 0)
        return img_said_none(e, &image, &signatures, &l, c, err);
    if (e->rule->signature.names_same)
        keep_same_name(e, &l, &other_name);
    if (l.count == 0) {
        img_check_no(c, IMG_WHY_NAME_MISMATCH,
                     img_pool_strf(e->pool, "a signature for %s", e->facts->name),
                     img_pool_strf(e->pool, "signed for %.255s", other_name));
        return true;
    }
    return judge(e, &l, c, err);
}
