/* The store: what it keeps, in which order it gives it back, and what it refuses. */
#include "store/store.h"

#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000000u

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_store *store;
    struct cw_error error;
    struct cw_arena arena;
    int64_t l1, l2, route;
};

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "data/causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
    OK(cw_store_chain(f->store, "l1", (struct cw_chain_id){900}, &f->l1, &f->error));
    OK(cw_store_chain(f->store, "l2", (struct cw_chain_id){901}, &f->l2, &f->error));
    OK(cw_store_route(f->store, "op", "opstack", f->l1, f->l2, &f->route, &f->error));
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_store_close(f->store);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

static struct cw_hash32 hash_of(uint32_t n, uint8_t kind) {
    struct cw_hash32 hash = {{0}};
    hash.b[0] = kind;
    for (int i = 0; i < 4; i++)
        hash.b[28 + i] = (uint8_t)(n >> (24 - 8 * i));
    return hash;
}

static struct cw_store_message message_of(const struct fixture *f, uint32_t n) {
    struct cw_store_message message = {.route = f->route, .chain = f->l2, .log_index = n};
    message.m.id = hash_of(n, 1);
    message.m.alias = hash_of(n, 2);
    message.m.source.number.v = 100 + n;
    message.m.source.hash = hash_of(n, 3);
    message.m.source.timestamp_s = 1600000000u + n;
    message.tx_hash = hash_of(n, 4);
    message.m.summary.value.v = cw_u256_from_u64(1000000007u * (uint64_t)n);
    message.m.summary.nonce = cw_u256_from_u64(n);
    message.m.summary.gas_limit = UINT64_MAX;
    memset(message.m.summary.sender.b, 0x11, 20);
    memset(message.m.summary.target.b, 0x22, 20);
    message.m.payload = CW_LITERAL("payload");
    return message;
}

static int64_t put(struct fixture *f, uint32_t n) {
    struct cw_store_message message = message_of(f, n);
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_true(is_new);
    return row;
}

static struct cw_store_message get(struct fixture *f, int64_t row) {
    struct cw_store_message message = {0};
    OK(cw_store_message_get(f->store, row, &f->arena, &message, &f->error));
    return message;
}

static void move(struct fixture *f, struct cw_store_transition t) {
    if (t.reason == NULL)
        t.reason = "";
    if (t.detail == NULL)
        t.detail = "";
    if (t.stage == 0)
        t.stage = CW_STAGE_SEEN;
    OK(cw_store_message_move(f->store, &t, NOW + 5, &f->error));
}

static size_t history_of(struct fixture *f, int64_t row, struct cw_store_history **lines) {
    size_t n = 0;
    OK(cw_store_history_load(f->store, row, &f->arena, lines, &n, &f->error));
    return n;
}

static uint64_t count_of(struct fixture *f, enum cw_stage stage, enum cw_condition condition) {
    uint64_t counts[10][6];
    OK(cw_store_counts(f->store, f->route, counts, &f->error));
    return counts[stage][condition];
}

static void reopen(struct fixture *f) {
    cw_store_close(f->store);
    f->store = NULL;
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
}

/* --- chains, routes, headers ------------------------------------------------------------------ */

static void chain__known_name_with_other_id__refused(void **state) {
    struct fixture *f = *state;
    int64_t row = -7;
    assert_int_equal(cw_store_chain(f->store, "l1", (struct cw_chain_id){1}, &row, &f->error),
                     CW_ERR_SCHEMA);
    assert_non_null(strstr(f->error.text, "900"));
    assert_int_equal(cw_store_chain(f->store, "other", (struct cw_chain_id){900}, &row, &f->error),
                     CW_ERR_SCHEMA);
    assert_int_equal(row, -7);
    OK(cw_store_chain(f->store, "l1", (struct cw_chain_id){900}, &row, &f->error));
    assert_int_equal(row, f->l1);
}

