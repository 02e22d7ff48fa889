/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "tests/support/memstore.h"
#include "tests/support/tar.h"

/* One image, built layer by layer: begin, entries, next, entries, …; then look. */
struct fixture {
    struct t_store store;
    struct img_buf tars[8];
    size_t count;
    struct img_inventory *found;
};

static void next_layer(struct fixture *f)
{
    f->tars[f->count++] = IMG_BUF(64 * IMG_MIB);
}

static void put(struct fixture *f, const char *name, char type, const char *link, const char *data)
{
    t_tar_put(&f->tars[f->count - 1],
              &(struct t_tar){.name = name, .type = type, .link = link, .data = data});
}

static void file(struct fixture *f, const char *name, const char *data)
{
    put(f, name, '0', NULL, data);
}

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    t_store_init(&f->store);
    next_layer(f);
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < f->count; i++)
        img_buf_done(&f->tars[i]);
    img_inventory_freep(&f->found);
    t_store_done(&f->store);
    free(f);
    return 0;
}

static bool look(struct fixture *f, struct img_err *err)
{
    struct img_bytes layers[8];
    struct img_descriptor d;
    struct img_image image;
    IMG_AUTO(img_catalog_freep) struct img_catalog *c = NULL;
    struct img_layer_client client;
    bool ok;

    for (size_t i = 0; i < f->count; i++) {
        t_tar_end(&f->tars[i]);
        if (!img_buf_bytes(&f->tars[i], &layers[i], err))
            return false;
    }
    d = t_store_image(&f->store, layers, f->count, NULL);
    if (!img_image_open(&f->store.base, &d, &image, err))
        return false;
    ok = img_catalog_new(&image, &c, err);
    client = img_catalog_client(c);
    ok = ok && img_image_walk(&f->store.base, &image, &client, 1, NULL, err) &&
         img_catalog_finish(c, &f->found, err);
    img_image_done(&image);
    return ok;
}

/* "name version arch @layer" of each package, then "!reason" of each doubt, one a line. */
static void expect(struct fixture *f, const char *want)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_MIB);

    t_ok(look(f, &err));
    for (size_t i = 0; i < f->found->count; i++) {
        const struct img_package *p = &f->found->packages[i];
        img_buf_putf(&text, "%s %s %s @%zu\n", p->name, p->version, p->arch, p->layer);
    }
    for (size_t i = 0; i < f->found->reason_count; i++)
        img_buf_putf(&text, "!%s\n", f->found->reasons[i]);
    img_buf_put(&text, "", 1);
    assert_string_equal((const char *)text.ptr, want);
    assert_int_equal(f->found->complete, f->found->reason_count == 0);
}

#define DEBIAN "ID=debian\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nPRETTY_NAME='Debian 12'\n"
#define ALPINE "ID=alpine\nVERSION_ID=3.20.1\n"
#define DEB(name, version)                                                                         \
    "Package: " name "\nStatus: install ok installed\nArchitecture: amd64\nVersion: " version      \
    "\nDescription: one\n more\n .\n and more\n\n"
#define STATE(name, version, state)                                                                \
    "Package: " name "\nStatus: " state "\nArchitecture: amd64\nVersion: " version "\n\n"
#define APK(name, version) "C:Q1x=\nP:" name "\nV:" version "\nA:x86_64\nF:etc\nR:x\n\n"

static void debian(struct fixture *f, const char *status)
{
    put(f, "etc/os-release", '2', "../usr/lib/os-release", NULL);
    file(f, "usr/lib/os-release", DEBIAN);
    file(f, "var/lib/dpkg/status", status);
}

