/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/dsse.h"
#include "base/limits.h"
#include "tests/support/t.h"

static bool read_envelope(const char *text, struct img_dsse *out, struct img_err *err)
{
    json_auto_t *doc = NULL;
    struct img_json root;

    return img_json_parse(img_bytes_of(text), IMG_MIB, &doc, err) &&
           img_json_root(doc, &root, err) && img_dsse_read(&root, out, err);
}

#define SIGS "\"signatures\":[{\"sig\":\"AQID\"}]"

static void anything_but_an_envelope_is_malformed(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{}", "payloadType"},
        {"{\"payloadType\":\"t\"," SIGS "}", "/payload"},
        {"{\"payload\":\"\"," SIGS "}", "payloadType"},
        {"{\"payload\":1,\"payloadType\":\"t\"," SIGS "}", "/payload"},
        {"{\"payload\":null,\"payloadType\":\"t\"," SIGS "}", "/payload"},
        {"{\"payload\":\"\",\"payloadType\":null," SIGS "}", "payloadType"},
        {"{\"payload\":\"a\",\"payloadType\":\"t\"," SIGS "}", "base64"},
        {"{\"payload\":\"a b=\",\"payloadType\":\"t\"," SIGS "}", "base64"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"payload_type\":\"t\"," SIGS "}", "same member"},
        {"{\"payload\":\"\",\"payloadType\":\"t\"}", "/signatures"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[]}", "0 signatures"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":{}}", "/signatures"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[\"AQID\"]}", "/signatures/0"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{}]}", "/signatures/0/sig"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"*\"}]}", "base64"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQID\"},{\"sig\":1}]}",
         "expected string"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQID\",\"keyid\":1}]}",
         "keyid"},
        {"{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQID\",\"cert\":1}]}",
         "unknown member 'cert'"},
        {"{\"payload\":\"\",\"payloadType\":\"t\"," SIGS ",\"x\":1}", "unknown member 'x'"},
    };
    struct img_dsse d = {.count = 0};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(read_envelope(bad[i].text, &d, &err), IMG_E_MALFORMED, bad[i].says);
    assert_null(d.payload_type);
}

static void signatures_are_counted_before_they_are_read(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_MIB);
    struct img_dsse d = {.count = 0};
    struct img_bytes text = {0};

    (void)state;
    img_buf_puts(&b, "{\"payload\":\"\",\"payloadType\":\"t\",\"signatures\":[");
    for (int i = 0; i <= IMG_DSSE_SIGNATURES; i++)
        img_buf_puts(&b, i == 0 ? "{\"sig\":\"*\"}" : ",{\"sig\":\"*\"}");
    img_buf_put(&b, "]}", 3);
    t_ok(img_buf_bytes(&b, &text, &err));
    t_fails(read_envelope((const char *)text.ptr, &d, &err), IMG_E_MALFORMED, "33 signatures");
}

static void both_alphabets_and_both_spellings_are_read(void **state)
{
    static const char *const good[] = {
        "{\"payload\":\"-_8=\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQID\",\"keyid\":"
        "\"\"}]}",
        "{\"payload\":\"+/"
        "8=\",\"payload_type\":\"t\",\"signatures\":[{\"sig\":\"AQID\",\"keyid\":null}]}",
        "{\"payload\":\"+/8\",\"payloadType\":\"t\",\"signatures\":[{\"sig\":\"AQ\\nID\"}]}",
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_dsse_done) struct img_dsse d = {.count = 0};
        t_ok(read_envelope(good[i], &d, &err));
        assert_string_equal(d.payload_type, "t");
        assert_int_equal(d.payload.len, 2);
        assert_memory_equal(d.payload.ptr, "\xfb\xff", 2);
        assert_int_equal(d.count, 1);
        assert_null(d.signatures[0].keyid);
        assert_memory_equal(d.signatures[0].sig.ptr, "\1\2\3", 3);
    }
}

/* The example of DSSE's protocol.md. */
static void pae_is_that_of_the_specification(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_KIB);
    IMG_AUTO(img_buf_done) struct img_buf empty = IMG_BUF(IMG_KIB);
    struct img_bytes text = {0};
    static const char want[] = "DSSEv1 29 http://example.com/HelloWorld 11 hello world";

    (void)state;
    img_dsse_pae("http://example.com/HelloWorld", img_bytes_of("hello world"), &b);
    t_ok(img_buf_bytes(&b, &text, &err));
    assert_int_equal(text.len, strlen(want));
    assert_memory_equal(text.ptr, want, text.len);
    img_dsse_pae("", img_bytes_of(""), &empty);
    t_ok(img_buf_bytes(&empty, &text, &err));
    assert_memory_equal(text.ptr, "DSSEv1 0  0 ", text.len);
}

static void what_is_signed_is_the_pae(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf sig = IMG_BUF(IMG_KIB);
    IMG_AUTO(img_signer_freep) struct img_signer *signer = NULL;
    struct img_bytes signature = {0};
    struct img_key *key = NULL;

    (void)state;
    t_ok(img_key_generate(IMG_KEY_P256, &key, &err));
    t_ok(img_signer_from_key(key, &signer, &err));
    t_ok(img_dsse_sign(signer, "t", img_bytes_of("body"), &sig, &err));
    t_ok(img_buf_bytes(&sig, &signature, &err));
    t_ok(img_verify(key, img_bytes_of("DSSEv1 1 t 4 body"), signature, &err));
    t_fails(img_verify(key, img_bytes_of("body"), signature, &err), IMG_E_REJECTED, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_but_an_envelope_is_malformed),
        cmocka_unit_test(signatures_are_counted_before_they_are_read),
        cmocka_unit_test(both_alphabets_and_both_spellings_are_read),
        cmocka_unit_test(pae_is_that_of_the_specification),
        cmocka_unit_test(what_is_signed_is_the_pae),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
