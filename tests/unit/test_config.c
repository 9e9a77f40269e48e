/* The configuration: what is read, and what each mistake is answered with: where, and what to do.
 */
#include "core/config.h"
#include "core/config_fields.h"
#include "core/config_policy.h"
#include "core/config_tables.h"
#include "sign/keyfile.h"

#include "nth_malloc.h"
#include "temp.h"

#include <causeway/curve.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define PATH  "/etc/causeway/causeway.json"
#define KEY64 "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
/* of that key */
#define SIGNER "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"
#define PUBLIC_KEY                                                                                 \
    "0x4e3b81af9c2234cad09d679ce6035ed1392347ce64ce405f5dcd36228a25de6e47fd35c4215d1edf53e6f83de3" \
    "44615ce719bdb0fd878f6ed76f06dd277956de"

static const char base[] =
    "{\n"
    "    // comments are taken\n"
    "    \"data_dir\": \"data\",\n"
    "    \"log\": {\"level\": \"warn\", \"json\": true},\n"
    "    \"chains\": {\n"
    "        \"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://127.0.0.1:8545\"]},\n"
    "        \"l2\": {\"chain_id\": 901, \"endpoints\": [{\"url\": "
    "\"https://rpc.example.org/v1/secretpath\",\n"
    "            \"operator\": \"b\", \"max_rps\": 25}, \"http://user:secretpass@rpc.other.org\"]} "
    "/* and these */\n"
    "    },\n"
    "    \"signers\": {\"main\": {\"key_file\": \"keys/relayer.key\"}},\n"
    "    \"routes\": {\n"
    "        \"op\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": \"l2\", "
    "\"signer\": \"main\",\n"
    "            \"contracts\": {\"portal\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"},\n"
    "            \"policy\": {\"relay\": \"all\", \"max_gas\": 700000}\n"
    "        }\n"
    "    }\n"
    "}\n";

/* base with one part replaced; *ret_line and *ret_column (0: no marker) say where the replacement
 * has its marker '^', which is taken out. */
static char *with(const char *find, const char *replace, unsigned *ret_line, unsigned *ret_column) {
    const char *at = strstr(base, find);
    if (at == NULL)
        fail_msg("the base has no: %s", find);
    size_t before = (size_t)(at - base), n = sizeof base + strlen(replace) + 1;
    char *text = malloc(n);
    assert_non_null(text);
    snprintf(text, n, "%.*s%s%s", (int)before, base, replace, at + strlen(find));
    *ret_line = *ret_column = 0;
    char *mark = strchr(text, '^');
    if (mark != NULL) {
        *ret_line = *ret_column = 1;
        for (const char *p = text; p < mark; p++) {
            *ret_line += *p == '\n';
            *ret_column = *p == '\n' ? 1 : *ret_column + 1;
        }
        memmove(mark, mark + 1, strlen(mark));
    }
    return text;
}

