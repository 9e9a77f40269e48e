/* What `causeway doctor` finds of those who sign: that they can, and what they have to pay with. */
#include "cli/doctor.h"
#include "core/lock.h"
#include "net/eth.h"
#include "sign/client.h"
#include "sign/policy.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define STEP_MS   50u
#define REMOTE_MS 5000u

static void say(struct cw_doctor_list *list, const struct cw_signer_exam *e, const char *chain,
                enum cw_doctor_level level, const char *advice, const char *format, ...)
    CW_PRINTF(6, 7);
static void say(struct cw_doctor_list *list, const struct cw_signer_exam *e, const char *chain,
                enum cw_doctor_level level, const char *advice, const char *format, ...) {
    char where[CW_DOCTOR_WHERE];
    va_list args;
    snprintf(where, sizeof where, "%s%s%s", e->signer->name, chain ? " on " : "",
             chain ? chain : "");
    va_start(args, format);
    cw_doctor_vadd(list, level, "signer", where, advice, format, args);
    va_end(args);
}

/* --- whether it can sign ---------------------------------------------------------------------- */

static void say_address(struct cw_signer_exam *e, const char *how) {
    char hex[CW_HEX_SIZE(20)];
    e->known = true;
    say(&e->kept, e, NULL, CW_DOCTOR_OK, NULL, "%s, %s",
        cw_hex_encode(hex, cw_slice_of(e->address.b, 20)), how);
}

static void connect(struct cw_signer_exam *e, struct cw_loop *loop, uint32_t wait_ms) {
    const struct cw_client_config config = {.loop = loop,
                                            .name = e->signer->name,
                                            .socket = e->signer->socket,
                                            .address = e->signer->address};
    const struct cw_clock *clock = cw_loop_clock(loop);
    const uint64_t end = clock->monotonic_ms(clock->ctx) + wait_ms;
    struct cw_signer *signer = NULL;
    struct cw_error error;
    enum cw_err err = cw_signer_client(&signer, &config, &error);
    while (err == CW_OK && cw_signer_trouble(signer)[0] != '\0' &&
           clock->monotonic_ms(clock->ctx) < end)
        err = cw_loop_step(loop, STEP_MS, &error);
    const char *trouble = err != CW_OK ? error.text : cw_signer_trouble(signer);
    if (trouble[0] == '\0')
        say_address(e, "behind its socket");
    else
        say(&e->kept, e, NULL, CW_DOCTOR_FAIL, "start it: causeway signer --socket PATH", "%s",
            trouble);
    cw_signer_free(signer);
}

void cw_signer_exam_open(struct cw_signer_exam *e, struct cw_loop *loop, uint32_t wait_ms) {
    struct cw_error error;
    char path[1024];
    uint64_t pid;
    snprintf(path, sizeof path, "%s/causeway.db", e->config->data_dir);
    e->daemon = cw_lock_holder(path, &pid);
    e->address = e->signer->address;
    enum cw_err err = CW_OK;
    if (e->signer->web3signer[0] != '\0') {
        e->known = true;
        err = cw_probe_new(&e->remote, loop, e->signer->web3signer, REMOTE_MS, &error);
    } else if (e->signer->socket[0] != '\0') {
        e->known = true;
        connect(e, loop, wait_ms);
    } else {
        struct cw_sign_policy *policy = NULL;
        err = cw_config_signer_address(&e->address, e->signer, &error);
        if (err == CW_OK)
            say_address(e, "its key can be read");
        if (err == CW_OK && e->signer->policy_file[0] != '\0')
            err = cw_sign_policy_of(&policy, e->config, e->index, NULL, &error);
        cw_sign_policy_free(policy);
    }
    if (err != CW_OK)
        say(&e->kept, e, NULL, CW_DOCTOR_FAIL,
            "run this as the user that the signer runs as, or mend the file", "%s", error.text);
}

