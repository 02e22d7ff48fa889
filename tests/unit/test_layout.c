/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t_layout.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/fs.h"
#include "base/text.h"
#include "oci/store.h"

#define INDEX_HEAD "{\"schemaVersion\":2,\"manifests\":["
#define MIB        ((size_t)1 << 20)

static void write_text(const char *path, const char *text)
{
    t_ok(img_write_file(path, t_bytes(text), 0644, IMG_REPLACE, &err));
}

static void read_text(const char *path, char out[static 8192])
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(8000);

    t_ok(img_read_file(path, &b, &err));
    memcpy(out, b.ptr, b.len);
    out[b.len] = '\0';
}

static struct img_store *opened(const char *text, bool write)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    struct img_store_options o = {.write = write};
    struct img_store *s = NULL;

    t_ok(img_reference_parse(text, &r, &err));
    t_ok(img_store_open(&r, &o, &s, &err));
    return s;
}

static void open_fails(const char *text, bool write, enum img_code code, const char *says)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    struct img_store_options o = {.write = write};
    struct img_store *s = NULL;

    t_ok(img_reference_parse(text, &r, &err));
    t_fails(img_store_open(&r, &o, &s, &err), code, says);
}

/* A manifest that differs by `salt`; with a subject it is a referrer. */
static char *manifest(const char *salt, const struct img_descriptor *subject)
{
    static char text[8][2048];
    static size_t next;
    char *out = text[next++ % IMG_COUNT(text)], digest[IMG_DIGEST_TEXT] = "", about[300] = "";

    if (subject != NULL) {
        img_digest_text(&subject->digest, digest);
        (void)snprintf(about, sizeof(about),
                       ",\"subject\":{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                       "\",\"digest\":\"%s\",\"size\":%lld}",
                       digest, (long long)subject->size);
    }
    (void)snprintf(out, sizeof(text[0]),
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\"%s%s,"
                   "\"config\":{\"mediaType\":\"" IMG_TYPE_OCI_EMPTY "\",\"digest\":\"sha256:"
                   "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\",\"size\":2},"
                   "\"layers\":[],\"annotations\":{\"salt\":\"%s\","
                   "\"org.opencontainers.image.ref.name\":\"stolen\"}%s}",
                   subject != NULL ? ",\"artifactType\":\"" : "",
                   subject != NULL ? IMG_TYPE_BUNDLE "\"" : "", salt, about);
    return out;
}

static struct img_descriptor put_image(struct img_store *s, const char *salt, const char *tag)
{
    const char *text = manifest(salt, NULL);
    struct img_descriptor d = t_described(text, IMG_TYPE_OCI_MANIFEST);

    t_ok(img_store_put_manifest(s, &d, t_bytes(text), tag, true, &err));
    return d;
}

static struct img_descriptor attach(struct img_store *s, const char *salt,
                                    const struct img_descriptor *to)
{
    const char *text = manifest(salt, to);
    struct img_descriptor d = t_described(text, IMG_TYPE_OCI_MANIFEST);

    t_ok(img_store_attach(s, &d, &to->digest, t_bytes(text), &err));
    return d;
}

static void blob_path(const struct img_descriptor *d, char out[static 256])
{
    char hex[IMG_DIGEST_TEXT];

    img_digest_hex(&d->digest, hex);
    (void)snprintf(out, 256, "l/blobs/sha256/%s", hex);
}

static void resolves_to(struct img_store *s, const char *text, const struct img_descriptor *want)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    struct img_document doc = {.bytes = IMG_BUF(MIB)};

    t_ok(img_reference_parse(text, &r, &err));
    t_ok(img_store_resolve(s, &r, &doc, NULL, &err));
    assert_true(img_digest_equal(&doc.desc.digest, &want->digest));
    assert_int_equal(doc.desc.size, want->size);
    assert_null(doc.desc.annotations);
    img_document_done(&doc);
}

