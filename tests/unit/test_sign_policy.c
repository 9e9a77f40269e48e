/* Policies of a signer: read from a file, derived from a configuration, printed. */
#include "sign/policy.h"

#include "nth_malloc.h"
#include "temp.h"
#include "tx/multicall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static const char base[] =
    "{\n"
    "    \"journal\": \"main.journal\", // beside this file\n"
    "    \"allow_uid\": [998, 0],\n"
    "    \"chains\": {\n"
    "        \"l1\": {\n"
    "            \"chain_id\": 900, \"max_fee\": \"300 gwei\", \"max_transaction_fee\": "
    "\"0.36 ether\",\n"
    "            \"hourly_fee_budget\": \"1 ether\", \"daily_fee_budget\": \"2.5 ether\",\n"
    "            \"multicall\": \"0xcA11bde05977b3631167028862bE2a173976CA11\",\n"
    "            \"contracts\": [\n"
    "                {\"address\": \"0x1111111111111111111111111111111111111111\",\n"
    "                 \"calls\": [\"finalize(uint256,(bytes32,address)[])\", \"0x01020304\"]},\n"
    "                {\"address\": \"0x2222222222222222222222222222222222222222\",\n"
    "                 \"calls\": [\"prove()\"]}\n"
    "            ]\n"
    "        }\n"
    "    }\n"
    "}\n";

static char *with(const char *find, const char *replace) {
    const char *at = strstr(base, find);
    if (at == NULL) {
        fail_msg("the base has no: %s", find);
    }
    size_t n = sizeof base + strlen(replace) + 1;
    char *text = malloc(n);
    assert_non_null(text);
    snprintf(text, n, "%.*s%s%s", (int)(at - base), base, replace, at + strlen(find));
    return text;
}

static struct cw_sign_policy *parse(const char *text) {
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    if (cw_sign_policy_parse(&policy, "/etc/p.json", cw_slice_of(text, strlen(text)), &error) !=
        CW_OK) {
        fail_msg("%s", error.text);
    }
    return policy;
}

static void assert_wei(const struct cw_wei *wei, const char *text) {
    char is[CW_U256_DEC_SIZE];
    assert_string_equal(cw_u256_to_dec(is, &wei->v), text);
}

static void parse__a_policy__every_value(void **state) {
    (void)state;
    struct cw_sign_policy *policy = parse(base);
    assert_string_equal(policy->journal, "/etc/main.journal");
    assert_int_equal(policy->uids_n, 2);
    assert_int_equal(policy->uids[0], 998);
    assert_int_equal(policy->uids[1], 0);
    assert_int_equal(policy->max_calldata, 262144);
    assert_int_equal(policy->max_requests, 200);
    assert_int_equal(policy->chains_n, 1);
    const struct cw_sign_chain *chain = cw_sign_policy_chain(policy, 900);
    assert_non_null(chain);
    assert_null(cw_sign_policy_chain(policy, 1));
    assert_string_equal(chain->name, "l1");
    assert_wei(&chain->max_fee, "300000000000");
    assert_wei(&chain->max_transaction_fee, "360000000000000000");
    assert_wei(&chain->hourly_fee_budget, "1000000000000000000");
    assert_wei(&chain->daily_fee_budget, "2500000000000000000");
    assert_wei(&chain->max_value, "0");
    assert_int_equal(chain->hourly_signatures, 3600);
    assert_int_equal(chain->daily_signatures, 36000);
    assert_true(chain->cancel);
    assert_true(cw_addr20_equal(&chain->multicall, &CW_MULTICALL3));
    assert_int_equal(chain->calls_n, 3);
    struct cw_selector selector = cw_selector_of("finalize(uint256,(bytes32,address)[])");
    assert_memory_equal(chain->calls[0].selector.b, selector.b, 4);
    assert_memory_equal(chain->calls[1].selector.b, "\x01\x02\x03\x04", 4);
    assert_int_equal(chain->calls[1].to.b[0], 0x11);
    assert_int_equal(chain->calls[2].to.b[0], 0x22);
    cw_sign_policy_free(policy);
}

