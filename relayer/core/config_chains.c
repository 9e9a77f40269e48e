#include "core/config_chains.h"

#include "core/config_tables.h"
#include "net/url.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static enum cw_err load_endpoint(const struct cw_config_reader *reader, const char *where,
                                 const struct cw_json *value, struct cw_config_endpoint *out) {
    const char *text = cw_json_string(value);
    enum cw_err err = CW_OK;
    if (text != NULL) {
        out->url = cw_arena_text(reader->arena, text, strlen(text));
        out->operator_ = "";
        out->max_rps = 0;
        if (out->url == NULL)
            return cw_config_no_memory(reader);
        err = cw_config_note(reader, value, &cw_config_shape_endpoint, out);
    } else if (cw_json_type(value) == CW_JSON_OBJECT) {
        err = cw_config_read(reader, where, value, value, &cw_config_shape_endpoint, out);
    } else {
        err = cw_config_refuse(reader, value,
                               "%s is %s: it takes a URL as text, or {\"url\": …, \"operator\": …}",
                               where, cw_json_type_name(cw_json_type(value)));
    }
    if (err != CW_OK)
        return err;
    struct cw_url *url = NULL;
    struct cw_error why;
    const struct cw_json *at = text != NULL ? value : cw_json_get(value, "url");
    if (strstr(out->url, "${") != NULL)
        return cw_config_refuse(reader, at,
                                "%s: nothing is put in for ${…} here: write the whole URL, or set "
                                "the list by an environment variable (check-config --help)",
                                where);
    err = cw_url_new(&url, out->url, &why);
    if (err != CW_OK) {
        return err == CW_ERR_MEMORY ? cw_config_no_memory(reader)
                                    : cw_config_refuse(reader, at, "%s: %s", where, why.text);
    }
    if (out->operator_[0] == 0) {
        const char *host = cw_url_host(url);
        out->operator_ = cw_arena_text(reader->arena, host, strlen(host));
        if (out->operator_ == NULL)
            err = cw_config_no_memory(reader);
    }
    cw_url_free(url);
    return err;
}

/* what: "endpoint", of which nobody may be named twice. */
static enum cw_err load_list(const struct cw_config_reader *reader, const char *chain,
                             const char *what, const struct cw_json *list,
                             struct cw_config_endpoint **ret, size_t *ret_n) {
    size_t n = cw_json_size(list);
    struct cw_config_endpoint *out = cw_arena_array(reader->arena, n, sizeof *out);
    if (out == NULL)
        return cw_config_no_memory(reader);
    size_t at = 0;
    for (const struct cw_json *e = cw_json_first(list); e != NULL; e = cw_json_next(e), at++) {
        char where[CW_CONFIG_NAME_MAX + 48];
        snprintf(where, sizeof where, "chain \"%s\", %s %zu", chain, what, at + 1);
        enum cw_err err = load_endpoint(reader, where, e, &out[at]);
        if (err != CW_OK)
            return err;
        for (size_t i = 0; i < at; i++)
            if (strcmp(out[i].url, out[at].url) == 0)
                return cw_config_refuse(reader, e, "%s is the same as %s %zu: take one out", where,
                                        what, i + 1);
    }
    *ret = out;
    *ret_n = n;
    return CW_OK;
}

static enum cw_err load_endpoints(const struct cw_config_reader *reader,
                                  const struct cw_json *object, struct cw_config_chain *chain) {
    static const char *const keys[] = {"endpoints", "send"};
    static const char *const whats[] = {"endpoint", "send endpoint"};
    struct cw_config_endpoint **const lists[] = {&chain->endpoints, &chain->send};
    size_t *const sizes[] = {&chain->endpoints_n, &chain->send_n};
    if (cw_json_get(object, keys[0]) == NULL)
        return cw_config_refuse(
            reader, object,
            "chain \"%s\": \"endpoints\" is missing: list at least one JSON-RPC URL", chain->name);
    for (size_t i = 0; i < CW_COUNT(keys); i++) {
        const struct cw_json *list = cw_json_get(object, keys[i]);
        if (list == NULL)
            continue;
        if (cw_json_type(list) != CW_JSON_ARRAY)
            return cw_config_refuse(reader, list,
                                    "chain \"%s\": \"%s\" is %s: it takes a list, [ … ]",
                                    chain->name, keys[i], cw_json_type_name(cw_json_type(list)));
        size_t n = cw_json_size(list);
        if (n == 0 || n > CW_CONFIG_NAMES_MAX)
            return cw_config_refuse(reader, list,
                                    "chain \"%s\": \"%s\" needs 1 to %d JSON-RPC URLs", chain->name,
                                    keys[i], CW_CONFIG_NAMES_MAX);
        enum cw_err err = load_list(reader, chain->name, whats[i], list, lists[i], sizes[i]);
        if (err != CW_OK)
            return err;
    }
    return CW_OK;
}

static size_t operators_of(const struct cw_config_chain *chain) {
    size_t n = 0;
    for (size_t i = 0; i < chain->endpoints_n; i++) {
        size_t k = 0;
        while (strcmp(chain->endpoints[k].operator_, chain->endpoints[i].operator_) != 0)
            k++;
        n += k == i;
    }
    return n;
}

