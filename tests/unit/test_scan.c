/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/predicates.h"
#include "attest/types.h"
#include "base/json.h"
#include "base/limits.h"
#include "tests/support/t_scan.h"

static struct t_image t;

static int setup(void **state)
{
    (void)state;
    t_image_init(&t);
    return 0;
}

#define TRIVY(results)                                                                             \
    "{\"SchemaVersion\":2,\"Trivy\":{\"Version\":\"0.60.0\"},\"CreatedAt\":"                       \
    "\"2026-11-20T10:00:00Z\",\"Metadata\":{\"ImageID\":\"" T_CONFIG "\"},\"Results\":[" results   \
    "]}"
#define TRIVY_VULN(id, severity, more)                                                             \
    "{\"VulnerabilityID\":\"" id "\",\"PkgName\":\"openssl\",\"InstalledVersion\":\"3.0-1\","      \
    "\"PkgIdentifier\":{\"PURL\":\"pkg:deb/debian/openssl@3.0-1?arch=amd64\"},\"Severity\":"       \
    "\"" severity "\"" more "}"
#define TRIVY_OS(vulns) "{\"Target\":\"x\",\"Class\":\"os-pkgs\",\"Vulnerabilities\":[" vulns "]}"
#define GRYPE(matches)                                                                             \
    "{\"matches\":[" matches "],\"source\":{\"target\":{\"imageID\":\"" T_CONFIG "\"}},"           \
    "\"descriptor\":{\"name\":\"grype\",\"version\":\"0.90\",\"timestamp\":"                       \
    "\"2026-11-20T11:00:00Z\",\"db\":{\"built\":\"2026-11-19T00:00:00Z\",\"schemaVersion\":5}}}"
#define GRYPE_MATCH(id, severity)                                                                  \
    "{\"vulnerability\":{\"id\":\"" id "\",\"severity\":\"" severity "\",\"fix\":{\"state\":"      \
    "\"fixed\",\"versions\":[\"3.0-2\"]}},\"artifact\":{\"name\":\"openssl\",\"version\":"         \
    "\"3.0-1\",\"purl\":\"pkg:deb/debian/openssl@3.0-1?distro=debian-12\"}}"

static struct img_scan *report(const char *text)
{
    struct img_scan *s = NULL;

    t_ok(img_report_read(img_bytes_of(text), &t.image, IMG_TIME_NONE, &s, &err));
    return s;
}

/* What a layer's visitor is told, from a table. */
struct file {
    enum img_entry_type type;
    const char *path;
    uint32_t mode;
    const char *content, *link;
};

static void show(struct img_layer_client client, size_t layer, const struct file *files)
{
    struct img_visitor v;

    t_ok(client.open(client.ctx, layer, &v, &err));
    for (; files->path != NULL; files++) {
        size_t len = files->content != NULL ? strlen(files->content) : 0;
        struct img_entry e = {.type = files->type,
                              .path = files->path,
                              .link = files->link,
                              .mode = files->mode,
                              .size = (int64_t)len};
        bool wants = false;

        t_ok(v.entry(v.ctx, &e, &wants, &err));
        for (size_t i = 0; wants && i < len; i += 7)
            t_ok(v.data(v.ctx,
                        (struct img_bytes){(const uint8_t *)files->content + i,
                                           len - i < 7 ? len - i : 7},
                        &err));
        if (wants)
            t_ok(v.end(v.ctx, &err));
    }
}

static struct img_scan *check(const struct file *lower, const struct file *upper)
{
    IMG_AUTO(img_checks_freep) struct img_checks *c = NULL;
    struct img_scan *s = NULL;

    t_ok(img_checks_new(&t.image, &c, &err));
    /* in any order */
    show(img_checks_client(c), 1, upper);
    show(img_checks_client(c), 0, lower);
    t_ok(img_checks_finish(c, 1000, 2000, &s, &err));
    return s;
}

static const struct img_finding *find(const struct img_scan *s, const char *id, const char *path)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->findings[i].id, id) == 0 &&
            (path == NULL || strcmp(s->findings[i].path, path) == 0))
            return &s->findings[i];
    return NULL;
}

