/* advance() behind OptimismPortal2, over a model of both layers. */
#include "opstack_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opstack/internal.h"
#include "vectors.h"

struct scene {
    struct model *m;
    struct cw_adapter *adapter;
};

static struct scene open_scene(const char *version) {
    struct scene s = {.m = model_new(true, MODEL_RAW)};
    s.m->portal_version = version;
    s.m->isthmus = version[0] >= '5';
    s.adapter = model_adapter(s.m);
    return s;
}

static void close_scene(struct scene *s) {
    cw_opstack_withdrawal.close(s->adapter);
    model_free(s->m);
}

/* --- the earliest game that counts --- */

static void add_games(struct model *m) {
    model_game_add(m, 90, MODEL_T0 + 150);  /* too early a block */
    model_game_add(m, 120, MODEL_T0 + 160); /* the one */
    model_game_add(m, 140, MODEL_T0 + 170);
}

static void no_games(struct model *m) {
    (void)m;
}
static void earlier_only(struct model *m) {
    model_game_add(m, 90, MODEL_T0 + 150);
}
static void other_type(struct model *m) {
    add_games(m);
    m->games[1].type = m->games[2].type = 0;
}
static void first_of_other_type(struct model *m) {
    add_games(m);
    m->games[1].type = 0;
}
static void first_false(struct model *m) {
    add_games(m);
    m->games[1].claim = model_false_root(1);
}
static void first_two_false(struct model *m) {
    add_games(m);
    model_game_add(m, 150, MODEL_T0 + 180);
    m->games[1].claim = model_false_root(1);
    m->games[2].claim = model_false_root(2);
}
static void first_lost(struct model *m) {
    add_games(m);
    m->games[1].status = 1;
}
static void first_blacklisted(struct model *m) {
    add_games(m);
    m->games[1].blacklisted = true;
}
static void first_retired(struct model *m) {
    add_games(m);
    m->since_s = MODEL_T0 + 161;
}
static void as_old_as_the_stamp(struct model *m) {
    add_games(m);
    m->since_s = MODEL_T0 + 160;
}
static void first_ahead(struct model *m) {
    add_games(m);
    m->games[1].block = 1000000; /* nobody has that block */
}
static void first_mute(struct model *m) {
    add_games(m);
    m->games[1].mute = true;
}
static void all_ahead(struct model *m) {
    model_game_add(m, 201, MODEL_T0 + 210);
}
static void created_now(struct model *m) {
    model_game_add(m, 120, MODEL_T0 + 1000);
}
static void created_before(struct model *m) {
    model_game_add(m, 120, MODEL_T0 + 999);
}
static void paused(struct model *m) {
    add_games(m);
    m->paused = true;
}
static void window_passed(struct model *m) {
    add_games(m);
    m->proof_window_from = 141;
}
static void window_leaves_newest(struct model *m) {
    add_games(m);
    m->proof_window_from = 130;
}
static void resolved_already(struct model *m) {
    add_games(m);
    m->games[1].status = 2;
    m->games[1].resolved_s = MODEL_T0 + 600;
}
static void first_not_respected(struct model *m) {
    add_games(m);
    m->games[1].was_respected = 0;
}
static void first_knows_not(struct model *m) {
    add_games(m);
    m->games[1].was_respected = -1;
}
static void first_unregistered(struct model *m) {
    add_games(m);
    m->games[1].unregistered = true;
}
static void with_sequences(struct model *m) {
    add_games(m);
    for (size_t i = 0; i < m->games_n; i++) {
        m->games[i].sequence = true;
    }
}
static void own_withdrawals(struct model *m) {
    m->own_withdrawals = true;
    m->message.source.hash = model_block_hash(m, m->message.source.number.v);
    add_games(m);
}
static void false_out_of_window(struct model *m) {
    first_false(m);
    m->games_n = 2;
    m->proof_window_from = m->games[1].block + 1;
}
static void endpoint_down(struct model *m) {
    m->settlement_down = true;
}
static void rubbish_page(struct model *m) {
    add_games(m);
    m->malformed = SEL_FIND_GAMES;
}
static void rubbish_count(struct model *m) {
    m->malformed = SEL_SUBMITTERS_N;
}

struct choice {
    const char *name;
    const char *version;
    void (*arrange)(struct model *m);
    enum cw_verb verb;
    enum cw_stage stage;
    const char *reason;
    uint64_t index; /* the game that is proved in */
};

