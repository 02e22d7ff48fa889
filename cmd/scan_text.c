/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/scan_text.h"

#include <string.h>

#include "base/text.h"
#include "base/time.h"

#define COLUMNS  6
#define CELL_MAX ((size_t)48) /* characters; longer text is cut, in all columns but the last */

/* Foreign text made safe, and then for CI logs; see scan_text.h. */
static void put_foreign(struct img_buf *out, const char *text)
{
    IMG_AUTO(img_buf_done) struct img_buf safe = IMG_BUF(8 * strlen(text) + 8);
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes bytes;
    bool hash = false;

    img_text_safe(text, &safe);
    if (!img_buf_bytes(&safe, &bytes, &ignored)) {
        out->failed = ignored.code;
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        bool again = hash && bytes.ptr[i] == '#';

        if (again)
            img_buf_puts(out, "\\x23");
        else
            img_buf_put(out, bytes.ptr + i, 1);
        hash = bytes.ptr[i] == '#' && !again;
    }
}

/* Characters of UTF-8 text, near enough to columns. */
static size_t width_of(const char *text)
{
    size_t n = 0;

    for (; *text != '\0'; text++)
        n += ((uint8_t)*text & 0xc0) != 0x80;
    return n;
}

/* Cuts text after CELL_MAX - 3 characters, on a character. */
static void cut(char *text)
{
    size_t n = 0, i = 0;

    if (width_of(text) <= CELL_MAX)
        return;
    while (n < CELL_MAX - 3 || ((uint8_t)text[i] & 0xc0) == 0x80)
        n += ((uint8_t)text[++i] & 0xc0) != 0x80;
    memcpy(text + i, "...", 4);
}

/* --- a table whose columns are as wide as they must be --- */

struct row {
    char cells[COLUMNS][4 * CELL_MAX + 64];
};

/* Two passes over the same findings: measure, then write. */
struct table {
    struct img_buf *out;
    size_t widths[COLUMNS];
    bool measuring, colour;
};

static const char *colour_of(enum img_severity s)
{
    switch (s) {
    case IMG_SEVERITY_CRITICAL:
        return "\033[1;31m";
    case IMG_SEVERITY_HIGH:
        return "\033[31m";
    case IMG_SEVERITY_MEDIUM:
        return "\033[33m";
    case IMG_SEVERITY_LOW:
    case IMG_SEVERITY_NEGLIGIBLE:
    case IMG_SEVERITY_UNKNOWN:
        break;
    }
    return "";
}

static void put_row(struct table *t, const struct row *r, const char *colour)
{
    size_t last = 0;

    for (size_t c = 0; c < COLUMNS; c++) {
        size_t width = width_of(r->cells[c]);

        if (t->measuring && width > t->widths[c])
            t->widths[c] = width;
        if (width > 0)
            last = c;
    }
    if (t->measuring)
        return;
    for (size_t c = 0; c <= last; c++) {
        size_t pad = c < last ? t->widths[c] - width_of(r->cells[c]) : 0;
        bool painted = c == 0 && colour[0] != '\0' && t->colour;

        img_buf_putf(t->out, "  %s%s%s%*s", painted ? colour : "", r->cells[c],
                     painted ? "\033[0m" : "", (int)pad, "");
    }
    img_buf_puts(t->out, "\n");
}

static void set_cell(char cell[static 4 * CELL_MAX + 64], const char *text)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(1024 * 1024);
    size_t len;

    cell[0] = '\0';
    if (text == NULL)
        return;
    put_foreign(&b, text);
    len = b.len < 4 * CELL_MAX ? b.len : 4 * CELL_MAX;
    if (b.failed != IMG_OK || b.ptr == NULL)
        return;
    /* not within a character */
    while (len < b.len && len > 0 && (b.ptr[len] & 0xc0) == 0x80)
        len--;
    memcpy(cell, b.ptr, len);
    cell[len] = '\0';
    cut(cell);
}

static void set_layer(char cell[static 4 * CELL_MAX + 64], const struct img_finding *f)
{
    char text[8 * CELL_MAX];

    if (f->layer < 0) {
        set_cell(cell, NULL);
        return;
    }
    (void)snprintf(text, sizeof(text), "%lld  %.300s", (long long)f->layer + 1,
                   f->command != NULL ? f->command : "");
    set_cell(cell, text);
}

static const char *shout(enum img_severity s)
{
    static const char *const words[] = {"UNKNOWN", "NEGLIGIBLE", "LOW",
                                        "MEDIUM",  "HIGH",       "CRITICAL"};

    return words[s];
}

static bool is_suppressed(const struct img_finding *f)
{
    return f->status != NULL && strcmp(f->status, IMG_STATUS_SUPPRESSED) == 0;
}

/* "pkg:deb/debian/openssl@3.0?arch=amd64" says more than people want to read: its name. */
static const char *package_name(const struct img_finding *f)
{
    return f->package != NULL ? f->package : f->purl;
}

static void vulnerability_row(const struct img_finding *f, struct row *r)
{
    set_cell(r->cells[1], f->id);
    set_cell(r->cells[2], package_name(f));
    set_cell(r->cells[3], f->version);
    set_cell(r->cells[4], f->fixed != NULL ? f->fixed : "-");
    set_layer(r->cells[5], f);
}

