/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/policy/kube.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "oci/reference.h"

/* Where in a document we are. The pointer is spelled out as we go down: it is short. */
struct walk {
    const char *file;
    struct img_kube_images *out;
    const char *object;
};
#define POINTER 200 /* bytes of a JSON Pointer; the longest here are well under 100 */

/* How a kind holds its pods: the path of keys down to a pod spec, ended by NULL. */
static const struct kind {
    const char *name;
    const char *path[6];
    bool template_optional; /* a ReplicationController may have none */
} kinds[] = {
    {"Pod", {"spec"}, false},
    {"PodTemplate", {"template", "spec"}, false},
    {"ReplicationController", {"spec", "template", "spec"}, true},
    {"ReplicaSet", {"spec", "template", "spec"}, false},
    {"Deployment", {"spec", "template", "spec"}, false},
    {"StatefulSet", {"spec", "template", "spec"}, false},
    {"DaemonSet", {"spec", "template", "spec"}, false},
    {"Job", {"spec", "template", "spec"}, false},
    {"CronJob", {"spec", "jobTemplate", "spec", "template", "spec"}, false},
};

static bool bad(const struct img_yaml *n, struct img_err *err, const char *what, const char *object)
{
    return img_yaml_fail(n, err, IMG_E_MALFORMED, "%.200s%s%s", object,
                         object[0] == '\0' ? "" : ": ", what);
}

/* --- one image -------------------------------------------------------------------------------- */

static bool is_unrendered(const char *text)
{
    return strstr(text, "{{") != NULL || strstr(text, "$(") != NULL || strstr(text, "${") != NULL;
}

static void image_done(struct img_kube_image *i)
{
    free(i->image);
    free(i->file);
    free(i->object);
    free(i->path);
}

static bool append(const struct walk *w, const struct img_kube_image *image, struct img_err *err)
{
    struct img_kube_images *k = w->out;
    struct img_kube_image *items;

    /* Room for a power of two: grown only when the count reaches one. */
    if ((k->count & (k->count - 1)) == 0) {
        items = realloc(k->items, (k->count == 0 ? 1 : k->count * 2) * sizeof(*items));
        if (items == NULL)
            return img_fail(err, IMG_E_MEMORY, "images");
        k->items = items;
    }
    k->items[k->count++] = *image;
    return true;
}

/* A name that the runtime would read as we do: `oci:app` is a directory here, and the repository
 * docker.io/library/oci there. */
static bool check_name(const struct walk *w, const struct img_yaml *n, struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    struct img_err why = IMG_ERR_INIT;
    char text[300];

    if (!img_reference_parse(n->text, &r, &why)) {
        img_err_text(&why, text, sizeof(text));
        return img_yaml_fail(n, err, why.code, "%.200s: image %s", w->object, text);
    }
    if (r.where != IMG_AT_REGISTRY)
        return img_yaml_fail(n, err, IMG_E_MALFORMED,
                             "%.200s: image '%.100s' is not in a registry; should a repository be "
                             "named like this, write its registry in front",
                             w->object, n->text);
    return true;
}

/* The scalar that names an image. */
static bool add_image(const struct walk *w, const struct img_yaml *n, const char *pointer,
                      struct img_err *err)
{
    IMG_AUTO(image_done) struct img_kube_image image = {.line = n->line, .column = n->column};

    if (n->kind != IMG_YAML_SCALAR || !img_yaml_is_string(n))
        return bad(n, err, "an image that is not a string; put it in quotes", w->object);
    if (n->text[0] == '\0')
        return bad(n, err, "an empty image", w->object);
    if (is_unrendered(n->text))
        return img_yaml_fail(n, err, IMG_E_MALFORMED,
                             "%.200s: image '%.100s' is a template that was not rendered",
                             w->object, n->text);
    if (!check_name(w, n, err))
        return false;
    if (w->out->count >= IMG_LIMIT_KUBE_IMAGES)
        return img_yaml_fail(n, err, IMG_E_LIMIT, "more than %d images", IMG_LIMIT_KUBE_IMAGES);
    if (!img_strdup(n->text, &image.image, err) || !img_strdup(w->file, &image.file, err) ||
        !img_strdup(w->object, &image.object, err) || !img_strdup(pointer, &image.path, err) ||
        !append(w, &image, err))
        return false;
    image = (struct img_kube_image){.image = NULL};
    return true;
}

/* --- pods ------------------------------------------------------------------------------------- */

static bool read_containers(const struct walk *w, const struct img_yaml *list, const char *pointer,
                            struct img_err *err)
{
    char at[POINTER];

