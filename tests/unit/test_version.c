/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/version.h"
#include "tests/support/t.h"

struct pair {
    enum img_order order;
    const char *a;
    char sign; /* '<', '=', '>' */
    const char *b;
};

#define DEB    IMG_ORDER_DEB
#define APK    IMG_ORDER_APK
#define SEMVER IMG_ORDER_SEMVER
#define MAVEN  IMG_ORDER_MAVEN

static const struct pair pairs[] = {
    {DEB, "1.0~~", '<', "1.0~"},
    {DEB, "1.0~rc1", '<', "1.0"},
    {DEB, "1.0", '<', "1.0a"},
    {DEB, "1.0a", '<', "1.0+b1"},
    {DEB, "1.2.3-1~deb12u1", '<', "1.2.3-1"},
    {DEB, "2.36-9+deb12u7", '<', "2.36-9+deb12u10"},
    {DEB, "2.7-13ubuntu1", '<', "2.7-13+deb9u1"},
    {DEB, "1:0.1", '>', "9.9"},
    {DEB, "0.0.0", '=', "0.0.0-0"},
    {DEB, "1.02", '=', "1.2"},
    {DEB, "1.2-3+b1", '>', "1.2-3"},
    {DEB, "1.0-1.1", '>', "1.0-1"},
    {DEB, "1.0.dfsg-1", '>', "1.0-1"},
    {DEB, "1.0.0-1-2", '>', "1.0.0-1"},
    {DEB, "0:1.0", '=', "1.0"},
    {DEB, "99999999999999999999999999999999", '<', "100000000000000000000000000000000"},
    {DEB, "00000000000000000000000000000000000000001", '=', "1"},

    {APK, "1.2.3_rc1", '<', "1.2.3"},
    {APK, "1.2.3_alpha", '<', "1.2.3_beta"},
    {APK, "1.2.3", '<', "1.2.3_p1"},
    {APK, "1.2.3_git20200101", '>', "1.2.3"},
    {APK, "1.2.3-r9", '<', "1.2.3-r10"},
    {APK, "1.0", '<', "1.0-r0"},
    {APK, "1.02", '<', "1.1"},
    {APK, "1.02.07", '<', "1.02.10-r1"},
    {APK, "1.2.3a", '>', "1.2.3"},
    {APK, "1.2.3a", '<', "1.2.4"},
    {APK, "3.1.4-r0", '>', "3.1.4_rc1-r5"},
    {APK, "2.4.0_alpha_pre2", '<', "2.4.0_alpha"},
    {APK, "1.0.0", '>', "1.0"},
    {APK, "1.9.5p1-r1", '<', "1.9.5p2-r1"},
    {APK, "1.2_p", '<', "1.2_p1"},
    {APK, "1.99999999999999999999999", '<', "1.100000000000000000000000"},

    {SEMVER, "1.0.0-alpha", '<', "1.0.0-alpha.1"},
    {SEMVER, "1.0.0-alpha.1", '<', "1.0.0-alpha.beta"},
    {SEMVER, "1.0.0-beta.2", '<', "1.0.0-beta.11"},
    {SEMVER, "1.0.0-rc.1", '<', "1.0.0"},
    {SEMVER, "1.2.3+a", '=', "1.2.3+b"},
    {SEMVER, "1.2.3-a.b", '>', "1.2.3-a.5"},
    {SEMVER, "1.2.3-r100", '<', "1.2.3-r2"},
    {SEMVER, "1.2.3-R2", '<', "1.2.3-r100"},
    {SEMVER, "1.0.0-0", '<', "1.0.0-a"},
    {SEMVER, "v1.2.3", '=', "1.2.3"},
    {SEMVER, "0.0.0-20200101000000-abc", '<', "0.0.0-20210101000000-000"},
    {SEMVER, "1.2.3-20200101000000-abcdefabcdef", '<', "1.2.3"},
    {SEMVER, "2.0.0+incompatible", '=', "2.0.0"},
    {SEMVER, "1.2", '=', "1.2.0"},
    {SEMVER, "1.10.0", '>', "1.9.0"},

    {MAVEN, "1", '=', "1.0.0"},
    {MAVEN, "1.0", '=', "1-ga"},
    {MAVEN, "1-ga", '=', "1.0.Final"},
    {MAVEN, "5.3.RELEASE", '=', "5.3"},
    {MAVEN, "1-cr1", '=', "1-rc1"},
    {MAVEN, "1a1", '=', "1-alpha-1"},
    {MAVEN, "1.0-alpha-2", '<', "1.0-alpha-10"},
    {MAVEN, "1.0-rc1", '<', "1.0-SNAPSHOT"},
    {MAVEN, "1.0-SNAPSHOT", '<', "1.0"},
    {MAVEN, "1.0", '<', "1.0-sp"},
    {MAVEN, "1.0-sp", '<', "1.0-abc"},
    {MAVEN, "1.0-abc", '<', "1.0-1"},
    {MAVEN, "2.0-1", '<', "2.0.1"},
    {MAVEN, "2.0.1-xyz", '<', "2.0.1-123"},
    {MAVEN, "1.0.0a", '=', "1-a"},
    {MAVEN, "1.0.RC2", '<', "1.0-RC3"},
    {MAVEN, "1.0-rc.1", '>', "1.0-rc-1"},
    {MAVEN, "1.0.0.x", '=', "1-x"},
    {MAVEN, "2.0.0.Final", '>', "2.0.0.CR1"},
    {MAVEN, "1.99999999999999999999999", '<', "1.100000000000000000000000"},
};

