#include "cli/waits.h"

#include "cli/print.h"
#include "core/lock.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct list {
    const struct cw_cli_view *view;
    const struct cw_store_message *m;
    const struct cw_store_route_row *route;
    const struct cw_store_chain_row *chains[CW_SIDES]; /* NULL: not known */
    enum cw_side destination;
    uint64_t now_ms;
    struct cw_cli_wait *waits;
    size_t n;
};

static struct cw_cli_wait *add(struct list *list, const char *what, const char *chain,
                               const char *who, const char *format, ...) CW_PRINTF(5, 6);
static struct cw_cli_wait *add(struct list *list, const char *what, const char *chain,
                               const char *who, const char *format, ...) {
    assert(list->n < CW_CLI_WAITS);
    struct cw_cli_wait *wait = &list->waits[list->n++];
    *wait = (struct cw_cli_wait){.what = what, .chain = chain, .who = who};
    va_list args;
    va_start(args, format);
    vsnprintf(wait->text, sizeof wait->text, format, args);
    va_end(args);
    return wait;
}

static const char *name_of(const struct list *list, enum cw_side side) {
    return list->chains[side] != NULL ? list->chains[side]->name : "?";
}

static void add_date(struct list *list) {
    const struct cw_store_message *m = list->m;
    const struct cw_store_chain_row *chain = list->chains[m->due_side];
    char time[CW_TIME_SIZE], distance[CW_TIME_SIZE];
    uint64_t chain_now = chain != NULL && chain->latest_time_s != 0 ? chain->latest_time_s
                                                                    : list->now_ms / 1000;
    struct cw_cli_wait *wait = add(list, "date", name_of(list, m->due_side), NULL,
                                   "%s to reach %s (chain time %" PRIu64 "), %s",
                                   name_of(list, m->due_side), cw_print_time(time, m->due_chain_s),
                                   m->due_chain_s,
                                   cw_print_relative(distance, m->due_chain_s, chain_now));
    wait->until_s = m->due_chain_s;
    wait->chain_clock = true;
}

const struct cw_cli_reason *cw_cli_reason(const char *reason) {
    static const struct cw_cli_reason reasons[] = {
        {"submitting", "transaction", "the relayer", "its transaction to be made and signed", NULL},
        {"submitted", "transaction", NULL, "its transaction to be included", NULL},
        {"observed_only", "transaction", "anybody, with `causeway prove`",
         "somebody to send it: the route only observes",
         "the route only observes: somebody else has to send the transaction"},
        {"not_listed", "transaction", "anybody, with `causeway prove`",
         "somebody to send it: the route's policy does not list it",
         "the policy does not list it: somebody else has to send the transaction"},
        {"too_dear", "transaction", "lower fees, or the policy", "fees that the policy allows",
         "it waits for fees that the policy allows"},
        {"no_funds", "transaction", "whoever funds the signer", "funds of the signer",
         "it waits for funds of the signer"},
        {"signer_gone", "transaction", "whoever runs the signer", "its signer to be back",
         "it waits for its signer to be back"},
        {.reason = "denied",
         .open = "the policy denies it: somebody else has to send the transaction"},
        {.reason = "dry_run", .open = "a dry run signs nothing"},
        {.reason = "target_reverts", .open = "its target reverts when it is tried"},
        {.reason = "would_revert", .open = "its transaction would revert"},
        {.reason = "route_held", .open = "its route is held"},
    };
    for (size_t i = 0; i < CW_COUNT(reasons); i++)
        if (strcmp(reason, reasons[i].reason) == 0)
            return &reasons[i];
    return NULL;
}

static bool add_reason(struct list *list) {
    const struct cw_cli_reason *reason = cw_cli_reason(list->m->reason);
    if (reason == NULL || reason->wait == NULL)
        return false;
    const char *chain = name_of(list, list->destination);
    add(list, reason->what, chain, reason->who, "%s, on %s", reason->wait, chain);
    return true;
}

