/* Every valid trie proof of the vectors with one thing changed: none may pass for valid, asked
 * alone or among many. Keys and values are changed for inclusion only: many another key is absent
 * by the same proof. */
#include <causeway/mpt.h>

#include <stdlib.h>
#include <string.h>

#include <causeway/account.h>
#include <causeway/keccak.h>

#include "mpt_proofs.h"

#define NODES_MAX    64
#define TOGETHER_MAX 64

static size_t n_judged, n_together, n_proofs;

/* --- one change judged alone ----------------------------------------------------------------- */

static void refuse(const struct mpt_proof *proof) {
    n_judged++;
    assert_invalid(mpt_proof_judge(proof));
}

/* --- many judged together -------------------------------------------------------------------- */

/* Changed proofs of one key, which wait to be asked about beside the sound one. */
struct together {
    const struct mpt_proof *sound;
    struct cw_slice nodes[TOGETHER_MAX][NODES_MAX];
    size_t n_nodes[TOGETHER_MAX];
    uint8_t *owned[TOGETHER_MAX]; /* a changed node's bytes */
    size_t n;
};

static void together_judge(struct together *together) {
    const struct mpt_proof *sound = together->sound;
    struct cw_mpt_query queries[TOGETHER_MAX + 1];
    struct cw_mpt_answer answers[TOGETHER_MAX + 1];
    size_t n_nodes = sound->n;
    for (size_t i = 0; i < together->n; i++) {
        queries[i] = (struct cw_mpt_query){sound->key, together->nodes[i], together->n_nodes[i]};
        n_nodes += together->n_nodes[i];
    }
    /* The sound one in the middle, so that it comes before and after what resembles it. */
    size_t middle = together->n / 2;
    queries[together->n] = queries[middle];
    queries[middle] = (struct cw_mpt_query){sound->key, sound->nodes, sound->n};
    size_t scratch_n = cw_mpt_scratch_size(n_nodes);
    void *scratch = test_malloc(scratch_n);
    cw_mpt_get_many(answers, &sound->root, queries, together->n + 1, sound->form, scratch,
                    scratch_n);
    for (size_t i = 0; i <= together->n; i++) {
        if (i != middle) {
            assert_invalid(answers[i].judgement);
            continue;
        }
        assert_valid(answers[i].judgement);
        assert_true(cw_slice_equal(answers[i].value, sound->value));
    }
    test_free(scratch);
    for (size_t i = 0; i < together->n; i++) {
        free(together->owned[i]);
    }
    n_together += together->n;
    together->n = 0;
}

static void together_add(struct together *together, const struct mpt_proof *changed, size_t node) {
    if (together->n == TOGETHER_MAX) {
        together_judge(together);
    }
    assert_in_range(changed->n, 0, NODES_MAX);
    size_t i = together->n++;
    memcpy(together->nodes[i], changed->nodes, changed->n * sizeof(*changed->nodes));
    together->n_nodes[i] = changed->n;
    together->owned[i] = NULL;
    if (node < changed->n && changed->nodes[node].n > 0) {
        together->owned[i] = malloc(changed->nodes[node].n);
        assert_non_null(together->owned[i]);
        memcpy(together->owned[i], changed->nodes[node].p, changed->nodes[node].n);
        together->nodes[i][node].p = together->owned[i];
    }
}

/* --- the changes ------------------------------------------------------------------------------ */

static struct cw_slice *copy_list(const struct mpt_proof *proof) {
    struct cw_slice *nodes = test_malloc((proof->n + 1) * sizeof(*nodes));
    memcpy(nodes, proof->nodes, proof->n * sizeof(*nodes));
    return nodes;
}

/* Each bit of each byte, and all bits of it. */
static void flip_nodes(const struct mpt_proof *sound, struct together *together) {
    struct mpt_proof proof = *sound;
    proof.nodes = copy_list(sound);
    for (size_t i = 0; i < proof.n; i++) {
        struct cw_slice original = sound->nodes[i];
        uint8_t *copy = test_malloc(original.n);
        memcpy(copy, original.p, original.n);
        proof.nodes[i].p = copy;
        for (size_t j = 0; j < original.n; j++) {
            for (unsigned bit = 0; bit <= 8; bit++) {
                uint8_t mask = (uint8_t)(bit == 8 ? 0xffu : 1u << bit);
                copy[j] ^= mask;
                refuse(&proof);
                if (bit == j % 32) {
                    together_add(together, &proof, i);
                }
                copy[j] ^= mask;
            }
        }
        proof.nodes[i] = original;
        test_free(copy);
    }
    assert_valid(mpt_proof_judge(&proof));
    test_free(proof.nodes);
}

