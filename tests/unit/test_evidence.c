/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/evidence.h"
#include "base/limits.h"
#include "tests/support/t.h"

/*
 * A store of documents by digest, which can be told to fail or lie. Only what collecting uses is
 * there; batches are counted, because each is a round trip.
 */
struct doc {
    struct img_digest digest;
    char text[1200];
    enum img_code fails; /* IMG_OK: is served */
};
static struct {
    struct img_store store;
    struct doc docs[64];
    size_t count, batches, largest;
} fake;

static bool serve(struct img_want *w)
{
    for (size_t i = 0; i < fake.count; i++) {
        const struct doc *d = &fake.docs[i];
        if (!img_digest_equal(&d->digest, &w->desc.digest))
            continue;
        if (d->fails != IMG_OK)
            return img_fail(&w->err, d->fails, "as the test says");
        if ((size_t)w->desc.size != strlen(d->text))
            return img_refuse(&w->err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH, "size");
        img_buf_puts(&w->bytes, d->text);
        struct img_bytes got;
        return img_buf_bytes(&w->bytes, &got, &w->err);
    }
    return img_fail(&w->err, IMG_E_NOT_FOUND, "no such document");
}

static bool fetch(struct img_store *s, struct img_want *wants, size_t count, struct img_err *err)
{
    (void)s;
    (void)err;
    fake.batches += count > 0;
    fake.largest = count > fake.largest ? count : fake.largest;
    for (size_t i = 0; i < count; i++)
        wants[i].ok = serve(&wants[i]);
    return true;
}

static const struct img_store_ops ops = {.fetch = fetch};
static struct img_digest subject;
static struct img_referrers listed;
static struct img_descriptor items[200];

static int fresh(void **state)
{
    (void)state;
    memset(&fake, 0, sizeof(fake));
    memset(items, 0, sizeof(items));
    fake.store.ops = &ops;
    listed = (struct img_referrers){.items = items};
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of("image"), &subject, &err));
    return 0;
}

static struct doc *put(const char *text)
{
    struct doc *d = &fake.docs[fake.count++];

    (void)snprintf(d->text, sizeof(d->text), "%s", text);
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of(text), &d->digest, &err));
    return d;
}

/* Attaches a bundle; "" for type leaves it out of the listing. Returns the manifest's document. */
static struct doc *attach(const char *listed_type, const char *layer_type, const char *about,
                          const char *content, long long claimed_size)
{
    struct doc *blob = put(content), *manifest;
    char digest[IMG_DIGEST_TEXT], image[IMG_DIGEST_TEXT], text[1200];
    struct img_digest d;
    struct img_descriptor *item = &items[listed.count++];

    img_digest_text(&blob->digest, digest);
    t_ok(img_digest_of(IMG_SHA256, img_bytes_of(about), &d, &err));
    img_digest_text(&d, image);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                   "\",\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY
                   "\",\"size\":2,\"digest\":\"sha256:"
                   "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\"},"
                   "\"layers\":[{\"mediaType\":\"%s\",\"size\":%lld,\"digest\":\"%s\"}],"
                   "\"subject\":{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                   "\",\"size\":5,\"digest\":\"%s\"}}",
                   layer_type, claimed_size, digest, image);
    manifest = put(text);
    (void)snprintf(item->media_type, sizeof(item->media_type), "%s", IMG_TYPE_OCI_MANIFEST);
    (void)snprintf(item->artifact_type, sizeof(item->artifact_type), "%s", listed_type);
    item->digest = manifest->digest;
    item->size = (int64_t)strlen(text);
    return manifest;
}

static void collect(size_t max_count, uint64_t max_size, struct img_evidence_list *out)
{
    struct img_evidence_limits limits = {.max_count = max_count, .max_size = max_size};

    t_ok(img_evidence_collect(&fake.store, &subject, &listed, &limits, out, &err));
}

#define B IMG_TYPE_BUNDLE

static void bundles_are_found_in_two_round_trips(void **state)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};

    (void)state;
    (void)attach(B, B, "image", "one", 3);
    (void)attach("application/spdx+json", "application/spdx+json", "image", "sbom", 4);
    (void)attach("", B, "image", "three", 5); /* a listing without types */
    (void)attach("", "text/plain", "image", "four", 4);
    items[listed.count++] = items[0]; /* listed twice */
    collect(128, IMG_MIB, &l);
    assert_int_equal(l.count, 2);
    assert_int_equal(l.items[0].unverified_bytes.len, 3);
    assert_memory_equal(l.items[1].unverified_bytes.ptr, "three", 5);
    assert_int_equal(l.skipped_count, 0);
    assert_false(l.cut);
    assert_false(l.failed);
    assert_int_equal(fake.batches, 2);
    assert_int_equal(fake.largest, 3); /* of "application/spdx+json" nothing is read */
}

