/* Every root that is posted is our chain's, and ends as it should. */
#include "opstack/invariants.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How often a game in progress is looked at, in parts of its clock: one whose root is false more
 * often. */
#define LOOKS_TRUE  16u
#define LOOKS_FALSE 64u

/* --- outputs ---------------------------------------------------------------------------------- */

/* Whether the oracle still has it. */
static bool stands(struct op_judge *j, const struct op_posted *output, bool *ret) {
    const struct cw_hash32 word = opstack_word_u64(output->index);
    struct cw_slice data;
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &j->adapter->roots,
                                  SEL_OUTPUT, &word, 1, &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    if (got == LOOK_GOT && data.n != 96) {
        look_unexpected(&j->look, "getL2Output()", &j->adapter->roots);
        return false;
    }
    *ret = got == LOOK_GOT && memcmp(data.p, output->root.b, 32) == 0;
    return true;
}

static void judge_output(struct op_judge *j, const struct op_posted *output) {
    const struct game_claim claim = {.root = output->root, .at = output->block};
    struct cw_told told;
    bool there = true;
    op_tell(j, &claim, j->judge.subject->block.timestamp_s, &told);
    if (told.truth == CW_FALSE) {
        (void)stands(j, output, &there);
    }
    if (op_stops(j)) {
        return;
    }
    op_show(j, &claim, &told);
    switch (told.truth) {
    case CW_TRUE:
        cw_judge_ok(&j->judge);
        return;
    case CW_UNTOLD:
        cw_judge_untold(&j->judge, &told);
        return;
    case CW_FALSE:
        break;
    case CW_ASKED:
        return;
    }
    cw_judge_violated(&j->judge, there ? CW_STAKE_ROUTE : CW_STAKE_NONE, told.reason,
                      "output %" PRIu64 " is false: %s; %s", output->index, told.text,
                      there ? "withdrawals can be proven on it" : "it was deleted since");
    j->judge.ret->open = there;
}

/* --- games ------------------------------------------------------------------------------------ */

static void look_again_at(struct op_judge *j, const struct op_fate *fate, uint64_t parts) {
    const uint64_t now = j->look.now->timestamp_s;
    cw_judge_again(&j->judge, CW_SETTLEMENT, now + 1 + fate->clock_s / parts);
}

static void judge_false(struct op_judge *j, const struct op_fate *fate,
                        const struct cw_told *told) {
    char hex[CW_HEX_SIZE(20)];
    const bool won = fate->game.status == GAME_DEFENDER_WINS;
    const bool lost = fate->game.status == GAME_CHALLENGER_WINS;
    const bool winning = !won && fate->defender_wins && op_is_near_its_end(fate);
    const char *reason = told->reason,
               *then = fate->permissioned
                           ? "it is not decided: only its challenger can keep it from winning"
                           : "it is not decided: whoever watches can challenge it";
    enum cw_stake stake = CW_STAKE_NONE;
    cw_hex_encode(hex, cw_slice_of(fate->game.at.b, 20));
    if (lost && !fate->permissioned) {
        cw_judge_ok(&j->judge); /* anybody may be wrong, and lose his bond */
        return;
    }
    if (lost) {
        then = "it has lost";
    } else if (fate->fault[0] != '\0') {
        then = fate->fault;
    } else {
        stake = won || winning || fate->permissioned ? CW_STAKE_ROUTE : CW_STAKE_NONE;
        reason = won ? "false_root_won" : winning ? "false_root_winning" : reason;
        then = won ? "it has won" : winning ? "it wins soon if nobody challenges it" : then;
    }
    cw_judge_violated(&j->judge, stake, reason, "the root of %sgame %s is false: %s; %s",
                      fate->permissioned ? "permissioned " : "", hex, told->text, then);
    j->judge.ret->open = !lost;
    if (!lost && !won) {
        look_again_at(j, fate, LOOKS_FALSE);
    }
}

