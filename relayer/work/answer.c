#include "work/answer.h"

#include <causeway/account.h>
#include <causeway/header.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include <assert.h>
#include <inttypes.h>

/* --- the key --- */

static void add_u64(struct cw_keccak *state, uint64_t v) {
    uint8_t word[8];
    for (size_t i = 0; i < sizeof word; i++)
        word[i] = (uint8_t)(v >> (56 - 8 * i));
    cw_keccak_update(state, cw_slice_of(word, sizeof word));
}

bool cw_answer_is_kept(enum cw_request_kind kind) {
    return kind == CW_REQUEST_CALL || kind == CW_REQUEST_HEADER || kind == CW_REQUEST_PROOF;
}

void cw_answer_key(struct cw_hash32 *out, const struct cw_request *request) {
    struct cw_keccak state;
    cw_keccak_init(&state);
    add_u64(&state, (uint64_t)request->kind);
    switch (request->kind) {
    case CW_REQUEST_CALL:
        cw_keccak_update(&state, cw_slice_of(request->block_hash.b, 32));
        cw_keccak_update(&state, cw_slice_of(request->from.b, 20));
        cw_keccak_update(&state, cw_slice_of(request->to.b, 20));
        cw_keccak_update(&state, request->data);
        break;
    case CW_REQUEST_HEADER:
        add_u64(&state, request->block_number.v);
        break;
    case CW_REQUEST_PROOF:
        add_u64(&state, request->block_number.v);
        cw_keccak_update(&state, cw_slice_of(request->to.b, 20));
        cw_keccak_update(&state, cw_slice_of(request->slot.b, 32));
        break;
    case CW_REQUEST_LOGS:
    case CW_REQUEST_RECEIPT:
    case CW_REQUEST_BLOCK:
    case CW_REQUEST_TX:
    case CW_REQUEST_TRACE:
        assert(cw_answer_is_kept(request->kind));
        break;
    }
    cw_keccak_final(out, &state);
}

/* --- writing --- */

static void put_nodes(struct cw_rlp_out *out, const struct cw_slice *nodes, size_t n) {
    size_t mark = cw_rlp_list_begin(out);
    for (size_t i = 0; i < n; i++)
        cw_rlp_put_string(out, nodes[i]);
    cw_rlp_list_end(out, mark);
}

static void put_answer(struct cw_rlp_out *out, const struct cw_request *request,
                       const struct cw_answer *answer) {
    size_t mark = cw_rlp_list_begin(out);
    if (request->kind == CW_REQUEST_CALL) {
        cw_rlp_put_u64(out, answer->status == CW_ANSWER_REVERTED);
        cw_rlp_put_string(out, answer->data);
    } else {
        cw_rlp_put_hash32(out, &answer->storage_root);
        put_nodes(out, answer->account_proof, answer->account_proof_n);
        put_nodes(out, answer->storage_proof, answer->storage_proof_n);
    }
    cw_rlp_list_end(out, mark);
}

static enum cw_err encode_header(struct cw_slice *ret, struct cw_arena *arena,
                                 const struct cw_header *header) {
    size_t n = 0;
    uint8_t *bytes = cw_arena_alloc(arena, CW_HEADER_RLP_MAX);
    struct cw_header *again = cw_arena_alloc(arena, sizeof *again);
    if (!bytes || !again)
        return CW_ERR_MEMORY;
    enum cw_err err = cw_header_encode(bytes, CW_HEADER_RLP_MAX, &n, header);
    if (err == CW_OK) /* some can be encoded, and not be read back */
        err = cw_header_decode(again, cw_slice_of(bytes, n));
    if (err == CW_OK)
        *ret = cw_slice_of(bytes, n);
    return err;
}

enum cw_err cw_answer_encode(struct cw_slice *ret, struct cw_arena *arena,
                             const struct cw_request *request, const struct cw_answer *answer) {
    if (request->kind == CW_REQUEST_HEADER)
        return encode_header(ret, arena, answer->header);
    struct cw_rlp_out out = cw_rlp_out_count();
    put_answer(&out, request, answer);
    size_t n = out.n;
    uint8_t *bytes = cw_arena_alloc(arena, n);
    if (!bytes)
        return CW_ERR_MEMORY;
    out = cw_rlp_out_to(bytes, n);
    put_answer(&out, request, answer);
    *ret = cw_slice_of(bytes, n);
    return CW_OK;
}

/* --- reading --- */

