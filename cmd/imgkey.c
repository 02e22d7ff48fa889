/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/out.h"
#include "cmd/password.h"

static struct {
    const char *key, *prefix, *type, *password_file, *key_password_file, *output;
    bool quiet;
} opt = {.prefix = "imgtrust", .type = "ecdsa-p256", .output = "text"};

#define PREFIX_OPTION                                                                              \
    {                                                                                              \
        .kind = IMG_OPT_TEXT, .name = "output-prefix", .arg = "PREFIX",                            \
        .help = "write PREFIX.key and PREFIX.pub (default: imgtrust)", .to = &opt.prefix,          \
        .complete = "file"                                                                         \
    }
#define PASSWORD_OPTION(text)                                                                      \
    {                                                                                              \
        .kind = IMG_OPT_TEXT, .name = "password-file", .arg = "FILE", .help = (text),              \
        .to = &opt.password_file, .complete = "file"                                               \
    }
#define QUIET_OPTION                                                                               \
    {                                                                                              \
        .kind = IMG_OPT_FLAG, .letter = 'q', .name = "quiet",                                      \
        .help = "print nothing but results and errors", .to = &opt.quiet                           \
    }

static bool print(struct img_bytes text, struct img_err *err)
{
    const struct img_output to = {.format = "text"};

    return img_output_write(&to, text, err);
}

/* --- writing a pair --------------------------------------------------------------------------- */

static bool check_absent(const char *path, struct img_err *err)
{
    struct stat st;

    if (lstat(path, &st) == 0)
        return img_fail(err, IMG_E_USAGE,
                        "'%.200s' already exists; keys are never overwritten, and nothing was "
                        "written",
                        path);
    if (errno != ENOENT)
        return img_fail_errno(err, "%s", path);
    return true;
}

struct pair_names {
    char *key, *public;
};

static void pair_names_done(struct pair_names *n)
{
    img_str_free(&n->key);
    img_str_free(&n->public);
}

/* The two names, which nothing has yet. */
static bool free_names(struct pair_names *out, struct img_err *err)
{
    return img_strf(&out->key, err, "%s.key", opt.prefix) &&
           img_strf(&out->public, err, "%s.pub", opt.prefix) && check_absent(out->key, err) &&
           check_absent(out->public, err);
}

/* Both or none: the public file goes again when the private one cannot be written. */
static bool write_pair(const struct img_key *key, const struct pair_names *names,
                       struct img_bytes password, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf private = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_buf_done) struct img_buf public = IMG_BUF(IMG_LIMIT_KEY);
    char fingerprint[IMG_DIGEST_TEXT];
    struct img_bytes sealed, spki;

    if (!img_key_write_private(key, password, &private, err) ||
        !img_key_write_public(key, &public, err) || !img_buf_bytes(&private, &sealed, err) ||
        !img_buf_bytes(&public, &spki, err) ||
        !img_write_file(names->public, spki, 0644, IMG_KEEP, err))
        return false;
    if (!img_write_file(names->key, sealed, 0600, IMG_KEEP, err)) {
        (void)unlink(names->public);
        return img_ctx(err, "nothing was written");
    }
    img_digest_text(img_key_fingerprint(key), fingerprint);
    img_note("imgkey", opt.quiet, "wrote '%s' (private, encrypted: keep it secret) and '%s'",
             names->key, names->public);
    img_buf_done(&public);
    img_buf_putf(&public, "%s\n", fingerprint);
    return img_buf_bytes(&public, &spki, err) && print(spki, err);
}

static bool new_password(struct img_buf *out, struct img_bytes *bytes, struct img_err *err)
{
    struct img_key_password how = {.file = opt.password_file, .create = true};

    if (!img_key_password(&how, out, err))
        return opt.password_file != NULL ? img_ctx(err, "--password-file") : false;
    return img_buf_bytes(out, bytes, err);
}

/* --- generate --------------------------------------------------------------------------------- */

static bool run_generate(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(pair_names_done) struct pair_names names = {0};
    IMG_AUTO(img_buf_done) struct img_buf password = IMG_BUF(IMG_LIMIT_PASSWORD);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    enum img_key_type type = IMG_KEY_NONE;
    struct img_bytes word;

    (void)argc, (void)argv;
    *status = 0;
    if (!img_key_type_parse(opt.type, &type, err))
        return img_ctx(err, "--type");
    return free_names(&names, err) && new_password(&password, &word, err) &&
           img_key_generate(type, &key, err) && write_pair(key, &names, word, err);
}

