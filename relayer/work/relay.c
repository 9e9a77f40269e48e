#include "work/relay.h"

#include "tx/multicall.h"
#include "work/connect.h"
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS           250u
#define HEADS_EVERY_MS    1000u
#define ATTEND_EVERY_MS   1000u
#define PROGRESS_EVERY_MS 5000u
#define ANSWERS_EVERY_MS  5000u
#define HEADERS_LOADED    8192u

const char *cw_role_name(enum cw_role role) {
    switch (role) {
    case CW_ROLE_RELAYER:
        return "relayer";
    case CW_ROLE_MONITOR:
        return "monitor";
    case CW_ROLE_ALL:
        return "all";
    }
    return "?";
}

/* --- what the watchers and endpoints tell --- */

static enum cw_err on_batch(void *ctx, const struct cw_watch_batch *batch) {
    return intake_batch(ctx, batch);
}

static void on_receipts(void *ctx, const struct cw_block_ref *block,
                        const struct cw_json *receipts) {
    struct chain *chain = ctx;
    const struct cw_relay *relay = chain->relay;
    for (size_t i = 0; i < relay->lanes_n; i++)
        if (relay->lanes[i].chain == chain)
            cw_lane_receipts(relay->lanes[i].lane, block, receipts);
}

static void tick_now(struct cw_relay *relay);

void route_wake(struct route *route, enum cw_wake kind) {
    struct cw_error error;
    route->wakes[kind]++;
    if (cw_store_route_wake(route->relay->store, route->row, kind, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "not woken: %s", error.text);
}

static void wake_final(struct route *route, struct cw_block_number final) {
    struct cw_error error;
    if (cw_store_route_wake_final(route->relay->store, route->row, final, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "not woken: %s", error.text);
}

/* What waited for the heads to move is worth a look. A root was told of by its block, but a look
 * sees it from these heads on only. */
static void wake_heads(struct chain *chain, const struct cw_heads *heads,
                       bool safe_or_final_moved) {
    struct cw_relay *relay = chain->relay;
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        for (size_t side = 0; side < CW_SIDES; side++) {
            if (route->chains[side] != chain || !route->root_came[side])
                continue;
            route->root_came[side] = false;
            route_wake(route, CW_WAKE_ROOT);
        }
        if (destination_chain(route) == chain && safe_or_final_moved)
            wake_final(route, heads->final.number);
        if (source_chain(route) == chain && safe_or_final_moved)
            route_wake(route, CW_WAKE_SOURCE);
    }
}

/* What was in provisional blocks is in final ones now. */
static void assure(struct chain *chain, const struct cw_heads *heads) {
    struct cw_error error;
    if (cw_store_messages_assure(chain->relay->store, chain->row, heads->final.number,
                                 cw_watch_assurance(chain->watch), &error) != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "assurance not written: %s", error.text);
}

static void on_heads(void *ctx, const struct cw_heads *heads) {
    struct chain *chain = ctx;
    struct cw_relay *relay = chain->relay;
    chain->heads_changed = true;
    cw_facts_heads(chain->facts);
    if (heads->final.number.v != chain->final_seen)
        assure(chain, heads);
    bool moved = heads->final.number.v != chain->final_seen ||
                 heads->safe.number.v != chain->safe_seen;
    chain->final_seen = heads->final.number.v;
    chain->safe_seen = heads->safe.number.v;
    wake_heads(chain, heads, moved);
    for (size_t i = 0; i < relay->lanes_n; i++) {
        struct lane_slot *slot = &relay->lanes[i];
        if (slot->chain != chain)
            continue;
        struct cw_error error;
        if (!slot->resumed) {
            slot->resumed = cw_lane_resume(slot->lane, &error) == CW_OK;
            if (!slot->resumed)
                cw_log(CW_LOG_ERROR, chain->config->name, "open transactions not read: %s",
                       error.text);
        }
        cw_lane_heads(slot->lane, heads);
    }
    tick_now(relay);
}

static enum cw_lane_rebid on_rebid(void *ctx, const struct cw_lane_stuck *stuck, char text[200]) {
    const struct lane_slot *slot = ctx;
    return act_rebid(slot->chain->relay, stuck, text);
}

/* Somebody else sends with our key, or nobody any longer. */
static void on_foreign(void *ctx, const struct cw_addr20 *address, uint64_t from, uint64_t to) {
    const struct chain *chain = ((const struct lane_slot *)ctx)->chain;
    struct cw_relay *relay = chain->relay;
    struct cw_error error;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_FOREIGN_NONCE};
    lane_subject(incident.subject, sizeof incident.subject, chain, address);
    snprintf(incident.chain, sizeof incident.chain, "%s", chain->config->name);
    snprintf(incident.text, sizeof incident.text,
             "nonces %" PRIu64 " to %" PRIu64
             " were used by transactions that are not in this store",
             from, to - 1);
    bool changed = false;
    enum cw_err err = from < to
                          ? cw_store_incident_open(relay->store, &incident, wall_ms(relay),
                                                   &changed, &error)
                          : cw_store_incident_resolve(relay->store, incident.kind, incident.subject,
                                                      "accepted", wall_ms(relay), &changed, &error);
    if (err != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "incident not written: %s", error.text);
}

