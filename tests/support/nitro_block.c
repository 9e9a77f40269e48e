#include "nitro_block.h"

#include "calls.h"
#include "nitro_split.h"

#include "core/json.h"
#include "net/eth.h"

#include <causeway/header.h>
#include <causeway/receipt.h>

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_MAX ((size_t)256 << 20)

static void *told(const char *what) {
    fprintf(stderr, "nitro_headers: %s\n", what);
    return NULL;
}

static struct cw_slice bytes_of(struct cw_arena *arena, const char *hex) {
    size_t digits = strlen(hex), n;
    uint8_t *room = cw_arena_alloc(arena, digits);
    assert(room != NULL);
    return cw_hex_decode_any(room, digits, &n, hex, digits) == CW_OK ? cw_slice_of(room, n)
                                                                     : cw_slice_of(NULL, 0);
}

/* Takes value. In the place of what is there. */
static void put(cJSON *object, const char *key, cJSON *value) {
    cJSON_DeleteItemFromObjectCaseSensitive(object, key);
    cJSON_AddItemToObject(object, key, value);
}

static void put_hash(cJSON *object, const char *key, const struct cw_hash32 *hash) {
    put(object, key, hex_new(cw_slice_of(hash->b, 32)));
}

static void put_u64(cJSON *object, const char *key, uint64_t value) {
    put(object, key, quantity_new(value));
}

bool nitro_state_read(struct nitro_state *ret, const cJSON *words) {
    const char *text = cJSON_GetStringValue(words);
    uint8_t bytes[4 * 32];
    struct nitro_state state = {.send_count = 0};
    uint64_t *const numbers[] = {&state.send_count, &state.l1_block, &state.arbos};
    if (text == NULL) {
        return false;
    }
    if (strcmp(text, "0x") != 0) {
        if (cw_hex_decode(bytes, sizeof(bytes), text, strlen(text)) != CW_OK) {
            return false;
        }
        memcpy(state.send_root.b, bytes, 32);
        for (size_t i = 0; i < CW_COUNT(numbers); i++) {
            struct cw_u256 value = cw_u256_from_be(bytes + 32 * (i + 1));
            if (cw_u256_to_u64(numbers[i], &value)) {
                return false;
            }
        }
    }
    *ret = state;
    return true;
}

bool nitro_block_is_special(const cJSON *receipts) {
    const cJSON *receipt, *log;
    cJSON_ArrayForEach(receipt, receipts) {
        if (nitro_is_sequencer(receipt)) {
            return true;
        }
        cJSON_ArrayForEach(log, cJSON_GetObjectItem(receipt, "logs")) {
            if (nitro_is_mark(log)) {
                return true;
            }
        }
    }
    return false;
}

/* --- Nitro's transactions and receipts ------------------------------------------------------ */

/* The transaction without its place; NULL when it is malformed. */
static cJSON *transaction_new(const struct nitro_part *part, struct cw_slice raw,
                              const cJSON *transactions) {
    return part->raw == NULL
               ? cJSON_Duplicate(cJSON_GetArrayItem(transactions, (int)part->position), true)
               : nitro_transaction_new(raw);
}

static cJSON *receipt_new(const struct nitro_part *part, const cJSON *tx) {
    cJSON *receipt = cJSON_Duplicate(part->receipt, true);
    static const char *const same[] = {"type", "from", "to"};
    for (size_t i = 0; part->raw != NULL && i < CW_COUNT(same); i++) {
        put(receipt, same[i], cJSON_Duplicate(cJSON_GetObjectItem(tx, same[i]), true));
    }
    put(receipt, "transactionHash", cJSON_Duplicate(cJSON_GetObjectItem(tx, "hash"), true));
    put_u64(receipt, "status", part->success);
    put_u64(receipt, "gasUsed", part->gas_used);
    cJSON *logs = cJSON_CreateArray();
    for (size_t i = 0; i < part->logs_n; i++) {
        cJSON_AddItemToArray(logs, cJSON_Duplicate(part->logs[i], true));
    }
    put(receipt, "logs", logs);
    return receipt;
}

/* Everything but the block's hash, which is not known yet. */
static void place(cJSON *object, const cJSON *tx, size_t index) {
    put(object, "transactionHash", cJSON_Duplicate(cJSON_GetObjectItem(tx, "hash"), true));
    put_u64(object, "transactionIndex", index);
}

static void remember_log(struct nitro_block *block, const cJSON *own, const cJSON *shown) {
    uint64_t index;
    if (!quantity(&index, cJSON_GetObjectItem(own, "logIndex")) || index > 1000000) {
        return;
    }
    if (index >= block->logs_n) {
        block->logs = reallocarray(block->logs, index + 1, sizeof(const cJSON *));
        assert(block->logs != NULL);
        while (block->logs_n <= index) {
            block->logs[block->logs_n++] = NULL;
        }
    }
    block->logs[index] = shown;
}

