/* Constants, filters, events, payloads, progress and reverts of the opstack adapter. */
#include "opstack_model.h"

#include <string.h>

#include <causeway/abi.h>
#include <causeway/keccak.h>

#include "opstack/internal.h"
#include "vectors.h"

static const struct cw_adapter outputs = {
    .portal = {{0x90}}, .flavour = OPSTACK_OUTPUTS, .roots = {{0x40}}, .messenger = {{0x3e}}};
static const struct cw_adapter games = {
    .portal = {{0x91}}, .flavour = OPSTACK_GAMES, .roots = {{0x41}}, .messenger = {{0x3f}}};

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
    OPSTACK_SELECTORS(CHECK_SELECTOR)
    OPSTACK_TOPICS(CHECK_TOPIC)
}

/* --- filters --- */

static bool watches(const struct cw_filter *filters, size_t n, enum cw_side side,
                    const struct cw_addr20 *address, const struct cw_hash32 *topic) {
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < filters[i].topics_n; k++) {
            if (filters[i].side == side && cw_addr20_equal(&filters[i].address, address) &&
                cw_hash32_equal(&filters[i].topics[k], topic)) {
                return true;
            }
        }
    }
    return false;
}

static void filters__both_portals__watch_what_decode_knows(void **state) {
    (void)state;
    struct cw_filter f[8];
    size_t n = 0;
    const struct cw_hash32 *upgraded = &OPSTACK_TOPIC_UPGRADED;
    assert_int_equal(opstack_filters(&outputs, f, 8, &n), CW_OK);
    assert_int_equal(n, 4);
    assert_true(watches(f, n, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, &OPSTACK_TOPIC_MESSAGE_PASSED));
    assert_true(watches(f, n, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, upgraded));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.portal, &OPSTACK_TOPIC_PROVEN));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.portal, &OPSTACK_TOPIC_FINALIZED));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.portal, upgraded));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.roots, &OPSTACK_TOPIC_OUTPUT_PROPOSED));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.roots, &OPSTACK_TOPIC_OUTPUTS_DELETED));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.roots, upgraded));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.messenger, &OPSTACK_TOPIC_RELAYED));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.messenger, &OPSTACK_TOPIC_RELAY_FAILED));
    assert_true(watches(f, n, CW_SETTLEMENT, &outputs.messenger, upgraded));

    assert_int_equal(opstack_filters(&games, f, 8, &n), CW_OK);
    assert_int_equal(n, 4);
    assert_true(watches(f, n, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_PROVEN_BY));
    assert_false(watches(f, n, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_PROVEN));
    assert_true(watches(f, n, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_GAME_BLACKLISTED));
    assert_true(watches(f, n, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_RESPECTED_TYPE_SET));
    assert_true(watches(f, n, CW_SETTLEMENT, &games.roots, &OPSTACK_TOPIC_GAME_CREATED));
    assert_true(watches(f, n, CW_SETTLEMENT, &games.roots, upgraded));
}

static void filters_and_decode__registry__is_watched_for_its_rules(void **state) {
    (void)state;
    struct cw_adapter later = games;
    struct cw_filter f[8];
    size_t n = 0;
    later.registry.b[0] = 0x4e;
    assert_int_equal(opstack_filters(&later, f, 8, &n), CW_OK);
    assert_int_equal(n, 5);
    static const struct {
        const struct cw_hash32 *topic;
        bool of_portal;
        size_t topics_n, data_n;
        enum cw_event_kind kind;
        const char *note;
    } rows[] = {
        {&OPSTACK_TOPIC_GAME_BLACKLISTED, false, 2, 0, CW_EVENT_RULES, "blacklisted"},
        {&OPSTACK_TOPIC_TYPE_SET, false, 1, 32, CW_EVENT_RULES, "respected of type 7"},
        {&OPSTACK_TOPIC_RETIREMENT_SET, false, 1, 32, CW_EVENT_RULES, "retired up to 7"},
        {&OPSTACK_TOPIC_UPGRADED, false, 2, 0, CW_EVENT_UPGRADED, "AnchorStateRegistry"},
        {&OPSTACK_TOPIC_PORTAL_MIGRATED, true, 1, 128, CW_EVENT_UPGRADED, "migrated"},
    };
    for (size_t i = 0; i < CW_COUNT(rows); i++) {
        const struct cw_addr20 *at = rows[i].of_portal ? &later.portal : &later.registry;
        uint8_t data[128] = {[31] = 7};
        struct cw_log log = {.address = *at,
                             .topics = {*rows[i].topic, {{[31] = 1}}},
                             .topics_n = rows[i].topics_n,
                             .data = cw_slice_of(data, rows[i].data_n)};
        struct cw_event event;
        struct cw_error error;
        assert_true(watches(f, n, CW_SETTLEMENT, at, rows[i].topic));
        assert_int_equal(opstack_decode(&later, CW_SETTLEMENT, &log, NULL, &event, &error), CW_OK);
        assert_int_equal(event.kind, rows[i].kind);
        assert_non_null(strstr(event.note, rows[i].note));
        log.topics_n++;
        assert_int_equal(opstack_decode(&later, CW_SETTLEMENT, &log, NULL, &event, &error),
                         CW_ERR_INPUT);
    }
}

