#include "mpt_proofs.h"

#include <string.h>

struct cw_judgement mpt_proof_judge(const struct mpt_proof *proof) {
    if (proof->value.n == 0) {
        return cw_mpt_verify_exclusion(&proof->root, proof->key, proof->nodes, proof->n,
                                       proof->form);
    }
    return cw_mpt_verify_inclusion(&proof->root, proof->key, proof->value, proof->nodes, proof->n,
                                   proof->form);
}

struct mpt_proof mpt_proof_read(const cJSON *at, struct cw_hash32 root) {
    struct mpt_proof proof = {.root = root, .form = CW_MPT_FORM_NODE};
    proof.key = vec_bytes(at, "key");
    if (!cJSON_IsNull(vec_get(at, "value"))) {
        proof.value = vec_bytes(at, "value");
    }
    proof.nodes = vec_nodes(vec_get(at, "proof"), &proof.n);
    return proof;
}

struct mpt_proof mpt_proof_in_contract_form(const struct mpt_proof *proof,
                                            struct cw_mpt_extra *ret_extra) {
    assert_valid(cw_mpt_to_contract_form(ret_extra, &proof->root, proof->key, proof->value,
                                         proof->nodes, proof->n));
    struct mpt_proof listed = *proof;
    listed.form = CW_MPT_FORM_CONTRACT;
    listed.nodes = vec_alloc((proof->n + CW_MPT_EXTRA_MAX) * sizeof(*listed.nodes));
    memcpy(listed.nodes, proof->nodes, proof->n * sizeof(*listed.nodes));
    memcpy(listed.nodes + proof->n, ret_extra->node, ret_extra->n * sizeof(*listed.nodes));
    listed.n += ret_extra->n;
    return listed;
}