static void parse__a_key__where_it_is(void **state) {
    (void)state;
    char *text = with("\"allow_uid\"", "\"key\": {\"keystore\": \"a.json\", \"password_file\": "
                                       "\"/run/p\"}, \"allow_uid\"");
    struct cw_sign_policy *policy = parse(text);
    for (unsigned round = 0; round < 2; round++) {
        assert_true(policy->has_key);
        assert_string_equal(policy->key.keystore, "/etc/a.json");
        assert_string_equal(policy->key.password_file, "/run/p");
        struct cw_buf printed;
        cw_buf_init(&printed, 1u << 20);
        cw_sign_policy_print(&printed, policy);
        cw_sign_policy_free(policy);
        policy = parse(cw_buf_cstr(&printed));
        cw_buf_done(&printed);
    }
    cw_sign_policy_free(policy);
    free(text);
}

static void parse__mistakes__refused_with_their_place(void **state) {
    (void)state;
    static const struct {
        const char *find, *replace, *text;
    } cases[] = {
        {"\"journal\"", "\"jurnal\"", "/etc/p.json:2:5: the policy: unknown key \"jurnal\""},
        {"\"max_fee\"", "\"max_fees\"", "did you mean \"max_fee\""},
        {"\"chain_id\": 900, ", "", "\"chain_id\" is missing"},
        {"\"max_transaction_fee\": \"0.36 ether\",\n", "", "\"max_transaction_fee\" is missing"},
        {"\"hourly_fee_budget\": \"1 ether\",", "", "\"hourly_fee_budget\" is missing"},
        {"\"2.5 ether\"", "2", "is number: it takes an amount"},
        {"\"chain_id\": 900,", "\"chain_id\": 0,", "must be 1 to"},
        {"[998, 0]", "[4294967295]", "/etc/p.json:3:19: \"allow_uid\" takes numbers"},
        {"[998, 0]", "[-1]", "takes numbers of users"},
        {"[998, 0]", "\"root\"", "takes a list"},
        {"\"prove()\"", "\"prove\"", "takes signatures"},
        {"\"prove()\"", "\"prove(uint256 x)\"", "takes signatures"},
        {"\"prove()\"", "\"prove(()\"", "takes signatures"},
        {"\"prove()\"", "\"prove())(\"", "takes signatures"},
        {"\"prove()\"", "\"prove()()\"", "takes signatures"},
        {"\"prove()\"", "\"\"", "takes signatures"},
        {"\"prove()\"", "\"0x010203\"", "takes signatures"},
        {"\"prove()\"", "\"0x0102030405\"", "takes signatures"},
        {"\"prove()\"", "1", "takes signatures"},
        {"[\"prove()\"]", "[]", "needs at least one function"},
        {"[\"prove()\"]", "\"prove()\"", "needs at least one function"},
        {"\"0x01020304\"", "\"finalize(uint256,(bytes32,address)[])\"", "named twice"},
        {"0x2222222222222222222222222222222222222222", "0x0000000000000000000000000000000000000000",
         "zero address"},
        {"0x2222222222222222222222222222222222222222", "0xcA11bde05977b3631167028862bE2a173976CA11",
         "is the \"multicall\""},
        {"{\n        \"l1\": {", "{\n        \"l 1\": {", "needs a name"},
        {"        \"l1\": {",
         "        \"l0\": {\"chain_id\": 900, \"max_fee\": \"1 wei\", \"max_transaction_fee\": \"1 "
         "wei\", \"hourly_fee_budget\": \"1 wei\", \"daily_fee_budget\": \"1 wei\", "
         "\"contracts\": []},\n        \"l1\": {",
         "has the id 900 of chain \"l0\""},
        {"\"allow_uid\"", "\"key\": {}, \"allow_uid\"", "key: needs \"key_file\""},
        {"\"allow_uid\"", "\"key\": {\"key_file\": \"a\", \"key_env\": \"B\"}, \"allow_uid\"",
         "take one out"},
        {"\"allow_uid\"",
         "\"key\": {\"socket\": \"a\", \"address\": "
         "\"0x1111111111111111111111111111111111111111\"}, \"allow_uid\"",
         "needs the key itself"},
        {"\"allow_uid\"", "\"key\": {\"key_file\": \"a\", \"policy_file\": \"b\"}, \"allow_uid\"",
         "needs the key itself"},
        {"\"contracts\": [\n", "\"contracts\": 1, \"x\": [\n", "unknown key \"x\""},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_sign_policy *policy = NULL;
        struct cw_error error = {CW_OK, ""};
        char *text = with(cases[i].find, cases[i].replace);
        enum cw_err err = cw_sign_policy_parse(&policy, "/etc/p.json",
                                               cw_slice_of(text, strlen(text)), &error);
        if (err != CW_ERR_INPUT || strstr(error.text, cases[i].text) == NULL ||
            strncmp(error.text, "/etc/p.json:", 12) != 0) {
            fail_msg("case %zu: %s, \"%s\"", i, cw_err_name(err), error.text);
        }
        assert_null(policy);
        free(text);
    }
    static const char none[] = "{\"chains\": {}}";
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    assert_int_equal(cw_sign_policy_parse(&policy, "p", CW_LITERAL(none), &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "needs at least one chain"));
}

