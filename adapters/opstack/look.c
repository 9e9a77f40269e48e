#include "opstack/look.h"

#include "decide.h"

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* --- decisions --- */

/* A message that is not known to be stored keeps what it had; the arena's end is the host's
 * business (overflow). */
static void keep_progress(struct look *look) {
    struct cw_slice bytes;
    if (opstack_progress_equal(&look->before, &look->progress)) {
        return;
    }
    if (opstack_progress_encode(look->io->arena, &bytes, &look->progress) == CW_OK) {
        look->decision->progress = bytes;
    } else {
        look->io->overflow = true;
    }
}

/* What each reason waits for; the dates and the messages' own events are the rest. */
static const struct decide_wake wakes[] = {
    {"source_not_final", CW_WAKE_SOURCE},
    {"root_not_final_here", CW_WAKE_SOURCE},
    {"confirming", CW_WAKE_FINAL},
    {"outcome_unknown", CW_WAKE_FINAL},
    {"no_root", CW_WAKE_ROOT},
    {"root_mismatch", CW_WAKE_ROOT},
    {"output_deleted", CW_WAKE_ROOT},
    {"not_derived", CW_WAKE_POLL},
    {"game_in_progress", CW_WAKE_POLL},
    {"game_unresolved", CW_WAKE_POLL},
    {"claim_refused", CW_WAKE_POLL},
    {"paused", CW_WAKE_POLL},
    {"unavailable", CW_WAKE_RETRY},
    {"unexpected_answer", CW_WAKE_RETRY},
    {"evidence_invalid", CW_WAKE_RETRY},
};

static void decide(struct look *look, enum cw_verb verb, enum cw_stage stage, const char *reason) {
    decide_verb(look->decision, verb, stage, reason, wakes, CW_COUNT(wakes));
    keep_progress(look);
}

void look_wait(struct look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
               const char *format, ...) {
    decide(look, CW_WAIT, stage, reason);
    look->decision->due_side = look->side;
    look->decision->due_s = due_s;
    DECIDE_DETAIL(look->decision, format);
}

void look_unprovable(struct look *look, enum cw_stage stage, uint64_t block, enum look_hope hope,
                     const char *text) {
    static const struct {
        const char *nor, *awaits;
        enum cw_wake wake;
    } hopes[] = {
        [LOOK_HOPE_STATE] = {"", "for", CW_WAKE_RETRY},
        [LOOK_HOPE_ROOT] = {", nor that of a later root", "for the next root, or for",
                            CW_WAKE_ROOT},
        [LOOK_HOPE_FINAL] = {", nor that of a later root",
                             "until the newest roots are final here, or for", CW_WAKE_SOURCE},
    };
    uint64_t head = look->io->heads[CW_EXECUTION].latest.number.v;
    look_wait(look, stage, "proof_unavailable", 0,
              "nobody proves L2 block %" PRIu64 ", %" PRIu64
              " below the head%s; waits %s an endpoint that has its state: %s",
              block, head > block ? head - block : 0, hopes[hope].nor, hopes[hope].awaits, text);
    look->decision->wake = hopes[hope].wake;
}

void look_again(struct look *look, enum cw_stage stage, const char *reason, const char *format,
                ...) {
    decide(look, CW_WAIT, stage, reason);
    look->decision->due_side = look->side;
    look->decision->due_s = look->now->timestamp_s > 0 ? look->now->timestamp_s - 1 : 0;
    DECIDE_DETAIL(look->decision, format);
}

