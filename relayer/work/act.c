#include "work/internal.h"

#include "tx/fees.h"
#include "work/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MONEY_PAUSE_MS 30000u
#define DAY_MS         86400000u

void verdict_free(struct verdict *verdict) {
    if (!verdict)
        return;
    cw_arena_done(&verdict->arena);
    free(verdict);
}

bool act_allowed(const struct route *route, const struct cw_message *message,
                 char reason[CW_REASON_SIZE], char detail[CW_DETAIL_SIZE]) {
    const struct cw_config_policy *policy = &route->config->policy;
    if (policy->observe_only || route->lanes_n == 0) {
        snprintf(reason, CW_REASON_SIZE, "observed_only");
        snprintf(detail, CW_DETAIL_SIZE, "%s",
                 policy->observe_only
                     ? "the route's policy has no \"relay\": it observes and sends nothing"
                     : "the route has no signer: it observes and sends nothing");
        return false;
    }
    struct cw_slice inner = route->config->adapter->inner(route->adapter, message);
    if (!cw_policy_admits(policy, message, inner, reason, detail))
        return false;
    if (route->hold_reason[0]) {
        snprintf(reason, CW_REASON_SIZE, "route_held");
        snprintf(detail, CW_DETAIL_SIZE, "%s: %.190s", route->hold_reason, route->hold_detail);
        return false;
    }
    return true;
}

bool act_source_hash(const struct route *route, struct cw_slice evidence, struct cw_hash32 *ret) {
    struct cw_block_number number;
    if (route->config->adapter->evidence_block(evidence, &number) != CW_OK)
        return false;
    struct chain *source = source_chain(route);
    const struct cw_heads *heads = cw_watch_heads(source->watch);
    if (!heads || number.v > heads->final.number.v)
        return false;
    struct cw_store_header header;
    if (cw_watch_header_at(source->watch, number, &header)) {
        *ret = header.ref.hash;
        return true;
    }
    struct cw_request request = {
        .kind = CW_REQUEST_HEADER, .side = route_source(route), .block_number = number};
    const struct cw_answer *answer = cw_facts_get(source->facts, &request);
    if (!answer || answer->status != CW_ANSWER_OK)
        return false;
    *ret = answer->header_hash;
    return true;
}

/* --- the lane's questions --- */

static bool target_failed(void *ctx, struct cw_slice revert) {
    const struct verdict *v = ctx;
    struct cw_revert class_ = {0};
    v->route->config->adapter->revert(v->route->adapter, &v->message, v->decision.step, revert,
                                      &class_);
    return class_.class_ == CW_REVERT_TARGET;
}

static enum cw_err affordable(const struct verdict *v, const struct cw_lane_price *price,
                              struct cw_error *error) {
    const struct route *route = v->route;
    struct cw_policy_step step = {
        .config = route->relay->config,
        .chain = destination_chain(route)->config,
        .source = source_chain(route)->config,
        .worst = price->worst,
        .expected = price->expected,
    };
    char text[CW_DETAIL_SIZE];
    enum cw_err err = cw_store_spent_on(route->relay->store, v->row, &step.message_spent, error);
    if (err == CW_OK && !cw_policy_affords(&route->config->policy, &step, text))
        err = cw_error_set(error, CW_ERR_LIMIT, "%s", text);
    return err;
}

