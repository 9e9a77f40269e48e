/* What must hold of messages out of a Nitro rollup, judged over a model of both layers. */
#include "exit_model.h"

#include <stdlib.h>
#include <string.h>

#include "nitro/exit_invariants.h"
#include "vectors.h"

#define SENDS    11
#define POSITION 4
#define MADE     (EXIT_MODEL_NOW - 1000) /* of the assertion that is judged */

struct scene {
    struct exit_model *m;
    struct cw_adapter *adapter;
    struct cw_log log;
    struct cw_block_ref before;
    bool stored; /* the store has the message */
    struct cw_subject subject;
    struct cw_invariant_verdict verdict;
    struct cw_slice rules[EXIT_RULES]; /* what judging each keeps */
};

/* Final up to block 150 of the rollup, known up to 160; the rollup is up to date. */
static struct scene open_scene(bool bold) {
    struct scene s = {.m = exit_model_new(SENDS, POSITION), .stored = true};
    struct cw_heads *l2 = &s.m->heads[CW_EXECUTION];
    s.m->bold = bold;
    s.m->permissionless = true;
    s.m->period = 4000;
    s.m->status = 1;
    s.m->parent_status = 2;
    s.m->node_made = MADE;
    s.m->node_deadline = MADE + 4000;
    s.m->newest_confirmed = 5;
    s.m->first_child = MADE;
    s.m->newest_child = EXIT_MODEL_NODE;
    l2->latest.timestamp_s = l2->final.timestamp_s = s.m->heads[CW_SETTLEMENT].latest.timestamp_s;
    return s;
}

static void close_scene(struct scene *s) {
    cw_nitro_withdrawal.close(s->adapter);
    exit_model_free(s->m);
}

#define EITHER(bold) for (int k_ = 0, bold = 0; k_ < 2; bold = ++k_)

/* --- logs ------------------------------------------------------------------------------------- */

static void made(struct scene *s, const struct cw_hash32 *block_hash,
                 const struct cw_hash32 *root) {
    s->log = exit_model_made(s->m, block_hash, root, MADE);
}

static void made_of_block(struct scene *s, uint64_t block) {
    const struct cw_hash32 hash = exit_model_hash(s->m, block);
    made(s, &hash, &s->m->roots[exit_model_count(s->m, block)]);
}

static void made_falsely(struct scene *s) {
    const struct cw_hash32 hash = exit_model_hash(s->m, 105), root = {{0xfa}};
    made(s, &hash, &root);
}

static void confirmed(struct scene *s, const struct cw_hash32 *root) {
    s->log = exit_model_confirmed(s->m, 105, root, MADE);
}

static void executed(struct scene *s, uint64_t position) {
    s->log = exit_model_executed(s->m, position, MADE);
}

/* --- judging, as a host does ------------------------------------------------------------------ */

static void judge_subject(struct scene *s) {
    struct exit_model *m = s->m;
    struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
    size_t rounds = 0;
    assert_non_null(io);
    cw_io_init(io, &m->arena, m->heads);
    for (;;) {
        memset(&s->verdict, 0xa5, sizeof s->verdict);
        cw_nitro_withdrawal.judge(s->adapter, &s->subject, s->stored ? &m->message : NULL,
                                  CW_VERDICT_UNVERIFIED, io, &s->verdict);
        assert_false(io->overflow);
        if (!s->verdict.need) {
            break;
        }
        assert_true(++rounds <= CW_IO_ROUNDS);
        bool asked = false;
        for (size_t i = 0; i < io->n; i++) {
            if (io->entries[i].answer == NULL) {
                exit_model_answer(m, io, &io->entries[i]);
                asked = true;
            }
        }
        assert_true(asked);
    }
    assert_true((s->verdict.state == CW_VERDICT_OK) == (s->verdict.reason[0] == '\0'));
    assert_true(s->verdict.state == CW_VERDICT_OK || s->verdict.sentence[0] != '\0');
}

static void judge(struct scene *s) {
    size_t n = 0;
    if (s->adapter == NULL) {
        s->adapter = exit_model_adapter(s->m);
    }
    assert_int_equal(cw_nitro_withdrawal.subjects(s->adapter, CW_SETTLEMENT, &s->log, &s->m->arena,
                                                  &s->subject, 1, &n, NULL),
                     CW_OK);
    assert_int_equal(n, 1);
    assert_true(s->subject.about[0] != '\0');
    s->subject.before = s->before;
    judge_subject(s);
}

