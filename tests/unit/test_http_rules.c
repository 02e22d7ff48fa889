/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/http_rules.h"
#include "tests/support/t.h"

static void redirects_that_break_a_rule_are_refused(void **state)
{
    static const struct {
        const char *from, *location, *why;
        enum img_code code;
    } cases[] = {
        {"https://r/v2/a", NULL, "without Location", IMG_E_MALFORMED},
        {"https://r/v2/a", "http://cdn/x", "from https to http", IMG_E_NETWORK},
        {"https://r/v2/a", "http://r/x", "from https to http", IMG_E_NETWORK},
        {"https://r/v2/a", "file:///etc/passwd", "not an http or https", IMG_E_UNSUPPORTED},
        {"https://r/v2/a", "https://u:p@cdn/x", "user information", IMG_E_MALFORMED},
        {"https://r/v2/a", "https://localhost/x", "local address", IMG_E_NETWORK},
        {"https://r/v2/a", "https://169.254.169.254/latest", "local address", IMG_E_NETWORK},
        {"https://r/v2/a", "https://[::1]:2375/x", "local address", IMG_E_NETWORK},
        {"https://r/v2/a", "https://2130706433/x", "local address", IMG_E_NETWORK},
    };
    char *to = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++)
        t_fails(img_http_redirect(cases[i].from, cases[i].location, IMG_FOLLOW_ANY, &to, &err),
                cases[i].code, cases[i].why);
    assert_null(to);
}

static void redirects_are_followed_as_far_as_asked(void **state)
{
    char *to = NULL;

    (void)state;
    t_ok(img_http_redirect("https://r/v2/a", "https://cdn/x?sig=1", IMG_FOLLOW_ANY, &to, &err));
    assert_string_equal(to, "https://cdn/x?sig=1");
    free(to);
    t_ok(img_http_redirect("https://r/v2/a", "/v2/b", IMG_FOLLOW_ORIGIN, &to, &err));
    assert_string_equal(to, "https://r/v2/b");
    free(to);
    t_ok(img_http_redirect("https://r/v2/a", "https://r:8443/v2/b", IMG_FOLLOW_ORIGIN, &to, &err));
    assert_null(to);
    t_ok(img_http_redirect("http://127.0.0.1:1/a", "http://127.0.0.1:2/b", IMG_FOLLOW_ANY, &to,
                           &err));
    assert_string_equal(to, "http://127.0.0.1:2/b");
    free(to);
}

static void only_what_may_pass_is_sent_again(void **state)
{
    static const int passing[] = {408, 425, 429, 500, 502, 503, 504};
    static const int lasting[] = {200, 206, 301, 400, 401, 403, 404, 405, 412, 416, 501, 505};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(passing); i++)
        assert_true(img_http_is_passing(CURLE_OK, passing[i]));
    for (size_t i = 0; i < IMG_COUNT(lasting); i++)
        assert_false(img_http_is_passing(CURLE_OK, lasting[i]));
    assert_true(img_http_is_passing(CURLE_RECV_ERROR, 0));
    assert_true(img_http_is_passing(CURLE_PARTIAL_FILE, 200));
    assert_false(img_http_is_passing(CURLE_PEER_FAILED_VERIFICATION, 0));
    assert_false(img_http_is_passing(CURLE_OPERATION_TIMEDOUT, 0));
}

static void waiting_grows_and_retry_after_is_honoured_up_to_its_limit(void **state)
{
    (void)state;
    assert_int_equal(img_http_delay(0, 3), 3000);
    assert_int_equal(img_http_delay(0, 86400), 60000);
    for (int i = 0; i < 100; i++) {
        int64_t first = img_http_delay(0, 0), third = img_http_delay(2, 0);

        assert_true(first >= 187 && first <= 313);
        assert_true(third >= 750 && third <= 1250);
        assert_true(img_http_random(10) >= 0 && img_http_random(10) <= 10);
    }
    assert_int_equal(img_http_random(0), 0);
}

static void failures_say_what_is_wrong_and_never_how_to_lower_trust(void **state)
{
    static const struct {
        CURLcode code;
        long verify;
        const char *say;
    } cases[] = {
        {CURLE_PEER_FAILED_VERIFICATION, 1, "not trusted: words"},
        {CURLE_PEER_FAILED_VERIFICATION, 9, "not valid yet"},
        {CURLE_PEER_FAILED_VERIFICATION, 10, "has expired"},
        {CURLE_PEER_FAILED_VERIFICATION, 18, "self-signed; --ca-file"},
        {CURLE_PEER_FAILED_VERIFICATION, 20, "does not know; --ca-file"},
        {CURLE_PEER_FAILED_VERIFICATION, 999, "not trusted: words"},
        {CURLE_SSL_CONNECT_ERROR, 0, "does not speak TLS 1.2 or newer (words)"},
        {CURLE_COULDNT_RESOLVE_HOST, 0, "no address is known for h"},
        {CURLE_COULDNT_CONNECT, 0, "does not answer: Connection refused"},
        {CURLE_GOT_NOTHING, 0, "ended the connection too early"},
        {CURLE_OPERATION_TIMEDOUT, 0, "no connection within 10 s"},
    };
    struct img_http_failure f = {.detail = "words", .os_error = 111};

    (void)state;
    t_ok(img_url_parse("https://h/x?secret", &f.url, &err));
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        struct img_err err = IMG_ERR_INIT;

        f.code = cases[i].code;
        f.verify = cases[i].verify;
        assert_false(img_http_explain(&f, &err));
        assert_int_equal(err.code, IMG_E_NETWORK);
        if (strstr(err.text, cases[i].say) == NULL)
            fail_msg("'%s' does not contain '%s'", err.text, cases[i].say);
        assert_null(strstr(err.text, "insecure"));
        assert_null(strstr(err.text, "secret"));
    }
    f.code = CURLE_PEER_FAILED_VERIFICATION;
    f.verify = 1;
    f.detail = "no alternative certificate subject name matches target host name 'h'";
    t_fails(img_http_explain(&f, &err), IMG_E_NETWORK, "for another host name");
    f.code = CURLE_OPERATION_TIMEDOUT;
    f.connected = true;
    t_fails(img_http_explain(&f, &err), IMG_E_NETWORK, "stalled");
    f.late = true;
    t_fails(img_http_explain(&f, &err), IMG_E_NETWORK, "deadline");
}

static void plain_keeps_host_port_and_path(void **state)
{
    char *to = NULL;

    (void)state;
    t_ok(img_http_make_plain("https://localhost:5000/v2/a?x", &to, &err));
    assert_string_equal(to, "http://localhost:5000/v2/a?x");
    free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(redirects_that_break_a_rule_are_refused),
        cmocka_unit_test(redirects_are_followed_as_far_as_asked),
        cmocka_unit_test(only_what_may_pass_is_sent_again),
        cmocka_unit_test(waiting_grows_and_retry_after_is_honoured_up_to_its_limit),
        cmocka_unit_test(failures_say_what_is_wrong_and_never_how_to_lower_trust),
        cmocka_unit_test(plain_keeps_host_port_and_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
