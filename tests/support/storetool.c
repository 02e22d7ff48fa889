/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/limits.h"
#include "oci/store.h"

/*
 * A store's operations, one per run, for tests that drive registries:
 *
 *   storetool OPERATION REFERENCE [ARGUMENT…]
 *
 *   resolve REF               prints digest, media type and size
 *   list REF                  the same, then what refers to it: digest and artifact type, a line
 * each referrers REF DIGEST      what refers to a digest, without asking for it fetch REF TYPE
 * DIGEST SIZE  prints a small thing blob REF DIGEST SIZE      pulls a blob and prints it blobs REF
 * N DIGEST SIZE   pulls it in N threads at once; prints how often it was right has REF DIGEST SIZE
 * prints yes or no put REF FILE              uploads a file; prints its digest and size push REF
 * [TEXT]           uploads a small image under the reference's tag; prints its digest attach REF
 * DIGEST TEXT    attaches an artifact whose content is TEXT; prints its digest detach REF DIGEST
 * VICTIM… takes referrers away
 *
 * Settings come from the environment: STORE_CA_FILE, STORE_INSECURE (one host), STORE_USER,
 * STORE_PASSWORD, STORE_TIMEOUT (ms). Costs go to stderr where STORE_COST is set.
 */
#define TEXT_TYPE "text/plain"

