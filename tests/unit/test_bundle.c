/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/bundle.h"
#include "base/limits.h"
#include "tests/support/t.h"

#define TYPE3  "\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\""
#define OLD(v) "\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=" v "\""
#define KEY    "\"verificationMaterial\":{\"publicKey\":{\"hint\":\"h\"}}"
#define DSSE(sigs)                                                                                 \
    "\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"t\",\"signatures\":[" sigs "]}"
#define ONE            "{\"sig\":\"AQID\"}"
#define GOOD           "{" TYPE3 "," KEY "," DSSE(ONE) "}"
#define WITH(material) "{" TYPE3 ",\"verificationMaterial\":" material "," DSSE(ONE) "}"

static void anything_but_a_bundle_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum img_code code;
        const char *says;
    } bad[] = {
        {"", IMG_E_MALFORMED, "JSON"},
        {"[]", IMG_E_MALFORMED, "expected object"},
        {GOOD "{}", IMG_E_MALFORMED, "JSON"},
        {"{" KEY "," DSSE(ONE) "}", IMG_E_MALFORMED, "mediaType"},
        {"{" OLD("0.4") "," KEY "," DSSE(ONE) "}", IMG_E_UNSUPPORTED, "version=0.4"},
        {"{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json \"," KEY "," DSSE(ONE) "}",
         IMG_E_UNSUPPORTED, "media type"},
        {"{" TYPE3 "," DSSE(ONE) "}", IMG_E_MALFORMED, "verificationMaterial"},
        {"{" TYPE3 "," KEY "}", IMG_E_MALFORMED, "exactly one of dsseEnvelope"},
        {"{" TYPE3 "," KEY ",\"dsseEnvelope\":null}", IMG_E_MALFORMED, "exactly one of dsse"},
        {"{" TYPE3 "," KEY "," DSSE(ONE) ",\"messageSignature\":{}}", IMG_E_MALFORMED,
         "exactly one of dsseEnvelope"},
        {"{" TYPE3 "," KEY ",\"messageSignature\":{\"signature\":\"AQID\"}}", IMG_E_UNSUPPORTED,
         "message signature"},
        {"{" TYPE3 "," KEY "," DSSE("") "}", IMG_E_MALFORMED, "0 signatures"},
        {"{" TYPE3 "," KEY "," DSSE(ONE "," ONE) "}", IMG_E_MALFORMED, "exactly one"},
        {"{" TYPE3 "," KEY "," DSSE(ONE) ",\"x\":1}", IMG_E_MALFORMED, "unknown member 'x'"},
        {"{" TYPE3 "," KEY "," DSSE(ONE) "," TYPE3 "}", IMG_E_MALFORMED, "duplicate"},
        {"{" TYPE3 "," KEY "," DSSE(ONE) ",\"media_type\":\"x\"}", IMG_E_MALFORMED, "same member"},
        {WITH("{}"), IMG_E_MALFORMED, "exactly one of publicKey"},
        {WITH("{\"publicKey\":null}"), IMG_E_MALFORMED, "exactly one of publicKey"},
        {WITH("{\"publicKey\":{\"hint\":1}}"), IMG_E_MALFORMED, "hint"},
        {WITH("{\"publicKey\":{\"hint\":\"h\",\"rawBytes\":\"\"}}"), IMG_E_MALFORMED, "unknown"},
        {WITH("{\"publicKey\":{},\"certificate\":{}}"), IMG_E_MALFORMED,
         "exactly one of publicKey"},
        {WITH("{\"certificate\":{\"rawBytes\":\"AQ==\"}}"), IMG_E_UNSUPPORTED, "certificate"},
        {WITH("{\"x509CertificateChain\":{}}"), IMG_E_MALFORMED, "does not belong"},
        {"{" OLD("0.1") ",\"verificationMaterial\":{\"certificate\":{}}," DSSE(ONE) "}",
         IMG_E_MALFORMED, "does not belong"},
        {"{" OLD("0.2") ",\"verificationMaterial\":{\"x509_certificate_chain\":{}}," DSSE(ONE) "}",
         IMG_E_UNSUPPORTED, "certificate"},
        {WITH("{\"publicKey\":{},\"tlogEntries\":{}}"), IMG_E_MALFORMED, "tlogEntries"},
        {WITH("{\"publicKey\":{},\"tlogEntries\":[1]}"), IMG_E_MALFORMED, "tlogEntries/0"},
        {WITH("{\"publicKey\":{},\"tlogEntries\":[{\"y\":1}]}"), IMG_E_MALFORMED, "unknown"},
        {WITH("{\"publicKey\":{},\"timestampVerificationData\":{\"z\":1}}"), IMG_E_MALFORMED,
         "'z'"},
        {"{" TYPE3 "," KEY "," DSSE("{\"sig\":\"AQID\",\"keyid\":\"other\"}") "}", IMG_E_MALFORMED,
         "keyid"},
    };
    struct img_bundle b = {.key_hint = NULL};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_bundle_read(img_bytes_of(bad[i].text), &b, &err), bad[i].code, bad[i].says);
    assert_null(b.key_hint);
    assert_null(b.envelope.payload_type);
}

static void reasons_tell_unsupported_from_wrong(void **state)
{
    struct img_bundle b = {.key_hint = NULL};
    struct img_err err = IMG_ERR_INIT;

    (void)state;
    assert_false(img_bundle_read(img_bytes_of(WITH("{\"certificate\":{}}")), &b, &err));
    assert_int_equal(err.why, IMG_WHY_UNSUPPORTED);
    assert_false(
        img_bundle_read(img_bytes_of("{" TYPE3 "," KEY "," DSSE(ONE "," ONE) "}"), &b, &err));
    assert_int_equal(err.why, IMG_WHY_SIGNATURE_COUNT);
}

