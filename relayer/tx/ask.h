/* One question of the quick class to a lane's chain, and the checks that an answer has to pass
 * before it is taken.
 *
 * With a quorum above 1 as many operators must agree on what may end a message or hold a lane up:
 * simulations, balances and nonces at the block that was followed (else honest nodes could differ),
 * and estimates within a quarter of each other. */
#ifndef TX_ASK_H
#define TX_ASK_H

#include "core/config.h"
#include "net/quorum.h"

#include <causeway/arena.h>
#include <causeway/base.h>

/* Room for the parameters of the largest transaction that is sent, in hexadecimal. */
#define CW_ASK_PARAMS_MAX (1u << 20)

/* Takes params (and frees it); request needs none, and no class. NULL when memory ran out (done is
 * not called then). */
struct cw_quorum *cw_ask(struct cw_rpc *rpc, struct cw_quorum_request request,
                         struct cw_buf *take_params);
/* About an account, such as eth_getBalance: with a quorum at that block, else at the newest one;
 * request needs no k and no digest. */
struct cw_quorum *cw_ask_account(struct cw_rpc *rpc, const struct cw_config_chain *chain,
                                 const struct cw_addr20 *address, const struct cw_hash32 *at,
                                 struct cw_quorum_request request);
/* k operators, by the chain's configuration. */
static inline unsigned cw_ask_k(const struct cw_config_chain *chain) {
    return chain->quorum > 1 ? (unsigned)chain->quorum : 1;
}

/* One operator is believed, and there are others who could be asked, too. */
static inline bool cw_ask_one_of_several(const struct cw_config_chain *chain,
                                         const struct cw_rpc *rpc) {
    return cw_ask_k(chain) == 1 && cw_rpc_operators(rpc) > 1;
}

/* A gas estimate, in the place of digest. */
enum cw_err cw_ask_number(void *ctx, const struct cw_json *value, struct cw_u256 *ret);

/* Checks by shape alone; ctx is not used. */
enum cw_err cw_ask_check_u64(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_u256(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_data(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err cw_ask_check_fees(void *ctx, const struct cw_json *value, struct cw_error *error);

#endif
