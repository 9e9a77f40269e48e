/* What a violation was judged by, as a file that speaks for itself: both layers' words, the log,
 * and everything that was read, with the headers and proofs, so that anybody can judge it again. */
#include "guard/internal.h"

#include <causeway/header.h>
#include <causeway/keccak.h>

#include <monitor/json_out.h>
#include <monitor/verdict.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define READ_MAX  (512u << 10) /* of all that was read; what is beyond is left out, and said so */
#define CASE_MAX  (1u << 20)
#define BYTES_MAX (16u << 10) /* of one value; of a larger one its length and hash */
#define LOGS_MAX  16u         /* of one answer */
#define NODES_MAX 128u

/* --- pieces ----------------------------------------------------------------------------------- */

static void hex(struct cw_buf *out, struct cw_slice bytes) {
    struct cw_hash32 hash;
    if (bytes.n <= BYTES_MAX) {
        cw_buf_text(out, "\"");
        cw_buf_hex(out, bytes);
        cw_buf_text(out, "\"");
        return;
    }
    cw_keccak256(&hash, bytes);
    cw_buf_format(out, "{\"bytes\":%zu,\"keccak256\":\"", bytes.n);
    cw_buf_hex(out, cw_slice_of(hash.b, sizeof hash.b));
    cw_buf_text(out, "\"}");
}

static void bytes(struct cw_buf *out, const char *name, struct cw_slice value) {
    cw_out_key(out, name);
    hex(out, value);
}

static void hash32(struct cw_buf *out, const char *name, const struct cw_hash32 *value) {
    if (!cw_hash32_is_zero(value))
        bytes(out, name, cw_slice_of(value->b, sizeof value->b));
}

static void address(struct cw_buf *out, const char *name, const struct cw_addr20 *value) {
    bytes(out, name, cw_slice_of(value->b, sizeof value->b));
}

static void nodes(struct cw_buf *out, const char *name, const struct cw_slice *list, size_t n) {
    cw_out_key(out, name);
    cw_buf_text(out, "[");
    for (size_t i = 0; i < n && i < NODES_MAX; i++) {
        cw_buf_text(out, i > 0 ? "," : "");
        hex(out, list[i]);
    }
    cw_buf_text(out, "]");
}

/* --- logs ------------------------------------------------------------------------------------- */

void record_log(struct cw_buf *out, const struct cw_log *log) {
    cw_buf_text(out, "{");
    address(out, "address", &log->address);
    cw_out_key(out, "topics");
    cw_buf_text(out, "[");
    for (size_t i = 0; i < log->topics_n; i++) {
        cw_buf_text(out, i > 0 ? "," : "");
        hex(out, cw_slice_of(log->topics[i].b, sizeof log->topics[i].b));
    }
    cw_buf_text(out, "]");
    bytes(out, "data", log->data);
    cw_out_number(out, "blockNumber", log->block.number.v);
    hash32(out, "blockHash", &log->block.hash);
    hash32(out, "transactionHash", &log->tx_hash);
    cw_out_number(out, "logIndex", log->log_index);
    cw_buf_text(out, "}");
}

static void put_logs(struct cw_buf *out, const struct cw_log *logs, size_t n) {
    cw_out_number(out, "logsFound", n);
    cw_out_key(out, "logs");
    cw_buf_text(out, "[");
    for (size_t i = 0; i < n && i < LOGS_MAX; i++) {
        cw_buf_text(out, i > 0 ? "," : "");
        record_log(out, &logs[i]);
    }
    cw_buf_text(out, "]");
}

/* --- what was read ---------------------------------------------------------------------------- */

static const char *const kinds[] = {
    [CW_REQUEST_CALL] = "call",      [CW_REQUEST_HEADER] = "header",   [CW_REQUEST_PROOF] = "proof",
    [CW_REQUEST_LOGS] = "logs",      [CW_REQUEST_RECEIPT] = "receipt", [CW_REQUEST_BLOCK] = "block",
    [CW_REQUEST_TX] = "transaction", [CW_REQUEST_TRACE] = "trace"};

