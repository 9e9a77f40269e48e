#include "cli/cli.h"
#include "cli/effective.h"
#include "cli/print.h"
#include "core/config_pause.h"
#include "core/config_sinks.h"
#include "net/url.h"
#include "sign/policy.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REFERENCE_BYTES (256u << 10)
#define OUTPUT_BYTES    (4u << 20)

static const char help[] =
    "usage: causeway check-config [--config FILE] [--no-keys | --effective] [--json]\n"
    "       causeway check-config --reference | --schema\n"
    "\n"
    "Reads the whole configuration with the keys and policies that it names, and says what\n"
    "the relayer would do. Asks no endpoint and changes nothing.\n"
    "\n"
    "  --config FILE  configuration (default: see causeway --help)\n"
    "  --no-keys      leave keys and policies unread, for a user who may not read them\n"
    "  --effective    print every value that is in force, with where it comes from: the\n"
    "                 file, a default, or an environment variable; keys are not read\n"
    "  --reference    print a configuration with every key, its meaning, bounds and default\n"
    "  --schema       print a JSON schema of it (draft 2020-12), for editors\n"
    "  --json         output for programs\n"
    "\n"
    "Values can be set by environment variables as well: CAUSEWAY_SET_ and the path in\n"
    "capitals with __ between its names, such as CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=URL,URL.\n"
    "--effective --json names the variable of each value.\n"
    "\n"
    "exit: 0 good, 2 a mistake (file:line:column and what to do on stderr), 3 could not tell\n";

/* What write writes, which knows no configuration. */
static int print_all(void (*write)(struct cw_buf *out)) {
    struct cw_buf out;
    cw_buf_init(&out, REFERENCE_BYTES);
    write(&out);
    const char *text = cw_buf_cstr(&out);
    if (text != NULL)
        fputs(text, stdout);
    cw_buf_done(&out);
    return text != NULL ? CW_EXIT_OK : CW_EXIT_UNKNOWN;
}

/* Signers that are used, with the address that their key stands for. */
struct key {
    bool known;
    struct cw_addr20 address;
};

/* Of each route, where it names one. */
struct pause {
    bool known;
    struct cw_pause_tx tx;
};

/* What files beside the configuration hold, as far as it may be shown. */
struct beside {
    struct key *keys;     /* one a signer */
    struct pause *pauses; /* one a route */
};

static enum cw_err read_keys(const struct cw_config *config, struct key *keys,
                             struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < config->signers_n; i++) {
        struct cw_sign_policy *policy = NULL;
        err = cw_config_signer_address(&keys[i].address, &config->signers[i], error);
        keys[i].known = err == CW_OK;
        if (err == CW_OK && config->signers[i].policy_file[0] != 0)
            err = cw_sign_policy_of(&policy, config, i, NULL, error);
        cw_sign_policy_free(policy);
    }
    return err;
}

static enum cw_err read_pauses(const struct cw_config *config, struct pause *pauses,
                               struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < config->routes_n; i++) {
        if (config->routes[i].policy.pause_tx_file[0] == '\0')
            continue;
        err = cw_config_pause_tx(&pauses[i].tx, config->arena, config, &config->routes[i], error);
        pauses[i].known = err == CW_OK;
    }
    return err;
}

static enum cw_err read_secrets(const struct cw_config *config, struct cw_error *error) {
    struct cw_password *secret = cw_password_new();
    if (secret == NULL)
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for secrets");
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < config->sinks_n; i++)
        err = cw_config_sink_secret(secret, &config->sinks[i], error);
    cw_password_free(secret);
    return err;
}

/* --- what is not wrong, but worth a thought --------------------------------------------------- */

static size_t operators(const struct cw_config_chain *chain) {
    size_t n = 0;
    for (size_t i = 0; i < chain->endpoints_n; i++) {
        bool seen = false;
        for (size_t k = 0; k < i; k++)
            seen = seen ||
                   strcmp(chain->endpoints[i].operator_, chain->endpoints[k].operator_) == 0;
        n += !seen;
    }
    return n;
}

static bool is_used(const struct cw_config *config, size_t chain) {
    for (size_t i = 0; i < config->routes_n; i++)
        if (config->routes[i].settlement == chain || config->routes[i].execution == chain)
            return true;
    return false;
}

