#include "deposit_model.h"

#include <causeway/abi.h>
#include <causeway/alias.h>
#include <causeway/keccak.h>

#include <stdlib.h>
#include <string.h>

#include "opstack/deposit.h"
#include "vectors.h"

static const struct cw_addr20 user = {{0x05, [19] = 1}};
static const struct cw_addr20 target = {{0x7a, [19] = 2}};

static struct cw_block_ref block_ref(uint64_t number, unsigned char chain) {
    struct cw_block_ref ref = {{number}, deposit_block_hash(number), DEPOSIT_T0 + number};
    ref.hash.b[1] ^= chain;
    return ref;
}

struct cw_hash32 deposit_block_hash(uint64_t number) {
    struct cw_hash32 hash, word = opstack_word_u64(number);
    cw_keccak256_pair(&hash, CW_LITERAL("block"), cw_slice_of(word.b, 32));
    return hash;
}

static struct cw_slice taken(struct deposit_model *m, struct cw_buf *take) {
    assert_false(take->failed);
    struct cw_slice bytes = cw_arena_copy(&m->arena, cw_buf_slice(take));
    assert_non_null(bytes.p);
    cw_buf_done(take);
    return bytes;
}

/* What the L1 messenger has the L2 messenger called with. */
static struct cw_slice relay_message(struct deposit_model *m) {
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_abi_put_selector(&buf, cw_selector_from_u32(SEL_RELAY));
    size_t base = cw_abi_base(&buf);
    cw_abi_put_u256(&buf, &(struct cw_u256){{4, 0, 0, UINT64_C(1) << 48}});
    cw_abi_put_addr20(&buf, &user);
    cw_abi_put_addr20(&buf, &target);
    cw_abi_put_u64(&buf, 5000);
    cw_abi_put_u64(&buf, 60000);
    size_t data = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, data);
    cw_abi_put_bytes(&buf, CW_LITERAL("hello"));
    return taken(m, &buf);
}

static void put_log(struct deposit_model *m) {
    const struct cw_op_deposit *d = &m->deposit;
    struct cw_buf opaque, buf;
    cw_buf_init(&opaque, 4096);
    cw_abi_put_u256(&opaque, &d->opaque.mint.v);
    cw_abi_put_u256(&opaque, &d->opaque.value.v);
    for (int shift = 56; shift >= 0; shift -= 8) {
        cw_buf_append(&opaque, &(uint8_t){(uint8_t)(d->opaque.gas_limit >> shift)}, 1);
    }
    cw_buf_append(&opaque, &(uint8_t){d->opaque.is_creation}, 1);
    cw_buf_append(&opaque, d->opaque.data.p, d->opaque.data.n);
    struct cw_slice packed = taken(m, &opaque);
    cw_buf_init(&buf, 8192);
    size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, packed);
    m->log = (struct cw_log){.address = m->portal,
                             .topics = {CW_OP_TRANSACTION_DEPOSITED, opstack_word_addr20(&d->from),
                                        opstack_word_addr20(&d->to)},
                             .topics_n = 4,
                             .data = taken(m, &buf),
                             .block = block_ref(100, 0),
                             .log_index = 7,
                             .assurance = CW_ASSURANCE_SINGLE};
}

static void make_deposit(struct deposit_model *m) {
    struct cw_op_deposit *d = &m->deposit;
    *d = (struct cw_op_deposit){.from = user,
                                .to = target,
                                .opaque = {.mint.v = cw_u256_from_u64(5000),
                                           .value.v = cw_u256_from_u64(5000),
                                           .gas_limit = 100000,
                                           .data = CW_LITERAL("raw")}};
    if (m->kind == DEPOSIT_CREATION) {
        d->to = (struct cw_addr20){{0}};
        d->opaque.is_creation = true;
    } else if (m->kind != DEPOSIT_RAW) {
        d->to = OPSTACK_L2_MESSENGER;
        d->opaque.data = relay_message(m);
    }
    if (m->kind == DEPOSIT_RELAY) {
        cw_alias_apply(&d->from, &m->l1_messenger);
    }
}

