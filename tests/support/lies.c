#include "lies.h"

#include "calls.h"
#include "forge.h"

#include <causeway/base.h>
#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Another digit in the place of the one at that position, counted from the end when negative. */
static bool change_digit(cJSON *text, long at) {
    char *value = cJSON_GetStringValue(text);
    if (value == NULL) {
        return false;
    }
    long n = (long)strlen(value);
    at = at < 0 ? n + at : at;
    if (at < 2 || at >= n) {
        return false;
    }
    value[at] = value[at] == '0' ? '1' : '0';
    return true;
}

static bool is_block_call(const cJSON *call) {
    return call_is(call, "eth_getBlockByNumber") || call_is(call, "eth_getBlockByHash");
}

/* --- heads ---------------------------------------------------------------------------------- */

/* Blocks by tag are arg blocks older than the head. */
static cJSON *old_head_before(cJSON *call, double arg) {
    uint64_t number;
    if (call_is(call, "eth_getBlockByNumber") && is_tag(call_param(call, 0))) {
        cJSON *params = cJSON_CreateArray();
        cJSON_AddItemToArray(params, cJSON_Duplicate(call_param(call, 0), true));
        cJSON_AddItemToArray(params, cJSON_CreateFalse());
        cJSON *head = ask_node("eth_getBlockByNumber", params);
        if (quantity(&number, cJSON_GetObjectItem(head, "number"))) {
            number = number > (uint64_t)arg ? number - (uint64_t)arg : 0;
            call_set_param(call, 0, quantity_new(number));
        }
        cJSON_Delete(head);
    }
    return NULL;
}

static bool old_head_after(const cJSON *call, cJSON *answer, double arg) {
    uint64_t number;
    if (call_is(call, "eth_blockNumber") && quantity(&number, answer_result(answer))) {
        answer_set(answer, quantity_new(number > (uint64_t)arg ? number - (uint64_t)arg : 0));
        return true;
    }
    return call_is(call, "eth_getBlockByNumber") && is_tag(call_param(call, 0));
}

/* The first answer for a tag is repeated for ever. */
static struct {
    char *tag;
    cJSON *result;
} frozen[4];

static bool stale_head_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    const char *tag = call_is(call, "eth_blockNumber") ? "number"
                      : call_is(call, "eth_getBlockByNumber") && is_tag(call_param(call, 0))
                          ? cJSON_GetStringValue(call_param(call, 0))
                          : NULL;
    if (tag == NULL) {
        return false;
    }
    for (size_t i = 0; i < CW_COUNT(frozen); i++) {
        if (frozen[i].tag == NULL) {
            frozen[i].tag = strdup(tag);
            frozen[i].result = cJSON_Duplicate(answer_result(answer), true);
            return false;
        }
        if (strcmp(frozen[i].tag, tag) == 0) {
            answer_set(answer, cJSON_Duplicate(frozen[i].result, true));
            return true;
        }
    }
    return false;
}

void lies_reset(void) {
    forge_reset();
    for (size_t i = 0; i < CW_COUNT(frozen); i++) {
        free(frozen[i].tag);
        cJSON_Delete(frozen[i].result);
        frozen[i].tag = NULL;
        frozen[i].result = NULL;
    }
}

static bool wrong_header_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    return is_block_call(call) &&
           change_digit(cJSON_GetObjectItem(answer_result(answer), "stateRoot"), -1);
}

static bool null_block_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    if (!is_block_call(call)) {
        return false;
    }
    answer_set(answer, cJSON_CreateNull());
    return true;
}

static bool chain_id_after(const cJSON *call, cJSON *answer, double arg) {
    if (!call_is(call, "eth_chainId")) {
        return false;
    }
    answer_set(answer, quantity_new((uint64_t)arg));
    return true;
}

/* --- another chain -------------------------------------------------------------------------- */

static cJSON *forged_above_before(cJSON *call, double arg) {
    return forge_answer(FORGE_ABOVE, arg, call);
}

static cJSON *fork_before(cJSON *call, double arg) {
    return forge_answer(FORGE_FORK, arg, call);
}

static cJSON *forge_receipts_before(cJSON *call, double arg) {
    return forge_answer(FORGE_BLOCKS, arg, call);
}

/* --- proofs, logs, receipts, calls ---------------------------------------------------------- */

