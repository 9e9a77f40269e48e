#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERDICT_BYTES    (8u << 20)
#define COMMIT_AFTER_MS  5u
#define STORE_PAUSE_MS   1000u /* after a failure of the store */
#define COMMIT_MAX       200u
#define DUE_MAX          (WORK_LOOKS_MAX + WORK_ACTIONS_MAX + 128u)
#define PREPARE_AGAIN_MS 3000u

static void unlink_task(struct task *task) {
    struct task **link = &task->route->tasks;
    while (*link && *link != task)
        link = &(*link)->next;
    if (*link) {
        *link = task->next;
        task->route->tasks_n--;
    }
}

struct route *route_by_row(struct cw_relay *relay, int64_t row) {
    for (size_t i = 0; i < relay->routes_n; i++)
        if (relay->routes[i].row == row)
            return &relay->routes[i];
    return NULL;
}

struct route *route_by_name(struct cw_relay *relay, const char *name) {
    for (size_t i = 0; i < relay->routes_n; i++)
        if (strcmp(relay->routes[i].config->name, name) == 0)
            return &relay->routes[i];
    return NULL;
}

void route_free(struct route *route) {
    complete_free(route->complete);
    guard_free(route->guard);
    while (route->tasks) {
        struct task *task = route->tasks;
        route->tasks = task->next;
        cw_look_free(task->look);
        free(task);
    }
    struct verdict **lists[] = {&route->decided, &route->queued, &route->in_lane};
    for (size_t i = 0; i < CW_COUNT(lists); i++)
        while (*lists[i]) {
            struct verdict *verdict = *lists[i];
            *lists[i] = verdict->next;
            verdict_free(verdict);
        }
    if (route->adapter)
        route->config->adapter->close(route->adapter);
    free(route->lanes);
}

static bool heads_known(const struct route *route) {
    return cw_watch_heads(route->chains[CW_SETTLEMENT]->watch) &&
           cw_watch_heads(route->chains[CW_EXECUTION]->watch);
}

bool route_ready(const struct route *route) {
    return route->prepared && heads_known(route);
}

static void stale_before(struct route *route, int64_t row, uint64_t block) {
    for (struct task *task = route->tasks; task; task = task->next)
        if ((row == 0 || task->row == row) && task->looked_at < block)
            task->stale = true;
    struct verdict *lists[] = {route->decided, route->queued, route->in_lane};
    for (size_t i = 0; i < CW_COUNT(lists); i++)
        for (struct verdict *verdict = lists[i]; verdict; verdict = verdict->next)
            if ((row == 0 || verdict->row == row) && verdict->looked_at < block)
                verdict->stale = true;
}

void route_stale(struct route *route, int64_t row) {
    stale_before(route, row, UINT64_MAX);
}

void route_stale_before(struct route *route, int64_t row, struct cw_block_number block) {
    stale_before(route, row, block.v);
}

void route_rolled_back(struct route *route, const struct chain *chain,
                       struct cw_block_number above) {
    for (size_t side = 0; side < CW_SIDES; side++)
        if (route->chains[side] == chain && route->prepared && above.v < route->prepared_at[side]) {
            route->prepared = false;
            route->prepare_after_ms = 0;
        }
}

void route_hold(struct route *route, const char *reason, const char *detail) {
    if (strcmp(route->hold_reason, reason) == 0 && strcmp(route->hold_detail, detail) == 0)
        return;
    snprintf(route->hold_reason, sizeof route->hold_reason, "%s", reason);
    snprintf(route->hold_detail, sizeof route->hold_detail, "%s", detail);
    if (reason[0])
        cw_log(CW_LOG_WARN, route->subject, "held: %s (%s)", reason, detail);
    else
        cw_log(CW_LOG_INFO, route->subject, "goes on");
}

/* Holds that end by themselves once the contracts are known again; an operator's and a deep reorg's
 * do not. */
static bool ends_with_preparation(const char *reason) {
    static const char *const reasons[] = {"upgraded",        "unknown_version", "unavailable",
                                          "too_many_rounds", "too_large",       "no_progress"};
    for (size_t i = 0; i < CW_COUNT(reasons); i++)
        if (strcmp(reason, reasons[i]) == 0)
            return true;
    return false;
}

bool route_hold_ends(const struct route *route) {
    return !route->hold_reason[0] || ends_with_preparation(route->hold_reason);
}

/* --- looking --- */

