/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "attest/purl.h"
#include "attest/sbom/sbom.h"
#include "base/limits.h"
#include "base/text.h"
#include "base/time.h"

#define DEEPEST 32 /* components within components */

void img_sbom_facts_done(struct img_sbom_facts *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->purls[i]);
    free(f->purls);
    *f = (struct img_sbom_facts){.date = IMG_TIME_NONE};
}

struct reading {
    struct img_sbom_facts facts;
    size_t cap, seen;
};

static void reading_done(struct reading *r)
{
    img_sbom_facts_done(&r->facts);
}

static bool reserve(struct reading *r, struct img_err *err)
{
    size_t cap = r->cap == 0 ? 64 : 2 * r->cap;
    char **purls;

    if (r->facts.count < r->cap)
        return true;
    purls = realloc(r->facts.purls, cap * sizeof(*purls));
    if (purls == NULL)
        return img_fail(err, IMG_E_MEMORY, "SBOM");
    r->facts.purls = purls;
    r->cap = cap;
    return true;
}

/* A component, with the purl it gives or NULL. One that does not parse compares with nothing. */
static bool take(struct reading *r, const char *purl, struct img_err *err)
{
    IMG_AUTO(img_purl_done) struct img_purl p = {.type = NULL};
    struct img_err why = IMG_ERR_INIT;

    if (++r->seen > IMG_LIMIT_PACKAGES)
        return img_fail(err, IMG_E_LIMIT, "more than %d components", IMG_LIMIT_PACKAGES);
    if (purl == NULL || !img_purl_parse(purl, &p, &why)) {
        if (why.code == IMG_E_MEMORY)
            return img_fail(err, IMG_E_MEMORY, "SBOM");
        r->facts.without_purl++;
        return true;
    }
    if (!reserve(r, err) || !img_strdup(purl, &r->facts.purls[r->facts.count], err))
        return false;
    r->facts.count++;
    return true;
}

static bool take_date(const struct img_json *at, const char *key, struct reading *r,
                      struct img_err *err)
{
    const char *text = NULL;

    if (!img_json_opt_str(at, key, &text, err))
        return false;
    if (text != NULL && !img_time_parse(text, &r->facts.date, err))
        return img_ctx(err, "%s", key);
    return true;
}

/* --- CycloneDX -----------------------------------------------------------------------------------
 */

/* What is not software has no package URL to miss. */
static bool is_package_type(const char *type)
{
    static const char *const others[] = {
        "operating-system",       "container",          "file", "device",
        "device-driver",          "firmware",           "data", "platform",
        "machine-learning-model", "cryptographic-asset"};

    for (size_t i = 0; i < IMG_COUNT(others); i++)
        if (strcmp(type, others[i]) == 0)
            return false;
    return true;
}

