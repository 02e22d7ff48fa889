/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"
#include "attest/statement.h"
#include "base/limits.h"

#define V1  "\"_type\":\"https://in-toto.io/Statement/v1\""
#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define XYZ "3608bca1e44ea6c4d268eb6db02260269892c0b42b86bbf1e77a6fa16c3c9282"
#define ABC_384                                                                                    \
    "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c8" \
    "25a7"
#define SUBJECT "\"subject\":[{\"name\":\"reg/app\",\"digest\":{\"sha256\":\"" ABC "\"}}]"
#define TYPE    "\"predicateType\":\"urn:x\""
#define GOOD    "{" V1 "," SUBJECT "," TYPE ",\"predicate\":{\"a\":1}}"

static void anything_but_a_statement_is_malformed(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "JSON"},
        {"[]", "expected object"},
        {"{}", "_type"},
        {GOOD "x", "JSON"},
        {GOOD GOOD, "JSON"},
        {"{" V1 "," V1 "," SUBJECT "," TYPE "}", "duplicate"},
        {"{" V1 "," SUBJECT "," TYPE ",\"predicate\":{\"a\":1,\"a\":2}}", "duplicate"},
        {"{\"_type\":\"https://in-toto.io/Statement/v2\"," SUBJECT "," TYPE "}", "unknown _type"},
        {"{\"_type\":\"\"," SUBJECT "," TYPE "}", "unknown _type"},
        {"{\"_type\":null," SUBJECT "," TYPE "}", "_type"},
        {"{" V1 "," TYPE "}", "/subject"},
        {"{" V1 ",\"subject\":null," TYPE "}", "/subject"},
        {"{" V1 ",\"subject\":[]," TYPE "}", "no subject"},
        {"{" V1 ",\"subject\":{}," TYPE "}", "/subject"},
        {"{" V1 ",\"subject\":[1]," TYPE "}", "/subject/0"},
        {"{" V1 ",\"subject\":[{\"name\":\"x\"}]," TYPE "}", "/subject/0/digest"},
        {"{" V1 ",\"subject\":[{\"digest\":{}}]," TYPE "}", "no digest"},
        {"{" V1 ",\"subject\":[{\"digest\":{\"sha256\":1}}]," TYPE "}", "/digest/sha256"},
        {"{" V1 ",\"subject\":[{\"digest\":{\"sha256\":\"\"}}]," TYPE "}", "hex"},
        {"{" V1 ",\"subject\":[{\"digest\":{\"sha256\":\"ba7816\"}}]," TYPE "}", "hex"},
        {"{" V1 ",\"subject\":[{\"digest\":{\"sha256\":\"BA7816bf8f01cfea414140de5dae2223b00361a396"
         "177a9cb410ff61f20015ad\"}}]," TYPE "}",
         "hex"},
        {"{" V1 ",\"subject\":[{\"digest\":{\"sha256\":\"" ABC "\"}},{\"digest\":{}}]," TYPE "}",
         "/subject/1"},
        {"{" V1 ",\"subject\":[{\"name\":1,\"digest\":{\"sha256\":\"" ABC "\"}}]," TYPE "}",
         "name"},
        {"{" V1 "," SUBJECT "}", "/predicateType"},
        {"{" V1 "," SUBJECT ",\"predicateType\":\"\"}", "/predicateType"},
        {"{" V1 "," SUBJECT ",\"predicateType\":[]}", "/predicateType"},
        {"{" V1 "," SUBJECT "," TYPE ",\"predicate\":[]}", "predicate"},
        {"{" V1 "," SUBJECT "," TYPE ",\"predicate\":1}", "predicate"},
        {"{" V1 "," SUBJECT "," TYPE ",\"Predicate\":{}}", "unknown member 'Predicate'"},
        {"{" V1 "," SUBJECT "," TYPE ",\"predicate\":{},\"x\":1}", "unknown member 'x'"},
    };
    struct img_statement s = {.doc = NULL};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_statement_read(img_bytes_of(bad[i].text), &s, &err), IMG_E_MALFORMED,
                bad[i].says);
    assert_null(s.doc);
}

static void subjects_and_digests_are_bounded(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_MIB);
    IMG_AUTO(img_buf_done) struct img_buf c = IMG_BUF(IMG_MIB);
    struct img_statement s = {.doc = NULL};
    struct img_bytes text = {0};

    (void)state;
    img_buf_puts(&b, "{" V1 "," TYPE ",\"subject\":[");
    for (int i = 0; i <= IMG_LIMIT_SUBJECTS; i++)
        img_buf_putf(&b, "%s{\"digest\":{\"sha256\":\"" ABC "\"}}", i > 0 ? "," : "");
    img_buf_puts(&b, "]}");
    t_ok(img_buf_bytes(&b, &text, &err));
    t_fails(img_statement_read(text, &s, &err), IMG_E_LIMIT, "1025 subjects");

    img_buf_puts(&c, "{" V1 "," TYPE ",\"subject\":[{\"digest\":{");
    for (int i = 0; i <= IMG_LIMIT_SUBJECT_HASHES; i++)
        img_buf_putf(&c, "%s\"h%d\":\"x\"", i > 0 ? "," : "", i);
    img_buf_puts(&c, "}}]}");
    t_ok(img_buf_bytes(&c, &text, &err));
    t_fails(img_statement_read(text, &s, &err), IMG_E_LIMIT, "33 digests");
}

