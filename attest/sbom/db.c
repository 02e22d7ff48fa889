/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sbom/db.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* A database and what it owns; the public part comes first. */
struct owned_db {
    struct img_db db;
    struct img_pool pool;
    size_t cap;
};

struct img_db_reader {
    struct owned_db *db;
    uint64_t bytes;
    struct img_buf line;   /* the one being assembled */
    bool skipping;         /* the rest of an overlong line */
    struct img_buf fields; /* texts of the package being read, each NUL-terminated */
    size_t at[IMG_FIELDS]; /* offset + 1 into fields; 0: not set */
    size_t package;        /* packages begun so far, for messages */
    bool open;             /* a package has begun */
    bool bad;              /* and cannot be believed */
    bool stopped;          /* a limit was reached */
};

void img_db_free(struct img_db *db)
{
    struct owned_db *o = (struct owned_db *)db;

    if (db == NULL)
        return;
    free(o->db.items);
    img_pool_done(&o->pool);
    free(o);
}

void img_db_reader_free(struct img_db_reader *r)
{
    if (r == NULL)
        return;
    if (r->db != NULL)
        img_db_free(&r->db->db);
    img_buf_done(&r->line);
    img_buf_done(&r->fields);
    free(r);
}

bool img_db_reader_new(enum img_db_kind kind, struct img_db_reader **out, struct img_err *err)
{
    IMG_AUTO(img_db_reader_freep) struct img_db_reader *r = calloc(1, sizeof(*r));

    if (r == NULL)
        return img_fail(err, IMG_E_MEMORY, "package database");
    r->line = IMG_BUF(IMG_LIMIT_DB_LINE);
    r->fields = IMG_BUF(IMG_FIELDS * (IMG_LIMIT_DB_LINE + 1));
    r->db = calloc(1, sizeof(*r->db));
    if (r->db == NULL)
        return img_fail(err, IMG_E_MEMORY, "package database");
    r->db->db.kind = kind;
    *out = IMG_STEAL(&r);
    return true;
}

void img_db_problem(struct img_db_reader *r, const char *fmt, ...)
{
    char text[200];
    va_list ap;

    r->bad = true;
    if (r->db->db.problem != NULL)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    r->db->db.problem = img_pool_str(&r->db->pool, text);
}

const char *img_db_text(struct img_db_reader *r, const char *text, size_t len)
{
    char *out = img_pool_alloc(&r->db->pool, len + 1, 1);

    if (out == NULL)
        return "";
    memcpy(out, text, len);
    return out;
}

const char *img_db_get(const struct img_db_reader *r, enum img_db_field field)
{
    return r->at[field] == 0 ? NULL : (const char *)r->fields.ptr + r->at[field] - 1;
}

void img_db_set(struct img_db_reader *r, enum img_db_field field, struct img_bytes value)
{
    size_t at;

    if (r->at[field] != 0) {
        img_db_problem(r, "package %zu has a field twice", r->package);
        return;
    }
    if (value.len > 0 && memchr(value.ptr, '\0', value.len) != NULL) {
        img_db_problem(r, "package %zu has a NUL byte in a field", r->package);
        return;
    }
    at = r->fields.len + 1;
    img_buf_put(&r->fields, value.ptr, value.len);
    img_buf_put(&r->fields, "", 1);
    if (r->fields.failed == IMG_OK) /* else there is no end to the text; check() tells */
        r->at[field] = at;
}

/* Names and versions are one word of printable ASCII in both formats. */
static bool is_word(const char *text)
{
    if (text == NULL || text[0] == '\0')
        return false;
    for (const char *c = text; *c != '\0'; c++)
        if (*c <= 0x20 || *c > 0x7e)
            return false;
    return true;
}

static bool reserve(struct owned_db *o)
{
    size_t cap = o->cap == 0 ? 64 : 2 * o->cap;
    struct img_db_package *items;

    if (o->db.count < o->cap)
        return true;
    items = realloc(o->db.items, cap * sizeof(*items));
    if (items == NULL)
        return false;
    o->db.items = items;
    o->cap = cap;
    return true;
}

static const char *keep(struct img_db_reader *r, enum img_db_field field)
{
    const char *text = img_db_get(r, field);

    return text == NULL || text[0] == '\0' ? NULL : img_pool_str(&r->db->pool, text);
}

