#include "nitro_split.h"

#include "calls.h"

#include <causeway/arena.h>
#include <causeway/keccak.h>
#include <causeway/receipt.h>
#include <causeway/rlp.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RETRYABLES "0x000000000000000000000000000000000000006e"
#define SEQUENCER  "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
#define ARBOS      "0x00000000000000000000000000000000000a4b05"
#define OPENED     "Opened(bytes)"
#define CLOSED     "Closed(bool,uint256)"
#define DEPTH_MAX  64

static const char *text_of(const cJSON *object, const char *key) {
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, key));
    return text == NULL ? "" : text;
}

static bool is_event(const cJSON *log, const char *signature) {
    struct cw_hash32 topic;
    char hex[CW_HEX_SIZE(32)];
    const char *first = cJSON_GetStringValue(
        cJSON_GetArrayItem(cJSON_GetObjectItem(log, "topics"), 0));
    if (first == NULL || strcasecmp(text_of(log, "address"), RETRYABLES) != 0) {
        return false;
    }
    cw_keccak256(&topic, cw_slice_of(signature, strlen(signature)));
    return strcasecmp(first, cw_hex_encode(hex, cw_slice_of(topic.b, 32))) == 0;
}

bool nitro_is_mark(const cJSON *log) {
    return is_event(log, OPENED) || is_event(log, CLOSED);
}

bool nitro_is_sequencer(const cJSON *receipt) {
    return strcasecmp(text_of(receipt, "from"), SEQUENCER) == 0 &&
           strcasecmp(text_of(receipt, "to"), RETRYABLES) == 0;
}

/* --- parts ---------------------------------------------------------------------------------- */

/* The last 8 bytes of a word of the log's data, the bytes before being 0. */
static bool data_word(uint64_t *ret, const cJSON *log, size_t index) {
    const char *data = text_of(log, "data");
    uint8_t word[32];
    struct cw_u256 value;
    if (strlen(data) < 2 + 64 * (index + 1)) {
        return false;
    }
    char hex[2 + 64 + 1] = "0x";
    memcpy(hex + 2, data + 2 + 64 * index, 64);
    if (cw_hex_decode(word, sizeof(word), hex, 66) != CW_OK) {
        return false;
    }
    value = cw_u256_from_be(word);
    return !cw_u256_to_u64(ret, &value);
}

/* The bytes that Opened holds, as hex that the caller frees. */
static char *opened_raw(const cJSON *log) {
    const char *data = text_of(log, "data");
    uint64_t offset, n;
    size_t digits = strlen(data);
    if (!data_word(&offset, log, 0) || offset != 32 || !data_word(&n, log, 1) || n > digits / 2 ||
        digits < 2 + 128 + 2 * n) {
        return NULL;
    }
    char *raw = malloc(2 + 2 * (size_t)n + 1);
    assert(raw != NULL);
    memcpy(raw, "0x", 2);
    memcpy(raw + 2, data + 2 + 128, 2 * (size_t)n);
    raw[2 + 2 * n] = '\0';
    return raw;
}

static struct nitro_part *add_part(struct nitro_parts *parts, const cJSON *receipt,
                                   size_t position) {
    parts->part = reallocarray(parts->part, parts->n + 1, sizeof(*parts->part));
    assert(parts->part != NULL);
    struct nitro_part *part = &parts->part[parts->n++];
    *part = (struct nitro_part){.receipt = receipt, .position = position};
    return part;
}

static void add_log(struct nitro_part *part, const cJSON *log) {
    part->logs = reallocarray(part->logs, part->logs_n + 1, sizeof(const cJSON *));
    assert(part->logs != NULL);
    part->logs[part->logs_n++] = log;
}

/* The parts that are open, innermost last, by their index. */
struct opened {
    size_t part[DEPTH_MAX];
    size_t n;
};

