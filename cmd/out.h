/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdio.h>

#include "base/buf.h"

/*
 * What programs print: results on stdout, words on stderr, foreign text always made safe.
 */

/* A note on stderr, "imgscan: vulnerabilities were not looked for", unless quiet; foreign text in
 * it is made safe. A line that a CI system would take for a command ("::", "##[") cannot start one,
 * because the program's name stands in front. */
void img_note(const char *program, bool quiet, const char *fmt, ...) IMG_PRINTF(3, 4);

/* --output FORMAT[=FILE], repeatable: where each rendering goes. */
struct img_output {
    char format[24];  /* one of the program's formats */
    const char *file; /* NULL: stdout */
};
/* Splits and checks one --output value against "text|json|…"; IMG_E_USAGE otherwise. */
IMG_NODISCARD bool img_output_parse(const char *value, const char *formats, struct img_output *out,
                                    struct img_err *err);
/* Writes a finished rendering to stdout or, atomically, to its file; to pipes and devices directly.
 */
IMG_NODISCARD bool img_output_write(const struct img_output *o, struct img_bytes data,
                                    struct img_err *err);

/* True when stdout is a terminal that takes colour (NO_COLOR unset, TERM not dumb). */
bool img_out_colour(void);