static void filters__no_messenger_or_no_room__says_how_many(void **state) {
    (void)state;
    struct cw_adapter alone = games;
    struct cw_filter f[8];
    size_t n = 0;
    memset(&alone.messenger, 0, sizeof alone.messenger);
    assert_int_equal(opstack_filters(&alone, f, 8, &n), CW_OK);
    assert_int_equal(n, 3);
    assert_int_equal(opstack_filters(&alone, f, 2, &n), CW_ERR_LIMIT);
    assert_int_equal(n, 3);
}

/* --- events --- */

static struct cw_hash32 word_of_addr(uint8_t tag) {
    struct cw_hash32 word = {{0}};
    word.b[12] = tag;
    return word;
}

static struct cw_hash32 word_of(uint64_t v) {
    return opstack_word_u64(v);
}

struct event_row {
    const char *name;
    const struct cw_adapter *adapter;
    enum cw_side side;
    const struct cw_addr20 *address;
    const struct cw_hash32 *topic;
    size_t topics_n;
    size_t data_words; /* of 1 */
    enum cw_event_kind kind;
    const char *step; /* or NULL */
    enum cw_outcome outcome;
};

static const struct event_row event_rows[] = {
    {"proven", &outputs, CW_SETTLEMENT, &outputs.portal, &OPSTACK_TOPIC_PROVEN, 4, 0,
     CW_EVENT_STEP_DONE, "prove", 0},
    {"proven by", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_PROVEN_BY, 3, 0,
     CW_EVENT_STEP_DONE, "prove", 0},
    {"finalized", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_FINALIZED, 2, 1,
     CW_EVENT_OUTCOME, "finalize", CW_OUTCOME_SUCCESS},
    {"blacklisted", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_GAME_BLACKLISTED, 2, 0,
     CW_EVENT_RULES, NULL, 0},
    {"respected", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_RESPECTED_TYPE_SET, 3, 0,
     CW_EVENT_RULES, NULL, 0},
    {"portal upgraded", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_UPGRADED, 2, 0,
     CW_EVENT_UPGRADED, NULL, 0},
    {"oracle upgraded", &outputs, CW_SETTLEMENT, &outputs.roots, &OPSTACK_TOPIC_UPGRADED, 2, 0,
     CW_EVENT_UPGRADED, NULL, 0},
    {"factory upgraded", &games, CW_SETTLEMENT, &games.roots, &OPSTACK_TOPIC_UPGRADED, 2, 0,
     CW_EVENT_UPGRADED, NULL, 0},
    {"messenger upgraded", &games, CW_SETTLEMENT, &games.messenger, &OPSTACK_TOPIC_UPGRADED, 2, 0,
     CW_EVENT_UPGRADED, NULL, 0},
    {"passer upgraded", &games, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, &OPSTACK_TOPIC_UPGRADED, 2, 0,
     CW_EVENT_UPGRADED, NULL, 0},
    {"proposed", &outputs, CW_SETTLEMENT, &outputs.roots, &OPSTACK_TOPIC_OUTPUT_PROPOSED, 4, 1,
     CW_EVENT_ROOT, NULL, 0},
    {"deleted", &outputs, CW_SETTLEMENT, &outputs.roots, &OPSTACK_TOPIC_OUTPUTS_DELETED, 3, 0,
     CW_EVENT_RULES, NULL, 0},
    {"game created", &games, CW_SETTLEMENT, &games.roots, &OPSTACK_TOPIC_GAME_CREATED, 4, 0,
     CW_EVENT_ROOT, NULL, 0},
    {"relayed", &games, CW_SETTLEMENT, &games.messenger, &OPSTACK_TOPIC_RELAYED, 2, 0,
     CW_EVENT_OUTCOME, "finalize", CW_OUTCOME_SUCCESS},
    {"relay failed", &games, CW_SETTLEMENT, &games.messenger, &OPSTACK_TOPIC_RELAY_FAILED, 2, 0,
     CW_EVENT_OUTCOME, "finalize", CW_OUTCOME_RELAY_FAILED},
    /* The same topics where they mean nothing. */
    {"proven elsewhere", &games, CW_SETTLEMENT, &games.roots, &OPSTACK_TOPIC_PROVEN_BY, 3, 0,
     CW_EVENT_NONE, NULL, 0},
    {"relayed elsewhere", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_RELAYED, 2, 0,
     CW_EVENT_NONE, NULL, 0},
    {"sent on the settlement layer", &games, CW_SETTLEMENT, &CW_OP_MESSAGE_PASSER,
     &OPSTACK_TOPIC_MESSAGE_PASSED, 4, 1, CW_EVENT_NONE, NULL, 0},
    {"finalized on the rollup", &games, CW_EXECUTION, &games.portal, &OPSTACK_TOPIC_FINALIZED, 2, 1,
     CW_EVENT_NONE, NULL, 0},
    {"no topics", &games, CW_SETTLEMENT, &games.portal, &OPSTACK_TOPIC_FINALIZED, 0, 0,
     CW_EVENT_NONE, NULL, 0},
};