static void load__a_file_that_others_can_change__refused(void **state) {
    (void)state;
    struct temp temp;
    char path[512];
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    temp_make(&temp);
    temp_path(&temp, "policy.json", path, sizeof path);
    assert_int_equal(cw_sign_policy_load(&policy, path, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "--print-policy"));
    temp_write(path, base, sizeof base - 1, 0644);
    assert_int_equal(cw_sign_policy_load(&policy, path, &error), CW_OK);
    cw_sign_policy_free(policy);
    policy = NULL;
    static const mode_t modes[] = {0664, 0646};
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        assert_int_equal(chmod(path, modes[i]), 0);
        assert_int_equal(cw_sign_policy_load(&policy, path, &error), CW_ERR_INPUT);
        assert_non_null(strstr(error.text, "chmod go-w"));
    }
    assert_int_equal(chmod(path, 0600), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 65534, 65534), 0);
        assert_int_equal(cw_sign_policy_load(&policy, path, &error), CW_ERR_INPUT);
        assert_non_null(strstr(error.text, "belongs to another user"));
    }
    assert_null(policy);
    temp_remove(&temp);
}

/* --- printed ---------------------------------------------------------------------------------- */

static void assert_same_policy(const struct cw_sign_policy *a, const struct cw_sign_policy *b) {
    struct cw_hash32 da, db;
    assert_int_equal(cw_sign_policy_digest(&da, a), CW_OK);
    assert_int_equal(cw_sign_policy_digest(&db, b), CW_OK);
    assert_true(cw_hash32_equal(&da, &db));
    assert_string_equal(a->journal, b->journal);
    assert_int_equal(a->uids_n, b->uids_n);
    assert_int_equal(a->max_requests, b->max_requests);
}

static void print__a_policy__loads_as_the_same(void **state) {
    (void)state;
    static const char *const amounts[] = {"1 wei",          "999 wei",        "1 gwei",
                                          "999999 gwei",    "0.001 ether",    "1.5 ether",
                                          "10000000 ether", "1000000001 wei", "0 wei"};
    for (size_t i = 0; i < CW_COUNT(amounts); i++) {
        char value[64];
        snprintf(value, sizeof value, "\"max_value\": \"%s\", \"max_fee\"", amounts[i]);
        char *text = with("\"max_fee\"", value);
        struct cw_sign_policy *policy = parse(text);
        struct cw_buf printed;
        cw_buf_init(&printed, 1u << 20);
        cw_sign_policy_print(&printed, policy);
        struct cw_sign_policy *again = parse(cw_buf_cstr(&printed));
        assert_same_policy(policy, again);
        assert_int_equal(cw_u256_cmp(&policy->chains[0].max_value.v, &again->chains[0].max_value.v),
                         0);
        cw_sign_policy_free(again);
        cw_sign_policy_free(policy);
        cw_buf_done(&printed);
        free(text);
    }
}

/* What decides is in the digest, what does not is not. */
static void digest__any_rule__changes_it(void **state) {
    (void)state;
    static const struct {
        const char *find, *replace;
        bool same;
    } cases[] = {
        {"\"prove()\"", "\"proved()\"", false},
        {"0x2222222222222222222222222222222222222222", "0x2222222222222222222222222222222222222223",
         false},
        {"900", "901", false},
        {"300 gwei", "301 gwei", false},
        {"0.36", "0.37", false},
        {"\"1 ether\"", "\"1.1 ether\"", false},
        {"2.5", "2.6", false},
        {"\"multicall\": \"0xcA11bde05977b3631167028862bE2a173976CA11\",", "", false},
        {"\"max_fee\"", "\"max_value\": \"1 wei\", \"max_fee\"", false},
        {"\"max_fee\"", "\"cancel\": false, \"max_fee\"", false},
        {"\"max_fee\"", "\"hourly_signatures\": 1, \"max_fee\"", false},
        {"\"max_fee\"", "\"daily_signatures\": 1, \"max_fee\"", false},
        {"\"allow_uid\"", "\"max_calldata\": 1000, \"allow_uid\"", false},
        {"[998, 0]", "[998]", true},
        {"main.journal", "other.journal", true},
        {"// beside this file", "", true},
    };
    struct cw_hash32 first;
    struct cw_sign_policy *policy = parse(base);
    assert_int_equal(cw_sign_policy_digest(&first, policy), CW_OK);
    cw_sign_policy_free(policy);
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_hash32 digest;
        char *text = with(cases[i].find, cases[i].replace);
        policy = parse(text);
        assert_int_equal(cw_sign_policy_digest(&digest, policy), CW_OK);
        if (cw_hash32_equal(&digest, &first) != cases[i].same) {
            fail_msg("case %zu", i);
        }
        cw_sign_policy_free(policy);
        free(text);
    }
}

