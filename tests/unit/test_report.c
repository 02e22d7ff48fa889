/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t_scan.h"

#define NOW INT64_C(1790000000)

static struct t_image t;

static int setup(void **state)
{
    (void)state;
    t_image_init(&t);
    return 0;
}

static bool read_text(const char *text, int64_t finished, struct img_scan **out,
                      struct img_err *err)
{
    return img_report_read(img_bytes_of(text), &t.image, finished, out, err);
}

#define TRIVY_META                                                                                 \
    "\"SchemaVersion\":2,\"Trivy\":{\"Version\":\"0.60.0\"},"                                      \
    "\"CreatedAt\":\"2026-11-20T10:00:00.123456789+02:00\",\"ArtifactName\":\"app:1\","            \
    "\"Metadata\":{\"ImageID\":\"" T_CONFIG "\",\"DiffIDs\":[\"" T_LAYER_0 "\",\"" T_LAYER_1 "\"]" \
    ",\"OS\":{\"Family\":\"debian\",\"Name\":\"12.5\"}}"

static const char trivy_full[] =
    "{" TRIVY_META ",\"Results\":[{\"Target\":\"app (debian 12.5)\",\"Class\":\"os-pkgs\","
    "\"Type\":\"debian\",\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-2026-1\","
    "\"VendorIDs\":[\"DSA-1-1\",\"GHSA-xxxx-yyyy-zzzz\"],\"PkgName\":\"openssl\",\"PkgIdentifier\":"
    "{\"PURL\":\"pkg:deb/debian/openssl@3.0.11-1?arch=amd64\"},\"InstalledVersion\":\"3.0.11-1\","
    "\"FixedVersion\":\"3.0.13-1\",\"Status\":\"fixed\",\"Layer\":{\"DiffID\":\"" T_LAYER_1
    "\"},\"SeveritySource\":\"debian\",\"Severity\":\"CRITICAL\",\"Title\":\"bad\",\"CVSS\":"
    "{\"ghsa\":{\"V3Score\":5},\"nvd\":{\"V2Score\":7.5,\"V3Score\":9.8}}}],"
    "\"ExperimentalModifiedFindings\":[{\"Type\":\"vulnerability\",\"Status\":\"ignored\","
    "\"Finding\":{\"VulnerabilityID\":\"CVE-2026-2\",\"PkgName\":\"zlib1g\",\"Severity\":\"LOW\"}}]"
    "},{\"Target\":\"app/bin\",\"Class\":\"lang-pkgs\",\"Type\":\"gobinary\",\"Vulnerabilities\":"
    "[{\"VulnerabilityID\":\"CVE-2026-3\",\"PkgName\":\"stdlib\",\"InstalledVersion\":\"v1.20\","
    "\"Severity\":\"BANANA\",\"FixedVersion\":\"\"}]},{\"Target\":\"/app/.env\",\"Class\":"
    "\"secret\",\"Secrets\":[{\"RuleID\":\"aws-access-key-id\",\"Severity\":\"HIGH\",\"StartLine\":"
    "3,\"Match\":\"KEY=****\",\"Layer\":{\"DiffID\":\"" T_LAYER_0
    "\"}}]},{\"Target\":\"Dockerfile\",\"Class\":\"config\",\"Misconfigurations\":[{\"ID\":"
    "\"DS-0002\",\"AVDID\":\"AVD-DS-0002\",\"Title\":\"root\",\"Status\":\"FAIL\",\"Severity\":"
    "\"HIGH\"},{\"ID\":\"DS-0001\",\"Status\":\"PASS\"}]}]}";

