#include "opstack/deposit.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct version {
    unsigned major, minor;
    char text[32]; /* printable, for people */
};

enum read { READ_OK = 1, READ_PENDING, READ_REVERTED, READ_UNAVAILABLE };

struct reading {
    struct cw_io *io;
    struct cw_preparation *ret;
    bool pending;
};

static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...)
    CW_PRINTF(3, 4);
static void hold(struct cw_preparation *ret, const char *reason, const char *format, ...) {
    va_list args;
    ret->state = CW_PREPARE_HOLD;
    snprintf(ret->reason, sizeof ret->reason, "%s", reason);
    va_start(args, format);
    vsnprintf(ret->detail, sizeof ret->detail, format, args);
    va_end(args);
}

static enum read call(struct reading *r, enum cw_side side, const struct cw_addr20 *to,
                      uint32_t selector, const struct cw_hash32 *words, size_t words_n,
                      struct cw_slice *ret) {
    uint8_t room[OPSTACK_VIEW_SIZE];
    const struct cw_answer *answer = cw_io_call(r->io, side, &r->io->heads[side].latest, to,
                                                opstack_view(room, selector, words, words_n));
    if (answer == NULL) {
        r->pending = true;
        return READ_PENDING;
    }
    switch (answer->status) {
    case CW_ANSWER_OK:
        *ret = answer->data;
        return READ_OK;
    case CW_ANSWER_REVERTED:
        return READ_REVERTED;
    case CW_ANSWER_UNAVAILABLE:
        break;
    }
    hold(r->ret, "unavailable", "%s", answer->text != NULL ? answer->text : "no endpoint answered");
    return READ_UNAVAILABLE;
}

static enum read read_addr20(struct reading *r, enum cw_side side, const struct cw_addr20 *to,
                             uint32_t selector, struct cw_addr20 *ret) {
    struct cw_slice data;
    enum read read = call(r, side, to, selector, NULL, 0, &data);
    if (read != READ_OK) {
        return read;
    }
    struct cw_abi in = cw_abi_open(data);
    return data.n == 32 && cw_abi_addr20(&in, ret) == CW_OK ? READ_OK : READ_REVERTED;
}

/* By its name of today, else by an older one. */
static enum read read_addr20_either(struct reading *r, enum cw_side side,
                                    const struct cw_addr20 *to, uint32_t selector, uint32_t older,
                                    struct cw_addr20 *ret) {
    enum read read = read_addr20(r, side, to, selector, ret);
    return read == READ_REVERTED ? read_addr20(r, side, to, older, ret) : read;
}

/* Digits of one part of a version. */
static bool read_part(const char **text, unsigned *ret) {
    unsigned v = 0;
    const char *p = *text;
    if (*p < '0' || *p > '9') {
        return false;
    }
    for (; *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (unsigned)(*p - '0');
        if (v > 9999) {
            return false;
        }
    }
    *text = p;
    *ret = v;
    return true;
}

/* "2.8.1-beta.1": what follows the minor part does not matter. */
static enum read read_version(struct reading *r, enum cw_side side, const struct cw_addr20 *to,
                              struct version *ret) {
    struct cw_slice data, text;
    enum read read = call(r, side, to, SEL_VERSION, NULL, 0, &data);
    if (read != READ_OK) {
        return read;
    }
    struct cw_abi in = cw_abi_open(data);
    if (cw_abi_bytes(&in, &text) != CW_OK || text.n == 0 || text.n >= sizeof ret->text) {
        return READ_REVERTED;
    }
    for (size_t i = 0; i < text.n; i++) {
        ret->text[i] = text.p[i] > ' ' && text.p[i] < 0x7f ? (char)text.p[i] : '?';
    }
    ret->text[text.n] = '\0';
    const char *p = ret->text;
    if (!read_part(&p, &ret->major) || *p++ != '.' || !read_part(&p, &ret->minor) || *p != '.') {
        return READ_REVERTED;
    }
    return READ_OK;
}

