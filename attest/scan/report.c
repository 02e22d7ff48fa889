/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/scan/internal.h"
#include "base/limits.h"
#include "base/time.h"

/*
 * A scanner's report: which scanner's, and whether it is about an image.
 */

bool scan_read_any(struct scan_owner *o, const struct img_json *root, struct img_err *err)
{
    bool trivy = img_json_has(root, "SchemaVersion");
    bool grype = img_json_has(root, "matches") && img_json_has(root, "descriptor");

    if (trivy && grype)
        return img_fail(err, IMG_E_MALFORMED, "report that is Trivy's and Grype's at once");
    if (trivy)
        return scan_read_trivy(o, root, err);
    if (grype)
        return scan_read_grype(o, root, err);
    return img_fail(err, IMG_E_UNSUPPORTED,
                    "neither Trivy's JSON (SchemaVersion 2) nor Grype's JSON");
}

bool scan_report_parse(struct img_bytes text, int64_t finished, struct img_scan **out,
                       struct img_err *err)
{
    IMG_AUTO(scan_owner_freep) struct scan_owner *o = NULL;
    struct img_scan_input *in;
    struct img_json root;

    if (!scan_owner_new(&o, err) || !img_json_parse(text, IMG_LIMIT_REPORT, &o->doc, err) ||
        !img_json_root(o->doc, &root, err) || !scan_read_any(o, &root, err))
        return false;
    in = &o->scan.inputs[0];
    if (in->finished == IMG_TIME_NONE)
        in->finished = finished;
    if (in->finished == IMG_TIME_NONE)
        return img_fail(err, IMG_E_USAGE,
                        "the report does not say when the scan finished; say so with "
                        "--scan-finished TIME, such as 2026-11-22T10:00:00Z");
    if (!img_digest_of(IMG_SHA256, text, &in->sha256, err) || !img_pool_check(&o->pool, err))
        return false;
    *out = &((struct scan_owner *)IMG_STEAL(&o))->scan;
    return true;
}

static bool is_digest(const char *text, const struct img_digest *d)
{
    char have[IMG_DIGEST_TEXT];

    img_digest_text(d, have);
    return text != NULL && strcmp(text, have) == 0;
}

/* True when the list is this image's layers, as diff_ids or as they are stored. */
static bool are_layers(const struct report_subject *about, const struct img_image *image)
{
    bool diff = about->layer_count == image->config.layers;
    bool stored = about->layer_count == image->parsed.count;

    for (size_t i = 0; i < about->layer_count; i++) {
        diff = diff && is_digest(about->layers[i], &image->config.diff_ids[i]);
        stored = stored && is_digest(about->layers[i], &image->parsed.items[i].digest);
    }
    return diff || stored;
}

/* Names and repository digests prove nothing: a tag moves, and a repository digest may be an
 * index's. What binds is the configuration, the manifest, or the exact list of layers; and where a
 * report lists layers, they must be these whatever else it says. */
static bool is_about(const struct report_subject *about, const struct img_image *image)
{
    if (about->layer_count > 0)
        return are_layers(about, image);
    return is_digest(about->config, &image->config_digest) ||
           is_digest(about->manifest, &image->manifest.desc.digest);
}

bool scan_report_is_about(const struct img_scan *s, const struct img_image *image,
                          struct img_err *err)
{
    const struct report_subject *about = &scan_owner_of_const(s)->about;
    char manifest[IMG_DIGEST_TEXT], config[IMG_DIGEST_TEXT];
    const char *what = about->config != NULL ? about->config : about->manifest;

    if (is_about(about, image))
        return true;
    img_digest_text(&image->manifest.desc.digest, manifest);
    img_digest_text(&image->config_digest, config);
    return img_refuse(err, IMG_E_MALFORMED, IMG_WHY_SUBJECT_MISMATCH,
                      "%s report about '%.100s' (%.80s, %zu layers), which is not the image %s "
                      "(configuration %s, %zu layers)",
                      s->inputs[0].tool, about->name != NULL ? about->name : "no image",
                      what != NULL ? what : "no digest", about->layer_count, manifest, config,
                      image->config.layers);
}

bool img_report_read(struct img_bytes text, const struct img_image *image, int64_t finished,
                     struct img_scan **out, struct img_err *err)
{
    IMG_AUTO(img_scan_freep) struct img_scan *s = NULL;

    if (!scan_report_parse(text, finished, &s, err) || !scan_report_is_about(s, image, err))
        return false;
    *out = IMG_STEAL(&s);
    return true;
}
