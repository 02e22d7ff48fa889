/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/predicates.h"
#include "attest/types.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/signing.h"

static struct {
    struct img_common common;
    struct img_signing signing;
    const char *evidence_key, *evidence_password_file, *sbom_format, *scan_finished, *platform;
    struct img_list reports;
    bool sbom, scan, recursive;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_FLAG,
     .name = "sbom",
     .help = "also make, sign and attach an SBOM of each platform",
     .to = &opt.sbom},
    {.kind = IMG_OPT_TEXT,
     .name = "sbom-format",
     .arg = "FORMAT",
     .help = "cyclonedx (the default) or spdx",
     .to = &opt.sbom_format,
     .complete = "cyclonedx|spdx"},
    {.kind = IMG_OPT_FLAG,
     .name = "scan",
     .help = "also check each platform, and sign and attach what was found",
     .to = &opt.scan},
    {.kind = IMG_OPT_LIST,
     .name = "report",
     .arg = "FILE",
     .help = "a scanner's report about this image, to be part of the scan",
     .to = &opt.reports,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "scan-finished",
     .arg = "TIME",
     .help = "when the scan ended, for reports that do not say",
     .to = &opt.scan_finished},
    {.kind = IMG_OPT_TEXT,
     .name = "platform",
     .arg = "OS/ARCH",
     .help = "only this platform of an index, and not the index itself",
     .to = &opt.platform},
    {.kind = IMG_OPT_FLAG,
     .letter = 'r',
     .name = "recursive",
     .help = "sign an index and each of its platforms (that is the default)",
     .to = &opt.recursive},
    IMG_SIGNING_OPTIONS(opt.signing),
    {.kind = IMG_OPT_TEXT,
     .name = "evidence-key",
     .arg = "REF",
     .help = "another private key, for SBOM and scan",
     .to = &opt.evidence_key,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "evidence-password-file",
     .arg = "FILE",
     .help = "file with the password of --evidence-key",
     .to = &opt.evidence_password_file,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "as",
     .arg = "NAME",
     .help = "the repository that an image in a layout will be deployed as",
     .to = &opt.common.as},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

/* One manifest that is signed: a platform's, or the only one. */
struct part {
    struct img_image image; /* without --sbom and --scan only its manifest is filled in */
    char platform[100];     /* "" when the image is no index */
    struct img_buf sbom;
    struct img_scan *checks;
    struct img_scanned scanned;
};

/* Everything one run needs. */
struct job {
    struct img_target target;
    struct img_document top; /* what the reference names */
    bool sign_top;           /* top is an index, and is signed itself too */
    struct part *parts;
    size_t count;
    struct img_signer *signer, *evidence_signer; /* the second NULL: the first signs all */
    struct img_reports *reports;
    struct img_outcomes outcomes;
    int64_t now, source_date;
};

static void job_done(struct job *j)
{
    for (size_t i = 0; i < j->count; i++) {
        img_image_done(&j->parts[i].image);
        img_buf_done(&j->parts[i].sbom);
        img_scanned_done(&j->parts[i].scanned);
        img_scan_free(j->parts[i].checks);
    }
    free(j->parts);
    img_outcomes_done(&j->outcomes);
    img_reports_free(j->reports);
    img_signer_freep(&j->signer);
    img_signer_freep(&j->evidence_signer);
    img_document_done(&j->top);
    img_target_done(&j->target);
}

/* --- options ------------------------------------------------------------------------------------
 */

static bool check_options(struct img_err *err)
{
    if (opt.sbom_format != NULL && !opt.sbom)
        return img_fail(err, IMG_E_USAGE, "--sbom-format needs --sbom");
    if (opt.sbom_format != NULL && strcmp(opt.sbom_format, "cyclonedx") != 0 &&
        strcmp(opt.sbom_format, "spdx") != 0)
        return img_fail(err, IMG_E_USAGE, "--sbom-format '%.40s' is not cyclonedx or spdx",
                        opt.sbom_format);
    if (opt.reports.count > 0 && !opt.scan)
        return img_fail(err, IMG_E_USAGE, "--report needs --scan");
    if (opt.scan_finished != NULL && opt.reports.count == 0)
        return img_fail(err, IMG_E_USAGE, "--scan-finished is about a --report");
    if (opt.evidence_key != NULL && !opt.sbom && !opt.scan)
        return img_fail(err, IMG_E_USAGE, "--evidence-key signs what --sbom and --scan make");
    if (opt.evidence_password_file != NULL && opt.evidence_key == NULL)
        return img_fail(err, IMG_E_USAGE, "--evidence-password-file needs --evidence-key");
    return img_signing_check(&opt.signing, err);
}

