/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/fs.h"
#include "base/limits.h"
#include "oci/layout.h"

#define REREAD_MS   1000 /* how long an index.json that does not parse may be in the making */
#define REREAD_STEP 20   /* ms */
#define SHOWN       10   /* names listed in a message */

static bool read_once(const struct img_layout *l, struct img_layout_index *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_INDEX_JSON);
    struct img_bytes bytes;

    return img_read_file_at(l->dir, "index.json", &text, err) &&
           img_buf_bytes(&text, &bytes, err) &&
           img_json_parse(bytes, IMG_LIMIT_INDEX_JSON, &out->doc, err);
}

/* What index.json must be for us to look into it. */
static bool check_index(struct img_layout_index *index, struct img_err *err)
{
    static const char *const names[] = {"manifests", "config", "layers", "mediaType"};
    char type[IMG_MEDIA_TYPE];
    struct img_json at, list;
    size_t count;

    if (!img_json_root(index->doc, &at, err) ||
        !img_json_no_twins(&at, names, IMG_COUNT(names), err) ||
        !img_json_media_type(&at, "mediaType", type, err))
        return false;
    if (img_json_has(&at, "config") || img_json_has(&at, "layers"))
        return img_json_fail(&at, err, "both an index and a manifest");
    if (type[0] != '\0' && !img_media_type_is_index(type))
        return img_json_fail(&at, err, "mediaType %s is not an index", type);
    /* Go writes an empty list as null */
    if (json_is_null(json_object_get(index->doc, "manifests")) &&
        json_object_set_new(index->doc, "manifests", json_array()) != 0)
        return img_fail(err, IMG_E_MEMORY, "index");
    if (!img_json_arr(&at, "manifests", &list, &count, err))
        return false;
    index->entries = json_object_get(index->doc, "manifests");
    return true;
}

bool img_layout_index_read(const struct img_layout *l, struct img_layout_index *out,
                           struct img_err *err)
{
    IMG_AUTO(img_layout_index_done) struct img_layout_index index = {.doc = NULL};
    static const struct timespec step = {.tv_nsec = REREAD_STEP * 1000000L};

    for (int waited = 0; !read_once(l, &index, err); waited += REREAD_STEP) {
        if (err->code != IMG_E_MALFORMED || waited >= REREAD_MS)
            return img_ctx(err, "index.json");
        (void)nanosleep(&step, NULL);
    }
    if (!check_index(&index, err))
        return img_ctx(err, "index.json");
    *out = index;
    index = (struct img_layout_index){.doc = NULL};
    return true;
}

void img_layout_index_done(struct img_layout_index *index)
{
    json_decref(index->doc);
    *index = (struct img_layout_index){.doc = NULL};
}

bool img_layout_entry(const struct img_layout_index *index, size_t i, struct img_descriptor *out,
                      bool *usable, struct img_err *err)
{
    struct img_json list = {.node = index->entries}, at;

    *usable = false;
    if (!img_json_item(&list, i, &at, err))
        return img_ctx(err, "index.json");
    if (img_descriptor_read(&at, out, err)) {
        *usable = true;
        return true;
    }
    if (err->code != IMG_E_UNSUPPORTED)
        return img_ctx(err, "index.json: entry %zu", i);
    *out = (struct img_descriptor){.size = 0};
    return true;
}

static bool mentions(struct img_bytes text, const char *word)
{
    /* with escapes a word may be spelled in many ways: then only parsing can tell */
    return memmem(text.ptr, text.len, word, strlen(word)) != NULL ||
           memchr(text.ptr, '\\', text.len) != NULL;
}

/* Puts what a manifest says of itself in the place of what the list says about it. */
static void describe(struct img_descriptor *entry, struct img_manifest *m)
{
    memcpy(entry->artifact_type, m->artifact_type, sizeof(entry->artifact_type));
    memcpy(entry->media_type, m->media_type, sizeof(entry->media_type));
    img_descriptor_done(entry);
    entry->annotations = m->annotations;
    m->annotations = NULL;
}

