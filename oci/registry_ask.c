/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "oci/headers.h"
#include "oci/registry.h"
#include "oci/url.h"

/* Uploads may be sent to other hosts; the credentials are the registry's. */
static bool is_own_host(const struct img_registry *r, const char *url)
{
    struct img_err ignored = IMG_ERR_INIT;
    struct img_url own, other;

    return url != NULL && img_url_parse(r->api, &own, &ignored) &&
           img_url_parse(url, &other, &ignored) && img_url_same_host(&own, &other);
}

static void authorize(struct img_registry *r, struct img_http_request *request)
{
    pthread_mutex_lock(&r->lock);
    if (r->send_authorization && is_own_host(r, request->url))
        request->authorization = r->authorization;
    pthread_mutex_unlock(&r->lock);
}

static void read_challenges(const struct img_http_reply *reply, struct img_challenge *out)
{
    const char *value;

    *out = (struct img_challenge){.basic = false};
    for (size_t i = 0; (value = img_http_header(reply, "WWW-Authenticate", i)) != NULL; i++)
        img_challenge_read(value, out);
}

/* Whether the same request should be sent again with the credentials. */
static bool wants_credentials(struct img_registry *r, const struct img_http_request *request,
                              const struct img_http_reply *reply)
{
    struct img_challenge c;

    if (!reply->ok || reply->status != 401 || r->authorization == NULL ||
        request->authorization != NULL || request->upload != NULL || !is_own_host(r, reply->url))
        return false;
    read_challenges(reply, &c);
    if (!c.basic)
        return false;
    pthread_mutex_lock(&r->lock);
    r->send_authorization = true;
    pthread_mutex_unlock(&r->lock);
    return true;
}

/* Sends those again that want credentials; the map says which reply belongs where. */
static bool ask_again(struct img_registry *r, struct img_http_request *requests,
                      struct img_http_reply *replies, const size_t *map, size_t count,
                      struct img_err *err)
{
    struct img_http_request *q = calloc(count, sizeof(*q));
    struct img_http_reply *a = calloc(count, sizeof(*a));
    bool ok = q != NULL && a != NULL;

    for (size_t i = 0; ok && i < count; i++) {
        authorize(r, &requests[map[i]]);
        q[i] = requests[map[i]];
    }
    if (!ok)
        ok = img_fail(err, IMG_E_MEMORY, "registry");
    else
        ok = img_http_run(r->http, q, a, count, err);
    for (size_t i = 0; a != NULL && i < count; i++) {
        img_http_reply_done(&replies[map[i]]);
        replies[map[i]] = a[i];
    }
    free(q);
    free(a);
    return ok;
}

bool img_registry_ask(struct img_registry *r, struct img_http_request *requests,
                      struct img_http_reply *replies, size_t count, struct img_err *err)
{
    size_t *map = calloc(count + 1, sizeof(*map));
    size_t again = 0;
    bool ok;

    if (map == NULL)
        return img_fail(err, IMG_E_MEMORY, "registry");
    for (size_t i = 0; i < count; i++)
        authorize(r, &requests[i]);
    ok = img_http_run(r->http, requests, replies, count, err);
    for (size_t i = 0; ok && i < count; i++)
        if (wants_credentials(r, &requests[i], &replies[i]))
            map[again++] = i;
    if (again > 0)
        ok = ask_again(r, requests, replies, map, again, err);
    free(map);
    return ok;
}

bool img_registry_ask_one(struct img_registry *r, struct img_http_request *request,
                          struct img_http_reply *reply, struct img_err *err)
{
    if (!img_registry_ask(r, request, reply, 1, err))
        return false;
    if (!reply->ok) {
        *err = reply->err;
        return false;
    }
    return true;
}

bool img_registry_open_body(struct img_registry *r, struct img_http_request *request,
                            struct img_http_reply *reply, struct img_reader **out,
                            struct img_err *err)
{
    bool ok;

    authorize(r, request);
    ok = img_http_open(r->http, request, reply, out, err);
    if (ok && *out == NULL && wants_credentials(r, request, reply)) {
        authorize(r, request);
        img_http_reply_done(reply);
        ok = img_http_open(r->http, request, reply, out, err);
    }
    return ok;
}

