/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/common.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/password.h"

#define YEAR_10000 INT64_C(253402300800) /* seconds: the first that RFC 3339 cannot write */

static bool parse_timeout(const char *text, int default_s, int64_t *out_ms, struct img_err *err)
{
    int64_t seconds = default_s;

    if (text != NULL && !img_duration_parse(text, &seconds, err)) {
        err->code = IMG_E_USAGE;
        return img_ctx(err, "--timeout");
    }
    *out_ms = seconds * 1000;
    return true;
}

/* The registry's password, read once and then kept, because it may come from standard input. */
static bool read_registry_password(struct img_common *c, struct img_err *err)
{
    if ((c->registry_user != NULL) != (c->registry_password_file != NULL))
        return img_fail(err, IMG_E_USAGE,
                        "--registry-username and --registry-password-file belong together");
    if (c->registry_user == NULL || c->registry_password.len > 0)
        return true;
    if (strchr(c->registry_user, ':') != NULL) /* RFC 7617, section 2 */
        return img_fail(err, IMG_E_USAGE, "--registry-username contains ':'");
    c->registry_password = IMG_BUF(IMG_LIMIT_PASSWORD);
    if (!img_password_file(c->registry_password_file, &c->registry_password, err))
        return img_ctx(err, "--registry-password-file");
    if (c->registry_password.len == 0)
        return img_fail(err, IMG_E_USAGE, "--registry-password-file: '%.200s' is empty",
                        c->registry_password_file);
    for (size_t i = 0; i < c->registry_password.len; i++)
        if (c->registry_password.ptr[i] < 0x20 || c->registry_password.ptr[i] == 0x7f)
            return img_fail(err, IMG_E_USAGE,
                            "--registry-password-file: byte %zu is a control character", i + 1);
    return true;
}

/* --as NAME: what a layout or archive will be deployed as. */
static bool take_name(struct img_reference *ref, const char *name, struct img_err *err)
{
    if (name == NULL)
        return true;
    if (ref->where == IMG_AT_REGISTRY)
        return img_fail(err, IMG_E_USAGE, "--as is for layouts and archives; '%s' has its name",
                        ref->name);
    if (!img_reference_name_parse(name, &ref->name, err)) {
        err->code = IMG_E_USAGE;
        return img_ctx(err, "--as");
    }
    return true;
}

bool img_target_open(const char *text, struct img_common *common, bool write, int default_timeout_s,
                     struct img_target *out, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target t = {.password = IMG_BUF(IMG_LIMIT_PASSWORD)};
    struct img_store_options options = {
        .write = write,
        .ca_file = common->ca_file,
        .insecure_hosts = common->insecure_registries.items,
        .insecure_count = common->insecure_registries.count,
        .user = common->registry_user,
        .progress = common->progress,
    };

    if (!img_reference_parse(text, &t.ref, err))
        return img_ctx(err, "'%.200s'", text);
    if (!take_name(&t.ref, common->as, err) ||
        !parse_timeout(common->timeout, default_timeout_s, &options.timeout_ms, err) ||
        !read_registry_password(common, err))
        return false;
    img_buf_put(&t.password, common->registry_password.ptr, common->registry_password.len);
    if (!img_buf_bytes(&t.password, &options.password, err))
        return img_ctx(err, "--registry-password-file");
    if (!img_store_open(&t.ref, &options, &t.store, err))
        return img_ctx(err, "'%.200s'", text);
    *out = t;
    t = (struct img_target){.password = IMG_BUF(IMG_LIMIT_PASSWORD)};
    return true;
}

void img_target_done(struct img_target *t)
{
    img_store_closep(&t->store);
    img_reference_done(&t->ref);
    img_buf_done(&t->password);
}

bool img_target_require_digest(const struct img_target *t, const struct img_document *doc,
                               bool allow_tag, const char *command, struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT];

    if (t->ref.where != IMG_AT_REGISTRY || t->ref.digest.hash != IMG_HASH_NONE || allow_tag)
        return true;
    img_digest_text(&doc->desc.digest, digest);
    /* host, path and digest are of alphabets that a shell leaves alone */
    return img_fail(err, IMG_E_USAGE,
                    "a tag can move; '%s:%s' is now %s. If that is the image you built: "
                    "%s %s@%s (or --allow-tag)",
                    t->ref.name, t->ref.tag, digest, command, t->ref.name, digest);
}

