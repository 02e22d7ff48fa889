/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/predicates.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/scan_text.h"
#include "cmd/signing.h"

static struct {
    struct img_common common;
    struct img_signing signing;
    const char *finished, *fail_on, *platform, *db;
    struct img_list reports, outputs;
    bool attest;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_LIST,
     .name = "report",
     .arg = "FILE",
     .help = "a report by Trivy or Grype in JSON about this image (- for standard input)",
     .to = &opt.reports,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "scan-finished",
     .arg = "TIME",
     .help = "when the scan ended, for reports that do not say",
     .to = &opt.finished},
    {.kind = IMG_OPT_TEXT,
     .name = "db",
     .arg = "DIR",
     .help = "match packages against a vulnerability database (not built yet)",
     .to = &opt.db,
     .complete = "dir"},
    {.kind = IMG_OPT_TEXT,
     .name = "fail-on",
     .arg = "SEVERITY",
     .help = "exit with 1 when a finding is this severe or more",
     .to = &opt.fail_on,
     .complete = "critical|high|medium|low|negligible|unknown"},
    {.kind = IMG_OPT_TEXT,
     .name = "platform",
     .arg = "OS/ARCH|all",
     .help = "which platform of an index (default: this machine's)",
     .to = &opt.platform},
    {.kind = IMG_OPT_LIST,
     .letter = 'o',
     .name = "output",
     .arg = "FORMAT[=FILE]",
     .help = "text or json, on stdout or in a file",
     .to = &opt.outputs,
     .complete = "text|json"},
    {.kind = IMG_OPT_GROUP, .help = "Attesting"},
    {.kind = IMG_OPT_FLAG,
     .letter = 'a',
     .name = "attest",
     .help = "sign the reports and what they were merged into, and attach them",
     .to = &opt.attest},
    {.kind = IMG_OPT_TEXT,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "private key: a file, - or env://VARIABLE",
     .to = &opt.signing.key,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "password-file",
     .arg = "FILE",
     .help = "file with the key's password; else IMGTRUST_PASSWORD, COSIGN_PASSWORD, or asked",
     .to = &opt.signing.password_file,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "digest-file",
     .arg = "FILE",
     .help = "take the digest from what the build wrote",
     .to = &opt.signing.digest_file,
     .complete = "file"},
    {.kind = IMG_OPT_FLAG,
     .name = "allow-tag",
     .help = "attest whatever a registry's tag names now",
     .to = &opt.signing.allow_tag,
     .argv_only = true},
    {.kind = IMG_OPT_FLAG,
     .name = "replace",
     .help = "take away earlier statements of the same type by the same key",
     .to = &opt.signing.replace},
    {.kind = IMG_OPT_LIST,
     .name = "signature-format",
     .arg = "FORMAT",
     .help = "auto (the default) or bundle, which is what is written",
     .to = &opt.signing.formats,
     .complete = "auto|bundle"},
    {.kind = IMG_OPT_FLAG,
     .letter = 'y',
     .name = "yes",
     .help = "with --signature-format bundle: even if cosign then stops reading the signatures "
             "that are there",
     .to = &opt.signing.yes,
     .argv_only = true},
    {.kind = IMG_OPT_TEXT,
     .name = "as",
     .arg = "NAME",
     .help = "the repository that an image in a layout will be deployed as",
     .to = &opt.common.as},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

/* Everything one run needs. */
struct job {
    struct img_target target;
    struct img_document doc; /* what the reference names */
    struct img_descriptor *platforms;
    size_t platform_count;
    struct img_image *images;
    struct img_scanned *scanned; /* one for each image */
    struct img_scan **checks;
    size_t count;
    struct img_reports *reports;
    struct img_signer *signer;
    enum img_severity fail_on;
};

