/* Nitro's messages of the vectors, in both directions. */
#include <causeway/nitro.h>

#include <string.h>

#include <causeway/alias.h>
#include <causeway/keccak.h>
#include <causeway/merkle_tree.h>

#include "folds.h"

static struct cw_nitro_message read_message(const cJSON *at) {
    return (struct cw_nitro_message){
        .l2_sender = vec_addr20(at, "l2Sender"),
        .to = vec_addr20(at, "to"),
        .l2_block = vec_u256(at, "l2Block"),
        .l1_block = vec_u256(at, "l1Block"),
        .l2_timestamp = vec_u256(at, "l2Timestamp"),
        .value = {vec_u256(at, "value")},
        .data = vec_bytes(at, "data"),
    };
}

/* The fold's leaf is that of the message. */
static struct cw_judgement judge_outbox(const void *ctx, const struct fold *fold) {
    return cw_nitro_outbox_verify(&fold->root, ctx, &fold->index, fold->path, fold->depth);
}

static size_t flip_field(const struct fold *fold, const struct cw_nitro_message *message,
                         void *field, size_t n) {
    uint8_t *bytes = field;
    for (size_t i = 0; i < n; i++) {
        bytes[i] ^= (uint8_t)(1 << i % 8);
        assert_reason(judge_outbox(message, fold), CW_MERKLE_R_ROOT);
        bytes[i] ^= (uint8_t)(1 << i % 8);
    }
    return n;
}

static size_t flip_message(const struct fold *fold, const struct cw_nitro_message *message) {
    struct cw_nitro_message m = *message;
    size_t n = flip_field(fold, &m, m.l2_sender.b, sizeof(m.l2_sender.b)) +
               flip_field(fold, &m, m.to.b, sizeof(m.to.b)) +
               flip_field(fold, &m, m.l2_block.limb, sizeof(m.l2_block.limb)) +
               flip_field(fold, &m, m.l1_block.limb, sizeof(m.l1_block.limb)) +
               flip_field(fold, &m, m.l2_timestamp.limb, sizeof(m.l2_timestamp.limb)) +
               flip_field(fold, &m, m.value.v.limb, sizeof(m.value.v.limb));
    uint8_t *data = vec_alloc(message->data.n + 1);
    if (message->data.n > 0) {
        memcpy(data, message->data.p, message->data.n);
    }
    data[message->data.n] = 0;
    m.data = cw_slice_of(data, message->data.n);
    n += flip_field(fold, &m, data, message->data.n);
    m.data.n++;
    assert_reason(judge_outbox(&m, fold), CW_MERKLE_R_ROOT);
    if (message->data.n > 0) {
        m.data.n = message->data.n - 1;
        assert_reason(judge_outbox(&m, fold), CW_MERKLE_R_ROOT);
    }
    return n + 1;
}

static void cw_nitro_outbox_verify__vectors__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("arbitrum_outbox_withdraw.json");
    size_t n_valid = 0, n_invalid = 0, n_changes = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct cw_nitro_message message = read_message(at);
        struct fold fold = {.root = vec_hash32(at, "root"), .index = vec_u256(at, "index")};
        struct cw_hash32 item;
        cw_nitro_item_hash(&item, &message);
        cw_nitro_leaf(&fold.leaf, &message);
        assert_hash(item, vec_hash32(at, "itemHash"));
        assert_hash(fold.leaf, vec_hash32(at, "leaf"));
        fold.path = fold_path(vec_get(at, "proof"), &fold.depth);
        struct cw_judgement judgement = judge_outbox(&message, &fold);
        if (!vec_bool(at, "valid")) {
            const char *tamper = vec_text(at, "tamper");
            bool beyond = strcmp(tamper, "index beyond the proof depth") == 0 ||
                          strcmp(tamper, "truncated proof") == 0;
            assert_reason(judgement, beyond ? CW_MERKLE_R_INDEX : CW_MERKLE_R_ROOT);
            n_invalid++;
            continue;
        }
        assert_valid(judgement);
        n_changes += fold_check_mutations(&fold, true, judge_outbox, &message);
        n_changes += flip_message(&fold, &message);
        n_valid++;
    }
    assert_int_equal(n_valid, 3);
    assert_int_equal(n_invalid, 5);
    print_message("%zu changes to %zu withdrawals refused\n", n_changes, n_valid);
    vectors_done(json);
}

/* The siblings of a path, as far as leaves stand in them. */
static enum cw_err read_siblings(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                                 uint64_t index) {
    const struct fold *fold = ctx;
    assert_in_range(level, 0, fold->depth - 1);
    assert_int_equal(index, fold->index.limb[0] >> level ^ 1);
    assert_false(cw_hash32_is_zero(&fold->path[level]));
    *ret_hash = fold->path[level];
    return CW_OK;
}

