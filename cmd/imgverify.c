/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attest/types.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"
#include "cmd/out.h"
#include "cmd/verify.h"

#define PROGRAM        "imgverify"
#define DEFAULT_POLICY "/etc/imgtrust/policy.yaml"
#define MAX_EVIDENCE   10000 /* what --max-evidence may raise the limit to */

static struct {
    struct img_common common;
    struct img_list keys, files, types, outputs;
    const char *policy, *print, *platform, *at, *max_evidence, *max_evidence_size;
    bool blobs, strict, pin;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_GROUP, .help = "Trust"},
    {.kind = IMG_OPT_LIST,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "public key that a signature must be by; of several, any one suffices",
     .to = &opt.keys,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "policy",
     .arg = "FILE|DIR",
     .help = "policies that must all accept (default " DEFAULT_POLICY ")",
     .to = &opt.policy,
     .complete = "file"},
    {.kind = IMG_OPT_LIST,
     .name = "type",
     .arg = "TYPE",
     .help = "also require an attestation of this type",
     .to = &opt.types},
    {.kind = IMG_OPT_TEXT,
     .name = "at",
     .arg = "TIME",
     .help = "decide as of this time; the record says so",
     .to = &opt.at,
     .argv_only = true},
    {.kind = IMG_OPT_GROUP, .help = "What to verify"},
    {.kind = IMG_OPT_LIST,
     .letter = 'f',
     .name = "filename",
     .arg = "FILE|DIR|-",
     .help = "every image that these Kubernetes manifests run",
     .to = &opt.files,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "platform",
     .arg = "OS/ARCH[/VARIANT]|all",
     .help = "verify this platform of an index, or each, instead of the index",
     .to = &opt.platform},
    {.kind = IMG_OPT_TEXT,
     .name = "as",
     .arg = "NAME",
     .help = "repository that a layout or archive will be deployed as",
     .to = &opt.common.as},
    {.kind = IMG_OPT_FLAG,
     .name = "blobs",
     .help = "also read and check every blob",
     .to = &opt.blobs},
    {.kind = IMG_OPT_TEXT,
     .name = "max-evidence",
     .arg = "N",
     .help = "pieces of evidence read for one digest (default 128)",
     .to = &opt.max_evidence},
    {.kind = IMG_OPT_TEXT,
     .name = "max-evidence-size",
     .arg = "BYTES",
     .help = "size of one piece of evidence, such as 64MiB (default 32MiB)",
     .to = &opt.max_evidence_size},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_LIST,
     .letter = 'o',
     .name = "output",
     .arg = "text|json[=FILE]",
     .help = "rendering, and where it goes",
     .to = &opt.outputs,
     .complete = "text|json"},
    {.kind = IMG_OPT_TEXT,
     .name = "print",
     .arg = "TYPE",
     .help = "print the predicates of this type that verified, and nothing else",
     .to = &opt.print},
    {.kind = IMG_OPT_FLAG,
     .name = "strict",
     .help = "warnings reject, and manifests without any image are an error",
     .to = &opt.strict},
    {.kind = IMG_OPT_FLAG,
     .name = "pin",
     .help = "print the manifests with verified digests (not supported yet)",
     .to = &opt.pin},
    {.kind = IMG_OPT_END},
};

/* --- options ---------------------------------------------------------------------------------- */

/* A number of bytes, with KiB, MiB or GiB after it or nothing. */
static bool parse_count(const char *name, const char *text, uint64_t max, uint64_t *out,
                        struct img_err *err)
{
    static const struct {
        const char *unit;
        uint64_t bytes;
    } units[] = {{"", 1}, {"KiB", IMG_KIB}, {"MiB", IMG_MIB}, {"GiB", IMG_GIB}};
    uint64_t n = 0;
    const char *p = text;

