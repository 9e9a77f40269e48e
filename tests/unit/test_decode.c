/* causeway decode as somebody types it. */
#include "command.h"
#include "temp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <causeway/arena.h>
#include <causeway/header.h>
#include <causeway/receipt.h>
#include <causeway/tx.h>

struct fixture {
    struct temp temp;
    struct command command;
    char path[512];
    struct cw_arena arena;
    struct cw_buf text;
};

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "input", f->path, sizeof f->path);
    cw_arena_init(&f->arena, 1u << 20);
    cw_buf_init(&f->text, 1u << 20);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    cw_arena_done(&f->arena);
    cw_buf_done(&f->text);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

#define RUN(...) command_run(&f->command, &f->temp, (const char *const[]){__VA_ARGS__, NULL})

static const char *hex(struct fixture *f, struct cw_slice bytes) {
    cw_buf_reset(&f->text);
    cw_buf_hex(&f->text, bytes);
    return cw_buf_cstr(&f->text);
}

/* --- RLP -------------------------------------------------------------------------------------- */

static void decode_rlp__items__strings_and_nested_arrays(void **state) {
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"0x80", "\"0x\"\n"},
        {"0x00", "\"0x00\"\n"},
        {"c0", "[]\n"},
        {"0x83646f67", "\"0x646f67\"\n"},
        {"0xc7c0c1c0c3c0c1c0", "[[],[[]],[[],[[]]]]\n"},
        {"0xc88363617483646f67", "[\"0x636174\",\"0x646f67\"]\n"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(RUN("decode", "rlp", cases[i][0]), 0);
        assert_string_equal(f->command.out, cases[i][1]);
    }
}

static void decode_rlp__not_canonical_or_too_deep__refused(void **state) {
    struct fixture *f = *state;
    static const char *const cases[] = {"0x", "0x8100", "0xc0c0", "0xb800", "0xc1"};
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(RUN("decode", "rlp", cases[i]), 1);
        assert_string_equal(f->command.out, "{\"error\":\"not one canonical RLP item\"}\n");
        assert_string_equal(f->command.err, "");
    }
    /* a list with 64 lists in one another is taken, with 65 it is not: above 55 bytes a prefix
     * takes two */
    for (size_t depth = 65; depth <= 66; depth++) {
        uint8_t bytes[256];
        size_t n = 0;
        for (size_t i = 0; i < depth; i++) {
            uint8_t prefix[2] = {n <= 55 ? (uint8_t)(0xc0 + n) : 0xf8, (uint8_t)n};
            size_t prefix_n = n <= 55 ? 1 : 2;
            memmove(bytes + prefix_n, bytes, n);
            memcpy(bytes, prefix, prefix_n);
            n += prefix_n;
        }
        assert_int_equal(RUN("decode", "rlp", hex(f, cw_slice_of(bytes, n))), depth == 65 ? 0 : 1);
        assert_says(f->command.out, depth == 65 ? "[[[[" : "nested too deep");
    }
}

/* --- transactions ----------------------------------------------------------------------------- */

static const struct cw_secret32 secret = {{7}};

static const char *signed_tx(struct fixture *f, const struct cw_tx *tx) {
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_slice raw;
    assert_non_null(curve);
    assert_int_equal(cw_tx_sign(curve, &f->arena, &raw, NULL, tx, &secret), CW_OK);
    cw_curve_free(curve);
    return hex(f, raw);
}

