/* Who is asked first: the configured order, but for those that are much slower than another, fail
 * often, or are behind. They are asked last, are probed, and come back when they are well. */
#include "net/rpc_private.h"

#include "core/log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Slow: half of the last 8 answers took so many times as long as those of the quickest that is well
 * do, and slow_ms besides. No longer: the last 4 took less than SLOW_NO_MORE times as long and half
 * of that. */
#define SLOW          3
#define SLOW_NO_MORE  2
#define SLOW_OF       0xffu
#define SLOW_WELL     0xfu
#define SLOW_FIRST_MS 300000u /* then it gets another chance: large requests are no probes */
#define SLOW_MAX_MS   3600000u
/* Failing: so many of the last 32 answers were of no use; the last 4 were when it was before. */
#define FAILING_OF   0xffffffffu
#define FAILING      8
#define FAILING_WELL 0xfu
/* Behind: so far, so many times in a row. */
#define BEHIND_BLOCKS 3
#define BEHIND_MS     5000
#define ABREAST       1
#define BEHIND_TIMES  2

#define ATTEND_MS      1000u
#define PROBE_FIRST_MS 10000u /* one that is asked last; then further apart */
#define PROBE_MAX_MS   60000u
#define PROBE_IDLE_MS  120000u /* one that is well and was not heard of */

static const double slow_ms[CLASSES] = {[CW_RPC_QUICK] = 300, [CW_RPC_HEAVY] = 3000};

static unsigned slow_flaw(enum cw_rpc_class class_) {
    return class_ == CW_RPC_QUICK ? FLAW_SLOW_QUICK : FLAW_SLOW_HEAVY;
}

bool score_is_last(const struct endpoint *e, enum cw_rpc_class class_) {
    return (e->flaws & (FLAW_FAILING | FLAW_BEHIND | slow_flaw(class_))) != 0;
}

/* --- order ---------------------------------------------------------------------------------- */

/* What asking it costs, in milliseconds of waiting. */
static double cost(const struct endpoint *e, enum cw_rpc_class class_) {
    double deadline_ms = class_ == CW_RPC_QUICK ? e->rpc->config.quick_deadline_ms
                                                : e->rpc->config.heavy_deadline_ms;
    double bad = e->answers == 0 ? 0 : __builtin_popcountll(e->bad) / (double)e->answers;
    return e->latency_ms[class_] + bad * deadline_ms + (double)e->lag * e->rpc->block_ms;
}

/* As long as both are well, the order of the configuration. */
static bool comes_before(const struct endpoint *a, const struct endpoint *b,
                         enum cw_rpc_class class_) {
    bool a_last = score_is_last(a, class_), b_last = score_is_last(b, class_);
    if (a->rpc->config.only_send) {
        return a->index < b->index;
    }
    if (a_last != b_last) {
        return b_last;
    }
    return a_last ? cost(a, class_) < cost(b, class_) : a->index < b->index;
}

void score_order(const struct cw_rpc *rpc, enum cw_rpc_class class_, size_t *ret) {
    const struct endpoint *e = rpc->endpoints;
    for (size_t i = 0; i < rpc->endpoints_n; i++) { /* insertion: they are few */
        size_t at = i;
        for (; at > 0 && comes_before(&e[i], &e[ret[at - 1]], class_); at--) {
            ret[at] = ret[at - 1];
        }
        ret[at] = i;
    }
}

/* Who can be asked now, who has to tell his chain id first, who is set aside. */
static unsigned readiness(const struct endpoint *e, uint64_t now) {
    return e->aside_until > now ? 2 : e->verified ? 0 : 1;
}

