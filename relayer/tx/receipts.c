#include "tx/outbox_private.h"

#include "net/eth.h"
#include "tx/ask.h"
#include "tx/fees.h"

#include <causeway/keccak.h>

#include <inttypes.h>
#include <string.h>

#define RECEIPT_MAX (8u << 20)
/* Requests under way at once, of each kind. */
#define RECEIPTS_MAX 64u
#define HEADERS_MAX  8u
#define AGAIN_MS     1000u
#define AGAIN_DOUBLE 4u
/* Rounds without a receipt before a nonce that a final transaction has used is given up. */
#define MISSING_LOST 3u
/* So many times as dear may data get from the signature to the block. */
#define DATA_FEE_SPIKE 16u

/* Asked again soon; new heads come sooner where blocks do. */
static void again(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    uint64_t pause = (uint64_t)AGAIN_MS
                     << (entry->missing < AGAIN_DOUBLE ? entry->missing : AGAIN_DOUBLE);
    if (!outbox->count_due) {
        outbox->count_due = true;
        outbox->count_ms = outbox_now(outbox) + pause;
    }
    outbox_wake(outbox, pause);
}

/* What this process knows of that height: true with the header when it is kept. */
static bool header_at(const struct cw_outbox *outbox, struct cw_block_number number,
                      struct cw_store_header *ret) {
    if (outbox->config.header_at(outbox->config.ctx, number, ret)) {
        return true;
    }
    bool found = false;
    return cw_store_header_at(outbox->config.store, outbox->config.chain_row, number, &found, ret,
                              NULL) == CW_OK &&
           found;
}

static size_t version_of(const struct entry *entry, const struct cw_hash32 *hash) {
    size_t i = entry->versions_n - 1;
    while (i > 0 && !cw_hash32_equal(&entry->versions[i].hash, hash)) {
        i--;
    }
    return i;
}

static void included(struct entry *entry, const struct inclusion *inclusion) {
    struct cw_store_attempt *next = outbox_edit(entry);
    const struct version *version = &entry->versions[inclusion->version];
    next->hash = version->hash;
    next->gas_limit = version->gas_limit;
    next->cancelled = version->cancels;
    next->state = CW_ATTEMPT_INCLUDED;
    next->success = inclusion->success;
    next->block = inclusion->block;
    next->gas_used = inclusion->gas_used;
    next->gas_price = inclusion->gas_price;
    if (inclusion->has_data_fee) {
        next->data_fee = inclusion->data_fee;
    }
    if (inclusion->data_gas > 0) {
        next->data_gas = inclusion->data_gas;
    }
    next->included_ms = outbox_wall(entry->outbox);
    next->kept_block = 0;
    outbox_changed(entry);
    outbox_gate_open(entry);
    entry->missing = 0;
    entry->asked = entry->versions_n - 1;
    outbox_send_over(entry);
}

/* --- headers that are not kept here ----------------------------------------------------------- */

static enum cw_err read_header(const struct entry *entry, struct cw_header *ret,
                               struct cw_hash32 *ret_hash, const struct cw_json *value,
                               struct cw_error *error) {
    return cw_eth_header_in(entry->outbox->config.chain->mode, ret, ret_hash, value, error);
}

static enum cw_err header_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct entry *entry = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = read_header(entry, &header, &hash, value, error);
    if (err == CW_OK && header.number.v != entry->claimed.block.number.v) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "gave block %" PRIu64 " when asked for %" PRIu64, header.number.v,
                           entry->claimed.block.number.v);
    }
    return err;
}

static enum cw_err header_digest(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct entry *entry = ctx;
    return cw_eth_header_digest(entry->outbox->config.chain->mode, ret, value);
}

static void header_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    entry->asked_header = NULL;
    struct cw_header header;
    struct cw_hash32 hash;
    if (result->err != CW_OK || read_header(entry, &header, &hash, result->value, NULL) != CW_OK) {
        again(entry);
        return;
    }
    bool same = cw_hash32_equal(&hash, &entry->claimed.block.hash);
    entry->claimed.block.timestamp_s = header.timestamp;
    if (outbox_flying(entry)) {
        if (same) {
            included(entry, &entry->claimed);
        } else {
            again(entry);
        }
    } else if (!entry->dirty && entry->row.state == CW_ATTEMPT_INCLUDED &&
               cw_hash32_equal(&entry->row.block.hash, &entry->claimed.block.hash)) {
        if (same) {
            outbox_edit(entry)->state = CW_ATTEMPT_FINAL;
            outbox_changed(entry);
        } else {
            outbox_gone(entry);
        }
    }
}

