/* causeway verify as somebody types it: what it answers, its exit codes, and what it says of input
 * that it can't judge. */
#include "command.h"
#include "proof_samples.h"
#include "temp.h"

#include "cli/cli.h"
#include "cli/judge.h"
#include "cli/stream.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

struct fixture {
    struct temp temp;
    struct command command;
    char path[512];
    struct cw_buf text;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "input", f->path, sizeof f->path);
    cw_buf_init(&f->text, 1u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_buf_done(&f->text);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

#define RUN(...) command_run(&f->command, &f->temp, (const char *const[]){__VA_ARGS__, NULL})

static const char *sample(struct fixture *f, const char *kind) {
    cw_buf_reset(&f->text);
    proof_sample(&f->text, kind);
    return cw_buf_cstr(&f->text);
}

/* Runs verify over text, in a file. */
static int verify(struct fixture *f, const char *kind, const char *text) {
    temp_write(f->path, text, strlen(text), 0600);
    return RUN("verify", kind, f->path);
}

static int verify_lines(struct fixture *f, const char *kind, const char *text) {
    temp_write(f->path, text, strlen(text), 0600);
    return RUN("verify", kind, f->path, "--lines");
}

/* text with the first `from` replaced by `to`; for free. */
static char *replaced(const char *text, const char *from, const char *to) {
    const char *at = strstr(text, from);
    assert_non_null(at);
    char *out = malloc(strlen(text) + strlen(to) + 1);
    assert_non_null(out);
    sprintf(out, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    return out;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void verify__each_kind__valid_from_file_and_stdin(void **state) {
    struct fixture *f = *state;
    for (size_t i = 0; i < cw_judge_kinds_n; i++) {
        const char *kind = cw_judge_kinds[i].name;
        f->command.in = NULL;
        assert_int_equal(verify(f, kind, sample(f, kind)), 0);
        assert_string_equal(f->command.out, "{\"verdict\":\"valid\"}\n");
        assert_string_equal(f->command.err, "");
        f->command.in = f->path;
        assert_int_equal(RUN("verify", kind), 0);
        assert_string_equal(f->command.out, "{\"verdict\":\"valid\"}\n");
        assert_int_equal(RUN("verify", kind, "-", "--json"), 0);
        assert_string_equal(f->command.out, "{\"verdict\":\"valid\"}\n");
    }
}

static void verify__what_does_not_hold__invalid_with_its_reason(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *kind, *from, *to, *reason;
    } cases[] = {
        {"mpt", "\"0x1234\"", "\"0x1235\"", "key is absent"},
        {"mpt", "\"value\":\"0x76616c7565\"", "\"value\":null", "key is present"},
        {"mpt", "\"value\":\"0x76616c7565\"", "\"value\":\"0x\"", "a trie holds no empty value"},
        {"mpt", "\"0x76616c7565\"", "\"0x76616c7566\"", "value differs"},
        {"account", "\"0x3e8\"", "\"0x3e9\"", "balance is not the proved one"},
        {"account", "\"nonce\":\"0x1\"", "\"nonce\":2", "nonce is not the proved one"},
        {"account", "\"codeHash\":\"0xc5", "\"codeHash\":\"0xc6", "codeHash is not the proved one"},
        {"account", "\"storageHash\":\"0x",
         "\"storageHash\":\"0x00000000000000000000000000000000"
         "00000000000000000000000000000000\",\"x\":\"",
         "storageHash is not the proved one"},
        {"account", "\"0x7\"", "\"0x8\"", "storageProof 0: value differs"},
        {"account", "\"key\":\"0x1\"", "\"key\":\"0x2\"", "storageProof 0: key is absent"},
        {"header", "\"0x100\"", "\"0x101\"", "header 257 says that its hash is "},
        {"header", "\"baseFeePerGas\"", "\"excessBlobGas\"",
         "header 256: an optional field stands in the place of an absent one"},
        {"receipts", "\"0x100\"", "\"0x101\"", "header 257 says that its hash is "},
        {"receipts", "\"0x5208\"", "\"0x5209\"", "receipts do not hash to the receipts root"},
        {"receipts", "\"type\":\"0x2\"", "\"type\":\"0x5\"", "a receipt has fields"},
        {"receipts", "\"transactionIndex\":\"0x0\"", "\"transactionIndex\":\"0x1\"",
         "receipt 0: is of transaction 1: not all"},
        {"receipts", "\"topics\":[",
         "\"topics\":[\"0x00000000000000000000000000000000000000000000"
         "00000000000000000000\",",
         "receipt 0: logsBloom is not that of its logs"},
        {"receipts", "\"block\":",
         "\"receiptsRoot\":\"0x000000000000000000000000000000000000000000"
         "0000000000000000000000\",\"block\":",
         "receiptsRoot is not the block's"},
        {"fold", "\"index\":2", "\"index\":1", "leaf and path do not fold to the root"},
        {"fold", "\"index\":2", "\"index\":6", "index is beyond the reach of the path"},
        {"withdrawal", "\"1000\"", "\"1001\"", "key is absent"},
        {"withdrawal", "\"withdrawal\":",
         "\"withdrawalHash\":\"0x00000000000000000000000000000000"
         "00000000000000000000000000000000\",\"withdrawal\":",
         "withdrawalHash is not that of the withdrawal"},
        {"withdrawal", "\"version\":\"0x00", "\"version\":\"0x01", "unknown output root version"},
        {"outbox", "\"l2Block\":17", "\"l2Block\":18", "leaf and path do not fold to the root"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char *text = replaced(sample(f, cases[i].kind), cases[i].from, cases[i].to);
        assert_int_equal(verify(f, cases[i].kind, text), 1);
        assert_int_equal(strncmp(f->command.out, "{\"verdict\":\"invalid\",\"reason\":\"", 31), 0);
        assert_says(f->command.out, cases[i].reason);
        assert_string_equal(f->command.err, "");
        free(text);
    }
}

static void verify_account__absent__empty_or_zero_hashes_only(void **state) {
    struct fixture *f = *state;
    static const char zero[] = "0x0000000000000000000000000000000000000000000000000000000000000000";
    static const char code[] = "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470";
    static const char root[] = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
    static const struct {
        const char *code, *storage, *nonce, *value, *proof;
        int exit;
    } cases[] = {
        {zero, zero, "0x0", "0x0", "[]", 0},       {code, root, "0", "0x00", "[]", 0},
        {code, zero, "0x0", "0", "[\"0x80\"]", 0}, {root, root, "0x0", "0x0", "[]", 1},
        {code, code, "0x0", "0x0", "[]", 1},       {code, root, "0x1", "0x0", "[]", 1},
        {code, root, "0x0", "0x1", "[]", 1},       {code, root, "0x0", "0x0", "null", 0},
        {code, root, "0x0", "0x1", "null", 1},     {code, root, "0x0", "0x0", "{}", 2},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "{\"stateRoot\":\"%s\",\"proof\":{\"address\":"
                 "\"0x0000000000000000000000000000000000000001\",\"accountProof\":[],\"balance\":0,"
                 "\"nonce\":\"%s\",\"codeHash\":\"%s\",\"storageHash\":\"%s\",\"storageProof\":"
                 "[{\"key\":\"0x01\",\"value\":\"%s\",\"proof\":%s}]}}",
                 root, cases[i].nonce, cases[i].code, cases[i].storage, cases[i].value,
                 cases[i].proof);
        assert_int_equal(verify(f, "account", text), cases[i].exit);
    }
}

static void verify_receipts__root_without_block_and_block_without_hash__judged(void **state) {
    struct fixture *f = *state;
    static const char empty[] =
        "\"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421\"";
    char text[1024];
    snprintf(text, sizeof text, "{\"receiptsRoot\":%s,\"receipts\":[]}", empty);
    assert_int_equal(verify(f, "receipts", text), 0);
    snprintf(text, sizeof text, "{\"block\":{\"receiptsRoot\":%s},\"receipts\":[]}", empty);
    assert_int_equal(verify(f, "receipts", text), 0);
    snprintf(text, sizeof text, "{\"block\":{\"receiptsRoot\":%s,\"hash\":%s},\"receipts\":[]}",
             empty, empty);
    assert_int_equal(verify(f, "receipts", text), 2); /* a hash can be judged of a header only */
    assert_says(f->command.err, "block: parentHash is missing");
    assert_int_equal(verify(f, "receipts", "{\"receipts\":[]}"), 2);
    assert_says(f->command.err, "receiptsRoot is missing");
    assert_int_equal(verify(f, "receipts", "{\"receiptsRoot\":null,\"receipts\":[]}"), 2);
    /* members that no root binds may be missing, wherever */
    char *less = replaced(sample(f, "receipts"), "\"transactionIndex\":\"0x0\",", "");
    assert_int_equal(verify(f, "receipts", less), 0);
    char *more = replaced(less, "\"transactionIndex\":\"0x1\",",
                          "\"blockHash\":\"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622"
                          "fb5e363b421\",\"gasUsed\":\"what\",");
    assert_int_equal(verify(f, "receipts", more), 0);
    free(less);
    free(more);
}

static void verify_fold__no_path__leaf_is_the_root(void **state) {
    struct fixture *f = *state;
    static const char leaf[] =
        "\"0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421\"";
    char text[512];
    for (unsigned index = 0; index < 2; index++) {
        snprintf(text, sizeof text, "{\"leaf\":%s,\"index\":%u,\"path\":[],\"root\":%s}", leaf,
                 index, leaf);
        assert_int_equal(verify(f, "fold", text), index == 0 ? 0 : 1);
    }
}

/* --- malformed input -------------------------------------------------------------------------- */

static void verify__member_missing_or_of_another_type__named(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *kind, *parent, *members[20];
    } cases[] = {
        {"mpt", NULL, {"root", "key", "value", "proof"}},
        {"account", NULL, {"stateRoot", "proof"}},
        {"account",
         "proof",
         {"address", "accountProof", "balance", "codeHash", "nonce", "storageHash",
          "storageProof"}},
        {"header", NULL, {"block"}},
        {"header",
         "block",
         {"hash", "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot",
          "receiptsRoot", "logsBloom", "difficulty", "number", "gasLimit", "gasUsed", "timestamp",
          "extraData", "mixHash", "nonce"}},
        {"receipts", NULL, {"receipts"}},
        {"fold", NULL, {"leaf", "index", "path", "root"}},
        {"withdrawal", NULL, {"outputRootProof", "outputRoot", "proof"}},
        {"withdrawal", "withdrawal", {"nonce", "sender", "target", "value", "gasLimit", "data"}},
        {"withdrawal",
         "outputRootProof",
         {"version", "stateRoot", "messagePasserStorageRoot", "latestBlockhash"}},
        {"outbox",
         NULL,
         {"proof", "index", "l2Sender", "to", "l2Block", "l1Block", "l2Timestamp", "value", "data",
          "root"}},
    };
    static const char *const wrong[] = {NULL, "true", "\"0xzz\"", "{}", "-1", "[7]"};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        for (size_t m = 0; cases[i].members[m] != NULL; m++) {
            for (size_t w = 0; w < CW_COUNT(wrong); w++) {
                cJSON *root = cJSON_Parse(sample(f, cases[i].kind));
                cJSON *object = cases[i].parent == NULL
                                    ? root
                                    : cJSON_GetObjectItemCaseSensitive(root, cases[i].parent);
                cJSON_DeleteItemFromObjectCaseSensitive(object, cases[i].members[m]);
                if (wrong[w] != NULL)
                    cJSON_AddItemToObject(object, cases[i].members[m], cJSON_Parse(wrong[w]));
                char *text = cJSON_PrintUnformatted(root);
                assert_int_equal(verify(f, cases[i].kind, text), 2);
                assert_string_equal(f->command.out, "");
                assert_says(f->command.err, cases[i].members[m]);
                if (wrong[w] == NULL)
                    assert_says(f->command.err, "is missing");
                free(text);
                cJSON_Delete(root);
            }
        }
    }
}

