/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/progress.h"

/* Progress on a terminal: one line on stderr, redrawn at most ten times a second, erased at the
 * end. Silent in a pipe, with --quiet and with --no-progress: img_meter() then gives NULL. */
struct img_progress *img_meter(bool quiet, bool no_progress);
void img_meter_end(struct img_progress *p);

/* Takes the line away until the next redraw, so that something else can be printed. */
void img_meter_clear(void);
