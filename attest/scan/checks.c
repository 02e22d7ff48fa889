/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/checks.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"

/*
 * Our own checks: does the image run as root, which setuid files does it have, and does any layer
 * or the configuration hold a secret. A secret that a later layer removes is still in the image, so
 * every layer's files count; setuid files and the user are what the final image shows.
 */

/* What a layer does to etc/passwd, the file that says which user is root. */
enum passwd { PASSWD_BELOW, PASSWD_GONE, PASSWD_HERE, PASSWD_UNKNOWN };

struct layer_checks {
    struct img_checks *all;
    size_t index;
    struct img_pool pool;
    struct secret_search search;
    struct layer_paths paths;
    enum passwd passwd;
    struct img_buf passwd_text;
    bool in_passwd;
};

struct img_checks {
    const struct img_image *image;
    struct path_key key;
    size_t count;
    struct layer_checks *layers[]; /* NULL until opened */
};

static void layer_free(struct layer_checks *l)
{
    if (l == NULL)
        return;
    search_done(&l->search);
    paths_done(&l->paths);
    img_buf_done(&l->passwd_text);
    img_pool_done(&l->pool);
    free(l);
}

bool img_checks_new(const struct img_image *image, struct img_checks **out, struct img_err *err)
{
    struct img_checks *c;
    struct path_key key;

    if (!path_key_new(&key, err))
        return false;
    c = calloc(1, sizeof(*c) + image->config.layers * sizeof(c->layers[0]));
    if (c == NULL)
        return img_fail(err, IMG_E_MEMORY, "checks");
    c->image = image;
    c->key = key;
    c->count = image->config.layers;
    *out = c;
    return true;
}

void img_checks_free(struct img_checks *c)
{
    for (size_t i = 0; c != NULL && i < c->count; i++)
        layer_free(c->layers[i]);
    free(c);
}

/* --- reading a layer --- */

static bool is_removal(enum img_entry_type type)
{
    return type == IMG_ENTRY_WHITEOUT || type == IMG_ENTRY_OPAQUE;
}

/* Follows etc/passwd, and what stands in its way. A link is not followed: what it leads to may lie
 * in any layer, and then nobody knows. */
static void note_passwd(struct layer_checks *l, const struct img_entry *e)
{
    bool file = strcmp(e->path, "etc/passwd") == 0, dir = strcmp(e->path, "etc") == 0;

    if (!file && !dir && e->path[0] != '\0')
        return;
    if (is_removal(e->type)) {
        if (l->passwd == PASSWD_BELOW)
            l->passwd = PASSWD_GONE;
    } else if (file) {
        l->passwd = e->type == IMG_ENTRY_FILE ? PASSWD_HERE : PASSWD_UNKNOWN;
    } else if (dir && e->type != IMG_ENTRY_DIR) {
        l->passwd = PASSWD_UNKNOWN;
    }
}

static bool entry(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    struct layer_checks *l = ctx;

    if (e->odd)
        return true;
    note_passwd(l, e);
    if (!paths_entry(&l->paths, &l->all->key, l->index == 0, &l->pool, e, err))
        return false;
    if (e->type != IMG_ENTRY_FILE || e->size == 0)
        return true;
    l->in_passwd = strcmp(e->path, "etc/passwd") == 0;
    if (l->in_passwd) {
        img_buf_done(&l->passwd_text);
        l->passwd_text.limit = IMG_LIMIT_PASSWD;
    }
    *wants = l->in_passwd || !search_passes_over(e->path);
    return !*wants || search_begin(&l->search, &l->pool, e->path, err);
}

static bool data(void *ctx, struct img_bytes chunk, struct img_err *err)
{
    struct layer_checks *l = ctx;

    if (l->in_passwd)
        img_buf_put(&l->passwd_text, chunk.ptr, chunk.len);
    return search_data(&l->search, chunk, err);
}

static bool end(void *ctx, struct img_err *err)
{
    struct layer_checks *l = ctx;

    l->in_passwd = false;
    return search_end(&l->search, err);
}

