/* The scheduler over a real store: what operators hold stays held, whatever the lane, an event or
 * the contracts say next; nothing is lost in a large batch; what cannot be done is not tried for
 * ever. */
#include "work/internal.h"

#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/abi.h>
#include <causeway/op_withdrawal.h>

#include <cmocka.h>

#define NOW 1700000000000u

/* keccak256("MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)"),
 * keccak256("Upgraded(address)"), keccak256("WithdrawalFinalized(bytes32,bool)") */
#define MESSAGE_PASSED "0x02a52367d10742d8032712c1bb8e0144ff1ec5ffda1ed7d70bb05a2744955054"
#define UPGRADED       "0xbc7cd75a20ee27fd9adebab32041f755214dbc6bffa90cc0225b39da2e5c2d3b"
#define FINALIZED      "0xdb5c7652857aa163daadd670e116628fb42e869d8ac4251ef8971d9e5727df1b"

/* As the adapter's begins; it may be longer. */
struct config {
    struct cw_addr20 portal;
    struct cw_addr20 messenger;
    uint64_t rest[64]; /* no limit of any kind */
};

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_error error;
    struct cw_arena arena;
    struct cw_store *store;
    struct cw_loop *loop;
    struct cw_rpc *rpc;
    struct cw_watch *watches[2];
    struct cw_config_chain chain_configs[2];
    struct cw_config_route route_config;
    struct chain chains[2];
    struct route route;
    struct cw_relay relay;
    int64_t message;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

static enum cw_err no_batch(void *ctx, const struct cw_watch_batch *batch) {
    (void)ctx;
    (void)batch;
    return CW_OK;
}

static void no_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    (void)line;
}

static struct cw_hash32 hash_of(uint8_t n) {
    struct cw_hash32 hash;
    memset(hash.b, n, sizeof hash.b);
    return hash;
}

static void make_rpc(struct fixture *f) {
    struct cw_rpc_endpoint_config nobody = {.url = "http://127.0.0.1:9"};
    struct cw_rpc_config config = {.chain = "l1",
                                   .chain_id = {900},
                                   .endpoints = &nobody,
                                   .endpoints_n = 1,
                                   .coalesce_ms = 1,
                                   .batch_max = 50,
                                   .quick_deadline_ms = 200,
                                   .heavy_deadline_ms = 200,
                                   .max_answer_bytes = 1u << 20};
    OK(cw_rpc_new(&f->rpc, f->loop, &config, &f->error));
}

static void make_route(struct fixture *f) {
    static const char *const names[2] = {"l1", "l2"};
    f->relay = (struct cw_relay){.loop = f->loop,
                                 .store = f->store,
                                 .chains = f->chains,
                                 .chains_n = 2,
                                 .routes = &f->route,
                                 .routes_n = 1};
    for (size_t i = 0; i < 2; i++) {
        f->chain_configs[i] = (struct cw_config_chain){
            .name = names[i], .chain_id = 900 + i, .poll_ms = 1000};
        f->chains[i] = (struct chain){
            .relay = &f->relay, .config = &f->chain_configs[i], .rpc = f->rpc};
        OK(cw_store_chain(f->store, names[i], (struct cw_chain_id){900 + i}, &f->chains[i].row,
                          &f->error));
        struct cw_watch_config watch = {
            .chain = names[i], .rpc = f->rpc, .loop = f->loop, .poll_ms = 1000, .batch = no_batch};
        OK(cw_watch_new(&f->watches[i], &watch, false, (struct cw_block_number){0}, NULL, 0,
                        &f->error));
        f->chains[i].watch = f->watches[i];
        const struct cw_facts_config facts = {.rpc = f->rpc, .watch = f->watches[i]};
        OK(cw_facts_new(&f->chains[i].facts, &facts, &f->error));
    }
    struct config config = {.portal = {{0x9f}}};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {901}};
    f->route_config.name = "op";
    f->route_config.adapter = cw_adapter_find("opstack", "withdrawal");
    f->route_config.policy.relay_all = true;
    f->route = (struct route){
        .relay = &f->relay, .config = &f->route_config, .subject = "route op"};
    f->route.chains[CW_SETTLEMENT] = &f->chains[0];
    f->route.chains[CW_EXECUTION] = &f->chains[1];
    assert_true(f->route_config.adapter->config_size <= sizeof config);
    OK(f->route_config.adapter->open(&f->route.adapter, &config, chains, &f->error));
    OK(cw_store_route(f->store, "op", cw_adapter_find("opstack", "withdrawal"), f->chains[0].row,
                      f->chains[1].row, &f->route.row, &f->error));
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    cw_log_redirect(no_line, NULL);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    OK(cw_loop_new(&f->loop, cw_clock_system(), &f->error));
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
    make_rpc(f);
    make_route(f);
    struct cw_store_message message = {.route = f->route.row, .chain = f->chains[1].row};
    message.m.id = hash_of(7);
    message.m.source.number.v = 100;
    message.m.source.hash = hash_of(3);
    message.m.payload = CW_LITERAL("payload");
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &f->message, &is_new, &f->error));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_loop_cancel(f->loop, f->relay.commit);
    for (size_t i = 0; i < f->route.lanes_n; i++)
        cw_lane_free(f->route.lanes[i]);
    route_free(&f->route);
    for (size_t i = 0; i < 2; i++) {
        cw_facts_free(f->chains[i].facts);
        cw_watch_free(f->watches[i]);
    }
    cw_rpc_free(f->rpc);
    cw_store_close(f->store);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    cw_log_redirect(NULL, NULL);
    free(f);
    return 0;
}

static struct cw_store_message stored(struct fixture *f) {
    struct cw_store_message message;
    OK(cw_store_message_get(f->store, f->message, &f->arena, &message, &f->error));
    return message;
}

static void move_to(struct fixture *f, enum cw_condition condition, const char *reason) {
    struct cw_store_transition t = {.message = f->message,
                                    .stage = CW_STAGE_SEEN,
                                    .condition = condition,
                                    .reason = reason,
                                    .detail = "",
                                    .due_ms = NOW};
    OK(cw_store_message_move(f->store, &t, NOW, &f->error));
}

