/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Linked into every program and test of a sanitizer build: what a sanitizer finds ends with status
 * 86, which no program of ours uses, so that no test takes a crash for an answer.
 */
#define VISIBLE __attribute__((visibility("default"), used))

VISIBLE const char *__asan_default_options(void);  /* NOLINT(bugprone-reserved-identifier,cert-*) */
VISIBLE const char *__ubsan_default_options(void); /* NOLINT(bugprone-reserved-identifier,cert-*) */
VISIBLE const char *__tsan_default_options(void);  /* NOLINT(bugprone-reserved-identifier,cert-*) */

const char *__asan_default_options(void) /* NOLINT(bugprone-reserved-identifier,cert-*) */
{
    return "exitcode=86:detect_leaks=1:strict_string_checks=1:check_initialization_order=1";
}

const char *__ubsan_default_options(void) /* NOLINT(bugprone-reserved-identifier,cert-*) */
{
    return "exitcode=86:print_stacktrace=1";
}

const char *__tsan_default_options(void) /* NOLINT(bugprone-reserved-identifier,cert-*) */
{
    return "exitcode=86:halt_on_error=1:second_deadlock_stack=1";
}
