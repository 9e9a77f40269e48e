/* The signers of the configuration, as far as a route relays with them. No key is in this process:
 * each is in one of its own, started here or apart, or with a Web3Signer. */
#include "work/internal.h"

#include "sign/client.h"
#include "sign/web3signer.h"

#include <stdlib.h>
#include <string.h>

#define REMOTE_MS 30000u /* for a signature of a Web3Signer */

static bool is_used(const struct cw_relay *relay, size_t signer) {
    for (size_t i = 0; i < relay->config->routes_n; i++) {
        const struct cw_config_route *route = &relay->config->routes[i];
        for (size_t k = 0; k < route->signers_n; k++)
            if (route->signers[k] == signer && !route->policy.observe_only)
                return true;
    }
    return false;
}

static enum cw_err open_one(struct cw_relay *relay, const struct cw_config_signer *config,
                            struct cw_signer **ret, struct cw_error *error) {
    if (config->web3signer[0] != '\0') {
        const struct cw_web3signer_config remote = {.loop = relay->loop,
                                                    .url = config->web3signer,
                                                    .address = config->address,
                                                    .public_key = config->public_key,
                                                    .deadline_ms = REMOTE_MS};
        return cw_signer_web3signer(ret, &remote, error);
    }
    struct cw_client_config client = {
        .loop = relay->loop,
        .name = config->name,
        .address = config->address,
        .program = relay->options.program,
        .config = relay->config->path,
        .variable = config->key_env,
    };
    if (config->socket[0] != '\0')
        client.socket = config->socket;
    return cw_signer_client(ret, &client, error);
}

enum cw_err signers_open(struct cw_relay *relay, struct cw_error *error) {
    const struct cw_config *config = relay->config;
    relay->signers = calloc(config->signers_n + 1, sizeof *relay->signers);
    if (!relay->signers)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    if (relay->options.dry_run || relay->options.role == CW_ROLE_MONITOR)
        return CW_OK;
    for (size_t i = 0; i < config->signers_n; i++) {
        enum cw_err err = is_used(relay, i) ? open_one(relay, &config->signers[i],
                                                       &relay->signers[i].signer, error)
                                            : CW_OK;
        if (err != CW_OK)
            return err;
    }
    return CW_OK;
}

void signers_renew(struct cw_relay *relay) {
    for (size_t i = 0; i < relay->config->signers_n; i++) {
        const struct cw_config_signer *config = &relay->config->signers[i];
        struct cw_signer *signer = relay->signers[i].signer;
        bool is_ours = config->socket[0] == '\0' && config->web3signer[0] == '\0';
        if (!signer || !is_ours)
            continue;
        /* It may be back before the next tick, and some wait for that. */
        relay->signers[i].gone = cw_signer_client_renew(signer);
        if (!relay->signers[i].gone)
            cw_log(CW_LOG_WARN, config->name,
                   "this signer goes on under the policy that it has: its key came in %s, which is "
                   "wiped",
                   config->key_env);
    }
}

void signers_close(struct cw_relay *relay) {
    for (size_t i = 0; relay->signers && i < relay->config->signers_n; i++)
        cw_signer_free(relay->signers[i].signer);
    free(relay->signers);
}

/* What waited for it is looked at again. */
static void is_back(struct cw_relay *relay, size_t signer) {
    for (size_t i = 0; i < relay->routes_n; i++) {
        const struct cw_config_route *route = relay->routes[i].config;
        for (size_t k = 0; k < route->signers_n; k++)
            if (route->signers[k] == signer)
                route_wake(&relay->routes[i], CW_WAKE_DATE);
    }
}

void signers_look(struct cw_relay *relay) {
    for (size_t i = 0; i < relay->config->signers_n; i++) {
        struct signer_slot *slot = &relay->signers[i];
        bool gone = slot->signer && cw_signer_trouble(slot->signer)[0] != '\0';
        if (slot->gone && !gone)
            is_back(relay, i);
        slot->gone = gone;
    }
}

const char *signers_trouble(const struct chain *chain) {
    const struct cw_relay *relay = chain->relay;
    for (size_t i = 0; i < relay->lanes_n; i++) {
        const struct lane_slot *lane = &relay->lanes[i];
        const struct cw_signer *signer = relay->signers[lane->signer_index].signer;
        if (lane->chain == chain && signer && cw_signer_trouble(signer)[0] != '\0')
            return cw_signer_trouble(signer);
    }
    return "";
}
