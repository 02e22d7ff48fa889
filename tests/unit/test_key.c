/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/enc.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/init.h"
#include "crypto/key_box.h"
#include "crypto/pem.h"
#include "crypto/sign.h"

static struct img_buf load(const char *name)
{
    struct img_buf b = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_str_free) char *path = NULL;

    t_ok(img_strf(&path, &err, "%s/keys/%s", IMG_TEST_DATA, name));
    t_ok(img_read_file(path, &b, &err));
    return b;
}

static struct img_bytes bytes_of(const struct img_buf *b)
{
    return (struct img_bytes){.ptr = b->ptr, .len = b->len};
}

static bool give(void *ctx, struct img_buf *out, struct img_err *err)
{
    (void)err;
    img_buf_puts(out, ctx);
    return true;
}

static char test_word[] = "test", wrong_word[] = "Test", empty_word[] = "";
static const struct img_password test_password = {.get = give, .ctx = test_word};

static void files_that_are_no_public_key_say_what_they_are(void **state)
{
    static const struct {
        const char *file;
        enum img_code code;
        const char *why;
    } bad[] = {{"certificate.pem", IMG_E_USAGE, "a certificate where a public key is expected"},
               {"chain.pem", IMG_E_USAGE, "a certificate where"},
               {"prime256v1.key", IMG_E_USAGE, "a private key where a public key is expected"},
               {"cosign.key", IMG_E_USAGE, "a private key where"},
               {"pkcs8-pbkdf2.key", IMG_E_USAGE, "a private key where"},
               {"prime192v1.pub", IMG_E_UNSUPPORTED, "prime192v1"},
               {"secp256k1.pub", IMG_E_UNSUPPORTED, "secp256k1"},
               {"ec-explicit.pub", IMG_E_UNSUPPORTED, "parameters of its own"},
               {"rsa-1024.pub", IMG_E_UNSUPPORTED, "1024 bits"},
               {"rsa-e3.pub", IMG_E_UNSUPPORTED, "exponent"},
               {"rsa-pss.pub", IMG_E_UNSUPPORTED, "RSA-PSS"},
               {"dsa.pub", IMG_E_UNSUPPORTED, "DSA"},
               {"x25519.pub", IMG_E_UNSUPPORTED, "X25519"},
               {"ed448.pub", IMG_E_UNSUPPORTED, "ED448"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = load(bad[i].file);
        IMG_AUTO(img_key_freep) struct img_key *key = NULL;

        t_fails(img_key_read_public(bytes_of(&b), &key, &err), bad[i].code, bad[i].why);
        assert_null(key);
    }
}

static void texts_that_are_no_key_say_what_they_are(void **state)
{
    static const struct {
        const char *text, *why;
    } bad[] = {
        {"", "empty"},
        {" \r\n", "empty"},
        {"hello", "no PEM block"},
        {"0\x82\x01\x01", "looks like DER"},
        {"ssh-ed25519 AAAA x", "OpenSSH"},
        {"-----BEGIN PUBLIC KEY-----\n", "does not end"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "ends as another"},
        {"-----BEGIN PUBLIC KEY-----\nA*AA\n-----END PUBLIC KEY-----\n", "base64"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "damaged"},
        {"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", "damaged"},
        {"-----BEGIN X-----\nAAAA\n-----END X-----\n", "'X' where a public key"},
        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n-----BEGIN PUBLIC KEY-----\n"
         "AAAA\n-----END PUBLIC KEY-----\n",
         "more than one"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_key *key = NULL;

        t_fails(img_key_read_public(img_bytes_of(bad[i].text), &key, &err), IMG_E_USAGE,
                bad[i].why);
    }
}

static void files_that_are_no_private_key_say_what_they_are(void **state)
{
    static const struct {
        const char *file;
        enum img_code code;
        const char *why;
    } bad[] = {{"prime256v1.pub", IMG_E_USAGE, "a public key where a private key is expected"},
               {"certificate.pem", IMG_E_USAGE, "a certificate where a private key is expected"},
               {"prime192v1.key", IMG_E_UNSUPPORTED, "prime192v1"},
               {"secp256k1.key", IMG_E_UNSUPPORTED, "secp256k1"},
               {"ec-explicit.key", IMG_E_UNSUPPORTED, "parameters of its own"},
               {"rsa-1024.key", IMG_E_UNSUPPORTED, "1024 bits"},
               {"rsa-e3.key", IMG_E_UNSUPPORTED, "exponent"},
               {"rsa-pss.key", IMG_E_UNSUPPORTED, "RSA-PSS"},
               {"dsa.key", IMG_E_UNSUPPORTED, "DSA"},
               {"x25519.key", IMG_E_UNSUPPORTED, "X25519"},
               {"ed448.key", IMG_E_UNSUPPORTED, "ED448"},
               {"pkcs8-3des.key", IMG_E_UNSUPPORTED, "instead of PBES2"},
               {"pkcs8-slow.key", IMG_E_UNSUPPORTED, "10000001 rounds"},
               {"ec-old-encryption.key", IMG_E_UNSUPPORTED, "headers"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = load(bad[i].file);
        IMG_AUTO(img_key_freep) struct img_key *key = NULL;

        t_fails(img_key_read_private(bytes_of(&b), &test_password, &key, &err), bad[i].code,
                bad[i].why);
        assert_null(key);
    }
}

static void wrong_or_missing_passwords_are_denied(void **state)
{
    static const char *const files[] = {"cosign.key", "cosign-old.key", "pkcs8-pbkdf2.key",
                                        "pkcs8-scrypt.key"};
    static const struct img_password wrong = {.get = give, .ctx = wrong_word}, none = {.get = NULL};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(files); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = load(files[i]);
        struct img_key *key = NULL;

        t_fails(img_key_read_private(bytes_of(&b), &wrong, &key, &err), IMG_E_DENIED,
                "wrong password");
        t_fails(img_key_read_private(bytes_of(&b), &none, &key, &err), IMG_E_DENIED, "no password");
        t_fails(img_key_read_private(bytes_of(&b), NULL, &key, &err), IMG_E_DENIED, "no password");
    }
}

static void every_form_of_a_pair_is_the_same_key(void **state)
{
    static const struct {
        const char *private_file, *public_file;
        enum img_key_type type;
        int bits;
    } pairs[] = {{"prime256v1.key", "prime256v1.pub", IMG_KEY_P256, 256},
                 {"prime256v1.key", "ec-compressed.pub", IMG_KEY_P256, 256},
                 {"pkcs8.key", "prime256v1.pub", IMG_KEY_P256, 256},
                 {"pkcs8-pbkdf2.key", "prime256v1.pub", IMG_KEY_P256, 256},
                 {"pkcs8-scrypt.key", "prime256v1.pub", IMG_KEY_P256, 256},
                 {"cosign.key", "cosign.pub", IMG_KEY_P256, 256},
                 {"cosign-old.key", "cosign.pub", IMG_KEY_P256, 256},
                 {"secp384r1.key", "secp384r1.pub", IMG_KEY_P384, 384},
                 {"secp521r1.key", "secp521r1.pub", IMG_KEY_P521, 521},
                 {"ed25519.key", "ed25519.pub", IMG_KEY_ED25519, 256},
                 {"rsa-2048.key", "rsa-2048.pub", IMG_KEY_RSA2048, 2048},
                 {"rsa-2048.key", "rsa-2048-pkcs1.pub", IMG_KEY_RSA2048, 2048}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(pairs); i++) {
        IMG_AUTO(img_buf_done) struct img_buf priv = load(pairs[i].private_file);
        IMG_AUTO(img_buf_done) struct img_buf pub = load(pairs[i].public_file);
        IMG_AUTO(img_buf_done) struct img_buf signature = IMG_BUF(2000);
        IMG_AUTO(img_key_freep) struct img_key *pair = NULL, *key = NULL;

        t_ok(img_key_read_private(bytes_of(&priv), &test_password, &pair, &err));
        t_ok(img_key_read_public(bytes_of(&pub), &key, &err));
        assert_true(img_digest_equal(img_key_fingerprint(pair), img_key_fingerprint(key)));
        assert_int_equal(img_key_type_of(pair), pairs[i].type);
        assert_int_equal(img_key_type_of(key), pairs[i].type);
        assert_int_equal(img_key_bits(key), pairs[i].bits);
        assert_true(img_key_is_private(pair));
        assert_false(img_key_is_private(key));
        t_ok(img_sign(pair, img_bytes_of("message"), &signature, &err));
        t_ok(img_verify(key, img_bytes_of("message"), bytes_of(&signature), &err));
        t_fails(img_verify(key, img_bytes_of("massage"), bytes_of(&signature), &err),
                IMG_E_REJECTED, "does not fit");
    }
}

static void a_key_with_its_parameters_in_front_is_read(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = load("ec-with-parameters.key");
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    (void)state;
    t_ok(img_key_read_private(bytes_of(&b), NULL, &key, &err));
    assert_int_equal(img_key_type_of(key), IMG_KEY_P256);
}

static void the_fingerprint_is_of_the_spki(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf file = load("prime256v1.pub"), der = IMG_BUF(1000);
    IMG_AUTO(img_buf_done) struct img_buf spki = IMG_BUF(1000), again = IMG_BUF(1000);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_bytes text = bytes_of(&file);
    char label[IMG_PEM_LABEL];
    struct img_digest d;
    bool found;

    (void)state;
    t_ok(img_key_read_public(text, &key, &err));
    t_ok(img_key_spki(key, &spki, &err));
    t_ok(img_key_write_public(key, &again, &err));
    assert_true(img_bytes_equal(bytes_of(&again), bytes_of(&file)));
    t_ok(img_pem_next(&text, &found, label, &der, &err));
    assert_true(found);
    assert_string_equal(label, "PUBLIC KEY");
    assert_true(img_bytes_equal(bytes_of(&der), bytes_of(&spki)));
    t_ok(img_digest_of(IMG_SHA256, bytes_of(&der), &d, &err));
    assert_true(img_digest_equal(&d, img_key_fingerprint(key)));
}

static void every_type_is_generated_sealed_and_read_back(void **state)
{
    static const enum img_key_type types[] = {IMG_KEY_P256,    IMG_KEY_P384,    IMG_KEY_P521,
                                              IMG_KEY_ED25519, IMG_KEY_RSA2048, IMG_KEY_RSA3072};
    static const struct img_password empty = {.get = give, .ctx = empty_word};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(types); i++) {
        IMG_AUTO(img_key_freep) struct img_key *made = NULL, *back = NULL;
        IMG_AUTO(img_buf_done) struct img_buf sealed = IMG_BUF(IMG_LIMIT_KEY);
        enum img_key_type named = IMG_KEY_NONE;
        struct img_key_form form;

        t_ok(img_key_generate(types[i], &made, &err));
        assert_int_equal(img_key_type_of(made), types[i]);
        t_ok(img_key_type_parse(img_key_type_name(types[i]), &named, &err));
        assert_int_equal(named, types[i]);
        if (types[i] == IMG_KEY_P384 || types[i] == IMG_KEY_P521 || types[i] == IMG_KEY_RSA3072)
            continue; /* sealing is slow on purpose */
        t_ok(img_key_write_private(made, img_bytes_of(i == 0 ? "" : "test"), &sealed, &err));
        t_ok(
            img_key_read_private(bytes_of(&sealed), i == 0 ? &empty : &test_password, &back, &err));
        assert_true(img_digest_equal(img_key_fingerprint(made), img_key_fingerprint(back)));
        t_ok(img_key_form_of(bytes_of(&sealed), &form, &err));
        assert_string_equal(form.label, "ENCRYPTED SIGSTORE PRIVATE KEY");
        assert_string_equal(form.how, "scrypt N=65536 r=8 p=1, NaCl secretbox");
    }
}

