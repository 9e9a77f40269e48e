/* The watcher where not every header is read (mode events), and where none can be hashed (mode
 * quorum): what it sees all the same, what it costs, and who is believed. */
#include "watch_fixture.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fixture *anew(void **state) {
    tear_down(state);
    set_up(state);
    return *state;
}

static void events(struct fixture *f, size_t blocks, size_t every) {
    f->config.mode = CW_MODE_EVENTS;
    grow(f, blocks, every);
}

/* k of n operators, and headers that are not hashed as ours are. */
static void quorum(struct fixture *f, unsigned k, unsigned n, size_t blocks) {
    f->config.mode = CW_MODE_QUORUM;
    f->config.quorum = k;
    f->fake.foreign = true;
    f->strict = true;
    fake_operators(&f->fake, n);
    grow(f, blocks, 3);
}

/* n times a block and a pause. */
static void live(struct fixture *f, size_t n, size_t every, uint64_t ms) {
    for (size_t i = 0; i < n; i++) {
        grow(f, 1, every);
        fake_run(&f->fake, ms);
    }
}

static unsigned accused(const struct fixture *f, unsigned operator_) {
    return f->fake.operators[operator_ - 1].accused;
}

static void assert_honest_ones_not_accused(const struct fixture *f, unsigned liar) {
    for (unsigned i = 1; i <= f->fake.operators_n; i++)
        if (i != liar && accused(f, i) > 0)
            fail_msg("%s", f->fake.operators[i - 1].text);
}

/* --- events: following ------------------------------------------------------------------------ */

static void events__begins__at_the_final_head(void **state) {
    struct fixture *f = *state;
    events(f, 100, 3);
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 91);
    assert_int_equal(f->heads.final.number.v, 91);
    assert_int_equal(f->heads.safe.number.v, 95);
    assert_int_equal(cw_watch_assurance(f->watch), CW_ASSURANCE_SINGLE);
    assert_string_equal(trouble(f), "");
}

static void events__four_blocks_a_second__a_fraction_of_a_call_a_block(void **state) {
    struct fixture *f = *state;
    f->config.poll_ms = 15000;
    events(f, 100, 0);
    start(f);
    cw_watch_attend(f->watch, false);
    live(f, 400, 40, 250);
    uint64_t before = fake_asked(&f->fake), receipts = f->fake.asked[FAKE_RECEIPTS];
    live(f, 2000, 40, 250);
    uint64_t asked = fake_asked(&f->fake) - before;
    print_message("%" PRIu64 " calls for 2000 blocks, 50 of them with logs\n", asked);
    assert_true(asked <= 2000 * 6 / 10);
    assert_true(f->fake.asked[FAKE_RECEIPTS] - receipts <= 51);
    fake_run(&f->fake, 5000);
    assert_same(f, 91);
}

static void events__many_blocks_with_logs__handed_over_in_parts(void **state) {
    struct fixture *f = *state;
    f->config.live_blocks = 100000;
    events(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 400, 1);
    fake_run(&f->fake, 10000);
    assert_same(f, 11);
    assert_true(f->largest <= 51);
}

