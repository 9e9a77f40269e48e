/* The configuration's sinks: what is read, and what each mistake is answered with. */
#include "core/config_sinks.h"

#include "config_rest.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void parse__no_sinks__none(void **state) {
    (void)state;
    struct cw_config *config = good("\"data_dir\": \"d\"");
    assert_int_equal(config->sinks_n, 0);
    assert_int_equal(config->escalate.info_s, 0);
    assert_int_equal(config->escalate.warning_s, 0);
    cw_config_free(config);
}

static void parse__every_type__its_values(void **state) {
    (void)state;
    struct cw_config *config = good(
        "\"alerts\": {\"escalate_after_s\": {\"info\": 60, \"warning\": 3600}},\n\"sinks\": {"
        "\"a\": {\"type\": \"webhook\", \"url\": \"https://h.example/x\", \"secret_file\": \"k\"},"
        "\"b\": {\"type\": \"slack\", \"secret_env\": \"HOOK\", \"min_severity\": \"critical\", "
        "\"routes\": [\"op\"], \"max_per_minute\": 5, \"timeout_ms\": 2000, \"queue_max\": 50},"
        "\"c\": {\"type\": \"pagerduty\", \"secret_file\": \"/k\"},"
        "\"d\": {\"type\": \"alertmanager\", \"url\": \"http://am:9093\", \"resend_s\": 30},"
        "\"e\": {\"type\": \"syslog\"},"
        "\"f\": {\"type\": \"syslog\", \"address\": \"udp://[::1]:514\", \"facility\": \"local7\"},"
        "\"g\": {\"type\": \"stdout\", \"max_per_minute\": 7}}");
    const struct cw_config_sink *s = config->sinks;
    assert_int_equal(config->sinks_n, 7);
    assert_int_equal(config->escalate.info_s, 60);
    assert_int_equal(config->escalate.warning_s, 3600);
    assert_int_equal(s[0].type, CW_SINK_WEBHOOK);
    assert_string_equal(s[0].name, "a");
    assert_string_equal(s[0].url, "https://h.example/x");
    assert_string_equal(s[0].secret_file, "/etc/causeway/k");
    assert_int_equal(s[0].min_severity, CW_SEVERITY_WARNING);
    assert_int_equal(s[0].max_per_minute, 30);
    assert_int_equal(s[0].timeout_ms, 10000);
    assert_int_equal(s[0].queue_max, 1000);
    assert_int_equal(s[0].routes_n, 0);
    assert_int_equal(s[1].type, CW_SINK_SLACK);
    assert_int_equal(s[1].min_severity, CW_SEVERITY_CRITICAL);
    assert_int_equal(s[1].routes_n, 1);
    assert_int_equal(s[1].routes[0], 0);
    assert_int_equal(s[1].max_per_minute, 5);
    assert_int_equal(s[2].type, CW_SINK_PAGERDUTY);
    assert_string_equal(s[2].url, "https://events.pagerduty.com/v2/enqueue");
    assert_int_equal(s[3].type, CW_SINK_ALERTMANAGER);
    assert_int_equal(s[3].resend_s, 30);
    assert_int_equal(s[3].max_per_minute, 0);
    assert_int_equal(s[4].type, CW_SINK_SYSLOG);
    assert_string_equal(s[4].address, "/dev/log");
    assert_int_equal(s[4].facility, 3);
    assert_int_equal(s[5].facility, 23);
    assert_int_equal(s[6].type, CW_SINK_STDOUT);
    assert_int_equal(s[6].max_per_minute, 7);
    cw_config_free(config);
}

