#include "cli/levels.h"

const struct cw_adapter_ops *cw_cli_adapter(const struct cw_store_route_row *route) {
    return route != NULL ? cw_adapter_find(route->stack, route->direction) : NULL;
}

const struct cw_level *cw_cli_level(const struct cw_cli_view *view,
                                    const struct cw_store_message *message) {
    const struct cw_adapter_ops *ops = cw_cli_adapter(cw_cli_route(view, message->route));
    return ops != NULL ? cw_level_of(ops, &message->m, message->condition, message->orphaned)
                       : NULL;
}

uint64_t cw_cli_level_until(const struct cw_level *level, const struct cw_store_message *message) {
    return level->until && message->condition == CW_WAITING ? message->due_chain_s : 0;
}

void cw_out_level(struct cw_buf *out, const struct cw_level *level) {
    cw_out_text(out, "name", level->name);
    cw_out_text(out, "assured", level->assured);
    cw_out_text(out, "risk", level->risk);
    cw_out_some(out, "waitsFor", level->waits);
    cw_out_some(out, "who", level->who);
}

void cw_out_levels(struct cw_buf *out, const struct cw_adapter_ops *ops) {
    cw_out_open(out, NULL, '{');
    cw_out_text(out, "stack", ops->name);
    cw_out_text(out, "direction", ops->direction);
    cw_out_open(out, "levels", '[');
    for (const struct cw_level *level = ops->levels; level->stage != 0; level++) {
        cw_out_open(out, NULL, '{');
        cw_out_text(out, "stage", cw_stage_name(level->stage));
        if (level->outcome != CW_OUTCOME_UNKNOWN)
            cw_out_text(out, "outcome", cw_outcome_name(level->outcome));
        if (level->variant != NULL)
            cw_out_text(out, "variant", level->variant);
        cw_out_level(out, level);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
    cw_out_close(out, '}');
}
