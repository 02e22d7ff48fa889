/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/attach.h"
#include "base/fs.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/copying.h"

static struct {
    struct img_common common;
    const char *attach, *type, *output;
    bool allow_tag;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_TEXT,
     .name = "attach",
     .arg = "FILE",
     .help = "attach this file to IMAGE instead of copying (- for standard input)",
     .to = &opt.attach,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "type",
     .arg = "ARTIFACTTYPE",
     .help = "media type that says what FILE is; Sigstore bundles are recognised",
     .to = &opt.type},
    {.kind = IMG_OPT_FLAG,
     .name = "allow-tag",
     .help = "attach to what a registry's tag is at this moment",
     .to = &opt.allow_tag,
     .argv_only = true},
    {.kind = IMG_OPT_TEXT,
     .letter = 'o',
     .name = "output",
     .arg = "FORMAT[=FILE]",
     .help = "how to print what was done: text (default) or json",
     .to = &opt.output,
     .complete = "text|json"},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (strcmp(path, "-") == 0)
        return NULL;
    return slash != NULL ? slash + 1 : path;
}

static bool write_out(const struct img_buf *text, const struct img_output *to, struct img_err *err)
{
    struct img_bytes bytes;

    return img_buf_bytes(text, &bytes, err) && img_output_write(to, bytes, err);
}

static bool report_attached(const struct img_target *to, const struct img_attached *a,
                            const struct img_output *output, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf name = IMG_BUF(2 * (size_t)IMG_LIMIT_REFERENCE);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(16 * (size_t)IMG_LIMIT_REFERENCE);
    struct img_json_out j = {.to = &text};
    struct img_bytes bytes;

    if (!img_target_pinned(to, &a->manifest, &name, err) || !img_buf_bytes(&name, &bytes, err))
        return false;
    if (a->already)
        img_note("imgpush", opt.common.quiet, "it was attached before; nothing was added");
    if (strcmp(output->format, "text") == 0) {
        img_buf_puts(&name, "\n");
        return write_out(&name, output, err);
    }
    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "version", 1);
    img_json_out_bytes(&j, "attached", bytes);
    img_json_out_bool(&j, "already", a->already);
    img_json_out_close(&j, '}');
    img_buf_puts(&text, "\n");
    return write_out(&text, output, err);
}

static bool attach(const char *image, const struct img_output *output, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target to = {.store = NULL};
    IMG_AUTO(img_document_done) struct img_document doc = {.bytes = IMG_BUF(1)};
    IMG_AUTO(img_buf_done) struct img_buf content = IMG_BUF(IMG_LIMIT_REPORT);
    struct img_attached done;
    struct img_file file = {.artifact_type = opt.type, .title = base_name(opt.attach)};

    if (!img_source_date(&file.now, err))
        return false;
    if (file.now == IMG_TIME_NONE)
        file.now = img_now();
    if (!img_read_argument(opt.attach, &content, err) ||
        !img_buf_bytes(&content, &file.content, err) ||
        !img_target_open(image, &opt.common, true, 30, &to, err) ||
        !img_store_resolve(to.store, &to.ref, &doc, NULL, err) ||
        !img_target_require_digest(&to, &doc, opt.allow_tag, "imgpush --attach FILE", err) ||
        !img_attach_file(to.store, &doc, &file, &done, err))
        return false;
    return report_attached(&to, &done, output, err);
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    struct img_output output;

    (void)status;
    if (!img_output_parse(opt.output != NULL ? opt.output : "text", "text|json", &output, err))
        return false;
    if (opt.attach == NULL && argc != 2)
        return img_fail(err, IMG_E_USAGE, "what to copy and where to: imgpush SRC DST");
    if (opt.attach == NULL && (opt.type != NULL || opt.allow_tag))
        return img_fail(err, IMG_E_USAGE, "%s goes with --attach",
                        opt.type != NULL ? "--type" : "--allow-tag");
    if (opt.attach != NULL && argc != 1)
        return img_fail(err, IMG_E_USAGE,
                        "--attach takes one image: imgpush --attach FILE [--type T] IMAGE");
    if (opt.type != NULL && !img_media_type_is_valid(opt.type))
        return img_fail(err, IMG_E_USAGE, "--type: '%.80s' is not a media type", opt.type);
    return opt.attach == NULL ? img_copy_images("imgpush", argv, &opt.common, &output, err)

                              : attach(argv[0], &output, err);
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgpush",
        .args = "SRC DST",
        .about = "copy an image with everything attached to it, or attach a file to one",
        .options = options,
        .min_args = 1,
        .max_args = 2,
        .run = run,
        .more = "Examples:\n"
                "  imgpush registry.example.com/app:1.2 oci:app\n"
                "  imgpush oci:app:1.2 registry.example.com/prod/app:1.2\n"
                "  imgpush --attach report.sarif --type application/sarif+json oci:app:1.2\n",
    };
    return img_main(&cmd, argc, argv);
}
