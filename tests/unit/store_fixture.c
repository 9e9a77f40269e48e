#include "store_fixture.h"

int store_fixture_set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "data/causeway.db", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 64u << 20);
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
    OK(cw_store_chain(f->store, "l1", (struct cw_chain_id){900}, &f->l1, &f->error));
    OK(cw_store_chain(f->store, "l2", (struct cw_chain_id){901}, &f->l2, &f->error));
    OK(cw_store_route(f->store, "op", cw_adapter_find("opstack", "withdrawal"), f->l1, f->l2,
                      &f->route, &f->error));
    *state = f;
    return 0;
}

int store_fixture_tear_down(void **state) {
    struct fixture *f = *state;
    cw_store_close(f->store);
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

struct cw_hash32 hash_of(uint32_t n, uint8_t kind) {
    struct cw_hash32 hash = {{0}};
    hash.b[0] = kind;
    for (int i = 0; i < 4; i++)
        hash.b[28 + i] = (uint8_t)(n >> (24 - 8 * i));
    return hash;
}

struct cw_store_message message_of(const struct fixture *f, uint32_t n) {
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

int64_t put(struct fixture *f, uint32_t n) {
    struct cw_store_message message = message_of(f, n);
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    assert_true(is_new);
    return row;
}

struct cw_store_message get(struct fixture *f, int64_t row) {
    struct cw_store_message message = {0};
    OK(cw_store_message_get(f->store, row, &f->arena, &message, &f->error));
    return message;
}

void move(struct fixture *f, struct cw_store_transition t) {
    if (t.reason == NULL)
        t.reason = "";
    if (t.detail == NULL)
        t.detail = "";
    if (t.stage == 0)
        t.stage = CW_STAGE_SEEN;
    OK(cw_store_message_move(f->store, &t, NOW + 5, &f->error));
}

size_t history_of(struct fixture *f, int64_t row, struct cw_store_history **lines) {
    size_t n = 0;
    OK(cw_store_history_load(f->store, row, &f->arena, lines, &n, &f->error));
    return n;
}

uint64_t count_of(struct fixture *f, enum cw_stage stage, enum cw_condition condition) {
    uint64_t counts[10][6];
    OK(cw_store_counts(f->store, f->route, counts, &f->error));
    return counts[stage][condition];
}

void reopen(struct fixture *f) {
    cw_store_close(f->store);
    f->store = NULL;
    OK(cw_store_open(&f->store, f->path, CW_STORE_WRITE, NOW, &f->error));
}
