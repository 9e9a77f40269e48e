/* Constants, filters, events, counting, evidence, wiring and reverts of the adapter for tickets. */
#include "ticket_model.h"

#include <causeway/alias.h>
#include <causeway/keccak.h>

#include <string.h>

#include "vectors.h"

/* --- constants --- */

static void constants__every_one__is_the_hash_of_its_signature(void **state) {
    (void)state;
#define CHECK_SELECTOR(value, signature)                                                           \
    {                                                                                              \
        struct cw_selector own = cw_selector_of(signature), said = cw_selector_from_u32(value);    \
        assert_memory_equal(own.b, said.b, 4);                                                     \
    }
#define CHECK_TOPIC(value, signature)                                                              \
    {                                                                                              \
        struct cw_hash32 own;                                                                      \
        cw_event_topic(&own, signature);                                                           \
        assert_hash(own, value);                                                                   \
    }
    NITRO_SELECTORS(CHECK_SELECTOR)
    NITRO_TOPICS(CHECK_TOPIC)
}

/* --- events --- */

static enum cw_err decode(struct tickets *t, enum cw_side side, const struct cw_log *log,
                          struct cw_event *ret, struct cw_error *error) {
    memset(ret, 0xa5, sizeof *ret);
    return cw_nitro_retryable.decode(t->adapter, side, log, &t->arena, ret, error);
}

static void decode__both_logs_of_a_ticket__sent_once_with_all_that_it_says(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_log logs[2];
    struct cw_event event;
    tickets_sent_logs(t, logs);
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_SENT);
    assert_hash(event.ref, t->message.id);
    assert_true(cw_hash32_is_zero(&event.alias));
    assert_true(cw_slice_equal(event.payload, t->message.payload));
    struct cw_addr20 sender;
    cw_alias_undo(&sender, &t->origin.sender);
    assert_memory_equal(event.summary.sender.b, sender.b, 20);
    assert_int_equal(event.summary.target.b[0], 0x70);
    assert_int_equal(event.summary.nonce.limb[0], 42);
    assert_int_equal(event.summary.gas_limit, 200000);
    uint64_t sequence = 0;
    assert_true(cw_nitro_retryable.sequence(&event.summary, &sequence));
    assert_int_equal(sequence, 42);
    t->message.payload = event.payload;
    assert_true(cw_slice_equal(cw_nitro_retryable.inner(t->adapter, &t->message),
                               CW_LITERAL("\x11\x22\x33\x44\x55")));
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[1], &event, NULL), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_NONE);
    tickets_free(t);
}

static void decode__deposit__sent_with_its_transaction_as_id(void **state) {
    (void)state;
    struct tickets *t = tickets_new(true);
    struct cw_log logs[2];
    struct cw_event event;
    tickets_sent_logs(t, logs);
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_SENT);
    assert_hash(event.ref, t->message.id);
    assert_int_equal(event.summary.value.v.limb[0], 99);
    assert_int_equal(event.summary.target.b[0], 0x70);
    assert_int_equal(cw_nitro_retryable.inner(t->adapter, &t->message).n, 0);
    tickets_free(t);
}

static void decode__data_of_another_message__is_not_taken(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_log logs[2], good[2];
    struct cw_event event;
    struct cw_error error;
    tickets_sent_logs(t, good);
    for (int i = 0; i < 7; i++) {
        memcpy(logs, good, sizeof logs);
        logs[0].beside = logs;
        uint8_t *data = cw_arena_alloc(&t->arena, good[i == 5 ? 0 : 1].data.n);
        memcpy(data, good[i == 5 ? 0 : 1].data.p, good[i == 5 ? 0 : 1].data.n);
        switch (i) {
        case 0: /* none beside */
            logs[0].beside_n = 1;
            break;
        case 1: /* of another number */
            logs[1].topics[1].b[31] ^= 1;
            break;
        case 2: /* of another inbox */
            logs[1].address.b[0] ^= 1;
            break;
        case 3: /* another byte in it */
            data[64 + 288] ^= 1;
            logs[1].data.p = data;
            break;
        case 4: /* another event */
            logs[1].topics[0].b[0] ^= 1;
            break;
        case 5: /* another hash */
            data[3 * 32] ^= 1;
            logs[0].data.p = data;
            break;
        case 6: /* cut */
            logs[1].data.n -= 32;
            break;
        }
        assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, &error), CW_ERR_INPUT);
        assert_non_null(strstr(error.text, "without data"));
    }
    assert_int_equal(decode(t, CW_SETTLEMENT, &good[0], &event, &error), CW_OK);
    tickets_free(t);
}