static bool read_reports(struct job *j, struct img_err *err)
{
    int64_t finished = IMG_TIME_NONE;

    if (opt.reports.count == 0)
        return true;
    if (opt.scan_finished != NULL && !img_time_parse(opt.scan_finished, &finished, err)) {
        err->code = IMG_E_USAGE;
        return img_ctx(err, "--scan-finished");
    }
    if (!img_reports_new(&j->reports, err))
        return false;
    for (size_t i = 0; i < opt.reports.count; i++) {
        IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_REPORT);
        if (!img_read_argument(opt.reports.items[i], &text, err) ||
            !img_reports_add(j->reports, opt.reports.items[i], &text, finished, err))
            return img_ctx(err, "--report '%.200s'", opt.reports.items[i]);
    }
    return true;
}

static bool load_keys(struct job *j, struct img_err *err)
{
    if (!img_load_signer(opt.signing.key, opt.signing.password_file, &j->signer, err))
        return false;
    if (opt.evidence_key != NULL &&
        !img_load_signer(opt.evidence_key, opt.evidence_password_file, &j->evidence_signer, err))
        return img_ctx(err, "--evidence-key");
    return true;
}

/* The command line again, for the message that refuses a tag. */
static void put_command(struct img_buf *out)
{
    img_buf_puts(out, "imgsign --key ");
    img_text_shell(opt.signing.key, out);
    img_buf_puts(out, opt.sbom ? " --sbom" : "");
    img_buf_puts(out, opt.scan ? " --scan" : "");
    for (size_t i = 0; i < opt.reports.count; i++) {
        img_buf_puts(out, " --report ");
        img_text_shell(opt.reports.items[i], out);
    }
}

static bool open_target(const char *image, struct job *j, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf command = IMG_BUF(4 * IMG_KIB);
    struct img_bytes text;

    put_command(&command);
    img_buf_put(&command, "", 1);
    if (!img_buf_bytes(&command, &text, err))
        return false;
    opt.signing.command = (const char *)text.ptr;
    opt.signing.timeout_s = opt.sbom || opt.scan ? 0 : 30;
    return img_signing_open(image, &opt.signing, &opt.common, &j->target, &j->top, err);
}

/* --- which manifests ----------------------------------------------------------------------------
 */

static bool fetch_document(struct img_store *s, const struct img_descriptor *d,
                           struct img_document *out, struct img_err *err)
{
    struct img_want w = {.desc = *d, .bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};

    if (!img_store_fetch(s, &w, 1, err))
        return false;
    if (!w.ok) {
        img_buf_done(&w.bytes);
        *err = w.err;
        return img_ctx(err, "platform manifest");
    }
    img_descriptor_copy(d, &out->desc);
    out->bytes = w.bytes;
    return true;
}

static bool copy_document(const struct img_document *from, struct img_document *to,
                          struct img_err *err)
{
    struct img_bytes text;

    if (!img_buf_bytes(&from->bytes, &text, err))
        return false;
    img_descriptor_copy(&from->desc, &to->desc);
    to->bytes = IMG_BUF(IMG_LIMIT_MANIFEST);
    img_buf_put(&to->bytes, text.ptr, text.len);
    return img_buf_bytes(&to->bytes, &text, err);
}

/* SBOM and scan read the image; a plain signature needs only the bytes that it covers. */
static bool add_part(struct job *j, const struct img_descriptor *d, struct img_err *err)
{
    struct part *p = &j->parts[j->count++]; /* counted first: job_done() frees what there is */
    bool top = img_digest_equal(&d->digest, &j->top.desc.digest);

    *p = (struct part){.sbom = IMG_BUF(IMG_LIMIT_PREDICATE),
                       .image = {.manifest.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)}};
    if (!top && d->has_platform)
        img_platform_text(&d->platform, p->platform);
    if (opt.sbom || opt.scan)
        return img_image_open_from(j->target.store, &j->top, d, &p->image, err);
    return top ? copy_document(&j->top, &p->image.manifest, err)
               : fetch_document(j->target.store, d, &p->image.manifest, err);
}

/* The entries of an index that are signed too: all but attestation entries, each digest once. */
static bool list_entries(const struct img_document *top, struct img_descriptor **out, size_t *count,
                         struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};
    struct img_bytes text;
    struct img_descriptor *list;
    size_t n = 0;

    if (!img_buf_bytes(&top->bytes, &text, err) ||
        !img_manifest_read(text, top->desc.media_type, &m, err))
        return img_ctx(err, "image");
    list = calloc(m.count + 1, sizeof(*list));
    if (list == NULL)
        return img_fail(err, IMG_E_MEMORY, "platforms");
    if (!m.is_index)
        img_descriptor_copy(&top->desc, &list[n++]);
    for (size_t i = 0; m.is_index && i < m.count; i++) {
        bool again = img_manifest_is_attestation_entry(&m.items[i]);
        for (size_t k = 0; k < n && !again; k++)
            again = img_digest_equal(&list[k].digest, &m.items[i].digest);
        if (!again)
            img_descriptor_copy(&m.items[i], &list[n++]);
    }
    *out = list;
    *count = n;
    return true;
}

