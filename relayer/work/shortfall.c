/* What is missing of what a contract counted: read again, written down, said. */
#include "work/complete.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <monitor/finding.h>

#define ROUND_MS      15000u /* between two readings of what stays missing; doubles */
#define GAPS_SAID     3u
#define NAMED_MAX     8u  /* endpoints that are named for one message */
#define LOOKED_UP_MAX 64u /* messages that are looked for once something has come */

/* What a check found. */
struct found {
    struct cw_store_counter counter;
    uint64_t missing; /* numbers that are neither here nor in unread blocks */
    struct cw_store_gap gaps[CW_STORE_GAPS]; /* those numbers, the first ones */
    size_t gaps_n;
    struct cw_store_gap tried[CW_STORE_GAPS]; /* that were read again, or are being */
    size_t tried_n;
    bool stays; /* some were read again and are still missing */
    bool fresh; /* some were not read again */
    bool again; /* their blocks are to be read again now */
};

/* --- comparing --- */

enum tried { NOT_TRIED, PARTLY_TRIED, TRIED };

static enum tried tried(const struct complete *c, const struct cw_store_gap *gap) {
    enum tried most = NOT_TRIED;
    for (size_t i = 0; i < c->tried_n; i++) {
        const struct cw_store_gap *known = &c->tried[i];
        if (known->from <= gap->from && gap->to <= known->to)
            return TRIED;
        if (known->from <= gap->to && gap->from <= known->to)
            most = PARTLY_TRIED;
    }
    return most;
}

static void sort(const struct complete *c, const struct cw_store_tally *tally,
                 const struct cw_intervals *unread, struct found *found) {
    struct cw_store_counter *counter = &found->counter;
    counter->stored = tally->stored;
    counter->uncounted = tally->uncounted;
    counter->unread = 0;
    for (size_t i = 0; i < tally->gaps_n; i++) {
        const struct cw_store_gap *gap = &tally->gaps[i];
        enum tried known = tried(c, gap);
        if (known != NOT_TRIED)
            found->tried[found->tried_n++] = *gap;
        if (cw_intervals_meet(unread, gap->from_block.v, gap->to_block.v)) {
            counter->unread += gap->to - gap->from + 1;
            continue;
        }
        found->gaps[found->gaps_n++] = *gap;
        found->stays = found->stays || (known == TRIED && !c->reading);
        found->fresh = found->fresh || known != TRIED;
    }
    found->missing = counter->next - counter->first - counter->stored - counter->unread;
}

/* From which number on messages are held to the counter: from where it was proven first, or from
 * the first message that is known where that is lower. */
static enum cw_err find_first(const struct complete *c, struct cw_store_counter *counter,
                              struct cw_error *error) {
    bool known = false;
    uint64_t lowest = 0;
    struct cw_block_number block;
    counter->first = counter->base;
    if (complete_is_whole(counter))
        return CW_OK;
    enum cw_err err = cw_store_lowest(c->route->relay->store, c->route->row, &known, &lowest,
                                      &block, error);
    if (err == CW_OK && known && lowest < counter->first)
        counter->first = lowest;
    return err;
}

static enum cw_err compare(const struct complete *c, struct found *found, struct cw_error *error) {
    struct cw_store *store = c->route->relay->store;
    struct cw_store_tally tally;
    struct cw_intervals unread = {0};
    enum cw_err err = find_first(c, &found->counter, error);
    if (err == CW_OK)
        err = cw_store_tally(store, c->route->row, &found->counter, &tally, error);
    if (err == CW_OK)
        err = cw_store_unread(store, complete_source(c)->row, &unread, error);
    if (err == CW_OK)
        sort(c, &tally, &unread, found);
    cw_intervals_done(&unread);
    return err;
}

/* --- saying --- */

/* "messages 5 to 7 (blocks 103 to 105), 9 (blocks 110 to 120) and 4 more" */
static void describe(char *text, size_t size, const struct found *found) {
    uint64_t more = found->missing;
    snprintf(text, size, "messages ");
    cw_store_gaps_text(text, size, found->gaps, found->gaps_n, GAPS_SAID);
    for (size_t i = 0; i < found->gaps_n && i < GAPS_SAID; i++)
        more -= found->gaps[i].to - found->gaps[i].from + 1;
    size_t at = strlen(text);
    if (more > 0)
        snprintf(text + at, size - at, " and %" PRIu64 " more", more);
}

static char *told_of(struct complete *c, enum cw_incident_kind kind) {
    return c->told[kind == CW_INCIDENT_MESSAGES_UNCOUNTED];
}