static struct verdict *verdict_of(struct fixture *f, enum cw_verb verb) {
    struct verdict *v = calloc(1, sizeof *v);
    assert_non_null(v);
    v->route = &f->route;
    v->row = f->message;
    cw_arena_init(&v->arena, 1u << 20);
    v->message.id = hash_of(7);
    v->decision.verb = verb;
    v->decision.stage = CW_STAGE_SEEN;
    snprintf(v->decision.step, sizeof v->decision.step, "finalize");
    v->decision.call.to.b[0] = 0x9f;
    return v;
}

static void commit_verdict(struct fixture *f, struct verdict *v) {
    v->next = f->route.decided;
    f->route.decided = v;
    route_commit(&f->relay);
}

/* --- the lane --------------------------------------------------------------------------------- */

static void make_lane(struct fixture *f) {
    struct cw_lane_config config = {.lanes = &f->relay.all_lanes,
                                    .loop = f->loop,
                                    .rpc = f->rpc,
                                    .store = f->store,
                                    .chain_row = f->chains[0].row,
                                    .chain = &f->chain_configs[0],
                                    .dry_run = true};
    f->route.lanes = calloc(1, sizeof(struct cw_lane *));
    assert_non_null(f->route.lanes);
    OK(cw_lane_new(&f->route.lanes[0], &config, &f->error));
    f->route.lanes_n = 1;
}

/* Hands a decision to a lane whose endpoint is dead, lets something happen, and waits for what the
 * lane says. */
static void through_the_lane(struct fixture *f, void (*meanwhile)(struct fixture *)) {
    make_lane(f);
    move_to(f, CW_WAITING, "submitting");
    f->route.queued = verdict_of(f, CW_ACT);
    f->route.queued_n = 1;
    act_submit(&f->route);
    assert_non_null(f->route.in_lane);
    if (meanwhile)
        meanwhile(f);
    for (int i = 0; i < 200 && f->route.in_lane; i++)
        OK(cw_loop_step(f->loop, 50, &f->error));
    assert_null(f->route.in_lane);
}

static void hold_message(struct fixture *f) {
    struct cw_store_command command = {.verb = "hold", .text = "mine"};
    const struct cw_hash32 id = hash_of(7);
    cw_store_subject_write(command.subject, "op", &id);
    int64_t row = 0;
    OK(cw_store_command_post(f->path, &command, NOW, &row, &f->error));
    commands_run(&f->relay);
    assert_int_equal(stored(f).condition, CW_HELD);
}

static void settle_message(struct fixture *f) {
    move_to(f, CW_DONE, "finished");
}

static void lane__says_no__message_waits(void **state) {
    struct fixture *f = *state;
    through_the_lane(f, NULL);
    assert_int_equal(stored(f).condition, CW_WAITING);
    assert_string_not_equal(stored(f).reason, "submitting");
}

static void lane__says_no_of_what_an_operator_held__stays_held(void **state) {
    struct fixture *f = *state;
    through_the_lane(f, hold_message);
    assert_int_equal(stored(f).condition, CW_HELD);
    assert_string_equal(stored(f).reason, "operator");
}

static void lane__says_no_of_what_is_done__stays_done(void **state) {
    struct fixture *f = *state;
    through_the_lane(f, settle_message);
    assert_int_equal(stored(f).condition, CW_DONE);
}

/* --- the other direction ---------------------------------------------------------------------- */

static const struct cw_adapter_ops *turned_from;

static enum cw_err turned_decode(const struct cw_adapter *adapter, enum cw_side side,
                                 const struct cw_log *log, struct cw_arena *arena,
                                 struct cw_event *ret, struct cw_error *error) {
    return turned_from->decode(adapter, cw_side_other(side), log, arena, ret, error);
}

/* The route's messages are sent on l1 and delivered on l2: its contracts change places. */
static void turn(struct fixture *f) {
    static struct cw_adapter_ops turned;
    turned_from = f->route_config.adapter;
    turned = *turned_from;
    turned.direction = "turned";
    turned.source = CW_SETTLEMENT;
    turned.decode = turned_decode;
    f->route_config.adapter = &turned;
    OK(cw_store_route(f->store, "turned", &turned, f->chains[0].row, f->chains[1].row,
                      &f->route.row, &f->error));
}

/* --- facts ------------------------------------------------------------------------------------ */

static void topic_of(struct cw_hash32 *out, const char *hex) {
    assert_int_equal(cw_hex_decode(out->b, 32, hex, strlen(hex)), CW_OK);
}

static void take_logs(struct fixture *f, size_t chain, const struct cw_log *logs, size_t n) {
    struct cw_watch_batch batch = {.from = {200}, .to = {210}, .logs = logs, .logs_n = n};
    OK(intake_batch(&f->chains[chain], &batch));
}

static struct cw_log portal_log(const char *topic) {
    struct cw_log log = {.address = {{0x9f}}, .topics_n = 2, .block = {.number = {205}}};
    topic_of(&log.topics[0], topic);
    return log;
}

static void upgrade__of_a_held_route__held_as_before(void **state) {
    struct fixture *f = *state;
    static const char *const reasons[] = {"operator", "reorg_beyond_final"};
    const struct cw_log log = portal_log(UPGRADED);
    for (size_t i = 0; i < CW_COUNT(reasons); i++) {
        struct cw_store_route_row row;
        OK(cw_store_route_hold(f->store, f->route.row, reasons[i], "why", NOW, &f->error));
        route_hold(&f->route, reasons[i], "why");
        f->route.prepared = true;
        take_logs(f, 0, &log, 1);
        assert_false(f->route.prepared);
        assert_string_equal(f->route.hold_reason, reasons[i]);
        OK(cw_store_route_get(f->store, "op", &row, &f->error));
        assert_string_equal(row.hold_reason, reasons[i]);
    }
    route_hold(&f->route, "", "");
    take_logs(f, 0, &log, 1);
    assert_string_equal(f->route.hold_reason, "upgraded");
}

static bool answer_is_kept(struct fixture *f, uint64_t block) {
    struct cw_hash32 key = hash_of((uint8_t)block);
    struct cw_store_answer answer;
    bool found = false;
    OK(cw_store_answer_find(f->store, f->chains[1].row, &key, &f->arena, &found, &answer,
                            &f->error));
    return found;
}

