/* What the stages of withdrawals and deposits assure. */
#include "opstack/internal.h"

#define OUTPUTS "outputs"
#define GAMES   "games"

const char *opstack_variant(const struct cw_message *message) {
    struct opstack_evidence evidence;
    if (opstack_evidence_decode(&evidence, message->evidence) != CW_OK)
        return NULL;
    switch (evidence.reference.kind) {
    case OPSTACK_OUTPUTS:
        return OUTPUTS;
    case OPSTACK_GAMES:
        return GAMES;
    case OPSTACK_UNKNOWN:
        break;
    }
    return NULL;
}

const struct cw_level opstack_withdrawal_levels[] = {
    {
        .stage = CW_STAGE_SEEN,
        .name = "only the sequencer's word",
        .assured = "Its event is in a block that the sequencer made.",
        .risk = "The sequencer can replace that block as long as its data is not on the settlement "
                "layer, and the withdrawal is gone with it.",
        .waits = "a safe block of the rollup that includes it",
        .who = "the rollup's sequencer and its batcher",
    },
    {
        .stage = CW_STAGE_SAFE,
        .name = "its block follows from the settlement layer",
        .assured = "By the word of the rollup's nodes its block follows from data that is on the "
                   "settlement layer: the sequencer alone can't take it back.",
        .risk = "A reorganization of the settlement layer can take that data away, and with it the "
                "block.",
        .waits = "that data to be final on the settlement layer",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_SOURCE_FINAL,
        .name = "final on the rollup",
        .assured = "It is in a block of the rollup that is final by the word of as many operators "
                   "as the configuration asks for. The rollup will not forget it.",
        .risk = "The settlement layer knows of no root yet that counts and covers it. While nobody "
                "proposes a true one it can't be proven, however long that takes.",
        .waits = "an output, or a dispute game of the respected type, for a block at or after its "
                 "own",
        .who = "the proposer; anybody, where games are permissionless",
    },
    {
        .stage = CW_STAGE_ROOT_COMMITTED,
        .name = "a root is claimed, and not checked",
        .assured = "An output or a dispute game claims a root that would cover it.",
        .risk = "Nobody here has recomputed that root yet: it may be false. Then it is passed over "
                "for this withdrawal; but if nobody challenges it in time the portal pays whatever "
                "it proves, out of the ether that this withdrawal is paid from. Nodes may also "
                "forget the state that the proof is made of; then a later root has to serve.",
        .waits = "the root's block to be final here, and a node that proves its state",
        .who = "the rollup's finality, whoever runs nodes with old state; if the root is false, "
               "who may challenge it",
    },
    {
        .stage = CW_STAGE_ROOT_VERIFIED,
        .name = "root recomputed, proof ready",
        .assured = "The root was recomputed here from a final header of the rollup, and the "
                   "withdrawal is proved under it, down to its storage slot. The proof is kept, "
                   "also when nodes forget that state.",
        .risk = "A true root can be lost, too: its output deleted, its game lost for want of a "
                "defender, blacklisted or retired. Then it is proved under another one. No period "
                "has begun to run: that takes the prove transaction.",
        .waits = "the prove transaction",
        .who = "this relayer if its policy says so, else anybody with `causeway prove`; the "
               "guardian, while the portal is paused",
    },
    {
        .stage = CW_STAGE_PROVEN,
        .variant = OUTPUTS,
        .name = "proven, the challenge period runs",
        .assured = "The portal accepted a proof of it under an output, and nothing is finalized "
                   "under an output that was not recomputed here. It pays once both, proof and "
                   "output, are older than the finalization period.",
        .risk = "Until then the oracle's challenger, one account, can delete the output although "
                "it is true: it is then proven again on another one, and the period starts anew. "
                "No game decides about false outputs: one that the challenger does not delete in "
                "its period takes what this withdrawal is paid from.",
        .waits = "the finalization period of proof and output",
        .who = "nobody can shorten it; the challenger can delete, the guardian can pause",
        .until = true,
    },
    {
        .stage = CW_STAGE_PROVEN,
        .variant = GAMES,
        .name = "proven, the dispute game is not over",
        .assured =
            "The portal accepted a proof of it in a dispute game, and nothing is finalized "
            "in a game whose root was not recomputed here. It pays when the proof is mature, "
            "the game is resolved for its root, and the air gap after that has passed.",
        .risk =
            "A game is decided by who plays it: a true root that nobody defends while the "
            "clocks run can lose, and the guardian can blacklist or retire the game; it is then "
            "proven again in another one, and the proof matures anew. A false root elsewhere "
            "that nobody challenges until its clock runs out is let through all the same, and "
            "takes what this withdrawal is paid from, unless the guardian acts within the air "
            "gap.",
        .waits = "the proof's maturity, the game's resolution, the air gap",
        .who = "the game's players; anybody, who resolves it when its clocks ran out; the guardian "
               "can blacklist, retire, pause",
        .until = true,
    },
    {
        .stage = CW_STAGE_PROVEN,
        .name = "proven, the challenge period runs",
        .assured = "The portal accepted a proof of it, under a root that is not recomputed here "
                   "(yet). Nothing is finalized before it is.",
        .risk = "The root may be false, and a true one can be lost (deleted, its game lost, "
                "blacklisted or retired): it is then proven again under another one, and the "
                "periods start anew.",
        .waits = "the root to be recomputed, and the portal's periods to pass",
        .who = "whoever runs nodes with old state; who may challenge; the guardian",
        .until = true,
    },
    {
        .stage = CW_STAGE_CHALLENGE_OVER,
        .variant = OUTPUTS,
        .name = "may be finalized by anybody",
        .assured = "Proof and output are older than the finalization period: the output can't be "
                   "deleted any more, and the portal lets anybody finalize.",
        .risk = "The guardian can pause, and the contracts can be upgraded. If a false output was "
                "let through the portal may not have the ether. A raw withdrawal whose target "
                "reverts is spent for nothing by whoever finalizes it: this relayer holds it, a "
                "stranger need not.",
        .waits = "the finalize transaction",
        .who = "this relayer if its policy says so, else anybody; the guardian, while it is paused",
    },
    {
        .stage = CW_STAGE_CHALLENGE_OVER,
        .name = "may be finalized by anybody",
        .assured = "The proof is mature and the root's own periods are over, as the portal counts "
                   "them, and the root was recomputed here: anybody may finalize.",
        .risk =
            "Until somebody does the guardian can still blacklist or retire the game, or pause; "
            "in the first two cases it is proven again in another game. The contracts can be "
            "upgraded. If a false root was let through the portal may not have the ether. A raw "
            "withdrawal whose target reverts is spent for nothing by whoever finalizes it: this "
            "relayer holds it, a stranger need not.",
        .waits = "the finalize transaction",
        .who = "this relayer if its policy says so, else anybody; the guardian, while it is paused",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "finalized, its call failed",
        .assured = "A block of the settlement layer has the finalization. The call failed, and the "
                   "portal has spent the withdrawal.",
        .risk = "Only a reorganization of that block could bring it back. What it was to pay stays "
                "with the portal.",
        .waits = "the settlement layer's finality",
        .who = "nobody",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .outcome = CW_OUTCOME_RELAY_FAILED,
        .name = "finalized, its call failed and can be replayed",
        .assured =
            "A block of the settlement layer has the finalization. The L1 messenger recorded "
            "that the call failed, and keeps what it brought.",
        .risk = "The target may fail again. A reorganization can take the finalization back.",
        .waits = "the settlement layer's finality, and a relayMessage that succeeds",
        .who = "anybody; this relayer, where its policy replays and the route names the messenger",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .name = "delivered, not final",
        .assured = "A block of the settlement layer has the finalization. Whether its call "
                   "succeeded is what the outcome says.",
        .risk = "That block can still be reorganized. The withdrawal can then be finalized as "
                "before: nothing is lost but time.",
        .waits = "the settlement layer's finality",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_SUCCESS,
        .name = "delivered",
        .assured = "A final block of the settlement layer has the finalization, and its call "
                   "succeeded.",
        .risk = "Nothing short of a reorganization of final blocks of the settlement layer.",
        .waits = "",
        .who = "",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "spent for nothing",
        .assured =
            "It is finalized, in a final block, and its call failed. The portal has spent it "
            "and never tries again.",
        .risk = "Nothing more: what it was to pay stays with the portal.",
        .waits = "",
        .who = "",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_RELAY_FAILED,
        .name = "finalized, its call failed and can be replayed",
        .assured = "It is finalized, in a final block. The L1 messenger recorded that the call "
                   "failed, and keeps what it brought; this does not expire.",
        .risk = "The target may fail again, however often it is replayed.",
        .waits = "a relayMessage that succeeds",
        .who = "anybody; this relayer, where its policy replays and the route names the messenger",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .name = "finalized, outcome unknown",
        .assured = "It is finalized, in a final block of the settlement layer.",
        .risk = "How its call went is not known: the portal's event was not seen. If it failed the "
                "withdrawal is spent all the same.",
        .waits = "the event that says how its call went",
        .who = "an endpoint that gives the block's receipts",
    },
    {.stage = 0},
};

