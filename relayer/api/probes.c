/* What process managers and load balancers ask: whether the daemon lives, and whether it does its
 * work. Nothing here is a secret: whoever reaches the port may ask. */
#include "api/internal.h"
#include "cli/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LOOP_HUNG_MS 10000u
/* The loop writes how its endpoints are every five seconds. */
#define WRITTEN_MAX_MS 20000u

/* Checks as they are written, and what came of them. */
struct probe {
    struct answer *a;
    bool good;
};

static void put_check(struct probe *probe, const char *what, const char *chain, const char *format,
                      ...) CW_PRINTF(4, 5);
/* format "": it is as it should be. */
static void put_check(struct probe *probe, const char *what, const char *chain, const char *format,
                      ...) {
    struct cw_buf *out = &probe->a->call->out;
    char text[200];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "what", what);
    cw_out_some(out, "chain", chain);
    cw_out_bool(out, "ok", text[0] == '\0');
    cw_out_some(out, "text", text);
    cw_out_close(out, '}');
    probe->good = probe->good && text[0] == '\0';
}

static void check_loop(struct probe *probe) {
    const struct cw_loop *loop = probe->a->api->daemon.loop;
    const struct cw_clock *clock = cw_loop_clock(loop);
    const uint64_t turned = cw_loop_turned_ms(loop), now = clock->monotonic_ms(clock->ctx);
    if (now > turned && now - turned > LOOP_HUNG_MS)
        put_check(probe, "loop", "", "has not turned for %" PRIu64 " ms", now - turned);
    else
        put_check(probe, "loop", "", "%s", "");
}

/* By what the loop itself wrote last. */
static void check_database(struct probe *probe, const struct cw_store_endpoint *endpoints,
                           size_t n) {
    const uint64_t now = probe->a->call->now_ms;
    uint64_t written = 0;
    for (size_t i = 0; i < n; i++)
        written = endpoints[i].updated_ms > written ? endpoints[i].updated_ms : written;
    if (written < probe->a->api->started_ms)
        put_check(probe, "database", "", "nothing was written since the start");
    else if (now > written && now - written > WRITTEN_MAX_MS)
        put_check(probe, "database", "", "nothing was written for %" PRIu64 " s",
                  (now - written) / 1000);
    else
        put_check(probe, "database", "", "%s", "");
}

static void check_endpoints(struct probe *probe, const struct cw_store_chain_row *chain,
                            const struct cw_store_endpoint *endpoints, size_t n) {
    size_t used = 0;
    for (size_t i = 0; i < n; i++)
        used += endpoints[i].chain == chain->row && cw_store_endpoint_is_usable(&endpoints[i]);
    put_check(probe, "endpoints", chain->name, "%s",
              used > 0 ? "" : "none is in use: /v1/endpoints says why");
}

static void check_head(struct probe *probe, const struct cw_store_chain_row *chain,
                       const struct cw_config_chain *config) {
    const uint64_t now = probe->a->call->now_ms;
    const uint64_t age_s = now > chain->updated_ms ? (now - chain->updated_ms) / 1000 : 0;
    if (chain->updated_ms < probe->a->api->started_ms)
        put_check(probe, "head", chain->name, "none since the start");
    else if (config->max_head_pause_s > 0 && age_s > config->max_head_pause_s)
        put_check(probe, "head", chain->name, "did not move for %" PRIu64 " s", age_s);
    else
        put_check(probe, "head", chain->name, "%s", "");
}

static void check_chains(struct probe *probe, const struct cw_store_endpoint *endpoints, size_t n) {
    const struct cw_cli_view *view = probe->a->view;
    for (size_t i = 0; i < view->chains_n; i++) {
        const struct cw_store_chain_row *chain = &view->chains[i];
        const struct cw_config_chain *config = cw_cli_chain_config(view, chain);
        if (!config) /* the configuration names it no longer */
            continue;
        check_endpoints(probe, chain, endpoints, n);
        check_head(probe, chain, config);
        put_check(probe, "chain", chain->name, "%s",
                  chain->trouble[0] == '\0' ? "" : "is held up: /v1/chains says by what");
    }
}

static void put_backfill(struct cw_buf *out, const struct cw_cli_view *view) {
    cw_out_open(out, "backfill", '[');
    for (size_t i = 0; i < view->chains_n; i++) {
        if (!cw_cli_chain_config(view, &view->chains[i]))
            continue;
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "chain", view->chains[i].name);
        cw_out_u64(out, "blocksLeft", view->chains[i].backfill_left);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static struct probe begin(struct answer *a) {
    cw_out_open(&a->call->out, NULL, '{');
    cw_out_text(&a->call->out, "role", cw_role_name(a->api->daemon.role));
    cw_out_open(&a->call->out, "checks", '[');
    return (struct probe){a, true};
}

static void end(const struct probe *probe) {
    cw_out_bool(&probe->a->call->out, "ok", probe->good);
    cw_out_close(&probe->a->call->out, '}');
    cw_api_json(probe->a->call);
    if (!probe->good && probe->a->call->status == 200)
        probe->a->call->status = 503;
}

static void show_health(struct answer *a, const char *const *parts) {
    (void)parts;
    if (!cw_api_params_end(a->call))
        return;
    struct probe probe = begin(a);
    check_loop(&probe);
    cw_out_close(&a->call->out, ']');
    end(&probe);
}

void api_show_readiness(struct answer *a, const char *const *parts) {
    struct cw_store_endpoint *endpoints = NULL;
    struct cw_error error;
    size_t n = 0;
    (void)parts;
    if (!cw_api_params_end(a->call))
        return;
    if (cw_store_endpoints(a->view->store, &a->view->arena, &endpoints, &n, &error) != CW_OK) {
        cw_api_fail(a->call, &error);
        return;
    }
    struct probe probe = begin(a);
    check_loop(&probe);
    check_database(&probe, endpoints, n);
    check_chains(&probe, endpoints, n);
    cw_out_close(&a->call->out, ']');
    put_backfill(&a->call->out, a->view);
    end(&probe);
}

const struct resource api_plain[] = {
    {false, CW_API_NOBODY, "healthz", show_health},
    {.path = NULL},
};
