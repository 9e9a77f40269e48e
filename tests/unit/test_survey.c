/* What surveys make of contracts that are a table of this test's. */
#include <adapters/adapter.h>
#include <causeway/abi.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ANSWERS 96

enum { PORTAL = 1, FACTORY, CONFIG, SUPERCHAIN, MESSENGER, BRIDGE, OTHER };
enum { N_BRIDGE = 0x21, N_ROLLUP, N_OUTBOX, N_INBOX, N_SEQUENCER, N_EVENTS, N_MORE, N_TOKEN };

struct entry {
    enum cw_side side;
    struct cw_addr20 at;
    uint8_t data[36];
    size_t data_n;
    struct cw_answer answer;
    uint8_t bytes[100];
};

static struct {
    struct entry entries[ANSWERS];
    size_t n;
    struct cw_arena arena;
    struct cw_io io;
    struct cw_survey survey;
    unsigned rounds;
} t;

/* Contract n of the settlement layer; the rollup's are at 0x42…n. */
static struct cw_addr20 at(unsigned n) {
    return (struct cw_addr20){{[0] = 0xaa, [19] = (uint8_t)n}};
}

static struct cw_addr20 l2(unsigned n) {
    return (struct cw_addr20){{[0] = 0x42, [19] = (uint8_t)n}};
}

static struct entry *find(enum cw_side side, const struct cw_addr20 *to, struct cw_slice data) {
    for (size_t i = 0; i < t.n; i++)
        if (t.entries[i].side == side && cw_addr20_equal(&t.entries[i].at, to) &&
            cw_slice_equal(cw_slice_of(t.entries[i].data, t.entries[i].data_n), data))
            return &t.entries[i];
    return NULL;
}

/* The answer to a function; a later one goes before. */
static struct entry *add(enum cw_side side, struct cw_addr20 to, const char *function,
                         const struct cw_hash32 *word) {
    struct entry e = {.side = side, .at = to, .data_n = word ? 36 : 4};
    const struct cw_selector selector = cw_selector_of(function);
    memcpy(e.data, selector.b, 4);
    if (word)
        memcpy(e.data + 4, word->b, 32);
    e.answer.status = CW_ANSWER_OK;
    struct entry *known = find(side, &to, cw_slice_of(e.data, e.data_n));
    if (!known) {
        assert_true(t.n < ANSWERS);
        known = &t.entries[t.n++];
    }
    *known = e;
    return known;
}

static void says_u64(enum cw_side side, struct cw_addr20 to, const char *function, uint64_t v) {
    struct entry *e = add(side, to, function, NULL);
    const struct cw_u256 wide = cw_u256_from_u64(v);
    cw_u256_to_be(e->bytes, &wide);
    e->answer.data = cw_slice_of(e->bytes, 32);
}

static void says(enum cw_side side, struct cw_addr20 to, const char *function,
                 struct cw_addr20 value) {
    struct entry *e = add(side, to, function, NULL);
    memcpy(e->bytes + 12, value.b, 20);
    e->answer.data = cw_slice_of(e->bytes, 32);
}

static void says_text(enum cw_side side, struct cw_addr20 to, const char *function,
                      const char *text) {
    struct entry *e = add(side, to, function, NULL);
    e->bytes[31] = 32;
    e->bytes[63] = (uint8_t)strlen(text);
    memcpy(e->bytes + 64, text, strlen(text));
    e->answer.data = cw_slice_of(e->bytes, 96);
}

static void says_of(struct cw_addr20 to, const char *function, struct cw_hash32 word, bool yes) {
    struct entry *e = add(CW_SETTLEMENT, to, function, &word);
    e->bytes[31] = yes;
    e->answer.data = cw_slice_of(e->bytes, 32);
}

static struct cw_hash32 word_of(struct cw_addr20 address) {
    struct cw_hash32 word = {{0}};
    memcpy(word.b + 12, address.b, 20);
    return word;
}

