/* What is left of a contradiction: files that say who said what, and what says otherwise. */
#include "net/quorum.h"
#include "rpc_bed.h"

#include "temp.h"

#include <causeway/arena.h>
#include <causeway/keccak.h>

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp temp;

static void open_with(struct bed *bed, size_t n, const struct cw_evidence_limits *limits) {
    struct ask ask;
    struct cw_error error;
    assert_int_equal(cw_evidence_new(&bed->evidence, temp.dir, &bed->clock.clock, limits, &error),
                     CW_OK);
    open_rpc(bed, n, 50);
    for (size_t i = 0; i < n; i++) {
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.operator_ = (unsigned)i + 1;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
    }
}

static int begin(void **state) {
    temp_make(&temp);
    return set_up(state);
}

static int end(void **state) {
    struct bed *bed = *state;
    cw_evidence_free(bed->evidence);
    temp_remove(&temp);
    return tear_down(state);
}

/* A file of the data directory as JSON; mode 0600, in a directory of mode 0700. */
static struct cw_json_doc *read_file(const char *name, struct cw_buf *text) {
    char path[600];
    struct stat st;
    struct cw_json_doc *doc = NULL;
    struct cw_error error;
    assert_int_equal(stat(temp_path(&temp, "evidence", path, sizeof(path)), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(stat(temp_path(&temp, name, path, sizeof(path)), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    cw_buf_init(text, (size_t)64 << 20);
    for (int c; (c = fgetc(file)) != EOF;) {
        char byte = (char)c;
        cw_buf_append(text, &byte, 1);
    }
    fclose(file);
    if (cw_json_parse(&doc, cw_buf_slice(text), false, &error) != CW_OK) {
        fail_msg("%s: %s", name, error.text);
    }
    assert_null(memmem(text->p, text->n, "topsecret", 9));
    return doc;
}

static size_t files(void) {
    char path[600];
    DIR *dir = opendir(temp_path(&temp, "evidence", path, sizeof(path)));
    size_t n = 0;
    for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;) {
        n += entry->d_name[0] != '.';
    }
    if (dir != NULL) {
        closedir(dir);
    }
    return n;
}

static const char *text_at(const struct cw_json *value, const char *key) {
    const char *text = cw_json_string(cw_json_get(value, key));
    return text == NULL ? "" : text;
}

static uint64_t u64_at(const struct cw_json *value, const char *key) {
    uint64_t n = 0;
    assert_int_equal(cw_json_u64(&n, cw_json_get(value, key)), CW_OK);
    return n;
}

/* The text is what was hashed. */
static void assert_whole(const struct cw_json *said) {
    char hex[CW_HEX_SIZE(32)];
    struct cw_hash32 hash;
    const char *text = text_at(said, "text");
    cw_keccak256(&hash, cw_slice_of(text, strlen(text)));
    assert_string_equal(text_at(said, "keccak256"), cw_hex_encode(hex, cw_slice_of(hash.b, 32)));
    assert_int_equal(u64_at(said, "bytes"), strlen(text));
    bool truncated = true;
    assert_int_equal(cw_json_bool(&truncated, cw_json_get(said, "truncated")), CW_OK);
    assert_false(truncated);
}

static enum cw_err only_2a(void *ctx, const struct cw_json *value, struct cw_error *error) {
    (void)ctx;
    const char *text = cw_json_string(value);
    return text != NULL && strcmp(text, "0x2a") == 0
               ? CW_OK
               : cw_error_set(error, CW_ERR_CONTRADICTED, "proof: not what it should be");
}

static void ask_checked(struct bed *bed, struct ask *ask) {
    struct cw_rpc_request request = request_for(ask, "[\"0x2a\"]");
    request.check = only_2a;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, ask);
}

static void check_fails__the_answer_and_the_one_that_was_right(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    open_with(bed, 2, NULL);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "{ \"a\": [\"\\u0041\", 1.0]}";
    ask_checked(bed, &ask);
    assert_good(&ask, "second");
    assert_int_equal(files(), 1);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "chain"), "l1");
    assert_int_equal(u64_at(root, "chainId"), 10);
    assert_string_equal(text_at(root, "endpoint"), "first");
    assert_string_equal(text_at(root, "operator"), "first");
    assert_string_equal(text_at(root, "kind"), "proof");
    assert_string_equal(text_at(root, "method"), "test_echo");
    assert_string_equal(cw_json_string(cw_json_first(cw_json_get(root, "params"))), "0x2a");
    assert_string_equal(text_at(root, "text"), "proof: not what it should be");
    assert_int_equal(u64_at(root, "times"), 1);
    const struct cw_json *answer = cw_json_get(root, "answer");
    assert_whole(answer);
    assert_non_null(strstr(text_at(answer, "text"), "\"result\":{ \"a\": [\"\\u0041\", 1.0]}}"));
    const struct cw_json *against = cw_json_get(root, "against");
    assert_int_equal(cw_json_size(against), 1);
    assert_string_equal(text_at(cw_json_first(against), "endpoint"), "second");
    assert_whole(cw_json_first(against));
    assert_non_null(strstr(text_at(cw_json_first(against), "text"), "\"result\":\"0x2a\"}"));
    cw_json_free(doc);
    cw_buf_done(&text);
}

