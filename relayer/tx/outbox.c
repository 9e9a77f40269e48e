#include "tx/outbox_private.h"

#include "tx/fees.h"

#include <causeway/tx.h>

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Everything that is open, read at once; and one transaction's decoded form. */
#define LOAD_MAX      (128u << 20)
#define DECODE_MAX    (1u << 20)
#define RETRY_MS      1000u
#define MOVED_AT_ONCE 64u
/* However fast blocks come, a bid is given this long. */
#define REPLACE_LEAST_MS 2000u

/* --- small things ----------------------------------------------------------------------------- */

uint64_t outbox_now(const struct cw_outbox *outbox) {
    const struct cw_clock *clock = cw_loop_clock(outbox->config.loop);
    return clock->monotonic_ms(clock->ctx);
}

uint64_t outbox_wall(const struct cw_outbox *outbox) {
    const struct cw_clock *clock = cw_loop_clock(outbox->config.loop);
    return clock->wall_ms(clock->ctx);
}

void outbox_trouble(struct cw_outbox *outbox, enum trouble kind, const char *format, ...) {
    char text[sizeof outbox->troubles[0]];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (outbox->troubles[kind][0] == '\0') {
        cw_log(CW_LOG_WARN, outbox->subject, "%s", text);
    }
    memcpy(outbox->troubles[kind], text, sizeof text);
}

void outbox_trouble_over(struct cw_outbox *outbox, enum trouble kind) {
    outbox->troubles[kind][0] = '\0';
}

const char *cw_outbox_trouble(const struct cw_outbox *outbox) {
    for (size_t i = 0; i < TROUBLES; i++) {
        if (outbox->troubles[i][0] != '\0') {
            return outbox->troubles[i];
        }
    }
    return "";
}

bool outbox_flying(const struct entry *entry) {
    enum cw_attempt_state state = entry->dirty ? entry->next.state : entry->row.state;
    return state == CW_ATTEMPT_SIGNED || state == CW_ATTEMPT_SENT;
}

bool outbox_is_of(const struct entry *entry, int64_t message, const char *step) {
    const struct cw_store_attempt *row = &entry->row;
    bool of = row->message == message;
    for (size_t i = 0; i < row->items_n && !of; i++) {
        of = row->items[i].message == message;
    }
    return of && strcmp(row->step, step) == 0;
}

struct cw_store_attempt *outbox_edit(struct entry *entry) {
    if (!entry->dirty) {
        entry->next = entry->row;
    }
    return &entry->next;
}

void outbox_changed(struct entry *entry) {
    entry->dirty = true;
    outbox_wake(entry->outbox, 0);
}

void outbox_gone(struct entry *entry) {
    struct cw_store_attempt *next = outbox_edit(entry);
    next->state = CW_ATTEMPT_SENT;
    next->success = false;
    memset(&next->block, 0, sizeof next->block);
    next->gas_used = 0;
    memset(&next->gas_price, 0, sizeof next->gas_price);
    next->included_ms = 0;
    outbox_changed(entry);
}

/* --- entries ---------------------------------------------------------------------------------- */

static void entry_free(struct entry *entry) {
    cw_quorum_cancel(entry->sending);
    entry->outbox->receipts_asked -= entry->asked_receipt != NULL;
    cw_quorum_cancel(entry->asked_receipt);
    cw_quorum_cancel(entry->asked_header);
    free(entry->raw);
    free(entry->items);
    free(entry->wrong);
    free(entry->versions);
    free(entry);
}

static struct entry *entry_of(const struct cw_outbox *outbox, int64_t row) {
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox->entries[i]->row.row == row) {
            return outbox->entries[i];
        }
    }
    return NULL;
}

static void entry_drop(struct cw_outbox *outbox, size_t i) {
    entry_free(outbox->entries[i]);
    outbox->n--;
    memmove(&outbox->entries[i], &outbox->entries[i + 1], (outbox->n - i) * sizeof(struct entry *));
}

