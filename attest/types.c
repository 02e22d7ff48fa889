/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/types.h"

#include <string.h>

/* The first entry of a type is the word used for it in messages. */
static const struct {
    const char *word, *type;
} words[] = {
    {"cyclonedx", IMG_PREDICATE_CYCLONEDX},
    {"spdx", IMG_PREDICATE_SPDX},
    {"spdxjson", IMG_PREDICATE_SPDX},
    {"vuln", IMG_PREDICATE_VULN},
    {"scan", IMG_PREDICATE_SCAN},
    {"checks", IMG_PREDICATE_CHECKS},
    {"openvex", IMG_PREDICATE_OPENVEX},
    {"slsaprovenance1", IMG_PREDICATE_SLSA_1},
    {"slsaprovenance02", IMG_PREDICATE_SLSA_02},
    {"slsaprovenance", IMG_PREDICATE_SLSA_02},
    {"link", IMG_PREDICATE_LINK},
    {"custom", IMG_PREDICATE_CUSTOM},
};
#define WRITABLE                                                                                   \
    "cyclonedx, spdx, vuln, scan, checks, openvex, slsaprovenance1, slsaprovenance02, link, "      \
    "custom"

static const char *type_of_word(const char *word)
{
    for (size_t i = 0; i < IMG_COUNT(words); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].type;
    return NULL;
}

static bool in(char c, const char *set)
{
    return c != '\0' && strchr(set, c) != NULL;
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* RFC 3986 section 3: scheme ":" and something after it, printable ASCII that a URI may hold. */
static bool is_uri(const char *text)
{
    const char *p = text;

    if (!in(*p, LETTERS))
        return false;
    while (in(*p, LETTERS "0123456789+-."))
        p++;
    if (*p++ != ':' || *p == '\0')
        return false;
    for (; *p != '\0'; p++)
        if (*p <= ' ' || *p > '~' || in(*p, "\"<>\\^`{|}"))
            return false;
    return true;
}

bool img_predicate_for_writing(const char *word, const char **out, struct img_err *err)
{
    const char *type = type_of_word(word);

    if (type == NULL && !is_uri(word))
        return img_fail(err, IMG_E_USAGE, "type '%.80s' is neither a URI nor one of " WRITABLE,
                        word);
    *out = type != NULL ? type : word;
    return true;
}

/* The type itself, or one of its versions: "https://cyclonedx.org/bom/v1.6". */
static bool is_version_of(const char *type, const char *base)
{
    size_t n = strlen(base);

    return strncmp(type, base, n) == 0 &&
           (type[n] == '\0' || (strncmp(type + n, "/v", 2) == 0 && type[n + 2] != '\0'));
}

bool img_predicate_matches(const char *word, const char *predicate_type)
{
    const char *type = type_of_word(word);

    if (strcmp(word, "sbom") == 0)
        return is_version_of(predicate_type, IMG_PREDICATE_CYCLONEDX) ||
               is_version_of(predicate_type, IMG_PREDICATE_SPDX);
    if (strcmp(word, "provenance") == 0)
        return strcmp(predicate_type, IMG_PREDICATE_SLSA_02) == 0 ||
               strcmp(predicate_type, IMG_PREDICATE_SLSA_1) == 0;
    return strcmp(predicate_type, type != NULL ? type : word) == 0;
}

bool img_predicate_check_word(const char *word, struct img_err *err)
{
    if (type_of_word(word) == NULL && strcmp(word, "sbom") != 0 &&
        strcmp(word, "provenance") != 0 && !is_uri(word))
        return img_fail(err, IMG_E_USAGE,
                        "type '%.80s' is neither a URI nor one of sbom, provenance, " WRITABLE,
                        word);
    return true;
}

const char *img_predicate_word(const char *predicate_type)
{
    if (strcmp(predicate_type, IMG_PREDICATE_SIGN) == 0)
        return "signature";
    for (size_t i = 0; i < IMG_COUNT(words); i++)
        if (strcmp(words[i].type, predicate_type) == 0)
            return words[i].word;
    return predicate_type;
}
