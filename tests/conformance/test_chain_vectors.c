/* Transactions, receipts and blocks of the vectors. */
#include <string.h>

#include <causeway/receipt.h>
#include <causeway/trie.h>
#include <causeway/tx.h>

#include "vectors.h"

#define ARENA_MAX ((size_t)16 << 20)

/* --- transactions --------------------------------------------------------------------------- */

static bool accepts(const struct cw_curve *curve, struct cw_arena *arena, struct cw_slice raw,
                    struct cw_tx *ret_tx, struct cw_signature *ret_signature,
                    struct cw_addr20 *ret_sender) {
    /* The vectors are for chain 1. */
    return cw_tx_decode(arena, ret_tx, ret_signature, raw, NULL) == CW_OK &&
           ret_tx->chain_id.v <= 1 &&
           cw_tx_recover(curve, arena, ret_sender, ret_tx, ret_signature) == CW_OK;
}

static size_t check_transactions(const char *file) {
    cJSON *json = vectors_load(file);
    struct cw_curve *curve = cw_curve_new(NULL);
    assert_non_null(curve);
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct cw_arena arena;
        cw_arena_init(&arena, ARENA_MAX);
        struct cw_slice raw = vec_bytes(at, "txbytes");
        struct cw_tx tx;
        struct cw_signature signature;
        struct cw_addr20 sender;
        bool valid = strcmp(vec_text(at, "expect"), "valid") == 0;
        if (accepts(curve, &arena, raw, &tx, &signature, &sender) != valid) {
            fail_msg("%s was%s accepted", at->string, valid ? " not" : "");
        }
        if (valid) {
            struct cw_hash32 hash;
            struct cw_slice again;
            struct cw_addr20 expected = vec_addr20(at, "sender");
            cw_tx_hash(&hash, raw);
            assert_hash(hash, vec_hash32(at, "hash"));
            assert_true(cw_addr20_equal(&sender, &expected));
            assert_int_equal(cw_tx_encode_signed(&arena, &again, &tx, &signature), CW_OK);
            assert_true(cw_slice_equal(again, raw));
            for (size_t cut = 0; cut < raw.n; cut++) {
                assert_int_equal(
                    cw_tx_decode(&arena, &tx, &signature, cw_slice_of(raw.p, cut), NULL),
                    CW_ERR_INPUT);
            }
        }
        cw_arena_done(&arena);
        n++;
    }
    cw_curve_free(curve);
    vectors_done(json);
    return n;
}

static void cw_tx_decode__test_transactions__judged_as_labelled(void **state) {
    (void)state;
    assert_int_equal(check_transactions("tx_ttEIP1559.json"), 9);
    assert_int_equal(check_transactions("tx_ttEIP2930.json"), 7);
    assert_int_equal(check_transactions("tx_ttSignature.json"), 34);
}

/* The transaction in an RPC answer, of type 0 to 2. */
static void read_tx(struct cw_tx *tx, struct cw_signature *signature, const cJSON *at) {
    uint64_t type = vec_u64(at, "type");
    assert_in_range(type, CW_TX_LEGACY, CW_TX_DYNAMIC_FEE);
    memset(tx, 0, sizeof(*tx));
    tx->type = (enum cw_tx_type)type;
    uint64_t v = vec_u64(at, "v");
    if (tx->type != CW_TX_LEGACY) {
        tx->chain_id.v = vec_u64(at, "chainId");
        signature->y_parity = (uint8_t)v;
    } else if (v >= 35) {
        tx->chain_id.v = (v - 35) / 2;
        signature->y_parity = (uint8_t)((v - 35) % 2);
    } else {
        signature->y_parity = (uint8_t)(v - 27);
    }
    tx->nonce = vec_u64(at, "nonce");
    bool fees = tx->type == CW_TX_DYNAMIC_FEE;
    tx->max_fee.v = vec_u256(at, fees ? "maxFeePerGas" : "gasPrice");
    if (fees) {
        tx->max_tip.v = vec_u256(at, "maxPriorityFeePerGas");
    }
    tx->gas_limit = vec_u64(at, "gas");
    tx->has_to = cJSON_IsString(vec_get(at, "to"));
    if (tx->has_to) {
        tx->to = vec_addr20(at, "to");
    }
    tx->value.v = vec_u256(at, "value");
    tx->data = vec_bytes(at, "input");
    struct cw_u256 r = vec_u256(at, "r"), s = vec_u256(at, "s");
    cw_u256_to_be(signature->r.b, &r);
    cw_u256_to_be(signature->s.b, &s);
    if (tx->type == CW_TX_LEGACY) {
        return;
    }
    const cJSON *list = vec_get(at, "accessList"), *entry, *key;
    struct cw_access_entry *entries = vec_alloc((size_t)cJSON_GetArraySize(list) *
                                                sizeof(*entries));
    cJSON_ArrayForEach(entry, list) {
        const cJSON *keys = vec_get(entry, "storageKeys");
        struct cw_hash32 *hashes = vec_alloc((size_t)cJSON_GetArraySize(keys) * sizeof(*hashes));
        size_t n = 0;
        cJSON_ArrayForEach(key, keys) {
            memcpy(hashes[n++].b, vec_bytes_of(key).p, 32);
        }
        entries[tx->n_access_list++] = (struct cw_access_entry){vec_addr20(entry, "address"),
                                                                hashes, n};
    }
    tx->access_list = entries;
}

