/* SPDX-License-Identifier: Apache-2.0 */
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/limits.h"
#include "base/pool.h"

struct img_yaml_stream {
    struct img_pool pool; /* nodes, their arrays and their text */
    struct img_yaml **documents;
    size_t count;
};

struct anchor {
    const char *name;
    struct img_yaml *node;
    size_t nodes;  /* in the tree below, aliases expanded; 0 while it is still open */
    size_t height; /* of that tree: 0 for a scalar */
};

/* A list or map that has begun. */
struct frame {
    struct img_yaml *node;
    size_t first;  /* where its children begin in `pending` */
    size_t before; /* b->nodes before it */
    size_t height; /* of what it holds so far, itself included */
    struct anchor *anchor;
};

struct builder {
    struct img_yaml_stream *stream;
    bool aliases;
    size_t nodes;              /* so far, aliases expanded */
    struct img_yaml **pending; /* children of all open frames, then finished documents */
    size_t used, room;
    struct frame frames[IMG_LIMIT_YAML_DEPTH];
    size_t depth;
    struct anchor anchors[IMG_LIMIT_YAML_ANCHORS];
    size_t anchor_count;
};

static void builder_done(struct builder *b)
{
    free(b->pending);
    img_yaml_free(b->stream);
}

void img_yaml_free(struct img_yaml_stream *s)
{
    if (s == NULL)
        return;
    img_pool_done(&s->pool);
    free(s);
}

static bool take(struct builder *b, size_t size, void **out, struct img_err *err)
{
    void *memory = img_pool_alloc(&b->stream->pool, 1, size);

    if (memory == NULL)
        return img_fail(err, IMG_E_MEMORY, "YAML document");
    *out = memory;
    return true;
}

/* What a list or map holds makes it one higher, so that aliases cannot nest deeper than brackets.
 */
static void raise_height(struct builder *b, size_t height)
{
    struct frame *f = b->depth > 0 ? &b->frames[b->depth - 1] : NULL;

    if (f != NULL && f->height < height + 1)
        f->height = height + 1;
}

static bool push(struct builder *b, struct img_yaml *node, struct img_err *err)
{
    if (b->used == b->room) {
        size_t room = b->room > 0 ? 2 * b->room : 64;
        struct img_yaml **grown = malloc(room * sizeof(struct img_yaml *));

        if (grown == NULL)
            return img_fail(err, IMG_E_MEMORY, "YAML document");
        if (b->used > 0)
            memcpy(grown, b->pending, b->used * sizeof(struct img_yaml *));
        free(b->pending);
        b->pending = grown;
        b->room = room;
    }
    b->pending[b->used++] = node;
    return true;
}

static bool fail_at(yaml_mark_t at, struct img_err *err, enum img_code code, const char *what)
{
    return img_fail(err, code, "line %zu column %zu: %s", at.line + 1, at.column + 1, what);
}

static bool count_nodes(struct builder *b, size_t more, yaml_mark_t at, struct img_err *err)
{
    if (more > IMG_LIMIT_YAML_NODES - b->nodes)
        return fail_at(at, err, IMG_E_LIMIT, "too many nodes, aliases expanded");
    b->nodes += more;
    return true;
}

/* A node, with room for `extra` bytes right behind it. */
static bool new_node(struct builder *b, enum img_yaml_kind kind, yaml_mark_t at, size_t extra,
                     struct img_yaml **out, struct img_err *err)
{
    void *node;

    if (!count_nodes(b, 1, at, err) || !take(b, sizeof(struct img_yaml) + extra, &node, err))
        return false;
    *out = node;
    **out = (struct img_yaml){.kind = kind, .line = at.line + 1, .column = at.column + 1};
    return true;
}

static bool expects_key(const struct builder *b)
{
    const struct frame *f = b->depth > 0 ? &b->frames[b->depth - 1] : NULL;

    return f != NULL && f->node->kind == IMG_YAML_MAP && (b->used - f->first) % 2 == 0;
}

/* Remembers an anchor for the rest of its document; *out is NULL when there is none. */
static bool add_anchor(struct builder *b, const yaml_char_t *name, struct img_yaml *node,
                       struct anchor **out, struct img_err *err)
{
    struct anchor *a = &b->anchors[b->anchor_count];

