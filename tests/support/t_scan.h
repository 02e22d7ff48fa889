/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "attest/scan/scan.h"
#include "base/time.h"
#include "tests/support/t.h"

/* An image of two layers without content: what reports bind to. sha256: of "aa…", "bb…", … */
#define T_DIGEST(byte) "sha256:" T_64(byte)
#define T_8(b)         b b b b b b b b
#define T_64(b)        T_8(T_8(b))
#define T_MANIFEST     T_DIGEST("a")
#define T_CONFIG       T_DIGEST("b")
#define T_LAYER_0      T_DIGEST("c")
#define T_LAYER_1      T_DIGEST("d")
#define T_STORED_0     T_DIGEST("e")
#define T_STORED_1     T_DIGEST("f")

struct t_image {
    struct img_image image;
    struct img_digest diff_ids[2];
    struct img_descriptor layers[2];
    struct img_history history[3];
};

static inline struct img_digest t_digest(const char *text)
{
    struct img_digest d = {0};

    t_ok(img_digest_parse(text, &d, &err));
    return d;
}

static inline void t_image_init(struct t_image *t)
{
    memset(t, 0, sizeof(*t));
    t->diff_ids[0] = t_digest(T_LAYER_0);
    t->diff_ids[1] = t_digest(T_LAYER_1);
    t->layers[0].digest = t_digest(T_STORED_0);
    t->layers[1].digest = t_digest(T_STORED_1);
    t->history[0] = (struct img_history){.created_by = "ADD rootfs.tar /"};
    t->history[1] = (struct img_history){.created_by = "ENV A=b", .empty_layer = true};
    t->history[2] = (struct img_history){.created_by = "|1 TOKEN=hunter2 /bin/sh -c make"};
    t->image.manifest.desc.digest = t_digest(T_MANIFEST);
    t->image.config_digest = t_digest(T_CONFIG);
    t->image.parsed.items = t->layers;
    t->image.parsed.count = 2;
    t->image.config = (struct img_config){.platform = {.os = "linux", .architecture = "amd64"},
                                          .created = INT64_C(1767225600),
                                          .user = "",
                                          .diff_ids = t->diff_ids,
                                          .layers = 2,
                                          .history = t->history,
                                          .history_count = 3};
}
