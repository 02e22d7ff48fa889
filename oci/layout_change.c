/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "oci/layout.h"

#define LOCK_WAIT_MS 60000 /* where the run has no deadline of its own */
#define LOCK_STEP_MS 3

static int64_t milliseconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* True when fd still is what the name stands for: a tool may have replaced the file meanwhile. */
static bool same_file(int fd, int dir, const char *name)
{
    struct stat held, named;

    return fstat(fd, &held) == 0 && fstatat(dir, name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Locks the layout against other writers; closing *out unlocks it. */
static bool lock(const struct img_layout *l, int *out, struct img_err *err)
{
    static const struct timespec step = {.tv_nsec = LOCK_STEP_MS * 1000000L};
    int64_t deadline = milliseconds() + (l->timeout_ms > 0 ? l->timeout_ms : LOCK_WAIT_MS);

    do {
        /* for writing, because NFS gives exclusive locks on nothing else */
        IMG_AUTO(img_fd_done)
        int fd = openat(l->dir, "oci-layout", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
        if (fd < 0)
            return img_fail_errno(err, "oci-layout");
        if (flock(fd, LOCK_EX | LOCK_NB) == 0 && same_file(fd, l->dir, "oci-layout")) {
            *out = fd;
            fd = -1;
            return true;
        }
        (void)nanosleep(&step, NULL);
    } while (milliseconds() < deadline);
    return img_fail(err, IMG_E_IO, "another program kept the layout locked until the deadline");
}

static bool sync_blobs(struct img_layout *l, struct img_err *err)
{
    for (size_t h = 0; l->renamed && h < IMG_COUNT(l->blobs); h++)
        if (l->blobs[h] >= 0 && fsync(l->blobs[h]) != 0 && errno != EINVAL)
            return img_fail_errno(err, "sync blobs");
    l->renamed = false;
    return true;
}

static bool dump(const json_t *doc, struct img_buf *out, struct img_bytes *bytes,
                 struct img_err *err)
{
    return img_json_text(doc, out, err) && img_buf_bytes(out, bytes, err);
}

/* A change to the list of entries. *changed tells whether there is anything to write. */
struct change {
    bool (*apply)(struct img_layout *l, const struct change *c, json_t *entries, bool *changed,
                  struct img_err *err);
    const struct img_descriptor *desc;         /* put */
    const char *tag;                           /* put; NULL: none */
    const struct img_attached_manifest *items; /* attach */
    const struct img_digest *subject;          /* detach */
    const struct img_digest *digests;          /* detach */
    size_t count;                              /* of items or digests */
};

/* Nothing is added to a list that nobody could read afterwards. */
static bool check_entries(const struct img_layout_index *index, struct img_err *err)
{
    bool usable;

    for (size_t i = 0; i < json_array_size(index->entries); i++) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
        if (!img_layout_entry(index, i, &entry, &usable, err))
            return false;
    }
    return true;
}

/* Re-reads, merges and replaces index.json under the lock: what others wrote stays. */
static bool change_index(struct img_layout *l, const struct change *c, struct img_err *err)
{
    IMG_AUTO(img_layout_index_done) struct img_layout_index index = {.doc = NULL};
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_INDEX_JSON);
    IMG_AUTO(img_fd_done) int held = -1;
    struct img_bytes bytes;
    bool changed = false;

    if (!lock(l, &held, err) || !img_layout_index_read(l, &index, err) ||
        !check_entries(&index, err) || !c->apply(l, c, index.entries, &changed, err))
        return false;
    return !changed || (dump(index.doc, &text, &bytes, err) && sync_blobs(l, err) &&
                        img_write_file_at(l->dir, "index.json", bytes, 0644, IMG_REPLACE, err));
}

static bool entry_json(const struct img_descriptor *desc, json_t **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_json_out j = {.to = &text};
    struct img_bytes bytes;

    img_descriptor_write(&j, NULL, desc);
    return img_buf_bytes(&text, &bytes, err) && img_json_parse(bytes, IMG_LIMIT_MANIFEST, out, err);
}

static const char *annotation(const json_t *entry, const char *name)
{
    return json_string_value(json_object_get(json_object_get(entry, "annotations"), name));
}

static bool set_name(json_t *entry, const char *tag, struct img_err *err)
{
    json_t *notes = json_object_get(entry, "annotations");

    if (!json_is_object(notes)) {
        notes = json_object();
        if (json_object_set_new(entry, "annotations", notes) != 0)
            return img_fail(err, IMG_E_MEMORY, "index");
    }
    if (json_object_set_new(notes, IMG_REF_NAME, json_string(tag)) != 0)
        return img_fail(err, IMG_E_MEMORY, "index");
    return true;
}

static bool has_digest(const json_t *entry, const struct img_digest *digest)
{
    const char *text = json_string_value(json_object_get(entry, "digest"));
    char want[IMG_DIGEST_TEXT];

    img_digest_text(digest, want);
    return text != NULL && strcmp(text, want) == 0;
}

/* An entry that says something else of the same content is not this one, and may be wrong. */
static bool is_entry_for(const json_t *entry, const struct img_descriptor *desc)
{
    const char *type = json_string_value(json_object_get(entry, "mediaType"));
    const json_t *size = json_object_get(entry, "size");

    return has_digest(entry, &desc->digest) && type != NULL &&
           strcmp(type, desc->media_type) == 0 && json_is_integer(size) &&
           json_integer_value(size) == desc->size;
}

/* A name in index.json comes from the caller. One that the annotations bring along (a manifest's
 * own, say) must not take a tag away from the image that has it. */
static bool fresh_entry(const struct change *c, json_t **out, struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *entry = NULL;
    json_t *notes;

    if (!entry_json(c->desc, &entry, err))
        return false;
    notes = json_object_get(entry, "annotations");
    (void)json_object_del(notes, IMG_REF_NAME);
    (void)json_object_del(notes, IMG_CONTAINERD_NAME);
    if (c->tag != NULL && !set_name(entry, c->tag, err))
        return false;
    *out = IMG_STEAL(&entry);
    return true;
}

/* A tag names one image: other entries lose it, and go. An entry for the same content that has no
 * name yet gets this one. */
static bool apply_put(struct img_layout *l, const struct change *c, json_t *entries, bool *changed,
                      struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *fresh = NULL;
    json_t *nameless = NULL;
    bool there = false;

    (void)l;
    for (size_t i = json_array_size(entries); i-- > 0;) {
        json_t *entry = json_array_get(entries, i);
        const char *name = annotation(entry, IMG_REF_NAME);
        bool named = c->tag != NULL && name != NULL && strcmp(name, c->tag) == 0;
        bool same = is_entry_for(entry, c->desc);
        if (same && (named || c->tag == NULL))
            there = true;
        else if (named && json_array_remove(entries, i) == 0)
            *changed = true;
        else if (same && name == NULL && annotation(entry, IMG_CONTAINERD_NAME) == NULL)
            nameless = entry;
    }
    if (there)
        return true;
    *changed = true;
    if (nameless != NULL)
        return set_name(nameless, c->tag, err);
    if (!fresh_entry(c, &fresh, err))
        return false;
    if (json_array_append(entries, fresh) != 0)
        return img_fail(err, IMG_E_MEMORY, "index");
    return true;
}

static bool apply_attach(struct img_layout *l, const struct change *c, json_t *entries,
                         bool *changed, struct img_err *err)
{
    for (size_t i = 0; i < c->count; i++) {
        struct change one = {.desc = &c->items[i].desc};
        if (!apply_put(l, &one, entries, changed, err))
            return false;
    }
    return true;
}

static bool is_listed(const struct change *c, const json_t *entry)
{
    for (size_t i = 0; i < c->count; i++)
        if (has_digest(entry, &c->digests[i]))
            return true;
    return false;
}

/* Writes a list of referrers (fallback tag) again without those that are to go. */
static bool shorten_fallback(struct img_layout *l, const struct change *c,
                             const struct img_descriptor *old, json_t *entry, bool *changed,
                             struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf before = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(img_buf_done) struct img_buf after = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    struct img_descriptor fresh = {.size = 0};
    char digest[IMG_DIGEST_TEXT];
    struct img_bytes bytes;
    json_t *list;
    size_t count;

    if (!img_layout_read_blob(l, &old->digest, old->size, &before, err) ||
        !img_buf_bytes(&before, &bytes, err) ||
        !img_json_parse(bytes, IMG_LIMIT_MANIFEST, &doc, err))
        return img_ctx(err, "list of referrers");
    list = json_object_get(doc, "manifests");
    count = json_array_size(list);
    for (size_t i = count; i-- > 0;)
        if (is_listed(c, json_array_get(list, i)))
            (void)json_array_remove(list, i);
    if (json_array_size(list) == count)
        return true;
    if (!dump(doc, &after, &bytes, err) ||
        !img_digest_of(old->digest.hash, bytes, &fresh.digest, err))
        return false;
    fresh.size = (int64_t)bytes.len;
    img_digest_text(&fresh.digest, digest);
    *changed = true;
    if (json_object_set_new(entry, "digest", json_string(digest)) != 0 ||
        json_object_set_new(entry, "size", json_integer(fresh.size)) != 0)
        return img_fail(err, IMG_E_MEMORY, "index");
    return img_layout_put_document(l, &fresh, bytes, err);
}

static bool apply_detach(struct img_layout *l, const struct change *c, json_t *entries,
                         bool *changed, struct img_err *err)
{
    struct img_layout_index index = {.entries = entries};
    bool usable, refers;

    for (size_t i = json_array_size(entries); i-- > 0;) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
        json_t *node = json_array_get(entries, i);
        if (!img_layout_entry(&index, i, &entry, &usable, err))
            return false;
        if (usable && img_layout_is_fallback(&entry, c->subject) &&
            !shorten_fallback(l, c, &entry, node, changed, err))
            return false;
        if (!usable || !is_listed(c, node))
            continue;
        if (!img_layout_refers(l, c->subject, &entry, &refers, err))
            return false;
        if (refers && json_array_remove(entries, i) == 0)
            *changed = true;
    }
    return true;
}

