/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/key_box.h"

#include <sodium.h>

#include "base/enc.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/limits.h"

#define SCRYPT_R       8
#define SCRYPT_P       1
#define SCRYPT_N_WRITE 65536 /* what cosign writes; 64 MiB */

_Static_assert(IMG_BOX_NONCE == crypto_secretbox_xsalsa20poly1305_NONCEBYTES, "nonce");
_Static_assert(IMG_BOX_MAC == crypto_secretbox_xsalsa20poly1305_MACBYTES, "tag");

struct box_key {
    uint8_t bytes[crypto_secretbox_xsalsa20poly1305_KEYBYTES];
};

static void box_key_done(struct box_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

/* A base64 member of exactly `size` bytes. */
static bool fixed(const struct img_json *at, const char *name, uint8_t *out, size_t size,
                  struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(size);
    struct img_bytes bytes;
    const char *text;

    if (!img_json_str(at, name, &text, err))
        return false;
    if (!img_unbase64(img_bytes_of(text), IMG_B64_STRICT, &b, err) ||
        !img_buf_bytes(&b, &bytes, err))
        return err->code == IMG_E_LIMIT
                   ? img_json_fail(at, err, "%s is more than %zu bytes", name, size)
                   : img_ctx(err, "%s", name);
    if (bytes.len != size)
        return img_json_fail(at, err, "%s is %zu bytes, not %zu", name, bytes.len, size);
    memcpy(out, bytes.ptr, size);
    return true;
}

static bool word(const struct img_json *at, const char *want, struct img_err *err)
{
    const char *name;

    if (!img_json_str(at, "name", &name, err))
        return false;
    if (strcmp(name, want) != 0)
        return img_fail(err, IMG_E_UNSUPPORTED, "'%.40s' instead of %s", name, want);
    return true;
}

static bool parse_kdf(const struct img_json *root, struct img_key_box *box, struct img_err *err)
{
    struct img_json kdf, params;
    int64_t n, r, p;

    if (!img_json_obj(root, "kdf", &kdf, err) || !word(&kdf, "scrypt", err) ||
        !img_json_obj(&kdf, "params", &params, err) ||
        !img_json_int(&params, "N", 0, INT64_MAX, &n, err) ||
        !img_json_int(&params, "r", 0, INT64_MAX, &r, err) ||
        !img_json_int(&params, "p", 0, INT64_MAX, &p, err) ||
        !fixed(&kdf, "salt", box->salt, sizeof(box->salt), err))
        return false;
    if ((n != 32768 && n != 65536 && n != 131072) || r != SCRYPT_R || p != SCRYPT_P)
        return img_fail(err, IMG_E_UNSUPPORTED, "scrypt with N=%lld r=%lld p=%lld", (long long)n,
                        (long long)r, (long long)p);
    box->n = (uint64_t)n;
    return true;
}

static bool parse_box(struct img_bytes json, struct img_key_box *box, struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    struct img_json root, cipher;
    const char *sealed;

    if (!img_json_parse(json, IMG_LIMIT_KEY, &doc, err) || !img_json_root(doc, &root, err) ||
        !parse_kdf(&root, box, err) || !img_json_obj(&root, "cipher", &cipher, err) ||
        !word(&cipher, "nacl/secretbox", err) ||
        !fixed(&cipher, "nonce", box->nonce, sizeof(box->nonce), err) ||
        !img_json_str(&root, "ciphertext", &sealed, err) ||
        !img_unbase64(img_bytes_of(sealed), IMG_B64_STRICT, &box->sealed, err))
        return false;
    if (box->sealed.len <= IMG_BOX_MAC)
        return img_json_fail(&root, err, "ciphertext is too short");
    return true;
}

bool img_key_box_parse(struct img_bytes json, struct img_key_box *out, struct img_err *err)
{
    struct img_key_box box = {.sealed = IMG_BUF(IMG_LIMIT_KEY)};

    if (!parse_box(json, &box, err)) {
        img_key_box_done(&box);
        return false;
    }
    *out = box;
    return true;
}

static bool derive(const struct img_key_box *box, struct img_bytes password, struct box_key *out,
                   struct img_err *err)
{
    const uint8_t *word = password.len > 0 ? password.ptr : (const uint8_t *)"";

    if (crypto_pwhash_scryptsalsa208sha256_ll(word, password.len, box->salt, sizeof(box->salt),
                                              box->n, SCRYPT_R, SCRYPT_P, out->bytes,
                                              sizeof(out->bytes)) != 0)
        return img_fail(err, IMG_E_MEMORY, "scrypt needs %llu MiB",
                        (unsigned long long)(UINT64_C(128) * SCRYPT_R * box->n / IMG_MIB));
    return true;
}

bool img_key_box_open(const struct img_key_box *box, struct img_bytes password, struct img_buf *out,
                      struct img_err *err)
{
    IMG_AUTO(box_key_done) struct box_key key = {{0}};
    size_t len = box->sealed.len - IMG_BOX_MAC;
    uint8_t *room;

    if (!derive(box, password, &key, err))
        return false;
    room = img_buf_room(out, len);
    if (room == NULL)
        return img_fail(err, out->failed, "key");
    if (crypto_secretbox_open_easy(room, box->sealed.ptr, box->sealed.len, box->nonce, key.bytes) !=
        0)
        return img_fail(err, IMG_E_DENIED, "wrong password");
    out->len += len;
    return true;
}

static void write_box(const struct img_key_box *box, struct img_bytes sealed, struct img_buf *out)
{
    IMG_AUTO(img_buf_done) struct img_buf salt = IMG_BUF(64), nonce = IMG_BUF(64);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(2 * IMG_LIMIT_KEY);
    struct img_json_out j = {.to = out};

    img_base64((struct img_bytes){.ptr = box->salt, .len = sizeof(box->salt)}, &salt);
    img_base64((struct img_bytes){.ptr = box->nonce, .len = sizeof(box->nonce)}, &nonce);
    img_base64(sealed, &text);
    if (salt.failed != IMG_OK || nonce.failed != IMG_OK || text.failed != IMG_OK) {
        out->failed = IMG_E_MEMORY;
        return;
    }
    img_json_out_open(&j, NULL, '{');
    img_json_out_open(&j, "kdf", '{');
    img_json_out_str(&j, "name", "scrypt");
    img_json_out_open(&j, "params", '{');
    img_json_out_int(&j, "N", (int64_t)box->n);
    img_json_out_int(&j, "r", SCRYPT_R);
    img_json_out_int(&j, "p", SCRYPT_P);
    img_json_out_close(&j, '}');
    img_json_out_bytes(&j, "salt", (struct img_bytes){.ptr = salt.ptr, .len = salt.len});
    img_json_out_close(&j, '}');
    img_json_out_open(&j, "cipher", '{');
    img_json_out_str(&j, "name", "nacl/secretbox");
    img_json_out_bytes(&j, "nonce", (struct img_bytes){.ptr = nonce.ptr, .len = nonce.len});
    img_json_out_close(&j, '}');
    img_json_out_bytes(&j, "ciphertext", (struct img_bytes){.ptr = text.ptr, .len = text.len});
    img_json_out_close(&j, '}');
}

bool img_key_box_seal(struct img_bytes secret, struct img_bytes password, struct img_buf *out,
                      struct img_err *err)
{
    IMG_AUTO(img_key_box_done)
    struct img_key_box box = {.n = SCRYPT_N_WRITE, .sealed = IMG_BUF(IMG_LIMIT_KEY)};
    IMG_AUTO(box_key_done) struct box_key key = {{0}};
    uint8_t *room = img_buf_room(&box.sealed, secret.len + IMG_BOX_MAC);
    struct img_bytes all;

    if (room == NULL)
        return img_fail(err, box.sealed.failed, "key");
    randombytes_buf(box.salt, sizeof(box.salt));
    randombytes_buf(box.nonce, sizeof(box.nonce));
    if (!derive(&box, password, &key, err))
        return false;
    if (crypto_secretbox_easy(room, secret.ptr, secret.len, box.nonce, key.bytes) != 0)
        return img_fail(err, IMG_E_INTERNAL, "libsodium: seal");
    write_box(&box, (struct img_bytes){.ptr = room, .len = secret.len + IMG_BOX_MAC}, out);
    return img_buf_bytes(out, &all, err);
}

void img_key_box_done(struct img_key_box *box)
{
    img_buf_done(&box->sealed);
}
