/* Deposits of an OP Stack rollup, over a model of the portal's log and the L2. */
#include "deposit_model.h"

#include <causeway/alias.h>
#include <causeway/keccak.h>

#include <string.h>

#include "opstack/deposit.h"
#include "vectors.h"

struct scene {
    struct deposit_model *m;
    struct cw_adapter *adapter;
};

static struct scene open_scene(enum deposit_kind kind) {
    struct scene s = {.m = deposit_new(kind)};
    s.adapter = deposit_open(s.m);
    assert_int_equal(deposit_prepare(s.m, s.adapter).state, CW_PREPARE_OK);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_deposit.close(s->adapter);
    deposit_free(s->m);
}

/* --- advance --- */

static void nothing(struct deposit_model *m) {
    (void)m;
}
static void source_safe(struct deposit_model *m) {
    m->heads[CW_SETTLEMENT].final.number.v = 99;
}
static void source_new(struct deposit_model *m) {
    source_safe(m);
    m->heads[CW_SETTLEMENT].safe.number.v = 99;
}
static void included(struct deposit_model *m) {
    m->included = m->success = true;
}
static void included_now(struct deposit_model *m) {
    included(m);
    m->block = 481;
}
static void failed_transaction(struct deposit_model *m) {
    m->included = true;
}
static void failed_now(struct deposit_model *m) {
    failed_transaction(m);
    m->block = 481;
}
static void above_the_head(struct deposit_model *m) {
    included(m);
    m->block = 501;
}
static void ran(struct deposit_model *m) {
    m->ran_latest = m->ran_final = true;
}
static void ran_now(struct deposit_model *m) {
    m->ran_latest = true;
}
static void recorded(struct deposit_model *m) {
    m->failed_latest = m->failed_final = true;
}
static void recorded_now(struct deposit_model *m) {
    m->failed_latest = true;
}
static void to_replay(struct deposit_model *m) {
    recorded(m);
    m->self.replay = true;
}
static void to_replay_now(struct deposit_model *m) {
    recorded_now(m);
    m->self.replay = true;
}
static void to_replay_source_not_final(struct deposit_model *m) {
    to_replay(m);
    source_safe(m);
}
static void to_replay_source_forgotten(struct deposit_model *m) {
    to_replay(m);
    m->forgotten = true;
}
static void replayed(struct deposit_model *m) {
    to_replay(m);
    ran(m);
}
static void replayed_now(struct deposit_model *m) {
    to_replay(m);
    ran_now(m);
}
static void down(struct deposit_model *m) {
    m->down = true;
}
static void rubbish(struct deposit_model *m) {
    m->malformed = SEL_FAILED;
}
static void corrupt(struct deposit_model *m) {
    m->message.payload.n--;
}
static void of_another_block(struct deposit_model *m) {
    m->message.source.hash.b[0] ^= 1;
}

