/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/predicates.h"

#include <stdlib.h>

#include "attest/scan/internal.h"
#include "attest/types.h"
#include "base/limits.h"
#include "base/text.h"

struct report {
    char *name;
    struct img_buf text;
    struct img_scan *scan;
};

struct img_reports {
    struct report *items;
    size_t count, capacity;
};

bool img_reports_new(struct img_reports **out, struct img_err *err)
{
    struct img_reports *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return img_fail(err, IMG_E_MEMORY, "reports");
    *out = r;
    return true;
}

static void report_done(struct report *r)
{
    img_scan_free(r->scan);
    img_buf_done(&r->text);
    free(r->name);
}

void img_reports_free(struct img_reports *r)
{
    for (size_t i = 0; r != NULL && i < r->count; i++)
        report_done(&r->items[i]);
    if (r != NULL)
        free(r->items);
    free(r);
}

static bool room(struct img_reports *r, struct img_err *err)
{
    size_t cap = r->capacity == 0 ? 8 : r->capacity * 2;
    struct report *more;

    if (r->count < r->capacity)
        return true;
    more = realloc(r->items, cap * sizeof(*more));
    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "reports");
    r->items = more;
    r->capacity = cap;
    return true;
}

bool img_reports_add(struct img_reports *r, const char *name, struct img_buf *text,
                     int64_t finished, struct img_err *err)
{
    IMG_AUTO(img_scan_freep) struct img_scan *scan = NULL;
    IMG_AUTO(img_str_free) char *own_name = NULL;
    struct img_bytes bytes;

    if (!img_buf_bytes(text, &bytes, err) || !room(r, err) || !img_strdup(name, &own_name, err))
        return false;
    if (!scan_report_parse(bytes, finished, &scan, err))
        return img_ctx(err, "report '%s'", name);
    r->items[r->count++] =
        (struct report){.name = IMG_STEAL(&own_name), .text = *text, .scan = IMG_STEAL(&scan)};
    *text = IMG_BUF(text->limit);
    return true;
}

static bool is_about(const struct report *r, const struct img_image *image)
{
    struct img_err ignored = IMG_ERR_INIT;

    return scan_report_is_about(r->scan, image, &ignored);
}

static bool every_report_fits(const struct img_reports *r, const struct img_image *images,
                              size_t count, struct img_err *err)
{
    for (size_t i = 0; i < r->count; i++) {
        size_t k = 0;

        while (k < count && !is_about(&r->items[i], &images[k]))
            k++;
        if (k == count && !scan_report_is_about(r->items[i].scan, &images[0], err))
            return img_ctx(err, "report '%s'", r->items[i].name);
    }
    return true;
}

bool img_reports_bind(const struct img_reports *r, const struct img_image *images, size_t count,
                      struct img_err *err)
{
    if (r->count == 0)
        return true;
    if (!every_report_fits(r, images, count, err))
        return false;
    for (size_t k = 0; k < count; k++) {
        char platform[100];
        size_t i = 0;

        while (i < r->count && !is_about(&r->items[i], &images[k]))
            i++;
        img_platform_text(&images[k].config.platform, platform);
        if (i == r->count)
            return img_refuse(err, IMG_E_USAGE, IMG_WHY_PLATFORM_MISSING,
                              "no --report is about the image for %s", platform);
    }
    return true;
}

/* --- predicates --- */

static void predicate_done(struct img_predicate *p)
{
    img_buf_done(&p->json);
}

void img_scanned_done(struct img_scanned *s)
{
    for (size_t i = 0; i < s->count; i++)
        predicate_done(&s->predicates[i]);
    free(s->predicates);
    img_scan_free(s->scan);
    *s = (struct img_scanned){0};
}

static bool add_vuln(const struct report *r, struct img_scanned *s, struct img_err *err)
{
    struct img_predicate *p = &s->predicates[s->count];
    struct img_bytes text;
    bool redacted;

    *p = (struct img_predicate){IMG_PREDICATE_VULN, IMG_BUF(IMG_LIMIT_PREDICATE)};
    s->count++;
    if (!img_buf_bytes(&r->text, &text, err) ||
        !scan_vuln_write(text, r->scan, &p->json, &redacted, err))
        return img_ctx(err, "report '%s'", r->name);
    s->redacted = s->redacted || redacted;
    return true;
}

static bool add_merged(const struct img_image *image, struct img_scanned *s, struct img_err *err)
{
    struct img_predicate *p = &s->predicates[s->count];

    *p = (struct img_predicate){img_scan_predicate_type(s->scan), IMG_BUF(IMG_LIMIT_PREDICATE)};
    s->count++;
    return img_scan_write(s->scan, image, &p->json, err);
}

static void free_list(struct img_scan ***p)
{
    free((void *)*p);
}

bool img_scan_assemble(const struct img_reports *reports, const struct img_image *image,
                       struct img_scan *checks, struct img_scanned *out, struct img_err *err)
{
    IMG_AUTO(img_scanned_done) struct img_scanned s = {0};
    IMG_AUTO(free_list) struct img_scan **scans = NULL;
    size_t room_for = (reports != NULL ? reports->count : 0) + 1, count = 0;

    scans = calloc(room_for, sizeof(struct img_scan *));
    s.predicates = calloc(room_for, sizeof(*s.predicates));
    if (scans == NULL || s.predicates == NULL)
        return img_fail(err, IMG_E_MEMORY, "scan");
    for (size_t i = 0; i + 1 < room_for; i++) {
        const struct report *r = &reports->items[i];

        if (!is_about(r, image))
            continue;
        scans[count++] = r->scan;
        /* what looked for nothing is never passed off as a vulnerability scan */
        if (img_scan_looked_for(r->scan, IMG_LOOKS_VULNERABILITIES) && !add_vuln(r, &s, err))
            return false;
    }
    scans[count++] = checks;
    if (!img_scan_merge(scans, count, image, &s.scan, err) || !add_merged(image, &s, err))
        return false;
    *out = s;
    s = (struct img_scanned){0};
    return true;
}