static size_t advice(const struct cw_config *config, char (*out)[256], size_t cap) {
    size_t n = 0;
    for (size_t i = 0; i < config->chains_n && n + 1 < cap; i++) {
        const struct cw_config_chain *chain = &config->chains[i];
        if (!is_used(config, i))
            snprintf(out[n++], 256, "chain \"%s\" is in no route and is not watched", chain->name);
        else if (operators(chain) == 1)
            snprintf(out[n++], 256,
                     "chain \"%s\" has endpoints of one operator only (%.64s): nothing can be "
                     "compared, and "
                     "its silence is yours",
                     chain->name, chain->endpoints[0].operator_);
    }
    for (size_t i = 0; i < config->routes_n && n + 1 < cap; i++)
        if (config->routes[i].policy.deliver_failing_targets)
            snprintf(out[n++], 256,
                     "route \"%s\" delivers messages whose target reverts, which destroys them",
                     config->routes[i].name);
    for (size_t i = 0; i < config->sinks_n && n + 1 < cap; i++) {
        const struct cw_config_sink *sink = &config->sinks[i];
        if (sink->type == CW_SINK_WEBHOOK && sink->secret_file[0] == '\0' &&
            sink->secret_env[0] == '\0')
            snprintf(out[n++], 256,
                     "sink \"%s\" signs nothing without a secret: its receiver can't tell who asks",
                     sink->name);
    }
    return n;
}

/* --- output ----------------------------------------------------------------------------------- */

static const char *policy_text(const struct cw_config_route *route, char *out, size_t size) {
    const struct cw_config_policy *policy = &route->policy;
    const struct cw_config_match *relay = &policy->relay, *deny = &policy->deny;
    if (policy->observe_only)
        snprintf(out, size, "observes only");
    else if (policy->relay_all)
        snprintf(out, size, "relays every message");
    else
        snprintf(out, size, "relays messages of %zu listed sender%s and to %zu listed target%s",
                 relay->senders.n, relay->senders.n == 1 ? "" : "s", relay->targets.n,
                 relay->targets.n == 1 ? "" : "s");
    size_t n = strlen(out), others = relay->ids.n + relay->calldata.n, denied = deny->senders.n;
    denied += deny->targets.n + deny->ids.n + deny->calldata.n;
    if (!policy->relay_all && others > 0)
        snprintf(out + n, size - n, ", and %zu more by id or calldata", others);
    n = strlen(out);
    if (denied > 0)
        snprintf(out + n, size - n, ", none of %zu denied", denied);
    return out;
}

/* Where its alerts go, without what may be secret. */
static const char *place_of(const struct cw_config_sink *sink, char *out, size_t size) {
    struct cw_url *url = NULL;
    struct cw_error unsaid;
    if (sink->url[0] != '\0' && cw_url_new(&url, sink->url, &unsaid) == CW_OK)
        snprintf(out, size, "%s", cw_url_host(url));
    else
        snprintf(out, size, "%s",
                 sink->address[0] != '\0'       ? sink->address
                 : sink->type == CW_SINK_STDOUT ? "stdout"
                 : sink->secret_file[0] != '\0' ? "as its secret file says"
                                                : "as its variable says");
    cw_url_free(url);
    return out;
}

