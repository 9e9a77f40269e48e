/* advance() of messages out of a Nitro rollup, over a model of both layers. */
#include "exit_model.h"

#include <causeway/abi.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#define SENDS    11
#define POSITION 4
#define LATELY   (EXIT_MODEL_NOW - 100)

struct scene {
    struct exit_model *m;
    struct cw_adapter *adapter;
};

static struct scene open_scene(size_t sends, uint64_t position) {
    struct scene s = {.m = exit_model_new(sends, position)};
    s.adapter = exit_model_adapter(s.m);
    return s;
}

static void close_scene(struct scene *s) {
    cw_nitro_withdrawal.close(s->adapter);
    exit_model_free(s->m);
}

/* One look at a fresh message, after arrange() did what it wants. */
struct row {
    const char *name;
    void (*arrange)(struct exit_model *m);
    enum cw_verb verb;
    enum cw_stage stage;
    const char *reason;
    const char *says; /* in the detail */
};

static void nothing(struct exit_model *m) {
    (void)m;
}
static void not_safe(struct exit_model *m) {
    m->heads[CW_EXECUTION].final.number.v = 90;
    m->heads[CW_EXECUTION].safe.number.v = 95;
}
static void not_final(struct exit_model *m) {
    m->heads[CW_EXECUTION].final.number.v = 103;
    m->heads[CW_EXECUTION].safe.number.v = 104;
}
static void asserted(struct exit_model *m) {
    exit_model_assert(m, exit_model_block(3), LATELY - 1);
    exit_model_assert(m, exit_model_block(8), LATELY);
}
static void asserted_by_a_node(struct exit_model *m) {
    m->bold = false;
    asserted(m);
}
static void asserted_too_early(struct exit_model *m) {
    exit_model_assert(m, exit_model_block(4), LATELY);
}
static void asserted_by_a_liar(struct exit_model *m) {
    asserted(m);
    m->asserted[1].block_hash.b[3] ^= 1;
}
static void paused(struct exit_model *m) {
    m->paused = true;
}
static void older_root(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(POSITION), LATELY);
}
static void root_of_no_message(struct exit_model *m) {
    exit_model_confirm(m, EXIT_MODEL_BLOCK - 1, LATELY);
}
static void root_of_its_block(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(POSITION + 1), LATELY);
}
static void two_roots(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(6), LATELY - 9000);
    exit_model_confirm(m, exit_model_block(9), LATELY);
}
static void root_confirmed_twice(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(SENDS) + 3, LATELY - 1);
    exit_model_confirm(m, exit_model_block(SENDS) + 7, LATELY);
}
static void false_on_top(struct exit_model *m) {
    two_roots(m);
    m->confirmed[1].root.b[0] ^= 1;
}
static void false_block_on_top(struct exit_model *m) {
    two_roots(m);
    m->confirmed[1].block_hash.b[0] ^= 1;
}
static void false_ones(struct exit_model *m) {
    for (uint64_t i = 0; i < 6; i++) {
        exit_model_confirm(m, exit_model_block(8), LATELY + i)->root.b[1] ^= 1;
    }
}
static void false_above_an_old_one(struct exit_model *m) {
    older_root(m);
    exit_model_confirm(m, exit_model_block(9), LATELY + 1)->block_hash.b[5] ^= 1;
}
static void root_of_an_orphan(struct exit_model *m) {
    m->orphan = exit_model_block(9);
    exit_model_confirm(m, m->orphan, LATELY)->block_hash = exit_model_orphan(m, m->orphan);
}
static void root_ahead(struct exit_model *m) {
    exit_model_confirm(m, m->heads[CW_EXECUTION].final.number.v + 1, LATELY);
}
static void root_ahead_of_one_that_serves(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(9), LATELY);
    exit_model_confirm(m, m->heads[CW_EXECUTION].final.number.v + 1, LATELY + 1);
}
static void no_header_is_nitros(struct exit_model *m) {
    m->foreign = true;
    two_roots(m);
}
static void forgotten(struct exit_model *m) {
    two_roots(m);
    m->forgotten = true;
}
static void sibling_hidden(struct exit_model *m) {
    two_roots(m);
    m->hidden = 2;
}
static void sibling_flipped(struct exit_model *m) {
    two_roots(m);
    m->flipped = 1;
}
static void no_logs(struct exit_model *m) {
    two_roots(m);
    m->logs_down = true;
}
static void no_logs_but_a_node(struct exit_model *m) {
    no_logs(m);
    m->has_node_interface = true;
}
static void no_logs_and_a_node_that_lies(struct exit_model *m) {
    no_logs_but_a_node(m);
    m->node_lies = true;
}
static void executed(struct exit_model *m) {
    two_roots(m);
    m->spent_latest = true;
}
static void executed_final(struct exit_model *m) {
    executed(m);
    m->spent_final = true;
}
static void reorged_away(struct exit_model *m) {
    m->message.stage = CW_STAGE_EXECUTED;
    m->message.outcome = CW_OUTCOME_SUCCESS;
}
static void settlement_down(struct exit_model *m) {
    m->settlement_down = true;
}
static void execution_down(struct exit_model *m) {
    two_roots(m);
    m->execution_down = true;
}
static void rubbish_spent(struct exit_model *m) {
    m->malformed = SEL_SPENT;
}
static void rubbish_roots(struct exit_model *m) {
    two_roots(m);
    m->malformed = SEL_ROOTS;
}
static void corrupt_payload(struct exit_model *m) {
    m->message.payload.n--;
}
static void another_id(struct exit_model *m) {
    m->message.id.b[31] ^= 1;
}
static void corrupt_progress(struct exit_model *m) {
    two_roots(m);
    m->message.progress = CW_LITERAL("\xc1");
}
static void corrupt_evidence(struct exit_model *m) {
    two_roots(m);
    m->message.evidence = CW_LITERAL("rubbish");
}

