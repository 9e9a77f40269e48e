/* What must hold of withdrawals, judged over a model of both layers. */
#include "opstack_model.h"

#include <stdlib.h>
#include <string.h>

#include <causeway/op_deposit.h>

#include "opstack/invariants.h"
#include "vectors.h"

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
    struct cw_log log; /* what is judged */
    struct cw_block_ref before;
    bool stored; /* the store has the message */
    struct cw_invariant_verdict verdict;
    struct cw_subject subject;
    struct cw_subject subjects[4];
    struct cw_slice rules[OP_RULES]; /* what judging each keeps */
    size_t rounds;
};

static struct scene open_scene(bool games, const char *version) {
    struct scene s = {.m = model_new(games, MODEL_RAW), .stored = true};
    s.m->count = cw_u256_from_u64(10);
    if (version != NULL) {
        s.m->portal_version = version;
        s.m->isthmus = version[0] >= '5';
    }
    s.m->message.source.hash = model_block_hash(s.m, s.m->message.source.number.v);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_withdrawal.close(s->adapter);
    model_free(s->m);
}

/* --- logs ------------------------------------------------------------------------------------- */

static void output_proposed(struct scene *s, size_t i) {
    s->log = model_log_output(s->m, i);
}
static void game_created(struct scene *s, size_t i) {
    s->log = model_log_game(s->m, i);
}
static void proven(struct scene *s, uint64_t at_s) {
    s->log = model_log_proven(s->m, at_s);
}
static void finalized(struct scene *s, uint64_t at_s) {
    s->log = model_log_finalized(s->m, at_s);
}

/* --- judging, as a host does ------------------------------------------------------------------ */

static void judge_subject(struct scene *s) {
    struct model *m = s->m;
    struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
    assert_non_null(io);
    cw_io_init(io, &m->arena, m->heads);
    s->rounds = 0;
    for (;;) {
        memset(&s->verdict, 0xa5, sizeof s->verdict);
        cw_opstack_withdrawal.judge(s->adapter, &s->subject, s->stored ? &m->message : NULL,
                                    CW_VERDICT_UNVERIFIED, io, &s->verdict);
        assert_false(io->overflow);
        if (!s->verdict.need) {
            break;
        }
        assert_true(++s->rounds <= CW_IO_ROUNDS);
        bool asked = false;
        for (size_t i = 0; i < io->n; i++) {
            if (io->entries[i].answer == NULL) {
                model_answer(m, io, &io->entries[i]);
                asked = true;
            }
        }
        assert_true(asked);
    }
    assert_true((s->verdict.state == CW_VERDICT_OK) == (s->verdict.reason[0] == '\0'));
    assert_true(s->verdict.state == CW_VERDICT_OK || s->verdict.sentence[0] != '\0');
}

static void judge(struct scene *s) {
    size_t n = 0;
    if (s->adapter == NULL) {
        s->adapter = model_adapter(s->m);
    }
    assert_int_equal(cw_opstack_withdrawal.subjects(s->adapter, CW_SETTLEMENT, &s->log,
                                                    &s->m->arena, s->subjects, 4, &n, NULL),
                     CW_OK);
    assert_int_equal(n, 1);
    s->subject = s->subjects[0];
    s->subject.before = s->before;
    assert_true(s->subject.about[0] != '\0');
    judge_subject(s);
}

static void assert_verdict(const struct scene *s, enum cw_verdict_state state, enum cw_stake stake,
                           const char *reason) {
    if (s->verdict.state != state || strcmp(s->verdict.reason, reason) != 0 ||
        (state == CW_VERDICT_VIOLATED && s->verdict.stake != stake)) {
        fail_msg("%s, %s, %s: %s", cw_verdict_state_name(s->verdict.state),
                 cw_stake_name(s->verdict.stake), s->verdict.reason, s->verdict.sentence);
    }
}

/* Whoever reads of it knows which withdrawal it is. */
static void assert_about(const struct scene *s) {
    char id[CW_HEX_SIZE(32)];
    assert_non_null(
        strstr(s->subject.about, cw_hex_encode(id, cw_slice_of(s->subject.message.b, 32))));
}

#define OK(s)                      assert_verdict(s, CW_VERDICT_OK, 0, "")
#define UNVERIFIED(s, reason)      assert_verdict(s, CW_VERDICT_UNVERIFIED, 0, reason)
#define VIOLATED(s, stake, reason) assert_verdict(s, CW_VERDICT_VIOLATED, CW_STAKE_##stake, reason)

/* --- outputs ---------------------------------------------------------------------------------- */

static void root__output_of_our_chain__ok(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    model_output_add(s.m, 120, MODEL_T0 + 150);
    output_proposed(&s, 0);
    judge(&s);
    OK(&s);
    assert_false(s.verdict.open);
    assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v, 120);
    close_scene(&s);
}

static void root__false_output__route_until_it_is_deleted(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    model_output_add(s.m, 120, MODEL_T0 + 150);
    s.m->outputs[0].root = model_false_root(1);
    output_proposed(&s, 0);
    judge(&s);
    VIOLATED(&s, ROUTE, "root_mismatch");
    assert_true(s.verdict.open);
    assert_true(s.verdict.values[CW_SETTLEMENT][0] != '\0');
    assert_true(s.verdict.values[CW_EXECUTION][0] != '\0');
    s.m->outputs_n = 0;
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    assert_false(s.verdict.open);
    s.m->outputs_n = 1; /* another one in its place */
    s.m->outputs[0].root = model_root(s.m, 120);
    judge(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    close_scene(&s);
}

static void root__zero_output__route_without_a_look_at_the_rollup(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    s.m->proof_window_from = UINT64_MAX;
    model_output_add(s.m, 500, MODEL_T0 + 900);
    memset(&s.m->outputs[0].root, 0, sizeof s.m->outputs[0].root);
    output_proposed(&s, 0);
    judge(&s);
    VIOLATED(&s, ROUTE, "zero_root");
    close_scene(&s);
}

/* The rollup's newest block is 220, of T0 + 220; safe is 210, final 200. */
static void root__block_that_is_not_final__unverified_or_of_the_future(void **state) {
    (void)state;
    static const struct {
        uint64_t block, posted_s;
        bool future;
    } cases[] = {{201, 210, false}, {210, 210, false}, {211, 220, false},   {220, 200, false},
                 {221, 205, true},  {221, 206, false}, {1000000, 205, true}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = open_scene(false, NULL);
        s.m->newer_headers = true;
        model_output_add(s.m, cases[i].block, MODEL_T0 + cases[i].posted_s);
        output_proposed(&s, 0);
        judge(&s);
        if (cases[i].future) {
            VIOLATED(&s, ROUTE, "future_root");
        } else {
            UNVERIFIED(&s, "block_not_final");
            assert_true(s.verdict.open);
            /* that it is of the future is told as soon as it can be */
            assert_int_equal(s.verdict.again_s,
                             cases[i].block > 220 ? MODEL_T0 + cases[i].posted_s + 15 : 0);
            s.m->heads[CW_EXECUTION].final.number.v = cases[i].block;
            judge(&s);
            OK(&s);
        }
        close_scene(&s);
    }
}

/* What the verdict rests on is above the final head, so that it is provisional. */
static void root__false_one_of_a_safe_block__told_before_it_is_final(void **state) {
    (void)state;
    static const uint64_t blocks[] = {201, 210, 211};
    for (size_t i = 0; i < CW_COUNT(blocks); i++) {
        struct scene s = open_scene(false, NULL);
        s.m->newer_headers = true;
        model_output_add(s.m, blocks[i], MODEL_T0 + 220);
        s.m->outputs[0].root = model_false_root(1);
        output_proposed(&s, 0);
        judge(&s);
        if (blocks[i] > 210) {
            UNVERIFIED(&s, "block_not_final");
        } else {
            VIOLATED(&s, ROUTE, "root_mismatch");
            assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v, blocks[i]);
        }
        close_scene(&s);
    }
}

static void root__number_above_64_bits__of_the_future(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    model_output_add(s.m, 120, MODEL_T0 + 150);
    output_proposed(&s, 0);
    s.log.topics[3].b[0] = 1;
    judge(&s);
    VIOLATED(&s, ROUTE, "future_root");
    close_scene(&s);
}

static void root__state_is_gone__told_by_the_header_from_isthmus_on(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    s.m->proof_window_from = 121;
    model_output_add(s.m, 120, MODEL_T0 + 150);
    output_proposed(&s, 0);
    judge(&s);
    UNVERIFIED(&s, "proof_unavailable");
    close_scene(&s);
    s = open_scene(false, NULL);
    s.m->isthmus = true;
    s.m->proof_window_from = 121;
    model_output_add(s.m, 120, MODEL_T0 + 150);
    output_proposed(&s, 0);
    judge(&s);
    OK(&s);
    close_scene(&s);
}

static void root__bad_proof__unverified(void **state) {
    (void)state;
    struct scene s = open_scene(false, NULL);
    model_output_add(s.m, 120, MODEL_T0 + 150);
    s.m->outputs[0].root = model_false_root(1);
    s.m->bad_account_proof = true;
    output_proposed(&s, 0);
    judge(&s);
    UNVERIFIED(&s, "unexpected_answer");
    close_scene(&s);
}