    if (list == NULL || img_yaml_is_null(list))
        return true;
    if (list->kind != IMG_YAML_LIST)
        return bad(list, err, "containers that are not a list", w->object);
    for (size_t i = 0; i < list->count; i++) {
        const struct img_yaml *image = img_yaml_get(list->items[i], "image");

        if (list->items[i]->kind != IMG_YAML_MAP)
            return bad(list->items[i], err, "a container that is not a mapping", w->object);
        if (image == NULL || img_yaml_is_null(image))
            return bad(list->items[i], err, "a container without an image", w->object);
        if (snprintf(at, sizeof(at), "%s/%zu/image", pointer, i) >= (int)sizeof(at))
            return bad(list->items[i], err, "too deep a place", w->object);
        if (!add_image(w, image, at, err))
            return false;
    }
    return true;
}

/* volumes[].image.reference (image volumes). */
static bool read_volumes(const struct walk *w, const struct img_yaml *list, const char *pointer,
                         struct img_err *err)
{
    char at[POINTER];

    if (list == NULL || img_yaml_is_null(list))
        return true;
    if (list->kind != IMG_YAML_LIST)
        return bad(list, err, "volumes that are not a list", w->object);
    for (size_t i = 0; i < list->count; i++) {
        const struct img_yaml *image = img_yaml_get(list->items[i], "image"), *reference;

        if (list->items[i]->kind != IMG_YAML_MAP)
            return bad(list->items[i], err, "a volume that is not a mapping", w->object);
        if (image == NULL || img_yaml_is_null(image))
            continue;
        reference = img_yaml_get(image, "reference");
        if (reference == NULL || img_yaml_is_null(reference))
            return bad(image, err, "an image volume without a reference", w->object);
        if (snprintf(at, sizeof(at), "%s/%zu/image/reference", pointer, i) >= (int)sizeof(at))
            return bad(list->items[i], err, "too deep a place", w->object);
        if (!add_image(w, reference, at, err))
            return false;
    }
    return true;
}

static bool read_pod(const struct walk *w, const struct img_yaml *spec, const char *pointer,
                     struct img_err *err)
{
    static const char *const lists[] = {"initContainers", "containers", "ephemeralContainers"};
    const struct img_yaml *containers = img_yaml_get(spec, "containers");
    char at[POINTER];

    if (spec->kind != IMG_YAML_MAP)
        return bad(spec, err, "a pod spec that is not a mapping", w->object);
    if (containers == NULL || img_yaml_is_null(containers) || containers->count == 0)
        return bad(spec, err, "a pod without containers", w->object);
    for (size_t i = 0; i < IMG_COUNT(lists); i++) {
        (void)snprintf(at, sizeof(at), "%s/%s", pointer, lists[i]);
        if (!read_containers(w, img_yaml_get(spec, lists[i]), at, err))
            return false;
    }
    (void)snprintf(at, sizeof(at), "%s/volumes", pointer);
    return read_volumes(w, img_yaml_get(spec, "volumes"), at, err);
}

/* --- objects ---------------------------------------------------------------------------------- */

static bool read_workload(const struct walk *w, const struct kind *k, const struct img_yaml *object,
                          const char *pointer, struct img_err *err)
{
    const struct img_yaml *at = object;
    char text[POINTER], missing[100];
    size_t used;

    (void)snprintf(text, sizeof(text), "%s", pointer);
    for (size_t i = 0; i < IMG_COUNT(k->path) && k->path[i] != NULL; i++) {
        const struct img_yaml *next = img_yaml_get(at, k->path[i]);

        if (next == NULL || img_yaml_is_null(next)) {
            if (k->template_optional && strcmp(k->path[i], "template") == 0)
                return true;
            (void)snprintf(missing, sizeof(missing), "a workload without '%s'", k->path[i]);
            return bad(at, err, missing, w->object);
        }
        at = next;
        used = strlen(text);
        (void)snprintf(text + used, sizeof(text) - used, "/%s", k->path[i]);
    }
    return read_pod(w, at, text, err);
}

static const char *text_of(const struct img_yaml *map, const char *key)
{
    const struct img_yaml *n = map == NULL ? NULL : img_yaml_get(map, key);

    return n == NULL || n->kind != IMG_YAML_SCALAR || img_yaml_is_null(n) ? NULL : n->text;
}

/* "apps/v1 Deployment prod/app". */
static bool object_name(const struct img_yaml *object, const char *api, const char *kind,
                        char **out, struct img_err *err)
{
    const struct img_yaml *metadata = img_yaml_get(object, "metadata");
    const char *name = text_of(metadata, "name"), *space = text_of(metadata, "namespace");
    const char *generated = name == NULL ? text_of(metadata, "generateName") : NULL;

    return img_strf(out, err, "%.100s %.100s %.100s%s%.260s%s", api, kind,
                    space == NULL ? "" : space, space == NULL ? "" : "/",
                    name != NULL        ? name
                    : generated != NULL ? generated
                                        : "(unnamed)",
                    generated == NULL ? "" : "*");
}

