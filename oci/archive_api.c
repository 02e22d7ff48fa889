/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/archive_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

/* Written once, under `once`; read-only afterwards. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct img_archive_api api;
static const char *missing; /* what could not be found; NULL when all was */

static const struct {
    const char *name;
    size_t at;
} symbols[] = {
#define SYMBOL(member)                                                                             \
    {                                                                                              \
        "archive_" #member, offsetof(struct img_archive_api, member)                               \
    }
    SYMBOL(read_new),        SYMBOL(read_support_format_tar),
    SYMBOL(read_open),       SYMBOL(read_next_header2),
    SYMBOL(read_data_block), SYMBOL(read_data_skip),
    SYMBOL(read_free),       SYMBOL(filter_bytes),
    SYMBOL(error_string),    SYMBOL(entry_new),
    SYMBOL(entry_free),      SYMBOL(entry_pathname),
    SYMBOL(entry_hardlink),  SYMBOL(entry_symlink),
    SYMBOL(entry_filetype),  SYMBOL(entry_perm),
    SYMBOL(entry_uid),       SYMBOL(entry_gid),
    SYMBOL(entry_size),
};

static void load(void)
{
    void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        missing = "libarchive.so.13";
    for (size_t i = 0; missing == NULL && i < IMG_COUNT(symbols); i++) {
        void *found = dlsym(library, symbols[i].name);

        if (found == NULL)
            missing = symbols[i].name;
        /* POSIX dlsym: the pointer is copied, because C does not convert it to a function's. */
        memcpy((char *)&api + symbols[i].at, &found, sizeof(found));
    }
}

bool img_archive_load(const struct img_archive_api **out, struct img_err *err)
{
    (void)pthread_once(&once, load);
    if (missing != NULL)
        return img_fail(err, IMG_E_INTERNAL, "libarchive: %s is not there", missing);
    *out = &api;
    return true;
}
