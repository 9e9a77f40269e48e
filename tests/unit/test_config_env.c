/* Environment variables that stand for values of the configuration, and what is in force of both.
 */
#include "core/config_effective.h"
#include "core/config_load.h"

#include "nth_malloc.h"
#include "temp.h"

#include <causeway/arena.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define PATH "/etc/causeway/causeway.json"

static const char base[] =
    "{\n"
    "    \"data_dir\": \"data\", // beside this file\n"
    "    \"chains\": {\n"
    "        \"l1\": {\"chain_id\": 900, \"endpoints\": [\"http://one:1/secretpath\"]},\n"
    "        \"l-2\": {\"chain_id\": 901, \"poll_ms\": 500, \"endpoints\": [\"http://two:1\"]}\n"
    "    },\n"
    "    \"prices\": {\"ETH\": \"3000\"},\n"
    "    \"signers\": {\"main\": {\"key_file\": \"a.key\"}},\n"
    "    \"routes\": {\n"
    "        \"op\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": \"l-2\",\n"
    "            \"contracts\": {\"portal\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"}, "
    "\"batch_max\": 2}\n"
    "    }\n"
    "}\n";

static enum cw_err parse(struct cw_config **ret, const char *const *environment,
                         struct cw_error *error) {
    const struct cw_config_how how = {(char *const *)(const void *)environment, NULL, NULL};
    return cw_config_parse_how(ret, PATH, CW_LITERAL(base), &how, error);
}

static struct cw_config *good(const char *const *environment) {
    struct cw_config *config = NULL;
    struct cw_error error;
    if (parse(&config, environment, &error) != CW_OK)
        fail_msg("%s", error.text);
    return config;
}

static void override__each_type__in_place_of_the_files(void **state) {
    (void)state;
    const char *const environment[] = {
        "HOME=/root",
        "CAUSEWAY_CONFIG=elsewhere",
        "CAUSEWAY_SET_DATA_DIR=/var/lib/x=y",
        "CAUSEWAY_SET_LOG__JSON=true",
        "CAUSEWAY_SET_LOG__LEVEL=debug",
        "CAUSEWAY_SET_CHAINS__L1__ENDPOINTS= http://a:1/p , http://b:2 ",
        "CAUSEWAY_SET_CHAINS__L1__QUORUM=2",
        "CAUSEWAY_SET_CHAINS__L_2__ENDPOINTS=[{\"url\": \"http://c:3/a,b\", \"operator\": \"c\"}]",
        "CAUSEWAY_SET_CHAINS__L_2__MAX_FEE=20 gwei",
        "CAUSEWAY_SET_PRICES__ETH=2500",
        "CAUSEWAY_SET_ROUTES__OP__SIGNER=main",
        ("CAUSEWAY_SET_ROUTES__OP__CONTRACTS__MESSENGER="
         "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        ("CAUSEWAY_SET_ROUTES__OP__POLICY__RELAY__SENDERS="
         "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed"),
        "CAUSEWAY_SET_ROUTES__OP__POLICY__DEADLINE_ALERTS_S=60,30",
        "CAUSEWAY_SET_API__LISTEN=127.0.0.1:80",
        "CAUSEWAY_SET_API__HOSTS=a.b,c.d",
        NULL};
    struct cw_config *config = good(environment);
    assert_string_equal(config->data_dir, "/var/lib/x=y");
    assert_true(config->log_json);
    assert_string_equal(config->log_level, "debug");
    const struct cw_config_chain *l1 = &config->chains[0], *l2 = &config->chains[1];
    assert_int_equal(l1->endpoints_n, 2);
    assert_string_equal(l1->endpoints[0].url, "http://a:1/p");
    assert_string_equal(l1->endpoints[1].url, "http://b:2");
    assert_int_equal(l1->quorum, 2);
    assert_int_equal(l2->endpoints_n, 1);
    assert_string_equal(l2->endpoints[0].operator_, "c");
    assert_true(l2->max_fee.v.limb[0] == 20000000000u);
    assert_int_equal(l2->poll_ms, 500);
    assert_true(config->prices[0].value == 2500000000000);
    const struct cw_config_policy *policy = &config->routes[0].policy;
    assert_int_equal(config->routes[0].signers_n, 1);
    assert_int_equal(policy->relay.senders.n, 1);
    assert_int_equal(policy->deadline_alerts_s.n, 2);
    assert_int_equal(policy->deadline_alerts_s.p[1], 30);
    assert_int_equal(config->api.port, 80);
    assert_int_equal(config->api.hosts_n, 2);
    assert_string_equal(config->api.hosts[1], "c.d");
    cw_config_free(config);
}

