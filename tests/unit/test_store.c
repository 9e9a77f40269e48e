/* The store: chains, routes, messages and their history. */
#include "store_fixture.h"

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
    static const struct cw_adapter_ops nitro = {.name = "nitro", .direction = "withdrawal"};
    static const struct cw_adapter_ops deposit = {.name = "opstack", .direction = "deposit"};
    int64_t row = 0;
    assert_int_equal(cw_store_route(f->store, "op", &deposit, f->l1, f->l2, &row, &f->error),
                     CW_ERR_SCHEMA);
    assert_int_equal(cw_store_route(f->store, "op", cw_adapter_find("opstack", "withdrawal"), f->l2,
                                    f->l1, &row, &f->error),
                     CW_ERR_SCHEMA);
    assert_int_equal(cw_store_route(f->store, "op", &nitro, f->l1, f->l2, &row, &f->error),
                     CW_ERR_SCHEMA);
    OK(cw_store_route(f->store, "op", cw_adapter_find("opstack", "withdrawal"), f->l1, f->l2, &row,
                      &f->error));
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
    OK(cw_store_chain_trouble_set(f->store, f->l2, "2 operators must agree", &f->error));
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
    assert_string_equal(rows[1].trouble, "2 operators must agree");
    assert_string_equal(rows[0].trouble, "");
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

static void message_put__another_one_under_the_number__nothing_of_the_former_stays(void **state) {
    struct fixture *f = *state;
    int64_t row = put(f, 1), again = 0;
    const struct cw_store_message former = message_of(f, 1);
    bool is_new = true;
    for (unsigned changed = 0; changed < 2; changed++) {
        move(f, (struct cw_store_transition){.message = row,
                                             .stage = CW_STAGE_SEEN,
                                             .condition = CW_WAITING,
                                             .reason = "source_not_final",
                                             .progress = CW_LITERAL("progress"),
                                             .evidence = CW_LITERAL("evidence")});
        struct cw_store_message message = former;
        message.m.source.hash = hash_of(50 + changed, 3);
        if (changed == 1) {
            message.m.payload = CW_LITERAL("another");
            message.m.alias = hash_of(0, 0);
            message.m.summary.sender.b[0] = 0x77;
            message.m.summary.target.b[0] = 0x78;
            message.m.summary.value.v = cw_u256_from_u64(5);
            message.m.summary.nonce = cw_u256_from_u64(6);
            message.m.summary.gas_limit = 7;
        }
        OK(cw_store_message_put(f->store, &message, NOW + 9, &again, &is_new, &f->error));
        assert_false(is_new);
        assert_int_equal(again, row);
        struct cw_store_message now = get(f, row);
        assert_true(cw_slice_equal(now.m.payload, message.m.payload));
        assert_int_equal(now.m.progress.n, changed == 1 ? 0 : 8);
        assert_int_equal(now.m.evidence.n, changed == 1 ? 0 : 8);
        assert_int_equal(now.evidence_size, changed == 1 ? 0 : 8);
        assert_memory_equal(now.m.alias.b, message.m.alias.b, 32);
        assert_memory_equal(now.m.summary.sender.b, message.m.summary.sender.b, 20);
        assert_memory_equal(now.m.summary.target.b, message.m.summary.target.b, 20);
        assert_int_equal(cw_u256_cmp(&now.m.summary.value.v, &message.m.summary.value.v), 0);
        assert_int_equal(cw_u256_cmp(&now.m.summary.nonce, &message.m.summary.nonce), 0);
        assert_true(now.m.summary.gas_limit == message.m.summary.gas_limit);
    }
}

static int64_t decide(struct fixture *f, uint32_t n, enum cw_condition condition,
                      uint64_t rests_on) {
    int64_t row = put(f, n);
    move(f, (struct cw_store_transition){.message = row,
                                         .stage = condition == CW_DONE ? CW_STAGE_EXECUTED_FINAL
                                                                       : CW_STAGE_PROVEN,
                                         .condition = condition,
                                         .reason = "decided",
                                         .rests_on = rests_on});
    return row;
}

