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

/* Blobs first, then the manifest that makes them visible. */
static bool put_artifact(struct img_store *s, const struct img_descriptor *subject,
                         const struct artifact *a, struct img_attached *out, struct img_err *err)
{
    static const struct img_bytes empty = {.ptr = (const uint8_t *)"{}", .len = 2};
    IMG_AUTO(img_buf_done) struct img_buf manifest = IMG_BUF(IMG_LIMIT_EVIDENCE_MANIFEST);
    IMG_AUTO(img_descriptor_done) struct img_descriptor d = {.size = 0};
    struct img_descriptor config, blob;
    struct img_bytes text;

    if (!describe(IMG_TYPE_OCI_EMPTY, empty, &config, err) ||
        !describe(a->type, a->content, &blob, err) ||
        !write_manifest(a, &config, &blob, subject, &manifest, err) ||
        !img_buf_bytes(&manifest, &text, err) || !describe(IMG_TYPE_OCI_MANIFEST, text, &d, err) ||
        !list_annotations(text, &d, err))
        return false;
    (void)snprintf(d.artifact_type, sizeof(d.artifact_type), "%s", a->type);
    if (!put_blob(s, &config, empty, err) || !put_blob(s, &blob, a->content, err) ||
        !img_store_attach(s, &d, &subject->digest, text, err))
        return false;
    out->manifest = d.digest;
    out->bundle = blob.digest;
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

static bool look_for_earlier(struct img_store *s, const struct img_document *image,
                             const struct img_key *key, const struct img_attachment *what,
                             struct img_bytes payload, struct earlier *out, struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers referrers = {.count = 0};
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list list = {.count = 0};
    /* without --replace only a twin matters, and that is hardly larger than its payload */
    struct img_evidence_limits limits = {.max_count = IMG_LIMIT_EVIDENCE,
                                         .max_size = what->replace
                                                         ? IMG_LIMIT_EVIDENCE_SIZE
                                                         : payload.len / 3 * 4 + BUNDLE_SLACK};

    return img_store_referrers(s, &image->desc.digest, &referrers, err) &&
           img_evidence_collect(s, &image->desc.digest, &referrers, &limits, &list, err) &&
           (!what->replace || saw_everything(&list, err)) &&
           sort_out(&list, image, key, what, payload, out, err);
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

bool img_attach(struct img_store *s, const struct img_document *image, struct img_signer *signer,
                const struct img_attachment *what, struct img_attached *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf statement = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE);
    /* no larger than verifiers read */
    IMG_AUTO(img_buf_done) struct img_buf bundle = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE);
    IMG_AUTO(earlier_done) struct earlier earlier = {.count = 0};
    struct img_attached done = {.already = false};
    struct artifact a = {.type = IMG_TYPE_BUNDLE,
                         .predicate_type = what->predicate_type,
                         .now = what->now};
    struct img_bytes payload;

    if (!img_statement_write(what->predicate_type, what->name, &image->desc.digest, what->predicate,
                             &statement, err) ||
        !img_buf_bytes(&statement, &payload, err) ||
        !look_for_earlier(s, image, img_signer_public_key(signer), what, payload, &earlier, err))
        return false;
    if (earlier.same)
        done = earlier.found;
    else if (!sign(image, signer, what, payload, &bundle, err) ||
             !img_buf_bytes(&bundle, &a.content, err) ||
             !put_artifact(s, &image->desc, &a, &done, err))
        return false;
    if (what->replace && earlier.count > 0) {
        if (!img_store_detach(s, &image->desc.digest, earlier.manifests, earlier.count, err))
            return img_ctx(err, "take away what is replaced");
        done.replaced = earlier.count;
    }
    *out = done;
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
