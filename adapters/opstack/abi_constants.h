/* Selectors, error codes and event topics of the contracts that this adapter talks to. The lists at
 * the end carry the signature of each, from which a test recomputes it.
 *
 * Sources: the ABI in the artifacts of npm @eth-optimism/contracts-bedrock 0.17.3 unless something
 * else is said, and ethereum-optimism/optimism packages/contracts-bedrock for other versions. */
#ifndef OPSTACK_ABI_CONSTANTS_H
#define OPSTACK_ABI_CONSTANTS_H

#include <causeway/base.h>

/* every contract */
#define SEL_VERSION 0x54fd4d50u
#define SEL_PAUSED  0x5c975abbu

/* OptimismPortal 1.x and 2.x (npm @eth-optimism/contracts-bedrock 0.17.3: 2.8.1-beta.1) */
#define SEL_L2_ORACLE             0x9b5f694au
#define SEL_L2_ORACLE_OLD         0x001c2ff6u
#define SEL_FINALIZED_WITHDRAWALS 0xa14238e7u
#define SEL_PROVEN_BY_HASH        0xe965084cu
#define SEL_PROVE                 0x4870496fu
#define SEL_FINALIZE              0x8c3152e9u

/* OptimismPortal2 3.x (the same package: 3.10.0) */
#define SEL_GAME_FACTORY        0xf2b4e617u
#define SEL_PROOF_MATURITY      0xbf653a5cu
#define SEL_GAME_FINALITY       0x952b2797u
#define SEL_RESPECTED_TYPE      0x3c9f397cu
#define SEL_RESPECTED_SINCE     0x4fd0434cu
#define SEL_BLACKLIST           0x45884d32u
#define SEL_SUBMITTERS_N        0x513747abu
#define SEL_SUBMITTERS          0xa3860f48u
#define SEL_PROVEN_BY_SUBMITTER 0xbb2c727eu
#define SEL_FINALIZE_EXTERNAL   0x43ca1c50u

/* L2OutputOracle (the same package: 1.8.0). The period moved here with OptimismPortal 1.2 */
#define SEL_PERIOD        0xf4daa291u
#define SEL_PERIOD_NEW    0xce5db8d6u
#define SEL_LATEST_BLOCK  0x4599c788u
#define SEL_OUTPUT_INDEX  0x7f006420u
#define SEL_OUTPUT        0xa25ae557u
#define SEL_LATEST_OUTPUT 0x69f16eecu

/* OptimismPortal2 4.x and 5.x, and the AnchorStateRegistry that judges their games
 * (contracts-bedrock at OptimismPortal2 4.5.0 and 5.6.0) */
#define SEL_REGISTRY         0x5c0cba33u
#define SEL_GAME_PROPER      0x496b9c16u
#define SEL_GAME_CLAIM_VALID 0x6c4f4467u
#define SEL_SUPER_ACTIVE     0xd325d3bfu
#define SEL_PROVE_SUPER      0x8c90dd65u

/* DisputeGameFactory (the same package: 1.0.0) */
#define SEL_GAME_COUNT 0x4d1975b4u
#define SEL_GAME_AT    0xbb8aa1fcu
#define SEL_FIND_GAMES 0x254bd683u

/* FaultDisputeGame (the same package: 1.2.0). wasRespected…: games of OptimismPortal2 3.12 and
 * later */
