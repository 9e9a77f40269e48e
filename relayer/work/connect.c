#include "work/connect.h"

#include <stdlib.h>

#define SEND_ANSWER_MAX 65536u

static enum cw_err connect_to(struct cw_rpc **ret, struct cw_loop *loop,
                              const struct cw_config_chain *chain,
                              const struct cw_rpc_config *config,
                              const struct cw_config_endpoint *list, size_t n,
                              struct cw_error *error) {
    struct cw_rpc_endpoint_config *endpoints = calloc(n, sizeof *endpoints);
    if (!endpoints)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++)
        endpoints[i] = (struct cw_rpc_endpoint_config){.url = list[i].url,
                                                       .operator_ = list[i].operator_,
                                                       .max_rps = (uint32_t)list[i].max_rps};
    struct cw_rpc_config full = *config;
    full.chain = chain->name;
    full.chain_id = (struct cw_chain_id){chain->chain_id};
    full.endpoints = endpoints;
    full.endpoints_n = n;
    full.quick_deadline_ms = (uint32_t)chain->quick_deadline_ms;
    full.set_aside_ms = (uint32_t)chain->set_aside_s * 1000;
    enum cw_err err = cw_rpc_new(ret, loop, &full, error);
    free(endpoints);
    return err;
}

enum cw_err cw_connect(struct cw_rpc **ret, struct cw_loop *loop,
                       const struct cw_config_chain *chain,
                       void (*finding)(void *, const struct cw_rpc_finding *),
                       void (*answered)(void *, uint64_t, struct cw_rpc_said *), void *ctx,
                       struct cw_error *error) {
    const struct cw_rpc_config config = {
        .coalesce_ms = (uint32_t)chain->coalesce_ms,
        .batch_max = (uint32_t)chain->batch_max,
        .heavy_deadline_ms = (uint32_t)chain->heavy_deadline_ms,
        .max_answer_bytes = chain->max_answer_bytes,
        .finding = finding,
        .answered = answered,
        .finding_ctx = ctx,
    };
    return connect_to(ret, loop, chain, &config, chain->endpoints, chain->endpoints_n, error);
}

enum cw_err cw_connect_send(struct cw_rpc **ret, struct cw_loop *loop,
                            const struct cw_config_chain *chain,
                            void (*finding)(void *, const struct cw_rpc_finding *), void *ctx,
                            struct cw_error *error) {
    const struct cw_rpc_config config = {
        .coalesce_ms = 1, /* each transaction alone: not every relay takes batches */
        .batch_max = 1,
        .max_answer_bytes = SEND_ANSWER_MAX,
        .only_send = true,
        .finding = finding,
        .finding_ctx = ctx,
    };
    return connect_to(ret, loop, chain, &config, chain->send, chain->send_n, error);
}
