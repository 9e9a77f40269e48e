/* What alerts say to each kind of receiver, as it goes over the wire. */
#include "monitor/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW 1700000000123u /* 2023-11-14T22:13:20.123Z */

static struct cw_alert false_root(void) {
    struct cw_alert alert = {
        .id = "9f86d081884c7d65-42",
        .event = CW_ALERT_OPENED,
        .time_ms = NOW,
        .note = "",
        .key = "causeway-9f86d081884c7d65-7",
        .number = 7,
        .kind = "messages_missing",
        .severity = CW_SEVERITY_CRITICAL,
        .state = CW_INCIDENT_CONFIRMED,
        .invariant = "root",
        .subject = "op/12",
        .route = "op",
        .chain = "l1",
        .text = "root of block 12 is not the rollup's",
        .advice = "Hold the route.",
        .evidence = "evidence/1.json",
        .pause = "0x11 0x22",
        .resolution = "",
        .says = {"0x01", "0x02"},
        .times = 3,
        .opened_ms = NOW - 1000,
    };
    alert.blocks[CW_SETTLEMENT] = (struct cw_alert_block){true, 100, {{0xab}}};
    alert.blocks[CW_EXECUTION] = (struct cw_alert_block){true, 12, {{0}}};
    alert.has_tx = true;
    alert.tx.b[31] = 1;
    return alert;
}

/* Only what must be there. */
static struct cw_alert bare(enum cw_alert_event event) {
    return (struct cw_alert){.id = "a-1",
                             .event = event,
                             .time_ms = NOW,
                             .note = "",
                             .key = "",
                             .kind = "",
                             .severity = CW_SEVERITY_WARNING,
                             .state = CW_INCIDENT_CONFIRMED,
                             .invariant = "",
                             .subject = "",
                             .route = "",
                             .chain = "",
                             .text = "",
                             .advice = "",
                             .evidence = "",
                             .pause = "",
                             .resolution = "",
                             .says = {"", ""}};
}

static struct cw_buf out;

static int set_up(void **state) {
    (void)state;
    cw_buf_init(&out, 1u << 20);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cw_buf_done(&out);
    return 0;
}

static const char *written(void) {
    const char *text = cw_buf_cstr(&out);
    assert_non_null(text);
    return text;
}

#define ZEROS_31 "00000000000000000000000000000000000000000000000000000000000000"

static void webhook__whole_incident__every_member(void **state) {
    (void)state;
    const struct cw_alert alert = false_root();
    cw_alert_webhook_json(&out, &alert);
    assert_string_equal(
        written(),
        "{\"version\":1,\"id\":\"9f86d081884c7d65-42\",\"event\":\"opened\",\"timeMs\":"
        "1700000000123,\"title\":\"critical: messages_missing op/12\",\"incident\":{\"key\":"
        "\"causeway-9f86d081884c7d65-7\",\"number\":7,\"kind\":\"messages_missing\",\"severity\":"
        "\"critical\",\"state\":\"confirmed\",\"invariant\":\"root\",\"subject\":\"op/12\","
        "\"route\":\"op\",\"chain\":\"l1\",\"text\":\"root of block 12 is not the rollup's\","
        "\"advice\":\"Hold the route.\",\"settlementSays\":\"0x01\",\"executionSays\":\"0x02\","
        "\"settlementBlock\":{\"number\":100,\"hash\":\"0xab" ZEROS_31 "\"},"
        "\"executionBlock\":{\"number\":12},\"transaction\":"
        "\"0x0000000000000000000000000000000000000000000000000000000000000001\",\"evidence\":"
        "\"evidence/1.json\",\"pauseCall\":\"0x11 0x22\",\"times\":3,\"openedMs\":1699999999123}}");
}

