/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/image.h"
#include "tests/support/memstore.h"
#include "tests/support/tar.h"

#define D(n)                                                                                       \
    "\"digest\":\"sha256:000000000000000000000000000000000000000000000000000000000000000" #n "\"," \
    "\"size\":1"
#define M    "\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\""
#define P(a) "\"platform\":{\"os\":\"linux\",\"architecture\":\"" a "\"}"
#define INDEX(entries)                                                                             \
    "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_INDEX "\",\"manifests\":[" entries "]}"

static bool platforms(const char *index, struct img_descriptor **out, size_t *count,
                      struct img_err *err)
{
    struct img_document doc = {.bytes = IMG_BUF(1 << 20)};
    bool ok;

    (void)snprintf(doc.desc.media_type, sizeof(doc.desc.media_type), "%s", IMG_TYPE_OCI_INDEX);
    img_buf_puts(&doc.bytes, index);
    ok = img_image_platforms(&doc, out, count, err);
    img_document_done(&doc);
    return ok;
}

static void an_ambiguous_index_is_refused(void **state)
{
    static const struct {
        const char *index;
        enum img_code code;
        const char *says;
    } bad[] = {
        {INDEX(""), IMG_E_NOT_FOUND, "lists no image"},
        {INDEX("{" M "," D(1) "}"), IMG_E_REJECTED, "names no platform"},
        {INDEX("{" M "," D(1) ",\"platform\":{\"os\":\"\",\"architecture\":\"\"}}"), IMG_E_REJECTED,
         "names no platform"},
        {INDEX("{" M "," D(1) "," P("amd64") "},{" M "," D(2) "," P("amd64") "}"), IMG_E_REJECTED,
         "linux/amd64 is listed twice"},
        {INDEX("{" M "," D(1) "," P("arm64") "},{" M "," D(
             2) ",\"platform\":{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\"}}"),
         IMG_E_REJECTED, "twice"},
        {INDEX("{\"mediaType\":\"" IMG_TYPE_OCI_INDEX "\"," D(1) "," P("amd64") "}"),
         IMG_E_UNSUPPORTED, "index within"},
        /* unknown/unknown, but not annotated as an attestation: a runtime's word against ours */
        {INDEX("{" M "," D(1) "},{" M "," D(2) "," P("amd64") "}"), IMG_E_REJECTED, "no platform"},
    };
    struct img_descriptor *out = NULL;
    size_t count = 9;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(platforms(bad[i].index, &out, &count, &err), bad[i].code, bad[i].says);
    assert_null(out);
    assert_int_equal(count, 9);
}

static void attestation_entries_are_passed_over(void **state)
{
    struct img_descriptor *out = NULL;
    struct img_platform want;
    size_t count = 0, at = 9;

    (void)state;
    t_ok(platforms(
        INDEX("{" M "," D(1) "," P("amd64") "},{" M "," D(2) "," P("unknown") "},{" M "," D(
            3) ",\"annotations\":{\"vnd.docker.reference.type\":\"attestation-manifest\"},"
               "\"platform\":{\"os\":\"unknown\",\"architecture\":\"unknown\"}},{" M
               "," D(4) "," P("arm64") "}"),
        &out, &count, &err));
    assert_int_equal(count, 3); /* linux/unknown is odd, but no attestation */
    t_ok(img_platform_parse("linux/arm64/v8", &want, &err));
    t_ok(img_image_select(out, count, &want, &at, &err));
    assert_int_equal(at, 2);
    t_ok(img_platform_parse("linux/s390x", &want, &err));
    t_fails(img_image_select(out, count, &want, &at, &err), IMG_E_NOT_FOUND,
            "no image for linux/s390x; there is linux/amd64, linux/unknown, linux/arm64");
    img_descriptors_free(out, count);
}