#define SEL_GAME_STATUS           0x200d2ed2u
#define SEL_GAME_CREATED          0xcf09e0d0u
#define SEL_GAME_RESOLVED         0x19effeb4u
#define SEL_GAME_TYPE             0xbbdc02dbu
#define SEL_GAME_CLAIM            0xbcef3b55u
#define SEL_GAME_BLOCK            0x8b85902bu
#define SEL_GAME_SEQUENCE         0x99735e32u
#define SEL_GAME_EXTRA            0x609d3334u
#define SEL_GAME_RESPECTED        0x250e69bdu
#define SEL_GAME_CLOCK            0xdabd396du
#define SEL_GAME_CLAIMS_N         0x8980e0ccu
#define SEL_GAME_CLAIM_DATA       0xc6f0308cu
#define SEL_GAME_BLOCK_CHALLENGED 0x3e3ac912u
#define SEL_GAME_CREATOR          0x37b1b229u
/* Portals, DisputeGameFactory, L2OutputOracle, SystemConfig */
#define SEL_GUARDIAN           0x452a9320u
#define SEL_GUARDIAN_OLD       0x724c184cu
#define SEL_OWNER              0x8da5cb5bu
#define SEL_LOCKBOX            0xb682c444u
#define SEL_CHALLENGER         0x534db0e2u
#define SEL_CHALLENGER_OLD     0x6b4d98ddu
#define SEL_SYSTEM_CONFIG      0x33d7e2bdu
#define SEL_CUSTOM_GAS         0x21326849u
#define SEL_OPTIMISM_PORTAL    0x0a49cb03u
#define SEL_L1_MESSENGER       0xa7119869u
#define SEL_L1_STANDARD_BRIDGE 0x078f29cfu
#define SEL_L2_CHAIN_ID        0xd6ae3cd5u /* SystemConfig 3.x (op-contracts v4.0.0) */
#define SEL_AUTHORIZED_PORTALS 0x0fd11077u /* ETHLockbox (the same) */
/* The same of a PermissionedDisputeGame and an L2OutputOracle. */
#define SEL_PROPOSER     0xa8e4fb90u
#define SEL_PROPOSER_OLD 0xbffa7f0fu

/* Who pauses: portals 1.x themselves, later ones by a SuperchainConfig, which takes a text (1.x,
 * the same package) or an identifier (2.0 and later, op-contracts v4.0.0). */
#define SEL_SUPERCHAIN_CONFIG 0x35e80ab3u
#define SEL_PAUSE             0x8456cb59u
#define SEL_PAUSE_TEXT        0x6da66355u
#define SEL_PAUSE_ID          0x76a67a51u

/* CrossDomainMessenger, both sides (the same package: 2.4.0, 2.1.0) */
#define SEL_OTHER_MESSENGER     0xdb505d80u
#define SEL_OTHER_MESSENGER_OLD 0x9fce812cu
#define SEL_PORTAL              0x6425666bu
#define SEL_PORTAL_OLD          0x0ff754eau
#define SEL_SUCCESSFUL          0xb1b1b209u
#define SEL_FAILED              0xa4e7f8bdu
#define SEL_RELAY               0xd764ad0bu

/* GasPriceOracle (the same package: 1.3.0; the operator fee: ethereum-optimism/specs) */
#define SEL_L1_FEE       0x49948e0eu
#define SEL_IS_ISTHMUS   0xb54501bcu /* since Isthmus */
#define SEL_OPERATOR_FEE 0x275aedd2u

/* StandardBridge (the same package: 2.x; the older name of the other bridge is in all versions),
 * ERC-20, L1Block */
#define SEL_L1_BRIDGE        0x36c717c1u
#define SEL_OTHER_BRIDGE     0xc89701a2u
#define SEL_MESSENGER        0x3cb747bfu
#define SEL_MESSENGER_OLD    0x927ede2du
#define SEL_GAS_TOKEN_SYMBOL 0x550fcdc9u
#define SEL_TOKEN_SUPPLY     0x18160dddu
#define SEL_ORIGIN_NUMBER    0x8381f58au
#define SEL_ORIGIN_HASH      0x09bd5a60u
#define SEL_BRIDGE_DEPOSITS  0x8f601f66u

/* L2ToL1MessagePasser (the same package: 1.1.0) */
#define SEL_SENT_MESSAGES 0x82e3702du
#define SEL_MESSAGE_NONCE 0xecc70428u

