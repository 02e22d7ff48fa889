/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/purl.h"

static void what_is_no_package_url_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "pkg:",
        "pkg:deb",
        "pkg:deb/",
        "maven/a/b",
        "pkg%3Amaven/a/b",
        "pkg:maven/@1.3.4",
        "pkg:npm/@scope",
        "pkg:3nginx/n@1",
        "pkg:n&g?inx/nginx@0.8.9",
        "pkg:npm/x@1?in%20production=true",
        "pkg:npm/x?a",
        "pkg:npm/x?=b",
        "pkg:npm/x?a=1&A=2",
        "pkg:npm/x?a=1&&b=2",
        "pkg:npm/x%",
        "pkg:npm/x%2",
        "pkg:npm/x%zz",
        "pkg:npm/x%00",
        "pkg:npm/x%ff",
        "pkg:npm/\xff",
        "pkg:npm/a%2fb/x",
    };
    struct img_purl p = {.type = NULL};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_err err = IMG_ERR_INIT;
        if (img_purl_parse(bad[i], &p, &err))
            fail_msg("'%s' was read", bad[i]);
        assert_int_equal(err.code, IMG_E_MALFORMED);
        assert_null(p.type);
    }
}

/* ECMA-427's examples and its test suite's, by type. */
static void what_parses_prints_canonically(void **state)
{
    static const struct {
        const char *text, *canonical;
    } good[] = {
        {"pkg:deb/debian/attr@1:2.4.47-2+b1?arch=amd64",
         "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64"},
        {"pkg:deb/debian/attr@1%3A2.4.47-2%2Bb1?arch=amd64",
         "pkg:deb/debian/attr@1:2.4.47-2%2Bb1?arch=amd64"},
        {"pkg:deb/debian/curl@7.50.3-1?distro=jessie&arch=i386",
         "pkg:deb/debian/curl@7.50.3-1?arch=i386&distro=jessie"},
        {"pkg:DEB/Debian/Curl@7.50.3-1", "pkg:deb/debian/curl@7.50.3-1"},
        {"pkg:apk/alpine/curl@7.83.0-r0?arch=x86", "pkg:apk/alpine/curl@7.83.0-r0?arch=x86"},
        {"pkg:rpm/fedora/centerim@4.22.10-1.el6?epoch=1&distro=fedora-25&arch=i686",
         "pkg:rpm/fedora/centerim@4.22.10-1.el6?arch=i686&distro=fedora-25&epoch=1"},
        {"pkg:rpm/Fedora/CenterIM@4", "pkg:rpm/fedora/CenterIM@4"},
        {"pkg:npm/%40angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"},
        {"pkg:npm/@angular/animation@12.3.1", "pkg:npm/%40angular/animation@12.3.1"},
        {"pkg:npm/mypackage@12.4.5?vcs_url=git://host.com/path/to/repo.git%404345",
         "pkg:npm/mypackage@12.4.5?vcs_url=git:%2F%2Fhost.com%2Fpath%2Fto%2Frepo.git%404345"},
        {"pkg:npm/@babel/core#/googleapis/api/annotations/",
         "pkg:npm/%40babel/core#googleapis/api/annotations"},
        {"pkg:npm/x#a/./../b//c", "pkg:npm/x#a/b/c"},
        {"pkg:PYPI/Django_package@1.11.1.dev1", "pkg:pypi/django-package@1.11.1.dev1"},
        {"pkg:GOLANG/google.golang.org/genproto@abcdedf#/googleapis/api/annotations/",
         "pkg:golang/google.golang.org/genproto@abcdedf#googleapis/api/annotations"},
        {"pkg:golang/github.com/cli/cli/v2@2.63.0", "pkg:golang/github.com/cli/cli/v2@2.63.0"},
        {"pkg:maven/org.apache.xmlgraphics/batik-anim@1.9.1?repository_url=https://"
         "repo.spring.io/release&classifier=sources",
         "pkg:maven/org.apache.xmlgraphics/"
         "batik-anim@1.9.1?classifier=sources&repository_url=https:%2F%2Frepo.spring.io%2Frelease"},
        {"pkg:maven/mygroup/myartifact@1.0.0%20Final?mykey=my%20value",
         "pkg:maven/mygroup/myartifact@1.0.0%20Final?mykey=my%20value"},
        {"pkg:///maven/org.apache.commons/io", "pkg:maven/org.apache.commons/io"},
        {"pkg://maven//org.apache.commons//io", "pkg:maven/org.apache.commons/io"},
        {"pkg:composer/Laravel/Laravel@5.5.0", "pkg:composer/laravel/laravel@5.5.0"},
        {"pkg:Nuget/EnterpriseLibrary.Common@6.0.1304",
         "pkg:nuget/EnterpriseLibrary.Common@6.0.1304"},
        {"pkg:gem/jruby-launcher@1.1.2?Platform=java",
         "pkg:gem/jruby-launcher@1.1.2?platform=java"},
        {"pkg:oci/debian@sha256%3A244F?repository_url=docker.io/library/"
         "debian&arch=amd64&tag=latest",
         "pkg:oci/debian@sha256:244f?arch=amd64&repository_url=docker.io%2Flibrary%2Fdebian&tag="
         "latest"},
        {"pkg:generic/openssl@1.1.10g?checksum=sha1:ad,sha256:41",
         "pkg:generic/openssl@1.1.10g?checksum=sha1:ad%2Csha256:41"},
        {"pkg:generic/bitwarderl?vcs_url=git%2Bhttps://git.fsfe.org/dxtr/bitwarderl%40cc55",
         "pkg:generic/"
         "bitwarderl?vcs_url=git%2Bhttps:%2F%2Fgit.fsfe.org%2Fdxtr%2Fbitwarderl%40cc55"},
        {"pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&channel=main&subdir=linux-64&type=tar.bz2",
         "pkg:conda/absl-py@0.4.1?build=py36h06a4308_0&channel=main&subdir=linux-64&type=tar.bz2"},
        {"pkg:npm/x@?empty=&a=b", "pkg:npm/x?a=b"},
        {"pkg:generic/caf%C3%A9@1", "pkg:generic/caf%C3%A9@1"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(4096);
        IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};

        t_ok(img_purl_parse(good[i].text, &p, &err));
        t_ok(img_purl_text(&p, &out, &err));
        img_buf_put(&out, "", 1);
        assert_string_equal((const char *)out.ptr, good[i].canonical);
    }
}