static struct img_bytes text_bytes(const char *text)
{
    return (struct img_bytes){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

static bool describe(const char *type, struct img_bytes bytes, struct img_descriptor *out,
                     struct img_err *err)
{
    *out = (struct img_descriptor){.size = (int64_t)bytes.len};
    (void)snprintf(out->media_type, sizeof(out->media_type), "%s", type);
    return img_digest_of(IMG_SHA256, bytes, &out->digest, err);
}

static bool put_bytes(struct img_store *s, const struct img_descriptor *d, struct img_bytes bytes,
                      struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;

    return img_reader_of_bytes(bytes, &from, err) && img_store_put_blob(s, d, from, err);
}

static void print_descriptor(const struct img_descriptor *d, const char *more)
{
    char digest[IMG_DIGEST_TEXT];

    img_digest_text(&d->digest, digest);
    printf("%s %s\n", digest, more);
}

static bool do_resolve(struct img_store *s, const struct img_reference *ref, bool list,
                       struct img_err *err)
{
    IMG_AUTO(img_document_done) struct img_document d = {.bytes = IMG_BUF(1)};
    IMG_AUTO(img_referrers_done) struct img_referrers r = {.count = 0};
    char more[400];

    if (!img_store_resolve(s, ref, &d, list ? &r : NULL, err))
        return false;
    (void)snprintf(more, sizeof(more), "%s %lld", d.desc.media_type, (long long)d.desc.size);
    print_descriptor(&d.desc, more);
    for (size_t i = 0; i < r.count; i++)
        print_descriptor(&r.items[i], r.items[i].artifact_type);
    if (r.cut)
        printf("cut\n");
    return true;
}

static bool do_referrers(struct img_store *s, const char *digest, struct img_err *err)
{
    IMG_AUTO(img_referrers_done) struct img_referrers r = {.count = 0};
    struct img_digest subject;

    if (!img_digest_parse(digest, &subject, err) || !img_store_referrers(s, &subject, &r, err))
        return false;
    for (size_t i = 0; i < r.count; i++)
        print_descriptor(&r.items[i], r.items[i].artifact_type);
    return true;
}

static bool wanted(const char *type, const char *digest, const char *size,
                   struct img_descriptor *out, struct img_err *err)
{
    *out = (struct img_descriptor){.size = strtoll(size, NULL, 10)};
    (void)snprintf(out->media_type, sizeof(out->media_type), "%s", type);
    return img_digest_parse(digest, &out->digest, err);
}

static bool do_fetch(struct img_store *s, const struct img_descriptor *d, struct img_err *err)
{
    struct img_want w = {.desc = *d, .bytes = IMG_BUF(IMG_LIMIT_EVIDENCE_SIZE)};
    bool ok = img_store_fetch(s, &w, 1, err);

    if (ok && !w.ok) {
        *err = w.err;
        ok = false;
    }
    if (ok)
        (void)fwrite(w.bytes.ptr, 1, w.bytes.len, stdout);
    img_buf_done(&w.bytes);
    return ok;
}

static bool pull(struct img_store *s, const struct img_descriptor *d, FILE *to, struct img_err *err)
{
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    static _Thread_local uint8_t piece[100000];
    size_t got = 1;

    if (!img_store_open_blob(s, d, &r, err))
        return false;
    while (got > 0) {
        if (!img_reader_read(r, piece, sizeof(piece), &got, err))
            return false;
        if (to != NULL)
            (void)fwrite(piece, 1, got, to);
    }
    return true;
}

struct puller {
    struct img_store *s;
    const struct img_descriptor *d;
    struct img_err err;
    bool ok;
};

static void *pull_thread(void *ctx)
{
    struct puller *p = ctx;

    p->ok = pull(p->s, p->d, NULL, &p->err);
    return NULL;
}

#define THREADS 16
static bool do_blobs(struct img_store *s, const struct img_descriptor *d, size_t n,
                     struct img_err *err)
{
    struct puller pullers[THREADS];
    pthread_t threads[THREADS];
    size_t right = 0;

    n = n < THREADS ? n : THREADS;
    for (size_t i = 0; i < n; i++) {
        pullers[i] = (struct puller){.s = s, .d = d, .err = IMG_ERR_INIT};
        if (pthread_create(&threads[i], NULL, pull_thread, &pullers[i]) != 0)
            return img_fail(err, IMG_E_INTERNAL, "thread");
    }
    for (size_t i = 0; i < n; i++) {
        (void)pthread_join(threads[i], NULL);
        right += pullers[i].ok;
        if (!pullers[i].ok)
            *err = pullers[i].err;
    }
    printf("%zu\n", right);
    return right == n;
}

static bool do_has(struct img_store *s, const struct img_descriptor *d, struct img_err *err)
{
    bool there;

    if (!img_store_has_blob(s, d, &there, err))
        return false;
    printf("%s\n", there ? "yes" : "no");
    return true;
}

static bool do_put(struct img_store *s, const char *path, struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf content = IMG_BUF(IMG_GIB);
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;
    IMG_AUTO(img_fd_done) int fd = -1;
    struct img_descriptor d;
    struct img_bytes bytes;
    char size[32];

    if (!img_read_file(path, &content, err) || !img_buf_bytes(&content, &bytes, err) ||
        !describe("application/octet-stream", bytes, &d, err) || !img_open_read(path, &fd, err) ||
        !img_reader_of_fd(fd, &from, err))
        return false;
    fd = -1;
    if (!img_store_put_blob(s, &d, from, err))
        return false;
    (void)snprintf(size, sizeof(size), "%lld", (long long)d.size);
    print_descriptor(&d, size);
    return true;
}

static void write_manifest(struct img_buf *to, const struct img_descriptor *config,
                           const struct img_descriptor *layer, const char *artifact_type,
                           const struct img_descriptor *subject)
{
    struct img_json_out j = {.to = to};

    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "schemaVersion", 2);
    img_json_out_str(&j, "mediaType", IMG_TYPE_OCI_MANIFEST);
    img_json_out_opt(&j, "artifactType", artifact_type);
    img_descriptor_write(&j, "config", config);
    img_json_out_open(&j, "layers", '[');
    img_descriptor_write(&j, NULL, layer);
    img_json_out_close(&j, ']');
    if (subject != NULL)
        img_descriptor_write(&j, "subject", subject);
    img_json_out_close(&j, '}');
}

static bool do_push(struct img_store *s, const struct img_reference *ref, const char *text,
                    struct img_err *err)
{
    const char *config_text = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"config\":{},"
                              "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
    IMG_AUTO(img_buf_done) struct img_buf manifest = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_descriptor config, layer, d;
    struct img_bytes bytes;

