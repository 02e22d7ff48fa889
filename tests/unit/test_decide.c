/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/policy/policy.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/policy.h"

#define NOW      INT64_C(1795334400) /* 2026-11-22T08:00:00Z */
#define NAME     "registry.example.com/prod/web"
#define MANIFEST "manifest"
#define MOST     16

/* One case: a policy, what is said about an image, and what is asked. */
struct scene {
    struct img_policies *policies;
    struct img_subject_facts platforms[3];
    struct img_verified *said[3][MOST]; /* per platform; [0] is also the image's when it is none */
    struct img_verified *image[MOST];
    struct img_ignored ignored[MOST];
    struct img_config config;
    struct img_facts facts;
    struct img_decision *decision;
};

static void begin(struct scene *s, const char *policy)
{
    *s = (struct scene){.config = {.user = "10001", .created = NOW - 3600}};
    t_ok(img_policies_new(&s->policies, &err));
    t_ok(img_policies_add(s->policies, "p.yaml", "", t_bytes(policy), t_load_key, NULL, &err));
    s->platforms[0] = (struct img_subject_facts){.digest = t_digest_of(MANIFEST),
                                                 .config = &s->config,
                                                 .verified = s->image};
    s->facts = (struct img_facts){.name = NAME,
                                  .tag = "v1",
                                  .digest = t_digest_of(MANIFEST),
                                  .verified = s->image,
                                  .platforms = s->platforms,
                                  .platform_count = 1,
                                  .ignored = s->ignored,
                                  .now = NOW};
}

/* A policy with one rule over authorities a (a.pub), b (b.pub) and both (a.pub, b.pub). */
static void begin_rule(struct scene *s, const char *rule)
{
    char text[3000];

    (void)snprintf(text, sizeof(text),
                   "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n"
                   "  images: [{glob: \"registry.example.com/prod/{app}\"}]\n"
                   "  authorities:\n"
                   "  - {name: a, keys: [{file: a.pub}]}\n"
                   "  - {name: b, keys: [{file: b.pub}]}\n"
                   "  - {name: both, keys: [{file: a.pub}, {file: b.pub}, {file: a.pub}]}\n"
                   "  require:\n  - %s\n",
                   rule);
    begin(s, text);
}

static void end(struct scene *s)
{
    for (size_t i = 0; i < MOST; i++)
        img_verified_free(s->image[i]);
    for (size_t p = 0; p < 3; p++)
        for (size_t i = 0; i < MOST; i++)
            img_verified_free(s->said[p][i]);
    if (s->decision != NULL)
        img_decision_free(s->decision);
    img_policies_free(s->policies);
}

/* Statement by a key about the image; one that is refused is listed as ignored. */
static void say_as(struct scene *s, char key, const char *type, const char *name,
                   const char *predicate)
{
    const struct t_statement statement = {key, type, name, MANIFEST, predicate};
    struct img_err err = IMG_ERR_INIT;
    struct img_verified *v = t_say(s->policies, s->facts.now, &statement, &err);

    if (v == NULL) {
        s->ignored[s->facts.ignored_count].code = err.why;
        img_err_text(&err, s->ignored[s->facts.ignored_count].why, sizeof(s->ignored[0].why));
        s->facts.ignored_count++;
        return;
    }
    s->image[s->facts.verified_count++] = v;
    s->platforms[0].verified_count = s->facts.verified_count;
}

static void say(struct scene *s, char key, const char *type, const char *predicate)
{
    say_as(s, key, type, NAME, predicate);
}

/* The manifests of an index's platforms. */
static const char *const manifests[] = {"manifest 0", "manifest 1", "manifest 2"};

/* Statement about platform p of an index. */
static void say_platform(struct scene *s, size_t p, char key, const char *type,
                         const char *predicate)
{
    const struct t_statement statement = {key, type, NULL, manifests[p], predicate};
    struct img_err err = IMG_ERR_INIT;
    struct img_verified *v = t_say(s->policies, s->facts.now, &statement, &err);

    assert_non_null(v);
    s->said[p][s->platforms[p].verified_count++] = v;
}

static void make_index(struct scene *s, const char *first, const char *second)
{
    const char *names[2] = {first, second};

    s->facts.is_index = true;
    s->facts.platform_count = 2;
    for (size_t p = 0; p < 2; p++) {
        s->platforms[p] = (struct img_subject_facts){.digest = t_digest_of(manifests[p]),
                                                     .has_platform = true,
                                                     .config = &s->config,
                                                     .verified = s->said[p]};
        t_ok(img_platform_parse(names[p], &s->platforms[p].platform, &err));
    }
}

static void decide(struct scene *s)
{
    if (s->decision != NULL)
        img_decision_free(s->decision);
    s->decision = NULL;
    t_ok(img_policies_decide(s->policies, &s->facts, &s->decision, &err));
}

/* The first check that failed, or NULL. */
static const struct img_check *failed(const struct scene *s)
{
    for (size_t p = 0; p < s->decision->policy_count; p++)
        for (size_t i = 0; i < s->decision->policies[p].check_count; i++)
            if (!s->decision->policies[p].checks[i].ok)
                return &s->decision->policies[p].checks[i];
    return NULL;
}

static void expect_accept(struct scene *s)
{
    decide(s);
    if (s->decision->verdict != IMG_ACCEPT) {
        const struct img_check *c = failed(s);

        fail_msg("not accepted: %s: %s, found %s", c == NULL ? "?" : c->id,
                 c == NULL ? "?" : img_reason_word(c->code),
                 c == NULL || c->found == NULL ? "?" : c->found);
    }
}

static void expect(struct scene *s, enum img_verdict verdict, enum img_reason code,
                   const char *found)
{
    const struct img_check *c;

    decide(s);
    c = failed(s);
    assert_string_equal(img_verdict_name(s->decision->verdict), img_verdict_name(verdict));
    if (c == NULL)
        fail_msg("nothing failed, should be %s", img_reason_word(code));
    assert_string_equal(img_reason_word(c->code), img_reason_word(code));
    if (found[0] != '\0' && (c->found == NULL || strstr(c->found, found) == NULL))
        fail_msg("found '%s' does not contain '%s'", c->found == NULL ? "" : c->found, found);
    assert_int_equal(s->decision->valid_until == IMG_TIME_NONE, 1);
}

static void expect_reject(struct scene *s, enum img_reason code, const char *found)
{
    expect(s, IMG_REJECT, code, found);
}