const struct cw_level opstack_deposit_levels[] = {
    {
        .stage = CW_STAGE_SEEN,
        .name = "may be reorganized",
        .assured = "Its event is in a new block of the settlement layer.",
        .risk =
            "That block can be replaced. The deposit is then gone, or comes in another block as "
            "another one: its id is made of the block's hash.",
        .waits = "its transaction on the rollup",
        .who = "the rollup's sequencer, which mostly waits for some blocks",
    },
    {
        .stage = CW_STAGE_SAFE,
        .name = "safe on the settlement layer",
        .assured = "Its event is in a block of the settlement layer that its nodes call safe.",
        .risk = "Validators can still agree on another block, at great cost.",
        .waits = "its transaction on the rollup",
        .who = "the rollup's sequencer",
    },
    {
        .stage = CW_STAGE_SOURCE_FINAL,
        .name = "final, not on the rollup yet",
        .assured = "It is in a final block of the settlement layer. The sequencer can put it off, "
                   "but not leave it out: when his window is over every node of the rollup derives "
                   "a block with it.",
        .risk = "It is tried once, with the gas that its sender gave it. What fails then can be "
                "replayed only if the L2 messenger recorded it.",
        .waits = "its transaction on the rollup",
        .who = "the sequencer, until his window is over; then nobody",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "failed on the rollup",
        .assured = "Its transaction is in a block of the rollup, and failed.",
        .risk = "Only a reorganization of the rollup could change that. What was minted for it "
                "stays with its sender there.",
        .waits = "the rollup's finality",
        .who = "nobody",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .outcome = CW_OUTCOME_RELAY_FAILED,
        .name = "its call failed and can be replayed",
        .assured =
            "Its transaction is in a block of the rollup. The L2 messenger recorded that the "
            "call failed, and keeps what it brought.",
        .risk = "The target may fail again. A reorganization of the rollup can undo the record.",
        .waits = "finality, and a relayMessage on the rollup that succeeds",
        .who = "anybody; this relayer, where its policy replays",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .name = "on the rollup, not final",
        .assured = "By the word of the rollup's nodes its transaction is in a block, and did what "
                   "it was to do.",
        .risk = "The block can still be replaced, until the data that it follows from is final on "
                "the settlement layer. The deposit then comes again in another one.",
        .waits = "the rollup's finality",
        .who = "the rollup's batcher, the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "failed for good",
        .assured = "Its transaction failed, in a final block of the rollup. Nothing recorded the "
                   "call: it can't be tried again.",
        .risk = "Nothing more: what was minted for it stays with its sender there.",
        .waits = "",
        .who = "",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_RELAY_FAILED,
        .name = "its call failed and can be replayed",
        .assured =
            "The L2 messenger recorded in a final block that the call failed, and keeps what "
            "it brought; this does not expire.",
        .risk = "The target may fail again, however often it is replayed.",
        .waits = "a relayMessage on the rollup that succeeds",
        .who = "anybody; this relayer, where its policy replays",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .name = "delivered",
        .assured = "Its transaction did what it was to do, in a block of the rollup that is final "
                   "by the word of as many operators as the configuration asks for.",
        .risk = "Nothing short of a reorganization of final blocks, or of operators who all lie: "
                "what happened on the rollup is not proved.",
        .waits = "",
        .who = "",
    },
    {.stage = 0},
};
