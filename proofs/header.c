#include <causeway/header.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

static void put_optional(struct cw_rlp_out *out, const struct cw_header *header) {
    if (cw_header_has(header, CW_HEADER_BASE_FEE)) {
        cw_rlp_put_u256(out, &header->base_fee);
    }
    if (cw_header_has(header, CW_HEADER_WITHDRAWALS_ROOT)) {
        cw_rlp_put_hash32(out, &header->withdrawals_root);
    }
    if (cw_header_has(header, CW_HEADER_BLOB_GAS_USED)) {
        cw_rlp_put_u64(out, header->blob_gas_used);
    }
    if (cw_header_has(header, CW_HEADER_EXCESS_BLOB_GAS)) {
        cw_rlp_put_u64(out, header->excess_blob_gas);
    }
    if (cw_header_has(header, CW_HEADER_PARENT_BEACON_ROOT)) {
        cw_rlp_put_hash32(out, &header->parent_beacon_root);
    }
    if (cw_header_has(header, CW_HEADER_REQUESTS_HASH)) {
        cw_rlp_put_hash32(out, &header->requests_hash);
    }
}

/* Whether an optional field is absent before one that is present. */
static bool has_gap(const struct cw_header *header) {
    return (header->present & (header->present + 1)) != 0;
}

/* Fields behind a gap stand in the places of others. Where they could be those others, the hash
 * would be that of a header which says something else. */
static bool reads_as_another(struct cw_slice rlp) {
    struct cw_header other;
    return cw_header_decode(&other, rlp) == CW_OK;
}

enum cw_err cw_header_encode(uint8_t *out, size_t capacity, size_t *ret_n,
                             const struct cw_header *header) {
    if (header->extra_n > CW_HEADER_EXTRA_MAX) {
        return CW_ERR_LIMIT;
    }
    struct cw_rlp_out rlp = cw_rlp_out_to(out, capacity);
    size_t mark = cw_rlp_list_begin(&rlp);
    cw_rlp_put_hash32(&rlp, &header->parent_hash);
    cw_rlp_put_hash32(&rlp, &header->ommers_hash);
    cw_rlp_put_addr20(&rlp, &header->beneficiary);
    cw_rlp_put_hash32(&rlp, &header->state_root);
    cw_rlp_put_hash32(&rlp, &header->transactions_root);
    cw_rlp_put_hash32(&rlp, &header->receipts_root);
    cw_rlp_put_string(&rlp, cw_slice_of(header->logs_bloom.b, sizeof(header->logs_bloom.b)));
    cw_rlp_put_u256(&rlp, &header->difficulty);
    cw_rlp_put_u64(&rlp, header->number.v);
    cw_rlp_put_u64(&rlp, header->gas_limit);
    cw_rlp_put_u64(&rlp, header->gas_used);
    cw_rlp_put_u64(&rlp, header->timestamp);
    cw_rlp_put_string(&rlp, cw_slice_of(header->extra, header->extra_n));
    cw_rlp_put_hash32(&rlp, &header->mix_hash);
    cw_rlp_put_string(&rlp, cw_slice_of(header->nonce, sizeof(header->nonce)));
    put_optional(&rlp, header);
    cw_rlp_list_end(&rlp, mark);
    if (rlp.failed) {
        return CW_ERR_LIMIT;
    }
    if (has_gap(header) && reads_as_another(cw_slice_of(out, rlp.n))) {
        return CW_ERR_INPUT;
    }
    *ret_n = rlp.n;
    return CW_OK;
}

enum cw_err cw_header_hash(struct cw_hash32 *ret_hash, const struct cw_header *header) {
    uint8_t rlp[CW_HEADER_RLP_MAX];
    size_t n;
    enum cw_err err = cw_header_encode(rlp, sizeof(rlp), &n, header);
    if (err == CW_OK) {
        cw_keccak256(ret_hash, cw_slice_of(rlp, n));
    }
    return err;
}