static void override__relay_all_and_a_file_of_prices__taken(void **state) {
    (void)state;
    struct temp temp;
    char path[300], prices[400];
    temp_make(&temp);
    temp_path(&temp, "prices.json", path, sizeof path);
    temp_write(path, "{\"ETH\": \"7\"}", 12, 0600);
    snprintf(prices, sizeof prices, "CAUSEWAY_SET_PRICES=%s", path);
    const char *const environment[] = {prices, "CAUSEWAY_SET_ROUTES__OP__POLICY__RELAY=all",
                                       "CAUSEWAY_SET_ROUTES__OP__SIGNERS=main", NULL};
    struct cw_config *config = good(environment);
    assert_true(config->prices[0].value == 7000000000);
    assert_true(config->routes[0].policy.relay_all);
    assert_int_equal(config->routes[0].signers_n, 1);
    cw_config_free(config);
    temp_remove(&temp);
}

static void override__mistakes__name_the_variable(void **state) {
    (void)state;
    static const struct {
        const char *entry, *says;
    } cases[] = {
        {"CAUSEWAY_SET_CHAINS__L1__QUORUMM=1",
         "CAUSEWAY_SET_CHAINS__L1__QUORUMM stands for no value of the configuration: did you mean "
         "CAUSEWAY_SET_CHAINS__L1__QUORUM?"},
        {"CAUSEWAY_SET_CHAINS_L1_QUORUM=1", "did you mean CAUSEWAY_SET_CHAINS__L1__QUORUM?"},
        {"CAUSEWAY_SET_CHAINS__L3__POLL_MS=1", "did you mean CAUSEWAY_SET_CHAINS__L1__POLL_MS?"},
        {"CAUSEWAY_SET_data_dir=x", "stands for no value"},
        {"CAUSEWAY_SET__DATA_DIR=x", "did you mean CAUSEWAY_SET_DATA_DIR?"},
        {"CAUSEWAY_SET_=x", "stands for no value"},
        {"CAUSEWAY_SET_CHAINS={}", "stands for no value"},
        {"CAUSEWAY_SET___SCHEMA=x", "stands for no value"},
        {"CAUSEWAY_SET_SINKS__OPS__URL=http://a", "those of the file"},
        {"CAUSEWAY_SET_ROUTES__OP__CONTRACTS__OUTBOX=0x12", "stands for no value"},
        {"CAUSEWAY_SET_CHAINS__L1__ENDPOINTS__0=http://a", "stands for no value"},
        {"CAUSEWAY_SET_DATA_DIR=", "CAUSEWAY_SET_DATA_DIR: \"data_dir\" is empty"},
        {"CAUSEWAY_SET_CHAINS__L1__QUORUM=two",
         "CAUSEWAY_SET_CHAINS__L1__QUORUM: chain \"l1\": \"quorum\" is string: it takes a whole "
         "number"},
        {"CAUSEWAY_SET_CHAINS__L1__QUORUM=3",
         "CAUSEWAY_SET_CHAINS__L1__QUORUM: chain \"l1\": a quorum of 3 can't be had"},
        {"CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=", "CAUSEWAY_SET_CHAINS__L1__ENDPOINTS: "},
        {"CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=one:1/secretpath",
         "CAUSEWAY_SET_CHAINS__L1__ENDPOINTS: chain \"l1\", endpoint 1: "},
        {"CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=[\"http://a/secretpath\"",
         "CAUSEWAY_SET_CHAINS__L1__ENDPOINTS: 1:23: the text ends too early"},
        {"CAUSEWAY_SET_LOG__JSON=yes",
         "CAUSEWAY_SET_LOG__JSON: log: \"json\" is string: it takes true"},
        {"CAUSEWAY_SET_LOG__LEVEL=wran",
         "CAUSEWAY_SET_LOG__LEVEL: log: \"level\" takes debug, info, warn or error: did you mean"},
        {"CAUSEWAY_SET_SIGNERS__MAIN__KEY_FILE="
         "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318",
         "CAUSEWAY_SET_SIGNERS__MAIN__KEY_FILE: signer \"main\": \"key_file\" takes the place"},
        {"CAUSEWAY_SET_ROUTES__OP__POLICY__RELAY=none",
         "CAUSEWAY_SET_ROUTES__OP__POLICY__RELAY: route \"op\", policy: \"relay\" takes"},
        {"CAUSEWAY_SET_API__CERTIFICATE=c.pem",
         "CAUSEWAY_SET_API__CERTIFICATE: api: \"certificate\" needs the other one"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        const char *const environment[] = {cases[i].entry, NULL};
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        if (parse(&config, environment, &error) != CW_ERR_INPUT)
            fail_msg("%s: taken", cases[i].entry);
        if (strstr(error.text, cases[i].says) == NULL)
            fail_msg("%s: %s", cases[i].entry, error.text);
        if (strstr(error.text, "secretpath") != NULL || strstr(error.text, "4c0883a6") != NULL)
            fail_msg("repeats a secret: %s", error.text);
    }
}

static void override__names_that_look_alike__refused_only_where_set(void **state) {
    (void)state;
    static const char text[] =
        "{\"chains\": {\"l-2\": {\"chain_id\": 1, \"endpoints\": [\"http://a\"]}, "
        "\"l_2\": {\"chain_id\": 2, \"endpoints\": [\"http://b\"]}}, "
        "\"routes\": {\"op\": {\"stack\": \"opstack\", \"settlement\": \"l-2\", \"execution\": "
        "\"l_2\", \"contracts\": {\"portal\": \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"}}}}";
    const char *const other[] = {"CAUSEWAY_SET_DATA_DIR=x", NULL};
    const char *const both[] = {"CAUSEWAY_SET_CHAINS__L_2__POLL_MS=100", NULL};
    struct cw_config_how how = {(char *const *)(const void *)other, NULL, NULL};
    struct cw_config *config = NULL;
    struct cw_error error;
    assert_int_equal(cw_config_parse_how(&config, PATH, CW_LITERAL(text), &how, &error), CW_OK);
    cw_config_free(config);
    config = NULL;
    how.environment = (char *const *)(const void *)both;
    assert_int_equal(cw_config_parse_how(&config, PATH, CW_LITERAL(text), &how, &error),
                     CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "stands for both chains[\"l-2\"].poll_ms and "
                                       "chains.l_2.poll_ms"));
}

