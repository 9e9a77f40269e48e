/* A JSON-RPC client between the test's own nodes, on a clock that only the test moves. */
#ifndef SUPPORT_RPC_BED_H
#define SUPPORT_RPC_BED_H

#include "fake_clock.h"
#include "fake_node.h"
#include "net/rpc.h"
#include "work/evidence.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NODES 4

struct bed {
    struct fake_clock clock;
    struct cw_loop *loop;
    struct node nodes[NODES];
    struct cw_rpc *rpc;
    uint32_t max_rps[NODES]; /* for open_rpc */
    bool only_send;          /* likewise */
    unsigned findings;
    char finding[512];
    struct cw_evidence *evidence; /* where findings go; NULL: nowhere */
    char file[CW_EVIDENCE_NAME];  /* the last one's */
    unsigned log_lines;
    char log[4096]; /* the last lines */
    bool leaked;
};

struct ask {
    unsigned done, checked;
    enum cw_err err, checks_as;
    char value[256], text[1024], endpoint[64];
    size_t revert_n;
    uint8_t revert[64];
    struct cw_rpc *cancels; /* another call, when done */
    uint64_t cancels_id;
};

/* For cmocka. Fails a test in which a line of the log holds a secret of a URL. */
int set_up(void **state);
int tear_down(void **state);
void open_rpc(struct bed *bed, size_t n, uint32_t batch_max);
/* One turn of the loop and of the nodes, one millisecond. */
void step(struct bed *bed);
/* Checks as checks_as the first time, then takes anything; _always: each time. */
enum cw_err on_check(void *ctx, const struct cw_json *value, struct cw_error *error);
enum cw_err on_check_always(void *ctx, const struct cw_json *value, struct cw_error *error);
/* A quick call; ask is cleared. */
struct cw_rpc_request request_for(struct ask *ask, const char *params);
uint64_t submit(struct bed *bed, struct ask *ask, const char *params, enum cw_rpc_class class_);
/* Until the call is over; asserts that it is. */
void run(struct bed *bed, const struct ask *ask);
void run_steps(struct bed *bed, int n);
void run_long(struct bed *bed, const struct ask *ask);
/* Asks for "0x2a" and waits. */
void ask_one(struct bed *bed, struct ask *ask);
/* "0x2a" was answered by that endpoint. */
void assert_good(const struct ask *ask, const char *endpoint);
struct cw_rpc_endpoint_status status_of(const struct bed *bed, size_t i);

#endif