static void parse__mistakes__position_and_remedy(void **state) {
    (void)state;
    static const struct {
        const char *sink, *says;
    } cases[] = {
        {"{\"url\": \"http://a\"}", "sink \"a\": \"type\" is missing: webhook, slack"},
        {"{\"type\": \"webhok\"}", "sink \"a\": \"type\" takes webhook, slack"},
        {"{\"type\": \"webhook\"}", "sink \"a\": the type webhook needs \"url\""},
        {"{\"type\": \"webhook\", \"url\": \"ftp://secretpass@a\"}", "only http and https"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"min_severity\": \"fatal\"}",
         "\"min_severity\" takes info, warning or critical"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"address\": \"/dev/log\"}",
         "\"address\" goes with the type syslog only: take it out"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"resend_s\": 5}",
         "\"resend_s\" goes with the type alertmanager only"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"secret_file\": \"x\", \"secret_env\": "
         "\"Y\"}",
         "\"secret_env\" stands beside \"secret_file\": take one out"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"secret\": \"hunter2\"}",
         "put it into a file of its own (chmod 600) and name that in \"secret_file\""},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"routes\": [\"opp\"]}",
         "there is no route \"opp\": did you mean \"op\"?"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"routes\": []}",
         "\"routes\" takes a list of names; left out, it is told everything"},
        {"{\"type\": \"webhook\", \"url\": \"http://a\", \"queue_max\": 1}",
         "\"queue_max\" is 1: it must be 10 to 100000"},
        {"{\"type\": \"slack\"}", "\"secret_env\" says where alerts go: write one of them"},
        {"{\"type\": \"slack\", \"url\": \"http://a\", \"secret_file\": \"x\"}",
         "says where alerts go: write one of them"},
        {"{\"type\": \"pagerduty\"}", "the type pagerduty needs \"secret_file\""},
        {"{\"type\": \"stdout\", \"url\": \"http://a\"}", "the type stdout has no \"url\""},
        {"{\"type\": \"syslog\", \"secret_env\": \"X\"}", "the type syslog has no \"secret_env\""},
        {"{\"type\": \"syslog\", \"facility\": \"local8\"}", "\"facility\" takes kern, user"},
        {"{\"type\": \"syslog\", \"address\": \"udp://loghost:514\"}",
         "\"address\" takes udp://ADDRESS:PORT with a numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://127.0.0.1\"}", "numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://127.0.0.1:\"}", "numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://127.0.0.1:65536\"}", "numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://127.0.0.1:5x\"}", "numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://[::1:5\"}", "numeric address"},
        {"{\"type\": \"syslog\", \"address\": \"udp://:5\"}", "numeric address"},
        {"7", "sink \"a\" is number: it takes an object"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        char rest[512];
        snprintf(rest, sizeof rest, "\"sinks\": {\"a\": %s}", cases[i].sink);
        assert_int_equal(parse(&config, rest, &error), CW_ERR_INPUT);
        if (strstr(error.text, cases[i].says) == NULL || strstr(error.text, PATH ":2:") == NULL)
            fail_msg("%s: %s", cases[i].sink, error.text);
        assert_null(strstr(error.text, "hunter2"));
        assert_null(strstr(error.text, "secretpass"));
    }
}

static void udp__addresses__read(void **state) {
    (void)state;
    struct cw_config_socket udp;
    assert_int_equal(cw_config_udp_read(&udp, "udp://127.0.0.1:514", NULL), CW_OK);
    assert_false(udp.v6);
    assert_string_equal(udp.host, "127.0.0.1");
    assert_int_equal(udp.port, 514);
    assert_int_equal(cw_config_udp_read(&udp, "udp://[2001:db8::1]:65535", NULL), CW_OK);
    assert_true(udp.v6);
    assert_string_equal(udp.host, "2001:db8::1");
    assert_int_equal(udp.port, 65535);
}

static void secret__file_and_variable__read_or_refused(void **state) {
    (void)state;
    struct temp temp;
    char path[300];
    struct cw_error error;
    struct cw_password *secret = cw_password_new();
    assert_non_null(secret);
    temp_make(&temp);
    temp_write(temp_path(&temp, "secret", path, sizeof path), "abc\n", 4, 0600);
    struct cw_config_sink sink = {.name = "a", .secret_file = path, .secret_env = ""};
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_OK);
    assert_int_equal(secret->n, 3);
    assert_memory_equal(secret->b, "abc", 3);
    temp_write(path, "abc\n", 4, 0640);
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "sink \"a\": secret file"));
    temp_write(path, "\n", 1, 0600);
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "is empty"));
    temp_write(path, "two\nlines", 9, 0600);
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_ERR_INPUT);
    sink = (struct cw_config_sink){.name = "a", .secret_file = "", .secret_env = "CW_TEST_SECRET"};
    unsetenv("CW_TEST_SECRET");
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_ERR_INPUT);
    assert_non_null(strstr(error.text, "environment variable CW_TEST_SECRET is not set"));
    setenv("CW_TEST_SECRET", "xyz", 1);
    assert_int_equal(cw_config_sink_secret(secret, &sink, &error), CW_OK);
    assert_memory_equal(secret->b, "xyz", 4);
    cw_password_free(secret);
    temp_remove(&temp);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__no_sinks__none),
        cmocka_unit_test(parse__every_type__its_values),
        cmocka_unit_test(parse__mistakes__position_and_remedy),
        cmocka_unit_test(udp__addresses__read),
        cmocka_unit_test(secret__file_and_variable__read_or_refused),
    };
    return cmocka_run_group_tests_name("config_sinks", tests, NULL, NULL);
}
