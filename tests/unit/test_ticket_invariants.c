/* What must hold of tickets that a Nitro rollup makes. */
#include "ticket_model.h"

#include <stdlib.h>
#include <string.h>

#include "vectors.h"

#define MADE_S (TICKETS_T0 + 500000u)
#define FROM   4u /* where the settlement layer is read from */

struct scene {
    struct tickets *t;
    struct cw_log log;
    struct cw_subject subject;
    bool known; /* the store has the message */
    uint64_t from_s;
    struct cw_invariant_verdict verdict;
};

/* A ticket that nobody sent; all is read since long before. */
static struct scene open_scene(void) {
    struct scene s = {.t = tickets_new(false), .from_s = MADE_S - 172800};
    s.t->heads[CW_SETTLEMENT].final.number.v = 100;
    s.t->heads[CW_SETTLEMENT].latest.timestamp_s = MADE_S;
    s.log = (struct cw_log){.address = TICKET_PRECOMPILE,
                            .topics = {NITRO_TOPIC_TICKET_CREATED, s.t->message.id},
                            .topics_n = 2,
                            .block = {{TICKETS_MADE}, {{0xb1}}, MADE_S},
                            .tx_hash = {{0x7a}}};
    return s;
}

static void answer(const struct scene *s, struct cw_io_entry *entry) {
    struct cw_answer *answer = cw_arena_alloc(&s->t->arena, sizeof *answer);
    struct cw_header *header = cw_arena_alloc(&s->t->arena, sizeof *header);
    assert_non_null(header);
    assert_int_equal(entry->request.kind, CW_REQUEST_HEADER);
    assert_int_equal(entry->request.side, CW_SETTLEMENT);
    *header = (struct cw_header){.number = entry->request.block_number,
                                 .timestamp = s->from_s,
                                 .present = CW_HEADER_BASE_FEE};
    *answer = (struct cw_answer){.status = s->t->down ? CW_ANSWER_UNAVAILABLE : CW_ANSWER_OK,
                                 .header = header};
    assert_int_equal(cw_header_hash(&answer->header_hash, header), CW_OK);
    entry->answer = answer;
}

static void judge(struct scene *s) {
    struct cw_io *io = cw_arena_alloc(&s->t->arena, sizeof *io);
    size_t n = 0;
    const uint64_t read_from = s->subject.read_from;
    assert_non_null(io);
    assert_int_equal(cw_nitro_retryable.subjects(s->t->adapter, CW_EXECUTION, &s->log, &s->t->arena,
                                                 &s->subject, 1, &n, NULL),
                     CW_OK);
    assert_int_equal(n, 1);
    assert_hash(s->subject.key, s->log.topics[1]);
    assert_hash(s->subject.message, s->log.topics[1]);
    s->subject.read_from = read_from;
    cw_io_init(io, &s->t->arena, s->t->heads);
    for (size_t rounds = 0;; rounds++) {
        memset(&s->verdict, 0xa5, sizeof s->verdict);
        cw_nitro_retryable.judge(s->t->adapter, &s->subject, s->known ? &s->t->message : NULL,
                                 CW_VERDICT_UNVERIFIED, io, &s->verdict);
        if (!s->verdict.need) {
            break;
        }
        assert_true(rounds < 2);
        for (size_t i = 0; i < io->n; i++) {
            answer(s, &io->entries[i]);
        }
    }
}

#define UNVERIFIED(s, why)                                                                         \
    do {                                                                                           \
        judge(s);                                                                                  \
        assert_int_equal((s)->verdict.state, CW_VERDICT_UNVERIFIED);                               \
        assert_string_equal((s)->verdict.reason, why);                                             \
    } while (0)

static void made__of_a_message_that_is_known__ok(void **state) {
    (void)state;
    struct scene s = open_scene();
    s.known = true;
    judge(&s);
    assert_int_equal(s.verdict.state, CW_VERDICT_OK);
    assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, s.t->message.source.number.v);
    assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v, TICKETS_MADE);
    tickets_free(s.t);
}

static void made__of_no_message__forged_where_all_is_read(void **state) {
    (void)state;
    struct scene s = open_scene();
    UNVERIFIED(&s, "source_not_read");
    assert_true(s.verdict.open);
    s.subject.read_from = FROM;
    judge(&s);
    assert_int_equal(s.verdict.state, CW_VERDICT_VIOLATED);
    assert_int_equal(s.verdict.stake, CW_STAKE_ROUTE);
    assert_string_equal(s.verdict.reason, "forged_ticket");
    s.from_s++; /* it may have been sent before */
    UNVERIFIED(&s, "sent_before_start");
    s.from_s = MADE_S + 1;
    UNVERIFIED(&s, "sent_before_start");
    s.t->down = true;
    UNVERIFIED(&s, "unavailable");
    s.t->heads[CW_SETTLEMENT].latest.timestamp_s--;
    UNVERIFIED(&s, "source_behind");
    assert_true(s.verdict.open);
    assert_int_equal(s.verdict.again_side, CW_SETTLEMENT);
    assert_int_equal(s.verdict.again_s, MADE_S);
    tickets_free(s.t);
}

static void subjects__of_other_logs__none_or_refused(void **state) {
    (void)state;
    struct scene s = open_scene();
    struct cw_error error;
    size_t n = 77;
    const struct cw_log log = s.log;
#define SUBJECTS(side, cap)                                                                        \
    cw_nitro_retryable.subjects(s.t->adapter, side, &s.log, &s.t->arena, &s.subject, cap, &n,      \
                                &error)
    assert_int_equal(SUBJECTS(CW_EXECUTION, 0), CW_ERR_LIMIT);
    assert_int_equal(n, 1);
    assert_int_equal(SUBJECTS(CW_SETTLEMENT, 1), CW_OK);
    assert_int_equal(n, 0);
    s.log.topics[0] = NITRO_TOPIC_CANCELED;
    assert_int_equal(SUBJECTS(CW_EXECUTION, 1), CW_OK);
    assert_int_equal(n, 0);
    s.log = log;
    s.log.address.b[0] ^= 1;
    assert_int_equal(SUBJECTS(CW_EXECUTION, 1), CW_OK);
    assert_int_equal(n, 0);
    s.log = log;
    s.log.topics_n = 1;
    assert_int_equal(SUBJECTS(CW_EXECUTION, 1), CW_ERR_INPUT);
    s.log = log;
    s.log.data = CW_LITERAL("x");
    assert_int_equal(SUBJECTS(CW_EXECUTION, 1), CW_ERR_INPUT);
    tickets_free(s.t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made__of_a_message_that_is_known__ok),
        cmocka_unit_test(made__of_no_message__forged_where_all_is_read),
        cmocka_unit_test(subjects__of_other_logs__none_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
