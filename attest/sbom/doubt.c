/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/sbom/fold.h"
#include "base/text.h"

/* --- which distribution --------------------------------------------------------------------------
 */

/* The kind of database a distribution has: 'd'pkg, 'a'pk, or another one that is not read. */
static char family_of(const char *word, size_t len)
{
    static const struct {
        const char *id;
        char family;
    } known[] = {
        {"debian", 'd'},
        {"ubuntu", 'd'},
        {"linuxmint", 'd'},
        {"raspbian", 'd'},
        {"kali", 'd'},
        {"devuan", 'd'},
        {"alpine", 'a'},
        {"wolfi", 'a'},
        {"chainguard", 'a'},
        {"postmarketos", 'a'},
        {"rhel", 'r'},
        {"fedora", 'r'},
        {"centos", 'r'},
        {"rocky", 'r'},
        {"almalinux", 'r'},
        {"ol", 'r'},
        {"amzn", 'r'},
        {"sles", 'r'},
        {"suse", 'r'},
        {"opensuse-leap", 'r'},
        {"photon", 'r'},
        {"mariner", 'r'},
        {"azurelinux", 'r'},
        {"arch", 'r'},
        {"opensuse-tumbleweed", 'r'},
    };

    for (size_t i = 0; i < IMG_COUNT(known); i++)
        if (strlen(known[i].id) == len && memcmp(known[i].id, word, len) == 0)
            return known[i].family;
    return '\0';
}

static char family(const struct img_os_release *os)
{
    char found = family_of(os->id, strlen(os->id));

    for (const char *p = os->id_like; found == '\0' && *p != '\0';) {
        size_t len = strcspn(p, " ");

        found = family_of(p, len);
        p += len + (p[len] == ' ');
    }
    return found;
}

static bool has_kind(const struct img_fold *f, char kind)
{
    for (size_t i = 0; i < f->live_count; i++)
        if ((f->live[i].file->kind == IMG_FILE_APK ? 'a' : 'd') == kind)
            return true;
    return false;
}

/* What os-release says must fit the databases: a forged one would put every package under a name
 * that no rule and no advisory is looking for. */
static void check_family(struct img_fold *f)
{
    char says = f->os != NULL ? family(&f->os->os) : '\0';
    const char *id = f->os != NULL ? f->os->os.id : "";

    if (f->os == NULL)
        return;
    if (says == 'r')
        img_because(f, "os-release says '%.60s', whose kind of package database is not read", id);
    if (says == 'd' && !has_kind(f, 'd'))
        img_because(f, "os-release says '%.60s', but there is no dpkg database", id);
    if (says == 'a' && !has_kind(f, 'a'))
        img_because(f, "os-release says '%.60s', but there is no apk database", id);
    if (has_kind(f, 'd') && says != 'd')
        img_because(f, "there is a dpkg database, which does not fit os-release's '%.60s'", id);
    if (has_kind(f, 'a') && says != 'a')
        img_because(f, "there is an apk database, which does not fit os-release's '%.60s'", id);
}

static bool owns_os_release(const char *name)
{
    static const char *const owners[] = {"base-files", "alpine-release", "alpine-base",
                                         "wolfi-baselayout"};

    for (size_t i = 0; i < IMG_COUNT(owners); i++)
        if (strcmp(owners[i], name) == 0)
            return true;
    return false;
}

/* os-release belongs to a package. A layer that gives it another meaning without touching that
 * package did not get it from the distribution. */
static void check_os_change(struct img_fold *f)
{
    const struct img_inventory *inv = &f->out->inventory;
    const struct img_file *before;
    bool unread, owner = false;

    if (f->os == NULL || f->os->layer == 0)
        return;
    before = img_os_release_at(f, f->os->layer - 1, &unread);
    if (before == NULL || (strcmp(before->os.id, f->os->os.id) == 0 &&
                           strcmp(before->os.id_like, f->os->os.id_like) == 0 &&
                           strcmp(before->os.version_id, f->os->os.version_id) == 0))
        return;
    for (size_t i = 0; i < inv->count; i++)
        owner = owner ||
                (owns_os_release(inv->packages[i].name) && inv->packages[i].layer == f->os->layer);
    if (!owner)
        img_because(
            f, "layer %zu changes os-release from '%.40s %.20s' to '%.40s %.20s', not its package",
            f->os->layer + 1, before->os.id, before->os.version_id, f->os->os.id,
            f->os->os.version_id);
}