/* Below the final head, where neither watcher nor store keeps the header (a long pause was caught
 * up with): what the chain says of that height decides. That is a claim, and decides the attempt's
 * fate only, never the message's. */
static void ask_header(struct entry *entry, const struct inclusion *inclusion) {
    struct cw_outbox *outbox = entry->outbox;
    size_t open = 0;
    for (size_t i = 0; i < outbox->n; i++) {
        open += outbox->entries[i]->asked_header != NULL;
    }
    if (entry->asked_header != NULL || open >= HEADERS_MAX) {
        return;
    }
    entry->claimed = *inclusion;
    struct cw_buf params;
    cw_buf_init(&params, OUTBOX_PARAMS_MAX);
    cw_eth_params_block_number(&params, inclusion->block.number);
    const struct cw_quorum_request request = {.method = "eth_getBlockByNumber",
                                              .k = cw_ask_k(outbox->config.chain),
                                              .check = header_check,
                                              .digest = header_digest,
                                              .done = header_done,
                                              .ctx = entry};
    entry->asked_header = cw_ask(outbox->config.rpc, request, &params);
}

/* --- receipts --------------------------------------------------------------------------------- */

/* Nothing that was signed bounds it, and budgets count it: what is out of all proportion, or of a
 * chain that charges none, is not taken, and what was reckoned at most stays; so it does where the
 * receipt does not say all. */
static bool may_be_charged(const struct entry *entry, const struct cw_wei *fee) {
    struct cw_wei most;
    if (entry->outbox->config.chain->data_fee == NULL ||
        cw_u256_mul_u64(&most.v, &entry->row.data_fee.v, DATA_FEE_SPIKE)) {
        return false;
    }
    return cw_wei_cmp(fee, &most) <= 0;
}

static enum cw_err parse_as(const struct entry *entry, size_t asked, const struct cw_json *value,
                            struct inclusion *ret, struct cw_error *error) {
    struct cw_arena arena;
    cw_arena_init(&arena, RECEIPT_MAX);
    struct cw_eth_tx_receipt receipt;
    enum cw_err err = cw_eth_tx_receipt(&receipt, &arena, value, error);
    const struct version *version = &entry->versions[asked];
    if (err == CW_OK && !cw_hash32_equal(&receipt.tx_hash, &version->hash)) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED, "gave the receipt of another transaction");
    }
    if (err == CW_OK && receipt.gas_used > version->gas_limit) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "gave a receipt with more gas used than the transaction has");
    }
    if (err == CW_OK && (cw_wei_cmp(&receipt.effective_gas_price, &version->max_fee) > 0 ||
                         receipt.data_gas > receipt.gas_used)) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "gave a receipt of a higher price than the transaction offers, or with "
                           "more gas for data than in all");
    }
    if (err == CW_OK) {
        *ret = (struct inclusion){
            .version = asked,
            .block = receipt.block,
            .success = receipt.success,
            .gas_used = receipt.gas_used,
            .gas_price = receipt.effective_gas_price,
            .has_data_fee = receipt.has_data_fee && !receipt.has_charge &&
                            may_be_charged(entry, &receipt.data_fee),
            .data_fee = receipt.data_fee,
            .data_gas = receipt.data_gas,
        };
    }
    cw_arena_done(&arena);
    return err;
}

static enum cw_err parse(const struct entry *entry, const struct cw_json *value,
                         struct inclusion *ret, struct cw_error *error) {
    return parse_as(entry, entry->asked, value, ret, error);
}

/* null is an answer here, not a reason to ask the next endpoint. */
static enum cw_err receipt_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    struct inclusion inclusion;
    return cw_json_type(value) == CW_JSON_NULL ? CW_OK : parse(ctx, value, &inclusion, error);
}