/* --- derived ---------------------------------------------------------------------------------- */

#define ROUTE(name, execution, portal, signer, policy)                                             \
    "\"" name "\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": \"" execution   \
    "\", \"signer\": \"" signer "\", \"contracts\": {\"portal\": \"" portal                        \
    "\"}, \"policy\": " policy "}"
#define PORTAL1 "0x1111111111111111111111111111111111111111"
/* proving, of two forms, and finalizing, of two */
#define PORTAL_CALLS 4
#define PORTAL2      "0x2222222222222222222222222222222222222222"

static const char config_text[] =
    "{\"chains\": {"
    "\"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://a\"], \"max_fee\": \"100 gwei\"},"
    "\"l2\": {\"chain_id\": 901, \"endpoints\": [\"http://b\"]},"
    "\"l3\": {\"chain_id\": 902, \"endpoints\": [\"http://c\"]}},"
    "\"signers\": {\"main\": {\"key_file\": \"a\"}, \"other\": {\"key_file\": \"b\"},"
    "\"idle\": {\"key_file\": \"c\"}},"
    "\"routes\": {" ROUTE(
        "one", "l2", PORTAL1, "main",
        "{\"relay\": \"all\", \"max_gas\": 1000000, \"daily_fee_budget\": \"0.5 "
        "ether\"}") "," ROUTE("two", "l3", PORTAL2, "main",
                              "{\"relay\": \"all\", \"max_gas\": 500000, "
                              "\"daily_fee_budget\": \"0.25 ether\"}") "," ROUTE("three", "l3",
                                                                                 PORTAL2, "other",
                                                                                 "{\"relay\": "
                                                                                 "\"all\"}") "," ROUTE("watched",
                                                                                                       "l3",
                                                                                                       PORTAL1,
                                                                                                       "idle",
                                                                                                       "{}") "}}";

