/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/descriptor.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"

#define SIZE_MAX_JSON (INT64_C(1) << 53) /* I-JSON, RFC 7493 section 2.2: integers stay exact */

/* jansson iterates, and counts references, only through pointers to non-const. */
static json_t *unconst(const json_t *node)
{
    return (json_t *)(uintptr_t)node;
}

/* Go's decoder, which the tools that run images are built on, takes "Config" and even "con\u017fig"
 * for "config". Folds as it does: ASCII case, U+017F as s, U+212A as k. */
static size_t fold(const char *s, char *out)
{
    const unsigned char *u = (const unsigned char *)s;

    if (u[0] == 0xc5 && u[1] == 0xbf) {
        *out = 's';
        return 2;
    }
    if (u[0] == 0xe2 && u[1] == 0x84 && u[2] == 0xaa) {
        *out = 'k';
        return 3;
    }
    *out = *s >= 'A' && *s <= 'Z' ? (char)(*s - 'A' + 'a') : *s;
    return 1;
}

static bool folds_alike(const char *a, const char *b)
{
    char x, y;

    while (*a != '\0' && *b != '\0') {
        a += fold(a, &x);
        b += fold(b, &y);
        if (x != y)
            return false;
    }
    return *a == *b;
}

bool img_json_no_twins(const struct img_json *at, const char *const *names, size_t count,
                       struct img_err *err)
{
    json_t *object = unconst(at->node);

    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const char *key = json_object_iter_key(it);
        for (size_t i = 0; i < count; i++)
            if (strcmp(key, names[i]) != 0 && folds_alike(key, names[i]))
                return img_json_fail(at, err, "member '%.40s' could be taken for '%s'", key,
                                     names[i]);
    }
    return true;
}

/* RFC 6838 section 4.2, and parameters without blanks or quotes: "…bundle+json;version=0.2". */
bool img_media_type_is_valid(const char *s)
{
    size_t len = 0, slashes = 0;

    for (; s[len] != '\0' && s[len] != ';'; len++) {
        bool first = len == 0 || s[len - 1] == '/';
        bool alnum = (s[len] >= 'a' && s[len] <= 'z') || (s[len] >= 'A' && s[len] <= 'Z') ||
                     (s[len] >= '0' && s[len] <= '9');
        slashes += s[len] == '/';
        if (!alnum && (first || strchr("!#$&-^_.+/", s[len]) == NULL))
            return false;
    }
    for (const char *p = s + len; *p != '\0'; p++)
        if (*p <= ' ' || *p >= 0x7f || strchr("\"\\,", *p) != NULL)
            return false;
    return slashes == 1 && len > 0 && s[len - 1] != '/' && strlen(s) < IMG_MEDIA_TYPE;
}

bool img_json_media_type(const struct img_json *at, const char *key,
                         char out[static IMG_MEDIA_TYPE], struct img_err *err)
{
    const char *text = "";

    if (!img_json_opt_str(at, key, &text, err))
        return false;
    if (text[0] != '\0' && !img_media_type_is_valid(text))
        return img_json_fail(at, err, "%s: not a media type", key);
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool img_json_annotations(const struct img_json *at, json_t **out, struct img_err *err)
{
    struct img_json a = {.node = json_object_get(at->node, "annotations"),
                         .up = at,
                         .key = "annotations"};
    json_t *object;
    size_t bytes = 0;

    if (a.node == NULL || json_is_null(a.node)) {
        *out = NULL;
        return true;
    }
    if (!json_is_object(a.node))
        return img_json_fail(&a, err, "expected object");
    object = unconst(a.node);
    for (void *it = json_object_iter(object); it != NULL; it = json_object_iter_next(object, it)) {
        const json_t *value = json_object_iter_value(it);
        if (!json_is_string(value))
            return img_json_fail(&a, err, "'%.80s' is not a string", json_object_iter_key(it));
        bytes += strlen(json_object_iter_key(it)) + json_string_length(value);
    }
    if (bytes > IMG_LIMIT_ANNOTATIONS)
        return img_fail(err, IMG_E_LIMIT, "annotations larger than %llu bytes",
                        (unsigned long long)IMG_LIMIT_ANNOTATIONS);
    *out = json_incref(object);
    return true;
}

static bool is_platform_word(const char *s)
{
    for (; *s != '\0'; s++)
        if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') ||
              strchr("._+-", *s) != NULL))
            return false;
    return true;
}

static bool read_word(const struct img_json *at, const char *key, char out[static 32],
                      struct img_err *err)
{
    const char *text = "";

    if (!img_json_opt_str(at, key, &text, err))
        return false;
    if (strlen(text) >= 32 || !is_platform_word(text))
        return img_json_fail(at, err, "%s: not a platform name", key);
    memcpy(out, text, strlen(text) + 1);
    return true;
}

bool img_platform_read(const struct img_json *at, struct img_platform *out, struct img_err *err)
{
    static const char *const names[] = {"os", "architecture", "variant"};
    struct img_platform p = {.os = ""};

    if (!img_json_no_twins(at, names, IMG_COUNT(names), err) || !read_word(at, "os", p.os, err) ||
        !read_word(at, "architecture", p.architecture, err) ||
        !read_word(at, "variant", p.variant, err))
        return false;
    *out = p;
    return true;
}

