/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "crypto/init.h"
#include "crypto/key_box.h"
#include "crypto/sign.h"
#include "tests/support/oom.h"

static bool give(void *ctx, struct img_buf *out, struct img_err *err)
{
    struct img_bytes all;

    (void)ctx;
    img_buf_puts(out, "word");
    return img_buf_bytes(out, &all, err);
}

static const char plain[] = "-----BEGIN PRIVATE KEY-----\n"
                            "MC4CAQAwBQYDK2VwBCIEIAL5FMZ2ulkwUblHtQa3jH3JRX0/GPehR3iKf/wjYpW5\n"
                            "-----END PRIVATE KEY-----\n";

static struct img_bytes bytes_of(const struct img_buf *b)
{
    return (struct img_bytes){.ptr = b->ptr, .len = b->len};
}

static bool seal(const struct img_key *key, struct img_buf *out, struct img_err *err)
{
    img_buf_done(out);
    return img_key_write_private(key, img_bytes_of("word"), out, err);
}

static bool unseal(struct img_bytes pem, struct img_err *err)
{
    static const struct img_password password = {.get = give};
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    return img_key_read_private(pem, &password, &key, err);
}

static bool use(struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf public = IMG_BUF(2000), signature = IMG_BUF(2000);
    IMG_AUTO(img_key_freep) struct img_key *pair = NULL, *half = NULL;
    IMG_AUTO(img_signer_freep) struct img_signer *signer = NULL;
    struct img_bytes bytes;

    if (!img_key_read_private(img_bytes_of(plain), NULL, &pair, err) ||
        !img_key_write_public(pair, &public, err) || !img_buf_bytes(&public, &bytes, err) ||
        !img_key_read_public(bytes, &half, err) || !img_signer_from_key(pair, &signer, err))
        return false;
    pair = NULL; /* the signer's now */
    return img_signer_sign(signer, img_bytes_of("m"), &signature, err) &&
           img_buf_bytes(&signature, &bytes, err) &&
           img_verify(half, img_bytes_of("m"), bytes, err);
}

static bool generate(struct img_err *err)
{
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    return img_key_generate(IMG_KEY_P256, &key, err);
}

static bool form(struct img_err *err)
{
    static const char pem[] = "-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n"
                              "eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6\n"
                              "OCwicCI6MX0sInNhbHQiOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R4QVJFaE1VRlJZ\n"
                              "WEdCa2FHeHdkSGg4PSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5hY2wvc2VjcmV0Ym94\n"
                              "Iiwibm9uY2UiOiJBQUVDQXdRRkJnY0lDUW9MREEwT0R4QVJFaE1VRlJZWCJ9LCJj\n"
                              "aXBoZXJ0ZXh0Ijoiamo0YmJlc2VMMGRtNGFGS2pRYkNTM3lKSEFBWWN3STRVZmI1\n"
                              "OHZvPSJ9\n"
                              "-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n";
    struct img_key_form f;

    return img_key_form_of(img_bytes_of(pem), &f, err);
}

static bool digest(struct img_err *err)
{
    struct img_digest d;

    return img_digest_of(IMG_SHA256, img_bytes_of("abc"), &d, err);
}

static void every_allocation_may_fail(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf sealed = IMG_BUF(20000);
    IMG_AUTO(img_key_freep) struct img_key *key = NULL;

    (void)state;
    t_oom(digest(&err), 1);
    t_oom(form(&err), 5);
    t_oom(generate(&err), 3);
    t_oom(use(&err), 15);
    t_ok(img_key_read_private(img_bytes_of(plain), NULL, &key, &err));
    t_oom(seal(key, &sealed, &err), 8);
    t_oom(unseal(bytes_of(&sealed), &err), 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    struct img_err err = IMG_ERR_INIT;

    return img_crypto_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
