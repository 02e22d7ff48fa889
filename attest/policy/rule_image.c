/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "attest/policy/evaluate.h"
#include "attest/policy/glob.h"
#include "base/text.h"

/*
 * Facts under the verified digest, or of the reference itself: they need no speaker.
 */

/* --- config ----------------------------------------------------------------------------------- */

/*
 * The user of OCI's config is "user", "uid", "user:group" and so on. What a name stands for is in
 * the image's passwd file, where any name can have number 0; so only a number shows that it is not
 * root. Kubernetes' runAsNonRoot holds the same.
 */
static enum img_reason judge_user(const char *user)
{
    size_t len = strcspn(user, ":"), zeros = strspn(user, "0");
    uint64_t number = 0;

    if (len == 0 || (len == strlen("root") && strncmp(user, "root", len) == 0) || zeros == len)
        return IMG_WHY_RUNS_AS_ROOT;
    for (size_t i = 0; i < len; i++) {
        if (user[i] < '0' || user[i] > '9')
            return IMG_WHY_USER_NOT_NUMERIC;
        number = number * 10 + (uint64_t)(user[i] - '0');
        if (number > INT32_MAX) /* may wrap around to 0 in what reads it; runc stops there too */
            return IMG_WHY_USER_NOT_NUMERIC;
    }
    return IMG_WHY_NONE;
}

bool img_rule_config(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                     struct img_err *err)
{
    enum img_reason why;

    if (s->config == NULL) {
        img_check_no(c, IMG_WHY_CONFIG_UNKNOWN, "an image configuration", "it could not be read");
        c->undecided = e->facts->incomplete;
        return true;
    }
    why = judge_user(s->config->user);
    if (why == IMG_WHY_NONE) {
        img_check_yes(c);
        c->found = img_pool_strf(e->pool, "user %.100s", s->config->user);
        return img_pool_check(e->pool, err);
    }
    img_check_no(c, why, "a user with a number other than 0",
                 s->config->user[0] == '\0'
                     ? "no user, which is root"
                     : img_pool_strf(e->pool, "user %.100s", s->config->user));
    c->remedy = "set a number as the image's user, such as USER 10001 in its Dockerfile";
    return img_pool_check(e->pool, err);
}

/* --- image ------------------------------------------------------------------------------------ */

static bool registry_denied(struct img_eval *e, struct img_check *c)
{
    const struct img_words *globs = &e->rule->image.registries;
    const char *name = e->facts->name;

    for (size_t i = 0; i < globs->count; i++)
        if (img_glob_match(globs->items[i], name))
            return false;
    if (globs->count == 0)
        return false;
    if (name == NULL) {
        img_check_no(c, IMG_WHY_IMAGE_NAME_UNKNOWN, "a name to compare with the registries allowed",
                     "the image has no repository name");
        c->remedy = "--as NAME";
        return true;
    }
    img_check_no(c, IMG_WHY_REGISTRY_DENIED,
                 img_pool_strf(e->pool, "%s%s", globs->items[0],
                               globs->count > 1 ? ", or another registry that is allowed" : ""),
                 img_pool_str(e->pool, name));
    return true;
}

static bool tag_denied(struct img_eval *e, struct img_check *c)
{
    const struct img_image_rule *r = &e->rule->image;
    const char *tag = e->facts->tag;
    bool listed = r->tags_allow.count == 0;

    if (tag == NULL)
        return false; /* by digest alone: no tag decides anything */
    for (size_t i = 0; i < r->tags_allow.count; i++)
        listed = listed || img_glob_word(r->tags_allow.items[i], tag);
    for (size_t i = 0; i < r->tags_deny.count; i++)
        listed = listed && !img_glob_word(r->tags_deny.items[i], tag);
    if (listed)
        return false;
    img_check_no(c, IMG_WHY_TAG_DENIED, "a tag that the policy allows",
                 img_pool_strf(e->pool, "tag %.128s", tag));
    return true;
}

static bool digest_missing(struct img_eval *e, struct img_check *c)
{
    char text[IMG_DIGEST_TEXT];

    if (!e->rule->image.digest || e->facts->by_digest)
        return false;
    img_digest_text(&e->facts->digest, text);
    img_check_no(c, IMG_WHY_DIGEST_REQUIRED, "a reference with a digest",
                 "a reference without one");
    c->remedy = img_pool_strf(e->pool, "refer to it with @%s", text);
    return true;
}

/* The age of every platform's configuration in scope is judged here, not per platform: the rule is
 * about the image as it is referred to. */
static bool too_old(struct img_eval *e, struct img_check *c)
{
    for (size_t i = 0; e->rule->max_age > 0 && i < e->facts->platform_count; i++) {
        const struct img_subject_facts *s = &e->facts->platforms[i];
        char limit[32], age[32], stamp[IMG_TIME_TEXT];
        int64_t now = e->facts->now, made = s->config == NULL ? IMG_TIME_NONE : s->config->created;

        img_duration_text(e->rule->max_age, limit);
        c->expected = img_pool_strf(e->pool, "created at most %s ago", limit);
        if (made == IMG_TIME_NONE) {
            img_check_no(c, s->config == NULL ? IMG_WHY_CONFIG_UNKNOWN : IMG_WHY_NO_TIME,
                         c->expected, "the image does not say when it was created");
            c->undecided = s->config == NULL && e->facts->incomplete;
            return true;
        }
        img_time_text(made, stamp);
        if (made > now + IMG_CLOCK_SKEW) {
            img_check_no(c, IMG_WHY_TIME_IN_FUTURE, c->expected,
                         img_pool_strf(e->pool, "created %s", stamp));
            return true;
        }
        if (made < now && now - made > e->rule->max_age) {
            img_duration_text(now - made, age);
            img_check_no(c, IMG_WHY_TOO_OLD, c->expected,
                         img_pool_strf(e->pool, "%s ago (%s)", age, stamp));
            return true;
        }
        img_eval_ends(e, made + e->rule->max_age + 1);
    }
    return false;
}

bool img_rule_image(struct img_eval *e, const struct img_subject_facts *s, struct img_check *c,
                    struct img_err *err)
{
    (void)s;
    if (!registry_denied(e, c) && !tag_denied(e, c) && !digest_missing(e, c) && !too_old(e, c))
        img_check_yes(c);
    return img_pool_check(e->pool, err);
}
