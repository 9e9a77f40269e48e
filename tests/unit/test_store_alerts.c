/* What sinks are to be told of incidents, and when not: the store decides it with the change. */
#include "store/alerts.h"

#include "store_fixture.h"

static const struct cw_store_sink_rule all = {.name = "all",
                                              .type = "webhook",
                                              .min_severity = CW_SEVERITY_INFO,
                                              .routes = "",
                                              .chains = "",
                                              .queue_max = 1000};

static void set_sinks(struct fixture *f, const struct cw_store_sink_rule *rules, size_t n) {
    OK(cw_store_sinks_set(f->store, rules, n, NOW, &f->error));
}

static struct cw_store_sink sink_of(struct fixture *f, const char *name) {
    struct cw_store_sink *list = NULL;
    size_t n = 0;
    OK(cw_store_sinks(f->store, &f->arena, &list, &n, &f->error));
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].name, name) == 0)
            return list[i];
    fail_msg("no sink %s", name);
    return (struct cw_store_sink){0};
}

static struct cw_store_incident warning(const char *subject) {
    struct cw_store_incident incident = {.kind = CW_INCIDENT_CONTRADICTION};
    snprintf(incident.subject, sizeof incident.subject, "%s", subject);
    snprintf(incident.route, sizeof incident.route, "op");
    snprintf(incident.chain, sizeof incident.chain, "l1");
    snprintf(incident.text, sizeof incident.text, "it lies");
    return incident;
}

static void open_it(struct fixture *f, const struct cw_store_incident *incident, uint64_t now_ms) {
    bool is_new = false;
    OK(cw_store_incident_open(f->store, incident, now_ms, &is_new, &f->error));
}

static bool resolve(struct fixture *f, const char *subject) {
    bool was_open = false;
    OK(cw_store_incident_resolve(f->store, CW_INCIDENT_CONTRADICTION, subject, "well again",
                                 NOW + 50, &was_open, &f->error));
    return was_open;
}

/* Takes the next alert out of the queue; what is there is read to the end by the caller. */
static bool take(struct fixture *f, const char *sink, struct cw_store_alert *ret) {
    int64_t row = sink_of(f, sink).row;
    bool found = false;
    OK(cw_store_alert_next(f->store, row, NOW + 1000000, &found, ret, &f->error));
    if (found)
        OK(cw_store_alert_sent(f->store, row, ret->row, NOW + 60, &f->error));
    return found;
}

/* "opened raised …": all that waits for it, which is taken out. */
static const char *told(struct fixture *f, const char *sink) {
    static char text[400];
    struct cw_store_alert alert;
    text[0] = '\0';
    while (take(f, sink, &alert)) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", n > 0 ? " " : "",
                 cw_alert_event_name(alert.event));
    }
    return text;
}

