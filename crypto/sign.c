/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium.h>
#include <stdlib.h>

#include "crypto/key_impl.h"

#define SIGNATURE_MOST ((size_t)1024) /* bytes: RSA of 8192 bits */

/* libcrypto's name of the hash a key signs with; NULL for Ed25519, which hashes by itself. */
static const char *own_hash(const struct img_key *key)
{
    switch (key->type) {
    case IMG_KEY_P384:
        return "SHA384";
    case IMG_KEY_P521:
        return "SHA512";
    case IMG_KEY_ED25519:
        return NULL;
    case IMG_KEY_P256:
    case IMG_KEY_RSA2048:
    case IMG_KEY_RSA3072:
    case IMG_KEY_RSA4096:
    case IMG_KEY_NONE:
        break;
    }
    return "SHA256";
}

bool img_sign(const struct img_key *key, struct img_bytes message, struct img_buf *out,
              struct img_err *err)
{
    IMG_AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    uint8_t signature[SIGNATURE_MOST];
    size_t len = sizeof(signature);
    struct img_bytes all;

    if (!key->is_private)
        return img_fail(err, IMG_E_USAGE, "signing needs a private key; this is a public one");
    if (ctx == NULL ||
        EVP_DigestSignInit_ex(ctx, NULL, own_hash(key), NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestSign(ctx, signature, &len, message.ptr, message.len) != 1)
        return img_fail_ossl(err, "sign");
    img_buf_put(out, signature, len);
    return img_buf_bytes(out, &all, err);
}

/* False for every outcome but "it fits", a failure inside libcrypto included. */
static bool fits(const struct img_key *key, const char *hash, struct img_bytes message,
                 struct img_bytes signature)
{
    IMG_AUTO(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

    if (ctx == NULL || EVP_DigestVerifyInit_ex(ctx, NULL, hash, NULL, NULL, key->pkey, NULL) != 1 ||
        EVP_DigestVerify(ctx, signature.ptr, signature.len, message.ptr, message.len) != 1)
        return img_ossl_forget();
    return true;
}

/* Ed25519ph, RFC 8032 section 5.1: what cosign writes with Ed25519 keys. libcrypto 3.0 lacks it. */
static bool fits_prehashed(const struct img_key *key, struct img_bytes message,
                           struct img_bytes signature)
{
    crypto_sign_ed25519ph_state state;
    uint8_t point[crypto_sign_PUBLICKEYBYTES];
    size_t len = sizeof(point);

    if (signature.len != crypto_sign_BYTES ||
        EVP_PKEY_get_raw_public_key(key->pkey, point, &len) != 1 || len != sizeof(point))
        return img_ossl_forget();
    return crypto_sign_ed25519ph_init(&state) == 0 &&
           crypto_sign_ed25519ph_update(&state, message.ptr, message.len) == 0 &&
           crypto_sign_ed25519ph_final_verify(&state, signature.ptr, point) == 0;
}

bool img_verify(const struct img_key *key, struct img_bytes message, struct img_bytes signature,
                struct img_err *err)
{
    bool ok;

    if (signature.len == 0 || signature.len > SIGNATURE_MOST)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_BAD_SIGNATURE,
                          "signature of %zu bytes fits no key", signature.len);
    ok = fits(key, own_hash(key), message, signature);
    if (!ok && (key->type == IMG_KEY_P384 || key->type == IMG_KEY_P521))
        ok = fits(key, "SHA256", message, signature);
    if (!ok && key->type == IMG_KEY_ED25519)
        ok = fits_prehashed(key, message, signature);
    if (!ok)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_BAD_SIGNATURE,
                          "the signature does not fit the message and the key");
    return true;
}

/* --- signers ---------------------------------------------------------------------------------- */

struct key_signer {
    struct img_signer base; /* first, so that the two convert */
    struct img_key *key;
};

static bool key_sign(struct img_signer *s, struct img_bytes message, struct img_buf *out,
                     struct img_err *err)
{
    return img_sign(((struct key_signer *)s)->key, message, out, err);
}

static const struct img_key *key_public(const struct img_signer *s)
{
    return ((const struct key_signer *)s)->key;
}

static void key_free(struct img_signer *s)
{
    img_key_free(((struct key_signer *)s)->key);
    free(s);
}

bool img_signer_from_key(struct img_key *key, struct img_signer **out, struct img_err *err)
{
    static const struct img_signer_ops ops = {.sign = key_sign,
                                              .public_key = key_public,
                                              .free = key_free};
    struct key_signer *s;

    if (!key->is_private)
        return img_fail(err, IMG_E_USAGE, "signing needs a private key; this is a public one");
    s = malloc(sizeof(*s));
    if (s == NULL)
        return img_fail(err, IMG_E_MEMORY, "signer");
    *s = (struct key_signer){.base = {.ops = &ops}, .key = key};
    *out = &s->base;
    return true;
}

bool img_signer_sign(struct img_signer *s, struct img_bytes message, struct img_buf *out,
                     struct img_err *err)
{
    return s->ops->sign(s, message, out, err);
}

const struct img_key *img_signer_public_key(const struct img_signer *s)
{
    return s->ops->public_key(s);
}

void img_signer_free(struct img_signer *s)
{
    if (s != NULL)
        s->ops->free(s);
}
