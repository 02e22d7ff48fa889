/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/inflate.h"

#include <stdlib.h>
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/limits.h"

#define INPUT  ((size_t)256 * 1024) /* bytes asked of the blob at a time */
#define SNIFF  ((size_t)10)         /* the longest magic below */
#define HEADER ((size_t)18)         /* RFC 8878 section 3.1.1.1: the longest frame header */

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
    unsigned long long frame_size, frame_made; /* zstd: what the open frame promises, and made */
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
    if (!refill(f, f->zstd != NULL ? HEADER : 2, err))
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
    default:
        return "broken data";
    }
}

/* --- gzip's header: RFC 1952 section 2.3
 * ---------------------------------------------------------- ISA-L reads it too, but forgets its
 * flags when it comes in two pieces. */

enum { FHCRC = 2, FEXTRA = 4, FNAME = 8, FCOMMENT = 16, FRESERVED = 0xe0 };

/* The next len bytes of the header, into to unless that is NULL. */
static bool header_bytes(struct inflate *f, size_t len, uint8_t *to, uint32_t *crc,
                         struct img_err *err)
{
    while (len > 0) {
        size_t n;

        if (!refill(f, 1, err))
            return false;
        n = f->len - f->at < len ? f->len - f->at : len;
        if (n == 0)
            return img_fail(err, IMG_E_MALFORMED, "gzip: cut short");
        if (to != NULL) {
            memcpy(to, f->in + f->at, n);
            to += n;
        }
        *crc = crc32_gzip_refl(*crc, f->in + f->at, n);
        f->at += n;
        len -= n;
    }
    return true;
}

static bool header_text(struct inflate *f, uint32_t *crc, struct img_err *err)
{
    uint8_t c = 1;

    while (c != 0)
        if (!header_bytes(f, 1, &c, crc, err))
            return false;
    return true;
}

static bool gzip_header(struct inflate *f, struct img_err *err)
{
    uint8_t fixed[10], two[2];
    uint32_t crc = 0, ignored = 0;

    if (!header_bytes(f, sizeof(fixed), fixed, &crc, err))
        return false;
    if (fixed[0] != 0x1f || fixed[1] != 0x8b || fixed[2] != 8 || (fixed[3] & FRESERVED) != 0)
        return img_fail(err, IMG_E_MALFORMED, "gzip: broken member header");
    if ((fixed[3] & FEXTRA) != 0 &&
        (!header_bytes(f, 2, two, &crc, err) ||
         !header_bytes(f, (size_t)two[0] | (size_t)two[1] << 8, NULL, &crc, err)))
        return false;
    if (((fixed[3] & FNAME) != 0 && !header_text(f, &crc, err)) ||
        ((fixed[3] & FCOMMENT) != 0 && !header_text(f, &crc, err)))
        return false;
    if ((fixed[3] & FHCRC) != 0 && !header_bytes(f, 2, two, &ignored, err))
        return false;
    if ((fixed[3] & FHCRC) != 0 && ((uint32_t)two[0] | (uint32_t)two[1] << 8) != (crc & 0xffff))
        return img_fail(err, IMG_E_MALFORMED, "gzip: wrong checksum of a member header");
    return true;
}

/* One call of ISA-L; *got bytes were made. */
static bool gzip_step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, struct img_err *err)
{
    size_t before;
    int code;

    if (f->between) {
        if (!gzip_header(f, err) || !refill(f, 1, err))
            return false;
        isal_inflate_reset(f->gzip);
        f->gzip->crc_flag = ISAL_GZIP_NO_HDR_VER; /* checks the trailer */
        f->between = false;
    }
    before = f->at;
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

/* RFC 8878 section 3.1.1.1.2: what the frame that begins here asks for; 0 when the header is cut.
 */
static uint64_t zstd_window(const uint8_t *p, size_t len, unsigned long long content)
{
    uint64_t base;

    if (len < 6 || p[0] != 0x28) /* a skippable frame has none */
        return 0;
    if ((p[4] & 0x20) != 0) /* a single segment: the window is the content */
        return content < ZSTD_CONTENTSIZE_ERROR ? content : 0;
    base = UINT64_C(1) << (10 + (p[5] >> 3));
    return base + base / 8 * (p[5] & 7);
}

/* What libzstd looks at only when a frame does not come whole is looked at here, so that the answer
 * does not hang on how the bytes come. */
static bool zstd_frame(struct inflate *f, struct img_err *err)
{
    const uint8_t *p = f->in + f->at;
    size_t len = f->len - f->at;

    f->frame_made = 0;
    f->frame_size = ZSTD_getFrameContentSize(p, len);
    if (zstd_window(p, len, f->frame_size) > IMG_LIMIT_ZSTD_WINDOW)
        return img_fail(err, IMG_E_LIMIT, "zstd: window larger than %llu bytes",
                        (unsigned long long)IMG_LIMIT_ZSTD_WINDOW);
    return true;
}

static bool zstd_step(struct inflate *f, uint8_t *to, size_t cap, size_t *got, struct img_err *err)
{
    ZSTD_inBuffer in = {.src = f->in, .size = f->len, .pos = f->at};
    ZSTD_outBuffer out = {.dst = to, .size = cap};
    size_t before = f->at, left;

    if (f->between && !zstd_frame(f, err))
        return false;
    left = ZSTD_decompressStream(f->zstd, &out, &in);
    if (ZSTD_isError(left))
        return img_fail(err, IMG_E_MALFORMED, "zstd: %s", ZSTD_getErrorName(left));
    f->at = in.pos;
    *got = out.pos;
    f->between = left == 0;
    f->frame_made += out.pos;
    if (!f->between && *got == 0 && f->at == before)
        return img_fail(err, IMG_E_MALFORMED, "zstd: cut short");
    /* libzstd compares the two only when the frame comes whole */
    if (f->between && f->frame_size < ZSTD_CONTENTSIZE_ERROR && f->frame_made != f->frame_size)
        return img_fail(err, IMG_E_MALFORMED, "zstd: a frame is not as long as it says");
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
    f->between = true;
    return true;
}

static bool start_gzip(struct inflate *f, struct img_err *err)
{
    f->gzip = calloc(1, sizeof(*f->gzip));
    if (f->gzip == NULL)
        return img_fail(err, IMG_E_MEMORY, "gzip");
    isal_inflate_init(f->gzip);
    f->between = true;
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
