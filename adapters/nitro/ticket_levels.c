#include "nitro/ticket.h"

const struct cw_level ticket_levels[] = {
    {
        .stage = CW_STAGE_SEEN,
        .name = "may be reorganized",
        .assured = "The bridge took it in, in a new block of the settlement layer.",
        .risk = "That block can be replaced. The message is then gone, or comes again with another "
                "number or fee and is another one.",
        .waits = "the settlement layer's finality; the rollup waits for it, too",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_SAFE,
        .name = "safe on the settlement layer",
        .assured = "The bridge took it in, in a block that the settlement layer's nodes call safe.",
        .risk = "Validators can still agree on another block, at great cost.",
        .waits = "the settlement layer's finality",
        .who = "nobody in particular: the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_SOURCE_FINAL,
        .name = "final, not on the rollup yet",
        .assured =
            "It is in the bridge's delayed inbox, in a final block. The sequencer can put it "
            "off, but can't leave it out for good: later on anybody may force it in.",
        .risk = "A ticket for which too little was paid is not made at all. One that is made is "
                "tried once with the gas that its sender paid for, which may be none.",
        .waits = "the rollup to take it in",
        .who =
            "the sequencer; when the delay of the SequencerInbox is over (mostly a day) anybody, "
            "by forceInclusion",
    },
    {
        .stage = CW_STAGE_CHALLENGE_OVER,
        .name = "on the rollup, not run",
        .assured = "The rollup took the message in, by the word of as many operators as the "
                   "configuration asks for. As long as its ticket is there anybody may redeem it, "
                   "and a retry that fails leaves it there.",
        .risk = "The ticket expires, mostly after a week: its call is then lost for good, and its "
                "value goes to its callValueRefundAddress. Its beneficiary can cancel it at any "
                "time. A target that reverts keeps it from being redeemed.",
        .waits = "a redeem whose retry goes well",
        .who = "this relayer if its policy says so, else anybody, by redeem on 0x6E; anybody can "
               "prolong it there with keepalive; its beneficiary can cancel it",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "the deposit failed",
        .assured = "The rollup took the deposit in, and did not make it as it was meant.",
        .risk = "Only a reorganization of the rollup could change that. The ether stays with its "
                "sender there, or went where the rollup's filter sends it.",
        .waits = "the rollup's finality",
        .who = "nobody",
    },
    {
        .stage = CW_STAGE_EXECUTED,
        .name = "run on the rollup, not final",
        .assured = "By the receipt that the rollup's operators give, its retry went well, or its "
                   "deposit was made.",
        .risk =
            "The block can still be replaced, until its batch is final on the settlement layer. "
            "The ticket is then there again, and can be redeemed again before it expires.",
        .waits = "the rollup's finality",
        .who = "the rollup's batch poster, the settlement layer's validators",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .outcome = CW_OUTCOME_CALL_FAILED,
        .name = "the deposit failed",
        .assured =
            "The rollup took the deposit in, in a final block, and did not make it as it was "
            "meant.",
        .risk = "Nothing more: the ether stays with its sender there, or went where the rollup's "
                "filter sends it.",
        .waits = "",
        .who = "",
    },
    {
        .stage = CW_STAGE_EXECUTED_FINAL,
        .name = "delivered",
        .assured = "Its retry went well, or its deposit was made, in a block of the rollup that is "
                   "final by the word of as many operators as the configuration asks for.",
        .risk = "Nothing short of a reorganization of final blocks, or of operators who all lie: "
                "what happened on the rollup is not proved.",
        .waits = "",
        .who = "",
    },
    {.stage = 0},
};
