/* Selectors, error codes and event topics of Nitro's contracts and precompiles. The lists at the
 * end carry the signature of each, from which a test recomputes it.
 *
 * Sources: OffchainLabs/nitro-contracts 3.2.0 (BoLD) and 1.2.1 (before it), src/bridge, src/rollup;
 * OffchainLabs/nitro-precompile-interfaces and nitro, precompiles/. */
#ifndef NITRO_ABI_CONSTANTS_H
#define NITRO_ABI_CONSTANTS_H

#include <causeway/base.h>

/* Bridge */
#define SEL_DELAYED_COUNT   0xeca067adu
#define SEL_INBOX_AT        0xe76f5c8du
#define SEL_ALLOWED_INBOXES 0xae60bd13u

/* RollupCore */
#define SEL_EVENT_INBOX 0xaa38a6e7u
#define SEL_INBOX       0xfb0e722bu
#define SEL_CHAIN_ID    0x9a8a0592u

/* Inbox and Outbox */
#define SEL_BRIDGE 0xe78cea92u

/* NodeInterface, which a node has in place of a contract at 0xC8 */
#define SEL_OUTBOX_PROOF 0x42696350u

/* ArbSys */
#define SEL_ARB_BLOCK_NUMBER 0xa3b1b31du
#define SEL_SEND_TREE        0x7aeecd2au

/* Outbox and ERC20Outbox; the bridges have the first one, too */
#define SEL_ROLLUP         0xcb23bcb5u
#define SEL_OUTBOX_VERSION 0xc75184dfu
#define SEL_SPENT          0xd5b5cc23u
#define SEL_ROOTS          0xae6dead7u
#define SEL_EXECUTE        0x08635a95u

/* Bridge and ERC20Bridge */
#define SEL_ALLOWED_OUTBOXES      0x413b35bdu
#define SEL_NATIVE_TOKEN          0xe1758bd8u
#define SEL_NATIVE_TOKEN_DECIMALS 0xad48cb5eu
/* ERC-20 */
#define SEL_SYMBOL 0x95d89b41u

/* RollupCore; the genesis assertion is BoLD's, the newest node what was before */
#define SEL_OUTBOX             0xce11e6abu
#define SEL_CONFIRM_PERIOD     0x2e7acfa6u
#define SEL_ROLLUP_PAUSED      0x5c975abbu
#define SEL_GENESIS_ASSERTION  0x353325e0u
#define SEL_NEWEST_NODE        0x7ba9534au
#define SEL_LATEST_CONFIRMED   0x65f7f80du
#define SEL_ROLLUP_OWNER       0x8da5cb5bu
#define SEL_PAUSE              0x8456cb59u
#define SEL_WASM_ROOT          0x8ee1a126u
#define SEL_SEQUENCER_INBOX    0xee35f327u
#define SEL_BALANCE_OF         0x70a08231u
#define SEL_WHITELIST_DISABLED 0x12ab3d3bu
#define SEL_ASSERTION          0x88302884u
#define SEL_NODE               0x92c8134cu

/* UpgradeExecutor 1.1 (@offchainlabs/upgrade-executor), which owns most rollups */
#define SEL_EXECUTOR_ROLE 0x07bd0265u
#define SEL_EXECUTE_CALL  0xbca8c7b5u

/* Errors of what executes: src/libraries/Error.sol */
#define ERR_ALREADY_SPENT      0x9715b8d3u
#define ERR_UNKNOWN_ROOT       0x8730d7c8u
#define ERR_PROOF_TOO_LONG     0xab6a0683u
#define ERR_PATH_NOT_MINIMAL   0x0b8a724bu
#define ERR_NOT_OUTBOX         0x32ea82abu
#define ERR_BRIDGE_CALL_FAILED 0x376fb55au
#define ERR_NOT_CONTRACT       0xb5cf5b8fu
#define ERR_TARGET_NOT_ALLOWED 0xe16cd208u
#define ERR_CALL_NOT_ALLOWED   0x576b38b4u

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
extern const struct cw_hash32 NITRO_TOPIC_L2_TO_L1_TX;       /* ArbSys */
extern const struct cw_hash32 NITRO_TOPIC_SEND_MERKLE_UPDATE;  /* ArbSys */
extern const struct cw_hash32 NITRO_TOPIC_SEND_ROOT_UPDATED;   /* Outbox */
extern const struct cw_hash32 NITRO_TOPIC_EXECUTED;            /* Outbox */
extern const struct cw_hash32 NITRO_TOPIC_ASSERTION_CREATED;   /* RollupCore, BoLD */
extern const struct cw_hash32 NITRO_TOPIC_ASSERTION_CONFIRMED; /* RollupCore, BoLD */
extern const struct cw_hash32 NITRO_TOPIC_NODE_CREATED;        /* RollupCore, before it */
extern const struct cw_hash32 NITRO_TOPIC_NODE_CONFIRMED;      /* RollupCore, before it */
extern const struct cw_hash32 NITRO_TOPIC_OUTBOX_TOGGLE;       /* Bridge */
extern const struct cw_hash32 NITRO_TOPIC_ROLLUP_UPDATED;      /* Bridge */
extern const struct cw_hash32 NITRO_TOPIC_ADMIN_CHANGED;       /* ERC-1967 proxies */
extern const struct cw_hash32 NITRO_TOPIC_OWNER_CALLED;        /* RollupCore, before BoLD */
extern const struct cw_hash32 NITRO_TOPIC_CALL_TRIGGERED;      /* Bridge */
extern const struct cw_hash32 NITRO_TOPIC_PAUSED;              /* RollupCore */
extern const struct cw_hash32 NITRO_TOPIC_UNPAUSED;            /* RollupCore */
extern const struct cw_hash32 NITRO_TOPIC_UPGRADED_SECONDARY;  /* RollupProxy: the users' logic */

