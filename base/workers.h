/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Runs independent pieces of CPU work side by side: task(ctx, i) for each i below count, on at most
 * `threads` threads (0: as many as the machine has cores). Returns when all have ended.
 *
 * Errors:  the error of the lowest failing i, so that runs are repeatable; once one fails, pieces
 *          not yet begun are skipped.
 * Threads: starts and joins its own; with one piece or one thread, runs on the caller's.
 */
typedef bool img_task(void *ctx, size_t i, struct img_err *err);
IMG_NODISCARD bool img_workers_run(size_t count, size_t threads, img_task *task, void *ctx,
                                   struct img_err *err);
size_t img_cpu_count(void);
