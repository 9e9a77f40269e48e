/* The file of evidence of a violation: who was judged, what both layers say, the log, and all that
 * was read. */
#include "guard_fixture.h"

#include <dirent.h>
#include <sys/stat.h>

static struct cw_json_doc *doc;

static void keep_evidence(struct fixture *f) {
    OK(cw_evidence_new(&f->relay.evidence, f->temp.dir, &f->clock.clock, NULL, &f->error));
}

static void violate(struct fixture *f, uint64_t number) {
    script(7)->state = CW_VERDICT_VIOLATED;
    script(7)->stake = CW_STAKE_ROUTE;
    script(7)->asks = script(7)->open = true;
    script(7)->seen[CW_EXECUTION] = 50;
    block(f, CW_SETTLEMENT, number, ROOT, 7, 9, 44);
    run(f, 100);
}

static size_t files(struct fixture *f) {
    char path[640];
    size_t n = 0;
    DIR *dir = opendir(temp_path(&f->temp, "evidence", path, sizeof path));
    for (const struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

/* The file that the incident names. */
static const struct cw_json *evidence(struct fixture *f) {
    static char text[1u << 20];
    char path[640];
    struct stat st;
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_INVARIANT);
    assert_non_null(in);
    assert_int_equal(strncmp(in->evidence, "evidence/", 9), 0);
    FILE *file = fopen(temp_path(&f->temp, in->evidence, path, sizeof path), "r");
    assert_non_null(file);
    size_t n = fread(text, 1, sizeof text, file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    cw_json_free(doc);
    doc = NULL;
    OK(cw_json_parse(&doc, cw_slice_of(text, n), false, &f->error));
    return cw_json_root(doc);
}

static void says(const struct cw_json *object, const char *key, const char *value) {
    const char *said = cw_json_string(cw_json_get(object, key));
    if (!said || strcmp(said, value) != 0)
        fail_msg("%s: \"%s\" in place of \"%s\"", key, said ? said : "nothing", value);
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_json_free(doc);
    doc = NULL;
    cw_evidence_free(f->relay.evidence);
    return guard_tear_down(state);
}

#define KEEPS(name) cmocka_unit_test_setup_teardown(name, guard_set_up, tear_down)

static bool is_provisional(const struct cw_json *root) {
    bool provisional = false;
    assert_int_equal(cw_json_bool(&provisional, cw_json_get(root, "provisional")), CW_OK);
    return provisional;
}

/* --- the file --------------------------------------------------------------------------------- */

static void violation__found__file_says_what_and_by_what(void **state) {
    struct fixture *f = *state;
    keep_evidence(f);
    world.pause = (struct cw_pause){.to = {{0x5c}}, .data = {1, 2, 3, 4}, .data_n = 4};
    violate(f, 105);
    const struct cw_json *root = evidence(f);
    const struct cw_store_incident *in = incident(f, CW_INCIDENT_INVARIANT);
    uint64_t number = 0;
    OK(cw_json_u64(&number, cw_json_get(root, "version")));
    assert_int_equal(number, 1);
    says(root, "route", "op");
    says(root, "stack", "guarded");
    says(root, "invariant", "root");
    says(root, "subject", in->subject);
    says(root, "about", "number 7");
    says(root, "state", "violated");
    says(root, "reason", "false");
    says(root, "sentence", "so it is");
    says(root, "atStake", "route");
    says(root, "settlementSays", "it says so");
    says(root, "judgedOn", "0x64617461");
    says(root, "message", "0x2c00000000000000000000000000000000000000000000000000000000000000");
    says(root, "restsOn", "0x0900000000000000000000000000000000000000000000000000000000000000");
    says(root, "pauseCall", "0x5c00000000000000000000000000000000000000 0x01020304");
    assert_true(is_provisional(root));
    const struct cw_json *at = cw_json_get(root, "block");
    OK(cw_json_u64(&number, cw_json_get(at, "number")));
    assert_int_equal(number, 105);
    says(at, "hash", "0xb100000000000000000000000000000000000000000000000000000000000069");
    OK(cw_json_u64(&number, cw_json_get(cw_json_get(root, "executionBlock"), "number")));
    assert_int_equal(number, 50);
    const struct cw_json *log = cw_json_get(root, "log");
    assert_int_equal(cw_json_size(cw_json_get(log, "topics")), 4);
    OK(cw_json_u64(&number, cw_json_get(log, "blockNumber")));
    assert_int_equal(number, 105);
    const struct cw_json *read = cw_json_first(cw_json_get(root, "read"));
    says(read, "kind", "call");
    says(read, "side", "settlement");
    says(read, "to", "0x0100000000000000000000000000000000000000");
    says(read, "data", "0x686f772069732069743f");
    says(read, "answer", "0x");
    assert_null(cw_json_get(root, "readLeftOut"));
}

/* Not with each look. */
static void violation__judged_again__another_file_when_it_is_another_case(void **state) {
    struct fixture *f = *state;
    char first[256];
    keep_evidence(f);
    violate(f, 105);
    snprintf(first, sizeof first, "%s", incident(f, CW_INCIDENT_INVARIANT)->evidence);
    script(7)->says = "so it is, by one more";
    heads(101, 111);
    run(f, 1000);
    assert_true(script(7)->times >= 2);
    assert_non_null(strstr(incident(f, CW_INCIDENT_INVARIANT)->text, "by one more"));
    assert_int_equal(files(f), 1);
    heads(105, 115);
    run(f, 1000);
    assert_int_equal(files(f), 2);
    assert_string_not_equal(incident(f, CW_INCIDENT_INVARIANT)->evidence, first);
    assert_false(is_provisional(evidence(f)));
}

static void verdict__other_than_violated__no_file(void **state) {
    struct fixture *f = *state;
    keep_evidence(f);
    script(7)->state = CW_VERDICT_OK;
    script(8)->state = CW_VERDICT_UNVERIFIED;
    script(7)->asks = script(8)->asks = true;
    block(f, CW_SETTLEMENT, 105, ROOT, 7, 0, 0);
    block(f, CW_SETTLEMENT, 105, ROOT, 8, 0, 0);
    run(f, 100);
    assert_int_equal(script(7)->times, 1);
    assert_int_equal(files(f), 0);
}

static void file__can_not_be_written__told_all_the_same(void **state) {
    struct fixture *f = *state;
    char path[640];
    keep_evidence(f);
    temp_write(temp_path(&f->temp, "evidence", path, sizeof path), "in the way", 10, 0600);
    violate(f, 105);
    assert_string_equal(incident(f, CW_INCIDENT_INVARIANT)->evidence, "");
    assert_string_equal(hold_of(f), "violation");
}

/* --- what was read ---------------------------------------------------------------------------- */

static uint8_t large[20000];

/* As a list of JSON. */
static const struct cw_json *read_of(struct fixture *f, struct judgement *j, struct cw_io *io) {
    static char text[1u << 20];
    cw_arena_init(&j->arena, 1u << 20);
    record_read(j, io);
    int n = snprintf(text, sizeof text, "[%.*s]", (int)j->read.n, (const char *)j->read.p);
    cw_arena_done(&j->arena);
    cw_json_free(doc);
    doc = NULL;
    OK(cw_json_parse(&doc, cw_slice_of(text, (size_t)n), false, &f->error));
    return cw_json_root(doc);
}

static void read__each_kind__as_it_was_asked_and_answered(void **state) {
    static const struct cw_slice nodes[] = {{(const uint8_t *)"ab", 2}, {large, sizeof large}};
    static const struct cw_log log = {.topics_n = 1, .data = {(const uint8_t *)"x", 1}};
    static const struct cw_header header = {.number = {77}, .timestamp = 5};
    static const struct cw_answer answers[] = {
        {.status = CW_ANSWER_REVERTED, .data = {(const uint8_t *)"no", 2}},
        {.status = CW_ANSWER_OK, .header = &header, .header_hash = {{0xaa}}},
        {.status = CW_ANSWER_OK, .account_proof = nodes, .account_proof_n = 2},
        {.status = CW_ANSWER_OK, .logs = &log, .logs_n = 1},
        {.status = CW_ANSWER_OK, .included = true, .logs = &log, .logs_n = 1},
        {.status = CW_ANSWER_OK}, /* there is no such block */
        {.status = CW_ANSWER_OK, .data = {large, sizeof large}},
        {.status = CW_ANSWER_OK, .calls = nodes, .calls_n = 1},
        {.status = CW_ANSWER_UNAVAILABLE, .text = "nobody \"is\" there"},
    };
    static const char *const kinds[] = {"call",  "header",      "proof", "logs", "receipt",
                                        "block", "transaction", "trace", "call"};
    static const char *const members[] = {"reverted", "headerRlp", "accountProof",
                                          "logs",     "included",  "blockHash",
                                          "answer",   "calls",     "unavailable"};
    struct fixture *f = *state;
    struct judgement j = {.row = 1};
    struct cw_io *io = calloc(1, sizeof *io);
    assert_non_null(io);
    io->n = CW_COUNT(answers);
    for (size_t i = 0; i < io->n; i++)
        io->entries[i] = (struct cw_io_entry){
            {.kind = i < 8 ? (enum cw_request_kind)(CW_REQUEST_CALL + i) : CW_REQUEST_CALL,
             .side = CW_EXECUTION,
             .block_hash = {{0xbb}},
             .slot = {{0xcc}}},
            &answers[i]};
    const struct cw_json *list = read_of(f, &j, io);
    assert_int_equal(cw_json_size(list), CW_COUNT(answers));
    size_t i = 0;
    for (const struct cw_json *one = cw_json_first(list); one; one = cw_json_next(one), i++) {
        says(one, "kind", kinds[i]);
        says(one, "side", "execution");
        if (!cw_json_get(one, members[i]))
            fail_msg("%s without %s", kinds[i], members[i]);
        if (i == 5)
            assert_null(cw_json_get(one, "headerRlp"));
        if (i == 6) { /* too large to stand there */
            uint64_t n = 0;
            OK(cw_json_u64(&n, cw_json_get(cw_json_get(one, "answer"), "bytes")));
            assert_int_equal(n, sizeof large);
            assert_non_null(cw_json_string(cw_json_get(cw_json_get(one, "answer"), "keccak256")));
        }
    }
    assert_int_equal(j.read_left, 0);
    free(io);
}

static void read__more_than_a_file_takes__the_rest_counted(void **state) {
    static const struct cw_answer answer = {.status = CW_ANSWER_OK, .data = {large, 10000}};
    struct fixture *f = *state;
    struct judgement j = {.row = 1};
    struct cw_io *io = calloc(1, sizeof *io);
    assert_non_null(io);
    io->n = 100;
    for (size_t i = 0; i < io->n; i++)
        io->entries[i] = (struct cw_io_entry){{.kind = CW_REQUEST_CALL}, &answer};
    size_t n = cw_json_size(read_of(f, &j, io));
    assert_true(n > 10);
    assert_int_equal(n + j.read_left, 100);
    free(io);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        KEEPS(violation__found__file_says_what_and_by_what),
        KEEPS(violation__judged_again__another_file_when_it_is_another_case),
        KEEPS(verdict__other_than_violated__no_file),
        KEEPS(file__can_not_be_written__told_all_the_same),
        KEEPS(read__each_kind__as_it_was_asked_and_answered),
        KEEPS(read__more_than_a_file_takes__the_rest_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
