/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/policy/glob.h"
#include "attest/policy/read.h"
#include "base/limits.h"
#include "base/text.h"

#define API_VERSION "imgtrust/v1"

bool img_globs_read(struct img_policy_reader *r, const struct img_yaml *list, struct img_words *out,
                    struct img_err *err)
{
    struct img_words words = {.items = NULL};

    if (list == NULL)
        return true;
    if (!img_field_words(list, &r->all->pool, &words, err))
        return false;
    for (size_t i = 0; i < words.count; i++)
        if (!img_glob_check(words.items[i], err))
            return img_field_blame(list->items[i], err);
    *out = words;
    return true;
}

/* `images` and `exclude`: [{glob: "…"}, …]. */
static bool read_images(struct img_policy_reader *r, const struct img_yaml *list, const char *what,
                        struct img_words *out, struct img_err *err)
{
    struct img_words words = {.items = NULL};
    size_t count;

    if (list == NULL)
        return true;
    if (!img_field_list(list, &count, err))
        return img_ctx(err, "%s", what);
    words.items = img_pool_alloc(&r->all->pool, count, sizeof(*words.items));
    if (words.items == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; words.count < count; words.count++) {
        const struct img_yaml *glob = NULL;
        const struct img_field fields[] = {{"glob", IMG_FIELD_REQUIRED, &glob}};

        if (!IMG_FIELDS(list->items[words.count], what, fields, err) ||
            !img_field_text(glob, &r->all->pool, &words.items[words.count], err))
            return false;
        if (!img_glob_check(words.items[words.count], err))
            return img_field_blame(glob, err);
    }
    *out = words;
    return true;
}

/* What holds at deploy time only. Nothing here knows those facts, and a policy whose facts are
 * unknown applies; so the words are checked and change nothing. */
static bool read_match(struct img_policy_reader *r, const struct img_yaml *n, struct img_err *err)
{
    const struct img_yaml *namespaces = NULL, *kinds = NULL;
    const struct img_field fields[] = {{"namespaces", IMG_FIELD_OPTIONAL, &namespaces},
                                       {"kinds", IMG_FIELD_OPTIONAL, &kinds}};
    struct img_words ignored;

    if (n == NULL)
        return true;
    return IMG_FIELDS(n, "match", fields, err) &&
           img_field_words(namespaces, &r->all->pool, &ignored, err) &&
           img_field_words(kinds, &r->all->pool, &ignored, err);
}

/* `platforms: every` (also when absent), or a list. */
static bool read_platforms(struct img_policy_reader *r, const struct img_yaml *n,
                           struct img_err *err)
{
    struct img_policy *p = r->policy;
    size_t count;