static bool list_parts(struct job *j, struct img_err *err)
{
    struct img_descriptor *list = NULL;
    size_t count = 0, only = 0, first = 0, end;
    struct img_platform want;
    bool all = opt.platform == NULL || strcmp(opt.platform, "all") == 0, good;

    if (!all && !img_platform_parse(opt.platform, &want, err))
        return img_ctx(err, "--platform");
    if (!(opt.sbom || opt.scan || !all ? img_image_platforms(&j->top, &list, &count, err)
                                       : list_entries(&j->top, &list, &count, err)))
        return false;
    good = all || img_image_select(list, count, &want, &only, err);
    end = count;
    if (good && !all) {
        first = only;
        end = only + 1;
    }
    j->sign_top = all && img_media_type_is_index(j->top.desc.media_type);
    j->parts = calloc(count + 1, sizeof(*j->parts));
    if (good && j->parts == NULL)
        good = img_fail(err, IMG_E_MEMORY, "platforms");
    for (size_t i = first; good && i < end; i++)
        good = add_part(j, &list[i], err);
    img_descriptors_free(list, count);
    return good;
}

/* --- SBOM and scan ------------------------------------------------------------------------------
 */

static bool write_sbom(struct job *j, struct part *p, struct img_catalog *catalog,
                       struct img_err *err)
{
    IMG_AUTO(img_inventory_freep) struct img_inventory *inventory = NULL;
    struct img_sbom_subject subject;
    bool spdx = opt.sbom_format != NULL && strcmp(opt.sbom_format, "spdx") == 0;

    img_sbom_subject_of(&j->target.ref, &p->image, j->source_date, &subject);
    if (!img_catalog_finish(catalog, &inventory, err) ||
        !(spdx ? img_sbom_spdx : img_sbom_cyclonedx)(&p->image, inventory, &subject, &p->sbom, err))
        return img_ctx(err, "SBOM");
    for (size_t i = 0; !inventory->complete && i < inventory->reason_count; i++)
        img_note("imgsign", opt.common.quiet, "the SBOM%s%s is incomplete: %s",
                 p->platform[0] != '\0' ? " of " : "", p->platform, inventory->reasons[i]);
    return true;
}

/* Each layer is read once, for the catalog and the checks together. */
static bool make_evidence(struct job *j, struct part *p, struct img_err *err)
{
    IMG_AUTO(img_catalog_freep) struct img_catalog *catalog = NULL;
    IMG_AUTO(img_checks_freep) struct img_checks *checks = NULL;
    struct img_layer_client clients[2];
    int64_t started = img_now();
    size_t n = 0;

    if ((opt.sbom && !img_catalog_new(&p->image, &catalog, err)) ||
        (opt.scan && !img_checks_new(&p->image, &checks, err)))
        return false;
    if (catalog != NULL)
        clients[n++] = img_catalog_client(catalog);
    if (checks != NULL)
        clients[n++] = img_checks_client(checks);
    if (!img_image_walk(j->target.store, &p->image, clients, n, opt.common.progress, err))
        return false;
    if (catalog != NULL && !write_sbom(j, p, catalog, err))
        return false;
    if (checks == NULL)
        return true;
    return img_checks_finish(checks, started, img_now(), &p->checks, err) &&
           img_scan_assemble(j->reports, &p->image, p->checks, &p->scanned, err);
}

static bool bind_reports(const struct job *j, struct img_err *err)
{
    struct img_image *images;
    bool good;

    if (j->reports == NULL)
        return true;
    images = calloc(j->count + 1, sizeof(*images));
    if (images == NULL)
        return img_fail(err, IMG_E_MEMORY, "platforms");
    for (size_t i = 0; i < j->count; i++)
        images[i] = j->parts[i].image; /* borrowed */
    good = img_reports_bind(j->reports, images, j->count, err);
    free(images);
    return good;
}

/* Everything is made before anything is attached: a run that fails leaves nothing half-said. */
static bool make_all_evidence(struct job *j, struct img_err *err)
{
    if (!opt.sbom && !opt.scan)
        return true;
    if (!bind_reports(j, err))
        return false;
    for (size_t i = 0; i < j->count; i++)
        if (!make_evidence(j, &j->parts[i], err))
            return j->parts[i].platform[0] != '\0' ? img_ctx(err, "%s", j->parts[i].platform)
                                                   : false;
    if (opt.scan && j->reports == NULL)
        img_note("imgsign", opt.common.quiet,
                 "vulnerabilities were not looked for: no --report; only the image's own checks "
                 "are attached");
    return true;
}

/* --- attaching -------------------------------------------------------------------------------- */

