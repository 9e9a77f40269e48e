#include "bench.h"

#include <stdio.h>

#include <gcrypt.h>
#include <openssl/evp.h>

#include <causeway/keccak.h>

static gcry_md_hd_t gcrypt;
static EVP_MD *openssl_md;
static EVP_MD_CTX *openssl;

void other_start(void) {
    bench_require(gcry_check_version(NULL) != NULL, "libgcrypt does not start");
    gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
    gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
    bench_require(gcry_md_open(&gcrypt, GCRY_MD_SHA3_256, 0) == 0, "libgcrypt has no SHA3-256");
    openssl_md = EVP_MD_fetch(NULL, "SHA3-256", NULL);
    openssl = EVP_MD_CTX_new();
    bench_require(openssl_md != NULL && openssl != NULL &&
                      EVP_DigestInit_ex2(openssl, openssl_md, NULL) == 1,
                  "OpenSSL has no SHA3-256");
}

void other_stop(void) {
    gcry_md_close(gcrypt);
    EVP_MD_CTX_free(openssl);
    EVP_MD_free(openssl_md);
}

void gcrypt_once(struct cw_hash32 *out, struct cw_slice in) {
    gcry_md_hash_buffer(GCRY_MD_SHA3_256, out->b, in.p, in.n);
}

void gcrypt_handle(struct cw_hash32 *out, struct cw_slice in) {
    gcry_md_reset(gcrypt);
    gcry_md_write(gcrypt, in.p, in.n);
    *out = *(const struct cw_hash32 *)(const void *)gcry_md_read(gcrypt, 0);
}

void openssl_kept(struct cw_hash32 *out, struct cw_slice in) {
    /* Without an algorithm the context keeps the one it has. */
    bench_require(EVP_DigestInit_ex2(openssl, NULL, NULL) == 1 &&
                      EVP_DigestUpdate(openssl, in.p, in.n) == 1 &&
                      EVP_DigestFinal_ex(openssl, out->b, NULL) == 1,
                  "OpenSSL does not hash");
}

#define STREAMS  8
#define SIZE_TOP 4096
static uint8_t input[STREAMS][SIZE_TOP];

struct streams {
    struct cw_slice in[STREAMS];
    struct cw_hash32 out[STREAMS];
};

/* Each call takes another stream, so that all variants see the same bytes. */
static void each(struct streams *s, size_t calls,
                 void hash(struct cw_hash32 *out, struct cw_slice in)) {
    for (size_t i = 0; i < calls; i++) {
        hash(&s->out[i % STREAMS], s->in[i % STREAMS]);
    }
}

static void ours_one(void *ctx, size_t calls) {
    each(ctx, calls, cw_keccak256);
}
static void run_gcrypt_once(void *ctx, size_t calls) {
    each(ctx, calls, gcrypt_once);
}
static void run_gcrypt_handle(void *ctx, size_t calls) {
    each(ctx, calls, gcrypt_handle);
}
static void run_openssl(void *ctx, size_t calls) {
    each(ctx, calls, openssl_kept);
}

static void ours_four(void *ctx, size_t calls) {
    struct streams *s = ctx;
    for (size_t i = 0; i < calls; i++) {
        cw_keccak256_batch(s->out, s->in, 4);
    }
}
static void ours_eight(void *ctx, size_t calls) {
    struct streams *s = ctx;
    for (size_t i = 0; i < calls; i++) {
        cw_keccak256_batch(s->out, s->in, 8);
    }
}

void bench_keccak(struct bench *bench) {
    static const size_t sizes[] = {32, 64, 136, 532, 4096};
    static const char peer[] = "libgcrypt";
    for (size_t k = 0; k < CW_COUNT(sizes); k++) {
        struct streams s;
        for (size_t i = 0; i < STREAMS; i++) {
            for (size_t j = 0; j < sizes[k]; j++) {
                input[i][j] = (uint8_t)(i * 31 + j * 7);
            }
            s.in[i] = cw_slice_of(input[i], sizes[k]);
        }
        const struct bench_item items[] = {
            {"one stream", peer, 1, ours_one, &s, NULL},
            {"four streams", peer, 4, ours_four, &s, NULL},
            {"eight streams", peer, 8, ours_eight, &s, NULL},
            {"libgcrypt SHA3-256, one call", NULL, 1, run_gcrypt_once, &s, NULL},
            {"libgcrypt SHA3-256, kept handle", NULL, 1, run_gcrypt_handle, &s, NULL},
            {"OpenSSL SHA3-256, kept context", peer, 1, run_openssl, &s, NULL},
        };
        char name[64];
        snprintf(name, sizeof(name), "Keccak-256 of %zu bytes", sizes[k]);
        bench_group(bench, name, "hash", items, CW_COUNT(items));
    }
}
