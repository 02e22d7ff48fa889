/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <archive.h>
#include <archive_entry.h>

#include "base/err.h"

/*
 * What oci/layer.c needs of libarchive, found on first use: linking it at start would cost every
 * program run some milliseconds for the forty libraries behind it.
 *
 * Errors:  IMG_E_INTERNAL when libarchive is not installed or lacks a function.
 * Threads: the table is filled once and read-only from then on.
 */
struct img_archive_api {
    struct archive *(*read_new)(void);
    int (*read_support_format_tar)(struct archive *);
    int (*read_open)(struct archive *, void *, archive_open_callback *, archive_read_callback *,
                     archive_close_callback *);
    int (*read_next_header2)(struct archive *, struct archive_entry *);
    int (*read_data_block)(struct archive *, const void **, size_t *, la_int64_t *);
    int (*read_data_skip)(struct archive *);
    int (*read_free)(struct archive *);
    la_int64_t (*filter_bytes)(struct archive *, int);
    const char *(*error_string)(struct archive *);
    struct archive_entry *(*entry_new)(void);
    void (*entry_free)(struct archive_entry *);
    const char *(*entry_pathname)(struct archive_entry *);
    const char *(*entry_hardlink)(struct archive_entry *);
    const char *(*entry_symlink)(struct archive_entry *);
    mode_t (*entry_filetype)(struct archive_entry *);
    mode_t (*entry_perm)(struct archive_entry *);
    la_int64_t (*entry_uid)(struct archive_entry *);
    la_int64_t (*entry_gid)(struct archive_entry *);
    la_int64_t (*entry_size)(struct archive_entry *);
};
IMG_NODISCARD bool img_archive_load(const struct img_archive_api **out, struct img_err *err);
