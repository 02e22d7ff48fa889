/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "oci/url.h"
#include "tests/support/t.h"

static void what_readers_could_disagree_about_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
        enum img_code code;
    } cases[] = {
        {"", "not an http or https URL", IMG_E_UNSUPPORTED},
        {"ftp://h/x", "not an http or https URL", IMG_E_UNSUPPORTED},
        {"file:///etc/passwd", "not an http or https URL", IMG_E_UNSUPPORTED},
        {"//h/x", "not an http or https URL", IMG_E_UNSUPPORTED},
        {"https:/h/x", "not an http or https URL", IMG_E_UNSUPPORTED},
        {"https://", "without a usable host", IMG_E_MALFORMED},
        {"https:///x", "without a usable host", IMG_E_MALFORMED},
        {"https://:443/x", "without a usable host", IMG_E_MALFORMED},
        {"https://good@evil/x", "user information", IMG_E_MALFORMED},
        {"https://evil\\@good/x", "user information", IMG_E_MALFORMED},
        {"https://good\\.evil/x", "user information", IMG_E_MALFORMED},
        {"https://a b/x", "space, control", IMG_E_MALFORMED},
        {"https://a/x\r\nHost: b", "space, control", IMG_E_MALFORMED},
        {"https://a/\xc3\xa9", "space, control", IMG_E_MALFORMED},
        {"https://a%2eb/x", "bad host name", IMG_E_MALFORMED},
        {"https://.a/x", "bad host name", IMG_E_MALFORMED},
        {"https://-a/x", "bad host name", IMG_E_MALFORMED},
        {"https://a,b/x", "bad host name", IMG_E_MALFORMED},
        {"https://h:/x", "bad port", IMG_E_MALFORMED},
        {"https://h:0/x", "bad port", IMG_E_MALFORMED},
        {"https://h:65536/x", "bad port", IMG_E_MALFORMED},
        {"https://h:00443/x1", NULL, IMG_OK},
        {"https://h:000443/x", "bad port", IMG_E_MALFORMED},
        {"https://h:4x/x", "bad port", IMG_E_MALFORMED},
        {"https://h:1:2/x", "bad port", IMG_E_MALFORMED},
        {"https://[::1/x", "bad", IMG_E_MALFORMED},
        {"https://[::g]/x", "IPv6", IMG_E_MALFORMED},
        {"https://[]/x", "IPv6", IMG_E_MALFORMED},
        {"https://[fe80::1%25eth0]/x", "IPv6", IMG_E_MALFORMED},
        {"https://[::1]x/", "bad", IMG_E_MALFORMED},
    };
    struct img_url u;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        if (cases[i].why == NULL)
            t_ok(img_url_parse(cases[i].text, &u, &err));
        else
            t_fails(img_url_parse(cases[i].text, &u, &err), cases[i].code, cases[i].why);
    }
}

static void a_url_falls_into_its_parts(void **state)
{
    struct img_url u;

    (void)state;
    t_ok(img_url_parse("HTTPS://Registry.Example.com/v2/?x=1#frag", &u, &err));
    assert_true(u.tls && u.default_port && u.port == 443);
    assert_string_equal(u.host, "registry.example.com");
    assert_int_equal(u.path_len, 4);
    assert_int_equal(u.rest_len, 8);
    t_ok(img_url_parse("http://[::1]:5000", &u, &err));
    assert_true(!u.tls && !u.default_port && u.port == 5000 && u.rest_len == 0);
    assert_string_equal(u.host, "[::1]");
    t_ok(img_url_parse("http://h?q", &u, &err));
    assert_int_equal(u.path_len, 0);
    assert_int_equal(u.rest_len, 2);
}