static bool open_layer(void *ctx, size_t layer, struct img_visitor *out, struct img_err *err)
{
    struct img_checks *c = ctx;
    struct layer_checks *l;

    if (layer >= c->count || c->layers[layer] != NULL)
        return img_fail(err, IMG_E_INTERNAL, "checks: layer %zu opened twice or out of range",
                        layer);
    l = calloc(1, sizeof(*l));
    if (l == NULL)
        return img_fail(err, IMG_E_MEMORY, "checks");
    l->all = c;
    l->index = layer;
    l->passwd_text.limit = IMG_LIMIT_PASSWD;
    c->layers[layer] = l;
    *out = (struct img_visitor){.ctx = l, .entry = entry, .data = data, .end = end};
    return true;
}

struct img_layer_client img_checks_client(struct img_checks *c)
{
    return (struct img_layer_client){.ctx = c, .open = open_layer};
}

/* --- the verdicts --- */

/* What is being put together, and why it may not be all. */
struct outcome {
    const struct img_checks *checks;
    struct scan_owner *o;
    const char *reason;
};

static void diff_text(const struct outcome *x, size_t layer, char out[static IMG_DIGEST_TEXT])
{
    img_digest_text(&x->checks->image->config.diff_ids[layer], out);
}

static struct img_finding *add(struct outcome *x, enum img_finding_kind kind, const char *id,
                               struct img_err *err)
{
    static const char *const sources[] = {"imgtrust", NULL};
    struct img_finding *f = scan_add(x->o, kind, err);

    if (f == NULL)
        return NULL;
    f->id = id;
    f->sources = sources;
    return f;
}

static void set_layer(struct outcome *x, struct img_finding *f, size_t layer)
{
    char text[IMG_DIGEST_TEXT];

    diff_text(x, layer, text);
    f->layer = (int64_t)layer;
    f->diff_id = img_pool_str(&x->o->pool, text);
}

/* A secret is known by where it is, never by what it is: SHA-256 of rule, layer, path and line. */
static bool identify(struct outcome *x, struct img_finding *f, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf where = IMG_BUF(2 * IMG_LIMIT_PATH);
    char text[IMG_DIGEST_TEXT];
    struct img_digest digest;
    struct img_bytes bytes;

    img_buf_putf(&where, "%s\n%s\n%s\n%lld\n", f->id, f->diff_id != NULL ? f->diff_id : "",
                 f->path != NULL ? f->path : "", (long long)f->line);
    if (!img_buf_bytes(&where, &bytes, err) || !img_digest_of(IMG_SHA256, bytes, &digest, err))
        return false;
    img_digest_text(&digest, text);
    f->aliases = scan_list(x->o, (const char *const[]){text}, 1);
    return true;
}

static bool add_secret(struct outcome *x, const struct secret_rule *rule, int64_t layer,
                       const char *path, int64_t line, struct img_err *err)
{
    struct img_finding *f = add(x, IMG_FINDING_SECRET, rule->id, err);

    if (f == NULL)
        return false;
    f->severity = rule->severity;
    f->title = rule->title;
    f->path = path;
    f->line = line;
    if (layer >= 0)
        set_layer(x, f, (size_t)layer);
    return identify(x, f, err);
}

static bool layer_secrets(struct outcome *x, size_t layer, struct img_err *err)
{
    const struct secret_search *s = &x->checks->layers[layer]->search;

    for (size_t i = 0; i < s->count; i++)
        if (!add_secret(x, s->items[i].rule, (int64_t)layer,
                        img_pool_strf(&x->o->pool, "/%s", s->items[i].path), s->items[i].line, err))
            return false;
    if (s->cut)
        x->reason = "a layer has more secrets than are counted";
    return true;
}

/* One text of the configuration: each rule counts once. */
static bool config_text(struct outcome *x, const char *text, const char *where, struct img_err *err)
{
    const struct secret_rule *seen[16];
    struct secret_hit hit;
    size_t from = 0, count = 0, i, len = strlen(text);

    while (secret_find(img_bytes_of(text), from, len, SECRET_ALL, &hit, &from)) {
        for (i = 0; i < count && seen[i] != hit.rule;)
            i++;
        if (i < count || count == IMG_COUNT(seen))
            continue;
        seen[count++] = hit.rule;
        if (!add_secret(x, hit.rule, -1, where, 0, err))
            return false;
    }
    return true;
}

