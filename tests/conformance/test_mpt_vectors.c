/* Trie proofs of the vectors, and every mutation of them. */
#include <causeway/mpt.h>

#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>
#include <causeway/trie.h>

#include "vectors.h"

/* A proof and what it shows: a value, or absence (value.n = 0). */
struct proof {
    struct cw_hash32 root;
    struct cw_slice key;
    struct cw_slice value;
    struct cw_slice *nodes;
    size_t n;
    enum cw_mpt_form form;
};

static struct cw_judgement judge(const struct proof *proof) {
    if (proof->value.n == 0) {
        return cw_mpt_verify_exclusion(&proof->root, proof->key, proof->nodes, proof->n,
                                       proof->form);
    }
    return cw_mpt_verify_inclusion(&proof->root, proof->key, proof->value, proof->nodes, proof->n,
                                   proof->form);
}

static void flip_everything(struct proof proof) {
    struct cw_slice *original = proof.nodes;
    struct cw_slice *nodes = vec_alloc(proof.n * sizeof(*nodes));
    memcpy(nodes, original, proof.n * sizeof(*nodes));
    proof.nodes = nodes;
    for (size_t i = 0; i < proof.n; i++) {
        uint8_t *copy = test_malloc(original[i].n);
        memcpy(copy, original[i].p, original[i].n);
        nodes[i].p = copy;
        for (size_t j = 0; j < original[i].n; j++) {
            uint8_t bit = (uint8_t)(1u << (j % 8));
            copy[j] ^= bit;
            assert_invalid(judge(&proof));
            copy[j] ^= bit;
        }
        nodes[i] = original[i];
        test_free(copy);
    }
    assert_valid(judge(&proof));
    for (size_t i = 0; i < sizeof(proof.root.b); i++) {
        proof.root.b[i] ^= 0x10;
        assert_invalid(judge(&proof));
        proof.root.b[i] ^= 0x10;
    }
    if (proof.value.n == 0) {
        return;
    }
    uint8_t bytes[4096];
    assert_in_range(proof.value.n, 1, sizeof(bytes) - 1);
    struct cw_slice value = proof.value, key = proof.key;
    memcpy(bytes, value.p, value.n);
    for (size_t i = 0; i < value.n; i++) {
        bytes[i] ^= 0x01;
        proof.value = cw_slice_of(bytes, value.n);
        assert_invalid(judge(&proof));
        bytes[i] ^= 0x01;
    }
    bytes[value.n] = 0;
    proof.value = cw_slice_of(bytes, value.n + 1);
    assert_invalid(judge(&proof));
    proof.value = value;
    memcpy(bytes, key.p, key.n);
    for (size_t i = 0; i < 2 * key.n; i++) {
        uint8_t bit = i % 2 == 0 ? 0x10 : 0x01;
        bytes[i / 2] ^= bit;
        proof.key = cw_slice_of(bytes, key.n);
        assert_invalid(judge(&proof));
        bytes[i / 2] ^= bit;
    }
    bytes[key.n] = 0;
    proof.key = cw_slice_of(bytes, key.n + 1);
    assert_invalid(judge(&proof));
    proof.key = cw_slice_of(bytes, key.n - 1);
    assert_invalid(judge(&proof));
}

static void truncate_nodes(struct proof proof) {
    struct cw_slice *original = proof.nodes;
    struct cw_slice *nodes = vec_alloc(proof.n * sizeof(*nodes));
    memcpy(nodes, original, proof.n * sizeof(*nodes));
    proof.nodes = nodes;
    for (size_t i = 0; i < proof.n; i++) {
        for (size_t n = 0; n < original[i].n; n++) {
            nodes[i] = cw_slice_of(original[i].p, n);
            assert_invalid(judge(&proof));
        }
        nodes[i] = cw_slice_of(original[i].p + 1, original[i].n - 1);
        assert_invalid(judge(&proof));
        uint8_t *longer = vec_alloc(original[i].n + 1);
        memcpy(longer, original[i].p, original[i].n);
        longer[original[i].n] = 0x80;
        nodes[i] = cw_slice_of(longer, original[i].n + 1);
        assert_invalid(judge(&proof));
        nodes[i] = original[i];
    }
    assert_valid(judge(&proof));
}

static void rearrange_nodes(struct proof proof) {
    struct cw_slice *original = proof.nodes;
    size_t n = proof.n;
    struct cw_slice *nodes = vec_alloc((n + 1) * sizeof(*nodes));
    static const uint8_t empty_node[] = {0x80};
    proof.nodes = nodes;
    for (size_t i = 0; i < n; i++) {
        /* dropped */
        memcpy(nodes, original, i * sizeof(*nodes));
        memcpy(nodes + i, original + i + 1, (n - i - 1) * sizeof(*nodes));
        proof.n = n - 1;
        assert_invalid(judge(&proof));
        /* doubled */
        memcpy(nodes, original, (i + 1) * sizeof(*nodes));
        memcpy(nodes + i + 1, original + i, (n - i) * sizeof(*nodes));
        proof.n = n + 1;
        assert_invalid(judge(&proof));
        /* swapped */
        for (size_t j = i + 1; j < n; j++) {
            memcpy(nodes, original, n * sizeof(*nodes));
            nodes[i] = original[j];
            nodes[j] = original[i];
            proof.n = n;
            assert_invalid(judge(&proof));
        }
        /* appended */
        memcpy(nodes, original, n * sizeof(*nodes));
        nodes[n] = original[i];
        proof.n = n + 1;
        assert_invalid(judge(&proof));
    }
    memcpy(nodes, original, n * sizeof(*nodes));
    nodes[n] = cw_slice_of(empty_node, sizeof(empty_node));
    proof.n = n + 1;
    assert_invalid(judge(&proof));
    nodes[n] = (struct cw_slice){NULL, 0};
    assert_invalid(judge(&proof));
    proof.n = 0;
    assert_invalid(judge(&proof));
}