static void job_done(struct job *j)
{
    for (size_t i = 0; i < j->count; i++) {
        img_scanned_done(&j->scanned[i]);
        img_scan_free(j->checks[i]);
        img_image_done(&j->images[i]);
    }
    free(j->images);
    free(j->scanned);
    free((void *)j->checks);
    img_reports_free(j->reports);
    img_descriptors_free(j->platforms, j->platform_count);
    img_signer_freep(&j->signer);
    img_document_done(&j->doc);
    img_target_done(&j->target);
}

/* --- before anything is read --- */

static bool usage(struct img_err *err, const char *option)
{
    err->code = IMG_E_USAGE;
    return img_ctx(err, "%s", option);
}

static bool check_outputs(struct img_err *err)
{
    struct img_output ignored;

    for (size_t i = 0; i < opt.outputs.count; i++)
        if (!img_output_parse(opt.outputs.items[i], "text|json", &ignored, err))
            return false;
    return true;
}

static bool check_options(struct job *j, struct img_err *err)
{
    if (opt.db != NULL)
        return img_fail(err, IMG_E_USAGE,
                        "--db: matching against a vulnerability database is not built yet; give "
                        "the report of a scanner with --report");
    if (opt.attest && opt.signing.key == NULL)
        return img_fail(err, IMG_E_USAGE, "--attest needs --key");
    if (!opt.attest && opt.signing.key != NULL)
        return img_fail(err, IMG_E_USAGE, "--key goes with --attest");
    if (opt.fail_on != NULL && !img_severity_parse(opt.fail_on, &j->fail_on, err))
        return usage(err, "--fail-on");
    return check_outputs(err) && img_signing_check(&opt.signing, err);
}

static bool read_reports(struct job *j, struct img_err *err)
{
    int64_t finished = IMG_TIME_NONE;

    if (opt.finished != NULL && !img_time_parse(opt.finished, &finished, err))
        return usage(err, "--scan-finished");
    if (opt.finished != NULL && opt.reports.count == 0)
        return img_fail(err, IMG_E_USAGE, "--scan-finished goes with --report");
    if (!img_reports_new(&j->reports, err))
        return false;
    for (size_t i = 0; i < opt.reports.count; i++) {
        IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_REPORT);

        if (!img_read_argument(opt.reports.items[i], &text, err) ||
            !img_reports_add(j->reports, opt.reports.items[i], &text, finished, err))
            return img_ctx(err, "--report");
    }
    return true;
}

/* --- the image --- */

static bool open_to_read(const char *image, struct job *j, struct img_err *err)
{
    return img_target_open(image, &opt.common, false, 0, &j->target, err) &&
           (img_store_resolve(j->target.store, &j->target.ref, &j->doc, NULL, err) ||
            img_ctx(err, "'%.200s'", image));
}

static bool open_to_attest(const char *image, struct job *j, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf command = IMG_BUF(4 * IMG_KIB);
    struct img_bytes text;

    img_buf_puts(&command, "imgscan --attest --key ");
    img_text_shell(opt.signing.key, &command);
    for (size_t i = 0; i < opt.reports.count; i++) {
        img_buf_puts(&command, " --report ");
        img_text_shell(opt.reports.items[i], &command);
    }
    img_buf_put(&command, "", 1);
    if (!img_load_signer(opt.signing.key, opt.signing.password_file, &j->signer, err) ||
        !img_buf_bytes(&command, &text, err))
        return false;
    opt.signing.command = (const char *)text.ptr;
    opt.signing.timeout_s = 0;
    return img_signing_open(image, &opt.signing, &opt.common, &j->target, &j->doc, err);
}

/* Which of the platforms: all, the one asked for, or this machine's. */
static bool select_platforms(const struct job *j, size_t *first, size_t *count, struct img_err *err)
{
    struct img_platform want;

    *first = 0;
    *count = j->platform_count;
    if (opt.platform != NULL && strcmp(opt.platform, "all") == 0)
        return true;
    if (opt.platform == NULL)
        img_image_native_platform(&want);
    else if (!img_platform_parse(opt.platform, &want, err))
        return usage(err, "--platform");
    *count = 1;
    return img_image_select(j->platforms, j->platform_count, &want, first, err);
}

