/* Requests to a signer and what it answers: judged, signed, written down. */
#include "sign/desk.h"

#include "core/log.h"
#include "fault_disk.h"
#include "sign/local.h"
#include "temp.h"

#include <causeway/rlp.h>

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};

static const char policy_text[] =
    "{\"chains\": {\"l1\": {\"chain_id\": 900, \"max_fee\": \"100 gwei\","
    "  \"max_transaction_fee\": \"0.1 ether\", \"hourly_fee_budget\": \"0.25 ether\","
    "  \"daily_fee_budget\": \"1 ether\", \"hourly_signatures\": 5,"
    "  \"contracts\": [{\"address\": \"0x1111111111111111111111111111111111111111\","
    "    \"calls\": [\"prove()\"]}]}}}";

static uint64_t clock_ms = 1700000000000u;

static uint64_t wall(void *ctx) {
    (void)ctx;
    return clock_ms;
}

static const struct cw_clock test_clock = {wall, wall, NULL};

struct fixture {
    struct temp temp;
    char path[512];
    struct cw_sign_policy *policy;
    struct cw_journal *journal;
    struct cw_signer *signer;
    struct cw_desk *desk;
    bool greeted;
    struct cw_buf out;
    struct cw_error error;
    char lines[16384];
};

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct fixture *f = ctx;
    (void)level;
    size_t n = strlen(f->lines);
    snprintf(f->lines + n, sizeof f->lines - n, "%s\n", line);
}

static void start(struct fixture *f) {
    assert_int_equal(
        cw_journal_open(&f->journal, f->path, cw_signer_address(f->signer), clock_ms, &f->error),
        CW_OK);
    const struct cw_desk_config config = {.subject = "signer test",
                                          .signer = f->signer,
                                          .policy = f->policy,
                                          .journal = f->journal,
                                          .clock = &test_clock};
    assert_int_equal(cw_desk_new(&f->desk, &config, &f->error), CW_OK);
}

static void stop(struct fixture *f) {
    cw_desk_free(f->desk);
    cw_journal_close(f->journal);
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    temp_make(&f->temp);
    temp_path(&f->temp, "journal", f->path, sizeof f->path);
    cw_buf_init(&f->out, 1u << 20);
    cw_log_redirect(on_line, f);
    assert_int_equal(cw_sign_policy_parse(&f->policy, "p", CW_LITERAL(policy_text), &f->error),
                     CW_OK);
    assert_int_equal(cw_signer_local(&f->signer, &secret, &f->error), CW_OK);
    start(f);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    fault_disk(0, 0, 0);
    stop(f);
    cw_signer_free(f->signer);
    cw_sign_policy_free(f->policy);
    cw_buf_done(&f->out);
    cw_log_redirect(NULL, NULL);
    temp_remove(&f->temp);
    free(f);
    return 0;
}

/* Hands the one frame in buf to the desk; the answer is in f->out. */
static enum cw_err ask_frame(struct fixture *f, const struct cw_buf *buf) {
    struct cw_slice body;
    size_t used = 0;
    assert_int_equal(cw_wire_next(&body, &used, cw_buf_slice(buf)), CW_OK);
    assert_int_equal(used, buf->n);
    cw_buf_reset(&f->out);
    enum cw_err err = cw_desk_take(f->desk, &f->greeted, body, &f->error);
    struct cw_error unsettled;
    assert_int_equal(cw_desk_settle(f->desk, &f->out, &unsettled), CW_OK);
    return err;
}

static struct cw_wire_answer answer_of(const struct fixture *f) {
    struct cw_wire_answer answer;
    struct cw_slice body;
    size_t used = 0;
    assert_int_equal(cw_wire_next(&body, &used, cw_buf_slice(&f->out)), CW_OK);
    assert_int_equal(used, f->out.n);
    assert_int_equal(cw_wire_read_answer(&answer, body, NULL), CW_OK);
    return answer;
}

