/* A withdrawal behind the L2OutputOracle's portal: one proof a withdrawal, on an output that may be
 * deleted. */
#include "opstack/look.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Outputs that are offered when the earliest one can't be proved any more: the newest, and at
 * distances from it that double, so that the oldest provable one is missed by half at most. */
#define LATER_N 8

struct output {
    uint64_t index;
    struct cw_hash32 root;
    uint64_t proposed_s;
    uint64_t block;
};

struct state {
    bool paused;
    uint64_t period_s;
    uint64_t covered; /* the newest output's L2 block */
    struct cw_hash32 proven_root;
    uint64_t proven_s; /* 0: not proven */
    uint64_t proven_index;
};

static void read_proven(struct look *look, struct state *s) {
    struct cw_slice data;
    if (look_call(look, CW_SETTLEMENT, look->now, &look->adapter->portal, SEL_PROVEN_BY_HASH,
                  &look->message->id, 1, &data) == LOOK_NOTHING) {
        return;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 96 || cw_abi_word(&in, &s->proven_root) != CW_OK ||
        cw_abi_u64(&in, &s->proven_s) != CW_OK || cw_abi_u64(&in, &s->proven_index) != CW_OK) {
        look_unexpected(look, "provenWithdrawals()", &look->adapter->portal);
    }
}

static void read_state(struct look *look, struct state *s) {
    const struct cw_adapter *a = look->adapter;
    memset(s, 0, sizeof *s);
    look_bool(look, look->now, &a->portal, SEL_PAUSED, NULL, &s->paused);
    look_u64(look, &a->period_at, a->period_selector, NULL, &s->period_s);
    look_u64(look, &a->roots, SEL_LATEST_BLOCK, NULL, &s->covered);
    read_proven(look, s);
    look_load_evidence(look);
}

static enum look_got read_output(struct look *look, uint64_t index, struct output *ret) {
    struct cw_hash32 word = opstack_word_u64(index);
    struct cw_slice data;
    struct output output = {.index = index};
    enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &look->adapter->roots, SEL_OUTPUT,
                                  &word, 1, &data);
    if (got == LOOK_NOTHING) {
        return got;
    }
    if (got == LOOK_REVERTED) {
        uint64_t code = 0;
        if (cw_abi_revert_panic(&code, data) == CW_OK && code == 0x32) {
            return LOOK_REVERTED; /* no such output (any longer) */
        }
        look_unexpected(look, "getL2Output()", &look->adapter->roots);
        return LOOK_NOTHING;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 96 || cw_abi_word(&in, &output.root) != CW_OK ||
        cw_abi_u64(&in, &output.proposed_s) != CW_OK || cw_abi_u64(&in, &output.block) != CW_OK) {
        look_unexpected(look, "getL2Output()", &look->adapter->roots);
        return LOOK_NOTHING;
    }
    *ret = output;
    return LOOK_GOT;
}

/* Says of a root of the oracle's that it is not our chain's. */
static void say_mismatch(const struct output *output, const struct cw_hash32 *own,
                         char text[CW_DETAIL_SIZE]) {
    char theirs[CW_HEX_SIZE(32)], ours[CW_HEX_SIZE(32)];
    snprintf(text, CW_DETAIL_SIZE,
             "output %" PRIu64 " for L2 block %" PRIu64 " is %s, our chain has %s", output->index,
             output->block, cw_hex_encode(theirs, cw_slice_of(output->root.b, 32)),
             cw_hex_encode(ours, cw_slice_of(own->b, 32)));
}

/* --- not proven, or no longer --- */

static void prove(struct look *look, const struct state *s, const struct opstack_evidence *evidence,
                  bool fresh) {
    if (fresh) {
        look_keep_evidence(look, evidence);
    }
    if (s->paused) {
        look_wait(look, CW_STAGE_ROOT_VERIFIED, "paused", 0, "the portal is paused");
        return;
    }
    look_prove(look, evidence);
}

static enum look_proved prove_output(struct look *look, const struct output *output,
                                     struct opstack_evidence *ret, struct cw_hash32 *ret_root,
                                     const char **ret_text) {
    enum look_proved proved = look_prove_root(look, output->block, &output->root, ret, ret_root,
                                              ret_text);
    if (proved == LOOK_PROVED) {
        ret->reference = (struct opstack_reference){
            .kind = OPSTACK_OUTPUTS, .has_index = true, .index = output->index};
    }
    return proved;
}

