#include "net/eth.h"

#include <causeway/mpt.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vectors.h"

struct bed {
    struct cw_arena arena;
    struct cw_json_doc *doc;
    struct cw_error error;
};

static int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    cw_arena_init(&bed.arena, (size_t)64 << 20);
    *state = &bed;
    return 0;
}

static int tear_down(void **state) {
    struct bed *bed = *state;
    cw_arena_done(&bed->arena);
    cw_json_free(bed->doc);
    return 0;
}

/* Borrowed until the next call. */
static const struct cw_json *parse(struct bed *bed, const char *text) {
    cw_json_free(bed->doc);
    bed->doc = NULL;
    bed->error = (struct cw_error){CW_OK, ""};
    if (cw_json_parse(&bed->doc, cw_slice_of(text, strlen(text)), false, &bed->error) != CW_OK) {
        fail_msg("%s: %s", text, bed->error.text);
    }
    return cw_json_root(bed->doc);
}

static const struct cw_json *parse_vector(struct bed *bed, const cJSON *vector) {
    char *text = cJSON_PrintUnformatted(vector);
    const struct cw_json *value = parse(bed, text);
    cJSON_free(text);
    return value;
}

static void assert_error(const struct bed *bed, enum cw_err err, enum cw_err wanted,
                         const char *text) {
    if (err != wanted || bed->error.code != wanted || strstr(bed->error.text, text) == NULL) {
        fail_msg("%s: %s", cw_err_name(err), bed->error.text);
    }
}

/* --- scalars -------------------------------------------------------------------------------- */

static void u64__quantities__strictly(void **state) {
    struct bed *bed = *state;
    uint64_t v = 7;
    assert_int_equal(cw_eth_u64(&v, parse(bed, "\"0x0\""), NULL), CW_OK);
    assert_int_equal(v, 0);
    assert_int_equal(cw_eth_u64(&v, parse(bed, "\"0xffffffffffffffff\""), NULL), CW_OK);
    assert_true(v == UINT64_MAX);
    static const char *const bad[] = {"\"0x\"", "\"0x00\"", "\"0x01\"", "\"1\"",
                                      "\"\"",   "1",        "\"0xg\"",  "true",
                                      "[]",     "{}",       "\"0x1 \"", "\"0x10000000000000000\""};
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        enum cw_err err = cw_eth_u64(&v, parse(bed, bad[i]), &bed->error);
        assert_error(bed, err, CW_ERR_INPUT, "quantity");
    }
    enum cw_err err = cw_eth_u64(&v, parse(bed, "null"), &bed->error);
    assert_error(bed, err, CW_ERR_BEHIND, "null");
    assert_true(v == UINT64_MAX);
    assert_int_equal(cw_eth_u64(&v, NULL, NULL), CW_ERR_INPUT);
}

static void scalars__of_their_size_only(void **state) {
    struct bed *bed = *state;
    struct cw_u256 wide;
    struct cw_hash32 hash;
    struct cw_addr20 address;
    struct cw_slice bytes;
    char dec[CW_U256_DEC_SIZE];
    assert_int_equal(cw_eth_u256(&wide, parse(bed, "\"0x10000000000000000\""), NULL), CW_OK);
    assert_string_equal(cw_u256_to_dec(dec, &wide), "18446744073709551616");
    const char *h = "\"0x00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF\"";
    assert_int_equal(cw_eth_hash32(&hash, parse(bed, h), NULL), CW_OK);
    assert_int_equal(hash.b[31], 0xff);
    const char *a = "\"0x00112233445566778899aabbccddeeff00112233\"";
    assert_int_equal(cw_eth_addr20(&address, parse(bed, a), NULL), CW_OK);
    assert_int_equal(cw_eth_addr20(&address, parse(bed, h), NULL), CW_ERR_INPUT);
    assert_int_equal(cw_eth_hash32(&hash, parse(bed, a), NULL), CW_ERR_INPUT);
    assert_int_equal(cw_eth_data(&bytes, &bed->arena, parse(bed, "\"0x\""), NULL), CW_OK);
    assert_int_equal(bytes.n, 0);
    assert_int_equal(cw_eth_data(&bytes, &bed->arena, parse(bed, "\"0x0102\""), NULL), CW_OK);
    assert_int_equal(bytes.n, 2);
    assert_int_equal(bytes.p[1], 2);
    static const char *const bad[] = {"\"\"", "\"0\"", "\"0x1\"", "\"0x0g\"", "\"xx01\"", "1"};
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        assert_int_equal(cw_eth_data(&bytes, &bed->arena, parse(bed, bad[i]), NULL), CW_ERR_INPUT);
    }
    assert_int_equal(bytes.n, 2);
    const struct cw_json *null = parse(bed, "null");
    assert_int_equal(cw_eth_u256(&wide, null, NULL), CW_ERR_BEHIND);
    assert_int_equal(cw_eth_hash32(&hash, null, NULL), CW_ERR_BEHIND);
    assert_int_equal(cw_eth_addr20(&address, null, NULL), CW_ERR_BEHIND);
    assert_int_equal(cw_eth_data(&bytes, &bed->arena, null, NULL), CW_ERR_BEHIND);
    struct cw_arena full;
    cw_arena_init(&full, 1);
    assert_int_equal(cw_eth_data(&bytes, &full, parse(bed, "\"0x0102\""), NULL), CW_ERR_MEMORY);
}

