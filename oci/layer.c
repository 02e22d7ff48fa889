/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/layer.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "oci/ahead.h"
#include "oci/archive_api.h"
#include "oci/inflate.h"

#define TAR_BLOCK 512 /* bytes */

struct walk {
    const struct img_archive_api *api;
    struct archive *archive;
    struct archive_entry *entry;
    struct img_reader *blob;          /* the caller's */
    struct img_reader *ahead_of_blob; /* NULL for a small blob */
    struct img_reader *inflated;
    struct img_ahead *ahead;
    struct img_hasher *hasher;
    struct img_bytes block; /* the last one pulled */
    bool waiting;           /* and not yet given to libarchive */
    const struct img_visitor *visitors;
    size_t count;
    bool wants[IMG_VISITORS];
    char *path;            /* IMG_LIMIT_PATH + 1 bytes: the normalised path */
    uint64_t bytes, limit; /* of the inflated form, holes of sparse files counted in */
    uint64_t holes, entries;
    uint64_t header_end;  /* where the header being read must be over; 0: no header is */
    uint64_t content_end; /* where the last entry's content is over, its padding not counted */
    bool padded;          /* the padding that it lacks at its end was supplied */
    bool failed;          /* the stream failed below libarchive; err says why */
    struct img_err err;
};

static void walk_done(struct walk *w)
{
    if (w->archive != NULL)
        (void)w->api->read_free(w->archive);
    if (w->entry != NULL)
        w->api->entry_free(w->entry);
    img_ahead_free(w->ahead);
    img_reader_freep(&w->inflated);
    img_reader_freep(&w->ahead_of_blob);
    img_hasher_free(w->hasher);
    free(w->path);
}

/* The next block of the tar, hashed, into w->block. */
static bool pull(struct walk *w, struct img_err *err)
{
    if (!img_ahead_next(w->ahead, &w->block, err) || !img_hasher_update(w->hasher, w->block, err))
        return false;
    w->bytes += w->block.len;
    return true;
}

/*
 * Zeros that the last block lacks when the tar ends with an entry's content: some builders (umoci
 * insert) leave out the padding and the end marker, and runtimes take such layers. Content itself
 * that is cut short gets nothing, and stays an error.
 */
static size_t missing_padding(struct walk *w)
{
    size_t missing = (size_t)(TAR_BLOCK - w->bytes % TAR_BLOCK) % TAR_BLOCK;

    if (w->padded || w->bytes < w->content_end || w->bytes - w->content_end >= TAR_BLOCK - missing)
        return 0;
    w->padded = true;
    return missing;
}

/* libarchive keeps what it reads before an entry's content (long names, attributes, sparse maps) in
 * memory, many times its size: the bytes it may take for that are counted here. */
static la_ssize_t feed(struct archive *a, void *ctx, const void **block)
{
    static const uint8_t zeros[TAR_BLOCK];
    struct walk *w = ctx;
    size_t missing;

    (void)a;
    if (!w->failed && w->header_end != 0 && w->bytes > w->header_end)
        w->failed =
            !img_fail(&w->err, IMG_E_LIMIT, "entry %llu has more than %llu bytes of header",
                      (unsigned long long)w->entries, (unsigned long long)IMG_LIMIT_TAR_HEADER);
    if (!w->failed && !w->waiting)
        w->failed = !pull(w, &w->err);
    w->waiting = false;
    missing = w->failed || w->block.len > 0 ? 0 : missing_padding(w);
    *block = missing > 0 ? zeros : w->block.ptr;
    return w->failed ? -1 : missing > 0 ? (la_ssize_t)missing : (la_ssize_t)w->block.len;
}

/* What libarchive's failure means: ours below it, or a broken tar. */
static bool archive_failed(const struct walk *w, struct img_err *err)
{
    const char *says = w->api->error_string(w->archive);

    if (w->failed) {
        *err = w->err;
        return false;
    }
    return img_fail(err, IMG_E_MALFORMED, "tar: entry %llu: %.200s", (unsigned long long)w->entries,
                    says != NULL ? says : "broken");
}

/* Writes the path without ".", "..", empty components and leading "/"; false when it climbs above
 * the root. Lexical, as containerd and Docker clean names before they resolve links. */
