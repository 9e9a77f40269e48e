#include "tx/quote.h"

#include "net/eth.h"
#include "tx/ask.h"

#include <causeway/keccak.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* On a chain that stands still, what is known is good for this long. */
#define FRESH_MS 15000u
/* A block's gas limit moves by a thousandth a block at the most. */
#define BLOCK_GAS_FRESH_MS 60000u
/* What a rollup charges by the gas changes by its operator's hand. */
#define CHARGE_FRESH_MS 60000u
#define PARAMS_MAX      512u

enum question { FEES, BALANCE, NONCE, BLOCK, PRICE, CHARGE_NONE, CHARGE_MUCH, QUESTIONS };

struct cw_quoter {
    struct cw_quoter_config config;
    struct cw_quote known, next;
    bool ok;
    bool has_head;
    struct cw_block_ref head;
    struct cw_block_ref at; /* with a quorum: the block that this round is asked at */
    bool stale;             /* the head moved since the last round was asked */
    bool balance_known;
    struct cw_wei balance;
    uint64_t round; /* rounds that are over */
    uint64_t asked_ms, block_ms, charge_ms;
    bool charge_known, charge_due; /* due: asked for in this round */
    struct cw_wei charged[2];      /* in this round: without gas, and for much of it */
    struct cw_quorum *asked[QUESTIONS];
    unsigned open; /* bits of questions that are under way */
    bool no_fees;  /* in this round: nothing is known of EIP-1559 fees, and why */
    char fees_error[512];
    bool priced;     /* the plain gas price was asked for in this round */
    char error[512]; /* of the round under way, then of the last */
    char last_error[512];
};

enum cw_err cw_quoter_new(struct cw_quoter **ret, const struct cw_quoter_config *config,
                          struct cw_error *error) {
    struct cw_quoter *quoter = calloc(1, sizeof *quoter);
    if (quoter == NULL) {
        return cw_error_set(error, CW_ERR_MEMORY, "no memory for a lane");
    }
    quoter->config = *config;
    *ret = quoter;
    return CW_OK;
}

void cw_quoter_free(struct cw_quoter *quoter) {
    if (quoter == NULL) {
        return;
    }
    for (unsigned i = 0; i < QUESTIONS; i++) {
        if (quoter->open & (1u << i)) {
            cw_quorum_cancel(quoter->asked[i]);
        }
    }
    free(quoter);
}

static uint64_t now_ms(const struct cw_quoter *quoter) {
    const struct cw_clock *clock = cw_loop_clock(quoter->config.loop);
    return clock->monotonic_ms(clock->ctx);
}

void cw_quoter_head(struct cw_quoter *quoter, const struct cw_block_ref *head) {
    quoter->stale = true;
    quoter->has_head = head != NULL;
    if (head != NULL) {
        quoter->head = *head;
    }
}

static bool quorate(const struct cw_quoter *quoter) {
    return cw_ask_k(quoter->config.chain) > 1;
}

void cw_quoter_chain_config(struct cw_quoter *quoter, const struct cw_config_chain *chain) {
    quoter->config.chain = chain;
    quoter->stale = true;
}

static void ask_price(struct cw_quoter *quoter);

/* Both answers of a round, or none. */
static void take_charge(struct cw_quoter *quoter) {
    if (quoter->charge_due && quoter->error[0] == '\0') {
        cw_gas_charge_of(&quoter->next.charge, &quoter->charged[0], &quoter->charged[1]);
        quoter->charge_known = true;
        quoter->charge_ms = quoter->asked_ms;
    }
    quoter->charge_due = false;
}

static void answered(struct cw_quoter *quoter, enum question question) {
    quoter->open &= ~(1u << question);
    if (quoter->open == 0 && quoter->next.market.legacy && !quoter->priced) {
        ask_price(quoter);
    }
    if (quoter->open != 0) {
        return;
    }
    if (quoter->no_fees && !quoter->next.market.legacy && quoter->error[0] == '\0') {
        memcpy(quoter->error, quoter->fees_error, sizeof quoter->error);
    }
    take_charge(quoter);
    quoter->ok = quoter->error[0] == '\0';
    memcpy(quoter->last_error, quoter->error, sizeof quoter->last_error);
    if (quoter->ok) {
        quoter->known = quoter->next;
    }
    quoter->round++;
    quoter->config.ready(quoter->config.ctx);
}