static void put_sinks(struct cw_buf *out, const struct cw_config *config) {
    cw_out_open(out, "sinks", '[');
    for (size_t i = 0; i < config->sinks_n; i++) {
        const struct cw_config_sink *sink = &config->sinks[i];
        char place[256];
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "name", sink->name);
        cw_out_text(out, "type", sink->type_name);
        cw_out_text(out, "to", place_of(sink, place, sizeof place));
        cw_out_text(out, "minSeverity", cw_severity_name(sink->min_severity));
        cw_out_open(out, "routes", '[');
        for (size_t k = 0; k < sink->routes_n; k++)
            cw_out_text(out, NULL, config->routes[sink->routes[k]].name);
        cw_out_close(out, ']');
        cw_out_u64(out, "maxPerMinute", sink->max_per_minute);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

static void put_pause(struct cw_buf *out, const struct cw_config_route *route,
                      const struct pause *pause) {
    if (!pause->known)
        return;
    cw_out_open(out, "pause", '{');
    cw_out_text(out, "on", route->policy.pause_on_name);
    cw_out_hash32(out, "transaction", &pause->tx.hash);
    cw_out_addr20(out, "from", &pause->tx.sender);
    cw_out_u64(out, "nonce", pause->tx.nonce);
    cw_out_addr20(out, "to", &pause->tx.to);
    cw_out_data(out, "data", pause->tx.data);
    cw_out_u256(out, "maxCostWei", &pause->tx.cost.v);
    cw_out_close(out, '}');
}

static int print_json(const struct cw_config *config, const struct beside *beside) {
    struct cw_buf out;
    cw_buf_init(&out, OUTPUT_BYTES);
    cw_out_open(&out, NULL, '{');
    cw_out_text(&out, "config", config->path);
    cw_out_text(&out, "dataDir", config->data_dir);
    cw_out_open(&out, "chains", '[');
    for (size_t i = 0; i < config->chains_n; i++) {
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "name", config->chains[i].name);
        cw_out_u64(&out, "chainId", config->chains[i].chain_id);
        cw_out_u64(&out, "endpoints", config->chains[i].endpoints_n);
        cw_out_u64(&out, "operators", operators(&config->chains[i]));
        cw_out_u64(&out, "quorum", config->chains[i].quorum);
        cw_out_text(&out, "mode", cw_mode_name(config->chains[i].mode));
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_open(&out, "signers", '[');
    for (size_t i = 0; i < config->signers_n; i++) {
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "name", config->signers[i].name);
        if (beside->keys[i].known)
            cw_out_addr20(&out, "address", &beside->keys[i].address);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    cw_out_open(&out, "routes", '[');
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        char text[192];
        cw_out_open(&out, NULL, '{');
        cw_out_text(&out, "name", route->name);
        cw_out_text(&out, "stack", route->adapter->name);
        cw_out_text(&out, "direction", route->adapter->direction);
        cw_out_text(&out, "settlement", config->chains[route->settlement].name);
        cw_out_text(&out, "execution", config->chains[route->execution].name);
        cw_out_text(&out, "source", cw_side_name(route->adapter->source));
        cw_out_text(&out, "policy", policy_text(route, text, sizeof text));
        cw_out_open(&out, "signers", '[');
        for (size_t k = 0; k < route->signers_n; k++)
            cw_out_text(&out, NULL, config->signers[route->signers[k]].name);
        cw_out_close(&out, ']');
        cw_out_u64(&out, "maxGas", route->policy.max_gas);
        cw_out_u256(&out, "dailyFeeBudgetWei", &route->policy.daily_fee_budget.v);
        put_pause(&out, route, &beside->pauses[i]);
        cw_out_close(&out, '}');
    }
    cw_out_close(&out, ']');
    put_sinks(&out, config);
    char notes[64][256];
    size_t n = advice(config, notes, CW_COUNT(notes));
    cw_out_open(&out, "advice", '[');
    for (size_t i = 0; i < n; i++)
        cw_out_text(&out, NULL, notes[i]);
    cw_out_close(&out, ']');
    cw_out_close(&out, '}');
    return cw_out_print(&out, CW_EXIT_OK);
}

/* "main, second", or "-". */
static const char *signer_names(const struct cw_config *config, const struct cw_config_route *route,
                                char *out, size_t size) {
    struct cw_buf buf;
    cw_buf_init(&buf, size - 1);
    for (size_t i = 0; i < route->signers_n; i++)
        cw_buf_format(&buf, "%s%s", i > 0 ? ", " : "", config->signers[route->signers[i]].name);
    const char *text = cw_buf_cstr(&buf);
    snprintf(out, size, "%s", route->signers_n == 0 ? "-" : text != NULL ? text : "several");
    cw_buf_done(&buf);
    return out;
}

