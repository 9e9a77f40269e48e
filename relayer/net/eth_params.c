#include "net/eth.h"

#include <inttypes.h>

static void put_quantity(struct cw_buf *out, uint64_t value) {
    cw_buf_format(out, "\"0x%" PRIx64 "\"", value);
}

static void put_bytes(struct cw_buf *out, struct cw_slice bytes) {
    cw_buf_text(out, "\"");
    cw_buf_hex(out, bytes);
    cw_buf_text(out, "\"");
}

static void put_hash(struct cw_buf *out, const struct cw_hash32 *hash) {
    put_bytes(out, cw_slice_of(hash->b, sizeof(hash->b)));
}

static void put_address(struct cw_buf *out, const struct cw_addr20 *address) {
    put_bytes(out, cw_slice_of(address->b, sizeof(address->b)));
}

void cw_eth_params_block(struct cw_buf *out, const char *tag) {
    cw_buf_text(out, "[");
    cw_json_quote(out, tag);
    cw_buf_text(out, ",false]");
}

void cw_eth_params_block_number(struct cw_buf *out, struct cw_block_number number) {
    cw_buf_text(out, "[");
    put_quantity(out, number.v);
    cw_buf_text(out, ",false]");
}

void cw_eth_params_block_hash(struct cw_buf *out, const struct cw_hash32 *hash) {
    cw_buf_text(out, "[");
    put_hash(out, hash);
    cw_buf_text(out, ",false]");
}

static void put_transaction(struct cw_buf *out, const struct cw_addr20 *from,
                            const struct cw_addr20 *to, const struct cw_wei *value,
                            struct cw_slice data, uint64_t gas) {
    cw_buf_text(out, "{");
    if (from != NULL) {
        cw_buf_text(out, "\"from\":");
        put_address(out, from);
        cw_buf_text(out, ",");
    }
    cw_buf_text(out, "\"to\":");
    put_address(out, to);
    if (value != NULL && !cw_u256_is_zero(&value->v)) {
        char quantity[CW_QUANTITY_SIZE];
        cw_buf_format(out, ",\"value\":\"%s\"", cw_u256_to_quantity(quantity, &value->v));
    }
    if (gas != 0) {
        cw_buf_text(out, ",\"gas\":");
        put_quantity(out, gas);
    }
    cw_buf_text(out, ",\"data\":");
    put_bytes(out, data);
    cw_buf_text(out, "}");
}

/* The last parameter: a block by its hash. */
static void put_at(struct cw_buf *out, const struct cw_hash32 *at) {
    cw_buf_text(out, ",{\"blockHash\":");
    put_hash(out, at);
    cw_buf_text(out, "}]");
}

void cw_eth_params_call(struct cw_buf *out, const struct cw_addr20 *from,
                        const struct cw_addr20 *to, const struct cw_wei *value,
                        struct cw_slice data, uint64_t gas, const struct cw_hash32 *at) {
    cw_buf_text(out, "[");
    put_transaction(out, from, to, value, data, gas);
    if (at == NULL) {
        cw_buf_text(out, ",\"latest\"]");
    } else {
        put_at(out, at);
    }
}

void cw_eth_params_call_pending(struct cw_buf *out, const struct cw_addr20 *from,
                                const struct cw_addr20 *to, const struct cw_wei *value,
                                struct cw_slice data, uint64_t gas) {
    cw_buf_text(out, "[");
    put_transaction(out, from, to, value, data, gas);
    cw_buf_text(out, ",\"pending\"]");
}

void cw_eth_params_estimate(struct cw_buf *out, const struct cw_addr20 *from,
                            const struct cw_addr20 *to, const struct cw_wei *value,
                            struct cw_slice data) {
    cw_buf_text(out, "[");
    put_transaction(out, from, to, value, data, 0);
    cw_buf_text(out, "]");
}

void cw_eth_params_proof(struct cw_buf *out, const struct cw_addr20 *account,
                         const struct cw_hash32 *slots, size_t slots_n,
                         struct cw_block_number number) {
    cw_buf_text(out, "[");
    put_address(out, account);
    cw_buf_text(out, ",[");
    for (size_t i = 0; i < slots_n; i++) {
        cw_buf_text(out, i > 0 ? "," : "");
        put_hash(out, &slots[i]);
    }
    cw_buf_text(out, "],");
    put_quantity(out, number.v);
    cw_buf_text(out, "]");
}

static bool address_stands_before(const struct cw_filter *filters, size_t i) {
    for (size_t j = 0; j < i; j++) {
        if (cw_addr20_equal(&filters[j].address, &filters[i].address)) {
            return true;
        }
    }
    return false;
}

