/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "oci/layout.h"

#define COPY_CHUNK   ((size_t)256 * 1024) /* bytes read and written at once */
#define LOCK_WAIT_MS 60000                /* where the run has no deadline of its own */
#define LOCK_STEP_MS 3
#define TEMPORARY    ".imgtrust-" /* what a killed writer may leave; nothing looks at such names */

/* --- making a layout ----------------------------------------------------------------------------
 */

static bool make_directories(const char *path, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *copy = NULL;

    if (!img_strdup(path, &copy, err))
        return false;
    for (char *p = copy + 1;; p++) {
        char c = *p;
        if (c != '/' && c != '\0')
            continue;
        *p = '\0';
        if (mkdir(copy, 0777) != 0 && errno != EEXIST)
            return img_fail_errno(err, "create");
        *p = c;
        if (c == '\0')
            return true;
    }
}

/* A directory with files of other kinds is not turned into a layout by mistake. What an interrupted
 * creation leaves is no hindrance. */
static bool may_become_layout(int dir, struct img_err *err)
{
    static const char *const ours[] = {".", "..", "blobs", "index.json"};
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = copy >= 0 ? fdopendir(copy) : NULL;
    const struct dirent *e;
    bool good = true;

    if (list == NULL) {
        img_fd_done(&copy);
        return img_fail_errno(err, "list");
    }
    while (good && (e = readdir(list)) != NULL) {
        good = img_has_prefix(e->d_name, TEMPORARY);
        for (size_t i = 0; i < IMG_COUNT(ours); i++)
            good = good || strcmp(e->d_name, ours[i]) == 0;
    }
    (void)closedir(list);
    /* or it became one while we looked */
    if (!good && faccessat(dir, "oci-layout", F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return img_fail(err, IMG_E_MALFORMED,
                        "not an OCI image layout, and not empty: nothing was written");
    return true;
}

/* A file that somebody else made first is as good. */
static bool make_file(int dir, const char *name, const char *text, struct img_err *err)
{
    struct img_bytes bytes = {.ptr = (const uint8_t *)text, .len = strlen(text)};

    return img_write_file_at(dir, name, bytes, 0644, IMG_KEEP, err) || err->code == IMG_E_USAGE;
}

static bool make_directory(int dir, const char *name, struct img_err *err)
{
    if (mkdirat(dir, name, 0777) != 0 && errno != EEXIST)
        return img_fail_errno(err, "%s", name);
    return true;
}

/* oci-layout comes last: with it the directory is a layout, and a whole one. */
static bool create(struct img_layout *l, struct img_err *err)
{
    if (l->dir >= 0)
        return true;
    if (!l->write)
        return img_fail(err, IMG_E_INTERNAL, "layout opened for reading");
    if (!make_directories(l->path, err))
        return false;
    l->dir = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->dir < 0)
        return img_fail_errno(err, "open");
    if (!may_become_layout(l->dir, err) || !make_directory(l->dir, "blobs", err) ||
        !make_file(l->dir, "index.json",
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_INDEX
                   "\",\"manifests\":[]}",
                   err) ||
        !make_file(l->dir, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}", err) ||
        !img_layout_check_version(l->dir, err)) {
        img_fd_done(&l->dir);
        return false;
    }
    for (enum img_hash h = IMG_SHA256; h <= IMG_SHA512; h++)
        if (!img_layout_open_blobs(l, h, err))
            return false;
    return true;
}

static bool make_blobs(struct img_layout *l, enum img_hash hash, struct img_err *err)
{
    char name[IMG_DIGEST_TEXT];

    if (hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_INTERNAL, "no digest to store under");
    if (!create(l, err))
        return false;
    if (l->blobs[hash] >= 0)
        return true;
    (void)snprintf(name, sizeof(name), "blobs/%s", img_hash_name(hash));
    if (!make_directory(l->dir, "blobs", err) || !make_directory(l->dir, name, err) ||
        !img_layout_open_blobs(l, hash, err))
        return false;
    return l->blobs[hash] >= 0 || img_fail(err, IMG_E_IO, "%s was taken away", name);
}

/* --- blobs --------------------------------------------------------------------------------------
 */

/* What goes by on its way to the disk. */
struct sink {
    int fd;
    struct img_hasher *hasher; /* NULL where the reader itself vouches for the content */
    uint64_t left;
};

static bool pump(struct img_reader *from, struct sink *to, uint8_t *chunk, struct img_err *err)
{
    size_t got;

    do {
        struct img_bytes bytes = {.ptr = chunk};
        if (!img_reader_read(from, chunk, COPY_CHUNK, &got, err))
            return false;
        if (got > to->left)
            return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "larger than declared");
        bytes.len = got;
        to->left -= got;
        if ((to->hasher != NULL && !img_hasher_update(to->hasher, bytes, err)) ||
            !img_write_fd(to->fd, bytes, err))
            return false;
    } while (got > 0);
    if (to->left > 0)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "ends %llu bytes too early",
                          (unsigned long long)to->left);
    return true;
}

