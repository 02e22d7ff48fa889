/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/time.h"
#include "oci/manifest.h"

#define A64  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define D    "sha256:" A64
#define DESC "{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":2}"
#define HEAD "{\"schemaVersion\":2,"
#define TAIL "\"config\":" DESC ",\"layers\":[" DESC "]}"

static struct img_bytes bytes(const char *s)
{
    return (struct img_bytes){.ptr = (const uint8_t *)s, .len = strlen(s)};
}

static void malformed_documents_are_refused(void **state)
{
    static const struct {
        const char *text, *media_type;
        enum img_code code;
        const char *says;
    } bad[] = {
        {"", NULL, IMG_E_MALFORMED, "JSON"},
        {"[]", NULL, IMG_E_MALFORMED, "expected object"},
        {"{}", NULL, IMG_E_MALFORMED, "neither"},
        {"{\"schemaVersion\":1,\"fsLayers\":[]}", NULL, IMG_E_UNSUPPORTED, "schema 1"},
        {HEAD "\"manifests\":[]," TAIL, NULL, IMG_E_MALFORMED, "both"},
        {HEAD "\"manifests\":null," TAIL, NULL, IMG_E_MALFORMED, "both"},
        {HEAD "\"manifests\":[],\"layers\":[]}", NULL, IMG_E_MALFORMED, "both"},
        {HEAD "\"manifests\":[],\"blobs\":[]}", NULL, IMG_E_MALFORMED, "both"},
        {HEAD "\"mediaType\":\"" IMG_TYPE_OCI_INDEX "\"," TAIL, NULL, IMG_E_MALFORMED,
         "those of a manifest"},
        {HEAD "\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\",\"manifests\":[]}", NULL,
         IMG_E_MALFORMED, "those of an index"},
        {HEAD "\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\"," TAIL, IMG_TYPE_DOCKER_MANIFEST,
         IMG_E_MALFORMED, "described as"},
        {HEAD TAIL, IMG_TYPE_OCI_INDEX, IMG_E_MALFORMED, "those of a manifest"},
        {HEAD TAIL, "application/vnd.oci.image.layer.v1.tar", IMG_E_UNSUPPORTED, "media type"},
        {HEAD "\"mediaType\":\"x/y\"," TAIL, NULL, IMG_E_UNSUPPORTED, "x/y"},
        {"{" TAIL, NULL, IMG_E_MALFORMED, "schemaVersion"},
        {"{\"schemaVersion\":3," TAIL, NULL, IMG_E_MALFORMED, "3"},
        {"{\"schemaVersion\":\"2\"," TAIL, NULL, IMG_E_MALFORMED, "expected integer"},
        {HEAD "\"config\":" DESC "}", NULL, IMG_E_MALFORMED, "no layers"},
        {HEAD "\"layers\":[]}", NULL, IMG_E_MALFORMED, "config"},
        {HEAD TAIL " x", NULL, IMG_E_MALFORMED, "JSON"},
        {HEAD "\"schemaVersion\":2," TAIL, NULL, IMG_E_MALFORMED, "duplicate"},
        {HEAD "\"Layers\":[]," TAIL, NULL, IMG_E_MALFORMED, "could be taken for 'layers'"},
        {HEAD "\"layer\u017f\":[]," TAIL, NULL, IMG_E_MALFORMED, "could be taken for 'layers'"},
        {HEAD "\"subject\":{}," TAIL, NULL, IMG_E_MALFORMED, "/subject/digest"},
        {HEAD "\"annotations\":{\"a\":1}," TAIL, NULL, IMG_E_MALFORMED, "not a string"},
        {HEAD "\"annotations\":[]," TAIL, NULL, IMG_E_MALFORMED, "expected object"},
        {HEAD "\"artifactType\":\"no type\"," TAIL, NULL, IMG_E_MALFORMED, "media type"},
    };
    struct img_manifest m = {.count = 77};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_manifest_read(bytes(bad[i].text), bad[i].media_type, &m, &err), bad[i].code,
                bad[i].says);
    assert_int_equal(m.count, 77);
}

