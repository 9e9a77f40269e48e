#include "net/eth.h"

#include "net/eth_read.h"

#include <causeway/keccak.h>

#include <string.h>

/* --- logs and receipts ---------------------------------------------------------------------- */

static enum cw_err read_topics(struct cw_hash32 topics[CW_LOG_TOPICS_MAX], size_t *ret_n,
                               struct reader *r) {
    const struct cw_json *array = eth_get_array(r, "topics");
    size_t n = 0;
    for (const struct cw_json *t = cw_json_first(array); t != NULL && r->err == CW_OK;
         t = cw_json_next(t)) {
        if (n == CW_LOG_TOPICS_MAX) {
            r->err = cw_error_set(r->error, CW_ERR_INPUT, "topics: more than four");
        } else {
            eth_took(r, "topics", eth_read_hash32(&topics[n++], t, r->error));
        }
    }
    *ret_n = n;
    return r->err;
}

static enum cw_err read_log(struct cw_log *ret, struct cw_arena *arena, const struct cw_json *value,
                            struct cw_error *error) {
    enum cw_err err = eth_expect(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_log log;
    memset(&log, 0, sizeof(log));
    struct reader r = {value, arena, error, CW_OK, false};
    eth_get_addr20(&r, &log.address, "address");
    (void)read_topics(log.topics, &log.topics_n, &r);
    eth_get_data(&r, &log.data, "data");
    eth_get_u64(&r, &log.block.number.v, "blockNumber");
    eth_get_hash32(&r, &log.block.hash, "blockHash");
    eth_get_hash32(&r, &log.tx_hash, "transactionHash");
    eth_get_u64(&r, &log.log_index, "logIndex");
    bool removed = false;
    if (r.err == CW_OK && cw_json_bool(&removed, cw_json_get(value, "removed")) == CW_OK &&
        removed) {
        r.err = cw_error_set(error, CW_ERR_CONTRADICTED, "is of a block that was removed");
    }
    if (r.err == CW_OK) {
        *ret = log;
    }
    return r.err;
}

static enum cw_err check_order(const struct cw_log *before, const struct cw_log *log,
                               struct cw_error *error) {
    if (log->block.number.v < before->block.number.v ||
        (log->block.number.v == before->block.number.v && log->log_index <= before->log_index)) {
        return cw_error_set(
            error, CW_ERR_CONTRADICTED,
            "stands behind one of block %llu with index %llu, but is of block %llu "
            "with index %llu",
            (unsigned long long)before->block.number.v, (unsigned long long)before->log_index,
            (unsigned long long)log->block.number.v, (unsigned long long)log->log_index);
    }
    if (log->block.number.v == before->block.number.v &&
        !cw_hash32_equal(&log->block.hash, &before->block.hash)) {
        return cw_error_set(error, CW_ERR_CONTRADICTED, "block %llu has two hashes",
                            (unsigned long long)log->block.number.v);
    }
    return CW_OK;
}

static void digest_u64(struct cw_keccak *state, uint64_t v) {
    uint8_t word[8];
    for (size_t i = 0; i < sizeof word; i++)
        word[i] = (uint8_t)(v >> (56 - 8 * i));
    cw_keccak_update(state, cw_slice_of(word, sizeof word));
}

void cw_eth_log_digest(struct cw_keccak *state, const struct cw_log *log) {
    digest_u64(state, log->block.number.v);
    digest_u64(state, log->log_index);
    digest_u64(state, log->topics_n);
    digest_u64(state, log->data.n);
    cw_keccak_update(state, cw_slice_of(log->block.hash.b, 32));
    cw_keccak_update(state, cw_slice_of(log->tx_hash.b, 32));
    cw_keccak_update(state, cw_slice_of(log->address.b, 20));
    for (size_t i = 0; i < log->topics_n; i++)
        cw_keccak_update(state, cw_slice_of(log->topics[i].b, 32));
    cw_keccak_update(state, log->data);
}

enum cw_err cw_eth_logs(struct cw_log **ret, size_t *ret_n, struct cw_arena *arena,
                        const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_ARRAY, error);
    if (err != CW_OK) {
        return err;
    }
    size_t n = cw_json_size(value), at = 0;
    struct cw_log *logs = cw_arena_array(arena, n, sizeof(*logs));
    if (logs == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    for (const struct cw_json *e = cw_json_first(value); e != NULL; e = cw_json_next(e)) {
        err = read_log(&logs[at], arena, e, error);
        if (err == CW_OK && at > 0) {
            err = check_order(&logs[at - 1], &logs[at], error);
        }
        if (err != CW_OK) {
            return cw_error_wrap(error, err, "log %zu", at);
        }
        at++;
    }
    *ret = logs;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err read_receipt_log(struct cw_receipt_log *ret, struct cw_arena *arena,
                                    const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct reader r = {value, arena, error, CW_OK, false};
    eth_get_addr20(&r, &ret->address, "address");
    (void)read_topics(ret->topics, &ret->n_topics, &r);
    eth_get_data(&r, &ret->data, "data");
    return r.err;
}

static void get_receipt_logs(struct reader *r, struct cw_receipt *receipt) {
    const struct cw_json *array = eth_get_array(r, "logs");
    if (array == NULL) {
        return;
    }
    size_t n = cw_json_size(array), at = 0;
    struct cw_receipt_log *logs = cw_arena_array(r->arena, n, sizeof(*logs));
    if (logs == NULL) {
        r->err = cw_error_set(r->error, CW_ERR_MEMORY, "out of memory");
        return;
    }
    for (const struct cw_json *e = cw_json_first(array); e != NULL; e = cw_json_next(e)) {
        enum cw_err err = read_receipt_log(&logs[at], r->arena, e, r->error);
        if (err != CW_OK) {
            r->err = cw_error_wrap(r->error, err, "logs: %zu", at);
            return;
        }
        at++;
    }
    receipt->logs = logs;
    receipt->n_logs = n;
}

static void get_receipt_type(struct reader *r, struct cw_receipt *receipt) {
    uint64_t type = 0; /* nodes from before EIP-2718 have no such member */
    if (eth_has(r, "type")) {
        eth_get_u64(r, &type, "type");
    }
    if (type > 0x7f) {
        eth_took(r, "type", eth_not_a(r->error, "a value up to 0x7f"));
    }
    receipt->type = (uint8_t)type;
}

static void get_status(struct reader *r, bool *ret) {
    uint64_t status = 0;
    eth_get_u64(r, &status, "status");
    if (status > 1) {
        eth_took(r, "status", eth_not_a(r->error, "0x0 or 0x1"));
    }
    *ret = status == 1;
}

static void check_bloom(struct reader *r, const struct cw_receipt *receipt) {
    struct cw_bloom claimed, bloom;
    eth_get_fixed(r, claimed.b, sizeof(claimed.b), "a bloom of 256 bytes", "logsBloom");
    if (r->err == CW_OK) {
        cw_receipt_bloom(&bloom, receipt);
        if (memcmp(claimed.b, bloom.b, sizeof(bloom.b)) != 0) {
            r->err = cw_error_set(r->error, CW_ERR_CONTRADICTED,
                                  "logsBloom is not that of its logs");
        }
    }
}

/* *index and *block come in as what follows from the receipts before; a dump may lack them. */
static enum cw_err read_receipt(struct cw_receipt *ret, uint64_t *index, struct cw_hash32 *block,
                                bool dump, struct cw_arena *arena, const struct cw_json *value,
                                struct cw_error *error) {
    enum cw_err err = eth_expect(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct reader r = {value, arena, error, CW_OK, dump};
    get_receipt_type(&r, ret);
    if (!eth_has(&r, "status") && eth_has(&r, "root")) {
        ret->has_post_state = true;
        eth_get_hash32(&r, &ret->post_state, "root");
    } else {
        get_status(&r, &ret->status);
    }
    eth_get_u64(&r, &ret->cumulative_gas_used, "cumulativeGasUsed");
    if (!dump || eth_has(&r, "transactionIndex")) {
        eth_get_u64(&r, index, "transactionIndex");
    }
    if (!dump || eth_has(&r, "blockHash")) {
        eth_get_hash32(&r, block, "blockHash");
    }
    get_receipt_logs(&r, ret);
    if (dump) {
        check_bloom(&r, ret);
    }
    if (ret->type == CW_RECEIPT_DEPOSIT && eth_has(&r, "depositNonce")) {
        ret->has_deposit_nonce = true;
        eth_get_u64(&r, &ret->deposit_nonce, "depositNonce");
    }
    if (ret->type == CW_RECEIPT_DEPOSIT && eth_has(&r, "depositReceiptVersion")) {
        ret->has_deposit_version = true;
        eth_get_u64(&r, &ret->deposit_version, "depositReceiptVersion");
    }
    return r.err;
}

static enum cw_err read_receipts(struct cw_receipt **ret, size_t *ret_n, bool dump,
                                 struct cw_arena *arena, const struct cw_json *value,
                                 struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_ARRAY, error);
    if (err != CW_OK) {
        return err;
    }
    size_t n = cw_json_size(value), at = 0;
    struct cw_receipt *receipts = cw_arena_array(arena, n, sizeof(*receipts));
    if (receipts == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    struct cw_hash32 block = {{0}};
    for (const struct cw_json *e = cw_json_first(value); e != NULL; e = cw_json_next(e)) {
        struct cw_hash32 of = block;
        uint64_t index = at;
        err = read_receipt(&receipts[at], &index, &of, dump, arena, e, error);
        if (err == CW_OK && index != at) {
            err = cw_error_set(error, CW_ERR_CONTRADICTED,
                               "is of transaction %llu: not all of the block's, or not in order",
                               (unsigned long long)index);
        }
        bool known = at > 0 && !(dump && cw_hash32_is_zero(&block));
        if (err == CW_OK && known && !cw_hash32_equal(&block, &of)) {
            err = cw_error_set(error, CW_ERR_CONTRADICTED, "is of another block");
        }
        if (err != CW_OK) {
            return cw_error_wrap(error, err, "receipt %zu", at);
        }
        block = of;
        at++;
    }
    *ret = receipts;
    *ret_n = n;
    return CW_OK;
}

enum cw_err cw_eth_receipts(struct cw_receipt **ret, size_t *ret_n, struct cw_arena *arena,
                            const struct cw_json *value, struct cw_error *error) {
    return read_receipts(ret, ret_n, false, arena, value, error);
}

enum cw_err cw_eth_dump_receipts(struct cw_receipt **ret, size_t *ret_n, struct cw_arena *arena,
                                 const struct cw_json *value, struct cw_error *error) {
    return read_receipts(ret, ret_n, true, arena, value, error);
}

enum cw_err cw_eth_tx_receipt(struct cw_eth_tx_receipt *ret, struct cw_arena *arena,
                              const struct cw_json *value, struct cw_error *error) {
    enum cw_err err = eth_expect_known(value, CW_JSON_OBJECT, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_eth_tx_receipt receipt;
    memset(&receipt, 0, sizeof(receipt));
    struct reader r = {value, arena, error, CW_OK, false};
    eth_get_hash32(&r, &receipt.tx_hash, "transactionHash");
    eth_get_u64(&r, &receipt.block.number.v, "blockNumber");
    eth_get_hash32(&r, &receipt.block.hash, "blockHash");
    get_status(&r, &receipt.success);
    eth_get_u64(&r, &receipt.gas_used, "gasUsed");
    if (eth_has(&r, "effectiveGasPrice")) {
        eth_get_u256(&r, &receipt.effective_gas_price.v, "effectiveGasPrice");
    }
    receipt.has_data_fee = eth_has(&r, "l1Fee"); /* OP Stack */
    if (receipt.has_data_fee) {
        eth_get_u256(&r, &receipt.data_fee.v, "l1Fee");
    }
    if (eth_has(&r, "operatorFeeScalar") && eth_has(&r, "operatorFeeConstant")) {
        uint64_t scalar = 0, constant = 0; /* what they mean depends on the fork */
        eth_get_u64(&r, &scalar, "operatorFeeScalar");
        eth_get_u64(&r, &constant, "operatorFeeConstant");
        receipt.has_charge = scalar != 0 || constant != 0;
    }
    if (eth_has(&r, "gasUsedForL1")) { /* Nitro */
        eth_get_u64(&r, &receipt.data_gas, "gasUsedForL1");
    }
    const struct cw_json *logs = eth_get_array(&r, "logs");
    if (r.err != CW_OK) {
        return r.err;
    }
    err = cw_eth_logs(&receipt.logs, &receipt.logs_n, arena, logs, error);
    for (size_t i = 0; i < receipt.logs_n && err == CW_OK; i++) {
        if (!cw_hash32_equal(&receipt.logs[i].tx_hash, &receipt.tx_hash) ||
            !cw_hash32_equal(&receipt.logs[i].block.hash, &receipt.block.hash)) {
            err = cw_error_set(error, CW_ERR_CONTRADICTED,
                               "log %zu is of another transaction or block than its receipt", i);
        }
    }
    if (err == CW_OK) {
        *ret = receipt;
    }
    return err;
}