static void events__more_blocks_than_a_range__one_after_the_other(void **state) {
    struct fixture *f = *state;
    f->config.live_blocks = 100000;
    f->config.log_range_max = 30;
    events(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    grow(f, 400, 7);
    fake_run(&f->fake, 5000);
    assert_same(f, 11);
    assert_true(f->fake.largest_range <= 30);
}

static void events__no_filters__headers_only(void **state) {
    struct fixture *f = *state;
    events(f, 100, 3);
    struct cw_filter none = {0};
    start_with(f, &none, 0);
    fake_run(&f->fake, 500);
    live(f, 20, 1, 100);
    fake_run(&f->fake, 500);
    assert_int_equal(f->cursor.v, f->fake.n - 1);
    assert_int_equal(f->fake.asked[FAKE_LOGS_RANGE] + f->fake.asked[FAKE_RECEIPTS], 0);
    assert_int_equal(f->heads.latest.number.v, f->fake.n - 1);
}

static void events__logs_refused_even_of_one_block__headers_instead(void **state) {
    struct fixture *f = *state;
    events(f, 100, 3);
    f->fake.faults.logs_dead = true;
    start(f);
    fake_run(&f->fake, 15000);
    live(f, 20, 2, 500);
    fake_run(&f->fake, 5000);
    assert_same(f, 91);
    f->fake.faults.logs_dead = false;
    live(f, 100, 2, 200);
    fake_run(&f->fake, 5000);
    assert_same(f, 91);
    assert_string_equal(trouble(f), "");
}

/* --- events: reorgs --------------------------------------------------------------------------- */

static void events__reorg_of_depth_1_to_8__rolled_back_and_followed(void **state) {
    struct fixture *f = *state;
    events(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    for (size_t depth = 1; depth <= 8; depth++) {
        for (size_t more = 0; more <= 2; more++) {
            unsigned before = f->rollbacks;
            fake_drop(&f->fake, depth);
            grow(f, depth + more, depth % 2 ? 2 : 3);
            fake_run(&f->fake, 1000);
            assert_same(f, 41);
            assert_int_equal(f->rollbacks, before + 1);
            grow(f, 12, 3);
            fake_run(&f->fake, 1000);
            assert_same(f, 41);
        }
    }
    assert_int_equal(f->beyond_final, 0);
    assert_int_equal(f->findings, 0);
}

static void events__reorg_while_down__found_at_the_start(void **state) {
    struct fixture *f = *state;
    events(f, 50, 3);
    start(f);
    fake_run(&f->fake, 1000);
    live(f, 20, 3, 100);
    fake_run(&f->fake, 1000);
    f->config.final_before = f->heads.final.number;
    stop(f);
    fake_drop(&f->fake, 7);
    grow(f, 20, 2);
    start(f);
    fake_run(&f->fake, 2000);
    assert_same(f, 41);
    assert_int_equal(f->rollbacks, 1);
    assert_int_equal(f->beyond_final, 0);
}

static void events__reorg_beyond_the_final_head__flagged_and_followed(void **state) {
    struct fixture *f = *state;
    events(f, 80, 3);
    start(f);
    fake_run(&f->fake, 500);
    live(f, 100, 3, 20);
    fake_run(&f->fake, 1000);
    fake_drop(&f->fake, 30);
    grow(f, 30, 3);
    fake_run(&f->fake, 2000);
    assert_same(f, 71);
    assert_int_equal(f->beyond_final, 1);
    assert_non_null(strstr(f->finding, "final_reorg: blocks above"));
}

/* --- events: liars ---------------------------------------------------------------------------- */

/* Nothing shows it but the contract's counter; then it is read again from somebody else. */
static void events__block_left_out__not_seen_until_it_is_read_again(void **state) {
    struct fixture *f = *state;
    fake_operators(&f->fake, 2);
    events(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    fake_lie(&f->fake, 1, FAKE_OMITS, 54);
    grow(f, 10, 3);
    fake_run(&f->fake, 1000);
    size_t without = f->logs_n;
    grow(f, 30, 3);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->findings, 0);
    const struct cw_interval blocks = {.from = 50, .to = 60};
    assert_int_equal(cw_intervals_add(&f->unread, &blocks), CW_OK);
    assert_int_equal(cw_watch_read_again(f->watch, (struct cw_block_number){50},
                                         (struct cw_block_number){60}, "one"),
                     CW_OK);
    fake_run(&f->fake, 2000);
    assert_same(f, 41);
    assert_true(f->logs_n > without);
}

static void events__one_of_two_logs_left_out__found_and_told(void **state) {
    struct fixture *f = *state;
    const struct fake_log two[2] = {{.address = ours, .topic = sent, .data = {1}},
                                    {.address = ours, .topic = sent, .data = {2}}};
    events(f, 50, 0);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.logs_drop_at = 50;
    fake_block(&f->fake, two, 2);
    grow(f, 3, 0);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(f->logs_n, 2);
    assert_non_null(strstr(f->finding, "liar eth_getLogs logs_omitted: block 50"));
}

static void events__log_made_up__refused_and_told(void **state) {
    struct fixture *f = *state;
    events(f, 50, 0);
    start(f);
    fake_run(&f->fake, 500);
    f->fake.faults.logs_forge_at = 52;
    f->fake.faults.forged = (struct fake_log){.address = ours, .topic = sent, .data = {7}};
    grow(f, 5, 0);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(f->logs_n, 0);
    assert_non_null(strstr(f->finding, "liar eth_getLogs logs_forged: block 52"));
}

static void events__logs_of_blocks_that_nobody_has__accused_and_asked_elsewhere(void **state) {
    struct fixture *f = *state;
    fake_operators(&f->fake, 2);
    events(f, 50, 3);
    start(f);
    fake_run(&f->fake, 500);
    fake_lie(&f->fake, 1, FAKE_LOGS_ELSEWHERE, 0);
    grow(f, 10, 3);
    fake_run(&f->fake, 5000);
    assert_same(f, 41);
    assert_int_equal(accused(f, 1), 1);
    assert_non_null(strstr(f->fake.operators[0].text, "wrong_block: block"));
    assert_non_null(strstr(f->fake.operators[0].text, "is another one than by its number"));
    assert_sides(f, "\"logIndex\":", "\"parentHash\":", NULL);
    assert_honest_ones_not_accused(f, 1);
}

/* Its headers and logs of ten blocks are of a fork, and ours again above: the cursor stays where it
 * is, and each block with logs hangs in the air. */
static void forge_ten(struct fixture *f, unsigned k) {
    fake_operators(&f->fake, 3);
    f->config.quorum = k;
    f->strict = true;
    f->fake.safe_lag = f->fake.final_lag = 20;
    events(f, 50, 0);
    start(f);
    fake_run(&f->fake, 500);
    fake_lie(&f->fake, 1, FAKE_FORKS_PART, 52);
    grow(f, 14, 0);
    fake_run(&f->fake, 300);
    assert_int_equal(f->logs_n, 10);
    assert_int_equal(f->logs[0].block.number.v, 52);
}

/* Only asked once more it shows that it is none of the chain. */
static void events__log_of_a_fork__never_final_and_rolled_back(void **state) {
    for (unsigned k = 1; k <= 2; k++) {
        struct fixture *f = anew(state);
        forge_ten(f, k);
        if (k == 1) /* else it may go on: two of three say otherwise */
            fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        for (int i = 0; i < 40; i++) {
            grow(f, 1, 0);
            fake_run(&f->fake, 200);
            const struct cw_heads *heads = cw_watch_heads(f->watch);
            assert_true(!heads || heads->final.number.v < 52 || f->rollbacks > 0);
        }
        fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
        fake_run(&f->fake, 12000);
        live(f, 10, 0, 300);
        assert_same(f, 30);
        assert_int_equal(f->logs_n, 0);
        assert_true(f->rollbacks > 0);
        assert_int_equal(f->beyond_final, 0);
        assert_true(f->heads.final.number.v + 32 > f->fake.n);
        if (k == 2)
            assert_honest_ones_not_accused(f, 1);
    }
}

/* What was handed over before a restart is asked for again as well. */
static void events__restarted_before_it_is_final__settled_all_the_same(void **state) {
    struct fixture *f = *state;
    forge_ten(f, 1);
    fake_lie(&f->fake, 1, FAKE_TRUTH, 0);
    f->config.final_before = f->heads.final.number;
    stop(f);
    grow(f, 3, 0);
    start(f);
    live(f, 40, 0, 200);
    fake_run(&f->fake, 3000);
    assert_same(f, 30);
    assert_int_equal(f->logs_n, 0);
    assert_true(f->rollbacks > 0);
    assert_int_equal(f->beyond_final, 0);
}

static void events__final_not_on_the_chain__not_taken_and_told(void **state) {
    struct fixture *f = *state;
    events(f, 50, 3);
    start(f);
    fake_run(&f->fake, 1000);
    assert_int_equal(f->heads.final.number.v, 41);
    f->strict = true;
    f->fake.faults.wrong_final = true;
    live(f, 30, 3, POLL_MS);
    fake_run(&f->fake, 500);
    assert_same(f, 41);
    assert_int_equal(f->heads.final.number.v, 41);
    assert_non_null(strstr(f->finding, "liar eth_getBlockByNumber final_mismatch"));
    assert_sides(f, "\"parentHash\":", "\"parentHash\":", NULL);
    assert_non_null(strstr(trouble(f), "not on the chain that was followed"));
    f->fake.faults.wrong_final = false;
    fake_run(&f->fake, 2000);
    assert_int_equal(f->heads.final.number.v, f->fake.n - 9);
    assert_string_equal(trouble(f), "");
}

/* Where eth_getLogs says where to look, a bloom does not. */
static void events__bloom_matches_by_chance__no_receipts(void **state) {
    struct fixture *f = *state;
    const struct fake_log logs[2] = {{.address = ours, .topic = other_topic},
                                     {.address = others, .topic = sent}};
    events(f, 20, 0);
    start(f);
    fake_run(&f->fake, 500);
    fake_block(&f->fake, logs, 2);
    fake_run(&f->fake, 500);
    assert_int_equal(f->cursor.v, 20);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
}

static void events__random_reorgs_and_faults__the_store_holds_the_chain(void **state) {
    struct fixture *f = *state;
    const char *given = getenv("CAUSEWAY_SEED");
    uint64_t random = given ? strtoull(given, NULL, 0) : 0x51a3c97f4a7c15d3u;
    print_message("seed 0x%" PRIx64 "\n", random);
    events(f, 60, 3);
    start(f);
    fake_run(&f->fake, 1000);
    uint64_t first = 51;
    for (int round = 0; round < 200; round++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        unsigned dice = (unsigned)(random >> 33);
        f->fake.faults = (struct fake_faults){.receipts_drop = dice & 1,
                                              .wrong_hash = dice & 2,
                                              .range_limit = dice & 4 ? 2 : 0,
                                              .receipts_dead = (dice & 24) == 24,
                                              .dead = (dice & 96) == 96};
        if (dice % 3 == 0) {
            size_t depth = 1 + dice / 64 % 8;
            fake_drop(&f->fake, depth);
            grow(f, depth + dice / 512 % 4, 2);
        } else {
            grow(f, dice / 64 % 9, 3);
        }
        f->fail = dice % 11 == 0 ? 2 : 0;
        fake_run(&f->fake, 5 * (dice / 4096 % 200));
        if (round % 10 == 9) {
            f->config.final_before = f->heads.final.number;
            stop(f);
            start(f);
        }
    }
    f->fake.faults = (struct fake_faults){0};
    f->fail = 0;
    grow(f, 20, 3);
    fake_run(&f->fake, 30000);
    assert_same(f, first);
}

/* --- quorum ----------------------------------------------------------------------------------- */

static void quorum__headers_of_a_form_of_their_own__followed(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 50);
    start(f);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(cw_watch_assurance(f->watch), CW_ASSURANCE_QUORUM);
    assert_int_equal(f->heads.final.number.v, 41);
    live(f, 60, 3, 200);
    fake_run(&f->fake, 1000);
    assert_same(f, 41);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
    assert_true(f->heads.final.number.v + 20 > f->fake.n);
    assert_string_equal(trouble(f), "");
    assert_honest_ones_not_accused(f, 0);
    assert_int_equal(f->fake.findings, 0);
}

static void quorum__four_blocks_a_second__at_most_1_2_calls_a_block_and_endpoint(void **state) {
    struct fixture *f = *state;
    f->config.poll_ms = 15000;
    quorum(f, 2, 3, 50);
    start(f);
    cw_watch_attend(f->watch, false);
    live(f, 400, 40, 250);
    uint64_t before[3], sum = 0;
    for (unsigned i = 0; i < 3; i++)
        before[i] = f->fake.operators[i].asked;
    live(f, 2000, 40, 250);
    for (unsigned i = 0; i < 3; i++) {
        uint64_t asked = f->fake.operators[i].asked - before[i];
        sum += asked;
        assert_true(asked <= 2000 * 12 / 10);
    }
    print_message("%" PRIu64 " calls of three operators for 2000 blocks, 50 of them with logs\n",
                  sum);
    fake_run(&f->fake, 5000);
    assert_same(f, 41);
}

static void quorum__the_past__read_too(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 2000);
    f->config.start_block = 1;
    f->config.log_range_max = 300;
    start(f);
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(f->pasts > 5);
    assert_int_equal(f->fake.asked[FAKE_RECEIPTS], 0);
}