static void batch__one_element_lies__that_element_alone(void **state) {
    struct bed *bed = *state;
    struct ask asks[3];
    struct cw_buf text;
    open_with(bed, 2, NULL);
    bed->nodes[0].manner = NODE_REVERSES;
    for (size_t i = 0; i < 3; i++) {
        struct cw_rpc_request request = request_for(&asks[i],
                                                    i == 1 ? "[\"0x2b],{\"]" : "[\"0x2a\"]");
        request.check = i == 1 ? only_2a : NULL;
        request.once = true;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    }
    for (size_t i = 0; i < 3; i++) {
        run(bed, &asks[i]);
    }
    assert_int_equal(bed->nodes[0].last_batch, 3);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *answer = cw_json_get(cw_json_root(doc), "answer");
    assert_whole(answer);
    assert_int_equal(text_at(answer, "text")[0], '{');
    assert_non_null(strstr(text_at(answer, "text"), "\"result\":\"0x2b],{\"}"));
    assert_null(strstr(text_at(answer, "text"), "0x2a"));
    cw_json_free(doc);
    cw_buf_done(&text);
}

static void batch__ids_that_can_not_be__the_whole_answer(void **state) {
    struct bed *bed = *state;
    struct ask asks[2];
    struct cw_buf text;
    open_with(bed, 2, NULL);
    bed->nodes[0].manner = NODE_RENUMBERS;
    submit(bed, &asks[0], "[\"0x2a\"]", CW_RPC_QUICK);
    submit(bed, &asks[1], "[\"0x2a\"]", CW_RPC_QUICK);
    run(bed, &asks[0]);
    run(bed, &asks[1]);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "method"), "batch");
    assert_whole(cw_json_get(root, "answer"));
    assert_int_equal(text_at(cw_json_get(root, "answer"), "text")[0], '[');
    cw_json_free(doc);
    cw_buf_done(&text);
}

static void chain_id__another__the_answer(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    bed->nodes[0].chain_id = 11;
    struct cw_error error;
    assert_int_equal(cw_evidence_new(&bed->evidence, temp.dir, &bed->clock.clock, NULL, &error),
                     CW_OK);
    open_rpc(bed, 2, 50);
    ask_one(bed, &ask);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "method"), "eth_chainId");
    assert_non_null(strstr(text_at(cw_json_get(root, "answer"), "text"), "\"result\":\"0xb\""));
    cw_json_free(doc);
    cw_buf_done(&text);
}