static void verify__integers__every_spelling_and_no_other(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *index;
        int exit; /* the index that holds is 2 */
    } cases[] = {
        {"2", 0},
        {"\"2\"", 0},
        {"\"0x2\"", 0},
        {"\"0x02\"", 0},
        {"\"0x0000000000000000000000000000000000000000000000000000000000000002\"", 0},
        {"\"0x00000000000000000000000000000000000000000000000000000000000000002\"", 2},
        {"9007199254740991", 1},
        {"9007199254740992", 2},
        {"18446744073709551618", 2},
        {"\"18446744073709551618\"", 1},
        {"\"115792089237316195423570985008687907853269984665640564039457584007913129639935\"", 1},
        {"\"115792089237316195423570985008687907853269984665640564039457584007913129639936\"", 2},
        {"2.5", 2},
        {"-2", 2},
        {"\"-2\"", 2},
        {"\"02\"", 2},
        {"\"\"", 2},
        {"\"0x\"", 2},
        {"\"0X2\"", 2},
        {"\"0x2 \"", 2},
        {"\"0xg\"", 2},
        {"\"2e0\"", 2},
        {"null", 2},
        {"true", 2},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char index[128];
        snprintf(index, sizeof index, "\"index\":%s", cases[i].index);
        char *text = replaced(sample(f, "fold"), "\"index\":2", index);
        int code = verify(f, "fold", text);
        if (code != cases[i].exit)
            fail_msg("%s: exit %d, %s%s", cases[i].index, code, f->command.out, f->command.err);
        free(text);
    }
}

