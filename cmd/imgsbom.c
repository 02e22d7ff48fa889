/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/image.h"
#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/common.h"
#include "cmd/out.h"

#define FORMATS "cyclonedx-json|spdx-json|table"
#define OUTPUTS ((size_t)8) /* renderings of one run */

static struct {
    struct img_common common;
    struct img_list outputs;
    const char *platform;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_LIST,
     .letter = 'o',
     .name = "output",
     .arg = "FORMAT[=FILE]",
     .help = "cyclonedx-json (default), spdx-json or table, on stdout or in a file",
     .to = &opt.outputs,
     .complete = FORMATS},
    {.kind = IMG_OPT_TEXT,
     .name = "platform",
     .arg = "OS/ARCH[/VARIANT]|all",
     .help = "which image of an index (default: this machine's)",
     .to = &opt.platform,
     .complete = "all"},
    {.kind = IMG_OPT_TEXT,
     .name = "as",
     .arg = "NAME",
     .help = "the repository that an image in a layout will be deployed as",
     .to = &opt.common.as},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

struct job {
    struct img_target target;
    struct img_document top;
    struct img_descriptor *platforms;
    size_t count;
    struct img_output outputs[OUTPUTS];
    size_t output_count;
    int64_t source_date;
};

static void job_done(struct job *j)
{
    img_descriptors_free(j->platforms, j->count);
    img_document_done(&j->top);
    img_target_done(&j->target);
}

static bool read_outputs(struct job *j, struct img_err *err)
{
    if (opt.outputs.count > OUTPUTS)
        return img_fail(err, IMG_E_USAGE, "more than %zu outputs", OUTPUTS);
    for (; j->output_count < opt.outputs.count; j->output_count++)
        if (!img_output_parse(opt.outputs.items[j->output_count], FORMATS,
                              &j->outputs[j->output_count], err))
            return img_ctx(err, "--output");
    if (j->output_count == 0)
        j->outputs[j->output_count++] = (struct img_output){.format = "cyclonedx-json"};
    return true;
}

/* Where nobody names a platform, an index gives this machine's; a lone manifest is what it is. */
static bool choose(struct job *j, size_t *first, size_t *last, struct img_err *err)
{
    struct img_platform want;

    if (!img_image_platforms(&j->top, &j->platforms, &j->count, err))
        return false;
    *first = 0;
    *last = j->count - 1;
    if (opt.platform != NULL && strcmp(opt.platform, "all") == 0) {
        for (size_t i = 0; i < j->output_count && j->count > 1; i++)
            if (j->outputs[i].file != NULL)
                return img_fail(err, IMG_E_USAGE,
                                "a file holds one document, and there are %zu platforms: "
                                "take them one by one",
                                j->count);
        return true;
    }
    img_image_native_platform(&want);
    if (opt.platform != NULL && !img_platform_parse(opt.platform, &want, err))
        return img_ctx(err, "--platform");
    if (!img_image_select(j->platforms, j->count, &want, first, err))
        return false;
    *last = *first;
    return true;
}

/* A lone manifest says only in its configuration what it is for. */
static bool check_platform(const struct img_image *image, struct img_err *err)
{
    struct img_platform want;
    char text[100];

    if (opt.platform == NULL || strcmp(opt.platform, "all") == 0)
        return true;
    if (!img_platform_parse(opt.platform, &want, err))
        return img_ctx(err, "--platform");
    img_platform_text(&image->config.platform, text);
    if (!img_platform_serves(&image->config.platform, &want))
        return img_refuse(err, IMG_E_NOT_FOUND, IMG_WHY_PLATFORM_MISSING, "the image is for %s",
                          text);
    return true;
}

/* --- table ---------------------------------------------------------------------------------------
 */

static void cell(const char *text, size_t width, struct img_buf *out)
{
    size_t before = out->len;

    img_text_safe(text, out);
    while (out->len - before < width && out->failed == IMG_OK)
        img_buf_puts(out, " ");
    img_buf_puts(out, "  ");
}

static size_t wider(size_t width, const char *text)
{
    size_t len = strlen(text);

    return len > width ? (len > 60 ? 60 : len) : width;
}

