/* A watcher on a fake chain, and the host that takes its batches: it checks each as it comes in and
 * keeps what a store would keep. */
#ifndef TESTS_WATCH_FIXTURE_H
#define TESTS_WATCH_FIXTURE_H

#include "fake_chain.h"
#include "watch/watch.h"

#define POLL_MS     100
#define STORED_LOGS 4096
#define STORED      20000

extern const struct cw_addr20 ours, others;
extern const struct cw_hash32 sent, other_topic;

struct stored_log {
    struct cw_block_ref block;
    uint64_t index;
    struct cw_addr20 address;
    uint8_t data[33];
};

/* What a host keeps of the batches, checked as it comes in. */
struct fixture {
    struct fake fake;
    struct cw_watch *watch;
    struct cw_watch_config config;
    bool has_cursor;
    struct cw_block_number cursor;
    struct cw_intervals unread;
    size_t filters_n;
    struct cw_store_header headers[STORED];
    size_t headers_n;
    struct stored_log logs[STORED_LOGS];
    size_t logs_n;
    unsigned fail;                /* so many offers are not taken */
    struct cw_watch_batch failed; /* the last one that was not, without its arrays */
    unsigned finals;              /* batches of final blocks */
    unsigned pasts, splits;       /* batches of the past; those that left something above them */
    char logs_by[32];             /* of the last one; "" when nobody told where to look */
    unsigned offers, rollbacks, beyond_final, largest;
    uint64_t last_above;
    unsigned heads_told;
    unsigned receipts_told;          /* blocks whose receipts were shown */
    struct cw_block_ref receipts_of; /* the last one of them */
    struct cw_heads heads;
    bool strict; /* what is called final is on the chain, always */
    unsigned findings;
    char finding[512];
    const struct cw_filter *filters_in_batch; /* set from within the next batch */
};

struct cw_filter filter_of(const struct cw_addr20 *address, const struct cw_hash32 *topic);
void start_with(struct fixture *f, const struct cw_filter *filters, size_t n);
/* With the one filter of ours; from what the store holds. */
void start(struct fixture *f);
void stop(struct fixture *f);
int set_up(void **state);
int tear_down(void **state);
/* n blocks, each every-th of which (by number) has a log of ours; 0: none. */
void grow(struct fixture *f, size_t n, size_t every);
const char *trouble(const struct fixture *f);
uint64_t log_range(const struct fixture *f);
/* Of who was caught last: what it said has the first, what says otherwise the others. NULL: there
 * is none. */
void assert_sides(const struct fixture *f, const char *said, const char *other, const char *third);
/* Everything from block first up to the chain's head was handed over, and nothing else; nothing is
 * unread. */
void assert_same(const struct fixture *f, uint64_t first);

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
