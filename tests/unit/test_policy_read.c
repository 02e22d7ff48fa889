/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/policy/policy.h"
#include "base/limits.h"
#include "tests/support/policy.h"

/* A whole policy around one part that is under test. */
#define HEAD      "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n"
#define IMAGES    "  images: [{glob: \"**\"}]\n"
#define AUTHORITY "  authorities: [{name: a, keys: [{file: a.pub}]}]\n"
#define REQUIRE   "  require: [{signature: {any: [a]}}]\n"

static bool read_text(const char *text, struct img_err *err)
{
    IMG_AUTO(img_policies_freep) struct img_policies *p = NULL;

    return img_policies_new(&p, err) &&
           img_policies_add(p, "p.yaml", "", t_bytes(text), t_load_key, NULL, err) &&
           img_policies_finish(p, err);
}

static void expect(const char *text, enum img_code code, const char *says)
{
    struct img_err err = IMG_ERR_INIT;
    char message[2000];

    if (read_text(text, &err))
        fail_msg("was accepted, should say '%s':\n%s", says, text);
    img_err_text(&err, message, sizeof(message));
    if (err.code != code || strstr(message, says) == NULL)
        fail_msg("says %s '%s', should say %s '%s':\n%s", img_code_name(err.code), message,
                 img_code_name(code), says, text);
}

