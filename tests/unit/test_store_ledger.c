/* The store: how long messages stay in a stage, what their steps cost, and lists by who sent them,
 * whom they call, and when. */
#include "store/ledger.h"

#include "store_fixture.h"

static void bucket__every_size__within_an_eighth(void **state) {
    (void)state;
    int last = -1;
    for (uint64_t ms = 0; ms < UINT64_C(1) << 40; ms = ms < 100 ? ms + 1 : ms + ms / 37) {
        const int bucket = cw_ledger_bucket(ms);
        const uint64_t middle = cw_ledger_bucket_ms(bucket);
        const uint64_t off = middle > ms ? middle - ms : ms - middle;
        assert_true(bucket >= last && bucket < CW_LEDGER_BUCKETS);
        assert_true(off * 8 <= ms);
        last = bucket;
    }
    assert_int_equal(cw_ledger_bucket(UINT64_MAX), CW_LEDGER_BUCKETS - 1);
}

static void move_to(struct fixture *f, int64_t message, enum cw_stage stage, uint64_t now_ms) {
    const struct cw_store_transition t = {
        .message = message, .stage = stage, .condition = CW_WAITING, .reason = "r", .detail = ""};
    OK(cw_store_message_move(f->store, &t, now_ms, &f->error));
}

/* Seen so long after its block. */
static int64_t put_seen(struct fixture *f, uint32_t n, uint64_t late_s) {
    struct cw_store_message message = message_of(f, n);
    int64_t row = 0;
    bool is_new = false;
    message.m.source.timestamp_s = NOW / 1000 - late_s;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    return row;
}

static struct cw_store_ledger ledger(struct fixture *f) {
    struct cw_store_ledger out;
    OK(cw_store_ledger(f->store, f->route, &f->arena, &out, &f->error));
    return out;
}

static void stage__left__its_time_is_counted(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 100; i++) {
        const int64_t message = put_seen(f, i, 12);
        move_to(f, message, CW_STAGE_SEEN, NOW + 500); /* says nothing new of the stage */
        move_to(f, message, CW_STAGE_SAFE, NOW + 1000 * (i + 1));
        move_to(f, message, CW_STAGE_EXECUTED, NOW + 1000 * (i + 1) + 16);
        move_to(f, message, CW_STAGE_SAFE, NOW + 200000); /* with a block */
        move_to(f, message, CW_STAGE_EXECUTED, NOW + 200016);
        move_to(f, message, CW_STAGE_EXECUTED_FINAL, NOW + 200020);
    }
    const struct cw_store_ledger l = ledger(f);
    const struct cw_store_stage_time *seen = &l.stages[CW_STAGE_SEEN];
    assert_int_equal(seen->n, 100);
    assert_int_equal(seen->sum_ms, 5050 * 1000);
    assert_in_range(seen->p50_ms, 50000 * 7 / 8, 50000 * 9 / 8);
    assert_in_range(seen->p95_ms, 95000 * 7 / 8, 95000 * 9 / 8);
    assert_in_range(seen->p99_ms, 99000 * 7 / 8, 99000 * 9 / 8);
    assert_int_equal(l.stages[CW_STAGE_SAFE].n, 200);
    assert_in_range(l.stages[CW_STAGE_SAFE].p99_ms, 14, 18);
    assert_int_equal(l.stages[CW_STAGE_PROVEN].n, 0);
    assert_int_equal(l.stages[CW_STAGE_PROVEN].p50_ms, 0);
    assert_int_equal(l.stages[0].n, 200);
    assert_int_equal(l.stages[CW_STAGE_EXECUTED].n, 100);
}

/* A decision that knows nothing new of it leaves it as it was. */
static void earliest__kept_until_another_one_is_known(void **state) {
    struct fixture *f = *state;
    const int64_t message = put(f, 1);
    struct cw_store_message m;
    struct cw_store_transition t = {.message = message,
                                    .stage = CW_STAGE_SAFE,
                                    .condition = CW_WAITING,
                                    .reason = "r",
                                    .detail = "",
                                    .earliest_s = 777};
    OK(cw_store_message_move(f->store, &t, NOW + 5, &f->error));
    move_to(f, message, CW_STAGE_SAFE, NOW + 9);
    OK(cw_store_message_get(f->store, message, &f->arena, &m, &f->error));
    assert_int_equal(m.earliest_s, 777);
    assert_int_equal(m.stage_ms, NOW + 5);
    t.earliest_s = 700;
    OK(cw_store_message_move(f->store, &t, NOW + 10, &f->error));
    OK(cw_store_message_get(f->store, message, &f->arena, &m, &f->error));
    assert_int_equal(m.earliest_s, 700);
}

/* When it reached its stages nobody knows here. */
static void stage__of_the_past__not_counted(void **state) {
    struct fixture *f = *state;
    move_to(f, put_seen(f, 1, 3601), CW_STAGE_EXECUTED, NOW + 5);
    assert_int_equal(ledger(f).stages[CW_STAGE_SEEN].n, 0);
    assert_int_equal(ledger(f).stages[0].n, 0);
    move_to(f, put_seen(f, 2, 3600), CW_STAGE_EXECUTED, NOW + 5);
    assert_int_equal(ledger(f).stages[CW_STAGE_SEEN].n, 1);
    assert_int_equal(ledger(f).stages[0].n, 1);
}