/* What stood in place of a value still counts for where others stand. */
static void override__then_a_mistake_in_the_file__at_its_place(void **state) {
    (void)state;
    const char *const environment[] = {
        "CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=http://a,http://b,http://c",
        "CAUSEWAY_SET_LOG__LEVEL=debug", "CAUSEWAY_SET_CHAINS__L_2__POLL_MS=600",
        "CAUSEWAY_SET_ROUTES__OP__STACK=nitro", NULL};
    struct cw_config *config = NULL;
    struct cw_error error = {0};
    assert_int_equal(parse(&config, environment, &error), CW_ERR_INPUT);
    /* the key of the portal, which a nitro route does not have */
    if (strncmp(error.text, PATH ":11:27: ", sizeof PATH + 7) != 0)
        fail_msg("%s", error.text);
}

static void override__nth_allocation_fails__memory_error(void **state) {
    (void)state;
    const char *const environment[] = {"CAUSEWAY_SET_CHAINS__L1__ENDPOINTS=http://a,http://b",
                                       "CAUSEWAY_SET_LOG__LEVEL=debug", NULL};
    for (unsigned long n = 1;; n++) {
        struct cw_config *config = NULL;
        struct cw_error error;
        nth_malloc_fail(n);
        enum cw_err err = parse(&config, environment, &error);
        bool failed = nth_malloc_failed();
        nth_malloc_fail(0);
        if (!failed) {
            assert_int_equal(err, CW_OK);
            cw_config_free(config);
            assert_true(n > 10);
            return;
        }
        if (err != CW_ERR_MEMORY || config != NULL)
            fail_msg("allocation %lu: code %d, %s", n, (int)err, error.text);
    }
}

/* --- what is in force ------------------------------------------------------------------------- */

static const struct cw_config_setting *setting(const struct cw_config_setting *list, size_t n,
                                               const char *path) {
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].path, path) == 0)
            return &list[i];
    fail_msg("there is no %s", path);
    return NULL;
}