static bool check_hash(struct sink *to, const struct img_digest *want, struct img_err *err)
{
    char expected[IMG_DIGEST_TEXT], found[IMG_DIGEST_TEXT];
    struct img_digest got;

    if (to->hasher == NULL)
        return true;
    if (!img_hasher_finish(to->hasher, &got, err))
        return false;
    if (img_digest_equal(&got, want))
        return true;
    img_digest_text(want, expected);
    img_digest_text(&got, found);
    return img_refuse(err, IMG_E_REJECTED, IMG_WHY_DIGEST_MISMATCH, "expected %s, found %s",
                      expected, found);
}

static void free_chunk(uint8_t **chunk)
{
    free(*chunk);
}

static bool write_blob(int fd, const struct img_descriptor *desc, struct img_reader *from,
                       struct img_err *err)
{
    IMG_AUTO(img_hasher_freep) struct img_hasher *hasher = NULL;
    IMG_AUTO(free_chunk) uint8_t *chunk = malloc(COPY_CHUNK);
    struct sink to = {.fd = fd, .left = (uint64_t)desc->size};

    if (chunk == NULL)
        return img_fail(err, IMG_E_MEMORY, "copy");
    if (!img_reader_is_verified(from, desc) && !img_hasher_new(desc->digest.hash, &hasher, err))
        return false;
    to.hasher = hasher;
    if (!pump(from, &to, chunk, err) || !check_hash(&to, &desc->digest, err))
        return false;
    if (fsync(fd) != 0)
        return img_fail_errno(err, "sync");
    return true;
}

static bool store_blob(struct img_layout *l, const struct img_descriptor *desc,
                       struct img_reader *from, struct img_err *err)
{
    int dir = l->blobs[desc->digest.hash];
    char name[IMG_DIGEST_TEXT], temporary[64];
    IMG_AUTO(img_fd_done) int fd = -1;
    uint64_t random;
    bool ok;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
        return img_fail_errno(err, "random number");
    (void)snprintf(temporary, sizeof(temporary), TEMPORARY "%016llx", (unsigned long long)random);
    fd = openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return img_fail_errno(err, "create blob");
    img_digest_hex(&desc->digest, name);
    ok = write_blob(fd, desc, from, err);
    if (ok && renameat(dir, temporary, dir, name) != 0)
        ok = img_fail_errno(err, "rename blob");
    if (!ok)
        (void)unlinkat(dir, temporary, 0);
    l->renamed = l->renamed || ok;
    return ok;
}

static bool put_blob(struct img_layout *l, const struct img_descriptor *desc,
                     struct img_reader *from, struct img_err *err)
{
    IMG_AUTO(img_fd_done) int have = -1;
    struct img_err ignored = IMG_ERR_INIT;
    int64_t size;

    if (desc->size < 0)
        return img_fail(err, IMG_E_INTERNAL, "negative size");
    if (!make_blobs(l, desc->digest.hash, err))
        return false;
    if (img_layout_open_file(l, &desc->digest, &have, &size, &ignored) && size == desc->size)
        return true;
    return store_blob(l, desc, from, err);
}

bool img_layout_put_blob(struct img_store *s, const struct img_descriptor *desc,
                         struct img_reader *from, struct img_err *err)
{
    struct img_layout *l = (struct img_layout *)s;

    if (!put_blob(l, desc, from, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}

static bool put_document(struct img_layout *l, const struct img_descriptor *desc,
                         struct img_bytes bytes, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;

    return img_reader_of_bytes(bytes, &from, err) && put_blob(l, desc, from, err);
}

/* --- index.json ---------------------------------------------------------------------------------
 */

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
    const struct img_descriptor *desc; /* put */
    const char *tag;                   /* put; NULL: none */
    const struct img_digest *subject;  /* detach */
    const struct img_digest *digests;  /* detach */
    size_t count;
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
    return put_document(l, &fresh, bytes, err);
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

    if (!put_document(l, desc, bytes, err) || ((tag != NULL || entry) && !change_index(l, &c, err)))
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