#define V310 "3.10.0"
#define V314 "3.14.0"
#define V4   "4.1.0"
#define V5   "5.6.0"
static const struct choice choices[] = {
    {"no games", V310, no_games, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0},
    {"earlier blocks only", V310, earlier_only, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0},
    {"another type", V310, other_type, CW_WAIT, CW_STAGE_SOURCE_FINAL, "no_root", 0},
    {"first of another type", V310, first_of_other_type, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove",
     2},
    {"covered", V310, add_games, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 1},
    {"first is false", V310, first_false, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"first two are false", V310, first_two_false, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 3},
    {"first is lost", V310, first_lost, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"first is blacklisted", V310, first_blacklisted, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"first is retired", V310, first_retired, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"as old as the stamp", V310, as_old_as_the_stamp, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 1},
    {"as old as the stamp", V314, as_old_as_the_stamp, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"first is far ahead", V310, first_ahead, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"first is mute", V310, first_mute, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"all ahead", V310, all_ahead, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "root_not_final_here", 0},
    {"created now", V310, created_now, CW_WAIT, CW_STAGE_ROOT_VERIFIED, "game_too_young", 0},
    {"created before", V310, created_before, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0},
    {"paused", V310, paused, CW_WAIT, CW_STAGE_ROOT_VERIFIED, "paused", 0},
    {"window passed", V310, window_passed, CW_WAIT, CW_STAGE_ROOT_COMMITTED, "proof_unavailable",
     0},
    {"window", V310, window_leaves_newest, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"resolved already", V310, resolved_already, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 1},
    {"not respected when created", V314, first_not_respected, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 2},
    {"does not know the question", V314, first_knows_not, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove",
     2},
    {"not asked before 3.12", V310, first_not_respected, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove",
     1},
    {"registry, covered", V4, add_games, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 1},
    {"registry, games with sequence numbers", V5, with_sequences, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 1},
    {"registry, first is not its own", V4, first_unregistered, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 2},
    {"registry, not asked before 4.0", V314, first_unregistered, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 1},
    {"registry, first is blacklisted", V4, first_blacklisted, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 2},
    {"registry, as old as the stamp", V5, as_old_as_the_stamp, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 2},
    {"registry, not respected when created", V4, first_not_respected, CW_ACT,
     CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"registry, first does not know its questions", V4, first_knows_not, CW_ACT,
     CW_STAGE_ROOT_VERIFIED, "prove", 2},
    {"registry, paused", V4, paused, CW_WAIT, CW_STAGE_ROOT_VERIFIED, "paused", 0},
    {"isthmus, false and not provable", V5, false_out_of_window, CW_WAIT, CW_STAGE_SOURCE_FINAL,
     "no_root", 0},
    {"never had isthmus, and headers like it", V4, own_withdrawals, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 1},
    {"before isthmus, the same", V4, false_out_of_window, CW_WAIT, CW_STAGE_ROOT_COMMITTED,
     "proof_unavailable", 0},
    {"endpoint down", V310, endpoint_down, CW_WAIT, CW_STAGE_SEEN, "unavailable", 0},
    {"rubbish page", V310, rubbish_page, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", 0},
    {"rubbish count", V310, rubbish_count, CW_WAIT, CW_STAGE_SEEN, "unexpected_answer", 0},
};

static uint64_t proved_in(const struct cw_decision *d) {
    struct cw_abi in, tx;
    uint64_t index = 0;
    assert_int_equal(cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_PROVE)), CW_OK);
    assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
    assert_int_equal(cw_abi_u64(&in, &index), CW_OK);
    return index;
}

static void game_search__each_situation__proves_in_the_earliest_that_counts(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(choices); i++) {
        const struct choice *row = &choices[i];
        struct scene s = open_scene(row->version);
        row->arrange(s.m);
        struct cw_decision d = model_settle(s.m, s.adapter);
        if (d.verb != row->verb || d.stage != row->stage || strcmp(d.reason, row->reason) != 0 ||
            d.outcome != CW_OUTCOME_UNKNOWN || (d.verb == CW_ACT && proved_in(&d) != row->index)) {
            fail_msg("%s: verb %d, stage %s, %s (%s)", row->name, (int)d.verb,
                     cw_stage_name(d.stage), d.reason, d.detail);
        }
        close_scene(&s);
    }
}

