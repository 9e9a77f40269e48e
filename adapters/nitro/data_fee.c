/* On Nitro the room on L1 is paid for with gas of the transaction itself, at whatever price that
 * has.
 *
 * Source: OffchainLabs/nitro-precompile-interfaces, NodeInterface.sol; the node answers for the
 * address, where no code is. */
#include "nitro/nitro.h"

#include <causeway/abi.h>

static const struct cw_addr20 node_interface = {{[19] = 0xc8}};

#define DATA_MAX ((size_t)1 << 20)
#define GAS_MAX  ((uint64_t)1 << 40) /* far above what any block has */

static enum cw_err ask(struct cw_arena *arena, const struct cw_tx *tx, struct cw_addr20 *ret_to,
                       struct cw_slice *ret_data) {
    struct cw_buf buf;
    cw_buf_init(&buf, DATA_MAX);
    cw_abi_put_selector(&buf, cw_selector_from_u32(CW_NITRO_SEL_L1_COMPONENT));
    size_t base = cw_abi_base(&buf);
    cw_abi_put_addr20(&buf, &tx->to);
    cw_abi_put_bool(&buf, !tx->has_to);
    size_t at = cw_abi_put_offset(&buf);
    cw_abi_place(&buf, base, at);
    cw_abi_put_bytes(&buf, tx->data);
    enum cw_err err = cw_data_fee_question(ret_data, arena, &buf);
    if (err == CW_OK) {
        *ret_to = node_interface;
    }
    return err;
}

/* The gas, the base fee, and what L1's is taken to be. */
static enum cw_err read(struct cw_slice answer, struct cw_data_cost *ret) {
    struct cw_abi cursor = cw_abi_open(answer);
    struct cw_data_cost cost = {.gas = 0};
    if (answer.n != 96 || cw_abi_u64(&cursor, &cost.gas) != CW_OK || cost.gas > GAS_MAX) {
        return CW_ERR_INPUT;
    }
    *ret = cost;
    return CW_OK;
}

/* Source: nitro execution/gethexec/sequencer.go, MaxTxDataSize. */
const struct cw_data_fee cw_nitro_data_fee = {
    .name = "nitro", .tx_max = 95000, .ask = ask, .read = read};
