/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/time.h"
#include "cmd/common.h"
#include "cmd/out.h"
#include "cmd/password.h"

/* A file of the test's own, removed by remove_file(). */
static void write_file(const char *text, size_t len, char path[static 32])
{
    int fd;

    memcpy(path, "/tmp/img-test-XXXXXX", sizeof("/tmp/img-test-XXXXXX"));
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), len);
    close(fd);
}

static void remove_file(const char *path)
{
    assert_int_equal(unlink(path), 0);
}

static void outputs_are_one_of_the_formats_with_or_without_a_file(void **state)
{
    static const char *const bad[] = {"",          "Json",  "jso",      "jsonx",
                                      "text|json", "=x",    "json=",    "|",
                                      "text ",     "xml=f", "textjson", "json:f",
                                      "-",         "=json", "text|=f",  "json |text"};
    static const struct {
        const char *value, *format, *file;
    } good[] = {{"text", "text", NULL},
                {"sarif", "sarif", NULL},
                {"json=out.json", "json", "out.json"},
                {"json=a=b", "json", "a=b"},
                {"json=-", "json", NULL}};
    struct img_output o = {.format = "unset"};

    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_output_parse(bad[i], "text|json|sarif", &o, &err), IMG_E_USAGE, "--output");
    assert_string_equal(o.format, "unset");
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        t_ok(img_output_parse(good[i].value, "text|json|sarif", &o, &err));
        assert_string_equal(o.format, good[i].format);
        if (good[i].file == NULL)
            assert_null(o.file);
        else
            assert_string_equal(o.file, good[i].file);
    }
    (void)state;
}

static void a_rendering_replaces_a_file_but_goes_through_a_pipe(void **state)
{
    struct img_bytes data = {(const uint8_t *)"result\n", 7};
    struct img_output o = {.format = "json"};
    char path[32], fifo[64], text[16] = "";
    struct stat before, after;
    int fd;

    write_file("old", 3, path);
    assert_int_equal(stat(path, &before), 0);
    o.file = path;
    t_ok(img_output_write(&o, data, &err));
    assert_int_equal(stat(path, &after), 0);
    assert_true(after.st_ino != before.st_ino || after.st_size == 7); /* whole, not edited */
    assert_int_equal(after.st_size, 7);
    (void)snprintf(fifo, sizeof(fifo), "%s.fifo", path);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    fd = open(fifo, O_RDWR);
    assert_true(fd >= 0);
    o.file = fifo;
    t_ok(img_output_write(&o, data, &err));
    assert_int_equal(read(fd, text, sizeof(text) - 1), 7);
    assert_string_equal(text, "result\n");
    assert_int_equal(stat(fifo, &after), 0);
    assert_true(S_ISFIFO(after.st_mode));
    close(fd);
    remove_file(fifo);
    remove_file(path);
    o.file = "/nonexistent/dir/file";
    t_fails(img_output_write(&o, data, &err), IMG_E_NOT_FOUND, "No such file");
    (void)state;
}

static void the_password_is_the_files_but_for_one_newline(void **state)
{
    static const struct {
        const char *text;
        size_t len;
        const char *want;
        size_t want_len;
    } cases[] = {
        {"secret", 6, "secret", 6},
        {"secret\n", 7, "secret", 6},
        {"secret\n\n", 8, "secret\n", 7},
        {" secret ", 8, " secret ", 8},
        {"", 0, "", 0},
        {"\n", 1, "", 0},
    };

    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        struct img_buf out = IMG_BUF(100);
        struct img_key_password how = {.file = NULL};
        char path[32];
        write_file(cases[i].text, cases[i].len, path);
        how.file = path;
        t_ok(img_key_password(&how, &out, &err));
        assert_int_equal(out.len, cases[i].want_len);
        if (out.len > 0)
            assert_memory_equal(out.ptr, cases[i].want, out.len);
        img_buf_done(&out);
        remove_file(path);
    }
    (void)state;
}

