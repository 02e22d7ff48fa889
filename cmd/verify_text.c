/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/verify.h"

/*
 * For people. Every line begins with a word of ours, because CI systems take a line that begins
 * with
 * "::", after blanks too, for a command, and one with "##[" anywhere in it.
 */
struct pen {
    struct img_buf *to;
    const struct verify_look *look;
};
enum ink { PLAIN, GOOD, BAD, DIM, LOUD };

static void ink(const struct pen *p, enum ink i)
{
    static const char *const codes[] = {[PLAIN] = "\033[0m",
                                        [GOOD] = "\033[32m",
                                        [BAD] = "\033[31m",
                                        [DIM] = "\033[2m",
                                        [LOUD] = "\033[1m"};

    if (p->look->colour)
        img_buf_puts(p->to, codes[i]);
}

/* Foreign text: one line, no control characters, nothing a CI system takes for a command. */
static void foreign(const struct pen *p, const char *text)
{
    IMG_AUTO(img_buf_done) struct img_buf safe = IMG_BUF(4 * IMG_LIMIT_TEXT);
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes bytes;

    img_text_safe(text, &safe);
    if (!img_buf_bytes(&safe, &bytes, &ignored)) {
        img_buf_puts(p->to, "(too long to show)");
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.len - i >= 3 && memcmp(bytes.ptr + i, "##[", 3) == 0)
            img_buf_puts(p->to, "\\x23");
        else
            img_buf_put(p->to, bytes.ptr + i, 1);
    }
}

static void line(const struct pen *p, const char *label, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    ink(p, DIM);
    img_buf_putf(p->to, "      %-9s", label);
    ink(p, PLAIN);
    img_buf_puts(p->to, " ");
    foreign(p, text);
    img_buf_puts(p->to, "\n");
}

/* "by release with key sha256:0123456789ab, 2026-11-22T10:00:00Z" */
static void write_by(const struct pen *p, const struct img_check *c)
{
    for (size_t i = 0; i < c->by_count; i++) {
        const struct img_by *by = &c->by[i];
        int64_t when = by->witnessed != IMG_TIME_NONE ? by->witnessed : by->claimed;
        char text[600], stamp[IMG_TIME_TEXT];

        img_time_text(when, stamp);
        (void)snprintf(text, sizeof(text), "%.200s, %.*s%s%s%s", by->authority,
                       p->look->verbose ? 200 : (int)strlen("key sha256:0123456789ab"),
                       by->identity, when == IMG_TIME_NONE ? "" : ", ",
                       when == IMG_TIME_NONE ? "" : stamp,
                       when != IMG_TIME_NONE && by->witnessed == IMG_TIME_NONE ? " (claimed)" : "");
        line(p, "by", text);
        if (p->look->verbose)
            line(p, "evidence", by->evidence);
    }
}

static void write_check(const struct pen *p, const struct img_check *c)
{
    const char *mark = c->ok          ? (p->look->utf8 ? "\u2713" : "ok")
                       : c->warn      ? (p->look->utf8 ? "!" : "warning")
                       : c->undecided ? "?"
                                      : (p->look->utf8 ? "\u2717" : "FAILED");

    img_buf_puts(p->to, "    ");
    ink(p, c->ok ? GOOD : BAD);
    img_buf_puts(p->to, mark);
    ink(p, PLAIN);
    img_buf_puts(p->to, " ");
    foreign(p, c->id);
    if (c->platform != NULL) {
        img_buf_puts(p->to, " (");
        foreign(p, c->platform);
        img_buf_puts(p->to, ")");
    }
    if (!c->ok) {
        img_buf_puts(p->to, ": ");
        ink(p, LOUD);
        img_buf_puts(p->to, img_reason_word(c->code));
        ink(p, PLAIN);
        img_buf_putf(p->to, ", %s", img_reason_meaning(c->code));
    } else if (c->found != NULL) {
        img_buf_puts(p->to, ": ");
        foreign(p, c->found);
    }
    img_buf_puts(p->to, "\n");
    if (!c->ok) {
        line(p, "message", c->message);
        line(p, "expected", c->expected);
        line(p, "found", c->found);
        line(p, "remedy", c->remedy);
    }
    write_by(p, c);
}

