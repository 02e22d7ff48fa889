/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/copy.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

#define BATCH_COUNT ((size_t)16)                  /* manifests asked for at once */
#define BATCH_BYTES ((int64_t)IMG_LIMIT_MANIFEST) /* bytes of manifests held at once, per level */

/* Digests met before: an open hash table, its size a power of two, at most half full. */
struct seen {
    struct img_digest *slots;
    size_t room, count;
};

struct copy {
    struct img_store *from, *to;
    struct img_progress *progress;
    struct img_copied done;
    struct seen met, attached; /* as content; as something attached */
    uint64_t found;            /* bytes of the blobs met so far */
    size_t depth;
};

static struct img_digest *seen_slot(const struct seen *s, const struct img_digest *d)
{
    size_t i;

    memcpy(&i, d->bytes, sizeof(i));
    for (i &= s->room - 1;; i = (i + 1) & (s->room - 1))
        if (s->slots[i].hash == IMG_HASH_NONE || img_digest_equal(&s->slots[i], d))
            return &s->slots[i];
}

static bool seen_grow(struct seen *s, struct img_err *err)
{
    struct seen wider = {.room = s->room == 0 ? 64 : s->room * 2, .count = s->count};

    wider.slots = calloc(wider.room, sizeof(*wider.slots));
    if (wider.slots == NULL)
        return img_fail(err, IMG_E_MEMORY, "copy");
    for (size_t i = 0; i < s->room; i++)
        if (s->slots[i].hash != IMG_HASH_NONE)
            *seen_slot(&wider, &s->slots[i]) = s->slots[i];
    free(s->slots);
    *s = wider;
    return true;
}

/* *fresh is true the first time a digest comes by. */
static bool first_time(struct seen *s, const struct img_digest *d, bool *fresh, struct img_err *err)
{
    struct img_digest *slot;

    if (s->count >= IMG_LIMIT_COPY)
        return img_fail(err, IMG_E_LIMIT, "more than %d blobs and manifests", IMG_LIMIT_COPY);
    if (s->count >= s->room / 2 && !seen_grow(s, err))
        return false;
    slot = seen_slot(s, d);
    *fresh = slot->hash == IMG_HASH_NONE;
    if (*fresh)
        s->count++;
    *slot = *d;
    return true;
}

/* Counts what goes by. What it reads is as trustworthy as what is inside. */
struct counted {
    struct img_reader base;
    struct img_reader *inside;
    struct copy *copy;
};

static bool counted_read(struct img_reader *r, uint8_t *to, size_t cap, size_t *got,
                         struct img_err *err)
{
    struct counted *k = (struct counted *)r;

    if (!img_reader_read(k->inside, to, cap, got, err))
        return false;
    k->copy->done.bytes += *got;
    img_progress_add(k->copy->progress, "blobs", *got, k->copy->found);
    return true;
}

static bool counted_vouches(const struct img_reader *r, const struct img_descriptor *want)
{
    return img_reader_is_verified(((const struct counted *)r)->inside, want);
}

/* Left to registries of their own by licence; what is not at the source stays where it is. */
static bool is_foreign_layer(const char *media_type)
{
    return strstr(media_type, ".nondistributable.") != NULL ||
           strstr(media_type, ".foreign.") != NULL;
}

static bool stream(struct copy *c, const struct img_descriptor *desc, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;
    struct counted k = {.base = {.read = counted_read, .vouches = counted_vouches}, .copy = c};

    if (!img_store_open_blob(c->from, desc, &from, err))
        return false;
    k.inside = from;
    return img_store_put_blob(c->to, desc, &k.base, err);
}

static bool copy_blob(struct copy *c, const struct img_descriptor *desc, struct img_err *err)
{
    char digest[IMG_DIGEST_TEXT];
    bool fresh, there;

    if (!first_time(&c->met, &desc->digest, &fresh, err))
        return false;
    if (!fresh)
        return true;
    img_digest_text(&desc->digest, digest);
    if (!img_store_has_blob(c->to, desc, &there, err))
        return img_ctx(err, "blob %s", digest);
    c->found += (uint64_t)desc->size;
    if (there) {
        img_progress_add(c->progress, "blobs", (uint64_t)desc->size, c->found);
        c->done.skipped++;
        return true;
    }
    if (!stream(c, desc, err)) {
        if (err->code == IMG_E_NOT_FOUND && is_foreign_layer(desc->media_type))
            return true;
        return img_ctx(err, "blob %s", digest);
    }
    c->done.blobs++;
    return true;
}

/* What manifests are fetched for: as attached to a subject, which the target already lists these
 * for, or, without one, as the children of an index. */
struct role {
    const struct img_digest *subject;
    struct img_referrers there;
    struct img_attached_manifest ready[BATCH_COUNT]; /* copied, and to be attached together */
    size_t ready_count;
};

/* What is done with each of several fetched manifests. */
typedef bool visit(struct copy *c, const struct img_want *got, struct role *role,
                   struct img_err *err);

