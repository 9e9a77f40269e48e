#include "opstack/internal.h"

#include <stdio.h>
#include <string.h>

/* What each revert means. Sources: the errors in abi_constants.h; texts of contracts-bedrock
 * OptimismPortal 1.0 to 2.8, OptimismPortal2 3.0 to 3.14, L2OutputOracle, CrossDomainMessenger 1.0
 * to 2.4, SafeCall, MerkleTrie and RLPReader. */
struct by_code {
    uint32_t code;
    enum cw_revert_class class_;
    const char *reason;
};
struct by_text {
    const char *text;
    bool prefix; /* text is how it begins */
    enum cw_revert_class class_;
    const char *reason;
};

static const struct by_code codes[] = {
    {ERR_CALL_PAUSED, CW_REVERT_WAIT, "paused"},
    {ERR_CALL_PAUSED_V4, CW_REVERT_WAIT, "paused"},
    {ERR_PROOF_NOT_OLD_ENOUGH_V4, CW_REVERT_WAIT, "proof_maturing"},
    {ERR_PROPOSAL_NOT_VALIDATED, CW_REVERT_WAIT, "game_in_progress"},
    {ERR_INVALID_PROOF_TIMESTAMP_V4, CW_REVERT_WAIT, "game_too_young"},
    {ERR_NON_REENTRANT, CW_REVERT_WAIT, "reentered"},
    {ERR_NO_REENTRANCY_V4, CW_REVERT_WAIT, "reentered"},
    {ERR_BLACKLISTED, CW_REVERT_PROVE_AGAIN, "game_blacklisted"},
    {ERR_INVALID_GAME_TYPE, CW_REVERT_PROVE_AGAIN, "game_not_respected"},
    {ERR_LEGACY_GAME, CW_REVERT_PROVE_AGAIN, "game_not_respected"},
    {ERR_INVALID_DISPUTE_GAME, CW_REVERT_PROVE_AGAIN, "game_lost"},
    {ERR_INVALID_DISPUTE_GAME_V4, CW_REVERT_PROVE_AGAIN, "game_lost"},
    {ERR_UNPROVEN, CW_REVERT_PROVE_AGAIN, "unproven"},
    {ERR_UNPROVEN_V4, CW_REVERT_PROVE_AGAIN, "unproven"},
    /* A pause makes every game improper. */
    {ERR_IMPROPER_DISPUTE_GAME_V4, CW_REVERT_ASK, "game_improper"},
    {ERR_INVALID_ROOT_CLAIM_V4, CW_REVERT_ASK, "root_claim_refused"},
    {ERR_INVALID_PROOF, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_OUTPUT_ROOT_PROOF_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_MERKLE_PROOF, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_MERKLE_PROOF_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_WRONG_PROOF_METHOD_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_SUPER_ROOT_PROOF_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_OUTPUT_INDEX_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_OUTPUT_CHAIN_V4, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_EMPTY_ITEM, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_UNEXPECTED_STRING, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_DATA_REMAINDER, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_UNEXPECTED_LIST, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_CONTENT_LENGTH_MISMATCH, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_INVALID_HEADER, CW_REVERT_REBUILD, "proof_refused"},
    {ERR_OUT_OF_GAS, CW_REVERT_MORE_GAS, "gas"},
    /* Only a sender that is the estimation address gets these: the inner call failed. */
    {ERR_GAS_ESTIMATION, CW_REVERT_TARGET, "target_reverts"},
    {ERR_GAS_ESTIMATION_V4, CW_REVERT_TARGET, "target_reverts"},
    {ERR_ALREADY_FINALIZED, CW_REVERT_DONE, "finalized"},
    {ERR_ALREADY_FINALIZED_V4, CW_REVERT_DONE, "finalized"},
    {ERR_BAD_TARGET, CW_REVERT_DEAD, "bad_target"},
    {ERR_BAD_TARGET_V4, CW_REVERT_DEAD, "bad_target"},
    {ERR_NOT_ALLOWED_ON_CGT_V4, CW_REVERT_DEAD, "not_allowed_with_gas_token"},
};

#define PORTAL_SAYS    "OptimismPortal: "
#define MESSENGER_SAYS "CrossDomainMessenger: "

