#include <causeway/op_withdrawal.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "vectors.h"

/* A rollup block with one withdrawal: both tries have a single leaf. */
struct world {
    struct cw_hash32 withdrawal_hash;
    uint8_t storage_leaf[128];
    uint8_t account_leaf[256];
    struct cw_slice storage_node;
    struct cw_slice account_node;
    struct cw_header header;
    struct cw_hash32 block_hash;
    struct cw_op_output output;
    struct cw_hash32 output_root;
};

static struct cw_slice put_leaf(uint8_t *out, size_t capacity, const struct cw_hash32 *key,
                                struct cw_slice value) {
    uint8_t path[33] = {0x20};
    memcpy(path + 1, key->b, 32);
    struct cw_rlp_out rlp = cw_rlp_out_to(out, capacity);
    cw_rlp_put_string(&rlp, cw_slice_of(path, sizeof(path)));
    cw_rlp_put_string(&rlp, value);
    cw_rlp_list_end(&rlp, 0);
    assert_false(rlp.failed);
    return cw_slice_of(out, rlp.n);
}

static const struct cw_op_withdrawal withdrawal = {.nonce = {{5, 0, 0, UINT64_C(1) << 48}},
                                                   .sender = {{1}},
                                                   .target = {{2}},
                                                   .value = {{{3, 0, 0, 0}}},
                                                   .gas_limit = {{21000, 0, 0, 0}},
                                                   .data = {(const uint8_t *)"some data", 9}};

static struct world *make_world(const struct cw_addr20 *passer) {
    static struct world w;
    memset(&w, 0, sizeof(w));
    assert_int_equal(cw_op_withdrawal_hash(&w.withdrawal_hash, &withdrawal), CW_OK);
    struct cw_hash32 key;
    cw_op_withdrawal_key(&key, &w.withdrawal_hash);
    w.storage_node = put_leaf(w.storage_leaf, sizeof(w.storage_leaf), &key, CW_OP_WITHDRAWAL_LEAF);

    uint8_t account[128];
    struct cw_rlp_out rlp = cw_rlp_out_to(account, sizeof(account));
    cw_keccak256(&w.output.passer_storage_root, w.storage_node);
    cw_rlp_put_u64(&rlp, 1);
    cw_rlp_put_u64(&rlp, 1000);
    cw_rlp_put_hash32(&rlp, &w.output.passer_storage_root);
    cw_rlp_put_hash32(&rlp, &CW_KECCAK_EMPTY);
    cw_rlp_list_end(&rlp, 0);
    cw_keccak256(&key, cw_slice_of(passer->b, sizeof(passer->b)));
    w.account_node = put_leaf(w.account_leaf, sizeof(w.account_leaf), &key,
                              cw_slice_of(account, rlp.n));

    cw_keccak256(&w.output.state_root, w.account_node);
    w.header.state_root = w.output.state_root;
    w.header.number.v = 99;
    w.header.present = CW_HEADER_BASE_FEE | CW_HEADER_WITHDRAWALS_ROOT;
    w.header.withdrawals_root = w.output.passer_storage_root;
    assert_int_equal(cw_header_hash(&w.block_hash, &w.header), CW_OK);
    w.output.block_hash = w.block_hash;
    cw_op_output_root(&w.output_root, &w.output);
    return &w;
}

static struct cw_judgement verify_chain(const struct world *w, struct cw_op_output *output,
                                        struct cw_hash32 *root) {
    return cw_op_withdrawal_verify_chain(output, root, &w->block_hash, &w->header, &w->account_node,
                                         1, &w->withdrawal_hash, &w->storage_node, 1,
                                         CW_MPT_FORM_NODE);
}

static void cw_op_withdrawal_verify_chain__honest_block__valid_with_its_output(void **state) {
    (void)state;
    struct world *w = make_world(&CW_OP_MESSAGE_PASSER);
    struct cw_op_output output;
    struct cw_hash32 root;
    assert_valid(verify_chain(w, &output, &root));
    assert_hash(root, w->output_root);
    assert_memory_equal(&output, &w->output, sizeof(output));
    assert_valid(verify_chain(w, NULL, NULL));
    assert_valid(cw_op_withdrawal_verify(&root, &output, &w->withdrawal_hash, &w->storage_node, 1,
                                         CW_MPT_FORM_NODE));
    memset(&output, 0, sizeof(output));
    memset(&root, 0, sizeof(root));
    assert_valid(
        cw_op_output_derive(&output, &root, &w->block_hash, &w->header, &w->account_node, 1));
    assert_hash(root, w->output_root);
    assert_memory_equal(&output, &w->output, sizeof(output));
    memset(&root, 0, sizeof(root));
    assert_valid(cw_op_output_from_header(&output, &root, &w->block_hash, &w->header));
    assert_hash(root, w->output_root);
}

