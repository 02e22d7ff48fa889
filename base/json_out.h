/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Writes JSON, compact, members in the order they are written: the same calls give the same bytes.
 *
 * Commas and quotes are taken care of; each byte that is not valid UTF-8, and each NUL (which many
 * readers refuse, ours too), becomes U+FFFD. Failures are sticky in the buffer, so img_buf_bytes()
 * at the end is the only check.
 *
 *     struct img_json_out j = {.to = &buf};
 *     img_json_out_open(&j, NULL, '{');
 *     img_json_out_str(&j, "name", name);
 *     img_json_out_close(&j, '}');
 *
 * `key` is NULL for items of an array and for the document itself. A NULL text writes null.
 */
struct img_json_out {
    struct img_buf *to;
    bool inside; /* something stands before at this level: a comma is due */
};

void img_json_out_open(struct img_json_out *j, const char *key, char bracket);
void img_json_out_close(struct img_json_out *j, char bracket);
void img_json_out_str(struct img_json_out *j, const char *key, const char *text);
/* Only when text is neither NULL nor empty. */
void img_json_out_opt(struct img_json_out *j, const char *key, const char *text);
void img_json_out_bytes(struct img_json_out *j, const char *key, struct img_bytes text);
void img_json_out_int(struct img_json_out *j, const char *key, int64_t value);
void img_json_out_bool(struct img_json_out *j, const char *key, bool value);
void img_json_out_null(struct img_json_out *j, const char *key);
/* JSON that is known to be well-formed, spliced in as it is: signed bytes are never re-serialised.
 */
void img_json_out_raw(struct img_json_out *j, const char *key, struct img_bytes json);
