/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/policy/policy.h"
#include "attest/purl.h"
#include "attest/scan/scan.h"
#include "base/pool.h"
#include "base/time.h"

/*
 * Policies as read: private to attest/policy. Strings and arrays belong to the pool of the
 * img_policies; purls and keys are freed by img_policies_free().
 */
struct img_words {
    const char **items;
    size_t count;
};
/* Authorities a rule names, as indexes into the authorities of its policy. */
struct img_numbers {
    size_t *items;
    size_t count;
};

enum img_rule_kind {
    IMG_RULE_NONE,
    IMG_RULE_SIGNATURE,
    IMG_RULE_SBOM,
    IMG_RULE_SCAN,
    IMG_RULE_CHECKS,
    IMG_RULE_CONFIG,
    IMG_RULE_IMAGE,
    IMG_RULE_ATTESTATION
};

struct img_signature_rule {
    size_t at_least;  /* of the authorities in `by` */
    bool all;         /* every one of them: at_least is their number */
    bool authorities; /* distinct: authority; else identity */
    bool names_same;
};
struct img_deny {
    const char *text; /* the purl as written */
    struct img_purl purl;
    const char *versions; /* NULL: any */
};
struct img_sbom_rule {
    bool complete;
    struct img_deny *deny;
    size_t deny_count;
};
enum img_fixable { IMG_FIXABLE_ANY, IMG_FIXABLE_ONLY, IMG_FIXABLE_NOT };
struct img_limit {
    enum img_severity severity;
    enum img_fixable fixable;
    int64_t max;
};
struct img_exception {
    const char *id, *reason, *owner; /* reason and owner NULL when not given */
    bool has_package;
    struct img_purl package;
    int64_t until; /* counts before this moment */
};
struct img_scan_rule {
    int64_t db_max_age; /* seconds; 0: not asked */
    struct img_limit *limits;
    size_t limit_count;
    struct img_exception *accept;
    size_t accept_count;
};
struct img_checks_rule {
    bool secrets, malware, setuid; /* none of them, but for what is allowed */
    struct img_words setuid_allow;
};
struct img_image_rule {
    struct img_words registries, tags_allow, tags_deny;
    bool digest;
};
enum img_pick { IMG_PICK_UNSET, IMG_PICK_LATEST, IMG_PICK_ANY, IMG_PICK_ALL };

struct img_rule {
    enum img_rule_kind kind;
    const char *id, *message, *remedy; /* message and remedy NULL when not given */
    bool warn;
    int64_t from, until; /* in force; IMG_TIME_NONE: open */
    struct img_numbers by;
    int64_t max_age;    /* seconds; 0: not asked */
    enum img_pick pick; /* attestation */
    const char *type;   /* attestation */
    struct img_signature_rule signature;
    struct img_sbom_rule sbom;
    struct img_scan_rule scan;
    struct img_checks_rule checks;
    struct img_image_rule image;
};

struct img_policy {
    const char *name;
    const char *sha256; /* text of the file's digest */
    int64_t expires;    /* IMG_TIME_NONE: never */
    int64_t serial;
    bool warn;         /* mode: warn */
    bool from_options; /* made by --key, not by a document */
    struct img_words images, exclude;
    struct img_platform *platforms; /* NULL: every */
    size_t platform_count;
    size_t first_authority, authority_count; /* in the list of all policies */
    struct img_rule *rules;
    size_t rule_count;
};

enum img_unmatched { IMG_UNMATCHED_REJECT, IMG_UNMATCHED_WARN, IMG_UNMATCHED_ACCEPT };

struct img_policies {
    struct img_pool pool;
    struct img_policy *items;
    size_t count;
    struct img_authority *authorities;
    size_t authority_count;
    struct img_key **keys; /* owned */
    size_t key_count;
    struct img_words types; /* --type */
    bool has_config;        /* a document of kind ImagePolicyConfig was read */
    enum img_unmatched unmatched;
    const char *config_sha256;
};

/* Appends a policy whose authorities are the last `authority_count` added. */
IMG_NODISCARD bool img_policies_append(struct img_policies *p, const struct img_policy *policy,
                                       struct img_err *err);
IMG_NODISCARD bool img_policies_append_authority(struct img_policies *p,
                                                 const struct img_authority *a,
                                                 struct img_err *err);
/* Takes ownership of key on success. */
IMG_NODISCARD bool img_policies_own_key(struct img_policies *p, struct img_key *key,
                                        struct img_err *err);
void img_rule_done(struct img_rule *r);
