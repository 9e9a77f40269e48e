/* Benchmarks in interleaved rounds: every item of a group takes one short sample a round, the
 * round's first item changing, so that whatever else the machine does falls on all alike. Failures
 * end the program: a benchmark that can't go on has nothing to say. */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>

#include <causeway/arena.h>
#include <causeway/base.h>

struct peer;

struct bench_item {
    const char *name;
    const char *against; /* the ratio is to the quickest item whose name begins so; may be NULL */
    size_t per;          /* what one call does, in the group's unit */
    void (*run)(void *ctx, size_t calls); /* NULL: the peer does it */
    void *ctx;
    const char *peer; /* what the peer is asked for */
};

struct bench {
    unsigned rounds;
    double sample_ns;   /* how long one sample is to take */
    struct peer *peer;  /* NULL: its items are left out */
    struct cw_buf json; /* the groups so far */
};

/* Measures the items and appends the group to bench->json. unit: what `per` counts. */
void bench_group(struct bench *bench, const char *name, const char *unit,
                 const struct bench_item *items, size_t n_items);

/* The groups. Tries and their proofs are made before the peer starts, because it reads them from a
 * file: _make appends what it needs to peer_json. */
void bench_keccak(struct bench *bench);
void bench_tries_make(struct cw_buf *peer_json);
void bench_tries(struct bench *bench);
void bench_headers(struct bench *bench);
/* file: an eth_getBlockReceipts answer as the vectors have it. Left out when it can't be read. */
void bench_receipts(struct bench *bench, const char *file);
void bench_signatures(struct bench *bench);

/* Others' SHA3-256, which is the same permutation: libgcrypt's in one call and with a handle that
 * is kept, OpenSSL's with a context and an algorithm that are kept. */
void other_start(void);
void other_stop(void);
void gcrypt_once(struct cw_hash32 *out, struct cw_slice in);
void gcrypt_handle(struct cw_hash32 *out, struct cw_slice in);
void openssl_kept(struct cw_hash32 *out, struct cw_slice in);

/* --- the peer: a process that times itself ---------------------------------------------------- */

/* Runs command with the shell; it says "ready" and then answers lines of "NAME CALLS" with
 * nanoseconds. */
struct peer *peer_start(const char *command);
double peer_measure(struct peer *peer, const char *name, size_t calls);
void peer_stop(struct peer *peer);

/* --- or the end ------------------------------------------------------------------------------- */

_Noreturn void bench_end(const char *why);
static inline void bench_require(bool ok, const char *what) {
    if (!ok) {
        bench_end(what);
    }
}
void *bench_alloc(size_t n);

#endif
