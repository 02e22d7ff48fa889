/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/attach.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

/* Beside the payload a bundle holds a signature, and at most its log entries and timestamps. */
#define BUNDLE_SLACK (256 * IMG_KIB)

/* What becomes one referrer: a single blob and what its manifest says about it. */
struct artifact {
    const char *type;           /* artifactType, and media type of the blob */
    const char *predicate_type; /* bundles only, else NULL */
    const char *title;          /* other files only; may be NULL */
    struct img_bytes content;
    struct img_digest digest;
    int64_t now;
};

static bool describe(const char *media_type, struct img_bytes content, struct img_descriptor *out,
                     struct img_err *err)
{
    struct img_descriptor d = {.size = (int64_t)content.len};

    (void)snprintf(d.media_type, sizeof(d.media_type), "%s", media_type);
    if (!img_digest_of(IMG_SHA256, content, &d.digest, err))
        return false;
    *out = d;
    return true;
}

static void put_descriptor(struct img_json_out *j, const char *key, const struct img_descriptor *d)
{
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&d->digest, digest);
    img_json_out_open(j, key, '{');
    img_json_out_str(j, "mediaType", d->media_type);
    img_json_out_int(j, "size", d->size);
    img_json_out_str(j, "digest", digest);
}

/* Members in the order cosign 3 writes them; sorted within annotations. */
static bool write_manifest(const struct artifact *a, const struct img_descriptor *config,
                           const struct img_descriptor *blob, const struct img_descriptor *subject,
                           struct img_buf *out, struct img_err *err)
{
    struct img_json_out j = {.to = out};
    char created[IMG_TIME_TEXT];
    struct img_bytes written;

    img_time_text(a->now, created);
    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "schemaVersion", 2);
    img_json_out_str(&j, "mediaType", IMG_TYPE_OCI_MANIFEST);
    put_descriptor(&j, "config", config);
    if (a->predicate_type != NULL)
        img_json_out_str(&j, "artifactType", a->type); /* `cosign clean` looks here */
    img_json_out_close(&j, '}');
    img_json_out_open(&j, "layers", '[');
    put_descriptor(&j, NULL, blob);
    if (a->title != NULL) {
        img_json_out_open(&j, "annotations", '{');
        img_json_out_str(&j, "org.opencontainers.image.title", a->title);
        img_json_out_close(&j, '}');
    }
    img_json_out_close(&j, '}');
    img_json_out_close(&j, ']');
    img_json_out_open(&j, "annotations", '{');
    if (a->predicate_type != NULL) {
        img_json_out_str(&j, "dev.sigstore.bundle.content", "dsse-envelope");
        img_json_out_str(&j, "dev.sigstore.bundle.predicateType", a->predicate_type);
    }
    img_json_out_str(&j, "org.opencontainers.image.created", created);
    img_json_out_close(&j, '}');
    put_descriptor(&j, "subject", subject);
    img_json_out_close(&j, '}');
    img_json_out_str(&j, "artifactType", a->type);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &written, err);
}

static bool put_blob(struct img_store *s, const struct img_descriptor *d, struct img_bytes content,
                     struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;

    return img_reader_of_bytes(content, &r, err) && img_store_put_blob(s, d, r, err);
}

/* The listing's descriptor repeats the manifest's annotations, as referrers API and layout want. */
static bool list_annotations(struct img_bytes manifest, struct img_descriptor *d,
                             struct img_err *err)
{
    json_auto_t *doc = NULL;

    if (!img_json_parse(manifest, IMG_LIMIT_MANIFEST, &doc, err))
        return img_ctx(err, "manifest");
    d->annotations = json_incref(json_object_get(doc, "annotations"));
    return true;
}

/* A manifest whose blobs are stored, before it is attached. */
struct ready {
    struct img_buf text;
    struct img_descriptor desc;
    struct img_digest blob;
};

static void ready_done(struct ready *r)
{
    img_buf_done(&r->text);
    img_descriptor_done(&r->desc);
}

