#include "monitor/json_out.h"

#include "monitor/json_text.h"

#include <inttypes.h>

/* Comma and key, as what stands before asks for it. */
void cw_out_key(struct cw_buf *out, const char *key) {
    char before = out->n > 0 ? (char)out->p[out->n - 1] : '{';
    if (before != '{' && before != '[')
        cw_buf_text(out, ",");
    if (key != NULL) {
        cw_json_quote(out, key);
        cw_buf_text(out, ":");
    }
}

void cw_out_open(struct cw_buf *out, const char *key, char bracket) {
    cw_out_key(out, key);
    cw_buf_append(out, &bracket, 1);
}

void cw_out_close(struct cw_buf *out, char bracket) {
    cw_buf_append(out, &bracket, 1);
}

void cw_out_text(struct cw_buf *out, const char *key, const char *value) {
    cw_out_key(out, key);
    cw_json_quote(out, value);
}

void cw_out_some(struct cw_buf *out, const char *key, const char *value) {
    if (value[0] != '\0')
        cw_out_text(out, key, value);
}

void cw_out_bool(struct cw_buf *out, const char *key, bool value) {
    cw_out_key(out, key);
    cw_buf_text(out, value ? "true" : "false");
}

void cw_out_null(struct cw_buf *out, const char *key) {
    cw_out_key(out, key);
    cw_buf_text(out, "null");
}

void cw_out_number(struct cw_buf *out, const char *key, uint64_t value) {
    cw_out_key(out, key);
    cw_buf_format(out, "%" PRIu64, value);
}

void cw_out_u64(struct cw_buf *out, const char *key, uint64_t value) {
    const char *quote = value > CW_JSON_INTEGER_MAX ? "\"" : "";
    cw_out_key(out, key);
    cw_buf_format(out, "%s%llu%s", quote, (unsigned long long)value, quote);
}

void cw_out_u256(struct cw_buf *out, const char *key, const struct cw_u256 *value) {
    char text[CW_U256_DEC_SIZE];
    cw_out_text(out, key, cw_u256_to_dec(text, value));
}

void cw_out_hash32(struct cw_buf *out, const char *key, const struct cw_hash32 *value) {
    char text[CW_HEX_SIZE(32)];
    cw_out_text(out, key, cw_hex_encode(text, cw_slice_of(value->b, sizeof value->b)));
}

void cw_out_addr20(struct cw_buf *out, const char *key, const struct cw_addr20 *value) {
    char text[CW_HEX_SIZE(20)];
    cw_out_text(out, key, cw_hex_encode(text, cw_slice_of(value->b, sizeof value->b)));
}

void cw_out_quantity(struct cw_buf *out, const char *key, const struct cw_u256 *value) {
    char text[CW_QUANTITY_SIZE];
    cw_out_text(out, key, cw_u256_to_quantity(text, value));
}

void cw_out_quantity_u64(struct cw_buf *out, const char *key, uint64_t value) {
    struct cw_u256 wide = cw_u256_from_u64(value);
    cw_out_quantity(out, key, &wide);
}

void cw_out_data(struct cw_buf *out, const char *key, struct cw_slice bytes) {
    cw_out_key(out, key);
    cw_buf_text(out, "\"");
    cw_buf_hex(out, bytes);
    cw_buf_text(out, "\"");
}
