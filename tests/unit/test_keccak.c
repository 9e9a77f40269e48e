/* Keccak-256: each path against the others, against a permutation written from the specification,
 * and against the vectors. */
#include <causeway/keccak.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vectors.h"

#define LENGTHS 601

/* --- the reference: slow, from the definitions of the five steps ------------------------------ */

static uint64_t rotate(uint64_t v, unsigned n) {
    return n == 0 ? v : v << n | v >> (64 - n);
}

/* Round constants from the register that the specification gives. */
static bool register_bit(unsigned *r) {
    bool bit = *r & 1;
    *r = *r << 1 ^ (*r & 0x80 ? 0x171U : 0);
    return bit;
}

static void reference_permute(uint64_t a[5][5]) {
    unsigned r = 1;
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], b[5][5];
        for (int x = 0; x < 5; x++) {
            c[x] = a[x][0] ^ a[x][1] ^ a[x][2] ^ a[x][3] ^ a[x][4];
        }
        for (int x = 0; x < 5; x++) {
            for (int y = 0; y < 5; y++) {
                a[x][y] ^= c[(x + 4) % 5] ^ rotate(c[(x + 1) % 5], 1);
            }
        }
        b[0][0] = a[0][0];
        for (int t = 0, x = 1, y = 0; t < 24; t++) {
            int next = (2 * x + 3 * y) % 5;
            b[y][next] = rotate(a[x][y], (unsigned)((t + 1) * (t + 2) / 2 % 64));
            x = y;
            y = next;
        }
        for (int x = 0; x < 5; x++) {
            for (int y = 0; y < 5; y++) {
                a[x][y] = b[x][y] ^ (~b[(x + 1) % 5][y] & b[(x + 2) % 5][y]);
            }
        }
        for (unsigned j = 0; j <= 6; j++) {
            a[0][0] ^= (uint64_t)register_bit(&r) << ((1U << j) - 1);
        }
    }
}

static void reference_xor(uint64_t a[5][5], size_t at, uint8_t byte) {
    a[at / 8 % 5][at / 8 / 5] ^= (uint64_t)byte << (8 * (at % 8));
}

static struct cw_hash32 reference(struct cw_slice in) {
    uint64_t a[5][5] = {{0}};
    size_t at = 0;
    for (size_t i = 0; i < in.n; i++) {
        reference_xor(a, at++, in.p[i]);
        if (at == CW_KECCAK_RATE) {
            reference_permute(a);
            at = 0;
        }
    }
    reference_xor(a, at, 0x01);
    reference_xor(a, CW_KECCAK_RATE - 1, 0x80);
    reference_permute(a);
    struct cw_hash32 out;
    for (size_t i = 0; i < 32; i++) {
        out.b[i] = (uint8_t)(a[i / 8][0] >> (8 * (i % 8)));
    }
    return out;
}

/* --- what is hashed --------------------------------------------------------------------------- */

static uint64_t seed, random_state;