static void route__known_name_with_other_chains__refused(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    assert_int_equal(cw_store_route(f->store, "op", "opstack", f->l2, f->l1, &row, &f->error),
                     CW_ERR_SCHEMA);
    assert_int_equal(cw_store_route(f->store, "op", "nitro", f->l1, f->l2, &row, &f->error),
                     CW_ERR_SCHEMA);
    OK(cw_store_route(f->store, "op", "opstack", f->l1, f->l2, &row, &f->error));
    assert_int_equal(row, f->route);
}

static void route_hold__set_and_cleared__is_kept(void **state) {
    struct fixture *f = *state;
    struct cw_store_route_row row;
    OK(cw_store_route_hold(f->store, f->route, "upgraded", "new code", NOW, &f->error));
    reopen(f);
    OK(cw_store_route_get(f->store, "op", &row, &f->error));
    assert_string_equal(row.hold_reason, "upgraded");
    assert_string_equal(row.hold_detail, "new code");
    assert_int_equal(row.hold_ms, NOW);
    OK(cw_store_route_hold(f->store, f->route, "", "", NOW, &f->error));
    OK(cw_store_route_get(f->store, "op", &row, &f->error));
    assert_string_equal(row.hold_reason, "");
    assert_int_equal(row.hold_ms, 0);
    assert_int_equal(cw_store_route_get(f->store, "nope", &row, &f->error), CW_ERR_INPUT);
}

static void headers__put_cut_load__ascending(void **state) {
    struct fixture *f = *state;
    struct cw_store_header headers[6];
    for (uint32_t i = 0; i < 6; i++)
        headers[i] = (struct cw_store_header){.ref = {{10 + i}, hash_of(i, 9), 500 + i},
                                              .parent = hash_of(i, 8)};
    OK(cw_store_headers_put(f->store, f->l2, headers, 6, &f->error));
    OK(cw_store_headers_cut(f->store, f->l2, (struct cw_block_number){14},
                            (struct cw_block_number){11}, &f->error));
    struct cw_store_header *list = NULL;
    size_t n = 0;
    OK(cw_store_headers_load(f->store, f->l2, 3, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 3);
    assert_int_equal(list[0].ref.number.v, 12);
    assert_int_equal(list[2].ref.number.v, 14);
    assert_memory_equal(list[2].parent.b, headers[4].parent.b, 32);
    assert_int_equal(list[2].ref.timestamp_s, 504);
    bool found = true;
    struct cw_store_header one;
    OK(cw_store_header_at(f->store, f->l2, (struct cw_block_number){15}, &found, &one, &f->error));
    assert_false(found);
    OK(cw_store_header_at(f->store, f->l2, (struct cw_block_number){11}, &found, &one, &f->error));
    assert_true(found);
    assert_memory_equal(one.ref.hash.b, headers[1].ref.hash.b, 32);
    /* another branch at the same height takes its place */
    headers[1].ref.hash = hash_of(99, 9);
    OK(cw_store_headers_put(f->store, f->l2, &headers[1], 1, &f->error));
    OK(cw_store_header_at(f->store, f->l2, (struct cw_block_number){11}, &found, &one, &f->error));
    assert_memory_equal(one.ref.hash.b, headers[1].ref.hash.b, 32);
}

static void cursor__set__survives_reopening(void **state) {
    struct fixture *f = *state;
    bool found = true;
    struct cw_block_number number = {0};
    OK(cw_store_cursor_get(f->store, f->l2, &found, &number, &f->error));
    assert_false(found);
    OK(cw_store_cursor_set(f->store, f->l2, (struct cw_block_number){77}, &f->error));
    struct cw_heads heads = {
        .latest = {{80}, {{0}}, 8000}, .safe = {{79}, {{0}}, 0}, .final = {{70}, {{0}}, 7000}};
    OK(cw_store_heads_set(f->store, f->l2, &heads, NOW, &f->error));
    reopen(f);
    OK(cw_store_cursor_get(f->store, f->l2, &found, &number, &f->error));
    assert_true(found);
    assert_int_equal(number.v, 77);
    struct cw_store_chain_row *rows = NULL;
    size_t n = 0;
    OK(cw_store_chains(f->store, &f->arena, &rows, &n, &f->error));
    assert_int_equal(n, 2);
    assert_string_equal(rows[1].name, "l2");
    assert_int_equal(rows[1].cursor, 77);
    assert_int_equal(rows[1].latest, 80);
    assert_int_equal(rows[1].final_, 70);
    assert_int_equal(rows[1].latest_time_s, 8000);
    assert_false(rows[0].has_cursor);
}

/* --- messages --------------------------------------------------------------------------------- */

static void message_put__new__everything_comes_back(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 5);
    reopen(f);
    struct cw_store_message message = get(f, row);
    struct cw_store_message expected = message_of(f, 5);
    assert_memory_equal(message.m.id.b, expected.m.id.b, 32);
    assert_memory_equal(message.m.alias.b, expected.m.alias.b, 32);
    assert_memory_equal(message.tx_hash.b, expected.tx_hash.b, 32);
    assert_memory_equal(message.m.summary.sender.b, expected.m.summary.sender.b, 20);
    assert_memory_equal(message.m.summary.target.b, expected.m.summary.target.b, 20);
    assert_int_equal(cw_u256_cmp(&message.m.summary.value.v, &expected.m.summary.value.v), 0);
    assert_int_equal(cw_u256_cmp(&message.m.summary.nonce, &expected.m.summary.nonce), 0);
    assert_true(message.m.summary.gas_limit == UINT64_MAX);
    assert_true(cw_slice_equal(message.m.payload, expected.m.payload));
    assert_int_equal(message.m.progress.n, 0);
    assert_int_equal(message.m.stage, CW_STAGE_SEEN);
    assert_int_equal(message.condition, CW_READY);
    assert_int_equal(message.chain, f->l2);
    assert_int_equal(message.m.source.number.v, 105);
    assert_int_equal(message.seen_ms, NOW);
    assert_int_equal(count_of(f, CW_STAGE_SEEN, CW_READY), 1);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 1);
    assert_string_equal(lines[0].kind, "stage");
    assert_true(lines[0].has_block && lines[0].has_tx);
}

