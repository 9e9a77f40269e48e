/* Logs and receipts that adapters ask for: claims, on which the quorum agrees. */
#include "net/eth.h"
#include "work/facts_private.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <stdio.h>

/* Requests for the logs of one range: who takes so few blocks at a time has to be asked otherwise.
 */
#define PARTS_MAX 256u

static bool topic_allows(const struct cw_topic_set *set, const struct cw_log *log, size_t topic) {
    if (set->n == 0)
        return true;
    if (topic >= log->topics_n)
        return false;
    for (size_t i = 0; i < set->n; i++)
        if (cw_hash32_equal(&set->p[i], &log->topics[topic]))
            return true;
    return false;
}

static enum cw_err read_logs(const struct entry *entry, struct cw_arena *arena,
                             const struct cw_json *value, struct cw_answer *ret,
                             struct cw_error *error) {
    const struct cw_request *r = &entry->request;
    struct cw_log *logs = NULL;
    size_t n = 0;
    enum cw_err err = cw_eth_logs(&logs, &n, arena, value, error);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        const struct cw_log *log = &logs[i];
        bool asked = cw_addr20_equal(&log->address, &r->to) &&
                     log->block.number.v >= entry->part.from &&
                     log->block.number.v <= entry->part.to;
        for (size_t topic = 0; topic < CW_TOPICS; topic++)
            asked = asked && topic_allows(&r->topics[topic], log, topic);
        if (!asked)
            err = cw_error_set(error, CW_ERR_CONTRADICTED,
                               "log %" PRIu64 " of block %" PRIu64 " is none that was asked for",
                               log->log_index, log->block.number.v);
    }
    if (err == CW_OK)
        *ret = (struct cw_answer){.status = CW_ANSWER_OK, .logs = logs, .logs_n = n};
    return err;
}

/* A transaction in a block above the one asked at is not there yet. */
static enum cw_err read_receipt(const struct entry *entry, struct cw_arena *arena,
                                const struct cw_json *value, struct cw_answer *ret,
                                struct cw_error *error) {
    const struct cw_request *r = &entry->request;
    struct cw_answer out = {.status = CW_ANSWER_OK};
    struct cw_eth_tx_receipt receipt;
    if (cw_json_type(value) == CW_JSON_NULL) {
        *ret = out;
        return CW_OK;
    }
    enum cw_err err = cw_eth_tx_receipt(&receipt, arena, value, error);
    if (err != CW_OK)
        return err;
    if (!cw_hash32_equal(&receipt.tx_hash, &r->slot))
        return cw_error_set(error, CW_ERR_CONTRADICTED, "receipt of another transaction");
    if (receipt.block.number.v == r->block_number.v &&
        !cw_hash32_equal(&receipt.block.hash, &r->block_hash))
        return cw_error_set(error, CW_ERR_BEHIND,
                            "the transaction is in another block %" PRIu64 " than the one asked at",
                            r->block_number.v);
    if (receipt.block.number.v <= r->block_number.v) {
        out.included = true;
        out.success = receipt.success;
        out.block = receipt.block;
        out.logs = receipt.logs;
        out.logs_n = receipt.logs_n;
    }
    *ret = out;
    return CW_OK;
}

static enum cw_err read_claim(const struct entry *entry, struct cw_arena *arena,
                              const struct cw_json *value, struct cw_answer *ret,
                              struct cw_error *error) {
    return entry->request.kind == CW_REQUEST_LOGS ? read_logs(entry, arena, value, ret, error)
                                                  : read_receipt(entry, arena, value, ret, error);
}

/* Too much for us: no fault of the endpoint, and fewer blocks may do. */
static bool is_too_large(const struct entry *entry, enum cw_err err) {
    return entry->request.kind == CW_REQUEST_LOGS && (err == CW_ERR_MEMORY || err == CW_ERR_LIMIT);
}

/* The last answer that it sees is the one that is handed out. */
static enum cw_err check_claim(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct entry *entry = ctx;
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_answer answer;
    enum cw_err err = read_claim(entry, &arena, value, &answer, error);
    cw_arena_done(&arena);
    entry->part.too_large = is_too_large(entry, err);
    return entry->part.too_large ? CW_OK : err;
}

static enum cw_err digest_claim(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    struct cw_arena arena;
    cw_arena_init(&arena, FACTS_ENTRY_BYTES);
    struct cw_answer answer = {0};
    enum cw_err err = read_claim(ctx, &arena, value, &answer, NULL);
    const bool too_large = is_too_large(ctx, err);
    if (too_large)
        err = CW_OK; /* all are asked again, for less */
    struct cw_keccak state;
    cw_keccak_init(&state);
    const uint8_t outcome = (uint8_t)(too_large << 2 | answer.included << 1 | answer.success);
    cw_keccak_update(&state, cw_slice_of(&outcome, 1));
    cw_keccak_update(&state, cw_slice_of(answer.block.hash.b, 32));
    for (size_t i = 0; err == CW_OK && i < answer.logs_n; i++)
        cw_eth_log_digest(&state, &answer.logs[i]);
    if (err == CW_OK)
        cw_keccak_final(ret, &state);
    cw_arena_done(&arena);
    return err;
}

static void receipt_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    struct cw_error error;
    if (result->err != CW_OK)
        facts_unavailable(entry, result->text);
    else if (read_receipt(entry, &entry->arena, result->value, &entry->answer, &error) != CW_OK)
        facts_unavailable(entry, error.text);
    else
        facts_settle(entry);
}

