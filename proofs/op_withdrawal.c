#include <causeway/op_withdrawal.h>

#include <string.h>

#include <causeway/keccak.h>

const struct cw_addr20 CW_OP_MESSAGE_PASSER = {{0x42, [19] = 0x16}};

static const uint8_t leaf_true[] = {0x01};
const struct cw_slice CW_OP_WITHDRAWAL_LEAF = {leaf_true, sizeof(leaf_true)};

enum cw_err cw_op_withdrawal_hash(struct cw_hash32 *ret_hash,
                                  const struct cw_op_withdrawal *withdrawal) {
    if (withdrawal->data.n > CW_OP_WITHDRAWAL_DATA_MAX) {
        return CW_ERR_LIMIT;
    }
    /* Six words of head, the last one the offset of data, and the length of data. */
    uint8_t head[7][32];
    memset(head, 0, sizeof(head));
    cw_u256_to_be(head[0], &withdrawal->nonce);
    memcpy(head[1] + 12, withdrawal->sender.b, 20);
    memcpy(head[2] + 12, withdrawal->target.b, 20);
    cw_u256_to_be(head[3], &withdrawal->value.v);
    cw_u256_to_be(head[4], &withdrawal->gas_limit);
    const struct cw_u256 offset = cw_u256_from_u64(UINT64_C(6) * 32);
    const struct cw_u256 length = cw_u256_from_u64(withdrawal->data.n);
    cw_u256_to_be(head[5], &offset);
    cw_u256_to_be(head[6], &length);

    static const uint8_t zeros[32];
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(head, sizeof(head)));
    cw_keccak_update(&hash, withdrawal->data);
    cw_keccak_update(&hash, cw_slice_of(zeros, (32 - withdrawal->data.n % 32) % 32));
    cw_keccak_final(ret_hash, &hash);
    return CW_OK;
}

void cw_op_withdrawal_slot(struct cw_hash32 *out, const struct cw_hash32 *withdrawal_hash) {
    /* sentMessages is the mapping in slot 0. */
    static const uint8_t mapping[32];
    cw_keccak256_pair(out, cw_slice_of(withdrawal_hash->b, sizeof(withdrawal_hash->b)),
                      cw_slice_of(mapping, sizeof(mapping)));
}

void cw_op_withdrawal_key(struct cw_hash32 *out, const struct cw_hash32 *withdrawal_hash) {
    struct cw_hash32 slot;
    cw_op_withdrawal_slot(&slot, withdrawal_hash);
    cw_storage_key(out, &slot);
}

void cw_op_output_root(struct cw_hash32 *out, const struct cw_op_output *output) {
    uint8_t preimage[4][32];
    memcpy(preimage[0], output->version.b, 32);
    memcpy(preimage[1], output->state_root.b, 32);
    memcpy(preimage[2], output->passer_storage_root.b, 32);
    memcpy(preimage[3], output->block_hash.b, 32);
    cw_keccak256(out, cw_slice_of(preimage, sizeof(preimage)));
}

static struct cw_judgement verify_sent(const struct cw_hash32 *passer_storage_root,
                                       const struct cw_hash32 *withdrawal_hash,
                                       const struct cw_slice *nodes, size_t n_nodes,
                                       enum cw_mpt_form form) {
    struct cw_hash32 key;
    cw_op_withdrawal_key(&key, withdrawal_hash);
    return cw_mpt_verify_inclusion(passer_storage_root, cw_slice_of(key.b, sizeof(key.b)),
                                   CW_OP_WITHDRAWAL_LEAF, nodes, n_nodes, form);
}

struct cw_judgement cw_op_withdrawal_verify(const struct cw_hash32 *output_root,
                                            const struct cw_op_output *output,
                                            const struct cw_hash32 *withdrawal_hash,
                                            const struct cw_slice *nodes, size_t n_nodes,
                                            enum cw_mpt_form form) {
    if (!cw_hash32_is_zero(&output->version)) {
        return cw_invalid(CW_OP_R_VERSION);
    }
    struct cw_hash32 root;
    cw_op_output_root(&root, output);
    if (!cw_hash32_equal(&root, output_root)) {
        return cw_invalid(CW_OP_R_OUTPUT);
    }
    return verify_sent(&output->passer_storage_root, withdrawal_hash, nodes, n_nodes, form);
}