static struct cw_wire_answer hello(struct fixture *f) {
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    cw_wire_put_hello(&buf, 1, CW_WIRE_VERSION);
    assert_int_equal(ask_frame(f, &buf), CW_OK);
    cw_buf_done(&buf);
    return answer_of(f);
}

static struct cw_wire_answer ask(struct fixture *f, const struct cw_sign_request *request) {
    struct cw_buf buf;
    cw_buf_init(&buf, CW_WIRE_BODY_MAX + 4);
    assert_int_equal(cw_wire_put_sign(&buf, 77, request), CW_OK);
    assert_int_equal(ask_frame(f, &buf), CW_OK);
    cw_buf_done(&buf);
    struct cw_wire_answer answer = answer_of(f);
    assert_int_equal(answer.id, 77);
    return answer;
}

static struct cw_selector prove_selector;

/* May cost 0.1 ether at 1,000,000 gas. */
static struct cw_sign_request sample(uint64_t nonce, uint64_t gas) {
    prove_selector = cw_selector_of("prove()");
    struct cw_sign_request request = {
        .chain_id = {900},
        .nonce = nonce,
        .gas_limit = gas,
        .max_fee = {cw_u256_from_u64(100000000000)},
        .max_tip = {cw_u256_from_u64(1)},
        .data = cw_slice_of(prove_selector.b, 4),
    };
    memset(request.to.b, 0x11, sizeof request.to.b);
    return request;
}

static void assert_signed(struct fixture *f, const struct cw_sign_request *request) {
    struct cw_wire_answer answer = ask(f, request);
    if (answer.kind != CW_WIRE_SIGN) {
        fail_msg("refused: %.*s", (int)answer.text.n, (const char *)answer.text.p);
    }
    assert_int_equal(
        cw_signer_check(request, cw_signer_address(f->signer), answer.raw, &answer.hash, &f->error),
        CW_OK);
}

static void assert_refused(struct fixture *f, const struct cw_sign_request *request,
                           enum cw_sign_code code) {
    struct cw_wire_answer answer = ask(f, request);
    assert_int_equal(answer.kind, CW_WIRE_REFUSED);
    assert_int_equal(answer.code, code);
}

static void hello__answers_with_address_and_policy(void **state) {
    struct fixture *f = *state;
    struct cw_hash32 digest;
    struct cw_wire_answer answer = hello(f);
    assert_int_equal(answer.kind, CW_WIRE_HELLO);
    assert_int_equal(answer.version, CW_WIRE_VERSION);
    assert_true(cw_addr20_equal(&answer.address, cw_signer_address(f->signer)));
    assert_int_equal(cw_sign_policy_digest(&digest, f->policy), CW_OK);
    assert_true(cw_hash32_equal(&answer.digest, &digest));
}

static void answer__out_of_turn_or_malformed__no_answer(void **state) {
    struct fixture *f = *state;
    const struct cw_sign_request request = sample(1, 100000);
    struct cw_buf buf;
    cw_buf_init(&buf, 4096);
    assert_int_equal(cw_wire_put_sign(&buf, 1, &request), CW_OK);
    assert_int_equal(ask_frame(f, &buf), CW_ERR_INPUT);
    assert_non_null(strstr(f->error.text, "before hello"));
    assert_int_equal(f->out.n, 0);
    cw_buf_reset(&buf);
    cw_wire_put_hello(&buf, 1, 99);
    assert_int_equal(ask_frame(f, &buf), CW_OK);
    assert_int_equal(answer_of(f).code, CW_SIGN_VERSION);
    assert_false(f->greeted);
    (void)hello(f);
    cw_buf_reset(&buf);
    cw_wire_put_hello(&buf, 1, CW_WIRE_VERSION);
    assert_int_equal(ask_frame(f, &buf), CW_ERR_INPUT);
    assert_non_null(strstr(f->error.text, "second hello"));
    cw_buf_reset(&buf);
    cw_buf_append(&buf, "\0\0\0\x02\xc1\x81", 6);
    assert_int_equal(ask_frame(f, &buf), CW_ERR_INPUT);
    assert_int_equal(f->out.n, 0);
    cw_buf_done(&buf);
}

