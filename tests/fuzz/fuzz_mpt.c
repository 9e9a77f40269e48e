/* Trie proofs. Input: form (1 byte), key length, key, then nodes, each with a length of two bytes
 * (big-endian). The root is the first node's hash, and a 32-byte reference that is all 0xff stands
 * for the hash of the next node: so the fuzzer gets below the root. */
#include <causeway/mpt.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>

#define NODES_MAX 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Puts real hashes where placeholders stand, from the last node up. */
static void bind_nodes(uint8_t *bytes, const size_t *at, const size_t *n, size_t n_nodes) {
    static const uint8_t placeholder[32] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                            0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    for (size_t i = n_nodes; i-- > 1;) {
        struct cw_hash32 hash;
        cw_keccak256(&hash, cw_slice_of(bytes + at[i], n[i]));
        for (size_t j = 0; n[i - 1] >= 32 && j <= n[i - 1] - 32; j++) {
            if (memcmp(bytes + at[i - 1] + j, placeholder, 32) == 0) {
                memcpy(bytes + at[i - 1] + j, hash.b, 32);
            }
        }
    }
}

/* The ways to ask must agree with one another. */
static void check(const struct cw_hash32 *root, struct cw_slice key, const struct cw_slice *nodes,
                  size_t n_nodes, enum cw_mpt_form form) {
    bool present = false;
    struct cw_slice value = {NULL, 0};
    bool valid = cw_mpt_get(&present, &value, root, key, nodes, n_nodes, form).verdict == CW_VALID;
    bool absent = cw_mpt_verify_exclusion(root, key, nodes, n_nodes, form).verdict == CW_VALID;
    assert(absent == (valid && !present));
    struct cw_mpt_extra extra;
    if (!valid || !present) {
        struct cw_slice any = CW_LITERAL("\x01");
        assert(cw_mpt_verify_inclusion(root, key, any, nodes, n_nodes, form).verdict == CW_INVALID);
        return;
    }
    assert(value.n > 0);
    assert(cw_mpt_verify_inclusion(root, key, value, nodes, n_nodes, form).verdict == CW_VALID);
    assert(cw_mpt_verify_inclusion(root, key, value, nodes, n_nodes - 1, form).verdict ==
           CW_INVALID);
    assert(cw_mpt_to_contract_form(&extra, root, key, value, nodes, n_nodes).verdict == CW_VALID);
    struct cw_slice listed[NODES_MAX + CW_MPT_EXTRA_MAX];
    memcpy(listed, nodes, n_nodes * sizeof(*nodes));
    memcpy(listed + n_nodes, extra.node, extra.n * sizeof(*nodes));
    assert(
        cw_mpt_verify_inclusion(root, key, value, listed, n_nodes + extra.n, CW_MPT_FORM_CONTRACT)
            .verdict == CW_VALID);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size - 2 < data[1]) {
        return 0;
    }
    enum cw_mpt_form form = data[0] % 2 == 0 ? CW_MPT_FORM_NODE : CW_MPT_FORM_CONTRACT;
    uint8_t *bytes = malloc(size);
    assert(bytes != NULL);
    memcpy(bytes, data, size);
    struct cw_slice key = cw_slice_of(bytes + 2, data[1]);
    size_t at[NODES_MAX], n[NODES_MAX], n_nodes = 0;
    for (size_t i = 2 + (size_t)data[1]; n_nodes < NODES_MAX && size - i >= 2; n_nodes++) {
        size_t length = (size_t)data[i] << 8 | data[i + 1];
        i += 2;
        at[n_nodes] = i;
        n[n_nodes] = length < size - i ? length : size - i;
        i += n[n_nodes];
    }
    bind_nodes(bytes, at, n, n_nodes);
    struct cw_slice nodes[NODES_MAX];
    struct cw_hash32 root = CW_EMPTY_TRIE_ROOT;
    for (size_t i = 0; i < n_nodes; i++) {
        nodes[i] = cw_slice_of(bytes + at[i], n[i]);
    }
    if (n_nodes > 0) {
        cw_keccak256(&root, nodes[0]);
    }
    check(&root, key, nodes, n_nodes, form);
    free(bytes);
    return 0;
}
