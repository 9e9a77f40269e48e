#include "sign/web3signer.h"

#include "core/json.h"
#include "net/sort.h"
#include "net/url.h"
#include "sign/key.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REST_PATH  "/api/v1/eth1/sign/"
#define CONNECT_MS 5000u
#define BODY_MAX   ((size_t)4 * CW_SIGN_DATA_MAX) /* two digits a byte, and the rest */
#define TEXT_SIZE  400

struct web3signer {
    struct cw_signer signer;
    struct cw_loop *loop;
    struct cw_url *url; /* as configured */
    char *target;       /* where requests go: a secret, too */
    bool is_rest;
    uint32_t deadline_ms;
    uint64_t next_id;
    struct pending *pending; /* the newest first */
};

/* One signature that was asked for. */
struct pending {
    struct web3signer *owner;
    struct pending *next;
    struct cw_http *http;
    uint64_t id;
    struct cw_sign_request request;
    uint8_t *data; /* of the request */
    cw_sign_done *done;
    void *ctx;
};

/* --- life ------------------------------------------------------------------------------------- */

static void pending_free(struct pending *pending) {
    struct pending **at = &pending->owner->pending;
    while (*at != NULL && *at != pending) {
        at = &(*at)->next;
    }
    if (*at == pending) {
        *at = pending->next;
    }
    free(pending->data);
    free(pending);
}

static void web3signer_free(struct cw_signer *signer) {
    struct web3signer *w = (struct web3signer *)signer;
    while (w->pending != NULL) {
        assert(w->pending->owner == w);
        cw_http_cancel(w->loop, w->pending->http);
        pending_free(w->pending);
    }
    cw_url_free(w->url);
    free(w->target);
    free(w);
}

/* Says what went wrong, with whom, without the URL's secrets. Frees the request first: the callback
 * may free the signer. */
