/* Messages that are lost unless somebody does something in time: when that is told, and what. The
 * destination's clock decides, whatever the route and its messages are held for. */
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define AT_ONCE 500u

/* Whether an alert's time has come when so much is left. *ret_next: how much is left at the next
 * one; 0: at the deadline itself. */
static bool is_near(const struct cw_u64s *alerts, uint64_t left_s, uint64_t *ret_next) {
    bool near = false;
    *ret_next = 0;
    for (size_t i = 0; i < alerts->n; i++) {
        const uint64_t before_s = alerts->p[i];
        near = near || left_s <= before_s;
        if (before_s < left_s && before_s > *ret_next)
            *ret_next = before_s;
    }
    return near;
}

/* "47 h" */
static const char *span(char out[32], uint64_t s) {
    static const struct {
        uint64_t s;
        const char *name;
    } units[] = {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}};
    size_t i = 0;
    while (i + 1 < CW_COUNT(units) && s < 2 * units[i].s)
        i++;
    snprintf(out, 32, "%" PRIu64 " %s", s / units[i].s, units[i].name);
    return out;
}

/* What there is to say of a deadline that is over, or near. */
static void describe(const struct route *route, const struct cw_store_message *m, uint64_t now_s,
                     char out[320]) {
    char text[1024], time[32], value[CW_WEI_TEXT_SIZE];
    const char *chain = destination_chain(route)->config->name;
    const char *colon = m->reason[0] && m->detail[0] ? ": " : "";
    cw_wei_format(value, &m->m.summary.value, source_chain(route)->config->symbol);
    if (m->condition == CW_DEAD)
        snprintf(text, sizeof text,
                 "lost, with %s: not delivered by %" PRIu64 " of %s's clock; %s%s%s", value,
                 m->deadline_s, chain, m->reason, colon, m->detail);
    else if (m->deadline_s <= now_s)
        snprintf(text, sizeof text,
                 "%s's clock passed its deadline of %" PRIu64 " %s ago, and it is %s with %s; "
                 "%s%s%s",
                 chain, m->deadline_s, span(time, now_s - m->deadline_s),
                 cw_condition_name(m->condition), value, m->reason, colon, m->detail);
    else
        snprintf(text, sizeof text,
                 "lost in %s, at %" PRIu64 " of %s's clock, with %s; %s now, %s%s%s",
                 span(time, m->deadline_s - now_s), m->deadline_s, chain, value,
                 cw_condition_name(m->condition), m->reason, colon, m->detail);
    snprintf(out, 320, "%.319s", text);
}

static enum cw_err open_incident(const struct route *route, const struct cw_store_message *m,
                                 uint64_t now_s, struct cw_error *error) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_DEADLINE};
    bool is_new = false;
    cw_store_subject_write(incident.subject, route->config->name, &m->m.id);
    snprintf(incident.chain, sizeof incident.chain, "%s", destination_chain(route)->config->name);
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    describe(route, m, now_s, incident.text);
    enum cw_err err = cw_store_incident_open(route->relay->store, &incident, wall_ms(route->relay),
                                             &is_new, error);
    if (err == CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "%s: %s",
               incident.subject + strlen(incident.route) + 1, incident.text);
    return err;
}

static enum cw_err resolve_incident(const struct route *route, const struct cw_store_message *m,
                                    const char *resolution, struct cw_error *error) {
    char subject[CW_SUBJECT_SIZE];
    bool was_open = false;
    cw_store_subject_write(subject, route->config->name, &m->m.id);
    enum cw_err err = cw_store_incident_resolve(route->relay->store, CW_INCIDENT_DEADLINE, subject,
                                                resolution, wall_ms(route->relay), &was_open,
                                                error);
    if (err == CW_OK && was_open)
        cw_log(CW_LOG_INFO, route->subject, "%s: not lost: %s", subject, resolution);
    return err;
}

/* Why it can't be lost any more; NULL: it may be, or was. */
static const char *safe(const struct cw_store_message *m, uint64_t now_s) {
    if (m->orphaned)
        return "its block is gone";
    if (m->condition == CW_DONE)
        return "it is delivered";
    if (m->deadline_s == 0)
        return "it has no deadline any longer";
    return m->condition == CW_DEAD && m->deadline_s > now_s ? "it was given up before its deadline"
                                                            : NULL;
}

static enum cw_err attend_one(const struct route *route, int64_t row, uint64_t now_s,
                              struct cw_error *error) {
    struct cw_arena arena;
    struct cw_store_message m;
    uint64_t next_s = 0, left_s = 0;
    cw_arena_init(&arena, WORK_LOAD_BYTES);
    enum cw_err err = cw_store_message_get(route->relay->store, row, &arena, &m, error);
    cw_arena_done(&arena);
    if (err != CW_OK)
        return err;
    const char *why = safe(&m, now_s);
    if (why) {
        err = resolve_incident(route, &m, why, error);
    } else if (m.condition == CW_DEAD || m.deadline_s <= now_s) {
        err = open_incident(route, &m, now_s, error);
    } else {
        bool near = is_near(&route->config->policy.deadline_alerts_s, m.deadline_s - now_s,
                            &left_s);
        next_s = m.deadline_s - left_s;
        err = near ? open_incident(route, &m, now_s, error)
                   : resolve_incident(route, &m, "its deadline was put off", error);
    }
    return err == CW_OK ? cw_store_deadline_next(route->relay->store, row, next_s, error) : err;
}

static enum cw_err attend_all(const struct route *route, const int64_t *rows, size_t n,
                              uint64_t now_s, struct cw_error *error) {
    struct cw_store *store = route->relay->store;
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = attend_one(route, rows[i], now_s, error);
    return cw_store_end(store, err, error);
}

static void attend(const struct route *route) {
    const struct cw_heads *heads = cw_watch_heads(destination_chain(route)->watch);
    int64_t rows[AT_ONCE];
    size_t n = 0;
    struct cw_error error;
    if (!heads)
        return;
    const uint64_t now_s = heads->latest.timestamp_s;
    enum cw_err err = cw_store_deadlines_due(route->relay->store, route->row, now_s, AT_ONCE, rows,
                                             &n, &error);
    if (err == CW_OK && n > 0)
        err = attend_all(route, rows, n, now_s, &error);
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "deadlines not looked at: %s", error.text);
}

void deadlines_attend(struct cw_relay *relay) {
    for (size_t i = 0; i < relay->routes_n; i++)
        attend(&relay->routes[i]);
}

void deadlines_renew(struct route *route) {
    const struct cw_u64s *alerts = &route->config->policy.deadline_alerts_s;
    struct cw_buf text;
    struct cw_error error = {CW_ERR_MEMORY, "out of memory"};
    cw_buf_init(&text, 4096);
    cw_buf_text(&text, "");
    for (size_t i = 0; i < alerts->n; i++)
        cw_buf_format(&text, "%" PRIu64 " ", alerts->p[i]);
    const char *all = cw_buf_cstr(&text);
    if (!all || cw_store_deadline_alerts(route->relay->store, route->row, all, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "alerts of deadlines not renewed: %s", error.text);
    cw_buf_done(&text);
}