static bool flip_proof_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    if (!call_is(call, "eth_getProof")) {
        return false;
    }
    cJSON *slot = cJSON_GetArrayItem(cJSON_GetObjectItem(answer_result(answer), "storageProof"), 0);
    cJSON *nodes = cJSON_GetObjectItem(slot, "proof");
    if (cJSON_GetArraySize(nodes) == 0) {
        nodes = cJSON_GetObjectItem(answer_result(answer), "accountProof");
    }
    cJSON *node = cJSON_GetArrayItem(nodes, cJSON_GetArraySize(nodes) - 1);
    const char *text = cJSON_GetStringValue(node);
    return text != NULL && change_digit(node, (long)strlen(text) / 2 + 1);
}

static bool drop_log_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    if (!call_is(call, "eth_getLogs") || cJSON_GetArraySize(answer_result(answer)) == 0) {
        return false;
    }
    cJSON_DeleteItemFromArray(answer_result(answer), 0);
    return true;
}

/* The logs of block arg, or all of them, as if there were none. */
static bool drop_logs_after(const cJSON *call, cJSON *answer, double arg) {
    bool dropped = false;
    for (int i = cJSON_GetArraySize(answer_result(answer));
         call_is(call, "eth_getLogs") && i-- > 0;) {
        uint64_t block;
        const cJSON *log = cJSON_GetArrayItem(answer_result(answer), i);
        if (quantity(&block, cJSON_GetObjectItem(log, "blockNumber")) &&
            (arg == 0 || block == (uint64_t)arg)) {
            cJSON_DeleteItemFromArray(answer_result(answer), i);
            dropped = true;
        }
    }
    return dropped;
}

/* Another last digit in the first log's data, or in its first topic. */
static bool change_log(cJSON *log) {
    return change_digit(cJSON_GetObjectItem(log, "data"), -1) ||
           change_digit(cJSON_GetArrayItem(cJSON_GetObjectItem(log, "topics"), 0), -1);
}

static bool change_log_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    return call_is(call, "eth_getLogs") && change_log(cJSON_GetArrayItem(answer_result(answer), 0));
}

/* One more log, like the last one but for a digit. */
static bool forge_log_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    uint64_t index;
    int n = cJSON_GetArraySize(answer_result(answer));
    if (!call_is(call, "eth_getLogs") || n == 0) {
        return false;
    }
    cJSON *log = cJSON_Duplicate(cJSON_GetArrayItem(answer_result(answer), n - 1), true);
    if (quantity(&index, cJSON_GetObjectItem(log, "logIndex"))) {
        cJSON_ReplaceItemInObject(log, "logIndex", quantity_new(index + 1));
    }
    change_log(log);
    cJSON_AddItemToArray(answer_result(answer), log);
    return true;
}

/* The first receipt with logs, of a block or of a transaction. */
static cJSON *logs_of_receipt(const cJSON *call, cJSON *answer) {
    if (!call_is(call, "eth_getBlockReceipts")) {
        return NULL;
    }
    cJSON *receipt;
    cJSON_ArrayForEach(receipt, answer_result(answer)) {
        cJSON *logs = cJSON_GetObjectItem(receipt, "logs");
        if (cJSON_GetArraySize(logs) > 0) {
            return logs;
        }
    }
    return NULL;
}

static bool drop_receipt_log_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    cJSON *logs = logs_of_receipt(call, answer);
    if (logs == NULL) {
        return false;
    }
    cJSON_DeleteItemFromArray(logs, 0);
    return true;
}

static bool change_receipt_log_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    return change_log(cJSON_GetArrayItem(logs_of_receipt(call, answer), 0));
}

static bool hide_receipt_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    if (!call_is(call, "eth_getTransactionReceipt") || cJSON_IsNull(answer_result(answer))) {
        return false;
    }
    answer_set(answer, cJSON_CreateNull());
    return true;
}

static bool false_call_after(const cJSON *call, cJSON *answer, double arg) {
    (void)arg;
    if (!call_is(call, "eth_call")) {
        return false;
    }
    if (!change_digit(answer_result(answer), -1)) { /* "0x", or a revert */
        answer_set(answer, cJSON_CreateString("0x000000000000000000000000000000000000000000000000"
                                              "0000000000000001"));
    }
    return true;
}

/* Calls at a block's hash are compared with others' answers; a liar who does not want to be seen
 * answers those. arg: selector of the error; 0: no data. */
