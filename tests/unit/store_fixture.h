/* A store of its own for each test, with two chains and a route in it. */
#ifndef UNIT_STORE_FIXTURE_H
#define UNIT_STORE_FIXTURE_H

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

int store_fixture_set_up(void **state);
int store_fixture_tear_down(void **state);
/* A hash that tells n and kind. */
struct cw_hash32 hash_of(uint32_t n, uint8_t kind);
/* The n-th message: sent in block 100 + n of l2. */
struct cw_store_message message_of(const struct fixture *f, uint32_t n);
/* Puts it as a new one; its row. */
int64_t put(struct fixture *f, uint32_t n);
struct cw_store_message get(struct fixture *f, int64_t row);
/* reason, detail and stage may be left out. */
void move(struct fixture *f, struct cw_store_transition t);
size_t history_of(struct fixture *f, int64_t row, struct cw_store_history **lines);
uint64_t count_of(struct fixture *f, enum cw_stage stage, enum cw_condition condition);
void reopen(struct fixture *f);

#define CASE(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, store_fixture_set_up, store_fixture_tear_down)

#endif
