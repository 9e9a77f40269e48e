/* The commands as somebody types them: exit codes, what is said where, JSON that parses. */
#include "cli/cli.h"
#include "core/lock.h"

#include "command.h"
#include "temp.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW 1700000000000u

struct fixture {
    struct temp temp;
    char config[512], database[512];
    struct command command;
    struct cw_error error;
    struct cw_arena arena;
};

static const char config_text[] =
    "{\"chains\": {\"l1\": {\"chain_id\": 900, \"mode\": \"quorum\", \"quorum\": 2,\n"
    "                    \"endpoints\": [\"http://127.0.0.1:1\", \"http://127.0.0.2:1\"]},\n"
    "            \"l2\": {\"chain_id\": 901, \"mode\": \"events\", \"endpoints\": "
    "[\"http://127.0.0.1:2\"]}},\n"
    " \"routes\": {\"op\": {\"stack\": \"opstack\", \"settlement\": \"l1\", \"execution\": "
    "\"l2\",\n"
    "    \"contracts\": {\"portal\": \"0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\"}}}}\n";

static struct cw_hash32 hash_of(uint8_t n, uint8_t kind) {
    struct cw_hash32 hash = {{0xab, 0xcd, 0xef, 0x01, n, kind}};
    return hash;
}

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != CW_OK)                                                                       \
            fail_msg("%s: %s", #call, f->error.text);                                              \
    } while (0)

/* A root that is ok, one that is false, and a proof that is not judged yet. */
static void fill_verdicts(struct fixture *f, struct cw_store *store, int64_t route) {
    for (uint8_t i = 1; i <= 3; i++) {
        struct cw_store_subject s = {.route = route};
        bool is_new = false;
        snprintf(s.invariant, sizeof s.invariant, "%s", i < 3 ? "root" : "proven");
        snprintf(s.s.about, sizeof s.s.about, "output %u\x1b[31m", i);
        s.s.key = hash_of(i, 20);
        s.s.block = (struct cw_block_ref){{130u + i}, hash_of(i, 21), 1699999000};
        OK(cw_store_subject_put(store, &s, NOW, &is_new, &f->error));
    }
    for (int64_t row = 1; row <= 2; row++) {
        const struct cw_store_judgement j = {.row = row,
                                             .state = row == 1 ? CW_VERDICT_OK
                                                               : CW_VERDICT_VIOLATED,
                                             .stake = CW_STAKE_ROUTE,
                                             .reason = row == 1 ? "" : "root_mismatch",
                                             .sentence = "as it is",
                                             .values = {"0xaa", "0xbb"},
                                             .seen = {[CW_EXECUTION] = {{77}, {{7}}, 0}},
                                             .provisional = row == 2};
        OK(cw_store_subject_judged(store, &j, NOW, &f->error));
    }
}

/* Message 1 waits, with a transaction; 2 is held by its target; 3 is delivered. */
static void fill(struct fixture *f, struct cw_store *store) {
    int64_t l1 = 0, l2 = 0, route = 0, rows[4], attempt_row = 0;
    OK(cw_store_chain(store, "l1", (struct cw_chain_id){900}, &l1, &f->error));
    OK(cw_store_chain(store, "l2", (struct cw_chain_id){901}, &l2, &f->error));
    OK(cw_store_route(store, "op", cw_adapter_find("opstack", "withdrawal"), l1, l2, &route,
                      &f->error));
    struct cw_heads heads = {.latest = {{150}, {{0}}, 1700000000},
                             .final = {{140}, {{0}}, 1699999000}};
    OK(cw_store_heads_set(store, l1, &heads, NOW, &f->error));
    OK(cw_store_cursor_set(store, l1, (struct cw_block_number){120}, &f->error));
    OK(cw_store_chain_trouble_set(store, l1, "2 operators must agree; one: 9", &f->error));
    OK(cw_store_backfill_set(store, l1, 12000, 400, 30, &f->error));
    for (uint8_t i = 1; i <= 3; i++) {
        struct cw_store_message m = {
            .route = route, .chain = l2, .tx_hash = hash_of(i == 3 ? 2 : i, 4)};
        bool is_new = false;
        m.m.id = hash_of(i, 1);
        m.m.source.number.v = 100u + i;
        m.m.source.timestamp_s = 1690000000;
        m.assurance = (enum cw_assurance)i;
        m.m.summary.value.v = cw_u256_from_u64(1500000000000000000u);
        m.m.payload = CW_LITERAL("p");
        m.has_sequence = true;
        m.sequence = i;
        OK(cw_store_message_put(store, &m, NOW, &rows[i], &is_new, &f->error));
    }
    struct cw_store_transition moves[3] = {{.message = rows[1],
                                            .stage = CW_STAGE_PROVEN,
                                            .condition = CW_WAITING,
                                            .reason = "maturing",
                                            .detail = "proven 2 h ago",
                                            .due_side = CW_SETTLEMENT,
                                            .due_chain_s = 1700003600,
                                            .has_deadline = true,
                                            .deadline_s = 1700007200,
                                            .evidence = CW_LITERAL("evidence")},
                                           {.message = rows[2],
                                            .stage = CW_STAGE_CHALLENGE_OVER,
                                            .condition = CW_HELD,
                                            .reason = "target_reverts",
                                            .detail = "bad \x1b[31mtarget"},
                                           {.message = rows[3],
                                            .stage = CW_STAGE_EXECUTED_FINAL,
                                            .condition = CW_DONE,
                                            .reason = "",
                                            .detail = "",
                                            .outcome = CW_OUTCOME_SUCCESS}};
    for (size_t i = 0; i < 3; i++)
        OK(cw_store_message_move(store, &moves[i], NOW + 1000, &f->error));
    struct cw_store_attempt attempt = {.message = rows[1],
                                       .chain = l1,
                                       .nonce = 7,
                                       .step = "prove",
                                       .gas_limit = 300000,
                                       .raw = CW_LITERAL("raw"),
                                       .signed_ms = NOW};
    attempt.hash = hash_of(1, 9);
    OK(cw_store_attempt_add(store, &attempt, &attempt_row, &f->error));
    struct cw_store_bid bid = {.hash = hash_of(1, 10),
                               .raw = CW_LITERAL("raw again"),
                               .gas_limit = 300000,
                               .signed_ms = NOW + 5000,
                               .why = "the chain asks for 20 gwei"};
    bid.max_fee.v = cw_u256_from_u64(40000000000);
    OK(cw_store_attempt_bid(store, attempt_row, &bid, &f->error));
    attempt.row = attempt_row;
    attempt.hash = bid.hash;
    attempt.state = CW_ATTEMPT_FINAL;
    attempt.success = true;
    attempt.block.number.v = 133;
    attempt.gas_used = 200000;
    attempt.gas_price.v = cw_u256_from_u64(2000000000);
    OK(cw_store_attempt_update(store, &attempt, &f->error));
    static const struct cw_store_finding finding = {.time_ms = NOW,
                                                    .chain = "l2",
                                                    .endpoint = "liar",
                                                    .method = "eth_getProof",
                                                    .text = "root\x1b[2J does not\xc2\x9b match",
                                                    .evidence = "evidence/2.json"};
    OK(cw_store_finding_add(store, &finding, &f->error));
    static const struct cw_store_incident missing = {.kind = CW_INCIDENT_MESSAGES_MISSING,
                                                     .subject = "op",
                                                     .route = "op",
                                                     .text = "3 messages are missing",
                                                     .evidence = "evidence/1.json"};
    bool is_new = false;
    OK(cw_store_incident_open(store, &missing, NOW, &is_new, &f->error));
    /* Number 0 may be in a block that is still to be read; 4 and 5 are missing. */
    const struct cw_interval unread = {.from = 100, .to = 100};
    static const struct cw_store_counter counter = {.first_block = {100},
                                                    .based = true,
                                                    .base_block = {99},
                                                    .checked_ms = NOW,
                                                    .block = {150},
                                                    .next = 6,
                                                    .stored = 3,
                                                    .unread = 1,
                                                    .trouble = "beyond the window"};
    OK(cw_store_unread_add(store, l2, &unread, &f->error));
    fill_verdicts(f, store, route);
    OK(cw_store_counter_set(store, route, &counter, &f->error));
}

