/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/predicates.h"
#include "attest/types.h"
#include "base/json.h"
#include "base/limits.h"
#include "tests/support/oom.h"
#include "tests/support/t_scan.h"

#define TOKEN                                                                                      \
    "gh"                                                                                           \
    "p_0123456789abcdefghijABCDEFGHIJ456789"

static const char trivy[] =
    "{\"SchemaVersion\":2,\"CreatedAt\":\"2026-11-20T10:00:00Z\",\"Metadata\":{\"ImageID\":"
    "\"" T_CONFIG "\",\"ImageConfig\":{\"config\":{\"Env\":[\"A=\\\"b\"],\"Cmd\":[\"x "
    "--token=y\"]}}},\"Results\":[{"
    "\"Class\":\"os-pkgs\",\"Vulnerabilities\":[{\"VulnerabilityID\":\"CVE-1\",\"Title\":\"" TOKEN
    "\",\"VendorIDs\":[\"GHSA-1\"],\"Severity\":\"LOW\",\"Layer\":{\"DiffID\":\"" T_LAYER_0
    "\"}}]},{\"Class\":\"secret\",\"Secrets\":[{\"RuleID\":\"x\",\"Match\":\"y\"}]}]}";
static const char grype[] =
    "{\"matches\":[{\"vulnerability\":{\"id\":\"GHSA-1\",\"fix\":{\"versions\":[\"1\",\"2\"]}},"
    "\"relatedVulnerabilities\":[{\"id\":\"CVE-1\"}],\"artifact\":{}}],\"source\":{\"target\":{"
    "\"imageID\":\"" T_CONFIG "\"}},\"descriptor\":{\"name\":\"grype\",\"timestamp\":"
    "\"2026-11-20T10:00:00Z\"}}";

static struct t_image t;
static struct img_scan *checks;

static bool run_checks(struct img_scan **out, struct img_err *err)
{
    static const struct img_entry setuid = {.type = IMG_ENTRY_FILE,
                                            .path = "bin/su",
                                            .mode = 04755,
                                            .size = 1};
    static const struct img_entry link = {.type = IMG_ENTRY_HARDLINK,
                                          .path = "bin/other",
                                          .link = "bin/su",
                                          .mode = 0755};
    static const struct img_entry secret = {.type = IMG_ENTRY_FILE,
                                            .path = "app/.env",
                                            .mode = 0644,
                                            .size = sizeof(TOKEN) - 1};
    IMG_AUTO(img_checks_freep) struct img_checks *c = NULL;
    struct img_layer_client client;

    if (!img_checks_new(&t.image, &c, err))
        return false;
    client = img_checks_client(c);
    for (size_t i = 0; i < 2; i++) {
        struct img_visitor v;
        bool wants = false;

        if (!client.open(client.ctx, i, &v, err) || !v.entry(v.ctx, &setuid, &wants, err) ||
            !v.end(v.ctx, err) || !v.entry(v.ctx, &link, &wants, err) ||
            !v.entry(v.ctx, &secret, &wants, err) || !v.data(v.ctx, img_bytes_of(TOKEN), err) ||
            !v.end(v.ctx, err))
            return false;
    }
    return img_checks_finish(c, 1, 2, out, err);
}

static bool checks_once(struct img_err *err)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

    return run_checks(&s, err);
}

static bool add(struct img_reports *reports, const char *text, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_REPORT);

    img_buf_puts(&b, text);
    return img_reports_add(reports, "r.json", &b, IMG_TIME_NONE, err);
}

static bool assemble_once(struct img_err *err)
{
    IMG_AUTO(img_reports_freep) struct img_reports *reports = NULL;
    IMG_AUTO(img_scanned_done) struct img_scanned scanned = {0};

    return img_reports_new(&reports, err) && add(reports, trivy, err) && add(reports, grype, err) &&
           img_reports_bind(reports, &t.image, 1, err) &&
           img_scan_assemble(reports, &t.image, checks, &scanned, err);
}

static bool read_once(const char *type, const json_t *doc, struct img_err *err)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

    return img_scan_read(type, doc, &s, err);
}

static void own_checks_notice_every_allocation(void **state)
{
    (void)state;
    t_oom(checks_once(&err), 10);
}

static void reports_notice_every_allocation(void **state)
{
    (void)state;
    t_oom(assemble_once(&err), 40);
}

static void reading_back_notices_every_allocation(void **state)
{
    IMG_AUTO(img_reports_freep) struct img_reports *reports = NULL;
    IMG_AUTO(img_scanned_done) struct img_scanned scanned = {0};

    (void)state;
    t_ok(img_reports_new(&reports, &err));
    t_ok(add(reports, trivy, &err));
    t_ok(img_scan_assemble(reports, &t.image, checks, &scanned, &err));
    assert_int_equal(scanned.count, 2);
    for (size_t i = 0; i < scanned.count; i++) {
        json_t *doc = NULL;
        struct img_bytes text;

        t_ok(img_buf_bytes(&scanned.predicates[i].json, &text, &err));
        t_ok(img_json_parse(text, IMG_LIMIT_PREDICATE, &doc, &err));
        t_oom(read_once(scanned.predicates[i].type, doc, &err), 2);
        json_decref(doc);
    }
}

static int set_up(void **state)
{
    (void)state;
    t_image_init(&t);
    t_ok(run_checks(&checks, &err));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    img_scan_free(checks);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(own_checks_notice_every_allocation),
        cmocka_unit_test(reports_notice_every_allocation),
        cmocka_unit_test(reading_back_notices_every_allocation),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
