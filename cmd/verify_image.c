/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "cmd/verify_gather.h"

#define TIMEOUT_S 30 /* of a whole run, unless --timeout says otherwise */

/* --- stores ----------------------------------------------------------------------------------- */

struct verify_stores {
    struct img_target *items;
    size_t count;
};

bool verify_stores_new(struct verify_stores **out, struct img_err *err)
{
    struct verify_stores *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return img_fail(err, IMG_E_MEMORY, "stores");
    *out = s;
    return true;
}

void verify_stores_free(struct verify_stores *s)
{
    for (size_t i = 0; i < s->count; i++)
        img_target_done(&s->items[i]);
    free(s->items);
    free(s);
}

static bool same_place(const struct img_reference *a, const struct img_reference *b)
{
    return a->where == b->where && strcmp(a->path, b->path) == 0 &&
           (a->host == NULL) == (b->host == NULL) &&
           (a->host == NULL || strcmp(a->host, b->host) == 0);
}

/* Opens the store of a reference, or takes the one that is open: connections and tokens are kept.
 * *ref is the caller's to be done with; *name is the repository name for policies, or NULL. */
static bool open_store(struct verify_stores *s, const struct verify_options *o, const char *given,
                       struct img_reference *ref, struct img_store **store, const char **name,
                       struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference parsed = {.path = NULL};
    struct img_target *items, opened;
    size_t at = 0;

    if (!img_reference_parse(given, &parsed, err))
        return img_ctx(err, "'%.200s'", given);
    while (at < s->count && !same_place(&s->items[at].ref, &parsed))
        at++;
    if (at == s->count) {
        items = realloc(s->items, (s->count + 1) * sizeof(*items));
        if (items == NULL)
            return img_fail(err, IMG_E_MEMORY, "stores");
        s->items = items;
        if (!img_target_open(given, o->common, false, TIMEOUT_S, &opened, err))
            return false;
        items[s->count++] = opened;
    }
    *store = s->items[at].store;
    *name = s->items[at].ref.name;
    *ref = parsed;
    parsed = (struct img_reference){.path = NULL};
    return true;
}

/* --- one document ----------------------------------------------------------------------------- */

/* A resolved document on its way to a decision. */
struct look {
    struct gather g;
    struct img_reference *ref;
    const char *name;
    struct img_document *doc;
    struct img_referrers *referrers; /* NULL: to be listed */
    struct heard heard;
    struct platforms platforms;
    struct img_err platforms_err; /* code IMG_OK: they were told apart */
    const char *must_serve;       /* --platform for a single image, to be compared; else NULL */
};

static void look_done(struct look *l)
{
    heard_done(&l->heard);
    platforms_done(&l->platforms);
    free(l->g.ignored);
}

static bool find_platforms(struct look *l, struct img_err *err)
{
    struct img_descriptor *descs = NULL;
    size_t count = 0;
    bool ok;

    if (!img_image_platforms(l->doc, &descs, &count, &l->platforms_err)) {
        if (l->platforms_err.code == IMG_E_REJECTED)
            return true; /* a rule about platforms says no; others need not care */
        *err = l->platforms_err;
        return false;
    }
    ok = platforms_take(descs, count, &l->platforms, err);
    free(descs);
    return ok;
}

static bool gather_all(struct look *l, const struct img_policy_needs *needs, struct img_err *err)
{
    bool is_index = img_media_type_is_index(l->doc->desc.media_type);
    struct img_referrers listed = {.items = NULL};
    struct img_bytes document;
    bool ok = true;

    if (!img_buf_bytes(&l->doc->bytes, &document, err) || !find_platforms(l, err))
        return false;
    if (needs->evidence && l->referrers == NULL) {
        if (!img_store_referrers(l->g.store, &l->doc->desc.digest, &listed, err))
            return false;
        l->referrers = &listed;
    }
    if (needs->evidence)
        ok = gather_evidence(&l->g, &l->doc->desc.digest, document, l->referrers, &l->heard, err);
    img_referrers_done(&listed);
    if (!ok)
        return false;
    if (is_index && (needs->platforms || needs->config || l->g.o->blobs) &&
        !gather_manifests(&l->g, &l->platforms, err))
        return false;
    if (is_index && needs->platforms && !gather_platforms(&l->g, &l->platforms, err))
        return false;
    return !needs->config || gather_configs(&l->g, &l->platforms, document, err);
}

