/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Package URLs.
 *
 * Source: ECMA-427 (purl); ':' is never encoded; per-type case rules for the types used here.
 */
struct img_purl {
    char *type, *ns, *name, *version; /* ns and version NULL when absent; decoded */
    char *qualifiers;                 /* canonical "a=b&c=d", still encoded; NULL when absent */
    char *subpath;                    /* decoded; NULL when absent */
};
IMG_NODISCARD bool img_purl_parse(const char *text, struct img_purl *out, struct img_err *err);
void img_purl_done(struct img_purl *p);
/* Canonical text. */
IMG_NODISCARD bool img_purl_text(const struct img_purl *p, struct img_buf *out, struct img_err *err);
/* One qualifier, percent-encoded, appended as "?key=value" or "&key=value". */
void img_purl_encode(const char *text, struct img_buf *out);
/* True when type, namespace and name are equal and, where `pattern` has them, version too; every
 * qualifier of pattern must be in p. */
bool img_purl_matches(const struct img_purl *pattern, const struct img_purl *p);