struct deposit_model *deposit_new(enum deposit_kind kind) {
    struct deposit_model *m = calloc(1, sizeof *m);
    struct cw_error error;
    assert_non_null(m);
    cw_arena_init(&m->arena, 64u << 20);
    m->portal = (struct cw_addr20){{0x90, 1}};
    m->l1_messenger = (struct cw_addr20){{0x3e, 1}};
    m->portal_version = "3.10.0";
    m->kind = kind;
    m->block = 450;
    struct cw_heads *l1 = &m->heads[CW_SETTLEMENT], *l2 = &m->heads[CW_EXECUTION];
    *l1 = (struct cw_heads){block_ref(200, 0), block_ref(190, 0), block_ref(180, 0)};
    *l2 = (struct cw_heads){block_ref(500, 1), block_ref(490, 1), block_ref(480, 1)};
    make_deposit(m);
    put_log(m);
    struct cw_adapter *adapter = deposit_open(m);
    assert_int_equal(deposit_prepare(m, adapter).state, CW_PREPARE_OK);
    assert_int_equal(
        cw_opstack_deposit.decode(adapter, CW_SETTLEMENT, &m->log, &m->arena, &m->event, &error),
        CW_OK);
    cw_opstack_deposit.close(adapter);
    m->message = (struct cw_message){.id = m->event.ref,
                                     .alias = m->event.alias,
                                     .summary = m->event.summary,
                                     .payload = m->event.payload,
                                     .source = m->log.block,
                                     .stage = CW_STAGE_SEEN};
    return m;
}

void deposit_free(struct deposit_model *m) {
    cw_arena_done(&m->arena);
    free(m);
}

struct cw_adapter *deposit_open(const struct deposit_model *m) {
    struct cw_opstack_deposit_config config = {.portal = m->portal};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {901}};
    struct cw_adapter *adapter = NULL;
    assert_int_equal(cw_opstack_deposit.open(&adapter, &config, chains, NULL), CW_OK);
    return adapter;
}

/* --- answers --- */

static bool say(struct deposit_model *m, const struct cw_request *q, uint32_t selector,
                struct cw_buf *out) {
    const bool l2 = q->side == CW_EXECUTION;
    const bool final = cw_hash32_equal(&q->block_hash, &m->heads[q->side].final.hash);
    if (!l2 && cw_addr20_equal(&q->to, &m->portal) && selector == SEL_VERSION) {
        size_t base = cw_abi_base(out), at = cw_abi_put_offset(out);
        cw_abi_place(out, base, at);
        cw_abi_put_bytes(out, cw_slice_of(m->portal_version, strlen(m->portal_version)));
    } else if (!l2 && cw_addr20_equal(&q->to, &m->l1_messenger) && selector == SEL_PORTAL) {
        cw_abi_put_addr20(out, m->not_wired ? &target : &m->portal);
    } else if (!l2 || !cw_addr20_equal(&q->to, &OPSTACK_L2_MESSENGER)) {
        return false;
    } else if (selector == SEL_OTHER_MESSENGER) {
        cw_abi_put_addr20(out, &m->l1_messenger);
    } else if (selector == SEL_SUCCESSFUL || selector == SEL_FAILED) {
        struct cw_hash32 hash;
        cw_keccak256(&hash, m->deposit.opaque.data);
        assert_memory_equal(q->data.p + 4, hash.b, 32);
        bool ran = final ? m->ran_final : m->ran_latest;
        bool failed = final ? m->failed_final : m->failed_latest;
        cw_abi_put_u64(out, selector == SEL_SUCCESSFUL ? ran : failed);
    } else {
        return false;
    }
    return true;
}

