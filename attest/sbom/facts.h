/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "attest/sbom/db.h"
#include "attest/sbom/os_release.h"
#include "attest/sbom/overlay.h"
#include "attest/sbom/sbom.h"

/*
 * What the layers said, and how it adds up: the packages of the image as it runs, each with the
 * layer that brought it, and every reason why that list may not be all.
 *
 * Of each database only the package names, versions and architectures stay for every layer that has
 * it; the rest is kept for its topmost version alone.
 *
 * Threads: filling may happen from several threads, each with its own layer; folding is one
 * caller's.
 */
enum img_file_kind {
    IMG_FILE_NONE,
    IMG_FILE_DPKG,
    IMG_FILE_DPKG_SINGLE,
    IMG_FILE_APK,
    IMG_FILE_OS_RELEASE
};

/* What a path would be, by its name. */
enum img_file_kind img_file_kind(const char *path);

/* One version of one file: as one layer has it. */
struct img_file {
    struct img_file *next;
    enum img_file_kind kind;
    const char *path;
    size_t layer;
    struct img_db *db; /* databases; NULL once a higher layer has the same path */
    uint32_t *keys;    /* of the installed packages, into facts' key table */
    size_t key_count;
    const char *problem; /* why it is not wholly known; NULL when it is */
    struct img_os_release os;
};

struct img_keys; /* distinct "name version arch" texts, numbered */

struct img_facts {
    struct img_overlay overlay;
    pthread_mutex_t lock; /* guards all below while filling */
    struct img_file *files;
    struct img_keys *keys;
    size_t listed; /* keys of all files together */
    struct img_pool pool;
    const char *odd; /* the first entry that climbs out; NULL for none */
    size_t odd_layer;
};

IMG_NODISCARD bool img_facts_new(size_t layers, struct img_facts **out, struct img_err *err);
void img_facts_free(struct img_facts *f);

IMG_NODISCARD bool img_facts_odd(struct img_facts *f, size_t layer, const struct img_entry *e,
                                 struct img_err *err);
/* Begins a file; it belongs to f. */
IMG_NODISCARD bool img_facts_file(struct img_facts *f, size_t layer, enum img_file_kind kind,
                                  const char *path, struct img_file **out, struct img_err *err);
/* Gives a file its database, taking it over. */
IMG_NODISCARD bool img_facts_db(struct img_facts *f, struct img_file *file, struct img_db **db,
                                struct img_err *err);
IMG_NODISCARD bool img_facts_os_release(struct img_facts *f, struct img_file *file,
                                        const struct img_buf *text, struct img_err *err);

/* After the last layer: the inventory. Once. */
IMG_NODISCARD bool img_facts_fold(struct img_facts *f, struct img_inventory **out,
                                  struct img_err *err);

/* The key table. */
IMG_NODISCARD bool img_keys_new(struct img_keys **out, struct img_err *err);
void img_keys_free(struct img_keys *k);
/* The number of this package, new or known. */
IMG_NODISCARD bool img_keys_put(struct img_keys *k, const struct img_db_package *p, uint32_t *out,
                                struct img_err *err);
size_t img_keys_count(const struct img_keys *k);