static const struct by_text texts[] = {
    {PORTAL_SAYS "paused", false, CW_REVERT_WAIT, "paused"},
    {PORTAL_SAYS "proven withdrawal finalization period has not elapsed", false, CW_REVERT_WAIT,
     "proof_maturing"},
    {PORTAL_SAYS "proven withdrawal has not matured yet", false, CW_REVERT_WAIT, "proof_maturing"},
    {PORTAL_SAYS "output proposal finalization period has not elapsed", false, CW_REVERT_WAIT,
     "output_maturing"},
    {PORTAL_SAYS "output proposal in air-gap", false, CW_REVERT_WAIT, "air_gap"},
    {PORTAL_SAYS "output proposal has not been validated", false, CW_REVERT_WAIT,
     "game_in_progress"},
    {PORTAL_SAYS "can only trigger one withdrawal per transaction", false, CW_REVERT_WAIT,
     "reentered"},
    {"L2OutputOracle: cannot get output for a block that has not been proposed", false,
     CW_REVERT_WAIT, "no_root"},
    {"L2OutputOracle: cannot get output as no outputs have been proposed yet", false,
     CW_REVERT_WAIT, "no_root"},
    {PORTAL_SAYS "output root proven is not the same as current output root", false,
     CW_REVERT_PROVE_AGAIN, "output_replaced"},
    {PORTAL_SAYS "dispute game created before respected game type was updated", false,
     CW_REVERT_PROVE_AGAIN, "game_retired"},
    /* Proven in the block that created the game: that proof can never be finalized. */
    {PORTAL_SAYS "withdrawal timestamp less than dispute game creation timestamp", false,
     CW_REVERT_PROVE_AGAIN, "proven_too_early"},
    {PORTAL_SAYS "dispute game has been blacklisted", false, CW_REVERT_PROVE_AGAIN,
     "game_blacklisted"},
    {PORTAL_SAYS "invalid game type", false, CW_REVERT_PROVE_AGAIN, "game_not_respected"},
    {PORTAL_SAYS "cannot prove against invalid dispute games", false, CW_REVERT_PROVE_AGAIN,
     "game_lost"},
    {PORTAL_SAYS "withdrawal has not been proven", true, CW_REVERT_PROVE_AGAIN, "unproven"},
    {PORTAL_SAYS "withdrawal timestamp less than L2 Oracle starting timestamp", false,
     CW_REVERT_ASK, "proven_before_oracle"},
    {PORTAL_SAYS "invalid output root proof", false, CW_REVERT_REBUILD, "proof_refused"},
    {PORTAL_SAYS "invalid withdrawal inclusion proof", false, CW_REVERT_REBUILD, "proof_refused"},
    {"MerkleTrie: ", true, CW_REVERT_REBUILD, "proof_refused"},
    {"RLPReader: ", true, CW_REVERT_REBUILD, "proof_refused"},
    {"SafeCall: Not enough gas", false, CW_REVERT_MORE_GAS, "gas"},
    {PORTAL_SAYS "insufficient gas to finalize withdrawal", false, CW_REVERT_MORE_GAS, "gas"},
    {PORTAL_SAYS "withdrawal failed", false, CW_REVERT_TARGET, "target_reverts"},
    {PORTAL_SAYS "withdrawal has already been finalized", false, CW_REVERT_DONE, "finalized"},
    {PORTAL_SAYS "withdrawal hash has already been proven", true, CW_REVERT_DONE, "proven"},
    {PORTAL_SAYS "you cannot send messages to the portal contract", false, CW_REVERT_DEAD,
     "bad_target"},
    /* Of a replay, whose sender is the estimation address. The target may mend any day. */
    {MESSENGER_SAYS "failed to relay message", false, CW_REVERT_TARGET_KEPT, "target_reverts"},
    {MESSENGER_SAYS "paused", false, CW_REVERT_WAIT, "paused"},
    {"Pausable: paused", false, CW_REVERT_WAIT, "paused"},
    {MESSENGER_SAYS "message has already been relayed", false, CW_REVERT_DONE, "relayed"},
    {MESSENGER_SAYS "message cannot be replayed", false, CW_REVERT_ASK, "not_failed"},
};

static bool says(struct cw_slice text, const struct by_text *known) {
    size_t n = strlen(known->text);
    return (known->prefix ? text.n >= n : text.n == n) && memcmp(text.p, known->text, n) == 0;
}

static void classify(struct cw_slice data, enum opstack_flavour flavour, struct cw_revert *ret,
                     const char **reason) {
    struct cw_slice text;
    uint64_t code;
    if (cw_abi_revert_reason(&text, data) == CW_OK) {
        for (size_t i = 0; i < CW_COUNT(texts); i++) {
            if (says(text, &texts[i])) {
                ret->class_ = texts[i].class_;
                *reason = texts[i].reason;
                return;
            }
        }
    } else if (cw_abi_revert_panic(&code, data) == CW_OK) {
        /* 0x32: an index beyond the list of outputs, or of games. */
        if (code == 0x32 && flavour == OPSTACK_OUTPUTS) {
            ret->class_ = CW_REVERT_WAIT;
            *reason = "output_deleted";
        } else if (code == 0x32) {
            ret->class_ = CW_REVERT_ASK;
            *reason = "no_such_game";
        }
    } else if (data.n == 4) {
        for (size_t i = 0; i < CW_COUNT(codes); i++) {
            if (cw_selector_is(data, codes[i].code)) {
                ret->class_ = codes[i].class_;
                *reason = codes[i].reason;
                return;
            }
        }
    }
}

void opstack_revert(const struct cw_adapter *adapter, const struct cw_message *message,
                    const char *step, struct cw_slice data, struct cw_revert *ret) {
    char text[CW_REVERT_TEXT_SIZE];
    const char *reason = "unknown_revert";
    (void)message;
    memset(ret, 0, sizeof *ret);
    ret->class_ = CW_REVERT_UNKNOWN;
    classify(data, adapter->flavour, ret, &reason);
    /* Nothing but proving takes a proof: evidence is not thrown away for an answer like that. */
    if (ret->class_ == CW_REVERT_REBUILD && strcmp(step, OPSTACK_PROVE) != 0) {
        ret->class_ = CW_REVERT_UNKNOWN;
    }
    cw_abi_revert_text(text, data);
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    snprintf(ret->detail, sizeof ret->detail, "%s: %.200s", step, text);
}