/* Notes why there is no answer; false when there is none. */
static bool taken(struct cw_quoter *quoter, enum cw_err err, const char *text) {
    if (err != CW_OK && quoter->error[0] == '\0') {
        snprintf(quoter->error, sizeof quoter->error, "%s",
                 text != NULL && text[0] != '\0' ? text : cw_err_name(err));
    }
    return err == CW_OK;
}

/* A chain without a base fee need not know of fee histories: that is judged when the round is over.
 */
static void fees_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quoter *quoter = ctx;
    struct cw_error error = {CW_OK, ""};
    struct cw_eth_fees fees;
    enum cw_err err = result->err;
    const char *text = result->text;
    if (err == CW_OK) {
        err = cw_eth_fee_history(&fees, result->value, &error);
        text = error.text;
    }
    quoter->no_fees = err != CW_OK;
    if (err == CW_OK) {
        quoter->next.market.tip = fees.tip;
        if (!quorate(quoter)) {
            quoter->next.market.base_fee = fees.base_fee;
        }
    } else {
        snprintf(quoter->fees_error, sizeof quoter->fees_error, "%s",
                 text != NULL && text[0] != '\0' ? text : cw_err_name(err));
    }
    answered(quoter, FEES);
}

static void price_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quoter *quoter = ctx;
    struct cw_error error;
    struct cw_u256 price;
    if (taken(quoter, result->err, result->text) &&
        taken(quoter, cw_eth_u256(&price, result->value, &error), error.text)) {
        quoter->next.market.gas_price = (struct cw_wei){price};
    }
    answered(quoter, PRICE);
}

static void balance_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quoter *quoter = ctx;
    struct cw_error error;
    struct cw_u256 balance;
    if (taken(quoter, result->err, result->text) &&
        taken(quoter, cw_eth_u256(&balance, result->value, &error), error.text)) {
        quoter->next.balance = (struct cw_wei){balance};
        quoter->balance = quoter->next.balance;
        quoter->balance_known = true;
    }
    answered(quoter, BALANCE);
}

static void nonce_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quoter *quoter = ctx;
    struct cw_error error;
    uint64_t nonce;
    if (taken(quoter, result->err, result->text) &&
        taken(quoter, cw_eth_u64(&nonce, result->value, &error), error.text)) {
        quoter->next.nonce = nonce;
    }
    answered(quoter, NONCE);
}

static void charged(struct cw_quoter *quoter, enum question question,
                    const struct cw_rpc_result *result) {
    struct cw_error error = {CW_OK, ""};
    (void)taken(quoter,
                cw_gas_charge_read(&quoter->charged[question - CHARGE_NONE], quoter->config.chain,
                                   result, &error),
                error.text);
    answered(quoter, question);
}

static void charge_none_done(void *ctx, const struct cw_rpc_result *result) {
    charged(ctx, CHARGE_NONE, result);
}

static void charge_much_done(void *ctx, const struct cw_rpc_result *result) {
    charged(ctx, CHARGE_MUCH, result);
}

static enum cw_err read_header(const struct cw_quoter *quoter, struct cw_header *ret,
                               struct cw_hash32 *ret_hash, const struct cw_json *value,
                               struct cw_error *error) {
    return cw_eth_header_in(quoter->config.chain->mode, ret, ret_hash, value, error);
}

static void block_done(void *ctx, const struct cw_rpc_result *result) {
    struct cw_quoter *quoter = ctx;
    struct cw_error error;
    struct cw_header header;
    struct cw_hash32 hash;
    if (taken(quoter, result->err, result->text) &&
        taken(quoter, read_header(quoter, &header, &hash, result->value, &error), error.text)) {
        quoter->next.block_gas = header.gas_limit;
        quoter->next.market.legacy = !cw_header_has(&header, CW_HEADER_BASE_FEE);
        if (quorate(quoter)) {
            quoter->next.market.base_fee = (struct cw_wei){header.base_fee};
        }
        quoter->block_ms = now_ms(quoter);
    }
    answered(quoter, BLOCK);
}

