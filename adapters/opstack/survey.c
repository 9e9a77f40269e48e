/* A rollup's contracts, found from its portal. */
#include "survey.h"

#include "opstack/deposit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct cw_addr20 l2_bridge = {{0x42, [19] = 0x10}};
static const struct cw_addr20 l1_block = {{0x42, [19] = 0x15}};

/* The contracts of the settlement layer; zero: not known (yet). */
struct parts {
    struct cw_addr20 portal, roots, registry, lockbox, config, superchain, messenger, bridge;
};

/* --- what is no portal ------------------------------------------------------------------------ */

static void say_whose(struct surveyor *s, const struct cw_addr20 *at, const char *what,
                      const struct cw_addr20 *portal) {
    char is[CW_HEX_SIZE(20)], theirs[CW_HEX_SIZE(20)];
    survey_other(s, "%s is %s, whose portal is %s", cw_hex_encode(is, cw_slice_of(at->b, 20)), what,
                 cw_hex_encode(theirs, cw_slice_of(portal->b, 20)));
}

static void say_what_it_is(struct surveyor *s, const struct cw_addr20 *at) {
    struct cw_addr20 portal, messenger;
    uint64_t n;
    char hex[CW_HEX_SIZE(20)], version[32] = "", why[160] = "";
    cw_hex_encode(hex, cw_slice_of(at->b, 20));
    bool config = survey_addr20(s, CW_SETTLEMENT, at, SEL_OPTIMISM_PORTAL, &portal);
    bool is_messenger = survey_addr20(s, CW_SETTLEMENT, at, SEL_PORTAL, &portal) ||
                        survey_addr20(s, CW_SETTLEMENT, at, SEL_PORTAL_OLD, &portal);
    bool bridge = survey_addr20(s, CW_SETTLEMENT, at, SEL_MESSENGER, &messenger) ||
                  survey_addr20(s, CW_SETTLEMENT, at, SEL_MESSENGER_OLD, &messenger);
    bool factory = survey_u64(s, CW_SETTLEMENT, at, SEL_GAME_COUNT, &n);
    bool oracle = survey_u64(s, CW_SETTLEMENT, at, SEL_LATEST_BLOCK, &n);
    (void)survey_text(s, CW_SETTLEMENT, at, SEL_VERSION, version, sizeof version);
    survey_why_not(s, CW_SETTLEMENT, at, SEL_VERSION, why, sizeof why);
    if (bridge &&
        (survey_addr20(s, CW_SETTLEMENT, &messenger, SEL_PORTAL, &portal) ||
         survey_addr20(s, CW_SETTLEMENT, &messenger, SEL_PORTAL_OLD, &portal)) &&
        !s->pending) {
        say_whose(s, at, "an L1StandardBridge", &portal);
    }
    if (s->pending) {
        return;
    }
    if (config) {
        say_whose(s, at, "a SystemConfig", &portal);
    } else if (is_messenger) {
        say_whose(s, at, "an L1CrossDomainMessenger", &portal);
    } else if (factory) {
        survey_other(s, "%s is a DisputeGameFactory, which does not name its portal", hex);
    } else if (oracle) {
        survey_other(s, "%s is an L2OutputOracle, which does not name its portal", hex);
    } else if (why[0] != '\0') {
        survey_other(s,
                     "%s is no OptimismPortal, or a proxy that was not initialized: it reverts "
                     "(%s)",
                     hex, why);
    } else if (version[0] != '\0') {
        survey_other(s, "%s is no OptimismPortal: it is another contract, of version %s", hex,
                     version);
    } else {
        survey_other(s, "%s is no OptimismPortal: nothing answers there", hex);
    }
}

/* --- what is one ------------------------------------------------------------------------------ */