static bool topic_stands_before(const struct cw_filter *filters, size_t i, size_t topic) {
    for (size_t j = 0; j <= i; j++) {
        size_t n = j < i ? filters[j].topics_n : topic;
        for (size_t k = 0; k < n; k++) {
            if (cw_hash32_equal(&filters[j].topics[k], &filters[i].topics[topic])) {
                return true;
            }
        }
    }
    return false;
}

static void put_filters(struct cw_buf *out, const struct cw_filter *filters, size_t filters_n) {
    bool any_topic = false;
    cw_buf_text(out, ",\"address\":[");
    for (size_t i = 0; i < filters_n; i++) {
        any_topic = any_topic || filters[i].topics_n == 0;
        if (!address_stands_before(filters, i)) {
            cw_buf_text(out, i > 0 ? "," : "");
            put_address(out, &filters[i].address);
        }
    }
    cw_buf_text(out, "]");
    if (any_topic) {
        return;
    }
    bool first = true;
    cw_buf_text(out, ",\"topics\":[[");
    for (size_t i = 0; i < filters_n; i++) {
        for (size_t topic = 0; topic < filters[i].topics_n; topic++) {
            if (!topic_stands_before(filters, i, topic)) {
                cw_buf_text(out, first ? "" : ",");
                put_hash(out, &filters[i].topics[topic]);
                first = false;
            }
        }
    }
    cw_buf_text(out, "]]");
}

void cw_eth_params_logs(struct cw_buf *out, const struct cw_filter *filters, size_t filters_n,
                        struct cw_block_number from, struct cw_block_number to) {
    cw_buf_text(out, "[{\"fromBlock\":");
    put_quantity(out, from.v);
    cw_buf_text(out, ",\"toBlock\":");
    put_quantity(out, to.v);
    put_filters(out, filters, filters_n);
    cw_buf_text(out, "}]");
}

void cw_eth_params_logs_of(struct cw_buf *out, const struct cw_addr20 *contract,
                           const struct cw_topic_set topics[CW_TOPICS], struct cw_block_number from,
                           struct cw_block_number to) {
    size_t n = CW_TOPICS;
    while (n > 0 && topics[n - 1].n == 0) {
        n--;
    }
    cw_buf_text(out, "[{\"fromBlock\":");
    put_quantity(out, from.v);
    cw_buf_text(out, ",\"toBlock\":");
    put_quantity(out, to.v);
    cw_buf_text(out, ",\"address\":");
    put_address(out, contract);
    cw_buf_text(out, ",\"topics\":[");
    for (size_t i = 0; i < n; i++) {
        cw_buf_text(out, i > 0 ? "," : "");
        if (topics[i].n == 0) {
            cw_buf_text(out, "null");
            continue;
        }
        for (size_t k = 0; k < topics[i].n; k++) {
            cw_buf_text(out, k > 0 ? "," : "[");
            put_hash(out, &topics[i].p[k]);
        }
        cw_buf_text(out, "]");
    }
    cw_buf_text(out, "]}]");
}

void cw_eth_params_logs_at(struct cw_buf *out, const struct cw_filter *filters, size_t filters_n,
                           const struct cw_hash32 *block) {
    cw_buf_text(out, "[{\"blockHash\":");
    put_hash(out, block);
    put_filters(out, filters, filters_n);
    cw_buf_text(out, "}]");
}

void cw_eth_params_address_nonce(struct cw_buf *out, const struct cw_addr20 *address,
                                 const char *tag) {
    cw_buf_text(out, "[");
    put_address(out, address);
    cw_buf_text(out, ",");
    cw_json_quote(out, tag);
    cw_buf_text(out, "]");
}

void cw_eth_params_address_at(struct cw_buf *out, const struct cw_addr20 *address,
                              const struct cw_hash32 *at) {
    cw_buf_text(out, "[");
    put_address(out, address);
    put_at(out, at);
}

void cw_eth_params_hash(struct cw_buf *out, const struct cw_hash32 *hash) {
    cw_buf_text(out, "[");
    put_hash(out, hash);
    cw_buf_text(out, "]");
}

void cw_eth_params_trace(struct cw_buf *out, const struct cw_hash32 *tx_hash) {
    cw_buf_text(out, "[");
    put_hash(out, tx_hash);
    cw_buf_text(out, ",{\"tracer\":\"flatCallTracer\"}]");
}

void cw_eth_params_raw(struct cw_buf *out, struct cw_slice raw) {
    cw_buf_text(out, "[");
    put_bytes(out, raw);
    cw_buf_text(out, "]");
}

void cw_eth_params_fee_history(struct cw_buf *out, unsigned blocks, unsigned percentile,
                               const struct cw_block_number *newest) {
    cw_buf_format(out, "[\"0x%x\",", blocks);
    if (newest == NULL) {
        cw_buf_text(out, "\"latest\"");
    } else {
        put_quantity(out, newest->v);
    }
    cw_buf_format(out, ",[%u]]", percentile);
}