static void assert_verdict(const struct scene *s, enum cw_verdict_state state, enum cw_stake stake,
                           const char *reason) {
    if (s->verdict.state != state || strcmp(s->verdict.reason, reason) != 0 ||
        (state == CW_VERDICT_VIOLATED && s->verdict.stake != stake)) {
        fail_msg("%s, %s, %s: %s", cw_verdict_state_name(s->verdict.state),
                 cw_stake_name(s->verdict.stake), s->verdict.reason, s->verdict.sentence);
    }
}

#define OK(s)                      assert_verdict(s, CW_VERDICT_OK, 0, "")
#define UNVERIFIED(s, reason)      assert_verdict(s, CW_VERDICT_UNVERIFIED, 0, reason)
#define VIOLATED(s, stake, reason) assert_verdict(s, CW_VERDICT_VIOLATED, CW_STAKE_##stake, reason)

/* --- assertions ------------------------------------------------------------------------------- */

static void root__assertion_about_our_block__ok(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        made_of_block(&s, 105);
        judge(&s);
        OK(&s);
        assert_false(s.verdict.open);
        assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v, 105);
        confirmed(&s, &s.m->roots[exit_model_count(s.m, 105)]);
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void root__false_assertion__nobodys_lever_until_its_deadline(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        struct cw_block_ref *now = &s.m->heads[CW_SETTLEMENT].latest;
        made_falsely(&s);
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        assert_true(s.verdict.open);
        assert_int_equal(s.verdict.again_s, now->timestamp_s + 1 + 4000 * 12 / 64);
        now->number.v = MADE + 2999; /* more than a quarter is left */
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        now->number.v = MADE + 3000;
        judge(&s);
        VIOLATED(&s, ROUTE, "false_root_winning");
        close_scene(&s);
    }
}

static void root__false_assertion_that_is_disputed__warning(void **state) {
    (void)state;
    EITHER(bold) {
        for (int i = 0; i < (bold ? 1 : 2); i++) {
            struct scene s = open_scene(bold);
            made_falsely(&s);
            s.m->heads[CW_SETTLEMENT].latest.number.v = MADE + 9000;
            s.m->second_child = MADE + 5;
            exit_model_assert(s.m, 104, MADE + 5);
            s.m->newest_child += i == 0;
            s.m->first_child -= i == 1;
            judge(&s);
            VIOLATED(&s, NONE, "root_mismatch");
            close_scene(&s);
        }
    }
}

/* Against a false one its own maker makes another, so that it looks disputed. */
static void root__false_assertion_against_a_false_one__winning(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    made_falsely(&s);
    s.m->first_child = MADE - 20000;
    s.m->heads[CW_SETTLEMENT].latest.number.v = MADE + 3000;
    s.m->heads[CW_EXECUTION].latest.timestamp_s = s.m->heads[CW_SETTLEMENT].latest.timestamp_s;
    s.m->second_child = MADE + 5;
    exit_model_assert(s.m, 105, MADE + 5)->root = (struct cw_hash32){{0xfb}};
    judge(&s);
    VIOLATED(&s, ROUTE, "false_root_winning");
    assert_non_null(strstr(s.verdict.sentence, "what stands against it is false, too"));
    exit_model_assert(s.m, 105, MADE + 9)->block_hash = (struct cw_hash32){
        {0xbb}}; /* none has it */
    judge(&s);
    VIOLATED(&s, ROUTE, "false_root_winning");
    s.m->heads[CW_EXECUTION].latest.timestamp_s -= 61; /* or we have not, yet */
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    s.m->heads[CW_EXECUTION].latest.timestamp_s += 61;
    exit_model_assert(s.m, 103, MADE + 10); /* a true one, at last */
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    s.m->asserted_n--;
    s.m->first_child = 1; /* too long ago to be looked through */
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    close_scene(&s);
}

