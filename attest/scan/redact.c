/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/scan/secrets.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/text.h"

/*
 * Takes out of a scanner's report what could repeat a secret, without touching anything else: the
 * text is copied token by token, so a number stays as it was written, however long, and so do
 * blanks and the order of members.
 *
 * Taken out are: the code and the match that a scanner shows with a finding; whole configurations
 * that it carries encoded; the values of environment variables; what masking removes from commands
 * and labels; and, in every other string, what the rules for secrets match.
 *
 * Source: RFC 8259.
 */

/* What is done with the strings of a value. */
enum mode { PLAIN, COMMAND, LABELS, VALUES /* of NAME=value */, ALL, DROP_TEXT, DROP };

struct redactor {
    struct img_bytes in;
    size_t at;     /* where the reading is */
    size_t copied; /* everything before is in out, or dropped */
    struct img_buf *out;
    bool changed;
    size_t depth;
};

static const struct {
    const char *member;
    enum mode mode;
} members[] = {
    /* Trivy: findings */
    {"Match", DROP},
    {"Code", DROP},
    {"RenderedCause", DROP},
    {"Message", COMMAND},
    /* image configurations, in either's report */
    {"Env", VALUES},
    {"Labels", LABELS},
    {"labels", LABELS},
    {"created_by", COMMAND},
    {"CreatedBy", COMMAND},
    {"comment", COMMAND},
    {"Cmd", COMMAND},
    {"Entrypoint", COMMAND},
    {"Shell", COMMAND},
    {"OnBuild", COMMAND},
    {"Test", COMMAND},
    /* Grype: the manifest and the configuration, in base64 */
    {"config", DROP_TEXT},
    {"manifest", DROP_TEXT},
    /* a scanner's own settings */
    {"password", ALL},
    {"token", ALL},
    {"secret", ALL},
    {"auth", ALL},
    {"identitytoken", ALL},
    {"registrytoken", ALL},
};

static bool broken(const struct redactor *r, struct img_err *err)
{
    return img_fail(err, IMG_E_MALFORMED, "JSON: unexpected byte or end at offset %zu", r->at);
}

static uint8_t peek(const struct redactor *r)
{
    return r->at < r->in.len ? r->in.ptr[r->at] : 0;
}

static void skip_blanks(struct redactor *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r')
        r->at++;
}

/* Drops in[from, to), copying what stands before. */
static void cut(struct redactor *r, size_t from, size_t to)
{
    if (from > r->copied)
        img_buf_put(r->out, r->in.ptr + r->copied, from - r->copied);
    r->copied = to;
    r->changed = true;
}

/* --- strings --- */

/* Passes over a string; *text is what is between its quotes, *escaped whether a backslash is. */
static bool take_string(struct redactor *r, struct img_bytes *text, bool *escaped,
                        struct img_err *err)
{
    size_t from = r->at + 1, i = from;

    if (peek(r) != '"')
        return broken(r, err);
    *escaped = false;
    while (i < r->in.len && r->in.ptr[i] != '"') {
        if (r->in.ptr[i] < 0x20)
            return broken(r, err);
        *escaped = *escaped || r->in.ptr[i] == '\\';
        i += r->in.ptr[i] == '\\' ? 2 : 1;
    }
    if (i >= r->in.len)
        return broken(r, err);
    *text = (struct img_bytes){r->in.ptr + from, i - from};
    r->at = i + 1;
    return true;
}

static bool hex4(struct img_bytes text, size_t at, uint32_t *out)
{
    uint32_t v = 0;

    if (at + 4 > text.len)
        return false;
    for (size_t i = at; i < at + 4; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *d = strchr(digits, text.ptr[i] | 0x20);

        if (text.ptr[i] < '0' || d == NULL)
            return false;
        v = v << 4 | (uint32_t)(d - digits);
    }
    *out = v;
    return true;
}

static void put_utf8(struct img_buf *out, uint32_t c)
{
    uint8_t b[4];
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (n == 1)
        b[0] = (uint8_t)c;
    else
        b[0] = (uint8_t)((0xf00u >> n) | c >> (6 * (n - 1)));
    for (size_t i = 1; i < n; i++)
        b[i] = (uint8_t)(0x80 | ((c >> (6 * (n - 1 - i))) & 0x3f));
    img_buf_put(out, b, n);
}

