/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/verify.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/limits.h"
#include "base/time.h"

struct img_verified {
    struct img_buf payload;
    struct img_statement statement;
    const char *name; /* view into the statement, or NULL */
    struct img_digest subject, signer, evidence, manifest;
    size_t count;
    bool by[]; /* authority i vouches for the signer */
};

/* The fingerprint that a hint claims, or an unset digest: hints are anybody's words. */
static bool read_hint(const char *hint, struct img_digest *out, struct img_err *err)
{
    struct img_digest d = {.hash = IMG_SHA256, .len = 32};
    IMG_AUTO(img_buf_done) struct img_buf raw = IMG_BUF(32);
    struct img_bytes bytes = {0};

    *out = (struct img_digest){.hash = IMG_HASH_NONE};
    if (!img_unbase64(img_bytes_of(hint), IMG_B64_PROTOJSON, &raw, err) ||
        !img_buf_bytes(&raw, &bytes, err))
        return err->code != IMG_E_MEMORY;
    if (bytes.len != d.len)
        return true;
    memcpy(d.bytes, bytes.ptr, d.len);
    *out = d;
    return true;
}

/* True when an authority before number a, or an earlier key of it, is the same key. */
static bool seen_before(const struct img_trust *t, size_t a, size_t k)
{
    const struct img_digest *f = img_key_fingerprint(t->authorities[a].keys[k].key);

    for (size_t i = 0; i <= a; i++)
        for (size_t j = 0; j < (i < a ? t->authorities[i].key_count : k); j++)
            if (img_digest_equal(f, img_key_fingerprint(t->authorities[i].keys[j].key)))
                return true;
    return false;
}

/*
 * Tries the key that the hint names, then (others) every other one: a hint is not signed, so it may
 * save work and must not decide. *found stays NULL when the signature fits no key.
 */
static bool try_keys(const struct img_trust *t, const struct img_digest *claimed, bool others,
                     struct img_bytes message, struct img_bytes signature,
                     const struct img_key **found, struct img_err *err)
{
    for (size_t a = 0; a < t->count; a++)
        for (size_t k = 0; k < t->authorities[a].key_count; k++) {
            const struct img_key *key = t->authorities[a].keys[k].key;
            bool hinted = img_digest_equal(claimed, img_key_fingerprint(key));
            if (hinted == others || seen_before(t, a, k))
                continue;
            if (img_verify(key, message, signature, err)) {
                *found = key;
                return true;
            }
            if (err->code != IMG_E_REJECTED)
                return img_ctx(err, "check signature");
        }
    return true;
}

/* Why the signature fits none of the keys: names those trusted and the one claimed. */
static bool refuse_key(const struct img_trust *t, const struct img_digest *claimed,
                       struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf trusted = IMG_BUF(600);
    struct img_bytes list = {0};
    char text[IMG_DIGEST_TEXT];
    size_t named = 0, more = 0;

    img_digest_text(claimed, text);
    for (size_t a = 0; a < t->count; a++)
        for (size_t k = 0; k < t->authorities[a].key_count; k++) {
            const struct img_digest *f = img_key_fingerprint(t->authorities[a].keys[k].key);
            char one[IMG_DIGEST_TEXT];
            if (img_digest_equal(f, claimed))
                return img_refuse(err, IMG_E_REJECTED, IMG_WHY_BAD_SIGNATURE,
                                  "the signature is not one of key %s over this statement", text);
            if (seen_before(t, a, k))
                continue;
            img_digest_text(f, one);
            if (named++ < 4)
                img_buf_putf(&trusted, "%s%s", named > 1 ? ", " : "", one);
            else
                more++;
        }
    if (more > 0)
        img_buf_putf(&trusted, " and %zu more", more);
    if (!img_buf_bytes(&trusted, &list, err))
        return false;
    return img_refuse(err, IMG_E_REJECTED, IMG_WHY_UNTRUSTED_KEY, "trusted %.*s found %s (claimed)",
                      list.len > 0 ? (int)list.len : 4,
                      list.len > 0 ? (const char *)list.ptr : "none", text[0] ? text : "no key");
}

/* Whether one authority trusts this key now, or else why not. Revoked beats everything. */
static bool trusts(const struct img_authority *a, const struct img_digest *signer, int64_t now,
                   enum img_reason *why)
{
    bool current = false;

    for (size_t k = 0; k < a->key_count; k++) {
        const struct img_trusted_key *t = &a->keys[k];
        if (!img_digest_equal(signer, img_key_fingerprint(t->key)))
            continue;
        if (t->revoked) {
            *why = IMG_WHY_KEY_REVOKED;
            return false;
        }
        if ((t->from == IMG_TIME_NONE || t->from <= now) &&
            (t->until == IMG_TIME_NONE || now < t->until))
            current = true;
        else if (*why == IMG_WHY_NONE)
            *why = IMG_WHY_KEY_RETIRED;
    }
    return current;
}

