#include "store_fixture.h"

static struct cw_store_incident missing(const char *subject, const char *text) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_MESSAGES_MISSING};
    snprintf(incident.subject, sizeof incident.subject, "%s", subject);
    snprintf(incident.route, sizeof incident.route, "%s", subject);
    snprintf(incident.chain, sizeof incident.chain, "l2");
    snprintf(incident.text, sizeof incident.text, "%s", text);
    return incident;
}

static bool open_one(struct fixture *f, const struct cw_store_incident *incident, uint64_t now_ms) {
    bool is_new = false;
    OK(cw_store_incident_open(f->store, incident, now_ms, &is_new, &f->error));
    return is_new;
}

static bool resolve(struct fixture *f, const char *subject, uint64_t now_ms) {
    bool was_open = false;
    OK(cw_store_incident_resolve(f->store, CW_INCIDENT_MESSAGES_MISSING, subject, "they came",
                                 now_ms, &was_open, &f->error));
    return was_open;
}

static size_t list(struct fixture *f, bool open_only, struct cw_store_incident **ret) {
    size_t n = 0;
    OK(cw_store_incidents(f->store, open_only, 100, &f->arena, ret, &n, &f->error));
    return n;
}

static void incident_open__equal_one__counted(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident incident = missing("op", "3 messages"), *got = NULL;
    snprintf(incident.evidence, sizeof incident.evidence, "evidence/1.json");
    assert_true(open_one(f, &incident, NOW));
    incident = missing("op", "4 messages"); /* without a file: the one that is known stays */
    assert_false(open_one(f, &incident, NOW + 5));
    assert_int_equal(list(f, true, &got), 1);
    assert_int_equal(got[0].kind, CW_INCIDENT_MESSAGES_MISSING);
    assert_int_equal(got[0].times, 2);
    assert_int_equal(got[0].opened_ms, NOW);
    assert_int_equal(got[0].last_ms, NOW + 5);
    assert_int_equal(got[0].resolved_ms, 0);
    assert_string_equal(got[0].text, "4 messages");
    assert_string_equal(got[0].evidence, "evidence/1.json");
    assert_string_equal(got[0].subject, "op");
    assert_string_equal(got[0].chain, "l2");
    assert_string_equal(got[0].route, "op");
}

static void incident_open__other_kind_or_subject__another_one(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = missing("op", "x"), b = missing("op2", "x"), c = a, *got = NULL;
    c.kind = CW_INCIDENT_MESSAGES_UNCOUNTED;
    assert_true(open_one(f, &a, NOW));
    assert_true(open_one(f, &b, NOW));
    assert_true(open_one(f, &c, NOW));
    assert_int_equal(list(f, true, &got), 3);
    assert_int_equal(got[0].kind, CW_INCIDENT_MESSAGES_UNCOUNTED); /* newest first */
}

static void incident_resolve__open__over_and_may_open_again(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident incident = missing("op", "x"), *got = NULL;
    assert_true(open_one(f, &incident, NOW));
    assert_true(resolve(f, "op", NOW + 7));
    assert_int_equal(list(f, true, &got), 0);
    assert_int_equal(list(f, false, &got), 1);
    assert_int_equal(got[0].resolved_ms, NOW + 7);
    assert_string_equal(got[0].resolution, "they came");
    assert_true(open_one(f, &incident, NOW + 9));
    assert_int_equal(list(f, false, &got), 2);
    assert_int_equal(got[0].resolved_ms, 0); /* the open one first */
}

static void incident_resolve__none_open__says_so(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident incident = missing("op", "x");
    assert_false(resolve(f, "op", NOW));
    assert_true(open_one(f, &incident, NOW));
    bool is_open = false;
    OK(cw_store_incident_is_open(f->store, incident.kind, "op", &is_open, &f->error));
    assert_true(is_open);
    OK(cw_store_incident_is_open(f->store, incident.kind, "op2", &is_open, &f->error));
    assert_false(is_open);
    assert_false(resolve(f, "op2", NOW));
    assert_true(resolve(f, "op", NOW));
    assert_false(resolve(f, "op", NOW));
}

static void incidents__reopened_store__there(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident incident = missing("op", "x"), *got = NULL;
    assert_true(open_one(f, &incident, NOW));
    reopen(f);
    assert_int_equal(list(f, true, &got), 1);
}

static void incident_resolve__very_many__the_newest_are_kept(void **state) {
    struct fixture *f = *state;
    OK(cw_store_begin(f->store, &f->error));
    for (uint32_t i = 0; i < 10003; i++) {
        char subject[32];
        snprintf(subject, sizeof subject, "r%u", i);
        struct cw_store_incident incident = missing(subject, "x");
        assert_true(open_one(f, &incident, NOW + i));
        assert_true(resolve(f, subject, NOW + i));
    }
    OK(cw_store_commit(f->store, &f->error));
    struct cw_store_incident *got = NULL;
    struct cw_arena arena;
    size_t n = 0;
    cw_arena_init(&arena, 256u << 20);
    OK(cw_store_incidents(f->store, false, 20000, &arena, &got, &n, &f->error));
    assert_int_equal(n, 10000);
    assert_string_equal(got[0].subject, "r10002");
    assert_string_equal(got[n - 1].subject, "r3");
    cw_arena_done(&arena);
}

/* As they stand in stores: a change here breaks what was stored. */
static const char *const names[] = {"reorg_beyond_final",
                                    "messages_missing",
                                    "messages_uncounted",
                                    "endpoint_contradiction",
                                    "foreign_nonce",
                                    "deadline",
                                    "invariant",
                                    "unverified",
                                    "head_stalled",
                                    "finality_stalled",
                                    "low_funds",
                                    "budget_spent",
                                    "overdue",
                                    "pause"};

static void kind_name__every_kind__stable_and_read_back(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        enum cw_incident_kind kind = (enum cw_incident_kind)(i + 1), parsed;
        assert_string_equal(cw_incident_kind_name(kind), names[i]);
        assert_true(cw_incident_kind_parse(&parsed, names[i]));
        assert_int_equal(parsed, kind);
        assert_string_not_equal(cw_severity_name(cw_incident_severity(kind)), "?");
        assert_string_not_equal(cw_incident_advice(kind), "");
    }
    enum cw_incident_kind kind = CW_INCIDENT_FOREIGN_NONCE;
    assert_false(cw_incident_kind_parse(&kind, "?"));
    assert_string_equal(cw_incident_kind_name((enum cw_incident_kind)(CW_COUNT(names) + 1)), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(incident_open__equal_one__counted),
        CASE(incident_open__other_kind_or_subject__another_one),
        CASE(incident_resolve__open__over_and_may_open_again),
        CASE(incident_resolve__none_open__says_so),
        CASE(incidents__reopened_store__there),
        CASE(incident_resolve__very_many__the_newest_are_kept),
        cmocka_unit_test(kind_name__every_kind__stable_and_read_back),
    };
    return cmocka_run_group_tests_name("store_incidents", tests, NULL, NULL);
}
