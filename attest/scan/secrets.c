/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/secrets.h"

#include <string.h>

/* --- character classes --- */

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alnum(uint8_t c)
{
    return is_digit(c) || is_upper(c) || (c >= 'a' && c <= 'z');
}

static bool is_word(uint8_t c)
{
    return is_alnum(c) || c == '_';
}

static bool is_token(uint8_t c)
{
    return is_alnum(c) || c == '-';
}

static bool is_base32(uint8_t c)
{
    return is_upper(c) || (c >= '2' && c <= '7');
}

static bool is_base64(uint8_t c)
{
    return is_alnum(c) || c == '+' || c == '/' || c == '=';
}

static uint8_t lower(uint8_t c)
{
    return is_upper(c) ? c | 0x20 : c;
}

/* Bytes from `at` on that are of a class, at most `max`. */
static size_t run(struct img_bytes d, size_t at, size_t max, bool (*class)(uint8_t))
{
    size_t n = 0;

    while (n < max && at + n < d.len && class(d.ptr[at + n]))
        n++;
    return n;
}

static bool has(struct img_bytes d, size_t at, const char *text)
{
    size_t len = strlen(text);

    return at <= d.len && len <= d.len - at && memcmp(d.ptr + at, text, len) == 0;
}

static bool has_folded(struct img_bytes d, size_t at, const char *text)
{
    size_t len = strlen(text);

    if (at > d.len || len > d.len - at)
        return false;
    for (size_t i = 0; i < len; i++)
        if (lower(d.ptr[at + i]) != (uint8_t)text[i])
            return false;
    return true;
}

/* The text does not begin in the middle of a longer word. */
static bool starts_word(struct img_bytes d, size_t at)
{
    return at == 0 || !is_word(d.ptr[at - 1]);
}

static bool ends_word(struct img_bytes d, size_t at)
{
    return at >= d.len || !is_alnum(d.ptr[at]);
}

static bool is_placeholder(struct img_bytes d, size_t from, size_t to)
{
    static const char *const words[] = {"example", "sample", "dummy", "placeholder",
                                        "xxxx",    "${",     "{{"};

    for (size_t i = from; i < to; i++)
        for (size_t w = 0; w < IMG_COUNT(words); w++)
            if (has_folded(d, i, words[w]))
                return true;
    return false;
}

/* --- rules: each is tried with `at` on its anchor --- */

static const struct secret_rule aws_id = {"aws-access-key-id", "AWS access key id",
                                          IMG_SEVERITY_HIGH};
static const struct secret_rule aws_secret = {"aws-secret-access-key", "AWS secret access key",
                                              IMG_SEVERITY_CRITICAL};
static const struct secret_rule github = {"github-token", "GitHub token", IMG_SEVERITY_CRITICAL};
static const struct secret_rule slack = {"slack-token", "Slack token", IMG_SEVERITY_HIGH};
static const struct secret_rule slack_hook = {"slack-webhook", "Slack webhook",
                                              IMG_SEVERITY_MEDIUM};
static const struct secret_rule private_key = {"private-key", "Private key", IMG_SEVERITY_HIGH};
static const struct secret_rule sealed_key = {"encrypted-private-key", "Encrypted private key",
                                              IMG_SEVERITY_MEDIUM};

static bool hit(struct secret_hit *out, const struct secret_rule *rule, size_t from, size_t to)
{
    *out = (struct secret_hit){rule, from, to};
    return true;
}

/* AKIA, ASIA, ABIA or ACCA and 16 characters of base32. */
static bool try_aws_id(struct img_bytes d, size_t at, struct secret_hit *out)
{
    bool known =
        has(d, at, "AKIA") || has(d, at, "ASIA") || has(d, at, "ABIA") || has(d, at, "ACCA");
    size_t n = known ? run(d, at + 4, 17, is_base32) : 0;

    if (n != 16 || !starts_word(d, at) || !ends_word(d, at + 20))
        return false;
    return !is_placeholder(d, at, at + 20) && hit(out, &aws_id, at, at + 20);
}

/* secret_access_key in any case and with _, - or nothing between, assigned 40 characters of base64
 * that are not all hex. The anchor is its "t_acc" or "tacc". */
