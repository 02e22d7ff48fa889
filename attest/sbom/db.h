/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/pool.h"

/*
 * Package databases, read as they stream by: dpkg's and apk's text formats.
 *
 * A reader takes a file in pieces of any size and keeps what it needs of each package, never the
 * file. It does not fail on foreign bytes: what it cannot make sense of is left out and remembered
 * as `problem`, so that the inventory is called incomplete instead of being silently short.
 *
 * Ownership: img_db_free() frees everything; strings are views into it.
 * Errors:    IMG_E_MEMORY only.
 * Source:    deb-control(5), deb822(5), dpkg's lib/dpkg/parse.c for the states; apk-package(5).
 */
enum img_db_kind {
    IMG_DB_NONE,
    IMG_DB_DPKG,        /* var/lib/dpkg/status: many stanzas, each with its Status */
    IMG_DB_DPKG_SINGLE, /* var/lib/dpkg/status.d/NAME: one installed package (distroless) */
    IMG_DB_APK          /* lib/apk/db/installed */
};

struct img_db_package {
    const char *name, *version, *arch;
    const char *source_name, *source_version; /* NULL when not given */
    const char *maintainer, *homepage, *license, *description;
    bool installed; /* false: known to dpkg, but not installed */
};

struct img_db {
    enum img_db_kind kind;
    struct img_db_package *items;
    size_t count;
    const char *problem; /* the first one; NULL when the file was read whole and understood */
};

struct img_db_reader;
IMG_NODISCARD bool img_db_reader_new(enum img_db_kind kind, struct img_db_reader **out,
                                     struct img_err *err);
IMG_NODISCARD bool img_db_feed(struct img_db_reader *r, struct img_bytes chunk,
                               struct img_err *err);
/* After the last piece. */
IMG_NODISCARD bool img_db_finish(struct img_db_reader *r, struct img_db **out, struct img_err *err);
void img_db_reader_free(struct img_db_reader *r);
IMG_DEFINE_FREEP(struct img_db_reader, img_db_reader_free);
void img_db_free(struct img_db *db);
IMG_DEFINE_FREEP(struct img_db, img_db_free);

/* For the formats only (dpkg.c, apk.c): the fields of the package being read. */
enum img_db_field {
    IMG_FIELD_NAME,
    IMG_FIELD_VERSION,
    IMG_FIELD_ARCH,
    IMG_FIELD_SOURCE,
    IMG_FIELD_MAINTAINER,
    IMG_FIELD_HOMEPAGE,
    IMG_FIELD_LICENSE,
    IMG_FIELD_DESCRIPTION,
    IMG_FIELD_STATUS,
    IMG_FIELDS
};
/* Sets a field of the package being read; twice is a problem. */
void img_db_set(struct img_db_reader *r, enum img_db_field field, struct img_bytes value);
const char *img_db_get(const struct img_db_reader *r, enum img_db_field field); /* NULL: not set */
void img_db_problem(struct img_db_reader *r, const char *fmt, ...) IMG_PRINTF(2, 3);
/* One line without its newline; an empty one ends a package. */
void img_dpkg_line(struct img_db_reader *r, struct img_bytes line);
void img_apk_line(struct img_db_reader *r, struct img_bytes line);
/* Completes p, whose name, version and fields of one meaning are set; false: it is not one to keep.
 */
bool img_dpkg_package(struct img_db_reader *r, enum img_db_kind kind, struct img_db_package *p);
bool img_apk_package(struct img_db_reader *r, struct img_db_package *p);
/* Text that lives as long as the database. */
const char *img_db_text(struct img_db_reader *r, const char *text, size_t len);
