/* Which chains' modes suit which stacks: the stacks are the test's own. */
#include "core/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* --- two stacks ------------------------------------------------------------------------------- */

static void counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                    struct cw_io *io, struct cw_count *ret) {
    (void)adapter;
    (void)at;
    (void)read;
    (void)io;
    (void)ret;
}

static const struct cw_field fields[] = {CW_FIELD_END};
static const struct cw_adapter_ops counting = {.name = "counting",
                                               .direction = "withdrawal",
                                               .source = CW_EXECUTION,
                                               .fields = fields,
                                               .config_size = 1,
                                               .counter = counter};
static const struct cw_adapter_ops silent = {.name = "silent",
                                             .direction = "withdrawal",
                                             .source = CW_EXECUTION,
                                             .fields = fields,
                                             .config_size = 1};
static const struct cw_adapter_ops silent_deposits = {.name = "silent",
                                                      .direction = "deposit",
                                                      .source = CW_SETTLEMENT,
                                                      .fields = fields,
                                                      .config_size = 1};

const struct cw_adapter_ops *const cw_adapters[] = {&counting, &silent, &silent_deposits, NULL};

/* --- configurations --------------------------------------------------------------------------- */

/* "" when it is taken, else why not. */
static const char *refusal_of(const char *stack, const char *direction, const char *settlement,
                              const char *execution) {
    static struct cw_error error;
    struct cw_config *config = NULL;
    char text[1024];
    int n = snprintf(text, sizeof text,
                     "{\"data_dir\": \"/d\", \"chains\": {\n"
                     "  \"l1\": {\"chain_id\": 900, \"mode\": \"%s\", \"quorum\": 2,\n"
                     "    \"endpoints\": [\"http://a.example\", \"http://b.example\"]},\n"
                     "  \"l2\": {\"chain_id\": 901, \"mode\": \"%s\", \"quorum\": 2,\n"
                     "    \"endpoints\": [\"http://c.example\", \"http://d.example\"]}},\n"
                     "\"routes\": {\"way\": {\"stack\": \"%s\", \"direction\": \"%s\", "
                     "\"settlement\": \"l1\",\n"
                     "  \"execution\": \"l2\", \"contracts\": {}, \"policy\": {}}}}",
                     settlement, execution, stack, direction);
    assert_in_range(n, 1, (int)sizeof text - 1);
    enum cw_err err = cw_config_parse(&config, "c.json", cw_slice_of(text, (size_t)n), &error);
    if (err == CW_OK) {
        cw_config_free(config);
        return "";
    }
    assert_int_equal(err, CW_ERR_INPUT);
    return error.text;
}

static const char *refusal(const char *stack, const char *settlement, const char *execution) {
    return refusal_of(stack, "withdrawal", settlement, execution);
}

static void route__stack_that_counts__any_mode(void **state) {
    (void)state;
    assert_string_equal(refusal("counting", "full", "full"), "");
    assert_string_equal(refusal("counting", "events", "events"), "");
    assert_string_equal(refusal("counting", "quorum", "quorum"), "");
}

static void route__stack_that_does_not__source_in_mode_full_only(void **state) {
    (void)state;
    static const char *const modes[] = {"events", "quorum"};
    assert_string_equal(refusal("silent", "full", "full"), "");
    for (size_t i = 0; i < CW_COUNT(modes); i++) {
        assert_string_equal(refusal("silent", modes[i], "full"), "");
        assert_string_equal(refusal("silent", "full", modes[i]),
                            "c.json:7:16: route \"way\": contracts of the stack silent do not "
                            "count their messages, so that one that is left out would not be "
                            "noticed: write \"mode\": \"full\" for the chain \"l2\"");
    }
}

static void route__deposits_that_nobody_counts__settlement_layer_in_mode_full(void **state) {
    (void)state;
    assert_string_equal(refusal_of("silent", "deposit", "full", "events"), "");
    assert_string_equal(refusal_of("silent", "deposit", "events", "full"),
                        "c.json:6:77: route \"way\": contracts of the stack silent do not "
                        "count their messages, so that one that is left out would not be "
                        "noticed: write \"mode\": \"full\" for the chain \"l1\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(route__stack_that_counts__any_mode),
        cmocka_unit_test(route__stack_that_does_not__source_in_mode_full_only),
        cmocka_unit_test(route__deposits_that_nobody_counts__settlement_layer_in_mode_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
