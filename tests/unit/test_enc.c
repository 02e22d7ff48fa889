/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/enc.h"

static void base64_refuses_what_does_not_belong(void **state)
{
    static const struct {
        const char *text;
        bool protojson_too; /* refused by the lenient kind as well */
    } bad[] = {{"Q", true},        {"QQ", false},        {"QQ=", true},     {"QQ===", true},
               {"QQ==Q", true},    {"QR==", false},      {"QUJ=", false},   {"QUI", false},
               {"QU I=", true},    {"QUI=\n", false},    {"Q\nUI=", false}, {"=", true},
               {"====", true},     {"QUJD=", true},      {"-_-_", false},   {"-/-/", true},
               {"QUJD====", true}, {"\xc3\xa9==", true}, {"QUJD\t", true},  {"QQQQQ", true},
               {"QQ==QQ==", true}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);
        struct img_err why = IMG_ERR_INIT;

        t_fails(img_unbase64(img_bytes_of(bad[i].text), IMG_B64_STRICT, &b, &err), IMG_E_MALFORMED,
                "base64");
        if (img_unbase64(img_bytes_of(bad[i].text), IMG_B64_PROTOJSON, &b, &why) ==
            bad[i].protojson_too)
            fail_msg("'%s'", bad[i].text);
    }
}

static void base64_reads_what_it_writes(void **state)
{
    /* RFC 4648 section 10 */
    static const struct {
        const char *plain, *text;
    } good[] = {{"", ""},
                {"f", "Zg=="},
                {"fo", "Zm8="},
                {"foo", "Zm9v"},
                {"foob", "Zm9vYg=="},
                {"fooba", "Zm9vYmE="},
                {"foobar", "Zm9vYmFy"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(100), plain = IMG_BUF(100);
        struct img_bytes got;

        img_base64(img_bytes_of(good[i].plain), &text);
        t_ok(img_buf_bytes(&text, &got, &err));
        assert_true(img_bytes_equal(got, img_bytes_of(good[i].text)));
        t_ok(img_unbase64(got, IMG_B64_STRICT, &plain, &err));
        t_ok(img_buf_bytes(&plain, &got, &err));
        assert_true(img_bytes_equal(got, img_bytes_of(good[i].plain)));
    }
}

static void protojson_takes_either_alphabet_and_line_breaks(void **state)
{
    static const char *const same[] = {"+/+/++8=", "-_-_--8=", "-_-_--8", "+/+/\r\n++8=\n"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(same); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);
        struct img_bytes got;

        t_ok(img_unbase64(img_bytes_of(same[i]), IMG_B64_PROTOJSON, &b, &err));
        t_ok(img_buf_bytes(&b, &got, &err));
        assert_true(img_bytes_equal(got, img_bytes_of("\xfb\xff\xbf\xfb\xef")));
    }
}

static void decoding_keeps_to_the_limit_exactly(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf exact = IMG_BUF(4), small = IMG_BUF(3);
    struct img_bytes got;

    (void)state;
    t_ok(img_unbase64(img_bytes_of("Zm9vYg=="), IMG_B64_STRICT, &exact, &err));
    t_ok(img_buf_bytes(&exact, &got, &err));
    assert_true(img_bytes_equal(got, img_bytes_of("foob")));
    t_fails(img_unbase64(img_bytes_of("Zm9vYg=="), IMG_B64_STRICT, &small, &err), IMG_E_LIMIT, "3");
    t_fails(img_buf_bytes(&small, &got, &err), IMG_E_LIMIT, "3");
}

static void hex_is_lower_case_only(void **state)
{
    uint8_t out[2] = {7, 7};
    char text[5];

    (void)state;
    t_fails(img_unhex("ABcd", 4, out, 2, &err), IMG_E_MALFORMED, "lower-case");
    t_fails(img_unhex("abc", 3, out, 2, &err), IMG_E_MALFORMED, "4 hex digits");
    t_fails(img_unhex("abcg", 4, out, 2, &err), IMG_E_MALFORMED, "byte 1");
    assert_int_equal(out[0], 7);
    t_ok(img_unhex("abcd", 4, out, 2, &err));
    img_hex((struct img_bytes){.ptr = out, .len = 2}, text);
    assert_string_equal(text, "abcd");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(base64_refuses_what_does_not_belong),
                                       cmocka_unit_test(base64_reads_what_it_writes),
                                       cmocka_unit_test(
                                           protojson_takes_either_alphabet_and_line_breaks),
                                       cmocka_unit_test(decoding_keeps_to_the_limit_exactly),
                                       cmocka_unit_test(hex_is_lower_case_only)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
