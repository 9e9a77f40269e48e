#include "nitro/ticket.h"

#include <stdlib.h>

static const struct cw_field fields[] = {
    {"bridge", CW_FIELD_ADDR20, offsetof(struct cw_nitro_ticket_config, bridge), NULL, 0, 0,
     "The rollup's Bridge on the settlement layer, which numbers all messages to the rollup."},
    {"inbox", CW_FIELD_ADDR20, offsetof(struct cw_nitro_ticket_config, inbox), NULL, 0, 0,
     "The rollup's delayed Inbox on the settlement layer."},
    {"other_inboxes", CW_FIELD_ADDR20S, offsetof(struct cw_nitro_ticket_config, other_inboxes), "",
     0, 0,
     "Further delayed inboxes that the bridge allows, at most 7; the route is held when one "
     "is missing here."},
    {"max_delay_s", CW_FIELD_U64, offsetof(struct cw_nitro_ticket_config, max_delay_s), "172800", 0,
     0,
     "The rollup takes a message of its inbox in within so long. The monitor calls a ticket forged "
     "of which it saw no message for that time."},
    CW_FIELD_END,
};

static enum cw_err ticket_open(struct cw_adapter **ret, const void *config,
                               const struct cw_chain_id chains[CW_SIDES], struct cw_error *error) {
    const struct cw_nitro_ticket_config *c = config;
    if (cw_addr20_is_zero(&c->bridge) || cw_addr20_is_zero(&c->inbox)) {
        return cw_error_set(error, CW_ERR_INPUT, "bridge or inbox is the zero address");
    }
    if (c->other_inboxes.n > TICKET_INBOXES_MAX - 1) {
        return cw_error_set(error, CW_ERR_INPUT,
                            "other_inboxes has %zu addresses, at most %d can be",
                            c->other_inboxes.n, TICKET_INBOXES_MAX - 1);
    }
    struct cw_adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    adapter->bridge = c->bridge;
    adapter->inboxes[adapter->inboxes_n++] = c->inbox;
    for (size_t i = 0; i < c->other_inboxes.n; i++) {
        adapter->inboxes[adapter->inboxes_n++] = c->other_inboxes.p[i];
    }
    adapter->rollup = chains[CW_EXECUTION];
    adapter->max_delay_s = c->max_delay_s;
    *ret = adapter;
    return CW_OK;
}

static void ticket_close(struct cw_adapter *adapter) {
    free(adapter);
}

static enum cw_err ticket_calls(const struct cw_adapter *adapter, struct cw_step_call *out,
                                size_t cap, size_t *ret_n) {
    static const char *const signatures[] = {SIG_REDEEM, SIG_KEEPALIVE};
    (void)adapter; /* a precompile */
    for (size_t i = 0; i < CW_COUNT(signatures) && i < cap; i++) {
        out[i] = (struct cw_step_call){CW_EXECUTION, TICKET_PRECOMPILE, signatures[i]};
    }
    *ret_n = CW_COUNT(signatures);
    return CW_COUNT(signatures) <= cap ? CW_OK : CW_ERR_LIMIT;
}

const struct cw_adapter_ops cw_nitro_retryable = {
    .name = "nitro",
    .direction = "deposit",
    .source = CW_SETTLEMENT,
    .fields = fields,
    .config_size = sizeof(struct cw_nitro_ticket_config),
    .data_fee = &cw_nitro_data_fee,
    .levels = ticket_levels,
    .open = ticket_open,
    .close = ticket_close,
    .calls = ticket_calls,
    .survey = nitro_survey,
    .prepare = ticket_prepare,
    .filters = ticket_filters,
    .decode = ticket_decode,
    .sequence = ticket_sequence,
    .counter = ticket_counter,
    .advance = ticket_advance,
    .verify = ticket_verify,
    .evidence_block = ticket_evidence_block,
    .inner = ticket_inner,
    .invariants = ticket_invariants,
    .watched = ticket_watched,
    .subjects = ticket_subjects,
    .judge = ticket_judge,
    .revert = ticket_revert,
};