static cJSON *false_revert_before(cJSON *call, double arg) {
    bool estimate = call_is(call, "eth_estimateGas");
    if ((!call_is(call, "eth_call") && !estimate) || cJSON_IsObject(call_param(call, 1))) {
        return NULL;
    }
    cJSON *answer = answer_error(call, 3, "execution reverted");
    char data[16];
    snprintf(data, sizeof(data), "0x%08" PRIx32, (uint32_t)arg);
    cJSON_AddStringToObject(cJSON_GetObjectItem(answer, "error"), "data", arg == 0 ? "0x" : data);
    return answer;
}

static bool add_after(const cJSON *call, cJSON *answer, double arg) {
    uint64_t value;
    (void)call;
    if (!quantity(&value, answer_result(answer))) {
        return false;
    }
    answer_set(answer, quantity_new((uint64_t)((int64_t)value + (int64_t)arg)));
    return true;
}

static cJSON *refuse_range_before(cJSON *call, double arg) {
    uint64_t from, to;
    const cJSON *filter = call_param(call, 0);
    if (!call_is(call, "eth_getLogs") ||
        !quantity(&from, cJSON_GetObjectItem(filter, "fromBlock")) ||
        !quantity(&to, cJSON_GetObjectItem(filter, "toBlock")) || to < from ||
        (double)(to - from) + 1 <= arg) {
        return NULL;
    }
    char text[160];
    snprintf(text, sizeof(text),
             "query returned more than 10000 results. Try with this block range [0x%" PRIx64
             ", 0x%" PRIx64 "].",
             from, from + (uint64_t)arg - 1);
    return answer_error(call, -32005, text);
}

/* --- transactions and errors ---------------------------------------------------------------- */

/* Says the hash, sends nothing. */
static cJSON *swallow_tx_before(cJSON *call, double arg) {
    (void)arg;
    const char *text = cJSON_GetStringValue(call_param(call, 0));
    if (!call_is(call, "eth_sendRawTransaction") || text == NULL) {
        return NULL;
    }
    size_t n = 0, text_n = strlen(text);
    uint8_t *raw = malloc(text_n);
    cJSON *answer = NULL;
    if (raw != NULL && cw_hex_decode_any(raw, text_n, &n, text, text_n) == CW_OK) {
        struct cw_hash32 hash;
        char hex[CW_HEX_SIZE(32)];
        cw_keccak256(&hash, cw_slice_of(raw, n));
        answer = answer_with(call, cJSON_CreateString(cw_hex_encode(hex, cw_slice_of(hash.b, 32))));
    }
    free(raw);
    return answer;
}

static cJSON *behind_before(cJSON *call, double arg) {
    (void)arg;
    static const char *const methods[] = {"eth_call", "eth_getProof", "eth_getBlockReceipts",
                                          "eth_getLogs", "eth_getTransactionCount"};
    for (size_t i = 0; i < CW_COUNT(methods); i++) {
        if (call_is(call, methods[i])) {
            return answer_error(call, -32000, "header not found");
        }
    }
    return NULL;
}

/* States of blocks more than arg below the head are gone. */
static cJSON *proof_window_before(cJSON *call, double arg) {
    uint64_t number, head;
    if (!call_is(call, "eth_getProof") || !quantity(&number, call_param(call, 2))) {
        return NULL;
    }
    cJSON *latest = ask_node("eth_blockNumber", cJSON_CreateArray());
    bool gone = quantity(&head, latest) && number + (uint64_t)arg < head;
    cJSON_Delete(latest);
    return gone ? answer_error(call, -32000,
                               "missing trie node 59030c2a3d552c0af0eae6635117d919c9a3c36bc98c2180 "
                               "(path ) state 0x59030c2a is not available")
                : NULL;
}

static cJSON *no_block_hash_before(cJSON *call, double arg) {
    (void)arg;
    return call_is(call, "eth_call") && cJSON_IsObject(call_param(call, 1))
               ? answer_error(call, -32602,
                              "invalid argument 1: json: cannot unmarshal object into Go value of "
                              "type string")
               : NULL;
}

static cJSON *rate_limit_before(cJSON *call, double arg) {
    (void)arg;
    return answer_error(call, -32005, "limit exceeded: too many requests");
}

