/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/ahead.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/workers.h"

/* A ring: blocks [taken, filled) are full; the reader fills filled % BLOCKS, unlocked. */
struct img_ahead {
    struct img_reader *source;
    uint8_t *block[IMG_AHEAD_BLOCKS];
    size_t len[IMG_AHEAD_BLOCKS];
    pthread_t thread;
    bool threaded;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    /* under lock */
    size_t taken, filled;
    bool holding; /* block taken % BLOCKS is with the caller */
    bool stop, over, failed;
    struct img_err err;
};

/* Fills a block as far as the source goes; a short one is the last. */
static bool fill(struct img_ahead *a, size_t slot, struct img_err *err)
{
    size_t n = 0, got = 1;

    while (n < IMG_AHEAD_BLOCK && got > 0) {
        if (!img_reader_read(a->source, a->block[slot] + n, IMG_AHEAD_BLOCK - n, &got, err))
            return false;
        n += got;
    }
    a->len[slot] = n;
    return true;
}

/* Waits for room; false when told to stop. */
static bool room(struct img_ahead *a)
{
    bool go;

    (void)pthread_mutex_lock(&a->lock);
    while (!a->stop && a->filled - a->taken == IMG_AHEAD_BLOCKS)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    go = !a->stop;
    (void)pthread_mutex_unlock(&a->lock);
    return go;
}

static void *read_ahead(void *ctx)
{
    struct img_ahead *a = ctx;
    struct img_err err = IMG_ERR_INIT;
    bool more = true;
    size_t slot = 0;

    while (more && room(a)) {
        bool ok = fill(a, slot, &err);
        (void)pthread_mutex_lock(&a->lock);
        if (ok) {
            a->filled++;
        } else {
            a->failed = true;
            a->err = err;
        }
        a->over = ok && a->len[slot] < IMG_AHEAD_BLOCK;
        more = ok && !a->over;
        (void)pthread_cond_signal(&a->changed);
        (void)pthread_mutex_unlock(&a->lock);
        slot = (slot + 1) % IMG_AHEAD_BLOCKS;
    }
    return NULL;
}

/* Signals stay with the threads that were there before. */
static bool start_thread(struct img_ahead *a)
{
    sigset_t all, before;
    bool started;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&a->thread, NULL, read_ahead, a) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

bool img_ahead_new(struct img_reader *source, struct img_ahead **out, struct img_err *err)
{
    IMG_AUTO(img_ahead_freep) struct img_ahead *a = calloc(1, sizeof(*a));
    size_t blocks = img_cpu_count() > 1 ? IMG_AHEAD_BLOCKS : 1;

    if (a == NULL)
        return img_fail(err, IMG_E_MEMORY, "read ahead");
    a->source = source;
    (void)pthread_mutex_init(&a->lock, NULL);
    (void)pthread_cond_init(&a->changed, NULL);
    for (size_t i = 0; i < blocks; i++) {
        a->block[i] = malloc(IMG_AHEAD_BLOCK);
        if (a->block[i] == NULL)
            return img_fail(err, IMG_E_MEMORY, "read ahead");
    }
    a->threaded = blocks > 1 && start_thread(a);
    *out = IMG_STEAL(&a);
    return true;
}

/* Without a thread, every block is the first one. */
static bool next_inline(struct img_ahead *a, struct img_bytes *out, struct img_err *err)
{
    if (a->failed) {
        *err = a->err;
        return false;
    }
    a->len[0] = a->over ? 0 : a->len[0];
    if (!a->over && !fill(a, 0, err)) {
        a->failed = true;
        a->err = *err;
        return false;
    }
    a->over = a->over || a->len[0] < IMG_AHEAD_BLOCK;
    *out = (struct img_bytes){.ptr = a->block[0], .len = a->len[0]};
    return true;
}

bool img_ahead_next(struct img_ahead *a, struct img_bytes *out, struct img_err *err)
{
    bool ok;

    if (!a->threaded)
        return next_inline(a, out, err);
    (void)pthread_mutex_lock(&a->lock);
    if (a->holding) {
        a->holding = false;
        a->taken++;
        (void)pthread_cond_signal(&a->changed);
    }
    while (a->taken == a->filled && !a->over && !a->failed)
        (void)pthread_cond_wait(&a->changed, &a->lock);
    a->holding = a->taken < a->filled;
    ok = a->holding || !a->failed;
    if (a->holding)
        *out = (struct img_bytes){.ptr = a->block[a->taken % IMG_AHEAD_BLOCKS],
                                  .len = a->len[a->taken % IMG_AHEAD_BLOCKS]};
    else if (ok)
        *out = (struct img_bytes){.ptr = NULL};
    else
        *err = a->err;
    (void)pthread_mutex_unlock(&a->lock);
    return ok;
}

void img_ahead_free(struct img_ahead *a)
{
    if (a == NULL)
        return;
    if (a->threaded) {
        (void)pthread_mutex_lock(&a->lock);
        a->stop = true;
        (void)pthread_cond_signal(&a->changed);
        (void)pthread_mutex_unlock(&a->lock);
        (void)pthread_join(a->thread, NULL);
    }
    for (size_t i = 0; i < IMG_AHEAD_BLOCKS; i++)
        free(a->block[i]);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    free(a);
}

struct ahead_reader {
    struct img_reader base; /* first, so that the two convert */
    struct img_ahead *ahead;
    struct img_bytes rest; /* of the block at hand */
};

static bool reader_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                        struct img_err *err)
{
    struct ahead_reader *a = (struct ahead_reader *)r;
    size_t n;

    if (a->rest.len == 0 && !img_ahead_next(a->ahead, &a->rest, err))
        return false;
    n = a->rest.len < cap ? a->rest.len : cap;
    if (n > 0)
        memcpy(to, a->rest.ptr, n);
    a->rest = (struct img_bytes){.ptr = n > 0 ? a->rest.ptr + n : NULL, .len = a->rest.len - n};
    *got = n;
    return true;
}

static void reader_free(struct img_reader *r)
{
    img_ahead_free(((struct ahead_reader *)r)->ahead);
    free(r);
}

bool img_ahead_reader(struct img_reader *source, struct img_reader **out, struct img_err *err)
{
    struct ahead_reader *a = calloc(1, sizeof(*a));

    if (a == NULL)
        return img_fail(err, IMG_E_MEMORY, "read ahead");
    a->base = (struct img_reader){.read = reader_read, .free = reader_free};
    if (!img_ahead_new(source, &a->ahead, err)) {
        free(a);
        return false;
    }
    *out = &a->base;
    return true;
}