static void no_done(void *ctx, const struct cw_rpc_result *result) {
    *(unsigned *)ctx += result->err == CW_OK;
}

static void quorum__outvoted__both_answers(void **state) {
    struct bed *bed = *state;
    struct cw_buf text;
    unsigned done = 0;
    open_with(bed, 3, NULL);
    bed->nodes[1].manner = NODE_SAYS;
    bed->nodes[1].raw = "\"0x2b\"";
    const struct cw_quorum_request request = {.method = "test_echo",
                                              .params = "[\"0x2a\"]",
                                              .k = 2,
                                              .everybody = true,
                                              .digest = cw_quorum_digest_text,
                                              .done = no_done,
                                              .ctx = &done};
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run_steps(bed, 100);
    assert_int_equal(done, 1);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "kind"), "outvoted");
    assert_string_equal(text_at(root, "endpoint"), "second");
    assert_whole(cw_json_get(root, "answer"));
    assert_non_null(strstr(text_at(cw_json_get(root, "answer"), "text"), "0x2b"));
    const struct cw_json *against = cw_json_get(root, "against");
    assert_int_equal(cw_json_size(against), 2);
    assert_string_equal(text_at(cw_json_first(against), "endpoint"), "first");
    assert_string_equal(text_at(cw_json_next(cw_json_first(against)), "endpoint"), "third");
    assert_whole(cw_json_next(cw_json_first(against)));
    cw_json_free(doc);
    cw_buf_done(&text);
}

/* A vote is one call; what the others agree on comes later. */
static void quorum__one_fails_the_check__what_is_agreed_beside(void **state) {
    struct bed *bed = *state;
    struct cw_buf text;
    unsigned done = 0;
    open_with(bed, 3, NULL);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "\"0x2b\"";
    const struct cw_quorum_request request = {.method = "test_echo",
                                              .params = "[\"0x2a\"]",
                                              .k = 2,
                                              .check = only_2a,
                                              .digest = cw_quorum_digest_text,
                                              .done = no_done,
                                              .ctx = &done};
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run_steps(bed, 100);
    assert_int_equal(done, 1);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *root = cw_json_root(doc);
    assert_string_equal(text_at(root, "endpoint"), "first");
    assert_non_null(strstr(text_at(cw_json_get(root, "answer"), "text"), "0x2b"));
    const struct cw_json *against = cw_json_get(root, "against");
    assert_int_equal(cw_json_size(against), 1);
    assert_string_not_equal(text_at(cw_json_first(against), "endpoint"), "first");
    assert_non_null(strstr(text_at(cw_json_first(against), "text"), "0x2a"));
    assert_whole(cw_json_first(against));
    cw_json_free(doc);
    cw_buf_done(&text);
}

struct kept {
    char text[64];
    uint64_t bytes;
    bool truncated, none;
};

static void on_kept(void *ctx, const struct cw_rpc_result *result) {
    struct kept *kept = ctx;
    kept->none = result->said == NULL;
    if (result->said != NULL) {
        snprintf(kept->text, sizeof(kept->text), "%s", result->said->text);
        kept->bytes = result->said->bytes;
        kept->truncated = result->said->truncated;
    }
}

static void keep__fewer_bytes_than_there_are__the_beginning(void **state) {
    struct bed *bed = *state;
    static const size_t sizes[] = {0, 12, 1000};
    open_with(bed, 1, NULL);
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        struct kept kept = {.none = false};
        const struct cw_rpc_request request = {.method = "test_echo",
                                               .params = "[\"0x2a\"]",
                                               .keep = sizes[i],
                                               .done = on_kept,
                                               .ctx = &kept};
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run_steps(bed, 100);
        assert_int_equal(kept.none, sizes[i] == 0);
        assert_int_equal(kept.truncated, sizes[i] == 12);
        assert_true(kept.none || (kept.bytes > 12 && kept.text[0] == '{'));
        assert_int_equal(strlen(kept.text), sizes[i] == 1000 ? kept.bytes : sizes[i]);
    }
}

