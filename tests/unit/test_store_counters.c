/* The store: which of the numbers that the source's contract gave are here. */
#include "store_fixture.h"

/* Message n with that number, in block 100 + n. */
static int64_t put_number(struct fixture *f, uint32_t n, uint64_t number) {
    struct cw_store_message message = message_of(f, n);
    message.has_sequence = true;
    message.sequence = number;
    int64_t row = 0;
    bool is_new = false;
    OK(cw_store_message_put(f->store, &message, NOW, &row, &is_new, &f->error));
    return row;
}

static void put_numbers(struct fixture *f, uint32_t from, uint32_t to) {
    for (uint32_t n = from; n <= to; n++)
        put_number(f, n, n);
}

/* No message, in block 100 + n. */
static void put_counted(struct fixture *f, uint32_t n, uint64_t number) {
    const struct cw_store_counted counted = {.route = f->route,
                                             .chain = f->l2,
                                             .number = number,
                                             .block = {100 + (uint64_t)n},
                                             .log_index = 3};
    OK(cw_store_counted_put(f->store, &counted, &f->error));
}

/* Blocks above that one are gone. */
static void orphan(struct fixture *f, uint64_t above) {
    size_t n = 0;
    OK(cw_store_counted_cut(f->store, f->l2, (struct cw_block_number){above}, &f->error));
    OK(cw_store_messages_orphan(f->store, f->l2, (struct cw_block_number){above}, NOW, &n,
                                &f->error));
}

static struct cw_store_tally tally_of(struct fixture *f, uint64_t first, uint64_t next,
                                      uint64_t block) {
    struct cw_store_counter counter = {
        .based = true, .base_block = {99}, .first = first, .next = next, .block = {block}};
    struct cw_store_tally tally;
    OK(cw_store_tally(f->store, f->route, &counter, &tally, &f->error));
    return tally;
}

static void assert_gap(const struct cw_store_gap *gap, uint64_t from, uint64_t to,
                       uint64_t from_block, uint64_t to_block) {
    assert_int_equal(gap->from, from);
    assert_int_equal(gap->to, to);
    assert_int_equal(gap->from_block.v, from_block);
    assert_int_equal(gap->to_block.v, to_block);
}

/* --- gaps ------------------------------------------------------------------------------------- */

static void tally__everything_there__no_gap(void **state) {
    struct fixture *f = *state;
    struct cw_store_tally tally = tally_of(f, 0, 0, 100);
    assert_int_equal(tally.stored, 0);
    assert_int_equal(tally.gaps_n, 0);
    put_numbers(f, 0, 9);
    tally = tally_of(f, 0, 10, 120);
    assert_int_equal(tally.stored, 10);
    assert_int_equal(tally.uncounted, 0);
    assert_int_equal(tally.gaps_n, 0);
    /* An older block: what came since is neither missing nor too much. */
    tally = tally_of(f, 0, 6, 105);
    assert_int_equal(tally.stored, 6);
    assert_int_equal(tally.uncounted, 0);
    assert_int_equal(tally.gaps_n, 0);
}

static void tally__numbers_left_out__between_their_neighbours_blocks(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 2, 3);
    put_numbers(f, 5, 6);
    put_numbers(f, 10, 10);
    struct cw_store_tally tally = tally_of(f, 0, 12, 150);
    assert_int_equal(tally.stored, 5);
    assert_int_equal(tally.uncounted, 0);
    assert_int_equal(tally.gaps_n, 4);
    assert_gap(&tally.gaps[0], 0, 1, 100, 102); /* from the block behind the base's */
    assert_gap(&tally.gaps[1], 4, 4, 103, 105);
    assert_gap(&tally.gaps[2], 7, 9, 106, 110);
    assert_gap(&tally.gaps[3], 11, 11, 110, 150); /* up to the counter's block */
    put_numbers(f, 7, 9);
    tally = tally_of(f, 0, 12, 150);
    assert_int_equal(tally.stored, 8);
    assert_int_equal(tally.gaps_n, 3);
    tally = tally_of(f, 5, 8, 107);
    assert_int_equal(tally.stored, 3);
    assert_int_equal(tally.gaps_n, 0);
}