    *out = NULL;
    if (name == NULL)
        return true;
    if (!b->aliases)
        return img_yaml_fail(node, err, IMG_E_UNSUPPORTED, "anchors are not allowed here");
    if (b->anchor_count == IMG_COUNT(b->anchors))
        return img_yaml_fail(node, err, IMG_E_LIMIT, "more than %zu anchors in one document",
                             IMG_COUNT(b->anchors));
    *a = (struct anchor){.node = node};
    a->name = img_pool_str(&b->stream->pool, (const char *)name);
    if (!img_pool_check(&b->stream->pool, err))
        return false;
    b->anchor_count++;
    *out = a;
    return true;
}

static bool on_alias(struct builder *b, const yaml_event_t *e, struct img_err *err)
{
    const char *name = (const char *)e->data.alias.anchor;
    const struct anchor *a = NULL;

    if (!b->aliases)
        return fail_at(e->start_mark, err, IMG_E_UNSUPPORTED, "aliases are not allowed here");
    if (expects_key(b))
        return fail_at(e->start_mark, err, IMG_E_UNSUPPORTED, "an alias as a key");
    /* YAML 1.1 section 7.1: an alias means the most recent node with its anchor */
    for (size_t i = b->anchor_count; i > 0 && a == NULL; i--)
        if (strcmp(b->anchors[i - 1].name, name) == 0)
            a = &b->anchors[i - 1];
    if (a == NULL)
        return fail_at(e->start_mark, err, IMG_E_MALFORMED, "alias without an anchor");
    if (a->nodes == 0)
        return fail_at(e->start_mark, err, IMG_E_MALFORMED, "alias inside its own anchor");
    if (a->height > IMG_COUNT(b->frames) - b->depth)
        return fail_at(e->start_mark, err, IMG_E_LIMIT, "nested too deeply");
    raise_height(b, a->height);
    return count_nodes(b, a->nodes, e->start_mark, err) && push(b, a->node, err);
}

static bool check_key(const struct img_yaml *key, struct img_err *err)
{
    if (strcmp(key->text, "<<") == 0)
        return img_yaml_fail(key, err, IMG_E_UNSUPPORTED, "merge keys (<<) are not allowed");
    if (!img_yaml_is_string(key))
        return img_yaml_fail(key, err, IMG_E_UNSUPPORTED,
                             "key '%.40s' is not a string; write it in quotes", key->text);
    return true;
}

static bool on_scalar(struct builder *b, const yaml_event_t *e, struct img_err *err)
{
    const yaml_char_t *value = e->data.scalar.value;
    size_t len = e->data.scalar.length;
    bool is_key = expects_key(b);
    struct img_yaml *node;
    struct anchor *anchor;

    if (e->data.scalar.tag != NULL)
        return fail_at(e->start_mark, err, IMG_E_UNSUPPORTED, "tags are not allowed");
    if (memchr(value, '\0', len) != NULL)
        return fail_at(e->start_mark, err, IMG_E_MALFORMED, "NUL in a string");
    if (!new_node(b, IMG_YAML_SCALAR, e->start_mark, len + 1, &node, err))
        return false;
    node->text = memcpy(node + 1, value, len + 1); /* libyaml ends its text with a NUL */
    node->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    if (is_key && !check_key(node, err))
        return false;
    if (!add_anchor(b, e->data.scalar.anchor, node, &anchor, err) || !push(b, node, err))
        return false;
    if (anchor != NULL)
        anchor->nodes = 1;
    return true;
}

static bool on_start(struct builder *b, const yaml_event_t *e, struct img_err *err)
{
    bool is_map = e->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *tag = is_map ? e->data.mapping_start.tag : e->data.sequence_start.tag;
    const yaml_char_t *name = is_map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor;
    struct frame f = {.before = b->nodes, .height = 1};

    if (tag != NULL)
        return fail_at(e->start_mark, err, IMG_E_UNSUPPORTED, "tags are not allowed");
    if (expects_key(b))
        return fail_at(e->start_mark, err, IMG_E_UNSUPPORTED, "a list or map as a key");
    if (b->depth == IMG_COUNT(b->frames))
        return fail_at(e->start_mark, err, IMG_E_LIMIT, "nested too deeply");
    if (!new_node(b, is_map ? IMG_YAML_MAP : IMG_YAML_LIST, e->start_mark, 0, &f.node, err) ||
        !add_anchor(b, name, f.node, &f.anchor, err) || !push(b, f.node, err))
        return false;
    f.first = b->used;
    b->frames[b->depth++] = f;
    return true;
}

