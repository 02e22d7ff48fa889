/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sbom/overlay.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define DEEPEST   5    /* slashes in the path of anything remembered */
#define HOPS      40   /* symbolic links followed in one path, as Linux does */
#define PATH_ROOM 4096 /* bytes; Linux's PATH_MAX: a longer path names nothing at run time */

/* --- which paths matter --------------------------------------------------------------------------
 */

static const char *base_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

/* Names on the way to a database or os-release, wherever they stand: databases may be moved behind
 * links, and directories above them replaced or removed. */
static bool is_way(const char *base)
{
    static const char *const names[] = {"apk",
                                        "db",
                                        "dpkg",
                                        "etc",
                                        "info",
                                        "lib",
                                        "os-release",
                                        "opkg",
                                        "rpm",
                                        "status",
                                        "status.d",
                                        "sysimage",
                                        "usr",
                                        "var",
                                        "installed",
                                        "pacman",
                                        "local",
                                        "share",
                                        "container-manifest-2"};

    for (size_t i = 0; i < IMG_COUNT(names); i++)
        if (strcmp(base, names[i]) == 0)
            return true;
    return strncmp(base, "os-release", strlen("os-release")) == 0;
}

static bool in_dir(const char *path, const char *base, const char *dir)
{
    size_t len = strlen(dir), before = (size_t)(base - path);

    return before >= len && memcmp(base - len, dir, len) == 0 &&
           (before == len || path[before - len - 1] == '/');
}

/* Real databases stand at most this deep; deeper ones are no system's. */
static bool is_deep(const char *path)
{
    size_t slashes = 0;

    for (; *path != '\0'; path++)
        slashes += *path == '/';
    return slashes > DEEPEST;
}

bool img_overlay_cares(const struct img_entry *e)
{
    const char *base = base_of(e->path);

    if (e->odd || is_deep(e->path))
        return false;
    if (e->type == IMG_ENTRY_OPAQUE && strcmp(e->path, ".") == 0)
        return true;
    return is_way(base) || (in_dir(e->path, base, "dpkg/info/") && img_has_suffix(base, ".list")) ||
           in_dir(e->path, base, "dpkg/status.d/") || in_dir(e->path, base, "rpm/") ||
           in_dir(e->path, base, "pacman/local/");
}

/* --- filling -------------------------------------------------------------------------------------
 */

bool img_overlay_init(struct img_overlay *o, size_t layers, struct img_err *err)
{
    struct img_overlay_layer *l = calloc(layers + 1, sizeof(*l));

    if (l == NULL)
        return img_fail(err, IMG_E_MEMORY, "layers");
    *o = (struct img_overlay){.layers = l, .count = layers};
    return true;
}

void img_overlay_done(struct img_overlay *o)
{
    for (size_t i = 0; i < o->count; i++) {
        free(o->layers[i].nodes);
        img_pool_done(&o->layers[i].pool);
    }
    free(o->layers);
    *o = (struct img_overlay){.layers = NULL};
}

static bool grow(struct img_overlay_layer *l, struct img_err *err)
{
    size_t cap = l->cap == 0 ? 32 : 2 * l->cap;
    struct img_node *nodes;

    if (l->count < l->cap)
        return true;
    if (l->count >= IMG_LIMIT_NODES)
        return img_fail(err, IMG_E_LIMIT, "more than %d paths around package databases in a layer",
                        IMG_LIMIT_NODES);
    nodes = realloc(l->nodes, cap * sizeof(*nodes));
    if (nodes == NULL)
        return img_fail(err, IMG_E_MEMORY, "layer");
    l->nodes = nodes;
    l->cap = cap;
    return true;
}

bool img_overlay_add(struct img_overlay_layer *l, const struct img_entry *e, const void *content,
                     struct img_err *err)
{
    struct img_node n = {.type = e->type, .content = content, .order = l->count};

    if (!grow(l, err))
        return false;
    n.path = img_pool_str(&l->pool, e->path);
    n.link = e->link != NULL ? img_pool_str(&l->pool, e->link) : NULL;
    l->nodes[l->count++] = n;
    return img_pool_check(&l->pool, err);
}

/* --- looking -------------------------------------------------------------------------------------
 */

static bool removes(const struct img_node *n)
{
    return n->type == IMG_ENTRY_WHITEOUT || n->type == IMG_ENTRY_OPAQUE;
}

static int compare(const void *a, const void *b)
{
    const struct img_node *x = a, *y = b;
    int by_path = strcmp(x->path, y->path);

    if (by_path != 0)
        return by_path;
    if (removes(x) != removes(y))
        return removes(x) ? 1 : -1;
    /* one path twice in an archive: the last one holds, so it comes first */
    return x->order < y->order ? 1 : x->order > y->order ? -1 : 0;
}

