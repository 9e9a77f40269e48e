#include "cli/eta.h"

#include "cli/waits.h"
#include "core/lock.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What was measured longer ago counts only when nothing was since. */
#define RECENT_DAYS 30u
/* After so many failures in a row nobody knows when the next one will be none. */
#define FAILURES_MOST 3u

enum cw_err cw_etas_open(struct cw_etas *ret, struct cw_cli_view *view, uint64_t now_ms,
                         struct cw_error *error) {
    uint64_t pid;
    *ret = (struct cw_etas){.view = view, .now_ms = now_ms};
    ret->running = cw_lock_holder(view->path, &pid);
    ret->ledgers = cw_arena_array(&view->arena, view->routes_n + 1, sizeof *ret->ledgers);
    if (ret->ledgers == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    memset(ret->ledgers, 0, (view->routes_n + 1) * sizeof *ret->ledgers);
    return CW_OK;
}

static enum cw_err ledger_of(struct cw_etas *etas, const struct cw_store_route_row *route,
                             const struct cw_store_ledger **ret, struct cw_error *error) {
    struct cw_store_ledger **ledger = &etas->ledgers[route - etas->view->routes];
    enum cw_err err = CW_OK;
    if (*ledger == NULL) {
        struct cw_store_ledger *fresh = cw_arena_alloc(&etas->view->arena, sizeof *fresh);
        if (fresh == NULL)
            return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        const uint64_t today = etas->now_ms / 1000 / CW_LEDGER_DAY_S;
        err = cw_store_ledger(etas->view->store, route->row,
                              today > RECENT_DAYS ? today - RECENT_DAYS : 0, &etas->view->arena,
                              fresh, error);
        if (err == CW_OK && fresh->stages[0].n == 0)
            err = cw_store_ledger(etas->view->store, route->row, 0, &etas->view->arena, fresh,
                                  error);
        if (err == CW_OK)
            *ledger = fresh;
    }
    *ret = *ledger;
    return err;
}

static void say(struct cw_eta *eta, const char *format, ...) CW_PRINTF(2, 3);
static void say(struct cw_eta *eta, const char *format, ...) {
    const size_t used = strlen(eta->reason);
    va_list args;
    va_start(args, format);
    vsnprintf(eta->reason + used, sizeof eta->reason - used, format, args);
    va_end(args);
}

/* --- what can't be estimated ------------------------------------------------------------------ */

/* What the relayer itself gives as a reason, and only somebody can end. */
static bool waits_for_somebody(struct cw_eta *eta, const struct cw_store_message *m) {
    const struct cw_cli_reason *reason = cw_cli_reason(m->reason);
    if (reason == NULL || reason->open == NULL)
        return false;
    say(eta, "%s", reason->open);
    return true;
}

/* True: nothing can be said of the time, and why. */
static bool is_open(const struct cw_etas *etas, const struct cw_store_route_row *route,
                    const struct cw_store_message *m, struct cw_eta *eta) {
    if (m->condition == CW_DEAD)
        say(eta, "it can never be delivered (%s)", m->reason);
    else if (m->orphaned)
        say(eta, "the block that it was sent in was replaced; it may never come again");
    else if (m->condition == CW_HELD)
        say(eta, "it is held (%s) until an operator lets it go", m->reason);
    else if (route->hold_reason[0] != '\0')
        say(eta, "its route is held: %s", route->hold_reason);
    else if (!etas->running)
        say(eta, "the relayer does not run");
    else if (m->failures >= FAILURES_MOST)
        say(eta, "%" PRIu32 " looks in a row failed (%s)", m->failures, m->reason);
    else
        return waits_for_somebody(eta, m);
    return true;
}

/* --- the estimate ----------------------------------------------------------------------------- */

enum share { HALF, MOST };

static uint64_t took_ms(const struct cw_store_stage_time *time, enum share share) {
    return share == HALF ? time->p50_ms : time->p95_ms;
}

/* Stages that most messages of the route go through. */
static bool is_usual(const struct cw_store_ledger *ledger, enum cw_stage stage) {
    return ledger->stages[stage].n * 2 >= ledger->stages[0].n && ledger->stages[stage].n > 0;
}

struct look {
    const struct cw_store_message *m;
    const struct cw_store_ledger *ledger;
    uint64_t now_ms, entered_ms, due_ms;
};

/* When its stage is over, if it takes as long as that share of the others did. */
static uint64_t leaves_ms(const struct look *l, enum share share) {
    uint64_t at = l->entered_ms + took_ms(&l->ledger->stages[l->m->m.stage], share);
    at = at > l->now_ms ? at : l->now_ms;
    return at > l->due_ms ? at : l->due_ms;
}

static uint64_t arrives_ms(const struct look *l, const struct cw_eta *eta, enum share share) {
    const uint64_t earliest_ms = l->m->earliest_s * 1000;
    uint64_t at = leaves_ms(l, share);
    for (int i = (int)l->m->m.stage + 1; i <= (int)eta->of; i++) {
        if (i >= CW_STAGE_CHALLENGE_OVER && at < earliest_ms && eta->of == CW_STAGE_EXECUTED)
            at = earliest_ms; /* the stages before it are over then, and not sooner */
        if (i < (int)eta->of && is_usual(l->ledger, (enum cw_stage)i))
            at += took_ms(&l->ledger->stages[i], share);
    }
    return at;
}

static void say_stage(struct cw_eta *eta, const struct cw_store_ledger *ledger, enum cw_stage stage,
                      const char *before) {
    const struct cw_store_stage_time *time = &ledger->stages[stage];
    char half[CW_TIME_SIZE], most[CW_TIME_SIZE];
    say(eta, "%s%s took %s (%s)", before, cw_stage_name(stage),
        cw_print_duration(half, (time->p50_ms + 500) / 1000),
        cw_print_duration(most, (time->p95_ms + 500) / 1000));
}

static void say_measured(const struct look *l, struct cw_eta *eta) {
    const enum cw_stage stage = l->m->m.stage;
    bool any = false;
    for (int i = (int)stage; i < (int)eta->of; i++) {
        if (i == (int)stage ? l->ledger->stages[i].n == 0 : !is_usual(l->ledger, (enum cw_stage)i))
            continue;
        say_stage(eta, l->ledger, (enum cw_stage)i,
                  any                      ? ", "
                  : eta->reason[0] == '\0' ? ""
                                           : "; then ");
        any = true;
    }
    if (any)
        say(eta, " in half (in 95 of 100) of the cases so far on this route");
}

/* The dates that are known. */
static void say_dates(const struct look *l, struct cw_eta *eta) {
    const struct cw_store_message *m = l->m;
    char time[CW_TIME_SIZE];
    if (m->earliest_s * 1000 > l->now_ms && eta->of == CW_STAGE_EXECUTED)
        say(eta, "by the contracts' own periods not before %s", cw_print_time(time, m->earliest_s));
    if (l->due_ms > l->now_ms && l->due_ms != m->earliest_s * 1000)
        say(eta, "%sit waits for %s (%s)", eta->reason[0] != '\0' ? "; " : "",
            cw_print_time(time, l->due_ms / 1000), m->reason);
}

/* False: how long its stage takes is not known, and why. */
static bool has_end(const struct look *l, struct cw_eta *eta) {
    const struct cw_store_message *m = l->m;
    const struct cw_store_stage_time *own = &l->ledger->stages[m->m.stage];
    const char *and = eta->reason[0] != '\0' ? "; " : "";
    char long_ago[CW_TIME_SIZE];
    if (l->due_ms > l->now_ms)
        return true;
    if (m->condition == CW_WAITING && m->wake == CW_WAKE_POLL &&
        m->m.stage >= CW_STAGE_ROOT_VERIFIED)
        say(eta, "%show long it waits (%s) is not known: %s", and, m->reason, m->detail);
    else if (own->n > 0 && l->now_ms > l->entered_ms + own->p95_ms + own->p95_ms / 8 + 1000)
        say(eta, "%sit is %s for %s, longer than 95 of 100 were: when that ends is not known (%s)",
            and, cw_stage_name(m->m.stage),
            cw_print_duration(long_ago, (l->now_ms - l->entered_ms) / 1000), m->reason);
    else
        return true;
    return false;
}

static void estimate(const struct look *l, struct cw_eta *eta) {
    const struct cw_store_message *m = l->m;
    const bool measured = eta->of == CW_STAGE_EXECUTED ? l->ledger->stages[0].n > 0
                                                       : l->ledger->stages[m->m.stage].n > 0;
    eta->from_s = l->now_ms / 1000;
    if (eta->of == CW_STAGE_EXECUTED && m->earliest_s > eta->from_s)
        eta->from_s = m->earliest_s;
    say_dates(l, eta);
    if (!measured) {
        say(eta, "%snothing was measured on this route yet, so that more is not known",
            eta->reason[0] != '\0' ? "; " : "");
    } else if (has_end(l, eta)) {
        say_measured(l, eta);
        eta->likely_s = arrives_ms(l, eta, HALF) / 1000;
        eta->until_s = arrives_ms(l, eta, MOST) / 1000;
    }
}

enum cw_err cw_eta_of(struct cw_etas *etas, const struct cw_store_message *m, bool *ret_any,
                      struct cw_eta *ret, struct cw_error *error) {
    const struct cw_store_route_row *route = cw_cli_route(etas->view, m->route);
    struct look look = {.m = m, .now_ms = etas->now_ms};
    const bool any = m->m.stage != CW_STAGE_EXECUTED_FINAL && m->condition != CW_DONE &&
                     route != NULL;
    struct cw_eta eta = {.of = m->m.stage < CW_STAGE_EXECUTED ? CW_STAGE_EXECUTED
                                                              : CW_STAGE_EXECUTED_FINAL};
    if (any && !is_open(etas, route, m, &eta)) {
        enum cw_err err = ledger_of(etas, route, &look.ledger, error);
        if (err != CW_OK)
            return err;
        look.entered_ms = m->stage_ms > 0 ? m->stage_ms : m->seen_ms;
        look.due_ms = m->condition == CW_WAITING ? m->due_chain_s * 1000 : 0;
        estimate(&look, &eta);
    }
    *ret_any = any;
    if (any)
        *ret = eta;
    return CW_OK;
}

/* --- shown ------------------------------------------------------------------------------------ */

void cw_out_eta(struct cw_buf *out, const struct cw_eta *eta) {
    cw_out_open(out, "eta", '{');
    cw_out_text(out, "of", cw_stage_name(eta->of));
    if (eta->from_s != 0)
        cw_out_u64(out, "from", eta->from_s);
    if (eta->likely_s != 0)
        cw_out_u64(out, "likely", eta->likely_s);
    if (eta->until_s != 0)
        cw_out_u64(out, "until", eta->until_s);
    cw_out_text(out, "reason", eta->reason);
    cw_out_close(out, '}');
}

void cw_eta_text(char *text, size_t size, const struct cw_eta *eta, uint64_t now_ms) {
    char time[CW_TIME_SIZE], distance[CW_TIME_SIZE], until[CW_TIME_SIZE];
    if (eta->likely_s != 0)
        snprintf(text, size, "%s probably %s, %s, in 95 of 100 cases until %s: %s",
                 cw_stage_name(eta->of), cw_print_time(time, eta->likely_s),
                 cw_print_relative(distance, eta->likely_s, now_ms / 1000),
                 cw_print_time(until, eta->until_s), eta->reason);
    else if (eta->from_s > now_ms / 1000)
        snprintf(text, size, "%s not before %s, %s: %s", cw_stage_name(eta->of),
                 cw_print_time(time, eta->from_s),
                 cw_print_relative(distance, eta->from_s, now_ms / 1000), eta->reason);
    else
        snprintf(text, size, "not known: %s", eta->reason);
}
