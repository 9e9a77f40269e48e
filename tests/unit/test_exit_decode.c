/* What the nitro adapter makes of the contracts' words: constants, logs, versions and wiring,
 * revert data, the count of messages. */
#include "exit_model.h"

#include <causeway/abi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#define SENDS    11
#define POSITION 4

static const struct cw_adapter_ops *const ops = &cw_nitro_withdrawal;

/* --- logs --- */

struct scene {
    struct exit_model *m;
    struct cw_adapter *adapter;
    struct cw_arena arena;
};

static struct scene open_scene(void) {
    struct scene s = {.m = exit_model_new(SENDS, POSITION)};
    s.adapter = exit_model_adapter(s.m);
    cw_arena_init(&s.arena, 1u << 20);
    return s;
}

static void close_scene(struct scene *s) {
    ops->close(s->adapter);
    cw_arena_done(&s->arena);
    exit_model_free(s->m);
}

static enum cw_err decode(struct scene *s, enum cw_side side, const struct cw_log *log,
                          struct cw_event *ret) {
    struct cw_error error;
    return ops->decode(s->adapter, side, log, &s->arena, ret, &error);
}

static void decode__sent__is_the_message(void **state) {
    (void)state;
    struct scene s = open_scene();
    struct cw_log log = exit_model_sent(s.m, POSITION);
    struct cw_event event;
    uint64_t sequence = 0;
    assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_SENT);
    assert_true(cw_hash32_equal(&event.ref, &s.m->message.id));
    assert_true(cw_hash32_is_zero(&event.alias));
    assert_true(cw_slice_equal(event.payload, s.m->message.payload));
    assert_true(cw_addr20_equal(&event.summary.sender, &s.m->sends[POSITION].sent.l2_sender));
    assert_true(cw_addr20_equal(&event.summary.target, &s.m->sends[POSITION].sent.to));
    assert_int_equal(event.summary.value.v.limb[0], 5000000000004);
    assert_true(ops->sequence(&event.summary, &sequence));
    assert_int_equal(sequence, POSITION);
    assert_non_null(strstr(event.note, "message 4 sent, pays out 0.000005"));
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log, &event), CW_OK); /* there it says nothing */
    assert_int_equal(event.kind, CW_EVENT_NONE);
    close_scene(&s);
}

/* Equal messages of one block have equal items: their positions tell them apart. */
static void decode__equal_sends__have_ids_of_their_own(void **state) {
    (void)state;
    struct scene s = open_scene();
    struct cw_log first = exit_model_sent(s.m, 3), second = first;
    struct cw_event a, b;
    second.topics[3].b[31]++;
    assert_int_equal(decode(&s, CW_EXECUTION, &first, &a), CW_OK);
    assert_int_equal(decode(&s, CW_EXECUTION, &second, &b), CW_OK);
    assert_false(cw_hash32_equal(&a.ref, &b.ref));
    close_scene(&s);
}

static void decode__sent_and_malformed__is_refused(void **state) {
    (void)state;
    struct scene s = open_scene();
    const struct cw_log good = exit_model_sent(s.m, POSITION);
    struct cw_event event;
    uint8_t data[512];
    assert_true(good.data.n <= sizeof data);
    memcpy(data, good.data.p, good.data.n);
    for (size_t n = 0; n < good.data.n; n++) {
        struct cw_log log = good;
        log.data.n = n;
        assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_ERR_INPUT);
    }
    for (size_t i = 0; i < good.data.n; i++) {
        struct cw_log log = good;
        log.data.p = data;
        data[i] ^= 4;
        assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_ERR_INPUT);
        data[i] ^= 4;
    }
    for (size_t topic = 1; topic < 3; topic++) {
        for (size_t i = 0; i < 32; i++) {
            struct cw_log log = good;
            log.topics[topic].b[i] ^= 1;
            assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_ERR_INPUT);
        }
    }
    struct cw_log log = good;
    log.topics[3].b[7] = 1; /* a node above the leaves */
    assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_ERR_INPUT);
    log = good;
    log.topics_n = 3;
    assert_int_equal(decode(&s, CW_EXECUTION, &log, &event), CW_ERR_INPUT);
    close_scene(&s);
}

enum place { OUTBOX, BRIDGE, ROLLUP };

static struct cw_log log_at(const struct scene *s, enum place place,
                            const struct cw_hash32 *topic) {
    const struct cw_addr20 *places[] = {&s->m->outbox, &s->m->bridge, &s->m->rollup};
    struct cw_log log = {.address = *places[place], .topics_n = 1};
    log.topics[0] = *topic;
    return log;
}

