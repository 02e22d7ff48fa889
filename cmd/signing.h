/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/attach.h"
#include "cmd/common.h"
#include "cmd/out.h"

/*
 * What the programs that sign have in common: which image is meant, with which key, and how they
 * report what they attached.
 *
 * A registry's tag can move between the push and the signature. So it is not enough: the digest
 * comes from the reference, from --digest-file, or --allow-tag says that the tag will do.
 */
struct img_signing {
    const char *key, *password_file, *digest_file;
    const char *command; /* what to type again, up to the image, when a tag is refused */
    int timeout_s;       /* when --timeout is not given; 0: none */
    bool allow_tag, replace, yes;
    struct img_list outputs, formats;
};
#define IMG_SIGNING_OPTIONS(s)                                                                     \
    {.kind = IMG_OPT_TEXT,                                                                         \
     .letter = 'k',                                                                                \
     .name = "key",                                                                                \
     .arg = "REF",                                                                                 \
     .help = "private key: a file, - or env://VARIABLE",                                           \
     .to = &(s).key,                                                                               \
     .required = true,                                                                             \
     .complete = "file"},                                                                          \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "password-file",                                                                  \
         .arg = "FILE",                                                                            \
         .help =                                                                                   \
             "file with the key's password; else IMGTRUST_PASSWORD, COSIGN_PASSWORD, or asked",    \
         .to = &(s).password_file,                                                                 \
         .complete = "file"},                                                                      \
        {.kind = IMG_OPT_TEXT,                                                                     \
         .name = "digest-file",                                                                    \
         .arg = "FILE",                                                                            \
         .help = "take the digest from what the build wrote: BuildKit metadata, a digest, or "     \
                 "NAME@DIGEST",                                                                    \
         .to = &(s).digest_file,                                                                   \
         .complete = "file"},                                                                      \
        {.kind = IMG_OPT_FLAG,                                                                     \
         .name = "allow-tag",                                                                      \
         .help = "sign whatever a registry's tag names now",                                       \
         .to = &(s).allow_tag,                                                                     \
         .argv_only = true},                                                                       \
        {.kind = IMG_OPT_FLAG,                                                                     \
         .name = "replace",                                                                        \
         .help = "take away earlier statements of the same type by the same key",                  \
         .to = &(s).replace},                                                                      \
        {.kind = IMG_OPT_LIST,                                                                     \
         .name = "signature-format",                                                               \
         .arg = "FORMAT",                                                                          \
         .help = "auto (the default) or bundle, which is what is written",                         \
         .to = &(s).formats,                                                                       \
         .complete = "auto|bundle"},                                                               \
        {.kind = IMG_OPT_FLAG,                                                                     \
         .letter = 'y',                                                                            \
         .name = "yes",                                                                            \
         .help = "with --signature-format bundle: even if cosign then stops reading the "          \
                 "signatures that are there",                                                      \
         .to = &(s).yes,                                                                           \
         .argv_only = true},                                                                       \
    {                                                                                              \
        .kind = IMG_OPT_LIST, .letter = 'o', .name = "output", .arg = "FORMAT[=FILE]",             \
        .help = "text or json, on stdout or in a file", .to = &(s).outputs,                        \
        .complete = "text|json"                                                                    \
    }

/* The digest in the text of a digest file; *name is the repository it names, or NULL (caller
 * frees). IMG_E_USAGE when it is none of the forms above. */
IMG_NODISCARD bool img_digest_file_parse(struct img_bytes text, struct img_digest *out, char **name,
                                         struct img_err *err);

/* IMG_E_USAGE for a --signature-format or an --output that cannot be. */
IMG_NODISCARD bool img_signing_check(const struct img_signing *how, struct img_err *err);

/* Opens the image for attaching and resolves it once, to a digest that is settled as above. */
IMG_NODISCARD bool img_signing_open(const char *image, const struct img_signing *how,
                                    struct img_common *common, struct img_target *target,
                                    struct img_document *doc, struct img_err *err);

/*
 * Once a bundle is attached to an image, cosign 3 and Flux no longer read the signatures in
 * cosign's older tags. So the first bundle of an image that has such tags is IMG_E_USAGE, naming
 * what would stop verifying, unless it is asked for with --signature-format bundle --yes.
 */
IMG_NODISCARD bool img_signing_keeps_older(const struct img_target *t,
                                           const struct img_digest *image,
                                           const struct img_signing *how, struct img_err *err);

/* What was attached, in order. */
struct img_outcome {
    const char *predicate_type; /* borrowed */
    struct img_digest image;
    char platform[100]; /* "" when the image is not one of an index; "index" for that itself */
    struct img_attached attached;
};
struct img_outcomes {
    struct img_outcome *items;
    size_t count;
};
IMG_NODISCARD bool img_outcomes_add(struct img_outcomes *o, const struct img_outcome *item,
                                    struct img_err *err);
/* Renders to every --output; text on stdout when there is none. */
IMG_NODISCARD bool img_outcomes_write(const struct img_outcomes *o, const char *name,
                                      const struct img_list *outputs, struct img_err *err);
void img_outcomes_done(struct img_outcomes *o);
