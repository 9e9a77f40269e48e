/* What the nitro adapter reads from outside for messages out of a rollup: logs, revert data, and
 * its own blobs from the store. The first byte chooses which. A blob that is taken must be the one
 * encoding of what was read. */
#include "nitro/exit.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cw_adapter adapters[2] = {
    {.outbox = {{0x0b}}},
    {.outbox = {{0x0b}},
     .prepared = true,
     .bridge = {{0xb6}},
     .rollup = {{0x40}},
     .bold = true,
     .token = {{0x77}},
     .decimals = 6},
};

/* adapter and side, address, topic, topics_n; topics; data */
static void read_log(struct cw_slice in, struct cw_arena *arena) {
    static const struct cw_hash32 *const topics[] = {
        &NITRO_TOPIC_L2_TO_L1_TX,
        &NITRO_TOPIC_SEND_MERKLE_UPDATE,
        &NITRO_TOPIC_SEND_ROOT_UPDATED,
        &NITRO_TOPIC_EXECUTED,
        &NITRO_TOPIC_ASSERTION_CREATED,
        &NITRO_TOPIC_ASSERTION_CONFIRMED,
        &NITRO_TOPIC_NODE_CREATED,
        &NITRO_TOPIC_NODE_CONFIRMED,
        &NITRO_TOPIC_OUTBOX_TOGGLE,
        &NITRO_TOPIC_ROLLUP_UPDATED,
        &NITRO_TOPIC_PAUSED,
        &NITRO_TOPIC_UNPAUSED,
        &NITRO_TOPIC_UPGRADED,
        &NITRO_TOPIC_UPGRADED_SECONDARY,
    };
    if (in.n < 4 + 96) {
        return;
    }
    const struct cw_adapter *adapter = &adapters[in.p[0] & 1];
    const struct cw_addr20 *places[] = {&EXIT_ARBSYS, &adapter->outbox, &adapter->bridge,
                                        &adapter->rollup};
    struct cw_log log = {.address = *places[in.p[1] & 3], .topics_n = in.p[3] % 5u};
    log.topics[0] = *topics[in.p[2] % CW_COUNT(topics)];
    for (size_t i = 0; i < 3; i++) {
        memcpy(log.topics[i + 1].b, in.p + 4 + 32 * i, 32);
    }
    log.data = cw_slice_of(in.p + 4 + 96, in.n - 4 - 96);
    struct cw_event event;
    enum cw_err err = exit_decode(adapter, in.p[0] & 2 ? CW_EXECUTION : CW_SETTLEMENT, &log, arena,
                                  &event, NULL);
    if (err == CW_OK && event.kind == CW_EVENT_SENT) {
        struct exit_message m;
        struct cw_hash32 id, item;
        assert(exit_payload_decode(&m, event.payload) == CW_OK);
        exit_id(&id, m.position);
        assert(cw_hash32_equal(&id, &event.ref) && cw_hash32_equal(&id, &log.topics[3]));
        cw_nitro_item_hash(&item, &m.sent);
        assert(cw_hash32_equal(&item, &log.topics[2]));
    }
}

static void read_evidence(struct cw_slice in, struct cw_arena *arena) {
    struct exit_evidence evidence;
    struct exit_message m = {.position = 4};
    struct cw_block_number block;
    struct cw_slice again;
    if (exit_evidence_decode(&evidence, in) != CW_OK) {
        return;
    }
    assert(exit_evidence_encode(arena, &again, &evidence) == CW_OK);
    assert(cw_slice_equal(in, again));
    assert(exit_evidence_block(in, &block) == CW_OK && block.v == evidence.block.v);
    struct cw_hash32 hash = {{0}};
    if (cw_header_hash(&hash, &evidence.header) == CW_OK) {
        (void)exit_evidence_verify(&evidence, &hash, &m).verdict;
    }
}

static void read_payload(struct cw_slice in, struct cw_arena *arena) {
    struct exit_message m;
    struct cw_slice again;
    char text[EXIT_AMOUNT_TEXT];
    if (exit_payload_decode(&m, in) == CW_OK) {
        assert(exit_payload_encode(arena, &again, &m) == CW_OK);
        assert(cw_slice_equal(in, again));
        (void)exit_amount_text(text, &adapters[1], &m.sent.value);
    }
}

static void read_progress(struct cw_slice in, struct cw_arena *arena) {
    struct exit_progress progress, back;
    struct cw_slice again;
    exit_progress_decode(&progress, in);
    assert(exit_progress_encode(arena, &again, &progress) == CW_OK);
    exit_progress_decode(&back, again);
    assert(exit_progress_equal(&progress, &back));
}

static void read_revert(struct cw_slice in) {
    struct cw_message message = {0};
    struct cw_revert revert;
    if (in.n > 0) {
        exit_revert(&adapters[in.p[0] & 1], &message, EXIT_EXECUTE, cw_slice_of(in.p + 1, in.n - 1),
                    &revert);
        assert(revert.class_ <= CW_REVERT_DEAD && revert.reason[0] != '\0');
        assert(revert.class_ != CW_REVERT_DEAD); /* the message names no token */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_arena arena;
    if (size == 0) {
        return 0;
    }
    struct cw_slice rest = cw_slice_of(data + 1, size - 1);
    cw_arena_init(&arena, 4u << 20);
    switch (data[0] % 5) {
    case 0:
        read_log(rest, &arena);
        break;
    case 1:
        read_evidence(rest, &arena);
        break;
    case 2:
        read_payload(rest, &arena);
        break;
    case 3:
        read_progress(rest, &arena);
        break;
    case 4:
        read_revert(rest);
        break;
    }
    cw_arena_done(&arena);
    return 0;
}