static const struct file nothing[] = {{.path = NULL}};

static void finds_setuid_files_of_the_final_image_only(void **state)
{
    static const struct file lower[] = {
        {IMG_ENTRY_FILE, "usr/bin/su", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "usr/bin/replaced", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "usr/bin/removed", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "opt/a/b/below-removed", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "srv/hidden", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "var/d/below-file", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "tmp/twice", 04755, "x", NULL},
        {IMG_ENTRY_FILE, "tmp/twice", 0755, "x", NULL},
        {IMG_ENTRY_HARDLINK, "usr/bin/other-su", 0, NULL, "./usr/bin/su"},
        {IMG_ENTRY_DIR, "var/setgid-dir", 02755, NULL, NULL},
        {.path = NULL},
    };
    static const struct file upper[] = {
        {IMG_ENTRY_FILE, "srv/kept-beside-opaque", 02755, "x", NULL},
        {IMG_ENTRY_OPAQUE, "srv", 0, NULL, NULL},
        {IMG_ENTRY_FILE, "usr/bin/replaced", 0755, "x", NULL},
        {IMG_ENTRY_WHITEOUT, "usr/bin/removed", 0, NULL, NULL},
        {IMG_ENTRY_WHITEOUT, "opt/a", 0, NULL, NULL},
        {IMG_ENTRY_DIR, "usr/bin", 0755, NULL, NULL},
        {IMG_ENTRY_SYMLINK, "var/d", 0777, NULL, "x"},
        {IMG_ENTRY_HARDLINK, "tmp/link-to-lower", 0644, NULL, "usr/bin/su"},
        {.path = NULL},
    };
    static const char *const there[] = {"/usr/bin/su", "/usr/bin/other-su", "/tmp/link-to-lower"};
    static const char *const gone[] = {"/usr/bin/replaced",      "/usr/bin/removed",
                                       "/opt/a/b/below-removed", "/srv/hidden",
                                       "/var/d/below-file",      "/tmp/twice"};
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

    (void)state;
    s = check(lower, upper);
    for (size_t i = 0; i < IMG_COUNT(there); i++)
        assert_non_null(find(s, IMG_CHECK_SETUID, there[i]));
    for (size_t i = 0; i < IMG_COUNT(gone); i++)
        assert_null(find(s, IMG_CHECK_SETUID, gone[i]));
    assert_non_null(find(s, IMG_CHECK_SETGID, "/srv/kept-beside-opaque"));
    assert_int_equal(find(s, IMG_CHECK_SETGID, NULL)->layer, 1);
    assert_int_equal(find(s, IMG_CHECK_SETUID, "/usr/bin/su")->layer, 0);
    assert_string_equal(find(s, IMG_CHECK_SETUID, "/usr/bin/su")->diff_id, T_LAYER_0);
    assert_true(s->inputs[0].complete);
    assert_int_equal(s->count, 5); /* and root */
}

#define GITHUB                                                                                     \
    "gh"                                                                                           \
    "p_0123456789abcdefghijABCDEFGHIJ456789"
#define KEY                                                                                        \
    "-----BEGIN "                                                                                  \
    "PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAM\n"

