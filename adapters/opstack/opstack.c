#include "opstack/internal.h"

#include <stdlib.h>

static const struct cw_field fields[] = {
    {"portal", CW_FIELD_ADDR20, offsetof(struct cw_opstack_config, portal), NULL, 0, 0,
     "The rollup's OptimismPortal on the settlement layer (the proxy's address); everything else "
     "is read "
     "from it."},
    CW_FIELD_END,
};

static enum cw_err opstack_open(struct cw_adapter **ret, const void *config,
                                const struct cw_chain_id chains[CW_SIDES], struct cw_error *error) {
    (void)chains;
    const struct cw_opstack_config *c = config;
    if (cw_addr20_is_zero(&c->portal)) {
        return cw_error_set(error, CW_ERR_INPUT, "portal is the zero address");
    }
    struct cw_adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    adapter->portal = c->portal;
    *ret = adapter;
    return CW_OK;
}

static void opstack_close(struct cw_adapter *adapter) {
    free(adapter);
}

static enum cw_err opstack_calls(const struct cw_adapter *adapter, struct cw_step_call *out,
                                 size_t cap, size_t *ret_n) {
    static const char *const signatures[] = {SIG_PROVE, SIG_FINALIZE, SIG_FINALIZE_EXTERNAL};
    for (size_t i = 0; i < CW_COUNT(signatures) && i < cap; i++) {
        out[i] = (struct cw_step_call){CW_SETTLEMENT, adapter->portal, signatures[i]};
    }
    *ret_n = CW_COUNT(signatures);
    return CW_COUNT(signatures) <= cap ? CW_OK : CW_ERR_LIMIT;
}

const struct cw_adapter_ops cw_opstack_withdrawal = {
    .name = "opstack",
    .direction = "withdrawal",
    .source = CW_EXECUTION,
    .fields = fields,
    .config_size = sizeof(struct cw_opstack_config),
    .data_fee = &cw_opstack_data_fee,
    .open = opstack_open,
    .close = opstack_close,
    .calls = opstack_calls,
    .prepare = opstack_prepare,
    .filters = opstack_filters,
    .decode = opstack_decode,
    .sequence = opstack_sequence,
    .counter = opstack_counter,
    .advance = opstack_advance,
    .verify = opstack_verify,
    .evidence_block = opstack_evidence_block,
    .inner = opstack_inner,
    .revert = opstack_revert,
};