/* --- games ------------------------------------------------------------------------------------ */

/* Created at T0 + 900, with 400 s on each clock; it is T0 + 1000. */
static struct scene game_scene(const char *version) {
    struct scene s = open_scene(true, version);
    s.m->type = 0;
    model_game_add(s.m, 120, MODEL_T0 + 900);
    return s;
}

static void judge_game(struct scene *s) {
    game_created(s, 0);
    judge(s);
}

static void root__true_game__ok_and_looked_at_again(void **state) {
    (void)state;
    static const char *const versions[] = {"3.10.0", "3.14.0", "4.1.0", "5.6.0"};
    for (size_t i = 0; i < CW_COUNT(versions); i++) {
        struct scene s = game_scene(versions[i]);
        judge_game(&s);
        OK(&s);
        assert_true(s.verdict.open);
        assert_int_equal(s.verdict.again_side, CW_SETTLEMENT);
        assert_int_equal(s.verdict.again_s, MODEL_T0 + 1000 + 1 + 400 / 16);
        s.m->games[0].status = 2;
        judge_game(&s);
        OK(&s);
        assert_false(s.verdict.open);
        s.m->games[0].status = 1;
        judge_game(&s);
        VIOLATED(&s, NONE, "true_root_lost");
        close_scene(&s);
    }
}

/* What is decided is looked at once more when that is final, and not for ever. */
static void root__game_decided__rests_on_what_decided_it(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    const struct cw_heads *heads = &s.m->heads[CW_SETTLEMENT];
    judge_game(&s);
    assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, s.log.block.number.v);
    s.m->games[0].status = 2;
    s.m->games[0].resolved_s = heads->final.timestamp_s;
    judge_game(&s);
    OK(&s);
    assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, heads->latest.number.v);
    s.m->games[0].resolved_s--;
    judge_game(&s);
    OK(&s);
    assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, s.log.block.number.v);
    close_scene(&s);
}

static void root__false_game__nobodys_lever_until_it_is_about_to_win(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    s.m->games[0].claim = model_false_root(1);
    judge_game(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    assert_true(s.verdict.open);
    model_time(s.m, MODEL_T0 + 1199);
    judge_game(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    model_time(s.m, MODEL_T0 + 1200); /* a quarter of the clock is left */
    judge_game(&s);
    VIOLATED(&s, ROUTE, "false_root_winning");
    model_time(s.m, MODEL_T0 + 9999);
    judge_game(&s);
    VIOLATED(&s, ROUTE, "false_root_winning");
    s.m->games[0].status = 2;
    judge_game(&s);
    VIOLATED(&s, ROUTE, "false_root_won");
    s.m->games[0].blacklisted = true;
    judge_game(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    s.m->games[0].status = 1;
    judge_game(&s);
    OK(&s);
    assert_false(s.verdict.open);
    close_scene(&s);
}

static void root__false_game_that_does_not_count__warning_whatever_comes_of_it(void **state) {
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct scene s = game_scene(i == 2 ? "4.1.0" : NULL);
        s.m->games[0].claim = model_false_root(1);
        s.m->games[0].status = 2;
        s.m->type = i == 0 ? 1 : 0;
        s.m->since_s = MODEL_T0 + (i == 1 ? 901 : 0);
        s.m->games[0].unregistered = i == 2;
        judge_game(&s);
        VIOLATED(&s, NONE, "root_mismatch");
        close_scene(&s);
    }
}

static void root__false_permissioned_game__route_at_once(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    s.m->type = s.m->games[0].type = 1;
    s.m->games[0].claim = model_false_root(1);
    judge_game(&s);
    VIOLATED(&s, ROUTE, "root_mismatch");
    assert_non_null(strstr(s.verdict.sentence, "only its challenger"));
    s.m->games[0].status = 1;
    judge_game(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    assert_false(s.verdict.open);
    close_scene(&s);
}

static void root__permissioned_game_of_a_stranger__warning(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    s.m->type = s.m->games[0].type = 1;
    s.m->games[0].proposer = s.m->games[0].creator = s.m->self.submitter;
    judge_game(&s);
    OK(&s);
    s.m->games[0].creator = MODEL_STRANGER;
    judge_game(&s);
    VIOLATED(&s, NONE, "unexpected_poster");
    s.m->games[0].type = s.m->type = 0;
    judge_game(&s);
    OK(&s);
    close_scene(&s);
}

static void root__contested_game__foreseen_by_its_claims(void **state) {
    (void)state;
    /* against the root; for it; against that */
    static const struct model_claim list[] = {{UINT32_MAX, false, 0, MODEL_T0 + 900},
                                              {0, false, 10, MODEL_T0 + 910},
                                              {1, false, 5, MODEL_T0 + 915},
                                              {2, false, 40, MODEL_T0 + 950}};
    static const struct model_claim stepped[] = {{UINT32_MAX, false, 0, MODEL_T0 + 900},
                                                 {0, true, 10, MODEL_T0 + 910}};
    static const struct {
        const struct model_claim *list;
        size_t n;
        uint64_t now_s;
        bool is_false;
        enum cw_verdict_state state;
        enum cw_stake stake;
        const char *reason;
    } cases[] = {
        /* the challenger's claim stands until T0 + 910 + 400 */
        {list, 2, 1209, false, CW_VERDICT_OK, 0, ""},
        {list, 2, 1210, false, CW_VERDICT_VIOLATED, CW_STAKE_NONE, "true_root_losing"},
        {list, 2, 1210, true, CW_VERDICT_VIOLATED, CW_STAKE_NONE, "root_mismatch"},
        /* defended: the defence can be countered until T0 + 915 + 400 - 10 */
        {list, 3, 1210, false, CW_VERDICT_OK, 0, ""},
        {list, 3, 1204, true, CW_VERDICT_VIOLATED, CW_STAKE_NONE, "root_mismatch"},
        {list, 3, 1205, true, CW_VERDICT_VIOLATED, CW_STAKE_ROUTE, "false_root_winning"},
        {list, 4, 1300, true, CW_VERDICT_VIOLATED, CW_STAKE_NONE, "root_mismatch"},
        {stepped, 2, 1300, true, CW_VERDICT_VIOLATED, CW_STAKE_ROUTE, "false_root_winning"},
        {stepped, 2, 1300, false, CW_VERDICT_OK, 0, ""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = game_scene(NULL);
        s.m->games[0].list = cases[i].list;
        s.m->games[0].claims = cases[i].n;
        if (cases[i].is_false) {
            s.m->games[0].claim = model_false_root(1);
        }
        model_time(s.m, MODEL_T0 + cases[i].now_s);
        judge_game(&s);
        assert_verdict(&s, cases[i].state, cases[i].stake, cases[i].reason);
        close_scene(&s);
    }
}

static void root__block_number_was_challenged__the_root_loses(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    s.m->games[0].claim = model_false_root(1);
    s.m->games[0].block_challenged = true;
    model_time(s.m, MODEL_T0 + 9999);
    judge_game(&s);
    VIOLATED(&s, NONE, "root_mismatch");
    close_scene(&s);
}

static void root__game_that_is_not_known__unverified(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    s.m->type = s.m->games[0].type = 42;
    s.m->games[0].claim = model_false_root(1);
    judge_game(&s);
    UNVERIFIED(&s, "unknown_game_type");
    s.m->games[0].type = 0;
    s.m->malformed = SEL_GAME_BLOCK;
    judge_game(&s);
    UNVERIFIED(&s, "unexpected_answer");
    s.m->settlement_down = true;
    judge_game(&s);
    UNVERIFIED(&s, "unavailable");
    close_scene(&s);
}

static void root__super_game__our_output_in_it_is_judged(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scene s = open_scene(true, "5.6.0");
        s.m->type = 9;
        struct cw_hash32 root = i == 0 ? model_root(s.m, 120) : model_false_root(1);
        model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 900, false, false, &root);
        judge_game(&s);
        assert_verdict(&s, i == 0 ? CW_VERDICT_OK : CW_VERDICT_VIOLATED, CW_STAKE_NONE,
                       i == 0 ? "" : "root_mismatch");
        close_scene(&s);
    }
}

static void root__sealed_super_game__told_only_of_our_chain_alone(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scene s = open_scene(true, "4.5.0");
        s.m->super_active = true;
        s.m->type = 4;
        struct cw_hash32 root = model_root(s.m, 120);
        model_super_add(s.m, MODEL_T0 + 120, MODEL_T0 + 900, i == 0, true, &root);
        judge_game(&s);
        assert_verdict(&s, i == 0 ? CW_VERDICT_OK : CW_VERDICT_UNVERIFIED, 0,
                       i == 0 ? "" : "unknown_set");
        close_scene(&s);
    }
}

/* --- proven ----------------------------------------------------------------------------------- */

enum how { DIRECT, INSIDE, BADLY, DECOY, ELSEWHERE, TRACED };

/* The withdrawal is proven, on an output or in a game for L2 block 120 that are our chain's. */
static struct scene proven_scene(bool games, const char *version, enum how how) {
    static const uint8_t around[7] = {1, 2, 3};
    struct scene s = open_scene(games, version);
    struct cw_buf buf;
    s.m->type = 0;
    if (games) {
        model_game_add(s.m, 120, MODEL_T0 + 150);
    } else {
        model_output_add(s.m, 120, MODEL_T0 + 150);
    }
    s.adapter = model_adapter(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_int_equal(d.verb, CW_ACT);
    cw_buf_init(&buf, 1u << 20);
    if (how == INSIDE || how == DECOY) {
        cw_buf_append(&buf, around, sizeof around);
    }
    cw_buf_append(&buf, d.call.data.p, d.call.data.n);
    if (how == BADLY || how == DECOY) {
        buf.p[buf.n - d.call.data.n + 4 + 3 * 32] ^= 1; /* the state root */
    }
    if (how == TRACED) { /* behind what somebody else tried in the same transaction */
        s.m->traced[0] = CW_LITERAL("no call of that kind");
        s.m->traced[1] = cw_arena_copy(&s.m->arena, cw_buf_slice(&buf));
        s.m->traced_n = 2;
    }
    if (how == ELSEWHERE || how == TRACED) {
        cw_buf_reset(&buf);
    }
    cw_buf_append(&buf, around, how == DIRECT || how == BADLY ? 0 : sizeof around);
    model_tx(s.m, how == DIRECT || how == BADLY ? &s.m->portal : &MODEL_STRANGER,
             cw_buf_slice(&buf));
    cw_buf_done(&buf);
    if (games) {
        model_prove_by(s.m, &s.m->self.submitter, 0, MODEL_T0 + 950);
    } else {
        s.m->proven_root = s.m->outputs[0].root;
        s.m->proven_s = MODEL_T0 + 950;
    }
    proven(&s, MODEL_T0 + 950);
    return s;
}

#define EVERY_PORTAL(games, version)                                                               \
    for (size_t k_ = 0; k_ < 3; k_++)                                                              \
        for (bool once_ = true, games = k_ > 0; once_; once_ = false)                              \
            for (const char *version = k_ == 2 ? "5.1.0" : NULL; once_; once_ = false)

static void proven__on_a_true_root__ok(void **state) {
    (void)state;
    static const enum how hows[] = {DIRECT, INSIDE, ELSEWHERE, DECOY};
    EVERY_PORTAL(games, version) {
        for (size_t i = 0; i < CW_COUNT(hows); i++) {
            for (int stored = 0; stored < 2; stored++) {
                struct scene s = proven_scene(games, version, hows[i]);
                s.stored = stored == 1;
                judge(&s);
                OK(&s);
                assert_about(&s);
                assert_false(s.verdict.open);
                close_scene(&s);
            }
        }
    }
}

static void falsify(struct scene *s, bool games) {
    if (games) {
        s->m->games[0].claim = model_false_root(1);
    } else {
        s->m->proven_root = s->m->outputs[0].root = model_false_root(1);
    }
}

/* What it is proven on, as a subject: what that log's is. */
static struct cw_hash32 key_of_root(struct scene *s, bool games) {
    struct cw_subject subjects[2];
    size_t n = 0;
    if (games) {
        game_created(s, 0);
    } else {
        output_proposed(s, 0);
    }
    assert_int_equal(cw_opstack_withdrawal.subjects(s->adapter, CW_SETTLEMENT, &s->log,
                                                    &s->m->arena, subjects, 2, &n, NULL),
                     CW_OK);
    assert_int_equal(n, 1);
    return subjects[0].key;
}

static void proven__on_any_root__says_on_which(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        for (int false_one = 0; false_one < 2; false_one++) {
            struct scene s = proven_scene(games, version, DIRECT);
            if (false_one == 1) {
                falsify(&s, games);
            }
            judge(&s);
            const struct cw_hash32 said = s.verdict.rests_on, key = key_of_root(&s, games);
            assert_true(cw_hash32_equal(&said, &key));
            close_scene(&s);
        }
    }
}

/* What is read at the head instead would be empty. */
static void proven__again_elsewhere_since__judged_at_its_block(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        s.m->moved = true;
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void proven__forged_under_a_true_root__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        s.m->unsent = true; /* the rollup that it was proven on never was ours */
        s.stored = false;
        if (games) {
            s.m->games[0].claim = model_root(s.m, 120);
        } else {
            s.m->proven_root = s.m->outputs[0].root = model_root(s.m, 120);
        }
        judge(&s);
        VIOLATED(&s, ROUTE, "forged_withdrawal");
        close_scene(&s);
    }
}

