#include "cli/story.h"

#include "cli/levels.h"
#include "cli/message_out.h"
#include "cli/waits.h"
#include "tx/fees.h"

#include <string.h>

static enum cw_err read_bids(struct cw_cli_view *view, struct cw_story *ret,
                             struct cw_error *error) {
    ret->bids = cw_arena_array(&view->arena, ret->attempts_n, sizeof *ret->bids);
    enum cw_err err = ret->bids == NULL ? cw_error_set(error, CW_ERR_MEMORY, "out of memory")
                                        : CW_OK;
    for (size_t i = 0; err == CW_OK && i < ret->attempts_n; i++)
        err = cw_store_bids(view->store, ret->attempts[i].row, &view->arena, &ret->bids[i].list,
                            &ret->bids[i].n, error);
    return err;
}

enum cw_err cw_story_read(struct cw_cli_view *view, const struct cw_store_message *message,
                          struct cw_story *ret, struct cw_error *error) {
    const struct cw_clock *clock = cw_clock_system();
    *ret = (struct cw_story){.view = view, .m = message, .now_ms = clock->wall_ms(clock->ctx)};
    enum cw_err err = cw_store_attempts_of(view->store, message->row, &view->arena, &ret->attempts,
                                           &ret->attempts_n, error);
    if (err == CW_OK)
        err = read_bids(view, ret, error);
    struct cw_etas etas;
    if (err == CW_OK)
        err = cw_etas_open(&etas, view, ret->now_ms, error);
    if (err == CW_OK)
        err = cw_eta_of(&etas, message, &ret->has_eta, &ret->eta, error);
    if (err == CW_OK)
        err = cw_store_history_load(view->store, message->row, &view->arena, &ret->lines,
                                    &ret->lines_n, error);
    return err;
}

/* Gas used × price and what data cost, or what it may cost at most while it is not included. False
 * when that is nothing. */
bool cw_story_fee(const struct cw_store_attempt *a, struct cw_wei *ret, bool *ret_paid) {
    *ret_paid = a->state == CW_ATTEMPT_INCLUDED || a->state == CW_ATTEMPT_FINAL;
    if (a->state == CW_ATTEMPT_LOST)
        return false;
    bool over = *ret_paid ? cw_u256_mul_u64(&ret->v, &a->gas_price.v, a->gas_used)
                          : cw_u256_mul_u64(&ret->v, &a->max_fee.v, a->gas_limit);
    return !over && !cw_u256_add(&ret->v, &ret->v, &a->data_fee.v);
}

const char *cw_story_chain(const struct cw_story *s, int64_t row) {
    const struct cw_store_chain_row *chain = cw_cli_chain(s->view, row);
    return chain != NULL ? chain->name : "?";
}

/* When a stage was reached for the last time; 0: it was skipped, or is not reached. */
uint64_t cw_story_reached_ms(const struct cw_story *s, enum cw_stage stage) {
    uint64_t time = 0;
    for (size_t i = 0; i < s->lines_n; i++) {
        bool entered = i == 0 || s->lines[i - 1].stage != s->lines[i].stage;
        if (s->lines[i].stage == stage && entered)
            time = s->lines[i].time_ms;
    }
    return time;
}

bool cw_story_took_ms(const struct cw_story *s, enum cw_stage stage, uint64_t *ret) {
    const uint64_t from = cw_story_reached_ms(s, stage);
    for (int i = (int)stage + 1; from != 0 && i <= (int)s->m->m.stage; i++) {
        const uint64_t to = cw_story_reached_ms(s, (enum cw_stage)i);
        if (to >= from) {
            *ret = to - from;
            return true;
        }
    }
    return false;
}