static void sign__as_the_policy_says__signed_and_logged(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    struct cw_sign_request request = sample(7, 100000);
    assert_signed(f, &request);
    assert_non_null(strstr(f->lines, "signer test: signed: chain 900, "
                                     "0x1111111111111111111111111111111111111111, 0x"));
    assert_non_null(strstr(f->lines, "nonce 7, at most 0.01 ether, 0x"));
    request.legacy = true;
    request.nonce = 8;
    request.max_tip.v = cw_u256_from_u64(0);
    assert_signed(f, &request);
    request = sample(9, 100000);
    request.to = *cw_signer_address(f->signer);
    request.data = cw_slice_of(NULL, 0);
    assert_signed(f, &request);
}

static void sign__not_in_the_policy__refused_and_written_down(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    struct cw_sign_request request = sample(7, 100000);
    request.to.b[0] = 0x12;
    assert_refused(f, &request, CW_SIGN_CONTRACT);
    assert_non_null(strstr(f->lines, "refused (contract): chain 900, 0x1211"));
    request = sample(7, 100000);
    request.chain_id.v = 1;
    assert_refused(f, &request, CW_SIGN_CHAIN);
    request = sample(7, 100000);
    request.value.v = cw_u256_from_u64(1);
    assert_refused(f, &request, CW_SIGN_VALUE);
    request = sample(7, 1000001);
    assert_refused(f, &request, CW_SIGN_FEE);
    request = sample(7, 100000);
    request.data = CW_LITERAL("\1\2\3\4");
    assert_refused(f, &request, CW_SIGN_SELECTOR);
    char journal[8192] = "";
    FILE *in = fopen(f->path, "r");
    assert_non_null(in);
    assert_true(fread(journal, 1, sizeof journal - 1, in) > 0);
    fclose(in);
    static const char *const parts[] = {" contract ", " chain ", " value ", " fee ", " selector "};
    for (size_t i = 0; i < CW_COUNT(parts); i++) {
        assert_non_null(strstr(journal, parts[i]));
    }
    assert_null(strstr(journal, "signed"));
}

/* [2, 77, type, …] with nothing behind the type, or with a request that has no receiver. */
static void sign__blob_set_code_and_creation_frames__refused(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    static const struct {
        struct cw_slice body;
        enum cw_sign_code code;
        const char *part;
    } cases[] = {
        {{(const uint8_t *)"\0\0\0\4\xc3\x02\x4d\x03", 8}, CW_SIGN_TYPE, "blob"},
        {{(const uint8_t *)"\0\0\0\4\xc3\x02\x4d\x04", 8}, CW_SIGN_TYPE, "set-code"},
        {{(const uint8_t *)"\0\0\0\x12\xd1\x02\x4d\x02\x82\x03\x84\x07\x82\x52\x08\xc2\x01\x01"
                           "\x80\x80\x80\x80",
          22},
         CW_SIGN_CREATION,
         "creation"},
    };
    for (size_t i = 0; i < CW_COUNT(cases); i++) {
        struct cw_buf buf;
        cw_buf_init(&buf, 4096);
        cw_buf_append(&buf, cases[i].body.p, cases[i].body.n);
        assert_int_equal(ask_frame(f, &buf), CW_OK);
        struct cw_wire_answer answer = answer_of(f);
        assert_int_equal(answer.kind, CW_WIRE_REFUSED);
        assert_int_equal(answer.code, cases[i].code);
        assert_non_null(memmem(answer.text.p, answer.text.n, cases[i].part, strlen(cases[i].part)));
        cw_buf_done(&buf);
    }
}

