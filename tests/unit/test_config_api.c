/* The configuration's API: what is read, and what each mistake is answered with. */
#include "core/config_api.h"

#include "config_rest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HASH "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""

static void parse__no_api__none(void **state) {
    (void)state;
    struct cw_config *config = good("\"data_dir\": \"d\"");
    assert_string_equal(config->api.listen, "");
    cw_config_free(config);
}

static void parse__defaults__reads_on_loopback_only(void **state) {
    (void)state;
    struct cw_config *config = good("\"api\": {}");
    assert_string_equal(config->api.host, "127.0.0.1");
    assert_int_equal(config->api.port, 9560);
    assert_true(config->api.loopback);
    assert_int_equal(config->api.anonymous, CW_API_READ);
    cw_config_free(config);
    config = good("\"api\": {\"listen\": \"[2001:db8::1]:80\", \"tokens\": {\"ops\": {\"role\": "
                  "\"operate\", \"sha256\": " HASH "}}}");
    assert_string_equal(config->api.host, "2001:db8::1");
    assert_true(config->api.v6);
    assert_false(config->api.loopback);
    assert_int_equal(config->api.anonymous, CW_API_NOBODY);
    assert_int_equal(config->api.tokens_n, 1);
    assert_int_equal(config->api.tokens[0].role, CW_API_OPERATE);
    assert_int_equal(config->api.tokens[0].sha256.b[0], 0x9f);
    cw_config_free(config);
    config = good("\"api\": {\"listen\": \"[::1]:0\", \"certificate\": \"c.pem\", "
                  "\"certificate_key\": \"/k.pem\", \"origins\": [\"https://a.example\"], "
                  "\"hosts\": [\"b.example\"]}");
    assert_true(config->api.loopback);
    assert_string_equal(config->api.certificate, "/etc/causeway/c.pem");
    assert_string_equal(config->api.certificate_key, "/k.pem");
    assert_string_equal(config->api.origins[0], "https://a.example");
    assert_string_equal(config->api.hosts[0], "b.example");
    cw_config_free(config);
}

/* Nothing else is asked for in the name of somebody else. */
static void webhook__what_is_not_allowed__refused(void **state) {
    (void)state;
    struct cw_config *config = good(
        "\"api\": {\"webhooks\": [\"https://hooks.example/a/\", \"http://127.0.0.1:8080/\"]}");
    static const struct {
        const char *url;
        bool allowed;
    } cases[] = {
        {"https://hooks.example/a/", true},
        {"https://hooks.example/a/b?key=c%20d", true},
        {"http://127.0.0.1:8080/x", true},
        {"https://hooks.example/a", false},
        {"https://hooks.example/b/", false},
        {"http://hooks.example/a/", false},
        {"https://hooks.example.evil/a/", false},
        {"https://hooks.example:444/a/", false},
        {"https://hooks.example/a/../admin", false},
        {"https://hooks.example/a/%2e%2E/admin", false},
        {"https://hooks.example/a/..%2fadmin", false},
        {"https://hooks.example/a/x@evil.example/", false},
        {"https://hooks.example/a/\\evil", false},
        {"https://hooks.example/a/#x", false},
        {"https://hooks.example/a/ x", false},
        {"https://hooks.example/a/\nx", false},
        {"https://hooks.example/a/\xc3\xa9", false},
        {"HTTPS://hooks.example/a/", false},
        {"file:///etc/passwd", false},
        {"http://127.0.0.1:80801/", false},
        {"", false},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++)
        if (cw_config_webhook_allowed(&config->api, cases[i].url) != cases[i].allowed)
            fail_msg("%s", cases[i].url);
    cw_config_free(config);
    config = good("\"api\": {}");
    assert_false(cw_config_webhook_allowed(&config->api, "https://hooks.example/a/"));
    cw_config_free(config);
}

static void parse__mistakes__position_and_remedy(void **state) {
    (void)state;
    static const struct {
        const char *api, *says;
    } cases[] = {
        {"7", "number"},
        {"{\"listn\": 1}", "did you mean \"listen\"?"},
        {"{\"listen\": \"localhost:80\"}", "\"listen\" takes a numeric address and a port"},
        {"{\"listen\": \"127.0.0.1\"}", "numeric address and a port"},
        {"{\"listen\": \"127.0.0.1:70000\"}", "numeric address and a port"},
        {"{\"listen\": \"127.0.0.1:8x\"}", "numeric address and a port"},
        {"{\"listen\": \"[::1:80\"}", "numeric address and a port"},
        {"{\"listen\": \"0.0.0.0:80\"}", "nobody could ask anything"},
        {"{\"anonymous\": \"operate\"}", "takes read or nothing"},
        {"{\"anonymous\": \"nothing\"}", "nobody could ask anything"},
        {"{\"certificate\": \"c\"}", "needs the other one"},
        {"{\"certificate_key\": \"c\"}", "needs the other one"},
        {"{\"tokens\": {\"a\": {}}}", "\"sha256\" is missing"},
        {"{\"tokens\": {\"a\": {\"sha256\": \"00\"}}}", "64 hexadecimal digits: `causeway token`"},
        {"{\"tokens\": {\"a\": {\"sha256\": " HASH ", \"role\": \"admin\"}}}",
         "\"role\" takes read or operate"},
        {"{\"tokens\": [\"a\"]}", "object of named tokens"},
        {"{\"origins\": \"https://a\"}", "takes a list"},
        {"{\"origins\": [\"*\"]}", "no \"*\""},
        {"{\"origins\": [\"https://a.example/\"]}", "scheme, host and port only"},
        {"{\"origins\": [7]}", "takes a list of texts"},
        {"{\"hosts\": [\"\"]}", "takes a list of texts"},
        {"{\"webhooks\": [\"https://a.example\"]}", "up to a slash, such as https://hooks"},
        {"{\"webhooks\": [\"ftp://a.example/\"]}", "takes what URLs begin with"},
        {"{\"webhooks\": [\"https:///\"]}", "takes what URLs begin with"},
        {"{\"webhooks\": [\"https://u@a.example/\"]}", "takes what URLs begin with"},
        {"{\"webhooks\": [\"https://a.example/?x=/\"]}", "takes what URLs begin with"},
        {"{\"max_streams\": 100, \"max_connections\": 100}", "less than \"max_connections\""},
        {"{\"max_body_bytes\": 1}", "must be 1024 to 1048576"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_config *config = NULL;
        struct cw_error error = {0};
        char rest[512];
        snprintf(rest, sizeof rest, "\"api\": %s", cases[i].api);
        if (parse(&config, rest, &error) != CW_ERR_INPUT)
            fail_msg("case %zu is taken", i);
        if (strstr(error.text, cases[i].says) == NULL || strncmp(error.text, PATH ":", 25) != 0)
            fail_msg("case %zu: %s", i, error.text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parse__no_api__none),
        cmocka_unit_test(parse__defaults__reads_on_loopback_only),
        cmocka_unit_test(parse__mistakes__position_and_remedy),
        cmocka_unit_test(webhook__what_is_not_allowed__refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
