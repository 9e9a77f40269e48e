/* What a root or a hash binds: every change of the vectors' receipts and headers is noticed. */
#include <causeway/header.h>

#include <string.h>

#include <causeway/keccak.h>
#include <causeway/receipt.h>

#include "vectors.h"

#define ARENA_MAX ((size_t)16 << 20)

/* --- receipts ------------------------------------------------------------------------------- */

struct block {
    struct cw_hash32 root;
    struct cw_receipt *receipts;
    size_t n;
};

static struct block read_block(const cJSON *json) {
    const cJSON *list = vec_get(json, "receipts"), *at;
    struct block block = {.root = vec_hash32(json, "receiptsRoot")};
    block.receipts = vec_alloc((size_t)cJSON_GetArraySize(list) * sizeof(*block.receipts));
    cJSON_ArrayForEach(at, list) {
        vec_receipt(&block.receipts[block.n++], at);
    }
    return block;
}

static enum cw_verdict judge(const struct block *block) {
    struct cw_arena arena;
    cw_arena_init(&arena, ARENA_MAX);
    enum cw_verdict verdict =
        cw_receipts_verify(&arena, &block->root, block->receipts, block->n).verdict;
    cw_arena_done(&arena);
    return verdict;
}

static void assert_noticed(const struct block *block, size_t i, const char *what) {
    if (judge(block) != CW_INVALID) {
        fail_msg("receipt %zu: %s changed, and the root holds", i, what);
    }
}

static struct cw_hash32 root_alone(const struct cw_receipt *receipt) {
    struct cw_arena arena;
    struct cw_hash32 root;
    cw_arena_init(&arena, ARENA_MAX);
    assert_int_equal(cw_receipts_root(&arena, &root, receipt, 1), CW_OK);
    cw_arena_done(&arena);
    return root;
}

/* Flips bytes step apart in the root of this receipt alone, which costs less than all of them. */
static void flip_bytes(const struct cw_receipt *receipt, uint8_t *bytes, size_t n, size_t step) {
    struct cw_hash32 before = root_alone(receipt);
    for (size_t i = 0; i < n; i += step) {
        bytes[i] ^= (uint8_t)(1u << (i % 8));
        struct cw_hash32 after = root_alone(receipt);
        assert_false(cw_hash32_equal(&before, &after));
        bytes[i] ^= (uint8_t)(1u << (i % 8));
    }
}

/* The logs of a receipt, for writing; the vectors' memory is this program's. */
static struct cw_receipt_log *copy_logs(struct cw_receipt *receipt) {
    struct cw_receipt_log *logs = vec_alloc(receipt->n_logs * sizeof(*logs));
    if (receipt->n_logs > 0) {
        memcpy(logs, receipt->logs, receipt->n_logs * sizeof(*logs));
    }
    receipt->logs = logs;
    return logs;
}

static void change_fields(struct block *block, size_t i) {
    struct cw_receipt *receipt = &block->receipts[i];
    const struct cw_receipt original = *receipt;
    receipt->status = !receipt->status;
    assert_noticed(block, i, "status");
    *receipt = original;
    receipt->cumulative_gas_used ^= (uint64_t)1 << (i % 64);
    assert_noticed(block, i, "cumulative gas");
    *receipt = original;
    for (uint8_t type = 0; type <= CW_RECEIPT_TYPE_MAX; type++) {
        receipt->type = type;
        if (type != original.type) {
            assert_noticed(block, i, "type");
        }
    }
    receipt->type = CW_RECEIPT_DEPOSIT;
    assert_noticed(block, i, "type");
    *receipt = original;
    receipt->type = CW_RECEIPT_LEGACY;
    receipt->has_post_state = true;
    assert_noticed(block, i, "outcome");
    *receipt = original;
}

static void change_logs(struct block *block, size_t i) {
    struct cw_receipt *receipt = &block->receipts[i];
    const struct cw_receipt original = *receipt;
    if (original.n_logs == 0) {
        return;
    }
    struct cw_receipt_log *logs = copy_logs(receipt);
    size_t last = receipt->n_logs - 1, middle = last / 2;
    receipt->n_logs--;
    assert_noticed(block, i, "number of logs");
    receipt->n_logs++;
    if (memcmp(&logs[0], &logs[last], sizeof(logs[0])) != 0) {
        struct cw_receipt_log first = logs[0];
        logs[0] = logs[last];
        logs[last] = first;
        assert_noticed(block, i, "order of logs");
        logs[last] = logs[0];
        logs[0] = first;
    }
    logs[middle].address.b[i % 20] ^= 0x10;
    assert_noticed(block, i, "address");
    logs[middle].address.b[i % 20] ^= 0x10;
    if (logs[middle].n_topics > 0) {
        logs[middle].n_topics--;
        assert_noticed(block, i, "number of topics");
        logs[middle].n_topics++;
        logs[middle].topics[logs[middle].n_topics - 1].b[i % 32] ^= 1;
        assert_noticed(block, i, "topic");
        logs[middle].topics[logs[middle].n_topics - 1].b[i % 32] ^= 1;
    }
    struct cw_slice data = logs[last].data;
    logs[last].data.n -= data.n > 0;
    if (data.n > 0) {
        assert_noticed(block, i, "length of data");
    }
    logs[last].data = data;
    assert_int_equal(judge(block), CW_VALID);
    *receipt = original;
}

