/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "base/enc.h"
#include "crypto/init.h"
#include "crypto/pem.h"
#include "crypto/sign.h"

static struct img_bytes bytes_of(const struct img_buf *b)
{
    return (struct img_bytes){.ptr = b->ptr, .len = b->len};
}

static void signatures_of_another_length_are_rejected(void **state)
{
    static const uint8_t zeros[2000];
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    (void)state;
    t_ok(img_key_generate(IMG_KEY_ED25519, &key, &err));
    for (size_t n = 0; n < sizeof(zeros); n += n < 70 ? 1 : 64)
        t_fails(img_verify(key, img_bytes_of("m"), (struct img_bytes){.ptr = zeros, .len = n},
                           &err),
                IMG_E_REJECTED, "signature");
}

static void a_changed_signature_is_rejected(void **state)
{
    static const enum img_key_type types[] = {IMG_KEY_P256, IMG_KEY_P521, IMG_KEY_ED25519,
                                              IMG_KEY_RSA2048};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(types); i++) {
        IMG_AUTO(img_key_freep) struct img_key *key = NULL, *other = NULL;
        IMG_AUTO(img_buf_done) struct img_buf s = IMG_BUF(2000);

        t_ok(img_key_generate(types[i], &key, &err));
        t_ok(img_key_generate(types[i], &other, &err));
        t_ok(img_sign(key, (struct img_bytes){0}, &s, &err));
        t_ok(img_verify(key, (struct img_bytes){0}, bytes_of(&s), &err));
        t_fails(img_verify(other, (struct img_bytes){0}, bytes_of(&s), &err), IMG_E_REJECTED,
                "fit");
        for (size_t at = 0; at < s.len; at += 7) {
            s.ptr[at] ^= 1;
            t_fails(img_verify(key, (struct img_bytes){0}, bytes_of(&s), &err), IMG_E_REJECTED,
                    "fit");
            s.ptr[at] ^= 1;
        }
        img_buf_put(&s, "", 1);
        t_fails(img_verify(key, (struct img_bytes){0}, bytes_of(&s), &err), IMG_E_REJECTED, "fit");
    }
}

/* RFC 8032 section 7.3: Ed25519ph of "abc". */
static void ed25519ph_signatures_verify(void **state)
{
    static const char point[] = "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf";
    static const char text[] = "98a70222f0b8121aa9d30f813d683f809e462b469c7ff87639499bb94e6dae41"
                               "31f85042463c2a355a2003d062adf5aaa10b8c61e636062aaad11c2a26083406";
    uint8_t der[44] = {0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00};
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(1000);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    uint8_t signature[64];
    struct img_bytes s = {.ptr = signature, .len = sizeof(signature)};

    (void)state;
    t_ok(img_unhex(point, 64, der + 12, 32, &err));
    t_ok(img_unhex(text, 128, signature, 64, &err));
    t_ok(img_pem_write("PUBLIC KEY", (struct img_bytes){.ptr = der, .len = sizeof(der)}, &pem,
                       &err));
    t_ok(img_key_read_public(bytes_of(&pem), &key, &err));
    t_ok(img_verify(key, img_bytes_of("abc"), s, &err));
    t_fails(img_verify(key, img_bytes_of("abd"), s, &err), IMG_E_REJECTED, "fit");
    signature[63] ^= 0x40;
    t_fails(img_verify(key, img_bytes_of("abc"), s, &err), IMG_E_REJECTED, "fit");
}

static void a_signer_owns_its_key(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf s = IMG_BUF(2000);
    IMG_AUTO(img_signer_freep) struct img_signer *signer = NULL;
    struct img_key *key = NULL;

    (void)state;
    t_ok(img_key_generate(IMG_KEY_P384, &key, &err));
    t_ok(img_signer_from_key(key, &signer, &err));
    t_ok(img_signer_sign(signer, img_bytes_of("m"), &s, &err));
    t_ok(img_verify(img_signer_public_key(signer), img_bytes_of("m"), bytes_of(&s), &err));
}

static void a_rejection_carries_its_word(void **state)
{
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;
    struct img_err why = IMG_ERR_INIT;

    (void)state;
    t_ok(img_key_generate(IMG_KEY_P256, &key, &err));
    assert_false(img_verify(key, img_bytes_of("m"), img_bytes_of("x"), &why));
    assert_string_equal(img_reason_word(why.why), "bad-signature");
}

static int start(void **state)
{
    struct img_err err = IMG_ERR_INIT;

    (void)state;
    return img_crypto_init(&err) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(signatures_of_another_length_are_rejected),
                                       cmocka_unit_test(a_changed_signature_is_rejected),
                                       cmocka_unit_test(ed25519ph_signatures_verify),
                                       cmocka_unit_test(a_signer_owns_its_key),
                                       cmocka_unit_test(a_rejection_carries_its_word)};
    return cmocka_run_group_tests(tests, start, NULL);
}
