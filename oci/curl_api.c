/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/curl_api.h"

#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#define OLDEST 0x075800 /* 7.88.0, the oldest this is tested with */

static struct img_curl api;
static struct img_err failure; /* code IMG_OK: the table is complete */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static bool fill(void *lib, struct img_err *err)
{
    void *found;

    /* dlsym gives a data pointer; POSIX, not ISO C, says that it may be one to a function. */
#define FIND(name, result, arguments)                                                              \
    found = dlsym(lib, "curl_" #name);                                                             \
    if (found == NULL)                                                                             \
        return img_fail(err, IMG_E_UNSUPPORTED, "libcurl lacks curl_" #name);                      \
    memcpy(&api.name, &found, sizeof(found));
    IMG_CURL_FUNCTIONS(FIND)
#undef FIND
    return true;
}

static bool load(struct img_err *err)
{
    const curl_version_info_data *version;
    void *lib = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL); /* stays open: never unloaded */

    if (lib == NULL)
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "registries need libcurl.so.4, which cannot be opened: %s", dlerror());
    if (!fill(lib, err))
        return false;
    version = api.version_info(CURLVERSION_NOW);
    if (version->version_num < OLDEST)
        return img_fail(err, IMG_E_UNSUPPORTED, "libcurl %s is too old: 7.88 or newer is needed",
                        version->version);
    if ((version->features & CURL_VERSION_SSL) == 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "libcurl was built without TLS");
    if (api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return img_fail(err, IMG_E_INTERNAL, "libcurl does not start");
    return true;
}

static void load_once(void)
{
    struct img_err err = IMG_ERR_INIT;

    if (!load(&err))
        failure = err;
}

bool img_curl_load(const struct img_curl **out, struct img_err *err)
{
    if (pthread_once(&once, load_once) != 0)
        return img_fail(err, IMG_E_INTERNAL, "libcurl: pthread_once");
    if (failure.code != IMG_OK) {
        *err = failure;
        return img_ctx(err, "network");
    }
    *out = &api;
    return true;
}
