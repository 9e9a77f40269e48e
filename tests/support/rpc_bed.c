#include "rpc_bed.h"

#include "core/log.h"

#include <stdio.h>
#include <string.h>

static void on_finding(void *ctx, const struct cw_rpc_finding *finding) {
    struct bed *bed = ctx;
    bed->findings++;
    snprintf(bed->finding, sizeof(bed->finding), "%s %s %s", finding->endpoint, finding->method,
             finding->text);
    if (bed->evidence != NULL) {
        cw_evidence_add(bed->evidence, "l1", 10, finding, bed->file);
    }
}

static void on_answered(void *ctx, uint64_t call, struct cw_rpc_said *said) {
    struct bed *bed = ctx;
    if (bed->evidence != NULL) {
        cw_evidence_answered(bed->evidence, "l1", call, said);
    }
}

/* No test's URL carries anything that may be shown but host and port. */
static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct bed *bed = ctx;
    (void)level;
    bed->log_lines++;
    bed->leaked = bed->leaked || strstr(line, "topsecret") != NULL;
    size_t n = strlen(bed->log);
    if (n > sizeof(bed->log) / 2) {
        n = 0;
    }
    snprintf(bed->log + n, sizeof(bed->log) - n, "%s\n", line);
}

int set_up(void **state) {
    static struct bed bed;
    memset(&bed, 0, sizeof(bed));
    fake_clock_init(&bed.clock);
    for (size_t i = 0; i < NODES; i++) {
        node_init(&bed.nodes[i]);
    }
    cw_log_setup(CW_LOG_INFO, false);
    cw_log_redirect(on_line, &bed);
    *state = &bed;
    return cw_loop_new(&bed.loop, &bed.clock.clock, NULL) == CW_OK ? 0 : -1;
}

int tear_down(void **state) {
    struct bed *bed = *state;
    cw_rpc_free(bed->rpc);
    bed->rpc = NULL;
    cw_loop_free(bed->loop);
    for (size_t i = 0; i < NODES; i++) {
        node_done(&bed->nodes[i]);
    }
    cw_log_redirect(NULL, NULL);
    return bed->leaked ? -1 : 0;
}

/* A client of the first n nodes, whose labels are "first", "second" and so on. */
void open_rpc(struct bed *bed, size_t n, uint32_t batch_max) {
    static const char *const names[NODES] = {"first", "second", "third", "fourth"};
    struct cw_rpc_endpoint_config endpoints[NODES];
    char urls[NODES][128];
    for (size_t i = 0; i < n; i++) {
        node_url(&bed->nodes[i], urls[i], "/v1/topsecret-path?key=topsecret-query");
        endpoints[i] = (struct cw_rpc_endpoint_config){urls[i], names[i], bed->max_rps[i]};
    }
    const struct cw_rpc_config config = {
        .chain = "l1",
        .chain_id = {10},
        .endpoints = endpoints,
        .endpoints_n = n,
        .coalesce_ms = 2,
        .batch_max = batch_max,
        .max_answer_bytes = 100000,
        .set_aside_ms = 5000,
        .only_send = bed->only_send,
        .finding = on_finding,
        .answered = on_answered,
        .finding_ctx = bed,
    };
    struct cw_error error;
    assert_int_equal(cw_rpc_new(&bed->rpc, bed->loop, &config, &error), CW_OK);
}

void step(struct bed *bed) {
    struct cw_error error;
    assert_int_equal(cw_loop_step(bed->loop, 1, &error), CW_OK);
    for (size_t i = 0; i < NODES; i++) {
        if (bed->nodes[i].every_ms == 0 || bed->clock.now_ms % bed->nodes[i].every_ms == 0) {
            node_step(&bed->nodes[i]);
        }
    }
    bed->clock.now_ms++;
}

/* --- one call ------------------------------------------------------------------------------- */

static void on_done(void *ctx, const struct cw_rpc_result *result) {
    struct ask *ask = ctx;
    ask->done++;
    ask->err = result->err;
    if (result->err == CW_OK) {
        const char *text = cw_json_string(result->value);
        snprintf(ask->value, sizeof(ask->value), "%s",
                 text != NULL ? text : cw_json_type_name(cw_json_type(result->value)));
    }
    snprintf(ask->text, sizeof(ask->text), "%s", result->text);
    snprintf(ask->endpoint, sizeof(ask->endpoint), "%s", result->endpoint);
    ask->revert_n = result->revert.n;
    assert_true(ask->revert_n <= sizeof(ask->revert));
    if (ask->revert_n > 0) {
        memcpy(ask->revert, result->revert.p, ask->revert_n);
    }
    if (ask->cancels != NULL) {
        cw_rpc_cancel(ask->cancels, ask->cancels_id);
    }
}

enum cw_err on_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct ask *ask = ctx;
    ask->checked++;
    (void)value;
    if (ask->checks_as == CW_OK || ask->checked > 1) {
        return CW_OK;
    }
    return cw_error_set(error, ask->checks_as, "not what it should be");
}

enum cw_err on_check_always(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct ask *ask = ctx;
    ask->checked++;
    (void)value;
    return cw_error_set(error, ask->checks_as, "not what it should be");
}

struct cw_rpc_request request_for(struct ask *ask, const char *params) {
    memset(ask, 0, sizeof(*ask));
    return (struct cw_rpc_request){
        .method = "test_echo", .params = params, .done = on_done, .ctx = ask};
}

uint64_t submit(struct bed *bed, struct ask *ask, const char *params, enum cw_rpc_class class_) {
    struct cw_rpc_request request = request_for(ask, params);
    request.class_ = class_;
    uint64_t id = cw_rpc_submit(bed->rpc, &request);
    assert_true(id != 0);
    assert_int_equal(ask->done, 0);
    return id;
}

void run(struct bed *bed, const struct ask *ask) {
    for (int i = 0; i < 3000 && ask->done == 0; i++) {
        step(bed);
    }
    assert_int_equal(ask->done, 1);
}

void run_steps(struct bed *bed, int n) {
    while (n-- > 0) {
        step(bed);
    }
}

/* Lets time pass in large strides. */
void run_long(struct bed *bed, const struct ask *ask) {
    for (int i = 0; i < 3000 && ask->done == 0; i++) {
        step(bed);
        bed->clock.now_ms += 49;
    }
    assert_int_equal(ask->done, 1);
}

void ask_one(struct bed *bed, struct ask *ask) {
    submit(bed, ask, "[\"0x2a\"]", CW_RPC_QUICK);
    run(bed, ask);
}

void assert_good(const struct ask *ask, const char *endpoint) {
    if (ask->err != CW_OK) {
        fail_msg("%s", ask->text);
    }
    assert_string_equal(ask->value, "0x2a");
    assert_string_equal(ask->endpoint, endpoint);
}

struct cw_rpc_endpoint_status status_of(const struct bed *bed, size_t i) {
    struct cw_rpc_endpoint_status status;
    cw_rpc_endpoint_status(bed->rpc, i, &status);
    return status;
}
