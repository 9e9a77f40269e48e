#include "sign/policy.h"

#include "core/config_signers.h"
#include "sign/policy_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_MAX_BYTES (8u << 20)
#define UIDS_MAX        64u

/* One file, and what becomes of it. */
struct load {
    struct cw_config_reader reader;
    struct cw_sign_policy *policy;
    const struct cw_json *root;
};

/* --- calls ------------------------------------------------------------------------------------ */

/* "name(type,…)": what is hashed for a selector has no blank and no name of a parameter in it. */
static bool is_signature(const char *text) {
    static const char word[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$";
    static const char types[] = "abcdefghijklmnopqrstuvwxyz0123456789[](),";
    size_t n = strspn(text, word), all = strlen(text);
    int depth = 0;
    if (n == 0 || text[n] != '(' || text[all - 1] != ')' || strspn(text + n, types) != all - n) {
        return false;
    }
    for (size_t i = n; i < all; i++) {
        depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
        if (depth == 0 && i + 1 < all) {
            return false;
        }
    }
    return depth == 0;
}

static enum cw_err load_call(const struct load *load, const char *where, const struct cw_json *at,
                             const struct cw_addr20 *to, struct cw_sign_chain *chain) {
    const char *text = cw_json_string(at);
    struct cw_sign_call call = {.to = *to};
    if (text != NULL && text[0] == '0' &&
        cw_hex_decode(call.selector.b, sizeof call.selector.b, text, strlen(text)) == CW_OK) {
        /* as it stands */
    } else if (text != NULL && is_signature(text)) {
        call.selector = cw_selector_of(text);
    } else {
        return cw_config_refuse(&load->reader, at,
                                "%s: \"calls\" takes signatures without blanks and names, such as "
                                "\"finalize(uint256)\", or selectors, such as \"0x01020304\"",
                                where);
    }
    for (size_t i = 0; i < chain->calls_n; i++) {
        if (cw_addr20_equal(&chain->calls[i].to, to) &&
            memcmp(chain->calls[i].selector.b, call.selector.b, sizeof call.selector.b) == 0) {
            return cw_config_refuse(&load->reader, at, "%s: this function is named twice", where);
        }
    }
    call.text = cw_arena_text(load->reader.arena, text, strlen(text));
    if (call.text == NULL) {
        return cw_config_no_memory(&load->reader);
    }
    chain->calls[chain->calls_n++] = call;
    return CW_OK;
}

static enum cw_err load_contract(const struct load *load, const char *where,
                                 const struct cw_json *object, struct cw_sign_chain *chain) {
    struct cw_sign_call contract = {0};
    enum cw_err err = cw_config_read(&load->reader, where, object, object, &cw_sign_shape_call,
                                     &contract);
    const struct cw_json *calls = cw_json_get(object, "calls");
    if (err != CW_OK) {
        return err;
    }
    if (cw_json_type(calls) != CW_JSON_ARRAY || cw_json_size(calls) == 0) {
        return cw_config_refuse(&load->reader, calls != NULL ? calls : object,
                                "%s: \"calls\" needs at least one function, [ … ]", where);
    }
    /* Whatever it called would go past this list. */
    if (cw_addr20_equal(&contract.to, &chain->multicall)) {
        return cw_config_refuse(&load->reader, cw_json_get(object, "address"),
                                "%s: is the \"multicall\", which makes the calls of the other "
                                "contracts and no others: take it out",
                                where);
    }
    for (const struct cw_json *m = cw_json_first(calls); err == CW_OK && m != NULL;
         m = cw_json_next(m)) {
        err = load_call(load, where, m, &contract.to, chain);
    }
    return err;
}

static enum cw_err load_contracts(const struct load *load, const char *name,
                                  const struct cw_json *object, struct cw_sign_chain *chain) {
    const struct cw_json *contracts = cw_json_get(object, "contracts");
    size_t calls = 0, n = 0;
    if (cw_json_type(contracts) != CW_JSON_ARRAY) {
        return cw_config_refuse(&load->reader, contracts != NULL ? contracts : object,
                                "%s: \"contracts\" needs a list of objects, [ … ]", name);
    }
    for (const struct cw_json *m = cw_json_first(contracts); m != NULL; m = cw_json_next(m)) {
        calls += cw_json_size(cw_json_get(m, "calls"));
    }
    chain->calls = cw_arena_array(load->reader.arena, calls, sizeof *chain->calls);
    if (chain->calls == NULL) {
        return cw_config_no_memory(&load->reader);
    }
    for (const struct cw_json *m = cw_json_first(contracts); m != NULL; m = cw_json_next(m)) {
        char where[CW_CONFIG_NAME_MAX + 48];
        snprintf(where, sizeof where, "%s, contract %zu", name, ++n);
        enum cw_err err = load_contract(load, where, m, chain);
        if (err != CW_OK) {
            return err;
        }
    }
    return CW_OK;
}

/* --- chains ----------------------------------------------------------------------------------- */

static enum cw_err load_chain(void *ctx, const struct cw_config_entry *entry) {
    const struct load *load = ctx;
    const struct cw_json *member = entry->member;
    struct cw_sign_chain *chain = entry->out;
    chain->name = entry->name;
    enum cw_err err = cw_config_read(&load->reader, entry->where, member, member,
                                     &cw_sign_shape_chain, chain);
    if (err != CW_OK) {
        return err;
    }
    for (const struct cw_sign_chain *other = entry->first; other < chain; other++) {
        if (other->chain_id == chain->chain_id) {
            return cw_config_refuse(&load->reader, cw_json_get(member, "chain_id"),
                                    "%s has the id %llu of chain \"%s\": name each chain once",
                                    entry->where, (unsigned long long)chain->chain_id, other->name);
        }
    }
    return load_contracts(load, entry->where, member, chain);
}

static enum cw_err load_chains(struct load *load) {
    static const struct cw_config_entries entries = {"chains", "chain", true,
                                                     sizeof(struct cw_sign_chain), load_chain};
    void *chains = NULL;
    enum cw_err err = cw_config_read_entries(&chains, &load->policy->chains_n, &load->reader,
                                             load->root, &entries, load);
    if (err == CW_OK) {
        load->policy->chains = chains;
    }
    return err;
}

static enum cw_err load_key(const struct load *load) {
    struct cw_config_signer *key = &load->policy->key;
    const struct cw_json *object = cw_json_get(load->root, "key");
    load->policy->has_key = object != NULL;
    if (object == NULL) {
        return CW_OK;
    }
    key->name = "key";
    enum cw_err err = cw_config_read_signer(&load->reader, "key", object, key);
    if (err == CW_OK &&
        (key->web3signer[0] != '\0' || key->socket[0] != '\0' || key->policy_file[0] != '\0')) {
        err = cw_config_refuse(&load->reader, object,
                               "key: a signer needs the key itself: \"key_file\", \"key_env\" or "
                               "\"keystore\"");
    }
    return err;
}

static enum cw_err load_uids(const struct load *load) {
    struct cw_sign_policy *policy = load->policy;
    const struct cw_json *list = cw_json_get(load->root, "allow_uid");
    size_t n = cw_json_size(list);
    if (list == NULL) {
        return CW_OK;
    }
    if (cw_json_type(list) != CW_JSON_ARRAY || n > UIDS_MAX) {
        return cw_config_refuse(&load->reader, list,
                                "\"allow_uid\" takes a list of at most %u numbers", UIDS_MAX);
    }
    policy->uids = cw_arena_array(load->reader.arena, n, sizeof *policy->uids);
    if (policy->uids == NULL) {
        return cw_config_no_memory(&load->reader);
    }
    for (const struct cw_json *m = cw_json_first(list); m != NULL; m = cw_json_next(m)) {
        uint64_t uid;
        /* The largest means nobody at all to the system. */
        if (cw_json_u64(&uid, m) != CW_OK || uid >= UINT32_MAX) {
            return cw_config_refuse(&load->reader, m,
                                    "\"allow_uid\" takes numbers of users: `id -u NAME` says them");
        }
        policy->uids[policy->uids_n++] = uid;
    }
    return CW_OK;
}

/* --- the whole file --------------------------------------------------------------------------- */

static enum cw_err load_all(struct load *load) {
    struct cw_sign_policy *policy = load->policy;
    enum cw_err err = cw_config_read(&load->reader, "the policy", load->root, load->root,
                                     &cw_sign_shape_root, policy);
    if (err == CW_OK && policy->journal[0] != '\0') {
        policy->journal = cw_config_resolve(&load->reader, policy->journal);
        err = policy->journal != NULL ? CW_OK : cw_config_no_memory(&load->reader);
    }
    if (err == CW_OK) {
        err = load_key(load);
    }
    if (err == CW_OK) {
        err = load_uids(load);
    }
    return err == CW_OK ? load_chains(load) : err;
}

struct cw_sign_policy *policy_new(const char *path) {
    struct cw_sign_policy *policy = calloc(1, sizeof *policy);
    struct cw_arena *arena = calloc(1, sizeof *arena);
    if (policy == NULL || arena == NULL) {
        free(policy);
        free(arena);
        return NULL;
    }
    cw_arena_init(arena, ARENA_MAX_BYTES);
    policy->arena = arena;
    policy->path = cw_arena_text(arena, path, strlen(path));
    if (policy->path == NULL) {
        cw_sign_policy_free(policy);
        return NULL;
    }
    return policy;
}

enum cw_err cw_sign_policy_parse(struct cw_sign_policy **ret, const char *path,
                                 struct cw_slice text, struct cw_error *error) {
    struct cw_sign_policy *policy = policy_new(path);
    struct load load = {.reader = {.path = path, .error = error}, .policy = policy};
    struct cw_json_doc *doc = NULL;
    struct cw_error why;
    if (policy == NULL) {
        return cw_config_no_memory(&load.reader);
    }
    load.reader.arena = policy->arena;
    enum cw_err err = cw_json_parse(&doc, text, true, &why);
    if (err != CW_OK) {
        cw_sign_policy_free(policy);
        return cw_error_set(error, err, "%s:%s", path, why.text);
    }
    load.reader.doc = doc;
    load.root = cw_json_root(doc);
    err = load_all(&load);
    cw_json_free(doc);
    if (err != CW_OK) {
        cw_sign_policy_free(policy);
        return err;
    }
    *ret = policy;
    return CW_OK;
}

enum cw_err cw_sign_policy_load(struct cw_sign_policy **ret, const char *path,
                                struct cw_error *error) {
    struct cw_buf text;
    cw_buf_init(&text, CW_CONFIG_FILE_MAX);
    enum cw_err err = cw_config_file(&text, path, true,
                                     "write one (`causeway signer --print-policy` derives one from "
                                     "the configuration)",
                                     error);
    if (err == CW_OK) {
        err = cw_sign_policy_parse(ret, path, cw_buf_slice(&text), error);
    }
    cw_buf_done(&text);
    return err;
}

void cw_sign_policy_free(struct cw_sign_policy *policy) {
    if (policy == NULL) {
        return;
    }
    cw_arena_done(policy->arena);
    free(policy->arena);
    free(policy);
}

const struct cw_sign_chain *cw_sign_policy_chain(const struct cw_sign_policy *policy,
                                                 uint64_t chain_id) {
    for (size_t i = 0; i < policy->chains_n; i++) {
        if (policy->chains[i].chain_id == chain_id) {
            return &policy->chains[i];
        }
    }
    return NULL;
}
