/* The configuration: any bytes are either refused with a text that starts with the path, or give a
 * configuration whose parts fit together. */
#include "core/config.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_signer(const struct cw_config_signer *signer) {
    int places = (signer->key_file[0] != 0) + (signer->key_env[0] != 0) +
                 (signer->keystore[0] != 0) + (signer->web3signer[0] != 0);
    assert(places == 1);
    (void)places;
    assert((signer->keystore[0] != 0) == (signer->password_file[0] != 0));
    assert((signer->web3signer[0] != 0) == !cw_addr20_is_zero(&signer->address));
    assert(signer->public_key[0] == 0 || signer->web3signer[0] != 0);
}

static void check(const struct cw_config *config) {
    assert(config->data_dir[0] != 0 && config->chains_n > 0 && config->routes_n > 0);
    for (size_t i = 0; i < config->chains_n; i++) {
        const struct cw_config_chain *chain = &config->chains[i];
        assert(chain->endpoints_n > 0 && chain->chain_id > 0);
        assert(cw_u256_cmp(&chain->min_tip.v, &chain->max_fee.v) <= 0);
        for (size_t k = 0; k < chain->endpoints_n; k++)
            assert(chain->endpoints[k].operator_[0] != 0);
    }
    for (size_t i = 0; i < config->signers_n; i++)
        check_signer(&config->signers[i]);
    for (size_t i = 0; i < config->routes_n; i++) {
        const struct cw_config_route *route = &config->routes[i];
        assert(route->adapter != NULL && route->contracts != NULL);
        assert(route->settlement < config->chains_n && route->execution < config->chains_n);
        assert(route->settlement != route->execution);
        assert(route->policy.observe_only || route->signers_n > 0);
        for (size_t k = 0; k < route->signers_n; k++)
            assert(route->signers[k] < config->signers_n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    if (cw_config_parse(&config, "dir/f.json", cw_slice_of(data, size), &error) == CW_OK) {
        check(config);
        cw_config_free(config);
    } else {
        assert(config == NULL && error.code != CW_OK);
        assert(strncmp(error.text, "dir/f.json:", 11) == 0);
    }
    return 0;
}
