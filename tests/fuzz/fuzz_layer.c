/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What one entry still owes: its content. */
struct seen {
    int64_t left;
};

static void check_path(const char *path)
{
    if (path[0] == '\0' || path[0] == '/')
        abort();
    for (const char *p = path; *p != '\0';) {
        size_t len = strcspn(p, "/");

        if (len == 0 || (len == 2 && memcmp(p, "..", 2) == 0) ||
            (len == 1 && *p == '.' && strcmp(path, ".") != 0))
            abort();
        p += len;
        if (*p == '/' && p[1] == '\0')
            abort();
        p += *p == '/';
    }
}

static bool see_entry(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    struct seen *s = ctx;

    (void)err;
    if (!e->odd)
        check_path(e->path);
    if (e->size < 0 || (e->type != IMG_ENTRY_FILE && e->size != 0))
        abort();
    s->left = e->size;
    *wants = true;
    return true;
}

static bool see_data(void *ctx, struct img_bytes chunk, struct img_err *err)
{
    struct seen *s = ctx;

    (void)err;
    s->left -= (int64_t)chunk.len;
    return true;
}

static bool see_end(void *ctx, struct img_err *err)
{
    (void)err;
    if (((const struct seen *)ctx)->left != 0)
        abort();
    return true;
}

/* What is written is JSON, and reads back with each package. */
static void check_document(const struct img_image *image, const struct img_inventory *inv,
                           bool spdx)
{
    const struct img_sbom_subject subject = {.name = "app", .date = IMG_TIME_NONE};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_SBOM);
    IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};
    json_auto_t *doc = NULL;
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes text;

    if (!(spdx ? img_sbom_spdx : img_sbom_cyclonedx)(image, inv, &subject, &out, &err) ||
        !img_buf_bytes(&out, &text, &err) || !img_json_parse(text, IMG_LIMIT_SBOM, &doc, &err) ||
        !img_sbom_read(doc, &facts, &err) || facts.complete != inv->complete ||
        facts.count + facts.without_purl != inv->count + spdx)
        abort();
}

/* Property: paths are clean, content is as long as was said, and from whatever databases are in it
 * an inventory comes that both formats can carry. The layer is its image's only one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_descriptor layer = {.size = (int64_t)size};
    struct img_digest none = {.hash = IMG_HASH_NONE}, diff_id = none;
    struct img_image image = {.parsed = {.items = &layer, .count = 1},
                              .config = {.diff_ids = &diff_id, .layers = 1}};
    IMG_AUTO(img_catalog_freep) struct img_catalog *catalog = NULL;
    IMG_AUTO(img_inventory_freep) struct img_inventory *inv = NULL;
    IMG_AUTO(img_reader_freep) struct img_reader *blob = NULL;
    struct seen seen = {0};
    struct img_visitor visitors[2] = {
        {.ctx = &seen, .entry = see_entry, .data = see_data, .end = see_end}};
    struct img_layer_client client;
    struct img_layer_seen result;
    struct img_err err = IMG_ERR_INIT;

    if (!img_reader_of_bytes((struct img_bytes){.ptr = data, .len = size}, &blob, &err) ||
        !img_catalog_new(&image, &catalog, &err))
        abort();
    client = img_catalog_client(catalog);
    if (!client.open(client.ctx, 0, &visitors[1], &err))
        abort();
    if (!img_layer_walk(blob, &layer, &none, visitors, 2, &result, &err)) {
        if (err.code == IMG_OK || err.code == IMG_E_INTERNAL)
            abort();
        return 0;
    }
    if (!img_catalog_finish(catalog, &inv, &err))
        abort();
    check_document(&image, inv, false);
    check_document(&image, inv, true);
    return 0;
}
