#include "nitro/exit.h"

#include <causeway/rlp.h>

#include <assert.h>
#include <string.h>

#define EVIDENCE_VERSION 1

const struct cw_merkle_shape *exit_tree_shape(struct cw_merkle_shape *room) {
    static const struct cw_hash32 zero = {{0}};
    enum cw_err err = cw_merkle_shape_init(room, CW_MERKLE_EMPTY_SAME, &zero, 0,
                                           CW_MERKLE_DEPTH_MAX);
    assert(err == CW_OK);
    return room;
}

static void put_evidence(struct cw_rlp_out *out, const struct exit_evidence *e) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, EVIDENCE_VERSION);
    cw_rlp_put_u64(out, e->block.v);
    cw_rlp_put_string(out, e->header_rlp);
    cw_rlp_put_hash32(out, &e->root);
    cw_rlp_put_u64(out, e->size);
    cw_rlp_put_u64(out, e->position);
    size_t path = cw_rlp_list_begin(out);
    for (size_t i = 0; i < e->proof.depth; i++) {
        cw_rlp_put_hash32(out, &e->proof.path[i]);
    }
    cw_rlp_list_end(out, path);
    cw_rlp_list_end(out, mark);
}

enum cw_err exit_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                 const struct exit_evidence *evidence) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_evidence(&out, evidence);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_evidence(&out, evidence);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

static bool read_path(struct cw_rlp *in, struct cw_merkle_proof *ret) {
    struct cw_rlp list;
    if (cw_rlp_list(in, &list) != CW_OK) {
        return false;
    }
    for (ret->depth = 0; !cw_rlp_at_end(&list); ret->depth++) {
        if (ret->depth == CW_MERKLE_DEPTH_MAX ||
            cw_rlp_hash32(&list, &ret->path[ret->depth]) != CW_OK) {
            return false;
        }
    }
    return true;
}

enum cw_err exit_evidence_decode(struct exit_evidence *ret, struct cw_slice blob) {
    struct cw_rlp in;
    uint64_t version;
    memset(ret, 0, sizeof *ret);
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &ret->block.v) != CW_OK ||
        cw_rlp_string(&in, &ret->header_rlp) != CW_OK ||
        cw_header_decode(&ret->header, ret->header_rlp) != CW_OK ||
        ret->header.number.v != ret->block.v || cw_rlp_hash32(&in, &ret->root) != CW_OK ||
        cw_rlp_u64(&in, &ret->size) != CW_OK || cw_rlp_u64(&in, &ret->position) != CW_OK ||
        !read_path(&in, &ret->proof) || cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    return CW_OK;
}

enum cw_err exit_evidence_block(struct cw_slice blob, struct cw_block_number *ret) {
    struct cw_rlp in;
    uint64_t version, block;
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &block) != CW_OK) {
        return CW_ERR_INPUT;
    }
    ret->v = block;
    return CW_OK;
}

struct cw_judgement exit_evidence_verify(const struct exit_evidence *evidence,
                                         const struct cw_hash32 *source_hash,
                                         const struct exit_message *message) {
    struct cw_nitro_sends sends;
    struct cw_merkle_shape room;
    const struct cw_merkle_shape *shape = exit_tree_shape(&room);
    struct cw_judgement verdict = cw_header_verify(source_hash, &evidence->header);
    if (verdict.verdict != CW_VALID) {
        return verdict;
    }
    if (!cw_nitro_header_sends(&sends, &evidence->header)) {
        return cw_invalid("the header says nothing of a send tree");
    }
    if (!cw_hash32_equal(&sends.root, &evidence->root) || sends.count != evidence->size) {
        return cw_invalid("the header has another send root or send count");
    }
    if (evidence->position != message->position || evidence->position >= evidence->size ||
        evidence->size > cw_merkle_shape_capacity(shape)) {
        return cw_invalid("the message is not below the send count");
    }
    if (evidence->proof.depth != cw_merkle_shape_depth(shape, evidence->size)) {
        return cw_invalid("the path has not the depth of the tree");
    }
    const struct cw_u256 index = cw_u256_from_u64(message->position);
    return cw_nitro_outbox_verify(&evidence->root, &message->sent, &index, evidence->proof.path,
                                  evidence->proof.depth);
}

void exit_put_execute(struct cw_buf *buf, const struct exit_message *message,
                      const struct cw_merkle_proof *proof) {
    const struct cw_nitro_message *sent = &message->sent;
    cw_abi_put_selector(buf, cw_selector_from_u32(SEL_EXECUTE));
    size_t base = cw_abi_base(buf);
    size_t path = cw_abi_put_offset(buf);
    cw_abi_put_u64(buf, message->position);
    cw_abi_put_addr20(buf, &sent->l2_sender);
    cw_abi_put_addr20(buf, &sent->to);
    cw_abi_put_u256(buf, &sent->l2_block);
    cw_abi_put_u256(buf, &sent->l1_block);
    cw_abi_put_u256(buf, &sent->l2_timestamp);
    cw_abi_put_u256(buf, &sent->value.v);
    size_t data = cw_abi_put_offset(buf);
    cw_abi_place(buf, base, path);
    cw_abi_put_u64(buf, proof->depth);
    for (size_t i = 0; i < proof->depth; i++) {
        cw_abi_put_word(buf, &proof->path[i]);
    }
    cw_abi_place(buf, base, data);
    cw_abi_put_bytes(buf, sent->data);
}

/* --- the host's check before every signature --- */

static struct cw_judgement judge_call(const struct cw_adapter *adapter,
                                      const struct exit_message *message,
                                      const struct exit_evidence *evidence, const char *step,
                                      const struct cw_call *call) {
    if (strcmp(step, EXIT_EXECUTE) != 0) {
        return cw_invalid("no such step");
    }
    if (call->side != CW_SETTLEMENT || !cw_addr20_equal(&call->to, &adapter->outbox)) {
        return cw_invalid("call does not go to the outbox");
    }
    if (!cw_u256_is_zero(&call->value.v)) {
        return cw_invalid("call carries value");
    }
    if (call->target_may_fail || !cw_addr20_is_zero(&call->simulate_from)) {
        return cw_invalid("call is not simulated as it is sent");
    }
    struct cw_buf expected;
    cw_buf_init(&expected, EXIT_CALLDATA_MAX);
    exit_put_execute(&expected, message, &evidence->proof);
    struct cw_judgement verdict = cw_valid();
    if (expected.failed) {
        verdict = (struct cw_judgement){CW_UNDECIDED, "out of memory"};
    } else if (!cw_slice_equal(cw_buf_slice(&expected), call->data)) {
        verdict = cw_invalid("calldata is not what the evidence allows");
    }
    cw_buf_done(&expected);
    return verdict;
}

struct cw_judgement exit_verify(const struct cw_adapter *adapter, const struct cw_message *message,
                                struct cw_slice blob, const struct cw_hash32 *source_hash,
                                const char *step, const struct cw_call *call) {
    struct exit_message sent;
    struct exit_evidence evidence;
    if (exit_message_of(&sent, message) != CW_OK) {
        return cw_invalid("payload is not the message with this id");
    }
    if (exit_evidence_decode(&evidence, blob) != CW_OK) {
        return cw_invalid("evidence does not decode");
    }
    struct cw_judgement verdict = exit_evidence_verify(&evidence, source_hash, &sent);
    return verdict.verdict != CW_VALID || call == NULL
               ? verdict
               : judge_call(adapter, &sent, &evidence, step, call);
}