static void parse__whole_configuration__every_value(void **state) {
    (void)state;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    if (cw_config_parse(&config, PATH, CW_LITERAL(base), &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_string_equal(config->path, PATH);
    assert_string_equal(config->data_dir, "/etc/causeway/data");
    assert_string_equal(config->log_level, "warn");
    assert_true(config->log_json);
    assert_int_equal(config->chains_n, 2);
    const struct cw_config_chain *l2 = &config->chains[1];
    assert_string_equal(l2->name, "l2");
    assert_int_equal(l2->chain_id, 901);
    assert_int_equal(l2->endpoints_n, 2);
    assert_string_equal(l2->endpoints[0].operator_, "b");
    assert_string_equal(l2->endpoints[1].operator_, "rpc.other.org:80");
    assert_string_equal(l2->endpoints[0].url, "https://rpc.example.org/v1/secretpath");
    assert_int_equal(l2->endpoints[0].max_rps, 25);
    assert_int_equal(l2->endpoints[1].max_rps, 0);
    assert_int_equal(l2->set_aside_s, 300);
    assert_int_equal(l2->poll_ms, 15000);
    assert_int_equal(l2->tx_gas_cap, 16777216);
    assert_int_equal(l2->max_head_pause_s, 600);
    assert_int_equal(l2->max_final_pause_s, 3600);
    uint64_t wei = 0;
    assert_false(cw_u256_to_u64(&wei, &l2->min_tip.v));
    assert_int_equal(wei, 1000000);
    assert_false(cw_u256_to_u64(&wei, &l2->max_fee.v));
    assert_true(wei == 300000000000u);
    assert_int_equal(config->signers_n, 1);
    assert_string_equal(config->signers[0].key_file, "/etc/causeway/keys/relayer.key");
    assert_string_equal(config->signers[0].key_env, "");
    assert_true(cw_u256_is_zero(&config->signers[0].low_funds.v));
    assert_int_equal(config->routes_n, 1);
    const struct cw_config_route *route = &config->routes[0];
    assert_string_equal(route->adapter->name, "opstack");
    assert_string_equal(route->adapter->direction, "withdrawal"); /* none is named */
    assert_int_equal(route->settlement, 0);
    assert_int_equal(route->execution, 1);
    assert_int_equal(route->signers_n, 1);
    assert_int_equal(route->signers[0], 0);
    assert_true(route->policy.relay_all);
    assert_false(route->policy.observe_only);
    assert_int_equal(route->policy.max_gas, 700000);
    assert_false(cw_u256_to_u64(&wei, &route->policy.daily_fee_budget.v));
    assert_true(wei == 500000000000000000u);
    assert_true(route->policy.replay);
    assert_int_equal(route->policy.keepalive_s, 0);
    assert_int_equal(route->policy.max_delivery_s, 0);
    assert_string_equal(route->policy.pause_tx_file, "");
    assert_int_equal(route->policy.pause_on, CW_PAUSE_ON_NEVER);
    assert_int_equal(route->policy.deadline_alerts_s.n, 3);
    assert_int_equal(route->policy.deadline_alerts_s.p[0], 172800);
    assert_int_equal(route->policy.deadline_alerts_s.p[2], 21600);
    const struct cw_addr20 *portal = (const void *)((const char *)route->contracts +
                                                    route->adapter->fields[0].offset);
    assert_int_equal(portal->b[0], 0x5a);
    cw_config_free(config);
}

static void parse__send_endpoints__in_order(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_error error = {0};
    char *text = with("\"chain_id\": 900,",
                      "\"chain_id\": 900, \"send\": [{\"url\": \"https://relay.org/secretpath\", "
                      "\"operator\": \"r\"}, \"https://other.org\"],",
                      &line, &column);
    struct cw_config *config = NULL;
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    const struct cw_config_chain *l1 = &config->chains[0];
    assert_int_equal(l1->endpoints_n, 1);
    assert_int_equal(l1->send_n, 2);
    assert_string_equal(l1->send[0].url, "https://relay.org/secretpath");
    assert_string_equal(l1->send[0].operator_, "r");
    assert_string_equal(l1->send[1].operator_, "other.org:443");
    assert_int_equal(config->chains[1].send_n, 0);
    cw_config_free(config);
    free(text);
}

static const struct cw_data_fee *data_fee_of(size_t chain, const char *find, const char *replace) {
    unsigned line, column;
    struct cw_error error = {0};
    char *text = with(find, replace, &line, &column);
    struct cw_config *config = NULL;
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    const struct cw_data_fee *ret = config->chains[chain].data_fee;
    cw_config_free(config);
    free(text);
    return ret;
}

static void parse__data_fee__as_written_or_of_the_stack(void **state) {
    (void)state;
    assert_null(data_fee_of(0, "900", "900"));
    assert_string_equal(data_fee_of(1, "900", "900")->name, "opstack");
    assert_null(data_fee_of(1, "\"chain_id\": 901", "\"chain_id\": 901, \"data_fee\": \"none\""));
    assert_string_equal(
        data_fee_of(1, "\"chain_id\": 901", "\"chain_id\": 901, \"data_fee\": \"nitro\"")->name,
        "nitro");
    assert_string_equal(
        data_fee_of(0, "\"chain_id\": 900", "\"chain_id\": 900, \"data_fee\": \"opstack\"")->name,
        "opstack");
}

static void parse__each_kind_of_signer__its_members(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_error error = {0};
    char *text = with("\"main\": {\"key_file\": \"keys/relayer.key\"}",
                      "\"main\": {\"keystore\": \"keys/a\", \"password_file\": \"/run/b\"},"
                      "\"env\": {\"key_env\": \"KEY\"},"
                      "\"json-rpc\": {\"web3signer\": \"http://a:9000\", \"address\": \"" SIGNER
                      "\"},"
                      "\"rest\": {\"web3signer\": \"http://a:9000\", \"address\": \"" SIGNER
                      "\", \"public_key\": \"" PUBLIC_KEY "\"}",
                      &line, &column);
    struct cw_config *config = NULL;
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_int_equal(config->signers_n, 4);
    const struct cw_config_signer *s = config->signers;
    assert_string_equal(s[0].keystore, "/etc/causeway/keys/a");
    assert_string_equal(s[0].password_file, "/run/b");
    assert_string_equal(s[0].key_file, "");
    assert_string_equal(s[1].key_env, "KEY");
    assert_string_equal(s[1].keystore, "");
    assert_string_equal(s[2].web3signer, "http://a:9000");
    assert_int_equal(s[2].address.b[0], 0x2c);
    assert_string_equal(s[2].public_key, "");
    assert_string_equal(s[3].public_key, PUBLIC_KEY);
    cw_config_free(config);
    free(text);
}

static void parse__no_relay__observes_without_a_signer(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    char *text = with("\"policy\": {\"relay\": \"all\", \"max_gas\": 700000}",
                      "\"policy\": {}, \"execution_start_block\": \"12\"", &line, &column);
    char *signer = strstr(text, ", \"signer\": \"main\"");
    memset(signer, ' ', strlen(", \"signer\": \"main\""));
    if (cw_config_parse(&config, "causeway.json", cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_true(config->routes[0].policy.observe_only);
    assert_int_equal(config->routes[0].signers_n, 0);
    assert_int_equal(config->routes[0].execution_start, 12);
    assert_string_equal(config->data_dir, "data"); /* beside a file in the working directory */
    cw_config_free(config);
    free(text);
}

static void parse__relay_lists__either_is_enough(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    char *text = with("\"relay\": \"all\"",
                      "\"relay\": {\"targets\": [\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\","
                      " \"0xFB6916095CA1DF60BB79CE92CE3EA74C37C5D359\"]}",
                      &line, &column);
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    const struct cw_config_policy *policy = &config->routes[0].policy;
    assert_false(policy->relay_all);
    assert_false(policy->observe_only);
    assert_int_equal(policy->relay.senders.n, 0);
    assert_int_equal(policy->relay.targets.n, 2);
    assert_int_equal(policy->relay.targets.p[1].b[0], 0xfb);
    cw_config_free(config);
    free(text);
}

static void parse__policy_for_what_expires__every_value(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    char *text = with("\"max_gas\": 700000",
                      "\"replay\": false, \"keepalive_s\": 7200, "
                      "\"deadline_alerts_s\": [3600, \"60\"]",
                      &line, &column);
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    static const char *const none[] = {NULL};
    struct cw_config_policy *policy = &config->routes[0].policy, other = *policy;
    assert_false(policy->replay);
    assert_int_equal(policy->keepalive_s, 7200);
    assert_int_equal(policy->deadline_alerts_s.n, 2);
    assert_int_equal(policy->deadline_alerts_s.p[1], 60);
    const uint64_t changed[] = {3600, 61};
    assert_null(cw_config_difference(&cw_config_shape_policy, policy, &other, none));
    other.deadline_alerts_s.p = changed;
    assert_string_equal(cw_config_difference(&cw_config_shape_policy, policy, &other, none),
                        "deadline_alerts_s");
    cw_config_free(config);
    free(text);
    text = with("\"max_gas\": 700000", "\"deadline_alerts_s\": []", &line, &column);
    assert_int_equal(cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error),
                     CW_OK);
    assert_int_equal(config->routes[0].policy.deadline_alerts_s.n, 0);
    cw_config_free(config);
    free(text);
}

/* --- mistakes --------------------------------------------------------------------------------- */

static const struct {
    const char *find, *replace, *says;
} mistakes[] = {
    /* syntax */
    {"\"data_dir\": \"data\",", "\"data_dir\": \"data\"", "4:5"},
    {"\"level\": \"warn\",", "\"level\": \"warn\", ^\"level\": \"info\",", "twice"},
    {"\"chain_id\": 900", "\"chain_id\": 0900", "6:"},
    {"// comments are taken", "# comments are taken", "2:5"},
    /* keys */
    {"\"data_dir\"", "^\"datadir\"", "did you mean \"data_dir\"?"},
    {"\"routes\": {", "^\"route\": {", "did you mean \"routes\"?"},
    {"\"json\": true", "^\"jsn\": true", "did you mean \"json\"?"},
    {"\"chain_id\": 900", "\"chain_id\": 900, ^\"max_head_pause\": 5", "\"max_head_pause_s\"?"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"max_final_pause_s\": ^-1", "max_final_pause_s"},
    {"\"max_gas\": 700000", "\"max_delivery_s\": ^0.5", "max_delivery_s"},
    {"\"max_gas\": 700000", "\"pause_tx_file\": \"p\", \"pause_on\": ^\"always\"",
     "never, confirmed"},
    {"\"max_gas\": 700000", "\"pause_on\": ^\"confirmed\"", "needs \"pause_tx_file\""},
    {"\"max_gas\": 700000",
     "\"pause_tx_file\": \"p\", \"pause_on\": ^\"confirmed\", \"hold_on_violation\": false",
     "needs \"hold_on_violation\""},
    {"\"chain_id\": 900", "\"chain_id\": 900, ^\"pol_ms\": 5000", "did you mean \"poll_ms\"?"},
    {"\"chain_id\": 900", "\"chain_id\": 900, ^\"lgo_range_max\": 5",
     "did you mean \"log_range_max\"?"},
    {"\"operator\"", "^\"operater\"", "did you mean \"operator\"?"},
    {"\"settlement\"", "^\"setlement\"", "did you mean \"settlement\"?"},
    {"\"portal\"", "^\"portl\"", "did you mean \"portal\"?"},
    {"\"max_gas\"", "^\"gas_max_of_it\"", "unknown key"},
    {"\"relay\": \"all\"", "^\"relays\": \"all\"", "did you mean \"relay\"?"},
    {"\"data_dir\": \"data\"", "^\"\\u001b[31m\": 1", "unknown key \"…\""},
    /* types */
    {"\"level\": \"warn\"", "\"level\": ^5", "\"level\" is number: it takes text"},
    {"\"json\": true", "\"json\": ^\"true\"", "true or false"},
    {"\"chain_id\": 900", "\"chain_id\": ^900.5", "whole number"},
    {"\"chain_id\": 900", "\"chain_id\": ^-900", "whole number"},
    {"\"chain_id\": 900", "\"chain_id\": ^null", "whole number"},
    {"\"chain_id\": 900", "\"chain_id\": ^\"0x384\"", "whole number"},
    {"[\"http://127.0.0.1:8545\"]", "^\"http://127.0.0.1:8545\"", "it takes a list"},
    {"[\"http://127.0.0.1:8545\"]", "[^8545]", "it takes a URL"},
    {"{\"level\": \"warn\", \"json\": true}", "^\"warn\"", "it takes an object"},
    {"\"signers\": {\"main\": {\"key_file\": \"keys/relayer.key\"}}", "\"signers\": ^[]",
     "object of named signers"},
    {"\"relay\": \"all\"", "\"relay\": ^true", "\"relay\" takes \"all\" or"},
    {"\"relay\": \"all\"", "\"relay\": ^\"everything\"", "\"relay\" takes \"all\" or"},
    {"\"relay\": \"all\"",
     "\"relay\": {\"senders\": ^\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"}",
     "a list of addresses"},
    {"\"relay\": \"all\"", "\"relay\": {\"senders\": [^7]}", "addresses as text"},
    /* values */
    {"\"level\": \"warn\"", "\"level\": ^\"wran\"", "did you mean \"warn\"?"},
    {"\"data_dir\": \"data\"", "\"data_dir\": ^\"\"", "is empty"},
    {"\"chain_id\": 900", "\"chain_id\": ^0", "it must be 1 to"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"poll_ms\": ^1", "it must be 50 to 600000"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"fee_percentile\": ^101", "it must be 0 to 100"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"quorum\": ^0", "it must be 1 to 64"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"quorum\": ^2", "can't be had from 1 operator:"},
    {"\"chain_id\": 901", "\"chain_id\": 901, \"quorum\": 2, \"simulate_pending\": ^true",
     "operators can't agree on their pools"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"set_aside_s\": ^0", "it must be 1 to 86400"},
    {"\"max_rps\": 25", "\"max_rps\": ^1000001", "it must be 0 to"},
    {"\"max_rps\": 25", "^\"max_rsp\": 25", "did you mean \"max_rps\"?"},
    {"\"chain_id\": 901", "\"chain_id\": 901, \"quorum\": ^3", "can't be had from 2 operators:"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"mode\": ^\"event\"", "did you mean \"events\"?"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"mode\": ^\"quorum\"",
     "set \"quorum\" to 2 or more"},
    {"\"chain_id\": 901", "\"chain_id\": ^900", "id 900 of chain \"l1\""},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"max_fee\": ^\"300 gwie\"", "wei, gwei or ether"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"max_fee\": ^300", "with its unit"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"min_tip\": ^\"0.0000000001 gwei\"", "9 decimals"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"min_tip\": ^\"400 gwei\"", "above \"max_fee\""},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"explorer\": ^\"ftp://e.org\"",
     "only http and https"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"explorer\": ^\"javascript:alert(1)\"", "not a URL"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"explorer\": ^\"etherscan.io\"", "not a URL"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"explorer\": ^\"https://e.org/?tx=\"",
     "no user, query or fragment"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"explorer\": ^\"https://me:secret@e.org\"",
     "no user, query or fragment"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"max_fee\": ^\"1 wei\"", "above \"max_fee\""},
    {"\"max_gas\": 700000", "\"max_gas\": ^20999", "it must be 21000 to"},
    {"\"max_gas\": 700000", "\"deadline_alerts_s\": [60, ^0]", "it must be 1 to"},
    {"\"max_gas\": 700000", "\"deadline_alerts_s\": [60, ^\"soon\"]", "a whole number"},
    {"\"max_gas\": 700000", "\"deadline_alerts_s\": ^60", "a list of whole numbers"},
    {"\"max_gas\": 700000",
     "\"deadline_alerts_s\": ^[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,"
     "1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]",
     "too long a list"},
    {"\"max_gas\": 700000", "\"daily_fee_budget\": ^\"1,5 ether\"", "wei, gwei or ether"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "^\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD\"", "wrong checksum"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "^\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAe\"", "40 hexadecimal digits"},
    {"\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"",
     "^\"0x0000000000000000000000000000000000000000\"", "zero address"},
    {"\"relay\": \"all\"",
     "\"relay\": {\"senders\": [\"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\", ^\"0x12\"]}",
     "no address"},
    {"\"relay\": \"all\"", "\"relay\": ^{}", "lists nothing"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"deny\": ^{}", "or leave it out"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"deny\": {\"ids\": [^\"0x12\"]}", "64 digits"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"deny\": {\"calldata\": [^\"0x1\"]}",
     "bytes as text"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"deny\": {\"calldata\": [^\"0x\"]}",
     "bytes as text"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"deny\": {\"calldata\": ^\"0x12\"}",
     "a list of bytes"},
    {"\"relay\": \"all\"", "\"relay\": \"all\", \"min_profit\": ^\"much\"", "a number as text"},
    {"\"chain_id\": 900", "\"chain_id\": 900, \"decimals\": ^37", "it must be 0 to 36"},
    {"\"log\"", "\"prices\": {\"ETH\": ^3000}, \"log\"", "a positive number as text"},
    {"\"log\"", "\"prices\": {\"ETH\": ^\"-1\"}, \"log\"", "a positive number as text"},
    {"\"log\"", "\"prices\": ^7, \"log\"", "an object such as"},
    {"\"signer\": \"main\"", "\"signers\": ^[]", "a list of names"},
    {"\"signer\": \"main\"", "\"signers\": ^\"main\"", "a list of names"},
    {"\"signer\": \"main\"", "\"signer\": \"main\", \"signers\": ^[\"main\"]", "in place of"},
    {"\"signer\": \"main\"", "\"signers\": [^7]", "takes names"},
    {"\"signer\": \"main\"", "\"signers\": [\"main\", ^\"mian\"]", "did you mean \"main\"?"},
    {"\"signer\": \"main\"", "\"signers\": [\"main\", ^\"main\"]", "listed twice"},
    {"\"key_file\": \"keys/relayer.key\"",
     "\"key_file\": \"keys/relayer.key\", \"foreign_nonce\": ^\"shfit\"", "hold or shift"},
    /* endpoints; what is secret in a URL is not repeated */
    {"[\"http://127.0.0.1:8545\"]", "^[]", "1 to 256 JSON-RPC URLs"},
    {", \"endpoints\": [\"http://127.0.0.1:8545\"]", "", "\"endpoints\" is missing"},
    {"\"http://127.0.0.1:8545\"", "^\"ws://127.0.0.1:8545\"", "http"},
    {"\"http://127.0.0.1:8545\"", "^\"127.0.0.1:8545\"", "http"},
    {"\"http://127.0.0.1:8545\"", "^\"http://\"", "endpoint 1"},
    {"\"http://127.0.0.1:8545\"", "^\"http:///secretpath\"", "without a host"},
    {"\"http://127.0.0.1:8545\"", "^\"http:/127.0.0.1:8545\"", "not a URL"},
    {"\"https://rpc.example.org/v1/secretpath\"", "^\"ftp://rpc.example.org/v1/secretpath\"",
     "http"},
    {"\"http://user:secretpass@rpc.other.org\"", "^\"https://rpc.example.org/v1/secretpath\"",
     "same as endpoint 1"},
    {"\"url\": \"https://rpc.example.org/v1/secretpath\",", "", "\"url\" is missing"},
    {"[\"http://127.0.0.1:8545\"]", "[\"http://127.0.0.1:8545\"], \"send\": ^[]",
     "\"send\" needs 1 to 256 JSON-RPC URLs"},
    {"[\"http://127.0.0.1:8545\"]", "[\"http://127.0.0.1:8545\"], \"send\": ^\"https://a.b\"",
     "\"send\" is string: it takes a list"},
    {"[\"http://127.0.0.1:8545\"]",
     "[\"http://127.0.0.1:8545\"], \"send\": [^\"ftp://a.b/secretpath\"]", "send endpoint 1: "},
    {"[\"http://127.0.0.1:8545\"]",
     "[\"http://127.0.0.1:8545\"], \"send\": [\"http://a.b/secretpath\", "
     "^\"http://a.b/secretpath\"]",
     "send endpoint 2 is the same as send endpoint 1"},
    {"\"chain_id\": 900,", "\"chain_id\": 900, \"data_fee\": ^\"opstak\",",
     "there is no such \"data_fee\": did you mean \"opstack\"?"},
    /* names */
    {"\"settlement\": \"l1\"", "\"settlement\": ^\"l11\"", "did you mean \"l1\"?"},
    {"\"execution\": \"l2\"", "\"execution\": ^\"optimism\"", "add it there"},
    {"\"execution\": \"l2\"", "\"execution\": ^\"l1\"", "the same chain"},
    {"\"signer\": \"main\"", "\"signer\": ^\"mian\"", "did you mean \"main\"?"},
    {", \"signer\": \"main\"", "", "needs a \"signer\""},
    {"\"stack\": \"opstack\"", "\"stack\": ^\"opstak\"", "did you mean \"opstack\"?"},
    {"\"stack\": \"opstack\"", "\"stack\": \"opstack\", \"direction\": ^\"withdrawl\"",
     "did you mean \"withdrawal\"?"},
    {"\"stack\": \"opstack\", ", "", "\"stack\" is missing"},
    {"\"settlement\": \"l1\", ", "", "\"settlement\" is missing"},
    {"\"portal\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"", "", "\"portal\" is missing"},
    {"\"op\": {", "^\"op legacy\": {", "letters, digits"},
    {"\"op\": {", "^\"\": {", "letters, digits"},
    {"\"chain_id\": 900, ", "", "\"chain_id\" is missing"},
    /* secrets: never repeated */
    {"\"key_file\": \"keys/relayer.key\"", "^\"key\": \"0x" KEY64 "\"", "no secret is read"},
    {"\"key_file\": \"keys/relayer.key\"", "^\"private_key\": \"" KEY64 "\"", "no secret is read"},
    {"\"key_file\": \"keys/relayer.key\"", "^\"mnemonic\": \"test test junk\"",
     "no secret is read"},
    {"\"key_file\": \"keys/relayer.key\"", "\"key_file\": ^\"0x" KEY64 "\"", "not the key itself"},
    {"\"key_file\": \"keys/relayer.key\"", "\"key_env\": ^\"" KEY64 "\"", "not the key itself"},
    {"\"key_file\": \"keys/relayer.key\"", "^\"" KEY64 "\": 1", "unknown key \"…\""},
    {"\"key_file\": \"keys/relayer.key\"", "^\"key_fiel\": \"a\"", "did you mean \"key_file\"?"},
    {"\"key_file\": \"keys/relayer.key\"", "\"key_env\": ^\"my key\"", "environment variable"},
    {"\"main\": {\"key_file\": \"keys/relayer.key\"}", "\"main\": ^{}",
     "\"key_file\", \"key_env\", \"keystore\", \"web3signer\" or \"socket\""},
    {"{\"key_file\": \"keys/relayer.key\"}", "^{\"key_file\": \"a\", \"key_env\": \"B\"}",
     "both \"key_file\" and \"key_env\": take one out"},
    {"{\"key_file\": \"keys/relayer.key\"}",
     "^{\"keystore\": \"a\", \"password_file\": \"b\", \"key_env\": \"B\"}",
     "both \"key_env\" and \"keystore\": take one out"},
    {"{\"key_file\": \"keys/relayer.key\"}",
     "^{\"web3signer\": \"http://a\", \"address\": \"" SIGNER "\", \"key_file\": \"B\"}",
     "both \"key_file\" and \"web3signer\": take one out"},
    {"{\"key_file\": \"keys/relayer.key\"}", "^{\"keystore\": \"a\"}",
     "\"keystore\" needs \"password_file\" beside it"},
    {"\"key_file\": \"keys/relayer.key\"", "\"key_file\": \"a\", \"password_file\": ^\"b\"",
     "\"password_file\" goes with \"keystore\" only"},
    {"\"key_file\": \"keys/relayer.key\"", "\"keystore\": ^\"" KEY64 "\"", "not the key itself"},
    {"\"key_file\": \"keys/relayer.key\"", "\"keystore\": \"a\", ^\"password\": \"hunter2\"",
     "no secret is read"},
    {"{\"key_file\": \"keys/relayer.key\"}", "^{\"web3signer\": \"http://a\"}",
     "\"web3signer\" needs \"address\" beside it"},
    {"\"key_file\": \"keys/relayer.key\"", "\"key_file\": \"a\", \"address\": ^\"" SIGNER "\"",
     "\"address\" goes with \"web3signer\" and \"socket\" only"},
    {"{\"key_file\": \"keys/relayer.key\"}", "^{\"socket\": \"a\"}",
     "\"socket\" needs \"address\" beside it"},
    {"{\"key_file\": \"keys/relayer.key\"}",
     "{\"socket\": \"a\", \"address\": \"" SIGNER "\", \"policy_file\": ^\"b\"}",
     "policy of a signer that runs apart is its own"},
    {"{\"key_file\": \"keys/relayer.key\"}",
     "{\"web3signer\": \"http://a\", \"address\": \"" SIGNER "\", \"policy_file\": ^\"b\"}",
     "a Web3Signer knows no"},
    {"\"key_file\": \"keys/relayer.key\"",
     "\"key_file\": \"a\", \"public_key\": ^\"" PUBLIC_KEY "\"",
     "\"public_key\" goes with \"web3signer\" only"},
    {"\"key_file\": \"keys/relayer.key\"",
     "\"web3signer\": ^\"ftp://a\", \"address\": \"" SIGNER "\"", "http"},
    {"\"key_file\": \"keys/relayer.key\"", "\"web3signer\": \"http://a\", \"address\": ^\"0x1234\"",
     "is no address"},
    {"\"key_file\": \"keys/relayer.key\"",
     "\"web3signer\": \"http://a\", \"address\": \"" SIGNER "\", \"public_key\": ^\"0x1234\"",
     "128 hexadecimal digits"},
    {"\"key_file\": \"keys/relayer.key\"",
     "\"web3signer\": \"http://a\", \"address\": \"0x1111111111111111111111111111111111111111\", "
     "\"public_key\": ^\"" PUBLIC_KEY "\"",
     "\"public_key\" is not that of the address"},
};