/* --- headers -------------------------------------------------------------------------------- */

static void header__vectors__judged_as_labelled(void **state) {
    struct bed *bed = *state;
    cJSON *json = vectors_load("headers.json");
    const cJSON *at;
    unsigned valid = 0, invalid = 0;
    cJSON_ArrayForEach(at, json) {
        struct cw_header header;
        struct cw_hash32 hash;
        const cJSON *block = vec_get(at, "header");
        enum cw_err err = cw_eth_header(&header, &hash, parse_vector(bed, block), &bed->error);
        if (vec_bool(at, "valid")) {
            assert_int_equal(err, CW_OK);
            assert_hash(hash, vec_hash32(block, "hash"));
            assert_int_equal(header.number.v, vec_u64(block, "number"));
            valid++;
        } else {
            assert_error(bed, err, CW_ERR_CONTRADICTED, "its fields hash to");
            invalid++;
        }
    }
    vectors_done(json);
    assert_true(valid >= 8 && invalid >= 8);
}

/* A vector's block of a fork that has every field. */
static const cJSON *prague_block(const cJSON *json) {
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        const cJSON *block = vec_get(at, "header");
        if (vec_bool(at, "valid") && cJSON_HasObjectItem(block, "requestsHash")) {
            return block;
        }
    }
    fail_msg("no such vector");
    return NULL;
}

static bool is_hashed(const char *key) {
    static const char *const others[] = {"size", "uncles", "transactions", "withdrawals",
                                         "totalDifficulty"};
    for (size_t i = 0; i < CW_COUNT(others); i++) {
        if (strcmp(key, others[i]) == 0) {
            return false;
        }
    }
    return true;
}

static void header__any_member_changed_or_missing__refused(void **state) {
    struct bed *bed = *state;
    cJSON *json = vectors_load("headers.json");
    const cJSON *block = prague_block(json), *member;
    struct cw_header header;
    struct cw_hash32 hash;
    unsigned members = 0;
    cJSON_ArrayForEach(member, block) {
        const char *text = cJSON_GetStringValue(member);
        if (!is_hashed(member->string) || text == NULL) {
            continue;
        }
        members++;
        cJSON *other = cJSON_Duplicate(block, true);
        char *value = cJSON_GetStringValue(cJSON_GetObjectItem(other, member->string));
        size_t n = strlen(value);
        if (n > 2) {
            value[n - 1] = value[n - 1] == '1' ? '2' : '1';
            enum cw_err err = cw_eth_header(&header, &hash, parse_vector(bed, other), &bed->error);
            assert_error(bed, err, CW_ERR_CONTRADICTED, "hash");
        }
        cJSON_DeleteItemFromObjectCaseSensitive(other, member->string);
        enum cw_err err = cw_eth_header(&header, &hash, parse_vector(bed, other), &bed->error);
        assert_true(err == CW_ERR_INPUT || err == CW_ERR_CONTRADICTED);
        cJSON_AddNumberToObject(other, member->string, 5);
        err = cw_eth_header(&header, &hash, parse_vector(bed, other), &bed->error);
        assert_error(bed, err, CW_ERR_INPUT, member->string);
        cJSON_Delete(other);
    }
    vectors_done(json);
    assert_int_equal(members, 22);
    assert_int_equal(cw_eth_header(&header, &hash, parse(bed, "null"), NULL), CW_ERR_BEHIND);
    assert_int_equal(cw_eth_header(&header, &hash, parse(bed, "[]"), NULL), CW_ERR_INPUT);
    assert_int_equal(cw_eth_header(&header, &hash, parse(bed, "{}"), NULL), CW_ERR_INPUT);
    assert_int_equal(cw_eth_header(&header, &hash, parse(bed, "{\"hash\":null}"), NULL),
                     CW_ERR_INPUT);
}

/* Of a chain whose headers have members of their own, or lack some. */
static void header_claim__other_form__what_it_says(void **state) {
    struct bed *bed = *state;
    static const char text[] =
        "{\"number\":\"0x10\",\"timestamp\":\"0x65\",\"l1BatchNumber\":\"0x1\","
        "\"gasLimit\":\"0x7\",\"baseFeePerGas\":\"0x8\","
        "\"hash\":\"0x1100000000000000000000000000000000000000000000000000000000000000\","
        "\"parentHash\":\"0x2200000000000000000000000000000000000000000000000000000000000000\"}";
    struct cw_header header;
    struct cw_hash32 hash;
    assert_int_equal(cw_eth_header_claim(&header, &hash, parse(bed, text), &bed->error), CW_OK);
    assert_int_equal(header.number.v, 16);
    assert_int_equal(header.timestamp, 101);
    assert_int_equal(hash.b[0], 0x11);
    assert_int_equal(header.parent_hash.b[0], 0x22);
    assert_int_equal(header.gas_limit, 7);
    assert_int_equal(header.present, CW_HEADER_BASE_FEE);
    assert_int_equal(header.base_fee.limb[0], 8);
    assert_int_equal(cw_eth_header_claim(&header, &hash, parse(bed, "null"), NULL), CW_ERR_BEHIND);
    assert_int_equal(cw_eth_header_claim(&header, &hash, parse(bed, "{}"), NULL), CW_ERR_INPUT);
    assert_int_equal(cw_eth_header_claim(&header, &hash, parse(bed, "{\"number\":16}"), NULL),
                     CW_ERR_INPUT);
    assert_int_equal(
        cw_eth_header_in(CW_MODE_QUORUM, &header, &hash, parse(bed, text), &bed->error), CW_OK);
    assert_int_equal(cw_eth_header_in(CW_MODE_EVENTS, &header, &hash, parse(bed, text), NULL),
                     CW_ERR_INPUT);
}

