/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/scan/scan.h"

/*
 * Finds secrets in bytes: PEM private keys, AWS keys, GitHub tokens, Slack tokens and webhooks; and
 * masks what must not be repeated in any output.
 *
 * Every rule hangs on a rare run of bytes, its anchor. A vectorised pass over the bytes looks for
 * anchors only; the rule itself is tried where one stands. A match reaches at most SECRET_BACK
 * bytes before its anchor and is recognised from at most SECRET_AHEAD bytes from the anchor on, so
 * a stream is searched through a window that keeps that much.
 *
 * A text that says of itself that it is no secret (EXAMPLE, sample, dummy, placeholder, xxxx, ${…},
 * {{…}}) is passed over.
 */
#define SECRET_BACK  64
#define SECRET_AHEAD 1024

struct secret_rule {
    const char *id, *title;
    enum img_severity severity;
};

/* In binaries only tokens are looked for: what else is in them is a library's own test data. */
enum secret_rules { SECRET_ALL, SECRET_TOKENS };

struct secret_hit {
    const struct secret_rule *rule;
    size_t from,
        to; /* what the rule matched; a private key reaches to its END line if that is here */
};

/* The first match whose anchor stands in [from, limit) of data; false when there is none. *next is
 * where to go on. */
bool secret_find(struct img_bytes data, size_t from, size_t limit, enum secret_rules rules,
                 struct secret_hit *out, size_t *next);

/* True when a name such as DB_PASSWORD announces a secret value. */
bool secret_name(struct img_bytes name);

/* text with every match of a rule replaced by ***; true when there was one. */
bool secret_mask(struct img_bytes text, struct img_buf *out);

/* A command of the image's history, as it may be shown: besides what secret_mask() takes out, the
 * values of build arguments, of ARG and ENV, of assignments and options whose name announces a
 * secret, user:password pairs and authorization headers. True when anything was taken out. */
bool secret_mask_command(struct img_bytes text, struct img_buf *out);