static void message_put__source_chain_left_out__is_the_execution_chain(void **state) {
    struct fixture *f = *state;
    struct cw_store_message message = message_of(f, 1);
    message.chain = 0;
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_int_equal(get(f, row).chain, f->l2);
}

static void message_put__known_in_its_place__untouched(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1), again = 0;
    move(f, (struct cw_store_transition){.message = row,
                                         .stage = CW_STAGE_PROVEN,
                                         .condition = CW_WAITING,
                                         .reason = "maturing"});
    struct cw_store_message message = message_of(f, 1);
    bool is_new = true;
    OK(cw_store_message_put(f->store, &message, NOW + 9, &again, &is_new, &f->error));
    assert_false(is_new);
    assert_int_equal(again, row);
    assert_int_equal(get(f, row).condition, CW_WAITING);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 2);
}

static void message_put__moved_by_a_reorg__ready_in_its_new_place(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1), again = 0;
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    assert_int_equal(n, 1);
    assert_true(get(f, row).orphaned);
    struct cw_store_message message = message_of(f, 1);
    message.m.source.number.v = 103;
    message.m.source.hash = hash_of(50, 3);
    bool is_new = true;
    OK(cw_store_message_put(f->store, &message, NOW + 9, &again, &is_new, &f->error));
    assert_false(is_new);
    assert_int_equal(again, row);
    struct cw_store_message now = get(f, row);
    assert_false(now.orphaned);
    assert_int_equal(now.condition, CW_READY);
    assert_string_equal(now.reason, "");
    assert_int_equal(now.m.source.number.v, 103);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 3);
    assert_string_equal(lines[1].kind, "reorg");
    assert_string_equal(lines[2].kind, "reorg");
}

static void message_put__same_block_came_back__ready(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    struct cw_store_message message = message_of(f, 1);
    bool is_new = true;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_false(get(f, row).orphaned);
    assert_int_equal(count_of(f, CW_STAGE_SEEN, CW_READY), 1);
    assert_int_equal(count_of(f, CW_STAGE_SEEN, CW_WAITING), 0);
}