static void platform_fact(const struct look *l, bool is_index, size_t i,
                          struct img_subject_facts *out)
{
    const struct platform *p = &l->platforms.items[i];
    const struct heard *heard = is_index ? &p->heard : &l->heard;

    *out = (struct img_subject_facts){.digest = p->desc.digest,
                                      .platform = p->desc.platform,
                                      .has_platform = p->desc.has_platform,
                                      .config = p->has_config ? &p->config : NULL,
                                      .verified = heard->items,
                                      .verified_count = heard->count};
    if (!is_index && p->has_config) { /* a manifest does not name its platform */
        out->platform = p->config.platform;
        out->has_platform = p->config.platform.os[0] != '\0';
    }
}

/* --print: the predicates of this type that verified, as they were signed. */
static bool collect_predicates(const struct look *l, struct img_buf *out, struct img_err *err)
{
    const char *type = l->g.o->print;
    struct img_bytes ignored;

    for (size_t i = 0; type != NULL && i < l->heard.count + l->platforms.count; i++) {
        const struct heard *h = i < l->heard.count ? &(struct heard){&l->heard.items[i], 1}
                                                   : &l->platforms.items[i - l->heard.count].heard;

        for (size_t k = 0; k < h->count; k++) {
            if (!img_predicate_matches(type, img_verified_statement(h->items[k])->predicate_type))
                continue;
            if (!img_statement_predicate_text(img_verified_payload(h->items[k]),
                                              img_verified_statement(h->items[k]), out, err))
                return false;
            img_buf_puts(out, "\n");
        }
    }
    return img_buf_bytes(out, &ignored, err);
}

static int status_of(const struct img_decision *d, int incomplete_status)
{
    if (d->verdict == IMG_ACCEPT)
        return 0;
    if (d->verdict == IMG_REJECT)
        return img_code_exit(IMG_E_REJECTED);
    return incomplete_status != 0 ? incomplete_status : img_code_exit(IMG_E_NETWORK);
}

static bool record(struct verify_result *r, struct img_err *err)
{
    struct img_digest id;
    struct img_bytes text;

    r->record = IMG_BUF(IMG_LIMIT_RECORD);
    if (!img_decision_json(r->decision, &r->record, err) ||
        !img_buf_bytes(&r->record, &text, err) || !img_digest_of(IMG_SHA256, text, &id, err))
        return false;
    img_digest_text(&id, r->id);
    return true;
}

static void fill_facts(struct look *l, struct img_facts *f)
{
    bool rejected = l->platforms_err.code == IMG_E_REJECTED;

    f->name = l->name;
    f->tag = l->ref->tag;
    f->by_digest = l->ref->digest.hash != IMG_HASH_NONE;
    f->digest = l->doc->desc.digest;
    f->is_index = img_media_type_is_index(l->doc->desc.media_type);
    f->verified = l->heard.items;
    f->verified_count = l->heard.count;
    f->platform_count = l->platforms.count;
    f->platforms_code = rejected ? l->platforms_err.why : IMG_WHY_NONE;
    f->ignored = l->g.ignored;
    f->ignored_count = l->g.ignored_count;
    f->incomplete = l->g.incomplete != 0;
    f->incomplete_why = l->g.incomplete != 0 ? l->g.why : NULL;
    f->now = l->g.o->now;
    f->at_given = l->g.o->at_given;
}

static void free_facts(struct img_subject_facts **p)
{
    free(*p);
}

/* Everything is at hand: decide, and write the record. */
static bool decide(struct look *l, const struct img_blobs_fact *blobs, struct verify_result *r,
                   struct img_err *err)
{
    IMG_AUTO(free_facts)
    struct img_subject_facts *platforms = calloc(l->platforms.count + 1, sizeof(*platforms));
    struct img_facts f = {.platforms = platforms, .blobs = blobs};
    char why[300];

    if (platforms == NULL)
        return img_fail(err, IMG_E_MEMORY, "facts");
    fill_facts(l, &f);
    img_err_text(&l->platforms_err, why, sizeof(why));
    f.platforms_why = why;
    for (size_t i = 0; i < l->platforms.count; i++)
        platform_fact(l, f.is_index, i, &platforms[i]);
    r->predicates = IMG_BUF(IMG_LIMIT_EVIDENCE_TOTAL);
    if (!img_policies_decide(l->g.o->policies, &f, &r->decision, err) || !record(r, err) ||
        !collect_predicates(l, &r->predicates, err))
        return false;
    r->status = status_of(r->decision, l->g.incomplete);
    return true;
}