static void parts_from_anywhere_are_written_canonically(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(4096);
    char type[] = "deb", ns[] = "debian", name[] = "LibX/y", version[] = "1:2+b1";
    const struct img_purl p = {.type = type, .ns = ns, .name = name, .version = version};

    (void)state;
    t_ok(img_purl_text(&p, &out, &err));
    img_buf_put(&out, "", 1);
    assert_string_equal((const char *)out.ptr, "pkg:deb/debian/libx%2Fy@1:2%2Bb1");
}

static void a_pattern_matches_what_it_names(void **state)
{
    static const struct {
        const char *pattern, *purl;
        bool matches;
    } pairs[] = {
        {"pkg:deb/debian/zlib1g", "pkg:deb/debian/zlib1g@1:1.2?arch=amd64", true},
        {"pkg:deb/debian/zlib1g@1%3A1.2", "pkg:deb/debian/zlib1g@1:1.2?arch=amd64", true},
        {"pkg:deb/debian/zlib1g@1.2", "pkg:deb/debian/zlib1g@1:1.2?arch=amd64", false},
        {"pkg:deb/ubuntu/zlib1g", "pkg:deb/debian/zlib1g@1:1.2?arch=amd64", false},
        {"pkg:deb/zlib1g", "pkg:deb/debian/zlib1g@1:1.2?arch=amd64", false},
        {"pkg:deb/debian/zlib1g?arch=amd64", "pkg:deb/debian/zlib1g?a=b&arch=amd64", true},
        {"pkg:deb/debian/zlib1g?arch=amd", "pkg:deb/debian/zlib1g?arch=amd64", false},
        {"pkg:deb/debian/zlib1g?arch=amd64", "pkg:deb/debian/zlib1g", false},
        {"pkg:maven/a/b#c", "pkg:maven/a/b", false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(pairs); i++) {
        IMG_AUTO(img_purl_done) struct img_purl a = {.type = NULL};
        IMG_AUTO(img_purl_done) struct img_purl b = {.type = NULL};

        t_ok(img_purl_parse(pairs[i].pattern, &a, &err));
        t_ok(img_purl_parse(pairs[i].purl, &b, &err));
        assert_int_equal(img_purl_matches(&a, &b), pairs[i].matches);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_package_url_is_refused),
        cmocka_unit_test(what_parses_prints_canonically),
        cmocka_unit_test(parts_from_anywhere_are_written_canonically),
        cmocka_unit_test(a_pattern_matches_what_it_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
