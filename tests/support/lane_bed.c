#include "lane_bed.h"

#include "fault_vfs.h"

#include "core/log.h"
#include "sign/local.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cw_secret32 secret = {{0xac, 0x09, 0x74, 0xbe, 0xc3, 0x9a, 0x17, 0xe3,
                                           0x6b, 0xa4, 0xa6, 0xb4, 0xd2, 0x38, 0xff, 0x94,
                                           0x4b, 0xac, 0xb4, 0x78, 0xcb, 0xed, 0x5e, 0xfc,
                                           0xae, 0x78, 0x4d, 0x7b, 0xf4, 0xf2, 0xff, 0x80}};

/* --- the lane --------------------------------------------------------------------------------- */

static uint64_t monotonic_ms(void *ctx) {
    return ((struct bed *)ctx)->now_ms;
}

static uint64_t wall_ms(void *ctx) {
    return ((struct bed *)ctx)->wall_ms;
}

static void on_log(void *ctx, enum cw_log_level level, const char *line) {
    struct bed *bed = ctx;
    (void)level;
    size_t n = strlen(bed->log);
    snprintf(bed->log + n, sizeof bed->log - n, "%s\n", line);
}

static void on_moved(void *ctx, const struct cw_store_attempt *attempts, size_t n) {
    struct bed *bed = ctx;
    for (size_t i = 0; i < n; i++) {
        const struct cw_store_attempt *attempt = &attempts[i];
        assert_true(bed->moved_n < BED_EVENTS);
        bed->moved[bed->moved_n++] = (struct bed_moved){
            .row = attempt->row,
            .state = attempt->state,
            .success = attempt->success,
            .nonce = attempt->nonce,
            .has_raw = attempt->raw.p != NULL,
            .message = attempt->message,
            .cancelled = attempt->cancelled,
            .items = attempt->items_n,
        };
        for (size_t k = 0; k < attempt->items_n; k++) {
            assert_true(attempt->items[k].message != 0); /* still there */
        }
    }
}

static enum cw_lane_rebid on_rebid(void *ctx, const struct cw_lane_stuck *stuck, char text[200]) {
    struct bed *bed = ctx;
    bed->rebids++;
    bed->asked = *stuck;
    snprintf(bed->asked_step, sizeof bed->asked_step, "%s", stuck->step);
    snprintf(text, 200, "the host says so");
    return stuck->message == bed->rebid_waits ? CW_LANE_REBID_WAIT : bed->rebid;
}

static void on_foreign(void *ctx, const struct cw_addr20 *address, uint64_t from, uint64_t to) {
    struct bed *bed = ctx;
    assert_true(cw_addr20_equal(address, cw_signer_address(bed->signer)));
    bed->foreigns++;
    bed->foreign_from = from;
    bed->foreign_to = to;
}

static bool header_at(void *ctx, struct cw_block_number number, struct cw_store_header *ret) {
    const struct bed *bed = ctx;
    if (bed->forget_headers || number.v == 0 || number.v > bed->head) {
        return false;
    }
    *ret = (struct cw_store_header){.ref = bed_ref(bed, number.v)};
    return true;
}

static void open_store(struct bed *bed) {
    struct cw_error error;
    if (cw_store_open(&bed->store, bed->path, CW_STORE_WRITE, bed->wall_ms, &error) != CW_OK) {
        fail_msg("%s", error.text);
    }
}

static void on_again(void *ctx, const struct cw_store_attempt *attempt, enum cw_lane_again what,
                     bool had_block, const char *why) {
    struct bed *bed = ctx;
    assert_true(bed->agains_n < BED_EVENTS);
    struct bed_again *again = &bed->agains[bed->agains_n++];
    *again = (struct bed_again){.message = attempt->message,
                                .nonce = attempt->nonce,
                                .what = what,
                                .had_block = had_block,
                                .gone = attempt->block.number.v};
    snprintf(again->why, sizeof again->why, "%s", why);
}