static void mistakes_are_named_with_line_and_column(void **state)
{
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"", "p.yaml: line 1 column 1: there is no policy in it"},
        {"---\n---\n# nothing\n", "there is no policy in it"},
        {"[]", "p.yaml: line 1 column 1: a policy must be a mapping"},
        {"kind: ImagePolicy\nspec: {}\n", "a policy needs 'apiVersion'"},
        {"apiVersion: imgtrust/v2\nkind: ImagePolicy\nspec: {}\n",
         "line 1 column 13: apiVersion must be imgtrust/v1, found imgtrust/v2"},
        {"apiVersion: imgtrust/v1\nkind: Policy\nspec: {}\n",
         "line 2 column 7: kind must be ImagePolicy"},
        {"apiVersion: imgtrust/v1\nkind: ImagePolicy\nspec: {}\n", "needs 'metadata'"},
        {HEAD IMAGES AUTHORITY REQUIRE "  requires: []\n",
         "line 8 column 3: unknown field 'requires' in spec"},
        {HEAD IMAGES AUTHORITY, "spec needs 'require'"},
        {HEAD AUTHORITY REQUIRE, "spec needs 'images'"},
        {HEAD IMAGES REQUIRE, "line 6 column 32: there is no authority named 'a'"},
        {HEAD "  images: []\n" AUTHORITY REQUIRE, "line 5 column 11: the list is empty"},
        {HEAD "  images:\n" AUTHORITY REQUIRE, "line 5 column 3: 'images' in spec is empty"},
        {HEAD "  images: [{glob: \"*\"}]\n" AUTHORITY REQUIRE, "line 5 column 19: glob '*'"},
        {HEAD "  images: [{glob: 7}]\n" AUTHORITY REQUIRE, "put it in quotes"},
        {HEAD "  images: [\"**\"]\n" AUTHORITY REQUIRE, "images must be a mapping, found a value"},
        {HEAD IMAGES IMAGES AUTHORITY REQUIRE, "images"}, /* a key twice */
        {HEAD IMAGES "  authorities: []\n" REQUIRE,
         "authorities: line 6 column 16: the list is empty"},
        {HEAD IMAGES AUTHORITY "  require: []\n", "line 7 column 12: the list is empty"},
        {HEAD IMAGES AUTHORITY "  require: [{}]\n", "exactly one thing"},
        {HEAD IMAGES AUTHORITY
         "  require: [{config: {user: nonroot}, image: {digest: required}}]\n",
         "exactly one thing"},
        {HEAD IMAGES AUTHORITY "  require: [{signatures: {any: [a]}}]\n",
         "line 7 column 14: unknown field 'signatures' in a rule"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {any: [b]}}]\n",
         "line 7 column 32: there is no authority named 'b'"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {any: [a, a]}}]\n", "named twice"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {any: [a], all: [a]}}]\n",
         "exactly one of 'all', 'any' and 'of'"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {of: [a]}}]\n", "'of' needs 'atLeast'"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {any: [a], atLeast: 1}}]\n",
         "go with 'of'"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {of: [a], atLeast: 0}}]\n",
         "line 7 column 44: 0 is not within 1..1000"},
        {HEAD IMAGES AUTHORITY
         "  require: [{signature: {of: [a], atLeast: 2, distinct: authority}}]\n",
         "2 of 1 authorities can never be met"},
        {HEAD IMAGES AUTHORITY "  require: [{signature: {any: [a], names: other}}]\n",
         "expected one of same, found other"},
        {HEAD IMAGES AUTHORITY "  require: [{id: x, signature: {any: [a]}}, {id: x, config: {user: "
                               "nonroot}}]\n",
         "two rules with the id 'x'"},
        {HEAD IMAGES AUTHORITY "  require: [{severity: fatal, signature: {any: [a]}}]\n",
         "expected one of error, warn, found fatal"},
        {HEAD IMAGES AUTHORITY "  require: [{effective: {}, signature: {any: [a]}}]\n",
         "effective needs 'from' or 'until'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {maxAge: 24h}}]\n", "a scan rule needs 'by'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], maxAge: 24}}]\n", "line 7 column 38"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], maxage: 24h}}]\n",
         "unknown field 'maxage' in a scan rule"},
        {HEAD IMAGES AUTHORITY
         "  require: [{scan: {by: [a], limits: [{severity: grave, max: 0}]}}]\n",
         "line 7 column 50"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], limits: [{severity: high}]}}]\n",
         "a limit needs 'max'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], accept: [{id: CVE-1}]}}]\n",
         "an exception needs 'until'"},
        {HEAD IMAGES AUTHORITY
         "  require: [{scan: {by: [a], accept: [{id: CVE-1, until: soon}]}}]\n",
         "line 7 column 58"},
        {HEAD IMAGES AUTHORITY "  require: [{sbom: {by: [a], deny: [{purl: zlib}]}}]\n",
         "line 7 column 44"},
        {HEAD IMAGES AUTHORITY
         "  require: [{sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/a\", versions: \"~1\"}]}}]\n",
         "line 7 column 74"},
        {HEAD IMAGES AUTHORITY "  require: [{sbom: {by: [a], present: false}}]\n",
         "can only be true"},
        {HEAD IMAGES AUTHORITY "  require: [{checks: {by: [a]}}]\n",
         "needs 'secrets', 'malware' or 'setuid'"},
        {HEAD IMAGES AUTHORITY "  require: [{checks: {by: [a], secrets: few}}]\n",
         "expected one of none"},
        {HEAD IMAGES AUTHORITY "  require: [{checks: {by: [a], setuid: {allow: [bin/su]}}}]\n",
         "a path begins with '/'"},
        {HEAD IMAGES AUTHORITY "  require: [{config: {user: root}}]\n", "expected one of nonroot"},
        {HEAD IMAGES AUTHORITY "  require: [{config: {}}]\n", "a config rule needs 'user'"},
        {HEAD IMAGES AUTHORITY "  require: [{image: {}}]\n", "asks for nothing"},
        {HEAD IMAGES AUTHORITY "  require: [{image: {registries: [\"a b\"]}}]\n",
         "line 7 column 35"},
        {HEAD IMAGES AUTHORITY "  require: [{attestation: {type: nonsense, by: [a]}}]\n",
         "line 7 column 34"},
        {HEAD IMAGES AUTHORITY "  require: [{attestation: {type: sbom, by: [a], pick: latest}}]\n",
         "'pick: latest' needs 'maxAge'"},
        {HEAD IMAGES "  authorities: [{name: a}]\n" REQUIRE, "authority 'a' needs 'keys'"},
        {HEAD IMAGES "  authorities: [{keys: [{file: a.pub}]}]\n" REQUIRE, "needs 'name'"},
        {HEAD IMAGES "  authorities: [{name: a, keys: []}]\n" REQUIRE, "the list is empty"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{}]}]\n" REQUIRE, "either 'file' or 'data'"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{file: a.pub, data: x}]}]\n" REQUIRE,
         "either 'file' or 'data'"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{data: x}]}]\n" REQUIRE, "line 6 column 41"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{file: empty.pub}]}]\n" REQUIRE,
         "line 6 column 41: key file 'empty.pub'"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{file: a.pub, from: "
                     "2026-02-01T00:00:00Z, until: 2026-01-01T00:00:00Z}]}]\n" REQUIRE,
         "'until' is not after 'from'"},
        {HEAD IMAGES
         "  authorities: [{name: a, keys: [{file: a.pub, until: 2026-13-01}]}]\n" REQUIRE,
         "line 6 column 55"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{file: a.pub}]}, {name: a, keys: [{file: "
                     "b.pub}]}]\n" REQUIRE,
         "two authorities named 'a'"},
        {HEAD IMAGES AUTHORITY REQUIRE "  mode: audit\n", "expected one of enforce, warn"},
        {HEAD IMAGES AUTHORITY REQUIRE "  platforms: some\n", "expected 'every' or a list"},
        {HEAD IMAGES AUTHORITY REQUIRE "  platforms: [amd64]\n", "line 8 column 15"},
        {HEAD IMAGES AUTHORITY REQUIRE "  expires: never\n", "line 8 column 12"},
        {HEAD IMAGES AUTHORITY REQUIRE "  serial: first\n", "line 8 column 11"},
        {HEAD IMAGES AUTHORITY REQUIRE "  match: {labels: {a: b}}\n",
         "unknown field 'labels' in match"},
        {HEAD IMAGES AUTHORITY REQUIRE "---\n" HEAD IMAGES AUTHORITY REQUIRE,
         "two policies named 'p'"},
        {HEAD IMAGES AUTHORITY REQUIRE "  expires: *anchor\n", "line 8"},
        {"apiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: warn}\n",
         "there is no ImagePolicy"},
        {"apiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: maybe}\n",
         "expected one of reject, warn, accept"},
        {"apiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: warn}\n---\n"
         "apiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: warn}\n",
         "more than one ImagePolicyConfig"},
        {"a: [", "p.yaml: line"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++)
        expect(bad[i].text, IMG_E_USAGE, bad[i].says);
}

static void words_not_built_yet_are_known_and_refused(void **state)
{
    static const struct {
        const char *text, *says;
    } later[] = {
        {"apiVersion: policy.sigstore.dev/v1beta1\nkind: ClusterImagePolicy\nspec: {}\n",
         "line 1 column 13: 'ClusterImagePolicy' in a policy is not supported yet"},
        {HEAD IMAGES "  authorities: [{name: a, keyless: {issuer: x}}]\n" REQUIRE,
         "line 6 column 27: 'keyless' in an authority is not supported yet"},
        {HEAD IMAGES "  authorities: [{name: a, x509: {roots: [ca.pem]}}]\n" REQUIRE, "'x509'"},
        {HEAD IMAGES "  authorities: [{name: a, keys: [{kms: \"awskms:///x\"}]}]\n" REQUIRE,
         "'kms'"},
        {HEAD IMAGES AUTHORITY "  require: [{base: {by: [a]}}]\n", "'base'"},
        {HEAD IMAGES AUTHORITY "  require: [{provenance: {by: [a]}}]\n", "'provenance'"},
        {HEAD IMAGES AUTHORITY "  require: [{approval: {of: [a]}}]\n", "'approval'"},
        {HEAD IMAGES AUTHORITY "  require: [{opa: {url: x}}]\n", "'opa'"},
        {HEAD IMAGES AUTHORITY "  require: [{sbom: {by: [a], licenses: {}}}]\n", "'licenses'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], running: {}}}]\n", "'running'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], vex: {}}}]\n", "'vex'"},
        {HEAD IMAGES AUTHORITY "  require: [{scan: {by: [a], in: app}}]\n", "'app'"},
        {HEAD IMAGES AUTHORITY "  require: [{image: {maxSize: 1GiB}}]\n", "'maxSize'"},
        {HEAD IMAGES AUTHORITY "  require: [{attestation: {type: sbom, by: [a], rules: []}}]\n",
         "'rules'"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(later); i++)
        expect(later[i].text, IMG_E_UNSUPPORTED, later[i].says);
}

static void a_key_file_that_is_absent_keeps_its_own_code(void **state)
{
    (void)state;
    expect(HEAD IMAGES "  authorities: [{name: a, keys: [{file: no.pub}]}]\n" REQUIRE,
           IMG_E_NOT_FOUND, "line 6 column 41: key file 'no.pub'");
}

static void everything_that_is_built_is_read(void **state)
{
    (void)state;
    t_ok(read_text(
        "apiVersion: imgtrust/v1\n"
        "kind: ImagePolicy\n"
        "metadata: {name: production}\n"
        "spec:\n"
        "  serial: 17\n"
        "  expires: 2027-06-30T00:00:00Z\n"
        "  images: [{glob: \"registry.example.com/prod/{app}\"}]\n"
        "  exclude: [{glob: \"registry.example.com/prod/sandbox\"}]\n"
        "  match: {namespaces: [\"prod\", \"prod-*\"], kinds: [Deployment, CronJob]}\n"
        "  platforms: [linux/amd64, linux/arm64/v8]\n"
        "  mode: enforce\n"
        "  authorities:\n"
        "  - name: ci\n"
        "    keys: [{file: a.pub, from: 2026-01-01T00:00:00Z}, {file: b.pub, until: "
        "2026-02-01T00:00:00Z, revoked: true}]\n"
        "  - {name: scanner, keys: [{file: b.pub}]}\n"
        "  require:\n"
        "  - signature: {all: [ci], names: same}\n"
        "  - {id: two, signature: {of: [ci, scanner], atLeast: 2, distinct: authority}}\n"
        "  - sbom: {by: [scanner], present: true, complete: true, deny: [{purl: "
        "\"pkg:maven/org.apache.logging.log4j/log4j-core\", versions: \"<2.17.1\"}]}\n"
        "  - scan:\n"
        "      by: [scanner]\n"
        "      maxAge: 24h\n"
        "      dbMaxAge: 48h\n"
        "      limits: [{severity: critical, max: 0}, {severity: high, fixable: true, max: 5}]\n"
        "      in: all\n"
        "      accept: [{id: CVE-2026-1234, package: \"pkg:deb/debian/zlib1g\", until: "
        "2026-12-31T23:59:59Z, reason: \"not reachable\", owner: web}]\n"
        "  - checks: {by: [scanner], maxAge: 24h, secrets: none, malware: none, setuid: {allow: "
        "[/usr/bin/su]}}\n"
        "  - config: {user: nonroot}\n"
        "  - image: {registries: [\"registry.example.com/**\"], tags: {deny: [latest]}, digest: "
        "required, maxAge: 90d}\n"
        "  - attestation: {type: \"https://example.com/test/v1\", by: [ci], pick: any, maxAge: "
        "7d}\n"
        "    severity: warn\n"
        "    message: no test\n"
        "    remedy: run the tests\n"
        "    effective: {from: 2026-01-01T00:00:00Z, until: 2027-01-01T00:00:00Z}\n"
        "---\n"
        "apiVersion: imgtrust/v1\n"
        "kind: ImagePolicyConfig\n"
        "spec: {unmatched: reject}\n",
        &err));
}

static void what_rules_need_decides_what_is_fetched(void **state)
{
    static const char text[] = HEAD
        "  images: [{glob: \"a.io/sig/*\"}]\n" AUTHORITY REQUIRE "---\n"
        "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: q}\nspec:\n"
        "  images: [{glob: \"a.io/sbom/*\"}]\n" AUTHORITY "  require: [{sbom: {by: [a]}}]\n---\n"
        "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: r}\nspec:\n"
        "  images: [{glob: \"a.io/user/*\"}]\n  require: [{config: {user: nonroot}}]\n";
    IMG_AUTO(img_policies_freep) struct img_policies *p = NULL;
    struct img_policy_needs n;
    size_t count;

    (void)state;
    t_ok(img_policies_new(&p, &err));
    t_ok(img_policies_add(p, "p.yaml", "", t_bytes(text), t_load_key, NULL, &err));
    (void)img_policies_authorities(p, &count);
    assert_int_equal(count, 2);
    n = img_policies_needs(p, "a.io/sig/x");
    assert_true(n.evidence && !n.platforms && !n.config);
    n = img_policies_needs(p, "a.io/sbom/x");
    assert_true(n.evidence && n.platforms && !n.config);
    n = img_policies_needs(p, "a.io/user/x");
    assert_true(!n.evidence && !n.platforms && n.config);
    n = img_policies_needs(p, "a.io/none/x");
    assert_true(!n.evidence && !n.platforms && !n.config);
}

static int free_keys(void **state)
{
    (void)state;
    t_keys_free();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_are_named_with_line_and_column),
        cmocka_unit_test(words_not_built_yet_are_known_and_refused),
        cmocka_unit_test(a_key_file_that_is_absent_keeps_its_own_code),
        cmocka_unit_test(everything_that_is_built_is_read),
        cmocka_unit_test(what_rules_need_decides_what_is_fetched),
    };

    return cmocka_run_group_tests(tests, NULL, free_keys);
}
