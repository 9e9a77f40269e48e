/* A proxy in front of the bed's rollup that gives its headers Nitro's form; see usage(). */
#include "calls.h"
#include "http_server.h"
#include "nitro_chain.h"
#include "upstream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void usage(FILE *to) {
    fputs("usage: nitro_headers UPSTREAM-URL\n\n"
          "An emulation, for tests, of what a Nitro node shows of its chain. Listens on a free\n"
          "port of 127.0.0.1, prints \"Listening on 127.0.0.1:PORT\", passes JSON-RPC on to\n"
          "UPSTREAM-URL, a node with the contracts of tests/bed/contracts at 0x64 and 0x6E, and\n"
          "shows\n"
          "  headers with the send root, the send count, the number of the L1 block and the\n"
          "    version of ArbOS that 0x64 has at that block, and with the hashes that follow\n"
          "  what 0x6E did within other transactions as transactions of Nitro's own types, with\n"
          "    receipts, and the roots and blooms that follow\n"
          "  no tips: a Nitro sequencer takes what comes first\n"
          "Hashes of blocks are translated in both directions. Filters that the node keeps,\n"
          "debug_ and trace_ are refused. Blocks that are replaced stay known until the end.\n",
          to);
}

/* --- which call is what --------------------------------------------------------------------- */

enum kind {
    KIND_OTHER,
    KIND_BLOCK,
    KIND_RECEIPTS,
    KIND_RECEIPT,
    KIND_TRANSACTION,
    KIND_RAW,
    KIND_LOGS,
    KIND_TRANSACTION_AT, /* asked as a block with its transactions */
    KIND_COUNT,          /* likewise */
    KIND_FEES,
    KIND_TIP,
    KIND_REFUSED
};

static const struct {
    const char *method;
    enum kind kind;
} methods[] = {
    {"eth_getBlockByNumber", KIND_BLOCK},
    {"eth_getBlockByHash", KIND_BLOCK},
    {"eth_getBlockReceipts", KIND_RECEIPTS},
    {"eth_getTransactionReceipt", KIND_RECEIPT},
    {"eth_getTransactionByHash", KIND_TRANSACTION},
    {"eth_getRawTransactionByHash", KIND_RAW},
    {"eth_getLogs", KIND_LOGS},
    {"eth_getTransactionByBlockHashAndIndex", KIND_TRANSACTION_AT},
    {"eth_getTransactionByBlockNumberAndIndex", KIND_TRANSACTION_AT},
    {"eth_getBlockTransactionCountByHash", KIND_COUNT},
    {"eth_getBlockTransactionCountByNumber", KIND_COUNT},
    {"eth_feeHistory", KIND_FEES},
    {"eth_maxPriorityFeePerGas", KIND_TIP},
    {"eth_newFilter", KIND_REFUSED},
    {"eth_newBlockFilter", KIND_REFUSED},
    {"eth_getFilterChanges", KIND_REFUSED},
    {"eth_getFilterLogs", KIND_REFUSED},
    {"eth_subscribe", KIND_REFUSED},
    {"eth_getHeaderByHash", KIND_REFUSED},
    {"eth_getHeaderByNumber", KIND_REFUSED},
    {"eth_getRawTransactionByBlockHashAndIndex", KIND_REFUSED},
    {"eth_getRawTransactionByBlockNumberAndIndex", KIND_REFUSED},
};

static enum kind kind_of(const cJSON *call) {
    const char *method = cJSON_GetStringValue(cJSON_GetObjectItem(call, "method"));
    for (size_t i = 0; method != NULL && i < CW_COUNT(methods); i++) {
        if (strcmp(method, methods[i].method) == 0) {
            return methods[i].kind;
        }
    }
    return method != NULL &&
                   (strncmp(method, "debug_", 6) == 0 || strncmp(method, "trace_", 6) == 0)
               ? KIND_REFUSED
               : KIND_OTHER;
}

/* --- to the node ---------------------------------------------------------------------------- */

