/* The store: what is due, what is woken, what is listed, what is counted. */
#include "store_fixture.h"

/* --- the queue -------------------------------------------------------------------------------- */

static size_t due(struct fixture *f, uint64_t now_ms, uint64_t l1_s, uint64_t l2_s, size_t limit,
                  int64_t *rows) {
    uint64_t chain_s[CW_SIDES] = {l1_s, l2_s};
    size_t n = 99;
    OK(cw_store_messages_due(f->store, f->route, now_ms, chain_s, limit, rows, &n, &f->error));
    return n;
}

static void messages_due__clock_chain_and_ready__in_order(void **state) {
    struct fixture *f = *state;
    int64_t rows[16];
    int64_t a = put(f, 1), b = put(f, 2), c = put(f, 3), d = put(f, 4), e = put(f, 5);
    move(f, (struct cw_store_transition){.message = a, .condition = CW_WAITING, .due_ms = 5000});
    move(f,
         (struct cw_store_transition){
             .message = b, .condition = CW_WAITING, .due_chain_s = 900, .due_side = CW_SETTLEMENT});
    move(f, (struct cw_store_transition){.message = c, .condition = CW_READY, .failures = 2});
    move(f, (struct cw_store_transition){.message = e, .condition = CW_HELD, .due_ms = 1});
    assert_int_equal(due(f, 4999, 899, 10000, 16, rows), 2);
    assert_int_equal(rows[0], d); /* no failure */
    assert_int_equal(rows[1], c);
    assert_int_equal(due(f, 5000, 900, 0, 16, rows), 4);
    assert_int_equal(rows[0], a);
    assert_int_equal(rows[1], b);
    assert_int_equal(rows[2], d);
    assert_int_equal(rows[3], c);
    assert_int_equal(due(f, 5000, 900, 0, 2, rows), 2);
    assert_int_equal(due(f, 5000, 900, 0, 0, rows), 0);
}

static void messages_due__both_clocks_passed__once(void **state) {
    struct fixture *f = *state;
    int64_t rows[16];
    int64_t a = put(f, 1);
    move(f, (struct cw_store_transition){.message = a,
                                         .condition = CW_WAITING,
                                         .due_ms = 1,
                                         .due_chain_s = 1,
                                         .due_side = CW_EXECUTION});
    assert_int_equal(due(f, 10, 10, 10, 16, rows), 1);
}

static void messages_due__flood_of_new_ones__those_that_waited_get_their_share(void **state) {
    struct fixture *f = *state;
    int64_t rows[8];
    int64_t waiting[4];
    for (uint32_t i = 0; i < 4; i++) {
        waiting[i] = put(f, i);
        move(f, (struct cw_store_transition){
                    .message = waiting[i], .condition = CW_WAITING, .due_ms = 1, .failures = 9});
    }
    for (uint32_t i = 10; i < 40; i++)
        put(f, i);
    assert_int_equal(due(f, NOW, 0, 0, 8, rows), 8);
    assert_int_equal(rows[6], waiting[0]);
    assert_int_equal(rows[7], waiting[1]);
}

static void wake__by_kind__due_at_once_held_and_orphaned_stay(void **state) {
    struct fixture *f = *state;
    int64_t rows[16];
    int64_t root = put(f, 1), other = put(f, 2), held = put(f, 3), gone = put(f, 9);
    move(f,
         (struct cw_store_transition){
             .message = root, .condition = CW_WAITING, .reason = "no_root", .wake = CW_WAKE_ROOT});
    move(f, (struct cw_store_transition){.message = other,
                                         .condition = CW_WAITING,
                                         .reason = "maturing",
                                         .wake = CW_WAKE_DATE});
    move(f,
         (struct cw_store_transition){.message = held, .condition = CW_HELD, .reason = "no_root"});
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){105}, NOW, &n,
                                &f->error));
    assert_int_equal(n, 1);
    assert_int_equal(due(f, NOW, 0, 0, 16, rows), 0);
    OK(cw_store_route_wake(f->store, f->route, CW_WAKE_ROOT, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 16, rows), 1);
    assert_int_equal(rows[0], root);
    assert_string_equal(get(f, root).reason, "no_root");
    OK(cw_store_route_wake(f->store, 0, CW_WAKE_DATE, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 16, rows), 2);
    OK(cw_store_message_wake(f->store, gone, &f->error));
    OK(cw_store_message_wake(f->store, held, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 16, rows), 2);
}

