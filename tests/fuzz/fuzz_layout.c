/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"
#include "base/limits.h"
#include "oci/store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EMPTY "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define IMAGE                                                                                      \
    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY                         \
    "\",\"digest\":\"sha256:" EMPTY "\",\"size\":2},\"layers\":[]}"
#define REFERRER                                                                                   \
    "{\"schemaVersion\":2,\"artifactType\":\"application/"                                         \
    "x.fuzz\",\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY "\",\"digest\":\"sha256:" EMPTY     \
    "\",\"size\":2},\"layers\":[],"                                                                \
    "\"subject\":{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\",\"digest\":\"%s\",\"size\":%zu}}"

static char dir[256]; /* below TMPDIR: on a memory file system this is fifty times as fast */
static char referrer[1000];
static struct img_descriptor image;

static struct img_bytes bytes(const char *text)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

static void must(bool ok, const struct img_err *err)
{
    if (ok)
        return;
    img_err_print(stderr, err);
    abort();
}

static struct img_descriptor describe(const char *text)
{
    struct img_descriptor d = {.media_type = IMG_TYPE_OCI_MANIFEST, .size = (int64_t)strlen(text)};
    struct img_err err = IMG_ERR_INIT;

    must(img_digest_of(IMG_SHA256, bytes(text), &d.digest, &err), &err);
    return d;
}

static struct img_store *open_layout(void)
{
    struct img_reference ref = {.where = IMG_AT_LAYOUT, .path = dir};
    struct img_store_options options = {.write = true};
    struct img_err err = IMG_ERR_INIT;
    struct img_store *s = NULL;

    must(img_store_open(&ref, &options, &s, &err), &err);
    return s;
}

static void clean_up(void)
{
    char command[300];

    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    if (system(command) != 0) /* NOLINT(cert-env33-c): a name of our own */
        abort();
}

/* A layout with one image and one thing attached to it, neither listed yet. */
static void set_up(void)
{
    const char *where = getenv("TMPDIR");
    struct img_err err = IMG_ERR_INIT;
    char digest[IMG_DIGEST_TEXT];
    struct img_store *s;

    (void)snprintf(dir, sizeof(dir), "%.200s/imgtrust-fuzz-XXXXXX", where != NULL ? where : "/tmp");
    if (mkdtemp(dir) == NULL || atexit(clean_up) != 0)
        abort();
    image = describe(IMAGE);
    img_digest_text(&image.digest, digest);
    (void)snprintf(referrer, sizeof(referrer), REFERRER, digest, strlen(IMAGE));
    s = open_layout();
    must(img_store_put_manifest(s, &image, bytes(IMAGE), NULL, false, &err), &err);
    img_store_close(s);
}

/* What a layout gives out hashes to the digest it gives it out under. */
static void resolve(struct img_store *s, char *tag, const struct img_digest *digest, bool expect)
{
    struct img_reference ref = {.where = IMG_AT_LAYOUT, .path = dir, .tag = tag};
    struct img_document doc = {.bytes = IMG_BUF(1)};
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes text;

    if (digest != NULL)
        ref.digest = *digest;
    if (!img_store_resolve(s, &ref, &doc, NULL, &err)) {
        must(!expect, &err);
        return;
    }
    must(img_buf_bytes(&doc.bytes, &text, &err), &err);
    must(img_digest_check(&doc.desc.digest, text, &err), &err);
    if (digest != NULL && !img_digest_equal(&doc.desc.digest, digest))
        abort();
    if (expect && !img_digest_equal(&doc.desc.digest, &image.digest))
        abort();
    img_document_done(&doc);
}

static bool is_listed(struct img_store *s, const struct img_digest *digest)
{
    IMG_AUTO(img_referrers_done) struct img_referrers list = {.count = 0};
    struct img_err err = IMG_ERR_INIT;

    must(img_store_referrers(s, &image.digest, &list, &err), &err);
    for (size_t i = 0; i < list.count; i++)
        if (img_digest_equal(&list.items[i].digest, digest))
            return true;
    return list.cut;
}

/* Property: whatever index.json says, what resolves has its digest; a tag that could be set
 * resolves to its image; what could be attached is listed, and is gone once detached. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct img_descriptor attached;
    struct img_err err = IMG_ERR_INIT;
    struct img_store *s;
    json_t *doc = NULL;
    char path[300];

    if (dir[0] == '\0')
        set_up();
    /* what does not parse is waited for, and that is for another test */
    if (!img_json_parse((struct img_bytes){.ptr = data, .len = size}, IMG_LIMIT_MANIFEST, &doc,
                        &err))
        return 0;
    json_decref(doc);
    (void)snprintf(path, sizeof(path), "%s/index.json", dir);
    must(img_write_file(path, (struct img_bytes){.ptr = data, .len = size}, 0644, IMG_REPLACE,
                        &err),
         &err);
    s = open_layout();
    attached = describe(referrer);
    resolve(s, NULL, NULL, false);
    resolve(s, (char[]){"t"}, NULL, false);
    resolve(s, NULL, &image.digest, false);
    if (img_store_put_manifest(s, &image, bytes(IMAGE), "t", true, &err))
        resolve(s, (char[]){"t"}, NULL, true);
    if (img_store_attach(s, &attached, &image.digest, bytes(referrer), &err)) {
        struct img_referrers list = {.count = 0};
        bool readable = img_store_referrers(s, &image.digest, &list, &err);
        img_referrers_done(&list);
        if (readable && !is_listed(s, &attached.digest))
            abort();
        if (readable && img_store_detach(s, &image.digest, &attached.digest, 1, &err) &&
            is_listed(s, &attached.digest))
            abort();
    }
    img_store_close(s);
    return 0;
}