/* Marks the authorities that vouch for the signer; refused when none does. */
static bool vouch(const struct img_trust *t, struct img_verified *v, struct img_err *err)
{
    enum img_reason why = IMG_WHY_NONE;
    char text[IMG_DIGEST_TEXT], now[IMG_TIME_TEXT];
    bool any = false;

    for (size_t a = 0; a < t->count; a++) {
        v->by[a] = trusts(&t->authorities[a], &v->signer, t->now, &why);
        any = any || v->by[a];
    }
    if (any)
        return true;
    img_digest_text(&v->signer, text);
    img_time_text(t->now, now);
    if (why == IMG_WHY_KEY_REVOKED)
        return img_refuse(err, IMG_E_REJECTED, why, "key %s is revoked", text);
    return img_refuse(err, IMG_E_REJECTED, why, "key %s is not trusted at %s", text, now);
}

/* Key, then signature: sets v->signer. */
static bool check_signature(const struct img_trust *t, const struct img_bundle *b,
                            struct img_verified *v, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pae = IMG_BUF(IMG_LIMIT_PAE);
    struct img_bytes payload, message, signature;
    const struct img_key *key = NULL;
    struct img_digest claimed;

    if (!read_hint(b->key_hint, &claimed, err) ||
        !img_buf_bytes(&b->envelope.payload, &payload, err) ||
        !img_buf_bytes(&b->envelope.signatures[0].sig, &signature, err))
        return false;
    img_dsse_pae(b->envelope.payload_type, payload, &pae);
    if (!img_buf_bytes(&pae, &message, err) ||
        !try_keys(t, &claimed, false, message, signature, &key, err) ||
        (key == NULL && !try_keys(t, &claimed, true, message, signature, &key, err)))
        return false;
    if (key == NULL)
        return refuse_key(t, &claimed, err);
    v->signer = *img_key_fingerprint(key);
    return vouch(t, v, err);
}

/* Gives a failure its stable word where the code that raised it did not. */
static bool name_failure(struct img_err *err)
{
    if (err->why != IMG_WHY_NONE)
        return false;
    if (err->code == IMG_E_MALFORMED || err->code == IMG_E_LIMIT)
        err->why = IMG_WHY_MALFORMED;
    else if (err->code == IMG_E_UNSUPPORTED)
        err->why = IMG_WHY_UNSUPPORTED;
    return false;
}

static bool verify(const struct img_evidence *e, const struct img_trust *t,
                   const struct img_digest *subject, struct img_bytes manifest,
                   struct img_verified *v, struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    struct img_bytes text, payload;

    if (!img_buf_bytes(&e->unverified_bytes, &text, err) || !img_bundle_read(text, &b, err))
        return false;
    if (strcmp(b.envelope.payload_type, IMG_PAYLOAD_TYPE) != 0)
        return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_PAYLOAD_TYPE,
                          "payload type '%.120s' is not " IMG_PAYLOAD_TYPE,
                          b.envelope.payload_type);
    if (!check_signature(t, &b, v, err))
        return false;
    v->payload = b.envelope.payload;
    b.envelope.payload = (struct img_buf){.limit = 1};
    return img_buf_bytes(&v->payload, &payload, err) &&
           img_statement_read(payload, &v->statement, err) &&
           img_statement_is_about(&v->statement, subject, manifest, &v->name, err);
}

/* NOLINTNEXTLINE(readability-function-size): what, by whom, of what, when: none may be left out */
bool img_verify_evidence(const struct img_evidence *e, const struct img_trust *trust,
                         const struct img_digest *subject, struct img_bytes manifest,
                         struct img_verified **out, struct img_err *err)
{
    IMG_AUTO(img_verified_freep)
    struct img_verified *v = calloc(1, sizeof(*v) + trust->count * sizeof(v->by[0]));

    if (v == NULL)
        return img_fail(err, IMG_E_MEMORY, "evidence");
    v->count = trust->count;
    v->subject = *subject;
    v->evidence = e->blob;
    v->manifest = e->manifest.digest;
    if (!verify(e, trust, subject, manifest, v, err))
        return name_failure(err);
    *out = IMG_STEAL(&v);
    return true;
}

void img_verified_free(struct img_verified *v)
{
    if (v == NULL)
        return;
    img_statement_done(&v->statement);
    img_buf_done(&v->payload);
    free(v);
}

const struct img_statement *img_verified_statement(const struct img_verified *v)
{
    return &v->statement;
}

struct img_bytes img_verified_payload(const struct img_verified *v)
{
    return (struct img_bytes){.ptr = v->payload.ptr, .len = v->payload.len};
}

const char *img_verified_name(const struct img_verified *v)
{
    return v->name;
}

const struct img_digest *img_verified_subject(const struct img_verified *v)
{
    return &v->subject;
}

const struct img_digest *img_verified_signer(const struct img_verified *v)
{
    return &v->signer;
}

bool img_verified_by(const struct img_verified *v, size_t authority)
{
    return authority < v->count && v->by[authority];
}

const struct img_digest *img_verified_evidence(const struct img_verified *v)
{
    return &v->evidence;
}

const struct img_digest *img_verified_manifest(const struct img_verified *v)
{
    return &v->manifest;
}

int64_t img_verified_witnessed(const struct img_verified *v)
{
    (void)v;
    return IMG_TIME_NONE; /* key bundles carry no witness that is read */
}
