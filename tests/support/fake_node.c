#include "fake_node.h"

#include "core/json.h"
#include "http_server.h"

#include <causeway/arena.h>

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void put_value(struct cw_buf *out, const struct cw_json *value) {
    if (value == NULL || cw_json_type(value) == CW_JSON_NULL) {
        cw_buf_text(out, "null");
    } else if (cw_json_type(value) == CW_JSON_STRING) {
        cw_json_quote(out, cw_json_string(value));
    } else {
        cw_buf_text(out, "true");
    }
}

static void put_element(struct node *node, struct cw_buf *out, const struct cw_json *call,
                        bool honest, uint64_t add_to_id, bool too_large) {
    uint64_t id = 0;
    enum cw_err err = cw_json_u64(&id, cw_json_get(call, "id"));
    assert(err == CW_OK);
    (void)err;
    const char *method = cw_json_string(cw_json_get(call, "method"));
    assert(method != NULL);
    const struct cw_json *first = cw_json_first(cw_json_get(call, "params"));
    cw_buf_format(out, "{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64, id + add_to_id);
    if (strcmp(method, "eth_chainId") == 0 && honest) {
        cw_buf_format(out, ",\"result\":\"0x%" PRIx64 "\"}", node->chain_id);
        return;
    }
    if (strcmp(method, "eth_blockNumber") == 0 && honest) {
        cw_buf_format(out, ",\"result\":\"0x%" PRIx64 "\"}", node->head);
        return;
    }
    enum node_manner manner = honest ? NODE_HONEST : node->manner;
    if (too_large) {
        cw_buf_text(out, ",\"error\":{\"code\":-32003,\"message\":\"response too large\"}}");
    } else if (manner == NODE_ERROR) {
        cw_buf_format(out, ",\"error\":%s}", node->raw);
    } else if (manner == NODE_BOTH) {
        cw_buf_text(out, ",\"error\":{\"code\":1,\"message\":\"x\"},\"result\":\"0x1\"}");
    } else if (manner == NODE_NEITHER) {
        cw_buf_text(out, "}");
    } else if (manner == NODE_NULL) {
        cw_buf_text(out, ",\"result\":null}");
    } else if (manner == NODE_SAYS) {
        cw_buf_format(out, ",\"result\":%s}", node->raw);
    } else {
        cw_buf_text(out, ",\"result\":");
        put_value(out, first);
        cw_buf_text(out, "}");
    }
}

static const struct cw_json *nth(const struct cw_json *array, size_t i) {
    const struct cw_json *e = cw_json_first(array);
    while (i-- > 0) {
        e = cw_json_next(e);
    }
    return e;
}

static void put_answer(struct node *node, struct cw_buf *out, const struct cw_json *root,
                       bool honest) {
    enum node_manner manner = honest ? NODE_HONEST : node->manner;
    if (cw_json_type(root) == CW_JSON_OBJECT) {
        put_element(node, out, root, honest, manner == NODE_RENUMBERS ? 1000 : 0, false);
        return;
    }
    size_t n = cw_json_size(root);
    cw_buf_text(out, "[");
    for (size_t i = 0; i < n; i++) {
        size_t which = manner == NODE_REVERSES ? n - 1 - i : i;
        if (manner == NODE_OMITS && i == n / 2) {
            continue;
        }
        which = manner == NODE_DOUBLES && i == n - 1 ? 0 : which;
        cw_buf_text(out, out->p[out->n - 1] == '[' ? "" : ",");
        put_element(node, out, nth(root, which), honest,
                    manner == NODE_RENUMBERS && i == n - 1 ? 1000 : 0,
                    manner == NODE_TOO_LARGE && i > 0);
    }
    cw_buf_text(out, "]");
}

static void refuse_batch(const struct node *node, const struct server_request *request,
                         const struct cw_json *root) {
    struct cw_buf out;
    uint64_t id = 0;
    switch (node->refuses) {
    case REFUSES_BY_OBJECT:
        server_reply(request->conn, 200, "",
                     CW_LITERAL("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32600,"
                                "\"message\":\"Invalid request\"}}"));
        return;
    case REFUSES_BY_413:
        server_reply(request->conn, 413, "", CW_LITERAL("<html>too large</html>"));
        return;
    case REFUSES_BY_FIRST:
        cw_buf_init(&out, 1000);
        enum cw_err err = cw_json_u64(&id, cw_json_get(cw_json_first(root), "id"));
        assert(err == CW_OK);
        (void)err;
        cw_buf_format(&out,
                      "[{\"jsonrpc\":\"2.0\",\"id\":%" PRIu64
                      ",\"error\":{\"code\":-32600,\"message\":\"batch too large\"}}]",
                      id);
        server_reply(request->conn, 200, "", cw_buf_slice(&out));
        cw_buf_done(&out);
        return;
    }
}

static void answer(struct node *node, const struct server_request *request,
                   const struct cw_json *root, bool honest) {
    struct cw_buf out;
    cw_buf_init(&out, (size_t)64 << 20);
    put_answer(node, &out, root, honest);
    struct cw_slice body = cw_buf_slice(&out);
    switch (honest ? NODE_HONEST : node->manner) {
    case NODE_NEVER:
        server_reply_never(request->conn);
        break;
    case NODE_HANG_UP:
        server_hang_up(request->conn);
        break;
    case NODE_TRUNCATES:
        server_reply_part(request->conn, cw_slice_of(body.p, body.n / 2), body.n, false);
        break;
    case NODE_HALF_JSON:
        server_reply(request->conn, 200, "", cw_slice_of(body.p, body.n / 2));
        break;
    case NODE_ENDLESS:
        server_reply_endless(request->conn, "", 0);
        break;
    case NODE_STATUS:
        server_reply(request->conn, node->status, node->headers,
                     cw_slice_of(node->raw, strlen(node->raw)));
        break;
    case NODE_RAW:
        server_reply(request->conn, 200, "", cw_slice_of(node->raw, strlen(node->raw)));
        break;
    case NODE_HONEST:
    case NODE_REVERSES:
    case NODE_OMITS:
    case NODE_DOUBLES:
    case NODE_RENUMBERS:
    case NODE_BOTH:
    case NODE_NEITHER:
    case NODE_ERROR:
    case NODE_TOO_LARGE:
    case NODE_NULL:
    case NODE_SAYS:
        server_reply(request->conn, 200, "", body);
        break;
    }
    cw_buf_done(&out);
}

static void on_request(void *ctx, const struct server_request *request) {
    struct node *node = ctx;
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {CW_OK, ""};
    snprintf(node->path, sizeof(node->path), "%s", request->path);
    if (cw_json_parse(&doc, request->body, false, &error) != CW_OK) {
        fprintf(stderr, "the node was sent no JSON: %s\n", error.text);
        assert(false);
    }
    const struct cw_json *root = cw_json_root(doc);
    bool is_batch = cw_json_type(root) == CW_JSON_ARRAY;
    const char *method = cw_json_string(cw_json_get(root, "method"));
    bool asks_head = method != NULL && strcmp(method, "eth_blockNumber") == 0;
    bool probe = asks_head || (method != NULL && strcmp(method, "eth_chainId") == 0);
    if (probe) {
        *(asks_head ? &node->heads_asked : &node->probes) += 1;
    } else {
        node->requests++;
        node->last_batch = is_batch ? cw_json_size(root) : 1;
        node->elements += (unsigned)node->last_batch;
        node->largest_batch = node->last_batch > node->largest_batch ? node->last_batch
                                                                     : node->largest_batch;
    }
    if (is_batch && node->batch_max > 0 && cw_json_size(root) > node->batch_max) {
        refuse_batch(node, request, root);
    } else {
        answer(node, request, root, node->manner == NODE_HONEST || (probe && !node->chain_id_too));
    }
    cw_json_free(doc);
}

void node_init(struct node *node) {
    memset(node, 0, sizeof(*node));
    node->server = server_new(on_request, node);
    node->chain_id = 10;
    node->head = 100;
    node->headers = "";
    node->raw = "";
}

void node_done(struct node *node) {
    server_free(node->server);
    node->server = NULL;
}

void node_step(struct node *node) {
    if (node->server != NULL) {
        server_step(node->server, 0);
    }
}

const char *node_url(const struct node *node, char text[128], const char *suffix) {
    snprintf(text, 128, "http://127.0.0.1:%u%s", server_port(node->server), suffix);
    return text;
}
