/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cmd/common.h"
#include "cmd/out.h"

/* What imgpush and imgfetch do alike. */

/* Copies images[0] to images[1] with everything attached, and prints where it is now, by digest.
 * output: text or json. */
IMG_NODISCARD bool img_copy_images(const char *program, char *const images[static 2],
                                   struct img_common *common, const struct img_output *output,
                                   struct img_err *err);

/* "NAME@DIGEST": what to give to the next command. */
IMG_NODISCARD bool img_target_pinned(const struct img_target *t, const struct img_digest *digest,
                                     struct img_buf *out, struct img_err *err);