/* --- predicates ------------------------------------------------------------------------------- */

#define VULN  "https://cosign.sigstore.dev/attestation/vuln/v1"
#define SCAN  "urn:imgtrust:scan-report:v1"
#define CHECK "urn:imgtrust:image-checks:v1"
#define SIGN  "https://sigstore.dev/cosign/sign/v1"
#define BOM   "https://cyclonedx.org/bom"

#define FINDING(id, severity, rest)                                                                \
    "{\"kind\":\"vulnerability\",\"id\":\"" id "\",\"severity\":\"" severity "\"" rest "}"
#define FIXED                                                                                      \
    ",\"package\":{\"purl\":\"pkg:deb/debian/"                                                     \
    "zlib1g@1.2\",\"name\":\"zlib1g\",\"version\":\"1.2\",\"fixed\":\"1.3\"}"

/* A merged report of one scanner that finished at this time. */
static const char *report(const char *type, const char *looks_for, bool complete, int64_t finished,
                          int64_t db, const char *findings)
{
    static char text[8000];
    struct img_digest image = t_digest_of(MANIFEST);
    char digest[IMG_DIGEST_TEXT], stamp[IMG_TIME_TEXT], built[IMG_TIME_TEXT];

    img_digest_text(&image, digest);
    img_time_text(finished, stamp);
    img_time_text(db, built);
    (void)snprintf(text, sizeof(text),
                   "{\"schema\":\"%s\",\"image\":{\"digest\":\"%s\"},\"inputs\":[{\"tool\":\"t\","
                   "\"looksFor\":[\"%s\"],\"complete\":%s,\"reason\":\"os unknown\","
                   "\"db\":{\"built\":\"%s\"},\"finished\":\"%s\"}],\"findings\":[%s]}",
                   type, digest, looks_for, complete ? "true" : "false", built, stamp, findings);
    return text;
}

static const char *scan_at(int64_t finished, const char *findings)
{
    return report(SCAN, "vulnerabilities", true, finished, NOW - 3600, findings);
}

/* --- signature -------------------------------------------------------------------------------- */

static void a_signature_is_a_signature_and_nothing_else(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    expect_reject(&s, IMG_WHY_NO_SIGNATURE, "verified: nothing");
    say(&s, 'a', BOM, "{}");
    say(&s, 'a', VULN, "{}");
    expect_reject(&s, IMG_WHY_NO_SIGNATURE, "1 of type " BOM ", 1 of type " VULN);
    say(&s, 'b', SIGN, "{}");
    expect_reject(&s, IMG_WHY_IDENTITY_MISMATCH, "(b)");
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    assert_int_equal(s.decision->policies[0].checks[0].by_count, 1);
    assert_string_equal(s.decision->policies[0].checks[0].by[0].authority, "a");
    assert_true(s.decision->valid_until == IMG_TIME_NONE);
    end(&s);
}

static void a_strangers_signature_is_named(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    say(&s, 'c', SIGN, "{}");
    expect_reject(&s, IMG_WHY_UNTRUSTED_KEY, "trusted sha256:");
    end(&s);
}

static void thresholds_count_identities(void **state)
{
    static const struct {
        const char *rule;
        const char *signers;
        bool enough;
    } rows[] = {
        {"signature: {all: [a, b]}", "ab", true},
        {"signature: {all: [a, b]}", "a", false},
        {"signature: {all: [a, both]}", "a", false}, /* one key for two authorities */
        {"signature: {all: [a, both]}", "ab", true},
        {"signature: {all: [both, a]}", "ba", true},
        {"signature: {any: [a, b]}", "b", true},
        {"signature: {of: [both], atLeast: 2}", "a", false},
        {"signature: {of: [both], atLeast: 2}", "aa", false}, /* signed twice, listed twice */
        {"signature: {of: [both], atLeast: 2}", "ab", true},
        {"signature: {of: [a, both], atLeast: 2, distinct: identity}", "a", false},
        {"signature: {of: [a, both], atLeast: 2, distinct: authority}", "a", false},
        {"signature: {of: [a, both], atLeast: 2, distinct: authority}", "ab", true},
        {"signature: {of: [a, b, both], atLeast: 3, distinct: authority}", "ab", false},
        {"signature: {of: [a, b, both], atLeast: 2, distinct: authority}", "ab", true},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        struct scene s;

        begin_rule(&s, rows[i].rule);
        for (const char *k = rows[i].signers; *k != '\0'; k++)
            say(&s, *k, SIGN, "{}");
        if (rows[i].enough)
            expect_accept(&s);
        else
            expect_reject(&s, IMG_WHY_TOO_FEW_SIGNERS, "");
        end(&s);
    }
}

static void names_same_compares_the_signed_name(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a], names: same}");
    say_as(&s, 'a', SIGN, "registry.example.com/prod/other", "{}");
    expect_reject(&s, IMG_WHY_NAME_MISMATCH, "prod/other");
    say_as(&s, 'a', SIGN, NULL, "{}");
    expect_reject(&s, IMG_WHY_NAME_MISMATCH, "");
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    end(&s);
}

static void keys_count_in_their_time(void **state)
{
    static const char policy[] =
        "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n"
        "  images: [{glob: \"**\"}]\n"
        "  authorities:\n"
        "  - {name: a, keys: [{file: a.pub, from: 2026-11-22T08:00:00Z, until: "
        "2026-11-22T09:00:00Z}]}\n"
        "  - {name: b, keys: [{file: b.pub, revoked: true}, {file: b.pub}]}\n"
        "  require: [{signature: {any: [a, b]}}]\n";
    static const struct {
        int64_t now;
        char key;
        enum img_reason code;
    } rows[] = {{NOW - 1, 'a', IMG_WHY_KEY_RETIRED},
                {NOW, 'a', IMG_WHY_NONE},
                {NOW + 3599, 'a', IMG_WHY_NONE},
                {NOW + 3600, 'a', IMG_WHY_KEY_RETIRED},
                {NOW, 'b', IMG_WHY_KEY_REVOKED}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        struct scene s;

        begin(&s, policy);
        s.facts.now = rows[i].now;
        say(&s, rows[i].key, SIGN, "{}");
        if (rows[i].code == IMG_WHY_NONE) {
            expect_accept(&s);
            assert_int_equal(s.decision->valid_until, NOW + 3600);
        } else {
            expect_reject(&s, rows[i].code, "");
        }
        end(&s);
    }
}