static void finds_secrets_in_every_layer_and_keeps_none(void **state)
{
    static const struct file lower[] = {
        {IMG_ENTRY_FILE, "app/.env", 0644, "A=1\nB=2\nTOKEN=" GITHUB "\n", NULL},
        {IMG_ENTRY_FILE, "usr/lib/python3/test/key.pem", 0644, KEY, NULL},
        {IMG_ENTRY_FILE, "app/test/key.pem", 0644, KEY, NULL},
        {.path = NULL},
    };
    static const struct file upper[] = {
        {IMG_ENTRY_WHITEOUT, "app/.env", 0, NULL, NULL},
        {.path = NULL},
    };
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *merged = NULL;
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_PREDICATE);
    const struct img_finding *f;
    struct img_bytes text;

    (void)state;
    s = check(lower, upper);
    f = find(s, "github-token", "/app/.env");
    assert_non_null(f);
    assert_int_equal(f->line, 3);
    assert_int_equal(f->layer, 0);
    assert_int_equal(strlen(f->aliases[0]), strlen("sha256:") + 64);
    assert_non_null(find(s, "private-key", "/app/test/key.pem"));
    assert_null(find(s, "private-key", "/usr/lib/python3/test/key.pem"));
    t_ok(img_scan_merge(&s, 1, &t.image, &merged, &err));
    t_ok(img_scan_write(merged, &t.image, &out, &err));
    t_ok(img_buf_bytes(&out, &text, &err));
    assert_null(memmem(text.ptr, text.len, GITHUB, 12));
    assert_null(memmem(text.ptr, text.len, "hunter2", 7)); /* in the history */
    assert_non_null(memmem(text.ptr, text.len, IMG_PREDICATE_CHECKS, 10));
}

static void finds_a_secret_across_windows_with_its_line(void **state)
{
    static char big[300000];
    static const struct file lower[] = {{IMG_ENTRY_FILE, "big", 0644, big, NULL}, {.path = NULL}};

    (void)state;
    for (size_t at = 65536 - 60; at < 65536 + 60; at += 3) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

        memset(big, '\n', sizeof(big) - 1);
        memcpy(big + at, GITHUB, strlen(GITHUB));
        s = check(lower, nothing);
        assert_non_null(find(s, "github-token", "/big"));
        assert_int_equal(find(s, "github-token", "/big")->line, at + 1);
        assert_int_equal(s->count, 2);
    }
}