static bool take_log(struct nitro_parts *parts, struct opened *open, const cJSON *receipt,
                     size_t position, const cJSON *log) {
    if (is_event(log, OPENED)) {
        char *raw = opened_raw(log);
        if (raw == NULL || open->n == DEPTH_MAX) {
            free(raw);
            return false;
        }
        open->part[open->n++] = parts->n;
        add_part(parts, receipt, position)->raw = raw;
        return true;
    }
    if (open->n == 0) {
        return false;
    }
    struct nitro_part *part = &parts->part[open->part[open->n - 1]];
    if (!is_event(log, CLOSED)) {
        add_log(part, log);
        return true;
    }
    uint64_t success;
    if (part->raw == NULL || !data_word(&success, log, 0) || !data_word(&part->gas_used, log, 1)) {
        return false;
    }
    part->success = success == 1;
    open->n--;
    return true;
}

static bool split_one(struct nitro_parts *parts, const cJSON *receipt, size_t position) {
    struct opened open = {.n = 0};
    bool hidden = nitro_is_sequencer(receipt);
    size_t first = parts->n;
    const cJSON *log;
    if (!hidden) {
        uint64_t status = 0;
        if (!quantity(&status, cJSON_GetObjectItem(receipt, "status"))) {
            return false;
        }
        add_part(parts, receipt, position)->success = status == 1;
        open.part[open.n++] = first;
    }
    cJSON_ArrayForEach(log, cJSON_GetObjectItem(receipt, "logs")) {
        if (!take_log(parts, &open, receipt, position, log)) {
            return false;
        }
    }
    if (open.n != (hidden ? 0 : 1)) {
        return false;
    }
    /* The gas of a retry counts twice, as on Nitro: for whom it was donated by, and for itself. */
    return hidden ||
           quantity(&parts->part[first].gas_used, cJSON_GetObjectItem(receipt, "gasUsed"));
}

bool nitro_split(struct nitro_parts *ret, const cJSON *receipts) {
    struct nitro_parts parts = {.n = 0};
    size_t position = 0;
    const cJSON *receipt;
    cJSON_ArrayForEach(receipt, receipts) {
        if (!split_one(&parts, receipt, position++)) {
            nitro_parts_done(&parts);
            return false;
        }
    }
    *ret = parts;
    return true;
}

void nitro_parts_done(struct nitro_parts *parts) {
    for (size_t i = 0; i < parts->n; i++) {
        free((void *)parts->part[i].raw);
        free(parts->part[i].logs);
    }
    free(parts->part);
}

/* --- Nitro's own transactions --------------------------------------------------------------- */

static void put_bytes(cJSON *object, const char *key, struct cw_slice bytes) {
    cJSON_AddItemToObject(object, key, hex_new(bytes));
}

static bool put_hash(cJSON *object, const char *key, struct cw_rlp *fields) {
    struct cw_hash32 hash;
    bool good = cw_rlp_hash32(fields, &hash) == CW_OK;
    if (good) {
        put_bytes(object, key, cw_slice_of(hash.b, 32));
    }
    return good;
}

static bool put_address(cJSON *object, const char *key, struct cw_rlp *fields) {
    struct cw_addr20 address;
    bool good = cw_rlp_addr20(fields, &address) == CW_OK;
    if (good) {
        put_bytes(object, key, cw_slice_of(address.b, 20));
    }
    return good;
}

/* An empty one is null: a contract is created. */
static bool put_target(cJSON *object, const char *key, struct cw_rlp *fields) {
    struct cw_rlp after = *fields;
    struct cw_slice bytes;
    if (cw_rlp_string(&after, &bytes) == CW_OK && bytes.n == 0) {
        *fields = after;
        cJSON_AddNullToObject(object, key);
        return true;
    }
    return put_address(object, key, fields);
}

static bool put_number(cJSON *object, const char *key, struct cw_rlp *fields) {
    struct cw_u256 value;
    char text[CW_QUANTITY_SIZE];
    bool good = cw_rlp_u256(fields, &value) == CW_OK;
    if (good) {
        cJSON_AddStringToObject(object, key, cw_u256_to_quantity(text, &value));
    }
    return good;
}

