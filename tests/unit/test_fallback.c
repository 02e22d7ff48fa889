/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "oci/fallback.h"
#include "tests/support/t.h"

#define INDEX "\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_INDEX "\""

static struct img_bytes of(const char *text)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

static struct img_descriptor entry(const char *text)
{
    struct img_descriptor d = {.size = 7, .media_type = IMG_TYPE_OCI_MANIFEST};

    (void)snprintf(d.artifact_type, sizeof(d.artifact_type), "text/plain");
    t_ok(img_digest_of(IMG_SHA256, of(text), &d.digest, &err));
    return d;
}

/* Adds and gives the new list, or "" when nothing changed. */
static char *add(const char *list, const struct img_descriptor *d)
{
    struct img_buf out = IMG_BUF(IMG_LIMIT_MANIFEST);
    bool changed;
    char *text;

    t_ok(img_fallback_add(of(list), d, &out, &changed, &err));
    assert_true(changed == (out.len > 0));
    img_buf_put(&out, "", 1);
    text = strdup((const char *)out.ptr);
    img_buf_done(&out);
    return text;
}

static size_t listed(const char *list, const struct img_descriptor *d)
{
    struct img_collected c = {.cap = 0};
    size_t n = 0;

    t_ok(img_collect(of(list), &c, &err));
    for (size_t i = 0; i < c.list.count; i++)
        n += img_digest_equal(&c.list.items[i].digest, &d->digest);
    img_collected_done(&c);
    return n;
}

static void what_is_no_image_index_is_never_an_empty_list(void **state)
{
    static const char *const bad[] = {
        "garbage",
        "<html></html>",
        "[]",
        "null",
        "{}",
        "{\"manifests\":{}}",
        "{\"manifests\":[]",
        "{\"manifests\":[],\"manifests\":[]}",
        "{\"manifests\":[],\"Manifests\":[]}",
        "{\"manifests\":[],\"layers\":[]}",
        "{\"manifests\":[],\"config\":{}}",
        "{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\",\"manifests\":[]}",
        "{\"mediaType\":\"" IMG_TYPE_DOCKER_LIST "\",\"manifests\":[]}",
        "{\"mediaType\":7,\"manifests\":[]}",
        "{\"errors\":[{\"code\":\"UNKNOWN\"}]}",
    };
    struct img_descriptor d = entry("x");
    struct img_collected c = {.cap = 0};
    struct img_buf out = IMG_BUF(IMG_LIMIT_MANIFEST);
    bool changed;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        t_fails(img_collect(of(bad[i]), &c, &err), IMG_E_MALFORMED, "");
        t_fails(img_fallback_add(of(bad[i]), &d, &out, &changed, &err), IMG_E_MALFORMED, "");
        t_fails(img_fallback_remove(of(bad[i]), &d.digest, 1, &out, &changed, &err),
                IMG_E_MALFORMED, "");
        assert_int_equal(out.len, 0);
    }
    t_fails(img_fallback_add(of("{" INDEX ",\"manifests\":[],\"subject\":{}}"), &d, &out, &changed,
                             &err),
            IMG_E_MALFORMED, "attached to something itself");
}

static void broken_entries_count_as_absent_and_are_kept_on_writing(void **state)
{
    const char *list =
        "{" INDEX
        ",\"manifests\":[null,7,{},{\"digest\":\"sha256:xy\"},{\"mediaType\":\"a/b\",\"new\":"
        "1},\"s\"],\"annotations\":{\"kept\":\"yes\"},\"unknown\":[1.5]}";
    struct img_descriptor d = entry("x");
    char *after;

    (void)state;
    assert_int_equal(listed(list, &d), 0);
    after = add(list, &d);
    assert_int_equal(listed(after, &d), 1);
    assert_non_null(strstr(after, "[null,7,{},{\"digest\":\"sha256:xy\"},{\"mediaType\":\"a/b\","
                                  "\"new\":1},\"s\",{"));
    assert_non_null(strstr(after, "\"annotations\":{\"kept\":\"yes\"},\"unknown\":[1.5]"));
    free(after);
}