/* --- receipts ------------------------------------------------------------------------------- */

static enum cw_verdict judge(struct bed *bed, const cJSON *receipts, const struct cw_hash32 *root) {
    struct cw_receipt *list;
    size_t n;
    if (cw_eth_receipts(&list, &n, &bed->arena, parse_vector(bed, receipts), &bed->error) !=
        CW_OK) {
        return CW_INVALID;
    }
    return cw_receipts_verify(&bed->arena, root, list, n).verdict;
}

static void receipts__of_a_block__hash_to_its_root(void **state) {
    struct bed *bed = *state;
    static const char *const files[] = {"receipts_colibri_21854576.json",
                                        "receipts_helios_21925176.json"};
    for (size_t i = 0; i < CW_COUNT(files); i++) {
        cJSON *json = vectors_load(files[i]);
        struct cw_hash32 root = vec_hash32(json, "receiptsRoot");
        const cJSON *receipts = vec_get(json, "receipts");
        assert_int_equal(judge(bed, receipts, &root), CW_VALID);

        cJSON *less = cJSON_Duplicate(receipts, true);
        cJSON_DeleteItemFromArray(less, cJSON_GetArraySize(less) - 1);
        assert_int_equal(judge(bed, less, &root), CW_INVALID);
        cJSON_DeleteItemFromArray(less, 0);
        struct cw_receipt *list;
        size_t n;
        enum cw_err err = cw_eth_receipts(&list, &n, &bed->arena, parse_vector(bed, less),
                                          &bed->error);
        assert_error(bed, err, CW_ERR_CONTRADICTED, "receipt 0: is of transaction 1");
        cJSON_Delete(less);

        cJSON *other = cJSON_Duplicate(receipts, true), *receipt;
        cJSON_ArrayForEach(receipt, other) {
            cJSON *logs = cJSON_GetObjectItem(receipt, "logs");
            if (cJSON_GetArraySize(logs) > 0) {
                cJSON_DeleteItemFromArray(logs, 0);
                break;
            }
        }
        assert_int_equal(judge(bed, other, &root), CW_INVALID);
        cJSON_Delete(other);
        vectors_done(json);
    }
}

#define H1 "0x1111111111111111111111111111111111111111111111111111111111111111"
#define H2 "0x2222222222222222222222222222222222222222222222222222222222222222"
#define A1 "0x1111111111111111111111111111111111111111"
#define RECEIPT(type, rest)                                                                        \
    "[{\"type\":\"" type "\",\"status\":\"0x1\",\"cumulativeGasUsed\":\"0x5\",\"logs\":[],"        \
    "\"transactionIndex\":\"0x0\",\"blockHash\":\"" H1 "\"" rest "}]"

static void receipts__kinds__read(void **state) {
    struct bed *bed = *state;
    struct cw_receipt *list = NULL;
    size_t n = 0;
    const char *deposit = RECEIPT("0x7e",
                                  ",\"depositNonce\":\"0x5\",\"depositReceiptVersion\":\"0x1\"");
    assert_int_equal(cw_eth_receipts(&list, &n, &bed->arena, parse(bed, deposit), NULL), CW_OK);
    assert_int_equal(n, 1);
    assert_true(list[0].has_deposit_nonce && list[0].has_deposit_version && list[0].status);
    assert_int_equal(list[0].deposit_nonce, 5);
    const char *old = "[{\"root\":\"" H2 "\",\"cumulativeGasUsed\":\"0x5\",\"logs\":[],"
                      "\"transactionIndex\":\"0x0\",\"blockHash\":\"" H1 "\"}]";
    assert_int_equal(cw_eth_receipts(&list, &n, &bed->arena, parse(bed, old), NULL), CW_OK);
    assert_true(list[0].has_post_state && list[0].type == 0 && list[0].post_state.b[0] == 0x22);
    assert_int_equal(cw_eth_receipts(&list, &n, &bed->arena, parse(bed, "[]"), NULL), CW_OK);
    assert_int_equal(n, 0);
    assert_int_equal(cw_eth_receipts(&list, &n, &bed->arena, parse(bed, "null"), NULL),
                     CW_ERR_BEHIND);
    const char *two = "[{\"status\":\"0x1\",\"cumulativeGasUsed\":\"0x5\",\"logs\":[],"
                      "\"transactionIndex\":\"0x0\",\"blockHash\":\"" H1 "\"},"
                      "{\"status\":\"0x1\",\"cumulativeGasUsed\":\"0x5\",\"logs\":[],"
                      "\"transactionIndex\":\"0x1\",\"blockHash\":\"" H2 "\"}]";
    enum cw_err err = cw_eth_receipts(&list, &n, &bed->arena, parse(bed, two), &bed->error);
    assert_error(bed, err, CW_ERR_CONTRADICTED, "receipt 1: is of another block");
    static const char *const bad[] = {"{}", "[5]", "[{}]", RECEIPT("0x80", ""), RECEIPT("0x", "")};
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        assert_int_equal(cw_eth_receipts(&list, &n, &bed->arena, parse(bed, bad[i]), NULL),
                         CW_ERR_INPUT);
    }
}

