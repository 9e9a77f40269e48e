/* A proxy in front of a node's JSON-RPC that lies as it is told while it runs; see usage(). */
#include "calls.h"
#include "forge.h"
#include "http_server.h"
#include "lies.h"
#include "upstream.h"

#include <causeway/arena.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define METHODS_MAX 64
#define ANSWER_MAX  ((size_t)256 << 20)

static struct {
    const char *upstream;
    const struct lie *lie;
    double arg;
    long left;       /* lies; < 0: as many as there are occasions */
    char method[64]; /* only for these calls; "": all */
    double chance;   /* that an occasion is taken, 0 to 1 */
    uint64_t random;
    bool lucky;     /* this occasion is */
    cJSON *methods; /* calls by method */
    unsigned long requests, batches, largest_batch, told;
} state;

static void usage(FILE *to) {
    fprintf(
        to,
        "usage: liar UPSTREAM-URL [MODE [ARG]]\n\n"
        "Listens on a free port of 127.0.0.1, prints \"Listening on 127.0.0.1:PORT\", passes\n"
        "JSON-RPC on to UPSTREAM-URL, and lies:\n\n"
        "  POST /control "
        "{\"mode\":\"MODE\",\"arg\":N,\"count\":N,\"chance\":P,\"seed\":N,\"method\":\"eth_…\","
        "\"reset\":true,"
        "\"logs\":[…]}\n"
        "       each may be left out: count: lies until it is honest again (none: for ever);\n"
        "       chance: lie at so many of all occasions only, 0 to 1, seed: at which; method:\n"
        "       lie about these calls only; reset: counts start at 0; logs: they stand in the\n"
        "       next block that is made up, each {\"address\",\"topics\":[…],\"data\"}\n"
        "  GET /counts\n"
        "       {\"mode\",\"told\",\"requests\",\"batches\",\"largest_batch\",\"methods\":{…},\n"
        "        \"forged\":[ids of withdrawals that were made up]}\n\n"
        "Modes:\n");
    for (const struct lie *lie = lies; lie->mode != NULL; lie++) {
        fprintf(to, "  %-20s %s%s", lie->mode, lie->text, strstr(lie->text, "ARG") ? "" : "\n");
        if (strstr(lie->text, "ARG") != NULL) {
            fprintf(to, " (default %.0f)\n", lie->arg);
        }
    }
}

/* --- which lie ------------------------------------------------------------------------------ */

static bool concerns(const cJSON *call) {
    const char *method = cJSON_GetStringValue(cJSON_GetObjectItem(call, "method"));
    return state.method[0] == '\0' || (method != NULL && strcmp(method, state.method) == 0);
}

static bool concerns_any(const cJSON *request) {
    if (!cJSON_IsArray(request)) {
        return concerns(request);
    }
    const cJSON *call;
    cJSON_ArrayForEach(call, request) {
        if (concerns(call)) {
            return true;
        }
    }
    return false;
}

/* Takes an occasion, or lets it pass: an answer for what concerns one, else a whole request. */
static void try_luck(void) {
    state.random ^= state.random << 13;
    state.random ^= state.random >> 7;
    state.random ^= state.random << 17;
    state.lucky = (double)(state.random >> 11) < state.chance * 0x1p53;
}

static bool is_active(enum lie_kind kind) {
    return state.lie->kind == kind && state.left != 0 && (state.lucky || kind == LIE_ANSWER);
}

static bool is_mode(const char *mode) {
    return strcmp(state.lie->mode, mode) == 0;
}

static void told_one(void) {
    state.told++;
    if (state.left > 0 && --state.left == 0) {
        state.lie = lies;
    }
}

static void count_call(const cJSON *call) {
    const char *method = cJSON_GetStringValue(cJSON_GetObjectItem(call, "method"));
    if (method == NULL) {
        return;
    }
    cJSON *count = cJSON_GetObjectItemCaseSensitive(state.methods, method);
    if (count != NULL) {
        cJSON_SetNumberValue(count, count->valuedouble + 1);
    } else if (cJSON_GetArraySize(state.methods) < METHODS_MAX) {
        cJSON_AddNumberToObject(state.methods, method, 1);
    }
}

static void count(const cJSON *request) {
    state.requests++;
    if (!cJSON_IsArray(request)) {
        count_call(request);
        return;
    }
    unsigned long n = (unsigned long)cJSON_GetArraySize(request);
    state.batches++;
    state.largest_batch = n > state.largest_batch ? n : state.largest_batch;
    const cJSON *call;
    cJSON_ArrayForEach(call, request) {
        count_call(call);
    }
}

/* --- answers -------------------------------------------------------------------------------- */

struct bits {
    struct cw_buf *out;
    unsigned byte, n;
};