static void cw_merkle_prove__withdrawals__zeros_where_no_leaf_stands(void **state) {
    (void)state;
    /* A size at which each path has its zeros: all siblings with leaves are complete. */
    static const uint64_t sizes[] = {1280, 1184, 2048};
    static const struct cw_hash32 zero;
    cJSON *json = vectors_load("arbitrum_outbox_withdraw.json");
    struct cw_merkle_shape shape;
    assert_int_equal(cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_SAME, &zero, 0, 32), CW_OK);
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        if (!vec_bool(at, "valid")) {
            continue;
        }
        struct fold fold = {.root = vec_hash32(at, "root"),
                            .leaf = vec_hash32(at, "leaf"),
                            .index = vec_u256(at, "index")};
        fold.path = fold_path(vec_get(at, "proof"), &fold.depth);
        const struct cw_merkle_store store = {read_siblings, &fold};
        struct cw_merkle_proof proof;
        assert_in_range(n, 0, CW_COUNT(sizes) - 1);
        assert_int_equal(cw_merkle_prove(&proof, &shape, &fold.root, sizes[n], fold.index.limb[0],
                                         &fold.leaf, &store),
                         CW_OK);
        assert_int_equal(proof.depth, fold.depth);
        assert_memory_equal(proof.path, fold.path, fold.depth * sizeof(*fold.path));
        n++;
    }
    assert_int_equal(n, 3);
    vectors_done(json);
}

/* --- settlement layer to rollup ------------------------------------------------------------- */

static struct cw_nitro_retryable read_retryable(const cJSON *at) {
    return (struct cw_nitro_retryable){
        .chain_id = {vec_u64(at, "chainId")},
        .message_number = vec_u256(at, "messageNumber"),
        .sender = vec_addr20(at, "from"),
        .base_fee = {vec_u256(at, "l1BaseFee")},
        .deposit = {vec_u256(at, "deposit")},
        .max_fee = {vec_u256(at, "maxFeePerGas")},
        .gas_limit = vec_u64(at, "gasLimit"),
        .to = vec_addr20(at, "to"),
        .call_value = {vec_u256(at, "callValue")},
        .call_value_refund = vec_addr20(at, "callValueRefundAddress"),
        .max_submission_fee = {vec_u256(at, "maxSubmissionFee")},
        .excess_fee_refund = vec_addr20(at, "excessFeeRefundAddress"),
        .data = vec_bytes(at, "data"),
    };
}

/* The i-th word of a message's data. */
static struct cw_u256 word(struct cw_slice data, size_t i) {
    assert_true(data.n / 32 > i);
    return cw_u256_from_be(data.p + 32 * i);
}

static void assert_u256(struct cw_u256 actual, struct cw_u256 expected) {
    assert_int_equal(cw_u256_cmp(&actual, &expected), 0);
}

static struct cw_u256 widen(struct cw_addr20 address) {
    uint8_t be[32] = {0};
    memcpy(be + 12, address.b, 20);
    return cw_u256_from_be(be);
}

static void cw_nitro_retryable_id__vector__id_and_message_data(void **state) {
    (void)state;
    cJSON *json = vectors_load("arbitrum_retryable.json");
    const cJSON *delivered = vec_get(json, "messageDelivered");
    struct cw_nitro_retryable r = read_retryable(vec_get(json, "fields"));
    struct cw_hash32 id, hash;
    cw_nitro_retryable_id(&id, &r);
    assert_hash(id, vec_hash32(json, "ticketId"));

    /* The message that the bridge hashed holds the same fields. */
    struct cw_slice message = vec_bytes(json, "messageData");
    cw_keccak256(&hash, message);
    assert_hash(hash, vec_hash32(delivered, "messageDataHash"));
    assert_u256(word(message, 0), widen(r.to));
    assert_u256(word(message, 1), r.call_value.v);
    assert_u256(word(message, 2), r.deposit.v);
    assert_u256(word(message, 3), r.max_submission_fee.v);
    assert_u256(word(message, 4), widen(r.excess_fee_refund));
    assert_u256(word(message, 5), widen(r.call_value_refund));
    assert_u256(word(message, 6), cw_u256_from_u64(r.gas_limit));
    assert_u256(word(message, 7), r.max_fee.v);
    assert_u256(word(message, 8), cw_u256_from_u64(r.data.n));
    assert_true(cw_slice_equal(cw_slice_of(message.p + 288, message.n - 288), r.data));
    assert_u256(vec_u256(delivered, "messageIndex"), r.message_number);
    assert_u256(vec_u256(delivered, "baseFeeL1"), r.base_fee.v);
    struct cw_addr20 sender = vec_addr20(delivered, "sender");
    assert_true(cw_addr20_equal(&sender, &r.sender));

    /* What the bridge emits is the alias of the L1 gateway that sent it. */
    static const struct cw_addr20 gateway = {{0xa3, 0xa7, 0xb6, 0xf8, 0x83, 0x61, 0xf4,
                                              0x84, 0x03, 0x51, 0x40, 0x59, 0xf1, 0xf1,
                                              0x6c, 0x8e, 0x78, 0xd6, 0x0e, 0xec}};
    struct cw_addr20 alias;
    cw_alias_apply(&alias, &gateway);
    assert_true(cw_addr20_equal(&alias, &sender));
    cw_alias_undo(&alias, &sender);
    assert_true(cw_addr20_equal(&alias, &gateway));
    vectors_done(json);
}