/* --- logs ----------------------------------------------------------------------------------- */

#define LOG(block, hash, index, rest)                                                              \
    "{\"address\":\"" A1 "\",\"topics\":[\"" H1 "\",\"" H2 "\"],\"data\":\"0x0102\","              \
    "\"blockNumber\":\"" block "\",\"blockHash\":\"" hash "\",\"transactionHash\":\"" H2 "\","     \
    "\"logIndex\":\"" index "\"" rest "}"

static void logs__in_order__read(void **state) {
    struct bed *bed = *state;
    struct cw_log *logs = NULL;
    size_t n = 0;
    const char *text = "[" LOG("0x1", H1, "0x0", ",\"removed\":false") "," LOG(
        "0x1", H1, "0x5", "") "," LOG("0x2", H2, "0x0", "") "]";
    assert_int_equal(cw_eth_logs(&logs, &n, &bed->arena, parse(bed, text), NULL), CW_OK);
    assert_int_equal(n, 3);
    assert_int_equal(logs[1].log_index, 5);
    assert_int_equal(logs[2].block.number.v, 2);
    assert_int_equal(logs[2].block.hash.b[0], 0x22);
    assert_int_equal(logs[0].topics_n, 2);
    assert_int_equal(logs[0].topics[1].b[0], 0x22);
    assert_int_equal(logs[0].data.n, 2);
    assert_int_equal(logs[0].tx_hash.b[0], 0x22);
    assert_int_equal(logs[0].block.timestamp_s, 0);
    assert_int_equal(cw_eth_logs(&logs, &n, &bed->arena, parse(bed, "[]"), NULL), CW_OK);
    assert_int_equal(n, 0);
}

