/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * PEM: the blocks of a text, one after the other. Text before and between blocks is skipped, as
 * every reader does; inside a block everything is strict.
 *
 * Ownership: `label` is a copy; the decoded bytes are appended to the caller's buffer.
 * Errors:    IMG_E_MALFORMED for a block that does not end, ends with another label or is not
 *            base64; IMG_E_UNSUPPORTED for one with headers, OpenSSL's old encryption.
 * Source:    RFC 7468, "lax" white space, no explanatory text inside a block.
 */
#define IMG_PEM_LABEL 64 /* bytes of a label and its NUL */

/* Takes the next block off the front of *text. True with *found false when there is none. */
IMG_NODISCARD bool img_pem_next(struct img_bytes *text, bool *found,
                                char label[static IMG_PEM_LABEL], struct img_buf *out,
                                struct img_err *err);

/* Appends one block, 64 characters a line. */
IMG_NODISCARD bool img_pem_write(const char *label, struct img_bytes data, struct img_buf *out,
                                 struct img_err *err);
