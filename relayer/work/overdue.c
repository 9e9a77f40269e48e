/* Messages that take longer than the route's policy lets them: one incident a route. */
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>

#define LOOK_EVERY_MS 5000u

static void tell(struct route *route, const struct cw_store_overdue *overdue) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_OVERDUE};
    char id[CW_HEX_SIZE(32)];
    snprintf(incident.subject, sizeof incident.subject, "%s", route->config->name);
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    snprintf(incident.chain, sizeof incident.chain, "%s", destination_chain(route)->config->name);
    snprintf(incident.text, sizeof incident.text,
             "%s%" PRIu64 " message%s not delivered within %" PRIu64
             " s (max_delivery_s); the oldest: %s, sent at %" PRIu64 ", %s%s%.64s",
             overdue->n == CW_STORE_OVERDUE_MAX ? "at least " : "", overdue->n,
             overdue->n == 1 ? "" : "s", route->config->policy.max_delivery_s,
             cw_hex_encode(id, cw_slice_of(overdue->id.b, 32)), overdue->sent_s,
             cw_condition_name(overdue->condition), overdue->reason[0] ? ": " : "",
             overdue->reason);
    told_so(route->relay, &route->overdue, &incident);
}

static void look(struct route *route) {
    const uint64_t limit_s = route->config->policy.max_delivery_s;
    const struct cw_heads *heads = cw_watch_heads(destination_chain(route)->watch);
    struct cw_store_overdue overdue = {.n = 0};
    struct cw_error error;
    if (limit_s > 0 && !heads)
        return;
    if (limit_s > 0 && heads->latest.timestamp_s > limit_s &&
        cw_store_overdue(route->relay->store, route->row, heads->latest.timestamp_s - limit_s,
                         &overdue, &error) != CW_OK) {
        cw_log(CW_LOG_ERROR, route->subject, "what is overdue was not looked at: %s", error.text);
        return;
    }
    if (overdue.n > 0)
        tell(route, &overdue);
    else
        told_over(route->relay, &route->overdue, CW_INCIDENT_OVERDUE, route->config->name,
                  limit_s > 0 ? "all that was overdue is delivered, or given up"
                              : "max_delivery_s is 0 now");
}

void overdue_look(struct cw_relay *relay) {
    const uint64_t now = monotonic_ms(relay);
    if (now - relay->overdue_looked_ms < LOOK_EVERY_MS)
        return;
    relay->overdue_looked_ms = now;
    for (size_t i = 0; i < relay->routes_n; i++)
        look(&relay->routes[i]);
}