static void flip_root(struct mpt_proof proof) {
    for (size_t i = 0; i < 8 * sizeof(proof.root.b); i++) {
        proof.root.b[i / 8] ^= (uint8_t)(1u << i % 8);
        refuse(&proof);
        proof.root.b[i / 8] ^= (uint8_t)(1u << i % 8);
    }
}

/* field is proof's key or value. */
static void change_bytes(struct mpt_proof *proof, struct cw_slice *field) {
    struct cw_slice original = *field;
    uint8_t *copy = test_malloc(original.n + 1);
    memcpy(copy, original.p, original.n);
    copy[original.n] = 0;
    field->p = copy;
    for (size_t i = 0; i < 8 * original.n; i++) {
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
        refuse(proof);
        copy[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    field->n++;
    refuse(proof);
    /* An empty value would ask for absence. */
    for (size_t n = field == &proof->value; n < original.n; n++) {
        field->n = n;
        refuse(proof);
    }
    *field = original;
    test_free(copy);
}

static void cut_nodes(const struct mpt_proof *sound, struct together *together) {
    struct mpt_proof proof = *sound;
    proof.nodes = copy_list(sound);
    for (size_t i = 0; i < proof.n; i++) {
        struct cw_slice original = sound->nodes[i];
        for (size_t n = 0; n < original.n; n++) {
            proof.nodes[i] = cw_slice_of(original.p, n);
            refuse(&proof);
            proof.nodes[i] = cw_slice_of(original.p + original.n - n, n);
            refuse(&proof);
            if (n % 16 == 0) {
                together_add(together, &proof, SIZE_MAX);
            }
        }
        uint8_t *longer = test_malloc(original.n + 1);
        static const uint8_t more[] = {0x00, 0x80, 0xc0, 0xff};
        memcpy(longer, original.p, original.n);
        for (size_t k = 0; k < sizeof(more); k++) {
            longer[original.n] = more[k];
            proof.nodes[i] = cw_slice_of(longer, original.n + 1);
            refuse(&proof);
        }
        proof.nodes[i] = original;
        test_free(longer);
    }
    test_free(proof.nodes);
}

static void refuse_list(const struct mpt_proof *proof, struct together *together) {
    refuse(proof);
    together_add(together, proof, SIZE_MAX);
}

static void rearrange_nodes(const struct mpt_proof *sound, struct together *together) {
    struct mpt_proof proof = *sound;
    size_t n = sound->n;
    struct cw_slice *original = sound->nodes, *nodes = copy_list(sound);
    proof.nodes = nodes;
    for (proof.n = 0; proof.n < n; proof.n++) { /* the list cut */
        refuse_list(&proof, together);
    }
    for (size_t i = 0; i < n; i++) {
        /* dropped */
        memcpy(nodes, original, i * sizeof(*nodes));
        memcpy(nodes + i, original + i + 1, (n - i - 1) * sizeof(*nodes));
        proof.n = n - 1;
        refuse_list(&proof, together);
        /* doubled */
        memcpy(nodes, original, (i + 1) * sizeof(*nodes));
        memcpy(nodes + i + 1, original + i, (n - i) * sizeof(*nodes));
        proof.n = n + 1;
        refuse_list(&proof, together);
        /* another one's copy in its place; swapped */
        for (size_t j = 0; j < n; j++) {
            if (j == i) {
                continue;
            }
            memcpy(nodes, original, n * sizeof(*nodes));
            proof.n = n;
            nodes[i] = original[j];
            refuse_list(&proof, together);
            nodes[j] = original[i];
            refuse_list(&proof, together);
        }
        /* appended */
        memcpy(nodes, original, n * sizeof(*nodes));
        nodes[n] = original[i];
        proof.n = n + 1;
        refuse_list(&proof, together);
    }
    static const struct cw_slice more[] = {
        {NULL, 0}, {(const uint8_t *)"\x80", 1}, {(const uint8_t *)"\xc0", 1}};
    for (size_t i = 0; i < CW_COUNT(more); i++) {
        memcpy(nodes, original, n * sizeof(*nodes));
        nodes[n] = more[i];
        proof.n = n + 1;
        refuse_list(&proof, together);
    }
    test_free(nodes);
}

static void refuse_mutations(const struct mpt_proof *sound) {
    static struct together together;
    together.sound = sound;
    together.n = 0;
    assert_valid(mpt_proof_judge(sound));
    n_proofs++;
    flip_nodes(sound, &together);
    cut_nodes(sound, &together);
    rearrange_nodes(sound, &together);
    together_judge(&together);
    flip_root(*sound);
    if (sound->value.n > 0) {
        struct mpt_proof proof = *sound;
        change_bytes(&proof, &proof.key);
        change_bytes(&proof, &proof.value);
    }
}

/* --- the proofs ------------------------------------------------------------------------------- */

static void report(const char *file) {
    print_message("%s: %zu proofs, %zu mutations alone, %zu together\n", file, n_proofs, n_judged,
                  n_together);
    n_proofs = n_judged = n_together = 0;
}

static void cw_mpt_verify__mutated_synthetic_proofs__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("mpt_synthetic.json");
    struct cw_hash32 root = vec_hash32(json, "root");
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        struct mpt_proof proof = mpt_proof_read(at, root);
        refuse_mutations(&proof);
        struct cw_mpt_extra extra;
        if (proof.value.n > 0 && strstr(vec_text(at, "class"), "embedded") != NULL) {
            struct mpt_proof listed = mpt_proof_in_contract_form(&proof, &extra);
            refuse_mutations(&listed);
        }
    }
    assert_in_range(n_proofs, 101, 163);
    report("mpt_synthetic.json");
    vectors_done(json);
}