static void game_search__thousands_of_games__found_in_few_looks(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    /* An hour apart, so that they begin long before the message; it is found in the middle. */
    struct cw_hash32 junk = model_false_root(1);
    for (size_t i = 0; i < 4000; i++) {
        s.m->games[i] = (struct model_game){.type = 1,
                                            .created_s = MODEL_T0 - 7200000 + 3600 * i,
                                            .at = {{1, (uint8_t)i, (uint8_t)(i >> 8)}},
                                            .claim = junk,
                                            .block = i < 2001 ? 10 : 120 + i / 100,
                                            .was_respected = 1};
        s.m->games_n++;
    }
    s.m->since_s = 0;
    s.m->heads[CW_SETTLEMENT].final.timestamp_s = MODEL_T0 + 7200000;
    model_time(s.m, MODEL_T0 + 7300000);
    s.m->games[2003].claim = model_root(s.m, s.m->games[2003].block);
    size_t requests = 0, looks = 0;
    struct cw_decision d;
    do {
        d = model_look(s.m, s.adapter);
        model_apply(s.m, &d);
        requests += s.m->requests;
        assert_true(++looks < 12);
    } while (d.verb == CW_WAIT && strcmp(d.reason, "searching_games") == 0);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), 2003);
    assert_in_range(requests, 1, 200);
    close_scene(&s);
}

static void game_search__crowd_of_false_games__is_passed_and_remembered(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    for (unsigned i = 0; i < 20; i++) {
        size_t game = model_game_add(s.m, 120 + i, MODEL_T0 + 160 + i);
        s.m->games[game].claim = model_false_root(i);
    }
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    model_look(s.m, s.adapter);
    assert_true(s.m->rounds <= 2); /* none of them is proved again */
    size_t good = model_game_add(s.m, 150, MODEL_T0 + 950);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), good);
    close_scene(&s);
}

static void game_search__crowd_that_is_not_final__does_not_hide_the_true_one(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    /* Created after settlement's final block, for blocks that nobody has: the cursor may not pass
     * them. */
    model_game_add(s.m, 90, MODEL_T0 + 100);
    for (unsigned i = 0; i < 70; i++) {
        size_t game = model_game_add(s.m, 120, MODEL_T0 + 910);
        s.m->games[game].block = 1000000 + i;
    }
    size_t good = model_game_add(s.m, 150, MODEL_T0 + 950);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), good);
    close_scene(&s);
}

static void game_search__useless_game_reorged__what_stands_there_now_is_seen(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    model_game_add(s.m, 90, MODEL_T0 + 850); /* useless, final */
    model_game_add(s.m, 90, MODEL_T0 + 950); /* useless, not final */
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    s.m->games_n = 1;
    model_game_add(s.m, 120, MODEL_T0 + 960);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), 1);
    close_scene(&s);
}

static void game_search__type_changes__old_findings_are_void(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    first_false(s.m);
    s.m->games_n = 2;
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "no_root");
    s.m->type = 0;
    s.m->since_s = MODEL_T0 + 155;
    size_t good = model_game_add(s.m, 130, MODEL_T0 + 990);
    s.m->games[good].type = 0;
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), good);
    close_scene(&s);
}

static void game_search__stored_evidence__serves_until_its_game_falls(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    add_games(s.m);
    struct cw_decision first = model_settle(s.m, s.adapter);
    assert_string_equal(first.step, "prove");
    struct cw_decision again = model_look(s.m, s.adapter);
    assert_null(again.evidence.p);
    assert_true(cw_slice_equal(first.call.data, again.call.data));
    /* The same address holds another claim after a reorg. */
    s.m->games[1].claim = model_false_root(5);
    again = model_settle(s.m, s.adapter);
    assert_int_equal(proved_in(&again), 2);
    s.m->games[2].blacklisted = true;
    again = model_settle(s.m, s.adapter);
    assert_string_equal(again.reason, "no_root");
    assert_int_equal(again.stage, CW_STAGE_SOURCE_FINAL);
    close_scene(&s);
}

/* --- proven --- */

static const struct cw_addr20 other_stranger = {{0x58, 0x58}};

static void prove_self(struct model *m, size_t game, uint64_t at) {
    model_prove_by(m, &m->self.submitter, game, MODEL_T0 + at);
}
static void resolve(struct model *m, size_t game, uint64_t at) {
    m->games[game].status = 2;
    m->games[game].resolved_s = MODEL_T0 + at;
}

