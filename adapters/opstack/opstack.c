#include "opstack/deposit.h"
#include "opstack/invariants.h"

#include <stdlib.h>

static const struct cw_field fields[] = {
    {"portal", CW_FIELD_ADDR20, offsetof(struct cw_opstack_config, portal), NULL, 0, 0,
     "The rollup's OptimismPortal on the settlement layer (the proxy's address); everything else "
     "is read from it."},
    {"messenger", CW_FIELD_ADDR20, offsetof(struct cw_opstack_config, messenger), "", 0, 0,
     "The rollup's L1CrossDomainMessenger (the proxy's address): named, a message whose call "
     "failed "
     "there is replayed; it has to be the portal's."},
    CW_LIMIT_FIELDS(struct cw_opstack_config),
    {"tokens", CW_FIELD_ADDR20S, offsetof(struct cw_opstack_config, tokens), "", 0, 0,
     "ERC-20 tokens of the standard bridge, at most 16, each by its address on the settlement "
     "layer "
     "and then that on the rollup: the monitor judges that the bridge holds what the rollup has."},
    CW_FIELD_END,
};

static const struct cw_field deposit_fields[] = {
    {"portal", CW_FIELD_ADDR20, offsetof(struct cw_opstack_deposit_config, portal), NULL, 0, 0,
     "The rollup's OptimismPortal on the settlement layer (the proxy's address)."},
    CW_FIELD_END,
};

static enum cw_err open_at(struct cw_adapter **ret, const struct cw_addr20 *portal,
                           const struct cw_addr20 *messenger, struct cw_error *error) {
    if (cw_addr20_is_zero(portal)) {
        return cw_error_set(error, CW_ERR_INPUT, "portal is the zero address");
    }
    struct cw_adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    adapter->portal = *portal;
    adapter->replay_at = *messenger;
    *ret = adapter;
    return CW_OK;
}

static enum cw_err take_tokens(struct cw_adapter *adapter, const struct cw_addr20s *tokens,
                               struct cw_error *error) {
    if (tokens->n % 2 != 0 || tokens->n / 2 > OPSTACK_TOKENS_MAX) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "tokens has %zu addresses: an even number, up to %u, is wanted: of "
                            "each token that of the settlement layer and that of the rollup",
                            tokens->n, 2 * OPSTACK_TOKENS_MAX);
    }
    adapter->tokens_n = tokens->n / 2;
    for (size_t i = 0; i < adapter->tokens_n; i++) {
        adapter->tokens[i].l1 = tokens->p[2 * i];
        adapter->tokens[i].l2 = tokens->p[2 * i + 1];
    }
    return CW_OK;
}

static enum cw_err opstack_open(struct cw_adapter **ret, const void *config,
                                const struct cw_chain_id chains[CW_SIDES], struct cw_error *error) {
    const struct cw_opstack_config *c = config;
    struct cw_adapter *adapter = NULL;
    enum cw_err err = open_at(&adapter, &c->portal, &c->messenger, error);
    if (err == CW_OK) {
        err = take_tokens(adapter, &c->tokens, error);
    }
    if (err != CW_OK) {
        free(adapter);
        return err;
    }
    adapter->chain_id = chains[CW_EXECUTION].v;
    adapter->limits = c->limits;
    *ret = adapter;
    return CW_OK;
}

static enum cw_err deposit_open(struct cw_adapter **ret, const void *config,
                                const struct cw_chain_id chains[CW_SIDES], struct cw_error *error) {
    (void)chains;
    const struct cw_opstack_deposit_config *c = config;
    return open_at(ret, &c->portal, &OPSTACK_L2_MESSENGER, error);
}

static void opstack_close(struct cw_adapter *adapter) {
    free(adapter);
}

static enum cw_err opstack_calls(const struct cw_adapter *adapter, struct cw_step_call *out,
                                 size_t cap, size_t *ret_n) {
    const struct cw_step_call calls[] = {
        {CW_SETTLEMENT, adapter->portal, SIG_PROVE},
        {CW_SETTLEMENT, adapter->portal, SIG_PROVE_SUPER},
        {CW_SETTLEMENT, adapter->portal, SIG_FINALIZE},
        {CW_SETTLEMENT, adapter->portal, SIG_FINALIZE_EXTERNAL},
        {CW_SETTLEMENT, adapter->replay_at, SIG_RELAY},
    };
    const size_t n = CW_COUNT(calls) - (cw_addr20_is_zero(&adapter->replay_at) ? 1 : 0);
    for (size_t i = 0; i < n && i < cap; i++) {
        out[i] = calls[i];
    }
    *ret_n = n;
    return n <= cap ? CW_OK : CW_ERR_LIMIT;
}

static enum cw_err deposit_calls(const struct cw_adapter *adapter, struct cw_step_call *out,
                                 size_t cap, size_t *ret_n) {
    *ret_n = 1;
    if (cap == 0) {
        return CW_ERR_LIMIT;
    }
    out[0] = (struct cw_step_call){CW_EXECUTION, adapter->replay_at, SIG_RELAY};
    return CW_OK;
}

const struct cw_adapter_ops cw_opstack_withdrawal = {
    .name = "opstack",
    .direction = "withdrawal",
    .source = CW_EXECUTION,
    .fields = fields,
    .config_size = sizeof(struct cw_opstack_config),
    .data_fee = &cw_opstack_data_fee,
    .levels = opstack_withdrawal_levels,
    .variant = opstack_variant,
    .open = opstack_open,
    .close = opstack_close,
    .calls = opstack_calls,
    .survey = opstack_survey,
    .prepare = opstack_prepare,
    .filters = opstack_filters,
    .decode = opstack_decode,
    .sequence = opstack_sequence,
    .counter = opstack_counter,
    .advance = opstack_advance,
    .verify = opstack_verify,
    .evidence_block = opstack_evidence_block,
    .inner = opstack_inner,
    .invariants = opstack_invariants,
    .watched = opstack_watched,
    .subjects = opstack_subjects,
    .judge = opstack_judge,
    .pause = opstack_pause,
    .revert = opstack_revert,
};

const struct cw_adapter_ops cw_opstack_deposit = {
    .name = "opstack",
    .direction = "deposit",
    .source = CW_SETTLEMENT,
    .fields = deposit_fields,
    .config_size = sizeof(struct cw_opstack_deposit_config),
    .data_fee = &cw_opstack_data_fee,
    .levels = opstack_deposit_levels,
    .open = deposit_open,
    .close = opstack_close,
    .calls = deposit_calls,
    .survey = opstack_survey,
    .prepare = opstack_deposit_prepare,
    .filters = opstack_deposit_filters,
    .decode = opstack_deposit_event,
    .advance = opstack_deposit_advance,
    .verify = opstack_deposit_verify,
    .evidence_block = opstack_deposit_evidence_block,
    .inner = opstack_deposit_inner,
    .revert = opstack_revert,
};