static void proven__on_a_false_root__its_message_or_the_route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        for (int forged = 0; forged < 2; forged++) {
            const char *reason = forged == 1 ? "forged_withdrawal" : "proven_on_false_root";
            struct scene s = proven_scene(games, version, DIRECT);
            falsify(&s, games);
            s.m->unsent = forged == 1;
            s.stored = forged == 0;
            judge(&s);
            assert_verdict(&s, CW_VERDICT_VIOLATED, games ? CW_STAKE_MESSAGES : CW_STAKE_ROUTE,
                           reason);
            assert_true(s.verdict.open);
            if (games) {
                s.m->type = s.m->games[0].type = 1; /* nobody else may have made it */
                judge(&s);
                VIOLATED(&s, ROUTE, reason);
                s.m->games[0].blacklisted = true;
                judge(&s);
                VIOLATED(&s, NONE, reason);
                s.m->type = s.m->games[0].type = 0;
                s.m->games[0].status = 1;
                judge(&s);
                OK(&s);
            }
            close_scene(&s);
        }
    }
}

static void proven__the_portal_took_a_bad_proof__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, BADLY);
        judge(&s);
        VIOLATED(&s, ROUTE, "invalid_proof");
        close_scene(&s);
    }
}

/* Whatever stands in the data: of the portal's own call it may speak against the portal, of another
 * one never. */
static void proven__changed_data__at_most_a_bad_proof(void **state) {
    (void)state;
    static const enum how hows[] = {DIRECT, INSIDE};
    for (size_t i = 0; i < CW_COUNT(hows); i++) {
        struct scene s = proven_scene(true, NULL, hows[i]);
        struct cw_tx tx;
        struct cw_signature signature;
        size_t bad = 0;
        assert_int_equal(cw_tx_decode(&s.m->arena, &tx, &signature, s.m->tx, NULL), CW_OK);
        uint8_t *data = (uint8_t *)(uintptr_t)cw_arena_copy(&s.m->arena, tx.data).p;
        for (size_t at = 0; at < tx.data.n; at += 3) {
            const uint8_t was = data[at];
            data[at] ^= at % 2 == 0 ? 0x01 : 0xff;
            model_tx(s.m, &tx.to, cw_slice_of(data, tx.data.n - at % 5));
            proven(&s, MODEL_T0 + 950);
            judge(&s);
            data[at] = was;
            bad += s.verdict.state == CW_VERDICT_VIOLATED;
            if (s.verdict.state == CW_VERDICT_VIOLATED && hows[i] == DIRECT) {
                VIOLATED(&s, ROUTE, "invalid_proof");
            } else {
                OK(&s);
            }
        }
        assert_true((bad > 5) == (hows[i] == DIRECT));
        close_scene(&s);
    }
}

static void proven__transaction_is_gone__unverified(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        s.m->tx = (struct cw_slice){NULL, 0};
        judge(&s);
        UNVERIFIED(&s, "transaction_unavailable");
        falsify(&s, games); /* that much is known without it */
        judge(&s);
        assert_int_equal(s.verdict.state, CW_VERDICT_VIOLATED);
        close_scene(&s);
    }
}

static void proven__another_transaction__unverified(void **state) {
    (void)state;
    struct scene s = proven_scene(true, NULL, DIRECT);
    model_tx(s.m, &s.m->portal, CW_LITERAL("another"));
    judge(&s); /* the log still names the first one */
    UNVERIFIED(&s, "transaction_unavailable");
    close_scene(&s);
}

static void proven__state_is_gone__by_the_transaction_or_unverified(void **state) {
    (void)state;
    static const enum how hows[] = {INSIDE, ELSEWHERE};
    for (size_t i = 0; i < CW_COUNT(hows); i++) {
        struct scene s = proven_scene(true, "5.1.0", hows[i]);
        s.m->proof_window_from = 121;
        s.stored = false;
        judge(&s);
        assert_verdict(&s, i == 0 ? CW_VERDICT_OK : CW_VERDICT_UNVERIFIED, 0,
                       i == 0 ? "" : "proof_unavailable");
        close_scene(&s);
    }
}

/* What an endpoint says that the portal was called with is worth what it proves. */
static void proven__state_is_gone_and_called_by_a_contract__told_by_the_trace(void **state) {
    (void)state;
    struct scene s = proven_scene(true, "5.1.0", TRACED);
    s.m->proof_window_from = 121;
    s.stored = false;
    judge(&s);
    OK(&s);
    struct cw_slice *call = &s.m->traced[1];
    uint8_t *changed = cw_arena_alloc(&s.m->arena, call->n);
    memcpy(changed, call->p, call->n);
    changed[4 + 3 * 32] ^= 1; /* the state root */
    call->p = changed;
    judge(&s);
    UNVERIFIED(&s, "proof_unavailable");
    close_scene(&s);
}