static bool normalise(const char *raw, char *out)
{
    size_t n = 0;

    while (*raw != '\0') {
        size_t len = strcspn(raw, "/");

        if (len == 2 && memcmp(raw, "..", 2) == 0) {
            if (n == 0)
                return false;
            while (n > 0 && out[--n] != '/')
                continue;
        } else if (len > 0 && !(len == 1 && raw[0] == '.')) {
            if (n > 0)
                out[n++] = '/';
            memcpy(out + n, raw, len);
            n += len;
        }
        raw += len + (raw[len] == '/');
    }
    if (n == 0)
        out[n++] = '.';
    out[n] = '\0';
    return true;
}

/* True when a link's target, taken from the image's root, climbs above it. */
static bool climbs(const char *path)
{
    size_t depth = 0;

    while (*path != '\0') {
        size_t len = strcspn(path, "/");

        if (len == 2 && memcmp(path, "..", 2) == 0) {
            if (depth == 0)
                return true;
            depth--;
        } else if (len > 0 && !(len == 1 && path[0] == '.')) {
            depth++;
        }
        path += len + (path[len] == '/');
    }
    return false;
}

static enum img_entry_type type_of(mode_t filetype)
{
    switch (filetype) {
    case AE_IFREG:
        return IMG_ENTRY_FILE;
    case AE_IFDIR:
        return IMG_ENTRY_DIR;
    case AE_IFLNK:
        return IMG_ENTRY_SYMLINK;
    default:
        return IMG_ENTRY_DEVICE;
    }
}

/* layer.md, "Whiteouts": turns w->path of a marker into what it removes. *skip: not for visitors.
 */
static void whiteout(struct walk *w, struct img_entry *e, bool *skip)
{
    char *slash = strrchr(w->path, '/'), *base = slash != NULL ? slash + 1 : w->path;
    const char *name = base + strlen(".wh.");

    if (strncmp(base, ".wh.", strlen(".wh.")) != 0)
        return;
    e->size = 0;
    e->link = NULL;
    if (strcmp(base, ".wh..wh..opq") == 0) {
        e->type = IMG_ENTRY_OPAQUE;
        memcpy(slash != NULL ? slash : base, slash != NULL ? "" : ".", slash != NULL ? 1 : 2);
    } else if (strncmp(base, ".wh..wh.", strlen(".wh..wh.")) == 0) {
        *skip = true; /* aufs' own: hard link storage and such, never content */
    } else if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        e->odd = true; /* removes nothing that has a name */
    } else {
        e->type = IMG_ENTRY_WHITEOUT;
        memmove(base, name, strlen(name) + 1);
    }
}

/* The entry as visitors see it. */
static bool describe(struct walk *w, struct img_entry *out, bool *skip, struct img_err *err)
{
    const char *raw = w->api->entry_pathname(w->entry);
    const char *hard = w->api->entry_hardlink(w->entry), *soft = w->api->entry_symlink(w->entry);
    struct img_entry e = {.type = type_of(w->api->entry_filetype(w->entry)), .path = w->path};
    la_int64_t size = w->api->entry_size(w->entry);

    *skip = false;
    if (raw == NULL)
        return img_fail(err, IMG_E_MALFORMED, "tar: entry %llu has no name",
                        (unsigned long long)w->entries);
    if (strlen(raw) > IMG_LIMIT_PATH)
        return img_fail(err, IMG_E_LIMIT, "tar: entry %llu: path longer than %llu bytes",
                        (unsigned long long)w->entries, (unsigned long long)IMG_LIMIT_PATH);
    e.type = hard != NULL ? IMG_ENTRY_HARDLINK : e.type;
    e.link = hard != NULL ? hard : e.type == IMG_ENTRY_SYMLINK ? soft : NULL;
    e.mode = (uint32_t)w->api->entry_perm(w->entry);
    e.uid = (uint32_t)w->api->entry_uid(w->entry);
    e.gid = (uint32_t)w->api->entry_gid(w->entry);
    e.size = e.type == IMG_ENTRY_FILE && size > 0 ? size : 0;
    e.odd = !normalise(raw, w->path) || (hard != NULL && climbs(hard));
    if (e.odd)
        e.path = raw;
    else
        whiteout(w, &e, skip);
    *out = e;
    return true;
}

static bool give(struct walk *w, struct img_bytes chunk, struct img_err *err)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->wants[i] && !w->visitors[i].data(w->visitors[i].ctx, chunk, err))
            return false;
    return true;
}

