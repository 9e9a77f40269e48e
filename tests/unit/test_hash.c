/* causeway hash as somebody types it. */
#include "command.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ZERO    "\"0x0000000000000000000000000000000000000000000000000000000000000000\""
#define ADDRESS "\"0x0000000000000000000000000000000000000001\""

struct fixture {
    struct temp temp;
    struct command command;
    char path[512];
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "input", f->path, sizeof f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    temp_remove(&f->temp);
    free(f);
    return 0;
}

#define RUN(...) command_run(&f->command, &f->temp, (const char *const[]){__VA_ARGS__, NULL})

static int hash(struct fixture *f, const char *kind, const char *text) {
    temp_write(f->path, text, strlen(text), 0600);
    return RUN("hash", kind, f->path);
}

static void hash_keccak__hex_or_stdin__digest(void **state) {
    struct fixture *f = *state;
    static const char empty[] =
        "{\"hash\":\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"}\n";
    static const char abc[] =
        "{\"hash\":\"0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45\"}\n";
    assert_int_equal(RUN("hash", "keccak", "0x"), 0);
    assert_string_equal(f->command.out, empty);
    assert_int_equal(RUN("hash", "keccak", "616263"), 0);
    assert_string_equal(f->command.out, abc);
    temp_write(f->path, " 0x616263\r\n", 11, 0600);
    f->command.in = f->path;
    assert_int_equal(RUN("hash", "keccak", "-"), 0);
    assert_string_equal(f->command.out, abc);
    assert_int_equal(RUN("hash", "keccak"), 0);
    assert_string_equal(f->command.out, abc);
    static const char *const wrong[] = {"", "0x0", "0xzz", "12 34", "0x0x12", "é"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(RUN("hash", "keccak", wrong[i]), 2);
        assert_string_equal(f->command.out, "");
        assert_says(f->command.err, "hexadecimal");
    }
}

static void hash_lines__good_and_bad__in_order(void **state) {
    struct fixture *f = *state;
    static const char lines[] = "0x\nxyz\n\n616263\n";
    temp_write(f->path, lines, sizeof lines - 1, 0600);
    assert_int_equal(RUN("hash", "keccak", "--lines", f->path), 2);
    assert_string_equal(
        f->command.out,
        "{\"hash\":\"0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470\"}\n"
        "{\"error\":\"not hexadecimal: an odd number of digits\"}\n"
        "{\"error\":\"the line is empty\"}\n"
        "{\"hash\":\"0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45\"}\n");
}

static void hash_topic__signature__topic_and_selector(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("hash", "topic", "Transfer(address,address,uint256)"), 0);
    assert_string_equal(
        f->command.out,
        "{\"hash\":\"0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef\","
        "\"selector\":\"0xddf252ad\"}\n");
    static const char *const wrong[] = {"Transfer", "Transfer(address, address)", "(uint256)",
                                        "Transfer(address", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(RUN("hash", "topic", wrong[i]), 2);
        assert_says(f->command.err, "not a signature");
    }
}

static void hash_storage_slot__plain_and_mapping__slot_and_trie_key(void **state) {
    struct fixture *f = *state;
    assert_int_equal(hash(f, "storage-slot", "{\"slot\":0}"), 0);
    assert_string_equal(
        f->command.out,
        "{\"hash\":\"0x0000000000000000000000000000000000000000000000000000000000000000\","
        "\"trieKey\":\"0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563\"}\n");
    assert_int_equal(hash(f, "storage-slot", "{\"slot\":\"0x0\",\"key\":\"0\"}"), 0);
    assert_says(f->command.out,
                "\"hash\":\"0xad3228b676f7d3cd4284a5443f17f1962b36e491b30a40b2405849"
                "e597ba5fb5\"");
    assert_int_equal(hash(f, "storage-slot", "{\"slot\":0,\"key\":null}"), 2);
    assert_says(f->command.err, "key: a slot is due");
}

