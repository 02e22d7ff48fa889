/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/scan.h"
#include "attest/types.h"
#include "base/json.h"
#include "base/limits.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void json_done(json_t **p)
{
    json_decref(*p);
}

/* Property: a predicate that reads back has an input, no finding without name or kind, and can be
 * written; as every type that scans come in. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const types[] = {IMG_PREDICATE_SCAN, IMG_PREDICATE_CHECKS,
                                        IMG_PREDICATE_VULN, IMG_PREDICATE_VULNS_01,
                                        IMG_PREDICATE_VULNS_02};
    IMG_AUTO(json_done) json_t *doc = NULL;
    struct img_image image = {.config = {.created = IMG_TIME_NONE}};
    struct img_err err = IMG_ERR_INIT;

    if (!img_json_parse((struct img_bytes){data, size}, IMG_LIMIT_PREDICATE, &doc, &err))
        return 0;
    for (size_t i = 0; i < IMG_COUNT(types); i++) {
        IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
        IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(IMG_LIMIT_REPORT);

        if (!img_scan_read(types[i], doc, &s, &err))
            continue;
        if (s->input_count == 0 || !img_scan_write(s, &image, &out, &err))
            abort();
        for (size_t k = 0; k < s->count; k++)
            if (s->findings[k].kind == IMG_FINDING_NONE || s->findings[k].id[0] == '\0')
                abort();
    }
    return 0;
}