static void rollback__answers_about_replaced_blocks__forgotten(void **state) {
    struct fixture *f = *state;
    const struct cw_facts_config config = {
        .rpc = f->rpc, .watch = f->watches[1], .quorum = 1, .store = f->store};
    cw_facts_free(f->chains[1].facts);
    OK(cw_facts_new(&f->chains[1].facts, &config, &f->error));
    cw_store_answers_limit(f->store, 1u << 20);
    for (uint8_t block = 100; block <= 101; block++) {
        const struct cw_store_answer answer = {
            .key = hash_of(block), .block = {block}, .operators = 1, .value = CW_LITERAL("answer")};
        assert_true(cw_store_answer_keep(f->store, f->chains[1].row, &answer));
    }
    OK(cw_store_answers_write(f->store, &f->error));
    const struct cw_watch_batch batch = {
        .rollback = true, .beyond_final = true, .above = {100}, .from = {101}, .to = {100}};
    OK(intake_batch(&f->chains[1], &batch));
    assert_true(answer_is_kept(f, 100));
    assert_false(answer_is_kept(f, 101));
}

static void outcome__of_a_dead_message__looked_at_again(void **state) {
    struct fixture *f = *state;
    static const uint8_t success[32] = {[31] = 1};
    struct cw_log log = portal_log(FINALIZED);
    log.topics[1] = hash_of(7);
    log.data = cw_slice_of(success, sizeof success);
    move_to(f, CW_DEAD, "gas_cap");
    take_logs(f, 0, &log, 1);
    assert_int_equal(stored(f).condition, CW_WAITING);
    assert_int_equal(stored(f).due_ms, 1);
    assert_int_equal(stored(f).m.outcome, CW_OUTCOME_SUCCESS);
    move_to(f, CW_HELD, "operator");
    take_logs(f, 0, &log, 1);
    assert_int_equal(stored(f).condition, CW_HELD);
}

/* A batch of more than any arena that it could be held in as a whole. */
static void batch__of_large_messages__all_stored(void **state) {
    struct fixture *f = *state;
    enum { N = 40, SIZE = 512 << 10 };
    static uint8_t data[SIZE];
    struct cw_log *logs = calloc(N, sizeof *logs);
    struct cw_buf *bufs = calloc(N, sizeof *bufs);
    assert_true(logs && bufs);
    for (uint8_t i = 0; i < N; i++) {
        struct cw_op_withdrawal w = {.data = cw_slice_of(data, sizeof data)};
        struct cw_hash32 id;
        w.nonce = cw_u256_from_u64(i);
        OK(cw_op_withdrawal_hash(&id, &w));
        cw_buf_init(&bufs[i], SIZE + 1024);
        size_t base = cw_abi_base(&bufs[i]);
        cw_abi_put_u64(&bufs[i], 0);
        cw_abi_put_u64(&bufs[i], 0);
        size_t at = cw_abi_put_offset(&bufs[i]);
        cw_abi_put_word(&bufs[i], &id);
        cw_abi_place(&bufs[i], base, at);
        cw_abi_put_bytes(&bufs[i], w.data);
        logs[i] = (struct cw_log){.address = CW_OP_MESSAGE_PASSER,
                                  .topics_n = 4,
                                  .data = cw_buf_slice(&bufs[i]),
                                  .log_index = i,
                                  .block = {.number = {205}, .hash = hash_of(9)}};
        topic_of(&logs[i].topics[0], MESSAGE_PASSED);
        logs[i].topics[1].b[31] = i;
    }
    take_logs(f, 1, logs, N);
    uint64_t counts[10][6], sum = 0;
    OK(cw_store_counts(f->store, f->route.row, counts, &f->error));
    for (size_t i = 0; i < 10; i++)
        for (size_t k = 0; k < 6; k++)
            sum += counts[i][k];
    assert_int_equal(sum, 1 + N);
    bool found = false; /* by the number that the contract gave it */
    struct cw_block_number first, last;
    OK(cw_store_number_block(f->store, f->route.row, N - 1, &found, &first, &last, &f->error));
    assert_true(found);
    assert_int_equal(first.v, 205);
    for (size_t i = 0; i < N; i++)
        cw_buf_done(&bufs[i]);
    free(bufs);
    free(logs);
}

/* --- the past --------------------------------------------------------------------------------- */

static enum cw_err take_past(struct fixture *f, size_t chain, uint64_t from, uint64_t to,
                             const struct cw_log *logs, size_t n) {
    const struct cw_watch_batch batch = {
        .past = true, .final = true, .from = {from}, .to = {to}, .logs = logs, .logs_n = n};
    return intake_batch(&f->chains[chain], &batch);
}

/* A withdrawal sent in that block of l2; data is kept in buf. */
static struct cw_log passed_log(struct cw_buf *buf, uint8_t nonce, uint64_t block,
                                struct cw_hash32 *ret_id) {
    struct cw_op_withdrawal w = {.nonce = cw_u256_from_u64(nonce)};
    assert_int_equal(cw_op_withdrawal_hash(ret_id, &w), CW_OK);
    cw_buf_init(buf, 4096);
    size_t base = cw_abi_base(buf);
    cw_abi_put_u64(buf, 0);
    cw_abi_put_u64(buf, 0);
    size_t at = cw_abi_put_offset(buf);
    cw_abi_put_word(buf, ret_id);
    cw_abi_place(buf, base, at);
    cw_abi_put_bytes(buf, w.data);
    struct cw_log log = {.address = CW_OP_MESSAGE_PASSER,
                         .topics_n = 4,
                         .data = cw_buf_slice(buf),
                         .block = {.number = {block}, .hash = hash_of(9)}};
    topic_of(&log.topics[0], MESSAGE_PASSED);
    log.topics[1].b[31] = nonce;
    return log;
}

static struct cw_log finalized_log(const struct cw_hash32 *id, uint64_t block) {
    static const uint8_t success[32] = {[31] = 1};
    struct cw_log log = portal_log(FINALIZED);
    log.topics[1] = *id;
    log.data = cw_slice_of(success, sizeof success);
    log.block.number.v = block;
    log.block.hash = hash_of((uint8_t)block);
    return log;
}

