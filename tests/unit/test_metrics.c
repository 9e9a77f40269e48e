/* The Prometheus text format: escapes, numbers, and that every family stands in one piece. */
#include "api/exposition.h"
#include "api/metrics.h"
#include "store/alerts.h"

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
    char name[128] = "", seen[16384] = ";", key[140];
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (strncmp(line, "# HELP ", 7) == 0) {
            assert_int_equal(sscanf(line, "# HELP %127s", name), 1);
            snprintf(key, sizeof key, ";%s;", name);
            assert_null(strstr(seen, key));
            strncat(seen, key + 1, sizeof seen - strlen(seen) - 1);
        } else if (strncmp(line, "# TYPE ", 7) == 0) {
            assert_memory_equal(line + 7, name, strlen(name));
        } else {
            static const char *const parts[] = {"_bucket{", "_sum ", "_sum{", "_count ",
                                                "_count{",  " ",     "{"};
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
    OK(cw_metrics_write(&out, f->store, true, NOW, &f->error));
    const char *text = cw_buf_cstr(&out);
    assert_non_null(text);
    assert_non_null(strstr(text, "causeway_running 1\n"));
    assert_non_null(strstr(text, "causeway_endpoint_usable{chain=\"l1\",endpoint=\"b\"} 1\n"));
    assert_null(strstr(text, "causeway_endpoint_usable{chain=\"l1\",endpoint=\"gone\"}"));
    assert_non_null(
        strstr(text, "causeway_endpoint_contradictions_total{chain=\"l1\",endpoint=\"gone\"} 2\n"));
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
    OK(cw_metrics_write(&out, f->store, true, NOW, &f->error));
    const char *text = cw_buf_cstr(&out);
    assert_non_null(
        strstr(text, "causeway_messages_failing{route=\"op\",reason=\"would_revert\"} 2\n"));
    assert_non_null(strstr(text, "reason=\"no_funds\"} 1\n"));
    assert_null(strstr(text, "no_root"));
    cw_buf_done(&out);
}

/* --- the monitor ------------------------------------------------------------------------------ */

#define BLOCK_S (NOW / 1000 - 20) /* of the settlement layer */

/* A subject in block number; its row. */
static int64_t arise(struct fixture *f, const char *invariant, uint32_t n, uint64_t block_s,
                     uint64_t seen_ms) {
    struct cw_store_subject s = {.route = f->route};
    bool is_new = false;
    int64_t row = 0;
    size_t found = 0;
    snprintf(s.invariant, sizeof s.invariant, "%s", invariant);
    s.s.key = hash_of(n, 9);
    s.s.block = (struct cw_block_ref){{n}, hash_of(n, 8), block_s};
    snprintf(s.s.about, sizeof s.s.about, "%s %u", invariant, n);
    OK(cw_store_subject_put(f->store, &s, seen_ms, &is_new, &f->error));
    assert_true(is_new);
    OK(cw_store_subjects_fresh(f->store, f->route, 1, &row, &found, &f->error));
    assert_int_equal(found, 1);
    return row;
}

static void judge(struct fixture *f, int64_t row, enum cw_verdict_state state, const char *reason,
                  uint64_t l2_block, uint64_t now_ms) {
    struct cw_store_judgement j = {.row = row,
                                   .state = state,
                                   .stake = CW_STAKE_ROUTE,
                                   .reason = reason,
                                   .sentence = "",
                                   .values = {"", ""},
                                   .due_ms = state == CW_VERDICT_UNVERIFIED ? now_ms + 1000 : 0};
    j.seen[CW_EXECUTION].number.v = l2_block;
    OK(cw_store_subject_judged(f->store, &j, now_ms, &f->error));
}

