/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "cmd/cli.h"

static struct {
    const char *key, *format, *sbom;
    struct img_list hosts;
    bool quiet, verbose, insecure;
    int runs, argc;
    char said[400]; /* what run() saw */
    int status;
} got;

static bool run(int argc, char **argv, int *status, struct img_err *err)
{
    size_t used;

    got.runs++;
    got.argc = argc;
    (void)snprintf(got.said, sizeof(got.said), "key=%s format=%s sbom=%s quiet=%d verbose=%d",
                   got.key != NULL ? got.key : "-", got.format != NULL ? got.format : "-",
                   got.sbom != NULL ? got.sbom : "-", got.quiet, got.verbose);
    for (size_t i = 0; i < got.hosts.count; i++) {
        used = strlen(got.said);
        (void)snprintf(got.said + used, sizeof(got.said) - used, " host=%s", got.hosts.items[i]);
    }
    for (int i = 0; i < argc; i++) {
        used = strlen(got.said);
        (void)snprintf(got.said + used, sizeof(got.said) - used, " [%s]", argv[i]);
    }
    *status = got.status;
    if (argc > 0 && strcmp(argv[0], "fail") == 0)
        return img_fail(err, IMG_E_MALFORMED, "line\nbreak");
    return true;
}

static const struct img_opt options[] = {
    {.kind = IMG_OPT_GROUP, .help = "Trust"},
    {.kind = IMG_OPT_TEXT,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "the key",
     .to = &got.key,
     .complete = "file"},
    {.kind = IMG_OPT_TEXT,
     .name = "signature-format",
     .arg = "FORMAT",
     .help = "how to write it",
     .to = &got.format,
     .complete = "auto|bundle|cosign"},
    {.kind = IMG_OPT_TEXT,
     .name = "sbom",
     .arg = "FORMAT",
     .help = "make an SBOM too",
     .to = &got.sbom,
     .optional_value = "cyclonedx-json"},
    {.kind = IMG_OPT_LIST,
     .letter = 'r',
     .name = "host",
     .arg = "HOST",
     .help = "a host",
     .to = &got.hosts},
    {.kind = IMG_OPT_FLAG, .letter = 'q', .name = "quiet", .help = "say less", .to = &got.quiet},
    {.kind = IMG_OPT_FLAG,
     .letter = 'v',
     .name = "verbose",
     .help = "say more",
     .to = &got.verbose},
    {.kind = IMG_OPT_FLAG,
     .name = "insecure-all",
     .help = "trust anyone",
     .to = &got.insecure,
     .argv_only = true},
    {.kind = IMG_OPT_END},
};
static const struct img_cmd plain = {.name = "prog",
                                     .args = "IMAGE [DST]",
                                     .about = "Does it.",
                                     .options = options,
                                     .min_args = 1,
                                     .max_args = 2,
                                     .run = run,
                                     .more = "Example: prog image"};

static const struct img_opt strict_options[] = {
    {.kind = IMG_OPT_TEXT,
     .letter = 'k',
     .name = "key",
     .arg = "REF",
     .help = "the key",
     .to = &got.key,
     .required = true},
    {.kind = IMG_OPT_END},
};
static const struct img_cmd make = {.name = "make",
                                    .args = "FILE",
                                    .about = "Makes one.",
                                    .options = strict_options,
                                    .max_args = 1,
                                    .run = run};
static const struct img_cmd list_all = {.name = "list",
                                        .args = "",
                                        .about = "Lists all.",
                                        .run = run};
static const struct img_cmd *const subcommands[] = {&make, &list_all, NULL};
static const struct img_cmd tree = {.name = "tool",
                                    .about = "Several jobs.",
                                    .subcommands = subcommands};

static char output[20000], errors[4000];

/* Runs fn with stream going to a file, and reads that file into text. */
static int open_capture(int fd, int *saved)
{
    char path[] = "/tmp/img-test-XXXXXX";
    int file = mkstemp(path);

    assert_true(file >= 0);
    assert_int_equal(unlink(path), 0);
    *saved = dup(fd);
    assert_int_equal(dup2(file, fd), fd);
    return file;
}