    if (!describe(IMG_TYPE_OCI_CONFIG, text_bytes(config_text), &config, err) ||
        !describe(IMG_TYPE_OCI_LAYER, text_bytes(text), &layer, err) ||
        !put_bytes(s, &config, text_bytes(config_text), err) ||
        !put_bytes(s, &layer, text_bytes(text), err))
        return false;
    write_manifest(&manifest, &config, &layer, NULL, NULL);
    if (!img_buf_bytes(&manifest, &bytes, err) ||
        !describe(IMG_TYPE_OCI_MANIFEST, bytes, &d, err) ||
        !img_store_put_manifest(s, &d, bytes, ref->tag, true, err))
        return false;
    print_descriptor(&d, "");
    return true;
}

static bool do_attach(struct img_store *s, const char *subject_text, const char *text,
                      struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf manifest = IMG_BUF(IMG_LIMIT_MANIFEST);
    struct img_descriptor empty, content, d;
    struct img_descriptor subject = {.size = 1, .media_type = IMG_TYPE_OCI_MANIFEST};
    struct img_bytes bytes;

    if (!img_digest_parse(subject_text, &subject.digest, err) ||
        !describe(IMG_TYPE_OCI_EMPTY, text_bytes("{}"), &empty, err) ||
        !describe(TEXT_TYPE, text_bytes(text), &content, err) ||
        !put_bytes(s, &empty, text_bytes("{}"), err) ||
        !put_bytes(s, &content, text_bytes(text), err))
        return false;
    write_manifest(&manifest, &empty, &content, TEXT_TYPE, &subject);
    if (!img_buf_bytes(&manifest, &bytes, err) || !describe(IMG_TYPE_OCI_MANIFEST, bytes, &d, err))
        return false;
    (void)snprintf(d.artifact_type, sizeof(d.artifact_type), "%s", TEXT_TYPE);
    if (!img_store_attach(s, &d, &subject.digest, bytes, err))
        return false;
    print_descriptor(&d, "");
    return true;
}

static bool do_detach(struct img_store *s, char **digests, size_t count, struct img_err *err)
{
    struct img_digest subject, victims[16];

    if (count < 1 || count > IMG_COUNT(victims) || !img_digest_parse(digests[0], &subject, err))
        return img_fail(err, IMG_E_USAGE, "detach SUBJECT VICTIM…");
    for (size_t i = 1; i < count; i++)
        if (!img_digest_parse(digests[i], &victims[i - 1], err))
            return false;
    return img_store_detach(s, &subject, victims, count - 1, err);
}

static bool operate(struct img_store *s, const struct img_reference *ref, int argc, char **argv,
                    struct img_err *err)
{
    const char *what = argv[1];
    struct img_descriptor d;

    if (strcmp(what, "resolve") == 0 || strcmp(what, "list") == 0)
        return do_resolve(s, ref, what[0] == 'l', err);
    if (strcmp(what, "push") == 0)
        return do_push(s, ref, argc > 3 ? argv[3] : "a layer", err);
    if (strcmp(what, "referrers") == 0 && argc == 4)
        return do_referrers(s, argv[3], err);
    if (strcmp(what, "put") == 0 && argc == 4)
        return do_put(s, argv[3], err);
    if (strcmp(what, "attach") == 0 && argc == 5)
        return do_attach(s, argv[3], argv[4], err);
    if (strcmp(what, "detach") == 0 && argc >= 4)
        return do_detach(s, argv + 3, (size_t)argc - 3, err);
    if (strcmp(what, "blob") == 0 && argc == 5)
        return wanted("", argv[3], argv[4], &d, err) && pull(s, &d, stdout, err);
    if (strcmp(what, "has") == 0 && argc == 5)
        return wanted("", argv[3], argv[4], &d, err) && do_has(s, &d, err);
    if (strcmp(what, "fetch") == 0 && argc == 6)
        return wanted(argv[3], argv[4], argv[5], &d, err) && do_fetch(s, &d, err);
    if (strcmp(what, "blobs") == 0 && argc == 6)
        return wanted("", argv[4], argv[5], &d, err) &&
               do_blobs(s, &d, strtoul(argv[3], NULL, 10), err);
    return img_fail(err, IMG_E_USAGE, "unknown operation %s", what);
}

static bool run(int argc, char **argv, struct img_err *err)
{
    IMG_AUTO(img_reference_done) struct img_reference ref = {.where = IMG_AT_NONE};
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    const char *insecure = getenv("STORE_INSECURE"), *password = getenv("STORE_PASSWORD");
    const char *timeout = getenv("STORE_TIMEOUT");
    struct img_store_options options = {
        .write = true,
        .ca_file = getenv("STORE_CA_FILE"),
        .insecure_hosts = &insecure,
        .insecure_count = insecure != NULL,
        .user = getenv("STORE_USER"),
        .password = text_bytes(password != NULL ? password : ""),
        .timeout_ms = timeout != NULL ? strtoll(timeout, NULL, 10) : 30000,
    };
    struct img_cost cost;
    bool ok;

    if (argc < 3)
        return img_fail(err, IMG_E_USAGE, "storetool OPERATION REFERENCE [ARGUMENT…]");
    if (!img_reference_parse(argv[2], &ref, err) || !img_store_open(&ref, &options, &s, err))
        return false;
    ok = operate(s, &ref, argc, argv, err);
    cost = img_store_cost(s);
    if (getenv("STORE_COST") != NULL)
        (void)fprintf(stderr, "requests %llu round_trips %llu bytes %llu\n",
                      (unsigned long long)cost.requests, (unsigned long long)cost.round_trips,
                      (unsigned long long)cost.bytes);
    return ok;
}

int main(int argc, char **argv)
{
    struct img_err err = IMG_ERR_INIT;

    if (run(argc, argv, &err))
        return 0;
    img_err_print(stderr, &err);
    (void)fputc('\n', stderr);
    return img_code_exit(err.code);
}
