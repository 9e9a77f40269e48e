/* What an adapter knows of the world while it looks at one message: pinned heads, and answers to
 * its requests.
 *
 * Sans-I/O: cw_io_* either returns the answer or notes the request and returns NULL; the adapter
 * then returns NEED, the host fetches all that was noted (in batches, shared between messages) and
 * calls again from the start. */
#ifndef ADAPTERS_IO_H
#define ADAPTERS_IO_H

#include <adapters/vocabulary.h>
#include <causeway/arena.h>
#include <causeway/base.h>
#include <causeway/header.h>

/* Rounds of NEED that the host grants for one look at a message. */
#define CW_IO_ROUNDS 8
/* Requests in one look at a message, all rounds together. */
#define CW_IO_REQUESTS 256

/* A block that the watcher has tied to the chain. timestamp_s is the block's own. */
struct cw_block_ref {
    struct cw_block_number number;
    struct cw_hash32 hash;
    uint64_t timestamp_s;
};

/* One consistent view of both chains; everything in one look at a message is asked at these blocks.
 */
struct cw_heads {
    struct cw_block_ref latest;
    struct cw_block_ref safe;
    struct cw_block_ref final;
};

enum cw_request_kind {
    CW_REQUEST_CALL,   /* eth_call at a block hash */
    CW_REQUEST_HEADER, /* the header of a final block by number; recomputed and tied to the chain by
                          the host */
    CW_REQUEST_PROOF   /* eth_getProof of one account with at most one slot, at a block number; a
                          claim */
};

struct cw_request {
    enum cw_request_kind kind;
    enum cw_side side;
    struct cw_hash32 block_hash;         /* CALL */
    struct cw_block_number block_number; /* HEADER, PROOF */
    struct cw_addr20 from;               /* CALL; zero when it does not matter */
    struct cw_addr20 to;                 /* CALL: contract; PROOF: account */
    struct cw_slice data;                /* CALL: calldata, borrowed from the io's arena */
    struct cw_hash32 slot;               /* PROOF */
};

enum cw_answer_status {
    CW_ANSWER_OK = 1,
    CW_ANSWER_REVERTED = 2,   /* CALL: data is the revert data */
    CW_ANSWER_UNAVAILABLE = 3 /* no endpoint could answer; text says which and why */
};

struct cw_answer {
    enum cw_answer_status status;
    struct cw_slice data;                 /* CALL: returned bytes or revert data */
    const struct cw_header *header;       /* HEADER */
    struct cw_hash32 header_hash;         /* HEADER */
    const struct cw_slice *account_proof; /* PROOF: nodes from the root down */
    size_t account_proof_n;
    const struct cw_slice *storage_proof;
    size_t storage_proof_n;
    struct cw_hash32 storage_root; /* PROOF: as claimed */
    const char *text;              /* UNAVAILABLE: what and where, for people */
};

struct cw_io_entry {
    struct cw_request request;
    const struct cw_answer *answer; /* NULL until the host filled it */
};

/* Memory is the arena's; everything in it lives until the look at the message is over. */
struct cw_io {
    struct cw_arena *arena;
    struct cw_heads heads[CW_SIDES];
    struct cw_io_entry entries[CW_IO_REQUESTS];
    size_t n;
    bool overflow; /* more than CW_IO_REQUESTS, or the arena is full: the host gives the message up
                      for now */
};

void cw_io_init(struct cw_io *io, struct cw_arena *arena, const struct cw_heads heads[CW_SIDES]);

/* eth_call at that block; data is copied into the arena when it is new. NULL: not known yet. */
const struct cw_answer *cw_io_call(struct cw_io *io, enum cw_side side,
                                   const struct cw_block_ref *at, const struct cw_addr20 *to,
                                   struct cw_slice data);
/* The same with a sender (estimation address, a portal that asks msg.sender). */
const struct cw_answer *cw_io_call_from(struct cw_io *io, enum cw_side side,
                                        const struct cw_block_ref *at, const struct cw_addr20 *from,
                                        const struct cw_addr20 *to, struct cw_slice data);
/* Header of a block at or below the side's final head. */
const struct cw_answer *cw_io_header(struct cw_io *io, enum cw_side side,
                                     struct cw_block_number number);
/* Account proof and the proof of one storage slot. The nodes are a claim: verify them. */
const struct cw_answer *cw_io_proof(struct cw_io *io, enum cw_side side,
                                    struct cw_block_number number, const struct cw_addr20 *account,
                                    const struct cw_hash32 *slot);

/* True when the two requests are answered by the same answer. */
bool cw_request_equal(const struct cw_request *a, const struct cw_request *b);
/* 64-bit mix for the host's cache. */
uint64_t cw_request_hash(const struct cw_request *a);

#endif
