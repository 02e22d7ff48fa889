/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/verify.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/t.h"

/* Two good keys and a stranger's, made once for all tests. */
static struct img_key *keys[3];
enum { RELEASE, SCANNER, STRANGER };

#define IMAGE "{\"schemaVersion\":2}"
#define NOW   INT64_C(1790000000)

static int make_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMG_COUNT(keys); i++)
        t_ok(img_key_generate(IMG_KEY_P256, &keys[i], &err));
    return 0;
}

static int free_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMG_COUNT(keys); i++)
        img_key_free(keys[i]);
    return 0;
}

static struct img_digest image_digest(void)
{
    struct img_digest d = {.hash = IMG_HASH_NONE};

    t_ok(img_digest_of(IMG_SHA256, img_bytes_of(IMAGE), &d, &err));
    return d;
}

/* How a piece of evidence is forged: signed by one key, with another's hint, and so on. */
struct forge {
    int signer, hint;
    const char *payload_type; /* NULL: in-toto */
    const char *payload;      /* NULL: a statement about the image */
    const char *swap;         /* payload put in after signing */
};

static void make(const struct forge *f, struct img_evidence *out)
{
    IMG_AUTO(img_buf_done) struct img_buf pae = IMG_BUF(IMG_MIB), sig = IMG_BUF(IMG_MIB);
    IMG_AUTO(img_buf_done) struct img_buf statement = IMG_BUF(IMG_MIB);
    const char *type = f->payload_type != NULL ? f->payload_type : IMG_PAYLOAD_TYPE;
    struct img_bytes payload = {0}, message = {0}, signature = {0};
    struct img_digest d = image_digest();

    t_ok(img_statement_write(IMG_PREDICATE_SIGN, "reg/app", &d, img_bytes_of("{}"), &statement,
                             &err));
    t_ok(img_buf_bytes(&statement, &payload, &err));
    if (f->payload != NULL)
        payload = img_bytes_of(f->payload);
    img_dsse_pae(type, payload, &pae);
    t_ok(img_buf_bytes(&pae, &message, &err));
    t_ok(img_sign(keys[f->signer], message, &sig, &err));
    t_ok(img_buf_bytes(&sig, &signature, &err));
    *out = (struct img_evidence){.unverified_bytes = IMG_BUF(IMG_MIB)};
    if (f->swap != NULL)
        payload = img_bytes_of(f->swap);
    t_ok(img_bundle_write(keys[f->hint], type, payload, signature, &out->unverified_bytes, &err));
    t_ok(img_buf_bytes(&out->unverified_bytes, &message, &err));
    t_ok(img_digest_of(IMG_SHA256, message, &out->blob, &err));
}

#define ALWAYS(k)                                                                                  \
    {                                                                                              \
        .key = keys[k], .from = IMG_TIME_NONE, .until = IMG_TIME_NONE                              \
    }

static bool verify_as(const struct forge *f, const struct img_authority *a, size_t count,
                      struct img_verified **out, struct img_err *err)
{
    const struct img_trust trust = {.authorities = a, .count = count, .now = NOW};
    struct img_evidence e;
    struct img_digest d = image_digest();
    bool good;

    make(f, &e);
    good = img_verify_evidence(&e, &trust, &d, img_bytes_of(IMAGE), out, err);
    img_buf_done(&e.unverified_bytes);
    return good;
}

static bool verify(const struct forge *f, struct img_verified **out, struct img_err *err)
{
    const struct img_trusted_key trusted[] = {ALWAYS(RELEASE), ALWAYS(SCANNER)};
    const struct img_authority a = {.name = "ci", .keys = trusted, .key_count = 2};

    return verify_as(f, &a, 1, out, err);
}

#define OTHER "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"
#define ABOUT_OTHER                                                                                \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\"" OTHER \
    "\"}}],\"predicateType\":\"https://sigstore.dev/cosign/sign/v1\",\"predicate\":{}}"