static void no_receipt(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    if (entry->asked > 0) {
        entry->asked--;
        outbox_ask_receipt(entry);
        return;
    }
    entry->asked = entry->versions_n - 1;
    entry->missing++;
    if (entry->missing >= MISSING_LOST && entry->final_nonce > entry->row.nonce) {
        char hash[CW_HEX_SIZE(32)];
        cw_log(
            CW_LOG_WARN, outbox->subject,
            "nonce %" PRIu64
            " was used by another transaction, which is final: %s is lost and its step open again",
            entry->row.nonce, cw_hex_encode(hash, cw_slice_of(entry->row.hash.b, 32)));
        outbox_edit(entry)->state = CW_ATTEMPT_LOST;
        outbox_changed(entry);
        outbox_send_over(entry);
        outbox_lost_to_others(outbox, entry->row.nonce);
        return;
    }
    again(entry);
}

enum place { PLACE_FOLLOWED, PLACE_BELOW, PLACE_ELSEWHERE };

/* A receipt is believed only in a block that was followed to here (whose time is filled in), or
 * below the final head where no header is kept; what lies above the head comes with the next one.
 */
static enum place place(const struct cw_outbox *outbox, struct inclusion *inclusion) {
    struct cw_store_header header;
    if (!outbox->heads_known || inclusion->block.number.v > outbox->heads.latest.number.v) {
        return PLACE_ELSEWHERE;
    }
    if (!header_at(outbox, inclusion->block.number, &header)) {
        return inclusion->block.number.v <= outbox->heads.final.number.v ? PLACE_BELOW
                                                                         : PLACE_ELSEWHERE;
    }
    if (!cw_hash32_equal(&header.ref.hash, &inclusion->block.hash)) {
        return PLACE_ELSEWHERE;
    }
    inclusion->block = header.ref;
    return PLACE_FOLLOWED;
}

/* Who has no receipt yet, or one of a block that was not followed, may be right and is outvoted by
 * nobody. */
static enum cw_err receipt_digest(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    const struct entry *entry = ctx;
    struct inclusion inclusion;
    if (cw_json_type(value) == CW_JSON_NULL) {
        return CW_ERR_BEHIND;
    }
    enum cw_err err = parse(entry, value, &inclusion, NULL);
    if (err != CW_OK || place(entry->outbox, &inclusion) == PLACE_ELSEWHERE) {
        return err != CW_OK ? err : CW_ERR_BUSY;
    }
    uint8_t price[32];
    struct cw_keccak hash;
    cw_u256_to_be(price, &inclusion.gas_price.v);
    cw_keccak_init(&hash);
    cw_keccak_update(&hash, cw_slice_of(price, sizeof price));
    cw_keccak_update(&hash, cw_slice_of(inclusion.block.hash.b, 32));
    cw_keccak_update(&hash, cw_slice_of(&inclusion.success, sizeof inclusion.success));
    cw_keccak_update(&hash, cw_slice_of(&inclusion.gas_used, sizeof inclusion.gas_used));
    cw_keccak_final(ret, &hash);
    return CW_OK;
}

static void receipt_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    struct cw_outbox *outbox = entry->outbox;
    entry->asked_receipt = NULL;
    outbox->receipts_asked--;
    outbox_wake(outbox, 0); /* others wait for their turn */
    if (!outbox_flying(entry)) {
        return;
    }
    struct inclusion inclusion;
    bool none = result->err == CW_ERR_BEHIND ||
                (result->err == CW_OK && cw_json_type(result->value) == CW_JSON_NULL);
    if (none) {
        no_receipt(entry);
        return;
    }
    if (result->err != CW_OK || parse(entry, result->value, &inclusion, NULL) != CW_OK) {
        again(entry);
        return;
    }
    switch (place(outbox, &inclusion)) {
    case PLACE_FOLLOWED:
        included(entry, &inclusion);
        return;
    case PLACE_BELOW:
        ask_header(entry, &inclusion);
        return;
    case PLACE_ELSEWHERE:
        again(entry);
        return;
    }
}

/* --- receipts of whole blocks ----------------------------------------------------------------- */

static struct entry *flying_with(struct cw_outbox *outbox, const struct cw_hash32 *hash,
                                 size_t *ret_version) {
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        for (size_t k = 0; k < entry->versions_n && outbox_flying(entry); k++) {
            if (cw_hash32_equal(&entry->versions[k].hash, hash)) {
                *ret_version = k;
                return entry;
            }
        }
    }
    return NULL;
}

