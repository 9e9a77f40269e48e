#include "core/config.h"

#include "core/config_policy.h"
#include "core/config_signers.h"
#include "core/config_api.h"
#include "core/config_chains.h"
#include "core/config_env.h"
#include "core/config_load.h"
#include "core/config_sinks.h"
#include "core/config_syntax.h"
#include "core/config_tables.h"
#include "core/config_tree.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ARENA_MAX_BYTES (32u << 20)
#define NAME_MAX_CHARS  CW_CONFIG_NAME_MAX
#define NAMES_MAX       CW_CONFIG_NAMES_MAX

/* One load: the file, and what becomes of it. */
struct load {
    struct cw_config_reader reader;
    struct cw_config *config;
    const struct cw_json *root;
};

/* --- names ------------------------------------------------------------------------------------ */

/* Index of the entry with that name in an object of named entries; refused with the nearest name
 * otherwise. */
static enum cw_err find_named(const struct load *load, const char *key, const char *name,
                              const char *where, const struct cw_json *at, size_t *ret) {
    const char *names[NAMES_MAX + 1];
    size_t n = 0;
    const struct cw_json *object = cw_json_get(load->root, key);
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m)) {
        if (strcmp(cw_json_key(m), name) == 0) {
            *ret = n;
            return CW_OK;
        }
        names[n++] = cw_json_key(m);
    }
    names[n] = NULL;
    const char *nearest = cw_config_nearest(name, names);
    if (nearest != NULL)
        return cw_config_refuse(&load->reader, at, "%s: \"%s\" has no \"%s\": did you mean \"%s\"?",
                                where, key, cw_config_shown(name), nearest);
    char list[160];
    cw_config_list(list, sizeof list, names);
    return cw_config_refuse(&load->reader, at, "%s: \"%s\" has no \"%s\": add it there%s%s", where,
                            key, cw_config_shown(name), n > 0 ? ", or name " : "", list);
}

/* --- log -------------------------------------------------------------------------------------- */

static enum cw_err load_log(const struct load *load) {
    return cw_config_read(&load->reader, "log", cw_json_get(load->root, "log"), load->root,
                          &cw_config_shape_log, load->config);
}

/* --- monitor ---------------------------------------------------------------------------------- */

static enum cw_err load_monitor(const struct load *load) {
    struct cw_config *config = load->config;
    enum cw_err err = cw_config_read(&load->reader, "monitor", cw_json_get(load->root, "monitor"),
                                     load->root, &cw_config_shape_monitor, config);
    if (err != CW_OK || config->relayer_data_dir[0] == 0)
        return err;
    config->relayer_data_dir = cw_config_resolve(&load->reader, config->relayer_data_dir);
    return config->relayer_data_dir != NULL ? CW_OK : cw_config_no_memory(&load->reader);
}

/* --- signers ---------------------------------------------------------------------------------- */

static enum cw_err load_signer(void *ctx, const struct cw_config_entry *entry) {
    const struct load *load = ctx;
    struct cw_config_signer *signer = entry->out;
    signer->name = entry->name;
    return cw_config_read_signer(&load->reader, entry->where, entry->member, signer);
}

static enum cw_err load_signers(struct load *load) {
    static const struct cw_config_entries entries = {"signers", "signer", false,
                                                     sizeof(struct cw_config_signer), load_signer};
    void *signers = NULL;
    enum cw_err err = cw_config_read_entries(&signers, &load->config->signers_n, &load->reader,
                                             load->root, &entries, load);
    if (err == CW_OK)
        load->config->signers = signers;
    return err;
}

/* --- routes ----------------------------------------------------------------------------------- */

const struct cw_adapter_ops *cw_config_adapter_named(const char *stack, const char *direction) {
    const struct cw_adapter_ops *found = NULL;
    for (size_t i = 0; cw_adapters[i] != NULL; i++) {
        const struct cw_adapter_ops *ops = cw_adapters[i];
        const bool meant = direction[0] == 0 ? ops->source == CW_EXECUTION
                                             : strcmp(ops->direction, direction) == 0;
        if (meant && strcmp(ops->name, stack) == 0)
            found = ops;
    }
    return found;
}

