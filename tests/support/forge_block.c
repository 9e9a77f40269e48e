#include "forge_block.h"

#include "calls.h"

#include <causeway/abi.h>
#include <causeway/keccak.h>
#include <causeway/op_withdrawal.h>

#include <assert.h>
#include <string.h>

#define GAS_USED 100000

/* --- a withdrawal --------------------------------------------------------------------------- */

void forge_withdrawal(struct cw_receipt_log *ret, struct cw_hash32 *ret_id, struct cw_arena *arena,
                      uint64_t number) {
    struct cw_op_withdrawal w = {.gas_limit = cw_u256_from_u64(100000),
                                 .value = {cw_u256_from_u64(1000000000000000000)},
                                 .data = CW_LITERAL("")};
    w.nonce = cw_u256_from_u64(0xf0000000 + number);
    w.nonce.limb[3] = (uint64_t)1 << 48; /* version 1 */
    memset(w.sender.b, 0xfa, sizeof(w.sender.b));
    memset(w.target.b, 0xfb, sizeof(w.target.b));
    enum cw_err err = cw_op_withdrawal_hash(ret_id, &w);
    assert(err == CW_OK);
    (void)err;

    *ret = (struct cw_receipt_log){.address = CW_OP_MESSAGE_PASSER, .n_topics = 4};
    cw_event_topic(&ret->topics[0],
                   "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)");
    cw_u256_to_be(ret->topics[1].b, &w.nonce);
    memcpy(ret->topics[2].b + 12, w.sender.b, 20);
    memcpy(ret->topics[3].b + 12, w.target.b, 20);
    struct cw_buf data;
    cw_buf_init(&data, 1024);
    size_t base = cw_abi_base(&data);
    cw_abi_put_u256(&data, &w.value.v);
    cw_abi_put_u256(&data, &w.gas_limit);
    size_t at = cw_abi_put_offset(&data);
    cw_abi_put_word(&data, ret_id);
    cw_abi_place(&data, base, at);
    cw_abi_put_bytes(&data, w.data);
    assert(!data.failed);
    ret->data = cw_arena_copy(arena, cw_buf_slice(&data));
    assert(ret->data.p != NULL);
    cw_buf_done(&data);
}

/* --- a state -------------------------------------------------------------------------------- */

#define PASSER_NONCE 1

static struct cw_hash32 passer_code(void) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, CW_LITERAL("code"));
    return hash;
}

static void account_leaf(struct cw_arena *arena, struct cw_slice *ret,
                         const struct cw_hash32 *storage_root) {
    const struct cw_hash32 code = passer_code();
    uint8_t *room = cw_arena_alloc(arena, 128);
    assert(room != NULL);
    struct cw_rlp_out out = cw_rlp_out_to(room, 128);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, PASSER_NONCE);
    cw_rlp_put_u64(&out, 0);
    cw_rlp_put_hash32(&out, storage_root);
    cw_rlp_put_hash32(&out, &code);
    cw_rlp_list_end(&out, mark);
    assert(!out.failed);
    *ret = cw_slice_of(room, out.n);
}

void forge_state_build(struct forge_state *out, struct cw_arena *arena, const struct cw_hash32 *ids,
                       size_t n) {
    struct cw_hash32 *keys = cw_arena_array(arena, n + 1, sizeof(*keys));
    struct cw_trie_entry *slots = cw_arena_array(arena, n, sizeof(*slots));
    struct cw_trie_entry *account = cw_arena_alloc(arena, sizeof(*account));
    assert(keys != NULL && slots != NULL && account != NULL);
    out->ids = ids;
    out->n = n;
    for (size_t i = 0; i < n; i++) {
        cw_op_withdrawal_key(&keys[i], &ids[i]);
        slots[i] = (struct cw_trie_entry){cw_slice_of(keys[i].b, 32), CW_OP_WITHDRAWAL_LEAF};
    }
    made_trie_build(&out->storage, arena, slots, made_trie_sort(slots, n));
    cw_keccak256(&keys[n], cw_slice_of(CW_OP_MESSAGE_PASSER.b, 20));
    account->key = cw_slice_of(keys[n].b, 32);
    account_leaf(arena, &account->value, &out->storage.root);
    made_trie_build(&out->accounts, arena, account, 1);
}

static cJSON *nodes_new(const struct made_trie *trie, struct cw_arena *arena, struct cw_slice key) {
    cJSON *array = cJSON_CreateArray();
    size_t n = 0;
    const struct cw_slice *nodes = made_trie_prove(trie, arena, key, CW_MPT_FORM_NODE, &n);
    for (size_t i = 0; i < n; i++) {
        cJSON_AddItemToArray(array, hex_new(nodes[i]));
    }
    return array;
}