/* Takes the package that the fields describe, unless it is broken. */
static void take_package(struct img_db_reader *r)
{
    struct img_db *db = &r->db->db;
    struct img_db_package p = {.installed = true};

    if (!is_word(img_db_get(r, IMG_FIELD_NAME)) || !is_word(img_db_get(r, IMG_FIELD_VERSION))) {
        /* dpkg keeps packages that were never installed without a version */
        if (db->kind != IMG_DB_DPKG || !is_word(img_db_get(r, IMG_FIELD_NAME)) ||
            img_db_get(r, IMG_FIELD_VERSION) != NULL)
            img_db_problem(r, "package %zu has no proper name or version", r->package);
    }
    p.name = keep(r, IMG_FIELD_NAME);
    p.version = keep(r, IMG_FIELD_VERSION);
    p.arch = keep(r, IMG_FIELD_ARCH);
    p.maintainer = keep(r, IMG_FIELD_MAINTAINER);
    p.homepage = keep(r, IMG_FIELD_HOMEPAGE);
    p.license = keep(r, IMG_FIELD_LICENSE);
    p.description = keep(r, IMG_FIELD_DESCRIPTION);
    if (r->bad ||
        !(db->kind == IMG_DB_APK ? img_apk_package(r, &p) : img_dpkg_package(r, db->kind, &p)))
        return;
    if (db->count >= IMG_LIMIT_PACKAGES) {
        img_db_problem(r, "more than %d packages", IMG_LIMIT_PACKAGES);
        r->stopped = true;
        return;
    }
    if (!reserve(r->db)) {
        r->db->pool.failed = true;
        return;
    }
    db->items[db->count++] = p;
}

static void end_package(struct img_db_reader *r)
{
    if (r->open)
        take_package(r);
    r->open = false;
    r->bad = false;
    r->fields.len = 0;
    memset(r->at, 0, sizeof(r->at));
}

static void take_line(struct img_db_reader *r)
{
    struct img_bytes line = {.ptr = r->line.ptr, .len = r->line.len};

    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    if (r->skipping || r->line.failed != IMG_OK) {
        r->package += !r->open;
        r->open = true;
        img_db_problem(r, "package %zu has a line longer than %llu bytes", r->package,
                       (unsigned long long)IMG_LIMIT_DB_LINE);
    } else if (line.len == 0) {
        end_package(r);
    } else {
        r->package += !r->open;
        r->open = true;
        if (r->db->db.kind == IMG_DB_APK)
            img_apk_line(r, line);
        else
            img_dpkg_line(r, line);
    }
    r->line.len = 0;
    r->skipping = false;
}

static bool check(const struct img_db_reader *r, struct img_err *err)
{
    if (r->line.failed == IMG_E_MEMORY || r->fields.failed == IMG_E_MEMORY)
        return img_fail(err, IMG_E_MEMORY, "package database");
    return img_pool_check(&r->db->pool, err);
}

bool img_db_feed(struct img_db_reader *r, struct img_bytes chunk, struct img_err *err)
{
    r->bytes += chunk.len;
    if (r->bytes > IMG_LIMIT_PACKAGE_DB && !r->stopped) {
        img_db_problem(r, "larger than %llu bytes", (unsigned long long)IMG_LIMIT_PACKAGE_DB);
        r->stopped = true;
    }
    while (chunk.len > 0 && !r->stopped) {
        const uint8_t *end = memchr(chunk.ptr, '\n', chunk.len);
        size_t len = end != NULL ? (size_t)(end - chunk.ptr) : chunk.len;

        if (!r->skipping && len <= IMG_LIMIT_DB_LINE - r->line.len)
            img_buf_put(&r->line, chunk.ptr, len);
        else
            r->skipping = true;
        if (end != NULL)
            take_line(r);
        chunk.ptr += len + (end != NULL);
        chunk.len -= len + (end != NULL);
    }
    return check(r, err);
}

bool img_db_finish(struct img_db_reader *r, struct img_db **out, struct img_err *err)
{
    if (!r->stopped) {
        /* dpkg and apk end every line; a file of one package may come from another hand */
        if ((r->line.len > 0 || r->skipping) && r->db->db.kind != IMG_DB_DPKG_SINGLE)
            img_db_problem(r, "cut short within a line");
        if (r->line.len > 0 || r->skipping)
            take_line(r);
        end_package(r);
    }
    if (r->db->db.kind == IMG_DB_DPKG_SINGLE && r->db->db.count != 1)
        img_db_problem(r, "%zu packages where one should be", r->db->db.count);
    if (!check(r, err))
        return false;
    *out = &r->db->db;
    r->db = NULL;
    return true;
}
