#include "nitro/ticket.h"

#include <causeway/rlp.h>

#include <string.h>

#define EVIDENCE_VERSION 1

const struct cw_addr20 TICKET_PRECOMPILE = {{[19] = 0x6e}};

static void put_evidence(struct cw_rlp_out *out, const struct ticket_evidence *evidence) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, EVIDENCE_VERSION);
    cw_rlp_put_u64(out, evidence->block.v);
    cw_rlp_put_u64(out, evidence->retry_gas);
    cw_rlp_list_end(out, mark);
}

enum cw_err ticket_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                   const struct ticket_evidence *evidence) {
    uint8_t bytes[32];
    struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof bytes);
    put_evidence(&out, evidence);
    struct cw_slice copy = cw_arena_copy(arena, cw_slice_of(out.p, out.n));
    if (copy.p == NULL) {
        return CW_ERR_MEMORY;
    }
    *ret = copy;
    return CW_OK;
}

enum cw_err ticket_evidence_decode(struct ticket_evidence *ret, struct cw_slice blob) {
    struct ticket_evidence evidence;
    struct cw_rlp in;
    uint64_t version;
    if (cw_rlp_open_list(&in, blob) != CW_OK || cw_rlp_u64(&in, &version) != CW_OK ||
        version != EVIDENCE_VERSION || cw_rlp_u64(&in, &evidence.block.v) != CW_OK ||
        cw_rlp_u64(&in, &evidence.retry_gas) != CW_OK || cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = evidence;
    return CW_OK;
}

enum cw_err ticket_evidence_block(struct cw_slice blob, struct cw_block_number *ret) {
    struct ticket_evidence evidence;
    enum cw_err err = ticket_evidence_decode(&evidence, blob);
    if (err == CW_OK) {
        *ret = evidence.block;
    }
    return err;
}

/* --- the calls --- */

struct cw_slice ticket_calldata(uint8_t room[TICKET_CALLDATA_SIZE], uint32_t selector,
                                const struct cw_hash32 *word) {
    struct cw_selector head = cw_selector_from_u32(selector);
    memcpy(room, head.b, sizeof head.b);
    if (word != NULL) {
        memcpy(room + sizeof head.b, word->b, sizeof word->b);
    }
    return cw_slice_of(room, word != NULL ? TICKET_CALLDATA_SIZE : sizeof head.b);
}

static uint64_t add_sat(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* What a ticket asks for may be anything; above this its word alone is not believed. */
#define ASKED_MOST 4000000u
/* With all of it a redeem is below any limit of a chain for one transaction. A retry that takes
 * more gets it where a node runs it to estimate. */
#define RETRY_MOST 8000000u
/* For a call of whose needs nothing is known. */
#define CALL_LEAST 100000u

/* EIP-2028 prices. */
static uint64_t intrinsic_gas(const struct cw_nitro_retryable *r) {
    uint64_t gas = cw_addr20_is_zero(&r->to) ? 53000 : 21000;
    for (size_t i = 0; i < r->data.n; i++) {
        gas += r->data.p[i] == 0 ? 4 : 16;
    }
    return gas;
}

uint64_t ticket_retry_gas(const struct cw_nitro_retryable *retryable, uint64_t failed) {
    uint64_t gas = intrinsic_gas(retryable) + CALL_LEAST;
    uint64_t asked = retryable->gas_limit < ASKED_MOST ? retryable->gas_limit : ASKED_MOST;
    /* With what it asked for it failed already, unless it did not run for want of money. Whether a
     * failure was for want of gas is not known; what a retry does not use is given back. */
    if (2 * asked > gas) {
        gas = 2 * asked;
    }
    for (; failed > 0 && gas < RETRY_MOST; failed--) {
        gas *= 2;
    }
    return gas < RETRY_MOST ? gas : RETRY_MOST;
}

/* The transaction itself; the ticket is read twice at 800 gas a word, its count of tries is
 * written (20 000), the event and the backlog cost some 25 000; and room for what a chain charges
 * for the transaction's bytes.
 * Source: nitro precompiles/ArbRetryableTx.go Redeem; arbos/l2pricing BacklogUpdateCost. */
#define REDEEM_GAS      170000u
#define REDEEM_GAS_BYTE 60u

uint64_t ticket_redeem_gas(const struct cw_nitro_retryable *retryable, uint64_t retry_gas) {
    uint64_t own = REDEEM_GAS + REDEEM_GAS_BYTE * (uint64_t)retryable->data.n;
    /* Where calls pass on 63 parts of 64 only, twice. */
    return add_sat(own, add_sat(retry_gas, retry_gas / 31 + 1));
}

/* --- the host's check before every signature --- */

static struct cw_judgement judge_call(const struct ticket *ticket,
                                      const struct ticket_evidence *evidence, const char *step,
                                      const struct cw_call *call) {
    bool redeem = strcmp(step, TICKET_REDEEM) == 0;
    uint8_t room[TICKET_CALLDATA_SIZE];
    uint64_t floor = 0;
    if (!redeem && strcmp(step, TICKET_KEEPALIVE) != 0) {
        return cw_invalid("no such step");
    }
    if (ticket->is_deposit) {
        return cw_invalid("a deposit needs no step");
    }
    if (call->side != CW_EXECUTION || !cw_addr20_equal(&call->to, &TICKET_PRECOMPILE)) {
        return cw_invalid("call does not go to ArbRetryableTx");
    }
    if (!cw_u256_is_zero(&call->value.v)) {
        return cw_invalid("call carries value");
    }
    if (call->batchable) {
        return cw_invalid("a redeem gives away all the gas that it finds");
    }
    if (redeem) {
        if (evidence->retry_gas < ticket_retry_gas(&ticket->retryable, 0)) {
            return cw_invalid("the retry is owed more gas");
        }
        if (evidence->retry_gas > RETRY_MOST) {
            return cw_invalid("the retry is owed less gas");
        }
        floor = ticket_redeem_gas(&ticket->retryable, evidence->retry_gas);
    } else if (evidence->retry_gas != 0) {
        return cw_invalid("keeping alive schedules no retry");
    }
    if (call->gas_floor != floor) {
        return cw_invalid("gas floor is not what the evidence allows");
    }
    if (call->estimate_tells != redeem) {
        return cw_invalid("whether it is estimated anew is not as the step wants it");
    }
    uint32_t selector = redeem ? SEL_REDEEM : SEL_KEEPALIVE;
    if (!cw_slice_equal(ticket_calldata(room, selector, &ticket->id), call->data)) {
        return cw_invalid("calldata is not what the evidence allows");
    }
    return cw_valid();
}

struct cw_judgement ticket_verify(const struct cw_adapter *adapter,
                                  const struct cw_message *message, struct cw_slice blob,
                                  const struct cw_hash32 *source_hash, const char *step,
                                  const struct cw_call *call) {
    struct ticket ticket;
    struct ticket_evidence evidence;
    if (ticket_of(&ticket, adapter, message) != CW_OK) {
        return cw_invalid("payload does not hash to the message's id");
    }
    if (ticket_evidence_decode(&evidence, blob) != CW_OK) {
        return cw_invalid("evidence does not decode");
    }
    if (evidence.block.v != message->source.number.v ||
        !cw_hash32_equal(source_hash, &message->source.hash)) {
        return cw_invalid("the message was not sent in that block");
    }
    return call == NULL ? cw_valid() : judge_call(&ticket, &evidence, step, call);
}