static void put_judged(struct fixture *f) {
    judge(f, arise(f, "root", 1, BLOCK_S, NOW - 10000), CW_VERDICT_OK, "", 700, NOW - 8000);
    int64_t late = arise(f, "root", 2, BLOCK_S + 5, NOW - 10000);
    judge(f, late, CW_VERDICT_UNVERIFIED, "block_not_final", 720, NOW - 9000);
    judge(f, late, CW_VERDICT_OK, "", 720, NOW + 100000);
    judge(f, late, CW_VERDICT_UNVERIFIED, "unavailable", 720, NOW + 101000);
    judge(f, late, CW_VERDICT_OK, "", 720, NOW + 102000); /* it was decided before */
    judge(f, arise(f, "root", 3, BLOCK_S + 10, NOW - 5000), CW_VERDICT_VIOLATED, "root_mismatch",
          710, NOW - 4500);
    judge(f, arise(f, "proven", 4, BLOCK_S - 10000, NOW - 5000), CW_VERDICT_OK, "", 0, NOW - 4000);
    judge(f, arise(f, "executed", 5, BLOCK_S, NOW - 5000), CW_VERDICT_UNVERIFIED,
          "proof_unavailable", 0, NOW - 4000);
}

static void put_holds(struct fixture *f) {
    struct cw_store_hold hold = {
        .route = f->route, .target = "op", .invariant = "root", .key = hash_of(3, 9)};
    OK(cw_store_hold_want(f->store, &hold, &f->error));
    cw_store_subject_write(hold.target, "op", &hold.key);
    OK(cw_store_hold_want(f->store, &hold, &f->error));
    snprintf(hold.invariant, sizeof hold.invariant, "proven"); /* of the same message */
    OK(cw_store_hold_want(f->store, &hold, &f->error));
    OK(cw_store_guarded_set(f->store, f->route, true, &f->error));
}

static int64_t put_incident(struct fixture *f, const char *subject, enum cw_severity severity,
                            bool provisional) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_INVARIANT,
                                         .severity = severity,
                                         .state = provisional ? CW_INCIDENT_PROVISIONAL
                                                              : CW_INCIDENT_CONFIRMED};
    struct cw_store_incident *list = NULL;
    bool is_new = false;
    size_t n = 0;
    snprintf(incident.subject, sizeof incident.subject, "%s", subject);
    snprintf(incident.route, sizeof incident.route, "op");
    OK(cw_store_incident_open(f->store, &incident, NOW, &is_new, &f->error));
    OK(cw_store_incidents(f->store, true, 1, &f->arena, &list, &n, &f->error));
    return list[0].row;
}

static void put_incidents(struct fixture *f) {
    const struct cw_store_sink_rule rule = {.name = "ops",
                                            .type = "webhook",
                                            .routes = "",
                                            .chains = "",
                                            .queue_max = 100,
                                            .min_severity = CW_SEVERITY_INFO};
    const struct cw_store_silence silence = {.subject = "op/proven/*", .until_ms = NOW + 1000};
    bool changed = false;
    int64_t row = 0;
    OK(cw_store_sinks_set(f->store, &rule, 1, NOW, &f->error));
    int64_t acked = put_incident(f, "op/root/3", CW_SEVERITY_CRITICAL, false);
    (void)put_incident(f, "op/executed/5", CW_SEVERITY_CRITICAL, false);
    (void)put_incident(f, "op/proven/4", CW_SEVERITY_CRITICAL, false);
    (void)put_incident(f, "op/root/gone", CW_SEVERITY_CRITICAL, true);
    (void)put_incident(f, "op/liveness/0", CW_SEVERITY_WARNING, false);
    OK(cw_store_incident_ack(f->store, acked, "ann", "", NOW, &changed, &f->error));
    OK(cw_store_silence_add(f->store, &silence, NOW, &row, &f->error));
    OK(cw_store_incident_withdraw(f->store, CW_INCIDENT_INVARIANT, "op/root/gone", "gone", NOW,
                                  &changed, &f->error));
    assert_true(changed);
}

