/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/t.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "base/fs.h"

static char top[] = "/tmp/imgtrust-fs-XXXXXX";
static int dir = -1;

static int make_dir(void **state)
{
    (void)state;
    if (mkdtemp(top) == NULL)
        return -1;
    dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return dir < 0 ? -1 : 0;
}

static int remove_dir(void **state)
{
    static const char *const names[] = {"file", "link", "fifo", "keep", "big", "replaced"};

    (void)state;
    for (size_t i = 0; i < IMG_COUNT(names); i++)
        (void)unlinkat(dir, names[i], 0);
    (void)unlinkat(dir, "sub", AT_REMOVEDIR);
    (void)close(dir);
    return rmdir(top); /* fails when anything was left behind, such as a temporary file */
}

static void expect_content(const char *name, const char *want)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(1000);
    struct img_bytes got;

    t_ok(img_read_file_at(dir, name, &b, &err));
    t_ok(img_buf_bytes(&b, &got, &err));
    assert_true(img_bytes_equal(got, img_bytes_of(want)));
}

static void only_regular_files_are_read_at_a_directory(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(1000);

    (void)state;
    t_ok(img_write_file_at(dir, "file", img_bytes_of("abc"), 0644, IMG_KEEP, &err));
    assert_int_equal(symlinkat("file", dir, "link"), 0);
    assert_int_equal(mkfifoat(dir, "fifo", 0600), 0);
    assert_int_equal(mkdirat(dir, "sub", 0700), 0);
    t_fails(img_read_file_at(dir, "link", &b, &err), IMG_E_MALFORMED, "symbolic link");
    t_fails(img_read_file_at(dir, "fifo", &b, &err), IMG_E_MALFORMED, "regular");
    t_fails(img_read_file_at(dir, "sub", &b, &err), IMG_E_MALFORMED, "regular");
    t_fails(img_read_file_at(dir, "none", &b, &err), IMG_E_NOT_FOUND, "");
    expect_content("file", "abc");
}

static void reading_stops_at_the_limit(void **state)
{
    static const uint8_t zeros[100000];
    IMG_AUTO(img_buf_done)
    struct img_buf exact = IMG_BUF(sizeof(zeros)), less = IMG_BUF(sizeof(zeros) - 1);
    IMG_AUTO(img_fd_done) int fd = t_pipe("0123456789");
    IMG_AUTO(img_buf_done) struct img_buf pipe_buf = IMG_BUF(9);
    struct img_bytes got;

    (void)state;
    t_ok(img_write_file_at(dir, "big", (struct img_bytes){.ptr = zeros, .len = sizeof(zeros)}, 0600,
                           IMG_REPLACE, &err));
    t_ok(img_read_file_at(dir, "big", &exact, &err));
    t_ok(img_buf_bytes(&exact, &got, &err));
    assert_int_equal(got.len, sizeof(zeros));
    t_fails(img_read_file_at(dir, "big", &less, &err), IMG_E_LIMIT, "99999");
    assert_int_equal(less.len, 0);
    t_fails(img_read_fd(fd, &pipe_buf, &err), IMG_E_LIMIT, "9 bytes");
    assert_int_equal(pipe_buf.len, 0);
}

static void reading_appends(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);
    IMG_AUTO(img_fd_done) int fd = t_pipe("world");
    struct img_bytes got;

    (void)state;
    img_buf_puts(&b, "hello ");
    t_ok(img_read_fd(fd, &b, &err));
    t_ok(img_buf_bytes(&b, &got, &err));
    assert_true(img_bytes_equal(got, img_bytes_of("hello world")));
}

static void absent_files_are_not_found(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf b = IMG_BUF(100);

    (void)state;
    t_fails(img_read_file("/nonexistent/file", &b, &err), IMG_E_NOT_FOUND, "No such file");
    t_fails(img_read_file(top, &b, &err), IMG_E_IO, "directory");
    t_fails(img_write_file("/nonexistent/file", img_bytes_of("x"), 0600, IMG_REPLACE, &err),
            IMG_E_NOT_FOUND, "No such file");
}

static void an_existing_file_is_kept_or_replaced_as_asked(void **state)
{
    struct stat st;

    (void)state;
    t_ok(img_write_file_at(dir, "keep", img_bytes_of("one"), 0600, IMG_KEEP, &err));
    t_fails(img_write_file_at(dir, "keep", img_bytes_of("two"), 0600, IMG_KEEP, &err), IMG_E_USAGE,
            "already exists");
    expect_content("keep", "one");
    t_ok(img_write_file_at(dir, "keep", img_bytes_of(""), 0600, IMG_REPLACE, &err));
    expect_content("keep", "");
    assert_int_equal(fstatat(dir, "keep", &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(st.st_nlink, 1);
}

static void a_memory_file_system_holds_files_like_any_other(void **state)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(100);
    const char *path = "/dev/shm/imgtrust-test-fs";

    (void)state;
    if (access("/dev/shm", W_OK) != 0)
        skip();
    t_ok(img_write_file(path, img_bytes_of("longer"), 0600, IMG_REPLACE, &err));
    t_ok(img_write_file(path, img_bytes_of("short"), 0600, IMG_REPLACE, &err));
    t_ok(img_read_file(path, &text, &err));
    assert_int_equal(text.len, 5); /* replaced, not written over */
    assert_int_equal(unlink(path), 0);
}

static void devices_are_written_to_not_replaced(void **state)
{
    struct stat st;

    (void)state;
    t_ok(img_write_file("/dev/null", img_bytes_of("x"), 0600, IMG_REPLACE, &err));
    assert_int_equal(stat("/dev/null", &st), 0);
    assert_true(S_ISCHR(st.st_mode));
    t_fails(img_write_file("/dev/full", img_bytes_of("x"), 0600, IMG_REPLACE, &err), IMG_E_IO,
            "No space");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_regular_files_are_read_at_a_directory),
        cmocka_unit_test(reading_stops_at_the_limit),
        cmocka_unit_test(reading_appends),
        cmocka_unit_test(absent_files_are_not_found),
        cmocka_unit_test(an_existing_file_is_kept_or_replaced_as_asked),
        cmocka_unit_test(a_memory_file_system_holds_files_like_any_other),
        cmocka_unit_test(devices_are_written_to_not_replaced)};
    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