static void fail(struct pending *pending, enum cw_err err, const char *what) {
    char scrubbed[TEXT_SIZE], text[TEXT_SIZE + 100];
    cw_url_scrub(pending->owner->url, scrubbed, sizeof scrubbed, what);
    snprintf(text, sizeof text, "Web3Signer %.80s: %s", cw_url_host(pending->owner->url), scrubbed);
    cw_sign_done *done = pending->done;
    void *ctx = pending->ctx;
    pending_free(pending);
    done(ctx, err, cw_slice_of(NULL, 0), NULL, text);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static void put_quantity(struct cw_buf *out, const char *key, const struct cw_u256 *value) {
    char text[CW_QUANTITY_SIZE];
    cw_buf_format(out, ",\"%s\":\"%s\"", key, cw_u256_to_quantity(text, value));
}

static void put_u64(struct cw_buf *out, const char *key, uint64_t value) {
    const struct cw_u256 wide = cw_u256_from_u64(value);
    put_quantity(out, key, &wide);
}

static void put_data(struct cw_buf *out, const char *before, struct cw_slice bytes,
                     const char *after) {
    cw_buf_text(out, before);
    cw_buf_hex(out, bytes);
    cw_buf_text(out, after);
}

/* The chain is named although a Web3Signer does not look at it: others that answer the same method
 * do. */
static void put_call(struct cw_buf *out, const struct pending *pending) {
    const struct cw_sign_request *request = &pending->request;
    cw_buf_format(out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64 ",\"method\":\"eth_signTransaction\"",
                  pending->id);
    put_data(out, ",\"params\":[{\"from\":\"",
             cw_slice_of(pending->owner->signer.address.b, sizeof(struct cw_addr20)), "\"");
    put_data(out, ",\"to\":\"", cw_slice_of(request->to.b, sizeof request->to.b), "\"");
    put_u64(out, "gas", request->gas_limit);
    put_quantity(out, request->legacy ? "gasPrice" : "maxFeePerGas", &request->max_fee.v);
    if (!request->legacy) {
        put_quantity(out, "maxPriorityFeePerGas", &request->max_tip.v);
    }
    put_u64(out, "nonce", request->nonce);
    put_quantity(out, "value", &request->value.v);
    put_u64(out, "chainId", request->chain_id.v);
    put_data(out, ",\"data\":\"", request->data, "\"}]}");
}

static enum cw_err put_payload(struct cw_buf *out, const struct pending *pending) {
    struct cw_arena arena;
    struct cw_tx tx;
    struct cw_slice payload;
    cw_arena_init(&arena, CW_SIGN_ARENA_MAX);
    cw_sign_request_tx(&tx, &pending->request);
    enum cw_err err = cw_tx_encode_unsigned(&arena, &payload, &tx);
    if (err == CW_OK) {
        put_data(out, "{\"data\":\"", payload, "\"}");
    }
    cw_arena_done(&arena);
    return err;
}

/* --- what comes back -------------------------------------------------------------------------- */

/* One that has no time now, does not know us or has no such key has not said no to what was asked:
 * that is about all messages, and ends by itself once it is mended. */
static enum cw_err err_of_status(long status) {
    static const long not_about_it[] = {401, 403, 404, 407, 408, 429};
    for (size_t i = 0; i < CW_COUNT(not_about_it); i++) {
        if (status == not_about_it[i]) {
            return CW_ERR_TRANSPORT;
        }
    }
    return status >= 400 && status < 500 ? CW_ERR_REFUSED : CW_ERR_TRANSPORT;
}

/* The result of a JSON-RPC answer as raw bytes, or what is wrong with it. */
static enum cw_err read_result(struct cw_slice *ret, struct cw_arena *arena,
                               const struct cw_json *root, uint64_t id, char text[TEXT_SIZE]) {
    const struct cw_json *error = cw_json_get(root, "error");
    if (error != NULL && cw_json_type(error) != CW_JSON_NULL) {
        struct cw_buf none;
        cw_buf_init(&none, 0);
        enum cw_sorted sorted = cw_sort_error(error, text, TEXT_SIZE, &none);
        cw_buf_done(&none);
        if (sorted == CW_SORTED_NO_METHOD) {
            snprintf(text, TEXT_SIZE,
                     "it has no eth_signTransaction: with \"public_key\" its REST interface is "
                     "used");
        }
        /* CW_ERR_OVERLOADED would say that a budget is spent. */
        return sorted == CW_SORTED_OVERLOADED ? CW_ERR_TRANSPORT : cw_sorted_err(sorted);
    }
    uint64_t said = 0;
    const char *hex = cw_json_string(cw_json_get(root, "result"));
    size_t hex_n = hex != NULL ? strlen(hex) : 0, n = 0;
    uint8_t *raw = cw_arena_alloc(arena, hex_n / 2 + 1);
    if (raw == NULL) {
        snprintf(text, TEXT_SIZE, "no memory for its answer");
        return CW_ERR_MEMORY;
    }
    if (cw_json_u64(&said, cw_json_get(root, "id")) != CW_OK || said != id || hex == NULL ||
        cw_hex_decode_any(raw, hex_n / 2, &n, hex, hex_n) != CW_OK) {
        snprintf(text, TEXT_SIZE, "its answer is none to eth_signTransaction");
        return CW_ERR_TRANSPORT;
    }
    *ret = cw_slice_of(raw, n);
    return CW_OK;
}

static enum cw_err read_call(struct cw_slice *ret, struct cw_arena *arena,
                             const struct pending *pending, long status, struct cw_slice body,
                             char text[TEXT_SIZE]) {
    struct cw_json_doc *doc = NULL;
    struct cw_error why;
    enum cw_err err = cw_json_parse(&doc, body, false, &why);
    const struct cw_json *root = err == CW_OK ? cw_json_root(doc) : NULL;
    /* it refuses with a status of its own and says why in the body */
    if (status != 200 && cw_json_get(root, "error") == NULL) {
        snprintf(text, TEXT_SIZE, "HTTP %ld", status);
        err = err_of_status(status);
    } else if (err != CW_OK) {
        snprintf(text, TEXT_SIZE, "its answer is no JSON: %.200s", why.text);
        err = err == CW_ERR_MEMORY ? err : CW_ERR_TRANSPORT;
    } else {
        err = read_result(ret, arena, root, pending->id, text);
    }
    cw_json_free(doc);
    return err;
}

/* r ‖ s ‖ v in hexadecimal, with or without a line end. */
static enum cw_err read_signature(struct cw_signature *ret, struct cw_slice body) {
    uint8_t bytes[65];
    while (body.n > 0 && isspace(body.p[body.n - 1]) != 0) {
        body.n--;
    }
    enum cw_err err = cw_hex_decode(bytes, sizeof bytes, (const char *)body.p, body.n);
    if (err == CW_OK && bytes[64] != 27 && bytes[64] != 28) {
        err = CW_ERR_INPUT;
    }
    if (err == CW_OK) {
        memcpy(ret->r.b, bytes, sizeof ret->r.b);
        memcpy(ret->s.b, bytes + 32, sizeof ret->s.b);
        ret->y_parity = (uint8_t)(bytes[64] - 27);
    }
    return err;
}

static enum cw_err read_rest(struct cw_slice *ret, struct cw_arena *arena,
                             const struct pending *pending, long status, struct cw_slice body,
                             char text[TEXT_SIZE]) {
    struct cw_signature signature;
    struct cw_tx tx;
    if (status != 200) {
        snprintf(text, TEXT_SIZE, "HTTP %ld%s", status,
                 status == 404 ? ": it has no key for that public key" : "");
        return err_of_status(status);
    }
    if (read_signature(&signature, body) != CW_OK) {
        snprintf(text, TEXT_SIZE, "its answer is no signature of 65 bytes");
        return CW_ERR_TRANSPORT;
    }
    cw_sign_request_tx(&tx, &pending->request);
    enum cw_err err = cw_tx_encode_signed(arena, ret, &tx, &signature);
    if (err != CW_OK) {
        snprintf(text, TEXT_SIZE,
                 err == CW_ERR_INPUT ? "it gave back a signature that no chain takes"
                                     : "no memory for its answer");
    }
    return err;
}

static void answered(void *ctx, enum cw_err err, long status, uint32_t retry_after_s,
                     struct cw_slice body, const char *what) {
    struct pending *pending = ctx;
    const struct web3signer *w = pending->owner;
    struct cw_arena arena;
    struct cw_slice raw = {NULL, 0};
    struct cw_hash32 hash;
    struct cw_error error;
    char text[TEXT_SIZE];
    (void)retry_after_s; /* who wants the signature asks again in his own time */
    pending->http = NULL;
    cw_arena_init(&arena, BODY_MAX + CW_SIGN_ARENA_MAX);
    if (err != CW_OK) {
        snprintf(text, sizeof text, "%s", what);
    } else {
        err = w->is_rest ? read_rest(&raw, &arena, pending, status, body, text)
                         : read_call(&raw, &arena, pending, status, body, text);
    }
    if (err == CW_OK) {
        cw_tx_hash(&hash, raw);
        err = cw_signer_check(&pending->request, &w->signer.address, raw, &hash, &error);
        snprintf(text, sizeof text, "%.*s", TEXT_SIZE - 1, err == CW_OK ? "" : error.text);
    }
    if (err != CW_OK) {
        fail(pending, err, text);
    } else {
        cw_sign_done *done = pending->done;
        void *done_ctx = pending->ctx;
        pending_free(pending);
        done(done_ctx, CW_OK, raw, &hash, "");
    }
    cw_arena_done(&arena);
}

static void web3signer_sign(struct cw_signer *signer, const struct cw_sign_request *request,
                            cw_sign_done *done, void *ctx) {
    struct web3signer *w = (struct web3signer *)signer;
    struct pending *pending = calloc(1, sizeof *pending);
    uint8_t *data = malloc(request->data.n > 0 ? request->data.n : 1);
    if (pending == NULL || data == NULL) {
        free(pending);
        free(data);
        done(ctx, CW_ERR_MEMORY, cw_slice_of(NULL, 0), NULL, "no memory to ask a Web3Signer");
        return;
    }
    if (request->data.n > 0) {
        memcpy(data, request->data.p, request->data.n);
    }
    *pending = (struct pending){w, w->pending, NULL, w->next_id++, *request, data, done, ctx};
    pending->request.data = cw_slice_of(data, request->data.n);
    w->pending = pending;

    struct cw_buf body;
    cw_buf_init(&body, BODY_MAX);
    enum cw_err err = CW_OK;
    if (w->is_rest) {
        err = put_payload(&body, pending);
    } else {
        put_call(&body, pending);
    }
    const struct cw_http_request post = {
        .url = w->target,
        .body = (const char *)body.p,
        .body_n = body.n,
        .connect_ms = CONNECT_MS,
        .deadline_ms = w->deadline_ms,
        .max_bytes = BODY_MAX,
        .done = answered,
        .ctx = pending,
    };
    if (err == CW_OK) {
        err = body.failed ? CW_ERR_MEMORY : cw_http_post(w->loop, &post, &pending->http);
    }
    cw_buf_done(&body);
    if (err != CW_OK) {
        fail(pending, err,
             err == CW_ERR_INPUT ? "refused to ask: a transaction that no chain takes"
                                 : "no memory to ask it");
    }
}

/* --- making one ------------------------------------------------------------------------------- */

static const struct cw_signer_ops web3signer_ops = {web3signer_sign, web3signer_free, NULL};

/* url, without the slashes at its end, and for REST the path of the key. */
static enum cw_err make_target(struct web3signer *w, const struct cw_web3signer_config *config,
                               struct cw_error *error) {
    size_t n = strlen(config->url);
    while (w->is_rest && n > 0 && config->url[n - 1] == '/') {
        n--;
    }
    if (w->is_rest && memchr(config->url, '?', n) != NULL) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "the URL of a Web3Signer has no query where \"public_key\" is set");
    }
    size_t size = n + sizeof REST_PATH + strlen(config->public_key);
    w->target = malloc(size);
    if (w->target == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    snprintf(w->target, size, "%.*s%s%s", (int)n, config->url, w->is_rest ? REST_PATH : "",
             config->public_key);
    return CW_OK;
}

enum cw_err cw_signer_web3signer(struct cw_signer **ret, const struct cw_web3signer_config *config,
                                 struct cw_error *error) {
    bool is_rest = config->public_key[0] != '\0';
    enum cw_err err = is_rest ? cw_key_check_public(&config->address, config->public_key, error)
                              : CW_OK;
    struct web3signer *w = err == CW_OK ? calloc(1, sizeof *w) : NULL;
    if (err != CW_OK) {
        return cw_error_wrap(error, err, "the Web3Signer's public key");
    }
    if (w == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a signer");
    }
    *w = (struct web3signer){
        .signer = {&web3signer_ops, config->address},
        .loop = config->loop,
        .is_rest = is_rest,
        .deadline_ms = config->deadline_ms,
        .next_id = 1,
    };
    err = cw_url_new(&w->url, config->url, error);
    if (err == CW_OK) {
        err = make_target(w, config, error);
    }
    if (err != CW_OK) {
        web3signer_free(&w->signer);
        return err;
    }
    *ret = &w->signer;
    return CW_OK;
}
