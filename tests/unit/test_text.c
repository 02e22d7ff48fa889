/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/text.h"

static void utf8_is_strict(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xc3",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xed\xbf\xbf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf5\x80\x80\x80",
                                      "\xff",
                                      "a\xe2\x82",
                                      "\xe2\x28\xa1"};
    static const char *const good[] = {"",
                                       "abc",
                                       "\xc2\x80",
                                       "\xdf\xbf",
                                       "\xe0\xa0\x80",
                                       "\xed\x9f\xbf",
                                       "\xee\x80\x80",
                                       "\xf0\x90\x80\x80",
                                       "\xf4\x8f\xbf\xbf"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        assert_false(img_text_is_utf8(img_bytes_of(bad[i])));
    for (size_t i = 0; i < IMG_COUNT(good); i++)
        assert_true(img_text_is_utf8(img_bytes_of(good[i])));
}

static void what_steers_or_hides_is_shown_as_bytes(void **state)
{
    static const struct {
        const char *text, *safe;
    } cases[] = {{"plain / text", "plain / text"},
                 {"caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac", "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac"},
                 {"\x1b[31mred", "\\x1b[31mred"},
                 {"two\nlines\r\t", "two\\x0alines\\x0d\\x09"},
                 {"\x7f", "\\x7f"},
                 {"\xc2\x9b", "\\xc2\\x9b"}, /* C1 CSI */
                 {"\xe2\x80\xae"
                  "gpj",
                  "\\xe2\\x80\\xaegpj"},              /* right-to-left override */
                 {"\xe2\x81\xa6", "\\xe2\\x81\\xa6"}, /* isolate */
                 {"a\xe2\x80\x8b"
                  "b",
                  "a\\xe2\\x80\\x8b"
                  "b"},                                        /* zero width space */
                 {"\xe2\x80\xa8", "\\xe2\\x80\\xa8"},          /* line separator */
                 {"\xf3\xa0\x81\xa1", "\\xf3\\xa0\\x81\\xa1"}, /* tag letter */
                 {"\xef\xbb\xbfx", "\\xef\\xbb\\xbfx"},        /* byte order mark */
                 {"\xff\xc3", "\\xff\\xc3"},
                 {"\\x1b", "\\x5cx1b"},
                 {"a\\b", "a\\b"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(200);
        struct img_bytes got;

        img_text_safe(cases[i].text, &b);
        t_ok(img_buf_bytes(&b, &got, &err));
        if (!img_bytes_equal(got, img_bytes_of(cases[i].safe)))
            fail_msg("case %zu: '%.*s'", i, (int)got.len, (const char *)got.ptr);
    }
}

static void printing_is_safe_too(void **state)
{
    char got[64] = "";
    FILE *f = fmemopen(got, sizeof(got), "w");

    (void)state;
    assert_non_null(f);
    img_text_print(f, "");
    img_text_print(f, "a\x1b"
                      "c");
    assert_int_equal(fclose(f), 0);
    assert_string_equal(got, "a\\x1b"
                             "c");
}

static void words_are_quoted_for_the_shell(void **state)
{
    static const struct {
        const char *word, *quoted;
    } cases[] = {{"reg/app@sha256:0a", "reg/app@sha256:0a"},
                 {"", "''"},
                 {"two words", "'two words'"},
                 {"$(rm -rf)", "'$(rm -rf)'"},
                 {"it's", "'it'\\''s'"},
                 {"~root", "'~root'"},
                 {"a;b", "'a;b'"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(200);
        struct img_bytes got;

        img_text_shell(cases[i].word, &b);
        t_ok(img_buf_bytes(&b, &got, &err));
        assert_true(img_bytes_equal(got, img_bytes_of(cases[i].quoted)));
    }
}

static void strings_are_copied_and_made(void **state)
{
    IMG_AUTO(img_str_free) char *copy = NULL, *made = NULL;

    (void)state;
    t_ok(img_strdup("x/y", &copy, &err));
    t_ok(img_strf(&made, &err, "%s-%d", copy, 7));
    assert_string_equal(made, "x/y-7");
    assert_true(img_has_prefix(made, "x/"));
    assert_false(img_has_prefix("x", "x/"));
    assert_true(img_has_suffix(made, "-7"));
    assert_false(img_has_suffix("7", "-7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(utf8_is_strict),
                                       cmocka_unit_test(what_steers_or_hides_is_shown_as_bytes),
                                       cmocka_unit_test(printing_is_safe_too),
                                       cmocka_unit_test(words_are_quoted_for_the_shell),
                                       cmocka_unit_test(strings_are_copied_and_made)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
