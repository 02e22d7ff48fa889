/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/scan/internal.h"
#include "attest/scan/secrets.h"
#include "base/limits.h"

/*
 * Private to attest/scan/checks*.c: what is kept of each layer while layers are read side by side,
 * in any order, and how it is folded into what the final image shows.
 */

/* --- secrets in files: a window over the content --- */

#define WINDOW ((size_t)64 * 1024)

struct found_secret {
    const struct secret_rule *rule;
    const char *path;
    int64_t line; /* 0 in a binary */
};

struct secret_search {
    uint8_t *window; /* WINDOW bytes */
    size_t len, scanned;
    int64_t line;       /* of window[0] */
    bool known, binary; /* what the beginning of the file told */
    const char *path;   /* in the layer's pool; NULL while nothing is searched */
    struct found_secret *items;
    size_t count, capacity, file_first; /* file_first: the first one of this file */
    bool cut;                           /* there were more than IMG_LIMIT_CHECKS */
};
/* True when secrets in this file would be somebody's test data or documentation. */
bool search_passes_over(const char *path);
IMG_NODISCARD bool search_begin(struct secret_search *s, struct img_pool *pool, const char *path,
                                struct img_err *err);
IMG_NODISCARD bool search_data(struct secret_search *s, struct img_bytes chunk,
                               struct img_err *err);
IMG_NODISCARD bool search_end(struct secret_search *s, struct img_err *err);
void search_done(struct secret_search *s);

/* --- setuid files: which of them the final image has --- */

struct setuid_file {
    const char *path; /* in the pool of the layer's record */
    uint32_t mode;
    size_t layer;
    uint64_t hash;
    size_t at; /* how many paths of its layer were noted before it */
};
struct hard_link {
    const char *path;
    uint64_t target;
    size_t at; /* as in setuid_file */
};
struct layer_paths {
    struct setuid_file *setuid;
    size_t count, capacity;
    struct hard_link *links; /* to what is not a setuid file of this layer */
    size_t link_count, link_capacity;
    uint64_t *touched; /* hashes of paths, with their effect in the low bits */
    size_t touched_count, touched_capacity;
    bool cut; /* a limit was reached: files may be missing */
};
struct path_key {
    uint64_t k0, k1;
};
IMG_NODISCARD bool path_key_new(struct path_key *out, struct img_err *err);
/* first: nothing lies below this layer. */
IMG_NODISCARD bool paths_entry(struct layer_paths *p, const struct path_key *key, bool first,
                               struct img_pool *pool, const struct img_entry *e,
                               struct img_err *err);
/* *out: the files that the final image has, of *count, in order of layer and path; free() it. */
IMG_NODISCARD bool paths_fold(struct layer_paths *const *layers, size_t layer_count,
                              const struct path_key *key, struct setuid_file **out, size_t *count,
                              struct img_err *err);
void paths_done(struct layer_paths *p);

/* Makes room for one more item in a malloc'ed array. */
IMG_NODISCARD bool checks_room(void *items, size_t *capacity, size_t count, size_t size,
                               struct img_err *err);
