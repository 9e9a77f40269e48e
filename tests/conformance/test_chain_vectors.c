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

/* The transaction in an RPC answer; false for a type that is not read here. */
static bool read_tx(struct cw_tx *tx, struct cw_signature *signature, const cJSON *at) {
    uint64_t type = vec_u64(at, "type");
    if (type > CW_TX_DYNAMIC_FEE) {
        return false;
    }
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
        return true;
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
    return true;
}

static bool check_rpc_tx(const struct cw_curve *curve, struct cw_arena *arena, const cJSON *at,
                         struct cw_slice *ret_raw) {
    struct cw_tx tx, decoded;
    struct cw_signature signature, parsed;
    struct cw_addr20 sender, expected = vec_addr20(at, "from");
    struct cw_hash32 hash;
    if (!read_tx(&tx, &signature, at)) {
        return false;
    }
    assert_int_equal(cw_tx_encode_signed(arena, ret_raw, &tx, &signature), CW_OK);
    cw_tx_hash(&hash, *ret_raw);
    assert_hash(hash, vec_hash32(at, "hash"));
    assert_int_equal(cw_tx_recover(curve, arena, &sender, &tx, &signature), CW_OK);
    assert_true(cw_addr20_equal(&sender, &expected));
    assert_int_equal(cw_tx_decode(arena, &decoded, &parsed, *ret_raw, NULL), CW_OK);
    assert_memory_equal(&parsed, &signature, sizeof(parsed));
    return true;
}

static void cw_tx__block_of_transactions__hashes_senders_and_root(void **state) {
    (void)state;
    cJSON *json = vectors_load("blocks_with_txs.json");
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_MAX);
    const cJSON *block, *at;
    size_t n_roots = 0;
    cJSON_ArrayForEach(block, json) {
        const cJSON *list = vec_get(block, "transactions");
        struct cw_slice *raw = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*raw));
        size_t n = 0;
        bool whole = true;
        cJSON_ArrayForEach(at, list) {
            whole = cJSON_IsObject(at) && check_rpc_tx(curve, &arena, at, &raw[n++]) && whole;
        }
        if (whole) {
            struct cw_hash32 root,
                expected = vec_hash32(vec_get(block, "header"), "transactionsRoot");
            assert_int_equal(cw_trie_list_root(&arena, &root, raw, n), CW_OK);
            /* Where the header itself was changed the label speaks of the original root. */
            if (vec_bool(block, "headerHashMatches")) {
                assert_int_equal(cw_hash32_equal(&root, &expected),
                                 vec_bool(block, "transactionsRootMatches"));
                n_roots++;
            }
        }
    }
    assert_in_range(n_roots, 1, 8);
    cw_arena_done(&arena);
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
    assert_true(check_rpc_tx(curve, &arena, vec_get(json, "transaction"), &raw));
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
        cmocka_unit_test(cw_tx__block_of_transactions__hashes_senders_and_root),
        cmocka_unit_test(cw_tx__signed_goerli_transaction__hash_and_sender),
        cmocka_unit_test(cw_receipts_verify__mainnet_blocks__root_matches),
        cmocka_unit_test(cw_receipts_verify__small_arenas__undecided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
