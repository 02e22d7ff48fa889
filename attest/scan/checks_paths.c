/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "attest/scan/checks.h"
#include "base/text.h"

/*
 * Which setuid files the final image has. Layers are read side by side, so each notes its setuid
 * files and, as eight bytes each, every path that it touches; folding them afterwards from the
 * bottom up tells which files a higher layer replaced or removed. The hash is keyed anew in every
 * run: nobody can make a path that passes for another one and hides a file by it.
 *
 * Source: image-spec layer.md, "Whiteouts" and "Opaque Whiteout"; SipHash-2-4 (Aumasson,
 * Bernstein).
 */

/* The effect on lower layers of a touched path, in the low bits of its hash. */
enum effect {
    EFFECT_DIR,      /* replaces a file of this name */
    EFFECT_OTHER,    /* replaces a file of this name and everything below */
    EFFECT_WHITEOUT, /* the same, but of lower layers only */
    EFFECT_OPAQUE,   /* removes what lower layers have below */
};
#define EFFECT_MASK UINT64_C(3)

bool path_key_new(struct path_key *out, struct img_err *err)
{
    if (getrandom(out, sizeof(*out), 0) != (ssize_t)sizeof(*out))
        return img_fail_errno(err, "random bytes");
    return true;
}

static uint64_t rotate(uint64_t v, unsigned by)
{
    return v << by | v >> (64 - by);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

static uint64_t hash_of(const struct path_key *key, const char *path, size_t len)
{
    uint64_t v[4] = {key->k0 ^ UINT64_C(0x736f6d6570736575), key->k1 ^ UINT64_C(0x646f72616e646f6d),
                     key->k0 ^ UINT64_C(0x6c7967656e657261),
                     key->k1 ^ UINT64_C(0x7465646279746573)};

    for (size_t i = 0; i <= len; i += 8) {
        uint64_t word = 0;
        size_t n = len - i < 8 ? len - i : 8;

        memcpy(&word, path + i, n);
        if (n < 8)
            word |= (uint64_t)len << 56;
        v[3] ^= word;
        sip_round(v);
        sip_round(v);
        v[0] ^= word;
    }
    v[2] ^= 0xff;
    for (int i = 0; i < 4; i++)
        sip_round(v);
    return (v[0] ^ v[1] ^ v[2] ^ v[3]) & ~EFFECT_MASK;
}

static enum effect effect_of(enum img_entry_type type)
{
    switch (type) {
    case IMG_ENTRY_DIR:
        return EFFECT_DIR;
    case IMG_ENTRY_WHITEOUT:
        return EFFECT_WHITEOUT;
    case IMG_ENTRY_OPAQUE:
        return EFFECT_OPAQUE;
    case IMG_ENTRY_FILE:
    case IMG_ENTRY_SYMLINK:
    case IMG_ENTRY_HARDLINK:
    case IMG_ENTRY_DEVICE:
        break;
    }
    return EFFECT_OTHER;
}

static bool add_setuid(struct layer_paths *p, struct setuid_file file, struct img_pool *pool,
                       struct img_err *err)
{
    if (p->count >= IMG_LIMIT_SETUID) {
        p->cut = true;
        return true;
    }
    if (!checks_room(&p->setuid, &p->capacity, p->count, sizeof(*p->setuid), err))
        return false;
    file.path = img_pool_str(pool, file.path);
    p->setuid[p->count++] = file;
    return img_pool_check(pool, err);
}

/* A link is the file it links to: of this layer, or, which only a made-up layer has, of one below.
 */
static bool add_link(struct layer_paths *p, struct setuid_file file, uint64_t target,
                     struct img_pool *pool, struct img_err *err)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->setuid[i].hash == target)
            file.mode |= p->setuid[i].mode;
    if ((file.mode & 06000) != 0)
        return add_setuid(p, file, pool, err);
    if (p->link_count >= IMG_LIMIT_CHECKS) {
        p->cut = true;
        return true;
    }
    if (!checks_room(&p->links, &p->link_capacity, p->link_count, sizeof(*p->links), err))
        return false;
    p->links[p->link_count++] = (struct hard_link){img_pool_str(pool, file.path), target, file.at};
    return img_pool_check(pool, err);
}

/* The target of a hard link is a path of the archive, written with or without "./" or "/". */
static uint64_t target_hash(const struct path_key *key, const char *link)
{
    while (link[0] == '/' || (link[0] == '.' && link[1] == '/'))
        link += link[0] == '/' ? 1 : 2;
    return hash_of(key, link, strlen(link));
}

bool paths_entry(struct layer_paths *p, const struct path_key *key, bool first,
                 struct img_pool *pool, const struct img_entry *e, struct img_err *err)
{
    struct setuid_file file = {.path = e->path, .mode = e->mode & 07777};

    file.hash = hash_of(key, e->path, strlen(e->path));
    /* below the first layer there is nothing to replace, and before its first setuid file nothing
     * of its own either */
    if (!first || p->count > 0) {
        if (!checks_room(&p->touched, &p->touched_capacity, p->touched_count, sizeof(*p->touched),
                         err))
            return false;
        p->touched[p->touched_count++] = file.hash | (uint64_t)effect_of(e->type);
    }
    file.at = p->touched_count;
    if (e->type == IMG_ENTRY_FILE && (e->mode & 06000) != 0)
        return add_setuid(p, file, pool, err);
    if (e->type == IMG_ENTRY_HARDLINK && e->link != NULL && (!first || p->count > 0))
        return add_link(p, file, target_hash(key, e->link), pool, err);
    return true;
}