static uint64_t random_u64(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static size_t random_below(size_t n) {
    return (size_t)(random_u64() % n);
}

/* A path, the message and the digest of each length below LENGTHS. */
static uint8_t *messages[LENGTHS];
static struct cw_hash32 digests[LENGTHS];

static struct cw_slice message(size_t n) {
    return cw_slice_of(n > 0 ? messages[n] : NULL, n);
}

static int setup(void **state) {
    (void)state;
    const char *given = getenv("CAUSEWAY_SEED");
    seed = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    random_state = seed * 2 + 1;
    print_message("seed: CAUSEWAY_SEED=%llu\n", (unsigned long long)seed);
    for (size_t n = 0; n < LENGTHS; n++) {
        /* Of the exact size, for the sanitizer. */
        messages[n] = malloc(n > 0 ? n : 1);
        if (!messages[n]) {
            return -1;
        }
        for (size_t i = 0; i < n; i++) {
            messages[n][i] = (uint8_t)random_u64();
        }
        digests[n] = reference(message(n));
    }
    return 0;
}

static int teardown(void **state) {
    (void)state;
    for (size_t n = 0; n < LENGTHS; n++) {
        free(messages[n]);
    }
    return 0;
}

/* The usable paths, one after the other; true while there is one. */
static bool next_path(enum cw_keccak_path *path, bool first) {
    for (int at = first ? 0 : (int)*path + 1; at < CW_KECCAK_PATHS; at++) {
        if (cw_keccak_path_usable((enum cw_keccak_path)at)) {
            *path = (enum cw_keccak_path)at;
            return true;
        }
    }
    return false;
}

#define FOR_EACH_PATH(path)                                                                        \
    enum cw_keccak_path path = CW_KECCAK_PLAIN;                                                    \
    for (bool more = next_path(&(path), true); more; more = next_path(&(path), false))

static void check(enum cw_keccak_path path, struct cw_hash32 actual, size_t n) {
    if (memcmp(actual.b, digests[n].b, 32) != 0) {
        fail_msg("path %s, %zu bytes, CAUSEWAY_SEED=%llu", cw_keccak_path_name(path), n,
                 (unsigned long long)seed);
    }
}

/* --- tests ------------------------------------------------------------------------------------ */

static void reference__known_digests__equal(void **state) {
    (void)state;
    assert_hash(reference(cw_slice_of(NULL, 0)), CW_KECCAK_EMPTY);
    assert_hash(reference(CW_LITERAL("\x80")), CW_EMPTY_TRIE_ROOT);
}

static void cw_keccak_path__of_this_machine__listed(void **state) {
    (void)state;
    assert_true(cw_keccak_path_usable(CW_KECCAK_PLAIN));
    assert_true(cw_keccak_path_usable(cw_keccak_path_best()));
    FOR_EACH_PATH(path) {
        print_message("path %s: %zu at once\n", cw_keccak_path_name(path),
                      cw_keccak_path_lanes(path));
        assert_true(cw_keccak_path_lanes(path) >= 1);
        assert_true(path <= cw_keccak_path_best());
    }
    for (int a = 0; a < CW_KECCAK_PATHS; a++) {
        for (int b = 0; b < a; b++) {
            assert_string_not_equal(cw_keccak_path_name((enum cw_keccak_path)a),
                                    cw_keccak_path_name((enum cw_keccak_path)b));
        }
    }
}

static void cw_keccak256__all_lengths__equals_reference(void **state) {
    (void)state;
    for (size_t n = 0; n < LENGTHS; n++) {
        struct cw_hash32 actual;
        cw_keccak256(&actual, message(n));
        check(cw_keccak_path_best(), actual, n);
        FOR_EACH_PATH(path) {
            memset(&actual, 0, sizeof(actual));
            cw_keccak256_on(path, &actual, message(n));
            check(path, actual, n);
        }
    }
}

static void cw_keccak256__unaligned_input__equals_reference(void **state) {
    (void)state;
    static const size_t lengths[] = {1, 7, 8, 31, 32, 64, 127, 128, 135, 136, 137, 272, 532};
    for (size_t k = 0; k < CW_COUNT(lengths); k++) {
        size_t n = lengths[k];
        uint8_t shifted[600 + 64];
        struct cw_slice in[5];
        struct cw_hash32 out[5];
        for (size_t at = 0; at < 64; at++) {
            memcpy(shifted + at, messages[n], n);
            FOR_EACH_PATH(path) {
                for (size_t i = 0; i < 5; i++) {
                    in[i] = cw_slice_of(shifted + at, n);
                }
                cw_keccak256_on(path, &out[0], in[0]);
                check(path, out[0], n);
                cw_keccak256_batch_on(path, out, in, 5);
                for (size_t i = 0; i < 5; i++) {
                    check(path, out[i], n);
                }
            }
        }
    }
}

static void cw_keccak_update__every_split__equals_reference(void **state) {
    (void)state;
    for (size_t n = 0; n < LENGTHS; n++) {
        /* All cuts of the lengths around the border of a block, some of the others. */
        size_t edge = n % CW_KECCAK_RATE, stride = edge <= 1 || edge == 135 ? 1 : 7;
        for (size_t cut = 0; cut <= n; cut += stride) {
            struct cw_slice a = cw_slice_of(messages[n], cut),
                            b = cw_slice_of(messages[n] + cut, n - cut);
            struct cw_hash32 actual;
            cw_keccak256_pair(&actual, a, b);
            check(cw_keccak_path_best(), actual, n);
        }
    }
}

static void cw_keccak_update__random_pieces__equals_reference(void **state) {
    (void)state;
    struct cw_keccak hash;
    cw_keccak_init(&hash);
    for (size_t n = 0; n < LENGTHS; n++) {
        for (size_t at = 0, most = 1 + random_below(200); at < n;) {
            size_t piece = random_below(most + 1);
            piece = piece < n - at ? piece : n - at;
            cw_keccak_update(&hash, cw_slice_of(piece > 0 ? messages[n] + at : NULL, piece));
            at += piece;
        }
        struct cw_hash32 actual;
        /* The state is ready for the next message afterwards. */
        cw_keccak_final(&actual, &hash);
        check(cw_keccak_path_best(), actual, n);
    }
}

static void cw_keccak_update__copied_stream__both_go_on(void **state) {
    (void)state;
    struct cw_keccak one, other;
    cw_keccak_init(&one);
    cw_keccak_update(&one, cw_slice_of(messages[500], 200));
    other = one;
    cw_keccak_update(&one, cw_slice_of(messages[500] + 200, 300));
    struct cw_hash32 actual;
    cw_keccak_final(&actual, &one);
    check(cw_keccak_path_best(), actual, 500);
    cw_keccak_update(&other, cw_slice_of(messages[500] + 200, 300));
    cw_keccak_final(&actual, &other);
    check(cw_keccak_path_best(), actual, 500);
}

#define BATCH 1100

/* Hashes the messages of these lengths on every path; what stands behind out stays untouched. */
static void check_batch(const size_t *lengths, size_t n) {
    static struct cw_slice in[BATCH];
    static struct cw_hash32 out[BATCH + 1];
    static const struct cw_hash32 untouched = {"nothing is written behind them"};
    for (size_t i = 0; i < n; i++) {
        in[i] = message(lengths[i]);
    }
    FOR_EACH_PATH(path) {
        memset(out, 0, sizeof(out));
        out[n] = untouched;
        cw_keccak256_batch_on(path, out, in, n);
        for (size_t i = 0; i < n; i++) {
            check(path, out[i], lengths[i]);
        }
        assert_hash(out[n], untouched);
    }
    memset(out, 0, sizeof(out));
    cw_keccak256_batch(out, in, n);
    for (size_t i = 0; i < n; i++) {
        check(cw_keccak_path_best(), out[i], lengths[i]);
    }
}

static void cw_keccak256_batch__random_lengths__equals_reference(void **state) {
    (void)state;
    size_t lengths[BATCH] = {0};
    for (size_t n = 0; n <= 70; n++) {
        for (size_t i = 0; i < n; i++) {
            lengths[i] = random_below(LENGTHS);
        }
        check_batch(lengths, n);
        /* Mostly of one block, as leaves are. */
        for (size_t i = 0; i < n; i++) {
            lengths[i] = random_below(8) == 0 ? random_below(LENGTHS) : random_below(136);
        }
        check_batch(lengths, n);
    }
}

static void cw_keccak256_batch__one_length__equals_reference(void **state) {
    (void)state;
    size_t lengths[BATCH] = {0};
    for (size_t length = 0; length < LENGTHS; length++) {
        size_t n = 1 + random_below(9);
        for (size_t i = 0; i < n; i++) {
            lengths[i] = length;
        }
        check_batch(lengths, n);
    }
}

/* More than the window that is sorted at a time, and its borders. */
static void cw_keccak256_batch__many__equals_reference(void **state) {
    (void)state;
    static const size_t counts[] = {255, 256, 257, 258, 511, 512, 513, 600, BATCH};
    static const size_t edges[] = {0, 1, 135, 136, 137, 271, 272, 273, 600};
    size_t lengths[BATCH] = {0};
    for (size_t k = 0; k < CW_COUNT(counts); k++) {
        for (size_t i = 0; i < counts[k]; i++) {
            lengths[i] = edges[random_below(CW_COUNT(edges))];
        }
        check_batch(lengths, counts[k]);
    }
}

/* One long message beside short ones: the others end, it goes on alone. */
static void cw_keccak256_batch__one_long__equals_one_shot(void **state) {
    (void)state;
    static uint8_t bytes[136 * 40];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)random_u64();
    }
    for (size_t n = 136 * 15 - 2; n <= sizeof(bytes); n += 1 + random_below(136)) {
        struct cw_slice in[12];
        struct cw_hash32 out[12], expected = reference(cw_slice_of(bytes, n));
        size_t count = 1 + random_below(12), at = random_below(count);
        for (size_t i = 0; i < count; i++) {
            in[i] = i == at ? cw_slice_of(bytes, n) : message(i);
        }
        FOR_EACH_PATH(path) {
            memset(out, 0, sizeof(out));
            cw_keccak256_batch_on(path, out, in, count);
            for (size_t i = 0; i < count; i++) {
                if (i == at) {
                    assert_hash(out[i], expected);
                } else {
                    check(path, out[i], i);
                }
            }
        }
    }
}

