/* What signers have, for those who read the database beside the daemon. */
#include "store/store.h"
#include "store/sql.h"

enum cw_err cw_store_funds_put(struct cw_store *store, const struct cw_store_funds *funds,
                               struct cw_error *error) {
    static const char replace[] = "INSERT OR REPLACE INTO funds(chain, address, signer, balance,"
                                  " low) VALUES(?1, ?2, ?3, ?4, ?5)";
    struct cw_sql sql = cw_sql_open(store, replace, "funds", error);
    cw_sql_put_i64(&sql, 1, funds->chain);
    cw_sql_put_addr20(&sql, 2, &funds->address);
    cw_sql_put_text(&sql, 3, funds->signer);
    cw_sql_put_u256(&sql, 4, &funds->balance.v);
    cw_sql_put_u256(&sql, 5, &funds->low.v);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_funds_forget(struct cw_store *store, struct cw_error *error) {
    struct cw_sql sql = cw_sql_open(store, "DELETE FROM funds", "funds", error);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_funds(struct cw_store *store, struct cw_arena *arena,
                           struct cw_store_funds **ret, size_t *ret_n, struct cw_error *error) {
    static const char select[] = "SELECT chain AS row, address, signer, balance, low"
                                 " FROM funds ORDER BY chain, address";
    struct cw_sql sql = cw_sql_open(store, select, "funds", error);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_funds *out; (out = cw_sql_next(&sql, &list)) != NULL;) {
        out->chain = cw_sql_get_i64(&sql, 0);
        out->address = cw_sql_get_addr20(&sql, 1);
        cw_sql_get_text(&sql, 2, out->signer, sizeof out->signer);
        out->balance.v = cw_sql_get_u256(&sql, 3);
        out->low.v = cw_sql_get_u256(&sql, 4);
    }
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}