/* The first node of a path in one layer, and in *more how many there are. */
static const struct img_node *at_path(const struct img_overlay_layer *l, const char *path,
                                      size_t *more)
{
    size_t low = 0, high = l->count;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (strcmp(l->nodes[mid].path, path) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *more = 0;
    while (low + *more < l->count && strcmp(l->nodes[low + *more].path, path) == 0)
        ++*more;
    return *more > 0 ? &l->nodes[low] : NULL;
}

/* What one layer says about a path. */
enum says { SAYS_NOTHING, SAYS_HERE, SAYS_GONE };

/* A directory on the way: gone below, when the layer replaces or empties it. */
static bool blocks(const struct img_overlay_layer *l, const char *dir)
{
    size_t more;
    const struct img_node *n = at_path(l, dir, &more);

    for (size_t i = 0; i < more; i++)
        if (n[i].type != IMG_ENTRY_DIR)
            return true; /* removed, emptied, or something else in its place */
    return false;
}

static enum says ask(const struct img_overlay_layer *l, const char *path,
                     const struct img_node **node)
{
    char dir[PATH_ROOM];
    size_t more;
    const struct img_node *n = at_path(l, path, &more);

    if (n != NULL && !removes(n)) {
        *node = n;
        return SAYS_HERE;
    }
    for (size_t i = 0; n != NULL && i < more; i++)
        if (n[i].type == IMG_ENTRY_WHITEOUT)
            return SAYS_GONE;
    if (blocks(l, "."))
        return SAYS_GONE;
    if (strlen(path) >= sizeof(dir))
        return SAYS_NOTHING;
    memcpy(dir, path, strlen(path) + 1);
    for (char *slash = strrchr(dir, '/'); slash != NULL; slash = strrchr(dir, '/')) {
        *slash = '\0';
        if (blocks(l, dir))
            return SAYS_GONE;
    }
    return SAYS_NOTHING;
}

const struct img_node *img_overlay_look(const struct img_overlay *o, size_t top, const char *path,
                                        size_t *layer)
{
    const struct img_node *node = NULL;

    for (size_t i = top + 1; i > 0; i--) {
        enum says says = ask(&o->layers[i - 1], path, &node);

        if (says == SAYS_GONE)
            return NULL;
        if (says == SAYS_HERE) {
            *layer = i - 1;
            return node;
        }
    }
    return NULL;
}

/* Appends one component, going up for ".."; false when there is no room. */
static bool step(char *at, size_t room, const char *name, size_t len)
{
    size_t used = strlen(at);
    char *slash = strrchr(at, '/');

    if (len == 0 || (len == 1 && name[0] == '.'))
        return true;
    if (len == 2 && memcmp(name, "..", 2) == 0) {
        *(slash != NULL ? slash : at) = '\0'; /* the root's parent is the root */
        return true;
    }
    if (used + len + 2 > room)
        return false;
    if (used > 0)
        at[used++] = '/';
    memcpy(at + used, name, len);
    at[used + len] = '\0';
    return true;
}

/* "link/rest" into left. */
static bool splice(char *left, const char *link, const char *rest)
{
    char joined[PATH_ROOM];
    int n = snprintf(joined, sizeof(joined), "%s/%s", link, rest);

    if (n < 0 || (size_t)n >= sizeof(joined))
        return false;
    memcpy(left, joined, (size_t)n + 1);
    return true;
}

void img_overlay_resolve(const struct img_overlay *o, size_t top, const char *path, char *out,
                         size_t room)
{
    char left[PATH_ROOM], at[PATH_ROOM] = "";
    size_t hops = 0, layer;

    out[0] = '\0';
    if (!splice(left, "", path))
        return;
    for (const char *p = left; *p != '\0';) {
        size_t len = strcspn(p, "/"), before = strlen(at);
        const struct img_node *n;

        if (!step(at, sizeof(at), p, len))
            return;
        p += len + (p[len] == '/');
        n = len > 0 && at[0] != '\0' ? img_overlay_look(o, top, at, &layer) : NULL;
        if (n == NULL || n->type != IMG_ENTRY_SYMLINK || n->link == NULL)
            continue;
        if (++hops > HOPS || !splice(left, n->link, p))
            return;
        at[n->link[0] == '/' ? 0 : before] = '\0';
        p = left;
    }
    (void)snprintf(out, room, "%s", strlen(at) < room ? at : "");
}

/* --- sealing -------------------------------------------------------------------------------------
 */

/* The entry's place once links among its parents, as this and lower layers have them, are followed:
 * that is where a runtime writes it. */
static bool place(const struct img_overlay *o, size_t layer, struct img_node *n, const char **out)
{
    char parent[PATH_ROOM], real[PATH_ROOM];
    const char *base = base_of(n->path);
    size_t len = (size_t)(base - n->path);

    *out = n->path;
    if (len == 0 || len >= sizeof(parent))
        return true;
    memcpy(parent, n->path, len - 1);
    parent[len - 1] = '\0';
    img_overlay_resolve(o, layer, parent, real, sizeof(real));
    if (strcmp(parent, real) == 0)
        return true;
    *out = real[0] != '\0' ? img_pool_strf(&o->layers[layer].pool, "%s/%s", real, base)
                           : img_pool_str(&o->layers[layer].pool, base);
    return !o->layers[layer].pool.failed;
}

static void free_names(const char ***p)
{
    free((void *)*p);
}

static bool seal_layer(struct img_overlay *o, size_t layer, struct img_err *err)
{
    struct img_overlay_layer *l = &o->layers[layer];
    IMG_AUTO(free_names) const char **names = calloc(l->count + 1, sizeof(*names));

    if (names == NULL)
        return img_fail(err, IMG_E_MEMORY, "layer");
    if (l->count > 0)
        qsort(l->nodes, l->count, sizeof(*l->nodes), compare);
    for (size_t i = 0; i < l->count; i++)
        if (!place(o, layer, &l->nodes[i], &names[i]))
            return img_fail(err, IMG_E_MEMORY, "layer");
    for (size_t i = 0; i < l->count; i++)
        l->nodes[i].path = names[i];
    if (l->count > 0)
        qsort(l->nodes, l->count, sizeof(*l->nodes), compare);
    return true;
}

bool img_overlay_seal(struct img_overlay *o, struct img_err *err)
{
    for (size_t i = 0; i < o->count; i++)
        if (!seal_layer(o, i, err))
            return img_ctx(err, "layer %zu", i + 1);
    return true;
}