static void parse__mistakes__position_and_remedy(void **state) {
    (void)state;
    for (size_t i = 0; i < CW_COUNT(mistakes); i++) {
        unsigned line, column;
        char *text = with(mistakes[i].find, mistakes[i].replace, &line, &column);
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        enum cw_err err = cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error);
        free(text);
        if (err != CW_ERR_INPUT || config != NULL)
            fail_msg("taken: %s", mistakes[i].replace);
        char start[64];
        snprintf(start, sizeof start, "%s:%u:%u: ", PATH, line, column);
        if (line == 0)
            snprintf(start, sizeof start, "%s:", PATH);
        if (strncmp(error.text, start, strlen(start)) != 0)
            fail_msg("%s: not at %s: %s", mistakes[i].replace, start, error.text);
        if (strstr(error.text, mistakes[i].says) == NULL)
            fail_msg("%s: does not say \"%s\": %s", mistakes[i].replace, mistakes[i].says,
                     error.text);
        static const char *const secrets[] = {"4c0883a6", "secretpath", "secretpass", "junk",
                                              "\033"};
        for (size_t k = 0; k < CW_COUNT(secrets); k++)
            if (strstr(error.text, secrets[k]) != NULL)
                fail_msg("repeats a secret: %s", error.text);
        if (strlen(error.text) > 400)
            fail_msg("too long to be read: %s", error.text);
    }
    assert_true(CW_COUNT(mistakes) >= 30);
}

