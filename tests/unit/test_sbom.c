/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/memstore.h"

/* An image of two layers, not walked: documents are made from what is said of it. */
struct fixture {
    struct t_store store;
    struct img_image image;
};

static int begin(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct img_bytes layers[2] = {img_bytes_of("one"), img_bytes_of("two")};
    struct img_descriptor d;

    t_store_init(&f->store);
    d = t_store_image(&f->store, layers, 2, NULL);
    t_ok(img_image_open(&f->store.base, &d, &f->image, &err));
    *state = f;
    return 0;
}

static int end(void **state)
{
    struct fixture *f = *state;

    img_image_done(&f->image);
    t_store_done(&f->store);
    free(f);
    return 0;
}

#define PACKAGE(n, v)                                                                              \
    {                                                                                              \
        .type = "deb", .name = (n), .version = (v), .arch = "amd64", .source_name = (n),           \
        .source_version = (v), .purl = "pkg:deb/debian/" n "@" v "?arch=amd64",                    \
        .path = "var/lib/dpkg/status"                                                              \
    }

static const struct img_sbom_subject subject = {.name = "registry.example.com/team/app",
                                                .tag = "1.2",
                                                .date = 1767225600};

typedef bool writer(const struct img_image *, const struct img_inventory *,
                    const struct img_sbom_subject *, struct img_buf *, struct img_err *);
static writer *const writers[] = {img_sbom_cyclonedx, img_sbom_spdx};

static json_t *written(const struct fixture *f, writer *write, const struct img_inventory *inv,
                       struct img_buf *out)
{
    struct img_bytes text = {0};
    json_t *doc = NULL;

    t_ok(write(&f->image, inv, &subject, out, &err));
    t_ok(img_buf_bytes(out, &text, &err));
    t_ok(img_json_parse(text, IMG_LIMIT_SBOM, &doc, &err));
    return doc;
}

static void what_is_written_reads_back(void **state)
{
    const struct fixture *f = *state;
    struct img_package packages[] = {PACKAGE("libc6", "2.36-9"), PACKAGE("zlib1g", "1:1.2.13")};
    static const char *const why[] = {"var/lib/dpkg/status: cut short within a line"};
    struct img_inventory inv = {.packages = packages,
                                .count = 2,
                                .complete = true,
                                .distro = {"debian", "12", "", "Debian"}};

    for (size_t w = 0; w < IMG_COUNT(writers); w++)
        for (size_t complete = 0; complete < 2; complete++) {
            IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
            IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};
            json_auto_t *doc;

            inv.complete = complete == 1;
            inv.reasons = why;
            inv.reason_count = complete == 1 ? 0 : 1;
            doc = written(f, writers[w], &inv, &out);
            t_ok(img_sbom_read(doc, &facts, &err));
            assert_int_equal(facts.complete, complete);
            assert_int_equal(facts.date, 1767225600);
            assert_int_equal(facts.without_purl, 0);
            /* SPDX's packages include the image itself */
            assert_int_equal(facts.count, w == 0 ? 2 : 3);
            assert_string_equal(facts.purls[facts.count - 1],
                                "pkg:deb/debian/zlib1g@1:1.2.13?arch=amd64");
        }
}

static void the_same_image_gives_the_same_bytes(void **state)
{
    const struct fixture *f = *state;
    struct img_package packages[] = {PACKAGE("libc6", "2.36-9")};
    struct img_inventory inv = {.packages = packages,
                                .count = 1,
                                .complete = true,
                                .distro = {"", "", "", ""}};

    for (size_t w = 0; w < IMG_COUNT(writers); w++) {
        IMG_AUTO(img_buf_done) struct img_buf a = IMG_BUF(IMG_LIMIT_SBOM);
        IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_SBOM);
        IMG_AUTO(img_buf_done) struct img_buf c = IMG_BUF(IMG_LIMIT_SBOM);

        packages[0].version = "2.36-9";
        t_ok(writers[w](&f->image, &inv, &subject, &a, &err));
        t_ok(writers[w](&f->image, &inv, &subject, &b, &err));
        assert_int_equal(a.len, b.len);
        assert_memory_equal(a.ptr, b.ptr, a.len);
        packages[0].version = "2.36-8"; /* another document, so another serial number */
        t_ok(writers[w](&f->image, &inv, &subject, &c, &err));
        assert_int_equal(a.len, c.len);
        assert_memory_not_equal(a.ptr, c.ptr, 250);
    }
}

