/* Messages from a Nitro rollup to its settlement layer: shared by the files exit*.c only. */
#ifndef NITRO_EXIT_H
#define NITRO_EXIT_H

#include "nitro/abi_constants.h"
#include "nitro/nitro.h"

#include <causeway/abi.h>
#include <causeway/header.h>
#include <causeway/merkle_tree.h>
#include <causeway/nitro.h>

struct cw_adapter {
    struct cw_addr20 outbox;
    struct cw_limits limits; /* what the monitor is to tell of */
    /* What prepare() found. */
    bool prepared;
    struct cw_addr20 bridge;
    struct cw_addr20 rollup;
    bool bold;              /* assertions have hashes; otherwise they are numbered nodes */
    struct cw_addr20 token; /* that pays on the rollup; zero: ether */
    uint64_t decimals;      /* of it */
    struct cw_addr20 owner; /* of the rollup, who may pause it; zero: the rollup does not say */
    bool by_executor;       /* that is an UpgradeExecutor, which others call */
    bool on_nitro; /* the settlement layer is a Nitro chain: its contracts count the blocks of
                      the layer below */
};

/* 0x64: sends the messages and keeps their tree. */
extern const struct cw_addr20 EXIT_ARBSYS;

#define EXIT_EXECUTE "execute"

/* --- exit_message.c: the message ------------------------------------------------------------- */

struct exit_message {
    uint64_t position; /* its leaf in the send tree */
    struct cw_nitro_message sent;
};

/* The stack's own number of the message as a word: sendTxToL1 returns it, the Outbox takes and
 * emits it. (The item's hash is not unique: equal sends of one block have the same one.) */
void exit_id(struct cw_hash32 *out, uint64_t position);
struct cw_hash32 exit_word_u64(uint64_t v);

/* RLP list [position, sender, to, L2 block, L1 block, L2 time, value, data]. */
CW_MUST_USE enum cw_err exit_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                            const struct exit_message *message);
/* Strict; *ret borrows from payload. */
CW_MUST_USE enum cw_err exit_payload_decode(struct exit_message *ret, struct cw_slice payload);
/* The same, and that it is the message with this id. */
CW_MUST_USE enum cw_err exit_message_of(struct exit_message *ret, const struct cw_message *message);

struct cw_slice exit_inner(const struct cw_adapter *adapter, const struct cw_message *message);

/* exit_decode.c: the message of a log L2ToL1Tx, and the item that it names. */
CW_MUST_USE enum cw_err exit_read_sent(const struct cw_log *log, struct exit_message *ret,
                                       struct cw_hash32 *ret_item, struct cw_error *error);

/* What the bridge pays out for a value on the rollup: in wei, or in units of the token; saturated.
 */
void exit_amount(struct cw_u256 *out, const struct cw_adapter *adapter, const struct cw_wei *value);
/* "pays out 1500 units of token 0x…": for people. */
#define EXIT_AMOUNT_TEXT 160
char *exit_amount_text(char out[EXIT_AMOUNT_TEXT], const struct cw_adapter *adapter,
                       const struct cw_wei *value);

/* --- exit_evidence.c --- */

/* A decoded evidence blob; slices borrow from it. */
struct exit_evidence {
    struct cw_block_number block; /* of the rollup */
    struct cw_header header;
    struct cw_slice header_rlp;
    struct cw_hash32 root; /* of the send tree at that block */
    uint64_t size;         /* its leaves */
    uint64_t position;     /* of the message */
    struct cw_merkle_proof proof;
};

/* Depth is the least that holds the leaves, and what is missing is zero at every level. */
const struct cw_merkle_shape *exit_tree_shape(struct cw_merkle_shape *room);

CW_MUST_USE enum cw_err exit_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                             const struct exit_evidence *evidence);
CW_MUST_USE enum cw_err exit_evidence_decode(struct exit_evidence *ret, struct cw_slice blob);
enum cw_err exit_evidence_block(struct cw_slice blob, struct cw_block_number *ret);
/* Valid: header hashes to source_hash, it says root and size itself, and the message is the leaf at
 * its position. */
CW_MUST_USE struct cw_judgement exit_evidence_verify(const struct exit_evidence *evidence,
                                                     const struct cw_hash32 *source_hash,
                                                     const struct exit_message *message);
struct cw_judgement exit_verify(const struct cw_adapter *adapter, const struct cw_message *message,
                                struct cw_slice blob, const struct cw_hash32 *source_hash,
                                const char *step, const struct cw_call *call);

#define EXIT_CALLDATA_MAX (4u << 20)
/* executeTransaction of the message into buf (check buf->failed). */
void exit_put_execute(struct cw_buf *buf, const struct exit_message *message,
                      const struct cw_merkle_proof *proof);

/* --- exit_progress.c: what is kept between looks --- */

struct exit_progress {
    /* No send root was confirmed in these blocks of the settlement layer, all of them final; both
     * 0: none were looked at. */
    uint64_t empty_from, empty_to;
    uint64_t tries; /* sets of siblings that were not the tree's */
};

CW_MUST_USE enum cw_err exit_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                             const struct exit_progress *progress);
/* Anything that is not exactly a progress of this version is an empty one. */
void exit_progress_decode(struct exit_progress *ret, struct cw_slice bytes);
bool exit_progress_equal(const struct exit_progress *a, const struct exit_progress *b);

extern const struct cw_level exit_levels[];

/* --- the table's functions --- */

void exit_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret);
enum cw_err exit_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                         size_t *ret_n);
enum cw_err exit_decode(const struct cw_adapter *adapter, enum cw_side side,
                        const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                        struct cw_error *error);
bool exit_sequence(const struct cw_summary *summary, uint64_t *ret);
void exit_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                  struct cw_io *io, struct cw_count *ret);
void exit_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                  const struct cw_self *self, struct cw_io *io, struct cw_decision *ret);
bool exit_pause(const struct cw_adapter *adapter, unsigned n, struct cw_pause *ret);
void exit_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                 const char *step, struct cw_slice data, struct cw_revert *ret);

/* --- calls --- */

/* Room for the calldata of a view function: selector and one word. */
#define EXIT_VIEW_SIZE 36
/* selector and word (NULL: none) into room; returns what was written. */
struct cw_slice exit_view(uint8_t room[EXIT_VIEW_SIZE], uint32_t selector,
                          const struct cw_hash32 *word);

#endif
