/* Asks two endpoints, the first of which may lie, for a header, a proof, a call and logs, checks
 * what can be checked alone, and prints what came of it as one JSON object. usage: net_anvil
 * FIRST-URL SECOND-URL CHAIN-ID CONTRACT */
#include "core/log.h"
#include "net/eth.h"
#include "net/rpc.h"

#include <causeway/account.h>
#include <causeway/mpt.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CALLS_OF_A_KIND 3

static struct {
    struct cw_rpc *rpc;
    struct cw_loop *loop;
    struct cw_arena arena;
    struct cw_addr20 contract;
    struct cw_header header;
    unsigned open, failed, header_calls, proofs, calls;
    size_t logs;
    struct cw_u256 value, called;
    char error[512], finding[512];
} state;

static void die(const char *what, const char *why) {
    fprintf(stderr, "net_anvil: %s: %s\n", what, why);
    exit(1);
}

static void on_finding(void *ctx, const struct cw_rpc_finding *finding) {
    (void)ctx;
    snprintf(state.finding, sizeof(state.finding), "%s: %s: %s", finding->endpoint, finding->method,
             finding->text);
}

static enum cw_err check_header(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_hash32 hash;
    (void)ctx;
    return cw_eth_header(&state.header, &hash, value, error);
}

static enum cw_err check_proof(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_eth_proof proof;
    struct cw_account account;
    bool present;
    (void)ctx;
    enum cw_err err = cw_eth_proof(&proof, &state.arena, value, error);
    if (err != CW_OK) {
        return err;
    }
    struct cw_judgement judgement = cw_account_verify(&account, &present, &state.header.state_root,
                                                      &state.contract, proof.account_nodes,
                                                      proof.account_nodes_n);
    if (judgement.verdict == CW_VALID) {
        judgement = cw_storage_get(&state.value, &account.storage_root, &proof.slot,
                                   proof.storage_nodes, proof.storage_nodes_n,
                                   CW_MPT_FORM_CONTRACT);
    }
    return judgement.verdict == CW_VALID
               ? CW_OK
               : cw_error_set(error, CW_ERR_CONTRADICTED, "proof: %s", judgement.reason);
}

static enum cw_err check_logs(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_log *logs;
    (void)ctx;
    return cw_eth_logs(&logs, &state.logs, &state.arena, value, error);
}

static enum cw_err check_call(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct cw_hash32 word;
    (void)ctx;
    enum cw_err err = cw_eth_hash32(&word, value, error);
    if (err == CW_OK) {
        state.called = cw_u256_from_be(word.b);
    }
    return err;
}

static void on_done(void *ctx, const struct cw_rpc_result *result) {
    state.open--;
    if (result->err != CW_OK) {
        state.failed++;
        snprintf(state.error, sizeof(state.error), "%s: %s", cw_err_name(result->err),
                 result->text);
    } else {
        ++*(unsigned *)ctx;
    }
}

static void submit(const char *method, struct cw_buf *params, enum cw_rpc_class class_,
                   enum cw_err (*check)(void *, const struct cw_json *, struct cw_error *),
                   unsigned *counter) {
    const struct cw_rpc_request request = {.method = method,
                                           .params = cw_buf_cstr(params),
                                           .class_ = class_,
                                           .give_up_ms = 15000,
                                           .check = check,
                                           .done = on_done,
                                           .ctx = counter};
    for (int i = 0; i < CALLS_OF_A_KIND; i++) {
        if (cw_rpc_submit(state.rpc, &request) == 0) {
            die(method, "out of memory");
        }
        state.open++;
    }
    cw_buf_reset(params);
}

static void wait_all(void) {
    struct cw_error error;
    while (state.open > 0) {
        if (cw_loop_step(state.loop, 100, &error) != CW_OK) {
            die("loop", error.text);
        }
    }
}

