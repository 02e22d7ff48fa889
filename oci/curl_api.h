/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <curl/curl.h>

#include "base/err.h"

/*
 * libcurl, opened when it is first needed: programs that never talk to a network start without it
 * (linking it costs 8 ms of every start). Only oci/http.c calls through this table; curl's header
 * gives the types and nothing is linked.
 *
 * Errors:  IMG_E_UNSUPPORTED where libcurl.so.4 is missing, older than 7.88 or without TLS.
 * Threads: the first call fills the table, once; it is constant from then on.
 */
/* X(name, result, arguments) */
#define IMG_CURL_FUNCTIONS(X)                                                                      \
    X(global_init, CURLcode, (long flags))                                                         \
    X(version_info, curl_version_info_data *, (CURLversion age))                                   \
    X(slist_append, struct curl_slist *, (struct curl_slist * list, const char *text))             \
    X(slist_free_all, void, (struct curl_slist * list))                                            \
    X(easy_init, CURL *, (void))                                                                   \
    X(easy_setopt, CURLcode, (CURL * easy, CURLoption option, ...))                                \
    X(easy_getinfo, CURLcode, (CURL * easy, CURLINFO info, ...))                                   \
    X(easy_pause, CURLcode, (CURL * easy, int what))                                               \
    X(easy_strerror, const char *, (CURLcode code))                                                \
    X(easy_cleanup, void, (CURL * easy))                                                           \
    X(multi_init, CURLM *, (void))                                                                 \
    X(multi_setopt, CURLMcode, (CURLM * multi, CURLMoption option, ...))                           \
    X(multi_add_handle, CURLMcode, (CURLM * multi, CURL * easy))                                   \
    X(multi_remove_handle, CURLMcode, (CURLM * multi, CURL * easy))                                \
    X(multi_perform, CURLMcode, (CURLM * multi, int *running))                                     \
    X(multi_poll, CURLMcode,                                                                       \
      (CURLM * multi, struct curl_waitfd * more, unsigned count, int timeout_ms, int *ready))      \
    X(multi_info_read, CURLMsg *, (CURLM * multi, int *left))                                      \
    X(multi_cleanup, CURLMcode, (CURLM * multi))

struct img_curl {
/* NOLINTNEXTLINE(bugprone-macro-parentheses): a type, a name and parameters */
#define IMG_CURL_MEMBER(name, result, arguments) result(*name) arguments;
    IMG_CURL_FUNCTIONS(IMG_CURL_MEMBER)
#undef IMG_CURL_MEMBER
};

IMG_NODISCARD bool img_curl_load(const struct img_curl **out, struct img_err *err);