static bool config_list(struct outcome *x, const json_t *list, const char *name,
                        struct img_err *err)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *text = json_string_value(json_array_get(list, i));
        const char *eq = text != NULL ? strchr(text, '=') : NULL;
        const char *where;

        if (text == NULL)
            continue;
        /* the name of a variable says where to look; a text without one only has its number */
        where = eq != NULL && strcmp(name, "Env") == 0
                    ? img_pool_strf(&x->o->pool, "config:%s/%.*s", name, (int)(eq - text), text)
                    : img_pool_strf(&x->o->pool, "config:%s/%zu", name, i);
        if (!config_text(x, text, where, err))
            return false;
    }
    return true;
}

static bool config_secrets(struct outcome *x, struct img_err *err)
{
    static const char *const lists[] = {"Env", "Cmd", "Entrypoint", "OnBuild", "Shell"};
    const struct img_config *config = &x->checks->image->config;
    const json_t *inner = json_object_get(config->doc, "config");
    json_t *labels = json_object_get(inner, "Labels"), *value;
    const char *name;

    for (size_t i = 0; i < IMG_COUNT(lists); i++)
        if (!config_list(x, json_object_get(inner, lists[i]), lists[i], err))
            return false;
    json_object_foreach(labels, name,
                        value) if (json_is_string(value) &&
                                   !config_text(x, json_string_value(value),
                                                img_pool_strf(&x->o->pool, "config:Labels/%s",
                                                              name),
                                                err)) return false;
    for (size_t i = 0; i < config->history_count; i++)
        if (!config_text(x, config->history[i].created_by,
                         img_pool_strf(&x->o->pool, "config:history/%zu", i), err))
            return false;
    return true;
}

static bool add_setuid_file(struct outcome *x, const struct setuid_file *file, struct img_err *err)
{
    bool setuid = (file->mode & 04000) != 0;
    struct img_finding *f =
        add(x, IMG_FINDING_MISCONFIGURATION, setuid ? IMG_CHECK_SETUID : IMG_CHECK_SETGID, err);

    if (f == NULL)
        return false;
    f->severity = IMG_SEVERITY_LOW;
    f->title =
        img_pool_strf(&x->o->pool, "%s file (mode %04o)", setuid ? "Setuid" : "Setgid", file->mode);
    f->path = img_pool_strf(&x->o->pool, "/%s", file->path);
    set_layer(x, f, file->layer);
    return true;
}

static void free_files(struct setuid_file **p)
{
    free(*p);
}