static struct cw_config *config_of(const char *text) {
    struct cw_config *config = NULL;
    struct cw_error error;
    if (cw_config_parse(&config, "dir/c.json", cw_slice_of(text, strlen(text)), &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
    return config;
}

static void derive__two_routes__their_calls_and_limits(void **state) {
    (void)state;
    struct cw_config *config = config_of(config_text);
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    assert_int_equal(cw_sign_policy_derive(&policy, config, 0, &error), CW_OK);
    assert_int_equal(policy->chains_n, 1);
    const struct cw_sign_chain *chain = &policy->chains[0];
    assert_string_equal(chain->name, "l1");
    assert_int_equal(chain->chain_id, 900);
    assert_wei(&chain->max_fee, "100000000000");
    assert_wei(&chain->max_transaction_fee, "120000100000000000"); /* 1200001 gas */
    assert_wei(&chain->daily_fee_budget, "3000000000000000000");
    assert_wei(&chain->hourly_fee_budget, "1500000000000000000");
    assert_wei(&chain->max_value, "0");
    assert_true(chain->cancel);
    assert_true(cw_addr20_equal(&chain->multicall, &CW_MULTICALL3));
    assert_int_equal(chain->calls_n, 2 * PORTAL_CALLS);
    for (size_t i = 0; i < chain->calls_n; i++) {
        assert_int_equal(chain->calls[i].to.b[0], i < PORTAL_CALLS ? 0x11 : 0x22);
    }
    /* what is printed of it is a policy file */
    struct cw_buf printed;
    cw_buf_init(&printed, 1u << 20);
    cw_sign_policy_print(&printed, policy);
    struct cw_sign_policy *again = parse(cw_buf_cstr(&printed));
    assert_same_policy(policy, again);
    cw_sign_policy_free(again);
    cw_buf_done(&printed);
    cw_sign_policy_free(policy);
    policy = NULL;
    assert_int_equal(cw_sign_policy_derive(&policy, config, 1, &error), CW_OK);
    assert_int_equal(policy->chains[0].calls_n, PORTAL_CALLS);
    assert_int_equal(policy->chains[0].calls[0].to.b[0], 0x22);
    cw_sign_policy_free(policy);
    cw_config_free(config);
}

static void of__a_signer__its_file_or_what_its_routes_need(void **state) {
    (void)state;
    struct temp temp;
    char path[512];
    temp_make(&temp);
    temp_path(&temp, "p.json", path, sizeof path);
    temp_write(path, base, sizeof base - 1, 0600);
    struct cw_config *config = config_of(config_text);
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    assert_int_equal(cw_sign_policy_of(&policy, config, 0, NULL, &error), CW_OK);
    assert_int_equal(policy->chains[0].calls_n, 2 * PORTAL_CALLS);
    cw_sign_policy_free(policy);
    config->signers[0].policy_file = path;
    assert_int_equal(cw_sign_policy_of(&policy, config, 0, NULL, &error), CW_OK);
    assert_int_equal(policy->chains[0].calls_n, 3);
    cw_sign_policy_free(policy);
    config->signers[0].policy_file = "/nonexistent";
    assert_int_equal(cw_sign_policy_of(&policy, config, 0, path, &error), CW_OK);
    cw_sign_policy_free(policy);
    policy = NULL;
    assert_int_equal(cw_sign_policy_of(&policy, config, 0, NULL, &error), CW_ERR_INPUT);
    char *text = with("\"allow_uid\"", "\"key\": {\"key_file\": \"a\"}, \"allow_uid\"");
    temp_write(path, text, strlen(text), 0600);
    assert_int_equal(cw_sign_policy_of(&policy, config, 0, path, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "has a \"key\", and so has signer \"main\""));
    assert_null(policy);
    free(text);
    cw_config_free(config);
    temp_remove(&temp);
}

static void derive__no_route_relays__refused(void **state) {
    (void)state;
    struct cw_config *config = config_of(config_text);
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    assert_int_equal(cw_sign_policy_derive(&policy, config, 2, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "signer \"idle\" has nothing to sign"));
    assert_null(policy);
    cw_config_free(config);
}

static void derive__two_routes_of_one_portal__one_list(void **state) {
    (void)state;
    char *text = strdup(config_text);
    char *at = strstr(text, PORTAL2);
    assert_non_null(at);
    memcpy(at, PORTAL1, strlen(PORTAL1));
    struct cw_config *config = config_of(text);
    struct cw_sign_policy *policy = NULL;
    struct cw_error error;
    assert_int_equal(cw_sign_policy_derive(&policy, config, 0, &error), CW_OK);
    assert_int_equal(policy->chains[0].calls_n, PORTAL_CALLS);
    cw_sign_policy_free(policy);
    cw_config_free(config);
    free(text);
}

static void parse_and_derive__no_memory__said(void **state) {
    (void)state;
    struct cw_config *config = config_of(config_text);
    bool failed = true;
    for (unsigned long n = 1; failed; n++) {
        struct cw_sign_policy *policy = NULL;
        struct cw_error error;
        nth_malloc_fail(n);
        enum cw_err err = n % 2 == 0 ? cw_sign_policy_derive(&policy, config, 0, &error)
                                     : cw_sign_policy_parse(&policy, "p", CW_LITERAL(base), &error);
        failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (failed) {
            assert_int_equal(err, CW_ERR_MEMORY);
        } else {
            assert_int_equal(err, CW_OK);
            cw_sign_policy_free(policy);
        }
        failed = failed || n < 40;
    }
    cw_config_free(config);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__a_policy__every_value),
        cmocka_unit_test(parse__a_key__where_it_is),
        cmocka_unit_test(parse__mistakes__refused_with_their_place),
        cmocka_unit_test(load__a_file_that_others_can_change__refused),
        cmocka_unit_test(print__a_policy__loads_as_the_same),
        cmocka_unit_test(digest__any_rule__changes_it),
        cmocka_unit_test(derive__two_routes__their_calls_and_limits),
        cmocka_unit_test(of__a_signer__its_file_or_what_its_routes_need),
        cmocka_unit_test(derive__no_route_relays__refused),
        cmocka_unit_test(derive__two_routes_of_one_portal__one_list),
        cmocka_unit_test(parse_and_derive__no_memory__said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
