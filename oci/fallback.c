/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/fallback.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

void img_fallback_tag(const struct img_digest *subject, char out[static IMG_FALLBACK_TAG])
{
    char hex[IMG_DIGEST_TEXT];

    img_digest_hex(subject, hex);
    (void)snprintf(out, IMG_FALLBACK_TAG, "%s-%.64s", img_hash_name(subject->hash), hex);
}

/* The index's document and its entries. One with a config or layers too, or of another type, is
 * taken for something else by other readers and is no list (CVE-2021-41190). */
static bool read_index(struct img_bytes text, json_t **doc, struct img_json *list, size_t *count,
                       struct img_err *err)
{
    static const char *const names[] = {"schemaVersion", "mediaType", "manifests", "config",
                                        "layers",        "fsLayers",  "subject",   "artifactType"};
    char type[IMG_MEDIA_TYPE];
    struct img_json at;

    if (!img_json_parse(text, IMG_LIMIT_MANIFEST, doc, err) || !img_json_root(*doc, &at, err) ||
        !img_json_no_twins(&at, names, IMG_COUNT(names), err) ||
        !img_json_media_type(&at, "mediaType", type, err))
        return img_ctx(err, "list of referrers");
    if (type[0] != '\0' && strcmp(type, IMG_TYPE_OCI_INDEX) != 0)
        return img_fail(err, IMG_E_MALFORMED, "list of referrers: mediaType is %s", type);
    if (img_json_has(&at, "config") || img_json_has(&at, "layers") || img_json_has(&at, "fsLayers"))
        return img_fail(err, IMG_E_MALFORMED, "list of referrers: an image manifest");
    if (type[0] == '\0' && !img_json_has(&at, "manifests"))
        return img_fail(err, IMG_E_MALFORMED, "list of referrers: no image index");
    if (!img_json_opt_arr(&at, "manifests", list, count, err))
        return img_ctx(err, "list of referrers");
    list->up = NULL; /* `at` goes away */
    return true;
}

static int compare(const struct img_digest *a, const struct img_digest *b)
{
    return a->hash != b->hash ? (a->hash < b->hash ? -1 : 1) : memcmp(a->bytes, b->bytes, a->len);
}

/* Where a digest stands, or would stand, in c->order. */
static size_t place(const struct img_collected *c, const struct img_digest *d, bool *found)
{
    size_t low = 0, high = c->list.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int sign = compare(&c->list.items[c->order[middle]].digest, d);

        if (sign == 0) {
            *found = true;
            return middle;
        }
        if (sign < 0)
            low = middle + 1;
        else
            high = middle;
    }
    *found = false;
    return low;
}

static bool grow(struct img_collected *c, struct img_err *err)
{
    size_t cap = c->cap == 0 ? 16 : c->cap * 2;
    struct img_descriptor *items;
    size_t *order;

    if (c->list.count < c->cap)
        return true;
    items = realloc(c->list.items, cap * sizeof(*items));
    if (items != NULL)
        c->list.items = items;
    order = realloc(c->order, cap * sizeof(*order));
    if (order != NULL)
        c->order = order;
    if (items == NULL || order == NULL)
        return img_fail(err, IMG_E_MEMORY, "list of referrers");
    c->cap = cap;
    return true;
}

static bool keep(struct img_collected *c, struct img_descriptor *d, struct img_err *err)
{
    bool found;
    size_t at = place(c, &d->digest, &found);

    if (found)
        return true;
    if (!grow(c, err))
        return false;
    memmove(c->order + at + 1, c->order + at, (c->list.count - at) * sizeof(*c->order));
    c->order[at] = c->list.count;
    c->list.items[c->list.count++] = *d;
    d->annotations = NULL; /* moved */
    return true;
}

