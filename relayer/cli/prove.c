#include "cli/cli.h"
#include "cli/heads.h"

#include "core/config_fields.h"
#include "core/log.h"
#include "net/eth.h"
#include "net/quorum.h"
#include "tx/ask.h"
#include "work/connect.h"
#include "work/look.h"

#include <assert.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES  (32u << 20)
#define MESSAGES_MAX 64u
#define STEP_MS      200u

/* One run of the command: both chains of one route, without a watcher and without a key. */
struct session {
    struct cw_loop *loop;
    struct cw_rpc *rpc[CW_SIDES];
    struct cw_facts *facts[CW_SIDES];
    struct cw_heads heads[CW_SIDES];
    const struct cw_config_route *route;
    const struct cw_config_chain *chains[CW_SIDES];
    struct cw_adapter *adapter;
    struct cw_arena arena;
    struct cw_addr20 submitter;
};

static void on_finding(void *ctx, const struct cw_rpc_finding *finding) {
    cw_log(CW_LOG_WARN, ctx, "endpoint %s, %s: %s", finding->endpoint, finding->method,
           finding->text);
}

static void session_close(struct session *s) {
    if (s->adapter)
        s->route->adapter->close(s->adapter);
    for (size_t side = 0; side < CW_SIDES; side++) {
        cw_facts_free(s->facts[side]);
        cw_rpc_free(s->rpc[side]);
    }
    cw_loop_free(s->loop);
    cw_arena_done(&s->arena);
}

static enum cw_err read_heads(struct session *s, size_t side, struct cw_error *error) {
    struct cw_heads *heads = &s->heads[side];
    const struct cw_config_chain *chain = s->chains[side];
    enum cw_err err = cw_cli_head(s->loop, s->rpc[side], chain, "latest", &heads->latest, error);
    if (err == CW_OK)
        err = cw_cli_head(s->loop, s->rpc[side], chain, "safe", &heads->safe, error);
    if (err == CW_OK)
        err = cw_cli_head(s->loop, s->rpc[side], chain, "finalized", &heads->final, error);
    return err;
}

static enum cw_err session_open(struct session *s, const struct cw_config *config,
                                const struct cw_config_route *route, struct cw_error *error) {
    *s = (struct session){.route = route};
    for (unsigned side = 0; side < CW_SIDES; side++)
        s->chains[side] = cw_config_side(config, route, (enum cw_side)side);
    cw_arena_init(&s->arena, ARENA_BYTES);
    enum cw_err err = cw_loop_new(&s->loop, cw_clock_system(), error);
    for (size_t side = 0; err == CW_OK && side < CW_SIDES; side++) {
        err = cw_connect(&s->rpc[side], s->loop, s->chains[side], on_finding, NULL,
                         (void *)s->chains[side]->name, error);
        struct cw_facts_config facts = {.rpc = s->rpc[side],
                                        .quorum = (unsigned)s->chains[side]->quorum,
                                        .mode = s->chains[side]->mode,
                                        .log_range_max = s->chains[side]->log_range_max};
        if (err == CW_OK)
            err = cw_facts_new(&s->facts[side], &facts, error);
        if (err == CW_OK)
            err = read_heads(s, side, error);
    }
    if (err == CW_OK)
        err = cw_config_adapter(&s->adapter, config, route, error);
    return err;
}

/* --- looking ---------------------------------------------------------------------------------- */

struct answer {
    struct session *session;
    bool done;
    bool failed;
    struct cw_decision decision; /* slices in the session's arena */
    struct cw_preparation preparation;
};

static bool take(struct cw_arena *arena, struct cw_slice *slice) {
    if (!slice->p || slice->n == 0)
        return true;
    *slice = cw_arena_copy(arena, *slice);
    return slice->p != NULL;
}

static void look_done(void *ctx, const struct cw_decision *decision,
                      const struct cw_preparation *preparation) {
    struct answer *answer = ctx;
    struct cw_arena *arena = &answer->session->arena;
    answer->done = true;
    if (preparation)
        answer->preparation = *preparation;
    if (decision) {
        answer->decision = *decision;
        answer->failed = !take(arena, &answer->decision.evidence) ||
                         !take(arena, &answer->decision.call.data) ||
                         !take(arena, &answer->decision.progress);
    }
}