/* --- keys ----------------------------------------------------------------------------------------
 */

/* A PIN, or a key itself instead of its file: refused, and never repeated in a message, which may
 * end up in a log. */
static bool is_secret(const char *ref)
{
    return strstr(ref, "pin-value=") != NULL || strstr(ref, "pin_value=") != NULL ||
           strstr(ref, "-----BEGIN") != NULL;
}

bool img_ctx_key(struct img_err *err, const char *what, const char *ref)
{
    return is_secret(ref) ? img_ctx(err, "%s", what) : img_ctx(err, "%s '%.200s'", what, ref);
}

bool img_read_argument(const char *path, struct img_buf *out, struct img_err *err)
{
    static bool taken;

    if (strcmp(path, "-") == 0) {
        if (taken)
            return img_fail(err, IMG_E_USAGE,
                            "standard input (-) is given for two files; it can be only one");
        taken = true;
    }
    return img_read_file(path, out, err);
}

bool img_read_key(const char *ref, struct img_buf *out, struct img_err *err)
{
    const char *value;

    if (is_secret(ref))
        return img_fail(err, IMG_E_USAGE,
                        "a key or PIN on the command line can be read by every user of this "
                        "machine; give the key's file, or env://VARIABLE");
    if (img_has_prefix(ref, "env://")) {
        value = getenv(ref + strlen("env://"));
        if (value == NULL || value[0] == '\0')
            return img_fail(err, IMG_E_USAGE, "the environment variable of '%.80s' is not set",
                            ref);
        img_buf_puts(out, value);
        return true;
    }
    if (strstr(ref, "://") != NULL || img_has_prefix(ref, "pkcs11:"))
        return img_fail(err, IMG_E_USAGE,
                        "keys at '%.*s:' are not supported; give a file or env://VARIABLE",
                        (int)(strcspn(ref, ":") < 40 ? strcspn(ref, ":") : 40), ref);
    return img_read_argument(ref, out, err);
}

/* A key file is the user's: whatever is wrong with it, the command line names the wrong file. */
static bool fail_key(const char *key, struct img_err *err)
{
    if (err->code == IMG_E_MALFORMED || err->code == IMG_E_LIMIT || err->code == IMG_E_UNSUPPORTED)
        err->code = IMG_E_USAGE;
    return img_ctx_key(err, "--key", key);
}

bool img_load_signer(const char *key, const char *password_file, struct img_signer **out,
                     struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_key_freep) struct img_key *pair = NULL;
    struct img_key_password how = {.file = password_file};
    const struct img_password password = {.get = img_key_password, .ctx = &how};
    struct img_bytes text;

    if (!img_read_key(key, &pem, err) || !img_buf_bytes(&pem, &text, err) ||
        !img_key_read_private(text, &password, &pair, err) || !img_signer_from_key(pair, out, err))
        return fail_key(key, err);
    pair = NULL; /* the signer's now */
    return true;
}

bool img_load_public_key(const char *key, struct img_key **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(IMG_LIMIT_KEY);
    struct img_bytes text;

    if (!img_read_key(key, &pem, err) || !img_buf_bytes(&pem, &text, err) ||
        !img_key_read_public(text, out, err))
        return fail_key(key, err);
    return true;
}

/* --- time ----------------------------------------------------------------------------------------
 */

int64_t img_now(void)
{
    return (int64_t)time(NULL);
}

bool img_source_date(int64_t *out, struct img_err *err)
{
    const char *text = getenv("SOURCE_DATE_EPOCH");
    int64_t seconds = 0;

    if (text == NULL || text[0] == '\0') {
        *out = IMG_TIME_NONE;
        return true;
    }
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9')
            return img_fail(err, IMG_E_USAGE, "SOURCE_DATE_EPOCH is not a number of seconds");
        seconds = seconds * 10 + (*c - '0');
        if (seconds >= YEAR_10000)
            return img_fail(err, IMG_E_USAGE, "SOURCE_DATE_EPOCH is after the year 9999");
    }
    *out = seconds;
    return true;
}
