/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/out.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/text.h"
#include "cmd/meter.h"

#define NOTE_TEXT 4000 /* bytes of one note; more is cut off */

void img_note(const char *program, bool quiet, const char *fmt, ...)
{
    char text[NOTE_TEXT];
    va_list ap;

    if (quiet)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    img_meter_clear();
    fprintf(stderr, "%s: ", program);
    img_text_print(stderr, text);
    fputc('\n', stderr);
}

/* True when the word of this length is one of "a|b|c". */
static bool is_one_of(const char *words, const char *word, size_t len)
{
    while (*words != '\0') {
        size_t n = strcspn(words, "|");
        if (n == len && memcmp(words, word, len) == 0)
            return true;
        words += n + (words[n] == '|' ? 1 : 0);
    }
    return false;
}

bool img_output_parse(const char *value, const char *formats, struct img_output *out,
                      struct img_err *err)
{
    size_t len = strcspn(value, "=");
    struct img_output o = {.file = value[len] == '=' ? value + len + 1 : NULL};

    if (len >= sizeof(o.format) || !is_one_of(formats, value, len))
        return img_fail(err, IMG_E_USAGE,
                        "--output takes FORMAT or FORMAT=FILE, with %s, not '%.60s'", formats,
                        value);
    if (o.file != NULL && o.file[0] == '\0')
        return img_fail(err, IMG_E_USAGE, "--output %.*s= names no file", (int)len, value);
    if (o.file != NULL && strcmp(o.file, "-") == 0)
        o.file = NULL;
    memcpy(o.format, value, len);
    *out = o;
    return true;
}

bool img_output_write(const struct img_output *o, struct img_bytes data, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int fd = -1;
    struct stat st;

    if (o->file == NULL) {
        img_meter_clear();
        if (data.len > 0 && fwrite(data.ptr, 1, data.len, stdout) != data.len)
            return img_fail_errno(err, "standard output");
        return true;
    }
    if (stat(o->file, &st) != 0 || S_ISREG(st.st_mode))
        return img_write_file(o->file, data, 0644, IMG_REPLACE, err);
    /* "/dev/stdout", ">(tee …)", a FIFO: renaming a file over one would be no favour */
    fd = open(o->file, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return img_fail_errno(err, "%s", o->file);
    if (!img_write_fd(fd, data, err))
        return img_ctx(err, "%s", o->file);
    return true;
}

bool img_out_colour(void)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

    return (no == NULL || no[0] == '\0') && term != NULL && strcmp(term, "dumb") != 0 &&
           isatty(STDOUT_FILENO);
}
