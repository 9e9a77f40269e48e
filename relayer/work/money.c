/* What signers have left, whether somebody else uses their keys, and budgets that keep messages
 * waiting. */
#include "net/eth.h"
#include "tx/ask.h"
#include "tx/fees.h"
#include "work/internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define LOOK_EVERY_MS 1000u
#define READ_BYTES    (1u << 20) /* of the relayer's database */
/* What a signer has goes down by what it signs, and then its lane asks. */
#define ASK_EVERY_MS 600000u
/* Longer than any message waits that is too dear: none does. */
#define QUIET_MS 900000u

/* A signer on a chain. */
struct purse {
    struct chain *chain;
    size_t signer;
    struct cw_lane *lane; /* NULL: it signs elsewhere */
    struct cw_addr20 address;
    struct cw_quorum *asked;
    bool was_asked;
    uint64_t asked_ms; /* monotonic; before it was: since when this process runs */
    bool known, lane_knows;
    struct cw_wei balance, lane_balance;
    bool is_written, unwritten_told; /* in the store, or that this failed: */
    struct cw_wei written, written_low;
    struct told told;
    struct cw_quorum *counting;
    uint64_t counted_ms; /* monotonic; 0: never */
    struct told foreign;
};

void lane_subject(char *out, size_t size, const struct chain *chain,
                  const struct cw_addr20 *address) {
    char hex[CW_HEX_SIZE(20)];
    snprintf(out, size, "%s/%s", chain->config->name,
             cw_hex_encode(hex, cw_slice_of(address->b, 20)));
}

/* --- balances --------------------------------------------------------------------------------- */

static void balance_done(void *ctx, const struct cw_rpc_result *result) {
    struct purse *purse = ctx;
    struct cw_u256 balance;
    purse->asked = NULL;
    if (result->err != CW_OK || cw_eth_u256(&balance, result->value, NULL) != CW_OK)
        return; /* what its endpoints lack is told of elsewhere */
    purse->balance.v = balance;
    purse->known = true;
}

static void ask(struct purse *purse, const struct cw_heads *heads) {
    const struct chain *chain = purse->chain;
    const struct cw_quorum_request request = {
        .method = "eth_getBalance", .check = cw_ask_check_u256, .done = balance_done, .ctx = purse};
    purse->asked = cw_ask_account(chain->rpc, chain->config, &purse->address, &heads->latest.hash,
                                  request);
    purse->was_asked = true;
    purse->asked_ms = monotonic_ms(chain->relay);
}

static const struct cw_config_signer *config_of(const struct purse *purse) {
    return &purse->chain->relay->config->signers[purse->signer];
}

/* --- nonces ----------------------------------------------------------------------------------- */

static void tell_foreign(struct purse *purse, uint64_t from, uint64_t to) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_FOREIGN_NONCE};
    const struct chain *chain = purse->chain;
    lane_subject(incident.subject, sizeof incident.subject, chain, &purse->address);
    if (from >= to) {
        told_over(chain->relay, &purse->foreign, incident.kind, incident.subject,
                  "the relayer knows of all of its transactions");
        return;
    }
    snprintf(incident.chain, sizeof incident.chain, "%s", chain->config->name);
    snprintf(incident.text, sizeof incident.text,
             "nonces %" PRIu64 " to %" PRIu64
             " of signer %s were used by transactions that the relayer did not make",
             from, to - 1, purse->chain->relay->config->signers[purse->signer].name);
    told_so(chain->relay, &purse->foreign, &incident);
}

/* The next nonce of a signer as the relayer's database has it, where each is written before its
 * transaction is on the wire. *ret_found false: it sent nothing there. */
static enum cw_err relayer_nonce(const struct purse *purse, bool *ret_found, uint64_t *ret,
                                 struct cw_error *error) {
    const struct cw_relay *relay = purse->chain->relay;
    struct cw_store *store = NULL;
    struct cw_store_chain_row *chains = NULL;
    struct cw_arena arena;
    size_t n = 0;
    char path[4096];
    snprintf(path, sizeof path, "%s/causeway.db", relay->config->relayer_data_dir);
    enum cw_err err = cw_store_open(&store, path, CW_STORE_READ, 0, error);
    if (err != CW_OK)
        return err;
    cw_arena_init(&arena, READ_BYTES);
    *ret_found = false;
    err = cw_store_chains(store, &arena, &chains, &n, error);
    for (size_t i = 0; err == CW_OK && i < n && !*ret_found; i++)
        if (chains[i].chain_id == purse->chain->config->chain_id)
            err = cw_store_lane_nonce(store, chains[i].row, &purse->address, ret_found, ret, error);
    cw_arena_done(&arena);
    cw_store_close(store);
    return err;
}

