#include "net/eth.h"

#include "net/eth_read.h"

#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

/* --- headers -------------------------------------------------------------------------------- */

static void get_extra(struct reader *r, struct cw_header *header) {
    const struct cw_json *value = eth_member(r, "extraData");
    const char *text = cw_json_string(value);
    if (value == NULL) {
        return;
    }
    if (text == NULL || cw_hex_decode_any(header->extra, sizeof(header->extra), &header->extra_n,
                                          text, strlen(text)) != CW_OK) {
        eth_took(r, "extraData", eth_not_a(r->error, "bytes of at most 2048"));
    }
}

static void get_base_fee(struct reader *r, struct cw_header *header) {
    if (eth_has(r, "baseFeePerGas")) {
        header->present |= CW_HEADER_BASE_FEE;
        eth_get_u256(r, &header->base_fee, "baseFeePerGas");
    }
}

static void get_optional(struct reader *r, struct cw_header *header) {
    get_base_fee(r, header);
    if (eth_has(r, "withdrawalsRoot")) {
        header->present |= CW_HEADER_WITHDRAWALS_ROOT;
        eth_get_hash32(r, &header->withdrawals_root, "withdrawalsRoot");
    }
    if (eth_has(r, "blobGasUsed")) {
        header->present |= CW_HEADER_BLOB_GAS_USED;
        eth_get_u64(r, &header->blob_gas_used, "blobGasUsed");
    }
    if (eth_has(r, "excessBlobGas")) {
        header->present |= CW_HEADER_EXCESS_BLOB_GAS;
        eth_get_u64(r, &header->excess_blob_gas, "excessBlobGas");
    }
    if (eth_has(r, "parentBeaconBlockRoot")) {
        header->present |= CW_HEADER_PARENT_BEACON_ROOT;
        eth_get_hash32(r, &header->parent_beacon_root, "parentBeaconBlockRoot");
    }
    if (eth_has(r, "requestsHash")) {
        header->present |= CW_HEADER_REQUESTS_HASH;
        eth_get_hash32(r, &header->requests_hash, "requestsHash");
    }
}

static enum cw_err read_header(struct cw_header *ret, struct cw_hash32 *ret_hash,
                               const struct cw_json *value, bool dump, struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_header header;
    memset(&header, 0, sizeof(header));
    struct cw_hash32 claimed, hash;
    struct reader r = {value, NULL, error, CW_OK, dump};
    eth_get_hash32(&r, &claimed, "hash");
    eth_get_hash32(&r, &header.parent_hash, "parentHash");
    eth_get_hash32(&r, &header.ommers_hash, "sha3Uncles");
    eth_get_addr20(&r, &header.beneficiary, "miner");
    eth_get_hash32(&r, &header.state_root, "stateRoot");
    eth_get_hash32(&r, &header.transactions_root, "transactionsRoot");
    eth_get_hash32(&r, &header.receipts_root, "receiptsRoot");
    eth_get_fixed(&r, header.logs_bloom.b, sizeof(header.logs_bloom.b), "a bloom of 256 bytes",
                  "logsBloom");
    eth_get_u256(&r, &header.difficulty, "difficulty");
    eth_get_u64(&r, &header.number.v, "number");
    eth_get_u64(&r, &header.gas_limit, "gasLimit");
    eth_get_u64(&r, &header.gas_used, "gasUsed");
    eth_get_u64(&r, &header.timestamp, "timestamp");
    get_extra(&r, &header);
    eth_get_hash32(&r, &header.mix_hash, "mixHash");
    eth_get_fixed(&r, header.nonce, sizeof(header.nonce), "8 bytes", "nonce");
    get_optional(&r, &header);
    if (r.err != CW_OK) {
        return r.err;
    }
    err = cw_header_hash(&hash, &header);
    if (err == CW_ERR_INPUT) {
        return cw_error_set(error, CW_ERR_CONTRADICTED, "header %llu: " CW_HEADER_R_GAP,
                            (unsigned long long)header.number.v);
    }
    if (err != CW_OK) {
        return cw_error_set(error, err, "the header can't be hashed");
    }
    if (!cw_hash32_equal(&hash, &claimed)) {
        char a[CW_HEX_SIZE(32)], b[CW_HEX_SIZE(32)];
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "header %llu says that its hash is %s, but its fields hash to %s",
                            (unsigned long long)header.number.v,
                            cw_hex_encode(a, cw_slice_of(claimed.b, 32)),
                            cw_hex_encode(b, cw_slice_of(hash.b, 32)));
    }
    *ret = header;
    *ret_hash = hash;
    return CW_OK;
}

enum cw_err cw_eth_header(struct cw_header *ret, struct cw_hash32 *ret_hash,
                          const struct cw_json *value, struct cw_error *error) {
    return read_header(ret, ret_hash, value, false, error);
}

