/* What is told of chains that stand still, of messages that take too long, of signers with little
 * left or whose key somebody else uses, and of budgets that are spent, over a real store: heads,
 * balances, nonces and the clock are the test's own. */
#include "tx/ask.h"
#include "work/internal.h"

#include "fake_clock.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000000u

static struct {
    bool known;
    struct cw_heads heads; /* of l2; l1 has none */
    bool open;             /* a question for a balance is, */
    struct cw_addr20 about;
    unsigned asked;
    struct cw_quorum_request request;
    bool counts; /* a question for a nonce is open */
    unsigned counted;
    struct cw_quorum_request count;
    uint64_t lane_nonce; /* that the lane was told of */
    struct cw_lane_status lane;
} world;

struct fixture {
    struct temp temp;
    char path[512], relayer_dir[512];
    struct cw_error error;
    struct cw_arena arena;
    struct fake_clock clock;
    struct cw_loop *loop;
    struct cw_config config;
    struct cw_config_chain chain_configs[2];
    struct cw_config_signer signer_config;
    struct cw_config_route route_config;
    struct chain chains[2];
    struct lane_slot lane;
    struct route route;
    struct cw_relay relay;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

/* --- the world -------------------------------------------------------------------------------- */

const struct cw_heads *cw_watch_heads(const struct cw_watch *watch) {
    return watch && world.known ? &world.heads : NULL;
}

struct cw_quorum *cw_ask_account(struct cw_rpc *rpc, const struct cw_config_chain *chain,
                                 const struct cw_addr20 *address, const struct cw_hash32 *at,
                                 struct cw_quorum_request request) {
    (void)rpc;
    assert_string_equal(chain->name, "l2");
    assert_memory_equal(at, &world.heads.latest.hash, sizeof *at);
    if (strcmp(request.method, "eth_getTransactionCount") == 0) {
        assert_false(world.counts);
        assert_memory_equal(address->b, world.lane.address.b, sizeof address->b);
        world.counts = true;
        world.count = request;
        world.counted++;
        return (struct cw_quorum *)(void *)&world.count;
    }
    assert_false(world.open);
    assert_string_equal(request.method, "eth_getBalance");
    world.open = true;
    world.about = *address;
    world.request = request;
    world.asked++;
    return (struct cw_quorum *)(void *)&world;
}

enum cw_err cw_ask_check_u256(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    (void)value;
    (void)error;
    return CW_OK;
}

enum cw_err cw_ask_check_u64(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    (void)value;
    (void)error;
    return CW_OK;
}

void cw_quorum_cancel(struct cw_quorum *quorum) {
    (void)quorum;
}

void cw_lane_chain_nonce(struct cw_lane *lane, uint64_t nonce) {
    assert_ptr_equal(lane, &world.lane);
    world.lane_nonce = nonce;
}

void cw_lane_status(const struct cw_lane *lane, struct cw_lane_status *ret) {
    assert_ptr_equal(lane, &world.lane);
    *ret = world.lane;
}

const struct cw_addr20 *cw_lane_address(const struct cw_lane *lane) {
    assert_ptr_equal(lane, &world.lane);
    return &world.lane.address;
}

/* A question that is open is answered: a JSON string, or nothing. */
static void answer_to(struct fixture *f, const struct cw_quorum_request *request, bool *open,
                      const char *value) {
    struct cw_json_doc *doc = NULL;
    struct cw_rpc_result result = {.err = value ? CW_OK : CW_ERR_TRANSPORT, .text = "no answer"};
    assert_true(*open);
    *open = false;
    if (value) {
        OK(cw_json_parse(&doc, cw_slice_of(value, strlen(value)), false, &f->error));
        result.value = cw_json_root(doc);
    }
    request->done(request->ctx, &result);
    cw_json_free(doc);
}

static void answer(struct fixture *f, const char *value) {
    answer_to(f, &world.request, &world.open, value);
}

static void answer_count(struct fixture *f, const char *value) {
    answer_to(f, &world.count, &world.counts, value);
}

/* --- the fixture ------------------------------------------------------------------------------ */

static const struct cw_adapter_ops ops = {
    .name = "slow", .direction = "down", .source = CW_SETTLEMENT};

static void no_line(void *ctx, enum cw_log_level level, const char *line) {
    (void)ctx;
    (void)level;
    (void)line;
}

/* The process begins, again. */
static void start(struct fixture *f) {
    static const char *const names[2] = {"l1", "l2"};
    static const size_t signers[] = {0};
    if (f->relay.store) {
        money_free(&f->relay);
        cw_store_close(f->relay.store);
    }
    world.open = world.counts = false;
    f->config = (struct cw_config){.chains_n = 2,
                                   .signers = &f->signer_config,
                                   .signers_n = 1,
                                   .routes_n = 1,
                                   .look_every_s = 24,
                                   .relayer_data_dir = f->relayer_dir};
    f->signer_config.name = "main";
    f->route_config.name = "slow";
    f->route_config.adapter = &ops;
    f->route_config.signers = signers;
    f->route_config.signers_n = 1;
    f->relay = (struct cw_relay){.loop = f->loop,
                                 .config = &f->config,
                                 .chains = f->chains,
                                 .chains_n = 2,
                                 .routes = &f->route,
                                 .routes_n = 1};
    OK(cw_store_open(&f->relay.store, f->path, CW_STORE_WRITE, NOW, &f->error));
    for (size_t i = 0; i < 2; i++) {
        f->chain_configs[i].name = names[i];
        f->chain_configs[i].symbol = "ETH";
        f->chain_configs[i].decimals = 18;
        f->chains[i] = (struct chain){.relay = &f->relay, .config = &f->chain_configs[i]};
        OK(cw_store_chain(f->relay.store, names[i], (struct cw_chain_id){900 + i},
                          &f->chains[i].row, &f->error));
        OK(stalls_new(&f->chains[i], &f->error));
    }
    f->chains[1].watch = (struct cw_watch *)(void *)&world;
    f->route = (struct route){.relay = &f->relay,
                              .config = &f->route_config,
                              .subject = "route slow",
                              .chains = {&f->chains[0], &f->chains[1]}};
    OK(cw_store_route(f->relay.store, "slow", &ops, f->chains[0].row, f->chains[1].row,
                      &f->route.row, &f->error));
    f->lane = (struct lane_slot){.lane = (struct cw_lane *)(void *)&world.lane,
                                 .chain = &f->chains[1]};
    f->relay.lanes = &f->lane;
    f->relay.lanes_n = 1;
    OK(money_new(&f->relay, &f->error));
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    memset(&world, 0, sizeof world);
    world.lane = (struct cw_lane_status){.address = {{0xab}}, .trouble = "", .no_funds = ""};
    cw_log_redirect(no_line, NULL);
    temp_make(&f->temp);
    temp_path(&f->temp, "causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    fake_clock_init(&f->clock);
    OK(cw_loop_new(&f->loop, &f->clock.clock, &f->error));
    start(f);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    money_free(&f->relay);
    cw_store_close(f->relay.store);
    cw_loop_free(f->loop);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    cw_log_redirect(NULL, NULL);
    free(f);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* That many seconds pass. */
static void pass(struct fixture *f, uint64_t s) {
    f->clock.now_ms += s * 1000;
    stalls_look(&f->relay);
    overdue_look(&f->relay);
    money_look(&f->relay);
}

/* l2's newest block, its time, and its final block: the store is told, and a second passes. */
static void heads(struct fixture *f, uint64_t latest, uint64_t time_s, uint64_t final) {
    world.known = true;
    world.heads.latest = (struct cw_block_ref){{latest}, {{(uint8_t)latest}}, time_s};
    world.heads.final.number.v = final;
    OK(cw_store_heads_set(f->relay.store, f->chains[1].row, &world.heads, NOW, &f->error));
    pass(f, 1);
}

/* The newest of that kind, open or over; NULL: there never was one. */
static const struct cw_store_incident *newest(struct fixture *f, enum cw_incident_kind kind,
                                              size_t *ret_n) {
    struct cw_store_incident *list = NULL;
    const struct cw_store_incident *found = NULL;
    size_t n = 0;
    *ret_n = 0;
    OK(cw_store_incidents(f->relay.store, false, 100, &f->arena, &list, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        if (list[i].kind == kind) {
            (*ret_n)++;
            found = !found || list[i].row > found->row ? &list[i] : found;
        }
    return found;
}

static void assert_open(struct fixture *f, enum cw_incident_kind kind, enum cw_severity severity,
                        const char *subject, const char *text) {
    size_t n = 0;
    const struct cw_store_incident *in = newest(f, kind, &n);
    assert_int_equal(n, 1);
    assert_int_equal(in->resolved_ms, 0);
    assert_int_equal(in->severity, severity);
    assert_string_equal(in->subject, subject);
    if (strstr(in->text, text) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", in->text, text);
}

static void assert_over(struct fixture *f, enum cw_incident_kind kind, const char *why) {
    size_t n = 0;
    const struct cw_store_incident *in = newest(f, kind, &n);
    assert_int_equal(n, 1);
    assert_true(in->resolved_ms > 0);
    assert_string_equal(in->resolution, why);
}

static void assert_none(struct fixture *f, enum cw_incident_kind kind) {
    size_t n = 0;
    assert_null(newest(f, kind, &n));
}

/* --- the head --------------------------------------------------------------------------------- */

static void head__stands_still__told_until_a_block_comes(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_head_pause_s = 600;
    heads(f, 70, 5000, 60);
    pass(f, 599);
    assert_none(f, CW_INCIDENT_HEAD_STALLED);
    pass(f, 1);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_WARNING, "l2",
                "no block after 70 came for more than 600 s: the endpoints answer, and have none");
    pass(f, 100);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_WARNING, "l2", "no block after 70");
    heads(f, 71, 5001, 60);
    assert_over(f, CW_INCIDENT_HEAD_STALLED, "block 71 came");
    pass(f, 598);
    assert_over(f, CW_INCIDENT_HEAD_STALLED, "block 71 came");
}

/* Nothing is seen at all: worse, and no reason to think that it is over when this begins anew. */
static void head__of_which_nobody_tells__critical_over_restarts(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_head_pause_s = 600;
    heads(f, 70, 5000, 60);
    snprintf(f->chains[1].trouble, sizeof f->chains[1].trouble, "one.example: timed out");
    pass(f, 600);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_CRITICAL, "l2", "one.example: timed out");
    start(f);
    world.known = false;
    pass(f, 1);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_CRITICAL, "l2", "timed out");
    heads(f, 70, 5000, 60); /* the same one is no news */
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_CRITICAL, "l2", "timed out");
    pass(f, 600);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_WARNING, "l2", "have none");
    snprintf(f->chains[1].trouble, sizeof f->chains[1].trouble, "the signer is gone");
    f->chains[1].trouble_is_a_signers = true;
    pass(f, 1);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_WARNING, "l2", "have none");
    heads(f, 71, 5001, 60);
    assert_over(f, CW_INCIDENT_HEAD_STALLED, "block 71 came");
}