static void messages_reopen__what_rests_on_gone_blocks__ready(void **state) {
    struct fixture *f = *state;
    int64_t below = decide(f, 1, CW_DONE, 500), done = decide(f, 2, CW_DONE, 501);
    int64_t held = decide(f, 3, CW_HELD, 502), dead = decide(f, 4, CW_DEAD, 503);
    int64_t by_hand = decide(f, 5, CW_HELD, 0), unknown = decide(f, 6, CW_DONE, 0);
    int64_t waiting = decide(f, 7, CW_WAITING, 0);
    size_t n = 0;
    OK(cw_store_messages_reopen(f->store, f->l2, (struct cw_block_number){0}, true, NOW, &n,
                                &f->error));
    assert_int_equal(n, 0); /* that is no settlement chain */
    OK(cw_store_messages_reopen(f->store, f->l1, (struct cw_block_number){500}, false, NOW, &n,
                                &f->error));
    assert_int_equal(n, 3);
    assert_int_equal(get(f, below).condition, CW_DONE);
    assert_int_equal(get(f, done).condition, CW_READY);
    assert_int_equal(get(f, done).m.stage, CW_STAGE_EXECUTED_FINAL);
    assert_int_equal(get(f, held).condition, CW_READY);
    assert_string_equal(get(f, held).reason, "");
    assert_int_equal(get(f, dead).condition, CW_READY);
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, done, &lines), 3);
    assert_string_equal(lines[2].kind, "reorg");
    OK(cw_store_messages_reopen(f->store, f->l1, (struct cw_block_number){500}, true, NOW, &n,
                                &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(get(f, below).condition, CW_READY);
    assert_int_equal(get(f, unknown).condition, CW_READY);
    assert_int_equal(get(f, by_hand).condition, CW_HELD);
    assert_int_equal(get(f, waiting).condition, CW_WAITING);
}

/* Sent on l1 and delivered on l2, beside a route that does it the other way round. */
static void messages__of_a_route_from_the_settlement_chain__as_its_sides_are(void **state) {
    struct fixture *f = *state;
    static const struct cw_adapter_ops deposit = {
        .name = "opstack", .direction = "deposit", .source = CW_SETTLEMENT};
    struct cw_store_route_row route;
    struct cw_store_history *lines = NULL;
    struct cw_store_message message = message_of(f, 7);
    int64_t row = 0;
    bool is_new = false;
    size_t n = 9;
    OK(cw_store_route(f->store, "down", &deposit, f->l1, f->l2, &message.route, &f->error));
    OK(cw_store_route_get(f->store, "down", &route, &f->error));
    assert_string_equal(route.direction, "deposit");
    assert_int_equal(cw_store_route_source(&route), f->l1);
    assert_int_equal(cw_store_route_destination(&route), f->l2);
    message.chain = 0;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_int_equal(get(f, row).chain, f->l1);
    assert_int_equal(get(f, row).source_side, CW_SETTLEMENT);
    assert_int_equal(get(f, put(f, 3)).source_side, CW_EXECUTION);
    move(f, (struct cw_store_transition){
                .message = row, .condition = CW_DEAD, .reason = "gone", .rests_on = 600});
    OK(cw_store_messages_reopen(f->store, f->l1, (struct cw_block_number){500}, true, NOW, &n,
                                &f->error));
    assert_int_equal(n, 0);
    OK(cw_store_messages_reopen(f->store, f->l2, (struct cw_block_number){500}, false, NOW, &n,
                                &f->error));
    assert_int_equal(n, 1);
    OK(cw_store_messages_orphan(f->store, f->l1, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    assert_int_equal(n, 1);
    n = history_of(f, row, &lines);
    assert_int_equal(lines[0].side, CW_SETTLEMENT);
    assert_string_equal(lines[n - 1].kind, "reorg");
    assert_int_equal(lines[n - 1].side, CW_SETTLEMENT);
}

static void messages_orphan__delivered_ones__said(void **state) {
    struct fixture *f = *state;
    int64_t row = decide(f, 1, CW_DONE, 500);
    size_t n = 0;
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    assert_non_null(strstr(get(f, row).detail, "delivered all the same"));
    struct cw_store_history *lines = NULL;
    assert_int_equal(history_of(f, row, &lines), 3);
    assert_non_null(strstr(lines[2].text, "delivered all the same"));
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

static void messages_assure__up_to_the_final_head__not_provisional_any_longer(void **state) {
    struct fixture *f = *state;
    int64_t rows[3];
    for (uint32_t i = 0; i < 3; i++) {
        struct cw_store_message message = message_of(f, i + 1); /* in block 101 + i */
        bool is_new = false;
        message.assurance = i == 0 ? CW_ASSURANCE_SINGLE : 0;
        OK(cw_store_message_put(f->store, &message, NOW, &rows[i], &is_new, &f->error));
    }
    assert_int_equal(get(f, rows[1]).assurance, CW_ASSURANCE_PROVISIONAL);
    OK(cw_store_messages_assure(f->store, f->l2, (struct cw_block_number){102}, CW_ASSURANCE_PROVED,
                                &f->error));
    assert_int_equal(get(f, rows[0]).assurance, CW_ASSURANCE_SINGLE); /* is what it was then */
    assert_int_equal(get(f, rows[1]).assurance, CW_ASSURANCE_PROVED);
    assert_int_equal(get(f, rows[2]).assurance, CW_ASSURANCE_PROVISIONAL);
    OK(cw_store_messages_assure(f->store, f->l1, (struct cw_block_number){1000},
                                CW_ASSURANCE_PROVED, &f->error)); /* another chain's head */
    assert_int_equal(get(f, rows[2]).assurance, CW_ASSURANCE_PROVISIONAL);
}

static void message_put__moved_from_a_final_block__provisional_again(void **state) {
    struct fixture *f = *state;
    struct cw_store_message message = message_of(f, 1);
    size_t n = 0;
    int64_t row = put(f, 1);
    bool is_new = true;
    OK(cw_store_messages_assure(f->store, f->l2, (struct cw_block_number){101}, CW_ASSURANCE_PROVED,
                                &f->error));
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){100}, NOW, &n,
                                &f->error));
    message.m.source.number.v = 103;
    message.m.source.hash = hash_of(103, 9);
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_int_equal(get(f, row).assurance, CW_ASSURANCE_PROVISIONAL);
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
    OK(cw_store_route(f->store, "op-b", cw_adapter_find("opstack", "withdrawal"), f->l1, l3, &route,
                      &f->error));
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
        CASE(message_put__another_one_under_the_number__nothing_of_the_former_stays),
        CASE(message_put__another_one_under_the_number__nothing_of_the_former_stays),
        CASE(messages_reopen__what_rests_on_gone_blocks__ready),
        CASE(messages__of_a_route_from_the_settlement_chain__as_its_sides_are),
        CASE(messages_orphan__delivered_ones__said),
        CASE(message_put__same_block_came_back__ready),
        CASE(messages_orphan__held_one__stays_held),
        CASE(messages_orphan__at_or_below_the_block__untouched),
        CASE(messages_assure__up_to_the_final_head__not_provisional_any_longer),
        CASE(message_put__moved_from_a_final_block__provisional_again),
        CASE(message_find__id_and_alias__found),
        CASE(messages_ref__same_on_two_routes__one_of_each),
        CASE(message_move__nothing_changed__no_history),
        CASE(message_move__progress_and_evidence__kept_until_replaced),
        CASE(message_move__executed_final__evidence_dropped_hash_kept),
        CASE(message_move__texts_too_long__cut_within_utf8),
        CASE(history_add__equal_line__written_once),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
