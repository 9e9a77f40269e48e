#include "store/webhooks.h"

#include "store/messages.h"
#include "store/news.h"
#include "store/sql.h"

static enum cw_err count(struct cw_store *store, const char *owner, uint64_t *ret,
                         struct cw_error *error) {
    static const char select[] = "SELECT count(*) FROM webhook WHERE ?1 IS NULL OR owner = ?1";
    struct cw_sql sql = cw_sql_open(store, select, "webhook", error);
    if (owner != NULL)
        cw_sql_put_text(&sql, 1, owner);
    if (cw_sql_step(&sql))
        *ret = cw_sql_get_u64(&sql, 0);
    return cw_sql_end(&sql);
}

static enum cw_err insert(struct cw_store *store, const struct cw_store_webhook *hook,
                          int64_t position, uint64_t now_ms, int64_t *ret_row,
                          struct cw_error *error) {
    static const char text[] =
        "INSERT INTO webhook(owner, url, secret, route, sender, target, tx, stages, position,"
        " made_ms) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, text, "webhook", error);
    cw_sql_put_text(&sql, 1, hook->owner);
    cw_sql_put_text(&sql, 2, hook->url);
    cw_sql_put_text(&sql, 3, hook->secret);
    cw_sql_put_i64(&sql, 4, hook->route);
    if (hook->by_sender)
        cw_sql_put_addr20(&sql, 5, &hook->sender);
    if (hook->by_target)
        cw_sql_put_addr20(&sql, 6, &hook->target);
    if (hook->by_tx)
        cw_sql_put_hash32(&sql, 7, &hook->tx);
    cw_sql_put_i64(&sql, 8, hook->stages);
    cw_sql_put_i64(&sql, 9, position);
    cw_sql_put_u64_clamp(&sql, 10, now_ms);
    int64_t row = 0;
    while (cw_sql_step(&sql))
        row = cw_sql_get_i64(&sql, 0);
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_row = row;
    return err;
}

enum cw_err cw_store_webhook_add(struct cw_store *store, const struct cw_store_webhook *hook,
                                 uint64_t now_ms, int64_t *ret_row, struct cw_error *error) {
    uint64_t all = 0, own = 0;
    struct cw_store_news_at at = {0, 0};
    enum cw_err err = count(store, NULL, &all, error);
    if (err == CW_OK)
        err = count(store, hook->owner, &own, error);
    if (err == CW_OK && (all >= CW_WEBHOOKS_MAX || own >= CW_WEBHOOKS_OWNER_MAX))
        err = cw_error_set(error, CW_ERR_LIMIT, "there are %u webhooks%s already: end one first",
                           all >= CW_WEBHOOKS_MAX ? CW_WEBHOOKS_MAX : CW_WEBHOOKS_OWNER_MAX,
                           all >= CW_WEBHOOKS_MAX ? "" : " of this token");
    if (err == CW_OK)
        err = cw_store_news_end(store, &at, error);
    return err == CW_OK ? insert(store, hook, at.history, now_ms, ret_row, error) : err;
}

static void read_hook(struct cw_sql *sql, struct cw_store_webhook *out) {
    out->row = cw_sql_get_i64(sql, 0);
    cw_sql_get_text(sql, 1, out->owner, sizeof out->owner);
    cw_sql_get_text(sql, 2, out->url, sizeof out->url);
    cw_sql_get_text(sql, 3, out->secret, sizeof out->secret);
    out->route = cw_sql_get_i64(sql, 4);
    out->by_sender = !cw_sql_is_null(sql, 5);
    if (out->by_sender)
        out->sender = cw_sql_get_addr20(sql, 5);
    out->by_target = !cw_sql_is_null(sql, 6);
    if (out->by_target)
        out->target = cw_sql_get_addr20(sql, 6);
    out->by_tx = !cw_sql_is_null(sql, 7);
    if (out->by_tx)
        out->tx = cw_sql_get_hash32(sql, 7);
    out->stages = (uint32_t)cw_sql_get_u64(sql, 8);
    out->position = cw_sql_get_i64(sql, 9);
    out->sent = cw_sql_get_u64(sql, 10);
    out->failing = cw_sql_get_u64(sql, 11);
    out->failing_ms = cw_sql_get_u64(sql, 12);
    out->not_before_ms = cw_sql_get_u64(sql, 13);
    out->given_up_ms = cw_sql_get_u64(sql, 14);
    out->ok_ms = cw_sql_get_u64(sql, 15);
    cw_sql_get_text(sql, 16, out->said, sizeof out->said);
    out->made_ms = cw_sql_get_u64(sql, 17);
}