static int64_t row_of(struct fixture *f) {
    struct cw_store_incident *list = NULL;
    size_t n = 0;
    OK(cw_store_incidents(f->store, true, 10, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    return list[0].row;
}

static struct cw_store_incident current(struct fixture *f, int64_t row) {
    struct cw_store_incident incident;
    bool found = false;
    OK(cw_store_incident_get(f->store, row, &found, &incident, &f->error));
    assert_true(found);
    return incident;
}

/* --- what is told ----------------------------------------------------------------------------- */

static void open__every_member__in_the_alert(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("l1/liar");
    struct cw_store_alert alert;
    set_sinks(f, &all, 1);
    in.severity = CW_SEVERITY_CRITICAL;
    snprintf(in.invariant, sizeof in.invariant, "root");
    snprintf(in.advice, sizeof in.advice, "Do this.");
    snprintf(in.evidence, sizeof in.evidence, "evidence/1.json");
    snprintf(in.says[CW_SETTLEMENT], sizeof in.says[0], "0x01");
    snprintf(in.says[CW_EXECUTION], sizeof in.says[0], "0x02");
    in.blocks[CW_SETTLEMENT] = (struct cw_store_incident_block){true, 100, hash_of(1, 1)};
    in.blocks[CW_EXECUTION] = (struct cw_store_incident_block){true, 12, {{0}}};
    in.has_tx = true;
    in.tx = hash_of(2, 2);
    open_it(f, &in, NOW);
    assert_true(take(f, "all", &alert));
    assert_int_equal(alert.event, CW_ALERT_OPENED);
    assert_int_equal(alert.made_ms, NOW);
    const struct cw_store_incident *got = &alert.incident;
    assert_int_equal(got->kind, CW_INCIDENT_CONTRADICTION);
    assert_int_equal(got->severity, CW_SEVERITY_CRITICAL);
    assert_int_equal(got->state, CW_INCIDENT_CONFIRMED);
    assert_string_equal(got->subject, "l1/liar");
    assert_string_equal(got->route, "op");
    assert_string_equal(got->chain, "l1");
    assert_string_equal(got->text, "it lies");
    assert_string_equal(got->invariant, "root");
    assert_string_equal(got->advice, "Do this.");
    assert_string_equal(got->evidence, "evidence/1.json");
    assert_string_equal(got->says[CW_SETTLEMENT], "0x01");
    assert_string_equal(got->says[CW_EXECUTION], "0x02");
    assert_true(got->blocks[CW_SETTLEMENT].known && got->blocks[CW_EXECUTION].known);
    assert_int_equal(got->blocks[CW_SETTLEMENT].number, 100);
    assert_true(cw_hash32_equal(&got->blocks[CW_SETTLEMENT].hash, &in.blocks[0].hash));
    assert_int_equal(got->blocks[CW_EXECUTION].number, 12);
    assert_true(cw_hash32_is_zero(&got->blocks[CW_EXECUTION].hash));
    assert_true(got->has_tx && cw_hash32_equal(&got->tx, &in.tx));
    assert_false(take(f, "all", &alert));
}

static void open__again__counted_and_not_told(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    struct cw_store_alert first;
    set_sinks(f, &all, 1);
    open_it(f, &in, NOW);
    assert_true(take(f, "all", &first));
    for (int i = 0; i < 5; i++)
        open_it(f, &in, NOW + 10);
    assert_string_equal(told(f, "all"), "");
    assert_int_equal(current(f, row_of(f)).times, 6);
}

static void open__what_it_leaves_out__stays(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    in.blocks[CW_SETTLEMENT] = (struct cw_store_incident_block){true, 100, hash_of(1, 1)};
    in.has_tx = true;
    in.tx = hash_of(2, 2);
    snprintf(in.says[CW_SETTLEMENT], sizeof in.says[0], "0x01");
    open_it(f, &in, NOW);
    struct cw_store_incident again = warning("a");
    again.blocks[CW_EXECUTION] = (struct cw_store_incident_block){true, 7, hash_of(3, 3)};
    open_it(f, &again, NOW);
    struct cw_store_incident got = current(f, row_of(f));
    assert_string_equal(got.says[CW_SETTLEMENT], "0x01");
    assert_int_equal(got.blocks[CW_SETTLEMENT].number, 100);
    assert_true(cw_hash32_equal(&got.blocks[CW_SETTLEMENT].hash, &in.blocks[0].hash));
    assert_int_equal(got.blocks[CW_EXECUTION].number, 7);
    assert_true(got.has_tx);
    /* another block without a hash has not the hash of the one before */
    again.blocks[CW_SETTLEMENT] = (struct cw_store_incident_block){true, 101, {{0}}};
    open_it(f, &again, NOW);
    got = current(f, row_of(f));
    assert_int_equal(got.blocks[CW_SETTLEMENT].number, 101);
    assert_true(cw_hash32_is_zero(&got.blocks[CW_SETTLEMENT].hash));
}

static void filters__severity_and_route__as_the_sink_wants(void **state) {
    struct fixture *f = *state;
    const struct cw_store_sink_rule rules[] = {
        all,
        {"critical", "slack", CW_SEVERITY_CRITICAL, "", "", 1000},
        {"op", "slack", CW_SEVERITY_INFO, ",op,", ",l1,l2,", 1000},
        {"other", "slack", CW_SEVERITY_INFO, ",opp,", ",l9,", 1000},
    };
    set_sinks(f, rules, CW_COUNT(rules));
    struct cw_store_incident of_route = warning("a"), of_chain = warning("b"),
                             of_nothing = warning("c");
    of_chain.route[0] = of_nothing.route[0] = of_nothing.chain[0] = '\0';
    open_it(f, &of_route, NOW);
    assert_string_equal(told(f, "all"), "opened");
    assert_string_equal(told(f, "critical"), "");
    assert_string_equal(told(f, "op"), "opened");
    assert_string_equal(told(f, "other"), "");
    open_it(f, &of_chain, NOW);
    assert_string_equal(told(f, "op"), "opened");
    assert_string_equal(told(f, "other"), "");
    open_it(f, &of_nothing, NOW);
    assert_string_equal(told(f, "op"), "opened");
    assert_string_equal(told(f, "other"), "opened");
    of_route.severity = CW_SEVERITY_CRITICAL;
    open_it(f, &of_route, NOW);
    assert_string_equal(told(f, "critical"), "opened"); /* by it, it begins now */
    assert_true(resolve(f, "a"));
    assert_true(resolve(f, "b"));
    assert_string_equal(told(f, "critical"), "resolved"); /* of what it was told */
    assert_string_equal(told(f, "all"), "opened opened raised resolved resolved");
}

static void severity__another_one__raised_and_lowered(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    struct cw_store_alert alert;
    set_sinks(f, &all, 1);
    open_it(f, &in, NOW);
    assert_true(take(f, "all", &alert));
    in.severity = CW_SEVERITY_CRITICAL;
    open_it(f, &in, NOW);
    assert_true(take(f, "all", &alert));
    assert_int_equal(alert.event, CW_ALERT_RAISED);
    assert_int_equal(alert.was, CW_SEVERITY_WARNING);
    assert_int_equal(alert.incident.severity, CW_SEVERITY_CRITICAL);
    in.severity = CW_SEVERITY_INFO;
    open_it(f, &in, NOW);
    assert_true(take(f, "all", &alert));
    assert_int_equal(alert.event, CW_ALERT_LOWERED);
    assert_int_equal(alert.was, CW_SEVERITY_CRITICAL);
}

static void provisional__confirmed_once__or_withdrawn(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    bool changed = false;
    set_sinks(f, &all, 1);
    a.state = b.state = CW_INCIDENT_PROVISIONAL;
    open_it(f, &a, NOW);
    OK(cw_store_incident_confirm(f->store, a.kind, "a", NOW, &changed, &f->error));
    assert_true(changed);
    OK(cw_store_incident_confirm(f->store, a.kind, "a", NOW, &changed, &f->error));
    assert_false(changed);
    assert_string_equal(told(f, "all"), "opened confirmed");
    open_it(f, &a, NOW); /* seen provisionally once more: it stays confirmed */
    assert_int_equal(current(f, row_of(f)).state, CW_INCIDENT_CONFIRMED);
    OK(cw_store_incident_withdraw(f->store, a.kind, "a", "gone", NOW, &changed, &f->error));
    assert_false(changed);
    assert_true(resolve(f, "a"));
    open_it(f, &b, NOW);
    int64_t row = row_of(f);
    OK(cw_store_incident_withdraw(f->store, b.kind, "b", "its block is gone", NOW + 9, &changed,
                                  &f->error));
    assert_true(changed);
    assert_string_equal(told(f, "all"), "resolved opened withdrawn");
    struct cw_store_incident got = current(f, row);
    assert_int_equal(got.state, CW_INCIDENT_WITHDRAWN);
    assert_int_equal(got.resolved_ms, NOW + 9);
    assert_string_equal(got.resolution, "its block is gone");
    /* opened again as what is sure, it is confirmed with that */
    open_it(f, &b, NOW);
    b.state = CW_INCIDENT_CONFIRMED;
    open_it(f, &b, NOW);
    assert_string_equal(told(f, "all"), "opened confirmed");
}

/* --- acknowledged, aged ----------------------------------------------------------------------- */

static bool ack(struct fixture *f, int64_t row) {
    bool changed = false;
    OK(cw_store_incident_ack(f->store, row, "ann", "I look", NOW + 5, &changed, &f->error));
    return changed;
}

static size_t escalate(struct fixture *f, uint64_t now_ms) {
    static const uint64_t after_ms[CW_SEVERITIES] = {
        [CW_SEVERITY_INFO] = 60000, [CW_SEVERITY_WARNING] = 3600000};
    size_t n = 0;
    OK(cw_store_incidents_escalate(f->store, after_ms, now_ms, &n, &f->error));
    return n;
}

static void ack__open__told_once_and_not_again_until_it_escalates(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    struct cw_store_alert alert;
    set_sinks(f, &all, 1);
    in.state = CW_INCIDENT_PROVISIONAL;
    open_it(f, &in, NOW);
    int64_t row = row_of(f);
    assert_true(ack(f, row));
    assert_false(ack(f, row));
    assert_string_equal(told(f, "all"), "opened acknowledged");
    struct cw_store_incident got = current(f, row);
    assert_string_equal(got.acked_by, "ann");
    assert_string_equal(got.ack_note, "I look");
    assert_int_equal(got.acked_ms, NOW + 5);
    in.state = CW_INCIDENT_CONFIRMED;
    open_it(f, &in, NOW); /* who acknowledged it knows */
    assert_string_equal(told(f, "all"), "");
    assert_int_equal(escalate(f, NOW + 3600000 - 1), 0);
    assert_int_equal(escalate(f, NOW + 3600000), 1);
    assert_true(take(f, "all", &alert));
    assert_int_equal(alert.event, CW_ALERT_RAISED);
    assert_string_equal(alert.note, "escalated: open for 3600 s with the severity warning");
    assert_int_equal(current(f, row).acked_ms, 0);
    assert_int_equal(escalate(f, NOW + 99999999999u), 0); /* nothing is above it */
}

static void ack__unknown_or_over__no(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    assert_false(ack(f, 77));
    open_it(f, &in, NOW);
    int64_t row = row_of(f);
    assert_true(resolve(f, "a"));
    assert_false(ack(f, row));
}

static void escalate__step_by_step__and_not_lowered_by_the_next_look(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    set_sinks(f, &all, 1);
    in.severity = CW_SEVERITY_INFO;
    open_it(f, &in, NOW);
    assert_int_equal(escalate(f, NOW + 99999999u), 1); /* one step, however old */
    assert_int_equal(current(f, row_of(f)).severity, CW_SEVERITY_WARNING);
    open_it(f, &in, NOW + 99999999u);
    assert_int_equal(current(f, row_of(f)).severity, CW_SEVERITY_WARNING);
    assert_int_equal(escalate(f, NOW + 99999999u + 3600000 - 1), 0);
    assert_int_equal(escalate(f, NOW + 99999999u + 3600000), 1);
    assert_int_equal(current(f, row_of(f)).severity, CW_SEVERITY_CRITICAL);
    assert_string_equal(told(f, "all"), "opened raised raised");
}

static void history__a_whole_life__a_line_each(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    struct cw_store_incident_line *lines = NULL;
    size_t n = 0;
    in.state = CW_INCIDENT_PROVISIONAL;
    open_it(f, &in, NOW);
    int64_t row = row_of(f);
    in.state = 0;
    open_it(f, &in, NOW + 1);
    assert_true(ack(f, row));
    assert_int_equal(escalate(f, NOW + 3600000), 1);
    assert_true(resolve(f, "a"));
    OK(cw_store_incident_history(f->store, row, &f->arena, &lines, &n, &f->error));
    static const char *const events[] = {"opened", "confirmed", "acknowledged", "raised",
                                         "resolved"};
    assert_int_equal(n, CW_COUNT(events));
    for (size_t i = 0; i < n; i++)
        assert_string_equal(lines[i].event, events[i]);
    assert_string_equal(lines[2].text, "by ann: I look");
    assert_int_equal(lines[3].severity, CW_SEVERITY_CRITICAL);
    assert_string_equal(lines[4].text, "well again");
}

/* --- silences --------------------------------------------------------------------------------- */

static int64_t silence(struct fixture *f, const char *kind, const char *subject,
                       const char *route) {
    struct cw_store_silence s = {.until_ms = NOW + 1000};
    int64_t row = 0;
    snprintf(s.kind, sizeof s.kind, "%s", kind);
    snprintf(s.subject, sizeof s.subject, "%s", subject);
    snprintf(s.route, sizeof s.route, "%s", route);
    OK(cw_store_silence_add(f->store, &s, NOW, &row, &f->error));
    return row;
}

static size_t attend(struct fixture *f, uint64_t now_ms) {
    size_t n = 0;
    OK(cw_store_silences_attend(f->store, now_ms, &n, &f->error));
    return n;
}

static void silence__until_it_ends__then_told_what_is_still_so(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("l1/a"), b = warning("l1/b"), c = warning("l2/c");
    set_sinks(f, &all, 1);
    silence(f, "endpoint_contradiction", "l1/*", "");
    open_it(f, &a, NOW);
    open_it(f, &b, NOW);
    open_it(f, &c, NOW);
    assert_string_equal(told(f, "all"), "opened");
    assert_true(resolve(f, "l1/b")); /* nobody ever hears of it */
    assert_int_equal(attend(f, NOW + 999), 0);
    assert_string_equal(told(f, "all"), "");
    assert_int_equal(attend(f, NOW + 1000), 1);
    assert_int_equal(attend(f, NOW + 1000), 0);
    assert_string_equal(told(f, "all"), "opened");
}

static void silence__by_kind_or_route__the_others_are_told(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a"), other = warning("b");
    set_sinks(f, &all, 1);
    silence(f, "deadline", "", "");
    silence(f, "", "", "op2");
    open_it(f, &in, NOW);
    assert_string_equal(told(f, "all"), "opened");
    snprintf(other.route, sizeof other.route, "op2");
    open_it(f, &other, NOW);
    assert_string_equal(told(f, "all"), "");
}

static void silence__begun_before__its_end_is_told_and_a_rise_afterwards(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    bool found = false;
    set_sinks(f, &all, 1);
    open_it(f, &a, NOW);
    open_it(f, &b, NOW);
    assert_string_equal(told(f, "all"), "opened opened");
    int64_t row = silence(f, "", "*", "");
    a.severity = CW_SEVERITY_CRITICAL;
    open_it(f, &a, NOW);
    assert_true(resolve(f, "b"));
    assert_string_equal(told(f, "all"), "resolved");
    assert_true(current(f, row_of(f)).silenced);
    OK(cw_store_silence_end(f->store, row, NOW, &found, &f->error));
    assert_true(found);
    assert_string_equal(told(f, "all"), "raised");
    assert_false(current(f, row_of(f)).silenced);
    OK(cw_store_silence_end(f->store, row, NOW, &found, &f->error));
    assert_false(found);
}

static void silences__list__those_that_last(void **state) {
    struct fixture *f = *state;
    struct cw_store_silence *list = NULL;
    size_t n = 0;
    silence(f, "deadline", "op/*", "op");
    OK(cw_store_silences(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].kind, "deadline");
    assert_string_equal(list[0].subject, "op/*");
    assert_string_equal(list[0].route, "op");
    assert_int_equal(list[0].until_ms, NOW + 1000);
    assert_int_equal(attend(f, NOW + 5000), 1);
    OK(cw_store_silences(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
}

/* --- the queue -------------------------------------------------------------------------------- */

static void queue__change_taken_back__nothing_in_it(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident in = warning("a");
    set_sinks(f, &all, 1);
    OK(cw_store_begin(f->store, &f->error));
    open_it(f, &in, NOW);
    cw_store_rollback(f->store);
    assert_string_equal(told(f, "all"), "");
    OK(cw_store_begin(f->store, &f->error));
    open_it(f, &in, NOW);
    OK(cw_store_commit(f->store, &f->error));
    reopen(f);
    assert_string_equal(told(f, "all"), "opened");
}

static void queue__ids__the_same_each_time_and_never_twice(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    struct cw_store_alert one, again, two;
    bool found = false;
    set_sinks(f, &all, 1);
    int64_t sink = sink_of(f, "all").row;
    open_it(f, &a, NOW);
    OK(cw_store_alert_next(f->store, sink, NOW, &found, &one, &f->error));
    OK(cw_store_alert_failed(f->store, sink, one.row, false, "no", NOW, NOW, &f->error));
    reopen(f);
    OK(cw_store_alert_next(f->store, sink, NOW, &found, &again, &f->error));
    assert_true(found);
    assert_string_equal(one.id, again.id);
    assert_string_equal(one.key, again.key);
    assert_int_equal(again.tries, 1);
    OK(cw_store_alert_sent(f->store, sink, one.row, NOW, &f->error));
    reopen(f);
    open_it(f, &b, NOW);
    OK(cw_store_alert_next(f->store, sink, NOW, &found, &two, &f->error));
    assert_true(found);
    assert_string_not_equal(one.id, two.id);
    assert_string_not_equal(one.key, two.key);
}

/* Of one that is refused the others of its incident wait, and nobody else. */
static void queue__one_refused__its_incident_waits_in_order(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    struct cw_store_alert alert;
    bool found = false;
    set_sinks(f, &all, 1);
    int64_t sink = sink_of(f, "all").row;
    open_it(f, &a, NOW);
    assert_true(resolve(f, "a"));
    open_it(f, &b, NOW);
    OK(cw_store_alert_next(f->store, sink, NOW, &found, &alert, &f->error));
    assert_string_equal(alert.incident.subject, "a");
    OK(cw_store_alert_failed(f->store, sink, alert.row, true, "HTTP 400", NOW + 100, NOW,
                             &f->error));
    OK(cw_store_alert_next(f->store, sink, NOW, &found, &alert, &f->error));
    assert_true(found);
    assert_string_equal(alert.incident.subject, "b");
    OK(cw_store_alert_sent(f->store, sink, alert.row, NOW, &f->error));
    OK(cw_store_alert_next(f->store, sink, NOW + 99, &found, &alert, &f->error));
    assert_false(found);
    assert_string_equal(told(f, "all"), "opened resolved");
    assert_int_equal(sink_of(f, "all").failing, 0);
    assert_int_equal(sink_of(f, "all").failures, 1);
}

static void queue__full__the_oldest_of_the_lowest_severity_goes(void **state) {
    struct fixture *f = *state;
    struct cw_store_sink_rule rule = all;
    struct cw_store_alert alert;
    char subject[16];
    rule.queue_max = 3;
    set_sinks(f, &rule, 1);
    static const enum cw_severity severities[] = {CW_SEVERITY_CRITICAL, CW_SEVERITY_INFO,
                                                  CW_SEVERITY_WARNING, CW_SEVERITY_WARNING,
                                                  CW_SEVERITY_CRITICAL};
    for (uint32_t i = 0; i < CW_COUNT(severities); i++) {
        snprintf(subject, sizeof subject, "s%u", i);
        struct cw_store_incident in = warning(subject);
        in.severity = severities[i];
        open_it(f, &in, NOW);
    }
    assert_int_equal(sink_of(f, "all").queued, 3);
    assert_int_equal(sink_of(f, "all").dropped, 2);
    static const char *const left[] = {"s0", "s3", "s4"};
    for (size_t i = 0; i < CW_COUNT(left); i++) {
        assert_true(take(f, "all", &alert));
        assert_string_equal(alert.incident.subject, left[i]);
    }
}

static void summarize__many__one_that_names_them(void **state) {
    struct fixture *f = *state;
    struct cw_store_alert alert;
    char subject[16];
    uint64_t n = 0;
    set_sinks(f, &all, 1);
    int64_t sink = sink_of(f, "all").row;
    for (uint32_t i = 0; i < 100; i++) {
        snprintf(subject, sizeof subject, "s%u", i);
        struct cw_store_incident in = warning(subject);
        in.severity = i == 7 ? CW_SEVERITY_CRITICAL : CW_SEVERITY_WARNING;
        open_it(f, &in, NOW);
    }
    OK(cw_store_alerts_waiting(f->store, sink, false, NOW, &n, &f->error));
    assert_int_equal(n, 100);
    OK(cw_store_alerts_summarize(f->store, sink, false, NOW, &f->error));
    assert_true(take(f, "all", &alert));
    assert_int_equal(alert.event, CW_ALERT_SUMMARY);
    assert_int_equal(alert.incident.severity, CW_SEVERITY_CRITICAL);
    assert_string_equal(alert.key, "");
    assert_string_equal(alert.incident.text, "100 alerts at once: 1 critical, 99 warning, 0 info");
    assert_non_null(strstr(alert.note, "opened, critical: endpoint_contradiction s7 ("));
    assert_non_null(strstr(alert.note, "\nand 60 more"));
    assert_false(take(f, "all", &alert));
}

static void summarize__only_what_fires__ends_stay(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b"), c = warning("c");
    set_sinks(f, &all, 1);
    open_it(f, &a, NOW);
    assert_string_equal(told(f, "all"), "opened");
    assert_true(resolve(f, "a"));
    open_it(f, &b, NOW);
    open_it(f, &c, NOW);
    OK(cw_store_alerts_summarize(f->store, sink_of(f, "all").row, true, NOW, &f->error));
    assert_string_equal(told(f, "all"), "resolved summary");
}

static void sinks_set__new_sink__told_what_is_open(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    open_it(f, &a, NOW);
    open_it(f, &b, NOW);
    assert_true(resolve(f, "a"));
    set_sinks(f, &all, 1);
    assert_string_equal(told(f, "all"), "opened");
    set_sinks(f, &all, 1); /* another start */
    assert_string_equal(told(f, "all"), "");
}

static void sinks_set__one_is_gone__its_queue_is_too(void **state) {
    struct fixture *f = *state;
    struct cw_store_sink_rule other = all;
    struct cw_store_incident in = warning("a");
    struct cw_store_sink *list = NULL;
    size_t n = 0;
    other.name = "other";
    set_sinks(f, &all, 1);
    open_it(f, &in, NOW);
    set_sinks(f, &other, 1);
    OK(cw_store_sinks(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].name, "other");
    set_sinks(f, &all, 1); /* back: it is told what is open then */
    assert_string_equal(told(f, "all"), "opened");
}

static void firing__open_and_told__as_they_are_now(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b");
    struct cw_store_alert *list = NULL;
    size_t n = 0;
    set_sinks(f, &all, 1);
    open_it(f, &a, NOW);
    open_it(f, &b, NOW);
    snprintf(a.text, sizeof a.text, "it lies still");
    open_it(f, &a, NOW);
    assert_true(resolve(f, "b"));
    OK(cw_store_alerts_firing(f->store, sink_of(f, "all").row, 10, &f->arena, &list, &n,
                              &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].incident.text, "it lies still");
    assert_string_equal(list[0].id, "");
    assert_string_not_equal(list[0].key, "");
}

static void counts__open_ones__by_kind_and_severity(void **state) {
    struct fixture *f = *state;
    struct cw_store_incident a = warning("a"), b = warning("b"), c = warning("c");
    struct cw_store_incident_count *list = NULL;
    size_t n = 0;
    c.severity = CW_SEVERITY_CRITICAL;
    open_it(f, &a, NOW);
    open_it(f, &b, NOW);
    open_it(f, &c, NOW);
    OK(cw_store_incident_counts(f->store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 2);
    assert_int_equal(list[0].severity, CW_SEVERITY_WARNING);
    assert_int_equal(list[0].n, 2);
    assert_int_equal(list[1].severity, CW_SEVERITY_CRITICAL);
    assert_int_equal(list[1].n, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(open__every_member__in_the_alert),
        CASE(open__again__counted_and_not_told),
        CASE(open__what_it_leaves_out__stays),
        CASE(filters__severity_and_route__as_the_sink_wants),
        CASE(severity__another_one__raised_and_lowered),
        CASE(provisional__confirmed_once__or_withdrawn),
        CASE(ack__open__told_once_and_not_again_until_it_escalates),
        CASE(ack__unknown_or_over__no),
        CASE(escalate__step_by_step__and_not_lowered_by_the_next_look),
        CASE(history__a_whole_life__a_line_each),
        CASE(silence__until_it_ends__then_told_what_is_still_so),
        CASE(silence__by_kind_or_route__the_others_are_told),
        CASE(silence__begun_before__its_end_is_told_and_a_rise_afterwards),
        CASE(silences__list__those_that_last),
        CASE(queue__change_taken_back__nothing_in_it),
        CASE(queue__ids__the_same_each_time_and_never_twice),
        CASE(queue__one_refused__its_incident_waits_in_order),
        CASE(queue__full__the_oldest_of_the_lowest_severity_goes),
        CASE(summarize__many__one_that_names_them),
        CASE(summarize__only_what_fires__ends_stay),
        CASE(sinks_set__new_sink__told_what_is_open),
        CASE(sinks_set__one_is_gone__its_queue_is_too),
        CASE(firing__open_and_told__as_they_are_now),
        CASE(counts__open_ones__by_kind_and_severity),
    };
    return cmocka_run_group_tests_name("store_alerts", tests, NULL, NULL);
}
