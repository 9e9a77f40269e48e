#include "cli/cli.h"
#include "cli/print.h"
#include "cli/heads.h"

#include "core/config_fields.h"
#include "core/log.h"
#include "work/bundle.h"
#include "work/connect.h"
#include "work/look.h"
#include "work/origin.h"

#include <assert.h>
#include <getopt.h>
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

/* --- asking, until it is answered ------------------------------------------------------------- */

static enum cw_err step_until(struct session *s, const bool *done, struct cw_error *error) {
    enum cw_err err = CW_OK;
    while (err == CW_OK && !*done)
        err = cw_loop_step(s->loop, STEP_MS, error);
    return err;
}

struct prepared {
    bool done;
    struct cw_preparation preparation;
};

static void prepare_done(void *ctx, const struct cw_decision *decision,
                         const struct cw_preparation *preparation) {
    struct prepared *prepared = ctx;
    (void)decision;
    prepared->done = true;
    prepared->preparation = *preparation;
}

/* The route's contracts. */
static enum cw_err prepare(struct session *s, struct cw_error *error) {
    struct prepared prepared = {.done = false};
    const struct cw_look_config config = {.ops = s->route->adapter,
                                          .adapter = s->adapter,
                                          .facts = {s->facts[0], s->facts[1]},
                                          .heads = {s->heads[0], s->heads[1]},
                                          .done = prepare_done,
                                          .ctx = &prepared};
    struct cw_look *look = cw_look_new(&config, error);
    if (!look)
        return CW_ERR_MEMORY;
    cw_look_start(look);
    enum cw_err err = step_until(s, &prepared.done, error);
    return err == CW_OK && prepared.preparation.state != CW_PREPARE_OK
               ? cw_error_set(error, CW_ERR_REFUSED, "route %s: %s, %s", s->route->name,
                              prepared.preparation.reason, prepared.preparation.detail)
               : err;
}

/* --- messages of a transaction ---------------------------------------------------------------- */

struct sent {
    struct session *session;
    bool done;
    enum cw_err err;
    struct cw_message *messages; /* in the session's arena */
    size_t n;
    struct cw_error *error;
};

static void sent_found(void *ctx, const struct cw_origin_found *found) {
    struct sent *sent = ctx;
    struct session *s = sent->session;
    sent->done = true;
    if (found->state == CW_ORIGIN_UNTOLD)
        sent->err = cw_error_set(sent->error, CW_ERR_TRANSPORT, "%s", found->text);
    else if (found->state == CW_ORIGIN_INCLUDED)
        sent->err = cw_origin_messages(found, s->route->adapter, s->adapter, &s->arena,
                                       sent->messages, MESSAGES_MAX, &sent->n, sent->error);
}

/* None when the transaction is in no block, or sent none. */
static enum cw_err messages_of(struct session *s, const struct cw_hash32 *tx,
                               struct cw_message *out, size_t *ret_n, struct cw_error *error) {
    const enum cw_side source = s->route->adapter->source;
    struct sent sent = {.session = s, .messages = out, .error = error};
    const struct cw_origin_config config = {.rpc = s->rpc[source],
                                            .chain = s->chains[source],
                                            .tx = *tx,
                                            .done = sent_found,
                                            .ctx = &sent};
    struct cw_origin *origin = NULL;
    enum cw_err err = cw_origin_ask(&origin, &config, error);
    if (err == CW_OK)
        err = step_until(s, &sent.done, error);
    if (!sent.done)
        cw_origin_cancel(origin);
    *ret_n = sent.n;
    return err == CW_OK ? sent.err : err;
}

/* --- output ----------------------------------------------------------------------------------- */

struct proven {
    bool done, ready;
    enum cw_err err;
    struct cw_buf *out;
    struct cw_error *error;
};

static void bundle_done(void *ctx, enum cw_err err, bool ready, struct cw_slice json,
                        const struct cw_error *error) {
    struct proven *proven = ctx;
    proven->done = true;
    proven->ready = ready;
    proven->err = err;
    if (err == CW_OK)
        cw_buf_append(proven->out, json.p, json.n);
    else
        *proven->error = *error;
}

/* Appends one JSON object. *ret_ready: there is something to send, and it would go through. */
static enum cw_err put_bundle(struct session *s, const struct cw_message *message,
                              struct cw_buf *out, bool *ret_ready, struct cw_error *error) {
    struct proven proven = {.out = out, .error = error};
    const struct cw_bundle_config config = {.route = s->route,
                                            .chains = {s->chains[0], s->chains[1]},
                                            .adapter = s->adapter,
                                            .rpc = {s->rpc[0], s->rpc[1]},
                                            .facts = {s->facts[0], s->facts[1]},
                                            .heads = {s->heads[0], s->heads[1]},
                                            .submitter = s->submitter,
                                            .message = message,
                                            .done = bundle_done,
                                            .ctx = &proven};
    struct cw_bundle *bundle = NULL;
    enum cw_err err = cw_bundle_new(&bundle, &config, error);
    if (err == CW_OK)
        err = step_until(s, &proven.done, error);
    if (!proven.done)
        cw_bundle_cancel(bundle);
    *ret_ready = proven.ready;
    return err == CW_OK ? proven.err : err;
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
    if (err == CW_OK && n > 0)
        err = prepare(&s, error);
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
        cw_print_error("causeway prove", err != CW_OK ? error.text : "out of memory");
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
    if (cw_cli_config(&config, path, &error) != CW_OK)
        return cw_cli_fail(&error);
    int status = run(config, &asked, route, argv[optind]);
    cw_config_free(config);
    return status;
}
