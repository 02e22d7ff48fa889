/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef __clang_analyzer__
#undef img_fail
#undef img_refuse
#undef img_fail_errno
#undef img_ctx
#endif

static void push(struct img_err *err, const char *fmt, va_list ap) IMG_PRINTF(2, 0);

static void push(struct img_err *err, const char *fmt, va_list ap)
{
    size_t room = sizeof(err->text) - err->used;
    int n = room > 1 ? vsnprintf(err->text + err->used, room, fmt, ap) : -1;

    if (n < 0)
        return; /* full: keep the cause, lose the outermost frame */
    err->used += (size_t)n < room ? (size_t)n + 1 : room;
}

static void pushf(struct img_err *err, const char *fmt, ...) IMG_PRINTF(2, 3);

static void pushf(struct img_err *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    push(err, fmt, ap);
    va_end(ap);
}

bool img_fail(struct img_err *err, enum img_code code, const char *fmt, ...)
{
    va_list ap;

    *err = (struct img_err){.code = code};
    va_start(ap, fmt);
    push(err, fmt, ap);
    va_end(ap);
    return false;
}

bool img_refuse(struct img_err *err, enum img_code code, enum img_reason why, const char *fmt, ...)
{
    va_list ap;

    *err = (struct img_err){.code = code, .why = why};
    va_start(ap, fmt);
    push(err, fmt, ap);
    va_end(ap);
    return false;
}

bool img_fail_errno(struct img_err *err, const char *fmt, ...)
{
    int e = errno;
    va_list ap;

    *err = (struct img_err){.code = e == ENOENT                 ? IMG_E_NOT_FOUND
                                    : e == EACCES || e == EPERM ? IMG_E_DENIED
                                    : e == ENOMEM               ? IMG_E_MEMORY
                                                                : IMG_E_IO};
    pushf(err, "%s", strerror(e));
    va_start(ap, fmt);
    push(err, fmt, ap);
    va_end(ap);
    return false;
}

bool img_ctx(struct img_err *err, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    push(err, fmt, ap);
    va_end(ap);
    return false;
}

const char *img_code_name(enum img_code code)
{
#define NAME(symbol, name, status, meaning) [symbol] = (name),
    static const char *const names[] = {IMG_CODES(NAME)};
    return names[code];
}

int img_code_exit(enum img_code code)
{
#define STATUS(symbol, name, status, meaning) [symbol] = (status),
    static const int statuses[] = {IMG_CODES(STATUS)};
    return statuses[code];
}

/* The frames, outermost first; returns how many. */
static size_t frames(const struct img_err *err, const char *frame[static 64])
{
    const char *inner[64];
    size_t n = 0;

    for (size_t at = 0; at < err->used && n < IMG_COUNT(inner); at += strlen(err->text + at) + 1)
        inner[n++] = err->text + at;
    for (size_t i = 0; i < n; i++)
        frame[i] = inner[n - 1 - i];
    return n;
}

void img_err_text(const struct img_err *err, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    const char *frame[64];
    size_t n = frames(err, frame), used = 0;

    if (size == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        for (const char *p = frame[i]; *p != '\0' && used + 5 < size; p++) {
            unsigned char c = (unsigned char)*p;
            if (c >= 0x20 && c <= 0x7e) {
                out[used++] = (char)c;
                continue;
            }
            out[used++] = '\\';
            out[used++] = 'x';
            out[used++] = digits[c >> 4];
            out[used++] = digits[c & 15];
        }
        if (i + 1 < n && used + 3 < size) {
            out[used++] = ':';
            out[used++] = ' ';
        }
    }
    out[used] = '\0';
}

void img_err_print(FILE *to, const struct img_err *err)
{
    char text[4 * IMG_ERR_TEXT + 200];

    img_err_text(err, text, sizeof(text));
    fputs(text, to);
    if (err->why != IMG_WHY_NONE)
        fprintf(to, " [%s]", img_reason_word(err->why));
}
