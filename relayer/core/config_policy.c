#include "core/config_policy.h"

#include "core/config_tables.h"

#include <stdio.h>
#include <string.h>

#define PRICES_MAX 256u
#define UNIT       1000000000
#define DECIMALS   9u

bool cw_config_fixed(int64_t *ret, const char *text) {
    bool negative = text[0] == '-', any = false;
    int64_t value = 0;
    unsigned decimals = 0;
    text += negative;
    for (bool behind = false; *text != '\0'; text++) {
        if (*text == '.' && !behind && any) {
            behind = true;
            any = false;
            continue;
        }
        if (*text < '0' || *text > '9' || decimals == DECIMALS)
            return false;
        any = true;
        decimals += behind;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    }
    for (; decimals < DECIMALS; decimals++)
        if (__builtin_mul_overflow(value, 10, &value))
            return false;
    if (!any)
        return false;
    *ret = negative ? -value : value;
    return true;
}

/* --- what may be relayed ---------------------------------------------------------------------- */

static bool names_nothing(const struct cw_config_match *match) {
    return match->senders.n + match->targets.n + match->ids.n + match->calldata.n == 0;
}

static enum cw_err read_match(const struct cw_config_reader *reader, const char *where,
                              const char *key, const struct cw_json *object,
                              struct cw_config_match *ret) {
    char name[160];
    snprintf(name, sizeof name, "%s, %s", where, key);
    enum cw_err err = cw_config_read(reader, name, object, object, &cw_config_shape_match, ret);
    const struct cw_json *id = cw_json_first(cw_json_get(object, "ids"));
    for (size_t i = 0; err == CW_OK && i < ret->ids.n; i++, id = cw_json_next(id))
        if (ret->ids.p[i].n != 32)
            err = cw_config_refuse(reader, id, "%s: an id has 64 digits behind its 0x", name);
    if (err == CW_OK && names_nothing(ret))
        err = cw_config_refuse(
            reader, object, "%s: \"%s\" lists nothing: list senders, targets, ids or calldata%s",
            where, key,
            strcmp(key, "relay") == 0 ? ", write \"all\", or leave \"relay\" out to only observe"
                                      : ", or leave it out");
    return err;
}

static enum cw_err read_relay(const struct cw_config_reader *reader, const char *where,
                              const struct cw_json *relay, struct cw_config_policy *policy) {
    const char *text = cw_json_string(relay);
    policy->observe_only = relay == NULL;
    policy->relay_all = text != NULL && strcmp(text, "all") == 0;
    if (relay == NULL || policy->relay_all)
        return CW_OK;
    if (cw_json_type(relay) != CW_JSON_OBJECT)
        return cw_config_refuse(
            reader, relay,
            "%s: \"relay\" takes \"all\" or {\"senders\": [ … ], \"targets\": [ … ]}; left "
            "out, the route only observes",
            where);
    return read_match(reader, where, "relay", relay, &policy->relay);
}

static enum cw_err read_pause(const struct cw_config_reader *reader, const char *where,
                              const struct cw_json *policy, struct cw_config_policy *ret) {
    const struct cw_json *at = cw_json_get(policy, "pause_on");
    ret->pause_on = (enum cw_pause_on)cw_config_word(cw_config_pauses, ret->pause_on_name);
    if (ret->pause_on != CW_PAUSE_ON_NEVER && ret->pause_tx_file[0] == 0)
        return cw_config_refuse(reader, at,
                                "%s: \"pause_on\" needs \"pause_tx_file\" beside it: a "
                                "transaction that a guardian has signed",
                                where);
    if (ret->pause_on != CW_PAUSE_ON_NEVER && !ret->hold_on_violation)
        return cw_config_refuse(reader, at,
                                "%s: \"pause_on\" needs \"hold_on_violation\": what holds no "
                                "route pauses none",
                                where);
    if (ret->pause_tx_file[0] == 0)
        return CW_OK;
    ret->pause_tx_file = cw_config_resolve(reader, ret->pause_tx_file);
    return ret->pause_tx_file != NULL ? CW_OK : cw_config_no_memory(reader);
}