static void decode__executed__outcome_of_its_position(void **state) {
    (void)state;
    struct scene s = open_scene();
    struct cw_log log = log_at(&s, OUTBOX, &NITRO_TOPIC_EXECUTED);
    const struct cw_hash32 index = exit_word_u64(POSITION);
    struct cw_event event;
    log.topics_n = 4;
    log.topics[1].b[31] = 9;
    log.topics[2].b[31] = 8;
    log.data = cw_slice_of(index.b, 32);
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log, &event), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_OUTCOME);
    assert_int_equal(event.outcome, CW_OUTCOME_SUCCESS);
    assert_true(cw_hash32_equal(&event.ref, &s.m->message.id));
    log.topics[2].b[3] = 8;
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log, &event), CW_ERR_INPUT);
    log.data.n = 31;
    assert_int_equal(decode(&s, CW_SETTLEMENT, &log, &event), CW_ERR_INPUT);
    close_scene(&s);
}

static void decode__each_event_of_the_contracts__its_kind(void **state) {
    (void)state;
    static const uint8_t zeros[800];
    static const struct {
        enum place place;
        const struct cw_hash32 *topic;
        size_t topics_n, data_n;
        enum cw_event_kind kind;
    } events[] = {
        {OUTBOX, &NITRO_TOPIC_SEND_ROOT_UPDATED, 3, 0, CW_EVENT_ROOT},
        {ROLLUP, &NITRO_TOPIC_ASSERTION_CREATED, 3, 800, CW_EVENT_ROOT},
        {ROLLUP, &NITRO_TOPIC_ASSERTION_CONFIRMED, 2, 64, CW_EVENT_ROOT},
        {ROLLUP, &NITRO_TOPIC_NODE_CREATED, 4, 480, CW_EVENT_ROOT},
        {ROLLUP, &NITRO_TOPIC_NODE_CONFIRMED, 2, 64, CW_EVENT_ROOT},
        {ROLLUP, &NITRO_TOPIC_PAUSED, 1, 32, CW_EVENT_RULES},
        {ROLLUP, &NITRO_TOPIC_UNPAUSED, 1, 32, CW_EVENT_RULES},
        {OUTBOX, &NITRO_TOPIC_UPGRADED, 2, 0, CW_EVENT_UPGRADED},
        {BRIDGE, &NITRO_TOPIC_UPGRADED, 2, 0, CW_EVENT_UPGRADED},
        {ROLLUP, &NITRO_TOPIC_UPGRADED, 2, 0, CW_EVENT_UPGRADED},
        {ROLLUP, &NITRO_TOPIC_UPGRADED_SECONDARY, 2, 0, CW_EVENT_UPGRADED},
        {BRIDGE, &NITRO_TOPIC_OUTBOX_TOGGLE, 2, 32, CW_EVENT_UPGRADED},
        {BRIDGE, &NITRO_TOPIC_ROLLUP_UPDATED, 1, 32, CW_EVENT_UPGRADED},
        {BRIDGE, &NITRO_TOPIC_SEND_ROOT_UPDATED, 3, 0, CW_EVENT_NONE}, /* nobody else's */
        {ROLLUP, &NITRO_TOPIC_EXECUTED, 4, 32, CW_EVENT_NONE},
    };
    struct scene s = open_scene();
    for (size_t i = 0; i < CW_COUNT(events); i++) {
        struct cw_log log = log_at(&s, events[i].place, events[i].topic);
        struct cw_event event;
        log.topics_n = events[i].topics_n;
        log.data = cw_slice_of(zeros, events[i].data_n);
        assert_int_equal(decode(&s, CW_SETTLEMENT, &log, &event), CW_OK);
        if (event.kind != events[i].kind) {
            fail_msg("event %zu is of kind %d", i, (int)event.kind);
        }
        assert_true(event.kind == CW_EVENT_NONE || event.note[0] != '\0');
        log.data.n = events[i].data_n == 0 ? 32 : events[i].data_n - 1;
        enum cw_err err = decode(&s, CW_SETTLEMENT, &log, &event);
        assert_int_equal(err, events[i].kind == CW_EVENT_NONE ? CW_OK : CW_ERR_INPUT);
    }
    close_scene(&s);
}

