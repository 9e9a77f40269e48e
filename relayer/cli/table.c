#include "cli/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define LAST_LINES  8u
#define LINE_MAX_   320u
#define TABLE_BYTES (64u << 10)

struct cw_table {
    char title[256];
    char last[LAST_LINES][LINE_MAX_];
    size_t last_n; /* lines ever */
    size_t drawn;  /* terminal lines of the last drawing */
    struct cw_buf out;
};

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct cw_table *table = ctx;
    (void)level;
    snprintf(table->last[table->last_n++ % LAST_LINES], LINE_MAX_, "%s", line);
}

struct cw_table *cw_table_new(const struct cw_relay *relay, const char *title) {
    (void)relay;
    struct cw_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    snprintf(table->title, sizeof table->title, "%s", title);
    cw_buf_init(&table->out, TABLE_BYTES);
    cw_log_redirect(on_line, table);
    return table;
}

void cw_table_free(struct cw_table *table) {
    if (!table)
        return;
    cw_log_redirect(NULL, NULL);
    cw_buf_done(&table->out);
    free(table);
}

static unsigned width(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 40)
        return size.ws_col;
    return 100;
}

/* One terminal line, cut at the width. */
static void put(struct cw_table *table, unsigned columns, const char *text) {
    size_t n = strlen(text);
    if (n > columns)
        n = columns;
    cw_buf_append(&table->out, text, n);
    cw_buf_text(&table->out, "\033[K\n");
    table->drawn++;
}

static void draw_chain(struct cw_table *table, unsigned columns,
                       const struct cw_relay_chain_view *v) {
    char line[LINE_MAX_], state[96];
    uint64_t calls = 0;
    size_t usable = 0, n = cw_rpc_endpoints(v->rpc);
    for (size_t i = 0; i < n; i++) {
        struct cw_rpc_endpoint_status status;
        cw_rpc_endpoint_status(v->rpc, i, &status);
        calls += status.calls;
        usable += status.usable;
    }
    const struct cw_watch_progress *p = &v->progress;
    if (p->trouble && p->trouble[0])
        snprintf(state, sizeof state, "%.90s", p->trouble);
    else if (!v->heads)
        snprintf(state, sizeof state, "starting");
    else if (p->catching_up)
        snprintf(state, sizeof state, "catching up, %" PRIu64 " to go, %" PRIu64 " s",
                 p->target - p->cursor, p->eta_s);
    else
        snprintf(state, sizeof state, "followed");
    snprintf(line, sizeof line,
             "  %-14s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 "  %zu/%zu %9" PRIu64 "  %s",
             v->config->name, v->heads ? v->heads->latest.number.v : p->cursor,
             v->heads ? v->heads->safe.number.v : 0, v->heads ? v->heads->final.number.v : 0,
             usable, n, calls, state);
    put(table, columns, line);
}

static void draw_route(struct cw_table *table, struct cw_relay *relay, unsigned columns,
                       const struct cw_relay_route_view *v) {
    uint64_t counts[10][6] = {{0}};
    struct cw_error error;
    char line[LINE_MAX_];
    if (cw_store_counts(cw_relay_store(relay), v->row, counts, &error) != CW_OK) {
        snprintf(line, sizeof line, "  %-14s %.250s", v->config->name, error.text);
        put(table, columns, line);
        return;
    }
    uint64_t by_stage[10] = {0}, by_condition[6] = {0};
    for (size_t s = 0; s < 10; s++)
        for (size_t c = 0; c < 6; c++) {
            by_stage[s] += counts[s][c];
            by_condition[c] += counts[s][c];
        }
    snprintf(line, sizeof line,
             "  %-14s %5" PRIu64 " %5" PRIu64 " %5" PRIu64 " %5" PRIu64 " %8" PRIu64 " %6" PRIu64
             " %6" PRIu64 " %8" PRIu64 " | %5" PRIu64 " %7" PRIu64 " %4" PRIu64 " %4" PRIu64
             " %5" PRIu64,
             v->config->name, by_stage[CW_STAGE_SEEN], by_stage[CW_STAGE_SAFE],
             by_stage[CW_STAGE_SOURCE_FINAL], by_stage[CW_STAGE_ROOT_COMMITTED],
             by_stage[CW_STAGE_ROOT_VERIFIED], by_stage[CW_STAGE_PROVEN],
             by_stage[CW_STAGE_CHALLENGE_OVER],
             by_stage[CW_STAGE_EXECUTED] + by_stage[CW_STAGE_EXECUTED_FINAL],
             by_condition[CW_READY], by_condition[CW_WAITING], by_condition[CW_HELD],
             by_condition[CW_DEAD], by_condition[CW_DONE]);
    put(table, columns, line);
    if (v->hold_reason[0]) {
        snprintf(line, sizeof line, "    held: %s, %.220s", v->hold_reason, v->hold_detail);
        put(table, columns, line);
    }
    if (!v->lane) {
        put(table, columns, "    observes only");
        return;
    }
    struct cw_lane_status lane;
    cw_lane_status(v->lane, &lane);
    char address[CW_HEX_SIZE(20)], balance[CW_WEI_TEXT_SIZE] = "?";
    if (lane.balance_known)
        cw_wei_format(balance, &lane.balance, "ETH");
    snprintf(line, sizeof line, "    %s, %s, next nonce %" PRIu64 ", %zu transactions open%s%.100s",
             cw_hex_encode(address, cw_slice_of(lane.address.b, 20)), balance, lane.next_nonce,
             lane.open, lane.trouble && lane.trouble[0] ? ", " : "",
             lane.trouble ? lane.trouble : "");
    put(table, columns, line);
}

void cw_table_draw(struct cw_table *table, struct cw_relay *relay, uint64_t up_s) {
    unsigned columns = width();
    char line[LINE_MAX_];
    cw_buf_reset(&table->out);
    if (table->drawn > 0)
        cw_buf_format(&table->out, "\033[%zuA\r", table->drawn);
    table->drawn = 0;
    snprintf(line, sizeof line, "%s, up %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ", Ctrl-C stops",
             table->title, up_s / 3600, up_s / 60 % 60, up_s % 60);
    put(table, columns, line);
    put(table, columns, "  CHAIN              LATEST       SAFE      FINAL  UP      CALLS  STATE");
    for (size_t i = 0; i < cw_relay_chains(relay); i++) {
        struct cw_relay_chain_view view;
        cw_relay_chain_view(relay, i, &view);
        draw_chain(table, columns, &view);
    }
    put(table, columns,
        "  ROUTE           SEEN  SAFE FINAL  ROOT VERIFIED PROVEN   OVER EXECUTED | READY WAITING "
        "HELD DEAD  DONE");
    for (size_t i = 0; i < cw_relay_routes(relay); i++) {
        struct cw_relay_route_view view;
        cw_relay_route_view(relay, i, &view);
        draw_route(table, relay, columns, &view);
    }
    size_t n = table->last_n < LAST_LINES ? table->last_n : LAST_LINES;
    for (size_t i = 0; i < n; i++)
        put(table, columns, table->last[(table->last_n - n + i) % LAST_LINES]);
    cw_buf_text(&table->out, "\033[J");
    if (!table->out.failed) {
        fwrite(table->out.p, 1, table->out.n, stdout);
        fflush(stdout);
    }
}
