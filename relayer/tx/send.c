#include "tx/outbox_private.h"

#include "net/eth.h"
#include "tx/ask.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

/* Once an endpoint took it: again after that much time, then half as often, up to three times. One
 * that only takes transactions: or after that many heads, whichever is first. */
#define REPEAT_HEADS    3u
#define REPEAT_MS       12000u
#define REPEAT_LEAST_MS 1000u
#define REPEAT_DOUBLE   3u
/* What did not arrive anywhere: again after a second, two, four … */
#define FAILURE_MS     1000u
#define FAILURE_DOUBLE 5u

/* --- what endpoints say ----------------------------------------------------------------------- */

/* Texts of geth, erigon, nethermind, besu, reth and anvil, compared without case. Order matters:
 * "replacement transaction underpriced" comes when another transaction holds the nonce. */
static const struct {
    const char *text;
    enum cw_send_answer answer;
} answers[] = {
    {"already known", CW_SEND_KNOWN},
    {"alreadyknown", CW_SEND_KNOWN},
    {"already imported", CW_SEND_KNOWN},
    {"known transaction", CW_SEND_KNOWN},
    {"already in mempool", CW_SEND_KNOWN},
    {"nonce too low", CW_SEND_NONCE_TOO_LOW},
    {"nonce_too_low", CW_SEND_NONCE_TOO_LOW},
    {"nonce is too low", CW_SEND_NONCE_TOO_LOW},
    {"oldnonce", CW_SEND_NONCE_TOO_LOW},
    {"underpriced", CW_SEND_UNDERPRICED},
    {"less than block base fee", CW_SEND_UNDERPRICED},
    {"fee too low", CW_SEND_UNDERPRICED},
    {"feetoolow", CW_SEND_UNDERPRICED},
    {"gas price too low", CW_SEND_UNDERPRICED},
    {"gas price below", CW_SEND_UNDERPRICED},
    {"tip too low", CW_SEND_UNDERPRICED},
    {"insufficient funds", CW_SEND_NO_FUNDS},
    {"insufficientfunds", CW_SEND_NO_FUNDS},
    {"insufficient balance", CW_SEND_NO_FUNDS},
    {"upfront cost exceeds", CW_SEND_NO_FUNDS},
};

enum cw_send_answer cw_send_sort(const char *text) {
    for (size_t i = 0; i < CW_COUNT(answers); i++) {
        if (strcasestr(text, answers[i].text) != NULL) {
            return answers[i].answer;
        }
    }
    return CW_SEND_REFUSED;
}

/* --- broadcast -------------------------------------------------------------------------------- */

void outbox_send_soon(struct entry *entry) {
    entry->repeats = 0;
    entry->failures = 0;
    entry->due_ms = outbox_now(entry->outbox);
    entry->due_head = UINT64_MAX;
    outbox_wake(entry->outbox, 0);
}

void outbox_send_later(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    unsigned doubled = entry->repeats < REPEAT_DOUBLE ? entry->repeats : REPEAT_DOUBLE;
    entry->repeats++;
    entry->failures = 0;
    entry->due_ms = outbox_now(outbox) + ((uint64_t)REPEAT_MS << doubled);
    entry->due_head = outbox->heads_seen + ((uint64_t)REPEAT_HEADS << doubled);
    entry->least_ms = outbox_now(outbox) + ((uint64_t)REPEAT_LEAST_MS << doubled);
    outbox_wake(outbox, (uint64_t)REPEAT_MS << doubled);
}

static void send_failed(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    uint64_t pause = (uint64_t)FAILURE_MS
                     << (entry->failures < FAILURE_DOUBLE ? entry->failures : FAILURE_DOUBLE);
    entry->failures++;
    entry->due_ms = outbox_now(outbox) + pause;
    entry->due_head = UINT64_MAX;
    outbox_wake(outbox, pause);
}

static void mark(struct entry *entry, bool no_funds, bool refused) {
    struct cw_outbox *outbox = entry->outbox;
    entry->no_funds = no_funds;
    entry->refused = refused;
    bool any_no_funds = false, any_refused = false;
    for (size_t i = 0; i < outbox->n; i++) {
        const struct entry *other = outbox->entries[i];
        any_no_funds = any_no_funds || (other->no_funds && outbox_flying(other));
        any_refused = any_refused || (other->refused && outbox_flying(other));
    }
    if (!any_no_funds) {
        outbox_trouble_over(outbox, TROUBLE_FUNDS);
    }
    if (!any_refused) {
        outbox_trouble_over(outbox, TROUBLE_SEND);
    }
}

void outbox_send_over(struct entry *entry) {
    mark(entry, false, false);
}