/* --- which policies --------------------------------------------------------------------------- */

#define POLICY(name, spec)                                                                         \
    "---\napiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: " name "}\nspec:\n"         \
    "  authorities: [{name: a, keys: [{file: a.pub}]}, {name: b, keys: [{file: b.pub}]}]\n" spec
#define CONFIG(word)                                                                               \
    "---\napiVersion: imgtrust/v1\nkind: ImagePolicyConfig\nspec: {unmatched: " word "}\n"
#define BY_A "  require: [{signature: {any: [a]}}]\n"
#define BY_B "  require: [{signature: {any: [b]}}]\n"

static void every_policy_that_applies_must_accept(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, POLICY("p", "  images: [{glob: \"**\"}]\n" BY_A)
                  POLICY("q", "  images: [{glob: \"registry.example.com/**\"}]\n" BY_B)
                      POLICY("r", "  images: [{glob: \"other.example.com/**\"}]\n" BY_B));
    say(&s, 'a', SIGN, "{}");
    expect_reject(&s, IMG_WHY_IDENTITY_MISMATCH, "");
    assert_int_equal(s.decision->policy_count, 2);
    say(&s, 'b', SIGN, "{}");
    expect_accept(&s);
    end(&s);
}

static void what_no_enforcing_policy_matches_is_rejected(void **state)
{
    static const struct {
        const char *policy;
        bool accepted, warned;
    } rows[] = {
        {POLICY("p", "  images: [{glob: \"registry.example.com/{app}\"}]\n" BY_A), false, false},
        {POLICY("p", "  images: [{glob: \"**\"}]\n  mode: warn\n" BY_A), false, false},
        {POLICY("p", "  images: [{glob: \"**\"}]\n  exclude: [{glob: \"" NAME "\"}]\n" BY_A), false,
         false},
        {POLICY("p", "  images: [{glob: \"x.io/*\"}]\n" BY_A) CONFIG("reject"), false, false},
        {POLICY("p", "  images: [{glob: \"x.io/*\"}]\n" BY_A) CONFIG("warn"), true, true},
        {POLICY("p", "  images: [{glob: \"x.io/*\"}]\n" BY_A) CONFIG("accept"), true, false},
        {POLICY("p", "  images: [{glob: \"**\"}]\n  exclude: [{glob: \"" NAME "\"}]\n" BY_A)
             POLICY("q", "  images: [{glob: \"**\"}]\n" BY_A),
         true, false},
        {POLICY("p", "  images: [{glob: \"**\"}]\n  mode: warn\n" BY_B)
             POLICY("q", "  images: [{glob: \"**\"}]\n" BY_A),
         true, true},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        struct scene s;

        begin(&s, rows[i].policy);
        say(&s, 'a', SIGN, "{}");
        if (rows[i].accepted)
            expect_accept(&s);
        else
            expect_reject(&s, IMG_WHY_UNMATCHED, NAME);
        assert_int_equal(s.decision->warned, rows[i].warned);
        end(&s);
    }
}

static void the_nearest_glob_is_named(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, POLICY("far", "  images: [{glob: \"x.io/*\"}]\n" BY_A)
                  POLICY("near", "  images: [{glob: \"registry.example.com/prod/{app}\"}]\n" BY_A));
    s.facts.name = "registry.example.com/prod/team/web";
    expect_reject(&s, IMG_WHY_UNMATCHED, "registry.example.com/prod/{app} of policy near");
    end(&s);
}

static void without_a_name_only_the_glob_for_everything_matches(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, POLICY("p", "  images: [{glob: \"**\"}]\n" BY_A));
    s.facts.name = NULL;
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    end(&s);
    begin(&s, POLICY("p", "  images: [{glob: \"**\"}]\n" BY_A)
                  POLICY("q", "  images: [{glob: \"registry.example.com/**\"}]\n" BY_A));
    s.facts.name = NULL;
    say(&s, 'a', SIGN, "{}");
    expect_reject(&s, IMG_WHY_IMAGE_NAME_UNKNOWN, "");
    end(&s);
    begin(&s, POLICY("p", "  images: [{glob: \"**\"}]\n  require: [{image: {registries: "
                          "[\"x.io/**\"]}}]\n"));
    s.facts.name = NULL;
    expect_reject(&s, IMG_WHY_IMAGE_NAME_UNKNOWN, "");
    end(&s);
}

static void a_policy_and_its_rules_have_their_time(void **state)
{
    static const struct {
        const char *spec;
        enum img_reason code; /* NONE: accepted */
        int64_t until;
    } rows[] = {
        {"  expires: 2026-11-22T08:00:01Z\n" BY_A, IMG_WHY_NONE, NOW + 1},
        {"  expires: 2026-11-22T08:00:00Z\n" BY_A, IMG_WHY_POLICY_EXPIRED, 0},
        {"  require: [{signature: {any: [a]}}, {signature: {any: [b]}, effective: {from: "
         "2026-11-22T08:00:01Z}}]\n",
         IMG_WHY_NONE, NOW + 1},
        {"  require: [{signature: {any: [a]}}, {signature: {any: [b]}, effective: {from: "
         "2026-11-22T08:00:00Z}}]\n",
         IMG_WHY_IDENTITY_MISMATCH, 0},
        {"  require: [{signature: {any: [a]}}, {signature: {any: [b]}, effective: {until: "
         "2026-11-22T08:00:00Z}}]\n",
         IMG_WHY_NONE, IMG_TIME_NONE},
        {"  require: [{signature: {any: [a]}, effective: {until: 2026-11-22T08:00:00Z}}]\n",
         IMG_WHY_NOT_IN_FORCE, 0},
        {"  require: [{signature: {any: [a]}, effective: {from: 2026-11-22T08:00:01Z}}]\n",
         IMG_WHY_NOT_IN_FORCE, 0},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        char text[2000];
        struct scene s;

        (void)snprintf(text, sizeof(text), "%s  images: [{glob: \"**\"}]\n%s", POLICY("p", ""),
                       rows[i].spec);
        begin(&s, text);
        say(&s, 'a', SIGN, "{}");
        if (rows[i].code != IMG_WHY_NONE) {
            expect_reject(&s, rows[i].code, "");
        } else {
            expect_accept(&s);
            assert_int_equal(s.decision->valid_until, rows[i].until);
        }
        end(&s);
    }
}

