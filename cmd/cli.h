/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * One table per program: it parses argv and the environment, prints --help, and renders the man
 * page's OPTIONS section and shell completions. Nothing about an option is written twice.
 *
 * Long names are never abbreviated. "--name value" and "--name=value" are the same, short options
 * take "-k value" and "-kvalue", flags may be bundled ("-qv"), "--" ends options, options and
 * operands may be mixed. A repeated single-value option is an error; lists collect. Every option is
 * also read from IMGTRUST_<OPTION> (upper case, "-" as "_"; flags: 1, true, yes, 0, false, no;
 * lists: separated by blanks) unless it lowers trust. What argv says wins over the environment.
 * Errors print one line, never the whole help.
 */
enum img_opt_kind { IMG_OPT_END, IMG_OPT_FLAG, IMG_OPT_TEXT, IMG_OPT_LIST, IMG_OPT_GROUP };

struct img_list {
    const char **items; /* owned by cli until img_main returns */
    size_t count;
};

struct img_opt {
    enum img_opt_kind kind; /* GROUP: `help` is a heading, nothing else is used */
    char letter;            /* '\0': long only */
    const char *name;       /* without dashes */
    const char *arg;        /* placeholder shown in help, NULL for flags */
    const char *help;       /* one clause, lower case, no full stop */
    void *to;               /* bool *, const char ** or struct img_list * */
    bool required;
    bool argv_only; /* lowers trust: never read from the environment */
    const char
        *optional_value;  /* TEXT/LIST: value of a bare "--name" (then only "--name=X" sets) */
    const char *complete; /* what completes it: "file", "dir", or "a|b|c" */
};

struct img_cmd {
    const char *name, *args, *about;
    const struct img_opt *options; /* ends with IMG_OPT_END; --help and --version are added */
    int min_args, max_args;        /* max -1: any number */
    /* operands only; returns true for exit 0. For exit statuses that no error describes (several
     * images), store it in *status and return true. */
    bool (*run)(int argc, char **argv, int *status, struct img_err *err);
    const struct img_cmd *const *subcommands; /* NULL-terminated; then run is NULL */
    const char *more; /* text after the options in --help: examples; may be NULL */
};

/* Parses, runs, reports on stderr as "PROGRAM: message", and returns the exit status. Does the
 * one-time set-up: locale, SIGPIPE, OpenSSL without configuration file. `--version` prints
 * "PROGRAM VERSION". Hidden: --help=scdoc, --help=bash, --help=zsh, --help=fish. */
int img_main(const struct img_cmd *cmd, int argc, char **argv);

/* The exit status of several outcomes together, 1 > 5 > 4 > 3 > 2 > 0: a definite no is never
 * hidden by something that could not be told. */
int img_exit_worst(int a, int b);
