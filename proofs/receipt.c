#include <causeway/receipt.h>

#include <causeway/trie.h>

void cw_receipt_bloom(struct cw_bloom *out, const struct cw_receipt *receipt) {
    *out = (struct cw_bloom){{0}};
    for (size_t i = 0; i < receipt->n_logs; i++) {
        const struct cw_receipt_log *log = &receipt->logs[i];
        cw_bloom_add(out, cw_slice_of(log->address.b, sizeof(log->address.b)));
        for (size_t j = 0; j < log->n_topics && j < CW_LOG_TOPICS_MAX; j++) {
            cw_bloom_add(out, cw_slice_of(log->topics[j].b, sizeof(log->topics[j].b)));
        }
    }
}

static bool is_encodable(const struct cw_receipt *receipt) {
    bool deposit = receipt->type == CW_RECEIPT_DEPOSIT;
    if (receipt->type > CW_RECEIPT_TYPE_MAX && !deposit) {
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

static void put_receipt(struct cw_rlp_out *out, const struct cw_receipt *receipt) {
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
    struct cw_bloom bloom;
    cw_receipt_bloom(&bloom, receipt);
    cw_rlp_put_string(out, cw_slice_of(bloom.b, sizeof(bloom.b)));
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
    put_receipt(out, receipt);
    return out->failed ? CW_ERR_LIMIT : CW_OK;
}

/* An upper bound on a receipt's encoding, without building it (a bloom costs hashing): every length
 * prefix counted at 9. */
static enum cw_err encoding_bound(size_t *ret_n, const struct cw_receipt *receipt) {
    size_t n = 1 + 9 + 33 + 9 + 9 + 256 + 9 + 2 * 9;
    for (size_t i = 0; i < receipt->n_logs; i++) {
        size_t log = 9 + 21 + 9 + 33 * CW_LOG_TOPICS_MAX + 9;
        if (__builtin_add_overflow(log, receipt->logs[i].data.n, &log) ||
            __builtin_add_overflow(n, log, &n)) {
            return CW_ERR_MEMORY;
        }
    }
    *ret_n = n;
    return CW_OK;
}

static enum cw_err encode_into_arena(struct cw_arena *arena, struct cw_slice *ret_bytes,
                                     const struct cw_receipt *receipt) {
    size_t bound;
    if (!is_encodable(receipt)) {
        return CW_ERR_INPUT;
    }
    if (encoding_bound(&bound, receipt) != CW_OK) {
        return CW_ERR_MEMORY;
    }
    uint8_t *p = cw_arena_alloc(arena, bound);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    struct cw_rlp_out out = cw_rlp_out_to(p, bound);
    put_receipt(&out, receipt);
    *ret_bytes = cw_slice_of(p, out.n);
    return out.failed ? CW_ERR_LIMIT : CW_OK;
}

enum cw_err cw_receipts_root(struct cw_arena *arena, struct cw_hash32 *ret_root,
                             const struct cw_receipt *receipts, size_t n_receipts) {
    struct cw_slice *values = cw_arena_array(arena, n_receipts, sizeof(*values));
    if (values == NULL) {
        return CW_ERR_MEMORY;
    }
    for (size_t i = 0; i < n_receipts; i++) {
        enum cw_err err = encode_into_arena(arena, &values[i], &receipts[i]);
        if (err != CW_OK) {
            return err;
        }
    }
    return cw_trie_list_root(arena, ret_root, values, n_receipts);
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