static void answer_all(void) {
    static const struct cw_answer nothing = {.status = CW_ANSWER_REVERTED};
    for (size_t i = 0; i < t.io.n; i++) {
        struct cw_io_entry *asked = &t.io.entries[i];
        assert_int_equal(asked->request.kind, CW_REQUEST_CALL);
        const struct entry *e = find(asked->request.side, &asked->request.to, asked->request.data);
        if (!asked->answer)
            asked->answer = e ? &e->answer : &nothing;
    }
}

static const struct cw_survey *survey(const char *stack, struct cw_addr20 begin) {
    static const struct cw_heads heads[CW_SIDES];
    const struct cw_survey_start start = {.at = begin, .chains = {{1}, {10}}};
    const struct cw_adapter_ops *ops = cw_adapter_find(stack, "withdrawal");
    cw_arena_done(&t.arena);
    cw_arena_init(&t.arena, 1u << 20);
    cw_io_init(&t.io, &t.arena, heads);
    for (t.rounds = 1;; t.rounds++) {
        ops->survey(&start, &t.io, &t.survey);
        if (t.survey.state != CW_SURVEY_NEED)
            break;
        assert_true(t.rounds <= CW_IO_ROUNDS);
        answer_all();
    }
    assert_false(t.io.overflow);
    return &t.survey;
}

static unsigned remarks(enum cw_remark_kind kind) {
    unsigned n = 0;
    for (size_t i = 0; i < t.survey.remarks_n; i++)
        n += t.survey.remarks[i].kind == kind;
    return n;
}

static bool remarked(const char *text) {
    for (size_t i = 0; i < t.survey.remarks_n; i++)
        if (strstr(t.survey.remarks[i].text, text))
            return true;
    return false;
}

static const struct cw_hash32 none = {{0}};

static int opstack(void **state) {
    const enum cw_side s = CW_SETTLEMENT, e = CW_EXECUTION;
    (void)state;
    t.n = 0;
    says_of(at(PORTAL), "finalizedWithdrawals(bytes32)", none, false);
    says_text(s, at(PORTAL), "version()", "3.10.0");
    says(s, at(PORTAL), "disputeGameFactory()", at(FACTORY));
    says(s, at(PORTAL), "systemConfig()", at(CONFIG));
    says(s, at(PORTAL), "superchainConfig()", at(SUPERCHAIN));
    says_u64(s, at(PORTAL), "paused()", 0);
    says_u64(s, at(PORTAL), "proofMaturityDelaySeconds()", 604800);
    says_u64(s, at(PORTAL), "disputeGameFinalityDelaySeconds()", 302400);
    says_u64(s, at(PORTAL), "respectedGameType()", 1);
    says_u64(s, at(FACTORY), "gameCount()", 7);
    says(s, at(CONFIG), "optimismPortal()", at(PORTAL));
    says(s, at(CONFIG), "disputeGameFactory()", at(FACTORY));
    says(s, at(CONFIG), "l1CrossDomainMessenger()", at(MESSENGER));
    says(s, at(CONFIG), "l1StandardBridge()", at(BRIDGE));
    says_u64(s, at(CONFIG), "l2ChainId()", 10);
    says(s, at(MESSENGER), "portal()", at(PORTAL));
    says(s, at(MESSENGER), "otherMessenger()", l2(7));
    says(s, at(BRIDGE), "messenger()", at(MESSENGER));
    says(s, at(BRIDGE), "otherBridge()", l2(0x10));
    says(e, l2(7), "otherMessenger()", at(MESSENGER));
    says(e, l2(0x10), "otherBridge()", at(BRIDGE));
    struct entry *sent = add(e, l2(0x16), "sentMessages(bytes32)", &none);
    sent->answer.data = cw_slice_of(sent->bytes, 32);
    says_u64(e, l2(0x15), "isCustomGasToken()", 0);
    return 0;
}

static int done(void **state) {
    (void)state;
    cw_arena_done(&t.arena);
    return 0;
}

