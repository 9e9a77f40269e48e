/* Endpoints that can't do what others can: states that are gone, blocks that are named by their
 * hash. They are passed over, not asked in vain each time, and it is said what they lack. */
#include "net/quorum.h"
#include "rpc_bed.h"

#include <stdio.h>
#include <string.h>

#define GONE                                                                                       \
    "{\"code\":-32000,\"message\":\"missing trie node 5903 (path ) state 0x5903 is not "           \
    "available\"}"
#define NO_HASH                                                                                    \
    "{\"code\":-32602,\"message\":\"invalid argument 1: json: cannot unmarshal object into Go "    \
    "value of type string\"}"

static void open_known(struct bed *bed, size_t n) {
    struct ask ask;
    open_rpc(bed, n, 50);
    for (unsigned i = 1; i <= n; i++) {
        struct cw_rpc_request request = request_for(&ask, "[\"0x2a\"]");
        request.operator_ = i;
        assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
        run(bed, &ask);
    }
    run_steps(bed, 20);
}

static void fails(struct bed *bed, size_t i, const char *raw) {
    bed->nodes[i].manner = NODE_ERROR;
    bed->nodes[i].raw = raw;
}

/* Asks for the state of that block; returns how many calls the first endpoint got. */
static unsigned ask_state(struct bed *bed, struct ask *ask, uint64_t block) {
    unsigned before = bed->nodes[0].elements;
    struct cw_rpc_request request = request_for(ask, "[\"0x2a\"]");
    request.state_of.v = block;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, ask);
    return bed->nodes[0].elements - before;
}

static unsigned ask_by_hash(struct bed *bed, struct ask *ask) {
    unsigned before = bed->nodes[0].elements;
    struct cw_rpc_request request = request_for(ask, "[\"0x2a\"]");
    request.block_by_hash = true;
    assert_true(cw_rpc_submit(bed->rpc, &request) != 0);
    run(bed, ask);
    return bed->nodes[0].elements - before;
}

/* --- states ----------------------------------------------------------------------------------- */

static void no_state__said_once__not_asked_for_it_or_older_ones(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    fails(bed, 0, GONE);
    assert_int_equal(ask_state(bed, &ask, 100), 1);
    assert_good(&ask, "second");
    assert_int_equal(ask_state(bed, &ask, 100), 0);
    assert_good(&ask, "second");
    assert_int_equal(ask_state(bed, &ask, 40), 0);
    assert_int_equal(ask_state(bed, &ask, 101), 1);
    assert_int_equal(ask_state(bed, &ask, 101), 0);
    /* It is as good as before for everything else. */
    bed->nodes[0].manner = NODE_HONEST;
    assert_int_equal(ask_state(bed, &ask, 102), 1);
    assert_good(&ask, "first");
    ask_one(bed, &ask);
    assert_good(&ask, "first");
    assert_true(status_of(bed, 0).usable);
    assert_int_equal(status_of(bed, 0).failures, 0);
    assert_int_equal(bed->findings, 0);
    assert_non_null(strstr(bed->log, "endpoint first has no state of block 100 any more: missing"));
    assert_null(strstr(bed->log, "block 101"));
}

static void no_state__after_a_while__asked_again(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    fails(bed, 0, GONE);
    assert_int_equal(ask_state(bed, &ask, 100), 1);
    bed->clock.now_ms += 59000;
    assert_int_equal(ask_state(bed, &ask, 100), 0);
    bed->clock.now_ms += 2000;
    bed->nodes[0].manner = NODE_HONEST;
    assert_int_equal(ask_state(bed, &ask, 90), 1);
    assert_good(&ask, "first");
    /* What it says now counts, not what it said then. */
    fails(bed, 0, GONE);
    assert_int_equal(ask_state(bed, &ask, 50), 1);
    bed->nodes[0].manner = NODE_HONEST;
    assert_int_equal(ask_state(bed, &ask, 51), 1);
    assert_good(&ask, "first");
}

static void no_state__nobody_has_it__behind_with_what_each_said(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    fails(bed, 0, GONE);
    fails(bed, 1,
          "{\"code\":-32602,\"message\":\"distance to target block exceeds maximum proof "
          "window\"}");
    static const char wanted[] = "first: test_echo: missing trie node 5903 (path ) state 0x5903 is "
                                 "not available (code -32000); second: distance to target block "
                                 "exceeds maximum proof window (code -32602)";
    for (unsigned asked = 1;; asked = 0) {
        unsigned second = bed->nodes[1].elements;
        uint64_t now = bed->clock.now_ms;
        assert_int_equal(ask_state(bed, &ask, 100), asked);
        assert_int_equal(bed->nodes[1].elements - second, asked);
        assert_int_equal(ask.err, CW_ERR_BEHIND);
        assert_string_equal(ask.text, wanted);
        assert_true(bed->clock.now_ms - now < 200);
        if (asked == 0) {
            break;
        }
    }
}

