/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/*
 * The least that verifying costs: a process that reads one PEM key, one message and one signature,
 * verifies, and ends. What imgverify adds to this is what it costs.
 * usage: baseline_verify KEY.pub MESSAGE SIGNATURE
 */
static unsigned char message[1 << 20], signature[4096];

static size_t slurp(const char *path, unsigned char *to, size_t cap)
{
    FILE *f = fopen(path, "rb");
    size_t n = f != NULL ? fread(to, 1, cap, f) : 0;

    if (f != NULL)
        (void)fclose(f);
    return n;
}

int main(int argc, char **argv)
{
    EVP_MD_CTX *ctx;
    EVP_PKEY *key;
    FILE *f;
    size_t n, m;
    int ok;

    if (argc != 4 || OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1 ||
        (f = fopen(argv[1], "r")) == NULL)
        return 2;
    key = PEM_read_PUBKEY(f, NULL, NULL, NULL);
    (void)fclose(f);
    n = slurp(argv[2], message, sizeof(message));
    m = slurp(argv[3], signature, sizeof(signature));
    ctx = EVP_MD_CTX_new();
    ok = key != NULL && ctx != NULL &&
         EVP_DigestVerifyInit_ex(ctx, NULL, "SHA256", NULL, NULL, key, NULL) == 1 &&
         EVP_DigestVerify(ctx, signature, m, message, n) == 1;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(key);
    return ok ? 0 : 1;
}