/* False: asked for. */
static bool look_at_remote(struct cw_signer_exam *e) {
    if (!e->remote)
        return true;
    const struct cw_probe_answer *answer = cw_probe_ask(e->remote, "eth_accounts", "[]", 0);
    if (!answer)
        return false;
    if (answer->err != CW_OK) {
        say(&e->list, e, NULL, answer->err == CW_ERR_BUSY ? CW_DOCTOR_UNKNOWN : CW_DOCTOR_FAIL,
            "start it, or correct its URL", "Web3Signer %s: %s", cw_probe_host(e->remote),
            answer->text);
        return true;
    }
    for (const struct cw_json *one = cw_json_first(answer->value); one; one = cw_json_next(one)) {
        struct cw_addr20 address;
        if (cw_eth_addr20(&address, one, NULL) == CW_OK && cw_addr20_equal(&address, &e->address)) {
            say(&e->list, e, NULL, CW_DOCTOR_OK, NULL, "Web3Signer %s has its key",
                cw_probe_host(e->remote));
            return true;
        }
    }
    say(&e->list, e, NULL, CW_DOCTOR_FAIL, "load that key there, or correct \"address\"",
        "Web3Signer %s has no key of its address", cw_probe_host(e->remote));
    return true;
}

/* --- what it has ------------------------------------------------------------------------------ */

/* The most that a route which sends there wants to stay, and to be able to spend in a day. False:
 * none of its routes sends there. */
static bool wanted_on(const struct cw_signer_exam *e, const struct cw_config_chain *chain,
                      struct cw_wei *ret_stays, struct cw_wei *ret_day) {
    bool sends = false;
    *ret_stays = *ret_day = (struct cw_wei){{{0}}};
    for (size_t i = 0; i < e->config->routes_n; i++) {
        const struct cw_config_route *route = &e->config->routes[i];
        const enum cw_side to = cw_adapter_destination(route->adapter);
        bool mine = false;
        for (size_t k = 0; k < route->signers_n; k++)
            mine = mine || route->signers[k] == e->index;
        if (!mine || route->policy.observe_only || cw_config_side(e->config, route, to) != chain)
            continue;
        sends = true;
        if (cw_u256_cmp(&route->policy.min_balance.v, &ret_stays->v) > 0)
            *ret_stays = route->policy.min_balance;
        if (cw_u256_cmp(&route->policy.daily_fee_budget.v, &ret_day->v) > 0)
            *ret_day = route->policy.daily_fee_budget;
    }
    return sends;
}

static void judge_balance(struct cw_signer_exam *e, const struct cw_config_chain *chain,
                          const struct cw_wei *has, const struct cw_wei *stays,
                          const struct cw_wei *day) {
    char a[CW_WEI_TEXT_SIZE], b[CW_WEI_TEXT_SIZE];
    const char *text = cw_wei_format(a, has, chain->symbol);
    if (cw_u256_is_zero(&has->v) || cw_u256_cmp(&has->v, &stays->v) <= 0)
        say(&e->list, e, chain->name, CW_DOCTOR_FAIL, "send it some: nothing is signed before",
            "has %s%s%s%s", text, cw_u256_is_zero(&stays->v) ? "" : ", of which ",
            cw_u256_is_zero(&stays->v) ? "" : cw_wei_format(b, stays, chain->symbol),
            cw_u256_is_zero(&stays->v) ? "" : " are to stay (min_balance)");
    else if (cw_u256_cmp(&has->v, &e->signer->low_funds.v) < 0)
        say(&e->list, e, chain->name, CW_DOCTOR_WARN, "send it some",
            "has %s, less than its low_funds of %s", text,
            cw_wei_format(b, &e->signer->low_funds, chain->symbol));
    else if (cw_u256_cmp(&has->v, &day->v) < 0)
        say(&e->list, e, chain->name, CW_DOCTOR_WARN, "send it some, or lower the budget",
            "has %s, less than the %s that a route may spend a day", text,
            cw_wei_format(b, day, chain->symbol));
    else
        say(&e->list, e, chain->name, CW_DOCTOR_OK, NULL, "has %s", text);
}