static void rules_that_warn_do_not_turn_the_verdict(void **state)
{
    struct scene s;

    (void)state;
    begin(&s, POLICY("p", "  images: [{glob: \"**\"}]\n  require: [{signature: {any: [a]}}, {id: "
                          "soft, severity: warn, message: please, signature: {any: [b]}}]\n"));
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    assert_true(s.decision->warned);
    assert_non_null(strstr(s.decision->warnings[0], "p/soft: identity-mismatch"));
    assert_string_equal(failed(&s)->message, "please");
    end(&s);
}

static void what_could_not_be_had_makes_undecided(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    s.facts.incomplete = true;
    s.facts.incomplete_why = "the registry hung up";
    expect(&s, IMG_UNDECIDED, IMG_WHY_NO_SIGNATURE, "the registry hung up");
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s); /* what is there suffices */
    assert_non_null(strstr(s.decision->warnings[0], "the registry hung up"));
    end(&s);
    /* A rule that fails whatever the missing part says rejects. */
    begin_rule(&s, "signature: {any: [a]}\n  - config: {user: nonroot}");
    s.facts.incomplete = true;
    s.config.user = "root";
    decide(&s);
    assert_int_equal(s.decision->verdict, IMG_REJECT);
    end(&s);
}

/* --- sbom ------------------------------------------------------------------------------------- */

#define SBOM(aggregate, purls)                                                                     \
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,\"metadata\":{"            \
    "\"timestamp\":\"2026-11-22T07:00:00Z\"},\"components\":[" purls "],\"compositions\":[{"       \
    "\"aggregate\":\"" aggregate "\"}]}"
#define PURL(text) "{\"type\":\"library\",\"name\":\"x\",\"purl\":\"" text "\"}"

static void sbom_rules(void **state)
{
    static const struct {
        const char *rule, *sbom;
        enum img_reason code;
    } rows[] = {
        {"sbom: {by: [a]}", SBOM("incomplete", ""), IMG_WHY_NONE},
        {"sbom: {by: [a], complete: true}", SBOM("complete", ""), IMG_WHY_NONE},
        {"sbom: {by: [a], complete: true}", SBOM("incomplete", ""), IMG_WHY_SBOM_INCOMPLETE},
        {"sbom: {by: [a]}", "{}", IMG_WHY_MALFORMED},
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\", versions: \"<1.3\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1g@1.2")), IMG_WHY_DENIED_PACKAGE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\", versions: \"<1.3\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1g@1.3")), IMG_WHY_NONE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\", versions: \"<1.3\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1g@1%3A1.2")), IMG_WHY_NONE}, /* epoch 1 */
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\", versions: \"<1.3\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1g")), IMG_WHY_DENIED_PACKAGE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1g@9")), IMG_WHY_DENIED_PACKAGE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\"}]}",
         SBOM("complete", PURL("pkg:deb/debian/zlib1gx@9")), IMG_WHY_NONE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:maven/org.x/log4j\", versions: \"<2.17.1\"}]}",
         SBOM("complete", PURL("pkg:maven/org.x/log4j@2.17.0")), IMG_WHY_DENIED_PACKAGE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:maven/org.x/log4j\", versions: \"<2.17.1\"}]}",
         SBOM("complete", PURL("pkg:maven/org.x/log4j@2.17.1")), IMG_WHY_NONE},
        {"sbom: {by: [a], deny: [{purl: \"pkg:generic/x\", versions: \"<2\"}]}",
         SBOM("complete", PURL("pkg:generic/x@1")), IMG_WHY_VERSION_ORDER_UNKNOWN},
        {"sbom: {by: [a], deny: [{purl: \"pkg:generic/x\", versions: \"<2\"}]}",
         SBOM("complete", PURL("pkg:generic/y@1")), IMG_WHY_NONE},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        struct scene s;

        begin_rule(&s, rows[i].rule);
        say(&s, 'b', BOM, SBOM("complete", "")); /* whoever else says so */
        say(&s, 'a', BOM, rows[i].sbom);
        if (rows[i].code == IMG_WHY_NONE)
            expect_accept(&s);
        else
            expect_reject(&s, rows[i].code, "");
        end(&s);
    }
}

static void the_latest_sbom_counts_and_ties_all_have_to_hold(void **state)
{
    static const char old[] = "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"version\":1,"
                              "\"metadata\":{\"timestamp\":\"2026-11-22T06:00:00Z\"},"
                              "\"components\":[" PURL("pkg:deb/debian/zlib1g@1.2") "]}";
    struct scene s;

    (void)state;
    begin_rule(&s, "sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\"}]}");
    say(&s, 'a', BOM, old);
    expect_reject(&s, IMG_WHY_DENIED_PACKAGE, "zlib1g");
    say(&s, 'a', BOM, SBOM("complete", ""));
    expect_accept(&s);
    say(&s, 'a', BOM, SBOM("unknown", PURL("pkg:deb/debian/zlib1g@1.2")));
    expect_reject(&s, IMG_WHY_DENIED_PACKAGE, "zlib1g");
    end(&s);
}

/* --- scan ------------------------------------------------------------------------------------- */

static void scan_times(void **state)
{
    static const struct {
        int64_t finished, db;
        enum img_reason code;
    } rows[] = {
        {NOW, NOW, IMG_WHY_NONE},
        {NOW - 86400, NOW, IMG_WHY_NONE},
        {NOW - 86401, NOW, IMG_WHY_SCAN_TOO_OLD},
        {NOW + 300, NOW, IMG_WHY_NONE},
        {NOW + 301, NOW, IMG_WHY_TIME_IN_FUTURE},
        {NOW, NOW - 172800, IMG_WHY_NONE},
        {NOW, NOW - 172801, IMG_WHY_DB_TOO_OLD},
        {NOW, NOW + 301, IMG_WHY_TIME_IN_FUTURE},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        struct scene s;

        begin_rule(&s, "scan: {by: [a], maxAge: 24h, dbMaxAge: 48h}");
        say(&s, 'a', SCAN, report(SCAN, "vulnerabilities", true, rows[i].finished, rows[i].db, ""));
        if (rows[i].code == IMG_WHY_NONE) {
            expect_accept(&s);
            assert_true(s.decision->valid_until > NOW);
            assert_true(s.decision->valid_until <= rows[i].finished + 86401);
        } else {
            expect_reject(&s, rows[i].code, "");
        }
        end(&s);
    }
}

