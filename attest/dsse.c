/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/dsse.h"

#include <stdlib.h>
#include <string.h>

#include "attest/protojson.h"
#include "base/enc.h"
#include "base/limits.h"
#include "base/text.h"

enum { PAYLOAD, PAYLOAD_TYPE, SIGNATURES };
static const struct img_proto_member envelope[] = {[PAYLOAD] = {"payload", NULL},
                                                   [PAYLOAD_TYPE] = {"payloadType", "payload_type"},
                                                   [SIGNATURES] = {"signatures", NULL}};
static const struct img_proto_member signature[] = {{"sig", NULL}, {"keyid", NULL}};

static bool read_signature(const struct img_json *at, struct img_dsse_signature *out,
                           struct img_err *err)
{
    const char *sig = NULL, *keyid = "";

    if (!img_proto_check(at, signature, IMG_COUNT(signature), err) ||
        !img_json_str(at, "sig", &sig, err) ||
        (img_proto_key(at, signature[1]) != NULL && !img_json_str(at, "keyid", &keyid, err)))
        return false;
    out->sig = IMG_BUF(IMG_LIMIT_SIGNATURE);
    if (!img_unbase64(img_bytes_of(sig), IMG_B64_PROTOJSON, &out->sig, err))
        return img_ctx(err, "/sig");
    return keyid[0] == '\0' || img_strdup(keyid, &out->keyid, err);
}

static bool read_signatures(const struct img_json *at, struct img_dsse *out, struct img_err *err)
{
    struct img_json list, item;
    size_t count = 0;

    if (!img_json_arr(at, "signatures", &list, &count, err))
        return false;
    if (count == 0 || count > IMG_DSSE_SIGNATURES)
        return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_SIGNATURE_COUNT,
                          "%zu signatures; between 1 and %d are read", count, IMG_DSSE_SIGNATURES);
    for (size_t i = 0; i < count; i++) {
        out->count = i + 1; /* img_dsse_done() frees whatever of it was read */
        if (!img_json_item(&list, i, &item, err) ||
            !read_signature(&item, &out->signatures[i], err))
            return img_ctx(err, "signature %zu", i);
    }
    return true;
}

bool img_dsse_read(const struct img_json *at, struct img_dsse *out, struct img_err *err)
{
    IMG_AUTO(img_dsse_done) struct img_dsse d = {.payload = IMG_BUF(IMG_LIMIT_EVIDENCE_TOTAL)};
    const char *type_key = img_proto_key(at, envelope[PAYLOAD_TYPE]);
    const char *type = NULL, *payload = NULL;

    if (!img_proto_check(at, envelope, IMG_COUNT(envelope), err) ||
        !img_json_str(at, type_key != NULL ? type_key : "payloadType", &type, err) ||
        !img_json_str(at, "payload", &payload, err) || !img_strdup(type, &d.payload_type, err) ||
        !read_signatures(at, &d, err))
        return img_ctx(err, "envelope");
    if (!img_unbase64(img_bytes_of(payload), IMG_B64_PROTOJSON, &d.payload, err))
        return img_ctx(err, "envelope: /payload");
    *out = d;
    d = (struct img_dsse){.count = 0};
    return true;
}

void img_dsse_done(struct img_dsse *d)
{
    img_str_free(&d->payload_type);
    img_buf_done(&d->payload);
    for (size_t i = 0; i < d->count; i++) {
        img_str_free(&d->signatures[i].keyid);
        img_buf_done(&d->signatures[i].sig);
    }
    *d = (struct img_dsse){.count = 0};
}

/* protocol.md: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body; lengths count bytes. */
void img_dsse_pae(const char *payload_type, struct img_bytes payload, struct img_buf *out)
{
    img_buf_putf(out, "DSSEv1 %zu ", strlen(payload_type));
    img_buf_puts(out, payload_type);
    img_buf_putf(out, " %zu ", payload.len);
    img_buf_put(out, payload.ptr, payload.len);
}

bool img_dsse_sign(struct img_signer *signer, const char *payload_type, struct img_bytes payload,
                   struct img_buf *sig, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf pae = IMG_BUF(IMG_LIMIT_PAE);
    struct img_bytes message;

    img_dsse_pae(payload_type, payload, &pae);
    return img_buf_bytes(&pae, &message, err) && img_signer_sign(signer, message, sig, err);
}
