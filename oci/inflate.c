/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/inflate.h"

#include <stdlib.h>
#include <string.h>

#include <isa-l/igzip_lib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/limits.h"

#define INPUT ((size_t)256 * 1024) /* bytes asked of the blob at a time */
#define SNIFF ((size_t)10)         /* the longest magic below */

struct inflate {
    struct img_reader base;
    struct img_reader *blob;
    uint8_t *in; /* INPUT bytes, of which [at, len) wait */
    size_t at, len;
    bool ended;   /* the blob gave its end */
    bool between; /* no member or frame is open */
    uint64_t made, limit;
    struct inflate_state *gzip; /* at most one of these two */
    ZSTD_DCtx *zstd;
};

static void inflate_free(struct img_reader *r)
{
    struct inflate *f = (struct inflate *)r;

    free(f->in);
    free(f->gzip);
    (void)ZSTD_freeDCtx(f->zstd);
    free(f);
}

/* Makes at least want bytes wait, or all that are left. */
static bool refill(struct inflate *f, size_t want, struct img_err *err)
{
    size_t got;

    if (f->len - f->at >= want || f->ended)
        return true;
    memmove(f->in, f->in + f->at, f->len - f->at);
    f->len -= f->at;
    f->at = 0;
    while (f->len < want && !f->ended) {
        if (!img_reader_read(f->blob, f->in + f->len, INPUT - f->len, &got, err))
            return false;
        f->len += got;
        f->ended = got == 0;
    }
    return true;
}

/* Between members: true with *more when another begins; zeros to the end are padding. */
static bool next_member(struct inflate *f, bool *more, struct img_err *err)
{
    if (!refill(f, 2, err))
        return false;
    if (f->at == f->len || f->in[f->at] != 0) {
        if (f->gzip != NULL && f->at < f->len && (f->len - f->at < 2 || f->in[f->at] != 0x1f))
            return img_fail(err, IMG_E_MALFORMED, "bytes after the end of the compressed stream");
        *more = f->at < f->len;
        return true;
    }
    while (f->at < f->len) {
        for (; f->at < f->len; f->at++)
            if (f->in[f->at] != 0)
                return img_fail(err, IMG_E_MALFORMED,
                                "bytes after the end of the compressed stream");
        if (!refill(f, 1, err))
            return false;
    }
    *more = false;
    return true;
}

static const char *gzip_says(int code)
{
    switch (code) {
    case ISAL_INCORRECT_CHECKSUM:
        return "wrong checksum or length";
    case ISAL_INVALID_WRAPPER:
        return "broken member header";
    case ISAL_UNSUPPORTED_METHOD:
        return "unknown compression method";
    default:
        return "broken data";
    }
}

/* One call of ISA-L; *got bytes were made. */
static bool gzip_step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, struct img_err *err)
{
    size_t before = f->at;
    int code;

    if (f->between) {
        isal_inflate_reset(f->gzip);
        f->gzip->crc_flag = ISAL_GZIP;
        f->between = false;
    }
    f->gzip->next_in = f->in + f->at;
    f->gzip->avail_in = (uint32_t)(f->len - f->at);
    f->gzip->next_out = to;
    f->gzip->avail_out = (uint32_t)cap;
    code = isal_inflate(f->gzip);
    if (code != ISAL_DECOMP_OK)
        return img_fail(err, IMG_E_MALFORMED, "gzip: %s", gzip_says(code));
    f->at = f->len - f->gzip->avail_in;
    *got = cap - f->gzip->avail_out;
    f->between = f->gzip->block_state == ISAL_BLOCK_FINISH;
    if (!f->between && *got == 0 && f->at == before)
        return img_fail(err, IMG_E_MALFORMED, "gzip: cut short");
    return true;
}

static bool zstd_step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, struct img_err *err)
{
    ZSTD_inBuffer in = {.src = f->in, .size = f->len, .pos = f->at};
    ZSTD_outBuffer out = {.dst = to, .size = cap};
    size_t before = f->at, left = ZSTD_decompressStream(f->zstd, &out, &in);

    if (ZSTD_getErrorCode(left) == ZSTD_error_frameParameter_windowTooLarge)
        return img_fail(err, IMG_E_LIMIT, "zstd: window larger than %llu bytes",
                        (unsigned long long)IMG_LIMIT_ZSTD_WINDOW);
    if (ZSTD_isError(left))
        return img_fail(err, IMG_E_MALFORMED, "zstd: %s", ZSTD_getErrorName(left));
    f->at = in.pos;
    *got = out.pos;
    f->between = left == 0;
    if (!f->between && *got == 0 && f->at == before)
        return img_fail(err, IMG_E_MALFORMED, "zstd: cut short");
    return true;
}

