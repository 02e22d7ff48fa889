/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Times as seconds since 1970-01-01T00:00:00Z, and durations as people write them.
 * Libraries never ask for the time: `now` is a parameter, read once by the program.
 *
 * Units:  int64_t seconds, UTC. IMG_TIME_NONE is "no time" and compares with nothing.
 * Source: RFC 3339; years 0000 to 9999; fractions are accepted and cut off; leap second 60 is 59.
 */
#define IMG_TIME_NONE INT64_MIN
#define IMG_TIME_TEXT 21 /* bytes of "2026-11-22T10:00:00Z" and its NUL */

/* Reads a full RFC 3339 date-time with "Z" or an offset; nothing may follow. */
IMG_NODISCARD bool img_time_parse(const char *text, int64_t *out, struct img_err *err);

/* Writes "2026-11-22T10:00:00Z", or "never" for IMG_TIME_NONE. */
void img_time_text(int64_t t, char out[static IMG_TIME_TEXT]);

/* Reads "90d", "24h", "30m", "45s" or a sum such as "1h30m"; positive, at most 100 years.
 * IMG_E_MALFORMED otherwise. A bare number is malformed: it has no unit. */
IMG_NODISCARD bool img_duration_parse(const char *text, int64_t *out, struct img_err *err);

/* Writes the same in at most two units, "31h" or "9d4h", for messages. */
void img_duration_text(int64_t seconds, char out[static 32]);