/* --- databases that are gone, elsewhere, or of another kind ----------------------------------- */

/* The topmost layer that still had it, one below the one that took it away. */
static void check_removed(struct img_fold *f, const char *path)
{
    const char *real;
    bool unread;

    for (size_t top = f->layers - 1; top > 0; top--)
        if (img_file_at(f, top - 1, path, &real, &unread) != NULL) {
            img_because(f, "layer %zu takes %s away", top + 1, path);
            return;
        }
}

static void check_databases(struct img_fold *f)
{
    const char *real;
    bool unread;

    for (size_t i = 0; i < IMG_DATABASES; i++) {
        const char *path = img_database_paths[i];

        if (img_file_at(f, f->layers - 1, path, &real, &unread) != NULL)
            continue;
        if (unread)
            img_because(f, "%s is no file that could be read, or a link to one", path);
        else if (f->live_count == 0)
            check_removed(f, path);
    }
    if (f->live_count == 0)
        img_because(f, "no package database was found");
}

/* Databases that are known, and not read yet. */
static void check_foreign(struct img_fold *f)
{
    static const char *const paths[] = {
        "var/lib/rpm/rpmdb.sqlite",
        "var/lib/rpm/Packages",
        "var/lib/rpm/Packages.db",
        "usr/lib/sysimage/rpm/rpmdb.sqlite",
        "usr/lib/sysimage/rpm/Packages",
        "usr/lib/sysimage/rpm/Packages.db",
        "usr/share/rpm/rpmdb.sqlite",
        "usr/share/rpm/Packages",
        "usr/share/rpm/Packages.db",
        "var/lib/rpmmanifest/container-manifest-2",
        "usr/lib/opkg/status",
        "var/lib/opkg/status",
        "var/lib/pacman/local/ALPM_DB_VERSION",
    };
    char at[IMG_PATH_ROOM];
    size_t layer;

    for (size_t i = 0; i < IMG_COUNT(paths); i++) {
        img_overlay_resolve(f->overlay, f->layers - 1, paths[i], at, sizeof(at));
        if (strcmp(at, paths[i]) == 0 &&
            img_overlay_look(f->overlay, f->layers - 1, at, &layer) != NULL)
            img_because(f, "%s: this kind of package database is not read yet", paths[i]);
    }
}

static int by_address(const void *a, const void *b)
{
    const struct img_file *const *x = a, *const *y = b;

    return *x < *y ? -1 : *x > *y;
}

static void free_files(const struct img_file ***p)
{
    free((void *)*p);
}

/* Databases that stand where the system's own do not: a root file system within the image, or the
 * image's own moved out of sight. */
