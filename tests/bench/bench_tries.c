#include "bench.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <causeway/keccak.h>
#include <causeway/mpt.h>
#include <causeway/rlp.h>

#include "made_trie.h"

#define KEYS      256 /* proved ones */
#define VALUE_MAX 96
#define ARENA_MAX ((size_t)2 << 30)

/* A trie's proved keys, each with a proof of its own, in memory of its own, as if read from an
 * answer each. */
struct proofs {
    size_t n_keys; /* of the trie */
    struct cw_hash32 root;
    struct cw_mpt_query query[KEYS];
    struct cw_slice value[KEYS];
    struct cw_mpt_answer answer[KEYS];
    void *scratch;
    size_t scratch_n;
    struct cw_arena arena;
    size_t next; /* key, or first of a run of them */
};
static struct proofs sets[] = {{.n_keys = 20000}, {.n_keys = 1000000}};

/* An account's RLP, made from its key: 70 to 83 bytes. */
static struct cw_slice make_value(struct cw_arena *arena, const struct cw_hash32 *key) {
    struct cw_rlp_out rlp = cw_rlp_out_to(cw_arena_alloc(arena, VALUE_MAX), VALUE_MAX);
    bench_require(rlp.p != NULL, "memory is short");
    size_t mark = cw_rlp_list_begin(&rlp);
    struct cw_u256 balance = cw_u256_from_be(key->b);
    balance.limb[2] = balance.limb[3] = 0;
    balance.limb[1] &= 0xffff;
    cw_rlp_put_u64(&rlp, key->b[31] % 200u);
    cw_rlp_put_u256(&rlp, &balance);
    cw_rlp_put_hash32(&rlp, &CW_EMPTY_TRIE_ROOT);
    cw_rlp_put_hash32(&rlp, key); /* stands for a code hash */
    cw_rlp_list_end(&rlp, mark);
    assert(!rlp.failed);
    return cw_slice_of(rlp.p, rlp.n);
}

static struct cw_slice make_key(struct cw_arena *arena, uint64_t counter) {
    uint8_t bytes[8];
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(counter >> (56 - 8 * i));
    }
    struct cw_hash32 *key = cw_arena_alloc(arena, sizeof(*key));
    bench_require(key != NULL, "memory is short");
    cw_keccak256(key, cw_slice_of(bytes, sizeof(bytes)));
    return cw_slice_of(key->b, sizeof(key->b));
}

static struct cw_slice keep(struct proofs *set, struct cw_slice bytes) {
    struct cw_slice copy = cw_arena_copy(&set->arena, bytes);
    bench_require(copy.p != NULL, "memory is short");
    return copy;
}

static void prove(struct proofs *set, struct cw_arena *arena, const struct made_trie *trie,
                  size_t i) {
    /* The keys are hashes: the first counters are as random as any. */
    struct cw_slice key = make_key(arena, i * (set->n_keys / KEYS));
    size_t n;
    struct cw_slice *nodes = made_trie_prove(trie, arena, key, CW_MPT_FORM_NODE, &n);
    struct cw_slice *kept = cw_arena_array(&set->arena, n, sizeof(*kept));
    bench_require(kept != NULL, "memory is short");
    for (size_t j = 0; j < n; j++) {
        kept[j] = keep(set, nodes[j]);
    }
    set->query[i] = (struct cw_mpt_query){keep(set, key), kept, n};
    set->value[i] = keep(set, make_value(arena, (const void *)key.p));
}

static void make(struct proofs *set) {
    struct cw_arena arena;
    struct made_trie trie;
    cw_arena_init(&arena, ARENA_MAX);
    cw_arena_init(&set->arena, ARENA_MAX);
    struct cw_trie_entry *entries = bench_alloc(set->n_keys * sizeof(*entries));
    for (size_t i = 0; i < set->n_keys; i++) {
        entries[i].key = make_key(&arena, i);
        entries[i].value = make_value(&arena, (const void *)entries[i].key.p);
    }
    bench_require(made_trie_sort(entries, set->n_keys) == set->n_keys, "two keys are the same");
    made_trie_build(&trie, &arena, entries, set->n_keys);
    enum cw_err err = cw_trie_root(&arena, &set->root, entries, set->n_keys);
    bench_require(err == CW_OK && cw_hash32_equal(&set->root, &trie.root), "roots differ");
    size_t n_nodes = 0;
    for (size_t i = 0; i < KEYS; i++) {
        prove(set, &arena, &trie, i);
        n_nodes += set->query[i].n_nodes;
    }
    set->scratch_n = cw_mpt_scratch_size(n_nodes);
    set->scratch = bench_alloc(set->scratch_n);
    free(entries);
    cw_arena_done(&arena);
}

static void put_hex(struct cw_buf *json, const char *before, struct cw_slice bytes) {
    cw_buf_text(json, before);
    cw_buf_text(json, "\"");
    cw_buf_hex(json, bytes);
    cw_buf_text(json, "\"");
}