#define FINAL_AT CW_STAGE_SOURCE_FINAL
static const struct row rows[] = {
    {"fresh", not_safe, CW_WAIT, CW_STAGE_SEEN, "source_not_final", "final is 90"},
    {"safe", not_final, CW_WAIT, CW_STAGE_SAFE, "source_not_final", ""},
    {"no root at all", nothing, CW_WAIT, FINAL_AT, "no_root", "no assertion covers it yet"},
    {"asserted", asserted, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "no_root", "an assertion covers it"},
    {"a node", asserted_by_a_node, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "no_root", "45818 blocks"},
    {"asserted too early", asserted_too_early, CW_WAIT, FINAL_AT, "no_root", "no assertion"},
    {"asserted falsely", asserted_by_a_liar, CW_WAIT, FINAL_AT, "no_root", "no assertion"},
    {"paused", paused, CW_WAIT, FINAL_AT, "no_root", "is paused"},
    {"older root", older_root, CW_WAIT, FINAL_AT, "no_root", "is of L2 block 103"},
    {"root of none", root_of_no_message, CW_WAIT, FINAL_AT, "no_root", "is of L2 block 99"},
    {"its own block", root_of_its_block, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"two roots", two_roots, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", "pays out 0.000005"},
    {"twice", root_confirmed_twice, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"false root on top", false_on_top, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"false block on top", false_block_on_top, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"false roots only", false_ones, CW_WAIT, FINAL_AT, "root_mismatch",
     "L2 block 107 has another send root"},
    {"false above old", false_above_an_old_one, CW_WAIT, FINAL_AT, "root_mismatch",
     "no block of our rollup has the hash"},
    {"root of an orphan", root_of_an_orphan, CW_WAIT, FINAL_AT, "root_mismatch",
     "our L2 block 108 is another one than"},
    {"root ahead", root_ahead, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "root_not_final_here",
     "final here is 150"},
    {"root ahead of a good one", root_ahead_of_one_that_serves, CW_ACT, CW_STAGE_CHALLENGE_OVER,
     "execute", ""},
    {"no Nitro headers", no_header_is_nitros, CW_WAIT, FINAL_AT, "root_mismatch", "another send"},
    {"log without a root", forgotten, CW_WAIT, FINAL_AT, "unexpected_answer", "does not know"},
    {"sibling hidden", sibling_hidden, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "siblings_missing",
     "(1 of 4 are missing)"},
    {"sibling flipped", sibling_flipped, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "evidence_invalid",
     "do not lead to the root"},
    {"no logs", no_logs, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "siblings_unavailable",
     "range too wide"},
    {"no logs but a node", no_logs_but_a_node, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"the node lies", no_logs_and_a_node_that_lies, CW_WAIT, CW_STAGE_ROOT_COMMITTED,
     "siblings_unavailable", "range too wide"},
    {"executed", executed, CW_WAIT, CW_STAGE_EXECUTED, "confirming", ""},
    {"executed, final", executed_final, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished", ""},
    {"reorged away", reorged_away, CW_WAIT, FINAL_AT, "no_root", ""},
    {"settlement down", settlement_down, CW_WAIT, CW_STAGE_SEEN, "unavailable", "refused"},
    {"execution down", execution_down, CW_WAIT, CW_STAGE_SEEN, "unavailable", ""},
    {"rubbish", rubbish_spent, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", "0xd5b5cc23"},
    {"rubbish roots", rubbish_roots, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", ""},
    {"corrupt payload", corrupt_payload, CW_HOLD, CW_STAGE_SEEN, "bad_payload", ""},
    {"another id", another_id, CW_HOLD, CW_STAGE_SEEN, "bad_payload", ""},
    {"corrupt progress", corrupt_progress, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
    {"corrupt evidence", corrupt_evidence, CW_ACT, CW_STAGE_CHALLENGE_OVER, "execute", ""},
};

static void advance__each_situation__decides(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct exit_model *m = exit_model_new(SENDS, POSITION);
        struct cw_adapter *adapter = NULL;
        bool late = row->arrange != asserted_by_a_node;
        if (late) {
            adapter = exit_model_adapter(m);
        }
        row->arrange(m);
        if (!late) {
            adapter = exit_model_adapter(m);
        }
        struct cw_decision d = exit_model_settle(m, adapter);
        if (d.verb != row->verb || d.stage != row->stage || strcmp(d.reason, row->reason) != 0 ||
            strstr(d.detail, row->says) == NULL) {
            fail_msg("%s: verb %d, stage %s, %s (%s)", row->name, (int)d.verb,
                     cw_stage_name(d.stage), d.reason, d.detail);
        }
        bool done = row->arrange == executed || row->arrange == executed_final;
        assert_int_equal(d.outcome, done                                   ? CW_OUTCOME_SUCCESS
                                    : strcmp(d.reason, "bad_payload") == 0 ? m->message.outcome
                                                                           : CW_OUTCOME_UNKNOWN);
        assert_true(d.detail[0] != '\0');
        cw_nitro_withdrawal.close(adapter);
        exit_model_free(m);
    }
}

/* --- the call --- */

static void advance__whole_calldata__is_what_the_outbox_wants(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    two_roots(s.m);
    struct cw_decision d = exit_model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_string_equal(d.step, "execute");
    assert_int_equal(d.call.side, CW_SETTLEMENT);
    assert_true(cw_addr20_equal(&d.call.to, &s.m->outbox));
    assert_true(cw_addr20_is_zero(&d.call.simulate_from));
    assert_true(d.call.batchable);
    assert_false(d.call.target_may_fail);
    struct cw_abi in, path;
    struct cw_nitro_message said;
    struct cw_merkle_proof proof;
    struct cw_u256 index;
    assert_int_equal(cw_abi_open_call(&in, d.call.data, cw_selector_of(SIG_EXECUTE)), CW_OK);
    assert_int_equal(cw_abi_array(&in, &path, &proof.depth, 1), CW_OK);
    assert_int_equal(proof.depth, 4); /* of nine messages */
    for (size_t i = 0; i < proof.depth; i++) {
        assert_int_equal(cw_abi_word(&path, &proof.path[i]), CW_OK);
    }
    assert_int_equal(cw_abi_u256(&in, &index), CW_OK);
    assert_int_equal(cw_abi_addr20(&in, &said.l2_sender), CW_OK);
    assert_int_equal(cw_abi_addr20(&in, &said.to), CW_OK);
    assert_int_equal(cw_abi_u256(&in, &said.l2_block), CW_OK);
    assert_int_equal(cw_abi_u256(&in, &said.l1_block), CW_OK);
    assert_int_equal(cw_abi_u256(&in, &said.l2_timestamp), CW_OK);
    assert_int_equal(cw_abi_u256(&in, &said.value.v), CW_OK);
    assert_int_equal(cw_abi_bytes(&in, &said.data), CW_OK);
    assert_int_equal(index.limb[0], POSITION);
    assert_true(cw_slice_equal(said.data, CW_LITERAL("hello")));
    assert_true(cw_slice_equal(said.data, cw_nitro_withdrawal.inner(s.adapter, &s.m->message)));
    assert_valid(
        cw_nitro_outbox_verify(&s.m->confirmed[1].root, &said, &index, proof.path, proof.depth));
    close_scene(&s);
}

static void advance__rollup_that_pays_a_token__says_its_units(void **state) {
    (void)state;
    static const struct {
        uint64_t decimals;
        bool old;
        const char *says;
    } cases[] = {
        {18, false, "pays out 5000000000004 units of token 0x77"},
        {6, false, "pays out 5 units of token 0x77"},
        {0, false, "pays out 0 units of token 0x77"},
        {20, false, "pays out 500000000000400 units of token 0x77"},
        {6, true, "pays out 5000000000004 units of token 0x77"}, /* it has no conversion yet */
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct exit_model *m = exit_model_new(SENDS, POSITION);
        m->token = (struct cw_addr20){{0x77}};
        m->decimals = cases[i].decimals;
        m->old_token_bridge = cases[i].old;
        two_roots(m);
        struct cw_adapter *adapter = exit_model_adapter(m);
        struct cw_decision d = exit_model_look(m, adapter);
        assert_int_equal(d.verb, CW_ACT);
        if (strstr(d.detail, cases[i].says) == NULL) {
            fail_msg("%s: %s", cases[i].says, d.detail);
        }
        cw_nitro_withdrawal.close(adapter);
        exit_model_free(m);
    }
}

/* --- every message at every size --- */

static void assert_proved(struct scene *s, uint64_t size, uint64_t position) {
    struct cw_hash32 id;
    struct exit_model *m = s->m;
    exit_id(&id, position);
    m->message.id = id;
    m->message.summary.nonce = cw_u256_from_u64(position);
    m->message.source.number.v = exit_model_block(position + 1);
    assert_int_equal(exit_payload_encode(&m->arena, &m->message.payload, &m->sends[position]),
                     CW_OK);
    m->confirmed_n = 0;
    exit_model_confirm(m, exit_model_block(size), LATELY);
    struct cw_decision d = exit_model_look(m, s->adapter); /* verifies as a host does */
    if (d.verb != CW_ACT) {
        fail_msg("message %" PRIu64 " of %" PRIu64 ": %s", position, size, d.detail);
    }
}

static void advance__every_message_at_every_size__proved(void **state) {
    (void)state;
    struct scene s = open_scene(300, 0);
    for (uint64_t size = 1; size <= 300; size++) {
        /* All of the small trees, and of the larger ones the edges and a few between. */
        uint64_t step = size <= 40 ? 1 : 1 + size / 7;
        for (uint64_t position = 0; position < size; position += step) {
            assert_proved(&s, size, position);
        }
        assert_proved(&s, size, size - 1);
    }
    close_scene(&s);
}

static void advance__large_trees__proved(void **state) {
    (void)state;
    uint64_t seed = 0x9e3779b97f4a7c15u;
    struct scene s = open_scene(5000, 0);
    for (int round = 0; round < 60; round++) {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        uint64_t size = 4000 + (seed >> 20) % 1001;
        assert_proved(&s, size, (seed >> 3) % size);
    }
    assert_proved(&s, 4096, 4095);
    assert_proved(&s, 4097, 0);
    assert_proved(&s, 4097, 4096);
    close_scene(&s);
}

/* --- what is asked --- */

static void advance__covered__five_rounds_and_few_questions(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    two_roots(s.m);
    assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_ACT);
    assert_in_range(s.m->rounds, 1, 4);
    assert_in_range(s.m->requests, 1, 7);
    /* What is stored serves again, without a search. */
    struct cw_decision d = exit_model_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_null(d.evidence.p);
    assert_int_equal(s.m->rounds, 1);
    assert_int_equal(s.m->requests, 3);
    close_scene(&s);
}

/* Two messages of one word of the bitmap, under one root: all but the siblings is asked once. */
static void advance__messages_of_one_root__share_their_questions(void **state) {
    (void)state;
    struct scene s = open_scene(300, 253);
    two_roots(s.m);
    exit_model_confirm(s.m, exit_model_block(299), LATELY + 1);
    struct cw_io *io = calloc(1, sizeof *io);
    assert_non_null(io);
    cw_io_init(io, &s.m->arena, s.m->heads);
    size_t asked[3];
    static const uint64_t positions[] = {253, 254, 255};
    for (size_t k = 0; k < 3; k++) {
        struct cw_decision d = {0};
        exit_id(&s.m->message.id, positions[k]);
        s.m->message.summary.nonce = cw_u256_from_u64(positions[k]);
        assert_int_equal(
            exit_payload_encode(&s.m->arena, &s.m->message.payload, &s.m->sends[positions[k]]),
            CW_OK);
        do {
            for (size_t i = 0; i < io->n; i++) {
                if (io->entries[i].answer == NULL) {
                    exit_model_answer(s.m, io, &io->entries[i]);
                }
            }
            cw_nitro_withdrawal.advance(s.adapter, &s.m->message, &s.m->self, io, &d);
        } while (d.verb == CW_NEED);
        if (d.verb != CW_ACT) {
            fail_msg("%s: %s", d.reason, d.detail);
        }
        asked[k] = io->n;
    }
    assert_int_equal(asked[1] - asked[0], 1);
    assert_int_equal(asked[2] - asked[1], 2); /* the next word of the bitmap */
    free(io);
    close_scene(&s);
}

/* --- the search --- */

static void advance__old_root__found_over_several_looks(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    struct exit_model *m = s.m;
    /* A hundred days are passed without a root, and one was confirmed after the first week. */
    uint64_t days = 100 * 7200;
    m->heads[CW_SETTLEMENT].latest.timestamp_s = m->message.source.timestamp_s + days * 12;
    m->heads[CW_SETTLEMENT].final.timestamp_s = m->heads[CW_SETTLEMENT].latest.timestamp_s -
                                                64 * 12;
    exit_model_confirm(m, exit_model_block(9), EXIT_MODEL_NOW - days + 7 * 7200);
    struct cw_decision d = exit_model_look(m, s.adapter);
    assert_int_equal(d.verb, CW_WAIT);
    assert_string_equal(d.reason, "searching_roots");
    assert_non_null(d.progress.p);
    d = exit_model_settle(m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    close_scene(&s);
}

static void advance__searched_through__goes_on_where_it_was(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    struct exit_model *m = s.m;
    uint64_t days = 30 * 7200;
    m->heads[CW_SETTLEMENT].latest.timestamp_s = m->message.source.timestamp_s + days * 12;
    m->heads[CW_SETTLEMENT].final.timestamp_s = m->heads[CW_SETTLEMENT].latest.timestamp_s -
                                                64 * 12;
    struct cw_decision d = exit_model_settle(m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    assert_non_null(strstr(d.detail, "no send root is confirmed since then"));
    assert_true(m->requests < 40);
    /* The next head: what is final was looked through, and a new root is found. */
    m->heads[CW_SETTLEMENT].latest.number.v += 10;
    m->heads[CW_SETTLEMENT].latest.hash.b[0] ^= 1;
    m->heads[CW_SETTLEMENT].latest.timestamp_s += 120;
    exit_model_confirm(m, exit_model_block(9), EXIT_MODEL_NOW + 5);
    assert_int_equal(exit_model_settle(m, s.adapter).verb, CW_ACT);
    close_scene(&s);
}

static void advance__fresh_message__looks_no_further_back_than_itself(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    struct exit_model *m = s.m;
    uint64_t now = m->message.source.timestamp_s + 600;
    m->heads[CW_SETTLEMENT].latest.timestamp_s = now;
    m->heads[CW_SETTLEMENT].final.timestamp_s = now - 64 * 12;
    struct cw_decision d = exit_model_look(m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    assert_null(d.progress.p);
    assert_in_range(m->requests, 1, 9);
    assert_int_equal(d.due_s, m->message.source.timestamp_s + 45818 * 12);
    assert_int_equal(d.earliest_s, d.due_s);
    assert_int_equal(d.wake, CW_WAKE_ROOT);
    close_scene(&s);
}

/* A rollup on a Nitro chain: four blocks a second there, and periods in blocks of the layer below.
 */
static void advance__on_a_nitro_chain__periods_are_of_the_layer_below(void **state) {
    (void)state;
    struct exit_model *m = exit_model_new(SENDS, POSITION);
    m->on_nitro = true;
    uint64_t now = m->message.source.timestamp_s + 600;
    m->heads[CW_SETTLEMENT].latest.timestamp_s = now;
    m->heads[CW_SETTLEMENT].final.timestamp_s = now - 16;
    struct cw_adapter *adapter = exit_model_adapter(m);
    struct cw_decision d = exit_model_look(m, adapter);
    assert_string_equal(d.reason, "no_root");
    assert_int_equal(d.due_s, m->message.source.timestamp_s + 45818 * 12);
    cw_nitro_withdrawal.close(adapter);
    exit_model_free(m);
}

/* --- what changes between looks --- */

static void advance__root_reorged_away__proved_under_another(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    exit_model_confirm(s.m, exit_model_block(9), LATELY);
    assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_ACT);
    s.m->confirmed_n = 0;
    struct cw_decision d = exit_model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    exit_model_confirm(s.m, exit_model_block(10), LATELY);
    d = exit_model_settle(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_non_null(d.evidence.p);
    close_scene(&s);
}

static void advance__stored_evidence_of_another_chain__proved_anew(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    two_roots(s.m);
    assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_ACT);
    struct exit_evidence evidence;
    assert_int_equal(exit_evidence_decode(&evidence, s.m->message.evidence), CW_OK);
    evidence.proof.path[0].b[0] ^= 1;
    assert_int_equal(exit_evidence_encode(&s.m->arena, &s.m->message.evidence, &evidence), CW_OK);
    struct cw_decision d = exit_model_settle(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_non_null(d.evidence.p);
    close_scene(&s);
}

/* After an answer that was bad it is another operator's turn. */
static void advance__siblings_that_lie__asked_for_anew(void **state) {
    (void)state;
    struct scene s = open_scene(SENDS, POSITION);
    sibling_flipped(s.m);
    struct cw_decision d = exit_model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "evidence_invalid");
    assert_int_equal(d.wake, CW_WAKE_RETRY);
    struct exit_progress first, second;
    exit_progress_decode(&first, s.m->message.progress);
    (void)exit_model_settle(s.m, s.adapter);
    exit_progress_decode(&second, s.m->message.progress);
    assert_int_equal(first.tries, 1);
    assert_int_equal(second.tries, 2);
    s.m->flipped = 0;
    assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_ACT);
    close_scene(&s);
}

static void advance__one_operator_lies_of_siblings__another_is_asked(void **state) {
    (void)state;
    for (int hides = 0; hides < 2; hides++) {
        struct scene s = open_scene(SENDS, POSITION);
        s.m->others_are_honest = true;
        if (hides) {
            sibling_hidden(s.m);
        } else {
            sibling_flipped(s.m);
        }
        assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_WAIT);
        assert_int_equal(exit_model_settle(s.m, s.adapter).verb, CW_ACT);
        close_scene(&s);
    }
}

/* --- the real rollup's proofs --- */

static void put_u64(uint8_t be[8], uint64_t v) {
    for (size_t i = 0; i < 8; i++) {
        be[i] = (uint8_t)(v >> (56 - 8 * i));
    }
}

/* A header that says what the real one says of its sends, as far as the vector tells: only the
 * depth is known of their number. */
static void make_header(struct exit_evidence *e, uint8_t rlp[CW_HEADER_RLP_MAX]) {
    size_t n = 0;
    e->header.number.v = 18100;
    e->header.present = CW_HEADER_BASE_FEE;
    e->header.base_fee = cw_u256_from_u64(100000000);
    e->header.difficulty = cw_u256_from_u64(1);
    e->header.extra_n = 32;
    memcpy(e->header.extra, e->root.b, 32);
    put_u64(e->header.mix_hash.b, e->size);
    assert_int_equal(cw_header_encode(rlp, CW_HEADER_RLP_MAX, &n, &e->header), CW_OK);
    e->header_rlp = cw_slice_of(rlp, n);
    e->block = e->header.number;
}

static void verify__proofs_of_arbitrum_one__valid(void **state) {
    (void)state;
    cJSON *json = vectors_load("arbitrum_outbox_withdraw.json");
    const cJSON *one;
    struct scene s = open_scene(SENDS, POSITION);
    size_t judged = 0;
    cJSON_ArrayForEach(one, vec_get(json, "cases")) {
        if (!vec_bool(one, "valid")) {
            continue;
        }
        struct exit_evidence e;
        struct exit_message m = {.position = vec_u64(one, "index"),
                                 .sent = {.l2_sender = vec_addr20(one, "l2Sender"),
                                          .to = vec_addr20(one, "to"),
                                          .l2_block = vec_u256(one, "l2Block"),
                                          .l1_block = vec_u256(one, "l1Block"),
                                          .l2_timestamp = vec_u256(one, "l2Timestamp"),
                                          .value.v = vec_u256(one, "value"),
                                          .data = vec_bytes(one, "data")}};
        uint8_t rlp[CW_HEADER_RLP_MAX];
        size_t n = 0;
        const struct cw_slice *path = vec_nodes(vec_get(one, "proof"), &n);
        memset(&e, 0, sizeof e);
        e.root = vec_hash32(one, "root");
        e.position = m.position;
        e.proof.depth = n;
        e.size = (UINT64_C(1) << (n - 1)) + 500;
        for (size_t i = 0; i < n; i++) {
            memcpy(e.proof.path[i].b, path[i].p, 32);
        }
        make_header(&e, rlp);
        struct cw_hash32 hash;
        struct cw_message message = {.stage = CW_STAGE_SEEN};
        struct cw_slice blob;
        exit_id(&message.id, m.position);
        assert_int_equal(cw_header_hash(&hash, &e.header), CW_OK);
        assert_int_equal(exit_payload_encode(&s.m->arena, &message.payload, &m), CW_OK);
        assert_int_equal(exit_evidence_encode(&s.m->arena, &blob, &e), CW_OK);
        struct cw_buf data;
        cw_buf_init(&data, EXIT_CALLDATA_MAX);
        exit_put_execute(&data, &m, &e.proof);
        struct cw_call call = {
            .side = CW_SETTLEMENT, .to = s.m->outbox, .data = cw_buf_slice(&data)};
        assert_valid(
            cw_nitro_withdrawal.verify(s.adapter, &message, blob, &hash, "execute", &call));
        /* The depth follows from the number of sends. */
        e.size = (UINT64_C(1) << n) + 1;
        make_header(&e, rlp);
        assert_int_equal(cw_header_hash(&hash, &e.header), CW_OK);
        assert_int_equal(exit_evidence_encode(&s.m->arena, &blob, &e), CW_OK);
        assert_invalid(
            cw_nitro_withdrawal.verify(s.adapter, &message, blob, &hash, "execute", &call));
        cw_buf_done(&data);
        judged++;
    }
    assert_int_equal(judged, 3);
    close_scene(&s);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(advance__each_situation__decides),
        cmocka_unit_test(advance__whole_calldata__is_what_the_outbox_wants),
        cmocka_unit_test(advance__rollup_that_pays_a_token__says_its_units),
        cmocka_unit_test(advance__every_message_at_every_size__proved),
        cmocka_unit_test(advance__large_trees__proved),
        cmocka_unit_test(advance__covered__five_rounds_and_few_questions),
        cmocka_unit_test(advance__messages_of_one_root__share_their_questions),
        cmocka_unit_test(advance__old_root__found_over_several_looks),
        cmocka_unit_test(advance__searched_through__goes_on_where_it_was),
        cmocka_unit_test(advance__fresh_message__looks_no_further_back_than_itself),
        cmocka_unit_test(advance__on_a_nitro_chain__periods_are_of_the_layer_below),
        cmocka_unit_test(advance__root_reorged_away__proved_under_another),
        cmocka_unit_test(advance__stored_evidence_of_another_chain__proved_anew),
        cmocka_unit_test(advance__siblings_that_lie__asked_for_anew),
        cmocka_unit_test(advance__one_operator_lies_of_siblings__another_is_asked),
        cmocka_unit_test(verify__proofs_of_arbitrum_one__valid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