static void root__false_assertion_on_one_that_is_not_confirmed__warning(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        made_falsely(&s);
        s.m->heads[CW_SETTLEMENT].latest.number.v = MADE + 9000;
        s.m->parent_status = 1;
        s.m->newest_confirmed = 4;
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        close_scene(&s);
    }
}

static void root__false_assertion_of_a_named_validator__route(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        s.m->permissionless = false;
        made_falsely(&s);
        judge(&s);
        VIOLATED(&s, ROUTE, "root_mismatch");
        s.m->passed = true;
        s.m->newest_confirmed = 8;
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        assert_false(s.verdict.open);
        s.m->permissionless = true;
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void root__false_and_confirmed__route(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        const struct cw_hash32 root = {{0xfa}};
        confirmed(&s, &root);
        judge(&s);
        VIOLATED(&s, ROUTE, "false_root_confirmed");
        made_falsely(&s); /* the outbox knows it */
        exit_model_confirm(s.m, 105, MADE + 1)->root = root;
        s.m->newest_confirmed = 7;
        judge(&s);
        VIOLATED(&s, ROUTE, "false_root_confirmed");
        close_scene(&s);
    }
}

static void root__taken_by_the_outbox_alone__told_of_unless_confirmed(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        size_t n = 77;
        confirmed(&s, &s.m->roots[exit_model_count(s.m, 105)]);
        struct cw_log beside[] = {s.log, s.log};
        s.log = exit_model_taken(s.m, 105, &s.m->roots[exit_model_count(s.m, 105)], MADE);
        judge(&s);
        OK(&s);
        s.log.topics[1].b[0] ^= 1;
        judge(&s);
        VIOLATED(&s, ROUTE, "false_root_taken");
        s.log.topics[1].b[0] ^= 1;
        beside[1] = s.log;
        s.log.beside = beside;
        s.log.beside_n = 2;
        assert_int_equal(cw_nitro_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log, &s.m->arena,
                                                      &s.subject, 1, &n, NULL),
                         CW_OK);
        assert_int_equal(n, 0);
        s.log.topics[1].b[0] ^= 1; /* another root is confirmed beside it */
        judge(&s);
        VIOLATED(&s, ROUTE, "false_root_taken");
        s.log.topics[1].b[0] ^= 1;
        beside[0].tx_hash.b[0] ^= 1; /* or the same one by another transaction */
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void root__block_that_nobody_has__false_once_our_rollup_is_past_its_time(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        const struct cw_hash32 hash = {{0xbb}};
        made(&s, &hash, &s.m->roots[3]);
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        s.m->heads[CW_EXECUTION].latest.timestamp_s = s.log.block.timestamp_s + 15;
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        s.m->heads[CW_EXECUTION].latest.timestamp_s--;
        judge(&s);
        UNVERIFIED(&s, "block_not_known");
        assert_int_equal(s.verdict.again_s, s.log.block.timestamp_s + 15);
        close_scene(&s);
    }
}

static void root__another_block_of_that_number__false(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->orphan = 105;
    const struct cw_hash32 hash = exit_model_orphan(s.m, 105);
    made(&s, &hash, &s.m->roots[exit_model_count(s.m, 105)]);
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    close_scene(&s);
}

static void root__zero__false_but_where_a_rollup_begins(void **state) {
    (void)state;
    const struct cw_hash32 none = {{0}};
    EITHER(bold) {
        struct scene s = open_scene(bold);
        made(&s, &none, &none);
        judge(&s);
        VIOLATED(&s, NONE, "zero_root");
        if (bold) {
            s.log.topics[2] = none; /* it has no parent */
            judge(&s);
            OK(&s);
            memset((uint8_t *)(uintptr_t)s.log.data.p + 14 * 32, 1, 32);
            judge(&s);
            VIOLATED(&s, ROUTE, "false_root_confirmed");
        }
        close_scene(&s);
    }
}

static void root__block_not_final_here__unverified(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->heads[CW_EXECUTION].final.number.v = 104;
    made_of_block(&s, 105);
    judge(&s);
    UNVERIFIED(&s, "block_not_final");
    assert_true(s.verdict.open);
    made_falsely(&s); /* never that block's, whatever becomes of it */
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    close_scene(&s);
}

