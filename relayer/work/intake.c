#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define INTAKE_BYTES (1u << 20)
#define LOG_BYTES    (64u << 20) /* what one log, and the message that it speaks of, may take */
#define FILTERS_MAX  64u
#define HEADERS_KEPT 8192u

static bool on_route(const struct route *route, const struct chain *chain) {
    return route->chains[CW_SETTLEMENT] == chain || route->chains[CW_EXECUTION] == chain;
}

/* Of one route, on both sides. */
static enum cw_err route_filters(const struct route *route, struct cw_filter out[FILTERS_MAX],
                                 size_t *ret_n) {
    size_t n = 0, more = 0;
    enum cw_err err = route->config->adapter->filters(route->adapter, out, FILTERS_MAX, &n);
    if (err == CW_OK)
        err = guard_filters(route, out + n, FILTERS_MAX - n, &more);
    if (err == CW_OK)
        *ret_n = n + more;
    return err;
}

void intake_filters(struct chain *chain) {
    struct cw_relay *relay = chain->relay;
    struct cw_filter filters[FILTERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        if (!on_route(route, chain))
            continue;
        struct cw_filter own[FILTERS_MAX];
        size_t own_n = 0;
        if (route_filters(route, own, &own_n) != CW_OK) {
            cw_log(CW_LOG_ERROR, route->subject, "more than %u filters", FILTERS_MAX);
            continue;
        }
        for (size_t k = 0; k < own_n; k++) {
            if (route->chains[own[k].side] != chain)
                continue;
            if (n == FILTERS_MAX) {
                cw_log(CW_LOG_ERROR, chain->config->name,
                       "more than %u filters: some routes see no events", FILTERS_MAX);
                break;
            }
            filters[n++] = own[k];
        }
    }
    if (cw_watch_filters(chain->watch, filters, n) != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "out of memory: filters not changed");
}

/* What one batch changed beyond the store, applied after its commit. */
struct effects {
    bool upgraded;
    bool held; /* because of that */
    char upgrade_detail[CW_DETAIL_SIZE];
    struct cw_store_reach reach[CW_SIDES];
};

/* --- one log --- */

/* *ret_new false: that line is there already, the event was read before. */
static enum cw_err note(struct route *route, const struct cw_store_message *message,
                        const struct cw_store_early *said, bool *ret_new, struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    struct cw_store_history line = {.time_ms = wall_ms(route->relay),
                                    .kind = "event",
                                    .stage = message->m.stage,
                                    .condition = message->condition,
                                    .has_block = true,
                                    .has_tx = true,
                                    .side = said->side,
                                    .block = said->block,
                                    .tx = said->tx};
    snprintf(line.text, sizeof line.text, "%s", said->note);
    bool known = false;
    enum cw_err err = cw_store_history_has(store, message->row, &line, &known, error);
    *ret_new = !known;
    return err == CW_OK && !known ? cw_store_history_add(store, message->row, &line, error) : err;
}

/* Holds that the relayer itself put on the message, and that the destination's own events may
 * settle. */
static bool ends_with_event(const struct cw_store_message *message) {
    return message->condition == CW_HELD && (strcmp(message->reason, "target_reverts") == 0 ||
                                             strcmp(message->reason, "over_max_gas") == 0 ||
                                             strcmp(message->reason, "keeps_reverting") == 0 ||
                                             strcmp(message->reason, "keeps_failing") == 0 ||
                                             strcmp(message->reason, "proven_on_false_root") == 0 ||
                                             strcmp(message->reason, "relay_failed") == 0);
}

/* The message is looked at again: its stage is read from the contracts, not from the event. Anybody
 * can cause events, so that none allows what only an operator's release does: another try. */
static enum cw_err stir(struct route *route, const struct cw_store_message *message,
                        enum cw_event_kind kind, enum cw_outcome outcome, struct cw_error *error) {
    /* What was delivered is not dead, whatever an endpoint said of it. */
    bool alive = kind == CW_EVENT_OUTCOME && message->condition == CW_DEAD;
    bool freed = alive || ends_with_event(message);
    if (!freed && outcome == message->m.outcome)
        return cw_store_message_wake(route->relay->store, message->row, error);
    struct cw_store_transition t = {
        .message = message->row,
        .stage = message->m.stage,
        .condition = freed ? CW_WAITING : message->condition,
        .reason = freed ? "" : message->reason,
        .detail = freed ? "" : message->detail,
        .outcome = outcome,
        .rests_on = freed ? 0 : message->rests_on,
        .due_ms = 1,
    };
    return cw_store_message_move(route->relay->store, &t, wall_ms(route->relay), error);
}