static void layers_are_told(void **state)
{
    const struct fixture *f = *state;
    struct img_package packages[] = {PACKAGE("libc6", "2.36-9")};
    struct img_inventory inv = {.packages = packages,
                                .count = 1,
                                .complete = true,
                                .distro = {"debian", "", "", ""}};
    char diff_id[IMG_DIGEST_TEXT];

    packages[0].layer = 1;
    img_digest_text(&f->image.config.diff_ids[1], diff_id);
    for (size_t w = 0; w < IMG_COUNT(writers); w++) {
        IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
        char want[300];

        t_ok(writers[w](&f->image, &inv, &subject, &out, &err));
        img_buf_put(&out, "", 1);
        (void)snprintf(want, sizeof(want),
                       w == 0 ? "{\"name\":\"aquasecurity:trivy:LayerDiffID\",\"value\":\"%s\"}"
                              : "\"comment\":\"LayerDiffID: %s\"",
                       diff_id);
        assert_non_null(strstr((const char *)out.ptr, want));
    }
}

/* One package in two databases: two components, and two references. */
static void references_are_unique(void **state)
{
    const struct fixture *f = *state;
    struct img_package packages[] = {PACKAGE("a", "1"), PACKAGE("a", "1")};
    struct img_inventory inv = {.packages = packages, .count = 2, .distro = {"", "", "", ""}};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
    json_auto_t *doc = NULL;
    const json_t *components;

    packages[1].path = "opt/var/lib/dpkg/status";
    doc = written(f, img_sbom_cyclonedx, &inv, &out);
    components = json_object_get(doc, "components");
    assert_int_equal(json_array_size(components), 2);
    assert_string_not_equal(
        json_string_value(json_object_get(json_array_get(components, 0), "bom-ref")),
        json_string_value(json_object_get(json_array_get(components, 1), "bom-ref")));
}

static void foreign_text_never_breaks_the_document(void **state)
{
    const struct fixture *f = *state;
    struct img_package packages[] = {PACKAGE("a", "1")};
    struct img_inventory inv = {.packages = packages,
                                .count = 1,
                                .distro = {"de\"bian", "1\x1b[2J", "", "\xff\xfe"}};

    packages[0].description = "bell \x07, escape \x1b]0;x\x07, bidi \xe2\x80\xae, bad \xc3\x28, \"";
    packages[0].maintainer = "\xf0\x28\x8c\x28 <a@b>";
    packages[0].homepage = "https://example.com/\"onload=";
    packages[0].license = "\x80";
    packages[0].path = "var/lib/\x01/dpkg";
    for (size_t w = 0; w < IMG_COUNT(writers); w++) {
        IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
        json_auto_t *doc = written(f, writers[w], &inv, &out);

        assert_non_null(doc);
        for (size_t i = 0; i < out.len; i++)
            assert_true(out.ptr[i] >= 0x20 && out.ptr[i] != 0x7f);
        img_buf_put(&out, "", 1);
        assert_null(strstr((const char *)out.ptr, "onload")); /* no URL, so not said to be one */
    }
}

static bool read_text(const char *text, struct img_sbom_facts *out, struct img_err *err)
{
    json_auto_t *doc = NULL;

    return img_json_parse(img_bytes_of(text), IMG_MIB, &doc, err) && img_sbom_read(doc, out, err);
}

static void what_is_no_sbom_is_refused(void **state)
{
    static const struct {
        const char *text;
        enum img_code code;
        const char *says;
    } bad[] = {
        {"{}", IMG_E_UNSUPPORTED, "neither"},
        {"{\"bomFormat\":\"CycloneDX\",\"spdxVersion\":\"SPDX-2.3\"}", IMG_E_MALFORMED, "both"},
        {"{\"spdxVersion\":\"SPDX-3.0\"}", IMG_E_UNSUPPORTED, "neither"},
        {"{\"bomFormat\":\"CycloneDX\",\"components\":{}}", IMG_E_MALFORMED, "/components"},
        {"{\"bomFormat\":\"CycloneDX\",\"components\":[{}]}", IMG_E_MALFORMED, "type"},
        {"{\"bomFormat\":\"CycloneDX\",\"components\":[{\"type\":\"library\",\"purl\":1}]}",
         IMG_E_MALFORMED, "purl"},
        {"{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"timestamp\":\"yesterday\"}}",
         IMG_E_MALFORMED, ""},
        {"{\"bomFormat\":\"CycloneDX\",\"compositions\":[{\"aggregate\":true}]}", IMG_E_MALFORMED,
         "aggregate"},
        {"{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"externalRefs\":[{}]}]}", IMG_E_MALFORMED,
         "referenceType"},
    };
    struct img_sbom_facts facts = {.count = 7};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(read_text(bad[i].text, &facts, &err), bad[i].code, bad[i].says);
    assert_int_equal(facts.count, 7);
}

