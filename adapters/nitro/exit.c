#include "nitro/exit_invariants.h"

#include <stdlib.h>
#include <string.h>

const struct cw_addr20 EXIT_ARBSYS = {{[19] = 0x64}};

static const struct cw_field fields[] = {
    {"outbox", CW_FIELD_ADDR20, offsetof(struct cw_nitro_exit_config, outbox), NULL, 0, 0,
     "The rollup's Outbox on the settlement layer (the proxy's address); everything else is read "
     "from it."},
    CW_LIMIT_FIELDS(struct cw_nitro_exit_config),
    CW_FIELD_END,
};

struct cw_slice exit_view(uint8_t room[EXIT_VIEW_SIZE], uint32_t selector,
                          const struct cw_hash32 *word) {
    struct cw_selector head = cw_selector_from_u32(selector);
    memcpy(room, head.b, sizeof head.b);
    if (word != NULL) {
        memcpy(room + 4, word->b, 32);
    }
    return cw_slice_of(room, word != NULL ? EXIT_VIEW_SIZE : 4);
}

static enum cw_err exit_open(struct cw_adapter **ret, const void *config,
                             const struct cw_chain_id chains[CW_SIDES], struct cw_error *error) {
    (void)chains;
    const struct cw_nitro_exit_config *c = config;
    if (cw_addr20_is_zero(&c->outbox)) {
        return cw_error_set(error, CW_ERR_INPUT, "outbox is the zero address");
    }
    struct cw_adapter *adapter = calloc(1, sizeof *adapter);
    if (adapter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    }
    adapter->outbox = c->outbox;
    adapter->limits = c->limits;
    *ret = adapter;
    return CW_OK;
}

static void exit_close(struct cw_adapter *adapter) {
    free(adapter);
}

static enum cw_err exit_calls(const struct cw_adapter *adapter, struct cw_step_call *out,
                              size_t cap, size_t *ret_n) {
    *ret_n = 1;
    if (cap < 1) {
        return CW_ERR_LIMIT;
    }
    out[0] = (struct cw_step_call){CW_SETTLEMENT, adapter->outbox, SIG_EXECUTE};
    return CW_OK;
}

const struct cw_adapter_ops cw_nitro_withdrawal = {
    .name = "nitro",
    .direction = "withdrawal",
    .source = CW_EXECUTION,
    .fields = fields,
    .config_size = sizeof(struct cw_nitro_exit_config),
    .data_fee = &cw_nitro_data_fee,
    .levels = exit_levels,
    .open = exit_open,
    .close = exit_close,
    .calls = exit_calls,
    .survey = nitro_survey,
    .prepare = exit_prepare,
    .filters = exit_filters,
    .decode = exit_decode,
    .sequence = exit_sequence,
    .counter = exit_counter,
    .advance = exit_advance,
    .verify = exit_verify,
    .evidence_block = exit_evidence_block,
    .inner = exit_inner,
    .invariants = exit_invariants,
    .watched = exit_watched,
    .subjects = exit_subjects,
    .judge = exit_judge,
    .pause = exit_pause,
    .revert = exit_revert,
};