static void proven__stored_after_the_root__is_not_what_the_root_has(void **state) {
    (void)state;
    struct scene s = proven_scene(true, "5.1.0", ELSEWHERE);
    s.m->proof_window_from = 121;
    judge(&s);
    OK(&s);
    s.m->message.source.number.v = 121;
    judge(&s);
    UNVERIFIED(&s, "proof_unavailable");
    close_scene(&s);
}

static void proven__root_is_not_final_here__unverified(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        s.m->newer_headers = true;
        s.m->heads[CW_EXECUTION].final.number.v = 119;
        judge(&s);
        UNVERIFIED(&s, "block_not_final");
        assert_true(s.verdict.open);
        close_scene(&s);
    }
}

static void proven__the_portal_keeps_none__unverified(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        s.m->proofs_n = 0;
        s.m->proven_s = 0;
        judge(&s);
        UNVERIFIED(&s, "not_recorded");
        close_scene(&s);
    }
}

/* --- executed --------------------------------------------------------------------------------- */

static struct scene executed_scene(bool games, const char *version) {
    struct scene s = proven_scene(games, version, DIRECT);
    s.m->games[0].status = 2;
    finalized(&s, MODEL_T0 + 990);
    return s;
}

static void executed__sent_and_proven__ok(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        for (int stored = 0; stored < 2; stored++) {
            struct scene s = executed_scene(games, version);
            s.stored = stored == 1;
            judge(&s);
            OK(&s);
            assert_about(&s);
            close_scene(&s);
        }
    }
}

static void executed__again__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = executed_scene(games, version);
        s.before = (struct cw_block_ref){.number = {MODEL_T0 + 960}};
        judge(&s);
        VIOLATED(&s, ROUTE, "executed_twice");
        assert_non_null(strstr(s.verdict.values[CW_SETTLEMENT], "and again in block"));
        s.before.number.v = 0;
        struct cw_log beside[2] = {s.log, s.log};
        beside[0].log_index = 1;
        s.log.beside = beside;
        s.log.beside_n = 2;
        judge(&s);
        VIOLATED(&s, ROUTE, "executed_twice");
        beside[0].topics[1].b[0] ^= 1; /* another one */
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void executed__never_proven__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = executed_scene(games, version);
        s.m->proofs_n = 0;
        s.m->proven_s = 0;
        judge(&s);
        VIOLATED(&s, ROUTE, "never_proven");
        close_scene(&s);
    }
}

static void executed__never_sent__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = executed_scene(games, version);
        s.m->unsent = true;
        s.stored = false;
        if (games) {
            s.m->games[0].claim = model_root(s.m, 120);
        } else {
            s.m->proven_root = s.m->outputs[0].root = model_root(s.m, 120);
        }
        judge(&s);
        VIOLATED(&s, ROUTE, "forged_withdrawal");
        falsify(&s, games);
        judge(&s);
        VIOLATED(&s, ROUTE, "forged_withdrawal");
        close_scene(&s);
    }
}

static void executed__on_a_false_root_only__route(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = executed_scene(games, version);
        falsify(&s, games);
        judge(&s);
        VIOLATED(&s, ROUTE, "executed_on_false_root");
        if (games) { /* somebody else proved it as it should be */
            model_game_add(s.m, 130, MODEL_T0 + 160);
            model_prove_by(s.m, &MODEL_STRANGER, 1, MODEL_T0 + 955);
            judge(&s);
            OK(&s);
        }
        close_scene(&s);
    }
}

static void executed__more_proofs_than_are_read__never_violated_by_them(void **state) {
    (void)state;
    struct scene s = executed_scene(true, NULL);
    falsify(&s, true);
    for (uint8_t i = 0; i < 16; i++) {
        const struct cw_addr20 by = {{0xb0, i}};
        model_prove_by(s.m, &by, 0, MODEL_T0 + 951);
    }
    judge(&s);
    UNVERIFIED(&s, "too_many_proofs");
    close_scene(&s);
}

static void executed__unavailable__unverified(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = executed_scene(games, version);
        s.stored = false;
        s.m->proof_window_from = UINT64_MAX;
        judge(&s);
        assert_int_equal(s.verdict.state, CW_VERDICT_UNVERIFIED);
        s.m->settlement_down = true;
        judge(&s);
        UNVERIFIED(&s, "unavailable");
        close_scene(&s);
    }
}

/* --- changes ---------------------------------------------------------------------------------- */

static void change__of_a_contract_or_a_rule__told_of_for_a_day(void **state) {
    (void)state;
    static const struct {
        const struct cw_hash32 *topic;
        enum cw_stake stake;
        const char *reason;
        bool roots;
    } cases[] = {
        {&OPSTACK_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed", false},
        {&OPSTACK_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed", true},
        {&OPSTACK_TOPIC_ADMIN_CHANGED, CW_STAKE_ROUTE, "admin_changed", false},
        {&OPSTACK_TOPIC_OWNERSHIP, CW_STAKE_ROUTE, "owner_changed", true},
        {&OPSTACK_TOPIC_IMPLEMENTATION_SET, CW_STAKE_NONE, "game_code_changed", true},
        {&OPSTACK_TOPIC_RESPECTED_TYPE_SET, CW_STAKE_NONE, "respected_type_changed", false},
        {&OPSTACK_TOPIC_GAME_BLACKLISTED, CW_STAKE_NONE, "game_blacklisted", false},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = game_scene(NULL);
        s.log = model_log_finalized(s.m, MODEL_T0 + 990);
        s.log.address = cases[i].roots ? s.m->roots : s.m->portal;
        s.log.topics[0] = *cases[i].topic;
        s.m->state.accounts[0] = (struct model_account){.at = s.log.address,
                                                        .code = s.log.topics[1]};
        s.m->state.accounts_n = 1;
        s.log.block = model_state_block(&s.m->state, &s.m->arena, MODEL_T0 + 990);
        s.m->heads[CW_SETTLEMENT].final = s.log.block;
        judge(&s);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[i].stake, cases[i].reason);
        assert_int_equal(s.verdict.again_s, MODEL_T0 + 990 + 86400);
        model_time(s.m, MODEL_T0 + 990 + 86399);
        judge(&s);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[i].stake, cases[i].reason);
        model_time(s.m, MODEL_T0 + 990 + 86400);
        judge(&s);
        OK(&s);
        close_scene(&s);
    }
}

static void change__where_its_contract_was_made__none(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    struct cw_block_ref *final = &s.m->heads[CW_SETTLEMENT].final;
    s.log = model_log_finalized(s.m, MODEL_T0 + 990);
    s.log.address = s.m->portal;
    s.log.topics[0] = OPSTACK_TOPIC_UPGRADED;
    judge(&s); /* the block before it is not final yet */
    VIOLATED(&s, ROUTE, "code_changed");
    final->number.v = s.log.block.number.v;
    judge(&s);
    OK(&s);
    assert_false(s.verdict.open);
    s.m->state.hidden = true;
    judge(&s);
    VIOLATED(&s, ROUTE, "code_changed");
    assert_int_equal(s.verdict.again_s, s.m->heads[CW_SETTLEMENT].latest.timestamp_s + 60);
    s.m->state.hidden = false;
    s.m->state.accounts[0] = (struct model_account){.at = s.m->portal, .code = s.log.topics[1]};
    s.m->state.accounts_n = 1;
    s.log.block = model_state_block(&s.m->state, &s.m->arena, MODEL_T0 + 990);
    judge(&s);
    VIOLATED(&s, ROUTE, "code_changed");
    assert_int_equal(s.verdict.again_s, MODEL_T0 + 990 + 86400);
    close_scene(&s);
}

/* Slot and code are what they were; only the log tells that there was something else between. */
static void change__back_within_its_block__told_with_what_it_wrote(void **state) {
    (void)state;
    static const struct cw_hash32 planted = {{[31] = 1}};
    for (int final = 0; final < 2; final++) {
        struct scene s = game_scene(NULL);
        struct model_state *l1 = &s.m->state;
        l1->accounts[0] = (struct model_account){.at = s.m->portal, .code = {{[31] = 1}}};
        l1->accounts_n = 1;
        l1->final_block = MODEL_T0 + 989;
        s.log = model_log_finalized(s.m, MODEL_T0 + 990);
        s.log.topics[0] = OPSTACK_TOPIC_UPGRADED;
        s.log.topics[1] = (struct cw_hash32){{[31] = 2}};
        for (int written = 0; written < 3; written++) {
            l1->accounts[0].planted = written > 0 ? planted : (struct cw_hash32){{0}};
            s.log.block = model_state_block(l1, &s.m->arena, MODEL_T0 + 990);
            s.m->logs[0] = s.log;
            s.m->logs[1] = model_log_finalized(s.m, MODEL_T0 + 990);
            s.m->logs_n = written == 2 ? 2 : 1;
            if (final == 1) {
                s.m->heads[CW_SETTLEMENT].final = s.log.block;
            }
            judge(&s);
            VIOLATED(&s, ROUTE, written == 1 ? "code_swapped_storage_written" : "code_swapped");
        }
        l1->accounts[0].code = s.log.topics[1];
        s.log.block = model_state_block(l1, &s.m->arena, MODEL_T0 + 990);
        judge(&s);
        VIOLATED(&s, ROUTE, "code_changed");
        l1->hidden = true;
        judge(&s);
        VIOLATED(&s, ROUTE, "code_changed");
        assert_int_equal(s.verdict.again_s, s.m->heads[CW_SETTLEMENT].latest.timestamp_s + 60);
        close_scene(&s);
    }
}

