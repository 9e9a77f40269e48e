#include "ticket_model.h"

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include <stdlib.h>
#include <string.h>

#include "made_trie.h"
#include "vectors.h"

#define SOURCE_BLOCK 100u

static const struct cw_hash32 count_slot = {{[31] = 6}};

static struct cw_hash32 hash_of(const char *tag, uint64_t n) {
    struct cw_hash32 out, word;
    struct cw_u256 wide = cw_u256_from_u64(n);
    cw_u256_to_be(word.b, &wide);
    cw_keccak256_pair(&out, cw_slice_of(tag, strlen(tag)), cw_slice_of(word.b, 32));
    return out;
}

static struct cw_hash32 word_of(uint64_t n) {
    struct cw_hash32 word;
    struct cw_u256 wide = cw_u256_from_u64(n);
    cw_u256_to_be(word.b, &wide);
    return word;
}

static struct cw_hash32 word_of_address(const struct cw_addr20 *a) {
    struct cw_hash32 word = {{0}};
    memcpy(word.b + 12, a->b, 20);
    return word;
}

static struct cw_slice words(struct tickets *t, const struct cw_hash32 *list, size_t n) {
    struct cw_slice copy = cw_arena_copy(&t->arena, cw_slice_of(list, 32 * n));
    assert_non_null(copy.p);
    return copy;
}

/* --- the settlement layer: one account with one slot ----------------------------------------- */

static struct made_trie trie_of_one(struct tickets *t, struct cw_slice preimage,
                                    struct cw_slice value) {
    struct cw_hash32 *key = cw_arena_alloc(&t->arena, sizeof *key);
    struct made_trie trie;
    assert_non_null(key);
    cw_keccak256(key, preimage);
    struct cw_trie_entry entry = {cw_slice_of(key->b, 32), cw_arena_copy(&t->arena, value)};
    assert_non_null(entry.value.p);
    made_trie_build(&trie, &t->arena, &entry, 1);
    return trie;
}

static struct made_trie storage_of(struct tickets *t) {
    uint8_t leaf[33];
    const struct cw_u256 count = cw_u256_from_u64(t->count);
    size_t n = cw_storage_leaf(leaf, &count);
    return trie_of_one(t, cw_slice_of(count_slot.b, 32), cw_slice_of(leaf, n));
}

static struct made_trie state_of(struct tickets *t) {
    const struct cw_hash32 storage_root = storage_of(t).root;
    uint8_t room[128];
    struct cw_rlp_out out = cw_rlp_out_to(room, sizeof room);
    size_t mark = cw_rlp_list_begin(&out);
    cw_rlp_put_u64(&out, 1);
    cw_rlp_put_u64(&out, 77);
    cw_rlp_put_hash32(&out, &storage_root);
    cw_rlp_put_hash32(&out, &CW_KECCAK_EMPTY);
    cw_rlp_list_end(&out, mark);
    return trie_of_one(t, cw_slice_of(t->bridge.b, 20), cw_slice_of(out.p, out.n));
}

struct cw_hash32 tickets_block_hash(enum cw_side side, uint64_t block) {
    return hash_of(side == CW_SETTLEMENT ? "settlement" : "rollup", block);
}

static struct cw_block_ref ref_of(enum cw_side side, uint64_t block) {
    return (struct cw_block_ref){{block}, tickets_block_hash(side, block), TICKETS_T0 + block};
}

static void answer_header(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    struct cw_header *header = cw_arena_alloc(&t->arena, sizeof *header);
    assert_non_null(header);
    /* A host has no header above the final head. */
    assert_true(q->block_number.v <= t->heads[q->side].final.number.v);
    header->state_root = state_of(t).root;
    header->number = q->block_number;
    header->timestamp = TICKETS_T0 + q->block_number.v;
    ret->header = header;
    ret->header_hash = tickets_block_hash(q->side, q->block_number.v);
    ret->status = t->forgotten && q->side == CW_SETTLEMENT ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK;
}