/* --platform beside a single image: it must be of that platform. */
static bool check_platform(const struct look *l, struct img_err *err)
{
    const struct platform *p = l->platforms.items;
    struct img_platform want;
    char have[100];

    if (l->must_serve == NULL)
        return true;
    if (!img_platform_parse(l->must_serve, &want, err))
        return img_ctx(err, "--platform");
    if (l->platforms.count == 1 && p->has_config && img_platform_serves(&p->config.platform, &want))
        return true;
    img_platform_text(&p->config.platform, have);
    return img_refuse(err, IMG_E_NOT_FOUND, IMG_WHY_PLATFORM_MISSING,
                      "the image is not for %s but for %s", l->must_serve,
                      p->has_config ? have : "no platform that is known");
}

/* From a resolved document to its decision. */
static bool look_at(struct look *l, struct verify_result *r, struct img_err *err)
{
    struct img_policy_needs needs = img_policies_needs(l->g.o->policies, l->name);
    struct img_blobs_fact blobs;
    struct img_bytes document;
    char text[400];

    l->g.authorities = img_policies_authorities(l->g.o->policies, &l->g.authority_count);
    needs.platforms = needs.platforms || l->g.o->print != NULL;
    needs.evidence = needs.evidence || l->g.o->print != NULL;
    needs.config = needs.config || l->must_serve != NULL;
    if (!gather_all(l, &needs, err) || !check_platform(l, err) ||
        !img_buf_bytes(&l->doc->bytes, &document, err))
        return false;
    if (l->g.o->blobs && !gather_blobs(&l->g, &l->platforms, document, &blobs, text, err))
        return false;
    return decide(l, l->g.o->blobs ? &blobs : NULL, r, err);
}

/* --- one reference ---------------------------------------------------------------------------- */

static int64_t milliseconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void verify_results_done(struct verify_results *r)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].decision != NULL)
            img_decision_free(r->items[i].decision);
        img_buf_done(&r->items[i].record);
        img_buf_done(&r->items[i].predicates);
    }
    free(r->items);
    *r = (struct verify_results){.items = NULL};
}

static bool add_result(struct verify_results *out, const struct verify_subject *subject,
                       int64_t now, struct verify_result **r, struct img_err *err)
{
    struct verify_result *items = realloc(out->items, (out->count + 1) * sizeof(*items));

    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "results");
    out->items = items;
    *r = &items[out->count++];
    **r = (struct verify_result){.subject = subject,
                                 .err = IMG_ERR_INIT,
                                 .resolved = now,
                                 .record = IMG_BUF(1),
                                 .predicates = IMG_BUF(1)};
    return true;
}

/* The world's and the input's failures belong to this image; ours end the run. */
static bool keep_error(struct verify_result *r, const struct img_err *why, struct img_err *err)
{
    if (gather_is_ours(why)) {
        *err = *why;
        return false;
    }
    r->err = *why;
    r->status = img_code_exit(why->code);
    return true;
}

/* What verifying one reference needs at every step. */
struct run {
    const struct verify_options *o;
    const struct verify_subject *subject;
    struct verify_results *out;
    struct img_store *store;
    struct img_cost before; /* of the store, when this began */
    struct img_reference ref;
    const char *name;
    struct img_document doc;
    struct img_referrers referrers;
};

static void run_done(struct run *r)
{
    img_reference_done(&r->ref);
    img_document_done(&r->doc);
    img_referrers_done(&r->referrers);
}

/* One result for one document: the one resolved, or one of its platforms. */
static bool verify_document(struct run *run, struct img_document *doc,
                            struct img_referrers *referrers, const char *must_serve,
                            struct img_err *err)
{
    IMG_AUTO(look_done)
    struct look l = {.g = {.o = run->o, .store = run->store},
                     .ref = &run->ref,
                     .name = run->name,
                     .doc = doc,
                     .referrers = referrers,
                     .platforms_err = IMG_ERR_INIT,
                     .must_serve = must_serve};
    struct img_err why = IMG_ERR_INIT;
    struct verify_result *r = NULL;