enum cw_err cw_config_policy_read(const struct cw_config_reader *reader, const char *where,
                                  const struct cw_json *policy, struct cw_config_policy *ret) {
    int64_t profit;
    enum cw_err err = cw_config_read(reader, where, policy, policy, &cw_config_shape_policy, ret);
    if (err == CW_OK && ret->min_profit[0] != 0 && !cw_config_fixed(&profit, ret->min_profit))
        err = cw_config_refuse(reader, cw_json_get(policy, "min_profit"),
                               "%s: \"min_profit\" takes a number as text, such as \"-0.5\"",
                               where);
    if (err == CW_OK)
        err = read_relay(reader, where, cw_json_get(policy, "relay"), ret);
    if (err == CW_OK && !ret->observe_only && cw_u256_is_zero(&ret->daily_fee_budget.v))
        err = cw_config_refuse(
            reader, cw_json_get(policy, "daily_fee_budget"),
            "%s: \"daily_fee_budget\" is nothing, so that nothing could be paid: "
            "raise it, or take \"relay\" out to only observe",
            where);
    if (err == CW_OK)
        err = read_pause(reader, where, policy, ret);
    const struct cw_json *deny = cw_json_get(policy, "deny");
    if (err == CW_OK && deny != NULL)
        err = read_match(reader, where, "deny", deny, &ret->deny);
    return err;
}

/* --- what tokens are worth -------------------------------------------------------------------- */

static enum cw_err read_prices(const struct cw_config_reader *reader, const struct cw_json *object,
                               struct cw_config *config) {
    size_t n = cw_json_size(object);
    if (cw_json_type(object) != CW_JSON_OBJECT || n > PRICES_MAX)
        return cw_config_refuse(reader, object,
                                "prices: it takes an object such as {\"ETH\": \"3000\"}, with %u "
                                "entries at most, or the name of a file",
                                PRICES_MAX);
    struct cw_config_price *list = cw_arena_array(reader->arena, n, sizeof *list);
    if (list == NULL)
        return cw_config_no_memory(reader);
    size_t i = 0;
    for (const struct cw_json *m = cw_json_first(object); m != NULL; m = cw_json_next(m), i++) {
        const char *symbol = cw_json_key(m), *text = cw_json_string(m);
        if (text == NULL || !cw_config_fixed(&list[i].value, text) || list[i].value <= 0)
            return cw_config_refuse(reader, m,
                                    "prices: the price of %s is a positive number as text, with 9 "
                                    "decimals at most",
                                    cw_config_shown(symbol));
        list[i].symbol = cw_arena_text(reader->arena, symbol, strlen(symbol));
        if (list[i].symbol == NULL)
            return cw_config_no_memory(reader);
    }
    config->prices = list;
    config->prices_n = n;
    return CW_OK;
}

static enum cw_err read_price_file(const struct cw_config_reader *reader, const char *name,
                                   struct cw_config *config) {
    const char *path = cw_config_resolve(reader, name);
    if (path == NULL)
        return cw_config_no_memory(reader);
    struct cw_buf text;
    struct cw_json_doc *doc = NULL;
    cw_buf_init(&text, CW_CONFIG_FILE_MAX);
    enum cw_err err = cw_config_file(&text, path, false, "name another in \"prices\"",
                                     reader->error);
    if (err == CW_OK) {
        err = cw_json_parse(&doc, cw_buf_slice(&text), true, reader->error);
        if (err != CW_OK)
            err = cw_error_wrap(reader->error, CW_ERR_INPUT, "%s", path);
    }
    const struct cw_config_reader in_file = {
        .path = path, .doc = doc, .arena = reader->arena, .error = reader->error};
    if (err == CW_OK)
        err = read_prices(&in_file, cw_json_root(doc), config);
    cw_json_free(doc);
    cw_buf_done(&text);
    return err;
}

enum cw_err cw_config_prices_read(const struct cw_config_reader *reader,
                                  const struct cw_json *prices, struct cw_config *config) {
    if (prices == NULL)
        return CW_OK;
    const char *path = cw_json_string(prices);
    return path != NULL ? read_price_file(reader, path, config)
                        : read_prices(reader, prices, config);
}
