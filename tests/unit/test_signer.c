#include "sign/local.h"
#include "tx/signer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The well-known first development account. */
static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};
static const struct cw_addr20 account = {{0xf3, 0x9f, 0xd6, 0xe5, 0x1a, 0xad, 0x88,
                                          0xf6, 0xf4, 0xce, 0x6a, 0xb8, 0x82, 0x72,
                                          0x79, 0xcf, 0xff, 0xb9, 0x22, 0x66}};

struct answer {
    unsigned n;
    enum cw_err err;
    uint8_t raw[4096];
    size_t raw_n;
    struct cw_hash32 hash;
    char text[200];
};

static void on_done(void *ctx, enum cw_err err, struct cw_slice raw, const struct cw_hash32 *hash,
                    const char *text) {
    struct answer *answer = ctx;
    answer->n++;
    answer->err = err;
    if (err == CW_OK) {
        assert_true(raw.n <= sizeof answer->raw);
        memcpy(answer->raw, raw.p, raw.n);
        answer->raw_n = raw.n;
        answer->hash = *hash;
    }
    size_t n = strlen(text);
    assert_true(n < sizeof answer->text);
    memcpy(answer->text, text, n + 1);
}

static int set_up(void **state) {
    struct cw_signer *signer;
    if (cw_signer_local(&signer, &secret, NULL) != CW_OK) {
        return 1;
    }
    *state = signer;
    return 0;
}

static int tear_down(void **state) {
    cw_signer_free(*state);
    return 0;
}

static struct cw_sign_request sample(void) {
    return (struct cw_sign_request){
        .chain_id = {31337},
        .nonce = 7,
        .gas_limit = 120000,
        .max_fee = {cw_u256_from_u64(2100000000)},
        .max_tip = {cw_u256_from_u64(100000000)},
        .to = {{0x42}},
        .value = {cw_u256_from_u64(5)},
        .data = CW_LITERAL("\x01\x02\x03\x04"),
    };
}

static struct answer sign(struct cw_signer *signer, const struct cw_sign_request *request) {
    struct answer answer = {0};
    cw_signer_sign(signer, request, on_done, &answer);
    assert_int_equal(answer.n, 1);
    return answer;
}

static void local__a_key__its_address(void **state) {
    assert_true(cw_addr20_equal(cw_signer_address(*state), &account));
}

static void local__no_key__refused_without_a_digit(void **state) {
    (void)state;
    struct cw_signer *signer = NULL;
    struct cw_secret32 bad = {{0}};
    struct cw_error error;
    assert_int_equal(cw_signer_local(&signer, &bad, &error), CW_ERR_INPUT);
    memset(&bad, 0xff, sizeof bad);
    assert_int_equal(cw_signer_local(&signer, &bad, &error), CW_ERR_INPUT);
    assert_null(strstr(error.text, "ff"));
    assert_null(signer);
}

static void sign__a_call__decodes_to_what_was_asked_from_the_account(void **state) {
    const struct cw_sign_request request = sample();
    const struct answer answer = sign(*state, &request);
    assert_int_equal(answer.err, CW_OK);
    assert_int_equal(cw_signer_check(&request, &account, cw_slice_of(answer.raw, answer.raw_n),
                                     &answer.hash, NULL),
                     CW_OK);
    const struct answer again = sign(*state, &request);
    assert_int_equal(again.raw_n, answer.raw_n);
    assert_memory_equal(again.raw, answer.raw, answer.raw_n);
}

static void sign__a_gas_price__a_legacy_transaction_of_that_chain_only(void **state) {
    struct cw_sign_request request = sample();
    request.legacy = true;
    assert_int_equal(sign(*state, &request).err, CW_ERR_INPUT); /* it has no tip */
    request.max_tip.v = cw_u256_from_u64(0);
    const struct answer answer = sign(*state, &request);
    const struct cw_slice raw = cw_slice_of(answer.raw, answer.raw_n);
    assert_int_equal(answer.err, CW_OK);
    assert_true(answer.raw[0] >= 0xc0);
    assert_int_equal(cw_signer_check(&request, &account, raw, &answer.hash, NULL), CW_OK);
    request.legacy = false;
    assert_int_equal(cw_signer_check(&request, &account, raw, &answer.hash, NULL),
                     CW_ERR_CONTRADICTED);
    request.legacy = true;
    request.chain_id.v = 0;
    assert_int_equal(sign(*state, &request).err, CW_ERR_INPUT);
}