static size_t lines_of(struct fixture *f, const struct cw_hash32 *id,
                       struct cw_store_message *ret) {
    struct cw_store_history *lines = NULL;
    size_t n = 0, events = 0;
    bool found = false;
    OK(cw_store_message_find(f->store, f->route.row, id, &f->arena, &found, ret, &f->error));
    assert_true(found);
    OK(cw_store_history_load(f->store, ret->row, &f->arena, &lines, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        events += strcmp(lines[i].kind, "event") == 0;
    return events;
}

static void past__events_of_contracts__passed_over(void **state) {
    struct fixture *f = *state;
    const struct cw_log log = portal_log(UPGRADED);
    f->route.prepared = true;
    OK(take_past(f, 0, 200, 210, &log, 1));
    assert_true(f->route.prepared);
    assert_string_equal(f->route.hold_reason, "");
}

/* The destination's events are read before the source's, in the past or live. */
static void early__event_before_its_message__told_when_it_comes(void **state) {
    struct fixture *f = *state;
    for (uint8_t past = 0; past <= 1; past++) {
        struct cw_buf buf;
        struct cw_hash32 id;
        struct cw_store_message message;
        const struct cw_log sent = passed_log(&buf, past, 120, &id);
        const struct cw_log done = finalized_log(&id, 205);
        if (past)
            OK(take_past(f, 0, 200, 210, &done, 1));
        else
            take_logs(f, 0, &done, 1);
        OK(take_past(f, 1, 100, 150, &sent, 1));
        assert_int_equal(lines_of(f, &id, &message), 1);
        assert_int_equal(message.m.outcome, CW_OUTCOME_SUCCESS);
        assert_int_equal(message.condition, CW_READY);
        /* once more: nothing new */
        move_to(f, CW_READY, "");
        OK(take_past(f, 1, 100, 150, &sent, 1));
        OK(take_past(f, 0, 200, 210, &done, 1));
        assert_int_equal(lines_of(f, &id, &message), 1);
        cw_buf_done(&buf);
    }
}

static void early__its_block_is_gone__forgotten(void **state) {
    struct fixture *f = *state;
    struct cw_buf buf;
    struct cw_hash32 id;
    struct cw_store_message message;
    const struct cw_log sent = passed_log(&buf, 1, 120, &id), done = finalized_log(&id, 205);
    take_logs(f, 0, &done, 1);
    const struct cw_watch_batch batch = {
        .rollback = true, .above = {204}, .from = {205}, .to = {204}};
    OK(intake_batch(&f->chains[0], &batch));
    OK(take_past(f, 1, 100, 150, &sent, 1));
    assert_int_equal(lines_of(f, &id, &message), 0);
    assert_int_equal(message.m.outcome, CW_OUTCOME_UNKNOWN);
    cw_buf_done(&buf);
}

/* An event that is read again settles nothing that was decided since. */
static void past__event_read_again__held_as_it_is(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(7);
    const struct cw_log done = finalized_log(&id, 205);
    take_logs(f, 0, &done, 1);
    move_to(f, CW_HELD, "keeps_reverting");
    OK(take_past(f, 0, 200, 210, &done, 1));
    assert_int_equal(stored(f).condition, CW_HELD);
}

/* --- how far a route reaches ------------------------------------------------------------------ */

static struct cw_intervals unread_of(struct fixture *f, size_t chain) {
    struct cw_intervals set = {0};
    OK(cw_store_unread(f->store, f->chains[chain].row, &set, &f->error));
    return set;
}

static void assert_unread(struct fixture *f, size_t chain, uint64_t from, uint64_t to) {
    struct cw_intervals set = unread_of(f, chain);
    assert_int_equal(set.n, from <= to);
    if (set.n > 0) {
        assert_int_equal(set.list[0].from, from);
        assert_int_equal(set.list[0].to, to);
    }
    cw_intervals_done(&set);
}

static void batch__skips_and_reads_the_past__unread_as_it_says(void **state) {
    struct fixture *f = *state;
    const struct cw_store_header header = {.ref = {{5000}, hash_of(1), 1}, .parent = hash_of(2)};
    const struct cw_interval skipped = {100, 4999, true, hash_of(2)};
    const struct cw_watch_batch batch = {
        .from = {5000}, .to = {5000}, .skipped = &skipped, .headers = &header, .headers_n = 1};
    OK(intake_batch(&f->chains[1], &batch));
    assert_unread(f, 1, 100, 4999);
    const struct cw_hash32 below = hash_of(4);
    const struct cw_watch_batch past = {
        .past = true, .below = &below, .from = {4950}, .to = {4999}, .final = true};
    OK(intake_batch(&f->chains[1], &past));
    assert_unread(f, 1, 100, 4949);
    struct cw_intervals set = unread_of(f, 1);
    assert_true(set.list[0].bound);
    assert_memory_equal(set.list[0].hash.b, below.b, 32);
    cw_intervals_done(&set);
    bool found = false;
    struct cw_block_number cursor = {0};
    OK(cw_store_cursor_get(f->store, f->chains[1].row, &found, &cursor, &f->error));
    assert_true(found);
    assert_int_equal(cursor.v, 5000); /* the past does not move it */
}

static void reach__new_route_and_lowered_start__what_they_missed_is_unread(void **state) {
    struct fixture *f = *state;
    struct chain *chain = &f->chains[1];
    const struct cw_block_number cursor = {1000};
    OK(reach_open(chain, false, cursor, &f->error)); /* nothing was read: nothing was missed */
    assert_false(f->route.reach[CW_EXECUTION].known);
    assert_unread(f, 1, 1, 0);
    f->route_config.execution_start = 700;
    assert_int_equal(reach_start(chain), 700);
    OK(reach_open(chain, true, cursor, &f->error));
    assert_unread(f, 1, 700, 1000);
    assert_int_equal(f->route.reach[CW_EXECUTION].from, 700);
    OK(cw_store_unread_remove(f->store, chain->row, (struct cw_block_number){700}, cursor, NULL,
                              &f->error));
    OK(reach_open(chain, true, cursor, &f->error)); /* the same again: all is read */
    assert_unread(f, 1, 1, 0);
    f->route_config.execution_start = 650;
    OK(reach_open(chain, true, cursor, &f->error));
    assert_unread(f, 1, 650, 699);
    f->route_config.execution_start = 900; /* later: nothing is forgotten */
    OK(reach_open(chain, true, cursor, &f->error));
    assert_int_equal(f->route.reach[CW_EXECUTION].from, 650);
    assert_unread(f, 1, 650, 699);
}

static void reach__first_batch__from_there_or_from_the_start_block(void **state) {
    struct fixture *f = *state;
    f->route_config.settlement_start = 50;
    const struct cw_watch_batch batch = {.from = {200}, .to = {210}};
    OK(intake_batch(&f->chains[0], &batch));
    OK(intake_batch(&f->chains[1], &batch));
    assert_int_equal(f->route.reach[CW_SETTLEMENT].from, 50);
    assert_int_equal(f->route.reach[CW_EXECUTION].from, 200);
    struct cw_store_reach reach;
    OK(cw_store_reach_get(f->store, f->route.row, CW_EXECUTION, &reach, &f->error));
    assert_true(reach.known);
    assert_int_equal(reach.from, 200);
}

/* Another route on the chain may begin earlier. */
static void reach__block_before_it__not_shown(void **state) {
    struct fixture *f = *state;
    struct cw_buf buf;
    struct cw_hash32 id;
    const struct cw_log sent = passed_log(&buf, 1, 120, &id);
    f->route.reach[CW_EXECUTION] = (struct cw_store_reach){.known = true, .from = 121};
    OK(take_past(f, 1, 100, 150, &sent, 1));
    bool found = true;
    struct cw_store_message message;
    OK(cw_store_message_find(f->store, f->route.row, &id, &f->arena, &found, &message, &f->error));
    assert_false(found);
    f->route.reach[CW_EXECUTION].from = 120;
    OK(take_past(f, 1, 100, 150, &sent, 1));
    OK(cw_store_message_find(f->store, f->route.row, &id, &f->arena, &found, &message, &f->error));
    assert_true(found);
    cw_buf_done(&buf);
}

/* What is read before the adapter knows its contracts is read again once it does. */
static void reach__read_before_it_was_prepared__read_again(void **state) {
    struct fixture *f = *state;
    const struct cw_watch_batch live = {.from = {200}, .to = {210}};
    OK(intake_batch(&f->chains[0], &live));
    OK(take_past(f, 0, 120, 150, NULL, 0)); /* below its first block: not its business */
    assert_true(f->route.reach[CW_SETTLEMENT].blind);
    assert_int_equal(f->route.reach[CW_SETTLEMENT].blind_from, 200);
    reach_prepared(&f->route); /* not yet */
    assert_unread(f, 0, 1, 0);
    f->route.prepared = true;
    const struct cw_watch_batch later = {.from = {211}, .to = {220}};
    OK(intake_batch(&f->chains[0], &later));
    reach_prepared(&f->route);
    assert_unread(f, 0, 200, 210);
    assert_false(f->route.reach[CW_SETTLEMENT].blind);
    struct cw_watch_progress progress;
    cw_watch_progress(f->watches[0], &progress);
    assert_int_equal(progress.unread, 11);
    struct cw_store_reach reach;
    OK(cw_store_reach_get(f->store, f->route.row, CW_SETTLEMENT, &reach, &f->error));
    assert_false(reach.blind);
}

/* --- reorganizations -------------------------------------------------------------------------- */

static void roll_back(struct fixture *f, size_t chain, uint64_t above, bool beyond_final,
                      bool bottomless) {
    struct cw_watch_batch batch = {.rollback = true,
                                   .above = {above},
                                   .beyond_final = beyond_final,
                                   .bottomless = bottomless,
                                   .from = {above + 1},
                                   .to = {above}};
    OK(intake_batch(&f->chains[chain], &batch));
}

/* Delivered for good as block 300 was final. */
static void deliver(struct fixture *f) {
    struct cw_store_transition t = {.message = f->message,
                                    .stage = CW_STAGE_EXECUTED_FINAL,
                                    .condition = CW_DONE,
                                    .reason = "finished",
                                    .outcome = CW_OUTCOME_SUCCESS,
                                    .rests_on = 300};
    OK(cw_store_message_move(f->store, &t, NOW, &f->error));
}

static size_t incidents(struct fixture *f, struct cw_store_incident **ret) {
    size_t n = 0;
    OK(cw_store_incidents(f->store, true, 10, &f->arena, ret, &n, &f->error));
    return n;
}

static void command(struct fixture *f, const char *verb, const char *subject) {
    struct cw_store_command command = {0};
    int64_t row = 0;
    snprintf(command.verb, sizeof command.verb, "%s", verb);
    snprintf(command.subject, sizeof command.subject, "%s", subject);
    OK(cw_store_command_post(f->path, &command, NOW, &row, &f->error));
    commands_run(&f->relay);
}

static void reorg__within_finality__what_is_done_stays_done(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident *list = NULL;
    deliver(f);
    roll_back(f, 0, 300, false, false);
    roll_back(f, 1, 100, false, false);
    assert_int_equal(stored(f).condition, CW_DONE);
    assert_string_equal(f->route.hold_reason, "");
    assert_int_equal(incidents(f, &list), 0);
}

static void reorg__beyond_final_on_settlement__held_told_and_looked_at_again(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident *list = NULL;
    deliver(f);
    roll_back(f, 0, 299, true, false);
    assert_int_equal(stored(f).condition, CW_READY);
    assert_string_equal(f->route.hold_reason, "reorg_beyond_final");
    assert_non_null(strstr(f->route.hold_detail, "l1 replaced final blocks above 299:"));
    assert_int_equal(incidents(f, &list), 1);
    assert_int_equal(list[0].kind, CW_INCIDENT_REORG_BEYOND_FINAL);
    assert_string_equal(list[0].subject, "l1");
    assert_int_equal(list[0].times, 1);
    roll_back(f, 0, 298, true, false);
    assert_int_equal(incidents(f, &list), 1);
    assert_int_equal(list[0].times, 2);
    /* nothing is sent before somebody has looked at it */
    make_lane(f);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_string_equal(stored(f).reason, "route_held");
    command(f, "release", "op");
    assert_string_equal(f->route.hold_reason, "");
    assert_int_equal(incidents(f, &list), 0);
}

static void reorg__beyond_final_on_execution__held_and_gone(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident *list = NULL;
    deliver(f);
    roll_back(f, 1, 99, true, false);
    assert_true(stored(f).orphaned);
    assert_non_null(strstr(stored(f).detail, "delivered all the same"));
    assert_string_equal(f->route.hold_reason, "reorg_beyond_final");
    assert_int_equal(incidents(f, &list), 1);
    assert_string_equal(list[0].subject, "l2");
}

static void reorg__deeper_than_what_is_kept__all_that_is_settled_is_looked_at(void **state) {
    struct fixture *f = *state;
    deliver(f);
    roll_back(f, 0, 5000, true, true);
    assert_int_equal(stored(f).condition, CW_READY);
    assert_non_null(strstr(f->route.hold_detail, "perhaps below"));
}

static void reorg__of_both_chains__both_incidents_end_with_the_release(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident *list = NULL;
    roll_back(f, 0, 299, true, false);
    roll_back(f, 1, 99, true, false);
    assert_int_equal(incidents(f, &list), 2);
    command(f, "hold", "op"); /* the operator's own word takes the place of ours */
    assert_int_equal(incidents(f, &list), 2);
    command(f, "release", "op");
    assert_int_equal(incidents(f, &list), 0);
}

static void reorg__below_where_the_contracts_were_read__read_again(void **state) {
    struct fixture *f = *state;
    f->route.prepared = true;
    f->route.prepared_at[CW_SETTLEMENT] = 300;
    f->route.prepared_at[CW_EXECUTION] = 120;
    roll_back(f, 0, 300, false, false);
    roll_back(f, 1, 120, false, false);
    assert_true(f->route.prepared);
    roll_back(f, 1, 119, false, false);
    assert_false(f->route.prepared);
    f->route.prepared = true;
    roll_back(f, 0, 299, false, false);
    assert_false(f->route.prepared);
}

static void turned__message__sent_on_settlement_and_delivered_on_execution(void **state) {
    struct fixture *f = *state;
    struct cw_buf buf;
    struct cw_hash32 id;
    bool found = false;
    struct cw_store_message message;
    turn(f);
    assert_ptr_equal(source_chain(&f->route), &f->chains[0]);
    assert_ptr_equal(destination_chain(&f->route), &f->chains[1]);
    const struct cw_log log = passed_log(&buf, 5, 205, &id);
    take_logs(f, 1, &log, 1); /* the contract is not there */
    OK(cw_store_message_find(f->store, f->route.row, &id, &f->arena, &found, &message, &f->error));
    assert_false(found);
    take_logs(f, 0, &log, 1);
    cw_buf_done(&buf);
    OK(cw_store_message_find(f->store, f->route.row, &id, &f->arena, &found, &message, &f->error));
    assert_true(found);
    assert_int_equal(message.chain, f->chains[0].row);
    f->message = message.row;
    deliver(f);
    roll_back(f, 0, 250, true, false); /* of the source, above the message's block */
    assert_int_equal(stored(f).condition, CW_DONE);
    roll_back(f, 1, 299, true, false);
    assert_int_equal(stored(f).condition, CW_READY);
    roll_back(f, 0, 204, true, false);
    assert_true(stored(f).orphaned);
}

/* Each step is paid on the chain that it goes to; what it is about was sent on the other one. */
static void turned__transaction__told_on_the_destination(void **state) {
    struct fixture *f = *state;
    struct cw_store_history *lines = NULL;
    struct cw_hash32 id;
    struct cw_buf buf;
    bool found = false;
    struct cw_store_message message;
    size_t n = 0;
    turn(f);
    const struct cw_log log = passed_log(&buf, 5, 205, &id);
    take_logs(f, 0, &log, 1);
    cw_buf_done(&buf);
    OK(cw_store_message_find(f->store, f->route.row, &id, &f->arena, &found, &message, &f->error));
    struct lane_slot slot = {.chain = &f->chains[1]};
    const struct cw_store_attempt attempt = {.message = message.row,
                                             .chain = f->chains[1].row,
                                             .step = "redeem",
                                             .state = CW_ATTEMPT_INCLUDED,
                                             .success = true,
                                             .block = {.number = {301}}};
    sent_moved(&slot, &attempt, 1);
    OK(cw_store_history_load(f->store, message.row, &f->arena, &lines, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(lines[0].side, CW_SETTLEMENT);
    assert_int_equal(lines[1].side, CW_EXECUTION);
    assert_int_equal(lines[1].block.number.v, 301);
}

static enum cw_err counted_decode(const struct cw_adapter *adapter, enum cw_side side,
                                  const struct cw_log *log, struct cw_arena *arena,
                                  struct cw_event *ret, struct cw_error *error) {
    (void)adapter;
    (void)side;
    (void)arena;
    (void)error;
    ret->kind = CW_EVENT_COUNTED;
    ret->number = log->log_index;
    return CW_OK;
}

static bool has_number(struct fixture *f, uint64_t number) {
    struct cw_block_number first, last;
    bool found = false;
    OK(cw_store_number_block(f->store, f->route.row, number, &found, &first, &last, &f->error));
    return found;
}

static void counted__number_of_no_message__kept_until_its_block_is_gone(void **state) {
    struct fixture *f = *state;
    static struct cw_adapter_ops ops;
    ops = *f->route_config.adapter;
    struct cw_log log = portal_log(UPGRADED);
    ops.decode = counted_decode;
    f->route_config.adapter = &ops;
    log.log_index = 8;
    take_logs(f, 1, &log, 1);
    log.log_index = 9;
    log.block.number.v = 208;
    assert_int_equal(take_past(f, 1, 208, 208, &log, 1), CW_OK);
    assert_true(has_number(f, 8) && has_number(f, 9));
    roll_back(f, 0, 100, false, false);
    roll_back(f, 1, 207, false, false);
    assert_true(has_number(f, 8));
    assert_false(has_number(f, 9));
}

/* --- commits ---------------------------------------------------------------------------------- */

static void commit__that_fails__nothing_is_looked_at_for_a_while(void **state) {
    struct fixture *f = *state;
    struct verdict *v = verdict_of(f, CW_WAIT);
    v->row = 4711;
    assert_int_equal(f->relay.look_after_ms, 0);
    commit_verdict(f, v);
    assert_true(f->relay.look_after_ms > monotonic_ms(&f->relay));
}

/* One that is final: it reverted (ago_ms 0), or succeeded so long ago. */
static void add_final(struct fixture *f, uint8_t n, uint64_t ago_ms) {
    struct cw_store_attempt attempt = {.message = f->message,
                                       .chain = f->chains[0].row,
                                       .nonce = n,
                                       .step = "finalize",
                                       .hash = hash_of(n),
                                       .raw = CW_LITERAL("raw"),
                                       .gas_limit = 100000,
                                       .state = CW_ATTEMPT_SIGNED};
    OK(cw_store_attempt_add(f->store, &attempt, &attempt.row, &f->error));
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.block.number.v = 300u + n;
    attempt.block.hash = hash_of(n);
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    attempt.state = CW_ATTEMPT_FINAL;
    attempt.success = ago_ms > 0;
    attempt.included_ms = wall_ms(&f->relay) - ago_ms;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
}

/* What is open fails in that block, for good. */
static void settle_again(struct fixture *f, uint64_t block) {
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    const struct cw_addr20 signer = {{0}};
    OK(cw_store_attempts_open(f->store, f->chains[0].row, &signer, &f->arena, &list, &n,
                              &f->error));
    assert_int_equal(n, 1);
    list[0].state = CW_ATTEMPT_FINAL;
    list[0].block.number.v = block;
    OK(cw_store_attempt_update(f->store, &list[0], &f->error));
}

/* A replay is in a block with success also when the messenger recorded another failure. */
static void step__that_succeeds_and_does_nothing_thrice__held(void **state) {
    struct fixture *f = *state;
    for (uint8_t n = 0; n <= 3; n++) {
        struct verdict *verdict = verdict_of(f, CW_ACT);
        verdict->decision.call.may_do_nothing = true;
        move_to(f, CW_WAITING, "");
        commit_verdict(f, verdict);
        assert_int_equal(stored(f).condition, n < 3 ? CW_WAITING : CW_HELD);
        add_final(f, n, 1000);
    }
    assert_string_equal(stored(f).reason, "keeps_reverting");
}

static void step__that_reverts_on_chain_thrice__held_until_released(void **state) {
    struct fixture *f = *state;
    for (uint8_t n = 0; n < 3; n++) {
        move_to(f, CW_WAITING, "");
        commit_verdict(f, verdict_of(f, CW_ACT));
        assert_int_equal(stored(f).condition, CW_WAITING);
        add_final(f, n, 0);
    }
    /* those that a reorganization made fail do not count */
    size_t n = 0;
    OK(cw_store_attempts_reorg(f->store, f->chains[0].row, (struct cw_block_number){301}, NOW, &n,
                               &f->error));
    assert_int_equal(n, 1);
    settle_again(f, 302);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_WAITING);
    add_final(f, 3, 0);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_HELD);
    assert_string_equal(stored(f).reason, "keeps_reverting");
    move_to(f, CW_READY, "");
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_WAITING);
}

/* Anybody can have the contracts write an event: that is worth a look, and no operator's word. */
static void step__held_for_its_failures_and_an_event_comes__not_sent_again(void **state) {
    struct fixture *f = *state;
    const struct cw_hash32 id = hash_of(7);
    for (uint8_t n = 0; n < 3; n++)
        add_final(f, n, 0);
    move_to(f, CW_HELD, "keeps_reverting");
    const struct cw_log done = finalized_log(&id, 205);
    take_logs(f, 0, &done, 1);
    assert_int_equal(stored(f).condition, CW_WAITING);
    assert_int_equal(stored(f).due_ms, 1);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_HELD);
    assert_string_equal(stored(f).reason, "keeps_reverting");
}