static void parse__cut_at_every_byte__refused(void **state) {
    (void)state;
    for (size_t n = 0; n + 2 < sizeof base; n++) {
        struct cw_config *config = NULL;
        struct cw_error error;
        assert_int_equal(cw_config_parse(&config, PATH, cw_slice_of(base, n), &error),
                         CW_ERR_INPUT);
    }
}

static void parse__nth_allocation_fails__memory_error_and_nothing_kept(void **state) {
    (void)state;
    for (unsigned long n = 1;; n++) {
        struct cw_config *config = NULL;
        struct cw_error error;
        nth_malloc_fail(n);
        enum cw_err err = cw_config_parse(&config, PATH, CW_LITERAL(base), &error);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (!failed) {
            assert_int_equal(err, CW_OK);
            cw_config_free(config);
            assert_true(n > 10);
            return;
        }
        if (err != CW_ERR_MEMORY)
            fail_msg("allocation %lu: code %d, %s", n, (int)err, error.text);
        assert_null(config);
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static void load__missing_directory_or_huge__says_so(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    struct cw_config *config = NULL;
    struct cw_error error;
    temp_make(&temp);
    temp_path(&temp, "none.json", path, sizeof path);
    assert_int_equal(cw_config_load(&config, path, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "--reference"));
    assert_int_equal(cw_config_load(&config, temp.dir, &error), CW_ERR_INPUT);
    char *huge = malloc(2u << 20);
    assert_non_null(huge);
    memset(huge, ' ', 2u << 20);
    temp_path(&temp, "huge.json", path, sizeof path);
    temp_write(path, huge, 2u << 20, 0600);
    free(huge);
    assert_int_equal(cw_config_load(&config, path, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "larger than"));
    temp_path(&temp, "good.json", path, sizeof path);
    temp_write(path, base, sizeof base - 1, 0600);
    assert_int_equal(cw_config_load(&config, path, &error), CW_OK);
    assert_int_equal(strncmp(config->data_dir, temp.dir, strlen(temp.dir)), 0);
    cw_config_free(config);
    temp_remove(&temp);
}

static void reference__as_printed__loads(void **state) {
    (void)state;
    struct cw_buf out;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    cw_buf_init(&out, 1u << 20);
    cw_config_reference(&out);
    assert_false(out.failed);
    if (cw_config_parse(&config, PATH, cw_buf_slice(&out), &error) != CW_OK)
        fail_msg("%s", error.text);
    assert_int_equal(config->chains_n, 2);
    assert_int_equal(config->routes_n, 1);
    /* every key of every table stands in it */
    const char *text = cw_buf_cstr(&out);
    static const struct cw_config_shape *const shapes[] = {
        &cw_config_shape_root,     &cw_config_shape_log,    &cw_config_shape_chain,
        &cw_config_shape_endpoint, &cw_config_shape_signer, &cw_config_shape_route,
        &cw_config_shape_policy,   &cw_config_shape_match};
    for (size_t i = 0; i < CW_COUNT(shapes); i++) {
        for (const struct cw_field *f = shapes[i]->fields; f->key != NULL; f++) {
            char quoted[64];
            snprintf(quoted, sizeof quoted, "\"%s\"", f->key);
            if (strstr(text, quoted) == NULL)
                fail_msg("%s is missing", f->key);
        }
        for (const struct cw_config_part *p = shapes[i]->parts; p != NULL && p->key != NULL; p++)
            assert_non_null(strstr(text, p->key));
    }
    cw_config_free(config);
    cw_buf_done(&out);
}

/* --- amounts and words ------------------------------------------------------------------------ */

static void fixed__texts__value_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool good;
        int64_t value;
    } cases[] = {
        {"0", true, 0},
        {"12", true, 12000000000},
        {"-0.5", true, -500000000},
        {"3000.000000001", true, 3000000000001},
        {"9223372036.854775807", true, INT64_MAX},
        {"9223372036.854775808", false, 0},
        {"0.0000000001", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {".5", false, 0},
        {"5.", false, 0},
        {"1.2.3", false, 0},
        {"+1", false, 0},
        {"1e3", false, 0},
        {" 1", false, 0},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        int64_t value = 0;
        if (cw_config_fixed(&value, cases[i].text) != cases[i].good ||
            (cases[i].good && value != cases[i].value))
            fail_msg("\"%s\"", cases[i].text);
    }
}

static void parse__policy_lists_and_prices__every_value(void **state) {
    (void)state;
    unsigned line, column;
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    char *text = with("\"relay\": \"all\"",
                      "\"relay\": {\"calldata\": [\"0xd0e30db0\"]}, \"deny\": {\"ids\": "
                      "[\"0x1100000000000000000000000000000000000000000000000000000000000022\"]}, "
                      "\"max_message_fee\": \"0.1 ether\", \"min_balance\": \"2 ether\", "
                      "\"min_profit\": \"-1.5\"",
                      &line, &column);
    if (cw_config_parse(&config, PATH, cw_slice_of(text, strlen(text)), &error) != CW_OK)
        fail_msg("%s", error.text);
    const struct cw_config_policy *policy = &config->routes[0].policy;
    assert_false(policy->observe_only);
    assert_int_equal(policy->relay.calldata.n, 1);
    assert_true(cw_slice_equal(policy->relay.calldata.p[0], CW_LITERAL("\xd0\xe3\x0d\xb0")));
    assert_int_equal(policy->deny.ids.n, 1);
    assert_int_equal(policy->deny.ids.p[0].p[31], 0x22);
    assert_string_equal(policy->min_profit, "-1.5");
    assert_int_equal(policy->min_balance.v.limb[0], 2000000000000000000u);
    assert_int_equal(policy->max_message_fee.v.limb[0], 100000000000000000u);
    cw_config_free(config);
    free(text);
}

static void difference__one_value__its_key(void **state) {
    (void)state;
    static const char *const none[] = {NULL}, *const symbol[] = {"symbol", NULL};
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    if (cw_config_parse(&config, PATH, CW_LITERAL(base), &error) != CW_OK)
        fail_msg("%s", error.text);
    struct cw_config_chain other = config->chains[0];
    const struct cw_config_shape *shape = &cw_config_shape_chain;
    assert_null(cw_config_difference(shape, &config->chains[0], &other, none));
    other.symbol = "POL";
    assert_string_equal(cw_config_difference(shape, &config->chains[0], &other, none), "symbol");
    assert_null(cw_config_difference(shape, &config->chains[0], &other, symbol));
    other.quorum++;
    assert_string_equal(cw_config_difference(shape, &config->chains[0], &other, symbol), "quorum");
    cw_config_free(config);
}

static void wei__texts__value_or_refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        bool ok;
        uint64_t wei;
    } cases[] = {
        {"0", true, 0},
        {"1", true, 1},
        {"12 wei", true, 12},
        {"1gwei", true, 1000000000},
        {"0.5 gwei", true, 500000000},
        {"0.000000001 gwei", true, 1},
        {"0.05 ether", true, 50000000000000000},
        {"1.25 ether", true, 1250000000000000000},
        {"0 ether", true, 0},
        {"0.0 ether", true, 0},
        {"", false, 0},
        {" ", false, 0},
        {"gwei", false, 0},
        {" gwei", false, 0},
        {"1 ", false, 0},
        {"1  gwei", false, 0},
        {"1.", false, 0},
        {".5 gwei", false, 0},
        {"1.2.3 gwei", false, 0},
        {"-1 gwei", false, 0},
        {"+1 gwei", false, 0},
        {"1e3 gwei", false, 0},
        {"0x10", false, 0},
        {"1 GWEI", false, 0},
        {"1 eth", false, 0},
        {"0.5 wei", false, 0},
        {"1 gwei ", false, 0},
        {"115792089237316195423570985008687907853269984665640564039457584007913129639936", false,
         0},
        {"99999999999999999999999999999999999999999999999999999999999999999999999999999 ether",
         false, 0},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_wei wei;
        uint64_t value = 0;
        struct cw_error error;
        enum cw_err err = cw_config_wei(&wei, cases[i].text, &error);
        if ((err == CW_OK) != cases[i].ok)
            fail_msg("\"%s\": %s", cases[i].text, err == CW_OK ? "taken" : error.text);
        if (err == CW_OK) {
            assert_false(cw_u256_to_u64(&value, &wei.v));
            assert_true(value == cases[i].wei);
        }
    }
    struct cw_wei max;
    assert_int_equal(
        cw_config_wei(
            &max, "115792089237316195423570985008687907853269984665640564039457584007913129639935",
            NULL),
        CW_OK);
}

