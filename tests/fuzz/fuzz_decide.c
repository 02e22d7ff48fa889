/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "tests/support/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Behind the signature: predicates that are really signed by the one who may speak. */
static const char policy[] =
    "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: p}\nspec:\n"
    "  images: [{glob: \"**\"}]\n"
    "  authorities: [{name: a, keys: [{file: a.pub}]}]\n"
    "  require:\n"
    "  - scan: {by: [a], maxAge: 24h, accept: [{id: CVE-1-1, until: 2030-01-01T00:00:00Z}]}\n"
    "---\n"
    "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: q}\nspec:\n"
    "  images: [{glob: \"**\"}]\n"
    "  authorities: [{name: a, keys: [{file: a.pub}]}]\n"
    "  require:\n"
    "  - checks: {by: [a], secrets: none, setuid: none}\n"
    "---\n"
    "apiVersion: imgtrust/v1\nkind: ImagePolicy\nmetadata: {name: r}\nspec:\n"
    "  images: [{glob: \"**\"}]\n"
    "  authorities: [{name: a, keys: [{file: a.pub}]}]\n"
    "  require:\n"
    "  - sbom: {by: [a], deny: [{purl: \"pkg:deb/debian/zlib1g\"}]}\n"
    "  - attestation: {type: slsaprovenance1, by: [a], maxAge: 24h}\n";

static const char *const types[] = {IMG_PREDICATE_SCAN,      IMG_PREDICATE_VULN,
                                    IMG_PREDICATE_VULNS_01,  IMG_PREDICATE_VULNS_02,
                                    IMG_PREDICATE_CYCLONEDX, IMG_PREDICATE_SPDX,
                                    IMG_PREDICATE_CHECKS,    IMG_PREDICATE_SLSA_1};

static bool accepted(const struct img_decision *d, const char *name)
{
    for (size_t i = 0; i < d->policy_count; i++)
        if (strcmp(d->policies[i].name, name) == 0)
            return d->policies[i].verdict == IMG_ACCEPT;
    return false;
}

static bool member_is(const json_t *o, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(o, key));

    return text != NULL && strcmp(text, value) == 0;
}

/* What a reader of the predicate would never accept, found without any of the code under test. */
static void check_scan(const json_t *predicate, const struct img_decision *d)
{
    const json_t *findings = json_object_get(predicate, "findings");

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *f = json_array_get(findings, i);

        if (accepted(d, "p") && member_is(f, "kind", "vulnerability") &&
            (member_is(f, "severity", "critical") || member_is(f, "severity", "high")) &&
            !member_is(f, "id", "CVE-1-1") && json_object_get(f, "aliases") == NULL)
            abort();
        if (accepted(d, "q") && member_is(f, "kind", "secret"))
            abort();
    }
    if (accepted(d, "p") && json_array_size(json_object_get(predicate, "inputs")) == 0)
        abort();
}

static void check_sbom(const json_t *predicate, const struct img_decision *d)
{
    const json_t *components = json_object_get(predicate, "components");

    for (size_t i = 0; accepted(d, "r") && i < json_array_size(components); i++) {
        const json_t *purl = json_object_get(json_array_get(components, i), "purl");

        if (json_is_string(purl) && strncmp(json_string_value(purl), "pkg:deb/debian/zlib1g@",
                                            strlen("pkg:deb/debian/zlib1g@")) == 0)
            abort();
    }
}

static void decide(const char *type, const char *text, const json_t *predicate)
{
    static struct img_policies *p; /* read once: it is not what is tested */
    const struct t_statement statement = {'a', type, NULL, "manifest", text};
    struct img_err err = IMG_ERR_INIT;
    struct img_verified *said;
    struct img_subject_facts image = {.digest = t_digest_of("manifest")};
    struct img_facts facts = {.digest = image.digest,
                              .platforms = &image,
                              .platform_count = 1,
                              .now = INT64_C(1795334400)};
    struct img_decision *d = NULL;

    if (p == NULL && (!img_policies_new(&p, &err) ||
                      !img_policies_add(p, "p.yaml", "", t_bytes(policy), t_load_key, NULL, &err)))
        abort();
    said = t_say(p, facts.now, &statement, &err);
    image.verified = facts.verified = &said;
    image.verified_count = facts.verified_count = said != NULL;
    if (!img_policies_decide(p, &facts, &d, &err))
        abort();
    if (d->verdict == IMG_ACCEPT)
        abort(); /* no one statement satisfies all three policies */
    if (strcmp(type, IMG_PREDICATE_SCAN) == 0)
        check_scan(predicate, d);
    if (strcmp(type, IMG_PREDICATE_CYCLONEDX) == 0)
        check_sbom(predicate, d);
    img_decision_free(d);
    img_verified_free(said);
}

/* Property: whatever a signed predicate says, there is a decision, and it never accepts what the
 * predicate itself shows to be against the policy. The first byte chooses the predicate type. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_err err = IMG_ERR_INIT;
    json_t *predicate = NULL;
    char *text;

    if (size < 2 || size > 65536 ||
        !img_json_parse((struct img_bytes){data + 1, size - 1}, 65536, &predicate, &err))
        return 0;
    text = malloc(size);
    if (text == NULL)
        abort();
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    if (json_is_object(predicate) && strlen(text) == size - 1)
        decide(types[data[0] % IMG_COUNT(types)], text, predicate);
    free(text);
    json_decref(predicate);
    return 0;
}