bool img_layout_refers(struct img_layout *l, const struct img_digest *subject,
                       struct img_descriptor *entry, bool *refers, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    IMG_AUTO(img_fd_done) int fd = -1;
    char hex[IMG_DIGEST_TEXT];
    struct img_bytes bytes;
    int64_t size;

    *refers = false;
    if (!img_media_type_is_manifest(entry->media_type) &&
        !img_media_type_is_index(entry->media_type))
        return true;
    if (!img_layout_open_file(l, &entry->digest, &fd, &size, err) || !img_read_fd(fd, &text, err) ||
        !img_buf_bytes(&text, &bytes, err))
        return err->code != IMG_E_MEMORY; /* what cannot be read refers to nothing */
    l->base.cost.bytes += bytes.len;
    img_digest_hex(subject, hex);
    if (!mentions(bytes, hex))
        return true;
    if (!img_digest_check(&entry->digest, bytes, err)) {
        /* may be evidence that was damaged: listed as it stands, so that whoever reads it says so
         */
        *refers = err->code == IMG_E_REJECTED;
        return err->code != IMG_E_MEMORY;
    }
    if (!img_manifest_read(bytes, NULL, &m, err))
        return err->code != IMG_E_MEMORY;
    *refers = m.has_subject && img_digest_equal(&m.subject.digest, subject);
    if (*refers) {
        describe(entry, &m);
        entry->size = (int64_t)bytes.len;
    }
    return true;
}

struct listing {
    struct img_layout *layout;
    const struct img_digest *subject;
    struct img_referrers found;
    size_t looked_at;
};

static bool known(const struct img_referrers *list, const struct img_digest *digest)
{
    for (size_t i = 0; i < list->count; i++)
        if (img_digest_equal(&list->items[i].digest, digest))
            return true;
    return false;
}

/* Takes `candidate`, whose annotations it leaves or owns, into the list if it refers. */
static bool consider(struct listing *list, struct img_descriptor *candidate, struct img_err *err)
{
    struct img_descriptor *more;
    bool refers;

    if (list->looked_at >= IMG_LIMIT_REFERRERS) {
        list->found.cut = true;
        return true;
    }
    list->looked_at++;
    if (known(&list->found, &candidate->digest))
        return true;
    if (!img_layout_refers(list->layout, list->subject, candidate, &refers, err))
        return false;
    if (!refers)
        return true;
    more = realloc(list->found.items, (list->found.count + 1) * sizeof(*more));
    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "referrers");
    list->found.items = more;
    list->found.items[list->found.count++] = *candidate;
    candidate->annotations = NULL;
    return true;
}

bool img_layout_is_fallback(const struct img_descriptor *entry, const struct img_digest *subject)
{
    const char *name = img_descriptor_annotation(entry, IMG_REF_NAME);
    char text[IMG_DIGEST_TEXT];

    img_digest_text(subject, text);
    text[strcspn(text, ":")] = '-';
    return name != NULL && strcmp(name, text) == 0;
}

static bool consider_fallback(struct listing *list, const struct img_descriptor *entry,
                              struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_bytes bytes;

    if (!img_layout_read_blob(list->layout, &entry->digest, entry->size, &text, err) ||
        !img_buf_bytes(&text, &bytes, err) || !img_manifest_read(bytes, entry->media_type, &m, err))
        return img_ctx(err, "list of referrers");
    for (size_t i = 0; m.is_index && i < m.count; i++)
        if (!consider(list, &m.items[i], err))
            return false;
    return true;
}

static bool list_referrers(struct img_layout *l, const struct img_layout_index *index,
                           const struct img_digest *subject, struct img_referrers *out,
                           struct img_err *err)
{
    struct listing list = {.layout = l, .subject = subject};
    bool ok = true, usable;

    for (size_t i = 0; ok && i < json_array_size(index->entries); i++) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
        ok = img_layout_entry(index, i, &entry, &usable, err) &&
             (!usable ||
              (img_layout_is_fallback(&entry, subject) ? consider_fallback(&list, &entry, err)
                                                       : consider(&list, &entry, err)));
    }
    if (!ok) {
        img_referrers_done(&list.found);
        return false;
    }
    *out = list.found;
    return true;
}

bool img_layout_referrers(struct img_store *s, const struct img_digest *subject,
                          struct img_referrers *out, struct img_err *err)
{
    IMG_AUTO(img_layout_index_done) struct img_layout_index index = {.doc = NULL};
    struct img_layout *l = (struct img_layout *)s;

