/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fs.h"

bool img_reader_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                     struct img_err *err)
{
    return r->read(r, to, cap, got, err);
}

void img_reader_free(struct img_reader *r)
{
    if (r != NULL)
        r->free(r);
}

struct verified {
    struct img_reader base;
    struct img_reader *raw;
    struct img_hasher *hasher;
    struct img_digest want;
    uint64_t left; /* bytes still to come */
    bool begun;
    bool ended;  /* size and digest were compared, and are right */
    bool failed; /* once it failed it stays so: nothing read may be believed */
};

static bool compare(struct verified *v, struct img_err *err)
{
    struct img_digest got;

    v->ended = img_hasher_finish(v->hasher, &got, err) && img_digest_require(&v->want, &got, err);
    return v->ended;
}

static bool verified_step(struct verified *v, uint8_t *to, size_t cap, size_t *got,
                          struct img_err *err)
{
    size_t n;

    if (v->failed)
        return img_fail(err, IMG_E_INTERNAL, "read on after a failure");
    if (!img_reader_read(v->raw, to, cap, &n, err))
        return false;
    if (n > v->left)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "larger than declared");
    if (n == 0 && v->left > 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "ends %llu bytes too early",
                          (unsigned long long)v->left);
    if (!img_hasher_update(v->hasher, (struct img_bytes){.ptr = to, .len = n}, err) ||
        (n == 0 && !compare(v, err)))
        return false;
    v->left -= n;
    *got = n;
    return true;
}

static bool verified_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                          struct img_err *err)
{
    struct verified *v = (struct verified *)r;

    if (cap == 0)
        return img_fail(err, IMG_E_INTERNAL, "read into no room");
    if (v->ended) {
        *got = 0;
        return true;
    }
    v->begun = true;
    v->failed = !verified_step(v, to, cap, got, err);
    return !v->failed;
}

static void verified_free(struct img_reader *r)
{
    struct verified *v = (struct verified *)r;

    img_reader_free(v->raw);
    img_hasher_free(v->hasher);
    free(v);
}

static bool verified_vouches(const struct img_reader *r, const struct img_descriptor *want)
{
    const struct verified *v = (const struct verified *)r;

    return !v->begun && want->size >= 0 && v->left == (uint64_t)want->size &&
           img_digest_equal(&v->want, &want->digest);
}

bool img_reader_is_verified(const struct img_reader *r, const struct img_descriptor *want)
{
    return r->vouches != NULL && r->vouches(r, want);
}

bool img_reader_verified(struct img_reader *raw, const struct img_descriptor *want,
                         struct img_reader **out, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *fresh = NULL;
    struct verified *v = calloc(1, sizeof(*v));

    if (v == NULL)
        return img_fail(err, IMG_E_MEMORY, "reader");
    v->base = (struct img_reader){.read = verified_read,
                                  .free = verified_free,
                                  .vouches = verified_vouches};
    fresh = &v->base;
    if (want->size < 0)
        return img_fail(err, IMG_E_INTERNAL, "negative size");
    v->want = want->digest;
    v->left = (uint64_t)want->size;
    if (!img_hasher_new(want->digest.hash, &v->hasher, err))
        return false;
    v->raw = raw;
    *out = IMG_STEAL(&fresh);
    return true;
}

struct memory {
    struct img_reader base;
    struct img_bytes left;
};

static bool memory_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                        struct img_err *err)
{
    struct memory *m = (struct memory *)r;
    size_t n = cap < m->left.len ? cap : m->left.len;

    (void)err;
    if (n > 0)
        memcpy(to, m->left.ptr, n);
    m->left.ptr += n;
    m->left.len -= n;
    *got = n;
    return true;
}

static void memory_free(struct img_reader *r)
{
    free(r);
}

bool img_reader_of_bytes(struct img_bytes data, struct img_reader **out, struct img_err *err)
{
    struct memory *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return img_fail(err, IMG_E_MEMORY, "reader");
    m->base = (struct img_reader){.read = memory_read, .free = memory_free};
    m->left = data;
    *out = &m->base;
    return true;
}

struct file {
    struct img_reader base;
    int fd;
};

static bool file_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                      struct img_err *err)
{
    const struct file *f = (const struct file *)r;
    ssize_t n;

    do {
        n = read(f->fd, to, cap);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return img_fail_errno(err, "read");
    *got = (size_t)n;
    return true;
}

static void file_free(struct img_reader *r)
{
    struct file *f = (struct file *)r;

    img_fd_done(&f->fd);
    free(f);
}

bool img_reader_of_fd(int fd, struct img_reader **out, struct img_err *err)
{
    struct file *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return img_fail(err, IMG_E_MEMORY, "reader");
    f->base = (struct img_reader){.read = file_read, .free = file_free};
    f->fd = fd;
    *out = &f->base;
    return true;
}

bool img_reader_all(struct img_reader *r, struct img_buf *out, struct img_err *err)
{
    uint8_t chunk[16384];
    struct img_bytes ignored;
    size_t got;

    do {
        if (!img_reader_read(r, chunk, sizeof(chunk), &got, err))
            return false;
        img_buf_put(out, chunk, got);
        if (!img_buf_bytes(out, &ignored, err))
            return false;
    } while (got > 0);
    return true;
}