/* The n lowest of value, the lowest first, as deflate has them (RFC 1951). */
static void put_bits(struct bits *bits, unsigned value, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        bits->byte |= (value >> i & 1) << bits->n;
        if (++bits->n == 8) {
            uint8_t byte = (uint8_t)bits->byte;
            cw_buf_append(bits->out, &byte, 1);
            bits->byte = bits->n = 0;
        }
    }
}

/* One block of fixed codes: a space, and then "the last byte 258 times" (length code 285, which is
 * 10100011 with its bits turned round, and distance code 0) again and again. */
static void reply_bomb(struct server_conn *conn, size_t inflated) {
    static const uint8_t header[10] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    struct cw_buf out;
    cw_buf_init(&out, ANSWER_MAX);
    cw_buf_append(&out, header, sizeof(header));
    struct bits bits = {.out = &out};
    put_bits(&bits, 3, 3);
    put_bits(&bits, 0x0a, 8); /* 0x30 + ' ' turned round */
    for (size_t n = 0; n < inflated; n += 258) {
        put_bits(&bits, 0xa3, 8);
        put_bits(&bits, 0, 5);
    }
    for (size_t i = 0; i < 10; i++) { /* the end, and checksums that nobody gets to see */
        put_bits(&bits, 0, 8);
    }
    server_reply(conn, 200, "Content-Encoding: gzip\r\n", cw_buf_slice(&out));
    cw_buf_done(&out);
}

static void reply_text(struct server_conn *conn, int status, const char *headers,
                       const char *text) {
    server_reply(conn, status, headers, cw_slice_of(text, strlen(text)));
}

static void refuse_for_a_while(struct server_conn *conn) {
    char headers[80] = "";
    if (is_mode("http_429")) {
        snprintf(headers, sizeof(headers), "Retry-After: %.0f\r\n", state.arg);
    } else if (is_mode("http_429_date")) {
        time_t then = time(NULL) + (time_t)state.arg;
        struct tm tm;
        strftime(headers, sizeof(headers), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
                 gmtime_r(&then, &tm));
    }
    reply_text(conn, 429, headers, "{\"error\":{\"code\":429,\"message\":\"slow down\"}}");
}

static void redirect(struct server_conn *conn) {
    char headers[512];
    snprintf(headers, sizeof(headers), "Location: %s\r\n", state.upstream);
    reply_text(conn, (int)state.arg, headers, "");
}

static void lie_by_transport(struct server_conn *conn) {
    if (is_mode("never")) {
        server_reply_never(conn);
    } else if (is_mode("stall")) {
        server_reply_part(conn, CW_LITERAL("[{\"jsonrpc\":\"2.0\","), 1000, true);
    } else if (is_mode("hang_up")) {
        server_hang_up(conn);
    } else if (strncmp(state.lie->mode, "http_429", strlen("http_429")) == 0) {
        refuse_for_a_while(conn);
    } else if (is_mode("http_503")) {
        reply_text(conn, 503, "", "Service Unavailable");
    } else if (is_mode("html")) {
        reply_text(conn, 200, "", "<!doctype html><html><body>Welcome!</body></html>");
    } else if (is_mode("redirect")) {
        redirect(conn);
    } else if (is_mode("endless")) {
        server_reply_endless(conn, "", 0);
    } else if (is_mode("endless_slow")) {
        server_reply_endless(conn, "", (unsigned)state.arg);
    } else if (is_mode("endless_headers")) {
        server_reply_endless(conn, "X-More: and more, and more, and more, and more\r\n", 0);
    } else if (is_mode("gzip_bomb")) {
        reply_bomb(conn, (size_t)state.arg << 20);
    } else { /* deep_json */
        static char brackets[100000];
        memset(brackets, '[', sizeof(brackets));
        server_reply(conn, 200, "", cw_slice_of(brackets, sizeof(brackets)));
    }
    told_one();
}

static void refuse_batch(struct server_conn *conn, const cJSON *request) {
    if (is_mode("refuse_batch_413")) {
        reply_text(conn, 413, "", "Payload Too Large");
    } else if (is_mode("refuse_batch")) {
        reply_text(conn, 200, "",
                   "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,\"message\":"
                   "\"batch requests are limited\"}}");
    } else {
        const cJSON *id = cJSON_GetObjectItem(cJSON_GetArrayItem(request, 0), "id");
        char *id_text = cJSON_PrintUnformatted(id);
        char text[256];
        snprintf(text, sizeof(text),
                 "[{\"jsonrpc\":\"2.0\",\"id\":%s,\"error\":{\"code\":-32600,\"message\":"
                 "\"batch too large\"}}]",
                 id_text);
        cJSON_free(id_text);
        reply_text(conn, 200, "", text);
    }
    told_one();
}

