/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t_layout.h"

#include "base/fs.h"
#include "oci/copy.h"

static struct img_store *opened(const char *dir, bool write)
{
    struct img_reference r = {.where = IMG_AT_LAYOUT, .path = strdup(dir)};
    struct img_store_options o = {.write = write};
    struct img_store *s = NULL;

    t_ok(img_store_open(&r, &o, &s, &err));
    img_reference_done(&r);
    return s;
}

static struct img_descriptor blob(struct img_store *s, const char *content)
{
    struct img_descriptor d = t_described(content, "application/x");
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;

    t_ok(img_reader_of_bytes(t_bytes(content), &from, &err));
    t_ok(img_store_put_blob(s, &d, from, &err));
    return d;
}

static void document(struct img_buf *out, const char *list, const struct img_descriptor *config,
                     const struct img_descriptor *items, size_t count,
                     const struct img_descriptor *subject)
{
    struct img_json_out j = {.to = out};

    img_json_out_open(&j, NULL, '{');
    img_json_out_int(&j, "schemaVersion", 2);
    if (config != NULL)
        img_descriptor_write(&j, "config", config);
    img_json_out_open(&j, list, '[');
    for (size_t i = 0; i < count; i++)
        img_descriptor_write(&j, NULL, &items[i]);
    img_json_out_close(&j, ']');
    if (subject != NULL)
        img_descriptor_write(&j, "subject", subject);
    img_json_out_close(&j, '}');
    img_buf_put(out, "", 1);
}

/* A manifest with a config and a layer of its own; attached when it has a subject. */
static struct img_descriptor image(struct img_store *s, const char *salt, const char *tag,
                                   const struct img_descriptor *subject)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 16);
    char config[100], layer[100];
    struct img_descriptor parts[2], d;

    (void)snprintf(config, sizeof(config), "config %s", salt);
    (void)snprintf(layer, sizeof(layer), "layer %s", salt);
    parts[0] = blob(s, config);
    parts[1] = blob(s, layer);
    document(&text, "layers", &parts[0], &parts[1], 1, subject);
    d = t_described((const char *)text.ptr, IMG_TYPE_OCI_MANIFEST);
    if (subject != NULL)
        t_ok(img_store_attach(s, &d, &subject->digest, t_bytes((const char *)text.ptr), &err));
    else
        t_ok(
            img_store_put_manifest(s, &d, t_bytes((const char *)text.ptr), tag, tag != NULL, &err));
    return d;
}

static struct img_descriptor index_of(struct img_store *s, const struct img_descriptor *items,
                                      size_t count, const char *tag)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 16);
    struct img_descriptor d;

    document(&text, "manifests", NULL, items, count, NULL);
    d = t_described((const char *)text.ptr, IMG_TYPE_OCI_INDEX);
    t_ok(img_store_put_manifest(s, &d, t_bytes((const char *)text.ptr), tag, tag != NULL, &err));
    return d;
}

static const char *path_of(const char *layout, const struct img_descriptor *d)
{
    static char path[256];
    char hex[IMG_DIGEST_TEXT];

    img_digest_hex(&d->digest, hex);
    (void)snprintf(path, sizeof(path), "%s/blobs/sha256/%s", layout, hex);
    return path;
}

static struct img_reference at(const char *dir, const char *tag)
{
    return (struct img_reference){.where = IMG_AT_LAYOUT,
                                  .path = strdup(dir),
                                  .tag = tag != NULL ? strdup(tag) : NULL};
}

static struct img_copied copied(const char *tag, const char *as)
{
    IMG_AUTO(img_store_closep) struct img_store *from = opened("a", false);
    IMG_AUTO(img_store_closep) struct img_store *to = opened("b", true);
    struct img_reference source = at("a", tag), target = at("b", as);
    struct img_copied done = {.blobs = 0};

    t_ok(img_copy(from, &source, to, &target, NULL, &done, &err));
    img_reference_done(&source);
    img_reference_done(&target);
    return done;
}

static void copy_fails(const char *tag, enum img_code code, const char *says)
{
    IMG_AUTO(img_store_closep) struct img_store *from = opened("a", false);
    IMG_AUTO(img_store_closep) struct img_store *to = opened("b", true);
    struct img_reference source = at("a", tag), target = at("b", "t");
    struct img_copied done = {.blobs = 77};

    t_fails(img_copy(from, &source, to, &target, NULL, &done, &err), code, says);
    assert_int_equal(done.blobs, 77);
    img_reference_done(&source);
    img_reference_done(&target);
}

static size_t referrers(const char *dir, const struct img_descriptor *of)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened(dir, false);
    struct img_referrers list = {.count = 0};
    size_t n;

    t_ok(img_store_referrers(s, &of->digest, &list, &err));
    n = list.count;
    img_referrers_done(&list);
    return n;
}

static size_t entries(const char *dir)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 16);
    char path[100];
    size_t n = 0;

    (void)snprintf(path, sizeof(path), "%s/index.json", dir);
    t_ok(img_read_file(path, &text, &err));
    img_buf_put(&text, "", 1);
    for (const char *p = (const char *)text.ptr; (p = strstr(p, "\"digest\"")) != NULL; p++)
        n++;
    return n;
}