static enum cw_err find_adapter(const struct load *load, const char *where,
                                const struct cw_json *object, struct cw_config_route_text *text,
                                const struct cw_adapter_ops **ret) {
    const char *stacks[NAMES_MAX + 1], *directions[NAMES_MAX + 1];
    size_t stacks_n = 0, directions_n = 0;
    for (size_t i = 0; cw_adapters[i] != NULL && i < NAMES_MAX; i++) {
        stacks[stacks_n] = NULL;
        if (stacks[cw_config_word(stacks, cw_adapters[i]->name)] == NULL)
            stacks[stacks_n++] = cw_adapters[i]->name;
        if (strcmp(cw_adapters[i]->name, text->stack) == 0)
            directions[directions_n++] = cw_adapters[i]->direction;
    }
    stacks[stacks_n] = directions[directions_n] = NULL;
    if (directions_n == 0)
        return cw_config_refuse_word(&load->reader, where, "stack", cw_json_get(object, "stack"),
                                     text->stack, stacks);
    const struct cw_adapter_ops *found = cw_config_adapter_named(text->stack, text->direction);
    if (found == NULL && text->direction[0] == 0)
        return cw_config_refuse(&load->reader, object, "%s: \"direction\" is missing: \"%s\"",
                                where, directions[0]);
    if (found == NULL)
        return cw_config_refuse_word(&load->reader, where, "direction",
                                     cw_json_get(object, "direction"), text->direction, directions);
    text->direction = found->direction;
    *ret = found;
    return CW_OK;
}

/* "signer": a name, or "signers": several. */
static enum cw_err load_signers_of(const struct load *load, const char *where,
                                   const struct cw_json *object, const char *signer,
                                   struct cw_config_route *route) {
    const struct cw_json *list = cw_json_get(object, "signers");
    size_t n = list != NULL ? cw_json_size(list) : signer[0] != 0;
    size_t *indices = cw_arena_array(load->reader.arena, n, sizeof *indices);
    if (indices == NULL)
        return cw_config_no_memory(&load->reader);
    if (list != NULL && (cw_json_type(list) != CW_JSON_ARRAY || n == 0 || signer[0] != 0))
        return cw_config_refuse(&load->reader, list,
                                "%s: \"signers\" takes a list of names, in place of \"signer\"",
                                where);
    const struct cw_json *at = list != NULL ? cw_json_first(list) : cw_json_get(object, "signer");
    for (size_t i = 0; i < n; i++, at = cw_json_next(at)) {
        const char *name = list != NULL ? cw_json_string(at) : signer;
        if (name == NULL)
            return cw_config_refuse(&load->reader, at, "%s: \"signers\" takes names", where);
        enum cw_err err = find_named(load, "signers", name, where, at, &indices[i]);
        if (err != CW_OK)
            return err;
        for (size_t k = 0; k < i; k++)
            if (indices[k] == indices[i])
                return cw_config_refuse(&load->reader, at, "%s: signer \"%s\" is listed twice",
                                        where, name);
    }
    route->signers = indices;
    route->signers_n = n;
    if (n == 0 && !route->policy.observe_only)
        return cw_config_refuse(
            &load->reader, object,
            "%s: relays, so it needs a \"signer\": the name of an entry of \"signers\"", where);
    return CW_OK;
}

static enum cw_err load_chains_of(const struct load *load, const char *where,
                                  const struct cw_json *object,
                                  const struct cw_config_route_text *text,
                                  struct cw_config_route *route) {
    const struct cw_json *execution = cw_json_get(object, "execution");
    enum cw_err err = find_named(load, "chains", text->settlement, where,
                                 cw_json_get(object, "settlement"), &route->settlement);
    if (err == CW_OK)
        err = find_named(load, "chains", text->execution, where, execution, &route->execution);
    if (err == CW_OK && route->settlement == route->execution)
        err = cw_config_refuse(&load->reader, execution,
                               "%s: \"settlement\" and \"execution\" are the same chain: name the "
                               "rollup in \"execution\"",
                               where);
    return err;
}

/* Where a block may be left out only the contract's own counter tells. */
static enum cw_err check_counted(const struct load *load, const char *where,
                                 const struct cw_json *object,
                                 const struct cw_config_route *route) {
    const enum cw_side side = route->adapter->source;
    const struct cw_config_chain *source = cw_config_side(load->config, route, side);
    const char *key = side == CW_SETTLEMENT ? "settlement" : "execution";
    if (route->adapter->counter != NULL || source->mode == CW_MODE_FULL)
        return CW_OK;
    return cw_config_refuse(&load->reader, cw_json_get(object, key),
                            "%s: contracts of the stack %s do not count their messages, so that "
                            "one that is left out would not be noticed: write \"mode\": \"full\" "
                            "for the chain \"%s\"",
                            where, route->adapter->name, source->name);
}