static void refuse_mutations(const struct proof *proof) {
    flip_everything(*proof);
    truncate_nodes(*proof);
    rearrange_nodes(*proof);
}

/* The same proof in the contract form; *ret_extra holds what was appended. */
static struct proof contract_form(const struct proof *proof, struct cw_mpt_extra *ret_extra) {
    assert_valid(cw_mpt_to_contract_form(ret_extra, &proof->root, proof->key, proof->value,
                                         proof->nodes, proof->n));
    struct proof listed = *proof;
    listed.form = CW_MPT_FORM_CONTRACT;
    listed.nodes = vec_alloc((proof->n + CW_MPT_EXTRA_MAX) * sizeof(*listed.nodes));
    memcpy(listed.nodes, proof->nodes, proof->n * sizeof(*listed.nodes));
    memcpy(listed.nodes + proof->n, ret_extra->node, ret_extra->n * sizeof(*listed.nodes));
    listed.n += ret_extra->n;
    return listed;
}

static struct proof read_case(const cJSON *at, struct cw_hash32 root) {
    struct proof proof = {.root = root, .form = CW_MPT_FORM_NODE};
    proof.key = vec_bytes(at, "key");
    if (!cJSON_IsNull(vec_get(at, "value"))) {
        proof.value = vec_bytes(at, "value");
    }
    proof.nodes = vec_nodes(vec_get(at, "proof"), &proof.n);
    return proof;
}

static void cw_mpt_verify__synthetic_trie__judged_right(void **state) {
    (void)state;
    cJSON *json = vectors_load("mpt_synthetic.json");
    struct cw_hash32 root = vec_hash32(json, "root");
    size_t n = 0, n_embedded = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct proof proof = read_case(at, root);
        assert_valid(judge(&proof));
        struct proof opposite = proof;
        opposite.value = proof.value.n > 0 ? (struct cw_slice){NULL, 0} : CW_LITERAL("x");
        assert_invalid(judge(&opposite));
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
            struct proof listed = contract_form(&proof, &extra);
            assert_int_equal(extra.n > 0, embedded);
            assert_valid(judge(&listed));
            contract_form(&listed, &again);
            assert_int_equal(again.n, 0);
            n_embedded += embedded;
        }
    }
    assert_int_equal(n, 100);
    assert_in_range(n_embedded, 1, 63);
    vectors_done(json);
}

static void cw_mpt_verify__mutated_synthetic_proofs__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("mpt_synthetic.json");
    struct cw_hash32 root = vec_hash32(json, "root");
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct proof proof = read_case(at, root);
        refuse_mutations(&proof);
        struct cw_mpt_extra extra;
        if (proof.value.n > 0 && strstr(vec_text(at, "class"), "embedded") != NULL) {
            struct proof listed = contract_form(&proof, &extra);
            refuse_mutations(&listed);
            listed.form = CW_MPT_FORM_NODE;
            assert_invalid(judge(&listed));
            proof.form = CW_MPT_FORM_CONTRACT;
            assert_invalid(judge(&proof));
        }
    }
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

static void assert_label(const char *label, const struct proof *proof) {
    struct proof absent = *proof;
    absent.value = (struct cw_slice){NULL, 0};
    bool included = proof->value.n > 0 && judge(proof).verdict == CW_VALID;
    bool excluded = judge(&absent).verdict == CW_VALID;
    assert_int_equal(included, strcmp(label, "valid") == 0);
    assert_int_equal(excluded, strcmp(label, "exclusion") == 0);
}

static void cw_mpt_verify__contract_cases__judged_as_labelled(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_merkletrie.json");
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct proof proof = read_case(at, vec_hash32(at, "root"));
        proof.form = CW_MPT_FORM_NODE;
        assert_label(vec_text(at, "strictGeth"), &proof);
        proof.form = CW_MPT_FORM_CONTRACT;
        assert_label(vec_text(at, "embeddedListed"), &proof);
        assert_int_equal(proof.value.n > 0 && judge(&proof).verdict == CW_VALID,
                         vec_bool(at, "valid"));
        if (vec_bool(at, "valid")) {
            refuse_mutations(&proof);
        }
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
    struct proof proof = {.root = state_root, .form = CW_MPT_FORM_NODE};
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
    refuse_mutations(&proof);

    size_t n_entries = 0;
    cJSON_ArrayForEach(entry, vec_get(answer, "storageProof")) {
        struct cw_u256 number = vec_u256(entry, "key"), value = vec_u256(entry, "value"), got;
        const struct cw_u256 one = cw_u256_from_u64(1);
        struct cw_hash32 slot;
        uint8_t leaf[33];
        cw_u256_to_be(slot.b, &number);
        struct proof storage = {.root = account.storage_root, .form = CW_MPT_FORM_NODE};
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
        if (storage.n > 0) {
            refuse_mutations(&storage);
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
        cmocka_unit_test(cw_mpt_verify__mutated_synthetic_proofs__invalid),
        cmocka_unit_test(cw_mpt_verify__empty_trie__everything_absent),
        cmocka_unit_test(cw_mpt_verify__contract_cases__judged_as_labelled),
        cmocka_unit_test(cw_account_verify__mainnet_answers__all_proved),
        cmocka_unit_test(cw_account_verify__answers_under_a_header__all_proved),
        cmocka_unit_test(cw_trie_root__vectors__root_matches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
