/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_plain(const struct img_yaml *node)
{
    return node != NULL && node->kind == IMG_YAML_SCALAR && !node->quoted;
}

/* True when text is one of the words, written in lower case, Capitalised or in UPPER CASE: the only
 * three ways YAML 1.1 knows. */
static bool is_word(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *w = words[i];
        size_t n = strlen(w);
        bool lower = true, capital = true, upper = true;

        if (strlen(text) != n)
            continue;
        for (size_t k = 0; k < n; k++) {
            char big = (char)(w[k] >= 'a' && w[k] <= 'z' ? w[k] - 'a' + 'A' : w[k]);

            lower = lower && text[k] == w[k];
            capital = capital && text[k] == (k == 0 ? big : w[k]);
            upper = upper && text[k] == big;
        }
        if (lower || capital || upper)
            return true;
    }
    return false;
}

bool img_yaml_is_null(const struct img_yaml *node)
{
    static const char *const words[] = {"", "~", "null"};

    return is_plain(node) && is_word(node->text, words, IMG_COUNT(words));
}

static bool is_true(const char *text)
{
    static const char *const words[] = {"true"};

    return is_word(text, words, IMG_COUNT(words));
}

static bool is_false(const char *text)
{
    static const char *const words[] = {"false"};

    return is_word(text, words, IMG_COUNT(words));
}

/* Booleans to YAML 1.1 and to some readers; strings to YAML 1.2 and to others. */
static bool is_doubtful_bool(const char *text)
{
    static const char *const words[] = {"y", "n", "yes", "no", "on", "off"};

    return is_word(text, words, IMG_COUNT(words));
}

/* The characters of `set` at p, and underscores after the first. */
static size_t run(const char *p, const char *set)
{
    size_t n = 0;

    while (p[n] != '\0' && (strchr(set, p[n]) != NULL || (n > 0 && p[n] == '_')))
        n++;
    return n;
}

/* True for what some reader takes for an integer or a real: YAML 1.1 with its underscores, hex,
 * octal and binary, and YAML 1.2's 0o7. Not for base 60 (`1:30`), which the readers that matter to
 * Kubernetes take for a string. */
static bool is_number(const char *text)
{
    static const char digits[] = "0123456789";
    const char *p = text + (text[0] == '-' || text[0] == '+');
    size_t whole, part = 0;

    if (strcasecmp(p, ".inf") == 0 || strcasecmp(p, ".nan") == 0)
        return true;
    if (p[0] == '0' && p[1] != '\0' && strchr("xXbBoO", p[1]) != NULL)
        return p[2] != '\0' && p[2 + run(p + 2, "0123456789abcdefABCDEF")] == '\0';
    whole = run(p, digits);
    p += whole;
    if (*p == '.')
        p += 1 + (part = run(p + 1, digits));
    if (whole + part == 0)
        return false;
    if (*p == 'e' || *p == 'E') {
        p += 1 + (p[1] == '-' || p[1] == '+');
        part = run(p, digits);
        if (part == 0)
            return false;
        p += part;
    }
    return *p == '\0';
}

bool img_yaml_is_string(const struct img_yaml *node)
{
    if (node == NULL || node->kind != IMG_YAML_SCALAR)
        return false;
    return node->quoted ||
           (!img_yaml_is_null(node) && !is_true(node->text) && !is_false(node->text) &&
            !is_doubtful_bool(node->text) && !is_number(node->text));
}

bool img_yaml_bool(const struct img_yaml *node, bool *out, struct img_err *err)
{
    if (!is_plain(node) || (!is_true(node->text) && !is_false(node->text)))
        return img_yaml_fail(node, err, IMG_E_MALFORMED, "expected true or false");
    *out = is_true(node->text);
    return true;
}

bool img_yaml_int(const struct img_yaml *node, int64_t min, int64_t max, int64_t *out,
                  struct img_err *err)
{
    const char *digits = is_plain(node) ? node->text + (node->text[0] == '-') : "";
    size_t n = strspn(digits, "0123456789");
    long long v;

    /* 010 is eight to some readers and ten to others */
    if (n == 0 || digits[n] != '\0' || (digits[0] == '0' && n > 1))
        return img_yaml_fail(node, err, IMG_E_MALFORMED, "expected a whole number");
    errno = 0;
    v = strtoll(node->text, NULL, 10);
    if (errno != 0 || v < min || v > max)
        return img_yaml_fail(node, err, IMG_E_MALFORMED, "%.24s is not within %lld..%lld",
                             node->text, (long long)min, (long long)max);
    *out = v;
    return true;
}