/* Takes the bytes if they are what the row's hash says. */
static enum cw_err entry_raw(struct entry *entry, struct cw_slice raw) {
    struct cw_hash32 hash;
    cw_tx_hash(&hash, raw);
    if (!cw_hash32_equal(&hash, &entry->row.hash)) {
        cw_log(CW_LOG_ERROR, entry->outbox->subject,
               "the stored bytes of attempt %" PRId64
               " are damaged; it is followed, never sent again",
               entry->row.row);
        return CW_OK;
    }
    uint8_t *copy = malloc(raw.n);
    if (copy == NULL) {
        return CW_ERR_MEMORY;
    }
    memcpy(copy, raw.p, raw.n);
    free(entry->raw);
    entry->raw = copy;
    entry->row.raw = cw_slice_of(copy, raw.n);
    return CW_OK;
}

static enum cw_err add_version(struct entry *entry, const struct version *version) {
    struct version *versions = reallocarray(entry->versions, entry->versions_n + 1,
                                            sizeof *versions);
    if (versions == NULL) {
        return CW_ERR_MEMORY;
    }
    entry->versions = versions;
    entry->asked = entry->versions_n;
    versions[entry->versions_n++] = *version;
    return CW_OK;
}

static struct version version_of_bid(const struct cw_store_bid *bid) {
    return (struct version){bid->hash, bid->gas_limit, bid->max_fee, bid->cancels};
}

/* All that may use the nonce: any of them may be the one that is found in a block. */
static enum cw_err load_versions(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    if (entry->row.bids <= 1) {
        const struct cw_store_attempt *row = &entry->row;
        const struct version only = {row->hash, row->gas_limit, row->max_fee, row->cancelled};
        return add_version(entry, &only);
    }
    struct cw_arena arena;
    struct cw_store_bid *bids = NULL;
    size_t n = 0;
    cw_arena_init(&arena, LOAD_MAX);
    enum cw_err err = cw_store_bids(outbox->config.store, entry->row.row, &arena, &bids, &n, NULL);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        const struct version version = version_of_bid(&bids[i]);
        err = add_version(entry, &version);
    }
    cw_arena_done(&arena);
    return err;
}

static enum cw_err entry_items(struct entry *entry, const struct cw_store_attempt *row) {
    entry->row.items = NULL;
    if (row->items_n == 0) {
        return CW_OK;
    }
    entry->items = calloc(row->items_n, sizeof *entry->items);
    entry->wrong = calloc(row->items_n, sizeof *entry->wrong);
    if (entry->items == NULL || entry->wrong == NULL) {
        return CW_ERR_MEMORY;
    }
    memcpy(entry->items, row->items, row->items_n * sizeof *entry->items);
    entry->row.items = entry->items;
    return CW_OK;
}

static bool is_flying(enum cw_attempt_state state) {
    return state == CW_ATTEMPT_SIGNED || state == CW_ATTEMPT_SENT;
}

static enum cw_err entry_add(struct cw_outbox *outbox, const struct cw_store_attempt *row,
                             const struct cw_wei *worst, struct entry **ret) {
    if (outbox->n == outbox->capacity) {
        size_t capacity = outbox->capacity == 0 ? 32 : 2 * outbox->capacity;
        struct entry **entries = reallocarray(outbox->entries, capacity, sizeof(struct entry *));
        if (entries == NULL) {
            return CW_ERR_MEMORY;
        }
        outbox->entries = entries;
        outbox->capacity = capacity;
    }
    struct entry *entry = calloc(1, sizeof *entry);
    if (entry == NULL) {
        return CW_ERR_MEMORY;
    }
    entry->outbox = outbox;
    entry->row = *row;
    entry->row.raw = cw_slice_of(NULL, 0);
    entry->worst = *worst;
    entry->due_ms = UINT64_MAX;
    entry->due_head = UINT64_MAX;
    if (entry_items(entry, row) != CW_OK || load_versions(entry) != CW_OK ||
        (is_flying(row->state) && entry_raw(entry, row->raw) != CW_OK)) {
        entry_free(entry);
        return CW_ERR_MEMORY;
    }
    size_t at = outbox->n;
    while (at > 0 && outbox->entries[at - 1]->row.nonce > row->nonce) {
        outbox->entries[at] = outbox->entries[at - 1];
        at--;
    }
    outbox->entries[at] = entry;
    outbox->n++;
    *ret = entry;
    return CW_OK;
}