static void change__of_an_admin__names_the_new_one(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    const uint8_t admins[64] = {[31] = 0x0a, [63] = 0x0b};
    s.log = model_log_finalized(s.m, MODEL_T0 + 990);
    s.log.address = s.m->portal;
    s.log.topics[0] = OPSTACK_TOPIC_ADMIN_CHANGED;
    s.log.topics_n = 1;
    s.log.data = cw_slice_of(admins, sizeof admins);
    judge(&s);
    assert_non_null(strstr(s.subject.about, ": 0x0b"));
    s.log.topics[0] = OPSTACK_TOPIC_UPGRADED;
    s.log.topics[1] = (struct cw_hash32){{[31] = 0x0c}};
    s.log.topics_n = 2;
    judge(&s);
    assert_non_null(strstr(s.subject.about, ": 0x0c"));
    close_scene(&s);
}

/* --- standing --------------------------------------------------------------------------------- */

/* The settlement layer's final block is of T0 + final_s; its newest is T0 + last_s. */
static void judge_above(struct scene *s, enum op_invariant invariant, uint64_t final_s,
                        uint64_t last_s) {
    struct model *m = s->m;
    if (s->adapter == NULL) {
        s->adapter = model_adapter(m);
    }
    m->state.final_block = last_s > final_s ? MODEL_T0 + final_s : 0;
    m->heads[CW_SETTLEMENT].final = model_state_block(&m->state, &m->arena, MODEL_T0 + final_s);
    s->subject = (struct cw_subject){
        .invariant = (size_t)invariant,
        .key = s->subject.key,
        .side = CW_SETTLEMENT,
        .block = model_state_block(&m->state, &m->arena, MODEL_T0 + last_s),
        .memory = s->subject.memory};
    judge_subject(s);
    if (s->verdict.memory.p != NULL) {
        s->subject.memory = s->verdict.memory;
    }
}
static void judge_standing(struct scene *s, enum op_invariant invariant, uint64_t final_s) {
    judge_above(s, invariant, final_s, final_s);
}

static void assert_seen(const struct scene *s, uint64_t at_s) {
    assert_int_equal(s->verdict.seen[CW_SETTLEMENT].number.v, MODEL_T0 + at_s);
}

/* All rules; of several verdicts that are not OK, the last. */
static void judge_rules(struct scene *s, uint64_t final_s) {
    struct cw_invariant_verdict told = {.state = CW_VERDICT_OK};
    for (size_t i = 0; i < OP_RULES; i++) {
        s->subject.memory = s->rules[i];
        s->subject.key.b[31] = (uint8_t)i;
        judge_standing(s, OP_GOVERNANCE, final_s);
        s->rules[i] = s->subject.memory;
        if (s->verdict.state != CW_VERDICT_OK) {
            told = s->verdict;
        }
    }
    s->verdict = told;
}

static struct scene standing_scene(bool games) {
    struct scene s = open_scene(games, games ? "4.1.0" : NULL);
    struct model *m = s.m;
    m->guardian = (struct cw_addr20){{0x6a}};
    m->owner = (struct cw_addr20){{0x0e}};
    m->proposer = (struct cw_addr20){{0x99}};
    m->state.accounts[0] = (struct model_account){.at = m->portal,
                                                  .balance = cw_u256_from_u64(100000),
                                                  .code = {{[31] = 1}},
                                                  .admin = {{[31] = 2}}};
    m->state.accounts[1] = (struct model_account){
        .at = m->roots, .code = {{[31] = 3}}, .admin = {{[31] = 4}}};
    m->state.accounts[2] = (struct model_account){.at = m->registry, .code = {{[31] = 5}}};
    m->state.accounts[3] = (struct model_account){.at = {{0x10, 0xcb}},
                                                  .balance = cw_u256_from_u64(70000)};
    m->state.accounts_n = 4;
    return s;
}

static void governance__nothing_changes__ok(void **state) {
    (void)state;
    for (int games = 0; games < 2; games++) {
        struct scene s = standing_scene(games == 1);
        for (uint64_t at = 900; at < 904; at++) {
            judge_rules(&s, at);
            OK(&s);
        }
        close_scene(&s);
    }
}

static void governance__made_above_the_final_block__no_change(void **state) {
    (void)state;
    struct scene s = standing_scene(false);
    struct model_state made = s.m->state;
    const struct cw_addr20 guardian = s.m->guardian, proposer = s.m->proposer;
    s.m->state.accounts_n = 0;
    s.m->guardian = s.m->proposer = (struct cw_addr20){{0}};
    judge_rules(&s, 900);
    UNVERIFIED(&s, "not_made");
    assert_true(s.verdict.open);
    s.m->state = made;
    s.m->guardian = guardian;
    s.m->proposer = proposer;
    judge_rules(&s, 901);
    OK(&s);
    close_scene(&s);
}

static void governance__anything_changes__told_of_for_a_day_with_both_values(void **state) {
    (void)state;
    static const struct {
        const char *reason;
        enum cw_stake stake;
        size_t offset; /* of a byte in the model */
        bool games, outputs;
    } cases[] = {
        {"portal_code_changed", CW_STAKE_ROUTE, offsetof(struct model, state.accounts[0].code), 1,
         1},
        {"portal_admin_changed", CW_STAKE_ROUTE, offsetof(struct model, state.accounts[0].admin), 1,
         1},
        {"roots_code_changed", CW_STAKE_ROUTE, offsetof(struct model, state.accounts[1].code), 1,
         1},
        {"roots_admin_changed", CW_STAKE_ROUTE, offsetof(struct model, state.accounts[1].admin), 1,
         1},
        {"registry_code_changed", CW_STAKE_ROUTE, offsetof(struct model, state.accounts[2].code), 1,
         0},
        {"guardian_changed", CW_STAKE_ROUTE, offsetof(struct model, guardian), 1, 1},
        {"factory_owner_changed", CW_STAKE_ROUTE, offsetof(struct model, owner), 1, 0},
        {"proposer_changed", CW_STAKE_NONE, offsetof(struct model, proposer), 0, 1},
        {"respected_type_changed", CW_STAKE_NONE, offsetof(struct model, type), 1, 0},
        {"retirement_changed", CW_STAKE_NONE, offsetof(struct model, since_s), 1, 0},
        {"paused_changed", CW_STAKE_NONE, offsetof(struct model, paused), 1, 1},
    };
    for (size_t i = 0; i < 2 * CW_COUNT(cases); i++) {
        const size_t k = i / 2;
        if (i % 2 == 0 ? !cases[k].games : !cases[k].outputs) {
            continue;
        }
        struct scene s = standing_scene(i % 2 == 0);
        uint8_t *byte = (uint8_t *)s.m + cases[k].offset;
        judge_rules(&s, 900);
        OK(&s);
        *byte ^= 1;
        judge_rules(&s, 901);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[k].stake, cases[k].reason);
        assert_non_null(strstr(s.verdict.values[CW_SETTLEMENT], "before 0x"));
        judge_rules(&s, 901 + 86399);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[k].stake, cases[k].reason);
        *byte ^= 1; /* back again */
        judge_rules(&s, 901 + 86399);
        OK(&s);
        *byte ^= 1;
        judge_rules(&s, 901 + 86399);
        assert_verdict(&s, CW_VERDICT_VIOLATED, cases[k].stake, cases[k].reason);
        judge_rules(&s, 901 + 2 * 86400);
        OK(&s);
        close_scene(&s);
    }
}

static void governance__one_rule_after_another__each_by_itself(void **state) {
    (void)state;
    struct scene s = standing_scene(true);
    judge_rules(&s, 900);
    s.m->paused = true;
    judge_rules(&s, 1000);
    VIOLATED(&s, NONE, "paused_changed");
    s.m->guardian.b[0] ^= 1;
    judge_rules(&s, 1000 + 80000);
    VIOLATED(&s, NONE, "paused_changed"); /* and the guardian, before it */
    judge_rules(&s, 1000 + 86400);
    VIOLATED(&s, ROUTE, "guardian_changed");
    judge_rules(&s, 1000 + 80000 + 86399);
    VIOLATED(&s, ROUTE, "guardian_changed");
    judge_rules(&s, 1000 + 80000 + 86400);
    OK(&s);
    close_scene(&s);
}

