#include "work/pick.h"

#include "store/command_args.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool cw_pick_is_all(const struct cw_pick *p) {
    return p->route[0] == '\0' && !p->by_stage && !p->by_condition && !p->by_sender &&
           !p->by_target && !p->by_tx && p->from_s == 0 && p->to_s == 0;
}

/* --- as arguments ----------------------------------------------------------------------------- */

void cw_pick_write(char out[CW_COMMAND_ARGS_SIZE], const struct cw_pick *p) {
    char hex[CW_HEX_SIZE(32)];
    out[0] = '\0';
    if (p->route[0] != '\0')
        cw_command_arg_put(out, "route", p->route);
    if (p->by_stage)
        cw_command_arg_put(out, "stage", cw_stage_name(p->stage));
    if (p->by_condition)
        cw_command_arg_put(out, "condition", cw_condition_name(p->condition));
    if (p->by_sender)
        cw_command_arg_put(out, "sender", cw_hex_encode(hex, cw_slice_of(p->sender.b, 20)));
    if (p->by_target)
        cw_command_arg_put(out, "target", cw_hex_encode(hex, cw_slice_of(p->target.b, 20)));
    if (p->by_tx)
        cw_command_arg_put(out, "tx", cw_hex_encode(hex, cw_slice_of(p->tx.b, 32)));
    cw_command_arg_put_u64(out, "from", p->from_s);
    cw_command_arg_put_u64(out, "to", p->to_s);
    cw_command_arg_put_u64(out, "limit", p->limit);
}

enum cw_err cw_pick_read(struct cw_pick *ret, const char *args) {
    struct cw_pick p = {.limit = cw_command_arg_u64(args, "limit")};
    char stage[24], condition[24];
    cw_command_arg(args, "route", p.route, sizeof p.route);
    p.by_stage = cw_command_arg(args, "stage", stage, sizeof stage)[0] != '\0';
    p.by_condition = cw_command_arg(args, "condition", condition, sizeof condition)[0] != '\0';
    p.from_s = cw_command_arg_u64(args, "from");
    p.to_s = cw_command_arg_u64(args, "to");
    if ((p.by_stage && !cw_stage_parse(&p.stage, stage)) ||
        (p.by_condition && !cw_condition_parse(&p.condition, condition)) ||
        !cw_command_arg_bytes(args, "sender", p.sender.b, 20, &p.by_sender) ||
        !cw_command_arg_bytes(args, "target", p.target.b, 20, &p.by_target) ||
        !cw_command_arg_bytes(args, "tx", p.tx.b, 32, &p.by_tx) || p.limit == 0 ||
        p.limit > CW_PICK_MAX)
        return CW_ERR_INPUT;
    *ret = p;
    return CW_OK;
}

/* --- which ------------------------------------------------------------------------------------ */

const char *cw_pick_pointless(const char *verb, enum cw_condition condition) {
    if (condition == CW_DONE)
        return "it is delivered for good";
    if (strcmp(verb, "retry") == 0 && condition == CW_HELD)
        return "it is held: release lets it go";
    if (strcmp(verb, "release") == 0 && condition != CW_HELD)
        return "it is not held";
    return NULL;
}

static void take(struct cw_store_message *list, size_t *n, size_t most,
                 const struct cw_store_message *more, size_t more_n) {
    for (size_t i = 0; i < more_n && *n < most; i++)
        list[(*n)++] = more[i];
}

enum cw_err cw_pick_find(struct cw_store *store, const struct cw_pick *pick, struct cw_arena *arena,
                         struct cw_picked *ret, struct cw_error *error) {
    static const enum cw_condition order[] = {CW_WAITING, CW_DEAD, CW_READY, CW_HELD, CW_DONE};
    const size_t most = (size_t)pick->limit;
    struct cw_picked picked = {cw_arena_array(arena, most, sizeof *picked.list),
                               cw_arena_array(arena, most, sizeof *picked.list), 0, 0};
    struct cw_store_message_filter filter = {.by_stage = pick->by_stage,
                                             .by_condition = true,
                                             .stage = pick->stage,
                                             .tx = pick->by_tx ? &pick->tx : NULL,
                                             .sender = pick->by_sender ? &pick->sender : NULL,
                                             .target = pick->by_target ? &pick->target : NULL,
                                             .from_s = pick->from_s,
                                             .to_s = pick->to_s,
                                             .limit = most};
    struct cw_store_route_row route;
    enum cw_err err = picked.list && picked.others
                          ? CW_OK
                          : cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    if (err == CW_OK && pick->route[0] != '\0') {
        err = cw_store_route_get(store, pick->route, &route, error);
        filter.route = err == CW_OK ? route.row : 0;
    }
    for (size_t i = 0; err == CW_OK && i < CW_COUNT(order); i++) {
        struct cw_store_message *list = NULL;
        size_t n = 0;
        if (pick->by_condition ? order[i] != pick->condition : order[i] == CW_DONE)
            continue;
        filter.condition = order[i];
        err = cw_store_messages(store, &filter, arena, &list, &n, error);
        if (err == CW_OK && cw_pick_pointless("retry", order[i]) == NULL)
            take(picked.list, &picked.n, most, list, n);
        else if (err == CW_OK)
            take(picked.others, &picked.others_n, most, list, n);
    }
    if (err == CW_OK)
        *ret = picked;
    return err;
}
