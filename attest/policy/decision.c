/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/decision.h"

#include "base/json_out.h"
#include "base/time.h"

/* Members are written in the order of their names, so the text is canonical as it stands. */

const char *img_verdict_name(enum img_verdict v)
{
    return v == IMG_ACCEPT ? "accept" : v == IMG_UNDECIDED ? "undecided" : "reject";
}

static void write_digest(struct img_json_out *j, const char *key, const struct img_digest *d)
{
    char text[IMG_DIGEST_TEXT];

    img_digest_text(d, text);
    img_json_out_str(j, key, text);
}

static void write_time(struct img_json_out *j, const char *key, int64_t t)
{
    char text[IMG_TIME_TEXT];

    if (t == IMG_TIME_NONE)
        return;
    img_time_text(t, text);
    img_json_out_str(j, key, text);
}

static void write_by(struct img_json_out *j, const struct img_by *by)
{
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "authority", by->authority);
    img_json_out_str(j, "evidence", by->evidence);
    img_json_out_str(j, "identity", by->identity);
    img_json_out_open(j, "time", '{');
    write_time(j, "claimed", by->claimed);
    write_time(j, "witnessed", by->witnessed);
    img_json_out_close(j, '}');
    img_json_out_close(j, '}');
}

static void write_check(struct img_json_out *j, const struct img_check *c)
{
    img_json_out_open(j, NULL, '{');
    if (c->by_count > 0) {
        img_json_out_open(j, "by", '[');
        for (size_t i = 0; i < c->by_count; i++)
            write_by(j, &c->by[i]);
        img_json_out_close(j, ']');
    }
    if (!c->ok)
        img_json_out_str(j, "code", img_reason_word(c->code));
    img_json_out_opt(j, "expected", c->expected);
    img_json_out_opt(j, "found", c->found);
    img_json_out_str(j, "id", c->id);
    img_json_out_opt(j, "message", c->message);
    img_json_out_bool(j, "ok", c->ok);
    img_json_out_opt(j, "platform", c->platform);
    img_json_out_opt(j, "remedy", c->remedy);
    if (c->warn)
        img_json_out_str(j, "severity", "warn");
    if (!c->ok && c->undecided)
        img_json_out_bool(j, "undecided", true);
    img_json_out_close(j, '}');
}

static void write_policy(struct img_json_out *j, const struct img_policy_result *p)
{
    img_json_out_open(j, NULL, '{');
    img_json_out_open(j, "checks", '[');
    for (size_t i = 0; i < p->check_count; i++)
        write_check(j, &p->checks[i]);
    img_json_out_close(j, ']');
    if (p->warn)
        img_json_out_str(j, "mode", "warn");
    img_json_out_str(j, "name", p->name);
    img_json_out_opt(j, "sha256", p->sha256);
    img_json_out_str(j, "verdict", img_verdict_name(p->verdict));
    img_json_out_close(j, '}');
}

static void write_ignored(struct img_json_out *j, const struct img_decision *d)
{
    img_json_out_open(j, "ignored", '[');
    for (size_t i = 0; i < d->ignored_count; i++) {
        img_json_out_open(j, NULL, '{');
        img_json_out_str(j, "code", img_reason_word(d->ignored[i].code));
        write_digest(j, "evidence", &d->ignored[i].evidence);
        img_json_out_str(j, "why", d->ignored[i].why);
        img_json_out_close(j, '}');
    }
    img_json_out_close(j, ']');
}

static void write_texts(struct img_json_out *j, const char *key, const char *const *list)
{
    img_json_out_open(j, key, '[');
    for (size_t i = 0; list != NULL && list[i] != NULL; i++)
        img_json_out_str(j, NULL, list[i]);
    img_json_out_close(j, ']');
}

bool img_decision_json(const struct img_decision *d, struct img_buf *out, struct img_err *err)
{
    struct img_json_out j = {.to = out};
    struct img_bytes ignored;

    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "clock", d->at_given ? "at" : "now");
    write_digest(&j, "digest", &d->digest);
    write_ignored(&j, d);
    img_json_out_str(&j, "name", d->name); /* null when it is not known */
    write_texts(&j, "platforms", d->platforms);
    img_json_out_open(&j, "policies", '[');
    for (size_t i = 0; i < d->policy_count; i++)
        write_policy(&j, &d->policies[i]);
    img_json_out_close(&j, ']');
    write_digest(&j, "trust", &d->trust);
    img_json_out_str(&j, "verdict", img_verdict_name(d->verdict));
    write_texts(&j, "warnings", d->warnings);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &ignored, err);
}