static void flip_logs(struct cw_receipt *receipt) {
    const struct cw_receipt original = *receipt;
    struct cw_receipt_log *logs = copy_logs(receipt);
    for (size_t i = 0; i < receipt->n_logs; i++) {
        struct cw_slice data = logs[i].data;
        uint8_t *bytes = vec_alloc(data.n);
        if (data.n > 0) {
            memcpy(bytes, data.p, data.n);
        }
        logs[i].data = cw_slice_of(bytes, data.n);
        flip_bytes(receipt, bytes, data.n, 5);
        flip_bytes(receipt, logs[i].address.b, 20, 3);
        for (size_t j = 0; j < logs[i].n_topics; j++) {
            flip_bytes(receipt, logs[i].topics[j].b, 32, 5);
        }
        logs[i].data = data;
    }
    *receipt = original;
}

static void swap_receipts(struct block *block, size_t i) {
    struct cw_receipt first = block->receipts[i];
    block->receipts[i] = block->receipts[i + 1];
    block->receipts[i + 1] = first;
    assert_noticed(block, i, "order of receipts"); /* cumulative gas tells any two apart */
    block->receipts[i + 1] = block->receipts[i];
    block->receipts[i] = first;
}

static void check_block(const char *file, size_t step) {
    cJSON *json = vectors_load(file);
    struct block block = read_block(json);
    assert_int_equal(judge(&block), CW_VALID);
    for (size_t i = 0; i + 1 < block.n; i += step) {
        change_fields(&block, i);
        change_logs(&block, i);
        swap_receipts(&block, i);
        flip_logs(&block.receipts[i]);
    }
    for (size_t bit = 0; bit < 256; bit++) {
        block.root.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (bit % 17 == 0) {
            assert_noticed(&block, 0, "root");
        }
        block.root.b[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(judge(&block), CW_VALID);
    vectors_done(json);
}

static void cw_receipts_verify__every_kind_of_change__invalid(void **state) {
    (void)state;
    check_block("receipts_colibri_21854576.json", 1);
    check_block("receipts_helios_21925176.json", 4);
}

/* --- headers -------------------------------------------------------------------------------- */

static void mutate_header(const struct cw_header *header) {
    uint8_t *bytes = vec_alloc(CW_HEADER_RLP_MAX), again[CW_HEADER_RLP_MAX];
    struct cw_header *decoded = vec_alloc(sizeof(*decoded));
    size_t n, again_n;
    struct cw_hash32 hash, other;
    assert_int_equal(cw_header_encode(bytes, CW_HEADER_RLP_MAX - 1, &n, header), CW_OK);
    assert_int_equal(cw_header_hash(&hash, header), CW_OK);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (cw_header_decode(decoded, cw_slice_of(bytes, n)) == CW_OK) {
            assert_int_equal(cw_header_encode(again, sizeof(again), &again_n, decoded), CW_OK);
            assert_true(cw_slice_equal(cw_slice_of(again, again_n), cw_slice_of(bytes, n)));
            assert_int_equal(cw_header_hash(&other, decoded), CW_OK);
            assert_false(cw_hash32_equal(&hash, &other));
            assert_invalid(cw_header_verify(&hash, decoded));
        }
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    bytes[n] = 0x80;
    assert_int_equal(cw_header_decode(decoded, cw_slice_of(bytes, n + 1)), CW_ERR_INPUT);
    for (size_t cut = 0; cut < n; cut++) {
        assert_int_equal(cw_header_decode(decoded, cw_slice_of(bytes, cut)), CW_ERR_INPUT);
    }
}

static void cw_header_decode__every_bit_of_real_headers__another_hash_or_refused(void **state) {
    (void)state;
    cJSON *json = vectors_load("headers.json");
    const cJSON *at;
    size_t n = 0;
    cJSON_ArrayForEach(at, json) {
        if (vec_bool(at, "valid")) {
            struct cw_header *header = vec_alloc(sizeof(*header));
            vec_header(header, vec_get(at, "header"));
            mutate_header(header);
            n++;
        }
    }
    assert_int_equal(n, 8);
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cw_receipts_verify__every_kind_of_change__invalid),
        cmocka_unit_test(cw_header_decode__every_bit_of_real_headers__another_hash_or_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