static void wake__dated_by_the_clock__due_before_its_date(void **state) {
    struct fixture *f = *state;
    int64_t rows[4], row = put(f, 1);
    move(f, (struct cw_store_transition){.message = row,
                                         .condition = CW_WAITING,
                                         .due_ms = NOW + 60000,
                                         .wake = CW_WAKE_SOURCE});
    OK(cw_store_route_wake(f->store, f->route, CW_WAKE_ROOT, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 4, rows), 0);
    OK(cw_store_route_wake(f->store, f->route, CW_WAKE_SOURCE, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 4, rows), 1);
}

static void wake_final__what_it_rests_on__due_once_that_is_final(void **state) {
    struct fixture *f = *state;
    int64_t rows[4], unknown = put(f, 1), known = put(f, 2), other = put(f, 3);
    move(f, (struct cw_store_transition){.message = unknown,
                                         .condition = CW_WAITING,
                                         .due_ms = NOW + 60000,
                                         .wake = CW_WAKE_FINAL});
    move(f, (struct cw_store_transition){.message = known,
                                         .condition = CW_WAITING,
                                         .due_ms = NOW + 60000,
                                         .rests_on = 20,
                                         .wake = CW_WAKE_FINAL});
    move(f, (struct cw_store_transition){
                .message = other, .condition = CW_WAITING, .due_ms = NOW + 60000, .rests_on = 20});
    OK(cw_store_route_wake_final(f->store, f->route, (struct cw_block_number){19}, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 4, rows), 1);
    assert_int_equal(rows[0], unknown);
    OK(cw_store_route_wake_final(f->store, f->route, (struct cw_block_number){20}, &f->error));
    assert_int_equal(due(f, NOW, 0, 0, 4, rows), 2);
}

static void waits__by_kind__only_waiting_ones_count(void **state) {
    struct fixture *f = *state;
    bool waits = true;
    int64_t row = put(f, 1), held = put(f, 2);
    move(f, (struct cw_store_transition){
                .message = held, .condition = CW_HELD, .wake = CW_WAKE_SOURCE});
    OK(cw_store_route_waits(f->store, f->route, CW_WAKE_SOURCE, &waits, &f->error));
    assert_false(waits);
    move(f, (struct cw_store_transition){
                .message = row, .condition = CW_WAITING, .wake = CW_WAKE_SOURCE});
    OK(cw_store_route_waits(f->store, f->route, CW_WAKE_SOURCE, &waits, &f->error));
    assert_true(waits);
    OK(cw_store_route_waits(f->store, f->route, CW_WAKE_FINAL, &waits, &f->error));
    assert_false(waits);
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){99}, NOW, &n, &f->error));
    OK(cw_store_route_waits(f->store, f->route, CW_WAKE_SOURCE, &waits, &f->error));
    assert_false(waits);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void messages__every_filter__newest_first(void **state) {
    struct fixture *f = *state;
    for (uint32_t i = 1; i <= 30; i++) {
        int64_t row = put(f, i);
        enum cw_stage stage = (enum cw_stage)(1 + i % 3);
        enum cw_condition condition = (enum cw_condition)(1 + i % 2);
        move(f,
             (struct cw_store_transition){.message = row, .stage = stage, .condition = condition});
    }
    for (unsigned mask = 0; mask < 16; mask++) {
        struct cw_hash32 tx = hash_of(7, 4);
        struct cw_store_message_filter filter = {.route = mask & 1 ? f->route : 0,
                                                 .by_stage = (mask & 2) != 0,
                                                 .by_condition = (mask & 4) != 0,
                                                 .stage = (enum cw_stage)2,
                                                 .condition = (enum cw_condition)2,
                                                 .tx = mask & 8 ? &tx : NULL,
                                                 .limit = 100};
        size_t expected = 0;
        for (uint32_t i = 1; i <= 30; i++)
            if ((!filter.by_stage || 1 + i % 3 == 2) && (!filter.by_condition || 1 + i % 2 == 2) &&
                (!filter.tx || i == 7))
                expected++;
        struct cw_store_message *list = NULL;
        size_t n = 0;
        OK(cw_store_messages(f->store, &filter, &f->arena, &list, &n, &f->error));
        assert_int_equal(n, expected);
        for (size_t i = 1; i < n; i++)
            assert_true(list[i].row < list[i - 1].row);
        /* page by page gives the same */
        filter.limit = 4;
        size_t paged = 0;
        for (;;) {
            struct cw_store_message *page = NULL;
            OK(cw_store_messages(f->store, &filter, &f->arena, &page, &n, &f->error));
            for (size_t i = 0; i < n; i++)
                assert_int_equal(page[i].row, list[paged + i].row);
            paged += n;
            if (n < filter.limit)
                break;
            filter.before_row = page[n - 1].row;
        }
        assert_int_equal(paged, expected);
    }
}

