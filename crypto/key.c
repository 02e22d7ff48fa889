/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/key_impl.h"
#include "crypto/pem.h"

#define RSA_BITS_LEAST  2048  /* NIST SP 800-131A */
#define RSA_BITS_MOST   8192  /* verifying with more takes milliseconds each */
#define RSA_E_BITS_MOST 64    /* a larger exponent makes verifying as slow as signing */
#define RSA_E_LEAST     65537 /* FIPS 186-5 section 5.1 */

static const struct {
    const char *name, *curve; /* curve: libcrypto's name for it */
} types[] = {
    [IMG_KEY_P256] = {"ecdsa-p256", "prime256v1"}, [IMG_KEY_P384] = {"ecdsa-p384", "secp384r1"},
    [IMG_KEY_P521] = {"ecdsa-p521", "secp521r1"},  [IMG_KEY_ED25519] = {"ed25519", NULL},
    [IMG_KEY_RSA2048] = {"rsa-2048", NULL},        [IMG_KEY_RSA3072] = {"rsa-3072", NULL},
    [IMG_KEY_RSA4096] = {"rsa-4096", NULL}};

const char *img_key_type_name(enum img_key_type type)
{
    return type > IMG_KEY_NONE && type < IMG_COUNT(types) ? types[type].name : "none";
}

bool img_key_type_parse(const char *word, enum img_key_type *out, struct img_err *err)
{
    for (size_t i = 1; i < IMG_COUNT(types); i++)
        if (strcmp(types[i].name, word) == 0) {
            *out = (enum img_key_type)i;
            return true;
        }
    return img_fail(err, IMG_E_USAGE,
                    "'%.40s' is not a key type: ecdsa-p256, ecdsa-p384, ecdsa-p521, ed25519, "
                    "rsa-2048, rsa-3072, rsa-4096",
                    word);
}

/* --- what is allowed -----------------------------------------------------------------------------
 */

static bool check_ec(EVP_PKEY *pkey, enum img_key_type *type, struct img_err *err)
{
    IMG_AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;
    char curve[64] = "unnamed";
    int is_explicit = 0;

    (void)EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), NULL);
    /* RFC 5480 section 2.1.1: only named curves; parameters of one's own can forge (CVE-2020-0601)
     */
    if (EVP_PKEY_get_int_param(pkey, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                               &is_explicit) != 1 ||
        is_explicit != 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "EC key with parameters of its own");
    *type = IMG_KEY_NONE;
    for (size_t i = 1; i < IMG_COUNT(types); i++)
        if (types[i].curve != NULL && strcmp(types[i].curve, curve) == 0)
            *type = (enum img_key_type)i;
    if (*type == IMG_KEY_NONE)
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "EC key on curve %.40s; P-256, P-384 and P-521 are accepted", curve);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_public_check(ctx) != 1) {
        (void)img_ossl_forget();
        return img_fail(err, IMG_E_USAGE, "EC key: not a point of its curve");
    }
    /* one key, one SPKI, one fingerprint, however its point was written */
    if (EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                       OSSL_PKEY_EC_POINT_CONVERSION_FORMAT_UNCOMPRESSED) != 1)
        return img_fail_ossl(err, "EC key");
    return true;
}

static bool check_rsa(const EVP_PKEY *pkey, enum img_key_type *type, struct img_err *err)
{
    IMG_AUTO(BN_freep) BIGNUM *n = NULL, *e = NULL;
    int bits = EVP_PKEY_get_bits(pkey);

    if (bits < RSA_BITS_LEAST || bits > RSA_BITS_MOST)
        return img_fail(err, IMG_E_UNSUPPORTED, "RSA key of %d bits; %d to %d are accepted", bits,
                        RSA_BITS_LEAST, RSA_BITS_MOST);
    if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
        EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) != 1)
        return img_fail_ossl(err, "RSA key");
    if (!BN_is_odd(n) || !BN_is_odd(e) || BN_num_bits(e) > RSA_E_BITS_MOST ||
        (BN_num_bits(e) <= 32 && BN_get_word(e) < RSA_E_LEAST))
        return img_fail(err, IMG_E_UNSUPPORTED, "RSA key whose public exponent is not accepted");
    *type = bits < 3072 ? IMG_KEY_RSA2048 : bits < 4096 ? IMG_KEY_RSA3072 : IMG_KEY_RSA4096;
    return true;
}

/* Points of small order verify signatures that nobody made. RFC 8032 section 5.1.3 and 8.4. */
static bool check_ed25519(const EVP_PKEY *pkey, enum img_key_type *type, struct img_err *err)
{
    uint8_t point[crypto_sign_PUBLICKEYBYTES];
    size_t len = sizeof(point);

    if (EVP_PKEY_get_raw_public_key(pkey, point, &len) != 1 || len != sizeof(point))
        return img_fail_ossl(err, "Ed25519 key");
    if (crypto_core_ed25519_is_valid_point(point) != 1)
        return img_fail(err, IMG_E_USAGE, "Ed25519 key: not a point that can sign");
    *type = IMG_KEY_ED25519;
    return true;
}

