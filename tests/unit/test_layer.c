/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "base/limits.h"
#include "oci/ahead.h"
#include "oci/inflate.h"
#include "oci/layer.h"
#include "tests/support/tar.h"

#define TESTS_MOST (64 * IMG_MIB)

static struct img_bytes content(const struct img_buf *b)
{
    struct img_bytes out = {0};

    t_ok(img_buf_bytes(b, &out, &err));
    return out;
}

static void gzip_onto(struct img_buf *out, struct img_bytes in)
{
    size_t cap = in.len + in.len / 8 + 4096;
    uint8_t *to = malloc(cap);
    struct isal_zstream z;

    assert_non_null(to);
    isal_deflate_stateless_init(&z);
    z.gzip_flag = IGZIP_GZIP;
    z.end_of_stream = 1;
    z.next_in = (uint8_t *)(uintptr_t)in.ptr;
    z.avail_in = (uint32_t)in.len;
    z.next_out = to;
    z.avail_out = (uint32_t)cap;
    assert_int_equal(isal_deflate_stateless(&z), COMP_OK);
    img_buf_put(out, to, z.total_out);
    free(to);
}

static void zstd_onto(struct img_buf *out, struct img_bytes in)
{
    size_t cap = ZSTD_compressBound(in.len), n;
    uint8_t *to = malloc(cap);

    assert_non_null(to);
    n = ZSTD_compress(to, cap, in.ptr, in.len, 3);
    assert_false(ZSTD_isError(n));
    img_buf_put(out, to, n);
    free(to);
}

/* Writes down what it sees: one line an entry, "type path[ -> link][ = content]". */
struct notes {
    struct img_buf text;
    bool all;
};

static bool note_entry(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    struct notes *n = ctx;

    (void)err;
    img_buf_putf(&n->text, "\n%c%s %s", "FDSHVWO"[e->type], e -> odd ? "!" : "",
                 strlen(e->path) < 100 ? e->path : "(long)");
    if (e->link != NULL)
        img_buf_putf(&n->text, " -> %s", e->link);
    *wants = n->all;
    return true;
}

static bool note_data(void *ctx, struct img_bytes chunk, struct img_err *err)
{
    struct notes *n = ctx;

    (void)err;
    img_buf_puts(&n->text, " = ");
    img_buf_put(&n->text, chunk.ptr, chunk.len < 20 ? chunk.len : 20);
    return true;
}

static bool note_end(void *ctx, struct img_err *err)
{
    struct notes *n = ctx;

    (void)err;
    img_buf_puts(&n->text, ".");
    return true;
}

static const struct img_digest any = {.hash = IMG_HASH_NONE};

static bool walk(struct img_bytes blob, const struct img_digest *want,
                 const struct img_digest *diff, struct notes *notes, struct img_layer_seen *seen,
                 struct img_err *err)
{
    struct img_visitor v = {.ctx = notes, .entry = note_entry, .data = note_data, .end = note_end};
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    IMG_AUTO(img_reader_freep) struct img_reader *verified = NULL;
    struct img_descriptor d = {.size = (int64_t)blob.len};

    if (want != NULL)
        d.digest = *want;
    else if (!img_digest_of(IMG_SHA256, blob, &d.digest, err))
        return false;
    if (!img_reader_of_bytes(blob, &raw, err) || !img_reader_verified(raw, &d, &verified, err))
        return false;
    raw = NULL;
    return img_layer_walk(verified, &d, diff, &v, 1, seen, err);
}

#define NOTES                                                                                      \
    {                                                                                              \
        .text = IMG_BUF(IMG_MIB), .all = true                                                      \
    }

static void put(struct img_buf *tar, const char *name, char type, const char *link,
                const char *data)
{
    t_tar_put(tar, &(struct t_tar){.name = name, .type = type, .link = link, .data = data});
}

static void check_notes(struct img_bytes blob, const char *want)
{
    struct notes n = NOTES;
    struct img_layer_seen seen;

    t_ok(walk(blob, NULL, &any, &n, &seen, &err));
    img_buf_put(&n.text, "", 1);
    assert_string_equal((const char *)content(&n.text).ptr, want);
    img_buf_done(&n.text);
}