/* Stores the blobs and writes the manifest that is to make them visible. */
static bool make_ready(struct img_store *s, const struct img_descriptor *subject,
                       const struct artifact *a, struct ready *out, struct img_err *err)
{
    static const struct img_bytes empty = {.ptr = (const uint8_t *)"{}", .len = 2};
    IMG_AUTO(ready_done) struct ready r = {.text = IMG_BUF(IMG_LIMIT_EVIDENCE_MANIFEST)};
    struct img_descriptor config, blob;
    struct img_bytes text;

    if (!describe(IMG_TYPE_OCI_EMPTY, empty, &config, err) ||
        !describe(a->type, a->content, &blob, err) ||
        !write_manifest(a, &config, &blob, subject, &r.text, err) ||
        !img_buf_bytes(&r.text, &text, err) ||
        !describe(IMG_TYPE_OCI_MANIFEST, text, &r.desc, err) ||
        !list_annotations(text, &r.desc, err) || !put_blob(s, &config, empty, err) ||
        !put_blob(s, &blob, a->content, err))
        return false;
    (void)snprintf(r.desc.artifact_type, sizeof(r.desc.artifact_type), "%s", a->type);
    r.blob = blob.digest;
    *out = r;
    r = (struct ready){.text = IMG_BUF(1)};
    return true;
}

/* Blobs first, then the manifest that makes them visible. */
static bool put_artifact(struct img_store *s, const struct img_descriptor *subject,
                         const struct artifact *a, struct img_attached *out, struct img_err *err)
{
    IMG_AUTO(ready_done) struct ready r = {.text = IMG_BUF(1)};
    struct img_bytes text;

    if (!make_ready(s, subject, a, &r, err) || !img_buf_bytes(&r.text, &text, err) ||
        !img_store_attach(s, &r.desc, &subject->digest, text, err))
        return false;
    out->manifest = r.desc.digest;
    out->bundle = r.blob;
    return true;
}

/* Statements of one predicate type that the signer has already attached. */
struct earlier {
    struct img_digest *manifests; /* those with other bytes */
    size_t count;
    bool same; /* one with these very bytes is there: `found` */
    struct img_attached found;
};

static void earlier_done(struct earlier *e)
{
    free(e->manifests);
}