static void malformed_descriptors_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum img_code code;
        const char *says;
    } bad[] = {
        {"{\"digest\":\"" D "\",\"size\":2}", IMG_E_MALFORMED, "no mediaType"},
        {"{\"mediaType\":\"\",\"digest\":\"" D "\",\"size\":2}", IMG_E_MALFORMED, "no mediaType"},
        {"{\"mediaType\":\"ab\",\"digest\":\"" D "\",\"size\":2}", IMG_E_MALFORMED, "media type"},
        {"{\"mediaType\":\"a/b\\n\",\"digest\":\"" D "\",\"size\":2}", IMG_E_MALFORMED,
         "media type"},
        {"{\"mediaType\":\"a/b\",\"size\":2}", IMG_E_MALFORMED, "/digest: missing"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"sha256:../../x\",\"size\":2}", IMG_E_MALFORMED,
         "64 hex"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"md5:aa\",\"size\":2}", IMG_E_UNSUPPORTED, "md5"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\"}", IMG_E_MALFORMED, "/size: missing"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":-1}", IMG_E_MALFORMED, "-1"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":2.0}", IMG_E_MALFORMED, "real"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":\"2\"}", IMG_E_MALFORMED, "string"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":9007199254740993}", IMG_E_MALFORMED,
         "not within"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"Digest\":\"x\",\"size\":2}",
         IMG_E_MALFORMED, "could be taken"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":2,\"platform\":{\"os\":1}}",
         IMG_E_MALFORMED, "/platform/os"},
        {"{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":2,\"platform\":{\"os\":\"a b\"}}",
         IMG_E_MALFORMED, "not a platform name"},
    };
    struct img_descriptor d = {.size = 77};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        json_t *doc = json_loads(bad[i].text, 0, NULL);
        struct img_json at = {.node = doc};
        t_fails(img_descriptor_read(&at, &d, &err), bad[i].code, bad[i].says);
        json_decref(doc);
    }
    assert_int_equal(d.size, 77);
}

static void a_manifest_is_read_whole(void **state)
{
    static const char text[] =
        "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\",\"unknown\":{\"x\":[]},"
        "\"artifactType\":\"application/vnd.example+json;version=0.1\","
        "\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY "\",\"digest\":\"" D
        "\",\"size\":2,\"data\":\"AAAA\",\"urls\":[\"file:///etc/passwd\"]},"
        "\"layers\":[" DESC "," DESC "],\"subject\":" DESC
        ",\"annotations\":{\"org.example\":\"yes\"}}";
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};

    (void)state;
    t_ok(img_manifest_read(bytes(text), IMG_TYPE_OCI_MANIFEST, &m, &err));
    assert_false(m.is_index);
    assert_int_equal(m.count, 2);
    assert_string_equal(m.artifact_type, "application/vnd.example+json;version=0.1");
    assert_string_equal(m.config.media_type, IMG_TYPE_OCI_EMPTY);
    assert_true(m.has_subject);
    assert_int_equal(m.subject.size, 2);
    assert_string_equal(json_string_value(json_object_get(m.annotations, "org.example")), "yes");
}

static void kinds_are_told_by_shape_when_nobody_says(void **state)
{
    static const struct {
        const char *text, *given, *type;
    } good[] = {
        {HEAD TAIL, NULL, IMG_TYPE_OCI_MANIFEST},
        {HEAD TAIL, "application/json", IMG_TYPE_OCI_MANIFEST},
        {HEAD TAIL, IMG_TYPE_DOCKER_MANIFEST, IMG_TYPE_DOCKER_MANIFEST},
        {HEAD "\"manifests\":[" DESC "]}", NULL, IMG_TYPE_OCI_INDEX},
        {HEAD "\"manifests\":[]}", "text/plain", IMG_TYPE_OCI_INDEX},
        {HEAD "\"manifests\":null}", IMG_TYPE_DOCKER_LIST, IMG_TYPE_DOCKER_LIST},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};
        t_ok(img_manifest_read(bytes(good[i].text), good[i].given, &m, &err));
        assert_string_equal(m.media_type, good[i].type);
    }
}

static void artifact_type_falls_back_to_the_config(void **state)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};

    (void)state;
    t_ok(img_manifest_read(bytes(HEAD TAIL), NULL, &m, &err));
    assert_string_equal(m.artifact_type, "a/b");
}