/* The header of the block that was followed. Who has another one there may be right, and is passed
 * over. */
static enum cw_err check_head(void *ctx, const struct cw_json *value, struct cw_error *error) {
    const struct cw_quoter *quoter = ctx;
    struct cw_header header;
    struct cw_hash32 hash;
    enum cw_err err = read_header(quoter, &header, &hash, value, error);
    if (err == CW_OK && quorate(quoter) && !cw_hash32_equal(&hash, &quoter->at.hash)) {
        err = cw_error_set(error, CW_ERR_BEHIND, "has another block there");
    }
    return err;
}

/* What is taken of it. */
static enum cw_err digest_head(void *ctx, const struct cw_json *value, struct cw_hash32 *ret) {
    struct cw_header header;
    struct cw_hash32 hash;
    struct cw_keccak state;
    enum cw_err err = read_header(ctx, &header, &hash, value, NULL);
    if (err != CW_OK) {
        return err;
    }
    uint8_t words[3][32];
    cw_u256_to_be(words[0], &(struct cw_u256){{header.gas_limit}});
    cw_u256_to_be(words[1], &header.base_fee);
    cw_u256_to_be(words[2], &(struct cw_u256){{header.present & CW_HEADER_BASE_FEE}});
    cw_keccak_init(&state);
    cw_keccak_update(&state, cw_slice_of(hash.b, sizeof hash.b));
    cw_keccak_update(&state, cw_slice_of(words[0], sizeof words));
    cw_keccak_final(ret, &state);
    return CW_OK;
}

static enum cw_err read_tip(void *ctx, const struct cw_json *value, struct cw_u256 *ret) {
    (void)ctx;
    struct cw_eth_fees fees;
    enum cw_err err = cw_eth_fee_history(&fees, value, NULL);
    if (err == CW_OK) {
        *ret = fees.tip.v;
    }
    return err;
}

/* What each question needs beside its parameters. */
static const struct {
    const char *method;
    enum cw_err (*check)(void *ctx, const struct cw_json *value, struct cw_error *error);
    enum cw_err (*digest)(void *ctx, const struct cw_json *value, struct cw_hash32 *ret);
    enum cw_err (*number)(void *ctx, const struct cw_json *value, struct cw_u256 *ret);
    void (*done)(void *ctx, const struct cw_rpc_result *result);
} questions[] = {
    [FEES] = {"eth_feeHistory", cw_ask_check_fees, NULL, read_tip, fees_done},
    [BALANCE] = {"eth_getBalance", cw_ask_check_u256, cw_quorum_digest_text, NULL, balance_done},
    [NONCE] = {"eth_getTransactionCount", cw_ask_check_u64, cw_quorum_digest_text, NULL,
               nonce_done},
    [BLOCK] = {"eth_getBlockByNumber", check_head, digest_head, NULL, block_done},
    [PRICE] = {"eth_gasPrice", cw_ask_check_u256, NULL, cw_ask_number, price_done},
};

static void sent(struct cw_quoter *quoter, enum question question, struct cw_quorum *asked) {
    quoter->asked[question] = asked;
    if (asked == NULL) {
        (void)taken(quoter, CW_ERR_MEMORY, "no memory for a request");
        return;
    }
    quoter->open |= 1u << question;
}

static void ask(struct cw_quoter *quoter, enum question question, struct cw_buf *take_params) {
    /* a header is tied to the head by its hash, where that can be recomputed */
    bool tied = question == BLOCK && quoter->config.chain->mode != CW_MODE_QUORUM;
    const struct cw_quorum_request request = {
        .method = questions[question].method,
        .k = tied ? 1 : cw_ask_k(quoter->config.chain),
        .check = questions[question].check,
        .digest = questions[question].digest,
        .number = questions[question].number,
        .done = questions[question].done,
        .ctx = quoter,
    };
    sent(quoter, question, cw_ask(quoter->config.rpc, request, take_params));
}

