/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/init.h"

#include <openssl/crypto.h>
#include <sodium.h>

#include "crypto/ossl.h"

bool img_crypto_init(struct img_err *err)
{
    if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
        return img_fail_ossl(err, "start");
    if (sodium_init() < 0)
        return img_fail(err, IMG_E_INTERNAL, "libsodium: start");
    return true;
}
