/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/memstore.h"

#include "tests/support/t.h"

static bool find(const struct t_store *s, const struct img_digest *d, size_t *out,
                 struct img_err *err)
{
    for (size_t i = 0; i < s->count; i++)
        if (img_digest_equal(&s->blobs[i].digest, d)) {
            *out = i;
            return true;
        }
    return img_fail(err, IMG_E_NOT_FOUND, "no such blob");
}

static bool fetch(struct img_store *base, struct img_want *wants, size_t count, struct img_err *err)
{
    struct t_store *s = (struct t_store *)base;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        size_t at = 0;

        wants[i].ok = find(s, &wants[i].desc.digest, &at, &wants[i].err);
        if (!wants[i].ok)
            continue;
        img_buf_put(&wants[i].bytes, s->blobs[at].bytes.ptr, s->blobs[at].bytes.len);
        s->blobs[at].read++;
    }
    return true;
}

static bool open_blob(struct img_store *base, const struct img_descriptor *desc,
                      struct img_reader **out, struct img_err *err)
{
    struct t_store *s = (struct t_store *)base;
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    struct img_bytes all;
    size_t at = 0;

    if (!find(s, &desc->digest, &at, err) || !img_buf_bytes(&s->blobs[at].bytes, &all, err) ||
        !img_reader_of_bytes(all, &raw, err) || !img_reader_verified(raw, desc, out, err))
        return false;
    raw = NULL;
    return true;
}

void t_store_init(struct t_store *s)
{
    static const struct img_store_ops ops = {.fetch = fetch, .open_blob = open_blob};

    *s = (struct t_store){.base.ops = &ops};
}

void t_store_done(struct t_store *s)
{
    for (size_t i = 0; i < s->count; i++)
        img_buf_done(&s->blobs[i].bytes);
}

struct img_descriptor t_store_put(struct t_store *s, const char *media_type, struct img_bytes data)
{
    struct img_descriptor d = {.size = (int64_t)data.len};

    assert_true(s->count < IMG_COUNT(s->blobs));
    (void)snprintf(d.media_type, sizeof(d.media_type), "%s", media_type);
    t_ok(img_digest_of(IMG_SHA256, data, &d.digest, &err));
    s->blobs[s->count].digest = d.digest;
    s->blobs[s->count].bytes = IMG_BUF(SIZE_MAX / 2);
    img_buf_put(&s->blobs[s->count].bytes, data.ptr, data.len);
    s->count++;
    return d;
}

static struct img_bytes bytes_of(const struct img_buf *b)
{
    struct img_bytes out = {0};

    t_ok(img_buf_bytes(b, &out, &err));
    return out;
}

struct img_descriptor t_store_image(struct t_store *s, const struct img_bytes *layers, size_t count,
                                    const char *config)
{
    IMG_AUTO(img_buf_done) struct img_buf c = IMG_BUF(1 << 20);
    IMG_AUTO(img_buf_done) struct img_buf m = IMG_BUF(1 << 20);
    struct img_descriptor d;
    char digest[IMG_DIGEST_TEXT];

    img_buf_putf(&c,
                 "{\"os\":\"linux\",\"architecture\":\"amd64\","
                 "\"created\":\"2026-01-01T00:00:00Z\",\"config\":{%s},"
                 "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[",
                 config != NULL ? config : "");
    for (size_t i = 0; i < count; i++) {
        d = t_store_put(s, IMG_TYPE_OCI_LAYER, layers[i]);
        img_digest_text(&d.digest, digest);
        img_buf_putf(&c, "%s\"%s\"", i > 0 ? "," : "", digest);
        img_buf_putf(&m, "%s{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%lld}",
                     i > 0 ? "," : "", IMG_TYPE_OCI_LAYER, digest, (long long)d.size);
    }
    img_buf_puts(&c, "]}}");
    {
        IMG_AUTO(img_buf_done) struct img_buf whole = IMG_BUF(1 << 20);

        d = t_store_put(s, IMG_TYPE_OCI_CONFIG, bytes_of(&c));
        img_digest_text(&d.digest, digest);
        img_buf_putf(&whole,
                     "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":{\"mediaType\":\"%s\","
                     "\"digest\":\"%s\",\"size\":%lld},\"layers\":[%.*s]}",
                     IMG_TYPE_OCI_MANIFEST, IMG_TYPE_OCI_CONFIG, digest, (long long)d.size,
                     (int)m.len, m.ptr != NULL ? (const char *)m.ptr : "");
        return t_store_put(s, IMG_TYPE_OCI_MANIFEST, bytes_of(&whole));
    }
}