static void check_rpc_tx(const struct cw_curve *curve, struct cw_arena *arena, const cJSON *at,
                         struct cw_slice *ret_raw) {
    struct cw_tx tx, decoded;
    struct cw_signature signature, parsed;
    struct cw_addr20 sender, expected = vec_addr20(at, "from");
    struct cw_hash32 hash;
    read_tx(&tx, &signature, at);
    assert_int_equal(cw_tx_encode_signed(arena, ret_raw, &tx, &signature), CW_OK);
    cw_tx_hash(&hash, *ret_raw);
    assert_hash(hash, vec_hash32(at, "hash"));
    assert_int_equal(cw_tx_recover(curve, arena, &sender, &tx, &signature), CW_OK);
    assert_true(cw_addr20_equal(&sender, &expected));
    assert_int_equal(cw_tx_decode(arena, &decoded, &parsed, *ret_raw, NULL), CW_OK);
    assert_memory_equal(&parsed, &signature, sizeof(parsed));
}

/* Whether all are objects: a null among them stands for one that the block lacks. */
static bool all_there(const cJSON *list) {
    const cJSON *at;
    cJSON_ArrayForEach(at, list) {
        if (!cJSON_IsObject(at)) {
            return false;
        }
    }
    return true;
}

static bool transactions_match(const struct cw_curve *curve, const cJSON *list,
                               const struct cw_hash32 *expected) {
    struct cw_slice *raws = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*raws));
    size_t n = 0;
    struct cw_arena arena;
    struct cw_hash32 root;
    const cJSON *at;
    cw_arena_init(&arena, ARENA_MAX);
    cJSON_ArrayForEach(at, list) {
        check_rpc_tx(curve, &arena, at, &raws[n++]);
    }
    assert_int_equal(cw_transactions_root(&arena, &root, raws, n), CW_OK);
    cw_arena_done(&arena);
    return cw_hash32_equal(&root, expected);
}

static bool withdrawals_match(const cJSON *list, const struct cw_hash32 *expected) {
    size_t n = 0;
    struct cw_withdrawal *withdrawals = vec_alloc((size_t)cJSON_GetArraySize(list) *
                                                  sizeof(*withdrawals));
    struct cw_arena arena;
    struct cw_hash32 root;
    const cJSON *at;
    cw_arena_init(&arena, ARENA_MAX);
    cJSON_ArrayForEach(at, list) {
        withdrawals[n++] = (struct cw_withdrawal){vec_u64(at, "index"),
                                                  vec_u64(at, "validatorIndex"),
                                                  vec_addr20(at, "address"), vec_u64(at, "amount")};
    }
    assert_int_equal(cw_withdrawals_root(&arena, &root, withdrawals, n), CW_OK);
    cw_arena_done(&arena);
    return cw_hash32_equal(&root, expected);
}