static void clock__set_back__not_counted(void **state) {
    struct fixture *f = *state;
    const int64_t message = put_seen(f, 1, 12);
    move_to(f, message, CW_STAGE_SAFE, NOW - 5);
    assert_int_equal(ledger(f).stages[CW_STAGE_SEEN].n, 0);
}

static void attempt__that_becomes_final__counted_once(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_attempt a = {.message = put(f, i),
                                     .chain = f->l1,
                                     .nonce = i,
                                     .gas_limit = 200000,
                                     .raw = CW_LITERAL("12345"),
                                     .signed_ms = NOW,
                                     .step = "prove",
                                     .hash = hash_of(i, 6)};
        OK(cw_store_attempt_add(f->store, &a, &a.row, &f->error));
        a.block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
        a.gas_used = 1000 + i;
        a.gas_price.v = cw_u256_from_u64(7);
        a.data_fee.v = cw_u256_from_u64(1);
        a.success = i != 2;
        a.state = CW_ATTEMPT_INCLUDED;
        OK(cw_store_attempt_update(f->store, &a, &f->error));
        assert_int_equal(ledger(f).steps_n, i > 0);
        a.state = CW_ATTEMPT_FINAL;
        OK(cw_store_attempt_update(f->store, &a, &f->error));
        OK(cw_store_attempt_update(f->store, &a, &f->error));
    }
    const struct cw_store_ledger l = ledger(f);
    assert_int_equal(l.steps_n, 1);
    assert_string_equal(l.steps[0].step, "prove");
    assert_int_equal(l.steps[0].transactions, 3);
    assert_int_equal(l.steps[0].steps, 3);
    assert_int_equal(l.steps[0].failed, 1);
    assert_int_equal(l.steps[0].gas, 3003);
    assert_int_equal(l.steps[0].bytes, 15);
    const struct cw_u256 fee = cw_u256_from_u64(3003 * 7 + 3);
    assert_memory_equal(&l.steps[0].fee.v, &fee, sizeof fee);
}

static size_t listed(struct fixture *f, const struct cw_store_message_filter *filter) {
    struct cw_store_message *list = NULL;
    size_t n = 0;
    OK(cw_store_messages(f->store, filter, &f->arena, &list, &n, &f->error));
    for (size_t i = 1; i < n; i++)
        assert_true(list[i].row < list[i - 1].row);
    return n;
}

static void messages__by_sender_target_and_time__those_only(void **state) {
    struct fixture *f = *state;
    struct cw_store_message *all = NULL;
    size_t n = 0;
    for (uint32_t i = 0; i < 10; i++)
        (void)put(f, i);
    const struct cw_store_message_filter any = {.limit = 100};
    OK(cw_store_messages(f->store, &any, &f->arena, &all, &n, &f->error));
    assert_int_equal(n, 10);
    const struct cw_store_message *m = &all[4];
    size_t senders = 0, targets = 0, times = 0;
    for (size_t i = 0; i < n; i++) {
        senders += cw_addr20_equal(&all[i].m.summary.sender, &m->m.summary.sender);
        targets += cw_addr20_equal(&all[i].m.summary.target, &m->m.summary.target);
        times += all[i].m.source.timestamp_s == m->m.source.timestamp_s;
    }
    struct cw_store_message_filter filter = {.limit = 100, .sender = &m->m.summary.sender};
    assert_int_equal(listed(f, &filter), senders);
    filter.target = &m->m.summary.target;
    assert_in_range(listed(f, &filter), 1, senders < targets ? senders : targets);
    const struct cw_addr20 nobody = {{0xee}};
    filter.target = &nobody;
    assert_int_equal(listed(f, &filter), 0);
    filter = (struct cw_store_message_filter){.limit = 100, .target = &m->m.summary.target};
    assert_int_equal(listed(f, &filter), targets);
    filter = (struct cw_store_message_filter){
        .limit = 100, .from_s = m->m.source.timestamp_s, .to_s = m->m.source.timestamp_s + 1};
    assert_int_equal(listed(f, &filter), times);
    filter.before_row = all[9].row;
    assert_int_equal(listed(f, &filter), 0);
    filter = (struct cw_store_message_filter){
        .limit = 100, .sender = &m->m.summary.sender, .by_stage = true, .stage = CW_STAGE_PROVEN};
    assert_int_equal(listed(f, &filter), 0);
    filter.stage = CW_STAGE_SEEN;
    assert_int_equal(listed(f, &filter), senders);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bucket__every_size__within_an_eighth),
        CASE(stage__left__its_time_is_counted),
        CASE(earliest__kept_until_another_one_is_known),
        CASE(stage__of_the_past__not_counted),
        CASE(clock__set_back__not_counted),
        CASE(attempt__that_becomes_final__counted_once),
        CASE(messages__by_sender_target_and_time__those_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
