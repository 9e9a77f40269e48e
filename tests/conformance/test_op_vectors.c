/* OP Stack: withdrawals, outputs, deposits and messages of the vectors. */
#include <causeway/op_withdrawal.h>

#include <string.h>

#include <causeway/abi.h>
#include <causeway/alias.h>
#include <causeway/keccak.h>
#include <causeway/op_deposit.h>
#include <causeway/op_interop.h>
#include <causeway/receipt.h>

#include "vectors.h"

#define ARENA_MAX ((size_t)1 << 20)

/* --- withdrawals ---------------------------------------------------------------------------- */

static struct cw_op_withdrawal read_withdrawal(const cJSON *at) {
    return (struct cw_op_withdrawal){
        .nonce = vec_u256(at, "nonce"),
        .sender = vec_addr20(at, "sender"),
        .target = vec_addr20(at, "target"),
        .value = {vec_u256(at, "value")},
        .gas_limit = vec_u256(at, "gasLimit"),
        .data = vec_bytes(at, "data"),
    };
}

static struct cw_hash32 check_withdrawal(const cJSON *at) {
    struct cw_op_withdrawal withdrawal = read_withdrawal(at);
    struct cw_hash32 hash, expected = vec_hash32(at, "withdrawalHash");
    assert_int_equal(cw_op_withdrawal_hash(&hash, &withdrawal), CW_OK);
    assert_hash(hash, expected);
    return hash;
}

static void cw_op_withdrawal_hash__vectors__hash_and_slot(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    struct cw_hash32 slot;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "withdrawals")) {
        struct cw_hash32 hash = check_withdrawal(at);
        cw_op_withdrawal_slot(&slot, &hash);
        assert_hash(slot, vec_hash32(at, "storageSlot"));
    }
    vectors_done(json);
    json = vectors_load("op_bridge_withdrawal.json");
    at = vec_get(json, "expected");
    struct cw_hash32 hash = check_withdrawal(at);
    cw_op_withdrawal_slot(&slot, &hash);
    assert_hash(slot, vec_hash32(at, "storageSlot"));
    vectors_done(json);
}

static struct cw_op_output read_output(const cJSON *at) {
    return (struct cw_op_output){vec_hash32(at, "version"), vec_hash32(at, "stateRoot"),
                                 vec_hash32(at, "messagePasserStorageRoot"),
                                 vec_hash32(at, "latestBlockhash")};
}

static void cw_op_output_root__vectors__root_matches(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "outputRoot")) {
        struct cw_op_output output = read_output(at);
        struct cw_hash32 root;
        cw_op_output_root(&root, &output);
        assert_hash(root, vec_hash32(at, "outputRoot"));
    }
    vectors_done(json);
}

static void
cw_op_withdrawal_verify__proven_withdrawal__valid_and_every_change_refused(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_proven_withdrawal.json");
    const cJSON *at;
    size_t count = 0;
    cJSON_ArrayForEach(at, json) {
        struct cw_hash32 hash = check_withdrawal(vec_get(at, "withdrawal")), key;
        struct cw_op_output output = read_output(vec_get(at, "outputRootProof"));
        struct cw_hash32 root = vec_hash32(at, "outputRoot");
        size_t n;
        struct cw_slice *nodes = vec_nodes(vec_get(at, "withdrawalProof"), &n);
        cw_op_withdrawal_key(&key, &hash);
        assert_hash(key, vec_hash32(at, "trieKey"));
        enum cw_mpt_form form = CW_MPT_FORM_NODE;
        assert_valid(cw_op_withdrawal_verify(&root, &output, &hash, nodes, n, form));
        uint8_t *const fields[] = {root.b,
                                   hash.b,
                                   output.version.b,
                                   output.state_root.b,
                                   output.passer_storage_root.b,
                                   output.block_hash.b};
        for (size_t i = 0; i < CW_COUNT(fields); i++) {
            for (size_t j = 0; j < 32; j++) {
                fields[i][j] ^= 0x01;
                assert_invalid(cw_op_withdrawal_verify(&root, &output, &hash, nodes, n, form));
                fields[i][j] ^= 0x01;
            }
        }
        assert_invalid(cw_op_withdrawal_verify(&root, &output, &hash, nodes, n - 1, form));
        assert_valid(cw_op_withdrawal_verify(&root, &output, &hash, nodes, n, form));
        count++;
    }
    assert_int_equal(count, 1);
    vectors_done(json);
}