enum cw_err act_permit(const struct verdict *v, const struct cw_lane_price *price,
                       struct cw_error *error) {
    const struct route *route = v->route;
    if (v->stale)
        return cw_error_set(error, CW_ERR_BUSY, "the chain moved under it; looked at again");
    char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
    bool asked = true;
    if (!act_allowed(route, &v->message, reason, detail))
        return cw_error_set(error, CW_ERR_BUSY, "%s: %s", reason, detail);
    enum cw_err err = cw_store_hold_is_asked(route->relay->store, route->config->name,
                                             &v->message.id, &asked, error);
    if (err == CW_OK && asked)
        err = cw_error_set(error, CW_ERR_BUSY, "a hold of it is asked for");
    if (err != CW_OK)
        return err;
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_message now;
    err = cw_store_message_get(route->relay->store, v->row, &arena, &now, error);
    if (err == CW_OK && now.condition != CW_WAITING && now.condition != CW_READY)
        err = cw_error_set(error, CW_ERR_BUSY, "it is %s now", cw_condition_name(now.condition));
    cw_arena_done(&arena);
    if (err != CW_OK)
        return err;
    struct cw_hash32 source_hash;
    if (!act_source_hash(route, v->evidence, &source_hash))
        return cw_error_set(error, CW_ERR_BEHIND,
                            "the source block of its evidence is not known to be final");
    struct cw_judgement verdict = route->config->adapter->verify(
        route->adapter, &v->message, v->evidence, &source_hash, v->decision.step,
        &v->decision.call);
    if (verdict.verdict != CW_VALID)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "its evidence does not hold: %s",
                            verdict.reason);
    return price ? affordable(v, price, error) : CW_OK;
}

static enum cw_err permit(void *ctx, const struct cw_lane_price *price, struct cw_error *error) {
    return act_permit(ctx, price, error);
}

/* A fifth is the buffer on top of what the call needs. */
static bool over_max_gas(const struct cw_config_policy *policy, uint64_t gas) {
    return gas / 6 * 5 > policy->max_gas;
}

/* All of it when part is not in it, such as what was signed before the day. */
static struct cw_wei without(const struct cw_wei *sum, const struct cw_wei *part) {
    struct cw_wei rest;
    return cw_u256_sub(&rest.v, &sum->v, &part->v) ? *sum : rest;
}

/* The message's budget, with its share of the old price in it, and the day's, with all of it. */
static bool over_budget(struct route *route, const struct cw_lane_stuck *stuck, char text[200]) {
    uint64_t now = wall_ms(route->relay);
    struct cw_error error;
    struct cw_wei spent, rest;
    const struct cw_wei *most = &route->config->policy.max_message_fee;
    if (cw_store_spent_on(route->relay->store, stuck->message, &spent, &error) != CW_OK) {
        snprintf(text, 200, "the message's fees can't be read: %.150s", error.text);
        return true;
    }
    const struct cw_wei old_share = cw_wei_share(&stuck->old_cost, stuck->shares);
    const struct cw_wei new_share = cw_wei_share(&stuck->new_cost, stuck->shares);
    rest = without(&spent, &old_share);
    const struct cw_wei on_it = cw_wei_add(&rest, &new_share);
    if (!cw_u256_is_zero(&most->v) && cw_wei_cmp(&on_it, most) > 0) {
        snprintf(text, 200, "a higher price would be over max_message_fee");
        return true;
    }
    if (cw_store_spent(route->relay->store, route->row, now > DAY_MS ? now - DAY_MS : 0, &spent,
                       &error) != CW_OK) {
        snprintf(text, 200, "the day's fees can't be read: %.150s", error.text);
        return true;
    }
    rest = without(&spent, &stuck->old_cost);
    const struct cw_wei signing = cw_lanes_signing(&route->relay->all_lanes, route->row);
    const struct cw_wei more = cw_wei_add(&signing, &stuck->new_cost);
    const struct cw_wei sum = cw_wei_add(&rest, &more);
    if (cw_wei_cmp(&sum, &route->config->policy.daily_fee_budget) <= 0)
        return false;
    snprintf(text, 200, "a higher price would be over daily_fee_budget");
    money_over_budget(route, text);
    return true;
}