static void only_what_dpkg_calls_installed_is_listed(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1:2.0-1+b1") STATE("b", "1", "hold ok installed")
                  STATE("c", "1", "deinstall ok config-files")
                      STATE("d", "1", "install reinstreq installed")
                          STATE("e", "1", "purge ok not-installed"));
    expect(f, "a 1:2.0-1+b1 amd64 @0\nb 1 amd64 @0\nd 1 amd64 @0\n");
    assert_string_equal(f->found->packages[0].purl,
                        "pkg:deb/debian/a@1:2.0-1%2Bb1?arch=amd64&distro=debian-12");
    assert_string_equal(f->found->packages[0].path, "var/lib/dpkg/status");
    assert_string_equal(f->found->packages[0].description, "one");
    assert_string_equal(f->found->distro.id, "debian");
    assert_string_equal(f->found->distro.codename, "bookworm");
    assert_string_equal(f->found->distro.pretty_name, "Debian 12");
}

static void half_done_packages_make_it_incomplete(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1") STATE("b", "1", "install ok half-configured"));
    expect(f, "a 1 amd64 @0\n!var/lib/dpkg/status: package 'b' is half-configured\n");
}

static void sources_are_told_apart(void **state)
{
    struct fixture *f = *state;

    debian(f, "Package: gcc-12-base\nStatus: install ok installed\nArchitecture: amd64\n"
              "Source: gcc-12 (12.2.0-14)\nVersion: 12.2.0-14+b1\n\n"
              "package: libc6\nSTATUS: install ok installed\nArchitecture: amd64\n"
              "source: glibc\nVersion: 2.36-9\n\n");
    expect(f, "gcc-12-base 12.2.0-14+b1 amd64 @0\nlibc6 2.36-9 amd64 @0\n");
    assert_string_equal(f->found->packages[0].source_name, "gcc-12");
    assert_string_equal(f->found->packages[0].source_version, "12.2.0-14");
    assert_string_equal(f->found->packages[0].purl,
                        "pkg:deb/debian/gcc-12-base@12.2.0-14%2Bb1?arch=amd64&distro=debian-12"
                        "&upstream=gcc-12%4012.2.0-14");
    assert_string_equal(f->found->packages[1].source_name, "glibc");
    assert_string_equal(f->found->packages[1].source_version, "2.36-9");
}

static void each_package_belongs_to_the_layer_that_brought_it(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("base", "1") DEB("old", "1") DEB("back", "1"));
    next_layer(f);
    file(f, "var/lib/dpkg/status", DEB("base", "1") DEB("old", "2") DEB("new", "1"));
    next_layer(f);
    file(f, "unrelated", "x");
    next_layer(f);
    file(f, "var/lib/dpkg/status",
         DEB("back", "1") DEB("base", "1") DEB("new", "1") DEB("old", "2"));
    expect(f, "back 1 amd64 @3\nbase 1 amd64 @0\nnew 1 amd64 @1\nold 2 amd64 @1\n");
}

static void distroless_has_a_file_for_each_package(void **state)
{
    struct fixture *f = *state;

    file(f, "etc/os-release", DEBIAN);
    file(f, "var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\nArchitecture: all");
    file(f, "var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/x\n");
    next_layer(f);
    file(f, "var/lib/dpkg/status.d/libc6", "Package: libc6\nVersion: 2\nArchitecture: amd64\n");
    file(f, "var/lib/dpkg/status.d/gone", "Package: gone\nVersion: 2\nArchitecture: amd64\n");
    next_layer(f);
    file(f, "var/lib/dpkg/status.d/.wh.gone", NULL);
    expect(f, "base 1 all @0\nlibc6 2 amd64 @1\n");
    assert_string_equal(f->found->packages[1].path, "var/lib/dpkg/status.d/libc6");
}

static void a_distroless_file_taken_away_is_missed(void **state)
{
    struct fixture *f = *state;

    file(f, "etc/os-release", DEBIAN);
    file(f, "var/lib/dpkg/status.d/base", "Package: base\nVersion: 1\nArchitecture: all");
    file(f, "var/lib/dpkg/status.d/libc6.md5sums", "");
    expect(f, "base 1 all @0\n!var/lib/dpkg/status.d/libc6.md5sums has no package beside it\n");
}

