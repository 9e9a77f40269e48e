#include "tx/outbox_private.h"

#include "net/eth.h"
#include "tx/ask.h"

#include <inttypes.h>
#include <stdio.h>

#define RETRY_MS     1000u
#define RETRY_MAX_MS 16000u
/* An endpoint that lags shows a gap, too; for that long it is nobody's trouble. */
#define GAP_ROUNDS 3u
/* Rounds without a receipt after which the nonce at the final head is worth a question. */
#define MISSING_ASK 2u

bool cw_outbox_nonce(const struct cw_outbox *outbox, uint64_t *ret) {
    if (outbox->nonce_ready && !outbox->reload_due && !outbox->foreign) {
        *ret = outbox->next_nonce;
        return true;
    }
    return false;
}

static bool doubts(const struct cw_outbox *outbox) {
    return cw_ask_one_of_several(outbox->config.chain, outbox->config.rpc);
}

/* Nonces that are not ours are put to a second operator, too: skipped on one's word they would
 * leave a gap behind which everything waits. */
static unsigned operators_asked(const struct cw_outbox *outbox) {
    bool ours = outbox->lane_known && outbox->claim == 0;
    return doubts(outbox) && !ours ? 2 : cw_ask_k(outbox->config.chain);
}

static void ready(struct cw_outbox *outbox) {
    outbox->claim = 0;
    if (!outbox->foreign) {
        outbox_trouble_over(outbox, TROUBLE_NONCE);
    }
    if (!outbox->nonce_ready) {
        outbox->nonce_ready = true;
        outbox->config.changed(outbox->config.ctx);
    }
}

/* Nonces up to to - 1 were used by others. */
static void used_by_others(struct cw_outbox *outbox, uint64_t from, uint64_t to) {
    char address[CW_HEX_SIZE(20)];
    cw_hex_encode(address, cw_slice_of(outbox->config.address.b, 20));
    if (outbox->config.shift_foreign) {
        cw_log(CW_LOG_WARN, outbox->subject,
               "nonces %" PRIu64 " to %" PRIu64
               " were used by a transaction that is not in this store: somebody else sends "
               "with this key; going on with %" PRIu64,
               from, to - 1, to > outbox->next_nonce ? to : outbox->next_nonce);
    } else {
        outbox->foreign = true;
        outbox->foreign_to = to > outbox->foreign_to ? to : outbox->foreign_to;
        outbox_trouble(outbox, TROUBLE_NONCE,
                       "held: nonces %" PRIu64 " to %" PRIu64
                       " were used by somebody else with this key: find out who, then causeway "
                       "release CHAIN/%s",
                       from, to - 1, address);
    }
    outbox->config.foreign(outbox->config.ctx, from, to);
}

void outbox_lost_to_others(struct cw_outbox *outbox, uint64_t nonce) {
    used_by_others(outbox, nonce, nonce + 1);
}

static void step_behind(struct cw_outbox *outbox, uint64_t nonce) {
    struct cw_error error;
    if (cw_store_lane_advance(outbox->config.store, outbox->config.chain_row,
                              &outbox->config.address, nonce, &error) != CW_OK) {
        cw_log(CW_LOG_WARN, outbox->subject,
               "the next nonce is not written, and is found out again after a restart: %s",
               error.text);
    }
    outbox->next_nonce = nonce > outbox->next_nonce ? nonce : outbox->next_nonce;
    outbox->foreign = false;
    outbox->foreign_to = 0;
    ready(outbox);
}

bool cw_outbox_accept(struct cw_outbox *outbox) {
    if (!outbox->foreign) {
        return false;
    }
    step_behind(outbox, outbox->foreign_to);
    outbox->config.foreign(outbox->config.ctx, outbox->next_nonce, outbox->next_nonce);
    outbox->config.changed(outbox->config.ctx);
    return true;
}

static void count_again(struct cw_outbox *outbox) {
    outbox->nonce_ready = false;
    outbox->count_due = true;
    outbox->count_ms = 0;
    outbox_wake(outbox, 0);
}