static void close_capture(int fd, int saved, int file, char *text, size_t size)
{
    ssize_t n;

    assert_int_equal(dup2(saved, fd), fd);
    n = pread(file, text, size - 1, 0);
    assert_true(n >= 0);
    text[n] = '\0';
    close(saved);
    close(file);
}

/* Runs a command line written as "word|word|word". */
static int invoke(const struct img_cmd *cmd, const char *line)
{
    char words[1000], program[] = "prog", *argv[40] = {program}, *rest = words;
    int argc = 1, out, err, saved_out, saved_err, status, want = got.status;

    memset(&got, 0, sizeof(got));
    got.status = want;
    (void)snprintf(words, sizeof(words), "%s", line);
    while (line[0] != '\0' && rest != NULL) {
        assert_true(argc < 39);
        argv[argc++] = strsep(&rest, "|");
    }
    fflush(stdout);
    out = open_capture(STDOUT_FILENO, &saved_out);
    err = open_capture(STDERR_FILENO, &saved_err);
    status = img_main(cmd, argc, argv);
    close_capture(STDERR_FILENO, saved_err, err, errors, sizeof(errors));
    close_capture(STDOUT_FILENO, saved_out, out, output, sizeof(output));
    assert_true(got.hosts.items == NULL); /* lists do not outlive img_main */
    return status;
}

static void wrong_command_lines_are_refused_before_anything_runs(void **state)
{
    static const struct {
        const struct img_cmd *cmd;
        const char *line, *want;
    } bad[] = {
        {&plain, "", "expected IMAGE [DST]"},
        {&plain, "a|b|c", "too many: 'c'; expected IMAGE"},
        {&plain, "", "expected IMAGE"},
        {&plain, "a||", "argument 2 is empty"},
        {&plain, "--ke=s3cret|a", "unknown option '--ke'; did you mean --key?"},
        {&plain, "--signature-fromat|auto|a", "did you mean --signature-format?"},
        {&plain, "--versoin", "did you mean --version?"},
        {&plain, "--password|hunter2|a", "unknown option '--password'"},
        {&plain, "-x|a", "unknown option '-x'"},
        {&plain, "-qx|a", "unknown option '-x'"},
        {&plain, "--keys|a", "unknown option '--keys'"},
        {&plain, "--key", "--key needs a value: REF"},
        {&plain, "a|-k", "--key needs a value: REF"},
        {&plain, "--key|--quiet|a", "--key needs a value; if one starts with '-'"},
        {&plain, "-k|-q|a", "--key needs a value; if one starts with '-'"},
        {&plain, "--key=|a", "--key has an empty value"},
        {&plain, "--key||a", "--key has an empty value"},
        {&plain, "--sbom=|a", "--sbom has an empty value"},
        {&plain, "--host=|a", "--host has an empty value"},
        {&plain, "-k=x|a", "write '-k VALUE' or '--key=VALUE'"},
        {&plain, "-k|x|-k|y|a", "--key given twice"},
        {&plain, "-kx|--key=x|a", "--key given twice"},
        {&plain, "-qq|a", "--quiet given twice"},
        {&plain, "-q|--quiet|a", "--quiet given twice"},
        {&plain, "--quiet=true|a", "--quiet takes no value"},
        {&plain, "--=x|a", "unknown option '--'"},
        {&plain, "--help=html|a", "--help takes text, scdoc"},
        {&tree, "", "expected a command; see tool --help"},
        {&tree, "mak", "unknown command 'mak'; did you mean make?"},
        {&tree, "destroy", "unknown command 'destroy'; see tool --help"},
        {&tree, "--key=x|make", "unknown option '--key'"},
        {&tree, "make|f", "--key is required"},
        {&tree, "make|-k|x|f|g", "too many: 'g'; expected FILE"},
        {&tree, "list|f", "too many: 'f'"},
        {&tree, "--|make", "expected a command"},
    };

    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        if (invoke(bad[i].cmd, bad[i].line) != 2 || strstr(errors, bad[i].want) == NULL)
            fail_msg("'%s' said: %s", bad[i].line, errors);
        assert_int_equal(got.runs, 0);
        assert_string_equal(output, "");
        assert_ptr_equal(strchr(errors, '\n'), errors + strlen(errors) - 1); /* one line */
        assert_null(strstr(errors, "s3cret"));
        assert_null(strstr(errors, "hunter2"));
    }
    (void)state;
}