static enum cw_err read_optional(struct cw_header *header, struct cw_rlp *at,
                                 enum cw_header_field field) {
    switch (field) {
    case CW_HEADER_BASE_FEE:
        return cw_rlp_u256(at, &header->base_fee);
    case CW_HEADER_WITHDRAWALS_ROOT:
        return cw_rlp_hash32(at, &header->withdrawals_root);
    case CW_HEADER_BLOB_GAS_USED:
        return cw_rlp_u64(at, &header->blob_gas_used);
    case CW_HEADER_EXCESS_BLOB_GAS:
        return cw_rlp_u64(at, &header->excess_blob_gas);
    case CW_HEADER_PARENT_BEACON_ROOT:
        return cw_rlp_hash32(at, &header->parent_beacon_root);
    case CW_HEADER_REQUESTS_HASH:
        return cw_rlp_hash32(at, &header->requests_hash);
    }
    return CW_ERR_INPUT;
}

enum cw_err cw_header_decode(struct cw_header *ret_header, struct cw_slice rlp) {
    struct cw_rlp at;
    struct cw_header header;
    struct cw_slice extra;
    memset(&header, 0, sizeof(header));
    if (cw_rlp_open_list(&at, rlp) != CW_OK || cw_rlp_hash32(&at, &header.parent_hash) != CW_OK ||
        cw_rlp_hash32(&at, &header.ommers_hash) != CW_OK ||
        cw_rlp_addr20(&at, &header.beneficiary) != CW_OK ||
        cw_rlp_hash32(&at, &header.state_root) != CW_OK ||
        cw_rlp_hash32(&at, &header.transactions_root) != CW_OK ||
        cw_rlp_hash32(&at, &header.receipts_root) != CW_OK ||
        cw_rlp_fixed(&at, header.logs_bloom.b, sizeof(header.logs_bloom.b)) != CW_OK ||
        cw_rlp_u256(&at, &header.difficulty) != CW_OK ||
        cw_rlp_u64(&at, &header.number.v) != CW_OK || cw_rlp_u64(&at, &header.gas_limit) != CW_OK ||
        cw_rlp_u64(&at, &header.gas_used) != CW_OK || cw_rlp_u64(&at, &header.timestamp) != CW_OK ||
        cw_rlp_string(&at, &extra) != CW_OK || cw_rlp_hash32(&at, &header.mix_hash) != CW_OK ||
        cw_rlp_fixed(&at, header.nonce, sizeof(header.nonce)) != CW_OK) {
        return CW_ERR_INPUT;
    }
    static const enum cw_header_field fields[] = {
        CW_HEADER_BASE_FEE,        CW_HEADER_WITHDRAWALS_ROOT,   CW_HEADER_BLOB_GAS_USED,
        CW_HEADER_EXCESS_BLOB_GAS, CW_HEADER_PARENT_BEACON_ROOT, CW_HEADER_REQUESTS_HASH};
    for (size_t i = 0; i < CW_COUNT(fields) && !cw_rlp_at_end(&at); i++) {
        if (read_optional(&header, &at, fields[i]) != CW_OK) {
            return CW_ERR_INPUT;
        }
        header.present |= (unsigned)fields[i];
    }
    if (!cw_rlp_at_end(&at)) {
        return CW_ERR_INPUT;
    }
    if (extra.n > CW_HEADER_EXTRA_MAX) {
        return CW_ERR_LIMIT;
    }
    memcpy(header.extra, extra.p, extra.n);
    header.extra_n = extra.n;
    *ret_header = header;
    return CW_OK;
}

struct cw_judgement cw_header_verify(const struct cw_hash32 *hash, const struct cw_header *header) {
    struct cw_hash32 actual;
    enum cw_err err = cw_header_hash(&actual, header);
    if (err != CW_OK) {
        return cw_invalid(err == CW_ERR_INPUT ? CW_HEADER_R_GAP : "extraData is over the cap");
    }
    return cw_hash32_equal(hash, &actual) ? cw_valid()
                                          : cw_invalid("header does not hash to the block hash");
}