static void knows_when_an_image_runs_as_root(void **state)
{
    static const struct file passwd[] = {
        {IMG_ENTRY_FILE, "etc/passwd", 0644,
         "root:x:0:0:::\napp:x:1000:1000:::\nevil:x:0:5:::\nbroken\n", NULL},
        {.path = NULL}};
    static const struct file other[] = {{IMG_ENTRY_FILE, "etc/passwd", 0644, "app:x:00:0:::", NULL},
                                        {.path = NULL}};
    static const struct file removed[] = {{IMG_ENTRY_WHITEOUT, "etc/passwd", 0, NULL, NULL},
                                          {.path = NULL}};
    static const struct file link[] = {{IMG_ENTRY_SYMLINK, "etc/passwd", 0, NULL, "x"},
                                       {.path = NULL}};
    static const struct {
        const char *user;
        const struct file *lower, *upper;
        bool root, complete;
    } table[] = {
        {"", nothing, nothing, true, true},      {"root", nothing, nothing, true, true},
        {"0", nothing, nothing, true, true},     {"0:1000", nothing, nothing, true, true},
        {"00", nothing, nothing, true, true},    {"+0", nothing, nothing, true, true},
        {":1000", nothing, nothing, true, true}, {"root:root", nothing, nothing, true, true},
        {"1000", nothing, nothing, false, true}, {"1000:0", nothing, nothing, false, true},
        {"65534", passwd, nothing, false, true}, {"app", passwd, nothing, false, true},
        {"evil", passwd, nothing, true, true},   {"broken", passwd, nothing, false, true},
        {"app", passwd, other, true, true},      {"evil", passwd, other, false, true},
        {"evil", passwd, removed, false, true},  {"evil", passwd, link, false, false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

        t.image.config.user = table[i].user;
        s = check(table[i].lower, table[i].upper);
        if ((find(s, IMG_CHECK_ROOT, NULL) != NULL) != table[i].root)
            fail_msg("user '%s', row %zu", table[i].user, i);
        assert_int_equal(s->inputs[0].complete, table[i].complete);
    }
    t.image.config.user = "";
}

static void finds_secrets_in_the_configuration(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    struct img_history was = t.history[1];

    (void)state;
    t_ok(img_json_parse(img_bytes_of("{\"config\":{\"Env\":[\"A=b\",\"T=" GITHUB
                                     "\"],\"Labels\":{\"l\":\"" GITHUB "\"}}}"),
                        1000, &t.image.config.doc, &err));
    t.history[1].created_by = "RUN curl -H " GITHUB;
    s = check(nothing, nothing);
    json_decref(t.image.config.doc);
    t.image.config.doc = NULL;
    t.history[1] = was;
    assert_non_null(find(s, "github-token", "config:Env/T"));
    assert_non_null(find(s, "github-token", "config:Labels/l"));
    assert_non_null(find(s, "github-token", "config:history/1"));
    assert_int_equal(find(s, "github-token", "config:Env/T")->layer, -1);
}

static void refuses_to_finish_checks_of_layers_not_read(void **state)
{
    IMG_AUTO(img_checks_freep) struct img_checks *c = NULL;
    struct img_scan *s = NULL;

    (void)state;
    t_ok(img_checks_new(&t.image, &c, &err));
    show(img_checks_client(c), 0, nothing);
    t_fails(img_checks_finish(c, 0, 0, &s, &err), IMG_E_INTERNAL, "layer 1 was not read");
}

static void merges_what_scanners_agree_on_and_keeps_the_worse(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *trivy = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *grype = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *merged = NULL;
    const struct img_finding *f;

    (void)state;
    trivy = report(TRIVY(TRIVY_OS(TRIVY_VULN("CVE-2026-1", "LOW",
                                             ",\"Title\":\"bad\",\"Layer\":{\"DiffID\":\"" T_LAYER_1
                                             "\"}") "," TRIVY_VULN("CVE-2026-2", "HIGH", ""))));
    grype =
        report(GRYPE(GRYPE_MATCH("CVE-2026-1", "Critical") "," GRYPE_MATCH("CVE-2026-3", "Low")));
    t_ok(img_scan_merge((struct img_scan *const[]){grype, trivy}, 2, &t.image, &merged, &err));
    assert_int_equal(merged->input_count, 2);
    assert_int_equal(merged->count, 3);
    f = &merged->findings[0];
    assert_string_equal(f->id, "CVE-2026-1");
    assert_int_equal(f->severity, IMG_SEVERITY_CRITICAL);
    assert_string_equal(f->title, "bad");
    assert_string_equal(f->fixed, "3.0-2");
    assert_string_equal(f->sources[0], "grype");
    assert_string_equal(f->sources[1], "trivy");
    assert_null(f->sources[2]);
    assert_int_equal(f->layer, 1);
    assert_string_equal(f->command, "|1 *** /bin/sh -c make");
    assert_string_equal(merged->findings[1].id, "CVE-2026-2");
    assert_string_equal(merged->findings[2].id, "CVE-2026-3");
}

static void keeps_a_finding_that_only_one_scanner_suppresses(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *trivy = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *grype = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *merged = NULL;

    (void)state;
    trivy =
        report(TRIVY("{\"Class\":\"os-pkgs\",\"ExperimentalModifiedFindings\":[{\"Type\":"
                     "\"vulnerability\",\"Finding\":" TRIVY_VULN("CVE-2026-1", "LOW", "") "}]}"));
    grype = report(GRYPE(GRYPE_MATCH("CVE-2026-1", "Critical")));
    assert_string_equal(trivy->findings[0].status, IMG_STATUS_SUPPRESSED);
    t_ok(img_scan_merge((struct img_scan *const[]){trivy, grype}, 2, &t.image, &merged, &err));
    assert_int_equal(merged->count, 1);
    assert_string_equal(merged->findings[0].status, "fixed");
}

static json_t *parse(const char *text)
{
    json_t *doc = NULL;

    t_ok(img_json_parse(img_bytes_of(text), IMG_LIMIT_PREDICATE, &doc, &err));
    return doc;
}

static void json_done(json_t **p)
{
    json_decref(*p);
}

static void writes_a_report_that_reads_back_the_same(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *trivy = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *checks = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *merged = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *back = NULL;
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_PREDICATE);
    IMG_AUTO(img_buf_done) struct img_buf again = IMG_BUF(IMG_LIMIT_PREDICATE);
    IMG_AUTO(json_done) json_t *doc = NULL;
    struct img_bytes text, second;

    (void)state;
    trivy = report(TRIVY(TRIVY_OS(TRIVY_VULN(
        "CVE-2026-1", "LOW",
        ",\"CVSS\":{\"nvd\":{\"V3Score\":9.8}},\"FixedVersion\":\"4\",\"Layer\":{\"DiffID\":"
        "\"" T_LAYER_0 "\"}"))));
    checks = check(nothing, nothing);
    t_ok(img_scan_merge((struct img_scan *const[]){trivy, checks}, 2, &t.image, &merged, &err));
    assert_string_equal(img_scan_predicate_type(merged), IMG_PREDICATE_SCAN);
    t_ok(img_scan_write(merged, &t.image, &out, &err));
    t_ok(img_buf_bytes(&out, &text, &err));
    t_ok(img_json_parse(text, IMG_LIMIT_PREDICATE, &doc, &err));
    t_ok(img_scan_read(IMG_PREDICATE_SCAN, doc, &back, &err));
    assert_string_equal(back->image_digest, T_MANIFEST);
    assert_string_equal(back->platform, "linux/amd64");
    assert_int_equal(back->input_count, 2);
    assert_int_equal(back->count, 2);
    assert_true(back->findings[0].score > 9.79 && back->findings[0].score < 9.81);
    t_ok(img_scan_write(back, &t.image, &again, &err));
    t_ok(img_buf_bytes(&again, &second, &err));
    assert_int_equal(second.len, text.len);
    assert_memory_equal(second.ptr, text.ptr, text.len);
}

