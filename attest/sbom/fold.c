/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/purl.h"
#include "attest/sbom/fold.h"
#include "base/limits.h"
#include "base/text.h"

const char *const img_database_paths[IMG_DATABASES] = {"var/lib/dpkg/status",
                                                       "lib/apk/db/installed",
                                                       "usr/lib/apk/db/installed"};

void img_inventory_free(struct img_inventory *i)
{
    struct img_owned_inventory *o = (struct img_owned_inventory *)i;

    if (i == NULL)
        return;
    free(i->packages);
    img_pool_done(&o->pool);
    free(o);
}

static void fold_done(struct img_fold *f)
{
    free(f->live);
    free((void *)f->singles);
    free(f->since);
    free(f->seen);
    if (f->out != NULL)
        img_inventory_free(&f->out->inventory);
}

void img_because(struct img_fold *f, const char *fmt, ...)
{
    char text[600];
    va_list ap;

    f->out->inventory.complete = false;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    if (f->out->inventory.reason_count < IMG_DOUBTS)
        f->out->reasons[f->out->inventory.reason_count++] = img_pool_str(&f->out->pool, text);
}

/* --- what stands where ---------------------------------------------------------------------------
 */

static bool add_live(struct img_fold *f, const struct img_file *file, const char *path,
                     struct img_err *err)
{
    if (f->live_count == f->live_cap) {
        size_t cap = f->live_cap == 0 ? 16 : 2 * f->live_cap;
        struct img_live *live = realloc(f->live, cap * sizeof(*live));

        if (live == NULL)
            return img_fail(err, IMG_E_MEMORY, "catalog");
        f->live = live;
        f->live_cap = cap;
    }
    f->live[f->live_count++] = (struct img_live){.file = file, .path = path};
    return true;
}

static bool is_live(const struct img_fold *f, const struct img_file *file)
{
    for (size_t i = 0; i < f->live_count; i++)
        if (f->live[i].file == file)
            return true;
    return false;
}

const struct img_file *img_file_at(const struct img_fold *f, size_t top, const char *path,
                                   const char **real, bool *unread)
{
    char at[IMG_PATH_ROOM], target[IMG_PATH_ROOM];
    const struct img_node *n;
    size_t layer = 0;

    img_overlay_resolve(f->overlay, top, path, at, sizeof(at));
    n = at[0] != '\0' ? img_overlay_look(f->overlay, top, at, &layer) : NULL;
    if (n != NULL && n->type == IMG_ENTRY_HARDLINK && n->link != NULL) {
        img_overlay_resolve(f->overlay, layer, n->link, target, sizeof(target));
        n = img_overlay_look(f->overlay, layer, target, &layer);
        *unread = n == NULL || n->content == NULL;
    } else if (n != NULL) {
        *unread = n->content == NULL;
    } else {
        /* Nothing there; or a link leads to a name under which nothing is kept. */
        *unread = img_file_kind(at) == IMG_FILE_NONE;
    }
    if (n == NULL || n->content == NULL)
        return NULL;
    *real = n->path;
    return n->content;
}

static bool is_database(const struct img_file *file)
{
    return file != NULL && file->kind != IMG_FILE_OS_RELEASE && file->kind != IMG_FILE_NONE;
}

/* The databases as they stand with layers 0 to top. */
static bool look_at(struct img_fold *f, size_t top, struct img_err *err)
{
    size_t layer;

    f->live_count = 0;
    for (size_t i = 0; i < IMG_DATABASES; i++) {
        const char *real = NULL;
        bool unread;
        const struct img_file *file = img_file_at(f, top, img_database_paths[i], &real, &unread);

        if (is_database(file) && !is_live(f, file) && !add_live(f, file, real, err))
            return false; /* is_live: one file by two ways, lib being a link to usr/lib */
    }
    for (size_t i = 0; i < f->single_count; i++) {
        const struct img_node *n = img_overlay_look(f->overlay, top, f->singles[i]->path, &layer);

        if (n != NULL && is_database(n->content) && !add_live(f, n->content, n->path, err))
            return false;
    }
    return true;
}