static void write_table(const struct img_inventory *inv, struct img_buf *out)
{
    size_t name = strlen("NAME"), version = strlen("VERSION"), arch = strlen("ARCH");

    for (size_t i = 0; i < inv->count; i++) {
        name = wider(name, inv->packages[i].name);
        version = wider(version, inv->packages[i].version);
        arch = wider(arch, inv->packages[i].arch);
    }
    cell("NAME", name, out);
    cell("VERSION", version, out);
    cell("TYPE", 4, out);
    cell("ARCH", arch, out);
    img_buf_puts(out, "LAYER\n");
    for (size_t i = 0; i < inv->count; i++) {
        cell(inv->packages[i].name, name, out);
        cell(inv->packages[i].version, version, out);
        cell(inv->packages[i].type, 4, out);
        cell(inv->packages[i].arch, arch, out);
        img_buf_putf(out, "%5zu\n", inv->packages[i].layer + 1);
    }
}

/* --- one image -----------------------------------------------------------------------------------
 */

static bool render(const struct job *j, const struct img_output *to, const struct img_image *image,
                   const struct img_inventory *inv, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
    struct img_sbom_subject subject;
    struct img_bytes text;

    img_sbom_subject_of(&j->target.ref, image, j->source_date, &subject);
    if (strcmp(to->format, "table") == 0)
        write_table(inv, &out);
    else if (!(strcmp(to->format, "spdx-json") == 0
                   ? img_sbom_spdx
                   : img_sbom_cyclonedx)(image, inv, &subject, &out, err))
        return false;
    else
        img_buf_puts(&out, "\n");
    return img_buf_bytes(&out, &text, err) && img_output_write(to, text, err);
}

static bool make(const struct job *j, const struct img_descriptor *manifest, struct img_err *err)
{
    IMG_AUTO(img_image_done) struct img_image image = {.manifest.bytes = {.limit = 1}};
    IMG_AUTO(img_catalog_freep) struct img_catalog *catalog = NULL;
    IMG_AUTO(img_inventory_freep) struct img_inventory *inv = NULL;
    struct img_layer_client client;

    if (!img_image_open_from(j->target.store, &j->top, manifest, &image, err) ||
        !check_platform(&image, err) || !img_catalog_new(&image, &catalog, err))
        return false;
    client = img_catalog_client(catalog);
    if (!img_image_walk(j->target.store, &image, &client, 1, opt.common.progress, err) ||
        !img_catalog_finish(catalog, &inv, err))
        return false;
    for (size_t i = 0; i < j->output_count; i++)
        if (!render(j, &j->outputs[i], &image, inv, err))
            return false;
    for (size_t i = 0; i < inv->reason_count; i++)
        img_note("imgsbom", opt.common.quiet, "incomplete: %s", inv->reasons[i]);
    return true;
}

static bool run_all(struct job *j, const char *image, struct img_err *err)
{
    size_t first, last;

    if (!read_outputs(j, err) || !img_source_date(&j->source_date, err) ||
        !img_target_open(image, &opt.common, false, 0, &j->target, err))
        return false;
    if (!img_store_resolve(j->target.store, &j->target.ref, &j->top, NULL, err) ||
        !choose(j, &first, &last, err))
        return img_ctx(err, "%.200s", image);
    for (size_t i = first; i <= last; i++)
        if (!make(j, &j->platforms[i], err))
            return img_ctx(err, "%.200s", image);
    return true;
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(job_done) struct job j = {.top.bytes = {.limit = 1}};
    bool ok;

    (void)argc;
    (void)status;
    opt.common.progress = img_meter(opt.common.quiet, opt.common.no_progress);
    ok = run_all(&j, argv[0], err);
    img_meter_end(opt.common.progress);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgsbom",
        .args = "IMAGE",
        .about = "list the packages of an image",
        .options = options,
        .min_args = 1,
        .max_args = 1,
        .run = run,
        .more = "Examples:\n"
                "  imgsbom registry.example.com/app:1.2 >sbom.cdx.json\n"
                "  imgsbom oci:app:1.2 --output table --output spdx-json=sbom.spdx.json\n",
    };
    return img_main(&cmd, argc, argv);
}