/* Fee and value at most; the value stands in the signed bytes alone. */
static struct cw_wei worst_of(const struct cw_store_attempt *row) {
    struct cw_wei worst;
    if (cw_u256_mul_u64(&worst.v, &row->max_fee.v, row->gas_limit)) {
        memset(&worst, 0xff, sizeof worst);
    }
    worst = cw_wei_add(&worst, &row->data_fee);
    struct cw_arena arena;
    cw_arena_init(&arena, DECODE_MAX);
    struct cw_tx tx;
    struct cw_signature signature;
    if (cw_tx_decode(&arena, &tx, &signature, row->raw, NULL) == CW_OK) {
        struct cw_u256 sum;
        if (!cw_u256_add(&sum, &worst.v, &tx.value.v)) {
            worst.v = sum;
        }
    }
    cw_arena_done(&arena);
    return worst;
}

/* --- the store -------------------------------------------------------------------------------- */

/* Reads what is open and brings memory in line with it. */
static enum cw_err reload(struct cw_outbox *outbox, struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, LOAD_MAX);
    struct cw_store_attempt *rows;
    size_t n;
    size_t gone = 0;
    enum cw_err err = cw_store_attempts_open(outbox->config.store, outbox->config.chain_row,
                                             &outbox->config.address, &arena, &rows, &n, error);
    for (size_t i = 0; err == CW_OK && i < n; i++) {
        const struct cw_store_attempt *row = &rows[i];
        struct entry *entry = entry_of(outbox, row->row);
        bool new_ = entry == NULL;
        if (new_) {
            const struct cw_wei worst = worst_of(row);
            if (entry_add(outbox, row, &worst, &entry) != CW_OK) {
                err = cw_error_set(error, CW_ERR_MEMORY, "no memory for the open attempts");
                break;
            }
        } else if (entry->row.state == row->state || !is_flying(row->state) ||
                   is_flying(entry->row.state)) {
            continue;
        } else {
            entry->gone = entry->row.block;
            entry->row = *row;
            entry->row.items = entry->items;
            entry->row.raw = cw_slice_of(NULL, 0);
            entry->dirty = false;
            if (entry_raw(entry, row->raw) != CW_OK) {
                err = cw_error_set(error, CW_ERR_MEMORY, "no memory for the open attempts");
                entry->row.state =
                    CW_ATTEMPT_INCLUDED; /* so that the next reload looks at it again */
                break;
            }
        }
        if (!is_flying(row->state)) {
            continue;
        }
        bool came_back = outbox->resumed && row->state == CW_ATTEMPT_SENT;
        if (came_back || !outbox->resumed) {
            outbox_gate_close(entry, came_back);
        }
        if (outbox->resumed) {
            outbox_send_soon(entry);
        }
        if (came_back) {
            gone++;
            outbox->config.moved(outbox->config.ctx, &entry->row, 1);
        }
    }
    cw_arena_done(&arena);
    if (gone > 0) {
        cw_log(CW_LOG_WARN, outbox->subject, "%zu transactions are in no block any longer", gone);
    }
    return err;
}

/* The host hears of many at once, so that what it writes of them is one transaction. row NULL: of
 * those that are left. */
static void tell_moved(struct cw_outbox *outbox, struct cw_store_attempt moved[MOVED_AT_ONCE],
                       size_t *n, const struct cw_store_attempt *row) {
    if (row != NULL) {
        moved[(*n)++] = *row;
    }
    if (*n == MOVED_AT_ONCE || (row == NULL && *n > 0)) {
        outbox->config.moved(outbox->config.ctx, moved, *n);
        *n = 0;
    }
}

static void drop_settled(struct cw_outbox *outbox) {
    for (size_t i = outbox->n; i-- > 0;) {
        enum cw_attempt_state state = outbox->entries[i]->row.state;
        if (state == CW_ATTEMPT_FINAL || state == CW_ATTEMPT_LOST) {
            entry_drop(outbox, i);
        }
    }
}

