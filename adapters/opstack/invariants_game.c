/* How a dispute game stands, and how it will end. */
#include "opstack/invariants.h"

#include "opstack/events.h"

#include <string.h>

/* So many claims of a game are read; each took its maker a bond. */
#define CLAIMS_MAX 160u
/* Less of the clock than one part in so many is left: near its end. */
#define NEAR_PART 4u

/* Source: contracts-bedrock dispute/lib/Types.sol, GameTypes. */
enum {
    TYPE_CANNON = 0,
    TYPE_PERMISSIONED = 1,
    TYPE_ASTERISC = 2,
    TYPE_ASTERISC_KONA = 3,
    TYPE_SUPER_PERMISSIONED = 5,
    TYPE_CANNON_KONA = 8,
    TYPE_FAST = 254,
    TYPE_ALPHABET = 255
};

static bool is_known(const struct cw_adapter *adapter, uint64_t type) {
    switch (type) {
    case TYPE_CANNON:
    case TYPE_PERMISSIONED:
    case TYPE_ASTERISC:
    case TYPE_ASTERISC_KONA:
    case TYPE_CANNON_KONA:
    case TYPE_FAST:
    case TYPE_ALPHABET:
        return true;
    }
    return game_is_super(adapter, type);
}

/* --- what it claims --------------------------------------------------------------------------- */

/* One word that every game has; anything else makes it no game that is known here. */
static bool read_word(struct op_judge *j, struct op_fate *fate, uint32_t selector,
                      struct cw_u256 *ret) {
    struct cw_slice data;
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at, selector,
                                  NULL, 0, &data);
    if (got == LOOK_GOT && data.n == 32) {
        *ret = cw_u256_from_be(data.p);
        return true;
    }
    if (got != LOOK_NOTHING) {
        fate->game.readable = false;
    }
    return false;
}

/* Anybody may claim a root for a number that is none of a block. */
static void read_block(struct op_judge *j, struct op_fate *fate) {
    struct cw_slice data;
    struct cw_u256 at = {{0}};
    const bool later = !cw_addr20_is_zero(&j->adapter->registry) &&
                       look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at,
                                 SEL_GAME_SEQUENCE, NULL, 0, &data) == LOOK_GOT;
    if (read_word(j, fate, later ? SEL_GAME_SEQUENCE : SEL_GAME_BLOCK, &at)) {
        fate->game.claim.at = event_saturated(&at);
    }
}

static void read_super(struct op_judge *j, struct op_fate *fate, const struct cw_hash32 *root) {
    struct cw_slice data, extra;
    if (look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at, SEL_GAME_EXTRA, NULL, 0,
                  &data) == LOOK_NOTHING) {
        return;
    }
    struct cw_abi in = cw_abi_open(data);
    fate->game.readable = cw_abi_bytes(&in, &extra) == CW_OK &&
                          game_claim_read(j->adapter, fate->type, root, extra, &fate->game.claim) &&
                          fate->game.readable;
}

bool op_read_claim(struct op_judge *j, const struct cw_addr20 *at, struct op_fate *ret) {
    struct cw_u256 type = {{0}}, root = {{0}};
    memset(ret, 0, sizeof *ret);
    ret->game.at = *at;
    ret->game.readable = true;
    ret->fault = "";
    bool got = read_word(j, ret, SEL_GAME_CLAIM, &root);
    got = read_word(j, ret, SEL_GAME_TYPE, &type) && got;
    cw_u256_to_be(ret->game.claim.root.b, &root);
    const struct cw_hash32 claimed = ret->game.claim.root;
    ret->type = event_saturated(&type);
    ret->known = is_known(j->adapter, ret->type);
    ret->permissioned = ret->type == TYPE_PERMISSIONED || ret->type == TYPE_SUPER_PERMISSIONED;
    if (!got) {
        return false;
    }
    if (game_is_super(j->adapter, ret->type)) {
        read_super(j, ret, &claimed);
    } else {
        read_block(j, ret);
    }
    return ret->game.readable && !j->look.pending && !op_failed(j);
}

/* --- how it stands ---------------------------------------------------------------------------- */

bool op_read_fate(struct op_judge *j, struct op_fate *fate) {
    const struct cw_adapter *a = j->adapter;
    struct game_rules rules = {0};
    uint64_t type = 0;
    struct game stands = fate->game;
    look_u64(&j->look, &a->portal, SEL_RESPECTED_TYPE, NULL, &type);
    look_u64(&j->look, &a->portal, SEL_RESPECTED_SINCE, NULL, &rules.since_s);
    look_bool(&j->look, j->look.now, &a->portal, SEL_PAUSED, NULL, &rules.paused);
    look_u64(&j->look, &stands.at, SEL_GAME_CREATED, NULL, &stands.created_s);
    stands.respected = fate->type == type;
    game_read_verdict(&j->look, &stands);
    if (stands.status != GAME_IN_PROGRESS) {
        look_u64(&j->look, &stands.at, SEL_GAME_RESOLVED, NULL, &fate->resolved_s);
    }
    fate->game = stands;
    if (j->look.pending || op_failed(j)) {
        return false;
    }
    if (stands.status == GAME_CHALLENGER_WINS) {
        stands.status = GAME_IN_PROGRESS; /* the rest of what the portal minds */
    }
    fate->fault = game_fault(&j->look, &rules, &stands);
    return true;
}

