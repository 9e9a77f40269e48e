/* Another configuration while the relayer runs: policies, prices, what is paid and who is told may
 * change; what was built from the rest may not. */
#include "core/config_tables.h"
#include "work/internal.h"

#include <stdio.h>
#include <string.h>

/* Of a chain; everything else of it is in its watcher and its endpoints. */
static const char *const chain_may_change[] = {
    "symbol",   "decimals",         "tx_gas_cap",        "min_tip",
    "max_fee",  "fee_percentile",   "fee_blocks",        "replace_after_blocks",
    "data_fee", "max_head_pause_s", "max_final_pause_s", NULL};
static const char *const signer_may_change[] = {"low_funds", NULL};
static const char *const nothing[] = {NULL};

static enum cw_err refuse(struct cw_error *error, const char *what, const char *name,
                          const char *key) {
    return cw_error_set(error, CW_ERR_REFUSED,
                        "%s \"%s\": %s changed, which takes a restart; nothing was taken over",
                        what, name, key);
}

static bool same_endpoints(const struct cw_config_endpoint *a, size_t a_n,
                           const struct cw_config_endpoint *b, size_t b_n) {
    bool same = a_n == b_n;
    for (size_t i = 0; same && i < a_n; i++)
        same = !cw_config_difference(&cw_config_shape_endpoint, &a[i], &b[i], nothing);
    return same;
}

static enum cw_err same_chain(const struct cw_config_chain *a, const struct cw_config_chain *b,
                              struct cw_error *error) {
    if (strcmp(a->name, b->name) != 0)
        return refuse(error, "chain", a->name, "its name or place");
    const char *key = cw_config_difference(&cw_config_shape_chain, a, b, chain_may_change);
    if (!key && !same_endpoints(a->endpoints, a->endpoints_n, b->endpoints, b->endpoints_n))
        key = "endpoints";
    if (!key && !same_endpoints(a->send, a->send_n, b->send, b->send_n))
        key = "send";
    return key ? refuse(error, "chain", a->name, key) : CW_OK;
}

static enum cw_err same_signer(const struct cw_config_signer *a, const struct cw_config_signer *b,
                               struct cw_error *error) {
    if (strcmp(a->name, b->name) != 0)
        return refuse(error, "signer", a->name, "its name or place");
    const char *key = cw_config_difference(&cw_config_shape_signer, a, b, signer_may_change);
    return key ? refuse(error, "signer", a->name, key) : CW_OK;
}

static enum cw_err same_route(const struct cw_config_route *a, const struct cw_config_route *b,
                              struct cw_error *error) {
    if (strcmp(a->name, b->name) != 0)
        return refuse(error, "route", a->name, "its name or place");
    if (a->adapter != b->adapter || a->settlement != b->settlement ||
        a->execution != b->execution || a->settlement_start != b->settlement_start ||
        a->execution_start != b->execution_start)
        return refuse(error, "route", a->name, "its stack, its chains or a start block");
    const struct cw_config_shape contracts = {a->adapter->fields, NULL, false, NULL};
    const char *key = cw_config_difference(&contracts, a->contracts, b->contracts, nothing);
    if (key)
        return refuse(error, "route", a->name, key);
    bool same = a->signers_n == b->signers_n && a->policy.observe_only == b->policy.observe_only;
    for (size_t i = 0; same && i < a->signers_n; i++)
        same = a->signers[i] == b->signers[i];
    return same ? CW_OK : refuse(error, "route", a->name, "its signers, or whether it relays");
}

static enum cw_err comparable(const struct cw_config *a, const struct cw_config *b,
                              struct cw_error *error) {
    if (strcmp(a->data_dir, b->data_dir) != 0 || a->chains_n != b->chains_n ||
        a->signers_n != b->signers_n || a->routes_n != b->routes_n)
        return cw_error_set(error, CW_ERR_REFUSED,
                            "data_dir, or the number of chains, signers or routes changed, which "
                            "takes a restart; nothing was taken over");
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < a->chains_n; i++)
        err = same_chain(&a->chains[i], &b->chains[i], error);
    for (size_t i = 0; err == CW_OK && i < a->signers_n; i++)
        err = same_signer(&a->signers[i], &b->signers[i], error);
    for (size_t i = 0; err == CW_OK && i < a->routes_n; i++)
        err = same_route(&a->routes[i], &b->routes[i], error);
    return err;
}

enum cw_err cw_relay_reload(struct cw_relay *relay, const struct cw_config *config,
                            struct cw_error *error) {
    enum cw_err err = comparable(relay->config, config, error);
    struct cw_sinks *sinks = NULL;
    struct cw_hooks *hooks = NULL;
    if (err == CW_OK)
        err = cw_sinks_new(&sinks, relay->loop, relay->store, config, error);
    if (err == CW_OK)
        err = cw_hooks_new(&hooks, relay->loop, relay->store, config, error);
    if (err == CW_OK)
        err = guards_reload(relay, config, error);
    if (err != CW_OK) {
        cw_hooks_free(hooks);
        cw_sinks_free(sinks);
        return err;
    }
    /* Who asked for a test asks those that are there now. */
    cw_sinks_free(relay->sinks);
    cw_hooks_free(relay->hooks);
    alerts_forget(relay);
    inquiries_forget(relay); /* they have the configuration before */
    relay->sinks = sinks;
    relay->hooks = hooks;
    relay->config = config;
    signers_renew(relay);
    for (size_t i = 0; i < relay->chains_n; i++)
        relay->chains[i].config = &config->chains[i];
    for (size_t i = 0; i < relay->lanes_n; i++)
        cw_lane_chain_config(relay->lanes[i].lane, relay->lanes[i].chain->config);
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        struct cw_error why;
        route->config = &config->routes[i];
        route_stale(route, 0);
        deadlines_renew(route);
        /* What the rules before kept back is judged by these. */
        if (cw_store_route_wake(relay->store, route->row, CW_WAKE_DATE, &why) != CW_OK)
            cw_log(CW_LOG_ERROR, route->subject, "not woken: %s", why.text);
    }
    return CW_OK;
}