/* Errors: OptimismPortal2 3.7 and later, PortalErrors.sol; OptimismPortal 2.6 and later in part */
#define ERR_CALL_PAUSED            0xf480973eu
#define ERR_PROPOSAL_NOT_VALIDATED 0xa080a3c4u
#define ERR_BLACKLISTED            0x09550c77u
#define ERR_INVALID_GAME_TYPE      0x27a10cc2u
#define ERR_INVALID_DISPUTE_GAME   0xd3573474u
#define ERR_LEGACY_GAME            0xd502c9a6u
#define ERR_UNPROVEN               0x94efd49bu
#define ERR_INVALID_PROOF          0x09bde339u
#define ERR_INVALID_MERKLE_PROOF   0xb05e92fau
#define ERR_GAS_ESTIMATION         0xeeae4ed3u
#define ERR_ALREADY_FINALIZED      0x475a2535u
#define ERR_BAD_TARGET             0x13496fdau
#define ERR_NON_REENTRANT          0x9396d156u
#define ERR_OUT_OF_GAS             0x77ebef4du

/* Errors: RLPReader, RLPErrors.sol */
#define ERR_EMPTY_ITEM              0x5ab458fbu
#define ERR_UNEXPECTED_STRING       0x4b9c6abeu
#define ERR_INVALID_DATA_REMAINDER  0x5c5537b8u
#define ERR_UNEXPECTED_LIST         0x1ff9b2e4u
#define ERR_CONTENT_LENGTH_MISMATCH 0x66c94485u
#define ERR_INVALID_HEADER          0xbabb01ddu

/* Errors: OptimismPortal2 4.0 and later */
#define ERR_CALL_PAUSED_V4               0xb9c3c2efu
#define ERR_PROOF_NOT_OLD_ENOUGH_V4      0xd9bc01beu
#define ERR_INVALID_PROOF_TIMESTAMP_V4   0xb4caa4e5u
#define ERR_INVALID_DISPUTE_GAME_V4      0xe29927edu
#define ERR_IMPROPER_DISPUTE_GAME_V4     0xf395240eu
#define ERR_UNPROVEN_V4                  0xcca6afdau
#define ERR_INVALID_ROOT_CLAIM_V4        0x332a57f8u
#define ERR_INVALID_OUTPUT_ROOT_PROOF_V4 0x426149afu
#define ERR_INVALID_MERKLE_PROOF_V4      0x2e57ef3au
#define ERR_GAS_ESTIMATION_V4            0xab581036u
#define ERR_ALREADY_FINALIZED_V4         0x730a1074u
#define ERR_BAD_TARGET_V4                0xc5defbadu
#define ERR_NOT_ALLOWED_ON_CGT_V4        0xbd58e0a2u
#define ERR_NO_REENTRANCY_V4             0xdfeaaeb8u
#define ERR_WRONG_PROOF_METHOD_V4        0x5e74b542u
#define ERR_INVALID_SUPER_ROOT_PROOF_V4  0x2b1a9a66u
#define ERR_INVALID_OUTPUT_INDEX_V4      0x32dc285cu
#define ERR_INVALID_OUTPUT_CHAIN_V4      0x7cc2f31bu