static void resolve_fails(struct img_store *s, const char *text, enum img_code code,
                          const char *says)
{
    IMG_AUTO(img_reference_done) struct img_reference r = {.where = IMG_AT_NONE};
    struct img_document doc = {.bytes = IMG_BUF(MIB)};

    t_ok(img_reference_parse(text, &r, &err));
    t_fails(img_store_resolve(s, &r, &doc, NULL, &err), code, says);
}

static size_t referrers(struct img_store *s, const struct img_descriptor *of)
{
    struct img_referrers list = {.count = 0};
    size_t n;

    t_ok(img_store_referrers(s, &of->digest, &list, &err));
    for (size_t i = 0; i < list.count; i++)
        assert_string_equal(list.items[i].artifact_type, IMG_TYPE_BUNDLE);
    n = list.count;
    img_referrers_done(&list);
    return n;
}

static void what_is_not_a_layout_is_named(void **state)
{
    (void)state;
    open_fails("oci:absent", false, IMG_E_NOT_FOUND, "no such directory");
    write_text("file", "x");
    open_fails("oci:file", false, IMG_E_MALFORMED, "not a directory");
    open_fails("oci:file", true, IMG_E_MALFORMED, "not a directory");
    assert_int_equal(mkdir("empty", 0755), 0);
    open_fails("oci:empty", false, IMG_E_MALFORMED, "not an OCI image layout");
    assert_int_equal(mkdir("new", 0755), 0);
    write_text("new/oci-layout", "{\"imageLayoutVersion\":\"2.0.0\"}");
    open_fails("oci:new", false, IMG_E_UNSUPPORTED, "2.0.0");
    open_fails("oci:new", true, IMG_E_UNSUPPORTED, "2.0.0");
    write_text("new/oci-layout", "{}");
    open_fails("oci:new", false, IMG_E_MALFORMED, "imageLayoutVersion");
    open_fails("oci-archive:file", false, IMG_E_UNSUPPORTED, "archives");
}

static void a_directory_with_other_files_is_not_turned_into_a_layout(void **state)
{
    const char *text = manifest("a", NULL);
    struct img_descriptor d = t_described(text, IMG_TYPE_OCI_MANIFEST);
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;

    (void)state;
    assert_int_equal(mkdir("home", 0755), 0);
    write_text("home/thesis.txt", "x");
    s = opened("oci:home", true);
    t_fails(img_store_put_manifest(s, &d, t_bytes(text), "t", true, &err), IMG_E_MALFORMED,
            "not an OCI image layout, and not empty");
    assert_int_equal(access("home/index.json", F_OK), -1);
    resolve_fails(s, "oci:home:t", IMG_E_NOT_FOUND, "no image layout");
}

static void creation_goes_on_where_it_was_interrupted(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = NULL;
    struct img_descriptor d;

    (void)state;
    assert_int_equal(mkdir("l", 0755), 0);
    assert_int_equal(mkdir("l/blobs", 0755), 0);
    write_text("l/.imgtrust-0123456789abcdef", "half");
    write_text("l/index.json", INDEX_HEAD "]}");
    s = opened("oci:l", true);
    d = put_image(s, "a", "t");
    resolves_to(s, "oci:l:t", &d);
}

