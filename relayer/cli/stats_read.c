#include "cli/stats_read.h"

#include "cli/story.h"

#include <inttypes.h>
#include <stdio.h>

/* --- reading ---------------------------------------------------------------------------------- */

static enum cw_err read_delivered(struct cw_stats *s, struct cw_stats_route *r,
                                  struct cw_error *error) {
    uint64_t counts[10][6] = {{0}};
    enum cw_err err = cw_store_counts(s->view->store, r->route->row, counts, error);
    for (size_t stage = CW_STAGE_EXECUTED; stage < CW_COUNT(counts); stage++)
        for (size_t condition = 0; condition < CW_COUNT(counts[0]); condition++)
            r->delivered += counts[stage][condition];
    return err;
}

static enum cw_err read_calls(struct cw_stats *s, struct cw_error *error) {
    struct cw_store_calls *calls = NULL;
    size_t n = 0;
    enum cw_err err = cw_store_calls(s->view->store, &s->view->arena, &calls, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        s->calls += calls[i].calls;
    return err;
}

enum cw_err cw_stats_read(struct cw_stats *ret, struct cw_cli_view *view, int64_t route,
                          uint64_t days, uint64_t now_ms, struct cw_error *error) {
    const uint64_t from = cw_stats_since_ms(days, now_ms) / 1000 / CW_LEDGER_DAY_S;
    struct cw_stats s = {.view = view, .days = days};
    s.routes = cw_arena_array(&view->arena, view->routes_n + 1, sizeof *s.routes);
    if (s.routes == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err err = read_calls(&s, error);
    for (size_t i = 0; err == CW_OK && i < view->routes_n; i++) {
        struct cw_stats_route r = {.route = &view->routes[i]};
        err = read_delivered(&s, &r, error);
        s.delivered += r.delivered;
        if (route != 0 && r.route->row != route)
            continue;
        if (err == CW_OK)
            err = cw_store_ledger(view->store, r.route->row, from, &view->arena, &r.ledger, error);
        s.routes[s.routes_n++] = r;
    }
    if (err == CW_OK)
        *ret = s;
    return err;
}

uint64_t cw_stats_since_ms(uint64_t days, uint64_t now_ms) {
    const uint64_t today = now_ms / 1000 / CW_LEDGER_DAY_S;
    const uint64_t from = days == 0 ? 0 : today >= days ? today - days + 1 : 1;
    return from * CW_LEDGER_DAY_S * 1000;
}

uint64_t cw_stats_saved(const struct cw_store_cost *cost) {
    return cost->alone_gas > cost->together_gas ? cost->alone_gas - cost->together_gas : 0;
}

struct cw_wei cw_stats_mean(const struct cw_wei *sum, uint64_t n) {
    struct cw_wei mean = *sum;
    (void)cw_u256_div_u64(&mean.v, &mean.v, n);
    return mean;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void put_times(struct cw_buf *out, const struct cw_store_stage_time *t) {
    cw_out_u64(out, "count", t->n);
    cw_out_u64(out, "meanMs", t->n > 0 ? t->sum_ms / t->n : 0);
    cw_out_u64(out, "p50Ms", t->p50_ms);
    cw_out_u64(out, "p95Ms", t->p95_ms);
    cw_out_u64(out, "p99Ms", t->p99_ms);
}

static void put_cost(struct cw_buf *out, const struct cw_store_cost *c) {
    const uint64_t n = c->n > 0 ? c->n : 1;
    const struct cw_wei mean = cw_stats_mean(&c->fee, n);
    const struct cw_u256 p50 = cw_u256_from_u64(c->fee_each.p50);
    const struct cw_u256 p95 = cw_u256_from_u64(c->fee_each.p95);
    const struct cw_u256 p99 = cw_u256_from_u64(c->fee_each.p99);
    cw_out_u64(out, "transactions", c->transactions);
    cw_out_u64(out, "count", c->n);
    cw_out_u64(out, "failed", c->failed);
    cw_out_u64(out, "gas", c->gas);
    cw_out_u64(out, "gasMean", c->gas / n);
    cw_out_u64(out, "gasP50", c->gas_each.p50);
    cw_out_u64(out, "gasP95", c->gas_each.p95);
    cw_out_u64(out, "gasP99", c->gas_each.p99);
    cw_out_u256(out, "feeWei", &c->fee.v);
    cw_out_u256(out, "dataFeeWei", &c->data_fee.v);
    cw_out_u256(out, "feeMeanWei", &mean.v);
    cw_out_u256(out, "feeP50Wei", &p50);
    cw_out_u256(out, "feeP95Wei", &p95);
    cw_out_u256(out, "feeP99Wei", &p99);
}

static void put_step(struct cw_buf *out, const struct cw_store_cost *c) {
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "step", c->step);
    put_cost(out, c);
    cw_out_u64(out, "bytes", c->raw_bytes);
    cw_out_u64(out, "calldataBytes", c->calldata_bytes);
    cw_out_u64(out, "proofNodes", c->proof_nodes);
    cw_out_u64(out, "proofBytes", c->proof_bytes);
    cw_out_u64(out, "batches", c->batches);
    cw_out_u64(out, "batched", c->batched);
    cw_out_u64(out, "batchedGas", c->batched_gas);
    cw_out_u64(out, "gasSaved", cw_stats_saved(c));
    cw_out_close(out, '}');
}

static void put_route(struct cw_buf *out, const struct cw_stats_route *r) {
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "route", r->route->name);
    cw_out_u64(out, "delivered", r->delivered);
    cw_out_open(out, "delivery", '{');
    put_times(out, &r->ledger.stages[0]);
    cw_out_close(out, '}');
    cw_out_open(out, "stages", '[');
    for (int i = CW_STAGE_SEEN; i < CW_STAGE_EXECUTED_FINAL; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "stage", cw_stage_name((enum cw_stage)i));
        put_times(out, &r->ledger.stages[i]);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_open(out, "steps", '[');
    for (size_t i = 0; i < r->ledger.steps_n; i++)
        put_step(out, &r->ledger.steps[i]);
    cw_out_close(out, ']');
    cw_out_open(out, "messages", '{');
    put_cost(out, &r->ledger.messages);
    cw_out_close(out, '}');
    cw_out_close(out, '}');
}

void cw_stats_put(struct cw_buf *out, const struct cw_stats *s) {
    cw_out_open(out, NULL, '{');
    cw_out_u64(out, "days", s->days);
    cw_out_open(out, "routes", '[');
    for (size_t i = 0; i < s->routes_n; i++)
        put_route(out, &s->routes[i]);
    cw_out_close(out, ']');
    cw_out_open(out, "rpc", '{');
    cw_out_u64(out, "calls", s->calls);
    cw_out_u64(out, "delivered", s->delivered);
    if (s->delivered > 0)
        cw_out_u64(out, "callsPerMessage", (s->calls + s->delivered - 1) / s->delivered);
    cw_out_close(out, '}');
    cw_out_close(out, '}');
}

/* --- as CSV ----------------------------------------------------------------------------------- */

/* Names of routes and steps are plain words: nothing in them has to be quoted. */
static void csv_line(struct cw_buf *out, const char *route, const char *measure, const char *of,
                     const char *unit, uint64_t n, const struct cw_u256 *sum,
                     const struct cw_store_spread *each) {
    char total[CW_U256_DEC_SIZE], mean[CW_U256_DEC_SIZE] = "";
    const struct cw_wei wei = {*sum};
    if (n > 0) {
        const struct cw_wei one = cw_stats_mean(&wei, n);
        cw_u256_to_dec(mean, &one.v);
    }
    cw_buf_format(out, "%s,%s%s,%s,%" PRIu64 ",%s,%s,", route, measure, of, unit, n,
                  cw_u256_to_dec(total, sum), mean);
    if (each != NULL && n > 0)
        cw_buf_format(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", each->p50, each->p95,
                      each->p99);
    else
        cw_buf_format(out, ",,\n");
}

static void csv_time(struct cw_buf *out, const char *route, const char *measure, const char *of,
                     const struct cw_store_stage_time *t) {
    const struct cw_store_spread each = {t->p50_ms, t->p95_ms, t->p99_ms};
    const struct cw_u256 sum = cw_u256_from_u64(t->sum_ms);
    csv_line(out, route, measure, of, "ms", t->n, &sum, &each);
}

static void csv_cost(struct cw_buf *out, const char *route, const char *of,
                     const struct cw_store_cost *c) {
    const struct {
        const char *measure, *unit;
        uint64_t sum;
    } sums[] = {{"transactions ", "", c->transactions},
                {"failed ", "", c->failed},
                {"raw ", "bytes", c->raw_bytes},
                {"calldata ", "bytes", c->calldata_bytes},
                {"proof nodes ", "", c->proof_nodes},
                {"proof ", "bytes", c->proof_bytes},
                {"batches ", "", c->batches},
                {"gas batched ", "gas", c->batched_gas},
                {"gas saved ", "gas", cw_stats_saved(c)}};
    const struct cw_u256 gas = cw_u256_from_u64(c->gas);
    csv_line(out, route, "gas ", of, "gas", c->n, &gas, &c->gas_each);
    csv_line(out, route, "fee ", of, "wei", c->n, &c->fee.v, &c->fee_each);
    csv_line(out, route, "data fee ", of, "wei", c->n, &c->data_fee.v, NULL);
    for (size_t i = 0; c->step[0] != '\0' && i < CW_COUNT(sums); i++) {
        const struct cw_u256 sum = cw_u256_from_u64(sums[i].sum);
        csv_line(out, route, sums[i].measure, of, sums[i].unit, c->n, &sum, NULL);
    }
}

void cw_stats_csv(struct cw_buf *out, const struct cw_stats *s) {
    cw_buf_format(out, "route,measure,unit,count,sum,mean,p50,p95,p99\n");
    for (size_t i = 0; i < s->routes_n; i++) {
        const struct cw_store_ledger *ledger = &s->routes[i].ledger;
        const char *route = s->routes[i].route->name;
        csv_time(out, route, "delivery", "", &ledger->stages[0]);
        for (int stage = CW_STAGE_SEEN; stage < CW_STAGE_EXECUTED_FINAL; stage++)
            csv_time(out, route, "stage ", cw_stage_name((enum cw_stage)stage),
                     &ledger->stages[stage]);
        for (size_t k = 0; k < ledger->steps_n; k++)
            csv_cost(out, route, ledger->steps[k].step, &ledger->steps[k]);
        csv_cost(out, route, "message", &ledger->messages);
    }
}

/* --- transaction by transaction --------------------------------------------------------------- */

static enum cw_err csv_messages(struct cw_buf *out, const struct cw_cli_view *view,
                                const struct cw_store_attempt *a, struct cw_error *error) {
    char id[CW_HEX_SIZE(32)];
    const size_t n = a->message != 0 ? 1 : a->items_n;
    for (size_t i = 0; i < n; i++) {
        struct cw_hash32 hash;
        enum cw_err err = cw_store_message_id(
            view->store, a->message != 0 ? a->message : a->items[i].message, &hash, error);
        if (err != CW_OK)
            return err;
        cw_buf_format(out, "%s%s", i > 0 ? " " : "",
                      cw_hex_encode(id, cw_slice_of(hash.b, sizeof hash.b)));
    }
    return CW_OK;
}

static enum cw_err csv_attempt(struct cw_buf *out, const struct cw_cli_view *view,
                               const struct cw_store_attempt *a, struct cw_error *error) {
    const struct cw_store_route_row *route = cw_cli_route(view, a->route);
    const struct cw_store_chain_row *chain = cw_cli_chain(view, a->chain);
    const bool placed = a->state == CW_ATTEMPT_INCLUDED || a->state == CW_ATTEMPT_FINAL;
    char hash[CW_HEX_SIZE(32)], signer[CW_HEX_SIZE(20)], price[CW_U256_DEC_SIZE],
        fee[CW_U256_DEC_SIZE], data_fee[CW_U256_DEC_SIZE];
    struct cw_wei paid;
    bool is_paid = false;
    const bool told = cw_story_fee(a, &paid, &is_paid) && is_paid;
    cw_buf_format(out, "%" PRId64 ",%s,%s,%s,%s,%s,", a->row, route != NULL ? route->name : "",
                  a->step, cw_attempt_state_name(a->state),
                  !placed        ? ""
                  : a->cancelled ? "cancelled"
                  : a->success   ? "success"
                                 : "reverted",
                  chain != NULL ? chain->name : "");
    cw_buf_format(out, "%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
                  cw_hex_encode(hash, cw_slice_of(a->hash.b, sizeof a->hash.b)),
                  cw_hex_encode(signer, cw_slice_of(a->signer.b, sizeof a->signer.b)), a->nonce,
                  a->block.number.v, a->block.timestamp_s);
    cw_buf_format(out, "%" PRIu64 ",%" PRIu64 ",%s,%s,%s,", a->gas_limit, a->gas_used,
                  cw_u256_to_dec(price, &a->gas_price.v),
                  told     ? cw_u256_to_dec(fee, &paid.v)
                  : placed ? "" /* a price that no chain can have */
                           : "0",
                  cw_u256_to_dec(data_fee, &a->data_fee.v));
    cw_buf_format(out, "%zu,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", a->raw.n, a->calldata_bytes,
                  a->proof_nodes, a->proof_bytes);
    cw_buf_format(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", a->signed_ms, a->sent_ms,
                  a->included_ms);
    enum cw_err err = csv_messages(out, view, a, error);
    cw_buf_format(out, "\n");
    return err;
}

enum cw_err cw_stats_attempts_csv(struct cw_buf *out, const struct cw_cli_view *view,
                                  const struct cw_store_attempt_filter *filter,
                                  struct cw_arena *arena, int64_t *ret_next,
                                  struct cw_error *error) {
    struct cw_store_attempt *list = NULL;
    size_t n = 0;
    enum cw_err err = cw_store_attempts(view->store, filter, arena, &list, &n, error);
    if (filter->before_row == 0)
        cw_buf_format(out, "row,route,step,state,result,chain,transaction,signer,nonce,block,"
                           "block_time_s,gas_limit,gas_used,gas_price_wei,fee_wei,data_fee_wei,"
                           "raw_bytes,calldata_bytes,proof_nodes,proof_bytes,signed_ms,sent_ms,"
                           "included_ms,messages\n");
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = csv_attempt(out, view, &list[i], error);
    if (err == CW_OK)
        *ret_next = n == filter->limit && n > 0 ? list[n - 1].row : 0;
    return err;
}