    if (n == NULL || (n->kind == IMG_YAML_SCALAR && strcmp(n->text, "every") == 0))
        return true;
    if (n->kind == IMG_YAML_SCALAR)
        return img_yaml_fail(n, err, IMG_E_USAGE, "platforms: expected 'every' or a list");
    if (!img_field_list(n, &count, err))
        return img_ctx(err, "platforms");
    p->platforms = img_pool_alloc(&r->all->pool, count, sizeof(*p->platforms));
    if (p->platforms == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (; p->platform_count < count; p->platform_count++) {
        const char *text = NULL;

        if (!img_field_text(n->items[p->platform_count], &r->all->pool, &text, err))
            return false;
        if (!img_platform_parse(text, &p->platforms[p->platform_count], err))
            return img_field_blame(n->items[p->platform_count], err);
    }
    return true;
}

static bool read_spec(struct img_policy_reader *r, const struct img_yaml *spec, struct img_err *err)
{
    static const char *const modes[] = {"enforce", "warn", NULL};
    const struct img_yaml *serial = NULL, *expires = NULL, *images = NULL, *exclude = NULL;
    const struct img_yaml *match = NULL, *platforms = NULL, *mode = NULL, *authorities = NULL;
    const struct img_yaml *require = NULL;
    const struct img_field fields[] = {
        {"serial", IMG_FIELD_OPTIONAL, &serial},
        {"expires", IMG_FIELD_OPTIONAL, &expires},
        {"images", IMG_FIELD_REQUIRED, &images},
        {"exclude", IMG_FIELD_OPTIONAL, &exclude},
        {"match", IMG_FIELD_OPTIONAL, &match},
        {"platforms", IMG_FIELD_OPTIONAL, &platforms},
        {"mode", IMG_FIELD_OPTIONAL, &mode},
        {"authorities", IMG_FIELD_OPTIONAL, &authorities},
        {"require", IMG_FIELD_REQUIRED, &require},
    };
    struct img_policy *p = r->policy;
    size_t chosen = 0;

    if (!IMG_FIELDS(spec, "spec", fields, err) ||
        !img_field_int(serial, 0, INT64_MAX, &p->serial, err) ||
        !img_field_time(expires, &p->expires, err) ||
        !read_images(r, images, "images", &p->images, err) ||
        !read_images(r, exclude, "exclude", &p->exclude, err) || !read_match(r, match, err) ||
        !read_platforms(r, platforms, err) || !img_field_choice(mode, modes, &chosen, err) ||
        (authorities != NULL && !img_authorities_read(r, authorities, err)) ||
        !img_rules_read(r, require, err))
        return false;
    p->warn = chosen == 1;
    return true;
}

static bool read_name(struct img_policies *all, const struct img_yaml *metadata, const char **out,
                      struct img_err *err)
{
    const struct img_yaml *name = NULL;
    const struct img_field fields[] = {{"name", IMG_FIELD_REQUIRED, &name}};

    if (!IMG_FIELDS(metadata, "metadata", fields, err) ||
        !img_field_text(name, &all->pool, out, err))
        return false;
    for (size_t i = 0; i < all->count; i++)
        if (strcmp(all->items[i].name, *out) == 0)
            return img_yaml_fail(name, err, IMG_E_USAGE, "there are two policies named '%.100s'",
                                 *out);
    return true;
}

static bool read_policy(struct img_policy_reader *r, const struct img_yaml *metadata,
                        const struct img_yaml *spec, struct img_err *err)
{
    struct img_policy *p = r->policy;

    if (r->all->count >= IMG_LIMIT_POLICIES)
        return img_yaml_fail(spec, err, IMG_E_USAGE, "more than %d policies", IMG_LIMIT_POLICIES);
    if (metadata == NULL)
        return img_yaml_fail(spec, err, IMG_E_USAGE, "an ImagePolicy needs 'metadata'");
    if (!read_name(r->all, metadata, &p->name, err) || !read_spec(r, spec, err))
        return false;
    for (size_t i = 0; i < p->authority_count; i++)
        if (!img_policies_append_authority(r->all, &r->authorities[i], err))
            return false;
    return img_policies_append(r->all, p, err);
}

static bool read_config(struct img_policy_reader *r, const struct img_yaml *metadata,
                        const struct img_yaml *spec, struct img_err *err)
{
    static const char *const words[] = {"reject", "warn", "accept", NULL};
    const struct img_yaml *unmatched = NULL, *name = NULL;
    const struct img_field fields[] = {{"unmatched", IMG_FIELD_REQUIRED, &unmatched}};
    const struct img_field meta[] = {{"name", IMG_FIELD_OPTIONAL, &name}};
    size_t chosen = 0;

    if (r->all->has_config)
        return img_yaml_fail(spec, err, IMG_E_USAGE, "there is more than one ImagePolicyConfig");
    if ((metadata != NULL && !IMG_FIELDS(metadata, "metadata", meta, err)) ||
        !IMG_FIELDS(spec, "spec", fields, err) || !img_field_choice(unmatched, words, &chosen, err))
        return false;
    r->all->has_config = true;
    r->all->unmatched = (enum img_unmatched)chosen;
    r->all->config_sha256 = r->policy->sha256;
    return true;
}

static bool read_document(struct img_policy_reader *r, const struct img_yaml *doc,
                          struct img_err *err)
{
    const struct img_yaml *api = NULL, *kind = NULL, *metadata = NULL, *spec = NULL;
    const struct img_field fields[] = {{"apiVersion", IMG_FIELD_REQUIRED, &api},
                                       {"kind", IMG_FIELD_REQUIRED, &kind},
                                       {"metadata", IMG_FIELD_OPTIONAL, &metadata},
                                       {"spec", IMG_FIELD_REQUIRED, &spec}};
    const char *text = NULL;

