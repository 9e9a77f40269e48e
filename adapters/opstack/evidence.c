#include "opstack/internal.h"

#include <causeway/keccak.h>
#include <causeway/op_interop.h>
#include <causeway/rlp.h>

#include <string.h>

#define EVIDENCE_VERSION 1

static void put_nodes(struct cw_rlp_out *out, const struct cw_slice *nodes, size_t n) {
    size_t mark = cw_rlp_list_begin(out);
    for (size_t i = 0; i < n; i++) {
        cw_rlp_put_string(out, nodes[i]);
    }
    cw_rlp_list_end(out, mark);
}

/* Of an output: [index]; of a game: [game, index] or, when the index is not known, [game]. Where it
 * was proved under no root of anybody's: [] or [zero]. */
static void put_reference(struct cw_rlp_out *out, const struct opstack_reference *reference) {
    size_t mark = cw_rlp_list_begin(out);
    if (reference->kind == OPSTACK_GAMES) {
        cw_rlp_put_addr20(out, &reference->game);
    }
    if (reference->has_index) {
        cw_rlp_put_u64(out, reference->index);
    }
    cw_rlp_list_end(out, mark);
}

static void put_evidence(struct cw_rlp_out *out, const struct opstack_evidence *e) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, EVIDENCE_VERSION);
    cw_rlp_put_u64(out, e->block.v);
    cw_rlp_put_string(out, e->header_rlp);
    put_nodes(out, e->account, e->account_n);
    put_nodes(out, e->storage, e->storage_n);
    cw_rlp_put_hash32(out, &e->root);
    cw_rlp_put_u64(out, (uint64_t)e->reference.kind);
    put_reference(out, &e->reference);
    if (e->preimage.n > 0) {
        cw_rlp_put_string(out, e->preimage);
    }
    cw_rlp_list_end(out, mark);
}

enum cw_err opstack_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                    const struct opstack_evidence *evidence) {
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

static bool read_nodes(struct cw_rlp *in, struct cw_slice nodes[OPSTACK_NODES_MAX], size_t *n) {
    struct cw_rlp list;
    if (cw_rlp_list(in, &list) != CW_OK) {
        return false;
    }
    *n = 0;
    while (!cw_rlp_at_end(&list)) {
        if (*n == OPSTACK_NODES_MAX || cw_rlp_string(&list, &nodes[*n]) != CW_OK) {
            return false;
        }
        (*n)++;
    }
    return *n > 0;
}

static bool read_reference(struct cw_rlp *in, struct opstack_reference *reference) {
    struct cw_rlp list;
    uint64_t kind;
    memset(reference, 0, sizeof *reference);
    if (cw_rlp_u64(in, &kind) != CW_OK || cw_rlp_list(in, &list) != CW_OK) {
        return false;
    }
    if (kind != OPSTACK_OUTPUTS && kind != OPSTACK_GAMES) {
        return false;
    }
    reference->kind = (enum opstack_flavour)kind;
    if (kind == OPSTACK_GAMES && cw_rlp_addr20(&list, &reference->game) != CW_OK) {
        return false;
    }
    if (cw_rlp_at_end(&list)) {
        return true;
    }
    reference->has_index = true;
    return cw_rlp_u64(&list, &reference->index) == CW_OK && cw_rlp_end(&list) == CW_OK;
}

enum cw_err opstack_evidence_decode(struct opstack_evidence *ret, struct cw_slice blob) {
    struct cw_rlp in;
    uint64_t version;
    memset(ret, 0, sizeof *ret);
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &ret->block.v) != CW_OK ||
        cw_rlp_string(&in, &ret->header_rlp) != CW_OK ||
        cw_header_decode(&ret->header, ret->header_rlp) != CW_OK ||
        ret->header.number.v != ret->block.v || !read_nodes(&in, ret->account, &ret->account_n) ||
        !read_nodes(&in, ret->storage, &ret->storage_n) ||
        cw_rlp_hash32(&in, &ret->root) != CW_OK || !read_reference(&in, &ret->reference)) {
        return CW_ERR_INPUT;
    }
    if (!cw_rlp_at_end(&in) &&
        (cw_rlp_string(&in, &ret->preimage) != CW_OK || ret->preimage.n == 0)) {
        return CW_ERR_INPUT;
    }
    return cw_rlp_end(&in);
}

enum cw_err opstack_evidence_block(struct cw_slice blob, struct cw_block_number *ret) {
    struct cw_rlp in;
    uint64_t version, block;
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &block) != CW_OK) {
        return CW_ERR_INPUT;
    }
    ret->v = block;
    return CW_OK;
}

struct cw_judgement opstack_evidence_verify(struct cw_op_output *ret_output,
                                            const struct opstack_evidence *evidence,
                                            const struct cw_hash32 *source_hash,
                                            const struct cw_hash32 *id) {
    struct cw_op_output output;
    struct cw_hash32 root;
    struct cw_judgement verdict = cw_op_withdrawal_verify_chain(
        &output, &root, source_hash, &evidence->header, evidence->account, evidence->account_n, id,
        evidence->storage, evidence->storage_n, CW_MPT_FORM_CONTRACT);
    if (verdict.verdict != CW_VALID) {
        return verdict;
    }
    if (!cw_hash32_equal(&root, &evidence->root)) {
        return cw_invalid(CW_OP_R_OUTPUT);
    }
    if (ret_output != NULL) {
        *ret_output = output;
    }
    return cw_valid();
}

/* --- the host's check before every signature --- */

