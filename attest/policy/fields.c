/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/fields.h"

#include <string.h>

static const char *kind_name(const struct img_yaml *n)
{
    if (img_yaml_is_null(n))
        return "nothing";
    return n->kind == IMG_YAML_MAP ? "a mapping" : n->kind == IMG_YAML_LIST ? "a list" : "a value";
}

bool img_field_blame(const struct img_yaml *n, struct img_err *err)
{
    if (err->code != IMG_E_MEMORY && err->code != IMG_E_INTERNAL && err->code != IMG_E_UNSUPPORTED)
        err->code = IMG_E_USAGE;
    return img_ctx(err, "line %zu column %zu", n->line, n->column);
}

bool img_field_later(const struct img_yaml *n, const char *word, const char *what,
                     struct img_err *err)
{
    if (!img_yaml_fail(n, err, IMG_E_UNSUPPORTED, "'%s' in %s is not supported yet", word, what))
        err->why = IMG_WHY_WORD_UNSUPPORTED;
    return false;
}

/* The table's names, for the message about one that is not among them. */
static void list_names(const struct img_field *fields, size_t count, char *out, size_t size)
{
    size_t used = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        int n = snprintf(out + used, size - used, "%s%s", i == 0 ? "" : ", ", fields[i].name);
        used += n < 0 ? 0 : (size_t)n;
    }
}

static bool read_field(const struct img_yaml *key, const struct img_yaml *value, const char *what,
                       const struct img_field *f, struct img_err *err)
{
    if (f->kind == IMG_FIELD_LATER)
        return img_field_later(key, f->name, what, err);
    if (img_yaml_is_null(value))
        return img_yaml_fail(key, err, IMG_E_USAGE, "'%s' in %s is empty", f->name, what);
    *f->to = value;
    return true;
}

bool img_fields_read(const struct img_yaml *map, const char *what, const struct img_field *fields,
                     size_t count, struct img_err *err)
{
    char names[400];

    if (map->kind != IMG_YAML_MAP)
        return img_yaml_fail(map, err, IMG_E_USAGE, "%s must be a mapping, found %s", what,
                             kind_name(map));
    for (size_t k = 0; k < map->count; k++) {
        size_t i = 0;

        while (i < count && strcmp(fields[i].name, map->keys[k]->text) != 0)
            i++;
        if (i == count) {
            list_names(fields, count, names, sizeof(names));
            return img_yaml_fail(map->keys[k], err, IMG_E_USAGE,
                                 "unknown field '%.60s' in %s; known are: %s", map->keys[k]->text,
                                 what, names);
        }
        if (!read_field(map->keys[k], map->items[k], what, &fields[i], err))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (fields[i].kind == IMG_FIELD_REQUIRED && *fields[i].to == NULL)
            return img_yaml_fail(map, err, IMG_E_USAGE, "%s needs '%s'", what, fields[i].name);
    return true;
}

bool img_field_text(const struct img_yaml *n, struct img_pool *pool, const char **out,
                    struct img_err *err)
{
    if (n == NULL)
        return true;
    if (n->kind != IMG_YAML_SCALAR)
        return img_yaml_fail(n, err, IMG_E_USAGE, "expected a string, found %s", kind_name(n));
    if (!img_yaml_is_string(n))
        return img_yaml_fail(n, err, IMG_E_USAGE,
                             "expected a string, found %.60s; put it in quotes", n->text);
    if (n->text[0] == '\0')
        return img_yaml_fail(n, err, IMG_E_USAGE, "expected a string, found an empty one");
    *out = img_pool_str(pool, n->text);
    return img_pool_check(pool, err);
}

bool img_field_list(const struct img_yaml *n, size_t *count, struct img_err *err)
{
    if (n->kind != IMG_YAML_LIST)
        return img_yaml_fail(n, err, IMG_E_USAGE, "expected a list, found %s", kind_name(n));
    if (n->count == 0)
        return img_yaml_fail(n, err, IMG_E_USAGE, "the list is empty");
    *count = n->count;
    return true;
}

bool img_field_words(const struct img_yaml *n, struct img_pool *pool, struct img_words *out,
                     struct img_err *err)
{
    struct img_words words = {.items = NULL};
    size_t count;

    if (n == NULL)
        return true;
    if (!img_field_list(n, &count, err))
        return false;
    words.items = img_pool_alloc(pool, count, sizeof(*words.items));
    if (words.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; words.count < count; words.count++)
        if (!img_field_text(n->items[words.count], pool, &words.items[words.count], err))
            return false;
    *out = words;
    return true;
}

/* A scalar whatever YAML 1.1 takes it for: times and durations are written without quotes. */
static bool plain(const struct img_yaml *n, const char *what, struct img_err *err)
{
    if (n->kind != IMG_YAML_SCALAR)
        return img_yaml_fail(n, err, IMG_E_USAGE, "expected %s, found %s", what, kind_name(n));
    return true;
}

bool img_field_time(const struct img_yaml *n, int64_t *out, struct img_err *err)
{
    if (n == NULL)
        return true;
    if (!plain(n, "a time such as 2027-06-30T00:00:00Z", err))
        return false;
    return img_time_parse(n->text, out, err) || img_field_blame(n, err);
}

bool img_field_duration(const struct img_yaml *n, int64_t *out, struct img_err *err)
{
    if (n == NULL)
        return true;
    if (!plain(n, "a duration such as 24h or 90d", err))
        return false;
    return img_duration_parse(n->text, out, err) || img_field_blame(n, err);
}

bool img_field_bool(const struct img_yaml *n, bool *out, struct img_err *err)
{
    if (n == NULL || img_yaml_bool(n, out, err))
        return true;
    err->code = err->code == IMG_E_MALFORMED ? IMG_E_USAGE : err->code;
    return false;
}

bool img_field_int(const struct img_yaml *n, int64_t min, int64_t max, int64_t *out,
                   struct img_err *err)
{
    if (n == NULL || img_yaml_int(n, min, max, out, err))
        return true;
    err->code = err->code == IMG_E_MALFORMED ? IMG_E_USAGE : err->code;
    return false;
}

bool img_field_choice(const struct img_yaml *n, const char *const *words, size_t *out,
                      struct img_err *err)
{
    char known[200];
    size_t used = 0;

    if (n == NULL)
        return true;
    for (size_t i = 0; words[i] != NULL; i++) {
        if (n->kind == IMG_YAML_SCALAR && strcmp(n->text, words[i]) == 0) {
            *out = i;
            return true;
        }
        int len =
            snprintf(known + used, sizeof(known) - used, "%s%s", i == 0 ? "" : ", ", words[i]);
        used += len < 0 || (size_t)len >= sizeof(known) - used ? 0 : (size_t)len;
    }
    return img_yaml_fail(n, err, IMG_E_USAGE, "expected one of %s, found %.60s", known,
                         n->kind == IMG_YAML_SCALAR ? n->text : kind_name(n));
}
