/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/meter.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "base/def.h"

#define KINDS    4   /* different things shown side by side; more are counted into the last */
#define REDRAW   100 /* milliseconds between two redraws */
#define PATIENCE 300 /* milliseconds before the first, so that what is quick shows nothing */

/* One line of one terminal, hence one meter for the process; the lock makes it any thread's. */
struct meter {
    struct img_progress base; /* first: what libraries are handed */
    pthread_mutex_t lock;
    struct {
        char what[24];
        uint64_t done, total;
    } kinds[KINDS];
    size_t count;
    int64_t next; /* milliseconds, monotonic: when the line may be drawn again */
    bool active, shown;
};

static void meter_add(struct img_progress *p, const char *what, uint64_t done, uint64_t total);

static struct meter the = {.base = {.add = meter_add}, .lock = PTHREAD_MUTEX_INITIALIZER};

static int64_t monotonic_ms(void)
{
    struct timespec t = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t columns(void)
{
    struct winsize w;

    return ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 20 ? w.ws_col : 80;
}

static void erase(void)
{
    if (the.shown)
        fputs("\r\x1b[K", stderr);
    the.shown = false;
}

static void draw(void)
{
    char line[400] = "";
    size_t used = 0, width = columns() - 1;

    for (size_t i = 0; i < the.count && used < sizeof(line); i++) {
        double done = (double)the.kinds[i].done / 1e6, total = (double)the.kinds[i].total / 1e6;
        int n = total > 0 ? snprintf(line + used, sizeof(line) - used, "%s%s %.1f of %.1f MB",
                                     i > 0 ? ", " : "", the.kinds[i].what, done, total)
                          : snprintf(line + used, sizeof(line) - used, "%s%s %.1f MB",
                                     i > 0 ? ", " : "", the.kinds[i].what, done);
        used += n > 0 ? (size_t)n : 0;
    }
    erase();
    fprintf(stderr, "%.*s", (int)width, line);
    fflush(stderr);
    the.shown = true;
}

static void meter_add(struct img_progress *p IMG_UNUSED, const char *what, uint64_t done,
                      uint64_t total)
{
    int64_t now = monotonic_ms();
    size_t i = 0;

    (void)pthread_mutex_lock(&the.lock);
    while (i < the.count && strcmp(the.kinds[i].what, what) != 0)
        i++;
    if (i == the.count && the.count < KINDS)
        (void)snprintf(the.kinds[the.count++].what, sizeof(the.kinds[0].what), "%s", what);
    i = i < KINDS ? i : KINDS - 1;
    the.kinds[i].done += done;
    the.kinds[i].total = total > the.kinds[i].total ? total : the.kinds[i].total;
    if (the.active && now >= the.next) {
        draw();
        the.next = now + REDRAW;
    }
    (void)pthread_mutex_unlock(&the.lock);
}

struct img_progress *img_meter(bool quiet, bool no_progress)
{
    const char *term = getenv("TERM");

    if (quiet || no_progress || term == NULL || strcmp(term, "dumb") == 0 || !isatty(STDERR_FILENO))
        return NULL;
    (void)pthread_mutex_lock(&the.lock);
    memset(the.kinds, 0, sizeof(the.kinds));
    the.count = 0;
    the.active = true;
    the.next = monotonic_ms() + PATIENCE;
    (void)pthread_mutex_unlock(&the.lock);
    return &the.base;
}

void img_meter_clear(void)
{
    (void)pthread_mutex_lock(&the.lock);
    erase();
    (void)pthread_mutex_unlock(&the.lock);
}

void img_meter_end(struct img_progress *p)
{
    if (p == NULL)
        return;
    (void)pthread_mutex_lock(&the.lock);
    erase();
    the.active = false;
    (void)pthread_mutex_unlock(&the.lock);
}