static void the_file_beats_our_variable_and_that_beats_cosigns(void **state)
{
    struct img_key_password how = {.file = NULL};
    struct img_buf out = IMG_BUF(100);
    char path[32];

    write_file("file", 4, path);
    assert_int_equal(setenv("COSIGN_PASSWORD", "theirs", 1), 0);
    t_ok(img_key_password(&how, &out, &err));
    assert_memory_equal(out.ptr, "theirs", 6);
    img_buf_done(&out);
    assert_int_equal(setenv("IMGTRUST_PASSWORD", "", 1), 0); /* set but empty: the empty password */
    t_ok(img_key_password(&how, &out, &err));
    assert_int_equal(out.len, 0);
    how.file = path;
    t_ok(img_key_password(&how, &out, &err));
    assert_memory_equal(out.ptr, "file", 4);
    img_buf_done(&out);
    assert_int_equal(unsetenv("COSIGN_PASSWORD"), 0);
    assert_int_equal(unsetenv("IMGTRUST_PASSWORD"), 0);
    remove_file(path);
    (void)state;
}

static void a_password_file_that_is_missing_or_huge_is_an_error_not_empty(void **state)
{
    struct img_key_password how = {.file = "/nonexistent/password"};
    struct img_buf out = IMG_BUF(100000);
    char huge[5000], path[32];

    t_fails(img_key_password(&how, &out, &err), IMG_E_NOT_FOUND, "No such file");
    memset(huge, 'x', sizeof(huge));
    write_file(huge, sizeof(huge), path);
    how.file = path;
    t_fails(img_key_password(&how, &out, &err), IMG_E_LIMIT, "");
    assert_int_equal(out.len, 0);
    remove_file(path);
    (void)state;
}

static void keys_elsewhere_and_pins_in_argv_are_refused(void **state)
{
    static const struct {
        const char *key;
        enum img_code code;
        const char *want;
    } bad[] = {
        {"pkcs11:object=a?pin-value=1234", IMG_E_USAGE, "a key or PIN on the command line"},
        {"-----BEGIN PRIVATE KEY-----\nMIG", IMG_E_USAGE, "a key or PIN on the command line"},
        {"pkcs11:object=a", IMG_E_USAGE, "keys at 'pkcs11:'"},
        {"awskms:///alias/a", IMG_E_USAGE, "keys at 'awskms:'"},
        {"hashivault://a", IMG_E_USAGE, "keys at 'hashivault:'"},
        {"https://example.com/cosign.key", IMG_E_USAGE, "keys at 'https:'"},
        {"env://IMG_TEST_UNSET", IMG_E_USAGE, "is not set"},
        {"/nonexistent/key", IMG_E_NOT_FOUND, "No such file"},
    };
    struct img_signer *signer = NULL;
    struct img_key *key = NULL;

    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        t_fails(img_load_signer(bad[i].key, NULL, &signer, &err), bad[i].code, bad[i].want);
        t_fails(img_load_public_key(bad[i].key, &key, &err), bad[i].code, bad[i].want);
    }
    assert_null(signer);
    assert_null(key);
    (void)state;
}

static void the_source_date_is_digits_before_the_year_10000(void **state)
{
    static const char *const bad[] = {"x",  "-1",   "1.5",          " 1",
                                      "1 ", "0x10", "253402300800", "99999999999999999999999999"};
    int64_t t = 7;

    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        assert_int_equal(setenv("SOURCE_DATE_EPOCH", bad[i], 1), 0);
        t_fails(img_source_date(&t, &err), IMG_E_USAGE, "SOURCE_DATE_EPOCH");
        assert_int_equal(t, 7);
    }
    assert_int_equal(setenv("SOURCE_DATE_EPOCH", "253402300799", 1), 0);
    t_ok(img_source_date(&t, &err));
    assert_true(t == INT64_C(253402300799));
    assert_int_equal(setenv("SOURCE_DATE_EPOCH", "0", 1), 0);
    t_ok(img_source_date(&t, &err));
    assert_true(t == 0);
    assert_int_equal(unsetenv("SOURCE_DATE_EPOCH"), 0);
    t_ok(img_source_date(&t, &err));
    assert_true(t == IMG_TIME_NONE);
    (void)state;
}