/* --- refusals --------------------------------------------------------------------------------- */

/* distribution-spec, "Error Codes". *doc keeps the texts. */
static void read_error(const struct img_http_reply *reply, json_t **doc, const char **code,
                       const char **message)
{
    struct img_err ignored = IMG_ERR_INIT;
    struct img_bytes text;
    struct img_json at, list, first;
    size_t count;

    *code = *message = "";
    if (!img_buf_bytes(&reply->body, &text, &ignored) ||
        !img_json_parse(text, IMG_LIMIT_ERROR_BODY, doc, &ignored) ||
        !img_json_root(*doc, &at, &ignored) ||
        !img_json_arr(&at, "errors", &list, &count, &ignored) || count == 0 ||
        !img_json_item(&list, 0, &first, &ignored))
        return;
    (void)(img_json_opt_str(&first, "code", code, &ignored) &&
           img_json_opt_str(&first, "message", message, &ignored));
}

void img_registry_error_code(const struct img_http_reply *reply, char *out, size_t size)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    const char *code, *message;

    read_error(reply, &doc, &code, &message);
    (void)snprintf(out, size, "%s", code);
}

bool img_registry_is_absent(const struct img_http_reply *reply)
{
    char code[64];

    if (reply->status == 404)
        return true;
    img_registry_error_code(reply, code, sizeof(code));
    return reply->status == 400 &&
           (strcmp(code, "MANIFEST_UNKNOWN") == 0 || strcmp(code, "NAME_UNKNOWN") == 0); /* Quay */
}

static bool refuse_401(const struct img_registry *r, const struct img_http_reply *reply,
                       struct img_err *err)
{
    struct img_challenge c;

    read_challenges(reply, &c);
    if (!is_own_host(r, reply->url))
        return img_fail(err, IMG_E_DENIED, "%s sent us on to a host that asks for credentials",
                        r->host);
    if (c.basic && r->authorization == NULL)
        return img_fail(err, IMG_E_DENIED,
                        "%s asks for a user name and password (--registry-username, "
                        "--registry-password-file)",
                        r->host);
    if (c.basic)
        return img_fail(err, IMG_E_DENIED, "%s refused the user name or password", r->host);
    if (c.bearer)
        return img_fail(err, IMG_E_DENIED,
                        "%s asks for token authentication, which is not built yet", r->host);
    return img_fail(err, IMG_E_DENIED, "%s refuses access", r->host);
}

bool img_registry_refusal(const struct img_registry *r, const struct img_http_reply *reply,
                          struct img_err *err)
{
    IMG_AUTO(json_decrefp) json_t *doc = NULL;
    enum img_code code = IMG_E_NETWORK;
    const char *word, *message;

    if (!reply->ok) {
        *err = reply->err;
        return false;
    }
    if (reply->status == 401)
        return refuse_401(r, reply, err);
    if (reply->status == 403)
        code = IMG_E_DENIED;
    if (img_registry_is_absent(reply))
        code = IMG_E_NOT_FOUND;
    read_error(reply, &doc, &word, &message);
    return img_fail(err, code, "%s answers %d%s%s%.60s%s%.200s", r->host, reply->status,
                    code == IMG_E_NOT_FOUND ? ", not found"
                    : code == IMG_E_DENIED  ? ", access denied"
                    : reply->status == 429  ? ", too many requests"
                                            : "",
                    word[0] != '\0' ? ": " : "", word, message[0] != '\0' ? ": " : "", message);
}

bool img_registry_check_digest(const struct img_http_reply *reply, struct img_bytes bytes,
                               struct img_err *err)
{
    const char *text = img_http_header(reply, "Docker-Content-Digest", 0);
    struct img_err ignored = IMG_ERR_INIT;
    struct img_digest said;

    if (text == NULL || !img_digest_parse(text, &said, &ignored))
        return true; /* optional, and some write other things there */
    if (!img_digest_check(&said, bytes, err))
        return img_ctx(err, "Docker-Content-Digest");
    return true;
}