/* Source: EIP-55, its own test cases. */
static void address__eip55_cases__taken_and_any_flip_refused(void **state) {
    (void)state;
    static const char *const cases[] = {
        "0x52908400098527886E0F7030069857D2E4169EE7", "0x8617E340B3D01FA5F11F306F4090FD50E238070D",
        "0xde709f2102306220921060314715629080e2fb77", "0x27b1fdb04752bbc536007a920d24acb045561c26",
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_addr20 address;
        struct cw_error error;
        assert_int_equal(cw_config_address(&address, cases[i], &error), CW_OK);
        for (size_t k = 2; i >= 4 && k < 42; k++) {
            char text[CW_HEX_SIZE(20)];
            snprintf(text, sizeof text, "%s", cases[i]);
            if (text[k] < 'A')
                continue;
            text[k] = (char)(text[k] ^ 0x20);
            assert_int_equal(cw_config_address(&address, text, &error), CW_ERR_INPUT);
        }
    }
}

static void nearest__words__the_near_one_or_none(void **state) {
    (void)state;
    static const char *const words[] = {"poll_ms", "max_fee", "min_tip", NULL};
    assert_string_equal(cw_config_nearest("pol_ms", words), "poll_ms");
    assert_string_equal(cw_config_nearest("mxa_fee", words), "max_fee");
    assert_string_equal(cw_config_nearest("mintip", words), "min_tip");
    assert_null(cw_config_nearest("endpoints", words));
    assert_null(cw_config_nearest("", words));
    char enormous[1000];
    memset(enormous, 'm', sizeof enormous - 1);
    enormous[sizeof enormous - 1] = 0;
    assert_null(cw_config_nearest(enormous, words));
}