static void tally__nothing_there__one_gap(void **state) {
    struct fixture *f = *state;
    struct cw_store_tally tally = tally_of(f, 3, 8, 150);
    assert_int_equal(tally.stored, 0);
    assert_int_equal(tally.gaps_n, 1);
    assert_gap(&tally.gaps[0], 3, 7, 100, 150);
}

static void tally__more_gaps_than_fit__the_first_ones(void **state) {
    struct fixture *f = *state;
    for (uint32_t n = 0; n < 200; n++)
        put_number(f, n, 2 * (uint64_t)n + 1);
    struct cw_store_tally tally = tally_of(f, 0, 400, 400);
    assert_int_equal(tally.stored, 200);
    assert_int_equal(tally.gaps_n, CW_STORE_GAPS);
    assert_gap(&tally.gaps[0], 0, 0, 100, 100);
    assert_gap(&tally.gaps[63], 126, 126, 162, 163);
}

static void tally__orphaned_ones__are_not_there(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 0, 9);
    orphan(f, 107);
    struct cw_store_tally tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.stored, 8);
    assert_int_equal(tally.gaps_n, 1);
    assert_gap(&tally.gaps[0], 8, 9, 107, 150);
    put_numbers(f, 8, 9); /* in their old place again */
    tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.stored, 10);
    assert_int_equal(tally.gaps_n, 0);
}

/* --- more than the counter says --------------------------------------------------------------- */

static void tally__more_than_counted__said(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 0, 9);
    assert_int_equal(tally_of(f, 0, 7, 150).uncounted, 3);  /* numbers not given by then */
    assert_int_equal(tally_of(f, 2, 10, 150).uncounted, 2); /* numbers given before the base */
}

/* Given by then, and yet only in a later block: another message of that number is missing. */
static void tally__in_a_later_block__uncounted_and_missing(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 0, 9);
    struct cw_store_tally tally = tally_of(f, 0, 10, 107);
    assert_int_equal(tally.uncounted, 2);
    assert_int_equal(tally.stored, 8);
    assert_int_equal(tally.gaps_n, 1);
    assert_gap(&tally.gaps[0], 8, 9, 107, 107);
}

static void tally__one_number_twice__uncounted(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 0, 9);
    put_number(f, 20, 4);
    struct cw_store_tally tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.uncounted, 1);
    assert_int_equal(tally.stored, 10);
    orphan(f, 119); /* the second one goes, the number stays */
    tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.uncounted, 0);
    assert_int_equal(tally.stored, 10);
    assert_int_equal(tally.gaps_n, 0);
}

/* --- numbers that are no message's ------------------------------------------------------------ */

static void tally__number_of_something_else__not_missing(void **state) {
    struct fixture *f = *state;
    put_counted(f, 0, 0);
    for (uint32_t n = 1; n <= 9; n++)
        if (n != 4 && n != 5)
            put_number(f, n, n);
    put_counted(f, 4, 4);
    put_counted(f, 4, 4); /* read again */
    struct cw_store_tally tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.stored, 9);
    assert_int_equal(tally.uncounted, 0);
    assert_int_equal(tally.gaps_n, 1);
    assert_gap(&tally.gaps[0], 5, 5, 104, 106); /* between its block and the next message's */
    put_counted(f, 5, 5);
    assert_int_equal(tally_of(f, 0, 10, 150).gaps_n, 0);
    orphan(f, 104);
    tally = tally_of(f, 0, 10, 150);
    assert_int_equal(tally.gaps_n, 1);
    assert_gap(&tally.gaps[0], 5, 9, 104, 150);
    bool found = false;
    uint64_t lowest = 9;
    struct cw_block_number block;
    OK(cw_store_lowest(f->store, f->route, &found, &lowest, &block, &f->error));
    assert_true(found);
    assert_int_equal(lowest, 0);
    assert_int_equal(block.v, 100);
}