/* What an event says of a message that is known. */
static enum cw_err apply(struct route *route, const struct cw_store_message *message,
                         const struct cw_store_early *said, struct cw_error *error) {
    bool is_new = false;
    route_stale(route, message->row);
    enum cw_err err = note(route, message, said, &is_new, error);
    if (err != CW_OK || !is_new)
        return err;
    bool aliased = !cw_hash32_is_zero(&message->m.alias);
    bool tells = said->kind == CW_EVENT_OUTCOME && !(said->only_unaliased && aliased);
    enum cw_outcome outcome = tells ? said->outcome : message->m.outcome;
    return stir(route, message, said->kind, outcome, error);
}

static enum cw_err about_message(struct route *route, enum cw_side side, const struct cw_log *log,
                                 const struct cw_event *event, struct cw_arena *arena,
                                 struct cw_error *error) {
    struct cw_store_early said = {.route = route->row,
                                  .chain = route->chains[side]->row,
                                  .side = side,
                                  .ref = event->ref,
                                  .kind = event->kind,
                                  .outcome = event->outcome,
                                  .only_unaliased = event->only_unaliased,
                                  .block = log->block,
                                  .tx = log->tx_hash,
                                  .log_index = log->log_index};
    snprintf(said.note, sizeof said.note, "%s", event->note);
    struct cw_store_message message;
    bool found = false;
    enum cw_err err = cw_store_message_find(route->relay->store, route->row, &event->ref, arena,
                                            &found, &message, error);
    if (err != CW_OK)
        return err;
    /* Not read yet, sent before the route's first block, or another bridge's message. */
    return found ? apply(route, &message, &said, error)
                 : cw_store_early_put(route->relay->store, &said, error);
}

/* What was said of a message before it was seen. */
static enum cw_err came_early(struct route *route, const struct cw_event *event,
                              struct cw_arena *arena, struct cw_error *error) {
    const struct cw_hash32 *alias = cw_hash32_is_zero(&event->alias) ? NULL : &event->alias;
    struct cw_store_early *said = NULL;
    size_t n = 0;
    enum cw_err err = cw_store_early_take(route->relay->store, route->row, &event->ref, alias,
                                          arena, &said, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        struct cw_store_message message; /* the one before may have changed it */
        bool found = false;
        err = cw_store_message_find(route->relay->store, route->row, &event->ref, arena, &found,
                                    &message, error);
        if (err == CW_OK && found)
            err = apply(route, &message, &said[i], error);
    }
    return err;
}

static enum cw_err sent(struct route *route, const struct cw_log *log, const struct cw_event *event,
                        struct cw_arena *arena, struct cw_error *error) {
    uint64_t now = wall_ms(route->relay);
    struct cw_store_message message = {
        .route = route->row,
        .chain = source_chain(route)->row,
        .m = {.id = event->ref,
              .alias = event->alias,
              .summary = event->summary,
              .payload = event->payload,
              .source = log->block,
              .stage = CW_STAGE_SEEN},
        .tx_hash = log->tx_hash,
        .log_index = log->log_index,
        .condition = CW_READY,
        .assurance = log->assurance,
    };
    const struct cw_adapter_ops *ops = route->config->adapter;
    message.has_sequence = ops->sequence && ops->sequence(&event->summary, &message.sequence);
    int64_t row = 0;
    bool fresh = false;
    enum cw_err err = cw_store_message_put(route->relay->store, &message, now, &row, &fresh, error);
    if (err == CW_OK && fresh) {
        char id[CW_HEX_SIZE(32)], value[CW_WEI_TEXT_SIZE];
        cw_log(CW_LOG_INFO, route->subject, "%s: seen in block %" PRIu64 ", %s",
               cw_hex_encode(id, cw_slice_of(event->ref.b, 32)), log->block.number.v,
               cw_wei_format(value, &event->summary.value, source_chain(route)->config->symbol));
    }
    if (err == CW_OK && fresh && route->guard)
        err = guard_take_message(route->guard, &event->ref, &event->alias, error);
    if (err == CW_OK && fresh)
        err = commands_came(route, &event->ref, arena, error);
    return err == CW_OK && fresh ? came_early(route, event, arena, error) : err;
}