static enum cw_lane_rebid rebid_of(struct cw_relay *relay, const struct cw_lane_stuck *stuck,
                                   const struct cw_store_message *message, char text[200]) {
    if (message->orphaned || message->condition == CW_DEAD || message->condition == CW_DONE) {
        snprintf(text, 200, "its message is %s",
                 message->orphaned ? "gone from its block" : cw_condition_name(message->condition));
        return CW_LANE_REBID_CANCEL;
    }
    struct route *route = route_by_row(relay, message->route);
    char reason[CW_REASON_SIZE] = "", detail[CW_DETAIL_SIZE] = "its route is not configured";
    if (!route || !act_allowed(route, &message->m, reason, detail)) {
        snprintf(text, 200, "%s%s%.150s", reason, reason[0] ? ": " : "", detail);
        return CW_LANE_REBID_WAIT;
    }
    if (message->condition == CW_HELD) {
        snprintf(text, 200, "its message is held: %s", message->reason);
        return CW_LANE_REBID_WAIT;
    }
    if (over_max_gas(&route->config->policy, stuck->gas)) {
        snprintf(text, 200, "it would need %" PRIu64 " gas, above max_gas of the policy",
                 stuck->gas);
        return CW_LANE_REBID_WAIT;
    }
    return over_budget(route, stuck, text) ? CW_LANE_REBID_WAIT : CW_LANE_REBID_OK;
}

enum cw_lane_rebid act_rebid(struct cw_relay *relay, const struct cw_lane_stuck *stuck,
                             char text[200]) {
    struct cw_arena arena;
    struct cw_store_message message;
    struct cw_error error;
    enum cw_lane_rebid rebid = CW_LANE_REBID_WAIT;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    if (cw_store_message_get(relay->store, stuck->message, &arena, &message, &error) == CW_OK)
        rebid = rebid_of(relay, stuck, &message, text);
    else
        snprintf(text, 200, "its message can't be read: %.150s", error.text);
    cw_arena_done(&arena);
    return rebid;
}

static void transition_of(const struct verdict *v, struct cw_store_transition *t) {
    *t = (struct cw_store_transition){.message = v->row,
                                      .stage = v->decision.stage,
                                      .condition = CW_WAITING,
                                      .outcome = v->decision.outcome};
}

static enum cw_err committed(void *ctx, int64_t attempt, struct cw_error *error) {
    struct verdict *v = ctx;
    (void)attempt;
    /* What was held or moved while the signer worked. */
    enum cw_err err = act_permit(v, NULL, error);
    if (err != CW_OK)
        return err;
    char note[CW_DETAIL_SIZE];
    snprintf(note, sizeof note, "%s signed", v->decision.step);
    struct cw_store_transition t;
    transition_of(v, &t);
    t.reason = "submitted";
    t.detail = note;
    t.due_ms = wall_ms(v->route->relay) + 60000;
    return cw_store_message_move(v->route->relay->store, &t, wall_ms(v->route->relay), error);
}

static void unlink_in_lane(struct verdict *verdict) {
    struct verdict **link = &verdict->route->in_lane;
    while (*link && *link != verdict)
        link = &(*link)->next;
    if (*link)
        *link = verdict->next;
}

static void reverted(const struct verdict *v, const struct cw_lane_result *result,
                     struct cw_store_transition *t, char text[512]) {
    struct cw_revert revert = {0};
    v->route->config->adapter->revert(v->route->adapter, &v->message, v->decision.step,
                                      result->data, &revert);
    snprintf(text, 512, "%s would revert: %s", v->decision.step, revert.detail);
    t->reason = "would_revert";
    switch (revert.class_) {
    case CW_REVERT_TARGET:
        t->condition = CW_HELD;
        t->reason = "target_reverts";
        snprintf(text, 512,
                 "the target reverts, and %s would spend the message all the same; when the target "
                 "is mended: causeway release",
                 v->decision.step);
        return;
    case CW_REVERT_TARGET_KEPT:
        t->reason = "target_reverts";
        t->failures = v->failures + 1;
        t->due_ms = wall_ms(v->route->relay) + retry_target_ms(t->failures, &v->message.id);
        return;
    case CW_REVERT_DEAD:
        t->condition = CW_DEAD;
        t->reason = "refused_for_good";
        return;
    case CW_REVERT_REBUILD:
        t->evidence = CW_LITERAL("");
        break;
    /* The next look finds another root and its evidence. Until then this is kept: its block may be
     * one that no node proves any more, and an endpoint's word is no reason to lose it. */
    case CW_REVERT_PROVE_AGAIN:
    case CW_REVERT_UNKNOWN:
    case CW_REVERT_WAIT:
    case CW_REVERT_ASK:
    case CW_REVERT_MORE_GAS:
    case CW_REVERT_DONE:
        break;
    }
    t->failures = v->failures + 1;
    t->due_ms = wall_ms(v->route->relay) + retry_pause_ms(t->failures, &v->message.id);
}