static void opstack__all_links_hold__found(void **state) {
    (void)state;
    const struct cw_survey *s = survey("opstack", at(PORTAL));
    assert_int_equal(s->state, CW_SURVEY_OK);
    assert_int_equal(s->links, 11);
    assert_int_equal(remarks(CW_REMARK_WRONG) + remarks(CW_REMARK_CARE), 0);
    assert_true(remarked("a proof matures for 604800 s, a resolved game for 302400 s"));
    assert_string_equal(cw_survey_find(s, "portal")->name, "OptimismPortal2");
    assert_string_equal(cw_survey_find(s, "portal")->version, "3.10.0");
    const struct cw_addr20 messenger = at(MESSENGER);
    assert_true(cw_addr20_equal(&cw_survey_find(s, "messenger")->address, &messenger));
    assert_null(cw_survey_find(s, "outbox"));
    assert_string_equal(s->symbol, "");
    assert_int_equal(s->contracts_n, 8);
}

/* Each link in turn leads elsewhere: it is named. */
static void opstack__a_link_leads_elsewhere__named(void **state) {
    static const struct {
        unsigned who;
        const char *function, *says;
    } links[] = {
        {MESSENGER, "portal()", "portal() of the L1 messenger is 0xaa"},
        {MESSENGER, "otherMessenger()", "otherMessenger() of the L1 messenger"},
        {CONFIG, "optimismPortal()", "optimismPortal() of the SystemConfig"},
        {CONFIG, "disputeGameFactory()", "disputeGameFactory() of the SystemConfig"},
        {CONFIG, "l1CrossDomainMessenger()", "l1CrossDomainMessenger() of the SystemConfig"},
        {CONFIG, "l1StandardBridge()", "l1StandardBridge() of the SystemConfig"},
        {BRIDGE, "messenger()", "messenger() of the L1 bridge"},
        {BRIDGE, "otherBridge()", "otherBridge() of the L1 bridge"},
    };
    for (size_t i = 0; i < CW_COUNT(links); i++) {
        opstack(state);
        says(CW_SETTLEMENT, at(links[i].who), links[i].function, at(OTHER));
        assert_int_equal(survey("opstack", at(PORTAL))->links, 10);
        assert_int_equal(remarks(CW_REMARK_WRONG), 1);
        assert_true(remarked(links[i].says));
    }
    opstack(state);
    says_u64(CW_SETTLEMENT, at(CONFIG), "l2ChainId()", 8453);
    survey("opstack", at(PORTAL));
    assert_true(remarked("the SystemConfig is that of chain 8453, and the execution chain is 10"));
}

static void opstack__a_contract_is_zero__not_set_up(void **state) {
    (void)state;
    says(CW_SETTLEMENT, at(PORTAL), "disputeGameFactory()", (struct cw_addr20){{0}});
    survey("opstack", at(PORTAL));
    assert_true(remarked("disputeGameFactory() of the portal is zero: the contract is not set up"));
    opstack(state);
    says(CW_SETTLEMENT, at(CONFIG), "l1StandardBridge()", (struct cw_addr20){{0}});
    survey("opstack", at(PORTAL));
    assert_int_equal(remarks(CW_REMARK_WRONG), 0); /* older ones never had it */
}

static void opstack__another_contract__said_which(void **state) {
    (void)state;
    assert_int_equal(survey("opstack", at(MESSENGER))->state, CW_SURVEY_OTHER);
    assert_non_null(strstr(t.survey.text, "is an L1CrossDomainMessenger, whose portal is 0xaa"));
    survey("opstack", at(BRIDGE));
    assert_non_null(strstr(t.survey.text, "is an L1StandardBridge, whose portal is 0xaa"));
    survey("opstack", at(CONFIG));
    assert_non_null(strstr(t.survey.text, "is a SystemConfig, whose portal is 0xaa"));
    survey("opstack", at(FACTORY));
    assert_non_null(strstr(t.survey.text, "is a DisputeGameFactory"));
    survey("opstack", at(OTHER));
    assert_non_null(strstr(t.survey.text, "or a proxy that was not initialized: it reverts"));
    says_text(CW_SETTLEMENT, at(OTHER), "version()", "9.9.9");
    survey("opstack", at(OTHER));
    assert_non_null(strstr(t.survey.text, "it is another contract, of version 9.9.9"));
    add(CW_SETTLEMENT, at(OTHER), "version()", NULL); /* no data: nobody is there */
    survey("opstack", at(OTHER));
    assert_non_null(strstr(t.survey.text, "nothing answers there"));
}