static bool try_aws_secret(struct img_bytes d, size_t at, struct secret_hit *out)
{
    static const size_t before = sizeof("secre") - 1;
    size_t p = at + 1, digits = 0, n;

    if (at < before || !has_folded(d, at - before, "secre"))
        return false;
    p += p < d.len && (d.ptr[p] == '_' || d.ptr[p] == '-');
    if (!has_folded(d, p, "access"))
        return false;
    p += sizeof("access") - 1;
    p += p < d.len && (d.ptr[p] == '_' || d.ptr[p] == '-');
    if (!has_folded(d, p, "key"))
        return false;
    p += sizeof("key") - 1;
    for (n = 0; n < 12 && p < d.len && strchr("\"'\\ \t:=>", d.ptr[p]) != NULL && d.ptr[p] != 0;
         n++)
        p++;
    if (n == 0 || run(d, p, 41, is_base64) != 40)
        return false;
    for (size_t i = p; i < p + 40; i++)
        digits += is_digit(d.ptr[i]) || (lower(d.ptr[i]) >= 'a' && lower(d.ptr[i]) <= 'f');
    return digits < 40 && !is_placeholder(d, p, p + 40) && hit(out, &aws_secret, p, p + 40);
}

/* ghp_, gho_, ghu_, ghs_ or ghr_ and at least 36 letters and digits. */
static bool try_github(struct img_bytes d, size_t at, struct secret_hit *out)
{
    size_t n;

    if (at + 4 > d.len || strchr("pousr", d.ptr[at + 2]) == NULL || d.ptr[at + 2] == 0 ||
        !starts_word(d, at))
        return false;
    n = run(d, at + 4, 255, is_alnum);
    return n >= 36 && !is_placeholder(d, at, at + 4 + n) && hit(out, &github, at, at + 4 + n);
}

/* github_pat_ and 82 word characters. The anchor is its "b_pat". */
static bool try_github_pat(struct img_bytes d, size_t at, struct secret_hit *out)
{
    static const size_t before = sizeof("githu") - 1;
    size_t from = at - before, n;

    if (at < before || !has(d, from, "github_pat_") || !starts_word(d, from))
        return false;
    n = run(d, from + 11, 255, is_word);
    return n >= 82 && !is_placeholder(d, from, from + 11 + n) &&
           hit(out, &github, from, from + 11 + n);
}

/* xoxa- xoxb- xoxe- xoxp- xoxr- xoxs- or xapp- and at least 20 characters, some of them digits. */
static bool try_slack(struct img_bytes d, size_t at, struct secret_hit *out)
{
    size_t n, digits = 0;

    if (at + 5 > d.len || d.ptr[at + 4] != '-' || !starts_word(d, at) || d.ptr[at + 3] == 0 ||
        strchr(d.ptr[at + 1] == 'o' ? "abeprs" : "p", d.ptr[at + 3]) == NULL)
        return false;
    n = run(d, at + 5, 255, is_token);
    for (size_t i = at + 5; i < at + 5 + n; i++)
        digits += is_digit(d.ptr[i]);
    return n >= 20 && digits >= 4 && !is_placeholder(d, at, at + 5 + n) &&
           hit(out, &slack, at, at + 5 + n);
}

static bool is_path(uint8_t c)
{
    return is_alnum(c) || c == '+' || c == '/';
}

/* hooks.slack.com/services/ or /workflows/ and at least 40 characters. The anchor is its "ks.s". */
static bool try_slack_hook(struct img_bytes d, size_t at, struct secret_hit *out)
{
    static const size_t before = sizeof("hoo") - 1;
    size_t from = at - before, n, p;

    if (at < before || !has(d, from, "hooks.slack.com/"))
        return false;
    p = from + sizeof("hooks.slack.com/") - 1;
    if (has(d, p, "services/"))
        p += sizeof("services/") - 1;
    else if (has(d, p, "workflows/"))
        p += sizeof("workflows/") - 1;
    else
        return false;
    n = run(d, p, 255, is_path);
    return n >= 40 && !is_placeholder(d, from, p + n) && hit(out, &slack_hook, from, p + n);
}

static bool is_label(uint8_t c)
{
    return is_upper(c) || is_digit(c) || c == ' ';
}

/* Where "-----BEGIN " stands before the anchor, if the label between is one; SIZE_MAX otherwise. */
static size_t pem_begin(struct img_bytes d, size_t at)
{
    static const char begin[] = "-----BEGIN ";
    size_t from = at;

    while (from > 0 && at - from < SECRET_BACK && is_label(d.ptr[from - 1]))
        from--;
    /* the run of label characters took "BEGIN " in; the dashes stand before it */
    return from >= 5 && has(d, from - 5, begin) ? from - 5 : SIZE_MAX;
}

/* Where the END line stops, if it is here; else the end of the base64 that was seen. */
static size_t pem_end(struct img_bytes d, size_t from, size_t seen)
{
    for (size_t i = from; i < d.len; i++)
        if (d.ptr[i] == '-' && has(d, i, "-----END ")) {
            size_t p = i + sizeof("-----END ") - 1;

            p += run(d, p, SECRET_BACK, is_label);
            return has(d, p, "-----") ? p + 5 : p;
        }
    return seen;
}