/* Hashes of blocks in parameters: those that are shown become the node's; a hash that only the node
 * knows becomes one that nobody does. */
static void translate_params(cJSON *value) {
    cJSON *child;
    cJSON_ArrayForEach(child, value) {
        translate_params(child);
    }
    if (!cJSON_IsString(value) || strlen(value->valuestring) != 66) {
        return;
    }
    const struct nitro_block *block = nitro_chain_shown(value);
    char hex[CW_HEX_SIZE(32)];
    struct cw_hash32 none;
    memset(none.b, 0xee, sizeof(none.b));
    if (block != NULL || nitro_chain_is_own(value)) {
        const struct cw_hash32 *hash = block != NULL ? &block->own : &none;
        cJSON_SetValuestring(value, cw_hex_encode(hex, cw_slice_of(hash->b, 32)));
    }
}

/* What goes to the node for this call. */
static cJSON *upstream_call(const cJSON *call, enum kind kind, int id) {
    cJSON *copy = cJSON_Duplicate(call, true);
    translate_params(cJSON_GetObjectItem(copy, "params"));
    if (kind == KIND_TRANSACTION_AT || kind == KIND_COUNT) {
        cJSON *params = cJSON_CreateArray();
        cJSON_AddItemToArray(params, cJSON_Duplicate(call_param(copy, 0), true));
        cJSON_AddItemToArray(params, cJSON_CreateTrue());
        bool by_hash = strstr(cJSON_GetObjectItem(call, "method")->valuestring, "ByHash") != NULL ||
                       strstr(cJSON_GetObjectItem(call, "method")->valuestring, "BlockHash") !=
                           NULL;
        cJSON_Delete(copy);
        copy = call_new(by_hash ? "eth_getBlockByHash" : "eth_getBlockByNumber", params);
    }
    cJSON_DeleteItemFromObject(copy, "id");
    cJSON_AddNumberToObject(copy, "id", id);
    return copy;
}

/* What this proxy answers by itself; NULL: the node is asked. */
static cJSON *answer_alone(const cJSON *call, enum kind kind) {
    const struct nitro_block *block;
    const char *first = cJSON_GetStringValue(call_param(call, 0));
    if (kind == KIND_REFUSED) {
        return answer_error(call, -32601, "not through nitro_headers");
    }
    if (kind == KIND_TIP) {
        return answer_with(call, quantity_new(0));
    }
    if (kind == KIND_BLOCK && first != NULL && strcmp(first, "pending") == 0) {
        return answer_error(call, -32000, "no pending block through nitro_headers");
    }
    if (kind != KIND_RECEIPT && kind != KIND_TRANSACTION && kind != KIND_RAW) {
        return NULL;
    }
    int index = nitro_chain_transaction(&block, call_param(call, 0));
    if (index < 0) {
        return NULL;
    }
    const cJSON *from = kind == KIND_RECEIPT       ? block->receipts
                        : kind == KIND_TRANSACTION ? block->transactions
                                                   : block->raws;
    return answer_with(call, cJSON_Duplicate(cJSON_GetArrayItem(from, index), true));
}

/* --- from the node -------------------------------------------------------------------------- */

static void put_hash(cJSON *object, const char *key, const struct cw_hash32 *hash) {
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    cJSON_AddItemToObject(object, key, hex_new(cw_slice_of(hash->b, 32)));
}

/* Members that name a block, at any depth. False when such a block is gone. */
static bool translate_result(cJSON *value) {
    static const char *const keys[] = {"blockHash", "currentBlockHash"};
    cJSON *child;
    for (size_t i = 0; cJSON_IsObject(value) && i < CW_COUNT(keys); i++) {
        const cJSON *hash = cJSON_GetObjectItemCaseSensitive(value, keys[i]);
        if (cJSON_IsString(hash)) {
            const struct nitro_block *block = nitro_chain_of(hash);
            if (block == NULL) {
                return false;
            }
            put_hash(value, keys[i], &block->hash);
        }
    }
    cJSON_ArrayForEach(child, value) {
        if ((cJSON_IsObject(child) || cJSON_IsArray(child)) && !translate_result(child)) {
            return false;
        }
    }
    return true;
}