static void verify__no_strict_json__refused_with_its_place(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "input: "},
        {"[]", "object is due, not array"},
        {"7", "object is due, not number"},
        {"{\"root\":", "1:9: the text ends too early"},
        {"{} {}", "1:4: "},
        {"{\"root\":\"\xff\"}", "not UTF-8"},
        {"{\"root\":1,\"root\":2}", "key stands twice"},
        {"{\"x\":9007199254740992}", "use a string"},
        {"\x7f"
         "ELF\x02\x01",
         "1:1: "},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(verify(f, "mpt", cases[i].text), 2);
        assert_string_equal(f->command.out, "");
        assert_says(f->command.err, f->path);
        assert_says(f->command.err, cases[i].says);
    }
    char nested[4096];
    memset(nested, '[', sizeof nested - 1);
    nested[sizeof nested - 1] = 0;
    assert_int_equal(verify(f, "mpt", nested), 2);
    temp_write(f->path, "{\"root\"\0:1}", 11, 0600);
    assert_int_equal(RUN("verify", "mpt", f->path), 2);
}

static void verify__form__node_contract_or_malformed(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *form;
        int exit;
    } cases[] = {{"\"node\"", 0}, {"\"contract\"", 0}, {"\"Node\"", 2}, {"null", 2}, {"1", 2}};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        char form[64];
        snprintf(form, sizeof form, "{\"form\":%s,", cases[i].form);
        char *text = replaced(sample(f, "mpt"), "{", form);
        assert_int_equal(verify(f, "mpt", text), cases[i].exit);
        if (cases[i].exit == 2)
            assert_says(f->command.err, "form: \"node\" or \"contract\" is due");
        free(text);
    }
}

