/* Who governs the contracts, what the bridge holds, and whether assertions and blocks keep coming.
 */
#include "nitro/exit_invariants.h"

#include <string.h>

/* --- changes ---------------------------------------------------------------------------------- */

/* Subjects keep the number: never renumber. */
enum change {
    CHANGE_CODE = 1,
    CHANGE_ADMIN,
    CHANGE_OUTBOX,
    CHANGE_ROLLUP,
    CHANGE_OWNER_CALLED,
    CHANGE_PAUSED,
    CHANGE_RESUMED
};

static const struct cw_change changes[] = {
    {CHANGE_CODE, &NITRO_TOPIC_UPGRADED, CW_STAKE_ROUTE, "code_changed", "a contract has new code",
     0, &CW_PROXY_CODE},
    {CHANGE_CODE, &NITRO_TOPIC_UPGRADED_SECONDARY, CW_STAKE_ROUTE, "code_changed",
     "the rollup has new code", 0, &CW_PROXY_CODE_2},
    {CHANGE_ADMIN, &NITRO_TOPIC_ADMIN_CHANGED, CW_STAKE_ROUTE, "admin_changed",
     "a proxy has another admin", 1, NULL},
    {CHANGE_OUTBOX, &NITRO_TOPIC_OUTBOX_TOGGLE, CW_STAKE_ROUTE, "outbox_changed",
     "the bridge lets an outbox in or out", 0, NULL},
    {CHANGE_ROLLUP, &NITRO_TOPIC_ROLLUP_UPDATED, CW_STAKE_ROUTE, "rollup_changed",
     "the bridge goes by another rollup", 0, NULL},
    {CHANGE_OWNER_CALLED, &NITRO_TOPIC_OWNER_CALLED, CW_STAKE_NONE, "owner_called",
     "the rollup's owner changed something", 0, NULL},
    {CHANGE_PAUSED, &NITRO_TOPIC_PAUSED, CW_STAKE_NONE, "paused", "the rollup is paused", 0, NULL},
    {CHANGE_RESUMED, &NITRO_TOPIC_UNPAUSED, CW_STAKE_NONE, "resumed", "the rollup is resumed", 0,
     NULL},
};

const struct cw_change *exit_change_of(const struct cw_adapter *adapter, const struct cw_log *log) {
    const bool ours = cw_addr20_equal(&log->address, &adapter->outbox) ||
                      cw_addr20_equal(&log->address, &adapter->bridge) ||
                      cw_addr20_equal(&log->address, &adapter->rollup);
    return ours ? cw_change_find(changes, CW_COUNT(changes), log) : NULL;
}

void exit_judge_change(struct exit_judge *j) {
    cw_judge_change(&j->judge, changes, CW_COUNT(changes));
}

/* --- governance ------------------------------------------------------------------------------- */

void exit_judge_governance(struct exit_judge *j) {
    const struct cw_adapter *a = j->adapter;
    /* Places are kept as keys: add at the end. */
    const struct cw_rule rules[EXIT_RULES] = {
        {"outbox_code", CW_STAKE_ROUTE, &a->outbox, &CW_PROXY_CODE, 0},
        {"outbox_admin", CW_STAKE_ROUTE, &a->outbox, &CW_PROXY_ADMIN, 0},
        {"bridge_code", CW_STAKE_ROUTE, &a->bridge, &CW_PROXY_CODE, 0},
        {"bridge_admin", CW_STAKE_ROUTE, &a->bridge, &CW_PROXY_ADMIN, 0},
        {"rollup_code", CW_STAKE_ROUTE, &a->rollup, &CW_PROXY_CODE, 0},
        {"rollup_code_2", CW_STAKE_ROUTE, &a->rollup, &CW_PROXY_CODE_2, 0},
        {"rollup_admin", CW_STAKE_ROUTE, &a->rollup, &CW_PROXY_ADMIN, 0},
        {"rollup_owner", CW_STAKE_ROUTE, &a->rollup, NULL, SEL_ROLLUP_OWNER},
        {"bridge_rollup", CW_STAKE_ROUTE, &a->bridge, NULL, SEL_ROLLUP},
        {"outbox", CW_STAKE_ROUTE, &a->rollup, NULL, SEL_OUTBOX},
        {"sequencer_inbox", CW_STAKE_NONE, &a->bridge, NULL, SEL_SEQUENCER_INBOX},
        {"whitelist_off", CW_STAKE_NONE, &a->rollup, NULL, SEL_WHITELIST_DISABLED},
        {"confirm_period", CW_STAKE_NONE, &a->rollup, NULL, SEL_CONFIRM_PERIOD},
        {"wasm_root", CW_STAKE_NONE, &a->rollup, NULL, SEL_WASM_ROOT},
        {"paused", CW_STAKE_NONE, &a->rollup, NULL, SEL_ROLLUP_PAUSED},
        /* whom the outbox takes roots from, and whom it has pay */
        {"outbox_rollup", CW_STAKE_ROUTE, &a->outbox, NULL, SEL_ROLLUP},
        {"outbox_bridge", CW_STAKE_ROUTE, &a->outbox, NULL, SEL_BRIDGE},
    };
    cw_judge_rule(&j->judge, rules, EXIT_RULES);
}

