/* What can't be told for long: one incident for each of the route's invariants, and one where
 * nothing of it is judged at all. */
#include "guard/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOOK_EVERY_MS 5000u
#define AGED_BYTES    (1u << 20)
#define GRACE_MS      20000u /* a process that just began may yet see */

static void subject_of(char out[GUARD_SUBJECT_SIZE], const struct guard *guard,
                       const char *invariant) {
    snprintf(out, GUARD_SUBJECT_SIZE, "%s/%s", guard->route->config->name, invariant);
}

static enum cw_err open_incident(struct guard *guard, const struct cw_store_aged *aged, char *told,
                                 struct cw_error *error) {
    const struct route *route = guard->route;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_UNVERIFIED};
    char text[1024];
    bool is_new = false;
    snprintf(text, sizeof text,
             "%" PRIu64 " can't be told of for more than %" PRIu64 " s; the oldest: %s: %s: %s",
             aged->n, route->relay->config->unverified_alert_s, aged->about, aged->reason,
             aged->sentence);
    snprintf(incident.text, sizeof incident.text, "%.319s", text);
    subject_of(incident.subject, guard, aged->invariant);
    bool known = strcmp(told, incident.text) == 0;
    enum cw_err err = CW_OK;
    if (!known && !guard->aged) /* told before the start */
        err = cw_store_incident_is_open(guard_store(guard), incident.kind, incident.subject, &known,
                                        error);
    if (err == CW_OK && known)
        snprintf(told, sizeof incident.text, "%s", incident.text);
    if (err != CW_OK || known)
        return err;
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    err = cw_store_incident_open(guard_store(guard), &incident, wall_ms(route->relay), &is_new,
                                 error);
    if (err == CW_OK && is_new)
        cw_log(CW_LOG_WARN, route->subject, "%s: %s", aged->invariant, incident.text);
    if (err == CW_OK)
        snprintf(told, sizeof incident.text, "%s", incident.text);
    return err;
}

static enum cw_err end_incident(struct guard *guard, const char *invariant, char *told,
                                struct cw_error *error) {
    char subject[GUARD_SUBJECT_SIZE];
    bool was_open = false;
    if (guard->aged && told[0] == '\0')
        return CW_OK;
    subject_of(subject, guard, invariant);
    enum cw_err err = cw_store_incident_resolve(guard_store(guard), CW_INCIDENT_UNVERIFIED, subject,
                                                "all that was unknown is told",
                                                wall_ms(guard->route->relay), &was_open, error);
    if (err == CW_OK)
        told[0] = '\0';
    return err;
}

static enum cw_err tell(struct guard *guard, const struct cw_store_aged *list, size_t n,
                        struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < guard->invariants_n; i++) {
        const char *name = guard_ops(guard)->invariants[i].name;
        const struct cw_store_aged *aged = NULL;
        for (size_t k = 0; k < n; k++)
            if (strcmp(list[k].invariant, name) == 0)
                aged = &list[k];
        err = aged ? open_incident(guard, aged, guard->told[i], error)
                   : end_incident(guard, name, guard->told[i], error);
    }
    return err;
}

/* --- contracts -------------------------------------------------------------------------------- */

/* They became something that the route's adapter does not know. An endpoint that does not answer is
 * none of that. */
static bool is_unknown(const struct route *route) {
    return route->refused[0] && strcmp(route->refused, "unavailable") != 0;
}

static enum cw_err open_contracts(const struct guard *guard, struct cw_store_incident *incident,
                                  struct cw_error *error) {
    const struct route *route = guard->route;
    char text[1024];
    bool known = false;
    snprintf(text, sizeof text, "%s: %s", route->refusal,
             guard->knows ? "what must hold is judged by what the contracts were before"
                          : "nothing that must hold can be judged");
    snprintf(incident->text, sizeof incident->text, "%.319s", text);
    snprintf(incident->route, sizeof incident->route, "%s", route->config->name);
    snprintf(incident->advice, sizeof incident->advice, "%s",
             "Find out who changed the contracts, and to what; a newer version of this program may "
             "know them.");
    incident->severity = CW_SEVERITY_CRITICAL;
    enum cw_err err = cw_store_incident_is_open(guard_store(guard), incident->kind,
                                                incident->subject, &known, error);
    return err == CW_OK && !known ? cw_store_incident_open(guard_store(guard), incident,
                                                           wall_ms(route->relay), &known, error)
                                  : err;
}

