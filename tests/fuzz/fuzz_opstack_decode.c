/* What the opstack adapter reads from outside: logs, revert data, and its own blobs from the store.
 * The first byte chooses which. A blob that is taken must be the one encoding of what was read. */
#include "opstack/deposit.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cw_adapter adapters[2] = {
    {.portal = {{0x90}}, .flavour = OPSTACK_OUTPUTS, .roots = {{0x40}}, .messenger = {{0x3e}}},
    {.portal = {{0x90}}, .flavour = OPSTACK_GAMES, .roots = {{0x40}}, .messenger = {{0x3e}}},
};

/* flavour, side, address, topics_n; topics; data */
static void read_log(struct cw_slice in, struct cw_arena *arena) {
    static const struct cw_hash32 *const topics[] = {
        &OPSTACK_TOPIC_MESSAGE_PASSED,   &OPSTACK_TOPIC_PROVEN,
        &OPSTACK_TOPIC_PROVEN_BY,        &OPSTACK_TOPIC_FINALIZED,
        &OPSTACK_TOPIC_GAME_BLACKLISTED, &OPSTACK_TOPIC_RESPECTED_TYPE_SET,
        &OPSTACK_TOPIC_OUTPUT_PROPOSED,  &OPSTACK_TOPIC_OUTPUTS_DELETED,
        &OPSTACK_TOPIC_GAME_CREATED,     &OPSTACK_TOPIC_RELAYED,
        &OPSTACK_TOPIC_RELAY_FAILED,     &OPSTACK_TOPIC_UPGRADED,
    };
    if (in.n < 4 + 96) {
        return;
    }
    const struct cw_adapter *adapter = &adapters[in.p[0] & 1];
    const struct cw_addr20 *places[] = {&CW_OP_MESSAGE_PASSER, &adapter->portal, &adapter->roots,
                                        &adapter->messenger};
    struct cw_log log = {.address = *places[in.p[1] & 3], .topics_n = in.p[3] % 5u};
    log.topics[0] = *topics[in.p[2] % CW_COUNT(topics)];
    for (size_t i = 0; i < 3; i++) {
        memcpy(log.topics[i + 1].b, in.p + 4 + 32 * i, 32);
    }
    log.data = cw_slice_of(in.p + 4 + 96, in.n - 4 - 96);
    struct cw_event event;
    enum cw_err err = opstack_decode(adapter, in.p[0] & 2 ? CW_EXECUTION : CW_SETTLEMENT, &log,
                                     arena, &event, NULL);
    if (err == CW_OK && event.kind == CW_EVENT_SENT) {
        struct cw_op_withdrawal w;
        struct cw_hash32 id;
        assert(opstack_payload_decode(&w, event.payload) == CW_OK);
        assert(cw_op_withdrawal_hash(&id, &w) == CW_OK && cw_hash32_equal(&id, &event.ref));
    }
}

/* topics_n, log index; topics but the first; data */
static void read_deposit(struct cw_slice in, struct cw_arena *arena) {
    if (in.n < 2 + 96) {
        return;
    }
    const struct cw_adapter *adapter = &adapters[in.p[0] & 1];
    struct cw_log log = {
        .address = adapter->portal, .topics_n = in.p[0] >> 1 & 7, .log_index = in.p[1]};
    log.topics_n = log.topics_n < 5 ? log.topics_n : 4;
    log.topics[0] = CW_OP_TRANSACTION_DEPOSITED;
    for (size_t i = 0; i < 3; i++) {
        memcpy(log.topics[i + 1].b, in.p + 2 + 32 * i, 32);
    }
    log.data = cw_slice_of(in.p + 2 + 96, in.n - 2 - 96);
    struct cw_event event;
    if (opstack_deposit_event(adapter, CW_SETTLEMENT, &log, arena, &event, NULL) == CW_OK &&
        event.kind == CW_EVENT_SENT) {
        struct opstack_deposit deposit;
        struct cw_hash32 id;
        assert(opstack_deposit_decode(&deposit, event.payload) == CW_OK);
        assert(opstack_deposit_id(arena, &id, &deposit, &log.block.hash) == CW_OK);
        assert(cw_hash32_equal(&id, &event.ref));
    }
}

static void read_deposit_blobs(struct cw_slice in, struct cw_arena *arena) {
    struct opstack_deposit deposit;
    struct opstack_relay relay;
    struct cw_block_number block;
    struct cw_slice again;
    if (opstack_deposit_decode(&deposit, in) == CW_OK) {
        assert(opstack_deposit_encode(arena, &again, &deposit) == CW_OK);
        assert(cw_slice_equal(in, again));
        (void)opstack_deposit_relay(&relay, &adapters[0], &deposit);
    }
    if (opstack_deposit_evidence_block(in, &block) == CW_OK) {
        assert(opstack_deposit_evidence(arena, &again, block) == CW_OK);
        assert(cw_slice_equal(in, again));
    }
}

static void read_evidence(struct cw_slice in, struct cw_arena *arena) {
    struct opstack_evidence evidence;
    struct cw_block_number block;
    struct cw_slice again;
    if (opstack_evidence_decode(&evidence, in) != CW_OK) {
        return;
    }
    assert(opstack_evidence_encode(arena, &again, &evidence) == CW_OK);
    assert(cw_slice_equal(in, again));
    assert(opstack_evidence_block(in, &block) == CW_OK && block.v == evidence.block.v);
    struct cw_hash32 hash = {{0}}, id = {{1}};
    if (cw_header_hash(&hash, &evidence.header) == CW_OK) {
        (void)opstack_evidence_verify(NULL, &evidence, &hash, &id).verdict;
    }
}

static void read_payload(struct cw_slice in, struct cw_arena *arena) {
    struct cw_op_withdrawal w;
    struct opstack_relay relay;
    struct cw_slice again;
    if (opstack_payload_decode(&w, in) == CW_OK) {
        assert(opstack_payload_encode(arena, &again, &w) == CW_OK);
        assert(cw_slice_equal(in, again));
        w.sender = OPSTACK_L2_MESSENGER;
        w.target = adapters[0].messenger;
        (void)opstack_relay_read(&relay, &adapters[0], &w);
    }
}

static void read_progress(struct cw_slice in, struct cw_arena *arena) {
    struct opstack_progress progress, back;
    struct cw_slice again;
    opstack_progress_decode(&progress, in);
    assert(progress.rejects_n <= OPSTACK_REJECTS_MAX);
    assert(opstack_progress_encode(arena, &again, &progress) == CW_OK);
    opstack_progress_decode(&back, again);
    assert(opstack_progress_equal(&progress, &back));
}

static void read_revert(struct cw_slice in) {
    struct cw_message message = {0};
    struct cw_revert revert;
    if (in.n > 0) {
        opstack_revert(&adapters[in.p[0] & 1], &message,
                       in.p[0] & 2   ? "prove"
                       : in.p[0] & 4 ? "replay"
                                     : "finalize",
                       cw_slice_of(in.p + 1, in.n - 1), &revert);
        assert(revert.class_ <= CW_REVERT_DEAD && revert.reason[0] != '\0');
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_arena arena;
    if (size == 0) {
        return 0;
    }
    struct cw_slice rest = cw_slice_of(data + 1, size - 1);
    cw_arena_init(&arena, 4u << 20);
    switch (data[0] % 7) {
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
    case 5:
        read_deposit(rest, &arena);
        break;
    case 6:
        read_deposit_blobs(rest, &arena);
        break;
    }
    cw_arena_done(&arena);
    return 0;
}