static void verify__wrong_words__usage(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("verify"), 2);
    assert_says(f->command.err, "usage: causeway verify");
    assert_int_equal(RUN("verify", "acount", "-"), 2);
    assert_says(f->command.err, "did you mean \"account\"?");
    assert_int_equal(RUN("verify", "\033[31m", "-"), 2);
    assert_null(strchr(f->command.err, '\033'));
    assert_int_equal(RUN("verify", "mpt", "-", "more"), 2);
    assert_int_equal(RUN("verify", "mpt", "/no/such/file"), 2);
    assert_says(f->command.err, "/no/such/file: No such file");
    assert_int_equal(RUN("verify", "mpt", "/no/such/file", "--lines"), 2);
    assert_int_equal(RUN("verify", "mpt", f->temp.dir), 2);
    assert_says(f->command.err, "directory");
    f->command.in = "/dev/null";
    assert_int_equal(RUN("verify", "mpt"), 2);
    assert_says(f->command.err, "stdin: ");
}

/* --- lines ------------------------------------------------------------------------------------ */

static void verify_lines__verdicts__one_a_line_and_exit_0(void **state) {
    struct fixture *f = *state;
    char *good = strdup(sample(f, "fold")), *bad = replaced(good, "\"index\":2", "\"index\":3");
    char text[4096];
    snprintf(text, sizeof text, "%s\n%s\r\n%s", good, bad, good);
    assert_int_equal(verify_lines(f, "fold", text), 0);
    assert_string_equal(f->command.out,
                        "{\"verdict\":\"valid\"}\n"
                        "{\"verdict\":\"invalid\",\"reason\":\"leaf and path do not fold to the "
                        "root\"}\n"
                        "{\"verdict\":\"valid\"}\n");
    assert_string_equal(f->command.err, "");
    assert_int_equal(verify_lines(f, "fold", ""), 0);
    assert_string_equal(f->command.out, "");
    free(good);
    free(bad);
}

static void verify_lines__malformed_ones__answered_in_their_place_and_exit_2(void **state) {
    struct fixture *f = *state;
    char *good = strdup(sample(f, "fold"));
    char text[4096];
    snprintf(text, sizeof text, "%s\n\n{\"leaf\":\"\x01\n{}\n%s\n", good, good);
    assert_int_equal(verify_lines(f, "fold", text), 2);
    assert_string_equal(f->command.out, "{\"verdict\":\"valid\"}\n"
                                        "{\"error\":\"the line is empty\"}\n"
                                        "{\"error\":\"1:10: control character in a string\"}\n"
                                        "{\"error\":\"leaf is missing\"}\n"
                                        "{\"verdict\":\"valid\"}\n");
    assert_string_equal(f->command.err, "");
    free(good);
}

