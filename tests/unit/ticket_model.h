/* Two small layers in memory, enough of them for tickets and deposits of a Nitro rollup: a bridge
 * with its inbox, and what the rollup's precompile and receipts say of one message. Set the fields,
 * ask the adapter, look at what it decides. */
#ifndef TICKET_MODEL_H
#define TICKET_MODEL_H

#include <adapters/adapter.h>

#include "nitro/ticket.h"

#define TICKETS_T0       1700000000u /* what the layers' clocks count from */
#define TICKETS_LIFETIME 604800u
#define TICKETS_MADE     1000u /* the rollup's block that made the ticket */
#define TICKETS_LOGS     512

/* A retry, or the rollup's first transaction of the message. */
struct tickets_tx {
    struct cw_hash32 hash;
    uint64_t block; /* 0: in none */
    bool success;
};

struct tickets {
    struct cw_arena arena;
    struct cw_heads heads[CW_SIDES];
    struct cw_addr20 bridge, inbox;
    struct cw_adapter *adapter;

    /* settlement */
    uint64_t count; /* of the bridge's messages */
    struct cw_addr20 inbox_bridge;
    struct cw_addr20 event_inbox; /* of the rollup itself */
    struct cw_addr20 allowed[TICKET_INBOXES_MAX + 2];
    size_t allowed_n;
    bool on_nitro;
    struct cw_addr20 mute; /* a contract that does not answer */

    /* execution */
    bool made;           /* the receipt has TicketCreated */
    uint64_t gone_block; /* from here on there is no such ticket; 0: there is */
    uint64_t timeout_s;  /* of getTimeout */
    bool inner_reverts;  /* the ticket's call as a call */
    bool down;           /* no endpoint answers */
    bool hides_logs;     /* eth_getLogs gives none */
    bool one_hides_logs; /* so says the operator that is asked first */
    bool no_blocks;
    bool forgotten; /* nobody has the header of the message's block */
    struct tickets_tx txs[TICKETS_LOGS];
    size_t txs_n;
    struct cw_log logs[TICKETS_LOGS];
    size_t logs_n;

    /* the message */
    struct ticket_origin origin;
    struct cw_message message;
    struct cw_self self;

    /* what the last look cost */
    size_t rounds, requests, receipts, log_requests;
};

/* A retryable ticket (or a deposit of ether), final on the settlement layer, not on the rollup yet.
 * The adapter is opened and prepared. */
struct tickets *tickets_new(bool deposit);
void tickets_free(struct tickets *t);
/* Another adapter, not prepared; the caller's. */
struct cw_adapter *tickets_open(const struct tickets *t);
/* Makes the message over from its origin. */
void tickets_seal(struct tickets *t);

/* The rollup takes the message in, at TICKETS_MADE; a ticket, when made, with its timeout. */
void tickets_take_in(struct tickets *t, bool made);
/* A redeem in that block and its retry (block 0: it never runs); the first one at TICKETS_MADE is
 * the rollup's own. A retry that goes well ends the ticket. */
void tickets_redeem(struct tickets *t, uint64_t block, const struct cw_addr20 *donor, uint64_t gas,
                    bool ran, bool success);
void tickets_extend(struct tickets *t, uint64_t block);
void tickets_cancel(struct tickets *t, uint64_t block);
/* The rollup's newest and final block. Blocks come every second. */
void tickets_heads(struct tickets *t, uint64_t latest, uint64_t final);

struct cw_hash32 tickets_block_hash(enum cw_side side, uint64_t block);
void tickets_answer(struct tickets *t, struct cw_io *io, struct cw_io_entry *entry);
struct cw_preparation tickets_prepare(struct tickets *t);
/* One look with as many rounds as a host grants. What it allows is verified as a host does. */
struct cw_decision tickets_look(struct tickets *t);
/* Looks and stores until a look is not due again at once. */
struct cw_decision tickets_settle(struct tickets *t);

/* The logs of the bridge and the inbox for the message, as the watcher gives them: both in *ret. */
void tickets_sent_logs(struct tickets *t, struct cw_log ret[2]);

#endif
