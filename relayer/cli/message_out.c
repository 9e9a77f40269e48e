#include "cli/message_out.h"

enum cw_style cw_style_of(enum cw_condition condition) {
    switch (condition) {
    case CW_READY:
    case CW_WAITING:
        return CW_PLAIN;
    case CW_HELD:
        return CW_WARN;
    case CW_DEAD:
        return CW_BAD;
    case CW_DONE:
        return CW_GOOD;
    }
    return CW_PLAIN;
}

static const struct cw_store_chain_row *side_chain(const struct cw_cli_view *view, int64_t route,
                                                   enum cw_side side) {
    const struct cw_store_route_row *row = cw_cli_route(view, route);
    if (row == NULL)
        return NULL;
    return cw_cli_chain(view, side == CW_SETTLEMENT ? row->settlement : row->execution);
}

const char *cw_cli_side_name(const struct cw_cli_view *view, int64_t route, enum cw_side side) {
    const struct cw_store_chain_row *chain = side_chain(view, route, side);
    return chain != NULL ? chain->name : "?";
}

void cw_out_message(struct cw_buf *out, const struct cw_cli_view *view,
                    const struct cw_store_message *m) {
    const struct cw_store_route_row *route = cw_cli_route(view, m->route);
    const struct cw_store_chain_row *source = cw_cli_chain(view, m->chain);
    cw_out_hash32(out, "id", &m->m.id);
    if (!cw_hash32_is_zero(&m->m.alias))
        cw_out_hash32(out, "alias", &m->m.alias);
    cw_out_text(out, "route", route != NULL ? route->name : "?");
    cw_out_text(out, "stage", cw_stage_name(m->m.stage));
    cw_out_text(out, "assurance", cw_assurance_name(m->assurance));
    cw_out_text(out, "condition", cw_condition_name(m->condition));
    cw_out_text(out, "reason", m->reason);
    cw_out_text(out, "detail", m->detail);
    cw_out_text(out, "outcome", cw_outcome_name(m->m.outcome));
    if (m->due_chain_s != 0) {
        cw_out_text(out, "dueChain", cw_cli_side_name(view, m->route, m->due_side));
        cw_out_u64(out, "dueChainTime", m->due_chain_s);
    }
    if (m->deadline_s != 0) {
        cw_out_text(out, "deadlineChain",
                    cw_cli_side_name(view, m->route, cw_side_other(m->source_side)));
        cw_out_u64(out, "deadlineTime", m->deadline_s);
    }
    if (m->due_ms > 1)
        cw_out_u64(out, "dueMs", m->due_ms);
    cw_out_u64(out, "failures", m->failures);
    cw_out_bool(out, "orphaned", m->orphaned);
    cw_out_text(out, "sourceChain", source != NULL ? source->name : "?");
    cw_out_u64(out, "sourceBlock", m->m.source.number.v);
    cw_out_hash32(out, "sourceBlockHash", &m->m.source.hash);
    cw_out_u64(out, "sourceTime", m->m.source.timestamp_s);
    cw_out_hash32(out, "sourceTransaction", &m->tx_hash);
    cw_out_u64(out, "logIndex", m->log_index);
    cw_out_addr20(out, "sender", &m->m.summary.sender);
    cw_out_addr20(out, "target", &m->m.summary.target);
    cw_out_u256(out, "valueWei", &m->m.summary.value.v);
    cw_out_u256(out, "nonce", &m->m.summary.nonce);
    cw_out_u64(out, "gasLimit", m->m.summary.gas_limit);
    cw_out_u64(out, "seenMs", m->seen_ms);
    cw_out_u64(out, "changedMs", m->changed_ms);
}