static void names_and_digests_lead_to_their_image(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true), *again = NULL;
    struct img_descriptor a = put_image(s, "a", "one"), b = put_image(s, "b", "two");
    char digest[IMG_DIGEST_TEXT], text[200], json[8192];

    (void)state;
    resolves_to(s, "oci:l:one", &a);
    resolves_to(s, "oci:l:two", &b);
    resolve_fails(s, "oci:l", IMG_E_USAGE, "one, two");
    resolve_fails(s, "oci:l:three", IMG_E_NOT_FOUND, "no tag 'three'; there is one, two");
    resolve_fails(s, "oci:l:stolen", IMG_E_NOT_FOUND, "no tag");
    img_digest_text(&b.digest, digest);
    (void)snprintf(text, sizeof(text), "oci:l:one@%s", digest);
    resolves_to(s, text, &b); /* the digest decides */
    write_text("l/index.json", INDEX_HEAD "]}");
    resolves_to(s, text, &b); /* not an entry, but there */
    resolve_fails(s, "oci:l", IMG_E_NOT_FOUND, "holds no image");
    (void)snprintf(json, sizeof(json),
                   INDEX_HEAD "{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                              "\",\"digest\":\"%s\",\"size\":%lld,\"annotations\":{"
                              "\"io.containerd.image.name\":\"docker.io/library/app:1.2\"}}]}",
                   digest, (long long)b.size);
    write_text("l/index.json", json);
    again = opened("oci:l", false);
    resolves_to(again, "oci:l:1.2", &b);
    resolves_to(again, "oci:l:app:1.2", &b);
    resolves_to(again, "oci:l", &b);
    resolve_fails(again, "oci:l:1.3", IMG_E_NOT_FOUND, "no tag");
    resolve_fails(again, "oci:l:other:1.2", IMG_E_NOT_FOUND, "no tag");
}

static void what_is_attached_is_not_the_image(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", NULL);

    (void)state;
    (void)attach(s, "x", &a);
    (void)attach(s, "y", &a);
    resolves_to(s, "oci:l", &a);
}

static void broken_indexes_are_refused(void **state)
{
    static const struct {
        const char *text;
        enum img_code code;
        const char *says;
    } bad[] = {
        {"[]", IMG_E_MALFORMED, "expected object"},
        {"{\"schemaVersion\":2}", IMG_E_MALFORMED, "/manifests: missing"},
        {"{\"schemaVersion\":2,\"manifests\":[1]}", IMG_E_MALFORMED, "expected object"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"layers\":[]}", IMG_E_MALFORMED, "both"},
        {"{\"schemaVersion\":2,\"manifests\":[],\"Manifests\":[]}", IMG_E_MALFORMED, "be taken"},
        {"{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST "\",\"manifests\":[]}", IMG_E_MALFORMED,
         "not an index"},
        {INDEX_HEAD "{\"mediaType\":\"a/b\",\"digest\":\"sha256:../../x\",\"size\":1}]}",
         IMG_E_MALFORMED, "64 hex"},
        {INDEX_HEAD "{\"mediaType\":\"a/b\",\"digest\":\"blake3:aa\",\"size\":1}]}",
         IMG_E_NOT_FOUND, "holds no image"},
        {"{\"schemaVersion\":2,\"manifests\":null}", IMG_E_NOT_FOUND, "holds no image"},
    };
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    const char *text = manifest("b", NULL);
    struct img_descriptor d = t_described(text, IMG_TYPE_OCI_MANIFEST);

    (void)state;
    (void)put_image(s, "a", "t");
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        write_text("l/index.json", bad[i].text);
        resolve_fails(s, "oci:l", bad[i].code, bad[i].says);
    }
    write_text("l/index.json", "{\"half\":");
    resolve_fails(s, "oci:l", IMG_E_MALFORMED, "JSON"); /* after a second */
    write_text("l/index.json", INDEX_HEAD "{\"digest\":1}]}");
    t_fails(img_store_put_manifest(s, &d, t_bytes(text), "u", true, &err), IMG_E_MALFORMED,
            "/0/digest"); /* nor is anything added to it */
    assert_int_equal(unlink("l/index.json"), 0);
    resolve_fails(s, "oci:l", IMG_E_NOT_FOUND, "No such file");
}

static void two_images_under_one_name_are_no_answer(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    char text[8192], *at;

    (void)state;
    (void)put_image(s, "a", "one");
    (void)put_image(s, "b", "two");
    read_text("l/index.json", text);
    at = strstr(text, "\"two\"");
    assert_non_null(at);
    memcpy(at, "\"one\"", 5);
    write_text("l/index.json", text);
    resolve_fails(s, "oci:l:one", IMG_E_MALFORMED, "names both");
}