/* The store as it is to be after an eventful day: each family has samples. */
static void put_everything(struct fixture *f) {
    const struct cw_heads heads = {.latest = {{1000}, hash_of(1, 7), BLOCK_S},
                                   .safe = {{990}, hash_of(2, 7), BLOCK_S - 100},
                                   .final = {{980}, hash_of(3, 7), BLOCK_S - 200}};
    struct cw_store_endpoint e = {
        .chain = f->l1, .label = "a", .state = "well", .quick_ms = 20, .heavy_ms = 90};
    const struct cw_store_late late[] = {{1, 90, 10}, {500, 2, 700}, {1000, 1, 900}};
    const int64_t chains[] = {f->l1, f->l2};
    int64_t row = 0;
    e.has_lag = true;
    for (size_t i = 0; i < CW_COUNT(chains); i++) {
        e.chain = chains[i];
        OK(cw_store_heads_set(f->store, chains[i], &heads, NOW - 3000, &f->error));
        OK(cw_store_cursor_set(f->store, chains[i], heads.latest.number, &f->error));
        OK(cw_store_backfill_set(f->store, chains[i], 77, 1, 77, &f->error));
        OK(cw_store_endpoint_put(f->store, &e, NOW, &row, &f->error));
        const struct cw_store_calls calls = {row, "eth_call", 10, 1};
        OK(cw_store_calls_add(f->store, &calls, &f->error));
    }
    for (size_t i = 0; i < CW_COUNT(late); i++)
        OK(cw_store_late_add(f->store, &late[i], &f->error));
    move(f, (struct cw_store_transition){
                .message = put(f, 2), .condition = CW_HELD, .reason = "target_reverts"});
    move(f, (struct cw_store_transition){.message = put(f, 1),
                                         .condition = CW_WAITING,
                                         .reason = "would_revert",
                                         .due_ms = NOW + 1,
                                         .failures = 1});
    const struct cw_store_funds funds = {.chain = f->l1,
                                         .address = {{0xab}},
                                         .signer = "main",
                                         .balance.v = {{1, 1}}, /* 2^64 + 1 */
                                         .low.v = cw_u256_from_u64(1000)};
    OK(cw_store_funds_put(f->store, &funds, &f->error));
    put_judged(f);
    put_holds(f);
    put_incidents(f);
}

static void assert_says(const char *text, const char *line) {
    if (strstr(text, line) == NULL)
        fail_msg("no line %s in:\n%s", line, text);
}

/* With CAUSEWAY_EXPOSITION in the environment what is written stays there, for tests/rules. */
static void keep_exposition(const char *text) {
    const char *path = getenv("CAUSEWAY_EXPOSITION");
    FILE *out = path != NULL ? fopen(path, "w") : NULL;
    assert_true(path == NULL || out != NULL);
    if (out != NULL) {
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
    }
}

/* Every family of the text has a sample. */
static void assert_all_have_samples(const char *text) {
    static const char help[] = "# HELP ";
    char name[128] = "";
    for (const char *at = text; (at = strstr(at, help)) != NULL; at++) {
        assert_int_equal(sscanf(at + sizeof help - 1, "%127s", name), 1);
        const char *type = strchr(at, '\n') + 1, *sample = strchr(type, '\n') + 1;
        if (strncmp(sample, name, strlen(name)) != 0)
            fail_msg("%s has no sample", name);
    }
}