static void head__never_seen__told_too(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_head_pause_s = 600;
    snprintf(f->chains[1].trouble, sizeof f->chains[1].trouble, "refused");
    pass(f, 599);
    assert_none(f, CW_INCIDENT_HEAD_STALLED);
    pass(f, 1);
    assert_open(f, CW_INCIDENT_HEAD_STALLED, CW_SEVERITY_CRITICAL, "l2", "no block after 0");
}

static void head__without_a_limit__not_told_of(void **state) {
    struct fixture *f = *state;
    heads(f, 70, 5000, 60);
    pass(f, 1000000);
    assert_none(f, CW_INCIDENT_HEAD_STALLED);
    f->chain_configs[1].max_head_pause_s = 600;
    pass(f, 1);
    f->chain_configs[1].max_head_pause_s = 0; /* another configuration */
    pass(f, 1);
    assert_over(f, CW_INCIDENT_HEAD_STALLED, "max_head_pause_s is 0 now");
}

/* --- what is final ---------------------------------------------------------------------------- */

static void final__stands_still_while_blocks_come__told_until_one_is_final(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_final_pause_s = 3600;
    heads(f, 70, 5000, 60);
    for (uint64_t s = 12; s < 3600; s += 12) {
        heads(f, 70 + s / 12, 5000 + s, 60);
        assert_none(f, CW_INCIDENT_FINALITY_STALLED);
    }
    heads(f, 370, 8600, 60);
    assert_open(f, CW_INCIDENT_FINALITY_STALLED, CW_SEVERITY_WARNING, "l2",
                "block 60 is the newest final one since 5000 by the chain's clock, and for more "
                "than 3600 s newer blocks came");
    heads(f, 371, 8612, 61);
    assert_over(f, CW_INCIDENT_FINALITY_STALLED, "block 61 is final");
}

