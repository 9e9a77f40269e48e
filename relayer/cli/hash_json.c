#include "cli/hash_json.h"

#include "cli/print.h"
#include "cli/proof_json.h"

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/nitro.h>
#include <causeway/op_deposit.h>
#include <causeway/op_withdrawal.h>
#include <causeway/tx.h>

#include <string.h>

struct named {
    const char *name;
    struct cw_hash32 hash;
};

static enum cw_err put(struct cw_buf *out, const struct named *hashes, size_t n) {
    cw_out_open(out, NULL, '{');
    for (size_t i = 0; i < n; i++)
        cw_out_hash32(out, hashes[i].name, &hashes[i].hash);
    cw_out_close(out, '}');
    return CW_OK;
}

/* --- OP Stack --------------------------------------------------------------------------------- */

static enum cw_err hash_withdrawal(struct cw_buf *out, struct cw_arena *arena,
                                   const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct named hashes[] = {{.name = "hash"}, {.name = "slot"}, {.name = "trieKey"}};
    proof_get_withdrawal(&r, &hashes[0].hash);
    if (r.err != CW_OK)
        return r.err;
    cw_op_withdrawal_slot(&hashes[1].hash, &hashes[0].hash);
    cw_op_withdrawal_key(&hashes[2].hash, &hashes[0].hash);
    return put(out, hashes, CW_COUNT(hashes));
}

static enum cw_err hash_output(struct cw_buf *out, struct cw_arena *arena,
                               const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_op_output output;
    struct named hash = {.name = "hash"};
    proof_get_output(&r, &output);
    if (r.err != CW_OK)
        return r.err;
    if (!cw_hash32_is_zero(&output.version))
        return cw_error_set(error, CW_ERR_INPUT, "version: " CW_OP_R_VERSION);
    cw_op_output_root(&hash.hash, &output);
    return put(out, &hash, 1);
}

static enum cw_err hash_op_source(struct cw_buf *out, struct cw_arena *arena,
                                  const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct named hash = {.name = "hash"};
    struct cw_hash32 block = {{0}};
    uint64_t number = 0;
    const char *domain = cw_json_string(eth_member(&r, "domain"));
    if (domain != NULL && strcmp(domain, "user") == 0) {
        eth_get_hash32(&r, &block, "l1BlockHash");
        eth_get_u64(&r, &number, "logIndex");
        cw_op_source_user(&hash.hash, &block, number);
    } else if (domain != NULL && strcmp(domain, "l1-info") == 0) {
        eth_get_hash32(&r, &block, "l1BlockHash");
        eth_get_u64(&r, &number, "sequenceNumber");
        cw_op_source_l1_info(&hash.hash, &block, number);
    } else if (domain != NULL && strcmp(domain, "upgrade") == 0) {
        const struct cw_json *value = eth_member(&r, "intent");
        const char *intent = cw_json_string(value);
        if (intent != NULL)
            cw_op_source_upgrade(&hash.hash, cw_slice_of(intent, strlen(intent)));
        else if (value != NULL)
            eth_took(&r, "intent", eth_not_a(error, "a text"));
    } else if (r.err == CW_OK) {
        eth_took(&r, "domain", eth_not_a(error, "\"user\", \"l1-info\" or \"upgrade\""));
    }
    return r.err == CW_OK ? put(out, &hash, 1) : r.err;
}

/* From a TransactionDeposited log, as eth_getLogs has it. */
static void get_deposit_log(struct reader *r, struct cw_tx *tx) {
    struct reader log = proof_open_member(r, "log");
    const struct cw_hash32 *topics = NULL;
    size_t topics_n = 0;
    struct cw_slice data;
    struct cw_hash32 block, source;
    uint64_t log_index;
    struct cw_op_deposit deposit;
    proof_get_path(&log, &topics, &topics_n, "topics");
    eth_get_data(&log, &data, "data");
    eth_get_hash32(&log, &block, "blockHash");
    eth_get_u64(&log, &log_index, "logIndex");
    if (log.err == CW_OK && cw_op_deposit_decode(&deposit, topics, topics_n, data) != CW_OK)
        log.err = cw_error_set(log.error, CW_ERR_INPUT, "not a TransactionDeposited event");
    proof_close_member(r, &log, "log");
    if (r->err != CW_OK)
        return;
    cw_op_source_user(&source, &block, log_index);
    cw_op_deposit_tx(tx, &deposit, &source);
}