static void an_index_in_the_making_is_waited_for(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", "t");
    char text[8192];
    pid_t child;
    int status;

    (void)state;
    read_text("l/index.json", text);
    write_text("l/index.json", "");
    child = fork();
    if (child == 0) {
        int fd = open("l/index.json", O_WRONLY);
        (void)usleep(200000);
        _exit(write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : 1);
    }
    resolves_to(s, "oci:l:t", &a);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void blobs_that_are_not_what_they_should_be_are_refused(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", "t");
    char path[256], text[2048];

    (void)state;
    blob_path(&a, path);
    (void)snprintf(text, sizeof(text), "%s", manifest("b", NULL)); /* same size, other bytes */
    write_text(path, text);
    resolve_fails(s, "oci:l:t", IMG_E_REJECTED, "expected sha256");
    write_text(path, "{}");
    resolve_fails(s, "oci:l:t", IMG_E_REJECTED, "declared as");
    assert_int_equal(unlink(path), 0);
    resolve_fails(s, "oci:l:t", IMG_E_NOT_FOUND, "not in the layout");
    assert_int_equal(symlink("/etc/passwd", path), 0);
    resolve_fails(s, "oci:l:t", IMG_E_MALFORMED, "symbolic link");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0644), 0);
    resolve_fails(s, "oci:l:t", IMG_E_MALFORMED, "regular file");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0755), 0);
    resolve_fails(s, "oci:l:t", IMG_E_MALFORMED, "regular file");
    assert_int_equal(rename("l/blobs", "elsewhere"), 0);
    assert_int_equal(symlink("../elsewhere", "l/blobs"), 0);
    open_fails("oci:l", false, IMG_E_MALFORMED, "not a directory");
}

static void a_manifest_listed_as_something_else_is_refused(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    const char *text = manifest("a", NULL);
    struct img_descriptor d = t_described(text, IMG_TYPE_OCI_INDEX);

    (void)state;
    t_ok(img_store_put_manifest(s, &d, t_bytes(text), "t", true, &err));
    resolve_fails(s, "oci:l:t", IMG_E_MALFORMED, "described as");
}

static void a_tag_moves_and_nothing_else_changes(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a, b;
    char before[8192], after[8192];

    (void)state;
    a = put_image(s, "a", "t");
    write_text("l/keep-me", "x");
    read_text("l/index.json", before);
    (void)put_image(s, "a", "t"); /* twice is once */
    read_text("l/index.json", after);
    assert_string_equal(before, after);
    (void)put_image(s, "a", "alias");
    b = put_image(s, "b", "t");
    resolves_to(s, "oci:l:t", &b);
    resolves_to(s, "oci:l:alias", &a);
}

static void members_we_do_not_know_survive_a_change(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    char text[8192];

    (void)state;
    (void)put_image(s, "a", "t");
    write_text("l/index.json",
               "{\"schemaVersion\":2,\"x\":{\"y\":[1.5,null]},\"manifests\":["
               "{\"mediaType\":\"a/b\",\"digest\":\"blake3:aa\",\"size\":1,\"z\":1}]}");
    (void)put_image(s, "b", "u");
    read_text("l/index.json", text);
    assert_non_null(strstr(text, "\"x\":{\"y\":[1.5,null]}"));
    assert_non_null(
        strstr(text, "{\"mediaType\":\"a/b\",\"digest\":\"blake3:aa\",\"size\":1,\"z\":1}"));
    assert_non_null(strstr(text, "\"u\""));
}

static void an_image_gets_its_name_where_it_already_is(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", NULL);
    char text[8192], *first;

    (void)state;
    (void)put_image(s, "a", "t");
    resolves_to(s, "oci:l:t", &a);
    read_text("l/index.json", text);
    first = strstr(text, "\"digest\"");
    assert_non_null(first);
    assert_null(strstr(first + 1, "\"digest\"")); /* one entry */
}