    if (l->dir < 0) { /* to be written, and nothing there yet */
        *out = (struct img_referrers){.count = 0};
        return true;
    }
    if (!img_layout_index_read(l, &index, err) || !list_referrers(l, &index, subject, out, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}

/* The names there are, for a message. */
static void list_names(const struct img_layout_index *index, struct img_buf *out)
{
    size_t shown = 0, more = 0;
    const json_t *entry;
    size_t i;

    json_array_foreach(index->entries, i, entry)
    {
        const json_t *notes = json_object_get(entry, "annotations");
        const char *name = json_string_value(json_object_get(notes, IMG_REF_NAME));
        if (name == NULL)
            name = json_string_value(json_object_get(entry, "digest"));
        if (name == NULL || json_object_get(entry, "artifactType") != NULL)
            continue;
        if (shown == SHOWN)
            more++;
        else
            img_buf_putf(out, "%s%.128s", shown++ > 0 ? ", " : "", name);
    }
    if (more > 0)
        img_buf_putf(out, " and %zu more", more);
    if (shown == 0)
        img_buf_puts(out, "nothing");
    img_buf_put(out, "", 1);
}

/* "app:1.2" of io.containerd.image.name, asked for as "1.2" or by the name in any spelling. */
static bool is_containerd_name(const char *name, const char *wanted)
{
    IMG_AUTO(img_reference_done) struct img_reference have = {.where = IMG_AT_NONE};
    IMG_AUTO(img_reference_done) struct img_reference want = {.where = IMG_AT_NONE};
    struct img_err ignored = IMG_ERR_INIT;

    if (!img_reference_parse(name, &have, &ignored) || have.where != IMG_AT_REGISTRY ||
        have.tag == NULL)
        return false;
    if (strpbrk(wanted, ":/") == NULL)
        return strcmp(have.tag, wanted) == 0;
    return img_reference_parse(wanted, &want, &ignored) && want.where == IMG_AT_REGISTRY &&
           want.tag != NULL && strcmp(have.name, want.name) == 0 && strcmp(have.tag, want.tag) == 0;
}

enum naming { BY_REF_NAME, BY_CONTAINERD_NAME };

static bool is_named(const struct img_descriptor *entry, enum naming how, const char *tag)
{
    const char *name =
        img_descriptor_annotation(entry, how == BY_REF_NAME ? IMG_REF_NAME : IMG_CONTAINERD_NAME);

    if (name == NULL)
        return false;
    return how == BY_REF_NAME ? strcmp(name, tag) == 0 : is_containerd_name(name, tag);
}

/* Takes one more match; two that differ are no answer. */
static bool take(struct img_descriptor *entry, const char *what, struct img_descriptor *found,
                 struct img_err *err)
{
    char one[IMG_DIGEST_TEXT], other[IMG_DIGEST_TEXT];

    if (found->digest.hash != IMG_HASH_NONE && !img_digest_equal(&found->digest, &entry->digest)) {
        img_digest_text(&found->digest, one);
        img_digest_text(&entry->digest, other);
        return img_fail(err, IMG_E_MALFORMED, "'%s' names both %s and %s", what, one, other);
    }
    img_descriptor_done(found);
    *found = *entry;
    entry->annotations = NULL;
    return true;
}

static bool find_tag(const struct img_layout_index *index, const char *tag,
                     struct img_descriptor *found, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf names = IMG_BUF(IMG_KIB * 4);
    bool usable;

    for (enum naming how = BY_REF_NAME; how <= BY_CONTAINERD_NAME; how++) {
        for (size_t i = 0; i < json_array_size(index->entries); i++) {
            IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
            if (!img_layout_entry(index, i, &entry, &usable, err) ||
                (usable && is_named(&entry, how, tag) && !take(&entry, tag, found, err)))
                return false;
        }
        if (found->digest.hash != IMG_HASH_NONE)
            return true;
    }
    list_names(index, &names);
    return img_fail(err, IMG_E_NOT_FOUND, "no tag '%s'; there is %s", tag, (const char *)names.ptr);
}

/* True for what is attached to something, or only lists what is. */
static bool is_attached(struct img_layout *l, const struct img_descriptor *entry)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    const char *name = img_descriptor_annotation(entry, IMG_REF_NAME);
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes bytes;

    if (img_manifest_is_attestation_entry(entry) ||
        strncmp(entry->artifact_type, "application/vnd.dev.sigstore.bundle",
                strlen("application/vnd.dev.sigstore.bundle")) == 0)
        return true;
    if (name != NULL && strncmp(name, "sha256-", 7) == 0 &&
        strspn(name + 7, "0123456789abcdef") == 64)
        return true;
    return img_layout_read_blob(l, &entry->digest, entry->size, &text, &ignored) &&
           img_buf_bytes(&text, &bytes, &ignored) &&
           img_manifest_read(bytes, entry->media_type, &m, &ignored) && m.has_subject;
}

static bool find_only(struct img_layout *l, const struct img_layout_index *index,
                      struct img_descriptor *found, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf names = IMG_BUF(IMG_KIB * 4);
    bool usable;

    for (size_t i = 0; i < json_array_size(index->entries); i++) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
        if (!img_layout_entry(index, i, &entry, &usable, err))
            return false;
        if (!usable || img_digest_equal(&entry.digest, &found->digest) || is_attached(l, &entry))
            continue;
        if (found->digest.hash != IMG_HASH_NONE) {
            list_names(index, &names);
            return img_fail(err, IMG_E_USAGE,
                            "holds several images; name one as oci:DIR:TAG or oci:DIR@DIGEST: %s",
                            (const char *)names.ptr);
        }
        *found = entry;
        entry.annotations = NULL;
    }
    if (found->digest.hash == IMG_HASH_NONE)
        return img_fail(err, IMG_E_NOT_FOUND, "holds no image");
    return true;
}

