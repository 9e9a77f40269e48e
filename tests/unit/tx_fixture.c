#include "tx_fixture.h"

const struct cw_secret32 tx_secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                       0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                       0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                       0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};
const struct cw_addr20 tx_account = {{0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88, 0xf6, 0xf4, 0xce,
                                      0x6a, 0xb8, 0x82, 0x72, 0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66}};

static const struct cw_hash32 access_keys[2] = {{{1}}, {{2}}};
const struct cw_access_entry tx_access_list[2] = {{{{0x42}}, access_keys, 2}, {{{0x43}}, NULL, 0}};
const struct cw_hash32 tx_blob_hashes[2] = {{{1, 0xaa}}, {{1}}};
const struct cw_authorization tx_authorizations[2] = {
    {.chain_id = {{31337}},
     .address = {{0x55}},
     .nonce = 8,
     .y_parity = 1,
     .r = {{0xcb, 0x0a, 0x5c, 0x11, 0x90, 0xf5, 0xc5, 0x53, 0xdd, 0x00, 0xc8,
            0x41, 0xc5, 0xdb, 0x71, 0x6c, 0xe3, 0xbc, 0x88, 0x0b, 0xda, 0x5d,
            0x16, 0x87, 0xc9, 0x94, 0x99, 0x7e, 0xde, 0xc4, 0x6a, 0xb3}},
     .s = {{0x3f, 0xdb, 0xa2, 0x35, 0x7c, 0x8e, 0x92, 0xa5, 0xb0, 0xff, 0xa4,
            0x6b, 0x2a, 0xaf, 0xaf, 0xb8, 0x24, 0xc2, 0xe7, 0x6e, 0x2c, 0x5d,
            0xc1, 0x27, 0x56, 0x3a, 0xfb, 0xc3, 0xa9, 0x33, 0x73, 0x09}}},
    {.y_parity = 1,
     .r = {{0x70, 0xb4, 0x37, 0xfd, 0x41, 0xdc, 0xa9, 0xa1, 0x71, 0x99, 0xda,
            0x4c, 0x83, 0x6d, 0x90, 0x39, 0x5d, 0x10, 0xec, 0x5f, 0x50, 0xab,
            0x84, 0x8e, 0x50, 0xa7, 0x16, 0x74, 0x97, 0x3c, 0xeb, 0xfd}},
     .s = {{0x21, 0xa5, 0x80, 0x6d, 0x6b, 0x45, 0x8b, 0x14, 0x98, 0x2e, 0x28,
            0x7a, 0xdf, 0x38, 0x5f, 0xd6, 0x4b, 0xcf, 0xca, 0xc3, 0x4a, 0xbe,
            0xb1, 0x01, 0xcb, 0x67, 0x2d, 0x40, 0x09, 0x7a, 0xa4, 0x37}}},
};

static const uint8_t seed[32] = {1, 2, 3};

int tx_set_up(void **state) {
    static struct tx_fixture fixture;
    fixture.curve = cw_curve_new(seed);
    cw_arena_init(&fixture.arena, 1 << 20);
    *state = &fixture;
    return fixture.curve == NULL;
}

int tx_tear_down(void **state) {
    struct tx_fixture *fixture = *state;
    cw_curve_free(fixture->curve);
    cw_arena_done(&fixture->arena);
    return 0;
}

struct cw_tx tx_sample(enum cw_tx_type type) {
    struct cw_tx tx = {.type = type,
                       .gas_limit = 21000,
                       .has_to = true,
                       .to = {{0x70, 0x99}},
                       .value = {cw_u256_from_u64(1)},
                       .data = CW_LITERAL("\x01\x02\x03")};
    if (type == CW_TX_DEPOSIT) {
        tx.source_hash = (struct cw_hash32){{0x5c}};
        tx.from = (struct cw_addr20){{0xf0}};
        tx.mint.v = cw_u256_from_u64(5);
        tx.is_system = true;
        return tx;
    }
    tx.chain_id.v = 31337;
    tx.nonce = 7;
    tx.max_fee.v = cw_u256_from_u64(2000000000);
    if (type != CW_TX_LEGACY) {
        tx.access_list = tx_access_list;
        tx.n_access_list = 2;
    }
    if (type >= CW_TX_DYNAMIC_FEE) {
        tx.max_tip.v = cw_u256_from_u64(1000000000);
    }
    if (type == CW_TX_BLOB) {
        tx.max_blob_fee.v = cw_u256_from_u64(3);
        tx.blob_hashes = tx_blob_hashes;
        tx.n_blob_hashes = 2;
    }
    if (type == CW_TX_SET_CODE) {
        tx.authorizations = tx_authorizations;
        tx.n_authorizations = 2;
    }
    return tx;
}

void tx_assert_same(const struct cw_tx *a, const struct cw_tx *b) {
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->chain_id.v, b->chain_id.v);
    assert_int_equal(a->nonce, b->nonce);
    assert_int_equal(a->gas_limit, b->gas_limit);
    assert_int_equal(cw_u256_cmp(&a->max_fee.v, &b->max_fee.v), 0);
    assert_int_equal(cw_u256_cmp(&a->max_tip.v, &b->max_tip.v), 0);
    assert_int_equal(cw_u256_cmp(&a->value.v, &b->value.v), 0);
    assert_int_equal(a->has_to, b->has_to);
    assert_true(!a->has_to || cw_addr20_equal(&a->to, &b->to));
    assert_true(cw_slice_equal(a->data, b->data));
    assert_int_equal(a->n_access_list, b->n_access_list);
    for (size_t i = 0; i < a->n_access_list; i++) {
        assert_true(cw_addr20_equal(&a->access_list[i].address, &b->access_list[i].address));
        assert_int_equal(a->access_list[i].n_keys, b->access_list[i].n_keys);
        for (size_t j = 0; j < a->access_list[i].n_keys; j++) {
            assert_hash(a->access_list[i].keys[j], b->access_list[i].keys[j]);
        }
    }
    assert_int_equal(cw_u256_cmp(&a->max_blob_fee.v, &b->max_blob_fee.v), 0);
    assert_int_equal(a->n_blob_hashes, b->n_blob_hashes);
    for (size_t i = 0; i < a->n_blob_hashes; i++) {
        assert_hash(a->blob_hashes[i], b->blob_hashes[i]);
    }
    assert_int_equal(a->n_authorizations, b->n_authorizations);
    for (size_t i = 0; i < a->n_authorizations; i++) {
        const struct cw_authorization *one = &a->authorizations[i], *other = &b->authorizations[i];
        assert_int_equal(cw_u256_cmp(&one->chain_id, &other->chain_id), 0);
        assert_true(cw_addr20_equal(&one->address, &other->address));
        assert_int_equal(one->nonce, other->nonce);
        assert_int_equal(one->y_parity, other->y_parity);
        assert_hash(one->r, other->r);
        assert_hash(one->s, other->s);
    }
    assert_hash(a->source_hash, b->source_hash);
    assert_true(cw_addr20_equal(&a->from, &b->from));
    assert_int_equal(cw_u256_cmp(&a->mint.v, &b->mint.v), 0);
    assert_int_equal(a->is_system, b->is_system);
}