/* The last step of both ways to an output: what is known becomes the result. */
static void give_output(struct cw_op_output *ret_output, struct cw_hash32 *ret_output_root,
                        const struct cw_hash32 *block_hash, const struct cw_header *header,
                        const struct cw_hash32 *passer_storage_root) {
    const struct cw_op_output output = {.state_root = header->state_root,
                                        .passer_storage_root = *passer_storage_root,
                                        .block_hash = *block_hash};
    if (ret_output != NULL) {
        *ret_output = output;
    }
    if (ret_output_root != NULL) {
        cw_op_output_root(ret_output_root, &output);
    }
}

/* Block hash → header → state root → the message passer's storage root. */
static struct cw_judgement verify_passer(struct cw_hash32 *ret_storage_root,
                                         const struct cw_hash32 *block_hash,
                                         const struct cw_header *header,
                                         const struct cw_slice *nodes, size_t n_nodes) {
    if (cw_header_verify(block_hash, header).verdict != CW_VALID) {
        return cw_invalid(CW_OP_R_HEADER);
    }
    struct cw_account passer;
    bool present;
    struct cw_judgement judgement = cw_account_verify(&passer, &present, &header->state_root,
                                                      &CW_OP_MESSAGE_PASSER, nodes, n_nodes);
    if (judgement.verdict != CW_VALID) {
        return judgement;
    }
    if (!present) {
        return cw_invalid(CW_OP_R_PASSER);
    }
    *ret_storage_root = passer.storage_root;
    return judgement;
}

struct cw_judgement
cw_op_output_derive(struct cw_op_output *ret_output, struct cw_hash32 *ret_output_root,
                    const struct cw_hash32 *block_hash, const struct cw_header *header,
                    const struct cw_slice *account_nodes, size_t n_account_nodes) {
    struct cw_hash32 storage_root;
    struct cw_judgement judgement = verify_passer(&storage_root, block_hash, header, account_nodes,
                                                  n_account_nodes);
    if (judgement.verdict == CW_VALID) {
        give_output(ret_output, ret_output_root, block_hash, header, &storage_root);
    }
    return judgement;
}

struct cw_judgement cw_op_output_from_header(struct cw_op_output *ret_output,
                                             struct cw_hash32 *ret_output_root,
                                             const struct cw_hash32 *block_hash,
                                             const struct cw_header *header) {
    if (cw_header_verify(block_hash, header).verdict != CW_VALID) {
        return cw_invalid(CW_OP_R_HEADER);
    }
    if (!cw_header_has(header, CW_HEADER_WITHDRAWALS_ROOT)) {
        return cw_invalid(CW_OP_R_WITHDRAWALS_ROOT);
    }
    give_output(ret_output, ret_output_root, block_hash, header, &header->withdrawals_root);
    return cw_valid();
}

struct cw_judgement
cw_op_withdrawal_verify_chain(struct cw_op_output *ret_output, struct cw_hash32 *ret_output_root,
                              const struct cw_hash32 *block_hash, const struct cw_header *header,
                              const struct cw_slice *account_nodes, size_t n_account_nodes,
                              const struct cw_hash32 *withdrawal_hash,
                              const struct cw_slice *storage_nodes, size_t n_storage_nodes,
                              enum cw_mpt_form form) {
    struct cw_hash32 storage_root;
    struct cw_judgement judgement = verify_passer(&storage_root, block_hash, header, account_nodes,
                                                  n_account_nodes);
    if (judgement.verdict == CW_VALID) {
        judgement = verify_sent(&storage_root, withdrawal_hash, storage_nodes, n_storage_nodes,
                                form);
    }
    if (judgement.verdict == CW_VALID) {
        give_output(ret_output, ret_output_root, block_hash, header, &storage_root);
    }
    return judgement;
}