/* Every topic that is watched for means something, and each event that does is watched for. */
static void filters__before_and_after_prepare__what_decode_knows(void **state) {
    (void)state;
    struct exit_model *m = exit_model_new(SENDS, POSITION);
    struct cw_adapter *adapter = exit_model_open(m);
    struct cw_filter filters[8];
    size_t n = 0;
    assert_int_equal(ops->filters(adapter, filters, 8, &n), CW_OK);
    assert_int_equal(n, 2);
    assert_int_equal(filters[0].side, CW_EXECUTION);
    assert_true(cw_hash32_equal(&filters[0].topics[0], &NITRO_TOPIC_L2_TO_L1_TX));
    assert_true(cw_addr20_equal(&filters[1].address, &m->outbox));
    assert_int_equal(exit_model_prepare(m, adapter).state, CW_PREPARE_OK);
    assert_int_equal(ops->filters(adapter, filters, 8, &n), CW_OK);
    assert_int_equal(n, 4);
    assert_true(cw_addr20_equal(&filters[3].address, &m->rollup));
    assert_true(cw_hash32_equal(&filters[3].topics[1], &NITRO_TOPIC_ASSERTION_CONFIRMED));
    m->bold = false;
    assert_int_equal(exit_model_prepare(m, adapter).state, CW_PREPARE_OK);
    assert_int_equal(ops->filters(adapter, filters, 8, &n), CW_OK);
    assert_true(cw_hash32_equal(&filters[3].topics[1], &NITRO_TOPIC_NODE_CONFIRMED));
    ops->close(adapter);
    exit_model_free(m);
}

/* --- versions and wiring --- */

static void bold(struct exit_model *m) {
    (void)m;
}
static void before_bold(struct exit_model *m) {
    m->bold = false;
}
static void token(struct exit_model *m) {
    m->token = (struct cw_addr20){{0x77}};
    m->decimals = 6;
}
static void old_token(struct exit_model *m) {
    token(m);
    m->old_token_bridge = true;
}
static void settles_on_nitro(struct exit_model *m) {
    m->on_nitro = true;
}
static void classic(struct exit_model *m) {
    m->version = 1;
}
static void not_allowed(struct exit_model *m) {
    m->not_allowed = true;
}
static void superseded(struct exit_model *m) {
    m->rollups_outbox.b[0] ^= 1;
}
static void no_rollup(struct exit_model *m) {
    m->malformed = SEL_GENESIS_ASSERTION;
}
static void many_decimals(struct exit_model *m) {
    token(m);
    m->decimals = 37;
}
static void no_arbsys(struct exit_model *m) {
    m->no_arbsys = true;
}
static void no_outbox(struct exit_model *m) {
    m->malformed = SEL_BRIDGE;
}
static void down(struct exit_model *m) {
    m->settlement_down = true;
}

static void prepare__each_wiring__known_or_held(void **state) {
    (void)state;
    static const struct {
        void (*arrange)(struct exit_model *m);
        const char *reason; /* "": OK */
        const char *says;
    } rows[] = {
        {bold, "", "Outbox 2, BoLD rollup at 0x40"},
        {before_bold, "", "pre-BoLD rollup"},
        {token, "", "with 6 decimals"},
        {old_token, "", "with 18 decimals"},
        {settles_on_nitro, "", "on a Nitro chain, pays ether"},
        {classic, "unknown_version", "outbox of version 1"},
        {not_allowed, "unknown_version", "does not let this outbox call"},
        {superseded, "unknown_version", "another outbox"},
        {no_rollup, "unknown_version", "latestNodeCreated()"},
        {many_decimals, "unknown_version", "more than 36 decimals"},
        {no_arbsys, "unknown_version", "no Nitro rollup"},
        {no_outbox, "unknown_version", "bridge() of the outbox"},
        {down, "unavailable", "refused"},
    };
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        struct exit_model *m = exit_model_new(SENDS, POSITION);
        struct cw_adapter *adapter = exit_model_open(m);
        rows[i].arrange(m);
        const struct cw_preparation p = exit_model_prepare(m, adapter);
        if (strcmp(p.reason, rows[i].reason) != 0 || strstr(p.detail, rows[i].says) == NULL ||
            (p.state == CW_PREPARE_OK) != (rows[i].reason[0] == '\0')) {
            fail_msg("%zu: %s: %s", i, p.reason, p.detail);
        }
        ops->close(adapter);
        exit_model_free(m);
    }
}

