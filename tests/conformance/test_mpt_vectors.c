/* Trie proofs of the vectors. */
#include <causeway/mpt.h>

#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/trie.h>

#include "mpt_proofs.h"

static void cw_mpt_verify__synthetic_trie__judged_right(void **state) {
    (void)state;
    cJSON *json = vectors_load("mpt_synthetic.json");
    struct cw_hash32 root = vec_hash32(json, "root");
    size_t n = 0, n_embedded = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct mpt_proof proof = mpt_proof_read(at, root);
        assert_valid(mpt_proof_judge(&proof));
        struct mpt_proof opposite = proof;
        opposite.value = proof.value.n > 0 ? (struct cw_slice){NULL, 0} : CW_LITERAL("x");
        assert_invalid(mpt_proof_judge(&opposite));
        bool present;
        struct cw_slice value;
        assert_valid(
            cw_mpt_get(&present, &value, &root, proof.key, proof.nodes, proof.n, proof.form));
        assert_int_equal(present, proof.value.n > 0);
        assert_true(cw_slice_equal(value, proof.value));
        n++;
        bool embedded = strstr(vec_text(at, "class"), "embedded") != NULL;
        if (proof.value.n > 0) {
            struct cw_mpt_extra extra, again;
            struct mpt_proof listed = mpt_proof_in_contract_form(&proof, &extra);
            assert_int_equal(extra.n > 0, embedded);
            assert_valid(mpt_proof_judge(&listed));
            mpt_proof_in_contract_form(&listed, &again);
            assert_int_equal(again.n, 0);
            if (embedded) {
                n_embedded++;
                listed.form = CW_MPT_FORM_NODE;
                assert_invalid(mpt_proof_judge(&listed));
                proof.form = CW_MPT_FORM_CONTRACT;
                assert_invalid(mpt_proof_judge(&proof));
            }
        }
    }
    assert_int_equal(n, 100);
    assert_in_range(n_embedded, 1, 63);
    vectors_done(json);
}

static void cw_mpt_verify__empty_trie__everything_absent(void **state) {
    (void)state;
    cJSON *json = vectors_load("mpt_synthetic.json");
    struct cw_hash32 root = vec_hash32(vec_get(json, "emptyTrie"), "root");
    assert_valid(cw_mpt_verify_exclusion(&root, CW_LITERAL("any"), NULL, 0, CW_MPT_FORM_NODE));
    assert_invalid(cw_mpt_verify_inclusion(&root, CW_LITERAL("any"), CW_LITERAL("x"), NULL, 0,
                                           CW_MPT_FORM_NODE));
    vectors_done(json);
}

static void assert_label(const char *label, const struct mpt_proof *proof) {
    struct mpt_proof absent = *proof;
    absent.value = (struct cw_slice){NULL, 0};
    bool included = proof->value.n > 0 && mpt_proof_judge(proof).verdict == CW_VALID;
    bool excluded = mpt_proof_judge(&absent).verdict == CW_VALID;
    assert_int_equal(included, strcmp(label, "valid") == 0);
    assert_int_equal(excluded, strcmp(label, "exclusion") == 0);
}

static void cw_mpt_verify__contract_cases__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_merkletrie.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct mpt_proof proof = mpt_proof_read(at, vec_hash32(at, "root"));
        proof.form = CW_MPT_FORM_NODE;
        assert_label(vec_text(at, "strictGeth"), &proof);
        proof.form = CW_MPT_FORM_CONTRACT;
        assert_label(vec_text(at, "embeddedListed"), &proof);
        assert_int_equal(proof.value.n > 0 && mpt_proof_judge(&proof).verdict == CW_VALID,
                         vec_bool(at, "valid"));
        n++;
    }
    assert_int_equal(n, 11);
    vectors_done(json);
}

/* --- eth_getProof --------------------------------------------------------------------------- */

/* How many storage entries there were. */
static size_t check_account(const cJSON *at) {
    struct cw_hash32 state_root = vec_hash32(at, "stateRoot");
    const cJSON *answer = vec_get(at, "proof"), *entry;
    struct cw_addr20 address = vec_addr20(answer, "address");
    struct mpt_proof proof = {.root = state_root, .form = CW_MPT_FORM_NODE};
    proof.nodes = vec_nodes(vec_get(answer, "accountProof"), &proof.n);
    struct cw_account account;
    bool present;
    assert_valid(
        cw_account_verify(&account, &present, &state_root, &address, proof.nodes, proof.n));
    assert_int_equal(present, vec_bool(at, "accountPresent"));
    struct cw_u256 balance = vec_u256(answer, "balance");
    assert_int_equal(account.nonce, vec_u64(answer, "nonce"));
    assert_int_equal(cw_u256_cmp(&account.balance.v, &balance), 0);
    if (present) {
        assert_hash(account.storage_root, vec_hash32(answer, "storageHash"));
        assert_hash(account.code_hash, vec_hash32(answer, "codeHash"));
    } else {
        assert_hash(account.storage_root, CW_EMPTY_TRIE_ROOT);
        assert_hash(account.code_hash, CW_KECCAK_EMPTY);
    }

    struct cw_hash32 key;
    cw_keccak256(&key, cw_slice_of(address.b, sizeof(address.b)));
    proof.key = cw_slice_of(key.b, sizeof(key.b));
    assert_valid(cw_mpt_get(&present, &proof.value, &state_root, proof.key, proof.nodes, proof.n,
                            proof.form));

    size_t n_entries = 0;
    cJSON_ArrayForEach(entry, vec_get(answer, "storageProof")) {
        struct cw_u256 number = vec_u256(entry, "key"), value = vec_u256(entry, "value"), got;
        const struct cw_u256 one = cw_u256_from_u64(1);
        struct cw_hash32 slot;
        uint8_t leaf[33];
        cw_u256_to_be(slot.b, &number);
        struct mpt_proof storage = {.root = account.storage_root, .form = CW_MPT_FORM_NODE};
        storage.nodes = vec_nodes(vec_get(entry, "proof"), &storage.n);
        assert_valid(cw_storage_verify(&storage.root, &slot, &value, storage.nodes, storage.n,
                                       storage.form));
        assert_valid(
            cw_storage_get(&got, &storage.root, &slot, storage.nodes, storage.n, storage.form));
        assert_int_equal(cw_u256_cmp(&got, &value), 0);
        if (cw_u256_add(&value, &value, &one)) {
            fail();
        }
        assert_invalid(cw_storage_verify(&storage.root, &slot, &value, storage.nodes, storage.n,
                                         storage.form));
        cw_storage_key(&key, &slot);
        storage.key = cw_slice_of(key.b, sizeof(key.b));
        if (!cw_u256_is_zero(&got)) {
            storage.value = cw_slice_of(leaf, cw_storage_leaf(leaf, &got));
        }
        n_entries++;
    }
    return n_entries;
}