static void paths_are_normalised_and_what_climbs_out_is_odd(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);

    (void)state;
    put(&tar, "./", '5', NULL, NULL);
    put(&tar, "./etc//passwd", '0', NULL, "root");
    put(&tar, "/abs", '0', NULL, "abs");
    put(&tar, "a/../b", '0', NULL, "b");
    put(&tar, "../up", '0', NULL, "up");
    put(&tar, "a/../../up", '0', NULL, "up");
    put(&tar, "soft", '2', "../../../etc/shadow", NULL);
    put(&tar, "hard", '1', "etc/passwd", NULL);
    put(&tar, "evil", '1', "../../etc/shadow", NULL);
    put(&tar, "null", '3', NULL, NULL);
    t_tar_end(&tar);
    check_notes(content(&tar),
                "\nD .\nF etc/passwd = root.\nF abs = abs.\nF b = b.\nF! ../up"
                "\nF! a/../../up\nS soft -> ../../../etc/shadow\nH hard -> etc/passwd"
                "\nH! evil -> ../../etc/shadow\nV null");
}

static void whiteouts_name_what_they_remove(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);

    (void)state;
    put(&tar, "a/.wh.b", '0', NULL, NULL);
    put(&tar, ".wh.c", '0', NULL, "ignored");
    put(&tar, "d/.wh..wh..opq", '0', NULL, NULL);
    put(&tar, ".wh..wh..opq", '0', NULL, NULL);
    put(&tar, ".wh..wh.plnk", '5', NULL, NULL);
    put(&tar, "e/.wh.", '0', NULL, NULL);
    put(&tar, "e/.wh...", '0', NULL, NULL);
    t_tar_end(&tar);
    check_notes(content(&tar), "\nW a/b\nW c\nO d\nO .\nF! e/.wh.\nF! e/.wh...");
}

static void every_compression_gives_the_same_layer(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf gz = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf many = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf zst = IMG_BUF(TESTS_MOST);
    static const uint8_t zeros[1000], skippable[] = {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 'h', 'i'};
    struct img_bytes whole;
    struct notes n = NOTES;
    struct img_layer_seen a, b;

    (void)state;
    put(&tar, "x", '0', NULL, "content");
    t_tar_end(&tar);
    whole = content(&tar);
    gzip_onto(&gz, whole);
    /* members in a row, an empty one among them, and padding: RFC 1952 section 2.2 */
    gzip_onto(&many, (struct img_bytes){.ptr = whole.ptr, .len = 700});
    gzip_onto(&many, (struct img_bytes){.ptr = whole.ptr, .len = 0});
    gzip_onto(&many, (struct img_bytes){.ptr = whole.ptr + 700, .len = whole.len - 700});
    img_buf_put(&many, zeros, sizeof(zeros));
    img_buf_put(&zst, skippable, sizeof(skippable));
    zstd_onto(&zst, (struct img_bytes){.ptr = whole.ptr, .len = 700});
    img_buf_put(&zst, skippable, sizeof(skippable));
    zstd_onto(&zst, (struct img_bytes){.ptr = whole.ptr + 700, .len = whole.len - 700});
    t_ok(walk(whole, NULL, &any, &n, &a, &err));
    t_ok(walk(content(&gz), NULL, &a.diff_id, &n, &b, &err));
    t_ok(walk(content(&many), NULL, &a.diff_id, &n, &b, &err));
    t_ok(walk(content(&zst), NULL, &a.diff_id, &n, &b, &err));
    assert_int_equal(b.entries, 1);
    assert_int_equal(b.bytes, whole.len);
    img_buf_done(&n.text);
    for (size_t cut = 1; cut < content(&gz).len; cut++) {
        struct notes m = NOTES;
        struct img_bytes part = {.ptr = content(&gz).ptr, .len = cut};
        struct img_err err = IMG_ERR_INIT;
        assert_false(walk(part, NULL, &any, &m, &b, &err));
        assert_int_equal(err.code, IMG_E_MALFORMED);
        img_buf_done(&m.text);
    }
}

static void digests_are_checked_before_anything_is_believed(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf gz = IMG_BUF(TESTS_MOST);
    struct img_digest right;
    struct img_layer_seen seen;

    (void)state;
    put(&tar, "x", '0', NULL, "content");
    t_tar_end(&tar);
    gzip_onto(&gz, content(&tar));
    t_ok(img_digest_of(IMG_SHA256, content(&gz), &right, &err));
    for (size_t i = 0; i < gz.len; i++) {
        struct notes n = NOTES;
        gz.ptr[i] ^= 1;
        t_fails(walk(content(&gz), &right, &any, &n, &seen, &err), IMG_E_REJECTED, "expected");
        gz.ptr[i] ^= 1;
        img_buf_done(&n.text);
    }
    {
        struct notes n = NOTES;
        t_fails(walk(content(&gz), &right, &right, &n, &seen, &err), IMG_E_REJECTED, "diff_id");
        t_ok(walk(content(&gz), &right, &any, &n, &seen, &err));
        img_buf_done(&n.text);
    }
}

