/* OP Stack deposits, super roots and message keys: what the vectors leave out. */
#include <causeway/op_deposit.h>

#include <string.h>

#include <causeway/abi.h>
#include <causeway/alias.h>
#include <causeway/keccak.h>
#include <causeway/op_interop.h>

#include "vectors.h"

/* --- deposits ------------------------------------------------------------------------------- */

struct deposit_log {
    struct cw_hash32 topics[4];
    size_t n_topics;
    uint8_t data[256];
    size_t data_n;
};

/* A deposit of version 0 whose opaque part is a head and "data". */
static struct deposit_log sample(void) {
    struct deposit_log log = {
        .topics = {CW_OP_TRANSACTION_DEPOSITED, {{[12] = 0xf0}}, {{[12] = 0x70}}, {{0}}},
        .n_topics = 4,
        .data_n = 64 + 96};
    log.data[31] = 32;
    log.data[63] = CW_OP_OPAQUE_HEAD + 4;
    log.data[64 + 31] = 1; /* mint */
    log.data[64 + 63] = 2; /* value */
    log.data[64 + 71] = 3; /* gas limit */
    memcpy(log.data + 64 + CW_OP_OPAQUE_HEAD, "data", 4);
    return log;
}

static enum cw_err decode(const struct deposit_log *log, struct cw_op_deposit *deposit) {
    return cw_op_deposit_decode(deposit, log->topics, log->n_topics,
                                cw_slice_of(log->data, log->data_n));
}

static void cw_op_deposit_decode__sample__its_fields(void **state) {
    (void)state;
    struct deposit_log log = sample();
    struct cw_op_deposit deposit;
    struct cw_hash32 topic;
    cw_event_topic(&topic, "TransactionDeposited(address,address,uint256,bytes)");
    assert_hash(topic, CW_OP_TRANSACTION_DEPOSITED);
    assert_int_equal(decode(&log, &deposit), CW_OK);
    assert_int_equal(deposit.from.b[0], 0xf0);
    assert_int_equal(deposit.to.b[0], 0x70);
    assert_int_equal(deposit.opaque.mint.v.limb[0], 1);
    assert_int_equal(deposit.opaque.value.v.limb[0], 2);
    assert_int_equal(deposit.opaque.gas_limit, 3);
    assert_false(deposit.opaque.is_creation);
    assert_true(cw_slice_equal(deposit.opaque.data, CW_LITERAL("data")));
}

static void cw_op_deposit_decode__other_logs__refused(void **state) {
    (void)state;
    struct cw_op_deposit deposit;
    struct deposit_log log = sample();
    log.n_topics = 3;
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    log = sample();
    log.topics[0].b[31] ^= 1;
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    for (size_t i = 1; i < 3; i++) {
        log = sample();
        log.topics[i].b[11] = 1; /* no address */
        assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    }
    log = sample();
    log.topics[3].b[31] = 1; /* version */
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    log = sample();
    log.data[64 + 72] = 2; /* mark of creation */
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    log = sample();
    log.data_n -= 32;
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    log = sample();
    log.data[63] = CW_OP_OPAQUE_HEAD - 1;
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
}

static void cw_op_deposit_decode__creation__without_a_recipient_only(void **state) {
    (void)state;
    struct cw_op_deposit deposit;
    struct deposit_log log = sample();
    log.data[64 + 72] = 1;
    assert_int_equal(decode(&log, &deposit), CW_ERR_INPUT);
    memset(&log.topics[2], 0, sizeof(log.topics[2]));
    assert_int_equal(decode(&log, &deposit), CW_OK);
    struct cw_tx tx;
    const struct cw_hash32 source_hash = {{1}};
    cw_op_deposit_tx(&tx, &deposit, &source_hash);
    assert_false(tx.has_to);
}