static void webhook__of_no_incident__no_members_of_one(void **state) {
    (void)state;
    struct cw_alert alert = bare(CW_ALERT_SUMMARY);
    alert.text = "3 alerts at once: 1 critical, 2 warning, 0 info";
    alert.note = "opened, critical: deadline op (1)\nopened, warning: deadline op2 (2)";
    cw_alert_webhook_json(&out, &alert);
    assert_string_equal(
        written(),
        "{\"version\":1,\"id\":\"a-1\",\"event\":\"summary\",\"timeMs\":1700000000123,\"title\":"
        "\"3 alerts at once: 1 critical, 2 warning, 0 info\",\"note\":\"opened, critical: deadline "
        "op (1)\\nopened, warning: deadline op2 (2)\"}");
}

static void webhook__hostile_text__stays_in_its_string(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    alert.text = "\"},\"severity\":\"info\n\x1b[2J\xff";
    cw_alert_webhook_json(&out, &alert);
    assert_non_null(
        strstr(written(), "\"text\":\"\\\"},\\\"severity\\\":\\\"info\\n\\u001b[2J\\ufffd\","));
}

static void title__each_event__says_it(void **state) {
    (void)state;
    static const struct {
        enum cw_alert_event event;
        const char *title;
    } cases[] = {
        {CW_ALERT_OPENED, "critical, provisional: messages_missing op/12"},
        {CW_ALERT_RAISED, "critical now, was warning, provisional: messages_missing op/12"},
        {CW_ALERT_LOWERED, "critical now, was warning, provisional: messages_missing op/12"},
        {CW_ALERT_CONFIRMED, "critical, confirmed, provisional: messages_missing op/12"},
        {CW_ALERT_ACKNOWLEDGED, "acknowledged, provisional: messages_missing op/12"},
        {CW_ALERT_RESOLVED, "resolved, provisional: messages_missing op/12"},
        {CW_ALERT_WITHDRAWN, "withdrawn, provisional: messages_missing op/12"},
        {CW_ALERT_SUMMARY, "root of block 12 is not the rollup's"},
        {CW_ALERT_TEST, "test: alerts of Causeway come through"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_alert alert = false_root();
        alert.event = cases[i].event;
        alert.was = CW_SEVERITY_WARNING;
        alert.state = CW_INCIDENT_PROVISIONAL;
        cw_buf_reset(&out);
        cw_alert_title(&out, &alert);
        assert_string_equal(written(), cases[i].title);
    }
}

static void slack__incident__one_attachment(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    alert.text = "<!channel> & more";
    alert.has_tx = false;
    alert.blocks[CW_SETTLEMENT].known = false;
    cw_alert_slack(&out, &alert);
    assert_string_equal(
        written(),
        "{\"text\":\"critical: messages_missing op/12\",\"attachments\":[{\"color\":\"#e01e5a\","
        "\"fallback\":\"critical: messages_missing op/12\",\"text\":\"&lt;!channel&gt; &amp; "
        "more\",\"fields\":[{\"title\":\"invariant\",\"value\":\"root\"},{\"title\":\"route\","
        "\"value\":\"op\"},{\"title\":\"chain\",\"value\":\"l1\"},{\"title\":\"settlement layer\","
        "\"value\":\"0x01\"},{\"title\":\"execution layer\",\"value\":\"0x02\"},{\"title\":"
        "\"execution block\",\"value\":\"12\"},{\"title\":\"evidence\",\"value\":\"evidence/"
        "1.json\"},{\"title\":\"pause call\",\"value\":\"0x11 0x22\"},"
        "{\"title\":\"what to do\",\"value\":\"Hold the route.\"},{\"title\":\"more\","
        "\"value\":\"causeway alerts show 7\"}],\"footer\":\"9f86d081884c7d65-42\",\"ts\":"
        "1700000000}]}");
}

static void slack__over__says_why_and_no_advice(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    alert.event = CW_ALERT_RESOLVED;
    alert.resolution = "they came";
    cw_alert_slack(&out, &alert);
    assert_non_null(strstr(written(), "\"color\":\"#2eb67d\""));
    assert_non_null(strstr(written(), "\"text\":\"they came\""));
    assert_null(strstr(written(), "what to do"));
}

static void pagerduty__opened__trigger(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    alert.has_tx = false;
    alert.blocks[CW_SETTLEMENT].known = alert.blocks[CW_EXECUTION].known = false;
    cw_alert_pagerduty(&out, &alert, "R0UTE", "host1");
    assert_string_equal(
        written(),
        "{\"routing_key\":\"R0UTE\",\"event_action\":\"trigger\",\"dedup_key\":"
        "\"causeway-9f86d081884c7d65-7\",\"client\":\"causeway\",\"payload\":{\"summary\":"
        "\"critical: messages_missing op/12: root of block 12 is not the rollup's\",\"source\":"
        "\"host1\",\"severity\":\"critical\",\"timestamp\":\"2023-11-14T22:13:20.123Z\","
        "\"component\":\"op\",\"group\":\"l1\",\"class\":\"messages_missing\",\"custom_details\":{"
        "\"id\":\"9f86d081884c7d65-42\",\"subject\":\"op/12\",\"invariant\":\"root\",\"route\":"
        "\"op\",\"chain\":\"l1\",\"settlement layer\":\"0x01\",\"execution layer\":\"0x02\","
        "\"evidence\":\"evidence/1.json\",\"pause call\":\"0x11 0x22\",\"what to do\":\"Hold the "
        "route.\",\"more\":\"causeway "
        "alerts show 7\"}}}");
}

static void pagerduty__other_events__acknowledge_or_resolve_the_same(void **state) {
    (void)state;
    static const struct {
        enum cw_alert_event event;
        const char *action;
    } cases[] = {{CW_ALERT_ACKNOWLEDGED, "acknowledge"},
                 {CW_ALERT_RESOLVED, "resolve"},
                 {CW_ALERT_WITHDRAWN, "resolve"}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char wanted[200];
        struct cw_alert alert = false_root();
        alert.event = cases[i].event;
        cw_buf_reset(&out);
        cw_alert_pagerduty(&out, &alert, "R0UTE", "host1");
        snprintf(wanted, sizeof wanted,
                 "{\"routing_key\":\"R0UTE\",\"event_action\":\"%s\",\"dedup_key\":"
                 "\"causeway-9f86d081884c7d65-7\"}",
                 cases[i].action);
        assert_string_equal(written(), wanted);
    }
    const struct cw_alert test = bare(CW_ALERT_TEST);
    cw_buf_reset(&out);
    cw_alert_pagerduty(&out, &test, "R0UTE", "");
    assert_non_null(strstr(written(), "\"dedup_key\":\"a-1\""));
    assert_non_null(strstr(written(), "\"severity\":\"info\""));
    assert_non_null(strstr(written(), "\"source\":\"causeway\""));
}

static void alertmanager__open_and_over__their_ends(void **state) {
    (void)state;
    struct cw_alert alerts[2] = {false_root(), bare(CW_ALERT_RESOLVED)};
    alerts[0].has_tx = false;
    alerts[0].blocks[CW_SETTLEMENT].known = alerts[0].blocks[CW_EXECUTION].known = false;
    alerts[1].key = "k";
    alerts[1].kind = "deadline";
    alerts[1].subject = "op/0x1";
    alerts[1].text = "lost in 2 h";
    alerts[1].resolution = "it is delivered";
    alerts[1].opened_ms = NOW - 60000;
    alerts[1].over_ms = NOW;
    alerts[1].state = CW_INCIDENT_RESOLVED;
    cw_alert_alertmanager(&out, alerts, 2, NOW + 240000);
    assert_string_equal(
        written(),
        "[{\"labels\":{\"alertname\":\"causeway_messages_missing\",\"severity\":\"critical\","
        "\"subject\":\"op/12\",\"route\":\"op\",\"chain\":\"l1\",\"invariant\":\"root\","
        "\"incident\":\"7\",\"key\":\"causeway-9f86d081884c7d65-7\"},\"annotations\":{\"summary\":"
        "\"critical: messages_missing op/12\",\"description\":\"root of block 12 is not the "
        "rollup's\",\"state\":\"confirmed\",\"invariant\":\"root\",\"route\":\"op\",\"chain\":"
        "\"l1\",\"settlement_layer\":\"0x01\",\"execution_layer\":\"0x02\",\"evidence\":"
        "\"evidence/1.json\",\"pause_call\":\"0x11 0x22\",\"what_to_do\":\"Hold the "
        "route.\",\"more\":\"causeway alerts show "
        "7\"},\"startsAt\":\"2023-11-14T22:13:19.123Z\",\"endsAt\":\"2023-11-14T22:17:20.123Z\"},"
        "{\"labels\":{\"alertname\":\"causeway_deadline\",\"severity\":\"warning\",\"subject\":"
        "\"op/0x1\",\"key\":\"k\"},\"annotations\":{\"summary\":\"resolved: deadline op/0x1\","
        "\"description\":\"lost in 2 h\",\"state\":\"resolved\",\"resolution\":\"it is "
        "delivered\"},\"startsAt\":\"2023-11-14T22:12:20.123Z\",\"endsAt\":"
        "\"2023-11-14T22:13:20.123Z\"}]");
}

/* Its severity is a label, by which it would be another alert: the one before ends. */
static void alertmanager__raised__the_one_before_ends(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    alert.event = CW_ALERT_RAISED;
    alert.was = CW_SEVERITY_WARNING;
    cw_alert_alertmanager(&out, &alert, 1, NOW + 1000);
    const char *first = strstr(written(), "\"severity\":\"warning\"");
    const char *second = strstr(written(), "\"severity\":\"critical\"");
    assert_true(first != NULL && second != NULL && first < second);
    const char *end = strstr(first, "\"endsAt\":\"2023-11-14T22:13:20.123Z\"");
    assert_true(end != NULL && end < second);
    assert_non_null(strstr(second, "\"endsAt\":\"2023-11-14T22:13:21.123Z\""));
}

static const struct cw_alert_origin origin = {.host = "host1", .pid = 77, .facility = 3};

static void syslog__incident__rfc_5424(void **state) {
    (void)state;
    const struct cw_alert alert = false_root();
    cw_alert_syslog(&out, &alert, &origin);
    assert_string_equal(
        written(),
        "<26>1 2023-11-14T22:13:20.123Z host1 causeway 77 opened [causeway@32473 "
        "id=\"9f86d081884c7d65-42\" incident=\"7\" kind=\"messages_missing\" severity=\"critical\" "
        "subject=\"op/12\" route=\"op\" chain=\"l1\"] critical: messages_missing op/12: root of "
        "block 12 is not the rollup's");
}

static void syslog__severities__as_they_are(void **state) {
    (void)state;
    static const struct {
        enum cw_alert_event event;
        enum cw_severity severity;
        const char *head;
    } cases[] = {
        {CW_ALERT_OPENED, CW_SEVERITY_WARNING, "<28>1 "},
        {CW_ALERT_CONFIRMED, CW_SEVERITY_INFO, "<30>1 "},
        {CW_ALERT_RAISED, CW_SEVERITY_CRITICAL, "<26>1 "},
        {CW_ALERT_RESOLVED, CW_SEVERITY_CRITICAL, "<29>1 "},
        {CW_ALERT_ACKNOWLEDGED, CW_SEVERITY_CRITICAL, "<29>1 "},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_alert alert = false_root();
        alert.event = cases[i].event;
        alert.severity = cases[i].severity;
        alert.was = CW_SEVERITY_INFO;
        cw_buf_reset(&out);
        cw_alert_syslog(&out, &alert, &origin);
        assert_memory_equal(written(), cases[i].head, strlen(cases[i].head));
    }
}

static void syslog__hostile_text__one_line_and_its_brackets_escaped(void **state) {
    (void)state;
    struct cw_alert alert = false_root();
    struct cw_alert_origin strange = {.host = "a b\n", .pid = 1, .facility = 16};
    alert.subject = "x\"] <0>1\n\\";
    alert.text = "line\nline\xff";
    cw_alert_syslog(&out, &alert, &strange);
    assert_null(strchr(written(), '\n'));
    assert_non_null(strstr(written(), " a?b? causeway 1 "));
    assert_non_null(strstr(written(), "subject=\"x\\\"\\] <0>1?\\\\\""));
    assert_non_null(strstr(written(), ": line?line?"));
}

static void syslog__long_text__cut_behind_a_whole_character(void **state) {
    (void)state;
    char text[4096];
    struct cw_alert alert = false_root();
    for (size_t i = 0; i + 3 < sizeof text; i += 3)
        memcpy(text + i, "\xe2\x82\xac", 4);
    alert.text = text;
    cw_alert_syslog(&out, &alert, &origin);
    assert_true(strlen(written()) < 2048);
    assert_string_equal(written() + strlen(written()) - 3, "\xe2\x82\xac");
}

static void event_name__every_event__stable(void **state) {
    (void)state;
    static const char *const names[] = {"opened",    "raised",       "lowered",
                                        "confirmed", "acknowledged", "resolved",
                                        "withdrawn", "summary",      "test"};
    for (size_t i = 0; i < CW_COUNT(names); i++)
        assert_string_equal(cw_alert_event_name((enum cw_alert_event)(i + 1)), names[i]);
    assert_string_equal(cw_alert_event_name(0), "?");
    assert_string_equal(cw_alert_event_name((enum cw_alert_event)(CW_COUNT(names) + 1)), "?");
}

static void severity__names__stable_and_read_back(void **state) {
    (void)state;
    static const char *const names[] = {"info", "warning", "critical"};
    enum cw_severity severity = CW_SEVERITY_CRITICAL;
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        assert_string_equal(cw_severity_name((enum cw_severity)(i + 1)), names[i]);
        assert_true(cw_severity_parse(&severity, names[i]));
        assert_int_equal(severity, i + 1);
    }
    assert_string_equal(cw_severity_name(0), "?");
    assert_false(cw_severity_parse(&severity, "?"));
    assert_false(cw_severity_parse(&severity, "Critical"));
}

