#include <adapters/adapter.h>

#include <string.h>

static const struct cw_level gone = {
    .name = "its block is gone",
    .assured = "Nothing: the block that it was sent in was replaced by another one.",
    .risk = "It need not come again: then it was never sent. In another block it may have another "
            "place, and where the id is made of the place, another id.",
    .waits = "a block that has it",
    .who = "whoever makes the source's blocks; its sender, who can send it again",
};

static const struct cw_level dead = {
    .name = "lost",
    .assured = "Nothing: it can never be delivered, for the reason that stands with it.",
    .risk = "Nothing more. A reorganization of the destination that undoes the reason brings it "
            "back.",
    .waits = "",
    .who = "",
};

/* A list names what is special before what is general. */
static bool fits(const struct cw_level *level, enum cw_stage stage, enum cw_outcome outcome,
                 const char *variant) {
    return level->stage == stage &&
           (level->outcome == CW_OUTCOME_UNKNOWN || level->outcome == outcome) &&
           (level->variant == NULL || (variant != NULL && strcmp(level->variant, variant) == 0));
}

const struct cw_level *cw_level_of_stage(const struct cw_adapter_ops *ops, enum cw_stage stage,
                                         enum cw_outcome outcome, const char *variant) {
    for (const struct cw_level *level = ops->levels; level->stage != 0; level++)
        if (fits(level, stage, outcome, variant))
            return level;
    return NULL;
}

const struct cw_level *cw_level_of(const struct cw_adapter_ops *ops,
                                   const struct cw_message *message, enum cw_condition condition,
                                   bool orphaned) {
    if (condition == CW_DEAD)
        return &dead;
    if (orphaned)
        return &gone;
    return cw_level_of_stage(ops, message->stage, message->outcome,
                             ops->variant != NULL ? ops->variant(message) : NULL);
}
