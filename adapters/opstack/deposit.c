#include "opstack/deposit.h"

#include <causeway/alias.h>
#include <causeway/rlp.h>

#include <string.h>

#define EVIDENCE_VERSION 1

/* --- the message --- */

static void put_payload(struct cw_rlp_out *out, const struct opstack_deposit *d) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, d->log_index);
    cw_rlp_put_addr20(out, &d->tx.from);
    cw_rlp_put_addr20(out, &d->tx.to);
    cw_rlp_put_u256(out, &d->tx.opaque.mint.v);
    cw_rlp_put_u256(out, &d->tx.opaque.value.v);
    cw_rlp_put_u64(out, d->tx.opaque.gas_limit);
    cw_rlp_put_u64(out, d->tx.opaque.is_creation);
    cw_rlp_put_string(out, d->tx.opaque.data);
    cw_rlp_list_end(out, mark);
}

enum cw_err opstack_deposit_encode(struct cw_arena *arena, struct cw_slice *ret,
                                   const struct opstack_deposit *deposit) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_payload(&out, deposit);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_payload(&out, deposit);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err opstack_deposit_decode(struct opstack_deposit *ret, struct cw_slice payload) {
    struct opstack_deposit d = {0};
    struct cw_rlp in;
    if (cw_rlp_open_list(&in, payload) != CW_OK || cw_rlp_u64(&in, &d.log_index) != CW_OK ||
        cw_rlp_addr20(&in, &d.tx.from) != CW_OK || cw_rlp_addr20(&in, &d.tx.to) != CW_OK ||
        cw_rlp_u256(&in, &d.tx.opaque.mint.v) != CW_OK ||
        cw_rlp_u256(&in, &d.tx.opaque.value.v) != CW_OK ||
        cw_rlp_u64(&in, &d.tx.opaque.gas_limit) != CW_OK ||
        cw_rlp_bool(&in, &d.tx.opaque.is_creation) != CW_OK ||
        cw_rlp_string(&in, &d.tx.opaque.data) != CW_OK || cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = d;
    return CW_OK;
}

enum cw_err opstack_deposit_id(struct cw_arena *arena, struct cw_hash32 *ret,
                               const struct opstack_deposit *deposit,
                               const struct cw_hash32 *block_hash) {
    struct cw_hash32 source;
    cw_op_source_user(&source, block_hash, deposit->log_index);
    return cw_op_deposit_hash(arena, ret, &deposit->tx, &source);
}

bool opstack_deposit_relay(struct opstack_relay *ret, const struct cw_adapter *adapter,
                           const struct opstack_deposit *deposit) {
    struct cw_addr20 messenger;
    cw_alias_undo(&messenger, &deposit->tx.from);
    /* Anybody else's deposit of that shape is one of his own: the L2 messenger takes it for a
     * replay. While the L1 messenger is not known, the maps tell. */
    bool known = !cw_addr20_is_zero(&adapter->messenger);
    if (deposit->tx.opaque.is_creation ||
        !cw_addr20_equal(&deposit->tx.to, &OPSTACK_L2_MESSENGER) ||
        (known && !cw_addr20_equal(&messenger, &adapter->messenger))) {
        return false;
    }
    return opstack_relay_parse(ret, deposit->tx.opaque.data);
}

struct cw_slice opstack_deposit_inner(const struct cw_adapter *adapter,
                                      const struct cw_message *message) {
    struct opstack_deposit deposit;
    struct opstack_relay relay;
    if (opstack_deposit_decode(&deposit, message->payload) != CW_OK) {
        return cw_slice_of(NULL, 0);
    }
    return opstack_deposit_relay(&relay, adapter, &deposit) ? relay.data : deposit.tx.opaque.data;
}

/* --- evidence --- */

static void put_evidence(struct cw_rlp_out *out, struct cw_block_number block) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, EVIDENCE_VERSION);
    cw_rlp_put_u64(out, block.v);
    cw_rlp_list_end(out, mark);
}

enum cw_err opstack_deposit_evidence(struct cw_arena *arena, struct cw_slice *ret,
                                     struct cw_block_number block) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_evidence(&out, block);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_evidence(&out, block);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err opstack_deposit_evidence_block(struct cw_slice blob, struct cw_block_number *ret) {
    struct cw_rlp in;
    uint64_t version, block;
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &block) != CW_OK ||
        cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    ret->v = block;
    return CW_OK;
}

/* Room for the bytes of one L2 transaction. */
#define TX_BYTES (8u << 20)

struct cw_judgement opstack_deposit_verify(const struct cw_adapter *adapter,
                                           const struct cw_message *message, struct cw_slice blob,
                                           const struct cw_hash32 *source_hash, const char *step,
                                           const struct cw_call *call) {
    struct opstack_deposit deposit;
    struct opstack_relay relay;
    struct cw_block_number block;
    struct cw_hash32 id;
    struct cw_arena arena;
    if (opstack_deposit_decode(&deposit, message->payload) != CW_OK) {
        return cw_invalid("payload does not decode");
    }
    if (opstack_deposit_evidence_block(blob, &block) != CW_OK) {
        return cw_invalid("evidence does not decode");
    }
    cw_arena_init(&arena, TX_BYTES);
    enum cw_err err = opstack_deposit_id(&arena, &id, &deposit, source_hash);
    cw_arena_done(&arena);
    if (err != CW_OK) {
        return (struct cw_judgement){CW_UNDECIDED, "out of memory"};
    }
    if (block.v != message->source.number.v || !cw_hash32_equal(&id, &message->id)) {
        return cw_invalid("no log of that block makes the message's id");
    }
    if (call == NULL) {
        return cw_valid();
    }
    if (strcmp(step, OPSTACK_REPLAY) != 0) {
        return cw_invalid("no such step");
    }
    if (!opstack_deposit_relay(&relay, adapter, &deposit)) {
        return cw_invalid("the message is not the messenger's");
    }
    return opstack_replay_judge(call, CW_EXECUTION, &OPSTACK_L2_MESSENGER, &relay,
                                deposit.tx.opaque.data);
}
