/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/internal.h"
#include "attest/types.h"
#include "base/limits.h"
#include "base/time.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool held)
{
    if (!held)
        abort();
}

static void json_done(json_t **p)
{
    json_decref(*p);
}

/* Property: what is read as a scanner's report, Trivy's or Grype's, can be merged and written, and
 * what was written reads back and is written the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *merged = NULL;
    IMG_AUTO(img_scan_freep) struct img_scan *back = NULL;
    IMG_AUTO(img_buf_done) struct img_buf once = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(img_buf_done) struct img_buf twice = IMG_BUF(IMG_LIMIT_REPORT);
    IMG_AUTO(json_done) json_t *doc = NULL;
    struct img_image image = {.config = {.created = IMG_TIME_NONE}};
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes a = {0}, b = {0};

    must(img_digest_of(IMG_SHA256, (struct img_bytes){data, size}, &image.manifest.desc.digest,
                       &err));
    if (!scan_report_parse((struct img_bytes){data, size}, 0, &s, &err))
        return 0;
    must(img_scan_merge(&s, 1, &image, &merged, &err));
    must(img_scan_write(merged, &image, &once, &err));
    must(img_buf_bytes(&once, &a, &err));
    must(img_json_parse(a, IMG_LIMIT_REPORT, &doc, &err));
    must(img_scan_read(img_scan_predicate_type(merged), doc, &back, &err));
    must(back->count == merged->count);
    must(img_scan_write(back, &image, &twice, &err));
    must(img_buf_bytes(&twice, &b, &err));
    must(img_bytes_equal(a, b));
    return 0;
}
