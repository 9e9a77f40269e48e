/* The call by which a guardian stops what a false root could take: shown with incidents, and, where
 * one was signed beforehand and the policy says so, sent. What is decided is in the store before
 * anything is on the wire, and the same bytes go out until they are in a block: no second
 * transaction ever does. */
#include "guard/internal.h"

#include "core/config_pause.h"
#include "net/eth.h"
#include "tx/ask.h"
#include "tx/fees.h"
#include "tx/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEND_EVERY_MS  12000u
#define AGAIN_MS       1000u /* nobody took it */
#define CHECK_EVERY_MS 600000u
#define RECEIPT_BYTES  (4u << 20)
#define VARIANTS       4u

enum { NONCE, BALANCE, QUESTIONS };

struct pause {
    struct guard *guard;
    struct cw_arena arena; /* owns tx */
    struct cw_pause_tx tx;
    bool checked;       /* whom it calls, as the contracts were read last */
    const char *misses; /* "": it is the right call */
    struct cw_quorum *asked[QUESTIONS];
    bool was_asked;
    uint64_t asked_ms; /* monotonic, likewise all below */
    bool nonce_known, balance_known;
    uint64_t nonce;
    struct cw_wei balance;
    bool decided; /* row is in the store */
    struct cw_store_pause row;
    struct cw_quorum *sending, *receipt;
    unsigned sent; /* so often */
    uint64_t send_ms;
    struct cw_hash32 head; /* that its receipt was asked for at */
    char said[160];        /* by who did not take it last */
    uint64_t quiet_ms;     /* the store failed: nothing is decided before */
    struct told told;
};

static struct chain *chain_of(const struct pause *pause) {
    return pause->guard->route->chains[CW_SETTLEMENT];
}

static const char *hash_text(const struct pause *pause, char out[CW_HEX_SIZE(32)]) {
    return cw_hex_encode(out, cw_slice_of(pause->tx.hash.b, 32));
}

/* --- the call --------------------------------------------------------------------------------- */

void pause_call(const struct guard *guard, char out[PAUSE_CALL_SIZE]) {
    const struct route *route = guard->route;
    char to[CW_HEX_SIZE(20)], data[CW_HEX_SIZE(CW_PAUSE_DATA_MAX)];
    struct cw_pause call;
    out[0] = '\0';
    if (guard_ops(guard)->pause && guard_ops(guard)->pause(route->adapter, 0, &call))
        snprintf(out, PAUSE_CALL_SIZE, "%s %s", cw_hex_encode(to, cw_slice_of(call.to.b, 20)),
                 cw_hex_encode(data, cw_slice_of(call.data, call.data_n)));
}

/* --- building --------------------------------------------------------------------------------- */

enum cw_err pause_new(struct pause **ret, struct guard *guard, const struct cw_config *config,
                      const struct cw_config_route *route, struct cw_error *error) {
    if (route->policy.pause_tx_file[0] == '\0') {
        *ret = NULL;
        return CW_OK;
    }
    struct pause *pause = calloc(1, sizeof *pause);
    if (!pause)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    pause->guard = guard;
    cw_arena_init(&pause->arena, 64u << 10);
    enum cw_err err = cw_config_pause_tx(&pause->tx, &pause->arena, config, route, error);
    if (err == CW_OK)
        err = cw_store_pause_get(guard_store(guard), &pause->tx.hash, &pause->decided, &pause->row,
                                 error);
    if (err != CW_OK) {
        pause_free(pause);
        return err;
    }
    *ret = pause;
    return CW_OK;
}

void pause_free(struct pause *pause) {
    if (!pause)
        return;
    for (size_t i = 0; i < QUESTIONS; i++)
        cw_quorum_cancel(pause->asked[i]);
    cw_quorum_cancel(pause->sending);
    cw_quorum_cancel(pause->receipt);
    cw_arena_done(&pause->arena);
    free(pause);
}

/* --- whether it can be used ------------------------------------------------------------------- */

/* By the contracts as they were read last: they may be of a version now that nobody knows. */
static void check(struct pause *pause) {
    const struct guard *guard = pause->guard;
    struct cw_pause call;
    if (!guard->route->prepared)
        return;
    pause->misses = "how these contracts are paused is not known";
    pause->checked = true;
    for (unsigned n = 0; n < VARIANTS; n++) {
        if (!guard_ops(guard)->pause(guard->route->adapter, n, &call))
            return;
        const char *misses = cw_pause_tx_misses(&pause->tx, &call);
        if (n == 0 || misses[0] == '\0')
            pause->misses = misses;
        if (misses[0] == '\0')
            return;
    }
}