static void referrers_are_found_however_they_are_listed(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", "t"), b = put_image(s, "b", "u"), x, list;
    char digest[IMG_DIGEST_TEXT], text[4096], name[200];
    const char *untagged = manifest("tagged", &a);
    struct img_descriptor tagged = t_described(untagged, IMG_TYPE_OCI_MANIFEST);

    (void)state;
    assert_int_equal(referrers(s, &a), 0);
    (void)attach(s, "1", &a);
    (void)attach(s, "1", &a); /* twice is once */
    (void)attach(s, "2", &b);
    assert_int_equal(referrers(s, &a), 1);
    t_ok(img_store_put_manifest(s, &tagged, t_bytes(untagged), "named", true, &err));
    assert_int_equal(referrers(s, &a), 2);
    /* a list under the fallback tag, as clients of old registries write it */
    x = t_described(manifest("listed", &a), IMG_TYPE_OCI_MANIFEST);
    t_ok(img_store_put_manifest(s, &x, t_bytes(manifest("listed", &a)), NULL, false, &err));
    assert_int_equal(referrers(s, &a), 2);
    img_digest_text(&x.digest, digest);
    (void)snprintf(text, sizeof(text),
                   "{\"schemaVersion\":2,\"mediaType\":\"" IMG_TYPE_OCI_INDEX
                   "\",\"manifests\":[{\"mediaType\":\"" IMG_TYPE_OCI_MANIFEST
                   "\",\"digest\":\"%s\",\"size\":%lld}]}",
                   digest, (long long)x.size);
    list = t_described(text, IMG_TYPE_OCI_INDEX);
    img_digest_text(&a.digest, name);
    name[6] = '-';
    t_ok(img_store_put_manifest(s, &list, t_bytes(text), name, true, &err));
    assert_int_equal(referrers(s, &a), 3);
    assert_int_equal(referrers(s, &b), 1);
    t_ok(img_store_detach(s, &a.digest, &x.digest, 1, &err));
    assert_int_equal(referrers(s, &a), 2);
    t_ok(img_store_detach(s, &b.digest, &tagged.digest, 1, &err)); /* b's it is not */
    assert_int_equal(referrers(s, &a), 2);
    t_ok(img_store_detach(s, &a.digest, &tagged.digest, 1, &err));
    assert_int_equal(referrers(s, &a), 1);
    resolves_to(s, "oci:l:t", &a);
}

static void attaching_takes_no_tag_away(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", "stolen"), x;
    const char *text = manifest("x", &a);

    (void)state;
    x = t_described(text, IMG_TYPE_OCI_MANIFEST);
    x.annotations = json_pack("{s:s}", "org.opencontainers.image.ref.name", "stolen");
    t_ok(img_store_attach(s, &x, &a.digest, t_bytes(text), &err));
    img_descriptor_done(&x);
    resolves_to(s, "oci:l:stolen", &a);
    assert_int_equal(referrers(s, &a), 1);
}

static void a_damaged_referrer_is_listed_for_its_reader_to_refuse(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor a = put_image(s, "a", "t"), x = attach(s, "x", &a);
    struct img_want w = {.desc = x, .bytes = IMG_BUF(MIB)};
    struct img_referrers list = {.count = 0};
    char path[256], text[2048];

    (void)state;
    blob_path(&x, path);
    (void)snprintf(text, sizeof(text), "%s", manifest("y", &a));
    write_text(path, text);
    t_ok(img_store_referrers(s, &a.digest, &list, &err));
    assert_int_equal(list.count, 1);
    img_referrers_done(&list);
    t_ok(img_store_fetch(s, &w, 1, &err));
    assert_false(w.ok);
    assert_int_equal(w.err.code, IMG_E_REJECTED);
    img_buf_done(&w.bytes);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(referrers(s, &a), 0);
}