static void a_scan_is_one_that_looked_for_vulnerabilities_everywhere(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "scan: {by: [a]}");
    expect_reject(&s, IMG_WHY_NO_VULNERABILITY_SCAN, "");
    say(&s, 'a', SCAN, report(SCAN, "secrets", true, NOW, NOW, ""));
    expect_reject(&s, IMG_WHY_NO_VULNERABILITY_SCAN, "");
    assert_int_equal(s.decision->ignored_count, 0); /* it is no defect to look for secrets only */
    say(&s, 'a', CHECK, report(CHECK, "vulnerabilities", true, NOW, NOW, ""));
    expect_reject(&s, IMG_WHY_NO_VULNERABILITY_SCAN, ""); /* checks are never a scan */
    say(&s, 'a', SCAN, report(SCAN, "vulnerabilities", false, NOW - 10, NOW, ""));
    expect_reject(&s, IMG_WHY_SCAN_INCOMPLETE, "os unknown");
    say(&s, 'a', SCAN, "{\"schema\":\"" SCAN "\"}");
    expect_reject(&s, IMG_WHY_SCAN_INCOMPLETE, "");
    assert_int_equal(s.decision->ignored_count, 1); /* the malformed one */
    say(&s, 'a', SCAN, scan_at(NOW - 5, ""));
    expect_accept(&s);
    end(&s);
}

static void the_latest_scan_counts(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "scan: {by: [a, b]}");
    say(&s, 'a', SCAN, scan_at(NOW - 100, ""));
    expect_accept(&s);
    say(&s, 'b', SCAN, scan_at(NOW - 50, FINDING("CVE-2026-1", "critical", "")));
    expect_reject(&s, IMG_WHY_TOO_MANY_CRITICAL, "CVE-2026-1");
    say(&s, 'a', SCAN, scan_at(NOW - 50, "")); /* as late: both have to hold */
    expect_reject(&s, IMG_WHY_TOO_MANY_CRITICAL, "");
    say(&s, 'a', SCAN, scan_at(NOW - 20, ""));
    expect_accept(&s);
    say(&s, 'a', SCAN, scan_at(NOW + 10000, "")); /* from the future: counts as absent */
    expect_accept(&s);
    assert_int_equal(s.decision->ignored_count, 1);
    assert_int_equal(s.decision->ignored[0].code, IMG_WHY_TIME_IN_FUTURE);
    end(&s);
}

static void a_report_about_another_image_is_none(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "scan: {by: [a]}");
    say(&s, 'a', SCAN,
        "{\"schema\":\"" SCAN "\",\"image\":{\"digest\":\"sha256:"
        "0000000000000000000000000000000000000000000000000000000000000000\"},\"inputs\":[{"
        "\"tool\":\"t\",\"looksFor\":[\"vulnerabilities\"],\"complete\":true,\"finished\":"
        "\"2026-11-22T07:00:00Z\"}],\"findings\":[]}");
    expect_reject(&s, IMG_WHY_SUBJECT_MISMATCH, "sha256:0000");
    end(&s);
}

static void scan_limits(void **state)
{
    static const struct {
        const char *rule, *findings;
        enum img_reason code;
    } rows[] = {
        {"", FINDING("CVE-1-1", "critical", ""), IMG_WHY_TOO_MANY_CRITICAL},
        {"", FINDING("CVE-1-1", "high", ""), IMG_WHY_TOO_MANY_HIGH},
        {"", FINDING("CVE-1-1", "unknown", ""), IMG_WHY_TOO_MANY_UNKNOWN},
        {"", FINDING("CVE-1-1", "medium", "") "," FINDING("CVE-1-2", "low", ""), IMG_WHY_NONE},
        {"", FINDING("CVE-1-1", "critical", ",\"status\":\"suppressed\""),
         IMG_WHY_TOO_MANY_CRITICAL},
        {"limits: [{severity: high, max: 1}]", FINDING("CVE-1-1", "high", ""), IMG_WHY_NONE},
        {"limits: [{severity: high, max: 1}]",
         FINDING("CVE-1-1", "high", "") "," FINDING("CVE-1-2", "high", ""), IMG_WHY_TOO_MANY_HIGH},
        {"limits: [{severity: high, max: 1}]", FINDING("CVE-1-1", "critical", ""),
         IMG_WHY_TOO_MANY_CRITICAL},
        {"limits: [{severity: low, max: 0}]", FINDING("CVE-1-1", "low", ""), IMG_WHY_TOO_MANY_LOW},
        {"limits: [{severity: high, fixable: true, max: 0}]", FINDING("CVE-1-1", "high", ""),
         IMG_WHY_NONE},
        {"limits: [{severity: high, fixable: true, max: 0}]", FINDING("CVE-1-1", "high", FIXED),
         IMG_WHY_TOO_MANY_HIGH},
        {"limits: [{severity: high, fixable: false, max: 0}]", FINDING("CVE-1-1", "high", FIXED),
         IMG_WHY_NONE},
        {"accept: [{id: CVE-1-1, until: 2026-11-22T08:00:01Z}]", FINDING("CVE-1-1", "high", ""),
         IMG_WHY_NONE},
        {"accept: [{id: CVE-1-1, until: 2026-11-22T08:00:00Z}]", FINDING("CVE-1-1", "high", ""),
         IMG_WHY_TOO_MANY_HIGH},
        {"accept: [{id: CVE-1-2, until: 2027-01-01T00:00:00Z}]", FINDING("CVE-1-1", "high", ""),
         IMG_WHY_TOO_MANY_HIGH},
        {"accept: [{id: CVE-1-1, until: 2027-01-01T00:00:00Z}]",
         FINDING("CVE-1-1", "high", ",\"aliases\":[\"CVE-1-2\"]"), IMG_WHY_TOO_MANY_HIGH},
        {"accept: [{id: CVE-1-1, until: 2027-01-01T00:00:00Z}, {id: CVE-1-2, until: "
         "2027-01-01T00:00:00Z}]",
         FINDING("CVE-1-1", "high", ",\"aliases\":[\"CVE-1-2\"]"), IMG_WHY_NONE},
        {"accept: [{id: CVE-1-1, until: 2027-01-01T00:00:00Z}]",
         FINDING("GHSA-x", "high", ",\"aliases\":[\"CVE-1-1\"]"), IMG_WHY_NONE},
        {"accept: [{id: GHSA-x, until: 2027-01-01T00:00:00Z}]",
         FINDING("GHSA-x", "high", ",\"aliases\":[\"CVE-1-1\"]"), IMG_WHY_TOO_MANY_HIGH},
        {"accept: [{id: GHSA-x, until: 2027-01-01T00:00:00Z}]", FINDING("GHSA-x", "high", ""),
         IMG_WHY_NONE},
        {"accept: [{id: CVE-1-1, package: \"pkg:deb/debian/zlib1g\", until: 2027-01-01T00:00:00Z}]",
         FINDING("CVE-1-1", "high", FIXED), IMG_WHY_NONE},
        {"accept: [{id: CVE-1-1, package: \"pkg:deb/debian/openssl\", until: "
         "2027-01-01T00:00:00Z}]",
         FINDING("CVE-1-1", "high", FIXED), IMG_WHY_TOO_MANY_HIGH},
        {"accept: [{id: CVE-1-1, package: \"pkg:deb/debian/zlib1g\", until: 2027-01-01T00:00:00Z}]",
         FINDING("CVE-1-1", "high", ""), IMG_WHY_TOO_MANY_HIGH},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        char rule[400];
        struct scene s;

        (void)snprintf(rule, sizeof(rule), "scan: {by: [a], %s}", rows[i].rule);
        begin_rule(&s, rule);
        say(&s, 'a', SCAN, scan_at(NOW, rows[i].findings));
        if (rows[i].code == IMG_WHY_NONE)
            expect_accept(&s);
        else
            expect_reject(&s, rows[i].code, "");
        end(&s);
    }
}