static void root__unavailable__unverified(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        made_falsely(&s);
        s.adapter = exit_model_adapter(s.m);
        s.m->settlement_down = true;
        judge(&s);
        UNVERIFIED(&s, "unavailable");
        s.m->settlement_down = false;
        s.m->malformed = bold ? SEL_ASSERTION : SEL_NODE;
        judge(&s);
        UNVERIFIED(&s, "unexpected_answer");
        s.m->execution_down = true;
        judge(&s);
        UNVERIFIED(&s, "unavailable");
        close_scene(&s);
    }
}

/* Its contracts count the blocks of the layer below: some 12 s each. */
static void root__on_a_nitro_chain__its_deadline_is_told_by_time(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.m->on_nitro = true;
    made_falsely(&s);
    struct cw_block_ref *now = &s.m->heads[CW_SETTLEMENT].latest;
    now->number.v += 100000;
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    now->timestamp_s = s.log.block.timestamp_s + 3000 * 12;
    judge(&s);
    VIOLATED(&s, ROUTE, "false_root_winning");
    close_scene(&s);
}

/* --- executed --------------------------------------------------------------------------------- */

static void executed__sent__ok(void **state) {
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        struct scene s = open_scene(true);
        s.stored = stored == 1;
        executed(&s, POSITION);
        judge(&s);
        OK(&s);
        executed(&s, SENDS - 1); /* another one than the store gives */
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void executed__again__route(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    executed(&s, POSITION);
    s.before = (struct cw_block_ref){.number = {MADE - 1}};
    judge(&s);
    VIOLATED(&s, ROUTE, "executed_twice");
    s.before.number.v = 0;
    struct cw_log beside[] = {s.log, s.log, s.log.beside[1]};
    beside[0].log_index = 1;
    s.log.beside = beside;
    s.log.beside_n = CW_COUNT(beside);
    judge(&s);
    VIOLATED(&s, ROUTE, "executed_twice");
    beside[0] = s.log; /* the other one is the second */
    beside[1] = beside[2];
    beside[2] = s.log;
    beside[2].log_index = 5;
    judge(&s);
    OK(&s);
    close_scene(&s);
}

/* Each is judged by its own payment, whoever executes what meanwhile. */
static void executed__within_another_execution__ok(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    struct cw_log logs[6];
    executed(&s, POSITION);
    logs[0] = s.log;
    for (uint64_t i = 0; i < 2; i++) {
        logs[1 + 2 * i] = exit_model_executed(s.m, i, MADE);
        logs[2 + 2 * i] = exit_model_paid(s.m, i, MADE);
    }
    logs[5] = s.log.beside[1];
    for (size_t i = 0; i < CW_COUNT(logs); i++) {
        logs[i].log_index = 10 + i;
        logs[i].beside = logs;
        logs[i].beside_n = CW_COUNT(logs);
    }
    s.stored = false;
    s.adapter = exit_model_adapter(s.m);
    for (size_t i = 0; i < CW_COUNT(logs); i++) {
        size_t n = 0;
        s.log = logs[i];
        if (i == 0 || i == 3) {
            judge(&s);
            OK(&s);
        }
        assert_int_equal(cw_nitro_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log, &s.m->arena,
                                                      &s.subject, 1, &n, NULL),
                         CW_OK);
        assert_int_equal(n, i == 0 || i == 1 || i == 3); /* payments have none of their own */
    }
    close_scene(&s);
}

static void paid__for_no_execution_of_our_outbox__route(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    for (int i = 0; i < 4; i++) {
        executed(&s, POSITION);
        struct cw_log beside[] = {s.log, s.log.beside[1]};
        s.log = beside[1];
        s.log.beside = beside;
        s.log.beside_n = 2;
        if (i == 0) { /* for another outbox */
            s.log.topics[1].b[31] ^= 1;
        } else if (i == 1) { /* the execution comes later */
            beside[0].log_index = 5;
        } else if (i == 2) { /* or in another transaction */
            beside[0].tx_hash.b[0] = 1;
        } else { /* another payment is for it */
            struct cw_log three[] = {beside[0], beside[1], beside[1]};
            s.log.log_index = three[2].log_index = 5;
            s.log.beside = three;
            s.log.beside_n = 3;
            judge(&s);
            s.log.beside_n = 0;
        }
        judge(&s);
        VIOLATED(&s, ROUTE, "paid_for_nothing");
    }
    close_scene(&s);
}

