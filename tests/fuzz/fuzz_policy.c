/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "tests/support/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An image about which nothing was said: no rule that reads evidence may hold for it. */
static bool has_open_check(const struct img_decision *d)
{
    for (size_t p = 0; p < d->policy_count; p++)
        for (size_t i = 0; i < d->policies[p].check_count; i++)
            if (!d->policies[p].warn && !d->policies[p].checks[i].ok &&
                !d->policies[p].checks[i].warn)
                return true;
    return false;
}

static void check_record(const struct img_decision *d)
{
    IMG_AUTO(img_buf_done) struct img_buf text = IMG_BUF(IMG_LIMIT_RECORD);
    struct img_err err = IMG_ERR_INIT;
    struct img_bytes bytes;
    json_t *doc = NULL;
    char *sorted;

    if (!img_decision_json(d, &text, &err) || !img_buf_bytes(&text, &bytes, &err) ||
        !img_json_parse(bytes, IMG_LIMIT_RECORD, &doc, &err))
        abort();
    sorted = json_dumps(doc, JSON_COMPACT | JSON_SORT_KEYS);
    if (sorted == NULL || strlen(sorted) != bytes.len)
        abort();
    free(sorted);
    json_decref(doc);
}

/* Property: what is read can be evaluated, whatever it says; nothing is accepted while a check that
 * counts says no; the record is canonical JSON. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    IMG_AUTO(img_policies_freep) struct img_policies *p = NULL;
    const char *const names[] = {NULL, "registry.example.com/prod/web"};
    struct img_err err = IMG_ERR_INIT;

    if (!img_policies_new(&p, &err))
        abort();
    if (!img_policies_add(p, "p.yaml", "", (struct img_bytes){data, size}, t_load_key, NULL,
                          &err) ||
        !img_policies_finish(p, &err)) {
        if (err.code == IMG_OK || err.code == IMG_E_MALFORMED || err.code == IMG_E_INTERNAL)
            abort(); /* a policy's mistake is never called foreign input */
        return 0;
    }
    for (size_t i = 0; i < IMG_COUNT(names); i++) {
        struct img_subject_facts image = {.digest = t_digest_of("manifest")};
        struct img_facts facts = {.name = names[i],
                                  .tag = "latest",
                                  .digest = image.digest,
                                  .platforms = &image,
                                  .platform_count = 1,
                                  .now = INT64_C(1795334400)};
        struct img_decision *d = NULL;

        if (!img_policies_decide(p, &facts, &d, &err))
            abort();
        if (d->verdict == IMG_ACCEPT && has_open_check(d))
            abort();
        check_record(d);
        img_decision_free(d);
    }
    return 0;
}