static bool header_at(void *ctx, struct cw_block_number number, struct cw_store_header *ret) {
    const struct lane_slot *slot = ctx;
    return cw_watch_header_at(slot->chain->watch, number, ret);
}

/* --- the tick --- */

static void write_heads(struct cw_relay *relay) {
    uint64_t now = monotonic_ms(relay);
    if (now - relay->heads_written_ms < HEADS_EVERY_MS)
        return;
    for (size_t i = 0; i < relay->chains_n; i++) {
        struct chain *chain = &relay->chains[i];
        const struct cw_heads *heads = cw_watch_heads(chain->watch);
        struct cw_error error;
        if (!heads || !chain->heads_changed)
            continue;
        if (cw_store_heads_set(relay->store, chain->row, heads, wall_ms(relay), &error) != CW_OK)
            cw_log(CW_LOG_ERROR, chain->config->name, "heads not written: %s", error.text);
        chain->heads_changed = false;
        relay->heads_written_ms = now;
    }
}

/* Answers go with other writes; where there are none, they are not left lying for long. */
static void write_answers(struct cw_relay *relay, bool at_once) {
    uint64_t now = monotonic_ms(relay);
    struct cw_error error;
    if (!cw_store_answers_noted(relay->store)) {
        relay->answers_written_ms = now;
    } else if (at_once || now - relay->answers_written_ms >= ANSWERS_EVERY_MS) {
        relay->answers_written_ms = now;
        if (cw_store_answers_write(relay->store, &error) != CW_OK)
            cw_log(CW_LOG_ERROR, "relay", "answers not written: %s", error.text);
    }
}

