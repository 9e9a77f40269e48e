#include "cli/table.h"

#include "cli/screen.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LAST_LINES 8u
#define LINE_MAX_  640u
#define NAME_LEAST 9u
#define NAME_MOST  24u
#define WIDE       112u /* columns from which a route's counts stand in one line */

struct cw_table {
    char title[256];
    pthread_mutex_t lock; /* of the next two: any thread may log */
    char last[LAST_LINES][LINE_MAX_];
    size_t last_n; /* lines ever */
    struct cw_screen screen;
    int name; /* width of the names' column */
};

/* A hash of 32 bytes is told by its first four. */
static size_t hash_digits(const char *text) {
    return text[0] == '0' && text[1] == 'x' ? strspn(text + 2, "0123456789abcdef") : 0;
}

/* "2026-01-02T03:04:05.678Z info  route x: 0x…64 digits…" as "03:04:05 info  route x:
 * 0x01234567..".
 */
static void shorten(char *out, size_t size, const char *line) {
    size_t n = 0;
    if (strlen(line) > 24 && line[10] == 'T' && line[23] == 'Z') {
        n = (size_t)snprintf(out, size, "%.8s", line + 11);
        line += 24;
    }
    while (*line != '\0' && n + 16 < size) {
        if (hash_digits(line) == 64) {
            n += (size_t)snprintf(out + n, size - n, "%.10s..", line);
            line += 66;
        } else {
            out[n++] = *line++;
        }
    }
    out[n] = '\0';
}

static void on_line(void *ctx, enum cw_log_level level, const char *line) {
    struct cw_table *table = ctx;
    (void)level;
    pthread_mutex_lock(&table->lock);
    shorten(table->last[table->last_n++ % LAST_LINES], LINE_MAX_, line);
    pthread_mutex_unlock(&table->lock);
}

struct cw_table *cw_table_new(const struct cw_relay *relay, const char *title) {
    struct cw_table *table = calloc(1, sizeof *table);
    if (!table)
        return NULL;
    pthread_mutex_init(&table->lock, NULL);
    snprintf(table->title, sizeof table->title, "%s", title);
    size_t name = NAME_LEAST;
    for (size_t i = 0; i < cw_relay_chains(relay); i++) {
        struct cw_relay_chain_view view;
        cw_relay_chain_view(relay, i, &view);
        name = strlen(view.config->name) > name ? strlen(view.config->name) : name;
    }
    for (size_t i = 0; i < cw_relay_routes(relay); i++) {
        struct cw_relay_route_view view;
        cw_relay_route_view(relay, i, &view);
        name = strlen(view.config->name) > name ? strlen(view.config->name) : name;
    }
    table->name = (int)(name > NAME_MOST ? NAME_MOST : name);
    cw_screen_init(&table->screen);
    cw_log_redirect(on_line, table);
    return table;
}

void cw_table_free(struct cw_table *table) {
    if (!table)
        return;
    cw_log_redirect(NULL, NULL);
    pthread_mutex_destroy(&table->lock);
    cw_screen_done(&table->screen);
    free(table);
}

static void put(struct cw_table *table, const char *text) {
    cw_screen_line(&table->screen, text, strlen(text));
}

static void draw_chain(struct cw_table *table, const struct cw_relay_chain_view *v) {
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
    else if (p->unread > 0)
        snprintf(state, sizeof state, "followed, %" PRIu64 " of the past to go, %" PRIu64 " s",
                 p->unread, p->eta_s);
    else
        snprintf(state, sizeof state, "followed");
    snprintf(line, sizeof line,
             "  %-*.*s %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %2zu/%zu %8" PRIu64 "  %s",
             table->name, table->name, v->config->name,
             v->heads ? v->heads->latest.number.v : p->cursor,
             v->heads ? v->heads->safe.number.v : 0, v->heads ? v->heads->final.number.v : 0,
             usable, n, calls, state);
    put(table, line);
}

static void draw_lane(struct cw_table *table, struct cw_relay *relay,
                      const struct cw_relay_route_view *v, size_t i) {
    char line[LINE_MAX_];
    struct cw_lane_status lane;
    struct cw_relay_chain_view chain;
    cw_lane_status(v->lanes[i], &lane);
    cw_relay_chain_view(relay, v->destination, &chain);
    char address[CW_HEX_SIZE(20)], balance[CW_WEI_TEXT_SIZE] = "?";
    if (lane.balance_known)
        cw_wei_format(balance, &lane.balance, chain.config->symbol);
    cw_hex_encode(address, cw_slice_of(lane.address.b, 20));
    snprintf(line, sizeof line, "    %.*s%s has %s, next nonce %" PRIu64 ", %zu open%s%.200s",
             table->screen.columns < WIDE ? 10 : (int)sizeof address, address,
             table->screen.columns < WIDE ? ".." : "", balance, lane.next_nonce, lane.open,
             lane.trouble && lane.trouble[0] ? ", " : "", lane.trouble ? lane.trouble : "");
    put(table, line);
}

