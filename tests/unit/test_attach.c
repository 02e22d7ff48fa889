/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "attest/attach.h"
#include "attest/types.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/t.h"

/* An image in a layout of its own for each test, and a signer. */
static struct {
    char dir[64];
    struct img_reference ref;
    struct img_store *store;
    struct img_document image;
    struct img_signer *signer;
} at;

#define IMAGE                                                                                      \
    "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST                                  \
    "\",\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY "\",\"size\":2,\"digest\":"               \
    "\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"},\"layers\":[]}"
#define NOW INT64_C(1790000000)

static void new_signer(enum img_key_type type)
{
    struct img_key *key = NULL;

    img_signer_freep(&at.signer);
    t_ok(img_key_generate(type, &key, &err));
    t_ok(img_signer_from_key(key, &at.signer, &err));
}

static int open_layout(void **state)
{
    struct img_store_options options = {.write = true};
    struct img_reader *config = NULL;
    struct img_descriptor d = {.media_type = IMG_TYPE_OCI_EMPTY, .size = 2};
    char text[100];

    (void)state;
    (void)snprintf(at.dir, sizeof(at.dir), "/tmp/test_attach.XXXXXX");
    assert_non_null(mkdtemp(at.dir));
    (void)snprintf(text, sizeof(text), "oci:%s/l:1", at.dir);
    t_ok(img_reference_parse(text, &at.ref, &err));
    t_ok(img_store_open(&at.ref, &options, &at.store, &err));
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of("{}"), &d.digest, &err));
    t_ok(img_reader_of_bytes(img_bytes_of("{}"), &config, &err));
    t_ok(img_store_put_blob(at.store, &d, config, &err));
    img_reader_free(config);
    d = (struct img_descriptor){.media_type = IMG_TYPE_OCI_MANIFEST, .size = strlen(IMAGE)};
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of(IMAGE), &d.digest, &err));
    t_ok(img_store_put_manifest(at.store, &d, img_bytes_of(IMAGE), "1", true, &err));
    at.image = (struct img_document){.bytes = IMG_BUF(IMG_LIMIT_MANIFEST)};
    t_ok(img_store_resolve(at.store, &at.ref, &at.image, NULL, &err));
    new_signer(IMG_KEY_P256);
    return 0;
}

static int close_layout(void **state)
{
    char command[128];

    (void)state;
    img_document_done(&at.image);
    img_store_closep(&at.store);
    img_reference_done(&at.ref);
    img_signer_freep(&at.signer);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", at.dir);
    return system(command); /* NOLINT(cert-env33-c): our own directory */
}

static bool attach(const char *type, const char *predicate, bool replace, struct img_attached *out,
                   struct img_err *err)
{
    struct img_attachment what = {.predicate_type = type,
                                  .name = "reg/app",
                                  .predicate = img_bytes_of(predicate),
                                  .replace = replace,
                                  .now = NOW};

    return img_attach(at.store, &at.image, at.signer, &what, out, err);
}

/* What is attached to the image now, as evidence. */
static void collect(struct img_evidence_list *out)
{
    IMG_AUTO(img_referrers_done) struct img_referrers r = {.count = 0};
    struct img_evidence_limits limits = {.max_count = 128, .max_size = IMG_MIB};

    t_ok(img_store_referrers(at.store, &at.image.desc.digest, &r, &err));
    t_ok(img_evidence_collect(at.store, &at.image.desc.digest, &r, &limits, out, &err));
    assert_int_equal(out->skipped_count, 0);
}

static size_t count_attached(void)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};

    collect(&l);
    return l.count;
}

static void what_is_attached_verifies(void **state)
{
    static const enum img_key_type types[] = {IMG_KEY_P256, IMG_KEY_P384, IMG_KEY_P521,
                                              IMG_KEY_ED25519, IMG_KEY_RSA2048};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(types); i++) {
        IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};
        IMG_AUTO(img_verified_freep) struct img_verified *v = NULL;
        struct img_attached a = {.already = true};
        struct img_trusted_key trusted = {.from = IMG_TIME_NONE, .until = IMG_TIME_NONE};
        struct img_authority authority = {.name = "ci", .keys = &trusted, .key_count = 1};
        struct img_trust trust = {.authorities = &authority, .count = 1, .now = NOW};
        new_signer(types[i]);
        trusted.key = img_signer_public_key(at.signer);
        t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &a, &err));
        assert_false(a.already);
        collect(&l);
        assert_int_equal(l.count, i + 1);
        for (size_t k = 0; k < l.count; k++)
            if (img_digest_equal(&l.items[k].blob, &a.bundle))
                t_ok(img_verify_evidence(&l.items[k], &trust, &at.image.desc.digest,
                                         img_bytes_of(IMAGE), &v, &err));
        assert_non_null(v);
        assert_true(img_digest_equal(img_verified_manifest(v), &a.manifest));
        assert_string_equal(img_verified_name(v), "reg/app");
    }
}