static void apk_is_read_at_both_places_once(void **state)
{
    struct fixture *f = *state;

    file(f, "usr/lib/os-release", ALPINE);
    put(f, "lib", '2', "usr/lib", NULL);
    file(f, "usr/lib/apk/db/installed",
         "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nL:MIT\nT:the musl c library\n\n"
         "P:musl-utils\nV:1.2.5-r0\nA:x86_64\no:musl\nU:https://musl.libc.org/\n\n"
         "P:.build-deps\nV:20240101.000000\nA:noarch\n\n");
    expect(f, "musl 1.2.5-r0 x86_64 @0\nmusl-utils 1.2.5-r0 x86_64 @0\n");
    assert_string_equal(f->found->packages[0].type, "apk");
    assert_string_equal(f->found->packages[0].license, "MIT");
    assert_string_equal(f->found->packages[1].purl,
                        "pkg:apk/alpine/musl-utils@1.2.5-r0?arch=x86_64&distro=alpine-3.20.1"
                        "&upstream=musl");
}

static void the_squashed_view_decides(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("low", "1"));
    file(f, "lib/apk/db/installed", APK("never", "1"));
    next_layer(f);
    /* a whiteout hides lower layers whatever its place in the archive */
    file(f, "var/lib/dpkg/status", DEB("top", "2"));
    file(f, "var/lib/dpkg/.wh.status", NULL);
    file(f, "lib/apk/.wh..wh..opq", NULL);
    expect(f, "top 2 amd64 @1\n");
}

static void a_replaced_directory_takes_the_database_along(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1"));
    next_layer(f);
    file(f, "var/lib", "now a file");
    expect(f, "!layer 2 takes var/lib/dpkg/status away\n!no package database was found\n"
              "!os-release says 'debian', but there is no dpkg database\n");
}

static void what_is_written_through_a_link_is_seen(void **state)
{
    struct fixture *f = *state;

    file(f, "etc/os-release", ALPINE);
    put(f, "usr/", '5', NULL, NULL);
    put(f, "usr/lib/", '5', NULL, NULL);
    put(f, "lib", '2', "/usr/lib", NULL);
    file(f, "usr/lib/apk/db/installed", APK("old", "1"));
    next_layer(f);
    file(f, "lib/apk/db/installed", APK("new", "2")); /* lands in usr/lib */
    expect(f, "new 2 x86_64 @1\n");
    assert_string_equal(f->found->packages[0].path, "usr/lib/apk/db/installed");
}

static void a_moved_database_is_found_where_links_lead(void **state)
{
    struct fixture *f = *state;

    file(f, "etc/os-release", DEBIAN);
    put(f, "var/lib/dpkg", '2', "../../usr/lib/sysimage/dpkg", NULL);
    file(f, "usr/lib/sysimage/dpkg/status", DEB("a", "1"));
    expect(f, "a 1 amd64 @0\n");
}

static void links_that_lead_nowhere_are_doubts(void **state)
{
    struct fixture *f = *state;

    file(f, "etc/os-release", DEBIAN);
    put(f, "var/lib/dpkg/status", '2', "/opt/hidden", NULL);
    file(f, "opt/hidden", DEB("a", "1"));
    put(f, "lib/apk/db/installed", '2', "installed", NULL);
    put(f, "usr/lib/apk/db/installed", '1', "opt/hidden", NULL);
    expect(f, "!var/lib/dpkg/status is no file that could be read, or a link to one\n"
              "!lib/apk/db/installed is no file that could be read, or a link to one\n"
              "!usr/lib/apk/db/installed is no file that could be read, or a link to one\n"
              "!no package database was found\n"
              "!os-release says 'debian', but there is no dpkg database\n");
}

static void an_empty_image_is_no_complete_one(void **state)
{
    struct fixture *f = *state;

    file(f, "app", "binary");
    expect(f, "!there is no os-release\n!no package database was found\n");
}

