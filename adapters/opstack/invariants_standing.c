/* Who governs the contracts, what is locked, and whether roots and blocks keep coming. */
#include "opstack/invariants.h"

#include "opstack/events.h"

#include <causeway/op_deposit.h>

#include <string.h>

/* --- changes ---------------------------------------------------------------------------------- */

/* Subjects keep the number: never renumber. */
enum change {
    CHANGE_CODE = 1,
    CHANGE_ADMIN,
    CHANGE_OWNER,
    CHANGE_GAME_CODE,
    CHANGE_TYPE,
    CHANGE_RETIREMENT,
    CHANGE_BLACKLIST,
    CHANGE_OUTPUTS,
    CHANGE_REGISTRY
};

static const struct cw_change changes[] = {
    {CHANGE_CODE, &OPSTACK_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed",
     "a contract has new code", 0, &CW_PROXY_CODE},
    {CHANGE_ADMIN, &OPSTACK_TOPIC_ADMIN_CHANGED, CW_STAKE_ROUTE, "admin_changed",
     "a proxy has another admin", 1, NULL},
    {CHANGE_OWNER, &OPSTACK_TOPIC_OWNERSHIP, CW_STAKE_ROUTE, "owner_changed",
     "the factory of games has another owner", 1, NULL},
    {CHANGE_GAME_CODE, &OPSTACK_TOPIC_IMPLEMENTATION_SET, CW_STAKE_NONE, "game_code_changed",
     "games are made of other code", 0, NULL},
    {CHANGE_TYPE, &OPSTACK_TOPIC_RESPECTED_TYPE_SET, CW_STAKE_NONE, "respected_type_changed",
     "games of another type are respected", 0, NULL},
    {CHANGE_TYPE, &OPSTACK_TOPIC_TYPE_SET, CW_STAKE_NONE, "respected_type_changed",
     "games of another type are respected", 0, NULL},
    {CHANGE_RETIREMENT, &OPSTACK_TOPIC_RETIREMENT_SET, CW_STAKE_NONE, "games_retired",
     "games were retired", 0, NULL},
    {CHANGE_BLACKLIST, &OPSTACK_TOPIC_GAME_BLACKLISTED, CW_STAKE_NONE, "game_blacklisted",
     "a game was blacklisted", 0, NULL},
    {CHANGE_OUTPUTS, &OPSTACK_TOPIC_OUTPUTS_DELETED, CW_STAKE_NONE, "outputs_deleted",
     "outputs were deleted", 1, NULL},
    {CHANGE_REGISTRY, &OPSTACK_TOPIC_PORTAL_MIGRATED, CW_STAKE_ROUTE, "registry_changed",
     "the portal goes by another registry", 3, NULL},
};

static bool is_ours(const struct cw_adapter *a, const struct cw_addr20 *address) {
    return cw_addr20_equal(address, &a->portal) || cw_addr20_equal(address, &a->roots) ||
           (!cw_addr20_is_zero(&a->registry) && cw_addr20_equal(address, &a->registry)) ||
           (!cw_addr20_is_zero(&a->messenger) && cw_addr20_equal(address, &a->messenger));
}

const struct cw_change *op_change_of(const struct cw_adapter *adapter, const struct cw_log *log) {
    return is_ours(adapter, &log->address) ? cw_change_find(changes, CW_COUNT(changes), log) : NULL;
}

void op_judge_change(struct op_judge *j) {
    cw_judge_change(&j->judge, changes, CW_COUNT(changes));
}

/* --- governance ------------------------------------------------------------------------------- */

void op_judge_governance(struct op_judge *j) {
    static const struct cw_addr20 none = {{0}};
    const struct cw_adapter *a = j->adapter;
    const bool games = a->flavour == OPSTACK_GAMES;
    const struct cw_addr20 *portal = &a->portal, *roots = &a->roots;
    const struct cw_addr20 *factory = games ? roots : &none, *oracle = games ? &none : roots;
    /* Places are kept as keys: add at the end. */
    const struct cw_rule rules[OP_RULES] = {
        {"portal_code", CW_STAKE_ROUTE, portal, &CW_PROXY_CODE, 0},
        {"portal_admin", CW_STAKE_ROUTE, portal, &CW_PROXY_ADMIN, 0},
        {"roots_code", CW_STAKE_ROUTE, roots, &CW_PROXY_CODE, 0},
        {"roots_admin", CW_STAKE_ROUTE, roots, &CW_PROXY_ADMIN, 0},
        {"registry_code", CW_STAKE_ROUTE, &a->registry, &CW_PROXY_CODE, 0},
        {"guardian", CW_STAKE_ROUTE, portal, NULL, SEL_GUARDIAN},
        {"paused", CW_STAKE_NONE, portal, NULL, SEL_PAUSED},
        {"factory_owner", CW_STAKE_ROUTE, factory, NULL, SEL_OWNER},
        {"respected_type", CW_STAKE_NONE, games ? portal : &none, NULL, SEL_RESPECTED_TYPE},
        {"retirement", CW_STAKE_NONE, games ? portal : &none, NULL, SEL_RESPECTED_SINCE},
        {"proposer", CW_STAKE_NONE, oracle, NULL, SEL_PROPOSER},
        {"proposer_old", CW_STAKE_NONE, oracle, NULL, SEL_PROPOSER_OLD},
        {"challenger", CW_STAKE_NONE, oracle, NULL, SEL_CHALLENGER},
        {"challenger_old", CW_STAKE_NONE, oracle, NULL, SEL_CHALLENGER_OLD},
    };
    cw_judge_rule(&j->judge, rules, OP_RULES);
}

