/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "cmd/common.h"

bool img_password_file(const char *path, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_PASSWORD);
    struct img_bytes b;

    if (!img_read_argument(path, &text, err) || !img_buf_bytes(&text, &b, err))
        return img_ctx(err, "password");
    if (b.len > 0 && b.ptr[b.len - 1] == '\n')
        b.len--;
    img_buf_put(out, b.ptr, b.len);
    return true;
}

/* --- asking on the terminal ----------------------------------------------------------------------
 * Signals that end or stop the program while echo is off must find it on again: they are noted,
 * the terminal is put back, and they are raised once more. They are let through only while ppoll()
 * waits, so that none is noted just before a read() that would then wait for ever. */

static const int caught[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP};
static volatile sig_atomic_t pending;

static void note_signal(int number)
{
    pending = number;
}

struct prompt {
    int tty;
    struct termios before;
    struct sigaction handlers[IMG_COUNT(caught)];
    sigset_t mask;
};

static void prompt_done(struct prompt *p)
{
    if (p->tty < 0)
        return;
    (void)tcsetattr(p->tty, TCSAFLUSH, &p->before);
    for (size_t i = 0; i < IMG_COUNT(caught); i++)
        (void)sigaction(caught[i], &p->handlers[i], NULL);
    (void)sigprocmask(SIG_SETMASK, &p->mask, NULL);
    img_fd_done(&p->tty);
    if (pending != 0)
        (void)raise(pending);
}

static bool prompt_new(struct prompt *out, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int tty = -1;
    struct sigaction note = {.sa_handler = note_signal};
    struct prompt p;
    struct termios silent;
    sigset_t ours;

    if (isatty(STDERR_FILENO))
        tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0 || tcgetattr(tty, &p.before) != 0)
        return img_fail(err, IMG_E_DENIED,
                        "the key has a password and there is no terminal to ask for it; use "
                        "--password-file or IMGTRUST_PASSWORD");
    pending = 0;
    (void)sigemptyset(&ours);
    for (size_t i = 0; i < IMG_COUNT(caught); i++)
        (void)sigaddset(&ours, caught[i]);
    (void)sigprocmask(SIG_BLOCK, &ours, &p.mask);
    for (size_t i = 0; i < IMG_COUNT(caught); i++)
        (void)sigaction(caught[i], &note, &p.handlers[i]);
    silent = p.before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(tty, TCSAFLUSH, &silent);
    p.tty = tty;
    tty = -1;
    *out = p;
    return true;
}

/* One character that was typed; false at the end of input and when a signal came. */
static bool read_key(const struct prompt *p, char *out)
{
    struct pollfd typed = {.fd = p->tty, .events = POLLIN};

    return ppoll(&typed, 1, NULL, &p->mask) == 1 && read(p->tty, out, 1) == 1;
}

static bool prompt_ask(struct prompt *p, const char *question, struct img_buf *out,
                       struct img_err *err)
{
    struct img_bytes q = {(const uint8_t *)question, strlen(question)};
    struct img_bytes newline = {(const uint8_t *)"\n", 1};
    bool typed;
    char c = '\0';

    if (!img_write_fd(p->tty, q, err))
        return false;
    while ((typed = read_key(p, &c)) && c != '\n')
        img_buf_put(out, &c, 1);
    explicit_bzero(&c, 1);
    if (!img_write_fd(p->tty, newline, err))
        return false;
    if (!typed)
        return img_fail(err, IMG_E_DENIED, "no password was given");
    return true;
}

static bool from_terminal(bool create, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf first = IMG_BUF(IMG_LIMIT_PASSWORD);
    IMG_AUTO(img_buf_done) struct img_buf again = IMG_BUF(IMG_LIMIT_PASSWORD);
    IMG_AUTO(prompt_done) struct prompt p = {.tty = -1};
    struct img_bytes a, b;

    if (!prompt_new(&p, err) ||
        !prompt_ask(&p, create ? "Password for the new key: " : "Password for the key: ", &first,
                    err) ||
        !img_buf_bytes(&first, &a, err))
        return img_ctx(err, "password");
    if (create &&
        (!prompt_ask(&p, "The same again: ", &again, err) || !img_buf_bytes(&again, &b, err)))
        return img_ctx(err, "password");
    if (create && (a.len != b.len || (a.len > 0 && memcmp(a.ptr, b.ptr, a.len) != 0)))
        return img_fail(err, IMG_E_DENIED, "the passwords differ");
    img_buf_put(out, a.ptr, a.len);
    return true;
}

bool img_key_password(void *ctx, struct img_buf *out, struct img_err *err)
{
    static const char *const variables[] = {"IMGTRUST_PASSWORD", "COSIGN_PASSWORD"};
    const struct img_key_password *how = ctx;

    if (how->file != NULL)
        return img_password_file(how->file, out, err);
    for (size_t i = 0; i < IMG_COUNT(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value != NULL) {
            img_buf_puts(out, value);
            return true;
        }
    }
    return from_terminal(how->create, out, err);
}
