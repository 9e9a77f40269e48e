/* What the reading commands work on: configuration, database, and what somebody means by a name or
 * digits. */
#include "cli/cli.h"
#include "core/config_fields.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES (256u << 20)
#define PREFIX_MIN  8
#define FOUND_MAX   64

enum cw_err cw_cli_view_open(struct cw_cli_view *view, const char *config_path,
                             struct cw_error *error) {
    memset(view, 0, sizeof *view);
    cw_arena_init(&view->arena, ARENA_BYTES);
    enum cw_err err = cw_cli_config(&view->config, config_path, error);
    if (err != CW_OK)
        return err;
    size_t size = strlen(view->config->data_dir) + sizeof "/causeway.db";
    char *path = cw_arena_alloc(&view->arena, size);
    if (path == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    snprintf(path, size, "%s/causeway.db", view->config->data_dir);
    view->path = path;
    err = cw_store_open(&view->store, path, CW_STORE_READ, 0, error);
    if (err == CW_OK)
        err = cw_store_begin(view->store, error);
    if (err == CW_OK)
        err = cw_store_routes(view->store, &view->arena, &view->routes, &view->routes_n, error);
    if (err == CW_OK)
        err = cw_store_chains(view->store, &view->arena, &view->chains, &view->chains_n, error);
    return err;
}

void cw_cli_view_close(struct cw_cli_view *view) {
    cw_store_close(view->store);
    cw_config_free(view->config);
    cw_arena_done(&view->arena);
    memset(view, 0, sizeof *view);
}

const struct cw_store_route_row *cw_cli_route(const struct cw_cli_view *view, int64_t row) {
    for (size_t i = 0; i < view->routes_n; i++)
        if (view->routes[i].row == row)
            return &view->routes[i];
    return NULL;
}

const struct cw_store_route_row *cw_cli_route_named(const struct cw_cli_view *view,
                                                    const char *name) {
    for (size_t i = 0; i < view->routes_n; i++)
        if (strcmp(view->routes[i].name, name) == 0)
            return &view->routes[i];
    return NULL;
}

const struct cw_store_chain_row *cw_cli_chain(const struct cw_cli_view *view, int64_t row) {
    for (size_t i = 0; i < view->chains_n; i++)
        if (view->chains[i].row == row)
            return &view->chains[i];
    return NULL;
}

const struct cw_config_chain *cw_cli_chain_config(const struct cw_cli_view *view,
                                                  const struct cw_store_chain_row *chain) {
    for (size_t i = 0; chain != NULL && i < view->config->chains_n; i++)
        if (view->config->chains[i].chain_id == chain->chain_id)
            return &view->config->chains[i];
    return NULL;
}

const char *cw_cli_symbol(const struct cw_cli_view *view, int64_t chain) {
    const struct cw_config_chain *config = cw_cli_chain_config(view, cw_cli_chain(view, chain));
    return config != NULL ? config->symbol : "ETH";
}

enum cw_err cw_cli_find_route(const struct cw_cli_view *view, const char *name,
                              const struct cw_store_route_row **ret, struct cw_error *error) {
    *ret = cw_cli_route_named(view, name);
    if (*ret != NULL)
        return CW_OK;
    const char *names[65];
    size_t n = 0;
    for (; n < view->routes_n && n < CW_COUNT(names) - 1; n++)
        names[n] = view->routes[n].name;
    names[n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    if (nearest != NULL)
        return cw_error_set(error, CW_ERR_INPUT, "there is no route \"%s\": did you mean \"%s\"?",
                            cw_config_shown(name), nearest);
    return cw_error_set(error, CW_ERR_INPUT,
                        "there is no route \"%s\": `causeway status` lists them",
                        cw_config_shown(name));
}

/* --- messages --------------------------------------------------------------------------------- */

int cw_cli_not_found(const char *text, const char *route) {
    fprintf(stderr,
            "causeway: no message%s%s has the id %s, or was sent in a transaction with that hash: "
            "`causeway messages` lists what is known\n",
            route != NULL ? " of route " : "", route != NULL ? route : "", text);
    return CW_EXIT_NO;
}

enum cw_err cw_cli_on_several(const char *text, const char *const *routes, size_t n,
                              struct cw_error *error) {
    char names[300];
    size_t used = 0, i = 0;
    for (; i < n && used + strlen(routes[i]) + sizeof ", " <= sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i > 0 ? ", " : "",
                                 routes[i]);
    return cw_error_set(error, CW_ERR_INPUT,
                        "%s is a message on more than one route (%s%s): add --route NAME", text,
                        names, i < n ? ", ..." : "");
}

/* Reads the rows that text fits. More than one is refused: one id on several routes, or (of a
 * prefix) several ids. */
static enum cw_err read_one(struct cw_cli_view *view, const char *text, const int64_t *rows,
                            size_t n, bool is_prefix, struct cw_store_message **ret, size_t *ret_n,
                            struct cw_error *error) {
    struct cw_store_message *list = cw_arena_array(&view->arena, n, sizeof *list);
    const char *names[FOUND_MAX];
    if (list == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < n; i++) {
        enum cw_err err = cw_store_message_get(view->store, rows[i], &view->arena, &list[i], error);
        if (err != CW_OK)
            return err;
        if (is_prefix && !cw_hash32_equal(&list[i].m.id, &list[0].m.id))
            return cw_error_set(
                error, CW_ERR_INPUT,
                "more than one message has an id that starts with %s: give more digits", text);
        const struct cw_store_route_row *route = cw_cli_route(view, list[i].route);
        names[i] = route != NULL ? route->name : "?";
    }
    if (n > 1)
        return cw_cli_on_several(text, names, n, error);
    *ret = list;
    *ret_n = n;
    return CW_OK;
}

/* Those that a transaction is about which sent none of them. */
static enum cw_err find_about(struct cw_cli_view *view, int64_t route, const struct cw_hash32 *tx,
                              struct cw_store_message **ret, size_t *ret_n,
                              struct cw_error *error) {
    int64_t rows[FOUND_MAX] = {0};
    size_t n = 0;
    enum cw_err err = cw_store_messages_about(view->store, route, tx, rows, FOUND_MAX, &n, error);
    struct cw_store_message *list = cw_arena_array(&view->arena, n, sizeof *list);
    if (err == CW_OK && list == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = cw_store_message_get(view->store, rows[i], &view->arena, &list[i], error);
    if (err == CW_OK) {
        *ret = list;
        *ret_n = n;
    }
    return err;
}

/* A whole hash: id, alias or transaction. */
static enum cw_err find_hash(struct cw_cli_view *view, const char *text, int64_t route,
                             const struct cw_hash32 *hash, struct cw_store_message **ret,
                             size_t *ret_n, struct cw_error *error) {
    int64_t rows[FOUND_MAX] = {0};
    size_t n = 0;
    enum cw_err err = cw_store_messages_ref(view->store, route, hash, rows, FOUND_MAX, &n, error);
    if (err != CW_OK)
        return err;
    if (n > 0)
        return read_one(view, text, rows, n, false, ret, ret_n, error);
    struct cw_store_message_filter filter = {.route = route, .tx = hash, .limit = FOUND_MAX};
    struct cw_store_message *list = NULL;
    err = cw_store_messages(view->store, &filter, &view->arena, &list, &n, error);
    if (err == CW_OK && n == 0)
        return find_about(view, route, hash, ret, ret_n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        err = cw_store_message_get(view->store, list[i].row, &view->arena, &list[i], error);
    if (err == CW_OK) {
        *ret = list;
        *ret_n = n;
    }
    return err;
}

static enum cw_err find_prefix(struct cw_cli_view *view, const char *text, int64_t route,
                               const char *digits, struct cw_store_message **ret, size_t *ret_n,
                               struct cw_error *error) {
    int64_t rows[FOUND_MAX] = {0};
    size_t n = 0;
    enum cw_err err = cw_store_messages_prefix(view->store, route, digits, rows, FOUND_MAX, &n,
                                               error);
    if (err != CW_OK)
        return err;
    if (n > 0)
        return read_one(view, text, rows, n, true, ret, ret_n, error);
    *ret_n = 0;
    return CW_OK;
}

enum cw_err cw_cli_find(struct cw_cli_view *view, const char *text, const char *route,
                        struct cw_store_message **ret, size_t *ret_n, struct cw_error *error) {
    const struct cw_store_route_row *on = NULL;
    enum cw_err err = route != NULL ? cw_cli_find_route(view, route, &on, error) : CW_OK;
    if (err != CW_OK)
        return err;
    int64_t row = on != NULL ? on->row : 0;
    const char *digits = text[0] == '0' && text[1] == 'x' ? text + 2 : text;
    size_t n = strspn(digits, "0123456789abcdefABCDEF");
    if (digits[n] != 0 || n < PREFIX_MIN || n > 64)
        return cw_error_set(
            error, CW_ERR_INPUT,
            "\"%s\" is no message: give its id, at least %d of its first digits, or the "
            "hash of the transaction that sent it",
            cw_config_shown(text), PREFIX_MIN);
    if (n < 64)
        return find_prefix(view, text, row, digits, ret, ret_n, error);
    char whole[CW_HEX_SIZE(32)];
    struct cw_hash32 hash;
    snprintf(whole, sizeof whole, "0x%s", digits);
    err = cw_hex_decode(hash.b, sizeof hash.b, whole, strlen(whole));
    if (err != CW_OK)
        return cw_error_set(error, err, "\"%s\" is no hash", cw_config_shown(text));
    return find_hash(view, text, row, &hash, ret, ret_n, error);
}
