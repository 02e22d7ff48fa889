/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "attest/protojson.h"
#include "base/enc.h"
#include "base/limits.h"
#include "base/text.h"
#include "oci/descriptor.h"

#define OLD_TYPE "application/vnd.dev.sigstore.bundle+json;version="

enum { MEDIA_TYPE, MATERIAL, MESSAGE, ENVELOPE };
static const struct img_proto_member bundle[] = {[MEDIA_TYPE] = {"mediaType", "media_type"},
                                                 [MATERIAL] = {"verificationMaterial",
                                                               "verification_material"},
                                                 [MESSAGE] = {"messageSignature",
                                                              "message_signature"},
                                                 [ENVELOPE] = {"dsseEnvelope", "dsse_envelope"}};

enum { PUBLIC_KEY, CHAIN, CERTIFICATE, ENTRIES, TIMESTAMPS };
static const struct img_proto_member material[] = {[PUBLIC_KEY] = {"publicKey", "public_key"},
                                                   [CHAIN] = {"x509CertificateChain",
                                                              "x509_certificate_chain"},
                                                   [CERTIFICATE] = {"certificate", NULL},
                                                   [ENTRIES] = {"tlogEntries", "tlog_entries"},
                                                   [TIMESTAMPS] = {"timestampVerificationData",
                                                                   "timestamp_verification_data"}};

static const struct img_proto_member public_key[] = {{"hint", NULL}};
static const struct img_proto_member timestamps[] = {{"rfc3161Timestamps", "rfc3161_timestamps"}};
static const struct img_proto_member timestamp[] = {{"signedTimestamp", "signed_timestamp"}};
static const struct img_proto_member entry[] = {{"logIndex", "log_index"},
                                                {"logId", "log_id"},
                                                {"kindVersion", "kind_version"},
                                                {"integratedTime", "integrated_time"},
                                                {"inclusionPromise", "inclusion_promise"},
                                                {"inclusionProof", "inclusion_proof"},
                                                {"canonicalizedBody", "canonicalized_body"}};

/*
 * Bytes that no signature covers yet reach the JSON parser, and a JSON value of three bytes can
 * cost it a hundred times as many. So values are counted before any is built.
 */
static bool check_nodes(struct img_bytes text, struct img_err *err)
{
    size_t nodes = 0;
    bool quoted = false;

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == ',' || c == '[' || c == '{'))
            nodes++;
    }
    if (nodes > IMG_LIMIT_BUNDLE_NODES)
        return img_fail(err, IMG_E_LIMIT, "more than %d JSON values", IMG_LIMIT_BUNDLE_NODES);
    return true;
}

/* The table of media types in the bundle specification; versions from 0.4 on are other formats. */
static bool read_version(const struct img_json *root, int *version, struct img_err *err)
{
    const char *key = img_proto_key(root, bundle[MEDIA_TYPE]), *type = NULL;

    if (!img_json_str(root, key != NULL ? key : "mediaType", &type, err))
        return false;
    if (strcmp(type, IMG_TYPE_BUNDLE) == 0 || strcmp(type, OLD_TYPE "0.3") == 0)
        *version = 3;
    else if (strcmp(type, OLD_TYPE "0.2") == 0)
        *version = 2;
    else if (strcmp(type, OLD_TYPE "0.1") == 0)
        *version = 1;
    else
        return img_refuse(err, IMG_E_UNSUPPORTED, IMG_WHY_UNSUPPORTED, "bundle media type '%.120s'",
                          type);
    return true;
}

/* A list of at most IMG_LIMIT_BUNDLE_LIST objects with these members, or none at all. */
static bool check_list(const struct img_json *at, struct img_proto_member name,
                       const struct img_proto_member *known, size_t known_count,
                       struct img_err *err)
{
    const char *key = img_proto_key(at, name);
    struct img_json list, item;
    size_t count = 0;

    if (key != NULL && !img_json_arr(at, key, &list, &count, err))
        return false;
    if (count > IMG_LIMIT_BUNDLE_LIST)
        return img_fail(err, IMG_E_LIMIT, "%zu %s; the limit is %d", count, name.camel,
                        IMG_LIMIT_BUNDLE_LIST);
    for (size_t i = 0; i < count; i++)
        if (!img_json_item(&list, i, &item, err) ||
            !img_proto_check(&item, known, known_count, err))
            return false;
    return true;
}

static bool check_times(const struct img_json *m, struct img_err *err)
{
    const char *key = img_proto_key(m, material[TIMESTAMPS]);
    struct img_json data;

    if (!check_list(m, material[ENTRIES], entry, IMG_COUNT(entry), err))
        return false;
    return key == NULL || (img_json_obj(m, key, &data, err) &&
                           img_proto_check(&data, timestamps, IMG_COUNT(timestamps), err) &&
                           check_list(&data, timestamps[0], timestamp, IMG_COUNT(timestamp), err));
}

/* Exactly one of key, chain and certificate. *hint stays NULL for the last two. */
static bool read_material(const struct img_json *root, int version, char **hint,
                          struct img_err *err)
{
    const char *at = img_proto_key(root, bundle[MATERIAL]), *key, *chain, *leaf, *text = "";
    struct img_json m, k;

