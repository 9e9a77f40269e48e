/* Checks what nitro_headers shows of a rollup, block by block: nitro_shown URL. Everything that a
 * header binds is recomputed from what it binds, the send tree with it; see
 * tests/e2e/nitro_headers.sh. */
#include "calls.h"
#include "upstream.h"

#include "core/json.h"
#include "net/eth.h"

#include <causeway/keccak.h>
#include <causeway/merkle_tree.h>
#include <causeway/receipt.h>

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long transactions_by_type[256], updates;

static void fail(const char *format, ...) CW_PRINTF(1, 2) __attribute__((noreturn));

static void fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}

static cJSON *params_of(cJSON *first, cJSON *second) {
    cJSON *params = cJSON_CreateArray();
    cJSON_AddItemToArray(params, first);
    if (second != NULL) {
        cJSON_AddItemToArray(params, second);
    }
    return params;
}

static struct cw_json_doc *parsed(const cJSON *value) {
    char *text = cJSON_PrintUnformatted(value);
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, &error) != CW_OK) {
        fail("%s", error.text);
    }
    cJSON_free(text);
    return doc;
}

/* --- the send tree -------------------------------------------------------------------------- */

static struct cw_addr20 arb_sys;
static struct cw_merkle_shape shape;
static struct cw_merkle_tree tree;

/* The nodes that a leaf completed, the leaf first, and how many of them were announced: all but the
 * leaf are, lowest first, before the leaf's own event. */
struct sends {
    struct cw_merkle_node updates[CW_MERKLE_DEPTH_MAX];
    size_t updates_n;
    uint64_t l1_block; /* as their events have it */
    bool any;
};

static void take_update(struct sends *sends, const struct cw_receipt_log *log) {
    uint64_t leaf = 0;
    for (size_t i = 24; i < 32; i++) {
        leaf = leaf << 8 | log->topics[3].b[i];
    }
    unsigned level = log->topics[3].b[7];
    if (!cw_hash32_is_zero(&log->topics[1]) || sends->updates_n == CW_MERKLE_DEPTH_MAX) {
        fail("a SendMerkleUpdate with reserved set, or too many");
    }
    sends->updates[sends->updates_n++] = (struct cw_merkle_node){level, leaf >> level,
                                                                 log->topics[2]};
    updates++;
}

static void take_send(struct sends *sends, const struct cw_receipt_log *log) {
    struct cw_merkle_node nodes[CW_MERKLE_DEPTH_MAX];
    struct cw_hash32 leaf;
    struct cw_u256 position = cw_u256_from_be(log->topics[3].b), l1_block;
    size_t n = 0;
    uint64_t index, l1;
    if (cw_u256_to_u64(&index, &position) || index != tree.size) {
        fail("send %" PRIu64 " is at another position", tree.size);
    }
    cw_keccak256(&leaf, cw_slice_of(log->topics[2].b, 32));
    if (cw_merkle_tree_append(&tree, nodes, &n, &leaf) != CW_OK || n != sends->updates_n + 1) {
        fail("send %" PRIu64 " completes %zu nodes, %zu are announced", index, n - 1,
             sends->updates_n);
    }
    for (size_t i = 1; i < n; i++) {
        const struct cw_merkle_node *said = &sends->updates[i - 1];
        if (said->level != nodes[i].level || said->index != nodes[i].index ||
            !cw_hash32_equal(&said->hash, &nodes[i].hash)) {
            fail("node %zu that send %" PRIu64 " completes is announced wrongly", i, index);
        }
    }
    sends->updates_n = 0;
    l1_block = cw_u256_from_be(log->data.p + 64);
    if (cw_u256_to_u64(&l1, &l1_block) || (sends->any && l1 != sends->l1_block)) {
        fail("send %" PRIu64 " names another L1 block than those before it", index);
    }
    sends->any = true;
    sends->l1_block = l1;
}

static void grow_tree(struct sends *sends, const struct cw_receipt *receipt) {
    struct cw_hash32 send, update;
    cw_keccak256(&send, CW_LITERAL("L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,"
                                   "uint256,uint256,bytes)"));
    cw_keccak256(&update, CW_LITERAL("SendMerkleUpdate(uint256,bytes32,uint256)"));
    for (size_t i = 0; i < receipt->n_logs; i++) {
        const struct cw_receipt_log *log = &receipt->logs[i];
        if (!cw_addr20_equal(&log->address, &arb_sys)) {
            continue;
        }
        if (cw_hash32_equal(&log->topics[0], &update)) {
            take_update(sends, log);
        } else if (cw_hash32_equal(&log->topics[0], &send)) {
            take_send(sends, log);
        }
    }
}

/* --- a block -------------------------------------------------------------------------------- */

static uint64_t be64(const uint8_t *p) {
    uint64_t value = 0;
    for (size_t i = 0; i < 8; i++) {
        value = value << 8 | p[i];
    }
    return value;
}