/* --- how it will end -------------------------------------------------------------------------- */

struct claim {
    bool top;
    size_t parent;
    bool defends; /* made by the root's side */
    bool countered;
    uint64_t spent_s, since_s; /* its own clock */
};

/* (parent uint32, countered by, claimant, bond, claim, position, clock: duration ‖ timestamp).
 * Source: contracts-bedrock IFaultDisputeGame.ClaimData, LibUDT LibClock. */
static bool read_claim(struct op_judge *j, struct op_fate *fate, size_t i, struct claim *ret) {
    const struct cw_hash32 index = opstack_word_u64(i);
    struct cw_slice data;
    uint64_t parent;
    struct cw_addr20 by;
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at,
                                  SEL_GAME_CLAIM_DATA, &index, 1, &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data);
    if (got == LOOK_REVERTED || data.n != 7 * 32 || cw_abi_u64(&in, &parent) != CW_OK ||
        cw_abi_addr20(&in, &by) != CW_OK || (i == 0) != (parent == UINT32_MAX) ||
        (i > 0 && parent >= i)) {
        look_unexpected(&j->look, "claimData()", &fate->game.at);
        return false;
    }
    const struct cw_u256 clock = cw_u256_from_be(data.p + 6 * 32);
    *ret = (struct claim){.top = i == 0,
                          .parent = (size_t)parent,
                          .countered = !cw_addr20_is_zero(&by),
                          .spent_s = clock.limb[1],
                          .since_s = clock.limb[0]};
    return true;
}

/* When nobody can counter it any more. Source: FaultDisputeGame.getChallengerDuration. */
static uint64_t expires_s(const struct claim *claims, size_t i, uint64_t clock_s) {
    const uint64_t spent = claims[i].top ? 0 : claims[claims[i].parent].spent_s;
    return look_add(claims[i].since_s, clock_s > spent ? clock_s - spent : 0);
}

/* A claim stands when each claim against it is itself countered. Claims come after those that they
 * are made against. */
static void conclude(struct op_fate *fate, struct claim *claims, size_t n, uint64_t now_s) {
    for (size_t i = n; i-- > 1;) {
        if (!claims[i].countered) {
            claims[claims[i].parent].countered = true;
        }
    }
    claims[0].defends = true;
    fate->defender_wins = !claims[0].countered;
    uint64_t last_s = 0;
    for (size_t i = 0; i < n; i++) {
        claims[i].defends = i == 0 || !claims[claims[i].parent].defends;
        uint64_t until = expires_s(claims, i, fate->clock_s);
        if (claims[i].defends == fate->defender_wins && !claims[i].countered && until > last_s) {
            last_s = until;
        }
    }
    fate->left_s = last_s > now_s ? last_s - now_s : 0;
    fate->foreseen = true;
}

void op_foresee(struct op_judge *j, struct op_fate *fate) {
    struct claim claims[CLAIMS_MAX] = {{0}};
    struct cw_slice data;
    bool all = true, gone = false;
    look_u64(&j->look, &fate->game.at, SEL_GAME_CLOCK, NULL, &fate->clock_s);
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &fate->game.at,
                                  SEL_GAME_BLOCK_CHALLENGED, NULL, 0, &data);
    if (got == LOOK_GOT) { /* who claimed a block that does not exist has lost */
        struct cw_abi in = cw_abi_open(data);
        gone = data.n == 32 && cw_abi_bool(&in, &gone) == CW_OK && gone;
    }
    if (!look_u64(&j->look, &fate->game.at, SEL_GAME_CLAIMS_N, NULL, &fate->claims_n) ||
        fate->claims_n == 0 || fate->claims_n > CLAIMS_MAX) {
        return;
    }
    for (size_t i = 0; i < fate->claims_n; i++) {
        all = read_claim(j, fate, i, &claims[i]) && all;
    }
    if (all && !j->look.pending && !op_failed(j)) {
        claims[0].countered = claims[0].countered || gone;
        conclude(fate, claims, (size_t)fate->claims_n, j->look.now->timestamp_s);
    }
}

bool op_is_near_its_end(const struct op_fate *fate) {
    return fate->foreseen && fate->left_s <= fate->clock_s / NEAR_PART;
}
