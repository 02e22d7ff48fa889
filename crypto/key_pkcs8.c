/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_pkcs8.h"

#include <limits.h>
#include <openssl/asn1t.h>
#include <openssl/pkcs12.h>

#include "crypto/ossl.h"

#define ROUNDS_MOST 10000000 /* of PBKDF2: some seconds */
#define SCRYPT_MOST                                                                                \
    (INT64_C(1) << 23) /* N * r * p: some seconds; libcrypto bounds the memory itself */

static bool not_a_key(struct img_err *err)
{
    (void)img_ossl_forget();
    return img_fail(err, IMG_E_USAGE, "damaged: not an encrypted PKCS#8 private key");
}

static bool describe_pbkdf2(const X509_ALGOR *kdf, char *out, size_t size, struct img_err *err)
{
    IMG_AUTO(PBKDF2PARAM_freep)
    PBKDF2PARAM *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), kdf->parameter);
    int64_t rounds;

    if (p == NULL || ASN1_INTEGER_get_int64(&rounds, p->iter) != 1 || rounds < 1)
        return not_a_key(err);
    if (rounds > ROUNDS_MOST)
        return img_fail(err, IMG_E_UNSUPPORTED, "PBKDF2 with %lld rounds; up to %d are accepted",
                        (long long)rounds, ROUNDS_MOST);
    (void)snprintf(out, size, "PBKDF2 %lld rounds", (long long)rounds);
    return true;
}

static bool describe_scrypt(const X509_ALGOR *kdf, char *out, size_t size, struct img_err *err)
{
    IMG_AUTO(SCRYPT_PARAMS_freep)
    SCRYPT_PARAMS *p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), kdf->parameter);
    int64_t n, r, parallel;

    if (p == NULL || ASN1_INTEGER_get_int64(&n, p->costParameter) != 1 ||
        ASN1_INTEGER_get_int64(&r, p->blockSize) != 1 ||
        ASN1_INTEGER_get_int64(&parallel, p->parallelizationParameter) != 1 || n < 1 || r < 1 ||
        parallel < 1)
        return not_a_key(err);
    if (n > SCRYPT_MOST || r > SCRYPT_MOST / n || parallel > SCRYPT_MOST / n / r)
        return img_fail(err, IMG_E_UNSUPPORTED, "scrypt with N=%lld r=%lld p=%lld costs too much",
                        (long long)n, (long long)r, (long long)parallel);
    (void)snprintf(out, size, "scrypt N=%lld r=%lld p=%lld", (long long)n, (long long)r,
                   (long long)parallel);
    return true;
}

/* Only PBES2 (RFC 8018): what came before it is DES and RC2. */
static bool describe(const X509_SIG *sealed, char *out, size_t size, struct img_err *err)
{
    IMG_AUTO(PBE2PARAM_freep) PBE2PARAM *p = NULL;
    const X509_ALGOR *algorithm = NULL;
    char kdf[80];
    int cipher;
    bool ok;

    X509_SIG_get0(sealed, &algorithm, NULL);
    if (OBJ_obj2nid(algorithm->algorithm) != NID_pbes2)
        return img_fail(err, IMG_E_UNSUPPORTED, "encrypted with %.60s instead of PBES2",
                        OBJ_nid2ln(OBJ_obj2nid(algorithm->algorithm)));
    p = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), algorithm->parameter);
    if (p == NULL)
        return not_a_key(err);
    switch (OBJ_obj2nid(p->keyfunc->algorithm)) {
    case NID_id_pbkdf2:
        ok = describe_pbkdf2(p->keyfunc, kdf, sizeof(kdf), err);
        break;
    case NID_id_scrypt:
        ok = describe_scrypt(p->keyfunc, kdf, sizeof(kdf), err);
        break;
    default:
        return img_fail(err, IMG_E_UNSUPPORTED, "encrypted with an unknown key derivation");
    }
    cipher = OBJ_obj2nid(p->encryption->algorithm);
    if (ok)
        (void)snprintf(out, size, "PBES2, %s, %.40s", kdf, OBJ_nid2sn(cipher));
    return ok;
}

static bool parse(struct img_bytes der, X509_SIG **out, struct img_err *err)
{
    const unsigned char *p = der.ptr;
    IMG_AUTO(X509_SIG_freep)
    X509_SIG *sealed = der.len <= LONG_MAX ? d2i_X509_SIG(NULL, &p, (long)der.len) : NULL;

    if (sealed == NULL || p != der.ptr + der.len)
        return not_a_key(err);
    *out = IMG_STEAL(&sealed);
    return true;
}

bool img_pkcs8_how(struct img_bytes der, char *out, size_t size, struct img_err *err)
{
    IMG_AUTO(X509_SIG_freep) X509_SIG *sealed = NULL;

    return parse(der, &sealed, err) && describe(sealed, out, size, err);
}

bool img_pkcs8_decrypt(struct img_bytes der, struct img_bytes password, struct img_buf *out,
                       struct img_err *err)
{
    IMG_AUTO(X509_SIG_freep) X509_SIG *sealed = NULL;
    IMG_AUTO(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *plain = NULL;
    unsigned char *bytes = NULL;
    struct img_bytes all;
    char how[160];
    int len;

    if (!parse(der, &sealed, err) || !describe(sealed, how, sizeof(how), err))
        return false;
    plain = PKCS8_decrypt(sealed, password.len > 0 ? (const char *)password.ptr : "",
                          (int)password.len);
    if (plain == NULL) {
        (void)img_ossl_forget();
        return img_fail(err, IMG_E_DENIED, "wrong password (or unknown encryption: %s)", how);
    }
    len = i2d_PKCS8_PRIV_KEY_INFO(plain, &bytes);
    if (len <= 0)
        return img_fail_ossl(err, "private key");
    img_buf_put(out, bytes, (size_t)len);
    OPENSSL_clear_free(bytes, (size_t)len);
    return img_buf_bytes(out, &all, err);
}
