/* What is sent again. Bytes that were signed a while ago were right then: before they go out once
 * more the host says whether they are now. Those that would fail are kept back as long as nobody
 * needs their nonce; then a bid uses the nonce up, which costs less than a call that fails. */
#include "tx/multicall.h"
#include "tx/outbox_private.h"

#include <causeway/tx.h>

#include <inttypes.h>
#include <string.h>

#define DECODE_MAX (1u << 20)
/* How long a judgement is waited for: whoever can't be looked at was right as it was signed. */
#define UNJUDGED_MS 30000u
/* Blocks for which bytes are kept though others wait behind them: what they rest on often comes
 * back in one of the next ones. */
#define KEPT_BLOCKS 12u

void outbox_gate_close(struct entry *entry, bool had_block) {
    struct cw_outbox *outbox = entry->outbox;
    entry->had_block = entry->had_block || had_block;
    /* What only uses a nonce up is always right. */
    bool fills = entry->row.message == 0 && entry->row.items_n == 0;
    bool free_of_doubt = fills || entry->row.cancelled;
    if (outbox->config.again == NULL || free_of_doubt || entry->gate == GATE_UNJUDGED) {
        return;
    }
    entry->gate = GATE_UNJUDGED;
    entry->gate_ms = outbox_now(outbox);
    entry->gate_told = false;
    if (entry->wrong != NULL) {
        memset(entry->wrong, 0, entry->row.items_n * sizeof *entry->wrong);
    }
    outbox_wake(outbox, 0);
}

static uint64_t kept_block(const struct entry *entry) {
    return entry->dirty ? entry->next.kept_block : entry->row.kept_block;
}

/* The head at which the wait began (0: nothing is waited for), on disk so that a restart does not
 * begin it anew. */
static void kept_since(struct entry *entry, uint64_t block) {
    if (kept_block(entry) != block) {
        outbox_edit(entry)->kept_block = block;
        outbox_changed(entry);
    }
}

void outbox_gate_open(struct entry *entry) {
    entry->gate = GATE_OPEN;
    kept_since(entry, 0);
    entry->had_block = false;
    memset(&entry->gone, 0, sizeof entry->gone);
}

static void tell(struct entry *entry, enum cw_lane_again what, const char *why) {
    struct cw_outbox *outbox = entry->outbox;
    struct cw_store_attempt attempt = entry->row;
    attempt.block = entry->gone;
    outbox->config.again(outbox->config.ctx, &attempt, what, entry->had_block, why);
}

/* --- judged ----------------------------------------------------------------------------------- */

static bool has_call(struct cw_arena *arena, const struct cw_tx *tx, const struct cw_call *call) {
    struct cw_multicall *calls = NULL;
    size_t n = 0;
    if (cw_multicall_read(arena, &calls, &n, tx->data) != CW_OK) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (cw_addr20_equal(&calls[i].to, &call->to) && cw_slice_equal(calls[i].data, call->data)) {
            return cw_u256_is_zero(&call->value.v);
        }
    }
    return false;
}

/* Whether the signed bytes are that very call, or one of a batch is. */
static bool is_call(const struct entry *entry, const struct cw_call *call) {
    struct cw_arena arena;
    struct cw_tx tx;
    struct cw_signature signature;
    cw_arena_init(&arena, DECODE_MAX);
    bool same = entry->raw != NULL &&
                cw_tx_decode(&arena, &tx, &signature, entry->row.raw, NULL) == CW_OK && tx.has_to;
    if (same && entry->row.items_n > 0) {
        same = has_call(&arena, &tx, call);
    } else if (same) {
        same = cw_addr20_equal(&tx.to, &call->to) &&
               cw_u256_cmp(&tx.value.v, &call->value.v) == 0 && cw_slice_equal(tx.data, call->data);
    }
    cw_arena_done(&arena);
    return same;
}

/* Of a batch: the item would fail. True when all of them would, or when it is none. */
static bool all_wrong(struct entry *entry, int64_t message) {
    size_t wrong = 0;
    for (size_t i = 0; i < entry->row.items_n; i++) {
        entry->wrong[i] = entry->wrong[i] || entry->items[i].message == message;
        wrong += entry->wrong[i];
    }
    return wrong == entry->row.items_n;
}