/* Each takes the node's result and returns what is shown, or NULL when a block of it is gone. */

static cJSON *show_block(cJSON *result, const cJSON *call) {
    if (!cJSON_IsString(cJSON_GetObjectItem(result, "hash"))) {
        return result; /* null, or the pending one */
    }
    const struct nitro_block *block = nitro_chain_of(cJSON_GetObjectItem(result, "hash"));
    if (block == NULL) {
        cJSON_Delete(result);
        return NULL;
    }
    nitro_block_show(block, result, call == NULL || cJSON_IsTrue(call_param(call, 1)));
    return result;
}

static cJSON *show_generic(cJSON *result) {
    if (!translate_result(result)) {
        cJSON_Delete(result);
        return NULL;
    }
    return result;
}

/* Takes result, a block's receipts. */
static cJSON *show_receipts(cJSON *result) {
    const cJSON *first = cJSON_GetArrayItem(result, 0);
    const struct nitro_block *block = nitro_chain_of(cJSON_GetObjectItem(first, "blockHash"));
    if (block == NULL || block->receipts == NULL) {
        return show_generic(result);
    }
    cJSON_Delete(result);
    return cJSON_Duplicate(block->receipts, true);
}

/* Takes result, one transaction or its receipt. In a block that has others than the node's it is
 * null where it is not shown. */
static cJSON *show_one(cJSON *result, const cJSON *call, enum kind kind) {
    const struct nitro_block *block = nitro_chain_of(cJSON_GetObjectItem(result, "blockHash"));
    if (block == NULL || block->receipts == NULL) {
        return show_generic(result);
    }
    cJSON *shown = NULL;
    for (int i = 0; shown == NULL && i < cJSON_GetArraySize(block->transactions); i++) {
        const cJSON *tx = cJSON_GetArrayItem(block->transactions, i);
        if (cJSON_Compare(cJSON_GetObjectItem(tx, "hash"), call_param(call, 0), true)) {
            shown = cJSON_Duplicate(
                kind == KIND_RECEIPT ? cJSON_GetArrayItem(block->receipts, i) : tx, true);
        }
    }
    cJSON_Delete(result);
    return shown != NULL ? shown : cJSON_CreateNull();
}

static int by_place(const void *a, const void *b) {
    uint64_t place[2][2] = {{0, 0}, {0, 0}};
    const cJSON *log[2] = {*(cJSON *const *)a, *(cJSON *const *)b};
    for (size_t i = 0; i < 2; i++) {
        (void)quantity(&place[i][0], cJSON_GetObjectItem(log[i], "blockNumber"));
        (void)quantity(&place[i][1], cJSON_GetObjectItem(log[i], "logIndex"));
    }
    int by_block = (place[0][0] > place[1][0]) - (place[0][0] < place[1][0]);
    return by_block != 0 ? by_block : (place[0][1] > place[1][1]) - (place[0][1] < place[1][1]);
}

/* Takes logs, which are in order but within a block. */
static cJSON *sorted(cJSON *logs) {
    size_t n = (size_t)cJSON_GetArraySize(logs);
    cJSON **each = calloc(n + 1, sizeof(*each)), *all = cJSON_CreateArray();
    assert(each != NULL);
    for (size_t i = 0; i < n; i++) {
        each[i] = cJSON_DetachItemFromArray(logs, 0);
    }
    qsort(each, n, sizeof(*each), by_place);
    for (size_t i = 0; i < n; i++) {
        cJSON_AddItemToArray(all, each[i]);
    }
    free(each);
    cJSON_Delete(logs);
    return all;
}

