#include "sign/judge.h"

#include "tx/fees.h"
#include "tx/multicall.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define UNIT "ether" /* what stands for 10^18 here: the chain's symbol is no part of a policy */

struct judge {
    const struct cw_sign_policy *policy;
    const struct cw_sign_chain *chain;
    const struct cw_addr20 *self;
    const struct cw_sign_request *request;
    struct cw_wei fee;
    uint64_t calls; /* that it makes: 1, or those inside an aggregate3 */
    struct cw_sign_refusal *refusal;
};

static bool refuse(struct cw_sign_refusal *refusal, enum cw_sign_code code, const char *format, ...)
    CW_PRINTF(3, 4);

static bool refuse(struct cw_sign_refusal *refusal, enum cw_sign_code code, const char *format,
                   ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(refusal->text, sizeof refusal->text, format, args);
    va_end(args);
    refusal->code = code;
    return false;
}

/* --- what it calls ---------------------------------------------------------------------------- */

/* inner: the number of a call inside an aggregate3, from 1; 0: the transaction's own. */
static bool judge_call(struct judge *j, const struct cw_addr20 *to, struct cw_slice data,
                       size_t inner) {
    char address[CW_HEX_SIZE(20)], digits[CW_HEX_SIZE(4)], which[64] = "";
    struct cw_selector selector;
    bool contract = false;
    bool has_selector = cw_selector_read(&selector, data) == CW_OK;
    for (size_t i = 0; i < j->chain->calls_n; i++) {
        const struct cw_sign_call *call = &j->chain->calls[i];
        if (!cw_addr20_equal(&call->to, to)) {
            continue;
        }
        contract = true;
        if (has_selector && memcmp(call->selector.b, selector.b, sizeof selector.b) == 0) {
            return true;
        }
    }
    cw_hex_encode(address, cw_slice_of(to->b, sizeof to->b));
    if (inner > 0) {
        snprintf(which, sizeof which, "call %zu of the batch: ", inner);
    }
    if (!contract) {
        return refuse(j->refusal, inner > 0 ? CW_SIGN_INNER : CW_SIGN_CONTRACT,
                      "%sthe policy does not name the contract %s on chain %" PRIu64, which,
                      address, j->chain->chain_id);
    }
    if (!has_selector) {
        return refuse(j->refusal, inner > 0 ? CW_SIGN_INNER : CW_SIGN_SELECTOR,
                      "%sno function of %s is called, and transfers are not signed", which,
                      address);
    }
    return refuse(j->refusal, inner > 0 ? CW_SIGN_INNER : CW_SIGN_SELECTOR,
                  "%sthe policy does not name the function %s of %s", which,
                  cw_hex_encode(digits, cw_slice_of(selector.b, sizeof selector.b)), address);
}

static bool judge_batch(struct judge *j) {
    struct cw_arena arena;
    struct cw_multicall *calls = NULL;
    size_t n = 0;
    cw_arena_init(&arena, CW_MULTICALL_MAX * sizeof *calls + 65536u);
    enum cw_err err = cw_multicall_read(&arena, &calls, &n, j->request->data);
    bool good = err == CW_OK;
    if (err == CW_ERR_MEMORY) {
        (void)refuse(j->refusal, CW_SIGN_MEMORY, "no memory to read a batch of calls");
    } else if (!good) {
        (void)refuse(j->refusal, CW_SIGN_INNER,
                     "of the multicall only " CW_MULTICALL_SIGNATURE
                     " is signed, with 1 to %u calls, plainly encoded and nothing behind them",
                     CW_MULTICALL_MAX);
    }
    for (size_t i = 0; good && i < n; i++) {
        good = judge_call(j, &calls[i].to, calls[i].data, i + 1);
    }
    cw_arena_done(&arena);
    j->calls = n > 0 ? n : 1;
    /* Whatever it does not pass on stays there, and is anybody's. */
    if (good && !cw_u256_is_zero(&j->request->value.v)) {
        good = refuse(j->refusal, CW_SIGN_VALUE, "nothing may be sent to the multicall");
    }
    return good;
}

/* Nothing to oneself: what uses up a nonce. */
static bool is_cancel(const struct judge *j) {
    return j->chain->cancel && cw_addr20_equal(&j->request->to, j->self) &&
           j->request->data.n == 0 && cw_u256_is_zero(&j->request->value.v);
}

static bool judge_target(struct judge *j) {
    const struct cw_sign_request *request = j->request;
    if (cw_addr20_is_zero(&request->to)) {
        return refuse(j->refusal, CW_SIGN_CREATION, "no contract is called");
    }
    if (is_cancel(j)) {
        return true;
    }
    if (!cw_addr20_is_zero(&j->chain->multicall) &&
        cw_addr20_equal(&request->to, &j->chain->multicall)) {
        return judge_batch(j);
    }
    return judge_call(j, &request->to, request->data, 0);
}

/* --- what it costs ---------------------------------------------------------------------------- */

