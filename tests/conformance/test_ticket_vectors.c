/* A ticket and a deposit of Arbitrum One through the adapter. Their logs of the bridge and their
 * receipts are real; the inbox's log is made around the real bytes. */
#include <string.h>

#include "nitro/ticket.h"
#include "vectors.h"

struct world {
    cJSON *json;
    struct cw_adapter *adapter;
    struct cw_arena arena;
    struct cw_log logs[2]; /* the bridge's and the inbox's */
};

static void read_log(struct cw_log *out, const cJSON *log) {
    const cJSON *topics = vec_get(log, "topics");
    memset(out, 0, sizeof *out);
    out->address = vec_addr20(log, "address");
    out->data = vec_bytes(log, "data");
    out->block.number.v = vec_u64(log, "blockNumber");
    out->block.hash = vec_hash32(log, "blockHash");
    out->tx_hash = vec_hash32(log, "transactionHash");
    out->log_index = vec_u64(log, "logIndex");
    for (const cJSON *topic = topics->child; topic != NULL; topic = topic->next) {
        assert_true(out->topics_n < 4);
        memcpy(out->topics[out->topics_n++].b, vec_bytes_of(topic).p, 32);
    }
}

static void open_world(struct world *w, const char *file, struct cw_slice (*data)(const cJSON *)) {
    w->json = vectors_load(file);
    cw_arena_init(&w->arena, 16u << 20);
    read_log(&w->logs[0], vec_get(w->json, "parentLogs")->child);
    const struct cw_nitro_ticket_config config = {
        .bridge = w->logs[0].address,
        .inbox = vec_addr20(vec_get(w->json, "messageDelivered"), "inbox")};
    const struct cw_chain_id chains[CW_SIDES] = {{1}, {42161}};
    assert_int_equal(cw_nitro_retryable.open(&w->adapter, &config, chains, NULL), CW_OK);

    struct cw_buf buf;
    cw_buf_init(&buf, 1u << 20);
    size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, data(w->json));
    w->logs[1] = w->logs[0];
    w->logs[1].address = config.inbox;
    w->logs[1].topics[0] = NITRO_TOPIC_INBOX_MESSAGE;
    w->logs[1].topics_n = 2;
    w->logs[1].data = cw_arena_copy(&w->arena, cw_buf_slice(&buf));
    cw_buf_done(&buf);
    w->logs[0].beside = w->logs;
    w->logs[0].beside_n = 2;
}

static void close_world(struct world *w) {
    cw_nitro_retryable.close(w->adapter);
    cw_arena_done(&w->arena);
    vectors_done(w->json);
}

static struct cw_message message_of(struct world *w) {
    struct cw_event event;
    assert_int_equal(
        cw_nitro_retryable.decode(w->adapter, CW_SETTLEMENT, &w->logs[0], &w->arena, &event, NULL),
        CW_OK);
    assert_int_equal(event.kind, CW_EVENT_SENT);
    return (struct cw_message){.id = event.ref,
                               .summary = event.summary,
                               .payload = event.payload,
                               .source = w->logs[0].block};
}

/* --- the rollup, as the vector's receipts have it --- */

static void give_receipt(struct world *w, const cJSON *receipt, struct cw_answer *ret) {
    struct cw_log *logs = cw_arena_array(&w->arena, 8, sizeof *logs);
    assert_non_null(logs);
    for (const cJSON *log = vec_get(receipt, "logs")->child; log != NULL; log = log->next) {
        assert_true(ret->logs_n < 8);
        read_log(&logs[ret->logs_n++], log);
    }
    ret->logs = logs;
    ret->included = true;
    ret->success = vec_u64(receipt, "status") == 1;
    ret->block.number.v = vec_u64(receipt, "blockNumber");
    ret->block.hash = vec_hash32(receipt, "blockHash");
}

static void answer(struct world *w, struct cw_io_entry *entry, const char *const keys[2]) {
    struct cw_answer *ret = cw_arena_alloc(&w->arena, sizeof *ret);
    assert_non_null(ret);
    ret->status = CW_ANSWER_OK;
    if (entry->request.kind == CW_REQUEST_CALL) { /* it is long gone */
        ret->status = CW_ANSWER_REVERTED;
        ret->data = CW_LITERAL("\x80\x69\x84\x56");
    } else {
        assert_int_equal(entry->request.kind, CW_REQUEST_RECEIPT);
        for (size_t i = 0; i < 2 && keys[i] != NULL; i++) {
            const cJSON *receipt = vec_get(w->json, keys[i]);
            const struct cw_hash32 hash = vec_hash32(receipt, "transactionHash");
            if (cw_hash32_equal(&entry->request.slot, &hash)) {
                give_receipt(w, receipt, ret);
            }
        }
    }
    entry->answer = ret;
}