static void references_resolve_as_the_rfc_says(void **state)
{
    static const struct {
        const char *base, *reference, *want;
    } cases[] = {
        {"https://h/v2/a/b?q=1", "/v2/c", "https://h/v2/c"},
        {"https://h/v2/a/b?q=1", "c", "https://h/v2/a/c"},
        {"https://h/v2/a/b?q=1", "./c/", "https://h/v2/a/c/"},
        {"https://h/v2/a/b?q=1", "../c?x=/../y", "https://h/v2/c?x=/../y"},
        {"https://h/v2/a/b?q=1", "../../../../c", "https://h/c"},
        {"https://h/v2/a/b?q=1", "?n=2", "https://h/v2/a/b?n=2"},
        {"https://h/v2/a/b?q=1", "", "https://h/v2/a/b?q=1"},
        {"https://h/v2/a/b?q=1", "#f", "https://h/v2/a/b?q=1"},
        {"https://h/v2/a/b", "//other:8443/x", "https://other:8443/x"},
        {"https://h/v2/a/b", "http://other/x", "http://other/x"},
        {"https://h/v2/a/b", "https://h:443/x", "https://h/x"},
        {"https://h:443/v2", "/x/.", "https://h/x/"},
        {"https://h", "x", "https://h/x"},
        {"https://h", "?x", "https://h/?x"},
        {"http://[::1]:5000/a", "b/c:d", "http://[::1]:5000/b/c:d"},
        {"https://h/a/", "..", "https://h/"},
        {"https://h/a/b/", "..", "https://h/a/"},
        {"https://h/a", "/a//b", "https://h/a//b"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        char *got = NULL;

        t_ok(img_url_resolve(cases[i].base, cases[i].reference, &got, &err));
        assert_string_equal(got, cases[i].want);
        free(got);
    }
}

static void references_to_other_schemes_or_with_bad_bytes_are_refused(void **state)
{
    char *got = NULL;
    char *big = malloc(IMG_LIMIT_URL + 2);

    (void)state;
    t_fails(img_url_resolve("https://h/a", "file:///etc/passwd", &got, &err), IMG_E_UNSUPPORTED,
            "not an http or https URL");
    t_fails(img_url_resolve("https://h/a", "javascript:1", &got, &err), IMG_E_UNSUPPORTED,
            "not an http or https URL");
    t_fails(img_url_resolve("https://h/a", "/a b", &got, &err), IMG_E_MALFORMED, "space");
    t_fails(img_url_resolve("https://h/a", "//u@h/", &got, &err), IMG_E_MALFORMED, "user");
    assert_non_null(big);
    memset(big, 'a', IMG_LIMIT_URL + 1);
    big[IMG_LIMIT_URL + 1] = '\0';
    t_fails(img_url_resolve("https://h/a", big, &got, &err), IMG_E_LIMIT, "longer than");
    free(big);
    assert_null(got);
}

static void origins_compare_by_scheme_host_and_port(void **state)
{
    struct img_url a, b;

    (void)state;
    t_ok(img_url_parse("https://H:443/x", &a, &err));
    t_ok(img_url_parse("https://h/y", &b, &err));
    assert_true(img_url_same_origin(&a, &b));
    t_ok(img_url_parse("http://h/y", &b, &err));
    assert_false(img_url_same_origin(&a, &b));
    assert_true(img_url_same_host(&a, &b));
    t_ok(img_url_parse("https://h:8443/y", &b, &err));
    assert_false(img_url_same_origin(&a, &b));
    assert_false(img_url_same_host(&a, &b));
    t_ok(img_url_parse("https://h.evil/y", &b, &err));
    assert_false(img_url_same_origin(&a, &b));
    assert_false(img_url_same_host(&a, &b));
}

static void this_machine_is_recognised_however_it_is_written(void **state)
{
    static const char *const loopback[] = {"localhost", "a.localhost", "127.0.0.1", "127.9.9.9",
                                           "[::1]"};
    static const char *const local[] = {"0.0.0.0",    "169.254.169.254", "[fe80::1]",
                                        "[::]",       "127.1",           "[::ffff:127.0.0.1]",
                                        "[::7f00:1]", "2130706433",      "0x7f.0.0.1"};
    static const char *const outside[] = {"example.com", "10.0.0.1",  "localhost.example.com",
                                          "128.0.0.1",   "[2001::1]", "xlocalhost"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(loopback); i++)
        assert_true(img_host_is_loopback(loopback[i]) && img_host_is_local(loopback[i]));
    for (size_t i = 0; i < IMG_COUNT(local); i++) {
        assert_false(img_host_is_loopback(local[i]));
        assert_true(img_host_is_local(local[i]));
    }
    for (size_t i = 0; i < IMG_COUNT(outside); i++)
        assert_false(img_host_is_local(outside[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_readers_could_disagree_about_is_refused),
        cmocka_unit_test(a_url_falls_into_its_parts),
        cmocka_unit_test(references_resolve_as_the_rfc_says),
        cmocka_unit_test(references_to_other_schemes_or_with_bad_bytes_are_refused),
        cmocka_unit_test(origins_compare_by_scheme_host_and_port),
        cmocka_unit_test(this_machine_is_recognised_however_it_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