static void cw_op_opaque_decode__short_ones__refused(void **state) {
    (void)state;
    static const uint8_t bytes[CW_OP_OPAQUE_HEAD];
    struct cw_op_opaque opaque;
    for (size_t n = 0; n < sizeof(bytes); n++) {
        assert_int_equal(cw_op_opaque_decode(&opaque, cw_slice_of(bytes, n)), CW_ERR_INPUT);
    }
    assert_int_equal(cw_op_opaque_decode(&opaque, cw_slice_of(bytes, sizeof(bytes))), CW_OK);
    assert_int_equal(opaque.data.n, 0);
}

static void cw_op_deposit_hash__no_room__memory(void **state) {
    (void)state;
    struct cw_op_deposit deposit;
    struct deposit_log log = sample();
    const struct cw_hash32 source_hash = {{1}};
    struct cw_hash32 hash;
    struct cw_arena none;
    assert_int_equal(decode(&log, &deposit), CW_OK);
    cw_arena_init(&none, 0);
    assert_int_equal(cw_op_deposit_hash(&none, &hash, &deposit, &source_hash), CW_ERR_MEMORY);
    cw_arena_done(&none);
}

static void cw_alias__all_carries__there_and_back(void **state) {
    (void)state;
    uint64_t seed = 77;
    for (size_t round = 0; round < 2000; round++) {
        struct cw_addr20 address, alias, back;
        for (size_t i = 0; i < 20; i++) {
            static const uint8_t edges[] = {0x00, 0xff, 0xee, 0xef, 0x10, 0x11};
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            address.b[i] = edges[(seed >> 33) % sizeof(edges)];
        }
        cw_alias_apply(&alias, &address);
        assert_false(cw_addr20_equal(&alias, &address));
        cw_alias_undo(&back, &alias);
        assert_true(cw_addr20_equal(&back, &address));
    }
}

/* --- interoperability ----------------------------------------------------------------------- */

#define PREIMAGE_MAX (CW_OP_SUPER_HEAD + 3 * CW_OP_SUPER_CHAIN)

/* Chains 10 (output 0xaa…), 11 (0xbb…), and the third with the given id (0xcc…). */
static struct cw_slice make_preimage(uint8_t out[PREIMAGE_MAX], uint8_t version, uint8_t third) {
    static const uint8_t outputs[3] = {0xaa, 0xbb, 0xcc};
    const uint8_t ids[3] = {10, 11, third};
    memset(out, 0, PREIMAGE_MAX);
    out[0] = version;
    out[8] = 99; /* timestamp */
    for (size_t i = 0; i < 3; i++) {
        out[CW_OP_SUPER_HEAD + i * CW_OP_SUPER_CHAIN + 31] = ids[i];
        out[CW_OP_SUPER_HEAD + i * CW_OP_SUPER_CHAIN + 32] = outputs[i];
    }
    return cw_slice_of(out, PREIMAGE_MAX);
}

static struct cw_judgement verify(struct cw_slice preimage, uint64_t chain, uint8_t output) {
    struct cw_hash32 root, output_root = {{output}};
    struct cw_u256 chain_id = cw_u256_from_u64(chain);
    cw_keccak256(&root, preimage);
    return cw_op_super_verify(&root, preimage, &chain_id, &output_root);
}