/* Writes all changes in one transaction; memory follows, then the host hears of it. */
static void flush(struct cw_outbox *outbox) {
    size_t dirty = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        dirty += outbox->entries[i]->dirty;
    }
    if (dirty == 0) {
        return;
    }
    struct cw_store *store = outbox->config.store;
    struct cw_error error;
    enum cw_err err = cw_store_begin(store, &error);
    if (err == CW_OK) {
        for (size_t i = 0; err == CW_OK && i < outbox->n; i++) {
            const struct entry *entry = outbox->entries[i];
            if (!entry->dirty) {
                continue;
            }
            err = is_flying(entry->next.state) && !is_flying(entry->row.state)
                      ? cw_store_attempt_gone(store, entry->row.row, outbox_wall(outbox), &error)
                      : cw_store_attempt_update(store, &entry->next, &error);
        }
        err = cw_store_end(store, err, &error);
    }
    if (err != CW_OK) {
        outbox_trouble(outbox, TROUBLE_STORE,
                       "what became of sent transactions is not written, will be tried again: %s",
                       error.text);
        outbox_wake(outbox, RETRY_MS);
        return;
    }
    outbox_trouble_over(outbox, TROUBLE_STORE);
    bool freed = false;
    struct cw_store_attempt moved[MOVED_AT_ONCE];
    size_t moved_n = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        if (!entry->dirty) {
            continue;
        }
        enum cw_attempt_state before = entry->row.state;
        entry->row = entry->next;
        entry->dirty = false;
        enum cw_attempt_state state = entry->row.state;
        if (!is_flying(state)) {
            free(entry->raw);
            entry->raw = NULL;
            entry->row.raw = cw_slice_of(NULL, 0);
            freed = freed || is_flying(before);
        } else if (!is_flying(before)) {
            entry->row.state = before; /* the bytes are in the store: reload takes it up */
            outbox->reload_due = true;
            outbox_wake(outbox, 0);
            continue;
        }
        if (state != before && state != CW_ATTEMPT_SENT) {
            tell_moved(outbox, moved, &moved_n, &entry->row);
        }
    }
    tell_moved(outbox, moved, &moved_n, NULL);
    drop_settled(outbox); /* only now: what was told borrows from them */
    if (freed) {
        outbox->config.changed(outbox->config.ctx);
    }
}

/* --- the pump --------------------------------------------------------------------------------- */

static void pump(void *ctx) {
    struct cw_outbox *outbox = ctx;
    outbox->timer = NULL;
    if (!outbox->resumed) {
        return;
    }
    if (outbox->reload_due) {
        struct cw_error error;
        outbox->reload_due = false;
        if (reload(outbox, &error) != CW_OK) {
            outbox->reload_due = true;
            outbox_trouble(outbox, TROUBLE_STORE,
                           "sent transactions can't be read, will be tried again: %s", error.text);
            outbox_wake(outbox, RETRY_MS);
            return;
        }
        outbox_trouble_over(outbox, TROUBLE_STORE);
        outbox->config.changed(outbox->config.ctx);
    }
    flush(outbox);
    outbox_settle(outbox);
    flush(outbox);
    outbox_ask_receipts(outbox);
    outbox_count(outbox);
    outbox_gates(outbox);
    outbox_send_due(outbox);
    uint64_t next = outbox_send_next(outbox);
    if (next != UINT64_MAX) {
        uint64_t now = outbox_now(outbox);
        outbox_wake(outbox, next > now ? next - now : 0);
    }
}

void outbox_wake(struct cw_outbox *outbox, uint64_t after_ms) {
    uint64_t at = outbox_now(outbox) + after_ms;
    if (outbox->timer != NULL) {
        if (outbox->timer_ms <= at) {
            return;
        }
        cw_loop_cancel(outbox->config.loop, outbox->timer);
    }
    /* Without memory for a timer the next head wakes it. */
    outbox->timer = cw_loop_after(outbox->config.loop, after_ms, pump, outbox);
    outbox->timer_ms = at;
}

/* --- the interface ---------------------------------------------------------------------------- */