static void fill_endpoints(struct fixture *f, struct cw_store *store) {
    int64_t l1 = 0, rows[2] = {0};
    OK(cw_store_chain(store, "l1", (struct cw_chain_id){900}, &l1, &f->error));
    const struct cw_store_endpoint endpoints[] = {{.chain = l1,
                                                   .label = "good \"one\"",
                                                   .state = "well",
                                                   .quick_ms = 12,
                                                   .heavy_ms = 1080,
                                                   .answers = 64,
                                                   .bad = 3,
                                                   .has_lag = true,
                                                   .lag = 2},
                                                  {.chain = l1,
                                                   .position = 1,
                                                   .label = "liar",
                                                   .state = "contradicted",
                                                   .reason = "eth_getProof: no proof",
                                                   .contradictions = 5}};
    for (size_t i = 0; i < 2; i++)
        OK(cw_store_endpoint_put(store, &endpoints[i], NOW, &rows[i], &f->error));
    const struct cw_store_calls calls[] = {{rows[0], "eth_getBlockByNumber", 1234, 2},
                                           {rows[0], "eth_chainId", 1, 0},
                                           {rows[1], "eth_getProof", 5, 5}};
    for (size_t i = 0; i < CW_COUNT(calls); i++)
        OK(cw_store_calls_add(store, &calls[i], &f->error));
    OK(cw_store_blocks_add(store, l1, 1000, 7, &f->error));
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    cw_arena_init(&f->arena, 16u << 20);
    temp_path(&f->temp, "causeway.json", f->config, sizeof f->config);
    temp_path(&f->temp, "data/causeway.db", f->database, sizeof f->database);
    temp_write(f->config, config_text, sizeof config_text - 1, 0600);
    setenv("CAUSEWAY_CONFIG", f->config, 1);
    struct cw_store *store = NULL;
    OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
    fill(f, store);
    fill_endpoints(f, store);
    cw_store_close(store);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_arena_done(&f->arena);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

#define RUN(...) command_run(&f->command, &f->temp, (const char *const[]){__VA_ARGS__, NULL})

static struct cw_json_doc *json(struct fixture *f) {
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    if (cw_json_parse(&doc, cw_slice_of(f->command.out, strlen(f->command.out)), false, &error) !=
        CW_OK)
        fail_msg("%s in:\n%s", error.text, f->command.out);
    return doc;
}

static const char *text_at(const struct cw_json *value, const char *key) {
    const char *text = cw_json_string(cw_json_get(value, key));
    return text != NULL ? text : "";
}

/* --- the front door --------------------------------------------------------------------------- */

static void main__help_and_wrong_words__codes_and_remedies(void **state) {
    struct fixture *f = *state;
    assert_int_equal(command_run(&f->command, &f->temp, (const char *const[]){NULL}), 2);
    assert_says(f->command.err, "usage: causeway COMMAND");
    assert_int_equal(RUN("--help"), 0);
    assert_says(f->command.out, "check-config");
    assert_int_equal(RUN("statsu"), 2);
    assert_says(f->command.err, "did you mean \"status\"?");
    assert_int_equal(RUN("check"), 2);
    assert_says(f->command.err, "did you mean \"check-config\"?");
    assert_int_equal(RUN("\033[31m"), 2);
    assert_null(strchr(f->command.err, '\033'));
}

static void commands__help__usage_options_and_exit_codes(void **state) {
    struct fixture *f = *state;
    static const char *const names[] = {"run",    "check-config", "status",  "messages", "show",
                                        "retry",  "hold",         "release", "prove",    "version",
                                        "verify", "hash",         "decode",  "verdicts", "audit",
                                        "stages", "stats"};
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        char usage[64];
        snprintf(usage, sizeof usage, "usage: causeway %s", names[i]);
        assert_int_equal(RUN(names[i], "--help"), 0);
        assert_says(f->command.out, usage);
        assert_says(f->command.out, "--json");
        assert_says(f->command.out, "exit: 0");
        assert_string_equal(f->command.err, "");
        assert_int_equal(RUN(names[i], "--no-such-option"), 2);
        assert_string_equal(f->command.out, "");
    }
}

