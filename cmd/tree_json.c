/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_out.h"
#include "base/time.h"
#include "cmd/tree.h"

static void put_error(struct img_json_out *j, const struct img_err *why)
{
    char text[IMG_ERR_TEXT];

    if (why->code == IMG_OK)
        return;
    img_err_text(why, text, sizeof(text));
    img_json_out_open(j, "error", '{');
    img_json_out_str(j, "code", img_code_name(why->code));
    img_json_out_opt(j, "reason", img_reason_word(why->why));
    img_json_out_str(j, "text", text);
    img_json_out_close(j, '}');
}

static void put_items(struct img_json_out *j, const struct img_tree_items *list)
{
    char digest[IMG_DIGEST_TEXT], date[IMG_TIME_TEXT];

    img_json_out_open(j, "attached", '[');
    for (size_t i = 0; i < list->count; i++) {
        const struct img_tree_item *item = &list->items[i];
        img_digest_text(&item->desc.digest, digest);
        img_json_out_open(j, NULL, '{');
        img_json_out_str(j, "digest", digest);
        img_json_out_str(j, "mediaType", item->desc.media_type);
        img_json_out_opt(j, "artifactType", item->desc.artifact_type);
        img_json_out_int(j, "size", (int64_t)item->size);
        img_json_out_open(j, "unverified", '{');
        img_json_out_opt(j, "predicateType", item->unverified_type);
        img_json_out_opt(j, "signer", item->unverified_signer);
        if (item->stored != IMG_TIME_NONE) {
            img_time_text(item->stored, date);
            img_json_out_str(j, "created", date);
        }
        img_json_out_close(j, '}');
        put_error(j, &item->err);
        put_items(j, &item->attached);
        img_json_out_close(j, '}');
    }
    img_json_out_close(j, ']');
    if (list->cut)
        img_json_out_bool(j, "cut", true);
}

static void put_platform(struct img_json_out *j, const struct img_tree *t,
                         const struct img_tree_platform *p)
{
    char digest[IMG_DIGEST_TEXT], platform[100];

    img_digest_text(&p->desc.digest, digest);
    img_platform_text(&p->desc.platform, platform);
    img_json_out_open(j, NULL, '{');
    img_json_out_opt(j, "platform", p->desc.has_platform ? platform : NULL);
    img_json_out_str(j, "digest", digest);
    img_json_out_str(j, "mediaType", p->desc.media_type);
    img_json_out_int(j, "size", (int64_t)p->size);
    img_json_out_int(j, "layers", (int64_t)p->layers);
    if (img_manifest_is_attestation_entry(&p->desc))
        img_json_out_bool(j, "attestation", true);
    put_error(j, &p->err);
    if (t->is_index)
        put_items(j, &p->attached);
    img_json_out_close(j, '}');
}

void img_tree_json(const struct img_tree *t, const char *name, struct img_buf *out)
{
    struct img_json_out j = {.to = out};
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&t->doc.desc.digest, digest);
    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "version", 1);
    img_json_out_open(&j, "image", '{');
    img_json_out_str(&j, "name", name);
    img_json_out_str(&j, "digest", digest);
    img_json_out_str(&j, "mediaType", t->doc.desc.media_type);
    img_json_out_open(&j, "platforms", '[');
    for (size_t i = 0; i < t->count; i++)
        put_platform(&j, t, &t->platforms[i]);
    img_json_out_close(&j, ']');
    put_items(&j, &t->attached);
    img_json_out_close(&j, '}');
    img_json_out_close(&j, '}');
    img_buf_puts(out, "\n");
}