void look_hold(struct look *look, enum cw_stage stage, const char *reason, const char *format,
               ...) {
    decide(look, CW_HOLD, stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

void look_give_up(struct look *look, enum cw_stage stage, const char *reason, const char *format,
                  ...) {
    decide(look, CW_GIVE_UP, stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

void look_finished(struct look *look, const char *format, ...) {
    decide(look, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished");
    DECIDE_DETAIL(look->decision, format);
}

void look_keep_evidence(struct look *look, const struct opstack_evidence *evidence) {
    struct cw_slice bytes;
    if (opstack_evidence_encode(look->io->arena, &bytes, evidence) == CW_OK) {
        look->decision->evidence = bytes;
    } else {
        look->io->overflow = true;
    }
}

void look_act(struct look *look, enum cw_stage stage, const char *step, const struct cw_addr20 *to,
              struct cw_slice calldata) {
    struct cw_call *call = &look->decision->call;
    struct cw_slice data = {NULL, 0};
    if (calldata.p != NULL) {
        data = cw_arena_copy(look->io->arena, calldata);
    }
    if (data.p == NULL) {
        look->io->overflow = true;
        look_wait(look, stage, "unavailable", 0, "no memory for the calldata of %s", step);
        return;
    }
    decide(look, CW_ACT, stage, step);
    snprintf(look->decision->step, sizeof look->decision->step, "%s", step);
    memset(call, 0, sizeof *call);
    call->side = look->side;
    call->to = *to;
    call->data = data;
}

/* Calldata from buf, to the portal. */
static void act(struct look *look, enum cw_stage stage, const char *step, struct cw_buf *buf) {
    look_act(look, stage, step, &look->adapter->portal,
             buf->failed ? (struct cw_slice){NULL, 0} : cw_buf_slice(buf));
    cw_buf_done(buf);
}

void look_prove(struct look *look, const struct opstack_evidence *evidence) {
    struct cw_op_output output;
    struct cw_buf buf;
    struct cw_hash32 hash;
    if (cw_header_hash(&hash, &evidence->header) != CW_OK ||
        opstack_evidence_verify(&output, evidence, &hash, &look->message->id).verdict != CW_VALID) {
        look_wait(look, CW_STAGE_ROOT_COMMITTED, "evidence_invalid", 0,
                  "the evidence does not hold up and is fetched again");
        look->decision->evidence = CW_LITERAL("");
        return;
    }
    cw_buf_init(&buf, OPSTACK_CALLDATA_MAX);
    if (!opstack_put_prove_by(&buf, look->adapter, &look->withdrawal, evidence, &output)) {
        buf.failed = true;
    }
    act(look, CW_STAGE_ROOT_VERIFIED, OPSTACK_PROVE, &buf);
    look->decision->call.proof_nodes = evidence->storage_n;
    for (size_t i = 0; i < evidence->storage_n; i++) {
        look->decision->call.proof_bytes += evidence->storage[i].n;
    }
}

void look_finalize(struct look *look, const struct cw_addr20 *submitter) {
    struct cw_buf buf;
    cw_buf_init(&buf, OPSTACK_CALLDATA_MAX);
    opstack_put_finalize(&buf, look->adapter->flavour, &look->withdrawal, submitter);
    act(look, CW_STAGE_CHALLENGE_OVER, OPSTACK_FINALIZE, &buf);
    if (look->decision->verb == CW_ACT) {
        struct cw_call *call = &look->decision->call;
        call->simulate_from = OPSTACK_ESTIMATION_ADDRESS;
        call->target_may_fail = look->is_relay && look->relay.replayable;
        call->gas_floor = opstack_finalize_gas(look->adapter, &look->withdrawal, call->data);
        /* Who finalizes does not matter. But the portal spends a raw withdrawal also when the rest
         * of the gas did not do for its target. */
        call->batchable = call->target_may_fail;
    }
}

bool look_stops(struct look *look) {
    if (look->failed) {
        return true;
    }
    if (look->pending) {
        decide_need(look->decision, look->message);
        return true;
    }
    return false;
}

/* --- reading --- */

static void fail(struct look *look, const char *reason, const char *format, ...) CW_PRINTF(3, 4);
static void fail(struct look *look, const char *reason, const char *format, ...) {
    if (look->failed) {
        return;
    }
    look->failed = true;
    look->decision->outcome = look->message->outcome;
    decide(look, CW_WAIT, look->message->stage, reason);
    DECIDE_DETAIL(look->decision, format);
}

void look_unavailable(struct look *look, const char *text) {
    fail(look, "unavailable", "%s", text != NULL ? text : "no endpoint answered");
}

void look_unexpected(struct look *look, const char *what, const struct cw_addr20 *at) {
    char hex[CW_HEX_SIZE(20)];
    fail(look, "unexpected_answer", "%s at %s answers something else than the contract does", what,
         cw_hex_encode(hex, cw_slice_of(at->b, 20)));
}

enum look_got look_call(struct look *look, enum cw_side side, const struct cw_block_ref *at,
                        const struct cw_addr20 *to, uint32_t selector,
                        const struct cw_hash32 *words, size_t words_n, struct cw_slice *ret) {
    uint8_t room[OPSTACK_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(look->io, side, at, to,
                                                opstack_view(room, selector, words, words_n));
    if (answer == NULL) {
        look->pending = true;
        return LOOK_NOTHING;
    }
    switch (answer->status) {
    case CW_ANSWER_OK:
        *ret = answer->data;
        return LOOK_GOT;
    case CW_ANSWER_REVERTED:
        *ret = answer->data;
        return LOOK_REVERTED;
    case CW_ANSWER_UNAVAILABLE:
        break;
    }
    look_unavailable(look, answer->text);
    return LOOK_NOTHING;
}

/* One word, and nothing else. */
static bool read_word(struct look *look, const struct cw_block_ref *at, const struct cw_addr20 *to,
                      uint32_t selector, const struct cw_hash32 *words, size_t words_n,
                      struct cw_abi *ret) {
    struct cw_slice data;
    enum look_got got = look_call(look, look->side, at, to, selector, words, words_n, &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    if (got == LOOK_REVERTED || data.n != 32) {
        char what[24];
        snprintf(what, sizeof what, "function 0x%08x", (unsigned)selector);
        look_unexpected(look, what, to);
        return false;
    }
    *ret = cw_abi_open(data);
    return true;
}

static bool judge(struct look *look, enum cw_err err, uint32_t selector,
                  const struct cw_addr20 *to) {
    if (err != CW_OK) {
        char what[24];
        snprintf(what, sizeof what, "function 0x%08x", (unsigned)selector);
        look_unexpected(look, what, to);
    }
    return err == CW_OK;
}

bool look_bool(struct look *look, const struct cw_block_ref *at, const struct cw_addr20 *to,
               uint32_t selector, const struct cw_hash32 *word, bool *ret) {
    struct cw_abi in;
    return read_word(look, at, to, selector, word, word != NULL, &in) &&
           judge(look, cw_abi_bool(&in, ret), selector, to);
}

bool look_u64(struct look *look, const struct cw_addr20 *to, uint32_t selector,
              const struct cw_hash32 *word, uint64_t *ret) {
    struct cw_abi in;
    return read_word(look, look->now, to, selector, word, word != NULL, &in) &&
           judge(look, cw_abi_u64(&in, ret), selector, to);
}

bool look_addr20(struct look *look, const struct cw_addr20 *to, uint32_t selector,
                 const struct cw_hash32 *words, size_t words_n, struct cw_addr20 *ret) {
    struct cw_abi in;
    return read_word(look, look->now, to, selector, words, words_n, &in) &&
           judge(look, cw_abi_addr20(&in, ret), selector, to);
}

bool look_hash32(struct look *look, const struct cw_addr20 *to, uint32_t selector,
                 struct cw_hash32 *ret) {
    struct cw_abi in;
    return read_word(look, look->now, to, selector, NULL, 0, &in) &&
           judge(look, cw_abi_word(&in, ret), selector, to);
}

uint64_t look_probably_final(const struct cw_heads *heads, const struct cw_block_ref *reached,
                             uint64_t at_s) {
    uint64_t now = heads->latest.timestamp_s;
    uint64_t lag = now > reached->timestamp_s ? now - reached->timestamp_s : 0;
    uint64_t soonest = now + 1 + lag / 8;
    return at_s + lag > soonest ? at_s + lag : soonest;
}

uint64_t look_surely_final(const struct cw_heads *heads) {
    uint64_t at_s = look_probably_final(heads, &heads->final, heads->latest.timestamp_s);
    return at_s + (at_s - heads->latest.timestamp_s) / 2;
}

uint64_t look_add(uint64_t a, uint64_t b) {
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

/* --- the source's side --- */

static bool fill_storage(struct opstack_evidence *e, const struct cw_answer *proof,
                         const struct cw_mpt_extra *extra) {
    if (proof->storage_proof_n + extra->n > OPSTACK_NODES_MAX) {
        return false;
    }
    for (size_t i = 0; i < proof->storage_proof_n; i++) {
        e->storage[e->storage_n++] = proof->storage_proof[i];
    }
    for (size_t i = 0; i < extra->n; i++) {
        e->storage[e->storage_n++] = extra->node[i];
    }
    return true;
}

static bool encode_header(struct look *look, struct opstack_evidence *e,
                          const struct cw_header *header) {
    size_t n = 0;
    uint8_t *p = cw_arena_alloc(look->io->arena, CW_HEADER_RLP_MAX);
    if (p == NULL) {
        look->io->overflow = true;
        return false;
    }
    struct cw_header again;
    if (cw_header_encode(p, CW_HEADER_RLP_MAX, &n, header) != CW_OK ||
        cw_header_decode(&again, cw_slice_of(p, n)) != CW_OK) {
        return false;
    }
    e->header = *header;
    e->header_rlp = cw_slice_of(p, n);
    return true;
}

bool look_header_tells(const struct cw_adapter *adapter, const struct cw_answer *header,
                       struct cw_hash32 *ret) {
    struct cw_op_output output;
    return adapter->isthmus && header != NULL && header->status == CW_ANSWER_OK &&
           (header->header->present & CW_HEADER_REQUESTS_HASH) != 0 &&
           !cw_hash32_equal(&header->header->withdrawals_root, &CW_EMPTY_TRIE_ROOT) &&
           cw_op_output_from_header(&output, ret, &header->header_hash, header->header).verdict ==
               CW_VALID;
}

enum look_proved look_prove_root(struct look *look, uint64_t block, const struct cw_hash32 *root,
                                 struct opstack_evidence *ret, struct cw_hash32 *ret_root,
                                 const char **ret_text) {
    static const char *const no_answer = "no endpoint of the execution layer proves that block";
    const char *nobody;
    struct cw_block_number number = {block};
    struct cw_hash32 slot, key;
    if (ret_text == NULL) {
        ret_text = &nobody;
    }
    if (block > look->io->heads[CW_EXECUTION].final.number.v) {
        return LOOK_NOT_FINAL;
    }
    cw_op_withdrawal_slot(&slot, &look->message->id);
    cw_op_withdrawal_key(&key, &look->message->id);
    const struct cw_answer *header = cw_io_header(look->io, CW_EXECUTION, number);
    const struct cw_answer *proof = cw_io_proof(look->io, CW_EXECUTION, number,
                                                &CW_OP_MESSAGE_PASSER, &slot);
    struct cw_op_output output;
    struct cw_hash32 own;
    if (root != NULL && look_header_tells(look->adapter, header, &own) &&
        !cw_hash32_equal(&own, root)) {
        if (ret_root != NULL) {
            *ret_root = own;
        }
        return LOOK_OTHER_ROOT;
    }
    if (header == NULL || proof == NULL) {
        look->pending = true;
        return LOOK_PENDING;
    }
    if (header->status != CW_ANSWER_OK || proof->status != CW_ANSWER_OK) {
        const struct cw_answer *bad = header->status != CW_ANSWER_OK ? header : proof;
        *ret_text = bad->text != NULL ? bad->text : no_answer;
        return LOOK_UNAVAILABLE;
    }

    struct cw_judgement verdict = cw_op_output_derive(&output, &own, &header->header_hash,
                                                      header->header, proof->account_proof,
                                                      proof->account_proof_n);
    if (verdict.verdict != CW_VALID) {
        *ret_text = verdict.reason;
        return LOOK_UNAVAILABLE;
    }
    if (root != NULL && !cw_hash32_equal(&own, root)) {
        if (ret_root != NULL) {
            *ret_root = own;
        }
        return LOOK_OTHER_ROOT;
    }
    struct cw_mpt_extra extra;
    verdict = cw_mpt_to_contract_form(&extra, &output.passer_storage_root, cw_slice_of(key.b, 32),
                                      CW_OP_WITHDRAWAL_LEAF, proof->storage_proof,
                                      proof->storage_proof_n);
    if (verdict.verdict != CW_VALID) {
        *ret_text = verdict.reason;
        return LOOK_UNAVAILABLE;
    }
    memset(ret, 0, sizeof *ret);
    ret->block = number;
    ret->root = own;
    if (proof->account_proof_n > OPSTACK_NODES_MAX || !fill_storage(ret, proof, &extra) ||
        !encode_header(look, ret, header->header)) {
        *ret_text = "header or proof does not fit";
        return LOOK_UNAVAILABLE;
    }
    for (size_t i = 0; i < proof->account_proof_n; i++) {
        ret->account[ret->account_n++] = proof->account_proof[i];
    }
    return LOOK_PROVED;
}

void look_load_evidence(struct look *look) {
    if (look->message->evidence.n == 0 ||
        opstack_evidence_decode(&look->evidence, look->message->evidence) != CW_OK ||
        look->evidence.reference.kind != look->adapter->flavour ||
        look->evidence.block.v > look->io->heads[CW_EXECUTION].final.number.v) {
        return;
    }
    const struct cw_answer *header = cw_io_header(look->io, CW_EXECUTION, look->evidence.block);
    if (header == NULL) {
        look->pending = true;
        return;
    }
    if (header->status != CW_ANSWER_OK) {
        fail(look, "unavailable", "%s",
             header->text != NULL ? header->text : "the header of the evidence's block is missing");
        return;
    }
    look->has_evidence = opstack_evidence_verify(NULL, &look->evidence, &header->header_hash,
                                                 &look->message->id)
                             .verdict == CW_VALID;
}