static void messages_orphan__held_one__stays_held(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    move(f, (struct cw_store_transition){
                .message = row, .condition = CW_HELD, .reason = "operator", .detail = "wait"});
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    assert_int_equal(get(f, row).condition, CW_HELD);
    struct cw_store_message message = message_of(f, 1);
    message.m.source.hash = hash_of(51, 3);
    bool is_new = true;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    struct cw_store_message now = get(f, row);
    assert_int_equal(now.condition, CW_HELD);
    assert_string_equal(now.reason, "operator");
    assert_false(now.orphaned);
}

static void messages_orphan__at_or_below_the_block__untouched(void **state) {
    struct fixture *f = *state;
    int64_t low = put(f, 1), high = put(f, 2);
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){101}, NOW, &n,
                                &f->error));
    assert_int_equal(n, 1);
    assert_false(get(f, low).orphaned);
    assert_true(get(f, high).orphaned);
    OK(cw_store_messages_orphan(f->store, f->l1, (struct cw_block_number){0}, NOW, &n, &f->error));
    assert_int_equal(n, 0);
}

static void message_find__id_and_alias__found(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 3);
    struct cw_hash32 refs[2] = {hash_of(3, 1), hash_of(3, 2)};
    for (int i = 0; i < 2; i++) {
        struct cw_store_message message;
        bool found = false;
        OK(cw_store_message_find(f->store, f->route, &refs[i], &f->arena, &found, &message,
                                 &f->error));
        assert_true(found);
        assert_int_equal(message.row, row);
    }
    struct cw_hash32 other = hash_of(4, 1);
    struct cw_store_message message;
    bool found = true;
    OK(cw_store_message_find(f->store, f->route, &other, &f->arena, &found, &message, &f->error));
    assert_false(found);
    OK(cw_store_message_find(f->store, f->route + 1, &refs[0], &f->arena, &found, &message,
                             &f->error));
    assert_false(found);
}

static void messages_ref__same_on_two_routes__one_of_each(void **state) {
    struct fixture *f = *state;
    int64_t l3 = 0, route = 0, rows[4] = {0}, put_rows[3] = {0};
    bool is_new = false;
    OK(cw_store_chain(f->store, "l3", (struct cw_chain_id){902}, &l3, &f->error));
    OK(cw_store_route(f->store, "op-b", "opstack", f->l1, l3, &route, &f->error));
    struct cw_store_message message = message_of(f, 3);
    put_rows[0] = put(f, 3);
    message.route = route;
    message.chain = l3;
    OK(cw_store_message_put(f->store, &message, NOW, &put_rows[1], &is_new, &f->error));
    assert_true(is_new);
    message.m.id = hash_of(4, 1); /* a newer one with the same alias */
    OK(cw_store_message_put(f->store, &message, NOW, &put_rows[2], &is_new, &f->error));
    const struct cw_hash32 id = hash_of(3, 1), alias = hash_of(3, 2), none = hash_of(5, 1);
    const struct {
        int64_t route;
        const struct cw_hash32 *ref;
        size_t cap, n;
        int64_t rows[2];
    } cases[] = {
        {0, &id, 4, 2, {put_rows[0], put_rows[1]}},
        {0, &id, 1, 1, {put_rows[0]}},
        {f->route, &id, 4, 1, {put_rows[0]}},
        {route, &id, 4, 1, {put_rows[1]}},
        {0, &alias, 4, 2, {put_rows[0], put_rows[2]}},
        {route, &alias, 4, 1, {put_rows[2]}},
        {0, &none, 4, 0, {0}},
        {route + 1, &id, 4, 0, {0}},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        size_t n = 9;
        OK(cw_store_messages_ref(f->store, cases[i].route, cases[i].ref, rows, cases[i].cap, &n,
                                 &f->error));
        assert_int_equal(n, cases[i].n);
        for (size_t j = 0; j < n; j++)
            assert_int_equal(rows[j], cases[i].rows[j]);
    }
    size_t n = 0;
    OK(cw_store_messages_prefix(f->store, route, "01", rows, 4, &n, &f->error));
    assert_int_equal(n, 2);
    OK(cw_store_messages_prefix(f->store, 0, "01", rows, 4, &n, &f->error));
    assert_int_equal(n, 3);
}