static void version__both_forms__numbers(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("version"), 0);
    assert_says(f->command.out, "causeway ");
    assert_int_equal(RUN("version", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    assert_true(strlen(text_at(cw_json_root(doc), "version")) > 0);
    cw_json_free(doc);
}

static void config__missing_or_wrong__said_with_its_place(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("status", "--config", "/nonexistent/causeway.json"), 2);
    assert_says(f->command.err, "/nonexistent/causeway.json");
    assert_int_equal(RUN("status", "--config", "/nonexistent/\x1b[2J\u202e\xff"), 2);
    assert_says(f->command.err, "/nonexistent/?[2J??");
    assert_int_equal(RUN("check-config"), 0);
    assert_says(f->command.out, "observes only");
    assert_says(f->command.out, "l1     900          2          2       2  quorum");
    assert_int_equal(RUN("check-config", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *chain = cw_json_first(cw_json_get(cw_json_root(doc), "chains"));
    assert_string_equal(text_at(chain, "mode"), "quorum");
    cw_json_free(doc);
    temp_write(f->config, "{\n  \"chain\": {}\n}", 17, 0600);
    assert_int_equal(RUN("check-config"), 2);
    assert_says(f->command.err, "causeway.json:2:3: ");
    assert_says(f->command.err, "did you mean \"chains\"?");
}

static void check_config__reference__prints_what_loads(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("check-config", "--reference"), 0);
    temp_write(f->config, f->command.out, strlen(f->command.out), 0600);
    assert_int_equal(RUN("check-config", "--no-keys"), 0);
    assert_int_equal(RUN("check-config"), 2);
    assert_says(f->command.err, "relayer.key");
}

/* --- reading ---------------------------------------------------------------------------------- */

static void status__as_text_and_json__what_is_in_the_store(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("status"), 1);
    assert_says(f->command.out, "does not run");
    assert_says(f->command.out, "2 operators must agree; one: 9");
    assert_says(f->command.out, "blocks left, 400 a second, about 30 s");
    assert_says(f->command.out, "quorum only: as 2 operators agree; no hash proves anything");
    assert_says(f->command.out, "mode events: blocks that eth_getLogs leaves out are not seen");
    assert_says(f->command.out, "challenge-over");
    /* what moves a terminal's cursor came from an endpoint */
    assert_says(f->command.out, "root?[2J does not? match; evidence/2.json");
    assert_says(f->command.out, "messages_missing");
    assert_says(f->command.out, "critical: op, since");
    assert_says(f->command.out,
                "the contract counts 6 messages from block 100 on; 3 are here, 1 "
                "may be in blocks that are still to be read, 2 missing: 4 to 5 "
                "(blocks 103 to 150); the counter can't be read: beyond the window");
    assert_null(strchr(f->command.out, '\033'));
    assert_int_equal(RUN("status", "--json"), 1);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *route = cw_json_first(cw_json_get(cw_json_root(doc), "routes"));
    uint64_t n = 0;
    assert_string_equal(text_at(route, "name"), "op");
    const struct cw_json *counts = cw_json_get(route, "messages");
    assert_int_equal(cw_json_u64(&n, cw_json_get(cw_json_get(counts, "proven"), "waiting")), CW_OK);
    assert_int_equal(n, 1);
    static const struct {
        const char *key;
        uint64_t value;
    } members[] = {{"firstBlock", 100}, {"block", 150}, {"counter", 6}, {"counted", 6},
                   {"stored", 3},       {"unread", 1},  {"missing", 2}, {"uncounted", 0}};
    const struct cw_json *complete = cw_json_get(route, "completeness");
    for (size_t i = 0; i < CW_COUNT(members); i++) {
        assert_int_equal(cw_json_u64(&n, cw_json_get(complete, members[i].key)), CW_OK);
        assert_int_equal(n, members[i].value);
    }
    const struct cw_json *gap = cw_json_first(cw_json_get(complete, "gaps"));
    assert_int_equal(cw_json_u64(&n, cw_json_get(gap, "fromBlock")), CW_OK);
    assert_int_equal(n, 103);
    assert_null(cw_json_next(gap));
    assert_string_equal(text_at(complete, "trouble"), "beyond the window");
    const struct cw_json *chain = cw_json_first(cw_json_get(cw_json_root(doc), "chains"));
    assert_int_equal(cw_json_u64(&n, cw_json_get(chain, "behind")), CW_OK);
    assert_int_equal(n, 30);
    assert_string_equal(text_at(chain, "trouble"), "2 operators must agree; one: 9");
    assert_string_equal(text_at(chain, "mode"), "quorum");
    const struct cw_json *backfill = cw_json_get(chain, "backfill");
    assert_int_equal(cw_json_u64(&n, cw_json_get(backfill, "left")), CW_OK);
    assert_int_equal(n, 12000);
    assert_int_equal(cw_json_u64(&n, cw_json_get(backfill, "blocksPerSecond")), CW_OK);
    assert_int_equal(n, 400);
    assert_int_equal(cw_json_u64(&n, cw_json_get(backfill, "etaSeconds")), CW_OK);
    assert_int_equal(n, 30);
    const struct cw_json *incident = cw_json_first(cw_json_get(cw_json_root(doc), "incidents"));
    assert_string_equal(text_at(incident, "kind"), "messages_missing");
    assert_string_equal(text_at(incident, "severity"), "critical");
    assert_string_equal(text_at(incident, "text"), "3 messages are missing");
    assert_string_equal(text_at(incident, "evidence"), "evidence/1.json");
    cw_json_free(doc);
}