static cJSON *show_logs(cJSON *result) {
    cJSON *shown = cJSON_CreateArray();
    const cJSON *log;
    cJSON_ArrayForEach(log, result) {
        const struct nitro_block *block = nitro_chain_of(cJSON_GetObjectItem(log, "blockHash"));
        uint64_t index;
        if (block == NULL || !quantity(&index, cJSON_GetObjectItem(log, "logIndex"))) {
            cJSON_Delete(shown);
            cJSON_Delete(result);
            return NULL;
        }
        if (block->receipts == NULL) {
            cJSON *copy = cJSON_Duplicate(log, true);
            put_hash(copy, "blockHash", &block->hash);
            cJSON_AddItemToArray(shown, copy);
        } else if (index < block->logs_n && block->logs[index] != NULL) {
            cJSON_AddItemToArray(shown, cJSON_Duplicate(block->logs[index], true));
        }
    }
    cJSON_Delete(result);
    return sorted(shown);
}

static cJSON *show_of_block(cJSON *result, const cJSON *call, enum kind kind) {
    cJSON *block = show_block(result, NULL), *found = NULL;
    if (!cJSON_IsObject(block)) {
        return block;
    }
    cJSON *transactions = cJSON_GetObjectItem(block, "transactions");
    uint64_t index;
    if (kind == KIND_COUNT) {
        found = quantity_new((uint64_t)cJSON_GetArraySize(transactions));
    } else if (quantity(&index, call_param(call, 1)) &&
               index < (uint64_t)cJSON_GetArraySize(transactions)) {
        found = cJSON_DetachItemFromArray(transactions, (int)index);
    } else {
        found = cJSON_CreateNull();
    }
    cJSON_Delete(block);
    return found;
}

static cJSON *show_fees(cJSON *result) {
    cJSON *of_block, *tip;
    cJSON_ArrayForEach(of_block, cJSON_GetObjectItem(result, "reward")) {
        cJSON_ArrayForEach(tip, of_block) {
            cJSON_SetValuestring(tip, "0x0");
        }
    }
    return result;
}

/* Takes result; NULL when a block of it is gone. */
static cJSON *show(cJSON *result, const cJSON *call, enum kind kind) {
    switch (kind) {
    case KIND_BLOCK:
        return show_block(result, call);
    case KIND_RECEIPTS:
        return show_receipts(result);
    case KIND_RECEIPT:
    case KIND_TRANSACTION:
        return show_one(result, call, kind);
    case KIND_LOGS:
        return show_logs(result);
    case KIND_TRANSACTION_AT:
    case KIND_COUNT:
        return show_of_block(result, call, kind);
    case KIND_FEES:
        return show_fees(result);
    case KIND_RAW:
    case KIND_TIP:
    case KIND_REFUSED:
    case KIND_OTHER:
        break;
    }
    return show_generic(result);
}

/* Takes answer, the node's. */
static cJSON *shown_answer(cJSON *answer, const cJSON *call, enum kind kind) {
    cJSON *result = cJSON_DetachItemFromObject(answer, "result"), *shown_result = NULL;
    cJSON *shown = NULL;
    if (result == NULL) { /* an error, as the node has it */
        shown = answer_new(call);
        cJSON_AddItemToObject(shown, "error", cJSON_DetachItemFromObject(answer, "error"));
    } else if ((shown_result = show(result, call, kind)) != NULL) {
        shown = answer_with(call, shown_result);
    } else {
        shown = answer_error(call, -32000, "the block was replaced while it was asked for");
    }
    cJSON_Delete(answer);
    return shown;
}

/* --- requests ------------------------------------------------------------------------------- */

static cJSON *find_answer(cJSON *answers, int id) {
    for (int i = 0; i < cJSON_GetArraySize(answers); i++) {
        const cJSON *own = cJSON_GetObjectItem(cJSON_GetArrayItem(answers, i), "id");
        if (cJSON_IsNumber(own) && own->valueint == id) {
            return cJSON_DetachItemFromArray(answers, i);
        }
    }
    return NULL;
}