static void reads_a_trivy_report_whole(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    const struct img_finding *f;

    (void)state;
    t_ok(read_text(trivy_full, IMG_TIME_NONE, &s, &err));
    assert_int_equal(s->input_count, 1);
    assert_string_equal(s->inputs[0].tool, "trivy");
    assert_string_equal(s->inputs[0].version, "0.60.0");
    assert_true(s->inputs[0].complete);
    assert_null(s->inputs[0].reason);
    assert_int_equal(s->inputs[0].finished, 1795161600);
    assert_true(s->inputs[0].db_built == IMG_TIME_NONE);
    assert_true(img_scan_looked_for(s, IMG_LOOKS_VULNERABILITIES));
    assert_true(img_scan_looked_for(s, IMG_LOOKS_SECRETS));
    assert_true(img_scan_looked_for(s, IMG_LOOKS_MISCONFIGURATION));
    assert_false(img_scan_looked_for(s, IMG_LOOKS_LICENSES));
    assert_int_equal(s->count, 5);

    f = &s->findings[0];
    assert_int_equal(f->kind, IMG_FINDING_VULNERABILITY);
    assert_string_equal(f->id, "CVE-2026-1");
    assert_string_equal(f->aliases[0], "GHSA-xxxx-yyyy-zzzz"); /* DSA-1-1 stands for several */
    assert_null(f->aliases[1]);
    assert_int_equal(f->severity, IMG_SEVERITY_CRITICAL);
    assert_true(f->score > 9.79 && f->score < 9.81);
    assert_string_equal(f->purl, "pkg:deb/debian/openssl@3.0.11-1?arch=amd64");
    assert_string_equal(f->fixed, "3.0.13-1");
    assert_string_equal(f->diff_id, T_LAYER_1);

    f = &s->findings[1];
    assert_string_equal(f->status, IMG_STATUS_SUPPRESSED);
    f = &s->findings[2];
    assert_string_equal(f->path, "app/bin");
    assert_int_equal(f->severity, IMG_SEVERITY_UNKNOWN);
    assert_null(f->fixed);
    f = &s->findings[3];
    assert_int_equal(f->kind, IMG_FINDING_SECRET);
    assert_int_equal(f->line, 3);
    assert_string_equal(f->path, "/app/.env");
    f = &s->findings[4];
    assert_int_equal(f->kind, IMG_FINDING_MISCONFIGURATION);
    assert_string_equal(f->aliases[0], "AVD-DS-0002");
}

static void says_what_a_trivy_report_did_not_look_for(void **state)
{
    static const struct {
        const char *results, *reason;
        bool looked;
    } table[] = {
        {"", "no results", false},
        {",\"Results\":[]", "no results", false},
        {",\"Results\":[{\"Target\":\"x\",\"Class\":\"secret\"}]", "did not look for", false},
        {",\"Results\":[{\"Target\":\"x\",\"Class\":\"lang-pkgs\"}]", "operating system", true},
        {",\"Results\":[{\"Target\":\"x\",\"Class\":\"os-pkgs\"}]", NULL, true},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
        char text[2000];

        (void)snprintf(text, sizeof(text), "{" TRIVY_META "%s}", table[i].results);
        t_ok(read_text(text, IMG_TIME_NONE, &s, &err));
        assert_int_equal(img_scan_looked_for(s, IMG_LOOKS_VULNERABILITIES), table[i].looked);
        assert_int_equal(s->inputs[0].complete, table[i].reason == NULL);
        if (table[i].reason != NULL)
            assert_non_null(strstr(s->inputs[0].reason, table[i].reason));
    }
}

static void takes_a_distribution_without_data_for_incomplete(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

    (void)state;
    t_ok(read_text("{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"Metadata\":{"
                   "\"ImageID\":\"" T_CONFIG
                   "\",\"OS\":{\"Family\":\"debian\",\"Name\":\"8\",\"EOSL\":true}},\"Results\":"
                   "[{\"Target\":\"x\",\"Class\":\"os-pkgs\"}]}",
                   IMG_TIME_NONE, &s, &err));
    assert_false(s->inputs[0].complete);
    assert_non_null(strstr(s->inputs[0].reason, "end of life"));
}

#define GRYPE_HEAD                                                                                 \
    "\"source\":{\"type\":\"image\",\"target\":{\"userInput\":\"app:1\",\"imageID\":\"" T_CONFIG   \
    "\",\"manifestDigest\":\"" T_MANIFEST "\",\"layers\":[{\"digest\":\"" T_LAYER_0                \
    "\"},{\"digest\":\"" T_LAYER_1 "\"}]}},\"distro\":{\"name\":\"debian\"}"