/* The first endpoint gets its chance before anything is counted. */
static void meet_first(void) {
    struct cw_rpc_endpoint_status first = {.usable = false};
    struct cw_error error;
    unsigned answers = 0;
    struct cw_buf params;
    cw_buf_init(&params, 16);
    cw_buf_text(&params, "[]");
    submit("eth_chainId", &params, CW_RPC_QUICK, NULL, &answers);
    for (int i = 0; i < 100 && !first.usable && first.failures + first.contradictions == 0; i++) {
        if (cw_loop_step(state.loop, 50, &error) != CW_OK) {
            die("loop", error.text);
        }
        cw_rpc_endpoint_status(state.rpc, 0, &first);
    }
    wait_all();
    cw_buf_done(&params);
}

static void ask(void) {
    struct cw_buf params;
    struct cw_filter filter = {.address = state.contract, .topics_n = 0};
    struct cw_hash32 slot = {{0}};
    unsigned logs = 0;
    cw_buf_init(&params, 1 << 16);
    cw_eth_params_block(&params, "latest");
    submit("eth_getBlockByNumber", &params, CW_RPC_QUICK, check_header, &state.header_calls);
    wait_all();
    cw_eth_params_proof(&params, &state.contract, &slot, 1, state.header.number);
    submit("eth_getProof", &params, CW_RPC_HEAVY, check_proof, &state.proofs);
    cw_eth_params_logs(&params, &filter, 1, (struct cw_block_number){0}, state.header.number);
    submit("eth_getLogs", &params, CW_RPC_HEAVY, check_logs, &logs);
    uint8_t word[32] = {[31] = 42};
    cw_eth_params_call(&params, NULL, &state.contract, NULL, cw_slice_of(word, sizeof(word)), 0,
                       NULL);
    submit("eth_call", &params, CW_RPC_QUICK, check_call, &state.calls);
    wait_all();
    cw_buf_done(&params);
}

static void print(void) {
    struct cw_buf out;
    struct cw_rpc_endpoint_status liar;
    char value[CW_U256_DEC_SIZE], called[CW_U256_DEC_SIZE];
    cw_rpc_endpoint_status(state.rpc, 0, &liar);
    cw_buf_init(&out, 1 << 16);
    cw_buf_format(&out,
                  "{\"failed\":%u,\"headers\":%u,\"proofs\":%u,\"calls\":%u,\"head\":%" PRIu64
                  ",\"value\":%s,\"called\":%s,\"logs\":%zu,\"failures\":%" PRIu64
                  ",\"contradictions\":%" PRIu64 ",\"error\":",
                  state.failed, state.header_calls, state.proofs, state.calls,
                  state.header.number.v, cw_u256_to_dec(value, &state.value),
                  cw_u256_to_dec(called, &state.called), state.logs, liar.failures,
                  liar.contradictions);
    cw_json_quote(&out, state.error);
    cw_buf_text(&out, ",\"said\":");
    cw_json_quote(&out, liar.last_error);
    cw_buf_text(&out, ",\"finding\":");
    cw_json_quote(&out, state.finding);
    cw_buf_text(&out, "}");
    puts(cw_buf_cstr(&out));
    cw_buf_done(&out);
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: net_anvil FIRST-URL SECOND-URL CHAIN-ID CONTRACT\n");
        return 2;
    }
    struct cw_error error = {CW_OK, ""};
    const struct cw_rpc_endpoint_config endpoints[] = {{argv[1], "liar", 0},
                                                       {argv[2], "honest", 0}};
    const struct cw_rpc_config config = {.chain = "dev",
                                         .chain_id = {strtoull(argv[3], NULL, 10)},
                                         .endpoints = endpoints,
                                         .endpoints_n = 2,
                                         .quick_deadline_ms = 1500,
                                         .heavy_deadline_ms = 1500,
                                         .max_answer_bytes = (size_t)1 << 20,
                                         .finding = on_finding};
    cw_arena_init(&state.arena, (size_t)64 << 20);
    if (cw_hex_decode(state.contract.b, 20, argv[4], strlen(argv[4])) != CW_OK) {
        die("contract", "no address");
    }
    if (cw_loop_new(&state.loop, cw_clock_system(), &error) != CW_OK ||
        cw_rpc_new(&state.rpc, state.loop, &config, &error) != CW_OK) {
        die("start", error.text);
    }
    meet_first();
    ask();
    print();
    cw_rpc_free(state.rpc);
    cw_loop_free(state.loop);
    cw_arena_done(&state.arena);
    return 0;
}
