/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "base/def.h"
#include "base/reason.h"

/*
 * Why a call failed: one code, and a trail of plain-language frames.
 *
 * Every fallible function returns bool and takes `struct img_err *err` last. It returns true only
 * when everything its comment promises holds; on false, *err is set and no output parameter was
 * touched. Raise with `return img_fail(err, CODE, ...)`, add context with `return img_ctx(err,
 * ...)`.
 *
 * Ownership: a plain value on the caller's stack. Nothing to free, so raising never allocates.
 * Threads:   an img_err belongs to the call chain it was passed down.
 */

/* One table: the enum, the names in JSON output, the exit statuses, the man pages. Append only. */
#define IMG_CODES(X)                                                                               \
    X(IMG_OK, "ok", 0, "everything asked for holds")                                               \
    X(IMG_E_REJECTED, "rejected", 1, "checked completely, and the answer is no")                   \
    X(IMG_E_USAGE, "usage", 2, "the command line, a policy, a key or a trust file is wrong")       \
    X(IMG_E_MALFORMED, "malformed", 3, "input breaks its own format")                              \
    X(IMG_E_LIMIT, "limit", 3, "input is larger than a named limit")                               \
    X(IMG_E_UNSUPPORTED, "unsupported", 3, "well-formed, but not something we implement")          \
    X(IMG_E_NOT_FOUND, "not-found", 4, "a file, blob, tag or key does not exist")                  \
    X(IMG_E_DENIED, "denied", 4, "permission or credentials were refused")                         \
    X(IMG_E_IO, "io", 4, "the operating system failed us")                                         \
    X(IMG_E_NETWORK, "network", 4, "a registry or log could not be reached")                       \
    X(IMG_E_MEMORY, "memory", 5, "allocation failed")                                              \
    X(IMG_E_INTERNAL, "internal", 5, "a library failed, or this program has a bug")

#define IMG_CODE_ENUM(symbol, name, status, meaning) symbol,
enum img_code { IMG_CODES(IMG_CODE_ENUM) };

#define IMG_ERR_TEXT 1000 /* bytes kept for the trail */

struct img_err {
    enum img_code code;      /* set by the innermost failure */
    enum img_reason why;     /* the stable word, where there is one */
    size_t used;             /* bytes of text in use, NULs included */
    char text[IMG_ERR_TEXT]; /* frames, innermost first, each NUL-terminated */
};
#define IMG_ERR_INIT ((struct img_err){.code = IMG_OK})

/* Starts a new error, discarding any previous one. Always returns false. */
IMG_NODISCARD bool img_fail(struct img_err *err, enum img_code code, const char *fmt, ...)
    IMG_PRINTF(3, 4);

/* Same, with the stable word that scripts and decision records see. Always returns false. */
IMG_NODISCARD bool img_refuse(struct img_err *err, enum img_code code, enum img_reason why,
                              const char *fmt, ...) IMG_PRINTF(4, 5);

/* Same, from errno: picks the code and appends strerror text. Always returns false. */
IMG_NODISCARD bool img_fail_errno(struct img_err *err, const char *fmt, ...) IMG_PRINTF(2, 3);

/* Adds an outer frame ("layer 3") to a failure passing through. Always returns false. */
IMG_NODISCARD bool img_ctx(struct img_err *err, const char *fmt, ...) IMG_PRINTF(2, 3);

const char *img_code_name(enum img_code code);
int img_code_exit(enum img_code code);

/* Writes "outer: inner: cause", control and non-ASCII bytes escaped as \xNN, and where the failure
 * has a stable word, " [word]" after it. */
void img_err_print(FILE *to, const struct img_err *err);

/* The same text into out, always NUL-terminated, cut to size bytes. */
void img_err_text(const struct img_err *err, char *out, size_t size);

/* The static analyzer sees one file at a time and would try what happens after a failure that
 * "succeeded": here it is told that raising always returns false. (err.c undoes this.) */
#ifdef __clang_analyzer__
#define img_fail(...)       ((void)img_fail(__VA_ARGS__), false)
#define img_refuse(...)     ((void)img_refuse(__VA_ARGS__), false)
#define img_fail_errno(...) ((void)img_fail_errno(__VA_ARGS__), false)
#define img_ctx(...)        ((void)img_ctx(__VA_ARGS__), false)
#endif