static bool read_platform(const struct img_json *at, struct img_descriptor *d, struct img_err *err)
{
    struct img_json p;

    if (!img_json_has(at, "platform") || json_is_null(json_object_get(at->node, "platform")))
        return true;
    if (!img_json_obj(at, "platform", &p, err) || !img_platform_read(&p, &d->platform, err))
        return false;
    d->has_platform = d->platform.os[0] != '\0' || d->platform.architecture[0] != '\0';
    return true;
}

bool img_descriptor_read(const struct img_json *at, struct img_descriptor *out, struct img_err *err)
{
    static const char *const names[] = {"mediaType", "artifactType", "digest",
                                        "size",      "platform",     "annotations"};
    IMG_AUTO(img_descriptor_done) struct img_descriptor d = {.size = 0};
    const char *digest;

    if (!img_json_no_twins(at, names, IMG_COUNT(names), err) ||
        !img_json_media_type(at, "mediaType", d.media_type, err) ||
        !img_json_media_type(at, "artifactType", d.artifact_type, err) ||
        !img_json_str(at, "digest", &digest, err) ||
        !img_json_int(at, "size", 0, SIZE_MAX_JSON, &d.size, err))
        return false;
    if (d.media_type[0] == '\0')
        return img_json_fail(at, err, "no mediaType");
    if (!img_digest_parse(digest, &d.digest, err))
        return img_ctx(err, "descriptor");
    if (!read_platform(at, &d, err) || !img_json_annotations(at, &d.annotations, err))
        return false;
    *out = d;
    d = (struct img_descriptor){.size = 0};
    return true;
}

void img_descriptor_write(struct img_json_out *j, const char *key, const struct img_descriptor *d)
{
    char digest[IMG_DIGEST_TEXT];
    const char *name;
    json_t *value;

    img_digest_text(&d->digest, digest);
    img_json_out_open(j, key, '{');
    img_json_out_str(j, "mediaType", d->media_type);
    img_json_out_str(j, "digest", digest);
    img_json_out_int(j, "size", d->size);
    if (d->annotations != NULL && json_object_size(d->annotations) > 0) {
        img_json_out_open(j, "annotations", '{');
        json_object_foreach(d->annotations, name, value)
            img_json_out_bytes(j, name,
                               (struct img_bytes){.ptr = (const uint8_t *)json_string_value(value),
                                                  .len = json_string_length(value)});
        img_json_out_close(j, '}');
    }
    if (d->has_platform) {
        img_json_out_open(j, "platform", '{');
        img_json_out_str(j, "architecture", d->platform.architecture);
        img_json_out_str(j, "os", d->platform.os);
        img_json_out_opt(j, "variant", d->platform.variant);
        img_json_out_close(j, '}');
    }
    img_json_out_opt(j, "artifactType", d->artifact_type);
    img_json_out_close(j, '}');
}

void img_descriptor_copy(const struct img_descriptor *from, struct img_descriptor *to)
{
    *to = *from;
    (void)json_incref(to->annotations);
}

void img_descriptor_done(struct img_descriptor *d)
{
    json_decref(d->annotations);
    d->annotations = NULL;
}

void img_descriptors_free(struct img_descriptor *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        img_descriptor_done(&items[i]);
    free(items);
}

const char *img_descriptor_annotation(const struct img_descriptor *d, const char *name)
{
    return json_string_value(json_object_get(d->annotations, name));
}

bool img_media_type_is_index(const char *media_type)
{
    return strcmp(media_type, IMG_TYPE_OCI_INDEX) == 0 ||
           strcmp(media_type, IMG_TYPE_DOCKER_LIST) == 0;
}

bool img_media_type_is_manifest(const char *media_type)
{
    return strcmp(media_type, IMG_TYPE_OCI_MANIFEST) == 0 ||
           strcmp(media_type, IMG_TYPE_DOCKER_MANIFEST) == 0;
}

bool img_platform_parse(const char *text, struct img_platform *out, struct img_err *err)
{
    struct img_platform p = {.os = ""};
    char *parts[] = {p.os, p.architecture, p.variant};
    const char *at = text;

    for (size_t i = 0; i < IMG_COUNT(parts); i++) {
        size_t len = strcspn(at, "/");
        if (len == 0 || len >= sizeof(p.os))
            break;
        memcpy(parts[i], at, len);
        if (!is_platform_word(parts[i]))
            break;
        at += len;
        if (*at == '\0' && i > 0) {
            *out = p;
            return true;
        }
        if (*at == '\0')
            break;
        at++;
    }
    return img_fail(
        err, IMG_E_USAGE,
        "'%.80s' is not a platform: write OS/ARCH or OS/ARCH/VARIANT, such as linux/arm64", text);
}

void img_platform_text(const struct img_platform *p, char out[static 100])
{
    (void)snprintf(out, 100, "%s/%s%s%s", p->os, p->architecture, p->variant[0] != '\0' ? "/" : "",
                   p->variant);
}

/* image-spec, image-index.md: arm64 has one variant so far, v8, and most producers leave it out. */
static const char *variant(const struct img_platform *p)
{
    return strcmp(p->architecture, "arm64") == 0 && p->variant[0] == '\0' ? "v8" : p->variant;
}

bool img_platform_serves(const struct img_platform *have, const struct img_platform *want)
{
    return strcmp(have->os, want->os) == 0 && strcmp(have->architecture, want->architecture) == 0 &&
           (want->variant[0] == '\0' || strcmp(variant(have), variant(want)) == 0);
}