static void find_parts(struct surveyor *s, struct parts *p) {
    const enum cw_side l1 = CW_SETTLEMENT;
    const struct cw_addr20 *portal = &p->portal;
    bool games = survey_addr20(s, l1, portal, SEL_GAME_FACTORY, &p->roots);
    bool outputs = !games && (survey_addr20(s, l1, portal, SEL_L2_ORACLE, &p->roots) ||
                              survey_addr20(s, l1, portal, SEL_L2_ORACLE_OLD, &p->roots));
    survey_add(s, "portal", games ? "OptimismPortal2" : "OptimismPortal", l1, portal, "the portal");
    if (games) {
        survey_add(s, "", "DisputeGameFactory", l1, &p->roots,
                   "disputeGameFactory() of the portal");
    } else if (outputs) {
        survey_add(s, "", "L2OutputOracle", l1, &p->roots, "l2Oracle() of the portal");
    }
    if (survey_addr20(s, l1, portal, SEL_REGISTRY, &p->registry)) {
        survey_add(s, "", "AnchorStateRegistry", l1, &p->registry,
                   "anchorStateRegistry() of the portal");
    }
    if (survey_addr20(s, l1, portal, SEL_LOCKBOX, &p->lockbox) &&
        !cw_addr20_is_zero(&p->lockbox)) { /* not every portal of that version has one */
        survey_add(s, "", "ETHLockbox", l1, &p->lockbox, "ethLockbox() of the portal");
    }
    if (survey_addr20(s, l1, portal, SEL_SYSTEM_CONFIG, &p->config)) {
        survey_add(s, "", "SystemConfig", l1, &p->config, "systemConfig() of the portal");
    }
    if (survey_addr20(s, l1, portal, SEL_SUPERCHAIN_CONFIG, &p->superchain)) {
        survey_add(s, "", "SuperchainConfig", l1, &p->superchain,
                   "superchainConfig() of the portal");
    }
}

static void find_messengers(struct surveyor *s, struct parts *p) {
    struct cw_addr20 named;
    if (!survey_addr20(s, CW_EXECUTION, &OPSTACK_L2_MESSENGER, SEL_OTHER_MESSENGER, &named) &&
        !survey_addr20(s, CW_EXECUTION, &OPSTACK_L2_MESSENGER, SEL_OTHER_MESSENGER_OLD, &named)) {
        survey_remark(
            s, CW_REMARK_CARE,
            "the rollup has no messenger at 0x4200…0007: only raw messages are told by it");
        return;
    }
    p->messenger = named;
    survey_add(s, "messenger", "L1CrossDomainMessenger", CW_SETTLEMENT, &named,
               "otherMessenger() of the rollup's messenger");
    survey_add(s, "", "L2CrossDomainMessenger", CW_EXECUTION, &OPSTACK_L2_MESSENGER, "");
    if (survey_addr20(s, CW_EXECUTION, &l2_bridge, SEL_OTHER_BRIDGE, &p->bridge) &&
        !cw_addr20_is_zero(&p->bridge)) {
        survey_add(s, "", "L1StandardBridge", CW_SETTLEMENT, &p->bridge, "");
        survey_add(s, "", "L2StandardBridge", CW_EXECUTION, &l2_bridge, "");
    }
}

static void check_links(struct surveyor *s, const struct parts *p) {
    const enum cw_side l1 = CW_SETTLEMENT, l2 = CW_EXECUTION;
    const struct survey_link links[] = {
        {"portal() of the L1 messenger", l1, &p->messenger, SEL_PORTAL, SEL_PORTAL_OLD, &p->portal,
         false},
        {"otherMessenger() of the L1 messenger", l1, &p->messenger, SEL_OTHER_MESSENGER,
         SEL_OTHER_MESSENGER_OLD, &OPSTACK_L2_MESSENGER, false},
        {"otherMessenger() of the rollup's messenger", l2, &OPSTACK_L2_MESSENGER,
         SEL_OTHER_MESSENGER, SEL_OTHER_MESSENGER_OLD, &p->messenger, false},
        {"optimismPortal() of the SystemConfig", l1, &p->config, SEL_OPTIMISM_PORTAL, 0, &p->portal,
         true},
        {"l1CrossDomainMessenger() of the SystemConfig", l1, &p->config, SEL_L1_MESSENGER, 0,
         &p->messenger, true},
        {"l1StandardBridge() of the SystemConfig", l1, &p->config, SEL_L1_STANDARD_BRIDGE, 0,
         &p->bridge, true},
        {"disputeGameFactory() of the SystemConfig", l1, &p->config, SEL_GAME_FACTORY, 0, &p->roots,
         true},
        {"disputeGameFactory() of the AnchorStateRegistry", l1, &p->registry, SEL_GAME_FACTORY, 0,
         &p->roots, false},
        {"messenger() of the L1 bridge", l1, &p->bridge, SEL_MESSENGER, SEL_MESSENGER_OLD,
         &p->messenger, false},
        {"otherBridge() of the L1 bridge", l1, &p->bridge, SEL_OTHER_BRIDGE, 0, &l2_bridge, false},
        {"otherBridge() of the rollup's bridge", l2, &l2_bridge, SEL_OTHER_BRIDGE, 0, &p->bridge,
         false},
    };
    for (size_t i = 0; i < CW_COUNT(links); i++) {
        survey_link(s, &links[i]);
    }
    if (!cw_addr20_is_zero(&p->lockbox)) {
        if (survey_says_yes(s, CW_SETTLEMENT, &p->lockbox, SEL_AUTHORIZED_PORTALS, &p->portal)) {
            s->ret->links++;
        } else {
            survey_remark(s, CW_REMARK_WRONG, "the ETHLockbox does not know this portal");
        }
    }
}