static void put_messages(struct bed *bed) {
    struct cw_error error;
    int64_t other;
    assert_int_equal(
        cw_store_chain(bed->store, "l1", (struct cw_chain_id){31337}, &bed->chain_row, &error),
        CW_OK);
    assert_int_equal(cw_store_chain(bed->store, "l2", (struct cw_chain_id){901}, &other, &error),
                     CW_OK);
    assert_int_equal(cw_store_route(bed->store, "route", cw_adapter_find("opstack", "withdrawal"),
                                    bed->chain_row, other, &bed->route, &error),
                     CW_OK);
    assert_int_equal(cw_store_begin(bed->store, &error), CW_OK);
    for (size_t i = 0; i < BED_MESSAGES; i++) {
        struct cw_store_message message = {
            .route = bed->route,
            .m = {.stage = CW_STAGE_SEEN, .source = {.number = {1}, .hash = {{1}}}},
            .condition = CW_READY,
        };
        message.m.id.b[0] = 1;
        message.m.id.b[31] = (uint8_t)i;
        bool new_;
        if (cw_store_message_put(bed->store, &message, bed->wall_ms, &bed->messages[i], &new_,
                                 &error) != CW_OK) {
            fail_msg("%s", error.text);
        }
    }
    assert_int_equal(cw_store_commit(bed->store, &error), CW_OK);
}

int bed_set_up(void **state) {
    struct bed *bed = calloc(1, sizeof *bed);
    if (bed == NULL) {
        return 1;
    }
    bed_current = bed;
    *state = bed;
    cw_log_setup(CW_LOG_DEBUG, false);
    cw_log_redirect(on_log, bed);
    static bool installed;
    if (!installed) {
        fault_vfs_install();
        installed = true;
    }
    fault_vfs_arm(FAULT_FULL, 0);
    temp_make(&bed->dir);
    temp_path(&bed->dir, "causeway.db", bed->path, sizeof bed->path);
    bed->now_ms = 1000000;
    bed->wall_ms = 1790000000000;
    bed->clock = (struct cw_clock){monotonic_ms, wall_ms, bed};
    bed->chain = (struct cw_config_chain){
        .name = "l1",
        .chain_id = 31337,
        .symbol = "ETH",
        .tx_gas_cap = 16777216,
        .min_tip = {cw_u256_from_u64(1000)},
        .max_fee = {cw_u256_from_u64(100000000000)},
        .fee_percentile = 50,
        .fee_blocks = 10,
    };
    bed->policy = (struct cw_config_policy){
        .relay_all = true,
        .max_gas = 1000000,
        .daily_fee_budget = {cw_u256_from_u64(1000000000000000000)},
    };
    bed->balance_wei = 1000000000000000000;
    bed->base_fee_wei = 1000000000;
    bed->tip_wei = 100000000;
    bed->rebid = CW_LANE_REBID_OK;
    bed->shift_foreign = true;
    bed->chain.max_in_flight = 16;
    bed->chain.replace_after_blocks = 3;
    bed->estimate = 100000;
    bed->block_gas = 30000000;
    bed->simulator = (struct cw_addr20){{[19] = 1}};
    bed->final_lag = 4;
    for (bed->head = 1; bed->head < 10; bed->head++) {
        bed_put_block(bed, bed->head);
    }
    bed_put_block(bed, bed->head);
    struct cw_error error;
    assert_int_equal(cw_loop_new(&bed->loop, &bed->clock, &error), CW_OK);
    assert_int_equal(cw_signer_local(&bed->signer, &secret, &error), CW_OK);
    open_store(bed);
    put_messages(bed);
    return 0;
}

static void close_lane(struct bed *bed) {
    cw_lane_free(bed->lane);
    bed->lane = NULL;
    assert_int_equal(bed->requests_n, 0); /* it cancels what it asked */
}

int bed_tear_down(void **state) {
    struct bed *bed = *state;
    close_lane(bed);
    cw_store_close(bed->store);
    cw_signer_free(bed->signer);
    cw_loop_free(bed->loop);
    cw_log_redirect(NULL, NULL);
    temp_remove(&bed->dir);
    free(bed);
    return 0;
}

