/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/scan/checks.h"
#include "base/text.h"

/*
 * Secrets in the files of a layer, searched as the content goes by. A file counts as binary when
 * its first 8000 bytes hold a NUL, as git has it; in binaries only tokens are looked for, because
 * libraries carry whole private keys for their own tests.
 */
#define SNIFF ((size_t)8000)

/* Directories of software that was installed, not written here, … */
static const char *const installed[] = {
    "usr/lib/",       "usr/share/",     "usr/local/lib/", "node_modules/",
    "site-packages/", "dist-packages/", "vendor/",        "gems/",
};
/* … and what in them is example and test. */
static const char *const samples[] = {
    "test", "tests", "testdata", "testing",  "fixtures", "spec",
    "doc",  "docs",  "example",  "examples", "sample",   "samples",
};

static bool is_installed(const char *path)
{
    for (size_t i = 0; i < IMG_COUNT(installed); i++) {
        const char *at = strstr(path, installed[i]);

        if (at == path || (at != NULL && i >= 3 && at[-1] == '/'))
            return true;
    }
    return false;
}

bool search_passes_over(const char *path)
{
    if (!is_installed(path))
        return false;
    for (const char *p = path; *p != '\0'; p += *p == '/') {
        size_t len = strcspn(p, "/");

        for (size_t i = 0; i < IMG_COUNT(samples) && p[len] == '/'; i++)
            if (strlen(samples[i]) == len && memcmp(p, samples[i], len) == 0)
                return true;
        p += len;
    }
    return false;
}

bool checks_room(void *items, size_t *capacity, size_t count, size_t size, struct img_err *err)
{
    void *old, *more;
    size_t cap = *capacity == 0 ? 64 : *capacity * 2;

    if (count < *capacity)
        return true;
    memcpy(&old, items, sizeof(old));
    more = realloc(old, cap * size);
    if (more == NULL)
        return img_fail(err, IMG_E_MEMORY, "checks");
    memcpy(items, &more, sizeof(more));
    *capacity = cap;
    return true;
}

bool search_begin(struct secret_search *s, struct img_pool *pool, const char *path,
                  struct img_err *err)
{
    if (s->window == NULL && (s->window = malloc(WINDOW)) == NULL)
        return img_fail(err, IMG_E_MEMORY, "window");
    s->path = img_pool_str(pool, path);
    s->len = s->scanned = 0;
    s->line = 1;
    s->known = s->binary = false;
    s->file_first = s->count;
    return img_pool_check(pool, err);
}

/* Newlines, sixteen bytes at a time where the compiler can. */
static int64_t lines_in(const uint8_t *p, size_t len)
{
    int64_t n = 0;

    for (; len >= 64; p += 64, len -= 64) {
        uint8_t some = 0;

        for (size_t i = 0; i < 64; i++)
            some = (uint8_t)(some + (p[i] == '\n'));
        n += some;
    }
    for (size_t i = 0; i < len; i++)
        n += p[i] == '\n';
    return n;
}

static bool note(struct secret_search *s, const struct secret_hit *hit, struct img_err *err)
{
    int64_t line = s->binary ? 0 : s->line + lines_in(s->window, hit->from);

    for (size_t i = s->file_first; i < s->count; i++)
        if (s->items[i].rule == hit->rule && s->items[i].line == line)
            return true;
    if (s->count >= IMG_LIMIT_CHECKS) {
        s->cut = true;
        return true;
    }
    if (!checks_room(&s->items, &s->capacity, s->count, sizeof(*s->items), err))
        return false;
    s->items[s->count++] = (struct found_secret){hit->rule, s->path, line};
    return true;
}

/* Searches the window; unless it is the file's last, up to where a rule may still need what
 * follows, and then moves on. */
static bool scan(struct secret_search *s, bool last, struct img_err *err)
{
    struct img_bytes data = {s->window, s->len};
    size_t limit = last ? s->len : s->len - SECRET_AHEAD, keep;
    enum secret_rules rules;
    struct secret_hit hit;

    if (!s->known) {
        s->known = true;
        s->binary = s->len > 0 && memchr(s->window, 0, s->len < SNIFF ? s->len : SNIFF) != NULL;
    }
    rules = s->binary ? SECRET_TOKENS : SECRET_ALL;
    while (secret_find(data, s->scanned, limit, rules, &hit, &s->scanned))
        if (!note(s, &hit, err))
            return false;
    keep = limit > SECRET_BACK ? limit - SECRET_BACK : 0;
    if (!s->binary)
        s->line += lines_in(s->window, keep);
    memmove(s->window, s->window + keep, s->len - keep);
    s->len -= keep;
    s->scanned = s->scanned > keep ? s->scanned - keep : 0;
    return true;
}

bool search_data(struct secret_search *s, struct img_bytes chunk, struct img_err *err)
{
    while (s->path != NULL && chunk.len > 0) {
        size_t n = WINDOW - s->len < chunk.len ? WINDOW - s->len : chunk.len;

        memcpy(s->window + s->len, chunk.ptr, n);
        s->len += n;
        chunk = (struct img_bytes){chunk.ptr + n, chunk.len - n};
        if (s->len == WINDOW && !scan(s, false, err))
            return false;
    }
    return true;
}

bool search_end(struct secret_search *s, struct img_err *err)
{
    bool searched = s->path == NULL || scan(s, true, err);

    s->path = NULL;
    return searched;
}

void search_done(struct secret_search *s)
{
    if (s->window != NULL)
        explicit_bzero(s->window, WINDOW);
    free(s->window);
    free(s->items);
}
