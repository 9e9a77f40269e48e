#include "work/connect.h"

#include <stdlib.h>

enum cw_err cw_connect(struct cw_rpc **ret, struct cw_loop *loop,
                       const struct cw_config_chain *chain,
                       void (*finding)(void *, const struct cw_rpc_finding *),
                       void (*answered)(void *, uint64_t, struct cw_rpc_said *), void *ctx,
                       struct cw_error *error) {
    struct cw_rpc_endpoint_config *endpoints = calloc(chain->endpoints_n, sizeof *endpoints);
    if (!endpoints)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < chain->endpoints_n; i++)
        endpoints[i] = (struct cw_rpc_endpoint_config){
            .url = chain->endpoints[i].url,
            .operator_ = chain->endpoints[i].operator_,
            .max_rps = (uint32_t)chain->endpoints[i].max_rps};
    struct cw_rpc_config config = {
        .chain = chain->name,
        .chain_id = {chain->chain_id},
        .endpoints = endpoints,
        .endpoints_n = chain->endpoints_n,
        .coalesce_ms = (uint32_t)chain->coalesce_ms,
        .batch_max = (uint32_t)chain->batch_max,
        .quick_deadline_ms = (uint32_t)chain->quick_deadline_ms,
        .heavy_deadline_ms = (uint32_t)chain->heavy_deadline_ms,
        .max_answer_bytes = chain->max_answer_bytes,
        .set_aside_ms = (uint32_t)chain->set_aside_s * 1000,
        .finding = finding,
        .answered = answered,
        .finding_ctx = ctx,
    };
    enum cw_err err = cw_rpc_new(ret, loop, &config, error);
    free(endpoints);
    return err;
}
