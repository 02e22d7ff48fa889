/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "tests/support/t.h"

#include <sys/wait.h>

#include "oci/store.h"

/* A directory of its own for each test, and small things about layouts in it. */
static char t_here[] = "/tmp/imgtrust-XXXXXX";

static int t_enter(void **state)
{
    (void)state;
    (void)snprintf(t_here, sizeof(t_here), "/tmp/imgtrust-XXXXXX");
    return mkdtemp(t_here) != NULL && chdir(t_here) == 0 ? 0 : -1;
}

static int t_leave(void **state)
{
    pid_t child = fork();
    int status = -1;

    (void)state;
    if (child == 0)
        (void)execlp("rm", "rm", "-rf", t_here, (char *)NULL);
    return chdir("/") == 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}
#define T_IN_DIRECTORY(f) cmocka_unit_test_setup_teardown(f, t_enter, t_leave)

static inline struct img_bytes t_bytes(const char *s)
{
    return (struct img_bytes){.ptr = (const uint8_t *)s, .len = strlen(s)};
}

static inline struct img_descriptor t_described(const char *content, const char *media_type)
{
    struct img_descriptor d = {.size = (int64_t)strlen(content)};

    (void)snprintf(d.media_type, sizeof(d.media_type), "%s", media_type);
    t_ok(img_digest_of(IMG_SHA256, t_bytes(content), &d.digest, &err));
    return d;
}