static void cw_abi__message_passed_event__decoded_to_its_hash(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "withdrawals")) {
        struct cw_op_withdrawal withdrawal = read_withdrawal(at);
        const cJSON *log = vec_get(at, "log");
        struct cw_abi cursor = cw_abi_open(vec_bytes(log, "data"));
        struct cw_u256 value, gas_limit;
        struct cw_slice data;
        struct cw_hash32 hash, topic;
        assert_int_equal(cw_abi_u256(&cursor, &value), CW_OK);
        assert_int_equal(cw_abi_u256(&cursor, &gas_limit), CW_OK);
        assert_int_equal(cw_abi_bytes(&cursor, &data), CW_OK);
        assert_int_equal(cw_abi_word(&cursor, &hash), CW_OK);
        assert_int_equal(cw_u256_cmp(&value, &withdrawal.value.v), 0);
        assert_int_equal(cw_u256_cmp(&gas_limit, &withdrawal.gas_limit), 0);
        assert_true(cw_slice_equal(data, withdrawal.data));
        assert_hash(hash, vec_hash32(at, "withdrawalHash"));
        cw_event_topic(&topic,
                       "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)");
        assert_memory_equal(topic.b, vec_bytes_of(cJSON_GetArrayItem(vec_get(log, "topics"), 0)).p,
                            32);
        n++;
    }
    assert_int_equal(n, 1);
    vectors_done(json);
}

/* The receipt's own bloom is not that of its logs: the source edited them. */
static void cw_receipt_decode__bridge_withdrawal__logs_right_bloom_contradicted(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_bridge_withdrawal.json");
    const cJSON *from = vec_get(json, "receipt"), *expected = vec_get(json, "expected");
    struct cw_hash32 topic;
    cw_event_topic(&topic, "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)");
    struct cw_receipt receipt, decoded;
    vec_receipt(&receipt, from);
    size_t n = 0;
    for (size_t i = 0; i < receipt.n_logs; i++) {
        const struct cw_receipt_log *log = &receipt.logs[i];
        if (log->n_topics != 4 || !cw_hash32_equal(&log->topics[0], &topic)) {
            continue;
        }
        struct cw_abi cursor = cw_abi_open(log->data);
        struct cw_hash32 hash, own;
        struct cw_op_withdrawal withdrawal = {.nonce = cw_u256_from_be(log->topics[1].b)};
        memcpy(withdrawal.sender.b, log->topics[2].b + 12, 20);
        memcpy(withdrawal.target.b, log->topics[3].b + 12, 20);
        assert_int_equal(cw_abi_u256(&cursor, &withdrawal.value.v), CW_OK);
        assert_int_equal(cw_abi_u256(&cursor, &withdrawal.gas_limit), CW_OK);
        assert_int_equal(cw_abi_bytes(&cursor, &withdrawal.data), CW_OK);
        assert_int_equal(cw_abi_word(&cursor, &hash), CW_OK);
        assert_hash(hash, vec_hash32(expected, "withdrawalHash"));
        assert_int_equal(cw_op_withdrawal_hash(&own, &withdrawal), CW_OK);
        assert_hash(own, hash);
        n++;
    }
    assert_int_equal(n, 1);

    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_MAX);
    struct cw_rlp_out out = cw_rlp_out_count();
    assert_int_equal(cw_receipt_encode(&out, &receipt), CW_OK);
    uint8_t *bytes = vec_alloc(out.n);
    out = cw_rlp_out_to(bytes, out.n);
    assert_int_equal(cw_receipt_encode(&out, &receipt), CW_OK);
    struct cw_slice in = cw_slice_of(bytes, out.n);
    assert_int_equal(cw_receipt_decode(&arena, &decoded, NULL, in), CW_OK);
    struct cw_bloom bloom;
    struct cw_slice claimed = vec_bytes(from, "logsBloom");
    cw_receipt_bloom(&bloom, &receipt);
    for (size_t i = 0; i + sizeof(bloom.b) <= in.n; i++) {
        if (memcmp(bytes + i, bloom.b, sizeof(bloom.b)) == 0) {
            memcpy(bytes + i, claimed.p, sizeof(bloom.b));
        }
    }
    assert_int_equal(cw_receipt_decode(&arena, &decoded, NULL, in), CW_ERR_CONTRADICTED);
    cw_arena_done(&arena);
    vectors_done(json);
}