static void sign__the_same_again__the_same_bytes_and_counted_once(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    const struct cw_sign_request request = sample(7, 1000000);
    uint8_t first[1024];
    struct cw_wire_answer answer = ask(f, &request);
    assert_int_equal(answer.kind, CW_WIRE_SIGN);
    assert_true(answer.raw.n <= sizeof first);
    size_t n = answer.raw.n;
    memcpy(first, answer.raw.p, n);
    for (unsigned i = 0; i < 10; i++) { /* more than the policy lets be signed */
        answer = ask(f, &request);
        assert_int_equal(answer.kind, CW_WIRE_SIGN);
        assert_int_equal(answer.raw.n, n);
        assert_memory_equal(answer.raw.p, first, n);
    }
    struct cw_journal_usage used;
    cw_journal_usage(f->journal, 900, UINT64_MAX, clock_ms, &used);
    assert_int_equal(used.n[CW_JOURNAL_HOUR], 1);
}

static void sign__over_the_budget__refused_across_a_restart(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    struct cw_sign_request request = sample(1, 1000000);
    assert_signed(f, &request);
    request = sample(2, 1000000);
    assert_signed(f, &request);
    for (unsigned restart = 0; restart < 2; restart++) {
        request = sample(3, 600000);
        assert_refused(f, &request, CW_SIGN_BUDGET);
        /* what replaces one of them costs no more than it did */
        request = sample(2, 999999 - restart);
        assert_signed(f, &request);
        stop(f);
        start(f);
        f->greeted = false;
        (void)hello(f);
    }
    request = sample(3, 500000);
    assert_signed(f, &request);
    request = sample(4, 1);
    assert_refused(f, &request, CW_SIGN_COUNT); /* five in this hour */
    clock_ms += 3600000;
    request = sample(4, 1000000);
    assert_signed(f, &request);
}

static void sign__journal_not_writable__no_signature_leaves(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    const struct cw_sign_request request = sample(1, 100000);
    fault_disk(FAULT_PWRITE, ENOSPC, 20);
    struct cw_wire_answer answer = ask(f, &request);
    assert_int_equal(answer.kind, CW_WIRE_REFUSED);
    assert_int_equal(answer.code, CW_SIGN_JOURNAL);
    assert_non_null(memmem(answer.text.p, answer.text.n, "free some space", 15));
    fault_disk(FAULT_FDATASYNC, EIO, 0);
    assert_refused(f, &request, CW_SIGN_JOURNAL);
    fault_disk(0, 0, 0);
    assert_signed(f, &request);
}

/* --- several at once -------------------------------------------------------------------------- */

static void take(struct fixture *f, uint64_t id, const struct cw_sign_request *request) {
    struct cw_buf buf;
    struct cw_slice body;
    size_t used = 0;
    cw_buf_init(&buf, CW_WIRE_BODY_MAX + 4);
    assert_int_equal(cw_wire_put_sign(&buf, id, request), CW_OK);
    assert_int_equal(cw_wire_next(&body, &used, cw_buf_slice(&buf)), CW_OK);
    assert_int_equal(cw_desk_take(f->desk, &f->greeted, body, &f->error), CW_OK);
    cw_buf_done(&buf);
}

/* Settles what was taken; the answer to the i-th request has the i-th code, 0 for signed, and the
 * ids count from 1 on. */
static void assert_settled(struct fixture *f, const enum cw_sign_code *codes, size_t n) {
    cw_buf_reset(&f->out);
    assert_int_equal(cw_desk_settle(f->desk, &f->out, &f->error), CW_OK);
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        struct cw_wire_answer answer;
        struct cw_slice body;
        size_t used = 0;
        assert_int_equal(cw_wire_next(&body, &used, cw_slice_of(f->out.p + at, f->out.n - at)),
                         CW_OK);
        at += used;
        assert_int_equal(cw_wire_read_answer(&answer, body, NULL), CW_OK);
        assert_int_equal(answer.id, i + 1);
        assert_int_equal(answer.kind, codes[i] == 0 ? CW_WIRE_SIGN : CW_WIRE_REFUSED);
        assert_int_equal(answer.kind == CW_WIRE_REFUSED ? answer.code : 0, codes[i]);
    }
    assert_int_equal(at, f->out.n);
}