/* A redeemed ticket whose call failed again, say: the transaction's own success settles nothing. */
static void step__that_succeeds_and_is_wanted_again__later_each_time_then_held(void **state) {
    struct fixture *f = *state;
    static const uint64_t pauses_s[] = {10, 40, 160, 640, 2560};
    make_lane(f);
    add_final(f, 0, 2 * 86400000u); /* long ago: does not count */
    for (uint8_t n = 0; n < 5; n++) {
        move_to(f, CW_WAITING, "");
        add_final(f, n + 1, 1000);
        uint64_t due_ms = wall_ms(&f->relay) + pauses_s[n] * 1000 - 1000;
        commit_verdict(f, verdict_of(f, CW_ACT));
        assert_string_equal(stored(f).reason, "repeated_later");
        assert_int_equal(stored(f).condition, CW_WAITING);
        assert_int_equal(stored(f).failures, n + 1);
        assert_true(stored(f).due_ms + 2000 > due_ms && stored(f).due_ms < due_ms + 2000);
    }
    add_final(f, 6, 1000);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_HELD);
    assert_string_equal(stored(f).reason, "keeps_failing");
    move_to(f, CW_READY, ""); /* released */
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_string_equal(stored(f).reason, "submitting");
}

static void step__that_succeeded_a_while_ago__sent_again(void **state) {
    struct fixture *f = *state;
    make_lane(f);
    move_to(f, CW_WAITING, "");
    add_final(f, 0, 11000);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_string_equal(stored(f).reason, "submitting");
}