static void lie_about_order(cJSON *answer) {
    if (is_mode("unknown_id")) {
        cJSON *last = cJSON_IsArray(answer)
                          ? cJSON_GetArrayItem(answer, cJSON_GetArraySize(answer) - 1)
                          : answer;
        cJSON_ReplaceItemInObject(last, "id", cJSON_CreateNumber(987654321));
        told_one();
        return;
    }
    int n = cJSON_IsArray(answer) ? cJSON_GetArraySize(answer) : 0;
    if (n < 2) {
        return;
    }
    if (is_mode("reverse")) {
        for (int i = 1; i < n; i++) {
            cJSON_InsertItemInArray(answer, 0, cJSON_DetachItemFromArray(answer, i));
        }
    } else if (is_mode("omit")) {
        cJSON_DeleteItemFromArray(answer, n - 1);
    } else { /* duplicate_id */
        const cJSON *id = cJSON_GetObjectItem(cJSON_GetArrayItem(answer, 0), "id");
        cJSON_ReplaceItemInObject(cJSON_GetArrayItem(answer, n - 1), "id",
                                  cJSON_Duplicate(id, true));
    }
    told_one();
}

static void lie_by_text(struct server_conn *conn, const char *text) {
    size_t n = strlen(text);
    if (is_mode("truncate")) {
        server_reply(conn, 200, "", cw_slice_of(text, n / 2));
    } else if (is_mode("close")) {
        server_reply_part(conn, cw_slice_of(text, n / 2), n, false);
    } else { /* duplicate_key */
        struct cw_buf out;
        const char *at = strchr(text, '{');
        size_t front = at == NULL ? 0 : (size_t)(at - text) + 1;
        cw_buf_init(&out, ANSWER_MAX);
        cw_buf_append(&out, text, front);
        cw_buf_text(&out, "\"jsonrpc\":\"2.0\",");
        cw_buf_append(&out, text + front, n - front);
        server_reply(conn, 200, "", cw_buf_slice(&out));
        cw_buf_done(&out);
    }
    told_one();
}

/* The answer to one call that goes upstream alone. */
static cJSON *answer_call(const cJSON *call) {
    cJSON *copy = cJSON_Duplicate(call, true), *answer = NULL;
    try_luck();
    bool lying = is_active(LIE_ANSWER) && state.lucky && concerns(call);
    if (lying && state.lie->before != NULL) {
        answer = state.lie->before(copy, state.arg);
    }
    if (answer != NULL) {
        told_one();
    } else {
        answer = ask_upstream(copy);
        if (answer != NULL && lying && state.lie->after != NULL &&
            state.lie->after(call, answer, state.arg)) {
            told_one();
        }
    }
    cJSON_Delete(copy);
    return answer;
}

static cJSON *answer_all(const cJSON *request) {
    if (!cJSON_IsArray(request)) {
        return answer_call(request);
    }
    if (!is_active(LIE_ANSWER)) {
        return ask_upstream(request);
    }
    cJSON *answers = cJSON_CreateArray();
    const cJSON *call;
    cJSON_ArrayForEach(call, request) {
        cJSON *answer = answer_call(call);
        if (answer == NULL) {
            cJSON_Delete(answers);
            return NULL;
        }
        cJSON_AddItemToArray(answers, answer);
    }
    return answers;
}

static void reply_rpc(struct server_conn *conn, const cJSON *request) {
    count(request);
    try_luck();
    if (is_mode("silence") && is_active(LIE_TRANSPORT) && concerns_any(request)) {
        server_wait(conn, (unsigned)(1000 * state.arg));
        told_one();
    } else if (is_active(LIE_TRANSPORT) && concerns_any(request)) {
        lie_by_transport(conn);
        return;
    }
    if (is_active(LIE_BATCH) && cJSON_IsArray(request) &&
        cJSON_GetArraySize(request) > (state.arg < 1 ? 1 : (int)state.arg)) {
        refuse_batch(conn, request);
        return;
    }
    cJSON *answer = answer_all(request);
    if (answer == NULL) {
        reply_text(conn, 502, "", "the node behind the proxy does not answer");
        return;
    }
    if (is_active(LIE_ORDER) && concerns_any(request)) {
        lie_about_order(answer);
    }
    char *text = cJSON_PrintUnformatted(answer);
    if (is_active(LIE_TEXT) && concerns_any(request)) {
        lie_by_text(conn, text);
    } else {
        reply_text(conn, 200, "", text);
    }
    cJSON_free(text);
    cJSON_Delete(answer);
}

/* --- control -------------------------------------------------------------------------------- */

