#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <secp256k1_recovery.h>

#include <causeway/curve.h>
#include <causeway/header.h>
#include <causeway/receipt.h>

#include "core/json.h"
#include "net/eth.h"

/* --- header ----------------------------------------------------------------------------------- */

struct headers {
    struct cw_header header;
    uint8_t rlp[CW_HEADER_RLP_MAX];
    size_t rlp_n;
};

static void run_header(void *ctx, size_t calls) {
    struct headers *h = ctx;
    struct cw_hash32 hash;
    for (size_t i = 0; i < calls; i++) {
        bench_require(cw_header_hash(&hash, &h->header) == CW_OK, "no header hash");
    }
}
static void hash_rlp(struct headers *h, size_t calls,
                     void hash(struct cw_hash32 *out, struct cw_slice in)) {
    struct cw_hash32 digest;
    for (size_t i = 0; i < calls; i++) {
        hash(&digest, cw_slice_of(h->rlp, h->rlp_n));
    }
}
static void run_gcrypt_once(void *ctx, size_t calls) {
    hash_rlp(ctx, calls, gcrypt_once);
}
static void run_gcrypt_handle(void *ctx, size_t calls) {
    hash_rlp(ctx, calls, gcrypt_handle);
}

void bench_headers(struct bench *bench) {
    static struct headers h;
    struct cw_header *header = &h.header;
    memset(header, 0x5a, sizeof(*header)); /* every field as long as it gets */
    header->present = CW_HEADER_BASE_FEE | CW_HEADER_WITHDRAWALS_ROOT | CW_HEADER_BLOB_GAS_USED |
                      CW_HEADER_EXCESS_BLOB_GAS | CW_HEADER_PARENT_BEACON_ROOT |
                      CW_HEADER_REQUESTS_HASH;
    header->difficulty = cw_u256_from_u64(0);
    header->number.v = 22211947;
    header->gas_limit = header->gas_used = 36000000;
    header->timestamp = 1743700000;
    header->base_fee = cw_u256_from_u64(1000000000);
    header->blob_gas_used = header->excess_blob_gas = 786432;
    header->extra_n = 20;
    bench_require(cw_header_encode(h.rlp, sizeof(h.rlp), &h.rlp_n, header) == CW_OK, "no header");
    const struct bench_item items[] = {
        {"header to hash", "libgcrypt", 1, run_header, &h, NULL},
        {"libgcrypt, its RLP, one call", NULL, 1, run_gcrypt_once, &h, NULL},
        {"libgcrypt, its RLP, kept handle", NULL, 1, run_gcrypt_handle, &h, NULL},
    };
    char name[64];
    snprintf(name, sizeof(name), "Header hash, %zu bytes of RLP", h.rlp_n);
    bench_group(bench, name, "header", items, CW_COUNT(items));
}

/* --- receipts --------------------------------------------------------------------------------- */

struct receipts {
    struct cw_receipt *receipts;
    size_t n;
    struct cw_hash32 root;
};

static void run_receipts(void *ctx, size_t calls) {
    struct receipts *r = ctx;
    for (size_t i = 0; i < calls; i++) {
        struct cw_arena arena;
        cw_arena_init(&arena, (size_t)64 << 20);
        bench_require(cw_receipts_verify(&arena, &r->root, r->receipts, r->n).verdict == CW_VALID,
                      "the receipts have another root");
        cw_arena_done(&arena);
    }
}

static void read_file(struct cw_buf *out, FILE *in) {
    char part[1 << 14];
    for (size_t n; (n = fread(part, 1, sizeof(part), in)) > 0;) {
        cw_buf_append(out, part, n);
    }
    bench_require(!out->failed && !ferror(in), "the receipts can't be read");
}