    for (; *p >= '0' && *p <= '9' && n < UINT32_MAX; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    for (size_t i = 0; p > text && i < IMG_COUNT(units); i++) {
        if (strcmp(p, units[i].unit) != 0 || n == 0 || n > max / units[i].bytes)
            continue;
        *out = n * units[i].bytes;
        return true;
    }
    return img_fail(err, IMG_E_USAGE, "--%s: '%.60s' is not a number from 1 to %llu", name, text,
                    (unsigned long long)max);
}

static bool parse_limits(struct img_evidence_limits *out, struct img_err *err)
{
    struct img_evidence_limits l = {.max_count = IMG_LIMIT_EVIDENCE,
                                    .max_size = IMG_LIMIT_EVIDENCE_SIZE};
    uint64_t n = 0;

    if (opt.max_evidence != NULL) {
        if (!parse_count("max-evidence", opt.max_evidence, MAX_EVIDENCE, &n, err))
            return false;
        l.max_count = (size_t)n;
    }
    if (opt.max_evidence_size != NULL &&
        !parse_count("max-evidence-size", opt.max_evidence_size, IMG_GIB, &l.max_size, err))
        return false;
    *out = l;
    return true;
}

static bool parse_outputs(struct img_output *out, struct img_err *err)
{
    static const char *const later[] = {"sarif", "junit", "github", "gitlab"};
    size_t to_stdout = 0;

    for (size_t i = 0; i < opt.outputs.count; i++) {
        const char *value = opt.outputs.items[i];

        for (size_t k = 0; k < IMG_COUNT(later); k++)
            if (strncmp(value, later[k], strlen(later[k])) == 0 &&
                strchr("=", value[strlen(later[k])]) != NULL)
                return img_refuse(err, IMG_E_USAGE, IMG_WHY_WORD_UNSUPPORTED,
                                  "--output %s is not supported yet", later[k]);
        if (!img_output_parse(value, "text|json", &out[i], err))
            return false;
        to_stdout += out[i].file == NULL;
    }
    if (to_stdout > 1)
        return img_fail(err, IMG_E_USAGE, "--output: only one rendering can go to standard output");
    if (to_stdout > 0 && opt.print != NULL)
        return img_fail(err, IMG_E_USAGE,
                        "--print prints nothing else: give --output a file, as in json=FILE");
    return true;
}

static bool check_usage(int argc, struct img_err *err)
{
    struct img_platform ignored;

    if (opt.pin)
        return img_refuse(err, IMG_E_USAGE, IMG_WHY_WORD_UNSUPPORTED, "--pin is not supported yet");
    if (argc == 0 && opt.files.count == 0)
        return img_fail(err, IMG_E_USAGE, "an image is needed, or -f with manifests");
    if (opt.platform != NULL && strcmp(opt.platform, "all") != 0 &&
        !img_platform_parse(opt.platform, &ignored, err)) {
        err->code = IMG_E_USAGE;
        return img_ctx(err, "--platform");
    }
    return true;
}

static bool parse_clock(struct verify_options *o, struct img_err *err)
{
    o->now = img_now();
    if (opt.at == NULL)
        return true;
    o->at_given = true;
    if (img_time_parse(opt.at, &o->now, err))
        return true;
    err->code = IMG_E_USAGE;
    return img_ctx(err, "--at");
}

/* --- trust ------------------------------------------------------------------------------------ */

/* The lines to type, on stderr before the error. */
static bool nothing_to_trust(int argc, char **argv, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf what = IMG_BUF(IMG_LIMIT_TEXT);
    struct img_bytes bytes;

    if (argc > 0)
        img_text_shell(argv[0], &what);
    else
        img_buf_puts(&what, "-f FILE");
    if (!img_buf_bytes(&what, &bytes, err))
        return false;
    img_note(PROGRAM, false, "say whom to trust, with one of these lines:");
    img_note(PROGRAM, false, "    imgverify %.*s --key release.pub", (int)bytes.len,
             (const char *)bytes.ptr);
    img_note(PROGRAM, false, "    imgverify %.*s --policy policy.yaml", (int)bytes.len,
             (const char *)bytes.ptr);
    return img_fail(err, IMG_E_USAGE, "neither --key nor --policy was given, and there is no %s",
                    DEFAULT_POLICY);
}

struct keys {
    struct img_key **items;
    size_t count;
};

static void keys_done(struct keys *k)
{
    for (size_t i = 0; i < k->count; i++)
        if (k->items[i] != NULL)
            img_key_free(k->items[i]);
    free(k->items);
}

static bool add_keys(struct img_policies *p, struct img_err *err)
{
    IMG_AUTO(keys_done) struct keys k = {.items = calloc(opt.keys.count + 1, sizeof(*k.items))};

    if (k.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "keys");
    for (; k.count < opt.keys.count; k.count++)
        if (!img_load_public_key(opt.keys.items[k.count], &k.items[k.count], err))
            return false;
    return k.count == 0 || img_policies_add_keys(p, k.items, k.count, err);
}

static bool read_trust(int argc, char **argv, struct img_policies **out, struct img_err *err)
{
    IMG_AUTO(img_policies_freep) struct img_policies *p = NULL;
    const char *policy = opt.policy;

    if (policy == NULL && opt.keys.count == 0 && access(DEFAULT_POLICY, F_OK) == 0)
        policy = DEFAULT_POLICY;
    if (policy == NULL && opt.keys.count == 0)
        return nothing_to_trust(argc, argv, err);
    if (!img_policies_new(&p, err) || (policy != NULL && !verify_read_policies(policy, p, err)) ||
        !add_keys(p, err))
        return false;
    for (size_t i = 0; i < opt.types.count; i++)
        if (!img_policies_require_type(p, opt.types.items[i], err))
            return img_ctx(err, "--type");
    if (opt.print != NULL && !img_policies_require_type(p, opt.print, err))
        return img_ctx(err, "--print");
    *out = IMG_STEAL(&p);
    return true;
}

/* --- what to verify --------------------------------------------------------------------------- */

struct subjects {
    struct verify_subject *items;
    size_t count;
    struct img_kube_images manifests;
    const struct img_kube_image **sorted; /* by image, then as they stand in the manifests */
};

static void subjects_done(struct subjects *s)
{
    free(s->items);
    free(s->sorted);
    img_kube_images_done(&s->manifests);
}

static int by_image(const void *a, const void *b)
{
    const struct img_kube_image *x = *(const struct img_kube_image *const *)a;
    const struct img_kube_image *y = *(const struct img_kube_image *const *)b;
    int c = strcmp(x->image, y->image);

    return c != 0 ? c : x < y ? -1 : x > y; /* one array: its order is the order of the files */
}

static int by_first_place(const void *a, const void *b)
{
    const struct verify_subject *x = a, *y = b;

    return x->where[0] < y->where[0] ? -1 : x->where[0] > y->where[0];
}

/* One subject for each different image of the manifests, in the order they first appear. */
static bool group_manifests(struct subjects *s, struct img_err *err)
{
    size_t n = s->manifests.count, first = s->count;

    s->sorted = calloc(n + 1, sizeof(*s->sorted));
    if (s->sorted == NULL)
        return img_fail(err, IMG_E_MEMORY, "images");
    for (size_t i = 0; i < n; i++)
        s->sorted[i] = &s->manifests.items[i];
    if (n > 1)
        qsort(s->sorted, n, sizeof(*s->sorted), by_image);
    for (size_t i = 0; i < n; i++) {
        if (i > 0 && strcmp(s->sorted[i - 1]->image, s->sorted[i]->image) == 0) {
            s->items[s->count - 1].where_count++;
            continue;
        }
        s->items[s->count++] = (struct verify_subject){.given = s->sorted[i]->image,
                                                       .where = &s->sorted[i],
                                                       .where_count = 1};
    }
    if (s->count - first > 1)
        qsort(s->items + first, s->count - first, sizeof(*s->items), by_first_place);
    return true;
}

static bool read_subjects(int argc, char **argv, struct subjects *s, struct img_err *err)
{
    for (size_t i = 0; i < opt.files.count; i++)
        if (!verify_read_manifests(opt.files.items[i], &s->manifests, err))
            return false;
    s->items = calloc((size_t)argc + s->manifests.count + 1, sizeof(*s->items));
    if (s->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "images");
    for (; s->count < (size_t)argc; s->count++)
        s->items[s->count].given = argv[s->count];
    if (!group_manifests(s, err))
        return false;
    if (s->manifests.not_workloads > 0)
        img_note(PROGRAM, opt.common.quiet || !opt.common.verbose,
                 "%zu of %zu objects are of kinds that are not looked into",
                 s->manifests.not_workloads, s->manifests.objects);
    return true;
}

/* --- the run ---------------------------------------------------------------------------------- */

/* What the terminal shows, which is not what this process runs in: that is always UTF-8. */
static bool shows_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < IMG_COUNT(names); i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && value[0] != '\0')
            return strstr(value, "UTF-8") != NULL || strstr(value, "utf8") != NULL ||
                   strstr(value, "utf-8") != NULL || strstr(value, "UTF8") != NULL;
    }
    return false;
}