/* What the inbox never writes is refused, so that its number is missed. */
static void decode__malformed_data__refused(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_log logs[2];
    struct cw_event event;
    struct cw_error error;
    const struct cw_slice good = t->origin.data;
    for (int i = 0; i < 5; i++) {
        uint8_t *data = cw_arena_alloc(&t->arena, good.n);
        memcpy(data, good.p, good.n);
        t->origin.data = cw_slice_of(data, i == 0 ? good.n - 1 : i == 1 ? 287 : good.n);
        data[i == 2 ? 0 : 6 * 32 + 20] |= i == 2 || i == 3; /* an address, a gas limit too wide */
        data[8 * 32 + 31] = i == 4 ? 4 : 5;                 /* a byte behind the data */
        tickets_sent_logs(t, logs);
        assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, &error), CW_ERR_INPUT);
        assert_non_null(strstr(error.text, "malformed data"));
    }
    tickets_free(t);
}

static void decode__other_kind__takes_its_number(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_log logs[2];
    struct cw_event event;
    static const uint64_t kinds[] = {3, 7, 11, 13, 255};
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        t->origin.kind = kinds[i];
        tickets_sent_logs(t, logs);
        logs[0].beside_n = i %
                           2; /* with its data, or without, as of InboxMessageDeliveredFromOrigin */
        assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_OK);
        assert_int_equal(event.kind, CW_EVENT_COUNTED);
        assert_int_equal(event.number, 42);
    }
    logs[0].topics[1].b[0] = 1;
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_ERR_INPUT);
    tickets_free(t);
}

static void decode__next_message_of_the_block__must_follow_in_the_accumulator(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_log logs[3];
    struct cw_event event;
    tickets_sent_logs(t, logs);
    logs[2] = logs[0];
    logs[2].log_index = 2;
    logs[2].topics[1].b[31]++;
    for (size_t i = 0; i < 3; i++) {
        logs[i].beside = logs;
        logs[i].beside_n = 3;
    }
    struct cw_hash32 data_hash;
    cw_keccak256(&data_hash, t->origin.data);
    const struct cw_nitro_inbox_message link = {.kind = TICKET_KIND_RETRYABLE,
                                                .sender = t->origin.sender,
                                                .block = t->message.source.number,
                                                .timestamp_s = t->message.source.timestamp_s,
                                                .number = t->origin.number,
                                                .base_fee = t->origin.base_fee,
                                                .data_hash = data_hash};
    cw_nitro_inbox_accumulate(&logs[2].topics[2], &logs[0].topics[2], &link);
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_OK);
    logs[2].topics[2].b[9] ^= 1;
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_ERR_INPUT);
    /* On a Nitro chain the contract sees the block numbers of the layer below. */
    t->on_nitro = true;
    assert_int_equal(tickets_prepare(t).state, CW_PREPARE_OK);
    assert_int_equal(decode(t, CW_SETTLEMENT, &logs[0], &event, NULL), CW_OK);
    tickets_free(t);
}

static void decode__rollup_events__about_the_ticket(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_event event;
    tickets_take_in(t, true);
    tickets_redeem(t, 1010, &t->self.submitter, 100000, true, false);
    tickets_extend(t, 1020);
    tickets_cancel(t, 1030);
    static const char *const steps[] = {"create", "redeem", "keepalive", "cancel"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(decode(t, CW_EXECUTION, &t->logs[i], &event, NULL), CW_OK);
        assert_int_equal(event.kind, CW_EVENT_STEP_DONE);
        assert_hash(event.ref, t->message.id);
        assert_string_equal(event.step, steps[i]);
        assert_true(event.note[0] != '\0');
        /* Nobody else's. */
        t->logs[i].address.b[0] ^= 1;
        assert_int_equal(decode(t, CW_EXECUTION, &t->logs[i], &event, NULL), CW_OK);
        assert_int_equal(event.kind, CW_EVENT_NONE);
        t->logs[i].address.b[0] ^= 1;
        assert_int_equal(decode(t, CW_SETTLEMENT, &t->logs[i], &event, NULL), CW_OK);
        assert_int_equal(event.kind, CW_EVENT_NONE);
        t->logs[i].topics_n--;
        assert_int_equal(decode(t, CW_EXECUTION, &t->logs[i], &event, NULL), CW_ERR_INPUT);
    }
    tickets_free(t);
}