static void open__outbox_left_out__is_refused(void **state) {
    (void)state;
    const struct cw_nitro_exit_config config = {.outbox = {{0}}};
    const struct cw_chain_id chains[CW_SIDES] = {{1}, {2}};
    struct cw_adapter *adapter = NULL;
    struct cw_error error;
    assert_int_equal(ops->open(&adapter, &config, chains, &error), CW_ERR_INPUT);
    assert_null(adapter);
}

/* --- reverts --- */

static struct cw_slice revert_of(struct cw_arena *arena, const char *signature, size_t words) {
    uint8_t *p = cw_arena_alloc(arena, 4 + 32 * words);
    assert_non_null(p);
    memcpy(p, cw_selector_of(signature).b, 4);
    return cw_slice_of(p, 4 + 32 * words);
}

static void revert__each_error__its_class(void **state) {
    (void)state;
    static const struct {
        const char *signature;
        size_t words;
        enum cw_revert_class class_;
        const char *reason;
    } rows[] = {
        {"AlreadySpent(uint256)", 1, CW_REVERT_DONE, "executed"},
        {"UnknownRoot(bytes32)", 1, CW_REVERT_WAIT, "no_root"},
        {"ProofTooLong(uint256)", 1, CW_REVERT_UNKNOWN, "proof_refused"},
        {"PathNotMinimal(uint256,uint256)", 2, CW_REVERT_UNKNOWN, "proof_refused"},
        {"NotOutbox(address)", 1, CW_REVERT_WAIT, "outbox_disabled"},
        {"NotContract(address)", 1, CW_REVERT_TARGET_KEPT, "no_code"},
        {"BridgeCallFailed()", 0, CW_REVERT_TARGET_KEPT, "target_reverts"},
        {"CallNotAllowed()", 0, CW_REVERT_TARGET_KEPT, "takes_escrow"},
        {"Error(string)", 3, CW_REVERT_TARGET_KEPT, "target_reverts"},
        {"Anything()", 0, CW_REVERT_TARGET_KEPT, "target_reverts"},
        {"AlreadySpent(uint256)", 2, CW_REVERT_TARGET_KEPT, "target_reverts"},
        /* A target may say so of itself. */
        {"CallTargetNotAllowed(address)", 1, CW_REVERT_TARGET_KEPT, "target_reverts"},
    };
    struct scene s = open_scene();
    struct cw_revert revert;
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        struct cw_slice data = revert_of(&s.arena, rows[i].signature, rows[i].words);
        ops->revert(s.adapter, &s.m->message, "execute", data, &revert);
        assert_int_equal(revert.class_, rows[i].class_);
        assert_string_equal(revert.reason, rows[i].reason);
    }
    ops->revert(s.adapter, &s.m->message, "execute", (struct cw_slice){NULL, 0}, &revert);
    assert_int_equal(revert.class_, CW_REVERT_TARGET_KEPT);
    close_scene(&s);
}

static void revert__call_of_the_token_itself__dead(void **state) {
    (void)state;
    struct scene s = open_scene();
    struct cw_revert revert;
    struct cw_slice data = revert_of(&s.arena, "CallTargetNotAllowed(address)", 1);
    s.m->token = s.m->sends[POSITION].sent.to;
    assert_int_equal(exit_model_prepare(s.m, s.adapter).state, CW_PREPARE_OK);
    ops->revert(s.adapter, &s.m->message, "execute", data, &revert);
    assert_int_equal(revert.class_, CW_REVERT_DEAD);
    assert_string_equal(revert.reason, "bad_target");
    close_scene(&s);
}

/* --- the count of messages --- */

static struct cw_count count_at(struct exit_model *m, struct cw_adapter *adapter,
                                const struct cw_block_ref *at, bool read, size_t *ret_asked) {
    struct cw_io *io = calloc(1, sizeof *io);
    struct cw_count count;
    assert_non_null(io);
    cw_io_init(io, &m->arena, m->heads);
    ops->counter(adapter, at, read, io, &count);
    assert_int_equal(count.state, CW_COUNT_NEED);
    for (size_t i = 0; i < io->n; i++) {
        exit_model_answer(m, io, &io->entries[i]);
    }
    ops->counter(adapter, at, read, io, &count);
    *ret_asked = io->n;
    free(io);
    return count;
}