static enum cw_err load_contracts(const struct load *load, const char *of,
                                  const struct cw_json *object, struct cw_config_route *route) {
    char where[NAME_MAX_CHARS + 32];
    snprintf(where, sizeof where, "%s, contracts", of);
    const struct cw_config_shape shape = {route->adapter->fields, NULL, false, NULL};
    const struct cw_json *contracts = cw_json_get(object, "contracts");
    void *out = cw_arena_alloc(load->reader.arena, route->adapter->config_size);
    if (out == NULL)
        return cw_config_no_memory(&load->reader);
    route->contracts = out;
    return cw_config_read(&load->reader, where, contracts, contracts != NULL ? contracts : object,
                          &shape, out);
}

static enum cw_err check_pause(const struct load *load, const char *where,
                               const struct cw_json *object, const struct cw_config_route *route) {
    if (route->policy.pause_tx_file[0] == 0 || route->adapter->pause != NULL)
        return CW_OK;
    return cw_config_refuse(&load->reader,
                            cw_json_get(cw_json_get(object, "policy"), "pause_tx_file"),
                            "%s: nothing is known that pauses %s %s: take \"pause_tx_file\" out",
                            where, route->adapter->name, route->adapter->direction);
}

static enum cw_err load_route(void *ctx, const struct cw_config_entry *entry) {
    const struct load *load = ctx;
    const struct cw_json *member = entry->member;
    struct cw_config_route *route = entry->out;
    struct cw_config_route_text *text = cw_arena_alloc(load->reader.arena, sizeof *text);
    const char *where = entry->where;
    route->name = entry->name;
    if (text == NULL)
        return cw_config_no_memory(&load->reader);
    enum cw_err err = cw_config_read(&load->reader, where, member, member, &cw_config_shape_route,
                                     text);
    if (err == CW_OK)
        err = find_adapter(load, where, member, text, &route->adapter);
    if (err == CW_OK)
        err = load_chains_of(load, where, member, text, route);
    if (err == CW_OK)
        err = check_counted(load, where, member, route);
    if (err == CW_OK)
        err = load_contracts(load, where, member, route);
    if (err != CW_OK)
        return err;
    struct cw_config_chain *rollup = &load->config->chains[route->execution];
    if (rollup->data_fee_name[0] == 0 && route->adapter->data_fee != NULL)
        rollup->data_fee = route->adapter->data_fee;
    route->settlement_start = text->settlement_start;
    route->execution_start = text->execution_start;
    route->batch_max = text->batch_max;
    route->batch_wait_s = text->batch_wait_s;
    char policy[NAME_MAX_CHARS + 32];
    snprintf(policy, sizeof policy, "%s, policy", where);
    err = cw_config_policy_read(&load->reader, policy, cw_json_get(member, "policy"),
                                &route->policy);
    if (err == CW_OK)
        err = check_pause(load, where, member, route);
    return err == CW_OK ? load_signers_of(load, where, member, text->signer, route) : err;
}

static enum cw_err load_routes(struct load *load) {
    static const struct cw_config_entries entries = {"routes", "route", true,
                                                     sizeof(struct cw_config_route), load_route};
    void *routes = NULL;
    enum cw_err err = cw_config_read_entries(&routes, &load->config->routes_n, &load->reader,
                                             load->root, &entries, load);
    if (err == CW_OK)
        load->config->routes = routes;
    for (size_t i = 0; err == CW_OK && i < load->config->chains_n; i++) {
        struct cw_config_chain *chain = &load->config->chains[i];
        chain->data_fee_name = chain->data_fee != NULL ? chain->data_fee->name : "none";
    }
    return err;
}

/* --- the whole file --------------------------------------------------------------------------- */

static enum cw_err load_all(struct load *load) {
    load->root = cw_json_root(load->reader.doc);
    enum cw_err err = cw_config_read(&load->reader, "the configuration", load->root, load->root,
                                     &cw_config_shape_root, load->config);
    if (err != CW_OK)
        return err;
    if (load->config->data_dir[0] == 0)
        return cw_config_refuse(&load->reader, cw_json_get(load->root, "data_dir"),
                                "\"data_dir\" is empty: name a directory, or leave it out");
    load->config->data_dir = cw_config_resolve(&load->reader, load->config->data_dir);
    if (load->config->data_dir == NULL)
        return cw_config_no_memory(&load->reader);
    err = cw_config_prices_read(&load->reader, cw_json_get(load->root, "prices"), load->config);
    if (err == CW_OK)
        err = load_log(load);
    if (err == CW_OK)
        err = load_monitor(load);
    if (err == CW_OK)
        err = cw_config_chains_read(&load->reader, load->root, load->config);
    if (err == CW_OK)
        err = load_signers(load);
    if (err == CW_OK)
        err = load_routes(load);
    if (err == CW_OK)
        err = cw_config_sinks_read(&load->reader, load->root, load->config);
    return err == CW_OK ? cw_config_api_read(&load->reader, load->root, &load->config->api) : err;
}

