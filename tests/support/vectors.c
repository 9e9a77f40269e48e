#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void **kept;
static size_t n_kept;

void *vec_alloc(size_t n) {
    void *p = malloc(n == 0 ? 1 : n);
    void **grown = realloc(kept, (n_kept + 1) * sizeof(*kept));
    assert_non_null(p);
    assert_non_null(grown);
    kept = grown;
    kept[n_kept++] = p;
    return p;
}

void vectors_done(cJSON *json) {
    for (size_t i = 0; i < n_kept; i++) {
        free(kept[i]);
    }
    free(kept);
    kept = NULL;
    n_kept = 0;
    cJSON_Delete(json);
}

cJSON *vectors_load(const char *file) {
    const char *folder = getenv("CAUSEWAY_VECTORS");
    char path[1024];
    snprintf(path, sizeof(path), "%s/%s", folder != NULL ? folder : "../shared/vectors", file);
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        fprintf(stderr, "SKIP %s: no test vectors at %s\n", file, path);
        skip();
    }
    size_t n = 0, capacity = (size_t)1 << 16;
    char *text = malloc(capacity);
    assert_non_null(text);
    for (size_t got; (got = fread(text + n, 1, capacity - n, in)) > 0;) {
        n += got;
        if (n == capacity) {
            capacity *= 2;
            text = realloc(text, capacity);
            assert_non_null(text);
        }
    }
    fclose(in);
    cJSON *json = cJSON_ParseWithLength(text, n);
    free(text);
    if (json == NULL) {
        fail_msg("%s is not JSON", path);
    }
    return json;
}

const cJSON *vec_get(const cJSON *object, const char *key) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    if (member == NULL) {
        fail_msg("the vector has no member \"%s\"", key);
    }
    return member;
}

static const char *text_of(const cJSON *item) {
    if (!cJSON_IsString(item)) {
        fail_msg("\"%s\" is not a text", item->string != NULL ? item->string : "element");
    }
    return item->valuestring;
}

const char *vec_text(const cJSON *object, const char *key) {
    return text_of(vec_get(object, key));
}

bool vec_bool(const cJSON *object, const char *key) {
    const cJSON *member = vec_get(object, key);
    assert_true(cJSON_IsBool(member));
    return cJSON_IsTrue(member);
}

struct cw_slice vec_bytes_of(const cJSON *text) {
    const char *hex = text_of(text);
    if (strncmp(hex, "0x", 2) == 0) {
        hex += 2;
    }
    size_t digits = strlen(hex), n;
    char *prefixed = malloc(digits + 3);
    uint8_t *bytes = vec_alloc(digits / 2);
    assert_non_null(prefixed);
    memcpy(prefixed, "0x", 2);
    memcpy(prefixed + 2, hex, digits + 1);
    enum cw_err err = cw_hex_decode_any(bytes, digits / 2, &n, prefixed, digits + 2);
    free(prefixed);
    assert_int_equal(err, CW_OK);
    return cw_slice_of(bytes, n);
}

struct cw_slice vec_bytes(const cJSON *object, const char *key) {
    return vec_bytes_of(vec_get(object, key));
}

struct cw_hash32 vec_hash32(const cJSON *object, const char *key) {
    struct cw_hash32 hash;
    const char *text = vec_text(object, key);
    assert_int_equal(cw_hex_decode(hash.b, sizeof(hash.b), text, strlen(text)), CW_OK);
    return hash;
}

struct cw_addr20 vec_addr20(const cJSON *object, const char *key) {
    struct cw_addr20 address;
    const char *text = vec_text(object, key);
    assert_int_equal(cw_hex_decode(address.b, sizeof(address.b), text, strlen(text)), CW_OK);
    return address;
}

struct cw_u256 vec_u256(const cJSON *object, const char *key) {
    const cJSON *member = vec_get(object, key);
    if (cJSON_IsNumber(member)) {
        return cw_u256_from_u64((uint64_t)member->valuedouble);
    }
    const char *text = text_of(member);
    struct cw_u256 value;
    if (strncmp(text, "0x", 2) != 0) {
        assert_int_equal(cw_u256_from_dec(&value, text, strlen(text)), CW_OK);
        return value;
    }
    /* Some sources pad their quantities. */
    char quantity[CW_QUANTITY_SIZE] = "0x";
    const char *digits = text + 2;
    while (digits[0] == '0' && digits[1] != '\0') {
        digits++;
    }
    assert_in_range(strlen(digits), 1, 64);
    memcpy(quantity + 2, digits, strlen(digits) + 1);
    assert_int_equal(cw_u256_from_quantity(&value, quantity, strlen(quantity)), CW_OK);
    return value;
}

uint64_t vec_u64(const cJSON *object, const char *key) {
    struct cw_u256 value = vec_u256(object, key);
    uint64_t small = 0;
    assert_false(cw_u256_to_u64(&small, &value));
    return small;
}

