/* Transactions as eth_getTransactionByHash has them, back to the bytes that hash to it. */
#include "cli/decode_json.h"
#include "net/eth.h"

#include <stdio.h>
#include <string.h>

#include "tx_fixture.h"

static const enum cw_tx_type types[] = {CW_TX_LEGACY, CW_TX_ACCESS_LIST, CW_TX_DYNAMIC_FEE,
                                        CW_TX_BLOB,   CW_TX_SET_CODE,    CW_TX_DEPOSIT};

struct made {
    struct cw_slice raw;
    struct cw_hash32 hash;
    struct cw_buf json;
};

static struct made make(struct tx_fixture *f, struct cw_tx tx) {
    struct made made;
    struct cw_error error;
    if (tx.type == CW_TX_DEPOSIT) {
        assert_int_equal(cw_tx_encode_unsigned(&f->arena, &made.raw, &tx), CW_OK);
        cw_tx_hash(&made.hash, made.raw);
    } else {
        assert_int_equal(cw_tx_sign(f->curve, &f->arena, &made.raw, &made.hash, &tx, &tx_secret),
                         CW_OK);
    }
    cw_buf_init(&made.json, 1u << 16);
    assert_int_equal(decode_tx(&made.json, &f->arena, f->curve, made.raw, &error), CW_OK);
    return made;
}

static enum cw_err read_text(struct cw_arena *arena, const char *text, const struct cw_hash32 *hash,
                             struct cw_slice *ret_raw, struct cw_error *error) {
    struct cw_json_doc *doc = NULL;
    assert_int_equal(cw_json_parse(&doc, cw_slice_of(text, strlen(text)), false, error), CW_OK);
    enum cw_err err = cw_eth_tx(ret_raw, arena, cw_json_root(doc), hash, error);
    cw_json_free(doc);
    return err;
}

static void cw_eth_tx__every_type__the_same_bytes(void **state) {
    struct tx_fixture *f = *state;
    for (size_t i = 0; i < CW_COUNT(types); i++) {
        for (int variant = 0; variant < 2; variant++) {
            struct cw_tx tx = tx_sample(types[i]);
            if (variant == 1 && types[i] != CW_TX_BLOB && types[i] != CW_TX_SET_CODE) {
                tx.has_to = false;
                tx.to = (struct cw_addr20){{0}};
            }
            if (variant == 1 && types[i] == CW_TX_LEGACY) {
                tx.chain_id.v = 0;
            }
            struct made made = make(f, tx);
            struct cw_slice raw;
            struct cw_error error;
            assert_int_equal(
                read_text(&f->arena, cw_buf_cstr(&made.json), &made.hash, &raw, &error), CW_OK);
            assert_true(cw_slice_equal(raw, made.raw));
            cw_buf_done(&made.json);
        }
    }
}

static const char *const genuine[] = {
    "{\"type\":\"0x2\",\"chainId\":\"0x7a69\",\"nonce\":\"0x0\",\"gas\":\"0x5280\","
    "\"maxFeePerGas\":"
    "\"0x77359401\",\"maxPriorityFeePerGas\":\"0x1\",\"to\":"
    "\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\",\"value\":\"0x3\",\"accessList\":[],\"input\":"
    "\"0x010203\",\"r\":\"0x76a7e65ab556ca878560623b02ef6502ddc1aca1bbdea82fb008b30d7b017da5\","
    "\"s\":"
    "\"0x641d54bebec1b65760798eef11c47d01529dfa978c68be567a1586936c4ce4d9\",\"yParity\":\"0x1\","
    "\"v\":"
    "\"0x1\",\"hash\":\"0x358229e16b21231cc2cc2c6bae7520f166cf6a966a09b50bec4ed3f7b69511f0\","
    "\"blockHash\":\"0x3673150df66d6572cd9a9e76264961677f5ec8daf7a968a68173f6084e3aaea7\","
    "\"blockNumber\":\"0x1\",\"transactionIndex\":\"0x0\",\"from\":"
    "\"0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266\",\"gasPrice\":\"0x3b9aca01\"}",
    "{\"type\":\"0x0\",\"chainId\":\"0x7a69\",\"nonce\":\"0x1\",\"gasPrice\":\"0x6fc4ea40\","
    "\"gas\":"
    "\"0x5280\",\"to\":\"0x70997970c51812dc3a010c7d01b50e0d17dc79c8\",\"value\":\"0x3\",\"input\":"
    "\"0x010203\",\"r\":\"0x440145d99fee7025ca42909ce624bcc6a432f6bef7cb7a4d3137a375552caff9\","
    "\"s\":"
    "\"0x6087bcfc45f8eac9a40e2edc573198ecb2301e61d2eafec9a93f9fd4b5006617\",\"v\":\"0xf4f6\","
    "\"hash\":"
    "\"0x824e6da6e8fdeff8c27ff4610eda04ee6549b66093bc626492395bf1936ffe1a\",\"blockNumber\":"
    "\"0x2\"}"};

/* Source: anvil 1.7.1. */
static void cw_eth_tx__of_a_node__hashes_to_what_it_says(void **state) {
    struct tx_fixture *f = *state;
    for (size_t i = 0; i < CW_COUNT(genuine); i++) {
        const char *said = strstr(genuine[i], "\"hash\":\"") + 8;
        struct cw_hash32 hash, again;
        struct cw_slice raw;
        struct cw_error error;
        struct cw_tx tx;
        struct cw_signature signature;
        struct cw_addr20 from;
        assert_int_equal(cw_hex_decode(hash.b, 32, said, 66), CW_OK);
        assert_int_equal(read_text(&f->arena, genuine[i], &hash, &raw, &error), CW_OK);
        cw_tx_hash(&again, raw);
        assert_true(cw_hash32_equal(&again, &hash));
        assert_int_equal(cw_tx_decode(&f->arena, &tx, &signature, raw, &error), CW_OK);
        assert_int_equal(cw_tx_recover(f->curve, &f->arena, &from, &tx, &signature), CW_OK);
        assert_true(cw_addr20_equal(&from, &tx_account));
    }
}