static void broken_layers_are_refused(void **state)
{
    static const char bzip2[] = "BZh91AY&SY..", lz4[] = "\x04\x22\x4d\x18........";
    static const uint8_t xz[12] = {0xfd, '7', 'z', 'X', 'Z', 0};
    const void *const junk[] = {bzip2, xz, lz4};
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf gz = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(junk); i++)
        t_fails(walk((struct img_bytes){.ptr = junk[i], .len = 12}, NULL, &any, &n, &seen, &err),
                IMG_E_UNSUPPORTED, "compressed with");
    t_fails(walk((struct img_bytes){.ptr = (const uint8_t *)"no tar at all", .len = 13}, NULL, &any,
                 &n, &seen, &err),
            IMG_E_MALFORMED, "tar");
    put(&tar, "x", '0', NULL, "content");
    t_tar_end(&tar);
    put(&tar, "hidden", '0', NULL, "behind the end");
    t_fails(walk(content(&tar), NULL, &any, &n, &seen, &err), IMG_E_MALFORMED, "behind the end");
    gzip_onto(&gz, content(&tar));
    img_buf_puts(&gz, "garbage");
    t_fails(walk(content(&gz), NULL, &any, &n, &seen, &err), IMG_E_MALFORMED, "after the end");
    t_ok(walk((struct img_bytes){.len = 0}, NULL, &any, &n, &seen, &err)); /* an empty layer */
    assert_int_equal(seen.entries, 0);
    img_buf_done(&n.text);
}

/* What umoci insert writes: the tar stops right after the last content, or within its padding. */
static void padding_may_lack_at_the_end_but_never_content(void **state)
{
    static const size_t whole[] = {512 + 7, 512 + 8, 600, 1023, 1024, 2048};
    static const size_t cut[] = {100, 512, 513, 512 + 6, 1025, 1024 + 500};
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf two = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    put(&tar, "x", '0', NULL, "content");
    put(&two, "x", '0', NULL, "content");
    t_tar_end(&tar);
    put(&two, "y", '5', NULL, NULL);
    for (size_t i = 0; i < IMG_COUNT(whole); i++)
        check_notes((struct img_bytes){.ptr = tar.ptr, .len = whole[i]}, "\nF x = content.");
    for (size_t i = 0; i < IMG_COUNT(cut); i++)
        t_fails(walk((struct img_bytes){.ptr = two.ptr, .len = cut[i]}, NULL, &any, &n, &seen,
                     &err),
                IMG_E_MALFORMED, "tar");
    img_buf_done(&n.text);
}

static void long_names_come_whole_or_not_at_all(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf name = IMG_BUF(IMG_MIB);
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    for (size_t i = 0; i < IMG_LIMIT_PATH; i++)
        img_buf_puts(&name, i % 50 == 49 ? "/" : "n");
    img_buf_put(&name, "", 1);
    put(&tar, "././@LongLink", 'L', NULL, (const char *)name.ptr); /* GNU tar's form */
    put(&tar, "short", '0', NULL, NULL);
    t_tar_end(&tar);
    t_ok(walk(content(&tar), NULL, &any, &n, &seen, &err));
    img_buf_put(&n.text, "", 1);
    assert_string_equal((const char *)n.text.ptr, "\nF (long).");
    tar.len = 0;
    name.len--;
    img_buf_put(&name, "nn", 3);
    put(&tar, "././@LongLink", 'L', NULL, (const char *)name.ptr);
    put(&tar, "short", '0', NULL, NULL);
    t_tar_end(&tar);
    t_fails(walk(content(&tar), NULL, &any, &n, &seen, &err), IMG_E_LIMIT, "path longer");
    img_buf_done(&n.text);
}