static const struct img_opt generate_options[] = {
    PREFIX_OPTION,
    {.kind = IMG_OPT_TEXT,
     .name = "type",
     .arg = "TYPE",
     .help =
         "ecdsa-p256 (default), ecdsa-p384, ecdsa-p521, ed25519, rsa-2048, rsa-3072 or rsa-4096",
     .to = &opt.type,
     .complete = "ecdsa-p256|ecdsa-p384|ecdsa-p521|ed25519|rsa-2048|rsa-3072|rsa-4096"},
    PASSWORD_OPTION("file with the password to encrypt the key with (- for standard input)"),
    QUIET_OPTION,
    {.kind = IMG_OPT_END}};

/* --- public ----------------------------------------------------------------------------------- */

/* Reads --key, whichever half it is. */
static bool read_either(struct img_bytes pem, const char *password_file, struct img_key **out,
                        struct img_err *err)
{
    struct img_key_password how = {.file = password_file};
    const struct img_password password = {.get = img_key_password, .ctx = &how};
    struct img_key_form form;

    if (!img_key_form_of(pem, &form, err))
        return false;
    return form.is_private ? img_key_read_private(pem, &password, out, err)
                           : img_key_read_public(pem, out, err);
}

static bool run_public(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf file = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_buf_done) struct img_buf spki = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_bytes pem, text;

    (void)argc, (void)argv;
    *status = 0;
    if (!img_read_key(opt.key, &file, err) || !img_buf_bytes(&file, &pem, err) ||
        !read_either(pem, opt.password_file, &key, err))
        return img_ctx_key(err, "--key", opt.key);
    return img_key_write_public(key, &spki, err) && img_buf_bytes(&spki, &text, err) &&
           print(text, err);
}

static const struct img_opt public_options[] = {
    {.kind = IMG_OPT_TEXT,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "the key: a file in PEM, or env://VARIABLE",
     .to = &opt.key,
     .required = true,
     .complete = "file"},
    PASSWORD_OPTION("file with the password of the key (- for standard input)"),
    {.kind = IMG_OPT_END}};

/* --- import ----------------------------------------------------------------------------------- */

static bool run_import(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(pair_names_done) struct pair_names names = {0};
    IMG_AUTO(img_buf_done) struct img_buf file = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_buf_done) struct img_buf password = IMG_BUF(IMG_LIMIT_PASSWORD);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_key_password how = {.file = opt.key_password_file};
    const struct img_password old = {.get = img_key_password, .ctx = &how};
    struct img_bytes pem, word;

    (void)argc, (void)argv;
    *status = 0;
    if (!free_names(&names, err))
        return false;
    if (!img_read_key(opt.key, &file, err) || !img_buf_bytes(&file, &pem, err) ||
        !img_key_read_private(pem, &old, &key, err))
        return img_ctx_key(err, "--key", opt.key);
    return new_password(&password, &word, err) && write_pair(key, &names, word, err);
}

static const struct img_opt import_options[] = {
    {.kind = IMG_OPT_TEXT,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "the private key to take in: a file in PEM, or env://VARIABLE",
     .to = &opt.key,
     .required = true,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "key-password-file",
     .arg = "FILE",
     .help = "file with the password that the key has now, if it has one",
     .to = &opt.key_password_file,
     .complete = "file"},
    PREFIX_OPTION,
    PASSWORD_OPTION("file with the password to encrypt the key with (- for standard input)"),
    QUIET_OPTION,
    {.kind = IMG_OPT_END}};

/* --- inspect ---------------------------------------------------------------------------------- */

/* Opens the key as far as that needs no questions: with --password-file, which must then be right,
 * or with a password in the environment, which may be that of another key. */
static bool open_quietly(struct img_bytes pem, const struct img_key_form *form,
                         struct img_key **out, struct img_err *err)
{
    bool in_environment = getenv("IMGTRUST_PASSWORD") != NULL || getenv("COSIGN_PASSWORD") != NULL;

    if (form->encrypted && opt.password_file == NULL && !in_environment)
        return true;
    if (read_either(pem, opt.password_file, out, err))
        return true;
    return form->encrypted && opt.password_file == NULL && err->code == IMG_E_DENIED;
}

static void put_line(struct img_buf *out, const char *name, const char *value)
{
    img_buf_putf(out, "%-12s ", name);
    img_text_safe(value, out);
    img_buf_puts(out, "\n");
}