/* Prices and funds: whoever waits for them longer is simulated again more rarely. */
static void put_off(const struct verdict *v, struct cw_store_transition *t, uint64_t now) {
    t->failures = v->failures + 1;
    uint64_t pause = retry_pause_ms(t->failures, &v->message.id);
    t->due_ms = now + (pause > MONEY_PAUSE_MS ? pause : MONEY_PAUSE_MS);
}

/* Writes what the lane said, unless the message was held, decided or reorganized meanwhile: *ret
 * is false then. */
static enum cw_err write_result(const struct verdict *v, const struct cw_store_transition *t,
                                bool *ret, struct cw_error *error) {
    struct cw_store *store = v->route->relay->store;
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_message row;
    enum cw_err err = cw_store_message_get(store, v->row, &arena, &row, error);
    bool open = err == CW_OK && !row.orphaned &&
                (row.condition == CW_READY || row.condition == CW_WAITING);
    cw_arena_done(&arena);
    if (open)
        err = cw_store_begin(store, error);
    if (err != CW_OK || !open) {
        *ret = false;
        return err;
    }
    err = cw_store_message_move(store, t, wall_ms(v->route->relay), error);
    err = cw_store_end(store, err, error);
    *ret = err == CW_OK;
    return err;
}

static void lane_done(void *ctx, const struct cw_lane_result *result) {
    struct verdict *v = ctx;
    struct route *route = v->route;
    struct cw_relay *relay = route->relay;
    unlink_in_lane(v);
    if (result->over_budget)
        money_over_budget(route, result->text);
    if (result->outcome == CW_LANE_SENT) {
        money_spent(route);
        char id[CW_HEX_SIZE(32)];
        cw_log(CW_LOG_INFO, route->subject, "%s of %s sent", v->decision.step,
               cw_hex_encode(id, cw_slice_of(v->message.id.b, 32)));
        verdict_free(v);
        act_submit(route);
        return;
    }
    /* Something came in while the lane had it: the result is about what was, and whatever came in
     * saw to it that the message is looked at again. */
    if (v->stale) {
        verdict_free(v);
        act_submit(route);
        return;
    }
    struct cw_store_transition t;
    transition_of(v, &t);
    char text[512];
    snprintf(text, sizeof text, "%s", result->text ? result->text : "");
    t.detail = text;
    uint64_t now = wall_ms(relay);
    const struct cw_heads *heads = cw_watch_heads(destination_chain(route)->watch);
    t.rests_on = heads ? heads->latest.number.v : 0;
    switch (result->outcome) {
    case CW_LANE_SENT:
        break;
    case CW_LANE_REVERTED:
        reverted(v, result, &t, text);
        break;
    case CW_LANE_TOO_MUCH_GAS:
        t.condition = CW_HELD;
        t.reason = "over_max_gas";
        break;
    case CW_LANE_TOO_LARGE:
        t.condition = CW_HELD;
        t.reason = "too_large_to_send";
        break;
    case CW_LANE_GAS_CAP:
        t.condition = CW_DEAD;
        t.reason = "gas_cap";
        break;
    case CW_LANE_TOO_DEAR:
        t.reason = "too_dear";
        put_off(v, &t, now);
        break;
    case CW_LANE_NO_FUNDS:
        t.reason = "no_funds";
        put_off(v, &t, now);
        break;
    case CW_LANE_NO_SIGNER:
        t.reason = "signer_gone";
        put_off(v, &t, now); /* or sooner, when it is back */
        break;
    case CW_LANE_REFUSED:
        t.condition = CW_HELD;
        t.reason = "signer_refused";
        break;
    case CW_LANE_FAILED:
        t.reason = relay->options.dry_run ? "dry_run" : "not_sent";
        t.failures = relay->options.dry_run ? 0 : v->failures + 1;
        t.due_ms = now +
                   (relay->options.dry_run ? 3600000u : retry_pause_ms(t.failures, &v->message.id));
        break;
    }
    struct cw_error error;
    bool written = false;
    enum cw_err err = write_result(v, &t, &written, &error);
    char id[CW_HEX_SIZE(32)];
    cw_hex_encode(id, cw_slice_of(v->message.id.b, 32));
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "%s: not written, will be looked at again: %s", id,
               error.text);
    else if (written)
        cw_log(t.condition == CW_WAITING ? CW_LOG_INFO : CW_LOG_WARN, route->subject,
               "%s: %s, %s (%s)", id, cw_condition_name(t.condition), t.reason, text);
    verdict_free(v);
    act_submit(route);
}

