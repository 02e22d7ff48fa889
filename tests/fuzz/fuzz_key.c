/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/pem.h"
#include "crypto/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte says whether the rest is PEM, or DER to be put under one of these labels. */
static const char *const labels[] = {NULL,
                                     "PUBLIC KEY",
                                     "RSA PUBLIC KEY",
                                     "PRIVATE KEY",
                                     "EC PRIVATE KEY",
                                     "RSA PRIVATE KEY",
                                     "ENCRYPTED PRIVATE KEY",
                                     "ENCRYPTED SIGSTORE PRIVATE KEY"};

static void check_key(const struct img_key *key)
{
    IMG_AUTO(img_buf_done) struct img_buf pem = IMG_BUF(IMG_LIMIT_KEY);
    IMG_AUTO(img_key_freep) struct img_key *again = NULL;
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes text;

    if (!img_key_write_public(key, &pem, &err) || !img_buf_bytes(&pem, &text, &err) ||
        !img_key_read_public(text, &again, &err) ||
        !img_digest_equal(img_key_fingerprint(key), img_key_fingerprint(again)) ||
        img_key_type_of(key) == IMG_KEY_NONE)
        abort();
    if (img_verify(again, img_bytes_of("message"), img_bytes_of("not a signature"), &err))
        abort();
}

/* Property: a key that is read can be written and read again, and is the same key. Encrypted keys
 * are taken as far as that goes without a password. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(2 * IMG_LIMIT_KEY);
    IMG_AUTO(img_key_freep) struct img_key *public = NULL, *private = NULL;
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes in;
    struct img_key_form form;
    const char *label;

    if (size < 1 || size > IMG_LIMIT_KEY / 2)
        return 0;
    in = (struct img_bytes){.ptr = data + 1, .len = size - 1};
    label = labels[data[0] % IMG_COUNT(labels)];
    if (label != NULL && (!img_pem_write(label, in, &b, &err) || !img_buf_bytes(&b, &in, &err)))
        abort();
    (void)!img_key_form_of(in, &form, &err);
    if (img_key_read_public(in, &public, &err))
        check_key(public);
    if (img_key_read_private(in, NULL, &private, &err))
        check_key(private);
    return 0;
}
