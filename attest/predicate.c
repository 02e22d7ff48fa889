/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/statement.h"

/*
 * Finds a member's text inside a JSON object that has been parsed already, so that well-formedness
 * need not be checked again; the bounds are, all the same.
 */
struct cursor {
    const char *at, *end;
};

static void skip_space(struct cursor *c)
{
    while (c->at < c->end && strchr(" \t\r\n", *c->at) != NULL && *c->at != '\0')
        c->at++;
}

/* Past a string; c stands on its opening quote. */
static void skip_string(struct cursor *c)
{
    for (c->at++; c->at < c->end && *c->at != '"'; c->at++)
        if (*c->at == '\\' && c->at + 1 < c->end)
            c->at++;
    if (c->at < c->end)
        c->at++;
}

/* Past any value. */
static void skip_value(struct cursor *c)
{
    size_t depth = 0;

    while (c->at < c->end) {
        char ch = *c->at;

        if (depth == 0 && (ch == ',' || ch == '}' || ch == ']'))
            return;
        if (ch == '"') {
            skip_string(c);
        } else {
            depth += ch == '{' || ch == '[';
            depth -= ch == '}' || ch == ']';
            c->at++;
        }
        if (depth == 0 && (ch == '"' || ch == '}' || ch == ']'))
            return;
    }
}

/* The text of the member, trailing white space cut off; len 0 when it is not spelled so. */
static struct img_bytes find_member(struct img_bytes object, const char *key)
{
    struct cursor c = {.at = (const char *)object.ptr,
                       .end = (const char *)object.ptr + object.len};
    size_t len = strlen(key);

    skip_space(&c);
    if (c.at == c.end || *c.at != '{')
        return (struct img_bytes){.ptr = NULL};
    do {
        const char *name, *value;
        bool is_it;

        c.at++;
        skip_space(&c);
        name = c.at;
        if (c.at == c.end || *c.at != '"')
            break;
        skip_string(&c);
        is_it = (size_t)(c.at - name) == len + 2 && memcmp(name + 1, key, len) == 0;
        skip_space(&c);
        c.at += c.at < c.end; /* ':' */
        skip_space(&c);
        value = c.at;
        skip_value(&c);
        if (is_it) {
            const char *last = c.at;

            while (last > value && strchr(" \t\r\n", last[-1]) != NULL)
                last--;
            return (struct img_bytes){(const uint8_t *)value, (size_t)(last - value)};
        }
        skip_space(&c);
    } while (c.at < c.end && *c.at == ',');
    return (struct img_bytes){.ptr = NULL};
}

bool img_statement_predicate_text(struct img_bytes payload, const struct img_statement *s,
                                  struct img_buf *out, struct img_err *err)
{
    struct img_bytes text = find_member(payload, "predicate"), ignored;

    if (s->predicate == NULL)
        return true;
    /* A name that is spelled with escapes is the same name to JSON; nobody writes it so. */
    if (text.len == 0)
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "a statement whose 'predicate' is spelled with "
                        "escapes");
    img_buf_put(out, text.ptr, text.len);
    return img_buf_bytes(out, &ignored, err);
}
