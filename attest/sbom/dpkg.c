/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "attest/sbom/db.h"

static struct img_bytes trim(struct img_bytes b)
{
    while (b.len > 0 && (b.ptr[0] == ' ' || b.ptr[0] == '\t'))
        b = (struct img_bytes){.ptr = b.ptr + 1, .len = b.len - 1};
    while (b.len > 0 && (b.ptr[b.len - 1] == ' ' || b.ptr[b.len - 1] == '\t'))
        b.len--;
    return b;
}

/* deb822(5): field names are compared without regard to case */
void img_dpkg_line(struct img_db_reader *r, struct img_bytes line)
{
    static const struct {
        const char *name;
        enum img_db_field field;
    } known[] = {
        {"Package", IMG_FIELD_NAME},
        {"Version", IMG_FIELD_VERSION},
        {"Architecture", IMG_FIELD_ARCH},
        {"Source", IMG_FIELD_SOURCE},
        {"Maintainer", IMG_FIELD_MAINTAINER},
        {"Homepage", IMG_FIELD_HOMEPAGE},
        {"Description", IMG_FIELD_DESCRIPTION},
        {"Status", IMG_FIELD_STATUS},
    };
    const uint8_t *colon;
    size_t name;

    if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
        return; /* continues a field; of the ones we keep, only the first line matters */
    colon = memchr(line.ptr, ':', line.len);
    if (colon == NULL || colon == line.ptr) {
        img_db_problem(r, "a line is no \"Field: value\"");
        return;
    }
    name = (size_t)(colon - line.ptr);
    for (size_t i = 0; i < IMG_COUNT(known); i++)
        if (strlen(known[i].name) == name &&
            strncasecmp(known[i].name, (const char *)line.ptr, name) == 0)
            img_db_set(r, known[i].field,
                       trim((struct img_bytes){.ptr = colon + 1, .len = line.len - name - 1}));
}

/* "Source: name (version)", the version only where it is another than the package's. */
static void take_source(struct img_db_reader *r, struct img_db_package *p)
{
    const char *text = img_db_get(r, IMG_FIELD_SOURCE);
    size_t name = text != NULL ? strcspn(text, " (") : 0;
    const char *open = text != NULL ? strchr(text, '(') : NULL;

    if (name == 0)
        return;
    p->source_name = img_db_text(r, text, name);
    if (open != NULL && strcspn(open + 1, ")") > 0)
        p->source_version = img_db_text(r, open + 1, strcspn(open + 1, ")"));
}

/* dpkg(1), "Package states": want, error flag, state. Nothing but "installed" is wholly there, and
 * nothing but "not-installed" and "config-files" is wholly gone. */
static bool take_status(struct img_db_reader *r, struct img_db_package *p)
{
    const char *text = img_db_get(r, IMG_FIELD_STATUS);
    const char *state = text != NULL ? strrchr(text, ' ') : NULL;

    if (state == NULL) {
        img_db_problem(r, "package '%.60s' has no Status", p->name);
        return false;
    }
    state++;
    p->installed = strcmp(state, "installed") == 0;
    if (!p->installed && strcmp(state, "not-installed") != 0 &&
        strcmp(state, "config-files") != 0) {
        img_db_problem(r, "package '%.60s' is %.30s", p->name, state);
        return p->name != NULL;
    }
    if (p->installed && (p->version == NULL || p->arch == NULL)) {
        img_db_problem(r, "package '%.60s' has no version or architecture", p->name);
        return false;
    }
    return true;
}

bool img_dpkg_package(struct img_db_reader *r, enum img_db_kind kind, struct img_db_package *p)
{
    take_source(r, p);
    if (kind == IMG_DB_DPKG)
        return take_status(r, p);
    p->installed = true; /* distroless has no Status; being there is being installed */
    return true;
}