/* --- conservation ----------------------------------------------------------------------------- */

static bool balance_of_token(struct exit_judge *j, const struct cw_block_ref *at,
                             struct cw_u256 *ret) {
    struct cw_hash32 bridge = {{0}}, word;
    memcpy(bridge.b + 12, j->adapter->bridge.b, 20);
    if (!exit_read(&j->look, at, &j->adapter->token, SEL_BALANCE_OF, &bridge, &word)) {
        return false;
    }
    *ret = cw_u256_from_be(word.b);
    return true;
}

static bool balance(void *ctx, const struct cw_block_ref *at, struct cw_u256 *ret) {
    struct exit_judge *j = ctx;
    if (cw_addr20_is_zero(&j->adapter->token)) {
        return cw_judge_balance(&j->judge, CW_SETTLEMENT, at->number, &j->adapter->bridge, ret);
    }
    bool read = balance_of_token(j, at, ret);
    (void)exit_judge_stops(j);
    return read;
}

/* What comes in has many ways, and not all of them say how much: only what goes out is counted, for
 * our outbox; what another one has the bridge pay is missing. */
static bool take(void *ctx, const struct cw_log *log, struct cw_u256 *in, struct cw_u256 *out,
                 bool *unknown) {
    const struct exit_judge *j = ctx;
    struct exit_payment payment;
    (void)in;
    if (!exit_is_by_outbox(j->adapter, log)) {
        return true;
    }
    if (!exit_payment_read(&payment, log)) {
        *unknown = true;
        return true;
    }
    *unknown = cw_u256_add(out, out, &payment.value) || *unknown;
    return true;
}

void exit_judge_conservation(struct exit_judge *j) {
    const struct cw_escrow escrow = {.holder = &j->adapter->bridge,
                                     .balance = balance,
                                     .teller = &j->adapter->bridge,
                                     .topics = &NITRO_TOPIC_CALL_TRIGGERED,
                                     .topics_n = 1,
                                     .take = take,
                                     .ctx = j};
    cw_judge_escrow(&j->judge, &escrow, &j->adapter->limits);
}

/* --- liveness --------------------------------------------------------------------------------- */

void exit_judge_liveness(struct exit_judge *j) {
    const bool wanted = j->adapter->limits.max_root_age_s > 0;
    uint64_t newest_s = j->look.now->timestamp_s;
    struct cw_hash32 newest;
    const bool read = !wanted ||
                      exit_read(&j->look, j->look.now, &j->adapter->rollup,
                                j->adapter->bold ? SEL_LATEST_CONFIRMED : SEL_NEWEST_NODE, NULL,
                                &newest);
    if (exit_judge_stops(j) || !read) {
        return;
    }
    if (wanted) {
        newest_s = cw_judge_since(&j->judge, &newest);
    }
    cw_judge_root_age(&j->judge, &j->adapter->limits, newest_s);
}

void exit_judge_head_lag(struct exit_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_HEAD);
}
void exit_judge_safe_lag(struct exit_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_SAFE);
}
void exit_judge_final_lag(struct exit_judge *j) {
    cw_judge_lag(&j->judge, &j->adapter->limits, CW_LAG_FINAL);
}