static bool open_images(struct job *j, struct img_err *err)
{
    size_t first, count;

    if (!img_image_platforms(&j->doc, &j->platforms, &j->platform_count, err) ||
        !select_platforms(j, &first, &count, err))
        return false;
    j->images = calloc(count, sizeof(*j->images));
    j->scanned = calloc(count, sizeof(*j->scanned));
    j->checks = calloc(count, sizeof(struct img_scan *));
    if (j->images == NULL || j->scanned == NULL || j->checks == NULL)
        return img_fail(err, IMG_E_MEMORY, "platforms");
    for (size_t i = 0; i < count; i++) {
        if (!img_image_open_from(j->target.store, &j->doc, &j->platforms[first + i], &j->images[i],
                                 err))
            return false;
        j->count++;
    }
    return img_reports_bind(j->reports, j->images, j->count, err);
}

static bool scan_image(struct job *j, size_t i, struct img_err *err)
{
    IMG_AUTO(img_checks_freep) struct img_checks *checks = NULL;
    struct img_layer_client client;
    int64_t started = img_now();

    if (!img_checks_new(&j->images[i], &checks, err))
        return false;
    client = img_checks_client(checks);
    return img_image_walk(j->target.store, &j->images[i], &client, 1, opt.common.progress, err) &&
           img_checks_finish(checks, started, img_now(), &j->checks[i], err) &&
           img_scan_assemble(j->reports, &j->images[i], j->checks[i], &j->scanned[i], err);
}

static bool scan_images(struct job *j, struct img_err *err)
{
    for (size_t i = 0; i < j->count; i++)
        if (!scan_image(j, i, err))
            return false;
    return true;
}

/* --- what came out --- */

static void render_text(const struct job *j, const char *image, bool colour, struct img_buf *out)
{
    for (size_t i = 0; i < j->count; i++) {
        char digest[IMG_DIGEST_TEXT], platform[100];
        struct img_scan_text about = {image, digest, platform, colour};

        img_digest_text(&j->images[i].manifest.desc.digest, digest);
        img_platform_text(&j->images[i].config.platform, platform);
        img_buf_puts(out, i > 0 ? "\n" : "");
        img_scan_text(j->scanned[i].scan, &about, out);
    }
}

/* The merged report, one line for each platform: what --attest signs. */
static bool render_json(const struct job *j, struct img_buf *out, struct img_err *err)
{
    for (size_t i = 0; i < j->count; i++) {
        const struct img_scanned *s = &j->scanned[i];
        struct img_bytes text;

        if (!img_buf_bytes(&s->predicates[s->count - 1].json, &text, err))
            return false;
        img_buf_put(out, text.ptr, text.len);
        img_buf_puts(out, "\n");
    }
    return true;
}

static bool write_output(const struct job *j, const char *image, const char *value,
                         struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_REPORT);
    struct img_output output;
    struct img_bytes bytes;

    if (!img_output_parse(value, "text|json", &output, err))
        return false;
    if (strcmp(output.format, "text") == 0)
        render_text(j, image, output.file == NULL && img_out_colour(), &out);
    else if (!render_json(j, &out, err))
        return false;
    return img_buf_bytes(&out, &bytes, err) && img_output_write(&output, bytes, err);
}

static bool write_outputs(const struct job *j, const char *image, struct img_err *err)
{
    if (opt.outputs.count == 0)
        return write_output(j, image, "text", err);
    for (size_t i = 0; i < opt.outputs.count; i++)
        if (!write_output(j, image, opt.outputs.items[i], err))
            return false;
    return true;
}