static void executed__with_another_payment__route(void **state) {
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        struct scene s = open_scene(true);
        s.stored = stored == 1;
        executed(&s, POSITION);
        uint8_t *paid = (uint8_t *)(uintptr_t)s.log.beside[1].data.p;
        paid[31] ^= 1;
        judge(&s);
        VIOLATED(&s, ROUTE, "forged_message");
        assert_non_null(strstr(s.verdict.values[CW_EXECUTION], "sent "));
        paid[31] ^= 1;
        paid[96] ^= 1; /* the call's data */
        judge(&s);
        VIOLATED(&s, ROUTE, "forged_message");
        paid[96] ^= 1;
        judge(&s);
        OK(&s);
        s.log.beside_n = 1;
        judge(&s);
        UNVERIFIED(&s, "payment_not_seen");
        close_scene(&s);
    }
}

static void executed__never_sent__route_once_our_rollup_is_past_its_time(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    executed(&s, SENDS);
    judge(&s);
    VIOLATED(&s, ROUTE, "forged_message");
    *(uint8_t *)(uintptr_t)s.log.data.p = 1; /* a number above 64 bits */
    judge(&s);
    VIOLATED(&s, ROUTE, "forged_message");
    assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v,
                     s.m->heads[CW_EXECUTION].final.number.v);
    s.m->heads[CW_EXECUTION].final.timestamp_s = 1; /* that is often so */
    judge(&s);
    VIOLATED(&s, ROUTE, "forged_message");
    assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v,
                     s.m->heads[CW_EXECUTION].latest.number.v);
    s.m->heads[CW_EXECUTION].latest.timestamp_s = s.log.block.timestamp_s - 1;
    judge(&s);
    UNVERIFIED(&s, "source_behind");
    assert_true(s.verdict.open);
    assert_int_equal(s.verdict.again_s, s.log.block.timestamp_s);
    executed(&s, SENDS - 1);
    s.m->heads[CW_EXECUTION].final.number.v = exit_model_block(SENDS) - 1;
    judge(&s);
    UNVERIFIED(&s, "source_not_final");
    assert_true(s.verdict.open);
    close_scene(&s);
}

static void executed__with_other_fields__route(void **state) {
    (void)state;
    for (int stored = 0; stored < 2; stored++) {
        for (size_t i = 1; i <= 2; i++) {
            struct scene s = open_scene(true);
            s.stored = stored == 1;
            executed(&s, POSITION);
            s.log.topics[i].b[31] ^= 1;
            judge(&s);
            VIOLATED(&s, ROUTE, "forged_message");
            close_scene(&s);
        }
    }
}

static void executed__logs_are_left_out_or_changed__unverified(void **state) {
    (void)state;
    struct scene s = open_scene(true);
    s.stored = false;
    executed(&s, POSITION);
    s.m->hidden = 1;
    judge(&s);
    UNVERIFIED(&s, "message_not_found");
    s.m->others_are_honest = true;
    s.subject.memory = s.verdict.memory;
    judge_subject(&s);
    OK(&s);
    s.m->others_are_honest = false;
    s.m->hidden = 0;
    s.m->flipped = 1;
    judge(&s);
    UNVERIFIED(&s, "message_not_found");
    s.m->flipped = 2; /* a sibling's */
    judge(&s);
    UNVERIFIED(&s, "evidence_invalid");
    s.m->flipped = 0;
    s.m->logs_down = true;
    judge(&s);
    UNVERIFIED(&s, "unavailable");
    close_scene(&s);
}

/* --- changes, and what stands ----------------------------------------------------------------- */