static bool setuid_files(struct outcome *x, struct img_err *err)
{
    IMG_AUTO(free_files) struct setuid_file *files = NULL;
    struct layer_paths **layers = img_pool_alloc(&x->o->pool, x->checks->count, sizeof(*layers));
    size_t count;

    if (layers == NULL)
        return img_fail(err, IMG_E_MEMORY, "layers");
    for (size_t i = 0; i < x->checks->count; i++) {
        layers[i] = &x->checks->layers[i]->paths;
        if (layers[i]->cut)
            x->reason = "a layer has more setuid files or hard links than are followed";
    }
    if (!paths_fold(layers, x->checks->count, &x->checks->key, &files, &count, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!add_setuid_file(x, &files[i], err))
            return false;
    return true;
}

/* --- root --- */

/* A number as runtimes read it (strconv.Atoi): a sign and leading zeros do not make it another. */
static bool is_number(const char *user, size_t len, bool *zero)
{
    size_t i = len > 0 && (user[0] == '+' || user[0] == '-');

    *zero = true;
    for (size_t k = i; k < len; k++) {
        if (user[k] < '0' || user[k] > '9')
            return false;
        *zero = *zero && user[k] == '0';
    }
    return i < len;
}

/* True when a line of passwd gives this name the number 0. */
static bool is_root_in(struct img_bytes passwd, const char *name, size_t len)
{
    while (passwd.len > 0) {
        const uint8_t *nl = memchr(passwd.ptr, '\n', passwd.len);
        size_t line = nl != NULL ? (size_t)(nl - passwd.ptr) : passwd.len;
        const char *at = (const char *)passwd.ptr, *field, *stop;
        bool zero;

        if (line > len && memcmp(at, name, len) == 0 && at[len] == ':' &&
            (field = memchr(at + len + 1, ':', line - len - 1)) != NULL) {
            size_t rest = line - (size_t)(++field - at);

            stop = memchr(field, ':', rest);
            if (is_number(field, stop != NULL ? (size_t)(stop - field) : rest, &zero) && zero)
                return true;
        }
        line += nl != NULL;
        passwd = (struct img_bytes){passwd.ptr + line, passwd.len - line};
    }
    return false;
}

/* The final image's etc/passwd: the topmost layer that says anything about it. */
static bool named_root(struct outcome *x, const char *name, size_t len, bool *root,
                       struct img_err *err)
{
    struct img_bytes text = {0};

    *root = false;
    for (size_t i = x->checks->count; i > 0; i--) {
        const struct layer_checks *l = x->checks->layers[i - 1];

        if (l->passwd == PASSWD_BELOW)
            continue;
        if (l->passwd == PASSWD_GONE)
            return true;
        if (l->passwd == PASSWD_UNKNOWN || l->passwd_text.failed == IMG_E_LIMIT) {
            x->reason = "which user number the image's user has could not be read from etc/passwd";
            return true;
        }
        if (!img_buf_bytes(&l->passwd_text, &text, err))
            return false;
        *root = is_root_in(text, name, len);
        return true;
    }
    return true;
}

static bool runs_as_root(struct outcome *x, struct img_err *err)
{
    const char *user = x->checks->image->config.user;
    size_t len = strcspn(user, ":");
    bool root = len == 0 || (len == 4 && memcmp(user, "root", 4) == 0), zero = false;
    struct img_finding *f;

    if (!root && is_number(user, len, &zero))
        root = zero;
    else if (!root && !named_root(x, user, len, &root, err))
        return false;
    if (!root)
        return true;
    f = add(x, IMG_FINDING_MISCONFIGURATION, IMG_CHECK_ROOT, err);
    if (f == NULL)
        return false;
    f->severity = IMG_SEVERITY_MEDIUM;
    f->title = user[0] == '\0' ? "No user is set, so the image runs as root"
                               : "The user that is set is root";
    return true;
}

static bool every_layer_was_read(const struct img_checks *c, struct img_err *err)
{
    for (size_t i = 0; i < c->count; i++)
        if (c->layers[i] == NULL)
            return img_fail(err, IMG_E_INTERNAL, "checks: layer %zu was not read", i);
    return true;
}

bool img_checks_finish(struct img_checks *c, int64_t started, int64_t finished,
                       struct img_scan **out, struct img_err *err)
{
    IMG_AUTO(scan_owner_freep) struct scan_owner *o = NULL;
    struct outcome x = {.checks = c};
    struct img_scan_input *in;

    if (!every_layer_was_read(c, err) || !scan_owner_new(&o, err) || !scan_inputs(o, 1, err))
        return false;
    x.o = o;
    if (!runs_as_root(&x, err) || !setuid_files(&x, err) || !config_secrets(&x, err))
        return false;
    for (size_t i = 0; i < c->count; i++)
        if (!layer_secrets(&x, i, err))
            return false;
    in = &o->scan.inputs[0];
    in->tool = "imgtrust";
    in->version = IMG_VERSION;
    scan_looks_for(in, IMG_LOOKS_SECRETS);
    scan_looks_for(in, IMG_LOOKS_SETUID);
    scan_looks_for(in, IMG_LOOKS_MISCONFIGURATION);
    in->reason = x.reason;
    in->complete = x.reason == NULL;
    in->started = started;
    in->finished = finished;
    if (!img_pool_check(&o->pool, err))
        return false;
    *out = &((struct scan_owner *)IMG_STEAL(&o))->scan;
    return true;
}