static enum cw_err refuse_text(const struct load *load, enum cw_err err, struct cw_slice text,
                               const char *why) {
    char remedy[CW_CONFIG_REMEDY] = "";
    if (err != CW_ERR_MEMORY)
        cw_config_remedy(remedy, text);
    return cw_error_set(load->reader.error, err, "%s:%s%s%s", load->reader.path, why,
                        remedy[0] != 0 ? ": " : "", remedy);
}

/* The document, with the variables that stand for values of it. */
static enum cw_err open_doc(struct cw_json_doc **ret, const struct load *load, struct cw_slice text,
                            const struct cw_config_how *how) {
    struct cw_error why;
    struct cw_json_doc *doc = NULL;
    enum cw_err err = cw_json_parse(&doc, text, true, &why);
    if (err != CW_OK)
        return refuse_text(load, err, text, why.text);
    err = cw_config_override(doc, how->environment, load->reader.arena, load->reader.error);
    if (err == CW_OK && how->ret_doc != NULL && cw_config_complete(doc) != CW_OK)
        err = cw_config_no_memory(&load->reader);
    if (err == CW_OK)
        *ret = doc;
    else
        cw_json_free(doc);
    return err;
}

enum cw_err cw_config_parse_how(struct cw_config **ret, const char *path, struct cw_slice text,
                                const struct cw_config_how *how, struct cw_error *error) {
    struct cw_config *config = calloc(1, sizeof *config);
    struct cw_arena *arena = calloc(1, sizeof *arena);
    struct load load = {
        .reader = {.path = path, .arena = arena, .error = error, .trace = how->trace},
        .config = config};
    struct cw_json_doc *doc = NULL;
    if (config == NULL || arena == NULL) {
        free(config);
        free(arena);
        return cw_config_no_memory(&load.reader);
    }
    cw_arena_init(arena, ARENA_MAX_BYTES);
    config->arena = arena;
    enum cw_err err = open_doc(&doc, &load, text, how);
    if (err == CW_OK) {
        load.reader.doc = doc;
        config->path = cw_arena_text(arena, path, strlen(path));
        err = config->path != NULL ? load_all(&load) : cw_config_no_memory(&load.reader);
    }
    if (err != CW_OK || how->ret_doc == NULL)
        cw_json_free(doc);
    else
        *how->ret_doc = doc;
    if (err != CW_OK) {
        cw_config_free(config);
        return err;
    }
    *ret = config;
    return CW_OK;
}

enum cw_err cw_config_parse(struct cw_config **ret, const char *path, struct cw_slice text,
                            struct cw_error *error) {
    const struct cw_config_how how = {NULL, NULL, NULL};
    return cw_config_parse_how(ret, path, text, &how, error);
}

void cw_config_free(struct cw_config *config) {
    if (config == NULL)
        return;
    cw_arena_done(config->arena);
    free(config->arena);
    free(config);
}

enum cw_err cw_config_load_how(struct cw_config **ret, const char *path,
                               const struct cw_config_how *how, struct cw_error *error) {
    struct cw_buf text;
    cw_buf_init(&text, CW_CONFIG_FILE_MAX);
    enum cw_err err = cw_config_file(&text, path, false,
                                     "write one (`causeway check-config --reference` prints every "
                                     "key), or give another with --config",
                                     error);
    if (err == CW_OK)
        err = cw_config_parse_how(ret, path, cw_buf_slice(&text), how, error);
    cw_buf_done(&text);
    return err;
}

enum cw_err cw_config_load(struct cw_config **ret, const char *path, struct cw_error *error) {
    const struct cw_config_how how = {environ, NULL, NULL};
    return cw_config_load_how(ret, path, &how, error);
}

const struct cw_config_chain *cw_config_side(const struct cw_config *config,
                                             const struct cw_config_route *route,
                                             enum cw_side side) {
    return &config->chains[side == CW_SETTLEMENT ? route->settlement : route->execution];
}

enum cw_err cw_config_adapter(struct cw_adapter **ret, const struct cw_config *config,
                              const struct cw_config_route *route, struct cw_error *error) {
    const struct cw_chain_id chains[CW_SIDES] = {
        [CW_SETTLEMENT] = {cw_config_side(config, route, CW_SETTLEMENT)->chain_id},
        [CW_EXECUTION] = {cw_config_side(config, route, CW_EXECUTION)->chain_id},
    };
    return route->adapter->open(ret, route->contracts, chains, error);
}