static void own_young(struct model *m) {
    add_games(m);
    resolve(m, 1, 600);
    prove_self(m, 1, 400);
}
static void own_in_gap(struct model *m) {
    add_games(m);
    resolve(m, 1, 750);
    prove_self(m, 1, 200);
}
static void own_at_the_edge(struct model *m) {
    add_games(m);
    resolve(m, 1, 700); /* + 300 is now: one second too early */
    prove_self(m, 1, 200);
}
static void own_ready(struct model *m) {
    add_games(m);
    resolve(m, 1, 699);
    prove_self(m, 1, 299);
}
static void own_ready_paused(struct model *m) {
    own_ready(m);
    m->paused = true;
}
static void own_refused(struct model *m) {
    own_ready(m);
    m->claims_refused = true;
}
static void own_unregistered(struct model *m) {
    own_ready(m);
    m->games[1].unregistered = true;
}
static void own_in_progress(struct model *m) {
    add_games(m);
    prove_self(m, 1, 200);
    m->games[1].clock_s = 900;
}
static void own_in_progress_mature(struct model *m) {
    own_in_progress(m);
    m->maturity_s = 100;
}
static void own_contested(struct model *m) {
    own_in_progress(m);
    m->games[1].claims = 3;
}
static void own_unresolved(struct model *m) {
    add_games(m);
    prove_self(m, 1, 200);
}
static void own_lost(struct model *m) {
    own_ready(m);
    m->games[1].status = 1;
}
static void own_blacklisted(struct model *m) {
    own_ready(m);
    m->games[1].blacklisted = true;
}
static void own_retired(struct model *m) {
    own_ready(m);
    m->since_s = MODEL_T0 + 161;
}
static void own_type_left(struct model *m) {
    own_ready(m);
    m->games[1].type = 0;
}
static void own_was_respected(struct model *m) {
    /* 3.12 and later: what the type was at creation counts, so another one now is no matter */
    own_ready(m);
    m->games[1].type = 0;
}
static void own_too_early(struct model *m) {
    own_ready(m);
    m->proofs[0].proven_s = m->games[1].created_s; /* in the game's own block: never good */
}
static void own_unprovable(struct model *m) {
    own_ready(m);
    m->proof_window_from = 130; /* the newest game could be proved */
}
static void stranger_ready(struct model *m) {
    add_games(m);
    resolve(m, 1, 699);
    model_prove_by(m, &MODEL_STRANGER, 1, MODEL_T0 + 299);
}
static void stranger_young(struct model *m) {
    add_games(m);
    resolve(m, 1, 600);
    model_prove_by(m, &MODEL_STRANGER, 1, MODEL_T0 + 400);
}
static void stranger_false(struct model *m) {
    stranger_ready(m);
    m->games[1].claim = model_false_root(3);
}
static void stranger_ahead(struct model *m) {
    stranger_ready(m);
    m->games[1].block = 1000000;
}
static void stranger_unprovable(struct model *m) {
    stranger_ready(m);
    m->proof_window_from = 130;
}
static void two_strangers(struct model *m) {
    stranger_ready(m);
    model_prove_by(m, &other_stranger, 1, MODEL_T0 + 250);
}
static void first_of_two_false(struct model *m) {
    add_games(m);
    resolve(m, 1, 600);
    resolve(m, 2, 699);
    m->games[1].claim = model_false_root(3);
    model_prove_by(m, &MODEL_STRANGER, 1, MODEL_T0 + 200);
    model_prove_by(m, &other_stranger, 2, MODEL_T0 + 299);
}
static void crowd_of_submitters(struct model *m) {
    add_games(m);
    resolve(m, 1, 699);
    for (uint8_t i = 0; i < 20; i++) {
        struct cw_addr20 a = {{0x77, i}};
        model_prove_by(m, &a, 1, MODEL_T0 + 990);
    }
    prove_self(m, 1, 299);
}
static void listed_twice(struct model *m) {
    own_ready(m);
    m->proofs[0].proven_s = MODEL_T0 + 200;
    prove_self(m, 1, 299);
}