/* Writes count copies of item between head and tail. */
static void repeat(struct img_buf *b, const char *head, const char *item, int count,
                   const char *tail)
{
    img_buf_puts(b, head);
    for (int i = 0; i < count; i++)
        img_buf_putf(b, "%s%s", i > 0 ? "," : "", item);
    img_buf_puts(b, tail);
}

static void everything_is_bounded(void **state)
{
    static const struct {
        const char *head, *item, *tail;
        int fits, limit;
        const char *says;
    } cases[] = {
        {"{" TYPE3 "," DSSE(ONE) ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":[",
         "{\"logIndex\":\"1\"}", "]}}", 32, 33, "33 tlogEntries"},
        {"{" TYPE3 "," DSSE(ONE) ",\"verificationMaterial\":{\"publicKey\":{},"
                                 "\"timestampVerificationData\":{\"rfc3161Timestamps\":[",
         "{\"signedTimestamp\":\"AQ==\"}", "]}}}", 32, 33, "33 rfc3161Timestamps"},
        /* a deep or wide document of tiny values is refused before one of them is built */
        {"{" TYPE3 "," DSSE(ONE) ",\"verificationMaterial\":{\"publicKey\":{},\"tlogEntries\":["
                                 "{\"inclusionProof\":[",
         "{}", "]}]}}", 9000, 11000, "JSON values"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        IMG_AUTO(img_buf_done) struct img_buf good = IMG_BUF(IMG_MIB), bad = IMG_BUF(IMG_MIB);
        IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
        struct img_bytes text = {0};
        repeat(&good, cases[i].head, cases[i].item, cases[i].fits, cases[i].tail);
        repeat(&bad, cases[i].head, cases[i].item, cases[i].limit, cases[i].tail);
        t_ok(img_buf_bytes(&bad, &text, &err));
        t_fails(img_bundle_read(text, &b, &err), IMG_E_LIMIT, cases[i].says);
        t_ok(img_buf_bytes(&good, &text, &err));
        t_ok(img_bundle_read(text, &b, &err));
        img_buf_done(&bad);
    }
}

static void every_version_and_spelling_is_read(void **state)
{
    static const struct {
        const char *text;
        int version;
    } good[] = {
        {GOOD, 3},
        {"{" OLD("0.3") "," KEY "," DSSE(ONE) "}", 3},
        {"{" OLD("0.2") "," KEY "," DSSE(ONE) "}", 2},
        {"{" OLD("0.1") "," KEY "," DSSE(ONE) "}", 1},
        {"{\"media_type\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verification_"
         "material\":{\"public_key\":{\"hint\":\"h\"},\"tlog_entries\":[],\"certificate\":null},"
         "\"dsse_envelope\":{\"payload\":\"e30=\",\"payload_type\":\"t\",\"signatures\":[" ONE "]},"
         "\"messageSignature\":null}",
         3},
        {"{" TYPE3 "," KEY "," DSSE("{\"sig\":\"AQID\",\"keyid\":\"h\"}") "}", 3},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
        t_ok(img_bundle_read(img_bytes_of(good[i].text), &b, &err));
        assert_int_equal(b.version, good[i].version);
        assert_string_equal(b.key_hint, "h");
        assert_string_equal(b.envelope.payload_type, "t");
        assert_int_equal(b.envelope.payload.len, 2);
        assert_int_equal(b.envelope.count, 1);
    }
}

static void a_certificate_is_let_pass_only_where_nothing_is_believed(void **state)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    struct img_bundle none = {.key_hint = NULL};

    (void)state;
    t_ok(img_bundle_read_unverifiable(img_bytes_of(WITH("{\"certificate\":{\"rawBytes\":\"\"}}")),
                                      &b, &err));
    assert_null(b.key_hint);
    assert_string_equal(b.envelope.payload_type, "t");
    t_fails(img_bundle_read_unverifiable(img_bytes_of("{" TYPE3 "," KEY "," DSSE("") "}"), &none,
                                         &err),
            IMG_E_MALFORMED, "0 signatures");
}

static void what_is_written_reads_back(void **state)
{
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_MIB), hint = IMG_BUF(IMG_KIB);
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    struct img_bytes text = {0}, h = {0};

    (void)state;
    t_ok(img_key_generate(IMG_KEY_P256, &key, &err));
    t_ok(img_bundle_write(key, "application/vnd.in-toto+json", img_bytes_of("{\"a\":\"\xff\"}"),
                          img_bytes_of("\x01\x02"), &out, &err));
    t_ok(img_bundle_hint(key, &hint, &err));
    t_ok(img_buf_bytes(&hint, &h, &err));
    t_ok(img_buf_bytes(&out, &text, &err));
    t_ok(img_bundle_read(text, &b, &err));
    assert_int_equal(b.version, 3);
    assert_int_equal(h.len, 44);
    assert_memory_equal(b.key_hint, h.ptr, h.len);
    assert_string_equal(b.envelope.payload_type, "application/vnd.in-toto+json");
    assert_int_equal(b.envelope.payload.len, 9);
    assert_memory_equal(b.envelope.payload.ptr, "{\"a\":\"\xff\"}", 9);
    assert_memory_equal(b.envelope.signatures[0].sig.ptr, "\x01\x02", 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_but_a_bundle_is_refused),
        cmocka_unit_test(reasons_tell_unsupported_from_wrong),
        cmocka_unit_test(everything_is_bounded),
        cmocka_unit_test(every_version_and_spelling_is_read),
        cmocka_unit_test(a_certificate_is_let_pass_only_where_nothing_is_believed),
        cmocka_unit_test(what_is_written_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