/* --- keys ------------------------------------------------------------------------------------- */

static void secret__files__mode_and_content(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    temp_make(&temp);
    temp_path(&temp, "key", path, sizeof path);
    static const struct {
        const char *content;
        unsigned mode;
        bool ok;
        const char *says;
    } cases[] = {
        {KEY64, 0600, true, ""},
        {KEY64 "\n", 0400, true, ""},
        {"0x" KEY64 "\r\n", 0600, true, ""},
        {KEY64 "\n", 0640, false, "chmod 600"},
        {KEY64 "\n", 0604, false, "chmod 600"},
        {KEY64 "\n", 0620, false, "chmod 600"},
        {"", 0600, false, "empty"},
        {"0x\n", 0600, false, "empty"},
        {KEY64 "00", 0600, false, "64 hexadecimal digits"},
        {KEY64 "\n\n", 0600, false, "64 hexadecimal digits"},
        {" " KEY64, 0600, false, "64 hexadecimal digits"},
        {"0x4c0883a69102937d", 0600, false, "64 hexadecimal digits"},
        {"4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f36231g", 0600, false,
         "64 hexadecimal digits"},
        {"0000000000000000000000000000000000000000000000000000000000000000", 0600, false,
         "no valid key"},
        /* the order of the group and one below it */
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 0600, false,
         "no valid key"},
        {"fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140", 0600, true, ""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        (void)unlink(path);
        temp_write(path, cases[i].content, strlen(cases[i].content), cases[i].mode);
        struct cw_config_signer signer = {.name = "main", .key_file = path};
        struct cw_secret32 secret = {{0}};
        struct cw_error error = {0};
        enum cw_err err = cw_config_secret(&secret, &signer, &error);
        if ((err == CW_OK) != cases[i].ok)
            fail_msg("case %zu: %s", i, err == CW_OK ? "taken" : error.text);
        if (err == CW_OK) {
            assert_true(secret.b[0] == 0x4c || secret.b[0] == 0xff);
            continue;
        }
        assert_int_equal(secret.b[0], 0); /* untouched */
        assert_non_null(strstr(error.text, cases[i].says));
        assert_non_null(strstr(error.text, "signer \"main\""));
        assert_null(strstr(error.text, "4c0883"));
        assert_null(strstr(error.text, "baaedce6"));
    }
    struct cw_config_signer directory = {.name = "main", .key_file = temp.dir};
    struct cw_secret32 secret;
    struct cw_error error;
    assert_int_equal(cw_config_secret(&secret, &directory, &error), CW_ERR_INPUT);
    temp_remove(&temp);
}

