#include "nitro/exit.h"

const struct cw_level exit_levels[] = {
    {
        .stage = CW_STAGE_SEEN,
        .name = "only the sequencer's word",
        .assured = "Its event is in a block that the sequencer made.",
        .risk =
            "The sequencer can replace that block as long as its batch is not on the settlement "
            "layer. The message is then gone, or has another place in the send tree and is "
            "another one.",
        .waits = "a safe block of the rollup that includes it",
        .who = "the rollup's sequencer, its batch poster",
    },
    {
        .stage = CW_STAGE_SAFE,
        .name = "its block follows from the settlement layer",
        .assured =
            "By the word of the rollup's nodes the batch with its block is on the settlement "
            "layer, in a block that is safe there.",
        .risk = "A reorganization of the settlement layer can take the batch away.",
        .waits = "the batch to be final on the settlement layer",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_SOURCE_FINAL,
        .name = "final on the rollup",
        .assured = "It is in a block of the rollup that is final by the word of as many operators "
                   "as the configuration asks for, and its place in the send tree is fixed.",
        .risk = "No assertion that covers it is known here. While validators assert nothing, or "
                "nothing true, it can't be executed.",
        .waits = "an assertion for a block at or after its own",
        .who = "the rollup's validators; anybody, where its list of them is off",
    },
    {
        .stage = CW_STAGE_ROOT_COMMITTED,
        .name = "a root is claimed, not proved under",
        .assured = "An assertion about a block at or after its own is on the settlement layer, "
                   "perhaps confirmed already; it is not proved under its send root yet.",
        .risk =
            "An assertion can be false, or lose a dispute: then the message waits for another "
            "one. A false one that nobody disputes until its time is over is confirmed, and its "
            "root stays in the Outbox for good: this message is never executed under it, but "
            "whoever made it can take what this message is paid from.",
        .waits =
            "the confirmation of the assertion, its block to be final here, and the path in the "
            "send tree",
        .who = "validators, who can dispute; the rollup's owner, who can pause it or confirm at "
               "once",
        .until = true,
    },
    {
        .stage = CW_STAGE_ROOT_VERIFIED,
        .name = "root recomputed, proof ready",
        .assured = "The confirmed send root is that of a final header of the rollup, recomputed "
                   "here, and the message is proved under it.",
        .risk = "The call is not made yet, and may not be for a moment: nothing of the proof can "
                "be lost, since confirmed roots stay.",
        .waits = "the execute transaction to be made",
        .who = "this relayer",
    },
    {
        .stage = CW_STAGE_CHALLENGE_OVER,
        .name = "may be executed by anybody",
        .assured = "The Outbox has a confirmed send root that was recomputed here from a final "
                   "header of the rollup, and the message is proved under it. Roots there do not "
                   "expire, and a call that fails spends nothing.",
        .risk = "The target may revert for as long as it likes. The rollup's owner can upgrade the "
                "contracts, or take the Outbox from the bridge. If a false root was confirmed the "
                "bridge may not have the ether.",
        .waits = "the execute transaction",
        .who = "this relayer if its policy says so, else anybody with `causeway prove`",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .name = "delivered, not final",
        .assured =
            "A block of the settlement layer has the execution; the target's call succeeded, "
            "or the Outbox would have undone all of it.",
        .risk = "That block can still be reorganized. The message can then be executed as before: "
                "nothing is lost but time.",
        .waits = "the settlement layer's finality",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .name = "delivered",
        .assured = "A final block of the settlement layer has the execution, and the target's call "
                   "succeeded.",
        .risk = "Nothing short of a reorganization of final blocks of the settlement layer.",
        .waits = "",
        .who = "",
    },
    {.stage = 0},
};