static void judge_nonces(struct cw_signer_exam *e, const char *chain, uint64_t next,
                         uint64_t pending) {
    if (pending <= next)
        say(&e->list, e, chain, CW_DOCTOR_OK, NULL, "its next nonce is %" PRIu64, next);
    else if (e->daemon)
        say(&e->list, e, chain, CW_DOCTOR_OK, NULL,
            "its next nonce is %" PRIu64 ", and the pool has %" PRIu64 " of its transactions", next,
            pending - next);
    else
        say(&e->list, e, chain, CW_DOCTOR_WARN,
            "a relayer that ended left them, or somebody else uses this key: then the lane holds",
            "the pool has %" PRIu64 " of its transactions from nonce %" PRIu64
            " on, and no daemon runs",
            pending - next, next);
}

/* False: asked for. */
static bool look_at_chain(struct cw_signer_exam *e, const struct cw_config_chain *chain,
                          struct cw_exam *exam) {
    struct cw_wei stays, day, has;
    uint64_t next = 0, pending = 0;
    char hex[CW_HEX_SIZE(20)], latest_at[96], pending_at[96];
    if (!wanted_on(e, chain, &stays, &day))
        return true;
    if (!exam) {
        say(&e->list, e, chain->name, CW_DOCTOR_UNKNOWN, NULL,
            "what it has there is not known: no endpoint of the chain is well");
        return true;
    }
    cw_hex_encode(hex, cw_slice_of(e->address.b, 20));
    snprintf(latest_at, sizeof latest_at, "[\"%s\",\"latest\"]", hex);
    snprintf(pending_at, sizeof pending_at, "[\"%s\",\"pending\"]", hex);
    const struct cw_probe_answer *balance = cw_probe_ask(exam->probe, "eth_getBalance", latest_at,
                                                         0);
    const struct cw_probe_answer *now = cw_probe_ask(exam->probe, "eth_getTransactionCount",
                                                     latest_at, 0);
    const struct cw_probe_answer *then = cw_probe_ask(exam->probe, "eth_getTransactionCount",
                                                      pending_at, 0);
    if (!balance || !now || !then)
        return false;
    if (balance->err == CW_OK && cw_eth_u256(&has.v, balance->value, NULL) == CW_OK)
        judge_balance(e, chain, &has, &stays, &day);
    else
        say(&e->list, e, chain->name, CW_DOCTOR_UNKNOWN, NULL, "its balance is not told: %s",
            balance->text);
    if (now->err == CW_OK && then->err == CW_OK && cw_eth_u64(&next, now->value, NULL) == CW_OK &&
        cw_eth_u64(&pending, then->value, NULL) == CW_OK)
        judge_nonces(e, chain->name, next, pending);
    else
        say(&e->list, e, chain->name, CW_DOCTOR_UNKNOWN, NULL, "its nonces are not told: %s",
            now->err != CW_OK ? now->text : then->text);
    return true;
}

void cw_signer_exam_go(struct cw_signer_exam *e, struct cw_exam *exams, size_t n) {
    bool whole = true;
    e->list.n = 0;
    for (size_t i = 0; i < e->kept.n; i++)
        cw_doctor_add(&e->list, e->kept.p[i].level, e->kept.p[i].part, e->kept.p[i].where,
                      e->kept.p[i].advice, "%s", e->kept.p[i].text);
    whole = look_at_remote(e);
    for (size_t i = 0; e->known && i < e->config->chains_n; i++)
        whole = look_at_chain(e, &e->config->chains[i],
                              cw_exam_well(exams, n, &e->config->chains[i])) &&
                whole;
    e->done = whole;
}

void cw_signer_exam_close(struct cw_signer_exam *e) {
    cw_probe_free(e->remote);
    cw_doctor_list_done(&e->kept);
    cw_doctor_list_done(&e->list);
}
