/* Messages from the settlement layer to a Nitro rollup: shared by the files ticket*.c only. */
#ifndef NITRO_TICKET_H
#define NITRO_TICKET_H

#include "nitro/abi_constants.h"
#include "nitro/nitro.h"

#include <causeway/abi.h>
#include <causeway/nitro.h>

struct cw_adapter {
    struct cw_addr20 bridge;
    struct cw_addr20 inboxes[TICKET_INBOXES_MAX];
    size_t inboxes_n;
    struct cw_chain_id rollup;
    uint64_t max_delay_s; /* within which the rollup takes a message in */
    /* What prepare() found. */
    bool prepared;
    bool on_nitro; /* the settlement layer is a Nitro chain: its contracts see block numbers of
                      the layer below */
    uint64_t lifetime_s; /* of a ticket */
};

/* 0x6E: redeems, keeps alive, and tells of tickets. */
extern const struct cw_addr20 TICKET_PRECOMPILE;

#define TICKET_REDEEM    "redeem"
#define TICKET_KEEPALIVE "keepalive"

/* --- ticket_message.c: the message ----------------------------------------------------------- */

/* Kinds of the bridge's messages that are messages of ours.
 * Source: nitro-contracts, src/libraries/MessageTypes.sol. */
#define TICKET_KIND_RETRYABLE 9
#define TICKET_KIND_DEPOSIT   12

/* A message of the delayed inbox, as the bridge and the inbox emit it. */
struct ticket_origin {
    uint64_t kind;
    struct cw_u256 number;
    struct cw_addr20 sender; /* aliased */
    struct cw_wei base_fee;  /* of the settlement layer's block */
    struct cw_slice data;
};

/* What it is on the rollup. */
struct ticket {
    struct cw_hash32 id; /* of the transaction that makes the ticket, or moves the deposit */
    bool is_deposit;
    struct cw_nitro_retryable retryable; /* data borrows from the origin's; not of a deposit */
    struct cw_nitro_deposit deposit;     /* of a deposit only */
};

/* CW_ERR_INPUT: neither kind, or data that the inbox does not write. */
CW_MUST_USE enum cw_err ticket_read(struct ticket *ret, const struct cw_adapter *adapter,
                                    const struct ticket_origin *origin);

/* RLP list [kind, number, sender, base fee, data]. */
CW_MUST_USE enum cw_err ticket_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                              const struct ticket_origin *origin);
/* Strict; *ret borrows from payload. */
CW_MUST_USE enum cw_err ticket_payload_decode(struct ticket_origin *ret, struct cw_slice payload);
/* Both; CW_ERR_INPUT also when that is not the message with this id. */
CW_MUST_USE enum cw_err ticket_of(struct ticket *ret, const struct cw_adapter *adapter,
                                  const struct cw_message *message);

struct cw_slice ticket_inner(const struct cw_adapter *adapter, const struct cw_message *message);

/* --- ticket_evidence.c: what a step rests on ------------------------------------------------- */

/* The ticket's id is a hash over all that the bridge's log says, so that the log's block is all
 * that there is to name. */
struct ticket_evidence {
    struct cw_block_number block; /* of the settlement layer */
    uint64_t retry_gas;           /* for the retry that a redeem schedules; 0 for keeping alive */
};

CW_MUST_USE enum cw_err ticket_evidence_encode(struct cw_arena *arena, struct cw_slice *ret,
                                               const struct ticket_evidence *evidence);
CW_MUST_USE enum cw_err ticket_evidence_decode(struct ticket_evidence *ret, struct cw_slice blob);
enum cw_err ticket_evidence_block(struct cw_slice blob, struct cw_block_number *ret);
struct cw_judgement ticket_verify(const struct cw_adapter *adapter,
                                  const struct cw_message *message, struct cw_slice blob,
                                  const struct cw_hash32 *source_hash, const char *step,
                                  const struct cw_call *call);