static void message_move__nothing_changed__no_history(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    struct cw_store_transition t = {
        .message = row, .condition = CW_WAITING, .reason = "no_root", .detail = "none yet"};
    move(f, t);
    t.detail = "still none";
    t.due_ms = NOW + 60000;
    move(f, t);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 2);
    assert_string_equal(lines[1].text, "no_root: none yet");
    assert_string_equal(lines[1].kind, "condition");
    struct cw_store_message message = get(f, row);
    assert_string_equal(message.detail, "still none");
    assert_int_equal(message.due_ms, NOW + 60000);
    assert_int_equal(message.changed_ms, NOW + 5);
}

static void message_move__progress_and_evidence__kept_until_replaced(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    move(f, (struct cw_store_transition){.message = row,
                                         .stage = CW_STAGE_ROOT_VERIFIED,
                                         .condition = CW_WAITING,
                                         .progress = CW_LITERAL("p1"),
                                         .evidence = CW_LITERAL("evidence")});
    move(f, (struct cw_store_transition){
                .message = row, .stage = CW_STAGE_PROVEN, .condition = CW_WAITING});
    struct cw_store_message message = get(f, row);
    assert_true(cw_slice_equal(message.m.progress, CW_LITERAL("p1")));
    assert_true(cw_slice_equal(message.m.evidence, CW_LITERAL("evidence")));
    assert_int_equal(message.evidence_size, 8);
    move(f, (struct cw_store_transition){.message = row,
                                         .stage = CW_STAGE_PROVEN,
                                         .condition = CW_WAITING,
                                         .evidence = CW_LITERAL("")});
    message = get(f, row);
    assert_int_equal(message.m.evidence.n, 0);
    assert_int_equal(message.evidence_size, 0);
    assert_true(cw_slice_equal(message.m.progress, CW_LITERAL("p1")));
}

static void message_move__executed_final__evidence_dropped_hash_kept(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    move(f, (struct cw_store_transition){
                .message = row, .condition = CW_WAITING, .evidence = CW_LITERAL("evidence")});
    struct cw_hash32 before = get(f, row).evidence_hash;
    assert_false(cw_hash32_is_zero(&before));
    move(f, (struct cw_store_transition){.message = row,
                                         .stage = CW_STAGE_EXECUTED_FINAL,
                                         .condition = CW_DONE,
                                         .outcome = CW_OUTCOME_SUCCESS});
    struct cw_store_message message = get(f, row);
    assert_int_equal(message.m.evidence.n, 0);
    assert_int_equal(message.evidence_size, 8);
    assert_memory_equal(message.evidence_hash.b, before.b, 32);
    assert_int_equal(message.m.outcome, CW_OUTCOME_SUCCESS);
    assert_int_equal(count_of(f, CW_STAGE_EXECUTED_FINAL, CW_DONE), 1);
    assert_int_equal(count_of(f, CW_STAGE_SEEN, CW_READY), 0);
}

static void message_move__texts_too_long__cut_within_utf8(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    char detail[600];
    for (size_t i = 0; i + 3 < sizeof detail; i += 3)
        memcpy(detail + i, "\xe2\x82\xac", 3); /* three bytes a character */
    detail[sizeof detail - 3] = 0;
    move(f, (struct cw_store_transition){
                .message = row, .condition = CW_HELD, .reason = "r", .detail = detail});
    struct cw_store_message message = get(f, row);
    assert_int_equal(strlen(message.detail) % 3, 0);
    assert_in_range(strlen(message.detail), CW_DETAIL_SIZE - 4, CW_DETAIL_SIZE - 1);
}