static void write_policy(const struct pen *p, const struct img_policy_result *r)
{
    img_buf_puts(p->to,
                 r->sha256 == NULL || img_has_prefix(r->name, "--") ? "  asked by " : "  policy ");
    foreign(p, r->name);
    if (r->warn)
        img_buf_puts(p->to, " (only warns)");
    img_buf_puts(p->to, "\n");
    for (size_t i = 0; i < r->check_count; i++)
        write_check(p, &r->checks[i]);
}

/* Short: how many for which reason. In full where it may be why the image was not accepted. */
static void write_ignored(const struct pen *p, const struct img_decision *d)
{
    size_t counts[IMG_REASON_COUNT] = {0};
    char text[400], digest[IMG_DIGEST_TEXT];

    if (d->ignored_count == 0)
        return;
    img_buf_putf(p->to, "  ignored %zu piece%s of evidence", d->ignored_count,
                 d->ignored_count == 1 ? "" : "s");
    for (size_t i = 0; i < d->ignored_count; i++)
        counts[d->ignored[i].code]++;
    for (size_t i = 0, shown = 0; i < IMG_REASON_COUNT; i++)
        if (counts[i] > 0)
            img_buf_putf(p->to, "%s%zu %s", shown++ == 0 ? ": " : ", ", counts[i],
                         img_reason_word((enum img_reason)i));
    img_buf_puts(p->to, p->look->verbose ? "\n" : " (--verbose lists them)\n");
    for (size_t i = 0; p->look->verbose && i < d->ignored_count; i++) {
        img_digest_text(&d->ignored[i].evidence, digest);
        (void)snprintf(text, sizeof(text), "%s: %s", img_reason_word(d->ignored[i].code),
                       d->ignored[i].why);
        line(p, "evidence", digest);
        line(p, "why", text);
    }
}

static void write_where(const struct pen *p, const struct verify_subject *s)
{
    for (size_t i = 0; i < s->where_count; i++) {
        img_buf_puts(p->to, "  in ");
        foreign(p, s->where[i]->file);
        img_buf_putf(p->to, ":%zu:%zu ", s->where[i]->line, s->where[i]->column);
        foreign(p, s->where[i]->object);
        img_buf_puts(p->to, "\n");
    }
}

static void write_title(const struct pen *p, const struct verify_result *r)
{
    const struct img_decision *d = r->decision;
    enum img_verdict v = d == NULL ? IMG_UNDECIDED : d->verdict;
    char digest[IMG_DIGEST_TEXT];

    ink(p, LOUD);
    ink(p, v == IMG_ACCEPT ? GOOD : BAD);
    img_buf_puts(p->to, d == NULL            ? (r->status == 1 ? "REJECT" : "ERROR")
                        : v == IMG_ACCEPT    ? "ACCEPT"
                        : v == IMG_UNDECIDED ? "UNDECIDED"
                                             : "REJECT");
    ink(p, PLAIN);
    img_buf_puts(p->to, " ");
    if (d == NULL) {
        foreign(p, r->subject->given);
    } else {
        img_digest_text(&d->digest, digest);
        foreign(p, d->name == NULL ? r->subject->given : d->name);
        if (strstr(d->name == NULL ? r->subject->given : d->name, digest) == NULL)
            img_buf_putf(p->to, "%s%s", d->name == NULL ? " " : "@", digest);
    }
    img_buf_puts(p->to, "\n");
}

static void write_result(const struct pen *p, const struct verify_result *r)
{
    const struct img_decision *d = r->decision;
    char text[IMG_ERR_TEXT + 200];

    write_title(p, r);
    write_where(p, r->subject);
    if (d == NULL) {
        img_err_text(&r->err, text, sizeof(text));
        line(p,
             r->err.why == IMG_WHY_NONE ? img_code_name(r->err.code) : img_reason_word(r->err.why),
             text);
        return;
    }
    if (d->at_given)
        img_buf_puts(p->to, "  decided as of another time than now (--at)\n");
    for (size_t i = 0; i < d->policy_count; i++)
        write_policy(p, &d->policies[i]);
    write_ignored(p, d);
    for (size_t i = 0; d->warnings != NULL && d->warnings[i] != NULL; i++)
        line(p, "warning", d->warnings[i]);
    if (d->valid_until != IMG_TIME_NONE) {
        img_time_text(d->valid_until, text);
        img_buf_putf(p->to, "  holds until %s\n", text);
    }
}

void verify_text(const struct verify_results *r, const struct verify_look *look,
                 struct img_buf *out)
{
    const struct pen p = {.to = out, .look = look};

    for (size_t i = 0; i < r->count; i++)
        write_result(&p, &r->items[i]);
}