/* What the steps call. */
#define SIG_REDEEM    "redeem(bytes32)"
#define SIG_KEEPALIVE "keepalive(bytes32)"
#define SIG_EXECUTE                                                                                \
    "executeTransaction(bytes32[],uint256,address,address,uint256,uint256,uint256,uint256,bytes)"

#define NITRO_SELECTORS(X)                                                                         \
    X(SEL_DELAYED_COUNT, "delayedMessageCount()")                                                  \
    X(SEL_INBOX_AT, "allowedDelayedInboxList(uint256)")                                            \
    X(SEL_ALLOWED_INBOXES, "allowedDelayedInboxes(address)")                                       \
    X(SEL_INBOX, "inbox()")                                                                        \
    X(SEL_CHAIN_ID, "chainId()")                                                                   \
    X(SEL_SYMBOL, "symbol()")                                                                      \
    X(SEL_EVENT_INBOX, "rollupEventInbox()")                                                       \
    X(SEL_BRIDGE, "bridge()")                                                                      \
    X(SEL_ARB_BLOCK_NUMBER, "arbBlockNumber()")                                                    \
    X(SEL_PAUSE, "pause()")                                                                        \
    X(SEL_EXECUTOR_ROLE, "EXECUTOR_ROLE()")                                                        \
    X(SEL_EXECUTE_CALL, "executeCall(address,bytes)")                                              \
    X(SEL_REDEEM, SIG_REDEEM)                                                                      \
    X(SEL_KEEPALIVE, SIG_KEEPALIVE)                                                                \
    X(SEL_TIMEOUT, "getTimeout(bytes32)")                                                          \
    X(SEL_LIFETIME, "getLifetime()")                                                               \
    X(ERR_NO_TICKET, "NoTicketWithID()")                                                           \
    X(ERR_NOT_CALLABLE, "NotCallable()")                                                           \
    X(SEL_ROLLUP, "rollup()")                                                                      \
    X(SEL_OUTBOX_VERSION, "OUTBOX_VERSION()")                                                      \
    X(SEL_SPENT, "spent(uint256)")                                                                 \
    X(SEL_ROOTS, "roots(bytes32)")                                                                 \
    X(SEL_EXECUTE, SIG_EXECUTE)                                                                    \
    X(SEL_ALLOWED_OUTBOXES, "allowedOutboxes(address)")                                            \
    X(SEL_NATIVE_TOKEN, "nativeToken()")                                                           \
    X(SEL_NATIVE_TOKEN_DECIMALS, "nativeTokenDecimals()")                                          \
    X(SEL_OUTBOX, "outbox()")                                                                      \
    X(SEL_CONFIRM_PERIOD, "confirmPeriodBlocks()")                                                 \
    X(SEL_ROLLUP_PAUSED, "paused()")                                                               \
    X(SEL_GENESIS_ASSERTION, "genesisAssertionHash()")                                             \
    X(SEL_NEWEST_NODE, "latestNodeCreated()")                                                      \
    X(SEL_ROLLUP_OWNER, "owner()")                                                                 \
    X(SEL_WASM_ROOT, "wasmModuleRoot()")                                                           \
    X(SEL_SEQUENCER_INBOX, "sequencerInbox()")                                                     \
    X(SEL_BALANCE_OF, "balanceOf(address)")                                                        \
    X(SEL_LATEST_CONFIRMED, "latestConfirmed()")                                                   \
    X(SEL_WHITELIST_DISABLED, "validatorWhitelistDisabled()")                                      \
    X(SEL_ASSERTION, "getAssertion(bytes32)")                                                      \
    X(SEL_NODE, "getNode(uint64)")                                                                 \
    X(SEL_SEND_TREE, "sendMerkleTreeState()")                                                      \
    X(SEL_OUTBOX_PROOF, "constructOutboxProof(uint64,uint64)")                                     \
    X(ERR_ALREADY_SPENT, "AlreadySpent(uint256)")                                                  \
    X(ERR_UNKNOWN_ROOT, "UnknownRoot(bytes32)")                                                    \
    X(ERR_PROOF_TOO_LONG, "ProofTooLong(uint256)")                                                 \
    X(ERR_PATH_NOT_MINIMAL, "PathNotMinimal(uint256,uint256)")                                     \
    X(ERR_NOT_OUTBOX, "NotOutbox(address)")                                                        \
    X(ERR_BRIDGE_CALL_FAILED, "BridgeCallFailed()")                                                \
    X(ERR_NOT_CONTRACT, "NotContract(address)")                                                    \
    X(ERR_TARGET_NOT_ALLOWED, "CallTargetNotAllowed(address)")                                     \
    X(ERR_CALL_NOT_ALLOWED, "CallNotAllowed()")

