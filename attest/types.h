/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * The predicate types this project knows, and the words people use for them.
 *
 * Source: cosign's `--type` words; in-toto attestation predicates.
 */
#define IMG_PREDICATE_SIGN      "https://sigstore.dev/cosign/sign/v1"
#define IMG_PREDICATE_CYCLONEDX "https://cyclonedx.org/bom"
#define IMG_PREDICATE_SPDX      "https://spdx.dev/Document"
#define IMG_PREDICATE_VULN      "https://cosign.sigstore.dev/attestation/vuln/v1"
#define IMG_PREDICATE_VULNS_01  "https://in-toto.io/attestation/vulns/v0.1"
#define IMG_PREDICATE_VULNS_02  "https://in-toto.io/attestation/vulns/v0.2"
#define IMG_PREDICATE_SCAN      "urn:imgtrust:scan-report:v1"
#define IMG_PREDICATE_CHECKS    "urn:imgtrust:image-checks:v1"
#define IMG_PREDICATE_SLSA_02   "https://slsa.dev/provenance/v0.2"
#define IMG_PREDICATE_SLSA_1    "https://slsa.dev/provenance/v1"
#define IMG_PREDICATE_OPENVEX   "https://openvex.dev/ns"
#define IMG_PREDICATE_CUSTOM    "https://cosign.sigstore.dev/attestation/v1"
#define IMG_PREDICATE_LINK      "https://in-toto.io/Link/v1"

#define IMG_STATEMENT_V1  "https://in-toto.io/Statement/v1"
#define IMG_STATEMENT_V01 "https://in-toto.io/Statement/v0.1"
#define IMG_PAYLOAD_TYPE  "application/vnd.in-toto+json"

/* For writing: a word ("cyclonedx", "spdxjson" = "spdx", "vuln", "scan", "checks",
 * "slsaprovenance1", …) or a URI → the predicate type. IMG_E_USAGE for neither, listing the words.
 */
IMG_NODISCARD bool img_predicate_for_writing(const char *word, const char **out,
                                             struct img_err *err);

/* For reading: true when a statement of this predicate type is what `word` asks for. `sbom` is both
 * SBOM types, with or without a "/vX" after them; `provenance` both SLSA types; a URI is itself. */
bool img_predicate_matches(const char *word, const char *predicate_type);
/* IMG_E_USAGE unless word could be asked for at all. */
IMG_NODISCARD bool img_predicate_check_word(const char *word, struct img_err *err);

/* The word for a predicate type in messages: "signature", "cyclonedx", …; the type itself where
 * there is none. */
const char *img_predicate_word(const char *predicate_type);