static void cw_account_verify__mainnet_answers__all_proved(void **state) {
    (void)state;
    cJSON *json = vectors_load("eth_getProof_mainnet.json");
    size_t n = 0, n_entries = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        n_entries += check_account(at);
        n++;
    }
    assert_int_equal(n, 12);
    assert_int_equal(n_entries, 6);
    vectors_done(json);
}

static void cw_account_verify__answers_under_a_header__all_proved(void **state) {
    (void)state;
    cJSON *json = vectors_load("helios_block_proofs.json");
    size_t n = 0;
    const cJSON *at;
    struct cw_hash32 state_root = vec_hash32(vec_get(json, "block"), "stateRoot");
    cJSON_ArrayForEach(at, vec_get(json, "proofs")) {
        assert_hash(vec_hash32(at, "stateRoot"), state_root);
        check_account(at);
        n++;
    }
    assert_int_equal(n, 2);
    vectors_done(json);
}

/* --- roots ---------------------------------------------------------------------------------- */

#define ENTRIES_MAX 512

/* Text, or bytes where it begins with 0x. */
static struct cw_slice text_or_bytes(const cJSON *item) {
    return strncmp(item->valuestring, "0x", 2) == 0
               ? vec_bytes_of(item)
               : cw_slice_of(item->valuestring, strlen(item->valuestring));
}

/* Puts or (with an empty value) takes out, keeping the order. */
static void put_entry(struct cw_trie_entry *entries, size_t *n, struct cw_slice key,
                      struct cw_slice value) {
    size_t at = 0;
    while (at < *n) {
        struct cw_slice other = entries[at].key;
        int order = memcmp(other.p, key.p, other.n < key.n ? other.n : key.n);
        if (order > 0 || (order == 0 && other.n >= key.n)) {
            break;
        }
        at++;
    }
    bool there = at < *n && cw_slice_equal(entries[at].key, key);
    if (value.n == 0) {
        assert_true(there);
        (*n)--;
        memmove(entries + at, entries + at + 1, (*n - at) * sizeof(*entries));
        return;
    }
    if (!there) {
        assert_in_range(*n, 0, ENTRIES_MAX - 1);
        memmove(entries + at + 1, entries + at, (*n - at) * sizeof(*entries));
        (*n)++;
    }
    entries[at] = (struct cw_trie_entry){key, value};
}

static void check_root(const cJSON *at) {
    struct cw_trie_entry *entries = vec_alloc(ENTRIES_MAX * sizeof(*entries));
    size_t n = 0;
    const cJSON *put;
    cJSON_ArrayForEach(put, vec_get(at, "in")) {
        struct cw_slice key, value = {NULL, 0};
        const cJSON *text = put;
        if (cJSON_IsArray(put)) {
            key = text_or_bytes(cJSON_GetArrayItem(put, 0));
            text = cJSON_GetArrayItem(put, 1);
        } else {
            cJSON *name = cJSON_CreateString(put->string);
            struct cw_slice bytes = text_or_bytes(name);
            key = cw_slice_of(memcpy(vec_alloc(bytes.n), bytes.p, bytes.n), bytes.n);
            cJSON_Delete(name);
        }
        if (!cJSON_IsNull(text)) {
            value = text_or_bytes(text);
        }
        put_entry(entries, &n, key, value);
    }
    struct cw_hash32 root;
    struct cw_arena arena;
    cw_arena_init(&arena, 1 << 20);
    assert_int_equal(cw_trie_root(&arena, &root, entries, n), CW_OK);
    assert_hash(root, vec_hash32(at, "root"));
    cw_arena_done(&arena);
}

static void cw_trie_root__vectors__root_matches(void **state) {
    (void)state;
    static const char *const files[] = {"trietest.json", "trieanyorder.json"};
    size_t n = 0;
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        cJSON *json = vectors_load(files[i]);
        const cJSON *at;
        cJSON_ArrayForEach(at, json) {
            check_root(at);
            n++;
        }
        vectors_done(json);
    }
    assert_int_equal(n, 12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_mpt_verify__synthetic_trie__judged_right),
        cmocka_unit_test(cw_mpt_verify__empty_trie__everything_absent),
        cmocka_unit_test(cw_mpt_verify__contract_cases__judged_as_labelled),
        cmocka_unit_test(cw_account_verify__mainnet_answers__all_proved),
        cmocka_unit_test(cw_account_verify__answers_under_a_header__all_proved),
        cmocka_unit_test(cw_trie_root__vectors__root_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