/* What a transaction did is the adapter's to say, once it looks. */
static void step__in_a_final_block__settles_nothing_by_itself(void **state) {
    struct fixture *f = *state;
    struct lane_slot slot = {.chain = &f->chains[0]};
    move_to(f, CW_WAITING, "submitted");
    const struct cw_store_attempt attempt = {.message = f->message,
                                             .chain = f->chains[0].row,
                                             .step = "redeem",
                                             .state = CW_ATTEMPT_FINAL,
                                             .success = true,
                                             .block = {.number = {301}}};
    sent_moved(&slot, &attempt, 1);
    assert_int_equal(stored(f).m.stage, CW_STAGE_SEEN);
    assert_int_equal(stored(f).m.outcome, CW_OUTCOME_UNKNOWN);
    assert_int_equal(stored(f).condition, CW_WAITING);
    assert_int_equal(stored(f).due_ms, 1); /* looked at now */
}

/* A flood of what the policy does not list costs no flood of calls. */
static void act__that_is_not_ours__looked_at_rarely(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.relay_all = false;
    make_lane(f);
    commit_verdict(f, verdict_of(f, CW_ACT));
    assert_int_equal(stored(f).condition, CW_WAITING);
    assert_string_equal(stored(f).reason, "not_listed");
    assert_true(stored(f).due_ms > wall_ms(&f->relay) + 3600000u);
}