static void metrics__an_eventful_day__everything_is_told(void **state) {
    static const char *const lines[] = {
        "causeway_metrics_timestamp_seconds 1700000000.000\n",
        "causeway_chain_head_timestamp_seconds{chain=\"l1\",head=\"latest\"} 1699999980\n",
        "causeway_chain_head_timestamp_seconds{chain=\"l2\",head=\"final\"} 1699999780\n",
        "causeway_chain_heads_read_timestamp_seconds{chain=\"l1\"} 1699999997.000\n",
        "causeway_chain_unread_blocks{chain=\"l1\"} 77\n",
        "causeway_verdicts{route=\"op\",invariant=\"root\",state=\"ok\",reason=\"\"} 2\n",
        "causeway_verdicts{route=\"op\",invariant=\"root\",state=\"violated\",reason=\"root_"
        "mismatch\"} 1\n",
        "causeway_unverified_oldest_timestamp_seconds{route=\"op\",invariant=\"executed\"} "
        "1699999995.000\n",
        "causeway_root_newest_block{route=\"op\",state=\"ok\"} 720\n",
        "causeway_root_newest_block{route=\"op\",state=\"violated\"} 710\n",
        "causeway_root_newest_timestamp_seconds{route=\"op\",state=\"ok\"} 1699999985\n",
        "causeway_root_newest_timestamp_seconds{route=\"op\",state=\"violated\"} 1699999990\n",
        "causeway_judgements_total{route=\"op\",state=\"unverified\"} 3\n",
        "causeway_judgements_total{route=\"op\",state=\"ok\"} 4\n",
        "causeway_judgements_total{route=\"op\",state=\"violated\"} 1\n",
        "causeway_judgement_last_timestamp_seconds{route=\"op\"} 1700000102.000\n",
        /* 12 s, 115 s and 5.5 s; the one of the past is not among them */
        "causeway_verdict_lag_seconds_bucket{route=\"op\",le=\"5\"} 0\n"
        "causeway_verdict_lag_seconds_bucket{route=\"op\",le=\"10\"} 1\n"
        "causeway_verdict_lag_seconds_bucket{route=\"op\",le=\"30\"} 2\n"
        "causeway_verdict_lag_seconds_bucket{route=\"op\",le=\"60\"} 2\n"
        "causeway_verdict_lag_seconds_bucket{route=\"op\",le=\"300\"} 3\n",
        "causeway_verdict_lag_seconds_sum{route=\"op\"} 132.500\n",
        "causeway_verdict_lag_seconds_count{route=\"op\"} 3\n",
        "causeway_signer_balance_wei{chain=\"l1\",signer=\"main\",address="
        "\"0xab00000000000000000000000000000000000000\"} 18446744073709551617\n",
        "causeway_signer_low_funds_wei{chain=\"l1\",signer=\"main\",address="
        "\"0xab00000000000000000000000000000000000000\"} 1000\n",
        "causeway_route_judged{route=\"op\"} 1\n",
        "causeway_judgements_due{route=\"op\"} 1\n",
        "causeway_holds_wanted{route=\"op\",of=\"route\"} 1\n",
        "causeway_holds_wanted{route=\"op\",of=\"messages\"} 1\n",
        "causeway_messages{route=\"op\",stage=\"seen\",condition=\"held\"} 1\n",
        "causeway_holds_untold{route=\"op\"} 3\n",
        "causeway_incidents_open{kind=\"invariant\",severity=\"critical\",state=\"confirmed\","
        "route=\"op\"} 3\n",
        "causeway_incidents_unattended{kind=\"invariant\",severity=\"critical\",state="
        "\"confirmed\",route=\"op\"} 1\n",
        "causeway_incidents_open{kind=\"invariant\",severity=\"warning\",state=\"confirmed\","
        "route=\"op\"} 1\n",
        "causeway_incidents_opened_total{kind=\"invariant\"} 5\n",
        "causeway_incidents_opened_total{kind=\"deadline\"} 0\n",
        "causeway_incidents_withdrawn_total{kind=\"invariant\"} 1\n",
        "causeway_incidents_resolved_total{kind=\"invariant\"} 0\n",
    };
    struct fixture *f = *state;
    struct cw_buf out;
    put_everything(f);
    cw_buf_init(&out, 1u << 20);
    OK(cw_metrics_write(&out, f->store, true, NOW, &f->error));
    char *text = strdup(cw_buf_cstr(&out));
    assert_non_null(text);
    for (size_t i = 0; i < CW_COUNT(lines); i++)
        assert_says(text, lines[i]);
    assert_all_have_samples(text);
    keep_exposition(text);
    check_format(text);
    free(text);
    cw_buf_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels__any_text__escaped),
        cmocka_unit_test(values__numbers__exact),
        CASE(metrics__an_eventful_day__everything_is_told),
        CASE(metrics__messages_that_failed__by_reason),
        CASE(metrics__two_endpoints_and_a_removed_one__families_in_one_piece),
    };
    return cmocka_run_group_tests_name("metrics", tests, NULL, NULL);
}
