/* When a route's contract is asked for its counter, and at which block. */
#include "work/complete.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define EVERY_BLOCKS  128u   /* final blocks between two checks where no log can be left out */
#define EVERY_MS      60000u /* and where one can */
#define LOOK_EVERY_MS 1000u
/* Block 0 has a state that no transaction made; there are nodes that prove another one. */
#define FIRST_PROVEN   1u
#define NUMBER_AT_ONCE 500u
#define NUMBER_BYTES   (4u << 20)

/* --- small things --- */

uint64_t complete_pause_ms(uint64_t ms, unsigned times) {
    for (; times > 0 && ms < COMPLETE_PAUSE_MAX_MS; times--)
        ms *= 2;
    return ms < COMPLETE_PAUSE_MAX_MS ? ms : COMPLETE_PAUSE_MAX_MS;
}

void complete_failed(struct complete *c, const char *what, const struct cw_error *error) {
    cw_log(CW_LOG_ERROR, c->route->subject, "%s: %s", what, error->text);
    c->not_before_ms = monotonic_ms(c->route->relay) + COMPLETE_PAUSE_MS;
}

bool complete_is_whole(const struct cw_store_counter *counter) {
    return counter->based && counter->base_block.v + 1 == counter->first_block.v;
}

/* Its headers can't be hashed here: nothing is proved. */
static bool is_quorum_only(const struct complete *c) {
    return cw_watch_mode(complete_source(c)->watch) == CW_MODE_QUORUM;
}

static enum cw_err write_counter(const struct complete *c, const struct cw_store_counter *counter,
                                 struct cw_error *error) {
    return cw_store_counter_set(c->route->relay->store, c->route->row, counter, error);
}

/* --- life --- */

enum cw_err complete_new(struct complete **ret, struct route *route, struct cw_error *error) {
    if (!route->config->adapter->counter) {
        *ret = NULL;
        return CW_OK;
    }
    struct complete *c = calloc(1, sizeof *c);
    if (!c)
        return cw_error_set(error, CW_ERR_MEMORY, "out of memory");
    c->route = route;
    c->soon = true;
    *ret = c;
    return CW_OK;
}

void complete_free(struct complete *c) {
    if (!c)
        return;
    cw_look_free(c->look);
    if (c->asked == ASKED_HEADER)
        cw_facts_forget(complete_source(c)->facts, c);
    free(c);
}

void complete_read(struct complete *c, const struct cw_watch_batch *batch) {
    if (batch->from.v <= batch->to.v)
        readers_add(&c->readers, batch->from.v, batch->to.v, batch->logs_by ? batch->logs_by : "");
}

/* --- messages that were stored without their numbers --- */

static enum cw_err number_some(struct complete *c, struct cw_arena *arena, size_t *ret_n,
                               struct cw_error *error) {
    const struct route *route = c->route;
    struct cw_store *store = route->relay->store;
    struct cw_store_message *list = NULL;
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_unnumbered(store, route->row, NUMBER_AT_ONCE, arena, &list, ret_n, error);
    for (size_t i = 0; err == CW_OK && i < *ret_n; i++) {
        uint64_t number = 0;
        bool has = route->config->adapter->sequence(&list[i].m.summary, &number);
        err = cw_store_message_number(store, list[i].row, has, number, error);
    }
    return cw_store_end(store, err, error);
}

static void number(struct complete *c) {
    struct cw_arena arena;
    struct cw_error error;
    size_t n = 0;
    cw_arena_init(&arena, NUMBER_BYTES);
    if (number_some(c, &arena, &n, &error) == CW_OK)
        c->numbered = n < NUMBER_AT_ONCE;
    else
        complete_failed(c, "messages not numbered", &error);
    cw_arena_done(&arena);
}

/* --- asking --- */

/* That block's proof can't be had: a later one's will do. */
static void not_counted(struct complete *c, const char *why) {
    struct cw_store_counter counter = c->counter;
    struct cw_error error;
    snprintf(counter.trouble, sizeof counter.trouble, "%s", why);
    if (c->unknown++ == 0)
        cw_log(CW_LOG_WARN, c->route->subject, "the contract's counter can't be read: %s", why);
    if (write_counter(c, &counter, &error) != CW_OK) {
        complete_failed(c, "trouble not written", &error);
        return;
    }
    c->counter = counter;
    c->not_before_ms = monotonic_ms(c->route->relay) +
                       complete_pause_ms(COMPLETE_PAUSE_MS, c->unknown - 1);
}

static void no_base(struct complete *c, const char *why) {
    c->base_tried = true;
    cw_log(CW_LOG_INFO, c->route->subject,
           "the contract's counter before block %" PRIu64
           " can't be proven; messages are held to it from the first one that is known on: %s",
           c->counter.first_block.v, why);
}

static void base_counted(struct complete *c, uint64_t next) {
    struct cw_store_counter counter = c->counter;
    struct cw_error error;
    counter.based = true;
    counter.base_block = c->at.number;
    counter.base = next;
    if (write_counter(c, &counter, &error) != CW_OK) {
        complete_failed(c, "counter not written", &error);
        return;
    }
    c->counter = counter;
    c->base_tried = true;
}