#define RAW   DEPOSIT_RAW
#define RELAY DEPOSIT_RELAY
static const struct row {
    const char *name;
    enum deposit_kind kind;
    void (*arrange)(struct deposit_model *m);
    enum cw_verb verb;
    enum cw_stage stage;
    const char *reason; /* of an ACT: the step */
    enum cw_outcome outcome;
    enum cw_wake wake;
} rows[] = {
    {"not there, source new", RAW, source_new, CW_WAIT, CW_STAGE_SEEN, "not_derived", 0,
     CW_WAKE_POLL},
    {"not there, source safe", RAW, source_safe, CW_WAIT, CW_STAGE_SAFE, "not_derived", 0,
     CW_WAKE_POLL},
    {"not there", RAW, nothing, CW_WAIT, CW_STAGE_SOURCE_FINAL, "not_derived", 0, CW_WAKE_POLL},
    {"above the head", RAW, above_the_head, CW_WAIT, CW_STAGE_SOURCE_FINAL, "not_derived", 0,
     CW_WAKE_POLL},
    {"delivered", RAW, included, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"delivered, not final", RAW, included_now, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, CW_WAKE_FINAL},
    {"failed", RAW, failed_transaction, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_CALL_FAILED, 0},
    {"failed, not final", RAW, failed_now, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_CALL_FAILED, CW_WAKE_FINAL},
    {"created", DEPOSIT_CREATION, included, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"own replay", DEPOSIT_OWN_REPLAY, included, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"own replay, failed", DEPOSIT_OWN_REPLAY, failed_transaction, CW_FINISHED,
     CW_STAGE_EXECUTED_FINAL, "finished", CW_OUTCOME_CALL_FAILED, 0},
    {"message, not there", RELAY, source_new, CW_WAIT, CW_STAGE_SEEN, "not_derived", 0,
     CW_WAKE_POLL},
    {"message ran", RELAY, ran, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"message ran, not final", RELAY, ran_now, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, CW_WAKE_FINAL},
    {"message failed, no policy", RELAY, recorded, CW_HOLD, CW_STAGE_EXECUTED_FINAL, "relay_failed",
     CW_OUTCOME_RELAY_FAILED, 0},
    {"message failed, no policy, not final", RELAY, recorded_now, CW_WAIT, CW_STAGE_EXECUTED,
     "confirming", CW_OUTCOME_RELAY_FAILED, CW_WAKE_FINAL},
    {"message failed", RELAY, to_replay, CW_ACT, CW_STAGE_EXECUTED_FINAL, "replay",
     CW_OUTCOME_RELAY_FAILED, 0},
    {"message failed, not final", RELAY, to_replay_now, CW_ACT, CW_STAGE_EXECUTED, "replay",
     CW_OUTCOME_RELAY_FAILED, 0},
    {"message failed, source not final", RELAY, to_replay_source_not_final, CW_WAIT,
     CW_STAGE_EXECUTED_FINAL, "source_not_final", CW_OUTCOME_RELAY_FAILED, CW_WAKE_SOURCE},
    {"message failed, nobody has its block", RELAY, to_replay_source_forgotten, CW_WAIT,
     CW_STAGE_SEEN, "unavailable", 0, CW_WAKE_RETRY},
    {"replayed", RELAY, replayed, CW_FINISHED, CW_STAGE_EXECUTED_FINAL, "finished",
     CW_OUTCOME_SUCCESS, 0},
    {"replayed, not final", RELAY, replayed_now, CW_WAIT, CW_STAGE_EXECUTED, "confirming",
     CW_OUTCOME_SUCCESS, CW_WAKE_FINAL},
    {"message never recorded", RELAY, failed_transaction, CW_GIVE_UP, CW_STAGE_EXECUTED_FINAL,
     "never_recorded", CW_OUTCOME_CALL_FAILED, 0},
    {"message never recorded, not final", RELAY, failed_now, CW_WAIT, CW_STAGE_EXECUTED,
     "confirming", CW_OUTCOME_CALL_FAILED, CW_WAKE_FINAL},
    {"message went well, maps say nothing", RELAY, included, CW_WAIT, CW_STAGE_SEEN,
     "unexpected_answer", 0, CW_WAKE_RETRY},
    {"raw, nobody answers", RAW, down, CW_WAIT, CW_STAGE_SEEN, "unavailable", 0, CW_WAKE_RETRY},
    {"message, nobody answers", RELAY, down, CW_WAIT, CW_STAGE_SEEN, "unavailable", 0,
     CW_WAKE_RETRY},
    {"rubbish", RELAY, rubbish, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", 0, CW_WAKE_RETRY},
    {"corrupt", RAW, corrupt, CW_HOLD, CW_STAGE_SEEN, "bad_payload", 0, 0},
    {"of another block", RAW, of_another_block, CW_HOLD, CW_STAGE_SEEN, "bad_payload", 0, 0},
};

static void deposit_advance__each_situation__decides(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        const struct row *row = &rows[i];
        struct scene s = open_scene(row->kind);
        row->arrange(s.m);
        struct cw_decision d = deposit_look(s.m, s.adapter);
        if (d.verb != row->verb || d.stage != row->stage || strcmp(d.reason, row->reason) != 0 ||
            d.outcome != row->outcome || d.wake != row->wake) {
            fail_msg("%s: verb %d, stage %s, %s, %s, wake %d (%s)", row->name, (int)d.verb,
                     cw_stage_name(d.stage), d.reason, cw_outcome_name(d.outcome), (int)d.wake,
                     d.detail);
        }
        assert_true(d.detail[0] != '\0' || d.verb == CW_ACT);
        assert_int_equal(d.due_side, d.verb == CW_WAIT && d.wake != CW_WAKE_RETRY ? CW_EXECUTION
                                                                                  : CW_SETTLEMENT);
        assert_true(s.m->rounds <= 3);
        assert_true(s.m->requests <= 5);
        close_scene(&s);
    }
}

static void deposit_advance__sequencing_window__is_named(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RAW);
    struct cw_decision d = deposit_look(s.m, s.adapter);
    assert_non_null(strstr(d.detail, "in block 100, 100 below the head"));
    assert_non_null(strstr(d.detail, "sequencing window"));
    close_scene(&s);
}

