/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/types.h"
#include "tests/support/t.h"

static void a_type_is_a_word_or_a_uri_and_nothing_else(void **state)
{
    static const char *const bad[] = {"",        "sbom2",     "CycloneDX",    "https",
                                      "https:",  ":x",        "1a:b",         "a b:c",
                                      "urn:a b", "urn:a\nb",  "urn:\x1b[2J",  "urn:\xc3\xa4",
                                      "urn:<x>", "urn:\"x\"", "provenance v1"};
    const char *type = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        t_fails(img_predicate_for_writing(bad[i], &type, &err), IMG_E_USAGE, "slsaprovenance1");
        t_fails(img_predicate_check_word(bad[i], &err), IMG_E_USAGE, "slsaprovenance1");
    }
    /* words that stand for several types can be asked for, not written */
    t_fails(img_predicate_for_writing("sbom", &type, &err), IMG_E_USAGE, "sbom");
    t_fails(img_predicate_for_writing("provenance", &type, &err), IMG_E_USAGE, "provenance");
    assert_null(type);
}

static void words_are_those_of_cosign(void **state)
{
    static const struct {
        const char *word, *type;
    } good[] = {
        {"custom", "https://cosign.sigstore.dev/attestation/v1"},
        {"slsaprovenance", "https://slsa.dev/provenance/v0.2"},
        {"slsaprovenance02", "https://slsa.dev/provenance/v0.2"},
        {"slsaprovenance1", "https://slsa.dev/provenance/v1"},
        {"spdx", "https://spdx.dev/Document"},
        {"spdxjson", "https://spdx.dev/Document"},
        {"cyclonedx", "https://cyclonedx.org/bom"},
        {"link", "https://in-toto.io/Link/v1"},
        {"vuln", "https://cosign.sigstore.dev/attestation/vuln/v1"},
        {"openvex", "https://openvex.dev/ns"},
        {"scan", "urn:imgtrust:scan-report:v1"},
        {"checks", "urn:imgtrust:image-checks:v1"},
        {"https://example.com/test/v1", "https://example.com/test/v1"},
        {"urn:x", "urn:x"},
    };
    const char *type = NULL;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(good); i++) {
        t_ok(img_predicate_for_writing(good[i].word, &type, &err));
        assert_string_equal(type, good[i].type);
        t_ok(img_predicate_check_word(good[i].word, &err));
        assert_true(img_predicate_matches(good[i].word, good[i].type));
    }
}

static void sbom_and_provenance_ask_for_several_types(void **state)
{
    static const struct {
        const char *word, *type;
        bool matches;
    } cases[] = {
        {"sbom", "https://cyclonedx.org/bom", true},
        {"sbom", "https://cyclonedx.org/bom/v1.6", true},
        {"sbom", "https://spdx.dev/Document", true},
        {"sbom", "https://spdx.dev/Document/v2.3", true},
        {"sbom", "https://cyclonedx.org/bomb", false},
        {"sbom", "https://cyclonedx.org/bom/", false},
        {"sbom", "https://cyclonedx.org/bom/v", false},
        {"sbom", "https://sigstore.dev/cosign/sign/v1", false},
        {"sbom", "", false},
        {"provenance", "https://slsa.dev/provenance/v0.2", true},
        {"provenance", "https://slsa.dev/provenance/v1", true},
        {"provenance", "https://slsa.dev/provenance/v2", false},
        {"cyclonedx", "https://cyclonedx.org/bom/v1.6", false},
        {"cyclonedx", "https://CycloneDX.org/bom", false},
        {"scan", "urn:imgtrust:image-checks:v1", false},
        {"checks", "urn:imgtrust:scan-report:v1", false},
        {"vuln", "urn:imgtrust:scan-report:v1", false},
        {"urn:x", "urn:x:y", false},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(cases); i++)
        assert_int_equal(img_predicate_matches(cases[i].word, cases[i].type), cases[i].matches);
    t_ok(img_predicate_check_word("sbom", &err));
    t_ok(img_predicate_check_word("provenance", &err));
}

static void a_type_is_shown_by_its_word(void **state)
{
    (void)state;
    assert_string_equal(img_predicate_word(IMG_PREDICATE_SIGN), "signature");
    assert_string_equal(img_predicate_word(IMG_PREDICATE_SPDX), "spdx");
    assert_string_equal(img_predicate_word(IMG_PREDICATE_SLSA_02), "slsaprovenance02");
    assert_string_equal(img_predicate_word("https://example.com/x"), "https://example.com/x");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_type_is_a_word_or_a_uri_and_nothing_else),
        cmocka_unit_test(words_are_those_of_cosign),
        cmocka_unit_test(sbom_and_provenance_ask_for_several_types),
        cmocka_unit_test(a_type_is_shown_by_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
