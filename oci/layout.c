/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/layout.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"

bool img_layout_check_version(int dir, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_OCI_LAYOUT);
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    struct img_bytes bytes;
    struct img_json at;
    const char *version;

    if (!img_read_file_at(dir, "oci-layout", &text, err)) {
        if (err->code == IMG_E_NOT_FOUND)
            return img_fail(err, IMG_E_MALFORMED,
                            "not an OCI image layout: there is no oci-layout file");
        return false;
    }
    if (!img_buf_bytes(&text, &bytes, err) ||
        !img_json_parse(bytes, IMG_LIMIT_OCI_LAYOUT, &doc, err) || !img_json_root(doc, &at, err) ||
        !img_json_str(&at, "imageLayoutVersion", &version, err))
        return img_ctx(err, "oci-layout");
    /* image-layout.md, "oci-layout file": 1.0.0 is the only version there is */
    if (strcmp(version, "1.0.0") != 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "image layout version '%.20s'", version);
    return true;
}

/* A directory that holds nothing of ours, without following a link out of the layout. */
static int open_directory(int dir, const char *name)
{
    return openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

bool img_layout_open_blobs(struct img_layout *l, enum img_hash hash, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int all = -1;

    if (l->blobs[hash] >= 0)
        return true;
    all = open_directory(l->dir, "blobs");
    if (all >= 0)
        l->blobs[hash] = open_directory(all, img_hash_name(hash));
    if (l->blobs[hash] >= 0 || errno == ENOENT)
        return true;
    if (errno == ELOOP || errno == ENOTDIR)
        return img_fail(err, IMG_E_MALFORMED, "blobs/%s is not a directory", img_hash_name(hash));
    return img_fail_errno(err, "blobs/%s", img_hash_name(hash));
}

bool img_layout_open_file(const struct img_layout *l, const struct img_digest *digest, int *fd,
                          int64_t *size, struct img_err *err)
{
    char name[IMG_DIGEST_TEXT], text[IMG_DIGEST_TEXT];
    IMG_AUTO(img_fd_done) int f = -1;
    struct stat st;

    img_digest_text(digest, text);
    img_digest_hex(digest, name);
    if (digest->hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_INTERNAL, "no digest to open");
    if (l->blobs[digest->hash] < 0)
        return img_fail(err, IMG_E_NOT_FOUND, "%s is not in the layout", text);
    /* O_NONBLOCK: a FIFO that someone planted must not make us wait for its writer */
    f = openat(l->blobs[digest->hash], name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (f < 0 && errno == ENOENT)
        return img_fail(err, IMG_E_NOT_FOUND, "%s is not in the layout", text);
    if (f < 0 && errno == ELOOP)
        return img_fail(err, IMG_E_MALFORMED, "blob %s is a symbolic link", text);
    if (f < 0 || fstat(f, &st) != 0)
        return img_fail_errno(err, "blob %s", text);
    if (!S_ISREG(st.st_mode))
        return img_fail(err, IMG_E_MALFORMED, "blob %s is not a regular file", text);
    *size = (int64_t)st.st_size;
    *fd = f;
    f = -1;
    return true;
}

static bool check_size(const struct img_digest *digest, int64_t want, int64_t have,
                       struct img_err *err)
{
    char text[IMG_DIGEST_TEXT];

    if (want == have)
        return true;
    img_digest_text(digest, text);
    return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                      "blob %s has %lld bytes, but is declared as %lld", text, (long long)have,
                      (long long)want);
}

bool img_layout_read_blob(struct img_layout *l, const struct img_digest *digest, int64_t size,
                          struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int fd = -1;
    struct img_bytes bytes;
    int64_t have;

    if (!img_layout_open_file(l, digest, &fd, &have, err) ||
        (size >= 0 && !check_size(digest, size, have, err)) || !img_read_fd(fd, out, err) ||
        !img_buf_bytes(out, &bytes, err))
        return false;
    l->base.cost.bytes += bytes.len;
    if (!img_digest_check(digest, bytes, err))
        return img_ctx(err, "blob");
    return true;
}

static bool layout_fetch(struct img_store *s, struct img_want *wants, size_t count,
                         struct img_err *err)
{
    struct img_layout *l = (struct img_layout *)s;

    for (size_t i = 0; i < count; i++) {
        struct img_want *w = &wants[i];
        w->err = IMG_ERR_INIT;
        w->ok = img_layout_read_blob(l, &w->desc.digest, w->desc.size, &w->bytes, &w->err);
        if (!w->ok && w->err.code == IMG_E_MEMORY)
            return img_fail(err, IMG_E_MEMORY, "blob");
    }
    return true;
}

static bool layout_open_blob(struct img_store *s, const struct img_descriptor *desc,
                             struct img_reader **out, struct img_err *err)
{
    const struct img_layout *l = (const struct img_layout *)s;
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    IMG_AUTO(img_fd_done) int fd = -1;
    int64_t have;

    if (!img_layout_open_file(l, &desc->digest, &fd, &have, err) ||
        !check_size(&desc->digest, desc->size, have, err) || !img_reader_of_fd(fd, &raw, err))
        return false;
    (void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    fd = -1; /* the reader's now */
    if (!img_reader_verified(raw, desc, out, err))
        return false;
    raw = NULL;
    return true;
}

static bool layout_has_blob(struct img_store *s, const struct img_descriptor *desc, bool *out,
                            struct img_err *err)
{
    const struct img_layout *l = (const struct img_layout *)s;
    IMG_AUTO(img_fd_done) int fd = -1;
    int64_t have = -1;

    if (l->dir >= 0 && !img_layout_open_file(l, &desc->digest, &fd, &have, err) &&
        err->code != IMG_E_NOT_FOUND)
        return false;
    *out = have == desc->size;
    return true;
}

static void layout_close(struct img_store *s)
{
    struct img_layout *l = (struct img_layout *)s;

    for (size_t i = 0; i < IMG_COUNT(l->blobs); i++)
        img_fd_done(&l->blobs[i]);
    img_fd_done(&l->dir);
    free(l->path);
    free(l);
}

/* Opens what is there. A layout to be written may not be there yet. */
static bool open_existing(struct img_layout *l, struct img_err *err)
{
    l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0 && errno == ENOENT && l->write)
        return true;
    if (l->dir < 0 && errno == ENOENT)
        return img_fail(err, IMG_E_NOT_FOUND, "there is no such directory");
    if (l->dir < 0 && errno == ENOTDIR)
        return img_fail(err, IMG_E_MALFORMED, "not a directory");
    if (l->dir < 0)
        return img_fail_errno(err, "open");
    if (l->write && faccessat(l->dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
        img_fd_done(&l->dir); /* whether it may become a layout is decided by the first write */
        return true;
    }
    if (!img_layout_check_version(l->dir, err))
        return false;
    for (enum img_hash h = IMG_SHA256; h <= IMG_SHA512; h++)
        if (!img_layout_open_blobs(l, h, err))
            return false;
    return true;
}

bool img_layout_open(const struct img_reference *ref, const struct img_store_options *options,
                     struct img_store **out, struct img_err *err)
{
    static const struct img_store_ops ops = {
        .resolve = img_layout_resolve,
        .referrers = img_layout_referrers,
        .fetch = layout_fetch,
        .open_blob = layout_open_blob,
        .has_blob = layout_has_blob,
        .put_blob = img_layout_put_blob,
        .put_manifest = img_layout_put_manifest,
        .attach = img_layout_attach,
        .detach = img_layout_detach,
        .attach_all = img_layout_attach_all,
        .close = layout_close,
    };
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    struct img_layout *l = calloc(1, sizeof(*l));

    if (l == NULL)
        return img_fail(err, IMG_E_MEMORY, "layout");
    s = &l->base;
    s->ops = &ops;
    l->dir = -1;
    l->write = options->write;
    l->timeout_ms = options->timeout_ms;
    for (size_t i = 0; i < IMG_COUNT(l->blobs); i++)
        l->blobs[i] = -1;
    if (!img_strdup(ref->path, &l->path, err) || !open_existing(l, err))
        return img_ctx(err, "oci:%s", ref->path);
    *out = IMG_STEAL(&s);
    return true;
}