static void own_behind_two_unprovable(struct model *m) {
    own_ready(m);
    m->proofs_n = 0;
    resolve(m, 2, 600);
    model_game_add(m, 125, MODEL_T0 + 180);
    resolve(m, 3, 600);
    model_game_add(m, 126, MODEL_T0 + 180);
    resolve(m, 4, 600);
    model_prove_by(m, &MODEL_STRANGER, 3, MODEL_T0 + 200);
    model_prove_by(m, &other_stranger, 4, MODEL_T0 + 210);
    prove_self(m, 2, 299);
    m->proof_window_from = 130;
}

struct proven_row {
    const char *name;
    const char *version;
    void (*arrange)(struct model *m);
    enum cw_verb verb;
    enum cw_stage stage;
    const char *reason;
    uint64_t due_s;                    /* after MODEL_T0 */
    const struct cw_addr20 *submitter; /* of a finalize; NULL: ourselves */
    uint64_t index;                    /* of a prove */
};

static const struct proven_row proven_rows[] = {
    {"own, young", V310, own_young, CW_WAIT, CW_STAGE_PROVEN, "proof_maturing", 1101, NULL, 0},
    {"own, air gap", V310, own_in_gap, CW_WAIT, CW_STAGE_PROVEN, "air_gap", 1051, NULL, 0},
    {"own, one second early", V310, own_at_the_edge, CW_WAIT, CW_STAGE_PROVEN, "air_gap", 1001,
     NULL, 0},
    {"own, ready", V310, own_ready, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, NULL, 0},
    {"own, ready, paused", V310, own_ready_paused, CW_WAIT, CW_STAGE_CHALLENGE_OVER, "paused", 0,
     NULL, 0},
    {"own, in progress", V310, own_in_progress, CW_WAIT, CW_STAGE_PROVEN, "game_in_progress", 1060,
     NULL, 0},
    {"own, in progress, mature", V310, own_in_progress_mature, CW_WAIT, CW_STAGE_PROVEN,
     "game_in_progress", 1060, NULL, 0},
    {"own, contested", V310, own_contested, CW_WAIT, CW_STAGE_PROVEN, "game_in_progress", 0, NULL,
     0},
    {"own, unresolved", V310, own_unresolved, CW_WAIT, CW_STAGE_PROVEN, "game_unresolved", 0, NULL,
     0},
    {"own, lost", V310, own_lost, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL, 2},
    {"own, blacklisted", V310, own_blacklisted, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL,
     2},
    {"own, retired", V310, own_retired, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL, 2},
    {"own, type left", V310, own_type_left, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL, 2},
    {"own, type left, judged then", V314, own_was_respected, CW_ACT, CW_STAGE_CHALLENGE_OVER,
     "finalize", 0, NULL, 0},
    {"registry, ready", V5, own_ready, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, NULL, 0},
    {"registry, refuses", V5, own_refused, CW_WAIT, CW_STAGE_CHALLENGE_OVER, "claim_refused", 0,
     NULL, 0},
    {"registry, paused", V5, own_ready_paused, CW_WAIT, CW_STAGE_CHALLENGE_OVER, "paused", 0, NULL,
     0},
    {"registry, type left", V4, own_was_respected, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0,
     NULL, 0},
    {"registry, not its own any more", V4, own_unregistered, CW_ACT, CW_STAGE_ROOT_VERIFIED,
     "prove", 0, NULL, 2},
    {"own, too early", V310, own_too_early, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL, 1},
    {"own, unprovable", V310, own_unprovable, CW_WAIT, CW_STAGE_PROVEN, "proof_unavailable", 0,
     NULL, 0},
    {"stranger, ready", V310, stranger_ready, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0,
     &MODEL_STRANGER, 0},
    {"stranger, young", V310, stranger_young, CW_WAIT, CW_STAGE_PROVEN, "proof_maturing", 1101,
     NULL, 0},
    {"stranger, false root", V310, stranger_false, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0, NULL,
     2},
    {"stranger, block ahead", V310, stranger_ahead, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0,
     NULL, 2},
    {"stranger, unprovable", V310, stranger_unprovable, CW_ACT, CW_STAGE_ROOT_VERIFIED, "prove", 0,
     NULL, 2},
    {"two strangers", V310, two_strangers, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, NULL, 0},
    {"first of two is false", V310, first_of_two_false, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize",
     0, &other_stranger, 0},
    {"crowd of submitters", V310, crowd_of_submitters, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize",
     0, NULL, 0},
    {"own, behind two unprovable ones", V310, own_behind_two_unprovable, CW_ACT,
     CW_STAGE_CHALLENGE_OVER, "finalize", 0, NULL, 0},
    {"listed twice", V310, listed_twice, CW_ACT, CW_STAGE_CHALLENGE_OVER, "finalize", 0, NULL, 0},
};

