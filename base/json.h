/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <jansson.h>

#include "base/buf.h"

/*
 * A place in a JSON document: the node, and how we got there.
 *
 * Cursors live on the stack and point up at each other; the JSON Pointer (RFC 6901) of a bad value
 * is only spelled out when something fails: "/layers/3/digest: expected string, found integer".
 *
 * Ownership: borrows from the document passed to img_json_root(), strings included.
 * Errors:    IMG_E_MALFORMED (wrong type, missing, out of range), IMG_E_LIMIT (document too large).
 * Source:    RFC 8259; duplicate keys and trailing bytes are refused (RFC 8259 sections 2 and 4).
 */
struct img_json {
    const json_t *node;
    const struct img_json *up;
    const char *key; /* NULL when this is an array item */
    size_t index;
};

IMG_NODISCARD bool img_json_parse(struct img_bytes text, size_t limit, json_t **out,
                                  struct img_err *err);
IMG_NODISCARD bool img_json_root(const json_t *doc, struct img_json *out, struct img_err *err);

IMG_NODISCARD bool img_json_obj(const struct img_json *at, const char *key, struct img_json *out,
                                struct img_err *err);
IMG_NODISCARD bool img_json_arr(const struct img_json *at, const char *key, struct img_json *out,
                                size_t *count, struct img_err *err);
IMG_NODISCARD bool img_json_item(const struct img_json *arr, size_t i, struct img_json *out,
                                 struct img_err *err);
IMG_NODISCARD bool img_json_str(const struct img_json *at, const char *key, const char **out,
                                struct img_err *err);
IMG_NODISCARD bool img_json_int(const struct img_json *at, const char *key, int64_t min,
                                int64_t max, int64_t *out, struct img_err *err);

IMG_NODISCARD bool img_json_bool(const struct img_json *at, const char *key, bool *out,
                                 struct img_err *err);
/* An item that must be a string. */
IMG_NODISCARD bool img_json_str_item(const struct img_json *arr, size_t i, const char **out,
                                     struct img_err *err);

/* True when the member exists; use before a getter to read an optional member. */
bool img_json_has(const struct img_json *at, const char *key);

/* Optional members. Absent: true, and *out is left as the caller set it. Present but null or of
 * another type: IMG_E_MALFORMED. */
IMG_NODISCARD bool img_json_opt_str(const struct img_json *at, const char *key, const char **out,
                                    struct img_err *err);
IMG_NODISCARD bool img_json_opt_int(const struct img_json *at, const char *key, int64_t min,
                                    int64_t max, int64_t *out, struct img_err *err);
IMG_NODISCARD bool img_json_opt_bool(const struct img_json *at, const char *key, bool *out,
                                     struct img_err *err);
/* Absent gives *count 0. For producers that write `null` for an empty list, null does too. */
IMG_NODISCARD bool img_json_opt_arr(const struct img_json *at, const char *key,
                                    struct img_json *out, size_t *count, struct img_err *err);
/* Absent gives out->node NULL, which every optional getter reads as an empty object. */
IMG_NODISCARD bool img_json_opt_obj(const struct img_json *at, const char *key,
                                    struct img_json *out, struct img_err *err);

/* Raises IMG_E_MALFORMED at this place; for rules the getters cannot express. */
IMG_NODISCARD bool img_json_fail(const struct img_json *at, struct img_err *err, const char *fmt,
                                 ...) IMG_PRINTF(3, 4);

/* Appends a value as compact JSON, members in the order they were read. */
IMG_NODISCARD bool img_json_text(const json_t *node, struct img_buf *out, struct img_err *err);

#ifdef __clang_analyzer__ /* see base/err.h */
#define img_json_fail(...) ((void)img_json_fail(__VA_ARGS__), false)
#endif