void cw_rpc_operators_ranked(const struct cw_rpc *rpc, unsigned *ret) {
    size_t order[ENDPOINTS_MAX], out = 0;
    uint64_t now = rpc_now(rpc), listed = 0;
    score_order(rpc, CW_RPC_QUICK, order);
    for (unsigned ready = 0; ready <= 2; ready++) {
        for (size_t i = 0; i < rpc->endpoints_n; i++) {
            const struct endpoint *e = &rpc->endpoints[order[i]];
            uint64_t bit = (uint64_t)1 << (e->operator_ - 1);
            if (readiness(e, now) == ready && (listed & bit) == 0) {
                listed |= bit;
                ret[out++] = e->operator_;
            }
        }
    }
}

/* --- flaws ---------------------------------------------------------------------------------- */

/* The log hears of the first flaw and of the end of the last one. */
static void set_flaw(struct endpoint *e, unsigned flaw, const char *why) {
    bool first = e->flaws == 0;
    e->flaws |= flaw;
    snprintf(e->why_last, sizeof(e->why_last), "%s", why);
    if (first) {
        e->probes_row = 0;
        cw_log(CW_LOG_WARN, e->rpc->subject, "endpoint %s is asked last from now on: %s", e->label,
               why);
    }
}

static void clear_flaw(struct endpoint *e, unsigned flaw, const char *why) {
    e->flaws &= ~flaw;
    if (e->flaws == 0) {
        e->why_last[0] = '\0';
        cw_log(CW_LOG_INFO, e->rpc->subject, "endpoint %s is asked in its turn again: %s", e->label,
               why);
    }
}

/* The latency of the quickest other one that is well; 0: there is none of whom it is known. */
static double quickest_other(const struct endpoint *e, enum cw_rpc_class class_, bool *ret_any) {
    const struct cw_rpc *rpc = e->rpc;
    double quickest = 0;
    *ret_any = false;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        const struct endpoint *other = &rpc->endpoints[i];
        if (other == e || readiness(other, rpc_now(rpc)) != 0 || score_is_last(other, class_)) {
            continue;
        }
        *ret_any = true;
        double latency = other->latency_ms[class_];
        if (latency > 0 && (quickest == 0 || latency < quickest)) {
            quickest = latency;
        }
    }
    return quickest;
}

static void found_slow(struct endpoint *e, enum cw_rpc_class class_, double quickest) {
    char why[sizeof(e->why_last)];
    unsigned times = e->slow_times[class_]++;
    uint64_t ms = times > 8 ? SLOW_MAX_MS : (uint64_t)SLOW_FIRST_MS << times;
    e->slow_until[class_] = rpc_now(e->rpc) + (ms > SLOW_MAX_MS ? SLOW_MAX_MS : ms);
    int n = snprintf(why, sizeof(why), "%s requests take %.0f ms",
                     class_ == CW_RPC_QUICK ? "small" : "large", e->latency_ms[class_]);
    if (quickest > 0) {
        snprintf(why + n, sizeof(why) - (size_t)n, ", another endpoint's %.0f ms", quickest);
    }
    set_flaw(e, slow_flaw(class_), why);
}

/* What is slow for that endpoint: for one that was, less. Of nobody else is known how long it
 * takes: a quarter of the deadline. */
static double slow_from(const struct endpoint *e, enum cw_rpc_class class_, double quickest) {
    uint32_t deadline_ms = class_ == CW_RPC_QUICK ? e->rpc->config.quick_deadline_ms
                                                  : e->rpc->config.heavy_deadline_ms;
    if (quickest == 0) {
        return deadline_ms / 4.0;
    }
    return (e->flaws & slow_flaw(class_)) != 0 ? SLOW_NO_MORE * quickest + slow_ms[class_] / 2
                                               : SLOW * quickest + slow_ms[class_];
}

void score_took(struct endpoint *e, enum cw_rpc_class class_, uint64_t took_ms) {
    double took = (double)(took_ms == 0 ? 1 : took_ms), *latency = &e->latency_ms[class_];
    bool any, slow = (e->flaws & slow_flaw(class_)) != 0;
    unsigned *last = &e->slow_last[class_];
    double quickest = quickest_other(e, class_, &any);
    *latency = *latency == 0 ? took : *latency + (took - *latency) / 8;
    *last = *last << 1 | (took >= slow_from(e, class_, quickest) ? 1 : 0);
    unsigned n = (unsigned)__builtin_popcount(*last & SLOW_OF);
    if (!slow && any && n >= 4) {
        *last = SLOW_OF;
        found_slow(e, class_, quickest);
    } else if (slow && (*last & SLOW_WELL) == 0) {
        *last = 0;
        e->slow_times[class_] = 0;
        clear_flaw(e, slow_flaw(class_), "it is as quick as the others");
    }
}

