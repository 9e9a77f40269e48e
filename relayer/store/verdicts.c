/* What is known of all subjects together, and what the violated ones want held. */
#include "store/messages.h"
#include "store/sql.h"

#include <string.h>

enum cw_err cw_store_verdict_of(struct cw_store *store, int64_t route, const char *invariant,
                                const struct cw_hash32 *key, enum cw_verdict_state *ret,
                                struct cw_error *error) {
    static const char select[] =
        "SELECT max(row), max(state), min(state) FROM subject WHERE route = ?1 AND invariant = ?2"
        " AND key = ?3";
    enum cw_verdict_state state = CW_VERDICT_UNVERIFIED;
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, invariant);
    cw_sql_put_hash32(&sql, 3, key);
    if (cw_sql_step(&sql) && !cw_sql_is_null(&sql, 0)) {
        int most = cw_sql_get_int(&sql, 1, CW_VERDICT_UNVERIFIED, CW_VERDICT_VIOLATED);
        int least = cw_sql_get_int(&sql, 2, CW_VERDICT_UNVERIFIED, CW_VERDICT_VIOLATED);
        state = (enum cw_verdict_state)(most == CW_VERDICT_VIOLATED ? most : least);
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = state;
    return err;
}

enum cw_err cw_store_violation_of(struct cw_store *store, int64_t route, const char *invariant,
                                  const struct cw_hash32 *key, enum cw_stake *ret_stake,
                                  bool *ret_provisional, struct cw_error *error) {
    static const char select[] = "SELECT max(row), max(stake), min(provisional) FROM subject"
                                 " WHERE route = ?1 AND invariant = ?2 AND key = ?3 AND state = 3";
    enum cw_stake stake = CW_STAKE_NONE;
    bool provisional = true;
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, invariant);
    cw_sql_put_hash32(&sql, 3, key);
    if (cw_sql_step(&sql) && !cw_sql_is_null(&sql, 0)) {
        stake = (enum cw_stake)cw_sql_get_int(&sql, 1, CW_STAKE_NONE, CW_STAKE_ROUTE);
        provisional = cw_sql_get_int(&sql, 2, 0, 1) != 0;
    }
    enum cw_err err = cw_sql_end(&sql);
    if (err != CW_OK)
        return err;
    *ret_stake = stake;
    *ret_provisional = provisional;
    return CW_OK;
}