static void secret__environment__read(void **state) {
    (void)state;
    struct cw_config_signer signer = {.name = "main",
                                      .key_file = "",
                                      .keystore = "",
                                      .web3signer = "",
                                      .key_env = "CAUSEWAY_TEST_KEY"};
    struct cw_secret32 secret;
    struct cw_error error;
    unsetenv("CAUSEWAY_TEST_KEY");
    assert_int_equal(cw_config_secret(&secret, &signer, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "CAUSEWAY_TEST_KEY is not set"));
    setenv("CAUSEWAY_TEST_KEY", "0x" KEY64, 1);
    assert_int_equal(cw_config_secret(&secret, &signer, &error), CW_OK);
    assert_int_equal(secret.b[31], 0x18);
    setenv("CAUSEWAY_TEST_KEY", KEY64 "1", 1);
    assert_int_equal(cw_config_secret(&secret, &signer, &error), CW_ERR_INPUT);
    assert_null(strstr(error.text, "4c0883"));
    unsetenv("CAUSEWAY_TEST_KEY");
}

/* Cheap to open: a test of what is read, not of scrypt. */
static void write_keystore(const char *path, const char *word) {
    static const struct cw_scrypt_cost cost = {2, 1, 1};
    static const struct cw_keystore_seed seed = {.salt = {1}};
    struct cw_secret32 secret;
    struct cw_keystore keystore;
    struct cw_password *password = cw_password_new();
    assert_int_equal(cw_hex_decode(secret.b, sizeof secret.b, "0x" KEY64, 66), CW_OK);
    memcpy(password->b, word, strlen(word));
    password->n = strlen(word);
    assert_int_equal(cw_keystore_seal(&keystore, &secret, password, &cost, &seed, NULL), CW_OK);
    assert_int_equal(cw_keyfile_create(path, &keystore, NULL), CW_OK);
    cw_password_free(password);
}

