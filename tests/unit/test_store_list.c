/* Lists of messages and of verdicts, page by page, beside what a look at everything says. */
#include "store_fixture.h"

#define MESSAGES 120
#define SUBJECTS 90
#define ROUNDS   1500

static unsigned seed;

static unsigned random_below(unsigned n) {
    return (unsigned)rand_r(&seed) % n;
}

static struct cw_addr20 party(unsigned n) {
    struct cw_addr20 address = {{0}};
    address.b[0] = (uint8_t)(n + 1);
    return address;
}

/* --- messages --------------------------------------------------------------------------------- */

struct known {
    int64_t row, route;
    enum cw_stage stage;
    enum cw_condition condition;
    unsigned sender, target, tx;
    uint64_t time_s;
};

static struct known known[MESSAGES];

/* Several are of one second, and later ones were sent earlier. */
static void put_messages(struct fixture *f, int64_t second) {
    for (uint32_t i = 0; i < MESSAGES; i++) {
        struct known *k = &known[i];
        struct cw_store_message m = message_of(f, i);
        bool is_new = false;
        *k = (struct known){.route = random_below(3) == 0 ? second : f->route,
                            .stage = (enum cw_stage)(1 + random_below(9)),
                            .condition = (enum cw_condition)(1 + random_below(5)),
                            .sender = random_below(3),
                            .target = random_below(3),
                            .tx = random_below(40),
                            .time_s = 1000 + random_below(12)};
        m.route = k->route;
        m.m.source.timestamp_s = k->time_s;
        m.m.summary.sender = party(k->sender);
        m.m.summary.target = party(10 + k->target);
        m.tx_hash = hash_of(k->tx, 4);
        OK(cw_store_message_put(f->store, &m, NOW, &k->row, &is_new, &f->error));
        move(f, (struct cw_store_transition){
                    .message = k->row, .stage = k->stage, .condition = k->condition});
    }
}

static int newest_first(const void *a, const void *b) {
    const struct known *x = a, *y = b;
    if (x->time_s != y->time_s)
        return x->time_s < y->time_s ? 1 : -1;
    return (x->row < y->row) - (x->row > y->row);
}

struct wanted {
    struct cw_store_message_filter filter;
    struct cw_addr20 sender, target;
    struct cw_hash32 tx;
    unsigned sender_n, target_n, tx_n;
};

static void random_filter(const struct fixture *f, struct wanted *w) {
    memset(w, 0, sizeof *w);
    w->filter.route = random_below(2) ? f->route : 0;
    w->filter.by_stage = random_below(4) == 0;
    w->filter.stage = (enum cw_stage)(1 + random_below(9));
    w->filter.by_condition = random_below(3) == 0;
    w->filter.condition = (enum cw_condition)(1 + random_below(5));
    w->sender = party(w->sender_n = random_below(4));
    w->target = party(10 + (w->target_n = random_below(4)));
    w->tx = hash_of(w->tx_n = random_below(40), 4);
    w->filter.sender = random_below(3) == 0 ? &w->sender : NULL;
    w->filter.target = random_below(3) == 0 ? &w->target : NULL;
    w->filter.tx = random_below(8) == 0 ? &w->tx : NULL;
    w->filter.from_s = random_below(3) == 0 ? 998 + random_below(14) : 0;
    w->filter.to_s = random_below(3) == 0 ? 999 + random_below(16) : 0;
    w->filter.looks = 1 + random_below(50);
}

static bool fits(const struct wanted *w, const struct known *k) {
    const struct cw_store_message_filter *f = &w->filter;
    return (f->route == 0 || f->route == k->route) && (!f->by_stage || f->stage == k->stage) &&
           (!f->by_condition || f->condition == k->condition) &&
           (!f->sender || w->sender_n == k->sender) && (!f->target || w->target_n == k->target) &&
           (!f->tx || w->tx_n == k->tx) && k->time_s >= f->from_s &&
           (f->to_s == 0 || k->time_s < f->to_s);
}

/* All pages together are what fits; a page that is short says where it goes on. */
static void check_pages(struct fixture *f, struct wanted *w, const int64_t *rows, size_t n) {
    size_t got = 0;
    w->filter.before_row = 0;
    for (unsigned pages = 0;; pages++) {
        struct cw_store_message *page = NULL;
        size_t page_n = 0;
        int64_t next = 0;
        w->filter.limit = 1 + random_below(30);
        OK(cw_store_messages_page(f->store, &w->filter, &f->arena, &page, &page_n, &next,
                                  &f->error));
        assert_true(page_n <= w->filter.limit && got + page_n <= n && pages <= 2 * MESSAGES);
        for (size_t i = 0; i < page_n; i++)
            assert_int_equal(page[i].row, rows[got + i]);
        got += page_n;
        if (next == 0)
            break;
        w->filter.before_row = next;
    }
    assert_int_equal(got, n);
}

