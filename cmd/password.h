/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Where passwords come from. Never from argv, which every user of the machine can read.
 *
 * Errors: IMG_E_DENIED when there is none to be had; otherwise as base/fs.h.
 */

/* The whole of a file ("-" is standard input) but one trailing newline, empty or not. */
IMG_NODISCARD bool img_password_file(const char *path, struct img_buf *out, struct img_err *err);

/* The password of a key: from `file`, else IMGTRUST_PASSWORD, else COSIGN_PASSWORD (set but empty
 * is the empty password), else asked for on the terminal; twice for a key that is being made. */
struct img_key_password {
    const char *file; /* --password-file, or NULL */
    bool create;
};
/* Fits struct img_password's `get`; ctx is a struct img_key_password. */
IMG_NODISCARD bool img_key_password(void *ctx, struct img_buf *out, struct img_err *err);