/* Of the chain first, then of the database: what the relayer sends between is no surprise. */
static void count_done(void *ctx, const struct cw_rpc_result *result) {
    struct purse *purse = ctx;
    struct cw_error error;
    uint64_t nonce = 0, next = 0;
    bool found = false;
    purse->counting = NULL;
    if (result->err != CW_OK || cw_eth_u64(&nonce, result->value, NULL) != CW_OK)
        return;
    if (purse->lane)
        cw_lane_chain_nonce(purse->lane, nonce);
    else if (relayer_nonce(purse, &found, &next, &error) != CW_OK)
        cw_log(CW_LOG_WARN, purse->chain->config->name,
               "whether somebody else uses a signer's key can't be told: %s", error.text);
    else if (found)
        tell_foreign(purse, next, nonce);
}

static void count(struct purse *purse, const struct cw_heads *heads) {
    const struct chain *chain = purse->chain;
    const uint64_t now = monotonic_ms(chain->relay);
    const struct cw_config *config = chain->relay->config;
    if (purse->counting || (!purse->lane && config->relayer_data_dir[0] == '\0') ||
        (purse->counted_ms > 0 && now - purse->counted_ms < config->look_every_s * 1000))
        return;
    purse->counted_ms = now > 0 ? now : 1;
    purse->counting = cw_ask_account(chain->rpc, chain->config, &purse->address,
                                     &heads->latest.hash,
                                     (struct cw_quorum_request){.method = "eth_getTransactionCount",
                                                                .check = cw_ask_check_u64,
                                                                .done = count_done,
                                                                .ctx = purse});
}

/* --- what is looked at ------------------------------------------------------------------------ */

/* The newer one of what the lane read for its transactions and what was asked for here. *no_funds:
 * the lane's message waits for more; "" when none does. */
static void read_lane(struct purse *purse, struct cw_lane_status *status) {
    *status = (struct cw_lane_status){.no_funds = ""};
    if (!purse->lane)
        return;
    cw_lane_status(purse->lane, status);
    if (!status->balance_known ||
        (purse->lane_knows && cw_wei_cmp(&status->balance, &purse->lane_balance) == 0))
        return;
    purse->lane_knows = purse->known = true;
    purse->balance = purse->lane_balance = status->balance;
}

static void tell(struct purse *purse, const char *no_funds) {
    const struct chain *chain = purse->chain;
    struct cw_store_incident incident = {.kind = CW_INCIDENT_LOW_FUNDS};
    char has[CW_WEI_TEXT_SIZE], least[CW_WEI_TEXT_SIZE];
    lane_subject(incident.subject, sizeof incident.subject, chain, &purse->address);
    snprintf(incident.chain, sizeof incident.chain, "%s", chain->config->name);
    if (no_funds[0])
        snprintf(incident.text, sizeof incident.text, "signer %s: %.250s", config_of(purse)->name,
                 no_funds);
    else
        snprintf(incident.text, sizeof incident.text, "signer %s has %s, less than low_funds of %s",
                 config_of(purse)->name, cw_wei_format(has, &purse->balance, chain->config->symbol),
                 cw_wei_format(least, &config_of(purse)->low_funds, chain->config->symbol));
    told_so(chain->relay, &purse->told, &incident);
}

static void over(struct purse *purse) {
    char subject[sizeof((struct cw_store_incident *)0)->subject], why[96], has[CW_WEI_TEXT_SIZE];
    lane_subject(subject, sizeof subject, purse->chain, &purse->address);
    snprintf(why, sizeof why, "it has %.80s",
             purse->known ? cw_wei_format(has, &purse->balance, purse->chain->config->symbol)
                          : "what is needed");
    told_over(purse->chain->relay, &purse->told, CW_INCIDENT_LOW_FUNDS, subject, why);
}

/* For those who read the database. */
static void write_funds(struct purse *purse) {
    const struct cw_wei *low = &config_of(purse)->low_funds;
    struct cw_relay *relay = purse->chain->relay;
    struct cw_error error;
    if (!purse->known || (purse->is_written && cw_wei_cmp(&purse->balance, &purse->written) == 0 &&
                          cw_wei_cmp(low, &purse->written_low) == 0))
        return;
    struct cw_store_funds funds = {.chain = purse->chain->row,
                                   .address = purse->address,
                                   .balance = purse->balance,
                                   .low = *low};
    snprintf(funds.signer, sizeof funds.signer, "%s", config_of(purse)->name);
    purse->is_written = cw_store_funds_put(relay->store, &funds, &error) == CW_OK;
    if (!purse->is_written && !purse->unwritten_told)
        cw_log(CW_LOG_ERROR, "relay", "funds not written, will be tried again: %s", error.text);
    purse->unwritten_told = !purse->is_written;
    purse->written = purse->balance;
    purse->written_low = *low;
}