static void twice_is_once(void **state)
{
    struct img_attached first, second, other;

    (void)state;
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &first, &err));
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &second, &err));
    assert_true(second.already);
    assert_true(img_digest_equal(&first.manifest, &second.manifest));
    assert_true(img_digest_equal(&first.bundle, &second.bundle));
    assert_int_equal(count_attached(), 1);
    new_signer(IMG_KEY_P256); /* another identity says the same: that is new */
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &other, &err));
    assert_false(other.already);
    assert_int_equal(count_attached(), 2);
}

static void replace_takes_away_only_its_own_kind(void **state)
{
    struct img_attached a;

    (void)state;
    t_ok(attach(IMG_PREDICATE_CYCLONEDX, "{\"a\":1}", false, &a, &err));
    t_ok(attach(IMG_PREDICATE_CYCLONEDX, "{\"a\":2}", false, &a, &err));
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &a, &err));
    new_signer(IMG_KEY_P256);
    t_ok(attach(IMG_PREDICATE_CYCLONEDX, "{\"a\":1}", false, &a, &err));
    assert_int_equal(count_attached(), 4);
    t_ok(attach(IMG_PREDICATE_CYCLONEDX, "{\"a\":3}", true, &a, &err));
    assert_int_equal(a.replaced, 1); /* the other key's two and the signature stay */
    assert_int_equal(count_attached(), 4);
    t_ok(attach(IMG_PREDICATE_CYCLONEDX, "{\"a\":3}", true, &a, &err));
    assert_true(a.already);
    assert_int_equal(a.replaced, 0);
    assert_int_equal(count_attached(), 4);
}

/* Several in one go: each is one, twins are one, and what is replaced is what was there before. */
static void a_batch_is_attached_at_once_and_replaces_what_was_before(void **state)
{
    static const char *const predicates[] = {"{\"a\":1}", "{\"a\":2}", "{\"a\":1}", "{}"};
    struct img_attach_item items[IMG_COUNT(predicates)];
    struct img_attached before, old;

    (void)state;
    t_ok(attach(IMG_PREDICATE_VULN, "{\"a\":0}", false, &old, &err));
    t_ok(attach(IMG_PREDICATE_VULN, "{\"a\":2}", false, &before, &err));
    for (size_t i = 0; i < IMG_COUNT(items); i++)
        items[i] = (struct img_attach_item){.signer = at.signer,
                                            .what = {.predicate_type = i == 3 ? IMG_PREDICATE_SIGN
                                                                              : IMG_PREDICATE_VULN,
                                                     .name = "reg/app",
                                                     .predicate = img_bytes_of(predicates[i]),
                                                     .replace = i != 3,
                                                     .now = NOW}};
    t_ok(img_attach_all(at.store, &at.image, items, IMG_COUNT(items), &err));
    assert_false(items[0].done.already);
    assert_true(items[1].done.already); /* it stays, though of the type that is replaced */
    assert_true(img_digest_equal(&items[1].done.manifest, &before.manifest));
    assert_true(items[2].done.already);
    assert_true(img_digest_equal(&items[2].done.manifest, &items[0].done.manifest));
    assert_false(items[3].done.already);
    assert_int_equal(items[0].done.replaced, 1);
    assert_int_equal(count_attached(), 3);
}

/* A signer whose signatures do not fit its public key, as a broken or hostile key service has it.
 */
static bool sign_wrongly(struct img_signer *s, struct img_bytes message, struct img_buf *out,
                         struct img_err *err)
{
    (void)s;
    return img_signer_sign(at.signer, (struct img_bytes){message.ptr, message.len - 1}, out, err);
}
static const struct img_key *right_key(const struct img_signer *s)
{
    (void)s;
    return img_signer_public_key(at.signer);
}

static void a_signature_that_does_not_fit_is_never_attached(void **state)
{
    static const struct img_signer_ops ops = {.sign = sign_wrongly, .public_key = right_key};
    struct img_signer wrong = {.ops = &ops};
    struct img_attachment what = {.predicate_type = IMG_PREDICATE_SIGN,
                                  .predicate = img_bytes_of("{}"),
                                  .now = NOW};
    struct img_attached a;

    (void)state;
    t_fails(img_attach(at.store, &at.image, &wrong, &what, &a, &err), IMG_E_REJECTED, "signature");
    assert_int_equal(count_attached(), 0);
}

static void a_predicate_that_breaks_the_statement_is_never_attached(void **state)
{
    static const char *const bad[] = {"", "{", "{}}", "[]", "{\"a\":1,\"a\":2}", "{},\"x\":{}"};
    struct img_attached a;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(attach(IMG_PREDICATE_CYCLONEDX, bad[i], false, &a, &err), IMG_E_MALFORMED, "");
    assert_int_equal(count_attached(), 0);
}

static void read_bundle(const struct img_attached *a, struct img_buf *out)
{
    char path[300], hex[IMG_DIGEST_TEXT];

    img_digest_hex(&a->bundle, hex);
    (void)snprintf(path, sizeof(path), "%s/l/blobs/sha256/%s", at.dir, hex);
    t_ok(img_read_file(path, out, &err));
}