static void right_command_lines_are_understood(void **state)
{
    static const struct {
        const struct img_cmd *cmd;
        const char *line, *want;
    } good[] = {
        {&plain, "a", "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
        {&plain, "a|b", "key=- format=- sbom=- quiet=0 verbose=0 [a] [b]"},
        {&plain, "--key|x|a", "key=x format=- sbom=- quiet=0 verbose=0 [a]"},
        {&plain, "a|--key=x|-qv|b", "key=x format=- sbom=- quiet=1 verbose=1 [a] [b]"},
        {&plain, "-qkx|a", "key=x format=- sbom=- quiet=1 verbose=0 [a]"},
        {&plain, "-qk|x|a", "key=x format=- sbom=- quiet=1 verbose=0 [a]"},
        {&plain, "-k|-|-", "key=- format=- sbom=- quiet=0 verbose=0 [-]"},
        {&plain, "--key=--quiet|a", "key=--quiet format=- sbom=- quiet=0 verbose=0 [a]"},
        {&plain, "--key=a=b|a", "key=a=b format=- sbom=- quiet=0 verbose=0 [a]"},
        {&plain, "-q|--|-v|--key", "key=- format=- sbom=- quiet=1 verbose=0 [-v] [--key]"},
        {&plain, "--sbom|a", "key=- format=- sbom=cyclonedx-json quiet=0 verbose=0 [a]"},
        {&plain, "--sbom=spdx-json|a", "key=- format=- sbom=spdx-json quiet=0 verbose=0 [a]"},
        {&plain, "-rx|--host|y|--host=z|a",
         "key=- format=- sbom=- quiet=0 verbose=0 host=x host=y host=z [a]"},
        {&tree, "make|-k|x|f", "key=x format=- sbom=- quiet=0 verbose=0 [f]"},
        {&tree, "list", "key=- format=- sbom=- quiet=0 verbose=0"},
    };

    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        if (invoke(good[i].cmd, good[i].line) != 0)
            fail_msg("'%s' said: %s", good[i].line, errors);
        assert_int_equal(got.runs, 1);
        assert_string_equal(got.said, good[i].want);
        assert_string_equal(errors, "");
    }
    (void)state;
}

static void the_environment_fills_in_what_argv_left_out(void **state)
{
    static const struct {
        const char *variable, *value, *line;
        int status;
        const char *want; /* what run() saw, or the message */
    } cases[] = {
        {"IMGTRUST_KEY", "e", "a", 0, "key=e format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_KEY", "e", "-k|c|a", 0, "key=c format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_KEY", "", "a", 0, "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_SIGNATURE_FORMAT", "cosign", "a", 0,
         "key=- format=cosign sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_HOST", " x \ty ", "a", 0,
         "key=- format=- sbom=- quiet=0 verbose=0 host=x host=y [a]"},
        {"IMGTRUST_HOST", "x y", "-rz|a", 0, "key=- format=- sbom=- quiet=0 verbose=0 host=z [a]"},
        {"IMGTRUST_HOST", "  ", "a", 0, "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_QUIET", "yes", "a", 0, "key=- format=- sbom=- quiet=1 verbose=0 [a]"},
        {"IMGTRUST_QUIET", "0", "a", 0, "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_QUIET", "", "a", 0, "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
        {"IMGTRUST_QUIET", "0", "-q|a", 0, "key=- format=- sbom=- quiet=1 verbose=0 [a]"},
        {"IMGTRUST_QUIET", "maybe", "a", 2, "IMGTRUST_QUIET must be 1, true"},
        {"IMGTRUST_INSECURE_ALL", "1", "a", 0, "key=- format=- sbom=- quiet=0 verbose=0 [a]"},
    };

    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        assert_int_equal(setenv(cases[i].variable, cases[i].value, 1), 0);
        assert_int_equal(invoke(&plain, cases[i].line), cases[i].status);
        assert_int_equal(unsetenv(cases[i].variable), 0);
        assert_false(got.insecure);
        if (cases[i].status == 0)
            assert_string_equal(got.said, cases[i].want);
        else
            assert_non_null(strstr(errors, cases[i].want));
    }
    assert_int_equal(setenv("IMGTRUST_KEY", "e", 1), 0); /* also meets "required" */
    assert_int_equal(invoke(&tree, "make|f"), 0);
    assert_int_equal(unsetenv("IMGTRUST_KEY"), 0);
    (void)state;
}