static enum cw_err look(struct session *s, const struct cw_message *message, struct answer *answer,
                        struct cw_error *error) {
    *answer = (struct answer){.session = s};
    struct cw_look_config config = {.ops = s->route->adapter,
                                    .adapter = s->adapter,
                                    .facts = {s->facts[0], s->facts[1]},
                                    .heads = {s->heads[0], s->heads[1]},
                                    .self = {.submitter = s->submitter,
                                             .replay = s->route->policy.replay,
                                             .keepalive_s = s->route->policy.keepalive_s},
                                    .message = message,
                                    .done = look_done,
                                    .ctx = answer};
    struct cw_look *started = cw_look_new(&config, error);
    if (!started)
        return CW_ERR_MEMORY;
    cw_look_start(started);
    while (!answer->done) {
        enum cw_err err = cw_loop_step(s->loop, STEP_MS, error);
        if (err != CW_OK)
            return err;
    }
    if (answer->failed)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    return CW_OK;
}

/* --- messages of a transaction ---------------------------------------------------------------- */

static enum cw_err decode_all(struct session *s, struct cw_eth_tx_receipt *receipt,
                              const struct cw_block_ref *block, struct cw_message *out,
                              size_t *ret_n, struct cw_error *error) {
    const struct cw_adapter_ops *ops = s->route->adapter;
    enum cw_err err = CW_OK;
    for (size_t i = 0; i < receipt->logs_n; i++) {
        receipt->logs[i].block = *block;
        receipt->logs[i].beside = receipt->logs;
        receipt->logs[i].beside_n = receipt->logs_n;
    }
    for (size_t i = 0; err == CW_OK && i < receipt->logs_n && *ret_n < MESSAGES_MAX; i++) {
        struct cw_event event = {0};
        err = ops->decode(s->adapter, ops->source, &receipt->logs[i], &s->arena, &event, error);
        if (err == CW_OK && event.kind == CW_EVENT_SENT)
            out[(*ret_n)++] = (struct cw_message){.id = event.ref,
                                                  .alias = event.alias,
                                                  .summary = event.summary,
                                                  .payload = event.payload,
                                                  .source = *block,
                                                  .stage = CW_STAGE_SEEN};
    }
    return err;
}

static enum cw_err messages_of(struct session *s, const struct cw_hash32 *tx,
                               struct cw_message *out, size_t *ret_n, struct cw_error *error) {
    char params[CW_HEX_SIZE(32) + 8], hex[CW_HEX_SIZE(32)];
    snprintf(params, sizeof params, "[\"%s\"]", cw_hex_encode(hex, cw_slice_of(tx->b, 32)));
    struct cw_json_doc *doc = NULL;
    struct cw_rpc *rpc = s->rpc[s->route->adapter->source];
    enum cw_err err = cw_rpc_wait(rpc, "eth_getTransactionReceipt", params, CW_RPC_QUICK, &doc,
                                  error);
    struct cw_eth_tx_receipt receipt;
    *ret_n = 0;
    if (err == CW_OK && cw_json_type(cw_json_root(doc)) == CW_JSON_NULL) {
        cw_json_free(doc);
        return CW_OK;
    }
    if (err == CW_OK)
        err = cw_eth_tx_receipt(&receipt, &s->arena, cw_json_root(doc), error);
    cw_json_free(doc);
    if (err != CW_OK)
        return err;
    /* The header gives the block its time and says that number and hash belong together. */
    struct cw_buf number;
    cw_buf_init(&number, 64);
    cw_eth_params_block_number(&number, receipt.block.number);
    struct cw_header header;
    struct cw_hash32 hash;
    doc = NULL;
    err = cw_rpc_wait(rpc, "eth_getBlockByNumber", cw_buf_cstr(&number), CW_RPC_QUICK, &doc, error);
    cw_buf_done(&number);
    if (err == CW_OK)
        err = cw_eth_header(&header, &hash, cw_json_root(doc), error);
    cw_json_free(doc);
    if (err == CW_OK && !cw_hash32_equal(&hash, &receipt.block.hash))
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "the receipt's block is not the chain's block %" PRIu64,
                           receipt.block.number.v);
    if (err != CW_OK)
        return err;
    const struct cw_block_ref block = {header.number, hash, header.timestamp};
    return decode_all(s, &receipt, &block, out, ret_n, error);
}