struct cw_wei cw_story_cost(const struct cw_story *s, uint64_t *ret_gas) {
    struct cw_wei sum = {0};
    *ret_gas = 0;
    for (size_t i = 0; i < s->attempts_n; i++) {
        const struct cw_store_attempt *a = &s->attempts[i];
        const uint64_t shares = a->items_n > 0 ? a->items_n : 1;
        struct cw_wei fee;
        bool paid = false;
        if (!cw_story_fee(a, &fee, &paid) || !paid)
            continue;
        (void)cw_u256_div_u64(&fee.v, &fee.v, shares);
        sum = cw_wei_add(&sum, &fee);
        *ret_gas += a->gas_used / shares;
    }
    return sum;
}

uint64_t cw_story_gas_alone(const struct cw_store_attempt *a) {
    uint64_t sum = 0;
    for (size_t i = 0; i < a->items_n; i++)
        sum += a->items[i].gas;
    return sum;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void put_bids(struct cw_buf *out, const struct cw_story_bids *bids) {
    cw_out_open(out, "bids", '[');
    for (size_t i = 0; i < bids->n; i++) {
        const struct cw_store_bid *bid = &bids->list[i];
        cw_out_open(out, NULL, '{');
        cw_out_hash32(out, "hash", &bid->hash);
        cw_out_u64(out, "gasLimit", bid->gas_limit);
        cw_out_u256(out, "maxFeeWei", &bid->max_fee.v);
        cw_out_u256(out, "maxTipWei", &bid->max_tip.v);
        cw_out_bool(out, "cancels", bid->cancels);
        cw_out_u64(out, "signedMs", bid->signed_ms);
        if (bid->why[0] != 0)
            cw_out_text(out, "why", bid->why);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_attempt(struct cw_buf *out, const struct cw_story *s, size_t i) {
    const struct cw_store_attempt *a = &s->attempts[i];
    struct cw_wei wei;
    bool paid = false;
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "step", a->step);
    cw_out_text(out, "state", cw_attempt_state_name(a->state));
    cw_out_hash32(out, "hash", &a->hash);
    cw_out_text(out, "chain", cw_story_chain(s, a->chain));
    cw_out_addr20(out, "signer", &a->signer);
    cw_out_u64(out, "nonce", a->nonce);
    cw_out_u64(out, "gasLimit", a->gas_limit);
    cw_out_u256(out, "maxFeeWei", &a->max_fee.v);
    cw_out_u256(out, "maxTipWei", &a->max_tip.v);
    cw_out_u64(out, "rawBytes", a->raw.n);
    cw_out_u64(out, "calldataBytes", a->calldata_bytes);
    cw_out_u64(out, "proofNodes", a->proof_nodes);
    cw_out_u64(out, "proofBytes", a->proof_bytes);
    cw_out_bool(out, "reorged", a->reorged);
    if (a->state == CW_ATTEMPT_INCLUDED || a->state == CW_ATTEMPT_FINAL) {
        cw_out_bool(out, "success", a->success);
        cw_out_u64(out, "block", a->block.number.v);
        cw_out_hash32(out, "blockHash", &a->block.hash);
        cw_out_u64(out, "blockTime", a->block.timestamp_s);
        cw_out_u64(out, "gasUsed", a->gas_used);
        cw_out_u256(out, "gasPriceWei", &a->gas_price.v);
    }
    if (cw_story_fee(a, &wei, &paid))
        cw_out_u256(out, paid ? "feeWei" : "feeAtMostWei", &wei.v);
    if (a->items_n > 0) {
        cw_out_u64(out, "sharedBy", a->items_n);
        cw_out_u64(out, "gasAlone", cw_story_gas_alone(a));
        cw_out_u64(out, "gasTogether", a->estimate);
    }
    cw_out_u256(out, "dataFeeWei", &a->data_fee.v);
    cw_out_u64(out, "dataGas", a->data_gas);
    cw_out_u64(out, "signedMs", a->signed_ms);
    cw_out_u64(out, "sentMs", a->sent_ms);
    cw_out_u64(out, "includedMs", a->included_ms);
    cw_out_bool(out, "cancelled", a->cancelled);
    put_bids(out, &s->bids[i]);
    cw_out_close(out, '}');
}

static void put_line(struct cw_buf *out, const struct cw_store_history *line) {
    cw_out_open(out, NULL, '{');
    cw_out_u64(out, "timeMs", line->time_ms);
    cw_out_text(out, "kind", line->kind);
    cw_out_text(out, "stage", cw_stage_name(line->stage));
    cw_out_text(out, "condition", cw_condition_name(line->condition));
    cw_out_text(out, "text", line->text);
    if (line->has_block) {
        cw_out_text(out, "side", cw_side_name(line->side));
        cw_out_u64(out, "block", line->block.number.v);
        cw_out_hash32(out, "blockHash", &line->block.hash);
    }
    if (line->has_tx)
        cw_out_hash32(out, "transaction", &line->tx);
    cw_out_close(out, '}');
}

static void put_stages(struct cw_buf *out, const struct cw_story *s) {
    cw_out_open(out, "stages", '[');
    for (int i = CW_STAGE_SEEN; i <= (int)s->m->m.stage; i++) {
        uint64_t at = cw_story_reached_ms(s, (enum cw_stage)i), took = 0;
        if (at == 0)
            continue;
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "stage", cw_stage_name((enum cw_stage)i));
        cw_out_u64(out, "timeMs", at);
        if (cw_story_took_ms(s, (enum cw_stage)i, &took))
            cw_out_u64(out, "tookMs", took);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_cost(struct cw_buf *out, const struct cw_story *s) {
    uint64_t gas = 0;
    const struct cw_wei fee = cw_story_cost(s, &gas);
    cw_out_open(out, "cost", '{');
    cw_out_u64(out, "gas", gas);
    cw_out_u256(out, "feeWei", &fee.v);
    cw_out_close(out, '}');
}

static void put_waits(struct cw_buf *out, const struct cw_story *s) {
    struct cw_cli_wait waits[CW_CLI_WAITS];
    size_t n = cw_cli_waits(s->view, s->m, s->now_ms, waits);
    cw_out_open(out, "waitsFor", '[');
    for (size_t i = 0; i < n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "what", waits[i].what);
        if (waits[i].chain != NULL)
            cw_out_text(out, "chain", waits[i].chain);
        if (waits[i].who != NULL)
            cw_out_text(out, "who", waits[i].who);
        if (waits[i].until_s != 0) {
            cw_out_u64(out, "until", waits[i].until_s);
            cw_out_text(out, "clock", waits[i].chain_clock ? "chain" : "wall");
        }
        cw_out_text(out, "text", waits[i].text);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_level(struct cw_buf *out, const struct cw_story *s) {
    const struct cw_level *level = cw_cli_level(s->view, s->m);
    if (level == NULL)
        return;
    cw_out_open(out, "level", '{');
    cw_out_level(out, level);
    if (cw_cli_level_until(level, s->m) != 0)
        cw_out_u64(out, "until", cw_cli_level_until(level, s->m));
    cw_out_close(out, '}');
}

void cw_story_put(struct cw_buf *out, const struct cw_story *s) {
    cw_out_open(out, NULL, '{');
    cw_out_message(out, s->view, s->m);
    cw_out_u64(out, "evidenceBytes", s->m->evidence_size);
    if (s->m->evidence_size != 0)
        cw_out_hash32(out, "evidenceHash", &s->m->evidence_hash);
    put_level(out, s);
    if (s->has_eta)
        cw_out_eta(out, &s->eta);
    put_waits(out, s);
    put_stages(out, s);
    put_cost(out, s);
    cw_out_open(out, "transactions", '[');
    for (size_t i = 0; i < s->attempts_n; i++)
        put_attempt(out, s, i);
    cw_out_close(out, ']');
    cw_out_open(out, "history", '[');
    for (size_t i = 0; i < s->lines_n; i++)
        put_line(out, &s->lines[i]);
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}