static void draw_route(struct cw_table *table, struct cw_relay *relay,
                       const struct cw_relay_route_view *v) {
    uint64_t counts[10][6] = {{0}};
    struct cw_error error;
    char line[LINE_MAX_], conditions[160];
    if (cw_store_counts(cw_relay_store(relay), v->row, counts, &error) != CW_OK) {
        snprintf(line, sizeof line, "  %-*.*s %.250s", table->name, table->name, v->config->name,
                 error.text);
        put(table, line);
        return;
    }
    uint64_t by_stage[10] = {0}, by_condition[6] = {0};
    for (size_t s = 0; s < 10; s++)
        for (size_t c = 0; c < 6; c++) {
            by_stage[s] += counts[s][c];
            by_condition[c] += counts[s][c];
        }
    bool wide = table->screen.columns >= WIDE;
    snprintf(conditions, sizeof conditions,
             wide ? " | %5" PRIu64 " %7" PRIu64 " %4" PRIu64 " %4" PRIu64 " %5" PRIu64
                  : "    ready %" PRIu64 ", waiting %" PRIu64 ", held %" PRIu64 ", dead %" PRIu64
                    ", done %" PRIu64,
             by_condition[CW_READY], by_condition[CW_WAITING], by_condition[CW_HELD],
             by_condition[CW_DEAD], by_condition[CW_DONE]);
    snprintf(line, sizeof line,
             "  %-*.*s %5" PRIu64 " %5" PRIu64 " %5" PRIu64 " %5" PRIu64 " %8" PRIu64 " %6" PRIu64
             " %6" PRIu64 " %8" PRIu64 "%s",
             table->name, table->name, v->config->name, by_stage[CW_STAGE_SEEN],
             by_stage[CW_STAGE_SAFE], by_stage[CW_STAGE_SOURCE_FINAL],
             by_stage[CW_STAGE_ROOT_COMMITTED], by_stage[CW_STAGE_ROOT_VERIFIED],
             by_stage[CW_STAGE_PROVEN], by_stage[CW_STAGE_CHALLENGE_OVER],
             by_stage[CW_STAGE_EXECUTED] + by_stage[CW_STAGE_EXECUTED_FINAL],
             wide ? conditions : "");
    put(table, line);
    if (!wide)
        put(table, conditions);
    if (v->hold_reason[0]) {
        snprintf(line, sizeof line, "    held: %s, %.220s", v->hold_reason, v->hold_detail);
        put(table, line);
    }
    for (size_t i = 0; i < v->lanes_n; i++)
        draw_lane(table, relay, v, i);
    if (v->lanes_n == 0)
        put(table, "    observes only");
}

/* The newest of what is left of the terminal. */
static void draw_last(struct cw_table *table) {
    pthread_mutex_lock(&table->lock);
    size_t n = table->last_n < LAST_LINES ? table->last_n : LAST_LINES;
    size_t room = cw_screen_room(&table->screen);
    n = n < room ? n : room;
    for (size_t i = 0; i < n; i++)
        put(table, table->last[(table->last_n - n + i) % LAST_LINES]);
    pthread_mutex_unlock(&table->lock);
}

void cw_table_draw(struct cw_table *table, struct cw_relay *relay, uint64_t up_s) {
    char line[LINE_MAX_];
    cw_screen_begin(&table->screen);
    snprintf(line, sizeof line, "up %02" PRIu64 ":%02" PRIu64 ":%02" PRIu64 ", Ctrl-C stops, %s",
             up_s / 3600, up_s / 60 % 60, up_s % 60, table->title);
    put(table, line);
    snprintf(line, sizeof line, "  %-*s     LATEST       SAFE      FINAL   UP    CALLS  STATE",
             table->name, "CHAIN");
    put(table, line);
    for (size_t i = 0; i < cw_relay_chains(relay); i++) {
        struct cw_relay_chain_view view;
        cw_relay_chain_view(relay, i, &view);
        draw_chain(table, &view);
    }
    snprintf(line, sizeof line, "  %-*s  SEEN  SAFE FINAL  ROOT VERIFIED PROVEN   OVER EXECUTED%s",
             table->name, "ROUTE",
             table->screen.columns >= WIDE ? " | READY WAITING HELD DEAD  DONE" : "");
    put(table, line);
    for (size_t i = 0; i < cw_relay_routes(relay); i++) {
        struct cw_relay_route_view view;
        cw_relay_route_view(relay, i, &view);
        draw_route(table, relay, &view);
    }
    draw_last(table);
    cw_screen_end(&table->screen);
}