/* --- folding --- */

/* One path whose being touched ends files: a file's own, or that of a directory above it. */
struct probe {
    uint64_t hash;
    size_t file;
    bool own;
};

struct fold {
    const struct path_key *key;
    struct setuid_file *files; /* alive, or gone with path NULL */
    size_t count, capacity;
    struct probe *probes;
    size_t probe_count, probe_capacity;
};

static void fold_done(struct fold *f)
{
    free(f->files);
    free(f->probes);
}

static bool add_probe(struct fold *f, uint64_t hash, size_t file, bool own, struct img_err *err)
{
    if (!checks_room(&f->probes, &f->probe_capacity, f->probe_count, sizeof(*f->probes), err))
        return false;
    f->probes[f->probe_count++] = (struct probe){hash, file, own};
    return true;
}

static int by_hash(const void *a, const void *b)
{
    const struct probe *x = a, *y = b;

    return (x->hash > y->hash) - (x->hash < y->hash);
}

static bool build_probes(struct fold *f, struct img_err *err)
{
    f->probe_count = 0;
    for (size_t i = 0; i < f->count; i++) {
        const char *path = f->files[i].path;

        if (!add_probe(f, f->files[i].hash, i, true, err) ||
            !add_probe(f, hash_of(f->key, "", 0), i, false, err))
            return false;
        for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/'))
            if (!add_probe(f, hash_of(f->key, path, (size_t)(slash - path)), i, false, err))
                return false;
    }
    if (f->probe_count > 0)
        qsort(f->probes, f->probe_count, sizeof(*f->probes), by_hash);
    return true;
}

static size_t first_probe(const struct fold *f, uint64_t hash)
{
    size_t low = 0, high = f->probe_count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (f->probes[mid].hash < hash)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* True when a path touched as number `at` of layer `layer` ends the file. */
static bool ends(const struct setuid_file *file, const struct probe *probe, enum effect effect,
                 size_t layer, size_t at)
{
    if (file->layer == layer) /* the archive's last entry of a name counts */
        return probe->own && at >= file->at && (effect == EFFECT_DIR || effect == EFFECT_OTHER);
    if (probe->own)
        return effect != EFFECT_OPAQUE;
    return effect != EFFECT_DIR;
}

static void end_touched(struct fold *f, const struct layer_paths *p, size_t layer)
{
    for (size_t t = 0; t < p->touched_count; t++) {
        uint64_t hash = p->touched[t] & ~EFFECT_MASK;
        enum effect effect = (enum effect)(p->touched[t] & EFFECT_MASK);

        for (size_t i = first_probe(f, hash); i < f->probe_count && f->probes[i].hash == hash;
             i++) {
            struct setuid_file *file = &f->files[f->probes[i].file];

            if (file->path != NULL && ends(file, &f->probes[i], effect, layer, t))
                file->path = NULL;
        }
    }
}

static bool add_file(struct fold *f, struct setuid_file file, size_t layer, struct img_err *err)
{
    if (!checks_room(&f->files, &f->capacity, f->count, sizeof(*f->files), err))
        return false;
    file.layer = layer;
    f->files[f->count++] = file;
    return true;
}

static void drop_ended(struct fold *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->count; i++)
        if (f->files[i].path != NULL)
            f->files[kept++] = f->files[i];
    f->count = kept;
}

static bool add_links(struct fold *f, const struct layer_paths *p, size_t layer,
                      struct img_err *err)
{
    size_t below = f->count;

    for (size_t l = 0; l < p->link_count; l++)
        for (size_t i = 0; i < below; i++) {
            struct setuid_file file = f->files[i];

            if (file.hash != p->links[l].target)
                continue;
            file.path = p->links[l].path;
            file.at = p->links[l].at;
            file.hash = hash_of(f->key, file.path, strlen(file.path));
            if (!add_file(f, file, layer, err))
                return false;
            break;
        }
    return true;
}

static int by_layer_and_path(const void *a, const void *b)
{
    const struct setuid_file *x = a, *y = b;

    return x->layer != y->layer ? (x->layer > y->layer) - (x->layer < y->layer)
                                : strcmp(x->path, y->path);
}

bool paths_fold(struct layer_paths *const *layers, size_t layer_count, const struct path_key *key,
                struct setuid_file **out, size_t *count, struct img_err *err)
{
    IMG_AUTO(fold_done) struct fold f = {.key = key};

    for (size_t n = 0; n < layer_count; n++) {
        const struct layer_paths *p = layers[n];

        if (p == NULL)
            continue;
        if (!add_links(&f, p, n, err))
            return false;
        for (size_t i = 0; i < p->count; i++)
            if (!add_file(&f, p->setuid[i], n, err))
                return false;
        if (!build_probes(&f, err))
            return false;
        end_touched(&f, p, n);
        drop_ended(&f);
    }
    if (f.count > 0)
        qsort(f.files, f.count, sizeof(*f.files), by_layer_and_path);
    *count = f.count;
    *out = IMG_STEAL(&f.files);
    return true;
}

void paths_done(struct layer_paths *p)
{
    free(p->setuid);
    free(p->links);
    free(p->touched);
}