/* Room for calldata of one word at most. */
#define TICKET_CALLDATA_SIZE 36
/* selector and word (NULL: none) into room; returns what was written. */
struct cw_slice ticket_calldata(uint8_t room[TICKET_CALLDATA_SIZE], uint32_t selector,
                                const struct cw_hash32 *word);

/* Gas for the retry, when so many redeems gave what was thought enough before and failed. */
uint64_t ticket_retry_gas(const struct cw_nitro_retryable *retryable, uint64_t failed);
/* The least gas with which a redeem leaves that much to its retry. */
uint64_t ticket_redeem_gas(const struct cw_nitro_retryable *retryable, uint64_t retry_gas);

/* --- ticket_progress.c: what is kept between looks ------------------------------------------- */

struct ticket_progress {
    uint64_t timeout_s; /* as the rollup said last; 0: never */
    /* Of the rollup: what is below is final, and what events there tell is in the fields up to
     * canceled_in; 0: nothing is. */
    uint64_t next_block;
    uint64_t failed;      /* redeems that gave enough gas, the rollup's own one not counted */
    uint64_t own_failed;  /* redeems by us */
    uint64_t extended_s;  /* the newest timeout that was given; 0: none */
    uint64_t canceled_in; /* a block; 0: not */
    /* Failed redeems by us up to the newest block, and since when they are known. */
    uint64_t known;
    uint64_t known_since_s;
    uint64_t forgiven;   /* of own_failed, when an operator released it; above: all of them */
    uint64_t vanished_s; /* gone without a reason that was given, first seen then; 0: not */
    uint64_t readings;   /* of its events, that did not tell why it is gone */
};

CW_MUST_USE enum cw_err ticket_progress_encode(struct cw_arena *arena, struct cw_slice *ret,
                                               const struct ticket_progress *progress);
/* Anything that is not exactly a progress of this version is an empty one. */
void ticket_progress_decode(struct ticket_progress *ret, struct cw_slice bytes);

/* --- the table's functions --- */

void ticket_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret);
enum cw_err ticket_filters(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n);
enum cw_err ticket_decode(const struct cw_adapter *adapter, enum cw_side side,
                          const struct cw_log *log, struct cw_arena *arena, struct cw_event *ret,
                          struct cw_error *error);
bool ticket_sequence(const struct cw_summary *summary, uint64_t *ret);
void ticket_counter(const struct cw_adapter *adapter, const struct cw_block_ref *at, bool read,
                    struct cw_io *io, struct cw_count *ret);
void ticket_advance(const struct cw_adapter *adapter, const struct cw_message *message,
                    const struct cw_self *self, struct cw_io *io, struct cw_decision *ret);
void ticket_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                   const char *step, struct cw_slice data, struct cw_revert *ret);

/* --- ticket_invariants.c --- */

extern const struct cw_invariant ticket_invariants[];
enum cw_err ticket_watched(const struct cw_adapter *adapter, struct cw_filter *out, size_t cap,
                           size_t *ret_n);
enum cw_err ticket_subjects(const struct cw_adapter *adapter, enum cw_side side,
                            const struct cw_log *log, struct cw_arena *arena,
                            struct cw_subject *out, size_t cap, size_t *ret_n,
                            struct cw_error *error);
void ticket_judge(const struct cw_adapter *adapter, const struct cw_subject *subject,
                  const struct cw_message *message, enum cw_verdict_state rests_on,
                  struct cw_io *io, struct cw_invariant_verdict *ret);

extern const struct cw_level ticket_levels[];

/* --- ticket_redeem.c: RedeemScheduled, wherever it is read --- */

struct ticket_redeem {
    struct cw_hash32 retry; /* hash of the transaction that runs the call */
    uint64_t number;        /* of the tries of this ticket, from 0 */
    uint64_t gas;
    struct cw_addr20 donor;
};

CW_MUST_USE enum cw_err ticket_redeem_read(struct ticket_redeem *ret, const struct cw_log *log);

#endif