/* Numbers as strings, missing members, null: such a report is none. */
static void a_report_that_is_not_exactly_one_is_absent(void **state)
{
    static const char *const bad[] = {"null", "[]", "{}",
                                      "{\"schema\":\"" SCAN "\",\"image\":null,\"inputs\":null,"
                                      "\"findings\":null}"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct scene s;

        begin_rule(&s, "scan: {by: [a]}");
        say(&s, 'a', SCAN, bad[i]);
        decide(&s);
        assert_int_equal(s.decision->verdict, IMG_REJECT);
        end(&s);
    }
}

/* --- checks ----------------------------------------------------------------------------------- */

#define SECRET                                                                                     \
    "{\"kind\":\"secret\",\"id\":\"private-key\",\"severity\":\"critical\",\"path\":\"/k\"}"
#define SETUID(path)                                                                               \
    "{\"kind\":\"misconfiguration\",\"id\":\"setuid-file\",\"severity\":\"low\",\"path\":\"" path  \
    "\"}"

static void checks_rules(void **state)
{
    static const struct {
        const char *rule, *looks_for, *findings;
        bool complete;
        int64_t finished;
        enum img_reason code;
    } rows[] = {
        {"secrets: none", "secrets", "", true, NOW, IMG_WHY_NONE},
        {"secrets: none", "secrets", SECRET, true, NOW, IMG_WHY_SECRETS_FOUND},
        {"secrets: none", "setuid", "", true, NOW, IMG_WHY_NOT_LOOKED_FOR},
        {"secrets: none", "secrets", "", false, NOW, IMG_WHY_NOT_LOOKED_FOR},
        {"secrets: none", "secrets", SETUID("/x"), true, NOW, IMG_WHY_NONE},
        {"malware: none", "secrets", "", true, NOW, IMG_WHY_NOT_LOOKED_FOR},
        {"setuid: none", "setuid", "", true, NOW, IMG_WHY_NONE},
        {"setuid: none", "setuid", SETUID("/usr/bin/su"), true, NOW, IMG_WHY_SETUID_FOUND},
        {"setuid: {allow: [/usr/bin/su]}", "setuid", SETUID("/usr/bin/su"), true, NOW,
         IMG_WHY_NONE},
        {"setuid: {allow: [/usr/bin/su]}", "setuid", SETUID("/usr/bin/sudo"), true, NOW,
         IMG_WHY_SETUID_FOUND},
        {"setuid: none, maxAge: 1h", "setuid", "", true, NOW - 3600, IMG_WHY_NONE},
        {"setuid: none, maxAge: 1h", "setuid", "", true, NOW - 3601, IMG_WHY_TOO_OLD},
        {"setuid: none, maxAge: 1h", "setuid", "", true, NOW + 301, IMG_WHY_TIME_IN_FUTURE},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        char rule[300];
        struct scene s;

        (void)snprintf(rule, sizeof(rule), "checks: {by: [a], %s}", rows[i].rule);
        begin_rule(&s, rule);
        expect_reject(&s, IMG_WHY_PREDICATE_MISSING, "");
        say(&s, 'a', i % 2 == 0 ? CHECK : SCAN,
            report(i % 2 == 0 ? CHECK : SCAN, rows[i].looks_for, rows[i].complete, rows[i].finished,
                   NOW, rows[i].findings));
        if (rows[i].code == IMG_WHY_NONE)
            expect_accept(&s);
        else
            expect_reject(&s, rows[i].code, "");
        end(&s);
    }
}

/* --- config, image, attestation --------------------------------------------------------------- */

static void only_a_number_shows_that_a_user_is_not_root(void **state)
{
    static const struct {
        const char *user;
        enum img_reason code;
    } rows[] = {{"10001", IMG_WHY_NONE},
                {"10001:0", IMG_WHY_NONE},
                {"1000650000", IMG_WHY_NONE},
                {"2147483647", IMG_WHY_NONE},
                {"", IMG_WHY_RUNS_AS_ROOT},
                {"0", IMG_WHY_RUNS_AS_ROOT},
                {"00", IMG_WHY_RUNS_AS_ROOT},
                {"0:1000", IMG_WHY_RUNS_AS_ROOT},
                {":1000", IMG_WHY_RUNS_AS_ROOT},
                {"root", IMG_WHY_RUNS_AS_ROOT},
                {"root:app", IMG_WHY_RUNS_AS_ROOT},
                {"app", IMG_WHY_USER_NOT_NUMERIC},
                {"1000x", IMG_WHY_USER_NOT_NUMERIC},
                {"-1", IMG_WHY_USER_NOT_NUMERIC},
                {"4294967296", IMG_WHY_USER_NOT_NUMERIC},
                {"18446744073709551616", IMG_WHY_USER_NOT_NUMERIC}};
    struct scene s;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        begin_rule(&s, "config: {user: nonroot}");
        s.config.user = rows[i].user;
        if (rows[i].code == IMG_WHY_NONE)
            expect_accept(&s);
        else
            expect_reject(&s, rows[i].code, "");
        end(&s);
    }
    begin_rule(&s, "config: {user: nonroot}");
    s.platforms[0].config = NULL;
    expect_reject(&s, IMG_WHY_CONFIG_UNKNOWN, "");
    s.facts.incomplete = true;
    expect(&s, IMG_UNDECIDED, IMG_WHY_CONFIG_UNKNOWN, "");
    end(&s);
}