static void assert_other(struct cw_hash32 *seen, size_t n) {
    for (size_t i = 0; i < n; i++) {
        assert_false(cw_hash32_equal(&seen[i], &seen[n]));
    }
}

static void cw_nitro_retryable_id__any_field_changed__another_id(void **state) {
    (void)state;
    cJSON *json = vectors_load("arbitrum_retryable.json");
    const struct cw_nitro_retryable valid = read_retryable(vec_get(json, "fields"));
    struct cw_nitro_retryable r = valid;
    void *const fields[] = {&r.chain_id,
                            &r.message_number,
                            &r.sender,
                            &r.base_fee,
                            &r.deposit,
                            &r.max_fee,
                            &r.gas_limit,
                            &r.to,
                            &r.call_value,
                            &r.call_value_refund,
                            &r.max_submission_fee,
                            &r.excess_fee_refund};
    const size_t sizes[] = {8, 32, 20, 32, 32, 32, 8, 20, 32, 20, 32, 20};
    struct cw_hash32 seen[CW_COUNT(fields) * 32 + 2];
    size_t n = 0;
    cw_nitro_retryable_id(&seen[n++], &r);
    for (size_t i = 0; i < CW_COUNT(fields); i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            uint8_t *byte = (uint8_t *)fields[i] + j;
            *byte ^= 0x10;
            cw_nitro_retryable_id(&seen[n], &r);
            assert_other(seen, n++);
            *byte ^= 0x10;
        }
    }
    r.data.n--;
    cw_nitro_retryable_id(&seen[n], &r);
    assert_other(seen, n);
    vectors_done(json);
}

static void cw_nitro_deposit_hash__vector__hash_and_message_data(void **state) {
    (void)state;
    cJSON *json = vectors_load("arbitrum_deposit.json");
    const cJSON *fields = vec_get(json, "fields"), *delivered = vec_get(json, "messageDelivered");
    struct cw_nitro_deposit deposit = {
        .chain_id = {vec_u64(fields, "chainId")},
        .message_number = vec_u256(fields, "requestId"),
        .sender = vec_addr20(fields, "from"),
        .to = vec_addr20(fields, "to"),
        .value = {vec_u256(fields, "value")},
    };
    struct cw_hash32 expected = vec_hash32(json, "childTxHash"), hash;
    cw_nitro_deposit_hash(&hash, &deposit);
    assert_hash(hash, expected);
    assert_u256(vec_u256(delivered, "messageIndex"), deposit.message_number);

    /* The message that the bridge hashed: to ‖ value. */
    uint8_t message[52];
    memcpy(message, deposit.to.b, 20);
    cw_u256_to_be(message + 20, &deposit.value.v);
    cw_keccak256(&hash, cw_slice_of(message, sizeof(message)));
    assert_hash(hash, vec_hash32(delivered, "messageDataHash"));

    uint8_t *bytes = (uint8_t *)&deposit;
    const size_t at[] = {offsetof(struct cw_nitro_deposit, chain_id),
                         offsetof(struct cw_nitro_deposit, message_number),
                         offsetof(struct cw_nitro_deposit, sender),
                         offsetof(struct cw_nitro_deposit, to),
                         offsetof(struct cw_nitro_deposit, value)};
    const size_t sizes[] = {8, 32, 20, 20, 32};
    for (size_t i = 0; i < CW_COUNT(at); i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            bytes[at[i] + j] ^= 0x10;
            cw_nitro_deposit_hash(&hash, &deposit);
            assert_memory_not_equal(hash.b, expected.b, 32);
            bytes[at[i] + j] ^= 0x10;
        }
    }
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_nitro_outbox_verify__vectors__judged_as_labelled),
        cmocka_unit_test(cw_merkle_prove__withdrawals__zeros_where_no_leaf_stands),
        cmocka_unit_test(cw_nitro_retryable_id__vector__id_and_message_data),
        cmocka_unit_test(cw_nitro_retryable_id__any_field_changed__another_id),
        cmocka_unit_test(cw_nitro_deposit_hash__vector__hash_and_message_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
