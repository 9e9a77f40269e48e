#include <causeway/nitro.h>

#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/merkle_tree.h>
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

static void cw_nitro_inbox_accumulate__message__hash_of_the_packed_fields(void **state) {
    (void)state;
    const struct cw_nitro_inbox_message message = {.kind = 9,
                                                   .sender = {{0xaa, [19] = 1}},
                                                   .block = {0x0102030405060708},
                                                   .timestamp_s = 0x1112131415161718,
                                                   .number = {{5, 0, 0, 0}},
                                                   .base_fee = {{{7, 0, 0, 1}}},
                                                   .data_hash = {{0xdd}}};
    const struct cw_hash32 before = {{0xbe}};
    uint8_t packed[1 + 20 + 8 + 8 + 3 * 32] = {
        9, 0xaa, [20] = 1, 1, 2, 3, 4, 5, 6, 7, 8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18};
    packed[37 + 31] = 5;
    packed[69 + 7] = 1; /* bit 192 */
    packed[69 + 31] = 7;
    packed[101] = 0xdd;
    struct cw_hash32 own, expected, after;
    cw_keccak256(&own, cw_slice_of(packed, sizeof(packed)));
    cw_keccak256_pair(&expected, cw_slice_of(before.b, 32), cw_slice_of(own.b, 32));
    cw_nitro_inbox_accumulate(&after, &before, &message);
    assert_hash(after, expected);
}

/* --- proofs from the logs of ArbSys --------------------------------------------------------- */

#define SENDS    70
#define LOGS_MAX (2 * SENDS)

/* What ArbSys leaves: L2ToL1Tx with the item, SendMerkleUpdate with each node above it. */
struct arbsys {
    struct {
        struct cw_u256 position; /* level << 192 | the last leaf of the subtree */
        struct cw_hash32 hash;   /* at level 0 the item, above the node */
    } logs[LOGS_MAX];
    size_t n_logs;
    uint64_t size;
    struct cw_hash32 partials[8]; /* zero: none */
    unsigned reads;
};

static struct cw_u256 position_of(unsigned level, uint64_t last_leaf) {
    return (struct cw_u256){{last_leaf, 0, 0, level}};
}

static void arbsys_log(struct arbsys *sys, unsigned level, struct cw_hash32 hash) {
    assert_in_range(sys->n_logs, 0, LOGS_MAX - 1);
    sys->logs[sys->n_logs].position = position_of(level, sys->size);
    sys->logs[sys->n_logs++].hash = hash;
}

static void arbsys_send(struct arbsys *sys, const struct cw_nitro_message *message) {
    struct cw_hash32 hash;
    unsigned level = 0;
    cw_nitro_item_hash(&hash, message);
    arbsys_log(sys, 0, hash);
    cw_keccak256(&hash, cw_slice_of(hash.b, 32));
    for (; !cw_hash32_is_zero(&sys->partials[level]); level++) {
        cw_keccak256_pair(&hash, cw_slice_of(sys->partials[level].b, 32), cw_slice_of(hash.b, 32));
        memset(&sys->partials[level], 0, sizeof(sys->partials[level]));
        arbsys_log(sys, level + 1, hash);
    }
    sys->partials[level] = hash;
    sys->size++;
}

/* The send root: from the lowest partial up, the smaller one on the right, brought to the height of
 * the other with zeros. */
static struct cw_hash32 arbsys_root(const struct arbsys *sys) {
    static const struct cw_hash32 zero;
    struct cw_hash32 root = zero;
    unsigned height = 0;
    for (unsigned level = 0; level < CW_COUNT(sys->partials); level++) {
        if (cw_hash32_is_zero(&sys->partials[level])) {
            continue;
        }
        if (cw_hash32_is_zero(&root)) {
            root = sys->partials[level];
            height = level;
            continue;
        }
        for (; height < level; height++) {
            cw_merkle_parent(&root, &root, &zero);
        }
        cw_merkle_parent(&root, &sys->partials[level], &root);
        height++;
    }
    return root;
}

static enum cw_err read_logs(void *ctx, struct cw_hash32 *ret_hash, unsigned level,
                             uint64_t index) {
    struct arbsys *sys = ctx;
    const struct cw_u256 wanted = position_of(level, ((index + 1) << level) - 1);
    sys->reads++;
    for (size_t i = 0; i < sys->n_logs; i++) {
        if (cw_u256_cmp(&sys->logs[i].position, &wanted) != 0) {
            continue;
        }
        *ret_hash = sys->logs[i].hash;
        if (level == 0) {
            cw_keccak256(ret_hash, cw_slice_of(ret_hash->b, 32));
        }
        return CW_OK;
    }
    return CW_ERR_BEHIND;
}

