/* SPDX-License-Identifier: Apache-2.0 */
#include "base/workers.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#define THREADS_MOST 64 /* beside the caller's; more would only contend for memory bandwidth */

struct job {
    img_task *task;
    void *ctx;
    size_t count;
    atomic_size_t next;
    atomic_bool failed;
    pthread_mutex_t lock; /* guards the two below */
    size_t lowest;        /* the lowest i that failed, or count */
    struct img_err err;   /* and why */
};

/*
 * Pieces are handed out in order, so whenever i has failed, every piece before it has begun and
 * will end: the lowest failing piece is the same in every run.
 */
static void *work(void *arg)
{
    struct job *job = arg;

    while (!atomic_load(&job->failed)) {
        struct img_err err = IMG_ERR_INIT;
        size_t i = atomic_fetch_add(&job->next, 1);

        if (i >= job->count)
            break;
        if (job->task(job->ctx, i, &err))
            continue;
        (void)pthread_mutex_lock(&job->lock);
        if (i < job->lowest) {
            job->lowest = i;
            job->err = err;
        }
        (void)pthread_mutex_unlock(&job->lock);
        atomic_store(&job->failed, true);
    }
    return NULL;
}

/* Starts up to `want` threads and returns how many there are. Fewer is no failure: the caller's own
 * thread does what is left. Signals stay with the threads that were there before. */
static size_t start_threads(struct job *job, pthread_t *threads, size_t want)
{
    sigset_t all, before;
    size_t n = 0;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    while (n < want && pthread_create(&threads[n], NULL, work, job) == 0)
        n++;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return n;
}

bool img_workers_run(size_t count, size_t threads, img_task *task, void *ctx, struct img_err *err)
{
    struct job job = {.task = task, .ctx = ctx, .count = count, .lowest = count};
    pthread_t started[THREADS_MOST];
    size_t want = threads > 0 ? threads : img_cpu_count(), n = 0;

    want = want < count ? want : count;
    if (pthread_mutex_init(&job.lock, NULL) != 0)
        return img_fail(err, IMG_E_MEMORY, "lock");
    if (want > 1)
        n = start_threads(&job, started, want - 1 < THREADS_MOST ? want - 1 : THREADS_MOST);
    (void)work(&job);
    for (size_t i = 0; i < n; i++)
        (void)pthread_join(started[i], NULL);
    (void)pthread_mutex_destroy(&job.lock);
    if (job.lowest < count) {
        *err = job.err;
        return false;
    }
    return true;
}

size_t img_cpu_count(void)
{
    cpu_set_t set;
    long n;

    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 0)
        return (size_t)CPU_COUNT(&set);
    n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 ? (size_t)n : 1;
}