static void put(struct img_store *s, const struct img_descriptor *d, const char *content, bool ok)
{
    IMG_AUTO(img_reader_freep) struct img_reader *from = NULL;

    t_ok(img_reader_of_bytes(t_bytes(content), &from, &err));
    if (ok)
        t_ok(img_store_put_blob(s, d, from, &err));
    else
        t_fails(img_store_put_blob(s, d, from, &err), IMG_E_REJECTED, "");
}

static void a_blob_is_kept_only_if_it_is_what_was_promised(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    IMG_AUTO(img_reader_freep) struct img_reader *r = NULL;
    IMG_AUTO(img_buf_done) struct img_buf got = IMG_BUF(100);
    struct img_descriptor d = t_described("hello", "a/b"), longer = d;
    bool has = true;

    (void)state;
    t_ok(img_store_has_blob(s, &d, &has, &err));
    assert_false(has);
    put(s, &d, "hellO", false);
    put(s, &d, "hell", false);
    put(s, &d, "hello!", false);
    t_ok(img_store_has_blob(s, &d, &has, &err));
    assert_false(has);
    assert_int_equal(rmdir("l/blobs/sha256"), 0); /* nothing was left behind */
    img_store_close(s);
    s = opened("oci:l", true);
    put(s, &d, "hello", true);
    t_ok(img_store_has_blob(s, &d, &has, &err));
    assert_true(has);
    longer.size++;
    t_ok(img_store_has_blob(s, &longer, &has, &err));
    assert_false(has);
    t_fails(img_store_open_blob(s, &longer, &r, &err), IMG_E_REJECTED, "declared as 6");
    t_ok(img_store_open_blob(s, &d, &r, &err));
    t_ok(img_reader_all(r, &got, &err));
    assert_memory_equal(got.ptr, "hello", 5);
}

static void a_manifest_must_be_what_its_descriptor_says(void **state)
{
    IMG_AUTO(img_store_closep) struct img_store *s = opened("oci:l", true);
    struct img_descriptor d = t_described("{}", IMG_TYPE_OCI_MANIFEST);

    (void)state;
    t_fails(img_store_put_manifest(s, &d, t_bytes("{ "), "t", true, &err), IMG_E_REJECTED,
            "expected sha256");
    t_fails(img_store_attach(s, &d, &d.digest, t_bytes("{ }"), &err), IMG_E_REJECTED, "3 bytes");
    assert_int_equal(access("l", F_OK), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T_IN_DIRECTORY(what_is_not_a_layout_is_named),
        T_IN_DIRECTORY(a_directory_with_other_files_is_not_turned_into_a_layout),
        T_IN_DIRECTORY(creation_goes_on_where_it_was_interrupted),
        T_IN_DIRECTORY(names_and_digests_lead_to_their_image),
        T_IN_DIRECTORY(what_is_attached_is_not_the_image),
        T_IN_DIRECTORY(broken_indexes_are_refused),
        T_IN_DIRECTORY(two_images_under_one_name_are_no_answer),
        T_IN_DIRECTORY(an_index_in_the_making_is_waited_for),
        T_IN_DIRECTORY(blobs_that_are_not_what_they_should_be_are_refused),
        T_IN_DIRECTORY(a_manifest_listed_as_something_else_is_refused),
        T_IN_DIRECTORY(a_tag_moves_and_nothing_else_changes),
        T_IN_DIRECTORY(members_we_do_not_know_survive_a_change),
        T_IN_DIRECTORY(an_image_gets_its_name_where_it_already_is),
        T_IN_DIRECTORY(referrers_are_found_however_they_are_listed),
        T_IN_DIRECTORY(attaching_takes_no_tag_away),
        T_IN_DIRECTORY(a_damaged_referrer_is_listed_for_its_reader_to_refuse),
        T_IN_DIRECTORY(a_blob_is_kept_only_if_it_is_what_was_promised),
        T_IN_DIRECTORY(a_manifest_must_be_what_its_descriptor_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