/* "\uXXXX", two of them for a surrogate pair; *i stands on the first X. */
static bool unescape_unicode(struct img_bytes text, size_t *i, struct img_buf *out)
{
    uint32_t c, low;

    if (!hex4(text, *i, &c))
        return false;
    *i += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        if (*i + 6 > text.len || text.ptr[*i] != '\\' || text.ptr[*i + 1] != 'u' ||
            !hex4(text, *i + 2, &low) || low < 0xdc00 || low > 0xdfff)
            return false;
        *i += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000) {
        return false;
    }
    put_utf8(out, c);
    return true;
}

static bool unescape(struct img_bytes text, struct img_buf *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";

    for (size_t i = 0; i < text.len;) {
        const char *e;

        if (text.ptr[i] != '\\') {
            img_buf_put(out, text.ptr + i++, 1);
            continue;
        }
        if (i + 1 >= text.len || text.ptr[i + 1] == 0)
            return false;
        e = strchr(from, text.ptr[i + 1]);
        i += 2;
        if (e != NULL)
            img_buf_put(out, &to[e - from], 1);
        else if (text.ptr[i - 1] != 'u' || !unescape_unicode(text, &i, out))
            return false;
    }
    return true;
}

/* NAME=value → NAME=***; without "=", a value of its own. */
static bool mask_values(struct img_bytes text, struct img_buf *out)
{
    const uint8_t *eq = text.len > 0 ? memchr(text.ptr, '=', text.len) : NULL;
    size_t keep = eq != NULL ? (size_t)(eq - text.ptr) + 1 : 0;

    img_buf_put(out, text.ptr, keep);
    if (keep == text.len || (keep == 0 && text.len == 0))
        return false;
    img_buf_puts(out, "***");
    return text.len - keep != 3 || memcmp(text.ptr + keep, "***", 3) != 0;
}

/* Appends the text as it may stay; true when that is another text. */
static bool mask(enum mode mode, struct img_bytes text, struct img_buf *out)
{
    switch (mode) {
    case COMMAND:
    case LABELS:
        return secret_mask_command(text, out);
    case VALUES:
        return mask_values(text, out);
    case ALL:
        img_buf_puts(out, text.len > 0 ? "***" : "");
        return text.len > 0 && (text.len != 3 || memcmp(text.ptr, "***", 3) != 0);
    case DROP_TEXT:
    case DROP:
    case PLAIN:
        break;
    }
    return secret_mask(text, out);
}

static bool redact_string(struct redactor *r, enum mode mode, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf plain = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(img_buf_done) struct img_buf masked = IMG_BUF(5 * IMG_LIMIT_REPORT);
    struct img_json_out j = {.to = r->out};
    struct img_bytes text, kept;
    size_t from = r->at, ignored;
    struct secret_hit hit;
    bool escaped;

    if (!take_string(r, &text, &escaped, err))
        return false;
    /* the common case, without a copy */
    if (!escaped && mode == PLAIN && !secret_find(text, 0, text.len, SECRET_ALL, &hit, &ignored))
        return true;
    if (escaped && !unescape(text, &plain))
        return broken(r, err);
    if (escaped && !img_buf_bytes(&plain, &text, err))
        return false;
    if (!mask(mode, text, &masked))
        return true;
    if (!img_buf_bytes(&masked, &kept, err))
        return false;
    cut(r, from, r->at);
    img_json_out_bytes(&j, NULL, kept);
    return true;
}

/* --- values --- */

static bool redact_value(struct redactor *r, enum mode mode, struct img_err *err);

static enum mode mode_of(struct img_bytes name, enum mode inherited, uint8_t first)
{
    if (inherited == LABELS)
        return secret_name(name) ? ALL : COMMAND;
    for (size_t i = 0; i < IMG_COUNT(members); i++)
        if (img_bytes_equal(name, img_bytes_of(members[i].member))) {
            enum mode mode = members[i].mode;

            return mode == DROP_TEXT ? (first == '"' ? DROP : inherited) : mode;
        }
    return inherited;
}

