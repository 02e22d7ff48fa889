/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "attest/sbom/db.h"

/* Property of the package database readers: a file fed in pieces of any size gives what it gives
 * whole, and what is kept has a name and, when installed, a version of printable characters. */

static struct img_db *db_read(enum img_db_kind kind, const uint8_t *data, size_t size, size_t piece)
{
    struct img_err err = IMG_ERR_INIT;
    IMG_AUTO(img_db_reader_freep) struct img_db_reader *r = NULL;
    struct img_db *db = NULL;

    if (!img_db_reader_new(kind, &r, &err))
        abort();
    for (size_t at = 0; at < size; at += piece) {
        size_t n = size - at < piece ? size - at : piece;
        if (!img_db_feed(r, (struct img_bytes){.ptr = data + at, .len = n}, &err))
            abort();
    }
    if (!img_db_finish(r, &db, &err))
        abort();
    return db;
}

static bool db_same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static void db_check_word(const char *text)
{
    if (text == NULL || *text == '\0')
        abort();
    for (; *text != '\0'; text++)
        if (*text <= 0x20 || *text > 0x7e)
            abort();
}

static void db_check(enum img_db_kind kind, const uint8_t *data, size_t size)
{
    IMG_AUTO(img_db_freep) struct img_db *whole = db_read(kind, data, size, size + 1);
    IMG_AUTO(img_db_freep) struct img_db *pieces = db_read(kind, data, size, 3);

    if (whole->count != pieces->count || !db_same(whole->problem, pieces->problem))
        abort();
    for (size_t i = 0; i < whole->count; i++) {
        const struct img_db_package *a = &whole->items[i], *b = &pieces->items[i];

        if (!db_same(a->name, b->name) || !db_same(a->version, b->version) ||
            !db_same(a->arch, b->arch) || !db_same(a->source_name, b->source_name) ||
            !db_same(a->source_version, b->source_version) || a->installed != b->installed ||
            !db_same(a->description, b->description))
            abort();
        db_check_word(a->name);
        if (a->installed)
            db_check_word(a->version);
    }
}