static void cw_op_super_verify__every_way_to_fail__its_reason(void **state) {
    (void)state;
    uint8_t bytes[PREIMAGE_MAX];
    struct cw_slice preimage = make_preimage(bytes, CW_OP_SUPER_VERSION, 12);
    assert_valid(verify(preimage, 10, 0xaa));
    assert_valid(verify(preimage, 12, 0xcc));
    assert_reason(verify(preimage, 10, 0xbb), CW_OP_R_SUPER_OUTPUT);
    assert_reason(verify(preimage, 13, 0xaa), CW_OP_R_SUPER_CHAIN);
    struct cw_hash32 other = {{1}}, output_root = {{0xaa}};
    struct cw_u256 chain_id = cw_u256_from_u64(10);
    assert_reason(cw_op_super_verify(&other, preimage, &chain_id, &output_root),
                  CW_OP_R_SUPER_ROOT);
    assert_reason(verify(make_preimage(bytes, CW_OP_SUPER_VERSION, 10), 10, 0xaa),
                  CW_OP_R_SUPER_TWICE);
    assert_reason(verify(make_preimage(bytes, 2, 12), 10, 0xaa), CW_OP_R_SUPER);
    preimage = make_preimage(bytes, CW_OP_SUPER_VERSION, 12);
    for (size_t cut = 0; cut < preimage.n; cut++) {
        bool whole = cut > CW_OP_SUPER_HEAD && (cut - CW_OP_SUPER_HEAD) % CW_OP_SUPER_CHAIN == 0;
        struct cw_judgement judgement = verify(cw_slice_of(bytes, cut), 10, 0xaa);
        assert_int_equal(judgement.verdict, whole ? CW_VALID : CW_INVALID);
    }
}

static void cw_op_super_root__chains__the_hash_of_the_preimage(void **state) {
    (void)state;
    uint8_t bytes[PREIMAGE_MAX];
    struct cw_slice preimage = make_preimage(bytes, CW_OP_SUPER_VERSION, 12);
    const struct cw_op_super_chain chains[3] = {{cw_u256_from_u64(10), {{0xaa}}},
                                                {cw_u256_from_u64(11), {{0xbb}}},
                                                {cw_u256_from_u64(12), {{0xcc}}}};
    struct cw_hash32 root, expected;
    cw_keccak256(&expected, preimage);
    assert_int_equal(cw_op_super_root(&root, 99, chains, 3), CW_OK);
    assert_hash(root, expected);
    assert_int_equal(cw_op_super_root(&root, 99, chains, 0), CW_ERR_INPUT);
}

/* Byte 0 names the key; what of a chain id is over 64 bits gets a key of its own. */
static void cw_op_message_keys__long_chain_id__three_keys(void **state) {
    (void)state;
    struct cw_op_message_id id = {
        .block_number = 1,
        .log_index = 2,
        .timestamp = 3,
        .chain_id = {{0x0102030405060708, 0x090a, 0, 0x0b00000000000000}}};
    struct cw_hash32 keys[CW_OP_MESSAGE_KEYS_MAX], checksum, payload_hash = {{7}};
    static const uint8_t lookup[32] = {1,       [4] = 1,  [5] = 2,  [6] = 3,  [7] = 4,  [8] = 5,
                                       [9] = 6, [10] = 7, [11] = 8, [19] = 1, [27] = 3, [31] = 2};
    static const uint8_t upper[32] = {2, [8] = 0x0b, [30] = 9, [31] = 0x0a};
    assert_int_equal(cw_op_message_keys(keys, &id, &payload_hash), 3);
    assert_memory_equal(keys[0].b, lookup, 32);
    assert_memory_equal(keys[1].b, upper, 32);
    cw_op_message_checksum(&checksum, &id, &payload_hash);
    assert_hash(keys[2], checksum);
    assert_int_equal(checksum.b[0], 3);
    id.chain_id = cw_u256_from_u64(UINT64_MAX);
    assert_int_equal(cw_op_message_keys(keys, &id, &payload_hash), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_op_deposit_decode__sample__its_fields),
        cmocka_unit_test(cw_op_deposit_decode__other_logs__refused),
        cmocka_unit_test(cw_op_deposit_decode__creation__without_a_recipient_only),
        cmocka_unit_test(cw_op_opaque_decode__short_ones__refused),
        cmocka_unit_test(cw_op_deposit_hash__no_room__memory),
        cmocka_unit_test(cw_alias__all_carries__there_and_back),
        cmocka_unit_test(cw_op_super_verify__every_way_to_fail__its_reason),
        cmocka_unit_test(cw_op_super_root__chains__the_hash_of_the_preimage),
        cmocka_unit_test(cw_op_message_keys__long_chain_id__three_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