/* A hole is zeros, and counts as inflated bytes: it is a bomb's cheapest form. */
static bool give_hole(struct walk *w, uint64_t len, struct img_err *err)
{
    static const uint8_t zeros[4096];

    w->holes += len;
    if (w->holes > w->limit || w->bytes + w->holes > w->limit)
        return img_fail(err, IMG_E_LIMIT, "inflates to more than %llu bytes with its holes",
                        (unsigned long long)w->limit);
    for (; len > sizeof(zeros); len -= sizeof(zeros))
        if (!give(w, (struct img_bytes){.ptr = zeros, .len = sizeof(zeros)}, err))
            return false;
    return len == 0 || give(w, (struct img_bytes){.ptr = zeros, .len = (size_t)len}, err);
}

static bool content(struct walk *w, const struct img_entry *e, struct img_err *err)
{
    int64_t at = 0;
    int code = ARCHIVE_OK;

    while (code != ARCHIVE_EOF) {
        const void *block = NULL;
        la_int64_t offset = 0;
        size_t len = 0;

        code = w->api->read_data_block(w->archive, &block, &len, &offset);
        if (code != ARCHIVE_EOF && code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return archive_failed(w, err);
        if (code == ARCHIVE_EOF || len == 0)
            continue;
        if (offset < at || offset > e->size || (int64_t)len > e->size - offset)
            return img_fail(err, IMG_E_MALFORMED, "tar: entry %llu: content out of order",
                            (unsigned long long)w->entries);
        if (offset > at && !give_hole(w, (uint64_t)(offset - at), err))
            return false;
        if (!give(w, (struct img_bytes){.ptr = block, .len = len}, err))
            return false;
        at = offset + (int64_t)len;
    }
    return at >= e->size || give_hole(w, (uint64_t)(e->size - at), err);
}

static bool visit(struct walk *w, struct img_err *err)
{
    struct img_entry e;
    bool any = false, skip;

    if (!describe(w, &e, &skip, err))
        return false;
    for (size_t i = 0; i < w->count && !skip; i++) {
        w->wants[i] = false;
        if (!w->visitors[i].entry(w->visitors[i].ctx, &e, &w->wants[i], err))
            return false;
        w->wants[i] = w->wants[i] && e.type == IMG_ENTRY_FILE && !e.odd;
        any = any || w->wants[i];
    }
    if (any && !content(w, &e, err))
        return false;
    for (size_t i = 0; i < w->count && any; i++)
        if (w->wants[i] && !w->visitors[i].end(w->visitors[i].ctx, err))
            return false;
    return true;
}

/* The next header; *more false at the end of the archive. */
static bool next(struct walk *w, bool *more, struct img_err *err)
{
    int code;

    if (w->entries > 0 && w->api->read_data_skip(w->archive) < ARCHIVE_WARN)
        return archive_failed(w, err);
    /* one more block may be under way already */
    w->header_end = w->bytes + IMG_LIMIT_TAR_HEADER;
    code = w->api->read_next_header2(w->archive, w->entry);
    w->header_end = 0;
    /* ARCHIVE_WARN: the entry is there, but a name could not be turned into this locale's character
     * set. Names are bytes to us; libarchive then leaves them as they are. */
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN && code != ARCHIVE_EOF)
        return archive_failed(w, err);
    *more = code != ARCHIVE_EOF;
    if (*more && w->api->entry_size(w->entry) > 0)
        w->content_end =
            (uint64_t)w->api->filter_bytes(w->archive, 0) + (uint64_t)w->api->entry_size(w->entry);
    if (*more && ++w->entries > IMG_LIMIT_LAYER_ENTRIES)
        return img_fail(err, IMG_E_LIMIT, "tar: more than %d entries", IMG_LIMIT_LAYER_ENTRIES);
    return true;
}

static bool all_zero(struct img_bytes b)
{
    return b.len == 0 || (b.ptr[0] == 0 && memcmp(b.ptr, b.ptr + 1, b.len - 1) == 0);
}

/* What stands behind the end marker must be zeros: some readers of tar go on reading there. */
static bool drain(struct walk *w, struct img_err *err)
{
    uint64_t consumed = (uint64_t)w->api->filter_bytes(w->archive, 0);
    size_t left = w->bytes > consumed ? (size_t)(w->bytes - consumed) : 0;
    struct img_bytes tail = w->block;

    if (left < tail.len)
        tail = (struct img_bytes){.ptr = tail.ptr + (tail.len - left), .len = left};
    while (w->block.len > 0) {
        if (!all_zero(tail))
            return img_fail(err, IMG_E_MALFORMED, "tar: data behind the end of the archive");
        if (!pull(w, err))
            return false;
        tail = w->block;
    }
    return true;
}