/* A line of the most that is taken, and one that is longer: the next is judged all the same. */
static void verify_lines__too_long__refused_and_passed_over(void **state) {
    struct fixture *f = *state;
    int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const char *good = sample(f, "fold");
    assert_true(fd >= 0);
    static char spaces[1 << 20];
    memset(spaces, ' ', sizeof spaces);
    static const size_t sizes[] = {CW_STREAM_INPUT_MAX, CW_STREAM_INPUT_MAX + 1,
                                   2 * CW_STREAM_INPUT_MAX + 5, 0};
    for (size_t i = 0; i < CW_COUNT(sizes); i++) {
        size_t left = sizes[i] > strlen(good) ? sizes[i] - strlen(good) : 0;
        for (size_t n; left > 0; left -= n) {
            n = left < sizeof spaces ? left : sizeof spaces;
            assert_int_equal(write(fd, spaces, n), n);
        }
        assert_int_equal(write(fd, good, strlen(good)), strlen(good));
        assert_int_equal(write(fd, "\n", 1), 1);
    }
    close(fd);
    assert_int_equal(RUN("verify", "fold", f->path, "--lines"), 2);
    assert_string_equal(f->command.out, "{\"verdict\":\"valid\"}\n"
                                        "{\"error\":\"the line is larger than 64 MiB\"}\n"
                                        "{\"error\":\"the line is larger than 64 MiB\"}\n"
                                        "{\"verdict\":\"valid\"}\n");
    assert_int_equal(RUN("verify", "fold", f->path), 2);
    assert_says(f->command.err, "larger than 64 MiB");
}

/* Somebody asks over a pipe, and waits for each answer before he asks again. */
static void verify_lines__over_pipes__each_answered_at_once(void **state) {
    struct fixture *f = *state;
    const char *good = sample(f, "fold");
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char name[] = "causeway", verify_word[] = "verify", kind[] = "fold", option[] = "--lines";
        char *argv[] = {name, verify_word, kind, option, NULL};
        close(in[1]);
        close(out[0]);
        if (dup2(in[0], 0) < 0 || dup2(out[1], 1) < 0)
            _exit(98);
        int code = cw_cli_main(4, argv);
        fflush(NULL);
        _exit(code);
    }
    close(in[0]);
    close(out[1]);
    for (size_t i = 0; i < 3; i++) {
        char answer[64];
        assert_int_equal(write(in[1], good, strlen(good)), strlen(good));
        assert_int_equal(write(in[1], "\n", 1), 1);
        ssize_t n = read(out[0], answer, sizeof answer);
        assert_int_equal(n, strlen("{\"verdict\":\"valid\"}\n"));
        assert_memory_equal(answer, "{\"verdict\":\"valid\"}\n", (size_t)n);
    }
    close(in[1]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    close(out[0]);
}

static void verify__no_room_for_the_answer__could_not_tell(void **state) {
    struct fixture *f = *state;
    const char *good = sample(f, "fold");
    temp_write(f->path, good, strlen(good), 0600);
    fflush(NULL);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char name[] = "causeway", verify_word[] = "verify", kind[] = "fold", option[] = "--lines";
        char *argv[] = {name, verify_word, kind, f->path, option, NULL};
        if (freopen("/dev/full", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
            _exit(98);
        _exit(cw_cli_main(5, argv));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == CW_EXIT_UNKNOWN);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(verify__each_kind__valid_from_file_and_stdin),
        CASE(verify__what_does_not_hold__invalid_with_its_reason),
        CASE(verify_account__absent__empty_or_zero_hashes_only),
        CASE(verify_receipts__root_without_block_and_block_without_hash__judged),
        CASE(verify_fold__no_path__leaf_is_the_root),
        CASE(verify__member_missing_or_of_another_type__named),
        CASE(verify__integers__every_spelling_and_no_other),
        CASE(verify__no_strict_json__refused_with_its_place),
        CASE(verify__form__node_contract_or_malformed),
        CASE(verify__wrong_words__usage),
        CASE(verify_lines__verdicts__one_a_line_and_exit_0),
        CASE(verify_lines__malformed_ones__answered_in_their_place_and_exit_2),
        CASE(verify_lines__too_long__refused_and_passed_over),
        CASE(verify_lines__over_pipes__each_answered_at_once),
        CASE(verify__no_room_for_the_answer__could_not_tell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