static struct cw_addr20 finalized_by(const struct cw_decision *d) {
    struct cw_abi in, tx;
    struct cw_addr20 submitter;
    assert_int_equal(
        cw_abi_open_call(&in, d->call.data, cw_selector_from_u32(SEL_FINALIZE_EXTERNAL)), CW_OK);
    assert_int_equal(cw_abi_tuple(&in, &tx), CW_OK);
    assert_int_equal(cw_abi_addr20(&in, &submitter), CW_OK);
    return submitter;
}

static void look_games__each_proof__counts_or_does_not(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(proven_rows); i++) {
        const struct proven_row *row = &proven_rows[i];
        struct scene s = open_scene(row->version);
        row->arrange(s.m);
        struct cw_decision d = model_settle(s.m, s.adapter);
        bool good = d.verb == row->verb && d.stage == row->stage &&
                    strcmp(d.reason, row->reason) == 0 && d.outcome == CW_OUTCOME_UNKNOWN &&
                    (row->due_s == 0 || d.due_s == MODEL_T0 + row->due_s);
        if (good && strcmp(d.step, "prove") == 0) {
            good = proved_in(&d) == row->index;
        } else if (good && strcmp(d.step, "finalize") == 0) {
            struct cw_addr20 by = finalized_by(&d);
            good = strcmp(row->name, "two strangers") == 0
                       ? cw_addr20_equal(&by, &other_stranger) ||
                             cw_addr20_equal(&by, &MODEL_STRANGER)
                       : cw_addr20_equal(&by, row->submitter != NULL ? row->submitter
                                                                     : &s.m->self.submitter);
        }
        if (!good) {
            fail_msg("%s: verb %d, stage %s, %s, due T0 + %lld (%s)", row->name, (int)d.verb,
                     cw_stage_name(d.stage), d.reason, (long long)d.due_s - MODEL_T0, d.detail);
        }
        close_scene(&s);
    }
}

/* 700 s for a proof to mature, 300 s of air gap; it is T0 + 1000. */
static void look_games__periods_that_are_known__nothing_sooner(void **state) {
    (void)state;
    static const struct {
        void (*arrange)(struct model *m);
        uint64_t earliest_s; /* after MODEL_T0 */
    } cases[] = {
        {own_young, 400 + 700 + 1},        /* the gap is over before */
        {own_in_gap, 750 + 300 + 1},       /* mature before */
        {own_in_progress, 1060 + 300 + 1}, /* can be resolved at 1060 */
        {own_contested, 1000 + 300 + 1},   /* nobody knows when, but not before now */
        {own_unresolved, 1000 + 300 + 1},  /* now, if somebody would */
        {own_lost, 1000 + 700 + 1},        /* is proven anew */
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct scene s = open_scene(V310);
        cases[i].arrange(s.m);
        struct cw_decision d = model_settle(s.m, s.adapter);
        assert_int_equal(d.earliest_s, MODEL_T0 + cases[i].earliest_s);
        close_scene(&s);
    }
}

static void look_games__validly_proven__never_proves_again(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    add_games(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    prove_self(s.m, 1, 1000);
    for (uint64_t at = 1001; at < 1701; at += 25) {
        model_time(s.m, MODEL_T0 + at);
        model_game_add(s.m, 150, MODEL_T0 + at); /* newer games are no reason */
        if (at > 1300 && s.m->games[1].status == 0) {
            resolve(s.m, 1, at);
        }
        d = model_settle(s.m, s.adapter);
        assert_int_equal(d.verb, CW_WAIT);
        assert_int_equal(d.stage, CW_STAGE_PROVEN);
    }
    model_time(s.m, MODEL_T0 + 1701);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "finalize");
    close_scene(&s);
}