static bool render(const struct verify_results *r, const struct img_output *o, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_RENDERING);
    const struct verify_look look = {.colour = o->file == NULL && img_out_colour(),
                                     .utf8 = shows_utf8(),
                                     .verbose = opt.common.verbose};
    struct img_bytes bytes;

    if (strcmp(o->format, "json") == 0) {
        if (!verify_json(r, &text, err))
            return false;
    } else {
        verify_text(r, &look, &text);
    }
    return img_buf_bytes(&text, &bytes, err) && img_output_write(o, bytes, err);
}

/* --print: predicates of images that were accepted; of the others, why not, on stderr. */
static bool print_predicates(const struct verify_results *r, struct img_err *err)
{
    const struct img_output to_stdout = {.format = "text"};
    const struct img_output to_stderr = {.format = "text", .file = "/dev/stderr"};
    struct img_bytes bytes;
    bool accepted = true;

    for (size_t i = 0; i < r->count; i++) {
        if (r->items[i].status != 0) {
            accepted = false;
            continue;
        }
        if (!img_buf_bytes(&r->items[i].predicates, &bytes, err) ||
            !img_output_write(&to_stdout, bytes, err))
            return false;
    }
    return accepted || render(r, &to_stderr, err);
}

static bool render_all(const struct verify_results *r, const struct img_output *outputs,
                       struct img_err *err)
{
    const struct img_output plain = {.format = "text"};

