/* SPDX-License-Identifier: Apache-2.0 */
#include "base/time.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define MINUTE INT64_C(60)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

#define YEAR_0000     INT64_C(-62167219200) /* 0000-01-01T00:00:00Z */
#define YEAR_10000    INT64_C(253402300800) /* the second after 9999-12-31T23:59:59Z */
#define DURATION_MOST (36525 * DAY)         /* 100 years */

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar, and back. Both count years
 * from March, so that a leap day is the last day of its year; 146097 days are 400 years. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = (month <= 2 ? year - 1 : year) + 400; /* never negative: year 0 is the first */
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return (era - 1) * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, unsigned *year, unsigned *month, unsigned *day)
{
    int64_t z = days + 719468 + 146097; /* never negative, as above */
    int64_t era = z / 146097, of_era = z % 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;

    *day = (unsigned)(of_year - (153 * m + 2) / 5 + 1);
    *month = (unsigned)(m < 10 ? m + 3 : m - 9);
    *year = (unsigned)((era - 1) * 400 + y + (m < 10 ? 0 : 1));
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap ? 1 : 0);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads exactly `digits` digits within min..max, then `after` unless that is NUL; moves *p on. */
static bool number(const char **p, int digits, int min, int max, int *out)
{
    int v = 0;

    for (int i = 0; i < digits; i++) {
        if (!is_digit((*p)[i]))
            return false;
        v = 10 * v + ((*p)[i] - '0');
    }
    *p += digits;
    *out = v;
    return v >= min && v <= max;
}

static bool literal(const char **p, char upper, char lower)
{
    if (**p != upper && **p != lower)
        return false;
    (*p)++;
    return true;
}

/* RFC 3339 section 5.6: "Z", or a sign, hours and minutes; seconds east of UTC. */
static bool offset(const char **p, int64_t *out)
{
    int sign = **p == '-' ? -1 : 1, hours, minutes;

    if (literal(p, 'Z', 'z')) {
        *out = 0;
        return true;
    }
    if (!literal(p, '+', '-') || !number(p, 2, 0, 23, &hours) || !literal(p, ':', ':') ||
        !number(p, 2, 0, 59, &minutes))
        return false;
    *out = sign * (hours * HOUR + minutes * MINUTE);
    return true;
}

static bool fraction(const char **p)
{
    if (**p != '.')
        return true;
    (*p)++;
    if (!is_digit(**p))
        return false;
    while (is_digit(**p))
        (*p)++;
    return true;
}

bool img_time_parse(const char *text, int64_t *out, struct img_err *err)
{
    const char *p = text;
    int year, month, day, hour, minute, second;
    int64_t east, t;

    if (!number(&p, 4, 0, 9999, &year) || !literal(&p, '-', '-') || !number(&p, 2, 1, 12, &month) ||
        !literal(&p, '-', '-') || !number(&p, 2, 1, days_in(year, month), &day) ||
        !literal(&p, 'T', 't') || !number(&p, 2, 0, 23, &hour) || !literal(&p, ':', ':') ||
        !number(&p, 2, 0, 59, &minute) || !literal(&p, ':', ':') ||
        !number(&p, 2, 0, 60, &second) || !fraction(&p) || !offset(&p, &east) || *p != '\0')
        return img_fail(err, IMG_E_MALFORMED,
                        "'%.40s' is not a time such as 2026-11-22T10:00:00Z (RFC 3339)", text);
    second = second == 60 ? 59 : second; /* RFC 3339 section 5.7; the count has no leap seconds */
    t = days_of(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second - east;
    if (t < YEAR_0000 || t >= YEAR_10000)
        return img_fail(err, IMG_E_MALFORMED, "'%.40s' is not within the years 0000 to 9999", text);
    *out = t;
    return true;
}

void img_time_text(int64_t t, char out[static IMG_TIME_TEXT])
{
    unsigned year, month, day, seconds;
    int64_t days;

    if (t < YEAR_0000 || t >= YEAR_10000) {
        (void)snprintf(out, IMG_TIME_TEXT, "%s", t == IMG_TIME_NONE ? "never" : "out of range");
        return;
    }
    days = (t - YEAR_0000) / DAY + YEAR_0000 / DAY;
    seconds = (unsigned)((t - YEAR_0000) % DAY);
    date_of(days, &year, &month, &day);
    (void)snprintf(out, IMG_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", year % 10000, month % 100,
                   day % 100, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

bool img_duration_parse(const char *text, int64_t *out, struct img_err *err)
{
    static const char units[] = "dhms";
    static const int64_t length[] = {DAY, HOUR, MINUTE, 1};
    const char *p = text, *unit = units; /* the largest unit that may still come */
    int64_t sum = 0;

    while (*p != '\0') {
        const char *next;
        int64_t v = 0;

        if (!is_digit(*p))
            return img_fail(err, IMG_E_MALFORMED, "'%.40s' is not a duration such as 24h", text);
        for (; is_digit(*p) && v <= DURATION_MOST; p++)
            v = 10 * v + (*p - '0');
        next = *p != '\0' ? strchr(units, *p) : NULL;
        if (v > DURATION_MOST)
            return img_fail(err, IMG_E_MALFORMED, "'%.40s' is longer than 100 years", text);
        if (next == NULL)
            return img_fail(err, IMG_E_MALFORMED, "'%.40s' needs a unit: d, h, m or s", text);
        if (next < unit)
            return img_fail(err, IMG_E_MALFORMED, "'%.40s': larger units come first, once", text);
        sum += v * length[next - units];
        if (sum > DURATION_MOST)
            return img_fail(err, IMG_E_MALFORMED, "'%.40s' is longer than 100 years", text);
        unit = next + 1;
        p++;
    }
    if (sum == 0)
        return img_fail(err, IMG_E_MALFORMED, "'%.40s' is not a positive duration", text);
    *out = sum;
    return true;
}

void img_duration_text(int64_t seconds, char out[static 32])
{
    static const struct {
        uint64_t least, length,
            below; /* from when on it is used, what it is, and the next smaller */
        char unit, next;
    } units[] = {{2 * DAY, DAY, HOUR, 'd', 'h'},
                 {HOUR, HOUR, MINUTE, 'h', 'm'},
                 {MINUTE, MINUTE, 1, 'm', 's'},
                 {0, 1, 1, 's', ' '}};
    uint64_t s = seconds < 0 ? 0 - (uint64_t)seconds : (uint64_t)seconds;
    const char *sign = seconds < 0 ? "-" : "";
    unsigned rest;
    size_t u = 0;

    while (s < units[u].least)
        u++;
    rest = (unsigned)(s % units[u].length / units[u].below % 60); /* below 60 as it is */
    if (rest > 0)
        (void)snprintf(out, 32, "%s%" PRIu64 "%c%u%c", sign, s / units[u].length, units[u].unit,
                       rest, units[u].next);
    else
        (void)snprintf(out, 32, "%s%" PRIu64 "%c", sign, s / units[u].length, units[u].unit);
}
