/* The configuration that `causeway init` writes, from findings that are this test's. */
#include "cli/init.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct {
    struct cw_init_request request;
    struct cw_init_found found;
    struct cw_buf text;
    struct cw_config *config;
} t;

static struct cw_addr20 at(unsigned n) {
    return (struct cw_addr20){{[0] = 0xaa, [19] = (uint8_t)n}};
}

static void add(const char *key, const char *name, unsigned n) {
    t.found.survey.contracts[t.found.survey.contracts_n++] = (struct cw_survey_contract){
        .key = key, .name = name, .side = CW_SETTLEMENT, .address = at(n)};
}

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    t.request = (struct cw_init_request){
        .stack = "opstack",
        .urls = {[CW_SETTLEMENT] = {"https://one.example/v3/key", "https://two.example"},
                 [CW_EXECUTION] = {"http://127.0.0.1:8545/\"quoted\""}},
        .urls_n = {[CW_SETTLEMENT] = 2, [CW_EXECUTION] = 1},
        .routes = {cw_adapter_find("opstack", "withdrawal"), cw_adapter_find("opstack", "deposit")},
        .routes_n = 2,
        .data_dir = "data",
        .path = "causeway.json"};
    t.found.chains[CW_SETTLEMENT] = (struct cw_init_chain){.name = "ethereum",
                                                           .id = 1,
                                                           .mode = CW_MODE_FULL,
                                                           .operators = 2,
                                                           .client = "Geth",
                                                           .block_ms = 12000,
                                                           .final_behind_blocks = 64,
                                                           .final_behind_s = 768};
    t.found.chains[CW_EXECUTION] = (struct cw_init_chain){.name = "op",
                                                          .id = 10,
                                                          .mode = CW_MODE_EVENTS,
                                                          .operators = 1,
                                                          .client = "op-geth",
                                                          .final_behind_s = 2000};
    t.found.survey.state = CW_SURVEY_OK;
    add("portal", "OptimismPortal2", 1);
    add("messenger", "L1CrossDomainMessenger", 2);
    add("", "SystemConfig", 3);
    cw_buf_init(&t.text, CW_INIT_BYTES);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cw_buf_done(&t.text);
    cw_config_free(t.config);
    return 0;
}

static const char *write_and_parse(void) {
    struct cw_error error;
    cw_buf_reset(&t.text);
    cw_config_free(t.config);
    t.config = NULL;
    cw_init_text(&t.text, &t.request, &t.found);
    const char *text = cw_buf_cstr(&t.text);
    assert_non_null(text);
    if (cw_config_parse(&t.config, "causeway.json", cw_buf_slice(&t.text), &error) != CW_OK)
        fail_msg("%s in\n%s", error.text, text);
    return text;
}

static void text__no_signer__observes(void **state) {
    (void)state;
    write_and_parse();
    assert_int_equal(t.config->routes_n, 2);
    assert_string_equal(t.config->routes[0].name, "op-withdrawals");
    assert_string_equal(t.config->routes[1].name, "op-deposits");
    assert_true(t.config->routes[0].policy.observe_only);
    assert_int_equal(t.config->signers_n, 0);
    assert_int_equal(t.config->chains[0].quorum, 2);
    assert_int_equal(t.config->chains[0].max_final_pause_s, 3600);
    assert_int_equal(t.config->chains[1].quorum, 1);
    assert_int_equal(t.config->chains[1].max_final_pause_s, 6000);
    assert_int_equal(t.config->chains[1].mode, CW_MODE_EVENTS);
    assert_string_equal(t.config->chains[1].endpoints[0].url, "http://127.0.0.1:8545/\"quoted\"");
}

static void text__signer_and_senders__relays_theirs(void **state) {
    (void)state;
    t.request.signer = CW_INIT_KEYSTORE;
    t.request.signer_place = "main.json";
    t.request.senders_n = 2;
    t.request.senders[0] = at(7);
    t.request.senders[1] = at(8);
    write_and_parse();
    const struct cw_config_policy *policy = &t.config->routes[0].policy;
    assert_false(policy->observe_only || policy->relay_all);
    assert_int_equal(policy->relay.senders.n, 2);
    assert_true(cw_addr20_equal(&policy->relay.senders.p[1], &t.request.senders[1]));
    assert_int_equal(t.config->routes[0].signers_n, 1);
    assert_non_null(strstr(t.config->signers[0].keystore, "main.json"));
    t.request.relay_all = true;
    t.request.senders_n = 0;
    t.request.signer = CW_INIT_KEY_ENV;
    t.request.signer_place = "A_KEY";
    write_and_parse();
    assert_true(t.config->routes[1].policy.relay_all);
    assert_string_equal(t.config->signers[0].key_env, "A_KEY");
    t.request.signer = CW_INIT_KEY_FILE;
    t.request.signer_place = "/a/key";
    write_and_parse();
    assert_string_equal(t.config->signers[0].key_file, "/a/key");
}

static void text__a_token_of_its_own__its_symbol(void **state) {
    (void)state;
    snprintf(t.found.survey.symbol, sizeof t.found.survey.symbol, "XAI");
    write_and_parse();
    assert_string_equal(t.config->chains[0].symbol, "ETH");
    assert_string_equal(t.config->chains[1].symbol, "XAI");
}

static void text__several_other_inboxes__all_named(void **state) {
    (void)state;
    t.request.stack = "nitro";
    t.request.routes[0] = cw_adapter_find("nitro", "deposit");
    t.request.routes_n = 1;
    t.found.survey.contracts_n = 0;
    add("bridge", "Bridge", 1);
    add("inbox", "Inbox", 2);
    add("other_inboxes", "another inbox", 3);
    add("other_inboxes", "another inbox", 4);
    const char *text = write_and_parse();
    assert_non_null(strstr(text, "\"other_inboxes\": [\"0x"));
    assert_non_null(strstr(text, "0000000003\", \"0x"));
}

/* A remark may be longer than a line, and is no JSON. */
static void text__remarks__are_comments(void **state) {
    (void)state;
    struct cw_survey *survey = &t.found.survey;
    survey->remarks_n = 1;
    memset(survey->remarks[0].text, 'x', 150);
    snprintf(survey->remarks[0].text + 150, 60, " \"quoted\": [{ */ and // more");
    write_and_parse();
}

static void name__known_and_not__said(void **state) {
    (void)state;
    char name[32];
    cw_init_name(name, sizeof name, 42161);
    assert_string_equal(name, "arbitrum");
    cw_init_name(name, sizeof name, 902);
    assert_string_equal(name, "chain-902");
}

static void mode__by_pace_headers_and_counter(void **state) {
    (void)state;
    assert_int_equal(cw_init_mode(12000, true, true), CW_MODE_FULL);
    assert_int_equal(cw_init_mode(1000, true, true), CW_MODE_FULL);
    assert_int_equal(cw_init_mode(999, true, true), CW_MODE_EVENTS);
    assert_int_equal(cw_init_mode(250, true, false), CW_MODE_FULL); /* a log could be left out */
    assert_int_equal(cw_init_mode(0, true, true), CW_MODE_FULL);    /* not known */
    assert_int_equal(cw_init_mode(250, false, true), CW_MODE_QUORUM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(text__no_signer__observes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text__signer_and_senders__relays_theirs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text__a_token_of_its_own__its_symbol, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text__several_other_inboxes__all_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(text__remarks__are_comments, set_up, tear_down),
        cmocka_unit_test(name__known_and_not__said),
        cmocka_unit_test(mode__by_pace_headers_and_counter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
