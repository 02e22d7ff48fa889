/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <stdatomic.h>

#include "base/workers.h"

struct seen {
    atomic_int times[1000];
    size_t fail_from; /* pieces at and after this one fail */
};

static bool task(void *ctx, size_t i, struct img_err *err)
{
    struct seen *s = ctx;

    atomic_fetch_add(&s->times[i], 1);
    if (i >= s->fail_from)
        return img_fail(err, IMG_E_REJECTED, "piece %zu", i);
    return true;
}

static void every_piece_is_done_once(void **state)
{
    static const size_t threads[] = {0, 1, 2, 7, 5000};

    (void)state;
    for (size_t t = 0; t < IMG_COUNT(threads); t++) {
        struct seen s = {.fail_from = SIZE_MAX};

        t_ok(img_workers_run(IMG_COUNT(s.times), threads[t], task, &s, &err));
        for (size_t i = 0; i < IMG_COUNT(s.times); i++)
            assert_int_equal(atomic_load(&s.times[i]), 1);
    }
}

static void the_lowest_failure_is_reported(void **state)
{
    (void)state;
    for (int round = 0; round < 50; round++) {
        struct seen s = {.fail_from = 300};

        t_fails(img_workers_run(IMG_COUNT(s.times), 4, task, &s, &err), IMG_E_REJECTED,
                "piece 300");
        for (size_t i = 0; i < 300; i++)
            assert_int_equal(atomic_load(&s.times[i]), 1);
        assert_int_equal(atomic_load(&s.times[999]), 0);
    }
}

static void no_pieces_are_done_at_once(void **state)
{
    struct seen s = {.fail_from = 0};

    (void)state;
    t_ok(img_workers_run(0, 0, task, &s, &err));
    assert_true(img_cpu_count() >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_piece_is_done_once),
                                       cmocka_unit_test(the_lowest_failure_is_reported),
                                       cmocka_unit_test(no_pieces_are_done_at_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