/* --- deposits ------------------------------------------------------------------------------- */

static void cw_op_source__vectors__hashes_match(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "sourceHash")) {
        const char *domain = vec_text(at, "domain");
        struct cw_hash32 hash;
        if (strcmp(domain, "upgradeDeposit") == 0) {
            const char *intent = vec_text(at, "intent");
            cw_op_source_upgrade(&hash, cw_slice_of(intent, strlen(intent)));
        } else {
            struct cw_hash32 block = vec_hash32(at, "l1BlockHash");
            if (strcmp(domain, "userDeposit") == 0) {
                cw_op_source_user(&hash, &block, vec_u64(at, "l1LogIndex"));
            } else {
                assert_string_equal(domain, "l1InfoDeposit");
                cw_op_source_l1_info(&hash, &block, vec_u64(at, "sequenceNumber"));
            }
        }
        assert_hash(hash, vec_hash32(at, "sourceHash"));
        n++;
    }
    assert_int_equal(n, 11);
    vectors_done(json);
}

static void assert_opaque(const struct cw_op_opaque *opaque, const cJSON *expected) {
    struct cw_u256 mint = vec_u256(expected, "mint"), value = vec_u256(expected, "value");
    assert_int_equal(cw_u256_cmp(&opaque->mint.v, &mint), 0);
    assert_int_equal(cw_u256_cmp(&opaque->value.v, &value), 0);
    assert_int_equal(opaque->gas_limit, vec_u64(expected, "gas"));
    assert_int_equal(opaque->is_creation, vec_bool(expected, "isCreation"));
    assert_true(cw_slice_equal(opaque->data, vec_bytes(expected, "data")));
}

static void cw_op_opaque_decode__vectors__fields_match(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "opaqueData")) {
        struct cw_op_opaque opaque;
        assert_int_equal(cw_op_opaque_decode(&opaque, vec_bytes(at, "opaqueData")), CW_OK);
        assert_opaque(&opaque, at);
        n++;
    }
    assert_int_equal(n, 3);
    vectors_done(json);
}

/* The first of the vectors gives the fields of the log, the rest a log. */
static struct cw_op_deposit read_deposit(const cJSON *at, struct cw_hash32 *ret_source_hash) {
    struct cw_op_deposit deposit;
    const cJSON *log = cJSON_GetObjectItemCaseSensitive(at, "log"), *topic;
    if (log == NULL) {
        deposit = (struct cw_op_deposit){.from = vec_addr20(at, "from"),
                                         .to = vec_addr20(at, "to")};
        assert_int_equal(cw_op_opaque_decode(&deposit.opaque, vec_bytes(at, "opaqueData")), CW_OK);
        log = at;
    } else {
        struct cw_hash32 topics[4];
        size_t n = 0;
        cJSON_ArrayForEach(topic, vec_get(log, "topics")) {
            assert_true(n < 4);
            memcpy(topics[n++].b, vec_bytes_of(topic).p, 32);
        }
        assert_int_equal(cw_op_deposit_decode(&deposit, topics, n, vec_bytes(log, "data")), CW_OK);
    }
    struct cw_hash32 block = vec_hash32(log, "blockHash");
    cw_op_source_user(ret_source_hash, &block, vec_u64(log, "logIndex"));
    return deposit;
}