/* True when the caller must return: something is still asked for, or the preparation is held. */
static bool stop(struct reading *r) {
    if (r->ret->state == CW_PREPARE_HOLD) {
        return true;
    }
    if (r->pending) {
        r->ret->state = CW_PREPARE_NEED;
        return true;
    }
    return false;
}

static bool answers(struct reading *r, enum read read, const char *what,
                    const struct cw_addr20 *at) {
    if (read == READ_REVERTED) {
        char hex[CW_HEX_SIZE(20)];
        hold(r->ret, "unknown_version", "%s does not answer at %s", what,
             cw_hex_encode(hex, cw_slice_of(at->b, 20)));
    }
    return !stop(r);
}

/* --- the portal --- */

static const char *portal_name(const struct version *v) {
    return v->major < 3 ? "OptimismPortal" : "OptimismPortal2";
}

static enum opstack_flavour flavour_of(const struct version *v) {
    if (v->major == 1 || v->major == 2) {
        return OPSTACK_OUTPUTS;
    }
    /* Before 3.8 proofs are kept by hash alone, or no list of submitters can be asked for. */
    bool games = (v->major == 3 && v->minor >= 8) || v->major == 4 || v->major == 5;
    return games ? OPSTACK_GAMES : OPSTACK_UNKNOWN;
}

static void prepare_outputs(struct cw_adapter *a, struct reading *r, struct version *roots) {
    enum read read = read_addr20_either(r, CW_SETTLEMENT, &a->portal, SEL_L2_ORACLE,
                                        SEL_L2_ORACLE_OLD, &a->roots);
    if (!answers(r, read, "the portal's l2Oracle()", &a->portal)) {
        return;
    }
    read = read_version(r, CW_SETTLEMENT, &a->roots, roots);
    struct cw_slice data;
    const struct {
        const struct cw_addr20 *at;
        uint32_t selector;
    } places[] = {{&a->roots, SEL_PERIOD}, {&a->roots, SEL_PERIOD_NEW}, {&a->portal, SEL_PERIOD}};
    for (size_t i = 0; i < CW_COUNT(places); i++) {
        enum read period = call(r, CW_SETTLEMENT, places[i].at, places[i].selector, NULL, 0, &data);
        if (period == READ_PENDING || period == READ_UNAVAILABLE) {
            break;
        }
        if (period == READ_OK && data.n == 32) {
            a->period_at = *places[i].at;
            a->period_selector = places[i].selector;
            break;
        }
    }
    if (!answers(r, read, "version() of the L2OutputOracle", &a->roots)) {
        return;
    }
    if (a->period_selector == 0) {
        hold(r->ret, "unknown_version",
             "neither portal nor L2OutputOracle %s has a finalization period", roots->text);
    } else if (roots->major != 1) {
        hold(r->ret, "unknown_version", "L2OutputOracle %s", roots->text);
    }
}

/* False as well where nobody knows the question. */
static bool says_yes(struct reading *r, enum cw_side side, const struct cw_addr20 *at,
                     uint32_t selector) {
    struct cw_slice data;
    bool yes = false;
    if (call(r, side, at, selector, NULL, 0, &data) != READ_OK) {
        return false;
    }
    struct cw_abi in = cw_abi_open(data);
    return data.n == 32 && cw_abi_bool(&in, &yes) == CW_OK && yes;
}

