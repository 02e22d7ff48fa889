/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "cmd/signing.h"
#include "tests/support/t.h"

#define HEX "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

static void a_digest_file_is_refused_unless_it_names_one_digest(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "empty"},
        {" \n\t", "empty"},
        {"latest\n", "':'"},
        {"sha256:abc\n", "hex digits"},
        {"sha256:" HEX "\nsha256:" HEX "\n", "more than one word"},
        {"sha256:" HEX " app", "more than one word"},
        {"sha1:" HEX, "algorithm"},
        {"app@latest", ""},
        {"@sha256:" HEX, ""},
        {"{}", "containerimage.digest"},
        {"{\"containerimage.digest\":1}", "expected string"},
        {"{\"containerimage.digest\":\"sha256:" HEX "\",\"containerimage.digest\":\"\"}",
         "duplicate"},
        {"{\"containerimage.digest\":\"sha256:" HEX "\"} x", "JSON"},
    };
    struct img_digest d = {.hash = IMG_HASH_NONE};
    char *name = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_digest_file_parse(img_bytes_of(bad[i].text), &d, &name, &err), IMG_E_USAGE,
                bad[i].says);
    assert_int_equal(d.hash, IMG_HASH_NONE);
    assert_null(name);
}

static void what_builders_write_is_read(void **state)
{
    static const struct {
        const char *text, *name;
    } good[] = {
        {"sha256:" HEX, NULL},
        {"sha256:" HEX "\n", NULL},
        {"\r\n sha256:" HEX "\r\n", NULL},
        {"registry.example.com/app@sha256:" HEX "\n", "registry.example.com/app"},
        {"app:1.2@sha256:" HEX, "docker.io/library/app"},
        {"{\"buildx.build.ref\":\"x\",\"containerimage.config.digest\":\"sha256:00\","
         "\"containerimage.digest\":\"sha256:" HEX "\"}\n",
         NULL},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_str_free) char *name = NULL;
        char text[IMG_DIGEST_TEXT];
        struct img_digest d = {.hash = IMG_HASH_NONE};
        t_ok(img_digest_file_parse(img_bytes_of(good[i].text), &d, &name, &err));
        img_digest_text(&d, text);
        assert_string_equal(text, "sha256:" HEX);
        if (good[i].name == NULL)
            assert_null(name);
        else
            assert_string_equal(name, good[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_digest_file_is_refused_unless_it_names_one_digest),
        cmocka_unit_test(what_builders_write_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
