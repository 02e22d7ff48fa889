/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/version_order.h"
#include "base/limits.h"

/*
 * Maven, as its ComparableVersion class orders versions: a version is a tree of numbers, words and
 * lists, trailing nulls are dropped from every list, and trees are compared item by item. The POM
 * reference words some of this differently; what the class does is what builds do.
 */
enum kind { NUMBER, WORD, LIST };

struct item {
    enum kind kind;
    struct img_bytes text; /* digits, or a word as written */
    bool before_digit;     /* of a word: a digit follows directly, so that "a" is alpha */
    struct item *first, *last, *prev, *next, *up;
};

struct tree {
    struct item *list; /* the one being filled */
    size_t count, len;
    uint8_t text[IMG_LIMIT_VERSION]; /* lower case */
    struct item items[];             /* room for what any text of len bytes makes */
};

/* One byte adds at most a list, a word and a list; the end a list and an item; and the root. */
#define ITEMS(len) (3 * (len) + 3)

static struct item *add(struct tree *t, enum kind kind)
{
    struct item *it = &t->items[t->count++];

    *it = (struct item){.kind = kind, .up = t->list, .prev = t->list->last};
    if (t->list->last != NULL)
        t->list->last->next = it;
    else
        t->list->first = it;
    t->list->last = it;
    return it;
}

static void open_list(struct tree *t)
{
    t->list = add(t, LIST);
}

static void add_text(struct tree *t, bool digits, size_t from, size_t to)
{
    static const uint8_t zero[] = "0";
    struct item *it = add(t, digits || from == to ? NUMBER : WORD);

    it->text =
        from == to ? (struct img_bytes){zero, 1} : (struct img_bytes){t->text + from, to - from};
}

/* A word before a digit: ".x1" is taken as "-x1". */
static void add_word_before_digit(struct tree *t, size_t from, size_t to)
{
    if (t->list->first != NULL)
        open_list(t);
    add_text(t, false, from, to);
    t->list->last->before_digit = true;
    open_list(t);
}

