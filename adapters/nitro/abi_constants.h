/* Selectors, error codes and event topics of Nitro's contracts and precompiles. The lists at the
 * end carry the signature of each, from which a test recomputes it.
 *
 * Sources: OffchainLabs/nitro-contracts, src/bridge; OffchainLabs/nitro-precompile-interfaces and
 * nitro, precompiles/. */
#ifndef NITRO_ABI_CONSTANTS_H
#define NITRO_ABI_CONSTANTS_H

#include <causeway/base.h>

/* Bridge */
#define SEL_DELAYED_COUNT 0xeca067adu
#define SEL_INBOX_AT      0xe76f5c8du

/* Inbox */
#define SEL_BRIDGE 0xe78cea92u

/* ArbSys */
#define SEL_ARB_BLOCK_NUMBER 0xa3b1b31du

/* ArbRetryableTx */
#define SEL_REDEEM       0xeda1122cu
#define SEL_KEEPALIVE    0xf0b21a41u
#define SEL_TIMEOUT      0x9f1025c6u
#define SEL_LIFETIME     0x81e6e083u
#define ERR_NO_TICKET    0x80698456u
#define ERR_NOT_CALLABLE 0x902824c1u

/* Topics */
extern const struct cw_hash32 NITRO_TOPIC_MESSAGE_DELIVERED; /* Bridge */
extern const struct cw_hash32 NITRO_TOPIC_INBOX_TOGGLE;      /* Bridge */
extern const struct cw_hash32 NITRO_TOPIC_INBOX_MESSAGE;     /* Inbox, SequencerInbox, RollupCore */
extern const struct cw_hash32 NITRO_TOPIC_UPGRADED;          /* ERC-1967 proxies */
extern const struct cw_hash32 NITRO_TOPIC_TICKET_CREATED;    /* ArbRetryableTx */
extern const struct cw_hash32 NITRO_TOPIC_LIFETIME_EXTENDED; /* ArbRetryableTx */
extern const struct cw_hash32 NITRO_TOPIC_REDEEM_SCHEDULED;  /* ArbRetryableTx */
extern const struct cw_hash32 NITRO_TOPIC_CANCELED;          /* ArbRetryableTx */

/* What the steps call. */
#define SIG_REDEEM    "redeem(bytes32)"
#define SIG_KEEPALIVE "keepalive(bytes32)"

#define NITRO_SELECTORS(X)                                                                         \
    X(SEL_DELAYED_COUNT, "delayedMessageCount()")                                                  \
    X(SEL_INBOX_AT, "allowedDelayedInboxList(uint256)")                                            \
    X(SEL_BRIDGE, "bridge()")                                                                      \
    X(SEL_ARB_BLOCK_NUMBER, "arbBlockNumber()")                                                    \
    X(SEL_REDEEM, SIG_REDEEM)                                                                      \
    X(SEL_KEEPALIVE, SIG_KEEPALIVE)                                                                \
    X(SEL_TIMEOUT, "getTimeout(bytes32)")                                                          \
    X(SEL_LIFETIME, "getLifetime()")                                                               \
    X(ERR_NO_TICKET, "NoTicketWithID()")                                                           \
    X(ERR_NOT_CALLABLE, "NotCallable()")

#define NITRO_TOPICS(X)                                                                            \
    X(NITRO_TOPIC_MESSAGE_DELIVERED,                                                               \
      "MessageDelivered(uint256,bytes32,address,uint8,address,bytes32,uint256,uint64)")            \
    X(NITRO_TOPIC_INBOX_TOGGLE, "InboxToggle(address,bool)")                                       \
    X(NITRO_TOPIC_INBOX_MESSAGE, "InboxMessageDelivered(uint256,bytes)")                           \
    X(NITRO_TOPIC_UPGRADED, "Upgraded(address)")                                                   \
    X(NITRO_TOPIC_TICKET_CREATED, "TicketCreated(bytes32)")                                        \
    X(NITRO_TOPIC_LIFETIME_EXTENDED, "LifetimeExtended(bytes32,uint256)")                          \
    X(NITRO_TOPIC_REDEEM_SCHEDULED,                                                                \
      "RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)")                    \
    X(NITRO_TOPIC_CANCELED, "Canceled(bytes32)")

#endif