static void a_renamed_or_second_database_is_reported(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1"));
    file(f, "opt/root/var/lib/dpkg/status", DEB("hidden", "1"));
    expect(f,
           "a 1 amd64 @0\n!opt/root/var/lib/dpkg/status looks like a package database, but is not "
           "the system's own\n");
}

static void a_shortened_status_is_betrayed_by_dpkgs_lists(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1") STATE("c", "1", "deinstall ok config-files"));
    file(f, "var/lib/dpkg/info/a.list", "/.\n");
    file(f, "var/lib/dpkg/info/c.list", "/.\n");
    file(f, "var/lib/dpkg/info/libz1:amd64.list", "/.\n");
    file(f, "var/lib/dpkg/info/openssl.list", "/.\n");
    next_layer(f);
    file(f, "var/lib/dpkg/info/.wh.openssl.list", NULL);
    expect(f,
           "a 1 amd64 @0\n!var/lib/dpkg/info has files of 1 packages that the database lacks, such "
           "as 'libz1'\n");
}

static void broken_databases_are_read_as_far_as_they_go(void **state)
{
    static const struct {
        const char *status, *want;
    } bad[] = {
        {DEB("a", "1") "Package: b\nStatus: install ok installed\nVersion: 1.", /* cut */
         "a 1 amd64 @0\n!var/lib/dpkg/status: cut short within a line\n"},
        {DEB("a", "1") "Package: b\nStatus: install ok installed\nArchitecture: all\n\n" DEB("c",
                                                                                             "1"),
         "a 1 amd64 @0\nc 1 amd64 @0\n!var/lib/dpkg/status: package 'b' has no version or "
         "architecture\n"},
        {"Version: 1\nStatus: install ok installed\n\n" DEB("c", "1"),
         "c 1 amd64 @0\n!var/lib/dpkg/status: package 1 has no proper name or version\n"},
        {"Package: b\nVersion: 1\n\n", "!var/lib/dpkg/status: package 'b' has no Status\n"},
        {"Package: b\nPackage: c\nVersion: 1\n\n" DEB("c", "1"),
         "c 1 amd64 @0\n!var/lib/dpkg/status: package 1 has a field twice\n"},
        {"garbage\n\n" DEB("c", "1"),
         "c 1 amd64 @0\n!var/lib/dpkg/status: a line is no \"Field: value\"\n"},
        {"Package: e vil\nVersion: 1\nStatus: install ok installed\n\n",
         "!var/lib/dpkg/status: package 1 has no proper name or version\n"},
        {DEB("a", "1") DEB("a", "1"), "a 1 amd64 @0\n!var/lib/dpkg/status lists 'a' twice\n"},
        {DEB("a", "1") DEB("a", "2"),
         "a 1 amd64 @0\na 2 amd64 @0\n!var/lib/dpkg/status lists 'a' twice\n"},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        void *one;

        begin(&one);
        debian(one, bad[i].status);
        expect(one, bad[i].want);
        end(&one);
    }
}

static void a_forged_os_release_is_a_doubt(void **state)
{
    static const struct {
        const char *os, *want;
    } bad[] = {
        {"ID=alpine\n", "a 1 amd64 @0\n!os-release says 'alpine', but there is no apk database\n"
                        "!there is a dpkg database, which does not fit os-release's 'alpine'\n"},
        {"ID=nothing\n",
         "a 1 amd64 @0\n!there is a dpkg database, which does not fit os-release's 'nothing'\n"},
        {"ID=mine\nID_LIKE=\"ubuntu debian\"\n", "a 1 amd64 @0\n"},
        {"ID=fedora\n",
         "a 1 amd64 @0\n!os-release says 'fedora', whose kind of package database is not read\n"
         "!there is a dpkg database, which does not fit os-release's 'fedora'\n"},
        {"ID=debian\nnot an assignment\n",
         "a 1 amd64 @0\n!etc/os-release: has lines that are no assignment\n"},
        {"ID=\"debian\n", "a 1 amd64 @0\n!etc/os-release: has lines that are no assignment\n"
                          "!there is a dpkg database, which does not fit os-release's ''\n"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        void *one;

        begin(&one);
        file(one, "etc/os-release", bad[i].os);
        file(one, "var/lib/dpkg/status", DEB("a", "1"));
        expect(one, bad[i].want);
        end(&one);
    }
}

static void a_layer_that_renames_the_distribution_is_a_doubt(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("base-files", "12"));
    next_layer(f);
    file(f, "usr/lib/os-release", "ID=ubuntu\nVERSION_ID=24.04\nID_LIKE=debian\n");
    expect(f, "base-files 12 amd64 @0\n!layer 2 changes os-release from 'debian 12' to 'ubuntu "
              "24.04', not its package\n");
}