/* The head does not move either: that is another incident. */
static void final__of_a_chain_that_stands_still__not_told_of(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_final_pause_s = 3600;
    heads(f, 70, 5000, 60);
    pass(f, 100000);
    assert_none(f, CW_INCIDENT_FINALITY_STALLED);
}

static void final__whose_clock_leaps__given_a_minute(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_final_pause_s = 3600;
    heads(f, 70, 5000, 60);
    heads(f, 71, 605000, 60);
    pass(f, 57);
    assert_none(f, CW_INCIDENT_FINALITY_STALLED);
    pass(f, 2);
    assert_open(f, CW_INCIDENT_FINALITY_STALLED, CW_SEVERITY_WARNING, "l2", "block 60");
}

static void final__seen_by_an_earlier_process__counts_from_then(void **state) {
    struct fixture *f = *state;
    f->chain_configs[1].max_final_pause_s = 3600;
    heads(f, 70, 5000, 60);
    heads(f, 200, 8000, 60);
    start(f);
    heads(f, 370, 8600, 60);
    pass(f, 60);
    assert_open(f, CW_INCIDENT_FINALITY_STALLED, CW_SEVERITY_WARNING, "l2", "since 5000");
    start(f);
    heads(f, 371, 8612, 60);
    assert_open(f, CW_INCIDENT_FINALITY_STALLED, CW_SEVERITY_WARNING, "l2", "since 5000");
    start(f);
    heads(f, 372, 8624, 62);
    assert_over(f, CW_INCIDENT_FINALITY_STALLED, "block 62 is final");
}

