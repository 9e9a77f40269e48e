/* What a client sends to a signer: frames, requests, batches of calls. Whatever is read encodes to
 * the input again, and whatever a policy lets pass calls what that policy names. The answers of a
 * signer are read, too. */
#include "sign/judge.h"

#include "tx/multicall.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy_text[] =
    "{\"chains\": {\"l1\": {\"chain_id\": 900, \"max_fee\": \"100 gwei\","
    "  \"max_transaction_fee\": \"0.1 ether\", \"hourly_fee_budget\": \"0.25 ether\","
    "  \"daily_fee_budget\": \"1 ether\","
    "  \"multicall\": \"0xcA11bde05977b3631167028862bE2a173976CA11\","
    "  \"contracts\": [{\"address\": \"0x1111111111111111111111111111111111111111\","
    "    \"calls\": [\"0x01020304\"]}]}}}";

static const struct cw_addr20 self = {{0xaa}};

static void check_call(const struct cw_addr20 *to, struct cw_slice data) {
    static const uint8_t contract[20] = {0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                         0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
                                         0x11, 0x11, 0x11, 0x11, 0x11, 0x11};
    assert(memcmp(to->b, contract, sizeof contract) == 0);
    assert(cw_selector_is(data, 0x01020304));
}

static void check_allowed(const struct cw_sign_request *request) {
    assert(request->chain_id.v == 900 && cw_u256_is_zero(&request->value.v));
    if (cw_addr20_equal(&request->to, &self)) {
        assert(request->data.n == 0);
        return;
    }
    if (!cw_addr20_equal(&request->to, &CW_MULTICALL3)) {
        check_call(&request->to, request->data);
        return;
    }
    struct cw_arena arena;
    struct cw_multicall *calls = NULL;
    size_t n = 0;
    cw_arena_init(&arena, 1u << 20);
    enum cw_err err = cw_multicall_read(&arena, &calls, &n, request->data);
    assert(err == CW_OK);
    for (size_t i = 0; i < n; i++) {
        check_call(&calls[i].to, calls[i].data);
    }
    cw_arena_done(&arena);
}

static void check_asked(const struct cw_sign_policy *policy, struct cw_slice body) {
    struct cw_arena arena;
    struct cw_wire_asked asked;
    struct cw_error error = {CW_OK, ""};
    cw_arena_init(&arena, CW_SIGN_DATA_MAX + 65536u);
    enum cw_err err = cw_wire_read_asked(&arena, &asked, body, &error);
    if (err == CW_OK && asked.kind == CW_WIRE_SIGN) {
        struct cw_buf again;
        struct cw_wei fee;
        struct cw_sign_refusal refusal = {0};
        cw_buf_init(&again, CW_WIRE_PREFIX + CW_WIRE_BODY_MAX);
        err = cw_wire_put_sign(&again, asked.id, &asked.request);
        assert(err == CW_OK && !again.failed);
        assert(
            cw_slice_equal(body, cw_slice_of(again.p + CW_WIRE_PREFIX, again.n - CW_WIRE_PREFIX)));
        cw_buf_done(&again);
        if (cw_sign_judge(policy, &self, &asked.request, &fee, &refusal)) {
            check_allowed(&asked.request);
        } else {
            assert(refusal.code != 0 && refusal.text[0] != '\0');
        }
    } else {
        assert(err == CW_OK || error.text[0] != '\0');
    }
    cw_arena_done(&arena);
}

static void check_answer(struct cw_slice body) {
    struct cw_wire_answer answer;
    if (cw_wire_read_answer(&answer, body, NULL) != CW_OK || answer.kind != CW_WIRE_REFUSED) {
        return;
    }
    for (size_t i = 0; i < answer.text.n; i++) {
        assert(answer.text.p[i] >= 0x20 && answer.text.p[i] < 0x7f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct cw_sign_policy *policy;
    if (policy == NULL) {
        enum cw_err err = cw_sign_policy_parse(&policy, "p", CW_LITERAL(policy_text), NULL);
        assert(err == CW_OK);
    }
    struct cw_slice stream = cw_slice_of(data, size), body;
    size_t used = 0;
    while (cw_wire_next(&body, &used, stream) == CW_OK && used > 0) {
        check_asked(policy, body);
        check_answer(body);
        stream = cw_slice_of(stream.p + used, stream.n - used);
    }
    return 0;
}
