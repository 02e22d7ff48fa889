/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <fcntl.h>

#include "base/enc.h"
#include "base/fs.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/pool.h"
#include "base/text.h"
#include "base/yaml.h"
#include "tests/support/oom.h"

static bool fill(struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(4096);
    struct img_bytes got;

    for (int i = 0; i < 100; i++)
        img_buf_putf(&b, "%d,", i);
    return img_buf_bytes(&b, &got, err);
}

static bool encode(struct img_err *err)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(100), plain = IMG_BUF(7), j = IMG_BUF(100);
    struct img_json_out out = {.to = &j};
    struct img_bytes got;

    img_base64(img_bytes_of("message"), &text);
    img_json_out_str(&out, NULL, "a\nb");
    img_text_safe("a\nb", &j);
    img_text_shell("it's", &j);
    return img_buf_bytes(&text, &got, err) && img_unbase64(got, IMG_B64_STRICT, &plain, err) &&
           img_buf_bytes(&j, &got, err);
}

static bool strings(struct img_err *err)
{
    IMG_AUTO(img_str_free) char *one = NULL, *two = NULL;

    return img_strdup("one", &one, err) && img_strf(&two, err, "%s-%d", one, 2);
}

static bool yaml(struct img_err *err)
{
    struct img_yaml_stream *s = NULL;
    bool ok =
        img_yaml_parse(img_bytes_of("a: &x {b: [1, 2, 3], c: \"text\"}\nd: *x\n---\n- second\n"),
                       true, &s, err);

    img_yaml_free(s);
    return ok;
}

static bool files(struct img_err *err)
{
    IMG_AUTO(img_fd_done) int dir = open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);
    char name[64];
    bool ok;

    (void)snprintf(name, sizeof(name), "imgtrust-oom-%d", (int)getpid());
    ok = img_write_file_at(dir, name, img_bytes_of("content"), 0600, IMG_REPLACE, err) &&
         img_read_file_at(dir, name, &b, err);
    (void)unlinkat(dir, name, 0);
    return ok;
}

static bool pool(struct img_err *err)
{
    IMG_AUTO(img_pool_done) struct img_pool p = {0};

    for (int i = 0; i < 100; i++)
        (void)img_pool_strf(&p, "%0200d", i);
    return img_pool_check(&p, err);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    t_oom(fill(&err), 4);
    t_oom(encode(&err), 3);
    t_oom(strings(&err), 2);
    t_oom(yaml(&err), 3);
    t_oom(files(&err), 3);
    t_oom(pool(&err), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_may_fail)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