static void answer__holds_a_secret_of_the_url__scrubbed(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    open_with(bed, 2, NULL);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "\"your key is topsecret-query\"";
    ask_checked(bed, &ask);
    struct cw_json_doc *doc = read_file(bed->file, &text); /* looks for it too */
    const struct cw_json *answer = cw_json_get(cw_json_root(doc), "answer");
    bool scrubbed = false;
    assert_int_equal(cw_json_bool(&scrubbed, cw_json_get(answer, "scrubbed")), CW_OK);
    assert_true(scrubbed);
    assert_non_null(strstr(text_at(answer, "text"), "your key is ***"));
    cw_json_free(doc);
    cw_buf_done(&text);
}

/* The same letters as a reader of JSON sees them. */
static void answer__spells_a_secret_otherwise__withheld(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    open_with(bed, 2, NULL);
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = "\"your key is \\u0074op\\u0073ecret-query\"";
    ask_checked(bed, &ask);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    const struct cw_json *answer = cw_json_get(cw_json_root(doc), "answer");
    bool scrubbed = false;
    assert_int_equal(cw_json_bool(&scrubbed, cw_json_get(answer, "scrubbed")), CW_OK);
    assert_true(scrubbed);
    assert_string_equal(text_at(answer, "text"), "");
    assert_true(u64_at(answer, "bytes") > 20);
    cw_json_free(doc);
    cw_buf_done(&text);
}

static struct cw_rpc_said said_of(char *text) {
    return (struct cw_rpc_said){
        .endpoint = "e", .operator_ = "o", .text = text, .bytes = strlen(text), .refs = 1};
}

static void add__equal_ones__one_file_and_a_count(void **state) {
    struct bed *bed = *state;
    struct cw_buf text;
    char name[CW_EVIDENCE_NAME], first[CW_EVIDENCE_NAME];
    open_with(bed, 1, NULL);
    struct cw_rpc_said said = said_of((char[]){"{}"});
    struct cw_rpc_finding finding = {
        .endpoint = "e", .method = "m", .text = "proof: one", .said = &said};
    cw_evidence_add(bed->evidence, "l1", 1, &finding, first);
    finding.text = "proof: another";
    for (int i = 0; i < 41; i++) {
        bed->clock.now_ms += 60000;
        cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
        assert_string_equal(name, first);
    }
    struct cw_json_doc *doc = read_file(first, &text);
    assert_int_equal(u64_at(cw_json_root(doc), "times"), 42);
    assert_int_equal(u64_at(cw_json_root(doc), "lastMs"), bed->clock.now_ms);
    assert_string_equal(text_at(cw_json_root(doc), "text"), "proof: one");
    cw_json_free(doc);
    cw_buf_done(&text);
    static const char *const others[] = {"receipts_root: x", "malformed: x"};
    for (size_t i = 0; i < 2; i++) {
        finding.text = others[i];
        cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
        assert_string_not_equal(name, first);
    }
    finding.text = "proof: one";
    cw_evidence_add(bed->evidence, "l2", 1, &finding, name);
    assert_string_not_equal(name, first);
    bed->clock.now_ms += 3600000;
    cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
    assert_string_not_equal(name, first);
    assert_int_equal(files(), 5);
}