static char sign_of(enum img_order order, const char *a, const char *b)
{
    int c = 2;

    t_ok(img_version_compare(order, a, b, &c, &err));
    return c < 0 ? '<' : c > 0 ? '>' : '=';
}

static void orders_every_published_pair_both_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < IMG_COUNT(pairs); i++) {
        const struct pair *p = &pairs[i];
        char back = p->sign == '<' ? '>' : p->sign == '>' ? '<' : '=';

        if (sign_of(p->order, p->a, p->b) != p->sign || sign_of(p->order, p->b, p->a) != back)
            fail_msg("%s %c %s does not hold", p->a, p->sign, p->b);
    }
}

static void refuses_to_guess_an_unknown_order(void **state)
{
    int c = 7;
    bool in;

    (void)state;
    t_fails(img_version_compare(IMG_ORDER_NONE, "1", "2", &c, &err), IMG_E_UNSUPPORTED, "older");
    assert_int_equal(c, 7);
    t_fails(img_version_in(IMG_ORDER_NONE, "1", "<2", &in, &err), IMG_E_UNSUPPORTED, "older");
}

static void bounds_the_length_of_a_version(void **state)
{
    char text[600];
    int c;

    (void)state;
    memset(text, '1', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    t_fails(img_version_compare(MAVEN, text, "1", &c, &err), IMG_E_LIMIT, "longer than 512");
    text[512] = '\0';
    for (size_t i = 0; i < 512; i += 2)
        text[i] = 'a';
    assert_int_equal(sign_of(MAVEN, text, text), '=');
    memset(text, '-', 512);
    assert_int_equal(sign_of(MAVEN, text, "0"), '=');
}

static void knows_which_purl_types_it_can_order(void **state)
{
    (void)state;
    assert_int_equal(img_order_of_purl_type("deb"), DEB);
    assert_int_equal(img_order_of_purl_type("apk"), APK);
    assert_int_equal(img_order_of_purl_type("npm"), SEMVER);
    assert_int_equal(img_order_of_purl_type("golang"), SEMVER);
    assert_int_equal(img_order_of_purl_type("cargo"), SEMVER);
    assert_int_equal(img_order_of_purl_type("maven"), MAVEN);
    assert_int_equal(img_order_of_purl_type("rpm"), IMG_ORDER_NONE);
    assert_int_equal(img_order_of_purl_type(""), IMG_ORDER_NONE);
}

static void refuses_broken_ranges(void **state)
{
    static const char *const bad[] = {"",     " ",     "<",         "< <1",   "1 ||",
                                      "|| 1", "1 | 2", "1 || || 2", ">= ,",   "<1 >",
                                      "=",    "1<",    "1 |||2",    "<1 || <"};
    bool in = true;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        t_fails(img_version_range_check(bad[i], &err), IMG_E_MALFORMED, "version range");
        t_fails(img_version_in(DEB, "1", bad[i], &in, &err), IMG_E_MALFORMED, "version range");
    }
}

static void decides_ranges(void **state)
{
    static const struct {
        enum img_order order;
        const char *version, *range;
        bool in;
    } table[] = {
        {MAVEN, "2.17.0", "<2.17.1", true},
        {MAVEN, "2.17.1", "<2.17.1", false},
        {SEMVER, "1.2.0", ">=1.0 <1.5", true},
        {SEMVER, "1.5.0", ">=1.0 <1.5", false},
        {SEMVER, "0.9.0", ">= 1.0, < 1.5", false},
        {SEMVER, "1.2.0", "=1.2 || <1.0", true},
        {SEMVER, "0.1.0", "=1.2 || <1.0", true},
        {SEMVER, "1.1.0", "=1.2||<1.0", false},
        {SEMVER, "1.1.0", "1.1", true},
        {SEMVER, "1.1.0", "==1.1.0", true},
        {DEB, "1.0~rc1", "<=1.0", true},
        {DEB, "1.0-1", ">1.0", true},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++) {
        bool in = !table[i].in;

        t_ok(img_version_range_check(table[i].range, &err));
        t_ok(img_version_in(table[i].order, table[i].version, table[i].range, &in, &err));
        if (in != table[i].in)
            fail_msg("%s in %s", table[i].version, table[i].range);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_broken_ranges),
        cmocka_unit_test(refuses_to_guess_an_unknown_order),
        cmocka_unit_test(bounds_the_length_of_a_version),
        cmocka_unit_test(orders_every_published_pair_both_ways),
        cmocka_unit_test(knows_which_purl_types_it_can_order),
        cmocka_unit_test(decides_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
