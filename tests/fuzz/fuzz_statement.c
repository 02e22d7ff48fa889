/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/statement.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * What a holder of a trusted key may send: the signature has been checked, the content has not.
 *
 * Properties: what parses has a type and at least one subject with a digest; it is about an image
 * only when that image's digest stands in it; and its predicate, written into a statement of our
 * own, reads back equal and is about what we said.
 */
static void check(const struct img_statement *s, struct img_bytes text)
{
    static const struct img_bytes image = {.ptr = (const uint8_t *)"abc", .len = 3};
    static const char hex[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    IMG_AUTO(img_buf_done) struct img_buf out = IMG_BUF(1 << 24);
    IMG_AUTO(img_statement_done) struct img_statement again = {.doc = NULL};
    struct img_err err = IMG_ERR_INIT;
    const char *name = NULL;
    struct img_digest d;
    struct img_bytes b;
    char *predicate = s->predicate != NULL ? json_dumps(s->predicate, JSON_ENCODE_ANY) : NULL;

    if (s->predicate_type[0] == '\0' || s->subject_count == 0 ||
        !img_digest_of(IMG_SHA256, image, &d, &err))
        abort();
    if (img_statement_is_about(s, &d, image, &name, &err) &&
        memmem(text.ptr, text.len, "ba7816bf", 8) == NULL &&
        memchr(text.ptr, '\\', text.len) == NULL) /* it could be spelled with escapes */
        abort();
    if (predicate != NULL) {
        b = (struct img_bytes){.ptr = (const uint8_t *)predicate, .len = strlen(predicate)};
        if (!img_statement_write(s->predicate_type, name, &d, b, &out, &err) ||
            !img_buf_bytes(&out, &b, &err) || !img_statement_read(b, &again, &err) ||
            !img_statement_is_about(&again, &d, image, &name, &err) ||
            strcmp(again.predicate_type, s->predicate_type) != 0 ||
            json_equal(again.predicate, s->predicate) != 1 || memmem(b.ptr, b.len, hex, 64) == NULL)
            abort();
    }
    free(predicate);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_statement_done) struct img_statement s = {.doc = NULL};
    struct img_bytes text = {.ptr = data, .len = size};
    struct img_err err = IMG_ERR_INIT;

    if (img_statement_read(text, &s, &err))
        check(&s, text);
    else if (err.code == IMG_OK || err.code == IMG_E_INTERNAL)
        abort();
    return 0;
}
