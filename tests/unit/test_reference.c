/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "oci/reference.h"

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D   "sha256:" A64

static char *repeat(char c, size_t n)
{
    static char text[8][600];
    static size_t next;
    char *out = text[next++ % IMG_COUNT(text)];

    memset(out, c, n);
    out[n] = '\0';
    return out;
}

static char *join(const char *a, const char *b)
{
    static char text[8][1200];
    static size_t next;
    char *out = text[next++ % IMG_COUNT(text)];
    size_t n = strlen(a), m = strlen(b);

    assert_true(n + m < sizeof(text[0]));
    memmove(out, a, n);
    memmove(out + n, b, m + 1);
    return out;
}

static void refused(const char *text, enum img_code code, const char *says)
{
    struct img_reference r = {.where = IMG_AT_NONE};

    t_fails(img_reference_parse(text, &r, &err), code, says);
    assert_int_equal(r.where, IMG_AT_NONE);
    assert_null(r.path);
}

static void text_outside_the_grammar_is_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "empty"},
        {"ghcr.io/Org/app", "lower case"},
        {"a..b", "not a repository name"},
        {"a___b", "not a repository name"},
        {"a_.b", "not a repository name"},
        {"a.-b", "not a repository name"},
        {"-ex.com/app", "bad host"},
        {"a/", "not a repository name"},
        {"/a", "not a repository name"},
        {"a//b", "not a repository name"},
        {"ex.com/", "not a repository name"},
        {"a b", "not a repository name"},
        {"app:", "not a tag"},
        {"app:.x", "not a tag"},
        {"app:-x", "not a tag"},
        {"app:x y", "not a tag"},
        {"app:1:2", "not a repository name"},
        {"ex.com:/app", "bad host"},
        {"ex.com:x/app", "bad host"},
        {"ex_am.com/app", "bad host"},
        {"a..b.com/app", "bad host"},
        {"[fe80::1%25eth0]/app", "bad host"},
        {"[::1/app:x", "bad host"},
        {"[]:1/app", "bad host"},
        {"[::1]x/app", "bad host"},
        {"fc00::1:5000/x", "bad host"},
        {"https://ex.com/app", "scheme"},
        {"user:pw@ex.com/app", "no ':'"},
        {"app@", "no ':'"},
        {"app:t@", "no ':'"},
        {"app@sha256:", "64 hex digits"},
        {"app@sha256:aaaa", "64 hex digits"},
        {"app@sha256:../../../../../../../../../../../../../etc/passwd" A64, "64 hex digits"},
        {"app@" D "@" D, "64 hex digits"},
        {"app@" D ":tag", "64 hex digits"},
        {A64, "image ID"},
        {"oci:", "directory is missing"},
        {"oci::tag", "directory is missing"},
        {"oci:dir:", "not a tag"},
        {"oci:dir:a b", "not a tag"},
        {"oci:dir@sha256:../../x", "64 hex digits"},
        {"oci:dir@sha256:" A64 "/../../etc/passwd", "64 hex digits"},
        {"oci:dir:tag@sha256:aaaa", "64 hex digits"},
        {"oci-archive::tag", "file is missing"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        refused(bad[i].text, IMG_E_MALFORMED, bad[i].says);
    refused(join("app@sha256:", repeat('a', 63)), IMG_E_MALFORMED, "64 hex digits");
    refused(join("app@sha256:", repeat('A', 64)), IMG_E_MALFORMED, "byte 0");
    refused(join("oci:dir@sha256:", repeat('A', 64)), IMG_E_MALFORMED, "byte 0");
    refused(join("app:", repeat('t', 129)), IMG_E_MALFORMED, "not a tag");
    refused(join("ex.com/", repeat('a', 256)), IMG_E_MALFORMED, "longer than 255");
}

static void digest_algorithms_not_implemented_are_unsupported(void **state)
{
    (void)state;
    refused(join("app@md5:", repeat('a', 32)), IMG_E_UNSUPPORTED, "md5");
    refused(join("app@blake3:", repeat('a', 64)), IMG_E_UNSUPPORTED, "blake3");
    refused(join("app@SHA256:", repeat('a', 64)), IMG_E_UNSUPPORTED, "SHA256");
    refused(join("oci:dir@md5:", repeat('a', 32)), IMG_E_UNSUPPORTED, "md5");
    refused(join("oci:dir@SHA256:", repeat('a', 64)), IMG_E_UNSUPPORTED, "SHA256");
}

static void prints_as(const char *text, const char *want)
{
    IMG_AUTO(img_buf_done) struct img_buf once = IMG_BUF(4096), twice = IMG_BUF(4096);
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    IMG_AUTO(img_reference_done) struct img_reference again = {.where = IMG_AT_NONE};

    t_ok(img_reference_parse(text, &r, &err));
    t_ok(img_reference_text(&r, &once, &err));
    img_buf_put(&once, "", 1);
    assert_string_equal((const char *)once.ptr, want);
    t_ok(img_reference_parse(want, &again, &err)); /* normalising twice is normalising once */
    t_ok(img_reference_text(&again, &twice, &err));
    img_buf_put(&twice, "", 1);
    assert_string_equal((const char *)twice.ptr, want);
}

