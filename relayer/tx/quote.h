/* What a lane has to know of its chain before it prices a transaction: fees, balance, nonce and
 * block gas limit, asked once for all jobs at a head, in one batch. Everything in it is a claim: it
 * may delay or choose. With a quorum it is what k operators say at the block that was followed, and
 * the base fee is that block's. */
#ifndef TX_QUOTE_H
#define TX_QUOTE_H

#include "core/loop.h"
#include "net/rpc.h"
#include "tx/data_fee.h"
#include "tx/fees.h"

#include <adapters/io.h>
#include <causeway/base.h>

struct cw_quoter;

struct cw_quote {
    struct cw_fee_market market;
    struct cw_wei balance;
    uint64_t nonce; /* eth_getTransactionCount at latest; not asked while dry */
    uint64_t block_gas;
    struct cw_gas_charge charge; /* nothing where the chain's data_fee has none */
};

struct cw_quoter_config {
    struct cw_loop *loop;
    struct cw_rpc *rpc;
    const struct cw_config_chain *chain;
    struct cw_addr20 address;
    bool want_nonce;
    /* A round of questions is over, from the loop. */
    void (*ready)(void *ctx);
    void *ctx;
};

CW_MUST_USE enum cw_err cw_quoter_new(struct cw_quoter **ret, const struct cw_quoter_config *config,
                                      struct cw_error *error);
void cw_quoter_free(struct cw_quoter *quoter); /* takes NULL */

/* The head moved: what is known is asked again when it is next wanted, with a quorum at that block.
 * NULL: it is not known (any longer). */
void cw_quoter_head(struct cw_quoter *quoter, const struct cw_block_ref *head);

/* Other fee rules from the next round on; borrowed as before. */
void cw_quoter_chain_config(struct cw_quoter *quoter, const struct cw_config_chain *chain);

/* Asks unless what is known is fresh or on its way. Returns the round that will do: wait until
 * cw_quoter_round is there. */
uint64_t cw_quoter_want(struct cw_quoter *quoter);
uint64_t cw_quoter_round(const struct cw_quoter *quoter);
/* Of the last round that is over; NULL when it failed (then _error says why) or none ran. */
const struct cw_quote *cw_quoter_get(const struct cw_quoter *quoter);
const char *cw_quoter_error(const struct cw_quoter *quoter);
/* The newest balance that was ever read; false when none was. */
bool cw_quoter_balance(const struct cw_quoter *quoter, struct cw_wei *ret);

#endif
