/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include "attest/purl.h"
#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/time.h"
#include "tests/support/memstore.h"
#include "tests/support/oom.h"
#include "tests/support/tar.h"

#define STATUS                                                                                     \
    "Package: a\nStatus: install ok installed\nArchitecture: amd64\nSource: s (1)\n"               \
    "Maintainer: A <a@b.c>\nVersion: 1:2-3\nDescription: d\n\n"

static struct t_store store;
static struct img_descriptor manifest;

static bool document(const struct img_image *image, struct img_inventory *inv, bool spdx,
                     struct img_err *err)
{
    const struct img_sbom_subject subject = {.name = "reg/app", .date = IMG_TIME_NONE};
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_MIB);

    return (spdx ? img_sbom_spdx : img_sbom_cyclonedx)(image, inv, &subject, &out, err);
}

/* From the store to the document. */
static bool everything(bool spdx, struct img_err *err)
{
    struct img_image image = {.manifest.bytes = {.limit = 1}};
    IMG_AUTO(img_catalog_freep) struct img_catalog *catalog = NULL;
    IMG_AUTO(img_inventory_freep) struct img_inventory *inv = NULL;
    struct img_layer_client client;
    bool ok;

    if (!img_image_open(&store.base, &manifest, &image, err))
        return false;
    ok = img_catalog_new(&image, &catalog, err);
    if (ok) {
        client = img_catalog_client(catalog);
        ok = img_image_walk(&store.base, &image, &client, 1, NULL, err) &&
             img_catalog_finish(catalog, &inv, err) && document(&image, inv, spdx, err);
    }
    assert_true(!ok || (inv->count == 1 && inv->complete));
    img_image_done(&image);
    return ok;
}

static bool parse(struct img_err *err)
{
    IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};

    return img_purl_parse("pkg:deb/debian/a@1?b=c&d=e#f/g", &p, err);
}

/* jansson's allocations are its own and stay healthy; so the document is parsed beforehand. */
static bool read_back(const json_t *doc, struct img_err *err)
{
    IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};

    return img_sbom_read(doc, &facts, err);
}

static void lack_of_memory_is_told_and_leaks_nothing(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(IMG_MIB);
    struct img_bytes layer;
    json_auto_t *doc = NULL;

    (void)state;
    oom_after(SIZE_MAX - 1);
    t_tar_put(&tar, &(struct t_tar){.name = "etc/os-release", .type = '0', .data = "ID=debian\n"});
    t_tar_put(&tar, &(struct t_tar){.name = "var/lib/dpkg/status", .type = '0', .data = STATUS});
    t_tar_end(&tar);
    t_ok(img_buf_bytes(&tar, &layer, &err));
    t_store_init(&store);
    manifest = t_store_image(&store, &layer, 1, NULL);
    t_ok(img_json_parse(img_bytes_of("{\"bomFormat\":\"CycloneDX\",\"components\":[{\"type\":"
                                     "\"library\",\"purl\":\"pkg:npm/a@1\"}]}"),
                        IMG_MIB, &doc, &err));
    t_oom(everything(false, &err), 40);
    t_oom(everything(true, &err), 40);
    t_oom(parse(&err), 5);
    t_oom(read_back(doc, &err), 4);
    t_store_done(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lack_of_memory_is_told_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
