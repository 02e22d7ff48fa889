/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/policy/read.h"
#include "base/limits.h"

/* The PEM of a key: from the file beside the policy, or written into it. */
static bool read_pem(struct img_policy_reader *r, const struct img_yaml *file,
                     const struct img_yaml *data, struct img_buf *out, struct img_err *err)
{
    const char *text = NULL;

    if (file == NULL) {
        if (!img_field_text(data, &r->all->pool, &text, err))
            return false;
        img_buf_puts(out, text);
        return true;
    }
    if (!img_field_text(file, &r->all->pool, &text, err))
        return false;
    if (!r->load(r->ctx, r->dir, text, out, err)) {
        /* A file the user names that is absent is exit 4; it keeps its own code. */
        return img_ctx(err, "line %zu column %zu: key file '%.200s'", file->line, file->column,
                       text);
    }
    return true;
}

static bool read_public(struct img_policy_reader *r, const struct img_yaml *file,
                        const struct img_yaml *data, struct img_key **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(IMG_LIMIT_KEY);
    const struct img_yaml *at = file == NULL ? data : file;
    struct img_bytes text;

    if (!read_pem(r, file, data, &pem, err))
        return false;
    if (!img_buf_bytes(&pem, &text, err) || !img_key_read_public(text, out, err)) {
        if (err->code == IMG_E_UNSUPPORTED)
            err->code = IMG_E_USAGE; /* a key type we refuse: the policy has to change */
        return (file != NULL && img_ctx(err, "key file '%.200s'", file->text)) ||
               img_field_blame(at, err);
    }
    return true;
}

static bool read_key(struct img_policy_reader *r, const struct img_yaml *n,
                     struct img_trusted_key *out, struct img_err *err)
{
    const struct img_yaml *file = NULL, *data = NULL, *from = NULL, *until = NULL, *revoked = NULL;
    const struct img_field fields[] = {{"file", IMG_FIELD_OPTIONAL, &file},
                                       {"data", IMG_FIELD_OPTIONAL, &data},
                                       {"kms", IMG_FIELD_LATER, NULL},
                                       {"from", IMG_FIELD_OPTIONAL, &from},
                                       {"until", IMG_FIELD_OPTIONAL, &until},
                                       {"revoked", IMG_FIELD_OPTIONAL, &revoked}};
    struct img_trusted_key k = {.from = IMG_TIME_NONE, .until = IMG_TIME_NONE};
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    if (!IMG_FIELDS(n, "a key", fields, err))
        return false;
    if ((file == NULL) == (data == NULL))
        return img_yaml_fail(n, err, IMG_E_USAGE, "a key needs either 'file' or 'data'");
    if (!img_field_time(from, &k.from, err) || !img_field_time(until, &k.until, err) ||
        !img_field_bool(revoked, &k.revoked, err))
        return false;
    if (from != NULL && until != NULL && k.from >= k.until)
        return img_yaml_fail(until, err, IMG_E_USAGE, "'until' is not after 'from'");
    if (!read_public(r, file, data, &key, err) || !img_policies_own_key(r->all, key, err))
        return false;
    k.key = IMG_STEAL(&key);
    *out = k;
    return true;
}

static bool read_keys(struct img_policy_reader *r, const struct img_yaml *list,
                      struct img_authority *a, struct img_err *err)
{
    struct img_trusted_key *keys;
    size_t count;

    if (!img_field_list(list, &count, err))
        return img_ctx(err, "keys");
    keys = img_pool_alloc(&r->all->pool, count, sizeof(*keys));
    if (keys == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (!read_key(r, list->items[i], &keys[i], err))
            return false;
    a->keys = keys;
    a->key_count = count;
    return true;
}

static bool read_authority(struct img_policy_reader *r, const struct img_yaml *n, size_t before,
                           struct img_err *err)
{
    const struct img_yaml *name = NULL, *keys = NULL;
    const struct img_field fields[] = {{"name", IMG_FIELD_REQUIRED, &name},
                                       {"keys", IMG_FIELD_OPTIONAL, &keys},
                                       {"keyless", IMG_FIELD_LATER, NULL},
                                       {"x509", IMG_FIELD_LATER, NULL}};
    struct img_authority *a = &r->authorities[before];

    if (!IMG_FIELDS(n, "an authority", fields, err) ||
        !img_field_text(name, &r->all->pool, &a->name, err))
        return false;
    for (size_t i = 0; i < before; i++)
        if (strcmp(r->authorities[i].name, a->name) == 0)
            return img_yaml_fail(name, err, IMG_E_USAGE, "there are two authorities named '%.100s'",
                                 a->name);
    if (keys == NULL)
        return img_yaml_fail(n, err, IMG_E_USAGE, "authority '%.100s' needs 'keys'", a->name);
    return read_keys(r, keys, a, err);
}

bool img_authorities_read(struct img_policy_reader *r, const struct img_yaml *list,
                          struct img_err *err)
{
    size_t count;

    if (!img_field_list(list, &count, err))
        return img_ctx(err, "authorities");
    r->authorities = img_pool_alloc(&r->all->pool, count, sizeof(*r->authorities));
    if (r->authorities == NULL)
        return img_fail(err, IMG_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (!read_authority(r, list->items[i], i, err))
            return false;
    r->policy->authority_count = count;
    return true;
}