static void nonce_done(void *ctx, const struct cw_rpc_result *result) {
    struct pause *pause = ctx;
    pause->asked[NONCE] = NULL;
    if (result->err == CW_OK && cw_eth_u64(&pause->nonce, result->value, NULL) == CW_OK)
        pause->nonce_known = true;
}

static void balance_done(void *ctx, const struct cw_rpc_result *result) {
    struct pause *pause = ctx;
    pause->asked[BALANCE] = NULL;
    if (result->err == CW_OK && cw_eth_u256(&pause->balance.v, result->value, NULL) == CW_OK)
        pause->balance_known = true;
}

static void ask_about_sender(struct pause *pause, const struct cw_heads *heads) {
    static const struct {
        const char *method;
        enum cw_err (*check)(void *, const struct cw_json *, struct cw_error *);
        void (*done)(void *, const struct cw_rpc_result *);
    } questions[] = {
        [NONCE] = {"eth_getTransactionCount", cw_ask_check_u64, nonce_done},
        [BALANCE] = {"eth_getBalance", cw_ask_check_u256, balance_done},
    };
    const struct chain *chain = chain_of(pause);
    const uint64_t now = monotonic_ms(chain->relay);
    if (pause->was_asked && now - pause->asked_ms < CHECK_EVERY_MS)
        return;
    pause->was_asked = true;
    pause->asked_ms = now;
    for (size_t i = 0; i < QUESTIONS; i++)
        if (!pause->asked[i])
            pause->asked[i] = cw_ask_account(
                chain->rpc, chain->config, &pause->tx.sender, &heads->latest.hash,
                (struct cw_quorum_request){.method = questions[i].method,
                                           .check = questions[i].check,
                                           .done = questions[i].done,
                                           .ctx = pause});
}

/* What would keep it from being included: told, and no reason not to try. */
static bool in_doubt(const struct pause *pause, char text[200]) {
    const char *symbol = chain_of(pause)->config->symbol;
    char from[CW_HEX_SIZE(20)], has[CW_WEI_TEXT_SIZE], cost[CW_WEI_TEXT_SIZE];
    cw_hex_encode(from, cw_slice_of(pause->tx.sender.b, 20));
    if (pause->nonce_known && pause->nonce != pause->tx.nonce)
        snprintf(text, 200, "it has nonce %" PRIu64 ", and %" PRIu64 " is next of %s",
                 pause->tx.nonce, pause->nonce, from);
    else if (pause->balance_known && cw_wei_cmp(&pause->balance, &pause->tx.cost) < 0)
        snprintf(text, 200, "%s has %s, and it may cost %s", from,
                 cw_wei_format(has, &pause->balance, symbol),
                 cw_wei_format(cost, &pause->tx.cost, symbol));
    else
        return false;
    return true;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void tell(struct pause *pause, enum cw_severity severity, const char *text) {
    const struct route *route = pause->guard->route;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_PAUSE, .severity = severity};
    snprintf(incident.subject, sizeof incident.subject, "%s", route->config->name);
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    snprintf(incident.chain, sizeof incident.chain, "%s", chain_of(pause)->config->name);
    snprintf(incident.text, sizeof incident.text, "%.319s", text);
    incident.has_tx = pause->decided;
    incident.tx = pause->tx.hash;
    told_so(route->relay, &pause->told, &incident);
}

static void tell_over(struct pause *pause, const char *why) {
    const struct route *route = pause->guard->route;
    told_over(route->relay, &pause->told, CW_INCIDENT_PAUSE, route->config->name, why);
}

static void tell_decided(struct pause *pause) {
    char text[1024], why[160];
    const struct cw_store_pause *row = &pause->row;
    switch (row->state) {
    case CW_PAUSE_DECIDED:
    case CW_PAUSE_SENT:
        snprintf(text, sizeof text, "the signed pause transaction goes out%s%s; for: %s",
                 pause->said[0] ? ", and is refused: " : "", pause->said, row->why);
        tell(pause, CW_SEVERITY_CRITICAL, text);
        return;
    case CW_PAUSE_INCLUDED:
    case CW_PAUSE_FINAL:
        break;
    }
    if (!row->success) {
        snprintf(text, sizeof text, "the pause transaction failed in block %" PRIu64 "; for: %s",
                 row->block.v, row->why);
        tell(pause, CW_SEVERITY_CRITICAL, text);
    } else if (row->state == CW_PAUSE_INCLUDED) {
        snprintf(text, sizeof text, "paused, in block %" PRIu64 "; for: %s", row->block.v,
                 row->why);
        tell(pause, CW_SEVERITY_CRITICAL, text);
    } else {
        snprintf(why, sizeof why, "paused, in the final block %" PRIu64, row->block.v);
        tell_over(pause, why);
    }
}

