/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/policy/evaluate.h"
#include "base/limits.h"
#include "base/text.h"

void img_check_no(struct img_check *c, enum img_reason code, const char *expected,
                  const char *found)
{
    c->ok = false;
    c->code = code;
    c->expected = expected;
    c->found = found;
}

void img_check_yes(struct img_check *c)
{
    c->ok = true;
    c->code = IMG_WHY_NONE;
    c->expected = NULL;
    c->remedy = NULL;
}

void img_eval_ends(struct img_eval *e, int64_t when)
{
    if (when != IMG_TIME_NONE && (e->valid_until == IMG_TIME_NONE || when < e->valid_until))
        e->valid_until = when;
}

bool img_check_by(struct img_eval *e, struct img_check *c, const struct img_verified *v,
                  size_t authority, int64_t claimed, struct img_err *err)
{
    size_t index = e->policy->first_authority + authority;
    struct img_by *by = img_pool_alloc(e->pool, c->by_count + 1, sizeof(*by));
    char text[IMG_DIGEST_TEXT];

    if (by == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    if (c->by_count > 0)
        memcpy(by, c->by, c->by_count * sizeof(*by));
    img_digest_text(img_verified_signer(v), text);
    by[c->by_count].identity = img_pool_strf(e->pool, "key %s", text);
    img_digest_text(img_verified_evidence(v), text);
    by[c->by_count].evidence = img_pool_str(e->pool, text);
    by[c->by_count].authority = img_pool_str(e->pool, e->all->authorities[index].name);
    by[c->by_count].claimed = claimed;
    by[c->by_count].witnessed = img_verified_witnessed(v);
    c->by = by;
    c->by_count++;
    return true;
}

bool img_eval_ignore(struct img_eval *e, const struct img_verified *v, enum img_reason code,
                     const char *why, struct img_err *err)
{
    const struct img_digest *evidence = img_verified_evidence(v);
    struct img_ignored *fresh;
    size_t cap;

    for (size_t i = 0; i < e->ignored_count; i++)
        if (e->ignored[i].code == code && img_digest_equal(&e->ignored[i].evidence, evidence))
            return true;
    if (e->ignored_count == e->ignored_cap) {
        cap = e->ignored_cap == 0 ? 8 : e->ignored_cap * 2;
        fresh = realloc(e->ignored, cap * sizeof(*fresh));
        if (fresh == NULL)
            return img_fail(err, IMG_E_MEMORY, "ignored evidence");
        e->ignored = fresh;
        e->ignored_cap = cap;
    }
    fresh = &e->ignored[e->ignored_count];
    *fresh = (struct img_ignored){.evidence = *evidence, .code = code};
    (void)snprintf(fresh->why, sizeof(fresh->why), "%s", why);
    e->ignored_count++;
    return true;
}

const char *img_eval_remedy(struct img_eval *e, const char *command,
                            const struct img_digest *digest, const char *rest)
{
    IMG_AUTO(img_buf_done) struct img_buf quoted = IMG_BUF(IMG_LIMIT_TEXT);
    char text[IMG_DIGEST_TEXT];

    if (e->facts->name == NULL)
        return img_pool_strf(e->pool, "%s IMAGE%s", command, rest);
    img_digest_text(digest, text);
    img_text_shell(img_pool_strf(e->pool, "%s@%s", e->facts->name, text), &quoted);
    return img_pool_strf(e->pool, "%s %s%s", command, img_pool_buf(e->pool, &quoted), rest);
}

const char *img_eval_names(struct img_eval *e, const struct img_numbers *by)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_TEXT);

    for (size_t i = 0; i < by->count; i++) {
        size_t index = e->policy->first_authority + by->items[i];

        img_buf_puts(&b, i == 0 ? "" : ", ");
        img_buf_puts(&b, e->all->authorities[index].name);
    }
    return img_pool_buf(e->pool, &b);
}

/* --- who speaks, and when --------------------------------------------------------------------- */

bool img_eval_speaks_for(const struct img_eval *e, const struct img_verified *v, size_t authority,
                         int64_t *ends)
{
    size_t index = e->policy->first_authority + authority;
    const struct img_authority *a = &e->all->authorities[index];
    int64_t now = e->facts->now, last = IMG_TIME_NONE;
    bool trusted = false, open = false;

    if (!img_verified_by(v, index))
        return false;
    for (size_t i = 0; i < a->key_count; i++) {
        const struct img_trusted_key *k = &a->keys[i];

        if (!img_digest_equal(img_key_fingerprint(k->key), img_verified_signer(v)))
            continue;
        if (k->revoked)
            return false; /* whatever else is said of the same key */
        if ((k->from != IMG_TIME_NONE && now < k->from) ||
            (k->until != IMG_TIME_NONE && now >= k->until))
            continue;
        trusted = true;
        open = open || k->until == IMG_TIME_NONE;
        last = k->until > last ? k->until : last;
    }
    *ends = open ? IMG_TIME_NONE : last;
    return trusted;
}

bool img_eval_speaks(const struct img_eval *e, const struct img_verified *v,
                     const struct img_numbers *by, size_t *authority, int64_t *ends)
{
    for (size_t i = 0; i < by->count; i++) {
        if (img_eval_speaks_for(e, v, by->items[i], ends)) {
            *authority = by->items[i];
            return true;
        }
    }
    return false;
}

enum img_reason img_eval_time(const struct img_eval *e, const struct img_verified *v,
                              int64_t claimed, int64_t *out)
{
    int64_t witnessed = img_verified_witnessed(v), now = e->facts->now;

    if (witnessed != IMG_TIME_NONE && witnessed > now + IMG_CLOCK_SKEW)
        return IMG_WHY_CLOCK_IMPLAUSIBLE;
    if (claimed != IMG_TIME_NONE &&
        (claimed > now + IMG_CLOCK_SKEW ||
         (witnessed != IMG_TIME_NONE && claimed > witnessed + IMG_CLOCK_SKEW)))
        return IMG_WHY_TIME_IN_FUTURE;
    *out = claimed == IMG_TIME_NONE     ? witnessed
           : witnessed == IMG_TIME_NONE ? claimed
           : claimed < witnessed        ? claimed
                                        : witnessed;
    return IMG_WHY_NONE;
}
