#include "sign/policy_private.h"

#include "tx/multicall.h"
#include "tx/signer.h"

#include <assert.h>
#include <string.h>

/* A signer counts what each transaction may cost at most, the daemon what it did cost once that is
 * known, which is a third or so. So many times the daemon's budget stops nothing that the daemon
 * lets pass, and still ends a drain. */
#define BUDGET_TIMES 4u
#define CALLS_MAX    64u

struct derive {
    struct cw_sign_policy *policy;
    const struct cw_config *config;
    struct cw_error *error;
};

static enum cw_err no_memory(const struct derive *d) {
    return cw_error_set(d->error, CW_ERR_MEMORY, "no memory for the signer's policy");
}

static enum cw_err too_large(const struct derive *d, const struct cw_config_route *route) {
    return cw_error_set(d->error, CW_ERR_INPUT,
                        "route \"%s\": its max_gas, max_fee and daily_fee_budget are more than can "
                        "be counted",
                        route->name);
}

static bool relays_with(const struct cw_config_route *route, size_t signer) {
    bool listed = false;
    for (size_t i = 0; i < route->signers_n; i++) {
        listed = listed || route->signers[i] == signer;
    }
    return listed && !route->policy.observe_only;
}

/* The entry of that chain, made for the first route that needs it; NULL without memory. */
static struct cw_sign_chain *chain_of(const struct derive *d,
                                      const struct cw_config_chain *config) {
    struct cw_sign_policy *policy = d->policy;
    for (size_t i = 0; i < policy->chains_n; i++) {
        if (policy->chains[i].chain_id == config->chain_id) {
            return &policy->chains[i];
        }
    }
    struct cw_sign_chain *chain = &policy->chains[policy->chains_n];
    *chain = (struct cw_sign_chain){
        .name = cw_arena_text(policy->arena, config->name, strlen(config->name)),
        .chain_id = config->chain_id,
        .max_fee = config->max_fee,
        .hourly_signatures = POLICY_HOURLY_SIGNATURES,
        .daily_signatures = POLICY_DAILY_SIGNATURES,
        .cancel = true,
        .multicall = CW_MULTICALL3,
        .calls = cw_arena_array(policy->arena, d->config->routes_n * (size_t)CALLS_MAX,
                                sizeof *chain->calls),
    };
    if (chain->name == NULL || chain->calls == NULL) {
        return NULL;
    }
    policy->chains_n++;
    return chain;
}

/* Gas limits are estimates and a fifth, of which max_gas bounds the estimate. */
static enum cw_err add_limits(const struct derive *d, const struct cw_config_route *route,
                              struct cw_sign_chain *chain) {
    const struct cw_config_policy *policy = &route->policy;
    struct cw_wei fee, budget;
    uint64_t gas = policy->max_gas;
    if (__builtin_add_overflow(gas, gas / 5 + 1, &gas) ||
        cw_u256_mul_u64(&fee.v, &chain->max_fee.v, gas) ||
        cw_u256_mul_u64(&budget.v, &policy->daily_fee_budget.v, BUDGET_TIMES) ||
        cw_u256_add(&chain->daily_fee_budget.v, &chain->daily_fee_budget.v, &budget.v)) {
        return too_large(d, route);
    }
    if (cw_u256_cmp(&fee.v, &chain->max_transaction_fee.v) > 0) {
        chain->max_transaction_fee = fee;
    }
    (void)cw_u256_div_u64(&chain->hourly_fee_budget.v, &chain->daily_fee_budget.v, 2);
    return CW_OK;
}

static enum cw_err add_call(const struct derive *d, const struct cw_step_call *step,
                            struct cw_sign_chain *chain) {
    struct cw_sign_call call = {step->to, cw_selector_of(step->signature), NULL};
    for (size_t i = 0; i < chain->calls_n; i++) {
        if (cw_addr20_equal(&chain->calls[i].to, &call.to) &&
            memcmp(chain->calls[i].selector.b, call.selector.b, sizeof call.selector.b) == 0) {
            return CW_OK;
        }
    }
    call.text = cw_arena_text(d->policy->arena, step->signature, strlen(step->signature));
    if (call.text == NULL) {
        return no_memory(d);
    }
    chain->calls[chain->calls_n++] = call;
    return CW_OK;
}