static void look_config(struct route *route, const struct cw_message *message, bool released,
                        struct cw_look_config *config) {
    *config = (struct cw_look_config){
        .ops = route->config->adapter, .adapter = route->adapter, .message = message};
    for (size_t side = 0; side < CW_SIDES; side++) {
        config->facts[side] = route->chains[side]->facts;
        config->heads[side] = *cw_watch_heads(route->chains[side]->watch);
    }
    if (route->lanes_n > 0)
        config->self.submitter = *cw_lane_address(route->lanes[0]);
    config->self.replay = route->config->policy.replay;
    config->self.keepalive_s = route->config->policy.keepalive_s;
    config->self.released = released;
}

/* Starts a look of message (NULL: prepare). False when it could not be started. */
static bool
start_task(struct route *route, int64_t row, const struct cw_message *message, bool released,
           void (*done)(void *, const struct cw_decision *, const struct cw_preparation *)) {
    struct cw_error error;
    struct task *task = calloc(1, sizeof *task);
    if (!task)
        return false;
    struct cw_look_config config;
    look_config(route, message, released, &config);
    config.done = done;
    config.ctx = task;
    *task = (struct task){.next = route->tasks,
                          .route = route,
                          .row = row,
                          .looked_at = config.heads[route_destination(route)].latest.number.v};
    memcpy(task->wakes, route->wakes, sizeof task->wakes);
    task->look = cw_look_new(&config, &error);
    if (!task->look) {
        cw_log(CW_LOG_ERROR, route->subject, "look not started: %s", error.text);
        free(task);
        return false;
    }
    route->tasks = task;
    route->tasks_n++;
    cw_look_start(task->look);
    return true;
}

static void commit_due(void *ctx) {
    struct cw_relay *relay = ctx;
    relay->commit = NULL;
    route_commit(relay);
}

static bool take(struct cw_arena *arena, struct cw_slice *slice) {
    if (!slice->p || slice->n == 0)
        return true;
    *slice = cw_arena_copy(arena, *slice);
    return slice->p != NULL;
}

static void decided(struct verdict *verdict) {
    struct route *route = verdict->route;
    verdict->next = route->decided;
    route->decided = verdict;
    if (!route->relay->commit)
        route->relay->commit = cw_loop_after(route->relay->loop, COMMIT_AFTER_MS, commit_due,
                                             route->relay);
}

/* What is too large for one look is put off like any other failure: it is not looked at again at
 * once, for ever. */
static void put_off(struct verdict *verdict) {
    static const struct cw_slice none = {NULL, 0};
    struct cw_message *m = &verdict->message;
    cw_arena_done(&verdict->arena);
    m->payload = m->progress = m->evidence = verdict->evidence = none;
    verdict->decision = (struct cw_decision){
        .verb = CW_WAIT,
        .wake = CW_WAKE_RETRY,
        .stage = m->stage,
        .outcome = m->outcome,
        .reason = "too_large",
        .detail = "what is known of it does not fit into one look's memory",
    };
    decided(verdict);
}

/* A look decided: its copy waits for the next commit. */
static void look_done(void *ctx, const struct cw_decision *decision,
                      const struct cw_preparation *preparation) {
    struct task *task = ctx;
    struct route *route = task->route;
    (void)preparation;
    unlink_task(task);
    struct verdict *verdict = task->stale ? NULL : calloc(1, sizeof *verdict);
    if (verdict) {
        verdict->route = route;
        verdict->row = task->row;
        verdict->message = *cw_look_message(task->look);
        verdict->decision = *decision;
        memcpy(verdict->wakes, task->wakes, sizeof verdict->wakes);
        verdict->looked_at = task->looked_at;
        cw_arena_init(&verdict->arena, VERDICT_BYTES);
        verdict->evidence = decision->evidence.p ? decision->evidence : verdict->message.evidence;
        if (take(&verdict->arena, &verdict->message.payload) &&
            take(&verdict->arena, &verdict->message.progress) &&
            take(&verdict->arena, &verdict->evidence) &&
            take(&verdict->arena, &verdict->decision.progress) &&
            take(&verdict->arena, &verdict->decision.evidence) &&
            take(&verdict->arena, &verdict->decision.call.data))
            decided(verdict);
        else
            put_off(verdict);
    }
    free(task);
}