static bool waits(const struct route *route, enum cw_wake wake) {
    bool waits = true;
    struct cw_error error;
    if (cw_store_route_waits(route->relay->store, route->row, wake, &waits, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "waiting messages not read: %s", error.text);
    return waits;
}

/* Safe and final heads are asked for often only while a message waits for them to move. */
static void attend(struct cw_relay *relay) {
    uint64_t now = monotonic_ms(relay);
    if (now - relay->attended_ms < ATTEND_EVERY_MS)
        return;
    relay->attended_ms = now;
    for (size_t i = 0; i < relay->chains_n; i++)
        relay->chains[i].waited_for = false;
    for (size_t i = 0; i < relay->routes_n; i++) {
        const struct route *route = &relay->routes[i];
        if (waits(route, CW_WAKE_SOURCE))
            source_chain(route)->waited_for = true;
        if (waits(route, CW_WAKE_FINAL))
            destination_chain(route)->waited_for = true;
    }
    for (size_t i = 0; i < relay->chains_n; i++)
        cw_watch_attend(relay->chains[i].watch, relay->chains[i].waited_for);
}

/* The store has every trouble; the log hears of it when what stands before the first ';' changes:
 * behind it stands what each operator says, which moves with every block. */
static void tell_trouble(struct chain *chain, const char *trouble, bool is_a_signers) {
    struct cw_error error;
    size_t n = strcspn(trouble, ";");
    bool same = trouble[0] != '\0' && strcspn(chain->trouble, ";") == n &&
                strncmp(trouble, chain->trouble, n) == 0;
    bool silent = same || (trouble[0] ? is_a_signers : chain->trouble_is_a_signers);
    snprintf(chain->trouble, sizeof chain->trouble, "%s", trouble);
    chain->trouble_is_a_signers = is_a_signers;
    if (cw_store_chain_trouble_set(chain->relay->store, chain->row, trouble, &error) != CW_OK)
        cw_log(CW_LOG_ERROR, chain->config->name, "trouble not written: %s", error.text);
    if (silent)
        return;
    if (trouble[0])
        cw_log(CW_LOG_WARN, chain->config->name, "%s", trouble);
    else
        cw_log(CW_LOG_INFO, chain->config->name, "watched again");
}

/* The past is told of every few seconds, and once more when all of it is read. */
static void log_backfill(struct chain *chain, const struct cw_watch_progress *p, bool over) {
    uint64_t now = monotonic_ms(chain->relay);
    if (!over && (p->unread == 0 || now - chain->backfill_logged_ms < PROGRESS_EVERY_MS))
        return;
    chain->backfill_logged_ms = now;
    if (over)
        cw_log(CW_LOG_INFO, chain->config->name, "the past is read");
    else if (p->eta_s > 0)
        cw_log(CW_LOG_INFO, chain->config->name,
               "reading the past: %" PRIu64 " blocks left, %" PRIu64 " blocks/s, about %" PRIu64
               " s",
               p->unread, p->blocks_per_s, p->eta_s);
    else
        cw_log(CW_LOG_INFO, chain->config->name, "reading the past: %" PRIu64 " blocks left",
               p->unread);
}

static void write_backfill(struct chain *chain, const struct cw_watch_progress *p, bool over) {
    uint64_t now = monotonic_ms(chain->relay);
    struct cw_error error;
    if (!over && (p->unread == chain->unread || now - chain->backfill_written_ms < HEADS_EVERY_MS))
        return;
    chain->backfill_written_ms = now;
    if (cw_store_backfill_set(chain->relay->store, chain->row, p->unread, p->blocks_per_s, p->eta_s,
                              &error) == CW_OK)
        chain->unread = p->unread;
    else
        cw_log(CW_LOG_ERROR, chain->config->name, "progress not written: %s", error.text);
}

/* Why it stands still when every endpoint is set aside: more than any call that waits can say. */
static bool nobody_is_left(const struct chain *chain, char trouble[CW_STORE_TROUBLE_SIZE]) {
    struct cw_buf text;
    cw_buf_init(&text, 65536);
    cw_rpc_trouble(chain->rpc, &text);
    const char *why = cw_buf_cstr(&text);
    bool left = !why || !why[0];
    if (!left)
        snprintf(trouble, CW_STORE_TROUBLE_SIZE, "%s", why);
    cw_buf_done(&text);
    return !left;
}

/* Trouble when it changes, and how far the past is read. */
static void log_progress(struct chain *chain) {
    struct cw_watch_progress p;
    char trouble[CW_STORE_TROUBLE_SIZE];
    cw_watch_progress(chain->watch, &p);
    if (!nobody_is_left(chain, trouble))
        snprintf(trouble, sizeof trouble, "%s", p.trouble ? p.trouble : "");
    bool watched = !trouble[0];
    if (watched)
        snprintf(trouble, sizeof trouble, "%s", signers_trouble(chain));
    if (strcmp(trouble, chain->trouble) != 0)
        tell_trouble(chain, trouble, watched && trouble[0]);
    bool over = p.unread == 0 && chain->unread > 0;
    if (p.known)
        log_backfill(chain, &p, over);
    write_backfill(chain, &p, over);
}

static void on_tick(void *ctx) {
    struct cw_relay *relay = ctx;
    relay->tick = cw_loop_after(relay->loop, TICK_MS, on_tick, relay);
    if (!relay->tick)
        cw_log(CW_LOG_ERROR, "relay", "out of memory: no timer");
    commands_run(relay);
    inquiries_tick(relay);
    signers_look(relay);
    write_heads(relay);
    write_answers(relay, false);
    attend(relay);
    health_write(relay, false);
    findings_attend(relay);
    deadlines_attend(relay);
    stalls_look(relay);
    overdue_look(relay);
    money_look(relay);
    lanes_write(relay);
    guards_tick(relay); /* what it holds is held before anything is handed to a lane */
    cw_sinks_tick(relay->sinks);
    cw_hooks_tick(relay->hooks);
    for (size_t i = 0; i < relay->chains_n; i++)
        log_progress(&relay->chains[i]);
    for (size_t i = 0; i < relay->routes_n; i++) {
        route_prepare(&relay->routes[i]);
        act_submit(&relay->routes[i]); /* another route's jobs may have left the lane */
        route_look(&relay->routes[i]);
        if (relay->routes[i].complete)
            complete_tick(relay->routes[i].complete);
    }
}

static void tick_now(struct cw_relay *relay) {
    cw_loop_cancel(relay->loop, relay->tick);
    relay->tick = cw_loop_after(relay->loop, 0, on_tick, relay);
}

/* --- building --- */

static enum cw_err new_chain(struct cw_relay *relay, struct chain *chain,
                             const struct cw_config_chain *config, struct cw_error *error) {
    *chain = (struct chain){.relay = relay, .config = config};
    struct cw_chain_id id = {config->chain_id};
    enum cw_err err = cw_store_chain(relay->store, config->name, id, &chain->row, error);
    if (err != CW_OK)
        return err;
    err = cw_connect(&chain->rpc, relay->loop, config, findings_told, findings_answered, chain,
                     error);
    if (err == CW_OK)
        err = findings_new(chain, error);
    if (err == CW_OK)
        err = stalls_new(chain, error);
    if (err == CW_OK && config->send_n > 0)
        err = cw_connect_send(&chain->send, relay->loop, config, findings_sender, chain, error);
    return err == CW_OK ? health_new(chain, error) : err;
}

/* The final head that was known when the relayer ran last. */
static enum cw_err final_of(const struct cw_relay *relay, const struct chain *chain,
                            struct cw_arena *arena, struct cw_block_number *ret,
                            struct cw_error *error) {
    struct cw_store_chain_row *rows = NULL;
    size_t n = 0;
    enum cw_err err = cw_store_chains(relay->store, arena, &rows, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++)
        if (rows[i].row == chain->row)
            ret->v = rows[i].final_;
    return err;
}

static enum cw_err new_watch(struct cw_relay *relay, struct chain *chain, struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, 16u << 20);
    bool found = false;
    struct cw_block_number cursor = {0};
    struct cw_store_header *headers = NULL;
    size_t headers_n = 0;
    enum cw_err err = cw_store_cursor_get(relay->store, chain->row, &found, &cursor, error);
    if (err == CW_OK)
        err = cw_store_headers_load(relay->store, chain->row, HEADERS_LOADED, &arena, &headers,
                                    &headers_n, error);
    struct cw_block_number final_before = {0};
    if (err == CW_OK)
        err = final_of(relay, chain, &arena, &final_before, error);
    if (err == CW_OK)
        err = reach_open(chain, found, cursor, error);
    struct cw_intervals unread = {0};
    if (err == CW_OK)
        err = cw_store_unread(relay->store, chain->row, &unread, error);
    struct cw_watch_config config = {
        .final_before = final_before,
        .chain = chain->config->name,
        .rpc = chain->rpc,
        .loop = relay->loop,
        .quorum = (unsigned)chain->config->quorum,
        .poll_ms = chain->config->poll_ms,
        .mode = chain->config->mode,
        .log_range_max = chain->config->log_range_max,
        .live_blocks = chain->config->live_blocks,
        .backfill_ranges = (unsigned)chain->config->backfill_ranges,
        .start_block = reach_start(chain),
        .unread = &unread,
        .batch = on_batch,
        .receipts = on_receipts,
        .heads = on_heads,
        .finding = findings_told,
        .ctx = chain,
    };
    if (err == CW_OK)
        err = cw_store_chain_trouble_set(relay->store, chain->row, "", error);
    chain->unread = cw_intervals_blocks(&unread);
    if (err == CW_OK)
        err = cw_store_backfill_set(relay->store, chain->row, chain->unread, 0, 0, error);
    if (err == CW_OK)
        err = cw_watch_new(&chain->watch, &config, found, cursor, headers, headers_n, error);
    cw_intervals_done(&unread);
    cw_arena_done(&arena);
    struct cw_facts_config facts = {
        .rpc = chain->rpc,
        .loop = relay->loop,
        .watch = chain->watch,
        .quorum = (unsigned)chain->config->quorum,
        .mode = chain->config->mode,
        .store = relay->config->answer_cache_bytes > 0 ? relay->store : NULL,
        .chain = chain->row,
        .log_range_max = chain->config->log_range_max,
    };
    return err == CW_OK ? cw_facts_new(&chain->facts, &facts, error) : err;
}