static bool submit(struct entry *entry, struct cw_quorum_request request, struct cw_buf *params) {
    request.k = entry->facts->quorum;
    request.check = check_claim;
    request.digest = digest_claim;
    request.ctx = entry;
    request.params = cw_buf_cstr(params);
    if (request.params)
        entry->asked = cw_quorum_submit(entry->facts->rpc, &request);
    cw_buf_done(params);
    return entry->asked != NULL;
}

/* --- logs, some blocks after the others --- */

static bool ask_part(struct entry *entry);

static enum cw_err append(struct entry *entry, const struct cw_answer *more) {
    struct part *part = &entry->part;
    struct cw_answer *all = &entry->answer;
    if (all->logs_n + more->logs_n > part->room) {
        const size_t room = 2 * (all->logs_n + more->logs_n);
        struct cw_log *logs = cw_arena_array(&entry->arena, room, sizeof *logs);
        if (!logs)
            return CW_ERR_MEMORY;
        for (size_t i = 0; i < all->logs_n; i++)
            logs[i] = part->logs[i];
        part->logs = logs;
        part->room = room;
    }
    for (size_t i = 0; i < more->logs_n; i++)
        part->logs[all->logs_n++] = more->logs[i];
    all->logs = part->logs;
    return CW_OK;
}

static enum cw_err take_part(struct entry *entry, const struct cw_json *value,
                             struct cw_error *error) {
    struct cw_answer more;
    enum cw_err err = read_logs(entry, &entry->arena, value, &more, error);
    if (err == CW_OK)
        err = append(entry, &more);
    if (err == CW_ERR_MEMORY || err == CW_ERR_LIMIT)
        err = cw_error_set(
            error, err, "the logs of blocks %" PRIu64 " to %" PRIu64 " do not fit into one answer",
            entry->request.from_block.v, entry->request.block_number.v);
    return err;
}

/* Whether fewer of the part's blocks are to be asked for now. */
static bool halve(struct entry *entry, enum cw_err err) {
    struct part *part = &entry->part;
    const uint64_t blocks = part->to - part->from + 1;
    bool patience = false;
    if (!part->too_large && !cw_range_may_do(err, &patience))
        return false;
    part->most = blocks / 2;
    return cw_range_refused(&entry->facts->range, blocks) && !patience;
}

static uint64_t part_size(const struct entry *entry) {
    const uint64_t size = entry->facts->range.size, most = entry->part.most;
    return most > 0 && most < size ? most : size;
}

/* True: that is all. */
static bool too_many_parts(struct entry *entry) {
    const uint64_t size = part_size(entry), last = entry->request.block_number.v;
    char text[160];
    if ((last - entry->part.from) / size < PARTS_MAX)
        return false;
    snprintf(text, sizeof text,
             "logs are given of %" PRIu64 " blocks at a time, and blocks %" PRIu64 " to %" PRIu64
             " are too many for that",
             size, entry->request.from_block.v, last);
    facts_unavailable(entry, text);
    return true;
}

static void part_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    struct part *part = &entry->part;
    struct cw_error error;
    entry->asked = NULL;
    if (result->err == CW_OK && !part->too_large) {
        if (take_part(entry, result->value, &error) != CW_OK) {
            facts_unavailable(entry, error.text);
            return;
        }
        cw_range_taken(&entry->facts->range, part->to - part->from + 1);
        if (part->to == entry->request.block_number.v) {
            entry->answer.status = CW_ANSWER_OK;
            facts_settle(entry);
            return;
        }
        part->from = part->to + 1;
    } else if (!halve(entry, result->err)) {
        facts_unavailable(entry, part->too_large ? "too many logs in one block" : result->text);
        return;
    }
    if (!too_many_parts(entry) && !ask_part(entry))
        facts_unavailable(entry, "out of memory");
}

static bool ask_part(struct entry *entry) {
    struct part *part = &entry->part;
    const struct cw_request *r = &entry->request;
    const uint64_t size = part_size(entry);
    const uint64_t left = r->block_number.v - part->from;
    part->to = part->from + (left < size ? left : size - 1);
    part->too_large = false;
    struct cw_buf params;
    cw_buf_init(&params, FACTS_PARAMS_BYTES);
    cw_eth_params_logs_of(&params, &r->to, r->topics, (struct cw_block_number){part->from},
                          (struct cw_block_number){part->to});
    const struct cw_quorum_request request = {.method = "eth_getLogs",
                                              .class_ = CW_RPC_HEAVY,
                                              .done = part_done,
                                              .one_by_one = r->turn > 0 &&
                                                            entry->facts->quorum == 1,
                                              .first = r->turn};
    return submit(entry, request, &params);
}

/* --- either --- */

bool facts_claim_ask(struct entry *entry) {
    entry->part = (struct part){.from = entry->request.from_block.v};
    if (entry->request.kind == CW_REQUEST_LOGS)
        return ask_part(entry);
    struct cw_buf params;
    cw_buf_init(&params, FACTS_PARAMS_BYTES);
    cw_eth_params_hash(&params, &entry->request.slot);
    const struct cw_quorum_request request = {
        .method = "eth_getTransactionReceipt", .class_ = CW_RPC_QUICK, .done = receipt_done};
    return submit(entry, request, &params);
}