    if (!img_json_obj(root, at != NULL ? at : "verificationMaterial", &m, err) ||
        !img_proto_check(&m, material, IMG_COUNT(material), err) || !check_times(&m, err))
        return false;
    key = img_proto_key(&m, material[PUBLIC_KEY]);
    chain = img_proto_key(&m, material[CHAIN]);
    leaf = img_proto_key(&m, material[CERTIFICATE]);
    if ((key != NULL) + (chain != NULL) + (leaf != NULL) != 1)
        return img_json_fail(&m, err,
                             "needs exactly one of publicKey, certificate and "
                             "x509CertificateChain");
    if ((chain != NULL && version >= 3) || (leaf != NULL && version < 3))
        return img_json_fail(&m, err, "%s does not belong into version 0.%d",
                             chain != NULL ? chain : leaf, version);
    if (key == NULL)
        return true;
    if (!img_json_obj(&m, key, &k, err) ||
        !img_proto_check(&k, public_key, IMG_COUNT(public_key), err) ||
        (img_proto_key(&k, public_key[0]) != NULL && !img_json_str(&k, "hint", &text, err)))
        return false;
    return img_strdup(text, hint, err);
}

/* Exactly one of messageSignature and dsseEnvelope; the envelope with exactly one signature. */
static bool read_content(const struct img_json *root, struct img_bundle *out, struct img_err *err)
{
    const char *message = img_proto_key(root, bundle[MESSAGE]);
    const char *dsse = img_proto_key(root, bundle[ENVELOPE]);
    struct img_json at;

    if ((message != NULL) == (dsse != NULL))
        return img_json_fail(root, err, "needs exactly one of dsseEnvelope and messageSignature");
    if (message != NULL)
        return img_refuse(err, IMG_E_UNSUPPORTED, IMG_WHY_UNSUPPORTED,
                          "a message signature says nothing about an image; only statements in a "
                          "DSSE envelope count");
    if (!img_json_obj(root, dsse, &at, err) || !img_dsse_read(&at, &out->envelope, err))
        return false;
    if (out->envelope.count != 1)
        return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_SIGNATURE_COUNT,
                          "%zu signatures where a bundle carries exactly one", out->envelope.count);
    return true;
}

bool img_bundle_read_unverifiable(struct img_bytes text, struct img_bundle *out,
                                  struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};
    json_auto_t *doc = NULL;
    struct img_json root;
    const char *keyid;

    if (!check_nodes(text, err) || !img_json_parse(text, IMG_LIMIT_EVIDENCE_TOTAL, &doc, err) ||
        !img_json_root(doc, &root, err) || !read_version(&root, &b.version, err) ||
        !img_proto_check(&root, bundle, IMG_COUNT(bundle), err) ||
        !read_material(&root, b.version, &b.key_hint, err) || !read_content(&root, &b, err))
        return img_ctx(err, "bundle");
    /* sigstore_bundle.proto: a keyid that is set must be the hint */
    keyid = b.envelope.signatures[0].keyid;
    if (keyid != NULL && b.key_hint != NULL && strcmp(keyid, b.key_hint) != 0)
        return img_fail(err, IMG_E_MALFORMED, "bundle: keyid and key hint differ");
    *out = b;
    b = (struct img_bundle){.key_hint = NULL};
    return true;
}

bool img_bundle_read(struct img_bytes text, struct img_bundle *out, struct img_err *err)
{
    IMG_AUTO(img_bundle_done) struct img_bundle b = {.key_hint = NULL};

    if (!img_bundle_read_unverifiable(text, &b, err))
        return false;
    if (b.key_hint == NULL)
        return img_refuse(err, IMG_E_UNSUPPORTED, IMG_WHY_UNSUPPORTED,
                          "bundle: signed with a certificate, not with a key");
    *out = b;
    b = (struct img_bundle){.key_hint = NULL};
    return true;
}

void img_bundle_done(struct img_bundle *b)
{
    img_str_free(&b->key_hint);
    img_dsse_done(&b->envelope);
}

bool img_bundle_hint(const struct img_key *key, struct img_buf *out, struct img_err *err)
{
    const struct img_digest *f = img_key_fingerprint(key);
    struct img_bytes written;

    img_base64((struct img_bytes){.ptr = f->bytes, .len = f->len}, out);
    return img_buf_bytes(out, &written, err);
}

/* A member whose value is base64, written without a copy of the value. */
static void put_base64(struct img_json_out *j, const char *key, struct img_bytes value)
{
    img_json_out_raw(j, key, (struct img_bytes){.ptr = (const uint8_t *)"\"", .len = 1});
    img_base64(value, j->to);
    img_buf_puts(j->to, "\"");
}

bool img_bundle_write(const struct img_key *key, const char *payload_type, struct img_bytes payload,
                      struct img_bytes sig, struct img_buf *out, struct img_err *err)
{
    const struct img_digest *f = img_key_fingerprint(key);
    struct img_json_out j = {.to = out};
    struct img_bytes written;

    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "mediaType", IMG_TYPE_BUNDLE);
    img_json_out_open(&j, "verificationMaterial", '{');
    img_json_out_open(&j, "publicKey", '{');
    put_base64(&j, "hint", (struct img_bytes){.ptr = f->bytes, .len = f->len});
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    img_json_out_open(&j, "dsseEnvelope", '{');
    put_base64(&j, "payload", payload);
    img_json_out_str(&j, "payloadType", payload_type);
    img_json_out_open(&j, "signatures", '[');
    img_json_out_open(&j, NULL, '{');
    put_base64(&j, "sig", sig);
    img_json_out_close(&j, '}');
    img_json_out_close(&j, ']');
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &written, err);
}