static void secret__keystore__opened_or_refused(void **state) {
    (void)state;
    struct temp temp;
    char keystore[300], password[300];
    temp_make(&temp);
    temp_path(&temp, "keystore", keystore, sizeof keystore);
    temp_path(&temp, "password", password, sizeof password);
    write_keystore(keystore, "hunter2");
    struct cw_config_signer signer = {
        .name = "main", .key_file = "", .keystore = keystore, .password_file = password};
    static const struct {
        const char *password;
        unsigned keystore_mode, password_mode;
        enum cw_err err;
        const char *says;
    } cases[] = {
        {"hunter2\n", 0600, 0600, CW_OK, NULL},
        {"hunter2\n", 0400, 0400, CW_OK, NULL},
        {"hunter3\n", 0600, 0600, CW_ERR_INPUT, ": wrong password"},
        {"hunter2\n", 0640, 0600, CW_ERR_INPUT, "keystore may be used by others (mode 640): chmod"},
        {"hunter2\n", 0600, 0604, CW_ERR_INPUT, "password may be used by others (mode 604): chmod"},
        {"", 0600, 0600, CW_ERR_INPUT, "password is empty"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_secret32 secret = {{0}};
        struct cw_error error = {0};
        (void)unlink(password);
        temp_write(password, cases[i].password, strlen(cases[i].password), cases[i].password_mode);
        assert_int_equal(chmod(keystore, cases[i].keystore_mode), 0);
        enum cw_err err = cw_config_secret(&secret, &signer, &error);
        if (err != cases[i].err)
            fail_msg("case %zu: %s", i, error.text);
        assert_int_equal(secret.b[0], err == CW_OK ? 0x4c : 0);
        if (err == CW_OK)
            continue;
        assert_non_null(strstr(error.text, cases[i].says));
        assert_non_null(strstr(error.text, "signer \"main\": "));
        assert_null(strstr(error.text, "hunter"));
    }
    temp_remove(&temp);
}

static void secret__web3signer__not_to_be_read(void **state) {
    (void)state;
    const struct cw_config_signer signer = {
        .name = "main", .key_file = "", .keystore = "", .web3signer = "http://127.0.0.1:9000"};
    struct cw_secret32 secret;
    struct cw_error error;
    assert_int_equal(cw_config_secret(&secret, &signer, &error), CW_ERR_INPUT);
    assert_string_equal(error.text,
                        "signer \"main\": its key is with a Web3Signer and can't be read");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__whole_configuration__every_value),
        cmocka_unit_test(parse__send_endpoints__in_order),
        cmocka_unit_test(parse__data_fee__as_written_or_of_the_stack),
        cmocka_unit_test(parse__each_kind_of_signer__its_members),
        cmocka_unit_test(parse__no_relay__observes_without_a_signer),
        cmocka_unit_test(parse__relay_lists__either_is_enough),
        cmocka_unit_test(parse__policy_for_what_expires__every_value),
        cmocka_unit_test(parse__mistakes__position_and_remedy),
        cmocka_unit_test(parse__cut_at_every_byte__refused),
        cmocka_unit_test(parse__nth_allocation_fails__memory_error_and_nothing_kept),
        cmocka_unit_test(load__missing_directory_or_huge__says_so),
        cmocka_unit_test(reference__as_printed__loads),
        cmocka_unit_test(fixed__texts__value_or_refused),
        cmocka_unit_test(parse__policy_lists_and_prices__every_value),
        cmocka_unit_test(difference__one_value__its_key),
        cmocka_unit_test(wei__texts__value_or_refused),
        cmocka_unit_test(address__eip55_cases__taken_and_any_flip_refused),
        cmocka_unit_test(nearest__words__the_near_one_or_none),
        cmocka_unit_test(secret__files__mode_and_content),
        cmocka_unit_test(secret__environment__read),
        cmocka_unit_test(secret__keystore__opened_or_refused),
        cmocka_unit_test(secret__web3signer__not_to_be_read),
    };
    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