static void docker_documents_have_no_subject(void **state)
{
    IMG_AUTO(img_manifest_done) struct img_manifest m = {.count = 0};

    (void)state;
    t_ok(img_manifest_read(bytes(HEAD "\"mediaType\":\"" IMG_TYPE_DOCKER_MANIFEST
                                      "\",\"subject\":" DESC "," TAIL),
                           NULL, &m, &err));
    assert_false(m.has_subject);
}

static void too_many_entries_are_a_limit(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 20);
    struct img_bytes all;
    struct img_manifest m = {.count = 0};

    (void)state;
    img_buf_puts(&text, HEAD "\"manifests\":[");
    for (int i = 0; i < 1001; i++)
        img_buf_putf(&text, "%s" DESC, i > 0 ? "," : "");
    img_buf_puts(&text, "]}");
    t_ok(img_buf_bytes(&text, &all, &err));
    t_fails(img_manifest_read(all, NULL, &m, &err), IMG_E_LIMIT, "1001 manifests");
}

static struct img_descriptor entry_of(const char *text, json_t **doc)
{
    struct img_descriptor d = {.size = 0};
    struct img_json at;

    *doc = json_loads(text, 0, NULL);
    at = (struct img_json){.node = *doc};
    t_ok(img_descriptor_read(&at, &d, &err));
    return d;
}

static void an_attestation_entry_needs_both_marks(void **state)
{
#define ENTRY(platform, annotations)                                                               \
    "{\"mediaType\":\"a/b\",\"digest\":\"" D "\",\"size\":2,\"platform\":{" platform               \
    "},\"annotations\":{" annotations "}}"
#define MARK "\"vnd.docker.reference.type\":\"attestation-manifest\""
    static const struct {
        const char *text;
        bool want;
    } cases[] = {
        {ENTRY("\"os\":\"unknown\",\"architecture\":\"unknown\"", MARK), true},
        {ENTRY("\"os\":\"linux\",\"architecture\":\"amd64\"", MARK), false},
        {ENTRY("\"os\":\"unknown\",\"architecture\":\"unknown\"", ""), false},
        {ENTRY("", MARK), false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        json_t *doc;
        IMG_AUTO(img_descriptor_done) struct img_descriptor d = entry_of(cases[i].text, &doc);
        assert_int_equal(img_manifest_is_attestation_entry(&d), cases[i].want);
        json_decref(doc);
    }
}

static void a_descriptor_written_reads_back_the_same(void **state)
{
    static const char text[] =
        "{\"mediaType\":\"a/b\",\"digest\":\"" D
        "\",\"size\":2,\"annotations\":{\"k\":\"v\"},\"platform\":{\"architecture\":\"arm\","
        "\"os\":\"linux\",\"variant\":\"v7\"},\"artifactType\":\"c/d\"}";
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(4096);
    struct img_json_out j = {.to = &out};
    json_t *doc;
    IMG_AUTO(img_descriptor_done) struct img_descriptor d = entry_of(text, &doc);

    (void)state;
    img_descriptor_write(&j, NULL, &d);
    img_buf_put(&out, "", 1);
    assert_string_equal((const char *)out.ptr, text);
    assert_string_equal(img_descriptor_annotation(&d, "k"), "v");
    assert_null(img_descriptor_annotation(&d, "absent"));
    json_decref(doc);
}

static void platforms_are_matched_by_what_is_asked(void **state)
{
    static const struct {
        const char *have, *want;
        bool serves;
    } cases[] = {
        {"linux/amd64", "linux/amd64", true},     {"linux/amd64", "linux/arm64", false},
        {"linux/amd64", "windows/amd64", false},  {"linux/arm64", "linux/arm64/v8", true},
        {"linux/arm64/v8", "linux/arm64", true},  {"linux/arm/v7", "linux/arm", true},
        {"linux/arm", "linux/arm/v7", false},     {"linux/arm/v6", "linux/arm/v7", false},
        {"linux/arm64", "linux/arm64/v9", false},
    };
    static const char *const bad[] = {"",
                                      "linux",
                                      "linux/",
                                      "/amd64",
                                      "linux/amd64/",
                                      "a/b/c/d",
                                      "linux/amd 64",
                                      "linux/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    struct img_platform have, want;
    char text[100];

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_platform_parse(bad[i], &have, &err), IMG_E_USAGE, "not a platform");
    for (size_t i = 0; i < IMG_COUNT(cases); i++) {
        t_ok(img_platform_parse(cases[i].have, &have, &err));
        t_ok(img_platform_parse(cases[i].want, &want, &err));
        assert_int_equal(img_platform_serves(&have, &want), cases[i].serves);
        img_platform_text(&have, text);
        assert_string_equal(text, cases[i].have);
    }
}

static void malformed_configurations_are_refused(void **state)
{
#define ROOTFS "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D "\"]}"
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"{}", "/rootfs: missing"},
        {"{\"rootfs\":{\"type\":\"x\",\"diff_ids\":[]}}", "not 'layers'"},
        {"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"x\"]}}", "no ':'"},
        {"{\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[1]}}", "diff_ids/0"},
        {"{\"created\":\"yesterday\"," ROOTFS "}", ""},
        {"{\"config\":{\"User\":\"1000\",\"user\":\"root\"}," ROOTFS "}", "could be taken"},
        {"{\"Config\":{\"User\":\"root\"}," ROOTFS "}", "could be taken"},
        {"{\"config\":{\"User\":1}," ROOTFS "}", "/config/User"},
        {"{\"os\":\"a\\nb\"," ROOTFS "}", "not a platform name"},
        {"{\"history\":[1]," ROOTFS "}", "/history/0"},
    };
    struct img_config c = {.layers = 77};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        t_fails(img_config_read(bytes(bad[i].text), &c, &err), IMG_E_MALFORMED, bad[i].says);
    assert_int_equal(c.layers, 77);
}

