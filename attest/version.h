/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Which of two versions is newer, by the order of their ecosystem. Numbers have no size limit.
 *
 * Source: deb-version(7); apk-tools version grammar; semver.org 2.0; Maven's ComparableVersion.
 */
enum img_order { IMG_ORDER_NONE, IMG_ORDER_DEB, IMG_ORDER_APK, IMG_ORDER_SEMVER, IMG_ORDER_MAVEN };

/* The order that a purl type's versions follow: "deb", "apk", "npm", "golang", "cargo", "maven";
 * IMG_ORDER_NONE for types whose order is not built. */
enum img_order img_order_of_purl_type(const char *type);

/* <0, 0, >0 into *out. IMG_E_UNSUPPORTED (version-order-unknown) for IMG_ORDER_NONE. */
IMG_NODISCARD bool img_version_compare(enum img_order order, const char *a, const char *b, int *out,
                                       struct img_err *err);

/* A constraint such as "<2.17.1", ">=1.0 <1.5", "=1.2 || <1.0": terms separated by blanks or commas
 * all hold, "||" separates alternatives. img_version_in says whether a version satisfies it. */
IMG_NODISCARD bool img_version_range_check(const char *range, struct img_err *err);
IMG_NODISCARD bool img_version_in(enum img_order order, const char *version, const char *range,
                                  bool *out, struct img_err *err);
