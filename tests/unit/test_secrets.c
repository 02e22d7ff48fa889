/* SPDX-License-Identifier: Apache-2.0 */
#include "attest/scan/scan.h"
#include "attest/scan/secrets.h"
#include "tests/support/t.h"

/* Built at run time, so that no tool takes this file for a leak. */
#define ID_TAIL "A2B3C4D5E6F7Q2R3"
#define AWS_ID                                                                                     \
    "AK"                                                                                           \
    "IA" ID_TAIL
#define AWS_SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzSAMPKEYQQ"
#define GITHUB                                                                                     \
    "gh"                                                                                           \
    "p_0123456789abcdefghijABCDEFGHIJ456789"
#define GITHUB_FINE                                                                                \
    "github"                                                                                       \
    "_pat_11ABCDEFG0123456789abc_0123456789abcdefghijABCDEFGHIJ0123456789abcdefghijABCDEFGHI"
#define SLACK                                                                                      \
    "xox"                                                                                          \
    "b-123456789012-1234567890123-AbCdEfGhIjKlMnOpQrStUvWx"
#define HOOK                                                                                       \
    "https://hooks."                                                                               \
    "slack.com/services/T0AB1CD2E/B0AB1CD2E/AbCdEfGhIjKlMnOpQrStUvWx"
#define BODY "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g"
#define KEY                                                                                        \
    "-----BEGIN "                                                                                  \
    "PRIVATE KEY-----\n" BODY "\n-----END "                                                        \
    "PRIVATE KEY-----"
#define SEALED                                                                                     \
    "-----BEGIN "                                                                                  \
    "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" BODY "\n"

static const char *first_rule(const char *text)
{
    struct secret_hit hit;
    size_t next;

    if (!secret_find(img_bytes_of(text), 0, strlen(text), SECRET_ALL, &hit, &next))
        return "";
    assert_true(hit.from < hit.to && hit.to <= strlen(text) && next >= hit.to);
    return hit.rule->id;
}

static void finds_each_kind_of_secret(void **state)
{
    static const struct {
        const char *text, *rule;
    } table[] = {
        {AWS_ID, "aws-access-key-id"},
        {"key=" AWS_ID "\n", "aws-access-key-id"},
        {"aws_secret_access_key = " AWS_SECRET, "aws-secret-access-key"},
        {"AWS_SECRET_ACCESS_KEY=" AWS_SECRET "\n", "aws-secret-access-key"},
        {"\"SecretAccessKey\": \"" AWS_SECRET "\"", "aws-secret-access-key"},
        {"token " GITHUB ".", "github-token"},
        {GITHUB_FINE, "github-token"},
        {SLACK, "slack-token"},
        {"curl " HOOK, "slack-webhook"},
        {KEY, "private-key"},
        {"x = \"-----BEGIN "
         "RSA PRIVATE KEY-----\\n" BODY,
         "private-key"},
        {"-----BEGIN "
         "OPENSSH PRIVATE KEY-----\r\n" BODY,
         "private-key"},
        {"-----BEGIN "
         "PGP PRIVATE KEY BLOCK-----\nVersion: 1\n\n" BODY,
         "private-key"},
        {SEALED, "encrypted-private-key"},
        {"-----BEGIN "
         "ENCRYPTED SIGSTORE PRIVATE KEY-----\n" BODY,
         "encrypted-private-key"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++)
        assert_string_equal(first_rule(table[i].text), table[i].rule);
}

static void passes_over_what_is_no_secret(void **state)
{
    static const char *const texts[] = {
        "",
        "A",
        "AKIA",
        "AK"
        "IA"
        "A2B3C4D5E6F7Q2R",
        "XAK"
        "IA" ID_TAIL,
        "AK"
        "IA" ID_TAIL "9",
        "AK"
        "IAIOSFODNN7EXAMPLE",
        "secret_access_key",
        "secret_access_key=0123456789abcdef",
        "secret_access_key=0123456789abcdef0123456789abcdef01234567",
        "gh"
        "p_short",
        "gh"
        "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "xox"
        "b-your-token-goes-right-here",
        "https://hooks."
        "slack.com/services/",
        "-----BEGIN "
        "PRIVATE KEY-----",
        "-----BEGIN "
        "PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n" BODY,
        "-----BEGIN "
        "PUBLIC KEY-----\n" BODY,
        "PRIVATE KEY-----\n" BODY,
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(texts); i++)
        if (first_rule(texts[i])[0] != '\0')
            fail_msg("'%s' taken for %s", texts[i], first_rule(texts[i]));
}

static void finds_a_secret_at_every_offset(void **state)
{
    const char *const secrets[] = {AWS_ID, GITHUB,     SLACK, &HOOK[strlen("https://")],
                                   KEY,    GITHUB_FINE};
    char text[700];

    (void)state;
    for (size_t s = 0; s < IMG_COUNT(secrets); s++)
        for (size_t at = 0; at < 200; at++) {
            struct secret_hit hit;
            size_t next;

            memset(text, ' ', sizeof(text));
            memcpy(text + at, secrets[s], strlen(secrets[s]));
            assert_true(secret_find((struct img_bytes){(uint8_t *)text, sizeof(text)}, 0,
                                    sizeof(text), SECRET_ALL, &hit, &next));
            assert_int_equal(hit.from, at);
            assert_int_equal(hit.to, at + strlen(secrets[s]));
        }
}

static void masked(const char *text, bool (*mask)(struct img_bytes, struct img_buf *),
                   const char *want)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(4000);
    IMG_AUTO(img_buf_done) struct img_buf again = IMG_BUF(4000);
    struct img_bytes got;
    bool changed = mask(img_bytes_of(text), &out);

    t_ok(img_buf_bytes(&out, &got, &err));
    if (!img_bytes_equal(got, img_bytes_of(want)))
        fail_msg("'%s' became '%.*s'", text, (int)got.len, (const char *)got.ptr);
    assert_int_equal(changed, strcmp(text, want) != 0);
    assert_false(mask(got, &again)); /* what was masked stays as it is */
}