void bench_receipts(struct bench *bench, const char *file) {
    struct receipts r;
    struct cw_buf text;
    struct cw_json_doc *doc;
    struct cw_arena arena;
    struct cw_error error = {CW_OK, ""};
    FILE *in = fopen(file, "rb");
    if (in == NULL) {
        fprintf(stderr, "left out: receipts root, no vectors at %s\n", file);
        return;
    }
    cw_buf_init(&text, (size_t)64 << 20);
    read_file(&text, in);
    fclose(in);
    cw_arena_init(&arena, (size_t)64 << 20);
    enum cw_err err = cw_json_parse(&doc, cw_buf_slice(&text), false, &error);
    bench_require(err == CW_OK, error.text);
    const struct cw_json *root = cw_json_root(doc);
    err = cw_eth_receipts(&r.receipts, &r.n, &arena, cw_json_get(root, "receipts"), &error);
    bench_require(err == CW_OK, error.text);
    err = cw_eth_hash32(&r.root, cw_json_get(root, "receiptsRoot"), &error);
    bench_require(err == CW_OK, error.text);
    const struct bench_item items[] = {
        {"root with blooms", NULL, 1, run_receipts, &r, NULL},
        {"@ethereumjs/mpt, blooms given", "root with blooms", 1, NULL, NULL, "receipts"},
    };
    char name[64];
    snprintf(name, sizeof(name), "Receipts root of a mainnet block, %zu receipts", r.n);
    bench_group(bench, name, "block", items, CW_COUNT(items));
    cw_json_free(doc);
    cw_arena_done(&arena);
    cw_buf_done(&text);
}

/* --- signatures ------------------------------------------------------------------------------- */

struct signatures {
    struct cw_curve *curve;
    secp256k1_context *floor;
    struct cw_secret32 secret;
    struct cw_hash32 digest;
    struct cw_signature signature;
    secp256k1_ecdsa_recoverable_signature floor_signature;
};

static void run_sign(void *ctx, size_t calls) {
    struct signatures *s = ctx;
    for (size_t i = 0; i < calls; i++) {
        bench_require(cw_curve_sign(s->curve, &s->signature, &s->digest, &s->secret) == CW_OK,
                      "no signature");
    }
}
static void run_floor_sign(void *ctx, size_t calls) {
    struct signatures *s = ctx;
    for (size_t i = 0; i < calls; i++) {
        bench_require(secp256k1_ecdsa_sign_recoverable(s->floor, &s->floor_signature, s->digest.b,
                                                       s->secret.b, NULL, NULL) == 1,
                      "no signature");
    }
}
static void run_recover(void *ctx, size_t calls) {
    struct signatures *s = ctx;
    struct cw_addr20 signer;
    for (size_t i = 0; i < calls; i++) {
        bench_require(cw_curve_recover(s->curve, &signer, &s->digest, &s->signature) == CW_OK,
                      "no signer");
    }
}
static void run_floor_recover(void *ctx, size_t calls) {
    struct signatures *s = ctx;
    secp256k1_pubkey key;
    for (size_t i = 0; i < calls; i++) {
        bench_require(secp256k1_ecdsa_recover(s->floor, &key, &s->floor_signature, s->digest.b) ==
                          1,
                      "no signer");
    }
}

void bench_signatures(struct bench *bench) {
    static const uint8_t seed[32] = {1, 2, 3};
    struct signatures s = {.curve = cw_curve_new(seed),
                           .floor = secp256k1_context_create(SECP256K1_CONTEXT_NONE)};
    bench_require(s.curve != NULL && s.floor != NULL && secp256k1_context_randomize(s.floor, seed),
                  "libsecp256k1 does not start");
    memset(s.secret.b, 0x11, sizeof(s.secret.b));
    memset(s.digest.b, 0x22, sizeof(s.digest.b));
    const struct bench_item sign[] = {
        {"sign", "libsecp256k1", 1, run_sign, &s, NULL},
        {"libsecp256k1, sign", NULL, 1, run_floor_sign, &s, NULL},
    };
    const struct bench_item recover[] = {
        {"recover the address", "libsecp256k1", 1, run_recover, &s, NULL},
        {"libsecp256k1, recover the key", NULL, 1, run_floor_recover, &s, NULL},
    };
    bench_group(bench, "Signing a digest", "signature", sign, CW_COUNT(sign));
    bench_group(bench, "Recovering a signer", "signature", recover, CW_COUNT(recover));
    cw_curve_free(s.curve);
    secp256k1_context_destroy(s.floor);
}
