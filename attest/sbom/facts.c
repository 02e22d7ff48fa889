/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sbom/facts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/limits.h"
#include "base/text.h"

/* --- keys ----------------------------------------------------------------------------------------
 */

struct img_keys {
    struct img_pool pool;
    const char **texts; /* by number */
    uint32_t *slots;    /* number + 1; 0: free. A power of two of them */
    size_t count, cap;  /* cap: of texts; slots are four times as many */
    uint64_t seed;      /* so that nobody can choose names that all meet in one slot */
};

bool img_keys_new(struct img_keys **out, struct img_err *err)
{
    struct img_keys *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return img_fail(err, IMG_E_MEMORY, "package keys");
    if (getrandom(&k->seed, sizeof(k->seed), GRND_NONBLOCK) != (ssize_t)sizeof(k->seed))
        k->seed = (uint64_t)(uintptr_t)k; /* early at boot; addresses are random enough for this */
    *out = k;
    return true;
}

void img_keys_free(struct img_keys *k)
{
    if (k == NULL)
        return;
    free((void *)k->texts);
    free(k->slots);
    img_pool_done(&k->pool);
    free(k);
}

size_t img_keys_count(const struct img_keys *k)
{
    return k->count;
}

static uint64_t mix(uint64_t h, const char *text)
{
    for (; *text != '\0'; text++)
        h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
    h ^= h >> 29;
    return h * UINT64_C(0xbf58476d1ce4e5b9);
}

static size_t slot_of(const struct img_keys *k, const char *text)
{
    size_t mask = 4 * k->cap - 1, at = (size_t)mix(k->seed, text) & mask;

    while (k->slots[at] != 0 && strcmp(k->texts[k->slots[at] - 1], text) != 0)
        at = (at + 1) & mask;
    return at;
}

static bool keys_grow(struct img_keys *k, struct img_err *err)
{
    size_t cap = k->cap == 0 ? 256 : 2 * k->cap;
    const char **texts = realloc((void *)k->texts, cap * sizeof(*texts));
    uint32_t *slots;

    if (texts == NULL)
        return img_fail(err, IMG_E_MEMORY, "package keys");
    k->texts = texts;
    slots = calloc(4 * cap, sizeof(*slots));
    if (slots == NULL)
        return img_fail(err, IMG_E_MEMORY, "package keys");
    free(k->slots);
    k->slots = slots;
    k->cap = cap;
    for (size_t i = 0; i < k->count; i++)
        k->slots[slot_of(k, k->texts[i])] = (uint32_t)i + 1;
    return true;
}

bool img_keys_put(struct img_keys *k, const struct img_db_package *p, uint32_t *out,
                  struct img_err *err)
{
    IMG_AUTO(img_str_free) char *text = NULL;
    size_t at;

    if (k->count == k->cap && !keys_grow(k, err))
        return false;
    if (!img_strf(&text, err, "%s %s %s", p->name, p->version != NULL ? p->version : "",
                  p->arch != NULL ? p->arch : ""))
        return false;
    at = slot_of(k, text);
    if (k->slots[at] == 0) {
        k->texts[k->count++] = img_pool_str(&k->pool, text);
        k->slots[at] = (uint32_t)k->count;
    }
    *out = k->slots[at] - 1;
    return img_pool_check(&k->pool, err);
}

/* --- filling -------------------------------------------------------------------------------------
 */