static struct cw_decision look(struct world *w, const struct cw_message *message,
                               const char *const keys[2]) {
    const struct cw_block_ref settlement = {{30000000}, {{1}}, 2000000000};
    const struct cw_block_ref rollup = {{500000000}, {{2}}, 2000000000};
    const struct cw_heads heads[CW_SIDES] = {{settlement, settlement, settlement},
                                             {rollup, rollup, rollup}};
    const struct cw_self self = {.replay = false};
    struct cw_io *io = cw_arena_alloc(&w->arena, sizeof *io);
    struct cw_decision d;
    assert_non_null(io);
    cw_io_init(io, &w->arena, heads);
    cw_nitro_retryable.advance(w->adapter, message, &self, io, &d);
    while (d.verb == CW_NEED) {
        for (size_t i = 0; i < io->n; i++) {
            if (io->entries[i].answer == NULL) {
                answer(w, &io->entries[i], keys);
            }
        }
        cw_nitro_retryable.advance(w->adapter, message, &self, io, &d);
    }
    return d;
}

/* --- */

static struct cw_slice ticket_data(const cJSON *json) {
    return vec_bytes(json, "messageData");
}

static void ticket__of_arbitrum_one__its_id_and_its_own_retry_found(void **state) {
    (void)state;
    static const char *const receipts[] = {"ticketReceipt", "redeemReceipt"};
    struct world w = {0};
    open_world(&w, "arbitrum_retryable.json", ticket_data);
    struct cw_message message = message_of(&w);
    assert_hash(message.id, vec_hash32(w.json, "ticketId"));
    uint64_t sequence = 0;
    assert_true(cw_nitro_retryable.sequence(&message.summary, &sequence));
    assert_int_equal(sequence, 20518);
    assert_int_equal(message.summary.gas_limit, 96298);
    assert_true(cw_slice_equal(cw_nitro_retryable.inner(w.adapter, &message),
                               vec_bytes(vec_get(w.json, "fields"), "data")));
    struct cw_decision d = look(&w, &message, receipts);
    assert_int_equal(d.verb, CW_FINISHED);
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);

    /* One byte less of the data is another message. */
    uint8_t *data = cw_arena_alloc(&w.arena, w.logs[1].data.n);
    memcpy(data, w.logs[1].data.p, w.logs[1].data.n);
    data[64 + 300] ^= 1;
    w.logs[1].data.p = data;
    struct cw_event event;
    assert_int_equal(
        cw_nitro_retryable.decode(w.adapter, CW_SETTLEMENT, &w.logs[0], &w.arena, &event, NULL),
        CW_ERR_INPUT);
    close_world(&w);
}

static struct cw_slice deposit_data(const cJSON *json) {
    const cJSON *fields = vec_get(json, "fields");
    uint8_t *bytes = vec_alloc(52);
    const struct cw_addr20 to = vec_addr20(fields, "to");
    const struct cw_u256 value = vec_u256(fields, "value");
    memcpy(bytes, to.b, 20);
    cw_u256_to_be(bytes + 20, &value);
    return cw_slice_of(bytes, 52);
}

static void deposit__of_arbitrum_one__its_transaction_found(void **state) {
    (void)state;
    static const char *const receipts[] = {"childReceipt", NULL};
    struct world w = {0};
    open_world(&w, "arbitrum_deposit.json", deposit_data);
    struct cw_message message = message_of(&w);
    assert_hash(message.id, vec_hash32(w.json, "childTxHash"));
    struct cw_decision d = look(&w, &message, receipts);
    assert_int_equal(d.verb, CW_FINISHED);
    assert_int_equal(d.outcome, CW_OUTCOME_SUCCESS);
    close_world(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ticket__of_arbitrum_one__its_id_and_its_own_retry_found),
        cmocka_unit_test(deposit__of_arbitrum_one__its_transaction_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