/* The block that made the ticket; no other is asked for. */
static void answer_block(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    const struct cw_hash32 made = tickets_block_hash(CW_EXECUTION, TICKETS_MADE);
    struct cw_header *header = cw_arena_alloc(&t->arena, sizeof *header);
    assert_non_null(header);
    assert_hash(q->block_hash, made);
    header->number.v = TICKETS_MADE;
    header->timestamp = TICKETS_T0 + TICKETS_MADE;
    ret->status = t->no_blocks ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK;
    ret->included = true;
    ret->header = header;
    ret->header_hash = made;
}

static void answer_proof(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    struct cw_hash32 key;
    struct made_trie state = state_of(t), storage = storage_of(t);
    cw_keccak256(&key, cw_slice_of(q->to.b, 20));
    ret->account_proof = made_trie_prove(&state, &t->arena, cw_slice_of(key.b, 32),
                                         CW_MPT_FORM_NODE, &ret->account_proof_n);
    cw_storage_key(&key, &q->slot);
    ret->storage_proof = made_trie_prove(&storage, &t->arena, cw_slice_of(key.b, 32),
                                         CW_MPT_FORM_NODE, &ret->storage_proof_n);
    ret->storage_root = storage.root;
    ret->status = CW_ANSWER_OK;
}

/* --- calls ----------------------------------------------------------------------------------- */

static void give_word(struct tickets *t, struct cw_answer *ret, struct cw_hash32 word) {
    ret->status = CW_ANSWER_OK;
    ret->data = words(t, &word, 1);
}

static void answer_settlement(struct tickets *t, const struct cw_request *q,
                              struct cw_answer *ret) {
    static const struct cw_addr20 arb_sys = {{[19] = 0x64}}, rollup = {{0xc0}};
    ret->status = CW_ANSWER_REVERTED;
    if (cw_addr20_equal(&q->to, &t->mute)) {
        return;
    }
    if (cw_addr20_equal(&q->to, &arb_sys)) {
        ret->status = CW_ANSWER_OK; /* no code there */
        if (t->on_nitro) {
            give_word(t, ret, word_of(5));
        }
    } else if (cw_selector_is(q->data, SEL_DELAYED_COUNT)) {
        assert_true(cw_addr20_equal(&q->to, &t->bridge));
        give_word(t, ret, word_of(t->count));
    } else if (cw_selector_is(q->data, SEL_INBOX_AT)) {
        uint64_t i = q->data.p[35];
        assert_true(cw_addr20_equal(&q->to, &t->bridge));
        if (i < t->allowed_n) {
            give_word(t, ret, word_of_address(&t->allowed[i]));
        }
    } else if (cw_selector_is(q->data, SEL_ROLLUP)) {
        assert_true(cw_addr20_equal(&q->to, &t->bridge));
        give_word(t, ret, word_of_address(&rollup));
    } else if (cw_selector_is(q->data, SEL_EVENT_INBOX)) {
        assert_true(cw_addr20_equal(&q->to, &rollup));
        give_word(t, ret, word_of_address(&t->event_inbox));
    } else if (cw_selector_is(q->data, SEL_BRIDGE)) {
        give_word(t, ret, word_of_address(&t->inbox_bridge));
    } else {
        fail_msg("a call that the model does not know");
    }
}

static void answer_rollup(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    struct ticket ticket;
    assert_int_equal(ticket_read(&ticket, t->adapter, &t->origin), CW_OK);
    ret->status = CW_ANSWER_REVERTED;
    if (cw_addr20_equal(&q->to, &t->mute)) {
        return;
    }
    if (!cw_addr20_equal(&q->to, &TICKET_PRECOMPILE)) {
        assert_true(cw_addr20_equal(&q->to, &ticket.retryable.to));
        assert_true(cw_addr20_equal(&q->from, &ticket.retryable.sender));
        assert_true(cw_slice_equal(q->data, ticket.retryable.data));
        ret->status = t->inner_reverts ? CW_ANSWER_REVERTED : CW_ANSWER_OK;
    } else if (cw_selector_is(q->data, SEL_LIFETIME)) {
        give_word(t, ret, word_of(TICKETS_LIFETIME));
    } else {
        assert_true(cw_selector_is(q->data, SEL_TIMEOUT) && q->data.n == 36);
        assert_memory_equal(q->data.p + 4, ticket.id.b, 32);
        uint64_t block = q->block_number.v;
        bool there = t->made && block >= TICKETS_MADE &&
                     (t->gone_block == 0 || block < t->gone_block) &&
                     t->timeout_s >= TICKETS_T0 + block;
        if (there) {
            give_word(t, ret, word_of(t->timeout_s));
        } else {
            ret->data = cw_arena_copy(&t->arena, CW_LITERAL("\x80\x69\x84\x56"));
        }
    }
}