static uint64_t counted(const struct fixture *f) {
    struct cw_journal_usage used;
    cw_journal_usage(f->journal, 900, UINT64_MAX, clock_ms, &used);
    return used.n[CW_JOURNAL_HOUR];
}

/* Two fit into the budget together with a small one, and of these the second is asked for twice. */
static void take__several_at_once__one_sync_and_each_counts_for_the_next(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    struct cw_sign_request request = sample(1, 1000000);
    fault_disk(0, 0, 0);
    take(f, 1, &request);
    request = sample(2, 1000000);
    take(f, 2, &request);
    request = sample(3, 1000000);
    take(f, 3, &request);
    request = sample(2, 1000000);
    take(f, 4, &request);
    request = sample(3, 500000);
    take(f, 5, &request);
    assert_int_equal(fault_disk_syncs(), 0);
    assert_null(strstr(f->lines, ": signed"));
    static const enum cw_sign_code codes[] = {0, 0, CW_SIGN_BUDGET, 0, 0};
    assert_settled(f, codes, CW_COUNT(codes));
    assert_int_equal(fault_disk_syncs(), 1);
    assert_non_null(strstr(f->lines, "signed again: chain 900"));
    stop(f);
    start(f);
    assert_int_equal(counted(f), 3);
}

static void settle__sync_fails__all_of_them_refused_and_none_counts(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    struct cw_sign_request request = sample(1, 1000000);
    assert_signed(f, &request);
    fault_disk(FAULT_FDATASYNC, EIO, 0);
    request = sample(1, 900000);
    take(f, 1, &request);
    request = sample(2, 1000000);
    take(f, 2, &request);
    take(f, 3, &request);
    request.chain_id.v = 1;
    take(f, 4, &request);
    static const enum cw_sign_code codes[] = {CW_SIGN_JOURNAL, CW_SIGN_JOURNAL, CW_SIGN_JOURNAL,
                                              CW_SIGN_CHAIN};
    assert_settled(f, codes, CW_COUNT(codes));
    assert_int_equal(counted(f), 1);
    assert_non_null(strstr(f->lines, "refused (journal): chain 900, 0x1111"));
    assert_null(strstr(f->lines, "signed again"));
    assert_null(strstr(f->lines, "in place of another"));
    fault_disk(0, 0, 0);
    /* none of the hashes is taken for one that was signed before */
    request = sample(2, 1000000);
    assert_signed(f, &request);
    assert_null(strstr(f->lines, "signed again"));
    assert_int_equal(counted(f), 2);
    stop(f);
    start(f);
    assert_int_equal(counted(f), 2);
}

static void take__as_many_as_it_takes__full(void **state) {
    struct fixture *f = *state;
    (void)hello(f);
    enum cw_sign_code codes[CW_JOURNAL_GROUP_MAX];
    const struct cw_sign_request request = sample(1, 100000);
    for (size_t i = 0; i < CW_COUNT(codes); i++) {
        assert_false(cw_desk_full(f->desk));
        codes[i] = 0;
        take(f, i + 1, &request);
    }
    assert_true(cw_desk_full(f->desk));
    assert_settled(f, codes, CW_COUNT(codes));
    assert_false(cw_desk_full(f->desk));
}

int main(void) {
#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(hello__answers_with_address_and_policy),
        CASE(answer__out_of_turn_or_malformed__no_answer),
        CASE(sign__as_the_policy_says__signed_and_logged),
        CASE(sign__not_in_the_policy__refused_and_written_down),
        CASE(sign__blob_set_code_and_creation_frames__refused),
        CASE(sign__the_same_again__the_same_bytes_and_counted_once),
        CASE(sign__over_the_budget__refused_across_a_restart),
        CASE(sign__journal_not_writable__no_signature_leaves),
        CASE(take__several_at_once__one_sync_and_each_counts_for_the_next),
        CASE(settle__sync_fails__all_of_them_refused_and_none_counts),
        CASE(take__as_many_as_it_takes__full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