/* --- output ----------------------------------------------------------------------------------- */

static void put_member(struct cw_buf *out, const char *key, const char *text) {
    cw_buf_format(out, "%s\"%s\":", out->p[out->n - 1] == '{' ? "" : ",", key);
    cw_json_quote(out, text);
}

static void put_hex(struct cw_buf *out, const char *key, struct cw_slice bytes) {
    cw_buf_format(out, "%s\"%s\":\"", out->p[out->n - 1] == '{' ? "" : ",", key);
    cw_buf_hex(out, bytes);
    cw_buf_text(out, "\"");
}

/* The evidence is verified once more before a word of it is printed. */
static enum cw_err judge(const struct session *s, const struct cw_message *message,
                         const struct cw_decision *d, struct cw_slice evidence,
                         struct cw_error *error) {
    struct cw_block_number number;
    if (s->route->adapter->evidence_block(evidence, &number) != CW_OK)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "there is no evidence for %s", d->step);
    const enum cw_side source = s->route->adapter->source;
    struct cw_request request = {.kind = CW_REQUEST_HEADER, .side = source, .block_number = number};
    const struct cw_answer *answer = cw_facts_get(s->facts[source], &request);
    if (!answer || answer->status != CW_ANSWER_OK || number.v > s->heads[source].final.number.v)
        return cw_error_set(error, CW_ERR_BEHIND, "block %" PRIu64 " is not known to be final",
                            number.v);
    struct cw_judgement verdict = s->route->adapter->verify(
        s->adapter, message, evidence, &answer->header_hash, d->step, &d->call);
    if (verdict.verdict != CW_VALID)
        return cw_error_set(error, CW_ERR_CONTRADICTED, "the evidence does not hold: %s",
                            verdict.reason);
    return CW_OK;
}

struct simulated {
    struct session *session;
    bool done;
    enum cw_err err;
    struct cw_slice revert; /* in the session's arena */
    char text[256];
};

static void simulate_done(void *ctx, const struct cw_rpc_result *result) {
    struct simulated *sim = ctx;
    sim->done = true;
    sim->err = result->err;
    sim->revert = result->revert;
    if (!take(&sim->session->arena, &sim->revert))
        sim->err = CW_ERR_MEMORY;
    snprintf(sim->text, sizeof sim->text, "%s", result->text ? result->text : "");
}

/* The call as the relayer itself would try it before it signs. *ret_refusal: reason "" when it
 * went through, or when all that failed is a target whose failure can be replayed. */
static enum cw_err simulate(struct session *s, const struct cw_message *message,
                            const struct cw_decision *d, struct cw_revert *ret_refusal,
                            struct cw_error *error) {
    struct simulated sim = {.session = s};
    const struct cw_addr20 *from = cw_addr20_is_zero(&d->call.simulate_from)
                                       ? &s->submitter
                                       : &d->call.simulate_from;
    const enum cw_side side = d->call.side;
    const unsigned k = cw_ask_k(s->chains[side]);
    struct cw_buf params;
    cw_buf_init(&params, ARENA_BYTES);
    cw_eth_params_call(&params, cw_addr20_is_zero(from) ? NULL : from, &d->call.to, &d->call.value,
                       d->call.data, 0, k > 1 ? &s->heads[side].latest.hash : NULL);
    const struct cw_quorum_request request = {.method = "eth_call",
                                              .params = cw_buf_cstr(&params),
                                              .class_ = CW_RPC_QUICK,
                                              .block_by_hash = k > 1,
                                              .k = k,
                                              .digest = cw_quorum_digest_text,
                                              .done = simulate_done,
                                              .ctx = &sim};
    struct cw_quorum *asked = request.params ? cw_quorum_submit(s->rpc[side], &request) : NULL;
    cw_buf_done(&params);
    if (!asked)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    while (!sim.done) {
        enum cw_err err = cw_loop_step(s->loop, STEP_MS, error);
        if (err != CW_OK) {
            if (!sim.done)
                cw_quorum_cancel(asked);
            return err;
        }
    }
    struct cw_revert refusal = {0};
    if (sim.err == CW_ERR_REVERTED) {
        s->route->adapter->revert(s->adapter, message, d->step, sim.revert, &refusal);
        if (refusal.class_ == CW_REVERT_TARGET && d->call.target_may_fail)
            refusal = (struct cw_revert){0};
    } else if (sim.err != CW_OK) {
        return cw_error_set(error, sim.err, "%s is not simulated: %s", d->step, sim.text);
    }
    *ret_refusal = refusal;
    return CW_OK;
}