static void add__more_than_are_kept__the_oldest_go(void **state) {
    struct bed *bed = *state;
    char name[CW_EVIDENCE_NAME], first[CW_EVIDENCE_NAME], path[700], other[700];
    const struct cw_evidence_limits limits = {.files = 5, .bytes = 19000};
    open_with(bed, 1, &limits);
    struct cw_rpc_said said = said_of((char[]){"{}"});
    struct cw_rpc_finding finding = {.endpoint = "e", .text = "proof: x", .said = &said};
    char method[16];
    for (unsigned i = 0; i < 12; i++) {
        bed->clock.now_ms += 1000;
        snprintf(method, sizeof(method), "m%u", i);
        finding.method = method;
        cw_evidence_add(bed->evidence, "l1", 1, &finding, i == 0 ? first : name);
        if (i == 0) { /* not ours: stays */
            temp_write(temp_path(&temp, "evidence/notes.json", other, sizeof(other)), "x", 1, 0600);
        }
    }
    assert_int_equal(files(), 6);
    assert_int_not_equal(access(temp_path(&temp, first, path, sizeof(path)), F_OK), 0);
    assert_int_equal(access(temp_path(&temp, name, path, sizeof(path)), F_OK), 0);
    /* Another process finds them, and what a crash left. */
    temp_write(temp_path(&temp, "evidence/2026-x.json.writing", path, sizeof(path)), "x", 1, 0600);
    cw_evidence_free(bed->evidence);
    struct cw_error error;
    assert_int_equal(cw_evidence_new(&bed->evidence, temp.dir, &bed->clock.clock, &limits, &error),
                     CW_OK);
    static char large[18001];
    memset(large, 'a', sizeof(large) - 1);
    said = said_of(large);
    bed->clock.now_ms += 1000;
    cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
    assert_true(files() < 6); /* by their bytes fewer than by their number */
    assert_int_equal(access(temp_path(&temp, name, path, sizeof(path)), F_OK), 0);
    assert_int_equal(access(other, F_OK), 0);
    temp_path(&temp, "evidence/2026-x.json.writing", path, sizeof(path));
    assert_int_not_equal(access(path, F_OK), 0);
}

static uint64_t bytes_of_files(void) {
    char path[600], name[900];
    uint64_t sum = 0;
    DIR *dir = opendir(temp_path(&temp, "evidence", path, sizeof(path)));
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        struct stat st;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        sum += stat(name, &st) == 0 && S_ISREG(st.st_mode) ? (uint64_t)st.st_size : 0;
    }
    closedir(dir);
    return sum;
}

static void answered__no_room_for_it__the_oldest_go(void **state) {
    struct bed *bed = *state;
    static char large[12000], larger[30000];
    char method[16], first[CW_EVIDENCE_NAME], name[CW_EVIDENCE_NAME], path[700];
    struct cw_buf text;
    const struct cw_evidence_limits limits = {.bytes = 40000};
    open_with(bed, 1, &limits);
    memset(large, 'x', sizeof(large) - 1);
    memset(larger, 'y', sizeof(larger) - 1);
    struct cw_rpc_said said = said_of(large), other = said_of(larger);
    struct cw_rpc_finding finding = {
        .endpoint = "e", .method = method, .text = "proof: x", .said = &said};
    for (unsigned i = 0; i < 3; i++) {
        bed->clock.now_ms += 1000;
        finding.call = i + 1;
        snprintf(method, sizeof(method), "m%u", i);
        cw_evidence_add(bed->evidence, "l1", 1, &finding, i == 0 ? first : name);
    }
    assert_int_equal(files(), 3);
    other.text[10000] = '\0';
    cw_evidence_answered(bed->evidence, "l1", 3, &other);
    assert_true(bytes_of_files() <= limits.bytes);
    assert_true(access(temp_path(&temp, first, path, sizeof(path)), F_OK) != 0);
    struct cw_json_doc *doc = read_file(name, &text);
    assert_int_equal(cw_json_size(cw_json_get(cw_json_root(doc), "against")), 1);
    cw_json_free(doc);
    cw_buf_done(&text);
    /* It has no room beside itself: it goes, and nothing comes of it. */
    other.text[10000] = 'y';
    finding.call = 4;
    snprintf(method, sizeof(method), "m4");
    bed->clock.now_ms += 1000;
    cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
    cw_evidence_answered(bed->evidence, "l1", 4, &other);
    assert_int_equal(files(), 0);
    cw_evidence_add(bed->evidence, "l2", 1, &finding, name);
    assert_int_equal(files(), 1);
}