static void status__endpoints__table_calls_and_json(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("status"), 1);
    assert_says(f->command.out, "12/1080 ms");
    assert_says(f->command.out, "3/64");
    assert_says(f->command.out, "1 235");
    assert_says(f->command.out, "1.24"); /* of 1000 blocks */
    assert_says(f->command.out, "set aside: eth_getProof: no proof");
    assert_null(strstr(f->command.out, "eth_chainId"));
    assert_int_equal(RUN("status", "--calls"), 1);
    assert_says(f->command.out, "eth_chainId");
    assert_says(f->command.out, "1.23");
    assert_says(f->command.out, "1000 blocks seen, 7 of them read for a false bloom match");
    assert_int_equal(RUN("status", "--json"), 1);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *endpoint = cw_json_first(cw_json_get(cw_json_root(doc), "endpoints"));
    uint64_t n = 0;
    assert_string_equal(text_at(endpoint, "endpoint"), "good \"one\"");
    assert_int_equal(cw_json_u64(&n, cw_json_get(endpoint, "calls")), CW_OK);
    assert_int_equal(n, 1235);
    const struct cw_json *method = cw_json_first(cw_json_get(endpoint, "methods"));
    assert_string_equal(text_at(method, "method"), "eth_chainId");
    assert_string_equal(text_at(cw_json_next(endpoint), "state"), "contradicted");
    const struct cw_json *chain = cw_json_first(cw_json_get(cw_json_root(doc), "chains"));
    assert_int_equal(cw_json_u64(&n, cw_json_get(chain, "falseBlooms")), CW_OK);
    assert_int_equal(n, 7);
    cw_json_free(doc);
}

static void status__metrics__what_is_in_the_store(void **state) {
    struct fixture *f = *state;
    static const char *const lines[] = {
        "causeway_running 0\n",
        "# TYPE causeway_rpc_calls_total counter\n",
        "causeway_rpc_calls_total{chain=\"l1\",endpoint=\"good \\\"one\\\"\",method="
        "\"eth_getBlockByNumber\"} 1234\n",
        "causeway_rpc_failures_total{chain=\"l1\",endpoint=\"liar\",method=\"eth_getProof\"} "
        "5\n",
        "causeway_rpc_latency_seconds{chain=\"l1\",endpoint=\"good \\\"one\\\"\",class="
        "\"heavy\"} 1.080\n",
        "causeway_endpoint_usable{chain=\"l1\",endpoint=\"liar\"} 0\n",
        "causeway_endpoint_lag_blocks{chain=\"l1\",endpoint=\"good \\\"one\\\"\"} 2\n",
        "causeway_endpoint_contradictions_total{chain=\"l1\",endpoint=\"liar\"} 5\n",
        "causeway_chain_head{chain=\"l1\",head=\"final\"} 140\n",
        "causeway_chain_read_to{chain=\"l1\"} 120\n",
        "causeway_chain_trouble{chain=\"l1\"} 1\n",
        "causeway_chain_blocks_total{chain=\"l1\"} 1000\n",
        "causeway_messages{route=\"op\",stage=\"proven\",condition=\"waiting\"} 1\n",
        "causeway_backlog{route=\"op\"} 2\n",
        "causeway_route_held{route=\"op\"} 0\n",
        "causeway_incidents_open{kind=\"messages_missing\",severity=\"critical\",state="
        "\"confirmed\",route=\"op\"} 1\n",
    };
    assert_int_equal(RUN("status", "--metrics"), 1);
    for (size_t i = 0; i < CW_COUNT(lines); i++)
        assert_says(f->command.out, lines[i]);
    assert_int_equal(RUN("status", "--metrics", "--json"), 2);
    assert_int_equal(RUN("status", "--metrics", "--calls"), 2);
}

static void status__running__code_0_and_the_pid(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = NULL;
    OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
    char says[64];
    snprintf(says, sizeof says, "runs, process %ld", (long)getpid());
    assert_int_equal(RUN("status"), 0);
    assert_says(f->command.out, says);
    cw_store_close(store);
}

static size_t listed(struct fixture *f) {
    struct cw_json_doc *doc = json(f);
    size_t n = cw_json_size(cw_json_get(cw_json_root(doc), "messages"));
    cw_json_free(doc);
    return n;
}

static void messages__filters__as_many_as_fit(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("messages"), 0);
    assert_says(f->command.out, "0xabcdef010201");
    assert_int_equal(RUN("messages", "--json"), 0);
    assert_int_equal(listed(f), 3);
    assert_says(f->command.out, "\"assurance\":\"provisional\"");
    assert_says(f->command.out, "\"assurance\":\"single\"");
    assert_says(f->command.out, "\"assurance\":\"proved\"");
    assert_says(f->command.out, "\"deadlineChain\":\"l1\",\"deadlineTime\":1700007200");
    assert_int_equal(RUN("messages", "--json", "--condition", "held"), 0);
    assert_int_equal(listed(f), 1);
    assert_int_equal(RUN("messages", "--json", "--stage", "executed-final", "--route", "op"), 0);
    assert_int_equal(listed(f), 1);
    assert_int_equal(RUN("messages", "--json", "--tx",
                         "0xabcdef0102040000000000000000000000000000000000000000000000000000"),
                     0);
    assert_int_equal(listed(f), 2);
    assert_int_equal(RUN("messages", "--json", "--limit", "1"), 0);
    assert_int_equal(listed(f), 1);
    assert_int_equal(RUN("messages", "--json", "--before", "abcdef010201"), 0);
    assert_int_equal(listed(f), 1);
    assert_int_equal(RUN("messages", "--condition", "dead"), 1);
    assert_int_equal(RUN("messages", "--condition", "dead", "--json"), 1);
    assert_int_equal(listed(f), 0);
    assert_int_equal(RUN("messages", "--stage", "provn"), 2);
    assert_says(f->command.err, "did you mean \"proven\"?");
    assert_int_equal(RUN("messages", "--condition", "waitng"), 2);
    assert_says(f->command.err, "did you mean \"waiting\"?");
    assert_int_equal(RUN("messages", "--route", "pp"), 2);
    assert_says(f->command.err, "no route");
    assert_int_equal(RUN("messages", "--limit", "0"), 2);
    assert_int_equal(RUN("messages", "--tx", "0x12"), 2);
    assert_int_equal(RUN("messages", "extra"), 2);
}