static void logs__that_can_not_be__refused(void **state) {
    struct bed *bed = *state;
    static const struct {
        const char *text;
        enum cw_err err;
        const char *error;
    } cases[] = {
        {"null", CW_ERR_BEHIND, "null"},
        {"{}", CW_ERR_INPUT, "array is due, not object"},
        {"[1]", CW_ERR_INPUT, "log 0: object is due, not number"},
        {"[" LOG("0x1", H1, "0x0", "") "," LOG("0x1", H1, "0x0", "") "]", CW_ERR_CONTRADICTED,
         "log 1: stands behind"},
        {"[" LOG("0x2", H1, "0x0", "") "," LOG("0x1", H1, "0x1", "") "]", CW_ERR_CONTRADICTED,
         "log 1: stands behind"},
        {"[" LOG("0x1", H1, "0x0", "") "," LOG("0x1", H2, "0x1", "") "]", CW_ERR_CONTRADICTED,
         "log 1: block 1 has two hashes"},
        {"[" LOG("0x1", H1, "0x0", ",\"removed\":true") "]", CW_ERR_CONTRADICTED,
         "log 0: is of a block that was removed"},
        {"[" LOG("0x01", H1, "0x0", "") "]", CW_ERR_INPUT, "log 0: blockNumber: a quantity"},
        {"[" LOG("0x1", "0x11", "0x0", "") "]", CW_ERR_INPUT, "log 0: blockHash: a hash"},
        {"[{\"address\":\"" A1 "\",\"topics\":[\"" H1 "\",\"" H1 "\",\"" H1 "\",\"" H1 "\",\"" H1
         "\"]}]",
         CW_ERR_INPUT, "log 0: topics: more than four"},
        {"[{\"address\":\"" A1 "\",\"topics\":[\"0x11\"]}]", CW_ERR_INPUT, "log 0: topics: a hash"},
        {"[{\"address\":\"" A1 "\",\"topics\":5}]", CW_ERR_INPUT, "log 0: topics: an array"},
        {"[{\"address\":\"" A1 "\"}]", CW_ERR_INPUT, "log 0: topics is missing"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_log *logs = NULL;
        size_t n = 77;
        enum cw_err err = cw_eth_logs(&logs, &n, &bed->arena, parse(bed, cases[i].text),
                                      &bed->error);
        assert_error(bed, err, cases[i].err, cases[i].error);
        assert_int_equal(n, 77);
    }
    struct cw_arena full;
    cw_arena_init(&full, 16);
    struct cw_log *logs = NULL;
    size_t n;
    const char *one = "[" LOG("0x1", H1, "0x0", "") "]";
    assert_int_equal(cw_eth_logs(&logs, &n, &full, parse(bed, one), NULL), CW_ERR_MEMORY);
}

#define TX_RECEIPT(status, logs)                                                                   \
    "{\"transactionHash\":\"" H2 "\",\"blockNumber\":\"0x1\",\"blockHash\":\"" H1 "\","            \
    "\"status\":\"" status "\",\"gasUsed\":\"0x5208\",\"effectiveGasPrice\":\"0x7\","              \
    "\"logs\":" logs "}"

static void tx_receipt__read_and_checked(void **state) {
    struct bed *bed = *state;
    struct cw_eth_tx_receipt receipt;
    const char *good = TX_RECEIPT("0x1", "[" LOG("0x1", H1, "0x3", "") "]");
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, good), NULL), CW_OK);
    assert_true(receipt.success);
    assert_int_equal(receipt.gas_used, 21000);
    assert_int_equal(receipt.effective_gas_price.v.limb[0], 7);
    assert_int_equal(receipt.block.number.v, 1);
    assert_int_equal(receipt.tx_hash.b[0], 0x22);
    assert_int_equal(receipt.logs_n, 1);
    assert_false(receipt.has_data_fee);
    assert_int_equal(receipt.data_gas, 0);
    const char *charged = TX_RECEIPT("0x1\",\"l1Fee\":\"0x2a\",\"gasUsedForL1\":\"0x2b", "[]");
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, charged), NULL), CW_OK);
    assert_true(receipt.has_data_fee);
    assert_int_equal(receipt.data_fee.v.limb[0], 42);
    assert_int_equal(receipt.data_gas, 43);
    assert_false(receipt.has_charge);
    const char *operators = TX_RECEIPT("0x1\",\"operatorFeeScalar\":\"0x0\","
                                       "\"operatorFeeConstant\":\"0x7",
                                       "[]");
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, operators), NULL), CW_OK);
    assert_true(receipt.has_charge);
    const char *no_fee = TX_RECEIPT("0x1\",\"operatorFeeScalar\":\"0x0\","
                                    "\"operatorFeeConstant\":\"0x0",
                                    "[]");
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, no_fee), NULL), CW_OK);
    assert_false(receipt.has_charge);
    const char *failed = TX_RECEIPT("0x0", "[]");
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, failed), NULL), CW_OK);
    assert_false(receipt.success);
    assert_int_equal(
        cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, TX_RECEIPT("0x2", "[]")), NULL),
        CW_ERR_INPUT);
    assert_int_equal(
        cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, TX_RECEIPT("0x1", "null")), NULL),
        CW_ERR_INPUT);
    assert_int_equal(cw_eth_tx_receipt(&receipt, &bed->arena, parse(bed, "null"), NULL),
                     CW_ERR_BEHIND);
    enum cw_err err = cw_eth_tx_receipt(
        &receipt, &bed->arena, parse(bed, TX_RECEIPT("0x1", "[" LOG("0x1", H2, "0x3", "") "]")),
        &bed->error);
    assert_error(bed, err, CW_ERR_CONTRADICTED, "log 0 is of another transaction or block");
}

/* --- proofs --------------------------------------------------------------------------------- */

static void proof__vectors__verify(void **state) {
    struct bed *bed = *state;
    cJSON *json = vectors_load("eth_getProof_mainnet.json");
    const cJSON *at;
    unsigned with_slot = 0, without = 0;
    cJSON_ArrayForEach(at, json) {
        cJSON *answer = cJSON_Duplicate(vec_get(at, "proof"), true);
        cJSON *slots = cJSON_GetObjectItem(answer, "storageProof");
        struct cw_eth_proof proof;
        if (cJSON_GetArraySize(slots) > 1) {
            enum cw_err err = cw_eth_proof(&proof, &bed->arena, parse_vector(bed, answer),
                                           &bed->error);
            assert_error(bed, err, CW_ERR_INPUT, "more than one slot");
            while (cJSON_GetArraySize(slots) > 1) {
                cJSON_DeleteItemFromArray(slots, 1);
            }
        }
        assert_int_equal(cw_eth_proof(&proof, &bed->arena, parse_vector(bed, answer), NULL), CW_OK);
        struct cw_hash32 root = vec_hash32(at, "stateRoot");
        struct cw_account account;
        bool present;
        assert_valid(cw_account_verify(&account, &present, &root, &proof.address,
                                       proof.account_nodes, proof.account_nodes_n));
        assert_int_equal(present, vec_bool(at, "accountPresent"));
        if (cJSON_GetArraySize(slots) == 1) {
            struct cw_u256 value = vec_u256(cJSON_GetArrayItem(slots, 0), "value");
            assert_hash(proof.storage_root, account.storage_root);
            assert_valid(cw_storage_verify(&account.storage_root, &proof.slot, &value,
                                           proof.storage_nodes, proof.storage_nodes_n,
                                           CW_MPT_FORM_NODE));
            with_slot++;
        } else {
            assert_int_equal(proof.storage_nodes_n, 0);
            without++;
        }
        cJSON_Delete(answer);
    }
    vectors_done(json);
    assert_true(with_slot >= 3 && without >= 5);
}

