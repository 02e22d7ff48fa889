/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "base/buf.h"

/*
 * Foreign text made safe to show, and small string helpers.
 *
 * Safe means: valid UTF-8 without control characters, ANSI escapes, line or paragraph separators,
 * bidirectional overrides or invisible format characters; each such byte is shown as \xNN. Nothing
 * is dropped, so two different names never look the same by what was hidden; a backslash before an
 * "x" is shown as \x5c, so foreign text cannot imitate an escape either.
 */
void img_text_safe(const char *text, struct img_buf *out);
void img_text_print(FILE *to, const char *text);

/* True when text is valid UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool img_text_is_utf8(struct img_bytes text);
/* Bytes of the UTF-8 sequence that text starts with; 0 when it starts with none. */
size_t img_text_utf8(struct img_bytes text);

/* The word quoted for a POSIX shell, as is when it needs no quotes. */
void img_text_shell(const char *word, struct img_buf *out);

/* strdup that raises IMG_E_MEMORY. */
IMG_NODISCARD bool img_strdup(const char *text, char **out, struct img_err *err);
/* A string from a printf format; *out is the caller's to free. */
IMG_NODISCARD bool img_strf(char **out, struct img_err *err, const char *fmt, ...) IMG_PRINTF(3, 4);
bool img_has_prefix(const char *text, const char *prefix);
bool img_has_suffix(const char *text, const char *suffix);

/* For IMG_AUTO on a char *. */
void img_str_free(char **p);
