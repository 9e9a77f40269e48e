#include "nitro/exit.h"

#include <causeway/rlp.h>

#include <stdio.h>
#include <string.h>

struct cw_hash32 exit_word_u64(uint64_t v) {
    struct cw_hash32 word;
    struct cw_u256 wide = cw_u256_from_u64(v);
    cw_u256_to_be(word.b, &wide);
    return word;
}

void exit_id(struct cw_hash32 *out, uint64_t position) {
    *out = exit_word_u64(position);
}

static void put_payload(struct cw_rlp_out *out, const struct exit_message *m) {
    size_t mark = cw_rlp_list_begin(out);
    cw_rlp_put_u64(out, m->position);
    cw_rlp_put_addr20(out, &m->sent.l2_sender);
    cw_rlp_put_addr20(out, &m->sent.to);
    cw_rlp_put_u256(out, &m->sent.l2_block);
    cw_rlp_put_u256(out, &m->sent.l1_block);
    cw_rlp_put_u256(out, &m->sent.l2_timestamp);
    cw_rlp_put_u256(out, &m->sent.value.v);
    cw_rlp_put_string(out, m->sent.data);
    cw_rlp_list_end(out, mark);
}

enum cw_err exit_payload_encode(struct cw_arena *arena, struct cw_slice *ret,
                                const struct exit_message *message) {
    struct cw_rlp_out out = cw_rlp_out_count();
    put_payload(&out, message);
    uint8_t *p = cw_arena_alloc(arena, out.n);
    if (p == NULL) {
        return CW_ERR_MEMORY;
    }
    out = cw_rlp_out_to(p, out.n);
    put_payload(&out, message);
    *ret = cw_slice_of(p, out.n);
    return CW_OK;
}

enum cw_err exit_payload_decode(struct exit_message *ret, struct cw_slice payload) {
    struct exit_message m;
    struct cw_rlp in;
    if (cw_rlp_open_list(&in, payload) != CW_OK || cw_rlp_u64(&in, &m.position) != CW_OK ||
        cw_rlp_addr20(&in, &m.sent.l2_sender) != CW_OK || cw_rlp_addr20(&in, &m.sent.to) != CW_OK ||
        cw_rlp_u256(&in, &m.sent.l2_block) != CW_OK ||
        cw_rlp_u256(&in, &m.sent.l1_block) != CW_OK ||
        cw_rlp_u256(&in, &m.sent.l2_timestamp) != CW_OK ||
        cw_rlp_u256(&in, &m.sent.value.v) != CW_OK || cw_rlp_string(&in, &m.sent.data) != CW_OK ||
        cw_rlp_end(&in) != CW_OK) {
        return CW_ERR_INPUT;
    }
    *ret = m;
    return CW_OK;
}

enum cw_err exit_message_of(struct exit_message *ret, const struct cw_message *message) {
    struct exit_message m;
    struct cw_hash32 id;
    if (exit_payload_decode(&m, message->payload) != CW_OK) {
        return CW_ERR_INPUT;
    }
    exit_id(&id, m.position);
    if (!cw_hash32_equal(&id, &message->id)) {
        return CW_ERR_INPUT;
    }
    *ret = m;
    return CW_OK;
}

struct cw_slice exit_inner(const struct cw_adapter *adapter, const struct cw_message *message) {
    struct exit_message m;
    (void)adapter;
    return exit_payload_decode(&m, message->payload) == CW_OK ? m.sent.data : cw_slice_of(NULL, 0);
}

bool exit_sequence(const struct cw_summary *summary, uint64_t *ret) {
    return !cw_u256_to_u64(ret, &summary->nonce);
}

/* Ether and messages have 18 decimals on the rollup.
 * Source: nitro-contracts, DecimalsConverterHelper.sol. */
void exit_amount(struct cw_u256 *out, const struct cw_adapter *adapter,
                 const struct cw_wei *value) {
    struct cw_u256 amount = value->v;
    for (uint64_t i = adapter->decimals; i < 18; i++) {
        (void)cw_u256_div_u64(&amount, &amount, 10);
    }
    for (uint64_t i = 18; i < adapter->decimals; i++) {
        if (cw_u256_mul_u64(&amount, &amount, 10)) {
            amount = (struct cw_u256){{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
            break;
        }
    }
    *out = amount;
}

char *exit_amount_text(char out[EXIT_AMOUNT_TEXT], const struct cw_adapter *adapter,
                       const struct cw_wei *value) {
    char wei[CW_WEI_TEXT_SIZE], units[CW_U256_DEC_SIZE], token[CW_HEX_SIZE(20)];
    if (cw_addr20_is_zero(&adapter->token)) {
        snprintf(out, EXIT_AMOUNT_TEXT, "pays out %s", cw_wei_format(wei, value, "ETH"));
        return out;
    }
    struct cw_u256 amount;
    exit_amount(&amount, adapter, value);
    snprintf(out, EXIT_AMOUNT_TEXT, "pays out %s units of token %s", cw_u256_to_dec(units, &amount),
             cw_hex_encode(token, cw_slice_of(adapter->token.b, 20)));
    return out;
}
