/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/headers.h"
#include "tests/support/t.h"

static void broken_challenges_are_as_if_they_were_not_there(void **state)
{
    static const char *const bad[] = {"",
                                      ",",
                                      "=",
                                      "\"",
                                      "Bearer realm=\"https://a",
                                      "Bearer realm=\"a\\",
                                      "Negotiate",
                                      "NTLM abc==",
                                      "Digest realm=\"x\", nonce=\"y\"",
                                      "basically realm=x",
                                      "realm=\"x\""};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_challenge c = {.basic = false};

        img_challenge_read(bad[i], &c);
        assert_false(c.basic);
        assert_false(c.bearer && c.realm[0] != '\0');
    }
}

static void a_realm_longer_than_its_room_is_not_cut(void **state)
{
    struct img_challenge c = {.basic = false};
    char long_realm[1000] = "Bearer realm=\"https://";

    (void)state;
    memset(long_realm + strlen(long_realm), 'a', sizeof(long_realm) - strlen(long_realm) - 2);
    long_realm[sizeof(long_realm) - 2] = '"';
    img_challenge_read(long_realm, &c);
    assert_false(c.bearer);
    assert_string_equal(c.realm, "");
}

static void challenges_share_a_header_and_commas(void **state)
{
    struct img_challenge c = {.basic = false};

    (void)state;
    img_challenge_read("Negotiate, bEaReR realm=\"https://auth.example.com/token\",service=reg ,"
                       " scope=\"repository:a:pull,push\", error=\"insufficient_scope\","
                       " Basic realm=\"other \\\"one\\\"\"",
                       &c);
    assert_true(c.basic && c.bearer);
    assert_string_equal(c.realm, "https://auth.example.com/token");
    assert_string_equal(c.service, "reg");
    assert_string_equal(c.scope, "repository:a:pull,push");
    assert_string_equal(c.error, "insufficient_scope");
}

static void the_first_challenge_of_a_scheme_counts(void **state)
{
    struct img_challenge c = {.basic = false};

    (void)state;
    img_challenge_read("Bearer realm=\"https://one\"", &c);
    img_challenge_read("Bearer realm=\"https://two\"", &c);
    assert_string_equal(c.realm, "https://one");
    img_challenge_read("Basic realm=x", &c);
    assert_true(c.basic);
}

static void links_without_a_next_page_give_none(void **state)
{
    static const char *const bad[] = {"",
                                      "next",
                                      "</a>",
                                      "</a>; rel=prev",
                                      "</a>; rel=\"nextpage\"",
                                      "</a; rel=next",
                                      "</a>; title=\"rel=next\"",
                                      "</a>; rel=\"next",
                                      "</a>; rel",
                                      "</a> rel=next",
                                      "a; rel=next"};
    char out[100];

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        assert_false(img_link_next(bad[i], out, sizeof(out)));
    assert_false(img_link_next("</abcdef>; rel=next", out, 7));
    assert_true(img_link_next("</abcdef>; rel=next", out, 8));
}

static void the_next_page_is_found_among_others(void **state)
{
    static const char *const good[] = {
        "</v2/a?last=x,y>; rel=next",
        "</v2/a?last=x,y>;rel=\"next\"",
        "</v2/a?last=x,y>; title=\"a;b, <c>\"; REL=\"prev next\"",
        "</first>; rel=first, </v2/a?last=x,y>; rel=\"last next\"",
    };
    char out[100];

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        assert_true(img_link_next(good[i], out, sizeof(out)));
        assert_string_equal(out, "/v2/a?last=x,y");
    }
}

static void media_types_lose_parameters_and_case(void **state)
{
    static const struct {
        const char *header, *want;
    } cases[] = {
        {NULL, ""},
        {"", ""},
        {"text", ""},
        {"text/html,application/json", ""},
        {"application/JSON; charset=utf-8", "application/json"},
        {"  text/html", "text/html"},
        {"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.index.v1+json"},
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        img_media_type_essence(cases[i].header, out, sizeof(out));
        assert_string_equal(out, cases[i].want);
    }
    img_media_type_essence("application/vnd.oci.image.index.v1+json", out, 20);
    assert_string_equal(out, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_challenges_are_as_if_they_were_not_there),
        cmocka_unit_test(a_realm_longer_than_its_room_is_not_cut),
        cmocka_unit_test(challenges_share_a_header_and_commas),
        cmocka_unit_test(the_first_challenge_of_a_scheme_counts),
        cmocka_unit_test(links_without_a_next_page_give_none),
        cmocka_unit_test(the_next_page_is_found_among_others),
        cmocka_unit_test(media_types_lose_parameters_and_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