/* An incident of the last run that nobody has ended. */
static enum cw_err held_for_foreign(const struct chain *chain, const struct cw_addr20 *address,
                                    bool *ret, struct cw_error *error) {
    char subject[sizeof((struct cw_store_incident *)0)->subject];
    lane_subject(subject, sizeof subject, chain, address);
    return cw_store_incident_is_open(chain->relay->store, CW_INCIDENT_FOREIGN_NONCE, subject, ret,
                                     error);
}

/* The lane of that signer on that chain, made when it is the first route that wants it. */
static enum cw_err lane_for(struct cw_relay *relay, struct chain *chain, size_t signer_index,
                            struct cw_lane **ret, struct cw_error *error) {
    for (size_t i = 0; i < relay->lanes_n; i++)
        if (relay->lanes[i].chain == chain && relay->lanes[i].signer_index == signer_index) {
            *ret = relay->lanes[i].lane;
            return CW_OK;
        }
    struct lane_slot *slot = &relay->lanes[relay->lanes_n];
    *slot = (struct lane_slot){.chain = chain, .signer_index = signer_index};
    struct cw_signer *signer = relay->signers[signer_index].signer;
    enum cw_err err = CW_OK;
    struct cw_lane_config config = {
        .lanes = &relay->all_lanes,
        .loop = relay->loop,
        .rpc = chain->rpc,
        .send = chain->send,
        .store = relay->store,
        .chain_row = chain->row,
        .chain = chain->config,
        .signer = signer,
        .multicall_code = CW_MULTICALL3_CODE,
        .dry_run = relay->options.dry_run,
        .header_at = header_at,
        .moved = sent_moved,
        .again = sent_again,
        .rebid = on_rebid,
        .shift_foreign = relay->config->signers[signer_index].shift_foreign,
        .foreign = on_foreign,
        .ctx = slot,
    };
    if (signer) {
        err = held_for_foreign(chain, cw_signer_address(signer), &config.held_for_foreign, error);
        if (err != CW_OK)
            return err;
    }
    /* A dry run prices as the real sender where his address is written, else as nobody. */
    config.dry_address = relay->config->signers[signer_index].address;
    err = cw_lane_new(&slot->lane, &config, error);
    if (err != CW_OK)
        return err;
    relay->lanes_n++;
    *ret = slot->lane;
    return CW_OK;
}