static enum cw_err add_calls(const struct derive *d, const struct cw_config_route *route,
                             const struct cw_step_call *steps, size_t n) {
    for (enum cw_side side = 0; side < CW_SIDES; side++) {
        const struct cw_config_chain *config = cw_config_side(d->config, route, side);
        struct cw_sign_chain *chain = NULL;
        for (size_t i = 0; i < n; i++) {
            if (steps[i].side != side) {
                continue;
            }
            bool first = chain == NULL;
            chain = first ? chain_of(d, config) : chain;
            if (chain == NULL) {
                return no_memory(d);
            }
            enum cw_err err = first ? add_limits(d, route, chain) : CW_OK;
            if (err == CW_OK) {
                err = add_call(d, &steps[i], chain);
            }
            if (err != CW_OK) {
                return err;
            }
        }
    }
    return CW_OK;
}

static enum cw_err add_route(const struct derive *d, const struct cw_config_route *route) {
    struct cw_step_call steps[CALLS_MAX];
    size_t n = 0;
    struct cw_adapter *adapter = NULL;
    enum cw_err err = cw_config_adapter(&adapter, d->config, route, d->error);
    if (err != CW_OK) {
        return cw_error_wrap(d->error, err, "route \"%s\"", route->name);
    }
    err = route->adapter->calls(adapter, steps, CW_COUNT(steps), &n);
    if (err != CW_OK) {
        err = cw_error_set(d->error, err, "route \"%s\" calls more functions than are counted here",
                           route->name);
    } else {
        err = add_calls(d, route, steps, n);
    }
    route->adapter->close(adapter);
    return err;
}

enum cw_err cw_sign_policy_derive(struct cw_sign_policy **ret, const struct cw_config *config,
                                  size_t signer, struct cw_error *error) {
    struct derive d = {policy_new(config->path), config, error};
    if (d.policy == NULL) {
        return no_memory(&d);
    }
    struct cw_sign_policy *policy = d.policy;
    policy->journal = "";
    policy->max_calldata = CW_SIGN_DATA_MAX;
    policy->max_requests = POLICY_REQUESTS;
    policy->chains = cw_arena_array(policy->arena, config->chains_n, sizeof *policy->chains);
    enum cw_err err = policy->chains != NULL ? CW_OK : no_memory(&d);
    assert(err != CW_OK || policy->chains != NULL);
    for (size_t i = 0; err == CW_OK && i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        if (relays_with(route, signer)) {
            err = add_route(&d, route);
        }
    }
    if (err == CW_OK && policy->chains_n == 0) {
        err = cw_error_set(error, CW_ERR_INPUT,
                           "signer \"%s\" has nothing to sign: no route relays with it",
                           config->signers[signer].name);
    }
    if (err != CW_OK) {
        cw_sign_policy_free(policy);
        return err;
    }
    *ret = policy;
    return CW_OK;
}

enum cw_err cw_sign_policy_of(struct cw_sign_policy **ret, const struct cw_config *config,
                              size_t signer, const char *path, struct cw_error *error) {
    const struct cw_config_signer *of = &config->signers[signer];
    struct cw_sign_policy *policy = NULL;
    if (path == NULL && of->policy_file[0] != '\0') {
        path = of->policy_file;
    }
    if (path == NULL) {
        return cw_sign_policy_derive(ret, config, signer, error);
    }
    enum cw_err err = cw_sign_policy_load(&policy, path, error);
    if (err == CW_OK && policy->has_key) {
        err = cw_error_set(error, CW_ERR_INPUT,
                           "%s: has a \"key\", and so has signer \"%s\" of %s: take one out", path,
                           of->name, config->path);
    }
    if (err != CW_OK) {
        cw_sign_policy_free(policy);
        return err;
    }
    *ret = policy;
    return CW_OK;
}