static size_t read_later(struct look *look, uint64_t earliest, uint64_t last,
                         struct output later[LATER_N]) {
    size_t n = 0;
    for (unsigned i = 0; i < LATER_N; i++) {
        uint64_t back = (UINT64_C(1) << i) - 1;
        if (back > last || last - back <= earliest) {
            break;
        }
        n += read_output(look, last - back, &later[n]) == LOOK_GOT;
    }
    return n;
}

/* Nobody proves the earliest output's block any more: the oldest of the later ones that is final
 * here and can be proved. */
static void prove_later(struct look *look, const struct state *s, const struct output *earliest,
                        const char *text) {
    uint64_t last = 0;
    struct output later[LATER_N] = {{0}};
    struct opstack_evidence evidence;
    if (!look_u64(look, &look->adapter->roots, SEL_LATEST_OUTPUT, NULL, &last)) {
        (void)look_stops(look);
        return;
    }
    size_t n = read_later(look, earliest->index, last, later);
    if (look_stops(look)) {
        return;
    }
    for (size_t i = 0; i < n; i++) { /* asked for together */
        (void)prove_output(look, &later[i], &evidence, NULL, NULL);
    }
    if (look_stops(look)) {
        return;
    }
    enum look_hope hope = LOOK_HOPE_ROOT;
    for (size_t i = n; i-- > 0;) {
        enum look_proved proved = prove_output(look, &later[i], &evidence, NULL, NULL);
        if (proved == LOOK_PROVED) {
            prove(look, s, &evidence, true);
            return;
        }
        if (proved == LOOK_OTHER_ROOT) {
            break; /* what comes after a false one is deleted with it */
        }
        if (proved == LOOK_NOT_FINAL) {
            hope = LOOK_HOPE_FINAL;
        }
    }
    look_unprovable(look, CW_STAGE_ROOT_COMMITTED, earliest->block, hope, text);
}

static void no_root(struct look *look, const struct state *s) {
    look_wait(look, CW_STAGE_SOURCE_FINAL, "no_root", 0,
              "no output covers L2 block %" PRIu64 " yet, the newest is for %" PRIu64,
              look->message->source.number.v, s->covered);
}

static void cover(struct look *look, const struct state *s) {
    struct output output = {0}, kept = {0};
    enum look_got has_kept = LOOK_REVERTED;
    uint64_t block = look->message->source.number.v, index = 0;
    if (s->covered < block) {
        no_root(look, s);
        return;
    }
    if (look->has_evidence && look->evidence.reference.has_index) {
        has_kept = read_output(look, look->evidence.reference.index, &kept);
    }
    struct cw_hash32 word = opstack_word_u64(block);
    struct cw_slice data;
    enum look_got got = look_call(look, CW_SETTLEMENT, look->now, &look->adapter->roots,
                                  SEL_OUTPUT_INDEX, &word, 1, &data);
    if (look_stops(look)) {
        return;
    }
    if (has_kept == LOOK_GOT && kept.block == look->evidence.block.v &&
        cw_hash32_equal(&kept.root, &look->evidence.root)) {
        prove(look, s, &look->evidence, false);
        return;
    }
    if (got == LOOK_REVERTED) {
        no_root(look, s); /* an oracle that starts above the message's block has no output at all */
        return;
    }
    struct cw_abi in = cw_abi_open(data);
    if (data.n != 32 || cw_abi_u64(&in, &index) != CW_OK) {
        look_unexpected(look, "getL2OutputIndexAfter()", &look->adapter->roots);
        return;
    }
    got = read_output(look, index, &output);
    if (look_stops(look)) {
        return;
    }
    if (got == LOOK_REVERTED || output.block < block) {
        look_unexpected(look, "getL2OutputIndexAfter()", &look->adapter->roots);
        return;
    }

    struct opstack_evidence evidence;
    struct cw_hash32 own;
    const char *text = "";
    char mismatch[CW_DETAIL_SIZE];
    switch (prove_output(look, &output, &evidence, &own, &text)) {
    case LOOK_PROVED:
        prove(look, s, &evidence, true);
        return;
    case LOOK_PENDING:
        (void)look_stops(look);
        return;
    case LOOK_NOT_FINAL:
        look_wait(look, CW_STAGE_ROOT_COMMITTED, "root_not_final_here", 0,
                  "output %" PRIu64 " is for L2 block %" PRIu64 ", final here is %" PRIu64, index,
                  output.block, look->io->heads[CW_EXECUTION].final.number.v);
        return;
    case LOOK_UNAVAILABLE:
        prove_later(look, s, &output, text);
        return;
    case LOOK_OTHER_ROOT:
        /* A false output is deleted with all that came after it: nothing later is worth proving on.
         */
        say_mismatch(&output, &own, mismatch);
        look_wait(look, CW_STAGE_SOURCE_FINAL, "root_mismatch", 0, "%s", mismatch);
        return;
    }
}