/* --- receipts and logs ----------------------------------------------------------------------- */

static void answer_receipt(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    ret->status = CW_ANSWER_OK;
    t->receipts++;
    assert_int_equal(q->side, CW_EXECUTION);
    for (size_t i = 0; i < t->txs_n; i++) {
        const struct tickets_tx *tx = &t->txs[i];
        if (!cw_hash32_equal(&tx->hash, &q->slot) || tx->block == 0 ||
            tx->block > q->block_number.v) {
            continue;
        }
        struct cw_log *logs = cw_arena_array(&t->arena, t->logs_n + 1, sizeof *logs);
        assert_non_null(logs);
        for (size_t k = 0; k < t->logs_n; k++) {
            if (cw_hash32_equal(&t->logs[k].tx_hash, &tx->hash)) {
                logs[ret->logs_n++] = t->logs[k];
            }
        }
        ret->logs = logs;
        ret->included = true;
        ret->success = tx->success;
        ret->block = ref_of(CW_EXECUTION, tx->block);
        ret->block.timestamp_s = 0;
    }
}

static bool lets_through(const struct cw_topic_set *set, const struct cw_log *log, size_t topic) {
    bool found = set->n == 0;
    for (size_t i = 0; i < set->n && topic < log->topics_n; i++) {
        found = found || cw_hash32_equal(&set->p[i], &log->topics[topic]);
    }
    return found;
}

static void answer_logs(struct tickets *t, const struct cw_request *q, struct cw_answer *ret) {
    struct cw_log *logs = cw_arena_array(&t->arena, t->logs_n + 1, sizeof *logs);
    assert_non_null(logs);
    t->log_requests++;
    assert_true(q->block_number.v - q->from_block.v < 2000);
    assert_true(cw_addr20_equal(&q->to, &TICKET_PRECOMPILE));
    bool hidden = t->hides_logs || (t->one_hides_logs && q->turn == 0);
    for (size_t i = 0; i < t->logs_n && !hidden; i++) {
        const struct cw_log *log = &t->logs[i];
        bool in = log->block.number.v >= q->from_block.v &&
                  log->block.number.v <= q->block_number.v;
        for (size_t k = 0; k < CW_TOPICS; k++) {
            in = in && lets_through(&q->topics[k], log, k);
        }
        if (in) {
            logs[ret->logs_n++] = *log;
        }
    }
    ret->logs = logs;
    ret->status = CW_ANSWER_OK;
}

void tickets_answer(struct tickets *t, struct cw_io *io, struct cw_io_entry *entry) {
    struct cw_answer *answer = cw_arena_alloc(&t->arena, sizeof *answer);
    const struct cw_request *q = &entry->request;
    (void)io;
    assert_non_null(answer);
    entry->answer = answer;
    if (t->down && q->side == CW_EXECUTION) {
        answer->status = CW_ANSWER_UNAVAILABLE;
        return;
    }
    switch (q->kind) {
    case CW_REQUEST_CALL:
        if (q->side == CW_SETTLEMENT) {
            answer_settlement(t, q, answer);
        } else {
            answer_rollup(t, q, answer);
        }
        break;
    case CW_REQUEST_HEADER:
        answer_header(t, q, answer);
        break;
    case CW_REQUEST_PROOF:
        answer_proof(t, q, answer);
        break;
    case CW_REQUEST_LOGS:
        answer_logs(t, q, answer);
        break;
    case CW_REQUEST_RECEIPT:
        answer_receipt(t, q, answer);
        break;
    case CW_REQUEST_BLOCK:
        answer_block(t, q, answer);
        break;
    case CW_REQUEST_TX:
    case CW_REQUEST_TRACE:
        fail_msg("tickets ask for no transactions");
        break;
    }
}

