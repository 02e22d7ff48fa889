/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/limits.h"
#include "base/yaml.h"

static void img_yaml_done(struct img_yaml_stream **s)
{
    img_yaml_free(*s);
    *s = NULL;
}

static void what_readers_disagree_about_is_refused(void **state)
{
    static const struct {
        const char *text, *why;
        enum img_code code;
    } bad[] = {{"a: 1\nb: 2\na: 3\n", "line 3 column 1: key 'a' stands twice, first in line 1",
                IMG_E_MALFORMED},
               {"{a: 1, \"a\": 2}", "column 8: key 'a' stands twice", IMG_E_MALFORMED},
               {"a: {x: 1, y2: 2, x: 3}", "key 'x'", IMG_E_MALFORMED},
               {"a: !!str 1", "column 4: tags", IMG_E_UNSUPPORTED},
               {"! a", "tags", IMG_E_UNSUPPORTED},
               {"!!map {a: 1}", "tags", IMG_E_UNSUPPORTED},
               {"!x [1]", "tags", IMG_E_UNSUPPORTED},
               {"!!binary a: 1", "tags", IMG_E_UNSUPPORTED},
               {"a: &x {b: 1}\nc: {<<: *x}", "merge", IMG_E_UNSUPPORTED},
               {"\"<<\": {a: 1}", "merge", IMG_E_UNSUPPORTED},
               {"? [a]\n: 1", "a list or map as a key", IMG_E_UNSUPPORTED},
               {"{{a: 1}: 2}", "a list or map as a key", IMG_E_UNSUPPORTED},
               {"k: &x a\n*x : 1", "alias as a key", IMG_E_UNSUPPORTED},
               {"1: a", "key '1' is not a string", IMG_E_UNSUPPORTED},
               {"yes: a", "key 'yes'", IMG_E_UNSUPPORTED},
               {"a: {True: 1}", "key 'True'", IMG_E_UNSUPPORTED},
               {"~: a", "key '~'", IMG_E_UNSUPPORTED},
               {"? \n: a", "key ''", IMG_E_UNSUPPORTED},
               {"a: \"x\\0y\"", "NUL", IMG_E_MALFORMED},
               {"a: *x", "alias without an anchor", IMG_E_MALFORMED},
               {"--- &x a\n--- *x", "alias without an anchor", IMG_E_MALFORMED},
               {"a: &x [1, *x]", "inside its own anchor", IMG_E_MALFORMED},
               {"&x {a: {b: *x}}", "inside its own anchor", IMG_E_MALFORMED},
               {"a: b: c", "line 1", IMG_E_MALFORMED},
               {"a:\n\tb: c", "line 2", IMG_E_MALFORMED},
               {"[1, 2", "line 2", IMG_E_MALFORMED},
               {"a: \xff", "byte 3", IMG_E_MALFORMED},
               {"\xff\xfe"
                "a",
                "byte 0", IMG_E_MALFORMED},
               {"a: \x01", "byte 3", IMG_E_MALFORMED}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;

        t_fails(img_yaml_parse(img_bytes_of(bad[i].text), true, &s, &err), bad[i].code, bad[i].why);
        assert_null(s);
    }
}

static void anchors_are_refused_on_request(void **state)
{
    IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;

    (void)state;
    t_fails(img_yaml_parse(img_bytes_of("a: &x 1"), false, &s, &err), IMG_E_UNSUPPORTED, "anchors");
    t_fails(img_yaml_parse(img_bytes_of("a: *x"), false, &s, &err), IMG_E_UNSUPPORTED, "aliases");
}

static void nesting_is_bounded(void **state)
{
    IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL, *good = NULL;
    static char text[4 * IMG_LIMIT_YAML_DEPTH];
    IMG_AUTO(img_buf_done) struct img_buf tower = IMG_BUF(8192);
    struct img_bytes bytes;

    (void)state;
    memset(text, '[', IMG_LIMIT_YAML_DEPTH);
    memset(text + IMG_LIMIT_YAML_DEPTH, ']', IMG_LIMIT_YAML_DEPTH);
    t_ok(img_yaml_parse(img_bytes_of(text), true, &good, &err));
    memset(text, '[', sizeof(text) - 1);
    t_fails(img_yaml_parse(img_bytes_of(text), true, &s, &err), IMG_E_LIMIT, "nested too deeply");
    /* each alias puts the tower before it one storey higher */
    img_buf_puts(&tower, "- &t0 [x]\n");
    for (int i = 1; i <= IMG_LIMIT_YAML_DEPTH; i++)
        img_buf_putf(&tower, "- &t%d [*t%d]\n", i, i - 1);
    t_ok(img_buf_bytes(&tower, &bytes, &err));
    t_fails(img_yaml_parse(bytes, true, &s, &err), IMG_E_LIMIT,
            "line 100 column 9: nested too deeply");
}