/* An entry point or not: a digest is found wherever its blob is. */
static bool find_digest(const struct img_layout_index *index, const struct img_digest *digest,
                        struct img_descriptor *found, struct img_err *err)
{
    bool usable;

    for (size_t i = 0; i < json_array_size(index->entries); i++) {
        IMG_AUTO(img_descriptor_done) struct img_descriptor entry = {.size = 0};
        if (!img_layout_entry(index, i, &entry, &usable, err))
            return false;
        if (!usable || !img_digest_equal(&entry.digest, digest))
            continue;
        *found = entry;
        entry.annotations = NULL;
        return true;
    }
    *found = (struct img_descriptor){.digest = *digest, .size = -1};
    return true;
}

static bool find(struct img_layout *l, const struct img_layout_index *index,
                 const struct img_reference *ref, struct img_descriptor *found, struct img_err *err)
{
    if (ref->digest.hash != IMG_HASH_NONE)
        return find_digest(index, &ref->digest, found, err);
    return ref->tag != NULL ? find_tag(index, ref->tag, found, err)
                            : find_only(l, index, found, err);
}

/* Reads the document and checks that it is what the entry says. Nothing of the entry's annotations
 * is kept: they are no part of what the digest covers. */
static bool load(struct img_layout *l, const struct img_descriptor *found, struct img_document *out,
                 struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_MANIFEST);
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_descriptor desc = *found;
    struct img_bytes bytes;

    if (!img_layout_read_blob(l, &found->digest, found->size, &text, err) ||
        !img_buf_bytes(&text, &bytes, err) ||
        !img_manifest_read(bytes, found->media_type[0] != '\0' ? found->media_type : NULL, &m, err))
        return false;
    desc.annotations = NULL;
    desc.size = (int64_t)bytes.len;
    memcpy(desc.media_type, m.media_type, sizeof(desc.media_type));
    *out = (struct img_document){.desc = desc, .bytes = text};
    text = IMG_BUF(IMG_LIMIT_MANIFEST);
    return true;
}

static bool resolve(struct img_layout *l, const struct img_reference *ref, struct img_document *out,
                    struct img_referrers *referrers, struct img_err *err)
{
    IMG_AUTO(img_layout_index_done) struct img_layout_index index = {.doc = NULL};
    IMG_AUTO(img_descriptor_done) struct img_descriptor found = {.size = 0};
    IMG_AUTO(img_document_done) struct img_document doc = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};

    if (l->dir < 0)
        return img_fail(err, IMG_E_NOT_FOUND, "there is no image layout");
    if (!img_layout_index_read(l, &index, err) || !find(l, &index, ref, &found, err) ||
        !load(l, &found, &doc, err))
        return false;
    if (referrers != NULL && !list_referrers(l, &index, &doc.desc.digest, referrers, err))
        return false;
    *out = doc;
    doc = (struct img_document){.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    return true;
}

bool img_layout_resolve(struct img_store *s, const struct img_reference *ref,
                        struct img_document *out, struct img_referrers *referrers,
                        struct img_err *err)
{
    struct img_layout *l = (struct img_layout *)s;

    if (!resolve(l, ref, out, referrers, err))
        return img_ctx(err, "oci:%s", l->path);
    return true;
}