static void history_add__equal_line__written_once(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1);
    struct cw_store_history line = {
        .time_ms = NOW, .kind = "event", .text = "proven", .has_tx = true};
    line.tx = hash_of(1, 7);
    OK(cw_store_history_add(f->store, row, &line, &f->error));
    line.time_ms = NOW + 1000;
    OK(cw_store_history_add(f->store, row, &line, &f->error));
    line.tx = hash_of(2, 7);
    OK(cw_store_history_add(f->store, row, &line, &f->error));
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 3);
    assert_int_equal(lines[1].time_ms, NOW);
    assert_memory_equal(lines[2].tx.b, line.tx.b, 32);
}

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

/* --- attempts --------------------------------------------------------------------------------- */

static struct cw_store_attempt attempt_of(const struct fixture *f, int64_t message, uint64_t nonce,
                                          const char *step) {
    struct cw_store_attempt attempt = {.message = message,
                                       .chain = f->l1,
                                       .nonce = nonce,
                                       .gas_limit = 200000,
                                       .raw = CW_LITERAL("raw"),
                                       .signed_ms = NOW};
    memset(attempt.signer.b, 0x77, 20);
    snprintf(attempt.step, sizeof attempt.step, "%s", step);
    attempt.hash = hash_of((uint32_t)nonce, 6);
    attempt.max_fee.v = cw_u256_from_u64(3000000000u);
    attempt.max_tip.v = cw_u256_from_u64(1000000u);
    return attempt;
}

static void attempt_add__second_of_the_same_step__refused(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0, other = -1;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    struct cw_store_attempt again = attempt_of(f, message, 5, "prove");
    static const enum cw_attempt_state unsettled[] = {CW_ATTEMPT_SIGNED, CW_ATTEMPT_SENT,
                                                      CW_ATTEMPT_INCLUDED};
    for (size_t i = 0; i < CW_COUNT(unsettled); i++) {
        attempt.row = row;
        attempt.state = unsettled[i];
        OK(cw_store_attempt_update(f->store, &attempt, &f->error));
        assert_int_equal(cw_store_attempt_add(f->store, &again, &other, &f->error), CW_ERR_BUSY);
        assert_int_equal(other, -1);
    }
    /* the refusal left nothing behind */
    uint64_t nonce = 0;
    bool found = false;
    OK(cw_store_lane_nonce(f->store, f->l1, &attempt.signer, &found, &nonce, &f->error));
    assert_true(found);
    assert_int_equal(nonce, 5);
    /* another step may go beside it; and after it is settled the same step again */
    struct cw_store_attempt finalize = attempt_of(f, message, 5, "finalize");
    OK(cw_store_attempt_add(f->store, &finalize, &other, &f->error));
    attempt.state = CW_ATTEMPT_FINAL;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    again = attempt_of(f, message, 6, "prove");
    OK(cw_store_attempt_add(f->store, &again, &other, &f->error));
}

static void attempt_add__nonces_out_of_order__lane_stands_behind_the_highest(void **state) {
    struct fixture *f = *state;
    static const uint64_t nonces[] = {4, 9, 2}, next[] = {5, 10, 10};
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_attempt attempt = attempt_of(f, put(f, i), nonces[i], "prove");
        int64_t row = 0;
        uint64_t nonce = 0;
        bool found = false;
        OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
        OK(cw_store_lane_nonce(f->store, f->l1, &attempt.signer, &found, &nonce, &f->error));
        assert_true(found);
        assert_int_equal(nonce, next[i]);
    }
    struct cw_addr20 other = {{1}};
    bool found = true;
    uint64_t nonce = 7;
    OK(cw_store_lane_nonce(f->store, f->l1, &other, &found, &nonce, &f->error));
    assert_false(found);
}

/* Whoever goes on after an error must not commit half of what failed. */
static void attempt_add__fails_half_way__nothing_of_it_is_committed(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, INT64_MAX, "prove");
    struct cw_store_attempt *list = NULL;
    size_t n = 9;
    OK(cw_store_begin(f->store, &f->error));
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_LIMIT);
    OK(cw_store_commit(f->store, &f->error));
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_LIMIT);
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
}