/* What is attached to one image in one go. */
struct going {
    struct img_attach_item *items;
    size_t count;
};

static void going_done(struct going *g)
{
    free(g->items);
}

static void add(const struct job *j, struct going *g, const char *type, struct img_bytes predicate)
{
    bool signature = strcmp(type, IMG_PREDICATE_SIGN) == 0;

    g->items[g->count++] = (struct img_attach_item){
        .signer = signature || j->evidence_signer == NULL ? j->signer : j->evidence_signer,
        .what = {.predicate_type = type,
                 .name = j->target.ref.name,
                 .predicate = predicate,
                 .replace = opt.signing.replace,
                 .now = j->source_date != IMG_TIME_NONE ? j->source_date : j->now}};
}

static bool attach(struct job *j, const struct img_document *doc, const char *platform,
                   struct going *g, struct img_err *err)
{
    if (!img_attach_all(j->target.store, doc, g->items, g->count, err))
        return false;
    for (size_t i = 0; i < g->count; i++) {
        struct img_outcome o = {.predicate_type = g->items[i].what.predicate_type,
                                .image = doc->desc.digest,
                                .attached = g->items[i].done};

        (void)snprintf(o.platform, sizeof(o.platform), "%s", platform);
        if (!img_outcomes_add(&j->outcomes, &o, err))
            return false;
    }
    return true;
}

/* A platform's SBOM and scan, and then its signature. */
static bool attach_part(struct job *j, const struct part *p, struct img_err *err)
{
    static const struct img_bytes empty = {.ptr = (const uint8_t *)"{}", .len = 2};
    IMG_AUTO(going_done)
    struct going g = {.items = calloc(p->scanned.count + 2, sizeof(*g.items))};
    bool spdx = opt.sbom_format != NULL && strcmp(opt.sbom_format, "spdx") == 0;
    struct img_bytes text;

    if (g.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "statements");
    if (opt.sbom) {
        if (!img_buf_bytes(&p->sbom, &text, err))
            return false;
        add(j, &g, spdx ? IMG_PREDICATE_SPDX : IMG_PREDICATE_CYCLONEDX, text);
    }
    for (size_t i = 0; i < p->scanned.count; i++) {
        if (!img_buf_bytes(&p->scanned.predicates[i].json, &text, err))
            return false;
        add(j, &g, p->scanned.predicates[i].type, text);
    }
    add(j, &g, IMG_PREDICATE_SIGN, empty);
    return attach(j, &p->image.manifest, p->platform, &g, err);
}

/* The index's signature comes at the very end: what is signed has all its evidence. */
static bool attach_all(struct job *j, struct img_err *err)
{
    static const struct img_bytes empty = {.ptr = (const uint8_t *)"{}", .len = 2};
    struct img_attach_item item;
    struct going top = {.items = &item};

    for (size_t i = 0; i < j->count; i++)
        if (!attach_part(j, &j->parts[i], err))
            return false;
    if (!j->sign_top)
        return true;
    add(j, &top, IMG_PREDICATE_SIGN, empty);
    return attach(j, &j->top, "index", &top, err);
}

static bool check_older(const struct job *j, struct img_err *err)
{
    for (size_t i = 0; i < j->count; i++)
        if (!img_signing_keeps_older(&j->target, &j->parts[i].image.manifest.desc.digest,
                                     &opt.signing, err))
            return false;
    return !j->sign_top ||
           img_signing_keeps_older(&j->target, &j->top.desc.digest, &opt.signing, err);
}

static bool sign(const char *image, struct img_err *err)
{
    IMG_AUTO(job_done) struct job j = {.now = img_now(), .target.password = IMG_BUF(1)};

    return check_options(err) && img_source_date(&j.source_date, err) && read_reports(&j, err) &&
           load_keys(&j, err) && open_target(image, &j, err) && list_parts(&j, err) &&
           check_older(&j, err) && make_all_evidence(&j, err) && attach_all(&j, err) &&
           img_outcomes_write(&j.outcomes, j.target.ref.name, &opt.signing.outputs, err);
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    bool good;

    (void)argc;
    *status = 0;
    opt.common.progress = img_meter(opt.common.quiet, opt.common.no_progress);
    good = sign(argv[0], err);
    img_meter_end(opt.common.progress);
    return good;
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgsign",
        .args = "IMAGE",
        .about = "sign an image, with SBOM and scan if asked",
        .options = options,
        .min_args = 1,
        .max_args = 1,
        .run = run,
        .more = "Examples:\n"
                "  imgsign --key ci.key registry.example.com/app@sha256:…\n"
                "  imgsign --key ci.key --sbom --scan --report trivy.json --digest-file build.json "
                "registry.example.com/app:1.2\n"
                "  imgsign --key ci.key --as registry.example.com/app oci:app:1.2\n",
    };
    return img_main(&cmd, argc, argv);
}