static void prepare_games(struct cw_adapter *a, struct reading *r, const struct version *portal,
                          struct version *roots) {
    const struct cw_hash32 none = {{0}};
    struct cw_slice data;
    if (portal->major >= 4 &&
        !answers(r, read_addr20(r, CW_SETTLEMENT, &a->portal, SEL_REGISTRY, &a->registry),
                 "the portal's anchorStateRegistry()", &a->portal)) {
        return;
    }
    enum read read = read_addr20(r, CW_SETTLEMENT, &a->portal, SEL_GAME_FACTORY, &a->roots);
    if (portal->major >= 4) {
        a->super_proofs = says_yes(r, CW_SETTLEMENT, &a->portal, SEL_SUPER_ACTIVE);
        a->super_games = a->super_proofs || (portal->major == 5 && portal->minor >= 6);
    }
    /* The one function that tells proofs by submitter from proofs by hash. */
    enum read submitters = call(r, CW_SETTLEMENT, &a->portal, SEL_SUBMITTERS_N, &none, 1, &data);
    if (!answers(r, read, "the portal's disputeGameFactory()", &a->portal)) {
        return;
    }
    if (submitters != READ_OK || data.n != 32) {
        answers(r, READ_REVERTED, "the portal's numProofSubmitters()", &a->portal);
        return;
    }
    read = read_version(r, CW_SETTLEMENT, &a->roots, roots);
    if (answers(r, read, "version() of the DisputeGameFactory", &a->roots) && roots->major != 1) {
        hold(r->ret, "unknown_version", "DisputeGameFactory %s", roots->text);
    }
}

/* Not to know it holds nothing up. */
static void prepare_pause(struct cw_adapter *a, struct reading *r, const struct version *portal) {
    struct cw_addr20 at;
    struct version config;
    enum read read = read_addr20(r, CW_SETTLEMENT, &a->portal, SEL_SUPERCHAIN_CONFIG, &at);
    (void)read_addr20_either(r, CW_SETTLEMENT, &a->portal, SEL_GUARDIAN, SEL_GUARDIAN_OLD,
                             &a->guardian);
    if (portal->major >= 4) {
        (void)read_addr20(r, CW_SETTLEMENT, &a->portal, SEL_LOCKBOX, &a->pause_id);
    }
    if (read == READ_REVERTED && portal->major == 1) {
        a->pause_at = a->portal;
        a->pause_selector = SEL_PAUSE;
    } else if (read == READ_OK && !cw_addr20_is_zero(&at) &&
               read_version(r, CW_SETTLEMENT, &at, &config) == READ_OK) {
        a->pause_at = at;
        a->pause_selector = config.major >= 2 ? SEL_PAUSE_ID : SEL_PAUSE_TEXT;
    }
}

/* The L1 messenger, as its counterpart names it, when its portal is ours. *ret_text says what was
 * found. */
static bool prepare_messenger(struct cw_adapter *a, struct reading *r, const char **ret_text) {
    struct cw_addr20 messenger, portal;
    enum read read = read_addr20_either(r, CW_EXECUTION, &OPSTACK_L2_MESSENGER, SEL_OTHER_MESSENGER,
                                        SEL_OTHER_MESSENGER_OLD, &messenger);
    if (stop(r)) {
        return false;
    }
    if (read != READ_OK || cw_addr20_is_zero(&messenger)) {
        *ret_text = "no messenger on the L2, outcomes are the portal's";
        return true;
    }
    read = read_addr20_either(r, CW_SETTLEMENT, &messenger, SEL_PORTAL, SEL_PORTAL_OLD, &portal);
    if (stop(r)) {
        return false;
    }
    if (read != READ_OK || !cw_addr20_equal(&portal, &a->portal)) {
        *ret_text = "the L2's messenger belongs to another portal, outcomes are this portal's";
        return true;
    }
    a->messenger = messenger;
    *ret_text = "messenger wired";
    return true;
}

/* A call that the signer is bound to goes to the messenger that the chains know, or nowhere. */
static bool is_as_configured(const struct cw_adapter *a, struct reading *r) {
    char theirs[CW_HEX_SIZE(20)];
    if (cw_addr20_is_zero(&a->replay_at) || cw_addr20_equal(&a->replay_at, &a->messenger)) {
        return true;
    }
    if (cw_addr20_is_zero(&a->messenger)) {
        hold(r->ret, "wrong_messenger",
             "the configuration names a messenger, and the L2's messenger none of this portal");
    } else {
        hold(r->ret, "wrong_messenger",
             "the configuration names another messenger than the L2 does, which is %s",
             cw_hex_encode(theirs, cw_slice_of(a->messenger.b, 20)));
    }
    return false;
}