static void predicate_may_be_an_object_a_string_or_left_out(void **state)
{
    static const char *const absent[] = {"{" V1 "," SUBJECT "," TYPE "}",
                                         "{" V1 "," SUBJECT "," TYPE ",\"predicate\":null}"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(absent); i++) {
        IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
        t_ok(img_statement_read(img_bytes_of(absent[i]), &s, &err));
        assert_null(s.predicate);
        assert_string_equal(s.predicate_type, "urn:x");
        assert_int_equal(s.subject_count, 1);
    }
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    t_ok(img_statement_read(img_bytes_of("{\"_type\":\"https://in-toto.io/Statement/v0.1\"," SUBJECT
                                         "," TYPE ",\"predicate\":\"SPDXVersion: SPDX-2.3\"}"),
                            &s, &err));
    assert_true(json_is_string(s.predicate));
}

/* Whether a statement with these subjects is about `abc`; the name it found goes to *name. */
static bool about_abc(const char *subjects, const char **name, char held[static 64],
                      struct img_err *err)
{
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_MIB);
    struct img_bytes b = {0};
    struct img_digest d;

    img_buf_putf(&text, "{" V1 "," TYPE ",\"subject\":%s}", subjects);
    if (!img_buf_bytes(&text, &b, err) || !img_statement_read(b, &s, err) ||
        !img_digest_parse("sha256:" ABC, &d, err) ||
        !img_statement_is_about(&s, &d, img_bytes_of("abc"), name, err))
        return false;
    (void)snprintf(held, 64, "%s", *name != NULL ? *name : "(none)");
    return true;
}

static void a_subject_that_does_not_fit_is_a_mismatch(void **state)
{
    static const struct {
        const char *subjects, *says;
    } bad[] = {
        {"[{\"name\":\"reg/app\",\"digest\":{\"sha256\":\"" XYZ "\"}}]", "sha256:" XYZ},
        {"[{\"digest\":{\"sha256\":\"" XYZ "\"}},{\"digest\":{\"sha512\":\"" ABC ABC "\"}}]",
         "and others"},
        {"[{\"digest\":{\"sha384\":\"" ABC_384 "\"}}]",
         "(none)"}, /* right, but not what was asked */
        {"[{\"digest\":{\"gitCommit\":\"" ABC "\"}}]", "(none)"},
        {"[{\"digest\":{\"SHA256\":\"" ABC "\"}}]", "(none)"},
        {"[{\"digest\":{\"sha256\":\"" ABC "\",\"sha512\":\"" ABC ABC "\"}}]", "two digests"},
        {"[{\"digest\":{\"sha384\":\"" XYZ XYZ "\",\"sha256\":\"" ABC "\"}}]", "hex"},
        /* the contradiction is not mended by a second subject that fits */
        {"[{\"digest\":{\"sha256\":\"" ABC "\",\"sha512\":\"" ABC ABC "\"}},"
         "{\"digest\":{\"sha256\":\"" ABC "\"}}]",
         "two digests"},
    };
    const char *name = NULL;
    char held[64];

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        enum img_code want = strcmp(bad[i].says, "hex") == 0 ? IMG_E_MALFORMED : IMG_E_REJECTED;
        t_fails(about_abc(bad[i].subjects, &name, held, &err), want, bad[i].says);
        assert_null(name);
    }
}

static void a_subject_fits_when_all_that_can_be_computed_agrees(void **state)
{
    static const struct {
        const char *subjects, *name;
    } good[] = {
        {"[{\"name\":\"reg/app\",\"digest\":{\"sha256\":\"" ABC "\"}}]", "reg/app"},
        {"[{\"digest\":{\"sha256\":\"" ABC "\",\"sha1\":\"whatever\"}}]", "(none)"},
        {"[{\"name\":\"b\",\"digest\":{\"sha384\":\"" ABC_384 "\",\"sha256\":\"" ABC "\"}}]", "b"},
        {"[{\"name\":\"a\",\"digest\":{\"sha256\":\"" XYZ "\"}},"
         "{\"name\":\"b\",\"digest\":{\"sha256\":\"" ABC "\"}}]",
         "b"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        const char *name = NULL;
        char held[64];
        t_ok(about_abc(good[i].subjects, &name, held, &err));
        assert_string_equal(held, good[i].name);
    }
}

static void what_is_written_reads_back_and_is_always_the_same(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_MIB);
    IMG_AUTO(img_buf_done) struct img_buf plain = IMG_BUF(IMG_MIB);
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    struct img_digest d, unset = {.hash = IMG_HASH_NONE};
    struct img_bytes text = {0};
    const char *name = NULL;

    (void)state;
    t_ok(img_digest_parse("sha256:" ABC, &d, &err));
    t_ok(img_statement_write("urn:x", "reg/app", &d, img_bytes_of("{\"a\":1}"), &b, &err));
    t_ok(img_buf_bytes(&b, &text, &err));
    assert_int_equal(text.len, strlen(GOOD));
    assert_memory_equal(text.ptr, GOOD, text.len);
    t_ok(img_statement_read(text, &s, &err));
    t_ok(img_statement_is_about(&s, &d, img_bytes_of("abc"), &name, &err));
    assert_string_equal(name, "reg/app");

    t_ok(img_statement_write("urn:x", NULL, &d, img_bytes_of("{}"), &plain, &err));
    t_ok(img_buf_bytes(&plain, &text, &err));
    assert_null(memmem(text.ptr, text.len, "name", 4));
    t_fails(img_statement_write("urn:x", NULL, &unset, img_bytes_of("{}"), &plain, &err),
            IMG_E_INTERNAL, "no digest");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(anything_but_a_statement_is_malformed),
        cmocka_unit_test(subjects_and_digests_are_bounded),
        cmocka_unit_test(predicate_may_be_an_object_a_string_or_left_out),
        cmocka_unit_test(a_subject_that_does_not_fit_is_a_mismatch),
        cmocka_unit_test(a_subject_fits_when_all_that_can_be_computed_agrees),
        cmocka_unit_test(what_is_written_reads_back_and_is_always_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