bool img_collect(struct img_bytes index, struct img_collected *io, struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    struct img_err ignored = IMG_ERR_INIT;
    struct img_json list, at;
    size_t count;

    if (!read_index(index, &doc, &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor d = {.size = 0};

        if (io->looked >= 2 * IMG_LIMIT_REFERRERS || io->list.count >= IMG_LIMIT_REFERRERS) {
            io->list.cut = true;
            return true;
        }
        io->looked++;
        if (!img_json_item(&list, i, &at, &ignored) || !img_descriptor_read(&at, &d, &ignored))
            continue;
        if (!keep(io, &d, err))
            return false;
    }
    return true;
}

void img_collected_done(struct img_collected *c)
{
    img_referrers_done(&c->list);
    free(c->order);
    *c = (struct img_collected){0};
}

/* --- writing ---------------------------------------------------------------------------------- */

static const char *digest_of(const json_t *entry)
{
    const char *text = json_string_value(json_object_get(entry, "digest"));

    return text != NULL ? text : "";
}

static bool load(struct img_bytes text, json_t **doc, json_t **entries, struct img_err *err)
{
    struct img_json list;
    size_t count;

    if (text.len == 0) {
        *doc = json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType", IMG_TYPE_OCI_INDEX,
                         "manifests");
    } else {
        if (!read_index(text, doc, &list, &count, err))
            return false;
        if (json_object_get(*doc, "subject") != NULL)
            return img_fail(err, IMG_E_MALFORMED,
                            "list of referrers: an index that is attached to something itself");
        if (!json_is_array(json_object_get(*doc, "manifests")) &&
            json_object_set_new(*doc, "manifests", json_array()) != 0)
            return img_fail(err, IMG_E_MEMORY, "list of referrers");
    }
    *entries = json_object_get(*doc, "manifests");
    return *entries != NULL ? true : img_fail(err, IMG_E_MEMORY, "list of referrers");
}

static int put_text(const char *text, size_t len, void *to)
{
    img_buf_put(to, text, len);
    return 0;
}

static bool store(const json_t *doc, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_bytes text;

    if (json_dump_callback(doc, put_text, &b, JSON_COMPACT) != 0)
        return img_fail(err, IMG_E_MEMORY, "list of referrers");
    if (!img_buf_bytes(&b, &text, err))
        return img_ctx(err, "list of referrers");
    img_buf_put(out, text.ptr, text.len);
    return img_buf_bytes(out, &text, err);
}

static bool append(json_t *entries, const struct img_descriptor *d, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_json_out j = {.to = &b};
    struct img_bytes text;
    json_t *entry = NULL;

    img_descriptor_write(&j, NULL, d);
    if (!img_buf_bytes(&b, &text, err) || !img_json_parse(text, IMG_LIMIT_MANIFEST, &entry, err))
        return img_ctx(err, "list of referrers");
    if (json_array_append_new(entries, entry) != 0)
        return img_fail(err, IMG_E_MEMORY, "list of referrers");
    return true;
}

bool img_fallback_add(struct img_bytes index, const struct img_descriptor *entry,
                      struct img_buf *out, bool *changed, struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    char digest[IMG_DIGEST_TEXT];
    json_t *entries, *e;
    size_t i;

    img_digest_text(&entry->digest, digest);
    if (!load(index, &doc, &entries, err))
        return false;
    *changed = false;
    json_array_foreach(entries, i, e) if (strcmp(digest_of(e), digest) == 0) return true;
    if (!append(entries, entry, err) || !store(doc, out, err))
        return false;
    *changed = true;
    return true;
}

bool img_fallback_remove(struct img_bytes index, const struct img_digest *digests, size_t count,
                         struct img_buf *out, bool *changed, struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    char digest[IMG_DIGEST_TEXT];
    bool removed = false;
    json_t *entries;

    *changed = false;
    if (index.len == 0)
        return true;
    if (!load(index, &doc, &entries, err))
        return false;
    for (size_t d = 0; d < count; d++) {
        img_digest_text(&digests[d], digest);
        for (size_t i = json_array_size(entries); i-- > 0;)
            if (strcmp(digest_of(json_array_get(entries, i)), digest) == 0)
                removed = json_array_remove(entries, i) == 0 || removed;
    }
    if (removed && !store(doc, out, err))
        return false;
    *changed = removed;
    return true;
}
