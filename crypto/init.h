/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Starts libsodium, and libcrypto without its configuration file: once per program, before threads
 * are started and before anything else of crypto/ is used. A configuration file could load engines
 * and providers and change which algorithms exist, but what is accepted must not depend on the
 * machine.
 *
 * Errors: IMG_E_INTERNAL when a library does not start.
 */
IMG_NODISCARD bool img_crypto_init(struct img_err *err);
