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
        cmocka_unit_test(cw_eth_tx__another_digit__refused_or_the_same_bytes),
        cmocka_unit_test(cw_eth_tx__not_known__no_lie),
        cmocka_unit_test(cw_eth_tx__high_s__no_lie),
    };
    return cmocka_run_group_tests(tests, tx_set_up, tx_tear_down);
}