struct cw_slice *vec_nodes(const cJSON *array, size_t *ret_n) {
    assert_true(cJSON_IsArray(array));
    size_t n = (size_t)cJSON_GetArraySize(array), i = 0;
    struct cw_slice *nodes = vec_alloc(n * sizeof(*nodes));
    const cJSON *element;
    cJSON_ArrayForEach(element, array) {
        nodes[i++] = vec_bytes_of(element);
    }
    *ret_n = n;
    return nodes;
}

static bool has(const cJSON *object, const char *key) {
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, key);
    return member != NULL && !cJSON_IsNull(member);
}

static void read_optional(struct cw_header *out, const cJSON *block) {
    if (has(block, "baseFeePerGas")) {
        out->base_fee = vec_u256(block, "baseFeePerGas");
        out->present |= CW_HEADER_BASE_FEE;
    }
    if (has(block, "withdrawalsRoot")) {
        out->withdrawals_root = vec_hash32(block, "withdrawalsRoot");
        out->present |= CW_HEADER_WITHDRAWALS_ROOT;
    }
    if (has(block, "blobGasUsed")) {
        out->blob_gas_used = vec_u64(block, "blobGasUsed");
        out->present |= CW_HEADER_BLOB_GAS_USED;
    }
    if (has(block, "excessBlobGas")) {
        out->excess_blob_gas = vec_u64(block, "excessBlobGas");
        out->present |= CW_HEADER_EXCESS_BLOB_GAS;
    }
    if (has(block, "parentBeaconBlockRoot")) {
        out->parent_beacon_root = vec_hash32(block, "parentBeaconBlockRoot");
        out->present |= CW_HEADER_PARENT_BEACON_ROOT;
    }
    if (has(block, "requestsHash")) {
        out->requests_hash = vec_hash32(block, "requestsHash");
        out->present |= CW_HEADER_REQUESTS_HASH;
    }
}

void vec_header(struct cw_header *out, const cJSON *block) {
    memset(out, 0, sizeof(*out));
    out->parent_hash = vec_hash32(block, "parentHash");
    out->ommers_hash = vec_hash32(block, "sha3Uncles");
    out->beneficiary = vec_addr20(block, "miner");
    out->state_root = vec_hash32(block, "stateRoot");
    out->transactions_root = vec_hash32(block, "transactionsRoot");
    out->receipts_root = vec_hash32(block, "receiptsRoot");
    struct cw_slice bloom = vec_bytes(block, "logsBloom");
    assert_int_equal(bloom.n, sizeof(out->logs_bloom.b));
    memcpy(out->logs_bloom.b, bloom.p, bloom.n);
    out->difficulty = vec_u256(block, "difficulty");
    out->number.v = vec_u64(block, "number");
    out->gas_limit = vec_u64(block, "gasLimit");
    out->gas_used = vec_u64(block, "gasUsed");
    out->timestamp = vec_u64(block, "timestamp");
    struct cw_slice extra = vec_bytes(block, "extraData");
    assert_in_range(extra.n, 0, CW_HEADER_EXTRA_MAX);
    memcpy(out->extra, extra.p, extra.n);
    out->extra_n = extra.n;
    out->mix_hash = vec_hash32(block, "mixHash");
    struct cw_slice nonce = vec_bytes(block, "nonce");
    assert_int_equal(nonce.n, sizeof(out->nonce));
    memcpy(out->nonce, nonce.p, nonce.n);
    read_optional(out, block);
}

void vec_assert_verdict(struct cw_judgement actual, enum cw_verdict expected, const char *file,
                        int line) {
    static const char *const names[] = {"undecided", "valid", "invalid"};
    if (actual.verdict != expected) {
        print_error("verdict is %s (%s), not %s\n", names[actual.verdict], actual.reason,
                    names[expected]);
        _fail(file, line);
    }
}

void vec_receipt(struct cw_receipt *out, const cJSON *at) {
    memset(out, 0, sizeof(*out));
    out->type = (uint8_t)vec_u64(at, "type");
    out->status = vec_u64(at, "status") == 1;
    out->cumulative_gas_used = vec_u64(at, "cumulativeGasUsed");
    const cJSON *list = vec_get(at, "logs"), *log, *topic;
    struct cw_receipt_log *logs = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*logs));
    cJSON_ArrayForEach(log, list) {
        struct cw_receipt_log *to = &logs[out->n_logs++];
        memset(to, 0, sizeof(*to));
        to->address = vec_addr20(log, "address");
        to->data = vec_bytes(log, "data");
        cJSON_ArrayForEach(topic, vec_get(log, "topics")) {
            memcpy(to->topics[to->n_topics++].b, vec_bytes_of(topic).p, 32);
        }
    }
    out->logs = logs;
}