static void counted(void *ctx, const struct cw_count *count) {
    struct complete *c = ctx;
    enum asked asked = c->asked;
    c->asked = ASKED_NOTHING;
    c->look = NULL;
    if (count->state != CW_COUNT_OK) {
        if (asked == ASKED_BASE)
            no_base(c, count->detail);
        else
            not_counted(c, count->detail);
        return;
    }
    if (asked == ASKED_BASE) {
        base_counted(c, count->next);
        return;
    }
    if (c->unknown > 0)
        cw_log(CW_LOG_INFO, c->route->subject, "the contract's counter is read again");
    c->unknown = 0;
    shortfall_check(c, count->next);
}

static void ask_counter(struct complete *c, enum asked what, const struct cw_block_ref *at) {
    struct route *route = c->route;
    struct cw_error error;
    c->at = *at;
    struct cw_look_config config = {.ops = route->config->adapter,
                                    .adapter = route->adapter,
                                    .at = &c->at,
                                    .read = is_quorum_only(c),
                                    .counted = counted,
                                    .ctx = c};
    for (size_t side = 0; side < CW_SIDES; side++) {
        config.facts[side] = route->chains[side]->facts;
        config.heads[side] = *cw_watch_heads(route->chains[side]->watch);
    }
    struct cw_look *look = cw_look_new(&config, &error);
    if (!look) {
        complete_failed(c, "counter not asked for", &error);
        return;
    }
    c->asked = what;
    c->look = look;
    cw_look_start(look);
}

/* The header before the first block, whose hash the watcher may know. */
static void base_header(void *ctx, const struct cw_request *request,
                        const struct cw_answer *answer) {
    struct complete *c = ctx;
    struct cw_store_header above;
    c->asked = ASKED_NOTHING;
    if (answer->status != CW_ANSWER_OK) {
        no_base(c, answer->text);
        return;
    }
    if (cw_watch_header_at(complete_source(c)->watch, c->counter.first_block, &above) &&
        !cw_hash32_equal(&above.parent, &answer->header_hash)) {
        no_base(c, "the header that was given is not the parent of that block");
        return;
    }
    const struct cw_block_ref at = {request->block_number, answer->header_hash,
                                    answer->header->timestamp};
    ask_counter(c, ASKED_BASE, &at);
}

static void ask_base(struct complete *c) {
    struct cw_facts *facts = complete_source(c)->facts;
    const struct cw_request request = {.kind = CW_REQUEST_HEADER,
                                       .side = route_source(c->route),
                                       .block_number = {c->counter.first_block.v - 1}};
    const struct cw_answer *known = cw_facts_get(facts, &request);
    if (known) {
        base_header(c, &request, known);
        return;
    }
    c->asked = ASKED_HEADER;
    if (cw_facts_ask(facts, &request, base_header, c))
        return;
    c->asked = ASKED_NOTHING;
    complete_failed(c, "header not asked for", &(struct cw_error){CW_ERR_MEMORY, "out of memory"});
}

/* --- when --- */

static bool load(struct complete *c) {
    const struct cw_block_number first = {c->route->reach[route_source(c->route)].from};
    struct cw_error error;
    bool found = false;
    if (cw_store_counter_get(c->route->relay->store, c->route->row, &found, &c->counter, &error) !=
        CW_OK) {
        complete_failed(c, "counter not read", &error);
        return false;
    }
    if (!found || c->counter.first_block.v != first.v)
        c->counter = (struct cw_store_counter){.first_block = first};
    c->base_tried = complete_is_whole(&c->counter) || first.v <= FIRST_PROVEN || is_quorum_only(c);
    c->loaded = true;
    return true;
}

/* Once what was unread is read, what is missing is known anew. */
static void look_at_unread(struct complete *c, uint64_t now) {
    struct cw_intervals unread = {0};
    struct cw_error error;
    if ((!c->reading && c->counter.unread == 0) || now - c->looked_ms < LOOK_EVERY_MS)
        return;
    c->looked_ms = now;
    if (cw_store_unread(c->route->relay->store, complete_source(c)->row, &unread, &error) !=
        CW_OK) {
        complete_failed(c, "unread blocks not read", &error);
        return;
    }
    bool reading = false;
    for (size_t i = 0; i < c->tried_n; i++)
        reading = reading ||
                  cw_intervals_meet(&unread, c->tried[i].from_block.v, c->tried[i].to_block.v);
    c->soon = c->soon || (c->reading && !reading) || unread.n == 0;
    c->reading = reading;
    cw_intervals_done(&unread);
}

static bool is_due(const struct complete *c, uint64_t final, uint64_t now) {
    const struct cw_store_counter *counter = &c->counter;
    if (final < counter->first_block.v)
        return false;
    if (c->soon || (c->told_of > 0 && !c->reading && now >= c->round_ms))
        return true;
    if (final <= counter->block.v)
        return false;
    if (cw_watch_mode(complete_source(c)->watch) == CW_MODE_FULL)
        return final - counter->block.v >= EVERY_BLOCKS;
    return wall_ms(c->route->relay) - counter->checked_ms >= EVERY_MS;
}

void complete_tick(struct complete *c) {
    const struct cw_heads *heads = cw_watch_heads(complete_source(c)->watch);
    uint64_t now = monotonic_ms(c->route->relay);
    if (!route_ready(c->route) || !c->route->reach[route_source(c->route)].known ||
        c->asked != ASKED_NOTHING || now < c->not_before_ms || (!c->loaded && !load(c)))
        return;
    if (!c->numbered) {
        number(c);
        return;
    }
    look_at_unread(c, now);
    if (!is_due(c, heads->final.number.v, now))
        return;
    if (c->base_tried)
        ask_counter(c, ASKED_COUNT, &heads->final);
    else
        ask_base(c);
}