static void sign__no_contract__refused(void **state) {
    struct cw_sign_request request = sample();
    memset(&request.to, 0, sizeof request.to);
    const struct answer answer = sign(*state, &request);
    assert_int_equal(answer.err, CW_ERR_REFUSED);
    assert_int_equal(answer.raw_n, 0);
}

static void sign__what_no_chain_takes__refused(void **state) {
    struct cw_sign_request request = sample();
    request.max_tip.v = cw_u256_from_u64(2100000001);
    assert_int_equal(sign(*state, &request).err, CW_ERR_INPUT);
    request = sample();
    request.chain_id.v = 0;
    assert_int_equal(sign(*state, &request).err, CW_ERR_INPUT);
    request = sample();
    request.nonce = UINT64_MAX;
    assert_int_equal(sign(*state, &request).err, CW_ERR_INPUT);
}

static void sign__huge_calldata__refused(void **state) {
    const size_t n = (256u << 10) + 1;
    uint8_t *data = calloc(n, 1);
    assert_non_null(data);
    struct cw_sign_request request = sample();
    request.data = cw_slice_of(data, n);
    assert_int_equal(sign(*state, &request).err, CW_ERR_LIMIT);
    free(data);
}

static void check__another_transaction__contradicted(void **state) {
    struct cw_sign_request request = sample();
    const struct answer answer = sign(*state, &request);
    const struct cw_slice raw = cw_slice_of(answer.raw, answer.raw_n);
    const struct cw_addr20 other = {{1}};
    const struct cw_hash32 other_hash = {{1}};
    struct cw_error error;
    assert_int_equal(cw_signer_check(&request, &other, raw, &answer.hash, &error),
                     CW_ERR_CONTRADICTED);
    assert_non_null(strstr(error.text, "sender"));
    assert_int_equal(cw_signer_check(&request, &account, raw, &other_hash, &error),
                     CW_ERR_CONTRADICTED);
    assert_non_null(strstr(error.text, "hash"));
    for (unsigned field = 0; field < 8; field++) {
        struct cw_sign_request wanted = sample();
        switch (field) {
        case 0:
            wanted.chain_id.v = 1;
            break;
        case 1:
            wanted.nonce++;
            break;
        case 2:
            wanted.gas_limit--;
            break;
        case 3:
            wanted.max_fee.v.limb[3] = 1;
            break;
        case 4:
            wanted.max_tip.v.limb[0]--;
            break;
        case 5:
            wanted.to.b[19] = 1;
            break;
        case 6:
            wanted.value.v.limb[0] = 0;
            break;
        default:
            wanted.data = CW_LITERAL("\x01\x02\x03\x05");
            break;
        }
        assert_int_equal(cw_signer_check(&wanted, &account, raw, &answer.hash, NULL),
                         CW_ERR_CONTRADICTED);
    }
    assert_int_equal(cw_signer_check(&request, &account, cw_slice_of(answer.raw, answer.raw_n - 1),
                                     &answer.hash, NULL),
                     CW_ERR_INPUT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local__a_key__its_address),
        cmocka_unit_test(local__no_key__refused_without_a_digit),
        cmocka_unit_test(sign__a_call__decodes_to_what_was_asked_from_the_account),
        cmocka_unit_test(sign__a_gas_price__a_legacy_transaction_of_that_chain_only),
        cmocka_unit_test(sign__no_contract__refused),
        cmocka_unit_test(sign__what_no_chain_takes__refused),
        cmocka_unit_test(sign__huge_calldata__refused),
        cmocka_unit_test(check__another_transaction__contradicted),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