/* Topics */
extern const struct cw_hash32 OPSTACK_TOPIC_MESSAGE_PASSED;     /* L2ToL1MessagePasser */
extern const struct cw_hash32 OPSTACK_TOPIC_PROVEN;             /* portals */
extern const struct cw_hash32 OPSTACK_TOPIC_PROVEN_BY;          /* OptimismPortal2 3.8 and later */
extern const struct cw_hash32 OPSTACK_TOPIC_FINALIZED;          /* portals */
extern const struct cw_hash32 OPSTACK_TOPIC_TYPE_SET;           /* AnchorStateRegistry */
extern const struct cw_hash32 OPSTACK_TOPIC_RETIREMENT_SET;     /* AnchorStateRegistry */
extern const struct cw_hash32 OPSTACK_TOPIC_PORTAL_MIGRATED;    /* OptimismPortal2 4.x and 5.x */
extern const struct cw_hash32 OPSTACK_TOPIC_GAME_BLACKLISTED;   /* OptimismPortal2 3.9 and later */
extern const struct cw_hash32 OPSTACK_TOPIC_RESPECTED_TYPE_SET; /* OptimismPortal2 3.9 and later */
extern const struct cw_hash32 OPSTACK_TOPIC_OUTPUT_PROPOSED;    /* L2OutputOracle */
extern const struct cw_hash32 OPSTACK_TOPIC_OUTPUTS_DELETED;    /* L2OutputOracle */
extern const struct cw_hash32 OPSTACK_TOPIC_GAME_CREATED;       /* DisputeGameFactory */
extern const struct cw_hash32 OPSTACK_TOPIC_RELAYED;            /* CrossDomainMessenger */
extern const struct cw_hash32 OPSTACK_TOPIC_RELAY_FAILED;       /* CrossDomainMessenger */
extern const struct cw_hash32 OPSTACK_TOPIC_ADMIN_CHANGED;      /* ERC-1967 proxies */
extern const struct cw_hash32 OPSTACK_TOPIC_IMPLEMENTATION_SET; /* DisputeGameFactory */
extern const struct cw_hash32 OPSTACK_TOPIC_OWNERSHIP;          /* DisputeGameFactory */
extern const struct cw_hash32 OPSTACK_TOPIC_ETH_LOCKED;         /* ETHLockbox */
extern const struct cw_hash32 OPSTACK_TOPIC_ETH_UNLOCKED;       /* ETHLockbox */
extern const struct cw_hash32 OPSTACK_TOPIC_UPGRADED;           /* ERC-1967 proxies */

/* What the steps call. */
#define SIG_PROVE                                                                                  \
    "proveWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes),uint256,"          \
    "(bytes32,bytes32,bytes32,bytes32),bytes[])"
#define SIG_PROVE_SUPER                                                                            \
    "proveWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes),address,uint256,"  \
    "(bytes1,uint64,(uint256,bytes32)[]),(bytes32,bytes32,bytes32,bytes32),bytes[])"
#define SIG_FINALIZE                                                                               \
    "finalizeWithdrawalTransaction((uint256,address,address,uint256,uint256,bytes))"
#define SIG_FINALIZE_EXTERNAL                                                                      \
    "finalizeWithdrawalTransactionExternalProof((uint256,address,address,uint256,uint256,bytes),"  \
    "address)"
#define SIG_RELAY "relayMessage(uint256,address,address,uint256,uint256,bytes)"

