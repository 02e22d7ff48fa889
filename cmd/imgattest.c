/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/image.h"
#include "attest/types.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/signing.h"

static struct {
    struct img_common common;
    struct img_signing signing;
    const char *type, *predicate;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_TEXT,
     .name = "type",
     .arg = "TYPE",
     .help = "what the predicate is: cyclonedx, spdx, vuln, openvex, slsaprovenance1, … or a URI",
     .to = &opt.type,
     .required = true,
     .complete = "cyclonedx|spdx|vuln|scan|checks|openvex|slsaprovenance1|slsaprovenance02|link|"
                 "custom"},
    {.kind = IMG_OPT_TEXT,
     .name = "predicate",
     .arg = "FILE",
     .help = "the predicate, a JSON object (- for standard input)",
     .to = &opt.predicate,
     .required = true,
     .complete = "file"},
    IMG_SIGNING_OPTIONS(opt.signing),
    {.kind = IMG_OPT_TEXT,
     .name = "as",
     .arg = "NAME",
     .help = "the repository that an image in a layout will be deployed as",
     .to = &opt.common.as},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

/* The file's own bytes are signed, so they are checked and never written anew. */
static bool read_predicate(const char *path, struct img_buf *out, struct img_err *err)
{
    json_auto_t *doc = NULL;
    struct img_json root;
    struct img_bytes text;

    if (!img_read_argument(path, out, err) || !img_buf_bytes(out, &text, err) ||
        !img_json_parse(text, IMG_LIMIT_PREDICATE, &doc, err) || !img_json_root(doc, &root, err))
        return img_ctx(err, "--predicate '%.200s'", path);
    return true;
}

static bool check_type(const char **type, struct img_err *err)
{
    if (!img_predicate_for_writing(opt.type, type, err))
        return img_ctx(err, "--type");
    if (strcmp(*type, IMG_PREDICATE_SIGN) == 0)
        return img_fail(err, IMG_E_USAGE, "--type: signatures are made with imgsign");
    return true;
}

static bool attach(struct img_target *t, const struct img_document *doc, struct img_signer *signer,
                   const struct img_attachment *what, struct img_err *err)
{
    IMG_AUTO(img_outcomes_done) struct img_outcomes outcomes = {.count = 0};
    struct img_outcome o = {.predicate_type = what->predicate_type, .image = doc->desc.digest};

    return img_signing_keeps_older(t, &doc->desc.digest, &opt.signing, err) &&
           img_attach(t->store, doc, signer, what, &o.attached, err) &&
           img_outcomes_add(&outcomes, &o, err) &&
           img_outcomes_write(&outcomes, t->ref.name, &opt.signing.outputs, err);
}

static bool open_target(const char *image, struct img_target *target, struct img_document *doc,
                        struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf command = IMG_BUF(4 * IMG_KIB);
    struct img_bytes text;

    img_buf_puts(&command, "imgattest --key ");
    img_text_shell(opt.signing.key, &command);
    img_buf_puts(&command, " --type ");
    img_text_shell(opt.type, &command);
    img_buf_puts(&command, " --predicate ");
    img_text_shell(opt.predicate, &command);
    img_buf_put(&command, "", 1);
    if (!img_buf_bytes(&command, &text, err))
        return false;
    opt.signing.command = (const char *)text.ptr;
    opt.signing.timeout_s = 30;
    return img_signing_open(image, &opt.signing, &opt.common, target, doc, err);
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target target = {.store = NULL};
    IMG_AUTO(img_document_done) struct img_document doc = {.bytes = {.limit = 1}};
    IMG_AUTO(img_buf_done) struct img_buf predicate = IMG_BUF(IMG_LIMIT_PREDICATE);
    IMG_AUTO(img_signer_freep) struct img_signer *signer = NULL;
    struct img_attachment what = {.replace = opt.signing.replace};
    int64_t date = 0;

    (void)argc;
    *status = 0;
    if (!img_signing_check(&opt.signing, err) || !check_type(&what.predicate_type, err) ||
        !img_source_date(&date, err) || !read_predicate(opt.predicate, &predicate, err) ||
        !img_buf_bytes(&predicate, &what.predicate, err) ||
        !img_load_signer(opt.signing.key, opt.signing.password_file, &signer, err) ||
        !open_target(argv[0], &target, &doc, err))
        return false;
    what.now = date != IMG_TIME_NONE ? date : img_now();
    what.name = target.ref.name;
    return attach(&target, &doc, signer, &what, err);
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgattest",
        .args = "IMAGE",
        .about = "sign a statement about an image and attach it",
        .options = options,
        .min_args = 1,
        .max_args = 1,
        .run = run,
        .more = "Examples:\n"
                "  imgattest --key ci.key --type openvex --predicate vex.json "
                "registry.example.com/app@sha256:…\n"
                "  imgattest --key ci.key --type https://example.com/test/v1 --predicate - "
                "oci:app:1.2 <result.json\n",
    };
    return img_main(&cmd, argc, argv);
}
