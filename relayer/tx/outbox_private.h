/* Inside the outbox: shared by outbox.c (what is open, and the store), nonces.c, send.c
 * (broadcast), again.c (what is sent again) and receipts.c. */
#ifndef TX_OUTBOX_PRIVATE_H
#define TX_OUTBOX_PRIVATE_H

#include "tx/outbox.h"

#include "core/log.h"
#include "net/quorum.h"

#define OUTBOX_PARAMS_MAX 256u

enum trouble { TROUBLE_STORE, TROUBLE_NONCE, TROUBLE_GAP, TROUBLE_FUNDS, TROUBLE_SEND, TROUBLES };

/* What a receipt says, as far as it is kept. */
struct inclusion {
    size_t version; /* that was included */
    struct cw_block_ref block;
    bool success;
    uint64_t gas_used;
    struct cw_wei gas_price;
    bool has_data_fee; /* it says what was charged for data */
    struct cw_wei data_fee;
    uint64_t data_gas;
};

/* One of the transactions that may use the nonce. */
struct version {
    struct cw_hash32 hash;
    uint64_t gas_limit;
    struct cw_wei max_fee;
    bool cancels;
};

/* Whether an attempt that is in no block may be sent. */
enum gate {
    GATE_OPEN,
    GATE_UNJUDGED, /* nobody has said yet whether it is still right */
    GATE_KEPT,     /* it would fail now */
    GATE_REPLACED, /* another call of the same step would be right in its place */
    GATE_DOOMED    /* it would fail, and its nonce is needed: a bid is to use that up */
};

/* One attempt that is not final. row is what the store holds; next, while dirty, is what it shall
 * hold. */
struct entry {
    struct cw_outbox *outbox;
    struct cw_store_attempt row, next;
    bool dirty;
    struct cw_store_item *items; /* owned; row's and next's */
    bool *wrong;                 /* owned, one an item: it would fail now */
    uint8_t *raw; /* owned; NULL once it is in a block, or when the stored bytes are damaged */
    struct version *versions; /* owned, oldest first; row.hash is one of them */
    size_t versions_n;
    size_t asked; /* the version whose receipt is asked for: from the newest down */
    struct cw_wei worst;
    struct cw_quorum *sending, *asked_receipt, *asked_header; /* under way */
    uint64_t asked_in; /* the round of counting in which its receipt was asked for last */
    uint64_t due_ms;   /* of the next broadcast */
    uint64_t due_head; /* or when that many heads were seen (UINT64_MAX: by time alone) … */
    uint64_t least_ms; /* … but not before */
    unsigned failures; /* broadcasts in a row that did not arrive */
    unsigned repeats;  /* broadcasts in a row that did */
    unsigned missing;  /* rounds in which the nonce was used and no receipt was to be had */
    uint64_t
        final_nonce; /* the account's at the final head, known when the receipt was asked for */
    enum gate gate;
    uint64_t doomed_head; /* heads seen as it was doomed */
    uint64_t gate_ms;
    bool gate_told;            /* the host knows that it is unjudged */
    bool had_block;            /* it was in a block that is gone, or kept back since */
    struct cw_block_ref gone;  /* that block; hash zero: not known here */
    bool no_funds, refused;    /* what the last broadcast ran into */
    bool underpriced;          /* likewise: the pool wants more for this nonce */
    bool doubted;              /* one operator's pool says so, and a second one is asked */
    uint64_t bid_head, bid_ms; /* block and time at which the newest bid went out first; 0: it has
                                  not */
    uint64_t passed_block;     /* the newest one that passed it by, … */
    unsigned passed;           /* of so many, since that bid went out */
    struct inclusion claimed;  /* waits for the header that is asked for */
    struct inclusion shown;    /* among its block's receipts; block number 0: it was not */
};

struct cw_outbox {
    struct cw_outbox_config config;
    char subject[96];       /* of log lines */
    struct entry **entries; /* by nonce */
    size_t n, capacity;

    bool resumed, reload_due;
    bool heads_known;
    struct cw_heads heads;
    uint64_t heads_seen;

    struct cw_timer *timer;
    uint64_t timer_ms;

    /* nonces */
    bool lane_known; /* the store has this lane: a nonce of the chain above ours is somebody else's
                      */
    bool nonce_ready;
    uint64_t next_nonce;
    uint64_t claim;             /* a nonce above ours that was said once; 0: none */
    bool disputed;              /* one said so, and another one not */
    bool foreign;               /* others used nonces of ours, and nobody has accepted that */
    uint64_t foreign_to;        /* the first nonce behind them */
    struct cw_quorum *counting; /* eth_getTransactionCount at latest */
    unsigned counted_by;        /* so many operators, who must agree */
    uint64_t chain_nonce;       /* its last answer */
    uint64_t count_round;       /* answers */
    size_t receipts_asked;      /* under way */
    bool count_due;
    uint64_t count_ms; /* not before */
    unsigned count_failures;
    unsigned gap_rounds; /* in a row: a nonce is missing on the chain, and it is … */
    uint64_t gap_nonce;
    struct cw_quorum *counting_final; /* and at the final head */
    uint64_t final_nonce;

    char troubles[TROUBLES][240];
};

/* outbox.c */
uint64_t outbox_now(const struct cw_outbox *outbox);
uint64_t outbox_wall(const struct cw_outbox *outbox);
void outbox_wake(struct cw_outbox *outbox, uint64_t after_ms);
void outbox_trouble(struct cw_outbox *outbox, enum trouble kind, const char *format, ...)
    CW_PRINTF(3, 4);
void outbox_trouble_over(struct cw_outbox *outbox, enum trouble kind);
/* Whether it is in no block, by what the store holds or shall hold. */
bool outbox_flying(const struct entry *entry);
/* The row to be changed; outbox_changed then has it written. */
struct cw_store_attempt *outbox_edit(struct entry *entry);
void outbox_changed(struct entry *entry);
/* Back to SENT: it is in no block of this chain any longer. */
void outbox_gone(struct entry *entry);

/* A transaction of that step of the message. */
bool outbox_is_of(const struct entry *entry, int64_t message, const char *step);

/* send.c */
void outbox_send_due(struct cw_outbox *outbox);
uint64_t
outbox_send_next(const struct cw_outbox *outbox); /* when the next is due; UINT64_MAX: none */
void outbox_send_soon(struct entry *entry);
/* The chain's nonce was counted: what blocks have come to and left out may be lost. */
void outbox_passed_by(struct cw_outbox *outbox);
/* Not before the schedule of repeats says so. */
void outbox_send_later(struct entry *entry);
/* It is not sent any longer: what its last broadcast ran into troubles nobody. */
void outbox_send_over(struct entry *entry);

/* again.c */
/* It may be sent again when the host says so, or at once where nobody is to say it. */
void outbox_gate_close(struct entry *entry, bool had_block);
void outbox_gate_open(struct entry *entry);
/* A bid was made: those that wait for theirs wait on. */
void outbox_gates_go_on(struct cw_outbox *outbox);
/* Asks the host, and lets go what is needed or has waited long enough. */
void outbox_gates(struct cw_outbox *outbox);

/* nonces.c */
void outbox_count(struct cw_outbox *outbox);
/* A final transaction that is not ours has that nonce of ours. */
void outbox_lost_to_others(struct cw_outbox *outbox, uint64_t nonce);

/* receipts.c */
void outbox_ask_receipt(struct entry *entry);
/* Those whose nonce is below the chain's. */
void outbox_ask_receipts(struct cw_outbox *outbox);
/* Judges included ones against the heads. */
void outbox_settle(struct cw_outbox *outbox);

#endif
