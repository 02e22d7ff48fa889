/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Hex and base64, strict: what is read back is the only text that decodes to these bytes.
 *
 * Errors:    IMG_E_MALFORMED for a character, length, padding or trailing bit that does not belong.
 * Ownership: output goes to the caller's buffer or array; nothing is allocated here.
 * Source:    RFC 4648 sections 4, 5 and 8.
 */

/* Lower-case hex; out gets 2 * in.len digits and a NUL, so it must hold 2 * in.len + 1 bytes. */
void img_hex(struct img_bytes in, char *out);
/* Exactly size bytes from 2 * size lower-case digits. */
IMG_NODISCARD bool img_unhex(const char *text, size_t text_len, uint8_t *out, size_t size,
                             struct img_err *err);

/* Standard alphabet with padding, appended to out. */
void img_base64(struct img_bytes in, struct img_buf *out);

/* IMG_B64_STRICT: standard alphabet, padding required (RFC 4648 section 4).
 * IMG_B64_PROTOJSON: either alphabet, padding optional, CR and LF skipped: how protobuf's JSON
 * readers take `bytes` and DSSE readers take payload and sig. */
enum img_b64 { IMG_B64_STRICT, IMG_B64_PROTOJSON };
IMG_NODISCARD bool img_unbase64(struct img_bytes text, enum img_b64 kind, struct img_buf *out,
                                struct img_err *err);
