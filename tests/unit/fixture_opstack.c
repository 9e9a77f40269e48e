#include "adapter_fixture.h"

#include "opstack/opstack.h"
#include "opstack_model.h"
#include "vectors.h"

struct scene {
    bool games;
    enum model_kind kind;
    void (*arrange)(struct model *m);
    enum cw_verb verb;
    bool finalizes;
    size_t others; /* bits of what other chains claim beside ours */
};

static void nothing(struct model *m) {
    (void)m;
}
static void output(struct model *m) {
    model_output_add(m, 120, MODEL_T0 + 150);
}
static void output_proven(struct model *m) {
    output(m);
    m->proven_root = m->outputs[0].root;
    m->proven_s = MODEL_T0 + 200;
}
static void output_false(struct model *m) {
    output(m);
    m->outputs[0].root = model_false_root(1);
}
static void game(struct model *m) {
    model_game_add(m, 120, MODEL_T0 + 150);
}
static void false_game_first(struct model *m) {
    game(m);
    game(m);
    m->games[0].claim = model_false_root(1);
}
static void game_resolved(struct model *m) {
    game(m);
    m->games[0].status = 2;
    m->games[0].resolved_s = MODEL_T0 + 600;
}
static void game_proven(struct model *m) {
    game_resolved(m);
    model_prove_by(m, &m->self.submitter, 0, MODEL_T0 + 200);
}
static void game_proven_by_stranger(struct model *m) {
    game_resolved(m);
    model_prove_by(m, &MODEL_STRANGER, 0, MODEL_T0 + 200);
}
static void game_in_progress(struct model *m) {
    game(m);
    model_prove_by(m, &m->self.submitter, 0, MODEL_T0 + 200);
}
static void proven_on_lost_game(struct model *m) {
    game_proven(m);
    m->games[0].status = 1;
    game(m);
}
static void delivered(struct model *m) {
    m->done_latest = m->done_final = m->ran_latest = m->ran_final = true;
    m->message.outcome = CW_OUTCOME_SUCCESS;
}
static void relay_failed(struct model *m) {
    m->done_latest = m->done_final = m->failed_latest = m->failed_final = true;
}
static void relay_failed_to_be_replayed(struct model *m) {
    relay_failed(m);
    m->message.outcome = CW_OUTCOME_RELAY_FAILED;
    m->self.replay = true;
    m->configured = m->messenger;
}

static void super_game(struct model *m) {
    m->portal_version = "5.6.0";
    m->isthmus = true;
    m->message.source.hash = model_block_hash(m, m->message.source.number.v);
    m->type = 9;
    struct cw_hash32 root = model_root(m, 120);
    model_super_add(m, MODEL_T0 + 120, MODEL_T0 + 150, false, false, &root);
}
static void super_root_told(struct model *m) {
    m->portal_version = "4.5.0";
    m->super_active = true;
    m->type = 5;
    struct cw_hash32 root = model_root(m, 120);
    model_super_add(m, MODEL_T0 + 120, MODEL_T0 + 150, true, true, &root);
}

static const struct scene scenes[] = {
    {false, MODEL_RAW, nothing, CW_WAIT, false, 0},
    {false, MODEL_RAW, output, CW_ACT, false, 0},
    {false, MODEL_RELAY, output_proven, CW_ACT, true, 0},
    {false, MODEL_RAW, output_false, CW_WAIT, false, 0},
    {false, MODEL_RAW, delivered, CW_FINISHED, false, 0},
    {true, MODEL_RAW, nothing, CW_WAIT, false, 0},
    {true, MODEL_RELAY, game, CW_ACT, false, 0},
    {true, MODEL_RAW, false_game_first, CW_ACT, false, 0},
    {true, MODEL_RAW, game_proven, CW_ACT, true, 0},
    {true, MODEL_RELAY, game_proven_by_stranger, CW_ACT, true, 0},
    {true, MODEL_RAW, game_in_progress, CW_WAIT, false, 0},
    {true, MODEL_RAW, proven_on_lost_game, CW_ACT, false, 0},
    {true, MODEL_RELAY, delivered, CW_FINISHED, false, 0},
    {true, MODEL_RELAY, relay_failed, CW_HOLD, false, 0},
    {false, MODEL_RELAY, relay_failed_to_be_replayed, CW_ACT, false, 0},
    {true, MODEL_RELAY, relay_failed_to_be_replayed, CW_ACT, false, 0},
    {true, MODEL_RAW, super_game, CW_ACT, false, 8 * (8 + 2 * 64)},
    {true, MODEL_RAW, super_root_told, CW_ACT, false, 0},
};

static void *make(size_t i) {
    struct model *m = model_new(scenes[i].games, scenes[i].kind);
    m->count = cw_u256_from_u64(10);
    m->message.source.hash = model_block_hash(m, m->message.source.number.v);
    scenes[i].arrange(m);
    return m;
}
static void unmake(void *world) {
    model_free(world);
}
static struct cw_adapter *open_adapter(void *world) {
    struct model *m = world;
    struct cw_opstack_config config = {.portal = m->portal, .messenger = m->configured};
    const struct cw_chain_id chains[CW_SIDES] = {{900}, {901}};
    struct cw_adapter *adapter = NULL;
    assert_int_equal(cw_opstack_withdrawal.open(&adapter, &config, chains, NULL), CW_OK);
    return adapter;
}
static const struct cw_heads *heads(void *world) {
    return ((struct model *)world)->heads;
}
static const struct cw_message *message(void *world) {
    return &((struct model *)world)->message;
}
static const struct cw_self *self(void *world) {
    return &((struct model *)world)->self;
}
static void answer(void *world, struct cw_io *io, struct cw_io_entry *entry) {
    model_answer(world, io, entry);
}
static struct cw_hash32 source_hash(void *world, struct cw_block_number block) {
    return model_block_hash(world, block.v);
}
static uint64_t count(void *world) {
    return ((struct model *)world)->count.limb[0];
}
/* All that was posted, and the withdrawal as if it were proven and finalized. */
static size_t judged(void *world, struct cw_log *out, size_t cap) {
    struct model *m = world;
    size_t n = 0;
    model_tx(m, &m->portal, CW_LITERAL("some call"));
    for (size_t i = 0; i < m->outputs_n && n < cap; i++) {
        out[n++] = model_log_output(m, i);
    }
    for (size_t i = 0; i < m->games_n && n < cap; i++) {
        out[n++] = model_log_game(m, i);
    }
    if (n + 2 <= cap) {
        out[n++] = model_log_proven(m, MODEL_T0 + 200);
        out[n++] = model_log_finalized(m, MODEL_T0 + 990);
    }
    return n;
}
static enum cw_verb verb(size_t scene) {
    return scenes[scene].verb;
}
/* The game's address; for finalizing, where the proof was made, and in whose name, is the chain's
 * word. */
static size_t unbound_evidence(size_t scene) {
    return (scenes[scene].games ? 160u : 0u) + (scenes[scene].finalizes ? 8u : 0u) +
           scenes[scene].others;
}
static size_t unbound_call(size_t scene) {
    return scenes[scene].games && scenes[scene].finalizes ? 160u : 0u;
}

const struct adapter_fixture fixture_opstack = {
    .ops = &cw_opstack_withdrawal,
    .scenes_n = CW_COUNT(scenes),
    .make = make,
    .unmake = unmake,
    .open = open_adapter,
    .heads = heads,
    .message = message,
    .self = self,
    .answer = answer,
    .source_hash = source_hash,
    .count = count,
    .judged = judged,
    .verb = verb,
    .unbound_evidence = unbound_evidence,
    .unbound_call = unbound_call,
};
