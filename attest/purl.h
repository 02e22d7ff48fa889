/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Package URLs: read leniently where producers differ, written in one canonical form.
 *
 * Canonical: type and qualifier keys in lower case, qualifiers sorted, ':' never encoded, names in
 * the case their type prescribes. Encoded and plain colons are the same once read.
 *
 * Ownership: owns its strings; img_purl_done().
 * Errors:    IMG_E_MALFORMED; IMG_E_LIMIT past IMG_LIMIT_PURL bytes.
 * Source:    ECMA-427 (purl), clauses on building and parsing; its per-type rules for alpm, apk,
 *            bitbucket, bitnami, composer, deb, github, oci, pypi and rpm. Other types keep case.
 */
struct img_purl {
    char *type, *ns, *name, *version; /* ns and version NULL when absent; decoded */
    char *qualifiers;                 /* canonical "a=b&c=d", still encoded; NULL when absent */
    char *subpath;                    /* decoded; NULL when absent */
};
IMG_NODISCARD bool img_purl_parse(const char *text, struct img_purl *out, struct img_err *err);
void img_purl_done(struct img_purl *p);
/* Canonical text, appended; the parts may come from anywhere (names are put into their type's
 * case). */
IMG_NODISCARD bool img_purl_text(const struct img_purl *p, struct img_buf *out,
                                 struct img_err *err);
/* Appends text percent-encoded, as versions and qualifier values are: '/' becomes %2F. */
void img_purl_encode(const char *text, struct img_buf *out);
/* True when type, namespace and name are equal and, where `pattern` has them, version too; every
 * qualifier of pattern must be in p. */
bool img_purl_matches(const struct img_purl *pattern, const struct img_purl *p);