static void keep(struct entry *entry, enum gate gate, const char *why) {
    const struct cw_outbox *outbox = entry->outbox;
    bool news = entry->gate != gate;
    entry->gate = gate;
    entry->had_block = true;
    if (kept_block(entry) == 0 && outbox->heads_known) {
        kept_since(entry, outbox->heads.latest.number.v);
    }
    if (news) {
        tell(entry, gate == GATE_KEPT ? CW_LANE_KEPT : CW_LANE_REPLACED, why);
    }
}

void cw_outbox_judge(struct cw_outbox *outbox, int64_t message, const char *step,
                     const struct cw_call *call, const char *why) {
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        if (!outbox_is_of(entry, message, entry->row.step) || entry->gate == GATE_OPEN ||
            !outbox_flying(entry)) {
            continue;
        }
        bool own_step = step != NULL && strcmp(entry->row.step, step) == 0;
        if (own_step && is_call(entry, call)) {
            tell(entry, CW_LANE_AGAIN, "");
            outbox_gate_open(entry);
            outbox_send_soon(entry);
        } else if (entry->gate != GATE_DOOMED && all_wrong(entry, message)) {
            keep(entry, own_step ? GATE_REPLACED : GATE_KEPT, why);
        }
    }
}

size_t cw_outbox_kept(const struct cw_outbox *outbox) {
    size_t n = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        enum gate gate = outbox->entries[i]->gate;
        n += outbox_flying(outbox->entries[i]) && (gate == GATE_KEPT || gate == GATE_REPLACED);
    }
    return n;
}

/* --- waited for long enough ------------------------------------------------------------------- */

static void let_go(struct entry *entry) {
    outbox_gate_open(entry);
    outbox_send_soon(entry);
}

static void give_up(struct entry *entry) {
    entry->gate = GATE_DOOMED;
    entry->doomed_head = entry->outbox->heads_seen;
    tell(entry, CW_LANE_NEEDED, "");
}

void outbox_gates_go_on(struct cw_outbox *outbox) {
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox->entries[i]->gate == GATE_DOOMED) {
            outbox->entries[i]->doomed_head = outbox->heads_seen;
        }
    }
}

static bool kept_long_enough(const struct entry *entry) {
    uint64_t since = kept_block(entry), head = entry->outbox->heads.latest.number.v;
    return since != 0 && head >= since && head - since >= KEPT_BLOCKS;
}

/* needed: something right stands behind it. */
static void look_at(struct entry *entry, bool needed) {
    struct cw_outbox *outbox = entry->outbox;
    uint64_t waited = outbox_now(outbox) - entry->gate_ms;
    switch (entry->gate) {
    case GATE_OPEN:
        break;
    case GATE_UNJUDGED:
        if (!entry->gate_told) {
            entry->gate_told = true;
            tell(entry, CW_LANE_UNJUDGED, ""); /* which may judge it */
        } else if (waited >= UNJUDGED_MS) {
            cw_log(CW_LOG_WARN, outbox->subject,
                   "nonce %" PRIu64 " is sent again though nobody could say whether it is right",
                   entry->row.nonce);
            let_go(entry);
        }
        if (entry->gate == GATE_UNJUDGED) {
            outbox_wake(outbox, waited < UNJUDGED_MS ? UNJUDGED_MS - waited : 0);
        }
        break;
    case GATE_KEPT:
        if (needed && kept_long_enough(entry)) {
            give_up(entry);
        }
        break;
    case GATE_REPLACED:
        if (kept_long_enough(entry)) {
            give_up(entry);
        }
        break;
    case GATE_DOOMED:
        if (outbox->heads_seen - entry->doomed_head >= KEPT_BLOCKS) {
            cw_log(CW_LOG_WARN, outbox->subject,
                   "nonce %" PRIu64 " is sent though it will fail: no bid could take its place",
                   entry->row.nonce);
            let_go(entry);
        }
        break;
    }
}

void outbox_gates(struct cw_outbox *outbox) {
    bool needed = false;
    for (size_t i = outbox->n; i-- > 0;) {
        struct entry *entry = outbox->entries[i];
        if (!outbox_flying(entry)) {
            continue;
        }
        look_at(entry, needed);
        needed = needed || entry->gate == GATE_OPEN;
    }
}