static bool read_tar(struct walk *w, struct img_err *err)
{
    bool more = true;

    /* No bytes are no archive to libarchive, and a layer without entries to everybody else. */
    if (!pull(w, err))
        return false;
    if (w->block.len == 0)
        return true;
    w->waiting = true;
    w->archive = w->api->read_new();
    w->entry = w->api->entry_new();
    if (w->archive == NULL || w->entry == NULL)
        return img_fail(err, IMG_E_MEMORY, "tar");
    if (w->api->read_support_format_tar(w->archive) != ARCHIVE_OK)
        return img_fail(err, IMG_E_INTERNAL, "libarchive reads no tar");
    if (w->api->read_open(w->archive, w, NULL, feed, NULL) != ARCHIVE_OK)
        return archive_failed(w, err);
    while (more)
        if (!next(w, &more, err) || (more && !visit(w, err)))
            return false;
    return drain(w, err);
}

/* Three things go on at once in a large layer: reading and hashing the blob, inflating, and hashing
 * and walking the tar. */
static struct img_reader *source(const struct walk *w)
{
    return w->ahead_of_blob != NULL ? w->ahead_of_blob : w->blob;
}

static bool start(struct walk *w, const struct img_descriptor *desc, enum img_hash hash,
                  struct img_err *err)
{
    uint64_t size = desc->size > 0 ? (uint64_t)desc->size : 0;
    size_t type = strlen(desc->media_type);

    if (type > 10 && strcmp(desc->media_type + type - 10, "+encrypted") == 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "encrypted");
    w->limit = IMG_LIMIT_LAYER_SIZE;
    if (size < IMG_LIMIT_LAYER_SIZE / IMG_LIMIT_LAYER_RATIO)
        w->limit = size * IMG_LIMIT_LAYER_RATIO + IMG_LIMIT_LAYER_FLOOR;
    w->path = malloc(IMG_LIMIT_PATH + 1);
    if (w->path == NULL)
        return img_fail(err, IMG_E_MEMORY, "layer");
    if (size > IMG_AHEAD_BLOCK * IMG_AHEAD_BLOCKS &&
        !img_ahead_reader(w->blob, &w->ahead_of_blob, err))
        return false;
    return img_archive_load(&w->api, err) && img_hasher_new(hash, &w->hasher, err) &&
           img_inflate_new(source(w), w->limit, &w->inflated, err) &&
           img_ahead_new(w->inflated, &w->ahead, err);
}

/* A blob that is not what its digest says is told as that, whatever broke first. */
static bool blame(struct walk *w, struct img_err *err)
{
    struct img_err below = IMG_ERR_INIT;
    uint8_t scrap[16384];
    size_t got = 1;

    if (err->code != IMG_E_MALFORMED && err->code != IMG_E_UNSUPPORTED)
        return false;
    img_ahead_freep(&w->ahead); /* its source is ours again */
    while (got > 0)
        if (!img_reader_read(source(w), scrap, sizeof(scrap), &got, &below)) {
            if (below.code == IMG_E_REJECTED)
                *err = below;
            return false;
        }
    return false;
}

static bool check_diff_id(const struct img_digest *want, const struct img_digest *got,
                          struct img_err *err)
{
    char expected[IMG_DIGEST_TEXT], found[IMG_DIGEST_TEXT];

    if (want->hash == IMG_HASH_NONE || img_digest_equal(want, got))
        return true;
    img_digest_text(want, expected);
    img_digest_text(got, found);
    return img_refuse(err, IMG_E_REJECTED, IMG_WHY_DIGEST_MISMATCH,
                      "the configuration's diff_id is %s, the layer's is %s", expected, found);
}

bool img_layer_walk(struct img_reader *blob, const struct img_descriptor *desc,
                    const struct img_digest *diff_id, const struct img_visitor *visitors,
                    size_t count, struct img_layer_seen *out, struct img_err *err)
{
    IMG_AUTO(walk_done)
    struct walk w = {.blob = blob, .visitors = visitors, .count = count};
    enum img_hash hash = diff_id->hash != IMG_HASH_NONE ? diff_id->hash : IMG_SHA256;
    struct img_layer_seen seen;

    if (count > IMG_VISITORS)
        return img_fail(err, IMG_E_INTERNAL, "more than %d visitors", IMG_VISITORS);
    if (!start(&w, desc, hash, err) || !read_tar(&w, err))
        return blame(&w, err);
    seen = (struct img_layer_seen){.entries = w.entries, .bytes = w.bytes};
    if (!img_hasher_finish(w.hasher, &seen.diff_id, err) ||
        !check_diff_id(diff_id, &seen.diff_id, err))
        return false;
    *out = seen;
    return true;
}