static enum cw_err new_lanes(struct route *route, struct cw_error *error) {
    const struct cw_config_route *config = route->config;
    if (config->policy.observe_only || config->signers_n == 0 ||
        route->relay->options.role == CW_ROLE_MONITOR)
        return CW_OK;
    route->lanes = calloc(config->signers_n, sizeof(struct cw_lane *));
    if (!route->lanes)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < config->signers_n; i++) {
        enum cw_err err = lane_for(route->relay, destination_chain(route), config->signers[i],
                                   &route->lanes[i], error);
        if (err != CW_OK)
            return err;
        route->lanes_n = i + 1;
    }
    return CW_OK;
}

static enum cw_err new_route(struct cw_relay *relay, struct route *route,
                             const struct cw_config_route *config, struct cw_error *error) {
    *route = (struct route){.relay = relay, .config = config};
    snprintf(route->subject, sizeof route->subject, "route %s", config->name);
    route->chains[CW_SETTLEMENT] = &relay->chains[config->settlement];
    route->chains[CW_EXECUTION] = &relay->chains[config->execution];
    enum cw_err err = cw_store_route(relay->store, config->name, config->adapter,
                                     route->chains[CW_SETTLEMENT]->row,
                                     route->chains[CW_EXECUTION]->row, &route->row, error);
    struct cw_store_route_row row;
    if (err == CW_OK)
        err = cw_store_route_get(relay->store, config->name, &row, error);
    if (err == CW_OK && row.hold_reason[0])
        route_hold(route, row.hold_reason, row.hold_detail);
    if (err == CW_OK)
        err = cw_config_adapter(&route->adapter, relay->config, config, error);
    return err;
}

