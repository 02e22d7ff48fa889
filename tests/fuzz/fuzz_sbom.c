/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "attest/purl.h"
#include "attest/sbom/sbom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Property: what a policy is given to compare are package URLs that parse. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_sbom_facts_done) struct img_sbom_facts facts = {.count = 0};
    json_auto_t *doc = NULL;
    struct img_err err = IMG_ERR_INIT;

    if (!img_json_parse((struct img_bytes){.ptr = data, .len = size}, 1 << 20, &doc, &err) ||
        !img_sbom_read(doc, &facts, &err))
        return 0;
    for (size_t i = 0; i < facts.count; i++) {
        IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};
        if (!img_purl_parse(facts.purls[i], &p, &err))
            abort();
    }
    return 0;
}