static int by_text_then_place(const void *left, const void *right)
{
    const struct img_yaml *l = *(struct img_yaml *const *)left;
    const struct img_yaml *r = *(struct img_yaml *const *)right;
    int order = strcmp(l->text, r->text);

    if (order != 0)
        return order;
    if (l->line != r->line)
        return l->line < r->line ? -1 : 1;
    return l->column < r->column ? -1 : l->column > r->column;
}

/* YAML 1.1 section 3.2.1.3 wants keys unique; readers that do not check differ in which one wins.
 * Sorts `keys`, which is the caller's scratch. */
static bool check_unique(struct img_yaml **keys, size_t count, struct img_err *err)
{
    if (count < 2)
        return true;
    qsort(keys, count, sizeof(struct img_yaml *), by_text_then_place);
    for (size_t i = 1; i < count; i++)
        if (strcmp(keys[i - 1]->text, keys[i]->text) == 0)
            return img_yaml_fail(keys[i], err, IMG_E_MALFORMED,
                                 "key '%.40s' stands twice, first in line %zu", keys[i]->text,
                                 keys[i - 1]->line);
    return true;
}

static bool close_map(struct builder *b, struct frame *f, struct img_err *err)
{
    struct img_yaml **children = b->pending + f->first;
    size_t pairs = (b->used - f->first) / 2;
    void *keys, *items;

    if (!take(b, pairs * sizeof(struct img_yaml *), &keys, err) ||
        !take(b, pairs * sizeof(struct img_yaml *), &items, err))
        return false;
    f->node->keys = keys;
    f->node->items = items;
    f->node->count = pairs;
    for (size_t i = 0; i < pairs; i++) {
        f->node->keys[i] = children[2 * i];
        f->node->items[i] = children[2 * i + 1];
    }
    if (pairs > 0)
        memcpy(children, keys, pairs * sizeof(struct img_yaml *));
    return check_unique(children, pairs, err);
}

static bool close_list(struct builder *b, struct frame *f, struct img_err *err)
{
    size_t count = b->used - f->first;
    void *items;

    if (!take(b, count * sizeof(struct img_yaml *), &items, err))
        return false;
    if (count > 0)
        memcpy(items, b->pending + f->first, count * sizeof(struct img_yaml *));
    f->node->items = items;
    f->node->count = count;
    return true;
}

static bool on_end(struct builder *b, struct img_err *err)
{
    struct frame *f = &b->frames[b->depth - 1];

    if (!(f->node->kind == IMG_YAML_MAP ? close_map(b, f, err) : close_list(b, f, err)))
        return false;
    if (f->anchor != NULL) {
        f->anchor->nodes = b->nodes - f->before;
        f->anchor->height = f->height;
    }
    b->used = f->first;
    b->depth--;
    raise_height(b, f->height);
    return true;
}

/* The stream is over: what is pending now are its documents. */
static bool on_stream_end(struct builder *b, struct img_err *err)
{
    void *documents;

    if (!take(b, b->used * sizeof(struct img_yaml *), &documents, err))
        return false;
    if (b->used > 0)
        memcpy(documents, b->pending, b->used * sizeof(struct img_yaml *));
    b->stream->documents = documents;
    b->stream->count = b->used;
    return true;
}

static bool on_event(struct builder *b, const yaml_event_t *e, struct img_err *err)
{
    switch (e->type) {
    case YAML_ALIAS_EVENT:
        return on_alias(b, e, err);
    case YAML_SCALAR_EVENT:
        return on_scalar(b, e, err);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return on_start(b, e, err);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_end(b, err);
    case YAML_DOCUMENT_START_EVENT:
        b->anchor_count = 0; /* anchors end with their document */
        return true;
    case YAML_STREAM_END_EVENT:
        return on_stream_end(b, err);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    }
    return img_fail(err, IMG_E_INTERNAL, "libyaml: event %d", (int)e->type);
}