static void an_image_opens_only_when_layers_and_diff_ids_line_up(void **state)
{
    struct t_store s;
    struct img_image image;
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(1 << 20);
    IMG_AUTO(img_buf_done) struct img_buf odd = IMG_BUF(1 << 20);
    struct img_descriptor good, bad;
    struct img_bytes layer, text;
    const char *cut = "\"layers\":[";

    (void)state;
    t_store_init(&s);
    t_tar_end(&tar);
    t_ok(img_buf_bytes(&tar, &layer, &err));
    good = t_store_image(&s, &layer, 1, "\"User\":\"app\"");
    t_ok(img_image_open(&s.base, &good, &image, &err));
    assert_string_equal(image.config.user, "app");
    assert_int_equal(image.parsed.count, 1);
    img_image_done(&image);
    /* the same manifest without its layer */
    img_buf_put(&odd, s.blobs[s.count - 1].bytes.ptr, s.blobs[s.count - 1].bytes.len);
    img_buf_put(&odd, "", 1);
    odd.len = (size_t)(strstr((const char *)odd.ptr, cut) - (const char *)odd.ptr) + strlen(cut);
    img_buf_puts(&odd, "]}");
    t_ok(img_buf_bytes(&odd, &text, &err));
    bad = t_store_put(&s, IMG_TYPE_OCI_MANIFEST, text);
    t_fails(img_image_open(&s.base, &bad, &image, &err), IMG_E_MALFORMED,
            "0 layers, but 1 diff_ids");
    /* an artifact */
    odd.len = 0;
    img_buf_puts(&odd, "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                       "\",\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY
                       "\"," D(1) "},\"layers\":[]}");
    t_ok(img_buf_bytes(&odd, &text, &err));
    bad = t_store_put(&s, IMG_TYPE_OCI_MANIFEST, text);
    t_fails(img_image_open(&s.base, &bad, &image, &err), IMG_E_UNSUPPORTED,
            "not a container image");
    bad.digest.bytes[0] ^= 1;
    t_fails(img_image_open(&s.base, &bad, &image, &err), IMG_E_NOT_FOUND, "no such blob");
    t_store_done(&s);
}

/* Each layer's visitor counts into its own place. */
struct tally {
    size_t entries[8];
    struct {
        size_t *to;
    } each[8];
};

static bool tally_entry(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    (void)e;
    (void)wants;
    (void)err;
    (*(size_t *)ctx)++;
    return true;
}

static bool tally_open(void *ctx, size_t layer, struct img_visitor *out, struct img_err *err)
{
    struct tally *t = ctx;

    (void)err;
    *out = (struct img_visitor){.ctx = &t->entries[layer], .entry = tally_entry};
    return true;
}

static void every_layer_is_walked_once_by_every_client(void **state)
{
    struct t_store s;
    struct img_image image;
    struct img_buf tars[5];
    struct img_bytes layers[5];
    struct img_descriptor d;
    struct tally a = {0}, b = {0};
    const struct img_layer_client clients[] = {{&a, tally_open}, {&b, tally_open}};

    (void)state;
    t_store_init(&s);
    for (size_t i = 0; i < 5; i++) {
        tars[i] = IMG_BUF(1 << 20);
        for (size_t n = 0; n <= i; n++)
            t_tar_put(&tars[i], &(struct t_tar){.name = "file", .type = '0', .data = "x"});
        t_tar_end(&tars[i]);
        t_ok(img_buf_bytes(&tars[i], &layers[i], &err));
    }
    d = t_store_image(&s, layers, 5, NULL);
    t_ok(img_image_open(&s.base, &d, &image, &err));
    t_ok(img_image_walk(&s.base, &image, clients, 2, NULL, &err));
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(a.entries[i], i + 1);
        assert_int_equal(b.entries[i], i + 1);
    }
    image.config.diff_ids[3].bytes[0] ^= 1;
    t_fails(img_image_walk(&s.base, &image, clients, 2, NULL, &err), IMG_E_REJECTED, "diff_id");
    img_image_done(&image);
    for (size_t i = 0; i < 5; i++)
        img_buf_done(&tars[i]);
    t_store_done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ambiguous_index_is_refused),
        cmocka_unit_test(attestation_entries_are_passed_over),
        cmocka_unit_test(an_image_opens_only_when_layers_and_diff_ids_line_up),
        cmocka_unit_test(every_layer_is_walked_once_by_every_client),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