static void cw_keccak256_batch__vectors__digests_match(void **state) {
    (void)state;
    cJSON *json = vectors_load("keccak256.json");
    struct cw_slice in[400];
    struct cw_hash32 out[400], expected[400];
    size_t n = 0;
    const cJSON *at;
    cJSON_ArrayForEach(at, vec_get(json, "cases")) {
        assert_true(n < CW_COUNT(in));
        in[n] = vec_bytes(at, "input");
        expected[n++] = vec_hash32(at, "hash");
    }
    assert_int_equal(n, 301);
    cJSON_ArrayForEach(at, vec_get(json, "long")) {
        struct cw_slice byte = vec_bytes(at, "repeatByte");
        size_t count = vec_u64(at, "count");
        uint8_t *bytes = vec_alloc(count);
        memset(bytes, byte.p[0], count);
        in[n] = cw_slice_of(bytes, count);
        expected[n++] = vec_hash32(at, "hash");
    }
    assert_int_equal(n, 306);
    FOR_EACH_PATH(path) {
        memset(out, 0, sizeof(out));
        cw_keccak256_batch_on(path, out, in, n);
        for (size_t i = 0; i < n; i++) {
            assert_hash(out[i], expected[i]);
            cw_keccak256_on(path, &out[i], in[i]);
            assert_hash(out[i], expected[i]);
        }
    }
    vectors_done(json);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reference__known_digests__equal),
        cmocka_unit_test(cw_keccak_path__of_this_machine__listed),
        cmocka_unit_test(cw_keccak256__all_lengths__equals_reference),
        cmocka_unit_test(cw_keccak256__unaligned_input__equals_reference),
        cmocka_unit_test(cw_keccak_update__every_split__equals_reference),
        cmocka_unit_test(cw_keccak_update__random_pieces__equals_reference),
        cmocka_unit_test(cw_keccak_update__copied_stream__both_go_on),
        cmocka_unit_test(cw_keccak256_batch__random_lengths__equals_reference),
        cmocka_unit_test(cw_keccak256_batch__one_length__equals_reference),
        cmocka_unit_test(cw_keccak256_batch__many__equals_reference),
        cmocka_unit_test(cw_keccak256_batch__one_long__equals_one_shot),
        cmocka_unit_test(cw_keccak256_batch__vectors__digests_match),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