/* Its first look is at a final block; then it is provisional while it is seen above that only. */
static void governance__changed_above_the_final_block__told_before_it_is_final(void **state) {
    (void)state;
    struct scene s = standing_scene(true);
    s.subject.key.b[31] = 5;
    judge_above(&s, OP_GOVERNANCE, 900, 910);
    OK(&s);
    s.m->guardian.b[0] ^= 1;
    judge_above(&s, OP_GOVERNANCE, 905, 915);
    VIOLATED(&s, ROUTE, "guardian_changed");
    assert_seen(&s, 915);
    judge_above(&s, OP_GOVERNANCE, 914, 925);
    assert_seen(&s, 925);
    judge_above(&s, OP_GOVERNANCE, 915, 925);
    VIOLATED(&s, ROUTE, "guardian_changed");
    assert_seen(&s, 915);
    close_scene(&s);
}

/* Between the watcher's look and the endpoint's answer. */
static void governance__its_block_is_replaced_meanwhile__unverified(void **state) {
    (void)state;
    struct scene s = standing_scene(true);
    judge_above(&s, OP_GOVERNANCE, 900, 910);
    OK(&s);
    s.m->state.accounts[0].code.b[0] ^= 1;
    s.subject.memory = s.verdict.memory;
    judge_subject(&s); /* the block that was followed does not have that */
    UNVERIFIED(&s, "chain_moved");
    judge_above(&s, OP_GOVERNANCE, 900, 910);
    VIOLATED(&s, ROUTE, "portal_code_changed");
    close_scene(&s);
}

static void governance__unavailable__unverified_and_nothing_is_forgotten(void **state) {
    (void)state;
    struct scene s = standing_scene(true);
    judge_rules(&s, 900);
    s.m->guardian.b[0] ^= 1;
    s.m->settlement_down = true;
    judge_rules(&s, 901);
    UNVERIFIED(&s, "unavailable");
    s.m->settlement_down = false;
    judge_rules(&s, 902);
    VIOLATED(&s, ROUTE, "guardian_changed");
    close_scene(&s);
}

/* A deposit that mints so much, or what a lockbox says. */
static void came(struct scene *s, uint64_t at_s, uint64_t amount) {
    struct cw_log log = model_log_finalized(s->m, MODEL_T0 + at_s);
    struct cw_hash32 words[2] = {opstack_word_u64(32), opstack_word_u64(CW_OP_OPAQUE_HEAD)};
    const struct cw_hash32 mint = opstack_word_u64(amount);
    uint8_t data[64 + 96] = {0};
    memcpy(data, words, sizeof words);
    memcpy(data + 64, mint.b, 32);
    log.topics[0] = CW_OP_TRANSACTION_DEPOSITED;
    log.topics[1] = log.topics[2] = opstack_word_addr20(&MODEL_STRANGER);
    log.topics[3] = (struct cw_hash32){{0}};
    log.topics_n = 4;
    log.data = cw_arena_copy(&s->m->arena, cw_slice_of(data, sizeof data));
    if (!cw_addr20_is_zero(&s->m->lockbox)) {
        log.address = s->m->lockbox;
        log.topics[0] = OPSTACK_TOPIC_ETH_LOCKED;
        log.topics_n = 2;
        log.data = cw_arena_copy(&s->m->arena, cw_slice_of(mint.b, 32));
    }
    s->m->logs[s->m->logs_n++] = log;
}

/* The withdrawal, of 5000, is finalized; its call is in a transaction. */
static void went(struct scene *s, uint64_t at_s, bool succeeded) {
    struct cw_buf buf;
    cw_buf_init(&buf, 1u << 16);
    cw_buf_append(&buf, "xyz", 3);
    opstack_put_finalize(&buf, s->m->portal_version[0] >= '3' ? OPSTACK_GAMES : OPSTACK_OUTPUTS,
                         &s->m->withdrawal, &MODEL_STRANGER);
    model_tx(s->m, &MODEL_STRANGER, cw_buf_slice(&buf));
    cw_buf_done(&buf);
    struct cw_log log = model_log_finalized(s->m, MODEL_T0 + at_s);
    const struct cw_hash32 value = opstack_word_u64(cw_addr20_is_zero(&s->m->lockbox) ? succeeded
                                                                                      : 5000);
    log.data = cw_arena_copy(&s->m->arena, cw_slice_of(value.b, 32));
    if (!cw_addr20_is_zero(&s->m->lockbox)) {
        log.address = s->m->lockbox;
        log.topics[0] = OPSTACK_TOPIC_ETH_UNLOCKED;
    }
    s->m->logs[s->m->logs_n++] = log;
}

static void set_balance(struct scene *s, uint64_t v) {
    const bool locked = !cw_addr20_is_zero(&s->m->lockbox);
    s->m->state.accounts[locked ? 3 : 0].balance = cw_u256_from_u64(v);
}

static struct scene escrow_scene(int kind) {
    struct scene s = standing_scene(kind > 0);
    if (kind == 2) {
        s.m->lockbox = s.m->state.accounts[3].at;
        set_balance(&s, 100000);
    }
    judge_standing(&s, OP_CONSERVATION, 900);
    OK(&s);
    return s;
}

#define EVERY_ESCROW(kind) for (int kind = 0; kind < 3; kind++)

static void conservation__what_comes_and_goes_is_told__ok(void **state) {
    (void)state;
    EVERY_ESCROW(kind) {
        struct scene s = escrow_scene(kind);
        came(&s, 910, 1000);
        set_balance(&s, 101000);
        judge_standing(&s, OP_CONSERVATION, 920);
        OK(&s);
        went(&s, 930, true);
        set_balance(&s, 96000);
        judge_standing(&s, OP_CONSERVATION, 930);
        OK(&s);
        set_balance(&s, 97000); /* sent there without a word */
        judge_standing(&s, OP_CONSERVATION, 940);
        OK(&s);
        close_scene(&s);
    }
}

static void conservation__drained__route_until_it_is_back(void **state) {
    (void)state;
    EVERY_ESCROW(kind) {
        struct scene s = escrow_scene(kind);
        came(&s, 910, 1000);
        set_balance(&s, 100999);
        judge_standing(&s, OP_CONSERVATION, 920);
        VIOLATED(&s, ROUTE, "escrow_short");
        judge_standing(&s, OP_CONSERVATION, 930);
        VIOLATED(&s, ROUTE, "escrow_short");
        went(&s, 935, true);
        set_balance(&s, 95999);
        judge_standing(&s, OP_CONSERVATION, 940);
        VIOLATED(&s, ROUTE, "escrow_short");
        set_balance(&s, 96000);
        judge_standing(&s, OP_CONSERVATION, 950);
        OK(&s);
        close_scene(&s);
    }
}

static void set_newer(struct scene *s, uint64_t v) {
    const bool locked = !cw_addr20_is_zero(&s->m->lockbox);
    s->m->state.accounts[locked ? 3 : 0].newer = cw_u256_from_u64(v);
}

static void conservation__drained_above_the_final_block__told_before_it_is_final(void **state) {
    (void)state;
    EVERY_ESCROW(kind) {
        struct scene s = escrow_scene(kind);
        came(&s, 915, 1000);
        set_newer(&s, 101000);
        judge_above(&s, OP_CONSERVATION, 910, 920);
        OK(&s);
        set_newer(&s, 100999);
        judge_above(&s, OP_CONSERVATION, 910, 920);
        VIOLATED(&s, ROUTE, "escrow_short");
        assert_seen(&s, 920);
        set_newer(&s, 101000); /* that block is gone */
        judge_above(&s, OP_CONSERVATION, 911, 921);
        OK(&s);
        went(&s, 922, true);
        set_newer(&s, 95999);
        judge_above(&s, OP_CONSERVATION, 911, 922);
        VIOLATED(&s, ROUTE, "escrow_short");
        assert_seen(&s, 922);
        set_balance(&s, 95999);
        judge_above(&s, OP_CONSERVATION, 922, 930);
        VIOLATED(&s, ROUTE, "escrow_short");
        assert_seen(&s, 922);
        set_newer(&s, 96000);
        judge_above(&s, OP_CONSERVATION, 923, 931);
        VIOLATED(&s, ROUTE, "escrow_short"); /* the final block still has too little */
        set_balance(&s, 96000);
        judge_above(&s, OP_CONSERVATION, 931, 935);
        OK(&s);
        close_scene(&s);
    }
}

/* Whoever leaves out that something was paid out is not believed before another one is asked. */
static void conservation__a_payment_is_left_out__no_theft(void **state) {
    (void)state;
    EVERY_ESCROW(kind) {
        struct scene s = escrow_scene(kind);
        s.m->hides_logs = true;
        went(&s, 910, true);
        set_balance(&s, 95000);
        judge_standing(&s, OP_CONSERVATION, 920);
        OK(&s);
        set_balance(&s, 94999);
        judge_standing(&s, OP_CONSERVATION, 930);
        VIOLATED(&s, ROUTE, "escrow_short");
        close_scene(&s);
    }
}

/* What was sent there without a word is not there to be taken. */
static void conservation__surplus_is_taken__route(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    set_balance(&s, 150000);
    judge_standing(&s, OP_CONSERVATION, 910);
    OK(&s);
    set_balance(&s, 120000);
    judge_standing(&s, OP_CONSERVATION, 920);
    VIOLATED(&s, ROUTE, "escrow_short");
    close_scene(&s);
}