/* enough: as many say so as are to be believed. */
static void said(struct cw_outbox *outbox, uint64_t nonce, bool enough) {
    if (!outbox->resumed) {
        return;
    }
    if (nonce <= outbox->next_nonce && (outbox->lane_known || outbox->nonce_ready)) {
        outbox->disputed = false;
        ready(outbox);
        return;
    }
    if (!outbox->lane_known) {
        if (enough) {
            outbox->next_nonce = nonce;
            ready(outbox);
        } else {
            count_again(outbox);
        }
        return;
    }
    if (outbox->foreign && nonce <= outbox->foreign_to) {
        return; /* said already */
    }
    if (outbox->claim == 0 || !enough) {
        outbox->claim = outbox->claim == 0 ? nonce : outbox->claim; /* it must be said twice */
        count_again(outbox);
        return;
    }
    uint64_t from = outbox->next_nonce, to = nonce < outbox->claim ? nonce : outbox->claim;
    outbox->claim = 0;
    used_by_others(outbox, from, to);
    if (outbox->config.shift_foreign) {
        step_behind(outbox, to);
    }
}

void cw_outbox_chain_nonce(struct cw_outbox *outbox, uint64_t nonce) {
    said(outbox, nonce, !doubts(outbox));
}

/* Two operators differ, and who is right nobody can say: ours is what the store has. One that is
 * used already is refused, and costs nothing. */
static void go_on(struct cw_outbox *outbox, const char *text) {
    if (!outbox->disputed) {
        cw_log(CW_LOG_WARN, outbox->subject,
               "nonces up to %" PRIu64 " are said to be used, and not believed: %s",
               outbox->claim - 1, text);
    }
    outbox->disputed = true;
    ready(outbox);
}

/* Everything waits for a nonce that no attempt of ours has. */
static void look_for_gap(struct cw_outbox *outbox, uint64_t chain_nonce) {
    size_t behind = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        const struct entry *entry = outbox->entries[i];
        if (entry->row.nonce == chain_nonce) {
            behind = 0;
            break;
        }
        behind += outbox_flying(entry) && entry->row.nonce > chain_nonce;
    }
    if (behind == 0) {
        outbox->gap_rounds = 0;
        outbox_trouble_over(outbox, TROUBLE_GAP);
    } else if (++outbox->gap_rounds >= GAP_ROUNDS) {
        outbox->gap_nonce = chain_nonce;
        outbox_trouble(
            outbox, TROUBLE_GAP,
            "nonce %" PRIu64
            " is missing on the chain and no transaction of ours has it; %zu wait behind it",
            chain_nonce, behind);
    }
}

bool cw_outbox_gap(const struct cw_outbox *outbox, uint64_t *ret_nonce) {
    if (outbox->gap_rounds >= GAP_ROUNDS) {
        *ret_nonce = outbox->gap_nonce;
    }
    return outbox->gap_rounds >= GAP_ROUNDS;
}

/* Attempts that were read from the store wait for the first answer, so that what is in a block is
 * not sent again. */
static void take_up(struct cw_outbox *outbox, uint64_t chain_nonce) {
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        if (outbox_flying(entry) && entry->due_ms == UINT64_MAX && entry->sending == NULL) {
            if (entry->row.nonce < chain_nonce) {
                outbox_send_later(entry);
            } else {
                outbox_send_soon(entry);
            }
        }
    }
}