static void attempt_add__nonce_or_hash_taken__refused(void **state) {
    struct fixture *f = *state;
    int64_t first = put(f, 1), second = put(f, 2), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, first, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt = attempt_of(f, second, 4, "prove");
    attempt.hash = hash_of(99, 6);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_BUSY);
    assert_non_null(strstr(f->error.text, "nonce 4"));
    attempt = attempt_of(f, second, 5, "prove");
    attempt.hash = hash_of(4, 6);
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_BUSY);
    attempt = attempt_of(f, second, 6, "prove");
    attempt.raw = (struct cw_slice){0};
    assert_int_equal(cw_store_attempt_add(f->store, &attempt, &row, &f->error), CW_ERR_INPUT);
}

static void attempts__update_and_reorg__comes_back_and_is_sent_again(void **state) {
    struct fixture *f = *state;
    int64_t message = put(f, 1), row = 0;
    struct cw_store_attempt attempt = attempt_of(f, message, 4, "prove");
    OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
    attempt.row = row;
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.success = true;
    attempt.block = (struct cw_block_ref){{55}, hash_of(55, 3), 1234};
    attempt.gas_used = 150000;
    attempt.gas_price.v = cw_u256_from_u64(7);
    attempt.sent_ms = NOW + 1;
    attempt.included_ms = NOW + 2;
    OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    OK(cw_store_attempts_of(f->store, message, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_true(list[0].success);
    assert_int_equal(list[0].block.number.v, 55);
    assert_int_equal(list[0].gas_used, 150000);
    assert_int_equal(list[0].included_ms, NOW + 2);
    assert_true(cw_slice_equal(list[0].raw, CW_LITERAL("raw")));
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){55}, &n, &f->error));
    assert_int_equal(n, 0);
    OK(cw_store_attempts_reorg(f->store, f->l1, (struct cw_block_number){54}, &n, &f->error));
    assert_int_equal(n, 1);
    OK(cw_store_attempts_open(f->store, f->l1, &attempt.signer, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_int_equal(list[0].state, CW_ATTEMPT_SENT);
    assert_false(list[0].success);
    assert_int_equal(list[0].sent_ms, NOW + 1);
    attempt.row = 4711;
    assert_int_equal(cw_store_attempt_update(f->store, &attempt, &f->error), CW_ERR_INPUT);
}

static void spent__open_included_lost__worst_case_paid_nothing(void **state) {
    struct fixture *f = *state;
    int64_t row = 0;
    static const enum cw_attempt_state states[] = {CW_ATTEMPT_SENT, CW_ATTEMPT_FINAL,
                                                   CW_ATTEMPT_LOST};
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_attempt attempt = attempt_of(f, put(f, i), i, "prove");
        attempt.signed_ms = NOW + i;
        OK(cw_store_attempt_add(f->store, &attempt, &row, &f->error));
        attempt.row = row;
        attempt.state = states[i];
        attempt.gas_used = 1000;
        attempt.gas_price.v = cw_u256_from_u64(7);
        OK(cw_store_attempt_update(f->store, &attempt, &f->error));
    }
    struct cw_wei spent;
    uint64_t wei = 0;
    OK(cw_store_spent(f->store, f->route, NOW, &spent, &f->error));
    assert_false(cw_u256_to_u64(&wei, &spent.v));
    assert_true(wei == UINT64_C(200000) * 3000000000u + 7000u);
    OK(cw_store_spent(f->store, f->route, NOW + 1, &spent, &f->error));
    assert_false(cw_u256_to_u64(&wei, &spent.v));
    assert_true(wei == 7000u);
}

/* --- commands and findings -------------------------------------------------------------------- */