#define OWN_HEAD                                                                                   \
    "\"schema\":\"urn:imgtrust:scan-report:v1\",\"image\":{\"digest\":\"" T_MANIFEST "\"}"
#define OWN_INPUT                                                                                  \
    "{\"tool\":\"trivy\",\"looksFor\":[\"vulnerabilities\",\"later\"],\"complete\":true,"          \
    "\"finished\":\"2026-11-20T10:00:00Z\"}"

static void reads_only_whole_reports_back(void **state)
{
    static const struct {
        const char *text, *why;
    } table[] = {
        {"{}", "missing"},
        {"{\"schema\":\"urn:imgtrust:image-checks:v1\"}", "schema is"},
        {"{" OWN_HEAD "}", "missing"},
        {"{" OWN_HEAD ",\"inputs\":[],\"findings\":[]}", "without inputs"},
        {"{" OWN_HEAD ",\"inputs\":null,\"findings\":[]}", "found null"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "]}", "missing"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "],\"findings\":null}", "found null"},
        {"{" OWN_HEAD ",\"inputs\":[{\"tool\":\"x\",\"looksFor\":[],\"complete\":\"true\","
         "\"finished\":\"2026-11-20T10:00:00Z\"}],\"findings\":[]}",
         "expected boolean"},
        {"{" OWN_HEAD ",\"inputs\":[{\"tool\":\"x\",\"looksFor\":[],\"complete\":true}],"
         "\"findings\":[]}",
         "no time"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "],\"findings\":[{\"kind\":\"vulnerability\","
         "\"id\":\"CVE-1\",\"severity\":\"HIGH\"}]}",
         "no severity"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "],\"findings\":[{\"kind\":\"cve\",\"id\":\"C\","
         "\"severity\":\"high\"}]}",
         "no kind"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "],\"findings\":[{\"kind\":\"vulnerability\","
         "\"id\":\"C\",\"severity\":\"high\",\"score\":\"9.8\"}]}",
         "expected a number"},
        {"{" OWN_HEAD ",\"inputs\":[" OWN_INPUT "],\"findings\":[{\"kind\":\"vulnerability\","
         "\"id\":null,\"severity\":\"high\"}]}",
         "found null"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++) {
        IMG_AUTO(json_done) json_t *doc = parse(table[i].text);
        struct img_scan *s = NULL;

        t_fails(img_scan_read(IMG_PREDICATE_SCAN, doc, &s, &err), IMG_E_MALFORMED, table[i].why);
    }
}

#define META                                                                                       \
    "\"metadata\":{\"scanStartedOn\":\"2026-11-19T10:00:00Z\",\"scanFinishedOn\":"                 \
    "\"2026-11-21T10:00:00Z\"}"

static void reads_vuln_statements_of_cosign(void **state)
{
    static const char *const empty[] = {
        "{\"scanner\":{}," META "}",
        "{\"scanner\":{\"result\":null}," META "}",
        "{\"scanner\":{\"result\":{}}," META "}",
        "{\"scanner\":{\"result\":" TRIVY("") "}," META "}",
    };
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    IMG_AUTO(json_done)
    json_t *doc = parse("{\"scanner\":{\"result\":" TRIVY(
        TRIVY_OS(TRIVY_VULN("CVE-2026-1", "LOW", ""))) "}," META "}");

    (void)state;
    t_ok(img_scan_read(IMG_PREDICATE_VULN, doc, &s, &err));
    assert_int_equal(s->count, 1);
    assert_true(s->inputs[0].complete);
    /* the report's own time, which is the earlier one */
    assert_int_equal(s->inputs[0].finished, 1795168800);
    for (size_t i = 0; i < IMG_COUNT(empty); i++) {
        IMG_AUTO(json_done) json_t *other = parse(empty[i]);
        IMG_AUTO(img_scan_freep) struct img_scan *none = NULL;

        t_ok(img_scan_read(IMG_PREDICATE_VULN, other, &none, &err));
        assert_false(img_scan_looked_for(none, IMG_LOOKS_VULNERABILITIES));
        assert_false(none->inputs[0].complete);
    }
}

static void reads_vulns_statements_of_in_toto(void **state)
{
    static const struct {
        const char *type, *text;
    } table[] = {
        {IMG_PREDICATE_VULNS_02,
         "{\"scanner\":{\"uri\":\"x\",\"db\":{\"lastUpdate\":\"2026-11-18T10:00:00Z\"},\"result\":"
         "[{\"id\":\"CVE-1\",\"severity\":[{\"method\":\"nvd\",\"score\":\"5.0\"},{\"method\":"
         "\"vendor\",\"score\":\"Critical\"}],\"annotations\":[{\"purl\":\"pkg:npm/a@1\"}]}]}," META
         "}"},
        {IMG_PREDICATE_VULNS_01, "{\"scanner\":{\"uri\":\"x\",\"result\":[{\"vulnerability\":{"
                                 "\"id\":\"CVE-1\",\"severity\":"
                                 "[{\"method\":\"nvd\",\"score\":\"9.1\"}]}}]}," META "}"},
        {IMG_PREDICATE_VULNS_01,
         "{\"scanner\":{\"uri\":\"x\",\"database\":{},\"result\":[{\"id\":\"CVE-1\",\"severity\":"
         "[{\"method\":\"nvd\",\"score\":\"10\"}]}]},\"scan_metadata\":{\"scanFinishedOn\":"
         "\"2026-11-21T10:00:00Z\"}}"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
        IMG_AUTO(json_done) json_t *doc = parse(table[i].text);

        t_ok(img_scan_read(table[i].type, doc, &s, &err));
        assert_int_equal(s->count, 1);
        assert_int_equal(s->findings[0].severity, IMG_SEVERITY_CRITICAL);
        assert_int_equal(s->inputs[0].finished, 1795255200);
    }
}

static void makes_the_predicates_to_sign(void **state)
{
    IMG_AUTO(img_reports_freep) struct img_reports *reports = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *checks = NULL;
    IMG_AUTO(img_scanned_done) struct img_scanned scanned = {0};
    IMG_AUTO(img_buf_done) struct img_buf trivy = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(img_buf_done) struct img_buf empty = IMG_BUF(IMG_LIMIT_REPORT);
    struct img_bytes text;

    (void)state;
    img_buf_puts(&trivy, TRIVY(TRIVY_OS(TRIVY_VULN("CVE-2026-1", "LOW", ",\"CweIDs\":[1.10]"))));
    img_buf_puts(&empty, TRIVY(""));
    t_ok(img_reports_new(&reports, &err));
    t_ok(img_reports_add(reports, "a.json", &trivy, IMG_TIME_NONE, &err));
    t_ok(img_reports_add(reports, "b.json", &empty, IMG_TIME_NONE, &err));
    assert_null(trivy.ptr);
    t_ok(img_reports_bind(reports, &t.image, 1, &err));
    checks = check(nothing, nothing);
    t_ok(img_scan_assemble(reports, &t.image, checks, &scanned, &err));
    assert_int_equal(scanned.count, 2); /* the empty report is no vulnerability scan */
    assert_string_equal(scanned.predicates[0].type, IMG_PREDICATE_VULN);
    assert_string_equal(scanned.predicates[1].type, IMG_PREDICATE_SCAN);
    assert_false(scanned.redacted);
    t_ok(img_buf_bytes(&scanned.predicates[0].json, &text, &err));
    assert_non_null(memmem(text.ptr, text.len, "\"CweIDs\":[1.10]", 15));
    assert_non_null(memmem(text.ptr, text.len, "pkg:github/aquasecurity/trivy@0.60.0", 36));
    assert_int_equal(scanned.scan->input_count, 3);
}

static void makes_checks_alone_without_reports(void **state)
{
    IMG_AUTO(img_scan_freep) struct img_scan *checks = NULL;
    IMG_AUTO(img_scanned_done) struct img_scanned scanned = {0};

    (void)state;
    checks = check(nothing, nothing);
    t_ok(img_scan_assemble(NULL, &t.image, checks, &scanned, &err));
    assert_int_equal(scanned.count, 1);
    assert_string_equal(scanned.predicates[0].type, IMG_PREDICATE_CHECKS);
}

static void wants_reports_and_images_to_fit_together(void **state)
{
    IMG_AUTO(img_reports_freep) struct img_reports *reports = NULL;
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_REPORT);
    struct img_image images[2] = {t.image, t.image};

    (void)state;
    images[1].config_digest = t_digest(T_DIGEST("9"));
    images[1].config.platform = (struct img_platform){.os = "linux", .architecture = "arm64"};
    t_ok(img_reports_new(&reports, &err));
    t_ok(img_reports_bind(reports, images, 2, &err));
    img_buf_puts(&text, TRIVY(""));
    t_ok(img_reports_add(reports, "a.json", &text, IMG_TIME_NONE, &err));
    t_ok(img_reports_bind(reports, images, 1, &err));
    t_fails(img_reports_bind(reports, images, 2, &err), IMG_E_USAGE, "linux/arm64");
    t_fails(img_reports_bind(reports, images + 1, 1, &err), IMG_E_MALFORMED, "which is not");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_only_whole_reports_back),
        cmocka_unit_test(refuses_to_finish_checks_of_layers_not_read),
        cmocka_unit_test(wants_reports_and_images_to_fit_together),
        cmocka_unit_test(finds_setuid_files_of_the_final_image_only),
        cmocka_unit_test(finds_secrets_in_every_layer_and_keeps_none),
        cmocka_unit_test(finds_a_secret_across_windows_with_its_line),
        cmocka_unit_test(finds_secrets_in_the_configuration),
        cmocka_unit_test(knows_when_an_image_runs_as_root),
        cmocka_unit_test(merges_what_scanners_agree_on_and_keeps_the_worse),
        cmocka_unit_test(keeps_a_finding_that_only_one_scanner_suppresses),
        cmocka_unit_test(writes_a_report_that_reads_back_the_same),
        cmocka_unit_test(reads_vuln_statements_of_cosign),
        cmocka_unit_test(reads_vulns_statements_of_in_toto),
        cmocka_unit_test(makes_the_predicates_to_sign),
        cmocka_unit_test(makes_checks_alone_without_reports),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