static enum cw_err build(struct cw_relay *relay, struct cw_error *error) {
    const struct cw_config *config = relay->config;
    relay->chains = calloc(config->chains_n + 1, sizeof *relay->chains);
    relay->routes = calloc(config->routes_n + 1, sizeof *relay->routes);
    relay->lanes = calloc(config->chains_n * config->signers_n + 1, sizeof *relay->lanes);
    if (!relay->chains || !relay->routes || !relay->lanes)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    enum cw_err opened = signers_open(relay,
                                      error); /* steps the loop, in which nothing else is yet */
    if (opened != CW_OK)
        return opened;
    for (size_t i = 0; i < config->chains_n; i++) {
        relay->chains_n = i + 1;
        enum cw_err err = new_chain(relay, &relay->chains[i], &config->chains[i], error);
        if (err != CW_OK)
            return err;
    }
    for (size_t i = 0; i < config->routes_n; i++) {
        relay->routes_n = i + 1;
        enum cw_err err = new_route(relay, &relay->routes[i], &config->routes[i], error);
        if (err != CW_OK)
            return err;
    }
    for (size_t i = 0; i < config->chains_n; i++) {
        enum cw_err err = new_watch(relay, &relay->chains[i], error);
        if (err != CW_OK)
            return err;
    }
    for (size_t i = 0; i < config->routes_n; i++) {
        enum cw_err err = guard_new(&relay->routes[i].guard, &relay->routes[i], error);
        if (err != CW_OK)
            return err;
    }
    for (size_t i = 0; i < config->chains_n; i++)
        intake_filters(&relay->chains[i]);
    for (size_t i = 0; i < config->routes_n; i++) {
        enum cw_err err = complete_new(&relay->routes[i].complete, &relay->routes[i], error);
        if (err == CW_OK)
            err = new_lanes(&relay->routes[i], error);
        if (err != CW_OK)
            return err;
    }
    enum cw_err err = lanes_new(relay, error);
    return err == CW_OK ? money_new(relay, error) : err;
}

enum cw_err cw_relay_new(struct cw_relay **ret, struct cw_loop *loop,
                         const struct cw_config *config, const struct cw_relay_options *options,
                         struct cw_error *error) {
    struct cw_relay *relay = calloc(1, sizeof *relay);
    if (!relay)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    relay->loop = loop;
    relay->config = config;
    relay->options = *options;
    char path[4096];
    snprintf(path, sizeof path, "%s/causeway.db", config->data_dir);
    enum cw_err err = cw_store_open(&relay->store, path, CW_STORE_WRITE, wall_ms(relay), error);
    if (err == CW_OK) {
        cw_store_answers_limit(relay->store, config->answer_cache_bytes);
        err = cw_store_answers_write(relay->store, error); /* a lower limit holds at once */
    }
    if (err == CW_OK)
        err = cw_evidence_new(&relay->evidence, config->data_dir, cw_loop_clock(loop), NULL, error);
    if (err == CW_OK)
        err = cw_sinks_new(&relay->sinks, loop, relay->store, config, error);
    if (err == CW_OK)
        err = cw_hooks_new(&relay->hooks, loop, relay->store, config, error);
    if (err == CW_OK)
        err = build(relay, error);
    if (err != CW_OK) {
        cw_relay_free(relay);
        return err;
    }
    *ret = relay;
    return CW_OK;
}