/* Appends one JSON object. *ret_ready: there is something to send, and it would go through. */
static enum cw_err put_bundle(struct session *s, const struct cw_message *message,
                              struct cw_buf *out, bool *ret_ready, struct cw_error *error) {
    struct answer answer;
    enum cw_err err = look(s, message, &answer, error);
    if (err != CW_OK)
        return err;
    const struct cw_decision *d = &answer.decision;
    struct cw_slice evidence = d->evidence.p ? d->evidence : message->evidence;
    struct cw_revert refusal = {0};
    bool act = d->verb == CW_ACT;
    if (act) {
        err = judge(s, message, d, evidence, error);
        if (err == CW_OK)
            err = simulate(s, message, d, &refusal, error);
        if (err != CW_OK)
            return err;
    }
    *ret_ready = act && refusal.reason[0] == 0;
    cw_buf_text(out, "{");
    put_hex(out, "id", cw_slice_of(message->id.b, 32));
    put_member(out, "route", s->route->name);
    put_member(out, "stage", cw_stage_name(d->stage));
    cw_buf_format(out, ",\"sourceBlock\":%" PRIu64, message->source.number.v);
    if (!act) {
        put_member(out, "reason", d->reason);
        put_member(out, "detail", d->detail);
        if (d->verb == CW_WAIT && d->due_s > 0)
            cw_buf_format(out, ",\"notBefore\":%" PRIu64, d->due_s);
        cw_buf_text(out, "}");
        return CW_OK;
    }
    if (!*ret_ready) {
        put_member(out, "reason", refusal.reason);
        put_member(out, "detail", refusal.detail);
    }
    char value[CW_U256_DEC_SIZE];
    put_member(out, "step", d->step);
    cw_buf_format(out, ",\"chainId\":%" PRIu64, s->chains[d->call.side]->chain_id);
    put_hex(out, "to", cw_slice_of(d->call.to.b, 20));
    put_member(out, "value", cw_u256_to_dec(value, &d->call.value.v));
    put_hex(out, "data", d->call.data);
    if (!cw_addr20_is_zero(&d->call.simulate_from))
        put_hex(out, "estimateFrom", cw_slice_of(d->call.simulate_from.b, 20));
    cw_buf_format(out, ",\"gasFloor\":%" PRIu64 ",\"proofBytes\":%zu", d->call.gas_floor,
                  evidence.n);
    put_hex(out, "evidence", evidence);
    cw_buf_text(out, "}");
    return CW_OK;
}

/* --- which message ---------------------------------------------------------------------------- */

static const struct cw_config_route *route_named(const struct cw_config *config, const char *name) {
    for (size_t i = 0; i < config->routes_n; i++)
        if (strcmp(config->routes[i].name, name) == 0)
            return &config->routes[i];
    return NULL;
}

/* What the user means: a route that was named, a message that the database knows. */
struct asked {
    const struct cw_config_route *only; /* NULL: any */
    struct cw_hash32 ref;
    struct cw_addr20 submitter;
    const struct cw_config_route *route; /* of known; NULL: the database knows none */
    struct cw_message known;
};