static void hash__each_kind__member_missing_is_named(void **state) {
    struct fixture *f = *state;
    static const struct {
        const char *kind, *text, *says;
    } cases[] = {
        {"withdrawal", "{}", "nonce is missing"},
        {"withdrawal",
         "{\"nonce\":1,\"sender\":" ADDRESS ",\"target\":" ADDRESS ",\"value\":0,\"gasLimit\":1}",
         "data is missing"},
        {"output-root", "{\"version\":" ZERO "}", "stateRoot is missing"},
        {"output-root", "{\"version\":\"0x01\"}", "version: a hash"},
        {"op-source", "{}", "domain is missing"},
        {"op-source", "{\"domain\":\"interop\"}", "domain: \"user\", "},
        {"op-source", "{\"domain\":3}", "domain: \"user\", "},
        {"op-source", "{\"domain\":\"user\",\"l1BlockHash\":" ZERO "}", "logIndex is missing"},
        {"op-source", "{\"domain\":\"l1-info\",\"l1BlockHash\":1}", "l1BlockHash: a hash"},
        {"op-source", "{\"domain\":\"upgrade\"}", "intent is missing"},
        {"op-source", "{\"domain\":\"upgrade\",\"intent\":1}", "intent: a text is due"},
        {"op-deposit", "{}", "sourceHash is missing"},
        {"op-deposit", "{\"log\":{}}", "log: topics is missing"},
        {"op-deposit",
         "{\"log\":{\"topics\":[],\"data\":\"0x\",\"blockHash\":" ZERO ",\"logIndex\":1}}",
         "log: not a TransactionDeposited event"},
        {"op-deposit",
         "{\"sourceHash\":" ZERO ",\"from\":" ADDRESS ",\"to\":null,\"value\":0,\"gas\":1,"
         "\"isSystemTx\":1,\"data\":\"0x\"}",
         "isSystemTx: true or false"},
        {"outbox-item", "{\"l2Sender\":" ADDRESS "}", "to is missing"},
        {"retryable", "{\"chainId\":1,\"messageNumber\":\"x\"}", "messageNumber: an integer"},
        {"retryable", "{\"chainId\":\"18446744073709551616\"}", "chainId: a quantity of at most"},
        {"nitro-deposit", "{\"chainId\":1,\"messageNumber\":1,\"from\":1}", "from: an address"},
        {"storage-slot", "{}", "slot is missing"},
        {"storage-slot", "[]", "object is due"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(hash(f, cases[i].kind, cases[i].text), 2);
        assert_string_equal(f->command.out, "");
        assert_says(f->command.err, cases[i].says);
    }
    assert_int_equal(hash(f, "output-root",
                          "{\"version\":\"0x0100000000000000000000000000000000000000000000000000000"
                          "000000000\",\"stateRoot\":" ZERO ",\"messagePasserStorageRoot\":" ZERO
                          ",\"latestBlockhash\":" ZERO "}"),
                     2);
    assert_says(f->command.err, "version: unknown output root version");
}

static void hash__wrong_words__usage(void **state) {
    struct fixture *f = *state;
    assert_int_equal(RUN("hash"), 2);
    assert_says(f->command.err, "usage: causeway hash");
    assert_int_equal(RUN("hash", "keccack", "0x"), 2);
    assert_says(f->command.err, "did you mean \"keccak\"?");
    assert_int_equal(RUN("hash", "keccak", "0x", "0x"), 2);
    assert_int_equal(RUN("hash", "withdrawal", "/no/such/file"), 2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(hash_keccak__hex_or_stdin__digest),
        CASE(hash_lines__good_and_bad__in_order),
        CASE(hash_topic__signature__topic_and_selector),
        CASE(hash_storage_slot__plain_and_mapping__slot_and_trie_key),
        CASE(hash__each_kind__member_missing_is_named),
        CASE(hash__wrong_words__usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