static enum cw_err counted(struct route *route, enum cw_side side, const struct cw_log *log,
                           uint64_t number, struct cw_error *error) {
    const struct cw_store_counted it = {.route = route->row,
                                        .chain = route->chains[side]->row,
                                        .number = number,
                                        .block = log->block.number,
                                        .log_index = log->log_index};
    return cw_store_counted_put(route->relay->store, &it, error);
}

/* What a contract is like is read at the heads: of the past only what is said of messages counts.
 */
static bool is_over(enum cw_event_kind kind) {
    return kind == CW_EVENT_ROOT || kind == CW_EVENT_RULES || kind == CW_EVENT_UPGRADED;
}

static enum cw_err take_log(struct route *route, enum cw_side side, const struct cw_log *log,
                            bool past, struct cw_arena *arena, struct effects *effects,
                            struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    struct cw_event event = {0};
    struct cw_error why;
    enum cw_err decoded = route->config->adapter->decode(route->adapter, side, log, arena, &event,
                                                         &why);
    if (decoded == CW_ERR_MEMORY) /* that says nothing of the log: the batch comes again */
        return cw_error_set(error, decoded, "log %" PRIu64 " of block %" PRIu64 ": %s",
                            log->log_index, log->block.number.v, why.text);
    if (decoded != CW_OK) {
        /* Bound to a header: a contract of this route wrote it, and no endpoint made it up. */
        cw_log(CW_LOG_ERROR, route->subject,
               "log %" PRIu64 " of block %" PRIu64 " not understood: %s", log->log_index,
               log->block.number.v, why.text);
        return CW_OK;
    }
    if (past && is_over(event.kind))
        return CW_OK;
    switch (event.kind) {
    case CW_EVENT_NONE:
        return CW_OK;
    case CW_EVENT_SENT:
        return sent(route, log, &event, arena, error);
    case CW_EVENT_ROOT:
        route->root_came[side] = true;
        return cw_store_route_wake(store, route->row, CW_WAKE_ROOT, error);
    case CW_EVENT_STEP_DONE:
    case CW_EVENT_OUTCOME:
        return about_message(route, side, log, &event, arena, error);
    case CW_EVENT_COUNTED:
        return counted(route, side, log, event.number, error);
    case CW_EVENT_RULES:
        cw_log(CW_LOG_WARN, route->subject,
               "block %" PRIu64 ": %s; open messages are looked at again", log->block.number.v,
               event.note);
        route_stale(route, 0);
        return cw_store_route_wake(store, route->row, CW_WAKE_DATE, error);
    case CW_EVENT_UPGRADED:
        effects->upgraded = true;
        snprintf(effects->upgrade_detail, sizeof effects->upgrade_detail, "block %" PRIu64 ": %s",
                 log->block.number.v, event.note);
        route_stale(route, 0);
        return CW_OK;
    }
    return CW_OK;
}

/* --- one batch --- */

static const char *beyond_final_detail(const struct chain *chain,
                                       const struct cw_watch_batch *batch,
                                       char detail[CW_DETAIL_SIZE]) {
    snprintf(detail, CW_DETAIL_SIZE,
             "chain %s replaced final blocks above %" PRIu64
             "%s: find out why, then: causeway release",
             chain->config->name, batch->above.v,
             batch->bottomless ? " and perhaps below, deeper than what is kept here" : "");
    return detail;
}

/* A monitor signs nothing itself: whoever does is asked, again at each of them. */
static enum cw_err want_held(const struct route *route, const char *detail,
                             struct cw_error *error) {
    const struct cw_relay *relay = route->relay;
    struct cw_store_hold hold = {.route = route->row, .invariant = DEEP_REORG};
    if (relay->options.role != CW_ROLE_MONITOR || !route->config->policy.hold_on_violation)
        return CW_OK;
    snprintf(hold.target, sizeof hold.target, "%s", route->config->name);
    snprintf(hold.text, sizeof hold.text, "%.199s", detail);
    enum cw_err err = cw_store_hold_end(relay->store, route->row, hold.invariant, &hold.key, error);
    return err == CW_OK ? cw_store_hold_want(relay->store, &hold, error) : err;
}

