/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli_help.h"

#include <string.h>

#include "base/text.h"

#define HELP_COLUMN 32   /* where the words about an option begin */
#define HELP_WIDTH  96   /* and where lines end */
#define NAME_TEXT   120  /* bytes of "--name VALUE" */
#define WORDS_TEXT  1000 /* bytes of what is said about an option */
#define LONGEST     64   /* letters compared when looking for a near name */

const struct img_opt img_builtin_options[] = {
    [IMG_BUILTIN_HELP] = {.kind = IMG_OPT_TEXT,
                          .letter = 'h',
                          .name = "help",
                          .help = "show this help",
                          .optional_value = "text"},
    [IMG_BUILTIN_VERSION] = {.kind = IMG_OPT_FLAG, .name = "version", .help = "show the version"},
    {.kind = IMG_OPT_END},
};

void img_option_variable(const struct img_opt *o, char *out, size_t size)
{
    (void)snprintf(out, size, "IMGTRUST_%s", o->name);
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '-')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
}

/* Edits (insert, drop, change) that turn one word into the other. */
static size_t distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t row[LONGEST + 1];

    if (a_len > LONGEST || b_len > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t change = diagonal + (a[i - 1] != b[j - 1] ? 1 : 0);
            size_t other = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = change < other ? change : other;
        }
    }
    return row[b_len];
}

/* How far `word` is from name: 0 for an abbreviation, SIZE_MAX for something else altogether. */
static size_t nearness(const char *name, const char *word, size_t len)
{
    size_t edits;

    if (len >= 2 && strlen(name) > len && memcmp(name, word, len) == 0)
        return 0;
    edits = distance(name, strlen(name), word, len);
    return edits <= 1 + len / 6 && edits < len ? edits : SIZE_MAX;
}

const char *img_nearest_option(const struct img_cmd *cmd, const char *word, size_t len)
{
    const struct img_opt *tables[] = {cmd->options, img_builtin_options};
    const char *near = NULL;
    size_t best = SIZE_MAX;

    for (size_t t = 0; t < IMG_COUNT(tables); t++) {
        for (const struct img_opt *o = tables[t]; o != NULL && o->kind != IMG_OPT_END; o++) {
            size_t edits = o->kind != IMG_OPT_GROUP ? nearness(o->name, word, len) : SIZE_MAX;
            near = edits < best ? o->name : near;
            best = edits < best ? edits : best;
        }
    }
    return near;
}

const char *img_nearest_command(const struct img_cmd *const *commands, const char *word)
{
    const char *near = NULL;
    size_t best = SIZE_MAX;

    for (; *commands != NULL; commands++) {
        size_t edits = nearness((*commands)->name, word, strlen(word));
        near = edits < best ? (*commands)->name : near;
        best = edits < best ? edits : best;
    }
    return near;
}

/* Prints words from the given column on, breaking lines at blanks. */
static void wrap(const char *text, size_t column)
{
    size_t at = column;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (at > column && at + 1 + len > HELP_WIDTH) {
            printf("\n%*s", (int)column, "");
            at = column;
        } else if (at > column) {
            putchar(' ');
            at++;
        }
        printf("%.*s", (int)len, text);
        at += len;
        text += len + strspn(text + len, " ");
    }
    putchar('\n');
}

/* "--name VALUE", or "--name[=VALUE]". */
static void name_text(const struct img_opt *o, char *out, size_t size)
{
    bool bare = o->optional_value != NULL;

    if (o->arg == NULL)
        (void)snprintf(out, size, "--%s", o->name);
    else
        (void)snprintf(out, size, "--%s%s%s%s", o->name, bare ? "[=" : " ", o->arg,
                       bare ? "]" : "");
}

static void text_option(const struct img_opt *o)
{
    char name[NAME_TEXT], words[WORDS_TEXT];
    int used;

    if (o->kind == IMG_OPT_GROUP) {
        printf("\n%s:\n", o->help);
        return;
    }
    name_text(o, name, sizeof(name));
    used = o->letter != '\0' ? printf("  -%c, %s", o->letter, name) : printf("      %s", name);
    if (used + 2 > HELP_COLUMN) {
        putchar('\n');
        used = 0;
    }
    printf("%*s", HELP_COLUMN - used, "");
    (void)snprintf(words, sizeof(words), "%s%s%s", o->help, o->required ? " (required)" : "",
                   o->kind == IMG_OPT_LIST ? " (repeatable)" : "");
    wrap(words, HELP_COLUMN);
}

