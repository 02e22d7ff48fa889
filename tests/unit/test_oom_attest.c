/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/verify.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/memstore.h"
#include "tests/support/oom.h"

#define IMAGE "{\"schemaVersion\":2}"

static struct img_key *key;
static struct img_evidence evidence; /* a good signature over IMAGE */
static struct img_digest image;

static bool write_statement(struct img_buf *out, struct img_err *err)
{
    img_buf_done(out);
    return img_statement_write(IMG_PREDICATE_SIGN, "reg/app", &image, img_bytes_of("{}"), out, err);
}

static bool write_bundle(struct img_bytes payload, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pae = IMG_BUF(IMG_MIB), sig = IMG_BUF(IMG_MIB);
    struct img_bytes message, signature;

    img_buf_done(out);
    img_dsse_pae(IMG_PAYLOAD_TYPE, payload, &pae);
    return img_buf_bytes(&pae, &message, err) && img_sign(key, message, &sig, err) &&
           img_buf_bytes(&sig, &signature, err) &&
           img_bundle_write(key, IMG_PAYLOAD_TYPE, payload, signature, out, err);
}

static bool read_bundle(struct img_bytes text, struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};

    return img_bundle_read(text, &b, err);
}

static bool verify(struct img_err *err)
{
    const struct img_trusted_key trusted = {.key = key,
                                            .from = IMG_TIME_NONE,
                                            .until = IMG_TIME_NONE};
    const struct img_authority a = {.name = "ci", .keys = &trusted, .key_count = 1};
    const struct img_trust trust = {.authorities = &a, .count = 1};
    IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;

    return img_verify_evidence(&evidence, &trust, &image, img_bytes_of(IMAGE), &v, err);
}

static bool collect(struct t_store *s, const struct img_referrers *listed, struct img_err *err)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};
    const struct img_evidence_limits limits = {.max_count = 128, .max_size = IMG_MIB};

    if (!img_evidence_collect(&s->base, &image, listed, &limits, &l, err))
        return false;
    assert_int_equal(l.count, 1);
    return true;
}

static int set_up(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf statement = IMG_BUF(IMG_MIB);
    struct img_bytes payload = {0};

    (void)state;
    t_ok(img_key_generate(IMG_KEY_P256, &key, &err));
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of(IMAGE), &image, &err));
    evidence.unverified_bytes = IMG_BUF(IMG_MIB);
    statement = IMG_BUF(IMG_MIB);
    t_ok(write_statement(&statement, &err));
    t_ok(img_buf_bytes(&statement, &payload, &err));
    t_ok(write_bundle(payload, &evidence.unverified_bytes, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    img_key_free(key);
    img_buf_done(&evidence.unverified_bytes);
    return 0;
}

static void writing_and_reading_bundles(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_MIB);
    struct img_bytes text = {0};

    (void)state;
    t_oom(write_statement(&out, &err), 2);
    t_oom(write_bundle(img_bytes_of("{}"), &out, &err), 4);
    t_ok(img_buf_bytes(&evidence.unverified_bytes, &text, &err));
    t_oom(read_bundle(text, &err), 4);
}

static void verifying(void **state)
{
    (void)state;
    t_oom(verify(&err), 6);
}

static void collecting(void **state)
{
    IMG_AUTO(t_store_done) struct t_store s;
    char text[1000], digest[IMG_DIGEST_TEXT], subject[IMG_DIGEST_TEXT];
    struct img_descriptor blob, item;
    struct img_referrers listed = {.items = &item, .count = 1};
    struct img_bytes bundle = {0};

    (void)state;
    t_store_init(&s);
    t_ok(img_buf_bytes(&evidence.unverified_bytes, &bundle, &err));
    blob = t_store_put(&s, IMG_TYPE_BUNDLE, bundle);
    img_digest_text(&blob.digest, digest);
    img_digest_text(&image, subject);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                   "\",\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY
                   "\",\"size\":2,\"digest\":\"%s\"},\"layers\":[{\"mediaType\":\"" IMG_TYPE_BUNDLE
                   "\",\"size\":%zu,\"digest\":\"%s\"}],\"subject\":{\"mediaType\":"
                   "\"" IMG_TYPE_OCI_MANIFEST "\",\"size\":19,\"digest\":\"%s\"}}",
                   digest, bundle.len, digest, subject);
    item = t_store_put(&s, IMG_TYPE_OCI_MANIFEST, img_bytes_of(text));
    t_oom(collect(&s, &listed, &err), 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writing_and_reading_bundles),
        cmocka_unit_test(verifying),
        cmocka_unit_test(collecting),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