static void count_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_outbox *outbox = ctx;
    outbox->counting = NULL;
    struct cw_error error;
    uint64_t nonce;
    const char *text = result->text;
    enum cw_err err = result->err;
    if (err == CW_OK) {
        err = cw_eth_u64(&nonce, result->value, &error);
        text = error.text;
    }
    if (err == CW_ERR_CONTRADICTED && outbox->claim != 0 && doubts(outbox)) {
        go_on(outbox, text);
        take_up(outbox, 0);
        return;
    }
    if (err != CW_OK) {
        uint64_t pause = (uint64_t)RETRY_MS
                         << (outbox->count_failures < 4 ? outbox->count_failures : 4);
        pause = pause < RETRY_MAX_MS ? pause : RETRY_MAX_MS;
        outbox->count_failures++;
        outbox->count_due = true;
        outbox->count_ms = outbox_now(outbox) + pause;
        if (!outbox->nonce_ready) {
            char address[CW_HEX_SIZE(20)];
            outbox_trouble(outbox, TROUBLE_NONCE, "the nonce of %s can't be read: %s",
                           cw_hex_encode(address, cw_slice_of(outbox->config.address.b, 20)), text);
        }
        take_up(outbox, 0);
        outbox_wake(outbox, pause);
        return;
    }
    outbox->count_failures = 0;
    said(outbox, nonce, !doubts(outbox) || outbox->counted_by > 1);
    outbox->chain_nonce = nonce;
    outbox->count_round++;
    outbox_ask_receipts(outbox);
    look_for_gap(outbox, nonce);
    take_up(outbox, nonce);
    outbox_passed_by(outbox);
}

static void final_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_outbox *outbox = ctx;
    outbox->counting_final = NULL;
    uint64_t nonce;
    if (result->err == CW_OK && cw_eth_u64(&nonce, result->value, NULL) == CW_OK) {
        outbox->final_nonce = nonce;
    }
}

static struct cw_quorum *ask_nonce(struct cw_outbox *outbox, unsigned k, struct cw_buf *take_params,
                                   void (*done)(void *, const struct cw_rpc_result *)) {
    const struct cw_quorum_request request = {.method = "eth_getTransactionCount",
                                              .k = k,
                                              .check = cw_ask_check_u64,
                                              .digest = cw_quorum_digest_text,
                                              .done = done,
                                              .ctx = outbox};
    return cw_ask(outbox->config.rpc, request, take_params);
}

static void ask_final(struct cw_outbox *outbox) {
    struct cw_buf params;
    char tag[24];
    snprintf(tag, sizeof tag, "0x%" PRIx64, outbox->heads.final.number.v);
    cw_buf_init(&params, OUTBOX_PARAMS_MAX);
    cw_eth_params_address_nonce(&params, &outbox->config.address, tag);
    outbox->counting_final = ask_nonce(outbox, cw_ask_k(outbox->config.chain), &params, final_done);
}

static void ask_latest(struct cw_outbox *outbox, unsigned k) {
    struct cw_buf params;
    cw_buf_init(&params, OUTBOX_PARAMS_MAX);
    if (k > 1) {
        cw_eth_params_address_at(&params, &outbox->config.address, &outbox->heads.latest.hash);
    } else {
        cw_eth_params_address_nonce(&params, &outbox->config.address, "latest");
    }
    outbox->counted_by = k;
    outbox->counting = ask_nonce(outbox, k, &params, count_done);
}

void outbox_count(struct cw_outbox *outbox) {
    const unsigned k = operators_asked(outbox);
    bool wants_head = k > 1 && !outbox->heads_known;
    if (!outbox->count_due || outbox->counting != NULL || wants_head) {
        return; /* heads bring it back */
    }
    uint64_t now = outbox_now(outbox);
    if (outbox->count_ms > now) {
        outbox_wake(outbox, outbox->count_ms - now);
        return;
    }
    bool missing = false;
    for (size_t i = 0; i < outbox->n; i++) {
        missing = missing || outbox->entries[i]->missing >= MISSING_ASK;
    }
    if (missing && outbox->heads_known && outbox->counting_final == NULL) {
        ask_final(outbox);
    }
    ask_latest(outbox, k);
    outbox->count_due = outbox->counting == NULL;
    if (outbox->count_due) {
        outbox->count_ms = now + RETRY_MS;
        outbox_wake(outbox, RETRY_MS);
    }
}
