#include "store/command_args.h"
#include "work/internal.h"
#include "work/pick.h"

#include <stdio.h>
#include <string.h>

#define COMMAND_BYTES (64u << 20)

static bool held_by_reorg(const struct route *route) {
    return strcmp(route->hold_reason, DEEP_REORG) == 0;
}

/* A monitor wants it held no longer. */
static enum cw_err end_hold(struct cw_relay *relay, const struct route *released,
                            struct cw_error *error) {
    const struct cw_hash32 none = {{0}};
    return cw_store_hold_end(relay->store, released->row, DEEP_REORG, &none, error);
}

/* Once the last route that a chain's deep reorg holds is let go, somebody has looked at it. */
static enum cw_err resolve_reorgs(struct cw_relay *relay, const struct route *released,
                                  struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t side = 0; err == CW_OK && side < CW_SIDES; side++) {
        const struct chain *chain = released->chains[side];
        bool held = false, was_open = false;
        for (size_t i = 0; i < relay->routes_n; i++) {
            const struct route *other = &relay->routes[i];
            bool on_chain = other->chains[CW_SETTLEMENT] == chain ||
                            other->chains[CW_EXECUTION] == chain;
            held = held || (other != released && on_chain && held_by_reorg(other));
        }
        if (!held)
            err = cw_store_incident_resolve(
                relay->store, CW_INCIDENT_REORG_BEYOND_FINAL, chain->config->name,
                "the last route that it held was released", wall_ms(relay), &was_open, error);
    }
    return err;
}

/* Who asks, and for what. The monitor's word goes behind an operator's. */
struct order {
    bool hold, release, retry;
    bool monitor;
};

static struct order order_of(const struct cw_store_command *command) {
    const char *verb = command->verb;
    bool guard = strcmp(verb, "guard") == 0, unguard = strcmp(verb, "unguard") == 0;
    return (struct order){.hold = guard || strcmp(verb, "hold") == 0,
                          .release = unguard || strcmp(verb, "release") == 0,
                          .retry = strcmp(verb, "retry") == 0,
                          .monitor = guard || unguard};
}

#define VIOLATION "violation" /* held by the monitor */

/* What somebody else holds is not the monitor's to hold or let go. */
static bool is_not_the_monitors(const struct order *order, bool ends_by_itself, const char *reason,
                                char answer[200]) {
    bool its = strcmp(reason, VIOLATION) == 0;
    if (!order->monitor || (order->hold && ends_by_itself) || (order->release && its))
        return false;
    snprintf(answer, 200, "%s%s", reason[0] ? "it is held already: " : "it is not held", reason);
    return true;
}

static enum cw_err hold_route(struct cw_relay *relay, struct route *route,
                              const struct cw_store_command *command, char answer[200],
                              struct cw_error *error) {
    const struct order order = order_of(command);
    const bool hold = order.hold;
    if (!hold && !order.release) {
        snprintf(answer, 200, "a route can be held and released, not: %s", command->verb);
        return CW_OK;
    }
    if (is_not_the_monitors(&order, route_hold_ends(route), route->hold_reason, answer))
        return CW_OK;
    const char *reason = !hold ? "" : order.monitor ? VIOLATION : "operator";
    const char *detail = hold ? command->text : "";
    enum cw_err err = cw_store_route_hold(relay->store, route->row, reason, detail, wall_ms(relay),
                                          error);
    if (err == CW_OK && !hold)
        err = cw_store_route_wake(relay->store, route->row, CW_WAKE_DATE, error);
    if (err == CW_OK && !hold)
        err = resolve_reorgs(relay, route, error);
    if (err == CW_OK && !hold)
        err = end_hold(relay, route, error);
    if (err != CW_OK)
        return err;
    route_hold(route, reason, detail);
    /* A version that is not known stays unknown: the contracts are read again before anything is
     * sent. */
    if (!hold)
        route->prepared = false;
    snprintf(answer, 200, "route %s %s", route->config->name, hold ? "held" : "released");
    return CW_OK;
}