static void targets_that_contradict_themselves_are_refused_before_anything_is_opened(void **state)
{
    static const struct {
        const char *text, *user, *password_file, *timeout, *as;
        enum img_code code;
        const char *want;
    } bad[] = {
        {"reg.example.com/a", "u", NULL, NULL, NULL, IMG_E_USAGE, "belong together"},
        {"reg.example.com/a", NULL, "/dev/null", NULL, NULL, IMG_E_USAGE, "belong together"},
        {"reg.example.com/a", "u:v", "/dev/null", NULL, NULL, IMG_E_USAGE, "contains ':'"},
        {"reg.example.com/a", "u", "/dev/null", NULL, NULL, IMG_E_USAGE, "is empty"},
        {"reg.example.com/a", "u", "/nonexistent", NULL, NULL, IMG_E_NOT_FOUND, "No such file"},
        {"reg.example.com/a", NULL, NULL, "30", NULL, IMG_E_USAGE, ""},
        {"reg.example.com/a", NULL, NULL, "-1s", NULL, IMG_E_USAGE, ""},
        {"reg.example.com/a", NULL, NULL, NULL, "b", IMG_E_USAGE, "--as is for layouts"},
        {"oci:/nonexistent", NULL, NULL, NULL, "UPPER", IMG_E_USAGE, ""},
        {"Reg/UPPER", NULL, NULL, NULL, NULL, IMG_E_MALFORMED, ""},
    };

    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_common common = {.registry_user = bad[i].user,
                                    .registry_password_file = bad[i].password_file,
                                    .timeout = bad[i].timeout,
                                    .as = bad[i].as};
        struct img_target t = {.store = NULL};
        t_fails(img_target_open(bad[i].text, &common, false, 30, &t, &err), bad[i].code,
                bad[i].want);
        assert_null(t.store);
        assert_null(t.ref.path);
        img_buf_done(&common.registry_password);
    }
    (void)state;
}

static void a_registry_tag_is_no_place_to_sign_unless_allowed(void **state)
{
    struct img_target t = {.store = NULL};
    struct img_document doc = {.desc.size = 2};
    char digest[IMG_DIGEST_TEXT];

    t_ok(img_digest_of(IMG_SHA256, (struct img_bytes){(const uint8_t *)"{}", 2}, &doc.desc.digest,
                       &err));
    img_digest_text(&doc.desc.digest, digest);
    t_ok(img_reference_parse("reg.example.com/app:1.2", &t.ref, &err));
    t_fails(img_target_require_digest(&t, &doc, false, "imgsign", &err), IMG_E_USAGE,
            "imgsign "
            "reg.example.com/app@sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f6"
            "1caaff8a");
    t_ok(img_target_require_digest(&t, &doc, true, "imgsign", &err));
    t.ref.digest = doc.desc.digest;
    t_ok(img_target_require_digest(&t, &doc, false, "imgsign", &err));
    img_reference_done(&t.ref);
    t_ok(img_reference_parse("oci:dir:tag", &t.ref, &err));
    t_ok(img_target_require_digest(&t, &doc, false, "imgsign", &err));
    img_reference_done(&t.ref);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_are_one_of_the_formats_with_or_without_a_file),
        cmocka_unit_test(a_rendering_replaces_a_file_but_goes_through_a_pipe),
        cmocka_unit_test(the_password_is_the_files_but_for_one_newline),
        cmocka_unit_test(the_file_beats_our_variable_and_that_beats_cosigns),
        cmocka_unit_test(a_password_file_that_is_missing_or_huge_is_an_error_not_empty),
        cmocka_unit_test(keys_elsewhere_and_pins_in_argv_are_refused),
        cmocka_unit_test(the_source_date_is_digits_before_the_year_10000),
        cmocka_unit_test(targets_that_contradict_themselves_are_refused_before_anything_is_opened),
        cmocka_unit_test(a_registry_tag_is_no_place_to_sign_unless_allowed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
