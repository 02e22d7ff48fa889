/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key.h"

#include <limits.h>
#include <string.h>

#include "base/limits.h"
#include "crypto/key_box.h"
#include "crypto/key_impl.h"
#include "crypto/key_pkcs8.h"
#include "crypto/pem.h"

_Static_assert(IMG_KEY_LABEL == IMG_PEM_LABEL, "labels");

/* What a PEM block is: one of the forms a key comes in, or something people mistake for a key. */
enum form {
    FORM_OTHER,
    FORM_SPKI,
    FORM_PKCS1,
    FORM_PKCS8,
    FORM_EC,
    FORM_RSA,
    FORM_SEALED,
    FORM_BOX
};

static const struct label {
    const char *label, *what;
    enum form form;
    bool is_private;
} labels[] = {
    {"PUBLIC KEY", "a public key", FORM_SPKI, false},
    {"RSA PUBLIC KEY", "a public key", FORM_PKCS1, false},
    {"PRIVATE KEY", "a private key", FORM_PKCS8, true},
    {"EC PRIVATE KEY", "a private key", FORM_EC, true},
    {"RSA PRIVATE KEY", "a private key", FORM_RSA, true},
    {"ENCRYPTED PRIVATE KEY", "a private key", FORM_SEALED, true},
    {"ENCRYPTED SIGSTORE PRIVATE KEY", "a private key", FORM_BOX, true},
    {"ENCRYPTED COSIGN PRIVATE KEY", "a private key", FORM_BOX, true},
    {"CERTIFICATE", "a certificate", FORM_OTHER, false},
    {"X509 CERTIFICATE", "a certificate", FORM_OTHER, false},
    {"TRUSTED CERTIFICATE", "a certificate", FORM_OTHER, false},
    {"CERTIFICATE REQUEST", "a certificate request", FORM_OTHER, false},
    {"NEW CERTIFICATE REQUEST", "a certificate request", FORM_OTHER, false},
    {"X509 CRL", "a revocation list", FORM_OTHER, false},
    {"OPENSSH PRIVATE KEY", "an OpenSSH private key", FORM_OTHER, true},
    {"DSA PRIVATE KEY", "a DSA key", FORM_OTHER, true},
};

static const struct label *find_label(const char *label)
{
    for (size_t i = 0; i < IMG_COUNT(labels); i++)
        if (strcmp(labels[i].label, label) == 0)
            return &labels[i];
    return NULL;
}

/* --- what the file is ------------------------------------------------------------------------- */

static bool starts_with(struct img_bytes text, const char *with)
{
    return text.len >= strlen(with) && memcmp(text.ptr, with, strlen(with)) == 0;
}

static bool fail_no_pem(struct img_bytes text, struct img_err *err)
{
    const char *what = "not a key: no PEM block (-----BEGIN ...-----) in it";
    bool blank = true;

    for (size_t i = 0; i < text.len; i++)
        blank = blank && text.ptr[i] <= ' ';
    if (blank)
        what = "empty: a key in PEM is expected";
    else if (starts_with(text, "ssh-") || starts_with(text, "ecdsa-sha2-"))
        what = "an OpenSSH public key; ssh-keygen -e -m PKCS8 -f FILE converts it";
    else if (text.ptr[0] == 0x30 && text.len > 1 && (text.ptr[1] & 0x80) != 0)
        what = "not PEM: it looks like DER; openssl pkey -inform DER [-pubin] converts it";
    return img_fail(err, IMG_E_USAGE, "%s", what);
}

/* The only block of the file; some tools write a key's EC PARAMETERS in front of it. */
static bool only_block(struct img_bytes text, char label[static IMG_PEM_LABEL], struct img_buf *out,
                       struct img_err *err)
{
    struct img_bytes rest = text;
    char next[IMG_PEM_LABEL];
    bool found = true;
    size_t count = 0;

    while (found) {
        IMG_AUTO(img_buf_done) struct img_buf der = IMG_BUF(IMG_LIMIT_KEY);

        if (!img_pem_next(&rest, &found, next, &der, err)) {
            err->code = err->code == IMG_E_MALFORMED ? IMG_E_USAGE : err->code;
            return false;
        }
        if (!found || strcmp(next, "EC PARAMETERS") == 0)
            continue;
        if (count++ > 0 && strcmp(label, "CERTIFICATE") != 0)
            return img_fail(err, IMG_E_USAGE, "more than one PEM block; one key is expected");
        if (count > 1)
            continue; /* certificates: the caller says what is wrong with them */
        (void)snprintf(label, IMG_PEM_LABEL, "%s", next);
        img_buf_put(out, der.ptr, der.len);
    }
    if (count == 0)
        return fail_no_pem(text, err);
    return true;
}