/* --- proven --- */

/* True when we hold evidence under the very root that it was proven on; otherwise the decision is
 * made. */
static bool proven_on_our_root(struct look *look, const struct output *output) {
    if (look->has_evidence && cw_hash32_equal(&look->evidence.root, &output->root) &&
        look->evidence.block.v == output->block) {
        return true;
    }
    struct opstack_evidence evidence;
    struct cw_hash32 own;
    const char *text = "";
    char mismatch[CW_DETAIL_SIZE];
    switch (prove_output(look, output, &evidence, &own, &text)) {
    case LOOK_PROVED:
        look_keep_evidence(look, &evidence);
        return true;
    case LOOK_PENDING:
        (void)look_stops(look);
        return false;
    case LOOK_NOT_FINAL:
        look_wait(look, CW_STAGE_PROVEN, "root_not_final_here", 0,
                  "proven on output %" PRIu64 " for L2 block %" PRIu64 ", final here is %" PRIu64,
                  output->index, output->block, look->io->heads[CW_EXECUTION].final.number.v);
        return false;
    case LOOK_UNAVAILABLE:
        look_unprovable(look, CW_STAGE_PROVEN, output->block, LOOK_HOPE_STATE, text);
        return false;
    case LOOK_OTHER_ROOT:
        break;
    }
    say_mismatch(output, &own, mismatch);
    look_hold(look, CW_STAGE_PROVEN, "proven_on_false_root", "%s", mismatch);
    return false;
}

static uint64_t mature_s(const struct state *s, uint64_t from_s) {
    /* block.timestamp > timestamp + period, of the proof and of the output.
     * Source: contracts-bedrock OptimismPortal._isFinalizationPeriodElapsed. */
    return look_add(look_add(from_s, s->period_s), 1);
}

static void mature(struct look *look, const struct state *s, const struct output *output) {
    if (!proven_on_our_root(look, output)) {
        return;
    }
    bool proof_later = s->proven_s >= output->proposed_s;
    uint64_t due = mature_s(s, proof_later ? s->proven_s : output->proposed_s);
    look->decision->earliest_s = due;
    if (look->now->timestamp_s < due) {
        look_wait(look, CW_STAGE_PROVEN, proof_later ? "proof_maturing" : "output_maturing", due,
                  "proven at %" PRIu64 " on output %" PRIu64 " of %" PRIu64
                  ", each matures in %" PRIu64 " s",
                  s->proven_s, output->index, output->proposed_s, s->period_s);
        return;
    }
    if (s->paused) {
        look_wait(look, CW_STAGE_CHALLENGE_OVER, "paused", 0, "the portal is paused");
        return;
    }
    look_finalize(look, NULL);
}

static bool is_mature(const struct look *look, const struct state *s) {
    return look->now->timestamp_s >= mature_s(s, s->proven_s);
}

/* What is proven from now on at the soonest. */
static void cover_anew(struct look *look, const struct state *s) {
    cover(look, s);
    look->decision->earliest_s = mature_s(s, look->now->timestamp_s);
}

/* Nothing is finalized that was not proven, long enough before, and the portal keeps the proof.
 * Source: contracts-bedrock OptimismPortal.finalizeWithdrawalTransaction.
 * One that was finalized may have been proven again when its output was replaced; that shows when
 * the proof is mature. */
void look_outputs(struct look *look) {
    struct state state;
    read_state(look, &state);
    if (look_stops(look)) {
        return;
    }
    if (state.proven_s == 0) {
        cover_anew(look, &state);
        return;
    }
    struct output output = {0};
    enum look_got got = read_output(look, state.proven_index, &output);
    if (!look->undelivered && is_mature(look, &state) && look_delivered(look)) {
        return;
    }
    if (look_stops(look)) {
        return;
    }
    if (got == LOOK_REVERTED) {
        /* The portal itself cannot compare the roots now: proving again reverts. The same root may
         * come back. */
        look_wait(look, CW_STAGE_SOURCE_FINAL, "output_deleted", 0,
                  "output %" PRIu64 ", on which it was proven, is deleted; waits for another there",
                  state.proven_index);
    } else if (cw_hash32_equal(&output.root, &state.proven_root)) {
        mature(look, &state, &output);
    } else {
        cover_anew(look, &state);
    }
}
