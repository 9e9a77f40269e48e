/* Source: ethereum-optimism/optimism packages/contracts-bedrock, L2/GasPriceOracle.sol (npm
 * @eth-optimism/contracts-bedrock 0.17.3: 1.3.0); getL1Fee is in all versions, and adds the
 * signature's room itself. getOperatorFee came with Isthmus, is 0 before that, and knows the
 * formulas of Isthmus and Jovian (ethereum-optimism/specs, gas-price-oracle.md). */
#include "opstack/internal.h"

#define TX_MAX ((size_t)1 << 20)

static enum cw_err ask(struct cw_arena *arena, const struct cw_tx *tx, struct cw_addr20 *ret_to,
                       struct cw_slice *ret_data) {
    struct cw_slice payload;
    enum cw_err err = cw_tx_encode_unsigned(arena, &payload, tx);
    if (err != CW_OK) {
        return err;
    }
    struct cw_buf buf;
    cw_buf_init(&buf, TX_MAX);
    cw_abi_put_selector(&buf, cw_selector_from_u32(SEL_L1_FEE));
    size_t base = cw_abi_base(&buf), at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, payload);
    err = cw_data_fee_question(ret_data, arena, &buf);
    if (err == CW_OK) {
        *ret_to = OPSTACK_PRICE_ORACLE;
    }
    return err;
}

static enum cw_err read_gas(struct cw_slice answer, struct cw_wei *ret) {
    struct cw_abi cursor = cw_abi_open(answer);
    return answer.n == 32 && cw_abi_u256(&cursor, &ret->v) == CW_OK ? CW_OK : CW_ERR_INPUT;
}

static enum cw_err read(struct cw_slice answer, struct cw_data_cost *ret) {
    struct cw_data_cost cost = {.gas = 0};
    enum cw_err err = read_gas(answer, &cost.fee);
    if (err == CW_OK) {
        *ret = cost;
    }
    return err;
}

static enum cw_err ask_gas(struct cw_arena *arena, uint64_t gas, struct cw_addr20 *ret_to,
                           struct cw_slice *ret_data) {
    struct cw_buf buf;
    cw_buf_init(&buf, TX_MAX);
    cw_abi_put_selector(&buf, cw_selector_from_u32(SEL_OPERATOR_FEE));
    cw_abi_put_u64(&buf, gas);
    enum cw_err err = cw_data_fee_question(ret_data, arena, &buf);
    if (err == CW_OK) {
        *ret_to = OPSTACK_PRICE_ORACLE;
    }
    return err;
}

const struct cw_data_fee cw_opstack_data_fee = {
    .name = "opstack", .ask = ask, .read = read, .ask_gas = ask_gas, .read_gas = read_gas};
