/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/time.h"

static void what_is_no_rfc_3339_time_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "2026-11-22",
                                      "2026-11-22 10:00:00Z",
                                      "2026-11-22T10:00:00",
                                      "2026-11-22T10:00Z",
                                      "2026-11-22T10:00:00Z ",
                                      "2026-11-22T10:00:00ZZ",
                                      " 2026-11-22T10:00:00Z",
                                      "2026-13-01T00:00:00Z",
                                      "2026-00-01T00:00:00Z",
                                      "2026-02-29T00:00:00Z",
                                      "1900-02-29T00:00:00Z",
                                      "2026-04-31T00:00:00Z",
                                      "2026-04-00T00:00:00Z",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T10:60:00Z",
                                      "2026-11-22T10:00:61Z",
                                      "2026-11-22T10:00:00.Z",
                                      "2026-11-22T10:00:00,5Z",
                                      "2026-11-22T10:00:00+24:00",
                                      "2026-11-22T10:00:00+01:60",
                                      "2026-11-22T10:00:00+0100",
                                      "2026-11-22T10:00:00+01",
                                      "+2026-11-22T10:00:00Z",
                                      "-026-11-22T10:00:00Z",
                                      "20261122T100000Z",
                                      "0000-01-01T00:00:00+00:01",
                                      "9999-12-31T23:59:59-00:01"};
    int64_t t = 5;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_time_parse(bad[i], &t, &err), IMG_E_MALFORMED, bad[i]);
    assert_int_equal(t, 5);
}

static void times_are_seconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        int64_t t;
    } good[] = {{"1970-01-01T00:00:00Z", 0},
                {"1969-12-31T23:59:59Z", -1},
                {"2026-11-22T10:00:00Z", 1795341600},
                {"2000-02-29T23:59:60Z", 951868799},
                {"2026-11-22t11:30:00.999999999+01:30", 1795341600},
                {"2026-11-22T09:59:00-00:01", 1795341600},
                {"0000-01-01T00:00:00Z", -62167219200},
                {"9999-12-31T23:59:59Z", 253402300799}};
    int64_t t;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        t_ok(img_time_parse(good[i].text, &t, &err));
        assert_int_equal(t, good[i].t);
    }
}

static void every_day_of_four_centuries_reads_back(void **state)
{
    char text[IMG_TIME_TEXT];
    int64_t back;

    (void)state;
    for (int64_t day = -146097; day < 146097; day++) {
        img_time_text(day * 86400 + 3661, text);
        t_ok(img_time_parse(text, &back, &err));
        assert_int_equal(back, day * 86400 + 3661);
    }
    img_time_text(-62167219200, text);
    assert_string_equal(text, "0000-01-01T00:00:00Z");
    img_time_text(253402300799, text);
    assert_string_equal(text, "9999-12-31T23:59:59Z");
    img_time_text(253402300800, text);
    assert_string_equal(text, "out of range");
    img_time_text(INT64_MAX, text);
    assert_string_equal(text, "out of range");
    img_time_text(IMG_TIME_NONE, text);
    assert_string_equal(text, "never");
}

static void durations_need_units_in_order(void **state)
{
    static const char *const bad[] = {"",
                                      "0s",
                                      "24",
                                      "h",
                                      "-1h",
                                      "1h-1m",
                                      "1.5h",
                                      "1h 30m",
                                      "30m1h",
                                      "1h1h",
                                      "1w",
                                      "36526d",
                                      "1H",
                                      "24h ",
                                      "1",
                                      "0d0h",
                                      "99999999999999999999s",
                                      "36525d1s"};
    static const struct {
        const char *text;
        int64_t seconds;
        const char *back;
    } good[] = {{"24h", 86400, "24h"},        {"90d", 7776000, "90d"},
                {"1h30m", 5400, "1h30m"},     {"45s", 45, "45s"},
                {"31h", 111600, "31h"},       {"9d4h", 792000, "9d4h"},
                {"1d2h3m4s", 93784, "26h3m"}, {"36525d", 3155760000, "36525d"},
                {"90s", 90, "1m30s"}};
    char text[32];
    int64_t d = 5;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_duration_parse(bad[i], &d, &err), IMG_E_MALFORMED, "'");
    assert_int_equal(d, 5);
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        t_ok(img_duration_parse(good[i].text, &d, &err));
        assert_int_equal(d, good[i].seconds);
        img_duration_text(d, text);
        assert_string_equal(text, good[i].back);
    }
    img_duration_text(0, text);
    assert_string_equal(text, "0s");
    img_duration_text(INT64_MIN, text);
    assert_string_equal(text, "-106751991167300d15h");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_no_rfc_3339_time_is_refused),
                                       cmocka_unit_test(times_are_seconds_since_1970),
                                       cmocka_unit_test(every_day_of_four_centuries_reads_back),
                                       cmocka_unit_test(durations_need_units_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