/* --- conservation ----------------------------------------------------------------------------- */

/* Zero where the contract knows no such function. False: not known yet. */
static bool ask_word(struct op_judge *j, const struct cw_addr20 *to, uint32_t selector,
                     struct cw_hash32 *ret) {
    struct cw_slice data;
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, &j->judge.subject->block, to, selector,
                                  NULL, 0, &data);
    memset(ret, 0, sizeof *ret);
    if (got == LOOK_GOT && data.n == 32) {
        memcpy(ret->b, data.p, 32);
    }
    return got != LOOK_NOTHING;
}

static void address_of(struct cw_addr20 *out, const struct cw_hash32 *word) {
    memcpy(out->b, word->b + 12, sizeof out->b);
}

struct escrow {
    struct op_judge *j;
    struct cw_addr20 holder;
};

static bool balance(void *ctx, const struct cw_block_ref *at, struct cw_u256 *ret) {
    struct escrow *escrow = ctx;
    return cw_judge_balance(&escrow->j->judge, CW_SETTLEMENT, at->number, &escrow->holder, ret);
}

static bool add(struct cw_u256 *sum, const struct cw_u256 *amount, bool *unknown) {
    *unknown = cw_u256_add(sum, sum, amount) || *unknown;
    return true;
}

/* A portal without a lockbox: a deposit brings in what it mints; a withdrawal whose call failed
 * leaves its value where it is. */
static bool take_of_portal(void *ctx, const struct cw_log *log, struct cw_u256 *in,
                           struct cw_u256 *out, bool *unknown) {
    struct escrow *escrow = ctx;
    struct cw_op_deposit deposit;
    struct cw_u256 value;
    if (!event_is(log, &OPSTACK_TOPIC_FINALIZED)) {
        if (cw_op_deposit_decode(&deposit, log->topics, log->topics_n, log->data) != CW_OK) {
            *unknown = true;
            return true;
        }
        return add(in, &deposit.opaque.mint.v, unknown);
    }
    if (log->topics_n != 2 || log->data.n != 32 || log->data.p[31] == 0) {
        return true;
    }
    switch (op_find_value(escrow->j, &log->tx_hash, &log->topics[1], &value)) {
    case OP_CALL_VALID:
        return add(out, &value, unknown);
    case OP_CALL_NONE:
    case OP_CALL_INVALID:
        *unknown = true;
        return true;
    case OP_CALL_PENDING:
    case OP_CALL_UNKNOWN:
        break;
    }
    return false;
}

static bool take_of_lockbox(void *ctx, const struct cw_log *log, struct cw_u256 *in,
                            struct cw_u256 *out, bool *unknown) {
    (void)ctx;
    if (log->topics_n != 2 || log->data.n != 32) {
        *unknown = true;
        return true;
    }
    const struct cw_u256 amount = cw_u256_from_be(log->data.p);
    return add(event_is(log, &OPSTACK_TOPIC_ETH_LOCKED) ? in : out, &amount, unknown);
}