static void change__of_a_contract_or_a_rule__told_of_for_a_day(void **state) {
    (void)state;
    static const struct {
        const struct cw_hash32 *topic;
        enum cw_stake stake;
        const char *reason;
        size_t at; /* outbox, bridge, rollup */
    } cases[] = {
        {&NITRO_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed", 0},
        {&NITRO_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed", 1},
        {&NITRO_TOPIC_UPGRADED_SECONDARY, CW_STAKE_ROUTE, "code_changed", 2},
        {&NITRO_TOPIC_ADMIN_CHANGED, CW_STAKE_ROUTE, "admin_changed", 0},
        {&NITRO_TOPIC_OUTBOX_TOGGLE, CW_STAKE_ROUTE, "outbox_changed", 1},
        {&NITRO_TOPIC_ROLLUP_UPDATED, CW_STAKE_ROUTE, "rollup_changed", 1},
        {&NITRO_TOPIC_OWNER_CALLED, CW_STAKE_NONE, "owner_called", 2},
        {&NITRO_TOPIC_PAUSED, CW_STAKE_NONE, "paused", 2},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = open_scene(true);
        const struct cw_addr20 contracts[] = {s.m->outbox, s.m->bridge, s.m->rollup};
        struct cw_block_ref *now = &s.m->heads[CW_SETTLEMENT].latest;
        executed(&s, POSITION);
        s.log.address = contracts[cases[i].at];
        s.log.topics[0] = *cases[i].topic;
        s.m->state.accounts[0] = (struct model_account){.at = s.log.address, .code = {{1}}};
        s.m->state.accounts_n = 1;
        judge(&s);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[i].stake, cases[i].reason);
        now->timestamp_s = s.log.block.timestamp_s + 86399;
        judge(&s);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[i].stake, cases[i].reason);
        now->timestamp_s++;
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void judge_standing(struct scene *s, enum exit_invariant invariant, uint64_t final) {
    struct cw_block_ref *block = &s->m->heads[CW_SETTLEMENT].final;
    if (s->adapter == NULL) {
        s->adapter = exit_model_adapter(s->m);
    }
    *block = model_state_block(&s->m->state, &s->m->arena, final);
    block->timestamp_s = 1000000 + final;
    s->subject = (struct cw_subject){.invariant = (size_t)invariant,
                                     .key = s->subject.key,
                                     .side = CW_SETTLEMENT,
                                     .block = *block,
                                     .memory = s->subject.memory};
    judge_subject(s);
    if (s->verdict.memory.p != NULL) {
        s->subject.memory = s->verdict.memory;
    }
}

/* All rules; of several verdicts that are not OK, the last. */
static void judge_rules(struct scene *s, uint64_t final) {
    struct cw_invariant_verdict told = {.state = CW_VERDICT_OK};
    for (size_t i = 0; i < EXIT_RULES; i++) {
        s->subject.memory = s->rules[i];
        s->subject.key.b[31] = (uint8_t)i;
        judge_standing(s, EXIT_GOVERNANCE, final);
        s->rules[i] = s->subject.memory;
        if (s->verdict.state != CW_VERDICT_OK) {
            told = s->verdict;
        }
    }
    s->verdict = told;
}

static struct scene standing_scene(bool bold) {
    struct scene s = open_scene(bold);
    struct exit_model *m = s.m;
    m->owner = (struct cw_addr20){{0x0e}};
    m->state.accounts[0] = (struct model_account){.at = m->bridge,
                                                  .balance = cw_u256_from_u64(100000),
                                                  .code = {{[31] = 1}},
                                                  .admin = {{[31] = 2}}};
    m->state.accounts[1] = (struct model_account){
        .at = m->outbox, .code = {{[31] = 3}}, .admin = {{[31] = 4}}};
    m->state.accounts[2] = (struct model_account){
        .at = m->rollup, .code = {{[31] = 5}}, .admin = {{[31] = 6}}, .code_2 = {{[31] = 7}}};
    m->state.accounts_n = 3;
    return s;
}

static void governance__anything_changes__told_of_with_both_values(void **state) {
    (void)state;
#define AT(member) offsetof(struct exit_model, member)
    static const struct {
        const char *reason;
        enum cw_stake stake;
        size_t offset;
    } cases[] = {
        {"bridge_code_changed", CW_STAKE_ROUTE, AT(state.accounts[0].code)},
        {"bridge_admin_changed", CW_STAKE_ROUTE, AT(state.accounts[0].admin)},
        {"outbox_code_changed", CW_STAKE_ROUTE, AT(state.accounts[1].code)},
        {"outbox_admin_changed", CW_STAKE_ROUTE, AT(state.accounts[1].admin)},
        {"rollup_code_changed", CW_STAKE_ROUTE, AT(state.accounts[2].code)},
        {"rollup_admin_changed", CW_STAKE_ROUTE, AT(state.accounts[2].admin)},
        {"rollup_code_2_changed", CW_STAKE_ROUTE, AT(state.accounts[2].code_2)},
        {"rollup_owner_changed", CW_STAKE_ROUTE, AT(owner)},
        {"outbox_rollup_changed", CW_STAKE_ROUTE, AT(outbox_rollup)},
        {"outbox_bridge_changed", CW_STAKE_ROUTE, AT(outbox_bridge)},
        {"bridge_rollup_changed", CW_STAKE_ROUTE, AT(bridge_rollup)},
        {"outbox_changed", CW_STAKE_ROUTE, AT(rollups_outbox)},
        {"whitelist_off_changed", CW_STAKE_NONE, AT(permissionless)},
        {"confirm_period_changed", CW_STAKE_NONE, AT(period)},
        {"paused_changed", CW_STAKE_NONE, AT(paused)},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = standing_scene(true);
        judge_rules(&s, 900);
        OK(&s);
        judge_rules(&s, 901);
        OK(&s);
        ((uint8_t *)s.m)[cases[i].offset] ^= 1;
        judge_rules(&s, 902);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[i].stake, cases[i].reason);
        assert_non_null(strstr(s.verdict.values[CW_SETTLEMENT], "before 0x"));
        s.m->settlement_down = true;
        judge_rules(&s, 903);
        UNVERIFIED(&s, "unavailable");
        close_scene(&s);
    }
}

static void pays_out(struct scene *s, uint64_t at, uint64_t value) {
    struct cw_log *log = &s->m->calls[s->m->calls_n++];
    struct cw_hash32 words[3] = {exit_word_u64(value), exit_word_u64(64), exit_word_u64(0)};
    *log = exit_model_paid(s->m, POSITION, at);
    log->data = cw_arena_copy(&s->m->arena, cw_slice_of(words, sizeof words));
}

static void set_balance(struct scene *s, uint64_t v) {
    s->m->state.accounts[0].balance = cw_u256_from_u64(cw_addr20_is_zero(&s->m->token) ? v : 3);
    s->m->token_balance = cw_u256_from_u64(v);
}

static void conservation__ether_and_token__less_by_what_the_outbox_paid_out_only(void **state) {
    (void)state;
    for (int token = 0; token < 2; token++) {
        struct scene s = standing_scene(true);
        if (token == 1) {
            s.m->token = (struct cw_addr20){{0x77}};
        }
        s.m->limits.max_outflow.v = cw_u256_from_u64(6000);
        set_balance(&s, 100000);
        judge_standing(&s, EXIT_CONSERVATION, 900);
        OK(&s);
        pays_out(&s, 905, 5000);
        set_balance(&s, 95000);
        judge_standing(&s, EXIT_CONSERVATION, 910);
        OK(&s);
        set_balance(&s, 94999);
        judge_standing(&s, EXIT_CONSERVATION, 920);
        VIOLATED(&s, ROUTE, "escrow_short");
        pays_out(&s, 921, 1); /* for another outbox */
        s.m->calls[s.m->calls_n - 1].topics[1].b[31] ^= 1;
        set_balance(&s, 94998);
        judge_standing(&s, EXIT_CONSERVATION, 925);
        VIOLATED(&s, ROUTE, "escrow_short");
        set_balance(&s, 99000); /* deposits came in */
        judge_standing(&s, EXIT_CONSERVATION, 930);
        OK(&s);
        pays_out(&s, 935, 6000);
        set_balance(&s, 93000);
        judge_standing(&s, EXIT_CONSERVATION, 936);
        OK(&s);
        pays_out(&s, 938, 6001);
        set_balance(&s, 86999);
        judge_standing(&s, EXIT_CONSERVATION, 940);
        VIOLATED(&s, ROUTE, "outflow_over_limit");
        close_scene(&s);
    }
}

static void liveness__nothing_is_confirmed_any_more__warning(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = standing_scene(bold);
        struct cw_block_ref *now = &s.m->heads[CW_SETTLEMENT].latest;
        s.m->limits.max_root_age_s = 1000;
        judge_standing(&s, EXIT_LIVENESS, 900);
        OK(&s);
        now->timestamp_s += 1000;
        judge_standing(&s, EXIT_LIVENESS, 900);
        OK(&s);
        now->timestamp_s++;
        judge_standing(&s, EXIT_LIVENESS, 900);
        VIOLATED(&s, NONE, "proposer_silent");
        s.m->confirmations++;
        judge_standing(&s, EXIT_LIVENESS, 900);
        if (bold) { /* the model's newest node is always the same */
            OK(&s);
        }
        s.m->settlement_down = true;
        judge_standing(&s, EXIT_LIVENESS, 900);
        UNVERIFIED(&s, "unavailable");
        close_scene(&s);
    }
}