static void what_does_not_hold_is_absent_and_says_why(void **state)
{
    static const struct {
        struct forge f;
        enum img_code code;
        enum img_reason why;
        const char *says;
    } bad[] = {
        {{STRANGER, STRANGER, NULL, NULL, NULL},
         IMG_E_REJECTED,
         IMG_WHY_UNTRUSTED_KEY,
         "(claimed)"},
        /* a hint is anybody's word: it neither helps a stranger nor hides one */
        {{STRANGER, RELEASE, NULL, NULL, NULL},
         IMG_E_REJECTED,
         IMG_WHY_BAD_SIGNATURE,
         "not one of"},
        {{RELEASE, RELEASE, NULL, NULL, ABOUT_OTHER}, IMG_E_REJECTED, IMG_WHY_BAD_SIGNATURE, ""},
        {{RELEASE, STRANGER, NULL, NULL, ABOUT_OTHER}, IMG_E_REJECTED, IMG_WHY_UNTRUSTED_KEY, ""},
        {{RELEASE, RELEASE, NULL, ABOUT_OTHER, NULL},
         IMG_E_REJECTED,
         IMG_WHY_SUBJECT_MISMATCH,
         OTHER},
        {{RELEASE, RELEASE, "text/plain", NULL, NULL},
         IMG_E_MALFORMED,
         IMG_WHY_PAYLOAD_TYPE,
         "text/plain"},
        {{RELEASE, RELEASE, NULL, "not JSON", NULL}, IMG_E_MALFORMED, IMG_WHY_MALFORMED, "JSON"},
        {{RELEASE, RELEASE, NULL, "", NULL}, IMG_E_MALFORMED, IMG_WHY_MALFORMED, "JSON"},
        {{RELEASE, RELEASE, NULL, ABOUT_OTHER "x", NULL},
         IMG_E_MALFORMED,
         IMG_WHY_MALFORMED,
         "JSON"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_verified *v = NULL;
        struct img_err err = IMG_ERR_INIT;
        assert_false(verify(&bad[i].f, &v, &err));
        assert_null(v);
        assert_string_equal(img_code_name(err.code), img_code_name(bad[i].code));
        assert_string_equal(img_reason_word(err.why), img_reason_word(bad[i].why));
        if (strstr(err.text, bad[i].says) == NULL)
            fail_msg("'%s' does not contain '%s'", err.text, bad[i].says);
    }
}

static void a_wrong_hint_costs_a_good_signature_nothing(void **state)
{
    static const struct forge good[] = {{RELEASE, RELEASE, NULL, NULL, NULL},
                                        {RELEASE, SCANNER, NULL, NULL, NULL},
                                        {RELEASE, STRANGER, NULL, NULL, NULL}};
    struct img_digest d = image_digest();

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
        t_ok(verify(&good[i], &v, &err));
        assert_true(img_digest_equal(img_verified_signer(v), img_key_fingerprint(keys[RELEASE])));
        assert_true(img_digest_equal(img_verified_subject(v), &d));
        assert_string_equal(img_verified_name(v), "reg/app");
        assert_string_equal(img_verified_statement(v)->predicate_type, IMG_PREDICATE_SIGN);
        assert_true(img_verified_by(v, 0));
        assert_false(img_verified_by(v, 1));
        assert_true(img_verified_witnessed(v) == IMG_TIME_NONE);
        assert_int_equal(img_verified_payload(v).ptr[0], '{');
    }
}

static void a_key_counts_only_within_its_time_and_unless_revoked(void **state)
{
    static const struct {
        int64_t from, until;
        bool revoked;
        enum img_reason why; /* NONE: it counts */
    } cases[] = {
        {IMG_TIME_NONE, IMG_TIME_NONE, false, IMG_WHY_NONE},
        {NOW, NOW + 1, false, IMG_WHY_NONE},
        {NOW + 1, IMG_TIME_NONE, false, IMG_WHY_KEY_RETIRED},
        {IMG_TIME_NONE, NOW, false, IMG_WHY_KEY_RETIRED},
        {IMG_TIME_NONE, IMG_TIME_NONE, true, IMG_WHY_KEY_REVOKED},
    };
    static const struct forge f = {RELEASE, RELEASE, NULL, NULL, NULL};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        const struct img_trusted_key t[] = {
            {keys[RELEASE], cases[i].from, cases[i].until, cases[i].revoked}};
        const struct img_authority a = {.name = "ci", .keys = t, .key_count = 1};
        IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
        struct img_err err = IMG_ERR_INIT;
        assert_int_equal(verify_as(&f, &a, 1, &v, &err), cases[i].why == IMG_WHY_NONE);
        if (v == NULL)
            assert_string_equal(img_reason_word(err.why), img_reason_word(cases[i].why));
    }
}

static void authorities_are_told_apart(void **state)
{
    const struct img_trusted_key release[] = {ALWAYS(RELEASE)};
    const struct img_trusted_key both[] = {ALWAYS(SCANNER), ALWAYS(RELEASE)};
    const struct img_trusted_key revoked[] = {
        ALWAYS(RELEASE),
        {.key = keys[RELEASE], .from = IMG_TIME_NONE, .until = IMG_TIME_NONE, .revoked = true}};
    const struct img_authority a[] = {{.name = "scanner", .keys = both, .key_count = 1},
                                      {.name = "release", .keys = release, .key_count = 1},
                                      {.name = "ci", .keys = both, .key_count = 2},
                                      {.name = "strict", .keys = revoked, .key_count = 2},
                                      {.name = "empty"}};
    static const struct forge f = {RELEASE, RELEASE, NULL, NULL, NULL};
    IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
    struct img_verified *none = NULL;

    (void)state;
    t_ok(verify_as(&f, a, 5, &v, &err));
    assert_false(img_verified_by(v, 0));
    assert_true(img_verified_by(v, 1));
    assert_true(img_verified_by(v, 2));
    assert_false(img_verified_by(v, 3)); /* listed twice, once as revoked: revoked */
    assert_false(img_verified_by(v, 4));
    assert_false(img_verified_by(v, 5));
    t_fails(verify_as(&f, NULL, 0, &none, &err), IMG_E_REJECTED, "trusted none");
    t_fails(verify_as(&f, &a[4], 1, &none, &err), IMG_E_REJECTED, "trusted none");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_does_not_hold_is_absent_and_says_why),
        cmocka_unit_test(a_wrong_hint_costs_a_good_signature_nothing),
        cmocka_unit_test(a_key_counts_only_within_its_time_and_unless_revoked),
        cmocka_unit_test(authorities_are_told_apart),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