static void an_index_takes_everything_along(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    struct img_descriptor platforms[2], index, signature, scan;
    struct img_copied done;

    (void)state;
    platforms[0] = image(s, "amd64", NULL, NULL);
    platforms[1] = image(s, "arm64", NULL, NULL);
    index = index_of(s, platforms, 2, "t");
    signature = image(s, "signature", NULL, &index);
    scan = image(s, "scan", NULL, &platforms[0]);
    (void)image(s, "countersigned", NULL, &signature);
    (void)image(s, "other", "u", NULL);
    done = copied("t", NULL);
    assert_true(img_digest_equal(&done.digest, &index.digest));
    assert_int_equal(done.manifests, 3);
    assert_int_equal(done.referrers, 3);
    assert_int_equal(done.blobs, 10);
    assert_int_equal(done.skipped, 0);
    assert_int_equal(referrers("b", &index), 1);
    assert_int_equal(referrers("b", &platforms[0]), 1);
    assert_int_equal(referrers("b", &platforms[1]), 0);
    assert_int_equal(referrers("b", &signature), 1);
    assert_int_equal(referrers("b", &scan), 0);
    assert_int_equal(entries("b"),
                     4); /* the index and what is attached; platforms are no entries */
    done = copied("t", NULL);
    assert_int_equal(done.blobs, 0);
    assert_int_equal(done.skipped, 10);
    assert_int_equal(entries("b"), 4);
    done = copied("t", "again");
    assert_int_equal(entries("b"), 5);
}

static void what_the_index_lists_and_is_attached_too_stays_attached(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    struct img_descriptor items[2], index;

    (void)state;
    items[0] = image(s, "amd64", NULL, NULL);
    items[1] = image(s, "attestation", NULL, &items[0]);
    index = index_of(s, items, 2, "t");
    (void)copied("t", NULL);
    assert_int_equal(referrers("b", &items[0]), 1);
    assert_int_equal(referrers("b", &index), 0);
}

static void one_that_fails_leaves_no_tag(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    struct img_descriptor img = image(s, "x", "t", NULL), layer = t_described("layer x", "a/b");

    (void)state;
    (void)image(s, "signature", NULL, &img);
    t_ok(img_write_file(path_of("a", &layer), t_bytes("LAYER x"), 0644, IMG_REPLACE, &err));
    copy_fails("t", IMG_E_REJECTED, "expected sha256");
    assert_int_equal(access("b/blobs/sha256", F_OK) == 0 && access(path_of("b", &layer), F_OK) == 0,
                     false);
    assert_int_equal(entries("b"), 0);
    t_ok(img_write_file(path_of("a", &layer), t_bytes("layer x"), 0644, IMG_REPLACE, &err));
    (void)copied("t", NULL); /* and can be run again */
    assert_int_equal(entries("b"), 2);
}

static void damaged_evidence_is_not_left_behind_silently(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    struct img_descriptor img = image(s, "x", "t", NULL), x = image(s, "sig", NULL, &img);
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(1 << 16);
    struct img_bytes whole;

    (void)state;
    t_ok(img_read_file(path_of("a", &x), &text, &err));
    text.ptr[text.len - 1] = ' ';
    t_ok(img_buf_bytes(&text, &whole, &err));
    t_ok(img_write_file(path_of("a", &x), whole, 0644, IMG_REPLACE, &err));
    copy_fails("t", IMG_E_REJECTED, "expected sha256");
    assert_int_equal(entries("b"), 0);
}

static void nesting_is_bounded(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    struct img_descriptor d = image(s, "x", "t", NULL), inner = d;
    char salt[10];

    (void)state;
    for (int i = 0; i < 12; i++) {
        (void)snprintf(salt, sizeof(salt), "%d", i);
        d = image(s, salt, NULL, &d);
    }
    copy_fails("t", IMG_E_LIMIT, "deeper than 8");
    for (int i = 0; i < 12; i++)
        inner = index_of(s, &inner, 1, NULL);
    (void)index_of(s, &inner, 1, "deep");
    copy_fails("deep", IMG_E_LIMIT, "deeper than 8");
}

static void tags_follow_only_tags(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("a", true);
    IMG_AUTO(img_store_closep) struct img_store *to = opened("b", true);
    struct img_descriptor img = image(s, "x", "t", NULL);
    struct img_reference source = at("a", "t"), target = at("b", NULL);
    struct img_document doc = {.bytes = IMG_BUF(1 << 16)};
    struct img_copied done;

    (void)state;
    source.digest = img.digest;
    t_ok(img_copy(s, &source, to, &target, NULL, &done, &err));
    target.tag = strdup("t");
    t_fails(img_store_resolve(to, &target, &doc, NULL, &err), IMG_E_NOT_FOUND, "no tag");
    source.digest.hash = IMG_HASH_NONE;
    t_ok(img_copy(s, &source, to, &target, NULL, &done, &err));
    t_ok(img_store_resolve(to, &target, &doc, NULL, &err));
    target.digest = img.digest;
    target.digest.bytes[0] ^= 1;
    t_fails(img_copy(s, &source, to, &target, NULL, &done, &err), IMG_E_USAGE, "another digest");
    img_document_done(&doc);
    img_reference_done(&source);
    img_reference_done(&target);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_IN_DIRECTORY(an_index_takes_everything_along),
        T_IN_DIRECTORY(what_the_index_lists_and_is_attached_too_stays_attached),
        T_IN_DIRECTORY(one_that_fails_leaves_no_tag),
        T_IN_DIRECTORY(damaged_evidence_is_not_left_behind_silently),
        T_IN_DIRECTORY(nesting_is_bounded),
        T_IN_DIRECTORY(tags_follow_only_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
