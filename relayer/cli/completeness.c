#include "cli/completeness.h"

#include "cli/print.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GAPS_SHOWN 5

/* What is missing now of what was counted then. */
static enum cw_err read_gaps(struct cw_cli_completeness *c, struct cw_store *store, int64_t route,
                             int64_t chain, struct cw_error *error) {
    struct cw_store_tally tally;
    struct cw_intervals unread = {0};
    enum cw_err err = cw_store_tally(store, route, &c->counter, &tally, error);
    if (err == CW_OK)
        err = cw_store_unread(store, chain, &unread, error);
    for (size_t i = 0; err == CW_OK && i < tally.gaps_n; i++) {
        const struct cw_store_gap *gap = &tally.gaps[i];
        if (!cw_intervals_meet(&unread, gap->from_block.v, gap->to_block.v))
            c->gaps[c->gaps_n++] = *gap;
    }
    cw_intervals_done(&unread);
    return err;
}

enum cw_err cw_cli_completeness(struct cw_cli_completeness *ret, struct cw_store *store,
                                int64_t route, int64_t chain, struct cw_error *error) {
    struct cw_cli_completeness c = {0};
    enum cw_err err = cw_store_counter_get(store, route, &c.known, &c.counter, error);
    if (err == CW_OK && c.known && c.counter.checked_ms > 0) {
        c.missing = c.counter.next - c.counter.first - c.counter.stored - c.counter.unread;
        err = read_gaps(&c, store, route, chain, error);
    }
    if (err == CW_OK)
        *ret = c;
    return err;
}

static bool from_the_start(const struct cw_store_counter *counter) {
    return counter->base_block.v + 1 == counter->first_block.v;
}

/* --- for people --- */

static void add(char *text, size_t size, const char *format, ...) CW_PRINTF(3, 4);
static void add(char *text, size_t size, const char *format, ...) {
    size_t n = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + n, size - n, format, args);
    va_end(args);
}

static void add_gaps(char *text, size_t size, const struct cw_cli_completeness *c) {
    add(text, size, ", %" PRIu64 " missing%s", c->missing, c->gaps_n > 0 ? ": " : "");
    cw_store_gaps_text(text, size, c->gaps, c->gaps_n, GAPS_SHOWN);
    if (c->gaps_n > GAPS_SHOWN)
        add(text, size, ", …");
}

static void add_check(char *text, size_t size, const struct cw_cli_completeness *c,
                      uint64_t now_s) {
    const struct cw_store_counter *counter = &c->counter;
    char age[CW_TIME_SIZE];
    add(text, size, "at block %" PRIu64 " (%s) the contract counts %" PRIu64 " messages",
        counter->block.v, cw_print_relative(age, counter->checked_ms / 1000, now_s),
        counter->next - counter->first);
    if (from_the_start(counter))
        add(text, size, " from block %" PRIu64 " on", counter->first_block.v);
    else
        add(text, size, " from number %" PRIu64 ", the first that is known, on", counter->first);
    add(text, size, "; %" PRIu64 " are here", counter->stored);
    if (counter->unread > 0)
        add(text, size, ", %" PRIu64 " may be in blocks that are still to be read",
            counter->unread);
    if (c->missing > 0)
        add_gaps(text, size, c);
    if (counter->uncounted > 0)
        add(text, size, ", and %" PRIu64 " more that can't be", counter->uncounted);
}

void cw_cli_completeness_row(struct cw_print_table *table, const struct cw_cli_completeness *c,
                             const char *route, uint64_t now_s) {
    char text[1024] = "";
    if (!c->known)
        return;
    if (c->counter.checked_ms > 0)
        add_check(text, sizeof text, c, now_s);
    else
        add(text, sizeof text, "not held to the contract's counter yet");
    if (c->counter.trouble[0] != '\0')
        add(text, sizeof text, "; the counter can't be read: %s", c->counter.trouble);
    bool bad = c->missing > 0 || c->counter.uncounted > 0;
    cw_print_cell(table, CW_PLAIN, "%s", route);
    cw_print_cell(table,
                  bad                             ? CW_BAD
                  : c->counter.trouble[0] != '\0' ? CW_WARN
                                                  : CW_PLAIN,
                  "%s", text);
}

/* --- for programs --- */

static void put_gaps(struct cw_buf *out, const struct cw_cli_completeness *c) {
    cw_out_open(out, "gaps", '[');
    for (size_t i = 0; i < c->gaps_n; i++) {
        cw_out_open(out, NULL, '{');
        cw_out_u64(out, "from", c->gaps[i].from);
        cw_out_u64(out, "to", c->gaps[i].to);
        cw_out_u64(out, "fromBlock", c->gaps[i].from_block.v);
        cw_out_u64(out, "toBlock", c->gaps[i].to_block.v);
        cw_out_close(out, '}');
    }
    cw_out_close(out, ']');
}

void cw_cli_completeness_put(struct cw_buf *out, const struct cw_cli_completeness *c) {
    const struct cw_store_counter *counter = &c->counter;
    if (!c->known) {
        cw_out_null(out, "completeness");
        return;
    }
    cw_out_open(out, "completeness", '{');
    cw_out_u64(out, "firstBlock", counter->first_block.v);
    if (counter->checked_ms > 0) {
        cw_out_bool(out, "fromFirstBlock", from_the_start(counter));
        cw_out_u64(out, "first", counter->first);
        cw_out_u64(out, "block", counter->block.v);
        cw_out_u64(out, "checkedMs", counter->checked_ms);
        cw_out_u64(out, "counter", counter->next);
        cw_out_u64(out, "counted", counter->next - counter->first);
        cw_out_u64(out, "stored", counter->stored);
        cw_out_u64(out, "unread", counter->unread);
        cw_out_u64(out, "missing", c->missing);
        cw_out_u64(out, "uncounted", counter->uncounted);
        put_gaps(out, c);
    }
    if (counter->trouble[0] != '\0')
        cw_out_text(out, "trouble", counter->trouble);
    cw_out_close(out, '}');
}