/* what: told in the log when it changes; the incident also says by which count. */
static enum cw_err open_incident(struct complete *c, enum cw_incident_kind kind, const char *what,
                                 const struct cw_store_counter *counter, struct cw_error *error) {
    const struct route *route = c->route;
    struct cw_store_incident incident = {.kind = kind};
    bool is_new = false;
    snprintf(incident.subject, sizeof incident.subject, "%s", route->config->name);
    snprintf(incident.route, sizeof incident.route, "%s", route->config->name);
    snprintf(incident.chain, sizeof incident.chain, "%s", complete_source(c)->config->name);
    snprintf(incident.text, sizeof incident.text,
             "%s; the contract counts %" PRIu64 " at block %" PRIu64, what, counter->next,
             counter->block.v);
    enum cw_err err = cw_store_incident_open(route->relay->store, &incident, wall_ms(route->relay),
                                             &is_new, error);
    char *told = told_of(c, kind);
    if (err == CW_OK && strcmp(told, what) != 0) {
        snprintf(told, sizeof c->told[0], "%s", what);
        cw_log(CW_LOG_ERROR, route->subject, "%s: %s", cw_incident_kind_name(kind), incident.text);
    }
    return err;
}

static enum cw_err resolve_incident(struct complete *c, enum cw_incident_kind kind,
                                    const char *resolution, struct cw_error *error) {
    const struct route *route = c->route;
    char *told = told_of(c, kind);
    bool was_open = false;
    if (c->settled && told[0] == '\0')
        return CW_OK;
    enum cw_err err = cw_store_incident_resolve(route->relay->store, kind, route->config->name,
                                                resolution, wall_ms(route->relay), &was_open,
                                                error);
    if (err == CW_OK && was_open)
        cw_log(CW_LOG_INFO, route->subject, "%s is over: %s", cw_incident_kind_name(kind),
               resolution);
    if (err == CW_OK)
        told[0] = '\0';
    return err;
}

/* Each round of reading that brought nothing is told of once. */
static enum cw_err write_missing(struct complete *c, const struct found *found,
                                 struct cw_error *error) {
    char text[sizeof c->told[0]];
    if (found->stays && c->told_of != c->rounds) {
        describe(text, sizeof text, found);
        return open_incident(c, CW_INCIDENT_MESSAGES_MISSING, text, &found->counter, error);
    }
    if (found->gaps_n > 0 || found->tried_n > 0)
        return CW_OK;
    snprintf(text, sizeof text, "all messages up to block %" PRIu64 " are here",
             found->counter.block.v);
    return resolve_incident(c, CW_INCIDENT_MESSAGES_MISSING, text, error);
}

static enum cw_err write_uncounted(struct complete *c, const struct cw_store_counter *counter,
                                   struct cw_error *error) {
    char text[sizeof c->told[0]];
    if (counter->uncounted == 0)
        return resolve_incident(c, CW_INCIDENT_MESSAGES_UNCOUNTED, "no more than are counted",
                                error);
    snprintf(text, sizeof text, "%" PRIu64 " messages too many", counter->uncounted);
    return open_incident(c, CW_INCIDENT_MESSAGES_UNCOUNTED, text, counter, error);
}

static void name_omitters_of(const struct complete *c, uint64_t number, uint64_t block) {
    const char *labels[NAMED_MAX];
    size_t n = readers_before(&c->readers, block, labels, NAMED_MAX);
    for (size_t i = 0; i < n; i++) {
        char detail[CW_FINDING_NOTE_SIZE], note[CW_FINDING_NOTE_SIZE];
        snprintf(detail, sizeof detail,
                 "message %" PRIu64 " of %s, in block %" PRIu64 ", was not in the answer", number,
                 c->route->config->name, block);
        const struct cw_rpc_finding finding = {
            .endpoint = labels[i],
            .method = "eth_getLogs",
            .text = cw_finding_note(note, CW_FINDING_LOGS_OMITTED, detail),
        };
        findings_told(complete_source(c), &finding);
    }
}

/* Who left out what has come now. */
static void name_omitters(const struct complete *c) {
    size_t left = LOOKED_UP_MAX;
    for (size_t i = 0; i < c->tried_n; i++)
        for (uint64_t n = c->tried[i].from; n <= c->tried[i].to && left > 0; n++, left--) {
            struct cw_error error;
            struct cw_block_number block, last;
            bool here = false;
            if (cw_store_number_block(c->route->relay->store, c->route->row, n, &here, &block,
                                      &last, &error) == CW_OK &&
                here)
                name_omitters_of(c, n, block.v);
        }
}

