/* Messages that are to be looked at again, by what they have in common: picked alike by who asks
 * what would be done, and by the daemon that does it. */
#ifndef WORK_PICK_H
#define WORK_PICK_H

#include "store/store.h"

#define CW_PICK_MAX 200u /* messages in one transaction */

struct cw_pick {
    char route[CW_ROUTE_NAME_SIZE]; /* "": any */
    bool by_stage, by_condition, by_sender, by_target, by_tx;
    enum cw_stage stage;
    enum cw_condition condition;
    struct cw_addr20 sender, target;
    struct cw_hash32 tx;   /* source transaction */
    uint64_t from_s, to_s; /* time of the source block; 0: not said */
    uint64_t limit;        /* 1 to CW_PICK_MAX, of those that are looked at and of the others */
};

/* It leaves nothing out. */
bool cw_pick_is_all(const struct cw_pick *pick);

/* As the arguments of a command, and back. CW_ERR_INPUT: they are none. */
void cw_pick_write(char out[CW_COMMAND_ARGS_SIZE], const struct cw_pick *pick);
CW_MUST_USE enum cw_err cw_pick_read(struct cw_pick *ret, const char *args);

/* Why the verb (retry, release) would do nothing in that condition; NULL: it does something. */
const char *cw_pick_pointless(const char *verb, enum cw_condition condition);

/* Waiting ones first, then dead, ready and held ones, each newest first; what is delivered for good
 * only where that is asked for. Those for which a retry is pointless stand in others. Without
 * payload, progress and evidence. */
struct cw_picked {
    struct cw_store_message *list, *others;
    size_t n, others_n;
};
/* CW_ERR_INPUT: there is no such route. */
CW_MUST_USE enum cw_err cw_pick_find(struct cw_store *store, const struct cw_pick *pick,
                                     struct cw_arena *arena, struct cw_picked *ret,
                                     struct cw_error *error);

#endif