struct claim {
    const struct cw_adapter *adapter;
    struct cw_op_withdrawal withdrawal;
    struct opstack_evidence evidence;
    struct cw_op_output output;
};

/* The submitter that the calldata of a finalize names: its second word. The rebuilt calldata is
 * compared as a whole afterwards, so nothing rests on where it is read. */
static bool named_submitter(struct cw_addr20 *ret, struct cw_slice data) {
    if (data.n < 4 + 64) {
        return false;
    }
    memcpy(ret->b, data.p + 4 + 32 + 12, sizeof ret->b);
    return !cw_addr20_is_zero(ret);
}

static struct cw_judgement judge_data(const struct claim *claim, const char *step,
                                      const struct cw_call *call) {
    const struct opstack_reference *reference = &claim->evidence.reference;
    struct cw_buf expected;
    cw_buf_init(&expected, OPSTACK_CALLDATA_MAX);
    struct cw_judgement verdict = cw_valid();
    struct cw_addr20 submitter = {{0}};
    if (strcmp(step, OPSTACK_PROVE) == 0) {
        if (!opstack_put_prove_by(&expected, claim->adapter, &claim->withdrawal, &claim->evidence,
                                  &claim->output)) {
            verdict = cw_invalid("the evidence names nothing to prove in");
        }
    } else if (reference->kind == OPSTACK_GAMES && !named_submitter(&submitter, call->data)) {
        verdict = cw_invalid("finalize names no submitter");
    } else {
        opstack_put_finalize(&expected, reference->kind, &claim->withdrawal, &submitter);
    }
    if (verdict.verdict == CW_VALID && expected.failed) {
        verdict = (struct cw_judgement){CW_UNDECIDED, "out of memory"};
    } else if (verdict.verdict == CW_VALID &&
               !cw_slice_equal(cw_buf_slice(&expected), call->data)) {
        verdict = cw_invalid("calldata is not what the evidence allows");
    }
    cw_buf_done(&expected);
    return verdict;
}

static struct cw_judgement judge_call(const struct claim *claim, const char *step,
                                      const struct cw_call *call) {
    bool finalize = strcmp(step, OPSTACK_FINALIZE) == 0;
    struct opstack_relay relay;
    if (strcmp(step, OPSTACK_REPLAY) == 0) {
        return opstack_relay_read(&relay, claim->adapter, &claim->withdrawal)
                   ? opstack_replay_judge(call, CW_SETTLEMENT, &claim->adapter->replay_at, &relay,
                                          claim->withdrawal.data)
                   : cw_invalid("the message is not the messenger's");
    }
    if (!finalize && strcmp(step, OPSTACK_PROVE) != 0) {
        return cw_invalid("no such step");
    }
    if (call->side != CW_SETTLEMENT || !cw_addr20_equal(&call->to, &claim->adapter->portal)) {
        return cw_invalid("call does not go to the portal");
    }
    if (!cw_u256_is_zero(&call->value.v)) {
        return cw_invalid("call carries value");
    }
    if (finalize) {
        bool replayable = opstack_relay_read(&relay, claim->adapter, &claim->withdrawal) &&
                          relay.replayable;
        if (!cw_addr20_equal(&call->simulate_from, &OPSTACK_ESTIMATION_ADDRESS)) {
            return cw_invalid("finalize is not simulated as the estimation address");
        }
        if (call->target_may_fail && !replayable) {
            return cw_invalid("a failing target would spend the message");
        }
        if (call->gas_floor <
            opstack_finalize_gas(claim->adapter, &claim->withdrawal, call->data)) {
            return cw_invalid("gas floor is below what the inner call is owed");
        }
    }
    return judge_data(claim, step, call);
}

/* Whether the output that was proved is our chain's in what the game's root is over. Which root
 * that is, is the settlement layer's word. */
static struct cw_judgement judge_preimage(const struct claim *claim) {
    const struct cw_u256 chain_id = cw_u256_from_u64(claim->adapter->chain_id);
    struct cw_hash32 root;
    if (claim->evidence.preimage.n == 0) {
        return cw_valid();
    }
    cw_keccak256(&root, claim->evidence.preimage);
    return cw_op_super_verify(&root, claim->evidence.preimage, &chain_id, &claim->evidence.root);
}

struct cw_judgement opstack_verify(const struct cw_adapter *adapter,
                                   const struct cw_message *message, struct cw_slice blob,
                                   const struct cw_hash32 *source_hash, const char *step,
                                   const struct cw_call *call) {
    struct claim claim = {.adapter = adapter};
    struct cw_hash32 id;
    if (opstack_payload_decode(&claim.withdrawal, message->payload) != CW_OK ||
        cw_op_withdrawal_hash(&id, &claim.withdrawal) != CW_OK ||
        !cw_hash32_equal(&id, &message->id)) {
        return cw_invalid("payload does not hash to the message's id");
    }
    if (opstack_evidence_decode(&claim.evidence, blob) != CW_OK) {
        return cw_invalid("evidence does not decode");
    }
    if (claim.evidence.reference.kind != adapter->flavour) {
        return cw_invalid("evidence is for another kind of portal");
    }
    struct cw_judgement verdict = opstack_evidence_verify(&claim.output, &claim.evidence,
                                                          source_hash, &id);
    if (verdict.verdict == CW_VALID) {
        verdict = judge_preimage(&claim);
    }
    if (verdict.verdict != CW_VALID || call == NULL) {
        return verdict;
    }
    return judge_call(&claim, step, call);
}