static void a_configuration_gives_each_layer_its_command(void **state)
{
    static const char text[] =
        "{\"os\":\"linux\",\"architecture\":\"arm64\",\"variant\":\"v8\","
        "\"created\":\"2026-11-22T10:00:00.123Z\",\"config\":{\"User\":\"app\"},"
        "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" D "\",\"" D "\"]},"
        "\"history\":[{\"created_by\":\"ADD a\"},{\"created_by\":\"ENV x\",\"empty_layer\":true},"
        "{\"created_by\":\"RUN b\"}]}";
    IMG_AUTO(img_config_done) struct img_config c = {.layers = 0};

    (void)state;
    t_ok(img_config_read(bytes(text), &c, &err));
    assert_string_equal(c.user, "app");
    assert_int_equal(c.layers, 2);
    assert_int_equal(c.created, 1795341600);
    assert_string_equal(img_config_layer_command(&c, 0), "ADD a");
    assert_string_equal(img_config_layer_command(&c, 1), "RUN b");
    c.history_count--; /* no longer lines up: no line is right */
    assert_null(img_config_layer_command(&c, 0));
}

static void what_a_configuration_leaves_out_is_empty(void **state)
{
    IMG_AUTO(img_config_done) struct img_config c = {.layers = 0};

    (void)state;
    t_ok(img_config_read(bytes("{\"config\":null,\"created\":null,\"history\":null," ROOTFS "}"),
                         &c, &err));
    assert_string_equal(c.user, "");
    assert_true(c.created == IMG_TIME_NONE);
    assert_null(img_config_layer_command(&c, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_documents_are_refused),
        cmocka_unit_test(malformed_descriptors_are_refused),
        cmocka_unit_test(a_manifest_is_read_whole),
        cmocka_unit_test(kinds_are_told_by_shape_when_nobody_says),
        cmocka_unit_test(artifact_type_falls_back_to_the_config),
        cmocka_unit_test(docker_documents_have_no_subject),
        cmocka_unit_test(too_many_entries_are_a_limit),
        cmocka_unit_test(an_attestation_entry_needs_both_marks),
        cmocka_unit_test(a_descriptor_written_reads_back_the_same),
        cmocka_unit_test(platforms_are_matched_by_what_is_asked),
        cmocka_unit_test(malformed_configurations_are_refused),
        cmocka_unit_test(a_configuration_gives_each_layer_its_command),
        cmocka_unit_test(what_a_configuration_leaves_out_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