static void put_request(struct cw_buf *out, const struct cw_request *q) {
    cw_out_some(out, "kind", kinds[q->kind]);
    cw_out_some(out, "side", cw_side_name(q->side));
    switch (q->kind) {
    case CW_REQUEST_CALL:
        address(out, "to", &q->to);
        if (!cw_addr20_is_zero(&q->from))
            address(out, "from", &q->from);
        bytes(out, "data", q->data);
        break;
    case CW_REQUEST_PROOF:
        address(out, "account", &q->to);
        bytes(out, "slot", cw_slice_of(q->slot.b, sizeof q->slot.b));
        break;
    case CW_REQUEST_LOGS:
        address(out, "address", &q->to);
        cw_out_number(out, "fromBlock", q->from_block.v);
        break;
    case CW_REQUEST_RECEIPT:
    case CW_REQUEST_TX:
        hash32(out, "hash", &q->slot);
        break;
    case CW_REQUEST_TRACE:
        hash32(out, "hash", &q->slot);
        address(out, "to", &q->to);
        break;
    case CW_REQUEST_HEADER:
    case CW_REQUEST_BLOCK:
        break;
    }
    if (q->kind != CW_REQUEST_BLOCK && q->kind != CW_REQUEST_TX && q->kind != CW_REQUEST_TRACE)
        cw_out_number(out, "block", q->block_number.v);
    hash32(out, "blockHash", &q->block_hash);
}

static void put_header(struct cw_buf *out, const struct cw_answer *a) {
    uint8_t room[CW_HEADER_RLP_MAX];
    size_t n = 0;
    if (!a->header)
        return;
    cw_out_number(out, "number", a->header->number.v);
    hash32(out, "hash", &a->header_hash);
    hash32(out, "stateRoot", &a->header->state_root);
    cw_out_number(out, "timestamp", a->header->timestamp);
    if (cw_header_encode(room, sizeof room, &n, a->header) == CW_OK)
        bytes(out, "headerRlp", cw_slice_of(room, n));
}

static void put_answer(struct cw_buf *out, enum cw_request_kind kind, const struct cw_answer *a) {
    switch (kind) {
    case CW_REQUEST_CALL:
    case CW_REQUEST_TX:
        bytes(out, a->status == CW_ANSWER_REVERTED ? "reverted" : "answer", a->data);
        return;
    case CW_REQUEST_HEADER:
    case CW_REQUEST_BLOCK:
        put_header(out, a);
        return;
    case CW_REQUEST_PROOF:
        nodes(out, "accountProof", a->account_proof, a->account_proof_n);
        hash32(out, "storageRoot", &a->storage_root);
        nodes(out, "storageProof", a->storage_proof, a->storage_proof_n);
        return;
    case CW_REQUEST_LOGS:
        put_logs(out, a->logs, a->logs_n);
        return;
    case CW_REQUEST_RECEIPT:
        cw_out_bool(out, "included", a->included);
        cw_out_bool(out, "success", a->success);
        cw_out_number(out, "inBlock", a->block.number.v);
        put_logs(out, a->logs, a->logs_n);
        return;
    case CW_REQUEST_TRACE:
        nodes(out, "calls", a->calls, a->calls_n);
        return;
    }
}

static void put_entry(struct cw_buf *out, const struct cw_io_entry *entry) {
    cw_buf_text(out, "{");
    put_request(out, &entry->request);
    if (!entry->answer || entry->answer->status == CW_ANSWER_UNAVAILABLE)
        cw_out_some(out, "unavailable",
                    entry->answer && entry->answer->text ? entry->answer->text : "not answered");
    else
        put_answer(out, entry->request.kind, entry->answer);
    cw_buf_text(out, "}");
}

/* An entry that does not fit ends it. */
void record_read(struct judgement *j, const struct cw_io *io) {
    struct cw_buf all, one;
    cw_buf_init(&all, READ_MAX);
    cw_buf_init(&one, READ_MAX);
    size_t n = 0;
    for (; n < io->n; n++) {
        cw_buf_reset(&one);
        put_entry(&one, &io->entries[n]);
        if (one.failed || all.n + one.n + 2 > READ_MAX)
            break;
        cw_buf_text(&all, n > 0 ? ",\n" : "\n");
        cw_buf_append(&all, one.p, one.n);
    }
    j->read_left = io->n - n;
    j->read = all.failed ? cw_slice_of(NULL, 0) : cw_arena_copy(&j->arena, cw_buf_slice(&all));
    cw_buf_done(&one);
    cw_buf_done(&all);
}

