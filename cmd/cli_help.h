/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cmd/cli.h"

/*
 * Private to cmd/cli: everything that is printed from an option table.
 */

/* The options every program has. Both tables end with IMG_OPT_END. */
extern const struct img_opt img_builtin_options[];
enum img_builtin { IMG_BUILTIN_HELP, IMG_BUILTIN_VERSION };

/* Prints help for a program or one of its subcommands to stdout; title is "imgkey generate".
 * as: "text", "scdoc", "bash", "zsh" or "fish"; the last four always describe the whole program.
 * IMG_E_USAGE for any other word. */
IMG_NODISCARD bool img_help(const struct img_cmd *program, const struct img_cmd *cmd,
                            const char *title, const char *as, struct img_err *err);

/* The option's or command's name that `word` may have been meant for, or NULL. */
const char *img_nearest_option(const struct img_cmd *cmd, const char *word, size_t len);
const char *img_nearest_command(const struct img_cmd *const *commands, const char *word);

/* "IMGTRUST_CA_FILE" for "ca-file", cut to size. */
void img_option_variable(const struct img_opt *o, char *out, size_t size);

/* Completion scripts for a whole program (cmd/cli_complete.c). */
void img_complete_bash(const struct img_cmd *program);
void img_complete_zsh(const struct img_cmd *program);
void img_complete_fish(const struct img_cmd *program);