static void check_state(const struct cw_header *header, const struct sends *sends) {
    struct cw_hash32 root = {{0}};
    const struct cw_u256 one = cw_u256_from_u64(1);
    if (tree.size > 0) {
        cw_merkle_tree_root(&root, &tree);
    }
    if (header->extra_n != 32 || memcmp(header->extra, root.b, 32) != 0) {
        fail("block %" PRIu64 ": the send root is not that of %" PRIu64 " sends", header->number.v,
             tree.size);
    }
    if (be64(header->mix_hash.b) != tree.size || cw_u256_cmp(&header->difficulty, &one) != 0) {
        fail("block %" PRIu64 ": the send count or the difficulty is wrong", header->number.v);
    }
    if (sends->any && sends->l1_block != be64(header->mix_hash.b + 8)) {
        fail("block %" PRIu64 ": its sends name another L1 block", header->number.v);
    }
}

/* That transaction, by itself. */
static struct cw_slice check_transaction(struct cw_arena *arena, const cJSON *receipt,
                                         const cJSON *tx) {
    const cJSON *hash = cJSON_GetObjectItem(receipt, "transactionHash");
    cJSON *again = ask_node("eth_getTransactionReceipt",
                            params_of(cJSON_Duplicate(hash, true), NULL));
    cJSON *by_hash = ask_node("eth_getTransactionByHash",
                              params_of(cJSON_Duplicate(hash, true), NULL));
    cJSON *raw = ask_node("eth_getRawTransactionByHash",
                          params_of(cJSON_Duplicate(hash, true), NULL));
    const char *hex = cJSON_GetStringValue(raw);
    struct cw_hash32 computed, claimed;
    size_t n = 0;
    if (!cJSON_Compare(receipt, again, true) || !cJSON_Compare(tx, by_hash, true) || hex == NULL) {
        fail("transaction %s is not the same when it is asked for alone", hash->valuestring);
    }
    uint8_t *bytes = cw_arena_alloc(arena, strlen(hex));
    if (cw_hex_decode_any(bytes, strlen(hex), &n, hex, strlen(hex)) != CW_OK ||
        cw_hex_decode(claimed.b, 32, hash->valuestring, strlen(hash->valuestring)) != CW_OK) {
        fail("transaction %s is malformed", hash->valuestring);
    }
    cw_keccak256(&computed, cw_slice_of(bytes, n));
    if (!cw_hash32_equal(&computed, &claimed)) {
        fail("transaction %s hashes to something else", hash->valuestring);
    }
    transactions_by_type[n > 0 && bytes[0] < 0xc0 ? bytes[0] : 0]++;
    cJSON_Delete(again);
    cJSON_Delete(by_hash);
    cJSON_Delete(raw);
    return cw_slice_of(bytes, n);
}

/* What eth_getLogs has of the block is what its receipts have. */
static void check_logs(const cJSON *receipts, const cJSON *hash) {
    cJSON *filter = cJSON_CreateObject(), *all = cJSON_CreateArray();
    cJSON_AddItemToObject(filter, "blockHash", cJSON_Duplicate(hash, true));
    cJSON *logs = ask_node("eth_getLogs", params_of(filter, NULL));
    const cJSON *receipt, *log;
    cJSON_ArrayForEach(receipt, receipts) {
        cJSON_ArrayForEach(log, cJSON_GetObjectItem(receipt, "logs")) {
            cJSON_AddItemToArray(all, cJSON_Duplicate(log, true));
        }
    }
    if (!cJSON_Compare(all, logs, true)) {
        fail("the logs of block %s are not those of its receipts", hash->valuestring);
    }
    cJSON_Delete(all);
    cJSON_Delete(logs);
}

static void check_lists(struct cw_arena *arena, const struct cw_header *header, const cJSON *block,
                        struct sends *sends) {
    const cJSON *hash = cJSON_GetObjectItem(block, "hash");
    const cJSON *txs = cJSON_GetObjectItem(block, "transactions");
    cJSON *receipts = ask_node("eth_getBlockReceipts",
                               params_of(cJSON_Duplicate(hash, true), NULL));
    struct cw_json_doc *doc = parsed(receipts);
    struct cw_receipt *list = NULL;
    struct cw_error error;
    struct cw_bloom bloom = {{0}};
    struct cw_hash32 root;
    size_t n = 0;
    if (cw_eth_receipts(&list, &n, arena, cw_json_root(doc), &error) != CW_OK) {
        fail("block %" PRIu64 ": %s", header->number.v, error.text);
    }
    struct cw_slice *raws = cw_arena_array(arena, n, sizeof(*raws));
    if (n != (size_t)cJSON_GetArraySize(txs)) {
        fail("block %" PRIu64 " has not as many receipts as transactions", header->number.v);
    }
    for (size_t i = 0; i < n; i++) {
        struct cw_bloom own;
        const cJSON *receipt = cJSON_GetArrayItem(receipts, (int)i);
        raws[i] = check_transaction(arena, receipt, cJSON_GetArrayItem(txs, (int)i));
        cw_receipt_bloom(&own, &list[i]);
        for (size_t b = 0; b < sizeof(bloom.b); b++) {
            bloom.b[b] |= own.b[b];
        }
        grow_tree(sends, &list[i]);
    }
    if (cw_receipts_verify(arena, &header->receipts_root, list, n).verdict != CW_VALID ||
        cw_transactions_root(arena, &root, raws, n) != CW_OK ||
        !cw_hash32_equal(&root, &header->transactions_root) ||
        memcmp(bloom.b, header->logs_bloom.b, sizeof(bloom.b)) != 0 ||
        header->gas_used != (n == 0 ? 0 : list[n - 1].cumulative_gas_used)) {
        fail("block %" PRIu64 ": receipts, transactions, bloom or gas are not the header's",
             header->number.v);
    }
    check_logs(receipts, hash);
    cw_json_free(doc);
    cJSON_Delete(receipts);
}