static const char grype_full[] =
    "{\"matches\":[{\"vulnerability\":{\"id\":\"GHSA-aaaa-bbbb-cccc\",\"severity\":\"High\","
    "\"cvss\":[{\"type\":\"Secondary\",\"metrics\":{\"baseScore\":9.9}},{\"type\":\"Primary\","
    "\"metrics\":{\"baseScore\":8}}],\"fix\":{\"versions\":[\"1.2\",\"2.0\"],\"state\":\"fixed\"}},"
    "\"relatedVulnerabilities\":[{\"id\":\"CVE-2026-9\"}],\"artifact\":{\"name\":\"lodash\","
    "\"version\":\"1.0\",\"purl\":\"pkg:npm/lodash@1.0\",\"locations\":[{\"path\":"
    "\"/app/package.json\",\"layerID\":\"" T_LAYER_1 "\"}]}},{\"vulnerability\":{\"id\":"
    "\"CVE-2026-10\",\"severity\":\"Negligible\",\"fix\":{\"versions\":null,\"state\":\"wont-fix\"}"
    "},"
    "\"relatedVulnerabilities\":[{\"id\":\"CVE-2026-10\"}],\"artifact\":{\"name\":\"bash\"}}],"
    "\"ignoredMatches\":[{\"vulnerability\":{\"id\":\"CVE-2026-11\"},\"artifact\":{}}]," GRYPE_HEAD
    ",\"descriptor\":{\"name\":\"grype\",\"version\":\"0.90.0\",\"timestamp\":"
    "\"2026-11-20T10:00:00Z\",\"db\":{\"status\":{\"schemaVersion\":\"v6.0.2\",\"built\":"
    "\"2026-11-20T01:00:00Z\",\"valid\":true}}}}";

static void reads_a_grype_report_whole(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    const struct img_finding *f;

    (void)state;
    t_ok(read_text(grype_full, IMG_TIME_NONE, &s, &err));
    assert_string_equal(s->inputs[0].tool, "grype");
    assert_true(s->inputs[0].complete);
    assert_string_equal(s->inputs[0].db_version, "v6.0.2");
    assert_int_equal(s->inputs[0].db_built, 1795136400);
    assert_int_equal(s->count, 3);
    f = &s->findings[0];
    assert_string_equal(f->id, "CVE-2026-9");
    assert_string_equal(f->aliases[0], "GHSA-aaaa-bbbb-cccc");
    assert_null(f->aliases[1]);
    assert_true(f->score > 7.99 && f->score < 8.01);
    assert_string_equal(f->fixed, "1.2, 2.0");
    assert_string_equal(f->path, "/app/package.json");
    assert_string_equal(f->diff_id, T_LAYER_1);
    f = &s->findings[1];
    assert_int_equal(f->severity, IMG_SEVERITY_NEGLIGIBLE);
    assert_string_equal(f->status, "will_not_fix");
    assert_null(f->aliases[0]);
    assert_string_equal(s->findings[2].status, IMG_STATUS_SUPPRESSED);
}

static void refuses_a_report_about_another_image(void **state)
{
    static const char *const texts[] = {
        /* the same name, another configuration */
        "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"ArtifactName\":\"app:1\","
        "\"Metadata\":{\"ImageID\":\"" T_DIGEST("9") "\"}}",
        /* our configuration, but layers of another image */
        "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"Metadata\":{\"ImageID\":"
        "\"" T_CONFIG "\",\"DiffIDs\":[\"" T_LAYER_0 "\"]}}",
        "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"Metadata\":{\"DiffIDs\":["
        "\"" T_LAYER_1 "\",\"" T_LAYER_0 "\"]}}",
        /* bound by nothing but its name and repository digest */
        "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"ArtifactName\":\"app:1\","
        "\"Metadata\":{\"RepoDigests\":[\"app@" T_MANIFEST "\"]}}",
        "{\"matches\":[],\"descriptor\":{\"name\":\"grype\",\"timestamp\":\"2026-11-20T10:00:00Z\"}"
        ","
        "\"source\":{\"type\":\"directory\",\"target\":\"/\"}}",
        "{\"matches\":[],\"descriptor\":{\"name\":\"grype\",\"timestamp\":\"2026-11-20T10:00:00Z\"}"
        ","
        "\"source\":{\"target\":{\"manifestDigest\":\"" T_CONFIG "\"}}}",
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(texts); i++) {
        struct img_err err = IMG_ERR_INIT;
        struct img_scan *s = NULL;

        assert_false(read_text(texts[i], NOW, &s, &err));
        assert_int_equal(err.code, IMG_E_MALFORMED);
        assert_int_equal(err.why, IMG_WHY_SUBJECT_MISMATCH);
        assert_non_null(strstr(err.text, T_MANIFEST));
    }
}