static void decode_tx__each_type__its_fields(void **state) {
    struct fixture *f = *state;
    static const struct cw_hash32 keys[] = {{{1}}, {{2}}}, blob = {{1, 9}};
    static const struct cw_access_entry access = {{{3}}, keys, 2};
    static const struct cw_authorization authorization = {{{1}}, {{4}}, 5, 1, {{6}}, {{7}}};
    const struct {
        struct cw_tx tx;
        const char *says[8];
    } cases[] = {
        {{.type = CW_TX_LEGACY, .nonce = 3, .gas_limit = 21000},
         {"\"type\":\"0x0\"", "\"nonce\":\"0x3\"", "\"to\":null", "\"gasPrice\":\"0x0\"",
          "\"input\":\"0x\"", "\"gas\":\"0x5208\"", "\"v\":\"0x1"}},
        {{.type = CW_TX_LEGACY, .chain_id = {1}, .gas_limit = 1, .has_to = true},
         {"\"chainId\":\"0x1\"", "\"v\":\"0x2", "\"to\":\"0x0000"}},
        {{.type = CW_TX_ACCESS_LIST,
          .chain_id = {10},
          .gas_limit = 1,
          .access_list = &access,
          .n_access_list = 1},
         {"\"type\":\"0x1\"", "\"chainId\":\"0xa\"", "\"accessList\":[{\"address\":\"0x03",
          "\"storageKeys\":[\"0x01", "\",\"0x02", "\"yParity\":\"0x"}},
        {{.type = CW_TX_DYNAMIC_FEE,
          .chain_id = {10},
          .gas_limit = 1,
          .max_fee = {{{9}}},
          .max_tip = {{{8}}},
          .data = CW_LITERAL("\x01\x02")},
         {"\"type\":\"0x2\"", "\"maxFeePerGas\":\"0x9\"", "\"maxPriorityFeePerGas\":\"0x8\"",
          "\"input\":\"0x0102\"", "\"accessList\":[]"}},
        {{.type = CW_TX_BLOB,
          .chain_id = {10},
          .gas_limit = 1,
          .has_to = true,
          .max_blob_fee = {{{7}}},
          .blob_hashes = &blob,
          .n_blob_hashes = 1},
         {"\"type\":\"0x3\"", "\"maxFeePerBlobGas\":\"0x7\"", "\"blobVersionedHashes\":[\"0x0109"}},
        {{.type = CW_TX_SET_CODE,
          .chain_id = {10},
          .gas_limit = 1,
          .has_to = true,
          .authorizations = &authorization,
          .n_authorizations = 1},
         {"\"type\":\"0x4\"", "\"authorizationList\":[{\"chainId\":\"0x1\",\"address\":\"0x04",
          "\"nonce\":\"0x5\",\"yParity\":\"0x1\",\"r\":\"0x6000", "\"s\":\"0x7000"}},
    };
    char from[64];
    struct cw_curve *curve = cw_curve_new(NULL);
    struct cw_addr20 address;
    char text[CW_HEX_SIZE(20)];
    assert_non_null(curve);
    assert_int_equal(cw_curve_address(curve, &address, &secret), CW_OK);
    cw_curve_free(curve);
    snprintf(from, sizeof from, "\"from\":\"%s\"", cw_hex_encode(text, cw_slice_of(address.b, 20)));
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(RUN("decode", "tx", signed_tx(f, &cases[i].tx)), 0);
        assert_says(f->command.out, "{\"hash\":\"0x");
        assert_says(f->command.out, from);
        for (size_t s = 0; cases[i].says[s] != NULL; s++)
            assert_says(f->command.out, cases[i].says[s]);
    }
    assert_null(strstr(f->command.out, "gasPrice"));
}

static void decode_tx__deposit__nobody_signed_it(void **state) {
    struct fixture *f = *state;
    struct cw_tx tx = {.type = CW_TX_DEPOSIT, .gas_limit = 1, .is_system = true};
    tx.source_hash.b[0] = 5;
    tx.from.b[0] = 6;
    tx.mint.v = cw_u256_from_u64(16);
    struct cw_slice raw;
    assert_int_equal(cw_tx_encode_unsigned(&f->arena, &raw, &tx), CW_OK);
    assert_int_equal(RUN("decode", "tx", hex(f, raw)), 0);
    static const char *const says[] = {"\"type\":\"0x7e\"",     "\"nonce\":null",
                                       "\"sourceHash\":\"0x05", "\"from\":\"0x06",
                                       "\"mint\":\"0x10\"",     "\"isSystemTx\":true"};
    for (size_t i = 0; i < CW_COUNT(says); i++)
        assert_says(f->command.out, says[i]);
    assert_null(strstr(f->command.out, "chainId"));
    assert_null(strstr(f->command.out, "\"v\""));
}

static void decode_tx__what_no_fork_takes__refused_with_exit_1(void **state) {
    struct fixture *f = *state;
    struct cw_tx tx = {.type = CW_TX_DYNAMIC_FEE, .chain_id = {1}, .gas_limit = 21000};
    char text[512];
    snprintf(text, sizeof text, "%s00", signed_tx(f, &tx));
    assert_int_equal(RUN("decode", "tx", text), 1);
    assert_int_equal(strncmp(f->command.out, "{\"error\":\"", 10), 0);
    assert_string_equal(f->command.err, "");
    assert_int_equal(RUN("decode", "tx", "0x"), 1);
    assert_int_equal(RUN("decode", "tx", "0x05c0"), 1);
    /* r = 1 … 5: of some no key fits, which is refused too */
    unsigned refused = 0;
    for (uint8_t r = 1; r <= 5; r++) {
        struct cw_signature signature = {.y_parity = 0};
        struct cw_slice raw;
        signature.r.b[31] = r;
        signature.s.b[31] = 1;
        assert_int_equal(cw_tx_encode_signed(&f->arena, &raw, &tx, &signature), CW_OK);
        int code = RUN("decode", "tx", hex(f, raw));
        assert_in_range(code, 0, 1);
        if (code == 1)
            assert_says(f->command.out, "no key fits");
        refused += code == 1;
    }
    assert_in_range(refused, 1, 4);
}

/* --- headers and receipts --------------------------------------------------------------------- */