static struct cw_log make_log(const struct event_row *row, uint8_t data[256]) {
    struct cw_log log = {.address = *row->address, .topics_n = row->topics_n};
    struct cw_hash32 one = word_of(1);
    log.topics[0] = *row->topic;
    log.topics[1] = word_of_addr(0xa1);
    log.topics[2] = word_of_addr(0xa2);
    log.topics[3] = word_of_addr(0xa3);
    for (size_t i = 0; i < row->data_words; i++) {
        memcpy(data + 32 * i, one.b, 32);
    }
    log.data = cw_slice_of(data, 32 * row->data_words);
    return log;
}

static void decode__each_event__is_told(void **state) {
    (void)state;
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    for (size_t i = 0; i < CW_COUNT(event_rows); i++) {
        const struct event_row *row = &event_rows[i];
        uint8_t data[256];
        struct cw_log log = make_log(row, data);
        struct cw_event event;
        if (opstack_decode(row->adapter, row->side, &log, &arena, &event, NULL) != CW_OK ||
            event.kind != row->kind || event.outcome != row->outcome ||
            (row->step == NULL) != (event.step == NULL) ||
            (row->step != NULL && strcmp(row->step, event.step) != 0)) {
            fail_msg("%s: kind %d, %s", row->name, (int)event.kind, event.note);
        }
        bool about = event.kind == CW_EVENT_STEP_DONE || event.kind == CW_EVENT_OUTCOME;
        assert_true(cw_hash32_is_zero(&event.ref) == !about);
        assert_true((event.note[0] != '\0') == (event.kind != CW_EVENT_NONE));
        /* Another shape is not ours to guess. */
        if (event.kind != CW_EVENT_NONE) {
            log.topics_n--;
            if (log.topics_n > 0) {
                assert_int_equal(
                    opstack_decode(row->adapter, row->side, &log, &arena, &event, NULL),
                    CW_ERR_INPUT);
            }
            log.topics_n++;
            log.data = cw_slice_of(data, log.data.n + 1);
            assert_int_equal(opstack_decode(row->adapter, row->side, &log, &arena, &event, NULL),
                             CW_ERR_INPUT);
        }
    }
    cw_arena_done(&arena);
}

static void decode__finalized__tells_only_what_is_certain(void **state) {
    (void)state;
    struct cw_hash32 word = word_of(1);
    struct cw_log log = {.address = games.portal,
                         .topics = {OPSTACK_TOPIC_FINALIZED, {{7}}},
                         .topics_n = 2,
                         .data = {word.b, 32}};
    struct cw_event event;
    assert_int_equal(opstack_decode(&games, CW_SETTLEMENT, &log, NULL, &event, NULL), CW_OK);
    assert_int_equal(event.outcome, CW_OUTCOME_SUCCESS);
    assert_true(event.only_unaliased);
    word = word_of(0);
    assert_int_equal(opstack_decode(&games, CW_SETTLEMENT, &log, NULL, &event, NULL), CW_OK);
    assert_int_equal(event.outcome, CW_OUTCOME_CALL_FAILED);
    assert_false(event.only_unaliased);
    word = word_of(2);
    assert_int_equal(opstack_decode(&games, CW_SETTLEMENT, &log, NULL, &event, NULL), CW_ERR_INPUT);
}

/* MessagePassed of a model's message. */
static struct cw_log sent_log(struct model *m, struct cw_buf *buf) {
    struct cw_log log = {.address = CW_OP_MESSAGE_PASSER, .topics_n = 4};
    const struct cw_op_withdrawal *w = &m->withdrawal;
    log.topics[0] = OPSTACK_TOPIC_MESSAGE_PASSED;
    cw_u256_to_be(log.topics[1].b, &w->nonce);
    log.topics[2] = opstack_word_addr20(&w->sender);
    log.topics[3] = opstack_word_addr20(&w->target);
    cw_buf_init(buf, 1u << 16);
    size_t base = cw_abi_base(buf);
    cw_abi_put_u256(buf, &w->value.v);
    cw_abi_put_u256(buf, &w->gas_limit);
    size_t data = cw_abi_put_offset(buf);
    cw_abi_put_word(buf, &m->message.id);
    cw_abi_place(buf, base, data);
    cw_abi_put_bytes(buf, w->data);
    assert_false(buf->failed);
    log.data = cw_buf_slice(buf);
    return log;
}