#define NITRO_TOPICS(X)                                                                            \
    X(NITRO_TOPIC_ADMIN_CHANGED, "AdminChanged(address,address)")                                  \
    X(NITRO_TOPIC_OWNER_CALLED, "OwnerFunctionCalled(uint256)")                                    \
    X(NITRO_TOPIC_CALL_TRIGGERED, "BridgeCallTriggered(address,address,uint256,bytes)")            \
    X(NITRO_TOPIC_MESSAGE_DELIVERED,                                                               \
      "MessageDelivered(uint256,bytes32,address,uint8,address,bytes32,uint256,uint64)")            \
    X(NITRO_TOPIC_INBOX_TOGGLE, "InboxToggle(address,bool)")                                       \
    X(NITRO_TOPIC_INBOX_MESSAGE, "InboxMessageDelivered(uint256,bytes)")                           \
    X(NITRO_TOPIC_UPGRADED, "Upgraded(address)")                                                   \
    X(NITRO_TOPIC_TICKET_CREATED, "TicketCreated(bytes32)")                                        \
    X(NITRO_TOPIC_LIFETIME_EXTENDED, "LifetimeExtended(bytes32,uint256)")                          \
    X(NITRO_TOPIC_REDEEM_SCHEDULED,                                                                \
      "RedeemScheduled(bytes32,bytes32,uint64,uint64,address,uint256,uint256)")                    \
    X(NITRO_TOPIC_CANCELED, "Canceled(bytes32)")                                                   \
    X(NITRO_TOPIC_L2_TO_L1_TX,                                                                     \
      "L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)")           \
    X(NITRO_TOPIC_SEND_MERKLE_UPDATE, "SendMerkleUpdate(uint256,bytes32,uint256)")                 \
    X(NITRO_TOPIC_SEND_ROOT_UPDATED, "SendRootUpdated(bytes32,bytes32)")                           \
    X(NITRO_TOPIC_EXECUTED, "OutBoxTransactionExecuted(address,address,uint256,uint256)")          \
    X(NITRO_TOPIC_ASSERTION_CREATED,                                                               \
      "AssertionCreated(bytes32,bytes32,((bytes32,bytes32,(bytes32,uint256,address,uint64,"        \
      "uint64)),((bytes32[2],uint64[2]),uint8,bytes32),((bytes32[2],uint64[2]),uint8,bytes32)),"   \
      "bytes32,uint256,bytes32,uint256,address,uint64)")                                           \
    X(NITRO_TOPIC_ASSERTION_CONFIRMED, "AssertionConfirmed(bytes32,bytes32,bytes32)")              \
    X(NITRO_TOPIC_NODE_CREATED,                                                                    \
      "NodeCreated(uint64,bytes32,bytes32,bytes32,(((bytes32[2],uint64[2]),uint8),"                \
      "((bytes32[2],uint64[2]),uint8),uint64),bytes32,bytes32,uint256)")                           \
    X(NITRO_TOPIC_NODE_CONFIRMED, "NodeConfirmed(uint64,bytes32,bytes32)")                         \
    X(NITRO_TOPIC_OUTBOX_TOGGLE, "OutboxToggle(address,bool)")                                     \
    X(NITRO_TOPIC_ROLLUP_UPDATED, "RollupUpdated(address)")                                        \
    X(NITRO_TOPIC_PAUSED, "Paused(address)")                                                       \
    X(NITRO_TOPIC_UNPAUSED, "Unpaused(address)")                                                   \
    X(NITRO_TOPIC_UPGRADED_SECONDARY, "UpgradedSecondary(address)")

#endif