static void quorum__one_lies__outvoted(void **state) {
    static const enum fake_lie lies[] = {FAKE_FORKS,         FAKE_FORKS_NUMBERS, FAKE_FORGES_FINAL,
                                         FAKE_OMITS,         FAKE_SILENT,        FAKE_HAS_NOTHING,
                                         FAKE_LOGS_ELSEWHERE};
    for (size_t i = 0; i < CW_COUNT(lies); i++) {
        for (unsigned liar = 1; liar <= 3; liar++) {
            struct fixture *f = anew(state);
            quorum(f, 2, 3, 50);
            start(f);
            fake_run(&f->fake, 500);
            uint64_t arg = lies[i] == FAKE_FORGES_FINAL ? 0 : 54;
            fake_lie(&f->fake, liar, lies[i], arg);
            live(f, 40, 3, 400);
            fake_run(&f->fake, 12000);
            live(f, 3, 3, 2500);
            assert_same(f, 41);
            assert_int_equal(f->beyond_final, 0);
            assert_true(f->heads.final.number.v + 25 > f->fake.n);
            assert_honest_ones_not_accused(f, liar);
        }
    }
}

/* The agreed hash proves nothing of what else is said. */
static void quorum__one_lies_beside_the_hash__outvoted(void **state) {
    for (uint64_t what = 0; what < 2; what++) {
        for (unsigned liar = 1; liar <= 3; liar++) {
            struct fixture *f = anew(state);
            quorum(f, 2, 3, 50);
            fake_lie(&f->fake, liar, FAKE_OTHER_FIELDS, what);
            start(f);
            for (unsigned i = 0; i < 40; i++) {
                struct cw_store_header kept;
                live(f, 1, 3, 400);
                for (uint64_t n = 0; n < f->fake.n; n++)
                    if (cw_watch_header_at(f->watch, (struct cw_block_number){n}, &kept)) {
                        const struct cw_header *true_one = &f->fake.blocks[n].header;
                        assert_int_equal(kept.ref.timestamp_s, true_one->timestamp);
                        assert_memory_equal(kept.parent.b, true_one->parent_hash.b, 32);
                    }
                const struct cw_block_ref *final = &f->heads.final;
                assert_int_equal(final->timestamp_s,
                                 f->fake.blocks[final->number.v].header.timestamp);
            }
            fake_run(&f->fake, 12000);
            live(f, 3, 3, 2500);
            assert_same(f, 41);
            assert_true(f->heads.final.number.v + 25 > f->fake.n);
            assert_honest_ones_not_accused(f, liar);
        }
    }
}