static void effective__file_default_and_variable__each_with_its_origin(void **state) {
    (void)state;
    static const struct {
        const char *path, *json, *set_by;
        unsigned line, column;
    } cases[] = {
        {"log.level", "\"debug\"", "CAUSEWAY_SET_LOG__LEVEL", 0, 0},
        {"log.json", "false", "", 0, 0},
        {"chains.l1.chain_id", "900", "", 4, 28},
        {"chains.l1.quorum", "1", "", 0, 0},
        {"chains.l1.endpoints[0].url", "\"http://one:1/***\"", "", 4, 47},
        {"chains.l1.endpoints[0].operator", "\"one:1\"", "", 0, 0},
        {"chains.l1.data_fee", "\"none\"", "", 0, 0},
        {"chains[\"l-2\"].poll_ms", "500", "", 5, 45},
        {"chains[\"l-2\"].data_fee", "\"opstack\"", "", 0, 0},
        {"chains[\"l-2\"].endpoints[0].url", "\"http://other/***\"",
         "CAUSEWAY_SET_CHAINS__L_2__ENDPOINTS", 0, 0},
        {"prices.ETH", "\"3000\"", "", 7, 23},
        {"routes.op.direction", "\"withdrawal\"", "", 0, 0},
        {"routes.op.batch_max", "2", "", 11, 97},
        {"routes.op.policy.max_gas", "1000000", "", 0, 0},
        {"routes.op.policy.deadline_alerts_s", "[172800, 86400, 21600]", "", 0, 0},
        {"routes.op.contracts.portal", "\"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"", "", 11,
         37},
    };
    struct temp temp;
    char path[300];
    struct cw_arena arena;
    struct cw_config_setting *list = NULL;
    struct cw_error error;
    size_t n = 0;
    temp_make(&temp);
    temp_path(&temp, "c.json", path, sizeof path);
    temp_write(path, base, sizeof base - 1, 0600);
    setenv("CAUSEWAY_SET_LOG__LEVEL", "debug", 1);
    setenv("CAUSEWAY_SET_CHAINS__L_2__ENDPOINTS", "http://other/secretpath", 1);
    cw_arena_init(&arena, 32u << 20);
    if (cw_config_effective(&list, &n, &arena, path, &error) != CW_OK)
        fail_msg("%s", error.text);
    unsetenv("CAUSEWAY_SET_LOG__LEVEL");
    unsetenv("CAUSEWAY_SET_CHAINS__L_2__ENDPOINTS");
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        const struct cw_config_setting *s = setting(list, n, cases[i].path);
        if (strcmp(s->json, cases[i].json) != 0 || strcmp(s->set_by, cases[i].set_by) != 0 ||
            s->line != cases[i].line || s->column != cases[i].column)
            fail_msg("%s: %s by \"%s\" at %u:%u", s->path, s->json, s->set_by, s->line, s->column);
    }
    for (size_t i = 0; i < n; i++) {
        assert_null(strstr(list[i].json, "secretpath"));
        assert_true(strncmp(list[i].path, "api", 3) != 0); /* there is none */
        for (size_t k = 0; k < i; k++)
            assert_string_not_equal(list[i].path, list[k].path);
    }
    /* relative paths are whole */
    assert_non_null(strstr(setting(list, n, "data_dir")->json, temp.dir));
    assert_string_equal(setting(list, n, "log.json")->variable, "CAUSEWAY_SET_LOG__JSON");
    assert_string_equal(setting(list, n, "chains.l1.endpoints[0].url")->variable, "");
    cw_arena_done(&arena);
    temp_remove(&temp);
}

/* Every variable that it names is one that is taken, for the value that it has. */
static void effective__each_variable__sets_that_value(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    struct cw_arena arena;
    struct cw_config_setting *list = NULL;
    struct cw_error error;
    size_t n = 0, set = 0;
    temp_make(&temp);
    temp_path(&temp, "c.json", path, sizeof path);
    temp_write(path, base, sizeof base - 1, 0600);
    cw_arena_init(&arena, 32u << 20);
    if (cw_config_effective(&list, &n, &arena, path, &error) != CW_OK)
        fail_msg("%s", error.text);
    for (size_t i = 0; i < n; i++) {
        const size_t json_n = strlen(list[i].json), quoted = list[i].json[0] == '"';
        char entry[1024];
        const char *const environment[] = {entry, NULL};
        if (list[i].variable[0] == 0)
            continue;
        snprintf(entry, sizeof entry, "%s=%.*s", list[i].variable, (int)(json_n - 2 * quoted),
                 list[i].json + quoted);
        cw_config_free(good(environment));
        set++;
    }
    assert_true(set > 50);
    cw_arena_done(&arena);
    temp_remove(&temp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(override__each_type__in_place_of_the_files),
        cmocka_unit_test(override__relay_all_and_a_file_of_prices__taken),
        cmocka_unit_test(override__mistakes__name_the_variable),
        cmocka_unit_test(override__names_that_look_alike__refused_only_where_set),
        cmocka_unit_test(override__then_a_mistake_in_the_file__at_its_place),
        cmocka_unit_test(override__nth_allocation_fails__memory_error),
        cmocka_unit_test(effective__file_default_and_variable__each_with_its_origin),
        cmocka_unit_test(effective__each_variable__sets_that_value),
    };
    return cmocka_run_group_tests_name("config_env", tests, NULL, NULL);
}