static bool check_type(EVP_PKEY *pkey, enum img_key_type *type, struct img_err *err)
{
    const char *name = EVP_PKEY_get0_type_name(pkey);

    if (EVP_PKEY_is_a(pkey, "EC"))
        return check_ec(pkey, type, err);
    if (EVP_PKEY_is_a(pkey, "RSA"))
        return check_rsa(pkey, type, err);
    if (EVP_PKEY_is_a(pkey, "ED25519"))
        return check_ed25519(pkey, type, err);
    return img_fail(err, IMG_E_UNSUPPORTED, "%.40s key; ECDSA, Ed25519 and RSA are accepted",
                    name != NULL ? name : "unknown");
}

/* A private key file also says what its public key is: signatures must fit that one. For RSA,
 * libcrypto checks every signature it makes against the public key. */
static bool check_pair(EVP_PKEY *pkey, enum img_key_type type, struct img_err *err)
{
    IMG_AUTO(EVP_PKEY_CTX_freep) EVP_PKEY_CTX *ctx = NULL;

    if (type >= IMG_KEY_RSA2048)
        return true;
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    if (ctx == NULL || EVP_PKEY_pairwise_check(ctx) != 1) {
        (void)img_ossl_forget();
        return img_fail(err, IMG_E_USAGE, "the private key does not fit the public key beside it");
    }
    return true;
}

/* --- making ----------------------------------------------------------------------------------- */

static bool put_spki(const EVP_PKEY *pkey, struct img_buf *out, struct img_err *err)
{
    unsigned char *der = NULL;
    int len = i2d_PUBKEY(pkey, &der);
    struct img_bytes all;

    if (len <= 0)
        return img_fail_ossl(err, "public key");
    img_buf_put(out, der, (size_t)len);
    OPENSSL_free(der);
    return img_buf_bytes(out, &all, err);
}

bool img_key_adopt(EVP_PKEY **pkey, bool is_private, struct img_key **out, struct img_err *err)
{
    IMG_AUTO(img_key_freep) struct img_key *key = malloc(sizeof(*key));
    IMG_AUTO(img_buf_done) struct img_buf spki = IMG_BUF(4096);
    struct img_bytes der;

    if (key == NULL)
        return img_fail(err, IMG_E_MEMORY, "key");
    *key = (struct img_key){.is_private = is_private, .bits = EVP_PKEY_get_bits(*pkey)};
    if (!check_type(*pkey, &key->type, err) || (is_private && !check_pair(*pkey, key->type, err)) ||
        !put_spki(*pkey, &spki, err) || !img_buf_bytes(&spki, &der, err) ||
        !img_digest_of(IMG_SHA256, der, &key->fingerprint, err))
        return false;
    key->pkey = IMG_STEAL(pkey);
    *out = IMG_STEAL(&key);
    return true;
}

bool img_key_generate(enum img_key_type type, struct img_key **out, struct img_err *err)
{
    IMG_AUTO(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;

    switch (type) {
    case IMG_KEY_P256:
    case IMG_KEY_P384:
    case IMG_KEY_P521:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", types[type].curve);
        break;
    case IMG_KEY_ED25519:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
        break;
    case IMG_KEY_RSA2048:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
        break;
    case IMG_KEY_RSA3072:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)3072);
        break;
    case IMG_KEY_RSA4096:
        pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)4096);
        break;
    case IMG_KEY_NONE:
        break;
    }
    if (pkey == NULL)
        return img_fail_ossl(err, "generate a key");
    return img_key_adopt(&pkey, true, out, err);
}

void img_key_free(struct img_key *key)
{
    if (key == NULL)
        return;
    EVP_PKEY_free(key->pkey); /* wipes what is secret */
    free(key);
}

/* --- asking ----------------------------------------------------------------------------------- */

bool img_key_spki(const struct img_key *key, struct img_buf *out, struct img_err *err)
{
    return put_spki(key->pkey, out, err);
}

bool img_key_write_public(const struct img_key *key, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf spki = IMG_BUF(4096);
    struct img_bytes der;

    return put_spki(key->pkey, &spki, err) && img_buf_bytes(&spki, &der, err) &&
           img_pem_write("PUBLIC KEY", der, out, err);
}

const struct img_digest *img_key_fingerprint(const struct img_key *key)
{
    return &key->fingerprint;
}

enum img_key_type img_key_type_of(const struct img_key *key)
{
    return key->type;
}

int img_key_bits(const struct img_key *key)
{
    return key->bits;
}

bool img_key_is_private(const struct img_key *key)
{
    return key->is_private;
}
