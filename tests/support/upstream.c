#include "upstream.h"

#include <causeway/arena.h>

#include <curl/curl.h>

#include <stdio.h>

#define ANSWER_MAX ((size_t)256 << 20)

static struct {
    const char *url, *name;
    CURL *curl;
} state;

void upstream_open(const char *url, const char *name) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    state.url = url;
    state.name = name;
    state.curl = curl_easy_init();
}

void upstream_close(void) {
    curl_easy_cleanup(state.curl);
    curl_global_cleanup();
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx) {
    struct cw_buf *out = ctx;
    cw_buf_append(out, p, size * n);
    return out->failed ? CURL_WRITEFUNC_ERROR : size * n;
}

static bool post(struct cw_buf *out, const char *body) {
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    curl_easy_setopt(state.curl, CURLOPT_URL, state.url);
    curl_easy_setopt(state.curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(state.curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(state.curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(state.curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(state.curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(state.curl, CURLOPT_WRITEDATA, out);
    CURLcode code = curl_easy_perform(state.curl);
    curl_slist_free_all(headers);
    if (code != CURLE_OK) {
        fprintf(stderr, "%s: upstream: %s\n", state.name, curl_easy_strerror(code));
    }
    return code == CURLE_OK;
}

cJSON *ask_upstream(const cJSON *request) {
    struct cw_buf out;
    cw_buf_init(&out, ANSWER_MAX);
    char *body = cJSON_PrintUnformatted(request);
    cJSON *answer = NULL;
    if (body != NULL && post(&out, body)) {
        answer = cJSON_ParseWithLength((const char *)out.p, out.n);
    }
    cJSON_free(body);
    cw_buf_done(&out);
    return answer;
}