static bool same_bytes(struct img_bytes a, struct img_bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool sort_out(const struct img_evidence_list *list, const struct img_document *image,
                     const struct img_key *key, const struct img_attachment *what,
                     struct img_bytes payload, struct earlier *out, struct img_err *err)
{
    const struct img_trusted_key trusted = {.key = key,
                                            .from = IMG_TIME_NONE,
                                            .until = IMG_TIME_NONE};
    const struct img_authority self = {.name = "signer", .keys = &trusted, .key_count = 1};
    const struct img_trust trust = {.authorities = &self, .count = 1, .now = what->now};

    out->manifests = calloc(list->count + 1, sizeof(*out->manifests));
    if (out->manifests == NULL)
        return img_fail(err, IMG_E_MEMORY, "earlier statements");
    for (size_t i = 0; i < list->count; i++) {
        IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
        struct img_bytes manifest = {.ptr = image->bytes.ptr, .len = image->bytes.len};
        if (!img_verify_evidence(&list->items[i], &trust, &image->desc.digest, manifest, &v, err)) {
            if (err->code == IMG_E_MEMORY || err->code == IMG_E_INTERNAL)
                return false;
            continue; /* somebody else's, or about something else */
        }
        if (strcmp(img_verified_statement(v)->predicate_type, what->predicate_type) != 0)
            continue;
        if (same_bytes(img_verified_payload(v), payload) && !out->same) {
            out->same = true;
            out->found = (struct img_attached){.manifest = *img_verified_manifest(v),
                                               .bundle = *img_verified_evidence(v),
                                               .already = true};
        } else {
            out->manifests[out->count++] = *img_verified_manifest(v);
        }
    }
    return true;
}

/*
 * What cannot have been read may be a statement that --replace would have to take away. Not found
 * is none: a listing can outlive what it lists.
 */
static bool saw_everything(const struct img_evidence_list *list, struct img_err *err)
{
    for (size_t i = 0; i < list->skipped_count; i++) {
        const struct img_err *why = &list->skipped[i].err;
        if (why->code == IMG_E_LIMIT || why->code == IMG_E_DENIED || why->code == IMG_E_IO ||
            why->code == IMG_E_NETWORK) {
            *err = *why;
            return img_ctx(err, "look for what is to be replaced");
        }
    }
    if (list->cut)
        return img_refuse(err, IMG_E_LIMIT, IMG_WHY_EVIDENCE_LIMIT,
                          "more is attached than is read; what is to be replaced may be among it");
    return true;
}

/* What is attached already. Unless something is to be replaced only twins matter, and those are
 * hardly larger than the largest payload. */
static bool look_for_earlier(struct img_store *s, const struct img_document *image, bool replace,
                             size_t payload, struct img_evidence_list *out, struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers referrers = {.count = 0};
    struct img_evidence_limits limits = {.max_count = IMG_LIMIT_EVIDENCE,
                                         .max_size = replace ? IMG_LIMIT_EVIDENCE_SIZE
                                                             : payload / 3 * 4 + BUNDLE_SLACK};

    return img_store_referrers(s, &image->desc.digest, &referrers, err) &&
           img_evidence_collect(s, &image->desc.digest, &referrers, &limits, out, err) &&
           (!replace || saw_everything(out, err));
}

/* A signer may be a machine elsewhere: what it answered is verified like anybody's evidence. */
static bool check_own(const struct img_buf *bundle, const struct img_document *image,
                      const struct img_key *key, const struct img_attachment *what,
                      struct img_err *err)
{
    const struct img_trusted_key trusted = {.key = key,
                                            .from = IMG_TIME_NONE,
                                            .until = IMG_TIME_NONE};
    const struct img_authority self = {.name = "signer", .keys = &trusted, .key_count = 1};
    const struct img_trust trust = {.authorities = &self, .count = 1, .now = what->now};
    const struct img_evidence e = {.unverified_bytes = *bundle}; /* borrowed */
    IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
    struct img_bytes manifest;

    if (!img_buf_bytes(&image->bytes, &manifest, err) ||
        !img_verify_evidence(&e, &trust, &image->desc.digest, manifest, &v, err))
        return img_ctx(err, "what was just signed does not verify; nothing was attached");
    return true;
}

static bool sign(const struct img_document *image, struct img_signer *signer,
                 const struct img_attachment *what, struct img_bytes payload,
                 struct img_buf *bundle, struct img_err *err)
{
    const struct img_key *key = img_signer_public_key(signer);
    IMG_AUTO(img_buf_done) struct img_buf sig = IMG_BUF(IMG_LIMIT_SIGNATURE);
    struct img_bytes signature;

    return img_dsse_sign(signer, IMG_PAYLOAD_TYPE, payload, &sig, err) &&
           img_buf_bytes(&sig, &signature, err) &&
           img_bundle_write(key, IMG_PAYLOAD_TYPE, payload, signature, bundle, err) &&
           check_own(bundle, image, key, what, err);
}

/* Several statements about one image on their way. */
struct batch {
    struct img_store *store;
    const struct img_document *image;
    struct img_attach_item *items;
    size_t count;
    struct img_buf *statements;
    struct earlier *earlier;
    struct ready *ready; /* of those that are new, in order */
    size_t ready_count;
    struct img_evidence_list attached;
};

static void batch_done(struct batch *b)
{
    for (size_t i = 0; i < b->count && b->statements != NULL; i++)
        img_buf_done(&b->statements[i]);
    for (size_t i = 0; i < b->count && b->earlier != NULL; i++)
        earlier_done(&b->earlier[i]);
    for (size_t i = 0; i < b->ready_count; i++)
        ready_done(&b->ready[i]);
    free(b->statements);
    free(b->earlier);
    free(b->ready);
    img_evidence_list_done(&b->attached);
}

/* Writes every statement, and looks once at what is there. */
static bool prepare(struct batch *b, struct img_err *err)
{
    size_t largest = 0;
    bool replace = false;

    b->statements = calloc(b->count + 1, sizeof(*b->statements));
    b->earlier = calloc(b->count + 1, sizeof(*b->earlier));
    b->ready = calloc(b->count + 1, sizeof(*b->ready));
    if (b->statements == NULL || b->earlier == NULL || b->ready == NULL)
        return img_fail(err, IMG_E_MEMORY, "statements");
    for (size_t i = 0; i < b->count; i++) {
        const struct img_attachment *what = &b->items[i].what;

        b->statements[i] = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE); /* no larger than verifiers read */
        if (!img_statement_write(what->predicate_type, what->name, &b->image->desc.digest,
                                 what->predicate, &b->statements[i], err))
            return false;
        largest = b->statements[i].len > largest ? b->statements[i].len : largest;
        replace = replace || what->replace;
    }
    return look_for_earlier(b->store, b->image, replace, largest, &b->attached, err);
}

/* An item before this one in the batch that says the same with the same key, or NULL. */
static const struct img_attach_item *twin(const struct batch *b, size_t i, struct img_bytes payload)
{
    const struct img_digest *key = img_key_fingerprint(img_signer_public_key(b->items[i].signer));

    for (size_t k = 0; k < i; k++) {
        struct img_bytes other = {.ptr = b->statements[k].ptr, .len = b->statements[k].len};

        if (same_bytes(other, payload) &&
            img_digest_equal(key, img_key_fingerprint(img_signer_public_key(b->items[k].signer))))
            return &b->items[k];
    }
    return NULL;
}