static void an_upgrade_of_the_distribution_is_none(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("base-files", "12"));
    next_layer(f);
    debian(f, DEB("base-files", "13"));
    f->tars[1].len = 0;
    file(f, "usr/lib/os-release", "ID=debian\nVERSION_ID=13\n");
    file(f, "var/lib/dpkg/status", DEB("base-files", "13"));
    expect(f, "base-files 13 amd64 @1\n");
    assert_string_equal(f->found->distro.version_id, "13");
}

static void databases_of_other_kinds_are_named(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1"));
    file(f, "usr/lib/sysimage/rpm/rpmdb.sqlite", "SQLite format 3");
    expect(f,
           "a 1 amd64 @0\n!usr/lib/sysimage/rpm/rpmdb.sqlite: this kind of package database is not "
           "read yet\n");
}

static void entries_that_point_out_of_the_image_are_doubts(void **state)
{
    struct fixture *f = *state;

    debian(f, DEB("a", "1"));
    file(f, "../../var/lib/dpkg/status", DEB("evil", "1"));
    expect(f, "a 1 amd64 @0\n!layer 1 has an entry that points out of the image: "
              "'../../var/lib/dpkg/status'\n");
}

static void long_lines_are_no_way_to_use_up_memory(void **state)
{
    struct fixture *f = *state;
    struct img_buf status = IMG_BUF(16 * IMG_MIB);

    img_buf_puts(&status, DEB("a", "1") "Package: b\nDepends: ");
    for (size_t i = 0; i < IMG_LIMIT_DB_LINE / 4 + 10; i++)
        img_buf_puts(&status, "dep,");
    img_buf_puts(&status, "\n\n" DEB("c", "1"));
    img_buf_put(&status, "", 1);
    debian(f, (const char *)status.ptr);
    expect(f, "a 1 amd64 @0\nc 1 amd64 @0\n!var/lib/dpkg/status: package 2 has a line longer than "
              "1048576 bytes\n");
    img_buf_done(&status);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(broken_databases_are_read_as_far_as_they_go),
        TEST(a_forged_os_release_is_a_doubt),
        TEST(a_layer_that_renames_the_distribution_is_a_doubt),
        TEST(an_upgrade_of_the_distribution_is_none),
        TEST(half_done_packages_make_it_incomplete),
        TEST(a_distroless_file_taken_away_is_missed),
        TEST(links_that_lead_nowhere_are_doubts),
        TEST(an_empty_image_is_no_complete_one),
        TEST(a_renamed_or_second_database_is_reported),
        TEST(a_shortened_status_is_betrayed_by_dpkgs_lists),
        TEST(databases_of_other_kinds_are_named),
        TEST(entries_that_point_out_of_the_image_are_doubts),
        TEST(long_lines_are_no_way_to_use_up_memory),
        TEST(only_what_dpkg_calls_installed_is_listed),
        TEST(sources_are_told_apart),
        TEST(each_package_belongs_to_the_layer_that_brought_it),
        TEST(distroless_has_a_file_for_each_package),
        TEST(apk_is_read_at_both_places_once),
        TEST(the_squashed_view_decides),
        TEST(a_replaced_directory_takes_the_database_along),
        TEST(what_is_written_through_a_link_is_seen),
        TEST(a_moved_database_is_found_where_links_lead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