static void other_row(const struct img_finding *f, struct row *r)
{
    char place[8 * CELL_MAX] = "";

    if (f->path != NULL && f->line > 0)
        (void)snprintf(place, sizeof(place), "%.300s:%lld", f->path, (long long)f->line);
    else if (f->path != NULL)
        (void)snprintf(place, sizeof(place), "%.300s", f->path);
    set_cell(r->cells[1], f->id);
    set_cell(r->cells[2], place[0] != '\0' ? place : package_name(f));
    set_cell(r->cells[3], f->title);
    r->cells[4][0] = '\0';
    set_layer(r->cells[5], f);
}

static void put_rows(struct table *t, const struct img_scan *s, enum img_finding_kind kind)
{
    static const struct row vulnerability_head = {
        {"SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED IN", "LAYER"}};
    static const struct row other_head = {{"SEVERITY", "ID", "WHERE", "WHAT", "", "LAYER"}};
    bool vulnerability = kind == IMG_FINDING_VULNERABILITY;
    struct row r;

    put_row(t, vulnerability ? &vulnerability_head : &other_head, "");
    for (size_t i = 0; i < s->count; i++) {
        const struct img_finding *f = &s->findings[i];

        if (f->kind != kind || is_suppressed(f))
            continue;
        (void)snprintf(r.cells[0], sizeof(r.cells[0]), "%s", shout(f->severity));
        if (vulnerability)
            vulnerability_row(f, &r);
        else
            other_row(f, &r);
        put_row(t, &r, colour_of(f->severity));
    }
}

/* --- the rest --- */

static size_t count_of(const struct img_scan *s, enum img_finding_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < s->count; i++)
        n += s->findings[i].kind == kind && !is_suppressed(&s->findings[i]);
    return n;
}

static void put_kind(const struct img_scan *s, enum img_finding_kind kind, const char *title,
                     bool colour, struct img_buf *out)
{
    struct table t = {.out = out, .measuring = true, .colour = colour};

    if (count_of(s, kind) == 0)
        return;
    img_buf_putf(out, "\n%s\n", title);
    put_rows(&t, s, kind);
    t.measuring = false;
    put_rows(&t, s, kind);
}

static void put_input(const struct img_scan_input *in, struct img_buf *out)
{
    char finished[IMG_TIME_TEXT];

    img_time_text(in->finished, finished);
    img_buf_puts(out, "  by ");
    put_foreign(out, in->tool);
    img_buf_puts(out, in->version[0] != '\0' ? " " : "");
    put_foreign(out, in->version);
    img_buf_putf(out, ", %s, looked for ", finished);
    for (size_t i = 0; in->looks_for[i] != NULL; i++)
        img_buf_putf(out, "%s%s", i > 0 ? ", " : "", in->looks_for[i]);
    img_buf_puts(out, in->looks_for[0] == NULL ? "nothing" : "");
    if (in->reason != NULL) {
        img_buf_puts(out, "; not complete: ");
        put_foreign(out, in->reason);
    }
    img_buf_puts(out, "\n");
}

static void put_summary(const struct img_scan *s, struct img_buf *out)
{
    size_t severities[IMG_SEVERITIES] = {0}, fixable = 0, suppressed = 0;
    const char *comma = "";

    for (size_t i = 0; i < s->count; i++) {
        const struct img_finding *f = &s->findings[i];

        suppressed += is_suppressed(f);
        if (f->kind != IMG_FINDING_VULNERABILITY || is_suppressed(f))
            continue;
        severities[f->severity]++;
        fixable += f->fixed != NULL;
    }
    img_buf_puts(out, "\nVulnerabilities: ");
    if (!img_scan_looked_for(s, IMG_LOOKS_VULNERABILITIES))
        img_buf_puts(out, "not looked for");
    else if (count_of(s, IMG_FINDING_VULNERABILITY) == 0)
        img_buf_puts(out, "none");
    for (int i = IMG_SEVERITIES - 1; i >= 0; i--)
        if (severities[i] > 0) {
            img_buf_putf(out, "%s%zu %s", comma, severities[i],
                         img_severity_name((enum img_severity)i));
            comma = ", ";
        }
    if (fixable > 0)
        img_buf_putf(out, " (%zu can be fixed)", fixable);
    img_buf_putf(out, ". Secrets: %zu. Misconfigurations: %zu.", count_of(s, IMG_FINDING_SECRET),
                 count_of(s, IMG_FINDING_MISCONFIGURATION));
    if (suppressed > 0)
        img_buf_putf(out, " Suppressed by the scanner: %zu.", suppressed);
    img_buf_puts(out, "\n");
}

void img_scan_text(const struct img_scan *s, const struct img_scan_text *about, struct img_buf *out)
{
    static const struct {
        enum img_finding_kind kind;
        const char *title;
    } kinds[] = {
        {IMG_FINDING_VULNERABILITY, "Vulnerabilities"},
        {IMG_FINDING_SECRET, "Secrets"},
        {IMG_FINDING_MALWARE, "Malware"},
        {IMG_FINDING_MISCONFIGURATION, "Misconfigurations"},
        {IMG_FINDING_LICENSE, "Licenses"},
    };

    img_buf_puts(out, "Image ");
    put_foreign(out, about->name);
    img_buf_putf(out, "\n  %s", about->digest);
    if (about->platform[0] != '\0') {
        img_buf_puts(out, ", ");
        put_foreign(out, about->platform);
    }
    img_buf_puts(out, "\n");
    for (size_t i = 0; i < s->input_count; i++)
        put_input(&s->inputs[i], out);
    for (size_t i = 0; i < IMG_COUNT(kinds); i++)
        put_kind(s, kinds[i].kind, kinds[i].title, about->colour, out);
    put_summary(s, out);
}