static void a_new_list_is_an_image_index(void **state)
{
    struct img_descriptor d = entry("x");
    char *list = add("", &d);

    (void)state;
    assert_int_equal(strncmp(list, "{" INDEX ",\"manifests\":[{", strlen(INDEX) + 16), 0);
    assert_non_null(strstr(list, "\"artifactType\":\"text/plain\""));
    assert_int_equal(listed(list, &d), 1);
    free(list);
    list = add("{" INDEX ",\"manifests\":null}", &d);
    assert_int_equal(listed(list, &d), 1);
    free(list);
    list = add("{" INDEX "}", &d);
    assert_int_equal(listed(list, &d), 1);
    free(list);
}

static void adding_twice_changes_nothing_and_removing_undoes_it(void **state)
{
    struct img_descriptor x = entry("x"), y = entry("y");
    struct img_buf out = IMG_BUF(IMG_LIMIT_MANIFEST);
    char *one = add("", &x), *two = add(one, &y), *three = add(two, &x);
    bool changed;

    (void)state;
    assert_string_equal(three, "");
    assert_int_equal(listed(two, &x) + listed(two, &y), 2);
    t_ok(img_fallback_remove(of(two), &y.digest, 1, &out, &changed, &err));
    assert_true(changed);
    assert_int_equal(out.len, strlen(one));
    assert_memory_equal(out.ptr, one, out.len);
    img_buf_done(&out);
    t_ok(img_fallback_remove(of(one), &y.digest, 1, &out, &changed, &err));
    assert_false(changed);
    t_ok(img_fallback_remove(of(""), &y.digest, 1, &out, &changed, &err));
    assert_false(changed);
    free(one);
    free(two);
    free(three);
}

static void lists_are_merged_each_digest_once_in_order(void **state)
{
    struct img_descriptor d[20];
    struct img_collected c = {.cap = 0};
    char *list = strdup("");

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(d); i++) {
        char text[8], *more;

        (void)snprintf(text, sizeof(text), "%zu", i);
        d[i] = entry(text);
        more = add(list, &d[i]);
        free(list);
        list = more;
    }
    t_ok(img_collect(of(list), &c, &err));
    t_ok(img_collect(of(list), &c, &err));
    assert_int_equal(c.list.count, IMG_COUNT(d));
    assert_int_equal(c.looked, 2 * IMG_COUNT(d));
    for (size_t i = 0; i < IMG_COUNT(d); i++)
        assert_true(img_digest_equal(&c.list.items[i].digest, &d[i].digest));
    img_collected_done(&c);
    free(list);
}

static void an_endless_list_is_cut(void **state)
{
    struct img_collected c = {.cap = 0};
    struct img_buf list = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_bytes text;

    (void)state;
    img_buf_puts(&list, "{" INDEX ",\"manifests\":[0");
    for (size_t i = 0; i < 2 * IMG_LIMIT_REFERRERS; i++)
        img_buf_puts(&list, ",{}");
    img_buf_puts(&list, "]}");
    t_ok(img_buf_bytes(&list, &text, &err));
    t_ok(img_collect(text, &c, &err));
    assert_true(c.list.cut);
    assert_int_equal(c.looked, 2 * IMG_LIMIT_REFERRERS);
    img_collected_done(&c);
    img_buf_done(&list);
}

static void tags_are_the_algorithm_and_at_most_64_characters(void **state)
{
    struct img_digest d;
    char tag[IMG_FALLBACK_TAG];

    (void)state;
    t_ok(img_digest_of(IMG_SHA256, of(""), &d, &err));
    img_fallback_tag(&d, tag);
    assert_string_equal(tag,
                        "sha256-e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    t_ok(img_digest_of(IMG_SHA512, of(""), &d, &err));
    img_fallback_tag(&d, tag);
    assert_string_equal(tag,
                        "sha512-cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_image_index_is_never_an_empty_list),
        cmocka_unit_test(broken_entries_count_as_absent_and_are_kept_on_writing),
        cmocka_unit_test(a_new_list_is_an_image_index),
        cmocka_unit_test(adding_twice_changes_nothing_and_removing_undoes_it),
        cmocka_unit_test(lists_are_merged_each_digest_once_in_order),
        cmocka_unit_test(an_endless_list_is_cut),
        cmocka_unit_test(tags_are_the_algorithm_and_at_most_64_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