static void show__waiting__stage_due_transaction_history(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("show", "0xabcdef0101"), 0);
    assert_says(f->command.out,
                "0xabcdef0101010000000000000000000000000000000000000000000000000000");
    assert_says(f->command.out, "waiting, maturing: proven 2 h ago");
    assert_says(f->command.out, "40 gwei a gas");
    assert_says(f->command.out, "the chain asks for 20 gwei");
    assert_says(f->command.out, "chain time 1700003600), in 60 min");
    assert_says(f->command.out, "2023-11-14 23:13:20 UTC");
    assert_says(f->command.out, "1.5 ETH");
    assert_says(f->command.out, "gas 200000 of 300000");
    assert_says(f->command.out, "provisional: its block is not final yet");
    assert_says(f->command.out, "fee 0.0004 ETH");
    assert_says(f->command.out, "> proven");
    assert_says(f->command.out, ", for 1 s\n");
    assert_says(f->command.out, "altogether 0.0004 ETH, gas 200000");
    assert_says(f->command.out, "8 bytes, keccak256 0x");
    assert_int_equal(RUN("show", "abcdef0101", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "stage"), "proven");
    assert_string_equal(text_at(root, "reason"), "maturing");
    assert_string_equal(text_at(root, "assurance"), "provisional");
    assert_int_equal(cw_json_size(cw_json_get(root, "history")), 2);
    const struct cw_json *tx = cw_json_first(cw_json_get(root, "transactions"));
    assert_int_equal(cw_json_size(cw_json_get(tx, "bids")), 2);
    assert_string_equal(text_at(tx, "feeWei"), "400000000000000");
    assert_string_equal(text_at(tx, "state"), "final");
    assert_string_equal(text_at(cw_json_get(root, "cost"), "feeWei"), "400000000000000");
    const struct cw_json *stage = cw_json_first(cw_json_get(root, "stages"));
    uint64_t took = 0;
    assert_int_equal(cw_json_u64(&took, cw_json_get(stage, "tookMs")), CW_OK);
    assert_int_equal(took, 1000); /* seen until proven */
    assert_null(cw_json_get(cw_json_next(stage), "tookMs"));
    cw_json_free(doc);
}

