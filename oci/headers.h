/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/err.h"

/*
 * Response headers that have a grammar of their own, read from foreign text. What does not parse is
 * treated as absent: a broken header may cost a convenience, never a decision.
 *
 * Threads: no shared state.
 * Source:  RFC 9110 sections 8.3.1 and 11.3 (media types, challenges), RFC 8288 (Link).
 */

/* The challenges of all WWW-Authenticate headers of one reply: the first of each scheme we know. */
struct img_challenge {
    bool basic, bearer;
    char realm[512], service[256], scope[1024], error[64]; /* of bearer; "" where not given */
};
/* Adds one header's challenges to what earlier ones brought. */
void img_challenge_read(const char *header, struct img_challenge *io);

/* The target of the first link whose relations include "next", in *out as it stands between the
 * angle brackets; false when there is none or it does not fit. */
bool img_link_next(const char *header, char *out, size_t size);

/* "application/JSON; charset=utf-8" → "application/json"; "" for NULL or what is no media type. */
void img_media_type_essence(const char *header, char *out, size_t size);
