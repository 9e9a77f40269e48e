#include <causeway/nitro.h>

#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/rlp.h>

#include "vectors.h"

/* The same transaction, encoded whole. */
static void encode_whole(struct cw_hash32 *out, const struct cw_nitro_retryable *r) {
    size_t capacity = r->data.n + 512;
    uint8_t *bytes = malloc(capacity);
    assert_non_null(bytes);
    struct cw_rlp_out rlp = cw_rlp_out_to(bytes, capacity);
    struct cw_hash32 number;
    cw_u256_to_be(number.b, &r->message_number);
    cw_rlp_put_raw(&rlp, CW_LITERAL("\x69"));
    size_t list = cw_rlp_list_begin(&rlp);
    cw_rlp_put_u64(&rlp, r->chain_id.v);
    cw_rlp_put_hash32(&rlp, &number);
    cw_rlp_put_addr20(&rlp, &r->sender);
    cw_rlp_put_u256(&rlp, &r->base_fee.v);
    cw_rlp_put_u256(&rlp, &r->deposit.v);
    cw_rlp_put_u256(&rlp, &r->max_fee.v);
    cw_rlp_put_u64(&rlp, r->gas_limit);
    cw_rlp_put_string(&rlp, cw_slice_of(r->to.b, cw_addr20_is_zero(&r->to) ? 0 : 20));
    cw_rlp_put_u256(&rlp, &r->call_value.v);
    cw_rlp_put_addr20(&rlp, &r->call_value_refund);
    cw_rlp_put_u256(&rlp, &r->max_submission_fee.v);
    cw_rlp_put_addr20(&rlp, &r->excess_fee_refund);
    cw_rlp_put_string(&rlp, r->data);
    cw_rlp_list_end(&rlp, list);
    assert_false(rlp.failed);
    assert_int_equal(cw_rlp_check(cw_slice_of(bytes + 1, rlp.n - 1)), CW_OK);
    cw_keccak256(out, cw_slice_of(bytes, rlp.n));
    free(bytes);
}

static void cw_nitro_retryable_id__data_of_every_shape__hash_of_the_canonical_rlp(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 54, 55, 56, 57, 135, 136, 255, 256, 65535, 65536};
    static const struct cw_u256 ends[] = {{{0, 0, 0, 0}},
                                          {{1, 0, 0, 0}},
                                          {{0x7f, 0, 0, 0}},
                                          {{0x80, 0, 0, 0}},
                                          {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}};
    uint8_t *data = malloc(65536);
    assert_non_null(data);
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        for (size_t j = 0; j < 256; j += sizes[i] == 1 ? 1 : 127) {
            memset(data, (int)j, 65536);
            for (size_t k = 0; k < CW_COUNT(ends); k++) {
                struct cw_nitro_retryable r = {
                    .chain_id = {ends[k].limb[0]},
                    .message_number = ends[k],
                    .sender = {{1}},
                    .base_fee = {ends[k]},
                    .deposit = {ends[k]},
                    .max_fee = {ends[k]},
                    .gas_limit = ends[k].limb[0],
                    .to = {{(uint8_t)k}},
                    .call_value = {ends[k]},
                    .max_submission_fee = {ends[k]},
                    .data = cw_slice_of(sizes[i] == 0 ? NULL : data, sizes[i])};
                struct cw_hash32 id, expected;
                cw_nitro_retryable_id(&id, &r);
                encode_whole(&expected, &r);
                assert_hash(id, expected);
            }
        }
    }
    free(data);
}

static void cw_nitro_deposit_hash__largest_and_smallest_fields__canonical(void **state) {
    (void)state;
    static const struct cw_u256 ends[] = {{{0, 0, 0, 0}},
                                          {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}}};
    for (size_t i = 0; i < CW_COUNT(ends); i++) {
        struct cw_nitro_deposit deposit = {.chain_id = {ends[i].limb[0]},
                                           .message_number = ends[i],
                                           .sender = {{2}},
                                           .value = {ends[i]}};
        uint8_t bytes[256];
        struct cw_rlp_out rlp = cw_rlp_out_to(bytes, sizeof(bytes));
        struct cw_hash32 number, hash, expected;
        cw_u256_to_be(number.b, &ends[i]);
        cw_rlp_put_raw(&rlp, CW_LITERAL("\x64"));
        cw_rlp_put_u64(&rlp, deposit.chain_id.v);
        cw_rlp_put_hash32(&rlp, &number);
        cw_rlp_put_addr20(&rlp, &deposit.sender);
        cw_rlp_put_addr20(&rlp, &deposit.to); /* zero too: a deposit has a receiver */
        cw_rlp_put_u256(&rlp, &deposit.value.v);
        cw_rlp_list_end(&rlp, 1);
        cw_keccak256(&expected, cw_slice_of(bytes, rlp.n));
        cw_nitro_deposit_hash(&hash, &deposit);
        assert_hash(hash, expected);
    }
}

static void cw_nitro_outbox_verify__message_alone_in_its_tree__leaf_is_the_root(void **state) {
    (void)state;
    const struct cw_nitro_message message = {.to = {{7}}, .data = CW_LITERAL("call")};
    const struct cw_u256 index = {{0, 0, 0, 0}}, next = {{1, 0, 0, 0}};
    struct cw_hash32 item, leaf;
    cw_nitro_item_hash(&item, &message);
    cw_nitro_leaf(&leaf, &message);
    assert_valid(cw_nitro_outbox_verify(&leaf, &message, &index, NULL, 0));
    assert_reason(cw_nitro_outbox_verify(&leaf, &message, &next, NULL, 0), CW_MERKLE_R_INDEX);
    /* The item is not the leaf. */
    assert_reason(cw_nitro_outbox_verify(&item, &message, &index, NULL, 0), CW_MERKLE_R_ROOT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_nitro_retryable_id__data_of_every_shape__hash_of_the_canonical_rlp),
        cmocka_unit_test(cw_nitro_deposit_hash__largest_and_smallest_fields__canonical),
        cmocka_unit_test(cw_nitro_outbox_verify__message_alone_in_its_tree__leaf_is_the_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