static void forms_are_told_without_a_password(void **state)
{
    static const struct {
        const char *file;
        bool is_private, encrypted;
        const char *how;
    } forms[] = {{"prime256v1.pub", false, false, ""},
                 {"pkcs8.key", true, false, ""},
                 {"ec-with-parameters.key", true, false, ""},
                 {"pkcs8-pbkdf2.key", true, true, "PBES2, PBKDF2 2048 rounds, AES-256-CBC"},
                 {"pkcs8-scrypt.key", true, true, "PBES2, scrypt N=16384 r=8 p=1, AES-256-CBC"},
                 {"cosign.key", true, true, "scrypt N=65536 r=8 p=1, NaCl secretbox"}};
    struct img_key_form form;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(forms); i++) {
        IMG_AUTO(img_buf_done) struct img_buf b = load(forms[i].file);

        t_ok(img_key_form_of(bytes_of(&b), &form, &err));
        assert_int_equal(form.is_private, forms[i].is_private);
        assert_int_equal(form.encrypted, forms[i].encrypted);
        assert_string_equal(form.how, forms[i].how);
    }
    t_fails(img_key_form_of(img_bytes_of(""), &form, &err), IMG_E_USAGE, "empty");
    t_fails(img_key_form_of(img_bytes_of(
                                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
                            &form, &err),
            IMG_E_USAGE, "a certificate, not a key");
}

