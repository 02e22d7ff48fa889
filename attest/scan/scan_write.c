/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "attest/scan/internal.h"
#include "attest/types.h"
#include "base/json_out.h"
#include "base/time.h"

/*
 * The merged report as `urn:imgtrust:scan-report:v1`; own checks alone, in the same shape, as
 * `urn:imgtrust:image-checks:v1`. What is not known is left out, so that nothing has to be guessed.
 */

const char *img_scan_predicate_type(const struct img_scan *s)
{
    return img_scan_looked_for(s, IMG_LOOKS_VULNERABILITIES) ? IMG_PREDICATE_SCAN
                                                             : IMG_PREDICATE_CHECKS;
}

static void put_time(struct img_json_out *j, const char *key, int64_t t)
{
    char text[IMG_TIME_TEXT];

    if (t == IMG_TIME_NONE)
        return;
    img_time_text(t, text);
    img_json_out_str(j, key, text);
}

static void put_list(struct img_json_out *j, const char *key, const char *const *texts)
{
    img_json_out_open(j, key, '[');
    for (; *texts != NULL; texts++)
        img_json_out_str(j, NULL, *texts);
    img_json_out_close(j, ']');
}

static void put_image(struct img_json_out *j, const struct img_image *image)
{
    char digest[IMG_DIGEST_TEXT], platform[100];

    img_digest_text(&image->manifest.desc.digest, digest);
    img_json_out_open(j, "image", '{');
    img_json_out_str(j, "digest", digest);
    if (image->config.platform.os[0] != '\0') {
        img_platform_text(&image->config.platform, platform);
        img_json_out_str(j, "platform", platform);
    }
    put_time(j, "created", image->config.created);
    img_json_out_close(j, '}');
}

static void put_input(struct img_json_out *j, const struct img_scan_input *in)
{
    char hex[IMG_DIGEST_TEXT];

    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "tool", in->tool);
    img_json_out_opt(j, "version", in->version);
    put_list(j, "looksFor", in->looks_for);
    img_json_out_bool(j, "complete", in->complete);
    img_json_out_opt(j, "reason", in->reason);
    if (in->db_version != NULL || in->db_built != IMG_TIME_NONE) {
        img_json_out_open(j, "db", '{');
        img_json_out_opt(j, "version", in->db_version);
        put_time(j, "built", in->db_built);
        img_json_out_close(j, '}');
    }
    if (in->sha256.hash != IMG_HASH_NONE) {
        img_digest_hex(&in->sha256, hex);
        img_json_out_str(j, "sha256", hex);
    }
    put_time(j, "started", in->started);
    put_time(j, "finished", in->finished);
    img_json_out_close(j, '}');
}

/* One decimal, whatever the locale. */
static void put_score(struct img_json_out *j, double score)
{
    char text[32];
    int tenths;

    if (!(score >= 0.0 && score <= 10.0))
        return;
    tenths = (int)(score * 10.0 + 0.5);
    (void)snprintf(text, sizeof(text), "%d.%d", tenths / 10, tenths % 10);
    img_json_out_raw(j, "score", img_bytes_of(text));
}

static void put_package(struct img_json_out *j, const struct img_finding *f)
{
    if (f->purl == NULL && f->package == NULL && f->version == NULL && f->fixed == NULL)
        return;
    img_json_out_open(j, "package", '{');
    img_json_out_opt(j, "purl", f->purl);
    if (f->purl == NULL)
        img_json_out_opt(j, "name", f->package);
    img_json_out_opt(j, "version", f->version);
    img_json_out_opt(j, "fixed", f->fixed);
    img_json_out_close(j, '}');
}

static void put_layer(struct img_json_out *j, const struct img_finding *f)
{
    if (f->layer < 0 && f->diff_id == NULL)
        return;
    img_json_out_open(j, "layer", '{');
    if (f->layer >= 0)
        img_json_out_int(j, "index", f->layer);
    img_json_out_opt(j, "diffID", f->diff_id);
    img_json_out_opt(j, "command", f->command);
    if (f->base)
        img_json_out_bool(j, "base", true);
    img_json_out_close(j, '}');
}

static void put_finding(struct img_json_out *j, const struct img_finding *f)
{
    img_json_out_open(j, NULL, '{');
    img_json_out_str(j, "kind", img_finding_kind_name(f->kind));
    img_json_out_str(j, "id", f->id);
    if (f->aliases[0] != NULL)
        put_list(j, "aliases", f->aliases);
    img_json_out_str(j, "severity", img_severity_name(f->severity));
    put_score(j, f->score);
    img_json_out_opt(j, "title", f->title);
    put_package(j, f);
    img_json_out_opt(j, "path", f->path);
    if (f->line > 0)
        img_json_out_int(j, "line", f->line);
    put_layer(j, f);
    img_json_out_opt(j, "status", f->status);
    put_list(j, "sources", f->sources);
    img_json_out_close(j, '}');
}

static void put_summary(struct img_json_out *j, const struct img_scan *s)
{
    static const struct {
        const char *name;
        enum img_finding_kind kind;
    } others[] = {
        {"secrets", IMG_FINDING_SECRET},
        {"misconfigurations", IMG_FINDING_MISCONFIGURATION},
        {"malware", IMG_FINDING_MALWARE},
        {"licenses", IMG_FINDING_LICENSE},
    };
    int64_t severities[IMG_SEVERITIES] = {0}, kinds[IMG_FINDING_LICENSE + 1] = {0};
    int64_t fixable = 0, suppressed = 0;

    for (size_t i = 0; i < s->count; i++) {
        const struct img_finding *f = &s->findings[i];
        bool vulnerability = f->kind == IMG_FINDING_VULNERABILITY;

        if (f->status != NULL && strcmp(f->status, IMG_STATUS_SUPPRESSED) == 0) {
            suppressed++;
            continue;
        }
        kinds[f->kind]++;
        severities[f->severity] += vulnerability;
        fixable += vulnerability && f->fixed != NULL;
    }
    img_json_out_open(j, "summary", '{');
    img_json_out_open(j, "vulnerabilities", '{');
    for (int i = IMG_SEVERITIES - 1; i >= 0; i--)
        img_json_out_int(j, img_severity_name((enum img_severity)i), severities[i]);
    img_json_out_int(j, "fixable", fixable);
    img_json_out_close(j, '}');
    for (size_t i = 0; i < IMG_COUNT(others); i++)
        img_json_out_int(j, others[i].name, kinds[others[i].kind]);
    img_json_out_int(j, "suppressed", suppressed);
    img_json_out_close(j, '}');
}

bool img_scan_write(const struct img_scan *s, const struct img_image *image, struct img_buf *out,
                    struct img_err *err)
{
    struct img_json_out j = {.to = out};
    struct img_bytes whole;

    img_json_out_open(&j, NULL, '{');
    img_json_out_str(&j, "schema", img_scan_predicate_type(s));
    put_image(&j, image);
    img_json_out_open(&j, "inputs", '[');
    for (size_t i = 0; i < s->input_count; i++)
        put_input(&j, &s->inputs[i]);
    img_json_out_close(&j, ']');
    img_json_out_open(&j, "findings", '[');
    for (size_t i = 0; i < s->count; i++)
        put_finding(&j, &s->findings[i]);
    img_json_out_close(&j, ']');
    put_summary(&j, s);
    img_json_out_close(&j, '}');
    return img_buf_bytes(out, &whole, err) || img_ctx(err, "scan report");
}