/* Signs one statement and stores its blobs, unless the same is there. */
static bool sign_item(struct batch *b, size_t i, struct img_err *err)
{
    struct img_attach_item *item = &b->items[i];
    IMG_AUTO(img_buf_done) struct img_buf bundle = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE);
    struct artifact a = {.type = IMG_TYPE_BUNDLE,
                         .predicate_type = item->what.predicate_type,
                         .now = item->what.now};
    const struct img_attach_item *same;
    struct img_bytes payload;

    if (!img_buf_bytes(&b->statements[i], &payload, err) ||
        !sort_out(&b->attached, b->image, img_signer_public_key(item->signer), &item->what, payload,
                  &b->earlier[i], err))
        return false;
    same = twin(b, i, payload);
    if (b->earlier[i].same || same != NULL) {
        item->done = same != NULL ? same->done : b->earlier[i].found;
        item->done.already = true;
        return true;
    }
    if (!sign(b->image, item->signer, &item->what, payload, &bundle, err) ||
        !img_buf_bytes(&bundle, &a.content, err) ||
        !make_ready(b->store, &b->image->desc, &a, &b->ready[b->ready_count], err))
        return false;
    item->done = (struct img_attached){.manifest = b->ready[b->ready_count].desc.digest,
                                       .bundle = b->ready[b->ready_count].blob};
    b->ready_count++;
    return true;
}

static bool attach_ready(const struct batch *b, struct img_err *err)
{
    struct img_attached_manifest *list = calloc(b->ready_count + 1, sizeof(*list));
    bool ok = list != NULL || img_fail(err, IMG_E_MEMORY, "manifests");

    for (size_t i = 0; ok && i < b->ready_count; i++) {
        list[i].desc = b->ready[i].desc;
        ok = img_buf_bytes(&b->ready[i].text, &list[i].bytes, err);
    }
    if (ok && b->ready_count == 1)
        ok = img_store_attach(b->store, &list[0].desc, &b->image->desc.digest, list[0].bytes, err);
    else if (ok && b->ready_count > 1)
        ok = img_store_attach_all(b->store, &b->image->desc.digest, list, b->ready_count, err);
    free(list);
    return ok;
}

/* True when an item of the batch is that very manifest: then it stays. */
static bool belongs(const struct batch *b, const struct img_digest *manifest)
{
    for (size_t i = 0; i < b->count; i++)
        if (img_digest_equal(&b->items[i].done.manifest, manifest))
            return true;
    return false;
}

/* Takes away what was there before and is replaced, now that the new is there. */
static bool replace_earlier(const struct batch *b, struct img_err *err)
{
    for (size_t i = 0; i < b->count; i++) {
        struct earlier *e = &b->earlier[i];
        size_t n = 0;

        for (size_t k = 0; k < e->count; k++)
            if (!belongs(b, &e->manifests[k]))
                e->manifests[n++] = e->manifests[k];
        if (!b->items[i].what.replace || n == 0)
            continue;
        if (!img_store_detach(b->store, &b->image->desc.digest, e->manifests, n, err))
            return img_ctx(err, "take away what is replaced");
        b->items[i].done.replaced = n;
    }
    return true;
}

bool img_attach_all(struct img_store *s, const struct img_document *image,
                    struct img_attach_item *items, size_t count, struct img_err *err)
{
    IMG_AUTO(batch_done)
    struct batch b = {.store = s, .image = image, .items = items, .count = count};

    if (!prepare(&b, err))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!sign_item(&b, i, err))
            return count > 1 ? img_ctx(err, "%s", img_predicate_word(items[i].what.predicate_type))
                             : false;
    return attach_ready(&b, err) && replace_earlier(&b, err);
}

bool img_attach(struct img_store *s, const struct img_document *image, struct img_signer *signer,
                const struct img_attachment *what, struct img_attached *out, struct img_err *err)
{
    struct img_attach_item item = {.signer = signer, .what = *what};

    if (!img_attach_all(s, image, &item, 1, err))
        return false;
    *out = item.done;
    return true;
}

struct fetch {
    struct img_want *wants;
    size_t count;
};

static void fetch_done(struct fetch *f)
{
    for (size_t i = 0; i < f->count; i++)
        img_buf_done(&f->wants[i].bytes);
    free(f->wants);
}

/* Looks for a referrer of this type that holds just these bytes, among as many as verifiers read.
 */