/* Opens the file as a key of the wanted kind, or says what it is instead. */
static bool read_block(struct img_bytes pem, bool want_private, struct img_buf *der, enum form *out,
                       struct img_err *err)
{
    const char *want = want_private ? "a private key" : "a public key";
    char label[IMG_PEM_LABEL] = "";
    const struct label *l;
    struct img_bytes all;

    if (pem.len > IMG_LIMIT_KEY)
        return img_fail(err, IMG_E_USAGE, "larger than any key");
    if (!only_block(pem, label, der, err) || !img_buf_bytes(der, &all, err))
        return false;
    l = find_label(label);
    if (l == NULL)
        return img_fail(err, IMG_E_USAGE, "'%.60s' where %s is expected", label, want);
    if (l->form == FORM_OTHER && strcmp(l->what, "a certificate") == 0 && !want_private)
        return img_fail(err, IMG_E_USAGE,
                        "a certificate where %s is expected; openssl x509 -pubkey -noout -in FILE "
                        "prints the key in it",
                        want);
    if (l->form == FORM_OTHER)
        return img_fail(err, IMG_E_USAGE, "%s where %s is expected", l->what, want);
    if (l->is_private && !want_private)
        return img_fail(err, IMG_E_USAGE,
                        "a private key where a public key is expected; imgkey public --key FILE "
                        "prints the public key");
    if (!l->is_private && want_private)
        return img_fail(err, IMG_E_USAGE, "a public key where a private key is expected");
    *out = l->form;
    return true;
}

static bool describe(struct img_bytes pem, struct img_key_form *form, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf der = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_key_box_done) struct img_key_box box = {.sealed = IMG_BUF(IMG_LIMIT_KEY)};
    const struct label *l;
    struct img_bytes bytes;

    if (!only_block(pem, form->label, &der, err) || !img_buf_bytes(&der, &bytes, err))
        return false;
    l = find_label(form->label);
    if (l == NULL || l->form == FORM_OTHER)
        return img_fail(err, IMG_E_USAGE, "%.60s, not a key that can be read here",
                        l != NULL ? l->what : form->label);
    form->is_private = l->is_private;
    form->encrypted = l->form == FORM_SEALED || l->form == FORM_BOX;
    if (l->form == FORM_SEALED)
        return img_pkcs8_how(bytes, form->how, sizeof(form->how), err);
    if (l->form != FORM_BOX)
        return true;
    if (!img_key_box_parse(bytes, &box, err)) {
        err->code = err->code == IMG_E_MALFORMED ? IMG_E_USAGE : err->code;
        return false;
    }
    (void)snprintf(form->how, sizeof(form->how), "scrypt N=%llu r=8 p=1, NaCl secretbox",
                   (unsigned long long)box.n);
    return true;
}

bool img_key_form_of(struct img_bytes pem, struct img_key_form *out, struct img_err *err)
{
    struct img_key_form form = {.how = ""};

    if (pem.len > IMG_LIMIT_KEY)
        return img_fail(err, IMG_E_USAGE, "larger than any key");
    if (!describe(pem, &form, err))
        return false;
    *out = form;
    return true;
}

/* --- reading ---------------------------------------------------------------------------------- */

/* Takes over what a decoder made of der, which must have used all of it. */
static bool adopt(EVP_PKEY **pkey, struct img_bytes der, const unsigned char *end, bool is_private,
                  struct img_key **out, struct img_err *err)
{
    if (*pkey == NULL || end != der.ptr + der.len) {
        (void)img_ossl_forget();
        return img_fail(err, IMG_E_USAGE, "damaged, or of a type unknown here");
    }
    return img_key_adopt(pkey, is_private, out, err);
}

