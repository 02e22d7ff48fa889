/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "crypto/key.h"
#include "crypto/ossl.h"

/* Private to crypto/: what a key is made of. */
struct img_key {
    EVP_PKEY *pkey;
    enum img_key_type type;
    int bits;
    bool is_private;
    struct img_digest fingerprint;
};

/*
 * Makes a key of what a decoder gave, after checking that it is of an allowed type and size and a
 * sound key. Takes *pkey, and sets it to NULL, on success.
 * Errors: IMG_E_UNSUPPORTED, IMG_E_USAGE for a key that is broken.
 */
IMG_NODISCARD bool img_key_adopt(EVP_PKEY **pkey, bool is_private, struct img_key **out,
                                 struct img_err *err);