static void look_games__stranger_moves_his_time__proves_ourselves(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    stranger_young(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    model_prove_by(s.m, &MODEL_STRANGER, 1, MODEL_T0 + 995); /* once more: his clock starts again */
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_non_null(strstr(d.detail, "keeps moving"));
    prove_self(s.m, 1, 1000);
    model_prove_by(s.m, &MODEL_STRANGER, 1, MODEL_T0 + 1001);
    model_time(s.m, MODEL_T0 + 1002);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    assert_int_equal(d.due_s, MODEL_T0 + 1701);
    model_time(s.m, d.due_s);
    d = model_settle(s.m, s.adapter);
    struct cw_addr20 by = finalized_by(&d);
    assert_true(cw_addr20_equal(&by, &s.m->self.submitter));
    close_scene(&s);
}

static void look_games__stranger_ahead_of_our_proof__our_evidence_stays(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    add_games(s.m);
    s.m->games[1].blacklisted = true; /* so that ours is in another game */
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_int_equal(proved_in(&d), 2);
    struct cw_slice ours = s.m->message.evidence;
    prove_self(s.m, 2, 950);
    s.m->games[1].blacklisted = false;
    model_prove_by(s.m, &MODEL_STRANGER, 1, MODEL_T0 + 900);
    resolve(s.m, 1, 600);
    resolve(s.m, 2, 600);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    assert_int_equal(d.due_s, MODEL_T0 + 1601); /* his */
    assert_true(cw_slice_equal(ours, s.m->message.evidence));
    /* It cannot be checked when it is ready: ours is waited for. */
    s.m->proof_window_from = 130;
    model_time(s.m, MODEL_T0 + 1601);
    d = model_settle(s.m, s.adapter);
    assert_int_equal(d.due_s, MODEL_T0 + 1651);
    assert_true(cw_slice_equal(ours, s.m->message.evidence));
    model_time(s.m, MODEL_T0 + 1651);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "finalize");
    struct cw_addr20 by = finalized_by(&d);
    assert_true(cw_addr20_equal(&by, &s.m->self.submitter));
    close_scene(&s);
}

static void look_games__observer_only__relies_on_strangers(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    memset(&s.m->self, 0, sizeof s.m->self);
    stranger_young(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    model_prove_by(s.m, &MODEL_STRANGER, 1, MODEL_T0 + 995);
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_maturing");
    assert_int_equal(d.due_s, MODEL_T0 + 1696);
    close_scene(&s);
}

static void look_games__proof_reorged_away__goes_back(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    add_games(s.m);
    prove_self(s.m, 1, 990);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_int_equal(d.stage, CW_STAGE_PROVEN);
    s.m->proofs_n = 0;
    d = model_settle(s.m, s.adapter);
    assert_int_equal(d.stage, CW_STAGE_ROOT_VERIFIED);
    assert_string_equal(d.step, "prove");
    s.m->games_n = 1;
    d = model_settle(s.m, s.adapter);
    assert_int_equal(d.stage, CW_STAGE_SOURCE_FINAL);
    assert_string_equal(d.reason, "no_root");
    s.m->heads[CW_EXECUTION].final.number.v = 99;
    d = model_settle(s.m, s.adapter);
    assert_int_equal(d.stage, CW_STAGE_SAFE);
    close_scene(&s);
}

static void look_games__evidence_of_a_strangers_game__permits_no_prove(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    stranger_ready(s.m);
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "finalize");
    /* That game's index was never looked up. */
    struct opstack_evidence evidence;
    assert_int_equal(opstack_evidence_decode(&evidence, s.m->message.evidence), CW_OK);
    assert_false(evidence.reference.has_index);
    struct cw_hash32 hash = model_block_hash(s.m, evidence.block.v);
    struct cw_judgement verdict = opstack_verify(s.adapter, &s.m->message, s.m->message.evidence,
                                                 &hash, "prove", &d.call);
    assert_int_equal(verdict.verdict, CW_INVALID);
    close_scene(&s);
}

static void look_games__rounds__are_few(void **state) {
    (void)state;
    static const struct {
        void (*arrange)(struct model *m);
        size_t rounds;
    } costs[] = {{no_games, 1}, {add_games, 4}, {own_ready, 5}, {stranger_ready, 5}};
    for (size_t i = 0; i < CW_COUNT(costs); i++) {
        struct scene s = open_scene(V310);
        costs[i].arrange(s.m);
        model_look(s.m, s.adapter);
        assert_int_equal(s.m->rounds, costs[i].rounds);
        close_scene(&s);
    }
}