static void masks_matches_and_nothing_else(void **state)
{
    (void)state;
    masked("", secret_mask, "");
    masked("nothing here", secret_mask, "nothing here");
    masked("a " GITHUB " b " AWS_ID " c", secret_mask, "a *** b *** c");
    masked("k: " KEY " end", secret_mask, "k: *** end");
    masked("k: " KEY, secret_mask, "k: ***");
}

static void masks_what_commands_must_not_repeat(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        {"COPY dir:1 in /", "COPY dir:1 in /"},
        {"/bin/sh -c apt-get update && apt-get install -y curl",
         "/bin/sh -c apt-get update && apt-get install -y curl"},
        {"|2 DB=hunter2 V=a b /bin/sh -c make", "|2 *** /bin/sh -c make"},
        {"|1 DB=hunter2 powershell make", "|1 ***"},
        {"ENV DB=hunter2", "ENV DB=***"},
        {"ENV DB hunter2 and more", "ENV DB ***"},
        {"/bin/sh -c #(nop)  ENV PATH=/bin", "/bin/sh -c #(nop)  ENV PATH=***"},
        {"ARG RELEASE", "ARG RELEASE"},
        {"ARG X=hunter2", "ARG X=***"},
        {"RUN export API_TOKEN=hunter2; make", "RUN export API_TOKEN=***; make"},
        {"RUN x --password hunter2 y", "RUN x --password *** y"},
        {"RUN x --password='hunter 2' y", "RUN x --password='***' y"},
        {"RUN x --password=\"hunter 2\" y", "RUN x --password=\"***\" y"},
        {"RUN curl -u me:hunter2 https://h/", "RUN curl -u *** https://h/"},
        {"RUN curl https://me:hunter2@h/p", "RUN curl https://***@h/p"},
        {"RUN curl -H \"Authorization: Bearer hunter2\" h", "RUN curl -H \"Authorization: ***\" h"},
        {"{\"password\": \"hunter2\", \"a\": 1}", "{\"password\": \"***\", \"a\": 1}"},
        {"RUN echo " GITHUB, "RUN echo ***"},
        {"RUN git clone https://github.com/x/y", "RUN git clone https://github.com/x/y"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++)
        masked(table[i].text, secret_mask_command, table[i].want);
}

static void redacted(const char *text, const char *want)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(10000);
    struct img_bytes got;
    bool changed = strcmp(text, want) == 0;

    t_ok(img_report_redact(img_bytes_of(text), &out, &changed, &err));
    t_ok(img_buf_bytes(&out, &got, &err));
    if (!img_bytes_equal(got, img_bytes_of(want)))
        fail_msg("'%s' became '%.*s'", text, (int)got.len, (const char *)got.ptr);
    assert_int_equal(changed, strcmp(text, want) != 0);
}