static void conservation__call_failed__its_value_stays(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    went(&s, 910, false);
    judge_standing(&s, OP_CONSERVATION, 920);
    OK(&s);
    went(&s, 930, false);
    set_balance(&s, 95000);
    judge_standing(&s, OP_CONSERVATION, 940);
    VIOLATED(&s, ROUTE, "escrow_short");
    close_scene(&s);
}

static void conservation__amount_that_is_not_told__unverified_once(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    went(&s, 910, true);
    model_tx(s.m, &MODEL_STRANGER, CW_LITERAL("made up by a contract"));
    s.m->logs[0].tx_hash = s.m->tx_hash;
    set_balance(&s, 95000);
    judge_standing(&s, OP_CONSERVATION, 920);
    UNVERIFIED(&s, "amount_unknown");
    judge_standing(&s, OP_CONSERVATION, 930);
    OK(&s);
    close_scene(&s);
}

static void conservation__amount_in_a_trace__ok(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    went(&s, 910, true);
    struct cw_tx tx;
    struct cw_signature signature;
    assert_int_equal(cw_tx_decode(&s.m->arena, &tx, &signature, s.m->tx, NULL), CW_OK);
    s.m->traced[0] = tx.data;
    s.m->traced_n = 1;
    model_tx(s.m, &MODEL_STRANGER, CW_LITERAL("made up by a contract"));
    s.m->logs[0].tx_hash = s.m->tx_hash;
    set_balance(&s, 95000);
    judge_standing(&s, OP_CONSERVATION, 920);
    OK(&s);
    close_scene(&s);
}

static void conservation__unavailable__unverified_and_nothing_is_lost(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    went(&s, 910, true);
    const struct cw_slice tx = s.m->tx;
    s.m->tx = (struct cw_slice){NULL, 0};
    set_balance(&s, 95000);
    judge_standing(&s, OP_CONSERVATION, 920);
    UNVERIFIED(&s, "unavailable");
    s.m->tx = tx;
    judge_standing(&s, OP_CONSERVATION, 930);
    OK(&s);
    close_scene(&s);
}

static void conservation__long_away__summed_in_pieces(void **state) {
    (void)state;
    struct scene s = escrow_scene(0);
    came(&s, 901, 10);
    came(&s, 900 + 2048, 10);
    came(&s, 900 + 2049, 10);
    came(&s, 900 + 3 * 2048, 10);
    set_balance(&s, 100039);
    judge_standing(&s, OP_CONSERVATION, 900 + 3 * 2048);
    UNVERIFIED(&s, "summing");
    judge_standing(&s, OP_CONSERVATION, 900 + 3 * 2048);
    UNVERIFIED(&s, "summing");
    judge_standing(&s, OP_CONSERVATION, 900 + 3 * 2048);
    VIOLATED(&s, ROUTE, "escrow_short");
    set_balance(&s, 100040);
    judge_standing(&s, OP_CONSERVATION, 900 + 3 * 2048 + 1);
    OK(&s);
    close_scene(&s);
}

static void judge_summed(struct scene *s, uint64_t final_s, uint64_t last_s) {
    do {
        judge_above(s, OP_CONSERVATION, final_s, last_s);
    } while (strcmp(s->verdict.reason, "summing") == 0);
}

/* Each withdrawal is of 5000. */
static void conservation__one_over_the_limit__route_for_a_day(void **state) {
    (void)state;
    struct scene s = standing_scene(false);
    s.m->limits.max_outflow.v = cw_u256_from_u64(5000);
    judge_standing(&s, OP_CONSERVATION, 900);
    went(&s, 901, true);
    went(&s, 902, true);
    set_balance(&s, 90000);
    judge_standing(&s, OP_CONSERVATION, 910);
    OK(&s);
    cw_opstack_withdrawal.close(s.adapter);
    s.m->limits.max_outflow.v = cw_u256_from_u64(4999);
    s.adapter = model_adapter(s.m);
    went(&s, 915, true);
    set_newer(&s, 85000);
    judge_above(&s, OP_CONSERVATION, 910, 920);
    VIOLATED(&s, ROUTE, "outflow_over_limit");
    assert_seen(&s, 920);
    set_newer(&s, 90000); /* that block is gone */
    s.m->logs_n--;
    judge_above(&s, OP_CONSERVATION, 911, 921);
    OK(&s);
    went(&s, 922, true);
    set_balance(&s, 85000);
    judge_standing(&s, OP_CONSERVATION, 925);
    VIOLATED(&s, ROUTE, "outflow_over_limit");
    judge_summed(&s, 925 + 86399, 925 + 86399);
    VIOLATED(&s, ROUTE, "outflow_over_limit");
    assert_seen(&s, 925 + 86399);
    judge_standing(&s, OP_CONSERVATION, 925 + 86400);
    OK(&s);
    close_scene(&s);
}

static void conservation__more_than_the_limit_in_a_day__route(void **state) {
    (void)state;
    struct scene s = standing_scene(false);
    s.m->limits.max_daily_outflow.v = cw_u256_from_u64(9999);
    judge_standing(&s, OP_CONSERVATION, 900);
    went(&s, 900 + 3600, true);
    set_balance(&s, 95000);
    judge_summed(&s, 900 + 3600, 900 + 3600);
    OK(&s);
    went(&s, 900 + 7200, true);
    set_newer(&s, 90000);
    judge_summed(&s, 900 + 7199, 900 + 7200);
    VIOLATED(&s, ROUTE, "daily_outflow_over_limit");
    assert_seen(&s, 900 + 7200);
    set_balance(&s, 90000);
    for (uint64_t h = 2; h < 40; h++) { /* a day passes */
        judge_summed(&s, 900 + 3600 * h, 900 + 3600 * h);
        assert_int_equal(s.verdict.state, h < 25 ? CW_VERDICT_VIOLATED : CW_VERDICT_OK);
    }
    close_scene(&s);
}

static void conservation__gas_is_a_token__unverified(void **state) {
    (void)state;
    struct scene s = standing_scene(false);
    s.m->system_config = (struct cw_addr20){{0x5c}};
    judge_standing(&s, OP_CONSERVATION, 900);
    OK(&s);
    s.m->custom_gas = true;
    judge_standing(&s, OP_CONSERVATION, 901);
    UNVERIFIED(&s, "custom_gas_token");
    close_scene(&s);
}

static void tokens__less_than_the_rollup_has__route(void **state) {
    (void)state;
    static const struct cw_addr20 pairs[] = {{{0xa1}}, {{0xa2}}};
    struct scene s = open_scene(false, NULL);
    struct cw_heads *l2 = &s.m->heads[CW_EXECUTION];
    s.m->tokens = (struct cw_addr20s){pairs, 2};
    s.m->origin = MODEL_T0 + 990;
    s.m->supply = s.m->deposits = 700;
    s.adapter = model_adapter(s.m);
    for (int step = 0; step < 6; step++) {
        s.m->deposits = step == 1 || step == 3 ? 699 : 700;
        s.m->origin = step == 5 ? MODEL_T0 + 1001 : MODEL_T0 + 990;
        s.subject = (struct cw_subject){.invariant = OP_TOKENS,
                                        .side = CW_EXECUTION,
                                        .block = l2->latest,
                                        .memory = s.subject.memory};
        s.subject.key.b[31] = step == 4;
        judge_subject(&s);
        if (s.verdict.memory.p != NULL) {
            s.subject.memory = s.verdict.memory;
        }
        if (step == 1) {
            VIOLATED(&s, ROUTE, "token_short");
            assert_int_equal(s.verdict.seen[CW_EXECUTION].number.v, l2->latest.number.v);
            step++; /* until it is final */
            l2->final = l2->latest;
            s.subject.memory = s.verdict.memory;
            judge_subject(&s);
            VIOLATED(&s, ROUTE, "token_short");
            assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, MODEL_T0 + 900);
        } else if (step == 3) {
            VIOLATED(&s, ROUTE, "token_short");
        } else if (step == 5) {
            UNVERIFIED(&s, "origin_unknown");
        } else {
            OK(&s);
        }
    }
    close_scene(&s);
}

static void tokens__of_an_odd_number__refused(void **state) {
    (void)state;
    static const struct cw_addr20 list[34] = {{{0xa1}}};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {901}};
    static const size_t n[] = {1, 33, 34};
    for (size_t i = 0; i < CW_COUNT(n); i++) {
        struct cw_opstack_config config = {.portal = {{1}}, .tokens = {list, n[i]}};
        struct cw_adapter *adapter = NULL;
        assert_int_equal(cw_opstack_withdrawal.open(&adapter, &config, chains, NULL), CW_ERR_INPUT);
        assert_null(adapter);
    }
}

