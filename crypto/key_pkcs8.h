/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/buf.h"

/*
 * Private keys as PKCS#8, plain and encrypted.
 *
 * Errors: IMG_E_USAGE for bytes that are not such a key, IMG_E_UNSUPPORTED for encryption other
 * than PBES2 or one that would take minutes to open, IMG_E_DENIED for a wrong password. Source: RFC
 * 5958; RFC 8018 (PBES2, PBKDF2); RFC 7914 (scrypt).
 */

/* Describes how an EncryptedPrivateKeyInfo is encrypted, "PBES2, PBKDF2 2048 rounds, AES-256-CBC".
 */
IMG_NODISCARD bool img_pkcs8_how(struct img_bytes der, char *out, size_t size, struct img_err *err);

/* Appends the PrivateKeyInfo inside. */
IMG_NODISCARD bool img_pkcs8_decrypt(struct img_bytes der, struct img_bytes password,
                                     struct img_buf *out, struct img_err *err);