static void cw_eth_tx__signature_with_zeros_in_front__taken(void **state) {
    struct tx_fixture *f = *state;
    struct cw_tx tx = tx_sample(CW_TX_DYNAMIC_FEE);
    struct cw_signature signature = {.r = {{[31] = 7}}, .s = {{[30] = 1}}};
    struct cw_slice made, raw;
    struct cw_hash32 hash;
    struct cw_error error;
    char text[1024];
    tx.n_access_list = 0;
    assert_int_equal(cw_tx_encode_signed(&f->arena, &made, &tx, &signature), CW_OK);
    cw_tx_hash(&hash, made);
    for (int digits = 1; digits <= 64; digits += 63) {
        snprintf(
            text, sizeof text,
            "{\"type\":\"0x2\",\"chainId\":\"0x%x\",\"nonce\":\"0x%x\",\"gas\":\"0x5208\","
            "\"maxFeePerGas\":\"0x%x\",\"maxPriorityFeePerGas\":\"0x%x\",\"to\":\"0x7099%036d\","
            "\"value\":\"0x1\",\"input\":\"0x010203\",\"accessList\":[],\"v\":\"0x0\",\"r\":"
            "\"0x%0*x\",\"s\":\"0x%0*x\"}",
            (unsigned)tx.chain_id.v, (unsigned)tx.nonce, (unsigned)tx.max_fee.v.limb[0],
            (unsigned)tx.max_tip.v.limb[0], 0, digits, 7u, digits, 256u);
        assert_int_equal(read_text(&f->arena, text, &hash, &raw, &error), CW_OK);
        assert_true(cw_slice_equal(raw, made));
    }
}

/* Some members say what others say, too, or what the hash does not bind: the sender, of all but
 * deposits. */
static void cw_eth_tx__another_digit__refused_or_the_same_bytes(void **state) {
    struct tx_fixture *f = *state;
    for (size_t i = 0; i < CW_COUNT(types); i++) {
        struct made made = make(f, tx_sample(types[i]));
        char *text = (char *)(uintptr_t)cw_buf_cstr(&made.json);
        size_t refused = 0;
        for (char *at = strstr(text, "\"type\""); *at != '\0'; at++) {
            struct cw_slice raw;
            struct cw_error error;
            const char was = *at;
            if (was < '0' || was > '9' || at[-1] == '"') { /* nor the 0 of 0x */
                continue;
            }
            *at = was == '9' ? '1' : (char)(was + 1);
            struct cw_arena arena;
            cw_arena_init(&arena, 1u << 16);
            enum cw_err err = read_text(&arena, text, &made.hash, &raw, &error);
            assert_true(err == CW_OK || err == CW_ERR_CONTRADICTED || err == CW_ERR_INPUT ||
                        err == CW_ERR_BEHIND);
            assert_true(err != CW_OK || cw_slice_equal(raw, made.raw));
            refused += err != CW_OK;
            cw_arena_done(&arena);
            *at = was;
        }
        assert_true(refused > 50);
        cw_buf_done(&made.json);
    }
}

static void cw_eth_tx__not_known__no_lie(void **state) {
    struct tx_fixture *f = *state;
    const struct cw_hash32 hash = {{1}};
    struct cw_slice raw = {NULL, 77};
    struct cw_error error;
    assert_int_equal(read_text(&f->arena, "null", &hash, &raw, &error), CW_ERR_BEHIND);
    assert_int_equal(read_text(&f->arena, "{\"type\":\"0x68\"}", &hash, &raw, &error),
                     CW_ERR_BEHIND);
    assert_int_equal(read_text(&f->arena, "{\"type\":\"0x5\"}", &hash, &raw, &error),
                     CW_ERR_BEHIND);
    assert_int_equal(read_text(&f->arena, "{\"type\":\"0x2\"}", &hash, &raw, &error), CW_ERR_INPUT);
    assert_int_equal(read_text(&f->arena, "[]", &hash, &raw, &error), CW_ERR_INPUT);
    assert_int_equal(raw.n, 77);
}

/* A signature with a high s stands in blocks from before EIP-2 only, and is not read here. */
static void cw_eth_tx__high_s__no_lie(void **state) {
    struct tx_fixture *f = *state;
    struct made made = make(f, tx_sample(CW_TX_LEGACY));
    char *s = strstr((char *)(uintptr_t)cw_buf_cstr(&made.json), "\"s\":\"0x");
    struct cw_slice raw;
    struct cw_error error;
    assert_non_null(s);
    s[7] = 'f';
    for (size_t i = 8; s[i] != '"'; i++) {
        s[i] = '0';
    }
    assert_int_equal(strchr(s + 7, '"') - (s + 7), 64);
    assert_int_equal(read_text(&f->arena, cw_buf_cstr(&made.json), &made.hash, &raw, &error),
                     CW_ERR_BEHIND);
    cw_buf_done(&made.json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_eth_tx__every_type__the_same_bytes),
        cmocka_unit_test(cw_eth_tx__of_a_node__hashes_to_what_it_says),
        cmocka_unit_test(cw_eth_tx__signature_with_zeros_in_front__taken),
        cmocka_unit_test(cw_eth_tx__another_digit__refused_or_the_same_bytes),
        cmocka_unit_test(cw_eth_tx__not_known__no_lie),
        cmocka_unit_test(cw_eth_tx__high_s__no_lie),
    };
    return cmocka_run_group_tests(tests, tx_set_up, tx_tear_down);
}