static bool read_object(const struct walk *w, const struct img_yaml *object, const char *pointer,
                        const char *list_kind, struct img_err *err);

/* `items` of a List. In a typed list ("DeploymentList") items may leave their kind out. */
static bool read_list(const struct walk *w, const struct img_yaml *items, const char *kind,
                      const char *pointer, struct img_err *err)
{
    char at[POINTER], item_kind[100];
    size_t len = strlen(kind) - strlen("List");

    (void)snprintf(item_kind, sizeof(item_kind), "%.*s", (int)(len < 99 ? len : 99), kind);
    if (items == NULL || img_yaml_is_null(items))
        return true;
    if (items->kind != IMG_YAML_LIST)
        return bad(items, err, "items that are not a list", w->object);
    if (strlen(pointer) > POINTER / 2)
        return bad(items, err, "lists nested too deep", w->object);
    for (size_t i = 0; i < items->count; i++) {
        (void)snprintf(at, sizeof(at), "%s/items/%zu", pointer, i);
        if (!read_object(w, items->items[i], at, item_kind, err))
            return false;
    }
    return true;
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < IMG_COUNT(kinds); i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    return NULL;
}

static bool string_member(const struct img_yaml *object, const char *key, const char *fallback,
                          const char **out, struct img_err *err)
{
    const struct img_yaml *n = img_yaml_get(object, key);
    char what[100];

    if ((n == NULL || img_yaml_is_null(n)) && fallback != NULL && fallback[0] != '\0') {
        *out = fallback;
        return true;
    }
    (void)snprintf(what, sizeof(what), "not a Kubernetes object: no '%s'", key);
    if (n == NULL || n->kind != IMG_YAML_SCALAR || !img_yaml_is_string(n) || n->text[0] == '\0')
        return bad(n == NULL ? object : n, err, what, "");
    *out = n->text;
    return true;
}

static bool read_object(const struct walk *w, const struct img_yaml *object, const char *pointer,
                        const char *list_kind, struct img_err *err)
{
    IMG_AUTO(img_str_free) char *name = NULL;
    struct walk here = *w;
    const char *api = "", *kind = "";
    const struct kind *known;

    if (object->kind != IMG_YAML_MAP)
        return bad(object, err, "not a Kubernetes object", "");
    if (!string_member(object, "kind", list_kind, &kind, err) ||
        !string_member(object, "apiVersion", list_kind == NULL ? NULL : "(list)", &api, err) ||
        !object_name(object, api, kind, &name, err))
        return false;
    here.object = name;
    known = find_kind(kind);
    if (known != NULL) {
        w->out->objects++;
        return read_workload(&here, known, object, pointer, err);
    }
    if (strcmp(kind, "List") == 0 ||
        (img_has_suffix(kind, "List") && img_yaml_get(object, "items") != NULL))
        return read_list(&here, img_yaml_get(object, "items"), kind, pointer, err);
    w->out->objects++;
    w->out->not_workloads++;
    return true;
}

static void free_stream(struct img_yaml_stream **s)
{
    if (*s != NULL)
        img_yaml_free(*s);
}

static bool contains(struct img_bytes text, const char *what)
{
    return memmem(text.ptr, text.len, what, strlen(what)) != NULL;
}

bool img_kube_read(const char *file, struct img_bytes text, struct img_kube_images *add_to,
                   struct img_err *err)
{
    IMG_AUTO(free_stream) struct img_yaml_stream *stream = NULL;
    struct walk w = {.file = file, .out = add_to, .object = ""};

    if (!img_yaml_parse(text, true, &stream, err))
        return (contains(text, "{{") &&
                img_ctx(err, "a template that was not rendered, from its '{{'")) ||
               img_ctx(err, "%s", file);
    for (size_t i = 0; i < img_yaml_documents(stream); i++) {
        const struct img_yaml *doc = img_yaml_document(stream, i);

        if (doc == NULL || img_yaml_is_null(doc))
            continue;
        if (!read_object(&w, doc, "", NULL, err))
            return img_ctx(err, "%s", file);
    }
    return true;
}

void img_kube_images_done(struct img_kube_images *k)
{
    for (size_t i = 0; i < k->count; i++)
        image_done(&k->items[i]);
    free(k->items);
    *k = (struct img_kube_images){.items = NULL};
}