static void redacts_reports_and_leaves_every_other_byte(void **state)
{
    static const struct {
        const char *text, *want;
    } table[] = {
        {" { \"a\" : [ 1e400 , 1.10, 123456789012345678901234567890, -0 , true,null ] } \n",
         " { \"a\" : [ 1e400 , 1.10, 123456789012345678901234567890, -0 , true,null ] } \n"},
        {"{\"Match\":\"x\"}", "{}"},
        {"{\"Match\":\"x\",\"a\":1.0}", "{\"a\":1.0}"},
        {"{\"a\":1.0,\"Match\":\"x\"}", "{\"a\":1.0}"},
        {"{\"a\":1,\"Match\":\"x\",\"Code\":{\"Lines\":[{\"Code\":1,\"b\":2}]},\"b\":2}",
         "{\"a\":1,\"b\":2}"},
        {"{\"a\":1,\"Match\":\"x\",\"Code\":{}}", "{\"a\":1}"},
        {"{\"Match\":1 , \"Code\":{} , \"b\":2 }", "{  \"b\":2 }"},
        {"{\"M\\u0061tch\":\"x\",\"b\":2}", "{\"b\":2}"},
        {"{\"Env\":[\"A=hunter2\",\"B\",\"C=\"]}", "{\"Env\":[\"A=***\",\"***\",\"C=\"]}"},
        {"{\"Labels\":{\"x.token\":\"hunter2\",\"v\":\"1.0\"}}",
         "{\"Labels\":{\"x.token\":\"***\",\"v\":\"1.0\"}}"},
        {"{\"created_by\":\"ENV A=hunter2\"}", "{\"created_by\":\"ENV A=***\"}"},
        {"{\"Cmd\":[\"x\",\"--token=hunter2\"]}", "{\"Cmd\":[\"x\",\"--token=***\"]}"},
        {"{\"config\":\"aHVudGVyMg==\",\"manifest\":\"e30=\",\"x\":{\"config\":{\"a\":1}}}",
         "{\"x\":{\"config\":{\"a\":1}}}"},
        {"{\"Title\":\"see " GITHUB "\",\"n\":1}", "{\"Title\":\"see ***\",\"n\":1}"},
        {"{\"Title\":\"see \\u0067"
         "hp_0123456789abcdefghijABCDEFGHIJ456789\\n\"}",
         "{\"Title\":\"see ***\\n\"}"},
        {"[\"\\ud83d\\ude00 fine\"]", "[\"\\ud83d\\ude00 fine\"]"},
        {"{\"auth\":[{\"password\":\"hunter2\",\"n\":5}]}",
         "{\"auth\":[{\"password\":\"***\",\"n\":5}]}"},
    };

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(table); i++)
        redacted(table[i].text, table[i].want);
}

static void refuses_to_redact_what_is_not_json(void **state)
{
    static const char *const bad[] = {"",       "{",           "{\"a\"}",    "{\"a\":}",
                                      "[1,]",   "[1 2]",       "{\"a\":1,}", "\"x",
                                      "{} {}",  "\"\\ud800\"", "\"\n\"",     "{\"Match\":}",
                                      "\"\\q\""};
    bool redact;

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(bad); i++) {
        IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(10000);

        t_fails(img_report_redact(img_bytes_of(bad[i]), &out, &redact, &err), IMG_E_MALFORMED,
                "JSON");
    }
}

static void bounds_nesting(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(10000);
    char text[1001];
    bool redact;

    (void)state;
    memset(text, '[', 1000);
    text[1000] = '\0';
    t_fails(img_report_redact(img_bytes_of(text), &out, &redact, &err), IMG_E_LIMIT, "nested");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_to_redact_what_is_not_json),
        cmocka_unit_test(bounds_nesting),
        cmocka_unit_test(passes_over_what_is_no_secret),
        cmocka_unit_test(finds_each_kind_of_secret),
        cmocka_unit_test(finds_a_secret_at_every_offset),
        cmocka_unit_test(masks_matches_and_nothing_else),
        cmocka_unit_test(masks_what_commands_must_not_repeat),
        cmocka_unit_test(redacts_reports_and_leaves_every_other_byte),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