static void answer_call(struct deposit_model *m, const struct cw_request *q,
                        struct cw_answer *ret) {
    struct cw_selector head;
    struct cw_buf buf;
    assert_int_equal(cw_selector_read(&head, q->data), CW_OK);
    uint32_t selector = (uint32_t)head.b[0] << 24 | (uint32_t)head.b[1] << 16 |
                        (uint32_t)head.b[2] << 8 | head.b[3];
    cw_buf_init(&buf, 4096);
    ret->status = say(m, q, selector, &buf) ? CW_ANSWER_OK : CW_ANSWER_REVERTED;
    if (m->malformed == selector) {
        cw_buf_append(&buf, "rubbish", 7);
    }
    ret->data = taken(m, &buf);
}

void deposit_answer(struct deposit_model *m, struct cw_io_entry *entry) {
    const struct cw_request *q = &entry->request;
    struct cw_answer *answer = cw_arena_alloc(&m->arena, sizeof *answer);
    assert_non_null(answer);
    memset(answer, 0, sizeof *answer);
    entry->answer = answer;
    if (m->down) {
        answer->status = CW_ANSWER_UNAVAILABLE;
        answer->text = "l2.example: connection refused";
    } else if (q->kind == CW_REQUEST_CALL) {
        answer_call(m, q, answer);
    } else if (q->kind == CW_REQUEST_HEADER) {
        assert_int_equal(q->side, CW_SETTLEMENT);
        assert_int_equal(q->block_number.v, m->message.source.number.v);
        answer->status = m->forgotten ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK;
    } else {
        assert_int_equal(q->kind, CW_REQUEST_RECEIPT);
        assert_int_equal(q->side, CW_EXECUTION);
        assert_hash(q->slot, m->message.id);
        answer->status = CW_ANSWER_OK;
        answer->included = m->included && m->block <= q->block_number.v;
        answer->success = m->success;
        answer->block = block_ref(m->block, 1);
    }
}

static void answer_all(struct deposit_model *m, struct cw_io *io) {
    size_t asked = 0;
    for (size_t i = 0; i < io->n; i++) {
        if (io->entries[i].answer == NULL) {
            deposit_answer(m, &io->entries[i]);
            asked++;
        }
    }
    assert_true(asked > 0);
}

static struct cw_io *new_io(struct deposit_model *m) {
    struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
    assert_non_null(io);
    cw_io_init(io, &m->arena, m->heads);
    return io;
}

struct cw_preparation deposit_prepare(struct deposit_model *m, struct cw_adapter *adapter) {
    struct cw_preparation preparation;
    struct cw_io *io = new_io(m);
    cw_opstack_deposit.prepare(adapter, io, &preparation);
    while (preparation.state == CW_PREPARE_NEED) {
        answer_all(m, io);
        cw_opstack_deposit.prepare(adapter, io, &preparation);
    }
    return preparation;
}

static void check_as_host(struct deposit_model *m, struct cw_adapter *adapter,
                          const struct cw_decision *d) {
    struct cw_slice evidence = d->evidence.p != NULL ? d->evidence : m->message.evidence;
    struct cw_block_number block;
    assert_int_equal(cw_opstack_deposit.evidence_block(evidence, &block), CW_OK);
    assert_true(block.v <= m->heads[CW_SETTLEMENT].final.number.v);
    struct cw_hash32 hash = deposit_block_hash(block.v);
    struct cw_judgement verdict = cw_opstack_deposit.verify(adapter, &m->message, evidence, &hash,
                                                            d->step, &d->call);
    assert_string_equal(verdict.reason, "");
    assert_int_equal(verdict.verdict, CW_VALID);
}

struct cw_decision deposit_look(struct deposit_model *m, struct cw_adapter *adapter) {
    struct cw_decision d;
    struct cw_io *io = new_io(m);
    m->rounds = 0;
    cw_opstack_deposit.advance(adapter, &m->message, &m->self, io, &d);
    while (d.verb == CW_NEED) {
        assert_true(++m->rounds <= CW_IO_ROUNDS);
        answer_all(m, io);
        cw_opstack_deposit.advance(adapter, &m->message, &m->self, io, &d);
    }
    assert_false(io->overflow);
    m->requests = io->n;
    assert_true(d.reason[0] != '\0');
    if (d.verb == CW_ACT) {
        check_as_host(m, adapter, &d);
    }
    return d;
}
