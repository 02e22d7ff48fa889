/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/scan/scan.h"

/*
 * A scan report for people: what was looked for, findings by kind and severity with their layer and
 * their fix, and a summary. Foreign text in it is made safe, for terminals and for the logs of CI
 * systems: no line begins with it, and "##" (a command anywhere in a line to some of them) is
 * broken.
 */
struct img_scan_text {
    const char *name;     /* of the image, as given */
    const char *digest;   /* of the platform's manifest */
    const char *platform; /* "" when unknown */
    bool colour;
};
void img_scan_text(const struct img_scan *s, const struct img_scan_text *about,
                   struct img_buf *out);