/* The answers to all calls but those without an id; NULL when the node does not answer. */
static cJSON *answer_all(const cJSON *calls) {
    cJSON *requests = cJSON_CreateArray(), *answers = cJSON_CreateArray();
    const cJSON *call;
    int id = 0;
    cJSON_ArrayForEach(call, calls) {
        cJSON *alone = answer_alone(call, kind_of(call));
        if (alone == NULL) {
            cJSON_AddItemToArray(requests, upstream_call(call, kind_of(call), id));
        }
        cJSON_AddItemToArray(answers, alone != NULL ? alone : cJSON_CreateNull());
        id++;
    }
    cJSON *theirs = cJSON_GetArraySize(requests) == 0 ? cJSON_CreateArray()
                                                      : ask_upstream(requests);
    id = 0;
    cJSON_ArrayForEach(call, calls) {
        cJSON *answer = cJSON_IsNull(cJSON_GetArrayItem(answers, id)) ? find_answer(theirs, id)
                                                                      : NULL;
        if (answer != NULL) {
            cJSON_ReplaceItemInArray(answers, id, shown_answer(answer, call, kind_of(call)));
        }
        id++;
    }
    bool good = cJSON_IsArray(theirs);
    for (int i = id; i-- > 0;) {
        const cJSON *asked = cJSON_GetObjectItem(cJSON_GetArrayItem(calls, i), "id");
        if (asked == NULL) {
            cJSON_DeleteItemFromArray(answers, i);
        } else if (cJSON_IsNull(cJSON_GetArrayItem(answers, i))) {
            good = false;
        }
    }
    cJSON_Delete(theirs);
    cJSON_Delete(requests);
    if (!good) {
        cJSON_Delete(answers);
        return NULL;
    }
    return answers;
}

static void reply_text(struct server_conn *conn, int status, const char *text) {
    server_reply(conn, status, "", cw_slice_of(text, strlen(text)));
}

static void reply_json(struct server_conn *conn, const cJSON *answer) {
    if (answer == NULL) {
        reply_text(conn, 502, "the node behind the proxy does not answer as it should");
        return;
    }
    char *text = cJSON_PrintUnformatted(answer);
    reply_text(conn, 200, text);
    cJSON_free(text);
}

static void reply_rpc(struct server_conn *conn, const cJSON *request) {
    bool batch = cJSON_IsArray(request);
    cJSON *calls = cJSON_Duplicate(request, true);
    if (!batch) {
        cJSON *array = cJSON_CreateArray();
        cJSON_AddItemToArray(array, calls);
        calls = array;
    }
    const cJSON *call;
    bool asks = cJSON_GetArraySize(calls) > 0;
    cJSON_ArrayForEach(call, calls) {
        asks = asks && cJSON_IsObject(call);
    }
    cJSON *answers = NULL;
    if (!asks) { /* the node says what is wrong with it */
        answers = ask_upstream(request);
        reply_json(conn, answers);
    } else {
        answers = nitro_chain_sync() ? answer_all(calls) : NULL;
        bool silent = answers != NULL && cJSON_GetArraySize(answers) == 0;
        if (silent) {
            reply_text(conn, 200, "");
        } else {
            reply_json(conn, batch ? answers : cJSON_GetArrayItem(answers, 0));
        }
    }
    cJSON_Delete(answers);
    cJSON_Delete(calls);
}

static void on_request(void *ctx, const struct server_request *request) {
    (void)ctx;
    cJSON *json = cJSON_ParseWithLength((const char *)request->body.p, request->body.n);
    if (json == NULL) {
        reply_text(request->conn, 400, "{\"error\":\"the body is no JSON\"}\n");
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
    if (argc != 2 || argv[1][0] == '-') {
        usage(stderr);
        return 2;
    }
    upstream_open(argv[1], "nitro_headers");
    server_run(on_request);
    nitro_chain_done();
    upstream_close();
    return 0;
}
