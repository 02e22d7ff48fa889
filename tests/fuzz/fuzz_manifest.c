/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "oci/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What a descriptor is written as must read back as the same descriptor. */
static void round_trip(const struct img_descriptor *d)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST * 8);
    IMG_AUTO(img_descriptor_done) struct img_descriptor again = {.size = 0};
    struct img_json_out j = {.to = &text};
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes bytes;
    struct img_json at;
    json_t *doc = NULL;

    img_descriptor_write(&j, NULL, d);
    if (!img_buf_bytes(&text, &bytes, &err) || !img_json_parse(bytes, bytes.len, &doc, &err) ||
        !img_json_root(doc, &at, &err) || !img_descriptor_read(&at, &again, &err))
        abort();
    if (!img_digest_equal(&d->digest, &again.digest) || d->size != again.size ||
        strcmp(d->media_type, again.media_type) != 0 ||
        strcmp(d->artifact_type, again.artifact_type) != 0 ||
        d->has_platform != again.has_platform ||
        (json_object_size(d->annotations) > 0 && !json_equal(d->annotations, again.annotations)))
        abort();
    json_decref(doc);
}

/* Property: a document is one kind, whatever it was served as; every descriptor in it is complete;
 * one that was read without being told its type reads the same when told the type it says. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0}, again = {.count = 0};
    struct img_bytes text = {.ptr = data, .len = size};
    struct img_err err = IMG_ERR_INIT;

    if (!img_manifest_read(text, NULL, &m, &err))
        return 0;
    if (img_media_type_is_index(m.media_type) != m.is_index ||
        img_media_type_is_manifest(m.media_type) == m.is_index ||
        (m.is_index && m.count > IMG_LIMIT_PLATFORMS) ||
        (!m.is_index && m.count > IMG_LIMIT_LAYERS))
        abort();
    if (!img_manifest_read(text, m.media_type, &again, &err) || again.count != m.count)
        abort();
    img_manifest_done(&again);
    if (img_manifest_read(text, m.is_index ? IMG_TYPE_OCI_MANIFEST : IMG_TYPE_OCI_INDEX, &again,
                          &err))
        abort();
    for (size_t i = 0; i < m.count; i++)
        round_trip(&m.items[i]);
    if (!m.is_index)
        round_trip(&m.config);
    if (m.has_subject)
        round_trip(&m.subject);
    return 0;
}