void cw_outbox_receipts(struct cw_outbox *outbox, const struct cw_block_ref *block,
                        const struct cw_json *receipts) {
    if (cw_ask_k(outbox->config.chain) > 1 || cw_outbox_flying(outbox) == 0) {
        return;
    }
    const struct cw_json *receipt = cw_json_first(receipts);
    for (; receipt != NULL; receipt = cw_json_next(receipt)) {
        struct cw_hash32 hash;
        size_t version = 0;
        struct entry *entry = NULL;
        if (cw_eth_hash32(&hash, cw_json_get(receipt, "transactionHash"), NULL) == CW_OK) {
            entry = flying_with(outbox, &hash, &version);
        }
        if (entry != NULL && parse_as(entry, version, receipt, &entry->shown, NULL) == CW_OK) {
            entry->shown.block = *block;
        }
    }
}

/* True: its block's receipts had it, so that nobody is asked: it is included, or its block is not
 * followed to here yet. */
static bool was_shown(struct entry *entry) {
    const struct cw_outbox *outbox = entry->outbox;
    struct inclusion *shown = &entry->shown;
    if (shown->block.number.v == 0) {
        return false;
    }
    if (place(outbox, shown) == PLACE_FOLLOWED) {
        included(entry, shown);
        return true;
    }
    if (outbox->heads_known && shown->block.number.v > outbox->heads.latest.number.v) {
        return true;
    }
    shown->block.number.v = 0;
    return false;
}

void outbox_ask_receipt(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    if (was_shown(entry)) {
        entry->asked_in = outbox->count_round;
        return;
    }
    if (entry->asked_receipt != NULL || entry->asked_header != NULL ||
        outbox->receipts_asked >= RECEIPTS_MAX) {
        return;
    }
    entry->asked_in = outbox->count_round;
    entry->final_nonce = outbox->final_nonce;
    struct cw_buf params;
    cw_buf_init(&params, OUTBOX_PARAMS_MAX);
    cw_buf_text(&params, "[\"");
    cw_buf_hex(&params, cw_slice_of(entry->versions[entry->asked].hash.b, 32));
    cw_buf_text(&params, "\"]");
    const struct cw_quorum_request request = {.method = "eth_getTransactionReceipt",
                                              .k = cw_ask_k(outbox->config.chain),
                                              .check = receipt_check,
                                              .digest = receipt_digest,
                                              .done = receipt_done,
                                              .ctx = entry};
    entry->asked_receipt = cw_ask(outbox->config.rpc, request, &params);
    outbox->receipts_asked += entry->asked_receipt != NULL;
}

void outbox_ask_receipts(struct cw_outbox *outbox) {
    for (size_t i = 0; i < outbox->n && outbox->entries[i]->row.nonce < outbox->chain_nonce; i++) {
        struct entry *entry = outbox->entries[i];
        if (outbox_flying(entry) && entry->asked_in != outbox->count_round) {
            outbox_ask_receipt(entry);
        }
    }
}

/* --- finality --------------------------------------------------------------------------------- */

void outbox_settle(struct cw_outbox *outbox) {
    if (!outbox->heads_known) {
        return;
    }
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        if (entry->dirty || entry->row.state != CW_ATTEMPT_INCLUDED) {
            continue;
        }
        bool final = entry->row.block.number.v <= outbox->heads.final.number.v;
        struct cw_store_header header;
        if (header_at(outbox, entry->row.block.number, &header)) {
            if (!cw_hash32_equal(&header.ref.hash, &entry->row.block.hash)) {
                outbox_gone(entry);
            } else if (final) {
                outbox_edit(entry)->state = CW_ATTEMPT_FINAL;
                outbox_changed(entry);
            }
        } else if (final) {
            const struct inclusion inclusion = {
                .version = version_of(entry, &entry->row.hash),
                .block = entry->row.block,
                .success = entry->row.success,
                .gas_used = entry->row.gas_used,
                .gas_price = entry->row.gas_price,
            };
            ask_header(entry, &inclusion);
        }
    }
}
