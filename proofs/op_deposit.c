#include <causeway/op_deposit.h>

#include <string.h>

#include <causeway/abi.h>
#include <causeway/keccak.h>

const struct cw_hash32 CW_OP_TRANSACTION_DEPOSITED = {
    {0xb3, 0x81, 0x35, 0x68, 0xd9, 0x99, 0x1f, 0xc9, 0x51, 0x96, 0x1f,
     0xcb, 0x4c, 0x78, 0x48, 0x93, 0x57, 0x42, 0x40, 0xa2, 0x89, 0x25,
     0x60, 0x4d, 0x09, 0xfc, 0x57, 0x7c, 0x55, 0xbb, 0x7c, 0x32}};

/* --- source hashes -------------------------------------------------------------------------- */

enum { DOMAIN_USER = 0, DOMAIN_L1_INFO = 1, DOMAIN_UPGRADE = 2 };

static void in_domain(struct cw_hash32 *out, uint8_t domain, struct cw_slice name) {
    uint8_t bytes[2][32] = {{[31] = domain}};
    struct cw_hash32 id;
    cw_keccak256(&id, name);
    memcpy(bytes[1], id.b, sizeof(id.b));
    cw_keccak256(out, cw_slice_of(bytes, sizeof(bytes)));
}

static void of_l1_block(struct cw_hash32 *out, uint8_t domain,
                        const struct cw_hash32 *l1_block_hash, uint64_t number) {
    uint8_t name[2][32];
    struct cw_u256 word = cw_u256_from_u64(number);
    memcpy(name[0], l1_block_hash->b, sizeof(name[0]));
    cw_u256_to_be(name[1], &word);
    in_domain(out, domain, cw_slice_of(name, sizeof(name)));
}

void cw_op_source_user(struct cw_hash32 *out, const struct cw_hash32 *l1_block_hash,
                       uint64_t log_index) {
    of_l1_block(out, DOMAIN_USER, l1_block_hash, log_index);
}

void cw_op_source_l1_info(struct cw_hash32 *out, const struct cw_hash32 *l1_block_hash,
                          uint64_t sequence_number) {
    of_l1_block(out, DOMAIN_L1_INFO, l1_block_hash, sequence_number);
}

void cw_op_source_upgrade(struct cw_hash32 *out, struct cw_slice intent) {
    in_domain(out, DOMAIN_UPGRADE, intent);
}

/* --- deposits of users ---------------------------------------------------------------------- */

enum cw_err cw_op_opaque_decode(struct cw_op_opaque *ret_opaque, struct cw_slice bytes) {
    if (bytes.n < CW_OP_OPAQUE_HEAD || bytes.p[CW_OP_OPAQUE_HEAD - 1] > 1) {
        return CW_ERR_INPUT;
    }
    struct cw_op_opaque opaque = {.mint = {cw_u256_from_be(bytes.p)},
                                  .value = {cw_u256_from_be(bytes.p + 32)}};
    for (size_t i = 64; i < 72; i++) {
        opaque.gas_limit = opaque.gas_limit << 8 | bytes.p[i];
    }
    opaque.is_creation = bytes.p[72] == 1;
    opaque.data = cw_slice_of(bytes.p + CW_OP_OPAQUE_HEAD, bytes.n - CW_OP_OPAQUE_HEAD);
    *ret_opaque = opaque;
    return CW_OK;
}

/* An indexed address. */
static enum cw_err read_address(struct cw_addr20 *ret_address, const struct cw_hash32 *topic) {
    struct cw_abi word = cw_abi_open(cw_slice_of(topic->b, sizeof(topic->b)));
    return cw_abi_addr20(&word, ret_address);
}

enum cw_err cw_op_deposit_decode(struct cw_op_deposit *ret_deposit, const struct cw_hash32 *topics,
                                 size_t n_topics, struct cw_slice data) {
    struct cw_op_deposit deposit;
    struct cw_abi cursor = cw_abi_open(data);
    struct cw_slice opaque;
    if (n_topics != 4 || !cw_hash32_equal(&topics[0], &CW_OP_TRANSACTION_DEPOSITED) ||
        read_address(&deposit.from, &topics[1]) != CW_OK ||
        read_address(&deposit.to, &topics[2]) != CW_OK || !cw_hash32_is_zero(&topics[3]) ||
        cw_abi_bytes(&cursor, &opaque) != CW_OK ||
        cw_op_opaque_decode(&deposit.opaque, opaque) != CW_OK ||
        (deposit.opaque.is_creation && !cw_addr20_is_zero(&deposit.to))) {
        return CW_ERR_INPUT;
    }
    *ret_deposit = deposit;
    return CW_OK;
}

void cw_op_deposit_tx(struct cw_tx *out, const struct cw_op_deposit *deposit,
                      const struct cw_hash32 *source_hash) {
    *out = (struct cw_tx){.type = CW_TX_DEPOSIT,
                          .gas_limit = deposit->opaque.gas_limit,
                          .has_to = !deposit->opaque.is_creation,
                          .to = deposit->to,
                          .value = deposit->opaque.value,
                          .data = deposit->opaque.data,
                          .source_hash = *source_hash,
                          .from = deposit->from,
                          .mint = deposit->opaque.mint};
}

enum cw_err cw_op_deposit_hash(struct cw_arena *arena, struct cw_hash32 *ret_hash,
                               const struct cw_op_deposit *deposit,
                               const struct cw_hash32 *source_hash) {
    struct cw_tx tx;
    struct cw_slice bytes;
    cw_op_deposit_tx(&tx, deposit, source_hash);
    enum cw_err err = cw_tx_encode_unsigned(arena, &bytes, &tx);
    if (err == CW_OK) {
        cw_tx_hash(ret_hash, bytes);
    }
    return err;
}