static bool judge_value(const struct judge *j) {
    char value[CW_WEI_TEXT_SIZE], most[CW_WEI_TEXT_SIZE];
    if (cw_wei_cmp(&j->request->value, &j->chain->max_value) <= 0) {
        return true;
    }
    return refuse(j->refusal, CW_SIGN_VALUE, "sends %s, above max_value of %s",
                  cw_wei_format(value, &j->request->value, UNIT),
                  cw_wei_format(most, &j->chain->max_value, UNIT));
}

static bool judge_fee(const struct judge *j) {
    char is[CW_WEI_TEXT_SIZE], most[CW_WEI_TEXT_SIZE];
    const struct cw_sign_chain *chain = j->chain;
    if (cw_wei_cmp(&j->request->max_fee, &chain->max_fee) > 0) {
        return refuse(j->refusal, CW_SIGN_FEE, "offers %s a gas, above max_fee of %s",
                      cw_wei_format(is, &j->request->max_fee, UNIT),
                      cw_wei_format(most, &chain->max_fee, UNIT));
    }
    struct cw_wei cap;
    if (cw_u256_mul_u64(&cap.v, &chain->max_transaction_fee.v, j->calls)) {
        memset(&cap, 0xff, sizeof cap);
    }
    if (cw_wei_cmp(&j->fee, &cap) > 0) {
        return refuse(j->refusal, CW_SIGN_FEE,
                      "may cost %s, above max_transaction_fee, which for %" PRIu64 " call%s is %s",
                      cw_wei_format(is, &j->fee, UNIT), j->calls, j->calls == 1 ? "" : "s",
                      cw_wei_format(most, &cap, UNIT));
    }
    return true;
}

bool cw_sign_judge(const struct cw_sign_policy *policy, const struct cw_addr20 *self,
                   const struct cw_sign_request *request, struct cw_wei *ret_fee,
                   struct cw_sign_refusal *refusal) {
    struct judge j = {.policy = policy,
                      .chain = cw_sign_policy_chain(policy, request->chain_id.v),
                      .self = self,
                      .request = request,
                      .calls = 1,
                      .refusal = refusal};
    if (cw_u256_mul_u64(&j.fee.v, &request->max_fee.v, request->gas_limit)) {
        memset(&j.fee, 0xff, sizeof j.fee);
    }
    *ret_fee = j.fee;
    if (j.chain == NULL) {
        return refuse(refusal, CW_SIGN_CHAIN, "the policy does not name chain %" PRIu64,
                      request->chain_id.v);
    }
    if (request->data.n > policy->max_calldata) {
        return refuse(refusal, CW_SIGN_SIZE,
                      "has %zu bytes of calldata, above max_calldata of %" PRIu64, request->data.n,
                      policy->max_calldata);
    }
    struct cw_tx tx;
    cw_sign_request_tx(&tx, request);
    const char *reason = cw_tx_refusal(&tx);
    if (!judge_target(&j) || !judge_value(&j) || !judge_fee(&j)) {
        return false;
    }
    return reason == NULL || refuse(refusal, CW_SIGN_TRANSACTION, "no chain takes it: %s", reason);
}

/* --- budgets ---------------------------------------------------------------------------------- */

bool cw_sign_judge_budget(const struct cw_sign_chain *chain, const struct cw_journal_usage *used,
                          const struct cw_journal_nonce *nonce, const struct cw_wei *fee,
                          struct cw_sign_refusal *refusal) {
    const struct {
        const char *name, *count_key, *fee_key;
        uint64_t n;
        const struct cw_wei *fees;
    } limits[CW_JOURNAL_WINDOWS] = {
        [CW_JOURNAL_HOUR] = {"hour", "hourly_signatures", "hourly_fee_budget",
                             chain->hourly_signatures, &chain->hourly_fee_budget},
        [CW_JOURNAL_DAY] = {"24 hours", "daily_signatures", "daily_fee_budget",
                            chain->daily_signatures, &chain->daily_fee_budget},
    };
    const struct cw_wei *counted = cw_wei_cmp(fee, &nonce->fee) > 0 ? fee : &nonce->fee;
    for (size_t w = 0; w < CW_JOURNAL_WINDOWS; w++) {
        char is[CW_WEI_TEXT_SIZE], had[CW_WEI_TEXT_SIZE], most[CW_WEI_TEXT_SIZE];
        uint64_t n = used->n[w] + nonce->n;
        struct cw_wei sum = cw_wei_add(&used->fees[w], counted);
        if (n >= limits[w].n) {
            return refuse(refusal, CW_SIGN_COUNT,
                          "%" PRIu64 " transactions were signed in the last %s, and %s is %" PRIu64,
                          n, limits[w].name, limits[w].count_key, limits[w].n);
        }
        if (cw_wei_cmp(&sum, limits[w].fees) > 0) {
            return refuse(refusal, CW_SIGN_BUDGET,
                          "may cost %s, and with %s of others in the last %s that is over %s of %s",
                          cw_wei_format(is, counted, UNIT),
                          cw_wei_format(had, &used->fees[w], UNIT), limits[w].name,
                          limits[w].fee_key, cw_wei_format(most, limits[w].fees, UNIT));
        }
    }
    return true;
}