    if (!add_result(run->out, run->subject, img_now(), &r, err))
        return false;
    return look_at(&l, r, &why) || keep_error(r, &why, err);
}

static bool verify_platform(struct run *run, const struct img_descriptor *desc, struct img_err *err)
{
    struct img_want want = {.desc = *desc, .bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    struct img_document doc = {.desc = *desc};
    struct verify_result *r = NULL;
    bool ok;

    if (!img_store_fetch(run->store, &want, 1, err))
        return false;
    if (!want.ok) {
        ok =
            add_result(run->out, run->subject, img_now(), &r, err) && keep_error(r, &want.err, err);
        img_buf_done(&want.bytes);
        return ok;
    }
    doc.bytes = want.bytes;
    doc.desc.annotations = NULL; /* borrowed, the list keeps them */
    ok = verify_document(run, &doc, NULL, NULL, err);
    img_buf_done(&doc.bytes);
    return ok;
}

struct descriptors {
    struct img_descriptor *items;
    size_t count;
};

static void descriptors_done(struct descriptors *d)
{
    for (size_t i = 0; i < d->count; i++)
        img_descriptor_done(&d->items[i]);
    free(d->items);
}

/* --platform: the manifests of an index that it names. A single image is its only platform. */
static bool verify_platforms(struct run *run, struct img_err *err)
{
    IMG_AUTO(descriptors_done) struct descriptors d = {.items = NULL};
    bool all = strcmp(run->o->platform, "all") == 0, any = false;
    struct img_platform want;

    if (!all && !img_platform_parse(run->o->platform, &want, err))
        return img_ctx(err, "--platform");
    if (!img_image_platforms(&run->doc, &d.items, &d.count, err))
        return false;
    for (size_t i = 0; i < d.count; i++) {
        if (!all && !img_platform_serves(&d.items[i].platform, &want))
            continue;
        any = true;
        if (!verify_platform(run, &d.items[i], err))
            return false;
    }
    if (!any)
        return img_refuse(err, IMG_E_NOT_FOUND, IMG_WHY_PLATFORM_MISSING,
                          "the image has no platform %s", run->o->platform);
    return true;
}

static bool resolve_and_verify(struct verify_stores *stores, struct run *run, struct img_err *err)
{
    bool by_platform;

    if (!open_store(stores, run->o, run->subject->given, &run->ref, &run->store, &run->name, err))
        return false;
    run->before = img_store_cost(run->store);
    by_platform = run->o->platform != NULL;
    if (!img_store_resolve(run->store, &run->ref, &run->doc, by_platform ? NULL : &run->referrers,
                           err))
        return img_ctx(err, "'%.200s'", run->subject->given);
    if (by_platform && img_media_type_is_index(run->doc.desc.media_type))
        return verify_platforms(run, err);
    return verify_document(run, &run->doc, by_platform ? NULL : &run->referrers,
                           by_platform && strcmp(run->o->platform, "all") != 0 ? run->o->platform
                                                                               : NULL,
                           err);
}

static struct img_cost cost_since(struct img_store *store, const struct img_cost *before)
{
    struct img_cost c = img_store_cost(store);

    c.requests -= before->requests;
    c.round_trips -= before->round_trips;
    c.bytes -= before->bytes;
    return c;
}

bool verify_one(struct verify_stores *stores, const struct verify_options *o,
                const struct verify_subject *subject, struct verify_results *out,
                struct img_err *err)
{
    IMG_AUTO(run_done)
    struct run run = {.o = o, .subject = subject, .out = out, .referrers = {.items = NULL}};
    struct img_err why = IMG_ERR_INIT;
    struct verify_result *r = NULL;
    size_t first = out->count;
    int64_t began = milliseconds();

    if (!resolve_and_verify(stores, &run, &why)) {
        if (gather_is_ours(&why)) {
            *err = why;
            return false;
        }
        if (!add_result(out, subject, img_now(), &r, err) || !keep_error(r, &why, err))
            return false;
    }
    /* Several platforms were one piece of work: its cost stands with the first. */
    if (out->count > first && run.store != NULL) {
        out->items[first].cost = cost_since(run.store, &run.before);
        out->items[first].ms = milliseconds() - began;
    }
    return true;
}