    for (size_t i = 0; i < opt.outputs.count; i++)
        if (!render(r, &outputs[i], err))
            return false;
    if (opt.print != NULL)
        return print_predicates(r, err);
    return opt.outputs.count > 0 || render(r, &plain, err);
}

/* Warnings are a "no" with --strict. */
static int status_of(const struct verify_result *r)
{
    if (opt.strict && r->status == 0 && r->decision != NULL && r->decision->warned)
        return img_code_exit(IMG_E_REJECTED);
    return r->status;
}

static bool verify_all(const struct subjects *s, const struct verify_options *o,
                       struct verify_results *r, struct img_err *err)
{
    IMG_AUTO(verify_stores_freep) struct verify_stores *stores = NULL;

    if (!verify_stores_new(&stores, err))
        return false;
    for (size_t i = 0; i < s->count; i++)
        if (!verify_one(stores, o, &s->items[i], r, err))
            return false;
    return true;
}

static void free_outputs(struct img_output **o)
{
    free(*o);
}

static void end_meter(struct img_progress **p)
{
    img_meter_end(*p);
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    IMG_AUTO(free_outputs)
    struct img_output *outputs = calloc(opt.outputs.count + 1, sizeof(*outputs));
    IMG_AUTO(img_policies_freep) struct img_policies *policies = NULL;
    IMG_AUTO(subjects_done) struct subjects subjects = {.items = NULL};
    IMG_AUTO(verify_results_done) struct verify_results results = {.items = NULL};
    IMG_AUTO(end_meter)
    struct img_progress *meter =
        opt.blobs ? img_meter(opt.common.quiet, opt.common.no_progress) : NULL;
    struct verify_options o = {.common = &opt.common,
                               .platform = opt.platform,
                               .print = opt.print,
                               .blobs = opt.blobs};

    if (outputs == NULL)
        return img_fail(err, IMG_E_MEMORY, "outputs");
    opt.common.progress = meter;
    if (!check_usage(argc, err) || !parse_outputs(outputs, err) || !parse_limits(&o.limits, err) ||
        !parse_clock(&o, err) || !read_trust(argc, argv, &policies, err) ||
        !read_subjects(argc, argv, &subjects, err))
        return false;
    o.policies = policies;
    if (subjects.count == 0 && opt.strict)
        return img_fail(err, IMG_E_MALFORMED, "the manifests name no image");
    if (subjects.count == 0)
        img_note(PROGRAM, opt.common.quiet, "the manifests name no image");
    if (!verify_all(&subjects, &o, &results, err) || !render_all(&results, outputs, err))
        return false;
    *status = 0;
    for (size_t i = 0; i < results.count; i++)
        *status = img_exit_worst(*status, status_of(&results.items[i]));
    return true;
}

static const struct img_cmd command = {
    .name = PROGRAM,
    .args = "IMAGE... | -f FILE|DIR|-",
    .about = "verify signatures and policy for images, before they are deployed",
    .options = options,
    .min_args = 0,
    .max_args = -1,
    .run = run,
    .more = "Examples:\n"
            "  imgverify registry.example.com/app@sha256:... --key release.pub\n"
            "  imgverify oci:build/image --policy policy.yaml --as registry.example.com/app\n"
            "  kubectl kustomize . | imgverify -f - --policy policies/\n"
            "  imgverify IMAGE --key release.pub --print cyclonedx | jq .components\n",
};

int main(int argc, char **argv)
{
    return img_main(&command, argc, argv);
}
