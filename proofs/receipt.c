#include <causeway/receipt.h>

#include <string.h>

#include <causeway/trie.h>

/* The least that a log takes: more of them than the bytes allow are refused before memory is asked
 * for. */
#define LOG_BYTES (1 + 21 + 1 + 1)

static void add_logs(struct cw_bloom_batch *batch, struct cw_bloom *bloom,
                     const struct cw_receipt *receipt) {
    for (size_t i = 0; i < receipt->n_logs; i++) {
        const struct cw_receipt_log *log = &receipt->logs[i];
        cw_bloom_batch_add(batch, bloom, cw_slice_of(log->address.b, sizeof(log->address.b)));
        for (size_t j = 0; j < log->n_topics && j < CW_LOG_TOPICS_MAX; j++) {
            cw_bloom_batch_add(batch, bloom,
                               cw_slice_of(log->topics[j].b, sizeof(log->topics[j].b)));
        }
    }
}

void cw_receipt_bloom(struct cw_bloom *out, const struct cw_receipt *receipt) {
    *out = (struct cw_bloom){{0}};
    if (receipt->n_logs > 0) {
        struct cw_bloom_batch batch;
        cw_bloom_batch_init(&batch);
        add_logs(&batch, out, receipt);
        cw_bloom_batch_flush(&batch);
    }
}

/* --- types ---------------------------------------------------------------------------------- */

static bool is_known_type(uint8_t type) {
    switch (type) {
    case CW_RECEIPT_NITRO_DEPOSIT:
    case CW_RECEIPT_NITRO_UNSIGNED:
    case CW_RECEIPT_NITRO_CONTRACT:
    case CW_RECEIPT_NITRO_RETRY:
    case CW_RECEIPT_NITRO_SUBMIT:
    case CW_RECEIPT_NITRO_INTERNAL:
    case CW_RECEIPT_DEPOSIT:
        return true;
    default:
        return type <= CW_RECEIPT_TYPE_MAX;
    }
}

/* --- encoding ------------------------------------------------------------------------------- */

static bool is_encodable(const struct cw_receipt *receipt) {
    bool deposit = receipt->type == CW_RECEIPT_DEPOSIT;
    if (!is_known_type(receipt->type)) {
        return false;
    }
    if (receipt->has_post_state && receipt->type != CW_RECEIPT_LEGACY) {
        return false;
    }
    if (!deposit && (receipt->has_deposit_nonce || receipt->has_deposit_version)) {
        return false;
    }
    if (receipt->has_deposit_version && !receipt->has_deposit_nonce) {
        return false;
    }
    for (size_t i = 0; i < receipt->n_logs; i++) {
        if (receipt->logs[i].n_topics > CW_LOG_TOPICS_MAX) {
            return false;
        }
    }
    return true;
}

static void put_log(struct cw_rlp_out *out, const struct cw_receipt_log *log) {
    size_t whole = cw_rlp_list_begin(out);
    cw_rlp_put_addr20(out, &log->address);
    size_t topics = cw_rlp_list_begin(out);
    for (size_t i = 0; i < log->n_topics; i++) {
        cw_rlp_put_hash32(out, &log->topics[i]);
    }
    cw_rlp_list_end(out, topics);
    cw_rlp_put_string(out, log->data);
    cw_rlp_list_end(out, whole);
}

static void put_receipt(struct cw_rlp_out *out, const struct cw_receipt *receipt,
                        const struct cw_bloom *bloom) {
    if (receipt->type != CW_RECEIPT_LEGACY) {
        cw_rlp_put_raw(out, cw_slice_of(&receipt->type, 1));
    }
    size_t whole = cw_rlp_list_begin(out);
    if (receipt->has_post_state) {
        cw_rlp_put_hash32(out, &receipt->post_state);
    } else {
        cw_rlp_put_u64(out, receipt->status ? 1 : 0);
    }
    cw_rlp_put_u64(out, receipt->cumulative_gas_used);
    cw_rlp_put_string(out, cw_slice_of(bloom->b, sizeof(bloom->b)));
    size_t logs = cw_rlp_list_begin(out);
    for (size_t i = 0; i < receipt->n_logs; i++) {
        put_log(out, &receipt->logs[i]);
    }
    cw_rlp_list_end(out, logs);
    if (receipt->has_deposit_version) {
        cw_rlp_put_u64(out, receipt->deposit_nonce);
        cw_rlp_put_u64(out, receipt->deposit_version);
    }
    cw_rlp_list_end(out, whole);
}

