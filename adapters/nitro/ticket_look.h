/* One look at a ticket: what the files of advance() share. */
#ifndef NITRO_TICKET_LOOK_H
#define NITRO_TICKET_LOOK_H

#include "nitro/ticket.h"

/* Readers note what they could not have yet, so that everything of one round is asked before
 * ticket_stops() is asked whether to go on. Outputs are untouched unless the reader returns true.
 */
struct ticket_look {
    const struct cw_adapter *adapter;
    const struct cw_message *message;
    const struct cw_self *self;
    struct cw_io *io;
    struct cw_decision *decision;
    const struct cw_heads *rollup;
    struct ticket ticket;
    struct ticket_progress before;
    struct ticket_progress progress;
    bool pending;
    bool failed; /* the decision says why */
};

/* --- decisions. Each fills the decision; progress goes with it when it changed. --- */

void ticket_wait(struct ticket_look *look, enum cw_stage stage, const char *reason, uint64_t due_s,
                 const char *format, ...) CW_PRINTF(5, 6);
/* Not final yet, in that block of the rollup's. */
void ticket_confirming(struct ticket_look *look, enum cw_outcome outcome, const char *what);
void ticket_hold(struct ticket_look *look, enum cw_stage stage, const char *reason,
                 const char *format, ...) CW_PRINTF(4, 5);
void ticket_lost(struct ticket_look *look, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);
void ticket_finished(struct ticket_look *look, enum cw_outcome outcome, const char *format, ...)
    CW_PRINTF(3, 4);
/* retry_gas: of a redeem; 0 keeps alive. */
void ticket_act(struct ticket_look *look, const char *step, uint64_t retry_gas);

/* True when the caller must return: something is asked for (the decision is NEED then), or a reader
 * failed (it is WAIT "unavailable" or "unexpected_answer"). */
bool ticket_stops(struct ticket_look *look);
void ticket_unexpected(struct ticket_look *look, const char *format, ...) CW_PRINTF(2, 3);

/* --- reading the rollup --- */

/* The timeout of the ticket in that block; *ret is 0 when there is none. */
bool ticket_timeout(struct ticket_look *look, const struct cw_block_ref *at, uint64_t *ret);
/* The receipt of a transaction up to the newest block, or NULL. */
const struct cw_answer *ticket_receipt(struct ticket_look *look, const struct cw_hash32 *tx_hash);
/* The answer itself when it is there and some endpoint gave it, else NULL. */
const struct cw_answer *ticket_usable(struct ticket_look *look, const struct cw_answer *answer);

/* --- ticket_history.c: what the events tell of a ticket, up to the newest block --- */

struct ticket_history {
    bool complete;           /* all blocks up to the newest were read; else nothing else counts */
    bool succeeded;          /* a retry ran well */
    struct cw_block_ref ran; /* there; timestamp_s is 0 */
    bool pending;            /* the newest retry may still run */
    uint64_t canceled_in;    /* a block; 0: not */
    uint64_t extended_s;     /* the newest timeout that was given; 0: none */
    uint64_t failed, own_failed;
};

/* From the block on that made the ticket. gone: the newest block has no such ticket, so that the
 * reason is looked for; otherwise all redeems up to there are known to have failed. False when the
 * look stops. What blocks tell that are final goes into the progress, and they are not read again.
 */
bool ticket_history(struct ticket_look *look, struct cw_block_number made, bool gone,
                    struct ticket_history *ret);

#endif