enum cw_err cw_outbox_new(struct cw_outbox **ret, const struct cw_outbox_config *config,
                          struct cw_error *error) {
    struct cw_outbox *outbox = calloc(1, sizeof *outbox);
    if (outbox == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a lane");
    }
    outbox->config = *config;
    outbox->foreign = config->held_for_foreign && !config->shift_foreign;
    char address[CW_HEX_SIZE(20)];
    snprintf(outbox->subject, sizeof outbox->subject, "lane %.32s %.10s", config->chain->name,
             cw_hex_encode(address, cw_slice_of(config->address.b, 20)));
    if (outbox->foreign) {
        outbox_trouble(
            outbox, TROUBLE_NONCE,
            "held: somebody else sent with this key: find out who, then causeway release "
            "CHAIN/%s",
            address);
    }
    *ret = outbox;
    return CW_OK;
}

void cw_outbox_free(struct cw_outbox *outbox) {
    if (outbox == NULL) {
        return;
    }
    cw_loop_cancel(outbox->config.loop, outbox->timer);
    cw_quorum_cancel(outbox->counting);
    cw_quorum_cancel(outbox->counting_final);
    for (size_t i = 0; i < outbox->n; i++) {
        entry_free(outbox->entries[i]);
    }
    free(outbox->entries);
    free(outbox);
}

enum cw_err cw_outbox_resume(struct cw_outbox *outbox, struct cw_error *error) {
    assert(!outbox->resumed);
    uint64_t nonce = 0;
    bool found = false;
    enum cw_err err = cw_store_lane_nonce(outbox->config.store, outbox->config.chain_row,
                                          &outbox->config.address, &found, &nonce, error);
    if (err == CW_OK) {
        err = reload(outbox, error);
    }
    if (err != CW_OK) {
        return err;
    }
    outbox->lane_known = found;
    outbox->next_nonce = found ? nonce : 0;
    outbox->resumed = true;
    outbox->count_due = true;
    outbox_wake(outbox, 0);
    return CW_OK;
}

void cw_outbox_heads(struct cw_outbox *outbox, const struct cw_heads *heads) {
    outbox->heads = *heads;
    outbox->heads_known = true;
    outbox->heads_seen++;
    if (cw_outbox_flying(outbox) > 0) {
        outbox->count_due = true;
        outbox->count_ms = 0;
    }
    outbox_wake(outbox, 0);
}

void cw_outbox_chain_config(struct cw_outbox *outbox, const struct cw_config_chain *chain) {
    outbox->config.chain = chain;
}

void cw_outbox_rollback(struct cw_outbox *outbox) {
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        /* Found in a block that may be gone; looked for again. */
        if (entry->dirty && !is_flying(entry->next.state)) {
            entry->dirty = false;
        }
        entry->missing = 0;
        entry->final_nonce = 0;
        entry->shown.block.number.v = 0;
        /* It may have been in one of those blocks without our knowing. */
        if (outbox_flying(entry)) {
            outbox_gate_close(entry, false);
        }
        if (outbox_flying(entry) && entry->sending == NULL) {
            outbox_send_soon(entry);
        }
    }
    outbox->final_nonce = 0;
    outbox->reload_due = true;
    outbox->gap_rounds = 0;
    outbox_wake(outbox, 0);
}

void cw_outbox_take(struct cw_outbox *outbox, const struct cw_store_attempt *attempt,
                    const struct cw_wei *worst) {
    outbox->lane_known = true;
    outbox->gap_rounds = 0;
    if (attempt->nonce >= outbox->next_nonce) {
        outbox->next_nonce = attempt->nonce + 1;
    }
    struct entry *entry;
    if (entry_add(outbox, attempt, worst, &entry) != CW_OK) {
        outbox->reload_due = true; /* it is in the store, and is taken from there */
        outbox_wake(outbox, RETRY_MS);
        return;
    }
    outbox_send_soon(entry);
}

/* --- other bids for the same nonce ----------------------------------------------------------- */