static void image_rules(void **state)
{
    static const struct {
        const char *rule, *tag;
        bool by_digest;
        int64_t created;
        enum img_reason code;
    } rows[] = {
        {"registries: [\"registry.example.com/**\"]", "v1", false, NOW, IMG_WHY_NONE},
        {"registries: [\"x.io/**\", \"y.io/**\"]", "v1", false, NOW, IMG_WHY_REGISTRY_DENIED},
        {"tags: {deny: [latest]}", "v1", false, NOW, IMG_WHY_NONE},
        {"tags: {deny: [latest]}", "latest", false, NOW, IMG_WHY_TAG_DENIED},
        {"tags: {deny: [\"*-dev\"]}", "v1-dev", true, NOW, IMG_WHY_TAG_DENIED},
        {"tags: {deny: [latest]}", NULL, true, NOW, IMG_WHY_NONE},
        {"tags: {allow: [\"v*\"]}", "v1", false, NOW, IMG_WHY_NONE},
        {"tags: {allow: [\"v*\"]}", "main", false, NOW, IMG_WHY_TAG_DENIED},
        {"tags: {allow: [\"v*\"], deny: [v1]}", "v1", false, NOW, IMG_WHY_TAG_DENIED},
        {"digest: required", "v1", false, NOW, IMG_WHY_DIGEST_REQUIRED},
        {"digest: required", "v1", true, NOW, IMG_WHY_NONE},
        {"maxAge: 1h", "v1", true, NOW - 3600, IMG_WHY_NONE},
        {"maxAge: 1h", "v1", true, NOW - 3601, IMG_WHY_TOO_OLD},
        {"maxAge: 1h", "v1", true, NOW + 301, IMG_WHY_TIME_IN_FUTURE},
        {"maxAge: 1h", "v1", true, IMG_TIME_NONE, IMG_WHY_NO_TIME},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(rows); i++) {
        char rule[300];
        struct scene s;

        (void)snprintf(rule, sizeof(rule), "image: {%s}", rows[i].rule);
        begin_rule(&s, rule);
        s.facts.tag = rows[i].tag;
        s.facts.by_digest = rows[i].by_digest;
        s.config.created = rows[i].created;
        if (rows[i].code == IMG_WHY_NONE)
            expect_accept(&s);
        else
            expect_reject(&s, rows[i].code, "");
        end(&s);
    }
}

static void attestation_rules(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "attestation: {type: \"https://example.com/test/v1\", by: [a]}");
    say(&s, 'a', BOM, "{}");
    expect_reject(&s, IMG_WHY_PREDICATE_MISSING, "1 of type " BOM);
    say(&s, 'b', "https://example.com/test/v1", "{}");
    expect_reject(&s, IMG_WHY_IDENTITY_MISMATCH, "");
    say(&s, 'a', "https://example.com/test/v1", "{}");
    expect_accept(&s);
    end(&s);
    begin_rule(&s, "attestation: {type: \"https://example.com/test/v1\", by: [a], maxAge: 1h}");
    say(&s, 'a', "https://example.com/test/v1", "{}");
    expect_reject(&s, IMG_WHY_NO_TIME, "");
    end(&s);
    begin_rule(&s, "attestation: {type: slsaprovenance1, by: [a], maxAge: 1h}");
    say(&s, 'a', "https://slsa.dev/provenance/v1",
        "{\"runDetails\":{\"metadata\":{\"finishedOn\":\"2026-11-22T06:00:00Z\"}}}");
    expect_reject(&s, IMG_WHY_TOO_OLD, "2h");
    say(&s, 'a', "https://slsa.dev/provenance/v1",
        "{\"runDetails\":{\"metadata\":{\"finishedOn\":\"2026-11-22T07:30:00Z\"}}}");
    expect_accept(&s);
    assert_int_equal(s.decision->valid_until, NOW + 1801);
    end(&s);
}

static void a_type_asked_for_beside_the_policies_needs_an_authority_that_applies(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    t_ok(img_policies_require_type(s.policies, "cyclonedx", &err));
    t_fails(img_policies_require_type(s.policies, "cyclone", &err), IMG_E_USAGE, "");
    say(&s, 'a', SIGN, "{}");
    expect_reject(&s, IMG_WHY_PREDICATE_MISSING, "");
    say(&s, 'b', BOM, "{}");
    expect_accept(&s);
    end(&s);
}

/* --- platforms -------------------------------------------------------------------------------- */

static void rules_hold_for_each_platform(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "sbom: {by: [a]}");
    make_index(&s, "linux/amd64", "linux/arm64");
    say_platform(&s, 0, 'a', BOM, SBOM("complete", ""));
    expect_reject(&s, IMG_WHY_PREDICATE_MISSING, "");
    assert_string_equal(failed(&s)->platform, "linux/arm64");
    say_platform(&s, 1, 'a', BOM, SBOM("complete", ""));
    expect_accept(&s);
    assert_string_equal(s.decision->platforms[1], "linux/arm64");
    s.facts.platforms_code = IMG_WHY_PLATFORM_AMBIGUOUS;
    s.facts.platforms_why = "linux/arm64 is listed twice";
    expect_reject(&s, IMG_WHY_PLATFORM_AMBIGUOUS, "linux/arm64 is listed twice");
    end(&s);
}

static void platforms_that_are_listed_must_be_there(void **state)
{
    static const char policy[] =
        POLICY("p", "  images: [{glob: \"**\"}]\n  platforms: [linux/amd64, linux/s390x]\n" BY_A);
    struct scene s;

    (void)state;
    begin(&s, policy);
    make_index(&s, "linux/amd64", "linux/arm64");
    say(&s, 'a', SIGN, "{}");
    expect_reject(&s, IMG_WHY_PLATFORM_MISSING, "linux/amd64, linux/arm64");
    assert_string_equal(failed(&s)->expected, "linux/s390x");
    t_ok(img_platform_parse("linux/s390x", &s.platforms[1].platform, &err));
    expect_accept(&s);
    end(&s);
    begin(&s, policy); /* a single image has to be one of them */
    say(&s, 'a', SIGN, "{}");
    expect_reject(&s, IMG_WHY_PLATFORM_MISSING, "no platform that is known");
    s.platforms[0].has_platform = true;
    t_ok(img_platform_parse("linux/amd64", &s.platforms[0].platform, &err));
    expect_accept(&s);
    t_ok(img_platform_parse("linux/arm64", &s.platforms[0].platform, &err));
    expect_reject(&s, IMG_WHY_PLATFORM_MISSING, "linux/arm64");
    end(&s);
}

