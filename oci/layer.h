/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/reader.h"

/*
 * Reads one layer: inflates (gzip, zstd or plain, told by the first bytes), hashes both forms, and
 * walks the tar, in a single pass. Nothing is written to disk and no path touches the file system.
 *
 * Every visitor sees every entry, in order. Paths are normalised: relative, no "./", no "//", no
 * ".."; the image's root itself is ".". An entry that climbs out is reported as `odd` with its raw
 * path, and is not content. A whiteout is reported as one, under the name that it removes; aufs'
 * own `.wh..wh.*` files are passed over. Holes of sparse files are zeros.
 *
 * What visitors were told may be believed only once img_layer_walk() has returned true: the
 * compressed bytes then had the descriptor's digest and the tar had its diff_id.
 *
 * Errors:  IMG_E_REJECTED digest-mismatch, also when what does not match could not be read as an
 *          archive; IMG_E_MALFORMED a broken archive; IMG_E_LIMIT size, ratio, entries, header or
 *          path (limits.h); IMG_E_UNSUPPORTED compression or encryption; and the visitors' own.
 * Threads: visitors of one walk are called from one thread, not necessarily the caller's.
 * Source:  OCI image-spec v1.1 layer.md; pax and GNU tar through libarchive.
 */
enum img_entry_type {
    IMG_ENTRY_FILE,
    IMG_ENTRY_DIR,
    IMG_ENTRY_SYMLINK,
    IMG_ENTRY_HARDLINK,
    IMG_ENTRY_DEVICE,   /* devices, pipes, sockets */
    IMG_ENTRY_WHITEOUT, /* removes `path` of lower layers */
    IMG_ENTRY_OPAQUE    /* hides everything that lower layers have below directory `path` */
};

struct img_entry {
    enum img_entry_type type;
    const char *path; /* bytes as in the archive, normalised; may be any bytes but NUL */
    const char *link; /* target of a link, as written; NULL otherwise */
    uint32_t mode;    /* permission bits with setuid, setgid, sticky */
    uint32_t uid, gid;
    int64_t size; /* bytes of content; 0 unless a file */
    bool odd;     /* climbs out of the image, or is otherwise not content; wants is ignored */
};

struct img_visitor {
    void *ctx;
    /* *wants: give me the content through `data`. It stays false unless set. */
    bool (*entry)(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err);
    bool (*data)(void *ctx, struct img_bytes chunk, struct img_err *err);
    bool (*end)(void *ctx, struct img_err *err); /* the entry's content is complete */
};

struct img_layer_seen {
    uint64_t entries, bytes; /* of the uncompressed form */
    struct img_digest diff_id;
};

#define IMG_VISITORS 8 /* at most, in one walk */

/* diff_id may be unset (hash NONE) for artifacts without one; it is then only reported. */
IMG_NODISCARD bool img_layer_walk(struct img_reader *blob, const struct img_descriptor *desc,
                                  const struct img_digest *diff_id,
                                  const struct img_visitor *visitors, size_t count,
                                  struct img_layer_seen *out, struct img_err *err);