bool cw_outbox_stuck(const struct cw_outbox *outbox, size_t *at, struct cw_outbox_stuck *ret) {
    uint64_t now = outbox_now(outbox);
    for (; outbox->heads_known && *at < outbox->n; (*at)++) {
        const struct entry *entry = outbox->entries[*at];
        bool doomed = entry->gate == GATE_DOOMED;
        bool out = entry->gate == GATE_OPEN && entry->bid_ms != 0;
        if (entry->dirty || entry->raw == NULL || (!out && !doomed)) {
            continue;
        }
        uint64_t head = outbox->heads.latest.number.v;
        uint64_t blocks = head > entry->bid_head ? head - entry->bid_head : 0;
        bool late = blocks >= outbox->config.chain->replace_after_blocks &&
                    now - entry->bid_ms >= REPLACE_LEAST_MS;
        if (!late && !doomed && !(entry->underpriced && blocks > 0)) {
            continue;
        }
        const struct cw_store_attempt *row = &entry->row;
        *ret = (struct cw_outbox_stuck){
            .attempt = row->row,
            .message = row->message,
            .nonce = row->nonce,
            .step = row->step,
            .raw = row->raw,
            .gas_limit = row->gas_limit,
            .max_fee = row->max_fee,
            .max_tip = row->max_tip,
            .data_fee = row->data_fee,
            .cancels = row->cancelled,
            .shared = row->items_n > 0,
            .underpriced = entry->underpriced,
            .blocks = blocks,
            .doomed = doomed,
        };
        (*at)++;
        return true;
    }
    return false;
}

const struct cw_store_item *cw_outbox_items(const struct cw_outbox *outbox, int64_t attempt,
                                            size_t *ret_n) {
    const struct entry *entry = entry_of(outbox, attempt);
    *ret_n = entry != NULL ? entry->row.items_n : 0;
    return entry != NULL ? entry->items : NULL;
}

bool cw_outbox_may_bid(const struct cw_outbox *outbox, int64_t attempt) {
    const struct entry *entry = entry_of(outbox, attempt);
    return entry != NULL && !entry->dirty && is_flying(entry->row.state) && entry->raw != NULL &&
           (entry->gate == GATE_OPEN || entry->gate == GATE_DOOMED);
}

void cw_outbox_bid(struct cw_outbox *outbox, int64_t attempt, const struct cw_store_bid *bid,
                   const struct cw_wei *worst) {
    struct entry *entry = entry_of(outbox, attempt);
    assert(entry != NULL && !entry->dirty && is_flying(entry->row.state));
    cw_quorum_cancel(entry->sending);
    entry->sending = NULL;
    struct cw_store_attempt *row = &entry->row;
    row->hash = bid->hash;
    row->gas_limit = bid->gas_limit;
    row->max_fee = bid->max_fee;
    row->max_tip = bid->max_tip;
    row->data_fee = bid->data_fee;
    row->cancelled = bid->cancels;
    row->state = CW_ATTEMPT_SIGNED;
    row->kept_block = 0;
    row->bids++;
    entry->worst = *worst;
    entry->bid_ms = 0;
    entry->passed = 0;
    entry->underpriced = false;
    entry->doubted = false;
    outbox_gate_open(entry);
    outbox_gates_go_on(outbox);
    const struct version version = version_of_bid(bid);
    if (add_version(entry, &version) != CW_OK || entry_raw(entry, bid->raw) != CW_OK) {
        /* It is in the store, and is taken up from there. */
        for (size_t i = 0; i < outbox->n; i++) {
            if (outbox->entries[i] == entry) {
                entry_drop(outbox, i);
                break;
            }
        }
        outbox->reload_due = true;
        outbox_wake(outbox, RETRY_MS);
        return;
    }
    outbox_send_soon(entry);
    outbox->config.moved(outbox->config.ctx, &entry->row, 1);
}

struct cw_wei cw_outbox_reserved(const struct cw_outbox *outbox) {
    struct cw_wei sum = {0};
    for (size_t i = 0; i < outbox->n; i++) {
        struct cw_u256 more;
        if (!outbox_flying(outbox->entries[i])) {
            continue;
        }
        if (cw_u256_add(&more, &sum.v, &outbox->entries[i]->worst.v)) {
            memset(&sum, 0xff, sizeof sum);
            return sum;
        }
        sum.v = more;
    }
    return sum;
}

size_t cw_outbox_flying(const struct cw_outbox *outbox) {
    size_t n = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        n += outbox_flying(outbox->entries[i]);
    }
    return n;
}

size_t cw_outbox_open(const struct cw_outbox *outbox) {
    return outbox->n;
}

bool cw_outbox_has(const struct cw_outbox *outbox, int64_t message, const char *step) {
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox_is_of(outbox->entries[i], message, step)) {
            return true;
        }
    }
    return false;
}