static void not_started(struct route *route, int64_t row, const struct cw_message *message) {
    struct verdict *verdict = calloc(1, sizeof *verdict);
    if (!verdict)
        return;
    verdict->route = route;
    verdict->row = row;
    verdict->message = *message;
    cw_arena_init(&verdict->arena, VERDICT_BYTES);
    put_off(verdict);
}

static bool in_list(const struct verdict *list, int64_t row) {
    for (; list; list = list->next)
        if (list->row == row)
            return true;
    return false;
}

static bool busy(const struct route *route, int64_t row) {
    for (const struct task *task = route->tasks; task; task = task->next)
        if (task->row == row)
            return true;
    return in_list(route->decided, row) || in_list(route->queued, row) ||
           in_list(route->in_lane, row);
}

void route_look(struct route *route) {
    struct cw_relay *relay = route->relay;
    if (!route_ready(route) || route->queued_n >= WORK_ACTIONS_MAX ||
        monotonic_ms(relay) < relay->look_after_ms)
        return;
    int64_t rows[DUE_MAX];
    size_t n = 0;
    struct cw_error error;
    uint64_t chain_s[CW_SIDES];
    for (size_t side = 0; side < CW_SIDES; side++)
        chain_s[side] = cw_watch_heads(route->chains[side]->watch)->latest.timestamp_s;
    if (cw_store_messages_due(relay->store, route->row, wall_ms(relay), chain_s, DUE_MAX, rows, &n,
                              &error) != CW_OK) {
        cw_log(CW_LOG_ERROR, route->subject, "due messages not read: %s", error.text);
        relay->look_after_ms = monotonic_ms(relay) + STORE_PAUSE_MS;
        return;
    }
    for (size_t i = 0; i < n && route->tasks_n < WORK_LOOKS_MAX; i++) {
        if (busy(route, rows[i]))
            continue;
        struct cw_arena arena;
        cw_arena_init(&arena, WORK_LOAD_BYTES);
        struct cw_store_message message;
        if (cw_store_message_get(relay->store, rows[i], &arena, &message, &error) != CW_OK) {
            cw_log(CW_LOG_ERROR, route->subject, "message not read: %s", error.text);
            relay->look_after_ms = monotonic_ms(relay) + STORE_PAUSE_MS;
        } else if (!message.orphaned && !start_task(route, rows[i], &message.m,
                                                    message.condition == CW_READY, look_done)) {
            not_started(route, rows[i], &message.m);
        }
        cw_arena_done(&arena);
    }
}

/* --- preparing --- */