static void decode__inbox_allowed_or_code_replaced__read_again(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct cw_event event;
    uint8_t on[32] = {[31] = 1};
    struct cw_log log = {.address = t->bridge,
                         .topics = {NITRO_TOPIC_INBOX_TOGGLE, {{[12] = 0x77}}},
                         .topics_n = 2,
                         .data = cw_slice_of(on, 32)};
    assert_int_equal(decode(t, CW_SETTLEMENT, &log, &event, NULL), CW_OK);
    assert_int_equal(event.kind, CW_EVENT_UPGRADED);
    assert_non_null(strstr(event.note, "the bridge allows inbox 0x77"));
    const struct cw_addr20 places[] = {t->bridge, t->inbox};
    for (size_t i = 0; i < 2; i++) {
        log.address = places[i];
        log.topics[0] = NITRO_TOPIC_UPGRADED;
        log.data.n = 0;
        assert_int_equal(decode(t, CW_SETTLEMENT, &log, &event, NULL), CW_OK);
        assert_int_equal(event.kind, CW_EVENT_UPGRADED);
    }
    tickets_free(t);
}

/* --- wiring --- */

static void prepare__wrong_wiring__held(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    assert_non_null(strstr(tickets_prepare(t).detail, "43 messages"));
    t->allowed[t->allowed_n++] = (struct cw_addr20){{0x0b}};
    struct cw_preparation p = tickets_prepare(t);
    assert_int_equal(p.state, CW_PREPARE_HOLD);
    assert_string_equal(p.reason, "unwatched_inbox");
    t->allowed_n--;
    t->event_inbox.b[0] ^= 1; /* then the second one is somebody's */
    assert_string_equal(tickets_prepare(t).reason, "unwatched_inbox");
    t->event_inbox.b[0] ^= 1;
    t->inbox_bridge.b[0] ^= 1;
    assert_string_equal(tickets_prepare(t).reason, "unknown_version");
    t->inbox_bridge = t->bridge;
    const struct cw_addr20 mute[] = {t->bridge, t->inbox, TICKET_PRECOMPILE};
    for (size_t i = 0; i < CW_COUNT(mute); i++) {
        t->mute = mute[i];
        assert_string_equal(tickets_prepare(t).reason, "unknown_version");
    }
    t->mute = (struct cw_addr20){{0}};
    t->down = true;
    assert_string_equal(tickets_prepare(t).reason, "unavailable");
    t->down = false;
    assert_int_equal(tickets_prepare(t).state, CW_PREPARE_OK);
    tickets_free(t);
}

static void open__addresses_that_can_not_be__refused(void **state) {
    (void)state;
    const struct cw_chain_id chains[CW_SIDES] = {{1}, {2}};
    struct cw_addr20 many[TICKET_INBOXES_MAX];
    memset(many, 1, sizeof many);
    struct cw_adapter *adapter = NULL;
    struct cw_nitro_ticket_config config = {.bridge = {{1}}, .inbox = {{0}}};
    assert_int_equal(cw_nitro_retryable.open(&adapter, &config, chains, NULL), CW_ERR_INPUT);
    config.inbox = many[0];
    config.other_inboxes = (struct cw_addr20s){many, TICKET_INBOXES_MAX};
    assert_int_equal(cw_nitro_retryable.open(&adapter, &config, chains, NULL), CW_ERR_INPUT);
    config.other_inboxes.n--;
    assert_int_equal(cw_nitro_retryable.open(&adapter, &config, chains, NULL), CW_OK);
    struct cw_filter filters[16];
    size_t n = 0;
    assert_int_equal(cw_nitro_retryable.filters(adapter, filters, 16, &n), CW_OK);
    assert_int_equal(n, 2 + TICKET_INBOXES_MAX);
    cw_nitro_retryable.close(adapter);
}

/* --- gas and reverts --- */

static void gas__of_a_redeem__covers_the_retry_and_grows_with_failures(void **state) {
    (void)state;
    struct tickets *t = tickets_new(false);
    struct ticket ticket;
    assert_int_equal(ticket_read(&ticket, t->adapter, &t->origin), CW_OK);
    struct cw_nitro_retryable *r = &ticket.retryable;
    assert_int_equal(ticket_retry_gas(r, 0), 400000); /* twice what failed */
    assert_int_equal(ticket_retry_gas(r, 2), 1600000);
    r->gas_limit = 0;
    assert_int_equal(ticket_retry_gas(r, 0), 121080); /* five bytes of data */
    /* Whatever it asks for, a transaction may have it. */
    r->gas_limit = UINT64_MAX;
    assert_int_equal(ticket_retry_gas(r, 0), 8000000);
    assert_int_equal(ticket_retry_gas(r, UINT64_MAX), 8000000);
    assert_true(ticket_redeem_gas(r, 400000) >= 400000 + 400000 / 31 + 170000);
    tickets_free(t);
}