bool img_layout_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                             struct img_bytes bytes, const char *tag, bool entry,
                             struct img_err *err)
{
    struct change c = {.apply = apply_put, .desc = desc, .tag = tag};
    struct img_layout *l = (struct img_layout *)s;

    if (!img_layout_put_document(l, desc, bytes, err) ||
        ((tag != NULL || entry) && !change_index(l, &c, err)))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}

bool img_layout_attach(struct img_store *s, const struct img_descriptor *desc,
                       const struct img_digest *subject, struct img_bytes bytes,
                       struct img_err *err)
{
    (void)subject; /* stands in the manifest itself, where referrers are found by it */
    return img_layout_put_manifest(s, desc, bytes, NULL, true, err);
}

bool img_layout_attach_all(struct img_store *s, const struct img_digest *subject,
                           const struct img_attached_manifest *items, size_t count,
                           struct img_err *err)
{
    struct change c = {.apply = apply_attach, .subject = subject, .items = items, .count = count};
    struct img_layout *l = (struct img_layout *)s;

    for (size_t i = 0; i < count; i++)
        if (!img_layout_put_document(l, &items[i].desc, items[i].bytes, err))
            return img_ctx(err, "oci:%s", l->path);
    if (!change_index(l, &c, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}

bool img_layout_detach(struct img_store *s, const struct img_digest *subject,
                       const struct img_digest *digests, size_t count, struct img_err *err)
{
    struct change c = {.apply = apply_detach,
                       .subject = subject,
                       .digests = digests,
                       .count = count};
    struct img_layout *l = (struct img_layout *)s;

    if (l->dir >= 0 && !change_index(l, &c, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}