static void no_state__the_other_is_set_aside__said_too(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    bed->nodes[0].manner = NODE_HANG_UP;
    ask_one(bed, &ask); /* by the second */
    assert_false(status_of(bed, 0).usable);
    fails(bed, 1, GONE);
    ask_state(bed, &ask, 100);
    assert_int_equal(ask.err, CW_ERR_BEHIND);
    assert_non_null(strstr(ask.text, "second: test_echo: missing trie node"));
    assert_non_null(strstr(ask.text, "; first: set aside: "));
}

static void no_state__where_operators_must_agree__another_votes(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 3);
    fails(bed, 0, GONE);
    assert_int_equal(ask_state(bed, &ask, 100), 1);
    assert_good(&ask, "second");
    unsigned before[3];
    for (size_t i = 0; i < 3; i++) {
        before[i] = bed->nodes[i].elements;
    }
    const struct cw_rpc_request plain = request_for(&ask, "[\"0x2a\"]");
    const struct cw_quorum_request request = {
        .method = plain.method,
        .params = plain.params,
        .state_of = {100},
        .k = 2,
        .digest = cw_quorum_digest_text,
        .done = plain.done,
        .ctx = &ask,
    };
    assert_non_null(cw_quorum_submit(bed->rpc, &request));
    run(bed, &ask);
    assert_int_equal(ask.err, CW_OK);
    assert_int_equal(bed->nodes[0].elements - before[0], 0);
    assert_int_equal(bed->nodes[1].elements - before[1], 1);
    assert_int_equal(bed->nodes[2].elements - before[2], 1);
}

/* --- blocks by their hash --------------------------------------------------------------------- */

static void no_hash__the_next_endpoint__and_it_is_named(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    static const char *const words[] = {
        NO_HASH,
        "{\"code\":-32602,\"message\":\"Invalid params: invalid type: map, expected a string\"}",
        "{\"code\":-32602,\"message\":\"Invalid block parameter\"}",
    };
    for (size_t i = 0; i < CW_COUNT(words); i++) {
        cw_rpc_free(bed->rpc);
        bed->nodes[0].manner = NODE_HONEST;
        open_known(bed, 2);
        fails(bed, 0, words[i]);
        assert_int_equal(ask_by_hash(bed, &ask), 1);
        assert_good(&ask, "second");
        assert_int_equal(ask_by_hash(bed, &ask), 0);
        assert_good(&ask, "second");
        assert_non_null(strstr(bed->log, "endpoint first takes no block by its hash (EIP-1898)"));
        assert_true(status_of(bed, 0).usable);
        bed->clock.now_ms += 61000;
        bed->nodes[0].manner = NODE_HONEST;
        assert_int_equal(ask_by_hash(bed, &ask), 1);
        assert_good(&ask, "first");
    }
}

static void no_hash__nobody_takes_it__refused_with_what_each_said(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    fails(bed, 0, NO_HASH);
    fails(bed, 1, NO_HASH);
    for (int i = 0; i < 2; i++) {
        ask_by_hash(bed, &ask);
        assert_int_equal(ask.err, CW_ERR_REFUSED);
        assert_non_null(strstr(ask.text, "first: test_echo: invalid argument 1"));
        assert_non_null(strstr(ask.text, "; second: invalid argument 1"));
    }
}

static void bad_params__of_a_call_without_a_hash__its_answer(void **state) {
    struct bed *bed = *state;
    struct ask ask;
    open_known(bed, 2);
    fails(bed, 0, NO_HASH);
    unsigned second = bed->nodes[1].elements;
    ask_one(bed, &ask);
    assert_int_equal(ask.err, CW_ERR_REFUSED);
    assert_int_equal(bed->nodes[1].elements, second);
    assert_null(strstr(bed->log, "EIP-1898"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        T(no_state__said_once__not_asked_for_it_or_older_ones),
        T(no_state__after_a_while__asked_again),
        T(no_state__nobody_has_it__behind_with_what_each_said),
        T(no_state__the_other_is_set_aside__said_too),
        T(no_state__where_operators_must_agree__another_votes),
        T(no_hash__the_next_endpoint__and_it_is_named),
        T(no_hash__nobody_takes_it__refused_with_what_each_said),
        T(bad_params__of_a_call_without_a_hash__its_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