static void help_and_version_win_over_what_is_missing(void **state)
{
    static const struct {
        const struct img_cmd *cmd;
        const char *line, *want;
    } cases[] = {
        {&plain, "--version", "prog "},
        {&plain, "--help", "usage: prog [OPTIONS] IMAGE [DST]\nDoes it.\n"},
        {&plain, "-h", "  -k, --key REF  "},
        {&plain, "-qh", "--sbom[=FORMAT]"},
        {&plain, "a|b|c|--help", "a host (repeatable)"},
        {&plain, "--help", "Example: prog image\n"},
        {&tree, "--help", "  make  "},
        {&tree, "--version", "tool "},
        {&tree, "make|--version", "tool "},
        {&tree, "make|--help", "usage: tool make [OPTIONS] FILE\nMakes one.\n"},
        {&plain, "--help=scdoc", "*-k*, *--key REF*\n\tthe key."},
        {&plain, "--help=scdoc", "# EXIT STATUS"},
        {&plain, "--help=scdoc", "trust anyone. Not read from the environment."},
        {&tree, "--help=scdoc", "## tool make FILE"},
        {&plain, "--help=bash", "--key|-k) mapfile -t COMPREPLY"},
        {&tree, "--help=bash", "1:make)"},
        {&plain, "--help=zsh", "'(-k --key)'{-k+,--key=}'[the key]:REF:_files'"},
        {&tree, "--help=zsh", "'make:Makes one.'"},
        {&plain, "--help=fish", "complete -c prog -l signature-format -x -a 'auto bundle cosign'"},
        {&tree, "--help=fish", "-n '__fish_seen_subcommand_from make' -l key -s k"},
    };

    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        assert_int_equal(invoke(cases[i].cmd, cases[i].line), 0);
        if (strstr(output, cases[i].want) == NULL)
            fail_msg("'%s' printed: %s", cases[i].line, output);
        assert_int_equal(got.runs, 0);
    }
    (void)state;
}

static void the_status_is_the_codes_or_the_programs_own(void **state)
{
    assert_int_equal(invoke(&plain, "fail"), 3);
    assert_string_equal(errors, "prog: line\\x0abreak\n"); /* foreign text, still one line */
    got.status = 1;
    assert_int_equal(invoke(&plain, "a"), 1);
    assert_string_equal(errors, "");
    got.status = 0;
    (void)state;
}

static void a_no_is_never_hidden_by_another_status(void **state)
{
    static const int order[] = {1, 5, 4, 3, 2, 0};

    for (size_t i = 0; i < IMG_COUNT(order); i++) {
        for (size_t j = i; j < IMG_COUNT(order); j++) {
            assert_int_equal(img_exit_worst(order[i], order[j]), order[i]);
            assert_int_equal(img_exit_worst(order[j], order[i]), order[i]);
        }
    }
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_command_lines_are_refused_before_anything_runs),
        cmocka_unit_test(right_command_lines_are_understood),
        cmocka_unit_test(the_environment_fills_in_what_argv_left_out),
        cmocka_unit_test(help_and_version_win_over_what_is_missing),
        cmocka_unit_test(the_status_is_the_codes_or_the_programs_own),
        cmocka_unit_test(a_no_is_never_hidden_by_another_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
