/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/cli_help.h"

#include <string.h>

/* What may stand between single quotes in a shell, with these characters escaped besides. */
static void quoted(const char *text, const char *escape)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            printf("'\\''");
        else
            printf("%s%c", strchr(escape, *text) != NULL ? "\\" : "", *text);
    }
}

/* "text|json" with blanks between. */
static void choices(const char *words)
{
    for (; *words != '\0'; words++)
        putchar(*words == '|' ? ' ' : *words);
}

static bool takes_value(const struct img_opt *o)
{
    return o->kind == IMG_OPT_TEXT || o->kind == IMG_OPT_LIST;
}

static bool is_path(const struct img_opt *o)
{
    return o->complete != NULL &&
           (strcmp(o->complete, "file") == 0 || strcmp(o->complete, "dir") == 0);
}

static void bash_values(const struct img_opt *o)
{
    printf("\t--%s", o->name);
    if (o->letter != '\0')
        printf("|-%c", o->letter);
    printf(") ");
    if (o->complete != NULL && is_path(o)) {
        printf("mapfile -t COMPREPLY < <(compgen -%c -- \"$cur\"); ",
               o->complete[0] == 'd' ? 'd' : 'f');
    } else if (o->complete != NULL) {
        printf("mapfile -t COMPREPLY < <(compgen -W '");
        choices(o->complete);
        printf("' -- \"$cur\"); ");
    }
    printf("return ;;\n");
}

static void bash_command(const struct img_cmd *cmd)
{
    printf("\tcase $prev in\n");
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++)
        if (takes_value(o))
            bash_values(o);
    printf("\tesac\n\twords='--help --version");
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++)
        if (o->kind != IMG_OPT_GROUP)
            printf(" --%s", o->name);
    for (size_t i = 0; cmd->subcommands != NULL && cmd->subcommands[i] != NULL; i++)
        printf(" %s", cmd->subcommands[i]->name);
    printf("'\n");
}

void img_complete_bash(const struct img_cmd *program)
{
    printf("# bash completion for %s\n_%s() {\n"
           "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} words\n"
           "\tCOMPREPLY=()\n"
           "\tif [[ $cur == = ]]; then cur=\n"
           "\telif [[ $prev == = ]] && ((COMP_CWORD > 1)); then "
           "prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n",
           program->name, program->name);
    if (program->subcommands == NULL) {
        bash_command(program);
    } else {
        printf("\tcase $((COMP_CWORD > 1)):${COMP_WORDS[1]} in\n");
        for (size_t i = 0; program->subcommands[i] != NULL; i++) {
            printf("\t1:%s)\n", program->subcommands[i]->name);
            bash_command(program->subcommands[i]);
            printf("\t;;\n");
        }
        printf("\t*)\n");
        bash_command(program);
        printf("\t;;\n\tesac\n");
    }
    printf("\tif [[ $cur == -* ]]%s; then\n"
           "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
           "\telse\n"
           "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
           "\tfi\n}\ncomplete -o filenames -F _%s %s\n",
           program->subcommands != NULL ? " || ((COMP_CWORD == 1))" : "", program->name,
           program->name);
}

/* One specification for _arguments, as zshcompsys(1) writes them. */
static void zsh_option(const struct img_opt *o)
{
    const char *how = !takes_value(o) ? "" : o->optional_value != NULL ? "=-" : "=";

    printf("\t\t");
    if (o->kind == IMG_OPT_LIST)
        printf("'*'");
    else if (o->letter != '\0')
        printf("'(-%c --%s)'", o->letter, o->name);
    if (o->letter != '\0')
        printf("{-%c%s,--%s%s}", o->letter, takes_value(o) ? "+" : "", o->name, how);
    else
        printf("--%s%s", o->name, how);
    printf("'[");
    quoted(o->help, "[]:\\");
    putchar(']');
    if (takes_value(o)) {
        printf("%s", o->optional_value != NULL ? "::" : ":");
        quoted(o->arg != NULL ? o->arg : "value", "[]:\\");
        putchar(':');
        if (is_path(o)) {
            printf("%s", o->complete[0] == 'd' ? "_files -/" : "_files");
        } else if (o->complete != NULL) {
            putchar('(');
            choices(o->complete);
            putchar(')');
        }
    }
    printf("' \\\n");
}

static void zsh_command(const struct img_cmd *cmd)
{
    printf("\t_arguments -s -S \\\n");
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++)
        if (o->kind != IMG_OPT_GROUP)
            zsh_option(o);
    printf("\t\t'(-h --help)'{-h,--help}'[show this help]' \\\n"
           "\t\t--version'[show the version]' \\\n"
           "\t\t'*:argument:_files'\n");
}

void img_complete_zsh(const struct img_cmd *program)
{
    printf("#compdef %s\n", program->name);
    if (program->subcommands == NULL) {
        zsh_command(program);
        return;
    }
    printf("if (( CURRENT == 2 )); then\n\tlocal -a commands=(\n");
    for (size_t i = 0; program->subcommands[i] != NULL; i++) {
        printf("\t\t'%s:", program->subcommands[i]->name);
        quoted(program->subcommands[i]->about, ":\\");
        printf("'\n");
    }
    printf("\t)\n\t_describe command commands\n\treturn\nfi\n"
           "shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
    for (size_t i = 0; program->subcommands[i] != NULL; i++) {
        printf("%s)\n", program->subcommands[i]->name);
        zsh_command(program->subcommands[i]);
        printf("\t;;\n");
    }
    printf("esac\n");
}

static void fish_command(const char *program, const char *sub, const struct img_cmd *cmd)
{
    for (const struct img_opt *o = cmd->options; o != NULL && o->kind != IMG_OPT_END; o++) {
        if (o->kind == IMG_OPT_GROUP)
            continue;
        printf("complete -c %s", program);
        if (sub != NULL)
            printf(" -n '__fish_seen_subcommand_from %s'", sub);
        printf(" -l %s", o->name);
        if (o->letter != '\0')
            printf(" -s %c", o->letter);
        if (is_path(o)) {
            printf(" -r -F");
        } else if (takes_value(o) && o->complete != NULL) {
            printf(" -x -a '");
            choices(o->complete);
            putchar('\'');
        } else if (takes_value(o) && o->optional_value == NULL) {
            printf(" -x");
        }
        printf(" -d '");
        for (const char *c = o->help; *c != '\0'; c++)
            printf("%s%c", *c == '\'' || *c == '\\' ? "\\" : "", *c);
        printf("'\n");
    }
}

void img_complete_fish(const struct img_cmd *program)
{
    fish_command(program->name, NULL, program);
    for (size_t i = 0; program->subcommands != NULL && program->subcommands[i] != NULL; i++) {
        const struct img_cmd *sub = program->subcommands[i];
        printf("complete -c %s -f -n __fish_use_subcommand -a %s -d '", program->name, sub->name);
        quoted(sub->about, "");
        printf("'\n");
        fish_command(program->name, sub->name, sub);
    }
    printf("complete -c %s -s h -l help -d 'show this help'\n"
           "complete -c %s -l version -d 'show the version'\n",
           program->name, program->name);
}