static void ask_charge(struct cw_quoter *quoter) {
    struct cw_rpc *rpc = quoter->config.rpc;
    const struct cw_data_fee_call call = {
        .chain = quoter->config.chain, .from = &quoter->config.address, .at = &quoter->at.hash};
    quoter->charge_due = true;
    sent(quoter, CHARGE_NONE, cw_gas_charge_ask(rpc, &call, 0, charge_none_done, quoter));
    sent(quoter, CHARGE_MUCH,
         cw_gas_charge_ask(rpc, &call, CW_GAS_CHARGE_MUCH, charge_much_done, quoter));
}

static void ask_price(struct cw_quoter *quoter) {
    struct cw_buf params;
    quoter->priced = true;
    cw_buf_init(&params, PARAMS_MAX);
    cw_buf_text(&params, "[]");
    ask(quoter, PRICE, &params);
}

static void ask_about_us(struct cw_quoter *quoter, enum question question) {
    struct cw_buf params;
    cw_buf_init(&params, PARAMS_MAX);
    if (quorate(quoter)) {
        cw_eth_params_address_at(&params, &quoter->config.address, &quoter->at.hash);
    } else {
        cw_eth_params_address_nonce(&params, &quoter->config.address, "latest");
    }
    ask(quoter, question, &params);
}

static void ask_round(struct cw_quoter *quoter) {
    const struct cw_config_chain *chain = quoter->config.chain;
    uint64_t now = now_ms(quoter);
    struct cw_buf params;
    quoter->error[0] = '\0';
    quoter->next = quoter->known;
    quoter->asked_ms = now;
    quoter->stale = false;
    quoter->no_fees = false;
    quoter->priced = false;
    if (quorate(quoter) && !quoter->has_head) {
        (void)taken(quoter, CW_ERR_BEHIND, "no block is known that all could be asked at");
        return;
    }
    quoter->at = quoter->head;

    cw_buf_init(&params, PARAMS_MAX);
    cw_eth_params_fee_history(&params, (unsigned)chain->fee_blocks, (unsigned)chain->fee_percentile,
                              quorate(quoter) ? &quoter->at.number : NULL);
    ask(quoter, FEES, &params);
    ask_about_us(quoter, BALANCE);
    if (quoter->config.want_nonce) {
        ask_about_us(quoter, NONCE);
    }
    if (quorate(quoter)) {
        cw_buf_init(&params, PARAMS_MAX);
        cw_eth_params_block_number(&params, quoter->at.number);
        ask(quoter, BLOCK, &params);
    } else if (quoter->known.block_gas == 0 || now - quoter->block_ms >= BLOCK_GAS_FRESH_MS) {
        cw_buf_init(&params, PARAMS_MAX);
        cw_eth_params_block(&params, "latest");
        ask(quoter, BLOCK, &params);
    }
    if (chain->data_fee == NULL || chain->data_fee->ask_gas == NULL) {
        quoter->charge_known = false;
        quoter->next.charge = (struct cw_gas_charge){0};
    } else if (!quoter->charge_known || now - quoter->charge_ms >= CHARGE_FRESH_MS) {
        ask_charge(quoter);
    }
}

uint64_t cw_quoter_want(struct cw_quoter *quoter) {
    if (quoter->open != 0) {
        return quoter->round + 1;
    }
    if (quoter->ok && !quoter->stale && now_ms(quoter) - quoter->asked_ms < FRESH_MS) {
        return quoter->round;
    }
    ask_round(quoter);
    if (quoter->open == 0) { /* nothing went out: over at once, as failed */
        quoter->ok = false;
        memcpy(quoter->last_error, quoter->error, sizeof quoter->last_error);
        return ++quoter->round;
    }
    return quoter->round + 1;
}

uint64_t cw_quoter_round(const struct cw_quoter *quoter) {
    return quoter->round;
}

const struct cw_quote *cw_quoter_get(const struct cw_quoter *quoter) {
    return quoter->ok ? &quoter->known : NULL;
}

const char *cw_quoter_error(const struct cw_quoter *quoter) {
    return quoter->last_error;
}

bool cw_quoter_balance(const struct cw_quoter *quoter, struct cw_wei *ret) {
    if (quoter->balance_known) {
        *ret = quoter->balance;
    }
    return quoter->balance_known;
}