static void text_help(const struct img_cmd *cmd, const char *title)
{
    bool commands = cmd->subcommands != NULL;

    if (commands)
        printf("usage: %s COMMAND [OPTIONS] ...\n", title);
    else
        printf("usage: %s [OPTIONS] %s\n", title, cmd->args != NULL ? cmd->args : "");
    wrap(cmd->about, 0);
    if (commands)
        printf("\nCommands:\n");
    for (size_t i = 0; commands && cmd->subcommands[i] != NULL; i++) {
        int used = printf("  %s", cmd->subcommands[i]->name);
        printf("%*s", HELP_COLUMN - used, "");
        wrap(cmd->subcommands[i]->about, HELP_COLUMN);
    }
    if (cmd->options == NULL || cmd->options->kind != IMG_OPT_GROUP)
        printf("\nOptions:\n");
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++)
        text_option(o);
    putchar('\n');
    for (const struct img_opt *o = img_builtin_options; o->kind != IMG_OPT_END; o++)
        text_option(o);
    if (commands)
        printf("\n'%s COMMAND --help' says more about a command.\n", title);
    if (cmd->more != NULL)
        printf("\n%s%s", cmd->more, cmd->more[strlen(cmd->more) - 1] == '\n' ? "" : "\n");
}

/* Text for scdoc: what would be markup stands as it is. */
static void scdoc_text(const char *text)
{
    for (; *text != '\0'; text++) {
        if (strchr("\\*_`<>~#[]|.!", *text) != NULL)
            putchar('\\');
        putchar(*text);
    }
}

static void scdoc_option(const struct img_opt *o)
{
    char name[NAME_TEXT];

    if (o->kind == IMG_OPT_GROUP) {
        printf("## ");
        scdoc_text(o->help);
        printf("\n\n");
        return;
    }
    if (o->letter != '\0')
        printf("*-%c*, ", o->letter);
    name_text(o, name, sizeof(name));
    putchar('*');
    scdoc_text(name);
    printf("*\n\t");
    scdoc_text(o->help);
    printf("%s%s.%s\n\n", o->required ? "; required" : "",
           o->kind == IMG_OPT_LIST ? "; may be repeated" : "",
           o->argv_only ? " Not read from the environment." : "");
}

static void scdoc_options(const struct img_cmd *cmd)
{
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++)
        scdoc_option(o);
}

static void scdoc_statuses(void)
{
#define MEANING(symbol, name, status, meaning) {(name), (meaning), (status)},
    static const struct {
        const char *name, *meaning;
        int status;
    } codes[] = {IMG_CODES(MEANING)};

    printf("# EXIT STATUS\n\n");
    for (size_t i = 0; i < IMG_COUNT(codes); i++) {
        bool first = i == 0 || codes[i - 1].status != codes[i].status;
        bool last = i + 1 == IMG_COUNT(codes) || codes[i + 1].status != codes[i].status;
        if (first)
            printf("*%d*\n\t", codes[i].status);
        scdoc_text(codes[i].meaning);
        printf("%s", last ? ".\n\n" : "; ");
    }
    printf("Of several outcomes the one that comes first here counts: 1, 5, 4, 3, 2, 0.\n\n");
}

/* The sections of the manual page that must never disagree with the program. */
static void scdoc_help(const struct img_cmd *program)
{
    if (program->subcommands != NULL)
        printf("# COMMANDS\n\n");
    for (const struct img_cmd *const *sub = program->subcommands; sub != NULL && *sub != NULL;
         sub++) {
        printf("## %s %s ", program->name, (*sub)->name);
        scdoc_text((*sub)->args != NULL ? (*sub)->args : "");
        printf("\n\n");
        scdoc_text((*sub)->about);
        printf("\n\n");
        for (const struct img_opt *o = (*sub)->options; o != NULL && o->kind != IMG_OPT_END; o++)
            if (o->kind != IMG_OPT_GROUP)
                scdoc_option(o);
    }
    printf("# OPTIONS\n\n");
    scdoc_options(program);
    for (const struct img_opt *o = img_builtin_options; o->kind != IMG_OPT_END; o++)
        scdoc_option(o);
    printf("# ENVIRONMENT\n\n"
           "Every option is also read from *IMGTRUST\\_OPTION*, its name in capitals with \"\\_\" "
           "for \"-\", unless it says otherwise. What the command line says wins, and a variable "
           "that is set but empty counts as not set. Flags take 1, true, yes, 0, false and no; "
           "options that may be repeated take several values with blanks between them.\n\n");
    scdoc_statuses();
}

bool img_help(const struct img_cmd *program, const struct img_cmd *cmd, const char *title,
              const char *as, struct img_err *err)
{
    if (strcmp(as, "text") == 0)
        text_help(cmd, title);
    else if (strcmp(as, "scdoc") == 0)
        scdoc_help(program);
    else if (strcmp(as, "bash") == 0)
        img_complete_bash(program);
    else if (strcmp(as, "zsh") == 0)
        img_complete_zsh(program);
    else if (strcmp(as, "fish") == 0)
        img_complete_fish(program);
    else
        return img_fail(err, IMG_E_USAGE, "--help takes text, scdoc, bash, zsh or fish");
    return true;
}