static void show__proven__what_is_assured_and_until_when_at_risk(void **state) {
    struct fixture *f = *state;
    uint64_t until = 0;
    assert_int_equal(RUN("show", "0xabcdef0101"), 0);
    assert_says(f->command.out, "assured    The portal accepted a proof of it");
    assert_says(f->command.out, "start anew. (Until 2023-11-14 23:13:20 UTC.)");
    assert_says(f->command.out, "next       the root to be recomputed");
    assert_int_equal(RUN("show", "abcdef0101", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *level = cw_json_get(cw_json_root(doc), "level");
    assert_string_equal(text_at(level, "name"), "proven, the challenge period runs");
    assert_int_equal(cw_json_u64(&until, cw_json_get(level, "until")), CW_OK);
    assert_int_equal(until, 1700003600);
    cw_json_free(doc);
    assert_int_equal(RUN("show", "abcdef0103", "--json"), 0);
    doc = json(f);
    level = cw_json_get(cw_json_root(doc), "level");
    assert_string_equal(text_at(level, "name"), "delivered");
    assert_null(cw_json_get(level, "waitsFor"));
    assert_null(cw_json_get(level, "until"));
    cw_json_free(doc);
}

static void stages__all_one_or_a_routes__lists(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("stages", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    assert_int_equal(cw_json_size(cw_json_get(cw_json_root(doc), "stacks")), 4);
    cw_json_free(doc);
    assert_int_equal(RUN("stages", "--stack", "nitro", "--direction", "deposit"), 0);
    assert_says(f->command.out, "nitro deposit\n");
    assert_says(f->command.out, "The ticket expires, mostly after a week");
    assert_null(strstr(f->command.out, "opstack"));
    assert_int_equal(RUN("stages", "--route", "op"), 0);
    assert_says(f->command.out, "opstack withdrawal\n");
    assert_null(strstr(f->command.out, "nitro"));
    assert_int_equal(RUN("stages", "--route", "pp"), 2);
    assert_says(f->command.err, "there is no route \"pp\"");
    assert_int_equal(RUN("stages", "--stack", "opstack", "--direction", "sideways"), 2);
    assert_int_equal(RUN("stages", "--route", "op", "--stack", "opstack"), 2);
    assert_int_equal(RUN("stages", "extra"), 2);
}

/* One transaction of 200,000 gas at 2 gwei, final; message 1 is not delivered yet. */
static void stats__one_step__told_in_three_forms(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("stats"), 0);
    assert_says(f->command.out, "until delivered");
    assert_says(f->command.out, "gas, prove");
    assert_says(f->command.out,
                "prove: 1 transactions (0 failed), 0.0004 ETH, 0 ETH of it for data");
    assert_int_equal(RUN("stats", "--json", "--route", "op"), 0);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *route = cw_json_first(cw_json_get(cw_json_root(doc), "routes"));
    const struct cw_json *step = cw_json_first(cw_json_get(route, "steps"));
    assert_string_equal(text_at(step, "step"), "prove");
    assert_string_equal(text_at(step, "feeMeanWei"), "400000000000000");
    cw_json_free(doc);
    assert_int_equal(RUN("stats", "--csv"), 0);
    assert_says(f->command.out, "route,measure,unit,count,sum,mean,p50,p95,p99\n");
    assert_says(f->command.out, "op,fee prove,wei,1,400000000000000,400000000000000,");
    assert_says(f->command.out, "op,delivery,ms,0,0,,,,\n");
    assert_int_equal(RUN("stats", "--attempts"), 0);
    assert_says(f->command.out, ",op,prove,final,success,l1,0x");
    assert_says(f->command.out, ",200000,2000000000,400000000000000,0,");
    assert_says(f->command.out,
                ",0xabcdef0101010000000000000000000000000000000000000000000000000000\n");
    assert_int_equal(RUN("stats", "--days", "1", "--csv"), 0);
    assert_null(strstr(f->command.out, "fee prove"));
    assert_int_equal(RUN("stats", "--days", "0"), 2);
    assert_int_equal(RUN("stats", "--route", "pp"), 2);
    assert_int_equal(RUN("stats", "--csv", "--json"), 2);
    assert_int_equal(RUN("stats", "extra"), 2);
}

/* What an endpoint says of the price of gas is not proven. */
static void stats__a_price_beyond_all_bounds__the_others_are_told(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = NULL;
    struct cw_store_attempt attempt = {.message = 2,
                                       .nonce = 8,
                                       .step = "finalize",
                                       .gas_limit = 300000,
                                       .raw = CW_LITERAL("raw"),
                                       .signed_ms = NOW};
    attempt.hash = hash_of(2, 9);
    OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
    OK(cw_store_chain(store, "l1", (struct cw_chain_id){900}, &attempt.chain, &f->error));
    OK(cw_store_attempt_add(store, &attempt, &attempt.row, &f->error));
    attempt.state = CW_ATTEMPT_INCLUDED;
    attempt.gas_used = 200000;
    memset(&attempt.gas_price, 0xff, sizeof attempt.gas_price);
    OK(cw_store_attempt_update(store, &attempt, &f->error));
    cw_store_close(store);
    assert_int_equal(RUN("stats", "--attempts"), 0);
    assert_says(f->command.out, ",op,finalize,included,reverted,l1,0x");
    assert_says(f->command.out, ",200000,2000000000,400000000000000,0,");
}

/* The manual's page has what the program says, behind its first words. */
static void stages__markdown__is_what_the_manual_has(void **state) {
    struct fixture *f = *state;
    static char page[1u << 17];
    FILE *file = fopen("config/doc/stages.md", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    assert_int_equal(RUN("stages", "--markdown"), 0);
    const char *from = strstr(page, "\n## ");
    assert_non_null(from);
    if (strcmp(from + 1, f->command.out) != 0)
        fail_msg("config/doc/stages.md: put `causeway stages --markdown` behind its first words");
    assert_int_equal(RUN("stages", "--markdown", "--json"), 2);
}

/* What the message waits for, as --json has it; freed by the caller. */
static const struct cw_json *waits_of(struct fixture *f, const char *id,
                                      struct cw_json_doc **ret_doc) {
    assert_int_equal(RUN("show", id, "--json"), 0);
    *ret_doc = json(f);
    return cw_json_first(cw_json_get(cw_json_root(*ret_doc), "waitsFor"));
}

static void show__waiting__what_where_who_and_until_when(void **state) {
    struct fixture *f = *state;
    struct cw_json_doc *doc = NULL;
    assert_int_equal(RUN("show", "0xabcdef0101"), 0);
    assert_says(f->command.out, "waits for");
    assert_says(f->command.out, "l1 to reach 2023-11-14 23:13:20 UTC (chain time 1700003600), in");
    assert_says(f->command.out, "destination chain l1: 2 operators must agree; one: 9");
    assert_says(f->command.out,
                "lost when l1 reaches 2023-11-15 00:13:20 UTC (chain time 1700007200), in 2 h");
    assert_says(f->command.out, "the relayer, which does not run: causeway run");
    const struct cw_json *wait = waits_of(f, "abcdef0101", &doc);
    uint64_t until = 0;
    assert_string_equal(text_at(wait, "what"), "date");
    assert_string_equal(text_at(wait, "chain"), "l1");
    assert_string_equal(text_at(wait, "clock"), "chain");
    assert_int_equal(cw_json_u64(&until, cw_json_get(wait, "until")), CW_OK);
    assert_int_equal(until, 1700003600);
    wait = cw_json_next(wait);
    assert_string_equal(text_at(wait, "what"), "chain");
    assert_string_equal(text_at(wait, "text"),
                        "destination chain l1: 2 operators must agree; one: 9");
    wait = cw_json_next(wait);
    assert_string_equal(text_at(wait, "what"), "relayer");
    assert_null(cw_json_next(wait));
    cw_json_free(doc);
}

static void show__each_wait__says_what_ends_it(void **state) {
    struct fixture *f = *state;
    static const struct {
        enum cw_wake wake;
        const char *reason, *what, *chain, *text;
    } cases[] = {
        {CW_WAKE_ROOT, "no_root", "root", "l1", "the next root of l2 on l1"},
        {CW_WAKE_SOURCE, "source_not_final", "source-head", "l2",
         "the safe or final head of l2 to move: safe is 0, final 0"},
        {CW_WAKE_FINAL, "confirming", "final-head", "l1",
         "the final head of l1 to move: it is 140"},
        {CW_WAKE_POLL, "paused", "change", "l1", "a change on l1 that no event tells"},
        {CW_WAKE_RETRY, "unavailable", "answer", "",
         "an answer that can be had and used: tried again with longer pauses, 3 in a row failed"},
        {CW_WAKE_DATE, "submitted", "transaction", "l1", "its transaction to be included, on l1"},
        {CW_WAKE_DATE, "something", "look", "", "the next look, or an event about it"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_store *store = NULL;
        OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
        const struct cw_store_transition t = {.message = 1,
                                              .stage = CW_STAGE_PROVEN,
                                              .condition = CW_WAITING,
                                              .reason = cases[i].reason,
                                              .detail = "",
                                              .wake = cases[i].wake,
                                              .due_ms = NOW + 60000,
                                              .failures = 3};
        OK(cw_store_message_move(store, &t, NOW, &f->error));
        cw_store_close(store);
        struct cw_json_doc *doc = NULL;
        const struct cw_json *wait = waits_of(f, "abcdef0101", &doc);
        uint64_t until = 0;
        assert_string_equal(text_at(wait, "what"), cases[i].what);
        assert_string_equal(text_at(wait, "chain"), cases[i].chain);
        assert_string_equal(text_at(wait, "text"), cases[i].text);
        assert_string_equal(text_at(wait, "clock"), "wall");
        assert_int_equal(cw_json_u64(&until, cw_json_get(wait, "until")), CW_OK);
        assert_int_equal(until, 1700000060);
        cw_json_free(doc);
    }
}

static void show__held_route_or_message__who_lets_it_go(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = NULL;
    OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
    OK(cw_store_route_hold(store, 1, "reorg_beyond_final", "find out why", NOW, &f->error));
    struct cw_json_doc *doc = NULL;
    const struct cw_json *wait = waits_of(f, "abcdef010201", &doc);
    assert_string_equal(text_at(wait, "what"), "operator");
    assert_string_equal(text_at(wait, "who"), "an operator");
    assert_non_null(strstr(text_at(wait, "text"), "causeway release 0xabcdef0102010000"));
    assert_non_null(strstr(text_at(wait, "text"), " --route op"));
    wait = cw_json_next(wait);
    assert_string_equal(text_at(wait, "what"), "route");
    assert_string_equal(text_at(wait, "text"), "route op, which is held: reorg_beyond_final (find "
                                               "out why); see causeway release");
    wait = cw_json_next(wait);
    assert_string_equal(text_at(wait, "what"), "chain");
    assert_null(cw_json_next(wait)); /* the database is held: the relayer runs */
    cw_json_free(doc);
    assert_null(waits_of(f, "abcdef010301", &doc)); /* delivered */
    cw_json_free(doc);
    cw_store_close(store);
}

static void show__held_with_hostile_text__shown_without_its_escapes(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("show", "abcdef010201"), 0);
    assert_says(f->command.out, "held, target_reverts: bad ?[31mtarget");
    assert_null(strchr(f->command.out, '\033'));
}

static void show__wrong_words__codes_and_remedies(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("show", "0xabcdef01"), 2);
    assert_says(f->command.err, "more digits");
    assert_int_equal(RUN("show", "0xabcde"), 2);
    assert_int_equal(RUN("show", "nonsense"), 2);
    assert_int_equal(RUN("show"), 2);
    assert_int_equal(RUN("show", "0xdeadbeef"), 1);
    assert_says(f->command.err, "causeway messages");
    /* one transaction sent two messages: both are shown */
    const char *tx = "0xabcdef0102040000000000000000000000000000000000000000000000000000";
    assert_int_equal(RUN("show", tx), 0);
    assert_says(f->command.out, "0xabcdef010201");
    assert_says(f->command.out, "0xabcdef010301");
    assert_int_equal(RUN("show", tx, "--json"), 0);
    struct cw_json_doc *doc = json(f);
    assert_int_equal(cw_json_size(cw_json_root(doc)), 2);
    cw_json_free(doc);
}

static void reading__no_database__could_not_tell_and_what_to_do(void **state) {
    struct fixture *f = *state;
    assert_int_equal(unlink(f->database), 0);
    static const char *const names[] = {"status", "messages"};
    for (size_t i = 0; i < CW_COUNT(names); i++) {
        assert_int_equal(RUN(names[i]), 3);
        assert_says(f->command.err, "causeway run");
        assert_string_equal(f->command.out, "");
    }
    assert_int_equal(RUN("hold", "op"), 3);
}

/* --- operator commands ------------------------------------------------------------------------ */

static void verdicts__filters__as_text_and_json(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("verdicts"), 0);
    assert_says(f->command.out, "op root: output 2?[31m\n"
                                "  violated (root_mismatch), at stake: route, provisional, since");
    assert_says(f->command.out, "op proven: output 3?[31m\n  unverified (not_judged) since");
    assert_null(strchr(f->command.out, '\033'));
    assert_int_equal(RUN("verdicts", "--state", "ok", "--invariant", "proven"), 1);
    assert_int_equal(RUN("verdicts", "--state", "violatd"), 2);
    assert_says(f->command.err, "did you mean \"violated\"?");
    assert_int_equal(RUN("verdicts", "--route", "no"), 2);
    assert_int_equal(RUN("verdicts", "--limit", "1", "--json"), 0);
    struct cw_json_doc *doc = json(f);
    bool more = false;
    assert_int_equal(cw_json_bool(&more, cw_json_get(cw_json_root(doc), "more")), CW_OK);
    assert_true(more);
    cw_json_free(doc);
    assert_int_equal(RUN("verdicts", "--route", "op", "--state", "violated", "--json"), 0);
    doc = json(f);
    const struct cw_json *list = cw_json_get(cw_json_root(doc), "verdicts");
    const struct cw_json *one = cw_json_first(list);
    assert_int_equal(cw_json_size(list), 1);
    assert_string_equal(text_at(one, "invariant"), "root");
    assert_string_equal(text_at(one, "state"), "violated");
    assert_string_equal(text_at(one, "stake"), "route");
    assert_string_equal(text_at(one, "chain"), "l1");
    assert_string_equal(text_at(cw_json_get(one, "settlement"), "value"), "0xaa");
    uint64_t n = 0;
    const struct cw_json *block = cw_json_get(cw_json_get(one, "execution"), "block");
    assert_int_equal(cw_json_u64(&n, cw_json_get(block, "number")), CW_OK);
    assert_int_equal(n, 77);
    cw_json_free(doc);
}

static void status__verdicts__counted_and_how_old(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("status"), 1);
    assert_says(f->command.out, "op     root        1         1           -  -");
    assert_says(f->command.out, "op     proven      -         -           1  the oldest since");
    assert_int_equal(RUN("status", "--json"), 1);
    struct cw_json_doc *doc = json(f);
    const struct cw_json *route = cw_json_first(cw_json_get(cw_json_root(doc), "routes"));
    assert_int_equal(cw_json_size(cw_json_get(route, "verdicts")), 3);
    const struct cw_json *aged = cw_json_first(cw_json_get(route, "unverified"));
    assert_string_equal(text_at(aged, "invariant"), "proven");
    assert_string_equal(text_at(aged, "oldestReason"), "not_judged");
    cw_json_free(doc);
    assert_int_equal(RUN("status", "--metrics"), 1);
    assert_says(f->command.out,
                "causeway_verdicts{route=\"op\",invariant=\"root\",state=\"violated\","
                "reason=\"root_mismatch\"} 1\n");
    assert_says(f->command.out, "causeway_unverified_oldest_timestamp_seconds{route=\"op\","
                                "invariant=\"proven\"} 1700000000.000\n");
}

