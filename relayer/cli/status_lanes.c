#include "cli/status_lanes.h"

#include "cli/print.h"

#include <inttypes.h>
#include <stdio.h>

static enum cw_err read_open(struct cw_cli_view *view, const struct cw_store_lane *lane,
                             struct cw_lane_open *ret, struct cw_error *error) {
    const struct cw_store_chain_row *chain = cw_cli_chain(view, lane->chain);
    char subject[160], hex[CW_HEX_SIZE(20)];
    snprintf(subject, sizeof subject, "%s/%s", chain != NULL ? chain->name : "?",
             cw_hex_encode(hex, cw_slice_of(lane->address.b, 20)));
    enum cw_err err = cw_store_incident_is_open(view->store, CW_INCIDENT_FOREIGN_NONCE, subject,
                                                &ret->held, error);
    return err == CW_OK
               ? cw_store_attempts_open(view->store, lane->chain, &lane->address, &view->arena,
                                        &ret->attempts, &ret->attempts_n, error)
               : err;
}

enum cw_err cw_lanes_read(struct cw_lanes_shown *ret, struct cw_cli_view *view,
                          struct cw_error *error) {
    enum cw_err err = cw_store_lanes(view->store, &view->arena, &ret->list, &ret->n, error);
    if (err != CW_OK)
        return err;
    ret->open = cw_arena_array(&view->arena, ret->n, sizeof *ret->open);
    if (ret->open == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < ret->n; i++)
        err = read_open(view, &ret->list[i], &ret->open[i], error);
    return err;
}

static const char *chain_name(const struct cw_cli_view *view, const struct cw_store_lane *lane) {
    const struct cw_store_chain_row *chain = cw_cli_chain(view, lane->chain);
    return chain != NULL ? chain->name : "?";
}

enum cw_err cw_lanes_print(const struct cw_lanes_shown *lanes, const struct cw_cli_view *view) {
    static const char *const heads[] = {"signer", "chain",     "address", "balance",
                                        "nonce",  "under way", "state",   NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0x38);
    for (size_t i = 0; i < lanes->n; i++) {
        const struct cw_store_lane *lane = &lanes->list[i];
        char hex[CW_HEX_SIZE(20)], balance[CW_WEI_TEXT_SIZE] = "-";
        const bool poor = lane->has_balance && cw_u256_cmp(&lane->balance.v, &lane->low.v) < 0;
        if (lane->has_balance)
            cw_wei_format(balance, &lane->balance, cw_cli_symbol(view, lane->chain));
        cw_print_cell(table, CW_PLAIN, "%s", lane->signer);
        cw_print_cell(table, CW_PLAIN, "%s", chain_name(view, lane));
        cw_print_cell(table, CW_PLAIN, "%s", cw_hex_encode(hex, cw_slice_of(lane->address.b, 20)));
        cw_print_cell(table, poor ? CW_WARN : CW_PLAIN, "%s", balance);
        cw_print_cell(table, CW_PLAIN, lane->has_nonce ? "%" PRIu64 : "-", lane->next_nonce);
        cw_print_cell(table, CW_PLAIN, "%" PRIu64, lane->open);
        cw_print_cell(table,
                      lanes->open[i].held     ? CW_BAD
                      : lane->trouble[0] != 0 ? CW_WARN
                                              : CW_GOOD,
                      "%s", lane->trouble[0] != 0 ? lane->trouble : "ok");
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

/* --- for programs ----------------------------------------------------------------------------- */

static void put_attempt(struct cw_buf *out, const struct cw_store_attempt *a) {
    cw_out_open(out, NULL, '{');
    cw_out_u64(out, "nonce", a->nonce);
    cw_out_text(out, "step", a->step);
    cw_out_text(out, "state", cw_attempt_state_name(a->state));
    cw_out_hash32(out, "hash", &a->hash);
    cw_out_u64(out, "bids", a->bids);
    cw_out_u256(out, "maxFeeWei", &a->max_fee.v);
    cw_out_bool(out, "cancelled", a->cancelled);
    cw_out_u64(out, "messages", a->items_n > 0 ? a->items_n : a->message != 0);
    cw_out_u64(out, "signedMs", a->signed_ms);
    cw_out_u64(out, "sentMs", a->sent_ms);
    cw_out_close(out, '}');
}

void cw_lanes_put(struct cw_buf *out, const struct cw_lanes_shown *lanes,
                  const struct cw_cli_view *view) {
    cw_out_open(out, "lanes", '[');
    for (size_t i = 0; i < lanes->n; i++) {
        const struct cw_store_lane *lane = &lanes->list[i];
        const struct cw_lane_open *open = &lanes->open[i];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "signer", lane->signer);
        cw_out_text(out, "chain", chain_name(view, lane));
        cw_out_addr20(out, "address", &lane->address);
        cw_out_bool(out, "held", open->held);
        if (lane->trouble[0] != 0)
            cw_out_text(out, "trouble", lane->trouble);
        if (lane->has_nonce)
            cw_out_u64(out, "nextNonce", lane->next_nonce);
        if (lane->has_balance) {
            cw_out_u256(out, "balanceWei", &lane->balance.v);
            cw_out_u256(out, "lowWei", &lane->low.v);
        }
        cw_out_u64(out, "preparing", lane->jobs);
        cw_out_u64(out, "open", lane->open);
        cw_out_open(out, "transactions", '[');
        for (size_t k = 0; k < open->attempts_n; k++)
            put_attempt(out, &open->attempts[k]);
        cw_out_close(out, ']');
        cw_out_u64(out, "updatedMs", lane->updated_ms);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}