static void cw_merkle_prove__logs_of_arbsys__every_message_at_every_past_size(void **state) {
    (void)state;
    static const struct cw_hash32 zero;
    static struct arbsys sys;
    static struct cw_nitro_message messages[SENDS];
    static struct cw_hash32 roots[SENDS + 1];
    const struct cw_merkle_store store = {read_logs, &sys};
    struct cw_merkle_shape shape;
    memset(&sys, 0, sizeof(sys));
    assert_int_equal(
        cw_merkle_shape_init(&shape, CW_MERKLE_EMPTY_SAME, &zero, 0, CW_MERKLE_DEPTH_MAX), CW_OK);
    for (uint64_t i = 0; i < SENDS; i++) {
        messages[i] = (struct cw_nitro_message){.to = {{(uint8_t)(i + 1)}},
                                                .l2_block = cw_u256_from_u64(i / 3)};
        arbsys_send(&sys, &messages[i]);
        roots[i + 1] = arbsys_root(&sys);
    }
    for (uint64_t size = 1; size <= SENDS; size++) {
        struct cw_hash32 root;
        assert_int_equal(cw_merkle_root_from_store(&root, &shape, size, &store), CW_OK);
        assert_hash(root, roots[size]);
        for (uint64_t index = 0; index < size; index++) {
            struct cw_merkle_proof proof;
            struct cw_hash32 leaf;
            const struct cw_u256 wide = cw_u256_from_u64(index);
            cw_nitro_leaf(&leaf, &messages[index]);
            sys.reads = 0;
            assert_int_equal(
                cw_merkle_prove(&proof, &shape, &roots[size], size, index, &leaf, &store), CW_OK);
            assert_in_range(sys.reads, 0, 2 * proof.depth);
            assert_valid(cw_nitro_outbox_verify(&roots[size], &messages[index], &wide, proof.path,
                                                proof.depth));
        }
    }
}

static struct cw_header header_of_nitro(void) {
    struct cw_header header;
    memset(&header, 0, sizeof(header));
    header.present = CW_HEADER_BASE_FEE;
    header.base_fee = cw_u256_from_u64(100000000);
    header.difficulty = cw_u256_from_u64(1);
    header.extra_n = 32;
    for (uint8_t i = 0; i < 32; i++) {
        header.extra[i] = (uint8_t)(0xa0 + i);
        header.mix_hash.b[i] = (uint8_t)(i + 1);
    }
    return header;
}

static void cw_nitro_header_sends__header_of_a_rollup__root_count_and_versions(void **state) {
    (void)state;
    const struct cw_header header = header_of_nitro();
    struct cw_nitro_sends sends;
    assert_true(cw_nitro_header_sends(&sends, &header));
    assert_memory_equal(sends.root.b, header.extra, 32);
    assert_true(sends.count == UINT64_C(0x0102030405060708));
    assert_true(sends.l1_block == UINT64_C(0x090a0b0c0d0e0f10));
    assert_true(sends.arbos_version == UINT64_C(0x1112131415161718));
}

static void cw_nitro_header_sends__any_other_header__none(void **state) {
    (void)state;
    struct cw_nitro_sends sends, untouched;
    memset(&sends, 0x5a, sizeof(sends));
    untouched = sends;
    for (int i = 0; i < 5; i++) {
        struct cw_header header = header_of_nitro();
        switch (i) {
        case 0:
            header.present = 0;
            break;
        case 1:
            header.base_fee = cw_u256_from_u64(0);
            break;
        case 2:
            header.extra_n = 31;
            break;
        case 3:
            header.extra_n = 33;
            break;
        default:
            header.difficulty = cw_u256_from_u64(2);
        }
        assert_false(cw_nitro_header_sends(&sends, &header));
        assert_memory_equal(&sends, &untouched, sizeof(sends));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_nitro_retryable_id__data_of_every_shape__hash_of_the_canonical_rlp),
        cmocka_unit_test(cw_nitro_deposit_hash__largest_and_smallest_fields__canonical),
        cmocka_unit_test(cw_nitro_outbox_verify__message_alone_in_its_tree__leaf_is_the_root),
        cmocka_unit_test(cw_nitro_inbox_accumulate__message__hash_of_the_packed_fields),
        cmocka_unit_test(cw_merkle_prove__logs_of_arbsys__every_message_at_every_past_size),
        cmocka_unit_test(cw_nitro_header_sends__header_of_a_rollup__root_count_and_versions),
        cmocka_unit_test(cw_nitro_header_sends__any_other_header__none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