static bool add_part(struct nitro_block *block, struct cw_arena *arena,
                     const struct nitro_part *part, const cJSON *transactions, const cJSON *raws,
                     uint64_t *cumulative, uint64_t *log_index) {
    const char *hex = part->raw != NULL
                          ? part->raw
                          : cJSON_GetStringValue(cJSON_GetArrayItem(raws, (int)part->position));
    size_t index = (size_t)cJSON_GetArraySize(block->transactions);
    cJSON *tx = hex == NULL ? NULL : transaction_new(part, bytes_of(arena, hex), transactions);
    if (tx == NULL) {
        return false;
    }
    put_u64(tx, "transactionIndex", index);
    put(tx, "blockNumber", quantity_new(block->number));
    cJSON *receipt = receipt_new(part, tx), *log;
    *cumulative += part->gas_used;
    put_u64(receipt, "cumulativeGasUsed", *cumulative);
    place(receipt, tx, index);
    size_t i = 0;
    cJSON_ArrayForEach(log, cJSON_GetObjectItem(receipt, "logs")) {
        place(log, tx, index);
        put_u64(log, "logIndex", (*log_index)++);
        remember_log(block, part->logs[i++], log);
    }
    cJSON_AddItemToArray(block->transactions, tx);
    cJSON_AddItemToArray(block->receipts, receipt);
    cJSON_AddItemToArray(block->raws, cJSON_CreateString(hex));
    return true;
}

/* What the header says of receipts and transactions, and each receipt's bloom. */
static bool bind_lists(struct nitro_block *block, struct cw_header *header,
                       struct cw_arena *arena) {
    char *text = cJSON_PrintUnformatted(block->receipts);
    struct cw_json_doc *doc = NULL;
    struct cw_receipt *receipts = NULL;
    struct cw_error error = {.text = ""};
    size_t n = 0;
    bool good = cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, &error) == CW_OK &&
                cw_eth_receipts(&receipts, &n, arena, cw_json_root(doc), &error) == CW_OK &&
                cw_receipts_root(arena, &header->receipts_root, receipts, n) == CW_OK;
    struct cw_slice *raws = cw_arena_array(arena, n, sizeof(*raws));
    memset(&header->logs_bloom, 0, sizeof(header->logs_bloom));
    for (size_t i = 0; good && i < n; i++) {
        struct cw_bloom bloom;
        cw_receipt_bloom(&bloom, &receipts[i]);
        for (size_t b = 0; b < sizeof(bloom.b); b++) {
            header->logs_bloom.b[b] |= bloom.b[b];
        }
        put(cJSON_GetArrayItem(block->receipts, (int)i), "logsBloom",
            hex_new(cw_slice_of(bloom.b, sizeof(bloom.b))));
        raws[i] = bytes_of(arena, cJSON_GetStringValue(cJSON_GetArrayItem(block->raws, (int)i)));
    }
    good = good && cw_transactions_root(arena, &header->transactions_root, raws, n) == CW_OK;
    if (!good) {
        told(error.text[0] == '\0' ? "transactions or receipts are malformed" : error.text);
    }
    header->gas_used = n == 0 ? 0 : receipts[n - 1].cumulative_gas_used;
    cw_json_free(doc);
    cJSON_free(text);
    return good;
}

static bool split(struct nitro_block *block, struct cw_header *header, struct cw_arena *arena,
                  const cJSON *receipts, const cJSON *transactions, const cJSON *raws) {
    struct nitro_parts parts;
    uint64_t cumulative = 0, log_index = 0;
    if (!nitro_split(&parts, receipts)) {
        told("the marks of the emulation at 0x6E are not in pairs");
        return false;
    }
    block->transactions = cJSON_CreateArray();
    block->receipts = cJSON_CreateArray();
    block->raws = cJSON_CreateArray();
    bool good = true;
    for (size_t i = 0; good && i < parts.n; i++) {
        good = add_part(block, arena, &parts.part[i], transactions, raws, &cumulative, &log_index);
    }
    nitro_parts_done(&parts);
    if (!good) {
        told("a transaction of the emulation at 0x6E is malformed");
    }
    return good && bind_lists(block, header, arena);
}

/* --- the header ----------------------------------------------------------------------------- */

static bool read_header(struct cw_header *ret, struct cw_hash32 *ret_hash, const cJSON *block) {
    char *text = cJSON_PrintUnformatted(block);
    struct cw_json_doc *doc = NULL;
    struct cw_error error = {.text = ""};
    bool good = text != NULL &&
                cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, &error) == CW_OK &&
                cw_eth_header(ret, ret_hash, cw_json_root(doc), &error) == CW_OK;
    if (!good) {
        told(error.text);
    }
    cw_json_free(doc);
    cJSON_free(text);
    return good;
}