/* What was found on one platform, in one go. */
static bool attest_one(struct job *j, size_t i, int64_t now, struct img_err *err)
{
    const struct img_scanned *scanned = &j->scanned[i];
    struct img_attach_item *items = calloc(scanned->count + 1, sizeof(*items));
    char digest[IMG_DIGEST_TEXT];
    bool ok = items != NULL || img_fail(err, IMG_E_MEMORY, "statements");

    for (size_t k = 0; ok && k < scanned->count; k++) {
        items[k] = (struct img_attach_item){.signer = j->signer,
                                            .what = {.predicate_type = scanned->predicates[k].type,
                                                     .name = j->target.ref.name,
                                                     .replace = opt.signing.replace,
                                                     .now = now}};
        ok = img_buf_bytes(&scanned->predicates[k].json, &items[k].what.predicate, err);
    }
    ok = ok &&
         (img_attach_all(j->target.store, &j->images[i].manifest, items, scanned->count, err) ||
          img_ctx(err, "attaching"));
    for (size_t k = 0; ok && k < scanned->count; k++) {
        img_digest_text(&items[k].done.manifest, digest);
        img_note("imgscan", opt.common.quiet, "%s %s %s",
                 items[k].done.already ? "was there:" : "attached", scanned->predicates[k].type,
                 digest);
    }
    free(items);
    return ok;
}

static bool attest(struct job *j, struct img_err *err)
{
    int64_t date = IMG_TIME_NONE, now;

    if (!opt.attest)
        return true;
    if (!img_source_date(&date, err) ||
        !img_signing_keeps_older(&j->target, &j->doc.desc.digest, &opt.signing, err))
        return false;
    now = date != IMG_TIME_NONE ? date : img_now();
    for (size_t i = 0; i < j->count; i++) {
        if (j->scanned[i].redacted)
            img_note(
                "imgscan", opt.common.quiet,
                "parts of a report that could repeat secrets were taken out of what is signed");
        if (!attest_one(j, i, now, err))
            return false;
    }
    return true;
}

/* Says what the result does not mean, and decides the exit status. */
static void conclude(const struct job *j, int *status)
{
    size_t severe = 0;

    for (size_t i = 0; i < j->count; i++) {
        const struct img_scan *s = j->scanned[i].scan;

        if (!img_scan_looked_for(s, IMG_LOOKS_VULNERABILITIES))
            img_note("imgscan", opt.common.quiet,
                     "vulnerabilities were not looked for; give a scanner's report with --report");
        for (size_t k = 0; k < s->input_count; k++)
            if (!s->inputs[k].complete)
                img_note("imgscan", opt.common.quiet, "not complete: %s", s->inputs[k].reason);
        for (size_t k = 0; k < s->count; k++) {
            const struct img_finding *f = &s->findings[k];

            severe += f->severity >= j->fail_on &&
                      (f->status == NULL || strcmp(f->status, IMG_STATUS_SUPPRESSED) != 0);
        }
    }
    if (opt.fail_on == NULL || severe == 0)
        return;
    img_note("imgscan", opt.common.quiet, "%zu finding%s %s or more severe", severe,
             severe == 1 ? " is" : "s are", opt.fail_on);
    *status = 1;
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(job_done) struct job j = {.doc = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)}};
    bool scanned;

    (void)argc;
    if (!check_options(&j, err) || !read_reports(&j, err))
        return false;
    opt.common.progress = img_meter(opt.common.quiet, opt.common.no_progress);
    scanned = (opt.attest ? open_to_attest(argv[0], &j, err) : open_to_read(argv[0], &j, err)) &&
              open_images(&j, err) && scan_images(&j, err);
    img_meter_end(opt.common.progress);
    if (!scanned || !attest(&j, err) || !write_outputs(&j, argv[0], err))
        return false;
    conclude(&j, status);
    return true;
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgscan",
        .args = "IMAGE",
        .about = "check an image, and merge what scanners reported about it",
        .options = options,
        .min_args = 1,
        .max_args = 1,
        .run = run,
        .more = "Examples:\n"
                "  imgscan oci:app:1.2\n"
                "  imgscan --report trivy.json --fail-on high registry.example.com/app:1.2\n"
                "  imgscan --report trivy.json --attest --key ci.key "
                "registry.example.com/app@sha256:…\n",
    };
    return img_main(&cmd, argc, argv);
}
