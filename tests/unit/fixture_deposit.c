#include "adapter_fixture.h"

#include "deposit_model.h"
#include "opstack/opstack.h"
#include "vectors.h"

struct scene {
    enum deposit_kind kind;
    void (*arrange)(struct deposit_model *m);
    enum cw_verb verb;
};

static void nothing(struct deposit_model *m) {
    (void)m;
}
static void delivered(struct deposit_model *m) {
    m->included = m->success = true;
}
static void transaction_failed(struct deposit_model *m) {
    m->included = true;
}
static void ran(struct deposit_model *m) {
    m->ran_latest = m->ran_final = true;
}
static void held(struct deposit_model *m) {
    m->failed_latest = m->failed_final = true;
}
static void to_be_replayed(struct deposit_model *m) {
    held(m);
    m->self.replay = true;
}

static const struct scene scenes[] = {
    {DEPOSIT_RAW, nothing, CW_WAIT},
    {DEPOSIT_RAW, delivered, CW_FINISHED},
    {DEPOSIT_CREATION, transaction_failed, CW_FINISHED},
    {DEPOSIT_OWN_REPLAY, delivered, CW_FINISHED},
    {DEPOSIT_RELAY, nothing, CW_WAIT},
    {DEPOSIT_RELAY, ran, CW_FINISHED},
    {DEPOSIT_RELAY, held, CW_HOLD},
    {DEPOSIT_RELAY, to_be_replayed, CW_ACT},
    {DEPOSIT_RELAY, transaction_failed, CW_GIVE_UP},
};

static void *make(size_t i) {
    struct deposit_model *m = deposit_new(scenes[i].kind);
    scenes[i].arrange(m);
    return m;
}
static void unmake(void *world) {
    deposit_free(world);
}
static struct cw_adapter *open_adapter(void *world) {
    return deposit_open(world);
}
static const struct cw_heads *heads(void *world) {
    return ((struct deposit_model *)world)->heads;
}
static const struct cw_message *message(void *world) {
    return &((struct deposit_model *)world)->message;
}
static const struct cw_self *self(void *world) {
    return &((struct deposit_model *)world)->self;
}
static void answer(void *world, struct cw_io *io, struct cw_io_entry *entry) {
    (void)io;
    deposit_answer(world, entry);
}
static struct cw_hash32 source_hash(void *world, struct cw_block_number block) {
    (void)world;
    return deposit_block_hash(block.v);
}
static enum cw_verb verb(size_t scene) {
    return scenes[scene].verb;
}
static size_t none(size_t scene) {
    (void)scene;
    return 0;
}

const struct adapter_fixture fixture_deposit = {
    .ops = &cw_opstack_deposit,
    .scenes_n = CW_COUNT(scenes),
    .make = make,
    .unmake = unmake,
    .open = open_adapter,
    .heads = heads,
    .message = message,
    .self = self,
    .answer = answer,
    .source_hash = source_hash,
    .verb = verb,
    .unbound_evidence = none,
    .unbound_call = none,
};
