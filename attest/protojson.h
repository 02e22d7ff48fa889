/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/json.h"

/*
 * JSON as protobuf writes and reads it, over the strict getters: a member may be spelled
 * lowerCamelCase or snake_case, null is the same as left out, and a member that the message does
 * not have is an error, because that is how sigstore-go reads bundles: what another verifier
 * refuses must not be accepted here.
 *
 * Source: protobuf "ProtoJSON format"; sigstore-go reads with unknown members refused.
 */
struct img_proto_member {
    const char *camel, *snake; /* snake NULL where both spellings are the same */
};

/* IMG_E_MALFORMED for a member that is not in the table, and for one that is there twice, once in
 * each spelling. */
IMG_NODISCARD bool img_proto_check(const struct img_json *at, const struct img_proto_member *known,
                                   size_t count, struct img_err *err);

/* The key under which a member stands, or NULL when it is absent or null. */
const char *img_proto_key(const struct img_json *at, struct img_proto_member member);
