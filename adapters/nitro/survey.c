/* A rollup's contracts, found from any of them that names its bridge, or from the bridge. */
#include "survey.h"

#include "nitro/abi_constants.h"
#include "nitro/nitro.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct cw_addr20 arb_sys = {{[19] = 0x64}};

/* Of the settlement layer; zero: not known (yet). */
struct parts {
    struct cw_addr20 bridge, rollup, outbox, inbox, sequencer, event_inbox;
};

/* --- the bridge ------------------------------------------------------------------------------- */

static void say_what_it_is(struct surveyor *s, const struct cw_addr20 *at) {
    char hex[CW_HEX_SIZE(20)], why[160];
    cw_hex_encode(hex, cw_slice_of(at->b, 20));
    survey_why_not(s, CW_SETTLEMENT, at, SEL_BRIDGE, why, sizeof why);
    if (why[0] != '\0') {
        survey_other(s, "%s is neither a bridge of Nitro's nor knows one: it reverts (%s)", hex,
                     why);
    } else {
        survey_other(s, "%s is neither a bridge of Nitro's nor knows one: nothing answers there",
                     hex);
    }
}

/* False: not known, or none. */
static bool find_bridge(struct surveyor *s, const struct cw_addr20 *at, struct parts *p) {
    uint64_t n;
    char hex[CW_HEX_SIZE(20)];
    bool named = survey_addr20(s, CW_SETTLEMENT, at, SEL_BRIDGE, &p->bridge);
    bool is_one = survey_u64(s, CW_SETTLEMENT, &p->bridge, SEL_DELAYED_COUNT, &n);
    bool has_rollup = survey_addr20(s, CW_SETTLEMENT, &p->bridge, SEL_ROLLUP, &p->rollup);
    if (is_one && has_rollup) {
        return true;
    }
    if (s->pending) {
        return false;
    }
    if (named) {
        survey_other(s, "the bridge %s that it names has no messages and no rollup",
                     cw_hex_encode(hex, cw_slice_of(p->bridge.b, 20)));
    } else {
        say_what_it_is(s, at);
    }
    return false;
}

/* --- the others ------------------------------------------------------------------------------- */

static void add(struct surveyor *s, const struct parts *p, uint32_t selector, const char *key,
                const char *name, const char *by, struct cw_addr20 *ret) {
    if (survey_addr20(s, CW_SETTLEMENT, &p->rollup, selector, ret)) {
        survey_add(s, key, name, CW_SETTLEMENT, ret, by);
    } else {
        survey_remark(s, CW_REMARK_WRONG, "%s does not answer", by);
    }
}

static void find_parts(struct surveyor *s, struct parts *p) {
    survey_add(s, "bridge", "Bridge", CW_SETTLEMENT, &p->bridge, "the bridge");
    survey_add(s, "", "Rollup", CW_SETTLEMENT, &p->rollup, "rollup() of the bridge");
    add(s, p, SEL_OUTBOX, "outbox", "Outbox", "outbox() of the rollup", &p->outbox);
    add(s, p, SEL_INBOX, "inbox", "Inbox", "inbox() of the rollup", &p->inbox);
    add(s, p, SEL_SEQUENCER_INBOX, "", "SequencerInbox", "sequencerInbox() of the rollup",
        &p->sequencer);
    add(s, p, SEL_EVENT_INBOX, "", "RollupEventInbox", "rollupEventInbox() of the rollup",
        &p->event_inbox);
}

static void find_other_inboxes(struct surveyor *s, const struct parts *p) {
    for (uint64_t i = 0; i <= TICKET_INBOXES_MAX; i++) {
        const struct cw_u256 wide = cw_u256_from_u64(i);
        struct cw_hash32 index, word;
        struct cw_addr20 inbox;
        cw_u256_to_be(index.b, &wide);
        if (!survey_word(s, CW_SETTLEMENT, &p->bridge, SEL_INBOX_AT, &index, &word)) {
            continue; /* beyond the list's end it reverts */
        }
        memcpy(inbox.b, word.b + 12, sizeof inbox.b);
        if (!cw_addr20_equal(&inbox, &p->inbox) && !cw_addr20_equal(&inbox, &p->event_inbox)) {
            survey_add(s, "other_inboxes", "another inbox", CW_SETTLEMENT, &inbox,
                       "allowedDelayedInboxList() of the bridge");
        }
    }
}