static void buffer_full__said(void **state) {
    (void)state;
    const struct cw_alert alert = false_root();
    const struct cw_alert_origin *from = &origin;
    for (int i = 0; i < 5; i++) {
        struct cw_buf small;
        cw_buf_init(&small, 100);
        if (i == 0)
            cw_alert_webhook_json(&small, &alert);
        else if (i == 1)
            cw_alert_slack(&small, &alert);
        else if (i == 2)
            cw_alert_pagerduty(&small, &alert, "key", "");
        else if (i == 3)
            cw_alert_alertmanager(&small, &alert, 1, NOW);
        else
            cw_alert_syslog(&small, &alert, from);
        assert_true(small.failed);
        cw_buf_done(&small);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(webhook__whole_incident__every_member),
        CASE(webhook__of_no_incident__no_members_of_one),
        CASE(webhook__hostile_text__stays_in_its_string),
        CASE(title__each_event__says_it),
        CASE(slack__incident__one_attachment),
        CASE(slack__over__says_why_and_no_advice),
        CASE(pagerduty__opened__trigger),
        CASE(pagerduty__other_events__acknowledge_or_resolve_the_same),
        CASE(alertmanager__open_and_over__their_ends),
        CASE(alertmanager__raised__the_one_before_ends),
        CASE(syslog__incident__rfc_5424),
        CASE(syslog__severities__as_they_are),
        CASE(syslog__hostile_text__one_line_and_its_brackets_escaped),
        CASE(syslog__long_text__cut_behind_a_whole_character),
        CASE(event_name__every_event__stable),
        CASE(severity__names__stable_and_read_back),
        CASE(buffer_full__said),
    };
    return cmocka_run_group_tests_name("alert", tests, NULL, NULL);
}