/* Blocks are counted from here on. */
static void went_out(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    if (entry->bid_ms == 0 && outbox->heads_known) {
        entry->bid_ms = outbox_now(outbox) > 0 ? outbox_now(outbox) : 1;
        entry->bid_head = outbox->heads.latest.number.v;
    }
}

static void sent(struct entry *entry) {
    mark(entry, false, false);
    went_out(entry);
    outbox_send_later(entry);
    if ((entry->dirty ? entry->next.state : entry->row.state) == CW_ATTEMPT_SIGNED) {
        struct cw_store_attempt *next = outbox_edit(entry);
        next->state = CW_ATTEMPT_SENT;
        next->sent_ms = outbox_wall(entry->outbox);
        outbox_changed(entry);
    }
}

/* The answer is the transaction's hash, which we know. */
static enum cw_err send_check(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct entry *entry = ctx;
    struct cw_hash32 hash;
    enum cw_err err = cw_eth_hash32(&hash, value, error);
    if (err == CW_OK && !cw_hash32_equal(&hash, &entry->row.hash)) {
        err = cw_error_set(error, CW_ERR_CONTRADICTED,
                           "took a transaction and gave back another hash than it has");
    }
    return err;
}

/* Not believed before a second operator says so, who has it then if he does not. */
static bool doubt(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    if (!cw_ask_one_of_several(outbox->config.chain, outbox->config.rpc)) {
        return false;
    }
    entry->doubted = true;
    entry->due_ms = outbox_now(outbox);
    outbox_wake(outbox, 0);
    return true;
}

/* doubted: two operators say so. */
static void refused(struct entry *entry, const char *text, bool doubted) {
    struct cw_outbox *outbox = entry->outbox;
    char address[CW_HEX_SIZE(20)];
    switch (cw_send_sort(text)) {
    case CW_SEND_KNOWN:
        sent(entry);
        return;
    case CW_SEND_NONCE_TOO_LOW:
        mark(entry, false, false);
        outbox_send_later(entry);
        outbox_ask_receipt(entry);
        return;
    case CW_SEND_UNDERPRICED:
        outbox_trouble(outbox, TROUBLE_SEND, "nonce %" PRIu64 " offers too little and waits: %s",
                       entry->row.nonce, text);
        mark(entry, false, true);
        went_out(entry);
        if (!doubted && doubt(entry)) {
            return;
        }
        entry->underpriced = true;
        break;
    case CW_SEND_NO_FUNDS:
        outbox_trouble(
            outbox, TROUBLE_FUNDS, "insufficient funds for nonce %" PRIu64 "; send more to %s",
            entry->row.nonce, cw_hex_encode(address, cw_slice_of(outbox->config.address.b, 20)));
        mark(entry, true, false);
        break;
    case CW_SEND_REFUSED:
        outbox_trouble(outbox, TROUBLE_SEND,
                       "nonce %" PRIu64 " is refused and will be sent again: %s", entry->row.nonce,
                       text);
        mark(entry, false, true);
        break;
    }
    send_failed(entry);
}

static const struct entry *first_flying(const struct cw_outbox *outbox) {
    for (size_t i = 0; i < outbox->n; i++) {
        if (outbox_flying(outbox->entries[i])) {
            return outbox->entries[i];
        }
    }
    return NULL;
}

/* A pool that takes as new what it had has lost it, and may have lost those behind it. */
static void taken_anew(const struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    /* Of those that only take transactions the next one in turn never had it. */
    bool had_it = entry->repeats > 0 && outbox->config.send == NULL;
    if (!had_it || (entry->row.nonce != outbox->chain_nonce && entry != first_flying(outbox))) {
        return;
    }
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *other = outbox->entries[i];
        if (other->row.nonce > entry->row.nonce && other->repeats > 0 && outbox_flying(other)) {
            other->due_ms = outbox_now(outbox);
        }
    }
    outbox_wake(outbox, 0);
}

/* All before it are in blocks, and the newest block left it out, because it was full, or because
 * the pool has lost it: then all behind it stand still, and to send it again is one call. After one
 * such block, two, four … */
void outbox_passed_by(struct cw_outbox *outbox) {
    const uint64_t head = outbox->heads.latest.number.v;
    size_t i = 0;
    while (i < outbox->n && outbox->entries[i]->row.nonce < outbox->chain_nonce) {
        i++; /* receipts are asked for */
    }
    struct entry *entry = i < outbox->n ? outbox->entries[i] : NULL;
    /* Those that only take transactions have their time. */
    if (entry == NULL || outbox->config.send != NULL || !outbox->heads_known ||
        entry->row.nonce != outbox->chain_nonce || !outbox_flying(entry) || entry->bid_ms == 0 ||
        entry->bid_head >= head || entry->passed_block == head) {
        return;
    }
    entry->passed_block = head;
    entry->passed++;
    if ((entry->passed & (entry->passed - 1)) == 0) {
        entry->due_ms = outbox_now(outbox);
        outbox_wake(outbox, 0);
    }
}