static bool is(struct img_bytes text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

/* A word's place: known qualifiers by rank, with "" (the release) 5 and all others 7, by text. */
static int rank(const struct item *word, struct img_bytes *text)
{
    static const struct {
        const char *name;
        int rank;
        bool before_digit;
    } known[] = {
        {"a", 0, true},        {"b", 1, true},   {"m", 2, true},      {"alpha", 0, false},
        {"beta", 1, false},    {"rc", 3, false}, {"cr", 3, false},    {"milestone", 2, false},
        {"ga", 5, false},      {"", 5, false},   {"final", 5, false}, {"snapshot", 4, false},
        {"release", 5, false}, {"sp", 6, false},
    };

    *text = (struct img_bytes){0};
    for (size_t i = 0; i < IMG_COUNT(known); i++)
        if (is(word->text, known[i].name) && (!known[i].before_digit || word->before_digit))
            return known[i].rank;
    *text = word->text;
    return 7;
}
#define RANK_RELEASE 5

static bool is_null(const struct item *it)
{
    static const struct img_bytes none = {0};
    struct img_bytes ignored;

    switch (it->kind) {
    case NUMBER:
        return img_compare_digits(it->text, none) == 0;
    case WORD:
        return rank(it, &ignored) == RANK_RELEASE;
    case LIST:
        break;
    }
    return it->first == NULL;
}

static void drop(struct item *list, struct item *it)
{
    if (it->prev != NULL)
        it->prev->next = it->next;
    else
        list->first = it->next;
    if (it->next != NULL)
        it->next->prev = it->prev;
    else
        list->last = it->prev;
}

/* From the end: nulls go, lists are passed over, the first other item ends it. */
static void normalise(struct item *list)
{
    for (struct item *it = list->last, *before; it != NULL; it = before) {
        before = it->prev;
        if (is_null(it))
            drop(list, it);
        else if (it->kind != LIST)
            break;
    }
}

static void parse(struct tree *t)
{
    bool digits = false;
    size_t from = 0;

    for (size_t i = 0; i < t->len; i++) {
        uint8_t c = t->text[i];

        if (c == '.' || c == '-') {
            add_text(t, digits, from, i);
            from = i + 1;
            if (c == '-')
                open_list(t);
        } else if (img_is_digit(c)) {
            if (!digits && i > from) {
                add_word_before_digit(t, from, i);
                from = i;
            }
            digits = true;
        } else {
            if (digits && i > from) {
                add_text(t, true, from, i);
                from = i;
                open_list(t);
            }
            digits = false;
        }
    }
    if (t->len > from) {
        if (!digits && t->list->first != NULL)
            open_list(t);
        add_text(t, digits, from, t->len);
    }
    for (struct item *list = t->list; list != NULL; list = list->up)
        normalise(list);
}

static bool tree_new(struct img_bytes text, struct tree **out, struct img_err *err)
{
    struct tree *t = calloc(1, sizeof(*t) + ITEMS(text.len) * sizeof(t->items[0]));

    if (t == NULL)
        return img_fail(err, IMG_E_MEMORY, "version");
    t->len = text.len;
    for (size_t i = 0; i < text.len; i++)
        t->text[i] = text.ptr[i] >= 'A' && text.ptr[i] <= 'Z' ? text.ptr[i] | 0x20 : text.ptr[i];
    t->items[0].kind = LIST;
    t->count = 1;
    t->list = &t->items[0];
    parse(t);
    *out = t;
    return true;
}

static void tree_free(struct tree *t)
{
    free(t);
}
IMG_DEFINE_FREEP(struct tree, tree_free);

/* An item against nothing. */
static int compare_null(const struct item *a)
{
    struct img_bytes text;
    int r;

    switch (a->kind) {
    case NUMBER:
        return is_null(a) ? 0 : 1;
    case WORD:
        r = rank(a, &text);
        return (r > RANK_RELEASE) - (r < RANK_RELEASE);
    case LIST:
        break;
    }
    for (const struct item *it = a->first; it != NULL; it = it->next)
        if ((r = compare_null(it)) != 0)
            return r;
    return 0;
}

static int compare_words(const struct item *a, const struct item *b)
{
    struct img_bytes ta, tb;
    int ra = rank(a, &ta), rb = rank(b, &tb);

    return ra != rb ? (ra > rb) - (ra < rb) : img_compare_text(ta, tb);
}

static int compare(const struct item *a, const struct item *b);

static int compare_lists(const struct item *a, const struct item *b)
{
    const struct item *x = a->first, *y = b->first;
    int c = 0;

    while (c == 0 && (x != NULL || y != NULL)) {
        c = x == NULL ? -compare_null(y) : y == NULL ? compare_null(x) : compare(x, y);
        x = x == NULL ? NULL : x->next;
        y = y == NULL ? NULL : y->next;
    }
    return c;
}

/* Numbers are newer than lists, lists newer than words. */
static int compare(const struct item *a, const struct item *b)
{
    static const int order[] = {[NUMBER] = 2, [LIST] = 1, [WORD] = 0};

    if (a->kind != b->kind)
        return order[a->kind] > order[b->kind] ? 1 : -1;
    switch (a->kind) {
    case NUMBER:
        return img_compare_digits(a->text, b->text);
    case WORD:
        return compare_words(a, b);
    case LIST:
        break;
    }
    return compare_lists(a, b);
}

bool img_compare_maven(struct img_bytes a, struct img_bytes b, int *out, struct img_err *err)
{
    IMG_AUTO(tree_freep) struct tree *ta = NULL;
    IMG_AUTO(tree_freep) struct tree *tb = NULL;

    if (!tree_new(a, &ta, err) || !tree_new(b, &tb, err))
        return false;
    *out = compare(&ta->items[0], &tb->items[0]);
    return true;
}