void opstack_prepare(struct cw_adapter *adapter, struct cw_io *io, struct cw_preparation *ret) {
    struct reading r = {.io = io, .ret = ret};
    struct cw_adapter found = {.portal = adapter->portal,
                               .replay_at = adapter->replay_at,
                               .limits = adapter->limits,
                               .tokens_n = adapter->tokens_n,
                               .chain_id = adapter->chain_id};
    struct version portal = {0}, roots = {0};
    struct cw_slice data;
    const char *messenger = "";
    memset(ret, 0, sizeof *ret);
    memcpy(found.tokens, adapter->tokens, sizeof found.tokens);

    const struct cw_hash32 none = {{0}};
    enum read version = read_version(&r, CW_SETTLEMENT, &found.portal, &portal);
    enum read passer = call(&r, CW_EXECUTION, &CW_OP_MESSAGE_PASSER, SEL_SENT_MESSAGES, &none, 1,
                            &data);
    if (stop(&r) || !answers(&r, version, "version() of the portal", &found.portal)) {
        return;
    }
    if (passer != READ_OK || data.n != 32) {
        answers(&r, READ_REVERTED, "the L2's message passer", &CW_OP_MESSAGE_PASSER);
        return;
    }
    found.flavour = flavour_of(&portal);
    if (found.flavour == OPSTACK_OUTPUTS) {
        prepare_outputs(&found, &r, &roots);
    } else if (found.flavour == OPSTACK_GAMES) {
        found.judged_at_creation = portal.major > 3 || portal.minor >= 12;
        prepare_games(&found, &r, &portal, &roots);
    } else {
        hold(ret, "unknown_version", "portal %s: 1.x, 2.x and 3.8 to 5.x are known", portal.text);
    }
    prepare_pause(&found, &r, &portal);
    /* The price oracle knows which forks its chain has had. */
    found.isthmus = says_yes(&r, CW_EXECUTION, &OPSTACK_PRICE_ORACLE, SEL_IS_ISTHMUS);
    if (stop(&r) || !prepare_messenger(&found, &r, &messenger) || !is_as_configured(&found, &r)) {
        return;
    }

    *adapter = found;
    char at[CW_HEX_SIZE(20)];
    cw_hex_encode(at, cw_slice_of(found.roots.b, 20));
    ret->state = CW_PREPARE_OK;
    snprintf(ret->detail, sizeof ret->detail, "%s %s, %s %s at %s, %s", portal_name(&portal),
             portal.text, found.flavour == OPSTACK_GAMES ? "DisputeGameFactory" : "L2OutputOracle",
             roots.text, at, messenger);
}

/* The event of a deposit, and what is made of it on the L2, is the same in all of these. */
void opstack_deposit_prepare(struct cw_adapter *adapter, struct cw_io *io,
                             struct cw_preparation *ret) {
    struct reading r = {.io = io, .ret = ret};
    struct cw_adapter found = {.portal = adapter->portal, .replay_at = adapter->replay_at};
    struct version portal = {0};
    const char *messenger = "";
    memset(ret, 0, sizeof *ret);
    enum read version = read_version(&r, CW_SETTLEMENT, &found.portal, &portal);
    bool wired = prepare_messenger(&found, &r, &messenger);
    if (stop(&r) || !answers(&r, version, "version() of the portal", &found.portal) || !wired) {
        return;
    }
    if (portal.major < 1 || portal.major > 5) {
        hold(ret, "unknown_version", "portal %s: 1.x to 5.x are known", portal.text);
        return;
    }
    found.flavour = portal.major < 3 ? OPSTACK_OUTPUTS : OPSTACK_GAMES;
    *adapter = found;
    ret->state = CW_PREPARE_OK;
    snprintf(ret->detail, sizeof ret->detail, "%s %s, %s", portal_name(&portal), portal.text,
             messenger);
}