static void proof__shapes__strictly(void **state) {
    struct bed *bed = *state;
    struct cw_eth_proof proof;
    static const char *const texts[] = {
        "{\"address\":\"" A1 "\",\"storageHash\":\"" H1 "\",\"accountProof\":[\"0x01\",\"0x\"],"
        "\"storageProof\":[{\"key\":\"0x5\",\"value\":\"0x0\",\"proof\":[]}]}",
        "{\"address\":\"" A1 "\",\"storageHash\":\"" H1 "\",\"accountProof\":[],"
        "\"storageProof\":[{\"key\":\"0x05\",\"value\":\"0x0\",\"proof\":[]}]}",
        "{\"address\":\"" A1 "\",\"storageHash\":\"" H1 "\",\"accountProof\":[\"01\"],"
        "\"storageProof\":[]}",
        "{\"address\":\"" A1 "\",\"storageHash\":\"" H1 "\",\"accountProof\":{},"
        "\"storageProof\":[]}",
        "{\"address\":\"" A1 "\",\"storageHash\":\"" H1 "\",\"accountProof\":[]}",
        "[]",
    };
    assert_int_equal(cw_eth_proof(&proof, &bed->arena, parse(bed, texts[0]), NULL), CW_OK);
    assert_int_equal(proof.slot.b[31], 5);
    assert_int_equal(proof.account_nodes_n, 2);
    assert_int_equal(proof.account_nodes[0].n, 1);
    proof.storage_nodes_n = 1;
    assert_int_equal(
        cw_eth_proof(&proof, &bed->arena,
                     parse(bed, "{\"address\":\"" A1 "\",\"storageHash\":\"" H1
                                "\",\"accountProof\":[],\"storageProof\":[{\"key\":\"0x5\","
                                "\"value\":\"0x0\",\"proof\":null}]}"),
                     NULL),
        CW_OK);
    assert_int_equal(proof.storage_nodes_n, 0);
    for (size_t i = 1; i < CW_COUNT(texts); i++) {
        assert_int_equal(cw_eth_proof(&proof, &bed->arena, parse(bed, texts[i]), NULL),
                         CW_ERR_INPUT);
    }
    assert_int_equal(cw_eth_proof(&proof, &bed->arena, parse(bed, "null"), NULL), CW_ERR_BEHIND);
}

static void proof_of__several_slots__the_one_that_is_wanted(void **state) {
    struct bed *bed = *state;
    struct cw_eth_proof proof = {.storage_nodes_n = 7};
    struct cw_error error;
    const struct cw_hash32 five = {{[31] = 5}}, six = {{[31] = 6}}, seven = {{[31] = 7}};
    const char *text = "{\"address\":\"" A1 "\",\"storageHash\":\"" H1
                       "\",\"accountProof\":[\"0x01\"],\"storageProof\":["
                       "{\"key\":\"0x5\",\"value\":\"0x0\",\"proof\":[\"0x02\"]},"
                       "{\"key\":\"0x6\",\"value\":\"0x0\",\"proof\":[\"0x03\",\"0x04\"]}]}";
    assert_int_equal(cw_eth_proof_of(&proof, &bed->arena, parse(bed, text), &seven, &error),
                     CW_ERR_CONTRADICTED);
    assert_int_equal(proof.storage_nodes_n, 7);
    assert_int_equal(cw_eth_proof_of(&proof, &bed->arena, parse(bed, text), &five, &error), CW_OK);
    assert_int_equal(proof.slot.b[31], 5);
    assert_int_equal(proof.storage_nodes_n, 1);
    assert_int_equal(cw_eth_proof_of(&proof, &bed->arena, parse(bed, text), &six, &error), CW_OK);
    assert_int_equal(proof.slot.b[31], 6);
    assert_int_equal(proof.storage_nodes_n, 2);
    assert_int_equal(proof.storage_nodes[1].p[0], 4);
    assert_int_equal(proof.account_nodes_n, 1);
}

/* --- fees ----------------------------------------------------------------------------------- */