static enum cw_err read_call(struct cw_answer *out, struct cw_arena *arena, struct cw_rlp *in) {
    bool reverted = false;
    struct cw_slice data;
    enum cw_err err = cw_rlp_bool(in, &reverted);
    if (err == CW_OK)
        err = cw_rlp_string(in, &data);
    if (err != CW_OK)
        return err;
    out->status = reverted ? CW_ANSWER_REVERTED : CW_ANSWER_OK;
    out->data = cw_arena_copy(arena, data);
    return !out->data.p ? CW_ERR_MEMORY : CW_OK;
}

static enum cw_err read_nodes(const struct cw_slice **ret, size_t *ret_n, struct cw_arena *arena,
                              struct cw_rlp *in) {
    struct cw_rlp members;
    size_t n = 0;
    enum cw_err err = cw_rlp_list(in, &members);
    if (err == CW_OK)
        err = cw_rlp_count(&members, &n);
    if (err != CW_OK)
        return err;
    struct cw_slice *nodes = cw_arena_array(arena, n, sizeof *nodes);
    if (!nodes)
        return CW_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        struct cw_slice node;
        err = cw_rlp_string(&members, &node);
        if (err != CW_OK)
            return err;
        nodes[i] = cw_arena_copy(arena, node);
        if (!nodes[i].p)
            return CW_ERR_MEMORY;
    }
    *ret = nodes;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err read_proof(struct cw_answer *out, struct cw_arena *arena, struct cw_rlp *in) {
    enum cw_err err = cw_rlp_hash32(in, &out->storage_root);
    if (err == CW_OK)
        err = read_nodes(&out->account_proof, &out->account_proof_n, arena, in);
    if (err == CW_OK)
        err = read_nodes(&out->storage_proof, &out->storage_proof_n, arena, in);
    return err;
}

static enum cw_err read_header(struct cw_answer *out, struct cw_arena *arena,
                               const struct cw_request *request, struct cw_slice bytes) {
    struct cw_header *header = cw_arena_alloc(arena, sizeof *header);
    if (!header)
        return CW_ERR_MEMORY;
    enum cw_err err = cw_header_decode(header, bytes);
    if (err == CW_OK)
        err = cw_header_hash(&out->header_hash, header);
    if (err == CW_OK && header->number.v != request->block_number.v)
        err = CW_ERR_INPUT;
    out->header = header;
    return err;
}

enum cw_err cw_answer_decode(struct cw_answer *ret, struct cw_arena *arena,
                             const struct cw_request *request, struct cw_slice bytes) {
    struct cw_answer out = {.status = CW_ANSWER_OK};
    struct cw_rlp in;
    enum cw_err err;
    if (request->kind == CW_REQUEST_HEADER) {
        err = read_header(&out, arena, request, bytes);
    } else {
        err = cw_rlp_open_list(&in, bytes);
        if (err == CW_OK)
            err = request->kind == CW_REQUEST_CALL ? read_call(&out, arena, &in)
                                                   : read_proof(&out, arena, &in);
        if (err == CW_OK)
            err = cw_rlp_end(&in);
    }
    if (err == CW_OK)
        *ret = out;
    return err;
}

/* --- proofs --- */

enum cw_err cw_answer_prove(const struct cw_answer *proof, const struct cw_request *request,
                            const struct cw_header *header, struct cw_error *error) {
    struct cw_account account;
    bool present = false;
    struct cw_judgement verdict = cw_account_verify(&account, &present, &header->state_root,
                                                    &request->to, proof->account_proof,
                                                    proof->account_proof_n);
    if (verdict.verdict != CW_VALID)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "account proof at block %" PRIu64 ": %s",
                            header->number.v, verdict.reason);
    if (!cw_hash32_equal(&account.storage_root, &proof->storage_root))
        return cw_error_set(error, CW_ERR_CONTRADICTED,
                            "storageHash at block %" PRIu64 " is not the proved account's",
                            header->number.v);
    struct cw_u256 value;
    static const enum cw_mpt_form forms[] = {CW_MPT_FORM_NODE, CW_MPT_FORM_CONTRACT};
    for (size_t i = 0; i < CW_COUNT(forms); i++) {
        verdict = cw_storage_get(&value, &account.storage_root, &request->slot,
                                 proof->storage_proof, proof->storage_proof_n, forms[i]);
        if (verdict.verdict == CW_VALID)
            return CW_OK;
    }
    return cw_error_set(error, CW_ERR_CONTRADICTED, "storage proof at block %" PRIu64 ": %s",
                        header->number.v, verdict.reason);
}
