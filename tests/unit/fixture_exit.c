#include "adapter_fixture.h"

#include "exit_model.h"
#include "nitro/nitro.h"
#include "vectors.h"

struct scene {
    void (*arrange)(struct exit_model *m);
    enum cw_verb verb;
};

#define SENDS    11
#define POSITION 4
#define LATELY   (EXIT_MODEL_NOW - 100)

static void nothing(struct exit_model *m) {
    (void)m;
}
static void asserted(struct exit_model *m) {
    exit_model_assert(m, exit_model_block(8), LATELY);
}
static void older_root(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(3), LATELY);
}
static void covered(struct exit_model *m) {
    exit_model_confirm(m, exit_model_block(7), LATELY);
}
static void covered_on_nodes(struct exit_model *m) {
    m->bold = false;
    covered(m);
}
static void false_root_on_top(struct exit_model *m) {
    covered(m);
    exit_model_confirm(m, exit_model_block(9), LATELY + 1)->block_hash.b[0] ^= 1;
}
static void false_root_only(struct exit_model *m) {
    false_root_on_top(m);
    m->confirmed[0] = m->confirmed[1];
}
static void sibling_lies(struct exit_model *m) {
    covered(m);
    m->flipped = 1;
}
static void pays_a_token(struct exit_model *m) {
    m->token = (struct cw_addr20){{0x77}};
    m->decimals = 6;
    covered(m);
}
static void executed(struct exit_model *m) {
    covered(m);
    m->spent_latest = true;
}
static void delivered(struct exit_model *m) {
    executed(m);
    m->spent_final = true;
}

static const struct scene scenes[] = {
    {nothing, CW_WAIT},         {asserted, CW_WAIT},        {older_root, CW_WAIT},
    {covered, CW_ACT},          {covered_on_nodes, CW_ACT}, {false_root_on_top, CW_ACT},
    {false_root_only, CW_WAIT}, {sibling_lies, CW_WAIT},    {pays_a_token, CW_ACT},
    {executed, CW_WAIT},        {delivered, CW_FINISHED},
};

static void *make(size_t i) {
    struct exit_model *m = exit_model_new(SENDS, POSITION);
    scenes[i].arrange(m);
    return m;
}
static void unmake(void *world) {
    exit_model_free(world);
}
static struct cw_adapter *open_adapter(void *world) {
    return exit_model_open(world);
}
static const struct cw_heads *heads(void *world) {
    return ((struct exit_model *)world)->heads;
}
static const struct cw_message *message(void *world) {
    return &((struct exit_model *)world)->message;
}
static const struct cw_self *self(void *world) {
    return &((struct exit_model *)world)->self;
}
static void answer(void *world, struct cw_io *io, struct cw_io_entry *entry) {
    exit_model_answer(world, io, entry);
}
static struct cw_hash32 source_hash(void *world, struct cw_block_number block) {
    return exit_model_hash(world, block.v);
}
static uint64_t count(void *world) {
    const struct exit_model *m = world;
    return exit_model_count(m, m->heads[CW_EXECUTION].final.number.v);
}
/* An assertion that is true, one that is false, and executions of messages that were sent or not.
 */
static size_t judged(void *world, struct cw_log *out, size_t cap) {
    struct exit_model *m = world;
    const struct cw_hash32 hash = exit_model_hash(m, 105), *root = &m->roots[6];
    assert_true(cap >= 5);
    m->permissionless = true;
    m->status = 1;
    m->parent_status = 2;
    out[0] = exit_model_made(m, &hash, root, LATELY);
    out[1] = exit_model_made(m, &hash, &m->roots[5], LATELY);
    out[2] = exit_model_confirmed(m, 105, root, LATELY);
    out[3] = exit_model_executed(m, POSITION, LATELY);
    out[4] = exit_model_executed(m, POSITION + 3, LATELY);
    return 5;
}
static enum cw_verb verb(size_t scene) {
    return scenes[scene].verb;
}
static size_t nothing_is_unbound(size_t scene) {
    (void)scene;
    return 0;
}

const struct adapter_fixture fixture_exit = {
    .ops = &cw_nitro_withdrawal,
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
    .unbound_evidence = nothing_is_unbound,
    .unbound_call = nothing_is_unbound,
};