enum cw_err cw_store_verdicts(struct cw_store *store, int64_t route, struct cw_arena *arena,
                              struct cw_store_verdicts **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT route AS row, invariant, state, reason, n FROM verdict_total"
        " WHERE n > 0 AND (?1 = 0 OR route = ?1) ORDER BY route, invariant, state, reason";
    struct cw_sql sql = cw_sql_open(store, select, "verdict_total", error);
    cw_sql_put_i64(&sql, 1, route);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_verdicts *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->route = cw_sql_get_i64(&sql, 0);
        cw_sql_get_text(&sql, 1, out->invariant, sizeof out->invariant);
        out->state = (enum cw_verdict_state)cw_sql_get_int(&sql, 2, CW_VERDICT_UNVERIFIED,
                                                           CW_VERDICT_VIOLATED);
        cw_sql_get_text(&sql, 3, out->reason, sizeof out->reason);
        out->n = cw_sql_get_u64(&sql, 4);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_aged(struct cw_store *store, int64_t route, uint64_t before_ms,
                          struct cw_arena *arena, struct cw_store_aged **ret, size_t *ret_n,
                          struct cw_error *error) {
    /* of the bare columns those of the row that has the minimum are given */
    static const char select[] =
        "SELECT row, invariant, count(*), min(since_ms), reason, about, sentence FROM subject"
        " INDEXED BY subject_state WHERE route = ?1 AND state = 1 AND since_ms <= ?2"
        " GROUP BY invariant ORDER BY invariant";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_u64_clamp(&sql, 2, before_ms);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_aged *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        cw_sql_get_text(&sql, 1, out->invariant, sizeof out->invariant);
        out->n = cw_sql_get_u64(&sql, 2);
        out->since_ms = cw_sql_get_u64(&sql, 3);
        cw_sql_get_text(&sql, 4, out->reason, sizeof out->reason);
        cw_sql_get_text(&sql, 5, out->about, sizeof out->about);
        cw_sql_get_text(&sql, 6, out->sentence, sizeof out->sentence);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

/* --- what was shown --------------------------------------------------------------------------- */

enum cw_err cw_store_guarded_get(struct cw_store *store, int64_t route, bool *ret,
                                 struct cw_error *error) {
    static const char select[] = "SELECT row, guarded FROM route WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "route", error);
    cw_sql_put_i64(&sql, 1, route);
    bool guarded = cw_sql_step(&sql) && cw_sql_get_bool(&sql, 1);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = guarded;
    return err;
}

enum cw_err cw_store_guarded_set(struct cw_store *store, int64_t route, bool guarded,
                                 struct cw_error *error) {
    static const char update[] = "UPDATE route SET guarded = ?2 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, update, "route", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_i64(&sql, 2, guarded);
    return cw_sql_run(&sql);
}

/* --- holds ------------------------------------------------------------------------------------ */

enum cw_err cw_store_hold_want(struct cw_store *store, const struct cw_store_hold *hold,
                               struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO hold(route, target, invariant, key, text, wanted) VALUES(?1, ?2, ?3, ?4, ?5,"
        " 1) ON CONFLICT DO UPDATE SET posted = CASE wanted WHEN 1 THEN posted ELSE 0 END,"
        " wanted = 1, text = excluded.text";
    char text[sizeof hold->text];
    cw_store_text(text, sizeof text, hold->text);
    struct cw_sql sql = cw_sql_open(store, insert, "hold", error);
    cw_sql_put_i64(&sql, 1, hold->route);
    cw_sql_put_text(&sql, 2, hold->target);
    cw_sql_put_text(&sql, 3, hold->invariant);
    cw_sql_put_hash32(&sql, 4, &hold->key);
    cw_sql_put_text(&sql, 5, text);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_hold_end(struct cw_store *store, int64_t route, const char *invariant,
                              const struct cw_hash32 *key, struct cw_error *error) {
    static const char update[] =
        "UPDATE hold INDEXED BY hold_subject SET wanted = 0, posted = 0 WHERE route = ?1"
        " AND invariant = ?2 AND key = ?3 AND wanted = 1";
    struct cw_sql sql = cw_sql_open(store, update, "hold", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, invariant);
    cw_sql_put_hash32(&sql, 3, key);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_holds_open(struct cw_store *store, struct cw_arena *arena,
                                struct cw_store_hold **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] =
        "SELECT row, route, target, invariant, key, text, wanted FROM hold INDEXED BY hold_open"
        " WHERE posted = 0 ORDER BY row LIMIT 100";
    struct cw_sql sql = cw_sql_open(store, select, "hold", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_hold *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->row = cw_sql_get_i64(&sql, 0);
        out->route = cw_sql_get_i64(&sql, 1);
        cw_sql_get_text(&sql, 2, out->target, sizeof out->target);
        cw_sql_get_text(&sql, 3, out->invariant, sizeof out->invariant);
        out->key = cw_sql_get_hash32(&sql, 4);
        cw_sql_get_text(&sql, 5, out->text, sizeof out->text);
        out->wanted = cw_sql_get_bool(&sql, 6);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_hold_posted(struct cw_store *store, int64_t row, struct cw_error *error) {
    static const char keep[] = "UPDATE hold SET posted = 1 WHERE row = ?1 AND wanted = 1";
    static const char forget[] = "DELETE FROM hold WHERE row = ?1 AND wanted = 0";
    static const char *const texts[] = {keep, forget};
    enum cw_err err = cw_sql_group_open(store, error);
    if (err != CW_OK)
        return err;
    for (size_t i = 0; err == CW_OK && i < CW_COUNT(texts); i++) {
        struct cw_sql sql = cw_sql_open(store, texts[i], "hold", error);
        cw_sql_put_i64(&sql, 1, row);
        err = cw_sql_run(&sql);
    }
    return cw_sql_group_close(store, err, error);
}

/* --- holds of what is not there yet ----------------------------------------------------------- */

enum cw_err cw_store_hold_await(struct cw_store *store, int64_t route, const char *target,
                                const char *text, struct cw_error *error) {
    static const char insert[] =
        "INSERT INTO hold(route, target, invariant, key, text, wanted, posted)"
        " SELECT ?1, ?2, '', x'', ?3, 1, 1 WHERE NOT EXISTS (SELECT 1 FROM hold"
        " INDEXED BY hold_target WHERE route = ?1 AND target = ?2 AND wanted = 1)";
    char kept[sizeof((struct cw_store_hold *)0)->text];
    cw_store_text(kept, sizeof kept, text);
    struct cw_sql sql = cw_sql_open(store, insert, "hold", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, target);
    cw_sql_put_text(&sql, 3, kept);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_hold_forget(struct cw_store *store, int64_t route, const char *target,
                                 struct cw_error *error) {
    static const char delete[] = "DELETE FROM hold INDEXED BY hold_target WHERE route = ?1"
                                 " AND target = ?2 AND invariant = ''";
    struct cw_sql sql = cw_sql_open(store, delete, "hold", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, target);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_hold_find(struct cw_store *store, int64_t route, const char *target,
                               bool *ret_found, char ret_text[200], struct cw_error *error) {
    static const char select[] = "SELECT text FROM hold INDEXED BY hold_target WHERE route = ?1"
                                 " AND target = ?2 AND wanted = 1 LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "hold", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_text(&sql, 2, target);
    bool found = cw_sql_step(&sql);
    if (found)
        cw_sql_get_text(&sql, 0, ret_text, 200);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_found = found;
    return err;
}

enum cw_err cw_store_hold_is_wanted(struct cw_store *store, const char *target, bool *ret,
                                    struct cw_error *error) {
    static const char select[] = "SELECT 1 FROM hold WHERE target = ?1 AND wanted = 1 LIMIT 1";
    struct cw_sql sql = cw_sql_open(store, select, "hold", error);
    cw_sql_put_text(&sql, 1, target);
    bool wanted = cw_sql_step(&sql);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret = wanted;
    return err;
}

enum cw_err cw_store_resting_messages(struct cw_store *store, int64_t route,
                                      const struct cw_hash32 *root, struct cw_arena *arena,
                                      struct cw_hash32 **ret, size_t *ret_n,
                                      struct cw_error *error) {
    static const char select[] =
        "SELECT min(row), message FROM subject INDEXED BY subject_rests_on WHERE route = ?1"
        " AND rests_on = ?2 AND message IS NOT NULL GROUP BY message";
    struct cw_sql sql = cw_sql_open(store, select, "subject", error);
    cw_sql_put_i64(&sql, 1, route);
    cw_sql_put_hash32(&sql, 2, root);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_hash32 *out; (out = cw_sql_next(&sql, &list)) != NULL;)
        *out = cw_sql_get_hash32(&sql, 1);
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