/* As with messages, which it is counted among. */
static void tally__number_of_something_else_too_much__said(void **state) {
    struct fixture *f = *state;
    put_numbers(f, 0, 5);
    put_counted(f, 6, 6);
    put_counted(f, 7, 7);
    assert_int_equal(tally_of(f, 0, 7, 150).uncounted, 1); /* not given by then */
    struct cw_store_tally tally = tally_of(f, 0, 8, 106);  /* given, and yet in a later block */
    assert_int_equal(tally.uncounted, 1);
    assert_gap(&tally.gaps[0], 7, 7, 106, 106);
    put_counted(f, 9, 3);
    assert_int_equal(tally_of(f, 0, 8, 150).uncounted, 1); /* a message has it */
}

/* --- at random -------------------------------------------------------------------------------- */

#define NUMBERS 40u
#define SLOTS   120u /* messages, and each fifth something else: three may have the same number */

static uint64_t seed = 0x2545f4914f6cdd1du;

static uint64_t rnd(uint64_t below) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (seed >> 11) % below;
}

static void assert_as_counted(struct fixture *f, const bool there[SLOTS]) {
    uint64_t stored = 0, doubled = 0, gaps = 0;
    for (uint32_t number = 0; number < NUMBERS; number++) {
        uint64_t n = (uint64_t)there[number] + there[number + NUMBERS] +
                     there[number + 2 * NUMBERS];
        stored += n > 0;
        doubled += n > 1 ? n - 1 : 0;
        bool before = number > 0 && (there[number - 1] || there[number - 1 + NUMBERS] ||
                                     there[number - 1 + 2 * NUMBERS]);
        gaps += n == 0 && (number == 0 || before);
    }
    struct cw_store_tally tally = tally_of(f, 0, NUMBERS, 10000);
    assert_int_equal(tally.stored, stored);
    assert_int_equal(tally.uncounted, doubled);
    assert_int_equal(tally.gaps_n, gaps);
    uint64_t missing = 0;
    for (size_t i = 0; i < tally.gaps_n; i++)
        missing += tally.gaps[i].to - tally.gaps[i].from + 1;
    assert_int_equal(missing, NUMBERS - stored);
}

/* Messages come in any order and are reorganized away at any time. */
static void tally__any_order_and_reorgs__as_one_counts(void **state) {
    struct fixture *f = *state;
    bool there[SLOTS] = {0};
    OK(cw_store_begin(f->store, &f->error));
    for (int round = 0; round < 3000; round++) {
        if (rnd(12) == 0) {
            uint32_t above = (uint32_t)rnd(SLOTS + 1);
            orphan(f, 100 + (uint64_t)above);
            for (uint32_t n = above + 1; n < SLOTS; n++)
                there[n] = false;
        } else {
            uint32_t n = (uint32_t)rnd(SLOTS);
            if (n % 5 == 0)
                put_counted(f, n, n % NUMBERS);
            else
                put_number(f, n, n % NUMBERS);
            there[n] = true;
        }
        assert_as_counted(f, there);
    }
    OK(cw_store_commit(f->store, &f->error));
}

/* --- numbers of messages that were stored before they were asked for -------------------------- */

