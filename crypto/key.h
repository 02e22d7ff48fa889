/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "crypto/digest.h"

/*
 * A public key, or a key pair. What may sign and verify here: ECDSA on P-256, P-384 and P-521,
 * Ed25519, RSA from 2048 to 8192 bits with public exponent ≥ 65537. Anything else is refused when
 * it is read, so nothing later has to ask.
 *
 * Ownership: opaque, img_key_free(). Secrets are wiped.
 * Errors:    IMG_E_USAGE        a key file that is damaged or something else (a certificate, a
 * private key where a public one belongs, an empty file), saying what it is IMG_E_UNSUPPORTED  a
 * key type, size or encryption that is not allowed IMG_E_DENIED       wrong password, or a password
 * is needed and none was given Threads:   a key is never changed after it is made; any number of
 * threads may use it. Source:    RFC 5208/5958 (PKCS#8), RFC 5280 (SPKI), RFC 5915 (SEC1), RFC 8017
 * (PKCS#1); cosign's key file: PEM around {"kdf","cipher","ciphertext"}, scrypt and secretbox.
 */
enum img_key_type {
    IMG_KEY_NONE,
    IMG_KEY_P256,
    IMG_KEY_P384,
    IMG_KEY_P521,
    IMG_KEY_ED25519,
    IMG_KEY_RSA2048, /* RSA: names for generation; img_key_bits() tells the size of any */
    IMG_KEY_RSA3072,
    IMG_KEY_RSA4096
};

struct img_key;

/* How a password is asked for: only when the file turns out to need one. `get` appends it to out
 * (empty is a password) or raises IMG_E_DENIED. `get` NULL: there is none. */
struct img_password {
    bool (*get)(void *ctx, struct img_buf *out, struct img_err *err);
    void *ctx;
};

/* The word of a type, "ecdsa-p256", "ed25519", "rsa-2048"…, and back (IMG_E_USAGE). */
const char *img_key_type_name(enum img_key_type type);
IMG_NODISCARD bool img_key_type_parse(const char *word, enum img_key_type *out,
                                      struct img_err *err);

IMG_NODISCARD bool img_key_generate(enum img_key_type type, struct img_key **out,
                                    struct img_err *err);

/* PEM: PUBLIC KEY (SPKI) or RSA PUBLIC KEY (PKCS#1); exactly one block. */
IMG_NODISCARD bool img_key_read_public(struct img_bytes pem, struct img_key **out,
                                       struct img_err *err);
/* PEM: PRIVATE KEY, EC PRIVATE KEY, RSA PRIVATE KEY, ENCRYPTED PRIVATE KEY, and cosign's ENCRYPTED
 * SIGSTORE / COSIGN PRIVATE KEY. */
IMG_NODISCARD bool img_key_read_private(struct img_bytes pem, const struct img_password *password,
                                        struct img_key **out, struct img_err *err);

/*
 * What a key file is, as far as can be told without its password.
 */
#define IMG_KEY_LABEL 64 /* bytes of a PEM label and its NUL */
struct img_key_form {
    char label[IMG_KEY_LABEL]; /* "PUBLIC KEY" */
    bool is_private, encrypted;
    char how[120]; /* how it is encrypted: "scrypt N=65536 r=8 p=1, NaCl secretbox"; else "" */
};
IMG_NODISCARD bool img_key_form_of(struct img_bytes pem, struct img_key_form *out,
                                   struct img_err *err);

/* SPKI PEM, and SPKI DER. */
IMG_NODISCARD bool img_key_write_public(const struct img_key *key, struct img_buf *out,
                                        struct img_err *err);
IMG_NODISCARD bool img_key_spki(const struct img_key *key, struct img_buf *out,
                                struct img_err *err);
/* cosign's encrypted form (scrypt N=65536, r=8, p=1; secretbox). An empty password is allowed. */
IMG_NODISCARD bool img_key_write_private(const struct img_key *key, struct img_bytes password,
                                         struct img_buf *out, struct img_err *err);

/* SHA-256 of the SPKI: how keys are named everywhere ("sha256:…"). Computed once. */
const struct img_digest *img_key_fingerprint(const struct img_key *key);
enum img_key_type img_key_type_of(const struct img_key *key);
int img_key_bits(const struct img_key *key);
bool img_key_is_private(const struct img_key *key);
void img_key_free(struct img_key *key);
IMG_DEFINE_FREEP(struct img_key, img_key_free);