static void a_public_key_cannot_sign_or_be_sealed(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = load("prime256v1.pub"), out = IMG_BUF(4096);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_signer *signer = NULL;

    (void)state;
    t_ok(img_key_read_public(bytes_of(&b), &key, &err));
    t_fails(img_sign(key, img_bytes_of("m"), &out, &err), IMG_E_USAGE, "public");
    t_fails(img_key_write_private(key, img_bytes_of(""), &out, &err), IMG_E_USAGE, "public");
    t_fails(img_signer_from_key(key, &signer, &err), IMG_E_USAGE, "public");
    assert_null(signer);
}

static void key_types_have_names(void **state)
{
    enum img_key_type type = IMG_KEY_NONE;

    (void)state;
    t_fails(img_key_type_parse("rsa-1024", &type, &err), IMG_E_USAGE,
            "'rsa-1024' is not a key type");
    t_fails(img_key_type_parse("", &type, &err), IMG_E_USAGE, "");
    t_fails(img_key_type_parse("none", &type, &err), IMG_E_USAGE, "");
    assert_string_equal(img_key_type_name(IMG_KEY_NONE), "none");
}

static void weak_ed25519_points_are_refused(void **state)
{
    /* the neutral element, and a point of order 8: RFC 8032 section 8.4 speaks of contributory keys
     */
    static const char *const points[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "0000000000000000000000000000000000000000000000000000000000000000"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(points); i++) {
        IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(1000);
        uint8_t der[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
        struct img_key *key = NULL;

        t_ok(img_unhex(points[i], 64, der + 12, 32, &err));
        t_ok(img_pem_write("PUBLIC KEY", (struct img_bytes){.ptr = der, .len = 44}, &pem, &err));
        t_fails(img_key_read_public(bytes_of(&pem), &key, &err), IMG_E_USAGE, "not a point");
    }
}

static void trailing_bytes_after_a_key_are_refused(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = load("prime256v1.pub"), der = IMG_BUF(1000);
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(1000);
    struct img_bytes text = bytes_of(&b);
    struct img_key *key = NULL;
    char label[IMG_PEM_LABEL];
    bool found;

    (void)state;
    t_ok(img_pem_next(&text, &found, label, &der, &err));
    img_buf_put(&der, "", 1);
    t_ok(img_pem_write(label, bytes_of(&der), &pem, &err));
    t_fails(img_key_read_public(bytes_of(&pem), &key, &err), IMG_E_USAGE, "damaged");
}

/* The DER of a file's only block but EC PARAMETERS. */
static struct img_buf load_der(const char *name, char label[static IMG_PEM_LABEL])
{
    IMG_AUTO(img_buf_done) struct img_buf file = load(name);
    struct img_bytes rest = bytes_of(&file);
    struct img_buf der = IMG_BUF(IMG_LIMIT_KEY);
    bool found = true;

    do {
        img_buf_done(&der);
        t_ok(img_pem_next(&rest, &found, label, &der, &err));
        assert_true(found);
    } while (strcmp(label, "EC PARAMETERS") == 0);
    return der;
}

static void a_private_key_with_anothers_public_key_is_refused(void **state)
{
    char label[IMG_PEM_LABEL];
    IMG_AUTO(img_buf_done) struct img_buf one = load_der("prime256v1.key", label);
    IMG_AUTO(img_buf_done) struct img_buf two = load_der("ec-with-parameters.key", label);
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(1000);
    struct img_key *key = NULL;

    (void)state;
    assert_int_equal(one.len, two.len);
    memcpy(one.ptr + one.len - 64, two.ptr + two.len - 64, 64); /* SEC1 ends with the point */
    t_ok(img_pem_write("EC PRIVATE KEY", bytes_of(&one), &pem, &err));
    t_fails(img_key_read_private(bytes_of(&pem), NULL, &key, &err), IMG_E_USAGE, "does not fit");
}

static void a_point_beside_its_curve_is_refused(void **state)
{
    char label[IMG_PEM_LABEL];
    IMG_AUTO(img_buf_done) struct img_buf der = load_der("prime256v1.pub", label);
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(1000);
    struct img_key *key = NULL;

    (void)state;
    der.ptr[der.len - 1] ^= 1;
    t_ok(img_pem_write("PUBLIC KEY", bytes_of(&der), &pem, &err));
    t_fails(img_key_read_public(bytes_of(&pem), &key, &err), IMG_E_USAGE, "damaged");
}

static void no_password_is_asked_for_what_cannot_be_opened(void **state)
{
    static const uint8_t cost[] = {2, 2, 0x40, 0, 2, 1, 8, 2, 1, 1}; /* N, r, p */
    char label[IMG_PEM_LABEL];
    IMG_AUTO(img_buf_done) struct img_buf der = load_der("pkcs8-scrypt.key", label);
    IMG_AUTO(img_buf_done) struct img_buf costly = IMG_BUF(1000), cut = IMG_BUF(1000);
    struct img_key *key = NULL;
    uint8_t *at;

    (void)state;
    t_ok(img_pem_write(label, (struct img_bytes){.ptr = der.ptr, .len = der.len - 1}, &cut, &err));
    t_fails(img_key_read_private(bytes_of(&cut), NULL, &key, &err), IMG_E_USAGE, "damaged");
    at = memmem(der.ptr, der.len, cost, sizeof(cost));
    assert_non_null(at);
    at[6] = at[9] = 0x7f;
    t_ok(img_pem_write(label, bytes_of(&der), &costly, &err));
    t_fails(img_key_read_private(bytes_of(&costly), NULL, &key, &err), IMG_E_UNSUPPORTED,
            "N=16384 r=127 p=127 costs too much");
    at[6] = at[9] = 0;
    img_buf_done(&costly);
    t_ok(img_pem_write(label, bytes_of(&der), &costly, &err));
    t_fails(img_key_read_private(bytes_of(&costly), NULL, &key, &err), IMG_E_USAGE, "damaged");
}

#define BOX_HEAD "{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":65536,\"r\":8,\"p\":1},\"salt\":"
#define SALT     "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\""
#define NONCE    "\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\""
#define BOX_MID  "},\"cipher\":{\"name\":\"nacl/secretbox\",\"nonce\":"

static void the_box_opens_as_others_sealed_it(void **state)
{
    /* password "test", salt 00..1f, nonce 00..17, message "hello, cosign": computed elsewhere */
    static const char json[] = BOX_HEAD SALT BOX_MID NONCE
        "},\"ciphertext\":\"jj4bbeseL0dm4aFKjQbCS3yJHAAYcwI4Ufb58vo=\"}";
    IMG_AUTO(img_key_box_done) struct img_key_box box = {.sealed = IMG_BUF(100)};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(100);

    (void)state;
    t_ok(img_key_box_parse(img_bytes_of(json), &box, &err));
    t_fails(img_key_box_open(&box, img_bytes_of("tesT"), &out, &err), IMG_E_DENIED,
            "wrong password");
    t_ok(img_key_box_open(&box, img_bytes_of("test"), &out, &err));
    assert_true(img_bytes_equal(bytes_of(&out), img_bytes_of("hello, cosign")));
}

static void boxes_of_another_make_are_refused(void **state)
{
    static const struct {
        const char *json;
        enum img_code code;
        const char *why;
    } bad[] = {
        {"", IMG_E_MALFORMED, "empty"},
        {"[]", IMG_E_MALFORMED, "expected object"},
        {"{\"kdf\":{\"name\":\"pbkdf2\"}}", IMG_E_UNSUPPORTED, "'pbkdf2' instead of scrypt"},
        {"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":4294967296,\"r\":8,\"p\":1},"
         "\"salt\":" SALT "}}",
         IMG_E_UNSUPPORTED, "N=4294967296"},
        {"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":65536,\"r\":8,\"p\":2},\"salt\":" SALT
         "}}",
         IMG_E_UNSUPPORTED, "p=2"},
        {"{\"kdf\":{\"name\":\"scrypt\",\"params\":{\"N\":-1,\"r\":8,\"p\":1},\"salt\":" SALT "}}",
         IMG_E_MALFORMED, "/kdf/params/N"},
        {BOX_HEAD "\"AAEC\"}}", IMG_E_MALFORMED, "salt is 3 bytes, not 32"},
        {BOX_HEAD SALT BOX_MID "\"AAEC\"},\"ciphertext\":\"AAAA\"}", IMG_E_MALFORMED,
         "nonce is 3 bytes, not 24"},
        {BOX_HEAD SALT "},\"cipher\":{\"name\":\"aes\"}}", IMG_E_UNSUPPORTED, "'aes' instead of"},
        {BOX_HEAD SALT BOX_MID NONCE "},\"ciphertext\":\"AAAA\"}", IMG_E_MALFORMED, "too short"},
        {BOX_HEAD SALT BOX_MID NONCE "},\"ciphertext\":\"A-_A\"}", IMG_E_MALFORMED, "base64"},
        {BOX_HEAD SALT BOX_MID NONCE "}}", IMG_E_MALFORMED, "/ciphertext: missing"}};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        struct img_key_box box = {.n = 0};

        t_fails(img_key_box_parse(img_bytes_of(bad[i].json), &box, &err), bad[i].code, bad[i].why);
    }
}

