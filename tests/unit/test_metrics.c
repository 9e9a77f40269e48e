/* The Prometheus text format: escapes, numbers, and that every family stands in one piece. */
#include "api/exposition.h"
#include "api/metrics.h"

#include "store_fixture.h"

static void labels__any_text__escaped(void **state) {
    (void)state;
    static const struct {
        const char *value, *out;
    } cases[] = {
        {"", "m{a=\"\"} 7\n"},
        {"plain", "m{a=\"plain\"} 7\n"},
        {"a\"b\\c\nd", "m{a=\"a\\\"b\\\\c\\nd\"} 7\n"},
        {"\xc3\xa4\t", "m{a=\"\xc3\xa4\t\"} 7\n"},
        {"x\xff\xc3y", "m{a=\"x\xef\xbf\xbd\xef\xbf\xbdy\"} 7\n"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_buf out;
        cw_buf_init(&out, 4096);
        const struct cw_metric_label label = {"a", cases[i].value};
        cw_metric_u64(&out, "m", &label, 1, 7);
        assert_string_equal(cw_buf_cstr(&out), cases[i].out);
        cw_buf_done(&out);
    }
}

static void values__numbers__exact(void **state) {
    (void)state;
    struct cw_buf out;
    cw_buf_init(&out, 4096);
    const struct cw_metric_label labels[] = {{"a", "1"}, {"b", "2"}};
    cw_metric_family(&out, "m", CW_METRIC_GAUGE, "Help.");
    cw_metric_u64(&out, "m", NULL, 0, UINT64_MAX);
    cw_metric_ms(&out, "m", labels, 2, 12345);
    cw_metric_ms(&out, "m", labels, 1, 7);
    assert_string_equal(cw_buf_cstr(&out), "# HELP m Help.\n# TYPE m gauge\n"
                                           "m 18446744073709551615\n"
                                           "m{a=\"1\",b=\"2\"} 12.345\n"
                                           "m{a=\"1\"} 0.007\n");
    cw_buf_done(&out);
}

/* Each line is a comment or a sample of the family that was named last, and no name comes twice. */
static void check_format(char *text) {
    char name[128] = "", seen[8192] = ";", key[140];
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line, "# HELP %127s", name), 1);
            snprintf(key, sizeof key, ";%s;", name);
            assert_null(strstr(seen, key));
            strncat(seen, key + 1, sizeof seen - strlen(seen) - 1);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_memory_equal(line + 7, name, strlen(name));
        } else {
            static const char *const parts[] = {"_bucket{", "_sum ", "_count ", " ", "{"};
            size_t n = strlen(name);
            bool known = false;
            assert_memory_equal(line, name, n);
            for (size_t i = 0; i < CW_COUNT(parts); i++) {
                known = known || strncmp(line + n, parts[i], strlen(parts[i])) == 0;
            }
            assert_true(known);
            assert_true(strrchr(line, ' ')[1] >= '0' && strrchr(line, ' ')[1] <= '9');
        }
    }
}

static void metrics__two_endpoints_and_a_removed_one__families_in_one_piece(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {"a", "b", "gone"};
    for (uint64_t i = 0; i < 3; i++) {
        struct cw_store_endpoint e = {.chain = f->l1, .position = i, .contradictions = i};
        int64_t row = 0;
        snprintf(e.label, sizeof e.label, "%s", names[i]);
        snprintf(e.state, sizeof e.state, "%s", i == 2 ? "removed" : "well");
        OK(cw_store_endpoint_put(f->store, &e, NOW, &row, &f->error));
        struct cw_store_calls calls = {row, "eth_call", 10 + i, i};
        OK(cw_store_calls_add(f->store, &calls, &f->error));
    }
    const struct cw_store_late late[] = {
        {1, 90, 10}, {50, 8, 200}, {INT32_MAX, 1, 7000}, {1, 1, 1}};
    for (size_t i = 0; i < CW_COUNT(late); i++) {
        OK(cw_store_late_add(f->store, &late[i], &f->error));
    }
    struct cw_buf out;
    cw_buf_init(&out, 1u << 20);
    OK(cw_metrics_write(&out, f->store, true, &f->error));
    const char *text = cw_buf_cstr(&out);
    assert_non_null(text);
    assert_non_null(strstr(text, "causeway_running 1\n"));
    assert_non_null(strstr(text, "causeway_endpoint_usable{chain=\"l1\",endpoint=\"b\"} 1\n"));
    assert_non_null(strstr(text, "causeway_endpoint_usable{chain=\"l1\",endpoint=\"gone\"} 0\n"));
    assert_non_null(strstr(
        text, "causeway_rpc_calls_total{chain=\"l1\",endpoint=\"gone\",method=\"eth_call\"} 12\n"));
    assert_null(strstr(text, "causeway_endpoint_lag_blocks{")); /* nobody named a head */
    assert_non_null(strstr(text, "# TYPE causeway_loop_lateness_seconds histogram\n"
                                 "causeway_loop_lateness_seconds_bucket{le=\"0.001\"} 91\n"
                                 "causeway_loop_lateness_seconds_bucket{le=\"0.050\"} 99\n"
                                 "causeway_loop_lateness_seconds_bucket{le=\"+Inf\"} 100\n"
                                 "causeway_loop_lateness_seconds_sum 7.211\n"
                                 "causeway_loop_lateness_seconds_count 100\n"));
    char *copy = strdup(text);
    assert_non_null(copy);
    check_format(copy);
    free(copy);
    cw_buf_done(&out);
}

static void metrics__messages_that_failed__by_reason(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *reason;
        uint32_t failures;
    } cases[] = {{"would_revert", 1}, {"no_funds", 3}, {"would_revert", 7}, {"no_root", 0}};
    for (uint32_t i = 0; i < CW_COUNT(cases); i++)
        move(f, (struct cw_store_transition){.message = put(f, i),
                                             .condition = CW_WAITING,
                                             .reason = cases[i].reason,
                                             .due_ms = NOW + 1,
                                             .failures = cases[i].failures});
    struct cw_buf out;
    cw_buf_init(&out, 1u << 20);
    OK(cw_metrics_write(&out, f->store, true, &f->error));
    const char *text = cw_buf_cstr(&out);
    assert_non_null(
        strstr(text, "causeway_messages_failing{route=\"op\",reason=\"would_revert\"} 2\n"));
    assert_non_null(strstr(text, "reason=\"no_funds\"} 1\n"));
    assert_null(strstr(text, "no_root"));
    cw_buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels__any_text__escaped),
        cmocka_unit_test(values__numbers__exact),
        CASE(metrics__messages_that_failed__by_reason),
        CASE(metrics__two_endpoints_and_a_removed_one__families_in_one_piece),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