static enum cw_err print_routes(const struct cw_config *config) {
    static const char *const heads[] = {"route",  "stack",        "from", "to",
                                        "signer", "what it does", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        char text[192], names[128], budget[CW_WEI_TEXT_SIZE];
        const struct cw_config_chain *from = cw_config_side(config, route, route->adapter->source);
        const struct cw_config_chain *to = cw_config_side(config, route,
                                                          cw_adapter_destination(route->adapter));
        cw_wei_format(budget, &route->policy.daily_fee_budget, to->symbol);
        cw_print_cell(table, CW_PLAIN, "%s", route->name);
        cw_print_cell(table, CW_PLAIN, "%s %s", route->adapter->name, route->adapter->direction);
        cw_print_cell(table, CW_PLAIN, "%s", from->name);
        cw_print_cell(table, CW_PLAIN, "%s", to->name);
        cw_print_cell(table, CW_PLAIN, "%s", signer_names(config, route, names, sizeof names));
        policy_text(route, text, sizeof text);
        if (route->policy.observe_only)
            cw_print_cell(table, CW_PLAIN, "%s", text);
        else
            cw_print_cell(table, CW_PLAIN,
                          "%s, at most %llu gas a transaction and %s of fees a day", text,
                          (unsigned long long)route->policy.max_gas, budget);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_chains(const struct cw_config *config) {
    static const char *const heads[] = {"chain",  "id",   "endpoints", "operators",
                                        "quorum", "mode", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 1u << 1 | 1u << 2 | 1u << 3 | 1u << 4);
    for (size_t i = 0; i < config->chains_n; i++) {
        const struct cw_config_chain *chain = &config->chains[i];
        cw_print_cell(table, CW_PLAIN, "%s", chain->name);
        cw_print_cell(table, CW_PLAIN, "%llu", (unsigned long long)chain->chain_id);
        cw_print_cell(table, CW_PLAIN, "%zu", chain->endpoints_n);
        cw_print_cell(table, CW_PLAIN, "%zu", operators(chain));
        cw_print_cell(table, CW_PLAIN, "%llu", (unsigned long long)chain->quorum);
        cw_print_cell(table, CW_PLAIN, "%s", cw_mode_name(chain->mode));
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_signers(const struct cw_config *config, const struct key *keys) {
    static const char *const heads[] = {"signer", "address", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < config->signers_n; i++) {
        char address[CW_HEX_SIZE(20)];
        cw_hex_encode(address, cw_slice_of(keys[i].address.b, 20));
        cw_print_cell(table, CW_PLAIN, "%s", config->signers[i].name);
        cw_print_cell(table, CW_PLAIN, "%s", keys[i].known ? address : "(not read)");
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_sinks(const struct cw_config *config) {
    static const char *const heads[] = {"sink", "type", "to", "from severity", "routes", NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 0);
    for (size_t i = 0; i < config->sinks_n; i++) {
        const struct cw_config_sink *sink = &config->sinks[i];
        char place[256];
        struct cw_buf names;
        cw_buf_init(&names, 16384);
        for (size_t k = 0; k < sink->routes_n; k++)
            cw_buf_format(&names, "%s%s", k > 0 ? ", " : "", config->routes[sink->routes[k]].name);
        const char *text = sink->routes_n > 0 ? cw_buf_cstr(&names) : "all";
        cw_print_cell(table, CW_PLAIN, "%s", sink->name);
        cw_print_cell(table, CW_PLAIN, "%s", sink->type_name);
        cw_print_cell(table, CW_PLAIN, "%s", place_of(sink, place, sizeof place));
        cw_print_cell(table, CW_PLAIN, "%s", cw_severity_name(sink->min_severity));
        cw_print_cell(table, CW_PLAIN, "%s", text != NULL ? text : "several");
        cw_buf_done(&names);
    }
    enum cw_err err = cw_print_table(table);
    cw_print_table_free(table);
    return err;
}

static enum cw_err print_pauses(const struct cw_config *config, const struct pause *pauses) {
    static const char *const heads[] = {"route", "pause transaction", "sent", "from", "nonce", "to",
                                        NULL};
    struct cw_print_table *table = cw_print_table_new(heads, 1u << 4);
    bool any = false;
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_pause_tx *tx = &pauses[i].tx;
        char hash[CW_HEX_SIZE(32)], from[CW_HEX_SIZE(20)], to[CW_HEX_SIZE(20)];
        if (!pauses[i].known)
            continue;
        any = true;
        cw_print_cell(table, CW_PLAIN, "%s", config->routes[i].name);
        cw_print_cell(table, CW_PLAIN, "%s", cw_hex_encode(hash, cw_slice_of(tx->hash.b, 32)));
        cw_print_cell(table, CW_PLAIN, "%s", config->routes[i].policy.pause_on_name);
        cw_print_cell(table, CW_PLAIN, "%s", cw_hex_encode(from, cw_slice_of(tx->sender.b, 20)));
        cw_print_cell(table, CW_PLAIN, "%llu", (unsigned long long)tx->nonce);
        cw_print_cell(table, CW_PLAIN, "%s", cw_hex_encode(to, cw_slice_of(tx->to.b, 20)));
    }
    if (any)
        putchar('\n');
    enum cw_err err = any ? cw_print_table(table) : CW_OK;
    cw_print_table_free(table);
    return err;
}

static int print_text(const struct cw_config *config, const struct beside *beside) {
    cw_print_pair("config", CW_PLAIN, config->path);
    cw_print_pair("data in", CW_PLAIN, config->data_dir);
    putchar('\n');
    enum cw_err err = print_chains(config);
    putchar('\n');
    if (err == CW_OK && config->signers_n > 0) {
        err = print_signers(config, beside->keys);
        putchar('\n');
    }
    if (err == CW_OK)
        err = print_routes(config);
    if (err == CW_OK)
        err = print_pauses(config, beside->pauses);
    if (err == CW_OK && config->sinks_n > 0) {
        putchar('\n');
        err = print_sinks(config);
    }
    if (err != CW_OK)
        return CW_EXIT_UNKNOWN;
    char notes[64][256];
    size_t n = advice(config, notes, CW_COUNT(notes));
    putchar('\n');
    for (size_t i = 0; i < n; i++)
        cw_print_pair("note", CW_WARN, notes[i]);
    cw_print(CW_GOOD, "the configuration is good");
    putchar('\n');
    return CW_EXIT_OK;
}

int cw_cmd_check_config(int argc, char **argv) {
    static const struct option options[] = {{"reference", no_argument, NULL, 'r'},
                                            {"schema", no_argument, NULL, 's'},
                                            {"effective", no_argument, NULL, 'e'},
                                            {"no-keys", no_argument, NULL, 'n'},
                                            CW_CLI_COMMON_OPTIONS};
    struct cw_cli_common common = {0};
    bool keys_wanted = true, effective = false;
    for (int c; (c = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (c == 'r')
            return print_all(cw_config_reference);
        if (c == 's')
            return print_all(cw_config_schema);
        if (c == 'n' || c == 'e') {
            keys_wanted = keys_wanted && c != 'n';
            effective = effective || c == 'e';
            continue;
        }
        int code = cw_cli_option(c, &common, help);
        if (code != CW_CLI_GO_ON)
            return code;
    }
    if (optind < argc)
        return cw_cli_usage(help, "takes no argument; a file goes with --config");
    if (effective)
        return cw_cli_effective(&common);
    struct cw_error error;
    struct cw_config *config = NULL;
    if (cw_cli_config(&config, common.config, &error) != CW_OK)
        return cw_cli_fail(&error);
    const struct beside beside = {
        .keys = cw_arena_array(config->arena, config->signers_n, sizeof *beside.keys),
        .pauses = cw_arena_array(config->arena, config->routes_n, sizeof *beside.pauses)};
    enum cw_err err = beside.keys != NULL && beside.pauses != NULL
                          ? CW_OK
                          : cw_error_set(&error, CW_ERR_MEMORY, "out of memory");
    assert(err != CW_OK || (beside.keys != NULL && beside.pauses != NULL));
    if (err == CW_OK && keys_wanted)
        err = read_keys(config, beside.keys, &error);
    if (err == CW_OK && keys_wanted)
        err = read_pauses(config, beside.pauses, &error);
    if (err == CW_OK && keys_wanted)
        err = read_secrets(config, &error);
    int code = err != CW_OK  ? cw_cli_fail(&error)
               : common.json ? print_json(config, &beside)
                             : print_text(config, &beside);
    cw_config_free(config);
    return code;
}