static void replay__recorded_failure__the_same_call_once_more(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RELAY);
    to_replay(s.m);
    struct cw_decision d = deposit_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_int_equal(d.call.side, CW_EXECUTION);
    assert_true(cw_addr20_equal(&d.call.to, &OPSTACK_L2_MESSENGER));
    assert_true(cw_slice_equal(d.call.data, s.m->deposit.opaque.data));
    assert_true(cw_u256_is_zero(&d.call.value.v));
    assert_true(cw_addr20_equal(&d.call.simulate_from, &OPSTACK_ESTIMATION_ADDRESS));
    assert_false(d.call.target_may_fail);
    assert_true(d.call.may_do_nothing);
    /* 60 000 by SafeCall's rule with 85 000 of the messenger's own, and the transaction. */
    assert_true(d.call.gas_floor > 21000 + 60000 + 60000 / 63 + 85000);
    assert_true(d.call.gas_floor < 300000);
    /* Stored once. */
    assert_true(d.evidence.n > 0);
    s.m->message.evidence = d.evidence;
    d = deposit_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    assert_null(d.evidence.p);
    close_scene(&s);
}

static void verify__replay_of_a_strangers_deposit__is_refused(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RELAY), own = open_scene(DEPOSIT_OWN_REPLAY);
    to_replay(s.m);
    struct cw_decision d = deposit_look(s.m, s.adapter);
    struct cw_hash32 hash = deposit_block_hash(100);
    assert_int_equal(cw_opstack_deposit
                         .verify(own.adapter, &own.m->message, d.evidence, &hash, "replay", &d.call)
                         .verdict,
                     CW_INVALID);
    assert_int_equal(
        cw_opstack_deposit.verify(own.adapter, &own.m->message, d.evidence, &hash, "replay", NULL)
            .verdict,
        CW_VALID);
    close_scene(&s);
    close_scene(&own);
}

/* --- events --- */

static struct cw_event decode(struct scene *s, enum cw_side side, const struct cw_log *log) {
    struct cw_event event;
    struct cw_error error;
    assert_int_equal(cw_opstack_deposit.decode(s->adapter, side, log, &s->m->arena, &event, &error),
                     CW_OK);
    return event;
}

static void decode__deposit__is_named_by_its_transaction_on_the_l2(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RAW);
    struct cw_hash32 source, id;
    cw_op_source_user(&source, &s.m->log.block.hash, 7);
    assert_int_equal(cw_op_deposit_hash(&s.m->arena, &id, &s.m->deposit, &source), CW_OK);
    assert_int_equal(s.m->event.kind, CW_EVENT_SENT);
    assert_hash(s.m->event.ref, id);
    assert_true(cw_hash32_is_zero(&s.m->event.alias));
    assert_true(cw_addr20_equal(&s.m->event.summary.sender, &s.m->deposit.from));
    assert_true(cw_addr20_equal(&s.m->event.summary.target, &s.m->deposit.to));
    assert_int_equal(s.m->event.summary.gas_limit, 100000);
    s.m->log.log_index = 8; /* the same deposit once more */
    struct cw_event other = decode(&s, CW_SETTLEMENT, &s.m->log);
    assert_false(cw_hash32_equal(&other.ref, &id));
    close_scene(&s);
}

static void decode__message__has_the_messengers_name_too(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RELAY);
    struct cw_hash32 hash;
    cw_keccak256(&hash, s.m->deposit.opaque.data);
    assert_hash(s.m->event.alias, hash);
    assert_int_equal(s.m->event.summary.gas_limit, 60000);
    assert_int_equal(s.m->event.summary.nonce.limb[0], 4);
    assert_int_equal(s.m->event.summary.target.b[0], 0x7a);
    struct cw_slice inner = cw_opstack_deposit.inner(s.adapter, &s.m->message);
    assert_true(cw_slice_equal(inner, CW_LITERAL("hello")));
    /* Before prepare too. */
    struct scene fresh = {.m = s.m, .adapter = deposit_open(s.m)};
    struct cw_event early = decode(&fresh, CW_SETTLEMENT, &s.m->log);
    assert_hash(early.alias, hash);
    assert_hash(early.ref, s.m->event.ref);
    cw_opstack_deposit.close(fresh.adapter);
    close_scene(&s);
}

static void decode__strangers_call_of_the_messenger__has_no_other_name(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_OWN_REPLAY);
    assert_true(cw_hash32_is_zero(&s.m->event.alias));
    assert_true(cw_addr20_equal(&s.m->event.summary.target, &OPSTACK_L2_MESSENGER));
    close_scene(&s);
}