static void cw_op_withdrawal_verify_chain__anything_changed__invalid_and_no_output(void **state) {
    (void)state;
    struct world *w = make_world(&CW_OP_MESSAGE_PASSER);
    struct cw_hash32 root = {{0x77}};
    uint8_t *const parts[] = {w->withdrawal_hash.b,    w->block_hash.b, w->header.state_root.b,
                              w->header.parent_hash.b, w->storage_leaf, w->account_leaf};
    const size_t sizes[] = {32, 32, 32, 32, w->storage_node.n, w->account_node.n};
    for (size_t i = 0; i < CW_COUNT(parts); i++) {
        for (size_t j = 0; j < sizes[i]; j++) {
            parts[i][j] ^= 0x20;
            assert_invalid(verify_chain(w, NULL, &root));
            parts[i][j] ^= 0x20;
        }
    }
    assert_int_equal(root.b[0], 0x77);
    assert_valid(verify_chain(w, NULL, NULL));
    w->header.number.v++;
    assert_reason(verify_chain(w, NULL, &root), CW_OP_R_HEADER);
    assert_reason(cw_op_output_derive(NULL, &root, &w->block_hash, &w->header, &w->account_node, 1),
                  CW_OP_R_HEADER);
    assert_reason(cw_op_output_from_header(NULL, &root, &w->block_hash, &w->header),
                  CW_OP_R_HEADER);
}

static void cw_op_withdrawal_verify__output__checked(void **state) {
    (void)state;
    struct world *w = make_world(&CW_OP_MESSAGE_PASSER);
    w->output.version.b[31] = 1;
    cw_op_output_root(&w->output_root, &w->output);
    assert_reason(cw_op_withdrawal_verify(&w->output_root, &w->output, &w->withdrawal_hash,
                                          &w->storage_node, 1, CW_MPT_FORM_NODE),
                  CW_OP_R_VERSION);
    w->output.version.b[31] = 0;
    assert_reason(cw_op_withdrawal_verify(&w->output_root, &w->output, &w->withdrawal_hash,
                                          &w->storage_node, 1, CW_MPT_FORM_NODE),
                  CW_OP_R_OUTPUT);
}

static void cw_op_output_derive__no_message_passer__invalid(void **state) {
    (void)state;
    const struct cw_addr20 other = {{9}};
    struct world *w = make_world(&other);
    struct cw_hash32 root;
    assert_reason(verify_chain(w, NULL, &root), CW_OP_R_PASSER);
    assert_reason(cw_op_output_derive(NULL, &root, &w->block_hash, &w->header, &w->account_node, 1),
                  CW_OP_R_PASSER);
    assert_reason(cw_op_output_derive(NULL, &root, &w->block_hash, &w->header, NULL, 0),
                  CW_MPT_R_TOO_FEW);
    w->header.present = CW_HEADER_BASE_FEE;
    assert_int_equal(cw_header_hash(&w->block_hash, &w->header), CW_OK);
    assert_reason(cw_op_output_from_header(NULL, &root, &w->block_hash, &w->header),
                  CW_OP_R_WITHDRAWALS_ROOT);
}

static void cw_op_withdrawal_hash__data_sizes__each_its_own_and_capped(void **state) {
    (void)state;
    static const uint8_t data[CW_OP_WITHDRAWAL_DATA_MAX + 1];
    struct cw_hash32 hash, before = {{0}};
    struct cw_op_withdrawal w = withdrawal;
    for (size_t n = 0; n < 70; n++) {
        w.data = cw_slice_of(data, n);
        assert_int_equal(cw_op_withdrawal_hash(&hash, &w), CW_OK);
        assert_false(cw_hash32_equal(&hash, &before));
        before = hash;
    }
    w.data = cw_slice_of(data, CW_OP_WITHDRAWAL_DATA_MAX);
    assert_int_equal(cw_op_withdrawal_hash(&hash, &w), CW_OK);
    w.data = cw_slice_of(data, sizeof(data));
    assert_int_equal(cw_op_withdrawal_hash(&hash, &w), CW_ERR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_op_withdrawal_verify_chain__honest_block__valid_with_its_output),
        cmocka_unit_test(cw_op_withdrawal_verify_chain__anything_changed__invalid_and_no_output),
        cmocka_unit_test(cw_op_withdrawal_verify__output__checked),
        cmocka_unit_test(cw_op_output_derive__no_message_passer__invalid),
        cmocka_unit_test(cw_op_withdrawal_hash__data_sizes__each_its_own_and_capped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