static bool attach_file(struct img_bytes content, const char *type, int64_t now,
                        struct img_attached *out, struct img_err *err)
{
    struct img_file file = {.content = content,
                            .artifact_type = type,
                            .title = "n.txt",
                            .now = now};

    return img_attach_file(at.store, &at.image, &file, out, err);
}

static void a_bundle_file_is_recognised_and_must_be_about_the_image(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_MIB);
    struct img_attached a, again, wrong;
    struct img_bytes bundle = {0};

    (void)state;
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &a, &err));
    read_bundle(&a, &text);
    t_ok(img_buf_bytes(&text, &bundle, &err));
    t_ok(img_store_detach(at.store, &at.image.desc.digest, &a.manifest, 1, &err));
    assert_int_equal(count_attached(), 0);
    t_ok(attach_file(bundle, NULL, NOW, &again, &err));
    assert_true(img_digest_equal(&again.bundle, &a.bundle));
    assert_true(img_digest_equal(&again.manifest, &a.manifest)); /* the same in every byte */
    t_ok(attach_file(bundle, "text/plain", NOW + 1, &again, &err));
    assert_true(again.already);
    assert_int_equal(count_attached(), 1);

    img_buf_put(&at.image.bytes, " ", 1); /* another image altogether */
    struct img_bytes other = {.ptr = at.image.bytes.ptr, .len = at.image.bytes.len};
    t_ok(img_digest_of(IMG_SHA256, other, &at.image.desc.digest, &err));
    t_fails(attach_file(bundle, NULL, NOW, &wrong, &err), IMG_E_REJECTED, "not about");
}

static void any_other_file_needs_a_type(void **state)
{
    IMG_AUTO(img_referrers_done) struct img_referrers r = {.count = 0};
    struct img_attached a = {.already = true};

    (void)state;
    t_fails(attach_file(img_bytes_of("notes"), NULL, NOW, &a, &err), IMG_E_USAGE, "JSON");
    t_fails(attach_file(img_bytes_of("notes"), IMG_TYPE_BUNDLE, NOW, &a, &err), IMG_E_MALFORMED,
            "JSON");
    t_ok(attach_file(img_bytes_of("notes"), "text/plain", NOW, &a, &err));
    assert_false(a.already);
    t_ok(attach_file(img_bytes_of("notes"), "text/plain", NOW + 9, &a, &err));
    assert_true(a.already);
    t_ok(img_store_referrers(at.store, &at.image.desc.digest, &r, &err));
    assert_int_equal(r.count, 1);
    assert_string_equal(r.items[0].artifact_type, "text/plain");
}

/* The bytes that cosign 3 writes, but for the digests and the size: its tools look for them. */
static void the_manifest_is_cosigns(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_MIB);
    char path[300], hex[IMG_DIGEST_TEXT], want[2000], bundle[IMG_DIGEST_TEXT];
    char subject[IMG_DIGEST_TEXT];
    struct img_attached a;
    size_t size;

    (void)state;
    t_ok(attach(IMG_PREDICATE_SIGN, "{}", false, &a, &err));
    read_bundle(&a, &text);
    size = text.len;
    img_buf_done(&text);
    text = IMG_BUF(IMG_MIB);
    img_digest_hex(&a.manifest, hex);
    (void)snprintf(path, sizeof(path), "%s/l/blobs/sha256/%s", at.dir, hex);
    t_ok(img_read_file(path, &text, &err));
    img_digest_text(&a.bundle, bundle);
    img_digest_text(&at.image.desc.digest, subject);
    (void)snprintf(
        want, sizeof(want),
        "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
        "\"config\":{\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"size\":2,\"digest\":"
        "\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\","
        "\"artifactType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"},"
        "\"layers\":[{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\","
        "\"size\":%zu,\"digest\":\"%s\"}],"
        "\"annotations\":{\"dev.sigstore.bundle.content\":\"dsse-envelope\","
        "\"dev.sigstore.bundle.predicateType\":\"https://sigstore.dev/cosign/sign/v1\","
        "\"org.opencontainers.image.created\":\"2026-09-21T14:13:20Z\"},"
        "\"subject\":{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
        "\"size\":%zu,\"digest\":\"%s\"},"
        "\"artifactType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\"}",
        size, bundle, strlen(IMAGE), subject);
    assert_int_equal(text.len, strlen(want));
    assert_memory_equal(text.ptr, want, text.len);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, open_layout, close_layout)

int main(void)
{
    const struct CMUnitTest tests[] = {
        EACH(what_is_attached_verifies),
        EACH(twice_is_once),
        EACH(replace_takes_away_only_its_own_kind),
        EACH(a_batch_is_attached_at_once_and_replaces_what_was_before),
        EACH(a_signature_that_does_not_fit_is_never_attached),
        EACH(a_predicate_that_breaks_the_statement_is_never_attached),
        EACH(a_bundle_file_is_recognised_and_must_be_about_the_image),
        EACH(any_other_file_needs_a_type),
        EACH(the_manifest_is_cosigns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
