/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <dirent.h>

#include "base/enc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/init.h"
#include "crypto/sign.h"

/*
 * Project Wycheproof's signature tests through img_verify: every file of
 * $IMGTRUST_VECTORS/wycheproof. What is "acceptable" may go either way, and is listed.
 */
#define FILE_MOST ((size_t)8 << 20) /* bytes; the largest is under 1 MiB */

struct tally {
    size_t files, cases, acceptable, wrong;
};

static void check_case(const struct img_json *at, const struct img_key *key, struct tally *tally)
{
    const char *message = "", *signature = "", *result = "", *comment = "";
    uint8_t bytes[8192], sig[8192];
    struct img_err why = IMG_ERR_INIT;
    int64_t id = 0;
    bool ok;

    t_ok(img_json_str(at, "msg", &message, &err));
    t_ok(img_json_str(at, "sig", &signature, &err));
    t_ok(img_json_str(at, "result", &result, &err));
    t_ok(img_json_str(at, "comment", &comment, &err));
    t_ok(img_json_int(at, "tcId", 0, INT64_MAX, &id, &err));
    assert_true(strlen(message) / 2 < sizeof(bytes) && strlen(signature) / 2 < sizeof(sig));
    t_ok(img_unhex(message, strlen(message), bytes, strlen(message) / 2, &err));
    t_ok(img_unhex(signature, strlen(signature), sig, strlen(signature) / 2, &err));
    ok = img_verify(key, (struct img_bytes){.ptr = bytes, .len = strlen(message) / 2},
                    (struct img_bytes){.ptr = sig, .len = strlen(signature) / 2}, &why);
    assert_true(ok || why.code == IMG_E_REJECTED);
    tally->cases++;
    if (strcmp(result, "acceptable") == 0) {
        tally->acceptable++;
        printf("  acceptable, %s: case %lld, %s\n", ok ? "accepted" : "rejected", (long long)id,
               comment);
    } else if (ok != (strcmp(result, "valid") == 0)) {
        tally->wrong++;
        printf("  WRONG: %s case %lld was %s: %s\n", result, (long long)id,
               ok ? "accepted" : "rejected", comment);
    }
}

/* RSA with e = 3: the key is refused before there is anything to verify. */
static bool has_small_exponent(const struct img_json *group)
{
    const char *exponent = "";
    struct img_json key;

    t_ok(img_json_obj(group, "publicKey", &key, &err));
    t_ok(img_json_opt_str(&key, "publicExponent", &exponent, &err));
    return strcmp(exponent, "03") == 0;
}

static void check_file(const char *path, struct tally *tally)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(FILE_MOST);
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    struct img_json root, groups, group, tests, at;
    struct img_bytes bytes;
    size_t n = 0, m = 0, before = tally->cases;

    t_ok(img_read_file(path, &text, &err));
    t_ok(img_buf_bytes(&text, &bytes, &err));
    t_ok(img_json_parse(bytes, FILE_MOST, &doc, &err));
    t_ok(img_json_root(doc, &root, &err));
    t_ok(img_json_arr(&root, "testGroups", &groups, &n, &err));
    for (size_t i = 0; i < n; i++) {
        IMG_AUTO(img_key_freep) struct img_key *key = NULL;
        const char *pem = "";

        t_ok(img_json_item(&groups, i, &group, &err));
        t_ok(img_json_str(&group, "publicKeyPem", &pem, &err));
        t_ok(img_json_arr(&group, "tests", &tests, &m, &err));
        if (has_small_exponent(&group)) {
            t_fails(img_key_read_public(img_bytes_of(pem), &key, &err), IMG_E_UNSUPPORTED,
                    "public exponent");
            printf("  the key of %zu cases was refused: RSA exponent 3\n", m);
            continue;
        }
        t_ok(img_key_read_public(img_bytes_of(pem), &key, &err));
        for (size_t k = 0; k < m; k++) {
            t_ok(img_json_item(&tests, k, &at, &err));
            check_case(&at, key, tally);
        }
    }
    tally->files++;
    printf("  %s: %zu cases\n", strrchr(path, '/') + 1, tally->cases - before);
}

static void every_case_is_decided_as_it_must_be(void **state)
{
    IMG_AUTO(img_str_free) char *top = NULL;
    struct tally tally = {0};
    const struct dirent *e;
    DIR *dir;

    (void)state;
    t_ok(img_strf(&top, &err, "%s/wycheproof", getenv("IMGTRUST_VECTORS")));
    dir = opendir(top);
    assert_non_null(dir);
    while ((e = readdir(dir)) != NULL) {
        IMG_AUTO(img_str_free) char *path = NULL;

        if (!img_has_suffix(e->d_name, ".json"))
            continue;
        t_ok(img_strf(&path, &err, "%s/%s", top, e->d_name));
        check_file(path, &tally);
    }
    (void)closedir(dir);
    printf("  %zu cases in %zu files, %zu acceptable\n", tally.cases, tally.files,
           tally.acceptable);
    assert_int_equal(tally.wrong, 0);
    assert_true(tally.files >= 5 && tally.cases > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_case_is_decided_as_it_must_be)};
    const char *where = getenv("IMGTRUST_VECTORS");
    struct img_err err = IMG_ERR_INIT;

    if (where == NULL || where[0] == '\0') {
        puts("skipped: IMGTRUST_VECTORS is not set");
        return 77;
    }
    return img_crypto_init(&err) ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}