/* The header's hash, the root of the transactions and that of the withdrawals, each as labelled. */
static void cw_block__blocks_with_transactions__the_root_that_fails(void **state) {
    (void)state;
    cJSON *json = vectors_load("blocks_with_txs.json");
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_header *header = vec_alloc(sizeof(*header));
    const cJSON *block;
    size_t n = 0, n_valid = 0;
    cJSON_ArrayForEach(block, json) {
        vec_header(header, vec_get(block, "header"));
        struct cw_hash32 hash = vec_hash32(vec_get(block, "header"), "hash");
        const cJSON *transactions = vec_get(block, "transactions");
        const cJSON *withdrawals = vec_get(block, "withdrawals");
        bool hash_ok = cw_header_verify(&hash, header).verdict == CW_VALID;
        bool transactions_ok = all_there(transactions) &&
                               transactions_match(curve, transactions, &header->transactions_root);
        bool withdrawals_ok = all_there(withdrawals) &&
                              withdrawals_match(withdrawals, &header->withdrawals_root);
        if (hash_ok != vec_bool(block, "headerHashMatches") ||
            transactions_ok != vec_bool(block, "transactionsRootMatches") ||
            withdrawals_ok != vec_bool(block, "withdrawalsRootMatches")) {
            fail_msg("%s: hash %d, transactions %d, withdrawals %d", vec_text(block, "name"),
                     hash_ok, transactions_ok, withdrawals_ok);
        }
        assert_int_equal(hash_ok && transactions_ok && withdrawals_ok, vec_bool(block, "valid"));
        n_valid += vec_bool(block, "valid");
        n++;
    }
    assert_int_equal(n, 8);
    assert_int_equal(n_valid, 1);
    cw_curve_free(curve);
    vectors_done(json);
}

static void cw_tx__signed_goerli_transaction__hash_and_sender(void **state) {
    (void)state;
    cJSON *json = vectors_load("helios_block_proofs.json");
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_arena arena;
    struct cw_slice raw;
    cw_arena_init(&arena, ARENA_MAX);
    check_rpc_tx(curve, &arena, vec_get(json, "transaction"), &raw);
    cw_arena_done(&arena);
    cw_curve_free(curve);
    vectors_done(json);
}

/* --- receipts ------------------------------------------------------------------------------- */

/* One change to each receipt that the root must notice. */
static void change_receipt(struct cw_receipt *receipt, size_t i) {
    switch (i % 3) {
    case 0:
        receipt->status = !receipt->status;
        break;
    case 1:
        receipt->cumulative_gas_used++;
        break;
    default:
        if (receipt->n_logs > 0) {
            receipt->n_logs--; /* a dropped log */
        } else {
            receipt->type = receipt->type == 0 ? 2 : 0;
        }
    }
}

static void check_receipts(const char *file, size_t expected_n) {
    cJSON *json = vectors_load(file);
    struct cw_hash32 root = vec_hash32(json, "receiptsRoot");
    const cJSON *list = vec_get(json, "receipts"), *at;
    size_t n = 0;
    struct cw_receipt *receipts = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*receipts));
    struct cw_bloom all = {{0}};
    cJSON_ArrayForEach(at, list) {
        struct cw_bloom bloom;
        vec_receipt(&receipts[n], at);
        cw_receipt_bloom(&bloom, &receipts[n]);
        assert_memory_equal(bloom.b, vec_bytes(at, "logsBloom").p, sizeof(bloom.b));
        cw_bloom_merge(&all, &bloom);
        for (size_t i = 0; i < receipts[n].n_logs; i++) {
            const struct cw_receipt_log *log = &receipts[n].logs[i];
            assert_true(cw_bloom_may_contain(&bloom, cw_slice_of(log->address.b, 20)));
        }
        n++;
    }
    assert_int_equal(n, expected_n);
    struct cw_header *header = vec_alloc(sizeof(*header));
    vec_header(header, vec_get(json, "block"));
    assert_memory_equal(all.b, header->logs_bloom.b, sizeof(all.b));
    assert_hash(header->receipts_root, root);
    assert_false(cw_bloom_may_contain(&all, CW_LITERAL("nobody logs this")) &&
                 cw_bloom_may_contain(&all, CW_LITERAL("nor that")) &&
                 cw_bloom_may_contain(&all, CW_LITERAL("nor these")));

    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_MAX);
    assert_valid(cw_receipts_verify(&arena, &root, receipts, n));
    assert_invalid(cw_receipts_verify(&arena, &root, receipts, n - 1));
    assert_invalid(cw_receipts_verify(&arena, &root, receipts + 1, n - 1));
    for (size_t i = 0; i < n; i += 5) {
        struct cw_receipt original = receipts[i];
        cw_arena_done(&arena);
        change_receipt(&receipts[i], i);
        assert_invalid(cw_receipts_verify(&arena, &root, receipts, n));
        receipts[i] = original;
    }
    cw_arena_done(&arena);
    vectors_done(json);
}