/* --- messages --------------------------------------------------------------------------------- */

static int64_t put_message(struct fixture *f, uint8_t id, uint64_t sent_s) {
    struct cw_store_message message = {.route = f->route.row};
    int64_t row = 0;
    bool is_new = false;
    message.m.id.b[0] = id;
    message.m.source = (struct cw_block_ref){{100}, {{3}}, sent_s};
    message.m.payload = CW_LITERAL("payload");
    OK(cw_store_message_put(f->relay.store, &message, NOW, &row, &is_new, &f->error));
    return row;
}

static void move(struct fixture *f, int64_t row, enum cw_stage stage, enum cw_condition condition,
                 const char *reason) {
    const struct cw_store_transition t = {
        .message = row, .stage = stage, .condition = condition, .reason = reason, .detail = ""};
    OK(cw_store_message_move(f->relay.store, &t, NOW, &f->error));
}

static void message__not_delivered_in_time__told_until_it_is(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.max_delivery_s = 1000;
    const int64_t one = put_message(f, 0x1d, 4000), two = put_message(f, 0x2d, 4100);
    move(f, one, CW_STAGE_ROOT_COMMITTED, CW_HELD, "over_max_gas");
    move(f, two, CW_STAGE_SOURCE_FINAL, CW_WAITING, "no_root");
    heads(f, 70, 4999, 60);
    pass(f, 5);
    assert_none(f, CW_INCIDENT_OVERDUE);
    heads(f, 71, 5000, 60);
    pass(f, 5);
    assert_open(f, CW_INCIDENT_OVERDUE, CW_SEVERITY_WARNING, "slow",
                "1 message not delivered within 1000 s (max_delivery_s); the oldest: 0x1d0000");
    assert_open(f, CW_INCIDENT_OVERDUE, CW_SEVERITY_WARNING, "slow",
                "sent at 4000, held: over_max_gas");
    heads(f, 72, 5100, 60);
    pass(f, 5);
    assert_open(f, CW_INCIDENT_OVERDUE, CW_SEVERITY_WARNING, "slow", "2 messages");
    move(f, one, CW_STAGE_EXECUTED, CW_WAITING, "");
    pass(f, 5);
    assert_open(f, CW_INCIDENT_OVERDUE, CW_SEVERITY_WARNING, "slow", "waiting: no_root");
    start(f);
    move(f, two, CW_STAGE_ROOT_COMMITTED, CW_DEAD, "expired");
    pass(f, 5);
    assert_over(f, CW_INCIDENT_OVERDUE, "all that was overdue is delivered, or given up");
}

