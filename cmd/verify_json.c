/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"
#include "base/time.h"
#include "cmd/verify.h"

static void write_time(struct img_json_out *j, const char *key, int64_t t)
{
    char text[IMG_TIME_TEXT];

    if (t == IMG_TIME_NONE) {
        img_json_out_null(j, key);
        return;
    }
    img_time_text(t, text);
    img_json_out_str(j, key, text);
}

static void write_where(struct img_json_out *j, const struct verify_subject *s)
{
    img_json_out_open(j, "where", '[');
    for (size_t i = 0; i < s->where_count; i++) {
        img_json_out_open(j, NULL, '{');
        img_json_out_str(j, "file", s->where[i]->file);
        img_json_out_int(j, "line", (int64_t)s->where[i]->line);
        img_json_out_int(j, "column", (int64_t)s->where[i]->column);
        img_json_out_str(j, "object", s->where[i]->object);
        img_json_out_str(j, "path", s->where[i]->path);
        img_json_out_close(j, '}');
    }
    img_json_out_close(j, ']');
}

static void write_error(struct img_json_out *j, const struct img_err *e)
{
    char text[IMG_ERR_TEXT + 200];

    img_err_text(e, text, sizeof(text));
    img_json_out_open(j, "error", '{');
    img_json_out_str(j, "code",
                     e->why == IMG_WHY_NONE ? img_code_name(e->code) : img_reason_word(e->why));
    img_json_out_str(j, "text", text);
    img_json_out_close(j, '}');
}

static void write_run(struct img_json_out *j, const struct verify_result *r)
{
    img_json_out_open(j, "run", '{');
    img_json_out_str(j, "given", r->subject->given);
    write_time(j, "resolved", r->resolved);
    write_time(j, "valid_until", r->decision == NULL ? IMG_TIME_NONE : r->decision->valid_until);
    write_where(j, r->subject);
    img_json_out_open(j, "cost", '{');
    img_json_out_int(j, "ms", r->ms);
    img_json_out_int(j, "requests", (int64_t)r->cost.requests);
    img_json_out_int(j, "round_trips", (int64_t)r->cost.round_trips);
    img_json_out_int(j, "bytes", (int64_t)r->cost.bytes);
    img_json_out_close(j, '}');
    img_json_out_close(j, '}');
}

static bool write_result(struct img_json_out *j, const struct verify_result *r, struct img_err *err)
{
    struct img_bytes record;

    img_json_out_open(j, NULL, '{');
    if (r->decision == NULL) {
        img_json_out_null(j, "decision");
        write_error(j, &r->err);
    } else {
        if (!img_buf_bytes(&r->record, &record, err))
            return false;
        img_json_out_raw(j, "decision", record);
        img_json_out_str(j, "id", r->id);
    }
    write_run(j, r);
    img_json_out_close(j, '}');
    return true;
}

/* An image that came to an error was not accepted: rejected when that is a "no" (a digest that does
 * not match), else not decided. */
static enum img_verdict verdict_of(const struct verify_result *r)
{
    if (r->decision != NULL)
        return r->decision->verdict;
    return r->err.code == IMG_E_REJECTED ? IMG_REJECT : IMG_UNDECIDED;
}

bool verify_json(const struct verify_results *r, struct img_buf *out, struct img_err *err)
{
    struct img_json_out j = {.to = out};
    int64_t count[IMG_ACCEPT + 1] = {0};
    struct img_bytes ignored;

    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "version", 1);
    img_json_out_open(&j, "images", '[');
    for (size_t i = 0; i < r->count; i++) {
        if (!write_result(&j, &r->items[i], err))
            return false;
        count[verdict_of(&r->items[i])]++;
    }
    img_json_out_close(&j, ']');
    img_json_out_open(&j, "summary", '{');
    img_json_out_int(&j, "accept", count[IMG_ACCEPT]);
    img_json_out_int(&j, "reject", count[IMG_REJECT]);
    img_json_out_int(&j, "undecided", count[IMG_UNDECIDED]);
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    img_buf_puts(out, "\n");
    return img_buf_bytes(out, &ignored, err);
}
