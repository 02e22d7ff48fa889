/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * A YAML stream as trees that remember where every node stood.
 *
 * Strict where parsers disagree, because a checker must see what the next program sees. Refused are
 * duplicate keys, keys that are not strings (`1:`, `yes:`; quoted they are), tags (`!!x`), merge
 * keys
 * (`<<`) and the NUL character. Aliases share the node of their anchor and count in full towards
 * IMG_LIMIT_YAML_NODES, or anchors and aliases are refused on request. Nesting is bounded by
 * IMG_LIMIT_YAML_DEPTH before libyaml's quadratic cost bites.
 *
 * Ownership: the stream owns every node; img_yaml_free() frees all.
 * Errors:    IMG_E_MALFORMED "line 3 column 7: …", IMG_E_LIMIT, IMG_E_UNSUPPORTED.
 * Source:    YAML 1.1 as libyaml reads it, JSON included; UTF-8 only.
 */
enum img_yaml_kind { IMG_YAML_NONE, IMG_YAML_SCALAR, IMG_YAML_LIST, IMG_YAML_MAP };

struct img_yaml {
    enum img_yaml_kind kind;
    bool quoted;             /* scalar written in quotes or as a block: a string whatever it says */
    size_t line, column;     /* from 1, in characters; of an alias: its anchor's */
    const char *text;        /* scalar; NUL-terminated, may be "" */
    size_t count;            /* items, or pairs */
    struct img_yaml **items; /* list items, or map values in order */
    struct img_yaml **keys;  /* map keys, scalars; NULL for lists */
};

struct img_yaml_stream;

/* aliases: false refuses anchors and aliases altogether (policies). */
IMG_NODISCARD bool img_yaml_parse(struct img_bytes text, bool aliases, struct img_yaml_stream **out,
                                  struct img_err *err);
size_t img_yaml_documents(const struct img_yaml_stream *s);
/* The root of document i; NULL for an empty document. */
const struct img_yaml *img_yaml_document(const struct img_yaml_stream *s, size_t i);
void img_yaml_free(struct img_yaml_stream *s);

/* The value of a key, or NULL when node is not a map or has no such key. */
const struct img_yaml *img_yaml_get(const struct img_yaml *node, const char *key);

/*
 * What a scalar is. A plain one is a string unless some YAML reader takes it for null, a boolean
 * (`y`, `yes`, `on`, …) or a number; times are strings. img_yaml_bool takes only true and false,
 * and img_yaml_int only plain decimal digits with an optional minus: what every reader reads alike.
 */
bool img_yaml_is_null(const struct img_yaml *node);
bool img_yaml_is_string(const struct img_yaml *node);
IMG_NODISCARD bool img_yaml_bool(const struct img_yaml *node, bool *out, struct img_err *err);
IMG_NODISCARD bool img_yaml_int(const struct img_yaml *node, int64_t min, int64_t max, int64_t *out,
                                struct img_err *err);

/* Raises code with "line N column M: " in front; without it when node is NULL. */
IMG_NODISCARD bool img_yaml_fail(const struct img_yaml *node, struct img_err *err,
                                 enum img_code code, const char *fmt, ...) IMG_PRINTF(4, 5);

#ifdef __clang_analyzer__ /* see base/err.h */
#define img_yaml_fail(...) ((void)img_yaml_fail(__VA_ARGS__), false)
#endif