static bool stands(const struct forge_state *state, const struct cw_hash32 *slot) {
    bool found = false;
    for (size_t i = 0; i < state->n; i++) {
        struct cw_hash32 own;
        cw_op_withdrawal_slot(&own, &state->ids[i]);
        found = found || cw_hash32_equal(&own, slot);
    }
    return found;
}

cJSON *forge_state_prove(const struct forge_state *state, struct cw_arena *arena,
                         const struct cw_addr20 *address, const struct cw_hash32 *slot) {
    const struct cw_hash32 code = passer_code();
    struct cw_hash32 account_key, slot_key;
    cw_keccak256(&account_key, cw_slice_of(address->b, 20));
    cw_storage_key(&slot_key, slot);
    cJSON *proof = cJSON_CreateObject();
    cJSON_AddItemToObject(proof, "address", hex_new(cw_slice_of(address->b, 20)));
    cJSON_AddItemToObject(proof, "accountProof",
                          nodes_new(&state->accounts, arena, cw_slice_of(account_key.b, 32)));
    cJSON_AddItemToObject(proof, "balance", quantity_new(0));
    cJSON_AddItemToObject(proof, "nonce", quantity_new(PASSER_NONCE));
    cJSON_AddItemToObject(proof, "codeHash", hex_new(cw_slice_of(code.b, 32)));
    cJSON_AddItemToObject(proof, "storageHash", hex_new(cw_slice_of(state->storage.root.b, 32)));
    cJSON *entry = cJSON_CreateObject(), *entries = cJSON_AddArrayToObject(proof, "storageProof");
    cJSON_AddItemToObject(entry, "key", hex_new(cw_slice_of(slot->b, 32)));
    cJSON_AddItemToObject(entry, "value", quantity_new(stands(state, slot)));
    cJSON_AddItemToObject(entry, "proof",
                          nodes_new(&state->storage, arena, cw_slice_of(slot_key.b, 32)));
    cJSON_AddItemToArray(entries, entry);
    return proof;
}

/* --- a block -------------------------------------------------------------------------------- */

static void put_hash(cJSON *object, const char *key, const struct cw_hash32 *hash) {
    cJSON_AddItemToObject(object, key, hex_new(cw_slice_of(hash->b, 32)));
}

static void put_u64(cJSON *object, const char *key, uint64_t value) {
    cJSON_AddItemToObject(object, key, quantity_new(value));
}

static void put_u256(cJSON *object, const char *key, const struct cw_u256 *value) {
    char text[CW_QUANTITY_SIZE];
    cJSON_AddStringToObject(object, key, cw_u256_to_quantity(text, value));
}

static void put_optional(cJSON *block, const struct cw_header *h) {
    if (cw_header_has(h, CW_HEADER_BASE_FEE)) {
        put_u256(block, "baseFeePerGas", &h->base_fee);
    }
    if (cw_header_has(h, CW_HEADER_WITHDRAWALS_ROOT)) {
        put_hash(block, "withdrawalsRoot", &h->withdrawals_root);
    }
    if (cw_header_has(h, CW_HEADER_BLOB_GAS_USED)) {
        put_u64(block, "blobGasUsed", h->blob_gas_used);
    }
    if (cw_header_has(h, CW_HEADER_EXCESS_BLOB_GAS)) {
        put_u64(block, "excessBlobGas", h->excess_blob_gas);
    }
    if (cw_header_has(h, CW_HEADER_PARENT_BEACON_ROOT)) {
        put_hash(block, "parentBeaconBlockRoot", &h->parent_beacon_root);
    }
    if (cw_header_has(h, CW_HEADER_REQUESTS_HASH)) {
        put_hash(block, "requestsHash", &h->requests_hash);
    }
}