static void counter__of_a_header_or_read__is_the_send_count(void **state) {
    (void)state;
    struct scene s = open_scene();
    for (uint64_t block = EXIT_MODEL_BLOCK - 1; block < EXIT_MODEL_BLOCK + 20; block++) {
        const struct cw_block_ref at = {{block}, exit_model_hash(s.m, block), 0};
        for (unsigned read = 0; read < 2; read++) {
            size_t asked = 0;
            struct cw_count count = count_at(s.m, s.adapter, &at, read == 1, &asked);
            assert_string_equal(count.detail, "");
            assert_int_equal(count.state, CW_COUNT_OK);
            assert_int_equal(count.next, exit_model_count(s.m, block));
            assert_int_equal(asked, 1); /* no proof of an account is needed */
        }
    }
    close_scene(&s);
}

static void counter__that_cannot_be_had__says_why(void **state) {
    (void)state;
    struct scene s = open_scene();
    size_t asked;
    struct cw_block_ref at = {{120}, exit_model_hash(s.m, 120), 0};
    s.m->malformed = SEL_SEND_TREE;
    struct cw_count count = count_at(s.m, s.adapter, &at, true, &asked);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    assert_string_equal(count.detail, "sendMerkleTreeState() answers with 7 bytes");
    s.m->no_arbsys = true;
    s.m->malformed = 0;
    count = count_at(s.m, s.adapter, &at, true, &asked);
    assert_string_equal(count.detail, "sendMerkleTreeState() does not answer");
    s.m->foreign = true; /* a chain of another kind does not say 0 */
    at.hash = exit_model_hash(s.m, 120);
    count = count_at(s.m, s.adapter, &at, false, &asked);
    assert_int_equal(count.state, CW_COUNT_UNKNOWN);
    assert_non_null(strstr(count.detail, "has no send count"));
    at = (struct cw_block_ref){
        {0}, exit_model_hash(s.m, 0), 0}; /* but nothing is before the first */
    count = count_at(s.m, s.adapter, &at, false, &asked);
    assert_int_equal(count.state, CW_COUNT_OK);
    assert_int_equal(count.next, 0);
    close_scene(&s);
}

/* By the rollup's owner, or by whom that one listens to. */
static void pause__by_owner_or_executor__the_rollups(void **state) {
    (void)state;
    static const char by_executor[] =
        "0xbca8c7b50000000000000000000000001100000000000000000000000000000000000022"
        "0000000000000000000000000000000000000000000000000000000000000040"
        "0000000000000000000000000000000000000000000000000000000000000004"
        "8456cb5900000000000000000000000000000000000000000000000000000000";
    for (unsigned executor = 0; executor < 2; executor++) {
        struct scene s = open_scene();
        struct cw_pause pause;
        char data[2 * CW_PAUSE_DATA_MAX + 3];
        s.m->executor = executor == 1;
        s.m->owner = (struct cw_addr20){{0x0e}};
        assert_int_equal(
            cw_hex_decode(s.m->rollup.b, 20, "0x1100000000000000000000000000000000000022", 42),
            CW_OK);
        assert_int_equal(exit_model_prepare(s.m, s.adapter).state, CW_PREPARE_OK);
        assert_true(cw_nitro_withdrawal.pause(s.adapter, 0, &pause));
        assert_string_equal(cw_hex_encode(data, cw_slice_of(pause.data, pause.data_n)),
                            executor ? by_executor : "0x8456cb59");
        assert_int_equal(pause.fixed_n, pause.data_n);
        assert_true(cw_addr20_equal(&pause.to, executor ? &s.m->owner : &s.m->rollup));
        assert_int_equal(cw_addr20_is_zero(&pause.guardian), executor);
        close_scene(&s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decode__sent__is_the_message),
        cmocka_unit_test(decode__equal_sends__have_ids_of_their_own),
        cmocka_unit_test(decode__sent_and_malformed__is_refused),
        cmocka_unit_test(decode__executed__outcome_of_its_position),
        cmocka_unit_test(decode__each_event_of_the_contracts__its_kind),
        cmocka_unit_test(filters__before_and_after_prepare__what_decode_knows),
        cmocka_unit_test(prepare__each_wiring__known_or_held),
        cmocka_unit_test(open__outbox_left_out__is_refused),
        cmocka_unit_test(revert__each_error__its_class),
        cmocka_unit_test(revert__call_of_the_token_itself__dead),
        cmocka_unit_test(counter__of_a_header_or_read__is_the_send_count),
        cmocka_unit_test(counter__that_cannot_be_had__says_why),
        cmocka_unit_test(pause__by_owner_or_executor__the_rollups),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