static void alias_bombs_end_at_the_node_limit(void **state)
{
    IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;
    IMG_AUTO(img_buf_done) struct img_buf bomb = IMG_BUF(8192);
    struct img_bytes bytes;

    (void)state;
    img_buf_puts(&bomb, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 30; i++) {
        img_buf_putf(&bomb, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            img_buf_putf(&bomb, "*a%d, ", i - 1);
        img_buf_puts(&bomb, "]\n");
    }
    t_ok(img_buf_bytes(&bomb, &bytes, &err));
    t_fails(img_yaml_parse(bytes, true, &s, &err), IMG_E_LIMIT, "line 6 column");
}

static void too_many_anchors_are_refused(void **state)
{
    IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;
    IMG_AUTO(img_buf_done) struct img_buf many = IMG_BUF(8192);
    struct img_bytes bytes;

    (void)state;
    for (int i = 0; i <= IMG_LIMIT_YAML_ANCHORS; i++)
        img_buf_putf(&many, "- &a%d x\n", i);
    t_ok(img_buf_bytes(&many, &bytes, &err));
    t_fails(img_yaml_parse(bytes, true, &s, &err), IMG_E_LIMIT, "line 257 column 3: more than 256");
}

static void too_many_directives_are_refused(void **state)
{
    static const char *const breaks[] = {"\n", "\r", "\r\n", "\xc2\x85", "\xe2\x80\xa8"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(breaks); i++) {
        IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;
        IMG_AUTO(img_buf_done) struct img_buf many = IMG_BUF(8192);
        struct img_bytes bytes;

        for (int k = 0; k <= IMG_LIMIT_YAML_DIRECTIVES; k++)
            img_buf_putf(&many, "%%TAG !a%d! x%s", k, breaks[i]);
        img_buf_puts(&many, "--- a\n");
        t_ok(img_buf_bytes(&many, &bytes, &err));
        t_fails(img_yaml_parse(bytes, true, &s, &err), IMG_E_LIMIT, "more than 64 directives");
        t_ok(img_yaml_parse(img_bytes_of("%YAML 1.1\n--- \"%\"\n"), true, &s, &err));
    }
}

static void trees_remember_places(void **state)
{
    static const char text[] = "# comment\n"
                               "spec:\n"
                               "  images: [\"a\", 'b', c]\n"
                               "  empty: {}\n"
                               "  block: |\n"
                               "    yes\n"
                               "  shared: &s {k: v}\n"
                               "  again: *s\n"
                               "---\n"
                               "---\n"
                               "{\"json\": [1, true, null]}\n"
                               "...\n";
    IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;
    const struct img_yaml *spec, *images, *json;

    (void)state;
    t_ok(img_yaml_parse(img_bytes_of(text), true, &s, &err));
    assert_int_equal(img_yaml_documents(s), 3);
    assert_null(img_yaml_document(s, 1));
    assert_null(img_yaml_document(s, 3));
    spec = img_yaml_get(img_yaml_document(s, 0), "spec");
    assert_non_null(spec);
    assert_int_equal(spec->kind, IMG_YAML_MAP);
    assert_int_equal(spec->count, 5);
    images = img_yaml_get(spec, "images");
    assert_int_equal(images->count, 3);
    assert_string_equal(images->items[1]->text, "b");
    assert_true(images->items[1]->quoted);
    assert_false(images->items[2]->quoted);
    assert_int_equal(images->items[2]->line, 3);
    assert_int_equal(images->items[2]->column, 22);
    assert_int_equal(img_yaml_get(spec, "empty")->count, 0);
    assert_string_equal(img_yaml_get(spec, "block")->text, "yes\n");
    assert_true(img_yaml_is_string(img_yaml_get(spec, "block")));
    assert_ptr_equal(img_yaml_get(spec, "shared"), img_yaml_get(spec, "again"));
    assert_null(img_yaml_get(spec, "absent"));
    assert_null(img_yaml_get(images, "a"));
    assert_null(img_yaml_get(NULL, "a"));
    json = img_yaml_get(img_yaml_document(s, 2), "json");
    assert_int_equal(json->count, 3);
    assert_true(img_yaml_is_null(json->items[2]));
}

static void streams_without_documents_are_empty(void **state)
{
    static const char *const empty[] = {"", "# only a comment\n", "\n\n", "\xef\xbb\xbf"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(empty); i++) {
        IMG_AUTO(img_yaml_done) struct img_yaml_stream *s = NULL;

        t_ok(img_yaml_parse(img_bytes_of(empty[i]), false, &s, &err));
        assert_int_equal(img_yaml_documents(s), 0);
    }
}

static struct img_yaml plain(const char *text)
{
    return (struct img_yaml){.kind = IMG_YAML_SCALAR, .text = text, .line = 1, .column = 1};
}

static void plain_scalars_some_reader_takes_for_more_are_no_strings(void **state)
{
    static const char *const not_strings[] = {"",           "~",     "null", "Null",  "NULL",
                                              "true",       "False", "YES",  "no",    "On",
                                              "off",        "y",     "N",    "0",     "-1",
                                              "+1",         "010",   "0x1F", "0b11",  "0o7",
                                              "1_000",      "1.",    ".5",   "1.5e3", "1e9",
                                              "-.inf",      ".NaN",  ".Inf", "1.10",  "1E-3",
                                              "0xdead_beef"};
    static const char *const strings[] = {"a",     "nULL",    "yEs",
                                          "1.2.3", "v1",      "2026-06-30T00:00:00Z",
                                          "1:30",  "8080:80", "-",
                                          ".",     "+",       "0x",
                                          "0xg",   "_1",      "1e",
                                          "e1",    "1-2",     "24h",
                                          "..",    "0x1.8"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(not_strings); i++) {
        struct img_yaml node = plain(not_strings[i]);

        if (img_yaml_is_string(&node))
            fail_msg("'%s' taken for a string", node.text);
        node.quoted = true;
        assert_true(img_yaml_is_string(&node));
        assert_false(img_yaml_is_null(&node));
    }
    for (size_t i = 0; i < IMG_COUNT(strings); i++) {
        struct img_yaml node = plain(strings[i]);

        if (!img_yaml_is_string(&node))
            fail_msg("'%s' not taken for a string", node.text);
    }
}

static void booleans_and_numbers_have_one_form(void **state)
{
    static const char *const not_bools[] = {"yes", "on", "y", "1", "0", "tRUE", "", "truee"};
    static const char *const not_ints[] = {"",    "-",   "+1",  "010", "0x10", "1_0",
                                           "1.0", "1e3", "abc", "1 ",  "--1",  "00"};
    struct img_yaml node = plain("True"), list = {.kind = IMG_YAML_LIST};
    int64_t n = 5;
    bool b = false;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(not_bools); i++) {
        node = plain(not_bools[i]);
        t_fails(img_yaml_bool(&node, &b, &err), IMG_E_MALFORMED, "expected true or false");
    }
    for (size_t i = 0; i < IMG_COUNT(not_ints); i++) {
        node = plain(not_ints[i]);
        t_fails(img_yaml_int(&node, 0, 100, &n, &err), IMG_E_MALFORMED,
                "line 1 column 1: expected");
    }
    t_fails(img_yaml_bool(&list, &b, &err), IMG_E_MALFORMED, "expected");
    t_fails(img_yaml_int(&list, 0, 1, &n, &err), IMG_E_MALFORMED, "expected");
    t_fails(img_yaml_int(NULL, 0, 1, &n, &err), IMG_E_MALFORMED, "expected");
    node = plain("101");
    t_fails(img_yaml_int(&node, 0, 100, &n, &err), IMG_E_MALFORMED, "not within 0..100");
    node = plain("9223372036854775808");
    t_fails(img_yaml_int(&node, INT64_MIN, INT64_MAX, &n, &err), IMG_E_MALFORMED, "not within");
    node = plain("1");
    node.quoted = true;
    t_fails(img_yaml_int(&node, 0, 100, &n, &err), IMG_E_MALFORMED, "whole number");
    assert_int_equal(n, 5);
    node = plain("-9223372036854775808");
    t_ok(img_yaml_int(&node, INT64_MIN, 0, &n, &err));
    assert_int_equal(n, INT64_MIN);
    node = plain("TRUE");
    t_ok(img_yaml_bool(&node, &b, &err));
    assert_true(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_readers_disagree_about_is_refused),
                                       cmocka_unit_test(anchors_are_refused_on_request),
                                       cmocka_unit_test(nesting_is_bounded),
                                       cmocka_unit_test(alias_bombs_end_at_the_node_limit),
                                       cmocka_unit_test(too_many_anchors_are_refused),
                                       cmocka_unit_test(too_many_directives_are_refused),
                                       cmocka_unit_test(trees_remember_places),
                                       cmocka_unit_test(streams_without_documents_are_empty),
                                       cmocka_unit_test(
                                           plain_scalars_some_reader_takes_for_more_are_no_strings),
                                       cmocka_unit_test(booleans_and_numbers_have_one_form)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