static void tell_fitness(struct pause *pause) {
    char text[320], why[200];
    if (!pause->checked)
        return;
    if (pause->misses[0])
        snprintf(text, sizeof text, "the signed pause transaction can't be used: %s",
                 pause->misses);
    else if (in_doubt(pause, why))
        snprintf(text, sizeof text, "the signed pause transaction will not do: %s", why);
    else
        text[0] = '\0';
    if (text[0])
        tell(pause, CW_SEVERITY_WARNING, text);
    else
        tell_over(pause, "it can be used");
}

/* --- sending ---------------------------------------------------------------------------------- */

static void write_row(struct pause *pause, const struct cw_store_pause *row) {
    struct cw_error error;
    if (cw_store_pause_set(guard_store(pause->guard), row, &error) == CW_OK)
        pause->row = *row;
    else
        cw_log(CW_LOG_ERROR, pause->guard->route->subject,
               "what became of the pause transaction was not written: %s", error.text);
}

static enum cw_err send_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    struct cw_hash32 hash;
    return cw_eth_hash32(&hash, value, error);
}

static void send_done(void *ctx, const struct cw_rpc_result *result) {
    struct pause *pause = ctx;
    struct cw_store_pause row = pause->row;
    const char *text = result->text ? result->text : cw_err_name(result->err);
    const bool known = result->err != CW_OK && cw_send_sort(text) == CW_SEND_KNOWN;
    pause->sending = NULL;
    if (result->err != CW_OK && !known) {
        snprintf(pause->said, sizeof pause->said, "%.159s", text);
        pause->send_ms = monotonic_ms(pause->guard->route->relay) + AGAIN_MS;
        return;
    }
    pause->said[0] = '\0';
    if (row.state == CW_PAUSE_DECIDED) {
        row.state = CW_PAUSE_SENT;
        write_row(pause, &row);
    }
}

/* To everybody who is read from, or to the next of those that only take transactions. */
static void send(struct pause *pause) {
    const struct chain *chain = chain_of(pause);
    const bool apart = chain->send != NULL;
    const struct cw_quorum_request request = {.method = "eth_sendRawTransaction",
                                              .k = 1,
                                              .everybody = !apart,
                                              .forgives = true,
                                              .one_by_one = apart,
                                              .first = pause->sent,
                                              .check = send_check,
                                              .digest = cw_quorum_digest_text,
                                              .done = send_done,
                                              .ctx = pause};
    struct cw_buf params;
    cw_buf_init(&params, CW_ASK_PARAMS_MAX);
    cw_eth_params_raw(&params, pause->tx.raw);
    pause->sending = cw_ask(apart ? chain->send : chain->rpc, request, &params);
    pause->sent++;
    pause->send_ms = monotonic_ms(chain->relay) + SEND_EVERY_MS;
}

/* --- what becomes of it ----------------------------------------------------------------------- */

static enum cw_err receipt_read(const struct cw_json *value, struct cw_eth_tx_receipt *ret,
                                struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, RECEIPT_BYTES);
    enum cw_err err = cw_eth_tx_receipt(ret, &arena, value, error);
    cw_arena_done(&arena);
    return err;
}

static enum cw_err receipt_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct pause *pause = ctx;
    struct cw_eth_tx_receipt receipt;
    enum cw_err err = receipt_read(value, &receipt, error);
    if (err == CW_OK && !cw_hash32_equal(&receipt.tx_hash, &pause->tx.hash))
        err = cw_error_set(error, CW_ERR_CONTRADICTED, "gave the receipt of another transaction");
    return err;
}

static enum cw_err receipt_digest(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    (void)ctx;
    struct cw_eth_tx_receipt receipt;
    struct cw_error error;
    enum cw_err err = receipt_read(value, &receipt, &error);
    if (err != CW_OK)
        return err;
    *ret = receipt.block.hash;
    ret->b[0] ^= receipt.success;
    return CW_OK;
}

static void receipt_done(void *ctx, const struct cw_rpc_result *result) {
    struct pause *pause = ctx;
    const struct chain *chain = chain_of(pause);
    struct cw_store_pause row = pause->row;
    struct cw_eth_tx_receipt receipt;
    struct cw_store_header known;
    struct cw_error error;
    pause->receipt = NULL;
    if (result->err != CW_OK || receipt_read(result->value, &receipt, &error) != CW_OK)
        return;
    if (cw_watch_header_at(chain->watch, receipt.block.number, &known) &&
        !cw_hash32_equal(&known.ref.hash, &receipt.block.hash))
        return; /* of a fork that we don't follow */
    row.state = CW_PAUSE_INCLUDED;
    row.success = receipt.success;
    row.block = receipt.block.number;
    row.block_hash = receipt.block.hash;
    write_row(pause, &row);
    cw_log(CW_LOG_WARN, pause->guard->route->subject, "pause transaction %s in block %" PRIu64,
           receipt.success ? "went through" : "failed", row.block.v);
}

