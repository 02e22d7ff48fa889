/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/store.h"

/*
 * A store in memory for tests: what is put in comes out by digest, and counts how often.
 */
struct t_store {
    struct img_store base;
    struct {
        struct img_digest digest;
        struct img_buf bytes;
        size_t read;
    } blobs[64];
    size_t count;
};
void t_store_init(struct t_store *s);
void t_store_done(struct t_store *s);
struct img_descriptor t_store_put(struct t_store *s, const char *media_type, struct img_bytes data);

/* An image of uncompressed layers, its manifest's descriptor in *out. config: members of the
 * configuration's `config`, such as "\"User\":\"app\""; NULL for none. */
struct img_descriptor t_store_image(struct t_store *s, const struct img_bytes *layers, size_t count,
                                    const char *config);