static void look_at_rollup(struct surveyor *s, const struct cw_survey_start *start,
                           const struct parts *p) {
    const struct cw_hash32 none = {{0}};
    struct cw_hash32 word;
    uint64_t id;
    if (!survey_word(s, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, SEL_SENT_MESSAGES, &none, &word)) {
        survey_remark(s, CW_REMARK_WRONG,
                      "the execution chain has no message passer at 0x4200…0016: it is no OP Stack "
                      "rollup");
    }
    if (survey_u64(s, CW_SETTLEMENT, &p->config, SEL_L2_CHAIN_ID, &id)) {
        survey_chain(s, "the SystemConfig", id, start->chains[CW_EXECUTION]);
    }
    if (survey_says_yes(s, CW_EXECUTION, &l1_block, SEL_CUSTOM_GAS, NULL)) {
        snprintf(s->ret->symbol, sizeof s->ret->symbol, "?");
        (void)survey_text(s, CW_EXECUTION, &l1_block, SEL_GAS_TOKEN_SYMBOL, s->ret->symbol,
                          sizeof s->ret->symbol);
        survey_remark(s, CW_REMARK_CARE, "the rollup's gas is paid in a token of its own, %s",
                      s->ret->symbol);
    }
}

static void look_at_rules(struct surveyor *s, const struct parts *p) {
    const enum cw_side l1 = CW_SETTLEMENT;
    uint64_t matures, delay, type, period;
    if (survey_u64(s, l1, &p->portal, SEL_PROOF_MATURITY, &matures) &&
        survey_u64(s, l1, &p->portal, SEL_GAME_FINALITY, &delay) &&
        survey_u64(s, l1, &p->portal, SEL_RESPECTED_TYPE, &type)) {
        survey_remark(s, CW_REMARK_FACT,
                      "games of type %" PRIu64 " count; a proof matures for %" PRIu64
                      " s, a resolved game for %" PRIu64 " s",
                      type, matures, delay);
    } else if (survey_u64(s, l1, &p->roots, SEL_PERIOD, &period) ||
               survey_u64(s, l1, &p->roots, SEL_PERIOD_NEW, &period) ||
               survey_u64(s, l1, &p->portal, SEL_PERIOD, &period)) {
        survey_remark(s, CW_REMARK_FACT, "an output is final after %" PRIu64 " s", period);
    }
    if (survey_says_yes(s, l1, &p->portal, SEL_PAUSED, NULL)) {
        survey_remark(s, CW_REMARK_CARE, "the portal is paused");
    }
}

void opstack_survey(const struct cw_survey_start *start, struct cw_io *io, struct cw_survey *ret) {
    struct surveyor s = survey_begin(io, ret);
    struct parts p = {.portal = start->at};
    const struct cw_hash32 none = {{0}};
    struct cw_hash32 word;
    /* No other contract has this one. */
    bool portal = survey_word(&s, CW_SETTLEMENT, &p.portal, SEL_FINALIZED_WITHDRAWALS, &none,
                              &word);
    if (portal) {
        find_parts(&s, &p);
        find_messengers(&s, &p);
        check_links(&s, &p);
        look_at_rollup(&s, start, &p);
        look_at_rules(&s, &p);
    } else if (!s.pending) {
        say_what_it_is(&s, &p.portal);
    }
    survey_end(&s);
}