static void registry_names_follow_docker(void **state)
{
    static const struct {
        const char *text, *want;
    } good[] = {
        {"ubuntu", "docker.io/library/ubuntu:latest"},
        {"ubuntu:22.04", "docker.io/library/ubuntu:22.04"},
        {"library/ubuntu", "docker.io/library/ubuntu:latest"},
        {"docker.io/ubuntu", "docker.io/library/ubuntu:latest"},
        {"index.docker.io/ubuntu", "docker.io/library/ubuntu:latest"},
        {"nginx/unit:1", "docker.io/nginx/unit:1"},
        {"registry-1.docker.io/library/ubuntu", "registry-1.docker.io/library/ubuntu:latest"},
        {"localhost/app", "localhost/app:latest"},
        {"localhost:5000/app", "localhost:5000/app:latest"},
        {"localhost", "docker.io/library/localhost:latest"},
        {"localhost:5000", "docker.io/library/localhost:5000"},
        {"myhost/app", "docker.io/myhost/app:latest"},
        {"myhost:5000/app", "myhost:5000/app:latest"},
        {"MyHost/app", "MyHost/app:latest"},
        {"example.com", "docker.io/library/example.com:latest"},
        {"example.com/a/b/c/d:t", "example.com/a/b/c/d:t"},
        {"ghcr.io/org/app:V1", "ghcr.io/org/app:V1"},
        {"[::1]:5000/app:x", "[::1]:5000/app:x"},
        {"[::1]/app:x", "[::1]/app:x"},
        {"192.168.0.1:80", "docker.io/library/192.168.0.1:80"},
        {"192.168.0.1:8/debian", "192.168.0.1:8/debian:latest"},
        {"busybox@" D, "docker.io/library/busybox@" D},
        {"busybox:1.36@" D, "docker.io/library/busybox:1.36@" D},
        {"docker.io/" A64, "docker.io/library/" A64 ":latest"},
        {"a__b", "docker.io/library/a__b:latest"},
        {"a---b", "docker.io/library/a---b:latest"},
        {"a.b", "docker.io/library/a.b:latest"},
        {"ex.com:99999/app", "ex.com:99999/app:latest"},
        {"app@sha512:" A64 A64, "docker.io/library/app@sha512:" A64 A64},
    };
    char *tag = repeat('t', 128), *path = repeat('p', 255);

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++)
        prints_as(good[i].text, good[i].want);
    prints_as(join("ex.com/app:", tag), join("ex.com/app:", tag));
    prints_as(join("ex.com/", path), join(join("ex.com/", path), ":latest"));
}

static void what_is_in_a_layout_or_archive_follows_its_path(void **state)
{
    static const char *const good[] = {
        "oci:dir",
        "oci:/a/b",
        "oci:dir:1.2",
        "oci:dir@" D,
        "oci:dir:1.2@" D,
        "oci:a@b:tag",
        "oci:user@host/dir@" D,
        "oci:dir:docker.io/library/app:1.2",
        "oci:../up",
        "oci-archive:x.tar",
        "oci-archive:x.tar:t",
        "docker-archive:x.tar:app:1",
    };
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++)
        prints_as(good[i], good[i]);
    t_ok(img_reference_parse("oci:dir:docker.io/library/app:1.2", &r, &err));
    assert_string_equal(r.path, "dir");
    assert_string_equal(r.tag, "docker.io/library/app:1.2");
    assert_null(r.name); /* what a layout says about itself names nothing */
}

static void a_digest_decides_and_a_tag_stays_for_show(void **state)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    IMG_AUTO(img_reference_done) struct img_reference alone = {.where = IMG_AT_NONE};

    (void)state;
    t_ok(img_reference_parse("busybox:1.36@" D, &r, &err));
    assert_string_equal(r.tag, "1.36");
    assert_string_equal(r.name, "docker.io/library/busybox");
    assert_int_equal(r.digest.hash, IMG_SHA256);
    t_ok(img_reference_parse("busybox@" D, &alone, &err));
    assert_null(alone.tag);
}

static void a_bare_name_is_normalised(void **state)
{
    static const char *const bad[] = {"app:1", "app@" D,    "ex.com/App",        "",
                                      A64,     "oci:dir:x", "https://ex.com/app"};
    char *name = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_reference_name_parse(bad[i], &name, &err), IMG_E_MALFORMED, "");
    assert_null(name);
    t_ok(img_reference_name_parse("app", &name, &err));
    assert_string_equal(name, "docker.io/library/app");
    free(name);
    t_ok(img_reference_name_parse("localhost:5000/prod/app", &name, &err));
    assert_string_equal(name, "localhost:5000/prod/app");
    free(name);
}

static void only_this_machine_is_loopback(void **state)
{
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {"localhost:5000/a", true},    {"localhost/a", true},   {"127.0.0.1:5000/a", true},
        {"127.8.8.8/a", true},         {"[::1]:5000/a", true},  {"LocalHost/a", true},
        {"localhost.ex.com/a", false}, {"128.0.0.1/a", false},  {"[::2]:5000/a", false},
        {"127.0.0.1.ex.com/a", false}, {"app", false},          {"oci:localhost", false},
        {"[0:0:0:0:0:0:0:1]/a", true}, {"127.1:5000/a", false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
        t_ok(img_reference_parse(cases[i].text, &r, &err));
        assert_int_equal(img_reference_is_loopback(&r), cases[i].want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_outside_the_grammar_is_refused),
        cmocka_unit_test(digest_algorithms_not_implemented_are_unsupported),
        cmocka_unit_test(registry_names_follow_docker),
        cmocka_unit_test(what_is_in_a_layout_or_archive_follows_its_path),
        cmocka_unit_test(a_digest_decides_and_a_tag_stays_for_show),
        cmocka_unit_test(a_bare_name_is_normalised),
        cmocka_unit_test(only_this_machine_is_loopback),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
