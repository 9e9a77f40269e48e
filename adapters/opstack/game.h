/* What the portal's rules say of one dispute game. Shared by advance_game.c and advance_search.c.
 */
#ifndef OPSTACK_GAME_H
#define OPSTACK_GAME_H

#include "opstack/look.h"

/* Source: contracts-bedrock dispute/lib/Types.sol, GameStatus. */
enum game_status { GAME_IN_PROGRESS = 0, GAME_CHALLENGER_WINS = 1, GAME_DEFENDER_WINS = 2 };

/* The rules that the portal holds games to now. */
struct game_rules {
    uint32_t type;
    uint64_t since_s; /* games of before are retired */
    bool paused;
};

struct game_claim {
    struct cw_hash32 root; /* as the game has it */
    uint64_t at;           /* L2 block; of a super game a timestamp */
    bool is_super;
    struct cw_slice preimage; /* of a super game, where it has it; borrowed from an answer */
    struct cw_hash32 output;  /* our chain's in it */
};

struct game {
    struct cw_addr20 at;
    uint64_t created_s;
    uint64_t status;
    bool blacklisted;
    bool respected; /* its type, as the portal's version wants it */
    bool improper;  /* the registry does not count it, or counts none while it is paused */
    bool refused;   /* the registry would not let it be finalized in now */
    struct game_claim claim;
    bool readable; /* it answers like a fault dispute game */
};

/* Whether a game of that age is retired. */
bool game_retired(const struct look *look, const struct game_rules *rules, uint64_t created_s);
/* "" when a proof in this game counts; else a phrase for people. For proving, the factory's type
 * must be the respected one besides. */
const char *game_fault(const struct look *look, const struct game_rules *rules,
                       const struct game *game);

/* Readers as in look.h. */
/* status, blacklisted, respected, improper */
void game_read_verdict(struct look *look, struct game *game);
void game_read_refusal(struct look *look, struct game *game); /* refused */
void game_read_claim(struct look *look, struct game *game);   /* claim */

/* --- super.c --- */

/* Whether games of that type claim roots over several chains, where there are such. Source:
 * contracts-bedrock dispute/lib/Types.sol (GameTypes). */
bool game_is_super(const struct cw_adapter *adapter, uint64_t type);
/* What a root over our chain alone is over, with that output; p NULL: the arena is full. */
struct cw_slice game_own_preimage(const struct cw_adapter *adapter, struct cw_arena *arena,
                                  uint64_t at_s, const struct cw_hash32 *output);
/* By the game's type, root claim and extra data. False: nothing can be proved under it. */
bool game_claim_read(const struct cw_adapter *adapter, uint64_t type, const struct cw_hash32 *root,
                     struct cw_slice extra, struct game_claim *ret);
/* Whether it is for the message's block or a later one; for one that is final here. */
bool game_claim_covers(const struct look *look, const struct game_claim *claim);
bool game_claim_is_final(const struct look *look, const struct game_claim *claim);
/* Whether the evidence is under that very claim. */
bool game_claim_is(const struct opstack_evidence *evidence, const struct game_claim *claim);
/* The last block that is not later than a time that is final, nor earlier than the message's. */
enum look_proved game_block_at(struct look *look, uint64_t at_s, uint64_t *ret,
                               const char **ret_text);
/* As look_prove_root(). */
enum look_proved game_prove_claim(struct look *look, const struct game_claim *claim,
                                  struct opstack_evidence *ret, const char **ret_text);

/* Before anything that the progress says is used: what was found out under other rules, or on a
 * list that has shrunk below it, is void. */
void game_check_progress(struct look *look, const struct game_rules *rules, uint64_t count);

struct game_search {
    const struct game_rules *rules;
    uint64_t count;        /* of all games */
    const char *why_again; /* why an earlier proof does not count; "" when there is none */
    bool late;             /* rounds were spent before: the shortest way only */
    bool newest;           /* what is old cannot be proved any more: from the newest game down */
};

/* advance_search.c: the earliest game that covers the message, evidence under it, prove. */
void game_search(struct look *look, const struct game_search *search);
/* Asks, and only asks, what game_search() will ask first; page: the newest games too. */
void game_search_ahead(struct look *look, const struct game_search *search, bool page);

#endif
