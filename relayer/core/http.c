#include "core/loop_private.h"

#include <causeway/arena.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef CW_VERSION
#define CW_VERSION "0"
#endif

struct cw_http {
    struct cw_loop *loop;
    CURL *easy;
    struct curl_slist *headers;
    struct cw_timer *deadline;
    uint32_t deadline_ms;
    struct cw_buf body;
    struct cw_http_share *share;
    bool over_cap, over_share;
    uint64_t *date_s;
    void (*done)(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                 struct cw_slice body, const char *text);
    void *ctx;
    char detail[CURL_ERROR_SIZE];
};

static void http_free(struct cw_http *http) {
    if (http->easy != NULL) {
        curl_easy_cleanup(http->easy);
    }
    curl_slist_free_all(http->headers);
    cw_loop_cancel(http->loop, http->deadline);
    if (http->share != NULL) {
        http->share->used -= http->body.n;
    }
    cw_buf_done(&http->body);
    free(http);
}

static void take_out(struct cw_http *http) {
    CURLMcode code = curl_multi_remove_handle(http->loop->multi, http->easy);
    assert(code == CURLM_OK);
    (void)code;
    http->loop->transfers--;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx) {
    struct cw_http *http = ctx;
    size_t bytes = size * n; /* size is always 1 */
    if (http->body.n + bytes > http->body.max) {
        http->over_cap = true;
        return CURL_WRITEFUNC_ERROR;
    }
    if (http->share != NULL && bytes > http->share->max - http->share->used) {
        http->over_share = true;
        return CURL_WRITEFUNC_ERROR;
    }
    cw_buf_append(&http->body, p, bytes);
    if (http->body.failed) {
        return CURL_WRITEFUNC_ERROR;
    }
    if (http->share != NULL) {
        http->share->used += bytes;
    }
    return bytes;
}

static void on_deadline(void *ctx) {
    struct cw_http *http = ctx;
    http->deadline = NULL;
    curl_off_t sent = 0;
    curl_easy_getinfo(http->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
    take_out(http);
    char text[128];
    if (sent == 0) {
        snprintf(text, sizeof(text), "no connection within %u ms", http->deadline_ms);
    } else if (http->body.n == 0) {
        snprintf(text, sizeof(text), "no answer within %u ms", http->deadline_ms);
    } else {
        snprintf(text, sizeof(text), "answer not complete within %u ms (%zu bytes so far)",
                 http->deadline_ms, http->body.n);
    }
    http->done(http->ctx, CW_ERR_TRANSPORT, 0, 0, cw_slice_of(NULL, 0), text);
    http_free(http);
}

static uint64_t date_of(struct cw_http *http) {
    struct curl_header *header = NULL;
    if (curl_easy_header(http->easy, "Date", 0, CURLH_HEADER, -1, &header) != CURLHE_OK) {
        return 0;
    }
    time_t date = curl_getdate(header->value, NULL);
    return date > 0 ? (uint64_t)date : 0;
}

static void on_end(struct cw_http *http, CURLcode code) {
    long status = 0;
    curl_off_t retry_after_s = 0;
    curl_easy_getinfo(http->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(http->easy, CURLINFO_RETRY_AFTER, &retry_after_s);
    if (http->date_s != NULL) {
        *http->date_s = date_of(http);
    }
    take_out(http);
    cw_loop_cancel(http->loop, http->deadline);
    http->deadline = NULL;

    uint32_t retry_s = retry_after_s < 0            ? 0
                       : retry_after_s > UINT32_MAX ? UINT32_MAX
                                                    : (uint32_t)retry_after_s;
    if (code == CURLE_OK) {
        http->done(http->ctx, CW_OK, status, retry_s, cw_buf_slice(&http->body), "");
    } else if (http->over_cap || code == CURLE_FILESIZE_EXCEEDED) {
        char text[96];
        snprintf(text, sizeof(text), "answer is over the cap of %zu bytes", http->body.max);
        http->done(http->ctx, CW_ERR_LIMIT, status, 0, cw_slice_of(NULL, 0), text);
    } else if (http->over_share) {
        char text[96];
        snprintf(text, sizeof(text), "answers under way are over %zu bytes together",
                 http->share->max);
        http->done(http->ctx, CW_ERR_LIMIT, status, 0, cw_slice_of(NULL, 0), text);
    } else if (http->body.failed || code == CURLE_OUT_OF_MEMORY) {
        http->done(http->ctx, CW_ERR_MEMORY, status, 0, cw_slice_of(NULL, 0), "out of memory");
    } else {
        http->done(http->ctx, CW_ERR_TRANSPORT, status, 0, cw_slice_of(NULL, 0),
                   http->detail[0] != '\0' ? http->detail : curl_easy_strerror(code));
    }
    http_free(http);
}

static bool add_header(struct cw_http *http, const char *line) {
    struct curl_slist *headers = curl_slist_append(http->headers, line);
    if (headers != NULL) {
        http->headers = headers;
    }
    return headers != NULL;
}

#define SET(option, value) (curl_easy_setopt(http->easy, (option), (value)) == CURLE_OK)

static bool set_up(struct cw_http *http, const struct cw_http_request *request) {
    if (!add_header(http, "Content-Type: application/json") ||
        !add_header(http, "Accept: application/json") || !add_header(http, "Expect:")) {
        return false;
    }
    for (size_t i = 0; request->headers != NULL && request->headers[i] != NULL; i++) {
        if (!add_header(http, request->headers[i])) {
            return false;
        }
    }
    return SET(CURLOPT_ERRORBUFFER, http->detail) && SET(CURLOPT_PRIVATE, http) &&
           SET(CURLOPT_PROTOCOLS_STR, "http,https") && SET(CURLOPT_FOLLOWLOCATION, 0L) &&
           SET(CURLOPT_URL, request->url) && SET(CURLOPT_HTTPHEADER, http->headers) &&
           SET(CURLOPT_USERAGENT, "causeway/" CW_VERSION) && SET(CURLOPT_NOSIGNAL, 1L) &&
           /* a name that is still being looked up must not hold up the loop when it is given up */
           SET(CURLOPT_QUICK_EXIT, 1L) && SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS) &&
           SET(CURLOPT_SSL_VERIFYPEER, 1L) && SET(CURLOPT_SSL_VERIFYHOST, 2L) &&
           SET(CURLOPT_TCP_KEEPALIVE, 1L) && SET(CURLOPT_ACCEPT_ENCODING, "gzip") &&
           SET(CURLOPT_CONNECTTIMEOUT_MS, (long)request->connect_ms) &&
           SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)request->max_bytes) &&
           SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_n) &&
           SET(CURLOPT_COPYPOSTFIELDS, request->body) && SET(CURLOPT_WRITEFUNCTION, on_body) &&
           SET(CURLOPT_WRITEDATA, http);
}