static void add__large_answer__whole_up_to_a_mebibyte(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    struct cw_buf text;
    static char raw[99001];
    open_with(bed, 2, NULL);
    memset(raw, 'b', sizeof(raw) - 1);
    raw[0] = raw[sizeof(raw) - 2] = '"';
    bed->nodes[0].manner = NODE_SAYS;
    bed->nodes[0].raw = raw;
    ask_checked(bed, &ask);
    struct cw_json_doc *doc = read_file(bed->file, &text);
    assert_whole(cw_json_get(cw_json_root(doc), "answer"));
    cw_json_free(doc);
    cw_buf_done(&text);
}

static void add__disk_full_or_no_folder__told_once_and_nothing_else(void **state) {
    struct bed *bed = *state;
    char name[CW_EVIDENCE_NAME], path[600];
    struct rlimit old, small = {0};
    open_with(bed, 1, NULL);
    struct cw_rpc_said said = said_of((char[]){"{}"});
    struct cw_rpc_finding finding = {
        .endpoint = "e", .method = "m", .text = "proof: x", .said = &said};
    temp_write(temp_path(&temp, "evidence", path, sizeof(path)), "x", 1, 0600);
    for (int i = 0; i < 2; i++) {
        cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
        assert_string_equal(name, "");
    }
    assert_non_null(strstr(bed->log, "evidence: not written: Not a directory; make room there"));
    assert_int_equal(bed->log_lines, 1);
    assert_int_equal(unlink(path), 0);
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    small.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    signal(SIGXFSZ, handler);
    assert_string_equal(name, "");
    assert_int_equal(files(), 0); /* nothing half written */
    assert_int_equal(bed->log_lines, 1);
    cw_evidence_add(bed->evidence, "l1", 1, &finding, name);
    assert_string_not_equal(name, "");
    assert_int_equal(files(), 1);
    assert_non_null(strstr(bed->log, "evidence: written again"));
}

static void elements__of_an_array__as_they_came(void **state) {
    (void)state;
    struct cw_slice out[4];
    struct cw_slice text = CW_LITERAL(" [ {\"a\":\"],\\\"\",\"b\":[1,2]} ,\n[ ], \"x,y\" ,7] ");
    static const char *const wanted[] = {"{\"a\":\"],\\\"\",\"b\":[1,2]}", "[ ]", "\"x,y\"", "7"};
    assert_int_equal(cw_json_elements(text, out, 4), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(out[i].n, strlen(wanted[i]));
        assert_memory_equal(out[i].p, wanted[i], out[i].n);
    }
    assert_int_equal(cw_json_elements(text, out, 1), 4);
    assert_int_equal(cw_json_elements(CW_LITERAL("[]"), out, 4), 0);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(check_fails__the_answer_and_the_one_that_was_right),
        T(batch__one_element_lies__that_element_alone),
        T(batch__ids_that_can_not_be__the_whole_answer),
        T(chain_id__another__the_answer),
        T(quorum__outvoted__both_answers),
        T(quorum__one_fails_the_check__what_is_agreed_beside),
        T(keep__fewer_bytes_than_there_are__the_beginning),
        T(answer__holds_a_secret_of_the_url__scrubbed),
        T(answer__spells_a_secret_otherwise__withheld),
        T(add__equal_ones__one_file_and_a_count),
        T(add__more_than_are_kept__the_oldest_go),
        T(answered__no_room_for_it__the_oldest_go),
        T(add__large_answer__whole_up_to_a_mebibyte),
        T(add__disk_full_or_no_folder__told_once_and_nothing_else),
        cmocka_unit_test(elements__of_an_array__as_they_came),
    };
    return cmocka_run_group_tests_name("evidence", tests, NULL, NULL);
}
