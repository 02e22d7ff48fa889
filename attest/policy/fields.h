/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/model.h"
#include "base/yaml.h"

/*
 * Reading the members of policy documents, with one table per mapping. Whatever is not in the table
 * is an error, so that a typo is never taken for "not asked".
 *
 * Errors: IMG_E_USAGE, or IMG_E_UNSUPPORTED for words that are known and not built yet; both begin
 *         with "line N column M: ".
 */
enum img_field_kind { IMG_FIELD_OPTIONAL, IMG_FIELD_REQUIRED, IMG_FIELD_LATER };
struct img_field {
    const char *name;
    enum img_field_kind kind;
    const struct img_yaml **to; /* the value's node; left alone when absent; unused for LATER */
};
/* what: how the mapping is called in messages, "a scan rule". */
IMG_NODISCARD bool img_fields_read(const struct img_yaml *map, const char *what,
                                   const struct img_field *fields, size_t count,
                                   struct img_err *err);
#define IMG_FIELDS(map, what, fields, err)                                                         \
    img_fields_read((map), (what), (fields), IMG_COUNT(fields), (err))

/* Values. A node that is NULL (absent) leaves *out alone and is true. */
IMG_NODISCARD bool img_field_text(const struct img_yaml *n, struct img_pool *pool, const char **out,
                                  struct img_err *err);
/* A non-empty list of strings. */
IMG_NODISCARD bool img_field_words(const struct img_yaml *n, struct img_pool *pool,
                                   struct img_words *out, struct img_err *err);
IMG_NODISCARD bool img_field_time(const struct img_yaml *n, int64_t *out, struct img_err *err);
IMG_NODISCARD bool img_field_duration(const struct img_yaml *n, int64_t *out, struct img_err *err);
IMG_NODISCARD bool img_field_bool(const struct img_yaml *n, bool *out, struct img_err *err);
IMG_NODISCARD bool img_field_int(const struct img_yaml *n, int64_t min, int64_t max, int64_t *out,
                                 struct img_err *err);
/* One of several words, as its index in `words`, which ends with NULL. */
IMG_NODISCARD bool img_field_choice(const struct img_yaml *n, const char *const *words, size_t *out,
                                    struct img_err *err);
/* A list with at least one item; for reading its items one by one. */
IMG_NODISCARD bool img_field_list(const struct img_yaml *n, size_t *count, struct img_err *err);

/* IMG_E_UNSUPPORTED, "'keyless' in an authority is not supported yet", at n. False. */
IMG_NODISCARD bool img_field_later(const struct img_yaml *n, const char *word, const char *what,
                                   struct img_err *err);
/* Gives an error that came from a value its place, and makes it a policy error. False. */
IMG_NODISCARD bool img_field_blame(const struct img_yaml *n, struct img_err *err);