static void messages__any_filters_any_pages__what_fits_newest_first(void **state) {
    struct fixture *f = *state;
    int64_t second = 0;
    seed = 20250711;
    OK(cw_store_route(f->store, "second", cw_adapter_find("opstack", "withdrawal"), f->l1, f->l2,
                      &second, &f->error));
    put_messages(f, second);
    qsort(known, MESSAGES, sizeof *known, newest_first);
    for (int round = 0; round < ROUNDS; round++) {
        struct wanted w;
        int64_t rows[MESSAGES];
        size_t n = 0, got = 0;
        struct cw_store_message *list = NULL;
        random_filter(f, &w);
        for (size_t i = 0; i < MESSAGES; i++)
            if (fits(&w, &known[i]))
                rows[n++] = known[i].row;
        w.filter.limit = 1000;
        OK(cw_store_messages(f->store, &w.filter, &f->arena, &list, &got, &f->error));
        assert_int_equal(got, n);
        for (size_t i = 0; i < n; i++)
            assert_int_equal(list[i].row, rows[i]);
        check_pages(f, &w, rows, n);
        cw_arena_done(&f->arena);
        cw_arena_init(&f->arena, 64u << 20);
    }
}

static void messages_page__nothing_fits__ends_after_so_many(void **state) {
    struct fixture *f = *state;
    seed = 1;
    put_messages(f, f->route);
    struct cw_addr20 sender = party(0), target = party(99);
    struct cw_store_message_filter filter = {
        .limit = 10, .sender = &sender, .target = &target, .looks = 5};
    struct cw_store_message *list = NULL;
    size_t n = 9;
    int64_t next = 0;
    /* the target is rare: that is seen at once */
    OK(cw_store_messages_page(f->store, &filter, &f->arena, &list, &n, &next, &f->error));
    assert_int_equal(n, 0);
    assert_int_equal(next, 0);
    filter = (struct cw_store_message_filter){
        .limit = 10, .sender = &sender, .route = f->route, .from_s = 1, .looks = 5};
    filter.by_condition = true;
    for (int condition = CW_READY; condition <= CW_DONE; condition++) {
        filter.condition = (enum cw_condition)condition;
        OK(cw_store_messages_page(f->store, &filter, &f->arena, &list, &n, &next, &f->error));
        assert_true(n <= 5);
        assert_int_not_equal(next, 0);
    }
    filter.before_row = 1000000;
    assert_int_equal(
        cw_store_messages_page(f->store, &filter, &f->arena, &list, &n, &next, &f->error),
        CW_ERR_INPUT);
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void put_subjects(struct fixture *f, int64_t second) {
    for (uint32_t i = 0; i < SUBJECTS; i++) {
        struct cw_store_subject s = {.route = random_below(3) == 0 ? second : f->route};
        const struct cw_store_judgement j = {
            .row = i + 1,
            .state = (enum cw_verdict_state)(CW_VERDICT_UNVERIFIED + random_below(3)),
            .stake = CW_STAKE_NONE,
            .reason = random_below(2) ? "unavailable" : "",
            .sentence = ""};
        bool is_new = false;
        s.s.key = hash_of(i, 1);
        s.s.block.number.v = i;
        snprintf(s.invariant, sizeof s.invariant, "%s", random_below(2) ? "root" : "withdrawal");
        OK(cw_store_subject_put(f->store, &s, NOW, &is_new, &f->error));
        if (random_below(10) > 0)
            OK(cw_store_subject_judged(f->store, &j, NOW, &f->error));
    }
}

static void subjects__any_filters_any_pages__what_fits_newest_first(void **state) {
    struct fixture *f = *state;
    struct cw_store_subject_filter filter = {.limit = 1000};
    struct cw_store_subject *all = NULL, *list = NULL;
    size_t all_n = 0, n = 0;
    int64_t second = 0;
    seed = 20250712;
    OK(cw_store_route(f->store, "second", cw_adapter_find("opstack", "withdrawal"), f->l1, f->l2,
                      &second, &f->error));
    put_subjects(f, second);
    OK(cw_store_subjects(f->store, &filter, &f->arena, &all, &all_n, &f->error));
    assert_int_equal(all_n, SUBJECTS);
    for (int round = 0; round < 300; round++) {
        static const char *const invariants[] = {NULL, "root", "withdrawal", "nothing"};
        const int64_t routes[] = {0, f->route, second};
        filter = (struct cw_store_subject_filter){
            .route = routes[random_below(3)],
            .invariant = invariants[random_below(4)],
            .state = (enum cw_verdict_state)random_below(4),
            .before_row = random_below(2) ? 1 + random_below(SUBJECTS + 5) : 0,
            .limit = 1 + random_below(40)};
        OK(cw_store_subjects(f->store, &filter, &f->arena, &list, &n, &f->error));
        size_t got = 0;
        for (size_t i = 0; i < all_n && got < filter.limit; i++) {
            if ((filter.route != 0 && all[i].route != filter.route) ||
                (filter.invariant && strcmp(all[i].invariant, filter.invariant) != 0) ||
                (filter.state != 0 && all[i].state != filter.state) ||
                (filter.before_row > 0 && all[i].row >= filter.before_row))
                continue;
            assert_true(got < n);
            assert_int_equal(list[got++].row, all[i].row);
        }
        assert_int_equal(got, n);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(messages__any_filters_any_pages__what_fits_newest_first),
        CASE(messages_page__nothing_fits__ends_after_so_many),
        CASE(subjects__any_filters_any_pages__what_fits_newest_first),
    };
    return cmocka_run_group_tests_name("store, lists", tests, NULL, NULL);
}