enum cw_err cw_http_post(struct cw_loop *loop, const struct cw_http_request *request,
                         struct cw_http **ret) {
    assert(request->max_bytes <= INT64_MAX && request->body_n <= INT64_MAX);
    struct cw_http *http = calloc(1, sizeof(*http));
    if (http == NULL) {
        return CW_ERR_MEMORY;
    }
    http->loop = loop;
    http->done = request->done;
    http->ctx = request->ctx;
    http->deadline_ms = request->deadline_ms;
    http->share = request->share;
    http->date_s = request->date_s;
    cw_buf_init(&http->body, request->max_bytes);
    http->easy = curl_easy_init();
    http->deadline = cw_loop_after(loop, request->deadline_ms, on_deadline, http);
    if (http->easy == NULL || http->deadline == NULL || !set_up(http, request) ||
        curl_multi_add_handle(loop->multi, http->easy) != CURLM_OK) {
        http_free(http);
        return CW_ERR_MEMORY;
    }
    loop->transfers++;
    *ret = http;
    return CW_OK;
}

void cw_http_cancel(struct cw_loop *loop, struct cw_http *http) {
    (void)loop;
    if (http == NULL) {
        return;
    }
    take_out(http);
    http_free(http);
}

enum cw_err cw_http_start(struct cw_loop *loop, struct cw_error *error) {
    int running;
    CURLMcode code = curl_multi_perform(loop->multi, &running);
    if (code != CURLM_OK) {
        return cw_error_set(error, code == CURLM_OUT_OF_MEMORY ? CW_ERR_MEMORY : CW_ERR_IO,
                            "network: %s", curl_multi_strerror(code));
    }
    loop->ended = (size_t)running < loop->transfers;
    return CW_OK;
}

enum cw_err cw_http_perform(struct cw_loop *loop, struct cw_error *error) {
    enum cw_err err = cw_http_start(loop, error);
    if (err != CW_OK) {
        return err;
    }
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(loop->multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        void *http = NULL;
        CURLcode code = message->data.result; /* gone with the handle */
        if (curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &http) == CURLE_OK) {
            on_end(http, code);
        }
    }
    return CW_OK;
}