/* A member, with `at` on its name. *kept is false when it is to go, whole. */
static bool redact_member(struct redactor *r, enum mode inherited, bool *kept, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf plain = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(img_buf_done) struct img_buf nowhere = IMG_BUF(6 * IMG_LIMIT_REPORT);
    struct redactor skipped;
    struct img_bytes name;
    enum mode mode;
    bool escaped;

    if (!take_string(r, &name, &escaped, err))
        return false;
    if (escaped && !unescape(name, &plain))
        return broken(r, err);
    if (escaped && !img_buf_bytes(&plain, &name, err))
        return false;
    skip_blanks(r);
    if (peek(r) != ':')
        return broken(r, err);
    r->at++;
    skip_blanks(r);
    mode = mode_of(name, inherited, peek(r));
    *kept = mode != DROP;
    if (*kept)
        return redact_value(r, mode, err);
    /* what goes is read by itself, so that nothing of it is copied */
    skipped = *r;
    skipped.out = &nowhere;
    if (!redact_value(&skipped, PLAIN, err))
        return false;
    r->at = skipped.at;
    return true;
}

static bool redact_object(struct redactor *r, enum mode mode, struct img_err *err)
{
    bool any_kept = false, kept;
    size_t comma = r->at, begin; /* of the member: with and without the comma before it */

    for (r->at++, skip_blanks(r); peek(r) != '}';) {
        begin = r->at;
        if (!redact_member(r, mode, &kept, err))
            return false;
        if (!kept && any_kept)
            cut(r, comma, r->at);
        skip_blanks(r);
        if (!kept && !any_kept)
            cut(r, begin, r->at + (peek(r) == ','));
        any_kept = any_kept || kept;
        if (peek(r) == '}')
            break;
        if (peek(r) != ',')
            return broken(r, err);
        comma = r->at++;
        skip_blanks(r);
        if (peek(r) != '"')
            return broken(r, err);
    }
    r->at++;
    return true;
}

static bool redact_array(struct redactor *r, enum mode mode, struct img_err *err)
{
    r->at++;
    skip_blanks(r);
    if (peek(r) == ']') {
        r->at++;
        return true;
    }
    for (;;) {
        if (!redact_value(r, mode, err))
            return false;
        skip_blanks(r);
        if (peek(r) == ']')
            break;
        if (peek(r) != ',')
            return broken(r, err);
        r->at++;
        skip_blanks(r);
    }
    r->at++;
    return true;
}

/* A number, true, false or null: passed over as it stands. */
static bool pass_scalar(struct redactor *r, struct img_err *err)
{
    size_t from = r->at;

    while ((peek(r) >= '0' && peek(r) <= '9') || (peek(r) >= 'a' && peek(r) <= 'z') ||
           (peek(r) != 0 && strchr("+-.E", peek(r)) != NULL))
        r->at++;
    return r->at > from || broken(r, err);
}

static bool redact_value(struct redactor *r, enum mode mode, struct img_err *err)
{
    bool ok;

    if (r->depth >= IMG_LIMIT_REPORT_DEPTH)
        return img_fail(err, IMG_E_LIMIT, "JSON nested deeper than %d", IMG_LIMIT_REPORT_DEPTH);
    r->depth++;
    if (peek(r) == '{')
        ok = redact_object(r, mode, err);
    else if (peek(r) == '[')
        ok = redact_array(r, mode, err);
    else if (peek(r) == '"')
        ok = redact_string(r, mode, err);
    else
        ok = pass_scalar(r, err);
    r->depth--;
    return ok;
}

bool img_report_redact(struct img_bytes text, struct img_buf *out, bool *redacted,
                       struct img_err *err)
{
    struct redactor r = {.in = text, .out = out};
    struct img_bytes whole;

    skip_blanks(&r);
    if (!redact_value(&r, PLAIN, err))
        return img_ctx(err, "redacting");
    skip_blanks(&r);
    if (r.at != text.len)
        return broken(&r, err);
    img_buf_put(out, text.ptr + r.copied, text.len - r.copied);
    if (!img_buf_bytes(out, &whole, err))
        return img_ctx(err, "redacting");
    *redacted = r.changed;
    return true;
}