static int start(void **state)
{
    struct img_err err = IMG_ERR_INIT;

    (void)state;
    return img_crypto_init(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_that_are_no_public_key_say_what_they_are),
        cmocka_unit_test(texts_that_are_no_key_say_what_they_are),
        cmocka_unit_test(files_that_are_no_private_key_say_what_they_are),
        cmocka_unit_test(wrong_or_missing_passwords_are_denied),
        cmocka_unit_test(weak_ed25519_points_are_refused),
        cmocka_unit_test(trailing_bytes_after_a_key_are_refused),
        cmocka_unit_test(a_private_key_with_anothers_public_key_is_refused),
        cmocka_unit_test(a_point_beside_its_curve_is_refused),
        cmocka_unit_test(no_password_is_asked_for_what_cannot_be_opened),
        cmocka_unit_test(boxes_of_another_make_are_refused),
        cmocka_unit_test(key_types_have_names),
        cmocka_unit_test(a_public_key_cannot_sign_or_be_sealed),
        cmocka_unit_test(every_form_of_a_pair_is_the_same_key),
        cmocka_unit_test(a_key_with_its_parameters_in_front_is_read),
        cmocka_unit_test(the_fingerprint_is_of_the_spki),
        cmocka_unit_test(every_type_is_generated_sealed_and_read_back),
        cmocka_unit_test(forms_are_told_without_a_password),
        cmocka_unit_test(the_box_opens_as_others_sealed_it)};
    return cmocka_run_group_tests(tests, start, NULL);
}