/* --- what happens on the rollup -------------------------------------------------------------- */

static struct cw_log *add_log(struct tickets *t, uint64_t block, const struct cw_hash32 *topic,
                              const struct cw_hash32 *tx_hash) {
    assert_true(t->logs_n < TICKETS_LOGS);
    struct cw_log *log = &t->logs[t->logs_n];
    memset(log, 0, sizeof *log);
    log->address = TICKET_PRECOMPILE;
    log->topics[0] = *topic;
    log->topics[1] = t->message.id;
    log->topics_n = 2;
    log->block = ref_of(CW_EXECUTION, block);
    log->block.timestamp_s = 0;
    log->tx_hash = *tx_hash;
    log->log_index = t->logs_n++;
    return log;
}

void tickets_take_in(struct tickets *t, bool made) {
    t->txs[t->txs_n++] = (struct tickets_tx){t->message.id, TICKETS_MADE, made};
    t->made = made && t->origin.kind == TICKET_KIND_RETRYABLE;
    if (t->made) {
        t->timeout_s = TICKETS_T0 + TICKETS_MADE + TICKETS_LIFETIME;
        add_log(t, TICKETS_MADE, &NITRO_TOPIC_TICKET_CREATED, &t->message.id);
    }
}

void tickets_redeem(struct tickets *t, uint64_t block, const struct cw_addr20 *donor, uint64_t gas,
                    bool ran, bool success) {
    const struct cw_hash32 retry = hash_of("retry", t->logs_n),
                           redeem = hash_of("redeem", t->logs_n);
    struct cw_log *log = add_log(t, block, &NITRO_TOPIC_REDEEM_SCHEDULED,
                                 block == TICKETS_MADE ? &t->message.id : &redeem);
    log->topics[2] = retry;
    log->topics[3] = word_of(t->txs_n - 1);
    log->topics_n = 4;
    struct cw_hash32 data[4] = {word_of(gas), word_of_address(donor)};
    log->data = words(t, data, 4);
    assert_true(t->txs_n < TICKETS_LOGS);
    t->txs[t->txs_n++] = (struct tickets_tx){retry, ran ? block : 0, success};
    if (ran && success) {
        t->gone_block = block;
    }
}

void tickets_extend(struct tickets *t, uint64_t block) {
    const struct cw_hash32 tx = hash_of("keepalive", t->logs_n);
    t->timeout_s += TICKETS_LIFETIME;
    const struct cw_hash32 timeout = word_of(t->timeout_s);
    struct cw_log *log = add_log(t, block, &NITRO_TOPIC_LIFETIME_EXTENDED, &tx);
    log->data = words(t, &timeout, 1);
}

void tickets_cancel(struct tickets *t, uint64_t block) {
    const struct cw_hash32 tx = hash_of("cancel", t->logs_n);
    add_log(t, block, &NITRO_TOPIC_CANCELED, &tx);
    t->gone_block = block;
}

void tickets_heads(struct tickets *t, uint64_t latest, uint64_t final) {
    struct cw_heads *heads = &t->heads[CW_EXECUTION];
    heads->latest = ref_of(CW_EXECUTION, latest);
    heads->safe = heads->final = ref_of(CW_EXECUTION, final);
}

/* --- the message ----------------------------------------------------------------------------- */

static struct cw_slice ticket_data(struct tickets *t) {
    const struct cw_addr20 to = {{0x70, [19] = 1}}, refund = {{0x4e, [19] = 2}};
    struct cw_hash32 head[10] = {
        word_of_address(&to),
        word_of(0),
        word_of(1000000),
        word_of(500),
        word_of_address(&refund),
        word_of_address(&refund),
        word_of(200000),
        word_of(3),
        word_of(5),
    };
    memcpy(head[9].b, "\x11\x22\x33\x44\x55", 5);
    struct cw_slice copy = cw_arena_copy(&t->arena, cw_slice_of(head, 9 * 32 + 5));
    assert_non_null(copy.p);
    return copy;
}