enum cw_err bed_try_open(struct bed *bed) {
    const struct cw_lane_config config = {
        .lanes = &bed->lanes,
        .loop = bed->loop,
        .rpc = (struct cw_rpc *)bed, /* never looked into */
        .send = bed->senders > 0 ? (struct cw_rpc *)&bed->senders : NULL,
        .store = bed->store,
        .chain_row = bed->chain_row,
        .chain = &bed->chain,
        .signer = bed->no_signer ? NULL : bed->signer,
        .multicall_code = bed->code_hash,
        .dry_address = {{0xdd}},
        .dry_run = bed->dry_run,
        .moved = on_moved,
        .again = bed->judges ? on_again : NULL,
        .rebid = on_rebid,
        .shift_foreign = bed->shift_foreign,
        .held_for_foreign = bed->held_for_foreign,
        .foreign = on_foreign,
        .header_at = header_at,
        .ctx = bed,
    };
    struct cw_error error;
    enum cw_err err = CW_OK;
    if (bed->lane == NULL) {
        err = cw_lane_new(&bed->lane, &config, &error);
    }
    return err == CW_OK ? cw_lane_resume(bed->lane, &error) : err;
}

void bed_open(struct bed *bed) {
    assert_int_equal(bed_try_open(bed), CW_OK);
    bed_heads(bed);
}

void bed_crash(struct bed *bed) {
    close_lane(bed);
    cw_store_close(bed->store);
    open_store(bed);
    memset(bed->counts, 0, sizeof bed->counts);
    bed->done_n = 0;
    bed->moved_n = 0;
    bed->agains_n = 0;
}

void bed_heads(struct bed *bed) {
    const struct cw_heads heads = {
        .latest = bed_ref(bed, bed->head),
        .safe = bed_ref(bed, bed_final(bed)),
        .final = bed_ref(bed, bed_final(bed)),
    };
    cw_lane_heads(bed->lane, &heads);
    bed_run(bed);
}

void bed_mine(struct bed *bed) {
    bed_mine_quietly(bed);
    bed_heads(bed);
}

void bed_reorg(struct bed *bed, uint64_t n) {
    const struct cw_block_number above = {bed->head - n};
    bed->fork++;
    for (size_t i = 0; i < bed->txs_n; i++) {
        if (bed->txs[i].block > above.v) {
            bed->txs[i].block = 0;
        }
    }
    bed->head = above.v;
    for (uint64_t i = 0; i < n + 1; i++) {
        bed_mine_quietly(bed);
    }
    struct cw_error error;
    size_t changed;
    assert_int_equal(cw_store_begin(bed->store, &error), CW_OK);
    assert_int_equal(
        cw_store_attempts_reorg(bed->store, bed->chain_row, above, bed->wall_ms, &changed, &error),
        CW_OK);
    assert_int_equal(cw_store_commit(bed->store, &error), CW_OK);
    cw_lane_rollback(bed->lane, above);
    bed_heads(bed);
}

/* --- jobs ------------------------------------------------------------------------------------- */

/* Revert data that starts so says that the target reverts. */
static bool target_failed(void *ctx, struct cw_slice revert) {
    (void)ctx;
    return revert.n >= 4 && memcmp(revert.p, "\xee\xae\x4e\xd3", 4) == 0;
}

static enum cw_err permit(void *ctx, const struct cw_lane_price *price, struct cw_error *error) {
    struct bed *bed = bed_current;
    bed->permits++;
    bed->price = *price;
    if (*(const int64_t *)ctx == bed->forbidden) {
        return cw_error_set(error, CW_ERR_BUSY, "it is held now");
    }
    return bed->permit_err == CW_OK ? CW_OK
                                    : cw_error_set(error, bed->permit_err, "the route is held");
}

static enum cw_err commit(void *ctx, int64_t attempt, struct cw_error *error) {
    struct bed *bed = bed_current;
    (void)attempt;
    bed->commits++;
    if (*(const int64_t *)ctx == bed->not_committed) {
        return cw_error_set(error, CW_ERR_BUSY, "it is held now");
    }
    bool other = bed->commit_err_of != 0 && bed->commit_err_of != *(const int64_t *)ctx;
    return bed->commit_err == CW_OK || other
               ? CW_OK
               : cw_error_set(error, bed->commit_err, "database or disk is full");
}

