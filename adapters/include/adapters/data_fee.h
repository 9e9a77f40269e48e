/* What a rollup charges for putting a transaction on the chain that it settles on, beside the gas
 * that runs it. Pure: the host asks the question and brings the answer. */
#ifndef ADAPTERS_DATA_FEE_H
#define ADAPTERS_DATA_FEE_H

#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/tx.h>

struct cw_data_cost {
    struct cw_wei fee; /* on top of what gas costs */
    uint64_t gas;      /* of the transaction's own gas: a node's estimate has it already */
};

struct cw_data_fee {
    const char *name; /* "opstack", the configuration's "data_fee" */
    size_t tx_max; /* bytes of a transaction that the rollup's sequencer takes; 0: as elsewhere */
    /* The contract and its calldata, from the arena, that tell what tx would be charged. */
    enum cw_err (*ask)(struct cw_arena *arena, const struct cw_tx *tx, struct cw_addr20 *ret_to,
                       struct cw_slice *ret_data);
    /* CW_ERR_INPUT: that is no answer of this contract. */
    enum cw_err (*read)(struct cw_slice answer, struct cw_data_cost *ret);
    /* The same for what is charged by the gas that is used, a constant and so much for each: its
     * question for the fee of so much gas. A revert without data says that the contract is older,
     * and there is no such fee. NULL, both: there never is. */
    enum cw_err (*ask_gas)(struct cw_arena *arena, uint64_t gas, struct cw_addr20 *ret_to,
                           struct cw_slice *ret_data);
    enum cw_err (*read_gas)(struct cw_slice answer, struct cw_wei *ret);
};

/* For ask(): frees what was encoded, once it is in the arena. */
CW_MUST_USE enum cw_err cw_data_fee_question(struct cw_slice *ret_data, struct cw_arena *arena,
                                             struct cw_buf *take);

/* NULL-terminated; one line a stack. */
extern const struct cw_data_fee *const cw_data_fees[];

#endif