static void decode_header__rlp__what_verify_takes(void **state) {
    struct fixture *f = *state;
    static struct cw_header header;
    header = (struct cw_header){.present = 0x3f, .gas_limit = 30000000, .extra_n = 2};
    header.number.v = 17;
    header.nonce[7] = 1;
    uint8_t rlp[CW_HEADER_RLP_MAX];
    size_t n;
    assert_int_equal(cw_header_encode(rlp, sizeof rlp, &n, &header), CW_OK);
    assert_int_equal(RUN("decode", "header", hex(f, cw_slice_of(rlp, n))), 0);
    assert_says(f->command.out, "{\"number\":\"0x11\",\"hash\":\"0x");
    assert_says(f->command.out, "\"nonce\":\"0x0000000000000001\"");
    assert_says(f->command.out, "\"extraData\":\"0x0000\"");
    char block[8192];
    int block_n = snprintf(block, sizeof block, "{\"block\":%s}", f->command.out);
    temp_write(f->path, block, (size_t)block_n, 0600);
    assert_int_equal(RUN("verify", "header", f->path), 0);
    assert_int_equal(RUN("decode", "header", hex(f, cw_slice_of(rlp, n - 1))), 1);
    assert_string_equal(f->command.out, "{\"error\":\"not a block header\"}\n");
}

static void decode_receipt__trie_form__fields(void **state) {
    struct fixture *f = *state;
    struct cw_receipt_log log = {.n_topics = 2, .data = CW_LITERAL("\x05")};
    struct cw_receipt receipts[] = {
        {.type = 2, .status = true, .cumulative_gas_used = 21000, .logs = &log, .n_logs = 1},
        {.type = 0, .has_post_state = true, .post_state = {{8}}},
        {.type = CW_RECEIPT_DEPOSIT,
         .has_deposit_nonce = true,
         .deposit_nonce = 7,
         .has_deposit_version = true,
         .deposit_version = 1},
    };
    static const char *const says[][4] = {
        {"{\"type\":\"0x2\",\"status\":\"0x1\",\"cumulativeGasUsed\":\"0x5208\",\"logsBloom\":\"0x",
         "\"logs\":[{\"address\":\"0x00", "\"topics\":[\"0x", "\"data\":\"0x05\"}]"},
        {"\"type\":\"0x0\",\"root\":\"0x08", "\"logs\":[]"},
        {"\"type\":\"0x7e\"", "\"depositNonce\":\"0x7\"", "\"depositReceiptVersion\":\"0x1\""},
    };
    for (size_t i = 0; i < CW_COUNT(receipts); i++) {
        uint8_t bytes[1024];
        struct cw_rlp_out out = cw_rlp_out_to(bytes, sizeof bytes);
        assert_int_equal(cw_receipt_encode(&out, &receipts[i]), CW_OK);
        assert_int_equal(RUN("decode", "receipt", hex(f, cw_slice_of(bytes, out.n))), 0);
        for (size_t s = 0; s < CW_COUNT(says[i]) && says[i][s] != NULL; s++)
            assert_says(f->command.out, says[i][s]);
        assert_int_equal(RUN("decode", "receipt", hex(f, cw_slice_of(bytes, out.n - 1))), 1);
        assert_string_equal(f->command.out, "{\"error\":\"not a receipt\"}\n");
    }
}

/* --- words and lines -------------------------------------------------------------------------- */

static void decode__no_hex__exit_2(void **state) {
    struct fixture *f = *state;
    static const char *const wrong[] = {"", "0x1", "zz"};
    for (size_t i = 0; i < CW_COUNT(wrong); i++) {
        assert_int_equal(RUN("decode", "rlp", wrong[i]), 2);
        assert_string_equal(f->command.out, "");
        assert_says(f->command.err, "hexadecimal");
    }
    assert_int_equal(RUN("decode"), 2);
    assert_int_equal(RUN("decode", "trx", "0x"), 2);
    assert_says(f->command.err, "did you mean \"tx\"?");
}

static void decode_lines__decoded_refused_and_no_hex__one_answer_each(void **state) {
    struct fixture *f = *state;
    static const char good[] = "0x80\nc0c0\n", bad[] = "0x80\nhm\nc0";
    temp_write(f->path, good, sizeof good - 1, 0600);
    assert_int_equal(RUN("decode", "rlp", "--lines", f->path), 0);
    assert_string_equal(f->command.out, "\"0x\"\n{\"error\":\"not one canonical RLP item\"}\n");
    temp_write(f->path, bad, sizeof bad - 1, 0600);
    f->command.in = f->path;
    assert_int_equal(RUN("decode", "rlp", "--lines"), 2);
    assert_string_equal(f->command.out, "\"0x\"\n{\"error\":\"not hexadecimal\"}\n[]\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        CASE(decode_rlp__items__strings_and_nested_arrays),
        CASE(decode_rlp__not_canonical_or_too_deep__refused),
        CASE(decode_tx__each_type__its_fields),
        CASE(decode_tx__deposit__nobody_signed_it),
        CASE(decode_tx__what_no_fork_takes__refused_with_exit_1),
        CASE(decode_header__rlp__what_verify_takes),
        CASE(decode_receipt__trie_form__fields),
        CASE(decode__no_hex__exit_2),
        CASE(decode_lines__decoded_refused_and_no_hex__one_answer_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