static enum cw_err find_known(struct cw_store *store, const struct cw_config *config,
                              struct cw_arena *arena, struct asked *asked, struct cw_error *error) {
    struct cw_store_route_row *routes = NULL;
    size_t routes_n = 0, n = 0;
    const char *names[MESSAGES_MAX];
    struct cw_store_message message = {0};
    enum cw_err err = cw_store_routes(store, arena, &routes, &routes_n, error);
    for (size_t i = 0; err == CW_OK && i < routes_n && n < MESSAGES_MAX; i++) {
        bool found = false;
        if (asked->only && strcmp(asked->only->name, routes[i].name) != 0)
            continue;
        err = cw_store_message_find(store, routes[i].row, &asked->ref, arena, &found, &message,
                                    error);
        if (err == CW_OK && found)
            names[n++] = routes[i].name;
    }
    if (err != CW_OK || n == 0)
        return err;
    if (n > 1) {
        char hex[CW_HEX_SIZE(32)];
        return cw_cli_on_several(cw_hex_encode(hex, cw_slice_of(asked->ref.b, 32)), names, n,
                                 error);
    }
    asked->known = message.m;
    asked->route = route_named(config, names[0]);
    if (!asked->route)
        return cw_error_set(error, CW_ERR_INPUT, "the message's route, %s, is not in %s", names[0],
                            config->path);
    return CW_OK;
}

static enum cw_err from_store(const struct cw_config *config, struct cw_arena *arena,
                              struct asked *asked, struct cw_error *error) {
    char path[4096];
    snprintf(path, sizeof path, "%s/causeway.db", config->data_dir);
    const struct cw_clock *clock = cw_clock_system();
    struct cw_store *store = NULL;
    if (cw_store_open(&store, path, CW_STORE_READ, clock->wall_ms(clock->ctx), error) != CW_OK)
        return CW_OK; /* no database yet: the chain is asked */
    enum cw_err err = cw_store_begin(store, error);
    if (err == CW_OK)
        err = find_known(store, config, arena, asked, error);
    cw_store_close(store);
    return err;
}

static enum cw_err find_route(const struct cw_config *config, const char *name,
                              const struct cw_config_route **ret, struct cw_error *error) {
    *ret = route_named(config, name);
    if (*ret)
        return CW_OK;
    const char *names[65];
    size_t n = 0;
    for (; n < config->routes_n && n < CW_COUNT(names) - 1; n++)
        names[n] = config->routes[n].name;
    names[n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    return cw_error_set(error, CW_ERR_INPUT, "%s has no route \"%s\"%s%s%s", config->path,
                        cw_config_shown(name), nearest ? ": did you mean \"" : "",
                        nearest ? nearest : "", nearest ? "\"?" : "");
}

/* Prints the bundles of one route; *ret_n counts the messages. */
static enum cw_err prove_on(const struct cw_config *config, const struct cw_config_route *route,
                            const struct cw_hash32 *ref, const struct cw_message *known,
                            const struct cw_addr20 *submitter, struct cw_buf *out, size_t *ret_n,
                            bool *ret_ready, struct cw_error *error) {
    struct session s;
    struct cw_message *messages = NULL;
    size_t n = 0;
    enum cw_err err = session_open(&s, config, route, error);
    s.submitter = *submitter;
    if (err == CW_OK) {
        messages = cw_arena_array(&s.arena, MESSAGES_MAX, sizeof *messages);
        if (!messages)
            err = cw_error_set(error, CW_ERR_MEMORY, "out of memory");
        assert(err != CW_OK || messages);
    }
    if (err == CW_OK && known) {
        messages[0] = *known;
        n = 1;
    } else if (err == CW_OK) {
        err = messages_of(&s, ref, messages, &n, error);
    }
    if (err == CW_OK && n > 0) {
        struct answer prepared;
        err = look(&s, NULL, &prepared, error);
        if (err == CW_OK && prepared.preparation.state != CW_PREPARE_OK)
            err = cw_error_set(error, CW_ERR_REFUSED, "route %s: %s, %s", route->name,
                               prepared.preparation.reason, prepared.preparation.detail);
    }
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        bool ready = false;
        if (out->n > 1)
            cw_buf_text(out, ",");
        err = put_bundle(&s, &messages[i], out, &ready, error);
        *ret_ready = *ret_ready && ready;
    }
    *ret_n += n;
    session_close(&s);
    return err;
}

static enum cw_err prove(const struct cw_config *config, const struct asked *asked,
                         struct cw_buf *out, size_t *ret_n, bool *ret_ready,
                         struct cw_error *error) {
    if (asked->route)
        return prove_on(config, asked->route, &asked->ref, &asked->known, &asked->submitter, out,
                        ret_n, ret_ready, error);
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < config->routes_n; i++)
        if (!asked->only || asked->only == &config->routes[i])
            err = prove_on(config, &config->routes[i], &asked->ref, NULL, &asked->submitter, out,
                           ret_n, ret_ready, error);
    return err;
}