bool img_key_read_public(struct img_bytes pem, struct img_key **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
    const unsigned char *p;
    struct img_bytes der;
    enum form form;

    if (!read_block(pem, false, &b, &form, err) || !img_buf_bytes(&b, &der, err))
        return false;
    p = der.ptr;
    pkey = form == FORM_SPKI ? d2i_PUBKEY(NULL, &p, (long)der.len)
                             : d2i_PublicKey(EVP_PKEY_RSA, NULL, &p, (long)der.len);
    return adopt(&pkey, der, p, false, out, err);
}

/* PrivateKeyInfo. RFC 5958 */
static bool read_pkcs8(struct img_bytes der, struct img_key **out, struct img_err *err)
{
    const unsigned char *p = der.ptr;
    IMG_AUTO(PKCS8_PRIV_KEY_INFO_freep)
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
    IMG_AUTO(EVP_PKEY_freep) EVP_PKEY *pkey = info != NULL ? EVP_PKCS82PKEY(info) : NULL;

    return adopt(&pkey, der, p, true, out, err);
}

static bool ask(const struct img_password *password, struct img_buf *out, struct img_bytes *bytes,
                struct img_err *err)
{
    if (password == NULL || password->get == NULL)
        return img_fail(err, IMG_E_DENIED, "the key is encrypted and there is no password");
    return password->get(password->ctx, out, err) && img_buf_bytes(out, bytes, err);
}

/* Checks that the container can be opened at all before anybody is asked for a password. */
static bool open_encrypted(enum form form, struct img_bytes der,
                           const struct img_password *password, struct img_key **out,
                           struct img_err *err)
{
    IMG_AUTO(img_key_box_done) struct img_key_box box = {.sealed = IMG_BUF(IMG_LIMIT_KEY)};
    IMG_AUTO(img_buf_done) struct img_buf secret = IMG_BUF(IMG_LIMIT_PASSWORD);
    IMG_AUTO(img_buf_done) struct img_buf plain = IMG_BUF(IMG_LIMIT_KEY);
    struct img_bytes word, bytes;
    char how[160];

    if (form == FORM_BOX ? !img_key_box_parse(der, &box, err)
                         : !img_pkcs8_how(der, how, sizeof(how), err)) {
        err->code = err->code == IMG_E_MALFORMED ? IMG_E_USAGE : err->code;
        return false;
    }
    if (!ask(password, &secret, &word, err))
        return false;
    return (form == FORM_BOX ? img_key_box_open(&box, word, &plain, err)
                             : img_pkcs8_decrypt(der, word, &plain, err)) &&
           img_buf_bytes(&plain, &bytes, err) && read_pkcs8(bytes, out, err);
}

bool img_key_read_private(struct img_bytes pem, const struct img_password *password,
                          struct img_key **out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(EVP_PKEY_freep) EVP_PKEY *pkey = NULL;
    enum form form = FORM_OTHER;
    const unsigned char *p;
    struct img_bytes der;

    if (!read_block(pem, true, &b, &form, err) || !img_buf_bytes(&b, &der, err))
        return false;
    if (form == FORM_PKCS8)
        return read_pkcs8(der, out, err);
    if (form == FORM_BOX || form == FORM_SEALED)
        return open_encrypted(form, der, password, out, err);
    p = der.ptr;
    pkey = d2i_PrivateKey(form == FORM_EC ? EVP_PKEY_EC : EVP_PKEY_RSA, NULL, &p, (long)der.len);
    return adopt(&pkey, der, p, true, out, err);
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool put_pkcs8(const struct img_key *key, struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    unsigned char *der = NULL;
    struct img_bytes all;
    int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;

    if (len <= 0)
        return img_fail_ossl(err, "private key");
    img_buf_put(out, der, (size_t)len);
    OPENSSL_clear_free(der, (size_t)len);
    return img_buf_bytes(out, &all, err);
}

bool img_key_write_private(const struct img_key *key, struct img_bytes password,
                           struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf plain = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_buf_done) struct img_buf box = IMG_BUF(IMG_LIMIT_KEY);
    struct img_bytes secret, json;

    if (!key->is_private)
        return img_fail(err, IMG_E_USAGE, "a public key where a private key is expected");
    return put_pkcs8(key, &plain, err) && img_buf_bytes(&plain, &secret, err) &&
           img_key_box_seal(secret, password, &box, err) && img_buf_bytes(&box, &json, err) &&
           img_pem_write("ENCRYPTED SIGSTORE PRIVATE KEY", json, out, err);
}