/* *ret_told: what becomes of guard->contracts_told. */
static enum cw_err tell_contracts(const struct guard *guard, bool *ret_told,
                                  struct cw_error *error) {
    const struct route *route = guard->route;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_UNVERIFIED};
    enum cw_err err = CW_OK;
    bool told = guard->contracts_told, was_open = false;
    subject_of(incident.subject, guard, "contracts");
    if (!told && is_unknown(route)) {
        err = open_contracts(guard, &incident, error);
        told = true;
    } else if (route->prepared && (told || !guard->aged)) { /* told before the start, perhaps */
        err = cw_store_incident_resolve(guard_store(guard), incident.kind, incident.subject,
                                        "the contracts are known again", wall_ms(route->relay),
                                        &was_open, error);
        told = false;
    }
    if (err == CW_OK)
        *ret_told = told;
    return err;
}

void unverified_tell(struct guard *guard) {
    const struct route *route = guard->route;
    const uint64_t now = monotonic_ms(route->relay), wall = wall_ms(route->relay);
    const uint64_t limit_ms = route->relay->config->unverified_alert_s * 1000;
    struct cw_store_aged *list = NULL;
    size_t n = 0;
    bool told = false;
    struct cw_arena arena;
    struct cw_error error;
    const bool news = is_unknown(route) && !guard->contracts_told;
    if (guard->aged && !news && now - guard->aged_ms < LOOK_EVERY_MS)
        return;
    guard->aged_ms = now;
    cw_arena_init(&arena, AGED_BYTES);
    enum cw_err err = cw_store_begin(guard_store(guard), &error);
    if (err == CW_OK) {
        err = wall > limit_ms ? cw_store_aged(guard_store(guard), route->row, wall - limit_ms,
                                              &arena, &list, &n, &error)
                              : CW_OK;
        if (err == CW_OK)
            err = tell(guard, list, n, &error);
        if (err == CW_OK)
            err = tell_contracts(guard, &told, &error);
        err = cw_store_end(guard_store(guard), err, &error);
    }
    cw_arena_done(&arena);
    guard->aged = err == CW_OK;
    if (err == CW_OK)
        guard->contracts_told = told;
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "what is unverified was not looked at: %s",
               error.text);
}

/* --- a route that is not looked at ------------------------------------------------------------ */

/* Until its chains show heads and its contracts answered, its logs are not even taken in. */
static void say_blind(const struct route *route, char *out, size_t size) {
    const uint64_t limit_s = route->relay->config->unverified_alert_s;
    const char *missing = NULL;
    for (size_t side = 0; side < CW_SIDES && !missing; side++)
        if (!cw_watch_heads(route->chains[side]->watch))
            missing = route->chains[side]->config->name;
    snprintf(out, size, "nothing of it is judged for more than %" PRIu64 " s: %s%.200s", limit_s,
             missing ? "no head is known of " : "",
             missing                 ? missing
             : route->hold_detail[0] ? route->hold_detail
                                     : "its contracts did not answer");
}

/* Since when, as far as those before this process knew. */
static uint64_t blind_since(const struct guard *guard, uint64_t wall) {
    struct cw_store_chain_row *rows = NULL;
    size_t n = 0;
    uint64_t since = wall;
    struct cw_arena arena;
    struct cw_error error;
    cw_arena_init(&arena, AGED_BYTES);
    if (cw_store_chains(guard_store(guard), &arena, &rows, &n, &error) == CW_OK)
        for (size_t i = 0; i < n; i++)
            for (size_t side = 0; side < CW_SIDES; side++)
                if (rows[i].row == guard->route->chains[side]->row && rows[i].updated_ms > 0 &&
                    rows[i].updated_ms < since)
                    since = rows[i].updated_ms;
    cw_arena_done(&arena);
    return since;
}

void blind_tell(struct guard *guard, bool can_tell) {
    const struct route *route = guard->route;
    struct cw_relay *relay = route->relay;
    const uint64_t now = monotonic_ms(relay), wall = wall_ms(relay);
    const uint64_t limit_ms = relay->config->unverified_alert_s * 1000;
    const uint64_t grace_ms = limit_ms / 2 < GRACE_MS ? limit_ms / 2 : GRACE_MS;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_UNVERIFIED};
    subject_of(incident.subject, guard, "everything");
    if (can_tell) {
        guard->blind_since_ms = 0;
        told_over(relay, &guard->blind, incident.kind, incident.subject, "it is judged again");
        return;
    }
    if (guard->blind_since_ms == 0) {
        guard->blind_since_ms = blind_since(guard, wall);
        guard->blind_seen_ms = now;
    }
    if (wall < guard->blind_since_ms + limit_ms || now - guard->blind_seen_ms < grace_ms)
        return;
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    say_blind(route, incident.text, sizeof incident.text);
    told_so(relay, &guard->blind, &incident);
}