static struct cw_slice deposit_data(struct tickets *t) {
    uint8_t bytes[52] = {0x70, [19] = 1, [51] = 99};
    struct cw_slice copy = cw_arena_copy(&t->arena, cw_slice_of(bytes, sizeof bytes));
    assert_non_null(copy.p);
    return copy;
}

void tickets_seal(struct tickets *t) {
    struct ticket ticket;
    assert_int_equal(ticket_read(&ticket, t->adapter, &t->origin), CW_OK);
    t->message.id = ticket.id;
    t->message.summary.nonce = t->origin.number;
    assert_int_equal(ticket_payload_encode(&t->arena, &t->message.payload, &t->origin), CW_OK);
}

struct cw_adapter *tickets_open(const struct tickets *t) {
    const struct cw_nitro_ticket_config config = {
        .bridge = t->bridge, .inbox = t->inbox, .max_delay_s = 172800};
    const struct cw_chain_id chains[CW_SIDES] = {{1}, {42161}};
    struct cw_adapter *adapter = NULL;
    assert_int_equal(cw_nitro_retryable.open(&adapter, &config, chains, NULL), CW_OK);
    return adapter;
}

struct tickets *tickets_new(bool deposit) {
    struct tickets *t = calloc(1, sizeof *t);
    assert_non_null(t);
    cw_arena_init(&t->arena, 256u << 20);
    t->bridge = (struct cw_addr20){{0xb0, [19] = 1}};
    t->inbox = (struct cw_addr20){{0x1b, [19] = 2}};
    t->inbox_bridge = t->bridge;
    t->event_inbox = (struct cw_addr20){{0xe1}};
    t->allowed[t->allowed_n++] = t->inbox;
    t->allowed[t->allowed_n++] = t->event_inbox;
    t->count = 43;
    struct cw_heads *heads = &t->heads[CW_SETTLEMENT];
    heads->latest = ref_of(CW_SETTLEMENT, 300);
    heads->safe = heads->final = ref_of(CW_SETTLEMENT, 200);
    tickets_heads(t, 1100, 1050);
    t->self.submitter = (struct cw_addr20){{0x5e, 0x1f}};

    t->adapter = tickets_open(t);
    t->origin = (struct ticket_origin){
        .kind = deposit ? TICKET_KIND_DEPOSIT : TICKET_KIND_RETRYABLE,
        .number = cw_u256_from_u64(42),
        .sender = {{0xaa, [19] = 3}},
        .base_fee = {cw_u256_from_u64(7)},
        .data = deposit ? deposit_data(t) : ticket_data(t),
    };
    tickets_seal(t);
    t->message.source = ref_of(CW_SETTLEMENT, SOURCE_BLOCK);
    t->message.stage = CW_STAGE_SEEN;
    assert_int_equal(tickets_prepare(t).state, CW_PREPARE_OK);
    return t;
}

void tickets_free(struct tickets *t) {
    cw_nitro_retryable.close(t->adapter);
    cw_arena_done(&t->arena);
    free(t);
}