static int by_path(const void *a, const void *b)
{
    const struct img_node *const *x = a, *const *y = b;

    return strcmp((*x)->path, (*y)->path);
}

/* The distinct paths of status.d files in the directory that the image has in the end. */
static bool find_singles(struct img_fold *f, struct img_err *err)
{
    char dir[IMG_PATH_ROOM];
    size_t count = 0, kept = 0, len;

    img_overlay_resolve(f->overlay, f->layers - 1, "var/lib/dpkg/status.d", dir, sizeof(dir));
    len = strlen(dir);
    for (const struct img_file *i = f->facts->files; i != NULL; i = i->next)
        count += i->kind == IMG_FILE_DPKG_SINGLE;
    f->singles = calloc(count + 1, sizeof(*f->singles));
    if (f->singles == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    for (size_t l = 0; l < f->layers; l++)
        for (size_t i = 0; i < f->overlay->layers[l].count; i++) {
            const struct img_node *n = &f->overlay->layers[l].nodes[i];
            const struct img_file *file = n->content;

            if (file != NULL && file->kind == IMG_FILE_DPKG_SINGLE && len > 0 &&
                strncmp(n->path, dir, len) == 0 && n->path[len] == '/')
                f->singles[f->single_count++] = n;
        }
    if (f->single_count > 0)
        qsort((void *)f->singles, f->single_count, sizeof(*f->singles), by_path);
    for (size_t i = 0; i < f->single_count; i++)
        if (i == 0 || strcmp(f->singles[kept - 1]->path, f->singles[i]->path) != 0)
            f->singles[kept++] = f->singles[i];
    f->single_count = kept;
    return true;
}

/* --- which layer brought what --------------------------------------------------------------------
 */

/* A package is a layer's when the databases list it there and all the way up, and do not one layer
 * below: a database is rewritten whole by each change, so who wrote it last says nothing. */
static bool attribute(struct img_fold *f, struct img_err *err)
{
    size_t keys = img_keys_count(f->facts->keys);

    f->since = calloc(keys + 1, sizeof(*f->since));
    f->seen = calloc(keys + 1, sizeof(*f->seen));
    if (f->since == NULL || f->seen == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    for (size_t layer = 0; layer < f->layers; layer++) {
        if (!look_at(f, layer, err))
            return false;
        for (size_t i = 0; i < f->live_count; i++)
            for (size_t k = 0; k < f->live[i].file->key_count; k++) {
                uint32_t key = f->live[i].file->keys[k];

                if (f->seen[key] < layer) /* not listed one layer below */
                    f->since[key] = layer;
                f->seen[key] = layer + 1;
            }
    }
    return true;
}

/* --- which distribution --------------------------------------------------------------------------
 */

const struct img_file *img_os_release_at(const struct img_fold *f, size_t top, bool *unread)
{
    static const char *const paths[] = {"etc/os-release", "usr/lib/os-release"};
    const char *real;

    for (size_t i = 0; i < IMG_COUNT(paths); i++) {
        const struct img_file *file = img_file_at(f, top, paths[i], &real, unread);

        if (file != NULL && file->kind == IMG_FILE_OS_RELEASE)
            return file;
        if (*unread)
            return NULL;
    }
    return NULL;
}

static void find_os(struct img_fold *f)
{
    struct img_pool *pool = &f->out->pool;
    bool unread;

    f->out->inventory.distro =
        (struct img_distro){.id = "", .version_id = "", .codename = "", .pretty_name = ""};
    f->os = img_os_release_at(f, f->layers - 1, &unread);
    if (f->os == NULL) {
        img_because(f, unread ? "os-release is a link to what was not read"
                              : "there is no os-release");
        return;
    }
    if (f->os->problem != NULL)
        img_because(f, "%s: %s", f->os->path, f->os->problem);
    f->out->inventory.distro = (struct img_distro){
        .id = img_pool_str(pool, f->os->os.id),
        .version_id = img_pool_str(pool, f->os->os.version_id),
        .codename = img_pool_str(pool, f->os->os.codename),
        .pretty_name = img_pool_str(pool, f->os->os.pretty_name),
    };
}

/* --- packages ------------------------------------------------------------------------------------
 */

static void qualifier(struct img_buf *b, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    img_buf_putf(b, "%s%s=", b->len > 0 ? "&" : "", key);
    img_purl_encode(value, b);
}

/* pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc */
static bool make_purl(struct img_fold *f, struct img_package *p, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(8 * IMG_LIMIT_DB_LINE);
    IMG_AUTO(img_buf_done) struct img_buf quals = IMG_BUF(8 * IMG_LIMIT_DB_LINE);
    const struct img_distro *d = &f->out->inventory.distro;
    IMG_AUTO(img_str_free) char *distro = NULL;
    IMG_AUTO(img_str_free) char *upstream = NULL;
    struct img_purl purl = {.version = (char *)(uintptr_t)p->version,
                            .type = (char *)(uintptr_t)p->type,
                            .name = (char *)(uintptr_t)p->name,
                            .ns = (char *)(uintptr_t)d->id};
    struct img_bytes ignored;
    bool same_version = strcmp(p->source_version, p->version) == 0;
    bool same = same_version && strcmp(p->source_name, p->name) == 0;

    if (!img_strf(&distro, err, "%s%s%s", d->id, d->version_id[0] != '\0' ? "-" : "",
                  d->version_id) ||
        !img_strf(&upstream, err, "%s%s%s", same ? "" : p->source_name, same_version ? "" : "@",
                  same_version ? "" : p->source_version))
        return false;
    qualifier(&quals, "arch", p->arch);
    qualifier(&quals, "distro", distro);
    qualifier(&quals, "upstream", upstream);
    img_buf_put(&quals, "", 1);
    if (!img_buf_bytes(&quals, &ignored, err))
        return false;
    purl.qualifiers = (char *)quals.ptr;
    if (!img_purl_text(&purl, &text, err))
        return img_ctx(err, "package '%.60s'", p->name);
    p->purl = img_pool_buf(&f->out->pool, &text);
    return true;
}

static const char *keep(struct img_fold *f, const char *text)
{
    return text != NULL ? img_pool_str(&f->out->pool, text) : NULL;
}

static bool take_package(struct img_fold *f, const struct img_live *l,
                         const struct img_db_package *from, uint32_t key, struct img_err *err)
{
    struct img_package *p = &f->out->inventory.packages[f->out->inventory.count];
    const char *own = from->version != NULL ? from->version : "";
    const char *source = from->source_name != NULL ? from->source_name : from->name;
    const char *version = from->source_version != NULL ? from->source_version : own;

    *p = (struct img_package){
        .type = l->file->kind == IMG_FILE_APK ? "apk" : "deb",
        .name = img_pool_str(&f->out->pool, from->name),
        .version = img_pool_str(&f->out->pool, own),
        .arch = img_pool_str(&f->out->pool, from->arch != NULL ? from->arch : ""),
        .source_name = img_pool_str(&f->out->pool, source),
        .source_version = img_pool_str(&f->out->pool, version),
        .maintainer = keep(f, from->maintainer),
        .homepage = keep(f, from->homepage),
        .license = keep(f, from->license),
        .description = keep(f, from->description),
        .path = img_pool_str(&f->out->pool, l->path),
        .layer = f->since[key],
    };
    f->out->inventory.count++;
    return img_pool_check(&f->out->pool, err) && make_purl(f, p, err) &&
           img_pool_check(&f->out->pool, err);
}

static bool take_database(struct img_fold *f, const struct img_live *l, struct img_err *err)
{
    const struct img_db *db = l->file->db;
    size_t key = 0;

    if (l->file->problem != NULL)
        img_because(f, "%.200s: %s", l->path, l->file->problem);
    if (db == NULL) {
        img_because(f, "%.200s: reached in two ways", l->path);
        return true;
    }
    for (size_t i = 0; i < db->count; i++)
        if (db->items[i].installed && !take_package(f, l, &db->items[i], l->file->keys[key++], err))
            return false;
    return true;
}

static int by_everything(const void *a, const void *b)
{
    const struct img_package *x = a, *y = b;
    const char *const left[] = {x->type, x->name, x->version, x->arch, x->path, x->purl};
    const char *const right[] = {y->type, y->name, y->version, y->arch, y->path, y->purl};

    for (size_t i = 0; i < IMG_COUNT(left); i++) {
        int c = strcmp(left[i], right[i]);
        if (c != 0)
            return c;
    }
    return 0;
}

/* One package twice in one database is no database that dpkg or apk would write. */
static void drop_twins(struct img_fold *f)
{
    struct img_inventory *inv = &f->out->inventory;
    size_t kept = 0;

    if (inv->count > 0)
        qsort(inv->packages, inv->count, sizeof(*inv->packages), by_everything);
    for (size_t i = 0; i < inv->count; i++) {
        struct img_package *p = &inv->packages[i];
        const struct img_package *q = kept > 0 ? &inv->packages[kept - 1] : NULL;

        if (q != NULL && strcmp(p->name, q->name) == 0 && strcmp(p->arch, q->arch) == 0 &&
            strcmp(p->type, q->type) == 0 && strcmp(p->path, q->path) == 0) {
            img_because(f, "%.200s lists '%.60s' twice", p->path, p->name);
            if (strcmp(p->purl, q->purl) == 0)
                continue;
        }
        inv->packages[kept++] = *p;
    }
    inv->count = kept;
}

static bool take_packages(struct img_fold *f, struct img_err *err)
{
    size_t count = 0;

    for (size_t i = 0; i < f->live_count; i++)
        count += f->live[i].file->key_count;
    if (count > IMG_LIMIT_PACKAGES)
        return img_fail(err, IMG_E_LIMIT, "more than %d packages", IMG_LIMIT_PACKAGES);
    f->out->inventory.packages = calloc(count + 1, sizeof(*f->out->inventory.packages));
    if (f->out->inventory.packages == NULL)
        return img_fail(err, IMG_E_MEMORY, "packages");
    for (size_t i = 0; i < f->live_count; i++)
        if (!take_database(f, &f->live[i], err))
            return false;
    drop_twins(f);
    return true;
}

/* --- all together --------------------------------------------------------------------------------
 */

static bool start(struct img_fold *f, struct img_err *err)
{
    f->out = calloc(1, sizeof(*f->out));
    if (f->out == NULL)
        return img_fail(err, IMG_E_MEMORY, "inventory");
    f->out->inventory.complete = true;
    f->out->inventory.reasons = f->out->reasons;
    return img_overlay_seal(&f->facts->overlay, err);
}

bool img_facts_fold(struct img_facts *facts, struct img_inventory **out, struct img_err *err)
{
    IMG_AUTO(fold_done)
    struct img_fold f = {.facts = facts,
                         .overlay = &facts->overlay,
                         .layers = facts->overlay.count};
    struct img_owned_inventory *done;

    if (!start(&f, err))
        return false;
    if (f.layers == 0) {
        f.out->inventory.distro = (struct img_distro){"", "", "", ""};
        img_because(&f, "the image has no layers");
    } else {
        find_os(&f);
        if (!find_singles(&f, err) || !attribute(&f, err) || !take_packages(&f, err) ||
            !img_doubts(&f, err))
            return false;
    }
    if (!img_pool_check(&f.out->pool, err))
        return false;
    done = IMG_STEAL(&f.out);
    *out = &done->inventory;
    return true;
}