/* --- subjects --------------------------------------------------------------------------------- */

static void subjects__malformed_logs__refused(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        const struct cw_hash32 root = {{1}};
        s.adapter = exit_model_adapter(s.m);
        for (int i = 0; i < 3; i++) {
            size_t n = 77;
            struct cw_error error;
            if (i == 0) {
                made_falsely(&s);
            } else if (i == 1) {
                confirmed(&s, &root);
            } else {
                executed(&s, POSITION);
            }
            s.log.data.n -= 1;
            assert_int_equal(cw_nitro_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log,
                                                          &s.m->arena, &s.subject, 1, &n, &error),
                             CW_ERR_INPUT);
            assert_int_equal(n, 77);
            s.log.data.n += 1;
            assert_int_equal(cw_nitro_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log,
                                                          &s.m->arena, NULL, 0, &n, &error),
                             CW_ERR_LIMIT);
            assert_int_equal(n, 1);
            assert_int_equal(cw_nitro_withdrawal.subjects(s.adapter, CW_EXECUTION, &s.log,
                                                          &s.m->arena, &s.subject, 1, &n, &error),
                             CW_OK);
            assert_int_equal(n, 0);
            judge(&s);
            s.subject.data.n--;
            judge_subject(&s);
            UNVERIFIED(&s, "bad_subject");
        }
        close_scene(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root__assertion_about_our_block__ok),
        cmocka_unit_test(root__false_assertion__nobodys_lever_until_its_deadline),
        cmocka_unit_test(root__false_assertion_that_is_disputed__warning),
        cmocka_unit_test(root__false_assertion_against_a_false_one__winning),
        cmocka_unit_test(root__false_assertion_on_one_that_is_not_confirmed__warning),
        cmocka_unit_test(root__false_assertion_of_a_named_validator__route),
        cmocka_unit_test(root__false_and_confirmed__route),
        cmocka_unit_test(root__block_that_nobody_has__false_once_our_rollup_is_past_its_time),
        cmocka_unit_test(root__another_block_of_that_number__false),
        cmocka_unit_test(root__zero__false_but_where_a_rollup_begins),
        cmocka_unit_test(root__block_not_final_here__unverified),
        cmocka_unit_test(root__unavailable__unverified),
        cmocka_unit_test(root__on_a_nitro_chain__its_deadline_is_told_by_time),
        cmocka_unit_test(executed__sent__ok),
        cmocka_unit_test(executed__again__route),
        cmocka_unit_test(executed__within_another_execution__ok),
        cmocka_unit_test(executed__with_another_payment__route),
        cmocka_unit_test(paid__for_no_execution_of_our_outbox__route),
        cmocka_unit_test(root__taken_by_the_outbox_alone__told_of_unless_confirmed),
        cmocka_unit_test(executed__never_sent__route_once_our_rollup_is_past_its_time),
        cmocka_unit_test(executed__with_other_fields__route),
        cmocka_unit_test(executed__logs_are_left_out_or_changed__unverified),
        cmocka_unit_test(change__of_a_contract_or_a_rule__told_of_for_a_day),
        cmocka_unit_test(governance__anything_changes__told_of_with_both_values),
        cmocka_unit_test(conservation__ether_and_token__less_by_what_the_outbox_paid_out_only),
        cmocka_unit_test(liveness__nothing_is_confirmed_any_more__warning),
        cmocka_unit_test(subjects__malformed_logs__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