static struct cw_slice trie_form(const struct cw_receipt *receipt) {
    struct cw_rlp_out out = cw_rlp_out_count();
    assert_int_equal(cw_receipt_encode(&out, receipt), CW_OK);
    uint8_t *bytes = vec_alloc(out.n);
    out = cw_rlp_out_to(bytes, out.n);
    assert_int_equal(cw_receipt_encode(&out, receipt), CW_OK);
    return cw_slice_of(bytes, out.n);
}

static void cw_receipt_decode__receipts_of_a_block__themselves(void **state) {
    (void)state;
    cJSON *json = vectors_load("receipts_helios_21925176.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, vec_get(json, "receipts")) {
        struct cw_receipt receipt, decoded;
        struct cw_bloom bloom;
        struct cw_arena arena;
        cw_arena_init(&arena, ARENA_MAX);
        vec_receipt(&receipt, at);
        struct cw_slice bytes = trie_form(&receipt);
        assert_int_equal(cw_receipt_decode(&arena, &decoded, &bloom, bytes), CW_OK);
        assert_memory_equal(bloom.b, vec_bytes(at, "logsBloom").p, sizeof(bloom.b));
        assert_true(cw_slice_equal(trie_form(&decoded), bytes));
        cw_arena_done(&arena);
        n++;
    }
    assert_int_equal(n, 202);
    vectors_done(json);
}

static void cw_receipt_encode__one_receipt_of_a_block__as_in_its_list(void **state) {
    (void)state;
    cJSON *list = vectors_load("receipts_helios_21925176.json");
    cJSON *json = vectors_load("helios_block_proofs.json");
    struct cw_receipt one, other;
    vec_receipt(&one, vec_get(json, "receipt"));
    vec_receipt(&other,
                cJSON_GetArrayItem(vec_get(list, "receipts"), (int)vec_u64(json, "receiptIndex")));
    assert_true(cw_slice_equal(trie_form(&one), trie_form(&other)));
    assert_hash(vec_hash32(vec_get(json, "block"), "receiptsRoot"),
                vec_hash32(list, "receiptsRoot"));
    cJSON_Delete(list);
    vectors_done(json);
}

static void cw_receipts_verify__mainnet_blocks__root_matches(void **state) {
    (void)state;
    check_receipts("receipts_helios_21925176.json", 202);
    check_receipts("receipts_colibri_21854576.json", 57);
}

static void cw_receipts_verify__small_arenas__undecided(void **state) {
    (void)state;
    cJSON *json = vectors_load("receipts_colibri_21854576.json");
    struct cw_hash32 root = vec_hash32(json, "receiptsRoot");
    const cJSON *list = vec_get(json, "receipts"), *at;
    struct cw_receipt *receipts = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*receipts));
    size_t n = 0, n_undecided = 0;
    cJSON_ArrayForEach(at, list) {
        vec_receipt(&receipts[n++], at);
    }
    enum cw_verdict verdict = CW_UNDECIDED;
    for (size_t max = 0; verdict != CW_VALID; max += 4096) {
        struct cw_arena arena;
        cw_arena_init(&arena, max);
        verdict = cw_receipts_verify(&arena, &root, receipts, n).verdict;
        assert_int_not_equal(verdict, CW_INVALID);
        n_undecided += verdict == CW_UNDECIDED;
        cw_arena_done(&arena);
    }
    assert_in_range(n_undecided, 2, 1000);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_tx_decode__test_transactions__judged_as_labelled),
        cmocka_unit_test(cw_block__blocks_with_transactions__the_root_that_fails),
        cmocka_unit_test(cw_tx__signed_goerli_transaction__hash_and_sender),
        cmocka_unit_test(cw_receipt_decode__receipts_of_a_block__themselves),
        cmocka_unit_test(cw_receipt_encode__one_receipt_of_a_block__as_in_its_list),
        cmocka_unit_test(cw_receipts_verify__mainnet_blocks__root_matches),
        cmocka_unit_test(cw_receipts_verify__small_arenas__undecided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