static bool plain_step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, struct img_err *err)
{
    size_t n = f->len - f->at < cap ? f->len - f->at : cap;

    if (n == 0 && !f->ended) { /* straight into the caller's block */
        if (!img_reader_read(f->blob, to, cap, got, err))
            return false;
        f->ended = *got == 0;
        return true;
    }
    memcpy(to, f->in + f->at, n);
    f->at += n;
    *got = n;
    return true;
}

/* Makes some bytes, perhaps none yet; *end when the stream is over. */
static bool step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, bool *end,
                 struct img_err *err)
{
    bool more = true;

    *got = 0;
    if (f->gzip == NULL && f->zstd == NULL) {
        if (!plain_step(f, to, cap, got, err))
            return false;
        *end = f->ended && *got == 0;
        return true;
    }
    if (f->between && !next_member(f, &more, err))
        return false;
    *end = !more;
    if (*end)
        return true;
    if (!refill(f, 1, err))
        return false;
    return f->gzip != NULL ? gzip_step(f, to, cap, got, err) : zstd_step(f, to, cap, got, err);
}

static bool inflate_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                         struct img_err *err)
{
    struct inflate *f = (struct inflate *)r;
    size_t n = 0, some;
    bool end = false;

    cap = cap < UINT32_MAX ? cap : UINT32_MAX;
    while (n < cap && !end) {
        if (!step(f, to + n, cap - n, &some, &end, err))
            return false;
        n += some;
        if (some > f->limit - f->made)
            return img_fail(err, IMG_E_LIMIT, "inflates to more than %llu bytes",
                            (unsigned long long)f->limit);
        f->made += some;
    }
    *got = n;
    return true;
}

static bool starts(const struct inflate *f, const char *magic, size_t len)
{
    return f->len >= len && memcmp(f->in, magic, len) == 0;
}

static bool start_zstd(struct inflate *f, struct img_err *err)
{
    f->zstd = ZSTD_createDCtx();
    if (f->zstd == NULL)
        return img_fail(err, IMG_E_MEMORY, "zstd");
    if (ZSTD_isError(ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, IMG_LIMIT_ZSTD_LOG)))
        return img_fail(err, IMG_E_INTERNAL, "zstd window limit");
    return true;
}

static bool start_gzip(struct inflate *f, struct img_err *err)
{
    f->gzip = calloc(1, sizeof(*f->gzip));
    if (f->gzip == NULL)
        return img_fail(err, IMG_E_MEMORY, "gzip");
    isal_inflate_init(f->gzip);
    f->gzip->crc_flag = ISAL_GZIP;
    return true;
}

/* RFC 8878 section 3.1: a frame, or a skippable one (0x184D2A50 to 0x184D2A5F, little-endian). */
static bool is_zstd(const struct inflate *f)
{
    return starts(f, "\x28\xb5\x2f\xfd", 4) ||
           (f->len >= 4 && (f->in[0] & 0xf0) == 0x50 && /* NOLINT: filled by the reader */
            memcmp(f->in + 1, "\x2a\x4d\x18", 3) == 0);
}

static bool sniff(struct inflate *f, struct img_err *err)
{
    if (!refill(f, SNIFF, err))
        return false;
    if (starts(f, "\x1f\x8b", 2))
        return start_gzip(f, err);
    if (is_zstd(f))
        return start_zstd(f, err);
    if (starts(f,
               "\xfd"
               "7zXZ\0",
               6))
        return img_fail(err, IMG_E_UNSUPPORTED, "compressed with xz");
    if (starts(f, "BZh", 3) && f->len >= SNIFF && memcmp(f->in + 4, "1AY&SY", 6) == 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "compressed with bzip2");
    if (starts(f, "\x04\x22\x4d\x18", 4))
        return img_fail(err, IMG_E_UNSUPPORTED, "compressed with lz4");
    return true;
}

static void drop(struct inflate **f)
{
    if (*f != NULL)
        inflate_free(&(*f)->base);
}

bool img_inflate_new(struct img_reader *blob, uint64_t limit, struct img_reader **out,
                     struct img_err *err)
{
    IMG_AUTO(drop) struct inflate *f = calloc(1, sizeof(*f));
    struct inflate *made;

    if (f == NULL)
        return img_fail(err, IMG_E_MEMORY, "inflate");
    f->base = (struct img_reader){.read = inflate_read, .free = inflate_free};
    f->blob = blob;
    f->limit = limit;
    f->in = malloc(INPUT);
    if (f->in == NULL)
        return img_fail(err, IMG_E_MEMORY, "inflate");
    if (!sniff(f, err))
        return false;
    made = IMG_STEAL(&f);
    *out = &made->base;
    return true;
}