static void what_is_not_evidence_is_skipped_with_its_reason(void **state)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};
    static const enum img_code codes[] = {IMG_E_MALFORMED, IMG_E_MALFORMED, IMG_E_MALFORMED,
                                          IMG_E_REJECTED, IMG_E_REJECTED};

    (void)state;
    (void)attach(B, "text/plain", "image", "a", 1); /* called a bundle, holds none */
    (void)attach(B, B, "another image", "b", 1);    /* listed here, about another */
    (void)attach(B, B, "image", "c", 0);            /* empty */
    (void)attach(B, B, "image", "d", 1);
    items[3].size += 7;                     /* the listing lies about the size */
    (void)attach(B, B, "image", "eeee", 3); /* so does the manifest */
    (void)attach(B, B, "image", "good", 4);
    collect(128, IMG_MIB, &l);
    assert_int_equal(l.count, 1);
    assert_memory_equal(l.items[0].unverified_bytes.ptr, "good", 4);
    assert_int_equal(l.skipped_count, IMG_COUNT(codes));
    for (size_t i = 0; i < IMG_COUNT(codes); i++)
        assert_int_equal(l.skipped[i].err.code, codes[i]);
    assert_int_equal(l.skipped[1].err.why, IMG_WHY_SUBJECT_MISMATCH);
    assert_int_equal(l.skipped[4].err.why, IMG_WHY_SIZE_MISMATCH);
    assert_string_equal(l.skipped[0].artifact_type, B);
    assert_false(l.failed);
    assert_false(l.cut);
}

static void what_could_not_be_had_is_not_the_same_as_absent(void **state)
{
    static const struct {
        enum img_code code;
        bool failed, cut;
    } cases[] = {{IMG_E_NETWORK, true, false},   {IMG_E_NOT_FOUND, true, false},
                 {IMG_E_DENIED, true, false},    {IMG_E_IO, true, false},
                 {IMG_E_REJECTED, false, false}, {IMG_E_LIMIT, false, false}};

    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};
        fresh(state);
        attach(B, B, "image", "a", 1)->fails = cases[i].code;
        (void)attach(B, B, "image", "b", 1);
        collect(128, IMG_MIB, &l);
        assert_int_equal(l.count, 1);
        assert_int_equal(l.skipped_count, 1);
        assert_int_equal(l.failed, cases[i].failed);
        assert_int_equal(l.cut, cases[i].cut);
    }
    fresh(state);
    attach(B, B, "image", "a", 1)->fails = IMG_E_MEMORY;
    struct img_evidence_list none = {.count = 0};
    struct img_evidence_limits limits = {.max_count = 1, .max_size = 1};
    t_fails(img_evidence_collect(&fake.store, &subject, &listed, &limits, &none, &err),
            IMG_E_MEMORY, "as the test says");
}

static void count_and_size_are_bounded_and_say_how_to_raise_them(void **state)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list by_count = {.count = 0};
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list by_size = {.count = 0};
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list cut = {.count = 0};

    (void)state;
    (void)attach(B, B, "image", "a", 1);
    (void)attach(B, B, "image", "large", 5);
    (void)attach(B, B, "image", "b", 1);
    collect(2, IMG_MIB, &by_count);
    assert_int_equal(by_count.count, 2);
    assert_true(by_count.cut);
    assert_int_equal(by_count.skipped[0].err.code, IMG_E_LIMIT);
    assert_non_null(strstr(by_count.skipped[0].err.text, "--max-evidence"));
    collect(128, 4, &by_size);
    assert_int_equal(by_size.count, 2);
    assert_true(by_size.cut);
    assert_non_null(strstr(by_size.skipped[0].err.text, "--max-evidence-size"));
    listed.cut = true; /* the listing itself had more than is read */
    collect(128, IMG_MIB, &cut);
    assert_true(cut.cut);
    assert_int_equal(cut.count, 3);
}

/* Sizes are claims; the total is kept by reading the small ones first. */
static void large_junk_does_not_crowd_out_a_signature(void **state)
{
    IMG_AUTO(img_evidence_list_done) struct img_evidence_list l = {.count = 0};

    (void)state;
    for (int i = 0; i < 4; i++) {
        char text[20];
        (void)snprintf(text, sizeof(text), "junk %d", i);
        (void)attach(B, B, "image", text, 32 * (long long)IMG_MIB - i);
    }
    (void)attach(B, B, "image", "signature", 9);
    collect(128, 32 * IMG_MIB, &l);
    assert_true(l.cut);
    assert_int_equal(l.count, 1);
    assert_memory_equal(l.items[0].unverified_bytes.ptr, "signature", 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bundles_are_found_in_two_round_trips, fresh),
        cmocka_unit_test_setup(what_is_not_evidence_is_skipped_with_its_reason, fresh),
        cmocka_unit_test(what_could_not_be_had_is_not_the_same_as_absent),
        cmocka_unit_test_setup(count_and_size_are_bounded_and_say_how_to_raise_them, fresh),
        cmocka_unit_test_setup(large_junk_does_not_crowd_out_a_signature, fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