static void hold__no_daemon__written_down(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("hold", "abcdef0101", "--reason", "look at it"), 0);
    assert_says(f->command.out, "at the next start");
    struct cw_store *store = NULL;
    struct cw_store_command *list = NULL;
    size_t n = 0;
    OK(cw_store_open(&store, f->database, CW_STORE_READ, NOW, &f->error));
    OK(cw_store_commands_open(store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 1);
    assert_string_equal(list[0].verb, "hold");
    assert_string_equal(list[0].subject,
                        "op/0xabcdef0101010000000000000000000000000000000000000000000000000000");
    assert_string_equal(list[0].text, "look at it");
    cw_store_close(store);
}

static void commands__pointless__said_without_a_row(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("retry", "abcdef010301"), 1);
    assert_says(f->command.err, "delivered for good");
    assert_int_equal(RUN("retry", "abcdef010201"), 1);
    assert_says(f->command.err, "release");
    assert_int_equal(RUN("release", "abcdef0101"), 1);
    assert_int_equal(RUN("release", "op"), 1);
    assert_int_equal(RUN("hold", "deadbeef"), 1);
    assert_int_equal(RUN("hold", "opp"), 2);
    assert_int_equal(RUN("hold"), 2);
    assert_int_equal(RUN("hold", "op", "--wait", "x"), 2);
    struct cw_store *store = NULL;
    struct cw_store_command *list = NULL;
    size_t n = 9;
    OK(cw_store_open(&store, f->database, CW_STORE_READ, NOW, &f->error));
    OK(cw_store_commands_open(store, &f->arena, &list, &n, &f->error));
    assert_int_equal(n, 0);
    cw_store_close(store);
}