static void check_allowed(struct surveyor *s, const struct parts *p, uint32_t selector,
                          const struct cw_addr20 *who, const char *what) {
    if (cw_addr20_is_zero(who)) {
        return;
    }
    if (survey_says_yes(s, CW_SETTLEMENT, &p->bridge, selector, who)) {
        s->ret->links++;
    } else {
        survey_remark(s, CW_REMARK_WRONG, "the bridge does not let the %s call it", what);
    }
}

static void check_links(struct surveyor *s, const struct parts *p) {
    const enum cw_side l1 = CW_SETTLEMENT;
    const struct survey_link links[] = {
        {"bridge() of the rollup", l1, &p->rollup, SEL_BRIDGE, 0, &p->bridge, false},
        {"bridge() of the outbox", l1, &p->outbox, SEL_BRIDGE, 0, &p->bridge, false},
        {"rollup() of the outbox", l1, &p->outbox, SEL_ROLLUP, 0, &p->rollup, false},
        {"bridge() of the inbox", l1, &p->inbox, SEL_BRIDGE, 0, &p->bridge, false},
        {"sequencerInbox() of the inbox", l1, &p->inbox, SEL_SEQUENCER_INBOX, 0, &p->sequencer,
         false},
        {"bridge() of the sequencer's inbox", l1, &p->sequencer, SEL_BRIDGE, 0, &p->bridge, false},
        {"rollup() of the sequencer's inbox", l1, &p->sequencer, SEL_ROLLUP, 0, &p->rollup, false},
        {"sequencerInbox() of the bridge", l1, &p->bridge, SEL_SEQUENCER_INBOX, 0, &p->sequencer,
         false},
    };
    for (size_t i = 0; i < CW_COUNT(links); i++) {
        survey_link(s, &links[i]);
    }
    check_allowed(s, p, SEL_ALLOWED_OUTBOXES, &p->outbox, "outbox");
    check_allowed(s, p, SEL_ALLOWED_INBOXES, &p->inbox, "inbox");
}

static void look_at_rollup(struct surveyor *s, const struct cw_survey_start *start,
                           const struct parts *p) {
    uint64_t id, n, blocks;
    struct cw_addr20 token;
    if (!survey_u64(s, CW_EXECUTION, &arb_sys, SEL_ARB_BLOCK_NUMBER, &n)) {
        survey_remark(s, CW_REMARK_WRONG,
                      "the execution chain has no ArbSys at 0x64: it is no Nitro rollup");
    }
    if (survey_u64(s, CW_SETTLEMENT, &p->rollup, SEL_CHAIN_ID, &id)) {
        survey_chain(s, "the rollup", id, start->chains[CW_EXECUTION]);
    }
    if (survey_u64(s, CW_SETTLEMENT, &p->rollup, SEL_CONFIRM_PERIOD, &blocks)) {
        survey_remark(s, CW_REMARK_FACT,
                      "an assertion is confirmed after %" PRIu64 " blocks of Ethereum", blocks);
    }
    if (survey_says_yes(s, CW_SETTLEMENT, &p->rollup, SEL_ROLLUP_PAUSED, NULL)) {
        survey_remark(s, CW_REMARK_CARE, "the rollup is paused");
    }
    if (survey_addr20(s, CW_SETTLEMENT, &p->bridge, SEL_NATIVE_TOKEN, &token)) {
        snprintf(s->ret->symbol, sizeof s->ret->symbol, "?");
        (void)survey_text(s, CW_SETTLEMENT, &token, SEL_SYMBOL, s->ret->symbol,
                          sizeof s->ret->symbol);
        survey_add(s, "", "gas token", CW_SETTLEMENT, &token, "nativeToken() of the bridge");
        survey_remark(s, CW_REMARK_CARE, "the rollup's gas is paid in a token of its own, %s",
                      s->ret->symbol);
    }
}

void nitro_survey(const struct cw_survey_start *start, struct cw_io *io, struct cw_survey *ret) {
    struct surveyor s = survey_begin(io, ret);
    struct parts p = {.bridge = start->at};
    if (find_bridge(&s, &start->at, &p)) {
        find_parts(&s, &p);
        find_other_inboxes(&s, &p);
        check_links(&s, &p);
        look_at_rollup(&s, start, &p);
    }
    survey_end(&s);
}
