/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/policy/glob.h"

static void matching_keeps_to_components(void **state)
{
    static const struct {
        const char *glob, *name;
        bool matches;
    } rows[] = {
        {"**", "registry.example.com/prod/app", true},
        {"**", NULL, true},
        {"*/**", "docker.io/library/nginx", true},
        {"*/**", NULL, false},
        {"registry.example.com/prod/{app}", "registry.example.com/prod/web", true},
        {"registry.example.com/prod/{app}", "registry.example.com/prod/team/web", false},
        {"registry.example.com/prod/{app}", "registry.example.com/prod", false},
        {"registry.example.com/prod/{app}", NULL, false},
        {"registry.example.com/prod/{app}-api", "registry.example.com/prod/web-api", true},
        {"registry.example.com/prod/{app}-api", "registry.example.com/prod/-api", false},
        {"registry.example.com/prod/*-api", "registry.example.com/prod/web-apis", false},
        {"ghcr.io/org/*", "ghcr.io/org/app", true},
        {"ghcr.io/org/*", "ghcr.io/org/team/app", false},
        {"ghcr.io/org/**", "ghcr.io/org/team/app", true},
        {"ghcr.io/org/**", "ghcr.io/org", false},
        {"ghcr.io/org/**", "ghcr.io/orgevil/app", false},
        {"ghcr.io/org/**", "evil.io/ghcr.io/org/app", false},
        {"ghcr.io/org/**/app", "ghcr.io/org/app", true},
        {"ghcr.io/org/**/app", "ghcr.io/org/a/b/app", true},
        {"ghcr.io/org/**/app", "ghcr.io/org/a/b/apps", false},
        {"ghcr.io/org/**/x/*", "ghcr.io/org/x/x/x/y", true},
        {"**/app", "ghcr.io/org/app", true},
        {"**/app", "ghcr.io/org/web-app", false},
        {"ghcr.io/**", "ghcrxio/foo", false},
        {"ghcr.io/**", "ghcr.io:443/foo/bar", false},
        {"localhost:*/app", "localhost:5000/app", true},
        {"localhost:5000/app", "localhost:5001/app", false},
        {"GHCR.io/org/*", "ghcr.io/org/app", true}, /* a host has no case */
        {"ghcr.io/org/*", "GHCR.IO/org/app", true},
        {"ghcr.io/org/app", "ghcr.io/org/App", false},
        {"*.example.com/app", "a.example.com/app", true},
        {"*.example.com/app", "a.example.com.evil.io/app", false},
        {"a.io/a*b*c", "a.io/aXbXbXc", true},
        {"a.io/a*b*c", "a.io/aXbXbX", false},
        {"a.io/*a*a*a*a*a*a*a*b", "a.io/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        t_ok(img_glob_check(rows[i].glob, &err));
        if (img_glob_match(rows[i].glob, rows[i].name) != rows[i].matches)
            fail_msg("'%s' against '%s' should be %d", rows[i].glob,
                     rows[i].name == NULL ? "(none)" : rows[i].name, rows[i].matches);
    }
}

static void what_could_never_match_is_refused(void **state)
{
    static const struct {
        const char *glob, *says;
    } bad[] = {
        {"", "empty"},
        {"*", "'**' matches all"},
        {"nginx", "docker.io/library/nginx"},
        {"library/nginx", "docker.io/library/nginx"},
        {"index.docker.io/library/nginx", "docker.io"},
        {"ghcr.io", "a host and a path"},
        {"ghcr.io/", "empty component"},
        {"/ghcr.io/a", "empty component"},
        {"ghcr.io//a", "empty component"},
        {"ghcr.io/org**", "whole component"},
        {"ghcr.io/a:1.2", "never a tag"},
        {"ghcr.io/a@sha256:*", "never a digest"},
        {"ghcr.io/[ab]", "cannot be in it"},
        {"ghcr.io/a?", "cannot be in it"},
        {"ghcr.io/a b", "cannot be in it"},
        {"ghcr.io/App", "lower case"},
        {"ghcr.io/{app", "'}' in the same component"},
        {"ghcr.io/{}", "needs a name"},
        {"ghcr.io/app}", "without '{'"},
        {"ghcr.io/{a/b}", "'}' in the same component"},
        {"ghcr.io/{a*}", "letters, digits"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_glob_check(bad[i].glob, &err), IMG_E_USAGE, bad[i].says);
}

static void near_misses_are_counted_in_components(void **state)
{
    (void)state;
    assert_int_equal(img_glob_common("ghcr.io/org/*", "ghcr.io/org/team/app"), 3);
    assert_int_equal(img_glob_common("ghcr.io/org/app", "ghcr.io/other/app"), 1);
    assert_int_equal(img_glob_common("ghcr.io/org/app", "quay.io/org/app"), 0);
}

static void words_match_whole(void **state)
{
    (void)state;
    assert_true(img_glob_word("latest", "latest"));
    assert_true(img_glob_word("v*", "v1.2"));
    assert_false(img_glob_word("v*", "rv1.2"));
    assert_false(img_glob_word("latest", "latest-1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matching_keeps_to_components),
        cmocka_unit_test(what_could_never_match_is_refused),
        cmocka_unit_test(near_misses_are_counted_in_components),
        cmocka_unit_test(words_match_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