static bool in_a_lane(const struct route *route, int64_t message) {
    bool has = false;
    for (size_t i = 0; i < route->lanes_n; i++)
        has = has || cw_lane_has(route->lanes[i], message);
    return has;
}

/* Whether a is the better one to give work to: nothing holds it up, then less to do, then more
 * money. */
static bool better(const struct cw_lane_status *a, const struct cw_lane_status *b) {
    bool a_stuck = a->trouble[0] != '\0', b_stuck = b->trouble[0] != '\0';
    if (a_stuck != b_stuck)
        return b_stuck;
    if (a->jobs + a->open != b->jobs + b->open)
        return a->jobs + a->open < b->jobs + b->open;
    return cw_wei_cmp(&a->balance, &b->balance) > 0;
}

static struct cw_lane *choose_lane(const struct route *route) {
    struct cw_lane *best = route->lanes[0];
    struct cw_lane_status best_status, status;
    cw_lane_status(best, &best_status);
    for (size_t i = 1; i < route->lanes_n; i++) {
        cw_lane_status(route->lanes[i], &status);
        if (better(&status, &best_status)) {
            best = route->lanes[i];
            best_status = status;
        }
    }
    return best;
}

/* What did not come off in a batch is not tried in one again. */
static bool alone(const struct verdict *v) {
    struct cw_error error;
    bool was = true;
    if (v->route->config->batch_max > 1 && v->decision.call.batchable &&
        cw_store_was_batched(v->route->relay->store, v->row, v->decision.step, &was, &error) !=
            CW_OK)
        cw_log(CW_LOG_ERROR, v->route->subject, "its transactions can't be read: %s", error.text);
    return was;
}

void act_submit(struct route *route) {
    while (route->queued) {
        struct verdict *v = route->queued;
        if (v->stale || in_a_lane(route, v->row)) {
            route->queued = v->next;
            route->queued_n--;
            verdict_free(v);
            continue;
        }
        struct cw_lane_job job = {
            .batch_max = alone(v) ? 1 : route->config->batch_max,
            .batch_wait_ms = route->config->batch_wait_s * 1000,
            .message = v->row,
            .route = route->row,
            .step = v->decision.step,
            .call = &v->decision.call,
            .policy = &route->config->policy,
            .accept_target_failure = v->decision.call.target_may_fail ||
                                     route->config->policy.deliver_failing_targets,
            .target_failed = target_failed,
            .permit = permit,
            .commit = committed,
            .done = lane_done,
            .ctx = v,
        };
        route->queued = v->next;
        route->queued_n--;
        v->next = route->in_lane;
        route->in_lane = v;
        struct cw_error error;
        enum cw_err err = cw_lane_submit(choose_lane(route), &job, &error);
        if (err == CW_OK)
            continue;
        unlink_in_lane(v);
        if (err == CW_ERR_LIMIT) {
            v->next = route->queued;
            route->queued = v;
            route->queued_n++;
            return;
        }
        if (err != CW_ERR_BUSY)
            cw_log(CW_LOG_ERROR, route->subject,
                   "not handed to the lane, will be looked at again: %s", error.text);
        verdict_free(v);
    }
}
