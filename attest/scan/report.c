/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/scan.h"
