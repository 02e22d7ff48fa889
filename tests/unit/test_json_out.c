/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/json.h"
#include "base/json_out.h"

static void commas_and_escapes_are_right(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(1000);
    struct img_json_out j = {.to = &b};
    struct img_bytes got;

    (void)state;
    img_json_out_open(&j, NULL, '{');
    img_json_out_open(&j, "empty", '[');
    img_json_out_close(&j, ']');
    img_json_out_open(&j, "list", '[');
    img_json_out_int(&j, NULL, INT64_MIN);
    img_json_out_bool(&j, NULL, true);
    img_json_out_open(&j, NULL, '{');
    img_json_out_close(&j, '}');
    img_json_out_str(&j, NULL, NULL);
    img_json_out_close(&j, ']');
    img_json_out_opt(&j, "absent", NULL);
    img_json_out_opt(&j, "absent", "");
    img_json_out_opt(&j, "there", "x");
    img_json_out_str(&j, "k\"ey", "a\"b\\c\n\t\x01\x0b\x1f\x7f</\xc3\xa9");
    img_json_out_bytes(&j, "bad",
                       (struct img_bytes){.ptr = (const uint8_t *)"\xff\0\xe2\x82!", .len = 5});
    img_json_out_raw(&j, "raw", img_bytes_of("{\"z\":1}"));
    img_json_out_null(&j, "n");
    img_json_out_close(&j, '}');
    t_ok(img_buf_bytes(&b, &got, &err));
    assert_true(img_bytes_equal(
        got,
        img_bytes_of("{\"empty\":[],\"list\":[-9223372036854775808,true,{},null],\"there\":"
                     "\"x\",\"k\\\"ey\":\"a\\\"b\\\\c\\n\\t\\u0001\\u000b\\u001f\x7f</\xc3\xa9\","
                     "\"bad\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\","
                     "\"raw\":{\"z\":1},\"n\":null}")));
}

static void every_byte_string_reads_back_as_json(void **state)
{
    (void)state;
    for (unsigned first = 0; first < 256; first++)
        for (unsigned second = 0; second < 256; second++) {
            IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);
            IMG_AUTO(json_decrefp) json_t *doc = NULL;
            struct img_json_out j = {.to = &b};
            const uint8_t text[2] = {(uint8_t)first, (uint8_t)second};
            struct img_bytes got;

            img_json_out_open(&j, NULL, '{');
            img_json_out_bytes(&j, "s", (struct img_bytes){.ptr = text, .len = 2});
            img_json_out_close(&j, '}');
            t_ok(img_buf_bytes(&b, &got, &err));
            t_ok(img_json_parse(got, 100, &doc, &err));
            if (first > 0 && first < 0x80 && second > 0 && second < 0x80)
                assert_memory_equal(json_string_value(json_object_get(doc, "s")), text, 2);
        }
}

static void an_overflow_is_found_at_the_end(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(5);
    struct img_json_out j = {.to = &b};
    struct img_bytes got;

    (void)state;
    img_json_out_str(&j, NULL, "abcd");
    t_fails(img_buf_bytes(&b, &got, &err), IMG_E_LIMIT, "5");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(commas_and_escapes_are_right),
                                       cmocka_unit_test(every_byte_string_reads_back_as_json),
                                       cmocka_unit_test(an_overflow_is_found_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