static void commands__posted_beside_the_writer__answered(void **state) {
    struct fixture *f = *state;
    struct cw_store_command command = {.verb = "hold", .subject = "op", .text = "look at it"};
    int64_t row = 0;
    OK(cw_store_command_post(f->path, &command, NOW, &row, &f->error));
    struct cw_store_command *list = NULL;
    size_t n = 0;
    OK(cw_store_commands_open(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].verb, "hold");
    assert_string_equal(list[0].text, "look at it");
    OK(cw_store_command_answer(f->store, row, "held", NOW + 3, &f->error));
    OK(cw_store_commands_open(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    OK(cw_store_command_get(f->store, row, &command, &f->error));
    assert_true(command.done);
    assert_string_equal(command.answer, "held");
    assert_int_equal(command.done_ms, NOW + 3);
    assert_int_equal(cw_store_command_get(f->store, row + 1, &command, &f->error), CW_ERR_INPUT);
}

static void findings__equal_counted__bounded_for_each_endpoint(void **state) {
    struct fixture *f = *state;
    OK(cw_store_begin(f->store, &f->error));
    for (unsigned i = 0; i < 1100; i++) {
        char text[32];
        snprintf(text, sizeof text, "lie %u", i);
        OK(cw_store_finding_add(f->store, "l2", "http://a", "eth_getProof", text, NOW + i,
                                &f->error));
    }
    OK(cw_store_finding_add(f->store, "l2", "http://b", "eth_getLogs", "x", NOW, &f->error));
    OK(cw_store_finding_add(f->store, "l2", "http://b", "eth_getLogs", "x", NOW + 5000, &f->error));
    OK(cw_store_commit(f->store, &f->error));
    struct cw_store_finding *list = NULL;
    size_t n = 0;
    OK(cw_store_findings(f->store, 5000, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1001);
    assert_string_equal(list[0].endpoint, "http://b");
    assert_int_equal(list[0].count, 2);
    assert_int_equal(list[0].time_ms, NOW + 5000);
    assert_string_equal(list[1].text, "lie 1099");
    assert_string_equal(list[1000].text, "lie 100");
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

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(chain__known_name_with_other_id__refused),
        CASE(route__known_name_with_other_chains__refused),
        CASE(route_hold__set_and_cleared__is_kept),
        CASE(headers__put_cut_load__ascending),
        CASE(cursor__set__survives_reopening),
        CASE(message_put__new__everything_comes_back),
        CASE(message_put__source_chain_left_out__is_the_execution_chain),
        CASE(message_put__known_in_its_place__untouched),
        CASE(message_put__moved_by_a_reorg__ready_in_its_new_place),
        CASE(message_put__same_block_came_back__ready),
        CASE(messages_orphan__held_one__stays_held),
        CASE(messages_orphan__at_or_below_the_block__untouched),
        CASE(message_find__id_and_alias__found),
        CASE(messages_ref__same_on_two_routes__one_of_each),
        CASE(message_move__nothing_changed__no_history),
        CASE(message_move__progress_and_evidence__kept_until_replaced),
        CASE(message_move__executed_final__evidence_dropped_hash_kept),
        CASE(message_move__texts_too_long__cut_within_utf8),
        CASE(history_add__equal_line__written_once),
        CASE(messages_due__clock_chain_and_ready__in_order),
        CASE(messages_due__both_clocks_passed__once),
        CASE(messages_due__flood_of_new_ones__those_that_waited_get_their_share),
        CASE(wake__by_kind__due_at_once_held_and_orphaned_stay),
        CASE(wake__dated_by_the_clock__due_before_its_date),
        CASE(messages__every_filter__newest_first),
        CASE(messages_prefix__unique_shared_none__as_many_rows),
        CASE(attempt_add__second_of_the_same_step__refused),
        CASE(attempt_add__nonces_out_of_order__lane_stands_behind_the_highest),
        CASE(attempt_add__fails_half_way__nothing_of_it_is_committed),
        CASE(attempt_add__nonce_or_hash_taken__refused),
        CASE(attempts__update_and_reorg__comes_back_and_is_sent_again),
        CASE(spent__open_included_lost__worst_case_paid_nothing),
        CASE(commands__posted_beside_the_writer__answered),
        CASE(findings__equal_counted__bounded_for_each_endpoint),
        CASE(savepoint__undone__the_others_stay),
        CASE(counts__random_moves__equal_to_a_scan),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