static bool fail_parser(const yaml_parser_t *p, struct img_err *err)
{
    const char *what = p->problem != NULL ? p->problem : "cannot be read";

    if (p->error == YAML_MEMORY_ERROR)
        return img_fail(err, IMG_E_MEMORY, "YAML document");
    if (p->error == YAML_READER_ERROR)
        return img_fail(err, IMG_E_MALFORMED, "byte %zu: %s", p->problem_offset, what);
    return fail_at(p->problem_mark, err, IMG_E_MALFORMED, what);
}

static bool build(yaml_parser_t *p, struct builder *b, struct img_err *err)
{
    bool ok = true, over = false;

    while (ok && !over) {
        yaml_event_t e;

        if (!yaml_parser_parse(p, &e))
            return fail_parser(p, err);
        ok = on_event(b, &e, err);
        over = e.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&e);
    }
    return ok;
}

/* True when the byte at i begins a line, by all of YAML 1.1's line breaks (section 4.1.4): LF, CR,
 * and in UTF-8 NEL (c2 85), LS and PS (e2 80 a8, a9). */
static bool begins_line(struct img_bytes text, size_t i)
{
    const uint8_t *p = text.ptr + i;

    return i == 0 || p[-1] == '\n' || p[-1] == '\r' || (i >= 2 && p[-2] == 0xc2 && p[-1] == 0x85) ||
           (i >= 3 && p[-3] == 0xe2 && p[-2] == 0x80 && (p[-1] == 0xa8 || p[-1] == 0xa9)) ||
           (i == 3 && p[-3] == 0xef && p[-2] == 0xbb && p[-1] == 0xbf);
}

/* libyaml compares each %TAG with all before it, before it tells us of any: they are counted here.
 */
static bool check_directives(struct img_bytes text, struct img_err *err)
{
    size_t count = 0;

    for (size_t i = 0; i < text.len; i++) {
        const uint8_t *percent = memchr(text.ptr + i, '%', text.len - i);

        if (percent == NULL)
            return true;
        i = (size_t)(percent - text.ptr);
        count += begins_line(text, i) ? 1 : 0;
        if (count > IMG_LIMIT_YAML_DIRECTIVES)
            return img_fail(err, IMG_E_LIMIT, "more than %d directives (%%TAG)",
                            IMG_LIMIT_YAML_DIRECTIVES);
    }
    return true;
}

bool img_yaml_parse(struct img_bytes text, bool aliases, struct img_yaml_stream **out,
                    struct img_err *err)
{
    IMG_AUTO(builder_done) struct builder b = {.aliases = aliases};
    yaml_parser_t parser;
    bool ok;

    if (!check_directives(text, err))
        return false;
    b.stream = malloc(sizeof(*b.stream));
    if (b.stream == NULL)
        return img_fail(err, IMG_E_MEMORY, "YAML document");
    *b.stream = (struct img_yaml_stream){0};
    if (!yaml_parser_initialize(&parser))
        return img_fail(err, IMG_E_MEMORY, "YAML parser");
    /* not left to detection: UTF-16 would be read by some programs and not by others */
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, text.len > 0 ? text.ptr : (const uint8_t *)"", text.len);
    ok = build(&parser, &b, err);
    yaml_parser_delete(&parser);
    if (!ok)
        return false;
    *out = IMG_STEAL(&b.stream);
    return true;
}

size_t img_yaml_documents(const struct img_yaml_stream *s)
{
    return s->count;
}

const struct img_yaml *img_yaml_document(const struct img_yaml_stream *s, size_t i)
{
    const struct img_yaml *root = i < s->count ? s->documents[i] : NULL;

    if (root != NULL && root->kind == IMG_YAML_SCALAR && !root->quoted && root->text[0] == '\0')
        return NULL; /* nothing between two "---" */
    return root;
}

const struct img_yaml *img_yaml_get(const struct img_yaml *node, const char *key)
{
    if (node == NULL || node->kind != IMG_YAML_MAP)
        return NULL;
    for (size_t i = 0; i < node->count; i++)
        if (strcmp(node->keys[i]->text, key) == 0)
            return node->items[i];
    return NULL;
}

bool(img_yaml_fail)(const struct img_yaml *node, struct img_err *err, enum img_code code,
                    const char *fmt, ...)
{
    char what[300];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, ap);
    va_end(ap);
    if (node == NULL)
        return img_fail(err, code, "%s", what);
    return img_fail(err, code, "line %zu column %zu: %s", node->line, node->column, what);
}