static void binds_by_configuration_manifest_or_layers(void **state)
{
    static const char *const targets[] = {
        "\"imageID\":\"" T_CONFIG "\"",
        "\"manifestDigest\":\"" T_MANIFEST "\",\"imageID\":\"" T_DIGEST("9") "\"",
        "\"layers\":[{\"digest\":\"" T_LAYER_0 "\"},{\"digest\":\"" T_LAYER_1 "\"}]",
        "\"layers\":[{\"digest\":\"" T_STORED_0 "\"},{\"digest\":\"" T_STORED_1 "\"}]",
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(targets); i++) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
        char text[1000];

        (void)snprintf(text, sizeof(text),
                       "{\"matches\":[],\"descriptor\":{\"name\":\"grype\"},\"source\":{\"target\":"
                       "{%s}}}",
                       targets[i]);
        t_ok(read_text(text, NOW, &s, &err));
        assert_int_equal(s->inputs[0].finished, NOW);
    }
}

static void wants_to_know_when_the_scan_finished(void **state)
{
    static const char *const texts[] = {
        "{\"SchemaVersion\":2,\"Metadata\":{\"ImageID\":\"" T_CONFIG "\"}}",
        "{\"SchemaVersion\":2,\"CreatedAt\":\"0001-01-01T00:00:00Z\",\"Metadata\":{\"ImageID\":"
        "\"" T_CONFIG "\"}}",
    };
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    struct img_scan *none = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(texts); i++)
        t_fails(read_text(texts[i], IMG_TIME_NONE, &none, &err), IMG_E_USAGE, "--scan-finished");
    /* the report's own time counts before anybody's word */
    t_ok(read_text(trivy_full, NOW, &s, &err));
    assert_int_equal(s->inputs[0].finished, 1795161600);
}

static void refuses_what_it_does_not_know(void **state)
{
    static const struct {
        const char *text, *why;
        enum img_code code;
    } table[] = {
        {"", "empty", IMG_E_MALFORMED},
        {"[]", "expected object", IMG_E_MALFORMED},
        {"{}", "neither Trivy's", IMG_E_UNSUPPORTED},
        {"{\"runs\":[],\"version\":\"2.1.0\"}", "neither Trivy's", IMG_E_UNSUPPORTED},
        {"{\"SchemaVersion\":3}", "SchemaVersion 3", IMG_E_UNSUPPORTED},
        {"{\"SchemaVersion\":\"2\"}", "expected integer, found string", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":null}", "found null", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"matches\":[],\"descriptor\":{}}", "at once", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"Results\":{}}", "expected array", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{}]}]}", "missing",
         IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{\"VulnerabilityID\":\"\"}]}]}",
         "empty", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"Results\":[{\"Vulnerabilities\":[{\"VulnerabilityID\":\"C\","
         "\"CVSS\":{\"nvd\":{\"V3Score\":\"9.8\"}}}]}]}",
         "expected a number", IMG_E_MALFORMED},
        {"{\"SchemaVersion\":2,\"CreatedAt\":\"yesterday\"}", "'yesterday' is not",
         IMG_E_MALFORMED},
        {"{\"matches\":null,\"descriptor\":{\"name\":\"grype\"}}", "expected array",
         IMG_E_MALFORMED},
        {"{\"matches\":[],\"descriptor\":{\"name\":\"other\"}}", "'other'", IMG_E_UNSUPPORTED},
        {"{\"matches\":[{}],\"descriptor\":{\"name\":\"grype\"}}", "missing", IMG_E_MALFORMED},
    };
    struct img_scan *s = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++)
        t_fails(read_text(table[i].text, NOW, &s, &err), table[i].code, table[i].why);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(refuses_a_report_about_another_image),
        cmocka_unit_test(wants_to_know_when_the_scan_finished),
        cmocka_unit_test(says_what_a_trivy_report_did_not_look_for),
        cmocka_unit_test(takes_a_distribution_without_data_for_incomplete),
        cmocka_unit_test(binds_by_configuration_manifest_or_layers),
        cmocka_unit_test(reads_a_trivy_report_whole),
        cmocka_unit_test(reads_a_grype_report_whole),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