static void cw_op_deposit__vectors__transaction_and_hash_match(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_deposits.json");
    const cJSON *at;
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_MAX);
    size_t n = 0;
    cJSON_ArrayForEach(at, json) {
        const cJSON *expected = vec_get(at, "expected");
        struct cw_hash32 source_hash, hash;
        struct cw_op_deposit deposit = read_deposit(at, &source_hash);
        assert_hash(source_hash, vec_hash32(expected, "sourceHash"));
        assert_opaque(&deposit.opaque, expected);
        struct cw_tx tx, decoded;
        struct cw_signature signature;
        struct cw_slice raw, again, wanted = vec_bytes(expected, "l2Tx");
        struct cw_addr20 sender;
        cw_op_deposit_tx(&tx, &deposit, &source_hash);
        assert_int_equal(cw_tx_encode_unsigned(&arena, &raw, &tx), CW_OK);
        assert_true(cw_slice_equal(raw, wanted));
        assert_int_equal(cw_op_deposit_hash(&arena, &hash, &deposit, &source_hash), CW_OK);
        assert_hash(hash, vec_hash32(expected, "l2TxHash"));
        assert_int_equal(cw_tx_decode(&arena, &decoded, &signature, wanted, NULL), CW_OK);
        assert_int_equal(cw_tx_encode_signed(&arena, &again, &decoded, &signature), CW_OK);
        assert_true(cw_slice_equal(again, wanted));
        assert_int_equal(cw_tx_recover(NULL, &arena, &sender, &decoded, &signature), CW_OK);
        assert_true(cw_addr20_equal(&sender, &deposit.from));
        n++;
    }
    assert_int_equal(n, 7);
    cw_arena_done(&arena);
    vectors_done(json);
}

static void cw_alias__vectors__applied_and_undone(void **state) {
    (void)state;
    cJSON *json = vectors_load("address_alias.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, json) {
        struct cw_addr20 address = vec_addr20(at, "address"), alias, back;
        struct cw_addr20 applied = vec_addr20(at, "applied"), undone = vec_addr20(at, "undone");
        cw_alias_apply(&alias, &address);
        assert_true(cw_addr20_equal(&alias, &applied));
        cw_alias_undo(&back, &alias);
        assert_true(cw_addr20_equal(&back, &address));
        cw_alias_undo(&back, &address);
        assert_true(cw_addr20_equal(&back, &undone));
        n++;
    }
    assert_int_equal(n, 2);
    vectors_done(json);
}

/* --- interoperability ----------------------------------------------------------------------- */

static void check_super(const cJSON *at) {
    struct cw_slice encoded = vec_bytes(at, "encoded");
    struct cw_hash32 root, expected = vec_hash32(at, "superRoot");
    const cJSON *list = vec_get(at, "chains"), *chain;
    struct cw_op_super_chain *chains = vec_alloc((size_t)cJSON_GetArraySize(list) *
                                                 sizeof(*chains));
    size_t n = 0;
    cJSON_ArrayForEach(chain, list) {
        chains[n++] = (struct cw_op_super_chain){vec_u256(chain, "chainId"),
                                                 vec_hash32(chain, "output")};
    }
    assert_int_equal(vec_u64(at, "version"), CW_OP_SUPER_VERSION);
    assert_int_equal(cw_op_super_root(&root, vec_u64(at, "timestamp"), chains, n), CW_OK);
    assert_hash(root, expected);
    struct cw_op_super super;
    assert_int_equal(cw_op_super_decode(&super, encoded), CW_OK);
    assert_int_equal(super.timestamp, vec_u64(at, "timestamp"));
    assert_int_equal(super.n_chains, n);
    for (size_t i = 0; i < n; i++) {
        struct cw_op_super_chain own;
        cw_op_super_chain_at(&own, &super, i);
        assert_int_equal(cw_u256_cmp(&own.chain_id, &chains[i].chain_id), 0);
        assert_hash(own.output_root, chains[i].output_root);
        assert_valid(
            cw_op_super_verify(&root, encoded, &chains[i].chain_id, &chains[i].output_root));
        for (size_t j = 0; j < encoded.n; j++) {
            uint8_t *changed = vec_alloc(encoded.n);
            memcpy(changed, encoded.p, encoded.n);
            changed[j] ^= 1;
            assert_invalid(cw_op_super_verify(&root, cw_slice_of(changed, encoded.n),
                                              &chains[i].chain_id, &chains[i].output_root));
        }
    }
}

