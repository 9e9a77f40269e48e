/* What the check for completeness costs with a million messages in the store. Fills a database in a
 * folder that is given, which takes a minute or two, and measures each kind of check. */
#include "store/store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MESSAGES 1000000u
#define CHECKS   2000u
#define NOW      1700000000000u

static struct cw_error error;

static void must(enum cw_err err, const char *what) {
    if (err != CW_OK) {
        fprintf(stderr, "bench_store: %s: %s\n", what, error.text);
        exit(1);
    }
}

static uint64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct cw_hash32 hash_of(uint32_t n, uint8_t kind) {
    struct cw_hash32 hash = {{0}};
    uint32_t mixed = n * 2654435761u; /* ids of real messages come in no order */
    for (unsigned i = 0; i < 4; i++)
        hash.b[i] = (uint8_t)(mixed >> (8 * i));
    hash.b[31] = kind;
    return hash;
}

static void fill(struct cw_store *store, int64_t route, uint32_t left_out) {
    for (uint32_t n = 0; n < MESSAGES; n++) {
        if (n % 1000 == 0)
            must(cw_store_begin(store, &error), "begin");
        struct cw_store_message message = {
            .route = route, .log_index = 1, .has_sequence = true, .sequence = n};
        message.m.id = hash_of(n, 1);
        message.tx_hash = hash_of(n, 2);
        message.m.source.number.v = 100 + n;
        message.m.source.hash = hash_of(n, 3);
        message.m.payload = CW_LITERAL("payload of some length, as a withdrawal has it");
        int64_t row = 0;
        bool is_new = false;
        if (left_out == 0 || n % left_out != left_out / 2)
            must(cw_store_message_put(store, &message, NOW, &row, &is_new, &error), "put");
        if (n % 1000 == 999)
            must(cw_store_commit(store, &error), "commit");
    }
}

static int ascending(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void measure(struct cw_store *store, int64_t route, const char *what) {
    static uint64_t took[CHECKS];
    struct cw_store_counter counter = {
        .based = true, .base_block = {99}, .next = MESSAGES, .block = {2 * MESSAGES}};
    struct cw_store_tally tally;
    for (size_t i = 0; i < CHECKS; i++) {
        uint64_t before = now_ns();
        must(cw_store_tally(store, route, &counter, &tally, &error), "tally");
        took[i] = now_ns() - before;
    }
    qsort(took, CHECKS, sizeof *took, ascending);
    printf("%-40s stored %" PRIu64 ", gaps %zu: median %.1f us, p99 %.1f us, most %.1f us\n", what,
           tally.stored, tally.gaps_n, (double)took[CHECKS / 2] / 1000,
           (double)took[CHECKS * 99 / 100] / 1000, (double)took[CHECKS - 1] / 1000);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: causeway_bench_store NEW-FOLDER\n");
        return 2;
    }
    char path[4096];
    snprintf(path, sizeof path, "%s/causeway.db", argv[1]);
    struct cw_store *store = NULL;
    int64_t l1 = 0, l2 = 0, whole = 0, holed = 0;
    must(cw_store_open(&store, path, CW_STORE_WRITE, NOW, &error), "open");
    must(cw_store_chain(store, "l1", (struct cw_chain_id){900}, &l1, &error), "chain");
    must(cw_store_chain(store, "l2", (struct cw_chain_id){901}, &l2, &error), "chain");
    must(cw_store_route(store, "whole", cw_adapter_find("opstack", "withdrawal"), l1, l2, &whole,
                        &error),
         "route");
    must(cw_store_route(store, "holed", cw_adapter_find("opstack", "withdrawal"), l1, l2, &holed,
                        &error),
         "route");
    uint64_t before = now_ns();
    fill(store, whole, 0);
    printf("filled: %.1f us a message\n", (double)(now_ns() - before) / 1000 / MESSAGES);
    measure(store, whole, "a million messages, all there");
    fill(store, holed, 1000);
    measure(store, holed, "a million, each thousandth left out");
    cw_store_close(store);
    return 0;
}