/* -----BEGIN … PRIVATE KEY…----- and at least 30 characters of base64 in one run before the next
 * dashes: a heading alone, as in documentation and programs, is no key. The anchor is its "E KEY".
 */
static bool try_private_key(struct img_bytes d, size_t at, struct secret_hit *out)
{
    static const size_t before = sizeof("PRIVAT") - 1;
    size_t start, p = at + sizeof("E KEY") - 1, from, stop;
    bool sealed;

    if (at < before || !has(d, at - before, "PRIVATE KEY"))
        return false;
    p += has(d, p, " BLOCK") ? sizeof(" BLOCK") - 1 : 0;
    start = pem_begin(d, at - before);
    if (start == SIZE_MAX || !has(d, p, "-----"))
        return false;
    p += 5;
    from = p;
    stop = d.len - p > 700 ? p + 700 : d.len;
    while (p < stop && !has(d, p, "-----")) {
        size_t n = run(d, p, stop - p, is_base64);

        if (n >= 30) {
            sealed = has(d, from, "\nProc-Type: 4,ENCRYPTED") || has(d, start + 11, "ENCRYPTED ");
            return hit(out, sealed ? &sealed_key : &private_key, start, pem_end(d, p, p + n));
        }
        p += n + 1;
    }
    return false;
}

/* --- anchors --- */

#define BLOCK 64 /* positions looked at together */
#define REACH 4  /* bytes that an anchor's test needs beyond its first */

/* Written with & and | so that it compiles to the same instructions for 16 bytes at a time. */
static inline uint8_t is_token_anchor(const uint8_t *p)
{
    uint8_t a = p[0], b = p[1], c = p[2], e = p[3];

    return (uint8_t)(((a == 'A') & (e == 'A') & ((c == 'I') | (c == 'C'))) |
                     ((a == 'g') & (b == 'h') & (e == '_')) |
                     ((a == 'b') & (b == '_') & (c == 'p') & (e == 'a')) |
                     ((a == 'x') & (((b == 'o') & (c == 'x')) | ((b == 'a') & (c == 'p')))) |
                     ((a == 'k') & (b == 's') & (c == '.') & (e == 's')));
}

static inline uint8_t is_text_anchor(const uint8_t *p)
{
    uint8_t a = p[0], b = p[1], c = p[2], e = p[3];
    uint8_t fold_a = a | 0x20, fold_b = b | 0x20, fold_c = c | 0x20, fold_e = e | 0x20;

    return (uint8_t)(((a == 'E') & (b == ' ') & (c == 'K') & (e == 'E')) |
                     ((fold_a == 't') &
                      (((fold_b == 'a') & (fold_c == 'c') & (fold_e == 'c')) |
                       (((b == '_') | (b == '-')) & (fold_c == 'a') & (fold_e == 'c')))));
}

/* True when an anchor begins at one of the BLOCK positions; reads REACH - 1 bytes more. */
static bool block_has_anchor(const uint8_t *p, enum secret_rules rules)
{
    uint8_t any = 0;

    for (size_t i = 0; i < BLOCK; i++)
        any |= is_token_anchor(p + i);
    for (size_t i = 0; i < BLOCK && rules == SECRET_ALL; i++)
        any |= is_text_anchor(p + i);
    return any != 0;
}

static bool try_rules(struct img_bytes d, size_t at, enum secret_rules rules,
                      struct secret_hit *out)
{
    switch (d.ptr[at]) {
    case 'A':
        return try_aws_id(d, at, out);
    case 'g':
        return try_github(d, at, out);
    case 'b':
        return try_github_pat(d, at, out);
    case 'x':
        return try_slack(d, at, out);
    case 'k':
        return try_slack_hook(d, at, out);
    case 'E':
        return rules == SECRET_ALL && try_private_key(d, at, out);
    case 't':
    case 'T':
        return rules == SECRET_ALL && try_aws_secret(d, at, out);
    default:
        return false;
    }
}

bool secret_find(struct img_bytes d, size_t from, size_t limit, enum secret_rules rules,
                 struct secret_hit *out, size_t *next)
{
    size_t i = from, stop = d.len < REACH ? 0 : d.len - REACH + 1;

    stop = limit < stop ? limit : stop;
    while (i < stop) {
        size_t end = i + BLOCK;

        if (end <= stop && !block_has_anchor(d.ptr + i, rules)) {
            i = end;
            continue;
        }
        for (end = end < stop ? end : stop; i < end; i++)
            if ((is_token_anchor(d.ptr + i) || is_text_anchor(d.ptr + i)) &&
                try_rules(d, i, rules, out)) {
                *next = out->to > i ? out->to : i + 1;
                return true;
            }
    }
    *next = i > limit ? i : limit;
    return false;
}