/* What the lanes are signing. */
static uint64_t signing;

struct cw_wei __wrap_cw_lanes_signing(const struct cw_lanes *lanes, int64_t route);

struct cw_wei __wrap_cw_lanes_signing(const struct cw_lanes *lanes, int64_t route) {
    assert_non_null(lanes->first);
    assert_true(route > 0);
    return (struct cw_wei){cw_u256_from_u64(signing)};
}

static enum cw_lane_rebid rebid_shared(struct fixture *f, uint64_t cost, size_t shares,
                                       const char *says) {
    const struct cw_lane_stuck stuck = {.message = f->message,
                                        .step = "prove",
                                        .gas = 100000,
                                        .new_cost = {cw_u256_from_u64(cost)},
                                        .shares = shares};
    char text[200] = "";
    enum cw_lane_rebid rebid = act_rebid(&f->relay, &stuck, text);
    if (strstr(text, says) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", text, says);
    return rebid;
}

static enum cw_lane_rebid rebid_at(struct fixture *f, uint64_t cost, const char *says) {
    return rebid_shared(f, cost, 1, says);
}

static void rebid__of_a_batch__message_bears_its_share_and_the_day_all(void **state) {
    struct fixture *f = *state;
    struct cw_config_policy *policy = &f->route_config.policy;
    make_lane(f);
    policy->max_gas = 100000;
    policy->daily_fee_budget = (struct cw_wei){cw_u256_from_u64(1000)};
    policy->max_message_fee = (struct cw_wei){cw_u256_from_u64(100)};
    assert_int_equal(rebid_shared(f, 1000, 10, ""), CW_LANE_REBID_OK);
    assert_int_equal(rebid_shared(f, 1000, 9, "max_message_fee"), CW_LANE_REBID_WAIT);
    assert_int_equal(rebid_shared(f, 1001, 20, "daily_fee_budget"), CW_LANE_REBID_WAIT);
}

static void rebid__of_a_message__as_it_and_the_policy_are_now(void **state) {
    struct fixture *f = *state;
    struct cw_config_policy *policy = &f->route_config.policy;
    make_lane(f);
    policy->max_gas = 100000;
    policy->daily_fee_budget = (struct cw_wei){cw_u256_from_u64(1000)};
    assert_int_equal(rebid_at(f, 1000, ""), CW_LANE_REBID_OK);
    assert_int_equal(rebid_at(f, 1001, "daily_fee_budget"), CW_LANE_REBID_WAIT);
    signing = 1;
    assert_int_equal(rebid_at(f, 1000, "daily_fee_budget"), CW_LANE_REBID_WAIT);
    signing = 0;
    policy->max_gas = 80000;
    assert_int_equal(rebid_at(f, 1, "max_gas"), CW_LANE_REBID_WAIT);
    policy->relay_all = false;
    assert_int_equal(rebid_at(f, 1, "not_listed"), CW_LANE_REBID_WAIT);
    policy->relay_all = true;
    move_to(f, CW_HELD, "by hand");
    assert_int_equal(rebid_at(f, 1, "held: by hand"), CW_LANE_REBID_WAIT);
    move_to(f, CW_DONE, "");
    assert_int_equal(rebid_at(f, 1, "done"), CW_LANE_REBID_CANCEL);
}

/* A root that came while the look was under way, and that it did not see. */
static void wait__for_what_came_meanwhile__looked_at_at_once(void **state) {
    struct fixture *f = *state;
    struct verdict *late = verdict_of(f, CW_WAIT);
    late->decision.wake = CW_WAKE_ROOT;
    f->route.wakes[CW_WAKE_ROOT]++;
    commit_verdict(f, late);
    assert_true(stored(f).due_ms <= wall_ms(&f->relay));
    struct verdict *fresh = verdict_of(f, CW_WAIT);
    fresh->decision.wake = CW_WAKE_ROOT;
    memcpy(fresh->wakes, f->route.wakes, sizeof fresh->wakes);
    commit_verdict(f, fresh);
    assert_true(stored(f).due_ms > wall_ms(&f->relay));
}

/* It may go on for ever, so that it is asked ever more rarely. */
static void retry_target__fails_again_and_again__pauses_up_to_an_hour(void **state) {
    (void)state;
    const struct cw_hash32 id = {{0}};
    uint64_t last = 0;
    for (uint32_t failures = 1; failures < 12; failures++) {
        uint64_t pause = retry_target_ms(failures, &id);
        assert_true(pause > last && pause <= 3600000);
        assert_true(failures > 6 || pause == retry_pause_ms(failures, &id));
        last = pause;
    }
    assert_int_equal(retry_target_ms(UINT32_MAX, &id), 3600000);
    assert_int_equal(retry_pause_ms(UINT32_MAX, &id), 300000);
}

int main(void) {
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_target__fails_again_and_again__pauses_up_to_an_hour),
        CASE(lane__says_no__message_waits),
        CASE(lane__says_no_of_what_an_operator_held__stays_held),
        CASE(lane__says_no_of_what_is_done__stays_done),
        CASE(upgrade__of_a_held_route__held_as_before),
        CASE(rollback__answers_about_replaced_blocks__forgotten),
        CASE(outcome__of_a_dead_message__looked_at_again),
        CASE(batch__of_large_messages__all_stored),
        CASE(past__events_of_contracts__passed_over),
        CASE(early__event_before_its_message__told_when_it_comes),
        CASE(early__its_block_is_gone__forgotten),
        CASE(past__event_read_again__held_as_it_is),
        CASE(batch__skips_and_reads_the_past__unread_as_it_says),
        CASE(reach__new_route_and_lowered_start__what_they_missed_is_unread),
        CASE(reach__first_batch__from_there_or_from_the_start_block),
        CASE(reach__block_before_it__not_shown),
        CASE(reach__read_before_it_was_prepared__read_again),
        CASE(reorg__within_finality__what_is_done_stays_done),
        CASE(reorg__beyond_final_on_settlement__held_told_and_looked_at_again),
        CASE(reorg__beyond_final_on_execution__held_and_gone),
        CASE(reorg__deeper_than_what_is_kept__all_that_is_settled_is_looked_at),
        CASE(reorg__of_both_chains__both_incidents_end_with_the_release),
        CASE(reorg__below_where_the_contracts_were_read__read_again),
        CASE(counted__number_of_no_message__kept_until_its_block_is_gone),
        CASE(turned__message__sent_on_settlement_and_delivered_on_execution),
        CASE(turned__transaction__told_on_the_destination),
        CASE(commit__that_fails__nothing_is_looked_at_for_a_while),
        CASE(act__that_is_not_ours__looked_at_rarely),
        CASE(rebid__of_a_batch__message_bears_its_share_and_the_day_all),
        CASE(rebid__of_a_message__as_it_and_the_policy_are_now),
        CASE(step__that_reverts_on_chain_thrice__held_until_released),
        CASE(step__held_for_its_failures_and_an_event_comes__not_sent_again),
        CASE(step__that_succeeds_and_does_nothing_thrice__held),
        CASE(step__that_succeeds_and_is_wanted_again__later_each_time_then_held),
        CASE(step__that_succeeded_a_while_ago__sent_again),
        CASE(step__in_a_final_block__settles_nothing_by_itself),
        CASE(wait__for_what_came_meanwhile__looked_at_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