static void decode__sent__is_bound_to_its_own_hash(void **state) {
    (void)state;
    static const enum model_kind kinds[] = {MODEL_RAW, MODEL_RELAY};
    for (size_t i = 0; i < CW_COUNT(kinds); i++) {
        struct model *m = model_new(true, kinds[i]);
        struct cw_adapter *adapter = model_adapter(m);
        struct cw_buf buf;
        struct cw_log log = sent_log(m, &buf);
        struct cw_event event;
        assert_int_equal(opstack_decode(adapter, CW_EXECUTION, &log, &m->arena, &event, NULL),
                         CW_OK);
        assert_int_equal(event.kind, CW_EVENT_SENT);
        assert_hash(event.ref, m->message.id);
        assert_hash(event.alias, m->message.alias);
        assert_true(cw_slice_equal(event.payload, m->message.payload));
        assert_int_equal(event.summary.sender.b[0], 0x5e); /* behind the messenger */
        assert_int_equal(event.summary.target.b[0], 0x7a);
        assert_int_equal(event.summary.value.v.limb[0], 5000);
        assert_int_equal(event.summary.gas_limit, 100000);
        assert_int_equal(cw_u256_cmp(&event.summary.nonce, &m->withdrawal.nonce), 0);

        /* One bit anywhere, and it is refused. */
        for (size_t k = 0; k < buf.n * 8; k += 5) {
            buf.p[k / 8] ^= (uint8_t)(1u << (k % 8));
            assert_int_equal(opstack_decode(adapter, CW_EXECUTION, &log, &m->arena, &event, NULL),
                             CW_ERR_INPUT);
            buf.p[k / 8] ^= (uint8_t)(1u << (k % 8));
        }
        for (size_t k = 8; k < 4 * 256; k++) {
            if (k / 256 == 0) {
                continue; /* topic 0: not ours then */
            }
            log.topics[k / 256].b[k / 8 % 32] ^= (uint8_t)(1u << (k % 8));
            assert_int_equal(opstack_decode(adapter, CW_EXECUTION, &log, &m->arena, &event, NULL),
                             CW_ERR_INPUT);
            log.topics[k / 256].b[k / 8 % 32] ^= (uint8_t)(1u << (k % 8));
        }
        cw_buf_done(&buf);
        cw_opstack_withdrawal.close(adapter);
        model_free(m);
    }
}

static void decode__sent__full_arena__is_an_error(void **state) {
    (void)state;
    struct model *m = model_new(true, MODEL_RAW);
    struct cw_buf buf;
    struct cw_log log = sent_log(m, &buf);
    struct cw_arena none;
    struct cw_event event;
    cw_arena_init(&none, 1);
    assert_int_equal(opstack_decode(&games, CW_EXECUTION, &log, &none, &event, NULL),
                     CW_ERR_MEMORY);
    cw_arena_done(&none);
    cw_buf_done(&buf);
    model_free(m);
}

/* A real receipt's log. Its messenger is 0x6900…02. */
static void decode__op_node_receipt__gives_its_withdrawal(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_bridge_withdrawal.json");
    const cJSON *expected = vec_get(json, "expected"), *entry;
    struct cw_adapter adapter = games;
    struct cw_arena arena;
    size_t sent = 0;
    cw_arena_init(&arena, 1u << 20);
    adapter.messenger = vec_addr20(expected, "target");
    cJSON_ArrayForEach(entry, vec_get(vec_get(json, "receipt"), "logs")) {
        struct cw_log log = {.address = vec_addr20(entry, "address"),
                             .data = vec_bytes(entry, "data")};
        const cJSON *topic;
        cJSON_ArrayForEach(topic, vec_get(entry, "topics")) {
            memcpy(log.topics[log.topics_n++].b, vec_bytes_of(topic).p, 32);
        }
        struct cw_event event;
        assert_int_equal(opstack_decode(&adapter, CW_EXECUTION, &log, &arena, &event, NULL), CW_OK);
        if (event.kind == CW_EVENT_NONE) {
            continue;
        }
        assert_int_equal(event.kind, CW_EVENT_SENT);
        assert_hash(event.ref, vec_hash32(expected, "withdrawalHash"));
        struct cw_hash32 slot, message;
        cw_op_withdrawal_slot(&slot, &event.ref);
        assert_hash(slot, vec_hash32(expected, "storageSlot"));
        cw_keccak256(&message, vec_bytes(expected, "data"));
        assert_hash(event.alias, message);
        assert_int_equal(event.summary.sender.b[19], 0x10); /* the L2 bridge */
        assert_int_equal(event.summary.target.b[19], 0x03); /* the L1 bridge */
        sent++;
    }
    assert_int_equal(sent, 1);
    cw_arena_done(&arena);
    vectors_done(json);
}

/* --- payload and progress --- */

static void payload__mutated__is_refused_or_another_withdrawal(void **state) {
    (void)state;
    struct model *m = model_new(false, MODEL_RELAY);
    struct cw_op_withdrawal w;
    struct cw_hash32 id;
    struct cw_slice payload = m->message.payload;
    assert_int_equal(opstack_payload_decode(&w, payload), CW_OK);
    assert_int_equal(cw_op_withdrawal_hash(&id, &w), CW_OK);
    assert_hash(id, m->message.id);
    uint8_t *p = cw_arena_alloc(&m->arena, payload.n + 1);
    for (size_t i = 0; i < payload.n; i++) {
        memcpy(p, payload.p, payload.n);
        p[i] ^= 0x40;
        if (opstack_payload_decode(&w, cw_slice_of(p, payload.n)) == CW_OK) {
            assert_int_equal(cw_op_withdrawal_hash(&id, &w), CW_OK);
            assert_memory_not_equal(id.b, m->message.id.b, 32);
        }
        assert_int_equal(opstack_payload_decode(&w, cw_slice_of(payload.p, i)), CW_ERR_INPUT);
    }
    memcpy(p, payload.p, payload.n);
    assert_int_equal(opstack_payload_decode(&w, cw_slice_of(p, payload.n + 1)), CW_ERR_INPUT);
    model_free(m);
}

