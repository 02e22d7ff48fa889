/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Private to attest/version*.c: the orders that need a file of their own, and what they share.
 */
static inline bool img_is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}
static inline bool img_is_letter(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Runs of digits by value, whatever their length; an empty run is zero. */
int img_compare_digits(struct img_bytes a, struct img_bytes b);
/* By bytes; the shorter first. */
int img_compare_text(struct img_bytes a, struct img_bytes b);

int img_compare_apk(struct img_bytes a, struct img_bytes b);
IMG_NODISCARD bool img_compare_maven(struct img_bytes a, struct img_bytes b, int *out,
                                     struct img_err *err);