enum cw_err cw_store_webhooks(struct cw_store *store, const char *owner, struct cw_arena *arena,
                              struct cw_store_webhook **ret, size_t *ret_n,
                              struct cw_error *error) {
    static const char select[] =
        "SELECT row, owner, url, secret, route, sender, target, tx, stages, position, sent,"
        " failing, failing_ms, not_before_ms, given_up_ms, ok_ms, said, made_ms FROM webhook"
        " WHERE ?1 IS NULL OR owner = ?1 ORDER BY row";
    struct cw_sql sql = cw_sql_open(store, select, "webhook", error);
    if (owner != NULL)
        cw_sql_put_text(&sql, 1, owner);
    struct cw_sql_list list = {.arena = arena, .size = sizeof **ret};
    for (struct cw_store_webhook *out; (out = cw_sql_next(&sql, &list)) != NULL;)
        read_hook(&sql, out);
    return cw_sql_list_end(&sql, &list, ret, ret_n);
}

enum cw_err cw_store_webhook_end(struct cw_store *store, int64_t row, const char *owner,
                                 bool *ret_found, struct cw_error *error) {
    static const char text[] =
        "DELETE FROM webhook WHERE row = ?1 AND (?2 IS NULL OR owner = ?2) RETURNING row";
    struct cw_sql sql = cw_sql_open(store, text, "webhook", error);
    cw_sql_put_i64(&sql, 1, row);
    if (owner != NULL)
        cw_sql_put_text(&sql, 2, owner);
    bool found = false;
    while (cw_sql_step(&sql))
        found = true;
    enum cw_err err = cw_sql_end(&sql);
    if (err == CW_OK)
        *ret_found = found;
    return err;
}

enum cw_err cw_store_webhook_told(struct cw_store *store, int64_t row, int64_t position, bool taken,
                                  uint64_t now_ms, struct cw_error *error) {
    static const char skipped[] = "UPDATE webhook SET position = ?2 WHERE row = ?1";
    static const char text[] =
        "UPDATE webhook SET position = ?2, sent = sent + 1, failing = 0, failing_ms = 0,"
        " not_before_ms = 0, ok_ms = ?3 WHERE row = ?1";
    struct cw_sql sql = cw_sql_open(store, taken ? text : skipped, "webhook", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_i64(&sql, 2, position);
    if (taken)
        cw_sql_put_u64_clamp(&sql, 3, now_ms);
    return cw_sql_run(&sql);
}

enum cw_err cw_store_webhook_failed(struct cw_store *store, int64_t row, const char *said,
                                    uint64_t not_before_ms, bool given_up, uint64_t now_ms,
                                    struct cw_error *error) {
    static const char text[] =
        "UPDATE webhook SET failing = failing + 1, failing_ms = iif(failing_ms > 0, failing_ms,"
        " ?5), not_before_ms = ?3, given_up_ms = iif(?4, ?5, given_up_ms), said = ?2"
        " WHERE row = ?1";
    char cut[sizeof((struct cw_store_webhook *)0)->said];
    cw_store_text(cut, sizeof cut, said);
    struct cw_sql sql = cw_sql_open(store, text, "webhook", error);
    cw_sql_put_i64(&sql, 1, row);
    cw_sql_put_text(&sql, 2, cut);
    cw_sql_put_u64_clamp(&sql, 3, not_before_ms);
    cw_sql_put_i64(&sql, 4, given_up);
    cw_sql_put_u64_clamp(&sql, 5, now_ms);
    return cw_sql_run(&sql);
}