static bool check_strays(struct img_fold *f, struct img_err *err)
{
    IMG_AUTO(free_files)
    const struct img_file **known = calloc(f->live_count + 1, sizeof(*known));
    size_t layer;

    if (known == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    for (size_t i = 0; i < f->live_count; i++)
        known[i] = f->live[i].file;
    qsort((void *)known, f->live_count, sizeof(*known), by_address);
    for (size_t l = 0; l < f->layers; l++)
        for (size_t i = 0; i < f->overlay->layers[l].count; i++) {
            const struct img_node *n = &f->overlay->layers[l].nodes[i];
            const struct img_file *file = n->content;

            if (file == NULL || file->kind == IMG_FILE_OS_RELEASE ||
                img_overlay_look(f->overlay, f->layers - 1, n->path, &layer) != n ||
                bsearch(&file, known, f->live_count, sizeof(*known), by_address) != NULL)
                continue;
            img_because(f, "%.300s looks like a package database, but is not the system's own",
                        n->path);
        }
    return true;
}

/* --- dpkg's own lists ----------------------------------------------------------------------------
 */

struct names {
    const char **items;
    size_t count;
};

static void names_done(struct names *n)
{
    free((void *)n->items);
}

static int by_text(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

/* Every package that dpkg's databases know, installed or not, sorted. */
static bool known_names(const struct img_fold *f, struct names *out, struct img_err *err)
{
    size_t count = 0;

    for (size_t i = 0; i < f->live_count; i++)
        count += f->live[i].file->db != NULL ? f->live[i].file->db->count : 0;
    out->items = calloc(count + 1, sizeof(*out->items));
    if (out->items == NULL)
        return img_fail(err, IMG_E_MEMORY, "catalog");
    for (size_t i = 0; i < f->live_count; i++) {
        const struct img_db *db = f->live[i].file->db;

        for (size_t k = 0; db != NULL && db->kind != IMG_DB_APK && k < db->count; k++)
            out->items[out->count++] = db->items[k].name;
    }
    if (out->count > 0)
        qsort((void *)out->items, out->count, sizeof(*out->items), by_text);
    return true;
}

/* "NAME.list" or "NAME:ARCH.list" in dir into name; false for anything else. */
static bool list_name(const char *path, const char *dir, char *name, size_t room)
{
    size_t len = strlen(dir), n;

    if (strncmp(path, dir, len) != 0 || path[len] != '/' || strchr(path + len + 1, '/') != NULL ||
        !img_has_suffix(path, ".list"))
        return false;
    path += len + 1;
    n = strcspn(path, ":");
    n = path[n] == ':' ? n : strlen(path) - strlen(".list");
    if (n >= room)
        return false;
    memcpy(name, path, n);
    name[n] = '\0';
    return true;
}

/* dpkg keeps a list of files beside its status for each package it knows. Lists of packages that
 * the status does not know mean that the status was cut or edited. */
static bool check_lists(struct img_fold *f, struct img_err *err)
{
    IMG_AUTO(names_done) struct names known = {.items = NULL};
    char dir[IMG_PATH_ROOM], name[256], first[256] = "";
    const char *key = name;
    size_t unknown = 0, layer;

    if (!known_names(f, &known, err))
        return false;
    img_overlay_resolve(f->overlay, f->layers - 1, "var/lib/dpkg/info", dir, sizeof(dir));
    for (size_t l = 0; l < f->layers; l++)
        for (size_t i = 0; i < f->overlay->layers[l].count; i++) {
            const struct img_node *n = &f->overlay->layers[l].nodes[i];

            if (dir[0] == '\0' || !list_name(n->path, dir, name, sizeof(name)) ||
                bsearch(&key, known.items, known.count, sizeof(*known.items), by_text) != NULL ||
                img_overlay_look(f->overlay, f->layers - 1, n->path, &layer) != n)
                continue;
            if (unknown++ == 0)
                memcpy(first, name, sizeof(first));
        }
    if (unknown > 0)
        img_because(f,
                    "var/lib/dpkg/info has files of %zu packages that the database lacks, "
                    "such as '%.100s'",
                    unknown, first);
    return true;
}

/* Distroless images: beside each package's file stands one with its checksums. */
static void check_singles(struct img_fold *f)
{
    char dir[IMG_PATH_ROOM], single[IMG_PATH_ROOM];
    size_t layer, len;

    img_overlay_resolve(f->overlay, f->layers - 1, "var/lib/dpkg/status.d", dir, sizeof(dir));
    len = strlen(dir);
    for (size_t l = 0; l < f->layers; l++)
        for (size_t i = 0; i < f->overlay->layers[l].count; i++) {
            const struct img_node *n = &f->overlay->layers[l].nodes[i];
            size_t n_len = strlen(n->path);

            if (len == 0 || strncmp(n->path, dir, len) != 0 || n->path[len] != '/' ||
                !img_has_suffix(n->path, ".md5sums") || n_len >= sizeof(single) ||
                img_overlay_look(f->overlay, f->layers - 1, n->path, &layer) != n)
                continue;
            memcpy(single, n->path, n_len - strlen(".md5sums"));
            single[n_len - strlen(".md5sums")] = '\0';
            if (img_overlay_look(f->overlay, f->layers - 1, single, &layer) == NULL)
                img_because(f, "%.300s has no package beside it", n->path);
        }
}

bool img_doubts(struct img_fold *f, struct img_err *err)
{
    if (f->facts->odd != NULL)
        img_because(f, "layer %zu has an entry that points out of the image: '%.200s'",
                    f->facts->odd_layer + 1, f->facts->odd);
    check_databases(f);
    check_family(f);
    check_os_change(f);
    check_foreign(f);
    check_singles(f);
    return check_strays(f, err) && check_lists(f, err);
}