/* Games 1 to 40 cover the message, for every second block from 102 on. */
static void many_games(struct model *m) {
    model_game_add(m, 90, MODEL_T0 + 150);
    for (uint64_t i = 1; i <= 40; i++) {
        model_game_add(m, 100 + 2 * i, MODEL_T0 + 150 + i);
    }
}

static void game_search__old_states_are_gone__proves_in_the_oldest_that_is_left(void **state) {
    (void)state;
    static const struct {
        uint64_t from, index; /* index 0: in none */
    } windows[] = {{102, 1},  {103, 9},  {118, 9},  {119, 25}, {150, 25}, {151, 33}, {166, 33},
                   {167, 37}, {175, 39}, {178, 39}, {179, 40}, {180, 40}, {181, 0}};
    for (size_t i = 0; i < CW_COUNT(windows); i++) {
        struct scene s = open_scene(V310);
        many_games(s.m);
        s.m->proof_window_from = windows[i].from;
        struct cw_decision d = model_settle(s.m, s.adapter);
        if (windows[i].index == 0) {
            assert_string_equal(d.reason, "proof_unavailable");
            assert_int_equal(d.wake, CW_WAKE_ROOT);
            assert_non_null(strstr(d.detail, "nobody proves L2 block 118, 102 below the head, nor "
                                             "that of a later root; waits for the next root, or"));
            assert_non_null(strstr(d.detail, "maximum proof window"));
        } else {
            assert_string_equal(d.step, "prove");
            assert_int_equal(proved_in(&d), windows[i].index);
        }
        close_scene(&s);
    }
}

static void game_search__old_states_are_gone_and_some_games_false__passes_them(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    many_games(s.m);
    s.m->proof_window_from = 140;
    /* 25 would be the one: it is false, 33 is blacklisted, and so is all that is newer. */
    s.m->games[25].claim = model_false_root(1);
    for (size_t i = 33; i <= 40; i++) {
        s.m->games[i].blacklisted = true;
    }
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_in_range(proved_in(&d), 20, 32);
    assert_int_not_equal(proved_in(&d), 25);
    close_scene(&s);
}

static void game_search__what_is_left_is_not_final_here__waits_for_that(void **state) {
    (void)state;
    struct scene s = open_scene(V310);
    many_games(s.m);
    s.m->proof_window_from = 171;
    s.m->heads[CW_EXECUTION].final.number.v = 170;
    struct cw_decision d = model_settle(s.m, s.adapter);
    assert_string_equal(d.reason, "proof_unavailable");
    assert_int_equal(d.wake, CW_WAKE_SOURCE);
    s.m->heads[CW_EXECUTION].final.number.v = 172;
    d = model_settle(s.m, s.adapter);
    assert_string_equal(d.step, "prove");
    assert_int_equal(proved_in(&d), 36);
    close_scene(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(game_search__each_situation__proves_in_the_earliest_that_counts),
        cmocka_unit_test(game_search__thousands_of_games__found_in_few_looks),
        cmocka_unit_test(game_search__crowd_of_false_games__is_passed_and_remembered),
        cmocka_unit_test(game_search__crowd_that_is_not_final__does_not_hide_the_true_one),
        cmocka_unit_test(game_search__useless_game_reorged__what_stands_there_now_is_seen),
        cmocka_unit_test(game_search__type_changes__old_findings_are_void),
        cmocka_unit_test(game_search__stored_evidence__serves_until_its_game_falls),
        cmocka_unit_test(game_search__old_states_are_gone__proves_in_the_oldest_that_is_left),
        cmocka_unit_test(game_search__old_states_are_gone_and_some_games_false__passes_them),
        cmocka_unit_test(game_search__what_is_left_is_not_final_here__waits_for_that),
        cmocka_unit_test(look_games__each_proof__counts_or_does_not),
        cmocka_unit_test(look_games__periods_that_are_known__nothing_sooner),
        cmocka_unit_test(look_games__validly_proven__never_proves_again),
        cmocka_unit_test(look_games__stranger_moves_his_time__proves_ourselves),
        cmocka_unit_test(look_games__stranger_ahead_of_our_proof__our_evidence_stays),
        cmocka_unit_test(look_games__observer_only__relies_on_strangers),
        cmocka_unit_test(look_games__proof_reorged_away__goes_back),
        cmocka_unit_test(look_games__evidence_of_a_strangers_game__permits_no_prove),
        cmocka_unit_test(look_games__rounds__are_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
