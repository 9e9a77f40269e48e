#include "cli/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void cw_csv_text(struct cw_buf *out, const char *text) {
    const bool first = out->n == 0 || out->p[out->n - 1] == '\n';
    const bool formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
    cw_buf_text(out, first ? "" : ",");
    if (!formula && strpbrk(text, ",\"\r\n") == NULL) {
        cw_buf_text(out, text);
        return;
    }
    cw_buf_text(out, formula ? "\"'" : "\"");
    for (; *text != '\0'; text++)
        cw_buf_append(out, *text == '"' ? "\"\"" : text, *text == '"' ? 2 : 1);
    cw_buf_text(out, "\"");
}

void cw_csv_line(struct cw_buf *out) {
    cw_buf_text(out, "\r\n");
}

static void put_number(struct cw_buf *out, uint64_t value) {
    char text[24];
    snprintf(text, sizeof text, "%" PRIu64, value);
    cw_csv_text(out, text);
}

static void put_u256(struct cw_buf *out, const struct cw_u256 *value) {
    char text[CW_U256_DEC_SIZE];
    cw_csv_text(out, cw_u256_to_dec(text, value));
}

static void put_bytes(struct cw_buf *out, const uint8_t *bytes, size_t n) {
    char text[CW_HEX_SIZE(32)];
    cw_csv_text(out, cw_hex_encode(text, cw_slice_of(bytes, n)));
}

static void put_message(struct cw_buf *out, const struct cw_cli_view *view,
                        const struct cw_store_message *m) {
    const struct cw_store_route_row *route = cw_cli_route(view, m->route);
    const struct cw_store_chain_row *source = cw_cli_chain(view, m->chain);
    put_bytes(out, m->m.id.b, 32);
    cw_csv_text(out, route != NULL ? route->name : "?");
    cw_csv_text(out, cw_stage_name(m->m.stage));
    cw_csv_text(out, cw_condition_name(m->condition));
    cw_csv_text(out, m->reason);
    cw_csv_text(out, m->detail);
    cw_csv_text(out, cw_outcome_name(m->m.outcome));
    put_bytes(out, m->m.summary.sender.b, 20);
    put_bytes(out, m->m.summary.target.b, 20);
    put_u256(out, &m->m.summary.value.v);
    put_u256(out, &m->m.summary.nonce);
    cw_csv_text(out, source != NULL ? source->name : "?");
    put_number(out, m->m.source.number.v);
    put_number(out, m->m.source.timestamp_s);
    put_bytes(out, m->tx_hash.b, 32);
    put_number(out, m->seen_ms);
    put_number(out, m->changed_ms);
    cw_csv_line(out);
}

void cw_csv_messages(struct cw_buf *out, const struct cw_cli_view *view,
                     const struct cw_store_message *list, size_t n) {
    static const char *const columns[] = {
        "id",     "route",       "stage",       "condition",  "reason",
        "detail", "outcome",     "sender",      "target",     "valueWei",
        "nonce",  "sourceChain", "sourceBlock", "sourceTime", "sourceTransaction",
        "seenMs", "changedMs"};
    for (size_t i = 0; i < CW_COUNT(columns); i++)
        cw_csv_text(out, columns[i]);
    cw_csv_line(out);
    for (size_t i = 0; i < n; i++)
        put_message(out, view, &list[i]);
}