#define OPSTACK_SELECTORS(X)                                                                       \
    X(SEL_VERSION, "version()")                                                                    \
    X(SEL_OPERATOR_FEE, "getOperatorFee(uint256)")                                                 \
    X(SEL_L1_FEE, "getL1Fee(bytes)")                                                               \
    X(SEL_PAUSED, "paused()")                                                                      \
    X(SEL_L2_ORACLE, "l2Oracle()")                                                                 \
    X(SEL_L2_ORACLE_OLD, "L2_ORACLE()")                                                            \
    X(SEL_FINALIZED_WITHDRAWALS, "finalizedWithdrawals(bytes32)")                                  \
    X(SEL_PROVEN_BY_HASH, "provenWithdrawals(bytes32)")                                            \
    X(SEL_PROVE, SIG_PROVE)                                                                        \
    X(SEL_FINALIZE, SIG_FINALIZE)                                                                  \
    X(SEL_GAME_FACTORY, "disputeGameFactory()")                                                    \
    X(SEL_PROOF_MATURITY, "proofMaturityDelaySeconds()")                                           \
    X(SEL_GAME_FINALITY, "disputeGameFinalityDelaySeconds()")                                      \
    X(SEL_RESPECTED_TYPE, "respectedGameType()")                                                   \
    X(SEL_RESPECTED_SINCE, "respectedGameTypeUpdatedAt()")                                         \
    X(SEL_BLACKLIST, "disputeGameBlacklist(address)")                                              \
    X(SEL_SUBMITTERS_N, "numProofSubmitters(bytes32)")                                             \
    X(SEL_SUBMITTERS, "proofSubmitters(bytes32,uint256)")                                          \
    X(SEL_PROVEN_BY_SUBMITTER, "provenWithdrawals(bytes32,address)")                               \
    X(SEL_FINALIZE_EXTERNAL, SIG_FINALIZE_EXTERNAL)                                                \
    X(SEL_PERIOD, "FINALIZATION_PERIOD_SECONDS()")                                                 \
    X(SEL_PERIOD_NEW, "finalizationPeriodSeconds()")                                               \
    X(SEL_LATEST_BLOCK, "latestBlockNumber()")                                                     \
    X(SEL_OUTPUT_INDEX, "getL2OutputIndexAfter(uint256)")                                          \
    X(SEL_OUTPUT, "getL2Output(uint256)")                                                          \
    X(SEL_LATEST_OUTPUT, "latestOutputIndex()")                                                    \
    X(SEL_GAME_COUNT, "gameCount()")                                                               \
    X(SEL_GAME_AT, "gameAtIndex(uint256)")                                                         \
    X(SEL_FIND_GAMES, "findLatestGames(uint32,uint256,uint256)")                                   \
    X(SEL_GAME_STATUS, "status()")                                                                 \
    X(SEL_GAME_CREATED, "createdAt()")                                                             \
    X(SEL_GAME_RESOLVED, "resolvedAt()")                                                           \
    X(SEL_GAME_TYPE, "gameType()")                                                                 \
    X(SEL_GAME_CLAIM, "rootClaim()")                                                               \
    X(SEL_GAME_BLOCK, "l2BlockNumber()")                                                           \
    X(SEL_GAME_SEQUENCE, "l2SequenceNumber()")                                                     \
    X(SEL_REGISTRY, "anchorStateRegistry()")                                                       \
    X(SEL_SUPER_ACTIVE, "superRootsActive()")                                                      \
    X(SEL_PROVE_SUPER, SIG_PROVE_SUPER)                                                            \
    X(SEL_GAME_EXTRA, "extraData()")                                                               \
    X(SEL_GAME_PROPER, "isGameProper(address)")                                                    \
    X(SEL_GAME_CLAIM_VALID, "isGameClaimValid(address)")                                           \
    X(SEL_IS_ISTHMUS, "isIsthmus()")                                                               \
    X(SEL_GAME_RESPECTED, "wasRespectedGameTypeWhenCreated()")                                     \
    X(SEL_GAME_CLOCK, "maxClockDuration()")                                                        \
    X(SEL_GAME_CLAIMS_N, "claimDataLen()")                                                         \
    X(SEL_GAME_CLAIM_DATA, "claimData(uint256)")                                                   \
    X(SEL_GAME_BLOCK_CHALLENGED, "l2BlockNumberChallenged()")                                      \
    X(SEL_OTHER_BRIDGE, "otherBridge()")                                                           \
    X(SEL_MESSENGER, "messenger()")                                                                \
    X(SEL_MESSENGER_OLD, "MESSENGER()")                                                            \
    X(SEL_GAS_TOKEN_SYMBOL, "gasPayingTokenSymbol()")                                              \
    X(SEL_OPTIMISM_PORTAL, "optimismPortal()")                                                     \
    X(SEL_L1_MESSENGER, "l1CrossDomainMessenger()")                                                \
    X(SEL_L1_STANDARD_BRIDGE, "l1StandardBridge()")                                                \
    X(SEL_L2_CHAIN_ID, "l2ChainId()")                                                              \
    X(SEL_AUTHORIZED_PORTALS, "authorizedPortals(address)")                                        \
    X(SEL_L1_BRIDGE, "l1TokenBridge()")                                                            \
    X(SEL_TOKEN_SUPPLY, "totalSupply()")                                                           \
    X(SEL_ORIGIN_NUMBER, "number()")                                                               \
    X(SEL_ORIGIN_HASH, "hash()")                                                                   \
    X(SEL_BRIDGE_DEPOSITS, "deposits(address,address)")                                            \
    X(SEL_GUARDIAN, "guardian()")                                                                  \
    X(SEL_GUARDIAN_OLD, "GUARDIAN()")                                                              \
    X(SEL_SUPERCHAIN_CONFIG, "superchainConfig()")                                                 \
    X(SEL_PAUSE, "pause()")                                                                        \
    X(SEL_PAUSE_TEXT, "pause(string)")                                                             \
    X(SEL_PAUSE_ID, "pause(address)")                                                              \
    X(SEL_OWNER, "owner()")                                                                        \
    X(SEL_LOCKBOX, "ethLockbox()")                                                                 \
    X(SEL_CHALLENGER, "challenger()")                                                              \
    X(SEL_CHALLENGER_OLD, "CHALLENGER()")                                                          \
    X(SEL_SYSTEM_CONFIG, "systemConfig()")                                                         \
    X(SEL_CUSTOM_GAS, "isCustomGasToken()")                                                        \
    X(SEL_GAME_CREATOR, "gameCreator()")                                                           \
    X(SEL_PROPOSER, "proposer()")                                                                  \
    X(SEL_PROPOSER_OLD, "PROPOSER()")                                                              \
    X(SEL_OTHER_MESSENGER, "otherMessenger()")                                                     \
    X(SEL_OTHER_MESSENGER_OLD, "OTHER_MESSENGER()")                                                \
    X(SEL_PORTAL, "portal()")                                                                      \
    X(SEL_PORTAL_OLD, "PORTAL()")                                                                  \
    X(SEL_SUCCESSFUL, "successfulMessages(bytes32)")                                               \
    X(SEL_FAILED, "failedMessages(bytes32)")                                                       \
    X(SEL_RELAY, SIG_RELAY)                                                                        \
    X(SEL_SENT_MESSAGES, "sentMessages(bytes32)")                                                  \
    X(SEL_MESSAGE_NONCE, "messageNonce()")                                                         \
    X(ERR_CALL_PAUSED, "CallPaused()")                                                             \
    X(ERR_PROPOSAL_NOT_VALIDATED, "ProposalNotValidated()")                                        \
    X(ERR_BLACKLISTED, "Blacklisted()")                                                            \
    X(ERR_INVALID_GAME_TYPE, "InvalidGameType()")                                                  \
    X(ERR_INVALID_DISPUTE_GAME, "InvalidDisputeGame()")                                            \
    X(ERR_LEGACY_GAME, "LegacyGame()")                                                             \
    X(ERR_UNPROVEN, "Unproven()")                                                                  \
    X(ERR_INVALID_PROOF, "InvalidProof()")                                                         \
    X(ERR_INVALID_MERKLE_PROOF, "InvalidMerkleProof()")                                            \
    X(ERR_GAS_ESTIMATION, "GasEstimation()")                                                       \
    X(ERR_ALREADY_FINALIZED, "AlreadyFinalized()")                                                 \
    X(ERR_BAD_TARGET, "BadTarget()")                                                               \
    X(ERR_NON_REENTRANT, "NonReentrant()")                                                         \
    X(ERR_OUT_OF_GAS, "OutOfGas()")                                                                \
    X(ERR_EMPTY_ITEM, "EmptyItem()")                                                               \
    X(ERR_UNEXPECTED_STRING, "UnexpectedString()")                                                 \
    X(ERR_INVALID_DATA_REMAINDER, "InvalidDataRemainder()")                                        \
    X(ERR_UNEXPECTED_LIST, "UnexpectedList()")                                                     \
    X(ERR_CONTENT_LENGTH_MISMATCH, "ContentLengthMismatch()")                                      \
    X(ERR_INVALID_HEADER, "InvalidHeader()")                                                       \
    X(ERR_CALL_PAUSED_V4, "OptimismPortal_CallPaused()")                                           \
    X(ERR_PROOF_NOT_OLD_ENOUGH_V4, "OptimismPortal_ProofNotOldEnough()")                           \
    X(ERR_INVALID_PROOF_TIMESTAMP_V4, "OptimismPortal_InvalidProofTimestamp()")                    \
    X(ERR_INVALID_DISPUTE_GAME_V4, "OptimismPortal_InvalidDisputeGame()")                          \
    X(ERR_IMPROPER_DISPUTE_GAME_V4, "OptimismPortal_ImproperDisputeGame()")                        \
    X(ERR_UNPROVEN_V4, "OptimismPortal_Unproven()")                                                \
    X(ERR_INVALID_ROOT_CLAIM_V4, "OptimismPortal_InvalidRootClaim()")                              \
    X(ERR_INVALID_OUTPUT_ROOT_PROOF_V4, "OptimismPortal_InvalidOutputRootProof()")                 \
    X(ERR_INVALID_MERKLE_PROOF_V4, "OptimismPortal_InvalidMerkleProof()")                          \
    X(ERR_GAS_ESTIMATION_V4, "OptimismPortal_GasEstimation()")                                     \
    X(ERR_ALREADY_FINALIZED_V4, "OptimismPortal_AlreadyFinalized()")                               \
    X(ERR_BAD_TARGET_V4, "OptimismPortal_BadTarget()")                                             \
    X(ERR_NOT_ALLOWED_ON_CGT_V4, "OptimismPortal_NotAllowedOnCGTMode()")                           \
    X(ERR_WRONG_PROOF_METHOD_V4, "OptimismPortal_WrongProofMethod()")                              \
    X(ERR_INVALID_SUPER_ROOT_PROOF_V4, "OptimismPortal_InvalidSuperRootProof()")                   \
    X(ERR_INVALID_OUTPUT_INDEX_V4, "OptimismPortal_InvalidOutputRootIndex()")                      \
    X(ERR_INVALID_OUTPUT_CHAIN_V4, "OptimismPortal_InvalidOutputRootChainId()")                    \
    X(ERR_NO_REENTRANCY_V4, "OptimismPortal_NoReentrancy()")