void cw_relay_free(struct cw_relay *relay) {
    if (!relay)
        return;
    cw_loop_cancel(relay->loop, relay->tick);
    cw_loop_cancel(relay->loop, relay->commit);
    cw_sinks_free(relay->sinks);
    cw_hooks_free(relay->hooks);
    alerts_forget(relay);
    inquiries_forget(relay);
    if (relay->started)
        health_write(relay, true);
    if (relay->store)
        write_answers(relay, true);
    money_free(relay);
    for (size_t i = 0; i < relay->lanes_n; i++)
        cw_lane_free(relay->lanes[i].lane);
    signers_close(relay);
    for (size_t i = 0; i < relay->routes_n; i++)
        route_free(&relay->routes[i]);
    for (size_t i = 0; i < relay->chains_n; i++) {
        cw_facts_free(relay->chains[i].facts);
        cw_watch_free(relay->chains[i].watch);
        cw_rpc_free(relay->chains[i].rpc);
        cw_rpc_free(relay->chains[i].send);
        health_free(relay->chains[i].health);
        free(relay->chains[i].suspects);
    }
    free(relay->chains);
    free(relay->routes);
    free(relay->lanes);
    cw_store_close(relay->store);
    cw_evidence_free(relay->evidence);
    free(relay);
}

/* After a start everything open is looked at once: what a dry run or a crash left behind goes on.
 */
static void wake_all(struct cw_relay *relay) {
    struct cw_error error;
    for (size_t i = 0; i < relay->routes_n; i++)
        if (cw_store_route_wake(relay->store, relay->routes[i].row, CW_WAKE_DATE, &error) != CW_OK)
            cw_log(CW_LOG_ERROR, relay->routes[i].subject, "not woken: %s", error.text);
}

void cw_relay_start(struct cw_relay *relay) {
    relay->started = true;
    wake_all(relay);
    for (size_t i = 0; i < relay->routes_n; i++)
        deadlines_renew(&relay->routes[i]);
    guards_start(relay);
    for (size_t i = 0; i < relay->chains_n; i++)
        cw_watch_start(relay->chains[i].watch);
    tick_now(relay);
}

/* --- views --- */

struct cw_store *cw_relay_store(struct cw_relay *relay) {
    return relay->store;
}
size_t cw_relay_chains(const struct cw_relay *relay) {
    return relay->chains_n;
}
size_t cw_relay_routes(const struct cw_relay *relay) {
    return relay->routes_n;
}

void cw_relay_chain_view(const struct cw_relay *relay, size_t i, struct cw_relay_chain_view *ret) {
    const struct chain *chain = &relay->chains[i];
    *ret = (struct cw_relay_chain_view){
        .config = chain->config, .rpc = chain->rpc, .heads = cw_watch_heads(chain->watch)};
    cw_watch_progress(chain->watch, &ret->progress);
}

void cw_relay_route_view(const struct cw_relay *relay, size_t i, struct cw_relay_route_view *ret) {
    const struct route *route = &relay->routes[i];
    *ret = (struct cw_relay_route_view){
        .config = route->config,
        .row = route->row,
        .destination = (size_t)(destination_chain(route) - relay->chains),
        .hold_reason = route->hold_reason,
        .hold_detail = route->hold_detail,
        .prepared = route->prepared_text,
        .lanes = route->lanes,
        .lanes_n = route->lanes_n};
}
