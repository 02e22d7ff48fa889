/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cmd/cli.h"
#include "cmd/meter.h"
#include "crypto/sign.h"
#include "oci/store.h"

/*
 * What several programs do alike: the options they share, opening an image, keys and passwords.
 */

/* Shared options: a program puts IMG_COMMON_OPTIONS(opt.common) into its table. */
struct img_common {
    const char *registry_user, *registry_password_file, *ca_file, *timeout, *as;
    struct img_list insecure_registries;
    bool quiet, verbose, no_progress;
    struct img_progress *progress;    /* img_meter()'s, set before images are opened; may be NULL */
    struct img_buf registry_password; /* read once, for all images: it may be standard input */
};
#define IMG_COMMON_OPTIONS(c)                                                                      \
    {.kind = IMG_OPT_GROUP, .help = "Registry"},                                                   \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "registry-username",                                                              \
         .arg = "USER",                                                                            \
         .help = "user name for the registries named on the command line",                         \
         .to = &(c).registry_user},                                                                \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "registry-password-file",                                                         \
         .arg = "FILE",                                                                            \
         .help = "file with the password for --registry-username (- for standard input)",          \
         .to = &(c).registry_password_file,                                                        \
         .complete = "file"},                                                                      \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "ca-file",                                                                        \
         .arg = "FILE",                                                                            \
         .help = "certificates in PEM to trust for TLS beside the system's",                       \
         .to = &(c).ca_file,                                                                       \
         .complete = "file"},                                                                      \
        {.kind = IMG_OPT_LIST,                                                                     \
         .name = "insecure-registry",                                                              \
         .arg = "HOST",                                                                            \
         .help = "leave this host's TLS certificate unchecked, and use http if it has no TLS",     \
         .to = &(c).insecure_registries,                                                           \
         .argv_only = true},                                                                       \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "timeout",                                                                        \
         .arg = "DURATION",                                                                        \
         .help = "give up after this long, such as 90s",                                           \
         .to = &(c).timeout},                                                                      \
        {.kind = IMG_OPT_GROUP, .help = "Output"},                                                 \
        {.kind = IMG_OPT_FLAG,                                                                     \
         .letter = 'q',                                                                            \
         .name = "quiet",                                                                          \
         .help = "print nothing but results and errors",                                           \
         .to = &(c).quiet},                                                                        \
        {.kind = IMG_OPT_FLAG,                                                                     \
         .letter = 'v',                                                                            \
         .name = "verbose",                                                                        \
         .help = "say more on stderr",                                                             \
         .to = &(c).verbose},                                                                      \
    {                                                                                              \
        .kind = IMG_OPT_FLAG, .name = "no-progress", .help = "show no progress",                   \
        .to = &(c).no_progress                                                                     \
    }

/* An image argument: parsed, its store open. --as has given a layout or archive its name. */
struct img_target {
    struct img_reference ref;
    struct img_store *store;
    struct img_buf password; /* registry's */
};
/* write: evidence or images will be put there. default_timeout_s 0: none. */
IMG_NODISCARD bool img_target_open(const char *text, struct img_common *common, bool write,
                                   int default_timeout_s, struct img_target *out,
                                   struct img_err *err);
void img_target_done(struct img_target *t);

/* Where an image may be changed only by digest: a registry reference with a tag alone is
 * IMG_E_USAGE naming the digest that it has now and the command to use, unless allow_tag. */
IMG_NODISCARD bool img_target_require_digest(const struct img_target *t,
                                             const struct img_document *doc, bool allow_tag,
                                             const char *command, struct img_err *err);

/* Appends a file named on the command line to out. "-" is standard input, which only one of a
 * command line's files can be: a second is IMG_E_USAGE, not an empty file. */
IMG_NODISCARD bool img_read_argument(const char *path, struct img_buf *out, struct img_err *err);

/* The bytes of a --key: a file, "-" for standard input, or env://VARIABLE. */
IMG_NODISCARD bool img_read_key(const char *ref, struct img_buf *out, struct img_err *err);
/* img_ctx() with "WHAT 'REF'", or with WHAT alone where REF is itself a secret. Returns false. */
IMG_NODISCARD bool img_ctx_key(struct img_err *err, const char *what, const char *ref);

/*
 * --key REF: a file, "-" for standard input, or env://VARIABLE. Key services and hardware keys are
 * recognised and refused as IMG_E_USAGE; a PIN inside REF is refused whatever the scheme.
 *
 * For signing the key is private; its password comes as cmd/password.h says.
 */
IMG_NODISCARD bool img_load_signer(const char *key, const char *password_file,
                                   struct img_signer **out, struct img_err *err);
/* For verifying it is public. */
IMG_NODISCARD bool img_load_public_key(const char *key, struct img_key **out, struct img_err *err);

/* The clock, read once per run: seconds. */
int64_t img_now(void);
/* SOURCE_DATE_EPOCH, or IMG_TIME_NONE; IMG_E_USAGE when it is no number. */
IMG_NODISCARD bool img_source_date(int64_t *out, struct img_err *err);
