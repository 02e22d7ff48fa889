/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "cmd/tree.h"

/* Box lines: what stands before a branch, before the last branch, and before what is below each. */
struct glyphs {
    const char *branch, *last, *down, *none;
};
static const struct glyphs box = {"├── ", "└── ", "│   ", "    "};
static const struct glyphs ascii = {"|-- ", "`-- ", "|   ", "    "};

#define MARGIN 200 /* bytes before a line: 8 levels of "│   " */

struct drawing {
    struct img_buf *out;
    const struct glyphs *g;
    int64_t now;
};

static void put_size(struct img_buf *out, uint64_t size)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double value = (double)size;
    size_t u = 0;

    if (size < 1000) {
        img_buf_putf(out, "%u B", (unsigned)size);
        return;
    }
    for (value /= 1000; value >= 999.95 && u + 1 < IMG_COUNT(units); u++)
        value /= 1000;
    img_buf_putf(out, "%.1f %s", value, units[u]);
}

static void put_age(const struct drawing *d, int64_t stored)
{
    char text[32];

    if (stored == IMG_TIME_NONE)
        return;
    img_duration_text(stored > d->now ? stored - d->now : d->now - stored, text);
    img_buf_putf(d->out, stored > d->now ? ", dated %s ahead" : ", %s old", text);
}

static void put_error(const struct drawing *d, const char *margin, const struct img_err *why)
{
    char text[IMG_ERR_TEXT];

    if (why->code == IMG_OK)
        return;
    img_err_text(why, text, sizeof(text));
    img_buf_putf(d->out, "%scannot be read: %s\n", margin, text);
}

/* The margin of what is below a branch, and of the branch's own further lines. */
static void deeper(const struct drawing *d, const char *margin, bool last, char out[static MARGIN])
{
    (void)snprintf(out, MARGIN, "%s%s", margin, last ? d->g->none : d->g->down);
}

static void put_items(const struct drawing *d, const char *margin,
                      const struct img_tree_items *list, bool more_follow);

static void put_item(const struct drawing *d, const char *margin, const struct img_tree_item *item,
                     bool last)
{
    char below[MARGIN], inner[MARGIN], digest[IMG_DIGEST_TEXT];
    const char *what = item->unverified_type;

    if (what == NULL)
        what =
            item->desc.artifact_type[0] != '\0' ? item->desc.artifact_type : item->desc.media_type;
    img_digest_text(&item->desc.digest, digest);
    img_buf_putf(d->out, "%s%s", margin, last ? d->g->last : d->g->branch);
    img_text_safe(what, d->out);
    img_buf_puts(d->out, " (unverified)\n");
    deeper(d, margin, last, below);
    deeper(d, below, item->attached.count == 0, inner);
    img_buf_putf(d->out, "%s%s\n%s", inner, digest, inner);
    put_size(d->out, item->size);
    put_age(d, item->stored);
    if (item->unverified_signer != NULL) {
        img_buf_puts(d->out, ", by ");
        img_text_safe(item->unverified_signer, d->out);
        img_buf_puts(d->out, " (unverified)");
    }
    img_buf_puts(d->out, "\n");
    put_error(d, inner, &item->err);
    put_items(d, below, &item->attached, false);
}

static void put_items(const struct drawing *d, const char *margin,
                      const struct img_tree_items *list, bool more_follow)
{
    for (size_t i = 0; i < list->count; i++)
        put_item(d, margin, &list->items[i], i + 1 == list->count && !list->cut && !more_follow);
    if (list->cut)
        img_buf_putf(d->out, "%s%sand more that was not read: a limit was reached\n", margin,
                     more_follow ? d->g->branch : d->g->last);
}

static void put_platform_line(const struct drawing *d, const struct img_tree_platform *p)
{
    char name[100];

    img_platform_text(&p->desc.platform, name);
    if (img_manifest_is_attestation_entry(&p->desc))
        img_buf_puts(d->out, "BuildKit attestations (unverified)");
    else
        img_buf_puts(d->out, p->desc.has_platform ? name : p->desc.media_type);
    if (p->err.code != IMG_OK)
        return;
    img_buf_puts(d->out, ", ");
    put_size(d->out, p->size);
    if (!img_manifest_is_attestation_entry(&p->desc))
        img_buf_putf(d->out, " in %zu layer%s", p->layers, p->layers == 1 ? "" : "s");
}

static void put_platform(const struct drawing *d, const struct img_tree_platform *p, bool last)
{
    char below[MARGIN], inner[MARGIN], digest[IMG_DIGEST_TEXT];

    img_digest_text(&p->desc.digest, digest);
    img_buf_puts(d->out, last ? d->g->last : d->g->branch);
    put_platform_line(d, p);
    deeper(d, "", last, below);
    deeper(d, below, p->attached.count == 0 && !p->attached.cut, inner);
    img_buf_putf(d->out, "\n%s%s\n", inner, digest);
    put_error(d, inner, &p->err);
    put_items(d, below, &p->attached, false);
}

static bool has_branches(const struct img_tree *t)
{
    return t->is_index || t->attached.count > 0 || t->attached.cut;
}

void img_tree_text(const struct img_tree *t, const char *name, bool utf8, int64_t now,
                   struct img_buf *out)
{
    struct drawing d = {.out = out, .g = utf8 ? &box : &ascii, .now = now};
    const char *margin = has_branches(t) ? d.g->down : d.g->none;
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&t->doc.desc.digest, digest);
    img_text_safe(name, out);
    img_buf_putf(out, "\n%s%s\n%s%s\n%s", margin, digest, margin, t->doc.desc.media_type, margin);
    if (t->is_index)
        img_buf_putf(out, "index of %zu manifest%s", t->count, t->count == 1 ? "" : "s");
    else
        put_platform_line(&d, &t->platforms[0]);
    img_buf_puts(out, "\n");
    if (!t->is_index)
        put_error(&d, margin, &t->platforms[0].err);
    put_items(&d, "", &t->attached, t->is_index && t->count > 0);
    for (size_t i = 0; t->is_index && i < t->count; i++)
        put_platform(&d, &t->platforms[i], i + 1 == t->count);
    if (!has_branches(t))
        img_buf_puts(out, "nothing is attached\n");
}
