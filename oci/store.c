/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/store.h"
