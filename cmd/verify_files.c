/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "cmd/common.h"
#include "cmd/verify.h"

struct files {
    char **items;
    size_t count;
};

static void files_done(struct files *f)
{
    verify_free_files(f->items, f->count);
}

void verify_free_files(char **files, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(files[i]);
    free(files);
}

static bool add_file(struct files *f, char *path, struct img_err *err)
{
    char **items = realloc(f->items, (f->count + 1) * sizeof(*items));

    if (items == NULL)
        return img_fail(err, IMG_E_MEMORY, "files");
    f->items = items;
    items[f->count++] = path;
    return true;
}

static void close_dir(DIR **d)
{
    if (*d != NULL)
        (void)closedir(*d);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_document(const char *name)
{
    return name[0] != '.' && (img_has_suffix(name, ".yaml") || img_has_suffix(name, ".yml") ||
                              img_has_suffix(name, ".json"));
}

static bool list_dir(const char *path, struct files *f, struct img_err *err)
{
    IMG_AUTO(close_dir) DIR *dir = opendir(path);
    struct dirent *entry;

    if (dir == NULL)
        return img_fail_errno(err, "%s", path);
    for (errno = 0; (entry = readdir(dir)) != NULL; errno = 0) {
        IMG_AUTO(img_str_free) char *file = NULL;

        if (!is_document(entry->d_name))
            continue;
        if (f->count >= IMG_LIMIT_MANIFESTS)
            return img_fail(err, IMG_E_LIMIT, "%s: more than %d files", path, IMG_LIMIT_MANIFESTS);
        if (!img_strf(&file, err, "%s/%s", path, entry->d_name) || !add_file(f, file, err))
            return false;
        file = NULL; /* the list's now */
    }
    if (errno != 0)
        return img_fail_errno(err, "%s", path);
    if (f->count > 1)
        qsort(f->items, f->count, sizeof(*f->items), by_name);
    return true;
}

bool verify_list_files(const char *path, char ***out, size_t *count, struct img_err *err)
{
    IMG_AUTO(files_done) struct files f = {.items = NULL};
    IMG_AUTO(img_str_free) char *copy = NULL;
    struct stat st = {.st_mode = 0};

    if (strcmp(path, "-") != 0 && stat(path, &st) != 0)
        return img_fail_errno(err, "%s", path);
    if (strcmp(path, "-") != 0 && S_ISDIR(st.st_mode)) {
        if (!list_dir(path, &f, err))
            return false;
    } else {
        if (!img_strdup(path, &copy, err) || !add_file(&f, copy, err))
            return false;
        copy = NULL;
    }
    *out = f.items;
    *count = f.count;
    f = (struct files){.items = NULL};
    return true;
}

/* --- policies --------------------------------------------------------------------------------- */

/* Key files are named relative to their policy. */
static bool load(void *ctx, const char *dir, const char *path, struct img_buf *out,
                 struct img_err *err)
{
    IMG_AUTO(img_str_free) char *full = NULL;

    (void)ctx;
    if (path[0] == '/')
        return img_read_file(path, out, err);
    return img_strf(&full, err, "%s/%s", dir, path) && img_read_file(full, out, err);
}

static bool read_policy(const char *file, struct img_policies *into, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_POLICY);
    IMG_AUTO(img_str_free) char *dir = NULL;
    const char *slash = strrchr(file, '/');
    struct img_bytes bytes;

    if (!img_read_argument(file, &text, err) || !img_buf_bytes(&text, &bytes, err)) {
        if (err->code == IMG_E_LIMIT)
            err->code = IMG_E_USAGE;
        return img_ctx(err, "policy %s", file);
    }
    if (slash == NULL ? !img_strdup(".", &dir, err)
                      : !img_strf(&dir, err, "%.*s", (int)(slash - file + 1), file))
        return false;
    return img_policies_add(into, file, dir, bytes, load, NULL, err);
}

bool verify_read_policies(const char *path, struct img_policies *into, struct img_err *err)
{
    IMG_AUTO(files_done) struct files f = {.items = NULL};

    if (!verify_list_files(path, &f.items, &f.count, err))
        return img_ctx(err, "--policy");
    if (f.count == 0)
        return img_fail(err, IMG_E_USAGE, "--policy: there is no .yaml, .yml or .json file in %s",
                        path);
    for (size_t i = 0; i < f.count; i++) {
        if (!read_policy(f.items[i], into, err)) {
            if (err->code == IMG_E_UNSUPPORTED) /* not foreign input: the policy is ours */
                err->code = IMG_E_USAGE;
            return false;
        }
    }
    return img_policies_finish(into, err) || img_ctx(err, "--policy %s", path);
}

/* --- manifests -------------------------------------------------------------------------------- */

bool verify_read_manifests(const char *path, struct img_kube_images *into, struct img_err *err)
{
    IMG_AUTO(files_done) struct files f = {.items = NULL};

    if (!verify_list_files(path, &f.items, &f.count, err))
        return img_ctx(err, "-f");
    for (size_t i = 0; i < f.count; i++) {
        IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_KUBE);
        const char *name = strcmp(f.items[i], "-") == 0 ? "stdin" : f.items[i];
        struct img_bytes bytes;

        if (!img_read_argument(f.items[i], &text, err) || !img_buf_bytes(&text, &bytes, err))
            return img_ctx(err, "%s", name);
        if (!img_kube_read(name, bytes, into, err))
            return false;
    }
    return true;
}