/* --- the case --------------------------------------------------------------------------------- */

static void put_block(struct cw_buf *out, const char *name, const struct cw_block_ref *block) {
    if (block->number.v == 0)
        return;
    cw_out_open(out, name, '{');
    cw_out_number(out, "number", block->number.v);
    hash32(out, "hash", &block->hash);
    cw_out_close(out, '}');
}

static void put_subject(struct cw_buf *out, const struct guard *guard,
                        const struct cw_store_subject *was, const char *subject) {
    const struct route *route = guard->route;
    cw_out_some(out, "route", route->config->name);
    cw_out_some(out, "stack", guard_ops(guard)->name);
    cw_out_some(out, "direction", guard_ops(guard)->direction);
    for (size_t side = 0; side < CW_SIDES; side++)
        cw_out_number(out, side == CW_SETTLEMENT ? "settlementChainId" : "executionChainId",
                      route->chains[side]->config->chain_id);
    cw_out_some(out, "invariant", was->invariant);
    cw_out_some(out, "subject", subject);
    cw_out_some(out, "about", was->s.about);
    cw_out_some(out, "side", cw_side_name(was->s.side));
    hash32(out, "message", &was->s.message);
    hash32(out, "restsOn", &was->s.rests_on);
    hash32(out, "transaction", &was->s.tx);
    if (was->log.n > 0) {
        cw_out_key(out, "log");
        cw_buf_append(out, was->log.p, was->log.n);
    }
    bytes(out, "judgedOn", was->s.data);
}

static void put_verdict(struct cw_buf *out, const struct guard *guard,
                        const struct cw_store_subject *was, const struct judgement *j,
                        const struct cw_store_judgement *now) {
    char pause[PAUSE_CALL_SIZE];
    cw_out_some(out, "state", cw_verdict_state_name(now->state));
    cw_out_some(out, "reason", now->reason);
    cw_out_some(out, "sentence", now->sentence);
    cw_out_some(out, "atStake", cw_stake_name(now->stake));
    cw_out_bool(out, "provisional", now->provisional);
    cw_out_some(out, "settlementSays", now->values[CW_SETTLEMENT]);
    cw_out_some(out, "executionSays", now->values[CW_EXECUTION]);
    put_block(out, "block", now->block ? now->block : &was->s.block);
    put_block(out, "settlementBlock", &now->seen[CW_SETTLEMENT]);
    put_block(out, "executionBlock", &now->seen[CW_EXECUTION]);
    put_block(out, "settlementFinal", &j->heads[CW_SETTLEMENT].final);
    put_block(out, "executionFinal", &j->heads[CW_EXECUTION].final);
    pause_call(guard, pause);
    cw_out_some(out, "pauseCall", pause);
}

void record_case(const struct judgement *j, const struct cw_store_subject *was,
                 const struct cw_store_judgement *now, const char *subject,
                 char ret[CW_EVIDENCE_NAME]) {
    const struct guard *guard = j->guard;
    char what[160];
    struct cw_buf out;
    ret[0] = '\0';
    if (!guard->route->relay->evidence)
        return;
    cw_buf_init(&out, CASE_MAX);
    put_subject(&out, guard, was, subject);
    put_verdict(&out, guard, was, j, now);
    cw_buf_text(&out, ",\n\"read\":[");
    if (j->read.n > 0)
        cw_buf_append(&out, j->read.p, j->read.n);
    cw_buf_text(&out, "]");
    if (j->read_left > 0)
        cw_out_number(&out, "readLeftOut", j->read_left);
    snprintf(what, sizeof what, "%.48s-%.64s", guard->route->config->name, was->invariant);
    if (!out.failed)
        cw_evidence_keep(guard->route->relay->evidence, what, cw_buf_slice(&out), ret);
    cw_buf_done(&out);
}