/* --- acting --- */

static enum cw_err read_again(struct complete *c, const struct found *found,
                              struct cw_error *error) {
    enum cw_err err = CW_OK;
    for (size_t i = 0; err == CW_OK && i < found->gaps_n; i++) {
        const struct cw_store_gap *gap = &found->gaps[i];
        const char *by = readers_last(&c->readers, gap->from_block.v, gap->to_block.v);
        err = reach_again(complete_source(c), gap->from_block, gap->to_block, by, error);
    }
    return err;
}

static enum cw_err write(struct complete *c, const struct found *found, struct cw_error *error) {
    struct cw_store *store = c->route->relay->store;
    enum cw_err err = cw_store_begin(store, error);
    if (err != CW_OK)
        return err;
    err = cw_store_counter_set(store, c->route->row, &found->counter, error);
    if (err == CW_OK)
        err = write_missing(c, found, error);
    if (err == CW_OK)
        err = write_uncounted(c, &found->counter, error);
    if (err == CW_OK && found->again)
        err = read_again(c, found, error);
    return cw_store_end(store, err, error);
}

/* What is missing, and what is being read again anyhow, is the next round's. */
static void begin_round(struct complete *c, const struct found *found) {
    char text[sizeof c->told[0]];
    if (c->told[0][0] == '\0') {
        describe(text, sizeof text, found);
        cw_log(CW_LOG_WARN, c->route->subject,
               "%s: not here, though the contract counts %" PRIu64 " at block %" PRIu64
               "; their blocks are read again",
               text, found->counter.next, found->counter.block.v);
    }
    for (size_t i = 0; i < found->gaps_n && c->tried_n < CW_STORE_GAPS; i++)
        if (tried(c, &found->gaps[i]) != TRIED)
            c->tried[c->tried_n++] = found->gaps[i];
    c->rounds++;
    c->reading = true;
}

static void applied(struct complete *c, const struct found *found, uint64_t now) {
    name_omitters(c);
    c->counter = found->counter;
    c->settled = true;
    c->soon = false;
    memcpy(c->tried, found->tried, found->tried_n * sizeof found->tried[0]);
    c->tried_n = found->tried_n;
    if (found->stays && c->told_of != c->rounds) {
        c->told_of = c->rounds;
        c->round_ms = now + complete_pause_ms(ROUND_MS, c->rounds - 1);
    }
    if (found->again)
        begin_round(c, found);
    else if (c->tried_n == 0) {
        c->rounds = c->told_of = 0;
        c->reading = false;
    }
}

/* Two proofs can't both be of one chain: counting begins anew. */
static void begin_anew(struct complete *c, uint64_t next) {
    struct cw_error error;
    cw_log(CW_LOG_WARN, c->route->subject,
           "the contract's counter is %" PRIu64 " at block %" PRIu64 " and was %" PRIu64
           " at block %" PRIu64 ": counting begins anew",
           next, c->at.number.v, c->counter.base, c->counter.base_block.v);
    const struct cw_store_counter counter = {.first_block = c->counter.first_block};
    if (cw_store_counter_set(c->route->relay->store, c->route->row, &counter, &error) != CW_OK) {
        complete_failed(c, "counter not written", &error);
        return;
    }
    c->loaded = false;
    c->soon = true;
    c->not_before_ms = monotonic_ms(c->route->relay) + COMPLETE_PAUSE_MS;
}

void shortfall_check(struct complete *c, uint64_t next) {
    if (c->counter.based && next < c->counter.base) {
        begin_anew(c, next);
        return;
    }
    struct cw_error error;
    struct found found = {.counter = c->counter};
    struct cw_store_counter *counter = &found.counter;
    uint64_t now = monotonic_ms(c->route->relay);
    counter->block = c->at.number;
    counter->next = next;
    counter->checked_ms = wall_ms(c->route->relay);
    counter->trouble[0] = '\0';
    if (!counter->based) {
        counter->based = true;
        counter->base_block = counter->block;
        counter->base = next;
    }
    enum cw_err err = compare(c, &found, &error);
    if (err == CW_OK) {
        bool waited = c->told_of == c->rounds && now >= c->round_ms;
        found.again = found.fresh || (found.gaps_n > 0 && waited);
        err = write(c, &found, &error);
    }
    if (err != CW_OK) {
        c->settled = false;
        complete_failed(c, "counter not compared", &error);
        return;
    }
    applied(c, &found, now);
}