static bool is_document(const struct img_descriptor *d)
{
    return img_media_type_is_index(d->media_type) || img_media_type_is_manifest(d->media_type);
}

struct batch {
    struct img_want wants[BATCH_COUNT];
    size_t count;
    int64_t bytes;
};

static void batch_done(struct batch *b)
{
    for (size_t i = 0; i < b->count; i++)
        img_buf_done(&b->wants[i].bytes);
    *b = (struct batch){.count = 0};
}

static bool run_batch(struct copy *c, struct batch *b, struct role *role, visit *fn,
                      struct img_err *err)
{
    bool ok = img_store_fetch(c->from, b->wants, b->count, err);

    for (size_t i = 0; ok && i < b->count; i++)
        ok = fn(c, &b->wants[i], role, err);
    ok = ok && (role->ready_count == 0 ||
                img_store_attach_all(c->to, role->subject, role->ready, role->ready_count, err));
    for (; role->ready_count > 0; role->ready_count--)
        img_descriptor_done(&role->ready[role->ready_count - 1].desc);
    batch_done(b);
    return ok;
}

/* Fetches the manifests among items, several at a time, and visits those not met before. */
static bool each(struct copy *c, const struct img_descriptor *items, size_t count,
                 struct role *role, visit *fn, struct img_err *err)
{
    struct batch *b = calloc(1, sizeof(*b));
    bool ok = b != NULL || img_fail(err, IMG_E_MEMORY, "copy"), fresh;

    for (size_t i = 0; ok && i < count; i++) {
        const struct img_descriptor *d = &items[i];
        if (!is_document(d))
            continue;
        ok = first_time(role->subject != NULL ? &c->attached : &c->met, &d->digest, &fresh, err);
        if (!ok || !fresh)
            continue;
        if (d->size > (int64_t)IMG_LIMIT_MANIFEST)
            ok = img_fail(err, IMG_E_LIMIT, "manifest larger than %llu bytes",
                          (unsigned long long)IMG_LIMIT_MANIFEST);
        if (ok && (b->count == BATCH_COUNT || b->bytes + d->size > BATCH_BYTES))
            ok = run_batch(c, b, role, fn, err);
        b->wants[b->count] = (struct img_want){.desc = *d, .bytes = IMG_BUF((size_t)d->size + 1)};
        b->count++;
        b->bytes += d->size;
    }
    ok = ok && run_batch(c, b, role, fn, err);
    if (b != NULL)
        batch_done(b);
    free(b);
    return ok;
}

static bool copy_node(struct copy *c, const struct img_descriptor *desc,
                      const struct img_manifest *m, const struct img_referrers *attached,
                      struct img_err *err);

/* Reads a manifest and lets go of the parsed text: many may be open at once. */
static bool read_node(const struct img_want *got, struct img_bytes *bytes, struct img_manifest *m,
                      struct img_err *err)
{
    if (!img_buf_bytes(&got->bytes, bytes, err) ||
        !img_manifest_read(*bytes, got->desc.media_type, m, err))
        return false;
    json_decref(m->doc);
    m->doc = NULL;
    return true;
}

static bool visit_child(struct copy *c, const struct img_want *got, struct role *role,
                        struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    char digest[IMG_DIGEST_TEXT];
    struct img_bytes bytes;

    (void)role;
    img_digest_text(&got->desc.digest, digest);
    if (!got->ok)
        *err = got->err;
    if (!got->ok || !read_node(got, &bytes, &m, err) || !copy_node(c, &got->desc, &m, NULL, err) ||
        !img_store_put_manifest(c->to, &got->desc, bytes, NULL, false, err))
        return img_ctx(err, "manifest %s", digest);
    c->done.manifests++;
    return true;
}

/* True when the target lists this one and has it: attaching it again would only cost time. */
static bool is_there(struct copy *c, const struct img_want *got, const struct role *role,
                     bool *there, struct img_err *err)
{
    struct img_want want = {.desc = got->desc, .bytes = IMG_BUF((size_t)got->desc.size + 1)};

    *there = false;
    for (size_t i = 0; i < role->there.count && !*there; i++)
        *there = img_digest_equal(&role->there.items[i].digest, &got->desc.digest);
    if (!*there)
        return true;
    if (!img_store_fetch(c->to, &want, 1, err))
        return false;
    *there = want.ok;
    img_buf_done(&want.bytes);
    return true;
}