static void judge_true(struct op_judge *j, const struct op_fate *fate) {
    char hex[CW_HEX_SIZE(20)];
    const uint64_t status = fate->game.status;
    const bool losing = status == GAME_IN_PROGRESS && !fate->defender_wins &&
                        op_is_near_its_end(fate);
    cw_hex_encode(hex, cw_slice_of(fate->game.at.b, 20));
    if (status == GAME_CHALLENGER_WINS) {
        cw_judge_violated(
            &j->judge, CW_STAKE_NONE, "true_root_lost",
            "game %s was lost, and its root is our chain's: what was proven in it has "
            "to be proven again",
            hex);
        return;
    }
    if (losing && fate->fault[0] == '\0') {
        cw_judge_violated(&j->judge, CW_STAKE_NONE, "true_root_losing",
                          "game %s, whose root is our chain's, is lost in %" PRIu64
                          " s if nobody defends it",
                          hex, fate->left_s);
    } else {
        cw_judge_ok(&j->judge);
    }
    if (status == GAME_IN_PROGRESS) {
        look_again_at(j, fate, losing ? LOOKS_FALSE : LOOKS_TRUE);
    }
}

/* A permissioned game whose maker is not the proposer: somebody got between. Older ones do not say
 * who made them. */
static bool is_strangers(struct op_judge *j, const struct op_fate *fate) {
    static const uint32_t selectors[] = {SEL_PROPOSER, SEL_GAME_CREATOR};
    struct cw_slice who[CW_COUNT(selectors)];
    bool said = true;
    for (size_t i = 0; i < CW_COUNT(selectors); i++) {
        said = look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at, selectors[i], NULL,
                         0, &who[i]) == LOOK_GOT &&
               who[i].n == 32 && said;
    }
    return said && !cw_slice_equal(who[0], who[1]);
}

/* What decided it may be taken back until its block is final; more blocks than one may have the
 * time of the final one. */
static void rest_on_decision(struct op_judge *j, const struct op_fate *fate) {
    if (fate->game.status != GAME_IN_PROGRESS &&
        fate->resolved_s >= j->judge.io->heads[CW_SETTLEMENT].final.timestamp_s) {
        j->judge.ret->seen[CW_SETTLEMENT] = *j->look.now;
    }
}

static void judge_game(struct op_judge *j, const struct op_posted *posted) {
    struct op_fate fate;
    struct cw_told told = {.truth = CW_ASKED};
    bool strangers = false;
    char hex[CW_HEX_SIZE(20)];
    bool read = op_read_claim(j, &posted->game, &fate);
    if (read && fate.known) {
        op_tell(j, &fate.game.claim, j->judge.subject->block.timestamp_s, &told);
        if (op_read_fate(j, &fate) && fate.game.status == GAME_IN_PROGRESS) {
            op_foresee(j, &fate);
        }
        strangers = fate.permissioned && is_strangers(j, &fate);
    }
    if (op_stops(j)) {
        return;
    }
    cw_hex_encode(hex, cw_slice_of(posted->game.b, 20));
    if (!fate.known) {
        cw_judge_unverified(&j->judge, "unknown_game_type",
                            "game %s is of type %" PRIu64 ", which is not known here", hex,
                            fate.type);
        return;
    }
    if (!fate.game.readable || !cw_hash32_equal(&fate.game.claim.root, &posted->root)) {
        cw_judge_unverified(&j->judge, "unexpected_answer",
                            "game %s does not answer as a dispute game does", hex);
        return;
    }
    op_show(j, &fate.game.claim, &told);
    rest_on_decision(j, &fate);
    switch (told.truth) {
    case CW_TRUE:
        judge_true(j, &fate);
        break;
    case CW_FALSE:
        judge_false(j, &fate, &told);
        break;
    case CW_UNTOLD:
        cw_judge_untold(&j->judge, &told);
        break;
    case CW_ASKED:
        break;
    }
    if (strangers && j->judge.ret->state == CW_VERDICT_OK) {
        cw_judge_violated(&j->judge, CW_STAKE_NONE, "unexpected_poster",
                          "permissioned game %s was made by somebody else than the proposer", hex);
    }
}

void op_judge_root(struct op_judge *j) {
    struct op_posted posted;
    j->look.now = &j->judge.io->heads[CW_SETTLEMENT].latest;
    if (!op_posted_read(&posted, j->judge.subject->data)) {
        cw_judge_unverified(&j->judge, "bad_subject", "what is kept of it does not decode");
    } else if (posted.is_game) {
        judge_game(j, &posted);
    } else {
        judge_output(j, &posted);
    }
}