#define OPSTACK_TOPICS(X)                                                                          \
    X(OPSTACK_TOPIC_ADMIN_CHANGED, "AdminChanged(address,address)")                                \
    X(OPSTACK_TOPIC_IMPLEMENTATION_SET, "ImplementationSet(address,uint32)")                       \
    X(OPSTACK_TOPIC_OWNERSHIP, "OwnershipTransferred(address,address)")                            \
    X(OPSTACK_TOPIC_ETH_LOCKED, "ETHLocked(address,uint256)")                                      \
    X(OPSTACK_TOPIC_ETH_UNLOCKED, "ETHUnlocked(address,uint256)")                                  \
    X(OPSTACK_TOPIC_MESSAGE_PASSED,                                                                \
      "MessagePassed(uint256,address,address,uint256,uint256,bytes,bytes32)")                      \
    X(OPSTACK_TOPIC_PROVEN, "WithdrawalProven(bytes32,address,address)")                           \
    X(OPSTACK_TOPIC_PROVEN_BY, "WithdrawalProvenExtension1(bytes32,address)")                      \
    X(OPSTACK_TOPIC_FINALIZED, "WithdrawalFinalized(bytes32,bool)")                                \
    X(OPSTACK_TOPIC_GAME_BLACKLISTED, "DisputeGameBlacklisted(address)")                           \
    X(OPSTACK_TOPIC_RESPECTED_TYPE_SET, "RespectedGameTypeSet(uint32,uint64)")                     \
    X(OPSTACK_TOPIC_TYPE_SET, "RespectedGameTypeSet(uint32)")                                      \
    X(OPSTACK_TOPIC_RETIREMENT_SET, "RetirementTimestampSet(uint256)")                             \
    X(OPSTACK_TOPIC_PORTAL_MIGRATED, "PortalMigrated(address,address,address,address)")            \
    X(OPSTACK_TOPIC_OUTPUT_PROPOSED, "OutputProposed(bytes32,uint256,uint256,uint256)")            \
    X(OPSTACK_TOPIC_OUTPUTS_DELETED, "OutputsDeleted(uint256,uint256)")                            \
    X(OPSTACK_TOPIC_GAME_CREATED, "DisputeGameCreated(address,uint32,bytes32)")                    \
    X(OPSTACK_TOPIC_RELAYED, "RelayedMessage(bytes32)")                                            \
    X(OPSTACK_TOPIC_RELAY_FAILED, "FailedRelayedMessage(bytes32)")                                 \
    X(OPSTACK_TOPIC_UPGRADED, "Upgraded(address)")

#endif