static bool put_string(cJSON *object, const char *key, struct cw_rlp *fields) {
    struct cw_slice bytes;
    bool good = cw_rlp_string(fields, &bytes) == CW_OK;
    if (good) {
        put_bytes(object, key, bytes);
    }
    return good;
}

/* What each type has, in the order of its encoding. Source: OffchainLabs/go-ethereum,
 * core/types/arb_types.go; names as its JSON has them. */
static const struct field {
    const char *key;
    bool (*put)(cJSON *object, const char *key, struct cw_rlp *fields);
} deposit[] = {{"chainId", put_number}, {"requestId", put_hash}, {"from", put_address},
               {"to", put_address},     {"value", put_number},   {NULL, NULL}},
  retry[] = {{"chainId", put_number},
             {"nonce", put_number},
             {"from", put_address},
             {"maxFeePerGas", put_number},
             {"gas", put_number},
             {"to", put_target},
             {"value", put_number},
             {"input", put_string},
             {"ticketId", put_hash},
             {"refundTo", put_address},
             {"maxRefund", put_number},
             {"submissionFeeRefund", put_number},
             {NULL, NULL}},
  submission[] = {{"chainId", put_number},
                  {"requestId", put_hash},
                  {"from", put_address},
                  {"l1BaseFee", put_number},
                  {"depositValue", put_number},
                  {"maxFeePerGas", put_number},
                  {"gas", put_number},
                  {"retryTo", put_target},
                  {"retryValue", put_number},
                  {"beneficiary", put_address},
                  {"maxSubmissionFee", put_number},
                  {"refundTo", put_address},
                  {"retryData", put_string},
                  {NULL, NULL}},
  internal[] = {{"chainId", put_number}, {"input", put_string}, {NULL, NULL}};

static const struct field *fields_of(uint8_t type) {
    switch (type) {
    case CW_RECEIPT_NITRO_DEPOSIT:
        return deposit;
    case CW_RECEIPT_NITRO_RETRY:
        return retry;
    case CW_RECEIPT_NITRO_SUBMIT:
        return submission;
    case CW_RECEIPT_NITRO_INTERNAL:
        return internal;
    default:
        return NULL;
    }
}

/* What a type does not have stands there all the same, as a node has it. */
static void put_rest(cJSON *tx, uint8_t type) {
    static const char *const zero[] = {"nonce", "gas", "gasPrice", "value", "v", "r", "s"};
    if (type == CW_RECEIPT_NITRO_INTERNAL) {
        cJSON_AddStringToObject(tx, "from", ARBOS);
        cJSON_AddStringToObject(tx, "to", ARBOS);
    } else if (type == CW_RECEIPT_NITRO_SUBMIT) {
        cJSON_AddStringToObject(tx, "to", RETRYABLES);
    }
    for (size_t i = 0; i < CW_COUNT(zero); i++) {
        if (cJSON_GetObjectItem(tx, zero[i]) == NULL) {
            cJSON_AddStringToObject(tx, zero[i], "0x0");
        }
    }
    if (cJSON_GetObjectItem(tx, "input") == NULL) {
        cJSON_AddStringToObject(tx, "input", "0x");
    }
}

cJSON *nitro_transaction_new(struct cw_slice raw) {
    struct cw_rlp fields;
    struct cw_hash32 hash;
    const struct field *field = raw.n == 0 ? NULL : fields_of(raw.p[0]);
    if (field == NULL || cw_rlp_open_list(&fields, cw_slice_of(raw.p + 1, raw.n - 1)) != CW_OK) {
        return NULL;
    }
    cJSON *tx = cJSON_CreateObject();
    bool good = true;
    for (; good && field->key != NULL; field++) {
        good = field->put(tx, field->key, &fields);
    }
    if (!good || !cw_rlp_at_end(&fields)) {
        cJSON_Delete(tx);
        return NULL;
    }
    cw_keccak256(&hash, raw);
    put_bytes(tx, "hash", cw_slice_of(hash.b, 32));
    cJSON_AddItemToObject(tx, "type", quantity_new(raw.p[0]));
    put_rest(tx, raw.p[0]);
    return tx;
}
