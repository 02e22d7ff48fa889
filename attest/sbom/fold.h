/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/sbom/facts.h"

/*
 * Private to fold.c and doubt.c: the inventory being made, and what is known of the image by then.
 */
#define IMG_PATH_ROOM ((size_t)4096) /* bytes; Linux's PATH_MAX */
#define IMG_DOUBTS    ((size_t)64)   /* kept; one is enough to make an inventory incomplete */

/* An inventory and what it owns; the public part comes first. */
struct img_owned_inventory {
    struct img_inventory inventory;
    struct img_pool pool;
    const char *reasons[IMG_DOUBTS];
};

/* A database as it stands at some height. */
struct img_live {
    const struct img_file *file;
    const char *path; /* where it really stands */
};

struct img_fold {
    struct img_facts *facts;
    const struct img_overlay *overlay;
    struct img_owned_inventory *out;
    size_t layers;         /* at least one */
    struct img_live *live; /* of the layer last looked at; in the end, of the image */
    size_t live_count, live_cap;
    const struct img_node **singles; /* status.d files that stand in the image's own directory */
    size_t single_count;
    size_t *since, *seen; /* by key: the layer that brought it; 1 + the last layer that lists it */
    const struct img_file *os; /* NULL: none */
};

/* Where the image's own databases stand; status.d beside the first is looked at too. */
#define IMG_DATABASES ((size_t)3)
extern const char *const img_database_paths[IMG_DATABASES];

/* The inventory is incomplete, and why. */
void img_because(struct img_fold *f, const char *fmt, ...) IMG_PRINTF(2, 3);
/* The file at a path seen from layer top, links followed; NULL when there is none. *real: where it
 * stands. *unread: something is there, but what it holds was not read. */
const struct img_file *img_file_at(const struct img_fold *f, size_t top, const char *path,
                                   const char **real, bool *unread);
const struct img_file *img_os_release_at(const struct img_fold *f, size_t top, bool *unread);
/* doubt.c: everything that speaks against the packages found being all there are. */
IMG_NODISCARD bool img_doubts(struct img_fold *f, struct img_err *err);
