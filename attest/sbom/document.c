/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/sbom/document.h"

#include <string.h>

#include "attest/purl.h"
#include "base/enc.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

void img_layer_names(const struct img_image *image, size_t layer, struct img_layer_names *out)
{
    img_digest_text(&image->parsed.items[layer].digest, out->digest);
    img_digest_text(&image->config.diff_ids[layer], out->diff_id);
}

void img_sbom_subject_of(const struct img_reference *ref, const struct img_image *image,
                         int64_t source_date, struct img_sbom_subject *out)
{
    const char *name = ref->name != NULL ? ref->name : ref->path, *slash = strrchr(name, '/');

    *out = (struct img_sbom_subject){
        .name = ref->name == NULL && slash != NULL ? slash + 1 : name,
        .tag = ref->tag,
        .date = source_date != IMG_TIME_NONE ? source_date : image->config.created,
    };
    if (out->name[0] == '\0' || strcmp(out->name, ".") == 0 || strcmp(out->name, "..") == 0)
        out->name = "image";
}

bool img_document_uuid(struct img_bytes content, char out[static 37], struct img_err *err)
{
    struct img_digest d;
    char hex[33];

    if (!img_digest_of(IMG_SHA256, content, &d, err))
        return false;
    d.bytes[6] = (uint8_t)(0x80 | (d.bytes[6] & 0x0f)); /* version 8 */
    d.bytes[8] = (uint8_t)(0x80 | (d.bytes[8] & 0x3f)); /* variant 10 */
    img_hex((struct img_bytes){.ptr = d.bytes, .len = 16}, hex);
    (void)snprintf(out, 37, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
                   hex + 20);
    return true;
}

bool img_document_id(const char *a, const char *b, char out[static 17], struct img_err *err)
{
    IMG_AUTO(img_hasher_freep) struct img_hasher *h = NULL;
    struct img_digest d;

    if (!img_hasher_new(IMG_SHA256, &h, err) || !img_hasher_update(h, img_bytes_of(a), err) ||
        !img_hasher_update(h, (struct img_bytes){.ptr = (const uint8_t *)"\n", .len = 1}, err) ||
        !img_hasher_update(h, img_bytes_of(b), err) || !img_hasher_finish(h, &d, err))
        return false;
    img_hex((struct img_bytes){.ptr = d.bytes, .len = 8}, out);
    return true;
}

static void qualifier(struct img_buf *b, const char *key, const char *value)
{
    if (value == NULL || value[0] == '\0')
        return;
    img_buf_putf(b, "%s%s=", b->len > 0 ? "&" : "", key);
    img_purl_encode(value, b);
}

bool img_image_purl(const struct img_image *image, const struct img_sbom_subject *subject,
                    struct img_buf *out, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf quals = IMG_BUF(IMG_LIMIT_PURL);
    IMG_AUTO(img_str_free) char *name = NULL;
    const char *slash = strrchr(subject->name, '/');
    char type[] = "oci", digest[IMG_DIGEST_TEXT];
    struct img_purl p = {.type = type, .version = digest};
    struct img_bytes ignored;

    if (!img_strdup(slash != NULL ? slash + 1 : subject->name, &name, err))
        return false;
    img_digest_text(&image->manifest.desc.digest, digest);
    qualifier(&quals, "arch", image->config.platform.architecture);
    qualifier(&quals, "repository_url", slash != NULL ? subject->name : NULL);
    qualifier(&quals, "tag", subject->tag);
    img_buf_put(&quals, "", 1);
    if (!img_buf_bytes(&quals, &ignored, err))
        return false;
    p.name = name;
    p.qualifiers = (char *)quals.ptr;
    return img_purl_text(&p, out, err);
}

bool img_document_is_url(const char *text)
{
    static const char others[] = "-._~:/?#@!$&'()*+,;=";
    size_t len = 0;

    if (text == NULL || (!img_has_prefix(text, "http://") && !img_has_prefix(text, "https://")))
        return false;
    for (; text[len] != '\0'; len++) {
        char c = text[len];

        if (!((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ||
              strchr(others, c) != NULL))
            return false;
    }
    return len < 2048;
}

bool img_document_person(const char *text, struct img_bytes *name, struct img_bytes *mail)
{
    size_t open = strcspn(text, "<"), close = strcspn(text, ">");

    if (open < 2 || text[open] == '\0' || text[close] == '\0' || close < open + 2 ||
        text[close + 1] != '\0' || text[open - 1] != ' ' || strcspn(text, "()\"\n") != strlen(text))
        return false;
    *name = (struct img_bytes){.ptr = (const uint8_t *)text, .len = open - 1};
    *mail = (struct img_bytes){.ptr = (const uint8_t *)text + open + 1, .len = close - open - 1};
    return memchr(mail->ptr, ' ', mail->len) == NULL && memchr(mail->ptr, '@', mail->len) != NULL;
}