enum cw_err cw_eth_dump_header(struct cw_header *ret, struct cw_hash32 *ret_hash,
                               const struct cw_json *value, struct cw_error *error) {
    return read_header(ret, ret_hash, value, true, error);
}

enum cw_err cw_eth_header_claim(struct cw_header *ret, struct cw_hash32 *ret_hash,
                                const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_header header = {.present = 0};
    struct cw_hash32 hash;
    struct reader r = {value, NULL, error, CW_OK, false};
    eth_get_hash32(&r, &hash, "hash");
    eth_get_hash32(&r, &header.parent_hash, "parentHash");
    eth_get_u64(&r, &header.number.v, "number");
    eth_get_u64(&r, &header.timestamp, "timestamp");
    eth_get_u64(&r, &header.gas_limit, "gasLimit");
    get_base_fee(&r, &header);
    if (r.err == CW_OK) {
        *ret = header;
        *ret_hash = hash;
    }
    return r.err;
}

enum cw_err cw_eth_header_in(enum cw_mode mode, struct cw_header *ret, struct cw_hash32 *ret_hash,
                             const struct cw_json *value, struct cw_error *error) {
    return mode == CW_MODE_QUORUM ? cw_eth_header_claim(ret, ret_hash, value, error)
                                  : cw_eth_header(ret, ret_hash, value, error);
}

enum cw_err cw_eth_header_digest(enum cw_mode mode, struct cw_hash32 *ret,
                                 const struct cw_json *value) {
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_header_in(mode, &header, &hash, value, NULL);
    if (err != CW_OK) {
        return err;
    }
    if (mode != CW_MODE_QUORUM) {
        *ret = hash;
        return CW_OK;
    }
    const struct cw_u256 numbers = {{header.number.v, header.timestamp}};
    uint8_t word[32];
    struct cw_keccak state;
    cw_u256_to_be(word, &numbers);
    cw_keccak_init(&state);
    cw_keccak_update(&state, cw_slice_of(hash.b, sizeof hash.b));
    cw_keccak_update(&state, cw_slice_of(header.parent_hash.b, sizeof header.parent_hash.b));
    cw_keccak_update(&state, cw_slice_of(word, sizeof word));
    cw_keccak_final(ret, &state);
    return CW_OK;
}

/* --- proofs --------------------------------------------------------------------------------- */

/* The nodes of a slot's proof. Erigon has null where there are none. */
static void get_slot_nodes(struct reader *r, const struct cw_slice **ret, size_t *ret_n) {
    if (eth_is_null(eth_member(r, "proof"))) {
        *ret = NULL;
        *ret_n = 0;
    } else {
        eth_get_nodes(r, ret, ret_n, "proof");
    }
}

/* The slot's own members. */
static enum cw_err take_slot(struct cw_eth_proof *proof, struct cw_arena *arena,
                             const struct cw_json *slot, const struct cw_hash32 *wanted,
                             bool *ret_found, struct cw_error *error) {
    struct reader r = {slot, arena, error, CW_OK, false};
    struct cw_hash32 key = {{0}};
    eth_get_slot(&r, &key, "key");
    bool found = r.err == CW_OK && (wanted == NULL || cw_hash32_equal(&key, wanted));
    if (found) {
        proof->slot = key;
        get_slot_nodes(&r, &proof->storage_nodes, &proof->storage_nodes_n);
    }
    *ret_found = found;
    return r.err == CW_OK ? CW_OK : cw_error_wrap(error, r.err, "storageProof");
}

/* wanted NULL: of the only slot, or of none. */
static enum cw_err read_proof(struct cw_eth_proof *ret, struct cw_arena *arena,
                              const struct cw_json *value, const struct cw_hash32 *wanted,
                              struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_eth_proof proof;
    memset(&proof, 0, sizeof(proof));
    struct reader r = {value, arena, error, CW_OK, false};
    eth_get_addr20(&r, &proof.address, "address");
    eth_get_hash32(&r, &proof.storage_root, "storageHash");
    eth_get_nodes(&r, &proof.account_nodes, &proof.account_nodes_n, "accountProof");
    const struct cw_json *slots = eth_get_array(&r, "storageProof");
    if (r.err != CW_OK) {
        return r.err;
    }
    const struct cw_json *slot = cw_json_first(slots);
    if (wanted == NULL && slot != NULL && cw_json_next(slot) != NULL) {
        return cw_error_set(error, CW_ERR_INPUT, "storageProof: more than one slot");
    }
    bool found = wanted == NULL && slot == NULL;
    for (; !found && slot != NULL; slot = cw_json_next(slot)) {
        err = take_slot(&proof, arena, slot, wanted, &found, error);
        if (err != CW_OK) {
            return err;
        }
    }
    if (!found) {
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "storageProof: without the slot that was asked for");
    }
    *ret = proof;
    return CW_OK;
}