static cJSON *block_new(const struct forged *b) {
    const struct cw_header *h = &b->header;
    cJSON *block = cJSON_CreateObject();
    put_hash(block, "hash", &b->hash);
    put_hash(block, "parentHash", &h->parent_hash);
    put_hash(block, "sha3Uncles", &h->ommers_hash);
    cJSON_AddItemToObject(block, "miner", hex_new(cw_slice_of(h->beneficiary.b, 20)));
    put_hash(block, "stateRoot", &h->state_root);
    put_hash(block, "transactionsRoot", &h->transactions_root);
    put_hash(block, "receiptsRoot", &h->receipts_root);
    cJSON_AddItemToObject(block, "logsBloom", hex_new(cw_slice_of(h->logs_bloom.b, 256)));
    put_u256(block, "difficulty", &h->difficulty);
    put_u64(block, "number", h->number.v);
    put_u64(block, "gasLimit", h->gas_limit);
    put_u64(block, "gasUsed", h->gas_used);
    put_u64(block, "timestamp", h->timestamp);
    cJSON_AddItemToObject(block, "extraData", hex_new(cw_slice_of(h->extra, h->extra_n)));
    put_hash(block, "mixHash", &h->mix_hash);
    cJSON_AddItemToObject(block, "nonce", hex_new(cw_slice_of(h->nonce, 8)));
    put_optional(block, h);
    cJSON_AddItemToArray(cJSON_AddArrayToObject(block, "transactions"),
                         hex_new(cw_slice_of(b->tx.b, 32)));
    cJSON_AddArrayToObject(block, "uncles");
    return block;
}

static void put_place(cJSON *object, const struct forged *b) {
    put_hash(object, "blockHash", &b->hash);
    put_u64(object, "blockNumber", b->header.number.v);
    put_hash(object, "transactionHash", &b->tx);
    put_u64(object, "transactionIndex", 0);
}

static cJSON *log_new(const struct forged *b, const struct cw_receipt_log *log, size_t index) {
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "address", hex_new(cw_slice_of(log->address.b, 20)));
    cJSON *topics = cJSON_AddArrayToObject(object, "topics");
    for (size_t i = 0; i < log->n_topics; i++) {
        cJSON_AddItemToArray(topics, hex_new(cw_slice_of(log->topics[i].b, 32)));
    }
    cJSON_AddItemToObject(object, "data", hex_new(log->data));
    put_place(object, b);
    put_u64(object, "logIndex", index);
    cJSON_AddBoolToObject(object, "removed", false);
    return object;
}

static cJSON *receipts_new(const struct forged *b, const struct cw_receipt *receipt) {
    cJSON *array = cJSON_CreateArray(), *object = cJSON_CreateObject();
    put_place(object, b);
    put_u64(object, "type", receipt->type);
    put_u64(object, "status", 1);
    put_u64(object, "cumulativeGasUsed", GAS_USED);
    put_u64(object, "gasUsed", GAS_USED);
    put_u64(object, "effectiveGasPrice", 1);
    cJSON_AddItemToObject(object, "logsBloom", hex_new(cw_slice_of(b->header.logs_bloom.b, 256)));
    cJSON *logs = cJSON_AddArrayToObject(object, "logs");
    for (size_t i = 0; i < receipt->n_logs; i++) {
        cJSON_AddItemToArray(logs, log_new(b, &receipt->logs[i], i));
    }
    cJSON_AddItemToArray(array, object);
    return array;
}

void forged_make(struct forged *out, struct cw_arena *arena, const struct cw_header *like,
                 const struct cw_receipt_log *logs, size_t logs_n,
                 const struct cw_hash32 *state_root) {
    struct cw_header *h = &out->header;
    *h = *like;
    h->state_root = *state_root;
    h->gas_used = GAS_USED;
    const struct cw_receipt receipt = {
        .type = 2, .status = true, .cumulative_gas_used = GAS_USED, .logs = logs, .n_logs = logs_n};
    cw_receipt_bloom(&h->logs_bloom, &receipt);
    /* Bytes that no transaction has; whoever hashes them finds the root and the hash right. */
    uint8_t raw[1 + 8 + 32] = {2};
    for (size_t i = 0; i < 8; i++) {
        raw[1 + i] = (uint8_t)(h->number.v >> (8 * i));
    }
    memcpy(raw + 9, h->parent_hash.b, 32);
    const struct cw_slice tx = cw_slice_of(raw, sizeof(raw));
    cw_keccak256(&out->tx, tx);
    enum cw_err err = cw_receipts_root(arena, &h->receipts_root, &receipt, 1);
    assert(err == CW_OK);
    err = cw_transactions_root(arena, &h->transactions_root, &tx, 1);
    assert(err == CW_OK);
    err = cw_header_hash(&out->hash, h);
    assert(err == CW_OK);
    (void)err;
    out->block = block_new(out);
    out->receipts = receipts_new(out, &receipt);
}

void forged_done(struct forged *block) {
    cJSON_Delete(block->block);
    cJSON_Delete(block->receipts);
}