/* Who has not got the newest blocks answers otherwise, and honestly. */
static void quorum__one_lags__never_accused(void **state) {
    for (unsigned slow = 1; slow <= 3; slow++) {
        struct fixture *f = anew(state);
        quorum(f, 2, 3, 50);
        fake_lie(&f->fake, slow, FAKE_LAGS, 3);
        start(f);
        live(f, 60, 2, 300);
        fake_run(&f->fake, 3000);
        assert_same(f, 41);
        assert_honest_ones_not_accused(f, 0);
    }
}

static void quorum__past_logs_left_out__outvoted_and_accused(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 1000);
    f->config.start_block = 1;
    fake_lie(&f->fake, 1, FAKE_OMITS, 501);
    start(f);
    fake_run(&f->fake, 20000);
    assert_same(f, 1);
    assert_true(accused(f, 1) > 0);
    assert_non_null(strstr(f->fake.operators[0].text, "outvoted"));
    assert_honest_ones_not_accused(f, 1);
}

static void quorum__too_few__waits_and_said(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 50);
    start(f);
    fake_run(&f->fake, 500);
    fake_lie(&f->fake, 1, FAKE_SILENT, 0);
    fake_lie(&f->fake, 2, FAKE_HAS_NOTHING, 0);
    uint64_t at = f->cursor.v;
    live(f, 10, 3, 1000);
    assert_int_equal(f->cursor.v, at);
    assert_non_null(strstr(trouble(f), "2 operators must agree"));
    fake_lie(&f->fake, 2, FAKE_TRUTH, 0);
    live(f, 10, 3, 1500);
    fake_run(&f->fake, 5000);
    assert_same(f, 41);
    assert_string_equal(trouble(f), "");
}