static void render_text(const char *file, const struct img_key_form *form,
                        const struct img_key *key, struct img_buf *out)
{
    char text[IMG_DIGEST_TEXT + 40];

    put_line(out, "file", file);
    put_line(out, "form", form->label);
    put_line(out, "holds", form->is_private ? "private key" : "public key");
    if (form->is_private)
        put_line(out, "encrypted", form->encrypted ? form->how : "no: whoever reads it can sign");
    if (key == NULL) {
        put_line(out, "type", "not known without the password (--password-file)");
        return;
    }
    (void)snprintf(text, sizeof(text), "%s, %d bits",
                   img_key_type_of(key) >= IMG_KEY_RSA2048
                       ? "rsa"
                       : img_key_type_name(img_key_type_of(key)),
                   img_key_bits(key));
    put_line(out, "type", text);
    img_digest_text(img_key_fingerprint(key), text);
    put_line(out, "fingerprint", text);
}

static void render_json(const char *file, const struct img_key_form *form,
                        const struct img_key *key, struct img_buf *out)
{
    struct img_json_out j = {.to = out};
    char fingerprint[IMG_DIGEST_TEXT];

    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "file", file);
    img_json_out_str(&j, "form", form->label);
    img_json_out_bool(&j, "private", form->is_private);
    img_json_out_bool(&j, "encrypted", form->encrypted);
    img_json_out_str(&j, "encryption", form->encrypted ? form->how : NULL);
    if (key == NULL) {
        img_json_out_null(&j, "type");
        img_json_out_null(&j, "bits");
        img_json_out_null(&j, "fingerprint");
    } else {
        img_digest_text(img_key_fingerprint(key), fingerprint);
        img_json_out_str(&j, "type",
                         img_key_type_of(key) >= IMG_KEY_RSA2048
                             ? "rsa"
                             : img_key_type_name(img_key_type_of(key)));
        img_json_out_int(&j, "bits", img_key_bits(key));
        img_json_out_str(&j, "fingerprint", fingerprint);
    }
    img_json_out_close(&j, '}');
    img_buf_puts(out, "\n");
}

static bool run_inspect(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf file = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_key_form form;
    struct img_output to;
    struct img_bytes bytes;

    (void)argc;
    *status = 0;
    if (!img_output_parse(opt.output, "text|json", &to, err))
        return img_ctx(err, "--output");
    if (!img_read_key(argv[0], &file, err) || !img_buf_bytes(&file, &bytes, err) ||
        !img_key_form_of(bytes, &form, err) || !open_quietly(bytes, &form, &key, err))
        return img_ctx_key(err, "key", argv[0]);
    if (strcmp(to.format, "json") == 0)
        render_json(argv[0], &form, key, &out);
    else
        render_text(argv[0], &form, key, &out);
    return img_buf_bytes(&out, &bytes, err) && img_output_write(&to, bytes, err);
}

static const struct img_opt inspect_options[] = {
    {.kind = IMG_OPT_TEXT,
     .letter = 'o',
     .name = "output",
     .arg = "FORMAT[=FILE]",
     .help = "text (default) or json",
     .to = &opt.output,
     .complete = "text|json"},
    PASSWORD_OPTION("file with the password of the key (- for standard input)"),
    {.kind = IMG_OPT_END}};

/* ---------------------------------------------------------------------------------------------------
 */

int main(int argc, char **argv)
{
    static const struct img_cmd generate = {.name = "generate",
                                            .args = "",
                                            .about = "make a key pair",
                                            .options = generate_options,
                                            .run = run_generate};
    static const struct img_cmd public = {.name = "public",
                                          .args = "",
                                          .about = "print the public key of a key",
                                          .options = public_options,
                                          .run = run_public};
    static const struct img_cmd inspect = {.name = "inspect",
                                           .args = "FILE",
                                           .about = "say what a key file is",
                                           .options = inspect_options,
                                           .min_args = 1,
                                           .max_args = 1,
                                           .run = run_inspect};
    static const struct img_cmd import = {.name = "import",
                                          .args = "",
                                          .about = "encrypt a private key made elsewhere",
                                          .options = import_options,
                                          .run = run_import};
    static const struct img_cmd *const commands[] = {&generate, &public, &inspect, &import, NULL};
    static const struct img_opt none[] = {{.kind = IMG_OPT_END}};
    static const struct img_cmd imgkey = {.name = "imgkey",
                                          .args = "",
                                          .about = "make, show and import signing keys",
                                          .options = none,
                                          .subcommands = commands};

    return img_main(&imgkey, argc, argv);
}