static enum cw_err hash_op_deposit(struct cw_buf *out, struct cw_arena *arena,
                                   const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_tx tx;
    if (eth_has(&r, "log"))
        get_deposit_log(&r, &tx);
    else
        eth_get_deposit(&r, &tx);
    if (r.err != CW_OK)
        return r.err;
    struct cw_slice raw;
    struct cw_hash32 hash;
    err = cw_tx_encode_unsigned(arena, &raw, &tx);
    if (err != CW_OK)
        return cw_error_set(error, err,
                            err == CW_ERR_MEMORY ? "out of memory" : "no deposit can be this");
    cw_tx_hash(&hash, raw);
    cw_out_open(out, NULL, '{');
    cw_out_hash32(out, "hash", &hash);
    cw_out_hash32(out, "sourceHash", &tx.source_hash);
    cw_out_data(out, "tx", raw);
    cw_out_close(out, '}');
    return CW_OK;
}

/* --- Nitro ------------------------------------------------------------------------------------ */

static enum cw_err hash_outbox_item(struct cw_buf *out, struct cw_arena *arena,
                                    const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_nitro_message message;
    struct named hashes[] = {{.name = "hash"}, {.name = "leaf"}};
    proof_get_nitro_message(&r, &message);
    if (r.err != CW_OK)
        return r.err;
    cw_nitro_item_hash(&hashes[0].hash, &message);
    cw_nitro_leaf(&hashes[1].hash, &message);
    return put(out, hashes, CW_COUNT(hashes));
}

static enum cw_err hash_retryable(struct cw_buf *out, struct cw_arena *arena,
                                  const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_nitro_retryable ticket;
    struct named hash = {.name = "hash"};
    eth_get_u64(&r, &ticket.chain_id.v, "chainId");
    eth_get_u256(&r, &ticket.message_number, "messageNumber");
    eth_get_addr20(&r, &ticket.sender, "from");
    eth_get_u256(&r, &ticket.base_fee.v, "l1BaseFee");
    eth_get_u256(&r, &ticket.deposit.v, "deposit");
    eth_get_u256(&r, &ticket.max_fee.v, "maxFeePerGas");
    eth_get_u64(&r, &ticket.gas_limit, "gasLimit");
    eth_get_addr20(&r, &ticket.to, "to");
    eth_get_u256(&r, &ticket.call_value.v, "callValue");
    eth_get_addr20(&r, &ticket.call_value_refund, "callValueRefundAddress");
    eth_get_u256(&r, &ticket.max_submission_fee.v, "maxSubmissionFee");
    eth_get_addr20(&r, &ticket.excess_fee_refund, "excessFeeRefundAddress");
    eth_get_data(&r, &ticket.data, "data");
    if (r.err != CW_OK)
        return r.err;
    cw_nitro_retryable_id(&hash.hash, &ticket);
    return put(out, &hash, 1);
}

static enum cw_err hash_nitro_deposit(struct cw_buf *out, struct cw_arena *arena,
                                      const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct cw_nitro_deposit deposit;
    struct named hash = {.name = "hash"};
    eth_get_u64(&r, &deposit.chain_id.v, "chainId");
    eth_get_u256(&r, &deposit.message_number, "messageNumber");
    eth_get_addr20(&r, &deposit.sender, "from");
    eth_get_addr20(&r, &deposit.to, "to");
    eth_get_u256(&r, &deposit.value.v, "value");
    if (r.err != CW_OK)
        return r.err;
    cw_nitro_deposit_hash(&hash.hash, &deposit);
    return put(out, &hash, 1);
}

/* --- storage ---------------------------------------------------------------------------------- */

/* A mapping's value stands at keccak256(key ‖ slot). Source: Solidity documentation, "Layout of
 * State Variables in Storage". */
static enum cw_err hash_slot(struct cw_buf *out, struct cw_arena *arena,
                             const struct cw_json *object, struct cw_error *error) {
    struct reader r;
    enum cw_err err = proof_open(&r, object, arena, error);
    if (err != CW_OK)
        return err;
    struct named hashes[] = {{.name = "hash"}, {.name = "trieKey"}};
    struct cw_hash32 slot = {{0}}, key = {{0}};
    eth_get_slot(&r, &slot, "slot");
    hashes[0].hash = slot;
    if (cw_json_get(object, "key") != NULL) {
        eth_get_slot(&r, &key, "key"); /* an address is padded as an integer is */
        cw_keccak256_pair(&hashes[0].hash, cw_slice_of(key.b, sizeof key.b),
                          cw_slice_of(slot.b, sizeof slot.b));
    }
    if (r.err != CW_OK)
        return r.err;
    cw_storage_key(&hashes[1].hash, &hashes[0].hash);
    return put(out, hashes, CW_COUNT(hashes));
}

const struct cw_hash_kind cw_hash_kinds[] = {
    {"withdrawal", hash_withdrawal},       {"output-root", hash_output},
    {"op-source", hash_op_source},         {"op-deposit", hash_op_deposit},
    {"outbox-item", hash_outbox_item},     {"retryable", hash_retryable},
    {"nitro-deposit", hash_nitro_deposit}, {"storage-slot", hash_slot},
};
const size_t cw_hash_kinds_n = CW_COUNT(cw_hash_kinds);
