/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "oci/reader.h"

static struct img_bytes bytes(const char *s)
{
    return (struct img_bytes){.ptr = (const uint8_t *)s, .len = strlen(s)};
}

static struct img_reader *verified(const char *content, const char *promised, int64_t size)
{
    struct img_descriptor d = {.size = size};
    struct img_reader *raw = NULL, *r = NULL;

    t_ok(img_digest_of(IMG_SHA256, bytes(promised), &d.digest, &err));
    t_ok(img_reader_of_bytes(bytes(content), &raw, &err));
    t_ok(img_reader_verified(raw, &d, &r, &err));
    return r;
}

static void content_that_is_not_as_described_is_refused(void **state)
{
    static const struct {
        const char *content, *promised;
        int64_t size;
        const char *says;
    } bad[] = {
        {"abd", "abc", 3, "expected sha256:ba7816bf"},
        {"abcd", "abc", 3, "larger"},
        {"ab", "abc", 3, "1 bytes too early"},
        {"abc", "abc", 4, "1 bytes too early"},
        {"", "abc", 3, "too early"},
        {"x", "", 0, "larger"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_reader_freep)
        struct img_reader *r = verified(bad[i].content, bad[i].promised, bad[i].size);
        IMG_AUTO(img_buf_done) struct img_buf got = IMG_BUF(100);
        t_fails(img_reader_all(r, &got, &err), IMG_E_REJECTED, bad[i].says);
        t_fails(img_reader_all(r, &got, &err), IMG_E_INTERNAL, "after a failure");
    }
}

static void content_as_described_ends_well_however_often_it_is_asked(void **state)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = verified("abc", "abc", 3);
    IMG_AUTO(img_buf_done) struct img_buf got = IMG_BUF(100);
    uint8_t one;
    size_t n = 9;

    (void)state;
    t_ok(img_reader_read(r, &one, 1, &n, &err));
    assert_int_equal(n, 1);
    assert_int_equal(one, 'a');
    t_ok(img_reader_all(r, &got, &err));
    assert_int_equal(got.len, 2);
    t_ok(img_reader_read(r, &one, 1, &n, &err));
    assert_int_equal(n, 0);
}

static void an_unset_digest_verifies_nothing(void **state)
{
    struct img_descriptor unset = {.size = 0};
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    struct img_reader *r = NULL;

    (void)state;
    t_ok(img_reader_of_bytes(bytes(""), &raw, &err));
    t_fails(img_reader_verified(raw, &unset, &r, &err), IMG_E_UNSUPPORTED, "no digest");
    assert_null(r); /* and raw is still ours */
}

static void reading_everything_stops_at_the_buffers_limit(void **state)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    IMG_AUTO(img_buf_done) struct img_buf small = IMG_BUF(2);

    (void)state;
    t_ok(img_reader_of_bytes(bytes("abc"), &r, &err));
    t_fails(img_reader_all(r, &small, &err), IMG_E_LIMIT, "more than 2");
}

static void a_file_is_read_to_its_end(void **state)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    IMG_AUTO(img_buf_done) struct img_buf got = IMG_BUF(100);

    (void)state;
    t_ok(img_reader_of_fd(t_pipe("hello"), &r, &err));
    t_ok(img_reader_all(r, &got, &err));
    assert_memory_equal(got.ptr, "hello", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_that_is_not_as_described_is_refused),
        cmocka_unit_test(content_as_described_ends_well_however_often_it_is_asked),
        cmocka_unit_test(an_unset_digest_verifies_nothing),
        cmocka_unit_test(reading_everything_stops_at_the_buffers_limit),
        cmocka_unit_test(a_file_is_read_to_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