static bool read_components(const struct img_json *at, struct reading *r, size_t depth,
                            struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (depth > DEEPEST)
        return img_json_fail(at, err, "components nested deeper than %d", DEEPEST);
    if (!img_json_opt_arr(at, "components", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *type, *purl = NULL;

        if (!img_json_item(&list, i, &item, err) || !img_json_str(&item, "type", &type, err) ||
            !img_json_opt_str(&item, "purl", &purl, err))
            return false;
        if ((purl != NULL || is_package_type(type)) && !take(r, purl, err))
            return false;
        if (!read_components(&item, r, depth + 1, err))
            return false;
    }
    return true;
}

static bool lists(const struct img_json *composition, const char *ref, bool *out,
                  struct img_err *err)
{
    struct img_json assemblies;
    const char *one;
    size_t count;

    *out = false;
    if (!img_json_opt_arr(composition, "assemblies", &assemblies, &count, err))
        return false;
    for (size_t i = 0; i < count && ref != NULL; i++) {
        if (!img_json_str_item(&assemblies, i, &one, err))
            return false;
        *out = *out || strcmp(one, ref) == 0;
    }
    return true;
}

/* Complete: some composition says so of the thing described, or of the whole document, and none
 * says anything else of anything. */
static bool read_compositions(const struct img_json *root, const char *ref, struct reading *r,
                              struct img_err *err)
{
    struct img_json list, item;
    bool yes = false, no = false, named;
    size_t count;

    if (!img_json_opt_arr(root, "compositions", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *aggregate;

        if (!img_json_item(&list, i, &item, err) ||
            !img_json_str(&item, "aggregate", &aggregate, err) || !lists(&item, ref, &named, err))
            return false;
        no = no || strcmp(aggregate, "complete") != 0;
        yes = yes || named ||
              (!img_json_has(&item, "assemblies") && !img_json_has(&item, "dependencies") &&
               !img_json_has(&item, "vulnerabilities"));
    }
    r->facts.complete = yes && !no;
    return true;
}

static bool read_cyclonedx(const struct img_json *root, struct reading *r, struct img_err *err)
{
    struct img_json metadata, component;
    const char *ref = NULL;

    if (!img_json_opt_obj(root, "metadata", &metadata, err) ||
        !take_date(&metadata, "timestamp", r, err) ||
        !img_json_opt_obj(&metadata, "component", &component, err) ||
        !img_json_opt_str(&component, "bom-ref", &ref, err))
        return false;
    /* a component may carry its parts inside, the described one too */
    return read_components(&component, r, 0, err) && read_components(root, r, 0, err) &&
           read_compositions(root, ref, r, err);
}

/* --- SPDX ----------------------------------------------------------------------------------------
 */

static bool read_purls(const struct img_json *package, struct reading *r, size_t *found,
                       struct img_err *err)
{
    struct img_json refs, ref;
    size_t count;

    if (!img_json_opt_arr(package, "externalRefs", &refs, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *type, *locator;

        if (!img_json_item(&refs, i, &ref, err) ||
            !img_json_str(&ref, "referenceType", &type, err) ||
            !img_json_str(&ref, "referenceLocator", &locator, err))
            return false;
        if (strcmp(type, "purl") != 0)
            continue;
        ++*found;
        if (!take(r, locator, err))
            return false;
    }
    return true;
}

/* The specification and its JSON schema spell one of them differently. */
static bool is_no_package(const char *purpose)
{
    return strcmp(purpose, "CONTAINER") == 0 || strcmp(purpose, "OPERATING-SYSTEM") == 0 ||
           strcmp(purpose, "OPERATING_SYSTEM") == 0;
}

static bool read_packages(const struct img_json *root, struct reading *r, struct img_err *err)
{
    struct img_json list, item;
    size_t count;

    if (!img_json_opt_arr(root, "packages", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *purpose = "";
        size_t found = 0;

        if (!img_json_item(&list, i, &item, err) ||
            !img_json_opt_str(&item, "primaryPackagePurpose", &purpose, err) ||
            !read_purls(&item, r, &found, err))
            return false;
        if (found == 0 && !is_no_package(purpose) && !take(r, NULL, err))
            return false;
    }
    return true;
}

/* SPDX has no word for it; ours is an annotation of the document. */
static bool read_annotations(const struct img_json *root, struct reading *r, struct img_err *err)
{
    struct img_json list, item;
    bool yes = false, no = false;
    size_t count;

    if (!img_json_opt_arr(root, "annotations", &list, &count, err))
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *comment = "";

        if (!img_json_item(&list, i, &item, err) ||
            !img_json_opt_str(&item, "comment", &comment, err))
            return false;
        yes = yes || strcmp(comment, "imgtrust:inventory: complete") == 0;
        no = no || img_has_prefix(comment, "imgtrust:inventory: incomplete") ||
             img_has_prefix(comment, "imgtrust:incomplete:");
    }
    r->facts.complete = yes && !no;
    return true;
}

static bool read_spdx(const struct img_json *root, struct reading *r, struct img_err *err)
{
    struct img_json creation;

    return img_json_opt_obj(root, "creationInfo", &creation, err) &&
           take_date(&creation, "created", r, err) && read_packages(root, r, err) &&
           read_annotations(root, r, err);
}

/* --- either --------------------------------------------------------------------------------------
 */

static bool read_document(const json_t *doc, struct reading *r, struct img_err *err)
{
    const char *format = NULL, *version = NULL;
    struct img_json root;

    if (!img_json_root(doc, &root, err) || !img_json_opt_str(&root, "bomFormat", &format, err) ||
        !img_json_opt_str(&root, "spdxVersion", &version, err))
        return false;
    if (format != NULL && version != NULL)
        return img_fail(err, IMG_E_MALFORMED, "both CycloneDX and SPDX");
    if (format != NULL && strcmp(format, "CycloneDX") == 0)
        return read_cyclonedx(&root, r, err);
    if (version != NULL && img_has_prefix(version, "SPDX-2."))
        return read_spdx(&root, r, err);
    return img_fail(err, IMG_E_UNSUPPORTED, "neither CycloneDX nor SPDX 2 in JSON");
}

static void drop_doc(json_t **p)
{
    json_decref(*p);
}

bool img_sbom_read(const json_t *predicate, struct img_sbom_facts *out, struct img_err *err)
{
    IMG_AUTO(reading_done) struct reading r = {.facts.date = IMG_TIME_NONE};
    IMG_AUTO(drop_doc) json_t *inner = NULL;
    const char *text = json_string_value(predicate);

    /* cosign puts an SPDX document into the statement as a string */
    if (text != NULL) {
        if (text[strspn(text, " \t\r\n")] != '{')
            return img_fail(err, IMG_E_UNSUPPORTED, "SBOM in SPDX's tag-value form");
        if (!img_json_parse(img_bytes_of(text), IMG_LIMIT_EVIDENCE_SIZE, &inner, err))
            return img_ctx(err, "SBOM");
        predicate = inner;
    }
    if (!read_document(predicate, &r, err))
        return img_ctx(err, "SBOM");
    *out = r.facts;
    r.facts = (struct img_sbom_facts){.date = IMG_TIME_NONE};
    return true;
}