static void put_be64(uint8_t *out, uint64_t value) {
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> (56 - 8 * i));
    }
}

/* Source: OffchainLabs/go-ethereum, core/types/arb_types.go, HeaderInfo.UpdateHeaderWithInfo. */
static void rewrite(struct cw_header *header, const struct nitro_block *parent,
                    const struct nitro_state *state) {
    if (parent != NULL) {
        header->parent_hash = parent->hash;
    }
    header->difficulty = cw_u256_from_u64(1);
    memcpy(header->extra, state->send_root.b, 32);
    header->extra_n = 32;
    memset(&header->mix_hash, 0, sizeof(header->mix_hash));
    put_be64(header->mix_hash.b, state->send_count);
    put_be64(header->mix_hash.b + 8, state->l1_block);
    put_be64(header->mix_hash.b + 16, state->arbos);
}

static cJSON *header_new(const struct cw_header *header, const struct cw_hash32 *hash,
                         const struct nitro_state *state, bool special) {
    cJSON *changed = cJSON_CreateObject();
    put_hash(changed, "hash", hash);
    put_hash(changed, "parentHash", &header->parent_hash);
    put_u64(changed, "difficulty", 1);
    put(changed, "extraData", hex_new(cw_slice_of(header->extra, header->extra_n)));
    put_hash(changed, "mixHash", &header->mix_hash);
    put_hash(changed, "sendRoot", &state->send_root);
    put_u64(changed, "sendCount", state->send_count);
    put_u64(changed, "l1BlockNumber", state->l1_block);
    if (special) {
        put_hash(changed, "receiptsRoot", &header->receipts_root);
        put_hash(changed, "transactionsRoot", &header->transactions_root);
        put(changed, "logsBloom", hex_new(cw_slice_of(header->logs_bloom.b, 256)));
        put_u64(changed, "gasUsed", header->gas_used);
    }
    return changed;
}

static void put_block_hash(cJSON *array, const struct cw_hash32 *hash) {
    cJSON *element, *log;
    cJSON_ArrayForEach(element, array) {
        put_hash(element, "blockHash", hash);
        cJSON_ArrayForEach(log, cJSON_GetObjectItem(element, "logs")) {
            put_hash(log, "blockHash", hash);
        }
    }
}

struct nitro_block *nitro_block_new(const cJSON *json, const struct nitro_block *parent,
                                    const struct nitro_state *state, const cJSON *receipts,
                                    const cJSON *transactions, const cJSON *raws) {
    struct nitro_block *block = calloc(1, sizeof(*block));
    struct cw_header *header = malloc(sizeof(*header));
    struct cw_arena arena;
    assert(block != NULL && header != NULL);
    cw_arena_init(&arena, MEMORY_MAX);
    block->parent = parent;
    bool good = read_header(header, &block->own, json);
    if (good) {
        block->number = header->number.v;
        good = transactions == NULL || split(block, header, &arena, receipts, transactions, raws);
    }
    if (good) {
        rewrite(header, parent, state);
        good = cw_header_hash(&block->hash, header) == CW_OK;
        block->header = header_new(header, &block->hash, state, transactions != NULL);
        put_block_hash(block->transactions, &block->hash);
        put_block_hash(block->receipts, &block->hash);
    }
    cw_arena_done(&arena);
    free(header);
    if (!good) {
        nitro_block_free(block);
        return NULL;
    }
    return block;
}

void nitro_block_free(struct nitro_block *block) {
    if (block == NULL) {
        return;
    }
    cJSON_Delete(block->header);
    cJSON_Delete(block->transactions);
    cJSON_Delete(block->receipts);
    cJSON_Delete(block->raws);
    free(block->logs);
    free(block);
}

void nitro_block_show(const struct nitro_block *block, cJSON *answer, bool whole) {
    const cJSON *member, *tx;
    cJSON_ArrayForEach(member, block->header) {
        put(answer, member->string, cJSON_Duplicate(member, true));
    }
    if (block->transactions == NULL) {
        cJSON *own;
        cJSON_ArrayForEach(own, cJSON_GetObjectItem(answer, "transactions")) {
            if (cJSON_IsObject(own)) {
                put_hash(own, "blockHash", &block->hash);
            }
        }
        return;
    }
    cJSON *transactions = cJSON_CreateArray();
    cJSON_ArrayForEach(tx, block->transactions) {
        cJSON_AddItemToArray(transactions,
                             cJSON_Duplicate(whole ? tx : cJSON_GetObjectItem(tx, "hash"), true));
    }
    put(answer, "transactions", transactions);
}
