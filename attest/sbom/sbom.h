/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "attest/image.h"

/*
 * The packages of an image: found in its layers, and written as CycloneDX or SPDX.
 *
 * Packages come from package databases (dpkg status and status.d, apk installed), never from
 * guesses; each is attributed to the layer that brought it. What could not be read whole makes the
 * inventory incomplete, with the reason, and the documents say so.
 *
 * Ownership: img_inventory_free() frees everything; strings are views into it.
 * Source:    deb-control(5), dpkg database; apk-tools database; os-release(5).
 */
struct img_package {
    const char *type; /* purl type: "deb", "apk" */
    const char *name, *version, *arch;
    const char *source_name,
        *source_version; /* source package; own name and version if not given */
    const char *maintainer, *homepage, *license, *description; /* NULL when not given */
    const char *purl; /* canonical, unique within the inventory by purl and path */
    const char *path; /* evidence: the database file, relative to the image's root */
    size_t layer;     /* index of the layer that brought it */
};
struct img_distro {
    const char *id, *version_id, *codename, *pretty_name; /* "" when unknown */
};
struct img_inventory {
    struct img_package *packages; /* sorted by type, name, version, arch, path */
    size_t count;
    struct img_distro distro;
    bool complete;
    const char *const *reasons; /* why not complete */
    size_t reason_count;
};

/* A client for img_image_walk(); after the walk, finish folds the layers into the inventory. */
struct img_catalog;
IMG_NODISCARD bool img_catalog_new(const struct img_image *image, struct img_catalog **out,
                                   struct img_err *err);
struct img_layer_client img_catalog_client(struct img_catalog *c);
IMG_NODISCARD bool img_catalog_finish(struct img_catalog *c, struct img_inventory **out,
                                      struct img_err *err);
void img_catalog_free(struct img_catalog *c);
IMG_DEFINE_FREEP(struct img_catalog, img_catalog_free);
void img_inventory_free(struct img_inventory *i);
IMG_DEFINE_FREEP(struct img_inventory, img_inventory_free);

/* How the image is called in a document. */
struct img_sbom_subject {
    const char *name; /* repository or layout name; shown, not trusted */
    const char *tag;  /* NULL when none */
    int64_t date;     /* document date: SOURCE_DATE_EPOCH, else the image's creation; or NONE */
};
/* The name to use for where it was found: the repository, or for a layout its directory's last
 * part, so that no path of this machine gets into a document. Borrows from ref. */
void img_sbom_subject_of(const struct img_reference *ref, const struct img_image *image,
                         int64_t source_date, struct img_sbom_subject *out);

/* Both are byte-identical for identical input. */
IMG_NODISCARD bool img_sbom_cyclonedx(const struct img_image *image,
                                      const struct img_inventory *inventory,
                                      const struct img_sbom_subject *subject, struct img_buf *out,
                                      struct img_err *err);
IMG_NODISCARD bool img_sbom_spdx(const struct img_image *image,
                                 const struct img_inventory *inventory,
                                 const struct img_sbom_subject *subject, struct img_buf *out,
                                 struct img_err *err);

/* What a policy needs of an SBOM somebody made: the purls, and whether it claims to be complete.
 * predicate: the statement's predicate, CycloneDX or SPDX told by its content. */
struct img_sbom_facts {
    char **purls;
    size_t count;
    size_t without_purl; /* components that have no purl: not comparable */
    bool complete;
    int64_t date; /* of the document; IMG_TIME_NONE when not given */
};
IMG_NODISCARD bool img_sbom_read(const json_t *predicate, struct img_sbom_facts *out,
                                 struct img_err *err);
void img_sbom_facts_done(struct img_sbom_facts *f);