static void another_chance(struct endpoint *e, enum cw_rpc_class class_) {
    if ((e->flaws & slow_flaw(class_)) != 0 && rpc_now(e->rpc) >= e->slow_until[class_]) {
        e->latency_ms[class_] = 0;
        e->slow_last[class_] = 0;
        clear_flaw(e, slow_flaw(class_), "perhaps it is no longer slow");
    }
}

void score_answered(struct endpoint *e) {
    unsigned bad = (unsigned)__builtin_popcountll(e->bad & FAILING_OF);
    bool failing = (e->flaws & FLAW_FAILING) != 0;
    if (!failing && bad >= FAILING) {
        char why[sizeof(e->why_last)];
        snprintf(why, sizeof(why), "%u of its last %u answers were of no use", bad,
                 e->answers < 32 ? e->answers : 32);
        set_flaw(e, FLAW_FAILING, why);
    } else if (failing && (e->bad & FAILING_WELL) == 0) {
        e->bad = 0; /* what was before is forgiven */
        e->answers = (unsigned)__builtin_popcount(FAILING_WELL);
        clear_flaw(e, FLAW_FAILING, "it answers well");
    } else if (failing && (e->bad & 3) == 2) {
        e->probes_row = 0; /* it begins to answer: soon it will be known */
    }
}

void score_heard(struct endpoint *e) {
    bool behind = (e->flaws & FLAW_BEHIND) != 0;
    double behind_ms = (double)e->lag * e->rpc->block_ms;
    bool against = behind ? e->lag <= ABREAST
                          : e->lag >= BEHIND_BLOCKS &&
                                (e->rpc->block_ms == 0 || behind_ms >= BEHIND_MS);
    e->heard_row = against ? e->heard_row + 1 : 0;
    if (e->heard_row < BEHIND_TIMES) {
        return;
    }
    e->heard_row = 0;
    if (behind) {
        clear_flaw(e, FLAW_BEHIND, "its head is that of the others");
    } else {
        char why[sizeof(e->why_last)];
        snprintf(why, sizeof(why), "its head is %" PRIu64 " blocks behind", e->lag);
        set_flaw(e, FLAW_BEHIND, why);
    }
}

/* --- probes --------------------------------------------------------------------------------- */

static uint64_t probe_pause_ms(const struct endpoint *e) {
    if (e->flaws == 0 && e->verified) {
        return PROBE_IDLE_MS;
    }
    unsigned doublings = e->probes_row / 4;
    uint64_t ms = doublings > 3 ? PROBE_MAX_MS : (uint64_t)PROBE_FIRST_MS << doublings;
    return ms > PROBE_MAX_MS ? PROBE_MAX_MS : ms;
}

void score_attend(struct cw_rpc *rpc) {
    uint64_t now = rpc_now(rpc);
    if (now < rpc->attend_at) {
        return;
    }
    rpc->attend_at = now + ATTEND_MS;
    for (size_t i = 0; i < rpc->endpoints_n; i++) {
        struct endpoint *e = &rpc->endpoints[i];
        another_chance(e, CW_RPC_QUICK);
        another_chance(e, CW_RPC_HEAVY);
        uint64_t heard_at = e->flaws == 0 && e->head_at > e->probed_at ? e->head_at : e->probed_at;
        if (rpc->endpoints_n > 1 && !rpc->config.only_send && e->aside_until <= now &&
            now - heard_at >= probe_pause_ms(e)) {
            endpoint_probe(e);
        }
    }
}