/* Routes on the chain sign nothing until an operator has looked at it. */
static enum cw_err hold_routes(struct chain *chain, const struct cw_watch_batch *batch,
                               struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    char detail[CW_DETAIL_SIZE];
    beyond_final_detail(chain, batch, detail);
    struct cw_store_incident incident = {.kind = CW_INCIDENT_REORG_BEYOND_FINAL};
    snprintf(incident.subject, sizeof incident.subject, "%s", chain->config->name);
    snprintf(incident.chain, sizeof incident.chain, "%s", chain->config->name);
    snprintf(incident.text, sizeof incident.text, "%.319s", detail);
    bool any = false, fresh = false;
    for (size_t i = 0; i < relay->routes_n; i++) {
        if (!on_route(&relay->routes[i], chain))
            continue;
        any = true;
        enum cw_err err = cw_store_route_hold(relay->store, relay->routes[i].row, DEEP_REORG,
                                              detail, wall_ms(relay), error);
        if (err == CW_OK)
            err = want_held(&relay->routes[i], detail, error);
        if (err != CW_OK)
            return err;
    }
    return any ? cw_store_incident_open(relay->store, &incident, wall_ms(relay), &fresh, error)
               : CW_OK;
}

static enum cw_err roll_back_guards(struct chain *chain, const struct cw_watch_batch *batch,
                                    struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    enum cw_err err = CW_OK;
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        for (unsigned side = 0; route->guard && err == CW_OK && side < CW_SIDES; side++)
            if (route->chains[side] == chain)
                err = guard_roll_back(route->guard, (enum cw_side)side, batch, error);
    }
    return err;
}

static enum cw_err roll_back(struct chain *chain, const struct cw_watch_batch *batch,
                             struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    uint64_t now = wall_ms(relay);
    size_t orphaned = 0, attempts = 0, reopened = 0;
    struct cw_block_number none = {0};
    enum cw_err err = cw_store_messages_orphan(relay->store, chain->row, batch->above, now,
                                               &orphaned, error);
    if (err == CW_OK)
        err = cw_store_counted_cut(relay->store, chain->row, batch->above, error);
    if (err == CW_OK)
        err = cw_store_attempts_reorg(relay->store, chain->row, batch->above, now, &attempts,
                                      error);
    if (err == CW_OK)
        err = cw_store_early_cut(relay->store, chain->row, batch->bottomless ? none : batch->above,
                                 error);
    if (err == CW_OK)
        err = cw_store_unread_cut(relay->store, chain->row, batch->above, batch->beyond_final,
                                  error);
    if (err == CW_OK)
        err = cw_store_messages_reopen(relay->store, chain->row, batch->above, batch->bottomless,
                                       now, &reopened, error);
    if (err == CW_OK)
        err = cw_store_headers_cut(relay->store, chain->row, batch->above, none, error);
    if (err == CW_OK)
        err = cw_store_answers_cut(relay->store, chain->row,
                                   batch->bottomless ? none : batch->above, error);
    for (size_t i = 0; err == CW_OK && i < relay->routes_n; i++)
        if (on_route(&relay->routes[i], chain))
            err = cw_store_route_wake(relay->store, relay->routes[i].row, CW_WAKE_DATE, error);
    if (err == CW_OK)
        err = roll_back_guards(chain, batch, error);
    if (err == CW_OK && batch->beyond_final)
        err = hold_routes(chain, batch, error);
    if (err == CW_OK)
        cw_log(CW_LOG_WARN, chain->config->name,
               "reorganized above block %" PRIu64 ": %zu messages gone from their block, %zu "
               "transactions to be included again, %zu messages decided anew",
               batch->above.v, orphaned, attempts, reopened);
    return err;
}

/* For each route and side what the batch's logs say. */
static enum cw_err write_logs(struct chain *chain, const struct cw_watch_batch *batch,
                              struct effects *effects, struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    for (size_t i = 0; i < batch->logs_n; i++) {
        const struct cw_log *log = &batch->logs[i];
        for (size_t k = 0; k < relay->routes_n; k++) {
            struct route *route = &relay->routes[k];
            for (unsigned side = 0; side < CW_SIDES; side++) {
                if (route->chains[side] != chain ||
                    log->block.number.v < effects[k].reach[side].from)
                    continue;
                struct cw_arena arena; /* one a log: a batch may be of any size */
                cw_arena_init(&arena, LOG_BYTES);
                enum cw_err err = take_log(route, (enum cw_side)side, log, batch->past, &arena,
                                           &effects[k], error);
                if (err == CW_OK && route->guard)
                    err = guard_take_log(route->guard, (enum cw_side)side, log, &arena, error);
                cw_arena_done(&arena);
                if (err != CW_OK)
                    return err;
            }
        }
    }
    return CW_OK;
}

