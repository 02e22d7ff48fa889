/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

/* What talking to a registry or service cost so far. A batch of requests side by side counts as as
 * many round trips as its longest chain of redirects and repetitions; connecting counts as none. */
struct img_cost {
    uint64_t requests, round_trips, bytes; /* bytes received, headers included */
};
