/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "attest/sbom/sbom.h"
#include "attest/version.h"
#include "base/limits.h"

static bool is_sbom(const struct img_eval *e, const char *predicate_type)
{
    (void)e;
    return img_predicate_matches("sbom", predicate_type);
}

static void free_facts(void *doc)
{
    img_sbom_facts_done(doc);
    free(doc);
}

static bool read_sbom(const struct img_verified *v, void **doc, int64_t *claimed,
                      struct img_err *err)
{
    struct img_sbom_facts *facts = calloc(1, sizeof(*facts));

    if (facts == NULL)
        return img_fail(err, IMG_E_MEMORY, "SBOM");
    if (!img_sbom_read(img_verified_statement(v)->predicate, facts, err)) {
        free(facts);
        return false;
    }
    *claimed = facts->date;
    *doc = facts;
    return true;
}

static const struct img_said_kind sboms = {.what = "an SBOM",
                                           .missing = IMG_WHY_PREDICATE_MISSING,
                                           .wants = is_sbom,
                                           .read = read_sbom,
                                           .free = free_facts};

/* One package against one entry of deny. *hit: it is denied, or cannot be shown not to be. */
static bool denied(struct img_eval *e, const struct img_deny *d, const struct img_purl *p,
                   const char *text, struct img_check *c, bool *hit)
{
    struct img_err why = IMG_ERR_INIT;
    enum img_order order;
    bool in = false;

    *hit = false;
    if (!img_purl_matches(&d->purl, p))
        return true;
    if (d->versions == NULL || p->version == NULL) {
        *hit = true; /* without a version it cannot be shown to be another one */
        img_check_no(c, IMG_WHY_DENIED_PACKAGE,
                     img_pool_strf(e->pool, "no %s%s%s", d->text, d->versions == NULL ? "" : " ",
                                   d->versions == NULL ? "" : d->versions),
                     img_pool_str(e->pool, text));
        return true;
    }
    order = img_order_of_purl_type(p->type);
    if (order == IMG_ORDER_NONE || !img_version_in(order, p->version, d->versions, &in, &why)) {
        *hit = true;
        img_check_no(c, IMG_WHY_VERSION_ORDER_UNKNOWN,
                     img_pool_strf(e->pool, "no %s %s", d->text, d->versions),
                     img_pool_str(e->pool, text));
        return why.code != IMG_E_MEMORY;
    }
    *hit = in;
    if (in)
        img_check_no(c, IMG_WHY_DENIED_PACKAGE,
                     img_pool_strf(e->pool, "no %s %s", d->text, d->versions),
                     img_pool_str(e->pool, text));
    return true;
}

/* All packages of one SBOM against all entries of deny. */
static bool look_for_denied(struct img_eval *e, const struct img_sbom_facts *f, struct img_check *c,
                            bool *hit, struct img_err *err)
{
    const struct img_sbom_rule *r = &e->rule->sbom;

    *hit = false;
    for (size_t i = 0; r->deny_count > 0 && i < f->count; i++) {
        IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};
        struct img_err why = IMG_ERR_INIT;

        if (!img_purl_parse(f->purls[i], &p, &why)) {
            if (why.code == IMG_E_MEMORY) {
                *err = why;
                return false;
            }
            *hit = true; /* a package nobody can name could be any of those denied */
            img_check_no(c, IMG_WHY_SBOM_INCOMPLETE, "package URLs that can be read",
                         img_pool_str(e->pool, f->purls[i]));
            return true;
        }
        for (size_t d = 0; d < r->deny_count && !*hit; d++)
            if (!denied(e, &r->deny[d], &p, f->purls[i], c, hit))
                return img_fail(err, IMG_E_MEMORY, "versions");
        if (*hit)
            return true;
    }
    return true;
}

/* Every SBOM that counts has to hold: one that is left out could be the one that names the package.
 */
bool img_rule_sbom(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                   struct img_err *err)
{
    IMG_AUTO(img_said_done) struct img_said_list l = {.items = NULL};
    bool hit = false;
    size_t packages = 0;

    if (!img_said_collect(e, s, &sboms, &l, err))
        return false;
    img_said_latest(&l);
    if (l.count == 0) {
        c->remedy = img_eval_remedy(e, "imgsign", &s->digest, " --key KEY --sbom");
        return img_said_none(e, s, &sboms, &l, c, err);
    }
    for (size_t i = 0; i < l.count; i++) {
        const struct img_sbom_facts *f = l.items[i].doc;

        if (!img_check_by(e, c, l.items[i].v, l.items[i].authority, l.items[i].claimed, err))
            return false;
        if (e->rule->sbom.complete && !f->complete) {
            img_check_no(c, IMG_WHY_SBOM_INCOMPLETE, "an SBOM that says it is complete",
                         "one that does not");
            return true;
        }
        if (!look_for_denied(e, f, c, &hit, err))
            return false;
        if (hit)
            return true;
        packages = f->count > packages ? f->count : packages;
        img_eval_ends(e, l.items[i].ends);
    }
    img_check_yes(c);
    c->found = img_pool_strf(e->pool, "%zu packages", packages);
    return true;
}