void op_judge_conservation(struct op_judge *j) {
    const struct cw_hash32 of_portal[] = {CW_OP_TRANSACTION_DEPOSITED, OPSTACK_TOPIC_FINALIZED};
    const struct cw_hash32 of_lockbox[] = {OPSTACK_TOPIC_ETH_LOCKED, OPSTACK_TOPIC_ETH_UNLOCKED};
    struct escrow escrow = {.j = j, .holder = j->adapter->portal};
    struct cw_addr20 config;
    struct cw_hash32 lockbox, system_config, custom = {{0}};
    bool read = ask_word(j, &j->adapter->portal, SEL_LOCKBOX, &lockbox);
    read = ask_word(j, &j->adapter->portal, SEL_SYSTEM_CONFIG, &system_config) && read;
    if (read && !cw_hash32_is_zero(&system_config)) {
        address_of(&config, &system_config);
        read = ask_word(j, &config, SEL_CUSTOM_GAS, &custom);
    }
    if (!read || !cw_hash32_is_zero(&custom)) {
        if (!op_stops(j)) {
            cw_judge_unverified(&j->judge, "custom_gas_token",
                                "the rollup's gas is a token, and what is minted for it is not "
                                "ether: what is locked is not judged");
        }
        return;
    }
    const bool locked = !cw_hash32_is_zero(&lockbox);
    if (locked) {
        address_of(&escrow.holder, &lockbox);
    }
    const struct cw_escrow what = {.holder = &escrow.holder,
                                   .balance = balance,
                                   .teller = &escrow.holder,
                                   .topics = locked ? of_lockbox : of_portal,
                                   .topics_n = 2,
                                   .take = locked ? take_of_lockbox : take_of_portal,
                                   .ctx = &escrow};
    cw_judge_escrow(&j->judge, &what, &j->adapter->limits);
}

/* --- liveness --------------------------------------------------------------------------------- */

/* (index, metadata, timestamp, root claim, extra data)[] */
static bool read_newest_game(struct op_judge *j, uint64_t count, uint64_t *ret_s) {
    uint64_t type, index;
    struct cw_hash32 skipped;
    struct cw_slice data;
    if (!look_u64(&j->look, &j->adapter->portal, SEL_RESPECTED_TYPE, NULL, &type)) {
        return false;
    }
    const struct cw_hash32 words[3] = {opstack_word_u64(type), opstack_word_u64(count - 1),
                                       opstack_word_u64(1)};
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &j->adapter->roots,
                                  SEL_FIND_GAMES, words, 3, &data);
    if (got == LOOK_NOTHING) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data), elements, game;
    size_t n = 0;
    if (got == LOOK_REVERTED || cw_abi_array(&in, &elements, &n, 1) != CW_OK) {
        look_unexpected(&j->look, "findLatestGames()", &j->adapter->roots);
        return false;
    }
    return n > 0 && cw_abi_tuple(&elements, &game) == CW_OK && cw_abi_u64(&game, &index) == CW_OK &&
           cw_abi_word(&game, &skipped) == CW_OK && cw_abi_u64(&game, ret_s) == CW_OK;
}

static bool read_newest_output(struct op_judge *j, uint64_t index, uint64_t *ret_s) {
    const struct cw_hash32 word = opstack_word_u64(index);
    struct cw_slice data;
    if (look_call(&j->look, CW_SETTLEMENT, j->look.now, &j->adapter->roots, SEL_OUTPUT, &word, 1,
                  &data) != LOOK_GOT ||
        data.n != 96) {
        return false;
    }
    struct cw_abi in = cw_abi_open(cw_slice_of(data.p + 32, 32));
    return cw_abi_u64(&in, ret_s) == CW_OK;
}

/* False: it is not known yet, or there is none. */
static bool read_newest(struct op_judge *j, uint64_t *ret_s) {
    uint64_t n = 0;
    struct cw_slice data;
    if (j->adapter->flavour == OPSTACK_GAMES) {
        return look_u64(&j->look, &j->adapter->roots, SEL_GAME_COUNT, NULL, &n) && n > 0 &&
               read_newest_game(j, n, ret_s);
    }
    /* an oracle without outputs reverts */
    enum look_got got = look_call(&j->look, CW_SETTLEMENT, j->look.now, &j->adapter->roots,
                                  SEL_LATEST_OUTPUT, NULL, 0, &data);
    struct cw_abi in = cw_abi_open(data);
    return got == LOOK_GOT && cw_abi_u64(&in, &n) == CW_OK && read_newest_output(j, n, ret_s);
}

void op_judge_liveness(struct op_judge *j) {
    uint64_t newest_s = j->look.now->timestamp_s;
    const bool read = j->adapter->limits.max_root_age_s == 0 || read_newest(j, &newest_s);
    if (op_stops(j)) {
        return;
    }
    if (read) {
        cw_judge_root_age(&j->judge, &j->adapter->limits, newest_s);
    } else {
        cw_judge_unverified(&j->judge, "no_root", "no root was proposed yet that counts");
    }
}

void op_judge_head_lag(struct op_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_HEAD);
}
void op_judge_safe_lag(struct op_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_SAFE);
}
void op_judge_final_lag(struct op_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_FINAL);
}