static enum cw_err load_mode(const struct cw_config_reader *reader, const char *where,
                             const struct cw_json *member, struct cw_config_chain *chain) {
    const bool known = cw_mode_parse(&chain->mode, chain->mode_name);
    assert(known);
    (void)known;
    if (chain->mode == CW_MODE_QUORUM && chain->quorum < 2)
        return cw_config_refuse(reader, cw_json_get(member, "mode"),
                                "%s: in the mode quorum nothing is proved by hashes, so that one "
                                "operator would be believed everything: set \"quorum\" to 2 or "
                                "more, and list endpoints of as many operators",
                                where);
    return CW_OK;
}

/* Everybody who sees the page gets it, with what is put behind it. */
static enum cw_err check_explorer(const struct cw_config_reader *reader, const char *where,
                                  const struct cw_json *member,
                                  const struct cw_config_chain *chain) {
    struct cw_url *url = NULL;
    struct cw_error why;
    if (chain->explorer[0] == '\0')
        return CW_OK;
    enum cw_err err = cw_url_new(&url, chain->explorer, &why);
    cw_url_free(url);
    if (err == CW_OK && strpbrk(chain->explorer, "?#@") != NULL)
        err = cw_error_set(&why, CW_ERR_INPUT,
                           "a path may stand behind the host, but no user, query or fragment");
    return err == CW_OK ? err
                        : cw_config_refuse(reader, cw_json_get(member, "explorer"),
                                           "%s: \"explorer\": %s", where, why.text);
}

static enum cw_err find_data_fee(const struct cw_config_reader *reader, const char *where,
                                 const struct cw_json *chain, const char *name,
                                 const struct cw_data_fee **ret) {
    const char *names[CW_CONFIG_NAMES_MAX + 1];
    size_t n = 0;
    for (; cw_data_fees[n] != NULL && n < CW_CONFIG_NAMES_MAX - 1; n++) {
        names[n] = cw_data_fees[n]->name;
        if (strcmp(name, names[n]) == 0)
            *ret = cw_data_fees[n];
    }
    names[n++] = "none";
    names[n] = NULL;
    if (*ret != NULL || name[0] == 0 || strcmp(name, "none") == 0)
        return CW_OK;
    return cw_config_refuse_word(reader, where, "data_fee", cw_json_get(chain, "data_fee"), name,
                                 names);
}

static enum cw_err load_chain(void *ctx, const struct cw_config_entry *entry) {
    const struct cw_config_reader *reader = ctx;
    const struct cw_json *member = entry->member;
    struct cw_config_chain *chain = entry->out;
    const char *where = entry->where;
    chain->name = entry->name;
    enum cw_err err = cw_config_read(reader, where, member, member, &cw_config_shape_chain, chain);
    if (err == CW_OK)
        err = load_endpoints(reader, member, chain);
    if (err == CW_OK)
        err = find_data_fee(reader, where, member, chain->data_fee_name, &chain->data_fee);
    if (err != CW_OK)
        return err;
    if (cw_u256_cmp(&chain->min_tip.v, &chain->max_fee.v) > 0) {
        const struct cw_json *at = cw_json_get(member, "min_tip");
        return cw_config_refuse(
            reader, at != NULL ? at : cw_json_get(member, "max_fee"),
            "%s: \"min_tip\" is above \"max_fee\", so that nothing could ever be "
            "sent: lower the one or raise the other",
            where);
    }
    err = load_mode(reader, where, member, chain);
    if (err != CW_OK)
        return err;
    err = check_explorer(reader, where, member, chain);
    if (err != CW_OK)
        return err;
    if (chain->simulate_pending && chain->quorum > 1)
        return cw_config_refuse(reader, cw_json_get(member, "simulate_pending"),
                                "%s: operators can't agree on their pools: write "
                                "\"simulate_pending\": false, or \"quorum\": 1",
                                where);
    size_t operators = operators_of(chain);
    if (chain->quorum > operators)
        return cw_config_refuse(reader, cw_json_get(member, "quorum"),
                                "%s: a quorum of %llu can't be had from %zu operator%s: add "
                                "endpoints of others, or lower it",
                                where, (unsigned long long)chain->quorum, operators,
                                operators == 1 ? "" : "s");
    for (const struct cw_config_chain *other = entry->first; other < chain; other++)
        if (other->chain_id == chain->chain_id)
            return cw_config_refuse(
                reader, cw_json_get(member, "chain_id"),
                "%s has the id %llu of chain \"%s\": name each chain once, with all its "
                "endpoints",
                where, (unsigned long long)chain->chain_id, other->name);
    return CW_OK;
}

enum cw_err cw_config_chains_read(const struct cw_config_reader *reader, const struct cw_json *root,
                                  struct cw_config *config) {
    static const struct cw_config_entries entries = {"chains", "chain", true,
                                                     sizeof(struct cw_config_chain), load_chain};
    void *chains = NULL;
    enum cw_err err = cw_config_read_entries(&chains, &config->chains_n, reader, root, &entries,
                                             (void *)reader);
    if (err == CW_OK)
        config->chains = chains;
    return err;
}
