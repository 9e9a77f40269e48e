/* What the adapter for Nitro's tickets reads from outside: logs, revert data, and its own blobs
 * from the store. The first byte chooses which. A blob that is taken must be the one encoding of
 * what was read. */
#include "nitro/ticket.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct cw_adapter adapter = {.bridge = {{0xb0}},
                                          .inboxes = {{{0x1b}}},
                                          .inboxes_n = 1,
                                          .rollup = {42161},
                                          .prepared = true,
                                          .lifetime_s = 604800};

/* Both logs of a message, from the inbox's bytes: kind, sender; data. */
static void read_message(struct cw_slice in, struct cw_arena *arena) {
    if (in.n < 2) {
        return;
    }
    struct ticket_origin origin = {.kind = in.p[0] & 1 ? TICKET_KIND_RETRYABLE
                                                       : TICKET_KIND_DEPOSIT,
                                   .number = cw_u256_from_u64(in.p[1]),
                                   .sender = {{in.p[0]}},
                                   .data = cw_slice_of(in.p + 2, in.n - 2)};
    struct ticket ticket;
    struct cw_slice payload;
    if (ticket_read(&ticket, &adapter, &origin) != CW_OK) {
        return;
    }
    assert(ticket_payload_encode(arena, &payload, &origin) == CW_OK);
    struct cw_message message = {.id = ticket.id, .payload = payload};
    struct ticket again;
    assert(ticket_of(&again, &adapter, &message) == CW_OK);
    assert(cw_slice_equal(again.retryable.data, ticket.retryable.data));
    assert(ticket_redeem_gas(&ticket.retryable, ticket_retry_gas(&ticket.retryable, in.p[1])) >
           ticket.retryable.data.n);
}

/* side, address, topic, topics_n, whether the next log stands beside; topics; data */
static void read_log(struct cw_slice in, struct cw_arena *arena) {
    static const struct cw_hash32 *const topics[] = {
        &NITRO_TOPIC_MESSAGE_DELIVERED, &NITRO_TOPIC_INBOX_TOGGLE,   &NITRO_TOPIC_INBOX_MESSAGE,
        &NITRO_TOPIC_UPGRADED,          &NITRO_TOPIC_TICKET_CREATED, &NITRO_TOPIC_LIFETIME_EXTENDED,
        &NITRO_TOPIC_REDEEM_SCHEDULED,  &NITRO_TOPIC_CANCELED,
    };
    const struct cw_addr20 *places[] = {&adapter.bridge, &adapter.inboxes[0], &TICKET_PRECOMPILE};
    if (in.n < 4 + 96) {
        return;
    }
    struct cw_log logs[2];
    memset(logs, 0, sizeof logs);
    logs[0].address = *places[in.p[1] % 3u];
    logs[0].topics_n = in.p[3] % 5u;
    logs[0].topics[0] = *topics[in.p[2] % CW_COUNT(topics)];
    for (size_t i = 0; i < 3; i++) {
        memcpy(logs[0].topics[i + 1].b, in.p + 4 + 32 * i, 32);
    }
    logs[0].data = cw_slice_of(in.p + 4 + 96, in.n - 4 - 96);
    logs[0].beside = logs;
    logs[0].beside_n = 2;
    /* The inbox's log of the same message, with what follows the bridge's six words. */
    logs[1] = logs[0];
    logs[1].address = adapter.inboxes[0];
    logs[1].topics[0] = NITRO_TOPIC_INBOX_MESSAGE;
    logs[1].topics_n = 2;
    if (logs[0].data.n > 192) {
        logs[1].data = cw_slice_of(logs[0].data.p + 192, logs[0].data.n - 192);
        logs[0].data.n = 192;
    }
    struct cw_event event;
    enum cw_err err = ticket_decode(&adapter, in.p[0] & 1 ? CW_EXECUTION : CW_SETTLEMENT, &logs[0],
                                    arena, &event, NULL);
    if (err == CW_OK && event.kind == CW_EVENT_SENT) {
        struct cw_message message = {.id = event.ref, .payload = event.payload};
        struct ticket ticket;
        assert(ticket_of(&ticket, &adapter, &message) == CW_OK);
    }
}

static void read_blobs(struct cw_slice in, struct cw_arena *arena) {
    struct ticket_evidence evidence;
    struct ticket_progress progress, back;
    struct ticket_origin origin;
    struct cw_block_number block;
    struct cw_slice again;
    if (ticket_evidence_decode(&evidence, in) == CW_OK) {
        assert(ticket_evidence_encode(arena, &again, &evidence) == CW_OK);
        assert(cw_slice_equal(in, again));
        assert(ticket_evidence_block(in, &block) == CW_OK && block.v == evidence.block.v);
    }
    if (ticket_payload_decode(&origin, in) == CW_OK) {
        assert(ticket_payload_encode(arena, &again, &origin) == CW_OK);
        assert(cw_slice_equal(in, again));
    }
    ticket_progress_decode(&progress, in);
    assert(ticket_progress_encode(arena, &again, &progress) == CW_OK);
    ticket_progress_decode(&back, again);
    assert(memcmp(&progress, &back, sizeof back) == 0);
}

static void read_revert(struct cw_slice in) {
    struct cw_message message = {0};
    struct cw_revert revert;
    if (in.n > 0) {
        ticket_revert(&adapter, &message, in.p[0] & 1 ? TICKET_REDEEM : TICKET_KEEPALIVE,
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
    switch (data[0] % 4) {
    case 0:
        read_message(rest, &arena);
        break;
    case 1:
        read_log(rest, &arena);
        break;
    case 2:
        read_blobs(rest, &arena);
        break;
    case 3:
        read_revert(rest);
        break;
    }
    cw_arena_done(&arena);
    return 0;
}