static void revert__of_each_kind__sorted(void **state) {
    (void)state;
    static const struct {
        const char *step, *data;
        size_t n;
        enum cw_revert_class class_;
        const char *reason;
    } cases[] = {
        {"redeem", "\x80\x69\x84\x56", 4, CW_REVERT_ASK, "no_ticket"},
        {"keepalive", "\x80\x69\x84\x56", 4, CW_REVERT_ASK, "no_ticket"},
        {"redeem", "\x12\x34\x56\x78", 4, CW_REVERT_TARGET_KEPT, "target_reverts"},
        {"keepalive", "\x12\x34\x56\x78", 4, CW_REVERT_UNKNOWN, "unknown_revert"},
        {"redeem", "", 0, CW_REVERT_UNKNOWN, "unknown_revert"},
    };
    struct tickets *t = tickets_new(false);
    struct cw_revert revert;
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        cw_nitro_retryable.revert(t->adapter, &t->message, cases[i].step,
                                  cw_slice_of(cases[i].data, cases[i].n), &revert);
        assert_int_equal(revert.class_, cases[i].class_);
        assert_string_equal(revert.reason, cases[i].reason);
    }
    uint8_t text[4 + 3 * 32] = {0x08, 0xc3, 0x79, 0xa0, [35] = 32, [67] = 29};
    memcpy(text + 68, "timeout too far into the future", 29);
    cw_nitro_retryable.revert(t->adapter, &t->message, "keepalive", cw_slice_of(text, sizeof text),
                              &revert);
    assert_int_equal(revert.class_, CW_REVERT_UNKNOWN); /* cut by two letters */
    text[67] = 31;
    memcpy(text + 68, "timeout too far into the future", 31);
    cw_nitro_retryable.revert(t->adapter, &t->message, "keepalive", cw_slice_of(text, sizeof text),
                              &revert);
    assert_int_equal(revert.class_, CW_REVERT_WAIT);
    tickets_free(t);
}

/* --- progress --- */

static void progress__round_trip__and_anything_else_is_empty(void **state) {
    (void)state;
    struct cw_arena arena;
    struct cw_slice bytes;
    struct ticket_progress back, empty;
    memset(&empty, 0, sizeof empty);
    const struct ticket_progress p = {1, 2, 3, 4, UINT64_MAX, 6, 7, 8, 9, UINT64_MAX, 11};
    cw_arena_init(&arena, 1u << 16);
    assert_int_equal(ticket_progress_encode(&arena, &bytes, &p), CW_OK);
    ticket_progress_decode(&back, bytes);
    assert_memory_equal(&back, &p, sizeof p);
    for (size_t n = 0; n < bytes.n; n++) {
        ticket_progress_decode(&back, cw_slice_of(bytes.p, n));
        assert_memory_equal(&back, &empty, sizeof empty);
    }
    cw_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants__every_one__is_the_hash_of_its_signature),
        cmocka_unit_test(decode__both_logs_of_a_ticket__sent_once_with_all_that_it_says),
        cmocka_unit_test(decode__deposit__sent_with_its_transaction_as_id),
        cmocka_unit_test(decode__data_of_another_message__is_not_taken),
        cmocka_unit_test(decode__malformed_data__refused),
        cmocka_unit_test(decode__other_kind__takes_its_number),
        cmocka_unit_test(decode__next_message_of_the_block__must_follow_in_the_accumulator),
        cmocka_unit_test(decode__rollup_events__about_the_ticket),
        cmocka_unit_test(decode__inbox_allowed_or_code_replaced__read_again),
        cmocka_unit_test(prepare__wrong_wiring__held),
        cmocka_unit_test(open__addresses_that_can_not_be__refused),
        cmocka_unit_test(gas__of_a_redeem__covers_the_retry_and_grows_with_failures),
        cmocka_unit_test(revert__of_each_kind__sorted),
        cmocka_unit_test(progress__round_trip__and_anything_else_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