static void an_index_is_attested_as_a_whole_or_platform_by_platform(void **state)
{
    struct scene s;

    (void)state;
    begin_rule(&s, "attestation: {type: cyclonedx, by: [a]}");
    make_index(&s, "linux/amd64", "linux/arm64");
    say_platform(&s, 0, 'a', BOM, "{}");
    expect_reject(&s, IMG_WHY_PREDICATE_MISSING, "");
    say_platform(&s, 1, 'a', BOM, "{}");
    expect_accept(&s);
    end(&s);
}

/* --- the record ------------------------------------------------------------------------------- */

static void the_record_is_the_same_for_the_same_inputs(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf first = IMG_BUF(IMG_MIB), second = IMG_BUF(IMG_MIB);
    struct img_bytes x, y;
    json_t *doc = NULL;
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    say(&s, 'a', SIGN, "{}");
    say(&s, 'c', SIGN, "{}");
    decide(&s);
    t_ok(img_decision_json(s.decision, &first, &err));
    decide(&s);
    t_ok(img_decision_json(s.decision, &second, &err));
    t_ok(img_buf_bytes(&first, &x, &err));
    t_ok(img_buf_bytes(&second, &y, &err));
    assert_int_equal(x.len, y.len);
    assert_memory_equal(x.ptr, y.ptr, x.len);
    t_ok(img_json_parse(x, IMG_MIB, &doc, &err));
    {
        char *sorted = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);

        assert_int_equal(strlen(sorted), x.len); /* canonical: members are sorted already */
        assert_memory_equal(sorted, x.ptr, x.len);
        free(sorted);
    }
    assert_string_equal(json_string_value(json_object_get(doc, "verdict")), "accept");
    assert_string_equal(json_string_value(json_object_get(doc, "clock")), "now");
    json_decref(doc);
    end(&s);
}

static void blobs_that_do_not_match_reject(void **state)
{
    struct img_blobs_fact blobs = {.ok = true, .text = "all"};
    struct scene s;

    (void)state;
    begin_rule(&s, "signature: {any: [a]}");
    s.facts.blobs = &blobs;
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    blobs = (struct img_blobs_fact){.code = IMG_WHY_DIGEST_MISMATCH, .text = "layer 0"};
    expect_reject(&s, IMG_WHY_DIGEST_MISMATCH, "layer 0");
    blobs = (struct img_blobs_fact){.code = IMG_WHY_UNDECIDED, .undecided = true, .text = "gone"};
    expect(&s, IMG_UNDECIDED, IMG_WHY_UNDECIDED, "gone");
    end(&s);
}

static void a_key_alone_means_one_signature_by_any_of_them(void **state)
{
    struct img_policies *p = NULL;
    struct img_key *keys[2] = {NULL, NULL};
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(IMG_LIMIT_KEY);
    struct img_bytes text;
    struct scene s;

    (void)state;
    t_ok(img_policies_new(&p, &err));
    t_ok(img_key_write_public(t_key('a'), &pem, &err));
    t_ok(img_buf_bytes(&pem, &text, &err));
    t_ok(img_key_read_public(text, &keys[0], &err));
    t_ok(img_policies_add_keys(p, keys, 1, &err));
    begin_rule(&s, "signature: {any: [b]}"); /* for its scene; its policies are replaced */
    img_policies_free(s.policies);
    s.policies = p;
    s.facts.name = NULL;
    say(&s, 'a', BOM, "{}");
    expect_reject(&s, IMG_WHY_NO_SIGNATURE, "1 of type " BOM);
    say(&s, 'a', SIGN, "{}");
    expect_accept(&s);
    end(&s);
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
        cmocka_unit_test(a_signature_is_a_signature_and_nothing_else),
        cmocka_unit_test(a_strangers_signature_is_named),
        cmocka_unit_test(thresholds_count_identities),
        cmocka_unit_test(names_same_compares_the_signed_name),
        cmocka_unit_test(keys_count_in_their_time),
        cmocka_unit_test(every_policy_that_applies_must_accept),
        cmocka_unit_test(what_no_enforcing_policy_matches_is_rejected),
        cmocka_unit_test(the_nearest_glob_is_named),
        cmocka_unit_test(without_a_name_only_the_glob_for_everything_matches),
        cmocka_unit_test(a_policy_and_its_rules_have_their_time),
        cmocka_unit_test(rules_that_warn_do_not_turn_the_verdict),
        cmocka_unit_test(what_could_not_be_had_makes_undecided),
        cmocka_unit_test(sbom_rules),
        cmocka_unit_test(the_latest_sbom_counts_and_ties_all_have_to_hold),
        cmocka_unit_test(scan_times),
        cmocka_unit_test(a_scan_is_one_that_looked_for_vulnerabilities_everywhere),
        cmocka_unit_test(the_latest_scan_counts),
        cmocka_unit_test(a_report_about_another_image_is_none),
        cmocka_unit_test(scan_limits),
        cmocka_unit_test(a_report_that_is_not_exactly_one_is_absent),
        cmocka_unit_test(checks_rules),
        cmocka_unit_test(only_a_number_shows_that_a_user_is_not_root),
        cmocka_unit_test(image_rules),
        cmocka_unit_test(attestation_rules),
        cmocka_unit_test(a_type_asked_for_beside_the_policies_needs_an_authority_that_applies),
        cmocka_unit_test(rules_hold_for_each_platform),
        cmocka_unit_test(platforms_that_are_listed_must_be_there),
        cmocka_unit_test(an_index_is_attested_as_a_whole_or_platform_by_platform),
        cmocka_unit_test(the_record_is_the_same_for_the_same_inputs),
        cmocka_unit_test(blobs_that_do_not_match_reject),
        cmocka_unit_test(a_key_alone_means_one_signature_by_any_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, free_keys);
}