static void bombs_stop_at_the_ratio(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf bomb = IMG_BUF(TESTS_MOST);
    uint8_t *zeros = calloc(1, TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    assert_non_null(zeros);
    n.all = false;
    t_tar_header(&tar, &(struct t_tar){.name = "zeros", .type = '0'}, (size_t)8 * IMG_GIB - 1);
    zstd_onto(&bomb, content(&tar));
    for (size_t i = 0; i < 8; i++) /* 512 MiB in 16 KiB */
        zstd_onto(&bomb, (struct img_bytes){.ptr = zeros, .len = TESTS_MOST});
    free(zeros);
    t_fails(walk(content(&bomb), NULL, &any, &n, &seen, &err), IMG_E_LIMIT,
            "inflates to more than");
    img_buf_done(&n.text);
}

static void pax(struct img_buf *tar, const char *key, const char *value)
{
    char record[300];
    int len = (int)(strlen(key) + strlen(value)) + 3;

    len += len + 1 < 10 ? 1 : len + 2 < 100 ? 2 : 3;
    (void)snprintf(record, sizeof(record), "%d %s=%s\n", len, key, value);
    put(tar, "pax", 'x', NULL, record);
}

static void sparse_files_are_read_with_their_holes_and_no_more(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    /* GNU sparse format 0.0 in pax: one piece of 4 bytes at offset 4, 12 bytes long in all */
    put(&tar, "pax", 'x', NULL,
        "22 GNU.sparse.size=12\n26 GNU.sparse.numblocks=1\n23 GNU.sparse.offset=4\n"
        "25 GNU.sparse.numbytes=4\n");
    put(&tar, "sparse", '0', NULL, "data");
    t_tar_end(&tar);
    t_ok(walk(content(&tar), NULL, &any, &n, &seen, &err));
    assert_int_equal(n.text.len, strlen("\nF sparse = .... = data = ....."));
    tar.len = 0;
    pax(&tar, "GNU.sparse.size", "8000000000000");
    put(&tar, "bomb", '0', NULL, "data");
    t_tar_end(&tar);
    {
        struct img_err err = IMG_ERR_INIT;
        struct notes m = NOTES;
        bool ok = walk(content(&tar), NULL, &any, &m, &seen, &err);
        assert_true(ok || err.code == IMG_E_LIMIT || err.code == IMG_E_MALFORMED);
        img_buf_done(&m.text);
    }
    img_buf_done(&n.text);
}

/* A map of a million pieces would cost libarchive a hundred bytes for each four of the map. */
static void sparse_maps_are_bounded(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_buf_done) struct img_buf map = IMG_BUF(TESTS_MOST);
    struct notes n = NOTES;
    struct img_layer_seen seen;

    (void)state;
    img_buf_puts(&map, "9000000\n");
    for (size_t i = 0; i < 4000000; i++)
        img_buf_puts(&map, "0\n0\n");
    put(&tar, "pax", 'x', NULL,
        "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n25 GNU.sparse.name=sparse\n"
        "26 GNU.sparse.realsize=12\n");
    img_buf_put(&map, "", 1);
    put(&tar, "GNUSparseFile.1/sparse", '0', NULL, (const char *)map.ptr);
    t_tar_end(&tar);
    t_fails(walk(content(&tar), NULL, &any, &n, &seen, &err), IMG_E_LIMIT, "of header");
    img_buf_done(&n.text);
}

static void names_in_any_encoding_are_kept_as_bytes(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);

    (void)state;
    put(&tar, "caf\xe9", '0', NULL, NULL);
    pax(&tar, "path", "caf\xc3\xa9/\xe2\x80\xae");
    put(&tar, "x", '0', NULL, NULL);
    pax(&tar, "path", "bad\xff\x1b[2J");
    put(&tar, "x", '0', NULL, NULL);
    t_tar_end(&tar);
    check_notes(content(&tar), "\nF caf\xe9.\nF caf\xc3\xa9/\xe2\x80\xae.\nF bad\xff\x1b[2J.");
}

static bool refuse(void *ctx, const struct img_entry *e, bool *wants, struct img_err *err)
{
    (void)ctx;
    (void)wants;
    return img_fail(err, IMG_E_DENIED, "no %s", e->path);
}

static void a_visitor_can_stop_the_walk(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf tar = IMG_BUF(TESTS_MOST);
    IMG_AUTO(img_reader_freep) struct img_reader *raw = NULL;
    struct img_visitor v = {.entry = refuse};
    struct img_descriptor d = {.size = 5000};
    struct img_layer_seen seen = {.entries = 7};

    (void)state;
    put(&tar, "x", '0', NULL, NULL);
    t_tar_end(&tar);
    t_ok(img_reader_of_bytes(content(&tar), &raw, &err));
    t_fails(img_layer_walk(raw, &d, &any, &v, 1, &seen, &err), IMG_E_DENIED, "no x");
    assert_int_equal(seen.entries, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_layers_are_refused),
        cmocka_unit_test(paths_are_normalised_and_what_climbs_out_is_odd),
        cmocka_unit_test(whiteouts_name_what_they_remove),
        cmocka_unit_test(every_compression_gives_the_same_layer),
        cmocka_unit_test(digests_are_checked_before_anything_is_believed),
        cmocka_unit_test(padding_may_lack_at_the_end_but_never_content),
        cmocka_unit_test(long_names_come_whole_or_not_at_all),
        cmocka_unit_test(bombs_stop_at_the_ratio),
        cmocka_unit_test(sparse_files_are_read_with_their_holes_and_no_more),
        cmocka_unit_test(sparse_maps_are_bounded),
        cmocka_unit_test(names_in_any_encoding_are_kept_as_bytes),
        cmocka_unit_test(a_visitor_can_stop_the_walk),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