/* What is not final may never be, and what the policy keeps back is nobody's delay. */
static void message__not_final_or_not_ours__not_overdue(void **state) {
    struct fixture *f = *state;
    f->route_config.policy.max_delivery_s = 1000;
    move(f, put_message(f, 1, 4000), CW_STAGE_SAFE, CW_WAITING, "not_final");
    move(f, put_message(f, 2, 4000), CW_STAGE_ROOT_COMMITTED, CW_WAITING, "denied");
    move(f, put_message(f, 3, 4000), CW_STAGE_ROOT_COMMITTED, CW_WAITING, "not_listed");
    heads(f, 71, 9000, 60);
    pass(f, 5);
    assert_none(f, CW_INCIDENT_OVERDUE);
    move(f, put_message(f, 4, 4000), CW_STAGE_ROOT_COMMITTED, CW_WAITING, "observed_only");
    pass(f, 5);
    assert_open(f, CW_INCIDENT_OVERDUE, CW_SEVERITY_WARNING, "slow", "1 message");
    f->route_config.policy.max_delivery_s = 0;
    pass(f, 5);
    assert_over(f, CW_INCIDENT_OVERDUE, "max_delivery_s is 0 now");
}

/* --- funds ------------------------------------------------------------------------------------ */

#define SUBJECT "l2/0xab00000000000000000000000000000000000000"

static void funds__below_the_limit__told_until_there_is_more(void **state) {
    struct fixture *f = *state;
    f->signer_config.low_funds.v = cw_u256_from_u64(2000000000000000000u);
    pass(f, 1); /* nothing is known of the chain yet */
    assert_int_equal(world.asked, 0);
    heads(f, 70, 5000, 60);
    assert_int_equal(world.asked, 1);
    assert_int_equal(world.about.b[0], 0xab);
    answer(f, "\"0x1bc16d674ec80000\"");
    pass(f, 599);
    assert_int_equal(world.asked, 1);
    assert_none(f, CW_INCIDENT_LOW_FUNDS);
    pass(f, 1);
    answer(f, "\"0x1bc16d674ec7ffff\"");
    pass(f, 1);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT,
                "signer main has 1.999999 ETH, less than low_funds of 2 ETH");
    pass(f, 600);
    answer(f, NULL); /* no news */
    pass(f, 1);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT, "1.99");
    start(f);
    heads(f, 71, 5001, 60);
    pass(f, 1);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT, "1.99");
    answer(f, "\"0x29a2241af62c0000\"");
    pass(f, 1);
    assert_over(f, CW_INCIDENT_LOW_FUNDS, "it has 3 ETH");
}