static void done(void *ctx, const struct cw_lane_result *result) {
    struct bed *bed = bed_current;
    assert_true(bed->done_n < BED_EVENTS);
    struct bed_done *record = &bed->done[bed->done_n++];
    *record = (struct bed_done){
        .message = *(int64_t *)ctx,
        .outcome = result->outcome,
        .attempt = result->attempt,
        .as_self = result->as_self,
        .over_budget = result->over_budget,
        .gas = result->gas,
        .cost = result->cost,
        .data_n = result->data.n,
    };
    memcpy(record->data, result->data.p != NULL ? result->data.p : (const uint8_t *)"",
           result->data.n < sizeof record->data ? result->data.n : sizeof record->data);
    snprintf(record->text, sizeof record->text, "%s", result->text);
    assert_false(cw_lane_has(bed->lane, record->message));
}

struct cw_call bed_call(void) {
    return (struct cw_call){
        .side = CW_SETTLEMENT, .to = {{0x42}}, .data = CW_LITERAL("\x01\x02\x03\x04")};
}

static struct cw_lane_job job_of(struct bed *bed, size_t i, const char *step,
                                 const struct cw_call *call) {
    return (struct cw_lane_job){
        .message = bed->messages[i],
        .route = bed->route,
        .step = step,
        .call = call,
        .policy = &bed->policy,
        .target_failed = target_failed,
        .permit = permit,
        .commit = commit,
        .done = done,
        .ctx = &bed->messages[i],
    };
}

enum cw_err bed_submit_step(struct bed *bed, size_t i, const char *step, const struct cw_call *call,
                            bool accept_target_failure) {
    struct cw_error error;
    struct cw_lane_job job = job_of(bed, i, step, call);
    job.accept_target_failure = accept_target_failure;
    return cw_lane_submit(bed->lane, &job, &error);
}

void bed_submit_shared(struct bed *bed, size_t i, size_t max, uint64_t wait_ms) {
    const size_t n = 5 + bed->shared_more;
    uint8_t *data = calloc(1, n);
    assert_non_null(data);
    memcpy(data, (const uint8_t[]){1, 2, 3, 4}, 4);
    data[n - 1] = (uint8_t)i;
    const struct cw_call call = {.side = CW_SETTLEMENT,
                                 .to = {{0x42}},
                                 .data = cw_slice_of(data, n),
                                 .simulate_from = bed->simulator,
                                 .gas_floor = 50000,
                                 .batchable = true};
    struct cw_error error;
    struct cw_lane_job job = job_of(bed, i, "finalize", &call);
    job.batch_max = max;
    job.batch_wait_ms = wait_ms;
    assert_int_equal(cw_lane_submit(bed->lane, &job, &error), CW_OK);
    free(data);
}

void bed_submit(struct bed *bed, size_t i) {
    const struct cw_call call = bed_call();
    assert_int_equal(bed_submit_step(bed, i, "prove", &call, false), CW_OK);
}

struct cw_store_attempt bed_attempt(struct bed *bed, size_t i, struct cw_arena *arena) {
    struct cw_store_attempt *rows;
    size_t n;
    struct cw_error error;
    assert_int_equal(cw_store_attempts_of(bed->store, bed->messages[i], arena, &rows, &n, &error),
                     CW_OK);
    assert_true(n > 0);
    return rows[n - 1];
}

enum cw_attempt_state bed_state(struct bed *bed, size_t i) {
    struct cw_arena arena;
    cw_arena_init(&arena, 1u << 20);
    enum cw_attempt_state state = bed_attempt(bed, i, &arena).state;
    cw_arena_done(&arena);
    return state;
}

const char *bed_trouble(const struct bed *bed) {
    struct cw_lane_status status;
    cw_lane_status(bed->lane, &status);
    return status.trouble;
}

void bed_disk_full(struct bed *bed, bool full) {
    (void)bed;
    fault_vfs_arm(FAULT_FULL, full ? 1 : 0);
}
