/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/buf.h"

/*
 * Files: bounded reads, atomic writes, locks. Nothing here follows a policy; callers say what
 * may be overwritten.
 *
 * Units:  sizes in bytes, modes as chmod(2).
 * Errors: IMG_E_NOT_FOUND, IMG_E_DENIED, IMG_E_IO from the operating system, with the path;
 *         IMG_E_LIMIT when a file is larger than allowed.
 */

/* Opens a regular file or pipe for reading, close-on-exec. "-" is standard input. Caller closes. */
IMG_NODISCARD bool img_open_read(const char *path, int *out, struct img_err *err);

/* Appends the whole of a file ("-" is standard input) to out; out's limit is the file's limit. */
IMG_NODISCARD bool img_read_file(const char *path, struct img_buf *out, struct img_err *err);
/* The same relative to an open directory whose content is foreign: when `name` itself is a symbolic
 * link, device, pipe or directory, IMG_E_MALFORMED. */
IMG_NODISCARD bool img_read_file_at(int dir, const char *name, struct img_buf *out,
                                    struct img_err *err);

/* Appends everything up to end of file from fd. */
IMG_NODISCARD bool img_read_fd(int fd, struct img_buf *out, struct img_err *err);

/* Writes all of data. */
IMG_NODISCARD bool img_write_fd(int fd, struct img_bytes data, struct img_err *err);

/* IMG_REPLACE: what stood there is replaced. IMG_KEEP: an existing file is IMG_E_USAGE
 * "already exists". Either way readers see the old file or the whole new one: written to a
 * temporary name beside it (.imgtrust- and 16 digits: all that a killed process leaves), synced,
 * then renamed (or linked, for IMG_KEEP). With IMG_REPLACE, img_write_file writes straight into a
 * terminal, a pipe and anything under /dev or /proc. */
enum img_overwrite { IMG_KEEP, IMG_REPLACE };
IMG_NODISCARD bool img_write_file(const char *path, struct img_bytes data, mode_t mode,
                                  enum img_overwrite overwrite, struct img_err *err);
IMG_NODISCARD bool img_write_file_at(int dir, const char *name, struct img_bytes data, mode_t mode,
                                     enum img_overwrite overwrite, struct img_err *err);

/* For IMG_AUTO: closes *fd unless it is negative or standard input, preserving errno. */
void img_fd_done(int *fd);
