/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oci/store.h"

/*
 * layout_writers DIR COUNT: COUNT processes attach one thing each to the same image in one layout,
 * which the first of them has to create; then what is there is counted. Each has its own HOME and
 * TMPDIR, so that nothing but the layout itself can keep them apart, and starts at its own moment.
 */
#define SUBJECT_MAX 100

static bool open_layout(const char *dir, bool write, struct img_store **out, struct img_err *err)
{
    struct img_store_options options = {.write = write};
    struct img_reference ref = {.where = IMG_AT_LAYOUT, .path = strdup(dir)};
    bool ok = img_store_open(&ref, &options, out, err);

    img_reference_done(&ref);
    return ok;
}

static void describe(const char *text, struct img_descriptor *d)
{
    struct img_err err = IMG_ERR_INIT;

    *d =
        (struct img_descriptor){.media_type = IMG_TYPE_OCI_MANIFEST, .size = (int64_t)strlen(text)};
    if (!img_digest_of(IMG_SHA256,
                       (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)},
                       &d->digest, &err))
        abort();
}

static void subject(struct img_descriptor *d)
{
    describe("the image", d);
}

static bool attach(const char *dir, int i, struct img_err *err)
{
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    struct img_descriptor about, d;
    char digest[IMG_DIGEST_TEXT], text[1000];

    subject(&about);
    img_digest_text(&about.digest, digest);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"artifactType\":\"application/x.%d\",\"config\":{"
                   "\"mediaType\":\"" IMG_TYPE_OCI_EMPTY "\",\"digest\":\"%s\",\"size\":2},"
                   "\"layers\":[],\"subject\":{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                   "\",\"digest\":\"%s\",\"size\":9}}",
                   i, digest, digest);
    describe(text, &d);
    return open_layout(dir, true, &s, err) &&
           img_store_attach(s, &d, &about.digest,
                            (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)},
                            err);
}

static int writer(const char *dir, int i)
{
    struct img_err err = IMG_ERR_INIT;
    char home[SUBJECT_MAX];

    (void)snprintf(home, sizeof(home), "/nonexistent/%d", i);
    (void)setenv("HOME", home, 1);
    (void)setenv("TMPDIR", home, 1);
    (void)usleep((useconds_t)getpid() * 7919U % 20000U); /* another delay for each process */
    if (attach(dir, i, &err))
        return 0;
    img_err_print(stderr, &err);
    (void)fputc('\n', stderr);
    return 1;
}

static bool count(const char *dir, size_t *out, struct img_err *err)
{
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    IMG_AUTO(img_referrers_done) struct img_referrers list = {.count = 0};
    struct img_descriptor about;

    subject(&about);
    if (!open_layout(dir, false, &s, err) || !img_store_referrers(s, &about.digest, &list, err))
        return false;
    *out = list.count;
    return true;
}

int main(int argc, char **argv)
{
    int writers = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0, failed = 0, status;
    struct img_err err = IMG_ERR_INIT;
    size_t found = 0;

    for (int i = 0; i < writers; i++)
        if (fork() == 0)
            return writer(argv[1], i);
    while (wait(&status) > 0)
        failed += status != 0;
    if (writers == 0 || failed > 0 || !count(argv[1], &found, &err)) {
        img_err_print(stderr, &err);
        return 2;
    }
    printf("%zu of %d\n", found, writers);
    return found == (size_t)writers ? 0 : 1;
}