static void unnumbered__numbered_later__counted(void **state) {
    struct fixture *f = *state;
    for (uint32_t n = 0; n < 5; n++)
        put(f, n);
    orphan(f, 103);
    assert_int_equal(tally_of(f, 0, 5, 150).stored, 0);
    struct cw_store_message *list = NULL;
    size_t n = 0;
    OK(cw_store_unnumbered(f->store, f->route, 3, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 3);
    OK(cw_store_unnumbered(f->store, f->route, 100, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) {
        uint64_t number = list[i].m.summary.nonce.limb[0];
        OK(cw_store_message_number(f->store, list[i].row, number != 2, number, &f->error));
    }
    OK(cw_store_unnumbered(f->store, f->route, 100, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    struct cw_store_tally tally = tally_of(f, 0, 5, 150);
    assert_int_equal(tally.stored, 3);
    assert_int_equal(tally.gaps_n, 2); /* the one without a number, and the orphaned one */
    put_number(f, 4, 4);               /* back in its block */
    assert_int_equal(tally_of(f, 0, 5, 150).stored, 4);
    put_number(f, 7, UINT64_MAX); /* no number that could be counted */
    assert_int_equal(tally_of(f, 0, 5, 150).uncounted, 0);
}

static void lowest__of_several__its_number_and_block(void **state) {
    struct fixture *f = *state;
    bool found = true;
    uint64_t sequence = 0;
    struct cw_block_number block = {0};
    OK(cw_store_lowest(f->store, f->route, &found, &sequence, &block, &f->error));
    assert_false(found);
    put_numbers(f, 4, 6);
    OK(cw_store_lowest(f->store, f->route, &found, &sequence, &block, &f->error));
    assert_true(found);
    assert_int_equal(sequence, 4);
    assert_int_equal(block.v, 104);
}

/* --- the counter ------------------------------------------------------------------------------ */

static void counter__set__survives_reopening(void **state) {
    struct fixture *f = *state;
    bool found = true;
    struct cw_store_counter got, counter = {.first_block = {50}, .trouble = "no proof"};
    OK(cw_store_counter_get(f->store, f->route, &found, &got, &f->error));
    assert_false(found);
    OK(cw_store_counter_set(f->store, f->route, &counter, &f->error));
    OK(cw_store_counter_get(f->store, f->route, &found, &got, &f->error));
    assert_true(found && !got.based);
    assert_string_equal(got.trouble, "no proof");
    counter = (struct cw_store_counter){.first_block = {50},
                                        .based = true,
                                        .base_block = {49},
                                        .base = 7,
                                        .checked_ms = NOW,
                                        .block = {90},
                                        .first = 7,
                                        .next = 20,
                                        .stored = 10,
                                        .unread = 2,
                                        .uncounted = 1};
    OK(cw_store_counter_set(f->store, f->route, &counter, &f->error));
    reopen(f);
    OK(cw_store_counter_get(f->store, f->route, &found, &got, &f->error));
    assert_true(found && got.based);
    assert_int_equal(got.first_block.v, 50);
    assert_int_equal(got.base_block.v, 49);
    assert_int_equal(got.base, 7);
    assert_int_equal(got.checked_ms, NOW);
    assert_int_equal(got.block.v, 90);
    assert_int_equal(got.first, 7);
    assert_int_equal(got.next, 20);
    assert_int_equal(got.stored, 10);
    assert_int_equal(got.unread, 2);
    assert_int_equal(got.uncounted, 1);
    assert_string_equal(got.trouble, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(tally__everything_there__no_gap),
        CASE(tally__numbers_left_out__between_their_neighbours_blocks),
        CASE(tally__nothing_there__one_gap),
        CASE(tally__more_gaps_than_fit__the_first_ones),
        CASE(tally__orphaned_ones__are_not_there),
        CASE(tally__more_than_counted__said),
        CASE(tally__in_a_later_block__uncounted_and_missing),
        CASE(tally__one_number_twice__uncounted),
        CASE(tally__number_of_something_else__not_missing),
        CASE(tally__number_of_something_else_too_much__said),
        CASE(tally__any_order_and_reorgs__as_one_counts),
        CASE(unnumbered__numbered_later__counted),
        CASE(lowest__of_several__its_number_and_block),
        CASE(counter__set__survives_reopening),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
