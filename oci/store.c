/* SPDX-License-Identifier: Apache-2.0 */
#include "oci/store.h"

#include <stdlib.h>

void img_document_done(struct img_document *d)
{
    img_descriptor_done(&d->desc);
    img_buf_done(&d->bytes);
}

void img_referrers_done(struct img_referrers *r)
{
    img_descriptors_free(r->items, r->count);
    *r = (struct img_referrers){.count = 0};
}

bool img_store_open(const struct img_reference *ref, const struct img_store_options *options,
                    struct img_store **out, struct img_err *err)
{
    switch (ref->where) {
    case IMG_AT_REGISTRY:
        return img_registry_open(ref, options, out, err);
    case IMG_AT_LAYOUT:
        return img_layout_open(ref, options, out, err);
    case IMG_AT_ARCHIVE:
    case IMG_AT_DOCKER_ARCHIVE:
        return img_fail(err, IMG_E_UNSUPPORTED,
                        "%s: archives cannot be read yet; copy the image into a layout directory",
                        ref->path);
    case IMG_AT_NONE:
        break;
    }
    return img_fail(err, IMG_E_INTERNAL, "no reference to open");
}

void img_store_close(struct img_store *s)
{
    if (s != NULL)
        s->ops->close(s);
}

bool img_store_resolve(struct img_store *s, const struct img_reference *ref,
                       struct img_document *out, struct img_referrers *referrers,
                       struct img_err *err)
{
    return s->ops->resolve(s, ref, out, referrers, err);
}

bool img_store_referrers(struct img_store *s, const struct img_digest *subject,
                         struct img_referrers *out, struct img_err *err)
{
    return s->ops->referrers(s, subject, out, err);
}

bool img_store_fetch(struct img_store *s, struct img_want *wants, size_t count, struct img_err *err)
{
    return count == 0 || s->ops->fetch(s, wants, count, err);
}

bool img_store_open_blob(struct img_store *s, const struct img_descriptor *desc,
                         struct img_reader **out, struct img_err *err)
{
    return s->ops->open_blob(s, desc, out, err);
}

bool img_store_has_blob(struct img_store *s, const struct img_descriptor *desc, bool *out,
                        struct img_err *err)
{
    return s->ops->has_blob(s, desc, out, err);
}

bool img_store_put_blob(struct img_store *s, const struct img_descriptor *desc,
                        struct img_reader *from, struct img_err *err)
{
    return s->ops->put_blob(s, desc, from, err);
}

/* What is stored as a document must be what its descriptor says, in every back end. */
static bool check_document(const struct img_descriptor *desc, struct img_bytes bytes,
                           struct img_err *err)
{
    if (desc->size < 0 || (uint64_t)desc->size != bytes.len)
        return img_refuse(err, IMG_E_REJECTED, IMG_WHY_SIZE_MISMATCH,
                          "%zu bytes, but declared as %lld", bytes.len, (long long)desc->size);
    return img_digest_check(&desc->digest, bytes, err);
}

bool img_store_put_manifest(struct img_store *s, const struct img_descriptor *desc,
                            struct img_bytes bytes, const char *tag, bool entry,
                            struct img_err *err)
{
    return check_document(desc, bytes, err) &&
           s->ops->put_manifest(s, desc, bytes, tag, entry, err);
}

bool img_store_attach(struct img_store *s, const struct img_descriptor *desc,
                      const struct img_digest *subject, struct img_bytes bytes, struct img_err *err)
{
    return check_document(desc, bytes, err) && s->ops->attach(s, desc, subject, bytes, err);
}

bool img_store_attach_all(struct img_store *s, const struct img_digest *subject,
                          const struct img_attached_manifest *items, size_t count,
                          struct img_err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!check_document(&items[i].desc, items[i].bytes, err))
            return false;
    if (s->ops->attach_all != NULL)
        return count == 0 || s->ops->attach_all(s, subject, items, count, err);
    for (size_t i = 0; i < count; i++)
        if (!s->ops->attach(s, &items[i].desc, subject, items[i].bytes, err))
            return false;
    return true;
}

bool img_store_detach(struct img_store *s, const struct img_digest *subject,
                      const struct img_digest *digests, size_t count, struct img_err *err)
{
    return count == 0 || s->ops->detach(s, subject, digests, count, err);
}

struct img_cost img_store_cost(const struct img_store *s)
{
    return s->cost;
}