static void relay__what_the_messenger_would_refuse__is_not_replayable(void **state) {
    (void)state;
    struct model *m = model_new(true, MODEL_RELAY);
    struct cw_adapter *adapter = model_adapter(m);
    struct opstack_relay relay;
    assert_true(opstack_relay_read(&relay, adapter, &m->withdrawal));
    assert_true(relay.replayable);
    assert_hash(relay.hash, m->message.alias);

    struct cw_op_withdrawal w = m->withdrawal;
    w.value.v.limb[0]++; /* msg.value must be the message's own value */
    assert_true(opstack_relay_read(&relay, adapter, &w));
    assert_false(relay.replayable);

    uint8_t *p = cw_arena_alloc(&m->arena, w.data.n);
    w = m->withdrawal;
    memcpy(p, w.data.p, w.data.n);
    w.data.p = p;
    p[4 + 1] = 0; /* version 0 of the message nonce */
    assert_true(opstack_relay_read(&relay, adapter, &w));
    assert_false(relay.replayable);
    p[4 + 1] = 2;
    assert_true(opstack_relay_read(&relay, adapter, &w));
    assert_false(relay.replayable);
    p[0] ^= 1; /* another function */
    assert_false(opstack_relay_read(&relay, adapter, &w));

    w = m->withdrawal;
    w.sender.b[0] ^= 1;
    assert_false(opstack_relay_read(&relay, adapter, &w));
    w = m->withdrawal;
    w.target.b[0] ^= 1;
    assert_false(opstack_relay_read(&relay, adapter, &w));
    cw_opstack_withdrawal.close(adapter);
    model_free(m);

    m = model_new(true, MODEL_RELAY_TO_PORTAL);
    adapter = model_adapter(m);
    assert_true(opstack_relay_read(&relay, adapter, &m->withdrawal));
    assert_false(relay.replayable);
    cw_opstack_withdrawal.close(adapter);
    model_free(m);
}

static void progress__any_byte_changed__is_read_as_something_whole(void **state) {
    (void)state;
    struct cw_arena arena;
    struct opstack_progress p = {.outcome = CW_OUTCOME_SUCCESS,
                                 .unknown_since_s = 77,
                                 .type = 1,
                                 .since_s = 1700000000,
                                 .searching = true,
                                 .search_end = 4000,
                                 .cursor = 300,
                                 .relies = true,
                                 .submitter = {{9}},
                                 .proven_s = 5,
                                 .distrusts = true,
                                 .newest = true};
    struct opstack_progress back, none;
    struct cw_slice bytes;
    memset(&none, 0, sizeof none);
    cw_arena_init(&arena, 1u << 20);
    for (unsigned i = 0; i < OPSTACK_REJECTS_MAX + 3; i++) {
        struct cw_hash32 key, claim = {{(uint8_t)i}};
        opstack_reject_key(&key, &claim, i);
        opstack_reject(&p, &key);
        opstack_reject(&p, &key); /* once is enough */
        assert_true(opstack_is_rejected(&p, &key));
    }
    assert_int_equal(p.rejects_n, OPSTACK_REJECTS_MAX); /* the oldest ones went */
    assert_int_equal(opstack_progress_encode(&arena, &bytes, &p), CW_OK);
    opstack_progress_decode(&back, bytes);
    assert_true(opstack_progress_equal(&p, &back));
    uint8_t *copy = cw_arena_alloc(&arena, bytes.n);
    assert_non_null(copy);
    memcpy(copy, bytes.p, bytes.n);
    size_t version = bytes.p[0] == 0xf9 ? 3 : 2; /* behind the list's prefix */
    assert_int_equal(copy[version], 1);
    copy[version] = 2;
    opstack_progress_decode(&back, cw_slice_of(copy, bytes.n));
    assert_true(opstack_progress_equal(&back, &none));
    for (size_t i = 0; i < bytes.n; i++) {
        opstack_progress_decode(&back, cw_slice_of(bytes.p, i));
        assert_true(opstack_progress_equal(&back, &none));
        memcpy(copy, bytes.p, bytes.n);
        copy[i] ^= 0xff;
        opstack_progress_decode(&back, cw_slice_of(copy, bytes.n));
        assert_false(opstack_progress_equal(&back, &p));
        assert_true(back.rejects_n <= OPSTACK_REJECTS_MAX);
    }
    cw_arena_done(&arena);
}

/* --- reverts --- */

struct revert_row {
    const char *signature; /* of a custom error, or the text of Error(string) */
    enum cw_revert_class class_;
};