static void opstack__token_pause_and_no_passer__remarked(void **state) {
    (void)state;
    says_u64(CW_EXECUTION, l2(0x15), "isCustomGasToken()", 1);
    says_text(CW_EXECUTION, l2(0x15), "gasPayingTokenSymbol()", "A\"B");
    says_u64(CW_SETTLEMENT, at(PORTAL), "paused()", 1);
    struct entry *sent = add(CW_EXECUTION, l2(0x16), "sentMessages(bytes32)", &none);
    sent->answer.status = CW_ANSWER_REVERTED;
    assert_string_equal(survey("opstack", at(PORTAL))->symbol, "A?B");
    assert_int_equal(remarks(CW_REMARK_CARE), 2);
    assert_true(remarked("the portal is paused"));
    assert_true(remarked("it is no OP Stack rollup"));
}

static void survey__no_endpoint__unknown(void **state) {
    (void)state;
    struct entry *version = add(CW_SETTLEMENT, at(PORTAL), "version()", NULL);
    version->answer = (struct cw_answer){.status = CW_ANSWER_UNAVAILABLE, .text = "gone"};
    assert_int_equal(survey("opstack", at(PORTAL))->state, CW_SURVEY_UNKNOWN);
    assert_string_equal(t.survey.text, "gone");
}

static int nitro(void **state) {
    const enum cw_side s = CW_SETTLEMENT;
    static const unsigned named[] = {N_ROLLUP, N_OUTBOX, N_INBOX, N_SEQUENCER};
    const unsigned inboxes[] = {N_EVENTS, N_INBOX, N_MORE};
    (void)state;
    t.n = 0;
    says_u64(s, at(N_BRIDGE), "delayedMessageCount()", 5);
    says(s, at(N_BRIDGE), "rollup()", at(N_ROLLUP));
    says(s, at(N_BRIDGE), "sequencerInbox()", at(N_SEQUENCER));
    says_of(at(N_BRIDGE), "allowedOutboxes(address)", word_of(at(N_OUTBOX)), true);
    says_of(at(N_BRIDGE), "allowedDelayedInboxes(address)", word_of(at(N_INBOX)), true);
    for (size_t i = 0; i < CW_COUNT(inboxes); i++) {
        struct cw_hash32 index = {{0}};
        index.b[31] = (uint8_t)i;
        struct entry *e = add(s, at(N_BRIDGE), "allowedDelayedInboxList(uint256)", &index);
        const struct cw_addr20 inbox = at(inboxes[i]);
        memcpy(e->bytes + 12, inbox.b, 20);
        e->answer.data = cw_slice_of(e->bytes, 32);
    }
    for (size_t i = 0; i < CW_COUNT(named); i++)
        says(s, at(named[i]), "bridge()", at(N_BRIDGE));
    says(s, at(N_ROLLUP), "outbox()", at(N_OUTBOX));
    says(s, at(N_ROLLUP), "inbox()", at(N_INBOX));
    says(s, at(N_ROLLUP), "sequencerInbox()", at(N_SEQUENCER));
    says(s, at(N_ROLLUP), "rollupEventInbox()", at(N_EVENTS));
    says_u64(s, at(N_ROLLUP), "chainId()", 10);
    says_u64(s, at(N_ROLLUP), "confirmPeriodBlocks()", 45818);
    says(s, at(N_OUTBOX), "rollup()", at(N_ROLLUP));
    says(s, at(N_INBOX), "sequencerInbox()", at(N_SEQUENCER));
    says(s, at(N_SEQUENCER), "rollup()", at(N_ROLLUP));
    says_u64(CW_EXECUTION, (struct cw_addr20){{[19] = 0x64}}, "arbBlockNumber()", 3);
    return 0;
}