static bool find_same(struct img_store *s, const struct img_descriptor *subject,
                      const struct artifact *a, struct img_attached *out, struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers referrers = {.count = 0};
    IMG_AUTO(fetch_done)
    struct fetch f = {.wants = calloc(IMG_LIMIT_EVIDENCE, sizeof(*f.wants))};

    if (f.wants == NULL)
        return img_fail(err, IMG_E_MEMORY, "referrers");
    if (!img_store_referrers(s, &subject->digest, &referrers, err))
        return false;
    for (size_t i = 0; i < referrers.count && f.count < IMG_LIMIT_EVIDENCE; i++)
        if (strcmp(referrers.items[i].artifact_type, a->type) == 0)
            f.wants[f.count++] = (struct img_want){.desc = referrers.items[i],
                                                   .bytes = IMG_BUF(IMG_LIMIT_EVIDENCE_MANIFEST)};
    if (!img_store_fetch(s, f.wants, f.count, err))
        return false;
    for (size_t i = 0; i < f.count; i++) {
        IMG_AUTO(img_manifest_done) struct img_manifest m = {.is_index = false};
        struct img_err ignored = IMG_ERR_INIT;
        struct img_bytes text;
        if (f.wants[i].ok && img_buf_bytes(&f.wants[i].bytes, &text, &ignored) &&
            img_manifest_read(text, f.wants[i].desc.media_type, &m, &ignored) && m.count == 1 &&
            img_digest_equal(&m.items[0].digest, &a->digest))
            *out = (struct img_attached){.manifest = f.wants[i].desc.digest,
                                         .bundle = a->digest,
                                         .already = true};
    }
    return true;
}

static bool attach_once(struct img_store *s, const struct img_descriptor *subject,
                        struct artifact *a, struct img_attached *out, struct img_err *err)
{
    struct img_attached done = {.already = false};

    if (!img_digest_of(IMG_SHA256, a->content, &a->digest, err) ||
        !find_same(s, subject, a, &done, err))
        return false;
    if (!done.already && !put_artifact(s, subject, a, &done, err))
        return false;
    *out = done;
    return true;
}

/* A bundle is stored for what its statement says: it must be a statement, about this image. */
static bool attach_bundle(struct img_store *s, const struct img_document *image,
                          const struct img_bundle *b, struct artifact *a, struct img_attached *out,
                          struct img_err *err)
{
    IMG_AUTO(img_statement_done) struct img_statement statement = {.doc = NULL};
    struct img_bytes payload, manifest;
    const char *name = NULL;

    if (strcmp(b->envelope.payload_type, IMG_PAYLOAD_TYPE) != 0)
        return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_PAYLOAD_TYPE, "payload type '%.120s'",
                          b->envelope.payload_type);
    if (!img_buf_bytes(&b->envelope.payload, &payload, err) ||
        !img_buf_bytes(&image->bytes, &manifest, err) ||
        !img_statement_read(payload, &statement, err) ||
        !img_statement_is_about(&statement, &image->desc.digest, manifest, &name, err))
        return img_ctx(err, "bundle");
    if (b->version != 3)
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "bundle version 0.%d: what reads bundles from a registry wants 0.3",
                        b->version);
    a->type = IMG_TYPE_BUNDLE;
    a->title = NULL;
    a->predicate_type = statement.predicate_type;
    return attach_once(s, &image->desc, a, out, err);
}

/* NOLINTNEXTLINE(readability-function-size): what, as what, to what, when */
bool img_attach_file(struct img_store *s, const struct img_document *image,
                     const struct img_file *file, struct img_attached *out, struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    struct artifact a = {.type = file->artifact_type,
                         .title = file->title,
                         .content = file->content,
                         .now = file->now};
    bool bundle = img_bundle_read_unverifiable(file->content, &b, err);

    if (bundle)
        return attach_bundle(s, image, &b, &a, out, err);
    if (err->code == IMG_E_MEMORY || err->code == IMG_E_INTERNAL)
        return false;
    if (a.type == NULL && err->code != IMG_E_UNSUPPORTED)
        err->code = IMG_E_USAGE; /* whatever it is, it is the user's to say */
    if (a.type == NULL)
        return img_ctx(err, "not a bundle, so it needs an artifact type (--type)");
    if (img_has_prefix(a.type, "application/vnd.dev.sigstore.bundle"))
        return img_ctx(err, "to be stored as a bundle");
    return attach_once(s, &image->desc, &a, out, err);
}