static void cw_mpt_verify__mutated_contract_proofs__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_merkletrie.json");
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        if (vec_bool(at, "valid")) {
            struct mpt_proof proof = mpt_proof_read(at, vec_hash32(at, "root"));
            proof.form = CW_MPT_FORM_CONTRACT;
            refuse_mutations(&proof);
        }
    }
    assert_int_equal(n_proofs, 5);
    report("op_merkletrie.json");
    vectors_done(json);
}

static void cw_mpt_verify__mutated_withdrawal_proof__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("op_proven_withdrawal.json");
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        struct mpt_proof proof = {.form = CW_MPT_FORM_NODE};
        proof.root = vec_hash32(vec_get(at, "outputRootProof"), "messagePasserStorageRoot");
        proof.key = vec_bytes(at, "trieKey");
        proof.value = vec_bytes(at, "value");
        proof.nodes = vec_nodes(vec_get(at, "withdrawalProof"), &proof.n);
        refuse_mutations(&proof);
    }
    assert_int_equal(n_proofs, 1);
    report("op_proven_withdrawal.json");
    vectors_done(json);
}

/* An eth_getProof answer: the account, and every slot that has nodes. */
static void refuse_answer(const cJSON *at) {
    const cJSON *answer = vec_get(at, "proof"), *entry;
    struct cw_addr20 address = vec_addr20(answer, "address");
    struct cw_hash32 key;
    struct mpt_proof proof = {.root = vec_hash32(at, "stateRoot"), .form = CW_MPT_FORM_NODE};
    bool present;
    cw_keccak256(&key, cw_slice_of(address.b, sizeof(address.b)));
    proof.key = cw_slice_of(key.b, sizeof(key.b));
    proof.nodes = vec_nodes(vec_get(answer, "accountProof"), &proof.n);
    assert_valid(cw_mpt_get(&present, &proof.value, &proof.root, proof.key, proof.nodes, proof.n,
                            proof.form));
    refuse_mutations(&proof);
    cJSON_ArrayForEach(entry, vec_get(answer, "storageProof")) {
        struct cw_u256 number = vec_u256(entry, "key");
        struct cw_hash32 slot;
        struct mpt_proof storage = {.root = vec_hash32(answer, "storageHash"),
                                    .form = CW_MPT_FORM_NODE};
        cw_u256_to_be(slot.b, &number);
        cw_storage_key(&key, &slot);
        storage.key = cw_slice_of(key.b, sizeof(key.b));
        storage.nodes = vec_nodes(vec_get(entry, "proof"), &storage.n);
        assert_valid(cw_mpt_get(&present, &storage.value, &storage.root, storage.key, storage.nodes,
                                storage.n, storage.form));
        if (storage.n > 0) {
            refuse_mutations(&storage);
        }
    }
}

static void cw_mpt_verify__mutated_mainnet_answers__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("eth_getProof_mainnet.json");
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        refuse_answer(at);
    }
    assert_in_range(n_proofs, 12, 18);
    report("eth_getProof_mainnet.json");
    vectors_done(json);
}

static void cw_mpt_verify__mutated_answers_under_a_header__invalid(void **state) {
    (void)state;
    cJSON *json = vectors_load("helios_block_proofs.json");
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "proofs")) {
        refuse_answer(at);
    }
    assert_in_range(n_proofs, 2, 10);
    report("helios_block_proofs.json");
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_mpt_verify__mutated_synthetic_proofs__invalid),
        cmocka_unit_test(cw_mpt_verify__mutated_contract_proofs__invalid),
        cmocka_unit_test(cw_mpt_verify__mutated_withdrawal_proof__invalid),
        cmocka_unit_test(cw_mpt_verify__mutated_mainnet_answers__invalid),
        cmocka_unit_test(cw_mpt_verify__mutated_answers_under_a_header__invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