/* The one row of the store: what there is, and the limit. */
static void assert_funds(struct fixture *f, uint64_t balance, uint64_t low) {
    struct cw_store_funds *list = NULL;
    size_t n = 0;
    OK(cw_store_funds(f->relay.store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    const struct cw_u256 has = cw_u256_from_u64(balance), least = cw_u256_from_u64(low);
    assert_int_equal(list->chain, f->chains[1].row);
    assert_int_equal(list->address.b[0], 0xab);
    assert_string_equal(list->signer, "main");
    assert_int_equal(cw_u256_cmp(&list->balance.v, &has), 0);
    assert_int_equal(cw_u256_cmp(&list->low.v, &least), 0);
}

static void funds__that_are_known__in_the_store_until_the_next_start(void **state) {
    struct fixture *f = *state;
    struct cw_store_funds *list = NULL;
    size_t n = 1;
    heads(f, 70, 5000, 60);
    OK(cw_store_funds(f->relay.store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    world.lane.balance_known = true;
    world.lane.balance.v = cw_u256_from_u64(999);
    pass(f, 1);
    assert_funds(f, 999, 0);
    world.lane.balance.v = cw_u256_from_u64(998);
    pass(f, 1);
    assert_funds(f, 998, 0);
    f->signer_config.low_funds.v = cw_u256_from_u64(5);
    pass(f, 1);
    assert_funds(f, 998, 5);
    start(f);
    OK(cw_store_funds(f->relay.store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
}

/* Its lane asks for each transaction: sooner. */
static void funds__that_the_lane_read__count(void **state) {
    struct fixture *f = *state;
    f->signer_config.low_funds.v = cw_u256_from_u64(1000);
    heads(f, 70, 5000, 60);
    answer(f, "\"0x1000\"");
    world.lane.balance_known = true;
    world.lane.balance.v = cw_u256_from_u64(999);
    pass(f, 1);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT, "has 999 wei");
    pass(f, 600);
    answer(f, "\"0x1000\"");
    pass(f, 1);
    assert_over(f, CW_INCIDENT_LOW_FUNDS, "it has 4096 wei");
}

static void funds__that_a_message_waits_for__told_without_a_limit(void **state) {
    struct fixture *f = *state;
    heads(f, 70, 5000, 60);
    world.lane.no_funds = "insufficient funds: has 1 wei";
    pass(f, 1);
    assert_int_equal(world.asked, 0);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT,
                "signer main: insufficient funds: has 1 wei");
    start(f);
    world.lane.no_funds = ""; /* no message was tried yet */
    pass(f, 599);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING, SUBJECT, "insufficient");
    pass(f, 1);
    assert_over(f, CW_INCIDENT_LOW_FUNDS, "it has what is needed");
}

/* A monitor has no lane, and knows the addresses that are written. */
static void funds__of_a_monitor__by_the_written_address(void **state) {
    struct fixture *f = *state;
    f->signer_config.address = (struct cw_addr20){{0xcd}};
    f->signer_config.low_funds.v = cw_u256_from_u64(1000);
    money_free(&f->relay);
    f->relay.lanes_n = f->relay.purses_n = 0;
    OK(money_new(&f->relay, &f->error));
    heads(f, 70, 5000, 60);
    assert_int_equal(world.about.b[0], 0xcd);
    answer(f, "\"0x1\"");
    pass(f, 1);
    assert_open(f, CW_INCIDENT_LOW_FUNDS, CW_SEVERITY_WARNING,
                "l2/0xcd00000000000000000000000000000000000000", "has 1 wei");
    f->signer_config.address = (struct cw_addr20){{0}};
    money_free(&f->relay);
    f->relay.purses_n = 0;
    OK(money_new(&f->relay, &f->error));
    assert_int_equal(f->relay.purses_n, 0);
}

/* --- nonces ----------------------------------------------------------------------------------- */

static void nonce__of_a_lane__handed_to_it_as_often_as_is_looked(void **state) {
    struct fixture *f = *state;
    pass(f, 1);
    assert_int_equal(world.counted, 0); /* no head is known */
    heads(f, 70, 5000, 60);
    assert_int_equal(world.counted, 1);
    pass(f, 30);
    assert_int_equal(world.counted, 1);
    answer_count(f, "\"0x5\"");
    assert_int_equal(world.lane_nonce, 5);
    pass(f, 1);
    assert_int_equal(world.counted, 2);
    answer_count(f, NULL);
    assert_int_equal(world.lane_nonce, 5);
    pass(f, 23);
    assert_int_equal(world.counted, 2);
    pass(f, 1);
    assert_int_equal(world.counted, 3);
    assert_none(f, CW_INCIDENT_FOREIGN_NONCE); /* the lane tells */
}

/* A monitor beside the relayer, whose database has sent nothing yet with the key. */
static struct cw_store *monitor_beside(struct fixture *f, int64_t *ret_chain) {
    struct cw_store *relayer = NULL;
    char path[600];
    temp_path(&f->temp, "relayer", f->relayer_dir, sizeof f->relayer_dir);
    snprintf(path, sizeof path, "%s/causeway.db", f->relayer_dir);
    OK(cw_store_open(&relayer, path, CW_STORE_WRITE, NOW, &f->error));
    OK(cw_store_chain(relayer, "of another name", (struct cw_chain_id){901}, ret_chain, &f->error));
    start(f);
    money_free(&f->relay);
    f->relay.lanes_n = f->relay.purses_n = 0;
    f->signer_config.address = world.lane.address;
    f->chain_configs[1].chain_id = 901;
    OK(money_new(&f->relay, &f->error));
    heads(f, 70, 5000, 60);
    return relayer;
}

static void nonce__beyond_the_relayers__told_by_a_monitor(void **state) {
    struct fixture *f = *state;
    int64_t chain = 0;
    struct cw_store *relayer = monitor_beside(f, &chain);
    answer_count(f, "\"0x7\""); /* the relayer never used the key: it may be older than its store */
    assert_none(f, CW_INCIDENT_FOREIGN_NONCE);
    OK(cw_store_lane_advance(relayer, chain, &world.lane.address, 7, &f->error));
    pass(f, 24);
    answer_count(f, "\"0x7\"");
    assert_none(f, CW_INCIDENT_FOREIGN_NONCE);
    pass(f, 24);
    answer_count(f, "\"0x9\"");
    assert_open(f, CW_INCIDENT_FOREIGN_NONCE, CW_SEVERITY_CRITICAL,
                "l2/0xab00000000000000000000000000000000000000", "nonces 7 to 8 of signer main");
    OK(cw_store_lane_advance(relayer, chain, &world.lane.address, 9, &f->error));
    pass(f, 24);
    answer_count(f, "\"0x9\"");
    assert_over(f, CW_INCIDENT_FOREIGN_NONCE, "the relayer knows of all of its transactions");
    cw_store_close(relayer);
}

static void nonce__while_the_relayer_can_not_be_read__not_told(void **state) {
    struct fixture *f = *state;
    int64_t chain = 0;
    cw_store_close(monitor_beside(f, &chain));
    snprintf(f->relayer_dir, sizeof f->relayer_dir, "/nowhere");
    answer_count(f, "\"0x9\"");
    assert_none(f, CW_INCIDENT_FOREIGN_NONCE);
    f->relayer_dir[0] = '\0'; /* none is named: nobody is asked */
    pass(f, 100);
    assert_int_equal(world.counted, 1);
}

/* --- budgets ---------------------------------------------------------------------------------- */

static void budget__that_is_spent__told_until_something_is_signed(void **state) {
    struct fixture *f = *state;
    money_over_budget(&f->route, "may cost 1 ETH, over daily_fee_budget");
    assert_open(f, CW_INCIDENT_BUDGET_SPENT, CW_SEVERITY_WARNING, "slow",
                "a message waits: may cost 1 ETH, over daily_fee_budget");
    start(f);
    pass(f, 899);
    assert_open(f, CW_INCIDENT_BUDGET_SPENT, CW_SEVERITY_WARNING, "slow", "may cost");
    money_spent(&f->route);
    assert_over(f, CW_INCIDENT_BUDGET_SPENT, "a transaction was signed again");
}

static void budget__for_which_nothing_waits__over(void **state) {
    struct fixture *f = *state;
    money_over_budget(&f->route, "too much");
    pass(f, 800);
    money_over_budget(&f->route, "too much");
    pass(f, 899);
    assert_open(f, CW_INCIDENT_BUDGET_SPENT, CW_SEVERITY_WARNING, "slow", "too much");
    pass(f, 1);
    assert_over(f, CW_INCIDENT_BUDGET_SPENT, "no message waits for it any longer");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(head__stands_still__told_until_a_block_comes),
        CASE(head__of_which_nobody_tells__critical_over_restarts),
        CASE(head__never_seen__told_too),
        CASE(head__without_a_limit__not_told_of),
        CASE(final__stands_still_while_blocks_come__told_until_one_is_final),
        CASE(final__of_a_chain_that_stands_still__not_told_of),
        CASE(final__whose_clock_leaps__given_a_minute),
        CASE(final__seen_by_an_earlier_process__counts_from_then),
        CASE(message__not_delivered_in_time__told_until_it_is),
        CASE(message__not_final_or_not_ours__not_overdue),
        CASE(funds__below_the_limit__told_until_there_is_more),
        CASE(funds__that_are_known__in_the_store_until_the_next_start),
        CASE(funds__that_the_lane_read__count),
        CASE(funds__that_a_message_waits_for__told_without_a_limit),
        CASE(funds__of_a_monitor__by_the_written_address),
        CASE(nonce__of_a_lane__handed_to_it_as_often_as_is_looked),
        CASE(nonce__beyond_the_relayers__told_by_a_monitor),
        CASE(nonce__while_the_relayer_can_not_be_read__not_told),
        CASE(budget__that_is_spent__told_until_something_is_signed),
        CASE(budget__for_which_nothing_waits__over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