static void messages_prefix__unique_shared_none__as_many_rows(void **state) {
    struct fixture *f = *state;
    struct cw_store_message message = message_of(f, 1);
    int64_t rows[4], row = 0;
    bool is_new = false;
    static const uint8_t starts[][3] = {
        {0xab, 0xcd, 0x10}, {0xab, 0xcd, 0x1f}, {0xab, 0xce, 0x00}, {0xff, 0xff, 0xff}};
    for (size_t i = 0; i < 4; i++) {
        message.m.id = hash_of((uint32_t)i, 0);
        memcpy(message.m.id.b, starts[i], 3);
        OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    }
    static const struct {
        const char *digits;
        size_t n;
    } cases[] = {{"a", 3},     {"abcd", 2}, {"ABCD1", 2}, {"abcd1f", 1},
                 {"abcd2", 0}, {"f", 1},    {"ffffff", 1}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        size_t n = 9;
        OK(cw_store_messages_prefix(f->store, 0, cases[i].digits, rows, 4, &n, &f->error));
        assert_int_equal(n, cases[i].n);
    }
    size_t n = 0;
    OK(cw_store_messages_prefix(f->store, 0, "a", rows, 2, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(cw_store_messages_prefix(f->store, 0, "", rows, 4, &n, &f->error),
                     CW_ERR_INPUT);
    assert_int_equal(cw_store_messages_prefix(f->store, 0, "0x12", rows, 4, &n, &f->error),
                     CW_ERR_INPUT);
}

/* --- transactions ----------------------------------------------------------------------------- */

static void savepoint__undone__the_others_stay(void **state) {
    struct fixture *f = *state;
    OK(cw_store_begin(f->store, &f->error));
    OK(cw_store_savepoint(f->store, &f->error));
    put(f, 1);
    OK(cw_store_release(f->store, &f->error));
    OK(cw_store_savepoint(f->store, &f->error));
    put(f, 2);
    cw_store_undo(f->store);
    OK(cw_store_commit(f->store, &f->error));
    uint64_t counts[10][6];
    OK(cw_store_counts(f->store, 0, counts, &f->error));
    assert_int_equal(counts[CW_STAGE_SEEN][CW_READY], 1);
    OK(cw_store_begin(f->store, &f->error));
    put(f, 3);
    cw_store_rollback(f->store);
    assert_int_equal(count_of(f, CW_STAGE_SEEN, CW_READY), 1);
}

/* Random moves: the counters must be what a scan of all messages says. */
static void counts__random_moves__equal_to_a_scan(void **state) {
    struct fixture *f = *state;
    unsigned seed = 20240817;
    int64_t rows[60];
    OK(cw_store_begin(f->store, &f->error));
    for (uint32_t i = 0; i < 60; i++)
        rows[i] = put(f, i);
    for (int i = 0; i < 2000; i++) {
        int64_t row = rows[rand_r(&seed) % 60];
        move(f,
             (struct cw_store_transition){.message = row,
                                          .stage = (enum cw_stage)(1 + rand_r(&seed) % 9),
                                          .condition = (enum cw_condition)(1 + rand_r(&seed) % 5)});
        if (i % 100 == 0) {
            size_t n = 0;
            struct cw_block_number above = {100 + (uint64_t)rand_r(&seed) % 80};
            OK(cw_store_messages_orphan(f->store, f->l2, above, NOW, &n, &f->error));
        }
    }
    OK(cw_store_commit(f->store, &f->error));
    uint64_t counts[10][6], scanned[10][6] = {{0}};
    OK(cw_store_counts(f->store, f->route, counts, &f->error));
    struct cw_store_message_filter filter = {.limit = 1000};
    struct cw_store_message *list = NULL;
    size_t n = 0;
    OK(cw_store_messages(f->store, &filter, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 60);
    for (size_t i = 0; i < n; i++)
        scanned[list[i].m.stage][list[i].condition]++;
    assert_memory_equal(counts, scanned, sizeof counts);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(messages_due__clock_chain_and_ready__in_order),
        CASE(messages_due__both_clocks_passed__once),
        CASE(messages_due__flood_of_new_ones__those_that_waited_get_their_share),
        CASE(wake__by_kind__due_at_once_held_and_orphaned_stay),
        CASE(wake__dated_by_the_clock__due_before_its_date),
        CASE(wake_final__what_it_rests_on__due_once_that_is_final),
        CASE(waits__by_kind__only_waiting_ones_count),
        CASE(messages__every_filter__newest_first),
        CASE(messages_prefix__unique_shared_none__as_many_rows),
        CASE(savepoint__undone__the_others_stay),
        CASE(counts__random_moves__equal_to_a_scan),
    };
    return cmocka_run_group_tests_name("store, queue", tests, NULL, NULL);
}
