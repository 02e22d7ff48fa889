/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "oci/layout.h"

#define COPY_CHUNK ((size_t)256 * 1024) /* bytes read and written at once */
#define TEMPORARY  ".imgtrust-" /* what a killed writer may leave; nothing looks at such names */

/* --- making a layout ----------------------------------------------------------------------------
 */

static bool make_directories(const char *path, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *copy = NULL;

    if (!img_strdup(path, &copy, err))
        return false;
    for (char *p = copy + 1;; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return img_fail_errno(err, "create");
        *p = c;
        if (c == '\0')
            return true;
    }
}

/* A directory with files of other kinds is not turned into a layout by mistake. What an interrupted
 * creation leaves is no hindrance. */
static bool may_become_layout(int dir, struct img_err *err)
{
    static const char *const ours[] = {".", "..", "blobs", "index.json"};
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *e;
    bool good = true;

    if (list == NULL) {
        img_fd_done(&copy);
        return img_fail_errno(err, "list");
    }
    while (good && (e = readdir(list)) != NULL) {
        good = img_has_prefix(e->d_name, TEMPORARY);
        for (size_t i = 0; i < IMG_COUNT(ours); i++)
            good = good || strcmp(e->d_name, ours[i]) == 0;
    }
    (void)closedir(list);
    /* or it became one while we looked */
    if (!good && faccessat(dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return img_fail(err, IMG_E_MALFORMED,
                        "not an OCI image layout, and not empty: nothing was written");
    return true;
}

/* A file that somebody else made first is as good. */
static bool make_file(int dir, const char *name, const char *text, struct img_err *err)
{
    struct img_bytes bytes = {.ptr = (const uint8_t *)text, .len = strlen(text)};

    return img_write_file_at(dir, name, bytes, 0644, IMG_KEEP, err) || err->code == IMG_E_USAGE;
}

static bool make_directory(int dir, const char *name, struct img_err *err)
{
    if (mkdirat(dir, name, 0777) != 0 && errno != EEXIST)
        return img_fail_errno(err, "%s", name);
    return true;
}

/* oci-layout comes last: with it the directory is a layout, and a whole one. */
static bool create(struct img_layout *l, struct img_err *err)
{
    if (l->dir >= 0)
        return true;
    if (!l->write)
        return img_fail(err, IMG_E_INTERNAL, "layout opened for reading");
    if (!make_directories(l->path, err))
        return false;
    l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return img_fail_errno(err, "open");
    if (!may_become_layout(l->dir, err) || !make_directory(l->dir, "blobs", err) ||
        !make_file(l->dir, "index.json",
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_INDEX
                   "\",\"manifests\":[]}",
                   err) ||
        !make_file(l->dir, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", err) ||
        !img_layout_check_version(l->dir, err)) {
        img_fd_done(&l->dir);
        return false;
    }
    for (enum img_hash h = IMG_SHA256; h <= IMG_SHA512; h++)
        if (!img_layout_open_blobs(l, h, err))
            return false;
    return true;
}

static bool make_blobs(struct img_layout *l, enum img_hash hash, struct img_err *err)
{
    char name[IMG_DIGEST_TEXT];

    if (hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_INTERNAL, "no digest to store under");
    if (!create(l, err))
        return false;
    if (l->blobs[hash] >= 0)
        return true;
    (void)snprintf(name, sizeof(name), "blobs/%s", img_hash_name(hash));
    if (!make_directory(l->dir, "blobs", err) || !make_directory(l->dir, name, err) ||
        !img_layout_open_blobs(l, hash, err))
        return false;
    return l->blobs[hash] >= 0 || img_fail(err, IMG_E_IO, "%s was taken away", name);
}

/* --- blobs --------------------------------------------------------------------------------------
 */

/* What goes by on its way to the disk. */
struct sink {
    int fd;
    struct img_hasher *hasher; /* NULL where the reader itself vouches for the content */
    uint64_t left;
};

static bool pump(struct img_reader *from, struct sink *to, uint8_t *chunk, struct img_err *err)
{
    size_t got;

    do {
        struct img_bytes bytes = {.ptr = chunk};
        if (!img_reader_read(from, chunk, COPY_CHUNK, &got, err))
            return false;
        if (got > to->left)
            return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "larger than declared");
        bytes.len = got;
        to->left -= got;
        if ((to->hasher != NULL && !img_hasher_update(to->hasher, bytes, err)) ||
            !img_write_fd(to->fd, bytes, err))
            return false;
    } while (got > 0);
    if (to->left > 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "ends %llu bytes too early",
                          (unsigned long long)to->left);
    return true;
}

static bool check_hash(struct sink *to, const struct img_digest *want, struct img_err *err)
{
    struct img_digest got;

    return to->hasher == NULL ||
           (img_hasher_finish(to->hasher, &got, err) && img_digest_require(want, &got, err));
}

static void free_chunk(uint8_t **chunk)
{
    free(*chunk);
}

static bool write_blob(int fd, const struct img_descriptor *desc, struct img_reader *from,
                       struct img_err *err)
{
    IMG_AUTO(img_hasher_freep) struct img_hasher *hasher = NULL;
    IMG_AUTO(free_chunk) uint8_t *chunk = malloc(COPY_CHUNK);
    struct sink to = {.fd = fd, .left = (uint64_t)desc->size};

    if (chunk == NULL)
        return img_fail(err, IMG_E_MEMORY, "copy");
    if (!img_reader_is_verified(from, desc) && !img_hasher_new(desc->digest.hash, &hasher, err))
        return false;
    to.hasher = hasher;
    if (!pump(from, &to, chunk, err) || !check_hash(&to, &desc->digest, err))
        return false;
    if (fsync(fd) != 0)
        return img_fail_errno(err, "sync");
    return true;
}

static bool store_blob(struct img_layout *l, const struct img_descriptor *desc,
                       struct img_reader *from, struct img_err *err)
{
    int dir = l->blobs[desc->digest.hash];
    char name[IMG_DIGEST_TEXT], temporary[64];
    IMG_AUTO(img_fd_done) int fd = -1;
    uint64_t random;
    bool ok;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return img_fail_errno(err, "random number");
    (void)snprintf(temporary, sizeof(temporary), TEMPORARY "%016llx", (unsigned long long)random);
    fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return img_fail_errno(err, "create blob");
    img_digest_hex(&desc->digest, name);
    ok = write_blob(fd, desc, from, err);
    if (ok && renameat(dir, temporary, dir, name) != 0)
        ok = img_fail_errno(err, "rename blob");
    if (!ok)
        (void)unlinkat(dir, temporary, 0);
    l->renamed = l->renamed || ok;
    return ok;
}

static bool put_blob(struct img_layout *l, const struct img_descriptor *desc,
                     struct img_reader *from, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int have = -1;
    struct img_err ignored = IMG_ERR_INIT;
    int64_t size;

    if (desc->size < 0)
        return img_fail(err, IMG_E_INTERNAL, "negative size");
    if (!make_blobs(l, desc->digest.hash, err))
        return false;
    if (img_layout_open_file(l, &desc->digest, &have, &size, &ignored) && size == desc->size)
        return true;
    return store_blob(l, desc, from, err);
}

bool img_layout_put_blob(struct img_store *s, const struct img_descriptor *desc,
                         struct img_reader *from, struct img_err *err)
{
    struct img_layout *l = (struct img_layout *)s;

    if (!put_blob(l, desc, from, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}

bool img_layout_put_document(struct img_layout *l, const struct img_descriptor *desc,
                             struct img_bytes bytes, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;

    return img_reader_of_bytes(bytes, &from, err) && put_blob(l, desc, from, err);
}