void tickets_sent_logs(struct tickets *t, struct cw_log ret[2]) {
    struct cw_hash32 hash;
    cw_keccak256(&hash, t->origin.data);
    const struct cw_hash32 base_fee = word_of(t->origin.base_fee.v.limb[0]);
    struct cw_hash32 delivered[6] = {word_of_address(&t->inbox),
                                     word_of(t->origin.kind),
                                     word_of_address(&t->origin.sender),
                                     hash,
                                     base_fee,
                                     word_of(TICKETS_T0 + SOURCE_BLOCK)};
    memset(ret, 0, 2 * sizeof *ret);
    for (size_t i = 0; i < 2; i++) {
        ret[i].block = t->message.source;
        ret[i].tx_hash = hash_of("sending", 0);
        ret[i].log_index = i;
        cw_u256_to_be(ret[i].topics[1].b, &t->origin.number);
        ret[i].topics_n = 2;
        ret[i].beside = ret;
        ret[i].beside_n = 2;
    }
    ret[0].address = t->bridge;
    ret[0].topics[0] = NITRO_TOPIC_MESSAGE_DELIVERED;
    ret[0].topics[2] = hash_of("accumulator", 42);
    ret[0].topics_n = 3;
    ret[0].data = words(t, delivered, 6);
    ret[1].address = t->inbox;
    ret[1].topics[0] = NITRO_TOPIC_INBOX_MESSAGE;
    struct cw_buf buf;
    cw_buf_init(&buf, 1u << 20);
    size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, t->origin.data);
    assert_false(buf.failed);
    ret[1].data = cw_arena_copy(&t->arena, cw_buf_slice(&buf));
    cw_buf_done(&buf);
}

/* --- looking --------------------------------------------------------------------------------- */

static bool answer_all(struct tickets *t, struct cw_io *io) {
    bool asked = false;
    for (size_t i = 0; i < io->n; i++) {
        if (io->entries[i].answer == NULL) {
            tickets_answer(t, io, &io->entries[i]);
            asked = true;
        }
    }
    return asked;
}

struct cw_preparation tickets_prepare(struct tickets *t) {
    struct cw_io *io = cw_arena_alloc(&t->arena, sizeof *io);
    struct cw_preparation preparation;
    assert_non_null(io);
    cw_io_init(io, &t->arena, t->heads);
    cw_nitro_retryable.prepare(t->adapter, io, &preparation);
    while (preparation.state == CW_PREPARE_NEED) {
        assert_true(answer_all(t, io));
        cw_nitro_retryable.prepare(t->adapter, io, &preparation);
    }
    return preparation;
}

static void check_as_host(struct tickets *t, const struct cw_decision *d) {
    struct cw_block_number block;
    if (d->verb != CW_ACT) {
        return;
    }
    assert_int_equal(cw_nitro_retryable.evidence_block(d->evidence, &block), CW_OK);
    assert_true(block.v <= t->heads[CW_SETTLEMENT].final.number.v);
    const struct cw_hash32 hash = tickets_block_hash(CW_SETTLEMENT, block.v);
    assert_valid(
        cw_nitro_retryable.verify(t->adapter, &t->message, d->evidence, &hash, d->step, &d->call));
}

struct cw_decision tickets_look(struct tickets *t) {
    struct cw_io *io = cw_arena_alloc(&t->arena, sizeof *io);
    struct cw_decision d;
    assert_non_null(io);
    cw_io_init(io, &t->arena, t->heads);
    t->rounds = t->receipts = t->log_requests = 0;
    for (;;) {
        cw_nitro_retryable.advance(t->adapter, &t->message, &t->self, io, &d);
        assert_false(io->overflow);
        if (d.verb != CW_NEED) {
            break;
        }
        assert_true(++t->rounds <= CW_IO_ROUNDS);
        assert_true(answer_all(t, io));
    }
    t->requests = io->n;
    assert_true(d.reason[0] != '\0');
    assert_true(d.stage >= CW_STAGE_SEEN && d.stage <= CW_STAGE_EXECUTED_FINAL);
    check_as_host(t, &d);
    return d;
}

struct cw_decision tickets_settle(struct tickets *t) {
    for (int looks = 0; looks < 64; looks++) {
        struct cw_decision d = tickets_look(t);
        t->message.stage = d.stage;
        t->message.outcome = d.outcome;
        if (d.progress.p != NULL) {
            t->message.progress = d.progress;
        }
        if (d.evidence.p != NULL) {
            t->message.evidence = d.evidence;
        }
        if (d.verb != CW_WAIT || d.due_s == 0 ||
            d.due_s >= t->heads[d.due_side].latest.timestamp_s) {
            return d;
        }
    }
    fail_msg("looks go on for ever");
    return (struct cw_decision){0};
}