enum cw_err cw_receipt_encode(struct cw_rlp_out *out, const struct cw_receipt *receipt) {
    if (!is_encodable(receipt)) {
        return CW_ERR_INPUT;
    }
    struct cw_bloom bloom;
    cw_receipt_bloom(&bloom, receipt);
    put_receipt(out, receipt, &bloom);
    return out->failed ? CW_ERR_LIMIT : CW_OK;
}

/* --- decoding ------------------------------------------------------------------------------- */

static enum cw_err read_log(struct cw_receipt_log *out, struct cw_rlp *logs) {
    struct cw_rlp log, topics;
    size_t n;
    if (cw_rlp_list(logs, &log) != CW_OK || cw_rlp_addr20(&log, &out->address) != CW_OK ||
        cw_rlp_list(&log, &topics) != CW_OK || cw_rlp_string(&log, &out->data) != CW_OK ||
        cw_rlp_end(&log) != CW_OK || cw_rlp_count(&topics, &n) != CW_OK || n > CW_LOG_TOPICS_MAX) {
        return CW_ERR_INPUT;
    }
    for (size_t i = 0; i < n; i++) {
        if (cw_rlp_hash32(&topics, &out->topics[i]) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    out->n_topics = n;
    return CW_OK;
}

static enum cw_err read_logs(struct cw_arena *arena, struct cw_receipt *out, struct cw_rlp *at) {
    struct cw_rlp list;
    size_t n;
    if (cw_rlp_list(at, &list) != CW_OK || cw_rlp_count(&list, &n) != CW_OK ||
        n > list.rest.n / LOG_BYTES) {
        return CW_ERR_INPUT;
    }
    struct cw_receipt_log *logs = cw_arena_array(arena, n, sizeof(*logs));
    if (logs == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n; i++) {
        if (read_log(&logs[i], &list) != CW_OK) {
            return CW_ERR_INPUT;
        }
    }
    out->logs = logs;
    out->n_logs = n;
    return CW_OK;
}

/* A status of 0 or 1; before Byzantium, and so only without a type, a state root. */
static enum cw_err read_outcome(struct cw_receipt *out, struct cw_rlp *at) {
    if (cw_rlp_bool(at, &out->status) == CW_OK) {
        return CW_OK;
    }
    out->has_post_state = true;
    return out->type == CW_RECEIPT_LEGACY ? cw_rlp_hash32(at, &out->post_state) : CW_ERR_INPUT;
}

static enum cw_err read_receipt(struct cw_arena *arena, struct cw_receipt *out,
                                struct cw_bloom *bloom, struct cw_rlp *at) {
    if (read_outcome(out, at) != CW_OK || cw_rlp_u64(at, &out->cumulative_gas_used) != CW_OK ||
        cw_rlp_fixed(at, bloom->b, sizeof(bloom->b)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    enum cw_err err = read_logs(arena, out, at);
    if (err != CW_OK) {
        return err;
    }
    if (out->type == CW_RECEIPT_DEPOSIT && !cw_rlp_at_end(at)) {
        if (cw_rlp_u64(at, &out->deposit_nonce) != CW_OK ||
            cw_rlp_u64(at, &out->deposit_version) != CW_OK) {
            return CW_ERR_INPUT;
        }
        out->has_deposit_nonce = true;
        out->has_deposit_version = true;
    }
    return cw_rlp_end(at);
}

enum cw_err cw_receipt_decode(struct cw_arena *arena, struct cw_receipt *ret_receipt,
                              struct cw_bloom *ret_bloom, struct cw_slice bytes) {
    struct cw_receipt receipt = {.type = CW_RECEIPT_LEGACY};
    struct cw_bloom bloom, own;
    struct cw_rlp at;
    if (bytes.n > 0 && bytes.p[0] < 0xc0) {
        receipt.type = bytes.p[0];
        if (receipt.type == CW_RECEIPT_LEGACY || !is_known_type(receipt.type)) {
            return CW_ERR_INPUT;
        }
        bytes = cw_slice_of(bytes.p + 1, bytes.n - 1);
    }
    if (cw_rlp_open_list(&at, bytes) != CW_OK) {
        return CW_ERR_INPUT;
    }
    enum cw_err err = read_receipt(arena, &receipt, &bloom, &at);
    if (err != CW_OK) {
        return err;
    }
    cw_receipt_bloom(&own, &receipt);
    if (memcmp(own.b, bloom.b, sizeof(own.b)) != 0) {
        return CW_ERR_CONTRADICTED;
    }
    *ret_receipt = receipt;
    if (ret_bloom != NULL) {
        *ret_bloom = bloom;
    }
    return CW_OK;
}

/* --- roots ---------------------------------------------------------------------------------- */

/* The blooms of all receipts, zeroed before. CW_ERR_INPUT when one can't be encoded. */
static enum cw_err fill_blooms(struct cw_bloom *blooms, const struct cw_receipt *receipts,
                               size_t n_receipts) {
    struct cw_bloom_batch batch;
    cw_bloom_batch_init(&batch);
    for (size_t i = 0; i < n_receipts; i++) {
        if (!is_encodable(&receipts[i])) {
            return CW_ERR_INPUT;
        }
        add_logs(&batch, &blooms[i], &receipts[i]);
    }
    cw_bloom_batch_flush(&batch);
    return CW_OK;
}

static enum cw_err encode_into_arena(struct cw_arena *arena, struct cw_slice *ret_bytes,
                                     const struct cw_receipt *receipt,
                                     const struct cw_bloom *bloom) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_receipt(&out, receipt, bloom);
    uint8_t *p = out.failed ? NULL : cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_receipt(&out, receipt, bloom);
    *ret_bytes = cw_slice_of(p, out.n);
    return out.failed ? CW_ERR_LIMIT : CW_OK;
}

enum cw_err cw_receipts_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                             const struct cw_receipt *receipts, size_t n_receipts) {
    struct cw_slice *values = cw_arena_array(arena, n_receipts, sizeof(*values));
    struct cw_bloom *blooms = cw_arena_array(arena, n_receipts, sizeof(*blooms));
    if (values == NULL || blooms == NULL) {
        return CW_ERR_MEMORY;
    }
    enum cw_err err = fill_blooms(blooms, receipts, n_receipts);
    for (size_t i = 0; i < n_receipts && err == CW_OK; i++) {
        err = encode_into_arena(arena, &values[i], &receipts[i], &blooms[i]);
    }
    return err == CW_OK ? cw_trie_list_root(arena, ret_root, values, n_receipts) : err;
}

struct cw_judgement cw_receipts_verify(struct cw_arena *arena,
                                       const struct cw_hash32 *receipts_root,
                                       const struct cw_receipt *receipts, size_t n_receipts) {
    struct cw_hash32 root;
    enum cw_err err = cw_receipts_root(arena, &root, receipts, n_receipts);
    if (err == CW_ERR_INPUT) {
        return cw_invalid("a receipt has fields that its type can't have");
    }
    if (err != CW_OK) {
        return (struct cw_judgement){CW_UNDECIDED, "out of memory"};
    }
    return cw_hash32_equal(&root, receipts_root)
               ? cw_valid()
               : cw_invalid("receipts do not hash to the receipts root");
}

enum cw_err cw_transactions_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                 const struct cw_slice *raws, size_t n_raws) {
    return cw_trie_list_root(arena, ret_root, raws, n_raws);
}

/* A list of three scalars and an address. */
#define WITHDRAWAL_BYTES_MAX (1 + 9 + 9 + 21 + 9)

enum cw_err cw_withdrawals_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                                const struct cw_withdrawal *withdrawals, size_t n_withdrawals) {
    struct cw_slice *values = cw_arena_array(arena, n_withdrawals, sizeof(*values));
    uint8_t(*bytes)[WITHDRAWAL_BYTES_MAX] = cw_arena_array(arena, n_withdrawals, sizeof(*bytes));
    if (values == NULL || bytes == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n_withdrawals; i++) {
        struct cw_rlp_out out = cw_rlp_out_to(bytes[i], sizeof(bytes[i]));
        cw_rlp_put_u64(&out, withdrawals[i].index);
        cw_rlp_put_u64(&out, withdrawals[i].validator_index);
        cw_rlp_put_addr20(&out, &withdrawals[i].address);
        cw_rlp_put_u64(&out, withdrawals[i].amount);
        cw_rlp_list_end(&out, 0);
        values[i] = cw_slice_of(bytes[i], out.n);
    }
    return cw_trie_list_root(arena, ret_root, values, n_withdrawals);
}
