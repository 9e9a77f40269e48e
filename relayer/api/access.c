#include "api/access.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct cw_config_token *find_token(const struct cw_config_api *config,
                                                const char *text) {
    struct cw_hash32 hash;
    const struct cw_config_token *found = NULL;
    SHA256((const unsigned char *)text, strlen(text), hash.b);
    for (size_t i = 0; i < config->tokens_n; i++) /* all of them: how long it takes tells nothing */
        if (CRYPTO_memcmp(hash.b, config->tokens[i].sha256.b, sizeof hash.b) == 0)
            found = &config->tokens[i];
    return found;
}

/* Another site's page may have its own name point here, and read with the browser's help what is
 * shown without a token. */
static bool is_own_name(const struct cw_config_api *config, const char *host) {
    char name[256];
    uint8_t address[16];
    if (!host)
        return true;
    const bool v6 = host[0] == '[';
    const size_t n = v6 ? strcspn(host + 1, "]") : strcspn(host, ":");
    if (n >= sizeof name)
        return false;
    snprintf(name, sizeof name, "%.*s", (int)n, host + v6);
    for (size_t i = 0; i < config->hosts_n; i++)
        if (strcasecmp(config->hosts[i], name) == 0)
            return true;
    return strcasecmp(name, "localhost") == 0 ||
           inet_pton(v6 ? AF_INET6 : AF_INET, name, address) == 1;
}

bool cw_api_identify(struct cw_api_call *call, const struct cw_config_api *config,
                     const char *authorization, const char *host) {
    if (!authorization) {
        call->role = config->anonymous;
        if (config->anonymous == CW_API_NOBODY || is_own_name(config, host))
            return true;
        cw_api_problem(call, 421,
                       "not asked by this name without a token: list it as one of \"hosts\"");
        return false;
    }
    const struct cw_config_token *token = strncasecmp(authorization, "Bearer ", 7) == 0
                                              ? find_token(config, authorization + 7)
                                              : NULL;
    if (!token) {
        cw_api_problem(call, 401, "no such token: it goes as \"Authorization: Bearer TOKEN\"");
        return false;
    }
    call->role = token->role;
    call->who = token->name;
    return true;
}

const char *cw_api_origin(const struct cw_config_api *config, const char *origin) {
    for (size_t i = 0; origin && i < config->origins_n; i++)
        if (strcmp(config->origins[i], origin) == 0)
            return config->origins[i];
    return NULL;
}