/* Nothing more is to be done: it has it, or the nonce is used. */
static bool has_it(const char *text) {
    enum cw_send_answer answer = cw_send_sort(text);
    return answer == CW_SEND_KNOWN || answer == CW_SEND_NONCE_TOO_LOW;
}

static bool is_underpriced(const char *text) {
    return cw_send_sort(text) == CW_SEND_UNDERPRICED;
}

static void send_done(void *ctx, const struct cw_rpc_result *result) {
    struct entry *entry = ctx;
    const bool doubted = entry->doubted;
    entry->sending = NULL;
    entry->doubted = false;
    if (!outbox_flying(entry)) {
        return;
    }
    /* Contradicted: one has taken it. */
    if (result->err == CW_OK || (doubted && result->err == CW_ERR_CONTRADICTED)) {
        taken_anew(entry);
        sent(entry);
        return;
    }
    const char *text = result->text != NULL ? result->text : cw_err_name(result->err);
    /* Some gateways wrap a pool's answer into an error of their own. */
    if (has_it(text) || result->err == CW_ERR_REFUSED || result->err == CW_ERR_REVERTED) {
        refused(entry, text, doubted);
        return;
    }
    if (entry->outbox->config.send != NULL) {
        outbox_trouble(entry->outbox, TROUBLE_SEND,
                       "nonce %" PRIu64 " waits, and goes nowhere else: %s", entry->row.nonce,
                       text);
        mark(entry, false, true);
        if (is_underpriced(text)) {
            went_out(entry); /* the market says whether they are right: no bid on their word */
        }
    } else {
        cw_log(CW_LOG_DEBUG, entry->outbox->subject,
               "nonce %" PRIu64 " did not arrive, will be sent again: %s", entry->row.nonce, text);
    }
    send_failed(entry);
}

/* Blocks tell of the first one that is in none of them; those behind it could not be. (Where
 * transactions go to the endpoints that are read, outbox_passed_by sees to it.) */
static bool is_due(const struct entry *entry, uint64_t now, bool first) {
    const struct cw_outbox *outbox = entry->outbox;
    if (entry->raw == NULL || entry->sending != NULL || entry->gate != GATE_OPEN) {
        return false;
    }
    if (now >= entry->due_ms) {
        return true;
    }
    return first && outbox->config.send != NULL && entry->due_head != UINT64_MAX &&
           outbox->heads_seen >= entry->due_head && now >= entry->least_ms;
}

/* With a quorum k operators must take it: one of them may keep it to himself. Of those that only
 * take transactions one is enough, and blocks that pass it by are its answer: another one is first
 * then. */
static void send(struct entry *entry) {
    struct cw_outbox *outbox = entry->outbox;
    bool apart = outbox->config.send != NULL;
    unsigned k = apart ? 1 : entry->doubted ? 2 : cw_ask_k(outbox->config.chain);
    const struct cw_quorum_request request = {.method = "eth_sendRawTransaction",
                                              .k = k,
                                              .one_by_one = apart,
                                              .first = entry->repeats,
                                              .refusal = apart            ? has_it
                                                         : entry->doubted ? is_underpriced
                                                                          : NULL,
                                              .check = send_check,
                                              .digest = cw_quorum_digest_text,
                                              .revert_fails = true,
                                              .once = true,
                                              .done = send_done,
                                              .ctx = entry};
    struct cw_buf params;
    cw_buf_init(&params, CW_ASK_PARAMS_MAX);
    cw_eth_params_raw(&params, entry->row.raw);
    entry->sending = cw_ask(apart ? outbox->config.send : outbox->config.rpc, request, &params);
    if (entry->sending == NULL) {
        send_failed(entry);
    }
}

void outbox_send_due(struct cw_outbox *outbox) {
    uint64_t now = outbox_now(outbox);
    const struct entry *first = first_flying(outbox);
    for (size_t i = 0; i < outbox->n; i++) {
        struct entry *entry = outbox->entries[i];
        assert(entry != NULL);
        if (outbox_flying(entry) && is_due(entry, now, entry == first)) {
            send(entry);
        }
    }
}

uint64_t outbox_send_next(const struct cw_outbox *outbox) {
    uint64_t next = UINT64_MAX;
    for (size_t i = 0; i < outbox->n; i++) {
        const struct entry *entry = outbox->entries[i];
        if (entry->raw != NULL && entry->sending == NULL && entry->gate == GATE_OPEN &&
            outbox_flying(entry) && entry->due_ms < next) {
            next = entry->due_ms;
        }
    }
    return next;
}