static void only_a_plain_claim_counts_as_complete(void **state)
{
#define CDX(compositions)                                                                          \
    "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"component\":{\"type\":\"container\","            \
    "\"bom-ref\":\"me\",\"name\":\"x\"}},\"compositions\":[" compositions "]}"
#define SPDX(comments) "{\"spdxVersion\":\"SPDX-2.3\",\"annotations\":[" comments "]}"
    static const struct {
        const char *text;
        bool complete;
    } docs[] = {
        {CDX(""), false},
        {CDX("{\"aggregate\":\"complete\"}"), true},
        {CDX("{\"aggregate\":\"complete\",\"assemblies\":[\"me\"]}"), true},
        {CDX("{\"aggregate\":\"complete\",\"assemblies\":[\"other\"]}"), false},
        {CDX("{\"aggregate\":\"complete\",\"assemblies\":[]}"), false},
        {CDX("{\"aggregate\":\"complete\",\"dependencies\":[\"me\"]}"), false},
        {CDX("{\"aggregate\":\"unknown\",\"assemblies\":[\"me\"]}"), false},
        {CDX("{\"aggregate\":\"complete\"},{\"aggregate\":\"incomplete\",\"assemblies\":[\"x\"]}"),
         false},
        {SPDX(""), false},
        {SPDX("{\"comment\":\"imgtrust:inventory: complete\"}"), true},
        {SPDX("{\"comment\":\"imgtrust:inventory: completely not\"}"), false},
        {SPDX("{\"comment\":\"imgtrust:inventory: complete\"},"
              "{\"comment\":\"imgtrust:inventory: incomplete\"}"),
         false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(docs); i++) {
        IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};
        t_ok(read_text(docs[i].text, &facts, &err));
        assert_int_equal(facts.complete, docs[i].complete);
        assert_int_equal(facts.date, IMG_TIME_NONE);
    }
}

static void nested_and_nameless_components_are_counted(void **state)
{
    IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};
    json_auto_t *text = NULL;

    (void)state;
    t_ok(read_text(
        "{\"bomFormat\":\"CycloneDX\",\"metadata\":{\"component\":{\"type\":\"container\","
        "\"components\":[{\"type\":\"library\",\"purl\":\"pkg:npm/in@1\"}]}},\"components\":["
        "{\"type\":\"library\",\"purl\":\"pkg:npm/a@1\",\"components\":[{\"type\":\"library\","
        "\"purl\":\"pkg:npm/b@2\"}]},{\"type\":\"library\",\"name\":\"c\"},"
        "{\"type\":\"library\",\"purl\":\"not a purl\"},{\"type\":\"operating-system\"}]}",
        &facts, &err));
    assert_int_equal(facts.count, 3);
    assert_true(facts.purls != NULL && strcmp(facts.purls[2], "pkg:npm/b@2") == 0);
    assert_int_equal(facts.without_purl, 2);
    img_sbom_facts_done(&facts);
    /* cosign wraps SPDX in a string */
    text = json_string(
        "{\"spdxVersion\":\"SPDX-2.2\",\"packages\":[{\"externalRefs\":[{"
        "\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:deb/debian/a@1\"}]},{}]}");
    t_ok(img_sbom_read(text, &facts, &err));
    assert_int_equal(facts.count, 1);
    assert_int_equal(facts.without_purl, 1);
    json_decref(text);
    text = json_string("SPDXVersion: SPDX-2.2");
    t_fails(img_sbom_read(text, &facts, &err), IMG_E_UNSUPPORTED, "tag-value");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_sbom_is_refused),
        TEST(foreign_text_never_breaks_the_document),
        cmocka_unit_test(only_a_plain_claim_counts_as_complete),
        cmocka_unit_test(nested_and_nameless_components_are_counted),
        TEST(what_is_written_reads_back),
        TEST(the_same_image_gives_the_same_bytes),
        TEST(layers_are_told),
        TEST(references_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