static const struct revert_row revert_rows[] = {
    /* custom errors */
    {"OptimismPortal_ProofNotOldEnough()", CW_REVERT_WAIT},
    {"CallPaused()", CW_REVERT_WAIT},
    {"OptimismPortal_CallPaused()", CW_REVERT_WAIT},
    {"ProposalNotValidated()", CW_REVERT_WAIT},
    {"OptimismPortal_InvalidProofTimestamp()", CW_REVERT_WAIT},
    {"Blacklisted()", CW_REVERT_PROVE_AGAIN},
    {"InvalidGameType()", CW_REVERT_PROVE_AGAIN},
    {"InvalidDisputeGame()", CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal_InvalidDisputeGame()", CW_REVERT_PROVE_AGAIN},
    {"LegacyGame()", CW_REVERT_PROVE_AGAIN},
    {"Unproven()", CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal_Unproven()", CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal_ImproperDisputeGame()", CW_REVERT_ASK},
    {"OptimismPortal_InvalidRootClaim()", CW_REVERT_ASK},
    {"InvalidProof()", CW_REVERT_REBUILD},
    {"OptimismPortal_InvalidOutputRootProof()", CW_REVERT_REBUILD},
    {"InvalidMerkleProof()", CW_REVERT_REBUILD},
    {"OptimismPortal_InvalidMerkleProof()", CW_REVERT_REBUILD},
    {"ContentLengthMismatch()", CW_REVERT_REBUILD},
    {"GasEstimation()", CW_REVERT_TARGET},
    {"OptimismPortal_GasEstimation()", CW_REVERT_TARGET},
    {"AlreadyFinalized()", CW_REVERT_DONE},
    {"OptimismPortal_AlreadyFinalized()", CW_REVERT_DONE},
    {"BadTarget()", CW_REVERT_DEAD},
    {"OptimismPortal_BadTarget()", CW_REVERT_DEAD},
    {"OptimismPortal_NotAllowedOnCGTMode()", CW_REVERT_DEAD},
    {"SomethingElse()", CW_REVERT_UNKNOWN},
    /* texts */
    {"OptimismPortal: paused", CW_REVERT_WAIT},
    {"OptimismPortal: proven withdrawal finalization period has not elapsed", CW_REVERT_WAIT},
    {"OptimismPortal: output proposal finalization period has not elapsed", CW_REVERT_WAIT},
    {"OptimismPortal: proven withdrawal has not matured yet", CW_REVERT_WAIT},
    {"OptimismPortal: output proposal in air-gap", CW_REVERT_WAIT},
    {"OptimismPortal: output proposal has not been validated", CW_REVERT_WAIT},
    {"L2OutputOracle: cannot get output for a block that has not been proposed", CW_REVERT_WAIT},
    {"OptimismPortal: output root proven is not the same as current output root",
     CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal: dispute game created before respected game type was updated",
     CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal: withdrawal timestamp less than dispute game creation timestamp",
     CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal: withdrawal has not been proven yet", CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal: withdrawal has not been proven by proof submitter address yet",
     CW_REVERT_PROVE_AGAIN},
    {"OptimismPortal: invalid output root proof", CW_REVERT_REBUILD},
    {"OptimismPortal: invalid withdrawal inclusion proof", CW_REVERT_REBUILD},
    {"MerkleTrie: ran out of proof elements", CW_REVERT_REBUILD},
    {"MerkleTrie: invalid root hash", CW_REVERT_REBUILD},
    {"SafeCall: Not enough gas", CW_REVERT_MORE_GAS},
    {"OptimismPortal: withdrawal failed", CW_REVERT_TARGET},
    {"OptimismPortal: withdrawal has already been finalized", CW_REVERT_DONE},
    {"OptimismPortal: withdrawal hash has already been proven", CW_REVERT_DONE},
    {"OptimismPortal: you cannot send messages to the portal contract", CW_REVERT_DEAD},
    {"OptimismPortal: paused ", CW_REVERT_UNKNOWN},
    {"MerkleTrie", CW_REVERT_UNKNOWN},
};

static bool is_error(const char *signature) {
    size_t n = strlen(signature);
    return n > 2 && strcmp(signature + n - 2, "()") == 0;
}

static void revert__each_row_of_the_table__has_its_class(void **state) {
    (void)state;
    struct cw_message message = {0};
    for (size_t i = 0; i < CW_COUNT(revert_rows); i++) {
        const struct revert_row *row = &revert_rows[i];
        struct cw_buf buf;
        struct cw_revert revert;
        cw_buf_init(&buf, 4096);
        if (is_error(row->signature)) {
            cw_abi_put_selector(&buf, cw_selector_of(row->signature));
        } else {
            cw_abi_put_selector(&buf, cw_selector_of("Error(string)"));
            size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
            cw_abi_place(&buf, base, at);
            cw_abi_put_bytes(&buf, cw_slice_of(row->signature, strlen(row->signature)));
        }
        opstack_revert(&games, &message, "prove", cw_buf_slice(&buf), &revert);
        if (revert.class_ != row->class_ || revert.reason[0] == '\0' || revert.detail[0] == '\0') {
            fail_msg("%s: class %d (%s)", row->signature, (int)revert.class_, revert.detail);
        }
        /* finalize takes no proof: the evidence is not to be thrown away for that */
        opstack_revert(&games, &message, "finalize", cw_buf_slice(&buf), &revert);
        assert_int_equal(revert.class_,
                         row->class_ == CW_REVERT_REBUILD ? CW_REVERT_UNKNOWN : row->class_);
        cw_buf_done(&buf);
    }
}

static void revert__panics_and_rubbish__are_sorted(void **state) {
    (void)state;
    struct cw_message message = {0};
    struct cw_revert revert;
    uint8_t panic[36] = {0x4e, 0x48, 0x7b, 0x71};
    panic[35] = 0x32;
    opstack_revert(&outputs, &message, "prove", cw_slice_of(panic, 36), &revert);
    assert_int_equal(revert.class_, CW_REVERT_WAIT);
    assert_string_equal(revert.reason, "output_deleted");
    opstack_revert(&games, &message, "prove", cw_slice_of(panic, 36), &revert);
    assert_int_equal(revert.class_, CW_REVERT_ASK);
    panic[35] = 0x11;
    opstack_revert(&games, &message, "prove", cw_slice_of(panic, 36), &revert);
    assert_int_equal(revert.class_, CW_REVERT_UNKNOWN);
    opstack_revert(&games, &message, "prove", (struct cw_slice){NULL, 0}, &revert);
    assert_int_equal(revert.class_, CW_REVERT_UNKNOWN);
    assert_string_equal(revert.detail, "prove: no revert data");
    /* A known error with something behind it is another error. */
    opstack_revert(&games, &message, "prove", CW_LITERAL("\x47\x5a\x25\x35\x00"), &revert);
    assert_int_equal(revert.class_, CW_REVERT_UNKNOWN);
}

/* --- prepare --- */

struct prepare_row {
    bool games;
    const char *portal, *roots;
    bool old_names, no_submitters, other_portal, down;
    enum cw_prepare state;
    const char *reason;
    const char *detail; /* a part of it */
};

static const struct prepare_row prepare_rows[] = {
    {false, "2.8.1-beta.1", "1.8.0", false, false, false, false, CW_PREPARE_OK, "",
     "OptimismPortal 2.8.1-beta.1, L2OutputOracle 1.8.0 at 0x40"},
    {false, "1.6.0", "1.3.0", true, false, false, false, CW_PREPARE_OK, "", "messenger wired"},
    {true, "3.10.0", "1.0.0", false, false, false, false, CW_PREPARE_OK, "",
     "OptimismPortal2 3.10.0, DisputeGameFactory 1.0.0 at 0x40"},
    {true, "3.14.0", "1.0.1", false, false, false, false, CW_PREPARE_OK, "", "messenger wired"},
    {true, "3.10.0", "1.0.0", false, false, true, false, CW_PREPARE_OK, "", "another portal"},
    {true, "3.7.0", "1.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "3.7.0"},
    {true, "3.10.0", "1.0.0", false, true, false, false, CW_PREPARE_HOLD, "unknown_version",
     "numProofSubmitters"},
    {true, "4.0.0", "1.0.0", false, false, false, false, CW_PREPARE_OK, "",
     "OptimismPortal2 4.0.0, DisputeGameFactory 1.0.0 at 0x40"},
    {true, "5.6.0", "1.2.0", false, false, false, false, CW_PREPARE_OK, "", "messenger wired"},
    {true, "6.0.0", "1.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "6.0.0"},
    {true, "30.1.0", "1.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "30.1.0"},
    {true, "three", "1.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "version() of the portal"},
    {true, "3.10.0", "2.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "DisputeGameFactory 2.0.0"},
    {false, "2.8.1", "2.0.0", false, false, false, false, CW_PREPARE_HOLD, "unknown_version",
     "L2OutputOracle 2.0.0"},
    {false, "2.8.1", "1.8.0", false, false, false, true, CW_PREPARE_HOLD, "unavailable",
     "connection refused"},
};

static void prepare__each_version__is_known_or_held(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(prepare_rows); i++) {
        const struct prepare_row *row = &prepare_rows[i];
        struct model *m = model_new(row->games, MODEL_RAW);
        struct cw_adapter adapter = {.portal = m->portal};
        struct cw_preparation p = {.state = CW_PREPARE_NEED};
        struct cw_io *io = cw_arena_alloc(&m->arena, sizeof *io);
        m->portal_version = row->portal;
        m->roots_version = row->roots;
        m->old_names = row->old_names;
        m->no_submitters = row->no_submitters;
        m->settlement_down = row->down;
        if (row->other_portal) {
            m->messenger_portal.b[0] ^= 1;
        }
        cw_io_init(io, &m->arena, m->heads);
        for (size_t rounds = 0; p.state == CW_PREPARE_NEED; rounds++) {
            assert_true(rounds <= CW_IO_ROUNDS);
            for (size_t k = 0; k < io->n; k++) {
                if (io->entries[k].answer == NULL) {
                    model_answer(m, io, &io->entries[k]);
                }
            }
            opstack_prepare(&adapter, io, &p);
        }
        if (p.state != row->state || strcmp(p.reason, row->reason) != 0 ||
            strstr(p.detail, row->detail) == NULL) {
            fail_msg("%s, %s: state %d, %s (%s)", row->portal, row->roots, (int)p.state, p.reason,
                     p.detail);
        }
        if (p.state == CW_PREPARE_OK) {
            assert_int_equal(adapter.flavour, row->games ? OPSTACK_GAMES : OPSTACK_OUTPUTS);
            assert_true(cw_addr20_equal(&adapter.roots, &m->roots));
            assert_true(cw_addr20_is_zero(&adapter.messenger) == row->other_portal);
            bool registry = row->portal[0] >= '4';
            assert_int_equal(adapter.judged_at_creation,
                             registry || strcmp(row->portal, "3.14.0") == 0);
            assert_int_equal(cw_addr20_is_zero(&adapter.registry), !registry);
        } else {
            assert_int_equal(adapter.flavour, OPSTACK_UNKNOWN);
        }
        model_free(m);
    }
}

/* --- pause ------------------------------------------------------------------------------------ */

#define SUPERCHAIN "1100000000000000000000000000000000000022"
/* of "causeway" */
#define TEXT_CALL                                                                                  \
    "0x6da66355"                                                                                   \
    "0000000000000000000000000000000000000000000000000000000000000020"                             \
    "0000000000000000000000000000000000000000000000000000000000000008"                             \
    "6361757365776179000000000000000000000000000000000000000000000000"
#define LOCKBOX "3300000000000000000000000000000000000044"

static const struct {
    bool games;
    const char *portal, *superchain; /* versions; superchain NULL: there is none, "": it is mute */
    bool lockbox;
    const char *data; /* NULL: nothing is known */
} pause_rows[] = {
    {false, "1.7.0", NULL, false, "0x8456cb59"},
    {false, "2.8.1-beta.1", "1.1.0", false, TEXT_CALL},
    {true, "3.14.0", "1.2.0", true, TEXT_CALL},
    {true, "4.6.0", "2.3.0", true, "0x76a67a51000000000000000000000000" LOCKBOX},
    {true, "5.1.0", "2.4.0", false,
     "0x76a67a510000000000000000000000000000000000000000000000000000000000000000"},
    {false, "2.8.1", NULL, false, NULL}, /* it would have one */
    {true, "3.14.0", "", false, NULL},
};

static void pause__each_way__as_the_contracts_take_it(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(pause_rows); i++) {
        struct model *m = model_new(pause_rows[i].games, MODEL_RAW);
        struct cw_adapter *adapter = NULL;
        struct cw_pause pause;
        char data[2 * CW_PAUSE_DATA_MAX + 3];
        m->portal_version = pause_rows[i].portal;
        m->old_names = pause_rows[i].portal[0] == '1';
        if (pause_rows[i].superchain != NULL) {
            assert_int_equal(cw_hex_decode(m->superchain.b, 20, "0x" SUPERCHAIN, 42), CW_OK);
            m->superchain_version = pause_rows[i].superchain[0] != '\0' ? pause_rows[i].superchain
                                                                        : NULL;
        }
        if (pause_rows[i].lockbox) {
            assert_int_equal(cw_hex_decode(m->lockbox.b, 20, "0x" LOCKBOX, 42), CW_OK);
        }
        assert_int_equal(model_prepare(m, &adapter).state, CW_PREPARE_OK);
        assert_int_equal(cw_opstack_withdrawal.pause(adapter, 0, &pause),
                         pause_rows[i].data != NULL);
        if (pause_rows[i].data != NULL) {
            assert_string_equal(cw_hex_encode(data, cw_slice_of(pause.data, pause.data_n)),
                                pause_rows[i].data);
            bool by_id = pause_rows[i].superchain != NULL && pause_rows[i].superchain[0] >= '2';
            assert_int_equal(pause.fixed_n, by_id ? 36 : 4);
            assert_true(cw_addr20_equal(&pause.to, pause_rows[i].superchain != NULL ? &m->superchain
                                                                                    : &m->portal));
            assert_true(cw_addr20_equal(&pause.guardian, &m->guardian));
        }
        /* what stops all */
        bool scoped = pause_rows[i].data != NULL && strstr(pause_rows[i].data, LOCKBOX) != NULL;
        assert_int_equal(cw_opstack_withdrawal.pause(adapter, 1, &pause), scoped);
        if (scoped) {
            assert_string_equal(cw_hex_encode(data, cw_slice_of(pause.data, pause.data_n)),
                                pause_rows[i + 1].data);
        }
        assert_false(cw_opstack_withdrawal.pause(adapter, 2, &pause));
        cw_opstack_withdrawal.close(adapter);
        model_free(m);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constants__every_one__is_the_hash_of_its_signature),
        cmocka_unit_test(filters__both_portals__watch_what_decode_knows),
        cmocka_unit_test(filters_and_decode__registry__is_watched_for_its_rules),
        cmocka_unit_test(filters__no_messenger_or_no_room__says_how_many),
        cmocka_unit_test(decode__each_event__is_told),
        cmocka_unit_test(decode__finalized__tells_only_what_is_certain),
        cmocka_unit_test(decode__sent__is_bound_to_its_own_hash),
        cmocka_unit_test(decode__sent__full_arena__is_an_error),
        cmocka_unit_test(decode__op_node_receipt__gives_its_withdrawal),
        cmocka_unit_test(payload__mutated__is_refused_or_another_withdrawal),
        cmocka_unit_test(relay__what_the_messenger_would_refuse__is_not_replayable),
        cmocka_unit_test(progress__any_byte_changed__is_read_as_something_whole),
        cmocka_unit_test(revert__each_row_of_the_table__has_its_class),
        cmocka_unit_test(revert__panics_and_rubbish__are_sorted),
        cmocka_unit_test(prepare__each_version__is_known_or_held),
        cmocka_unit_test(pause__each_way__as_the_contracts_take_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
