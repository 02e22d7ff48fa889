/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "cmd/copying.h"
#include "cmd/tree.h"

#define LIMIT_PRINTED (256 * IMG_MIB) /* bytes: the evidence of an index with four platforms */

static struct {
    struct img_common common;
    const char *type, *output;
    bool unverified;
} opt;

static const struct img_opt options[] = {
    {.kind = IMG_OPT_TEXT,
     .name = "type",
     .arg = "TYPE",
     .help = "print the predicates of this type instead: sbom, scan, provenance, … or a URI",
     .to = &opt.type,
     .complete = "sbom|cyclonedx|spdx|vuln|scan|checks|provenance|openvex"},
    {.kind = IMG_OPT_FLAG,
     .name = "unverified",
     .help = "with --type: print them although nobody has checked who made them",
     .to = &opt.unverified,
     .argv_only = true},
    {.kind = IMG_OPT_TEXT,
     .letter = 'o',
     .name = "output",
     .arg = "FORMAT[=FILE]",
     .help = "text (default) or json",
     .to = &opt.output,
     .complete = "text|json"},
    IMG_COMMON_OPTIONS(opt.common),
    {.kind = IMG_OPT_END},
};

/* POSIX's order; the terminal itself cannot be asked. */
static bool is_utf8_locale(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

    for (size_t i = 0; i < IMG_COUNT(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0')
            return strcasestr(value, "utf-8") != NULL || strcasestr(value, "utf8") != NULL;
    }
    return false;
}

static bool write_out(const struct img_buf *text, const struct img_output *to, struct img_err *err)
{
    struct img_bytes bytes;

    return img_buf_bytes(text, &bytes, err) && img_output_write(to, bytes, err);
}

static bool show(const char *image, const struct img_output *output, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target from = {.store = NULL};
    IMG_AUTO(img_tree_done) struct img_tree tree = {.doc = {.bytes = IMG_BUF(1)}};
    IMG_AUTO(img_buf_done) struct img_buf name = IMG_BUF(2 * (size_t)IMG_LIMIT_REFERENCE);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(LIMIT_PRINTED);

    if (!img_target_open(image, &opt.common, false, 30, &from, err) ||
        !img_tree_read(from.store, &from.ref, &tree, err) ||
        !img_reference_text(&from.ref, &name, err))
        return false;
    img_buf_put(&name, "", 1);
    if (strcmp(output->format, "json") == 0)
        img_tree_json(&tree, (const char *)name.ptr, &text);
    else
        img_tree_text(&tree, (const char *)name.ptr, is_utf8_locale(), img_now(), &text);
    if (!write_out(&text, output, err))
        return false;
    if (tree.attached.count > 0)
        img_note("imgfetch", opt.common.quiet,
                 "types, signers and ages are as found; imgverify checks them");
    return true;
}

struct printing {
    struct img_buf out;
    struct img_buf types; /* that there are instead */
    size_t found;
};

static bool print_predicate(void *ctx, const struct img_statement *s, struct img_err *err)
{
    struct printing *p = ctx;

    if (!img_predicate_matches(opt.type, s->predicate_type)) {
        if (p->types.len < IMG_KIB)
            img_buf_putf(&p->types, "%s%.200s", p->types.len > 0 ? ", " : "", s->predicate_type);
        return true;
    }
    p->found++;
    if (s->predicate == NULL)
        img_buf_puts(&p->out, "null");
    else if (!img_json_text(s->predicate, &p->out, err))
        return img_ctx(err, "--type %s", opt.type);
    img_buf_puts(&p->out, "\n");
    return true;
}

static void printing_done(struct printing *p)
{
    img_buf_done(&p->out);
    img_buf_done(&p->types);
}

static bool print_predicates(const char *image, const struct img_output *output,
                             struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target from = {.store = NULL};
    IMG_AUTO(printing_done)
    struct printing p = {.out = IMG_BUF(LIMIT_PRINTED), .types = IMG_BUF(4 * IMG_KIB)};

    if (!img_predicate_check_word(opt.type, err))
        return img_ctx(err, "--type");
    if (!img_target_open(image, &opt.common, false, 30, &from, err) ||
        !img_tree_statements(from.store, &from.ref, print_predicate, &p, err))
        return false;
    if (p.found == 0) {
        if (p.types.len == 0)
            img_buf_puts(&p.types, "none");
        img_buf_put(&p.types, "", 1);
        return img_fail(err, IMG_E_NOT_FOUND,
                        "no statement of type '%.200s' is attached; there is: %s", opt.type,
                        (const char *)p.types.ptr);
    }
    return write_out(&p.out, output, err);
}

static bool check_options(int argc, struct img_err *err)
{
    if (opt.type != NULL && !opt.unverified)
        return img_fail(err, IMG_E_USAGE,
                        "--type prints what nobody has checked: add --unverified, or print what "
                        "verifies with imgverify --print TYPE");
    if (opt.unverified && opt.type == NULL)
        return img_fail(err, IMG_E_USAGE, "--unverified goes with --type");
    if (opt.type != NULL && argc != 1)
        return img_fail(err, IMG_E_USAGE, "--type prints, and takes no DST");
    return true;
}

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    struct img_output output;

    (void)status;
    if (!img_output_parse(opt.output != NULL ? opt.output : "text", "text|json", &output, err) ||
        !check_options(argc, err))
        return false;
    if (argc == 2)
        return img_copy_images("imgfetch", argv, &opt.common, &output, err);
    return opt.type != NULL ? print_predicates(argv[0], &output, err) : show(argv[0], &output, err);
}

int main(int argc, char **argv)
{
    static const struct img_cmd cmd = {
        .name = "imgfetch",
        .args = "IMAGE [DST]",
        .about = "show what is attached to an image, or copy the image with it",
        .options = options,
        .min_args = 1,
        .max_args = 2,
        .run = run,
        .more = "Examples:\n"
                "  imgfetch registry.example.com/app:1.2\n"
                "  imgfetch registry.example.com/app:1.2 oci:app\n"
                "  imgfetch --type sbom --unverified oci:app >sbom.json\n",
    };
    return img_main(&cmd, argc, argv);
}
