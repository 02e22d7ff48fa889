/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/policy.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

static struct img_key *keys[3];

static void must(bool ok, const struct img_err *err)
{
    if (ok)
        return;
    img_err_print(stderr, err);
    fputc('\n', stderr);
    abort();
}

const struct img_key *t_key(char which)
{
    struct img_key **k = &keys[which - 'a'];
    struct img_err err = IMG_ERR_INIT;

    if (*k == NULL)
        must(img_key_generate(IMG_KEY_P256, k, &err), &err);
    return *k;
}

void t_keys_free(void)
{
    for (size_t i = 0; i < IMG_COUNT(keys); i++) {
        if (keys[i] != NULL)
            img_key_free(keys[i]);
        keys[i] = NULL;
    }
}

bool t_load_key(void *ctx, const char *dir, const char *path, struct img_buf *out,
                struct img_err *err)
{
    (void)ctx;
    (void)dir;
    if (strcmp(path, "empty.pub") == 0)
        return true;
    if (strlen(path) != strlen("a.pub") || path[0] < 'a' || path[0] > 'c' ||
        strcmp(path + 1, ".pub") != 0)
        return img_fail(err, IMG_E_NOT_FOUND, "no such file");
    return img_key_write_public(t_key(path[0]), out, err);
}

struct img_digest t_digest_of(const char *text)
{
    struct img_err err = IMG_ERR_INIT;
    struct img_digest d;

    must(img_digest_of(IMG_SHA256, t_bytes(text), &d, &err), &err);
    return d;
}

/* Writes the bundle of a statement into out. */
static void write_bundle(const struct t_statement *say, const struct img_digest *subject,
                         struct img_buf *out)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_PREDICATE);
    IMG_AUTO(img_buf_done) struct img_buf pae = IMG_BUF(IMG_LIMIT_PREDICATE);
    IMG_AUTO(img_buf_done) struct img_buf sig = IMG_BUF(IMG_LIMIT_KEY);
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes payload = {0}, message = {0}, signature = {0};

    must(img_statement_write(say->type, say->name, subject, t_bytes(say->predicate), &text, &err) &&
             img_buf_bytes(&text, &payload, &err),
         &err);
    img_dsse_pae(IMG_PAYLOAD_TYPE, payload, &pae);
    must(img_buf_bytes(&pae, &message, &err) && img_sign(t_key(say->key), message, &sig, &err) &&
             img_buf_bytes(&sig, &signature, &err) &&
             img_bundle_write(t_key(say->key), IMG_PAYLOAD_TYPE, payload, signature, out, &err),
         &err);
}

struct img_verified *t_say(const struct img_policies *p, int64_t now, const struct t_statement *say,
                           struct img_err *err)
{
    struct img_evidence e = {.unverified_bytes = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE)};
    struct img_digest subject = t_digest_of(say->manifest);
    struct img_trust trust = {.now = now};
    struct img_verified *v = NULL;
    struct img_bytes bundle = {0};
    bool ok;

    trust.authorities = img_policies_authorities(p, &trust.count);
    write_bundle(say, &subject, &e.unverified_bytes);
    must(img_buf_bytes(&e.unverified_bytes, &bundle, err) &&
             img_digest_of(IMG_SHA256, bundle, &e.blob, err),
         err);
    e.manifest.digest = e.blob;
    ok = img_verify_evidence(&e, &trust, &subject, t_bytes(say->manifest), &v, err);
    img_buf_done(&e.unverified_bytes);
    return ok ? v : NULL;
}