static void liveness__within_the_limits__ok(void **state) {
    (void)state;
    for (int games = 0; games < 2; games++) {
        struct scene s = standing_scene(games == 1);
        struct cw_heads *l2 = &s.m->heads[CW_EXECUTION];
        judge_standing(&s, OP_LIVENESS, 900); /* without any */
        OK(&s);
        cw_opstack_withdrawal.close(s.adapter);
        s.m->limits = (struct cw_limits){.max_root_age_s = 100,
                                         .max_head_lag_s = 200,
                                         .max_safe_lag_s = 300,
                                         .max_final_lag_s = 400};
        l2->latest.timestamp_s = MODEL_T0 + 800;
        l2->safe.timestamp_s = MODEL_T0 + 700;
        l2->final.timestamp_s = MODEL_T0 + 600;
        s.adapter = model_adapter(s.m);
        judge_standing(&s, OP_LIVENESS, 900);
        UNVERIFIED(&s, "no_root");
        if (games == 1) {
            model_game_add(s.m, 120, MODEL_T0 + 900);
            model_game_add(s.m, 120, MODEL_T0 + 999); /* of a type that does not count */
            s.m->games[1].type = 7;
        } else {
            model_output_add(s.m, 120, MODEL_T0 + 900);
        }
        judge_standing(&s, OP_LIVENESS, 900);
        OK(&s);
        s.m->games[0].created_s--;
        s.m->outputs[0].proposed_s--;
        judge_standing(&s, OP_LIVENESS, 900);
        VIOLATED(&s, NONE, "proposer_silent");
        s.m->games[0].created_s++;
        s.m->outputs[0].proposed_s++;
        const struct {
            enum op_invariant invariant;
            uint64_t *at_s;
            const char *reason;
        } lags[] = {{OP_HEAD_LAG, &l2->latest.timestamp_s, "head_lags"},
                    {OP_SAFE_LAG, &l2->safe.timestamp_s, "safe_lags"},
                    {OP_FINAL_LAG, &l2->final.timestamp_s, "final_lags"}};
        for (size_t i = 0; i < CW_COUNT(lags); i++) {
            judge_standing(&s, lags[i].invariant, 900);
            OK(&s);
            --*lags[i].at_s;
            judge_standing(&s, lags[i].invariant, 900);
            VIOLATED(&s, NONE, lags[i].reason);
            assert_int_equal(s.verdict.seen[CW_SETTLEMENT].number.v, 0);
        }
        close_scene(&s);
    }
}

/* --- subjects --------------------------------------------------------------------------------- */

static void subjects__malformed_logs__refused(void **state) {
    (void)state;
    EVERY_PORTAL(games, version) {
        struct scene s = proven_scene(games, version, DIRECT);
        void (*const logs[])(struct scene *, uint64_t) = {proven, finalized};
        for (size_t i = 0; i < CW_COUNT(logs); i++) {
            size_t n = 77;
            struct cw_error error;
            logs[i](&s, MODEL_T0 + 950);
            s.log.topics_n--;
            assert_int_equal(cw_opstack_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log,
                                                            &s.m->arena, s.subjects, 4, &n, &error),
                             CW_ERR_INPUT);
            assert_int_equal(n, 77);
            logs[i](&s, MODEL_T0 + 950);
            assert_int_equal(cw_opstack_withdrawal.subjects(s.adapter, CW_SETTLEMENT, &s.log,
                                                            &s.m->arena, NULL, 0, &n, &error),
                             CW_ERR_LIMIT);
            assert_int_equal(n, 1);
            assert_int_equal(cw_opstack_withdrawal.subjects(s.adapter, CW_EXECUTION, &s.log,
                                                            &s.m->arena, s.subjects, 4, &n, &error),
                             CW_OK);
            assert_int_equal(n, 0);
        }
        close_scene(&s);
    }
}

static void judge__rubbish_in_data__unverified(void **state) {
    (void)state;
    struct scene s = game_scene(NULL);
    judge_game(&s);
    s.subject.data.n--;
    judge_subject(&s);
    UNVERIFIED(&s, "bad_subject");
    s.subject.invariant = 99;
    judge_subject(&s);
    UNVERIFIED(&s, "bad_subject");
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root__output_of_our_chain__ok),
        cmocka_unit_test(root__false_output__route_until_it_is_deleted),
        cmocka_unit_test(root__zero_output__route_without_a_look_at_the_rollup),
        cmocka_unit_test(root__block_that_is_not_final__unverified_or_of_the_future),
        cmocka_unit_test(root__false_one_of_a_safe_block__told_before_it_is_final),
        cmocka_unit_test(root__number_above_64_bits__of_the_future),
        cmocka_unit_test(root__state_is_gone__told_by_the_header_from_isthmus_on),
        cmocka_unit_test(root__bad_proof__unverified),
        cmocka_unit_test(root__true_game__ok_and_looked_at_again),
        cmocka_unit_test(root__game_decided__rests_on_what_decided_it),
        cmocka_unit_test(root__false_game__nobodys_lever_until_it_is_about_to_win),
        cmocka_unit_test(root__false_game_that_does_not_count__warning_whatever_comes_of_it),
        cmocka_unit_test(root__false_permissioned_game__route_at_once),
        cmocka_unit_test(root__permissioned_game_of_a_stranger__warning),
        cmocka_unit_test(root__contested_game__foreseen_by_its_claims),
        cmocka_unit_test(root__block_number_was_challenged__the_root_loses),
        cmocka_unit_test(root__game_that_is_not_known__unverified),
        cmocka_unit_test(root__super_game__our_output_in_it_is_judged),
        cmocka_unit_test(root__sealed_super_game__told_only_of_our_chain_alone),
        cmocka_unit_test(proven__on_a_true_root__ok),
        cmocka_unit_test(proven__on_any_root__says_on_which),
        cmocka_unit_test(proven__again_elsewhere_since__judged_at_its_block),
        cmocka_unit_test(proven__forged_under_a_true_root__route),
        cmocka_unit_test(proven__on_a_false_root__its_message_or_the_route),
        cmocka_unit_test(proven__the_portal_took_a_bad_proof__route),
        cmocka_unit_test(proven__changed_data__at_most_a_bad_proof),
        cmocka_unit_test(proven__transaction_is_gone__unverified),
        cmocka_unit_test(proven__another_transaction__unverified),
        cmocka_unit_test(proven__state_is_gone__by_the_transaction_or_unverified),
        cmocka_unit_test(proven__state_is_gone_and_called_by_a_contract__told_by_the_trace),
        cmocka_unit_test(proven__stored_after_the_root__is_not_what_the_root_has),
        cmocka_unit_test(proven__root_is_not_final_here__unverified),
        cmocka_unit_test(proven__the_portal_keeps_none__unverified),
        cmocka_unit_test(executed__sent_and_proven__ok),
        cmocka_unit_test(executed__again__route),
        cmocka_unit_test(executed__never_proven__route),
        cmocka_unit_test(executed__never_sent__route),
        cmocka_unit_test(executed__on_a_false_root_only__route),
        cmocka_unit_test(executed__more_proofs_than_are_read__never_violated_by_them),
        cmocka_unit_test(executed__unavailable__unverified),
        cmocka_unit_test(change__of_a_contract_or_a_rule__told_of_for_a_day),
        cmocka_unit_test(change__where_its_contract_was_made__none),
        cmocka_unit_test(change__back_within_its_block__told_with_what_it_wrote),
        cmocka_unit_test(change__of_an_admin__names_the_new_one),
        cmocka_unit_test(governance__nothing_changes__ok),
        cmocka_unit_test(governance__made_above_the_final_block__no_change),
        cmocka_unit_test(governance__anything_changes__told_of_for_a_day_with_both_values),
        cmocka_unit_test(governance__one_rule_after_another__each_by_itself),
        cmocka_unit_test(governance__changed_above_the_final_block__told_before_it_is_final),
        cmocka_unit_test(governance__its_block_is_replaced_meanwhile__unverified),
        cmocka_unit_test(governance__unavailable__unverified_and_nothing_is_forgotten),
        cmocka_unit_test(conservation__what_comes_and_goes_is_told__ok),
        cmocka_unit_test(conservation__drained__route_until_it_is_back),
        cmocka_unit_test(conservation__drained_above_the_final_block__told_before_it_is_final),
        cmocka_unit_test(conservation__a_payment_is_left_out__no_theft),
        cmocka_unit_test(conservation__surplus_is_taken__route),
        cmocka_unit_test(conservation__call_failed__its_value_stays),
        cmocka_unit_test(conservation__amount_that_is_not_told__unverified_once),
        cmocka_unit_test(conservation__amount_in_a_trace__ok),
        cmocka_unit_test(conservation__unavailable__unverified_and_nothing_is_lost),
        cmocka_unit_test(conservation__long_away__summed_in_pieces),
        cmocka_unit_test(conservation__one_over_the_limit__route_for_a_day),
        cmocka_unit_test(conservation__more_than_the_limit_in_a_day__route),
        cmocka_unit_test(conservation__gas_is_a_token__unverified),
        cmocka_unit_test(tokens__less_than_the_rollup_has__route),
        cmocka_unit_test(tokens__of_an_odd_number__refused),
        cmocka_unit_test(liveness__within_the_limits__ok),
        cmocka_unit_test(subjects__malformed_logs__refused),
        cmocka_unit_test(judge__rubbish_in_data__unverified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