static void ask_receipt(struct pause *pause, const struct cw_heads *heads) {
    const struct chain *chain = chain_of(pause);
    char hash[CW_HEX_SIZE(32)];
    struct cw_buf params;
    if (pause->receipt || cw_hash32_equal(&pause->head, &heads->latest.hash))
        return;
    pause->head = heads->latest.hash;
    cw_buf_init(&params, 256);
    cw_buf_format(&params, "[\"%s\"]", hash_text(pause, hash));
    const struct cw_quorum_request request = {.method = "eth_getTransactionReceipt",
                                              .k = cw_ask_k(chain->config),
                                              .check = receipt_check,
                                              .digest = receipt_digest,
                                              .done = receipt_done,
                                              .ctx = pause};
    pause->receipt = cw_ask(chain->rpc, request, &params);
}

/* Its block is final, or gone. */
static void settle(struct pause *pause, const struct cw_heads *heads) {
    struct cw_store_pause row = pause->row;
    struct cw_store_header known;
    const bool found = cw_watch_header_at(chain_of(pause)->watch, row.block, &known);
    if (found && !cw_hash32_equal(&known.ref.hash, &row.block_hash)) {
        row.state = CW_PAUSE_SENT; /* the same bytes go out again */
        write_row(pause, &row);
        pause->send_ms = 0;
        memset(&pause->head, 0, sizeof pause->head);
    } else if (row.block.v <= heads->final.number.v) {
        row.state = CW_PAUSE_FINAL;
        write_row(pause, &row);
    }
}

static void follow(struct pause *pause, const struct cw_heads *heads) {
    switch (pause->row.state) {
    case CW_PAUSE_DECIDED:
    case CW_PAUSE_SENT:
        ask_receipt(pause, heads);
        if (!pause->sending && monotonic_ms(pause->guard->route->relay) >= pause->send_ms)
            send(pause);
        return;
    case CW_PAUSE_INCLUDED:
        settle(pause, heads);
        return;
    case CW_PAUSE_FINAL:
        return;
    }
}

/* --- deciding --------------------------------------------------------------------------------- */

static enum cw_err decide(struct pause *pause, struct cw_error *error) {
    const struct route *route = pause->guard->route;
    const struct cw_config_policy *policy = &route->config->policy;
    struct cw_store_pause row = {.route = route->row, .hash = pause->tx.hash};
    char hash[CW_HEX_SIZE(32)];
    bool due = false;
    if (policy->pause_on == CW_PAUSE_ON_NEVER || !pause->checked || pause->misses[0])
        return CW_OK;
    enum cw_err err = cw_store_pause_due(guard_store(pause->guard), route->row, route->config->name,
                                         policy->pause_on == CW_PAUSE_ON_PROVISIONAL, &due, row.why,
                                         error);
    if (err != CW_OK || !due)
        return err;
    err = cw_store_pause_put(guard_store(pause->guard), &row, pause->tx.raw, wall_ms(route->relay),
                             error);
    if (err == CW_OK || err == CW_ERR_BUSY) /* another route has the same */
        err = cw_store_pause_get(guard_store(pause->guard), &pause->tx.hash, &pause->decided,
                                 &pause->row, error);
    if (err == CW_OK)
        cw_log(CW_LOG_ERROR, route->subject, "pause transaction %s goes out, for: %s",
               hash_text(pause, hash), row.why);
    return err;
}

void pause_tick(struct pause *pause) {
    struct cw_error error;
    if (!pause)
        return;
    struct cw_relay *relay = pause->guard->route->relay;
    const struct cw_heads *heads = cw_watch_heads(chain_of(pause)->watch);
    const uint64_t now = monotonic_ms(relay);
    if (!heads || now < pause->quiet_ms)
        return;
    if (!pause->decided && decide(pause, &error) != CW_OK) {
        cw_log(CW_LOG_ERROR, pause->guard->route->subject,
               "whether to pause could not be told, will be tried again: %s", error.text);
        pause->quiet_ms = now + GUARD_PAUSE_MS;
    }
    if (pause->decided)
        follow(pause, heads);
    check(pause);
    if (pause->decided) {
        tell_decided(pause);
    } else {
        ask_about_sender(pause, heads);
        tell_fitness(pause);
    }
}
