/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/copying.h"

#include <string.h>

#include "base/json_out.h"
#include "base/limits.h"
#include "oci/copy.h"

bool img_target_pinned(const struct img_target *t, const struct img_digest *digest,
                       struct img_buf *out, struct img_err *err)
{
    struct img_reference r = t->ref;

    r.digest = *digest;
    r.tag = NULL;
    return img_reference_text(&r, out, err);
}

static bool write_out(const struct img_buf *text, const struct img_output *to, struct img_err *err)
{
    struct img_bytes bytes;

    return img_buf_bytes(text, &bytes, err) && img_output_write(to, bytes, err);
}

static void say_copied(const char *program, bool quiet, const struct img_copied *c)
{
    img_note(program, quiet,
             "%llu manifest%s, %llu attached; %llu blob%s copied (%.1f MB), %llu already there",
             (unsigned long long)c->manifests, c->manifests == 1 ? "" : "s",
             (unsigned long long)c->referrers, (unsigned long long)c->blobs,
             c->blobs == 1 ? "" : "s", (double)c->bytes / 1e6, (unsigned long long)c->skipped);
    if (c->missing > 0)
        img_note(program, quiet,
                 "%llu listed as attached, but not there or about something else: left out",
                 (unsigned long long)c->missing);
}

static bool report_copy(const struct img_target *to, const struct img_copied *c,
                        const struct img_output *output, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf name = IMG_BUF(2 * (size_t)IMG_LIMIT_REFERENCE);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(16 * (size_t)IMG_LIMIT_REFERENCE);
    struct img_json_out j = {.to = &text};
    char digest[IMG_DIGEST_TEXT];
    struct img_bytes bytes;

    if (!img_target_pinned(to, &c->digest, &name, err) || !img_buf_bytes(&name, &bytes, err))
        return false;
    if (strcmp(output->format, "text") == 0) {
        img_buf_puts(&name, "\n");
        return write_out(&name, output, err);
    }
    img_digest_text(&c->digest, digest);
    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "version", 1);
    img_json_out_bytes(&j, "image", bytes);
    img_json_out_str(&j, "digest", digest);
    img_json_out_int(&j, "manifests", (int64_t)c->manifests);
    img_json_out_int(&j, "attached", (int64_t)c->referrers);
    img_json_out_int(&j, "blobs", (int64_t)c->blobs);
    img_json_out_int(&j, "bytes", (int64_t)c->bytes);
    img_json_out_int(&j, "present", (int64_t)c->skipped);
    img_json_out_int(&j, "missing", (int64_t)c->missing);
    img_json_out_close(&j, '}');
    img_buf_puts(&text, "\n");
    return write_out(&text, output, err);
}

bool img_copy_images(const char *program, char *const images[static 2], struct img_common *common,
                     const struct img_output *output, struct img_err *err)
{
    IMG_AUTO(img_target_done) struct img_target from = {.store = NULL}, to = {.store = NULL};
    struct img_progress *meter = img_meter(common->quiet, common->no_progress);
    struct img_copied done;
    bool ok;

    ok = img_target_open(images[0], common, false, 0, &from, err) &&
         img_target_open(images[1], common, true, 0, &to, err) &&
         img_copy(from.store, &from.ref, to.store, &to.ref, meter, &done, err);
    img_meter_end(meter);
    if (!ok)
        return false;
    say_copied(program, common->quiet, &done);
    return report_copy(&to, &done, output, err);
}