static void look(struct purse *purse) {
    const struct cw_heads *heads = cw_watch_heads(purse->chain->watch);
    const struct cw_wei *least = &config_of(purse)->low_funds;
    const bool limited = !cw_u256_is_zero(&least->v);
    const uint64_t passed_ms = monotonic_ms(purse->chain->relay) - purse->asked_ms;
    struct cw_lane_status status;
    if (limited && heads && !purse->asked && (!purse->was_asked || passed_ms >= ASK_EVERY_MS))
        ask(purse, heads);
    if (heads)
        count(purse, heads);
    read_lane(purse, &status);
    if (status.no_funds[0] || (limited && purse->known && cw_wei_cmp(&purse->balance, least) < 0))
        tell(purse, status.no_funds);
    else if (limited ? purse->known : purse->told.settled || passed_ms >= ASK_EVERY_MS)
        over(purse); /* without a limit only a message tells, some time after a start */
    write_funds(purse);
}

/* --- budgets ---------------------------------------------------------------------------------- */

void money_over_budget(struct route *route, const char *text) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_BUDGET_SPENT};
    snprintf(incident.subject, sizeof incident.subject, "%s", route->config->name);
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    snprintf(incident.chain, sizeof incident.chain, "%s", destination_chain(route)->config->name);
    snprintf(incident.text, sizeof incident.text, "a message waits: %.300s", text);
    told_so(route->relay, &route->over_budget, &incident);
    route->over_budget_ms = monotonic_ms(route->relay);
}

static void in_budget(struct route *route, const char *why) {
    told_over(route->relay, &route->over_budget, CW_INCIDENT_BUDGET_SPENT, route->config->name,
              why);
}

void money_spent(struct route *route) {
    in_budget(route, "a transaction was signed again");
}

/* --- all of them ------------------------------------------------------------------------------ */

static struct cw_lane *lane_of(const struct cw_relay *relay, const struct chain *chain,
                               size_t signer) {
    for (size_t i = 0; i < relay->lanes_n; i++)
        if (relay->lanes[i].chain == chain && relay->lanes[i].signer_index == signer)
            return relay->lanes[i].lane;
    return NULL;
}

static void add(struct cw_relay *relay, struct chain *chain, size_t signer) {
    struct cw_lane *lane = lane_of(relay, chain, signer);
    const struct cw_addr20 *address = lane ? cw_lane_address(lane)
                                           : &relay->config->signers[signer].address;
    for (size_t i = 0; i < relay->purses_n; i++)
        if (relay->purses[i].chain == chain && relay->purses[i].signer == signer)
            return;
    if (!cw_addr20_is_zero(address)) /* whose key this process does not have */
        relay->purses[relay->purses_n++] = (struct purse){.chain = chain,
                                                          .signer = signer,
                                                          .lane = lane,
                                                          .address = *address,
                                                          .asked_ms = monotonic_ms(relay)};
}

enum cw_err money_new(struct cw_relay *relay, struct cw_error *error) {
    const struct cw_config *config = relay->config;
    relay->purses = calloc(config->chains_n * config->signers_n + 1, sizeof *relay->purses);
    if (!relay->purses)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    for (size_t i = 0; i < relay->routes_n; i++) {
        struct route *route = &relay->routes[i];
        route->over_budget_ms = monotonic_ms(relay);
        for (size_t k = 0; k < route->config->signers_n; k++)
            add(relay, destination_chain(route), route->config->signers[k]);
    }
    return cw_store_funds_forget(relay->store, error);
}

void money_free(struct cw_relay *relay) {
    for (size_t i = 0; i < relay->purses_n; i++) {
        cw_quorum_cancel(relay->purses[i].asked);
        cw_quorum_cancel(relay->purses[i].counting);
    }
    free(relay->purses);
}

void money_look(struct cw_relay *relay) {
    const uint64_t now = monotonic_ms(relay);
    if (now - relay->money_looked_ms < LOOK_EVERY_MS)
        return;
    relay->money_looked_ms = now;
    for (size_t i = 0; i < relay->purses_n; i++)
        look(&relay->purses[i]);
    for (size_t i = 0; i < relay->routes_n; i++)
        if (now - relay->routes[i].over_budget_ms >= QUIET_MS)
            in_budget(&relay->routes[i], "no message waits for it any longer");
}
