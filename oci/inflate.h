/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "oci/reader.h"

/*
 * The inflated form of a blob: gzip through ISA-L, zstd through libzstd, or as it is. Which, is
 * told by the first bytes and never by the media type.
 *
 * gzip: several members in a row are one stream; zeros after the last one are padding, anything
 * else there is malformed. zstd: several and skippable frames. Checksums are checked where present.
 *
 * Units:     limit counts bytes of the inflated form.
 * Ownership: the blob is borrowed and outlives the reader; when the reader gives its end, the blob
 *            has been read to its end too.
 * Errors:    IMG_E_MALFORMED broken or cut short; IMG_E_LIMIT more than limit bytes, or a zstd
 * window over IMG_LIMIT_ZSTD_WINDOW; IMG_E_UNSUPPORTED another compression; and the blob's own.
 * Source:    RFC 1952 section 2.2; RFC 8878 section 3.
 */
IMG_NODISCARD bool img_inflate_new(struct img_reader *blob, uint64_t limit, struct img_reader **out,
                                   struct img_err *err);