static void add_wake(struct list *list, enum cw_wake wake) {
    const struct cw_store_message *m = list->m;
    const enum cw_side from = m->source_side, to = list->destination;
    const char *from_name = name_of(list, from), *to_name = name_of(list, to);
    const struct cw_store_chain_row *source = list->chains[from], *target = list->chains[to];
    switch (wake) {
    case CW_WAKE_ROOT:
        add(list, "root", to_name, "who proposes the roots", "the next root of %s on %s", from_name,
            to_name);
        return;
    case CW_WAKE_SOURCE:
        add(list, "source-head", from_name, NULL,
            "the safe or final head of %s to move: safe is %" PRIu64 ", final %" PRIu64, from_name,
            source != NULL ? source->safe : 0, source != NULL ? source->final_ : 0);
        return;
    case CW_WAKE_FINAL:
        add(list, "final-head", to_name, NULL, "the final head of %s to move: it is %" PRIu64,
            to_name, target != NULL ? target->final_ : 0);
        return;
    case CW_WAKE_POLL:
        add(list, "change", to_name, NULL, "a change on %s that no event tells", to_name);
        return;
    case CW_WAKE_RETRY:
        add(list, "answer", NULL, NULL,
            "an answer that can be had and used: tried again with longer pauses, %" PRIu32
            " in a row failed",
            m->failures);
        return;
    case CW_WAKE_DATE:
        if (!add_reason(list) && m->due_chain_s == 0) {
            add(list, "look", NULL, NULL, "the next look, or an event about it");
        }
        return;
    }
}

static void add_condition(struct list *list) {
    const struct cw_store_message *m = list->m;
    char id[CW_HEX_SIZE(32)];
    if (m->orphaned) {
        const struct cw_store_chain_row *source = cw_cli_chain(list->view, m->chain);
        const char *name = source != NULL ? source->name : "?";
        add(list, "source-head", name, NULL,
            "%s to include it again: the block that it was sent in was replaced", name);
        return;
    }
    switch (m->condition) {
    case CW_READY:
        add(list, "look", NULL, "the relayer", "the relayer to look at it");
        return;
    case CW_WAITING:
        if (m->due_chain_s != 0) {
            add_date(list);
        }
        add_wake(list, m->wake);
        if (m->due_ms > 1 && list->n > 0 && list->waits[list->n - 1].until_s == 0) {
            list->waits[list->n - 1].until_s = m->due_ms / 1000;
        }
        return;
    case CW_HELD:
        add(list, "operator", NULL, "an operator",
            "an operator, once the reason is gone: causeway release %s --route %s",
            cw_hex_encode(id, cw_slice_of(m->m.id.b, 32)),
            list->route != NULL ? list->route->name : "?");
        return;
    case CW_DEAD:
    case CW_DONE:
        return;
    }
}

/* What keeps everything on the route waiting. */
static void add_surroundings(struct list *list) {
    const struct cw_store_route_row *route = list->route;
    uint64_t pid;
    if (route != NULL && route->hold_reason[0] != '\0') {
        add(list, "route", NULL, "an operator",
            "route %s, which is held: %s (%s); see causeway release", route->name,
            route->hold_reason, route->hold_detail);
    }
    for (size_t side = 0; side < CW_SIDES; side++) {
        const struct cw_store_chain_row *chain = list->chains[side];
        if (chain != NULL && chain->trouble[0] != '\0') {
            add(list, "chain", chain->name, NULL, "%s chain %s: %s",
                side == list->destination ? "destination" : "source", chain->name, chain->trouble);
        }
    }
    if (!cw_lock_holder(list->view->path, &pid)) {
        add(list, "relayer", NULL, "an operator", "the relayer, which does not run: causeway run");
    }
}

size_t cw_cli_waits(const struct cw_cli_view *view, const struct cw_store_message *message,
                    uint64_t now_ms, struct cw_cli_wait ret[CW_CLI_WAITS]) {
    struct list list = {.view = view,
                        .m = message,
                        .route = cw_cli_route(view, message->route),
                        .destination = cw_side_other(message->source_side),
                        .now_ms = now_ms,
                        .waits = ret};
    if (list.route != NULL) {
        list.chains[CW_SETTLEMENT] = cw_cli_chain(view, list.route->settlement);
        list.chains[CW_EXECUTION] = cw_cli_chain(view, list.route->execution);
    }
    add_condition(&list);
    if (message->condition != CW_DONE && message->condition != CW_DEAD) {
        add_surroundings(&list);
    }
    return list.n;
}
