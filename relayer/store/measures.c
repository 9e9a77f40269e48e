/* What only metrics tell of verdicts and incidents. */
#include "store/alerts.h"
#include "store/sql.h"

enum cw_err cw_store_judged(struct cw_store *store, struct cw_arena *arena,
                            struct cw_store_judged **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, state, n, last_ms FROM judged_total ORDER BY route, state";
    struct cw_sql sql = cw_sql_open(store, select, "judged_total", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_judged *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        out->state = (enum cw_verdict_state)cw_sql_get_int(&sql, 1, CW_VERDICT_UNVERIFIED,
                                                           CW_VERDICT_VIOLATED);
        out->n = cw_sql_get_u64(&sql, 2);
        out->last_ms = cw_sql_get_u64(&sql, 3);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_verdict_lag(struct cw_store *store, struct cw_arena *arena,
                                 struct cw_store_verdict_lag **ret, size_t *ret_n,
                                 struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, at_most_s, n, sum_ms FROM verdict_lag ORDER BY route, at_most_s";
    struct cw_sql sql = cw_sql_open(store, select, "verdict_lag", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_verdict_lag *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        out->at_most_s = (uint32_t)cw_sql_get_int(&sql, 1, 0, INT32_MAX);
        out->n = cw_sql_get_u64(&sql, 2);
        out->sum_ms = cw_sql_get_u64(&sql, 3);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_newest_roots(struct cw_store *store, struct cw_arena *arena,
                                  struct cw_store_newest_root **ret, size_t *ret_n,
                                  struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, state, max(execution_block), max(block_time_s) FROM subject"
        " INDEXED BY subject_root WHERE invariant = 'root' GROUP BY route, state"
        " ORDER BY route, state";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_newest_root *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        out->state = (enum cw_verdict_state)cw_sql_get_int(&sql, 1, CW_VERDICT_UNVERIFIED,
                                                           CW_VERDICT_VIOLATED);
        out->execution_block = cw_sql_get_u64(&sql, 2);
        out->posted_s = cw_sql_get_u64(&sql, 3);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_guard_counts(struct cw_store *store, uint64_t now_ms, struct cw_arena *arena,
                                  struct cw_store_guard_counts **ret, size_t *ret_n,
                                  struct cw_error *error) {
    static const char select[] =
        "SELECT row, guarded,"
        " (SELECT count(*) FROM subject INDEXED BY subject_due WHERE route = route.row"
        " AND due_ms > 0 AND due_ms <= ?1),"
        " (SELECT count(DISTINCT target) FROM hold WHERE route = route.row AND wanted = 1"
        " AND target = name),"
        " (SELECT count(DISTINCT target) FROM hold WHERE route = route.row AND wanted = 1"
        " AND target <> name),"
        " (SELECT count(*) FROM hold WHERE route = route.row AND posted = 0)"
        " FROM route ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_u64_clamp(&sql, 1, now_ms);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_guard_counts *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        out->guarded = cw_sql_get_bool(&sql, 1);
        out->due = cw_sql_get_u64(&sql, 2);
        out->route_holds = cw_sql_get_u64(&sql, 3);
        out->message_holds = cw_sql_get_u64(&sql, 4);
        out->untold_holds = cw_sql_get_u64(&sql, 5);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_incident_totals(struct cw_store *store, struct cw_arena *arena,
                                     struct cw_store_incident_total **ret, size_t *ret_n,
                                     struct cw_error *error) {
    static const char select[] = "SELECT kind, event, n FROM incident_total ORDER BY kind, event";
    struct cw_sql sql = cw_sql_open(store, select, "incident_total", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_incident_total *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        char kind[32];
        cw_sql_get_text(&sql, 0, kind, sizeof kind);
        if (sql.err == CW_OK && !cw_incident_kind_parse(&out->kind, kind))
            sql.err = cw_error_set(error, CW_ERR_SCHEMA, "%s: an incident is of no known kind",
                                   store->path);
        out->event = (enum cw_alert_event)cw_sql_get_int(&sql, 1, CW_ALERT_OPENED, CW_ALERT_TEST);
        out->n = cw_sql_get_u64(&sql, 2);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