static void quorum__reorgs__rolled_back_and_nobody_accused(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 50);
    start(f);
    fake_run(&f->fake, 500);
    for (size_t depth = 1; depth <= 8; depth++) {
        fake_drop(&f->fake, depth);
        grow(f, depth + 12, 2);
        fake_run(&f->fake, 3000);
        assert_same(f, 41);
    }
    assert_true(f->rollbacks >= 8);
    assert_int_equal(f->beyond_final, 0);
    assert_honest_ones_not_accused(f, 0);
}

/* What is not final may be another honest fork; only some looks in a row make a liar. */
static void quorum__one_on_another_fork_for_a_look__not_accused(void **state) {
    for (unsigned other = 1; other <= 3; other++) {
        struct fixture *f = anew(state);
        quorum(f, 2, 3, 50);
        start(f);
        fake_run(&f->fake, 500);
        fake_lie(&f->fake, other, FAKE_FORKS, 49);
        live(f, 1, 3, 150);
        fake_lie(&f->fake, other, FAKE_TRUTH, 0);
        live(f, 20, 3, 300);
        fake_run(&f->fake, 1000);
        assert_same(f, 41);
        assert_honest_ones_not_accused(f, 0);
    }
}

/* In the mode full nothing of such a chain is believed. */
static void full__headers_of_a_form_of_their_own__refused(void **state) {
    struct fixture *f = *state;
    quorum(f, 2, 3, 50);
    f->config.mode = CW_MODE_FULL;
    start(f);
    fake_run(&f->fake, 3000);
    assert_int_equal(f->offers, 0);
    assert_non_null(strstr(f->fake.finding, "header_hash"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(events__begins__at_the_final_head),
        CASE(events__four_blocks_a_second__a_fraction_of_a_call_a_block),
        CASE(events__many_blocks_with_logs__handed_over_in_parts),
        CASE(events__more_blocks_than_a_range__one_after_the_other),
        CASE(events__no_filters__headers_only),
        CASE(events__logs_refused_even_of_one_block__headers_instead),
        CASE(events__reorg_of_depth_1_to_8__rolled_back_and_followed),
        CASE(events__reorg_while_down__found_at_the_start),
        CASE(events__reorg_beyond_the_final_head__flagged_and_followed),
        CASE(events__block_left_out__not_seen_until_it_is_read_again),
        CASE(events__one_of_two_logs_left_out__found_and_told),
        CASE(events__log_made_up__refused_and_told),
        CASE(events__logs_of_blocks_that_nobody_has__accused_and_asked_elsewhere),
        CASE(events__log_of_a_fork__never_final_and_rolled_back),
        CASE(events__restarted_before_it_is_final__settled_all_the_same),
        CASE(events__final_not_on_the_chain__not_taken_and_told),
        CASE(events__bloom_matches_by_chance__no_receipts),
        CASE(events__random_reorgs_and_faults__the_store_holds_the_chain),
        CASE(quorum__headers_of_a_form_of_their_own__followed),
        CASE(quorum__four_blocks_a_second__at_most_1_2_calls_a_block_and_endpoint),
        CASE(quorum__the_past__read_too),
        CASE(quorum__one_lies__outvoted),
        CASE(quorum__one_lies_beside_the_hash__outvoted),
        CASE(quorum__one_lags__never_accused),
        CASE(quorum__past_logs_left_out__outvoted_and_accused),
        CASE(quorum__too_few__waits_and_said),
        CASE(quorum__reorgs__rolled_back_and_nobody_accused),
        CASE(quorum__one_on_another_fork_for_a_look__not_accused),
        CASE(full__headers_of_a_form_of_their_own__refused),
    };
    return cmocka_run_group_tests_name("watch_modes", tests, NULL, NULL);
}