bool img_facts_new(size_t layers, struct img_facts **out, struct img_err *err)
{
    struct img_facts *f = calloc(1, sizeof(*f));

    if (f == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    if (!img_overlay_init(&f->overlay, layers, err) || !img_keys_new(&f->keys, err)) {
        img_overlay_done(&f->overlay);
        free(f);
        return false;
    }
    (void)pthread_mutex_init(&f->lock, NULL);
    *out = f;
    return true;
}

void img_facts_free(struct img_facts *f)
{
    if (f == NULL)
        return;
    for (struct img_file *file = f->files; file != NULL; file = file->next) {
        img_db_free(file->db);
        free(file->keys);
    }
    img_overlay_done(&f->overlay);
    img_keys_free(f->keys);
    img_pool_done(&f->pool);
    (void)pthread_mutex_destroy(&f->lock);
    free(f);
}

static bool ends(const char *path, const char *tail)
{
    size_t len = strlen(path), n = strlen(tail);

    return len >= n && strcmp(path + len - n, tail) == 0 && (len == n || path[len - n - 1] == '/');
}

enum img_file_kind img_file_kind(const char *path)
{
    const char *base = strrchr(path, '/');
    const char *dir = strstr(path, "dpkg/status.d/");

    base = base != NULL ? base + 1 : path;
    if (ends(path, "dpkg/status"))
        return IMG_FILE_DPKG;
    if (ends(path, "apk/db/installed"))
        return IMG_FILE_APK;
    if (img_has_prefix(base, "os-release"))
        return IMG_FILE_OS_RELEASE;
    if (dir != NULL && base == dir + strlen("dpkg/status.d/") && (dir == path || dir[-1] == '/') &&
        !img_has_suffix(base, ".md5sums"))
        return IMG_FILE_DPKG_SINGLE;
    return IMG_FILE_NONE;
}

bool img_facts_odd(struct img_facts *f, size_t layer, const struct img_entry *e,
                   struct img_err *err)
{
    bool ok;

    (void)pthread_mutex_lock(&f->lock);
    if (f->odd == NULL || layer < f->odd_layer) {
        f->odd = img_pool_strf(&f->pool, "%.200s", e->path);
        f->odd_layer = layer;
    }
    ok = img_pool_check(&f->pool, err);
    (void)pthread_mutex_unlock(&f->lock);
    return ok;
}

static bool add_file(struct img_facts *f, const struct img_file *file, struct img_file **out,
                     struct img_err *err)
{
    struct img_file *fresh;
    size_t same = 0;

    for (const struct img_file *i = f->files; i != NULL; i = i->next)
        same += i->kind == file->kind;
    if (same >= IMG_LIMIT_DB_FILES)
        return img_fail(err, IMG_E_LIMIT, "more than %d package databases", IMG_LIMIT_DB_FILES);
    fresh = img_pool_alloc(&f->pool, 1, sizeof(*fresh));
    if (fresh == NULL)
        return img_fail(err, IMG_E_MEMORY, "package database");
    *fresh = *file;
    fresh->path = img_pool_str(&f->pool, file->path);
    fresh->next = f->files;
    f->files = fresh;
    *out = fresh;
    return img_pool_check(&f->pool, err);
}

bool img_facts_file(struct img_facts *f, size_t layer, enum img_file_kind kind, const char *path,
                    struct img_file **out, struct img_err *err)
{
    const struct img_file file = {.kind = kind, .path = path, .layer = layer};
    bool ok;

    (void)pthread_mutex_lock(&f->lock);
    ok = add_file(f, &file, out, err);
    (void)pthread_mutex_unlock(&f->lock);
    return ok;
}

static void drop_details(struct img_file *file)
{
    img_db_free(file->db);
    file->db = NULL;
}

/* Of one path, only the topmost version's details can matter in the end: a higher layer's file
 * always hides a lower layer's. The keys of all versions stay. */
static void supersede(struct img_facts *f, struct img_file *file)
{
    bool hidden = false;

    if (file->kind == IMG_FILE_DPKG_SINGLE)
        return; /* small, and many */
    for (struct img_file *i = f->files; i != NULL; i = i->next) {
        if (i == file || i->db == NULL || i->kind != file->kind || strcmp(i->path, file->path) != 0)
            continue;
        if (i->layer > file->layer)
            hidden = true;
        else
            drop_details(i);
    }
    if (hidden)
        drop_details(file);
}

static bool take_db(struct img_facts *f, struct img_file *file, struct img_db *db,
                    struct img_err *err)
{
    uint32_t *keys = calloc(db->count + 1, sizeof(*keys));

    if (keys == NULL) {
        img_db_free(db);
        return img_fail(err, IMG_E_MEMORY, "package database");
    }
    file->keys = keys;
    file->db = db;
    if (db->problem != NULL)
        file->problem = img_pool_str(&f->pool, db->problem);
    f->listed += db->count;
    if (f->listed > IMG_LIMIT_PACKAGE_KEYS)
        return img_fail(err, IMG_E_LIMIT, "more than %d packages in all layers together",
                        IMG_LIMIT_PACKAGE_KEYS);
    for (size_t i = 0; i < db->count; i++)
        if (db->items[i].installed &&
            !img_keys_put(f->keys, &db->items[i], &keys[file->key_count++], err))
            return false;
    supersede(f, file);
    return img_pool_check(&f->pool, err);
}

bool img_facts_db(struct img_facts *f, struct img_file *file, struct img_db **db,
                  struct img_err *err)
{
    bool ok;

    (void)pthread_mutex_lock(&f->lock);
    ok = take_db(f, file, IMG_STEAL(db), err);
    (void)pthread_mutex_unlock(&f->lock);
    return ok;
}

bool img_facts_os_release(struct img_facts *f, struct img_file *file, const struct img_buf *text,
                          struct img_err *err)
{
    struct img_bytes all = {.ptr = text->ptr, .len = text->len};
    bool ok;

    if (text->failed == IMG_E_MEMORY)
        return img_fail(err, IMG_E_MEMORY, "os-release");
    (void)pthread_mutex_lock(&f->lock);
    img_os_release_read(all, &f->pool, &file->os);
    if (text->failed != IMG_OK)
        file->problem = "larger than an os-release can be";
    else if (file->os.odd)
        file->problem = "has lines that are no assignment";
    ok = img_pool_check(&f->pool, err);
    (void)pthread_mutex_unlock(&f->lock);
    return ok;
}