static enum cw_err write_holds(struct cw_relay *relay, const struct cw_watch_batch *batch,
                               struct effects *effects, struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t k = 0; err == CW_OK && k < relay->routes_n; k++) {
        struct route *route = &relay->routes[k];
        /* A hold that only an operator ends stays as it is. */
        effects[k].held = effects[k].upgraded && !batch->beyond_final && route_hold_ends(route);
        if (effects[k].held)
            err = cw_store_route_hold(relay->store, route->row, "upgraded",
                                      effects[k].upgrade_detail, wall_ms(relay), error);
    }
    return err;
}

/* How far the chain was read. */
static enum cw_err write_place(struct chain *chain, const struct cw_watch_batch *batch,
                               struct cw_error *error) {
    struct cw_store *store = chain->relay->store;
    if (batch->from.v > batch->to.v)
        return batch->rollback ? cw_store_cursor_set(store, chain->row, batch->above, error)
                               : CW_OK;
    if (batch->past)
        return cw_store_unread_remove(store, chain->row, batch->from, batch->to, batch->below,
                                      error);
    enum cw_err err = CW_OK;
    if (batch->skipped)
        err = cw_store_unread_add(store, chain->row, batch->skipped, error);
    if (err == CW_OK && batch->headers_n > 0)
        err = cw_store_headers_put(store, chain->row, batch->headers, batch->headers_n, error);
    if (err == CW_OK && batch->to.v > HEADERS_KEPT &&
        batch->to.v / 256 != (batch->from.v - 1) / 256) {
        struct cw_block_number keep = {batch->to.v - HEADERS_KEPT};
        struct cw_block_number above = {UINT64_MAX >> 1};
        err = cw_store_headers_cut(store, chain->row, above, keep, error);
    }
    return err == CW_OK ? cw_store_cursor_set(store, chain->row, batch->to, error) : err;
}

static enum cw_err write_batch(struct chain *chain, const struct cw_watch_batch *batch,
                               struct effects *effects, struct cw_error *error) {
    struct cw_relay *relay = chain->relay;
    enum cw_err err = batch->rollback ? roll_back(chain, batch, error) : CW_OK;
    for (size_t k = 0; err == CW_OK && k < relay->routes_n; k++)
        err = reach_batch(&relay->routes[k], chain, batch, effects[k].reach, error);
    if (err == CW_OK)
        err = write_logs(chain, batch, effects, error);
    if (err == CW_OK)
        err = write_holds(relay, batch, effects, error);
    return err == CW_OK ? write_place(chain, batch, error) : err;
}

enum cw_err intake_batch(struct chain *chain, const struct cw_watch_batch *batch) {
    struct cw_relay *relay = chain->relay;
    struct cw_arena arena;
    cw_arena_init(&arena, INTAKE_BYTES);
    struct effects *effects = cw_arena_array(&arena, relay->routes_n, sizeof *effects);
    struct cw_error error = {CW_ERR_MEMORY, "out of memory"};
    enum cw_err err = effects ? cw_store_begin(relay->store, &error) : CW_ERR_MEMORY;
    if (err == CW_OK) {
        err = write_batch(chain, batch, effects, &error);
        err = cw_store_end(relay->store, err, &error);
    }
    if (err != CW_OK) {
        cw_log(CW_LOG_ERROR, chain->config->name,
               "blocks %" PRIu64 " to %" PRIu64 " not written, will be tried again: %s",
               batch->from.v, batch->to.v, error.text);
        cw_arena_done(&arena);
        return err;
    }
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        memcpy(route->reach, effects[i].reach, sizeof route->reach);
        if (route->complete && source_chain(route) == chain)
            complete_read(route->complete, batch);
        if (batch->rollback && on_route(route, chain)) {
            route_stale(route, 0);
            if (route->guard)
                guard_stale(route->guard, GUARD_OF_ALL, NULL);
            route_rolled_back(route, chain, batch->above);
            char detail[CW_DETAIL_SIZE];
            if (batch->beyond_final)
                route_hold(route, DEEP_REORG, beyond_final_detail(chain, batch, detail));
        }
        if (effects[i].upgraded) {
            if (effects[i].held)
                route_hold(route, "upgraded", effects[i].upgrade_detail);
            else
                cw_log(CW_LOG_WARN, route->subject, "%s; stays held", effects[i].upgrade_detail);
            route->prepared = false;
            route->prepare_after_ms = 0;
        }
    }
    if (batch->rollback) {
        cw_facts_rollback(chain->facts, batch->above);
        for (size_t i = 0; i < relay->lanes_n; i++)
            if (relay->lanes[i].chain == chain)
                cw_lane_rollback(relay->lanes[i].lane, batch->above);
    }
    cw_arena_done(&arena);
    return CW_OK;
}