static void nitro__from_any_of_them__the_same(void **state) {
    static const unsigned begins[] = {N_BRIDGE, N_ROLLUP, N_OUTBOX, N_INBOX, N_SEQUENCER};
    (void)state;
    for (size_t i = 0; i < CW_COUNT(begins); i++) {
        const struct cw_survey *s = survey("nitro", at(begins[i]));
        const struct cw_addr20 outbox = at(N_OUTBOX), more = at(N_MORE);
        assert_int_equal(s->state, CW_SURVEY_OK);
        assert_int_equal(s->links, 11);
        assert_int_equal(remarks(CW_REMARK_WRONG), 0);
        assert_true(cw_addr20_equal(&cw_survey_find(s, "outbox")->address, &outbox));
        assert_true(cw_addr20_equal(&cw_survey_find(s, "other_inboxes")->address, &more));
        assert_non_null(cw_survey_find(s, "bridge"));
        assert_non_null(cw_survey_find(s, "inbox"));
    }
}

static void nitro__what_does_not_hold__named(void **state) {
    says_u64(CW_SETTLEMENT, at(N_ROLLUP), "chainId()", 42161);
    says_of(at(N_BRIDGE), "allowedOutboxes(address)", word_of(at(N_OUTBOX)), false);
    says(CW_SETTLEMENT, at(N_INBOX), "bridge()", at(OTHER));
    survey("nitro", at(N_BRIDGE));
    assert_int_equal(remarks(CW_REMARK_WRONG), 3);
    assert_true(remarked("the rollup is that of chain 42161, and the execution chain is 10"));
    assert_true(remarked("the bridge does not let the outbox call it"));
    assert_true(remarked("bridge() of the inbox is 0xaa"));
    nitro(state);
    says(CW_SETTLEMENT, at(N_ROLLUP), "outbox()", (struct cw_addr20){{0}});
    survey("nitro", at(N_BRIDGE));
    assert_true(remarked("outbox() of the rollup is zero"));
    add(CW_SETTLEMENT, at(N_ROLLUP), "outbox()", NULL);
    survey("nitro", at(N_BRIDGE));
    assert_true(remarked("outbox() of the rollup does not answer"));
}

static void nitro__token__its_symbol(void **state) {
    (void)state;
    says(CW_SETTLEMENT, at(N_BRIDGE), "nativeToken()", at(N_TOKEN));
    says_text(CW_SETTLEMENT, at(N_TOKEN), "symbol()", "XAI");
    assert_string_equal(survey("nitro", at(N_BRIDGE))->symbol, "XAI");
}

static void nitro__another_contract__said(void **state) {
    (void)state;
    assert_int_equal(survey("nitro", at(OTHER))->state, CW_SURVEY_OTHER);
    assert_non_null(strstr(t.survey.text, "is neither a bridge of Nitro's nor knows one"));
    says(CW_SETTLEMENT, at(OTHER), "bridge()", at(PORTAL));
    survey("nitro", at(OTHER));
    assert_non_null(strstr(t.survey.text, "has no messages and no rollup"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(opstack__all_links_hold__found, opstack, done),
        cmocka_unit_test_setup_teardown(opstack__a_link_leads_elsewhere__named, opstack, done),
        cmocka_unit_test_setup_teardown(opstack__a_contract_is_zero__not_set_up, opstack, done),
        cmocka_unit_test_setup_teardown(opstack__another_contract__said_which, opstack, done),
        cmocka_unit_test_setup_teardown(opstack__token_pause_and_no_passer__remarked, opstack,
                                        done),
        cmocka_unit_test_setup_teardown(survey__no_endpoint__unknown, opstack, done),
        cmocka_unit_test_setup_teardown(nitro__from_any_of_them__the_same, nitro, done),
        cmocka_unit_test_setup_teardown(nitro__what_does_not_hold__named, nitro, done),
        cmocka_unit_test_setup_teardown(nitro__token__its_symbol, nitro, done),
        cmocka_unit_test_setup_teardown(nitro__another_contract__said, nitro, done),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