    if (!IMG_FIELDS(doc, "a policy", fields, err) ||
        !img_field_text(api, &r->all->pool, &text, err))
        return false;
    if (img_has_prefix(text, "policy.sigstore.dev/"))
        return img_field_later(api, "ClusterImagePolicy", "a policy", err);
    if (strcmp(text, API_VERSION) != 0)
        return img_yaml_fail(api, err, IMG_E_USAGE, "apiVersion must be %s, found %.60s",
                             API_VERSION, text);
    if (!img_field_text(kind, &r->all->pool, &text, err))
        return false;
    if (strcmp(text, "ImagePolicy") == 0)
        return read_policy(r, metadata, spec, err);
    if (strcmp(text, "ImagePolicyConfig") == 0)
        return read_config(r, metadata, spec, err);
    return img_yaml_fail(kind, err, IMG_E_USAGE,
                         "kind must be ImagePolicy or ImagePolicyConfig, found %.60s", text);
}

static bool read_one(const struct img_policy_reader *stream, const struct img_yaml *doc,
                     const char *sha256, struct img_err *err)
{
    struct img_policy policy = {.expires = IMG_TIME_NONE, .sha256 = sha256};
    struct img_policy_reader r = *stream;

    r.policy = &policy;
    if (read_document(&r, doc, err))
        return true;
    for (size_t k = 0; k < policy.rule_count; k++)
        img_rule_done(&policy.rules[k]);
    return false;
}

static bool read_stream(const struct img_policy_reader *r, const struct img_yaml_stream *s,
                        const char *sha256, struct img_err *err)
{
    size_t found = 0;

    for (size_t i = 0; i < img_yaml_documents(s); i++) {
        const struct img_yaml *doc = img_yaml_document(s, i);

        if (doc == NULL || img_yaml_is_null(doc))
            continue; /* nothing between two "---" */
        if (!read_one(r, doc, sha256, err))
            return false;
        found++;
    }
    if (found == 0)
        return img_fail(err, IMG_E_USAGE, "line 1 column 1: there is no policy in it");
    return true;
}

static void free_stream(struct img_yaml_stream **s)
{
    if (*s != NULL)
        img_yaml_free(*s);
}

bool img_policies_add(struct img_policies *p, const char *file, const char *dir,
                      struct img_bytes text, img_policy_load *load, void *ctx, struct img_err *err)
{
    struct img_policy_reader r = {.all = p, .dir = dir, .load = load, .ctx = ctx};
    IMG_AUTO(free_stream) struct img_yaml_stream *stream = NULL;
    char sha256[IMG_DIGEST_TEXT];
    struct img_digest digest;

    if (!img_digest_of(IMG_SHA256, text, &digest, err))
        return img_ctx(err, "%s", file);
    img_digest_text(&digest, sha256);
    if (!img_yaml_parse(text, false, &stream, err)) {
        if (err->code != IMG_E_MEMORY && err->code != IMG_E_INTERNAL)
            err->code = IMG_E_USAGE; /* a policy is ours to get right: never "foreign input" */
        return img_ctx(err, "%s", file);
    }
    if (!read_stream(&r, stream, img_pool_str(&p->pool, sha256), err))
        return img_ctx(err, "%s", file);
    return img_pool_check(&p->pool, err);
}