/* The exit code. text: as it was given. */
static int run(const struct cw_config *config, struct asked *asked, const char *only,
               const char *text) {
    struct cw_error error;
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_BYTES);
    enum cw_err err = only ? find_route(config, only, &asked->only, &error) : CW_OK;
    if (err == CW_OK)
        err = from_store(config, &arena, asked, &error);
    if (err != CW_OK) {
        cw_arena_done(&arena);
        return cw_cli_fail(&error);
    }
    struct cw_buf out;
    cw_buf_init(&out, ARENA_BYTES);
    cw_buf_text(&out, "[");
    size_t n = 0;
    bool ready = true;
    err = prove(config, asked, &out, &n, &ready, &error);
    cw_buf_text(&out, "]");
    int status = CW_EXIT_OK;
    if (err != CW_OK || out.failed) {
        fprintf(stderr, "causeway prove: %s\n", err != CW_OK ? error.text : "out of memory");
        status = CW_EXIT_UNKNOWN;
    } else if (n == 0) {
        fprintf(stderr,
                "causeway prove: %s is no message of the database and no transaction with a "
                "message on %s%s of %s\n",
                text, only ? "route " : "a route", only ? only : "", config->path);
        status = CW_EXIT_NO;
    } else {
        puts(cw_buf_cstr(&out));
        status = ready ? CW_EXIT_OK : CW_EXIT_NO;
    }
    cw_buf_done(&out);
    cw_arena_done(&arena);
    return status;
}

static void help(void) {
    puts("usage: causeway prove ID|TRANSACTION [--config FILE] [--route NAME] [--from ADDRESS]\n"
         "\n"
         "Prints what a message needs next as JSON: contract, calldata and verified evidence, for "
         "somebody\n"
         "who wants to send it himself. Works without a daemon; an id is looked up in the "
         "database, a\n"
         "transaction hash on the chain that the route's messages are sent on. The call is "
         "simulated; nothing is signed or sent.\n"
         "\n"
         "  --config FILE   configuration (default: see causeway --help)\n"
         "  --route NAME    look on this route only; needed when the id stands on several\n"
         "  --from ADDRESS  who will send it (matters for messages that were proven before)\n"
         "  --json          accepted; the output is always JSON\n"
         "\n"
         "exit: 0 ready to be sent, 1 not yet, no longer, or it would revert or burn the message\n"
         "      (reason in the output), 2 bad input, 3 could not tell");
}

int cw_cmd_prove(int argc, char **argv) {
    static const struct option options[] = {
        {"config", required_argument, NULL, 'c'}, {"route", required_argument, NULL, 'r'},
        {"from", required_argument, NULL, 'f'},   {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {NULL, 0, NULL, 0}};
    const char *path = NULL, *route = NULL;
    struct asked asked = {0};
    optind = 1;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            path = optarg;
            break;
        case 'r':
            route = optarg;
            break;
        case 'f':
            if (cw_hex_decode(asked.submitter.b, 20, optarg, strlen(optarg)) != CW_OK) {
                fprintf(stderr, "causeway prove: --from takes an address, 0x and 40 digits: %s\n",
                        optarg);
                return 2;
            }
            break;
        case 'j':
            break;
        case 'h':
            help();
            return 0;
        default:
            return 2;
        }
    }
    if (optind + 1 != argc ||
        cw_hex_decode(asked.ref.b, 32, argv[optind], strlen(argv[optind])) != CW_OK) {
        fprintf(stderr, "causeway prove: takes one message id or hash of a sending transaction, 0x "
                        "and 64 digits\n");
        return 2;
    }
    struct cw_error error;
    struct cw_config *config = NULL;
    if (cw_cli_config(&config, path, &error) != CW_OK) {
        fprintf(stderr, "causeway: %s\n", error.text);
        return 2;
    }
    int status = run(config, &asked, route, argv[optind]);
    cw_config_free(config);
    return status;
}
