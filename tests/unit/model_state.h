/* The state of a settlement layer, as far as standing invariants look at it: balances, and where
 * proxies keep their code and admin. */
#ifndef MODEL_STATE_H
#define MODEL_STATE_H

#include <adapters/io.h>

struct model_account {
    struct cw_addr20 at;
    struct cw_u256 balance;
    struct cw_hash32 code, admin, code_2; /* zero: the slot is empty; code: the account has none */
    struct cw_u256 newer;                 /* the balance in blocks above the state's final_block */
    struct cw_hash32 planted;             /* what some slot has in those blocks; zero: nothing */
};

struct model_state {
    struct model_account accounts[4];
    size_t accounts_n;
    uint64_t final_block; /* 0: all blocks have the same state */
    bool hidden;          /* nobody proves it */
};

/* The header of a block with that state; its time is its number. Only the first one above
 * final_block names its parent. */
void model_state_header(const struct model_state *state, struct cw_arena *arena, uint64_t number,
                        struct cw_header *ret);
/* As a watcher names it. */
struct cw_block_ref model_state_block(const struct model_state *state, struct cw_arena *arena,
                                      uint64_t number);
/* Answers a request for a proof. */
void model_state_prove(const struct model_state *state, struct cw_arena *arena,
                       const struct cw_request *request, struct cw_answer *ret);

#endif