static enum cw_err let_go(struct route *route, struct cw_error *error) {
    struct cw_relay *relay = route->relay;
    enum cw_err err = cw_store_begin(relay->store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_route_hold(relay->store, route->row, route->hold_reason, route->hold_detail,
                              wall_ms(relay), error);
    if (err == CW_OK)
        err = cw_store_route_wake(relay->store, route->row, CW_WAKE_DATE, error);
    return cw_store_end(relay->store, err, error);
}

static void prepare_done(void *ctx, const struct cw_decision *decision,
                         const struct cw_preparation *preparation) {
    struct task *task = ctx;
    struct route *route = task->route;
    (void)decision;
    unlink_task(task);
    bool stale = task->stale;
    free(task);
    if (stale)
        return;
    route->prepare_after_ms = monotonic_ms(route->relay) + PREPARE_AGAIN_MS;
    const bool taken = preparation->state == CW_PREPARE_OK;
    snprintf(route->refused, sizeof route->refused, "%s", taken ? "" : preparation->reason);
    snprintf(route->refusal, sizeof route->refusal, "%s", taken ? "" : preparation->detail);
    if (!taken) {
        if (route_hold_ends(route))
            route_hold(route, preparation->reason, preparation->detail);
    } else {
        route->prepared = true;
        for (size_t side = 0; side < CW_SIDES; side++)
            route->prepared_at[side] = cw_watch_heads(route->chains[side]->watch)->latest.number.v;
        snprintf(route->prepared_text, sizeof route->prepared_text, "%s", preparation->detail);
        cw_log(CW_LOG_INFO, route->subject, "%s", preparation->detail);
        if (ends_with_preparation(route->hold_reason))
            route_hold(route, "", "");
        for (size_t side = 0; side < CW_SIDES; side++)
            intake_filters(route->chains[side]);
        reach_prepared(route);
    }
    struct cw_error error;
    if (let_go(route, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "state not written: %s", error.text);
}

void route_prepare(struct route *route) {
    if (route->prepared || !heads_known(route) || busy(route, 0) ||
        monotonic_ms(route->relay) < route->prepare_after_ms)
        return;
    (void)start_task(route, 0, NULL, false, prepare_done);
}

/* --- committing --- */

/* Writes one decision inside the open transaction; the savepoint keeps its failure to itself. */
static enum cw_err write_verdict(struct verdict *v, struct cw_error *error) {
    struct route *route = v->route;
    struct cw_store *store = route->relay->store;
    struct cw_arena arena;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    struct cw_store_message row;
    enum cw_err err = cw_store_message_get(store, v->row, &arena, &row, error);
    if (err == CW_OK && (row.condition == CW_READY || row.condition == CW_WAITING) &&
        !row.orphaned) {
        char reason[CW_REASON_SIZE], detail[CW_DETAIL_SIZE];
        struct cw_store_transition t;
        verdict_judge(v, &row, &t, reason, detail);
        err = cw_store_message_move(store, &t, wall_ms(route->relay), error);
        bool news = err == CW_OK && (t.stage != row.m.stage || t.condition != row.condition);
        if (news && !v->act) {
            char id[CW_HEX_SIZE(32)];
            cw_log(t.condition == CW_HELD || t.condition == CW_DEAD ? CW_LOG_WARN : CW_LOG_INFO,
                   route->subject, "%s: %s, %s%s%s%s%s",
                   cw_hex_encode(id, cw_slice_of(v->message.id.b, 32)), cw_stage_name(t.stage),
                   cw_condition_name(t.condition), reason[0] ? ", " : "", reason,
                   detail[0] ? ": " : "", detail);
        }
    } else {
        v->act = false;
    }
    cw_arena_done(&arena);
    return err;
}

static struct verdict *collect(struct cw_relay *relay, size_t *ret_n) {
    struct verdict *batch = NULL;
    size_t n = 0;
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        while (route->decided && n < COMMIT_MAX) {
            struct verdict *v = route->decided;
            route->decided = v->next;
            if (v->stale) {
                verdict_free(v);
                continue;
            }
            v->next = batch;
            batch = v;
            n++;
        }
    }
    *ret_n = n;
    return batch;
}

static enum cw_err write_all(struct cw_relay *relay, struct verdict *batch, size_t *ret_failed,
                             struct cw_error *error) {
    size_t failed = 0;
    enum cw_err err = cw_store_begin(relay->store, error);
    if (err != CW_OK)
        return err;
    for (struct verdict *v = batch; v && err == CW_OK; v = v->next) {
        err = cw_store_savepoint(relay->store, error);
        if (err != CW_OK)
            break;
        struct cw_error own;
        if (write_verdict(v, &own) == CW_OK) {
            err = cw_store_release(relay->store, error);
        } else {
            cw_store_undo(relay->store);
            v->act = v->judged = false;
            failed++;
            cw_log(CW_LOG_ERROR, v->route->subject, "decision not written, looked at again: %s",
                   own.text);
        }
    }
    *ret_failed = failed;
    return cw_store_end(relay->store, err, error);
}

void route_commit(struct cw_relay *relay) {
    size_t n = 0;
    struct verdict *batch = collect(relay, &n);
    if (n == 0)
        return;
    struct cw_error error;
    size_t failed = 0;
    bool written = write_all(relay, batch, &failed, &error) == CW_OK;
    /* What was not written is due still, and a full disk stays full for a while. */
    if (!written || failed > 0)
        relay->look_after_ms = monotonic_ms(relay) + STORE_PAUSE_MS;
    if (!written)
        cw_log(CW_LOG_ERROR, "store", "%zu decisions not written, looked at again: %s", n,
               error.text);
    while (batch) {
        struct verdict *v = batch;
        batch = v->next;
        v->next = NULL;
        if (written)
            sent_judge(v);
        if (!written || !v->act) {
            verdict_free(v);
            continue;
        }
        struct verdict **link = &v->route->queued;
        while (*link)
            link = &(*link)->next;
        *link = v;
        v->route->queued_n++;
    }
    for (size_t i = 0; i < relay->routes_n; i++) {
        act_submit(&relay->routes[i]);
        route_look(&relay->routes[i]);
    }
    for (size_t i = 0; i < relay->routes_n; i++)
        if (relay->routes[i].decided && !relay->commit)
            relay->commit = cw_loop_after(relay->loop, 0, commit_due, relay);
}