/* Lists are untrusted: what is not there, or is about something else, is not attached. */
static bool visit_referrer(struct copy *c, const struct img_want *got, struct role *role,
                           struct img_err *err)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_descriptor desc = got->desc;
    char digest[IMG_DIGEST_TEXT];
    struct img_bytes bytes;
    bool fresh, there;

    img_digest_text(&got->desc.digest, digest);
    if (!got->ok && got->err.code == IMG_E_NOT_FOUND) {
        c->done.missing++;
        return true;
    }
    if (!got->ok)
        *err = got->err;
    if (!got->ok || !read_node(got, &bytes, &m, err))
        return img_ctx(err, "attached %s", digest);
    if (!m.has_subject || !img_digest_equal(&m.subject.digest, role->subject)) {
        c->done.missing++;
        return true;
    }
    memcpy(desc.artifact_type, m.artifact_type, sizeof(desc.artifact_type));
    desc.annotations = m.annotations;
    /* what is attached may also be an entry of the index, and copied already */
    if (!first_time(&c->met, &desc.digest, &fresh, err) ||
        (fresh && !copy_node(c, &got->desc, &m, NULL, err)) || !is_there(c, got, role, &there, err))
        return img_ctx(err, "attached %s", digest);
    if (!there) {
        struct img_attached_manifest *ready = &role->ready[role->ready_count++];
        img_descriptor_copy(&desc, &ready->desc);
        ready->bytes = bytes;
    }
    c->done.referrers++;
    return true;
}

static bool copy_listed(struct copy *c, const struct img_digest *subject,
                        const struct img_referrers *attached, struct img_err *err)
{
    struct role role = {.subject = subject};
    bool ok;

    /* half of the evidence may be worse than none: a newer scan could be in the other half */
    if (attached->cut)
        return img_fail(err, IMG_E_LIMIT, "more than %d things are attached", IMG_LIMIT_REFERRERS);
    if (attached->count == 0)
        return true;
    if (!img_store_referrers(c->to, subject, &role.there, err))
        return img_ctx(err, "list what is attached at the target");
    ok = each(c, attached->items, attached->count, &role, visit_referrer, err);
    img_referrers_done(&role.there);
    return ok;
}

static bool copy_referrers(struct copy *c, const struct img_digest *subject,
                           const struct img_referrers *attached, struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers list = {.count = 0};

    if (attached == NULL && !img_store_referrers(c->from, subject, &list, err))
        return img_ctx(err, "list what is attached");
    return copy_listed(c, subject, attached != NULL ? attached : &list, err);
}

/* Everything that a manifest needs and everything attached to it; not the manifest itself. */
static bool copy_node(struct copy *c, const struct img_descriptor *desc,
                      const struct img_manifest *m, const struct img_referrers *attached,
                      struct img_err *err)
{
    struct role child = {.subject = NULL};

    if (c->depth >= IMG_LIMIT_NESTING)
        return img_fail(err, IMG_E_LIMIT, "indexes and attachments nested deeper than %d",
                        IMG_LIMIT_NESTING);
    for (size_t i = 0; i < m->count; i++)
        if ((!m->is_index || !is_document(&m->items[i])) && !copy_blob(c, &m->items[i], err))
            return false;
    if (!m->is_index && !copy_blob(c, &m->config, err))
        return false;
    c->depth++;
    if ((m->is_index && !each(c, m->items, m->count, &child, visit_child, err)) ||
        !copy_referrers(c, &desc->digest, attached, err))
        return false;
    c->depth--;
    return true;
}

/* The name to give it. A layout takes the source's tag over where it is told none. */
static const char *target_tag(const struct img_reference *source,
                              const struct img_reference *target)
{
    if (target->tag != NULL || target->where != IMG_AT_LAYOUT ||
        source->digest.hash != IMG_HASH_NONE)
        return target->tag;
    return source->tag;
}

static bool check_target(const struct img_reference *target, const struct img_digest *have,
                         struct img_err *err)
{
    char text[IMG_DIGEST_TEXT];

    if (target->digest.hash == IMG_HASH_NONE || img_digest_equal(&target->digest, have))
        return true;
    img_digest_text(have, text);
    return img_fail(err, IMG_E_USAGE, "the image is %s; the target names another digest", text);
}

static bool copy_image(struct copy *c, const struct img_reference *source,
                       const struct img_reference *target, struct img_err *err)
{
    IMG_AUTO(img_document_done) struct img_document doc = {.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    IMG_AUTO(img_referrers_done) struct img_referrers attached = {.count = 0};
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
    struct img_bytes bytes;
    bool fresh;

    if (!img_store_resolve(c->from, source, &doc, &attached, err) ||
        !check_target(target, &doc.desc.digest, err) || !img_buf_bytes(&doc.bytes, &bytes, err) ||
        !img_manifest_read(bytes, doc.desc.media_type, &m, err) ||
        !first_time(&c->met, &doc.desc.digest, &fresh, err) ||
        !copy_node(c, &doc.desc, &m, &attached, err) ||
        !img_store_put_manifest(c->to, &doc.desc, bytes, target_tag(source, target), true, err))
        return false;
    c->done.manifests++;
    c->done.digest = doc.desc.digest;
    return true;
}

bool img_copy(struct img_store *from, const struct img_reference *source, struct img_store *to,
              const struct img_reference *target, struct img_progress *progress,
              struct img_copied *out, struct img_err *err)
{
    struct copy c = {.from = from, .to = to, .progress = progress};
    bool ok = copy_image(&c, source, target, err);

    free(c.met.slots);
    free(c.attached.slots);
    if (ok)
        *out = c.done;
    return ok;
}