static void decode__words_of_the_l2_messenger__tell_outcomes(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RELAY);
    struct cw_log log = {.address = OPSTACK_L2_MESSENGER,
                         .topics = {OPSTACK_TOPIC_RELAYED, s.m->event.alias},
                         .topics_n = 2};
    struct cw_event event = decode(&s, CW_EXECUTION, &log);
    assert_int_equal(event.kind, CW_EVENT_OUTCOME);
    assert_int_equal(event.outcome, CW_OUTCOME_SUCCESS);
    assert_hash(event.ref, s.m->event.alias);
    log.topics[0] = OPSTACK_TOPIC_RELAY_FAILED;
    event = decode(&s, CW_EXECUTION, &log);
    assert_int_equal(event.outcome, CW_OUTCOME_RELAY_FAILED);
    /* The other side's messenger, and a portal on the wrong side. */
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log).kind, CW_EVENT_NONE);
    assert_int_equal(decode(&s, CW_EXECUTION, &s.m->log).kind, CW_EVENT_NONE);
    log = (struct cw_log){
        .address = s.m->portal, .topics = {OPSTACK_TOPIC_UPGRADED, {{[31] = 1}}}, .topics_n = 2};
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log).kind, CW_EVENT_UPGRADED);
    close_scene(&s);
}

static void decode__deposit_of_another_version__is_an_error(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RAW);
    struct cw_event event;
    struct cw_error error;
    s.m->log.topics[3].b[31] = 1;
    assert_int_equal(
        cw_opstack_deposit.decode(s.adapter, CW_SETTLEMENT, &s.m->log, &s.m->arena, &event, &error),
        CW_ERR_INPUT);
    struct cw_arena none;
    cw_arena_init(&none, 0);
    s.m->log.topics[3].b[31] = 0;
    assert_int_equal(
        cw_opstack_deposit.decode(s.adapter, CW_SETTLEMENT, &s.m->log, &none, &event, &error),
        CW_ERR_MEMORY);
    cw_arena_done(&none);
    close_scene(&s);
}

/* --- prepare --- */

static void prepare__each_version__is_known_or_held(void **state) {
    (void)state;
    static const struct {
        const char *version;
        enum cw_prepare wanted;
    } versions[] = {{"1.10.0", CW_PREPARE_OK},   {"2.8.1-beta.1", CW_PREPARE_OK},
                    {"3.0.0", CW_PREPARE_OK},    {"5.6.0", CW_PREPARE_OK},
                    {"6.0.0", CW_PREPARE_HOLD},  {"0.9.0", CW_PREPARE_HOLD},
                    {"rubbish", CW_PREPARE_HOLD}};
    for (size_t i = 0; i < CW_COUNT(versions); i++) {
        struct scene s = open_scene(DEPOSIT_RAW);
        s.m->portal_version = versions[i].version;
        assert_int_equal(deposit_prepare(s.m, s.adapter).state, versions[i].wanted);
        close_scene(&s);
    }
}

/* The maps of the L2 messenger tell of every message, whoever its counterpart is. */
static void prepare__messenger_of_another_portal__messages_are_followed_all_the_same(void **state) {
    (void)state;
    struct scene s = open_scene(DEPOSIT_RELAY);
    s.m->not_wired = true;
    assert_int_equal(deposit_prepare(s.m, s.adapter).state, CW_PREPARE_OK);
    included(s.m);
    recorded(s.m);
    struct cw_decision d = deposit_look(s.m, s.adapter);
    assert_int_equal(d.verb, CW_HOLD);
    assert_string_equal(d.reason, "relay_failed");
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deposit_advance__each_situation__decides),
        cmocka_unit_test(deposit_advance__sequencing_window__is_named),
        cmocka_unit_test(replay__recorded_failure__the_same_call_once_more),
        cmocka_unit_test(verify__replay_of_a_strangers_deposit__is_refused),
        cmocka_unit_test(decode__deposit__is_named_by_its_transaction_on_the_l2),
        cmocka_unit_test(decode__message__has_the_messengers_name_too),
        cmocka_unit_test(decode__strangers_call_of_the_messenger__has_no_other_name),
        cmocka_unit_test(decode__words_of_the_l2_messenger__tell_outcomes),
        cmocka_unit_test(decode__deposit_of_another_version__is_an_error),
        cmocka_unit_test(prepare__each_version__is_known_or_held),
        cmocka_unit_test(prepare__messenger_of_another_portal__messages_are_followed_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