void bench_tries_make(struct cw_buf *json) {
    for (size_t k = 0; k < CW_COUNT(sets); k++) {
        struct proofs *set = &sets[k];
        fprintf(stderr, "making a trie of %zu keys\n", set->n_keys);
        make(set);
        cw_buf_format(json, "%s{\"keys\":%zu", k > 0 ? "," : "", set->n_keys);
        put_hex(json, ",\"root\":", cw_slice_of(set->root.b, 32));
        cw_buf_text(json, ",\"proofs\":[");
        for (size_t i = 0; i < KEYS; i++) {
            put_hex(json, i > 0 ? ",{\"key\":" : "{\"key\":", set->query[i].key);
            put_hex(json, ",\"value\":", set->value[i]);
            for (size_t j = 0; j < set->query[i].n_nodes; j++) {
                put_hex(json, j > 0 ? "," : ",\"nodes\":[", set->query[i].nodes[j]);
            }
            cw_buf_text(json, "]}");
        }
        cw_buf_text(json, "]}");
    }
}

static void run_single(void *ctx, size_t calls) {
    struct proofs *set = ctx;
    for (size_t i = 0; i < calls; i++) {
        size_t at = set->next++ % KEYS;
        const struct cw_mpt_query *query = &set->query[at];
        struct cw_judgement judgement = cw_mpt_verify_inclusion(
            &set->root, query->key, set->value[at], query->nodes, query->n_nodes, CW_MPT_FORM_NODE);
        bench_require(judgement.verdict == CW_VALID, judgement.reason);
    }
}

static void run_many(struct proofs *set, size_t calls, size_t n) {
    for (size_t i = 0; i < calls; i++) {
        size_t at = set->next % KEYS / n * n;
        set->next += n;
        cw_mpt_get_many(set->answer, &set->root, set->query + at, n, CW_MPT_FORM_NODE, set->scratch,
                        set->scratch_n);
        for (size_t j = 0; j < n; j++) {
            bench_require(set->answer[j].judgement.verdict == CW_VALID &&
                              cw_slice_equal(set->answer[j].value, set->value[at + j]),
                          "a multi-proof is judged wrong");
        }
    }
}
static void run_many_1(void *ctx, size_t calls) {
    run_many(ctx, calls, 1);
}
static void run_many_16(void *ctx, size_t calls) {
    run_many(ctx, calls, 16);
}
static void run_many_256(void *ctx, size_t calls) {
    run_many(ctx, calls, KEYS);
}

/* Nothing but the hashes of one proof's nodes. */
static void hash_nodes(struct proofs *set, size_t calls,
                       void hash(struct cw_hash32 *out, struct cw_slice in)) {
    struct cw_hash32 digest;
    for (size_t i = 0; i < calls; i++) {
        const struct cw_mpt_query *query = &set->query[set->next++ % KEYS];
        for (size_t j = 0; j < query->n_nodes; j++) {
            hash(&digest, query->nodes[j]);
        }
    }
}
static void run_gcrypt_once(void *ctx, size_t calls) {
    hash_nodes(ctx, calls, gcrypt_once);
}
static void run_gcrypt_handle(void *ctx, size_t calls) {
    hash_nodes(ctx, calls, gcrypt_handle);
}

void bench_tries(struct bench *bench) {
    for (size_t k = 0; k < CW_COUNT(sets); k++) {
        struct proofs *set = &sets[k];
        size_t nodes = 0, bytes = 0;
        for (size_t i = 0; i < KEYS; i++) {
            nodes += set->query[i].n_nodes;
            for (size_t j = 0; j < set->query[i].n_nodes; j++) {
                bytes += set->query[i].nodes[j].n;
            }
        }
        char name[128], single[32], many[32];
        snprintf(name, sizeof(name), "Proofs in a trie of %zu keys: %.1f nodes, %.0f bytes each",
                 set->n_keys, (double)nodes / KEYS, (double)bytes / KEYS);
        snprintf(single, sizeof(single), "single-%zu", set->n_keys);
        snprintf(many, sizeof(many), "many-%zu", set->n_keys);
        const struct bench_item items[] = {
            {"single proofs", "libgcrypt", 1, run_single, set, NULL},
            {"multi-proofs of 1", "single proofs", 1, run_many_1, set, NULL},
            {"multi-proofs of 16", "single proofs", 16, run_many_16, set, NULL},
            {"multi-proofs of 256", "single proofs", KEYS, run_many_256, set, NULL},
            {"libgcrypt, the same nodes, one call each", NULL, 1, run_gcrypt_once, set, NULL},
            {"libgcrypt, the same nodes, kept handle", NULL, 1, run_gcrypt_handle, set, NULL},
            {"@ethereumjs/mpt, single proofs", "single proofs", 1, NULL, NULL, single},
            {"@ethereumjs/mpt, 256 keys, their nodes once", "multi-proofs of 256", KEYS, NULL, NULL,
             many},
        };
        bench_group(bench, name, "key", items, CW_COUNT(items));
        free(set->scratch);
        cw_arena_done(&set->arena);
    }
}
