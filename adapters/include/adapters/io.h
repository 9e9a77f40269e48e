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

/* A log that the watcher tied to a block by hash, or, in an answer, a claim; data is borrowed. */
struct cw_log {
    struct cw_addr20 address;
    struct cw_hash32 topics[4];
    size_t topics_n;
    struct cw_slice data;
    struct cw_block_ref block; /* in an answer timestamp_s is 0 */
    struct cw_hash32 tx_hash;
    uint64_t log_index; /* in the block */
    enum cw_assurance assurance;
    /* Only from the watcher: the logs of the same block that the filters of its chain let through,
     * this one among them, in order. */
    const struct cw_log *beside;
    size_t beside_n;
};

enum cw_request_kind {
    CW_REQUEST_CALL,    /* eth_call at a block hash */
    CW_REQUEST_HEADER,  /* the header of a block by number, recomputed; of a final one tied to the
                           chain by the host, of a newer one as the quorum agrees, provisionally */
    CW_REQUEST_PROOF,   /* eth_getProof of one account with at most one slot, at a block number; a
                           claim */
    CW_REQUEST_LOGS,    /* eth_getLogs of one contract over a range of blocks, as the quorum agrees:
                           a claim */
    CW_REQUEST_RECEIPT, /* the receipt of one transaction, as the quorum agrees: a claim */
    CW_REQUEST_BLOCK, /* the header with that hash, recomputed; that it is on the chain is a claim.
                         That there is none is what the quorum agrees on */
    CW_REQUEST_TX,    /* the transaction with that hash; that it is on the chain is a claim */
    CW_REQUEST_TRACE  /* the calls that a transaction made to one contract, inside others, too: a
                         claim of one endpoint, of those that trace */
};

/* Values of one topic; n 0: any. */
struct cw_topic_set {
    const struct cw_hash32 *p;
    size_t n;
};
#define CW_TOPICS           4
#define CW_TOPIC_VALUES_MAX 64 /* in one set */

struct cw_request {
    enum cw_request_kind kind;
    enum cw_side side;
    struct cw_hash32 block_hash;           /* CALL, RECEIPT, BLOCK; LOGS: of the last block */
    struct cw_block_number block_number;   /* the same but BLOCK, and HEADER, PROOF */
    struct cw_block_number from_block;     /* LOGS */
    struct cw_addr20 from;                 /* CALL; zero when it does not matter */
    struct cw_addr20 to;                   /* CALL, LOGS: contract; PROOF: account; TRACE */
    struct cw_slice data;                  /* CALL: calldata, borrowed from the io's arena */
    struct cw_hash32 slot;                 /* PROOF; RECEIPT, TX, TRACE: the transaction's hash */
    struct cw_topic_set topics[CW_TOPICS]; /* LOGS; borrowed from the io's arena */
    unsigned turn;                         /* LOGS: which operator is asked first */
};

enum cw_answer_status {
    CW_ANSWER_OK = 1,
    CW_ANSWER_REVERTED = 2,   /* CALL: data is the revert data */
    CW_ANSWER_UNAVAILABLE = 3 /* no endpoint could answer; text says which and why */
};

struct cw_answer {
    enum cw_answer_status status;
    struct cw_slice data;                 /* CALL: returned bytes or revert data; TX: the raw bytes,
                                             which hash to it (tx.h) */
    const struct cw_header *header;       /* HEADER, BLOCK */
    struct cw_hash32 header_hash;         /* HEADER, BLOCK */
    const struct cw_slice *account_proof; /* PROOF: nodes from the root down */
    size_t account_proof_n;
    const struct cw_slice *storage_proof;
    size_t storage_proof_n;
    struct cw_hash32 storage_root; /* PROOF: as claimed */
    const struct cw_log *logs;     /* LOGS, in block order; RECEIPT: of that transaction */
    size_t logs_n;
    bool included;                /* RECEIPT: the transaction is in a block up to the one asked at;
                                     BLOCK: there is one, and header is set */
    bool success;                 /* RECEIPT: its status */
    struct cw_block_ref block;    /* RECEIPT: where it is; timestamp_s is 0 */
    const struct cw_slice *calls; /* TRACE: their inputs, in order */
    size_t calls_n;
    const char *text; /* UNAVAILABLE: what and where, for people */
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
/* Header of a block at or below the side's final head; where something is judged, also of one up to
 * its newest. */
const struct cw_answer *cw_io_header(struct cw_io *io, enum cw_side side,
                                     struct cw_block_number number);
/* Account proof and the proof of one storage slot. The nodes are a claim: verify them. */
const struct cw_answer *cw_io_proof(struct cw_io *io, enum cw_side side,
                                    struct cw_block_number number, const struct cw_addr20 *account,
                                    const struct cw_hash32 *slot);
/* Logs of one contract from the block `from` to the block `to` (none where that lies below), at
 * most CW_TOPIC_VALUES_MAX values a topic; all is copied. Ranges that end in a final block are
 * asked for once only: let them begin and end where those of other messages do. An endpoint that
 * leaves logs out may be believed, so that they must be such as are missed when they are not there.
 * What is asked for in another turn is asked for anew, and of another operator first where there
 * are several. */
const struct cw_answer *cw_io_logs(struct cw_io *io, enum cw_side side, struct cw_block_number from,
                                   const struct cw_block_ref *to, const struct cw_addr20 *contract,
                                   const struct cw_topic_set topics[CW_TOPICS], unsigned turn);
/* The receipt of a transaction, where it is in a block up to `at`. */
const struct cw_answer *cw_io_receipt(struct cw_io *io, enum cw_side side,
                                      const struct cw_block_ref *at,
                                      const struct cw_hash32 *tx_hash);
/* The header of the block with that hash, wherever it is. cw_io_header of its number tells whether
 * it is on the chain. */
const struct cw_answer *cw_io_block(struct cw_io *io, enum cw_side side,
                                    const struct cw_hash32 *hash);

/* The transaction with that hash, wherever it is. */
const struct cw_answer *cw_io_tx(struct cw_io *io, enum cw_side side,
                                 const struct cw_hash32 *tx_hash);
/* What a transaction called that contract with. Whoever sends it decides how large that is: not to
 * be asked for where something else tells. */
const struct cw_answer *cw_io_trace(struct cw_io *io, enum cw_side side,
                                    const struct cw_hash32 *tx_hash,
                                    const struct cw_addr20 *contract);

/* True when the two requests are answered by the same answer. */
bool cw_request_equal(const struct cw_request *a, const struct cw_request *b);
/* With all that it borrows in the arena. False when that is full. */
CW_MUST_USE bool cw_request_copy(struct cw_request *ret, struct cw_arena *arena,
                                 const struct cw_request *request);
/* 64-bit mix for the host's cache. */
uint64_t cw_request_hash(const struct cw_request *a);

#endif
