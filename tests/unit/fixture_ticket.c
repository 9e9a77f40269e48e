#include "adapter_fixture.h"

#include "ticket_model.h"
#include "vectors.h"

struct scene {
    bool deposit;
    void (*arrange)(struct tickets *t);
    enum cw_verb verb;
};

static const struct cw_addr20 stranger = {{0x57, 0x57}};

static void nothing(struct tickets *t) {
    (void)t;
}
static void taken_in(struct tickets *t) {
    tickets_take_in(t, true);
}
static void own_try_failed(struct tickets *t) {
    taken_in(t);
    tickets_redeem(t, TICKETS_MADE, &stranger, 200000, true, false);
}
static void failed_before(struct tickets *t) {
    own_try_failed(t);
    tickets_redeem(t, 1010, &t->self.submitter, 400000, true, false);
    tickets_heads(t, 1100, 1050);
    const struct ticket_progress p = {.known = 1, .known_since_s = TICKETS_T0};
    assert_int_equal(ticket_progress_encode(&t->arena, &t->message.progress, &p), CW_OK);
}
static void near_its_end(struct tickets *t) {
    own_try_failed(t);
    t->self.keepalive_s = 3600;
    tickets_heads(t, TICKETS_MADE + TICKETS_LIFETIME - 100, TICKETS_MADE + TICKETS_LIFETIME - 200);
}
static void redeemed(struct tickets *t) {
    own_try_failed(t);
    tickets_redeem(t, 1010, &stranger, 400000, true, true);
}
static void hopeless(struct tickets *t) {
    taken_in(t);
    for (uint64_t i = 0; i < 5; i++) {
        tickets_redeem(t, 1001 + i, &t->self.submitter, 400000u << i, true, false);
    }
}
static void expired(struct tickets *t) {
    own_try_failed(t);
    tickets_heads(t, TICKETS_MADE + TICKETS_LIFETIME + 100, TICKETS_MADE + TICKETS_LIFETIME + 50);
}
static void canceled(struct tickets *t) {
    taken_in(t);
    tickets_cancel(t, 1010);
}

static const struct scene scenes[] = {
    {false, nothing, CW_WAIT},      {false, taken_in, CW_ACT},     {false, own_try_failed, CW_ACT},
    {false, failed_before, CW_ACT}, {false, near_its_end, CW_ACT}, {false, redeemed, CW_FINISHED},
    {false, hopeless, CW_HOLD},     {false, expired, CW_GIVE_UP},  {false, canceled, CW_GIVE_UP},
    {true, nothing, CW_WAIT},       {true, taken_in, CW_FINISHED},
};

static void *make(size_t i) {
    struct tickets *t = tickets_new(scenes[i].deposit);
    scenes[i].arrange(t);
    return t;
}
static void unmake(void *world) {
    tickets_free(world);
}
static struct cw_adapter *open_adapter(void *world) {
    return tickets_open(world);
}
static const struct cw_heads *heads(void *world) {
    return ((struct tickets *)world)->heads;
}
static const struct cw_message *message(void *world) {
    return &((struct tickets *)world)->message;
}
static const struct cw_self *self(void *world) {
    return &((struct tickets *)world)->self;
}
static void answer(void *world, struct cw_io *io, struct cw_io_entry *entry) {
    tickets_answer(world, io, entry);
}
static struct cw_hash32 source_hash(void *world, struct cw_block_number block) {
    (void)world;
    return tickets_block_hash(CW_SETTLEMENT, block.v);
}
static uint64_t count(void *world) {
    return ((struct tickets *)world)->count;
}
/* The ticket of the message, and one of none. */
static size_t judged(void *world, struct cw_log *out, size_t cap) {
    const struct tickets *t = world;
    assert_true(cap >= 2);
    out[0] = (struct cw_log){.address = TICKET_PRECOMPILE,
                             .topics = {NITRO_TOPIC_TICKET_CREATED, t->message.id},
                             .topics_n = 2,
                             .block = {{TICKETS_MADE}, {{0xb1}}, TICKETS_T0 + TICKETS_MADE}};
    out[1] = out[0];
    out[1].topics[1].b[0] ^= 1;
    return 2;
}
static enum cw_verb verb(size_t scene) {
    return scenes[scene].verb;
}
static size_t none(size_t scene) {
    (void)scene;
    return 0;
}

const struct adapter_fixture fixture_ticket = {
    .ops = &cw_nitro_retryable,
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
    .judged_side = CW_EXECUTION,
    .verb = verb,
    .unbound_evidence = none,
    .unbound_call = none,
};