static const struct lie *find_lie(const char *mode) {
    for (const struct lie *lie = lies; mode != NULL && lie->mode != NULL; lie++) {
        if (strcmp(lie->mode, mode) == 0) {
            return lie;
        }
    }
    return NULL;
}

static void reset_counts(void) {
    cJSON_Delete(state.methods);
    state.methods = cJSON_CreateObject();
    state.requests = state.batches = state.largest_batch = state.told = 0;
}

static void reply_counts(struct server_conn *conn) {
    cJSON *counts = cJSON_CreateObject();
    cJSON_AddStringToObject(counts, "mode", state.lie->mode);
    cJSON_AddNumberToObject(counts, "told", (double)state.told);
    cJSON_AddNumberToObject(counts, "requests", (double)state.requests);
    cJSON_AddNumberToObject(counts, "batches", (double)state.batches);
    cJSON_AddNumberToObject(counts, "largest_batch", (double)state.largest_batch);
    cJSON_AddItemToObject(counts, "methods", cJSON_Duplicate(state.methods, true));
    cJSON_AddItemToObject(counts, "forged", forge_ids());
    char *text = cJSON_PrintUnformatted(counts);
    reply_text(conn, 200, "", text);
    cJSON_free(text);
    cJSON_Delete(counts);
}

static bool set_lie(const char *mode, const cJSON *arg, const cJSON *number, const char *method) {
    const struct lie *lie = find_lie(mode);
    if (lie == NULL) {
        return false;
    }
    state.lie = lie;
    state.arg = cJSON_IsNumber(arg) ? arg->valuedouble : lie->arg;
    state.left = cJSON_IsNumber(number) && number->valuedouble > 0 ? (long)number->valuedouble : -1;
    snprintf(state.method, sizeof(state.method), "%s", method == NULL ? "" : method);
    state.chance = 1;
    lies_reset();
    return true;
}

static void set_luck(const cJSON *chance, const cJSON *seed) {
    if (cJSON_IsNumber(chance)) {
        state.chance = chance->valuedouble;
    }
    if (cJSON_IsNumber(seed)) {
        state.random = 0x9e3779b97f4a7c15u ^ (uint64_t)seed->valuedouble;
    }
}

static void reply_control(struct server_conn *conn, const cJSON *request) {
    const char *mode = cJSON_GetStringValue(cJSON_GetObjectItem(request, "mode"));
    bool reset = cJSON_IsTrue(cJSON_GetObjectItem(request, "reset"));
    const cJSON *logs = cJSON_GetObjectItem(request, "logs");
    if (mode != NULL &&
        !set_lie(mode, cJSON_GetObjectItem(request, "arg"), cJSON_GetObjectItem(request, "count"),
                 cJSON_GetStringValue(cJSON_GetObjectItem(request, "method")))) {
        reply_text(conn, 400, "", "{\"error\":\"no such mode; see liar --help\"}\n");
        return;
    }
    set_luck(cJSON_GetObjectItem(request, "chance"), cJSON_GetObjectItem(request, "seed"));
    if (logs != NULL ? !forge_logs(logs) : mode == NULL && !reset) {
        reply_text(conn, 400, "", "{\"error\":\"nothing that can be done; see liar --help\"}\n");
        return;
    }
    if (reset) {
        reset_counts();
    }
    reply_counts(conn);
}

static void on_request(void *ctx, const struct server_request *request) {
    (void)ctx;
    if (strcmp(request->path, "/counts") == 0) {
        reply_counts(request->conn);
        return;
    }
    cJSON *json = cJSON_ParseWithLength((const char *)request->body.p, request->body.n);
    if (json == NULL) {
        reply_text(request->conn, 400, "", "{\"error\":\"the body is no JSON\"}\n");
    } else if (strcmp(request->path, "/control") == 0) {
        reply_control(request->conn, json);
    } else {
        reply_rpc(request->conn, json);
    }
    cJSON_Delete(json);
}

int main(int argc, char **argv) {
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        usage(stdout);
        return 0;
    }
    if (argc < 2 || argc > 4) {
        usage(stderr);
        return 2;
    }
    const char *mode = argc > 2 ? argv[2] : "honest";
    cJSON *arg = argc > 3 ? cJSON_CreateNumber(strtod(argv[3], NULL)) : NULL;
    bool known = set_lie(mode, arg, NULL, NULL);
    cJSON_Delete(arg);
    if (!known) {
        fprintf(stderr, "liar: no mode %s; see liar --help\n", mode);
        return 2;
    }
    state.upstream = argv[1];
    state.random = 1;
    upstream_open(state.upstream, "liar");
    reset_counts();
    server_run(on_request);
    cJSON_Delete(state.methods);
    lies_reset();
    upstream_close();
    return 0;
}
