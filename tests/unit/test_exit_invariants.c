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
            s.m->newest_child += i == 0;
            s.m->first_child -= i == 1;
            judge(&s);
            VIOLATED(&s, NONE, "root_mismatch");
            close_scene(&s);
        }
    }
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

static void root__block_that_nobody_has__false_once_our_rollup_is_past_its_time(void **state) {
    (void)state;
    EITHER(bold) {
        struct scene s = open_scene(bold);
        const struct cw_hash32 hash = {{0xbb}};
        made(&s, &hash, &s.m->roots[3]);
        judge(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        s.m->heads[CW_EXECUTION].latest.timestamp_s = s.log.block.timestamp_s - 1;
        judge(&s);
        UNVERIFIED(&s, "block_not_known");
        assert_true(s.verdict.open);
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
    struct cw_log beside[2] = {s.log, s.log};
    beside[0].log_index = 1;
    s.log.beside = beside;
    s.log.beside_n = 2;
    judge(&s);
    VIOLATED(&s, ROUTE, "executed_twice");
    beside[0].log_index = 5;
    judge(&s);
    OK(&s);
    close_scene(&s);
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
    s.m->heads[CW_EXECUTION].final.timestamp_s = s.log.block.timestamp_s - 1;
    judge(&s);
    UNVERIFIED(&s, "source_behind");
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
        cmocka_unit_test(executed__never_sent__route_once_our_rollup_is_past_its_time),
        cmocka_unit_test(executed__with_other_fields__route),
        cmocka_unit_test(executed__logs_are_left_out_or_changed__unverified),
        cmocka_unit_test(subjects__malformed_logs__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
