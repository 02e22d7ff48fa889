/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>

#include "base/workers.h"
#include "cmd/meter.h"

/* A terminal in place of stderr; returns the end that a person would look at. */
static int open_terminal(int *saved)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    assert_true(slave >= 0);
    fflush(stderr);
    *saved = dup(STDERR_FILENO);
    assert_int_equal(dup2(slave, STDERR_FILENO), STDERR_FILENO);
    close(slave);
    return master;
}

static void close_terminal(int master, int saved)
{
    fflush(stderr);
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(saved);
    close(master);
}

/* Appends what the terminal shows so far. */
static void look(int master, char *screen, size_t size)
{
    struct pollfd p = {.fd = master, .events = POLLIN};

    while (poll(&p, 1, 20) == 1 && (p.revents & POLLIN) != 0) {
        size_t used = strlen(screen);
        ssize_t n = read(master, screen + used, size - 1 - used);
        assert_true(n > 0);
        screen[used + (size_t)n] = '\0';
    }
}

static void there_is_no_progress_in_a_pipe_or_when_not_wanted(void **state)
{
    int saved = dup(STDERR_FILENO), null = open("/dev/null", O_WRONLY), master;

    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    fflush(stderr);
    assert_int_equal(dup2(null, STDERR_FILENO), STDERR_FILENO);
    assert_null(img_meter(false, false));
    assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
    close(null);
    close(saved);
    master = open_terminal(&saved);
    assert_null(img_meter(true, false));
    assert_null(img_meter(false, true));
    assert_int_equal(setenv("TERM", "dumb", 1), 0);
    assert_null(img_meter(false, false));
    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    close_terminal(master, saved);
    img_meter_end(NULL);
    (void)state;
}

static bool piece(void *ctx, size_t i, struct img_err *err)
{
    (void)err;
    img_progress_add(ctx, i % 2 == 0 ? "layers" : "reports", 1000000, i % 2 == 0 ? 8000000 : 0);
    return true;
}

static void threads_share_one_line_that_is_gone_at_the_end(void **state)
{
    static char screen[10000];
    struct img_progress *meter;
    int saved, master;

    assert_int_equal(setenv("TERM", "xterm", 1), 0);
    master = open_terminal(&saved);
    meter = img_meter(false, false);
    if (meter != NULL)
        t_ok(img_workers_run(16, 4, piece, meter, &err));
    for (int i = 0; meter != NULL && i < 200 && strstr(screen, "layers") == NULL; i++) {
        (void)nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        img_progress_add(meter, "layers", 0, 0);
        look(master, screen, sizeof(screen));
    }
    img_meter_end(meter);
    img_progress_add(meter, "layers", 1, 0); /* a late thread draws nothing any more */
    fflush(stderr);
    look(master, screen, sizeof(screen));
    close_terminal(master, saved);
    assert_non_null(meter);
    assert_non_null(strstr(screen, "layers 8.0 of 8.0 MB"));
    assert_non_null(strstr(screen, "reports 8.0 MB"));
    assert_null(strchr(screen, '\n'));
    assert_string_equal(screen + strlen(screen) - 4, "\r\x1b[K");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_no_progress_in_a_pipe_or_when_not_wanted),
        cmocka_unit_test(threads_share_one_line_that_is_gone_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