static void fee_history__next_base_fee_and_median_tip(void **state) {
    struct bed *bed = *state;
    static const struct {
        const char *text;
        uint64_t base_fee, tip;
    } cases[] = {
        {"{\"baseFeePerGas\":[\"0x1\",\"0x2\",\"0x9\"],\"gasUsedRatio\":[0.5,0.5,1],"
         "\"reward\":[[\"0x7\"],[\"0x3\"],[\"0x5\"]]}",
         9, 5},
        /* blocks without transactions say nothing */
        {"{\"baseFeePerGas\":[\"0x4\"],\"gasUsedRatio\":[0,0.0,0.1,0],"
         "\"reward\":[[\"0x0\"],[\"0x0\"],[\"0x6\"],[\"0x0\"]]}",
         4, 6},
        {"{\"baseFeePerGas\":[\"0x4\"],\"reward\":[[\"0x8\"],[\"0x6\"]]}", 4, 6},
        {"{\"baseFeePerGas\":[\"0x4\"],\"gasUsedRatio\":[0]}", 4, 0},
        {"{}", 0, 0},
    };
    struct cw_eth_fees fees;
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        assert_int_equal(cw_eth_fee_history(&fees, parse(bed, cases[i].text), NULL), CW_OK);
        assert_int_equal(fees.base_fee.v.limb[0], cases[i].base_fee);
        assert_int_equal(fees.tip.v.limb[0], cases[i].tip);
    }
    static const char *const bad[] = {"[]", "{\"baseFeePerGas\":[5]}", "{\"reward\":[[]]}",
                                      "{\"reward\":[\"0x1\"]}", "{\"reward\":[[\"0x01\"]]}"};
    for (size_t i = 0; i < CW_COUNT(bad); i++) {
        assert_int_equal(cw_eth_fee_history(&fees, parse(bed, bad[i]), NULL), CW_ERR_INPUT);
    }
    assert_int_equal(cw_eth_fee_history(&fees, parse(bed, "null"), NULL), CW_ERR_BEHIND);
}

/* --- parameters ----------------------------------------------------------------------------- */

static void assert_params(struct bed *bed, struct cw_buf *out, const char *wanted) {
    assert_string_equal(cw_buf_cstr(out), wanted);
    assert_non_null(parse(bed, wanted));
    cw_buf_reset(out);
}

#define STEP(how, to, input)                                                                       \
    "{\"type\":\"call\",\"action\":{\"callType\":\"" how "\",\"to\":\"" to "\",\"input\":\"" input \
    "\"}}"
#define SEVENTH "0x0000000000000000000000000000000000000007"
#define EIGHTH  "0x0000000000000000000000000000000000000008"

static void calls__of_a_contract__their_inputs(void **state) {
    struct bed *bed = *state;
    static const struct cw_addr20 contract = {{[19] = 7}};
    static const char text[] = "[" STEP("call", EIGHTH, "0x01") "," STEP(
        "call", SEVENTH,
        "0x0203") ","
                  "{\"type\":\"create\",\"action\":{\"init\":\"0x\"}},{\"type\":\"suicide\"}," STEP(
                      "delegatecall", SEVENTH, "0x04") "," STEP("call", SEVENTH, "0x") "]";
    static const char *const bad[] = {"{}", "[" STEP("call", "0x07", "0x01") "]",
                                      "[" STEP("call", SEVENTH, "01") "]",
                                      "[{\"type\":\"call\",\"action\":{\"callType\":\"call\"}}]"};
    const struct cw_slice *calls = NULL;
    size_t n = 0;
    assert_int_equal(
        cw_eth_calls(&calls, &n, &bed->arena, parse(bed, text), &contract, &bed->error), CW_OK);
    assert_int_equal(n, 2);
    assert_true(cw_slice_equal(calls[0], CW_LITERAL("\x02\x03")));
    assert_int_equal(calls[1].n, 0);
    for (size_t i = 0; i < CW_COUNT(bad); i++)
        assert_int_equal(
            cw_eth_calls(&calls, &n, &bed->arena, parse(bed, bad[i]), &contract, &bed->error),
            CW_ERR_INPUT);
    assert_int_equal(
        cw_eth_calls(&calls, &n, &bed->arena, parse(bed, "null"), &contract, &bed->error),
        CW_ERR_BEHIND);
    struct cw_buf many;
    cw_buf_init(&many, 1u << 20);
    for (size_t i = 0; i <= CW_ETH_CALLS_MAX; i++)
        cw_buf_format(&many, "%s%s", i == 0 ? "[" : ",", STEP("call", SEVENTH, "0x01"));
    cw_buf_text(&many, "]");
    assert_int_equal(cw_eth_calls(&calls, &n, &bed->arena, parse(bed, cw_buf_cstr(&many)),
                                  &contract, &bed->error),
                     CW_ERR_LIMIT);
    cw_buf_done(&many);
}