/* state at a block is asked for by its hash */
static void check_call(const cJSON *hash, uint64_t number) {
    cJSON *call = cJSON_CreateObject(), *at = cJSON_CreateObject();
    uint8_t words[4 * 32];
    cJSON_AddStringToObject(call, "to", "0x0000000000000000000000000000000000000064");
    cJSON_AddStringToObject(call, "data", "0x1db58fbe");
    cJSON_AddItemToObject(at, "blockHash", cJSON_Duplicate(hash, true));
    cJSON *result = ask_node("eth_call", params_of(call, at));
    const char *hex = cJSON_GetStringValue(result);
    if (hex == NULL || (strcmp(hex, "0x") != 0 &&
                        (cw_hex_decode(words, sizeof(words), hex, strlen(hex)) != CW_OK ||
                         be64(words + 56) != tree.size))) {
        fail("block %" PRIu64 ": a call by its hash does not answer for it", number);
    }
    cJSON_Delete(result);
}

/* Returns its hash. */
static struct cw_hash32 check_block(uint64_t number, const struct cw_hash32 *parent) {
    cJSON *block = ask_node("eth_getBlockByNumber",
                            params_of(quantity_new(number), cJSON_CreateTrue()));
    const cJSON *said = cJSON_GetObjectItem(block, "hash");
    struct cw_json_doc *doc = parsed(block);
    struct cw_header *header = malloc(sizeof(*header));
    struct cw_hash32 hash;
    struct cw_error error;
    struct cw_arena arena;
    struct sends sends = {.updates_n = 0};
    assert(header != NULL);
    cw_arena_init(&arena, (size_t)64 << 20);
    if (cw_eth_header(header, &hash, cw_json_root(doc), &error) != CW_OK) {
        fail("block %" PRIu64 ": %s", number, error.text);
    }
    if (number > 0 && !cw_hash32_equal(&header->parent_hash, parent)) {
        fail("block %" PRIu64 " has another parent than the block below", number);
    }
    cJSON *by_hash = ask_node("eth_getBlockByHash",
                              params_of(cJSON_Duplicate(said, true), cJSON_CreateTrue()));
    if (!cJSON_Compare(block, by_hash, true)) {
        fail("block %" PRIu64 " is another one by its hash", number);
    }
    check_lists(&arena, header, block, &sends);
    check_state(header, &sends);
    check_call(said, number);
    cJSON_Delete(by_hash);
    cJSON_Delete(block);
    cw_json_free(doc);
    cw_arena_done(&arena);
    free(header);
    return hash;
}

int main(int argc, char **argv) {
    struct cw_hash32 hash = {{0}};
    const struct cw_hash32 zero = {{0}};
    uint64_t head = 0;
    if (argc != 2) {
        fputs("usage: nitro_shown URL\n", stderr);
        return 2;
    }
    arb_sys.b[19] = 0x64;
    if (cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_SAME, &zero, 0, CW_MERKLE_DEPTH_MAX) !=
        CW_OK) {
        return 1;
    }
    cw_merkle_tree_init(&tree, &shape);
    upstream_open(argv[1], "nitro_shown");
    cJSON *number = ask_node("eth_blockNumber", cJSON_CreateArray());
    if (!quantity(&head, number)) {
        fail("%s has no block", argv[1]);
    }
    cJSON_Delete(number);
    for (uint64_t i = 0; i <= head; i++) {
        hash = check_block(i, &hash);
    }
    upstream_close();
    printf("blocks %" PRIu64 " sends %" PRIu64 " updates %lu", head + 1, tree.size, updates);
    for (unsigned type = 0; type < 256; type++) {
        if (transactions_by_type[type] > 0) {
            printf(" 0x%02x %lu", type, transactions_by_type[type]);
        }
    }
    putchar('\n');
    return 0;
}