static enum cw_err move_message(struct cw_relay *relay, const struct cw_store_message *message,
                                const struct cw_store_command *command, char answer[200],
                                struct cw_error *error) {
    const struct order order = order_of(command);
    const bool hold = order.hold, retry = order.retry, release = order.release;
    const bool held = message->condition == CW_HELD;
    const bool for_good = held && (strcmp(message->reason, "operator") == 0 ||
                                   strcmp(message->reason, VIOLATION) == 0);
    const char *pointless = cw_pick_pointless(release ? "release" : command->verb,
                                              message->condition);
    if (pointless) {
        snprintf(answer, 200, "nothing to %s: %s", command->verb, pointless);
        return CW_OK;
    }
    if (!hold && !retry && !release) {
        snprintf(answer, 200, "no such command: %s", command->verb);
        return CW_OK;
    }
    if (is_not_the_monitors(&order, !for_good, held ? message->reason : "", answer))
        return CW_OK;
    char note[CW_DETAIL_SIZE];
    snprintf(note, sizeof note, "%s by the %s%s%s",
             hold      ? "hold"
             : release ? "release"
                       : "retry",
             order.monitor ? "monitor" : "operator", command->text[0] ? ": " : "", command->text);
    struct cw_store_transition t = {
        .message = message->row,
        .stage = message->m.stage,
        .condition = hold ? CW_HELD : CW_READY,
        .reason = !hold           ? ""
                  : order.monitor ? VIOLATION
                                  : "operator",
        .detail = hold ? command->text : "",
        .outcome = message->m.outcome,
        .note = note,
    };
    enum cw_err err = cw_store_message_move(relay->store, &t, wall_ms(relay), error);
    if (err != CW_OK)
        return err;
    struct route *route = route_by_row(relay, message->route);
    if (route)
        route_stale(route, message->row);
    snprintf(answer, 200, "%s", hold ? "held" : "will be looked at now");
    return CW_OK;
}

/* The monitor's word about a message that was not seen yet, and never will be when it was forged:
 * kept until then. */
static enum cw_err keep_word(struct cw_relay *relay, const struct cw_store_route_row *row,
                             const struct cw_store_command *command, char answer[200],
                             struct cw_error *error) {
    const struct order order = order_of(command);
    snprintf(answer, 200, "no message of route %s has that id%s", row->name,
             !order.monitor ? ""
             : order.hold   ? " yet: it is held when it is seen"
                            : ": it is not held when it is seen");
    if (!order.monitor)
        return CW_OK;
    return order.hold
               ? cw_store_hold_await(relay->store, row->row, command->subject, command->text, error)
               : cw_store_hold_forget(relay->store, row->row, command->subject, error);
}

enum cw_err commands_came(struct route *route, const struct cw_hash32 *id, struct cw_arena *arena,
                          struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    struct cw_store_command command = {.verb = "guard"};
    struct cw_store_message message;
    char answer[200];
    bool wanted = false, found = false;
    if (route->relay->options.role == CW_ROLE_MONITOR) /* nobody signs here */
        return CW_OK;
    cw_store_subject_write(command.subject, route->config->name, id);
    enum cw_err err = cw_store_hold_find(store, route->row, command.subject, &wanted, command.text,
                                         error);
    if (err != CW_OK || !wanted)
        return err;
    err = cw_store_message_find(store, route->row, id, arena, &found, &message, error);
    if (err == CW_OK && found)
        err = move_message(route->relay, &message, &command, answer, error);
    return err == CW_OK ? cw_store_hold_forget(store, route->row, command.subject, error) : err;
}

/* All that the arguments pick, in this transaction. */
static enum cw_err retry_picked(struct cw_relay *relay, const struct cw_store_command *command,
                                struct cw_arena *arena, char answer[200], struct cw_error *error) {
    struct cw_pick pick;
    struct cw_picked picked;
    if (strcmp(command->verb, "retry") != 0 || cw_pick_read(&pick, command->args) != CW_OK ||
        cw_pick_is_all(&pick)) {
        snprintf(answer, 200, "no messages are picked for %s", command->verb);
        return CW_OK;
    }
    enum cw_err err = cw_pick_find(relay->store, &pick, arena, &picked, error);
    if (err == CW_ERR_INPUT) {
        snprintf(answer, 200, "there is no route %s", pick.route);
        return CW_OK;
    }
    for (size_t i = 0; err == CW_OK && i < picked.n; i++)
        err = move_message(relay, &picked.list[i], command, answer, error);
    if (err == CW_OK)
        snprintf(answer, 200, "%zu will be looked at now, %zu will not: held, or delivered",
                 picked.n, picked.others_n);
    return err;
}

static void set_log_level(const struct cw_store_command *command, char answer[200]) {
    enum cw_log_level level;
    char component[80];
    cw_command_arg(command->args, "component", component, sizeof component);
    if (!cw_log_level_parse(&level, command->subject))
        snprintf(answer, 200, "a level is debug, info, warn or error");
    else if (cw_log_level_set(component, level) != CW_OK)
        snprintf(answer, 200, "too many components have a level of their own: set one for all");
    else
        snprintf(answer, 200, "%.16s%s%s is logged from now on", command->subject,
                 component[0] ? " of " : "", component);
}

