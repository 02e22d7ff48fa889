/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The stable words that say why something was refused. They appear in decision records, under
 * `ignored`, in error messages and in the manual; scripts match on them, so a word never changes
 * its meaning and is never removed. Append only.
 *
 * X(symbol, "word", "what it means, one clause")
 */
/* clang-format off */
#define IMG_REASONS(X)                                                                              \
    X(IMG_WHY_NONE, "", "no particular reason")                                                     \
    /* content */                                                                                   \
    X(IMG_WHY_DIGEST_MISMATCH, "digest-mismatch", "the bytes do not have the digest they should")   \
    X(IMG_WHY_SIZE_MISMATCH, "size-mismatch", "the bytes are not as many as was declared")          \
    X(IMG_WHY_ATTACH_UNCONFIRMED, "attach-unconfirmed",                                             \
      "what was attached could not be read back before the deadline")                               \
    /* evidence */                                                                                  \
    X(IMG_WHY_NO_SIGNATURE, "no-signature", "nothing attached to the image is a signature")         \
    X(IMG_WHY_PREDICATE_MISSING, "predicate-missing",                                               \
      "no verified attestation has the predicate type asked for")                                   \
    X(IMG_WHY_UNTRUSTED_KEY, "untrusted-key", "signed, but by no key that is trusted here")         \
    X(IMG_WHY_BAD_SIGNATURE, "bad-signature", "the signature does not fit the bytes and the key")   \
    X(IMG_WHY_SUBJECT_MISMATCH, "subject-mismatch", "the statement is about another image")         \
    X(IMG_WHY_IDENTITY_MISMATCH, "identity-mismatch", "signed by another identity than asked for")  \
    X(IMG_WHY_KEY_RETIRED, "key-retired", "the key is trusted only for another period")             \
    X(IMG_WHY_KEY_REVOKED, "key-revoked", "the policy lists the key as revoked")                    \
    X(IMG_WHY_MALFORMED, "malformed-evidence", "the evidence breaks its own format")                \
    X(IMG_WHY_UNSUPPORTED, "unsupported-evidence", "the evidence is of a kind not implemented")     \
    X(IMG_WHY_PAYLOAD_TYPE, "wrong-payload-type", "the envelope does not carry an in-toto statement") \
    X(IMG_WHY_SIGNATURE_COUNT, "signature-count", "a bundle carries exactly one signature")         \
    X(IMG_WHY_EVIDENCE_LIMIT, "evidence-limit", "more evidence than the limit allows to be read")   \
    X(IMG_WHY_TOO_FEW_SIGNERS, "too-few-signers", "fewer distinct signers than the policy asks for") \
    X(IMG_WHY_NAME_MISMATCH, "name-mismatch", "what was signed has another repository name")        \
    /* time */                                                                                      \
    X(IMG_WHY_NO_TIME, "no-time", "a time is needed and the statement carries none")                \
    X(IMG_WHY_TIME_IN_FUTURE, "time-in-future", "a claimed time lies after the time it was made")   \
    X(IMG_WHY_CLOCK_IMPLAUSIBLE, "clock-implausible", "this machine's clock is behind a witness")   \
    X(IMG_WHY_TOO_OLD, "too-old", "older than the policy allows")                                   \
    /* SBOM */                                                                                      \
    X(IMG_WHY_SBOM_INCOMPLETE, "sbom-incomplete", "the SBOM does not claim to be complete")         \
    X(IMG_WHY_DENIED_PACKAGE, "denied-package", "the image contains a package the policy denies")   \
    X(IMG_WHY_VERSION_ORDER_UNKNOWN, "version-order-unknown",                                       \
      "versions of this package type cannot be compared yet")                                       \
    /* scan and checks */                                                                           \
    X(IMG_WHY_NO_VULNERABILITY_SCAN, "no-vulnerability-scan",                                       \
      "nothing that was verified looked for vulnerabilities")                                       \
    X(IMG_WHY_SCAN_INCOMPLETE, "scan-incomplete", "the scanner did not look at everything")         \
    X(IMG_WHY_SCAN_TOO_OLD, "scan-too-old", "the scan finished longer ago than allowed")            \
    X(IMG_WHY_DB_TOO_OLD, "db-too-old", "the scanner's database is older than allowed")             \
    X(IMG_WHY_TOO_MANY_CRITICAL, "too-many-critical", "more critical findings than allowed")        \
    X(IMG_WHY_TOO_MANY_HIGH, "too-many-high", "more high findings than allowed")                    \
    X(IMG_WHY_TOO_MANY_MEDIUM, "too-many-medium", "more medium findings than allowed")              \
    X(IMG_WHY_TOO_MANY_LOW, "too-many-low", "more low findings than allowed")                       \
    X(IMG_WHY_TOO_MANY_NEGLIGIBLE, "too-many-negligible", "more negligible findings than allowed")  \
    X(IMG_WHY_TOO_MANY_UNKNOWN, "too-many-unknown", "more findings of unknown severity than allowed") \
    X(IMG_WHY_SECRETS_FOUND, "secrets-found", "the image contains secrets")                         \
    X(IMG_WHY_SETUID_FOUND, "setuid-found", "the image has setuid files the policy does not allow") \
    X(IMG_WHY_MALWARE_FOUND, "malware-found", "the image contains malware")                         \
    X(IMG_WHY_NOT_LOOKED_FOR, "not-looked-for", "the report did not look for what the rule asks")   \
    /* the image itself */                                                                          \
    X(IMG_WHY_RUNS_AS_ROOT, "runs-as-root", "the image's configured user is root")                  \
    X(IMG_WHY_CONFIG_UNKNOWN, "config-unknown", "the image has no readable configuration")          \
    X(IMG_WHY_REGISTRY_DENIED, "registry-not-allowed", "the image is in a registry not allowed")    \
    X(IMG_WHY_TAG_DENIED, "tag-denied", "the image is referred to by a tag the policy denies")      \
    X(IMG_WHY_DIGEST_REQUIRED, "digest-required", "the image is not referred to by digest")         \
    X(IMG_WHY_IMAGE_NAME_UNKNOWN, "image-name-unknown",                                             \
      "the image has no repository name; --as NAME says what it is deployed as")                    \
    X(IMG_WHY_PLATFORM_MISSING, "platform-missing", "a platform asked for is not in the image")     \
    X(IMG_WHY_PLATFORM_AMBIGUOUS, "platform-ambiguous", "a platform is unnamed or listed twice")    \
    /* policy */                                                                                    \
    X(IMG_WHY_UNMATCHED, "no-policy-matches", "no enforcing policy applies to the image")           \
    X(IMG_WHY_POLICY_EXPIRED, "policy-expired", "the policy itself has expired")                    \
    X(IMG_WHY_UNDECIDED, "could-not-check", "something needed could not be had")                    \
    X(IMG_WHY_WORD_UNSUPPORTED, "unsupported", "a word that is known and not built yet")            \
    X(IMG_WHY_USER_NOT_NUMERIC, "user-not-numeric",                                                 \
      "the configured user is a name, which may stand for root")                                    \
    X(IMG_WHY_NOT_IN_FORCE, "no-rule-in-force", "none of the policy's rules is in force")           \
    X(IMG_WHY_LAYER_MALFORMED, "malformed-layer", "a layer is not the archive it should be")
/* clang-format on */

#define IMG_REASON_ENUM(symbol, word, meaning) symbol,
enum img_reason { IMG_REASONS(IMG_REASON_ENUM) IMG_REASON_COUNT };

/* The stable word ("" for IMG_WHY_NONE), and its meaning. Static strings. */
const char *img_reason_word(enum img_reason why);
const char *img_reason_meaning(enum img_reason why);