static cJSON *wrong_error_before(cJSON *call, double arg) {
    static const char *const shapes[] = {
        "\"something broke\"", "5", "{}", "[\"x\"]", "true", "{\"code\":\"-32000\",\"message\":7}"};
    cJSON *answer = answer_new(call);
    size_t shape = (size_t)arg % CW_COUNT(shapes);
    cJSON_AddItemToObject(answer, "error", cJSON_Parse(shapes[shape]));
    return answer;
}

/* --- all of them ---------------------------------------------------------------------------- */

/* --- signatures ----------------------------------------------------------------------------- */

/* Another transaction than the one that is asked for is signed: arg says in which point. */
static cJSON *sign_other_before(cJSON *call, double arg) {
    static const char *const points[] = {
        "nonce", "to", "value", "data", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "from"};
    uint64_t value;
    const char *point = points[(size_t)arg % CW_COUNT(points)];
    cJSON *tx = call_is(call, "eth_signTransaction") ? call_param(call, 0) : NULL;
    cJSON *member = cJSON_GetObjectItem(tx, point);
    if (strcmp(point, "from") == 0) {
        cJSON *accounts = ask_node("eth_accounts", cJSON_CreateArray());
        cJSON_ReplaceItemInObject(tx, "from", cJSON_DetachItemFromArray(accounts, 0));
        cJSON_Delete(accounts);
    } else if (member != NULL && (strcmp(point, "to") == 0 || strcmp(point, "data") == 0)) {
        (void)change_digit(member, -1);
    } else if (quantity(&value, member)) {
        cJSON_ReplaceItemInObject(
            tx, point,
            quantity_new(strcmp(point, "maxPriorityFeePerGas") == 0 ? value - 1 : value + 1));
    }
    return NULL;
}

static bool sign_other_after(const cJSON *call, cJSON *answer, double arg) {
    (void)answer;
    (void)arg;
    return call_is(call, "eth_signTransaction");
}