/* What others sent with the lane's key is accepted. */
static void release_lane(struct cw_relay *relay, const struct cw_store_command *command,
                         const char *chain, const struct cw_addr20 *address, char answer[200]) {
    bool known = false, accepted = false;
    for (size_t i = 0; i < relay->lanes_n; i++) {
        struct lane_slot *slot = &relay->lanes[i];
        if (strcmp(slot->chain->config->name, chain) != 0 ||
            !cw_addr20_equal(cw_lane_address(slot->lane), address))
            continue;
        known = true;
        accepted = strcmp(command->verb, "release") == 0 && cw_lane_accept_foreign(slot->lane);
    }
    if (!known)
        snprintf(answer, 200, "no signer of ours has that address on chain %s", chain);
    else if (strcmp(command->verb, "release") != 0)
        snprintf(answer, 200, "a lane can only be released, not: %s", command->verb);
    else
        snprintf(answer, 200, "%s",
                 accepted ? "released: goes on behind what others sent"
                          : "it is not held for what others sent");
}

static enum cw_err carry_out(struct cw_relay *relay, const struct cw_store_command *command,
                             struct cw_arena *arena, char answer[200], bool *ret_later,
                             struct cw_error *error) {
    if (alerts_is_verb(command->verb))
        return alerts_command(relay, command, answer, ret_later, error);
    if (strcmp(command->verb, "log-level") == 0) {
        set_log_level(command, answer);
        return CW_OK;
    }
    if (strcmp(command->subject, "*") == 0)
        return retry_picked(relay, command, arena, answer, error);
    struct route *route = route_by_name(relay, command->subject);
    if (route)
        return hold_route(relay, route, command, answer, error);
    char name[CW_ROUTE_NAME_SIZE];
    struct cw_hash32 id;
    struct cw_addr20 address;
    if (cw_store_subject_read_lane(command->subject, name, &address) == CW_OK) {
        release_lane(relay, command, name, &address, answer);
        return CW_OK;
    }
    if (cw_store_subject_read(command->subject, name, &id) != CW_OK) {
        snprintf(answer, 200, "neither a route of the configuration nor ROUTE/ID of a message");
        return CW_OK;
    }
    struct cw_store_route_row row;
    enum cw_err err = cw_store_route_get(relay->store, name, &row, error);
    if (err == CW_ERR_INPUT) {
        snprintf(answer, 200, "there is no route %s", name);
        return CW_OK;
    }
    struct cw_store_message message;
    bool found = false;
    if (err == CW_OK)
        err = cw_store_message_find(relay->store, row.row, &id, arena, &found, &message, error);
    if (err != CW_OK)
        return err;
    /* an alias can stand for more than one: here only the id counts */
    if (!found || !cw_hash32_equal(&message.m.id, &id))
        return keep_word(relay, &row, command, answer, error);
    return move_message(relay, &message, command, answer, error);
}

void commands_run(struct cw_relay *relay) {
    struct cw_arena arena;
    cw_arena_init(&arena, COMMAND_BYTES);
    struct cw_store_command *commands = NULL;
    size_t n = 0;
    struct cw_error error;
    enum cw_err err = cw_store_commands_open(relay->store, &arena, &commands, &n, &error);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        char answer[200] = "";
        bool later = false;
        if (alerts_is_under_way(relay, commands[i].row))
            continue;
        err = cw_store_begin(relay->store, &error);
        if (err != CW_OK)
            break;
        struct cw_arena own; /* one a command: a large message holds up none of the others */
        cw_arena_init(&own, COMMAND_BYTES);
        err = carry_out(relay, &commands[i], &own, answer, &later, &error);
        cw_arena_done(&own);
        if (err == CW_OK && !later)
            err = cw_store_command_answer(relay->store, commands[i].row, answer, wall_ms(relay),
                                          &error);
        err = cw_store_end(relay->store, err, &error);
        if (err == CW_OK && !later)
            cw_log(CW_LOG_INFO, order_of(&commands[i]).monitor ? "monitor" : "operator",
                   "%s%s%s: %s", commands[i].verb, commands[i].subject[0] ? " " : "",
                   commands[i].subject, answer);
    }
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, "operator", "commands not carried out, will be tried again: %s",
               error.text);
    cw_arena_done(&arena);
}