static void hold__daemon_answers__its_answer_is_shown(void **state) {
    struct fixture *f = *state;
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { /* stands in for the daemon */
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct cw_store *store = NULL;
        struct cw_store_command *list = NULL;
        size_t n = 0;
        if (cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error) != CW_OK)
            _exit(1);
        for (int i = 0; i < 1000 && n == 0; i++) {
            usleep(10000);
            if (cw_store_commands_open(store, &f->arena, &list, &n, &f->error) != CW_OK)
                _exit(2);
        }
        if (n != 1 ||
            cw_store_command_answer(store, list[0].row, "route op held", NOW, &f->error) != CW_OK)
            _exit(3);
        pause();
    }
    uint64_t holder = 0;
    for (int i = 0; i < 1000 && !cw_lock_holder(f->database, &holder); i++)
        usleep(10000);
    int code = RUN("hold", "op", "--json", "--wait", "10");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(code, 0);
    struct cw_json_doc *doc = json(f);
    assert_string_equal(text_at(cw_json_root(doc), "answer"), "route op held");
    cw_json_free(doc);
}

static void hold__daemon_silent__could_not_tell(void **state) {
    struct fixture *f = *state;
    struct cw_store *store = NULL;
    OK(cw_store_open(&store, f->database, CW_STORE_WRITE, NOW, &f->error));
    assert_int_equal(RUN("hold", "op", "--wait", "0"), 3);
    assert_says(f->command.out, "has not answered yet");
    cw_store_close(store);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(main__help_and_wrong_words__codes_and_remedies),
        CASE(commands__help__usage_options_and_exit_codes),
        CASE(version__both_forms__numbers),
        CASE(config__missing_or_wrong__said_with_its_place),
        CASE(check_config__reference__prints_what_loads),
        CASE(status__as_text_and_json__what_is_in_the_store),
        CASE(status__endpoints__table_calls_and_json),
        CASE(status__metrics__what_is_in_the_store),
        CASE(status__running__code_0_and_the_pid),
        CASE(messages__filters__as_many_as_fit),
        CASE(show__waiting__stage_due_transaction_history),
        CASE(show__proven__what_is_assured_and_until_when_at_risk),
        CASE(stages__markdown__is_what_the_manual_has),
        CASE(stats__one_step__told_in_three_forms),
        CASE(stats__a_price_beyond_all_bounds__the_others_are_told),
        CASE(stages__all_one_or_a_routes__lists),
        CASE(show__waiting__what_where_who_and_until_when),
        CASE(show__each_wait__says_what_ends_it),
        CASE(show__held_route_or_message__who_lets_it_go),
        CASE(show__held_with_hostile_text__shown_without_its_escapes),
        CASE(show__wrong_words__codes_and_remedies),
        CASE(reading__no_database__could_not_tell_and_what_to_do),
        CASE(verdicts__filters__as_text_and_json),
        CASE(status__verdicts__counted_and_how_old),
        CASE(hold__no_daemon__written_down),
        CASE(commands__pointless__said_without_a_row),
        CASE(hold__daemon_answers__its_answer_is_shown),
        CASE(hold__daemon_silent__could_not_tell),
    };
    return cmocka_run_group_tests_name("cli", tests, NULL, NULL);
}
