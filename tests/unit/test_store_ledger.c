/* The store: how long messages stay in a stage, what their steps cost, and lists by who sent them,
 * whom they call, and when. */
#include "store/ledger.h"

#include "store_fixture.h"

static void bucket__every_size__within_an_eighth(void **state) {
    (void)state;
    int last = -1;
    for (uint64_t ms = 0; ms < UINT64_C(1) << 40; ms = ms < 100 ? ms + 1 : ms + ms / 37) {
        const int bucket = cw_ledger_bucket(ms);
        const uint64_t middle = cw_ledger_bucket_middle(bucket);
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
    OK(cw_store_ledger(f->store, f->route, 0, &f->arena, &out, &f->error));
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
    assert_int_equal(l.steps[0].n, 3);
    assert_int_equal(l.steps[0].failed, 1);
    assert_int_equal(l.steps[0].gas, 3003);
    assert_int_equal(l.steps[0].raw_bytes, 15);
    const struct cw_u256 fee = cw_u256_from_u64(3003 * 7 + 3);
    assert_memory_equal(&l.steps[0].fee.v, &fee, sizeof fee);
}

/* A transaction in a block of that day. */
static struct cw_store_attempt attempt_of(struct fixture *f, int64_t message, const char *step,
                                          uint32_t n, uint64_t day) {
    struct cw_store_attempt a = {.message = message,
                                 .chain = f->l1,
                                 .nonce = n,
                                 .gas_limit = 200000,
                                 .raw = CW_LITERAL("12345"),
                                 .signed_ms = NOW + n,
                                 .hash = hash_of(n, 6),
                                 .success = true,
                                 .gas_used = 90000,
                                 .calldata_bytes = 900,
                                 .proof_nodes = 4,
                                 .proof_bytes = 700};
    snprintf(a.step, sizeof a.step, "%s", step);
    a.gas_price.v = cw_u256_from_u64(7);
    a.data_fee.v = cw_u256_from_u64(5);
    a.block = (struct cw_block_ref){{55}, hash_of(55, 3), day * CW_LEDGER_DAY_S + 17};
    return a;
}

static void add(struct fixture *f, struct cw_store_attempt *a) {
    OK(cw_store_attempt_add(f->store, a, &a->row, &f->error));
}

static void settle(struct fixture *f, struct cw_store_attempt *a, enum cw_attempt_state state) {
    a->state = state;
    OK(cw_store_attempt_update(f->store, a, &f->error));
}

static void assert_wei(const struct cw_wei *wei, uint64_t value) {
    char dec[CW_U256_DEC_SIZE];
    const struct cw_u256 wanted = cw_u256_from_u64(value);
    if (cw_u256_cmp(&wei->v, &wanted) != 0)
        fail_msg("%s, not %llu", cw_u256_to_dec(dec, &wei->v), (unsigned long long)value);
}

/* 90,000 gas at 7 wei and 5 wei for data, borne by three. */
static void attempt__shared__equal_shares_and_what_it_saved(void **state) {
    struct fixture *f = *state;
    struct cw_store_item items[3];
    for (uint32_t i = 0; i < 3; i++)
        items[i] = (struct cw_store_item){put(f, i), 40000 + i};
    struct cw_store_attempt a = attempt_of(f, 0, "finalize", 1, 3);
    a.items = items;
    a.items_n = 3;
    a.estimate = 95000;
    add(f, &a);
    settle(f, &a, CW_ATTEMPT_FINAL);
    const struct cw_store_ledger l = ledger(f);
    const struct cw_store_cost *c = &l.steps[0];
    assert_int_equal(l.steps_n, 1);
    assert_int_equal(c->transactions, 1);
    assert_int_equal(c->n, 3);
    assert_wei(&c->fee, 90000 * 7 + 5);
    assert_wei(&c->data_fee, 5);
    assert_int_equal(c->batches, 1);
    assert_int_equal(c->batched, 3);
    assert_int_equal(c->batched_gas, 90000);
    assert_int_equal(c->alone_gas, 120003);
    assert_int_equal(c->together_gas, 95000);
    assert_int_equal(c->calldata_bytes, 900);
    assert_int_equal(c->proof_nodes, 4);
    assert_int_equal(c->proof_bytes, 700);
    assert_int_equal(c->gas_each.p50, cw_ledger_bucket_middle(cw_ledger_bucket(30000)));
    assert_int_equal(c->fee_each.p99, cw_ledger_bucket_middle(cw_ledger_bucket(210001)));
    assert_int_equal(l.messages.n, 0); /* none of them is delivered */
    for (size_t i = 0; i < 3; i++)
        move_to(f, items[i].message, CW_STAGE_EXECUTED_FINAL, NOW + 9);
    const struct cw_store_ledger after = ledger(f);
    assert_int_equal(after.messages.n, 3);
    assert_int_equal(after.messages.transactions, 3);
    assert_int_equal(after.messages.gas, 90000);
    assert_wei(&after.messages.fee, 3 * 210001);
    assert_wei(&after.messages.data_fee, 3);
}

/* Whichever comes last counts it, and nothing counts it again. */
static void message__with_all_its_steps__counted_once(void **state) {
    struct fixture *f = *state;
    const int64_t message = put(f, 1);
    struct cw_store_attempt prove = attempt_of(f, message, "prove", 1, 3);
    struct cw_store_attempt finalize = attempt_of(f, message, "finalize", 2, 4);
    struct cw_store_attempt late = attempt_of(f, message, "late", 3, 4);
    add(f, &prove);
    settle(f, &prove, CW_ATTEMPT_FINAL);
    finalize.gas_used = 10000;
    finalize.success = false;
    add(f, &finalize);
    settle(f, &finalize, CW_ATTEMPT_INCLUDED);
    move_to(f, message, CW_STAGE_EXECUTED_FINAL, NOW + 9);
    assert_int_equal(ledger(f).messages.n, 0);
    settle(f, &finalize, CW_ATTEMPT_FINAL);
    settle(f, &finalize, CW_ATTEMPT_FINAL);
    const struct cw_store_ledger l = ledger(f);
    assert_int_equal(l.messages.n, 1);
    assert_int_equal(l.messages.transactions, 2);
    assert_int_equal(l.messages.failed, 1);
    assert_int_equal(l.messages.gas, 100000);
    assert_wei(&l.messages.fee, 100000 * 7 + 2 * 5);
    assert_int_equal(l.messages.gas_each.p50, cw_ledger_bucket_middle(cw_ledger_bucket(100000)));
    move_to(f, message, CW_STAGE_EXECUTED, NOW + 10);
    add(f, &late);
    move_to(f, message, CW_STAGE_EXECUTED_FINAL, NOW + 11);
    settle(f, &late, CW_ATTEMPT_FINAL);
    assert_int_equal(ledger(f).messages.n, 1);
    move_to(f, put(f, 2), CW_STAGE_EXECUTED_FINAL, NOW + 12); /* by a stranger */
    assert_int_equal(ledger(f).messages.n, 1);
}

/* Its first transaction was shared, which is read behind its own. */
static void message__proven_together_and_finalized_alone__of_its_last_day(void **state) {
    struct fixture *f = *state;
    struct cw_store_item item = {put(f, 1), 40000};
    struct cw_store_attempt prove = attempt_of(f, 0, "prove", 1, 3);
    struct cw_store_attempt finalize = attempt_of(f, item.message, "finalize", 2, 9);
    struct cw_store_ledger l;
    prove.items = &item;
    prove.items_n = 1;
    add(f, &prove);
    settle(f, &prove, CW_ATTEMPT_FINAL);
    add(f, &finalize);
    settle(f, &finalize, CW_ATTEMPT_FINAL);
    move_to(f, item.message, CW_STAGE_EXECUTED_FINAL, NOW + 9);
    OK(cw_store_ledger(f->store, f->route, 9, &f->arena, &l, &f->error));
    assert_int_equal(l.messages.n, 1);
    assert_int_equal(l.messages.transactions, 2);
}

static void days__from_one_on__only_what_was_since(void **state) {
    struct fixture *f = *state;
    struct cw_store_ledger l;
    for (uint32_t day = 1; day <= 5; day++) {
        struct cw_store_attempt a = attempt_of(f, put(f, day), "prove", day, day);
        a.gas_used = 1000u << day;
        add(f, &a);
        settle(f, &a, CW_ATTEMPT_FINAL);
    }
    OK(cw_store_ledger(f->store, f->route, 4, &f->arena, &l, &f->error));
    assert_int_equal(l.steps_n, 1);
    assert_int_equal(l.steps[0].n, 2);
    assert_int_equal(l.steps[0].gas, 16000 + 32000);
    assert_wei(&l.steps[0].fee, 48000 * 7 + 2 * 5);
    assert_int_equal(l.steps[0].gas_each.p50, cw_ledger_bucket_middle(cw_ledger_bucket(16000)));
    assert_int_equal(l.steps[0].gas_each.p99, cw_ledger_bucket_middle(cw_ledger_bucket(32000)));
    OK(cw_store_ledger(f->store, f->route, 6, &f->arena, &l, &f->error));
    assert_int_equal(l.steps_n, 0);
    assert_int_equal(ledger(f).steps[0].n, 5);
    move_to(f, put_seen(f, 9, 12), CW_STAGE_SAFE, NOW + 5);
    OK(cw_store_ledger(f->store, f->route, NOW / 1000 / CW_LEDGER_DAY_S, &f->arena, &l, &f->error));
    assert_int_equal(l.stages[CW_STAGE_SEEN].n, 1);
    OK(cw_store_ledger(f->store, f->route, NOW / 1000 / CW_LEDGER_DAY_S + 1, &f->arena, &l,
                       &f->error));
    assert_int_equal(l.stages[CW_STAGE_SEEN].n, 0);
}

static void attempts__by_route_and_time__newest_first_page_by_page(void **state) {
    struct fixture *f = *state;
    struct cw_store_attempt *list = NULL;
    struct cw_store_attempt_filter filter = {.limit = 2};
    size_t n = 0;
    for (uint32_t i = 1; i <= 3; i++) {
        struct cw_store_attempt a = attempt_of(f, put(f, i), "prove", i, 1);
        add(f, &a);
    }
    struct cw_store_attempt set_back = attempt_of(f, put(f, 4), "prove", 4, 1);
    set_back.signed_ms = NOW + 2; /* by a clock that was set back */
    add(f, &set_back);
    OK(cw_store_attempts(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].nonce, 3);
    assert_int_equal(list[1].nonce, 4);
    assert_int_equal(list[1].proof_bytes, 700);
    assert_int_equal(list[1].route, f->route);
    filter.before_row = list[1].row;
    OK(cw_store_attempts(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].nonce, 2);
    assert_int_equal(list[1].nonce, 1);
    filter.before_row = list[1].row;
    OK(cw_store_attempts(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    filter = (struct cw_store_attempt_filter){.route = f->route, .since_ms = NOW + 2, .limit = 9};
    OK(cw_store_attempts(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 3);
    filter.route = f->route + 1;
    OK(cw_store_attempts(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
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
        CASE(attempt__shared__equal_shares_and_what_it_saved),
        CASE(message__with_all_its_steps__counted_once),
        CASE(message__proven_together_and_finalized_alone__of_its_last_day),
        CASE(days__from_one_on__only_what_was_since),
        CASE(attempts__by_route_and_time__newest_first_page_by_page),
        CASE(stage__of_the_past__not_counted),
        CASE(clock__set_back__not_counted),
        CASE(attempt__that_becomes_final__counted_once),
        CASE(messages__by_sender_target_and_time__those_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