static void cw_op_super__vectors__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    size_t n = 0, n_invalid = 0;
    cJSON_ArrayForEach(at, vec_get(json, "superRoot")) {
        if (vec_bool(at, "valid")) {
            check_super(at);
        } else {
            struct cw_slice encoded = vec_bytes(at, "encoded");
            struct cw_op_super super;
            struct cw_hash32 root, output = {{0}};
            struct cw_u256 chain_id = cw_u256_from_u64(11);
            cw_keccak256(&root, encoded);
            assert_int_equal(cw_op_super_decode(&super, encoded), CW_ERR_INPUT);
            assert_reason(cw_op_super_verify(&root, encoded, &chain_id, &output), CW_OP_R_SUPER);
            n_invalid++;
        }
        n++;
    }
    assert_int_equal(n, 6);
    assert_int_equal(n_invalid, 2);
    vectors_done(json);
}

static void cw_op_message__vectors__checksum_and_keys_match(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_hashes.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "messageChecksum")) {
        struct cw_op_message_id id = {.origin = vec_addr20(at, "origin"),
                                      .block_number = vec_u64(at, "blockNumber"),
                                      .log_index = (uint32_t)vec_u64(at, "logIndex"),
                                      .timestamp = vec_u64(at, "timestamp"),
                                      .chain_id = vec_u256(at, "chainId")};
        struct cw_hash32 payload_hash, checksum, keys[CW_OP_MESSAGE_KEYS_MAX];
        cw_keccak256(&payload_hash, vec_bytes(at, "payload"));
        assert_hash(payload_hash, vec_hash32(at, "msgHash"));
        cw_op_message_checksum(&checksum, &id, &payload_hash);
        assert_hash(checksum, vec_hash32(at, "checksum"));
        assert_int_equal(cw_op_message_keys(keys, &id, &payload_hash), 2);
        assert_hash(keys[0], vec_hash32(at, "accessListLookupEntry"));
        assert_hash(keys[1], checksum);
        n++;
    }
    assert_int_equal(n, 1);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_op_withdrawal_hash__vectors__hash_and_slot),
        cmocka_unit_test(cw_op_output_root__vectors__root_matches),
        cmocka_unit_test(
            cw_op_withdrawal_verify__proven_withdrawal__valid_and_every_change_refused),
        cmocka_unit_test(cw_abi__message_passed_event__decoded_to_its_hash),
        cmocka_unit_test(cw_receipt_decode__bridge_withdrawal__logs_right_bloom_contradicted),
        cmocka_unit_test(cw_op_source__vectors__hashes_match),
        cmocka_unit_test(cw_op_opaque_decode__vectors__fields_match),
        cmocka_unit_test(cw_op_deposit__vectors__transaction_and_hash_match),
        cmocka_unit_test(cw_alias__vectors__applied_and_undone),
        cmocka_unit_test(cw_op_super__vectors__judged_as_labelled),
        cmocka_unit_test(cw_op_message__vectors__checksum_and_keys_match),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
