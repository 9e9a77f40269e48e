/* From a chain of the configuration to its JSON-RPC endpoints. */
#ifndef WORK_CONNECT_H
#define WORK_CONNECT_H

#include "core/config.h"
#include "net/rpc.h"

/* finding and answered, as in struct cw_rpc_config, may be NULL. */
CW_MUST_USE enum cw_err cw_connect(struct cw_rpc **ret, struct cw_loop *loop,
                                   const struct cw_config_chain *chain,
                                   void (*finding)(void *ctx, const struct cw_rpc_finding *),
                                   void (*answered)(void *ctx, uint64_t, struct cw_rpc_said *),
                                   void *ctx, struct cw_error *error);

/* To those that only take transactions; the chain has some. */
CW_MUST_USE enum cw_err cw_connect_send(struct cw_rpc **ret, struct cw_loop *loop,
                                        const struct cw_config_chain *chain,
                                        void (*finding)(void *ctx, const struct cw_rpc_finding *),
                                        void *ctx, struct cw_error *error);

#endif