enum cw_err cw_eth_proof(struct cw_eth_proof *ret, struct cw_arena *arena,
                         const struct cw_json *value, struct cw_error *error) {
    return read_proof(ret, arena, value, NULL, error);
}

enum cw_err cw_eth_proof_of(struct cw_eth_proof *ret, struct cw_arena *arena,
                            const struct cw_json *value, const struct cw_hash32 *slot,
                            struct cw_error *error) {
    return read_proof(ret, arena, value, slot, error);
}

static enum cw_err read_slot(struct cw_eth_slot *ret, struct cw_arena *arena,
                             const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct reader r = {value, arena, error, CW_OK, true};
    eth_get_slot(&r, &ret->key, "key");
    eth_get_u256(&r, &ret->value, "value");
    get_slot_nodes(&r, &ret->nodes, &ret->nodes_n);
    return r.err;
}

static void get_slots(struct reader *r, struct cw_eth_account *account) {
    const struct cw_json *array = eth_get_array(r, "storageProof");
    if (array == NULL) {
        return;
    }
    size_t n = cw_json_size(array), at = 0;
    struct cw_eth_slot *slots = cw_arena_array(r->arena, n, sizeof(*slots));
    if (slots == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_MEMORY, "out of memory");
        return;
    }
    for (const struct cw_json *e = cw_json_first(array); e != NULL; e = cw_json_next(e)) {
        enum cw_err err = read_slot(&slots[at], r->arena, e, r->error);
        if (err != CW_OK) {
            r->err = cw_error_wrap(r->error, err, "storageProof: %zu", at);
            return;
        }
        at++;
    }
    account->slots = slots;
    account->slots_n = n;
}

enum cw_err cw_eth_dump_account(struct cw_eth_account *ret, struct cw_arena *arena,
                                const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_eth_account account;
    memset(&account, 0, sizeof(account));
    struct reader r = {value, arena, error, CW_OK, true};
    eth_get_addr20(&r, &account.address, "address");
    eth_get_u64(&r, &account.claimed.nonce, "nonce");
    eth_get_u256(&r, &account.claimed.balance.v, "balance");
    eth_get_hash32(&r, &account.claimed.code_hash, "codeHash");
    eth_get_hash32(&r, &account.claimed.storage_root, "storageHash");
    eth_get_nodes(&r, &account.nodes, &account.nodes_n, "accountProof");
    get_slots(&r, &account);
    if (r.err == CW_OK) {
        *ret = account;
    }
    return r.err;
}

/* --- fees ----------------------------------------------------------------------------------- */

#define FEE_BLOCKS_MAX 1024

static int by_amount(const void *a, const void *b) {
    return cw_u256_cmp(a, b);
}

/* Blocks without a transaction say nothing of what one must pay. */
static bool was_empty(const struct cw_json **ratio) {
    double used = 1;
    if (*ratio != NULL) {
        if (cw_json_number(&used, *ratio) != CW_OK) {
            used = 1;
        }
        *ratio = cw_json_next(*ratio);
    }
    return used == 0;
}

static enum cw_err read_tip(struct cw_wei *ret, const struct cw_json *value,
                            struct cw_error *error) {
    struct cw_u256 tips[FEE_BLOCKS_MAX];
    size_t n = 0;
    const struct cw_json *ratio = cw_json_first(cw_json_get(value, "gasUsedRatio"));
    for (const struct cw_json *block = cw_json_first(cw_json_get(value, "reward")); block != NULL;
         block = cw_json_next(block)) {
        struct cw_u256 tip;
        enum cw_err err = eth_read_u256(&tip, cw_json_first(block), error);
        if (err != CW_OK) {
            return cw_error_wrap(error, err, "reward");
        }
        if (was_empty(&ratio)) {
            continue;
        }
        if (n == FEE_BLOCKS_MAX) {
            return cw_error_set(error, CW_ERR_INPUT, "reward: more than 1024 blocks");
        }
        tips[n++] = tip;
    }
    *ret = (struct cw_wei){cw_u256_from_u64(0)};
    if (n > 0) {
        qsort(tips, n, sizeof(tips[0]), by_amount);
        ret->v = tips[(n - 1) / 2];
    }
    return CW_OK;
}

enum cw_err cw_eth_fee_history(struct cw_eth_fees *ret, const struct cw_json *value,
                               struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_eth_fees fees = {{cw_u256_from_u64(0)}, {cw_u256_from_u64(0)}};
    const struct cw_json *last = NULL;
    for (const struct cw_json *e = cw_json_first(cw_json_get(value, "baseFeePerGas")); e != NULL;
         e = cw_json_next(e)) {
        last = e;
    }
    if (last != NULL) {
        err = eth_read_u256(&fees.base_fee.v, last, error);
        if (err != CW_OK) {
            return cw_error_wrap(error, err, "baseFeePerGas");
        }
    }
    err = read_tip(&fees.tip, value, error);
    if (err == CW_OK) {
        *ret = fees;
    }
    return err;
}