static void params__each__as_the_methods_want_them(void **state) {
    struct bed *bed = *state;
    struct cw_buf out;
    struct cw_hash32 hash;
    struct cw_addr20 address;
    memset(hash.b, 0x22, sizeof(hash.b));
    memset(address.b, 0x11, sizeof(address.b));
    struct cw_wei wei = {cw_u256_from_u64(16)}, zero = {cw_u256_from_u64(0)};
    struct cw_slice data = CW_LITERAL("\x01\x02");
    cw_buf_init(&out, 1 << 16);
    cw_eth_params_trace(&out, &hash);
    assert_params(bed, &out,
                  "[\"0x2222222222222222222222222222222222222222222222222222222222222222\","
                  "{\"tracer\":\"flatCallTracer\"}]");
    cw_eth_params_block(&out, "safe");
    assert_params(bed, &out, "[\"safe\",false]");
    cw_eth_params_block_number(&out, (struct cw_block_number){0});
    assert_params(bed, &out, "[\"0x0\",false]");
    cw_eth_params_block_number(&out, (struct cw_block_number){UINT64_MAX});
    assert_params(bed, &out, "[\"0xffffffffffffffff\",false]");
    cw_eth_params_block_hash(&out, &hash);
    assert_params(bed, &out, "[\"" H2 "\",false]");
    cw_eth_params_call(&out, NULL, &address, NULL, data, 0, NULL);
    assert_params(bed, &out, "[{\"to\":\"" A1 "\",\"data\":\"0x0102\"},\"latest\"]");
    cw_eth_params_call(&out, &address, &address, &wei, data, 21000, &hash);
    assert_params(bed, &out,
                  "[{\"from\":\"" A1 "\",\"to\":\"" A1 "\",\"value\":\"0x10\",\"gas\":\"0x5208\","
                  "\"data\":\"0x0102\"},{\"blockHash\":\"" H2 "\"}]");
    cw_eth_params_call_pending(&out, NULL, &address, NULL, data, 0);
    assert_params(bed, &out, "[{\"to\":\"" A1 "\",\"data\":\"0x0102\"},\"pending\"]");
    cw_eth_params_call_pending(&out, NULL, &address, NULL, data, 21000);
    assert_params(bed, &out,
                  "[{\"to\":\"" A1 "\",\"gas\":\"0x5208\",\"data\":\"0x0102\"},\"pending\"]");
    cw_eth_params_estimate(&out, &address, &address, &zero, cw_slice_of(NULL, 0));
    assert_params(bed, &out, "[{\"from\":\"" A1 "\",\"to\":\"" A1 "\",\"data\":\"0x\"}]");
    cw_eth_params_proof(&out, &address, &hash, 1, (struct cw_block_number){16});
    assert_params(bed, &out, "[\"" A1 "\",[\"" H2 "\"],\"0x10\"]");
    const struct cw_hash32 slots[] = {hash, hash};
    cw_eth_params_proof(&out, &address, slots, 2, (struct cw_block_number){16});
    assert_params(bed, &out, "[\"" A1 "\",[\"" H2 "\",\"" H2 "\"],\"0x10\"]");
    cw_eth_params_proof(&out, &address, NULL, 0, (struct cw_block_number){16});
    assert_params(bed, &out, "[\"" A1 "\",[],\"0x10\"]");
    cw_eth_params_address_nonce(&out, &address, "pending");
    assert_params(bed, &out, "[\"" A1 "\",\"pending\"]");
    cw_eth_params_raw(&out, data);
    assert_params(bed, &out, "[\"0x0102\"]");
    cw_eth_params_fee_history(&out, 20, 50, NULL);
    assert_params(bed, &out, "[\"0x14\",\"latest\",[50]]");
    cw_buf_done(&out);
}

static void params_logs__several_filters__each_address_and_topic_once(void **state) {
    struct bed *bed = *state;
    struct cw_buf out;
    static struct cw_filter filters[3];
    for (size_t i = 0; i < CW_COUNT(filters); i++) {
        memset(filters[i].address.b, i == 1 ? 0x33 : 0x11, 20);
        filters[i].topics_n = 2;
        memset(filters[i].topics[0].b, 0x11, 32);
        memset(filters[i].topics[1].b, i == 0 ? 0x11 : 0x22, 32);
    }
    struct cw_block_number from = {1}, to = {255};
    cw_buf_init(&out, 1 << 16);
    cw_eth_params_logs(&out, filters, 3, from, to);
    assert_params(bed, &out,
                  "[{\"fromBlock\":\"0x1\",\"toBlock\":\"0xff\",\"address\":[\"" A1 "\","
                  "\"0x3333333333333333333333333333333333333333\"],\"topics\":[[\"" H1 "\",\"" H2
                  "\"]]}]");
    filters[2].topics_n = 0; /* wants all of its contract */
    struct cw_hash32 hash;
    memset(hash.b, 0x22, sizeof(hash.b));
    cw_eth_params_logs_at(&out, &filters[2], 1, &hash);
    assert_params(bed, &out, "[{\"blockHash\":\"" H2 "\",\"address\":[\"" A1 "\"]}]");
    cw_eth_params_logs(&out, filters, 3, from, to);
    assert_null(strstr(cw_buf_cstr(&out), "topics"));
    cw_buf_done(&out);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(u64__quantities__strictly),
        T(scalars__of_their_size_only),
        T(header__vectors__judged_as_labelled),
        T(header__any_member_changed_or_missing__refused),
        T(header_claim__other_form__what_it_says),
        T(receipts__of_a_block__hash_to_its_root),
        T(receipts__kinds__read),
        T(logs__in_order__read),
        T(logs__that_can_not_be__refused),
        T(tx_receipt__read_and_checked),
        T(proof__vectors__verify),
        T(proof_of__several_slots__the_one_that_is_wanted),
        T(proof__shapes__strictly),
        T(fee_history__next_base_fee_and_median_tip),
        T(calls__of_a_contract__their_inputs),
        T(params__each__as_the_methods_want_them),
        T(params_logs__several_filters__each_address_and_topic_once),
    };
    return cmocka_run_group_tests_name("eth", tests, NULL, NULL);
}