const struct lie lies[] = {
    {"honest", LIE_NONE, 0, "passes everything on", NULL, NULL},

    {"flip_proof", LIE_ANSWER, 0, "a digit in the last node of an eth_getProof", NULL,
     flip_proof_after},
    {"drop_log", LIE_ANSWER, 0, "the first log of an eth_getLogs is missing", NULL, drop_log_after},
    {"drop_logs", LIE_ANSWER, 0, "the logs of block ARG are missing in an eth_getLogs, 0: of all",
     NULL, drop_logs_after},
    {"change_log", LIE_ANSWER, 0, "a digit in the first log of an eth_getLogs", NULL,
     change_log_after},
    {"forge_log", LIE_ANSWER, 0, "one log more in an eth_getLogs", NULL, forge_log_after},
    {"drop_receipt_log", LIE_ANSWER, 0, "a log is missing in an eth_getBlockReceipts", NULL,
     drop_receipt_log_after},
    {"change_receipt_log", LIE_ANSWER, 0, "a digit in a log of an eth_getBlockReceipts", NULL,
     change_receipt_log_after},
    {"hide_receipt", LIE_ANSWER, 0, "null for eth_getTransactionReceipt", NULL, hide_receipt_after},
    {"old_head", LIE_ANSWER, 10, "the block of each tag is one ARG blocks before it",
     old_head_before, old_head_after},
    {"stale_head", LIE_ANSWER, 0, "blocks by tag never change again", NULL, stale_head_after},
    {"wrong_header", LIE_ANSWER, 0, "a digit in a block's stateRoot, its hash stays", NULL,
     wrong_header_after},
    {"null_block", LIE_ANSWER, 0, "null for every block", NULL, null_block_after},
    {"forged_above", LIE_ANSWER, 3,
     "well-formed blocks with a withdrawal that nobody sent, ARG above the latest one",
     forged_above_before, NULL},
    {"fork", LIE_ANSWER, 4,
     "a well-formed chain of its own from ARG blocks below the final one on, final blocks too",
     fork_before, NULL},
    {"forge_receipts", LIE_ANSWER, 4,
     "each ARG-th block is a well-formed one with a withdrawal that nobody sent",
     forge_receipts_before, NULL},
    {"chain_id", LIE_ANSWER, 1337, "eth_chainId is ARG", NULL, chain_id_after},
    {"false_call", LIE_ANSWER, 0, "a digit in the answer to an eth_call", NULL, false_call_after},
    {"false_revert", LIE_ANSWER, 0,
     "eth_call and eth_estimateGas at latest revert with the selector ARG; 0: without data",
     false_revert_before, NULL},
    {"add", LIE_ANSWER, 1, "ARG is added to whatever is a quantity", NULL, add_after},
    {"swallow_tx", LIE_ANSWER, 0, "eth_sendRawTransaction says the hash and sends nothing",
     swallow_tx_before, NULL},
    {"refuse_range", LIE_ANSWER, 100, "eth_getLogs over more than ARG blocks is refused",
     refuse_range_before, NULL},
    {"behind", LIE_ANSWER, 0, "\"header not found\" for whatever is asked at a block",
     behind_before, NULL},
    {"proof_window", LIE_ANSWER, 64, "no eth_getProof of blocks more than ARG below the head",
     proof_window_before, NULL},
    {"no_block_hash", LIE_ANSWER, 0,
     "eth_call refuses a block that is named by its hash (EIP-1898)", no_block_hash_before, NULL},
    {"rate_limit", LIE_ANSWER, 0, "every call gets error -32005", rate_limit_before, NULL},
    {"wrong_error", LIE_ANSWER, 0, "errors of a wrong shape: ARG 0 to 5", wrong_error_before, NULL},
    {"sign_other", LIE_ANSWER, 0,
     "eth_signTransaction signs another chain (ARG 0), nonce, receiver, value, data, gas, fee, "
     "tip, or for another",
     sign_other_before, sign_other_after},

    {"never", LIE_TRANSPORT, 0, "reads and keeps silent", NULL, NULL},
    {"silence", LIE_TRANSPORT, 30, "answers after ARG seconds", NULL, NULL},
    {"stall", LIE_TRANSPORT, 0, "begins an answer and keeps silent", NULL, NULL},
    {"hang_up", LIE_TRANSPORT, 0, "closes without an answer", NULL, NULL},
    {"http_429", LIE_TRANSPORT, 1, "HTTP 429 with Retry-After: ARG", NULL, NULL},
    {"http_429_bare", LIE_TRANSPORT, 0, "HTTP 429 and no word for how long", NULL, NULL},
    {"http_429_date", LIE_TRANSPORT, 2, "HTTP 429 with the date in ARG seconds as Retry-After",
     NULL, NULL},
    {"http_503", LIE_TRANSPORT, 0, "HTTP 503", NULL, NULL},
    {"html", LIE_TRANSPORT, 0, "a page of HTML", NULL, NULL},
    {"endless", LIE_TRANSPORT, 0, "an answer without an end", NULL, NULL},
    {"endless_slow", LIE_TRANSPORT, 20, "an answer without an end, a byte each ARG ms", NULL, NULL},
    {"endless_headers", LIE_TRANSPORT, 0, "HTTP headers without an end", NULL, NULL},
    {"gzip_bomb", LIE_TRANSPORT, 256, "some KiB that are ARG MiB of spaces once inflated", NULL,
     NULL},
    {"redirect", LIE_TRANSPORT, 307, "HTTP ARG to the node itself", NULL, NULL},
    {"deep_json", LIE_TRANSPORT, 0, "100000 brackets", NULL, NULL},

    {"truncate", LIE_TEXT, 0, "half of the JSON", NULL, NULL},
    {"close", LIE_TEXT, 0, "half of the JSON, then the connection closes", NULL, NULL},
    {"duplicate_key", LIE_TEXT, 0, "a key twice in one object", NULL, NULL},

    {"refuse_batch", LIE_BATCH, 0, "batches over ARG get one error object", NULL, NULL},
    {"refuse_batch_413", LIE_BATCH, 0, "batches over ARG get HTTP 413", NULL, NULL},
    {"refuse_batch_first", LIE_BATCH, 0, "batches over ARG: the first element has an error", NULL,
     NULL},

    {"reverse", LIE_ORDER, 0, "batch elements in reverse order (which is allowed)", NULL, NULL},
    {"omit", LIE_ORDER, 0, "the last element of a batch is missing", NULL, NULL},
    {"duplicate_id", LIE_ORDER, 0, "the last element of a batch has the first one's id", NULL,
     NULL},
    {"unknown_id", LIE_ORDER, 0, "an id that nobody asked for", NULL, NULL},

    {NULL, LIE_NONE, 0, NULL, NULL, NULL},
};
